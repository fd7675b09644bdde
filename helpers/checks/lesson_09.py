"""Checkers of lesson 9: the bug museum."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from helpers.checks import Mistake, close, exercise, expect_number


@exercise("9.1", "An lr that makes up for a wrong divisor is right for one batch size only.")
def right_by_luck(lr_needed, times_healthy):
    """The lr that hides a second division by 50, and what is left of the step with 200."""
    lr_needed = expect_number("lr_needed", lr_needed)
    times_healthy = expect_number("times_healthy", times_healthy)
    if close(lr_needed, 0.03 / 50):
        raise Mistake("The steps are 50 times too short already: 0.0006 makes them shorter still.")
    if close(lr_needed, 0.03):
        raise Mistake("With the same lr the steps are 50 times too short: the mean divided once.")
    if close(lr_needed, 0.03 * 50**2):
        raise Mistake("One of the two divisions is right: make up for the other one only.")
    if not close(lr_needed, 1.5):
        raise Mistake("`lr_needed` divided by 50 must be the healthy 0.03.")
    if close(times_healthy, 1):
        raise Mistake("The second division is by 200 now, and lr still makes up for 50.")
    if close(times_healthy, 4):
        raise Mistake("Turned round: a larger divisor makes a shorter step.")
    if close(times_healthy, 1.5 / 200):
        raise Mistake("That is the lr in effect; divide it by the healthy one.")
    if not close(times_healthy, 0.25):
        raise Mistake("`times_healthy` is lr_needed / 200, divided by 0.03.")


@exercise("9.2", "Each batch counts by its size, so this is the mean over the examples.")
def epoch_loss(f):
    """`f(batch_losses, batch_sizes)`: the mean over examples from the means of batches."""
    for losses, sizes in (([4.0, 2.0, 9.0], [10, 10, 5]), ([1.0, 3.0], [300, 100])):
        value = expect_number("the loss of the epoch", f(list(losses), list(sizes)))
        total = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
        if close(value, losses[-1]):
            raise Mistake("That is the last minibatch: the bug of room 8.")
        if close(value, sum(losses) / len(losses)):
            raise Mistake("The mean of the means lets an example of a short batch count for more.")
        if close(value, total):
            raise Mistake("That is the sum over the examples: divide by their number.")
        if close(value, sum(losses)) or close(value, sum(losses) / sum(sizes)):
            raise Mistake("Each loss is a mean already: multiply it by its batch's size first.")
        if close(value, total / len(losses)):
            raise Mistake("Divide by the number of examples, not by the number of batches.")
        if not close(value, total / sum(sizes)):
            raise Mistake("It must be the mean that all the examples at once would give.")


class Loop(NamedTuple):
    """A training loop as the detectors want it: `step(params, X, y)` and what belongs to it."""

    params: list
    step: Callable
    loss: Callable
    lr: float
    batches: list
    X: torch.Tensor
    y: torch.Tensor


def mystery_loops():
    """Three loops on fresh data, with one bug each. No peeping below: ask the detectors.

    Returns:
        Three `Loop` tuples.
    """
    generator = torch.Generator().manual_seed(6)
    X = torch.randn(100, 2, generator=generator)
    y = X @ torch.tensor([[1.0], [-2.0]]) + 3
    order, other = (torch.randperm(100, generator=generator) for _ in range(2))
    lr = 0.1

    def loss(params, X, y):
        return ((X @ params[0] + params[1] - y) ** 2).mean() / 2

    def make(divisor, clear, order_y):
        params = [torch.zeros(2, 1, requires_grad=True), torch.zeros(1, requires_grad=True)]

        def step(params, X, y):
            (loss(params, X, y) * len(y)).backward()
            with torch.no_grad():
                for param in params:
                    param -= lr * param.grad / (divisor or len(y))
                    if clear:
                        param.grad.zero_()

        batches = list(zip(X[order].split(30), y[order_y].split(30), strict=True))
        return Loop(params, step, loss, lr, batches, X, y)

    return make(30, True, order), make(None, True, other), make(None, False, order)


@exercise("9.3", "Three bugs named from outside, without a look at the code.")
def mystery(room_a, room_b, room_c):
    """The rooms of the three bugs in `mystery_loops`."""
    answers = {"a": room_a, "b": room_b, "c": room_c}
    for name, value in answers.items():
        answers[name] = value = expect_number(f"room_{name}", value)
        if value not in range(1, 9):
            raise Mistake(f"`room_{name}` should be the number of a room, 1 to 8.")
    if answers["a"] == 3:
        raise Mistake("Loop a: its first batch makes a right step. Are all its batches as long?")
    if answers["a"] != 4:
        raise Mistake("Loop a: check_repeat and check_pairs are silent; try check_every_batch.")
    if answers["b"] != 5:
        raise Mistake("Loop b: each step is right for the batch it gets; look at the batches.")
    if answers["c"] in (3, 4):
        raise Mistake("Loop c: its first step is right, the second is not: make the loop anew.")
    if answers["c"] != 2:
        raise Mistake("Loop c: ask for the same step twice, from the same place.")


@exercise("9.4", "It tells a frozen tensor from a trained one, and leaves no trace.")
def all_move(detector):
    """`detector(step, params, X, y)`: AssertionError if one step leaves a tensor where it was."""

    def moves(w, b):
        """A step that adds fixed amounts to w and b."""

        def step(params, X, y):
            with torch.no_grad():
                for param, change in zip(params, (w, b), strict=True):
                    param += torch.tensor(change).reshape(param.shape)

        return step

    def verdict(w, b):
        """Whether the detector fired, and whether it put the parameters back."""
        params = [torch.randn(2, 1).requires_grad_(), torch.randn(1).requires_grad_()]
        before = [param.detach().clone() for param in params]
        fired = False
        try:
            detector(moves(w, b), params, torch.randn(5, 2), torch.randn(5, 1))
        except AssertionError:
            fired = True
        pairs = zip(params, before, strict=True)
        return fired, all(close(param.detach(), value) for param, value in pairs)

    def fires(w, b):
        return verdict(w, b)[0]

    fired, restored = verdict([0.3, -0.2], [0.1])
    if fired:
        raise Mistake(
            "It fires on a healthy step. `.detach()` alone shares the memory: clone, too."
        )
    if not restored:
        raise Mistake("The parameters are not put back to where they were.")
    if not fires([0.0, 0.0], [0.0]):
        raise Mistake("Nothing moved, and it is silent.")
    if not fires([0.0, 0.0], [0.1]) or not fires([0.3, 0.2], [0.0]):
        raise Mistake("It is silent when one of the two tensors is frozen: look at each of them.")
    if fires([0.3, -0.3], [0.1]) or fires([-0.3, -0.2], [-0.1]):
        raise Mistake("It fires on a step whose changes add up to zero or less: compare entries.")
    if fires([0.3, 0.0], [0.1]):
        raise Mistake("A tensor of which one entry moved has moved.")
    if not verdict([0.0, 0.0], [0.1])[1]:
        raise Mistake("When it fires it leaves the parameters moved: put them back first.")


@exercise("9.5", "The cosine never shrinks, so no learning rate calms this loop.")
def swing(f):
    """`f(lr, curvature)`: updates per full swing of the loop that keeps its gradients."""
    for lr, curvature in ((0.03, 1.0), (0.5, 2.0), (0.3, 8.0)):
        value = expect_number("swing(lr, curvature)", f(lr, curvature))
        product = lr * curvature
        exact = 2 * math.pi / math.acos(1 - product / 2)
        if close(value, exact / 2):
            raise Mistake("That is the time between two passes of the bottom: half a swing.")
        if close(value, 2 * math.pi / math.sqrt(product)):
            raise Mistake("That is the limit of small steps; the exact angle is an arc cosine.")
        if close(value, math.acos(1 - product / 2)):
            raise Mistake("That is the angle per update: how many of them make a full circle?")
        if close(value, 2 * math.pi / math.acos(max(-1, 1 - product))):
            raise Mistake("cos(theta (t + 1)) + cos(theta (t - 1)) = 2 cos(theta) cos(theta t).")
        if close(value, 360 / math.degrees(1) / math.degrees(math.acos(1 - product / 2))):
            raise Mistake("Degrees and radians are mixed.")
        if not close(value, exact):
            raise Mistake(f"Run the recurrence with lr {lr} and curvature {curvature}, and count.")
