"""Checkers of lesson 8: loud errors."""

import copy
import re
from itertools import product

import numpy as np
import torch
from torch import nn

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    expect_whole,
    unchanged,
)


@exercise("8.1", "A traceback stops where tensors meet; two of these mistakes stand higher up.")
def three_stops(stop_1, mend_1, stop_2, mend_2, stop_3, mend_3):
    """The lines in which the program stops, and those to mend, in the order of running."""
    given = {"stop_1": stop_1, "mend_1": mend_1, "stop_2": stop_2, "mend_2": mend_2}
    given |= {"stop_3": stop_3, "mend_3": mend_3}
    lines = {name: expect_whole(name, value) for name, value in given.items()}
    for name, line in lines.items():
        if line not in range(1, 10):
            raise Mistake(f"`{name}` should be the number of a line, 1 to 9, got {line}.")
    first, second, third = (lines[f"stop_{k}"] for k in (1, 2, 3))
    if first in (3, 4):
        raise Mistake(f"`stop_1`: line {first} is wrong, and it runs: nothing has met it yet.")
    if first != 5:
        raise Mistake(f"`stop_1`: line {first} is not reached, or it runs. Go line by line.")
    if lines["mend_1"] != 5:
        raise Mistake("`mend_1`: the stop is at line 5. What does the optimizer want there?")
    if second == 7:
        raise Mistake("`stop_2`: before line 7 is reached, line 6 runs. Compare its shapes.")
    if second != 6:
        raise Mistake(f"`stop_2`: not line {second}. Which shapes meet first?")
    if lines["mend_2"] in (1, 6):
        raise Mistake(f"`mend_2`: line {lines['mend_2']} is right. Who said 3 features?")
    if lines["mend_2"] != 3:
        raise Mistake("`mend_2`: which line made the model, and for how many features?")
    if third == 8:
        raise Mistake("`stop_3`: line 8 is not reached, there is no loss yet.")
    if third != 7:
        raise Mistake(f"`stop_3`: not line {third}. What is called in line 7?")
    if lines["mend_3"] in (2, 7):
        raise Mistake(f"`mend_3`: line {lines['mend_3']} is right. What is `loss_fn`?")
    if lines["mend_3"] != 4:
        raise Mistake("`mend_3`: look for the line that made `loss_fn`.")


@exercise("8.2", "Three of the four properties, asked before two tensors meet.")
def objections(f):
    """`objections(X, w)`: what speaks against `X @ w`, of "shape", "dtype", "device"."""
    dtypes = (torch.float32, torch.float64, torch.int64)
    sizes = ((4, 2, 2, 1), (4, 2, 1, 2), (2, 2, 2, 1), (1, 3, 3, 2), (3, 1, 3, 1), (1, 4, 2, 4))
    for (n, d, k, m), places in product(sizes, product(("cpu", "meta"), repeat=2)):
        for first, second in product(dtypes, repeat=2):
            X = torch.ones(n, d, dtype=first, device=places[0])
            w = torch.ones(k, m, dtype=second, device=places[1])
            checks = {"shape": d == k, "dtype": first == second, "device": X.device == w.device}
            wanted = [name for name, fits in checks.items() if not fits]
            answer = f(X, w)
            case = (
                f"For X {n, d}, {first}, on {places[0]}, and w {k, m}, {second}, on {places[1]}"
            ).replace("torch.", "")
            if answer is None:
                raise Mistake("The function returned None: is a `return` missing?")
            if not isinstance(answer, list):
                raise Mistake(f"Return a list, got {type(answer).__name__}.")
            if sorted(map(str, answer)) == sorted(wanted) and answer != wanted:
                raise Mistake(f"{case} the right texts came in another order: {answer}.")
            if answer != wanted:
                raise Mistake(f"{case} the list should be {wanted}, got {answer}.")


def _numbers(n, d):
    """Features and labels as pandas hands them out: float64 (n, d), whole numbers (n,)."""
    X = torch.randn(n, d, dtype=torch.float64).numpy()
    return X, torch.randint(-5, 6, (n,)).numpy()


def _line(d):
    """An `nn.Linear` with weights of its own."""
    model = nn.Linear(d, 1)
    with torch.no_grad():
        model.weight.normal_()
        model.bias.normal_()
    return model


