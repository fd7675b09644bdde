"""Lesson 7: both programs are one for any data, start, order and batches; slips are seen."""

import numpy as np
import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery import reading
from torch import nn

from helpers.pictures import lesson_07 as pictures

lesson = reading.definitions(
    reading.ROOT / "notebooks" / "07_same_training_twice.ipynb",
    "draw_batches",
    "program_1",
    "program_2",
    "mean_square",
    "train",
)
PARTS = ["model", "loss", "optimizer"]


def drawn(seed, count, size=10, dtype=torch.float64):
    """Batches of random examples, and a start for the weights, (2, 1)."""
    torch.manual_seed(seed)
    X, y = d2l.synthetic_data(torch.tensor([2, -3.4]), 4.2, count * size)
    batches = list(zip(X.to(dtype).split(size), y.to(dtype).split(size), strict=True))
    return batches, torch.randn(2, 1, dtype=dtype)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**20),
    count=st.integers(1, 30),
    lr=st.floats(0.001, 0.1),
    library=st.sets(st.sampled_from(PARTS)),
)
def test_any_exchange_of_parts_makes_the_same_updates(seed, count, lr, library):
    batches, start = drawn(seed, count)
    by_hand = lesson.program_1(batches, lr, start)
    rate = lr / 2 if "loss" in library else lr
    exchanged = lesson.train(batches, rate, start, library)
    by_library = lesson.program_2(batches, lr / 2, start)
    assert by_hand.shape == exchanged.shape == by_library.shape == (count, 3)
    assert (exchanged - by_hand).abs().max() < 1e-11
    assert (by_library - by_hand).abs().max() < 1e-11


@pytest.mark.parametrize("slip", ["full lr", "other start", "other order", "short batch"])
def test_the_comparison_sees_slips(slip):
    batches, start = drawn(0, 6)
    other, lr = list(batches), 0.015
    if slip == "full lr":
        lr = 0.03
    if slip == "other order":
        other[2], other[4] = other[4], other[2]
    if slip == "short batch":
        batches[5] = other[5] = tuple(t[:4] for t in other[5])
    by_hand = lesson.program_1(batches, 0.03, start)
    by_library = lesson.program_2(other, lr, start + (slip == "other start"))
    apart = ((by_hand - by_library).abs().amax(dim=1) > 1e-6).tolist()
    first = {"full lr": 0, "other start": 0, "other order": 2, "short batch": 5}[slip]
    assert apart.index(True) == first


def test_draw_batches_holds_every_example_once_an_epoch():
    X = torch.arange(46.0).reshape(23, 2)
    epochs = lesson.draw_batches(X, X[:, :1], num_epochs=2)
    assert [len(y) for _, y in epochs] == [10, 10, 3] * 2
    for epoch in (epochs[:3], epochs[3:]):
        assert torch.cat([pair[0] for pair in epoch])[:, 0].sort().values.equal(X[:, 0])
        assert all(torch.equal(pair[0][:, :1], pair[1]) for pair in epoch)


def test_mean_square_is_mse_loss():
    batches, _ = drawn(3, 3)
    X, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    positions = torch.randn(4, 3, dtype=torch.float64)
    for position, value in zip(positions, lesson.mean_square(X, y, positions), strict=True):
        y_hat = d2l.linreg(X, position[:2].reshape(2, 1), position[2])
        assert value.item() == pytest.approx(nn.MSELoss()(y_hat, y).item())


# Pictures

CURVES = {"with the half": 2 * 0.9 ** np.arange(160), "without the half": 0.8 ** np.arange(160)}


