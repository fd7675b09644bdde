"""Answers to the exercises of lesson 3."""

from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "three_updates": [
        (-1 / 8, -8),
        (Fraction(-1, 8), np.float64(-8)),
        (torch.tensor(-0.125), -8.0),
        (-0.12501, -8.001),
    ],
    "largest_stable_lr": [],
    "train": [],
    "tune": [
        (1.0, 110),
        (0.5, 110),
        (1.36, 110),
        (0.43, 110),
        (Fraction(13, 10), 110.0),
        (np.float64(0.7), np.int64(110)),
    ],
    "find_lr": [],
}
WRONG = {
    "three_updates": [
        ((0.125, -8), "At 1.5/λ the size is right"),
        ((-0.125, 8), "At 3/λ the size is right"),
        ((-0.5, -2), "after one update"),
        ((-0.125, -2), "At 3/λ that is the error after one update"),
        ((-1.5, -6), "3 times the factor"),
        ((0.25, 4), "after two updates"),
        ((1.5**3, 27), "not by lr λ"),
        ((-0.125, 0), "the answer is not 0: put lr into"),
        ((-0.1252, -8), "the answer is not -0.1252"),
        ((0.1252, -8), "the answer is not 0.1252"),
        ((-0.125, None), "should be a number"),
        ((-0.125, float("-inf")), "should be finite"),
    ],
    "largest_stable_lr": [],
    "train": [],
    "tune": [
        ((0.0, 110), "is positive, yours is 0"),
        ((-1.0, 110), "is positive, yours is -1"),
        ((2.0, 110), "beyond the bound"),
        ((0.05, 110), "above its least after 10"),
        ((1.5, 110), "At rate 1.5 the loss is 1.52 above"),
        ((1.37, 110), "the loss is 0.0138 above"),
        ((0.42, 110), "the loss is 0.0134 above"),
        ((1.0, 109), "number of updates than 109"),
        ((1.0, 111), "the start is number 0"),
        ((1.0, 110.5), "should be a whole number, got 110.5"),
        (("1.0", 110), "should be a number"),
    ],
    "find_lr": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


def with_ones(features):
    """The features with a column of ones, in their own dtype."""
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1)


@right("largest_stable_lr")
def bound_by_singular_values(features):
    spectral = torch.linalg.matrix_norm(with_ones(features), ord=2)
    return (2 * len(features) / spectral**2).item()


@right("largest_stable_lr")
def bound_by_numpy(features):
    X = with_ones(features).numpy()
    return 2 / np.linalg.eigvals(X.T @ X / len(X)).real.max()


@right("largest_stable_lr")
def bound_to_four_digits(features):
    return float(f"{bound_by_singular_values(features):.4g}")


def standardise(features, correction=0):
    """Each column with mean 0 and spread 1."""
    return (features - features.mean(0)) / features.std(0, correction=correction)


def bound_variant(ones=True, over=2.0, mean=True, pick=-1, power=1.0, first=lambda f: f):
    """The bound with one of its parts turned to a mistake."""

    def bound(features):
        X = with_ones(first(features)) if ones else first(features)
        H = X.T @ X / (len(X) if mean else 1)
        return (over / torch.linalg.eigvalsh(H)[pick] ** power).item()

    return bound


WRONG["largest_stable_lr"] += [
    ((bound_variant(ones=False),), "bound without a bias"),
    ((bound_variant(first=standardise),), "bound of standardised"),
    ((bound_variant(first=lambda f: standardise(f, 1)),), "bound of standardised"),
    ((bound_variant(first=lambda f: f - f.mean(0)),), "bound of centred"),
    ((bound_variant(over=1.0),), "the bound is 2/λ"),
    ((bound_variant(over=4.0),), "That is 4/λ"),
    ((bound_variant(mean=False),), "divide X'X by the number"),
    ((bound_variant(pick=0),), "over the smallest"),
    ((bound_variant(power=0.5),), "singular value of X/√n"),
    ((bound_variant(mean=False, power=0.5),), "singular value of X; its square over n"),
    ((bound_variant(over=1.0, power=-1.0),), "the eigenvalue itself"),
    ((bound_variant(over=0.5, power=-1.0),), "That is λ/2"),
    ((bound_variant(over=3.0),), "For 12 examples with 2 features the bound is"),
    ((bound_variant(over=2.002),), "For 12 examples with 2 features the bound is"),
    ((lambda features: torch.tensor(bound_variant()(features)),), "`.item()` makes one"),
    ((lambda features: "0.1",), "should be a number"),
]


@wrong("largest_stable_lr", "For 3 examples with 4 features")
def bound_right_for_few_features(features):
    return bound_variant(pick=-1 if features.shape[1] < 4 else -2)(features)


@wrong("largest_stable_lr", "changed `features`")
def bound_in_place(features):
    answer = bound_variant()(features)
    features -= features.mean(0)
    return answer


@right("train")
def train_clearing_first(X, y, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype).requires_grad_()
    for _ in range(num_updates):
        w.grad = None
        (0.5 * torch.nn.functional.mse_loss(X @ w, y)).backward()
        w.data = w.data - lr * w.grad
    return w.detach()


