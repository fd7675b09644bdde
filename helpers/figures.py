"""Figures: one style, sharp PNG with an alternative text, and drawing parts that pictures share.

A picture is a function in `helpers/pictures/`. It checks its arguments with the `require_...`
functions, which are here, too; draws on axes of its own with Matplotlib and the parts below, each
of which takes an axes; and ends in `show`.
"""

import math
import sys
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from helpers.require import (
    require_array,
    require_axes,
    require_count,
    require_curve,
    require_data,
    require_figure,
    require_flag,
    require_mapping,
    require_number,
    require_point,
    require_points,
    require_span,
    require_text,
    require_texts,
)

__all__ = [
    "STYLE",
    "log_ticks",
    "loss_contours",
    "loss_curves",
    "mark",
    "note",
    "path",
    "reference_line",
    "require_array",
    "require_axes",
    "require_count",
    "require_curve",
    "require_data",
    "require_figure",
    "require_flag",
    "require_mapping",
    "require_number",
    "require_point",
    "require_points",
    "require_span",
    "require_text",
    "require_texts",
    "residual_squares",
    "scatter_features",
    "show",
    "use_style",
]

STYLE = Path(__file__).with_name("figures.mplstyle")
RESOLUTION = 2  # stored pixels for each pixel on the page, so that high-density screens stay sharp


# Lines that differ by their dashes as well as by their colour, as many as the style has colours.
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 3)))
PLACES = tuple(f"{row} {column}" for row in ("upper", "lower") for column in ("left", "right"))


def use_style():
    """Draw every figure from here on in the collection's style.

    If d2l has been imported, its `set_figsize` and `plot` work from here on. They call a function
    that IPython no longer has, to switch to SVG; now that call does nothing, and figures stay PNG.
    """
    plt.style.use(STYLE)
    # d2l is looked up and not imported: that takes two seconds, and most lessons do without it.
    d2l = sys.modules.get("d2l.torch")
    if d2l is not None:
        d2l.use_svg_display = lambda: None


def show(fig, alt):
    """Show a figure below the cell, with a text for those who cannot see it, and close it.

    Args:
        fig: a Matplotlib figure with at least one axes.
        alt: one or two sentences that say what the picture shows.

    Raises:
        TypeError: `fig` is not a figure, or `alt` is not a string.
        ValueError: `fig` has no axes, or `alt` is empty.
    """
    require_figure(fig)
    require_text("alt", alt)
    width, height = (round(inches * fig.dpi) for inches in fig.get_size_inches())
    pixels = BytesIO()
    fig.savefig(pixels, dpi=RESOLUTION * fig.dpi, pil_kwargs={"compress_level": 1})
    plt.close(fig)
    # A palette of 256 colours looks the same here and keeps a lesson's file at a third of its size.
    png = BytesIO()
    image = Image.open(pixels).convert("RGB")
    image.quantize(256, method=Image.Quantize.FASTOCTREE).save(png, format="png")
    display(
        {"image/png": png.getvalue(), "text/plain": alt},
        metadata={"image/png": {"width": width, "height": height, "alt": alt}},
        raw=True,
    )


def scatter_features(X, y, names=None, y_name="y"):
    """Draw y against each feature, one panel a feature, with one common vertical axis.

    Args:
        X: features (n, d), one to four of them.
        y: labels (n, 1).
        names: d axis labels, with their units; x1, x2, ... if left out.
        y_name: the label of the vertical axis, with its unit.

    Returns:
        The figure, not yet shown.
    """
    X, y = require_data(X, y)
    d = X.shape[1]
    if d > 4:
        raise ValueError(f"X must have 1 to 4 features, got {d}")
    if names is None:
        names = [f"$x_{j + 1}$" for j in range(d)]
    names = require_texts("names", names, d)
    require_text("y_name", y_name)
    fig, axes = plt.subplots(1, d, figsize=(3.9 * d, 3.4), sharey=True, squeeze=False)
    for j, ax in enumerate(axes[0]):
        ax.scatter(X[:, j], y[:, 0], s=6, alpha=0.6, linewidths=0)
        ax.set_xlabel(names[j])
    axes[0, 0].set_ylabel(y_name)
    return fig


