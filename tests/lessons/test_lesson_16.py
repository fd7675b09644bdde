"""Lesson 16: NIST's problems, the functions that it defines, and its pictures."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers import data
from helpers.checks import lesson_16 as checks
from helpers.pictures import lesson_16 as pictures

PATH = ROOT / "notebooks" / "16_exact_solution_four_ways.ipynb"
WAYS = ("by_normal_equations", "by_lstsq", "by_hand", "by_qr", "by_svd")
lesson = definitions(
    PATH,
    *WAYS,
    "correct_digits",
    "digits",
    "unit_columns",
    "predicted_digits",
    "reflect",
    "triangle",
    "scaled",
    "centred",
    "exact_normal_equations",
)
few = settings(max_examples=40, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(6, 30), st.integers(1, 5))


def problem(seed=0, n=9, p=3):
    """Random X1 (n, p) with ones last and y (n, 1), float64."""
    source = torch.Generator().manual_seed(seed)
    X1 = torch.randn(n, p, generator=source, dtype=torch.float64)
    X1[:, -1] = 1
    return X1, torch.randn(n, 1, generator=source, dtype=torch.float64)


# NIST's problems


def exact(X1, y):
    """The least-squares solution by the normal equations in fractions, a list."""
    rows = [[Fraction(str(v)) for v in row] for row in torch.cat([X1, y], 1).tolist()]
    p = X1.shape[1]
    A = [[sum(r[i] * r[j] for r in rows) for j in range(p + 1)] for i in range(p)]
    for k in range(p):
        for i in range(k + 1, p):
            factor = A[i][k] / A[k][k]
            A[i] = [v - factor * w for v, w in zip(A[i], A[k], strict=True)]
    theta = [Fraction(0)] * p
    for k in reversed(range(p)):
        theta[k] = (A[k][p] - sum(A[k][j] * theta[j] for j in range(k + 1, p))) / A[k][k]
    return theta


def test_longley_is_certified_to_fifteen_digits():
    X1, y, theta, names = data.longley()
    assert (X1.shape, y.shape, theta.shape, len(names)) == ((16, 7), (16, 1), (7, 1), 7)
    assert names[-1] == "bias" and (X1[:, -1] == 1).all()
    for found, certified in zip(exact(X1, y), theta[:, 0].tolist(), strict=True):
        assert abs(float(found) / certified - 1) < 1e-14
    assert [float(f"{float(found):.15g}") for found in exact(X1, y)] == theta[:, 0].tolist()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_wampler_is_what_its_closed_form_says(number):
    X1, y, theta, names = data.wampler(number)
    assert (X1.shape, y.shape, len(names)) == ((21, 6), (21, 1), 6)
    solution = [Fraction(1, 10**k) if number == 2 else 1 for k in (1, 2, 3, 4, 5, 0)]
    assert exact(X1, y) == solution
    assert theta[:, 0].tolist() == [float(value) for value in solution]
    noise = (y - X1 @ theta)[:, 0].round()
    factor = {1: 0, 2: 0, 3: 1, 4: 100, 5: 10_000}[number]
    assert noise.tolist() == [factor * e for e in data.WAMPLER_NOISE]
    assert y[0] == {1: 1, 2: 1, 3: 760, 4: 75_901, 5: 7_590_001}[number]
    with pytest.raises(ValueError, match="number must be 1, 2, 3, 4 or 5, got 6"):
        data.wampler(6)


def test_certified_standard_errors():
    X1, y, *_ = data.longley()
    rows = [[Fraction(str(v)) for v in row] for row in X1.tolist()]
    rest = sum(
        (Fraction(str(y_i)) - sum(a * b for a, b in zip(row, exact(X1, y), strict=True))) ** 2
        for row, y_i in zip(rows, y[:, 0].tolist(), strict=True)
    )
    _, inverse, found = checks.parts(X1, y)
    assert math.isclose(float(rest), found, rel_tol=1e-6)
    errors = math.sqrt(rest / 9) * inverse.norm(dim=1)
    np.testing.assert_allclose(errors, checks.LONGLEY_ERRORS, rtol=1e-8)


# Functions


def test_correct_digits():
    truth = torch.tensor([[4.0], [-100.0]], dtype=torch.float64)
    for worst, wanted in ((0, 16), (1e-3, 3), (1e-9, 9), (2.0, 0), (0.5, 0.301)):
        for row in (0, 1):
            theta = truth.clone()
            theta[row] *= 1 + worst
            assert lesson.correct_digits(theta, truth) == pytest.approx(wanted, abs=1e-3)
    assert lesson.correct_digits(truth.float(), truth) == 16


@few
@given(problems, st.sampled_from(WAYS))
def test_each_way_is_least_squares(sizes, name):
    X1, y = problem(*sizes)
    wanted = torch.linalg.lstsq(X1, y, driver="gels").solution
    way = getattr(lesson, name)
    before = X1.clone(), y.clone()
    for f in (way, lesson.scaled(way), lesson.centred(way) if X1.shape[1] > 1 else way):
        torch.testing.assert_close(f(X1, y), wanted, rtol=1e-6, atol=1e-8)
    assert torch.equal(X1, before[0]) and torch.equal(y, before[1])
    assert way(X1.float(), y.float()).dtype == torch.float32


@few
@given(problems)
def test_triangle_is_qr_and_keeps_lengths(sizes):
    X1, y = problem(*sizes)
    R, c = lesson.triangle(X1, y)
    Q, R_library = torch.linalg.qr(X1)
    torch.testing.assert_close(R.abs(), R_library.abs(), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(c.abs(), (Q.T @ y).abs(), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(R.T @ R, X1.T @ X1, rtol=1e-8, atol=1e-10)
    assert torch.equal(R, R.triu())


@pytest.mark.parametrize("sign", [1, -1])
def test_triangle_adds_sizes_and_cancels_none(sign):
    X1 = sign * torch.tensor([[1, 1], [1e-9, 0], [0, 1e-9]], dtype=torch.float64)
    R, c = lesson.triangle(X1, X1.sum(dim=1, keepdim=True))
    assert R[0, 0] == -sign
    theta = torch.linalg.solve_triangular(R, c, upper=True)
    torch.testing.assert_close(theta, torch.ones_like(theta), rtol=1e-5, atol=0)
    R, _ = lesson.triangle(torch.tensor([[0.0], [3.0], [4.0]]), torch.zeros(3, 1))
    torch.testing.assert_close(R.abs(), torch.tensor([[5.0]]))


@few
@given(st.integers(0, 1000), st.integers(2, 6))
def test_reflect_twice_is_nothing(seed, m):
    source = torch.Generator().manual_seed(seed)
    a, v = torch.randn(2, m, generator=source, dtype=torch.float64)
    image = lesson.reflect(a, v)
    torch.testing.assert_close(image.norm(), a.norm())
    torch.testing.assert_close(lesson.reflect(image, v), a)
    torch.testing.assert_close(lesson.reflect(v, v), -v)


def test_predicted_digits_and_unit_columns():
    X = torch.tensor([[300.0, 0], [400, 0], [0, 7]], dtype=torch.float64)
    Z, lengths = lesson.unit_columns(X)
    assert lengths.tolist() == [500, 7]
    torch.testing.assert_close(Z * lengths, X)
    for dtype, bits in ((torch.float64, 53), (torch.float32, 24)):
        wanted = bits * math.log10(2)
        assert lesson.predicted_digits(X, dtype) == pytest.approx((wanted, wanted), abs=1e-6)
    tilted = torch.tensor([[1, 1], [1e-3, 0], [0, 1e-3]], dtype=torch.float64)
    lost = math.log10(2**0.5 / 1e-3)
    wanted = (53 * math.log10(2) - lost, 53 * math.log10(2) - 2 * lost)
    assert lesson.predicted_digits(tilted, torch.float64) == pytest.approx(wanted, abs=1e-5)


def test_digits_asks_in_many_orders():
    longley, seen = data.longley(), []

    def spy(X1, y):
        seen.append((X1, y))
        if len(seen) == 2:
            raise torch.linalg.LinAlgError("no")
        return lesson.by_qr(X1, y)

    found = lesson.digits(spy, longley, torch.float64, orders=5)
    assert found.shape == (5,) and found[1] == 0 and (found[[0, 2, 3, 4]] > 9).all()
    first = {tuple(X1[0].tolist()) for X1, _ in seen}
    assert len(first) == 5 and all((X1[:, -1] == 1).all() for X1, _ in seen)
    lesson.digits(lambda X1, y: seen.append(X1.dtype) or X1[:7, :1], longley, torch.float32, 1)
    assert seen[-1] == torch.float32


def test_exact_normal_equations():
    X1, y = torch.tensor([[1.0, 1], [2, 1], [3, 1]]), torch.tensor([[2.0], [3], [7]])
    assert lesson.exact_normal_equations(X1, y).tolist() == [[2.5], [-1.0]]


# Pictures


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_mirror(shown):
    fig, alt = shown(pictures.mirror, (3, 4), (8, 4))
    (ax,) = fig.axes
    assert ax.get_aspect() == 1
    ends = [text.xy for text in ax.texts if text.arrow_patch]
    np.testing.assert_allclose(ends, [(3, 4), (-5, 0)], atol=1e-9)
    along = line(ax, "mirror").get_xydata()
    assert abs((along[1] - along[0]) @ (8, 4)) < 1e-9
    np.testing.assert_allclose(along.mean(0), (0, 0), atol=1e-9)
    np.testing.assert_allclose(line(ax, "along v").get_xydata(), [(3, 4), (-5, 0)], atol=1e-9)
    assert [t.get_text() for t in ax.texts if t.get_text()] == ["a = (3, 4)", "image = (-5, 0)"]
    assert ax.get_legend() and (ax.get_xlabel(), ax.get_ylabel()) == ("first entry", "second entry")
    assert "(3, 4) and its mirror image (-5, 0), both 5 long" in alt and "v = (8, 4)" in alt
    low, high = ax.get_ylim()
    left, right = ax.get_xlim()
    assert left < -5 < 3 < right and low < 0 < 4 < high
    fig, alt = shown(pictures.mirror, (0, 2), (0, 1))
    assert "image (0, -2), both 2 long" in alt


def test_digits(shown):
    values = torch.linspace(4, 8, 11)
    measured = {name: {"one": values, "two": values + 2} for name in "abcd"}
    predicted = dict.fromkeys("abc", (12.0, 7.0)) | {"d": (3.0, -2.0)}
    fig, alt = shown(pictures.digits, measured, predicted)
    assert [ax.get_title() for ax in fig.axes] == list("abcd")
    for ax in fig.axes:
        dots = [one for one in ax.lines if one.get_marker() == "o"]
        np.testing.assert_allclose([d.get_xydata()[0] for d in dots], [(6, 0), (8, 1)])
        spans = [one.get_xydata() for one in ax.lines if one.get_color() == "0.7"]
        np.testing.assert_allclose(spans[0], [(4.4, 0), (7.6, 0)], rtol=1e-6)
        np.testing.assert_allclose(spans[1], [(6.4, 1), (9.6, 1)], rtol=1e-6)
        assert ax.get_yticks().tolist() == [0, 1]
        assert ax.get_xlim() == (-0.5, 16.5) and ax.get_ylim()[0] > ax.get_ylim()[1]
        assert ax.get_xticks().tolist() == [0, 4, 8, 12, 16]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["one", "two"]
    labels = ("predicted, on $X_1$", "predicted, on $X_1^T X_1$")
    for ax, places in zip(fig.axes, ((12, 7),) * 3 + ((3, 0),), strict=True):
        drawn = [line(ax, label) for label in labels]
        assert [one.get_xdata()[0] for one in drawn] == list(places)
        assert [one.get_linestyle() for one in drawn] == ["-", "--"]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == list(labels)
    assert [ax.get_xlabel() for ax in fig.axes] == ["", "", "correct digits", "correct digits"]
    assert "one, two" in alt and "a: 12.0 and 7.0" in alt and alt.endswith("d: 3.0 and 0.0.")
    fig, _ = shown(pictures.digits, {"a": measured["a"]}, {"a": (1, 2)})
    assert len(fig.axes) == 1
    many = dict.fromkeys("abcde", measured["a"])
    fig, _ = shown(pictures.digits, many, dict.fromkeys("abcde", (1, 2)))
    assert [ax.get_visible() for ax in fig.axes] == [True] * 5 + [False]


def test_noise(shown):
    fig, alt = shown(pictures.noise, [0, 0.0021, 0.21, 19], {"QR": [9, 8, 7, 6], "C": [5, 5, 5, 4]})
    (ax,) = fig.axes
    np.testing.assert_allclose(line(ax, "QR").get_xydata(), [(0, 9), (1, 8), (2, 7), (3, 6)])
    assert line(ax, "C").get_ydata().tolist() == [5, 5, 5, 4]
    assert line(ax, "QR").get_linestyle() != line(ax, "C").get_linestyle()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "0.002", "0.2", "20"]
    assert ax.get_ylim() == (0, 16) and ax.get_ylabel() == "correct digits" and ax.get_legend()
    assert ax.get_xlabel() == "length of the residuals / length of the predictions"
    assert "QR and C against" in alt and "0, 0.002, 0.2, 20 times" in alt


GOOD = {"a": {"one": [1.0, 2.0]}}


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("mirror", ((3, 4, 5), (1, 0)), ValueError, "a must hold 2 numbers"),
        ("mirror", ((3, 4), "up"), TypeError, "v must be"),
        ("mirror", ((0, 0), (1, 0)), ValueError, "a and v must not be zero"),
        ("mirror", ((1, 0), (0, 0)), ValueError, "a and v must not be zero"),
        ("digits", ([1], {"a": (1, 2)}), TypeError, "measured must be a dictionary"),
        ("digits", ({}, {}), ValueError, "number of entries of measured"),
        ("digits", ({key: {"one": [1]} for key in "abcdefg"}, {}), ValueError, "of measured"),
        ("digits", (GOOD, {"b": (1, 2)}), ValueError, "titles of measured, a; got b"),
        ("digits", (GOOD, {"a": (1, 2, 3)}), ValueError, r"predicted\['a'\] must hold 2"),
        ("digits", (GOOD, {"a": 1.0}), ValueError, r"predicted\['a'\] must hold 2"),
        ("digits", ({"a": {}}, {"a": (1, 2)}), ValueError, r"number of entries of measured\['a'\]"),
        ("digits", ({"a": {"one": [math.nan]}}, {"a": (1, 2)}), ValueError, "must be finite"),
        (
            "digits",
            ({**GOOD, "b": {"two": [1]}}, {"a": (1, 2), "b": (1, 2)}),
            ValueError,
            r"measured\['b'\] must hold one in this order",
        ),
        ("noise", ([0], {"a": [1], "b": [1]}), ValueError, "two or more, in ascending order"),
        ("noise", ([1, 0], {"a": [1, 2], "b": [1, 2]}), ValueError, "in ascending order"),
        ("noise", ([-1, 0], {"a": [1, 2], "b": [1, 2]}), ValueError, "none below zero"),
        ("noise", ([0, 1], {"a": [1, 2]}), ValueError, "number of entries of measured"),
        ("noise", ([0, 1], {"a": [1, 2], "b": [1]}), ValueError, r"measured\['b'\] must have"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
