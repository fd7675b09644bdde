"""Pictures of lesson 17: all ways to one gradient, the order of reading, the parts of an epoch."""

import math

import matplotlib.pyplot as plt
import torch

from helpers import figures

MICRO = 1e6
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
POINTS = {"textcoords": "offset points", "fontsize": 9}
# The alternative texts of measured pictures hold no numbers: these differ on every run.
NAMES = {"Python": "Python loop", "formula": "formula, all rows", "one pass": "one pass in C"}


def share(part):
    """A share of one as a percentage with one or two digits."""
    return f"{100 * part:.2g} %" if part < 0.1 else f"{100 * part:.0f} %"


def all_ways(each, memory, arithmetic):
    """Draw the time of each way per example against the batch size, with both limits.

    Args:
        each: batch sizes -> seconds per example, two to twelve of them, 1 among them; and with the
            keys "Python", "formula" and, if there is a compiler, "one pass" the other ways.
        memory, arithmetic: the least seconds per example by either limit.
    """
    if not isinstance(each, dict):
        raise TypeError(f"each must be a dictionary, got {type(each).__name__}")
    sizes = [key for key in each if key not in NAMES]
    for size in sizes:
        figures.require_count("each batch size of each", size)
    if not 2 <= len(sizes) <= 12 or 1 not in sizes:
        raise ValueError(f"each must hold 2 to 12 batch sizes, 1 among them, got {sizes}")
    for name in ("Python", "formula"):
        if name not in each:
            raise ValueError(f"each must hold {name!r}, got {list(each)}")
    found = {
        key: figures.require_number(f"each[{key!r}]", value, above=0) for key, value in each.items()
    }
    memory = figures.require_number("memory", memory, above=0)
    arithmetic = figures.require_number("arithmetic", arithmetic, above=0)
    floor = max(memory, arithmetic)
    sizes = sorted(sizes)
    times = [found[size] for size in sizes]
    low, high = sizes[0] / 2, sizes[-1] * 8
    fig, ax = plt.subplots(figsize=(7.2, 4.4))
    ax.plot(sizes, [MICRO * t for t in times], "o-", color="C0", label="torch, in batches")
    for size, t in zip(sizes, times, strict=True):
        ax.annotate(share(floor / t), (size, MICRO * t), (5, 7), bbox=WHITE, **POINTS)
    grid = torch.logspace(0, math.log10(sizes[-1]), 61, dtype=torch.float64)
    predicted = found[1] / grid + found["formula"]
    ax.plot(grid, MICRO * predicted, ":", color="0.3", label="$c/B + p$", zorder=1)
    for k, (key, name) in enumerate(NAMES.items()):
        if key in found:
            label = f"{name}: {share(floor / found[key])}"
            style = ("--", "-.", (0, (6, 1, 1, 1)))[k]
            ax.axhline(MICRO * found[key], linestyle=style, color=f"C{k + 1}", label=label)
        else:
            ax.plot([], [], " ", label=f"{name}: no compiler `cc` here")
    ax.set(xscale="log", yscale="log", xlim=(low, high))
    grey = {"color": "0.35", "linestyle": (0, (4, 3)), "linewidth": 1, "zorder": 1}
    for name, value in (("memory", memory), ("arithmetic", arithmetic)):
        ax.axhline(MICRO * value, **grey)
        # Below its line: just above that of memory lies the fastest way.
        ax.annotate(f"limit of {name}", (low, MICRO * value), (3, -3), va="top", **POINTS)
    everything = [*found.values(), memory, arithmetic]
    ax.set_ylim(MICRO * min(everything) / 2, MICRO * max(everything) * 60)
    figures.log_ticks(ax)
    figures.log_ticks(ax, "x")
    ax.set(xlabel="batch size $B$", ylabel="microseconds per example")
    ax.set_title("percentages: share of what the machine can do", fontsize=9.5)
    ax.legend(loc="upper right")
    alt = (
        "Both axes logarithmic: the time per example of the gradient in batches against the batch "
        "size. It begins above the Python loop, falls like one over the batch size along the "
        "predicted curve, and is lowest at batches of some thousand rows. Lines mark the formula "
        "on all rows, one pass in C, and the limits of memory and of arithmetic."
    )
    figures.show(fig, alt)


