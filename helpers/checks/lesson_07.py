"""Checkers of lesson 7: the same training twice."""

import torch
from torch import nn
from torch.utils import data

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor


@exercise("7.1", "The same path at twice the learning rate; only what is printed has another unit.")
def predict_prints(ratio, lr_1):
    """Program 2's print over program 1's at the start, and the lr of program 1 that keeps it so."""
    ratio = expect_number("ratio", ratio)
    lr_1 = expect_number("lr_1", lr_1)
    if close(ratio, 0.5):
        raise Mistake("The ratio is upside down: program 2 is the one that prints more.")
    if close(ratio, 1):
        raise Mistake("At the same place the prints differ: squared_loss has a half in it.")
    if ratio > 100 or 0 < ratio < 0.01:
        raise Mistake("That is after an epoch on different data; here nothing has moved yet.")
    if not close(ratio, 2):
        raise Mistake("At the same parameters and data only a factor in the loss can differ.")
    if close(lr_1, 0.015):
        raise Mistake("0.015 is what program 2 needs to follow program 1; turn the question round.")
    if close(lr_1, 0.03):
        raise Mistake("At the same lr, program 2 takes steps twice as long as program 1.")
    if not close(lr_1, 0.06):
        raise Mistake("Which lr makes up for the half that halves program 1's gradient?")


@exercise("7.2", "lr times gradient is what moves: what the loss gains, the learning rate loses.")
def learning_rate(rate):
    """`rate(reduction, lr, m)`: lr of nn.MSELoss(reduction) that gives program 1's step."""
    for lr, m in ((0.03, 10), (0.5, 7)):
        for reduction in ("mean", "sum"):
            answer = rate(reduction, lr, m)
            if answer is None:
                raise Mistake("The function returned None: is a `return` missing?")
            answer = expect_number(f'learning_rate("{reduction}", {lr}, {m})', answer)
            right = lr / 2 if reduction == "mean" else lr / (2 * m)
            if close(answer, 2 * right):
                raise Mistake(f'"{reduction}": the half is missing; MSELoss has none.')
            if close(answer, 4 * right):
                raise Mistake(
                    f'"{reduction}": the half is turned round: a larger loss, a smaller lr.'
                )
            if reduction == "sum" and (close(answer, lr * m / 2) or close(answer, lr * m)):
                raise Mistake(
                    '"sum": divide by m. The sum is m times the mean, and so its gradient.'
                )
            if reduction == "sum" and close(answer, lr / 2):
                raise Mistake('"sum": the number of examples in the batch is missing.')
            if reduction == "mean" and (close(answer, lr / (2 * m)) or close(answer, lr * m / 2)):
                raise Mistake('"mean": the mean is divided by m already.')
            if not close(answer, right, rtol=1e-6, atol=0):
                raise Mistake(f'"{reduction}": {answer:.4g} is not the rate for lr {lr}, m {m}.')


@exercise("7.3", "A sum with a fixed divisor weighs all examples alike, and cuts the last step.")
def fixed_divisor_loss(loss):
    """`loss(y_hat, y, batch_size)`: a scalar whose gradient is program 1's, short batches too."""
    for m, batch_size in ((6, 6), (4, 10)):
        y_hat, y = torch.randn(m, 1, requires_grad=True), torch.randn(m, 1)
        value = loss(y_hat, y.clone(), batch_size)
        expect_tensor("the loss", value, ())
        if not value.requires_grad:
            raise Mistake("The loss is cut off from y_hat: no detach(), item() or no_grad().")
        (gradient,) = torch.autograd.grad(value, y_hat)
        right = (y_hat.detach() - y) / batch_size
        where = "" if m == batch_size else " Right for a full batch, wrong for a short one."
        if m != batch_size and close(gradient, right * batch_size / m):
            raise Mistake(f"The mean divides by the examples that are there.{where}")
        if close(gradient, -right):
            raise Mistake("The sign is turned round: the loss grows with the squared error.")
        if close(gradient, 2 * right) or close(gradient, 2 * right * batch_size / m):
            raise Mistake("The steps are twice too long: squared_loss has a half.")
        if close(gradient, right * batch_size) or close(gradient, 2 * right * batch_size):
            raise Mistake("That is the sum: program 1 still divides it by batch_size.")
        if not close(gradient, right):
            raise Mistake(f"The gradient is not the one that program 1 steps along.{where}")


