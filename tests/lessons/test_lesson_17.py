"""Lesson 17: the functions that it defines, by property and against torch, and its pictures."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions
from torch.utils.data import DataLoader, TensorDataset

from helpers.pictures import lesson_17 as pictures

PATH = ROOT / "notebooks" / "17_speed.ipynb"
lesson = definitions(
    PATH, "seconds", "by_numbers", "in_batches", "Calls", "load", "Rows", "epoch_by_hand"
)
few = settings(max_examples=30, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 4))


def problem(seed=0, n=9, d=2):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]


@few
@given(problems, st.integers(1, 40))
def test_every_way_is_autograds_gradient(sizes, batch_size):
    X, y, w = problem(*sizes)
    loss = ((X @ w.requires_grad_() - y) ** 2).mean() / 2
    (expected,) = torch.autograd.grad(loss, w)
    w = w.detach()
    torch.testing.assert_close(lesson.in_batches(X, y, w, batch_size), expected)
    numbers = lesson.by_numbers(X.tolist(), y[:, 0].tolist(), w[:, 0].tolist())
    np.testing.assert_allclose(numbers, expected[:, 0], rtol=1e-9, atol=1e-12)


@few
@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 12))
def test_load_and_rows_are_a_dataloader(seed, n, batch_size):
    X, y, _ = problem(seed, n)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tolist()
    dataset = TensorDataset(X, y)
    expected = list(DataLoader(dataset, batch_size, sampler=order))
    torch.testing.assert_close(list(lesson.load(dataset, order, batch_size)), expected)
    rows = DataLoader(lesson.Rows(X, y), batch_size, sampler=order, collate_fn=list)
    torch.testing.assert_close(list(rows), expected)


def test_calls_are_counted():
    X, y, w = problem(n=10)
    with lesson.Calls() as calls:
        X + X
        X @ w
    assert calls.count == 2
    with lesson.Calls() as calls:
        lesson.in_batches(X, y, w, 5)
    assert calls.count == 5 * 2 + 4  # two batches, and what comes once
    assert lesson.Calls.count == 0


def test_epoch_by_hand_is_torch_optim():
    # The lesson's function takes d from the notebook: 20 features.
    lesson.epoch_by_hand.__globals__["d"] = 20
    X, y, _ = problem(n=60, d=20)
    batches = list(zip(X.split(7), y.split(7), strict=True))
    w, b = lesson.epoch_by_hand(batches, 0.05)
    model = torch.nn.Linear(20, 1, dtype=X.dtype)
    with torch.no_grad():
        model.weight.zero_(), model.bias.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for X_b, y_b in batches:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(X_b), y_b).backward()
        optimizer.step()
    torch.testing.assert_close((w.T, b), (model.weight.detach(), model.bias.detach()))


def test_seconds_is_the_least_time(monkeypatch):
    def repeat(work, number, repeat):
        assert (work(), number, repeat) == (4, 1, 8)
        return [9.0, 3.0, 5.0]

    monkeypatch.setitem(lesson.seconds.__globals__, "repeat", repeat)
    assert lesson.seconds(len, "four") == 3.0


# Pictures

EACH = {"Python": 4e-6, "formula": 8e-8, 1: 8e-6, 10: 8e-7, 1000: 5e-8, "one pass": 2e-8}


def line(ax, start):
    """The one line of the axes whose label begins so."""
    (found,) = [one for one in ax.lines if str(one.get_label()).startswith(start)]
    return found


def test_all_ways(shown):
    fig, alt = shown(pictures.all_ways, EACH, 1e-8, 2e-9)
    (ax,) = fig.axes
    batches = line(ax, "torch, in batches")
    np.testing.assert_allclose(batches.get_xydata(), [[1, 8], [10, 0.8], [1000, 0.05]])
    assert batches.get_marker() == "o"
    predicted = line(ax, "$c/B + p$").get_xydata()
    assert len(predicted) == 61 and np.allclose(predicted[[0, -1], 0], [1, 1000])
    np.testing.assert_allclose(predicted[:, 1], 8 / predicted[:, 0] + 0.08)
    for label, value in (
        ("Python loop: 0.25 %", 4),
        ("formula, all rows: 12 %", 0.08),
        ("one pass in C: 50 %", 0.02),
    ):
        assert line(ax, label).get_label() == label
        np.testing.assert_allclose(line(ax, label).get_ydata(), value)
    texts = {text.get_text(): text.xy for text in ax.texts}
    for label, place in (("0.12 %", (1, 8)), ("1.2 %", (10, 0.8)), ("20 %", (1000, 0.05))):
        assert np.allclose(texts[label], place)
    assert np.allclose(texts["limit of memory"], (0.5, 0.01))
    assert np.allclose(texts["limit of arithmetic"], (0.5, 0.002))
    greys = [one for one in ax.lines if one.get_color() == "0.35"]
    assert sorted(one.get_ydata()[0] for one in greys) == pytest.approx([0.002, 0.01])
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlim() == (0.5, 8000)
    assert np.allclose(ax.get_ylim(), (0.001, 480))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("batch size $B$", "microseconds per example")
    assert "share of what the machine can do" in ax.get_title()
    styles = {str(one.get_linestyle()) + one.get_color() for one in ax.lines[:5]}
    assert len(styles) == 5
    assert not any(character.isdigit() for character in alt) and "limits of memory" in alt


def test_all_ways_without_compiler_and_with_slow_arithmetic(shown):
    each = {key: value for key, value in EACH.items() if key != "one pass"}
    fig, _ = shown(pictures.all_ways, each, 1e-9, 4e-9)
    labels = [text.get_text() for text in fig.axes[0].get_legend().get_texts()]
    assert "one pass in C: no compiler `cc` here" in labels
    assert "formula, all rows: 5 %" in labels  # of the longer limit


def test_reading_order(shown):
    fig, alt = shown(pictures.reading_order, 5, 2)
    assert [ax.get_title() for ax in fig.axes] == ["formula", "batches of 2", "one pass"]
    uses = {
        "formula": ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9]),
        "batches of 2": ([0, 1, 4, 5, 8], [2, 3, 6, 7, 9]),
        "one pass": ([0, 2, 4, 6, 8], [1, 3, 5, 7, 9]),
    }
    for ax, both in zip(fig.axes, uses.values(), strict=True):
        for k, moments in enumerate(both):
            drawn = ax.lines[k]
            assert list(drawn.get_xdata()) == moments
            assert list(drawn.get_ydata()) == [0, 1, 2, 3, 4]
            assert drawn.get_label() == ("first product", "second product")[k]
            assert drawn.get_marker() == "ox"[k] and drawn.get_color() == f"C{k}"
        assert ax.get_xlim() == (-1, 10) and ax.get_ylim() == (5, -1)
        assert ax.get_xlabel() == "use of a row"
    assert fig.axes[0].get_ylabel() == "row of $X$" and fig.axes[2].get_legend()
    assert "Which of 5 rows" in alt
    assert alt.endswith("at most: formula: 5; batches of 2: 2; one pass: 1.")


def test_epoch_parts(shown):
    epochs = {"slow": [0.05, 0.01], "fast": [0, 0.02]}
    fig, alt = shown(pictures.epoch_parts, epochs, ["fetch", "updates"])
    (ax,) = fig.axes
    bars = [(bar.get_x(), bar.get_width(), bar.get_y() + 0.4) for bar in ax.patches]
    np.testing.assert_allclose(bars, [(0, 50, 0), (50, 10, 0), (0, 0, 1), (0, 20, 1)], atol=1e-9)
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()
    assert ax.patches[0].get_hatch() != ax.patches[1].get_hatch()
    assert [text.get_text() for text in ax.texts] == ["60 ms", "20 ms"]
    assert [round(text.get_position()[0], 6) for text in ax.texts] == [60.6, 20.6]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["slow", "fast"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fetch", "updates"]
    assert ax.get_xlabel() == "milliseconds" and np.allclose(ax.get_xlim(), (0, 75))
    assert ax.get_ylim() == (1.6, -0.6)
    assert alt.endswith("epoch: slow, fast. Each is made of: fetch, updates.")


LIMITS = (1e-8, 2e-9)
PARTS = ["fetch", "updates"]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("all_ways", ([1], *LIMITS), TypeError, "each must be a dictionary, got list"),
        ("all_ways", ({"Python": 1, "formula": 1, 1: 1}, *LIMITS), ValueError, "2 to 12 batch"),
        ("all_ways", ({**EACH, 1: 0}, *LIMITS), ValueError, r"each\[1\] must be greater"),
        ("all_ways", ({**EACH, "C": 1}, *LIMITS), TypeError, "each batch size of each"),
        ("all_ways", ({1: 1, 2: 1, "Python": 1}, *LIMITS), ValueError, "must hold 'formula'"),
        ("all_ways", ({1: 1, 2: 1, "formula": 1}, *LIMITS), ValueError, "must hold 'Python'"),
        ("all_ways", ({"Python": 1, "formula": 1, 3: 1, 2: 1}, *LIMITS), ValueError, "1 among"),
        ("all_ways", (EACH | dict.fromkeys(range(1, 14), 1), *LIMITS), ValueError, "2 to 12"),
        ("all_ways", (EACH, 0, 1e-9), ValueError, "memory must be greater"),
        ("all_ways", (EACH, 1e-9, math.nan), ValueError, "arithmetic must be finite"),
        ("reading_order", (1, 1), ValueError, "rows must be from 2 to 40"),
        ("reading_order", (41, 1), ValueError, "rows must be from 2 to 40"),
        ("reading_order", (5, 6), ValueError, "batch_size must be from 1 to 5"),
        ("reading_order", (5, 2.5), TypeError, "batch_size must be a whole number"),
        ("epoch_parts", ({"a": [1, 1]}, PARTS), ValueError, "entries of epochs must be from 2"),
        ("epoch_parts", ([1, 2], PARTS), TypeError, "epochs must be a dictionary"),
        ("epoch_parts", ({"a": [1], "b": [1]}, ["x"]), ValueError, "2 to 5 texts, got 1"),
        ("epoch_parts", ({"a": [1], "b": [1]}, ["x"] * 6), ValueError, "2 to 5 texts, got 6"),
        ("epoch_parts", ({"a": [1, 2], "b": [1]}, PARTS), ValueError, r"epochs\['b'\] must have"),
        ("epoch_parts", ({"a": [1, 2], "b": [1, -1]}, PARTS), ValueError, "no negative time"),
        ("epoch_parts", ({"a": [1, 2], "b": [0, 0]}, PARTS), ValueError, "one above zero"),
        ("epoch_parts", ({"a": [1, 2], "b": [0, 1]}, "xy"), TypeError, "parts must be a list"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
