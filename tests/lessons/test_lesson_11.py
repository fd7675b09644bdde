"""Lesson 11's functions, against torch, other formulas and simulation, and its pictures."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from machinery import reading
from scipy import stats

from helpers.pictures import lesson_11 as pictures

lesson = reading.definitions(
    reading.ROOT / "notebooks" / "11_unseen_houses.ipynb",
    "rms_error",
    "scale",
    "test_prices",
    "predict",
    "bid",
    "descend",
)


def problem(seed, n=12, d=2, splits=()):
    """A design matrix with ones (..., n, d + 1) and labels (..., n, 1), float64."""
    torch.manual_seed(seed)
    X1 = torch.cat([torch.randn(*splits, n, d), torch.ones(*splits, n, 1)], -1).double()
    return X1, torch.randn(*splits, n, 1).double()


def test_rms_error_is_that_of_torch_for_each_split():
    a, b = torch.randn(2, 5, 7, 1)
    wanted = [torch.nn.functional.mse_loss(p, q).sqrt() for p, q in zip(a, b, strict=True)]
    torch.testing.assert_close(lesson.rms_error(a, b)[:, 0], torch.stack(wanted))
    torch.testing.assert_close(lesson.rms_error(a[0], b[0])[0], wanted[0])


@given(seed=st.integers(0, 2**20))
def test_scale_by_itself_and_by_another(seed):
    torch.manual_seed(seed)
    X, other = 3 + 2 * torch.randn(9, 2).double(), torch.randn(4, 2).double()
    Z = lesson.scale(X, X)
    torch.testing.assert_close(Z[:, :2].mean(0), torch.zeros(2).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(Z[:, :2].square().mean(0), torch.ones(2).double())
    assert (Z[:, 2] == 1).all() and Z.shape == (9, 3)
    by_other = (X - other.mean(0)) / other.std(0, correction=0)
    torch.testing.assert_close(lesson.scale(X, other)[:, :2], by_other)
    stack = torch.stack([X, X + 1])
    torch.testing.assert_close(lesson.scale(stack, stack)[1], Z)


def test_test_prices_of_the_three_ways():
    torch.manual_seed(3)
    X, y = 3 + torch.randn(12, 2).double(), torch.randn(12, 1).double()
    train, test = torch.randperm(12).split([8, 4])
    X1 = torch.cat([X, torch.ones(12, 1)], 1)
    honest = X1[test] @ torch.linalg.pinv(X1[train]) @ y[train]
    for way in ("training part", "all houses"):
        torch.testing.assert_close(lesson.test_prices(X, y, train, test, way), honest)
    moved = X[test] - X[test].mean(0)
    ratio = X[train].std(0, correction=0) / X[test].std(0, correction=0)
    own = torch.cat([moved * ratio + X[train].mean(0), torch.ones(4, 1)], 1)
    wanted = own @ torch.linalg.pinv(X1[train]) @ y[train]
    torch.testing.assert_close(lesson.test_prices(X, y, train, test, "each part"), wanted)


def test_descend_follows_autograd():
    X1, y = problem(4, splits=(2,))
    theta = torch.zeros(2, 3, 1, dtype=torch.float64, requires_grad=True)
    for _ in range(20):
        loss = ((X1 @ theta - y) ** 2).mean(1).sum() / 2
        (g,) = torch.autograd.grad(loss, theta)
        theta = (theta - 0.3 * g).detach().requires_grad_()
    torch.testing.assert_close(lesson.descend(X1, y), theta.detach())


@given(seed=st.integers(0, 2**20), n=st.integers(6, 20), d=st.integers(1, 3))
def test_predict_is_the_formula_of_the_textbook(seed, n, d):
    X1, y = problem(seed, n, d)
    new = problem(seed + 1, 3, d)[0]
    center, error = lesson.predict(X1, y, new)
    A = X1.T @ X1
    theta = torch.linalg.solve(A, X1.T @ y)
    s2 = (y - X1 @ theta).square().sum() / (n - d - 1)
    h = (new * torch.linalg.solve(A, new.T).T).sum(1, keepdim=True)
    torch.testing.assert_close(center, new @ theta, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(error, (s2 * (1 + h)).sqrt(), rtol=1e-6, atol=1e-6)


def test_predict_for_a_stack_and_for_a_mean():
    X1, y = problem(5, splits=(3,))
    center, error = lesson.predict(X1, y, X1[:, :4])
    assert center.shape == error.shape == (3, 4, 1)
    for k in range(3):
        one = lesson.predict(X1[k], y[k], X1[k, :4])
        torch.testing.assert_close((center[k], error[k]), one)
    y = torch.tensor([[1.0], [2.0], [6.0]], dtype=torch.float64)
    center, error = lesson.predict(torch.ones_like(y), y, torch.ones_like(y[:1]))
    assert center.item() == pytest.approx(3)
    assert error.item() == pytest.approx((7 * (1 + 1 / 3)) ** 0.5)


def test_what_predict_promises_is_kept_where_its_assumptions_hold():
    X1, _ = problem(6)
    new = 4 * X1[:2]
    theta = torch.tensor([[1.0], [-2.0], [3.0]], dtype=torch.float64)
    torch.manual_seed(6)
    y = X1 @ theta + torch.randn(12, 20_000).double()
    sales = new @ theta + torch.randn(2, 20_000).double()
    center, error = lesson.predict(X1, y, new)
    inside = (sales - center).abs() <= stats.t.ppf(0.95, 12 - 3) * error
    assert (inside.double().mean(1) - 0.9).abs().max() < 0.01


def test_bid_is_the_quantile_of_the_scaled_model():
    X1, y = problem(7, n=88, d=3)
    mean, spread = torch.tensor([9.0, 7.0, 3.0]).double(), torch.tensor([0.5, 0.3, 0.8]).double()
    theta = torch.linalg.lstsq(X1, y).solution
    s = ((y - X1 @ theta).square().sum() / 84).sqrt()
    model = {
        "net": {"weight": theta[:3].T, "bias": theta[3]},
        "mean": mean,
        "spread": spread,
        "s": s,
        "M": torch.linalg.pinv(X1),
        "largest h": torch.tensor(1e9),
    }
    houses = torch.tensor([[8000.0, 2200.0, 4.0], [5000.0, 1500.0, 2.0]]).double()
    logs = torch.cat([houses[:, :2].log(), houses[:, 2:]], 1)
    rows = torch.cat([(logs - mean) / spread, torch.ones(2, 1)], 1)
    center, error = lesson.predict(X1, y, rows)
    for share in (0.1, 0.5, 0.9):
        wanted = (center + stats.t.ppf(share, 84) * error).exp()
        found = lesson.bid(model, houses, share)
        torch.testing.assert_close(found, wanted)
        assert not found.requires_grad
    torch.testing.assert_close(lesson.bid(model, houses, 0.5), center.exp())
    h = (rows @ model["M"]).square().sum(1)
    for row, factor, refused in ((0, 1.01, False), (0, 0.99, True), (1, 1.01, False)):
        model["largest h"] = factor * h[row]
        if refused or h.max() > factor * h[row]:
            with pytest.raises(ValueError, match="nothing like this house"):
                lesson.bid(model, houses, 0.5)
        else:
            assert lesson.bid(model, houses, 0.5).shape == (2, 1)


# Pictures

Y = torch.tensor([[100.0], [250.0], [300.0], [120.0], [500.0]])
PREDICTED = {"blind bid": torch.full((5, 1), 254.0), "model": 0.5 * Y + 120}
TEST = torch.tensor([4, 1])
SPLITS = torch.tensor([40.0, 60.0, 65.0, 150.0, 170.0])
ERRORS = pd.DataFrame({"a": SPLITS.numpy(), "b": SPLITS.numpy() / 2})
UNSEEN = torch.tensor([False, False, False, True, True])
PRICES = torch.tensor([[300.0], [100.0], [200.0]])
RANGES = {
    "price model": torch.tensor([[310.0, 500.0], [50.0, 150.0], [150.0, 250.0]]),
    "log model": torch.tensor([[200.0, 400.0], [110.0, 190.0], [200.0, 260.0]]),
}
IS_76 = torch.tensor([True, False, False])
PER_SPLIT = (
    torch.randperm(40, generator=torch.Generator().manual_seed(1)).double().reshape(4, 10, 1)
)
INSIDE = {"a": PER_SPLIT < 30, "b": PER_SPLIT % 4 > 0}
SHARES = [0.25, 0.5, 0.75]
BIDS = [200.0, 300.0, 450.0]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_one_split(shown):
    fig, alt = shown(pictures.one_split, PREDICTED, Y, TEST)
    assert [ax.get_title() for ax in fig.axes] == ["blind bid", "model"]
    for ax, values in zip(fig.axes, PREDICTED.values(), strict=True):
        diagonal, seen, unseen = ax.lines
        assert ax.get_xlim() == ax.get_ylim()
        assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == list(ax.get_xlim())
        assert ax.get_xlim() == pytest.approx((80, 520))  # a margin of a twentieth
        np.testing.assert_allclose(seen.get_xydata(), torch.cat([Y, values], 1)[[0, 2, 3]])
        np.testing.assert_allclose(unseen.get_xydata(), torch.cat([Y, values], 1)[[1, 4]])
        assert (seen.get_marker(), unseen.get_marker()) == (".", "^")
        assert ax.get_xlabel() == "price (thousand dollars)" and ax.get_aspect() == 1
    assert fig.axes[0].get_ylabel() == "prediction (thousand dollars)"
    assert labels(fig.axes[0]) == ["seen", "unseen"]
    assert "prices of 5 houses" in alt and "2 unseen ones as triangles" in alt
    assert "by 246 in the blind bid, by 130 in the model." in alt
    again = shown(pictures.one_split, PREDICTED, Y, [4, 1])[1]
    assert again == alt


def heights(ax):
    """The heights of the bars of each of the two kinds."""
    return [[bar.get_height() for bar in bars] for bars in ax.containers]


def test_split_errors(shown):
    fig, alt = shown(pictures.split_errors, ERRORS, UNSEEN)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b"]
    for ax, scale in zip(fig.axes, (1, 2), strict=True):
        seen, unseen = heights(ax)
        edges = [bar.get_x() for bar in ax.containers[0]]
        assert edges == list(range(0, 180, 10))
        for bars, wanted in ((seen, (40, 60, 65)), (unseen, (150, 170))):
            for value in wanted:
                assert bars[int(value / scale // 10)] > 0
            assert sum(bars) == len(wanted)
        assert ax.containers[0][0].get_facecolor() != ax.containers[1][0].get_facecolor()
        assert ax.get_xlabel() == "rms error (thousand dollars)"
    # Stacked: the second kind stands on the first.
    assert fig.axes[0].containers[1][15].get_y() == heights(fig.axes[0])[0][15]
    assert fig.axes[0].get_ylabel() == "splits"
    assert labels(fig.axes[1]) == ["house 76 seen", "house 76 unseen"]
    assert "over 5 splits" in alt
    assert "a near 65, b near 32" in alt and "55 and 160, 28 and 80." in alt
    same = {name: torch.tensor(ERRORS[name].to_numpy()) for name in ERRORS}
    assert shown(pictures.split_errors, same, UNSEEN)[1] == alt


def test_intervals(shown):
    fig, alt = shown(pictures.intervals, RANGES, PRICES, IS_76)
    assert [ax.get_title() for ax in fig.axes] == ["price model", "log model"]
    order = [1, 2, 0]
    held = {"price model": [1, 2], "log model": [0, 2]}
    for ax, (title, ends) in zip(fig.axes, RANGES.items(), strict=True):
        bars = np.array(ax.collections[0].get_segments())
        np.testing.assert_allclose(bars[:, 0], [[j + 1, ends[i, 0]] for j, i in enumerate(order)])
        np.testing.assert_allclose(bars[:, 1], [[j + 1, ends[i, 1]] for j, i in enumerate(order)])
        inside, outside, ring = ax.lines
        wanted = {True: [], False: []}
        for j, i in enumerate(order):
            wanted[i in held[title]].append((j + 1, PRICES[i, 0].item()))
        assert list(map(tuple, inside.get_xydata())) == wanted[True]
        assert list(map(tuple, outside.get_xydata())) == wanted[False]
        assert list(map(tuple, ring.get_xydata())) == [(3, 300)]
        assert (inside.get_marker(), outside.get_marker()) == ("o", "X")
        assert ring.get_markerfacecolor() == "none" and ring.get_markersize() > 8
        assert ax.get_xlabel() == "unseen houses, by price"
    assert fig.axes[0].get_ylabel() == "thousand dollars"
    assert labels(fig.axes[1]) == ["price inside", "outside", "house 76"]
    assert "house 76 ringed at 300" in alt
    assert (
        "in the price model 2 of 3 ranges hold their price, the ring's goes from 310 to 500" in alt
    )
    assert (
        "in the log model 2 of 3 ranges hold their price, the ring's goes from 200 to 400." in alt
    )


def test_coverage(shown):
    fig, alt = shown(pictures.coverage, {"a": PER_SPLIT, "b": -PER_SPLIT}, INSIDE, 0.9)
    (ax,) = fig.axes
    a, b = ax.lines[:2]
    assert list(a.get_xdata()) == list(b.get_xdata()) == list(range(1, 11))
    np.testing.assert_allclose(a.get_ydata(), [1] * 7 + [0.5, 0, 0])
    np.testing.assert_allclose(b.get_ydata(), [0.75] * 10)
    assert a.get_linestyle() != b.get_linestyle() and a.get_marker() != b.get_marker()
    assert any(np.allclose(line.get_ydata(), 0.9) for line in ax.lines[2:])
    assert "promised" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel() == "tenth of the sales, by predicted price"
    assert ax.get_ylabel() == "share inside" and ax.get_ylim() == (0, 1.05)
    assert ax.get_xticks().tolist() == list(range(1, 11))
    assert labels(ax) == ["a", "b"]
    assert "the promised 90%" in alt
    assert "the a holds 100% of the cheapest and 0% of the dearest tenth; the b holds 75%" in alt


def test_bids(shown):
    fig, alt = shown(pictures.bids, SHARES, BIDS, [0.2, 0.5, 0.83], marked=[0.5])
    left, right = fig.axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), list(zip(BIDS, SHARES, strict=True)))
    assert [tuple(line.get_xydata()[0]) for line in left.lines[1:]] == [(300, 0.5)]
    assert [text.get_text() for text in left.texts] == ["300"]
    np.testing.assert_allclose(
        right.lines[0].get_xydata(), list(zip(SHARES, [0.2, 0.5, 0.83], strict=True))
    )
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0, 0], [1, 1]])
    assert left.get_xlabel() == "bid (thousand dollars)"
    assert left.get_ylabel() == "share of sales below"
    assert right.get_xlabel() == "share wanted"
    assert right.get_ylabel() == "share reached, unseen houses"
    assert left.get_ylim() == right.get_xlim() == right.get_ylim() == (0, 1)
    assert right.get_aspect() == 1
    assert "marked are 300 for 50%" in alt and "is up to 0.08 off the share wanted." in alt


ONE, SPLIT = (PREDICTED, Y, TEST), (ERRORS, UNSEEN)
RANGE = (RANGES, PRICES, IS_76)
COVER = ({"a": PER_SPLIT, "b": PER_SPLIT}, INSIDE, 0.9)
BID = (SHARES, BIDS, SHARES, [0.5])
BAD = [
    ("one_split", ONE, 0, {}, ValueError),
    ("one_split", ONE, 0, [Y], TypeError),
    ("one_split", ONE, 0, {"a": Y[:4]}, ValueError),
    ("one_split", ONE, 0, {f"{k}": Y for k in range(5)}, ValueError),
    ("one_split", ONE, 1, Y[:, 0], ValueError),
    ("one_split", ONE, 2, torch.tensor([5]), ValueError),
    ("one_split", ONE, 2, torch.tensor([-1]), ValueError),
    ("one_split", ONE, 2, torch.tensor([0.5]), TypeError),
    ("one_split", ONE, 2, torch.tensor([True]), TypeError),
    ("one_split", ONE, 2, torch.tensor(3), ValueError),
    ("one_split", ONE, 2, [], ValueError),
    ("one_split", ONE, 2, 3, TypeError),
    ("split_errors", SPLIT, 0, SPLITS, TypeError),
    ("split_errors", SPLIT, 0, {}, ValueError),
    ("split_errors", SPLIT, 0, {f"{k}": SPLITS for k in range(5)}, ValueError),
    ("split_errors", SPLIT, 0, {"a": SPLITS - 40}, ValueError),
    ("split_errors", SPLIT, 0, {"a": SPLITS, "b": SPLITS[:4]}, ValueError),
    ("split_errors", SPLIT, 1, UNSEEN.double(), TypeError),
    ("split_errors", SPLIT, 1, UNSEEN.tolist(), TypeError),
    ("split_errors", SPLIT, 1, UNSEEN[:4], ValueError),
    ("split_errors", SPLIT, 1, UNSEEN | True, ValueError),
    ("split_errors", SPLIT, 1, UNSEEN & False, ValueError),
    ("intervals", RANGE, 0, {}, ValueError),
    ("intervals", RANGE, 0, {f"{k}": RANGES["log model"] for k in range(3)}, ValueError),
    ("intervals", RANGE, 0, {"a": PRICES}, ValueError),
    ("intervals", RANGE, 0, {"a": RANGES["log model"].flip(1)}, ValueError),
    ("intervals", RANGE, 0, {"a": PRICES.expand(3, 2)}, ValueError),
    ("intervals", RANGE, 1, PRICES[:, 0], ValueError),
    ("intervals", RANGE, 2, IS_76.int(), TypeError),
    ("intervals", RANGE, 2, IS_76[:2], ValueError),
    ("intervals", RANGE, 2, IS_76 & False, ValueError),
    ("coverage", COVER, 0, {"a": PER_SPLIT}, ValueError),
    ("coverage", COVER, 0, {"a": PER_SPLIT, "b": "text"}, TypeError),
    ("coverage", COVER, 0, {"a": PER_SPLIT[0, :9], "b": PER_SPLIT}, ValueError),
    ("coverage", COVER, 1, {}, ValueError),
    ("coverage", COVER, 1, {"a": PER_SPLIT}, TypeError),
    ("coverage", COVER, 1, {"a": INSIDE["a"].tolist()}, TypeError),
    ("coverage", COVER, 1, {"a": INSIDE["a"][:3]}, ValueError),
    ("coverage", COVER, 2, 1.1, ValueError),
    ("coverage", COVER, 2, -0.1, ValueError),
    ("coverage", COVER, 2, "0.9", TypeError),
    ("bids", BID, 0, [0.5, 0.25, 0.75], ValueError),
    ("bids", BID, 0, [0, 0.5, 0.75], ValueError),
    ("bids", BID, 0, [0.25, 0.5, 1], ValueError),
    ("bids", BID, 0, [0.5, 0.5, 0.75], ValueError),
    ("bids", BID, 1, BIDS[:2], ValueError),
    ("bids", BID, 2, SHARES[:2], ValueError),
    ("bids", BID, 2, [0.25, 0.5, 1.01], ValueError),
    ("bids", BID, 2, [-0.01, 0.5, 0.75], ValueError),
    ("bids", BID, 3, [0.6], ValueError),
    ("bids", BID, 3, "text", TypeError),
]


@pytest.mark.parametrize(("function", "arguments", "place", "value", "error"), BAD)
def test_pictures_refuse(shown, function, arguments, place, value, error):
    name = list(inspect.signature(getattr(pictures, function)).parameters)[place]
    with pytest.raises(error, match=rf"\b{name}\b"):
        shown(getattr(pictures, function), *arguments[:place], value, *arguments[place + 1 :])


def test_ends_that_are_allowed(shown):
    shown(pictures.one_split, PREDICTED, Y, torch.tensor([0, 4]))
    shown(pictures.coverage, {"a": torch.arange(10.0)}, {"a": torch.ones(10) > 0}, 1)
    shown(pictures.coverage, {"a": torch.arange(10.0)}, {"a": torch.ones(10) > 0}, 0)
    shown(pictures.bids, SHARES, BIDS, [0.0, 0.5, 1.0], marked=[0.25])
    four = {f"{k}": SPLITS for k in range(4)}
    axes = shown(pictures.split_errors, four, UNSEEN)[0].axes
    assert [ax.get_legend() is None for ax in axes] == [True, True, True, False]
    assert len(shown(pictures.one_split, {f"{k}": Y for k in range(4)}, Y, TEST)[0].axes) == 4
    covered = {f"{k}": INSIDE["a"] for k in range(4)}
    (ax,) = shown(pictures.coverage, {f"{k}": PER_SPLIT for k in range(5)}, covered, 0.9)[0].axes
    assert len({line.get_marker() for line in ax.lines[:4]}) == 4


def test_coverage_of_five_models_is_refused(shown):
    five = {f"{k}": INSIDE["a"] for k in range(5)}
    with pytest.raises(ValueError, match="inside"):
        shown(pictures.coverage, dict.fromkeys(five, PER_SPLIT), five, 0.9)
