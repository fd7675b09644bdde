"""Lesson 9: every detector fires on its bug, and is silent on the cure and on lessons 5 and 6."""

import random
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions
from torch import nn

L3 = definitions(
    ROOT / "notebooks" / "05_from_scratch.ipynb",
    "synthetic_data",
    "data_iter",
    "linreg",
    "squared_loss",
    "sgd",
)
L6 = definitions(
    ROOT / "notebooks" / "09_bug_museum.ipynb",
    "best_loss",
    "fresh",
    "mean_loss",
    "healthy_step",
    "minibatches",
    "train",
    "library_loop",
    "fires",
    "flat_label_step",
    "check_shapes",
    "forgetful_step",
    "move",
    "check_repeat",
    "twice_divided_step",
    "check_step",
    "fixed_divisor_step",
    "check_every_batch",
    "shuffled_apart",
    "check_pairs",
    "detaching_loop",
    "check_overfits",
    "largest_rate",
    "check_rate",
    "check_reading",
    "library_loss",
)
SEEDS = range(6)
LR = 0.03


def fires(detector, *arguments):
    """Whether the detector fails its assertion."""
    try:
        assert detector(*arguments) is None
    except AssertionError as bug:
        assert str(bug)
        return True
    return False


def data(seed, n=1000):
    torch.manual_seed(seed)
    random.seed(seed)
    return d2l.synthetic_data(torch.tensor([2, -3.4]), 4.2, n)


def small(seed, m=20):
    X, y = data(seed)
    return X[:m], y[:m]


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed-{seed}")
def seed(request):
    return request.param


# Each detector on its bug, and on the cure


def test_shapes(seed):
    X, y = small(seed)
    y_hat = L3.linreg(X, *L6.fresh())
    assert fires(L6.check_shapes, y_hat, y[:, 0])
    assert not fires(L6.check_shapes, y_hat, y[:, 0].reshape(y_hat.shape))


def test_flat_labels_learn_a_fraction_of_the_weights(seed):
    X, y = data(seed)
    params = L6.fresh()
    L6.train(L6.flat_label_step, params, L6.minibatches(X, y[:, 0]))
    assert params[0].abs().max() < 1
    assert abs(params[1].item() - 4.2) < 0.6


def test_repeat(seed):
    X, y = small(seed, 10)
    assert fires(L6.check_repeat, L6.forgetful_step, L6.fresh(), X, y)
    assert not fires(L6.check_repeat, L6.healthy_step, L6.fresh(), X, y)


def test_step(seed):
    X, y = small(seed, 10)
    assert fires(L6.check_step, L6.twice_divided_step, L6.fresh(), L6.mean_loss, LR, X, y)
    assert not fires(L6.check_step, L6.healthy_step, L6.fresh(), L6.mean_loss, LR, X, y)


def test_every_batch(seed):
    epoch = list(L6.minibatches(*data(seed), 300, 1))
    cured = partial(L6.healthy_step, lr=0.3)
    assert [len(y) for _, y in epoch] == [300, 300, 300, 100]
    broken = L6.fixed_divisor_step
    assert fires(L6.check_every_batch, broken, L6.fresh(), L6.mean_loss, 0.3, epoch)
    assert not fires(L6.check_every_batch, broken, L6.fresh(), L6.mean_loss, 0.3, epoch[:3])
    assert not fires(L6.check_every_batch, cured, L6.fresh(), L6.mean_loss, 0.3, epoch)


def test_pairs(seed):
    X, y = data(seed)
    assert fires(L6.check_pairs, list(L6.shuffled_apart(X, y, num_epochs=1)), X, y)
    assert not fires(L6.check_pairs, list(L6.minibatches(X, y, num_epochs=1)), X, y)


def test_overfits(seed):
    X, y = small(seed)
    params, step = L6.detaching_loop()
    assert fires(L6.check_overfits, step, params, L6.mean_loss, X, y)
    assert not fires(L6.check_overfits, L6.healthy_step, L6.fresh(), L6.mean_loss, X, y)


@pytest.mark.parametrize("seed", range(2))
def test_overfits_finds_these_rooms_too(seed):
    X, y = small(seed)
    step, twice = L6.flat_label_step, L6.twice_divided_step
    raw = X * torch.tensor([1.0, 10.0])
    torch.manual_seed(seed)
    apart = next(iter(L6.shuffled_apart(X, y)))
    assert fires(L6.check_overfits, step, L6.fresh(), L6.mean_loss, X, y[:, 0])
    assert fires(L6.check_overfits, twice, L6.fresh(), L6.mean_loss, X, y)
    assert fires(L6.check_overfits, L6.healthy_step, L6.fresh(), L6.mean_loss, *apart)
    assert fires(L6.check_overfits, L6.healthy_step, L6.fresh(), L6.mean_loss, raw, y)


