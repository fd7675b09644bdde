"""The functions that lesson 2 defines, and its pictures, against torch, d2l and exact cases."""

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_02 as pictures

lesson = definitions(
    ROOT / "notebooks" / "02_exact_solution.ipynb",
    "with_ones",
    "exact_solution",
    "rms_error",
    "estimated_slopes",
)
quick = settings(max_examples=50, deadline=None)
seeds = st.integers(0, 2**31)


def problem(seed, n, d):
    """Random X (n, d), y (n, 1) and parameters (d + 1, 1) in float64."""
    torch.manual_seed(seed)
    return [torch.randn(*shape, dtype=torch.float64) for shape in ((n, d), (n, 1), (d + 1, 1))]


@quick
@given(seed=seeds, n=st.integers(1, 30), d=st.integers(1, 5))
def test_column_of_ones_is_the_bias(seed, n, d):
    X, y, theta = problem(seed, n, d)
    y_hat = lesson.with_ones(X) @ theta
    torch.testing.assert_close(y_hat, d2l.linreg(X, theta[:-1], theta[-1]))
    mse = torch.nn.functional.mse_loss(y_hat, y).item()
    assert lesson.rms_error(y_hat, y) == pytest.approx(mse**0.5)


@quick
@given(seed=seeds, n=st.integers(12, 40), d=st.integers(1, 4))
def test_exact_solution_is_least_squares(seed, n, d):
    X, y, theta = problem(seed, n, d)
    X1 = lesson.with_ones(X)
    best = lesson.exact_solution(X1, y)
    torch.testing.assert_close(best, torch.linalg.lstsq(X1, y).solution)
    assert (X1.T @ (X1 @ best - y)).norm() < 1e-9
    least = ((X1 @ best - y) ** 2).mean()
    moved = ((X1 @ (best + 0.1 * theta) - y) ** 2).mean()
    torch.testing.assert_close(moved - least, ((0.1 * X1 @ theta) ** 2).mean())


def test_estimated_slopes_are_centred_on_the_truth():
    torch.manual_seed(1)
    slopes = lesson.estimated_slopes(400, 100)
    assert slopes.shape == (400,) and slopes.dtype == torch.float64
    assert slopes.mean().item() == pytest.approx(140, abs=3)
    assert slopes.std().item() == pytest.approx(60 / 0.6 / 97**0.5, rel=0.15)


# Its pictures

X3 = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)
Y3 = torch.tensor([[2.0], [3.0], [7.0]], dtype=torch.float64)


