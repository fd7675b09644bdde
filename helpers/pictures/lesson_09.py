"""The pictures of lesson 9: the bug museum."""

import matplotlib.pyplot as plt
import numpy as np

from helpers import figures


def as_the_loop_sees_them(X, y, X_seen, y_seen):
    """Show the labels against the second feature, as loaded and as the loop gets them.

    Args:
        X, y: the data as loaded, features (n, 2) and labels (n, 1).
        X_seen, y_seen: the same as the loop gets them, in shapes of the same kind.

    Raises:
        ValueError: a second feature or the labels are constant, so that no cloud has a slope.
    """
    panels = [
        ("as loaded", *figures.require_data(X, y, features=2)),
        ("as the loop gets them", *figures.require_data(X_seen, y_seen, ("X_seen", "y_seen"), 2)),
    ]
    found = []
    fig, axes = plt.subplots(1, 2, figsize=(7.8, 3.4), sharex=True, sharey=True)
    for ax, names, (title, features, labels) in zip(
        axes, (("X", "y"), ("X_seen", "y_seen")), panels, strict=True
    ):
        x, label = features[:, 1], labels[:, 0]
        for name, values in zip(names, (x, label), strict=True):
            if values.max() == values.min():
                raise ValueError(f"{name} must vary, got a constant column")
        r = np.corrcoef(x, label)[0, 1]
        ax.scatter(x, label, s=6, alpha=0.6)
        ax.set(title=f"{title}: correlation {r:.2f}", xlabel="$x_2$")
        found.append(f"{title}, correlation {r:.2f}, {len(x)} examples")
    axes[0].set_ylabel("y")
    figures.show(fig, f"Labels against the second feature. {found[0]}; {found[1]}.")


def gradient_errors(kept, twice, short, updates):
    """Show the error of `.grad` over the first updates of three loops, in rooms 4, 5 and 6.

    Args:
        kept, twice, short: the error in each update, (m,), at least `updates` of them.
        updates: how many of the first updates to show.
    """
    updates = figures.require_count("updates", updates)
    loops = {"4: zero_grad() forgotten": kept, "5: divided twice": twice, "6: short batch": short}
    fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.2))
    found = []
    for k, (name, title) in enumerate(zip(("kept", "twice", "short"), loops, strict=True)):
        values = figures.require_curve(name, loops[title])
        if len(values) < updates:
            raise ValueError(f"{name} must hold at least {updates} errors, got {len(values)}")
        values = values[:updates]
        ax = axes[min(k, 1)]  # room 4 has an axis of its own: its error grows
        ax.plot(range(1, updates + 1), values, "osD"[k] + "-", color=f"C{k}", label=title)
        found.append(f"room {title}, from {values.min():.1f} to {values.max():.1f}")
    for ax, rooms in zip(axes, ("room 4", "rooms 5 and 6"), strict=True):
        figures.reference_line(ax, 0, "healthy")
        top = max(1, 1.4 * max(max(line.get_ydata()) for line in ax.lines))
        ax.set(title=f"{rooms}, the first {updates} updates", xlabel="update")
        ax.set(xlim=(0.5, updates + 0.5), ylim=(-0.08 * top, top))
        ax.legend(loc="upper left")
    axes[0].set_ylabel("gradient_error")
    figures.show(fig, f"gradient_error in the first {updates} updates: {'; '.join(found)}.")


