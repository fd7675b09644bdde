"""Answers to the exercises of lesson 5."""

import math

import torch

RIGHT = {
    "count_updates": [(3 * math.ceil(1000 / 64), 1000 % 64), (torch.tensor(48), 40.0)],
    "ridge_gradient": [],
    "train_step": [],
    "shuffled_batches": [],
    "broadcast_floor": [(lambda y: ((y - y.mean()) ** 2).mean() / 2,)],
}
WRONG = {
    "count_updates": [
        ((45, 40), "rounded up"),
        ((16, 40), "one epoch"),
        ((46.875, 40), "whole"),
        ((48, 64), "cannot be full"),
        ((48, 0), "leave over"),
        ((64, 40), "Count the batches"),
    ],
    "ridge_gradient": [],
    "train_step": [],
    "shuffled_batches": [],
    "broadcast_floor": [
        ((lambda y: y.var(correction=0),), "has a half"),
        ((lambda y: y.var() / 2,), "n - 1"),
        ((lambda y: 0.0,), "cannot reach 0"),
        ((lambda y: y.std(),), "standard deviation"),
        ((lambda y: y.mean(),), "one constant"),
    ],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("ridge_gradient")
def ridge_by_autograd(X, y, w, b, lam):
    w, b = w.requires_grad_(), b.requires_grad_()
    objective = ((X @ w + b - y) ** 2).mean() / 2 + lam * (w**2).sum() / 2
    return torch.autograd.grad(objective, (w, b))


@right("ridge_gradient")
def ridge_by_loop(X, y, w, b, lam):
    grad_w, grad_b = lam * w, 0 * b
    for x_i, y_i in zip(X, y, strict=True):
        r_i = x_i @ w + b - y_i
        grad_w = grad_w + x_i.reshape(-1, 1) * r_i / len(X)
        grad_b = grad_b + r_i / len(X)
    return [grad_w, grad_b]


def ridge_variant(data=1.0, penalty=1.0, penalty_b=0.0, mean=True, flat=False):
    """A hand-written ridge gradient with its factors turned to a mistake."""

    def gradient(X, y, w, b, lam):
        r = data * (X @ w + b - y)
        m = len(X) if mean else 1
        grad_w = X.T @ r / m + penalty * lam * w
        return grad_w.flatten() if flat else grad_w, r.sum(0) / m + penalty_b * lam * b

    return gradient


WRONG["ridge_gradient"] += [
    ((ridge_variant(mean=False),), "divide the sum"),
    ((ridge_variant(data=-1.0, penalty=-1.0),), "sign"),
    ((ridge_variant(penalty=0.0),), "penalty is missing"),
    ((ridge_variant(penalty=2.0),), "not twice"),
    ((ridge_variant(data=2.0),), "no factor 2"),
    ((ridge_variant(penalty_b=1.0),), "bias is not penalised"),
    ((ridge_variant(flat=True),), "shape (2, 1), got (2,)"),
    ((ridge_variant(penalty=0.3),), "for w differs"),
]


@wrong("ridge_gradient", "`return` missing")
def ridge_without_return(X, y, w, b, lam):
    ridge_by_loop(X, y, w, b, lam)


@wrong("ridge_gradient", "two tensors")
def ridge_w_only(X, y, w, b, lam):
    return X.T @ (X @ w + b - y) / len(X) + lam * w


@wrong("ridge_gradient", "RuntimeError")
def ridge_shapes_mixed_up(X, y, w, b, lam):
    return X @ (X @ w + b - y) / len(X) + lam * w, b


@right("train_step")
def step_with_mean(X, y, w, b, lr):
    ((X @ w + b - y) ** 2 / 2).mean().backward()
    for param in (w, b):
        param.data.sub_(lr * param.grad)
        param.grad = None


@right("train_step")
def step_by_formula(X, y, w, b, lr):
    with torch.no_grad():
        r = X @ w + b - y
        w -= lr * X.T @ r / len(y)
        b -= lr * r.mean(0)


def step_variant(scale=lambda y: 1 / len(y), clear=True, factor=1.0):
    """A training step with its divisor, sign or clearing turned to a mistake."""

    def step(X, y, w, b, lr):
        (((X @ w + b - y) ** 2 / 2).sum() * scale(y) * factor).backward()
        with torch.no_grad():
            for param in (w, b):
                param -= lr * param.grad
                if clear:
                    param.grad.zero_()

    return step


WRONG["train_step"] += [
    ((step_variant(scale=lambda y: 1.0),), "grows with the batch"),
    ((step_variant(scale=lambda y: 1 / 10),), "wrong for 4"),
    ((step_variant(scale=lambda y: 1 / len(y) ** 2),), "Divided twice"),
    ((step_variant(factor=2.0),), "twice too long"),
    ((step_variant(factor=-1.0),), "uphill"),
    ((step_variant(factor=0.5),), "not where one step"),
    ((step_variant(clear=False),), "not cleared"),
    ((step_variant(factor=float("nan")),), "NaN"),
]


@wrong("train_step", "did not move")
def step_renames(X, y, w, b, lr):
    ((X @ w + b - y) ** 2 / 2).mean().backward()
    with torch.no_grad():
        w = w - lr * w.grad
        b = b - lr * b.grad


@wrong("train_step", "leaf Variable")
def step_without_no_grad(X, y, w, b, lr):
    ((X @ w + b - y) ** 2 / 2).mean().backward()
    w -= lr * w.grad


@wrong("train_step", "but b is not")
def step_forgets_b(X, y, w, b, lr):
    with torch.no_grad():
        w -= lr * X.T @ (X @ w + b - y) / len(y)


@wrong("train_step", "still ask for a gradient")
def step_freezes(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    w.requires_grad_(False)


@right("shuffled_batches")
def batches_as_list(batch_size, X, y):
    parts = torch.randperm(len(X)).split(batch_size)
    return [(X[part], y[part]) for part in parts]


@right("shuffled_batches")
def batches_of_permuted(batch_size, X, y):
    order = torch.argsort(torch.rand(len(X)))
    X, y = X[order], y[order]
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@wrong("shuffled_batches", "shuffled apart")
def batches_two_orders(batch_size, X, y):
    X, y = X[torch.randperm(len(X))], y[torch.randperm(len(X))]
    return list(zip(X.split(batch_size), y.split(batch_size), strict=True))


@wrong("shuffled_batches", "last, smaller batch is missing")
def batches_drop_last(batch_size, X, y):
    return batches_as_list(batch_size, X, y)[:-1]


@wrong("shuffled_batches", "their own order")
def batches_in_order(batch_size, X, y):
    return list(zip(X.split(batch_size), y.split(batch_size), strict=True))


@wrong("shuffled_batches", "shape (5, 1), got (5,)")
def batches_flat_labels(batch_size, X, y):
    return [(X_batch, y_batch.flatten()) for X_batch, y_batch in batches_as_list(batch_size, X, y)]


@wrong("shuffled_batches", "same order")
def batches_one_seed(batch_size, X, y):
    torch.manual_seed(3)
    return batches_as_list(batch_size, X, y)


@wrong("shuffled_batches", "exactly once")
def batches_with_replacement(batch_size, X, y):
    parts = torch.randint(len(X), (len(X),)).split(batch_size)
    return [(X[part], y[part]) for part in parts]


@wrong("shuffled_batches", "gave None")
def batches_without_yield(batch_size, X, y):
    batches_as_list(batch_size, X, y)


@wrong("shuffled_batches", "is a pair")
def batches_of_X(batch_size, X, y):
    return [X_batch for X_batch, _ in batches_as_list(batch_size, X, y)]


@wrong("shuffled_batches", "only the last may be smaller")
def batches_too_many(batch_size, X, y):
    return batches_as_list(batch_size - 1, X, y)
