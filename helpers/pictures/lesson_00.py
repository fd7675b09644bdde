"""Pictures of lesson 0: all pairs, rise over run, an arrow uphill, a bell, a stretched circle."""

import math

import matplotlib.pyplot as plt
import torch

from helpers import figures

BOX = {"edgecolor": "0.4", "linewidth": 0.8}
DIAGONAL, PLAIN, GIVEN = "#F4C9A8", "white", "#DCE9F2"


def all_pairs(y_hat, y):
    """Draw what a column minus a flat row becomes: a grid of all differences.

    Args:
        y_hat: a column, (n, 1), of 2 to 6 numbers.
        y: as many numbers, (n,).
    """
    column = figures.require_array("y_hat", y_hat, ("n", 1))[:, 0].tolist()
    n = figures.require_count("the number of rows of y_hat", len(column), low=2, high=6)
    row = figures.require_curve("y", y, length=n).tolist()
    fig, ax = plt.subplots(figsize=(0.8 * n + 2.6, 0.55 * n + 1.4))
    for i in range(n):
        _cell(ax, -1.3, i, column[i], GIVEN)
        _cell(ax, i, -1.3, row[i], GIVEN)
        for j in range(n):
            _cell(ax, j, i, column[i] - row[j], DIAGONAL if i == j else PLAIN)
    ax.text(-0.8, -0.8, "-", ha="center", va="center", fontsize=14)
    ax.text(n + 0.2, -0.8, f"y, shape ({n},)", va="center")
    ax.text(-1.5, n / 2, f"y_hat\nshape ({n}, 1)", ha="right", va="center")
    ax.text(n + 0.2, n / 2, f"the difference\nshape ({n}, {n})", va="center")
    ax.set(xlim=(-3.7, n + 2.6), ylim=(n + 0.1, -1.5))
    ax.axis("off")
    off = max(abs(column[i] - row[j]) for i in range(n) for j in range(n))
    wanted = ", ".join(f"{column[i] - row[i]:g}" for i in range(n))
    alt = (
        f"A column of {n} predictions, a row of {n} labels, and between them a grid of {n} by {n} "
        f"differences, up to {off:g} in size. The wanted ones lie on the diagonal, which is "
        f"coloured: {wanted}."
    )
    figures.show(fig, alt)


def _cell(ax, x, y, number, colour):
    """Draw a cell with a number in it; (x, y) is its upper left corner."""
    ax.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=colour, **BOX))
    ax.text(x + 0.5, y + 0.5, f"{number:g}", ha="center", va="center")


def rise_over_run(f, x, run, slope):
    """Draw a curve, a step to the right on it with its rise, and the line that touches it.

    Args:
        f: the function, called with a tensor or a number.
        x: where the step begins, a number.
        run: how long the step is, a positive number.
        slope: the slope of the touching line, a number.
    """
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")
    x, slope = figures.require_number("x", x), figures.require_number("slope", slope)
    run = figures.require_number("run", run, above=0)
    begin, end = (figures.require_number("f(x)", f(place)) for place in (x, x + run))
    left, right = x - 1.6 * run, x + 1.6 * run
    places = torch.linspace(left, right, 201, dtype=torch.float64)
    curve = figures.require_curve("f(x)", f(places), length=201)
    fig, ax = plt.subplots(figsize=(5.6, 3.8))
    ax.plot(places, curve, color="C0", label="the function")
    touching = begin + slope * (places - x)
    ax.plot(places, touching, "--", color="C2", label=f"touching line, slope {slope:g}")
    secant = (end - begin) / run
    ax.plot([x, x + run], [begin, end], "o-", color="C1", label=f"step, slope {secant:g}")
    ax.plot([x, x + run, x + run], [begin, begin, end], ":", color="black")
    middle = {"textcoords": "offset points", "fontsize": 9}
    ax.annotate(f"run {run:g}", (x + run / 2, begin), (0, -13), ha="center", **middle)
    ax.annotate(f"rise {end - begin:g}", (x + run, (begin + end) / 2), (6, 0), **middle)
    low, high = curve.min().item(), curve.max().item()
    ax.set(xlabel="$x$", ylabel="$f(x)$", xlim=(left, right))
    ax.set_ylim(min(low, 0) - 0.25 * (high - low), high)
    ax.legend(loc="upper left")
    alt = (
        f"A curve, and on it a step from {x:g} to the right: a run of {run:g}, a rise of "
        f"{end - begin:g}, so the slope of the step is {secant:g}. The dashed line touches the "
        f"curve at {x:g} and has the slope {slope:g}."
    )
    figures.show(fig, alt)


