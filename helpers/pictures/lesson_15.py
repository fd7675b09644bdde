"""Pictures of lesson 15: bent curves, errors by degree, shrinkage, cross-validation."""

import matplotlib.pyplot as plt
import torch

from helpers import figures

STYLES = ("-", "--", "-.")


def curves(x, y, train, held, grid, curves):
    """Draw the seen and the held-out penguins, and the curves that were fitted to the seen ones.

    The vertical axis shows the penguins' masses and a margin; a curve that leaves it is cut off.

    Args:
        x: the feature (n, 1), all penguins.
        y: their masses (n, 1), in grams.
        train, held: the numbers of the penguins that are drawn, (m,) each.
        grid: the places (k, 1) at which the curves are given.
        curves: one to three names -> the predictions on the grid, (k, 1).
    """
    x, y = figures.require_data(x, y, names=("x", "y"), features=1)
    grid = figures.require_array("grid", grid, ("k", 1))[:, 0]
    curves = figures.require_mapping("curves", curves, 1, len(STYLES))
    parts = {}
    for name, rows in (("train", train), ("held", held)):
        whole = figures.require_array(name, rows, ("m",)).long()
        if not ((whole >= 0) & (whole < len(x))).all():
            raise ValueError(f"{name} must hold numbers of rows, from 0 to {len(x) - 1}")
        parts[name] = whole
    drawn = torch.cat([y[rows] for rows in parts.values()])
    low, high = drawn.min().item(), drawn.max().item()
    low, high = low - 0.15 * (high - low), high + 0.15 * (high - low)
    fig, ax = plt.subplots(figsize=(6.4, 3.8))
    ax.plot(x[parts["train"]], y[parts["train"]], "o", color="black", label="seen")
    ax.plot(x[parts["held"]], y[parts["held"]], "o", color="0.6", mfc="none", label="held out")
    texts = []
    for k, (name, values) in enumerate(curves.items()):
        values = figures.require_array(f"curves[{name!r}]", values, (len(grid), 1))[:, 0]
        ax.plot(grid, values, STYLES[k], color=f"C{k}", label=name)
        inside = (values >= low) & (values <= high)
        turns = int((values.diff().sign().diff() != 0).sum())
        texts.append(
            f"{name} turns {turns} times and "
            + ("stays inside" if inside.all() else "leaves the picture")
        )
    ax.set(xlim=(grid.min().item(), grid.max().item()), ylim=(low, high))
    ax.set(xlabel="bill depth, in steps of 5 mm from 17 mm", ylabel="mass (g)")
    ax.legend(loc="upper right")
    alt = (
        f"Mass against bill depth of {len(parts['train'])} seen and {len(parts['held'])} held-out "
        "penguins, with fitted curves: " + "; ".join(texts) + "."
    )
    figures.show(fig, alt)


def errors_by_degree(seen, unseen):
    """Draw the training and the held-out error over many splits against the degree.

    The lines are medians; the band holds the middle half of the held-out errors.

    Args:
        seen, unseen: degree -> the errors in all splits (m,), positive.
    """
    found = {}
    for name, errors in (("seen", seen), ("unseen", unseen)):
        if not isinstance(errors, dict) or len(errors) < 2:
            raise TypeError(f"{name} must be a dictionary of two or more degrees")
        for degree, values in errors.items():
            figures.require_count(f"each key of {name}", degree)
            values = figures.require_curve(f"{name}[{degree}]", values, positive=True)
            share = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
            found.setdefault(name, []).append(values.quantile(share))
    if list(seen) != list(unseen):
        raise ValueError(f"seen and unseen must have the same degrees, got {list(unseen)}")
    degrees = list(seen)
    below = torch.stack(found["seen"])[:, 1]
    low, middle, high = torch.stack(found["unseen"]).T
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.fill_between(degrees, low, high, color="C1", alpha=0.2, label="its middle half")
    ax.plot(degrees, middle, "o-", color="C1", label="held out, median")
    ax.plot(degrees, below, "s--", color="C0", label="seen, median")
    ax.set(xlabel="degree", ylabel="rms error (g)", yscale="log", xticks=degrees)
    ax.set_ylim(0.9 * below.min().item(), 1.1 * high.max().item())
    figures.log_ticks(ax)
    ax.legend(loc="upper left")
    best = middle.argmin()
    alt = (
        f"Errors in {len(next(iter(seen.values())))} splits against the degree. Seen: the median "
        f"falls from {below[0]:.0f} to {below[-1]:.0f} g. Held out: the median is lowest at degree "
        f"{degrees[best]}, {middle[best]:.0f} g, and {middle[-1]:.0f} g at degree {degrees[-1]}, "
        f"where the middle half reaches from {low[-1]:.0f} to {high[-1]:.0f} g."
    )
    figures.show(fig, alt)


