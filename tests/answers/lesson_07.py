"""Answers to the exercises of lesson 7."""

import torch
from torch import nn
from torch.utils import data

RIGHT = {
    "predict_rate": [(0.00075, 40), (0.03 / 40, 40.0)],
    "fixed_divisor_loss": [
        (lambda y_hat, y, batch_size: ((y_hat - y) ** 2 / 2).sum() / batch_size,),
        (lambda y_hat, y, batch_size: nn.MSELoss()(y_hat, y) * len(y) / (2 * batch_size),),
    ],
    "twin": [],
    "replay": [],
    "momentum_step": [],
}
WRONG = {
    "predict_rate": [
        ((0.03, 40), "40 times as long"),
        ((0.015, 40), "the sum is over 20"),
        ((0.0015, 40), "no half either"),
        ((1.2, 40), "divide"),
        ((0.003, 40), "ten examples"),
        ((0.000752, 40), "does not give the steps"),
        ((0.00075, 20), "without the half"),
        ((0.00075, 2), "it is a sum"),
        ((0.00075, 0.025), "other way round"),
        ((0.00075, 10), "no half is left"),
        ((0.00075, 40.1), "not the ratio"),
        (("0.00075", 40), "should be a number"),
        ((0.00075, None), "should be a number"),
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
        ((lambda y_hat, y, b: ((y_hat - y) ** 2 / 2).sum() / (1.5 * b),), "not the one"),
        ((lambda y_hat, y, b: ((y_hat - y) ** 2 / 2).sum() / b + 100,), "off by a constant"),
        ((lambda y_hat, y, b: ((y_hat - y.sub_(1)) ** 2 / 2).sum() / b,), "Your code changed `y`"),
        ((lambda y_hat, y, b: y.clone().requires_grad_().sum() / b,), "does not depend"),
        ((lambda y_hat, y, b: nn.MSELoss(y_hat, y),), "Boolean value"),
    ],
    "twin": [],
    "replay": [],
    "momentum_step": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("twin")
def twin_by_sum(X, y, batches, lr, w_start):
    layer = nn.Sequential(nn.Linear(len(w_start), 1))
    nn.init.zeros_(layer[0].bias)
    layer[0].weight = nn.Parameter(w_start.T.clone())
    optimizer = torch.optim.SGD(layer.parameters(), lr=lr / len(batches[0]) / 2)
    for rows in batches:
        optimizer.zero_grad()
        nn.MSELoss(reduction="sum")(layer(X[rows]), y[rows]).backward()
        optimizer.step()
    return layer[0].weight.detach().T, layer[0].bias.detach()


def twin_variant(rate=0.5, bias=0.0, clear=True, wrong_b=0.0, spoil=False):
    """The library's training with one part turned to a mistake."""

    def train(X, y, batches, lr, w_start):
        net = nn.Linear(X.shape[1], 1)
        net.weight.data.copy_(w_start.T)
        if bias is not None:
            net.bias.data.fill_(bias)
        optimizer = torch.optim.SGD(net.parameters(), lr=rate * lr)
        for rows in batches:
            nn.MSELoss()(net(X[rows]), y[rows]).backward()
            optimizer.step()
            if clear:
                optimizer.zero_grad()
        if spoil:
            w_start.zero_()
        return net.weight.detach().T, net.bias.detach() + wrong_b

    return train


RIGHT["twin"].append((twin_variant(),))
WRONG["twin"] += [
    ((twin_variant(rate=1.0),), "still twice too long"),
    ((twin_variant(bias=None),), "Where does the bias start"),
    ((twin_variant(rate=1.0, bias=None),), "Where does the bias start"),
    ((twin_variant(clear=False),), "parts from program 1"),
    ((twin_variant(wrong_b=1.0),), "the bias is not"),
    ((twin_variant(spoil=True),), "Your code changed `w_start`"),
    ((lambda *args: twin_variant()(*args)[0],), "Return two tensors"),
    ((lambda *args: (twin_variant()(*args)[0].T, torch.zeros(1)),), "should have shape (2, 1)"),
    ((lambda *args: None,), "`return` missing"),
]


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


@wrong("replay", "second pass is empty")
def replay_used_up(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=iter(batches))


@wrong("replay", "Only as `batch_sampler=`")
def replay_lists_as_examples(X, y, batches):
    ready = [(X[rows], y[rows]) for rows in batches]
    return data.DataLoader(ready, batch_size=1)


@wrong("replay", "Only as `batch_sampler=`")
def replay_lists_as_sampler(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), sampler=batches)


