"""Pictures of lesson 3: the ball, the way downhill, five rates, and rates in two units."""

import math

import matplotlib.pyplot as plt
import torch

from helpers import figures

WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def balls(tracks):
    """Draw balls on the parabola x**2, one panel a learning rate, their positions numbered.

    Args:
        tracks: two to four learning rates -> all positions x of the ball, the start first; two to
            nine positions each.
    """
    if not isinstance(tracks, dict):
        raise TypeError(f"tracks must be a dictionary, got {type(tracks).__name__}")
    if not 2 <= len(tracks) <= 4:
        raise ValueError(f"tracks must hold 2 to 4 learning rates, got {len(tracks)}")
    found = {}
    for rate, positions in tracks.items():
        rate = figures.require_number("each key of tracks", rate, above=0)
        found[rate] = figures.require_curve(f"tracks[{rate:g}]", positions)
        if not 2 <= len(found[rate]) <= 9:
            raise ValueError(f"tracks[{rate:g}] must hold 2 to 9 positions, got {len(found[rate])}")
    reach = 1.15 * max(x.abs().max().item() for x in found.values())
    ground = torch.linspace(-reach, reach, 201, dtype=torch.float64)
    fig, axes = plt.subplots(1, len(found), figsize=(2.5 * len(found), 2.7), sharey=True)
    sentences = []
    for k, (ax, (rate, x)) in enumerate(zip(axes, found.items(), strict=True)):
        ax.plot(ground, ground**2, color="0.6")
        ax.plot(x, x**2, "o--", color=f"C{k}", linewidth=0.9)
        for number, place in enumerate(x[:3].tolist()):
            ax.annotate(
                str(number), (place, place**2), (0, 6), textcoords="offset points", ha="center"
            )
        ax.set(title=f"rate {rate:g}", xlabel="$x$", xlim=(-reach, reach))
        way = ", ".join(f"{place:.2f}" for place in x.tolist())
        sentences.append(f"At rate {rate:g} the ball is at {way}.")
    axes[0].set_ylabel("$x^2$")
    alt = "A ball on a parabola, its first places numbered from 0. " + " ".join(sentences)
    figures.show(fig, alt)


def _bowl(X, y, best):
    """Return X (n, 2), y (n, 1), best (2,) in float64, and H (2, 2); raise if one is no such."""
    X, y = figures.require_data(X, y, features=2)
    best = figures.require_array("w_best", best, (2, 1))[:, 0]
    return X, y, best, X.T @ X / len(X)


def _excess(H, e):
    """The loss above its least value at errors e (m, 2)."""
    return ((e @ H) * e).sum(1) / 2


def _window(points, share=0.2):
    """Two spans of one length that hold all points (m, 2), with a margin: for an equal aspect."""
    low, high = points.min(0).values, points.max(0).values
    half = (high - low).max().item() * (0.5 + share)
    return [(middle - half, middle + half) for middle in ((low + high) / 2).tolist()]


def downhill(X, y, w_start, w_best):
    """Draw the contours, the one through the start, and the directions uphill and downhill there.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        w_start, w_best: the start and the least-squares solution, (2, 1).
    """
    X, y, best, H = _bowl(X, y, w_best)
    start = figures.require_array("w_start", w_start, (2, 1))[:, 0]
    e = start - best
    gradient = H @ e
    if gradient.norm() == 0:
        raise ValueError("w_start must not be the lowest point: it has no direction downhill")
    arrow = gradient / gradient.norm() * e.norm() / 2
    w1, w2 = _window(torch.stack([start, best, start + arrow, start - arrow]))
    fig, ax = plt.subplots(figsize=(4.6, 4.2))
    figures.loss_contours(ax, X, y, 0.0, w1, w2, levels=7)
    turn = torch.linspace(0, 2 * math.pi, 361, dtype=torch.float64)
    around = torch.stack([turn.cos(), turn.sin()], 1)
    scale = (_excess(H, e[None]) / _excess(H, around)).sqrt()
    ax.plot(*(best + scale[:, None] * around).T, color="C0", label="contour of the start")
    for sign, name in ((1, "uphill"), (-1, "downhill")):
        end = (start + sign * arrow).tolist()
        style = {"arrowstyle": "<-", "color": "C1", "linewidth": 1.6}
        ax.annotate(name, start.tolist(), end, arrowprops=style, ha="center", bbox=WHITE)
    figures.mark(ax, start, "start", marker="o")
    figures.mark(ax, best, "least squares")
    ax.set(xlim=w1, ylim=w2, aspect="equal")
    ax.legend(loc="upper left")
    cosine = (gradient @ e / (gradient.norm() * e.norm())).item()
    angle = math.degrees(math.acos(min(1.0, cosine)))
    alt = (
        "At the start an arrow uphill and one downhill stand at a right angle to the contour. "
        f"Downhill misses least squares, a star, by {angle:.0f} degrees."
    )
    figures.show(fig, alt)


