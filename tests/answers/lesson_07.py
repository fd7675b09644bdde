"""Answers to the exercises of lesson 7."""

import torch
from torch import nn
from torch.utils import data

RIGHT = {
    "predict_prints": [(2, 0.06), (torch.tensor(2.0), 0.03 / 0.5)],
    "learning_rate": [
        (lambda reduction, lr, m: lr / 2 if reduction == "mean" else lr / m / 2,),
        (lambda reduction, lr, m: torch.tensor(lr / (1 if reduction == "mean" else m)) / 2,),
    ],
    "fixed_divisor_loss": [
        (lambda y_hat, y, batch_size: ((y_hat - y) ** 2 / 2).sum() / batch_size,),
        (lambda y_hat, y, batch_size: nn.MSELoss()(y_hat, y) * len(y) / (2 * batch_size),),
    ],
    "replay": [],
    "momentum_step": [],
}
WRONG = {
    "predict_prints": [
        ((0.5, 0.06), "upside down"),
        ((1, 0.06), "has a half"),
        ((264, 0.06), "after an epoch"),
        ((4, 0.06), "only a factor"),
        ((2, 0.015), "turn the question round"),
        ((2, 0.03), "twice as long"),
        ((2, 0.12), "makes up for the half"),
        ((2, "0.06"), "should be a number"),
    ],
    "learning_rate": [
        ((lambda reduction, lr, m: lr if reduction == "mean" else lr / m,), "half is missing"),
        ((lambda reduction, lr, m: 2 * lr,), "turned round"),
        ((lambda reduction, lr, m: lr / 2 if reduction == "mean" else lr * m / 2,), "divide by m"),
        ((lambda reduction, lr, m: lr / 2,), "number of examples"),
        ((lambda reduction, lr, m: lr / (2 * m),), "divided by m already"),
        ((lambda reduction, lr, m: lr / 3,), "is not the rate"),
        ((lambda reduction, lr, m: None,), "`return` missing"),
        ((lambda reduction, lr, m: {"mean": lr / 2}[reduction],), "KeyError"),
    ],
    "fixed_divisor_loss": [
        ((lambda y_hat, y, b: ((y_hat - y) ** 2 / 2).mean(),), "examples that are there"),
        ((lambda y_hat, y, b: nn.MSELoss()(y_hat, y),), "twice too long"),
        ((lambda y_hat, y, b: nn.MSELoss(reduction="sum")(y_hat, y) / b,), "twice too long"),
        ((lambda y_hat, y, b: ((y_hat - y) ** 2 / 2).sum(),), "still divides"),
        ((lambda y_hat, y, b: -((y_hat - y) ** 2 / 2).sum() / b,), "sign"),
        ((lambda y_hat, y, b: (y_hat - y) ** 2 / (2 * b),), "shape ()"),
        ((lambda y_hat, y, b: ((y_hat.detach() - y) ** 2 / 2).sum() / b,), "cut off"),
        ((lambda y_hat, y, b: (y_hat - y).abs().sum() / b,), "not the one"),
        ((lambda y_hat, y, b: ((y_hat - y) ** 2 / 2).sum() / max(b, 9) * 1.5,), "short one"),
        ((lambda y_hat, y, b: nn.MSELoss(y_hat, y),), "Boolean value"),
    ],
    "replay": [],
    "momentum_step": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("replay")
def replay_with_generator(X, y, batches):
    class Order(data.Sampler):
        def __iter__(self):
            yield from batches

        def __len__(self):
            return len(batches)

    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=Order())


@right("replay")
def replay_ready_made_batches(X, y, batches):
    ready = [(X[rows], y[rows]) for rows in batches]
    return data.DataLoader(ready, batch_size=None)


@wrong("replay", "`return` missing")
def replay_without_return(X, y, batches):
    replay_with_generator(X, y, batches)


