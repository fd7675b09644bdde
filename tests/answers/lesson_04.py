"""Answers to the exercises of lesson 4."""

import math
import random
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "quarter_spread": [
        (320, 1 / 16),
        (320.00000000000006, Fraction(1, 16)),
        (torch.tensor(320), np.float64(0.0625)),
        (320.1, 0.06252),
    ],
    "minibatch_gradient": [],
    "train": [],
    "tune": [
        (0.2, 40, 50),
        (0.05, 10, 200),
        (0.0069, 1, 2000),
        (Fraction(3, 10), np.int64(50), 40.0),
    ],
    "trusted_batch_size": [],
}
WRONG = {
    "quarter_spread": [
        ((80, 1 / 16), "At 80 the spread is 6"),
        ((40, 1 / 16), "At 40 the spread is 8.49"),
        ((5, 1 / 16), "At a batch size of 5 the spread is 24, not 3"),
        ((160, 1 / 16), "the spread is 4.24"),
        ((320.5, 1 / 16), "At a batch size of 320.5"),
        ((80.2, 1 / 16), "At a batch size of 80.2 the spread is 5.99"),
        ((0, 1 / 16), "not defined"),
        ((-320, 1 / 16), "not defined"),
        ((320, 0.25), "the floor of the loss goes with its square"),
        ((320, 16), "the factor is below 1"),
        ((320, 1), "lr is unchanged"),
        ((320, 0.0626), "lr is unchanged"),
        ((320, None), "should be a number"),
    ],
    "minibatch_gradient": [],
    "train": [],
    "tune": [
        ((0.2, 40, 51), "51 batches of 40 read 2040 examples"),
        ((0.2, 40, 10), "percent above the least"),
        ((0.5, 10, 200), "percent above the least"),
        ((0.2, 10, 200), "3.82 percent above the least"),
        ((0.55, 80, 25), "percent above the least"),
        ((1.5, 4, 500), "percent above the least"),
        ((0.0, 40, 50), "is positive, yours is 0"),
        ((0.2, 40.5, 40), "`new_batch_size` should be a whole number"),
        ((0.2, 40, 49.5), "`new_num_updates` should be a whole number"),
        ((0.2, 0, 50), "at least 1, yours are 0 and 50"),
        ((0.2, 40, 0), "at least 1, yours are 40 and 0"),
    ],
    "trusted_batch_size": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("minibatch_gradient")
def minibatch_by_multinomial(X, y, w, batch_size):
    rows = torch.multinomial(torch.ones(len(X)), batch_size)
    total = torch.zeros_like(w)
    for i in rows.tolist():
        total += X[i].reshape(-1, 1) * (X[i] @ w - y[i])
    return total / batch_size


@right("minibatch_gradient")
def minibatch_by_autograd(X, y, w, batch_size):
    w = w.clone().requires_grad_()
    rows = torch.rand(len(X)).argsort()[:batch_size]
    (((X[rows] @ w - y[rows]) ** 2).mean() / 2).backward()
    return w.grad


@right("minibatch_gradient")
def minibatch_by_passes(X, y, w, batch_size):
    """Rows by a shuffle of Python's, one example after the other."""
    rows = random.sample(range(len(X)), batch_size)
    return sum(X[i : i + 1].T @ (X[i : i + 1] @ w - y[i : i + 1]) for i in rows) / batch_size


def different_rows(n, b):
    """Different row numbers, each with the same chance."""
    return torch.randperm(n)[:b]


def neighbours(n, b):
    """Rows one after the other from a random one on, the first after the last."""
    return (torch.randint(n, (1,)) + torch.arange(b)) % n


def comb(n, b):
    """Rows at equal distances from a random one on."""
    return (torch.randint(n, (1,)) + torch.arange(b) * (n // b)) % n


def minibatch_variant(rows=different_rows, scale=lambda n, b: 1 / b):
    """A minibatch gradient with its rows or its factor turned to a mistake."""

    def gradient(X, y, w, batch_size):
        i = rows(len(X), batch_size)
        return X[i].T @ (X[i] @ w - y[i]) * scale(len(X), batch_size)

    return gradient


WRONG["minibatch_gradient"] += [
    ((minibatch_variant(scale=lambda n, b: 1.0),), "take the mean over the batch"),
    ((minibatch_variant(scale=lambda n, b: 1 / n),), "not by the number of all"),
    ((minibatch_variant(scale=lambda n, b: -1 / b),), "the residual is prediction minus label"),
    ((minibatch_variant(scale=lambda n, b: 2 / b),), "cancels the 2 of the square"),
    ((minibatch_variant(scale=lambda n, b: 1.5 / b),), "not right on average"),
    (
        (minibatch_variant(scale=lambda n, b: (1 if b < n else 2) / b),),
        "On 6 examples with batches of 6 your gradients are not right on average",
    ),
    ((minibatch_variant(lambda n, b: torch.arange(b)),), "draw new rows each time"),
    ((minibatch_variant(neighbours),), "come together in"),
    ((minibatch_variant(comb),), "the mean squared distance from the full gradient is 0."),
    ((minibatch_variant(lambda n, b: torch.arange(n), lambda n, b: 1 / n),), "draw new rows"),
    (
        (minibatch_variant(lambda n, b: torch.randperm(n // 2 + 3)[:b]),),
        "On 40 examples with batches of 5 your gradients are not right",
    ),
    ((minibatch_variant(lambda n, b: torch.randint(n, (b,))),), "times that of 6 different rows"),
    ((minibatch_variant(lambda n, b: different_rows(n, 1), lambda n, b: 1.0),), "of 5 different"),
    (
        (minibatch_variant(lambda n, b: different_rows(n, min(n, 3 * b)), lambda n, b: 1 / 15),),
        "On 40 examples with batches of 5 the mean squared distance",
    ),
    (
        (
            minibatch_variant(
                lambda n, b: torch.randint(n, (b,)) if b == n else torch.randperm(n)[:b]
            ),
        ),
        "a batch of different rows holds them all",
    ),
]


@wrong("minibatch_gradient", "`return` missing")
def minibatch_without_return(X, y, w, batch_size):
    minibatch_by_multinomial(X, y, w, batch_size)


@wrong("minibatch_gradient", "shape (2, 1), got (2,)")
def minibatch_flat(X, y, w, batch_size):
    return minibatch_by_multinomial(X, y, w, batch_size).flatten()


@wrong("minibatch_gradient", "still carries its graph")
def minibatch_with_graph(X, y, w, batch_size):
    return minibatch_by_multinomial(X, y, w.clone().requires_grad_(), batch_size)


@wrong("minibatch_gradient", "changed `y`")
def minibatch_in_place(X, y, w, batch_size):
    y -= y.mean()
    return minibatch_by_multinomial(X, y, w, batch_size)


@wrong("minibatch_gradient", "changed `X`")
def minibatch_shuffling_in_place(X, y, w, batch_size):
    X[:] = X[torch.randperm(len(X))]
    return X[:batch_size].T @ (X[:batch_size] @ w - y[:batch_size]) / batch_size


@wrong("minibatch_gradient", "changed `w`")
def minibatch_stepping(X, y, w, batch_size):
    g = minibatch_by_multinomial(X, y, w, batch_size)
    w -= g
    return g


@wrong("minibatch_gradient", "RuntimeError")
def minibatch_shapes_mixed_up(X, y, w, batch_size):
    rows = torch.randint(len(X), (batch_size,))
    return X[rows] @ (X[rows] @ w - y[rows]) / batch_size


@right("train")
def train_by_library(X, y, lr, batch_size, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(num_updates):
        rows = torch.randperm(len(X))[:batch_size]
        optimizer.zero_grad()
        (((X[rows] @ w - y[rows]) ** 2).mean() / 2).backward()
        optimizer.step()
    return w.detach()


def train_variant(
    rows=lambda n, b: torch.randint(n, (b,)),
    scale=lambda n, b: 1 / b,
    fixed=False,
    extra=0,
    keep=1.0,
    start=0.0,
):
    """SGD with one of its parts turned to a mistake."""

    def train(X, y, lr, batch_size, num_updates):
        w = torch.full((X.shape[1], 1), start, dtype=X.dtype)
        batch = rows(len(X), batch_size)
        for _ in range(num_updates + extra):
            if not fixed:
                batch = rows(len(X), batch_size)
            r = X[batch] @ w - y[batch]
            w = w * keep - lr * X[batch].T @ r * scale(len(X), batch_size)
        return w

    return train


def one_row_more_often(n, b):
    """Row numbers of which row 0 comes twice as often as any other."""
    weights = torch.ones(n)
    weights[0] = 2
    return torch.multinomial(weights, b, replacement=True)


RIGHT["train"] += [(train_variant(),)]
WRONG["train"] += [
    ((train_variant(fixed=True),), "updates read 3 rows only: draw new ones"),
    ((train_variant(scale=lambda n, b: 1 / n),), "not by the number of all"),
    ((train_variant(scale=lambda n, b: 1.0),), "take the mean over the batch"),
    ((train_variant(scale=lambda n, b: 2 / b),), "cancels the 2 of the square"),
    ((train_variant(scale=lambda n, b: -1 / b),), "its gradient is subtracted"),
    (
        (train_variant(scale=lambda n, b: 3 / b),),
        "one update moves the weights by 0.3 in all; 0.1 is right",
    ),
    (
        (train_variant(rows=lambda n, b: torch.randint(n - 1, (b,))),),
        "rows of 12: give each a chance",
    ),
    ((train_variant(lambda n, b: torch.randperm(n)[: 2 * b], lambda n, b: 1 / (2 * b)),), "than 3"),
    ((train_variant(rows=one_row_more_often),), "not drawn with the same chance"),
    ((train_variant(rows=neighbours),), "two of the rows come together in"),
    ((train_variant(rows=comb),), "two of the rows come together in"),
    ((train_variant(start=0.1),), "After no update"),
    ((train_variant(extra=1),), "After no update"),
    ((train_variant(keep=0.99),), "on average after 40 updates"),
    ((lambda X, y, lr, b, k: None,), "`return` missing"),
    ((lambda X, y, lr, b, k: torch.zeros(len(X)),), "should have shape (12, 1)"),
    ((lambda X, y, lr, b, k: torch.zeros(len(X), 1).requires_grad_(),), "still carries its graph"),
]


@wrong("train", "changed `y`")
def train_on_shuffled_labels(X, y, lr, batch_size, num_updates):
    y += 1
    return train_variant()(X, y, lr, batch_size, num_updates)


@wrong("train", "changed `X`")
def train_on_scaled_features(X, y, lr, batch_size, num_updates):
    X *= 2
    return train_variant()(X, y, lr, batch_size, num_updates)


def parts(X, y, w):
    """The spread of a single gradient with n and with n - 1, and the full gradient's length."""
    each = X * (X @ w - y)
    total = (each - each.mean(0)).square().sum().item()
    n = len(X)
    return (total / n) ** 0.5, (total / (n - 1)) ** 0.5, each.mean(0).norm().item()


@right("trusted_batch_size")
def size_by_loop(X, y, w, share):
    spread, _, length = parts(X, y, w)
    size = 1
    while spread / size**0.5 > share * length:
        size += 1
    return size


@right("trusted_batch_size")
def size_of_numpy(X, y, w, share):
    return np.int64(size_by_loop(X, y, w, share))


@right("trusted_batch_size")
def size_by_variance(X, y, w, share):
    each = X * (X @ w - y)
    variance = each.var(0, correction=0).sum().item()
    return max(1, math.ceil(variance / each.mean(0).square().sum().item() / share**2))


def size_variant(formula, rounding=math.ceil, least=1):
    """An answer with its formula of spread, spread with n - 1, length, share and n mistaken."""

    def size(X, y, w, share):
        return max(least, rounding(formula(*parts(X, y, w), share, len(X))))

    return size


WRONG["trusted_batch_size"] += [
    ((size_variant(lambda s, u, g, h, n: s / (h * g)),), "square the ratio"),
    ((size_variant(lambda s, u, g, h, n: (u / (h * g)) ** 2),), "the text asks for the one with n"),
    ((size_variant(lambda s, u, g, h, n: (s / g) ** 2),), "`share` has no say"),
    ((size_variant(lambda s, u, g, h, n: min(n, (s / (h * g)) ** 2)),), "may be larger than n"),
    ((size_variant(lambda s, u, g, h, n: (s / (h * g)) ** 2, math.floor),), "should be"),
    ((size_variant(lambda s, u, g, h, n: (s / (h * g)) ** 2, math.floor, 0),), "should be"),
    ((size_variant(lambda s, u, g, h, n: 1 + (s / (h * g)) ** 2),), "For a share of"),
    ((lambda X, y, w, share: float(size_by_loop(X, y, w, share)),), "should be an int, got float"),
    ((lambda X, y, w, share: True,), "should be an int, got bool"),
    ((lambda X, y, w, share: None,), "should be an int, got NoneType"),
    ((lambda X, y, w, share: torch.tensor(3),), "should be an int, got a tensor"),
]


@wrong("trusted_batch_size", "changed `w`")
def size_that_steps(X, y, w, share):
    size = size_by_loop(X, y, w, share)
    w += 1
    return size


@wrong("trusted_batch_size", "changed `X`")
def size_that_scales(X, y, w, share):
    size = size_by_loop(X, y, w, share)
    X *= 2
    return size


@wrong("trusted_batch_size", "changed `y`")
def size_that_centres(X, y, w, share):
    size = size_by_loop(X, y, w, share)
    y -= y.mean()
    return size
