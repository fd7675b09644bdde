"""The functions that lesson 6 defines, against d2l and torch, and its pictures."""

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions
from matplotlib.colors import to_rgba

from helpers.pictures import lesson_06 as pictures

NOTEBOOK = ROOT / "notebooks" / "06_concise.ipynb"
lesson = definitions(NOTEBOOK, "load_array", "by_hand", "by_library", "slices")
quick = settings(max_examples=40, deadline=None)


def arrays(n):
    """Numbered examples (n, 2) and their labels (n, 1)."""
    X = torch.arange(2.0 * n).reshape(n, 2)
    return X, X[:, :1]


def batches_of(sizes, seed):
    """Random batches X (m, 2), y (m, 1) of the given sizes."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(m, 2, generator=generator), 5 * torch.randn(m, 1, generator=generator))
        for m in sizes
    ]


# The functions


@quick
@given(n=st.integers(1, 60), batch_size=st.integers(1, 70))
def test_unshuffled_batches_are_d2ls(n, batch_size):
    ours = list(lesson.load_array(arrays(n), batch_size, is_train=False))
    theirs = list(d2l.load_array(arrays(n), batch_size, is_train=False))
    assert len(ours) == len(theirs) == -(-n // batch_size)
    for batch, other in zip(ours, theirs, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


@quick
@given(n=st.integers(1, 60), batch_size=st.integers(1, 70), seed=st.integers(0, 2**31))
def test_shuffled_batches_hold_every_example_once_and_are_d2ls(n, batch_size, seed):
    epochs = []
    for load in (lesson.load_array, d2l.load_array):
        torch.manual_seed(seed)
        X, y = (torch.cat(parts) for parts in zip(*load(arrays(n), batch_size), strict=True))
        assert torch.equal(X[:, :1], y)
        assert sorted(y.flatten().tolist()) == [2.0 * i for i in range(n)]
        epochs.append(y)
    assert torch.equal(*epochs)


@quick
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    lr=st.floats(0.001, 0.1),
    seed=st.integers(0, 2**31),
)
def test_library_at_half_the_rate_is_by_hand(sizes, lr, seed):
    batches = batches_of(sizes, seed)
    path = lesson.by_hand(batches, lr)
    assert path.shape == (len(sizes), 3) and not path.requires_grad
    torch.testing.assert_close(lesson.by_library(batches, lr / 2), path, rtol=1e-4, atol=1e-4)


def test_first_step_by_the_formula():
    ((X, y),) = batches = batches_of([7], seed=0)
    step = torch.cat([X.T @ y / 7, y.mean(0, keepdim=True)])[:, 0]
    torch.testing.assert_close(lesson.by_hand(batches, 0.2), 0.2 * step.reshape(1, 3))
    torch.testing.assert_close(lesson.by_library(batches, 0.2), 0.4 * step.reshape(1, 3))


@pytest.mark.parametrize("batch_size", [1, 7, 10, 40])
def test_slices_hold_every_example_once(batch_size):
    lesson.slices.__globals__.update(dict(zip(("X_train", "y_train"), arrays(30), strict=True)))
    parts = list(lesson.slices(batch_size))
    assert len(parts) == -(-30 // batch_size)
    X, y = (torch.cat(part) for part in zip(*parts, strict=True))
    assert torch.equal(X[:, :1], y)
    assert sorted(y.flatten().tolist()) == [2.0 * i for i in range(30)]


# The pictures


def color_and_style(line):
    return to_rgba(line.get_color()), line.get_linestyle()


def test_two_epochs_shows_each_order(shown):
    first, second = torch.tensor([2, 0, 1, 3]), torch.tensor([2, 3, 1, 0])
    fig, alt = shown(pictures.two_epochs, first, second)
    left, right = fig.axes
    for ax, order in ((left, first), (right, second)):
        (dots,) = ax.lines
        assert dots.get_xydata().tolist() == [[k, order[k]] for k in range(4)]
        assert dots.get_marker() == "." and dots.get_linestyle() == "None"
        assert ax.get_xlabel() == "place in the epoch"
    assert (left.get_title(), right.get_title()) == ("first epoch", "second epoch")
    assert left.get_ylabel() == "number of the example"
    assert left.get_ylim() == right.get_ylim()
    assert "of 4 examples" in alt and "agree in 2 of 4 places" in alt


def test_two_epochs_refuses(shown):
    with pytest.raises(ValueError, match="second"):
        shown(pictures.two_epochs, torch.arange(4), torch.arange(5))
    with pytest.raises(TypeError, match="first"):
        shown(pictures.two_epochs, "0123", torch.arange(4))


@pytest.mark.parametrize("residual", [3.0, 0.5])
def test_two_losses_draws_parabolas_and_tangents(shown, residual):
    fig, alt = shown(pictures.two_losses, residual)
    (ax,) = fig.axes
    for lines, factor, name in (
        (ax.lines[0:3], 1.0, "r² (MSELoss)"),
        (ax.lines[3:6], 0.5, "r² / 2 (squared_loss)"),
    ):
        curve, tangent, dot = (torch.from_numpy(line.get_xydata()) for line in lines)
        value, slope = factor * residual**2, 2 * factor * residual
        torch.testing.assert_close(curve[:, 1], factor * curve[:, 0] ** 2)
        assert curve[0, 0] == -curve[-1, 0] < -residual
        torch.testing.assert_close(tangent[:, 1], value + slope * (tangent[:, 0] - residual))
        assert tangent[0, 0] < residual < tangent[1, 0]
        assert dot.tolist() == [[residual, value]]
        assert lines[0].get_label() == name
        assert f"{name} is {value:g} with slope {slope:g}" in alt
    assert [text.get_text() for text in ax.texts] == [
        f"slope {2 * residual:g}",
        f"slope {residual:g}",
    ]
    assert color_and_style(ax.lines[0]) != color_and_style(ax.lines[3])
    assert ax.lines[6].get_xdata() == [residual, residual]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "r² (MSELoss)",
        "r² / 2 (squared_loss)",
    ]
    assert ax.get_ylabel() == "loss" and "residual" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("residual", "error"), [(0.0, ValueError), (-1.0, ValueError), ("3", TypeError)]
)
def test_two_losses_refuses(shown, residual, error):
    with pytest.raises(error, match="residual"):
        shown(pictures.two_losses, residual)


def epoch_data(m=120):
    """Features, labels without noise, and three paths that approach (2, -3, 1)."""
    X = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    best = torch.tensor([2.0, -3.0, 1.0])
    y = X @ best[:2].reshape(2, 1) + best[2]
    left = torch.arange(1.0, m + 1).reshape(m, 1)
    paths = {name: best * (1 - rate**left) for name, rate in (("a", 0.97), ("b", 0.9), ("c", 0.95))}
    return X, y, paths


def test_one_epoch_shows_ways_and_losses(shown):
    X, y, paths = epoch_data()
    fig, alt = shown(pictures.one_epoch, X, y, paths)
    left, right = fig.axes
    assert len(left.lines) == len(paths) + 1 and len(right.lines) == len(paths)
    for k, (name, path) in enumerate(paths.items()):
        way = torch.from_numpy(left.lines[k].get_xydata())
        assert way[0].tolist() == [0, 0]
        torch.testing.assert_close(way[1:], path[:, :2].double())
        updates, losses = right.lines[k].get_data()
        assert list(updates) == list(range(1, 121))
        wanted = torch.stack([((X @ p[:2] + p[2] - y[:, 0]) ** 2).mean() for p in path])
        torch.testing.assert_close(torch.tensor(losses), wanted.double(), rtol=1e-3, atol=1e-5)
        assert color_and_style(left.lines[k]) == color_and_style(right.lines[k])
        assert right.lines[k].get_label() == name
        dots = right.lines[k]
        assert [updates[i] for i in range(120)[dots.get_markevery()]] == [50, 100]
        assert dots.get_marker() == "o"
        assert f"{name} reaches {losses[-1]:.2g} after 120 updates" in alt
    assert "Right: the mean squared error after each update" in alt
    star = left.lines[-1]
    assert star.get_marker() == "*"
    torch.testing.assert_close(
        torch.from_numpy(star.get_xydata())[0],
        torch.tensor([2.0, -3.0]).double(),
        atol=1e-4,
        rtol=0,
    )
    assert left.get_aspect() == 1 and right.get_yscale() == "log"
    assert [text.get_text() for text in right.get_legend().get_texts()] == list(paths)
    assert "star: least squares" in left.get_title() and "50" in right.get_title()
    assert right.get_xlabel() == "update" and "all examples" in right.get_ylabel()
    (low1, high1), (low2, high2) = left.get_xlim(), left.get_ylim()
    assert low1 < 0 < 2 < high1 and low2 < -3 < 0 < high2
    assert len(left.collections) >= 1  # the contours


def test_one_epoch_lines_differ_in_more_than_colour():
    looks = {(s["linestyle"], s["linewidth"], s.get("alpha")) for s in pictures.RUN_STYLES}
    assert len({s["color"] for s in pictures.RUN_STYLES}) == len(looks) == 3


def test_one_epoch_refuses(shown):
    X, y, paths = epoch_data()
    with pytest.raises(ValueError, match="paths"):
        shown(pictures.one_epoch, X, y, {"a": paths["a"]})
    with pytest.raises(ValueError, match="paths"):
        shown(pictures.one_epoch, X, y, {**paths, "d": paths["a"]})
    with pytest.raises(ValueError, match="'b'"):
        shown(pictures.one_epoch, X, y, {**paths, "b": paths["b"][:, :2]})
    with pytest.raises(TypeError, match="paths"):
        shown(pictures.one_epoch, X, y, list(paths.values()))
    with pytest.raises(ValueError, match="X"):
        shown(pictures.one_epoch, X[:, :1], y, paths)


def test_built_and_filled_shows_both_predictions(shown):
    y = torch.tensor([[1.0], [2.0], [4.0]])
    built, filled = torch.tensor([[3.0], [2.0], [0.0]]), y + 0.1
    fig, alt = shown(pictures.built_and_filled, y, built, filled)
    left, right = fig.axes
    for ax, y_hat in ((left, built), (right, filled)):
        dots, diagonal = ax.lines
        wanted = torch.cat([y, y_hat], dim=1).double()
        torch.testing.assert_close(torch.from_numpy(dots.get_xydata()), wanted)
        assert dots.get_marker() == "."
        assert diagonal.get_slope() == 1 and diagonal.get_xy1() == (0, 0)
        assert diagonal.get_linestyle() == "--"
        assert ax.get_xlabel() == "label $y$"
    assert left.get_title() == "as built, with random weights"
    assert right.get_title() == "filled from the file"
    assert "prediction" in left.get_ylabel()
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()
    assert "3 new examples" in alt
    rms = ((built - y) ** 2).mean().sqrt()
    assert f"as built, with random weights, rms error {rms:.2g}" in alt
    assert "filled from the file, rms error 0.1" in alt


def test_built_and_filled_refuses(shown):
    y = torch.ones(3, 1)
    with pytest.raises(ValueError, match="built"):
        shown(pictures.built_and_filled, y, torch.ones(2, 1), y)
    with pytest.raises(ValueError, match="filled"):
        shown(pictures.built_and_filled, y, y, torch.ones(3, 2))
    with pytest.raises(ValueError, match="y must"):
        shown(pictures.built_and_filled, torch.full((3, 1), torch.nan), y, y)
