"""The pictures of lesson 12: a whole workflow."""

import math

import matplotlib.pyplot as plt
import pandas as pd

from helpers import figures


def require_table(name, table):
    """Return `table`; raise unless it is a DataFrame with rows and columns."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"{name} must be a DataFrame, got {type(table).__name__}")
    if table.empty:
        raise ValueError(f"{name} must have rows and columns, got shape {table.shape}")
    return table


def holes(table):
    """Draw where a table has missing values: a line for each column, a mark for each hole.

    Args:
        table: a DataFrame.
    """
    table = require_table("table", table)
    missing = table.isna()
    counts = missing.sum()
    fig, ax = plt.subplots(figsize=(8.4, 3.4))
    for k, name in enumerate(table.columns):
        rows = [row for row, hole in enumerate(missing[name]) if hole]
        ax.plot(rows, [k] * len(rows), "|", color="C1", markersize=13, markeredgewidth=1.6)
    ax.set(xlabel="row of the table", xlim=(-1, len(table)), ylim=(len(counts) - 0.5, -0.5))
    ax.set_yticks(range(len(counts)), [f"{name}: {count}" for name, count in counts.items()])
    ax.set_title(f"{missing.any(axis=1).sum()} of {len(table)} rows have a hole")
    parts = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    alt = (
        f"The holes of the table, one line per column and one mark per missing value, over "
        f"{len(table)} rows. Missing values: {parts or 'none'}."
    )
    figures.show(fig, alt)


def grams(name, history, spread):
    """A history of pairs of losses as two lists of rms errors in grams."""
    losses = figures.require_points(name, history, 2)
    if (losses < 0).any():
        raise ValueError(f"{name} must hold losses, none below 0, got {losses.min():g}")
    return (losses.sqrt() * spread).T.tolist()


def curves(history, spread):
    """Draw the training and the validation curve, the lowest validation error marked.

    Args:
        history: for each epoch the pair of mean squared losses, training and validation part,
            in squared spreads.
        spread: the spread of the label, in grams.
    """
    spread = figures.require_number("spread", spread, above=0)
    train, val = grams("history", history, spread)
    epochs = range(1, len(train) + 1)
    best = val.index(min(val))
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    ax.plot(epochs, train, label="training part")
    ax.plot(epochs, val, "--", label="validation part")
    lowest = f"lowest: {val[best]:.0f} g, epoch {best + 1}"
    ax.plot(best + 1, val[best], "o", color="black", label=lowest)
    ax.set(xlabel="epoch", ylabel="rms error (g)", xlim=(0, len(train) + 1))
    ax.set_ylim(0.9 * min(train + val), min(max(train + val), 2.2 * min(train + val)))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    alt = (
        f"Root mean squared error over {len(train)} epochs. Training part: {train[-1]:.0f} g at "
        f"the end. Validation part: lowest in epoch {best + 1} with {val[best]:.0f} g, "
        f"{val[-1]:.0f} g at the end."
    )
    figures.show(fig, alt)


def rates(histories, spread):
    """Draw the validation curves of several learning rates; one that leaves the picture is named.

    Args:
        histories: learning rate -> history, as in `curves`; values may be infinite or NaN.
        spread: the spread of the label, in grams.
    """
    spread = figures.require_number("spread", spread, above=0)
    top = 1500
    if not isinstance(histories, dict) or not histories:
        raise TypeError("histories must be a dictionary: learning rate -> history")
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    said = []
    for (lr, history), style in zip(histories.items(), figures.DASHES, strict=False):
        lr = figures.require_number("each learning rate", lr, above=0)
        inside = []
        for _, loss in history:
            error = math.sqrt(loss) * spread if math.isfinite(loss) else math.inf
            if error > top:
                break
            inside.append(error)
        leaves = len(inside) < len(history)
        ax.plot(
            range(1, len(inside) + 1),
            inside,
            linestyle=style,
            label=f"{lr:g}, leaves the picture" if leaves else f"{lr:g}",
        )
        said.append(f"{lr:g} leaves it" if leaves else f"{lr:g} ends at {inside[-1]:.0f} g")
    ax.set(xlabel="epoch", ylabel="rms error, validation part (g)", yscale="log", ylim=(200, top))
    figures.log_ticks(ax)
    ax.legend(title="learning rate", loc="upper right")
    said = ", ".join(said)
    alt = f"Validation error over the epochs for {len(histories)} learning rates: {said}."
    figures.show(fig, alt)


def predictions(predicted, truth, baseline, interval):
    """Draw predictions against the truth, with the diagonal and the baseline.

    Args:
        predicted, truth: masses in grams, (n, 1).
        baseline: the mean mass of the training part, in grams.
        interval: the ends of the interval for the rms error, in grams.
    """
    names = ("predicted", "truth")
    predicted, truth = figures.require_data(predicted, truth, names=names, features=1)
    baseline = figures.require_number("baseline", baseline)
    low, high = figures.require_span("interval", interval)
    error = (predicted - truth).square().mean().sqrt().item()
    blind = (baseline - truth).square().mean().sqrt().item()
    ends = [truth.min().item() - 150, truth.max().item() + 150]
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    ax.plot(ends, ends, color="0.5", linewidth=1, label="prediction = truth")
    model = f"model, rms error {error:.0f} g"
    ax.plot(truth[:, 0], predicted[:, 0], "o", markersize=4, label=model)
    ax.plot(ends, [baseline] * 2, "--", color="C1", label=f"baseline, rms error {blind:.0f} g")
    ax.set(xlabel="mass (g)", ylabel="prediction (g)", xlim=ends, ylim=ends, aspect="equal")
    ax.set_title(f"{len(truth)} unseen penguins, interval {low:.0f} to {high:.0f} g")
    ax.legend(loc="upper left")
    alt = (
        f"Predictions against the masses of {len(truth)} unseen penguins, around the diagonal: "
        f"rms error {error:.0f} g, interval {low:.0f} to {high:.0f} g. The baseline is a "
        f"horizontal line at {baseline:.0f} g with an error of {blind:.0f} g."
    )
    figures.show(fig, alt)
