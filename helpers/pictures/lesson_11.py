"""The pictures of lesson 11: unseen houses."""

import matplotlib.pyplot as plt
import pandas as pd
import torch

from helpers import figures

WIDTH = 10  # thousand dollars, of a bar of a histogram
GROUPS = 10
DOLLARS = "thousand dollars"


def require_truths(name, values, shape):
    """Return `values`; raise unless it is a tensor of True and False of the shape."""
    if not isinstance(values, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(values).__name__}")
    if values.dtype != torch.bool:
        raise TypeError(f"{name} must hold True and False, got {values.dtype}")
    if values.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)}, got {tuple(values.shape)}")
    return values


def one_split(predicted, y, test):
    """Draw prediction against price, the seen houses and the unseen ones, one panel a model.

    Args:
        predicted: title -> predicted price of each house, (n, 1); one to four models.
        y: prices (n, 1).
        test: the rows of the unseen houses, whole numbers, (m,), each from 0 to n - 1.
    """
    y = figures.require_array("y", y, ("n", 1))
    n = len(y)
    predicted = figures.require_mapping("predicted", predicted, high=4)
    for title, values in predicted.items():
        predicted[title] = figures.require_array(f"predicted[{title!r}]", values, (n, 1))
    rows = [figures.require_count("each row of test", i, 0, n - 1) for i in list_of(test)]
    unseen = torch.zeros(n, dtype=torch.bool)
    unseen[rows] = True
    every = torch.cat([y, *predicted.values()])
    low, high = every.min().item(), every.max().item()
    margin = 0.05 * (high - low)
    limits = (low - margin, high + margin)
    size = (2.9 * len(predicted), 3.3)
    fig, axes = plt.subplots(1, len(predicted), figsize=size, sharey=True, squeeze=False)
    said = []
    for ax, (title, values) in zip(axes[0], predicted.items(), strict=True):
        ax.plot(limits, limits, color="0.5", linewidth=0.8)
        for part, name, style in ((~unseen, "seen", "."), (unseen, "unseen", "^")):
            ax.plot(y[part, 0], values[part, 0], style, label=name)
        ax.set(title=title, xlabel=f"price ({DOLLARS})", xlim=limits, ylim=limits, aspect="equal")
        off = (values - y).abs()[unseen].max().item()
        said.append(f"by {off:.0f} in the {title}")
    axes[0, 0].set_ylabel(f"prediction ({DOLLARS})")
    axes[0, 0].legend(loc="upper left")
    alt = (
        f"Predictions against prices of {n} houses beside the diagonal, {len(set(rows))} unseen "
        f"ones as triangles. The unseen price that is missed most is missed {', '.join(said)}."
    )
    figures.show(fig, alt)


def list_of(test):
    """The rows in `test` as a list; raise unless it holds some."""
    if not isinstance(test, (torch.Tensor, list, tuple)):
        raise TypeError(f"test must be a tensor or list of rows, got {type(test).__name__}")
    rows = test.tolist() if isinstance(test, torch.Tensor) else list(test)
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"test must hold at least one row, got {test}")
    return rows


