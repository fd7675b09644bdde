"""The pictures of lesson 10: house prices."""

import matplotlib.pyplot as plt
import torch

from helpers import figures

RING = {"marker": "o", "markersize": 12, "markerfacecolor": "none", "linestyle": "none"}


def houses(X, y, names, y_name, marked):
    """Draw the price against each feature, one house ringed in every panel.

    Args:
        X: features (n, 3); lot size first, in square feet.
        y: prices (n, 1), in thousands of dollars.
        names: the three labels of the features, with their units.
        y_name: the label of the price, with its unit.
        marked: the row of the house to ring.
    """
    X, y = figures.require_data(X, y, features=3)
    names = figures.require_texts("names", names, 3)
    marked = figures.require_count("marked", marked, low=0, high=len(X) - 1)
    fig = figures.scatter_features(X, y, names, y_name)
    for j, ax in enumerate(fig.axes):
        _ring(ax, X[marked, j].item(), y[marked, 0].item())
    times = X[marked, 0] / X[:, 0].quantile(0.5)
    together = torch.corrcoef(torch.cat([X, y], dim=1).T)[3, :3]
    alt = (
        f"The prices of {len(X)} houses against {', '.join(names)}. Their correlations with the "
        f"price are {', '.join(f'{r:.2f}' for r in together)}. House {marked} is in a ring, in the "
        f"first panel at {times:.0f} times the median, with a price of {y[marked, 0]:.0f}."
    )
    figures.show(fig, alt)


def deceiving_loss(X1, y, path, best):
    """Draw the rms error, and beside it the parameters as shares of their least-squares values.

    Args:
        X1: features and a column of ones (n, 4): lot size, living area, bedrooms, one.
        y: labels (n, 1).
        path: the parameters after each update, (updates, 4).
        best: the least-squares parameters, (4,), none of them zero.
    """
    X1, y = figures.require_data(X1, y, names=("X1", "y"), features=4)
    path = figures.require_points("path", path, 4)
    best = figures.require_point("best", best, 4)
    errors = (X1 @ path.T - y).square().mean(dim=0).sqrt()
    floor = (X1 @ best - y[:, 0]).square().mean().sqrt().item()
    updates = range(1, len(path) + 1)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))
    left.semilogx(updates, errors)
    figures.reference_line(left, floor, "least squares")
    left.set(xlabel="update", ylabel="rms error (thousand dollars)", ylim=(0, None))
    parts = (("living area", 1, "-"), ("bedrooms", 2, "--"), ("bias", 3, ":"))
    for name, j, style in parts:
        right.semilogx(updates, path[:, j] / best[j], style, label=name)
    right.set(xlabel="update", ylabel="parameter / least squares", ylim=(-0.1, 1.6))
    right.legend(loc="upper left")
    for ax in (left, right):
        ax.set_xlim(1, len(path))
        figures.log_ticks(ax, "x")
    shares = ", ".join(f"{name} at {path[-1, j] / best[j]:.2g}" for name, j, _ in parts)
    alt = (
        f"Left: within {len(path)} updates the rms error falls to {errors[-1]:.1f} and lies on the "
        f"dashed line of least squares, {floor:.1f}. Right: the parameters as shares of their "
        f"least-squares values end with {shares}."
    )
    figures.show(fig, alt)


def residuals(predicted, y, log_predicted, log_y, marked):
    """Draw the residuals of the price model and of the log model against their predictions.

    Args:
        predicted, y: predicted prices and prices, (n,).
        log_predicted, log_y: the same in logarithms, (n,).
        marked: the row of the house to ring.
    """
    n = len(figures.require_curve("predicted", predicted))
    panels = {
        "prices": [("predicted", predicted), ("y", y)],
        "logarithms": [("log_predicted", log_predicted), ("log_y", log_y)],
    }
    marked = figures.require_count("marked", marked, low=0, high=n - 1)
    fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.4))
    spreads = []
    for ax, (title, pair) in zip(axes, panels.items(), strict=True):
        x, label = (figures.require_curve(name, values, length=n) for name, values in pair)
        r = x - label
        ax.scatter(x, r, s=12)
        _ring(ax, x[marked].item(), r[marked].item())
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set(title=title, xlabel="prediction", ylabel="prediction - truth")
        thirds = (x > x.quantile(2 / 3), x < x.quantile(1 / 3))
        dear, cheap = (r[third].std(correction=0) for third in thirds)
        spreads.append((dear / cheap).item())
    alt = (
        f"Residuals against predictions, house {marked} in a ring. In prices the dearest third "
        f"scatters {spreads[0]:.1f} times as much as the cheapest third, in logarithms "
        f"{spreads[1]:.1f} times as much."
    )
    figures.show(fig, alt)


def with_and_without(X, y, marked):
    """Draw how the predicted price depends on the lot size, fitted with and without one house.

    The other features stay at those of the marked house, so that at its lot the curves give its
    own predicted prices. Left the price model, right the log model, both in dollars; each is fitted
    by least squares to all houses and to all but the marked one.

    Args:
        X: features (n, 3): lot size, living area, bedrooms; the first two positive.
        y: prices (n, 1), positive.
        marked: the row of the house to ring and to leave out.
    """
    X, y = figures.require_data(X, y, features=3)
    marked = figures.require_count("marked", marked, low=0, high=len(X) - 1)
    lots = torch.linspace(X[:, 0].min(), 1.05 * X[:, 0].max(), 200, dtype=X.dtype)
    shown = torch.cat([lots.reshape(-1, 1), X[marked, 1:].expand(200, 2)], dim=1)
    others = torch.arange(len(X)) != marked
    own = X[marked : marked + 1]
    fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.4), sharey=True)
    priced = []
    for ax, title in zip(axes, ("price model", "log model"), strict=True):
        logs = title == "log model"
        ax.plot(X[:, 0], y[:, 0], ".", color="0.6")
        _ring(ax, X[marked, 0].item(), y[marked, 0].item())
        for rows, name, style in ((slice(None), "all houses", "-"), (others, "without", "--")):
            label = y[rows].log() if logs else y[rows]
            theta = torch.linalg.lstsq(_design(X[rows], logs), label).solution
            curve, price = (_design(A, logs) @ theta[:, 0] for A in (shown, own))
            curve, price = (curve.exp(), price.exp()) if logs else (curve, price)
            ax.plot(lots, curve, style, label=name if name == "all houses" else f"without {marked}")
            priced.append(price.item())
        ax.set(title=title, xlabel="lot size (square feet)")
    axes[0].set_ylabel("price (thousands of dollars)")
    axes[0].legend(loc="upper left")
    off = [price - y[marked, 0].item() for price in priced]
    alt = (
        f"Price against lot size with fitted curves, the other features held at those of house "
        f"{marked}, which is in a ring at {y[marked, 0]:.0f}. At its lot, fitted with it and "
        f"without it, the price model says {priced[0]:.0f} and {priced[1]:.0f}, off by "
        f"{off[0]:+.0f} and {off[1]:+.0f}; the log model {priced[2]:.0f} and {priced[3]:.0f}, off "
        f"by {off[2]:+.0f} and {off[3]:+.0f}."
    )
    figures.show(fig, alt)


def _design(X, logs):
    """The design matrix (n, 4): the features, lot and area in logarithms if asked, and ones."""
    features = torch.cat([X[:, :2].log(), X[:, 2:]], dim=1) if logs else X
    return torch.cat([features, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)


def _ring(ax, x, y):
    """Draw a ring around the point (x, y)."""
    ax.plot(x, y, color="black", zorder=3, **RING)
