"""Checkers of lesson 7: the same training twice."""

import torch
from torch import nn
from torch.utils import data

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_pair,
    expect_tensor,
    listed,
    take,
    unchanged,
)

# (n, batch size) of a replay or a training: one batch, batches of one, a short last one, full ones.
SIZES = ((5, 5), (4, 1), (11, 4), (12, 4))


@exercise("7.1", "lr times gradient is what moves: what the loss gains, the learning rate loses.")
def predict_rate(rate, print_factor):
    """The lr for MSELoss(reduction="sum") at batches of 20, and how much more it prints."""
    rate = expect_number("rate", rate)
    print_factor = expect_number("print_factor", print_factor)
    named = {
        0.03: "At the same rate the step would be 40 times as long.",
        0.015: "Half the rate makes up for the half alone; the sum is over 20 examples.",
        0.03 / 20: "That makes up for the sum; MSELoss has no half either.",
        0.03 * 40: "A longer gradient asks for a smaller rate: divide.",
        0.03 / 10: "That makes up for a sum over ten examples; here a batch has 20.",
    }
    for wrong, why in named.items():
        if close(rate, wrong, rtol=1e-3, atol=0):
            raise Mistake(f"`rate` = {rate:g}: {why}")
    if not close(rate, 0.03 / 40, rtol=1e-3, atol=0):
        raise Mistake(f"`rate` = {rate:g} does not give the steps of program 1.")
    named = {
        20: "The sum is 20 times the mean, but of squares without the half.",
        2: "Without the half it is twice as large, and it is a sum, not a mean.",
        1 / 40: "The other way round: how much larger is MSELoss's value?",
        10: "The sum of 20 squares against the mean of 20 halves: no half is left to divide by.",
    }
    for wrong, why in named.items():
        if close(print_factor, wrong, rtol=1e-3, atol=0):
            raise Mistake(f"`print_factor` = {print_factor:g}: {why}")
    if not close(print_factor, 40, rtol=1e-3, atol=0):
        raise Mistake(f"`print_factor` = {print_factor:g} is not the ratio of the two values.")


@exercise("7.2", "A sum with a fixed divisor weighs all examples alike, and cuts the last step.")
def fixed_divisor_loss(loss):
    """`loss(y_hat, y, batch_size)`: a scalar whose gradient is program 1's, short batches too."""
    for m, batch_size in ((6, 6), (4, 10), (1, 10), (1, 1), (3, 700)):
        y_hat, y = torch.randn(m, 1, requires_grad=True), torch.randn(m, 1)
        with unchanged(y_hat=y_hat, y=y):
            value = expect_tensor("the loss", loss(y_hat, y, batch_size), ())
        if not value.requires_grad:
            raise Mistake("The loss is cut off from y_hat: no detach(), item() or no_grad().")
        (gradient,) = torch.autograd.grad(value, y_hat, allow_unused=True)
        if gradient is None:
            raise Mistake("The loss does not depend on y_hat.")
        right = (y_hat.detach() - y) / batch_size
        where = f"with {m} examples and batch_size {batch_size}"
        if m != batch_size and close(gradient, right * batch_size / m):
            raise Mistake(f"The mean divides by the examples that are there, wrong {where}.")
        if close(gradient, -right):
            raise Mistake("The sign is turned round: the loss grows with the squared error.")
        if close(gradient, 2 * right) or close(gradient, 2 * right * batch_size / m):
            raise Mistake("The steps are twice too long: squared_loss has a half.")
        if batch_size > 1 and (
            close(gradient, right * batch_size) or close(gradient, 2 * right * batch_size)
        ):
            raise Mistake("That is the sum: program 1 still divides it by batch_size.")
        if not close(gradient, right):
            raise Mistake(f"The gradient is not the one that program 1 steps along, {where}.")
        if not close(value, ((y_hat.detach() - y) ** 2).sum() / (2 * batch_size)):
            raise Mistake(f"The gradient is right, but the value is off by a constant, {where}.")


