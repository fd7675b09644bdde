"""Checkers of lesson 1: the linear model."""

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor

ACRE = 43_560  # square feet
LOT, AREA, R2 = 0.00206771, 0.122778, 0.672362  # least squares on the 88 houses


def near(value, expected, rtol=0.006):
    """Whether `value` is `expected` as far as three significant digits tell."""
    return abs(value - expected) <= rtol * abs(expected)


@exercise("1.1", "A unit changes its own weight and nothing else; no prediction moves.")
def acres(w_lot, w_area, r2):
    """The lot measured in acres: its weight, the weight of the living area, and R squared."""
    w_lot = expect_number("w_lot", w_lot)
    w_area = expect_number("w_area", w_area)
    r2 = expect_number("r2", r2)
    if near(w_lot, LOT):
        raise Mistake("That is the weight of a square foot; an acre is worth far more.")
    if near(w_lot, LOT / ACRE):
        raise Mistake("Turned round: the numbers in the column shrink, so their weight must grow.")
    if near(w_lot, 1000 * LOT * ACRE):
        raise Mistake("`w_lot` is in dollars; the label is in thousands of dollars.")
    if not near(w_lot, LOT * ACRE):
        raise Mistake("An acre is 43,560 square feet: how much does the model add for all of them?")
    if not near(w_area, AREA):
        raise Mistake("The living area keeps its unit, and so its weight: 0.123.")
    if not near(r2, R2):
        raise Mistake("The predictions stay the same, so R squared cannot change: 0.672.")


@exercise("1.2", "A ninth of the error takes 81 times the data: precision is dear.")
def how_many_houses(num_houses):
    """Houses needed to bring a standard error of 9.01 with 88 houses down to 1."""
    num_houses = expect_number("num_houses", num_houses)
    if near(num_houses, 88 * 9.01, 0.02):
        raise Mistake("The error falls with the root of n: nine times the data only thirds it.")
    if near(num_houses, 88 * 9.01**0.5, 0.02):
        raise Mistake("The root goes the other way: n grows with the square of the precision.")
    if near(num_houses, 9.01**2, 0.02):
        raise Mistake("That is the factor; how many houses are that, from 88 on?")
    if num_houses <= 88:
        raise Mistake("A smaller error takes more houses than the 88 that there are.")
    if not near(num_houses, 88 * 9.01**2, 0.05):
        raise Mistake("Solve 9.01 sqrt(88 / n) = 1 for n.")


@exercise("1.3", "Squares lead to the mean, absolute values to the median.")
def best_bids(bids):
    """`bids(y)`: the constants of least mean squared loss and of least mean absolute miss."""
    for y in (torch.tensor([[1.0], [2.0], [12.0]]), torch.randn(8, 1).exp(), torch.randn(9, 1)):
        answer = bids(y.clone())
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two numbers: for the squared loss, then for the absolute miss.")
        squared = expect_number("the bid for the squared loss", answer[0])
        absolute = expect_number("the bid for the absolute miss", answer[1])
        # With an even number of labels every bid between the middle two is equally good.
        least = (y - y.median()).abs().mean()

        def misses(bid, y=y, least=least):
            return not close((y - bid).abs().mean(), least)

        if close(absolute, y.mean()) and not misses(squared):
            raise Mistake("The other way round: which of the two is drawn by a far point?")
        if close(squared, (y.min() + y.max()) / 2):
            raise Mistake("The middle of the range makes the LARGEST miss least, not the mean.")
        if not close(squared, y.mean()):
            raise Mistake("The first bid: set the derivative, the sum of (c - y_i), to zero.")
        if misses(absolute) and close(absolute, y.mean()):
            raise Mistake("The mean is best for squares; the absolute miss has another bid.")
        if misses(absolute):
            raise Mistake("The second bid: as many labels must lie above it as below it.")


@exercise("1.4", "With its best bias a line passes through the mean of the data.")
def best_bias(bias):
    """`bias(X, y, w)`: the bias (1,) of least mean squared loss for the given weights."""
    for n, d in ((9, 2), (5, 3)):
        X, y, w = torch.randn(n, d) + 1, torch.randn(n, 1) + 3, torch.randn(d, 1)
        answer = bias(X.clone(), y.clone(), w.clone())
        if isinstance(answer, torch.Tensor) and answer.numel() == 1:
            answer = answer.reshape(1)
        expect_tensor("the bias", answer, (1,))
        rest = y - X @ w
        if close(answer, rest.sum(0)):
            raise Mistake("The derivative sums n equal terms b: divide by n.")
        if close(answer, -rest.mean(0)):
            raise Mistake("The sign is turned round: the bias adds what the prediction lacks.")
        if close(answer, y.mean(0)):
            raise Mistake("The weights explain part of y already: take their part away first.")
        if close(answer, rest.median(0).values):
            raise Mistake("The median belongs to the absolute miss; squares ask for the mean.")
        if close(answer, torch.linalg.lstsq(torch.cat([X, torch.ones(n, 1)], 1), y).solution[-1]):
            raise Mistake("That bias goes with the best weights; these weights are given.")
        if not close(answer, rest.mean(0)):
            raise Mistake("At the best bias the residuals sum to zero; with yours they do not.")


@exercise("1.5", "An importance of 3 acts like the same sale listed three times.")
def weighted_solution(solution):
    """`solution(D, y, c)`: the parameters (d + 1, 1) of least weighted squared loss."""
    for n, d in ((12, 2), (9, 3)):
        D = torch.cat([torch.randn(n, d), torch.ones(n, 1)], 1).double()
        y = torch.randn(n, 1, dtype=torch.float64)
        c = torch.arange(n).reshape(n, 1) % 3 + 1.0
        c = c.double()
        answer = solution(D.clone(), y.clone(), c.clone())
        expect_tensor("the solution", answer, (d + 1, 1))

        def solve(left, right, D=D, y=y):
            return torch.linalg.solve(D.T @ (left * D), D.T @ (right * y))

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
        if not close(answer, solve(c, c)):
            raise Mistake("The gradient of the weighted loss does not vanish at your parameters.")
