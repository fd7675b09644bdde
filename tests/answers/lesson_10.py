"""Answers to the exercises of lesson 10."""

from fractions import Fraction

import numpy as np
import torch

UNIT = 1 / 0.0929

RIGHT = {
    "square_metres": [(10.76, 115.9, 1.0), (11, 120, 1), (torch.tensor(10.764), 10.764**2, 1)],
    "to_dollars": [],
    "predictor": [],
    "most_influential": [],
    "executives": [(0.257, 2.5), (0.2567, 2.48), (torch.tensor(0.25667), 2.4765)],
}
WRONG = {
    "square_metres": [
        ((1, UNIT**2, 1), "its weight must change"),
        ((0.0929, UNIT**2, 1), "worth more"),
        ((UNIT**2, UNIT**2, 1), "no square"),
        ((UNIT**0.5, UNIT**2, 1), "same money"),
        ((UNIT, 1, 1), "became smaller"),
        ((UNIT, UNIT, 1), "occurs squared"),
        ((UNIT, 0.0929**2, 1), "LARGER bound"),
        ((UNIT, 0.0929, 1), "LARGER bound"),
        ((UNIT, UNIT**3, 1), "largest eigenvalue"),
        ((UNIT, UNIT**2, UNIT), "have no unit"),
        ((torch.zeros(2), UNIT**2, 1), "should be a number"),
    ],
    "to_dollars": [],
    "predictor": [],
    "most_influential": [],
    "executives": [
        ((0.83, 2.5), "without a bias"),
        ((0.0155, 2.5), "without logarithms"),
        ((4.822, 2.5), "that is the bias"),
        ((0.26, 2.5), "not the least-squares weight"),
        ((0.257, 2.57), "ten times the weight"),
        ((0.257, 0.025), "in percent"),
        ((0.257, 1.0248), "in percent"),
        ((0.257, 10), "by which factor"),
        ((None, 2.5), "should be a number"),
        ((0.257, "2.5"), "should be a number"),
    ],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("to_dollars")
def dollars_by_two_predictions(w, b, mean, std, y_mean, y_std):
    """A linear function is known by its values at the origin and at the unit vectors."""

    def predict(x):
        return y_mean + y_std * ((x - mean) / std @ w + b)

    origin = predict(torch.zeros(1, len(mean), dtype=w.dtype))
    return predict(torch.eye(len(mean), dtype=w.dtype)) - origin, origin[0]


def dollars_by_columns(w, b, mean, std, y_mean, y_std):
    raw_w = w / std[:, None] * y_std
    return [raw_w, y_mean + y_std * b - (mean * raw_w[:, 0]).sum()]


def dollars_bias_of_shape(*shape):
    """The right transformation, with its bias in another shape."""

    def transform(*given):
        raw_w, raw_b = dollars_by_columns(*given)
        return raw_w, raw_b.reshape(shape)

    return transform


RIGHT["to_dollars"].append((dollars_by_columns,))
WRONG["to_dollars"] += [
    ((dollars_bias_of_shape(),), "shape (1,), got ()"),
    ((dollars_bias_of_shape(1, 1),), "shape (1,), got (1, 1)"),
]


def dollars_variant(spread=True, mean_of_y=True, shift=-1.0, scale_b=True, divide=True):
    """The transformation with one of its parts turned to a mistake."""

    def transform(w, b, mean, std, y_mean, y_std):
        raw_w = (w / std[:, None] if divide else w * std[:, None]) * (y_std if spread else 1)
        raw_b = (y_std * b if scale_b else b) + shift * mean @ raw_w
        return raw_w, raw_b + y_mean if mean_of_y else raw_b

    return transform


WRONG["to_dollars"] += [
    ((lambda w, b, *rest: (w.zero_(), b),), "Your code changed `w`"),
    ((dollars_variant(spread=False),), "still give standardised prices"),
    ((dollars_variant(mean_of_y=False),), "lacks the mean of the prices"),
    ((dollars_variant(shift=0.0),), "lacks what the means"),
    ((dollars_variant(shift=1.0),), "The sign"),
    ((dollars_variant(scale_b=False),), "bias included"),
    ((dollars_variant(divide=False),), "Turned round"),
    ((dollars_variant(shift=-0.5),), "the bias is not: 294.9321 instead of 303.3696"),
]


@wrong("to_dollars", "multiplied by their spread")
def dollars_divided(w, b, mean, std, y_mean, y_std):
    return w / std[:, None] / y_std, b + y_mean


@wrong("to_dollars", "The weights differ")
def dollars_unchanged(w, b, mean, std, y_mean, y_std):
    return w, b


@wrong("to_dollars", "shape (3, 1), got (3, 3)")
def dollars_broadcast(w, b, mean, std, y_mean, y_std):
    return y_std * w / std, b


@wrong("to_dollars", "two tensors")
def dollars_weights_only(w, b, mean, std, y_mean, y_std):
    return y_std * w / std[:, None]


def solved(X, y):
    """Least squares with a bias: theta (d + 1, 1), the bias last."""
    X1 = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], 1)
    return torch.linalg.lstsq(X1, y).solution