def loss_contours(ax, X, y, b, w1, w2, levels=8, values=False, equal=False):
    """Draw lines of equal loss, mean((Xw + b - y)^2) / 2, over the two weights at a fixed bias.

    Neighbouring lines are one factor apart, so that the bottom of the valley is as visible as
    its walls.

    Args:
        ax: the axes to draw on.
        X: features (n, 2).
        y: labels (n, 1).
        b: the bias that the picture keeps fixed, a number.
        w1, w2: pairs (low, high), the part of the plane to draw.
        levels: heights from the bottom of this part to its highest point, 2 to 50. The highest is a
            corner and has no line, so one line fewer is drawn.
        values: write the loss on the lines; they then lie at losses of two digits.
        equal: draw both weights to the same scale, so that directions and angles are true.

    Returns:
        The losses at which lines were drawn, from low to high, a list of numbers.
    """
    require_axes(ax)
    X, y = require_data(X, y, features=2)
    b = require_number("b", b)
    w1, w2 = require_span("w1", w1), require_span("w2", w2)
    require_count("levels", levels, 2, 50)
    require_flag("values", values)
    require_flag("equal", equal)
    grid1 = torch.linspace(*w1, 121, dtype=torch.float64)
    grid2 = torch.linspace(*w2, 121, dtype=torch.float64)
    W = torch.cartesian_prod(grid1, grid2).T  # (2, 121 * 121): one column a point of the plane
    # The mean of squares is a quadratic function of w, so three small moments hold all the data.
    n, r = len(X), y - b
    loss = ((W * (X.T @ X / n @ W)).sum(0) - 2 * (X.T @ r / n).T @ W + (r**2).mean()) / 2
    loss = loss.reshape(121, 121).clamp_min(torch.finfo(torch.float64).tiny)
    low, high = loss.min(), loss.max()
    bottom = low + (high - low) / 300
    lines = torch.logspace(bottom.log10(), high.log10(), levels, dtype=torch.float64)
    lines = lines[:-1].tolist()
    if values:
        lines = sorted({float(f"{line:.2g}") for line in lines})
    lines = [line for line in lines if low < line < high]
    if not lines or not math.isfinite(high):
        raise ValueError(
            "the loss of X, y and b must differ, and stay finite, over w1 and w2 for lines of "
            f"equal loss to be drawn; it goes from {low:g} to {high:g}"
        )
    contours = ax.contour(grid1, grid2, loss.T, levels=lines, colors="0.6", linewidths=0.9)
    if values:
        ax.clabel(contours, fmt="%.2g", fontsize=8, colors="0.3")
    ax.set_xlabel("$w_1$")
    ax.set_ylabel("$w_2$")
    if equal:
        ax.set_aspect("equal")
    return lines


def path(ax, points, label=None, **style):
    """Draw the way that (w1, w2) took, update by update: a thin line with a dot at each update.

    Args:
        ax: the axes to draw on, usually after `loss_contours`.
        points: (m, 2), the first row is the start.
        label: the text in the legend; None for no entry.
        style: properties of the line, passed on to `ax.plot`.
    """
    require_axes(ax)
    points = require_points("points", points, 2)
    if label is not None:
        require_text("label", label)
    style = {"marker": ".", "linewidth": 1, "markersize": 4, "label": label, **style}
    try:
        ax.plot(*points.T, **style)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"style must be properties of a line, got {style}: {error}") from error


def mark(ax, point, label, marker="*"):
    """Mark one point of the (w1, w2) plane, such as the least-squares solution.

    Args:
        ax: the axes to draw on.
        point: two numbers.
        label: the text in the legend.
        marker: a Matplotlib marker, a text such as "*", "o" or "s".
    """
    require_axes(ax)
    x, y = require_point("point", point, 2).tolist()
    require_text("label", label)
    if require_text("marker", marker) not in Line2D.markers:
        raise ValueError(f"marker must be one of Matplotlib's markers, got {marker!r}")
    ax.plot(x, y, marker, color="black", markersize=11, label=label, linestyle="none", zorder=3)


