"""The checks of arguments: what they return, and that each refusal names the argument."""

from decimal import Decimal
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from helpers import figures, require

NAN, INF = float("nan"), float("inf")
LEAF = torch.tensor([1.0, 2.0], requires_grad=True)


def test_figures_offers_every_check():
    checks = [name for name in dir(require) if name.startswith("require_")]
    assert checks == [name for name in figures.__all__ if name.startswith("require_")]
    for name in checks:
        assert getattr(figures, name) is getattr(require, name)


def test_what_is_good_comes_back():
    fig, ax = plt.subplots()
    assert require.require_figure(fig) is fig
    assert require.require_axes(ax) is ax
    plt.close(fig)
    assert require.require_text("a", "x") == "x"
    assert require.require_texts("a", ("x", "y"), 2) == ["x", "y"]
    assert require.require_texts("a", []) == []
    assert require.require_flag("a", False) is False
    mapping = {"x": 1}
    copy = require.require_mapping("a", mapping, 1, 1)
    assert copy == mapping
    assert copy is not mapping


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.float32(2), np.int64(2), np.array([2]), torch.tensor(2), Fraction(2), LEAF[1]],
    ids=repr,
)
def test_numbers_come_back_as_floats(value):
    number = require.require_number("a", value, 2, 2, above=1.999)
    assert type(number) is float
    assert number == 2


def test_whole_numbers_come_back_as_ints():
    for value in (3, np.int32(3)):
        count = require.require_count("a", value, 3, 3)
        assert type(count) is int
        assert count == 3
    assert require.require_count("a", 1) == 1


@pytest.mark.parametrize(
    "pair", [(1, 2), [1, 2.0], LEAF, torch.tensor([1, 2]), np.array([1, 2]), list(LEAF)], ids=repr
)
def test_spans_and_points_come_back(pair):
    span = require.require_span("a", pair)
    assert span == (1.0, 2.0)
    assert type(span) is tuple
    for point in (pair, [pair], [[x] for x in pair]):
        found = require.require_point("a", point, 2)
        assert torch.equal(found, torch.tensor([1.0, 2.0], dtype=torch.float64))


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=np.uint8),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.bfloat16, requires_grad=True),
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}, index=[7, 5]),
        [LEAF, torch.tensor([3, 4])],
    ],
    ids=type,
)
def test_numbers_of_every_kind_come_back_in_float64(values):
    for array in (
        require.require_array("a", values, (2, 2)),
        require.require_array("a", values, ("n", "d")),
        require.require_points("a", values, 2),
    ):
        assert array.dtype == torch.float64
        assert not array.requires_grad
        assert array.tolist() == [[1, 2], [3, 4]]


def test_what_comes_back_shares_no_memory():
    for values in (torch.ones(2, dtype=torch.float64), np.ones(2)):
        require.require_curve("a", values)[0] = 5
        assert values[0] == 1


def test_curves_come_back():
    assert require.require_curve("a", pd.Series([1, 2], index=[4, 4]), 2).tolist() == [1, 2]
    assert require.require_curve("a", [0.0, -1.0]).tolist() == [0, -1]
    assert require.require_curve("a", [1e-300], positive=True).tolist() == [1e-300]


def test_data_come_back():
    X, y = torch.ones(5, 3, dtype=torch.float16), torch.ones(5, 1, requires_grad=True)
    found = require.require_data(X, y)
    assert type(found) is tuple
    assert [part.shape for part in found] == [(5, 3), (5, 1)]
    assert all(part.dtype == torch.float64 and not part.requires_grad for part in found)
    require.require_data(X, y, features=3)