def split_errors(errors, unseen):
    """Draw a histogram of the error over many splits for each model, one panel a model.

    Args:
        errors: title -> rms error of each split, (m,), positive; one to four models, as a
            dictionary or as the columns of a table.
        unseen: whether house 76 was in the test part of each split, (m,), boolean, neither always
            nor never.
    """
    if isinstance(errors, pd.DataFrame):
        errors = {name: errors[name].to_numpy() for name in errors}
    errors = figures.require_mapping("errors", errors, high=4)
    for title, values in errors.items():
        errors[title] = figures.require_curve(f"errors[{title!r}]", values, positive=True)
    m = len(next(iter(errors.values())))
    for title, values in errors.items():
        figures.require_curve(f"errors[{title!r}]", values, length=m)
    require_truths("unseen", unseen, (m,))
    if unseen.all() or not unseen.any():
        raise ValueError("unseen must be True for some splits and False for others")
    top = max(values.max().item() for values in errors.values())
    bins = range(0, int(top) + 2 * WIDTH, WIDTH)
    size = (2.9 * len(errors), 3.2)
    fig, axes = plt.subplots(1, len(errors), figsize=size, sharex=True, sharey=True, squeeze=False)
    medians, means = [], []
    for ax, (title, values) in zip(axes[0], errors.items(), strict=True):
        parts = [values[~unseen].numpy(), values[unseen].numpy()]
        labels = ["house 76 seen", "house 76 unseen"]
        ax.hist(parts, bins=bins, stacked=True, label=labels, color=["C0", "C1"])
        ax.set(title=title, xlabel=f"rms error ({DOLLARS})")
        medians.append(f"{title} near {values.quantile(0.5):.0f}")
        means.append(f"{parts[0].mean():.0f} and {parts[1].mean():.0f}")
    axes[0, 0].set_ylabel("splits")
    axes[0, -1].legend(loc="upper right")
    alt = (
        f"Histograms of the error over {m} splits, those in which house 76 is unseen in a second "
        f"colour. The medians: {', '.join(medians)}. The means with house 76 seen and unseen: "
        f"{', '.join(means)}."
    )
    figures.show(fig, alt)


def intervals(ranges, prices, is_76):
    """Draw the range for each unseen house and its price, ordered by price, one panel a model.

    Args:
        ranges: title -> the ends of the range of each house, (m, 2), low before high; one or two
            models.
        prices: what the houses were sold for, (m, 1).
        is_76: whether it is house 76, which gets a ring, (m,), boolean, of one house or more.
    """
    prices = figures.require_array("prices", prices, ("m", 1))[:, 0]
    m = len(prices)
    ranges = figures.require_mapping("ranges", ranges, high=2)
    for title, ends in ranges.items():
        ends = ranges[title] = figures.require_array(f"ranges[{title!r}]", ends, (m, 2))
        if not (ends[:, 0] < ends[:, 1]).all():
            raise ValueError(f"ranges[{title!r}] must hold each low end before its high end")
    require_truths("is_76", is_76, (m,))
    if not is_76.any():
        raise ValueError("is_76 must be True for a house")
    order = prices.argsort()
    places, prices, ringed = torch.arange(1, m + 1), prices[order], is_76[order]
    size = (4.2 * len(ranges), 3.6)
    fig, axes = plt.subplots(1, len(ranges), figsize=size, sharey=True, squeeze=False)
    said = []
    for ax, (title, ends) in zip(axes[0], ranges.items(), strict=True):
        low, high = ends[order].T
        inside = (low <= prices) & (prices <= high)
        ax.vlines(places, low, high, color="C0", linewidth=4, alpha=0.35)
        for part, name, style, size in (
            (inside, "price inside", "ko", 4.5),
            (~inside, "outside", "C1X", 7),
        ):
            ax.plot(places[part], prices[part], style, markersize=size, label=name)
        ring = {"markersize": 12, "markerfacecolor": "none", "color": "black"}
        ax.plot(places[ringed], prices[ringed], "o", label="house 76", **ring)
        ax.set(title=title, xlabel="unseen houses, by price", xticks=[])
        text = f"in the {title} {int(inside.sum())} of {m} ranges hold their price"
        for i in ringed.nonzero()[:, 0]:
            text += f", the ring's goes from {low[i]:.0f} to {high[i]:.0f}"
        said.append(text)
    axes[0, 0].set_ylabel(DOLLARS)
    axes[0, -1].legend(loc="upper left")
    rings = ", ".join(f"{price:.0f}" for price in prices[ringed])
    alt = (
        f"A bar for each unseen house, in the order of their prices, house 76 ringed at {rings}: "
        f"{'; '.join(said)}."
    )
    figures.show(fig, alt)


