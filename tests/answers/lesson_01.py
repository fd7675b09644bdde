"""Answers to the exercises of lesson 1."""

import torch

RIGHT = {
    "acres": [(90.1, 0.123, 0.672), (torch.tensor(90.069), torch.tensor([0.12278]), 0.6724)],
    "how_many_houses": [(7144,), (torch.tensor(7150.0),), (7000,)],
    "best_bids": [],
    "best_bias": [],
    "weighted_solution": [],
}
WRONG = {
    "acres": [
        ((0.00207, 0.123, 0.672), "square foot"),
        ((0.00207 / 43560, 0.123, 0.672), "Turned round"),
        ((90069.0, 0.123, 0.672), "in dollars"),
        ((43560, 0.123, 0.672), "43,560 square feet"),
        ((90.1, 0.123 * 43560, 0.672), "keeps its unit"),
        ((90.1, 0.123, 0.9), "cannot change"),
    ],
    "how_many_houses": [
        ((793,), "root of n"),
        ((264,), "other way"),
        ((81,), "the factor"),
        ((10,), "more houses than"),
        ((100_000,), "Solve"),
    ],
    "best_bids": [],
    "best_bias": [],
    "weighted_solution": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("best_bids")
def bids_by_hand(y):
    """The upper of two middle labels is as good a median as the lower."""
    ordered = sorted(y.flatten().tolist())
    return [sum(ordered) / len(ordered), ordered[len(ordered) // 2]]


@right("best_bids")
def bids_between(y):
    """So is every number between the two."""
    return y.sum() / len(y), torch.quantile(y, 0.5)


WRONG["best_bids"] += [
    ((lambda y: (y.median(), y.mean()),), "other way round"),
    ((lambda y: (y.mean(), y.mean()),), "has another bid"),
    ((lambda y: ((y.min() + y.max()) / 2, y.median()),), "LARGEST miss"),
    ((lambda y: (y.median(), y.median()),), "The first bid"),
    ((lambda y: (y.sum(), y.median()),), "The first bid"),
    ((lambda y: (y.mean(), y.min()),), "The second bid"),
    ((lambda y: y.mean(),), "two numbers"),
    ((lambda y: (y.mean(0), y),), "should be a number"),
    ((lambda y: None,), "`return` missing"),
]


@right("best_bias")
def bias_by_least_squares(X, y, w):
    return torch.linalg.lstsq(torch.ones(len(X), 1), y - X @ w).solution[0]


@right("best_bias")
def bias_through_the_mean(X, y, w):
    return y.mean() - X.mean(0) @ w


@wrong("best_bias", "best weights")
def bias_of_the_best_weights(X, y, w):
    return torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], 1), y).solution[-1]


WRONG["best_bias"] += [
    ((lambda X, y, w: (y - X @ w).sum(0),), "divide by n"),
    ((lambda X, y, w: (X @ w - y).mean(0),), "sign"),
    ((lambda X, y, w: y.mean(0),), "explain part of y"),
    ((lambda X, y, w: (y - X @ w).median(0).values,), "median belongs"),
    ((lambda X, y, w: (y - X @ w).mean(0) / 2,), "sum to zero"),
    ((lambda X, y, w: y - X @ w,), "shape (1,), got (9, 1)"),
    ((lambda X, y, w: (y - w @ X).mean(0),), "RuntimeError"),
]


@right("weighted_solution")
def solution_by_roots(D, y, c):
    return torch.linalg.lstsq(c.sqrt() * D, c.sqrt() * y).solution


@right("weighted_solution")
def solution_with_diagonal(D, y, c):
    C = torch.diag(c[:, 0])
    return torch.linalg.inv(D.T @ C @ D) @ D.T @ C @ y


@right("weighted_solution")
def solution_by_repetition(D, y, c):
    times = c[:, 0].long()
    return torch.linalg.lstsq(
        D.repeat_interleave(times, dim=0), y.repeat_interleave(times, dim=0)
    ).solution


def solution_variant(left, right):
    """The weighted normal equations with the weights of either side turned to a mistake."""
    return lambda D, y, c: torch.linalg.solve(D.T @ (left(c) * D), D.T @ (right(c) * y))


WRONG["weighted_solution"] += [
    ((solution_variant(torch.ones_like, torch.ones_like),), "no effect"),
    ((solution_variant(torch.ones_like, lambda c: c),), "left side"),
    ((solution_variant(lambda c: c, torch.ones_like),), "right side"),
    ((solution_variant(torch.square, torch.square),), "counts twice"),
    ((solution_variant(torch.sqrt, torch.sqrt),), "root only"),
    ((solution_variant(torch.reciprocal, torch.reciprocal),), "Turned round"),
    ((solution_variant(torch.exp, torch.exp),), "does not vanish"),
    ((lambda D, y, c: solution_by_roots(D, y, c).flatten(),), "shape (3, 1), got (3,)"),
    ((lambda D, y, c: None,), "`return` missing"),
    ((lambda D, y, c: torch.linalg.solve(D, y),), "square"),
]
