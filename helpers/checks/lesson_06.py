"""Checkers of lesson 6: linear regression, concise."""

import copy

import torch
from torch import nn
from torch.utils import data

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor


@exercise("6.1", "MSELoss ends at the variance of the noise, and needs half the learning rate.")
def two_predictions(final_loss, library_lr):
    """The floor of MSELoss for noise 0.1, and the rate that equals 0.06 with the half loss."""
    final_loss = expect_number("final_loss", final_loss)
    library_lr = expect_number("library_lr", library_lr)
    if close(final_loss, 0.005):
        raise Mistake("0.005 is the floor of the half loss; MSELoss has no 1/2.")
    if close(final_loss, 0.1):
        raise Mistake("0.1 is the standard deviation of the noise; the loss squares it.")
    if close(final_loss, 0.001):
        raise Mistake("Ten times the noise is a hundred times its square, not ten times.")
    if abs(final_loss - 0.01) > 0.002:
        raise Mistake("What is left at the end is the noise: what is its mean square?")
    if close(library_lr, 0.12):
        raise Mistake("The gradient of MSELoss is twice as large, so lr must shrink, not grow.")
    if close(library_lr, 0.06):
        raise Mistake("With the same lr the steps are twice as long: MSELoss has no 1/2.")
    if close(library_lr, 0.006):
        raise Mistake("The batch size does not come in: both programs divide by it.")
    if not close(library_lr, 0.03):
        raise Mistake("lr times the gradient must be the same; which gradient is twice the other?")


@exercise("6.2", "A net of your own, with a start that you chose.")
def build_net(build):
    """`build(d)`: an nn.Sequential with one Linear(d, 1), weights N(0, 0.01^2), bias zero."""
    for d in (2, 3000):
        net = build(d)
        if net is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(net, nn.Sequential) or len(net) != 1 or not isinstance(net[0], nn.Linear):
            raise Mistake("Return an nn.Sequential that holds one nn.Linear.")
        layer = net[0]
        if (layer.in_features, layer.out_features) == (1, d):
            raise Mistake("nn.Linear takes the number of inputs first: nn.Linear(d, 1).")
        if (layer.in_features, layer.out_features) != (d, 1):
            raise Mistake(f"For d = {d} the layer should map {d} inputs to 1 output.")
        if layer.bias is None or layer.bias.abs().max() > 0:
            raise Mistake("The bias should be there, and start at zero.")
        if not all(parameter.requires_grad for parameter in net.parameters()):
            raise Mistake("The parameters no longer ask for a gradient: they could not be trained.")
    mean, spread = layer.weight.mean().item(), layer.weight.std().item()
    if spread == 0:
        raise Mistake("All weights are equal: draw them at random.")
    if layer.weight.abs().max() <= 1 / d**0.5 + 1e-6:
        raise Mistake("These are nn.Linear's own uniform weights: draw normal ones in their place.")
    if not 0.009 < spread < 0.011 or abs(mean) > 0.002:
        raise Mistake(f"The weights have mean {mean:.2g} and spread {spread:.2g}, not 0 and 0.01.")


@exercise("6.3", "nn.Linear keeps the transpose of our w; a copy no longer belongs to it.")
def weights_of(extract):
    """`extract(net)`: independent copies w (d, 1) and b (1,) with linreg(X, w, b) = net(X)."""
    net = nn.Sequential(nn.Linear(3, 1))
    answer = extract(net)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Mistake("Return two tensors: w, then b.")
    w, b = answer
    if isinstance(w, torch.Tensor) and tuple(w.shape) == (1, 3):
        raise Mistake("`w` has shape (1, 3), as in nn.Linear: transpose it.")
    expect_tensor("w", w, (3, 1))
    expect_tensor("b", b, (1,))
    if w.requires_grad or b.requires_grad:
        raise Mistake("The copies still record gradients: detach them.")
    X = torch.randn(5, 3)
    if not close(X @ w + b, net(X).detach()):
        raise Mistake("linreg(X, w, b) differs from net(X).")
    before = net(X).detach().clone()
    with torch.no_grad():
        w += 1
        b += 1
    if not close(net(X).detach(), before):
        raise Mistake("Changing the result changes the net: it shares its memory. Clone it.")