@right("train")
def train_by_library(X, y, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(num_updates):
        optimizer.zero_grad()
        (((X @ w - y) ** 2).mean() / 2).backward()
        optimizer.step()
    return w.detach()


def train_variant(clear=True, over=2, mean=True, sign=1, detach=True):
    """The program of the exercise with one of its parts turned to a mistake."""

    def train(X, y, lr, num_updates):
        w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
        for _ in range(num_updates):
            squares = (X @ w - y) ** 2
            ((squares.mean() if mean else squares.sum()) / over).backward()
            with torch.no_grad():
                w -= sign * lr * w.grad
            if clear:
                w.grad.zero_()
        return w.detach() if detach else w

    return train


WRONG["train"] += [
    ((train_variant(clear=False),), "still holds the sum of all gradients"),
    ((train_variant(over=1),), "mean HALF squared"),
    ((train_variant(mean=False),), "those of a sum"),
    ((train_variant(sign=-1),), "walks uphill"),
    ((train_variant(detach=False),), "still carries its graph"),
    ((train_variant(over=3),), "After 1 updates at rate 0.1 on 7 examples"),
    (
        (lambda X, y, lr, num_updates: train_variant()(X, y, lr, num_updates).float(),),
        "should hold torch.float64",
    ),
    ((lambda X, y, lr, num_updates: torch.zeros(2),), "should have shape (2, 1), got (2,)"),
    ((lambda X, y, lr, num_updates: train_variant()(X, y, 0.1, num_updates),), "on 12 examples"),
]


@wrong("train", "a `.grad` before `backward()`")
def train_without_backward(X, y, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    with torch.no_grad():
        w -= lr * w.grad
    return w.detach()


@wrong("train", "Something is None there")
def train_under_a_new_name(X, y, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    for _ in range(num_updates):
        (((X @ w - y) ** 2).mean() / 2).backward()
        w = w - lr * w.grad  # no leaf any more
    return w.detach()


@wrong("train", "After 0 updates")
def train_once_at_least(X, y, lr, num_updates):
    return train_variant()(X, y, lr, max(1, num_updates))


@wrong("train", "`return` missing")
def train_without_return(X, y, lr, num_updates):
    train_variant()(X, y, lr, num_updates)


@wrong("train", "changed `y`")
def train_on_centred_labels(X, y, lr, num_updates):
    w = train_variant()(X, y, lr, num_updates)
    y -= y.mean()
    return w


@wrong("train", "changed `X`")
def train_on_scaled_features(X, y, lr, num_updates):
    w = train_variant()(X, y, lr, num_updates)
    X *= 2
    return w


@wrong("train", "changed `X`")
def train_with_gradient_for_data(X, y, lr, num_updates):
    return train_variant()(X.requires_grad_(), y, lr, num_updates)


@wrong("train", "changed `y`")
def train_with_gradient_for_labels(X, y, lr, num_updates):
    return train_variant()(X, y.requires_grad_(), lr, num_updates)


def loss_after(X, y, lr, num_updates=30):
    """The loss after descent from zero, and at zero."""
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        w = w - lr * X.T @ (X @ w - y) / len(X)
    return ((X @ w - y) ** 2).mean().item(), (y**2).mean().item()


@right("find_lr")
def find_by_halving(X, y):
    lr = 1e15
    while True:
        end, start = loss_after(X, y, lr)
        if end < start:
            return lr / 2
        lr /= 2


@right("find_lr")
def find_upwards(X, y):
    lr = 1e-9
    while True:
        end, start = loss_after(X, y, lr, 60)
        if not end <= start:
            return np.float64(lr / 2.5)
        lr *= 1.5


@wrong("find_lr", "features of size about 9e-07")
def find_from_a_rate_that_suits_few_units(X, y):
    lr = 1e9
    while not loss_after(X, y, lr)[0] < loss_after(X, y, lr)[1]:
        lr /= 2
    return lr / 2


@wrong("find_lr", "times the bound")
def find_by_tens(X, y):
    lr = 1.0
    while not loss_after(X, y, lr)[0] < loss_after(X, y, lr)[1]:
        lr /= 10
    return lr


def share_of_bound(share):
    """An answer that is a given share of the bound."""
    return lambda X, y: share * 2 * len(X) / torch.linalg.matrix_norm(X, 2).item() ** 2


RIGHT["find_lr"] += [(share_of_bound(0.21),), (share_of_bound(0.89),)]
WRONG["find_lr"] += [
    ((share_of_bound(0.19),), "your rate is 0.19 times the bound"),
    ((share_of_bound(0.91),), "your rate is 0.91 times the bound"),
    ((lambda X, y: 0.5,), "On 30 examples with 1 features"),
    ((lambda X, y: torch.tensor(0.5),), "`.item()` makes one"),
    ((lambda X, y: None,), "should be a number"),
]


@wrong("find_lr", "On 50 examples with 5 features of size about")
def find_only_for_few_features(X, y):
    return share_of_bound(0.5 if X.shape[1] < 5 else 1.5)(X, y)


@wrong("find_lr", "changed `X`")
def find_on_scaled_features(X, y):
    lr = find_by_halving(X, y)
    X /= 2
    return lr


@wrong("find_lr", "changed `y`")
def find_on_scaled_labels(X, y):
    lr = find_by_halving(X, y)
    y /= 2
    return lr
