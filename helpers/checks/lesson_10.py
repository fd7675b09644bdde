"""Checkers of lesson 10: house prices."""

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_pair, expect_tensor


@exercise("10.1", "A unit changes weights and bound, but no prediction and nothing standardised.")
def square_metres(weight_factor, bound_factor, standardised_factor):
    """What turns into what when areas are measured in units of 10.76 square feet."""
    weight = expect_number("weight_factor", weight_factor)
    bound = expect_number("bound_factor", bound_factor)
    standardised = expect_number("standardised_factor", standardised_factor)
    unit = 1 / 0.0929
    if close(weight, 1, rtol=0.01):
        raise Mistake("The feature's numbers shrink, so for the same price its weight must change.")
    if close(weight, 1 / unit, rtol=0.01):
        raise Mistake("Turned round: a square metre is more than a square foot, and is worth more.")
    if close(weight, unit**2, rtol=0.01):
        raise Mistake("The weight is multiplied by the feature once, so no square is in it.")
    if not close(weight, unit, rtol=0.01):
        raise Mistake("weight_factor: weight times area is the same money in either unit.")
    if close(bound, 1, rtol=0.01):
        raise Mistake("The bound hangs on the size of the features, and they became smaller.")
    if close(bound, unit, rtol=0.01):
        raise Mistake("The bound hangs on D'D, in which every feature occurs squared.")
    if close(bound, unit**-2, rtol=0.01) or close(bound, 1 / unit, rtol=0.01):
        raise Mistake("Smaller features make a smaller eigenvalue, and that a LARGER bound.")
    if not close(bound, unit**2, rtol=0.01):
        raise Mistake("bound_factor: by what does the largest eigenvalue of D'D / n change?")
    if not close(standardised, 1, rtol=0.01):
        raise Mistake("Standardised features have no unit: (x - m) / s is the same in either.")


@exercise("10.2", "The same predictions in dollars: the scaling is gone from the model.")
def to_dollars(transform):
    """`transform(w, b, mean, std, y_mean, y_std)`: weights (d, 1), bias (1,) for raw units."""
    for n, d in ((6, 3), (5, 2)):
        X = 4 + 3 * torch.randn(n, d, dtype=torch.float64)
        w, b = torch.randn(d, 1, dtype=X.dtype), torch.randn(1, dtype=X.dtype)
        mean, std = X.mean(0), X.std(0)
        y_mean, y_std = torch.tensor([290.0], dtype=X.dtype), torch.tensor([7.0], dtype=X.dtype)
        arguments = (t.clone() for t in (w, b, mean, std, y_mean, y_std))
        answer = transform(*arguments)
        raw_w, raw_b = expect_pair(("the weights", "the bias"), answer, d)
        unscaled = w / std.reshape(d, 1)  # right for the features, the price still standardised
        moved = mean @ unscaled
        if close(raw_w, w * std.reshape(d, 1)) or close(raw_w, w * std.reshape(d, 1) * y_std):
            raise Mistake("Turned round: z = (x - m) / s, so a weight is divided by s.")
        if close(raw_w, unscaled):
            raise Mistake("The weights still give standardised prices: the spread of y is missing.")
        if close(raw_w, unscaled / y_std):
            raise Mistake("Standardised prices are multiplied by their spread to become dollars.")
        if not close(raw_w, unscaled * y_std):
            raise Mistake("The weights differ: put z = (x - m) / s into y_mean + y_std (z w + b).")
        if close(raw_b, (b - moved) * y_std):
            raise Mistake("The bias lacks the mean of the prices.")
        if close(raw_b, b * y_std + y_mean):
            raise Mistake("The bias lacks what the means of the features move: m w / s.")
        if close(raw_b, (b + moved) * y_std + y_mean):
            raise Mistake("The sign: subtracting m from x subtracts m w / s from the bias.")
        if close(raw_b, b + y_mean - moved * y_std) or close(raw_b, b - moved + y_mean):
            raise Mistake("The spread of y multiplies the whole standardised price, bias included.")
        if not close(raw_b, (b - moved) * y_std + y_mean):
            raise Mistake("The weights are right, but the bias shifts every prediction.")


