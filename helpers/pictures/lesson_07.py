"""The pictures of lesson 7: the same training twice."""

import matplotlib.pyplot as plt

from helpers import figures


def epochs_on_curves(curves, ends, floor):
    """Draw the losses of two runs update by update, and mark where two epochs of unlike length end.

    Args:
        curves: title -> mean squared error after each update, (m,), positive; two runs.
        ends: two numbers of updates, at which the shorter and the longer epoch end.
        floor: the variance of the noise, a line.
    """
    curves = figures.require_mapping("curves", curves, low=2, high=2)
    losses = {
        title: figures.require_curve(f"curves[{title!r}]", curve, positive=True)
        for title, curve in curves.items()
    }
    length = min(map(len, losses.values()))
    early, late = figures.require_array("ends", ends, (2,)).tolist()
    early = figures.require_count("ends[0]", int(early), high=length)
    late = figures.require_count("ends[1]", int(late), high=length)
    floor = figures.require_number("floor", floor, above=0)
    fig, ax = plt.subplots()
    figures.loss_curves(ax, losses, y_name="mean squared error", start=1)
    for line in ax.lines[: len(losses)]:
        curve = line.get_ydata()
        color = line.get_color()
        ax.plot(early, curve[early - 1], "o", color=color, markersize=8)
        ax.plot(late, curve[late - 1], "s", color=color, markersize=8)
    figures.reference_line(ax, floor, "variance of the noise", at=0)
    said = [
        f"{title} it is {curve[early - 1]:.2g} after {early} updates, a dot, and "
        f"{curve[late - 1]:.2g} after {late}, a square"
        for title, curve in losses.items()
    ]
    alt = (
        f"The mean squared error falls, on a logarithmic axis: {'; '.join(said)}. A dashed line "
        f"marks the variance of the noise, {floor:.2g}."
    )
    figures.show(fig, alt)


def losses_and_distance(X, y, run, other, bound):
    """Draw the losses of two runs, and beside them how far apart their parameters are.

    Args:
        X: features (n, 2).
        y: labels (n, 1).
        run: the positions (w1, w2, b) of program 1 after each update, (m, 3).
        other: those of program 2 at the full rate, (m, 3).
        bound: the distance within which two positions would count as equal, a line.
    """
    X, y = figures.require_data(X, y, features=2)
    run = figures.require_points("run", run, 3)
    other = figures.require_array("other", other, (len(run), 3))
    bound = figures.require_number("bound", bound, above=0)
    losses = {}
    for title, positions in {"program 1": run, "MSELoss, full rate": other}.items():
        y_hat = X @ positions[:, :2].T + positions[:, 2]
        losses[title] = ((y_hat - y) ** 2).mean(dim=0) / 2
    distance = (run - other).norm(dim=1)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.4))
    figures.loss_curves(left, losses, y_name="mean half squared loss", start=1)
    right.semilogy(range(1, len(run) + 1), distance, color="C2")
    right.set(xlabel="update", ylabel="distance of the parameters")
    right.set_ylim(bound / 3, 10 * distance.max().item())
    figures.log_ticks(right)
    figures.reference_line(right, bound, "counts as equal", at=0)
    (one, last_one), (two, last_two) = [(t, c[-1].item()) for t, c in losses.items()]
    farthest = distance.argmax().item()
    alt = (
        f"Left: the losses of {one} and of {two} fall at different rates to the same floor and end "
        f"at {last_one:.2g} and {last_two:.2g}. Right: the distance of their parameters rises to "
        f"{distance.max():.1f} within {farthest // 10 * 10 + 10} updates. It falls to "
        f"{distance.min():.1g} and never comes near the dashed line at {bound:.0e}, below which "
        "they would count as equal."
    )
    figures.show(fig, alt)
