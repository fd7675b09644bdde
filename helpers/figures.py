"""Figures: one style, sharp PNG with an alternative text, and the plots that lessons share.

Importing this module also mends `d2l.use_svg_display`, which calls a function that IPython no
longer has: `d2l.set_figsize` and `d2l.plot` work again, and draw PNG.
"""

import math
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from d2l import torch as d2l
from IPython import get_ipython
from IPython.display import display
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

from helpers.require import (
    require_array,
    require_axes,
    require_count,
    require_curve,
    require_data,
    require_figure,
    require_mapping,
    require_number,
    require_points,
    require_span,
    require_text,
    require_texts,
)

__all__ = [
    "STYLE",
    "draw_network",
    "draw_neuron",
    "loss_contours",
    "mark",
    "path",
    "path_panels",
    "require_array",
    "require_axes",
    "require_count",
    "require_curve",
    "require_data",
    "require_figure",
    "require_mapping",
    "require_number",
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


def use_style():
    """Draw every figure from here on in the collection's style."""
    plt.style.use(STYLE)


def use_png_display():
    """Let the figures that a cell leaves open appear as PNG at twice the resolution."""
    if get_ipython() is not None:
        set_matplotlib_formats("retina")


# Functions of d2l look the name up in d2l's own module each time, so this reaches all of them.
d2l.use_svg_display = use_png_display


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
    require_data(X, y)
    d = X.shape[1]
    names = [f"$x_{j + 1}$" for j in range(d)] if names is None else list(names)
    if d > 4 or len(names) != d:
        raise ValueError(f"X must have 1 to 4 features and a name each, got {d} and {len(names)}")
    fig, axes = plt.subplots(1, d, figsize=(3.9 * d, 3.4), sharey=True, squeeze=False)
    for j, ax in enumerate(axes[0]):
        ax.scatter(X[:, j].detach(), y[:, 0].detach(), s=6, alpha=0.6, linewidths=0)
        ax.set_xlabel(names[j])
    axes[0, 0].set_ylabel(y_name)
    return fig


def loss_contours(ax, X, y, b, w1, w2, levels=8):
    """Draw lines of equal loss, mean((Xw + b - y)^2) / 2, over the two weights at a fixed bias.

    Neighbouring lines are one factor apart, so that the bottom of the valley is as visible as
    its walls.

    Args:
        ax: the axes to draw on.
        X: features (n, 2).
        y: labels (n, 1).
        b: the bias that the picture keeps fixed, a number.
        w1, w2: pairs (low, high), the part of the plane to draw.
        levels: how many lines, at least 2.
    """
    require_data(X, y)
    if X.shape[1] != 2:
        raise ValueError(f"X must have 2 features to be drawn over a plane, got {X.shape[1]}")
    for name, span in (("w1", w1), ("w2", w2)):
        if len(span) != 2 or not span[0] < span[1]:
            raise ValueError(f"{name} must be a pair (low, high) with low < high, got {span}")
    grid1 = torch.linspace(*w1, 121, dtype=torch.float64)
    grid2 = torch.linspace(*w2, 121, dtype=torch.float64)
    W = torch.cartesian_prod(grid1, grid2).T  # (2, 121 * 121): one column a point of the plane
    # The mean of squares is a quadratic function of w, so three small moments hold all the data.
    X, r = X.detach().double(), y.detach().double() - float(b)
    n = len(X)
    loss = ((W * (X.T @ X / n @ W)).sum(0) - 2 * (X.T @ r / n).T @ W + (r**2).mean()) / 2
    loss = loss.reshape(121, 121).clamp_min(torch.finfo(torch.float64).tiny)
    low, high = loss.min(), loss.max()
    lines = torch.logspace(torch.log10(low + (high - low) / 300), torch.log10(high), levels)
    ax.contour(grid1, grid2, loss.T, levels=lines[:-1].tolist(), colors="0.6", linewidths=0.9)
    ax.set_xlabel("$w_1$")
    ax.set_ylabel("$w_2$")


def path(ax, points, label=None, **style):
    """Draw the way that (w1, w2) took, update by update: a thin line with a dot at each update.

    Args:
        ax: the axes to draw on, usually after `loss_contours`.
        points: (m, 2), the first row is the start.
        label: the text in the legend.
        style: passed on to `ax.plot`.
    """
    points = require_points("points", points, 2)
    ax.plot(*points.T, **{"marker": ".", "linewidth": 1, "markersize": 4, "label": label, **style})


def mark(ax, point, label, marker="*"):
    """Mark one point of the (w1, w2) plane, such as the least-squares solution.

    Args:
        ax: the axes to draw on.
        point: two numbers.
        label: the text in the legend.
        marker: a Matplotlib marker.
    """
    ((x, y),) = require_points("point", torch.as_tensor(point).reshape(1, -1), 2).tolist()
    ax.plot(x, y, marker, color="black", markersize=11, label=label, linestyle="none", zorder=3)


def path_panels(X, y, best, paths, w1, w2, curves=None, curve_name=""):
    """Draw several ways over the same contours, one panel a way, and below each way its curve.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        best: (3,), the lowest point (w1, w2, b), marked; the contours keep its bias fixed.
        paths: two to five ways, title -> positions (w1, w2, b) of shape (m, 3), the start first.
        w1, w2: pairs (low, high), the part of the plane to draw; what leaves it is cut off.
        curves: with the titles of `paths`, positive numbers (m,), one an update; left out, there
            is one row of panels.
        curve_name: the label of the curves' common logarithmic axis.

    Returns:
        The figure, not yet shown.
    """
    ((*lowest, b),) = require_points("best", torch.as_tensor(best).reshape(1, -1), 3).tolist()
    if not 2 <= len(paths) <= 5:
        raise ValueError(f"paths must hold 2 to 5 ways, got {len(paths)}")
    if curves is not None and list(curves) != list(paths):
        raise ValueError(f"curves must have the titles of paths, got {list(curves)}")
    rows = 1 if curves is None else 2
    columns = len(paths)
    # Panels of one size need no search for a layout, which takes half of the time to draw.
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(1.8 * columns, 2.1 * rows),
        sharey="row",
        squeeze=False,
        layout="none",
    )
    fig.subplots_adjust(0.42 / columns, 0.25 / rows, 0.99, 1 - 0.13 / rows, 0.14, 0.56)
    for k, (title, points) in enumerate(paths.items()):
        ax = axes[0, k]
        loss_contours(ax, X, y, b, w1, w2, levels=5)
        path(ax, require_points(title, points, 3)[:, :2], color=f"C{k}")
        ax.plot(*lowest, "*", color="black", markersize=7, zorder=3)
        ax.set(title=title, xlim=w1, ylim=w2)
        if k > 0:
            ax.set_ylabel("")
        if curves is not None:
            axes[1, k].semilogy(torch.as_tensor(curves[title]).detach(), color=f"C{k}")
            axes[1, k].set_xlabel("update")
    if curves is not None:
        # Matplotlib's releases choose ticks of logarithmic axes differently: set them here.
        low, high = (math.floor(math.log10(end)) for end in axes[1, 0].get_ylim())
        step = max(1, round((high - low) / 4))
        axes[1, 0].set_yticks([10.0**power for power in range(high, low, -step)])
        for ax in axes[1]:
            ax.minorticks_off()
        axes[1, 0].set_ylabel(curve_name)
    return fig


