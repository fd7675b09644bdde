"""Checkers of lesson 15: weight decay."""

import torch

from helpers import data
from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_pair,
    expect_tensor,
    listed,
    unchanged,
)


@exercise("15.1", "What the data hardly know, the penalty takes; and a loss sets its scale.")
def shrunk(steep, flat, halving, decay_for_sum):
    """Parts 10 and -300 at curvatures 4 and 0.05, λ 0.2; half the flat part; λ for a sum of 50."""
    steep = expect_number("steep", steep)
    flat = expect_number("flat", flat)
    halving = expect_number("halving", halving)
    decay_for_sum = expect_number("decay_for_sum", decay_for_sum)
    lam = 0.2
    for name, value, c, part in (("steep", steep, 4.0, 10.0), ("flat", flat, 0.05, -300.0)):
        share = c / (c + lam)
        mistakes = (
            (share, "that is the share that is kept; the part is the share times the old part."),
            (-share * part, "the size is right; a share is positive, so the sign stays."),
            ((1 - share) * part, "that is what the penalty takes away, not what is left."),
            (part / (1 + lam), "that takes the curvature for 1; the share is c/(c + λ)."),
            (part / (c + lam), "that is the part over c + λ; the share has c above the line."),
            (part, "that is the part of least squares; the penalty shrinks it."),
        )
        for mistaken, sentence in mistakes:
            if close(value, mistaken, 2e-3, 0):
                raise Mistake(f"`{name}`: {sentence}")
        if not close(value, share * part, 2e-3, 0):
            raise Mistake(f"`{name}` is not {value:g}: multiply the old part by c/(c + λ).")
    if not close(halving, 0.05, 2e-3, 0):
        raise Mistake(
            f"`halving`: at λ = {halving:g} the flat part keeps the share "
            f"{0.05 / (0.05 + halving):.3g}, not a half."
            if halving > 0
            else f"`halving`: a strength is positive, yours is {halving:g}."
        )
    mistakes = (
        (lam, "a sum without a half is 100 times the mean half squared error of 50 examples."),
        (50 * lam, "the sum is right, but there is no half in the loss: its gradient is doubled."),
        (2 * lam, "the half is right, but the loss is a sum over 50 examples and no mean."),
        (lam / 100, "the loss grew, so the penalty must grow with it, not fall."),
        (lam / 50, "the loss grew, so the penalty must grow with it, not fall."),
    )
    for mistaken, sentence in mistakes:
        if close(decay_for_sum, mistaken, 2e-3, 0):
            raise Mistake(f"`decay_for_sum`: {sentence}")
    if not close(decay_for_sum, 100 * lam, 2e-3, 0):
        raise Mistake(
            f"`decay_for_sum` is not {decay_for_sum:g}: how many times the mean half squared error "
            "is the sum?"
        )


def centred(n, d):
    """Random columns (n, d) in float64 with mean zero."""
    Z = torch.randn(n, d, dtype=torch.float64)
    return Z - Z.mean(0)


def pulled(Z, y, lam, w_0, *, towards=1.0, strength=1.0, mean=True):
    """The weights of least penalised loss; the options make a mistake of one part."""
    n = len(Z) if mean else 1
    lam = lam * strength
    H = Z.T @ Z / n + lam * torch.eye(Z.shape[1], dtype=Z.dtype)
    return torch.linalg.solve(H, Z.T @ y / n + towards * w_0)


TOWARDS_MISTAKES = (
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=0.0),
        "These weights are pulled to zero; `w_0` has no part in them.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=1.0),
        "On the right side `w_0` must stand with the strength: the gradient of the penalty is "
        "λ(w - w_0).",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=-lam),
        "The sign of `w_0` is wrong: at a large strength the weights must come near it.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=lam, mean=False),
        "That is right for a sum over the examples; the loss is a mean.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=2 * lam, strength=2.0),
        "The penalty counts twice: it has a half, and so has the loss.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=lam / 2, strength=0.5),
        "The penalty counts half: its gradient is λ(w - w_0), without a half.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y, lam, w_0, towards=0.0) + w_0,
        "You added `w_0` to the ridge weights. What must be predicted is then y - Z w_0.",
    ),
    (
        lambda Z, y, lam, w_0: pulled(Z, y - Z @ w_0, lam, w_0, towards=0.0),
        "That is the difference to `w_0`; add it again.",
    ),
)