def uphill(g, point, gradient):
    """Draw contours of a function of two numbers, and its gradient at a point as an arrow.

    Args:
        g: the function, called with two tensors of one shape.
        point: where the arrow begins, two numbers.
        gradient: the two slopes there, not both zero.
    """
    if not callable(g):
        raise TypeError(f"g must be a function, got {type(g).__name__}")
    point = figures.require_point("point", point, 2)
    gradient = figures.require_point("gradient", gradient, 2)
    if gradient.norm() == 0:
        raise ValueError("gradient must not be zero: it has no direction")
    reach = 1.8 * point.abs().max().clamp(min=1).item()
    line = torch.linspace(-reach, reach, 121, dtype=torch.float64)
    w1, w2 = torch.meshgrid(line, line, indexing="xy")
    heights = figures.require_array("g(w1, w2)", g(w1, w2), (121, 121))
    here = figures.require_number("g(point)", g(point[0], point[1]))
    low, high = heights.min().item(), heights.max().item()
    if not low < here < high:
        raise ValueError(f"point must lie between the lowest and the highest value, got {here:g}")
    levels = sorted({here, *(low + (high - low) * share for share in (0.02, 0.08, 0.4, 0.65))})
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    lines = ax.contour(w1, w2, heights, levels=levels, colors="0.55", linewidths=0.9)
    ax.clabel(lines, fmt="%.0f", fontsize=8)
    ax.contour(w1, w2, heights, levels=[here], colors="C0", linewidths=1.8)
    step = gradient / gradient.norm() * reach / 3
    for sign, name, colour in ((1, "uphill", "C1"), (-1, "downhill", "C2")):
        end = (point + sign * step).tolist()
        style = {"arrowstyle": "<-", "color": colour, "linewidth": 1.8}
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        ax.annotate(name, point.tolist(), end, arrowprops=style, ha="center", bbox=white)
    ax.plot(*point.tolist(), "o", color="black", zorder=3)
    ends = (-reach, reach)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=ends, ylim=ends, aspect="equal")
    ax.set_title("arrows show directions, not lengths")
    place, slopes = (", ".join(f"{v:g}" for v in pair.tolist()) for pair in (point, gradient))
    alt = (
        f"Curves of equal height with their values. At the point ({place}), where the height is "
        f"{here:g}, one arrow points uphill, along the gradient ({slopes}), and one downhill. Both "
        "stand at a right angle to the curve through the point."
    )
    figures.show(fig, alt)


def bell(draws, mean, spread):
    """Draw a histogram of many draws, the normal curve, and the span of one spread both ways.

    Args:
        draws: at least 100 numbers, (m,).
        mean, spread: the mean and the standard deviation of the normal distribution.
    """
    draws = figures.require_curve("draws", draws)
    figures.require_count("the number of draws", len(draws), low=100)
    mean = figures.require_number("mean", mean)
    spread = figures.require_number("spread", spread, above=0)
    left, right = mean - 4 * spread, mean + 4 * spread
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    bins = torch.linspace(left, right, 41, dtype=torch.float64).tolist()
    weight = 1 / (len(draws) * (bins[1] - bins[0]))  # so that the bars have the area of their share
    ax.hist(draws, bins, weights=[weight] * len(draws), color="C5", alpha=0.6, label="draws")
    places = torch.linspace(left, right, 401, dtype=torch.float64)
    height = 1 / (spread * math.sqrt(2 * math.pi))
    curve = height * (-((places - mean) ** 2) / (2 * spread**2)).exp()
    ax.plot(places, curve, color="C0", label="normal distribution")
    for k, name in ((-1, "mean - spread"), (0, "mean"), (1, "mean + spread")):
        figures.reference_line(ax, mean + k * spread, name, axis="x", at=0.0)
    ax.set(xlabel="value", ylabel="share per unit", xlim=(left, right), ylim=(0, 1.2 * height))
    ax.legend(loc="upper right")
    share = ((draws - mean).abs() < spread).double().mean().item()
    alt = (
        f"A histogram of {len(draws):,} draws fills a bell, the curve of the normal distribution, "
        f"highest at the mean {mean:g}. Dashed lines mark one spread of {spread:g} to each side; "
        f"{share:.0%} of the draws lie between them."
    )
    figures.show(fig, alt)


def stretching(H, other):
    """Draw a circle and what a symmetric matrix makes of it, with the two directions that it keeps.

    Args:
        H: a symmetric matrix (2, 2) with two unlike eigenvalues, both positive.
        other: two numbers, an arrow that is no eigenvector, for comparison.
    """
    H = figures.require_array("H", H, (2, 2))
    other = figures.require_point("other", other, 2)
    if not torch.allclose(H, H.T):
        raise ValueError("H must be symmetric")
    values, vectors = torch.linalg.eigh(H)
    if values[0] <= 0 or values[1] - values[0] < 1e-9:
        raise ValueError(f"H must have two unlike positive eigenvalues, got {values.tolist()}")
    moved = H @ other
    turned = math.degrees(abs(_angle(moved) - _angle(other)))
    turned = min(turned, 360 - turned)
    if turned < 1:
        raise ValueError("other must be turned by H: it is an eigenvector")
    turn = torch.linspace(0, 2 * math.pi, 361, dtype=torch.float64)
    circle = torch.stack([turn.cos(), turn.sin()])
    reach = 1.15 * max(values[1].item(), moved.norm().item(), other.norm().item(), 1.0)
    fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.9))
    titles = ("before: a circle", "after: multiplied by H")
    for ax, title, matrix in zip(axes, titles, (torch.eye(2, dtype=H.dtype), H), strict=True):
        ax.plot(*(matrix @ circle), color="0.6")
        for k, style in ((1, "-"), (0, "--")):
            # Both ends: an eigenvector has no sign of its own.
            ends = torch.stack([matrix @ vectors[:, k], -matrix @ vectors[:, k]])
            label = f"only stretched, by {values[k]:g}"
            ax.plot(*ends.T, style, marker="o", color=f"C{1 - k}", linewidth=2, label=label)
        arrow = {"arrowstyle": "-|>", "color": "C2", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (matrix @ other).tolist(), (0, 0), arrowprops=arrow)
        ax.plot([], [], color="C2", label=f"turned, by {turned:.0f} degrees")
        ends = (-reach, reach)
        ax.set(title=title, xlim=ends, ylim=ends, aspect="equal")
    axes[0].legend(loc="upper left")
    alt = (
        "Left a circle, right the ellipse that H makes of it. Two lines through the middle, at a "
        f"right angle, keep their direction: one is stretched by {values[1]:g}, one by "
        f"{values[0]:g}. An arrow beside them is turned by {turned:.0f} degrees."
    )
    figures.show(fig, alt)


def _angle(arrow):
    """The direction of an arrow (2,), in radians."""
    return math.atan2(arrow[1].item(), arrow[0].item())