def draw_network(inputs, output):
    """Draw the linear model as a network: every input and the constant 1 joined to one output.

    Args:
        inputs: what the d inputs mean, one to eight texts, from top to bottom.
        output: what the output means, a text.

    Returns:
        The figure, not yet shown.
    """
    inputs = [inputs] if isinstance(inputs, str) else list(inputs)
    if not 1 <= len(inputs) <= 8:
        raise ValueError(f"inputs must be 1 to 8 texts, got {len(inputs)}")
    if not all(isinstance(text, str) for text in (*inputs, output)):
        raise TypeError("inputs and output must be texts")
    d = len(inputs)
    fig, ax = plt.subplots(figsize=(6.8, 1.3 + 0.62 * d))
    ax.set(xlim=(-3.1, 8.2), ylim=(-d - 0.95, 0.75), aspect="equal")
    ax.axis("off")
    middle = (4.6, -d / 2)
    for j, meaning in enumerate([*inputs, "constant"]):
        bias = j == d
        weight, unit = ("$b$", "1") if bias else (f"$w_{j + 1}$", f"$x_{j + 1}$")
        color, style = ("C1", "--") if bias else ("C0", "-")
        ax.plot((0, middle[0]), (-j, middle[1]), color=color, linestyle=style, zorder=1)
        ax.add_patch(plt.Circle((0, -j), 0.36, facecolor="white", edgecolor=color, linestyle=style))
        ax.text(0, -j, unit, ha="center", va="center")
        ax.text(-0.6, -j, meaning, ha="right", va="center", fontsize=9)
        # Near the inputs the lines are furthest apart, so that a label there covers no other line.
        near = (1.5, -j + 1.5 / middle[0] * (middle[1] + j))
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        ax.text(*near, weight, color=color, ha="center", va="center", bbox=white)
    ax.add_patch(plt.Circle(middle, 0.5, facecolor="#E8F1F8", edgecolor="C0", zorder=2))
    ax.text(*middle, r"$\hat y$", ha="center", va="center", fontsize=12)
    ax.text(middle[0] + 0.75, middle[1], output, ha="left", va="center", fontsize=9)
    for x, text in ((0, "inputs"), (2.3, "one layer of weights"), (middle[0], "output")):
        ax.text(x, -d - 0.75, text, ha="center", va="center", fontsize=9, style="italic")
    return fig