def loss_curves(ax, curves, x_name="update", y_name="loss", start=0, step=1, loc="upper right"):
    """Draw positive curves on a common logarithmic axis, told apart by dashes and colours.

    Limits, ticks and the place of the legend are fixed, so that every release of Matplotlib draws
    the same; what is drawn later does not move them.

    Args:
        ax: the axes to draw on.
        curves: title -> positive numbers (m,), one to seven curves, which may differ in length.
        x_name, y_name: the labels of the axes, with their units.
        start: where on the horizontal axis each curve begins.
        step: how far apart its numbers lie there, such as 1 update or 100 updates.
        loc: the corner for the legend, such as "upper right"; a single curve needs none.
    """
    require_axes(ax)
    curves = require_mapping("curves", curves, 1, len(DASHES))
    for title, values in curves.items():
        curves[title] = require_curve(f"curves[{title!r}]", values, positive=True)
    require_text("x_name", x_name)
    require_text("y_name", y_name)
    start, step = require_number("start", start), require_number("step", step, above=0)
    if require_text("loc", loc) not in PLACES:
        raise ValueError(f"loc must be one of {', '.join(PLACES)}, got {loc!r}")
    for k, (title, values) in enumerate(curves.items()):
        places = [start + step * i for i in range(len(values))]
        marker = "." if len(values) <= 20 else ""
        ax.plot(places, values, color=f"C{k}", linestyle=DASHES[k], marker=marker, label=title)
    width = step * max(1, max(map(len, curves.values())) - 1)
    ax.set_xlim(start - 0.03 * width, start + 1.03 * width)
    # No tick at one and a half epochs, unless the axis is shorter than two.
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    every = torch.cat(list(curves.values()))
    low, high = every.min().item(), every.max().item()
    margin = max(high / low, 2) ** 0.05
    ax.set(yscale="log", ylim=(low / margin, high * margin), xlabel=x_name, ylabel=y_name)
    log_ticks(ax)
    if len(curves) > 1:
        ax.legend(loc=loc)


def log_ticks(ax, axis="y"):
    """Put two to six ticks on a logarithmic axis, the same with every release of Matplotlib.

    They stand at powers of ten if two or more of these lie within the limits, otherwise at 1, 2
    and 5 times powers of ten, and where that is too coarse at equal steps. Call it when the limits
    are final.

    Args:
        ax: the axes, with its limits set and its scale logarithmic.
        axis: "x" or "y".
    """
    require_axes(ax)
    if require_text("axis", axis) not in ("x", "y"):
        raise ValueError(f"axis must be 'x' or 'y', got {axis!r}")
    line = ax.xaxis if axis == "x" else ax.yaxis
    if line.get_scale() != "log":
        raise ValueError(f"ax must have a logarithmic {axis} axis, got a {line.get_scale()} one")
    bottom, top = sorted(line.get_view_interval())
    low, high = math.floor(math.log10(bottom)), math.floor(math.log10(top))
    step = max(1, round((high - low) / 4))
    ticks = {10.0**power: f"10^{{{power}}}" for power in range(high, low, -step)}
    if len(ticks) < 2:
        powers = (low, high) if low < high else (low,)
        numbers = [float(f"{m}e{power}") for power in powers for m in (1, 2, 5)]
        numbers = [number for number in numbers if bottom <= number <= top]
        if len(numbers) < 2:
            unit = 10.0 ** math.floor(math.log10(top - bottom))
            unit *= 0.5 if top - bottom < 2 * unit else 1 if top - bottom < 5 * unit else 2
            whole = range(math.ceil(bottom / unit), math.floor(top / unit) + 1)
            numbers = [k * unit for k in whole]
        ticks = {number: _plain(number) for number in numbers}
    line.set_ticks(list(ticks), [rf"$\mathdefault{{{text}}}$" for text in ticks.values()])
    line.set_ticks([], minor=True)


