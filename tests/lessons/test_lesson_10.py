"""Lesson 10's functions, against least squares and autograd, and its pictures."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from machinery import reading

from helpers import data
from helpers.pictures import lesson_10 as pictures

lesson = reading.definitions(
    reading.ROOT / "notebooks" / "10_house_prices.ipynb",
    "descend",
    "rms_error",
    "minibatch_descent",
)


def problem(seed, n=20, d=3):
    """A design matrix with ones (n, d + 1) and labels (n, 1), float64."""
    torch.manual_seed(seed)
    X1 = torch.cat([torch.randn(n, d), torch.ones(n, 1)], 1).double()
    return X1, torch.randn(n, 1, dtype=torch.float64)


@given(seed=st.integers(0, 2**20), lr=st.floats(0.01, 0.3), num_updates=st.integers(1, 12))
def test_descend_follows_autograd(seed, lr, num_updates):
    X1, y = problem(seed)
    path = lesson.descend(X1, y, lr, num_updates)
    theta = torch.zeros(4, 1, dtype=X1.dtype, requires_grad=True)
    for k in range(num_updates):
        (g,) = torch.autograd.grad(((X1 @ theta - y) ** 2).mean() / 2, theta)
        theta = (theta - lr * g).detach().requires_grad_()
        torch.testing.assert_close(path[k], theta.detach()[:, 0], rtol=1e-10, atol=1e-10)
    assert path.shape == (num_updates, 4)


def test_rms_error():
    X1, y = problem(1)
    y_hat = X1 @ torch.randn(4, 1, dtype=X1.dtype)
    expected = torch.nn.functional.mse_loss(y_hat, y).sqrt().item()
    assert lesson.rms_error(y_hat, y) == pytest.approx(expected)
    assert lesson.rms_error(y_hat[:, 0], y[:, 0]) == pytest.approx(expected)


def test_minibatches_come_to_rest_at_least_squares():
    X1, y = problem(2, n=88)
    best = torch.linalg.lstsq(X1, y).solution
    end = lesson.minibatch_descent(X1, y, lambda k: 0.5 / (1 + k / 4), seed=3)
    assert (end - best).abs().max() < 0.01
    again = lesson.minibatch_descent(X1, y, lambda k: 0.5 / (1 + k / 4), seed=3)
    assert torch.equal(end, again)


# Pictures

HOUSES = data.house_prices()
X, y = HOUSES.X, HOUSES.y
X1 = torch.cat([X, torch.ones(88, 1, dtype=X.dtype)], 1)
BEST = torch.linalg.lstsq(X1, y).solution[:, 0]
PATH = BEST * torch.linspace(0.1, 0.9, 50, dtype=X.dtype).reshape(50, 1)


def rings(ax):
    """The points with a ring."""
    return [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"]


def test_houses(shown):
    fig, alt = shown(pictures.houses, X, y, HOUSES.names, HOUSES.y_name, marked=76)
    for j, ax in enumerate(fig.axes):
        offsets = ax.collections[0].get_offsets()
        np.testing.assert_allclose(offsets, torch.cat([X[:, j : j + 1], y], 1))
        assert rings(ax) == [(X[76, j].item(), y[76, 0].item())]
        assert ax.get_xlabel() == HOUSES.names[j]
    assert fig.axes[0].get_ylabel() == HOUSES.y_name
    assert "88 houses" in alt and "House 76" in alt
    assert "14 times the median, with a price of 318" in alt
    r = [np.corrcoef(X[:, j], y[:, 0])[0, 1] for j in range(3)]
    assert f"correlations with the price are {r[0]:.2f}, {r[1]:.2f}, {r[2]:.2f}." in alt


def test_deceiving_loss(shown):
    fig, alt = shown(pictures.deceiving_loss, X1, y, PATH, BEST)
    left, right = fig.axes
    errors = [lesson.rms_error(X1 @ theta, y[:, 0]) for theta in PATH]
    np.testing.assert_allclose(left.lines[0].get_ydata(), errors)
    assert left.lines[0].get_xdata().tolist() == list(range(1, 51))
    floor = lesson.rms_error(X1 @ BEST, y[:, 0])
    assert any(np.allclose(line.get_ydata(), floor) for line in left.lines[1:])
    assert left.get_ylim()[0] == 0
    for line, j in zip(right.lines, (1, 2, 3), strict=True):
        np.testing.assert_allclose(line.get_ydata(), PATH[:, j] / BEST[j])
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == ["living area", "bedrooms", "bias"]
    for ax in fig.axes:
        assert ax.get_xscale() == "log" and ax.get_xlim() == (1, 50)
        assert ax.get_xlabel() == "update"
    assert left.get_ylabel() == "rms error (thousand dollars)"
    assert right.get_ylabel() == "parameter / least squares"
    assert f"within 50 updates the rms error falls to {errors[-1]:.1f}" in alt
    assert f"least squares, {floor:.1f}" in alt and "bedrooms at 0.9, bias at 0.9" in alt


def test_residuals(shown):
    predicted, truth = X1 @ BEST, y[:, 0]
    fig, alt = shown(pictures.residuals, predicted, truth, predicted.log(), truth.log(), marked=76)
    pairs = ((predicted, truth), (predicted.log(), truth.log()))
    factors = []
    for ax, (p, t) in zip(fig.axes, pairs, strict=True):
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.stack([p, p - t], 1))
        assert rings(ax) == [(p[76].item(), (p - t)[76].item())]
        assert any(np.allclose(line.get_ydata(), 0) for line in ax.lines)
        r, low, high = p - t, p.quantile(1 / 3), p.quantile(2 / 3)
        factors.append((r[p > high].std() / r[p < low].std()).item())
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("prediction", "prediction - truth")
    assert [ax.get_title() for ax in fig.axes] == ["prices", "logarithms"]
    assert f"scatters {factors[0]:.1f} times" in alt and f"{factors[1]:.1f} times as much." in alt
    assert "house 76" in alt


def test_with_and_without(shown):
    fig, alt = shown(pictures.with_and_without, X, y, marked=76)
    lots = torch.linspace(X[:, 0].min(), 1.05 * X[:, 0].max(), 200, dtype=X.dtype)
    features = torch.cat([lots.reshape(-1, 1), X[76:77, 1:].expand(200, 2)], 1)
    keep = torch.arange(88) != 76
    priced = []
    for ax, logs in zip(fig.axes, (False, True), strict=True):
        A = torch.cat([X[:, :2].log(), X[:, 2:], X1[:, 3:]], 1) if logs else X1
        B = torch.cat([features[:, :2].log(), features[:, 2:]], 1) if logs else features
        B = torch.cat([B, torch.ones(200, 1, dtype=X.dtype)], 1)
        curves = [line for line in ax.lines if len(line.get_xdata()) == 200]
        for line, rows, style in zip(curves, (slice(None), keep), ("-", "--"), strict=True):
            label = y[rows].log() if logs else y[rows]
            curve = (B @ torch.linalg.lstsq(A[rows], label).solution)[:, 0]
            curve = curve.exp() if logs else curve
            np.testing.assert_allclose(line.get_xdata(), lots)
            np.testing.assert_allclose(line.get_ydata(), curve, rtol=1e-6)
            assert line.get_linestyle() == style
            at_its_lot = np.interp(X[76, 0], lots, curve)
            priced.append(f"{at_its_lot:.0f}")
        assert rings(ax) == [(X[76, 0].item(), y[76, 0].item())]
        points = next(line for line in ax.lines if line.get_marker() == ".")
        np.testing.assert_allclose(points.get_xydata(), torch.cat([X[:, :1], y], 1))
        assert ax.get_xlabel() == "lot size (square feet)"
    assert [ax.get_title() for ax in fig.axes] == ["price model", "log model"]
    assert fig.axes[0].get_ylabel() == "price (thousands of dollars)"
    labels = [text.get_text() for text in fig.axes[0].get_legend().get_texts()]
    assert labels == ["all houses", "without 76"]
    assert "held at those of house 76, which is in a ring at 318." in alt
    off = [f"{float(price) - 318:+.0f}" for price in priced]  # the price is a whole number
    assert f"says {priced[0]} and {priced[1]}, off by {off[0]} and {off[1]};" in alt
    assert f"the log model {priced[2]} and {priced[3]}, off by {off[2]} and {off[3]}." in alt


@pytest.mark.parametrize(
    ("function", "arguments", "change", "error"),
    [
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (0, X[:, :2]), ValueError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (2, None), TypeError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (2, ["one", "two"]), ValueError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (3, " "), ValueError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (4, 88), ValueError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (4, -1), ValueError),
        ("houses", (X, y, HOUSES.names, HOUSES.y_name, 76), (4, 7.5), TypeError),
        ("deceiving_loss", (X1, y, PATH, BEST), (0, X), ValueError),
        ("deceiving_loss", (X1, y, PATH, BEST), (2, PATH[:, :3]), ValueError),
        ("deceiving_loss", (X1, y, PATH, BEST), (3, BEST[:3]), ValueError),
        ("residuals", (y[:, 0], y[:, 0], y[:, 0], y[:, 0], 3), (1, y[:5, 0]), ValueError),
        ("residuals", (y[:, 0], y[:, 0], y[:, 0], y[:, 0], 3), (3, "text"), TypeError),
        ("residuals", (y[:, 0], y[:, 0], y[:, 0], y[:, 0], 3), (4, 88), ValueError),
        ("with_and_without", (X, y, 76), (1, y[:5]), ValueError),
        ("with_and_without", (X, y, 76), (2, 88), ValueError),
    ],
)
def test_pictures_refuse(shown, function, arguments, change, error):
    place, value = change
    name = list(inspect.signature(getattr(pictures, function)).parameters)[place]
    with pytest.raises(error, match=name):
        shown(getattr(pictures, function), *arguments[:place], value, *arguments[place + 1 :])