def _state(model):
    """Copies of a model's parameters, by name."""
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def _same_state(before, model, rtol=1e-4):
    """Whether a model's parameters are those copies."""
    now = _state(model)
    return before.keys() == now.keys() and all(
        before[name].dtype == now[name].dtype
        and close(before[name], now[name], rtol=rtol, atol=1e-5)
        for name in now
    )


def _check_loss_of(f):
    for n, d in ((5, 2), (1, 3), (8, 1), (2, 2)):
        X, y = _numbers(n, d)
        model = _line(d)
        X_before, y_before, before = X.copy(), y.copy(), _state(model)
        loss = f(model, X, y)
        expect_tensor("the loss of loss_of", loss, (), torch.float32, graph=True)
        if not (np.array_equal(X, X_before) and np.array_equal(y, y_before)):
            raise Mistake("`loss_of` changed the arrays that it was given.")
        if not _same_state(before, model):
            raise Mistake("`loss_of` changed the model that it was given.")
        given = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        y_hat = (given[0] @ model.weight.T + model.bias)[:, 0]
        wanted = (y_hat - given[1]).square().mean()
        pairs = (y_hat.reshape(-1, 1) - given[1]).square().mean()
        if n > 1 and close(loss, pairs) and not close(pairs, wanted):
            raise Mistake(
                f"`loss_of` returns {loss.item():.6g}, the mean over all pairs of a prediction "
                f"with a label, wanted is {wanted.item():.6g}: look at the two shapes."
            )
        if not close(loss, wanted):
            raise Mistake(
                f"`loss_of` returns {loss.item():.6g} for {n} examples, wanted is "
                f"{wanted.item():.6g}, their mean squared error."
            )
        (g,) = torch.autograd.grad(wanted, model.weight)
        loss.backward()
        if model.weight.grad is None or not close(model.weight.grad, g, atol=1e-4):
            raise Mistake("After `loss_of` and `backward()` the model's gradient is not right.")


def _check_train_all(f):
    for n, d, hidden, lr, updates in (
        (6, 2, 0, 0.1, 3),
        (5, 1, 3, 0.05, 4),
        (4, 3, 0, 0.02, 1),
        (7, 2, 4, 0.1, 2),
        (3, 2, 0, 0.1, 0),
    ):
        X, y = torch.randn(n, d), torch.randn(n, 1)
        layers = [nn.Linear(d, hidden), nn.Tanh(), nn.Linear(hidden, 1)] if hidden else [_line(d)]
        model = nn.Sequential(*layers)
        start = _state(model)
        steps = [_descended(model, start, X, y, lr, k) for k in (updates, 1, updates + 1)]
        kept = _descended(model, start, X, y, lr * updates, 1) if not hidden else None
        what = f"`train_all` with {updates} updates"
        with unchanged(X=X, y=y):
            answer = f(model, X, y, lr, updates)
        if answer is not None:
            raise Mistake("`train_all` should return nothing: the model itself is trained.")
        if _same_state(steps[0], model):
            continue
        if updates and _same_state(start, model):
            raise Mistake(f"{what} leaves the model as it was.")
        if updates > 1 and kept and _same_state(kept, model):
            raise Mistake(f"{what} follows the gradient of the start each time: predict again.")
        if updates != 1 and _same_state(steps[1], model):
            raise Mistake(f"{what} made one.")
        if _same_state(steps[2], model):
            raise Mistake(f"{what} made {updates + 1}.")
        raise Mistake(f"{what} does not end where full-batch gradient descent ends.")


def _descended(model, start, X, y, lr, updates):
    """Where gradient descent on the mean squared error takes a model's parameters."""
    twin = copy.deepcopy(model)
    parameters = dict(twin.named_parameters())
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(start[name])
    for _ in range(updates):
        loss = (twin(X) - y).square().mean()
        slopes = torch.autograd.grad(loss, list(parameters.values()))
        with torch.no_grad():
            for p, g in zip(parameters.values(), slopes, strict=True):
                p -= lr * g
    return _state(twin)