@exercise("15.2", "Where the data say little, the old weights stay; where much, the new data win.")
def ridge_towards(ridge_towards):
    """`ridge_towards(Z, y, lam, w_0)`: least mean half square plus lam/2 ||w - w_0||^2, (d, 1)."""
    cases = []
    for n, d, lam in ((9, 2, 0.7), (4, 6, 0.05), (30, 1, 3.0), (12, 3, 1e3)):
        Z, w_0 = centred(n, d), 5 * torch.randn(d, 1, dtype=torch.float64)
        y = torch.randn(n, 1, dtype=torch.float64) + 3
        with unchanged(Z=Z, y=y, w_0=w_0):
            w = ridge_towards(Z, y, lam, w_0)
        expect_tensor("ridge_towards(...)", w, (d, 1), torch.float64, graph=False)
        cases.append((Z, y, lam, w_0, w))
    if all(close(w, pulled(*case, towards=case[2])) for *case, w in cases):
        return
    for mistaken, sentence in TOWARDS_MISTAKES:
        if all(close(w, mistaken(*case)) for *case, w in cases):
            raise Mistake(sentence)
    for Z, y, lam, w_0, w in cases:
        wanted = pulled(Z, y, lam, w_0, towards=lam)
        if not close(w, wanted):
            raise Mistake(
                f"With {len(Z)} examples and λ = {lam:g} the weights should be {listed(wanted)}; "
                f"yours are {listed(w)}."
            )


def descended(Z, y, lam, lr, num_updates, *, half=0.5, times=1.0, bias_times=0.0):
    """Full-batch descent on the penalised loss from zero; the options make a mistake of a part."""
    w, b = torch.zeros(Z.shape[1], 1, dtype=Z.dtype), torch.zeros(1, dtype=Z.dtype)
    for _ in range(num_updates):
        r = 2 * half * (Z @ w + b - y)
        w, b = (
            w - lr * (Z.T @ r / len(Z) + times * lam * w),
            b - lr * (r.mean() + bias_times * lam * b),
        )
    return w, b


@exercise("15.3", "Two mistakes that cancel in the end are still two mistakes.")
def train_ridge(train_ridge):
    """`train_ridge(Z, y, lam, lr, num_updates)`: w and b of ridge by full-batch descent."""
    cases = []
    sizes = ((7, 2, 0.3, 0.1, 1), (12, 1, 0.8, 0.2, 5), (5, 3, 0.1, 0.03, 25), (3, 2, 1.5, 0.1, 3))
    for number, (n, d, lam, lr, num_updates) in enumerate((*sizes, (4, 2, 0.1, 0.1, 0))):
        dtype = torch.float32 if number == 1 else torch.float64
        Z = (centred(n, d) + 0.5).to(dtype)
        y = torch.randn(n, 1, dtype=dtype) + 3
        with unchanged(Z=Z, y=y):
            answer = train_ridge(Z, y, lam, lr, num_updates)
        w, b = expect_pair(("the weights", "the bias"), answer, d, dtype, graph=False)
        cases.append((Z, y, lam, lr, num_updates, w, b))

    def fits(**change):
        return all(
            close(w, found_w) and close(b, found_b)
            for *case, w, b in cases
            for found_w, found_b in [descended(*case, **change)]
        )

    if fits():
        return
    no_half = "The squared error has no half, so its gradient is twice as long."
    no_penalty = "No weight pays the penalty."
    twice = "The weights pay twice, in the loss and in the optimizer."
    bias = "The bias pays, too."
    for half, first in ((0.5, ""), (1.0, no_half)):
        for times, second in ((1.0, ""), (0.0, no_penalty), (2.0, twice)):
            for bias_times, third in ((0.0, ""), (1.0, bias), (2.0, bias)):
                if fits(half=half, times=times, bias_times=bias_times):
                    raise Mistake(" ".join(filter(None, (first, second, third))))
    for *case, w, b in cases:
        wanted_w, wanted_b = descended(*case)
        if not (close(w, wanted_w) and close(b, wanted_b)):
            Z, _, lam, lr, num_updates = case
            raise Mistake(
                f"After {num_updates} updates at rate {lr} with λ = {lam} on {len(Z)} examples the "
                f"first weight should be {wanted_w[0].item():.4g} and the bias "
                f"{wanted_b.item():.4g}; yours are {w[0].item():.4g} and {b.item():.4g}."
            )


