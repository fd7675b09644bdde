"""Lesson 9: every detector fires on its bug, and is silent on the cure and on lessons 5 and 6.

A detector is a number whose healthy value is known; `fires` says when it is another one.
"""

import math
import random

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers.checks import lesson_09 as checks
from helpers.pictures import lesson_09 as pictures

LESSON = ROOT / "notebooks" / "09_bug_museum.ipynb"
DETECTORS = ("strangers", "largest_rate", "gradient_error", "untrained", "overfit_share")
lesson = definitions(LESSON, "fresh", "train", "best_loss", *DETECTORS)
scratch = definitions(
    ROOT / "notebooks" / "05_from_scratch.ipynb", "data_iter", "linreg", "squared_loss", "sgd"
)
HEALTHY = {
    "strangers": lambda count: count == 0,
    "gradient_error": lambda error: error < 0.01,
    "untrained": lambda names: names == [],
    "overfit_share": lambda share: share > 0.99,
}
quick = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 10**6)


def fires(detector, *arguments):
    """Whether the detector of this name gives another value than a healthy loop's."""
    return not HEALTHY[detector](getattr(lesson, detector)(*arguments))


def made(seed, n=200, d=2, noise=0.01):
    torch.manual_seed(seed)
    X = torch.randn(n, d)
    y = X @ torch.tensor([[2.0], [-3.4], [1.0]])[:d] + 4.2 + noise * torch.randn(n, 1)
    return X, y


def loader_of(X, y, batch_size=10):
    return DataLoader(TensorDataset(X, y), batch_size, shuffle=True)


def errors_of(model, optimizer, loader, loss_fn=None, clears=True):
    """gradient_error in every update of an epoch; `loss_fn` is the one that the loop uses."""
    errors = []
    for X, y in loader:
        if clears:
            optimizer.zero_grad()
        (loss_fn or nn.MSELoss())(model(X), y).backward()
        errors.append(lesson.gradient_error(model, nn.MSELoss(), X, y))
        optimizer.step()
    return errors


@pytest.fixture(params=range(6), ids=lambda seed: f"seed-{seed}")
def seed(request):
    return request.param


# Each detector on its bug, and on the cure


def test_strangers(seed):
    X, y = made(seed)
    assert not fires("strangers", loader_of(X, y), X, y)
    torn = loader_of(X[torch.randperm(200)], y)
    assert fires("strangers", torn, X, y)
    assert lesson.strangers(torn, X, y) > 180
    assert lesson.strangers([(X, y.roll(1, 0))], X, y) == 200
    y_wrong = y.clone()
    y_wrong[7] += 1
    assert lesson.strangers(loader_of(X, y_wrong, 32), X, y) == 1


def test_gradient_error_finds_a_gradient_that_stays(seed):
    errors = errors_of(*lesson.fresh(), loader_of(*made(seed)), clears=False)
    assert errors[0] < 0.01 < 0.1 < min(errors[1:])


def test_gradient_error_finds_a_second_division(seed):
    def twice(y_hat, y):
        return ((y_hat - y) ** 2).mean() / len(y)

    for batch_size in (10, 40):
        errors = errors_of(*lesson.fresh(), loader_of(*made(seed), batch_size), twice)
        torch.testing.assert_close(errors, [1 - 1 / batch_size] * len(errors), rtol=0, atol=1e-3)


def test_gradient_error_finds_the_short_batch(seed):
    def fixed(y_hat, y):
        return ((y_hat - y) ** 2).sum() / 60

    errors = errors_of(*lesson.fresh(), loader_of(*made(seed), 60), fixed)
    torch.testing.assert_close(errors, [0.0, 0.0, 0.0, 2 / 3], rtol=0, atol=1e-3)


def test_gradient_error_finds_a_wrong_direction_of_the_right_length(seed):
    X, y = made(seed)
    model, _ = lesson.fresh()
    nn.MSELoss()(model(X), y).backward()
    assert not fires("gradient_error", model, nn.MSELoss(), X, y)
    model.weight.grad = model.weight.grad.flip(1)
    assert fires("gradient_error", model, nn.MSELoss(), X, y)
    model.weight.grad = -model.weight.grad.flip(1)
    model.bias.grad = -model.bias.grad
    torch.testing.assert_close(
        lesson.gradient_error(model, nn.MSELoss(), X, y), 2.0, rtol=0, atol=1e-3
    )