def _check_zero(model_class):
    for n, d in ((4, 2), (1, 3), (3, 1), (2, 2)):
        model = model_class(d)
        if not isinstance(model, nn.Module):
            raise Mistake(f"`Zero({d})` should be an `nn.Module`, got {type(model).__name__}.")
        found = dict(model.named_parameters())
        wanted = {"w": (d, 1), "b": (1,)}
        if sorted(found) != sorted(wanted):
            raise Mistake(f"`Zero({d})` should have the parameters w and b, it has {[*found]}.")
        for name, shape in wanted.items():
            tensor = expect_tensor(f"{name} of Zero", found[name], shape, torch.float32)
            if not tensor.requires_grad:
                raise Mistake(f"The parameter `{name}` of `Zero` cannot be trained.")
            if tensor.any():
                raise Mistake(f"The parameter `{name}` of `Zero` should start at zero.")
        X, y = torch.randn(n, d), torch.randn(n, 1)
        with torch.no_grad():
            model.w.normal_(), model.b.normal_()
        with unchanged(X=X):
            y_hat = model(X)
        expect_tensor("the prediction of Zero", y_hat, (n, 1), torch.float32, graph=True)
        if not close(y_hat, X @ model.w + model.b):
            raise Mistake("The prediction of `Zero` should be `X @ w + b`.")
        with torch.no_grad():
            r = X @ model.w + model.b - y
            moved = {"w": model.w - 0.2 * X.T @ r / n, "b": model.b - 0.2 * r.mean(0)}
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        nn.MSELoss()(model(X), y).backward()
        optimizer.step()
        if not _same_state(moved, model):
            raise Mistake("One update of `Zero` does not change `w` and `b` as it should.")


@exercise("8.3", "Cured, and by what they do: behind each first error a second mistake waited.")
def three_programs(loss_of, train_all, Zero):
    """The three programs of the exercise, mended."""
    _check_loss_of(loss_of)
    _check_train_all(train_all)
    _check_zero(Zero)


class _ArrivedError(Exception):
    """Raised to stop a step on the device `meta`, where a loss has no number."""


def _check_devices(f):
    """On another device, of which there is always one: everything must arrive there."""
    model = nn.Linear(2, 1, device="meta")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    met = []

    def loss_fn(y_hat, y):
        met.extend([y_hat.device.type, y.device.type])
        raise _ArrivedError

    try:
        f(model, optimizer, loss_fn, torch.randn(3, 2), torch.randn(3, 1))
    except _ArrivedError:
        pass
    except Exception as error:
        raise Mistake(
            f"With a model on the device `meta` and data on the CPU: {type(error).__name__}: "
            f"{error}"
        ) from None
    if met != ["meta", "meta"]:
        raise Mistake("With a model on the device `meta`, predictions and labels must meet there.")


def _check_one_step(f, model, X, y, lr, case):
    """One update on X, y in any of the shapes and dtypes allowed."""
    d, dtype = model.in_features, model.weight.dtype
    inputs, labels = X.reshape(-1, d).to(dtype), y.reshape(-1, 1).to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for p in model.parameters():
        p.grad = torch.full_like(p, 3.0)  # left over from an earlier step
    start = _state(model)
    wanted = _descended(model, start, inputs, labels, lr, 1)
    kept = {name: p - 3.0 * lr for name, p in wanted.items()}
    y_hat = inputs @ start["weight"].T + start["bias"]
    loss = (y_hat - labels).square().mean().item()
    after = (inputs @ wanted["weight"].T + wanted["bias"] - labels).square().mean().item()
    met = []

    def loss_fn(y_hat, y):
        met.append((tuple(y_hat.shape), tuple(y.shape), y_hat.dtype, y.dtype))
        return (y_hat - y).square().mean()

    with unchanged(X=X, y=y):
        answer = f(model, optimizer, loss_fn, X, y)
    if not met:
        raise Mistake("`loss_fn` was not called: use the one that is given.")
    right = ((len(inputs), 1),) * 2 + (dtype,) * 2
    if any(seen != right for seen in met):
        wrong = next(seen for seen in met if seen != right)
        if wrong[:2] != right[:2]:
            raise Mistake(
                f"{case}, predictions and labels meet in the loss with the shapes {wrong[0]} and "
                f"{wrong[1]}, wanted is {right[0]} for both."
            )
        raise Mistake(f"{case}, labels of {wrong[3]} meet predictions of {wrong[2]}.")
    if answer is None:
        raise Mistake("`step` returned None: is a `return` missing?")
    if not isinstance(answer, float):
        raise Mistake(f"`step` should return a Python `float`, got {type(answer).__name__}.")
    if _same_state(kept, model):
        raise Mistake("A gradient that was there before is still in the step: clear it first.")
    if _same_state(start, model):
        raise Mistake(f"{case}, the model did not move.")
    if not _same_state(wanted, model):
        raise Mistake(f"{case}, the parameters are not those after one update.")
    if close(answer, after, rtol=1e-3) and not close(after, loss, rtol=1e-2):
        raise Mistake("`step` returns the loss after the update, wanted is the one before it.")
    value = expect_number("the loss", answer)
    if not close(value, loss, rtol=1e-3, atol=1e-5):
        raise Mistake(f"{case}, the loss should be {loss:.6g}, got {value:.6g}.")


