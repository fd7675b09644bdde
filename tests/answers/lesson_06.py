"""Answers to the exercises of lesson 6."""

import functools

import numpy as np
import torch
from torch import nn
from torch.utils import data

# Exercise 6.2


def net_of(d, draw, bias):
    """A net whose weights are what `draw(1, d)` returns, written without nn.init."""
    net = nn.Sequential(nn.Linear(d, 1))
    with torch.no_grad():
        net[0].weight.copy_(draw(1, d))
        net[0].bias.fill_(bias)
    return net


def normal_of(f):
    """build_net with weights of spread f(std)."""
    return lambda d, std, bias: net_of(d, lambda *size: f(std) * torch.randn(*size), bias)


def with_data(d, std, bias):
    """Written with `.data`, as in the lecture."""
    net = nn.Sequential(nn.Linear(d, 1))
    net[0].weight.data.normal_(0, std)
    net[0].bias.data.fill_(bias)
    return net


def with_parameters(d, std, bias):
    """New parameters in the place of the old ones."""
    layer = nn.Linear(d, 1)
    layer.weight = nn.Parameter(torch.normal(0.0, std, (1, d)))
    layer.bias = nn.Parameter(torch.tensor([float(bias)]))
    return nn.Sequential(layer)


def default_start(d, std, bias):
    net = nn.Sequential(nn.Linear(d, 1))
    net[0].bias.data.fill_(bias)
    return net


def changed(change):
    """build_net, right but for what `change(net)` does or returns."""

    def build(d, std, bias):
        net = with_data(d, std, bias)
        return change(net) or net

    return build


def one_draw(d, std, bias):
    generator = torch.Generator().manual_seed(0)
    return net_of(d, lambda *size: std * torch.randn(*size, generator=generator), bias)


class TwiceLinear(nn.Linear):
    """A layer whose prediction is not what its weight and bias say."""

    def forward(self, X):
        return 2 * super().forward(X)


class FlatLinear(nn.Linear):
    """A layer whose prediction has an axis too few."""

    def forward(self, X):
        return super().forward(X)[:, 0]


def of_layer(kind):
    """build_net with a layer of this kind in the place of nn.Linear."""

    def build(d, std, bias):
        net = nn.Sequential(kind(d, 1))
        net[0].weight.data.normal_(0, std)
        net[0].bias.data.fill_(bias)
        return net

    return build


def flat_weight(net):
    net[0].weight = nn.Parameter(net[0].weight.data[0])


def flat_bias(net):
    net[0].bias = nn.Parameter(net[0].bias.data[0])


def uniform(width):
    """Weights drawn evenly between -width(std) and width(std)."""
    return lambda d, std, bias: net_of(
        d, lambda *size: (2 * torch.rand(*size) - 1) * width(std), bias
    )


# Exercise 6.3


def copy_by_loop(net):
    """w and b filled number by number."""
    d, dtype = net[0].in_features, net[0].weight.dtype
    w, b = torch.zeros(d, 1, dtype=dtype), torch.zeros(1, dtype=dtype)
    for j in range(d):
        w[j, 0] = net[0].weight[0, j].item()
    b[0] = net[0].bias.item()
    return [w, b]


def copies(change=lambda w, b: (w, b)):
    """weights_of, with the right pair passed through `change`."""
    return lambda net: change(net[0].weight.detach().T.clone(), net[0].bias.detach().clone())


def emptied(net):
    pair = copies()(net)
    net[0].weight.data.zero_()
    return pair


def frozen(net):
    pair = copies()(net)
    net.requires_grad_(False)
    return pair


# Exercise 6.4


def epoch(result="examples", clear="before", step=True, when="before", rate=1.0):
    """train_epoch with one thing, or several, turned to a mistake."""

    def train(net, loader, loss_fn, optimizer):
        means, lengths = [], []
        for X, y in loader:
            if clear == "before":
                optimizer.zero_grad()
            loss = loss_fn(net(X), y)
            (rate * loss).backward()
            if clear == "between":
                optimizer.zero_grad()
            if step:
                optimizer.step()
            if when == "after":
                loss = loss_fn(net(X), y)
            means.append(loss.item())
            lengths.append(len(y))
        totals = [mean * length for mean, length in zip(means, lengths, strict=True)]
        results = {
            "examples": sum(totals) / sum(lengths),
            "batches": sum(means) / len(means),
            "sum of means": sum(means),
            "total": sum(totals),
            "means by examples": sum(means) / sum(lengths),
            "total by batches": sum(totals) / len(means),
            "last": means[-1],
            "other": 1.5 * sum(totals) / sum(lengths),
            "text": "0.5",
            "infinite": float("inf"),
        }
        return results.get(result)

    return train