def draw_neuron():
    """Draw a nerve cell, schematically, with the part of the linear model that each part gave.

    Returns:
        The figure, not yet shown.
    """
    fig, ax = plt.subplots(figsize=(7.4, 3.3))
    ax.set(xlim=(-4.6, 8.6), ylim=(-2.85, 3.0), aspect="equal")
    ax.axis("off")
    cell, ink = "#BFD9EA", "C0"
    # The body is round, but reaches out to the three dendrites and, on the right, to the axon.
    arms = torch.tensor([2.35, 3.14, 3.93, 6.28])
    phi = torch.linspace(0.5, 0.5 + 2 * torch.pi, 361)
    reach = torch.tensor([0.55, 0.55, 0.55, 0.35])
    radius = 0.8 + torch.exp(-(((phi[:, None] - arms) / 0.2) ** 2)) @ reach
    ax.fill(radius * phi.cos(), radius * phi.sin(), facecolor=cell, edgecolor=ink, zorder=3)
    ax.add_patch(plt.Circle((0, 0), 0.36, facecolor=ink, edgecolor="none", zorder=4))
    dendrites = ((1.75, 0.91, (-1.1, 1.7)), (0.0, 0.0, (-1.7, 0.32)), (-1.75, -0.91, (-1.1, -1.7)))
    for j, (height, tip, at) in enumerate(dendrites):
        ax.plot((-2.0, -0.9), (height, tip), color=ink, linewidth=3.2, zorder=2)
        for rise in (-0.42, 0.0, 0.42):  # the twigs on which the signals of other cells arrive
            ax.plot((-2.0, -2.95), (height, height + rise), color=ink)
            ax.plot(-2.95, height + rise, "o", color="C1", markersize=4)
        ax.text(-3.25, height, f"$x_{j + 1}$", ha="right", va="center", fontsize=12)
        ax.text(*at, f"$w_{j + 1}$", ha="center", va="center", color="C1", fontsize=11)
    ax.plot((1.0, 6.4), (0, 0), color=ink, linewidth=2.6, zorder=1)
    for left in (1.75, 2.95, 4.15, 5.35):  # the sheath of the axon
        sheath = plt.Rectangle((left, -0.2), 0.95, 0.4, facecolor=cell, edgecolor=ink, zorder=2)
        ax.add_patch(sheath)
    for rise in (-0.7, 0.0, 0.7):
        ax.plot((6.4, 7.1), (0, rise), color=ink)
        ax.plot(7.1, rise, "o", color="C1", markersize=5)
    ax.text(7.45, 0, r"$\hat y$", ha="left", va="center", fontsize=12)
    notes = (
        ((-2.4, -1.98), (-2.0, -2.6), "dendrites: the inputs"),
        ((-2.87, 2.22), (-2.3, 2.75), "synapses: the weights"),
        ((0.1, -0.85), (1.1, -1.9), "cell body and nucleus:\nthe weighted sum plus bias"),
        ((1.2, 0.1), (2.2, 1.6), "does it fire?\nthe activation"),
        ((4.6, -0.25), (5.1, -1.3), "axon: the output"),
    )
    for xy, at, text in notes:
        arrow = {"arrowstyle": "-", "color": "0.4", "linewidth": 0.8}
        ax.annotate(text, xy, at, ha="center", va="center", fontsize=9, arrowprops=arrow)
    return fig


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
    require_data(x, y)
    if x.shape[1] != 1:
        raise ValueError(f"x must have 1 feature to be drawn along an axis, got {x.shape[1]}")
    ((w, b),) = require_points("w and b", [[float(w), float(b)]], 2).tolist()
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