def _check_refusal(f, shape_X, shape_y, d, came, case):
    """Shapes that do not fit: a ValueError that names two numbers, and nothing changed.

    Args:
        f: the learner's step.
        shape_X, shape_y: the shapes handed in.
        d: the features of the model.
        came: (number that came, number expected), to be named; None where the axes are wrong.
        case: the words for the verdict.
    """
    model = _line(d)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    start = _state(model)
    X, y = torch.randn(shape_X), torch.randn(shape_y)
    X_before, y_before = X.clone(), y.clone()
    try:
        f(model, optimizer, nn.MSELoss(), X, y)
    except ValueError as error:
        message = str(error)
    except Exception as error:
        raise Mistake(f"{case} a ValueError is wanted, got {type(error).__name__}.") from None
    else:
        raise Mistake(f"{case} a ValueError is wanted, and none was raised.")
    if not (torch.equal(X, X_before) and torch.equal(y, y_before)):
        raise Mistake(f"{case} the data were changed before the error was raised.")
    if not _same_state(start, model):
        raise Mistake(f"{case} the model was changed before the error was raised.")
    if any(p.grad is None or not (p.grad == 1).all() for p in model.parameters()):
        raise Mistake(f"{case} the gradients were changed before the error was raised.")
    if came is None:
        return
    named = re.findall(r"\d+", message)
    missing = [str(number) for number in came if str(number) not in named]
    if missing:
        raise Mistake(f"{case} the message should name {' and '.join(missing)}; it says: {message}")


@exercise("8.4", "What fits is taken, what does not is refused by name, before it does harm.")
def step(f):
    """`step(model, optimizer, loss_fn, X, y)`: one training step on whatever fits the model."""
    whole, double, single = torch.int64, torch.float64, torch.float32
    for n, d, dtypes, own in (
        (4, 2, (single, single), single),
        (5, 3, (double, whole), single),
        (1, 2, (whole, double), double),
        (3, 1, (torch.float16, torch.int32), single),
        (2, 2, (double, single), double),
    ):
        X = (3 * torch.randn(n, d)).to(dtypes[0])
        y = (3 * torch.randn(n, 1)).to(dtypes[1])
        forms = [(X, y), (X, y[:, 0])]
        if n == 1:
            forms += [(X[0], y), (X[0], y[:, 0]), (X[0], y[0, 0]), (X, y[0, 0])]
        for inputs, labels in forms:
            case = (
                f"With X {tuple(inputs.shape)}, {inputs.dtype}, y {tuple(labels.shape)}, "
                f"{labels.dtype}, and a model in {own}"
            ).replace("torch.", "")
            _check_one_step(f, _line(d).to(own), inputs, labels, 0.01, case)
    _check_devices(f)
    for shape_X, shape_y, d, came in (
        ((17, 12), (17, 1), 13, (12, 13)),
        ((12,), (1, 1), 13, (12, 13)),
        ((17, 12), (15, 1), 12, (15, 17)),
        ((15, 12), (17,), 12, (17, 15)),
        ((12,), (17,), 12, (17, 1)),
        ((12, 17), (17, 1), 12, (17, 12)),
        ((24,), (2, 1), 12, None),
        ((17, 12), (), 12, None),
        ((17, 12), (17, 2), 12, None),
        ((17, 12), (1, 17), 12, None),
        ((3, 4, 12), (12, 1), 12, None),
        ((), (), 1, None),
        ((6, 2), (6, 1, 1), 2, None),
    ):
        case = f"With X {shape_X}, y {shape_y} and {d} features in the model"
        _check_refusal(f, shape_X, shape_y, d, came, case)
