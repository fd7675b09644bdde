"""Answers to the exercises of lesson 9."""

import cmath
import math

import torch

RIGHT = {
    "right_by_luck": [(0.03 * 50, 50 / 200), (torch.tensor(1.5), torch.tensor([0.25]))],
    "epoch_loss": [],
    "mystery": [(4, 5, 2), (4.0, torch.tensor(5), 2)],
    "all_move": [],
    "swing": [
        (lambda lr, k: 2 * math.pi / (2 * math.asin(math.sqrt(lr * k) / 2)),),
    ],
}
WRONG = {
    "right_by_luck": [
        ((0.03 / 50, 0.25), "shorter still"),
        ((0.03, 0.25), "50 times too short"),
        ((75.0, 0.25), "other one only"),
        ((0.5, 0.25), "must be the healthy"),
        ((1.5, 1), "still makes up for 50"),
        ((1.5, 4), "Turned round"),
        ((1.5, 0.0075), "lr in effect"),
        ((1.5, 0.5), "divided by 0.03"),
        ((1.5, "a quarter"), "number"),
    ],
    "epoch_loss": [
        ((lambda losses, sizes: losses[-1],), "last minibatch"),
        ((lambda losses, sizes: sum(losses) / len(losses),), "mean of the means"),
        ((lambda losses, sizes: torch.tensor(losses).mean(),), "mean of the means"),
        ((lambda losses, sizes: torch.tensor(losses) @ torch.tensor(sizes).float(),), "is the sum"),
        ((lambda losses, sizes: sum(losses),), "mean already"),
        ((lambda losses, sizes: sum(losses) / sum(sizes),), "mean already"),
        ((lambda losses, sizes: losses[0],), "all the examples at once"),
        ((lambda losses, sizes: losses,), "got list"),
    ],
    "mystery": [
        ((3, 5, 2), "as long"),
        ((2, 5, 2), "check_every_batch"),
        ((4, 1, 2), "look at the batches"),
        ((4, 5, 3), "make the loop anew"),
        ((4, 5, 6), "same step twice"),
        ((0, 5, 2), "1 to 8"),
        ((4, 5, 2.5), "1 to 8"),
    ],
    "all_move": [],
    "swing": [
        ((lambda lr, k: math.pi / math.acos(1 - lr * k / 2),), "half a swing"),
        ((lambda lr, k: 2 * math.pi / math.sqrt(lr * k),), "small steps"),
        ((lambda lr, k: math.acos(1 - lr * k / 2),), "angle per update"),
        ((lambda lr, k: 2 * math.pi / math.acos(1 - lr * k),), "2 cos(theta)"),
        ((lambda lr, k: 2 * math.pi / math.degrees(math.acos(1 - lr * k / 2)),), "Degrees"),
        ((lambda lr, k: 1 / lr,), "Run the recurrence"),
    ],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("epoch_loss")
def loss_by_tensors(losses, sizes):
    return torch.tensor(losses) @ torch.tensor(sizes).float() / sum(sizes)


@right("epoch_loss")
def loss_by_running_mean(losses, sizes):
    mean, seen = 0.0, 0
    for loss, size in zip(losses, sizes, strict=True):
        seen += size
        mean += (loss - mean) * size / seen
    return mean


@wrong("epoch_loss", "number of batches")
def loss_over_batches(losses, sizes):
    return sum(a * b for a, b in zip(losses, sizes, strict=True)) / len(sizes)


def put_back(params, before):
    with torch.no_grad():
        for param, value in zip(params, before, strict=True):
            param.copy_(value)


@right("all_move")
def move_by_entries(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    moved = [(p != q).any().item() for p, q in zip(params, before, strict=True)]
    put_back(params, before)
    assert all(moved)


@wrong("all_move", "put them back first")
def move_asserts_too_early(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    assert all((p != q).any() for p, q in zip(params, before, strict=True))
    put_back(params, before)


@right("all_move")
def move_by_lists(step, params, X, y):
    before = [param.tolist() for param in params]
    step(params, X, y)
    frozen = [k for k, param in enumerate(params) if param.tolist() == before[k]]
    put_back(params, [torch.tensor(values) for values in before])
    if frozen:
        raise AssertionError(f"tensors {frozen} did not move")


@wrong("all_move", "clone")
def move_shares_memory(step, params, X, y):
    before = [param.detach() for param in params]
    step(params, X, y)
    assert not any(torch.equal(p, q) for p, q in zip(params, before, strict=True))


@wrong("all_move", "not put back")
def move_leaves_traces(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    assert not any(torch.equal(p, q) for p, q in zip(params, before, strict=True))


@wrong("all_move", "Nothing moved")
def move_never_fires(step, params, X, y):
    pass


@wrong("all_move", "one of the two")
def move_looks_at_all_together(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    moved = any(not torch.equal(p, q) for p, q in zip(params, before, strict=True))
    put_back(params, before)
    assert moved


@wrong("all_move", "add up to zero")
def move_adds_up(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    moved = [(p - q).sum().abs().item() > 1e-4 for p, q in zip(params, before, strict=True)]
    put_back(params, before)
    assert all(moved)


@wrong("all_move", "one entry moved")
def move_asks_every_entry(step, params, X, y):
    before = [param.detach().clone() for param in params]
    step(params, X, y)
    moved = [(p != q).all().item() for p, q in zip(params, before, strict=True)]
    put_back(params, before)
    assert all(moved)


@wrong("all_move", "ValueError")
def move_raises_something_else(step, params, X, y):
    raise ValueError("something is frozen")


@right("swing")
def swing_by_roots(lr, curvature):
    """The recurrence's characteristic root z has angle theta: z^2 - (2 - lr k) z + 1 = 0."""
    half = 1 - lr * curvature / 2
    return 2 * math.pi / cmath.phase(half + cmath.sqrt(half**2 - 1))


@wrong("swing", "got complex")
def swing_complex(lr, curvature):
    return cmath.exp(1j * lr * curvature)
