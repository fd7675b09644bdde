"""Pictures of lesson 16: a mirror, correct digits beside predicted ones, the price of noise."""

import math

import matplotlib.pyplot as plt
import torch

from helpers import figures

MOST_DIGITS = 16.5  # the right end of the digits' axis


def mirror(a, v):
    """Draw a vector, the direction at a right angle to the mirror, the mirror, and the image.

    Args:
        a: two numbers, the vector that is reflected.
        v: two numbers, not both zero: the direction at a right angle to the mirror.
    """
    a = figures.require_point("a", a, 2)
    v = figures.require_point("v", v, 2)
    if a.norm() == 0 or v.norm() == 0:
        raise ValueError("a and v must not be zero: a mirror needs a direction")
    image = a - 2 * v * (v @ a) / (v @ v)
    reach = 1.25 * a.norm().item()
    fig, ax = plt.subplots(figsize=(4.6, 4.2))
    along = torch.stack([-v[1], v[0]]) / v.norm() * 3 * reach
    ax.plot(*torch.stack([-along, along]).T, color="0.4", linestyle="--", label="mirror")
    for end, name, color in ((a, "a", "C0"), (image, "image", "C1")):
        arrow = {"arrowstyle": "->", "color": color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", end.tolist(), (0, 0), arrowprops=arrow)
        # Beside the arrow's end, and inside the axes.
        off = (0, -14 if end[1] < 0.2 * reach else 6)
        where = {"textcoords": "offset points", "ha": "left" if end[0] < 0 else "center"}
        text = f"{name} = ({end[0]:g}, {end[1] + 0.0:g})"
        ax.annotate(text, end.tolist(), off, color=color, **where)
    ax.plot(*torch.stack([a, image]).T, color="C2", linestyle=":", label="along v")
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.axvline(0, color="0.6", linewidth=0.8)
    ax.set(xlim=(-reach, reach), ylim=(-0.55 * reach, reach), aspect="equal")
    ax.set(xlabel="first entry", ylabel="second entry")
    ax.legend(loc="lower right")
    alt = (
        f"The vector ({a[0]:g}, {a[1]:g}) and its mirror image ({image[0]:g}, {image[1] + 0.0:g}), "
        f"both {a.norm():g} long. The mirror is a line through the origin at a right angle to "
        f"v = ({v[0]:g}, {v[1]:g})."
    )
    figures.show(fig, alt)


def digits(measured, predicted):
    """Draw the correct digits of several programs on several problems, beside predicted ones.

    Dots are means, and grey spans hold the middle four fifths of all orders. What is measured has
    no colour, as it moves a little from one processor to another.

    Args:
        measured: one to six titles -> one to seven names of programs -> correct digits (m,), one
            for each order of rows and columns.
        predicted: the same titles -> pair of numbers: the digits of a program that works on X1,
            and of one that works on X1.T @ X1.
    """
    measured = figures.require_mapping("measured", measured, 1, 6)
    predicted = figures.require_mapping("predicted", predicted, 1, 6)
    if list(measured) != list(predicted):
        raise ValueError(
            f"predicted must have the titles of measured, {', '.join(measured)}; "
            f"got {', '.join(predicted)}"
        )
    found, names = {}, None
    for title, ways in measured.items():
        ways = figures.require_mapping(f"measured[{title!r}]", ways, 1, 7)
        if names is not None and list(ways) != names:
            raise ValueError(f"measured[{title!r}] must hold {', '.join(names)} in this order")
        names = list(ways)
        found[title] = [
            figures.require_curve(f"measured[{title!r}][{name!r}]", values)
            for name, values in ways.items()
        ]
        predicted[title] = figures.require_point(f"predicted[{title!r}]", predicted[title], 2)
    columns = 2 if len(found) == 4 else min(3, len(found))
    rows = math.ceil(len(found) / columns)
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(1.1 + 2.2 * columns, 0.55 + (0.5 + 0.24 * len(names)) * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    texts = []
    for ax, (title, ways) in zip(axes.flat, found.items(), strict=False):
        direct, squared = predicted[title].clamp(0, MOST_DIGITS).tolist()
        ax.axvline(direct, color="C0", label="predicted, on $X_1$")
        ax.axvline(squared, color="C1", linestyle="--", label="predicted, on $X_1^T X_1$")
        for place, values in enumerate(ways):
            low, high = values.quantile(torch.tensor([0.1, 0.9], dtype=values.dtype)).tolist()
            ax.plot((low, high), (place, place), color="0.7", linewidth=1.5)
            ax.plot(values.mean().item(), place, "o", color="0.3", markersize=4)
        ax.set(title=title, xlim=(-0.5, MOST_DIGITS), ylim=(len(names) - 0.5, -0.5))
        ax.set_xticks([0, 4, 8, 12, 16])
        ax.set_yticks(range(len(names)), names)
        texts.append(f"{title}: {direct:.1f} and {squared:.1f}")
    for ax in axes.flat[len(found) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("correct digits")
    lines = axes[0, 0].get_lines()[:2]
    fig.legend(handles=lines, loc="outside upper center", ncols=2)
    alt = (
        f"Dots for the correct digits of {', '.join(names)}, with vertical lines at the digits "
        f"predicted on X1 and on its normal equations. " + "; ".join(texts) + "."
    )
    figures.show(fig, alt)


def noise(sizes, measured):
    """Draw correct digits against the size of the noise in the labels, a line for each program.

    Args:
        sizes: the lengths of the residuals as shares of the length of the predictions (m,),
            ascending; the first may be zero, the others are positive.
        measured: two or three names of programs -> correct digits (m,).
    """
    sizes = figures.require_curve("sizes", sizes)
    if len(sizes) < 2 or not (sizes.diff() > 0).all() or sizes[0] < 0:
        raise ValueError("sizes must be two or more, in ascending order, none below zero")
    measured = figures.require_mapping("measured", measured, 2, 3)
    fig, ax = plt.subplots(figsize=(5.6, 3.3))
    places = list(range(len(sizes)))
    for name, values, style in zip(measured, measured.values(), ("o-", "s--", "^:"), strict=False):
        values = figures.require_curve(f"measured[{name!r}]", values, len(sizes))
        # Black and grey, as what is measured moves a little from one processor to another.
        ax.plot(places, values, style, color="0.25", label=name, linewidth=1.2)
    texts = [f"{float(f'{size:.1g}'):g}" for size in sizes.tolist()]
    ax.set_xticks(places, texts)
    ax.set(xlabel="length of the residuals / length of the predictions", ylabel="correct digits")
    ax.set(ylim=(0, 16), xlim=(-0.3, len(sizes) - 0.7))
    ax.legend(loc="upper right")
    alt = (
        f"Correct digits of {' and '.join(measured)} against the size of the residuals, "
        f"{', '.join(texts)} times the predictions."
    )
    figures.show(fig, alt)