def epoch_clearing_afterwards(net, loader, loss_fn, optimizer):
    """Cleared after the step, counted by the data set, added up in numpy."""
    seen = []
    for X, y in loader:
        loss = loss_fn(net(X), y)
        loss.backward()
        optimizer.step()
        net.zero_grad()
        seen += [loss.item()] * len(y)
    assert len(seen) == len(loader.dataset)
    return np.mean(seen)


def epoch_of_tensors(with_graph):
    """The mean as a tensor, with the graph or without it."""

    def train(net, loader, loss_fn, optimizer):
        total, count = 0, 0
        for X, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(net(X), y)
            loss.backward()
            optimizer.step()
            total = total + (loss if with_graph else loss.detach()) * len(y)
            count += len(y)
        return total / count

    return train


def epoch_item_at_the_end(net, loader, loss_fn, optimizer):
    """The right number, from a sum that keeps each batch's graph until the end."""
    return epoch_of_tensors(with_graph=True)(net, loader, loss_fn, optimizer).item()


def epoch_of_squares(net, loader, loss_fn, optimizer):
    """Takes the squared error whatever `loss_fn` is."""
    return epoch()(net, loader, nn.MSELoss(), optimizer)


# Exercise 6.5


def save_least_squares(X, y, path):
    """No training at all: the exact solution is another right way."""
    theta = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], 1), y).solution
    torch.save({"0.weight": theta[:-1].T.clone(), "0.bias": theta[-1]}, path)