ROW_MISTAKES = (
    (lambda n, lam: lam, "the strength of a mean counts in a sum over n examples n times."),
    (lambda n, lam: (n * lam) ** 2, "the penalty is the square of the new rows: take the root."),
    (lambda n, lam: lam**2, "the square of the new rows must give n times the strength."),
    (lambda n, lam: n * lam / 2, "that is half of it: loss and penalty both have a half."),
    (lambda n, lam: 2 * n * lam, "that is twice it: loss and penalty both have a half."),
    (lambda n, lam: lam / n, "the strength must be multiplied by n, not divided by it."),
)


@exercise("15.4", "The penalty is a handful of invented examples, one per weight, with label 0.")
def add_rows(add_rows):
    """`add_rows(Z, y, lam)`: longer data whose least-squares weights are the ridge weights."""
    cases = []
    for n, d, lam in ((8, 2, 0.7), (3, 5, 0.05), (20, 1, 3.0), (6, 3, 1.0)):
        Z = torch.randn(n, d, dtype=torch.float64) + 0.5
        y = torch.randn(n, 1, dtype=torch.float64) + 2
        with unchanged(Z=Z, y=y):
            answer = add_rows(Z, y, lam)
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two tensors: `Z_plus`, then `y_plus`.")
        more = len(answer[0]) if isinstance(answer[0], torch.Tensor) and answer[0].ndim else n
        expect_tensor("Z_plus", answer[0], (more, d), torch.float64, graph=False)
        expect_tensor("y_plus", answer[1], (more, 1), torch.float64, graph=False)
        Z_plus, y_plus = answer
        if more < n or not (close(Z_plus[:n], Z) and close(y_plus[:n], y)):
            raise Mistake(f"The first {n} rows of what you return must be `Z` and `y`.")
        cases.append((n, lam, Z, y, Z_plus[n:], y_plus[n:]))
    # For the solution to be right whatever the data are, the two sums over rows must be right.
    if all(
        close(new.T @ new, n * lam * torch.eye(Z.shape[1], dtype=Z.dtype))
        and close(new.T @ label, torch.zeros_like(new.T @ label))
        for n, lam, Z, y, new, label in cases
    ):
        return
    if all(len(new) == 0 for *_, new, _ in cases):
        raise Mistake("You added no rows: these are the least-squares weights of the old data.")
    if all(
        close(new.T @ new, n * lam * torch.eye(Z.shape[1], dtype=Z.dtype))
        for n, lam, Z, y, new, label in cases
    ):
        raise Mistake("The new rows are right, but not their labels: what do they pull to?")
    for strength, sentence in ROW_MISTAKES:
        if all(
            close(new.T @ new, strength(n, lam) * torch.eye(Z.shape[1], dtype=Z.dtype))
            for n, lam, Z, y, new, label in cases
        ):
            raise Mistake(f"The new rows have a wrong size: {sentence}")
    for n, lam, Z, y, new, label in cases:
        H = Z.T @ Z + n * lam * torch.eye(Z.shape[1], dtype=Z.dtype)
        wanted = torch.linalg.solve(H, Z.T @ y)
        w = torch.linalg.pinv(torch.cat([Z, new])) @ torch.cat([y, label])
        if not close(w, wanted):
            raise Mistake(
                f"With {n} examples and λ = {lam:g} the ridge weights are {listed(wanted)}; least "
                f"squares on your rows gives {listed(w)}."
            )
    raise Mistake("Your rows fit the labels that they were made for, and not every label.")


def scaled(X, reference, correction=0):
    """The columns of X by the means and spreads of the reference."""
    return (X - reference.mean(0)) / reference.std(0, correction=correction)


