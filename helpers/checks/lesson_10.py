"""Checkers of lesson 10: house prices."""

import torch

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_pair,
    expect_tensor,
    unchanged,
)


@exercise("10.1", "A unit changes weights and bound, but no prediction and nothing standardised.")
def square_metres(weight_factor, bound_factor, standardised_factor):
    """What turns into what when areas are measured in units of 10.76 square feet."""
    weight = expect_number("weight_factor", weight_factor)
    bound = expect_number("bound_factor", bound_factor)
    standardised = expect_number("standardised_factor", standardised_factor)
    unit = 1 / 0.0929
    if close(weight, 1, rtol=0.05):
        raise Mistake("The feature's numbers shrink, so for the same price its weight must change.")
    if close(weight, 1 / unit, rtol=0.05):
        raise Mistake("Turned round: a square metre is more than a square foot, and is worth more.")
    if close(weight, unit**2, rtol=0.05):
        raise Mistake("The weight is multiplied by the feature once, so no square is in it.")
    if not close(weight, unit, rtol=0.05):
        raise Mistake("`weight_factor`: weight times area is the same money in either unit.")
    if close(bound, 1, rtol=0.05):
        raise Mistake("The bound hangs on the size of the features, and they became smaller.")
    if close(bound, unit, rtol=0.05):
        raise Mistake("The bound hangs on X1'X1, in which every feature occurs squared.")
    if close(bound, unit**-2, rtol=0.05) or close(bound, 1 / unit, rtol=0.05):
        raise Mistake("Smaller features make a smaller eigenvalue, and that a LARGER bound.")
    if not close(bound, unit**2, rtol=0.05):
        raise Mistake("`bound_factor`: by what does the largest eigenvalue of X1'X1 / n change?")
    if not close(standardised, 1, rtol=0.05):
        raise Mistake("Standardised features have no unit: (x - m) / s is the same in either.")


@exercise("10.2", "The same predictions in dollars: the scaling is gone from the model.")
def to_dollars(transform):
    """`transform(w, b, mean, spread, y_mean, y_spread)`: weights (d, 1), bias (1,), raw units."""
    for n, d in ((6, 3), (5, 2), (4, 1)):
        X = 4 + 3 * torch.randn(n, d, dtype=torch.float64)
        given = {
            "w": torch.randn(d, 1, dtype=X.dtype),
            "b": torch.randn(1, dtype=X.dtype),
            "mean": X.mean(0),
            "spread": X.std(0, correction=0),
            "y_mean": torch.tensor([290.0], dtype=X.dtype),
            "y_spread": torch.tensor([7.0], dtype=X.dtype),
        }
        with unchanged(**given):
            answer = transform(*given.values())
        w, b, mean, spread, y_mean, y_spread = given.values()
        raw_w, raw_b = expect_pair(("the weights", "the bias"), answer, d, torch.float64)
        column = spread.reshape(d, 1)
        unscaled = w / column  # right for the features, the price still standardised
        moved = mean @ unscaled
        if close(raw_w, w * column) or close(raw_w, w * column * y_spread):
            raise Mistake("Turned round: z = (x - m) / s, so a weight is divided by s.")
        if close(raw_w, unscaled):
            raise Mistake("The weights still give standardised prices: the spread of y is missing.")
        if close(raw_w, unscaled / y_spread):
            raise Mistake("Standardised prices are multiplied by their spread to become dollars.")
        if not close(raw_w, unscaled * y_spread):
            raise Mistake("The weights differ: put z = (x - m) / s into m_y + s_y (z w + b).")
        if close(raw_b, (b - moved) * y_spread):
            raise Mistake("The bias lacks the mean of the prices.")
        if close(raw_b, b * y_spread + y_mean):
            raise Mistake("The bias lacks what the means of the features move: m w / s.")
        if close(raw_b, (b + moved) * y_spread + y_mean):
            raise Mistake("The sign: subtracting m from x subtracts m w / s from the bias.")
        if close(raw_b, b + y_mean - moved * y_spread) or close(raw_b, b - moved + y_mean):
            raise Mistake("The spread of y multiplies the whole standardised price, bias included.")
        if not close(raw_b, (b - moved) * y_spread + y_mean):
            raise Mistake(
                f"The weights are right, the bias is not: {raw_b.item():.4f} instead of "
                f"{((b - moved) * y_spread + y_mean).item():.4f}."
            )


def _houses(n, d):
    """Random features (n, d) far from zero, of unlike spreads, and labels (n, 1), float64."""
    X = 10 ** torch.arange(d, dtype=torch.float64) * (5 + torch.randn(n, d, dtype=torch.float64))
    return X, X.sum(1, keepdim=True) + torch.randn(n, 1, dtype=torch.float64)


def _least_squares(X, y):
    """The weights and the bias (d + 1, 1) of least squares on X (n, d), y (n, 1)."""
    X1 = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], 1)
    return torch.linalg.lstsq(X1, y).solution


