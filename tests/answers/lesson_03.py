"""Answers to the exercises of lesson 3."""

import torch

RIGHT = {
    "three_updates": [(-1 / 8, -8), (torch.tensor(-0.125), -8.0)],
    "largest_stable_lr": [],
    "quarter_spread": [(320, 1 / 16), (torch.tensor(320), 0.0625)],
    "minibatch_gradient": [],
    "best_constant_lr": [],
}
WRONG = {
    "three_updates": [
        ((0.125, -8), "leave a minus"),
        ((-0.125, 8), "At 3/λ the size is right"),
        ((-0.5, -2), "that is one update"),
        ((-1.5, -6), "not times 3"),
        ((0.25, 4), "two updates"),
        ((1.5**3, 27), "not by lr λ"),
        ((-0.125, 0), "put in lr"),
        ((-0.125, None), "should be a number"),
    ],
    "largest_stable_lr": [],
    "quarter_spread": [
        ((80, 1 / 16), "halves the spread"),
        ((40, 1 / 16), "root of 2"),
        ((5, 16), "must grow"),
        ((160, 1 / 16), "solve"),
        ((320, 0.25), "not 1/sqrt(b)"),
        ((320, 1), "stays only if"),
        ((320, 16), "cannot raise"),
        ((320, 1 / 256), "lr is unchanged"),
    ],
    "minibatch_gradient": [],
    "best_constant_lr": [],
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
    largest = torch.linalg.matrix_norm(with_ones(features), ord=2)
    return (2 * len(features) / largest**2).item()


@right("largest_stable_lr")
def bound_by_general_eigenvalues(features):
    X = with_ones(features)
    return 2 / torch.linalg.eigvals(X.T @ X / len(X)).real.max()


def bound_variant(ones=True, over=2.0, mean=True, pick=-1, power=1.0):
    """The bound with one of its parts turned to a mistake."""

    def bound(features):
        X = with_ones(features) if ones else features
        H = X.T @ X / (len(X) if mean else 1)
        return over / torch.linalg.eigvalsh(H)[pick] ** power

    return bound


WRONG["largest_stable_lr"] += [
    ((bound_variant(ones=False),), "append the column of ones"),
    ((bound_variant(over=1.0),), "the bound is at 2/λ"),
    ((bound_variant(mean=False),), "divide X'X"),
    ((bound_variant(pick=0),), "not the smallest"),
    ((bound_variant(power=0.5),), "squares of the singular"),
    ((bound_variant(mean=False, power=0.5),), "squares of the singular"),
    ((bound_variant(over=0.5, power=-1.0),), "must make the bound smaller"),
    ((bound_variant(over=3.0),), "Not 2 over"),
    ((lambda features: torch.linalg.eigvalsh(features.T @ features),), "should be a number"),
]


@right("minibatch_gradient")
def minibatch_without_replacement(X, y, w, batch_size):
    rows = torch.randperm(len(X))[:batch_size]
    w = w.requires_grad_()
    (((X[rows] @ w - y[rows]) ** 2).mean() / 2).backward()
    return w.grad


@right("minibatch_gradient")
def minibatch_by_loop(X, y, w, batch_size):
    total = torch.zeros_like(w)
    for i in torch.multinomial(torch.ones(len(X)), batch_size, replacement=True).tolist():
        total += X[i].reshape(-1, 1) * (X[i] @ w - y[i])
    return total / batch_size


def minibatch_variant(rows=lambda n, b: torch.randint(n, (b,)), scale=lambda n, b: 1 / b):
    """A minibatch gradient with its rows or its factor turned to a mistake."""

    def gradient(X, y, w, batch_size):
        i = rows(len(X), batch_size)
        return X[i].T @ (X[i] @ w - y[i]) * scale(len(X), batch_size)

    return gradient


WRONG["minibatch_gradient"] += [
    ((minibatch_variant(scale=lambda n, b: 1.0),), "take the mean, not the sum"),
    ((minibatch_variant(scale=lambda n, b: 1 / n),), "not by the number of all"),
    ((minibatch_variant(scale=lambda n, b: -1 / b),), "sign"),
    ((minibatch_variant(scale=lambda n, b: 2 / b),), "no factor 2"),
    ((minibatch_variant(lambda n, b: torch.arange(b)),), "draw new rows"),
    (
        (minibatch_variant(lambda n, b: torch.arange(n), lambda n, b: 1 / n),),
        "full gradient, every",
    ),
    ((minibatch_variant(lambda n, b: torch.randint(n // 2, (b,))),), "drawn as often"),
    ((minibatch_variant(lambda n, b: torch.randint(n, (1,)), lambda n, b: 1.0),), "not fewer"),
    ((minibatch_variant(lambda n, b: torch.randint(n, (4 * b,)), lambda n, b: 0.25 / b),), "more"),
]


@wrong("minibatch_gradient", "`return` missing")
def minibatch_without_return(X, y, w, batch_size):
    minibatch_by_loop(X, y, w, batch_size)


@wrong("minibatch_gradient", "shape (2, 1), got (2,)")
def minibatch_flat(X, y, w, batch_size):
    return minibatch_by_loop(X, y, w, batch_size).flatten()


@wrong("minibatch_gradient", "RuntimeError")
def minibatch_shapes_mixed_up(X, y, w, batch_size):
    rows = torch.randint(len(X), (batch_size,))
    return X[rows] @ (X[rows] @ w - y[rows]) / batch_size


@right("best_constant_lr")
def best_from_sorted(eigenvalues):
    values = sorted(eigenvalues.tolist())
    lr = 2 / (values[0] + values[-1])
    return [lr, max(abs(1 - lr * value) for value in values)]


@right("best_constant_lr")
def best_by_condition_number(eigenvalues):
    kappa = eigenvalues.max() / eigenvalues.min()
    return 2 / (eigenvalues.min() * (1 + kappa)), (kappa - 1) / (kappa + 1)


def best_variant(rate, factor=None):
    """An answer with its rate, and perhaps its factor, turned to a mistake."""

    def best(values):
        lr = rate(values)
        return lr, (1 - lr * values).abs().max() if factor is None else factor(values)

    return best


def true_rate(values):
    return 2 / (values.min() + values.max())


WRONG["best_constant_lr"] += [
    ((best_variant(lambda v: 2 / v.max()),), "does not shrink"),
    ((best_variant(lambda v: 1 / v.max()),), "slow along"),
    ((best_variant(lambda v: 1 / v.min()),), "may grow"),
    ((best_variant(lambda v: (1 / v.min() + 1 / v.max()) / 2),), "a mean of 1/λmin"),
    ((best_variant(lambda v: 1 / (v.min() * v.max()).sqrt()),), "a mean of 1/λmin"),
    ((best_variant(lambda v: 2 / (v[0] + v[-1])),), "any order"),
    ((best_variant(lambda v: 1 / v.mean()),), "Only the two ends"),
    ((best_variant(lambda v: 1 / (v.min() + v.max())),), "are equal: solve"),
    ((best_variant(true_rate, lambda v: 1 - true_rate(v) * v.max()),), "not negative"),
    ((best_variant(true_rate, lambda v: v.min() / v.max()),), "The rate is right"),
    ((true_rate,), "Return two numbers"),
]


@wrong("best_constant_lr", "`return` missing")
def best_without_return(eigenvalues):
    best_from_sorted(eigenvalues)