def path_and_loss(X, y, w_best, track):
    """Draw a whole path over the contours and, beside it, the loss at each of its updates.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        w_best: the least-squares solution, (2, 1).
        track: all positions (m, 2), the start first.
    """
    X, y, best, H = _bowl(X, y, w_best)
    track = figures.require_points("track", track, 2)
    least = ((X @ best[:, None] - y) ** 2).mean().item() / 2
    losses = least + _excess(H, track - best)
    w1, w2 = _window(torch.cat([track, best[None]]))
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4))
    figures.loss_contours(left, X, y, 0.0, w1, w2, levels=7)
    figures.path(left, track, label="one dot per update")
    figures.mark(left, best, "least squares")
    left.set(xlim=w1, ylim=w2, aspect="equal")
    left.legend(loc="upper left")
    right.plot(losses, label="gradient descent")
    right.axhline(least, color="black", linestyle="--", label="least squares")
    right.set(xlabel="update", ylabel="loss", ylim=(0, 1.05 * losses.max().item()))
    right.legend()
    alt = (
        f"Left: the path of {len(track) - 1} updates bends towards least squares, its dots ever "
        f"closer. Right: the loss falls from {losses[0]:.0f} to {losses[-1]:.0f}; least squares "
        f"has {least:.0f}."
    )
    figures.show(fig, alt)


def eigen_axes(X, y, w_start, w_best):
    """Draw the eigenvectors of X'X/n through the lowest point, and the start's error in two parts.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        w_start, w_best: the start and the least-squares solution, (2, 1).
    """
    X, y, best, H = _bowl(X, y, w_best)
    start = figures.require_array("w_start", w_start, (2, 1))[:, 0]
    values, vectors = torch.linalg.eigh(H)
    e = start - best
    lengths = vectors.T @ e  # the parts of e along the two eigenvectors, signs as they come
    corner = best + lengths[1] * vectors[:, 1]
    w1, w2 = _window(torch.stack([start, corner, 2 * best - start]), share=0.05)
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    figures.loss_contours(ax, X, y, 0.0, w1, w2, levels=7)
    for k, name, style in ((1, "steep", "-"), (0, "flat", "--")):
        ends = best + torch.tensor([[-500.0], [500.0]], dtype=best.dtype) * vectors[:, k]
        label = rf"{name}, $\lambda$ = {values[k]:.3f}"
        ax.plot(*ends.T, style, color=f"C{2 + k}", linewidth=1, label=label)
    for begin, end in ((best, corner), (corner, start)):
        arrow = {"arrowstyle": "->", "color": "C1", "linewidth": 2}
        ax.annotate("", end.tolist(), begin.tolist(), arrowprops=arrow)
    ax.annotate("", start.tolist(), best.tolist(), arrowprops={"arrowstyle": "->"})
    middle = ((start + best) / 2).tolist()
    ax.annotate("$e$", middle, (0, -9), textcoords="offset points", bbox=WHITE, ha="center")
    figures.mark(ax, best, "least squares")
    ax.set(xlim=w1, ylim=w2, aspect="equal")
    ax.legend(loc="upper left")
    low, high = (f"{length:.0f}" for length in lengths.abs())
    alt = (
        "Two lines cross in the lowest point at a right angle, along the axes of the elliptic "
        f"contours. The error of the start is the sum of a part {high} long on the short axis, "
        f"with eigenvalue {values[1]:.3f}, and one {low} long on the long axis, with eigenvalue "
        f"{values[0]:.3f}."
    )
    figures.show(fig, alt)


