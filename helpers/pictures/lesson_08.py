"""The pictures of lesson 8: loud errors."""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from helpers import figures

UNIT = 0.5  # the side of one number's square in `inner_sizes`


def inner_sizes(X, wrong, right):
    """Draw two products as rectangles of numbers: one that is refused, one that is possible.

    Args:
        X: the left factor of both, (n, d).
        wrong: a right factor whose rows are not as many as the columns of X.
        right: a right factor whose rows are.
    """
    X = figures.require_array("X", X, ("n", "d"))
    wrong = figures.require_array("wrong", wrong, ("k", "m"))
    right = figures.require_array("right", right, ("d", "m"))
    (n, d), words = X.shape, []
    if len(wrong) == d:
        raise ValueError(f"wrong must not have {d} rows, as many as X has columns")
    if len(right) != d:
        raise ValueError(f"right must have {d} rows, as many as X has columns, got {len(right)}")
    fig, axes = plt.subplots(1, 2, figsize=(7.4, 2.9))
    for ax, w, verdict in ((axes[0], wrong, "refused"), (axes[1], right, "possible")):
        k, m = w.shape
        table(ax, 0, n, d, "X", "C0")
        table(ax, UNIT * d + 1.4, k, m, "w", "C1")
        top = UNIT * n / 2
        ax.text(UNIT * d + 0.7, 0, "@", ha="center", va="center", fontsize=14)
        sign = "=" if k == d else "≠"
        ax.text(UNIT * d + 0.7, top + 0.35, f"columns {d} {sign} rows {k}", ha="center")
        width = UNIT * (d + m) + 1.4
        ax.set(title=f"({n}, {d}) @ ({k}, {m}): {verdict}", aspect="equal")
        ax.set(xlim=(-0.9, width + 0.9), ylim=(-top - 0.9, top + 1.1))
        ax.axis("off")
        words.append(f"({n}, {d}) @ ({k}, {m}) is {verdict}, since {d} {sign} {k}")
    alt = f"Two products drawn as tables of squares, the inner sizes between them: {words[0]}; "
    figures.show(fig, alt + f"{words[1]}.")


def table(ax, left, rows, columns, name, colour):
    """Draw a table of squares, centred on the height 0, with its name and shape below it."""
    bottom = -UNIT * rows / 2
    for i in range(rows):
        for j in range(columns):
            place = (left + UNIT * j, bottom + UNIT * i)
            ax.add_patch(Rectangle(place, UNIT, UNIT, facecolor=colour, edgecolor="white"))
    text = f"{name} ({rows}, {columns})"
    ax.text(left + UNIT * columns / 2, bottom - 0.5, text, ha="center", fontsize=9)


def old_record(in_the_loop, of_the_model):
    """Draw two losses before each update: the one that a loop holds, and the model's own.

    Args:
        in_the_loop: the number that the loop looks at, (m,).
        of_the_model: the loss of the model as it is at that moment, (m,).
    """
    in_the_loop = figures.require_curve("in_the_loop", in_the_loop)
    of_the_model = figures.require_curve("of_the_model", of_the_model, len(in_the_loop))
    low, lowest = of_the_model.min(dim=0)
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.plot(range(len(in_the_loop)), in_the_loop, ".--", label="loss in the loop")
    ax.plot(range(len(of_the_model)), of_the_model, ".-", label="loss of the model")
    ax.set(xlabel="updates made", ylabel="mean squared error", ylim=(0, None))
    ax.legend(loc="upper center")
    alt = (
        f"Two losses over {len(in_the_loop) - 1} updates. The one in the loop stays at "
        f"{two_digits(in_the_loop[-1])}. The model's own falls to {two_digits(low)} after "
        f"{lowest} updates and then rises to {two_digits(of_the_model[-1])}."
    )
    figures.show(fig, alt)


def two_digits(number):
    """A number as text, rounded to two digits and written out: 49027 is 49000."""
    return f"{float(f'{number:.1e}'):.15g}"


def last_state(X, y, weight, bias):
    """Draw prices against lot size, with a model's line, the mean price and least squares.

    Args:
        X: lot sizes (n, 1), in square feet.
        y: prices (n, 1), in thousands of dollars.
        weight: the slope of the model's line, a number.
        bias: its height at a lot of size zero, a number.
    """
    X, y = figures.require_data(X, y, features=1)
    weight = figures.require_number("weight", weight)
    bias = figures.require_number("bias", bias)
    ones = torch.ones_like(y)
    best = torch.linalg.lstsq(torch.cat([X, ones], 1), y).solution[:, 0]
    mean = y.mean().item()
    lines = {
        "the trained model": (weight, bias, "-"),
        "blind bid": (0.0, mean, "--"),
        "least squares": (best[0].item(), best[1].item(), ":"),
    }
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.plot(X[:, 0], y[:, 0], ".", color="0.6")
    ends = torch.tensor([0.0, 1.05 * X.max()], dtype=X.dtype)
    words = []
    for k, (name, (slope, start, style)) in enumerate(lines.items()):
        ax.plot(ends, start + slope * ends, style, color=f"C{k}", label=name)
        error = (X * slope + start - y).square().mean().sqrt()
        words.append(
            f"{name.capitalize()}: from {round(start)} at the left end to "
            f"{round(start + slope * ends[1].item())} at the right, root mean squared error "
            f"{error:.0f}."
        )
    ax.set(xlabel="lot size (square feet)", ylabel="price (thousands of dollars)")
    ax.set(xlim=(0, ends[1].item()), ylim=(0, None))
    ax.legend(loc="upper left")
    alt = f"Prices of {len(X)} houses against lot size, and three lines. {' '.join(words)}"
    figures.show(fig, alt)