def _plain(number):
    """A positive number in formula text, with a power of ten if it would be long."""
    if 1e-4 < number < 1e5:
        return f"{number:.10g}"
    digits, power = f"{number:.9e}".split("e")
    return rf"{float(digits):g}\times10^{{{int(power)}}}"


def reference_line(ax, value, label, axis="y", at=1.0):
    """Draw a dashed grey line across the axes at one value, with its name along it.

    Args:
        ax: the axes to draw on.
        value: where the line lies.
        label: its name, written above a horizontal line or to the left of a vertical one.
        axis: the axis on which `value` lies: "y" draws a horizontal line, "x" a vertical one.
        at: where along the line the name ends, from 0 (left or bottom) to 1 (right or top); up to
            one half it begins there, so that it stays inside the axes.
    """
    require_axes(ax)
    value = require_number("value", value)
    require_text("label", label)
    if require_text("axis", axis) not in ("x", "y"):
        raise ValueError(f"axis must be 'x' or 'y', got {axis!r}")
    line = ax.xaxis if axis == "x" else ax.yaxis
    if line.get_scale() == "log" and value <= 0:
        raise ValueError(f"value must be positive on a logarithmic axis, got {value}")
    at = require_number("at", at, 0, 1)
    grey = {"color": "0.35", "linestyle": (0, (4, 3)), "linewidth": 1, "zorder": 1}
    text = {"fontsize": 9, "color": "0.25", "textcoords": "offset points"}
    ends = at > 0.5
    if axis == "y":
        ax.axhline(value, **grey)
        place, off, across = (at, value), (-3 if ends else 3, 2), ax.get_yaxis_transform()
        text |= {"ha": "right" if ends else "left", "va": "bottom"}
    else:
        ax.axvline(value, **grey)
        place, off, across = (value, at), (-2, -3 if ends else 3), ax.get_xaxis_transform()
        text |= {"ha": "right", "va": "top" if ends else "bottom", "rotation": 90}
    ax.annotate(label, place, off, xycoords=across, **text)


def note(ax, text, point, place):
    """Write a text at a place, with an arrow from it to the point that it is about.

    Args:
        ax: the axes to draw on, with its limits set.
        text: what is to be said.
        point: two numbers in the units of the axes, where the arrow ends.
        place: two numbers in the units of the axes, the middle of the text.
    """
    require_axes(ax)
    require_text("text", text)
    point = require_point("point", point, 2).tolist()
    place = require_point("place", place, 2).tolist()
    arrow = {"arrowstyle": "->", "color": "0.4", "linewidth": 0.8}
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    middle = {"ha": "center", "va": "center", "fontsize": 9}
    ax.annotate(text, point, place, arrowprops=arrow, bbox=white, **middle)


def residual_squares(ax, x, y, w, b):
    """Draw points, the line y = w x + b, and on each residual a square whose side it is.

    The axes get a fixed aspect, so that a square of the mathematics is a square on the page.
    The axes' limits must be set before.

    Args:
        ax: the axes to draw on, with its limits set.
        x: one feature (n, 1).
        y: labels (n, 1).
        w, b: the slope and the intercept of the line, numbers.
    """
    require_axes(ax)
    x, y = require_data(x, y, names=("x", "y"), features=1)
    w, b = require_number("w", w), require_number("b", b)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    unit = (right - left) / (high - low)  # the width, in units of x, of one unit of y
    ax.set_aspect(unit)
    for x_i, y_i in zip(x[:, 0].tolist(), y[:, 0].tolist(), strict=True):
        residual = w * x_i + b - y_i
        # The square lies on the side where the line does not cut through it.
        side = abs(residual) * unit * (1 if (residual > 0) == (w > 0) else -1)
        ax.add_patch(plt.Rectangle((x_i, y_i), side, residual, alpha=0.25, color="C1"))
        ax.plot((x_i, x_i), (y_i, y_i + residual), color="C1", linewidth=1.2)
    ax.plot((left, right), (w * left + b, w * right + b), color="C0")
    ax.plot(x[:, 0].tolist(), y[:, 0].tolist(), "o", color="black", markersize=4, zorder=3)
    ax.set(xlim=(left, right), ylim=(low, high))