@exercise("7.4", "With the same lists of indices, any two loops can be compared update by update.")
def replay(loader):
    """`loader(X, y, batches)`: a DataLoader that yields exactly these batches, in this order."""
    n = 11
    X = torch.arange(2.0 * n).reshape(n, 2)
    y = X[:, :1] * 10
    for sizes in ((4, 4, 3), (5, 1, 2, 3)):
        order = torch.randperm(n)
        batches = [part.tolist() for part in order.split(sizes)]
        answer = loader(X.clone(), y.clone(), [list(rows) for rows in batches])
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, data.DataLoader):
            raise Mistake(f"A DataLoader is asked for, got {type(answer).__name__}.")
        for _ in range(2):
            pairs = list(answer)
            if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
                raise Mistake("Each batch is a pair, X and y: put both into a TensorDataset.")
            seen = [pair[0] for pair in pairs]
            if any(X_batch.shape[1:] != (2,) for X_batch in seen):
                raise Mistake("A batch of X should have shape (m, 2): an axis too many or too few.")
            read = [(X_batch[:, 0] / 2).long().tolist() for X_batch in seen]
            if sorted(row for rows in read for row in rows) != list(range(n)):
                raise Mistake("Not every example is read once.")
            if read == [[row] for row in order.tolist()]:
                raise Mistake("The order is right, but each batch is one example: `batch_sampler`.")
            if [len(rows) for rows in read] != list(sizes):
                raise Mistake(f"The batches should have sizes {list(sizes)}, as in the lists.")
            if read != batches:
                raise Mistake("The examples come in another order than the lists say.")
            if not all(close(pair[1], pair[0][:, :1] * 10) for pair in pairs):
                raise Mistake("Labels and examples are parted: one index must pick both.")


@exercise("7.5", "A new row of the ledger: momentum by hand is SGD(..., momentum=mu).")
def momentum_step(step):
    """`step(params, velocities, lr, mu)`: as torch.optim.SGD with momentum, all in place."""
    lr, mu = 0.1, 0.8
    start = [torch.randn(2, 1), torch.randn(1)]
    target = [torch.randn(2, 1), torch.randn(1)]
    params = [p.clone().requires_grad_() for p in start]
    velocities = [torch.zeros_like(p) for p in start]
    twins = [p.clone().requires_grad_() for p in start]
    trainer = torch.optim.SGD(twins, lr=lr, momentum=mu)
    for k in range(4):
        before = [p.detach().clone() for p in params]
        old = [v.clone() for v in velocities]
        for group in (params, twins):
            sum(nn.functional.mse_loss(p, t) for p, t in zip(group, target, strict=True)).backward()
        g = params[0].grad.clone()
        step(params, velocities, lr, mu)
        trainer.step()
        trainer.zero_grad()
        for p in params:
            expect_tensor("a parameter after the step", p.detach(), p.shape)
        moved = params[0].detach() - before[0]
        if close(moved, torch.zeros(2, 1)):
            raise Mistake("The parameters did not move: change them in place (`-=`).")
        if close(moved, lr * (mu * old[0] + g)):
            raise Mistake("The step goes uphill: subtract the velocity.")
        if close(moved, -lr * (mu * (mu * old[0] + g) + g)):
            raise Mistake("That looks ahead (Nesterov): step along the velocity alone.")
        if close(moved, -lr * (1 - mu) * g - lr * mu * old[0]):
            raise Mistake("The gradient enters whole: velocity = mu * velocity + gradient.")
        if k > 0 and close(moved, -lr * g):
            raise Mistake("Nothing is remembered: update the velocities in place, too.")
        if k > 0 and not close(params[0].detach(), twins[0].detach()):
            raise Mistake(f"Update {k + 1} parts from torch.optim.SGD with momentum.")
        if not close(params[0].detach(), twins[0].detach()):
            raise Mistake("The first step, from velocity zero, is lr times the gradient.")
        if not close(params[1].detach(), twins[1].detach()):
            raise Mistake("The first parameter is right, the second is not: step along both.")
        for p in params:
            if p.grad is not None and p.grad.abs().max() > 0:
                raise Mistake("The gradient is not cleared: the next will add to it.")