def reading_order(rows, batch_size):
    """Draw which row of X is read when: by the formula, in batches, and in one fused pass.

    Args:
        rows: how many rows there are, 2 to 40.
        batch_size: how many of them are a batch, 1 to `rows`.
    """
    rows = figures.require_count("rows", rows, 2, 40)
    batch_size = figures.require_count("batch_size", batch_size, 1, rows)
    batches = [range(k, min(k + batch_size, rows)) for k in range(0, rows, batch_size)]
    orders = {"formula": [*range(rows)] * 2}
    orders[f"batches of {batch_size}"] = [row for batch in batches for row in [*batch] * 2]
    orders["one pass"] = [row for row in range(rows) for _ in range(2)]
    fig, axes = plt.subplots(1, 3, figsize=(7.6, 2.8), sharey=True)
    gaps = []
    for ax, (name, order) in zip(axes, orders.items(), strict=True):
        seen = {}
        for moment, row in enumerate(order):
            seen.setdefault(row, []).append(moment)
        for k, name_of_use in enumerate(("first product", "second product")):
            moments = [both[k] for both in seen.values()]
            ax.plot(moments, list(seen), "ox"[k], color=f"C{k}", label=name_of_use)
        gap = max(m[1] - m[0] for m in seen.values())
        gaps.append(f"{name}: {gap}")
        ax.set(title=name, xlabel="use of a row", xlim=(-1, 2 * rows), ylim=(rows, -1))
    axes[0].set_ylabel("row of $X$")
    axes[2].legend(loc="upper right")
    alt = (
        f"Which of {rows} rows is used when, by the first product and by the second. Uses between "
        f"the two, at most: {'; '.join(gaps)}."
    )
    figures.show(fig, alt)


def epoch_parts(epochs, parts):
    """Draw the time of several epochs as bars made of parts, with the total at the end.

    Args:
        epochs: two to six names -> the seconds of each part, none of them negative.
        parts: the names of the parts, two to five.
    """
    epochs = figures.require_mapping("epochs", epochs, 2, 6)
    parts = figures.require_texts("parts", parts)
    if not 2 <= len(parts) <= 5:
        raise ValueError(f"parts must hold 2 to 5 texts, got {len(parts)}")
    found = {}
    for name, seconds in epochs.items():
        found[name] = figures.require_curve(f"epochs[{name!r}]", seconds, len(parts))
        if (found[name] < 0).any() or not found[name].any():
            raise ValueError(f"epochs[{name!r}] must hold no negative time, and one above zero")
    longest = max(seconds.sum().item() for seconds in found.values())
    fig, ax = plt.subplots(figsize=(7.2, 0.55 * len(found) + 1.3))
    for place, seconds in enumerate(found.values()):
        left = 0.0
        for k, (part, value) in enumerate(zip(parts, seconds.tolist(), strict=True)):
            label = part if place == 0 else None
            hatch = ("", "//", "..", "xx", "--")[k]
            bar = {"color": f"C{k}", "edgecolor": "white", "hatch": hatch, "label": label}
            ax.barh(place, 1000 * value, left=1000 * left, **bar)
            left += value
        ax.text(1000 * (left + 0.01 * longest), place, f"{1000 * left:.3g} ms", va="center")
    ax.set_yticks(range(len(found)), list(found))
    ax.set(xlabel="milliseconds", xlim=(0, 1000 * 1.25 * longest))
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.legend(loc="lower right")
    names = ", ".join(found)
    alt = f"Bars for the time of an epoch: {names}. Each is made of: {', '.join(parts)}."
    figures.show(fig, alt)
