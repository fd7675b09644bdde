"""Lesson 14: the functions that it defines, by property and against torch, and its pictures."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_14 as pictures

PATH = ROOT / "notebooks" / "14_optimizers.ipynb"
NAMES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
lesson = definitions(PATH, *NAMES, "gradient", "train", "excess", "arrival")
few = settings(max_examples=25, deadline=None)
TORCH = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}
OWN = {  # other constants than the defaults: by hand, in torch
    "momentum": ({"beta": 0.5}, {"momentum": 0.5}),
    "nesterov": ({"beta": 0.5}, {"momentum": 0.5, "nesterov": True}),
    "adagrad": ({"eps": 0.1}, {"eps": 0.1}),
    "rmsprop": ({"alpha": 0.8, "eps": 0.1}, {"alpha": 0.8, "eps": 0.1}),
    "adam": ({"beta1": 0.6, "beta2": 0.7, "eps": 0.1}, {"betas": (0.6, 0.7), "eps": 0.1}),
    "adamw": ({"weight_decay": 0.3}, {"weight_decay": 0.3}),
}


def problem(seed=0, n=12, d=3):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]


def by_library(optimizer, X, y, w, num_updates):
    """All positions of a torch optimizer of w, with the gradient from autograd."""
    positions = [w.detach().clone()]
    for _ in range(num_updates):
        optimizer.zero_grad()
        (((X @ w - y) ** 2).mean() / 2).backward()
        optimizer.step()
        positions.append(w.detach().clone())
    return torch.stack(positions)


@pytest.mark.parametrize("name", NAMES)
@few
@given(st.integers(0, 10_000), st.sampled_from([0.003, 0.05, 0.3]))
def test_optimizer_is_torchs_at_every_update(name, seed, lr):
    X, y, start = problem(seed)
    kind, options = TORCH[name]
    for mine, theirs in (({}, options), OWN.get(name, ({}, options))):
        w = start.clone().requires_grad_()
        wanted = by_library(kind([w], lr=lr, **theirs), X, y, w, 20)
        found = lesson.train(getattr(lesson, name), X, y, start, [lr] * 20, **mine)
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_optimizer_leaves_its_arguments_and_keeps_memory_in_state(name):
    update = getattr(lesson, name)
    w, g = torch.ones(2, 1), torch.full((2, 1), 0.5)
    state = {}
    first = update(w, g, state, 0.1)
    assert torch.equal(w, torch.ones(2, 1)) and torch.equal(g, torch.full((2, 1), 0.5))
    update(first, 3 * g, state, 0.1)
    assert torch.equal(update(w, g, {}, 0.1), first)
    assert bool(state) == (name != "sgd")


@few
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_gradient_is_autograds_for_one_and_for_many(seed, d):
    X, y, w = problem(seed, d=d)
    w.requires_grad_()
    (wanted,) = torch.autograd.grad(((X @ w - y) ** 2).mean() / 2, w)
    torch.testing.assert_close(lesson.gradient(X, y, w), wanted)
    many = lesson.gradient(X.expand(5, 12, d), y.expand(5, 12, 1), w.expand(5, d, 1))
    torch.testing.assert_close(many, wanted.expand(5, d, 1))
    columns = lesson.gradient(X, y, w.expand(d, 4))
    torch.testing.assert_close(columns, wanted.expand(d, 4))


def test_train_uses_each_rate_and_each_batch():
    X, y, w = problem()
    batches = torch.tensor([[0, 1], [5, 3]])
    found = lesson.train(lesson.sgd, X, y, w, [0.1, 0.2], batches)
    one = w - 0.1 * lesson.gradient(X[:2], y[:2], w)
    two = one - 0.2 * lesson.gradient(X[[5, 3]], y[[5, 3]], one)
    torch.testing.assert_close(found, torch.stack([w, one, two]))


@few
@given(st.integers(0, 10_000))
def test_excess_is_what_the_loss_has_above_its_least_value(seed):
    X, y, w = problem(seed)
    best = torch.linalg.lstsq(X, y).solution
    loss, least = (((X @ v - y) ** 2).mean() for v in (w, best))
    found = lesson.excess(X, y, torch.stack([w, best]))
    wanted = torch.stack([loss / least - 1, torch.zeros_like(loss)])
    torch.testing.assert_close(found[:, 0], wanted, rtol=1e-8, atol=1e-8)


def test_arrival():
    curve = torch.tensor([1.0, 1e-7, 1e-3, 1e-8, 1e-9], dtype=torch.float64)
    assert lesson.arrival(curve) == 3  # it left again after the first
    assert lesson.arrival(5 * curve) == 3
    assert lesson.arrival(torch.tensor([1.0, 0.5])) == 2  # never
    assert lesson.arrival(torch.tensor([1.0, math.nan, math.nan])) == 3  # no arrival either


# Pictures


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_factors(shown):
    fig, alt = shown(pictures.factors, 0.02, 2.0, [0.0, 0.81])
    (ax,) = fig.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "factor of the slower direction")
    for beta in (0.0, 0.81):
        drawn = line(ax, rf"$\beta$ = {beta:.2f}")
        rates, sizes = drawn.get_xdata(), drawn.get_ydata()
        assert len(rates) > 2000 and rates[-1] == 2.0 and (np.diff(rates) >= 0).all()
        for k in range(5, 2000, 199):
            both = [[[1 - rates[k] * v, -rates[k] * beta], [v, beta]] for v in (0.02, 2.0)]
            wanted = np.abs(np.linalg.eigvals(np.array(both))).max()
            assert math.isclose(sizes[k], wanted, rel_tol=1e-6)
    dots = [one for one in ax.lines if one.get_marker() == "o"]
    plain = line(ax, r"$\beta$ = 0.00")
    assert math.isclose(dots[0].get_ydata()[0], (2 - 0.02) / (2 + 0.02), rel_tol=1e-3)
    assert math.isclose(dots[1].get_ydata()[0], 0.9, rel_tol=1e-9)  # the window holds both
    assert math.isclose(dots[0].get_ydata()[0], plain.get_ydata().min())
    assert math.isclose(dots[0].get_xdata()[0], plain.get_xdata()[plain.get_ydata().argmin()])
    assert plain.get_linestyle() == "-" and line(ax, r"$\beta$ = 0.81").get_linestyle() == "--"
    assert [text.get_text() for text in ax.texts] == ["from here on it grows"]
    assert ax.get_xlim() == (0, 2) and ax.get_legend()
    low = dots[0].get_ydata()[0]
    high = line(ax, r"$\beta$ = 0.81").get_ydata().min()
    assert f"{low:.3f} for 0.00, {high:.3f} for 0.81." in alt
    bottom, top = ax.get_ylim()
    margin = 0.15 * (1 - min(low, high))
    assert np.allclose((bottom, top), (min(low, high) - margin, 1 + 2 * margin))


def test_paths(shown):
    X, y, _ = problem(d=2)
    start = torch.zeros(2, 1, dtype=torch.float64)
    runs = {"a": lesson.train(lesson.sgd, X, y, start, [0.3] * 20)}
    runs["b"] = lesson.train(lesson.momentum, X, y, start, [0.1] * 20)
    fig, alt = shown(pictures.paths, X, y, runs)
    left, right = fig.axes
    best = torch.linalg.lstsq(X, y).solution
    least = ((X @ best - y) ** 2).mean() / 2
    for k, (name, run) in enumerate(runs.items()):
        np.testing.assert_allclose(line(left, name).get_xydata(), run[:, :, 0])
        losses = [(((X @ w - y) ** 2).mean() / 2 - least).item() for w in run]
        np.testing.assert_allclose(line(right, name).get_ydata(), losses, rtol=1e-6)
        assert line(left, name).get_color() == line(right, name).get_color() == f"C{k}"
        assert f"{losses[-1]:.3g} for {name}" in alt
    np.testing.assert_allclose(line(left, "least squares").get_xydata(), best.T)
    assert left.get_aspect() == 1
    assert right.get_yscale() == "log" and right.get_xlim() == (0, 20)
    assert (right.get_xlabel(), right.get_ylabel()) == ("update", "loss above the least")
    assert f"falls from {losses[0]:.0f} to" in alt and "two paths of 20 updates" in alt
    assert left.get_legend() and right.get_legend()


def test_schedules(shown):
    factors = {"flat": lambda k: 1, "half": lambda k: 0.5**k}
    curves = {"flat": [4.0] * 5, "half": torch.tensor([4.0, 2.0, 1.0, 0.5, 0.25])}
    fig, alt = shown(pictures.schedules, factors, curves)
    left, right = fig.axes
    np.testing.assert_allclose(line(left, "flat").get_ydata(), [1] * 4)
    np.testing.assert_allclose(line(left, "half").get_ydata(), [1, 0.5, 0.25, 0.125])
    np.testing.assert_allclose(line(right, "half").get_ydata(), curves["half"])
    assert (left.get_xlabel(), left.get_ylabel()) == ("update", "factor of the rate")
    assert (right.get_xlabel(), right.get_ylabel()) == ("update", "excess")
    assert right.get_yscale() == "log" and left.get_legend()
    assert line(left, "flat").get_linewidth() > line(left, "half").get_linewidth()
    assert line(right, "half").get_linestyle() == line(left, "half").get_linestyle() == "--"
    assert np.allclose(left.get_ylim(), (-0.05, 1.1))
    assert np.allclose(right.get_ylim(), (0.25 / 1.5, 6))
    assert "last 50 values is 4 for flat, 1.6 for half." in alt


X, Y, _ = problem(d=2)
RUN = torch.ones(5, 2, 1)
TWO = {"a": RUN, "b": RUN}
ONE = {"a": lambda k: 1}


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("factors", (0, 1, [0.5]), ValueError, "flat must be"),
        ("factors", (1, 0.5, [0.5]), ValueError, "steep must be"),
        ("factors", (0.1, 1, [0.1] * 2), ValueError, "1 to 5 different numbers"),
        ("factors", (0.1, 1, [0, 0.1, 0.2, 0.3, 0.4, 0.5]), ValueError, "1 to 5 different"),
        ("factors", (0.1, 1, [0.5, 1.0]), ValueError, "from 0 to below 1"),
        ("factors", (0.1, 1, [-0.5]), ValueError, "from 0 to below 1"),
        ("factors", (0.1, 1, "0.5"), TypeError, "betas must be"),
        ("paths", (X[:, :1], Y, TWO), ValueError, "X must have shape"),
        ("paths", (X, Y, {"a": RUN}), ValueError, "runs must be from 2 to 2"),
        (
            "paths",
            (X, Y, {"a": RUN, "b": RUN[:, :1]}),
            ValueError,
            r"runs\['b'\] must have shape",
        ),
        ("paths", (X, Y, {"a": RUN, "b": RUN[:4]}), ValueError, "as many each, got"),
        ("paths", (X, Y, {"a": RUN[:1], "b": RUN[:1]}), ValueError, "two or more positions"),
        ("paths", (X, Y, RUN), TypeError, "runs must be a dictionary"),
        ("schedules", ({}, {}), ValueError, "factors must be"),
        ("schedules", (ONE, {"b": [1, 1]}), ValueError, "the names of factors"),
        ("schedules", (ONE, {"a": [1, 0]}), ValueError, r"curves\['a'\] must be positive"),
        ("schedules", ({"a": 1}, {"a": [1, 1]}), TypeError, r"factors\['a'\] must be a function"),
        ("schedules", ({"a": lambda k: math.nan}, {"a": [1, 1]}), ValueError, "factors of 'a'"),
        ("schedules", (ONE, [1]), TypeError, "curves must be a dictionary"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
