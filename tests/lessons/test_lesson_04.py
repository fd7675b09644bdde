"""Lesson 4: the functions that it defines, by property and against torch, and its pictures."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_04 as pictures

PATH = ROOT / "notebooks" / "04_minibatches.ipynb"
lesson = definitions(PATH, "gradient", "draw_batches", "sgd")
few = settings(max_examples=50, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(4, 30), st.integers(1, 4))


def problem(seed=0, n=9, d=2):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]


@few
@given(problems)
def test_gradient_is_autograds(sizes):
    X, y, w = problem(*sizes)
    w.requires_grad_()
    (autograd,) = torch.autograd.grad(((X @ w - y) ** 2).mean() / 2, w)
    torch.testing.assert_close(lesson.gradient(X, y, w), autograd, rtol=1e-10, atol=1e-12)


@few
@given(problems)
def test_mean_over_equal_parts_is_the_full_gradient(sizes):
    X, y, w = problem(sizes[0], 6 * sizes[1], sizes[2])
    parts = [lesson.gradient(X[k::6], y[k::6], w) for k in range(6)]
    torch.testing.assert_close(sum(parts) / 6, lesson.gradient(X, y, w))


@few
@given(st.integers(1, 50), st.integers(1, 20), st.integers(0, 1000))
def test_batches_are_rows_and_come_again(n, batch_size, seed):
    state = torch.random.get_rng_state()
    batches = lesson.draw_batches(n, 4, batch_size, seed)
    assert batches.shape == (4, batch_size)
    assert batches.min() >= 0 and batches.max() < n
    assert torch.equal(batches, lesson.draw_batches(n, 4, batch_size, seed))
    assert torch.equal(torch.random.get_rng_state(), state)


@few
@given(problems, st.integers(1, 7))
def test_sgd_is_torch_optim(sizes, batch_size):
    X, y, w = problem(*sizes)
    batches = lesson.draw_batches(len(X), 30, batch_size, seed=sizes[0])
    rates = [0.01 + 0.001 * k for k in range(30)]
    ours = lesson.sgd(X, y, w, rates, batches)
    assert ours.shape == (31, X.shape[1])
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([theirs], lr=1.0)
    for lr, batch in zip(rates, batches, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        (((X[batch] @ theirs - y[batch]) ** 2).mean() / 2).backward()
        optimizer.step()
    torch.testing.assert_close(ours[-1], theirs[:, 0].detach(), rtol=1e-9, atol=1e-11)


# Pictures


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_clouds(shown):
    full = torch.tensor([[1.0], [-2.0]])
    cross = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    clouds = {1: full.T + 4 * cross, 4: full.T + 3 * cross}
    clouds[1][0, 0] += 40  # far outside of the picture
    fig, alt = shown(pictures.clouds, clouds, full, 4.0)
    left, right = fig.axes
    for size, marker in ((1, "."), (4, "+")):
        cloud = line(left, f"B = {size}")
        np.testing.assert_allclose(cloud.get_xydata(), clouds[size])
        assert cloud.get_marker() == marker and cloud.get_linestyle() == "None"
    spread = ((44**2 + 3 * 16) / 4) ** 0.5
    assert line(left, "full gradient").get_xydata().tolist() == [[1, -2]]
    np.testing.assert_allclose(left.get_xlim(), (1 - 2.5 * spread, 1 + 2.5 * spread))
    np.testing.assert_allclose(left.get_ylim(), (-2 - 2.5 * spread, -2 + 2.5 * spread))
    assert left.get_aspect() == 1 and left.get_title() == "gradients; 0 lie outside"
    assert (left.get_xlabel(), left.get_ylabel()) == ("along $w_1$", "along $w_2$")
    assert right.get_xscale() == right.get_yscale() == "log"
    np.testing.assert_allclose(line(right, "measured").get_xydata(), [[1, spread], [4, 3]])
    np.testing.assert_allclose(line(right, r"law $1/\sqrt{B}$").get_xydata(), [[1, 4], [4, 2]])
    assert line(right, "measured").get_marker() == "o"
    assert (right.get_xlabel(), right.get_ylabel()) == ("batch size $B$", "spread")
    assert right.get_title() == "spread of the gradient"
    assert f"{spread:.3g} at 1, 3 at 4," in alt
    assert left.get_legend() and right.get_legend()


def test_clouds_count_what_lies_outside(shown):
    near = torch.zeros(100, 2)
    near[0] = 50
    fig, _ = shown(pictures.clouds, {1: near, 2: near[1:] + 1}, torch.zeros(2, 1), 1.0)
    assert fig.axes[0].get_title() == "gradients; 1 lie outside"


def test_paths(shown):
    X, y, _ = problem(n=40)
    best = torch.linalg.lstsq(X, y).solution
    ways = {name: torch.randn(7, 2, dtype=X.dtype) * k for k, name in ((1, "a"), (3, "b"))}
    fig, alt = shown(pictures.paths, X, y, best, ways)
    everything = torch.cat([*ways.values(), best.T])
    for k, (name, way) in enumerate(ways.items()):
        ax = fig.axes[k]
        (path,) = [one for one in ax.lines if one.get_marker() == "."]
        np.testing.assert_allclose(path.get_xydata(), way)
        assert path.get_color() == f"C{k}" and ax.get_title() == name and ax.get_aspect() == 1
        np.testing.assert_allclose(ax.lines[-1].get_xydata(), best.T)
        for axis, (low, high) in enumerate((ax.get_xlim(), ax.get_ylim())):
            assert low < everything[:, axis].min() and high > everything[:, axis].max()
        assert ax.get_ylabel() == ("$w_2$" if k == 0 else "") and ax.get_xlabel() == "$w_1$"
        late = (way[3:] - best.T).norm(dim=1).mean()
        assert f"{late:.1f} for {name}" in alt
    assert alt.startswith("2 paths of 6 updates")


def test_floors(shown):
    curves = {"0.3": torch.linspace(2, 0.1, 11), "slow": [3.0] * 11}
    fig, alt = shown(pictures.floors, curves, {"0.3": 0.05}, 4)
    (ax,) = fig.axes
    assert ax.get_xscale() == ax.get_yscale() == "log"
    first = line(ax, "rate 0.3")
    np.testing.assert_allclose(first.get_xydata()[:, 0], range(1, 11))
    np.testing.assert_allclose(first.get_ydata(), curves["0.3"][1:])
    assert first.get_linestyle() == "-" and line(ax, "rate slow").get_linestyle() == "--"
    level = [one for one in ax.lines if list(one.get_ydata()) == [0.05, 0.05]]
    assert len(level) == 1 and level[0].get_color() == first.get_color() == "C0"
    assert line(ax, r"predicted, $\eta/B$").get_xydata().size == 0
    assert ax.get_xlabel() == "update" and ax.get_ylabel() == "excess (share of the least loss)"
    assert len(ax.get_legend().get_texts()) == 3
    late = curves["0.3"][-4:].mean().item()
    assert (
        f"Mean of the last 4 updates: {late:.2g} at rate 0.3, predicted 0.05; 3 at rate slow."
        in alt
    )


def test_needs(shown):
    table = pd.DataFrame({"batch size": [1, 10], "updates": [50.5, 5], "examples read": [50, 51]})
    fig, alt = shown(pictures.needs, table)
    (ax,) = fig.axes
    assert ax.get_xscale() == ax.get_yscale() == "log"
    np.testing.assert_allclose(line(ax, "examples read").get_xydata(), [[1, 50], [10, 51]])
    np.testing.assert_allclose(line(ax, "updates").get_xydata(), [[1, 50.5], [10, 5]])
    assert line(ax, "updates").get_linestyle() == "--"
    assert (line(ax, "updates").get_marker(), line(ax, "examples read").get_marker()) == ("o", "s")
    assert ax.get_xlabel() == "batch size $B$"
    assert ax.get_ylabel() == "until the excess is reached" and ax.get_legend()
    assert "At batch sizes 1, 10 the updates are 50.5, 5, and the examples read 50, 51." in alt


X, Y, _ = problem(n=40)
BEST = torch.zeros(2, 1)
WAY = torch.zeros(4, 2)
FULL = torch.zeros(2, 1)
TABLE = pd.DataFrame({"batch size": [1, 10], "updates": [50, 5], "examples read": [50, 51]})


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("clouds", ([WAY], FULL, 1.0), TypeError, "^clouds must be a dictionary, got list"),
        ("clouds", ({1: WAY}, FULL, 1.0), ValueError, "2 to 4 batch sizes, got 1"),
        ("clouds", (dict.fromkeys(range(1, 6), WAY), FULL, 1.0), ValueError, "sizes, got 5"),
        ("clouds", ({2: WAY, 1: WAY}, FULL, 1.0), ValueError, r"ascending .* got \[2, 1\]"),
        ("clouds", ({0: WAY, 1: WAY}, FULL, 1.0), ValueError, "^each key of clouds"),
        ("clouds", ({"1": WAY, 2: WAY}, FULL, 1.0), TypeError, "^each key of clouds"),
        ("clouds", ({1: WAY, 2: WAY[0]}, FULL, 1.0), ValueError, r"^clouds\[2\] must have shape"),
        ("clouds", ({1: WAY, 2: WAY}, FULL.T, 1.0), ValueError, "^full must have shape"),
        ("clouds", ({1: WAY, 2: WAY}, FULL, 0.0), ValueError, "^spread_of_one"),
        ("paths", (X[:, :1], Y, BEST, {"a": WAY, "b": WAY}), ValueError, "^X must have shape"),
        ("paths", (X, Y, WAY, {"a": WAY, "b": WAY}), ValueError, "^w_best must have shape"),
        ("paths", (X, Y, BEST, {"a": WAY}), ValueError, "paths must be from 2 to 4, got 1"),
        ("paths", (X, Y, BEST, {"a": WAY, "b": WAY.T}), ValueError, r"^paths\['b'\]"),
        ("paths", (X, Y, BEST, {"a": WAY, "b": WAY[:2]}), ValueError, r"one length, got \[2, 4\]"),
        ("floors", ({"a": [1, 2]}, {"a": 1}, 1), ValueError, "curves must be from 2 to 4, got 1"),
        ("floors", ({"a": [1, 2], "b": [1, 0]}, {"a": 1}, 1), ValueError, r"^curves\['b'\]"),
        ("floors", ({"a": [1, 2], "b": [1]}, {"a": 1}, 1), ValueError, "'b'.* last = 1 .* got 1"),
        ("floors", ({"a": [1, 2], "b": [1, 2]}, {"a": 1}, 0), ValueError, "^last"),
        ("floors", ({"a": [1, 2], "b": [1, 2]}, {"c": 1}, 1), ValueError, r"curves, got \['c'\]"),
        ("floors", ({"a": [1, 2], "b": [1, 2]}, {"b": 0}, 1), ValueError, r"^predicted\['b'\]"),
        ("floors", ({"a": [1, 2], "b": [1, 2]}, 3, 1), TypeError, "^predicted must be"),
        ("needs", ([1, 2],), TypeError, "^table must be a DataFrame, got list"),
        ("needs", (TABLE[["batch size", "updates"]],), ValueError, r"no \['examples read'\]"),
        ("needs", (TABLE[::-1],), ValueError, "in ascending order"),
        ("needs", (TABLE[:1],), ValueError, "two or more"),
        ("needs", (TABLE.assign(updates=0),), ValueError, r"^table\['updates'\] must be positive"),
        (
            "needs",
            (TABLE.assign(**{"batch size": math.nan}),),
            ValueError,
            r"^table\['batch size'\] must be finite",
        ),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
