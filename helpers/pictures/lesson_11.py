"""The pictures of lesson 11: unseen houses."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from helpers import figures

GROUPS = 10


def split_errors(errors, unseen):
    """Draw a histogram of the error over many splits for each model, one panel a model.

    Args:
        errors: title -> rms error of each split, (m,), positive; one to four models.
        unseen: whether house 76 was in the test part of each split, (m,), boolean.
    """
    errors = figures.require_mapping("errors", errors, high=4)
    curves = {
        title: figures.require_curve(f"errors[{title!r}]", values, positive=True)
        for title, values in errors.items()
    }
    m = len(next(iter(curves.values())))
    for title, values in curves.items():
        figures.require_curve(f"errors[{title!r}]", values, length=m)
    if not isinstance(unseen, torch.Tensor) or unseen.dtype != torch.bool:
        raise TypeError(f"unseen must be a boolean tensor, got {type(unseen).__name__}")
    if unseen.shape != (m,):
        raise ValueError(f"unseen must have shape ({m},), got {tuple(unseen.shape)}")
    top = max(values.max().item() for values in curves.values())
    bins = np.arange(0, top + 10, 10)
    fig, axes = plt.subplots(
        1, len(curves), figsize=(2.9 * len(curves), 3.2), sharex=True, sharey=True, squeeze=False
    )
    said = []
    for ax, (title, values) in zip(axes[0], curves.items(), strict=True):
        parts = [values[~unseen].numpy(), values[unseen].numpy()]
        labels = ["house 76 seen", "house 76 unseen"]
        ax.hist(parts, bins=bins, stacked=True, label=labels, color=["C0", "C1"])
        ax.set(title=title, xlabel="rms error (thousand dollars)")
        said.append(f"{title} near {values.quantile(0.5):.0f}")
    axes[0, 0].set_ylabel("splits")
    axes[0, -1].legend(loc="upper right")
    means = [f"{v[~unseen].mean():.0f} and {v[unseen].mean():.0f}" for v in curves.values()]
    alt = (
        f"Histograms of the error over {m} splits, the splits in which house 76 is unseen in a "
        f"second colour. The medians: {', '.join(said)}. The means with house 76 seen and unseen: "
        f"{', '.join(means)}."
    )
    figures.show(fig, alt)


def coverage(predicted, inside, promised):
    """Draw the share of prices inside their interval, for ten groups by predicted price.

    Args:
        predicted: title -> predicted prices of all test houses, of any shape; it may hold more
            models than `inside`.
        inside: title -> whether each price lies in its interval, boolean, of the same shape.
        promised: the share that the intervals promise, a number between 0 and 1; a line.
    """
    predicted = figures.require_mapping("predicted", predicted)
    inside = figures.require_mapping("inside", inside, high=4)
    promised = figures.require_number("promised", promised, low=0, high=1)
    fig, ax = plt.subplots()
    said = []
    for (title, hit), style in zip(inside.items(), ("o-", "s--", "^:", "v-."), strict=False):
        if title not in predicted:
            raise ValueError(f"predicted has no entry {title!r}, but inside has")
        prices = figures.require_curve(f"predicted[{title!r}]", predicted[title].flatten())
        if hit.dtype != torch.bool or hit.numel() != len(prices):
            raise ValueError(
                f"inside[{title!r}] must be boolean with {len(prices)} entries like predicted, got "
                f"{hit.dtype} with {hit.numel()}"
            )
        groups = hit.flatten()[prices.argsort()].double().tensor_split(GROUPS)
        shares = [group.mean().item() for group in groups]
        ax.plot(range(1, GROUPS + 1), shares, style, label=title)
        said.append(f"the {title} holds {shares[0]:.0%} of the cheapest and {shares[-1]:.0%}")
    figures.reference_line(ax, promised, "promised", at=0)
    ax.set(xlabel="tenth of the houses, by predicted price", ylabel="share inside", ylim=(0, 1.05))
    ax.set_xticks(range(1, GROUPS + 1))
    ax.legend(loc="lower left")
    alt = (
        f"The share of prices inside their intervals, by tenths of the predicted price, beside the "
        f"promised {promised:.0%}: {' of the dearest tenth; '.join(said)} of the dearest tenth."
    )
    figures.show(fig, alt)