def curve(X, y, lams, k, *, by="others", correction=0, over="rows", held=True, strength="mean"):
    """The cross-validated mean squared error of each strength; the options make a mistake."""
    rows = torch.arange(len(X))
    squares = []
    for fold in rows.tensor_split(k):
        train = rows[~torch.isin(rows, fold)]
        tested = fold if held else train
        reference = X if by == "all" else X[train]
        Z = scaled(X[train], reference, correction)
        Z_new = scaled(X[tested], X[tested] if by == "each" else reference, correction)
        n = {"mean": len(train), "sum": 1, "all": len(X)}[strength]
        if by in ("all", "each"):  # then a column's mean is not zero, and the bias must make up
            Z, Z_new = Z - Z.mean(0), Z_new - Z.mean(0)
        H = Z.T @ Z + n * lams[:, None, None] * torch.eye(X.shape[1], dtype=X.dtype)
        # [None]: one column and one strength would be taken for a batch of vectors.
        w = torch.linalg.solve(H, (Z.T @ (y[train] - y[train].mean()))[None])
        bias = 0 if over == "no bias" else y[train].mean()
        squares.append((Z_new @ w + bias - y[tested]).square()[..., 0])
    if over == "folds":
        return torch.stack([s.mean(1) for s in squares]).mean(0)
    if over == "root":
        return torch.cat(squares, 1).mean(1).sqrt()
    if over == "sum":
        return torch.cat(squares, 1).sum(1)
    return torch.cat(squares, 1).mean(1)


CURVE_MISTAKES = (
    ({"by": "all"}, "You scale by all rows: what is left out takes part in the scaling."),
    ({"by": "each"}, "You scale what is left out by its own mean and spread, not by the others'."),
    ({"correction": 1}, "That is the spread with n - 1; the text asks for `correction=0`."),
    ({"over": "folds"}, "That is the mean over the folds; a longer fold must count for more."),
    ({"over": "root"}, "That is the root of it; the text asks for the mean squared error."),
    ({"over": "sum"}, "That is the sum over the rows; the text asks for the mean."),
    ({"over": "no bias"}, "The bias is missing: the mean of the training labels."),
    ({"held": False}, "That is the error on the rows that were trained on."),
    ({"strength": "sum"}, "The strength is that of a sum; the loss is a mean over the rows."),
    ({"strength": "all"}, "The mean is one over the rows trained on, not over all."),
)


def house_curve():
    """The strengths of exercise 15.5 and their errors on the houses."""
    houses = data.house_prices()
    doublings = (houses.X[:, 1:2] / 2000).log2()
    X = torch.cat([doublings**k for k in range(1, 10)], dim=1)
    lams = torch.logspace(-4, 2, 13, dtype=torch.float64)
    return lams, curve(X, houses.y, lams, 11)


@exercise("15.5", "The strength is chosen by rows that had no part in the fit, nor in its scale.")
def cross_validate(cv_curve, house_lam):
    """`cv_curve(X, y, lams, k)`: mean squared errors (m,); and the best strength for the houses."""
    house_lam = expect_number("house_lam", house_lam)
    cases = []
    for n, d, k, m in (
        (11, 2, 3, 4),
        (12, 3, 4, 1),
        (9, 1, 9, 3),
        (17, 4, 2, 2),
        (9, 2, 6, 2),
        (8, 1, 4, 1),
    ):
        X = 3 * torch.randn(n, d, dtype=torch.float64) + 4
        y = X.sum(1, keepdim=True) + torch.randn(n, 1, dtype=torch.float64)
        lams = torch.logspace(-2, 1, m, dtype=torch.float64)
        with unchanged(X=X, y=y, lams=lams):
            found = cv_curve(X, y, lams, k)
        expect_tensor("cv_curve(...)", found, (m,), torch.float64, graph=False)
        cases.append((X, y, lams, k, found))
    if not all(close(found, curve(*case)) for *case, found in cases):
        for change, sentence in CURVE_MISTAKES:
            # A fold of one row has no spread; the other cases tell this mistake.
            able = [c for c in cases if change.get("by") != "each" or len(c[0]) // c[3] > 1]
            if all(close(found, curve(*case, **change)) for *case, found in able):
                raise Mistake(sentence)
        for X, y, lams, k, found in cases:
            wanted = curve(X, y, lams, k)
            if not close(found, wanted):
                raise Mistake(
                    f"With {len(X)} rows, {X.shape[1]} columns and {k} folds the errors should be "
                    f"{listed(wanted)}; yours are {listed(found)}."
                )
    lams, errors = house_curve()
    best = errors.argmin()
    if not close(house_lam, lams[best].item(), 2e-2, 0):
        near = (lams.log() - torch.tensor(max(house_lam, 1e-9)).log()).abs().argmin()
        raise Mistake(
            f"`cv_curve` is right. But `house_lam` is not {house_lam:g}: at {lams[near]:.2g} the "
            f"mean squared error is {errors[near]:.0f}, and another strength has less."
        )