@exercise("6.4", "The order is clear, backward, step; and every example counts once in the mean.")
def train_epoch(train):
    """`train(net, loader, loss, trainer)`: one epoch; returns the mean loss over its examples."""
    X = torch.randn(10, 2)
    y = 5 + 10 * torch.arange(10.0).reshape(10, 1)  # the last, short batch has a loss of its own
    loader = [(X[:4], y[:4]), (X[4:8], y[4:8]), (X[8:], y[8:])]
    net, loss = nn.Linear(2, 1), nn.MSELoss()
    reference = copy.deepcopy(net)
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.1)
    losses = []
    for X_batch, y_batch in loader:
        optimizer.zero_grad()
        l = loss(reference(X_batch), y_batch)
        l.backward()
        optimizer.step()
        losses.append(l.item())
    start = copy.deepcopy(net.state_dict())
    value = train(net, loader, loss, torch.optim.SGD(net.parameters(), lr=0.1))

    if close(net.weight.detach(), start["weight"]):
        raise Mistake("The parameters did not move: call backward(), then step(), then clear.")
    if not close(net.weight.detach(), reference.weight.detach(), rtol=1e-3):
        raise Mistake("The net ends elsewhere: clear, backward and step once for each batch.")
    value = expect_number("the mean loss", value)
    if close(value, sum(losses) / 3, rtol=1e-3):
        raise Mistake("A mean over batches: weigh each loss by the length of its batch.")
    if close(value, losses[-1], rtol=1e-3):
        raise Mistake("That is the loss of the last batch alone.")
    if close(value, sum(losses), rtol=1e-3):
        raise Mistake("That is the sum of the batches' losses: make it a mean over examples.")
    if close(value, loss(net(X), y).item(), rtol=1e-3):
        raise Mistake("That is the loss after the epoch; asked for is the mean of those met in it.")
    if not close(value, (4 * losses[0] + 4 * losses[1] + 2 * losses[2]) / 10, rtol=1e-3):
        raise Mistake("The net is trained, but the mean of the losses is another number.")


class _Counting(data.TensorDataset):
    """A dataset that counts how often it is asked."""

    calls = 0

    def __getitem__(self, index):
        self.calls += 1
        return super().__getitem__(index)


@exercise("6.5", "One call a batch: the same batches, a fraction of the work.")
def batch_loader(build):
    """`build(dataset, batch_size, generator)`: a shuffling DataLoader with one call a batch."""
    X = torch.arange(23.0).reshape(23, 1)
    dataset = _Counting(X, 2 * X)
    generator = torch.Generator().manual_seed(0)
    loader = build(dataset, 5, generator)
    if not isinstance(loader, data.DataLoader):
        raise Mistake(f"Return a DataLoader, not a value of type {type(loader).__name__}.")
    generator.manual_seed(1)
    dataset.calls = 0
    batches = list(loader)
    calls = dataset.calls
    if not all(isinstance(batch, (tuple, list)) and len(batch) == 2 for batch in batches):
        raise Mistake("Each batch should be a pair: X, then y.")
    sizes = [batch[0].numel() for batch in batches]
    if calls >= 20:
        raise Mistake(f"{calls} calls for 23 examples: the dataset is still asked one by one.")
    if sum(sizes) == 20:
        raise Mistake("The last, smaller batch is missing: drop_last=False keeps it.")
    for X_batch, y_batch in batches:
        expect_tensor("X of a batch", X_batch, (len(X_batch), 1))
        if not close(y_batch, 2 * X_batch):
            raise Mistake("Labels and examples no longer belong together.")
    order = torch.cat([X_batch[:, 0] for X_batch, _ in batches]).tolist()
    if sorted(order) != list(range(23)) or sizes != [5, 5, 5, 5, 3]:
        raise Mistake(f"An epoch should be batches of 5, 5, 5, 5 and 3 examples, got {sizes}.")
    if order == sorted(order):
        raise Mistake("The examples come in their own order: a RandomSampler shuffles.")
    generator.manual_seed(1)
    if torch.cat([X_batch[:, 0] for X_batch, _ in loader]).tolist() != order:
        raise Mistake("The same seed gives another order: pass `generator` to the sampler.")