def legend(ax):
    """The texts of a legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_two_equations_cross_in_the_solution(shown):
    fig, alt = shown(pictures.two_equations, X3, Y3, 2.5, -1)
    left, right = fig.axes
    for_w, for_b, both = left.lines
    assert for_w.get_xydata()[:, 0].tolist() == [1.25, 3.75]
    for w, b in for_w.get_xydata():
        assert 14 * w + 6 * b == pytest.approx(29)
    for w, b in for_b.get_xydata():
        assert 6 * w + 3 * b == pytest.approx(12)
    assert both.get_xydata().tolist() == [[2.5, -1.0]]
    assert legend(left)[2] == "both" and "r_i x_i" in legend(left)[0]
    assert for_w.get_linestyle() != for_b.get_linestyle()
    line, *strokes, points = right.lines
    for x, y in line.get_xydata():
        assert y == pytest.approx(2.5 * x - 1)
    assert points.get_xydata().tolist() == torch.cat([X3, Y3], dim=1).tolist()
    for stroke, x, y in zip(strokes, X3[:, 0].tolist(), Y3[:, 0].tolist(), strict=True):
        assert stroke.get_xydata().tolist() == [[x, y], [x, pytest.approx(2.5 * x - 1)]]
    assert [text.get_text() for text in right.texts] == ["-0.5", "+1.0", "-0.5"]
    low, high = right.get_ylim()
    for text in right.texts:  # each label has room inside the axes
        box = text.get_window_extent().transformed(right.transData.inverted())
        assert low <= box.y0 and box.y1 <= high
    assert (left.get_title(), right.get_title()) == ("two equations", "the best line")
    assert right.get_xlabel() == "living area (1000 sq ft)"
    assert "cross at slope 2.5 and bias -1.0" in alt and "-0.5, +1.0, -0.5" in alt


def houses():
    """Areas (30, 1), prices (30, 1) and three lines, one of them the best."""
    torch.manual_seed(2)
    area = 2 + 0.5 * torch.randn(30, 1, dtype=torch.float64)
    y = 140 * area + 10 + 60 * torch.randn(30, 1, dtype=torch.float64)
    best = torch.linalg.lstsq(torch.cat([area, torch.ones_like(area)], dim=1), y).solution
    lines = {"A": torch.tensor([[150.0], [0.0]]), "B": torch.tensor([[80.0], [100.0]])}
    return area, y, {**lines, "best": best}


def test_loss_over_lines_marks_every_line_on_contours_with_their_true_values(shown):
    area, y, lines = houses()
    fig, alt = shown(pictures.loss_over_lines, area, y, lines)
    left, right = fig.axes
    for line, (slope, bias) in zip(left.lines, lines.values(), strict=True):
        assert line.get_xydata()[0].tolist() == pytest.approx([slope.item(), bias.item()])
    assert len({line.get_marker() for line in left.lines}) == 3
    (contours,) = left.collections
    drawn = 0
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for slope, bias in path.vertices[::40].tolist():
            loss = ((slope * area + bias - y) ** 2).mean().item() / 2
            assert loss == pytest.approx(level, rel=0.01)
            drawn += 1
    assert drawn > 10 and len(contours.levels) >= 4
    least = ((lines["best"][0] * area + lines["best"][1] - y) ** 2).mean().item() / 2
    assert least < contours.levels[0] < 1.7 * least
    written = {float(text.get_text()) for text in left.texts}
    assert len(written) >= 3 and written <= {float(level) for level in contours.levels}
    for drawn_line, (slope, bias) in zip(right.lines, lines.values(), strict=True):
        for x, value in drawn_line.get_xydata():
            assert value == pytest.approx((slope * x + bias).item())
    assert len(right.collections[0].get_offsets()) == 30
    assert legend(left) == legend(right) == ["A", "B", "best"]
    assert (left.get_xlabel(), left.get_ylabel()) == ("slope", "bias")
    (low, high), (bottom, top) = left.get_xlim(), left.get_ylim()
    assert low < 70 and high > 160 and bottom < -10 and top > 110
    assert "A at slope 150 and bias 0 with loss" in alt and f"with loss {least:.0f}" in alt


def test_estimates_by_size_shows_a_hundred_of_each_and_says_so(shown):
    slopes = [140 + 20 * torch.randn(300), 140 + 10 * torch.randn(300)]
    fig, alt = shown(pictures.estimates_by_size, [20, 80], slopes, 140)
    (ax,) = fig.axes
    for line, n, values in zip(ax.lines[:2], (20, 80), slopes, strict=True):
        assert line.get_xdata().tolist() == [n] * 100
        assert line.get_ydata().tolist() == pytest.approx(values[:100].tolist())
    assert ax.get_title() == "100 of 300 estimates for each n"
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["20", "80"]
    assert [text.get_text() for text in ax.texts] == ["the truth"]
    low, high = slopes[1][:100].aminmax()
    assert f"between {low:.0f} and {high:.0f} for n = 80" in alt and "around 140" in alt


def test_two_error_bars_show_weights_in_standard_errors(shown):
    weights, errors, robust = [2.0, -9.0, 1.0], [0.5, 3.0, 1.0], [1.5, 1.0, 0.25]
    fig, alt = shown(pictures.two_error_bars, ["lot", "area", "rooms"], weights, errors, robust)
    (ax,) = fig.axes
    plain, sandwich = ax.containers
    for bars, widths in ((plain, errors), (sandwich, robust)):
        assert bars[0].get_xdata().tolist() == pytest.approx([4, -3, 1])
        ends = [segment[:, 0].tolist() for segment in bars[2][0].get_segments()]
        wanted = [
            [(w - 2 * e) / s, (w + 2 * e) / s]
            for w, e, s in zip(weights, widths, errors, strict=True)
        ]
        for found, expected in zip(ends, wanted, strict=True):
            assert found == pytest.approx(expected)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["lot", "area", "rooms"]
    assert plain[0].get_ydata()[0] > plain[0].get_ydata()[1]  # from top to bottom
    assert legend(ax) == ["2 standard errors", "2 robust errors"]
    assert plain[0].get_marker() != sandwich[0].get_marker()
    assert [text.get_text() for text in ax.texts] == ["zero"]
    assert "away from zero for: lot, area; those of the robust error for: area, rooms." in alt


def test_two_error_bars_say_none_where_no_bar_stays_away(shown):
    _, alt = shown(pictures.two_error_bars, ["lot"], [1.0], [0.5], [0.25])
    assert "standard error stay away from zero for: none; " in alt  # 2 errors reach zero


def test_trough_marks_a_point_on_the_line_of_equally_good_weights(shown):
    fig, alt = shown(pictures.trough, X3, Y3, 0.0, (1.0, 0.9))
    (ax,) = fig.axes
    equally_good, point = ax.lines
    assert [sum(ends) for ends in equally_good.get_xydata()] == pytest.approx([1.9, 1.9])
    assert point.get_xydata().tolist() == [[1.0, 0.9]]
    assert legend(ax) == ["equally good", "what lstsq returns"]
    assert ax.get_aspect() == 1
    assert ax.get_xlim() == ax.get_ylim() == pytest.approx((-0.65 * 1.9, 1.65 * 1.9))
    assert "the sum 1.9; on it, at (1.0, 0.9)" in alt


THETA = torch.tensor([[2.5], [-1.0]])


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("two_equations", (X3[:, 0], Y3, 2.5, -1), ValueError, "x must have shape"),
        ("two_equations", (X3 * 0, Y3, 2.5, -1), ValueError, "x must hold two different"),
        ("two_equations", (X3, Y3, 2.4, -1), ValueError, "slope and bias must solve"),
        ("two_equations", (X3, Y3, 2.4, -0.8), ValueError, "slope and bias must solve"),
        ("two_equations", (X3, Y3, 2.4, -4.6 / 6), ValueError, "slope and bias must solve"),
        ("two_equations", (X3, Y3, "2.5", -1), TypeError, "slope must be a real number"),
        ("two_equations", (X3, Y3, 2.5, None), TypeError, "bias must be a real number"),
        ("loss_over_lines", (X3, Y3[:2], {"A": THETA}), ValueError, r"y must have shape \(3, 1\)"),
        ("loss_over_lines", (X3 * 0, Y3, {"A": THETA}), ValueError, "area must hold two"),
        ("loss_over_lines", (X3, Y3, {}), ValueError, "entries of lines must be from 1 to 3"),
        ("loss_over_lines", (X3, Y3, {"A": THETA[:, 0]}), ValueError, r"lines\['A'\] must have"),
        ("loss_over_lines", (X3, Y3, [THETA]), TypeError, "lines must be a dictionary"),
        ("estimates_by_size", ([20], [Y3[:, 0]], 1), ValueError, "sizes must be a list of two"),
        ("estimates_by_size", (20, [Y3[:, 0]], 1), ValueError, "sizes must be a list of two"),
        ("estimates_by_size", ([80, 20], [Y3[:, 0]] * 2, 1), ValueError, "sizes must increase"),
        ("estimates_by_size", ([1.5, 20], [Y3[:, 0]] * 2, 1), TypeError, r"sizes\[0\] must be"),
        ("estimates_by_size", ([2, 3], [Y3[:, 0]], 1), ValueError, "slopes must be a list"),
        ("estimates_by_size", ([2, 3], [Y3[:, 0], Y3], 1), ValueError, r"slopes\[1\] must have"),
        ("estimates_by_size", ([2, 3], [Y3[:, 0]] * 2, "1"), TypeError, "truth must be"),
        ("two_error_bars", (["a"], [1.0, 2.0], [1.0], [1.0]), ValueError, "weights must have"),
        ("two_error_bars", (["a"], [1.0], [0.0], [1.0]), ValueError, "errors must be positive"),
        ("two_error_bars", (["a"], [1.0], [1.0], [-1.0]), ValueError, "robust must be positive"),
        ("two_error_bars", ("a", [1.0], [1.0], [1.0]), TypeError, "names must be a list"),
        ("trough", (X3 * 0, Y3, 0, (1, 1)), ValueError, "x must not be all zero"),
        ("trough", (X3, Y3, "0", (1, 1)), TypeError, "bias must be a real number"),
        ("trough", (X3, Y3, 0, (1, 1, 1)), ValueError, "point must hold 2 numbers"),
    ],
)
def test_pictures_refuse(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(pictures, name)(*arguments)
