"""Checkers of lesson 6: linear regression, concise."""

import copy
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn
from torch.utils import data

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor

# What the exercises' texts say, where the claims of the lesson hold them against it.
NOISE, RATE, BATCH_SIZE = 0.3, 0.08, 20  # of exercise 6.1
MOST = 1.1  # times the loss of least squares, in exercise 6.5


@exercise(
    "6.1", "MSELoss ends at the noise's variance; a mean halves lr, a sum divides it by B too."
)
def three_numbers(final_loss, lr_of_mean, lr_of_sum):
    """The floor of MSELoss for noise 0.3, and the rates equal to 0.08 by hand at batch size 20."""
    final_loss = expect_number("final_loss", final_loss)
    lr_of_mean = expect_number("lr_of_mean", lr_of_mean)
    lr_of_sum = expect_number("lr_of_sum", lr_of_sum)
    if close(final_loss, NOISE**2 / 2):
        raise Mistake(f"{final_loss:g} is where the half squared error ends; MSELoss has no half.")
    if close(final_loss, NOISE):
        raise Mistake(f"{NOISE} is the standard deviation of the noise; the loss squares it.")
    if not close(final_loss, NOISE**2, rtol=0.1):
        raise Mistake(
            f"`final_loss` is {final_loss:g}. What is left at the end is the noise: what is its "
            "mean square?"
        )
    right = RATE / 2
    for wrong, why in (
        (RATE, "with the same lr a step on MSELoss is twice as long as one by hand"),
        (2 * RATE, "the gradient of MSELoss is twice as large, so lr must shrink, not grow"),
        (right / BATCH_SIZE, "a mean and `sgd` both divide by the batch size: it drops out"),
    ):
        if close(lr_of_mean, wrong):
            raise Mistake(f"`lr_of_mean` is {wrong:g}: {why}.")
    if not close(lr_of_mean, right, rtol=1e-3):
        raise Mistake(
            f"`lr_of_mean` is {lr_of_mean:g}. lr times the gradient must be the same on both "
            "sides: how many times as large is the gradient of MSELoss?"
        )
    for wrong, why in (
        (right, f"that serves the mean; the gradient of the sum is {BATCH_SIZE} times as large"),
        (RATE / BATCH_SIZE, "the sum of squares has no half either"),
        (right * BATCH_SIZE, "the sum's gradient is larger than the mean's, so lr must shrink"),
    ):
        if close(lr_of_sum, wrong):
            raise Mistake(f"`lr_of_sum` is {wrong:g}: {why}.")
    if not close(lr_of_sum, right / BATCH_SIZE, rtol=1e-3):
        raise Mistake(
            f"`lr_of_sum` is {lr_of_sum:g}. How many times as large as the mean's is the gradient "
            f"of the sum over {BATCH_SIZE} examples?"
        )


def _require_net(net, d):
    """Raise Mistake unless `net` is an nn.Sequential of one nn.Linear(d, 1) with a bias."""
    if net is None:
        raise Mistake("The function returned None: is a `return` missing?")
    if not isinstance(net, nn.Sequential) or len(net) != 1 or not isinstance(net[0], nn.Linear):
        raise Mistake("Return an nn.Sequential that holds one nn.Linear and nothing else.")
    found = (net[0].in_features, net[0].out_features)
    if found == (1, d) != (d, 1):
        raise Mistake("nn.Linear takes the number of inputs first: nn.Linear(d, 1).")
    if found != (d, 1):
        raise Mistake(f"For d = {d} the layer should map {d} inputs to 1 output, got {found}.")
    if net[0].bias is None:
        raise Mistake("The layer has no bias.")
    expect_tensor("the weight", net[0].weight.detach(), (1, d))
    expect_tensor("the bias", net[0].bias.detach(), (1,))
    for name, parameter in net.named_parameters():
        if parameter.dtype != torch.float32:
            raise Mistake(f"`{name}` should be float32, got {parameter.dtype}.")
        if not parameter.requires_grad:
            raise Mistake(f"`{name}` does not ask for a gradient, so it could not be trained.")
    X = torch.linspace(-1, 1, 3 * d).reshape(3, d)
    with torch.no_grad():
        y_hat = expect_tensor("net(X)", net(X), (3, 1))
        if not close(y_hat, X @ net[0].weight.T + net[0].bias, atol=1e-3):
            raise Mistake("net(X) is not X @ weight.T + bias: leave `forward` to nn.Linear.")


