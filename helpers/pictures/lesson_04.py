"""Pictures of lesson 4: clouds of gradients, paths, noise floors, what a batch size costs."""

import matplotlib.pyplot as plt
import pandas as pd
import torch

from helpers import figures

STYLES = ("-", "--", "-.", ":")
MARKERS = (".", "+", "x", "d")


def clouds(clouds, full, spread_of_one):
    """Draw minibatch gradients around the full one, and their spread against the batch size.

    Args:
        clouds: two to four batch sizes, ascending -> gradients (m, 2), one row per batch.
        full: the full gradient, (2, 1).
        spread_of_one: the spread of a single example's gradient, from which the law is drawn.
    """
    if not isinstance(clouds, dict):
        raise TypeError(f"clouds must be a dictionary, got {type(clouds).__name__}")
    if not 2 <= len(clouds) <= 4:
        raise ValueError(f"clouds must hold 2 to 4 batch sizes, got {len(clouds)}")
    sizes = [figures.require_count("each key of clouds", size) for size in clouds]
    if sizes != sorted(sizes):
        raise ValueError(f"clouds must have ascending batch sizes, got {sizes}")
    found = [figures.require_points(f"clouds[{size}]", clouds[size], 2) for size in sizes]
    full = figures.require_array("full", full, (2, 1))[:, 0]
    spread_of_one = figures.require_number("spread_of_one", spread_of_one, above=0)
    spreads = [(points - full).square().sum(1).mean().sqrt().item() for points in found]
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.5))
    reach = 2.5 * spreads[0]
    outside = 0
    for size, points, marker in zip(sizes, found, MARKERS, strict=False):
        left.plot(*points.T, marker, markersize=4, label=f"B = {size}")
        outside += ((points - full).abs() > reach).any(1).sum().item()
    figures.mark(left, full, "full gradient")
    left.set(xlabel="along $w_1$", ylabel="along $w_2$", aspect="equal")
    left.set_xlim(full[0].item() - reach, full[0].item() + reach)
    left.set_ylim(full[1].item() - reach, full[1].item() + reach)
    left.set_title(f"gradients; {outside} lie outside", fontsize=9.5)
    left.legend(loc="upper right", fontsize=8)
    law = [spread_of_one / size**0.5 for size in sizes]
    right.loglog(sizes, law, label=r"law $1/\sqrt{B}$")
    right.loglog(sizes, spreads, "o", label="measured")
    right.set(xlabel="batch size $B$", ylabel="spread", title="spread of the gradient")
    right.title.set_fontsize(9.5)
    right.minorticks_off()
    right.legend()
    shown = ", ".join(
        f"{spread:.3g} at {size}" for size, spread in zip(sizes, spreads, strict=True)
    )
    alt = (
        "Left: gradients of batches scatter around the full gradient, the larger the batch the "
        f"closer. Right: their spread, {shown}, lies on the line of the law."
    )
    figures.show(fig, alt)