def _program_1(X, y, batches, lr, w_start):
    """The weights (d, 1) and the bias (1,) of the lecture's first program, by its formula."""
    w, b = w_start.double(), torch.zeros(1, dtype=torch.float64)
    for rows in batches:
        r = X[rows].double() @ w + b - y[rows].double()
        w, b = w - lr * X[rows].double().T @ r / len(rows), b - lr * r.mean(0)
    return w.float(), b.float()


@exercise("7.3", "Two slips that no falling loss shows; equal positions do.")
def twin(train):
    """`train(X, y, batches, lr, w_start)`: w (d, 1) and b (1,) of program 1, with the library."""
    for d, n, batch_size, lr in ((2, 12, 3, 0.1), (1, 4, 4, 0.03), (5, 20, 1, 0.05)):
        X, y, w_start = torch.randn(n, d), torch.randn(n, 1), torch.randn(d, 1)
        batches = list(torch.randperm(n).split(batch_size)) * 2
        with unchanged(X=X, y=y, w_start=w_start):
            answer = train(X, y, list(batches), lr, w_start)
        w, b = expect_pair(("w", "b"), answer, d, dtype=torch.float32, graph=False)
        w_right, b_right = _program_1(X, y, batches, lr, w_start)
        if close(w, w_right) and close(b, b_right):
            continue
        w_full, _ = _program_1(X, y, batches, 2 * lr, w_start)
        if close(w, w_full):
            raise Mistake("The bias starts at zero now; the steps are still twice too long.")
        if close(w - w_right, torch.zeros(d, 1)):
            raise Mistake("The weights are right, the bias is not.")
        raise Mistake(
            f"With {n} examples, {d} features and batches of {batch_size} the result parts from "
            f"program 1: w[0] is {w[0].item():.4f} instead of {w_right[0].item():.4f}. Where does "
            "the bias start, and how long is a step?"
        )


@exercise("7.4", "With the same lists of indices, any two loops can be compared update by update.")
def replay(loader):
    """`loader(X, y, batches)`: a DataLoader that yields exactly these batches, in this order."""
    for n, batch_size in SIZES:
        X = torch.arange(2.0 * n).reshape(n, 2)
        y = X[:, :1] * 10
        order = torch.randperm(n)
        batches = [part.tolist() for part in order.split(batch_size)]
        if len(batches) > 2:  # sizes that no batch_size gives
            batches = [batches[0] + batches[1], *batches[2:]]
        answer = loader(X.clone(), y.clone(), [list(rows) for rows in batches])
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, data.DataLoader):
            raise Mistake(f"A DataLoader is asked for, got {type(answer).__name__}.")
        for epoch in (1, 2):
            _expect_batches(answer, batches, n, epoch)


def _expect_batches(loader, batches, n, epoch):
    """Raise Mistake unless one pass over the loader gives the batches of rows."""
    pairs = take(loader, 2 * n + 2)
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise Mistake("Each batch is a pair, X and y: put both into a TensorDataset.")
    for pair in pairs:
        for name, part in zip("Xy", pair, strict=True):
            if not isinstance(part, torch.Tensor):
                raise Mistake(f"A batch of {name} should be a tensor, got {type(part).__name__}.")
            if part.dtype != torch.float32:
                raise Mistake(f"{name} holds torch.float32, a batch of it {part.dtype}.")
    seen = [pair[0] for pair in pairs]
    for X_batch in seen:
        shape = tuple(X_batch.shape)
        if len(shape) == 3 and shape[0] == 1:
            raise Mistake(
                f"A batch of X has shape {shape}: a whole list counts as one example. Only as "
                "`batch_sampler=` each list is a batch."
            )
        if shape[1:] != (2,):
            raise Mistake(f"A batch of X should have shape (m, 2), got {shape}.")
    read = [(X_batch[:, 0] / 2).long().tolist() for X_batch in seen]
    wanted = [row for rows in batches for row in rows]
    flat = [row for rows in read for row in rows]
    if epoch == 2 and not flat:
        raise Mistake("A second pass is empty: an iterator is used up after one, a list is not.")
    if sorted(flat) != sorted(wanted):
        raise Mistake(f"Not every example is read once: of {n} rows, {len(flat)} come.")
    if read == [[row] for row in wanted] and read != batches:
        raise Mistake("The order is right, but each batch is one example: `batch_sampler`.")
    sizes = [len(rows) for rows in batches]
    if [len(rows) for rows in read] != sizes:
        raise Mistake(f"The batches should have sizes {sizes}, as in the lists.")
    if read != batches:
        raise Mistake("The examples come in another order than the lists say.")
    if not all(close(pair[1], pair[0][:, :1] * 10) for pair in pairs):
        raise Mistake("Labels and examples are parted: one index must pick both.")


