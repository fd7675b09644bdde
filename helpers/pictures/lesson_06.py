"""Pictures of lesson 6: linear regression, concise."""

import matplotlib.pyplot as plt
import torch

from helpers import figures

# One line style a run, so that lines which lie on each other can be told apart.
RUN_STYLES = (
    {"color": "black", "linestyle": "--", "linewidth": 1.6, "zorder": 3},
    {"color": "C0", "linestyle": "-", "linewidth": 1.6},
    {"color": "C1", "linestyle": "-", "linewidth": 6, "alpha": 0.45},
)

DOTS = slice(49, None, 50)  # after 50, 100, ... updates


def two_epochs(first, second):
    """Show in which order two epochs go through the examples: one dot an example.

    Args:
        first, second: the numbers of the examples, (n,) each, in the order of the epoch.
    """
    first = figures.require_curve("first", first)
    second = figures.require_curve("second", second, length=len(first))
    fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.2), sharey=True)
    for ax, order, title in zip(
        axes, (first, second), ("first epoch", "second epoch"), strict=True
    ):
        ax.plot(order, ".")
        ax.set(title=title, xlabel="place in the epoch")
    axes[0].set_ylabel("number of the example")
    same = int((first == second).sum())
    figures.show(
        fig,
        alt=f"Two scatter plots, one an epoch of {len(first)} examples: place in the epoch across, "
        f"number of the example upwards. The dots fill both squares without a pattern; the two "
        f"orders agree in {same} of {len(first)} places.",
    )


def two_losses(residual):
    """Show the half squared error and the squared error of one residual, with their slopes there.

    Args:
        residual: y_hat - y of one example, a number above 0.
    """
    residual = figures.require_number("residual", residual, above=0)
    r = torch.linspace(-1.5 * residual, 1.5 * residual, 121, dtype=torch.float64)
    near = torch.tensor([0.6 * residual, 1.4 * residual], dtype=torch.float64)
    fig, ax = plt.subplots(figsize=(6.2, 3.6))
    told = []
    # The steeper curve has room for a word on its left, the flatter one on its right.
    curves = (
        ("r² (MSELoss)", 1.0, "C0", "-", (-10, 6), "right"),
        ("r² / 2 (squared_loss)", 0.5, "C1", "--", (10, -12), "left"),
    )
    for name, factor, color, style, offset, side in curves:
        value, slope = factor * residual**2, 2 * factor * residual
        ax.plot(r, factor * r**2, style, color=color, label=name)
        ax.plot(near, value + slope * (near - residual), color="black", linewidth=1)
        ax.plot(residual, value, "o", color=color)
        ax.annotate(
            f"slope {slope:g}",
            (residual, value),
            offset,
            textcoords="offset points",
            color=color,
            ha=side,
        )
        told.append(f"{name} is {value:g} with slope {slope:g}")
    ax.axvline(residual, color="0.6", linestyle=":", linewidth=1)
    ax.set(xlabel=r"residual $r = \hat y - y$", ylabel="loss", xlim=(r[0].item(), r[-1].item()))
    ax.legend(loc="upper center")
    figures.show(
        fig,
        alt=f"Two parabolas over the residual, with tangents at residual {residual:g}: "
        + " and ".join(told)
        + ".",
    )


def one_epoch(X, y, paths):
    """Show one epoch of several runs: the way of the weights, and the loss over all examples.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        paths: two or three runs, title -> (w1, w2, b) after each update, (m, 3), in order.
    """
    X, y = figures.require_data(X, y, features=2)
    paths = figures.require_mapping("paths", paths, low=2, high=3)
    paths = {name: figures.require_points(f"paths[{name!r}]", p, 3) for name, p in paths.items()}
    # Mean squared error over all examples after each update: (n, m) residuals, (m,) means.
    losses = {name: ((X @ p[:, :2].T + p[:, 2] - y) ** 2).mean(dim=0) for name, p in paths.items()}
    best = torch.linalg.lstsq(torch.cat([X, torch.ones_like(y)], dim=1), y).solution[:, 0]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.7))
    ends = torch.cat([torch.zeros(1, 2), *(p[:, :2] for p in paths.values())])
    (low1, low2), (high1, high2) = ends.amin(0).tolist(), ends.amax(0).tolist()
    figures.loss_contours(left, X, y, best[2].item(), (low1 - 1, high1 + 1), (low2 - 1, high2 + 1))
    for (name, points), style in zip(paths.items(), RUN_STYLES, strict=False):
        start = torch.zeros(1, 2, dtype=torch.float64)
        left.plot(*torch.cat([start, points[:, :2]]).T, **style)
        right.semilogy(
            range(1, len(points) + 1), losses[name], label=name, marker="o", markevery=DOTS, **style
        )
    left.plot(*best[:2].tolist(), "*", color="black", markersize=11, zorder=4)
    left.set(aspect="equal", title="weights, from zero; star: least squares")
    right.set(
        xlabel="update",
        ylabel="mean squared error, all examples",
        title="loss; a dot every 50 updates",
    )
    right.legend()
    told = [
        f"{name} reaches {losses[name][-1]:.2g} after {len(p)} updates" for name, p in paths.items()
    ]
    figures.show(
        fig,
        alt="Left: the ways of the two weights over lines of equal loss, from zero towards the "
        "least-squares point. Right: the mean squared error after each update on a logarithmic "
        "scale; " + "; ".join(told) + ".",
    )


def built_and_filled(y, built, filled):
    """Show predictions against labels for a net as built and for the same net filled from a file.

    Args:
        y: labels (n, 1).
        built: predictions (n, 1) before the file was loaded.
        filled: predictions (n, 1) afterwards.
    """
    y = figures.require_points("y", y, 1)
    panels = {
        "as built, with random weights": figures.require_points("built", built, 1),
        "filled from the file": figures.require_points("filled", filled, 1),
    }
    for name, y_hat in zip(("built", "filled"), panels.values(), strict=True):
        if len(y_hat) != len(y):
            raise ValueError(f"{name} must have shape {tuple(y.shape)}, got {tuple(y_hat.shape)}")
    fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.5), sharex=True, sharey=True)
    told = []
    for ax, (title, y_hat) in zip(axes, panels.items(), strict=True):
        ax.plot(y, y_hat, ".", markersize=4, alpha=0.5)
        ax.axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1)
        ax.set(xlabel="label $y$", title=title)
        told.append(f"{title}, rms error {((y_hat - y) ** 2).mean().sqrt():.2g}")
    axes[0].set_ylabel(r"prediction $\hat y$")
    figures.show(
        fig,
        alt=f"Predictions against labels of {len(y)} new examples, with the dashed diagonal on "
        f"which both are equal. Left, {told[0]}. Right, {told[1]}.",
    )
