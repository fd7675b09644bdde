"""Answers to the exercises of lesson 5."""

import math
import random
from fractions import Fraction

import torch

RIGHT = {
    "count_updates": [
        (4 * math.ceil(500 / 64), (500 % 64) / 64),
        (torch.tensor(32), 0.813),
        (32.0, Fraction(13, 16)),
    ],
    "ridge_gradient": [],
    "train_step": [],
    "broadcast_floor": [(lambda y: ((y - y.mean()) ** 2).mean() / 2,)],
    "fit": [],
}
WRONG = {
    "count_updates": [
        ((28, 0.8125), "rounded up"),
        ((8, 0.8125), "8 updates make one epoch"),
        ((7, 0.8125), "7 updates make one epoch"),
        ((31.25, 0.8125), "whole"),
        ((64, 0.8125), "is not 64"),
        ((32, 64 / 52), "upside down"),
        ((32, 52), "length of the last batch"),
        ((32, 1), "`share` is not 1:"),
        ((32, 0.81), "`share` is not 0.81:"),
        ((32, 0.815), "`share` is not 0.815:"),
    ],
    "ridge_gradient": [],
    "train_step": [],
    "broadcast_floor": [
        ((lambda y: y.var(correction=0),), "has a half"),
        ((lambda y: y.var(correction=1) / 2 if len(y) > 1 else 0.0,), "n - 1"),
        ((lambda y: y.var(correction=1) if len(y) > 1 else 0.0,), "n - 1"),
        ((lambda y: 0.0,), "cannot reach 0"),
        ((lambda y: y.std(correction=0),), "standard deviation"),
        ((lambda y: y.std(),), "standard deviation"),
        ((lambda y: y.mean(),), "one constant"),
        ((lambda y: y.var(correction=0) / 2 if len(y) < 5 else 1.0,), "one constant"),
        ((lambda y: 0.1,), "For the labels [0, 2, 7, 3] the floor is 3.25, got 0.1."),
        ((lambda y: y.var(correction=0) / 2 if len(y) < 9 else 0.1,), ", ...] the floor is"),
        ((lambda y: y.var(correction=0) / 2 if len(y) > 1 else 2.0,), "For a single label"),
        ((lambda y: y.sub_(y.mean()).square().mean() / 2,), "changed `y`"),
    ],
    "fit": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("ridge_gradient")
def ridge_by_autograd(X, y, w, b, lam):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
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


def ridge_variant(data_w=1.0, data_b=1.0, penalty=1.0, penalty_b=0.0, keep_b=(1, 1)):
    """A hand-written ridge gradient with its factors turned to a mistake.

    A factor may be a function of (n, w, lam); `keep_b` says whether each part's residual holds b.
    """

    def gradient(X, y, w, b, lam):
        def value(factor):
            return factor(len(X), w, lam) if callable(factor) else factor

        in_w, in_b = (X @ w + keep * b - y for keep in keep_b)
        grad_w = value(data_w) * X.T @ in_w / len(X) + value(penalty) * lam * w
        return grad_w, value(data_b) * in_b.mean(0) + penalty_b * lam * b

    return gradient


def with_answer(change):
    """The right ridge gradient with `change` applied to the pair that it returns."""
    return lambda X, y, w, b, lam: change(*ridge_by_loop(X, y, w, b, lam))


def ridge_changes(name):
    """The right ridge gradient, which also changes one of its arguments."""

    def gradient(X, y, w, b, lam):
        answer = ridge_by_loop(X, y, w, b, lam)
        {"X": X, "y": y, "w": w, "b": b}[name].add_(1)
        return answer

    return gradient


def times_n(n, w, lam):
    return n


WRONG["ridge_gradient"] += [
    ((ridge_variant(data_w=times_n, data_b=times_n),), "for w is a mean"),
    ((ridge_variant(data_b=times_n),), "for b is a mean"),
    ((ridge_variant(data_w=-1.0, penalty=-1.0, data_b=-1.0),), "The sign is turned round"),
    ((ridge_variant(data_w=-1.0, data_b=-1.0),), "sign of the data part"),
    ((ridge_variant(data_b=-1.0),), "sign of the gradient for b"),
    ((ridge_variant(penalty=0.0),), "penalty is missing"),
    ((ridge_variant(penalty=2.0),), "not twice"),
    ((ridge_variant(penalty=0.5),), "not lam / 2"),
    ((ridge_variant(penalty=lambda n, w, lam: 1 / n),), "not divided by n"),
    ((ridge_variant(penalty=lambda n, w, lam: 1 / w.norm()),), "no norm"),
    ((ridge_variant(penalty=lambda n, w, lam: w.norm() / w),), "one number"),
    ((ridge_variant(data_w=2.0, data_b=2.0),), "no factor 2"),
    ((ridge_variant(data_b=2.0),), "for b, too"),
    ((ridge_variant(penalty_b=1.0),), "bias is not penalised"),
    ((ridge_variant(keep_b=(0, 0)),), "residual of the gradient for w"),
    ((ridge_variant(keep_b=(1, 0)),), "residual of the gradient for b"),
    ((ridge_variant(penalty=0.3),), "gradient for w should be"),
    ((ridge_variant(data_b=0.3),), "gradient for b should be"),
    ((with_answer(lambda w, b: (w.flatten(), b)),), "shape (2, 1), got (2,)"),
    ((with_answer(lambda w, b: (w, b.sum())),), "shape (1,), got ()"),
    ((with_answer(lambda w, b: (w, b.reshape(1, 1))),), "shape (1,), got (1, 1)"),
    *(((ridge_changes(name),), f"changed `{name}`") for name in ("X", "y", "w", "b")),
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
def step_clears_before(X, y, w, b, lr):
    w.grad = b.grad = None
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean().backward()
    for param in (w, b):
        param.data.sub_(lr * param.grad)


@right("train_step")
def step_by_formula(X, y, w, b, lr):
    with torch.no_grad():
        r = X @ w + b - y.reshape(len(X), 1)
        w -= lr * X.T @ r / len(y)
        b -= lr * r.mean(0)


@right("train_step")
def step_by_torch(X, y, w, b, lr):
    loss = torch.nn.functional.mse_loss(X @ w + b, y.reshape(-1, 1)) / 2
    loss.backward()
    optimizer = torch.optim.SGD([w, b], lr)
    optimizer.step()
    optimizer.zero_grad()


def step_variant(scale=lambda m: 1 / m, clear=True, flat=False):
    """A training step with its divisor, its clearing or its labels' shape turned to a mistake."""

    def step(X, y, w, b, lr):
        y = y if flat else y.reshape(-1, 1)
        (((X @ w + b - y) ** 2 / 2).sum() * scale(len(X))).backward()
        with torch.no_grad():
            for param in (w, b):
                param -= lr * param.grad
                if clear:
                    param.grad.zero_()

    return step


def step_then(change):
    """A right step, and then `change(X, y, w, b)`, whose value is returned."""

    def step(X, y, w, b, lr):
        step_by_formula(X, y, w, b, lr)
        return change(X, y, w, b)

    return step


WRONG["train_step"] += [
    ((step_variant(scale=lambda m: 1.0),), "grows with the batch"),
    ((step_variant(scale=lambda m: 1 / 10),), "Right for 10 examples"),
    ((step_variant(scale=lambda m: 1 / m**2),), "Divided twice"),
    ((step_variant(scale=lambda m: 2 / m),), "twice too long"),
    ((step_variant(scale=lambda m: -1 / m),), "uphill"),
    ((step_variant(scale=lambda m: 0.5 / m),), "w should move by"),
    ((step_variant(scale=lambda m: float("nan")),), "NaN"),
    ((step_variant(clear=False),), "not cleared"),
    ((step_variant(flat=True),), "broadcast"),
    ((step_variant(flat=True, scale=lambda m: 1 / m**2 if m > 4 else 1 / m),), "Divided twice"),
    ((step_then(lambda X, y, w, b: w),), "Nothing is to be returned"),
]


@wrong("train_step", "before the gradients are cleared?")
def step_clears_too_early(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean().backward()
    with torch.no_grad():
        for param in (w, b):
            param.grad.zero_()
            param -= lr * param.grad


@wrong("train_step", "w and b did not move. Is a step taken")
def step_renames(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean().backward()
    with torch.no_grad():
        w = w - lr * w.grad
        b = b - lr * b.grad


@wrong("train_step", "did not move")
def step_forgets_backward_after_nothing(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean()


@wrong("train_step", "`backward()`")
def step_forgets_backward(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean()
    with torch.no_grad():
        for param in (w, b):
            param -= lr * param.grad
            param.grad.zero_()


@wrong("train_step", "with TypeError: ")
def step_mixes_types(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean().backward()
    w.data -= "lr" * w.grad


@wrong("train_step", "with TypeError: ")
def step_mixes_types_before_backward(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / {}).mean().backward()


@wrong("train_step", "leaf Variable")
def step_without_no_grad(X, y, w, b, lr):
    ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).mean().backward()
    w -= lr * w.grad


@wrong("train_step", "but b is not")
def step_forgets_b(X, y, w, b, lr):
    with torch.no_grad():
        w -= lr * X.T @ (X @ w + b - y.reshape(-1, 1)) / len(y)


@wrong("train_step", "`w` must still ask for a gradient")
def step_freezes_w(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    w.requires_grad_(False)


@wrong("train_step", "`b` must still ask for a gradient")
def step_freezes_b(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    b.requires_grad_(False)


@wrong("train_step", "`w` had shape (2, 1), now (2,)")
def step_flattens(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    w.data = w.data.flatten()


@wrong("train_step", "changed `X`")
def step_changes_X(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    X.zero_()


@wrong("train_step", "changed `y`")
def step_changes_y(X, y, w, b, lr):
    step_by_formula(X, y, w, b, lr)
    y.zero_()


def fitting(
    order=lambda n: torch.randperm(n).tolist(),
    order_y=lambda order, n: order,
    scale=lambda m, batch_size: 1 / m,
    keep_short=True,
    clear=True,
    one_epoch=False,
    one_order=False,
    train_b=True,
    finish=lambda w, b: (w, b),
):
    """A training program by the formula, with one of its parts turned to a mistake."""

    def program(X, y, batch_size, lr, num_epochs):
        n, d = X.shape
        w, b = torch.zeros(d, 1), torch.zeros(1)
        sum_w, sum_b = torch.zeros(d, 1), torch.zeros(1)
        rows = order(n)
        for _ in range(1 if one_epoch else num_epochs):
            if not one_order:
                rows = order(n)
            rows_y = order_y(rows, n)
            for i in range(0, n, batch_size):
                batch, batch_y = rows[i : i + batch_size], rows_y[i : i + batch_size]
                if len(batch) < batch_size and not keep_short:
                    continue
                r = X[batch] @ w + b - y[batch_y]
                factor = scale(len(batch), batch_size)
                if clear:
                    sum_w, sum_b = torch.zeros(d, 1), torch.zeros(1)
                sum_w, sum_b = sum_w + factor * X[batch].T @ r, sum_b + factor * r.sum(0)
                w = w - lr * sum_w
                b = b - lr * sum_b * train_b
        return finish(w, b)

    return program


@right("fit")
def fit_with_library(X, y, batch_size, lr, num_epochs):
    net = torch.nn.Linear(X.shape[1], 1)
    torch.nn.init.zeros_(net.weight)
    torch.nn.init.zeros_(net.bias)
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True)
    optimizer = torch.optim.SGD(net.parameters(), lr)
    for _ in range(num_epochs):
        for X_batch, y_batch in loader:
            loss = torch.nn.functional.mse_loss(net(X_batch), y_batch) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.weight.detach().T, net.bias.detach()


def shuffled(n):
    rows = list(range(n))
    random.shuffle(rows)
    return rows


RIGHT["fit"] += [(fitting(),), (fitting(order=shuffled, finish=lambda w, b: [w, b]),)]


def at_most_all(program):
    """The program, with a batch size that is never larger than the number of examples."""
    return lambda X, y, batch_size, *rest: program(X, y, min(batch_size, len(X)), *rest)


WRONG["fit"] += [
    ((fitting(order=lambda n: list(range(n))),), "always come in one order"),
    ((fitting(one_order=True),), "Every epoch has the same order"),
    ((fitting(keep_short=False),), "batch_size = 8 the only batch is short, and"),
    ((at_most_all(fitting(keep_short=False)),), "The last, smaller batch is missing"),
    ((fitting(scale=lambda m, batch_size: 1 / batch_size),), "is short: divide by the length"),
    (
        (at_most_all(fitting(scale=lambda m, batch_size: 1 / batch_size)),),
        "Divide by the length of the batch that is there, not batch_size",
    ),
    ((fitting(scale=lambda m, batch_size: 0.9 if m < batch_size else 1 / m),), "With all 5"),
    ((fitting(scale=lambda m, batch_size: 1),), "grows with the batch"),
    ((fitting(scale=lambda m, batch_size: 2 / m),), "twice too long"),
    ((fitting(scale=lambda m, batch_size: -1 / m),), "uphill"),
    ((fitting(scale=lambda m, batch_size: 0.7 / m),), "With all 6 examples"),
    ((fitting(scale=lambda m, batch_size: 0),), "not moved from zero"),
    ((fitting(clear=False),), "not cleared"),
    ((fitting(one_epoch=True),), "Only one epoch"),
    ((fitting(train_b=False),), "bias has stayed at zero"),
    ((fitting(order_y=lambda order, n: torch.randperm(n).tolist()),), "examples"),
    ((fitting(order_y=lambda order, n: order if n != 5 else order[::-1]),), "examples"),
    ((fitting(order=lambda n: torch.randint(n, (n,)).tolist()),), "examples"),
    ((fitting(order=lambda n: torch.randperm(n).tolist() if n < 100 else [0] * n),), "200 new"),
    ((fitting(finish=lambda w, b: (w.flatten(), b)),), "shape (2, 1), got (2,)"),
    ((fitting(finish=lambda w, b: (w, b.sum())),), "shape (1,), got ()"),
    ((fitting(finish=lambda w, b: (w.requires_grad_(), b)),), "carries its graph"),
    ((fitting(finish=lambda w, b: (w, b.requires_grad_())),), "carries its graph"),
    ((fitting(finish=lambda w, b: w),), "two tensors"),
    ((fitting(finish=lambda w, b: None),), "`return` missing"),
]


@wrong("fit", "changed `X`")
def fit_shuffles_X(X, y, batch_size, lr, num_epochs):
    answer = fitting()(X.clone(), y.clone(), batch_size, lr, num_epochs)
    X.copy_(X + 1)
    return answer


@wrong("fit", "changed `y`")
def fit_shuffles_y(X, y, batch_size, lr, num_epochs):
    answer = fitting()(X.clone(), y.clone(), batch_size, lr, num_epochs)
    y.copy_(y + 1)
    return answer
