"""Pictures of lesson 18: a batch in two parts, one epoch of many workers, what workers gain."""

import matplotlib.pyplot as plt
import torch

from helpers import figures


def two_parts(first, second):
    """Draw single gradients of two workers, the mean of each, and the mean of all.

    Args:
        first, second: the gradients of the two workers, (m, 2) each, of one length.
    """
    first = figures.require_points("first", first, 2)
    second = figures.require_array("second", second, tuple(first.shape))
    means = torch.stack([first.mean(0), second.mean(0)])
    middle = means.mean(0)
    half = 0.75 * (means[0] - means[1]).abs().max().item()
    if half == 0:
        raise ValueError("first and second must have different means")
    every = torch.cat([first, second])
    low, high = every.min(0).values, every.max(0).values
    windows = (((low + high) / 2, 0.55 * (high - low).max().item()), (middle, half))
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 4.5))
    for ax, (centre, reach) in zip(axes, windows, strict=True):
        for k, (part, marker) in enumerate(((first, "o"), (second, "^"))):
            ax.plot(*part.T, marker, markersize=5, color=f"C{k}", label=f"worker {k}, one example")
            style = {"markersize": 11, "markeredgecolor": "black", "linestyle": "none"}
            ax.plot(*means[k], marker, color=f"C{k}", label=f"worker {k}, its mean", **style)
        ax.plot(*means.T, color="0.4", linewidth=1, zorder=1)
        figures.mark(ax, middle, "mean of all")
        (x, y) = centre.tolist()
        ax.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach), aspect="equal")
        ax.set(xlabel="along $w_1$")
    axes[0].set(ylabel="along $w_2$", title=f"all {2 * len(first)} gradients")
    axes[1].set(title="the middle, enlarged")
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8)
    places = [f"({a:.0f}, {b:.0f})" for a, b in [*means.tolist(), middle.tolist()]]
    alt = (
        f"The gradients of {len(first)} examples of worker 0 have the mean {places[0]}, those of "
        f"worker 1 the mean {places[1]}. The mean of all, a star at {places[2]}, lies in the "
        "middle of the line between the two."
    )
    figures.show(fig, alt)


def one_epoch(workers, same_rate, scaled, limit):
    """Draw the excess loss after one epoch against the number of workers, both axes logarithmic.

    Args:
        workers: numbers of workers, two or more, ascending.
        same_rate, scaled: the excess for each of them, positive: at the rate of one worker, and at
            as many times that rate as there are workers. What lies above 10 is cut off.
        limit: the number of workers at which the scaled rate meets the largest stable rate; at
            least twice the first number of workers.
    """
    workers = figures.require_curve("workers", workers, positive=True)
    if len(workers) < 2 or not (workers.diff() > 0).all():
        raise ValueError("workers must hold two or more numbers, in ascending order")
    same_rate = figures.require_curve("same_rate", same_rate, len(workers), positive=True)
    scaled = figures.require_curve("scaled", scaled, len(workers), positive=True)
    limit = figures.require_number("limit", limit, 2 * workers[0].item())
    fig, ax = plt.subplots(figsize=(6.2, 3.5))
    ax.plot(workers, same_rate, "o-", label="the rate of one worker")
    ax.plot(workers, scaled, "s--", label="$N$ times the rate")
    low = min(same_rate.min(), scaled.min()).item() / 2
    ax.set(xscale="log", yscale="log", ylim=(low, max(10, 4 * low)), xlabel="workers $N$")
    ax.set(ylabel="excess (share of the least loss)", title="after one epoch, cut at 10")
    figures.reference_line(ax, limit, "rate meets the bound", axis="x", at=0.02)
    figures.log_ticks(ax)
    ax.set_xticks(workers.tolist(), [f"{number:g}" for number in workers.tolist()])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    few, many = workers[0].item(), workers[-1].item()
    safe = workers <= limit / 2
    alt = (
        f"At the rate of one worker the excess after an epoch is {same_rate[0]:.2g} with {few:g} "
        f"workers and {same_rate[-1]:.2g} with {many:g}. At N times the rate it is at most "
        f"{scaled[safe].max():.2g} up to {workers[safe].max():g} workers, and {scaled[-1]:.3g} "
        f"with {many:g}. A vertical line marks {limit:.0f}, where that rate meets the bound."
    )
    figures.show(fig, alt)


def speedups(ratios, most):
    """Draw the speedup 1 / (1/N + 1/ratio) against the number of workers N, and the ideal one.

    Args:
        ratios: computing over communication, one to four positive numbers.
        most: the largest number of workers, two or more.
    """
    ratios = figures.require_curve("ratios", ratios, positive=True).tolist()
    if len(ratios) > 4:
        raise ValueError(f"ratios must hold 1 to 4 numbers, got {len(ratios)}")
    most = figures.require_count("most", most, 2)
    N = torch.arange(1, most + 1, dtype=torch.float64)
    fig, ax = plt.subplots(figsize=(6.2, 3.5))
    ax.plot(N, N, color="0.4", linewidth=1, label="$N$ workers, $N$ times as fast")
    ends = []
    for k, ratio in enumerate(sorted(ratios, reverse=True)):
        speedup = 1 / (1 / N + 1 / ratio)
        speedup[0] = 1.0  # a single worker sends nothing
        ax.plot(N, speedup, figures.DASHES[k], color=f"C{k}", label=f"$C/A$ = {ratio:g}")
        ends.append(f"{speedup[-1]:.3g} at C/A = {ratio:g}")
    ax.set(xscale="log", yscale="log", xlabel="workers $N$", ylabel="speedup")
    ticks = [2**k for k in range(most.bit_length())]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    alt = (
        f"Speedup against the number of workers, both axes logarithmic. With {most} workers it is "
        + ", ".join(ends)
        + "; a straight line shows the ideal."
    )
    figures.show(fig, alt)