@exercise("6.2", "A net that bids before it has learned, with a start that you chose.")
def build_net(build):
    """`build(d, std, bias)`: a Sequential of one Linear(d, 1), weights N(0, std^2), that bias."""
    for d, std, bias in ((3, 0.5, -2.0), (1, 0.01, 4.2), (4000, 0.01, 0.0), (4000, 0.2, 7.5)):
        net = build(d, std, bias)
        _require_net(net, d)
        if not close(net[0].bias.detach(), [bias]):
            raise Mistake(f"The bias should be {bias:g}, got {net[0].bias.item():g}.")
        if torch.equal(net[0].weight, build(d, std, bias)[0].weight):
            raise Mistake("Two calls give the same weights: draw them anew in each.")
        if d < 1000:
            continue
        # So many weights show what they were drawn from: all bounds are six standard errors wide.
        weight = net[0].weight.detach().double()[0]
        mean, spread = weight.mean().item(), weight.std(correction=0).item()
        if spread < 1e-3 * std**2:
            raise Mistake("All weights are equal: draw them at random.")
        bound = d**-0.5
        if 0.99 * bound < weight.abs().max() <= 1.001 * bound and spread < 0.6 * bound:
            raise Mistake(
                f"The weights lie evenly between -{bound:.4f} and {bound:.4f}, which is 1/sqrt(d): "
                "so nn.Linear draws them by itself. Draw normal ones in their place."
            )
        if abs(spread / std**2 - 1) < 0.07:
            raise Mistake(
                f"For std = {std:g} the weights have a spread of {spread:.2g}, which is std "
                "squared: `normal_` takes the standard deviation, not the variance."
            )
        if abs(spread / std - 1) > 0.07 or abs(mean) > 0.1 * std:
            raise Mistake(
                f"For std = {std:g} the weights have mean {mean:.2g} and spread {spread:.2g}; "
                f"wanted are 0 and {std:g}."
            )
        inside = (weight.abs() < std).double().mean().item()
        if not 0.638 < inside < 0.728:
            raise Mistake(
                f"The spread is right, but {inside:.0%} of the weights lie within one spread of 0; "
                "of normal ones 68% do."
            )


@exercise("6.3", "nn.Linear keeps the transpose of our w, and a copy no longer belongs to the net.")
def weights_of(extract):
    """`extract(net)`: copies w (d, 1) and b (1,) with linreg(X, w, b) = net(X)."""
    for d, dtype in ((3, torch.float32), (1, torch.float32), (5, torch.float64)):
        net = nn.Sequential(nn.Linear(d, 1, dtype=dtype))
        saved = copy.deepcopy(net.state_dict())
        answer = extract(net)
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two tensors: w, then b.")
        w, b = answer
        if isinstance(w, torch.Tensor) and tuple(w.shape) == (1, d) != (d, 1):
            raise Mistake(f"`w` has shape (1, {d}), as in nn.Linear: transpose it.")
        _require_same(net, saved, "Your function changes the net")
        for name, value, shape in (("w", w, (d, 1)), ("b", b, (1,))):
            expect_tensor(name, value, shape)
            if value.dtype != dtype:
                raise Mistake(f"`{name}` should be {dtype} like the net, got {value.dtype}.")
            if value.requires_grad:
                raise Mistake(f"`{name}` still asks for a gradient: detach it.")
        for name, value, own in (("w", w, net[0].weight[0]), ("b", b, net[0].bias)):
            if not close(value.flatten(), own.detach()):
                raise Mistake(
                    f"`{name}` holds {value.flatten().tolist()}, but the layer has {own.tolist()}."
                )
        for name, value in (("w", w), ("b", b)):
            value += 1
            _require_same(net, saved, f"A change of `{name}` changes the net: clone it")


def _require_same(net, saved, complaint):
    """Raise Mistake with the complaint unless the net is as it was saved and can be trained."""
    same = all(torch.equal(tensor, saved[name]) for name, tensor in net.state_dict().items())
    if not same or not all(parameter.requires_grad for parameter in net.parameters()):
        raise Mistake(complaint + ".")


def _epoch(net, loader, loss_fn, optimizer):
    """Train an epoch; the losses of its batches before and after their steps, and their lengths."""
    before, after, lengths = [], [], []
    for X, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(net(X), y)
        loss.backward()
        optimizer.step()
        before.append(loss.item())
        after.append(loss_fn(net(X), y).item())
        lengths.append(len(y))
    return tuple(torch.tensor(values).double() for values in (before, after, lengths))


@exercise("6.4", "Taken before the step, weighed by the batch's length, and a number at last.")
def train_epoch(train):
    """`train(net, loader, loss_fn, optimizer)`: one epoch; the mean loss over its examples.

    Only the net and the number are looked at, not whether a sum kept its graph till the end.
    """
    # The first case has a short last batch with a loss of its own: there each mistake shows.
    cases = (
        (10, 4, 0.1, nn.MSELoss()),
        (9, 3, 0.02, nn.MSELoss()),
        (3, 8, 0.1, nn.MSELoss()),
        (7, 2, 0.05, nn.L1Loss()),
        (5, 1, 0.01, nn.MSELoss()),
    )
    for n, batch_size, lr, loss_fn in cases:
        X, y = torch.randn(n, 2), 5 + torch.arange(float(n)).reshape(n, 1)
        loader = data.DataLoader(data.TensorDataset(X, y), batch_size)
        net = nn.Sequential(nn.Linear(2, 1))
        reference = copy.deepcopy(net)
        optimizer = torch.optim.SGD(net.parameters(), lr=lr)
        model_optimizer = torch.optim.SGD(reference.parameters(), lr=lr)
        for _ in range(2):
            start = copy.deepcopy(net.state_dict())
            value = train(net, loader, loss_fn, optimizer)
            seen = _epoch(reference, loader, loss_fn, model_optimizer)
            _require_trained(net, start, reference)
            _require_mean(value, *seen, f"{n} examples in batches of {batch_size}")


