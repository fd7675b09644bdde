"""What lesson 8, loud errors, must have computed and met, cell by cell."""

import inspect
import math
import sys
import traceback
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from helpers import data


def raised(kind, *parts, lines):
    """The cell has ended in such an error: its kind, parts of its message, the arrows' lines."""
    error = sys.last_value
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.line for frame in frames if "ipykernel" in frame.filename]
    assert type(error).__name__ == kind
    for part in parts:
        assert part in str(error)
    assert own == list(lines)


def message_of(action):
    """The message of the error that `action()` raises; "" if it raises none."""
    try:
        action()
    except Exception as error:
        return str(error)
    return ""


def two_losses(seed, Z, y, retain):
    """The model's loss before each of 14 updates, with the record kept or made anew."""
    torch.manual_seed(seed)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss, found = nn.MSELoss()(model(Z), y), []
    for _ in range(14):
        now = nn.MSELoss()(model(Z), y)
        found.append(now.item())
        optimizer.zero_grad()
        (loss if retain else now).backward(retain_graph=retain)
        optimizer.step()
    return found


# %% four-houses
houses_ = data.house_prices()
area_bedrooms_ = houses_.X[:4, 1:] / torch.tensor([100.0, 1.0])
assert (X - area_bedrooms_).abs().max() < 0.051
assert (y - houses_.y[:4]).abs().max() < 0.51

# %% wrong-weights
called_ = ["predict(X, w, b)", "return X @ w + b"]
raised("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", "4x2 and 1x2", lines=called_)
assert torch.equal(predict(X, torch.zeros(2, 1), b), torch.zeros(4, 1))

# %% look
assert look(w=w).loc["w"].tolist() == [(1, 2), "torch.float32", "cpu", False, True]
leaf_ = torch.zeros(2, requires_grad=True, dtype=torch.float64)
meta_ = torch.zeros(1, device="meta")
found_ = look(one=leaf_, two=leaf_ * 2, three=meta_)
assert found_.index.tolist() == ["one", "two", "three"]
assert found_["is_leaf"].tolist() == [True, False, True]
assert found_["requires_grad"].tolist() == [True, True, False]
assert found_["device"].tolist() == ["cpu", "cpu", "meta"]
assert found_["dtype"].tolist()[:2] == ["torch.float64"] * 2

# %% between-layers
raised("RuntimeError", "mat1 and mat2", "(4x10 and 5x1)", lines=["model(X)"])
assert model[0](X).shape == (4, 10) and model[1].weight.T.shape == (5, 1)
assert nn.Sequential(model[0], nn.Linear(10, 1))(X).shape == (4, 1)

# %% new-house
raised("RuntimeError", "same number of dimensions: got 2 and 1", lines=["torch.cat([X, new])"])
assert torch.equal(torch.cat([X, new.reshape(1, -1)])[4], new)
assert new.reshape(1, -1).equal(torch.tensor([[16.0, 3.0]]))

# %% wrong-axis
place_ = "at non-singleton dimension 1"
raised("RuntimeError", "(2) must match the size of tensor b (4)", place_, lines=["X - mean"])
for row_, dim_ in ((torch.zeros(4, 3), 0), (torch.zeros(3, 2), 0), (torch.zeros(2, 5), 1)):
    other_ = torch.zeros(row_.shape[0] + (dim_ == 0), row_.shape[1] + (dim_ == 1))
    refused_ = message_of(lambda one=row_, two=other_: one - two)
    assert f"at non-singleton dimension {dim_}" in refused_
assert mean.shape == (4,) and torch.allclose(mean[0], (X[0, 0] + X[0, 1]) / 2)
assert (X - X.mean(dim=0)).mean(dim=0).abs().max() < 1e-5

# %% two-houses
wrong_ = two - two.mean(dim=1)
assert wrong_.shape == (2, 2) and wrong_.mean(dim=0).abs().min() > 1

# %% whole-numbers
raised("RuntimeError", "floating point", "Got: Long", lines=["prices - prices.mean()"])
assert torch.tensor([300.0, 370, 191, 195]).dtype == torch.float32
assert prices.dtype == torch.int64 and prices.float().dtype == torch.float32
assert "floating point" in message_of(lambda: torch.tensor([300, 370], requires_grad=True))

# %% ask-for-double
assert X.dtype == torch.float32 and model.weight.dtype == torch.float64
assert "have the same dtype" in message_of(lambda: model(X))
assert model(X.double()).dtype == torch.float64
for name_, dtype_ in (("Float", "float32"), ("Double", "float64"), ("Long", "int64")):
    assert torch.zeros(1, dtype=getattr(torch, dtype_)).type() == f"torch.{name_}Tensor"
