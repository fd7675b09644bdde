"""Answers to the exercises of lesson 6."""

import torch
from torch import nn
from torch.utils import data


def init_of(d, std=0.01, bias=0.0):
    """A net with normal weights and a constant bias, written with `.data` as in the lecture."""
    net = nn.Sequential(nn.Linear(d, 1))
    net[0].weight.data.normal_(0, std)
    net[0].bias.data.fill_(bias)
    return net


def frozen(d):
    return init_of(d).requires_grad_(False)


def all_equal(d):
    net = init_of(d)
    net[0].weight.data.fill_(0.01)
    return net


def bias_only(d):
    net = nn.Sequential(nn.Linear(d, 1))
    net[0].bias.data.zero_()
    return net


def init_by_loop(d):
    layer = nn.Linear(d, 1)
    with torch.no_grad():
        layer.weight.copy_(0.01 * torch.randn(1, d))
        layer.bias -= layer.bias
    return nn.Sequential(layer)


def copy_by_loop(net):
    """w and b filled number by number."""
    d = net[0].in_features
    w, b = torch.zeros(d, 1), torch.zeros(1)
    for j in range(d):
        w[j, 0] = net[0].weight[0, j].item()
    b[0] = net[0].bias.item()
    return [w, b]


def epoch(clear="before", step=True, result="examples"):
    """A training epoch with the place of zero_grad, the step or the mean turned to a mistake."""

    def train(net, loader, loss, trainer):
        totals, counts = [], []
        for X, y in loader:
            if clear == "before":
                trainer.zero_grad()
            l = loss(net(X), y)
            l.backward()
            if clear == "between":
                trainer.zero_grad()
            if step:
                trainer.step()
            totals.append(l.item() * len(y))
            counts.append(len(y))
        means = [total / count for total, count in zip(totals, counts, strict=True)]
        results = {
            "examples": sum(totals) / sum(counts),
            "batches": sum(means) / len(means),
            "last": means[-1],
            "sum": sum(means),
            "total": sum(totals),
        }
        return results.get(result)

    return train


def epoch_clearing_afterwards(net, loader, loss, trainer):
    seen = []
    for X, y in loader:
        l = loss(net(X), y)
        l.backward()
        trainer.step()
        net.zero_grad()
        seen += [l.detach()] * len(y)
    return torch.stack(seen).mean()


def epoch_then_loss(net, loader, loss, trainer):
    epoch()(net, loader, loss, trainer)
    X, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
    return loss(net(X), y).item()


def lists_of(dataset, batch_size, generator, drop_last=False):
    sampler = data.RandomSampler(dataset, generator=generator)
    return data.BatchSampler(sampler, batch_size, drop_last)


def loader_of_lists(dataset, batch_size, generator):
    """An epoch drawn by a sampler class of one's own."""

    class Lists:
        def __iter__(self):
            order = torch.randperm(len(dataset), generator=generator)
            return iter(order.split(batch_size))

    return data.DataLoader(dataset, sampler=Lists(), batch_size=None)


RIGHT = {
    "two_predictions": [(0.0099, torch.tensor(0.03))],
    "build_net": [(init_of,), (init_by_loop,)],
    "weights_of": [
        (copy_by_loop,),
        (lambda net: (net[0].weight.data.reshape(-1, 1).clone(), net[0].bias.data.clone()),),
    ],
    "train_epoch": [(epoch_clearing_afterwards,)],
    "batch_loader": [(loader_of_lists,)],
}
WRONG = {
    "two_predictions": [
        ((0.005, 0.03), "no 1/2"),
        ((0.1, 0.03), "squares it"),
        ((0.001, 0.03), "hundred times"),
        ((0.0, 0.03), "What is left"),
        ((0.01, 0.12), "must shrink"),
        ((0.01, 0.06), "twice as long"),
        ((0.01, 0.006), "batch size does not come in"),
        ((0.01, 1.0), "which gradient is twice"),
    ],
    "build_net": [
        ((lambda d: nn.Sequential(nn.Linear(1, d)),), "inputs first"),
        ((lambda d: nn.Sequential(nn.Linear(d, 2)),), "1 output"),
        ((lambda d: nn.Linear(d, 1),), "nn.Sequential"),
        ((lambda d: nn.Sequential(nn.Linear(d, 1)),), "bias should be there"),
        ((bias_only,), "own uniform weights"),
        ((lambda d: init_of(d, std=1.0),), "not 0 and 0.01"),
        ((lambda d: init_of(d, bias=0.01),), "start at zero"),
        ((all_equal,), "draw them at random"),
        ((frozen,), "no longer ask"),
        ((lambda d: None,), "`return` missing"),
    ],
    "weights_of": [
        (
            (lambda net: (net[0].weight.detach().clone(), net[0].bias.detach().clone()),),
            "transpose",
        ),
        ((lambda net: (net[0].weight.T.clone(), net[0].bias.clone()),), "detach"),
        ((lambda net: (net[0].weight.detach().T, net[0].bias.detach()),), "shares its memory"),
        ((lambda net: net[0].weight.detach().T.clone(),), "two tensors"),
        ((lambda net: (torch.zeros(3, 1), torch.zeros(1)),), "differs from net(X)"),
        ((lambda net: (net[0].weight.detach().T.clone(), net[0].bias.item()),), "`b`"),
    ],
    "train_epoch": [
        ((epoch(clear="never"),), "clear, backward and step"),
        ((epoch(clear="between"),), "did not move"),
        ((epoch(step=False),), "did not move"),
        ((epoch(result="batches"),), "weigh each loss"),
        ((epoch(result="last"),), "last batch alone"),
        ((epoch(result="sum"),), "sum of the batches"),
        ((epoch(result="total"),), "another number"),
        ((epoch(result="nothing"),), "NoneType"),
        ((epoch_then_loss,), "after the epoch"),
    ],
    "batch_loader": [
        (
            (lambda ds, b, g: data.DataLoader(ds, b, shuffle=True, generator=g),),
            "asked one by one",
        ),
        (
            (lambda ds, b, g: data.DataLoader(ds, batch_size=None, sampler=lists_of(ds, b, None)),),
            "pass `generator`",
        ),
        (
            (
                lambda ds, b, g: data.DataLoader(
                    ds, batch_size=None, sampler=lists_of(ds, b, g, drop_last=True)
                ),
            ),
            "drop_last=False",
        ),
        (
            (
                lambda ds, b, g: data.DataLoader(
                    ds, batch_size=None, sampler=data.BatchSampler(range(len(ds)), b, False)
                ),
            ),
            "RandomSampler shuffles",
        ),
        ((lambda ds, b, g: lists_of(ds, b, g),), "Return a DataLoader"),
        (
            (lambda ds, b, g: data.DataLoader(ds, batch_size=None, sampler=lists_of(ds, 7, g)),),
            "batches of 5, 5, 5, 5 and 3",
        ),
    ],
}