def test_rate(seed):
    raw = data(seed)[0] * torch.tensor([1.0, 10.0])
    assert fires(L6.check_rate, raw, LR)
    assert not fires(L6.check_rate, (raw - raw.mean(0)) / raw.std(0), LR)


def test_reading(seed):
    X, y = data(seed)
    params = L6.fresh()
    batches = list(L6.minibatches(X, y))
    L6.train(L6.healthy_step, params, batches)
    last = L6.mean_loss(params, *batches[-1]).item()
    full = L6.mean_loss(params, X, y).item()
    assert fires(L6.check_reading, last, params, L6.mean_loss, X, y)
    assert fires(L6.check_reading, float("nan"), params, L6.mean_loss, X, y)
    assert not fires(L6.check_reading, full, params, L6.mean_loss, X, y)


# All the detectors, silent on healthy training


def lesson_3(seed):
    """Program P1 with lesson 5's own functions."""
    torch.manual_seed(seed)
    random.seed(seed)
    features, labels = L3.synthetic_data(torch.tensor([2, -3.4]), 4.2, 1000)
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    batch_size = 10

    def step(params, X, y):
        l = L3.squared_loss(L3.linreg(X, w, b), y)
        l.sum().backward()
        L3.sgd([w, b], LR, batch_size)

    def read():
        with torch.no_grad():
            return L3.squared_loss(L3.linreg(features, w, b), labels).mean().item()

    return SimpleNamespace(
        X=features,
        y=labels,
        params=[w, b],
        step=step,
        model=lambda X: L3.linreg(X, w, b),
        loss=lambda params, X, y: L3.squared_loss(L3.linreg(X, w, b), y).mean(),
        epoch=lambda: L3.data_iter(batch_size, features, labels),
        rate=LR,
        read=read,
    )


def lesson_4(seed):
    """Program P2 of the lecture."""
    torch.manual_seed(seed)
    features, labels = d2l.synthetic_data(torch.tensor([2, -3.4]), 4.2, 1500)
    data_iter = d2l.load_array((features, labels), 10)
    net = nn.Sequential(nn.Linear(2, 1))
    net[0].weight.data.normal_(0, 0.01)
    net[0].bias.data.fill_(0)
    loss = nn.MSELoss()
    trainer = torch.optim.SGD(net.parameters(), lr=LR)

    def step(params, X, y):
        l = loss(net(X), y)
        trainer.zero_grad()
        l.backward()
        trainer.step()

    return SimpleNamespace(
        X=features,
        y=labels,
        params=list(net.parameters()),
        step=step,
        model=net,
        loss=lambda params, X, y: loss(net(X), y),
        epoch=lambda: data_iter,
        rate=2 * LR,  # MSELoss has no half
        read=lambda: loss(net(features), labels).item(),
    )


@pytest.mark.parametrize("program", [lesson_3, lesson_4])
def test_all_detectors_are_silent_on_healthy_training(program, seed):
    p = program(seed)
    epoch = [tuple(batch) for batch in p.epoch()]
    assert not fires(L6.check_shapes, p.model(epoch[0][0]), epoch[0][1])
    assert not fires(L6.check_pairs, epoch, p.X, p.y)
    assert not fires(L6.check_rate, p.X, p.rate)
    assert not fires(L6.check_repeat, p.step, p.params, *epoch[0])
    assert not fires(L6.check_step, p.step, p.params, p.loss, LR, *epoch[0])
    assert {len(y) for _, y in epoch} == {10}  # so that any of them may stand for all
    assert not fires(L6.check_every_batch, p.step, p.params, p.loss, LR, epoch[-20:])
    for batch in epoch[:50]:
        p.step(p.params, *batch)
    assert not fires(L6.check_reading, p.read(), p.params, p.loss, p.X, p.y)
    p = program(seed)  # from the start again: after an epoch there is little left to learn
    overfits = partial(L6.check_overfits, steps=500)
    assert not fires(overfits, p.step, p.params, p.loss, p.X[:10], p.y[:10])


def test_lesson_3_with_an_uneven_batch_is_found(seed):
    """The fixed divisor is silent in the lecture's program because 10 divides 1000."""
    p = lesson_3(seed)
    short = [(p.X[:10], p.y[:10]), (p.X[10:14], p.y[10:14])]
    assert fires(L6.check_every_batch, p.step, p.params, p.loss, LR, short)