@exercise("7.5", "Momentum by hand is SGD(..., momentum=mu): one more part of the library, equal.")
def momentum_step(step):
    """`step(params, velocities, lr, mu)`: as torch.optim.SGD with momentum, all in place."""
    for lr, mu, shapes in ((0.1, 0.8, ((2, 1), (1,))), (0.03, 0.5, ((3,),)), (0.2, 0.0, ((1,),))):
        _expect_momentum(step, lr, mu, [torch.randn(shape) for shape in shapes])


def _expect_momentum(step, lr, mu, start):
    """Raise Mistake unless four updates from `start` equal torch's, velocities included."""
    target = [torch.randn_like(p) for p in start]
    params = [p.clone().requires_grad_() for p in start]
    velocities = [torch.zeros_like(p) for p in start]
    handed = [list(map(id, group)) for group in (params, velocities)]
    twins = [p.clone().requires_grad_() for p in start]
    optimizer = torch.optim.SGD(twins, lr=lr, momentum=mu)
    for k in range(4):
        before = [p.detach().clone() for p in params]
        old = [v.clone() for v in velocities]
        for group in (params, twins):
            sum(nn.functional.mse_loss(p, t) for p, t in zip(group, target, strict=True)).backward()
        g = params[0].grad.clone()
        answer = step(params, velocities, lr, mu)
        if answer is not None:
            raise Mistake(f"Return nothing: the tensors change. Got {type(answer).__name__}.")
        for name, group, ids in zip(
            ("params", "velocities"), (params, velocities), handed, strict=True
        ):
            if list(map(id, group)) != ids:
                raise Mistake(f"`{name}` holds other tensors now: change those that it held.")
        optimizer.step()
        optimizer.zero_grad()
        for p in params:
            expect_tensor("a parameter after the step", p.detach(), p.shape)
            if not p.requires_grad:
                raise Mistake("A parameter no longer asks for a gradient: it could not go on.")
        moved = params[0].detach() - before[0]
        if close(moved, 0 * moved):
            raise Mistake(
                f"Update {k + 1} left params[0] where it was. `.grad` held {listed(g)}, the "
                f"velocity {listed(old[0])} before and {listed(velocities[0])} after."
            )
        if close(moved, lr * (mu * old[0] + g)):
            raise Mistake("The step goes uphill: subtract the velocity.")
        if mu and close(moved, -lr * (mu * (mu * old[0] + g) + g)):
            raise Mistake("That looks ahead (Nesterov): step along the velocity alone.")
        if mu and close(moved, -lr * (1 - mu) * g - lr * mu * old[0]):
            raise Mistake("The gradient enters whole: velocity = mu * velocity + gradient.")
        if k > 0 and mu and close(moved, -lr * g):
            raise Mistake("Nothing is remembered: update the velocities in place, too.")
        if k > 0 and not close(params[0].detach(), twins[0].detach()):
            raise Mistake(f"Update {k + 1} parts from torch.optim.SGD with momentum {mu}.")
        if not close(params[0].detach(), twins[0].detach()):
            raise Mistake("The first step, from velocity zero, is lr times the gradient.")
        if not all(close(p.detach(), t.detach()) for p, t in zip(params, twins, strict=True)):
            raise Mistake("The first parameter is right, the second is not: step along both.")
        for v, twin_p in zip(velocities, twins, strict=True):
            if k == 3 and mu and not close(v, optimizer.state[twin_p]["momentum_buffer"]):
                raise Mistake("The steps are right, but the velocities are not mu * v + g.")
        for p in params:
            if p.grad is not None and p.grad.abs().max() > 0:
                raise Mistake("The gradient is not cleared: the next will add to it.")