@exercise("10.3", "What is trained has not seen the test part, and no column becomes NaN.")
def scale_split(scale):
    """`scale(X_train, X_test)`: both standardised by the training part; constant columns live."""
    for constant in (False, True):
        X_train = 5 + 2 * torch.randn(12, 3, dtype=torch.float64)
        X_test = 9 + 4 * torch.randn(5, 3, dtype=torch.float64)
        if constant:
            X_train[:, 1] = 3
        answer = scale(X_train.clone(), X_test.clone())
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two tensors: the training part, then the test part.")
        Z_train, Z_test = answer
        if constant and any(isinstance(Z, torch.Tensor) and not Z.isfinite().all() for Z in answer):
            raise Mistake("A column that does not vary has spread 0: do not divide by it.")
        expect_tensor("the training part", Z_train, (12, 3))
        expect_tensor("the test part", Z_test, (5, 3))
        both = torch.cat([X_train, X_test])
        varies = X_train.std(0) > 0
        for correction in (0, 1):  # either divisor of the variance is a fair choice
            own, std = X_train.mean(0), X_train.std(0, correction=correction)
            if close(Z_train, (X_train - both.mean(0)) / both.std(0, correction=correction)):
                raise Mistake("The leak: the statistics have seen the test part.")
            right = [((X - own) / std)[:, varies] for X in (X_train, X_test)]
            alone = (X_test - X_test.mean(0)) / X_test.std(0, correction=correction)
            if close(Z_train[:, varies], right[0]):
                break
        else:
            raise Mistake("The training part should have mean 0 and spread 1 in every column.")
        if close(Z_test[:, varies], alone[:, varies]):
            raise Mistake("The test part is scaled by its own statistics: use the training's.")
        if close(Z_test, X_test):
            raise Mistake("The test part is not scaled: the parameters expect the same scaling.")
        if not close(Z_test[:, varies], right[1]):
            raise Mistake("The test part must be scaled as the training part is, mean and spread.")
        if constant and not close(Z_train[:, 1], torch.zeros(12)):
            raise Mistake("The column that does not vary must become zero in the training part.")


@exercise("10.4", "One fit, all the left-out errors; for leverage 0.84 the residual hides 5/6.")
def left_out_errors(errors):
    """`errors(D, y)`: label minus the prediction of the other rows, (n, 1)."""
    for n, p in ((9, 3), (12, 2)):
        D = torch.cat([2 * torch.randn(n, p - 1), torch.ones(n, 1)], 1).double()
        D[0, 0] = 12  # one row of high leverage
        y = torch.randn(n, 1).double() + D[:, :1]
        truth = torch.empty_like(y)
        for i in range(n):
            others = torch.arange(n) != i
            truth[i] = y[i] - D[i] @ torch.linalg.lstsq(D[others], y[others]).solution
        pinv = torch.linalg.pinv(D)
        r, h = y - D @ pinv @ y, (D * pinv.T).sum(1, keepdim=True)
        answer = errors(D.clone(), y.clone())
        expect_tensor("the errors", answer, (n, 1))
        if close(answer, -truth):
            raise Mistake("The sign is turned round: an error is label minus prediction here.")
        if close(answer, r):
            raise Mistake("Those are the residuals of the fit that has seen every row.")
        if close(answer, r * (1 - h)):
            raise Mistake("Turned round: a left-out error is larger than the residual.")
        if close(answer, r / h) or close(answer, r / (1 + h)):
            raise Mistake("The residual is divided by 1 - h.")
        if close(answer, r / (1 - h) ** 0.5):
            raise Mistake("Without the root: r / sqrt(1 - h) is the standardised residual.")
        if close(answer, r / (1 - p / n)):
            raise Mistake("p / n is the mean of the leverages; each row has its own.")
        if not close(answer, truth):
            raise Mistake("Differs from the errors of n refits. The leverages are diag(D pinv(D)).")
