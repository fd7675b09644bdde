"""Figures: one style, sharp PNG with an alternative text, and the plots that lessons share.

Importing this module also mends `d2l.use_svg_display`, which calls a function that IPython no
longer has: `d2l.set_figsize` and `d2l.plot` work again, and draw PNG.
"""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from d2l import torch as d2l
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

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
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be a Matplotlib figure, got {type(fig).__name__}")
    if not fig.axes:
        raise ValueError("fig has no axes: draw something before it is shown")
    if not isinstance(alt, str):
        raise TypeError(f"alt must be a string that describes the figure, got {type(alt).__name__}")
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the figure shows")
    width, height = (round(inches * fig.dpi) for inches in fig.get_size_inches())
    pixels = BytesIO()
    fig.savefig(pixels, format="png", dpi=RESOLUTION * fig.dpi)
    plt.close(fig)
    # A palette of 256 colours looks the same here and keeps a lesson's file at a third of its size.
    png = BytesIO()
    Image.open(pixels).convert("RGB").quantize(256).save(png, format="png", optimize=True)
    display(
        {"image/png": png.getvalue(), "text/plain": alt},
        metadata={"image/png": {"width": width, "height": height, "alt": alt}},
        raw=True,
    )


def _require_data(X, y):
    """Raise unless X (n, d) and y (n, 1) are finite floating-point tensors that belong together."""
    for name, value, shape in (("X", X, "(n, d)"), ("y", y, "(n, 1)")):
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
        if value.ndim != 2 or value.numel() == 0:
            raise ValueError(f"{name} must have shape {shape}, got {tuple(value.shape)}")
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")
    if y.shape != (len(X), 1):
        raise ValueError(f"y must have shape ({len(X)}, 1) like X, got {tuple(y.shape)}")


def _require_points(name, points, columns):
    """Return `points` as a float64 tensor (m, columns); raise unless it is one and finite."""
    points = torch.as_tensor(points, dtype=torch.float64).detach()
    if points.ndim != 2 or points.shape[1] != columns or len(points) == 0:
        raise ValueError(f"{name} must have shape (m, {columns}), got {tuple(points.shape)}")
    if not torch.isfinite(points).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return points


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
    _require_data(X, y)
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
    _require_data(X, y)
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
    points = _require_points("points", points, 2)
    ax.plot(*points.T, **{"marker": ".", "linewidth": 1, "markersize": 4, "label": label, **style})


def mark(ax, point, label, marker="*"):
    """Mark one point of the (w1, w2) plane, such as the least-squares solution.

    Args:
        ax: the axes to draw on.
        point: two numbers.
        label: the text in the legend.
        marker: a Matplotlib marker.
    """
    ((x, y),) = _require_points("point", torch.as_tensor(point).reshape(1, -1), 2).tolist()
    ax.plot(x, y, marker, color="black", markersize=11, label=label, linestyle="none", zorder=3)
