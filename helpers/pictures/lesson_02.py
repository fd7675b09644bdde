"""The pictures of lesson 2: the exact solution."""

import math

import matplotlib.pyplot as plt
import torch

from helpers import figures

MARKS = ("o", "s", "*")
STYLES = ("--", ":", "-")


def two_equations(x, y, slope, bias):
    """Show the two conditions of the best line as lines that cross, and the line with its points.

    The conditions are that the residuals sum to zero, and that they do when multiplied by x.

    Args:
        x: one feature (n, 1), with two different values or more.
        y: labels (n, 1).
        slope, bias: the solution of both conditions.

    Raises:
        ValueError: x is constant, or slope and bias do not solve both conditions.
    """
    x, y = figures.require_data(x, y, names=("x", "y"), features=1)
    slope, bias = figures.require_number("slope", slope), figures.require_number("bias", bias)
    x, y, n = x[:, 0], y[:, 0], len(x)
    if x.max() == x.min():
        raise ValueError("x must hold two different numbers or more, got a constant one")
    residuals = slope * x + bias - y
    scale = y.abs().sum().item() + 1
    if residuals.sum().abs() > 1e-3 * scale or (residuals * x).sum().abs() > 1e-3 * scale:
        raise ValueError(
            f"slope and bias must solve both equations, got {slope:g} and {bias:g} with residuals "
            f"that sum to {residuals.sum():.3g}, and times x to {(residuals * x).sum():.3g}"
        )

    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    reach = max(1.0, abs(slope) / 2)
    w = torch.linspace(slope - reach, slope + reach, 2, dtype=torch.float64)
    for label, style, sums in (
        (r"for $w$: $\sum r_i x_i = 0$", "-", ((x * x).sum(), x.sum(), (x * y).sum())),
        (r"for $b$: $\sum r_i = 0$", "--", (x.sum(), torch.tensor(float(n)), y.sum())),
    ):
        of_w, of_b, wanted = sums
        left.plot(w, (wanted - of_w * w) / of_b, style, label=label)
    figures.mark(left, (slope, bias), "both")
    left.set(xlabel="slope $w$", ylabel="bias $b$", title="two equations")
    left.legend(loc="upper right")

    ends = torch.stack([x.min() - 0.3, x.max() + 0.3])
    right.margins(y=0.12)
    right.plot(ends, slope * ends + bias, color="C0")
    for x_i, y_i, r_i in zip(x.tolist(), y.tolist(), residuals.tolist(), strict=True):
        right.plot((x_i, x_i), (y_i, y_i + r_i), color="C1", linewidth=2)
        right.annotate(
            f"{r_i:+.1f}",
            (x_i, y_i),
            (0, 8 if r_i < 0 else -8),  # on the side of the point where the line is not
            textcoords="offset points",
            ha="center",
            va="bottom" if r_i < 0 else "top",
        )
    right.plot(x, y, "o", color="black")
    right.set(
        xlabel="living area (1000 sq ft)", ylabel="price (100,000 dollars)", title="the best line"
    )
    figures.show(
        fig,
        f"Left: two straight lines over slope and bias, which cross at slope {slope:.1f} and bias "
        f"{bias:.1f}. Right: {n} points and the line with that slope and bias; the residuals are "
        f"{', '.join(f'{r:+.1f}' for r in residuals.tolist())}.",
    )