def test_epochs_on_curves(shown):
    fig, alt = shown(pictures.epochs_on_curves, CURVES, ends=[100, 150], floor=1e-4)
    (ax,) = fig.axes
    for line, curve in zip(ax.lines[:2], CURVES.values(), strict=True):
        assert line.get_xdata().tolist() == list(range(1, 161))
        np.testing.assert_allclose(line.get_ydata(), curve)
    marks = {
        (line.get_marker(), *line.get_xydata()[0])
        for line in ax.lines
        if len(line.get_xdata()) == 1
    }
    wanted = {("o", 100.0), ("s", 150.0)}
    assert {mark[:2] for mark in marks} == wanted and len(marks) == 4
    for marker, x, height in marks:
        assert height in [curve[int(x) - 1] for curve in CURVES.values()], marker
    assert any(np.allclose(line.get_ydata(), 1e-4) for line in ax.lines)
    assert ax.get_xlabel() == "update" and ax.get_ylabel() == "mean squared error"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(CURVES)
    assert f"{CURVES['with the half'][99]:.2g} after 100 updates" in alt
    assert f"{CURVES['without the half'][149]:.2g} after 150, a square" in alt
    assert "variance of the noise, 0.0001" in alt


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"curves": {"one": [1.0, 2.0]}}, ValueError, "curves"),
        ({"curves": {"one": [1.0, 2.0], "two": [1.0, -2.0]}}, ValueError, "two"),
        ({"curves": [1.0, 2.0]}, TypeError, "curves"),
        ({"ends": [100]}, ValueError, "ends"),
        ({"ends": [0, 150]}, ValueError, r"ends\[0\]"),
        ({"ends": [100, 161]}, ValueError, r"ends\[1\]"),
        ({"floor": 0}, ValueError, "floor"),
        ({"floor": "low"}, TypeError, "floor"),
    ],
)
def test_epochs_on_curves_refuses(shown, change, error, message):
    with pytest.raises(error, match=message):
        shown(
            pictures.epochs_on_curves,
            **{"curves": CURVES, "ends": [100, 150], "floor": 1e-4, **change},
        )


def runs():
    """Data and two runs, (X, y, run, other): 12 positions each, the second ahead of the first."""
    batches, _ = drawn(1, 4)
    X, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    goal = torch.tensor([2.0, -3.4, 4.2], dtype=torch.float64)
    steps = torch.arange(1, 13, dtype=torch.float64).reshape(12, 1)
    return X, y, goal * (1 - 0.8**steps), goal * (1 - 0.6**steps)


def test_losses_and_distance(shown):
    X, y, run, other = runs()
    fig, alt = shown(pictures.losses_and_distance, X, y, run, other, bound=2e-6)
    left, right = fig.axes
    for line, positions in zip(left.lines, (run, other), strict=False):
        expected = lesson.mean_square(X, y, positions) / 2
        np.testing.assert_allclose(line.get_ydata(), expected)
        assert line.get_xdata().tolist() == list(range(1, 13))
    distance = (run - other).norm(dim=1)
    np.testing.assert_allclose(right.lines[0].get_ydata(), distance)
    assert right.lines[0].get_xdata().tolist() == list(range(1, 13))
    assert any(np.allclose(line.get_ydata(), 2e-6) for line in right.lines[1:])
    assert right.get_ylim()[0] < 2e-6 < distance.max() < right.get_ylim()[1]
    assert left.get_ylabel() == "mean half squared loss"
    assert (right.get_xlabel(), right.get_ylabel()) == ("update", "distance of the parameters")
    assert right.get_yscale() == left.get_yscale() == "log"
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert labels == ["program 1", "MSELoss, full rate"]
    assert f"rises to {distance.max():.1f} within 10 updates" in alt
    assert f"falls to {distance.min():.1g}" in alt and "at 2e-06" in alt


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("X", torch.ones(40, 3), ValueError),
        ("y", torch.ones(7, 1), ValueError),
        ("run", torch.ones(12, 2), ValueError),
        ("other", torch.ones(11, 3), ValueError),
        ("bound", 0.0, ValueError),
        ("bound", None, TypeError),
    ],
)
def test_losses_and_distance_refuses(shown, name, value, error):
    arguments = dict(zip(("X", "y", "run", "other"), runs(), strict=True)) | {"bound": 2e-6}
    with pytest.raises(error, match=name):
        shown(pictures.losses_and_distance, **arguments | {name: value})