assert torch.get_default_dtype() == torch.float32
assert np.zeros(1).dtype == np.float64 and pd.Series([0.5]).dtype == np.float64
in_prose(f"{torch.finfo(torch.float32).bits} {torch.finfo(torch.float64).bits}")
labels_ = torch.zeros(4, 1, dtype=torch.float64)  # refused by some releases, and by their words
words_ = message_of(lambda: nn.MSELoss()(nn.Linear(2, 1)(X), labels_).backward())
assert words_ == "" or "Found dtype Double but expected Float" in words_

# %% two-devices
raised("RuntimeError", "expected device", "meta", "cpu", lines=["model(X)"])
files_ = [f_.filename for f_ in traceback.extract_tb(sys.last_value.__traceback__)]
assert "torch" in files_[-1] and "ipykernel" not in files_[-1]  # lines of PyTorch's own files
assert model.weight.shape == (1, 2) and model.weight.dtype == torch.float32

# %% one-device
assert y_hat.shape == (4, 1) and model.weight.device.type == device and X.device.type == "cpu"
assert X.to("cpu") is X and X.float() is X  # nothing has to change
assert X.to("meta") is not X and X.double() is not X
assert X.device.type == "cpu" and X.dtype == torch.float32
X_, y_ = X, y
X_, y_ = X_.to(device), y_.to(device)
assert nn.MSELoss()(model(X_), y_).device == model.weight.device
assert isinstance(torch.backends.mps.is_available(), bool)

# %% bias-filled
raised("RuntimeError", "a leaf Variable that requires grad", lines=["model.bias.fill_(264.0)"])
assert y.mean() == 264.0
for cure_ in (nn.init.constant_, torch.no_grad()(lambda bias, value: bias.fill_(value))):
    other_ = nn.Linear(2, 1)
    cure_(other_.bias, 264.0)
    assert other_.bias.item() == 264.0 and other_.bias.is_leaf and other_.bias.requires_grad

# %% backward-twice
raised(
    "RuntimeError",
    "backward through the graph a second time",
    "freed",
    "retain_graph=True",
    lines=["loss.backward()"],
)
assert abs(Z.mean(dim=0)).max() < 1e-6
Z1_ = torch.cat([Z, torch.ones(4, 1)], 1)  # the first pass has made one update, and no more
curvature_ = Z1_.T @ Z1_ / 2
now_ = Z1_.T @ (model(Z) - y).detach() / 2
start_ = torch.linalg.solve(torch.eye(3) - 0.1 * curvature_, now_)
fall_ = 0.1 * start_.T @ start_ - 0.005 * start_.T @ curvature_ @ start_
torch.testing.assert_close(loss - loss_fn(model(Z), y), fall_[0, 0], rtol=1e-3, atol=0)

# %% retained
assert len(set(in_the_loop)) == 1
torch.testing.assert_close(of_the_model[0], in_the_loop[0], rtol=1e-5, atol=0)
assert 2 < of_the_model.index(min(of_the_model)) < 9 and of_the_model[-1] > of_the_model[0]
lowest_ = of_the_model.index(min(of_the_model))
in_prose(f"{len(of_the_model) - 1} {lowest_}")
for loss_ in (in_the_loop[0], min(of_the_model), of_the_model[-1]):
    in_prose(f"{float(f'{loss_:.1e}'):.0f}")
bends_ = [
    a - 2 * b_ + c
    for a, b_, c in zip(of_the_model, of_the_model[1:], of_the_model[2:], strict=False)
]
assert max(bends_) < 1.01 * min(bends_)  # a parabola: the same step each time
for seed_ in range(10):
    kept_, anew_ = (two_losses(seed_, Z, y, retain) for retain in (True, False))
    assert kept_[-1] > kept_[0] > 3 * min(kept_)
    assert all(after < before for before, after in pairwise(anew_))

# %% plain-tensors
line_ = "torch.optim.SGD(Plain(2).parameters(), lr=0.1)"
raised("ValueError", "optimizer got an empty parameter list", lines=[line_])
plain_ = Plain(2)
plain_.w = torch.zeros(2, 1, requires_grad=True)
assert list(plain_.parameters()) == []

# %% parameters
named_ = look(**dict(Line(2).named_parameters()))
assert named_["shape"].to_dict() == {"w": (2, 1), "b": (1,)}
assert named_["requires_grad"].all() and named_["is_leaf"].all()
assert len(look(**dict(Plain(2).named_parameters()))) == 0
made_ = []
watched_ = type("Watched", (Plain,), {"__init__": lambda self, d: made_.append(self)})
assert watched_(2) is made_[0]  # `Watched(2)` runs `__init__`, and `self` is the new object
half_ = Plain(2)
half_.w = nn.Parameter(half_.w)
optimizer_ = torch.optim.SGD(half_.parameters(), lr=0.1)  # no error
for _ in range(3):
    optimizer_.zero_grad()
    ((half_(Z) - y) ** 2).mean().backward()
    optimizer_.step()
