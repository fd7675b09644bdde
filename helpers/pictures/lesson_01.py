"""The pictures of lesson 1: the linear model."""

import matplotlib.pyplot as plt
import torch

from helpers import figures


def three_houses(area, price, rate, base=0.0):
    """Show houses, the line price = rate * area + base, and each residual as an upright stroke.

    Args:
        area: living areas in square feet, (n,), two or more, not all the same.
        price: prices in thousands of dollars, (n,).
        rate: thousands of dollars per square foot.
        base: thousands of dollars that are added to every bid.
    """
    area = figures.require_curve("area", area)
    if len(area) < 2 or area.max() == area.min():
        raise ValueError(f"area must hold two different numbers or more, got {area.tolist()}")
    price = figures.require_curve("price", price, len(area))
    rate, base = figures.require_number("rate", rate), figures.require_number("base", base)
    residuals = rate * area + base - price

    fig, ax = plt.subplots(figsize=(6, 3.4))
    margin = 0.15 * (area.max() - area.min()).item()
    ends = (area.min().item() - margin, area.max().item() + margin)
    ax.plot(ends, [rate * end + base for end in ends], label="the bids")
    for x, y, r in zip(area.tolist(), price.tolist(), residuals.tolist(), strict=True):
        ax.plot((x, x), (y, y + r), color="C1", linewidth=2)
        ax.annotate(f"{r:+.1f}", (x, y + r / 2), (6, 0), textcoords="offset points", va="center")
    ax.plot(area, price, "o", color="black", label="sold")
    ax.set(xlabel="living area (square feet)", ylabel="price (thousands of dollars)", xlim=ends)
    ax.legend(loc="lower right")
    strokes = ", ".join(f"{r:+.1f}" for r in residuals.tolist())
    figures.show(
        fig,
        f"{len(area)} houses, the straight line of the bids, and from each house an upright stroke "
        f"to the line, its residual: {strokes}.",
    )


def prices_against_features(X, y, names, y_name):
    """Show the prices against each of the features, on one common vertical axis.

    Args:
        X: features (n, d), one to four of them, each with two different values or more.
        y: prices (n, 1), not all the same.
        names: the d features with their units.
        y_name: the price with its unit.
    """
    X, y = figures.require_data(X, y)
    for name, values in (("X", X), ("y", y)):
        if (values.max(0).values == values.min(0).values).any():
            raise ValueError(f"{name} must vary in every column, got a constant one")
    names = figures.require_texts("names", names, X.shape[1])
    fig = figures.scatter_features(X, y, names, y_name)
    panels = []
    for name, column in zip(names, X.T, strict=True):
        r = torch.corrcoef(torch.stack([column, y[:, 0]]))[0, 1].item()
        panels.append(
            f"{name} from {column.min():,.0f} to {column.max():,.0f}, correlation {r:.2f}"
        )
    figures.show(
        fig,
        f"The price of {len(X)} houses against: {'; '.join(panels)}. (A correlation of 1 means "
        "that all points lie on one rising line, 0 that a level line fits best.)",
    )


def network(inputs, output):
    """Show the linear model as a network: every input and the constant 1 joined to one output.

    Args:
        inputs: what the d inputs mean, one to eight texts, from top to bottom.
        output: what the output means, a text.
    """
    inputs = figures.require_texts("inputs", inputs)
    figures.require_count("the number of inputs", len(inputs), 1, 8)
    figures.require_text("output", output)
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
    figures.show(
        fig,
        f"{d} circles for the inputs {', '.join(inputs)} and one for the constant 1, each joined "
        f"by one line to the output, the {output}; the lines carry the weights "
        f"{', '.join(f'w{j + 1}' for j in range(d))} and the bias b.",
    )


def neuron():
    """Show a nerve cell, schematically, with the part of the linear model that each part gave."""
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
    figures.show(
        fig,
        f"A nerve cell: {len(dendrites)} dendrites bring the inputs over synapses, which are the "
        "weights; the cell body forms the weighted sum; the activation decides whether it fires; "
        "the axon carries the output.",
    )