@wrong("replay", "A DataLoader is asked for")
def replay_by_hand(X, y, batches):
    return [(X[rows], y[rows]) for rows in batches]


@wrong("replay", "one example: `batch_sampler`")
def replay_one_by_one(X, y, batches):
    order = [row for rows in batches for row in rows]
    return data.DataLoader(data.TensorDataset(X, y), sampler=order)


@wrong("replay", "should have sizes")
def replay_sizes_lost(X, y, batches):
    order = [row for rows in batches for row in rows]
    return data.DataLoader(data.TensorDataset(X, y), sampler=order, batch_size=5)


@wrong("replay", "another order")
def replay_in_order(X, y, batches):
    rows = iter(range(len(X)))
    sorted_batches = [[next(rows) for _ in batch] for batch in batches]
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=sorted_batches)


@wrong("replay", "parted")
def replay_parted(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y.flip(0)), batch_sampler=batches)


@wrong("replay", "is a pair")
def replay_features_only(X, y, batches):
    return data.DataLoader(data.TensorDataset(X), batch_sampler=batches)


@wrong("replay", "read once")
def replay_drops_last(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=batches[:-1])


@wrong("replay", "read once")
def replay_used_up(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=iter(batches))


@wrong("replay", "an axis too many")
def replay_lists_as_examples(X, y, batches):
    ready = [(X[rows], y[rows]) for rows in batches]
    return data.DataLoader(ready, batch_size=1)


@wrong("replay", "mutually exclusive")
def replay_shuffled_as_well(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=batches, shuffle=True)


@right("momentum_step")
def momentum_with_copy(params, velocities, lr, mu):
    for param, velocity in zip(params, velocities, strict=True):
        velocity.copy_(mu * velocity + param.grad)
        param.data.sub_(lr * velocity)
        param.grad = None


@right("momentum_step")
def momentum_in_the_list(params, velocities, lr, mu):
    with torch.no_grad():
        for k, param in enumerate(params):
            velocities[k] = mu * velocities[k] + param.grad
            param -= lr * velocities[k]
            param.grad.zero_()


def momentum_variant(
    gain=lambda mu: 1.0, sign=-1.0, nesterov=False, keep=True, clear=True, first_only=False
):
    """A momentum step with one part turned to a mistake."""

    def step(params, velocities, lr, mu):
        with torch.no_grad():
            for k, (param, velocity) in enumerate(zip(params, velocities, strict=True)):
                if first_only and k:
                    param.grad.zero_()
                    continue
                new = mu * velocity + gain(mu) * param.grad
                if keep:
                    velocity.copy_(new)
                param += sign * lr * (mu * new + param.grad if nesterov else new)
                if clear:
                    param.grad.zero_()

    return step


WRONG["momentum_step"] += [
    ((momentum_variant(sign=1.0),), "uphill"),
    ((momentum_variant(nesterov=True),), "Nesterov"),
    ((momentum_variant(gain=lambda mu: 1 - mu),), "enters whole"),
    ((momentum_variant(gain=lambda mu: 2.0),), "from velocity zero"),
    ((momentum_variant(keep=False),), "Nothing is remembered"),
    ((momentum_variant(clear=False),), "not cleared"),
    ((momentum_variant(first_only=True),), "second is not"),
    ((momentum_variant(gain=lambda mu: float("nan")),), "NaN"),
]


@wrong("momentum_step", "did not move")
def momentum_renames(params, velocities, lr, mu):
    for param, velocity in zip(params, velocities, strict=True):
        velocity = mu * velocity + param.grad
        param = param - lr * velocity


@wrong("momentum_step", "parts from torch.optim.SGD")
def momentum_of_one(params, velocities, lr, mu):
    momentum_with_copy(params, velocities, lr, 1.0)


@wrong("momentum_step", "leaf Variable")
def momentum_recorded(params, velocities, lr, mu):
    for param, velocity in zip(params, velocities, strict=True):
        velocity += param.grad
        param -= lr * velocity