def _require_trained(net, start, reference):
    """Raise Mistake unless the net moved from `start` to where the reference is."""
    if all(torch.equal(tensor, start[name]) for name, tensor in net.state_dict().items()):
        raise Mistake(
            "The parameters did not move. For each batch: zero_grad(), backward(), step(), in "
            "this order."
        )
    for name, tensor in reference.state_dict().items():
        if not close(net.state_dict()[name], tensor, rtol=1e-3, atol=1e-4):
            raise Mistake(
                f"The net ends elsewhere: `{name}` is {net.state_dict()[name].tolist()}, wanted "
                f"{tensor.tolist()}. The training in the text was right; keep it."
            )


def _require_mean(value, before, after, lengths, where):
    """Raise Mistake unless `value` is a float and the mean of `before`, weighed by `lengths`."""
    if value is None:
        raise Mistake("The function returned None: is a `return` missing?")
    if isinstance(value, torch.Tensor):
        graph = " that carries the graph of the whole epoch" if value.requires_grad else ""
        raise Mistake(f"The result is a tensor{graph}: `.item()` makes a number of each loss.")
    if not isinstance(value, float):
        raise Mistake(f"The result should be a float, got {type(value).__name__}.")
    value = expect_number("the result", value)
    right = (before @ lengths / lengths.sum()).item()
    wrong = (
        (after @ lengths / lengths.sum(), "each loss was taken after the step, not before"),
        (before.mean(), "a mean over the batches; weigh each loss by the length of its batch"),
        (after.mean(), "taken after the step, and a mean over the batches"),
        (before.sum(), "the sum of the batches' losses, divided by nothing"),
        (before @ lengths, "the sum over the examples, divided by nothing"),
        (before.sum() / lengths.sum(), "the losses were not multiplied by their batches' lengths"),
        (before @ lengths / len(lengths), "the sum over the examples, divided by the batches"),
        (before[-1], "the loss of the last batch alone"),
    )
    if close(value, right, rtol=1e-3):
        return
    for number, why in wrong:
        if close(value, number.item(), rtol=1e-3):
            raise Mistake(f"For {where} wanted is {right:.4g}, got {value:.4g}: {why}.")
    raise Mistake(f"The net is trained, but for {where} wanted is {right:.4g}, got {value:.4g}.")


@exercise("6.5", "Trained, saved, loaded and held against rows that it never saw.")
def train_and_save(train):
    """`train(X, y, path)`: trains a linear net and saves its state_dict at `path`."""
    with TemporaryDirectory() as folder:
        for n, d, noise, bias in ((300, 3, 0.1, 1.0), (505, 1, 0.5, -4.0), (400, 6, 0.02, 5.0)):
            w = torch.randn(d, 1)
            X, X_new = torch.randn(n, d), torch.randn(2000, d)
            y = X @ w + bias + noise * torch.randn(n, 1)
            y_new = X_new @ w + bias + noise * torch.randn(2000, 1)
            path = Path(folder, f"net-{d}.pt")
            given = X.clone(), y.clone()
            train(X, y, path)
            if not (torch.equal(X, given[0]) and torch.equal(y, given[1])):
                raise Mistake("Your function changes X or y, which belong to the caller.")
            net = _net_from_file(path, d)
            with torch.no_grad():
                loss = nn.functional.mse_loss(net(X_new), y_new).item()
            X1, X1_new = (torch.cat([part, torch.ones(len(part), 1)], 1) for part in (X, X_new))
            best = torch.linalg.lstsq(X1.double(), y.double()).solution
            floor = ((X1_new.double() @ best - y_new) ** 2).mean().item()
            if not loss <= MOST * floor:
                raise Mistake(
                    f"For n = {n}, d = {d} the loss on new rows is {loss:.3g}, least squares has "
                    f"{floor:.3g}; wanted is at most {MOST} times that."
                )


def _net_from_file(path, d):
    """A net of d features, filled from the file; Mistake if it cannot be."""
    if not path.exists():
        raise Mistake("There is no file at `path` when your function returns.")
    try:
        state = torch.load(path, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        raise Mistake(
            "torch.load(path, weights_only=True) refuses the file: save the state_dict, with "
            "torch.save."
        ) from None
    net = nn.Sequential(nn.Linear(d, 1))
    wanted = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    if not isinstance(state, dict):
        raise Mistake(f"The file should hold a state_dict, got {type(state).__name__}.")
    found = {name: tuple(getattr(tensor, "shape", ())) for name, tensor in state.items()}
    if found != wanted:
        raise Mistake(f"The file holds {found}; nn.Sequential(nn.Linear({d}, 1)) needs {wanted}.")
    for name, tensor in state.items():
        expect_tensor(f"{name} in the file", tensor, wanted[name])
    net.load_state_dict(state)
    return net
