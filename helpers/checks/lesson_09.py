"""Checkers of lesson 9: the bug museum."""

import copy
import math
from collections import Counter

import torch
from torch import nn

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_whole,
    unchanged,
)


@exercise("9.1", "A learning rate that makes up for a wrong divisor suits one batch size only.")
def right_by_luck(lr_needed, times_healthy, error):
    """The rate that hides a second division by 50, and the step and the error with 200."""
    lr_needed = expect_number("lr_needed", lr_needed)
    times_healthy = expect_number("times_healthy", times_healthy)
    error = expect_number("error", error)

    def is_about(value, wanted):
        return close(value, wanted, rtol=1e-3, atol=0)

    if is_about(lr_needed, 0.01 / 50):
        raise Mistake("`lr_needed`: the steps are too short already, and 0.0002 shortens them.")
    if is_about(lr_needed, 0.01):
        raise Mistake("`lr_needed`: at 0.01 the steps are 50 times too short.")
    if is_about(lr_needed, 0.01 * 50**2):
        raise Mistake("`lr_needed`: one of the two divisions is right. Make up for the other only.")
    if not is_about(lr_needed, 0.5):
        raise Mistake(f"With `lr_needed` {lr_needed:g} the steps are not those of a rate of 0.01.")
    if is_about(times_healthy, 1):
        raise Mistake("`times_healthy`: the divisor is another one now, the rate is not.")
    if is_about(times_healthy, 4):
        raise Mistake("`times_healthy`: a larger divisor makes a shorter step.")
    if is_about(times_healthy, 0.5 / 200):
        raise Mistake("`times_healthy`: that is the rate in effect. Divide it by the healthy one.")
    if not is_about(times_healthy, 0.25):
        raise Mistake("`times_healthy`: compare the rate in effect with the healthy one.")
    if is_about(error, 1 / 200):
        raise Mistake("`error`: that share of the gradient is left. How far off is that?")
    if is_about(error, 0.75):
        raise Mistake("`error`: the detector compares gradients, and knows no learning rate.")
    if is_about(error, 1 - 1 / 50):
        raise Mistake("`error`: that is so for batches of 50.")
    if not is_about(error, 1 - 1 / 200):
        raise Mistake("`error`: put `.grad` = g / 200 into the detector, where g is right.")


class Epoch:
    """A loader of the given batches that counts how often a loop over it begins."""

    def __init__(self, batches):
        self.batches, self.passes = batches, 0

    def __iter__(self):
        self.passes += 1
        return iter(self.batches)