def readings(reported, true, best):
    """Show what the loop reports after each epoch, beside the loss on all examples.

    Args:
        reported: the loss of the last minibatch of each epoch, (m,), positive.
        true: the loss on all examples after each epoch, (m,), positive.
        best: the loss of least squares on all examples, positive.

    Raises:
        ValueError: fewer than two epochs, or curves of two lengths.
    """
    reported = figures.require_curve("reported", reported, positive=True)
    true = figures.require_curve("true", true, len(reported), positive=True)
    best = figures.require_number("best", best, above=0)
    if len(reported) < 2:
        raise ValueError(f"reported must hold two epochs or more, got {len(reported)}")
    half = len(reported) // 2
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))
    titles = {"last minibatch": reported, "all examples": true}
    figures.loss_curves(left, titles, "epoch", "loss", start=1)
    left.set_title("all epochs")
    for (title, values), style in zip(titles.items(), ("o-", "s--"), strict=True):
        right.plot(range(half + 1, len(values) + 1), values[half:] / best, style, label=title)
    figures.reference_line(right, 1, "least squares", at=0)
    top = (max(reported[half:].max(), true[half:].max()) / best).item()
    right.set(title="the second half", xlabel="epoch", ylabel="loss / least squares")
    right.set_ylim(0, 1.3 * max(top, 1))
    right.legend(loc="upper right")
    low, high = (reported[half:] / best).aminmax()
    low_true, high_true = (true[half:] / best).aminmax()
    below = int((reported[half:] < best).sum())
    figures.show(
        fig,
        f"Losses over {len(reported)} epochs. In the second half the last minibatch gives "
        f"{low:.1f} to {high:.1f} times the loss of least squares, {below} times below it; all "
        f"examples give {low_true:.1f} to {high_true:.1f} times.",
    )


def wall(healthy, variance, stopped, slow, short, reported):
    """Show the losses after each epoch in rooms 2 and 4 to 8, each beside a healthy loop.

    Args:
        healthy: the healthy loop's losses before and after each epoch, (m,), positive.
        variance: the variance of the labels, positive.
        stopped: two such curves, of room 2 (shuffled apart) and room 7 (untrained).
        slow: two such curves, of room 4 (gradient kept) and room 5 (divided twice).
        short: two such curves, of room 6 (short batch) and of its own healthy twin.
        reported: of room 8, the loss of the last minibatch and that on all examples after each
            epoch.

    Raises:
        TypeError: one of the last four is no list or tuple.
        ValueError: one of them does not hold two curves, or a curve cannot be drawn.
    """
    healthy = figures.require_curve("healthy", healthy, positive=True)
    variance = figures.require_number("variance", variance, above=0)
    pairs = {"stopped": stopped, "slow": slow, "short": short, "reported": reported}
    for name, pair in pairs.items():
        if not isinstance(pair, (list, tuple)):
            raise TypeError(f"{name} must be a list of two curves, got {type(pair).__name__}")
        if len(pair) != 2:
            raise ValueError(f"{name} must hold two curves, got {len(pair)}")
        pairs[name] = [
            figures.require_curve(f"{name}[{k}]", curve, positive=True)
            for k, curve in enumerate(pair)
        ]
    (apart, frozen), (kept, twice) = pairs["stopped"], pairs["slow"]
    (divided, twin), (last, true) = pairs["short"], pairs["reported"]
    panels = {
        "Rooms 2 and 7": {"healthy": healthy, "2: shuffled apart": apart, "7: untrained": frozen},
        "Rooms 4 and 5": {"healthy": healthy, "4: not cleared": kept, "5: divided twice": twice},
        "Room 6: larger batches and rate": {"healthy": twin, "6: short batch": divided},
        "Room 8: a healthy training": {"all examples": true, "8: last minibatch": last},
    }
    ends = []
    fig, axes = plt.subplots(2, 2, figsize=(9.0, 6.4))
    for ax, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        start = 1 if title.startswith("Room 8") else 0  # a minibatch comes after the start
        # Where curves stay high, their names stand below them.
        loc = "lower left" if title.startswith("Rooms") else "upper right"
        figures.loss_curves(ax, curves, "epoch", "loss", start=start, loc=loc)
        ax.set_title(title)
        ends += [f"{name} {values[-1]:.2g}" for name, values in curves.items()]
    figures.reference_line(axes[0, 0], variance, "variance of the labels")
    figures.show(fig, f"Loss after each epoch in four panels. The last losses: {', '.join(ends)}.")