def paths(X, y, w_best, paths):
    """Draw several paths over the same contours, one panel a path, each with all its updates.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        w_best: the least-squares solution, (2, 1).
        paths: two to four titles -> positions (m, 2), the start first, all of one length.
    """
    X, y = figures.require_data(X, y, features=2)
    best = figures.require_array("w_best", w_best, (2, 1))[:, 0]
    paths = figures.require_mapping("paths", paths, 2, 4)
    found = {name: figures.require_points(f"paths[{name!r}]", p, 2) for name, p in paths.items()}
    lengths = {len(points) for points in found.values()}
    if len(lengths) > 1:
        raise ValueError(f"paths must be of one length, got {sorted(lengths)}")
    everything = torch.cat([*found.values(), best[None]])
    low, high = everything.min(0).values, everything.max(0).values
    half = 0.55 * (high - low).max().item()
    spans = [(middle - half, middle + half) for middle in ((low + high) / 2).tolist()]
    fig, axes = plt.subplots(1, len(found), figsize=(2.3 * len(found), 2.7), sharey=True)
    ends = []
    for k, (ax, (name, points)) in enumerate(zip(axes, found.items(), strict=True)):
        figures.loss_contours(ax, X, y, 0.0, *spans, levels=6)
        figures.path(ax, points, color=f"C{k}")
        ax.plot(*best, "*", color="black", markersize=8, zorder=3)
        ax.set(title=name, xlim=spans[0], ylim=spans[1], aspect="equal")
        ax.set_ylabel("$w_2$" if k == 0 else "")
        away = (points[len(points) // 2 :] - best).norm(dim=1).mean().item()
        ends.append(f"{away:.1f} for {name}")
    alt = (
        f"{len(found)} paths of {lengths.pop() - 1} updates to least squares, a star. The mean "
        f"distance to it in the second half is " + ", ".join(ends) + "."
    )
    figures.show(fig, alt)


def floors(curves, predicted, last):
    """Draw the excess loss of several runs against the update, with the predicted noise floors.

    Args:
        curves: two to four names -> excess at each update (m,), the start first, positive.
        predicted: some of these names -> the predicted floor, a positive number.
        last: over how many updates at the end the mean is told.
    """
    curves = figures.require_mapping("curves", curves, 2, 4)
    predicted = figures.require_mapping("predicted", predicted)
    strangers = [name for name in predicted if name not in curves]
    if strangers:
        raise ValueError(f"predicted must have names of curves, got {strangers}")
    last = figures.require_count("last", last)
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    ends = []
    for k, (name, curve) in enumerate(curves.items()):
        curve = figures.require_curve(f"curves[{name!r}]", curve, positive=True)
        if len(curve) <= last:
            raise ValueError(
                f"curves[{name!r}] must have more than last = {last} numbers, got {len(curve)}"
            )
        ax.loglog(range(1, len(curve)), curve[1:], STYLES[k], color=f"C{k}", label=f"rate {name}")
        late = curve[-last:].mean().item()
        ends.append(f"{late:.2g} at rate {name}")
        if name in predicted:
            floor = figures.require_number(f"predicted[{name!r}]", predicted[name], above=0)
            ax.axhline(floor, color=f"C{k}", linewidth=0.7)
            ends[-1] += f", predicted {floor:g}"
    ax.plot([], [], color="0.4", linewidth=0.7, label=r"predicted, $\eta/B$")
    ax.set(xlabel="update", ylabel="excess (share of the least loss)")
    ax.minorticks_off()
    ax.legend(loc="lower left")
    alt = (
        "The excess loss against the update, both axes logarithmic, falls and then levels off. "
        f"Mean of the last {last} updates: " + "; ".join(ends) + "."
    )
    figures.show(fig, alt)


def needs(table):
    """Draw how many updates and how many examples each batch size needs.

    Args:
        table: a DataFrame with the columns "batch size" (ascending), "updates" and "examples
            read", all positive.
    """
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be a DataFrame, got {type(table).__name__}")
    missing = [
        name for name in ("batch size", "updates", "examples read") if name not in table.columns
    ]
    if missing:
        raise ValueError(
            f"table must have the columns batch size, updates, examples read; no {missing}"
        )
    B, updates, examples = (
        figures.require_curve(f"table[{name!r}]", table[name], positive=True)
        for name in ("batch size", "updates", "examples read")
    )
    if len(B) < 2 or not (B.diff() > 0).all():
        raise ValueError(
            "table['batch size'] must hold two or more batch sizes, in ascending order"
        )
    fig, ax = plt.subplots(figsize=(6.0, 3.4))
    ax.loglog(B, examples, "s-", label="examples read")
    ax.loglog(B, updates, "o--", label="updates")
    ax.set(xlabel="batch size $B$", ylabel="until the excess is reached")
    ax.minorticks_off()
    ax.legend(loc="upper left")
    sizes, counts, reads = (
        ", ".join(f"{value:.10g}" for value in values) for values in (B, updates, examples)
    )
    alt = (
        f"Both axes logarithmic. At batch sizes {sizes} the updates are {counts}, and the "
        f"examples read {reads}."
    )
    figures.show(fig, alt)