@right("predictor")
def predictor_unscaled(X, y):
    theta = solved(X, y)
    return lambda X_new: X_new @ theta[:-1] + theta[-1]


def predictor_variant(train=0, new=0, own=False, flat=False):
    """The two functions, with their spreads (correction) or the new houses' scale mistaken."""

    def build(X, y):
        mean, spread = X.mean(0), X.std(0, correction=train)
        theta = solved((X - mean) / spread, y)

        def predict(X_new):
            source = X_new if own else X
            Z = (X_new - source.mean(0)) / source.std(0, correction=new)
            answer = Z @ theta[:-1] + theta[-1]
            return answer[:, 0] if flat else answer

        return predict

    return build


def predictor_shifts(X, y):
    X -= X.mean(0)
    return predictor_unscaled(X, y)


def predictor_shifts_new(X, y):
    predict = predictor_unscaled(X, y)
    return lambda X_new: predict(X_new.add_(1))


RIGHT["predictor"] += [(predictor_variant(),), (predictor_variant(train=1, new=1),)]
WRONG["predictor"] += [
    ((predictor_variant(train=1),), "use the same one twice"),
    ((predictor_variant(new=1),), "use the same one twice"),
    ((predictor_variant(own=True),), "their own mean and spread"),
    ((predictor_variant(train=1, own=True),), "the first prediction is"),
    ((predictor_variant(flat=True),), "should have shape (5, 1), got (5,)"),
    ((lambda X, y: predictor_unscaled(X, y + 1),), "the first prediction is"),
    ((lambda X, y: lambda X_new: X_new[:, :1] / 0 * 0,), "NaN for 5"),
    ((lambda X, y: y,), "should return a function"),
    ((lambda X, y: None,), "should return a function"),
    ((predictor_shifts,), "Your code changed `X`"),
    ((predictor_shifts_new,), "Your code changed `X_new`"),
]


def changes(X, y, weight=0, solve=solved):
    """By how much the first weight (or another) changes when each row is left out, (n,)."""
    full = solve(X, y)[weight]
    rows = torch.arange(len(X))
    return torch.cat([solve(X[rows != i], y[rows != i])[weight] - full for i in range(len(X))])


def without_bias(X, y):
    return torch.linalg.lstsq(X, y).solution


@right("most_influential")
def influential_by_formula(X, y):
    X1 = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], 1)
    pinv = torch.linalg.pinv(X1)
    r, h = (y - X1 @ pinv @ y)[:, 0], (X1 * pinv.T).sum(1)
    return int((pinv[0] * r / (1 - h)).abs().argmax())


@right("most_influential")
def influential_numpy(X, y):
    return np.int64(influential_by_formula(X, y))


@wrong("most_influential", "0 to")
def influential_negative(X, y):
    return influential_by_formula(X, y) - len(X)


@wrong("most_influential", "should be an int, got float")
def influential_half(X, y):
    return influential_by_formula(X, y) + 0.5


RIGHT["most_influential"].append((lambda X, y: int(changes(X, y).abs().argmax()),))
WRONG["most_influential"] += [
    ((lambda X, y: int(changes(X, y).argmax()),), "its absolute value"),
    ((lambda X, y: int(changes(X, y).argmin()),), "its absolute value"),
    ((lambda X, y: changes(X, y).abs().argmax(),), "should be an int, got a tensor"),
    ((lambda X, y: influential_by_formula(X, y) + 1,), "from 0"),
    ((lambda X, y: len(X) + 3,), "no row number"),
    ((lambda X, y: int(changes(X, y).abs().argmin()),), "changes the first weight by"),
    ((lambda X, y: influential_by_formula(X.mul_(1.5), y),), "Your code changed `X`"),
    ((lambda X, y: float(influential_by_formula(X, y)),), "should be an int, got float"),
    ((lambda X, y: Fraction(influential_by_formula(X, y)),), "should be an int, got Fraction"),
    # These do compare absolute values, and are not told to.
    ((lambda X, y: int(changes(X, y, 1).abs().argmax()),), "changes the first weight by"),
    ((lambda X, y: int(changes(X, y, 0, without_bias).abs().argmax()),), "the first weight by"),
    ((lambda X, y: max(0, influential_by_formula(X, y) - 1),), "changes the first weight by"),
]