@exercise("10.3", "Mean and spread are part of the model: one new house is enough to see it.")
def predictor(build):
    """`build(X, y)`: a function of X_new (m, d) that gives the predictions (m, 1)."""
    for n, d, m in ((12, 2, 5), (9, 3, 1), (30, 1, 2)):
        X, y = _houses(n, d)
        X_new, _ = _houses(m, d)
        with unchanged(X=X, y=y):
            predict = build(X, y)
        if not callable(predict):
            raise Mistake(f"`predictor(X, y)` should return a function, got {predict!r:.40}.")
        with unchanged(X_new=X_new):
            answer = predict(X_new)
        if isinstance(answer, torch.Tensor) and answer.isnan().any():
            raise Mistake(f"NaN for {m} new house(s): are they scaled by their own spread?")
        expect_tensor("the predictions", answer, (m, 1), torch.float64)
        theta = _least_squares(X, y)
        right = X_new @ theta[:-1] + theta[-1]
        if close(answer, right, rtol=1e-6, atol=0):
            continue
        own = (X_new - X_new.mean(0)) / X_new.std(0, correction=0)
        scaled = own * X.std(0, correction=0) + X.mean(0)
        if m > 1 and close(answer, scaled @ theta[:-1] + theta[-1], rtol=1e-6, atol=0):
            raise Mistake("The new houses are scaled by their own mean and spread.")
        for correction in (0, 1):
            ratio = X.std(0, correction=1 - correction) / X.std(0, correction=correction)
            mixed = (X_new - X.mean(0)) * ratio + X.mean(0)
            if close(answer, mixed @ theta[:-1] + theta[-1], rtol=1e-6, atol=0):
                raise Mistake("Two spreads, one with n and one with n - 1: use the same one twice.")
        raise Mistake(
            f"With {n} houses and {d} features the first prediction is {answer[0].item():.6g} "
            f"instead of {right[0].item():.6g}."
        )


@exercise("10.4", "What one example can do to a fit, measured: look at it before you trust it.")
def most_influential(search):
    """`search(X, y)`: the row whose removal changes the first weight most, an int."""
    cases = []
    for n, d in ((12, 2), (9, 3), (7, 1), (12, 2)):
        X, y = _houses(n, d)
        # The row of the largest change is not the one of the largest feature, label or residual.
        far = int(torch.randint(n, ()))
        X[far, 0] += 3
        with unchanged(X=X, y=y):
            answer = search(X, y)
        full = _least_squares(X, y)[0]
        keep = [[k for k in range(n) if k != i] for i in range(n)]
        change = torch.stack([_least_squares(X[rows], y[rows])[0] - full for rows in keep])[:, 0]
        cases.append((expect_int("most_influential(X, y)", answer), change))
    wrong = [(row, change) for row, change in cases if row != int(change.abs().argmax())]
    if not wrong:
        return
    for signed in (torch.argmax, torch.argmin):
        if all(row == int(signed(change)) for row, change in cases):
            raise Mistake("Up or down, the change counts: compare its absolute value.")
    if all(row == int(change.abs().argmax()) + 1 for row, change in cases):
        raise Mistake("One too many: rows are counted from 0.")
    row, change = wrong[0]
    n, right = len(change), int(change.abs().argmax())
    if not 0 <= row < n:
        raise Mistake(f"{row} is no row number: rows are 0 to {n - 1}.")
    raise Mistake(
        f"With {n} rows, row {right} changes the first weight by {change[right].abs():.3g}, "
        f"row {row} by {change[row].abs():.3g}."
    )


@exercise("10.5", "An elasticity: ten percent more sales go with some two percent more pay.")
def executives(elasticity, ten_percent):
    """The weight of log(sales) for log(salary), and what ten percent more sales go with."""
    elasticity = expect_number("elasticity", elasticity)
    ten_percent = expect_number("ten_percent", ten_percent)
    if close(elasticity, 0.830, rtol=0, atol=0.001):
        raise Mistake("`elasticity`: that is a fit without a bias; add a column of ones.")
    if close(elasticity, 0.015, rtol=0, atol=0.001):
        raise Mistake("`elasticity`: that is the fit without logarithms.")
    if close(elasticity, 4.822, rtol=0, atol=0.001):
        raise Mistake("`elasticity`: that is the bias; the weight is the other parameter.")
    if not close(elasticity, 0.257, rtol=0, atol=0.0006):
        raise Mistake(f"`elasticity` = {elasticity:g} is not the least-squares weight.")
    if close(ten_percent, 2.6, rtol=0, atol=0.06):
        raise Mistake("`ten_percent`: ten times the weight is near; the power 1.1 ** weight exact.")
    if close(ten_percent, 0.025, rtol=0, atol=0.001) or close(ten_percent, 1.025, rtol=1e-3):
        raise Mistake("`ten_percent`: give it in percent, as what comes on top.")
    if not close(ten_percent, 2.5, rtol=0, atol=0.06):
        raise Mistake(f"`ten_percent` = {ten_percent:g}: by which factor does 1.1 enter?")
