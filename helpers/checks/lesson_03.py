"""Checkers of lesson 3: gradient descent."""

import torch

from helpers import data
from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    expect_whole,
    unchanged,
)


@exercise("3.1", "Past 1/λ the error jumps across; past 2/λ it grows.")
def three_updates(error_at_1_5, error_at_3):
    """The error 1 along an eigenvector after three updates, at lr 1.5/λ and at lr 3/λ."""
    errors = {
        "1.5": (expect_number("error_at_1_5", error_at_1_5), 1 - 1.5),
        "3": (expect_number("error_at_3", error_at_3), 1 - 3.0),
    }
    for multiple, (error, factor) in errors.items():
        at = f"At {multiple}/λ"
        mistakes = (
            (abs(factor) ** 3, "the size is right; what is its sign after an odd number of jumps?"),
            (factor, "that is the error after one update; there are three."),
            (factor**2, "that is the error after two updates; there are three."),
            (3 * factor, "that is 3 times the factor; each update multiplies once more."),
            ((1 - factor) ** 3, "an update multiplies the error by 1 - lr λ, not by lr λ."),
        )
        for value, sentence in mistakes:
            if close(error, value, rtol=1e-3):
                raise Mistake(f"{at} {sentence}")
        if not close(error, factor**3, rtol=1e-3):
            raise Mistake(f"{at} the answer is not {error:g}: put lr into 1 - lr λ first.")


def gram(features, ones=True):
    """X'X/n for features (n, d), with a column of ones added unless `ones` is False."""
    X = torch.cat([features, torch.ones_like(features[:, :1])], 1) if ones else features
    return X.T @ X / len(X)


def largest(matrix):
    """The largest eigenvalue of a symmetric matrix, a float."""
    return torch.linalg.eigvalsh(matrix)[-1].item()


BOUND_MISTAKES = (
    (
        lambda f: 2 / largest(gram(f, ones=False)),
        "That is the bound without a bias: the bias is a parameter with a column of ones.",
    ),
    (
        lambda f: 2 / largest(gram((f - f.mean(0)) / f.std(0, correction=0))),
        "That is the bound of standardised features: take them as they come.",
    ),
    (
        lambda f: 2 / largest(gram((f - f.mean(0)) / f.std(0))),
        "That is the bound of standardised features: take them as they come.",
    ),
    (
        lambda f: 2 / largest(gram(f - f.mean(0))),
        "That is the bound of centred features: take them as they come.",
    ),
    (
        lambda f: 1 / largest(gram(f)),
        "That is 1/λ, where the error along that eigenvector vanishes; the bound is 2/λ.",
    ),
    (
        lambda f: 2 / (len(f) * largest(gram(f))),
        "That is the bound for a sum; the loss is a mean: divide X'X by the number of examples.",
    ),
    (
        lambda f: 2 / torch.linalg.eigvalsh(gram(f))[0].item(),
        "That is 2 over the smallest eigenvalue; the largest one limits the rate.",
    ),
    (
        lambda f: 2 / largest(gram(f)) ** 0.5,
        "That is 2 over a singular value of X/√n; its square is the eigenvalue of X'X/n.",
    ),
    (
        lambda f: 2 / (len(f) * largest(gram(f))) ** 0.5,
        "That is 2 over a singular value of X; its square over n is the eigenvalue.",
    ),
    (
        lambda f: 1 / largest(gram(f)) * 4,
        "That is 4/λ. The loss has a half in front: its second derivative is X'X/n.",
    ),
    (lambda f: largest(gram(f)), "That is the eigenvalue itself; the bound is 2 over it."),
    (lambda f: largest(gram(f)) / 2, "That is λ/2; the bound is 2/λ."),
)


@exercise("3.2", "The data alone tell which rate diverges, before any run.")
def largest_stable_lr(bound):
    """`bound(features)`: 2 over the largest eigenvalue of X'X/n, X with a column of ones."""
    cases = []
    for n, d, scale, shift in (
        (12, 2, 1.0, 1.0),
        (9, 3, 3.0, 0.2),
        (20, 1, 0.2, 2.0),
        (3, 4, 5, 9),
    ):
        features = scale * torch.randn(n, d, dtype=torch.float64) + shift
        with unchanged(features=features):
            value = bound(features)
        value = expect_number("largest_stable_lr(features)", value, tensor=False)
        cases.append((features, value))
    if all(close(value, 2 / largest(gram(f)), 5e-4, 0) for f, value in cases):
        return
    for mistaken, sentence in BOUND_MISTAKES:
        # Only an answer that fits everywhere shows how it was made.
        if all(close(value, mistaken(f), 1e-4, 0) for f, value in cases):
            raise Mistake(sentence)
    for f, value in cases:
        wanted = 2 / largest(gram(f))
        if not close(value, wanted, 5e-4, 0):
            raise Mistake(
                f"For {len(f)} examples with {f.shape[1]} features the bound is {wanted:.5g}, "
                f"yours is {value:.5g}."
            )