def coverage(predicted, inside, promised):
    """Draw the share of prices inside their ranges, for ten groups by predicted price.

    Args:
        predicted: title -> predicted prices of all test houses, of any shape; it may hold more
            models than `inside`.
        inside: title -> whether each price lies in its range, boolean, as many in the same order;
            one to four models.
        promised: the share that the ranges promise, a number between 0 and 1; a line.
    """
    predicted = figures.require_mapping("predicted", predicted)
    inside = figures.require_mapping("inside", inside, high=4)
    promised = figures.require_number("promised", promised, low=0, high=1)
    fig, ax = plt.subplots()
    said = []
    for (title, hit), style in zip(inside.items(), ("o-", "s--", "^:", "v-."), strict=False):
        if title not in predicted:
            raise ValueError(f"predicted must have an entry {title!r}, like inside")
        prices = predicted[title]
        prices = prices.flatten() if isinstance(prices, torch.Tensor) else prices
        prices = figures.require_curve(f"predicted[{title!r}]", prices)
        if len(prices) < GROUPS:
            raise ValueError(
                f"predicted[{title!r}] must hold at least {GROUPS} prices, got {len(prices)}"
            )
        hit = hit.flatten() if isinstance(hit, torch.Tensor) else hit
        require_truths(f"inside[{title!r}]", hit, prices.shape)
        groups = hit[prices.argsort()].double().tensor_split(GROUPS)
        shares = [group.mean().item() for group in groups]
        ax.plot(range(1, GROUPS + 1), shares, style, label=title)
        said.append(
            f"the {title} holds {shares[0]:.0%} of the cheapest and {shares[-1]:.0%} of the "
            "dearest tenth"
        )
    figures.reference_line(ax, promised, "promised", at=0.72)
    ax.set(xlabel="tenth of the sales, by predicted price", ylabel="share inside", ylim=(0, 1.05))
    ax.set_xticks(range(1, GROUPS + 1))
    ax.legend(loc="lower left")
    alt = (
        "The share of prices inside their ranges, by tenths of the predicted price, beside the "
        f"promised {promised:.0%}: {'; '.join(said)}."
    )
    figures.show(fig, alt)


def bids(shares, bids, reached, marked):
    """Draw the bid for each share of sales, and beside it the share that such bids reached.

    Args:
        shares: the wanted shares of sales, (m,), between 0 and 1, rising.
        bids: the bid for each, (m,), in thousands of dollars.
        reached: the share of unseen sales that stayed below such bids, (m,), from 0 to 1.
        marked: some of the shares, to be marked with their bids.
    """
    shares = figures.require_curve("shares", shares)
    if not ((shares > 0) & (shares < 1)).all() or not (shares.diff() > 0).all():
        raise ValueError("shares must rise and lie between 0 and 1")
    m = len(shares)
    prices = figures.require_curve("bids", bids, length=m)
    reached = figures.require_curve("reached", reached, length=m)
    if not ((reached >= 0) & (reached <= 1)).all():
        raise ValueError("reached must lie between 0 and 1")
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))
    left.plot(prices, shares)
    said = []
    for share in figures.require_curve("marked", marked).tolist():
        if share not in shares.tolist():
            raise ValueError(f"marked must hold some of the shares, got {share:g}")
        price = prices[shares == share].item()
        left.plot(price, share, "ko")
        left.annotate(f"{price:.0f}", (price, share), (6, -3), textcoords="offset points", va="top")
        said.append(f"{price:.0f} for {share:.0%}")
    left.set(xlabel=f"bid ({DOLLARS})", ylabel="share of sales below", ylim=(0, 1))
    right.plot(shares, reached)
    right.plot((0, 1), (0, 1), color="0.35", linestyle=(0, (4, 3)), linewidth=1)
    right.set(xlabel="share wanted", ylabel="share reached, unseen houses", aspect="equal")
    right.set(xlim=(0, 1), ylim=(0, 1))
    far = (reached - shares).abs().max()
    alt = (
        f"Left: the share of sales below a bid rises with it, marked are {', '.join(said)}. Right: "
        f"the share reached on unseen houses is up to {far:.2f} off the share wanted."
    )
    figures.show(fig, alt)