def test_gradient_error_is_silent_in_every_update_of_a_long_training(seed):
    """Also on the floor, where the gradients are small: a sum divided by the batch's length."""

    def by_length(y_hat, y):
        return ((y_hat - y) ** 2).sum() / len(y)

    model, optimizer = lesson.fresh(lr=0.05)
    loader = loader_of(*made(seed), 15)
    for _ in range(8):
        assert max(errors_of(model, optimizer, loader, by_length)) < 0.01


def test_gradient_error_where_the_gradient_is_zero():
    X, y = torch.ones(4, 2), torch.zeros(4, 1)
    model, _ = lesson.fresh()
    nn.MSELoss()(model(X), y).backward()
    assert not fires("gradient_error", model, nn.MSELoss(), X, y)
    model.bias.grad += 1
    assert fires("gradient_error", model, nn.MSELoss(), X, y)


def test_gradient_error_leaves_everything_alone(seed):
    X, y = made(seed)
    model, _ = lesson.fresh()
    model.weight.grad, model.bias.grad = torch.ones(1, 2), torch.ones(1)
    lesson.gradient_error(model, nn.MSELoss(), X, y)
    assert not model.weight.any() and not model.bias.any()
    assert (model.weight.grad == 1).all() and (model.bias.grad == 1).all()


def test_gradient_error_on_frozen_and_on_unused_parameters(seed):
    X, y = made(seed)
    model = nn.ModuleDict({"used": nn.Linear(2, 1), "unused": nn.Linear(3, 3)})
    model.forward = model["used"].forward
    model["used"].bias.requires_grad_(False)
    nn.MSELoss()(model(X), y).backward()
    assert model["unused"].weight.grad is None and model["used"].bias.grad is None
    assert not fires("gradient_error", model, nn.MSELoss(), X, y)
    model["unused"].weight.grad = torch.ones(3, 3)  # left over from elsewhere
    assert fires("gradient_error", model, nn.MSELoss(), X, y)
    model.zero_grad()  # no gradient where there should be one
    assert lesson.gradient_error(model, nn.MSELoss(), X, y) == pytest.approx(1)


def test_untrained():
    model, optimizer = lesson.fresh()
    assert not fires("untrained", model, optimizer)
    model.weight = nn.Parameter(torch.zeros(1, 2))
    assert lesson.untrained(model, optimizer) == ["weight"]
    model.bias = nn.Parameter(torch.zeros(1))
    assert lesson.untrained(model, optimizer) == ["weight", "bias"]
    groups = [{"params": [p]} for p in model.parameters()]
    assert not fires("untrained", model, torch.optim.SGD(groups, lr=0.1))
    with torch.no_grad():
        model.weight.copy_(torch.ones(1, 2))  # the cure: in place
    assert not fires("untrained", model, torch.optim.SGD(groups, lr=0.1))


@quick
@given(seeds, st.sampled_from([1.0, 3.0, 30.0]))
def test_largest_rate_is_where_descent_turns_unstable(seed, scale):
    X = made(seed, 40)[0] * torch.tensor([1.0, scale])
    X1 = torch.cat([X, torch.ones(40, 1)], 1).double()
    hessian = 2 * X1.T @ X1 / 40
    top = torch.linalg.eigh(hessian).eigenvectors[:, -1:]
    for share in (0.97, 1.03):
        update = torch.eye(3) - share * lesson.largest_rate(X) * hessian
        assert ((torch.linalg.matrix_power(update, 100) @ top).norm() > 1) == (share > 1)


def test_overfit_share_is_silent_where_the_data_cannot_be_fitted(seed):
    """The old alarm asked for a vanishing loss, and rang on healthy loops such as house prices."""
    for noise in (0.01, 3.0, 100.0):
        X, y = made(seed, 50, noise=noise)
        losses = lesson.train(*lesson.fresh(), nn.MSELoss(), [(X, y)], X, y, 300)
        assert not fires("overfit_share", losses, X, y)


def test_overfit_share_finds_what_is_stuck_or_lost(seed):
    X, y = made(seed, 50)
    model, optimizer = lesson.fresh()
    model.weight = nn.Parameter(torch.zeros(1, 2))
    losses = lesson.train(model, optimizer, nn.MSELoss(), [(X, y)], X, y, 300)
    assert fires("overfit_share", losses, X, y)
    wide = X * torch.tensor([1.0, 100.0])
    losses = lesson.train(*lesson.fresh(), nn.MSELoss(), [(wide, y)], wide, y, 300)
    assert fires("overfit_share", losses, wide, y)
    losses = lesson.train(*lesson.fresh(lr=0.0002), nn.MSELoss(), [(X, y)], X, y, 300)
    assert fires("overfit_share", losses, X, y)


# On the programs of lessons 5 and 6


