"""Lesson 12's functions, by property and against torch, and its pictures."""

import copy
import inspect
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from machinery import reading
from palmerpenguins import load_penguins
from torch import nn
from torch.utils.data import DataLoader

from helpers.pictures import lesson_12 as pictures

NOTEBOOK = reading.ROOT / "notebooks" / "12_workflow.ipynb"
lesson = reading.definitions(
    NOTEBOOK, "learn", "encode", "PenguinData", "mean_loss", "fit", "Net", "predict", "Batches"
)
LABEL, CATEGORIES = "body_mass_g", ["species", "island", "sex"]
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]

TABLE = load_penguins().dropna(subset=[LABEL])
TRAIN, OTHERS = TABLE[::3], TABLE[1::3]


def holed(rows=TRAIN, seed=0):
    """The rows, with holes in every feature but `species` and `island`."""
    rows, generator = rows.copy(), np.random.default_rng(seed)
    for name in (*NUMBERS, "sex"):
        rows.loc[rows.index[generator.random(len(rows)) < 0.2], name] = np.nan
    return rows


def learned(train):
    return lesson.learn(train, LABEL, NUMBERS, CATEGORIES)


def test_learn_and_encode():
    train = holed()
    known = learned(train)
    X = lesson.encode(train, known)
    assert X.shape == (len(train), 3 + 3 + 3 + 3) and not X.isna().any().any()
    for name in NUMBERS:
        filled = train[name].fillna(train[name].median())
        np.testing.assert_allclose(
            X[name], (filled - filled.mean()) / filled.std(ddof=0), atol=1e-5
        )
    words = train[CATEGORIES].astype(object).fillna("unknown")
    dummies = pd.get_dummies(words, prefix_sep=" ", dtype="float32")
    pd.testing.assert_frame_equal(X[dummies.columns], dummies)
    assert list(X) == [*NUMBERS, *dummies.columns]


def test_encode_needs_nothing_of_the_other_rows():
    known = learned(holed())
    others = holed(OTHERS, seed=1)
    X = lesson.encode(others, known)
    for row in range(5):
        pd.testing.assert_frame_equal(lesson.encode(others[row : row + 1], known), X[row : row + 1])


@pytest.mark.parametrize("name", CATEGORIES)
def test_encode_refuses_by_name(name):
    known = learned(TRAIN)
    strange = OTHERS.astype({name: object})
    strange.iloc[3, strange.columns.get_loc(name)] = "Emperor"
    with pytest.raises(ValueError, match=f"{name}: \\['Emperor'\\] is not among"):
        lesson.encode(strange, known)


@pytest.mark.parametrize("name", ["species", "island"])
def test_encode_refuses_a_hole_where_training_had_none(name):
    with pytest.raises(ValueError, match=f"{name}: \\['unknown'\\] is not among"):
        lesson.encode(OTHERS[:1].assign(**{name: None}), learned(holed()))


def test_what_is_learned_can_be_saved(tmp_path):
    known = learned(holed())
    torch.save(known, tmp_path / "known.pt")
    assert torch.load(tmp_path / "known.pt", weights_only=True) == known


def test_dataset():
    known = learned(TRAIN)
    data = lesson.PenguinData(OTHERS, known)
    assert len(data) == len(OTHERS) and data.X.dtype == data.y.dtype == torch.float32
    mass = data.y * known["spread"][LABEL] + known["mean"][LABEL]
    np.testing.assert_allclose(mass[:, 0], OTHERS[LABEL], rtol=1e-5)
    X, y = data[4]
    assert torch.equal(X, data.X[4]) and torch.equal(y, data.y[4]) and y.shape == (1,)


@given(n=st.integers(1, 30), size=st.integers(1, 12))
def test_mean_loss_weighs_rows(n, size):
    torch.manual_seed(n)
    X, y = torch.randn(n, 2), torch.randn(n, 1)
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)).train()
    loader = DataLoader(list(zip(X, y, strict=True)), size)
    found = lesson.mean_loss(model, nn.MSELoss(), loader, "cpu")
    assert not model.training and isinstance(found, float)
    assert found == pytest.approx(nn.functional.mse_loss(model(X), y).item(), rel=1e-4)


def problem(seed=0):
    """A net, batches that train it, and batches that judge it."""
    torch.manual_seed(seed)
    X, y, V, v = torch.randn(12, 2), torch.randn(12, 1), torch.randn(9, 2), torch.randn(9, 1)
    batches = list(zip(X.split(5), y.split(5), strict=True))
    return lesson.Net(2, 8), batches, [(V[:6], v[:6]), (V[6:], v[6:])]