@exercise("9.2", "Together, the two counts say whether an epoch brings each row as often as it is.")
def missing(f):
    """`missing(loader, X, y)`: how many rows of the data an epoch does not bring, an int."""

    def epoch(X, y, rows, batch_size):
        rows = torch.tensor(rows)
        return [(X[part], y[part]) for part in rows.split(batch_size)]

    def made(n, d):
        return torch.randn(n, d), torch.randn(n, 1)

    def ask(what, batches, X, y):
        rows = Counter(map(tuple, torch.cat([X, y], 1).tolist()))
        seen = [tuple(row) for pair in batches for row in torch.cat(pair, 1).tolist()]
        wanted = (rows - Counter(seen)).total()
        loader = Epoch(batches)
        with unchanged(X=X, y=y, loader=batches):
            value = f(loader, X, y)
        if value is None:
            raise Mistake("The function returned None: is a `return` missing?")
        value = expect_int("missing(loader, X, y)", value)
        if loader.passes != 1:
            raise Mistake(f"One epoch is one pass over `loader`; you made {loader.passes}.")
        if value != wanted:
            raise Mistake(f"{what}: {wanted} of {len(X)} rows are missing, got {value}.")

    for n, d, batch_size in ((7, 2, 3), (6, 1, 2), (1, 3, 1), (5, 2, 8)):
        X, y = made(n, d)
        every = torch.randperm(n).tolist()
        ask("All rows come, shuffled", epoch(X, y, every, batch_size), X, y)
        ask("All rows come, two times", epoch(X, y, every * 2, batch_size), X, y)
    for n, d, batch_size in ((10, 2, 4), (9, 3, 1), (2, 1, 1)):
        X, y = made(n, d)
        ask("The last rows do not come", epoch(X, y, range(n // 2 + 1), batch_size), X, y)
        ask("One row comes again and again", epoch(X, y, [0] * n, batch_size), X, y)
        ask("The labels are shifted by a row", [(X, y.roll(1, 0))], X, y)
    X, y = made(4, 2)
    X, y = X[[0, 0, 1, 2, 3]], y[[0, 0, 1, 2, 3]]
    ask("The data hold a row twice, and it comes once", epoch(X, y, [1, 2, 3, 4], 2), X, y)
    ask("The data hold a row twice, and it comes twice", epoch(X, y, range(5), 2), X, y)
    X, y = made(6, 2)
    X[1], y[3] = X[0], y[2]
    ask(
        "Two rows have equal features and other labels, one comes twice, one does not come",
        epoch(X, y, [0, 0, 2, 3, 4, 5], 2),
        X,
        y,
    )
    ask(
        "Two rows have equal labels and other features, one comes twice, one does not come",
        epoch(X, y, [0, 1, 2, 2, 4, 5], 2),
        X,
        y,
    )


class Loop:
    """A training loop to be examined: run it, and put detectors where you like.

    Attributes:
        model, optimizer, loss_fn, lr: what it trains, and how.
        train_loader: the minibatches of an epoch, pairs of (m, 2) and (m, 1).
        X, y: the data as loaded, (100, 2) and (100, 1).
    """

    def __init__(self, data, batches, divisor=None, clears=True, replaced=False):
        self.X, self.y = data
        self.train_loader = list(batches)
        self.loss_fn, self.lr = nn.MSELoss(), 0.1
        self.model = nn.Linear(2, 1)
        for parameter in self.model.parameters():
            nn.init.zeros_(parameter)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=self.lr)
        if replaced:
            self.model.bias = nn.Parameter(torch.ones(1))
        self._divisor, self._clears = divisor, clears

    def backward(self, X, y):
        """Predict, and compute the gradients: all that stands before `optimizer.step()`."""
        loss = self.loss_fn(self.model(X), y) * len(y) / (self._divisor or len(y))
        if self._clears:
            self.optimizer.zero_grad()
        loss.backward()
        return loss


def mystery_loops():
    """Six loops on data of their own. No peeping below: ask the detectors.

    Returns:
        A list of six `Loop` objects, the same ones in each call.
    """
    generator = torch.Generator().manual_seed(6)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    X, weights = draw(100, 2), torch.tensor([[1.0], [-2.0]])
    y = X @ weights + 3 + 0.1 * draw(100, 1)
    noisy = X @ weights + 3 + 3 * draw(100, 1)
    wide = X * torch.tensor([20.0, 1.0])
    order, other = (torch.randperm(100, generator=generator) for _ in range(2))

    def batches(X, y, order_y=order):
        return zip(X[order].split(30), y[order_y].split(30), strict=True)

    return [
        Loop((X, y), batches(X, y), divisor=30),
        Loop((X, y), batches(X, y, other)),
        Loop((X, y), batches(X, y), clears=False),
        Loop((X, noisy), batches(X, noisy)),
        Loop((X, y), batches(X, y), replaced=True),
        Loop((wide, y), batches(wide, y)),
    ]


@exercise("9.3", "Five bugs and a healthy loop, told apart from outside.")
def mystery(room_a, room_b, room_c, room_d, room_e, room_f):
    """The rooms of the loops in `mystery_loops`, 0 for the healthy one."""
    answers = [room_a, room_b, room_c, room_d, room_e, room_f]
    for k, (name, value) in enumerate(zip("abcdef", answers, strict=True)):
        answers[k] = expect_whole(f"room_{name}", value)
        if answers[k] not in range(9):
            raise Mistake(f"`room_{name}` should be the number of a room, 1 to 8, or 0.")
    if answers[0] == 5:
        raise Mistake("Loop a: that bug would ring in the first batch. It does not.")
    if answers[0] != 6:
        raise Mistake("Loop a: ask `gradient_error` in each batch of an epoch, and write it down.")
    if answers[1] != 2:
        raise Mistake("Loop b: every update is right for the batch it gets. Look at the batches.")
    if answers[2] != 4:
        raise Mistake("Loop c: `gradient_error` is 0 in the first batch, and in no other one.")
    if answers[3] != 0:
        raise Mistake("Loop d: the loss stays high. How high is it for least squares?")
    if answers[4] == 4:
        raise Mistake("Loop e: a gradient is kept. Which parameter's, and who should clear it?")
    if answers[4] != 7:
        raise Mistake("Loop e: compare what the model has with what the optimizer holds.")
    if answers[5] != 3:
        raise Mistake("Loop f: let it run for an epoch, and compare its rate with its data.")


@exercise("9.4", "This loop stops at three of the bugs before the parameters turn to NaN.")
def guarded_train(f):
    """`guarded_train(model, optimizer, loss_fn, loader, num_epochs)`: the losses, or ValueError."""

    def half(y_hat, y):
        return ((y_hat - y) ** 2).mean() / 2

    def line(d):
        return nn.Linear(d, 1)

    def deep(d):
        return nn.Sequential(nn.Linear(d, 3), nn.Tanh(), nn.Linear(3, 1))

    def flat(d):
        return nn.Sequential(nn.Linear(d, 1), nn.Flatten(0))

    def sgd(model, lr=0.05):
        return torch.optim.SGD(model.parameters(), lr=lr)

    def momentum(model):
        return torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

    def in_groups(model):
        return torch.optim.Adam([{"params": [p]} for p in model.parameters()], lr=0.05)

    def batches(d, sizes, labels=1):
        return [(torch.randn(m, d), torch.randn(*([m, 1][: labels + 1]))) for m in sizes]

    def train(model, optimizer, loss_fn, loader, num_epochs, most=math.inf):
        """The losses of at most `most` healthy updates."""
        losses = []
        for X, y in loader * num_epochs:
            if len(losses) == most:
                break
            loss = loss_fn(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    def same(model, wanted):
        pairs = zip(model.state_dict().values(), wanted.state_dict().values(), strict=True)
        return all(close(a, b, rtol=1e-3, atol=1e-5) for a, b in pairs)

    def refuses(what, model, optimizer, loss_fn, loader, num_epochs, updates):
        """It must raise ValueError after exactly so many updates."""
        twin, twins_optimizer = copy.deepcopy((model, optimizer))
        train(twin, twins_optimizer, loss_fn, loader, num_epochs, most=updates)
        try:
            with unchanged(loader=loader):
                f(model, optimizer, loss_fn, loader, num_epochs)
        except ValueError:
            pass
        else:
            raise Mistake(f"{what}: a ValueError should be raised, and none is.")
        if not same(model, twin):
            raise Mistake(
                f"{what}: when it raises, the parameters should be those after {updates} updates."
            )

    healthy = [
        (line, sgd, nn.MSELoss(), 2, (4, 4, 3), 2),
        (line, momentum, half, 1, (1,), 5),
        (deep, in_groups, nn.L1Loss(), 3, (5, 2), 3),
        (line, in_groups, half, 3, (6, 6), 1),
        (flat, sgd, nn.MSELoss(), 2, (3, 1, 2), 2),
    ]
    for build, make, loss_fn, d, sizes, num_epochs in healthy:
        model, loader = build(d), batches(d, sizes, labels=0 if build is flat else 1)
        optimizer = make(model)
        twin, twins_optimizer = copy.deepcopy((model, optimizer))
        wanted = train(twin, twins_optimizer, loss_fn, loader, num_epochs)
        for p in model.parameters():
            p.grad = torch.ones_like(p)
        with unchanged(loader=loader):
            losses = f(model, optimizer, loss_fn, loader, num_epochs)
        run = f"{len(loader)} batches, {num_epochs} epochs"
        if not isinstance(losses, list) or not all(type(loss) is float for loss in losses):
            raise Mistake("Return a list of Python floats: `loss.item()` makes one of a loss.")
        if len(losses) != len(wanted):
            raise Mistake(f"With {run} there are {len(wanted)} updates; you give {len(losses)}.")
        for k, (loss, right) in enumerate(zip(losses, wanted, strict=True), start=1):
            if not close(loss, right, rtol=1e-3, atol=1e-5):
                raise Mistake(f"With {run} the loss of update {k} is {right:.4g}, got {loss:.4g}.")
        if not same(model, twin):
            raise Mistake(f"With {run} the losses are right, but not the parameters at the end.")

    model = line(2)
    optimizer = torch.optim.SGD([model.bias], lr=0.1)
    refuses("The optimizer lacks the weight", model, optimizer, half, batches(2, (4, 4)), 1, 0)
    model = line(2)
    optimizer = sgd(model)
    model.bias = nn.Parameter(torch.zeros(1))
    refuses("The bias was replaced", model, optimizer, half, batches(2, (4,)), 1, 0)
    model = line(2)
    model.weight.requires_grad_(False)
    start = model.weight.clone()
    f(model, torch.optim.SGD([model.bias], lr=0.1), half, batches(2, (4, 4)), 1)
    if not torch.equal(start, model.weight):
        raise Mistake("A weight with requires_grad=False, which the optimizer lacks, has moved.")

    for shape, m in (((3,), 3), ((1,), 1), ((1, 3), 3), ((3, 2), 3)):
        loader = batches(2, (4, m, 4))
        loader[1] = loader[1][0], torch.randn(shape)
        model = line(2)
        what = f"Predictions of shape ({m}, 1), labels {shape}"
        refuses(what, model, sgd(model), half, loader, 2, 1)
    model = flat(2)
    loader = batches(2, (4, 3), labels=0)
    loader[1] = loader[1][0], loader[1][1].reshape(-1, 1)
    refuses("Predictions of shape (3,), labels (3, 1)", model, sgd(model), half, loader, 1, 1)

    for bad in (math.nan, math.inf, -math.inf):
        loader = batches(2, (4, 4, 4, 4))
        loader[2][1][1] = bad
        model = line(2)
        refuses(f"A label is {bad}", model, momentum(model), half, loader, 2, 2)
    loader = [(torch.full((4, 1), 1e8), torch.full((4, 1), 1e8))]
    model, loss_fn = line(1), nn.MSELoss()
    twin = copy.deepcopy(model)
    losses = train(twin, sgd(twin, 1.0), loss_fn, loader, 9)
    updates = [math.isfinite(loss) for loss in losses].index(False)
    what = "The rate is far too large, and the loss overflows in a later epoch"
    refuses(what, model, sgd(model, 1.0), loss_fn, loader, 9, updates)
