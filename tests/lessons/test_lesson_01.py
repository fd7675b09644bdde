"""The functions that lesson 1 defines, and its pictures, against torch, d2l and exact cases."""

import matplotlib.pyplot as plt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers import figures
from helpers.pictures import lesson_01 as pictures

lesson = definitions(
    ROOT / "notebooks" / "01_linear_model.ipynb",
    "rms_error",
    "best_squared_line",
    "best_absolute_line",
)
quick = settings(max_examples=50, deadline=None)
seeds = st.integers(0, 2**31)


@quick
@given(seed=seeds, n=st.integers(1, 30))
def test_rms_error_is_the_root_of_mse(seed, n):
    torch.manual_seed(seed)
    y_hat, y = torch.randn(2, n, 1, dtype=torch.float64)
    mse = torch.nn.functional.mse_loss(y_hat, y).item()
    assert lesson.rms_error(y_hat, y) == pytest.approx(mse**0.5)


@quick
@given(seed=seeds, n=st.integers(2, 20))
def test_lines_are_the_best_of_their_loss(seed, n):
    torch.manual_seed(seed)
    x, y = torch.randn(2, n, dtype=torch.float64)
    steps = torch.randn(2, dtype=torch.float64)
    for fit, power in ((lesson.best_squared_line, 2), (lesson.best_absolute_line, 1)):
        best = fit(x, y)
        least = (best[0] * x + best[1] - y).abs().pow(power).mean()
        for step in (1.0, 0.1, -0.1, -1.0):
            slope, base = best + step * steps
            assert (slope * x + base - y).abs().pow(power).mean() >= least - 1e-12


def test_absolute_line_meets_points_on_a_line_and_ignores_one_beside_it():
    x = torch.tensor([0.0, 1.0, 1.0, 2.0, 5.0])  # two points share their x
    y = 3 * x + 1
    y[3] = 1000.0
    torch.testing.assert_close(lesson.best_absolute_line(x, y), torch.tensor([3.0, 1.0]))


# Its pictures

AREA = torch.tensor([1000.0, 2000.0, 3000.0], dtype=torch.float64)
PRICE = torch.tensor([150.0, 190.0, 310.0], dtype=torch.float64)


def labels(ax):
    """What stands beside and above the axes."""
    return ax.get_xlabel(), ax.get_ylabel(), ax.get_title()


def test_three_houses_shows_line_points_and_residuals(shown):
    fig, alt = shown(pictures.three_houses, AREA, PRICE, 0.1, 5.0)
    (ax,) = fig.axes
    bids, *strokes, sold = ax.lines
    for x, y in zip(*bids.get_data(), strict=True):
        assert y == pytest.approx(0.1 * x + 5)
    assert (sold.get_xdata().tolist(), sold.get_ydata().tolist()) == (
        AREA.tolist(),
        PRICE.tolist(),
    )
    for stroke, x, y in zip(strokes, AREA.tolist(), PRICE.tolist(), strict=True):
        assert list(stroke.get_xdata()) == [x, x]
        assert list(stroke.get_ydata()) == pytest.approx([y, 0.1 * x + 5])
    assert [text.get_text() for text in ax.texts] == ["-45.0", "+15.0", "-5.0"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["the bids", "sold"]
    assert labels(ax)[:2] == ("living area (square feet)", "price (thousands of dollars)")
    left, right = ax.get_xlim()
    assert left == pytest.approx(700) and right == pytest.approx(3300)
    assert alt.startswith("3 houses") and "-45.0, +15.0, -5.0" in alt


def test_three_houses_bids_without_base_by_default(shown):
    fig, _ = shown(pictures.three_houses, AREA, PRICE, 0.1)
    assert fig.axes[0].lines[0].get_ydata()[0] == pytest.approx(70)


def test_prices_against_features_shows_every_feature(shown):
    X = torch.stack([AREA, AREA.flip(0)], dim=1)
    fig, alt = shown(
        pictures.prices_against_features, X, PRICE[:, None], ["area", "age"], "price ($)"
    )
    assert [ax.get_xlabel() for ax in fig.axes] == ["area", "age"]
    assert fig.axes[0].get_ylabel() == "price ($)"
    r = torch.corrcoef(torch.stack([AREA, PRICE]))[0, 1].item()
    assert alt == (
        f"The price of 3 houses against: area from 1,000 to 3,000, correlation {r:.2f}; "
        f"age from 1,000 to 3,000, correlation {-r:.2f}. (A correlation of 1 means that all points "
        "lie on one rising line, 0 that a level line fits best.)"
    )


def test_network_has_a_line_and_a_label_for_every_parameter(shown):
    fig, alt = shown(pictures.network, ["rooms", "area"], "price")
    (ax,) = fig.axes
    texts = [text.get_text() for text in ax.texts]
    assert len(ax.lines) == 3 and len(ax.patches) == 4
    assert {"$w_1$", "$w_2$", "$b$", "rooms", "area", "constant", "price"} <= set(texts)
    assert {"inputs", "one layer of weights", "output"} <= set(texts)
    assert [line.get_ydata()[0] for line in ax.lines] == [0, -1, -2]
    assert {line.get_ydata()[1] for line in ax.lines} == {-1}  # they meet in the output
    assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "--"]
    assert alt.startswith("2 circles for the inputs rooms, area") and "w1, w2 and the bias" in alt