def test_fit_is_the_plain_loop_and_keeps_the_best_weights():
    model, train, val = problem()
    twin = copy.deepcopy(model)
    history = lesson.fit(model, train, val, 0.2, 40, 40, "cpu")
    optimizer, states = torch.optim.SGD(twin.parameters(), lr=0.2), []
    for losses in history:
        for X, y in train:
            optimizer.zero_grad()
            nn.functional.mse_loss(twin(X), y).backward()
            optimizer.step()
        states.append(copy.deepcopy(twin.state_dict()))
        wanted = [lesson.mean_loss(twin, nn.MSELoss(), part, "cpu") for part in (train, val)]
        assert losses == pytest.approx(wanted, rel=1e-5)
    best = min(range(40), key=lambda k: history[k][1])
    assert 0 < best < 39  # the problem overfits
    torch.testing.assert_close(dict(model.state_dict()), dict(states[best]))


@pytest.mark.parametrize("patience", [1, 3, 10])
def test_fit_stops_early(patience):
    model, train, val = problem()
    twin = copy.deepcopy(model)
    val_losses = [v for _, v in lesson.fit(twin, train, val, 0.2, 40, 40, "cpu")]
    best, last = 0, 0
    while last < min(40, best + patience):
        last += 1
        best = last if val_losses[last - 1] < min(val_losses[: last - 1], default=9e9) else best
    history = lesson.fit(model, train, val, 0.2, 40, patience, "cpu")
    assert [v for _, v in history] == pytest.approx(val_losses[:last])


def test_fit_survives_a_rate_that_explodes():
    model, train, val = problem()
    start = copy.deepcopy(model.state_dict())
    history = lesson.fit(model, train, val, 1e38, 3, 3, "cpu")
    assert not any(math.isfinite(loss) for _, loss in history)
    torch.testing.assert_close(model.state_dict(), start)  # no epoch was better than none


def test_fit_trains_in_training_mode():
    _, train, val = problem()
    modes = []

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, X):
            modes.append((self.training, torch.is_grad_enabled()))
            return self.layer(X)

    lesson.fit(Model(), train, val, 0.1, 2, 2, "cpu")
    each = [(True, True)] * len(train) + [(False, False)] * (len(train) + len(val))
    assert modes == each * 2


def test_predict_is_in_grams():
    known = learned(TRAIN)
    model = nn.Linear(len(lesson.encode(TRAIN, known).T), 1)
    nn.init.zeros_(model.weight)
    nn.init.constant_(model.bias, 2.0)
    found = lesson.predict(model.train(), OTHERS[:5], known)
    wanted = TRAIN[LABEL].mean() + 2 * TRAIN[LABEL].std(ddof=0)
    torch.testing.assert_close(found, torch.full((5, 1), wanted).float())
    assert not found.requires_grad and not model.training


def test_batches_bring_every_row_once():
    known = learned(TRAIN)
    data = lesson.PenguinData(TRAIN, known)
    batches = list(lesson.Batches(data))
    assert [len(y) for _, y in batches] == [32] * (len(data) // 32) + [len(data) % 32]
    rows = torch.cat([torch.cat(batch, dim=1) for batch in batches])
    everything = torch.cat([data.X, data.y], dim=1)
    assert sorted(rows.tolist()) == sorted(everything.tolist())


# Pictures


def test_the_cards_plot_draws_both_curves(monkeypatch):
    (card,) = [c for c in reading.read(NOTEBOOK).cells if c.id == "card"]
    (code,) = re.findall(r"```python\n(.*?)```", card.source, re.DOTALL)
    monkeypatch.setattr(plt, "show", lambda: None)
    exec(code, {"history": HISTORY})
    axes = plt.gca()
    assert [line.get_ydata().tolist() for line in axes.lines] == [[4, 1, 0.25], [9, 4, 6.25]]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["training part", "validation part"]
    plt.close("all")


def line_with(ax, marker):
    (line,) = [line for line in ax.lines if line.get_marker() == marker]
    return line


def test_holes(shown):
    table = pd.DataFrame({"a": [1.0, None, 3.0, None], "b": list("wxyz"), "c": [None, None, 1, 2]})
    fig, alt = shown(pictures.holes, table)
    (ax,) = fig.axes
    marks = [line.get_xydata().tolist() for line in ax.lines]
    assert marks == [[[1, 0], [3, 0]], [], [[0, 2], [1, 2]]]
    assert all(line.get_marker() == "|" for line in ax.lines)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a: 2", "b: 0", "c: 2"]
    assert ax.get_xlabel() == "row of the table" and ax.get_xlim() == (-1, 4)
    assert ax.get_ylim() == (2.5, -0.5)
    assert ax.get_title() == "3 of 4 rows have a hole"
    assert alt.endswith("over 4 rows. Missing values: a 2, c 2.")
    _, alt = shown(pictures.holes, table[["b"]])
    assert alt.endswith("Missing values: none.")


HISTORY = [(4.0, 9.0), (1.0, 4.0), (0.25, 6.25)]


def test_curves(shown):
    fig, alt = shown(pictures.curves, HISTORY, 100)
    (ax,) = fig.axes
    train, val, best = ax.lines
    assert train.get_xydata().tolist() == [[1, 200], [2, 100], [3, 50]]
    assert val.get_xydata().tolist() == [[1, 300], [2, 200], [3, 250]]
    assert (train.get_linestyle(), val.get_linestyle()) == ("-", "--")
    assert best.get_xydata().tolist() == [[2, 200]] and best.get_marker() == "o"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["training part", "validation part", "lowest: 200 g, epoch 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "rms error (g)")
    assert ax.get_xlim() == (0, 4)
    assert ax.get_ylim() == pytest.approx((45, 110))
    assert "over 3 epochs. Training part: 50 g at the end." in alt
    assert "lowest in epoch 2 with 200 g, 250 g at the end" in alt
    fig, _ = shown(pictures.curves, HISTORY[:1], 100)
    assert fig.axes[0].get_ylim() == pytest.approx((180, 300))


def test_rates(shown):
    nan, inf = float("nan"), float("inf")
    wild = [(1, 4.0), (1, 1e9), (1, inf), (1, nan)]
    fig, alt = shown(pictures.rates, {0.01: HISTORY, 1.0: wild, 2: [(1, nan)]}, 100)
    (ax,) = fig.axes
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[1, 300], [2, 200], [3, 250]],
        [[1, 200]],
        [],
    ]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["0.01", "1, leaves the picture", "2, leaves the picture"]
    assert ax.get_legend().get_title().get_text() == "learning rate"
    assert ax.get_yscale() == "log" and ax.get_ylim() == (200, 1500)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "rms error, validation part (g)")
    assert len({str(line.get_linestyle()) for line in ax.lines}) == 3
    assert alt.endswith("3 learning rates: 0.01 ends at 250 g, 1 leaves it, 2 leaves it.")


