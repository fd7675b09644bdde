"""Claims of lesson 6: linear regression, concise."""

import pickle

import torch
from torch import nn

NOISE = 0.01  # the standard deviation of the noise in synthetic_data
NOTES = "the lecture's notes, the loss printed after one epoch"


def least_squares(X, y):
    """The (w1, w2, b) of least squares in float64, shape (3, 1), and its mean squared error."""
    X1 = torch.cat([X, torch.ones(len(X), 1)], dim=1).double()
    best = torch.linalg.lstsq(X1, y.double()).solution
    return best, ((X1 @ best - y) ** 2).mean()


def mean_squared_error(path, X, y):
    """The loss over all examples after each update of a path (m, 3): shape (m,)."""
    return ((X @ path[:, :2].T + path[:, 2] - y) ** 2).mean(dim=0)


# %% set-up
in_prose(f"{NOISE}")
in_prose(f"{NOISE**2 / 2:.5f}")

# %% lecture-program
assert (batch_size, lr, num_epochs) == (10, 0.03, 3)
assert trainer.param_groups[0]["lr"] == lr
assert torch.equal(true_w, torch.tensor([2, -3.4])) and true_b == 4.2
assert features.shape == (1500, 2) and labels.shape == (1500, 1)
cited("1000", "the lecture's first program, the number of its examples")
assert len(data_iter) == 150
noise = labels - d2l.linreg(features, true_w.reshape(2, 1), true_b)
assert abs(noise.std() / NOISE - 1) < 0.1
assert isinstance(loss, nn.MSELoss) and loss.reduction == "mean"
best, floor = least_squares(features, labels)
assert floor <= l < 1.05 * floor
assert abs(l / NOISE**2 - 1) < 0.15
in_prose(f"{NOISE**2:.4f}")
in_prose(f"{NOISE**2 / 2:.5f}")
cited("0.027", NOTES)
cited("0.0386", "lesson 5 prints it after one epoch")
cited("0.000103", NOTES)
# "It was there after one epoch": from the lecture's start, on batches of our own.
torch.manual_seed(0)
again = nn.Sequential(nn.Linear(2, 1))
again[0].weight.data.normal_(0, 0.01)
again[0].bias.data.fill_(0)
optimizer = torch.optim.SGD(again.parameters(), lr=lr)
for X, y in data_iter:
    optimizer.zero_grad()
    loss(again(X), y).backward()
    optimizer.step()
assert loss(again(features), labels) < 1.2 * NOISE**2

# %% trained-and-true
assert (table["trained"] - table["truth"]).abs().max() < 0.005
# "Right to two decimals", as the table shows it.
assert (table["trained"].round(2) == table["truth"].round(2)).all()

# %% one-batch
assert X.shape == (10, 2) and y.shape == (10, 1)
assert len(data_iter) == 150 == len(features) // batch_size
cited("100", "the lecture's first program: 1000 examples in batches of ten")
row, label = data_iter.dataset[3]
assert torch.equal(row, features[3]) and torch.equal(label, labels[3])

# %% python-seed
in_prose(f"{examples.max()}")
assert not torch.equal(first, second)
assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(200))

# %% two-epochs
in_prose(f"{len(first)}")
assert (first == second).sum() < 10  # so that "without a pattern" is not contradicted
correlation = torch.corrcoef(torch.stack([torch.arange(200.0), first.float(), second.float()]))
assert (correlation - torch.eye(3)).abs().max() < 0.25

# %% torch-seed
assert torch.equal(first, second)
torch.manual_seed(1)
random.seed(2)  # which does not matter
assert torch.equal(torch.cat(list(numbered)), first)
torch.manual_seed(2)
assert not torch.equal(torch.cat(list(numbered)), first)

# %% own-generator
assert torch.equal(first, second)
assert first.sort().values.tolist() == list(range(200))
# "No other random draw can change it": torch's own generator is somewhere else now.
torch.randn(5)
order.manual_seed(1)
assert torch.equal(torch.cat(list(numbered)), first)

# %% layer-shapes
assert net[0].weight.shape == (1, 2) and net[0].bias.shape == (1,)
assert len(net) == 1

