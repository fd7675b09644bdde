"""Answers to the exercises of lesson 10."""

import torch

UNIT = 1 / 0.0929

RIGHT = {
    "square_metres": [(10.76, 115.9, 1.0), (torch.tensor(10.764), 10.764**2, 1)],
    "to_dollars": [],
    "scale_split": [],
    "left_out_errors": [],
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
    "scale_split": [],
    "left_out_errors": [],
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
    ((dollars_variant(spread=False),), "still give standardised prices"),
    ((dollars_variant(mean_of_y=False),), "lacks the mean of the prices"),
    ((dollars_variant(shift=0.0),), "lacks what the means"),
    ((dollars_variant(shift=1.0),), "The sign"),
    ((dollars_variant(scale_b=False),), "bias included"),
    ((dollars_variant(divide=False),), "Turned round"),
    ((dollars_variant(shift=-0.5),), "shifts every prediction"),
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


@right("scale_split")
def scale_with_sample_spread(X_train, X_test):
    mean, std = X_train.mean(0), X_train.std(0)
    std[std == 0] = 1
    return [(X - mean) / std for X in (X_train, X_test)]


@right("scale_split")
def scale_with_floor(X_train, X_test):
    mean = X_train.mean(0)
    std = (X_train - mean).square().mean(0).sqrt().clamp_min(1e-6)
    return (X_train - mean) / std, (X_test - mean) / std


@wrong("scale_split", "have seen the test part")
def scale_all(X_train, X_test):
    X = torch.cat([X_train, X_test])
    Z = (X - X.mean(0)) / X.std(0, correction=0)
    return Z[: len(X_train)], Z[len(X_train) :]


@wrong("scale_split", "by its own statistics")
def scale_each(X_train, X_test):
    return [(X - X.mean(0)) / X.std(0) for X in (X_train, X_test)]


@wrong("scale_split", "does not vary")
def scale_naively(X_train, X_test):
    mean, std = X_train.mean(0), X_train.std(0)
    return (X_train - mean) / std, (X_test - mean) / std


@wrong("scale_split", "is not scaled")
def scale_training_only(X_train, X_test):
    return scale_with_floor(X_train, X_test)[0], X_test


@wrong("scale_split", "mean and spread")
def scale_half(X_train, X_test):
    return scale_with_floor(X_train, X_test)[0], X_test - X_train.mean(0)


@wrong("scale_split", "mean 0 and spread 1")
def scale_to_range(X_train, X_test):
    low, high = X_train.min(0).values, X_train.max(0).values
    return (X_train - low) / (high - low + 1e-6), (X_test - low) / (high - low + 1e-6)


@wrong("scale_split", "must become zero")
def scale_leaves_constant(X_train, X_test):
    Z_train, Z_test = scale_with_floor(X_train, X_test)
    constant = X_train.std(0) == 0
    return torch.where(constant, X_train, Z_train), torch.where(constant, X_test, Z_test)


@wrong("scale_split", "two tensors")
def scale_one(X_train, X_test):
    return scale_with_floor(X_train, X_test)[0]


@right("left_out_errors")
def errors_by_hat_matrix(D, y):
    hat = D @ torch.linalg.inv(D.T @ D) @ D.T
    return (y - hat @ y) / (1 - hat.diagonal().reshape(-1, 1))


@right("left_out_errors")
def errors_by_refits(D, y):
    errors = []
    for i in range(len(D)):
        others = torch.arange(len(D)) != i
        theta = torch.linalg.lstsq(D[others], y[others]).solution
        errors.append(y[i] - D[i] @ theta)
    return torch.stack(errors)


def errors_variant(change):
    """`change(r, h)` in place of r / (1 - h)."""

    def errors(D, y):
        Q = torch.linalg.qr(D).Q
        return change(y - Q @ (Q.T @ y), Q.square().sum(1, keepdim=True))

    return errors


WRONG["left_out_errors"] += [
    ((errors_variant(lambda r, h: -r / (1 - h)),), "sign is turned round"),
    ((errors_variant(lambda r, h: r),), "has seen every row"),
    ((errors_variant(lambda r, h: r * (1 - h)),), "larger than the residual"),
    ((errors_variant(lambda r, h: r / h),), "divided by 1 - h"),
    ((errors_variant(lambda r, h: r / (1 + h)),), "divided by 1 - h"),
    ((errors_variant(lambda r, h: r / (1 - h).sqrt()),), "Without the root"),
    ((errors_variant(lambda r, h: r / (1 - h.mean())),), "each row has its own"),
    ((errors_variant(lambda r, h: r / (1 - h) ** 2),), "n refits"),
    ((errors_variant(lambda r, h: (r / (1 - h))[:, 0]),), "shape (9, 1), got (9,)"),
]