def test_predictions(shown):
    truth = torch.tensor([[3000.0], [4000.0], [5000.0]])
    fig, alt = shown(pictures.predictions, truth + 300, truth, 4100, (250, 350))
    (ax,) = fig.axes
    diagonal, points, blind = ax.lines
    assert diagonal.get_xydata().tolist() == [[2850, 2850], [5150, 5150]]
    assert points.get_xydata().tolist() == [[3000, 3300], [4000, 4300], [5000, 5300]]
    assert list(blind.get_ydata()) == [4100, 4100] and blind.get_linestyle() == "--"
    error = math.sqrt((1100**2 + 100**2 + 900**2) / 3)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[1:] == ["model, rms error 300 g", f"baseline, rms error {error:.0f} g"]
    assert ax.get_xlim() == ax.get_ylim() == (2850, 5150) and ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mass (g)", "prediction (g)")
    assert ax.get_title() == "3 unseen penguins, interval 250 to 350 g"
    assert "masses of 3 unseen penguins" in alt and "rms error 300 g, interval 250 to 350 g" in alt
    assert f"at 4100 g with an error of {error:.0f} g." in alt


ONES = torch.ones(4, 1)


@pytest.mark.parametrize(
    ("function", "arguments", "change", "error"),
    [
        ("holes", (TABLE,), (0, [[1.0]]), TypeError),
        ("holes", (TABLE,), (0, TABLE[:0]), ValueError),
        ("curves", (HISTORY, 100), (0, [1.0, 2.0]), ValueError),
        ("curves", (HISTORY, 100), (0, [(1.0, -2.0)]), ValueError),
        ("curves", (HISTORY, 100), (0, [(1.0, float("nan"))]), ValueError),
        ("curves", (HISTORY, 100), (1, 0), ValueError),
        ("rates", ({0.1: HISTORY}, 100), (0, HISTORY), TypeError),
        ("rates", ({0.1: HISTORY}, 100), (0, {}), TypeError),
        ("rates", ({0.1: HISTORY}, 100), (1, "100"), TypeError),
        ("predictions", (ONES, ONES, 1, (1, 2)), (0, torch.ones(4, 2)), ValueError),
        ("predictions", (ONES, ONES, 1, (1, 2)), (1, torch.ones(3, 1)), ValueError),
        ("predictions", (ONES, ONES, 1, (1, 2)), (2, None), TypeError),
        ("predictions", (ONES, ONES, 1, (1, 2)), (3, (2, 1)), ValueError),
    ],
)
def test_pictures_refuse(shown, function, arguments, change, error):
    place, value = change
    name = list(inspect.signature(getattr(pictures, function)).parameters)[place]
    with pytest.raises(error, match=name):
        shown(getattr(pictures, function), *arguments[:place], value, *arguments[place + 1 :])


def test_rates_refuse_a_rate_that_is_none(shown):
    with pytest.raises(ValueError, match="each learning rate"):
        shown(pictures.rates, {-0.1: HISTORY}, 100)