class Odd:
    """An object that fails when it is asked for its numbers."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no numbers here")


ITSELF = []
ITSELF.append(ITSELF)
COMPLEX = torch.ones(3, 2, dtype=torch.complex64)
X, y = torch.ones(3, 2), torch.ones(3, 1)
BAD = [
    ("figure", (None,), TypeError, "fig must be a Matplotlib figure, got NoneType"),
    ("figure", (Figure(),), ValueError, "fig has no axes: draw something before it is shown"),
    ("axes", (None,), TypeError, "ax must be a Matplotlib axes, got NoneType"),
    ("axes", (Figure(), "left"), TypeError, "left must be a Matplotlib axes, got Figure"),
    ("axes", ([],), TypeError, "ax must be a Matplotlib axes, got list"),
    ("text", ("a", None), TypeError, "a must be a text, got NoneType"),
    ("text", ("a", b"x"), TypeError, "a must be a text, got bytes"),
    ("text", ("a", ""), ValueError, "a must be a text that says something, got ''"),
    ("text", ("a", " \n"), ValueError, r"a must be a text that says something, got ' \n'"),
    ("texts", ("a", "xy"), TypeError, "a must be a list or tuple of texts, got str"),
    ("texts", ("a", {"x"}), TypeError, "a must be a list or tuple of texts, got set"),
    ("texts", ("a", ["x"], 2), ValueError, "a must hold 2 texts, got 1"),
    ("texts", ("a", ["x"], 0), ValueError, "a must hold 0 texts, got 1"),
    ("texts", ("a", ["x", 1]), TypeError, "a[1] must be a text, got int"),
    ("texts", ("a", ["", "x"]), ValueError, "a[0] must be a text that says something, got ''"),
    ("mapping", ("a", None), TypeError, "a must be a dictionary with texts as keys, got NoneType"),
    ("mapping", ("a", {1: 2}), TypeError, "each key of a must be a text, got int"),
    ("mapping", ("a", {}), ValueError, "the number of entries of a must be at least 1, got 0"),
    (
        "mapping",
        ("a", {"x": 1, "y": 2, "z": 3}, 1, 2),
        ValueError,
        "the number of entries of a must be from 1 to 2, got 3",
    ),
    ("flag", ("a", 1), TypeError, "a must be True or False, got int"),
    ("flag", ("a", None), TypeError, "a must be True or False, got NoneType"),
    ("number", ("a", True), TypeError, "a must be a real number, got bool"),
    ("number", ("a", np.True_), TypeError, "a must be a real number, got bool"),
    ("number", ("a", "1"), TypeError, "a must be a real number, got str"),
    ("number", ("a", 1j), TypeError, "a must be a real number, got complex"),
    ("number", ("a", [1]), TypeError, "a must be a real number, got list"),
    ("number", ("a", Decimal(1)), TypeError, "a must be a real number, got Decimal"),
    ("number", ("a", torch.tensor(True)), TypeError, "real, got a tensor of torch.bool"),
    ("number", ("a", COMPLEX[0, 0]), TypeError, "real, got a tensor of torch.complex64"),
    ("number", ("a", torch.ones(2)), ValueError, "a must be one number, got shape (2,)"),
    ("number", ("a", torch.ones(0)), ValueError, "a must be one number, got shape (0,)"),
    ("number", ("a", NAN), ValueError, "a must be finite, got nan"),
    ("number", ("a", torch.tensor(-INF)), ValueError, "a must be finite, got -inf"),
    ("number", ("a", 10**400), ValueError, "a must be finite, got inf"),
    ("number", ("a", 1, 2), ValueError, "a must be at least 2, got 1.0"),
    ("number", ("a", 3, None, 2), ValueError, "a must be at most 2, got 3.0"),
    ("number", ("a", 3, 0, 2), ValueError, "a must be from 0 to 2, got 3.0"),
    ("number", ("a", -1, 0, 2), ValueError, "a must be from 0 to 2, got -1.0"),
    ("number", ("a", 0, None, None, 0), ValueError, "a must be greater than 0, got 0.0"),
    ("count", ("a", 2.0), TypeError, "a must be a whole number, got float"),
    ("count", ("a", True), TypeError, "a must be a whole number, got bool"),
    ("count", ("a", torch.tensor(2)), TypeError, "a must be a whole number, got Tensor"),
    ("count", ("a", 0), ValueError, "a must be at least 1, got 0"),
    ("count", ("a", 4, 1, 3), ValueError, "a must be from 1 to 3, got 4"),
    ("span", ("a", 3), TypeError, "a must be a pair (low, high), got int"),
    ("span", ("a", None), TypeError, "a must be a pair (low, high), real, got NoneType"),
    ("span", ("a", "01"), TypeError, "a must be a pair (low, high), real, got str of <U2"),
    ("span", ("a", (0, 1, 2)), ValueError, "a must be a pair (low, high), got shape (3,)"),
    ("span", ("a", [[0], [1]]), ValueError, "a must be a pair (low, high), got shape (2, 1)"),
    ("span", ("a", (0, INF)), ValueError, "a must be finite, got (0.0, inf)"),
    ("span", ("a", (-INF, 0)), ValueError, "a must be finite, got (-inf, 0.0)"),
    ("span", ("a", (NAN, 0)), ValueError, "a must be finite, got (nan, 0.0)"),
    ("span", ("a", (1, 1)), ValueError, "with low < high, got (1.0, 1.0)"),
    ("span", ("a", (2, 1)), ValueError, "with low < high, got (2.0, 1.0)"),
    ("span", ("a", (0, 1j)), TypeError, "a must be a pair (low, high), real, got tuple of complex"),
    ("array", ("a", X, (3,)), ValueError, "a must have shape (3,), got (3, 2)"),
    ("array", ("a", X, ("n", 3)), ValueError, "a must have shape (n, 3), got (3, 2)"),
    ("array", ("a", X[:0], ("n", 2)), ValueError, "a must have shape (n, 2), got (0, 2)"),
    ("array", ("a", X / 0, ("n", 2)), ValueError, "a must be finite, got NaN or infinity"),
    ("array", ("a", COMPLEX, ("n", 2)), TypeError, "real, got a tensor of torch.complex64"),
    ("array", ("a", X > 0, ("n", 2)), TypeError, "real, got a tensor of torch.bool"),
    ("array", ("a", X.numpy() > 0, ("n", 2)), TypeError, "real, got ndarray of bool"),
    ("array", ("a", X.to_sparse(), ("n", 2)), TypeError, "a tensor that holds no plain numbers"),
    ("array", ("a", X.to("meta"), ("n", 2)), TypeError, "a tensor that holds no plain numbers"),
    ("array", ("a", [[1, 2], [3]], ("n", 2)), TypeError, "a must be numbers of shape (n, 2), got"),
    ("array", ("a", ITSELF, ("n", 2)), TypeError, "a must be numbers of shape (n, 2), got list"),
    ("array", ("a", [COMPLEX], ("n", 3, 2)), TypeError, "real, got list of complex128"),
    ("array", ("a", Odd(), ("n", 2)), TypeError, "got Odd: no numbers here"),
    ("array", ("a", {}, ("n", 2)), TypeError, "numbers of shape (n, 2), real, got dict"),
    (
        "array",
        ("a", ["x"], ("n",)),
        TypeError,
        "a must be numbers of shape (n,), real, got list of",
    ),
    ("points", ("a", X, 3), ValueError, "a must have shape (m, 3), got (3, 2)"),
    ("points", ("a", X[0], 2), ValueError, "a must have shape (m, 2), got (2,)"),
    ("point", ("a", X, 2), ValueError, "a must hold 2 numbers, got shape (3, 2)"),
    ("point", ("a", (1, NAN), 2), ValueError, "a must be finite, got NaN or infinity"),
    ("point", ("a", None, 2), TypeError, "a must be 2 numbers, real, got NoneType"),
    ("curve", ("a", X), ValueError, "a must have shape (m,), got (3, 2)"),
    ("curve", ("a", X[0], 3), ValueError, "a must have shape (3,), got (2,)"),
    ("curve", ("a", []), ValueError, "a must have shape (m,), got (0,)"),
    ("curve", ("a", [1, NAN]), ValueError, "a must be finite, got NaN or infinity"),
    ("curve", ("a", [1, 0, 2], None, True), ValueError, "positive for a logarithmic axis, got 0"),
    ("data", ([[1.0]], y), TypeError, "X must be a tensor, got list"),
    ("data", (X, None), TypeError, "y must be a tensor, got NoneType"),
    ("data", (X.int(), y), TypeError, "X must be a floating-point tensor, got torch.int32"),
    ("data", (X, y.bool()), TypeError, "y must be a floating-point tensor, got torch.bool"),
    ("data", (COMPLEX, y), TypeError, "X must be a floating-point tensor, got torch.complex64"),
    ("data", (X[:, 0], y), ValueError, "X must have shape (n, d), got (3,)"),
    ("data", (X, y[:, 0]), ValueError, "y must have shape (n, 1), got (3,)"),
    ("data", (X, X), ValueError, "y must have shape (n, 1), got (3, 2)"),
    ("data", (X, y[:2]), ValueError, "y must have shape (3, 1) like X, got (2, 1)"),
    ("data", (X[:0], y[:0]), ValueError, "X must have shape (n, d), got (0, 2)"),
    ("data", (X, y / 0), ValueError, "y must be finite, got NaN or infinity"),
    ("data", (X, y, ("x", "z"), 1), ValueError, "x must have shape (n, 1), got (3, 2)"),
    ("data", (X, y[1:], ("x", "z")), ValueError, "z must have shape (3, 1) like x, got (2, 1)"),
]


@pytest.mark.parametrize(
    ("check", "arguments", "error", "message"), BAD, ids=[f"{row[0]}-{row[3]}" for row in BAD]
)
def test_what_is_bad_is_refused_by_name(check, arguments, error, message):
    with pytest.raises(error) as caught:
        getattr(require, f"require_{check}")(*arguments)
    assert type(caught.value) is error
    assert f" {message}" in f" {caught.value}"  # from the first letter of the name


def test_a_refusal_keeps_its_cause():
    with pytest.raises(TypeError) as caught:
        require.require_curve("a", Odd())
    assert isinstance(caught.value.__cause__, RuntimeError)