# What the detectors are made of


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 15))
def test_pairs_property(seed, n, batch_size):
    generator = torch.Generator().manual_seed(seed)
    X, y = torch.randn(n, 3, generator=generator), torch.randn(n, 1, generator=generator)
    epoch = list(L6.minibatches(X, y, batch_size, 1))
    assert sum(len(batch) for batch, _ in epoch) == n
    L6.check_pairs(epoch, X, y)
    doubled = torch.cat([X, X]), torch.cat([y, y + 1])  # the same row with two labels is no bug
    L6.check_pairs(list(L6.minibatches(*doubled, batch_size, 1)), *doubled)
    if n > 1:
        with pytest.raises(AssertionError, match=f"{n} rows of {n}"):
            L6.check_pairs([(X, y.roll(1, 0))], X, y)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 30))
def test_ruler_is_the_least_loss(seed, n):
    generator = torch.Generator().manual_seed(seed)
    X, y = torch.randn(n, 2, generator=generator), torch.randn(n, 1, generator=generator)
    A = torch.cat([X, torch.ones(n, 1)], dim=1).double()
    theta = torch.linalg.pinv(A) @ y.double()
    best = L6.best_loss(X, y)
    torch.testing.assert_close(best, ((A @ theta - y) ** 2).mean().item() / 2)
    nearby = theta + 0.1 * torch.randn(3, 1, generator=generator)
    assert best <= ((A @ nearby - y) ** 2).mean().item() / 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 3.0, 30.0]))
def test_rate_is_where_descent_turns_unstable(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(40, 2, generator=generator).double() * torch.tensor([1.0, scale])
    A = torch.cat([X, torch.ones(40, 1)], dim=1)
    top = torch.linalg.eigh(A.T @ A / 40).eigenvectors[:, -1:]
    for share in (0.97, 1.03):
        update = torch.eye(3) - share * L6.largest_rate(X) * A.T @ A / 40
        theta = torch.linalg.matrix_power(update, 100) @ top
        assert (theta.norm() > top.norm()) == (share > 1)
        assert fires(L6.check_rate, X, share * L6.largest_rate(X)) == (share > 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 20), st.floats(0.001, 0.5))
def test_move_measures_a_step_and_takes_it_back(seed, m, lr):
    generator = torch.Generator().manual_seed(seed)
    X, y = torch.randn(m, 2, generator=generator), torch.randn(m, 1, generator=generator)
    params = [torch.randn(2, 1, generator=generator).requires_grad_(), torch.zeros(1)]
    params[1].requires_grad_()
    before = [p.detach().clone() for p in params]
    moved = L6.move(partial(L6.healthy_step, lr=lr), params, X, y)
    r = X @ before[0] + before[1] - y
    wanted = -lr * torch.cat([(X.T @ r / m).flatten(), r.mean(0)])
    torch.testing.assert_close(moved, wanted, rtol=1e-3, atol=1e-5)
    assert all(torch.equal(p, q) for p, q in zip(params, before, strict=True))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(5, 25), st.floats(0.001, 0.3))
def test_library_loop_takes_the_same_path(seed, n, batch_size, lr):
    generator = torch.Generator().manual_seed(seed)
    X, y = torch.randn(n, 2, generator=generator), torch.randn(n, 1, generator=generator)
    params, step = L6.library_loop(lr)
    by_library = L6.train(step, params, L6.minibatches(X, y, batch_size))
    by_hand = L6.train(
        partial(L6.healthy_step, lr=lr), L6.fresh(), L6.minibatches(X, y, batch_size)
    )
    torch.testing.assert_close(by_library, by_hand, rtol=1e-3, atol=1e-4)
    loss = L6.library_loss(params, X, y)
    torch.testing.assert_close(loss, L6.mean_loss([params[0].T, params[1]], X, y))


def test_fires_reports(capsys):
    assert L6.fires(L6.check_shapes, torch.zeros(3, 1), torch.zeros(3))
    assert not L6.fires(L6.check_shapes, torch.zeros(3, 1), torch.zeros(3, 1))
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "check_shapes fires: predictions (3, 1), labels (3,)",
        "check_shapes is silent",
    ]


def test_detectors_leave_the_parameters_alone(seed):
    X, y = small(seed)
    params = L6.fresh()
    L6.check_repeat(L6.healthy_step, params, X, y)
    L6.check_step(L6.healthy_step, params, L6.mean_loss, LR, X, y)
    L6.check_every_batch(L6.healthy_step, params, L6.mean_loss, LR, [(X, y), (X[:3], y[:3])])
    assert not any(p.any() for p in params)
    assert not any(p.grad.any() for p in params)