def loss_over_lines(area, y, lines):
    """Show the mean half squared loss over slope and bias, and the lines among the houses.

    Args:
        area: living areas in thousands of square feet, (n, 1), with two different values or more.
        y: prices in thousands of dollars, (n, 1).
        lines: title -> (slope, bias) as a column (2, 1), one to three lines.
    """
    area, y = figures.require_data(area, y, names=("area", "y"), features=1)
    if area.max() == area.min():
        raise ValueError("area must hold two different numbers or more, got a constant one")
    lines = figures.require_mapping("lines", lines, 1, len(MARKS))
    for title, theta in lines.items():
        lines[title] = figures.require_array(f"lines[{title!r}]", theta, (2, 1))
    both = torch.cat([area, torch.ones_like(area)], dim=1)
    slopes, biases = torch.cat(list(lines.values()), dim=1)
    spans = [
        ((v.min() - max(0.6 * (v.max() - v.min()), 10)).item(),
         (v.max() + max(0.6 * (v.max() - v.min()), 10)).item())
        for v in (slopes, biases)
    ]  # fmt: skip

    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4))
    _valued_contours(left, both, y, *spans)
    right.scatter(area, y, s=8, color="0.5")
    ends = torch.tensor([[area.min() - 0.1], [area.max() + 0.1]], dtype=torch.float64)
    for (title, theta), marker, style in zip(lines.items(), MARKS, STYLES, strict=False):
        figures.mark(left, theta[:, 0], title, marker)
        right.plot(ends, theta[0] * ends + theta[1], style, label=title)
    left.set(xlabel="slope", ylabel="bias", title="every point is a line; its mean loss")
    right.set(
        xlabel="living area (1000 sq ft)", ylabel="price (thousands of dollars)", title="the lines"
    )
    left.legend(loc="lower left")
    right.legend(loc="upper left")
    places = "; ".join(
        f"{title} at slope {t[0, 0]:.0f} and bias {t[1, 0]:.0f} with loss "
        f"{((both @ t - y) ** 2).mean() / 2:.0f}"
        for title, t in lines.items()
    )
    figures.show(
        fig,
        "Left: curves of equal mean loss over slope and bias, long tilted ellipses with values, "
        f"and marked on them {places}. Right: these lines among {len(y)} houses.",
    )


def _valued_contours(ax, X1, y, slopes, biases):
    """Draw curves of equal mean half squared loss at round numbers, with the numbers on them."""
    grid_w = torch.linspace(*slopes, 161, dtype=torch.float64)
    grid_b = torch.linspace(*biases, 161, dtype=torch.float64)
    theta = torch.cartesian_prod(grid_w, grid_b).T  # (2, 161 * 161): one column a line
    H, g = X1.T @ X1 / len(y), X1.T @ y / len(y)
    loss = ((theta * (H @ theta)).sum(0) / 2 - (g * theta).sum(0) + (y**2).mean() / 2).reshape(
        161, 161
    )
    low, high = loss.min().item(), loss.max().item()
    powers = range(math.floor(math.log10(max(low, 1e-6 * high))), math.ceil(math.log10(high)) + 1)
    round_numbers = [m * 10.0**k for k in powers for m in (1, 1.5, 2, 2.5, 3, 4, 5, 7)]
    levels = [number for number in round_numbers if low < number < high]
    contours = ax.contour(
        grid_w, grid_b, loss.T, levels=levels, colors="0.6", linewidths=0.9, linestyles="-"
    )
    ax.clabel(contours, fmt=lambda level: f"{level:.12g}", fontsize=8, colors="0.3")


def estimates_by_size(sizes, slopes, truth):
    """Show estimated slopes for samples of several sizes, the first hundred of each, and the truth.

    Args:
        sizes: the numbers of examples per sample, increasing, two or more.
        slopes: for each size a tensor of estimates, (repeats,).
        truth: the slope that they estimate.
    """
    if not isinstance(sizes, (list, tuple)) or len(sizes) < 2:
        raise ValueError(f"sizes must be a list of two numbers or more, got {sizes!r}")
    sizes = [figures.require_count(f"sizes[{k}]", size) for k, size in enumerate(sizes)]
    if sizes != sorted(set(sizes)):
        raise ValueError(f"sizes must increase, got {sizes}")
    if not isinstance(slopes, (list, tuple)) or len(slopes) != len(sizes):
        raise ValueError(
            f"slopes must be a list with one tensor for each of the {len(sizes)} sizes"
        )
    slopes = [figures.require_curve(f"slopes[{k}]", values) for k, values in enumerate(slopes)]
    truth = figures.require_number("truth", truth)

    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    for n, values in zip(sizes, slopes, strict=True):
        shown = values[:100]
        ax.plot([n] * len(shown), shown, "_", color="C0", alpha=0.5, markersize=14)
    ax.set_xscale("log")
    ax.set_xlim(sizes[0] / 2.6, sizes[-1] * 1.7)
    figures.reference_line(ax, truth, "the truth", at=0.0)
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.set_xticks([], minor=True)
    count = min(100, *map(len, slopes))
    ax.set(xlabel="number of sales n in the sample", ylabel="estimated slope")
    ax.set_title(f"{count} of {len(slopes[0])} estimates for each n")
    ranges = ", ".join(
        f"between {v[:100].min():.0f} and {v[:100].max():.0f} for n = {n}"
        for n, v in zip(sizes, slopes, strict=True)
    )
    figures.show(
        fig, f"Estimated slopes draw together around {truth:g} as n grows: they lie {ranges}."
    )