def test_neuron_names_its_parts(shown):
    fig, alt = shown(pictures.neuron)
    texts = " ".join(text.get_text() for text in fig.axes[0].texts)
    for part in ("dendrites", "synapses", "cell body", "nucleus", "activation", "axon"):
        assert part in texts
    for part in ("$x_1$", "$x_3$", "$w_1$", "$w_3$", r"$\hat y$"):
        assert part in texts
    assert alt.startswith("A nerve cell: 3 dendrites")


def test_squares_has_a_panel_for_each_rule_and_room_for_every_square(shown):
    x, y = AREA[:, None] / 1000, PRICE[:, None]
    rules = {"rule A": (100, 21), "B": (150.0, -50.0), "C": (-90.0, 400.0)}
    fig, alt = shown(pictures.squares, x, y, rules)
    assert [ax.get_title() for ax in fig.axes] == ["rule A", "B", "C"]
    for ax, (slope, base) in zip(fig.axes, rules.values(), strict=True):
        line = ax.lines[-2]
        ends = torch.tensor(line.get_xdata())
        torch.testing.assert_close(torch.tensor(line.get_ydata()), slope * ends + base)
        heights = [patch.get_height() for patch in ax.patches]
        assert heights == pytest.approx((slope * x + base - y)[:, 0].tolist())
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        for patch in ax.patches:
            size = patch.get_window_extent().size
            assert size[0] == pytest.approx(size[1], rel=1e-3)
            assert left <= patch.get_x() + min(0, patch.get_width())
            assert patch.get_x() + max(0, patch.get_width()) <= right
            assert low <= patch.get_y() + min(0, patch.get_height())
            assert patch.get_y() + max(0, patch.get_height()) <= high
        assert ax.get_xlabel() == "living area (1000 sq ft)"
    assert fig.axes[0].get_ylabel() == "price (thousands of dollars)"
    assert "Rule A: 3 squares, sides from 11 to 31" in alt
    assert "largest one at the house of 2,000 square feet. B: 3 squares" in alt


def test_mistyped_price_shows_two_lines_for_each_loss(shown):
    x = AREA / 1000
    fits = {"squared": [(100, 20), (300, -90)], "absolute": [(80, 50), (80, 50)]}
    fig, alt = shown(pictures.mistyped_price, x, PRICE, fits)
    for ax, (title, lines) in zip(fig.axes, fits.items(), strict=True):
        assert ax.get_title() == title and ax.get_ylim() == (0, 1.25 * 310)
        for line, (slope, base) in zip(ax.lines, lines, strict=True):
            assert list(line.get_ydata()) == [slope * end + base for end in (1, 3)]
        legend = [text.get_text() for text in ax.get_legend().get_texts()]
        assert legend == ["as sold", "one price mistyped"]
        assert len(ax.collections[0].get_offsets()) == 3
    assert "squared: slope 100 as sold, 300 with one price mistyped" in alt
    assert "absolute: slope 80 as sold, 80 with" in alt