# %% layer-by-hand
torch.testing.assert_close(net(features), features @ net[0].weight.T + net[0].bias)
# The layer's own start lies within 1 / sqrt(d), and nearly reaches it.
for d in (2, 2500):
    drawn = torch.cat([nn.Linear(d, 1).weight.flatten() for _ in range(5000 // d)]) * d**0.5
    assert 0.98 < drawn.abs().max() <= 1 + 1e-6
    assert abs(drawn.square().mean() - 1 / 3) < 0.03  # evenly between the two
# `normal_` changes the tensor itself; `.data` shares its memory and records nothing.
layer = nn.Linear(2, 1)
assert layer.weight.normal_ and layer.weight.data.data_ptr() == layer.weight.data_ptr()
assert not layer.weight.data.requires_grad
# `step()` subtracts lr times the gradient, whatever the batch size.
layer.weight.grad = torch.tensor([[2.0, -1.0]])
wanted = layer.weight.detach() - lr * layer.weight.grad
torch.optim.SGD(layer.parameters(), lr=lr).step()
torch.testing.assert_close(layer.weight.detach(), wanted)

# %% one-residual
assert table["squared_loss"].tolist() == [4.5, 3.0]
assert table["MSELoss"].tolist() == [9.0, 6.0]

# %% two-losses
assert y_hat.item() - 1.0 == 3

# %% first-step
assert len(batches) == 150
by_hand_step, full_step, half_step = (path[0] for path in paths.values())
torch.testing.assert_close(full_step, 2 * by_hand_step)
torch.testing.assert_close(half_step, by_hand_step)
X, y = batches[0]
torch.testing.assert_close(by_hand_step[:2], 0.03 * (X.T @ y)[:, 0] / 10)
torch.testing.assert_close(by_hand_step[2], 0.03 * y.mean())
# The derivative for b is the mean of the residuals, and of MSELoss twice that mean.
w_, b_ = torch.zeros(2, 1), torch.zeros(1, requires_grad=True)
for factor, function in ((1, lambda p, q: d2l.squared_loss(p, q).mean()), (2, nn.MSELoss())):
    (slope,) = torch.autograd.grad(function(d2l.linreg(X, w_, b_), y), b_)
    torch.testing.assert_close(slope, factor * -y.mean(0))

# %% epoch-equal
torch.testing.assert_close(paths["MSELoss, lr / 2"], paths["by hand, lr"], rtol=0, atol=2e-6)
assert all(path.shape == (150, 3) for path in paths.values())

# %% one-epoch
hand, full, half = (mean_squared_error(path, features, labels) for path in paths.values())
in_prose(f"{hand[-1]:.2g}")
in_prose(f"{full[-1]:.2g}")
# The second riddle has two causes; lesson 5's epoch has 100 updates and its loss a half.
in_prose(f"{hand[99] / 2:.1g} {hand[149] / 2:.1g}")
assert 0.0386 / 2 < hand[99] / 2 < 2 * 0.0386
cited("0.0386", "lesson 5 prints it after one epoch")
# Twice lesson 5's last loss, 0.0000454, up to what each program's own noise makes of it.
in_prose(f"{loss(net(features), labels).item() / 4.54e-05:.1f}")
for seed in range(10):
    torch.manual_seed(seed)
    squares = (NOISE * torch.randn(1500)).square().mean() / (
        NOISE * torch.randn(1000)
    ).square().mean()
    assert 0.8 < squares < 1.25
in_prose(f"{half[-1]:.2g}")
in_prose(f"{NOISE}")
in_prose(f"{NOISE**2:.4f}")
# "About where the others are": the loss has fallen from 33, so a factor of two is near.
late = 100
early = late // 2
in_prose(f"{early}")
in_prose(f"{late}")
assert 0.5 < full[early - 1] / hand[late - 1] < 2
in_prose(f"{len(full)}")
assert full[-1] < 1.2 * NOISE**2 < 10 * NOISE**2 < hand[-1]

# %% mean-of-elements
assert nn.MSELoss()(y_hat, y) == 1 and nn.MSELoss(reduction="sum")(y_hat, y) == 10
# Two conventions: what a batch of five weighs against one of ten, and each of its examples.
X, y = batches[0]
flat = nn.Linear(2, 1)
gradients = {}
for rows in (10, 5):
    flat.zero_grad()
    nn.MSELoss()(flat(X[:rows]), y[:rows]).backward()
    one = nn.MSELoss(reduction="sum")(flat(X[:rows]), y[:rows])
    (total,) = torch.autograd.grad(one, flat.weight)
    torch.testing.assert_close(flat.weight.grad, total / rows)
assert len(features) % batch_size == 0

in_prose(f"{batch_size}")

# %% todays-parts
assert torch.equal(X_train, features)
torch.testing.assert_close(y_train, labels, rtol=1e-6, atol=1e-6)  # the same up to rounding
# The same start, too: training forgets it, so that the end alone would not show a difference.
torch.manual_seed(0)
d2l.synthetic_data(true_w, true_b, 1500)
start = nn.Sequential(nn.Linear(2, 1))
start[0].weight.data.normal_(0, 0.01)
torch.testing.assert_close(model[0].weight, start[0].weight, rtol=1e-5, atol=0)
assert model[0].bias.item() == 0 and 0 < model[0].weight.abs().max() < 0.05
assert loss_fn.reduction == "mean" and optimizer.param_groups[0]["lr"] == 0.03
weight = nn.Linear(2, 1).weight
torch.manual_seed(3)
weight.data.normal_(0, 0.01)
before = weight.detach().clone()
torch.manual_seed(3)
nn.init.normal_(weight, std=0.01)
assert torch.equal(weight, before)

# %% todays-equal
for name, tensor in net.state_dict().items():
    torch.testing.assert_close(model.state_dict()[name], tensor, rtol=0, atol=1e-6)

# %% unseen-rows
assert X_new.shape == (500, 2) and len(X_train) == 1500
assert abs(seen / NOISE**2 - 1) < 0.15 and abs(unseen / NOISE**2 - 1) < 0.3
in_prose(f"{NOISE**2:.4f}")
# "Several percent is chance": the spread of a mean of 500 squared normal numbers.
assert 0.05 < (2 / len(X_new)) ** 0.5 < 0.08
assert abs(unseen / seen - 1) < 0.2

# %% save
saved = torch.load(path, weights_only=True)
assert list(saved) == ["0.weight", "0.bias"]
cited(
    "2.6", "the release of PyTorch in which torch.load began to take weights_only=True by default"
)
with TemporaryDirectory() as folder_:
    torch.save(model, Path(folder_, "whole.pt"))  # a Python object, and not only tensors
    try:
        torch.load(Path(folder_, "whole.pt"))
    except pickle.UnpicklingError:
        refused = True
    else:
        refused = False
assert refused
assert all(torch.equal(saved[name], tensor) for name, tensor in model.state_dict().items())

# %% build-and-fill
assert restored is not model
for name, tensor in model.state_dict().items():
    assert torch.equal(restored.state_dict()[name], tensor)
torch.testing.assert_close(filled, model(X_new).detach())
built_error, filled_error = (((y_hat - y_new) ** 2).mean().sqrt() for y_hat in (built, filled))
assert filled_error < 0.02 < 1 < built_error
in_prose(f"{len(y_new)}")
in_prose(f"{built_error:.2g}")
in_prose(f"{filled_error:.2g}")

# %% three-rows
assert table["prediction"].round(1).tolist() == [4.2, 6.2, 0.8]
truth = true_b + rows @ true_w
torch.testing.assert_close(torch.tensor(table["prediction"].tolist()), truth, rtol=0, atol=0.01)
assert f"{true_b + true_w[0]:.1f}" == "6.2" and f"{true_b + true_w[1]:.1f}" == "0.8"
in_prose(f"{true_b}")
in_prose(f"{true_w[1].abs():.1f}")

# %% flat-labels
assert len(caught) == 1 and caught[0].category is UserWarning
assert str(tuple(y_flat.shape))[1:-2] in str(caught[0].message)
torch.testing.assert_close(wrong, twice_variance, rtol=0.01, atol=0)
torch.testing.assert_close(twice_variance, 2 * ((y_new - y_new.mean()) ** 2).mean())
assert wrong > 1000 * unseen and y_flat.shape == (500,)
torch.testing.assert_close(loss_fn(filled, y_flat.reshape(-1, 1)), unseen)

# %% checkers
in_prose(f"{check.NOISE}")
in_prose(f"{check.RATE}")
in_prose(f"{check.BATCH_SIZE}")
in_prose(f"{check.MOST}")

# %% loader-times
# With a wide margin, and whether or not TensorDataset fetches whole lists by itself.
assert times["loader, example by example"] > 2 * times["slices"]
assert times["loader, list by list"] > times["slices"]
for loader in (by_example, by_batch, slices(100)):
    rows = torch.cat([X for X, _ in loader])
    assert torch.equal(rows.sort(dim=0).values, X_train.sort(dim=0).values)