def shrinkage(curvatures, kept):
    """Draw the share of each eigenvector's part that ridge keeps, measured, on the formula's curve.

    Args:
        curvatures: the eigenvalues (d,), positive.
        kept: one to three strengths -> the shares measured (d,).
    """
    curvatures = figures.require_curve("curvatures", curvatures, positive=True)
    if not isinstance(kept, dict) or not 1 <= len(kept) <= len(STYLES):
        raise TypeError(f"kept must be a dictionary of 1 to {len(STYLES)} strengths")
    low, high = curvatures.min().item() / 2, curvatures.max().item() * 2
    grid = torch.logspace(*torch.tensor([low, high]).log10().tolist(), 201, dtype=torch.float64)
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    texts = []
    for k, (lam, shares) in enumerate(kept.items()):
        lam = figures.require_number("each key of kept", lam, above=0)
        shares = figures.require_curve(f"kept[{lam:g}]", shares, len(curvatures))
        label = rf"$c/(c + \lambda)$, $\lambda$ = {lam:g}"
        ax.plot(grid, grid / (grid + lam), STYLES[k], color=f"C{k}", label=label)
        ax.plot(curvatures, shares, "o", color=f"C{k}", label="measured")
        half = int((shares > 0.5).sum())
        texts.append(f"at λ = {lam:g} {half} of {len(shares)} keep more than half")
    ax.set(xscale="log", xlim=(low, high), ylim=(-0.04, 1.04))
    ax.set(xlabel="curvature $c$ of the direction", ylabel="share kept")
    figures.log_ticks(ax, "x")
    ax.legend(loc="upper left")
    alt = (
        "The share that ridge keeps against the curvature: the measured dots lie on curves that "
        "rise from 0 to 1; " + ", ".join(texts) + "."
    )
    figures.show(fig, alt)


def cross_validation(lams, folds, choices):
    """Draw the rms error of cross-validation against the strength, its spread, and other choices.

    The band is one standard error of the folds' mean to each side; the marks at the bottom are
    the strengths that other folds have chosen.

    Args:
        lams: strengths (m,), positive and ascending.
        folds: the mean squared errors (k, m), one row per fold.
        choices: strengths, one for each other way to make folds.
    """
    lams = figures.require_curve("lams", lams, positive=True)
    if len(lams) < 2 or not (lams.diff() > 0).all():
        raise ValueError("lams must be two or more, in ascending order")
    folds = figures.require_array("folds", folds, ("k", len(lams)))
    if len(folds) < 2 or not (folds > 0).all():
        raise ValueError("folds must be positive, with two rows or more")
    choices = figures.require_curve("choices", choices, positive=True)
    mean, error = folds.mean(0), folds.std(0) / len(folds) ** 0.5
    best = mean.argmin()
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    low, high = (mean - error).clamp_min(0).sqrt(), (mean + error).sqrt()
    ax.fill_between(lams, low, high, color="C0", alpha=0.2, label="one standard error")
    ax.plot(lams, mean.sqrt(), "o-", color="C0", markersize=3, label="mean of the folds")
    label = rf"chosen, $\lambda$ = {lams[best]:.2g}"
    ax.plot(lams[best], mean[best].sqrt(), "*", color="black", markersize=12, label=label)
    bottom, top = low.min().item(), high.max().item()
    floor = bottom - 0.15 * (top - bottom)
    counts = {}
    for choice in choices.tolist():
        counts[choice] = counts.get(choice, 0) + 1
        height = floor + (0.2 + 0.35 * counts[choice]) * 0.05 * (top - bottom)
        ax.plot(choice, height, "|", color="C1", markersize=5)
    ax.plot([], [], "|", color="C1", label="chosen by other folds")
    ax.set(xscale="log", xlim=(lams[0].item(), lams[-1].item()), ylim=(floor, top))
    ax.set(xlabel=r"strength $\lambda$", ylabel="rms error (g)")
    figures.log_ticks(ax, "x")
    ax.legend(loc="upper center")
    alt = (
        f"The error of cross-validation falls from {mean[0].sqrt():.0f} g at λ = {lams[0]:.2g} to "
        f"{mean[best].sqrt():.0f} g at {lams[best]:.2g} and rises to {mean[-1].sqrt():.0f} g at "
        f"{lams[-1]:.2g}. {len(choices)} other ways to make folds choose from {choices.min():.2g} "
        f"to {choices.max():.2g}."
    )
    figures.show(fig, alt)
