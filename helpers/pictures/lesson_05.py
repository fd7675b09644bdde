"""The pictures of lesson 5: linear regression from scratch."""

import matplotlib.pyplot as plt
import numpy as np

from helpers import figures

PARAMETERS = 3  # w1, w2 and b
LAST = 100  # the updates at the end of a run whose mean distance is told


def labels_against_features(X, y):
    """Show the labels against each of the features, on one common vertical axis.

    Args:
        X: features (n, d), one to four of them.
        y: labels (n, 1).

    Raises:
        ValueError: a feature or the labels are constant, so that no cloud rises or falls.
    """
    X, y = figures.require_data(X, y)
    for name, values in (("X", X), ("y", y)):
        if not (values.max(0).values > values.min(0).values).all():
            raise ValueError(f"{name} must vary in every column, got a constant one")
    fig = figures.scatter_features(X, y)
    r = [np.corrcoef(column, y[:, 0])[0, 1] for column in X.T]
    clouds = [
        f"against x{j + 1} a cloud that {'rises' if r_j > 0 else 'falls'} (correlation {r_j:.2f})"
        for j, r_j in enumerate(r)
    ]
    figures.show(fig, f"{len(X)} labels y: {', '.join(clouds)}.")


def training(X, y, positions, batch_losses, best):
    """Show the way of the two weights over lines of equal loss, and each minibatch's loss.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        positions: the parameters (w1, w2, b) before the first update and after each, (m + 1, 3).
        batch_losses: the mean half squared loss of each minibatch, (m,), positive.
        best: the least-squares parameters (w1, w2, b), (3, 1).

    Raises:
        ValueError: there is not one position more than there are losses.
    """
    X, y = figures.require_data(X, y, features=2)
    positions = figures.require_points("positions", positions, PARAMETERS)
    batch_losses = figures.require_curve("batch_losses", batch_losses, positive=True)
    best = figures.require_array("best", best, (PARAMETERS, 1))
    updates = len(batch_losses)
    if len(positions) != updates + 1:
        raise ValueError(
            f"positions must hold the start and one row per update, {updates + 1} rows for "
            f"{updates} batch_losses, got {len(positions)}"
        )
    floor = (((X @ best[:2] + best[2] - y) ** 2).mean() / 2).item()
    start, goal = positions[0, :2].tolist(), best[:2, 0].tolist()

    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6))
    spans = [(min(ends) - 2, max(ends) + 2) for ends in zip(start, goal, strict=True)]
    figures.loss_contours(left, X, y, best[2].item(), *spans)
    figures.path(left, positions[:, :2], label="one dot per update")
    figures.mark(left, best[:2, 0], "least squares")
    left.set_aspect("equal")
    left.legend(loc="lower left")
    left.set_title("the two weights")
    right.semilogy(range(1, updates + 1), batch_losses, linewidth=0.8, label="each minibatch")
    right.axhline(floor, color="black", linestyle="--", label="least squares, all examples")
    right.set(xlabel="update", ylabel="mean half squared loss", title="the loss")
    right.legend()
    last = batch_losses[-max(1, updates // 10) :]
    figures.show(
        fig,
        f"Left: the path of w1 and w2 in {updates} updates from ({start[0]:.1f}, {start[1]:.1f}) "
        f"to least squares at ({goal[0]:.1f}, {goal[1]:.1f}), over nearly round lines of equal "
        "loss, its dots ever closer. Right: the loss of each minibatch falls from "
        f"{batch_losses[0]:.1f} to between {last.min():.1g} and {last.max():.1g} in the last "
        f"{len(last)} updates; the loss of least squares is {floor:.2g}.",
    )


def two_distances(positions, unchanged, best, truth, rate_changed_at):
    """Show how far the parameters are from least squares and from the truth, update by update.

    Args:
        positions: the parameters (w1, w2, b) before the first update and after each, (m + 1, 3).
        unchanged: the same for a run that keeps its learning rate, (m + 1, 3).
        best: the least-squares parameters, (3, 1).
        truth: the true parameters, (3,).
        rate_changed_at: the number of updates after which the learning rate was made smaller; at
            least 100 follow.

    Raises:
        ValueError: one of the distances is zero, which a logarithmic axis cannot show.
    """
    positions = figures.require_points("positions", positions, PARAMETERS)
    unchanged = figures.require_array("unchanged", unchanged, tuple(positions.shape))
    best = figures.require_array("best", best, (PARAMETERS, 1)).flatten()
    truth = figures.require_array("truth", truth, (PARAMETERS,))
    change = figures.require_count("rate_changed_at", rate_changed_at, high=len(positions) - LAST)
    to_best, to_truth = (positions - best).norm(dim=1), (positions - truth).norm(dim=1)
    jumping = (unchanged - best).norm(dim=1)
    data_error = (best - truth).norm().item()
    if min(to_best.min(), to_truth.min(), jumping.min(), data_error) == 0:
        raise ValueError("positions, unchanged, best and truth must differ: a distance is zero")

    fig, ax = plt.subplots(figsize=(7.2, 3.8))
    ax.semilogy(to_best, label="to least squares", zorder=3)
    ax.semilogy(to_truth, "--", label="to the truth", zorder=3)
    kept = {"linewidth": 0.7, "label": "to least squares, rate unchanged"}
    ax.semilogy(range(change, len(jumping)), jumping[change:], "-.", **kept)
    ax.axhline(data_error, color="black", linestyle=":", label="least squares to the truth")
    ax.axvline(change, color="0.6", linewidth=0.8)
    ax.annotate(
        "smaller learning rate →", (change, to_best[0]), (6, -4), textcoords="offset points"
    )
    ax.set(xlabel="update", ylabel="distance of (w1, w2, b)")
    ax.legend(loc="center right")
    figures.show(
        fig,
        f"Two distances on a logarithmic scale. Both fall together from {to_best[0]:.2g}; after "
        f"{change} updates the one to least squares is {to_best[change]:.2g}, the one to the truth "
        f"{to_truth[change]:.2g}. With the smaller rate the first falls on, in the mean of the "
        f"last {LAST} updates to {to_best[-LAST:].mean():.1g}; with the rate unchanged it jumps "
        f"around {jumping[-LAST:].mean():.1g}. The second settles at "
        f"{to_truth[-LAST:].mean():.1g}, near a dotted line at {data_error:.2g}, the distance from "
        "least squares to the truth.",
    )


def differences(column, matrix):
    """Show the size of differences y_hat - y as coloured squares: meant ones and broadcast ones.

    Args:
        column: the differences for labels of shape (n, 1), (n, 1).
        matrix: the differences for the same labels of shape (n,), (n, n).
    """
    column = figures.require_array("column", column, ("n", 1)).abs()
    n = len(column)
    matrix = figures.require_array("matrix", matrix, (n, n)).abs()

    top = max(matrix.max().item(), column.max().item())
    shades = {"vmin": 0, "vmax": 1.6 * top, "cmap": "Blues", "aspect": "equal"}
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2), width_ratios=(2, 5))
    for ax, values in zip(axes, (column, matrix), strict=True):
        ax.imshow(values.numpy(), **shades)
        for i, row in enumerate(values.tolist()):
            for j, value in enumerate(row):
                ax.text(j, i, f"{value:.1f}", ha="center", va="center")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
        ax.grid(False)
    axes[0].set_title(f"y of shape ({n}, 1)")
    axes[1].set_title(f"y of shape ({n},)")
    for i in range(n):
        frame = {"fill": False, "edgecolor": "C1", "linewidth": 2.5, "zorder": 3}
        axes[1].add_patch(plt.Rectangle((i - 0.45, i - 0.45), 0.9, 0.9, **frame))
    figures.show(
        fig,
        f"Left: {n} absolute differences in one column, at most {column.max():.1f}. Right: a "
        f"{n} by {n} matrix of differences up to {matrix.max():.1f}; on the diagonal, which is "
        f"marked, at most {matrix.diagonal().max():.1f}.",
    )