def descent(X, y, lr, num_updates, half=0.5, keep=0.0, total=False, sign=1):
    """Gradient descent from zero, or with `half`, `keep`, `total` or `sign` one mistaken for it."""
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    g = torch.zeros_like(w)
    for _ in range(num_updates):
        g = keep * g + 2 * half * X.T @ (X @ w - y) / (1 if total else len(X))
        w = w - sign * lr * g
    return w


TRAIN_MISTAKES = (
    ({"keep": 1.0}, "`.grad` still holds the sum of all gradients so far: clear it each time."),
    ({"half": 1.0}, "The steps are twice as long: the loss is the mean HALF squared error."),
    ({"total": True}, "The steps are those of a sum over the examples; the loss is a mean."),
    ({"sign": -1}, "It walks uphill: subtract the gradient."),
)


@exercise("3.3", "`backward()` adds, so every loop that calls it must clear.")
def train(train):
    """`train(X, y, lr, num_updates)`: gradient descent by autograd on the mean half square."""
    cases = []
    sizes = ((7, 2, 0.1, 1), (12, 1, 0.2, 4), (5, 3, 0.03, 25), (1, 2, 0.1, 2), (4, 2, 0.1, 0))
    for number, (n, d, lr, num_updates) in enumerate(sizes):
        dtype = torch.float32 if number == 1 else torch.float64
        X, y = torch.randn(n, d, dtype=dtype), torch.randn(n, 1, dtype=dtype) + 1
        with unchanged(X=X, y=y):
            w = train(X, y, lr, num_updates)
        expect_tensor("train(...)", w, (d, 1), dtype, graph=False)
        cases.append((X, y, lr, num_updates, w))
    if all(close(w, descent(*case)) for *case, w in cases):
        return
    for change, sentence in TRAIN_MISTAKES:
        if all(close(w, descent(*case, **change)) for *case, w in cases):
            raise Mistake(sentence)
    for X, y, lr, num_updates, w in cases:
        wanted = descent(X, y, lr, num_updates)
        if not close(w, wanted):
            raise Mistake(
                f"After {num_updates} updates at rate {lr} on {len(X)} examples the first weight "
                f"should be {wanted[0].item():.4g}; yours is {w[0].item():.4g}."
            )


def lot_and_bedrooms():
    """The data of exercise 3.4: standardised features (88, 2), centred price (88, 1)."""
    houses = data.house_prices()
    features = houses.X[:, [0, 2]]
    X = (features - features.mean(0)) / features.std(0, correction=0)
    return X, houses.y - houses.y.mean()


def losses_above(X, y, lr, num_updates):
    """The loss above its least value at each of the num_updates + 1 positions from zero on."""
    H = X.T @ X / len(X)
    e = -torch.linalg.lstsq(X, y).solution
    found = []
    for _ in range(num_updates + 1):
        found.append((e * (H @ e)).sum() / 2)
        e = e - lr * (H @ e)
    return torch.stack(found)


@exercise("3.4", "A good rate pays at once, and so does knowing what a bad one costs.")
def tune(new_lr, updates_at_0_05):
    """A rate that gets within 0.01 of the least loss in 10 updates; the count at rate 0.05."""
    lr = expect_number("new_lr", new_lr)
    updates = expect_whole("updates_at_0_05", updates_at_0_05)
    if lr <= 0:
        raise Mistake(f"A learning rate is positive, yours is {lr:g}.")
    X, y = lot_and_bedrooms()
    above = losses_above(X, y, lr, 10)
    if above[-1] > above[0]:
        raise Mistake(f"At rate {lr:g} the loss grows: it is beyond the bound.")
    if not above[-1] < 0.01:
        raise Mistake(f"At rate {lr:g} the loss is {above[-1]:.3g} above its least after 10.")
    counted = int((losses_above(X, y, 0.05, 500) >= 0.01).sum())
    if updates != counted:
        raise Mistake(
            f"new_lr is right. At rate 0.05 the loss is within 0.01 for the first time after "
            f"another number of updates than {updates}; the start is number 0."
        )


@exercise("3.5", "Loss curves alone can find a rate, in any units.")
def find_lr(find):
    """`find(X, y)`: a float between 0.2 and 0.9 times the bound, on data of several scales."""
    X_houses, y_houses = lot_and_bedrooms()
    cases = [(X_houses, y_houses)]
    for n, d, scale in ((30, 1, 1e-6), (200, 3, 1.0), (12, 2, 400.0), (50, 5, 0.1)):
        X = scale * (torch.randn(n, d, dtype=torch.float64) + 0.5)
        w = torch.ones(d, 1, dtype=torch.float64) / scale
        cases.append((X, X @ w + torch.randn(n, 1, dtype=torch.float64)))
    for X, y in cases:
        with unchanged(X=X, y=y):
            lr = find(X, y)
        lr = expect_number("find_lr(X, y)", lr, tensor=False)
        share = lr * largest(gram(X, ones=False)) / 2
        if not 0.2 <= share <= 0.9:
            raise Mistake(
                f"On {len(X)} examples with {X.shape[1]} features of size about "
                f"{X.abs().mean():.1g} your rate is {share:.3g} times the bound."
            )