COLUMN = PRICE[:, None]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("three_houses", (AREA, PRICE[:2], 0.1), ValueError, "price must have shape"),
        ("three_houses", (AREA[:1], PRICE[:1], 0.1), ValueError, "area must hold two different"),
        ("three_houses", (AREA * 0 + 1, PRICE, 0.1), ValueError, "area must hold two different"),
        ("three_houses", (AREA, PRICE, "0.1"), TypeError, "rate must be a real number"),
        ("three_houses", (AREA, PRICE, 0.1, None), TypeError, "base must be a real number"),
        ("three_houses", ("area", PRICE, 0.1), TypeError, "area must be"),
        ("prices_against_features", (COLUMN, PRICE, ["a"], "y"), ValueError, "y must have shape"),
        ("prices_against_features", (COLUMN * 0, COLUMN, ["a"], "y"), ValueError, "X must vary"),
        ("prices_against_features", (COLUMN, COLUMN * 0, ["a"], "y"), ValueError, "y must vary"),
        ("prices_against_features", (COLUMN, COLUMN, "a", "y"), TypeError, "names must be"),
        ("prices_against_features", (COLUMN, COLUMN, ["a"], 1), TypeError, "y_name must be"),
        ("network", ([], "price"), ValueError, "number of inputs must be from 1 to 8, got 0"),
        ("network", (["x"] * 9, "price"), ValueError, "got 9"),
        ("network", ([1, 2], "price"), TypeError, r"inputs\[0\] must be a text, got int"),
        ("network", (["x"], None), TypeError, "output must be a text, got NoneType"),
        ("squares", (COLUMN, PRICE, {"A": (1, 2)}), ValueError, "y must have shape"),
        ("squares", (COLUMN, COLUMN, {}), ValueError, "entries of rules"),
        ("squares", (COLUMN, COLUMN, [(1, 2)]), TypeError, "rules must be a dictionary"),
        ("squares", (COLUMN, COLUMN, {"A": (1, 2, 3)}), ValueError, r"rules\['A'\] must have"),
        ("squares", (COLUMN * 0, COLUMN, {"A": (1, 2)}), ValueError, "must vary"),
        ("squares", (COLUMN, COLUMN * 0, {"A": (1, 2)}), ValueError, "must vary"),
        ("mistyped_price", (AREA, PRICE[:2], {"A": [(1, 2)] * 2}), ValueError, "y must have"),
        ("mistyped_price", (AREA, PRICE, {"A": (1, 2)}), ValueError, r"fits\['A'\] must have"),
        ("mistyped_price", (AREA, PRICE, [(1, 2)]), TypeError, "fits must be a dictionary"),
    ],
)
def test_pictures_refuse(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(pictures, name)(*arguments)


@pytest.mark.parametrize("w", [150.0, -80.0, 0.0])
def test_residual_squares_are_square_on_the_page_and_touch_the_line(w):
    x = torch.tensor([[1.5], [2.0], [3.0]])
    y = torch.tensor([[200.0], [480.0], [300.0]])
    fig, ax = plt.subplots()
    ax.set(xlim=(1, 4), ylim=(0, 600))
    figures.residual_squares(ax, x, y, w, 90.0)
    fig.canvas.draw()
    for patch, x_i, y_i in zip(ax.patches, x[:, 0].tolist(), y[:, 0].tolist(), strict=True):
        width, height = patch.get_window_extent().size
        assert width == pytest.approx(height, rel=1e-3)
        assert patch.get_height() == pytest.approx(w * x_i + 90 - y_i, abs=1e-4)
        # The line must not cut through the square: it leaves it on the side away from the corner.
        corner = w * (x_i + patch.get_width()) + 90 - (y_i + patch.get_height())
        assert corner * patch.get_height() >= -1e-6
    assert (ax.get_xlim(), ax.get_ylim()) == ((1, 4), (0, 600))
    plt.close(fig)


@pytest.mark.parametrize(
    ("x", "y", "w", "message"),
    [
        (torch.zeros(3, 2), torch.zeros(3, 1), 1.0, r"x must have shape \(n, 1\)"),
        (torch.zeros(3, 1), torch.zeros(3), 1.0, r"y must have shape"),
        (torch.zeros(3, 1), torch.zeros(3, 1), float("nan"), "w must be finite"),
    ],
)
def test_residual_squares_refuse(x, y, w, message):
    fig, ax = plt.subplots()
    with pytest.raises(ValueError, match=message):
        figures.residual_squares(ax, x, y, w, 0.0)
    plt.close(fig)