assert half_.w.any() and not half_.b.any()

# %% table-refused
raised("ValueError", "DataFrame", lines=['X = torch.tensor(houses[["lotsize"]])'])
in_prose(f"{len(houses)}")

# %% doubles-refused
called_ = ["train(X, y, nn.MSELoss, lr=0.01)", "loss = loss_fn(model(X), y)"]
raised("RuntimeError", "have the same dtype", "Double and Float", lines=called_)
assert X.dtype == y.dtype == torch.float64
shown_ = look(X=X, y=y)  # it shows two of the mistakes
assert shown_["shape"].tolist() == [(88,)] * 2
assert shown_["dtype"].tolist() == ["torch.float64"] * 2

# %% rows-refused
called_ = ["train(X, y, nn.MSELoss, lr=0.01)", "loss = loss_fn(model(X), y)"]
raised("RuntimeError", "cannot be multiplied (1x88 and 1x1)", lines=called_)
assert X.shape == y.shape == (88,)
kept_ = torch.tensor(houses[["lotsize"]].to_numpy()).float()
assert torch.equal(kept_, X.reshape(-1, 1)) and kept_.shape == (88, 1)

# %% class-refused
called_ = ["train(X, y, nn.MSELoss, lr=0.01)", "loss = loss_fn(model(X), y)"]
raised(type(sys.last_value).__name__, lines=called_)
assert "cannot be multiplied" not in str(sys.last_value)


class Asked_:
    """Something that is asked whether it is true."""

    def __bool__(self):
        raise ValueError("asked")


assert list(inspect.signature(nn.MSELoss).parameters)[:2] == ["size_average", "reduce"]
assert message_of(lambda: nn.MSELoss(Asked_(), None)) == "asked"
assert message_of(lambda: nn.MSELoss(None, Asked_())) == "asked"
assert X.shape == y.shape == (88, 1)

# %% not-a-number
assert all(math.isnan(loss_) for loss_ in losses[-10:])
X1_ = torch.cat([X, torch.ones(88, 1)], 1).double()
largest_ = 2 / torch.linalg.eigvalsh(2 * X1_.T @ X1_ / 88)[-1].item()
assert 10**5 * largest_ < 0.01 and X.quantile(0.05) > 1000

# %% numbers-appear
shrinks_ = 1 - 1e-9 * 2 * X.square().mean().item()  # one update at the rate of 1e-9
assert abs((losses[1] / losses[0]) ** 0.5 - shrinks_) < 0.01
for power_ in range(3, 9):
    assert math.isnan(train(X, y, nn.MSELoss(), lr=10**-power_)[1][-1])
for seed_ in range(10):
    torch.manual_seed(seed_)
    start_ = nn.Linear(1, 1).bias.item()
    torch.manual_seed(seed_)
    model_, losses_ = train(X, y, nn.MSELoss(), lr=1e-9)
    assert 215 < losses_[-1] ** 0.5 < 221 and abs(model_.bias.item()) < 2
    assert abs(model_.bias.item() - start_) < 0.001
    assert all(b_ < a_ + 1 for a_, b_ in pairwise(losses_))
    assert losses_[0] > losses_[50] > 0.999 * losses_[-1]

# %% blind-bid
misses_ = (y.mean() - y).square().mean().sqrt().item()
assert abs(y.std(correction=0).item() - misses_) < 1e-3 < misses_ < 0.5 * losses[-1] ** 0.5

# %% last-state
ends_ = [0.0, 1.05 * X.max().item()]
theta_ = (
    torch.linalg.lstsq(torch.cat([X, torch.ones(88, 1)], 1).double(), y.double())
    .solution[:, 0]
    .tolist()
)
for weight_, bias_ in ((model.weight.item(), model.bias.item()), theta_):
    in_prose(" ".join(str(round(bias_ + weight_ * end_)) for end_ in ends_))
in_prose(f"{y.mean():.0f}")

# %% standardised
X1_ = torch.cat([X, torch.ones(88, 1)], 1).double()
best_ = torch.linalg.lstsq(X1_, y.double()).solution
floor_ = ((X1_ @ best_ - y) ** 2).mean().item()
assert floor_ * 0.9999 < losses[-1] < 1.001 * floor_
assert losses[-1] < y.var(correction=0)

# %% hidden-layer
raised(
    "RuntimeError",
    "modified by an inplace operation",
    "version 2; expected version 1",
    lines=["loss.backward(retain_graph=True)"],
)
assert "[4, 1]" in str(sys.last_value) and model[2].weight.T.shape == (4, 1)
with torch.no_grad():  # a step in place counts one change more
    before_ = model[2].weight._version
    other_ = nn.Parameter(torch.zeros(1))
    first_ = other_._version
    other_ -= 1
    assert other_._version == first_ + 1 and before_ == 2