def squares(x, y, rules):
    """Show for each rule its line and, on every residual, a square whose side the residual is.

    Args:
        x: living areas in thousands of square feet, (n, 1).
        y: prices in thousands of dollars, (n, 1).
        rules: title -> (slope, bias), one to three rules.
    """
    x, y = figures.require_data(x, y, names=("x", "y"), features=1)
    rules = figures.require_mapping("rules", rules, 1, 3)
    for title, rule in rules.items():
        rules[title] = figures.require_array(f"rules[{title!r}]", rule, (2,)).tolist()
    if x.max() == x.min() or y.max() == y.min():
        raise ValueError("x and y must vary, got a constant one")
    residuals = {title: (w * x + b - y)[:, 0] for title, (w, b) in rules.items()}
    (left, right), (low, high) = _room_for_squares(x[:, 0], y[:, 0], rules)

    fig, axes = plt.subplots(
        1, len(rules), figsize=(3.8 * len(rules), 4.1), sharey=True, squeeze=False
    )
    for ax, (title, (w, b)) in zip(axes[0], rules.items(), strict=True):
        ax.set(xlim=(left, right), ylim=(low, high), title=title)
        ax.set_xlabel("living area (1000 sq ft)")
        figures.residual_squares(ax, x, y, w, b)
    axes[0, 0].set_ylabel("price (thousands of dollars)")
    sizes = [
        f"{title[0].upper() + title[1:]}: {len(x)} squares, sides from {r.abs().min():.0f} to "
        f"{r.abs().max():.0f}, the largest one at the house of "
        f"{1000 * x[r.abs().argmax(), 0]:,.0f} square feet"
        for title, r in residuals.items()
    ]
    figures.show(fig, f"A line and a square on each house's residual. {'. '.join(sizes)}.")


def _room_for_squares(x, y, rules):
    """Limits of both axes, alike for all rules, within which every residual's square lies."""
    residuals = torch.stack([w * x + b - y for w, b in rules.values()])
    falls = torch.tensor([[w <= 0] for w, _ in rules.values()])
    # `figures.residual_squares` draws to the right where the line rises and the bid is too high.
    to_right = (residuals > 0) ^ falls
    sides = residuals.abs()
    low, high = torch.cat([y, (y + residuals).flatten()]).aminmax()
    margin = 0.06 * (high - low)
    low, high = (low - margin).item(), (high + margin).item()
    # Wide squares ask for more room at both sides than a picture as high as the points may give.
    height = max(high - low, 2.4 * sides.max().item())
    unit = 0.0  # the width, in units of x, of one unit of y
    for _ in range(100):
        reach = torch.where(to_right, sides, -sides) * unit
        left = torch.minimum(x, x + reach).min().item()
        right = torch.maximum(x, x + reach).max().item()
        unit = 1.1 * (right - left) / height
    margin = 0.05 * (right - left)
    middle = (low + high) / 2
    return (left - margin, right + margin), (middle - height / 2, middle + height / 2)


def mistyped_price(x, y, fits):
    """Show for each loss its best line for the prices as sold and with one of them mistyped.

    Args:
        x: living areas in thousands of square feet, (n,).
        y: the prices as sold in thousands of dollars, (n,).
        fits: title -> two pairs (slope, bias): the best line before and after the mistake; one to
            three titles.
    """
    x = figures.require_curve("x", x)
    y = figures.require_curve("y", y, len(x))
    fits = figures.require_mapping("fits", fits, 1, 3)
    for title, lines in fits.items():
        fits[title] = figures.require_array(f"fits[{title!r}]", lines, (2, 2)).tolist()
    ends = (x.min().item(), x.max().item())
    fig, axes = plt.subplots(
        1, len(fits), figsize=(4.2 * len(fits), 3.4), sharey=True, squeeze=False
    )
    looks = (
        {"label": "as sold", "color": "C0", "linewidth": 4, "alpha": 0.4},
        {"label": "one price mistyped", "color": "C1", "linestyle": "--"},
    )
    for ax, (title, lines) in zip(axes[0], fits.items(), strict=True):
        ax.scatter(x, y, s=8, color="0.5")
        for (slope, base), look in zip(lines, looks, strict=True):
            ax.plot(ends, [slope * end + base for end in ends], **look)
        ax.set(title=title, xlabel="living area (1000 sq ft)", ylim=(0, 1.25 * y.max().item()))
        ax.legend(loc="upper left")
    axes[0, 0].set_ylabel("price (thousands of dollars)")
    slopes = "; ".join(
        f"{title}: slope {before[0]:.0f} as sold, {after[0]:.0f} with one price mistyped"
        for title, (before, after) in fits.items()
    )
    figures.show(fig, f"{len(x)} houses and two lines in each panel. {slopes}.")
