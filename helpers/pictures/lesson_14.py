"""Pictures of lesson 14: what momentum does to the factor, to a path, and what schedules do."""

import matplotlib.pyplot as plt
import torch

from helpers import figures

STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))


def _factor(lam, rates, beta):
    """The larger size of the roots of z^2 - (1 + beta - rate lam) z + beta, at each rate."""
    trace = 1 + beta - rates * lam
    root = (trace**2 - 4 * beta).clamp_min(0).sqrt()
    real = (trace.abs() + root) / 2
    return torch.where(trace**2 < 4 * beta, torch.full_like(real, beta**0.5), real)


def factors(flat, steep, betas):
    """Draw the long-run factor of the slower of two directions against the rate, a line per beta.

    Args:
        flat, steep: the smallest and the largest eigenvalue, 0 < flat < steep.
        betas: one to five different values of beta, each from 0 to below 1.
    """
    flat = figures.require_number("flat", flat, above=0)
    steep = figures.require_number("steep", steep, above=flat)
    betas = figures.require_curve("betas", betas).tolist()
    if not 1 <= len(betas) <= 5 or len(set(betas)) < len(betas):
        raise ValueError(f"betas must be 1 to 5 different numbers, got {betas}")
    if min(betas) < 0 or max(betas) >= 1:
        raise ValueError(f"betas must be from 0 to below 1, got {betas}")
    top = 4 / steep
    # The ends of the windows, too: there a line is lowest, or bends.
    roots = [beta**0.5 for beta in betas]
    ends = [(1 - r) ** 2 / flat for r in roots] + [(1 + r) ** 2 / steep for r in roots]
    ends = torch.tensor([end for end in ends if 0 < end < top], dtype=torch.float64)
    rates = torch.linspace(0, top, 2001, dtype=torch.float64)[1:]
    rates = torch.cat([rates, ends]).sort().values
    fig, ax = plt.subplots(figsize=(6.4, 3.5))
    lows, texts = [], []
    for k, beta in enumerate(betas):
        size = torch.maximum(_factor(flat, rates, beta), _factor(steep, rates, beta))
        lows.append(size.min().item())
        texts.append(f"{lows[-1]:.3f} for {beta:.2f}")
        ax.plot(rates, size, linestyle=STYLES[k], color=f"C{k}", label=rf"$\beta$ = {beta:.2f}")
        ax.plot(rates[size.argmin()], lows[-1], "o", color=f"C{k}", markersize=5)
    margin = 0.15 * (1 - min(lows))
    ax.set(xlabel="learning rate", ylabel="factor of the slower direction")
    ax.set(xlim=(0, rates[-1].item()), ylim=(min(lows) - margin, 1 + 2 * margin))
    figures.reference_line(ax, 1.0, "from here on it grows", at=0.0)
    ax.legend(loc="lower left")
    alt = (
        "The factor of the slower direction falls with the rate, stays level at the root of beta "
        "where the window holds both directions, and rises beyond 1. Its least value, a dot, is "
    )
    figures.show(fig, alt + ", ".join(texts) + ".")


def paths(X, y, runs):
    """Draw two runs over the contours, and beside them the loss above its least value.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        runs: two names -> all positions (m, 2, 1) of a run, the start first; m is the same.
    """
    X, y = figures.require_data(X, y, features=2)
    runs = figures.require_mapping("runs", runs, 2, 2)
    best = torch.linalg.lstsq(X, y).solution[:, 0]
    tracks, curves = {}, {}
    for name, run in runs.items():
        tracks[name] = figures.require_array(f"runs[{name!r}]", run, ("m", 2, 1))[:, :, 0]
        curves[name] = (X @ (tracks[name] - best).T).square().mean(0) / 2
    lengths = {len(track) for track in tracks.values()}
    if len(lengths) > 1 or lengths == {1}:
        raise ValueError(f"runs must have two or more positions, as many each, got {lengths}")
    num_updates = lengths.pop() - 1
    points = torch.cat([*tracks.values(), best[None]])
    low, high = points.min(0).values, points.max(0).values
    half = 0.6 * (high - low).max().item()
    w1, w2 = ((m - half, m + half) for m in ((low + high) / 2).tolist())
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.6))
    figures.loss_contours(left, X, y, 0.0, w1, w2, levels=8, equal=True)
    for k, (name, track) in enumerate(tracks.items()):
        figures.path(left, track, label=name, color=f"C{k}", linestyle=STYLES[k])
    figures.mark(left, best, "least squares")
    left.set(xlim=w1, ylim=w2)
    left.legend(loc="lower left")
    for k, (name, curve) in enumerate(curves.items()):
        right.semilogy(curve, linestyle=STYLES[k], color=f"C{k}", label=name)
    every = torch.cat(list(curves.values()))
    right.set(xlabel="update", ylabel="loss above the least", xlim=(0, num_updates))
    right.set_ylim(every[every > 0].min().item() / 2, every.max().item() * 2)
    figures.log_ticks(right)
    right.legend(loc="lower left")
    texts = [f"{curve[-1]:.3g} for {name}" for name, curve in curves.items()]
    start = curves[next(iter(curves))][0]
    alt = (
        f"Left: two paths of {num_updates} updates in a narrow diagonal valley; a star marks least "
        f"squares. Right: the loss above its least value falls from {start:.0f} to "
    )
    figures.show(fig, alt + " and ".join(texts) + ".")


def schedules(factors, curves):
    """Draw the factor of each schedule against the update and, beside it, the excess of its run.

    Args:
        factors: one to five names -> a function that gives the factor of update k.
        curves: the same names -> the excess (m,) before the first update and after each.
    """
    factors = figures.require_mapping("factors", factors, 1, 5)
    curves = figures.require_mapping("curves", curves, 1, 5)
    if list(factors) != list(curves):
        raise ValueError(f"curves must have the names of factors, got {list(curves)}")
    found = {}
    for name, curve in curves.items():
        found[name] = figures.require_curve(f"curves[{name!r}]", curve, positive=True)
        if not callable(factors[name]):
            raise TypeError(f"factors[{name!r}] must be a function of the update")
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.5))
    ends = []
    for k, (name, curve) in enumerate(found.items()):
        width = 1.3 if k else 3  # the first one stays visible below another one
        style = {"linestyle": STYLES[k], "color": f"C{k}", "label": name, "linewidth": width}
        values = [factors[name](update) for update in range(len(curve) - 1)]
        left.plot(figures.require_curve(f"the factors of {name!r}", values), **style)
        right.semilogy(curve, **style)
        ends.append(f"{curve[-50:].mean():.2g} for {name}")
    left.set(xlabel="update", ylabel="factor of the rate", ylim=(-0.05, 1.1))
    left.legend(loc="center right")
    every = torch.cat(list(found.values()))
    right.set(xlabel="update", ylabel="excess")
    right.set_ylim(every.min().item() / 1.5, every.max().item() * 1.5)
    figures.log_ticks(right)
    alt = (
        "Left: the factor of the rate at each update. Right: the excess falls and levels off; the "
        "mean of its last 50 values is "
    )
    figures.show(fig, alt + ", ".join(ends) + ".")