@wrong("replay", "should have shape (m, 2), got (5, 1)")
def replay_one_feature(X, y, batches):
    return data.DataLoader(data.TensorDataset(X[:, :1], y), batch_sampler=batches)


@wrong("replay", "X holds torch.float32, a batch of it torch.int64")
def replay_whole_numbers(X, y, batches):
    return data.DataLoader(data.TensorDataset(X.long(), y), batch_sampler=batches)


@wrong("replay", "y holds torch.float32, a batch of it torch.float64")
def replay_double_labels(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y.double()), batch_sampler=batches)


@wrong("replay", "A batch of X should be a tensor, got list")
def replay_lists_of_numbers(X, y, batches):
    ready = [(X[rows].tolist(), y[rows]) for rows in batches]
    return data.DataLoader(ready, batch_size=None, collate_fn=lambda pair: pair)


@wrong("replay", "mutually exclusive")
def replay_shuffled_as_well(X, y, batches):
    return data.DataLoader(data.TensorDataset(X, y), batch_sampler=batches, shuffle=True)


@right("momentum_step")
def momentum_with_copy(params, velocities, lr, mu):
    for param, velocity in zip(params, velocities, strict=True):
        velocity.copy_(mu * velocity + param.grad)
        param.data.sub_(lr * velocity)
        param.grad = None


@wrong("momentum_step", "`velocities` holds other tensors now")
def momentum_in_the_list(params, velocities, lr, mu):
    with torch.no_grad():
        for k, param in enumerate(params):
            velocities[k] = mu * velocities[k] + param.grad
            param -= lr * velocities[k]
            param.grad.zero_()


@wrong("momentum_step", "`params` holds other tensors now")
def momentum_new_parameters(params, velocities, lr, mu):
    for k, velocity in enumerate(velocities):
        velocity.mul_(mu).add_(params[k].grad)
        params[k] = (params[k].detach() - lr * velocity).requires_grad_()


@wrong("momentum_step", "`params` holds other tensors now")
def momentum_drops_one(params, velocities, lr, mu):
    momentum_with_copy(params, velocities, lr, mu)
    params.pop()


@wrong("momentum_step", "Return nothing: the tensors change. Got list")
def momentum_returns(params, velocities, lr, mu):
    momentum_with_copy(params, velocities, lr, mu)
    return params


@wrong("momentum_step", "velocities are not")
def momentum_scaled(params, velocities, lr, mu):
    # The same steps, but what is kept is lr times the velocity.
    with torch.no_grad():
        for param, velocity in zip(params, velocities, strict=True):
            velocity.mul_(mu).add_(lr * param.grad)
            param -= velocity
            param.grad.zero_()


@wrong("momentum_step", "no longer asks")
def momentum_freezes(params, velocities, lr, mu):
    momentum_with_copy(params, velocities, lr, mu)
    params[0].requires_grad_(False)


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


@wrong("momentum_step", "Update 1 left params[0] where it was")
def momentum_steps_first(params, velocities, lr, mu):
    with torch.no_grad():
        for param, velocity in zip(params, velocities, strict=True):
            param -= lr * velocity
            velocity.mul_(mu).add_(param.grad)
            param.grad.zero_()


@wrong("momentum_step", "Update 1 left params[0] where it was")
def momentum_clears_first(params, velocities, lr, mu):
    for param in params:
        param.grad.zero_()
    momentum_with_copy(params, velocities, lr, mu)


@wrong("momentum_step", "Update 1 left params[0] where it was")
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