def save_trained(X, y, path, lr=0.03, num_epochs=20, what=lambda net: net.state_dict()):
    """Trains with batches of ten, and saves `what(net)`."""
    loader = data.DataLoader(data.TensorDataset(X, y), 10, shuffle=True)
    net = nn.Sequential(nn.Linear(X.shape[1], 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(num_epochs):
        for X_batch, y_batch in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(net(X_batch), y_batch).backward()
            optimizer.step()
    torch.save(what(net), path)


def saving(what):
    """train_and_save that trains briefly and saves `what(net)`."""
    return functools.partial(save_trained, num_epochs=1, what=what)


def standardise_in_place(X, y, path):
    X -= X.mean(0)
    save_least_squares(X, y, path)


def save_in_text(X, y, path):
    path.write_text("0.weight")


RIGHT = {
    "three_numbers": [
        (0.0899, 0.04, 0.002),
        (np.float64(0.085), torch.tensor(0.04), 0.08 / 40),
        (0.098, 0.04, 0.002),
    ],
    "build_net": [(with_data,), (with_parameters,), (normal_of(lambda std: std),)],
    "weights_of": [
        (copy_by_loop,),
        (lambda net: (net[0].weight.data.reshape(-1, 1).clone(), net[0].bias.data.clone()),),
    ],
    "train_epoch": [(epoch_clearing_afterwards,), (epoch(),), (epoch_item_at_the_end,)],
    "train_and_save": [(save_least_squares,), (save_trained,)],
}
WRONG = {
    "three_numbers": [
        ((0.045, 0.04, 0.002), "half squared error ends"),
        ((0.3, 0.04, 0.002), "squares it"),
        ((0.08, 0.04, 0.002), "What is left"),
        ((0.1, 0.04, 0.002), "What is left"),
        ((0.09, 0.08, 0.002), "twice as long"),
        ((0.09, 0.16, 0.002), "must shrink, not grow"),
        ((0.09, 0.002, 0.002), "drops out"),
        ((0.09, 0.0401, 0.002), "both sides"),
        ((0.09, 0.04, 0.04), "serves the mean"),
        ((0.09, 0.04, 0.004), "no half either"),
        ((0.09, 0.04, 0.8), "so lr must shrink"),
        ((0.09, 0.04, 0.00201), "sum over 20"),
        (("0.09", 0.04, 0.002), "`final_loss`"),
        ((0.09, None, 0.002), "`lr_of_mean`"),
        ((0.09, 0.04, [0.002]), "`lr_of_sum`"),
    ],
    "build_net": [
        ((lambda d, std, bias: None,), "`return` missing"),
        ((lambda d, std, bias: nn.Linear(d, 1),), "nn.Sequential"),
        ((changed(lambda net: nn.Sequential(*net, nn.Identity())),), "nothing else"),
        ((changed(lambda net: nn.Sequential(nn.ReLU())),), "one nn.Linear"),
        ((lambda d, std, bias: nn.Sequential(nn.Linear(1, d)),), "inputs first"),
        ((lambda d, std, bias: nn.Sequential(nn.Linear(d, 2)),), "to 1 output"),
        ((lambda d, std, bias: with_data(3, std, bias),), "For d = 1"),
        ((lambda d, std, bias: nn.Sequential(nn.Linear(d, 1, bias=False)),), "has no bias"),
        ((changed(flat_weight),), "`the weight`"),
        ((changed(flat_bias),), "`the bias`"),
        ((changed(lambda net: net.double()),), "float32"),
        ((changed(lambda net: net.requires_grad_(False)),), "does not ask"),
        ((lambda d, std, bias: with_data(d, std, 0.0),), "bias should be"),
        ((of_layer(TwiceLinear),), "leave `forward` to nn.Linear"),
        ((of_layer(FlatLinear),), "`net(X)` should have shape (3, 1)"),
        ((one_draw,), "Two calls"),
        ((lambda d, std, bias: net_of(d, lambda *s: torch.full(s, torch.rand(1).item()), bias),),
         "All weights are equal"),
        ((default_start,), "by itself"),
        ((normal_of(lambda std: std**2),), "not the variance"),
        ((normal_of(lambda std: 0.001),), "spread 0.001"),
        ((normal_of(lambda std: 0.01),), "wanted are 0 and 0.2."),
        ((normal_of(lambda std: 1.1 * std),), "wanted are 0 and 0.01"),
        ((normal_of(lambda std: 0.9 * std),), "wanted are 0 and 0.01"),
        ((lambda d, std, bias: net_of(d, lambda *s: std * (0.15 + torch.randn(*s)), bias),),
         "have mean 0.001"),
        ((uniform(lambda std: std),), "spread 0.005"),
        ((uniform(lambda std: 3**0.5 * std),), "of normal ones"),
        ((lambda d, std, bias: net_of(d, lambda *s: std / 2**0.5 * torch.distributions.Laplace(
            0.0, 1.0).sample(s), bias),), "76% of the weights"),
    ],
    "weights_of": [
        ((lambda net: None,), "`return` missing"),
        ((lambda net: net[0].weight.detach().T.clone(),), "two tensors"),
        ((copies(lambda w, b: (w, b, b)),), "two tensors"),
        ((copies(lambda w, b: (w.T.clone(), b)),), "transpose"),
        ((copies(lambda w, b: (w[:, 0], b)),), "shape (3, 1)"),
        ((copies(lambda w, b: (w, b[0])),), "`b` should have shape (1,)"),
        ((copies(lambda w, b: (w, b.reshape(1, 1))),), "`b` should have shape (1,)"),
        ((copies(lambda w, b: (w, b.item())),), "`b` should be a tensor"),
        ((copies(lambda w, b: (w.float(), b.float())),), "float64 like the net"),
        ((copies(lambda w, b: (w.requires_grad_(), b)),), "`w` still asks"),
        ((lambda net: (net[0].weight.T.clone(), net[0].bias.clone()),), "detach"),
        ((copies(lambda w, b: (w + 0.01, b)),), "`w` holds"),
        ((copies(lambda w, b: (w, -b)),), "`b` holds"),
        ((lambda net: (net[0].weight.data.T, net[0].bias.data.clone()),), "A change of `w`"),
        ((lambda net: (net[0].weight.data.T.clone(), net[0].bias.data),), "A change of `b`"),
        ((emptied,), "changes the net"),
        ((frozen,), "changes the net"),
    ],
    "train_epoch": [
        ((epoch(clear="never"),), "ends elsewhere"),
        ((epoch(rate=2),), "ends elsewhere"),
        ((epoch(clear="between"),), "did not move"),
        ((epoch(step=False),), "did not move"),
        ((epoch("nothing"),), "`return` missing"),
        ((epoch_of_tensors(with_graph=True),), "carries the graph"),
        ((epoch_of_tensors(with_graph=False),), "is a tensor: `.item()`"),
        ((epoch("text"),), "got str"),
        ((epoch("infinite"),), "finite"),
        ((epoch(when="after"),), "not before"),
        ((epoch("batches"),), "weigh each loss"),
        ((epoch("batches", when="after"),), "taken after the step, and a mean"),
        ((epoch("sum of means"),), "sum of the batches' losses"),
        ((epoch("total"),), "sum over the examples, divided by nothing"),
        ((epoch("means by examples"),), "not multiplied"),
        ((epoch("total by batches"),), "divided by the batches"),
        ((epoch("last"),), "last batch alone"),
        ((epoch("other"),), "The net is trained, but"),
        ((epoch_of_squares,), "ends elsewhere"),
    ],
    "train_and_save": [
        ((lambda X, y, path: None,), "no file"),
        ((standardise_in_place,), "changes X or y"),
        ((saving(lambda net: net),), "save the state_dict"),
        ((save_in_text,), "refuses the file"),
        ((saving(lambda net: list(net.parameters())),), "got list"),
        ((saving(lambda net: net[0].state_dict()),), "needs"),
        ((saving(lambda net: {"0.weight": net[0].weight.data}),), "needs"),
        ((saving(lambda net: {k: v + torch.nan for k, v in net.state_dict().items()}),), "NaN"),
        ((saving(lambda net: net.state_dict()),), "the loss on new rows is"),
        ((functools.partial(save_trained, num_epochs=3),), "the loss on new rows is"),
        ((lambda X, y, path: save_trained(X, y[:, 0], path),), "the loss on new rows is"),
    ],
}  # fmt: skip