def five_fates(X, y, w_best, runs, num_dots=12, num_losses=100):
    """Draw the first updates of several runs over the contours, and below each its excess loss.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        w_best: the least-squares solution, (2, 1).
        runs: two to five names -> all positions (m, 2) of a run, the start first.
        num_dots: how many updates the paths show.
        num_losses: how many updates the curves show.
    """
    X, y, best, H = _bowl(X, y, w_best)
    runs = figures.require_mapping("runs", runs, 2, 5)
    num_dots = figures.require_count("num_dots", num_dots)
    num_losses = figures.require_count("num_losses", num_losses)
    runs = {name: figures.require_points(f"runs[{name!r}]", run, 2) for name, run in runs.items()}
    drawn = torch.cat([run[: num_dots + 1] for run in runs.values()])
    w1, w2 = _window(torch.cat([drawn, best[None]]), share=0.06)
    curves = {name: _excess(H, run - best)[: num_losses + 1] for name, run in runs.items()}
    floor = 1e-3  # far below the picture's point; deeper down there is only rounding
    fig, axes = plt.subplots(2, len(runs), figsize=(1.8 * len(runs), 4.2), sharey="row")
    ends = []
    for k, (name, run) in enumerate(runs.items()):
        above, below = axes[:, k]
        figures.loss_contours(above, X, y, 0.0, w1, w2, levels=5)
        figures.path(above, run[: num_dots + 1], color=f"C{k}")
        above.plot(*best, "*", color="black", markersize=7, zorder=3)
        above.set(title=name, xlim=w1, ylim=w2, aspect="equal", ylabel="$w_2$" if k == 0 else "")
        curve = curves[name]
        below.semilogy(curve.where(curve > floor, math.nan), color=f"C{k}")
        below.set(xlabel="update", xlim=(0, num_losses))
        arrived = (curve <= floor).nonzero()
        if len(arrived):
            ends.append(f"{name}: below {floor:g} at update {arrived[0].item()}")
        else:
            ends.append(f"{name}: {curve[-1]:.3g} at update {len(curve) - 1}")
    axes[1, 0].set_ylabel("loss above the least")
    axes[1, 0].set_yticks([10.0**power for power in (-3, -1, 1, 3, 5)])
    axes[1, 0].set_ylim(floor, 10 * max(curve.max().item() for curve in curves.values()))
    axes[1, 0].minorticks_off()
    fig.suptitle(
        f"above: the first {num_dots} updates; below: {num_losses} updates, cut at {floor:g}",
        fontsize=9.5,
    )
    start = next(iter(curves.values()))[0]
    alt = (
        f"{len(runs)} runs from one start: the path of {num_dots} updates over the contours, and "
        f"below it the loss above its least value, {start:.0f} at the start. " + "; ".join(ends)
    )
    figures.show(fig, alt + ".")


def rate_sweep(rates, losses):
    """Draw the loss that a fixed number of updates reach against the learning rate.

    What lies well above the loss at the smallest rate is cut off; the title says where.

    Args:
        rates: learning rates (m,), positive and ascending.
        losses: one to four names -> the loss at each rate, a list of m positive numbers; infinity
            and NaN in it are welcome and lie beyond the picture's top.
    """
    rates = figures.require_curve("rates", rates, positive=True)
    if len(rates) < 2 or not (rates.diff() > 0).all():
        raise ValueError("rates must be two or more, in ascending order")
    losses = figures.require_mapping("losses", losses, 1, 4)
    found = {}
    for name, values in losses.items():
        if isinstance(values, (list, tuple)):
            values = [1e300 if v == math.inf or v != v else v for v in values]
        found[name] = figures.require_curve(f"losses[{name!r}]", values, len(rates), positive=True)
    top = 1.6 * max(values[0].item() for values in found.values())
    fig, ax = plt.subplots(figsize=(6.4, 3.3))
    ends = []
    for (name, values), style in zip(found.items(), ("-", "--", "-.", ":"), strict=False):
        ax.semilogx(rates, values.clamp_max(10 * top), style, label=name)
        falls = rates[values < values[0]]
        lowest = values.argmin()
        ends.append(
            f"{name}: lowest at rate {rates[lowest]:.2g}, with loss {values[lowest]:.0f}, and "
            f"higher than at the left end from {rates[rates > falls.max()].min():.2g} on"
            if len(falls) and falls.max() < rates[-1]
            else f"{name}: lowest at rate {rates[lowest]:.2g}, with loss {values[lowest]:.0f}"
        )
    ax.set(xlabel="learning rate", ylabel="loss", ylim=(0, top))
    ax.set_xlim(rates[0].item(), rates[-1].item())
    ax.set_title(f"what lies above {top:.0f} is cut off", fontsize=9.5)
    ax.legend()
    alt = "The loss against the learning rate falls, and then rises like a wall. "
    figures.show(fig, alt + "; ".join(ends) + ".")