def two_error_bars(names, weights, errors, robust):
    """Show each weight with a bar of two standard errors of either kind, in standard errors.

    Args:
        names: what the weights belong to, two or more texts.
        weights: (k,), one for each name.
        errors: their standard errors of the usual kind, (k,), positive.
        robust: their robust errors, (k,), positive.
    """
    names = figures.require_texts("names", names)
    k = len(names)
    weights = figures.require_curve("weights", weights, k)
    errors = figures.require_curve("errors", errors, k, positive=True)
    robust = figures.require_curve("robust", robust, k, positive=True)

    fig, ax = plt.subplots(figsize=(7, 0.9 + 0.55 * k))
    places = torch.arange(k).flip(0).to(torch.float64)
    looks = (
        ("2 standard errors", errors, 0.13, "C0", "o", "-"),
        ("2 robust errors", robust, -0.13, "C1", "s", "--"),
    )
    for label, widths, shift, color, marker, style in looks:
        bars = ax.errorbar(
            weights / errors,
            places + shift,
            xerr=2 * widths / errors,
            fmt=marker,
            color=color,
            capsize=3,
            label=label,
        )
        bars[2][0].set_linestyle(style)
    figures.reference_line(ax, 0, "zero", axis="x")
    ax.set_yticks(places.tolist(), names)
    ax.set(ylim=(-0.6, k - 0.4), xlabel="weight in units of its (usual) standard error")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower right")

    def missed(widths):
        """The names whose bar does not reach zero."""
        far = [n for n, w, e in zip(names, weights, widths, strict=True) if abs(w) > 2 * e]
        return ", ".join(far) or "none"

    figures.show(
        fig,
        f"Each of {k} weights with two bars of plus and minus two errors. The bars of the usual "
        f"standard error stay away from zero for: {missed(errors)}; those of the robust error for: "
        f"{missed(robust)}.",
    )


def trough(x, y, bias, point):
    """Show the loss over two weights of one and the same column: a valley without an end.

    Args:
        x: the column, (n, 1), not all zero.
        y: labels (n, 1).
        bias: the bias that the picture keeps fixed.
        point: the two weights that `lstsq` returned, whose sum is the best weight of one column.
    """
    x, y = figures.require_data(x, y, names=("x", "y"), features=1)
    bias = figures.require_number("bias", bias)
    w1, w2 = figures.require_point("point", point, 2).tolist()
    if not (x != 0).any():
        raise ValueError("x must not be all zero, got a column of zeros")
    reach = max(1.0, abs(w1 + w2))
    low, high = -0.65 * reach, 1.65 * reach
    fig, ax = plt.subplots(figsize=(4.6, 4.2))
    figures.loss_contours(
        ax, torch.cat([x, x], dim=1), y, bias, (low, high), (low, high), levels=6, equal=True
    )
    ax.plot((low, high), (w1 + w2 - low, w1 + w2 - high), "--", label="equally good")
    figures.mark(ax, (w1, w2), "what lstsq returns")
    ax.set(xlim=(low, high), ylim=(low, high))
    ax.legend(loc="upper right")
    figures.show(
        fig,
        "Curves of equal loss over two weights are parallel straight lines: a valley without an "
        f"end. A dashed line follows its floor, where the weights have the sum {w1 + w2:.1f}; on "
        f"it, at ({w1:.1f}, {w2:.1f}), lies the point that lstsq returns, the nearest to the "
        "origin.",
    )