class ByHand(nn.Module):
    """Lesson 5's parameters as a module, so that the detectors can look at them."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.normal(0, 0.01, (2, 1)))
        self.b = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return scratch.linreg(X, self.w, self.b)


def half_loss(y_hat, y):
    return scratch.squared_loss(y_hat, y).mean()


def test_detectors_are_silent_on_lesson_5(seed):
    random.seed(seed)
    X_all, y_all = made(seed, 1000)
    model, lr = ByHand(), 0.03
    assert not fires("strangers", scratch.data_iter(10, X_all, y_all), X_all, y_all)
    assert lr < 2 * lesson.largest_rate(X_all)  # the half squared loss admits twice the rate
    for X, y in scratch.data_iter(10, X_all, y_all):
        y_hat = model(X)
        assert y_hat.shape == y.shape
        scratch.squared_loss(y_hat, y).sum().backward()
        for p in model.parameters():  # the lecture's gradient is that of the sum
            p.grad /= len(y)
        assert not fires("gradient_error", model, half_loss, X, y)
        for p in model.parameters():
            p.grad *= len(y)
        scratch.sgd(list(model.parameters()), lr, 10)


def test_detectors_are_silent_on_lesson_6(seed):
    X_all, y_all = made(seed, 1500)
    net = nn.Sequential(nn.Linear(2, 1))
    net[0].weight.data.normal_(0, 0.01)
    net[0].bias.data.fill_(0)
    trainer = torch.optim.SGD(net.parameters(), lr=0.03)
    data_iter = d2l.load_array((X_all, y_all), 10)
    assert not fires("strangers", data_iter, X_all, y_all)
    assert not fires("untrained", net, trainer)
    assert lesson.largest_rate(X_all) > 0.03
    assert max(errors_of(net, trainer, data_iter)) < 0.01
    X, y = X_all[:20], y_all[:20]
    net[0].weight.data.normal_(0, 0.01)
    losses = lesson.train(net, trainer, nn.MSELoss(), [(X, y)], X, y, 500)
    assert not fires("overfit_share", losses, X, y)


# What the detectors are measured with


@quick
@given(seeds, st.integers(4, 30))
def test_best_loss_is_the_least(seed, n):
    X, y = made(seed, n, noise=1.0)
    X1 = torch.cat([X, torch.ones(n, 1)], 1).double()
    theta = torch.linalg.pinv(X1) @ y.double()
    best = lesson.best_loss(X, y)
    torch.testing.assert_close(best, ((X1 @ theta - y) ** 2).mean().item(), rtol=1e-6, atol=1e-9)
    nearby = theta + 0.1 * torch.randn(3, 1)
    assert best <= ((X1 @ nearby - y) ** 2).mean().item() + 1e-9


def test_train_is_gradient_descent(seed):
    X, y = made(seed, 30)
    model, optimizer = lesson.fresh(lr=0.1)
    losses = lesson.train(model, optimizer, nn.MSELoss(), [(X, y)], X, y, 7)
    w, b = torch.zeros(2, 1), torch.zeros(1)
    wanted = []
    for _ in range(8):
        r = X @ w + b - y
        wanted.append((r**2).mean().item())
        w, b = w - 0.2 * X.T @ r / 30, b - 0.2 * r.mean(0)
    torch.testing.assert_close(losses, wanted, rtol=1e-4, atol=1e-5)


# The mystery loops of Exercise 9.3


def test_mystery_loops_have_one_bug_each_and_ring_in_their_own_way():
    silent = {"strangers", "untrained", "rate", "gradient_error"}
    rings = []
    for loop in checks.mystery_loops():
        rung = set()
        if fires("strangers", loop.train_loader, loop.X, loop.y):
            rung.add("strangers")
        if fires("untrained", loop.model, loop.optimizer):
            rung.add("untrained")
        if loop.lr > lesson.largest_rate(loop.X):
            rung.add("rate")
        errors = []
        for X, y in loop.train_loader:
            assert loop.model(X).shape == y.shape
            loss = loop.backward(X, y)
            assert loss.ndim == 0
            errors.append(lesson.gradient_error(loop.model, loop.loss_fn, X, y) > 0.01)
            loop.optimizer.step()
        if any(errors):
            rung.add("gradient_error")
        assert rung <= silent
        rings.append((rung, errors))
    late, never = [False, True, True, True], [False] * 4
    assert rings == [
        ({"gradient_error"}, [False, False, False, True]),
        ({"strangers"}, never),
        ({"gradient_error"}, late),
        (set(), never),
        ({"untrained", "gradient_error"}, late),
        ({"rate"}, never),
    ]


def test_mystery_loops_are_new_and_alike_in_each_call():
    first, second = checks.mystery_loops(), checks.mystery_loops()
    for a, b in zip(first, second, strict=True):
        assert a.model is not b.model
        assert torch.equal(a.X, b.X) and torch.equal(a.y, b.y)
        assert all(
            torch.equal(p[0], q[0]) for p, q in zip(a.train_loader, b.train_loader, strict=True)
        )


def test_loops_that_go_wrong_go_wrong():
    """Loop d ends at least squares though its loss is high; loop f is NaN within an epoch or so."""
    ends = []
    for loop in checks.mystery_loops():
        for _ in range(60):
            for X, y in loop.train_loader:
                loop.backward(X, y)
                loop.optimizer.step()
        loss = loop.loss_fn(loop.model(loop.X), loop.y).item()
        ends.append(loss / lesson.best_loss(loop.X, loop.y))
    assert 1 <= ends[3] < 1.1
    assert min(ends[1], ends[2], ends[4]) > 5 and math.isnan(ends[5])


# The pictures


def test_as_the_loop_sees_them(shown):
    X, y = made(0, 60)
    X_seen, y_seen = X.flip(0), y[torch.randperm(60)]
    fig, alt = shown(pictures.as_the_loop_sees_them, X, y, X_seen, y_seen)
    for ax, features, labels, title in zip(
        fig.axes, (X, X_seen), (y, y_seen), ("as loaded", "as the loop gets them"), strict=True
    ):
        points = torch.tensor(ax.collections[0].get_offsets().data)
        torch.testing.assert_close(points, torch.cat([features[:, 1:], labels], 1).double())
        r = torch.corrcoef(points.T)[0, 1].item()
        assert ax.get_title() == f"{title}: correlation {r:.2f}"
        assert f"{title}, correlation {r:.2f}, 60 examples" in alt
        assert ax.get_xlabel() == "$x_2$"
    assert fig.axes[0].get_ylabel() == "y"
    assert fig.axes[0].get_ylim() == fig.axes[1].get_ylim()
    with pytest.raises(TypeError, match="X_seen"):
        pictures.as_the_loop_sees_them(X, y, X_seen.tolist(), y_seen)
    with pytest.raises(ValueError, match="X must have shape"):
        pictures.as_the_loop_sees_them(X[:, :1], y, X_seen, y_seen)
    with pytest.raises(ValueError, match="y_seen must vary"):
        pictures.as_the_loop_sees_them(X, y, X_seen, torch.ones(60, 1))
    with pytest.raises(ValueError, match="X must vary"):
        pictures.as_the_loop_sees_them(torch.ones(60, 2), y, X_seen, y_seen)


def test_gradient_errors(shown):
    kept, twice, short = [0.0, 1.0, 5.0, 9.0], [0.9] * 4, [0.0, 0.0, 0.0, 0.7]
    fig, alt = shown(pictures.gradient_errors, kept, twice, short, 3)
    left, right = fig.axes
    assert left.lines[0].get_ydata().tolist() == kept[:3]
    assert left.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert [line.get_ydata().tolist() for line in right.lines[:2]] == [twice[:3], short[:3]]
    for ax, count, rooms in ((left, 1, "room 4"), (right, 2, "rooms 5 and 6")):
        assert list(ax.lines[count].get_ydata()) == [0, 0]  # the healthy value
        assert [text.get_text() for text in ax.texts] == ["healthy"]
        assert ax.get_title() == f"{rooms}, the first 3 updates"
        assert ax.get_xlabel() == "update" and ax.get_xlim() == (0.5, 3.5)
        assert ax.get_legend() is not None
    assert left.get_ylabel() == "gradient_error"
    assert left.get_ylim()[1] > 5 and right.get_ylim()[1] >= 1
    assert left.get_ylim()[0] < 0 and right.get_ylim()[0] < 0
    colours = {line.get_color() for line in (left.lines[0], *right.lines[:2])}
    assert len(colours) == 3
    assert alt == (
        "gradient_error in the first 3 updates: room 4: zero_grad() forgotten, from 0.0 to 5.0; "
        "room 5: divided twice, from 0.9 to 0.9; room 6: short batch, from 0.0 to 0.0."
    )
    with pytest.raises(ValueError, match="short must hold at least 5 errors, got 4"):
        pictures.gradient_errors(kept + kept, twice + twice, short, 5)
    with pytest.raises(TypeError, match="updates"):
        pictures.gradient_errors(kept, twice, short, 2.0)
    with pytest.raises(ValueError, match="kept"):
        pictures.gradient_errors([math.nan] * 4, twice, short, 3)
    with pytest.raises(TypeError, match="twice"):
        pictures.gradient_errors(kept, "0.9", short, 3)


def test_readings(shown):
    reported, true = [8.0, 2.0, 0.5, 3.0], [9.0, 4.0, 1.1, 1.0]
    fig, alt = shown(pictures.readings, reported, true, 1.0)
    left, right = fig.axes
    assert [line.get_ydata().tolist() for line in left.lines] == [reported, true]
    assert list(left.lines[0].get_xdata()) == [1, 2, 3, 4]
    assert left.get_yscale() == "log" and right.get_yscale() == "linear"
    assert [line.get_ydata().tolist() for line in right.lines[:2]] == [[0.5, 3.0], [1.1, 1.0]]
    assert list(right.lines[0].get_xdata()) == [3, 4]
    assert list(right.lines[2].get_ydata()) == [1, 1]
    assert [text.get_text() for text in right.texts] == ["least squares"]
    assert right.get_ylim()[0] == 0 and right.get_ylim()[1] > 3
    assert (left.get_title(), right.get_title()) == ("all epochs", "the second half")
    assert right.get_ylabel() == "loss / least squares" and right.get_xlabel() == "epoch"
    names = [text.get_text() for text in right.get_legend().get_texts()]
    assert names == ["last minibatch", "all examples"]
    assert "over 4 epochs" in alt and "0.5 to 3.0 times" in alt and "1 times below it" in alt
    assert "1.0 to 1.1 times." in alt
    twice = [2 * value for value in reported], [2 * value for value in true]
    fig, _ = shown(pictures.readings, *twice, 2.0)
    assert [line.get_ydata().tolist() for line in fig.axes[1].lines[:2]] == [[0.5, 3.0], [1.1, 1.0]]
    with pytest.raises(ValueError, match="true must have shape"):
        pictures.readings(reported, true[:3], 1.0)
    with pytest.raises(ValueError, match="reported must be positive"):
        pictures.readings([0.0, 1.0], [1.0, 1.0], 1.0)
    with pytest.raises(ValueError, match="best must be greater than 0"):
        pictures.readings(reported, true, 0)
    with pytest.raises(ValueError, match="two epochs or more, got 1"):
        pictures.readings([1.0], [1.0], 1.0)


def test_wall(shown):
    curves = [[9.0 + k, 3.0 + k, 1.0 + k] for k in range(9)]
    healthy, apart, frozen, kept, twice, short, twin, last, true = curves
    pairs = [apart, frozen], [kept, twice], [short, twin], [last, true]
    fig, alt = shown(pictures.wall, healthy, 7.0, *pairs)
    wanted = [[healthy, apart, frozen], [healthy, kept, twice], [twin, short], [true, last]]
    titles = ["Rooms 2 and 7", "Rooms 4 and 5", "Room 6: larger batches and rate"]
    titles.append("Room 8: a healthy training")
    for ax, panel, title in zip(fig.axes, wanted, titles, strict=True):
        assert [line.get_ydata().tolist() for line in ax.lines[: len(panel)]] == panel
        assert ax.get_title() == title
        assert ax.get_yscale() == "log" and ax.get_xlabel() == "epoch"
        assert ax.lines[0].get_xdata()[0] == (1 if "8" in title else 0)
        assert len(ax.get_legend().get_texts()) == len(panel)
    assert list(fig.axes[0].lines[3].get_ydata()) == [7, 7]
    assert [text.get_text() for text in fig.axes[0].texts] == ["variance of the labels"]
    for name, values in {"2: shuffled apart": apart, "6: short batch": short}.items():
        assert f"{name} {values[-1]:.2g}" in alt
    with pytest.raises(TypeError, match="slow must be a list of two curves, got str"):
        pictures.wall(healthy, 7.0, pairs[0], "slow", *pairs[2:])
    with pytest.raises(ValueError, match="short must hold two curves, got 1"):
        pictures.wall(healthy, 7.0, *pairs[:2], [short], pairs[3])
    with pytest.raises(ValueError, match=r"stopped\[1\] must be finite"):
        pictures.wall(healthy, 7.0, [apart, [1.0, math.nan]], *pairs[1:])
    with pytest.raises(ValueError, match="variance must be greater than 0"):
        pictures.wall(healthy, 0.0, *pairs)
    with pytest.raises(ValueError, match="healthy must be positive"):
        pictures.wall([1.0, 0.0], 7.0, *pairs)
