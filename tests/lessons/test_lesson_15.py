"""Lesson 15: the functions that it defines, by property and against libraries, and its pictures."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_15 as pictures

PATH = ROOT / "notebooks" / "15_weight_decay.ipynb"
lesson = definitions(
    PATH,
    "powers",
    "scale",
    "least_squares",
    "errors",
    "ridge",
    "half_mse",
    "train_net",
    "fold_errors",
    "test_errors",
)
few = settings(max_examples=20, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(6, 30), st.integers(1, 4))


def problem(seed=0, n=12, d=3):
    """Random X (n, d) and y (n, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    X = torch.randn(n, d, generator=source, dtype=torch.float64) + 2
    return X, torch.randn(n, 1, generator=source, dtype=torch.float64) + 5


def test_powers():
    x = torch.tensor([[2.0], [-3.0]])
    assert lesson.powers(x, 3).tolist() == [[2, 4, 8], [-3, 9, -27]]
    assert lesson.powers(x, 1).tolist() == x.tolist()


@few
@given(problems)
def test_scale_is_standardising_by_the_reference(sizes):
    X, _ = problem(*sizes)
    Z = lesson.scale(X, X)
    torch.testing.assert_close(Z.mean(0), torch.zeros_like(Z[0]), rtol=0, atol=1e-9)
    torch.testing.assert_close(Z.std(0, correction=0), torch.ones_like(Z[0]))
    other = lesson.scale(3 * X + 1, 3 * X + 1)
    torch.testing.assert_close(other, Z)
    stack = torch.stack([X, 2 * X - 1])
    torch.testing.assert_close(lesson.scale(stack, stack)[1], Z)


@few
@given(problems, st.floats(1e-3, 10))
def test_ridge_is_the_minimum(sizes, lam):
    X, y = problem(*sizes)
    Z = lesson.scale(X, X)
    w, b = lesson.ridge(Z, y, lam)
    w, b = w.requires_grad_(), b.requires_grad_()
    ((Z @ w + b - y).square().mean() / 2 + lam / 2 * w.square().sum()).backward()
    for gradient in (w.grad, b.grad):
        torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-9)


@few
@given(problems)
def test_ridge_of_strength_zero_is_least_squares(sizes):
    X, y = problem(*sizes)
    Z = lesson.scale(X, X)
    for ours, theirs in zip(lesson.ridge(Z, y, 0.0), lesson.least_squares(Z, y), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)
    Z1 = torch.cat([Z, torch.ones_like(Z[:, :1])], 1)
    theta = torch.linalg.lstsq(Z1, y).solution
    torch.testing.assert_close(torch.cat(lesson.least_squares(Z, y)), theta)


@few
@given(problems, st.floats(0.01, 10))
def test_ridge_is_scikit_learns(sizes, lam):
    from sklearn.linear_model import Ridge

    X, y = problem(*sizes)
    Z = lesson.scale(X, X)
    w, b = lesson.ridge(Z, y, lam)
    theirs = Ridge(alpha=len(X) * lam).fit(Z.numpy(), y[:, 0].numpy())
    np.testing.assert_allclose(w[:, 0], theirs.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(b.item(), theirs.intercept_)


@few
@given(problems)
def test_errors_are_roots_of_mean_squares(sizes):
    X, y = problem(*sizes)
    train, held = torch.arange(len(X)).tensor_split([len(X) - 2])
    seen, unseen = lesson.errors(X, y, train, held, lesson.ridge, 0.3)
    Z = lesson.scale(X, X[train])
    w, b = lesson.ridge(Z[train], y[train], 0.3)
    squares = (Z @ w + b - y).square()[:, 0]
    torch.testing.assert_close(seen, squares[train].mean().sqrt())
    torch.testing.assert_close(unseen, squares[held].mean().sqrt())


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_penalty_and_decay_end_at_ridge(make):
    X, y, lam = *problem(1, 20, 2), 0.3
    Z, y = lesson.scale(X, X), y - y.mean()
    w, _ = lesson.ridge(Z, y, lam)
    for settings_of in ({"penalty": lam}, {"decay": (lam, 0)}):
        path = lesson.train_net(Z, y, lesson.half_mse, 0.1, make=make, **settings_of)
        assert path.shape == (500, 3) and not path.requires_grad
        torch.testing.assert_close(path[-1, :2], w[:, 0], rtol=1e-4, atol=1e-5)


def test_train_net_steps_as_the_formula_says():
    X, y = problem(2, 9, 2)
    path = lesson.train_net(X, y, lesson.half_mse, 0.01, decay=(0.3, 0.7))
    w, b = torch.zeros(2, 1, dtype=X.dtype), torch.zeros(1, dtype=X.dtype)
    for k in range(5):
        r = X @ w + b - y
        w = w - 0.01 * (X.T @ r / 9 + 0.3 * w)
        b = b - 0.01 * (r.mean() + 0.7 * b)
        torch.testing.assert_close(path[k], torch.cat([w[:, 0], b]))


def test_fold_errors_are_scikit_learns():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = problem(3, 40, 3)
    rows = torch.randperm(40, generator=torch.Generator().manual_seed(0))[:30]
    lams = torch.tensor([0.01, 0.1, 3.0], dtype=torch.float64)
    ours = lesson.fold_errors(X, y, rows, lams)
    assert ours.shape == (5, 3)
    for k, lam in enumerate(lams.tolist()):
        model = make_pipeline(StandardScaler(), Ridge(alpha=24 * lam))
        data = X[rows].numpy(), y[rows].numpy()
        scores = cross_val_score(model, *data, cv=5, scoring="neg_mean_squared_error")
        np.testing.assert_allclose(ours[:, k], -scores)


def test_test_errors_are_those_of_five_bids():
    source = torch.Generator().manual_seed(4)
    x = torch.rand(200, 1, generator=source, dtype=torch.float64) - 0.5
    y = 3 * x + torch.randn(200, 1, generator=source, dtype=torch.float64) + 10
    X = lesson.powers(x, 9)
    rest, test = torch.randperm(200, generator=source).split([60, 140])
    lams = torch.tensor([1e-9, 1e9], dtype=torch.float64)
    found = lesson.test_errors(X, y, lams, rest, test)
    blind = (y[test] - y[rest].mean()).square().mean().sqrt().item()
    np.testing.assert_allclose(found[0], blind)
    for place, degree in ((1, 1), (2, 3), (3, 9)):
        line = np.polyfit(x[rest, 0].numpy(), y[rest, 0].numpy(), degree)
        miss = np.polyval(line, x[test, 0].numpy()) - y[test, 0].numpy()
        np.testing.assert_allclose(found[place], np.sqrt(np.mean(miss**2)), rtol=1e-4)
    chosen = lams[lesson.fold_errors(X, y, rest, lams).mean(0).argmin()]
    assert found[4] == lesson.errors(X, y, rest, test, lesson.ridge, chosen)[1].item()


# Pictures


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


X, Y = problem(0, 8, 1)
GRID = torch.linspace(0, 4, 5)[:, None]
BENT = {"flat": torch.full((5, 1), 5.0), "wild": torch.tensor([[5.0], [90], [5], [5.5], [4]])}


def test_curves(shown):
    fig, alt = shown(pictures.curves, X, Y, [0, 2, 4], [1, 3], GRID, BENT)
    (ax,) = fig.axes
    np.testing.assert_allclose(line(ax, "seen").get_xdata(), X[[0, 2, 4], 0])
    np.testing.assert_allclose(line(ax, "seen").get_ydata(), Y[[0, 2, 4], 0])
    np.testing.assert_allclose(line(ax, "held out").get_xdata(), X[[1, 3], 0])
    np.testing.assert_allclose(line(ax, "held out").get_ydata(), Y[[1, 3], 0])
    assert line(ax, "seen").get_linestyle() == line(ax, "held out").get_linestyle() == "None"
    assert line(ax, "held out").get_markerfacecolor() == "none"
    for name, values in BENT.items():
        np.testing.assert_allclose(line(ax, name).get_xydata(), torch.cat([GRID, values], 1))
    assert line(ax, "flat").get_linestyle() != line(ax, "wild").get_linestyle()
    assert line(ax, "flat").get_color() != line(ax, "wild").get_color()
    low, high = Y[:5].min().item(), Y[:5].max().item()
    margin = 0.15 * (high - low)
    np.testing.assert_allclose(ax.get_ylim(), (low - margin, high + margin))
    assert ax.get_xlim() == (0, 4)
    assert ax.get_xlabel() == "bill depth, in steps of 5 mm from 17 mm"
    assert ax.get_ylabel() == "mass (g)" and len(ax.get_legend().get_texts()) == 4
    assert "of 3 seen and 2 held-out penguins" in alt
    assert "flat turns 0 times and stays inside; wild turns 3 times and leaves the picture." in alt


def test_errors_by_degree(shown):
    seen = {1: [4.0, 5.0, 6.0], 2: [2.0, 3.0, 4.0], 3: [1.0, 2.0, 3.0]}
    unseen = {1: [7.0, 8.0, 9.0], 2: [4.0, 6.0, 8.0], 3: [10.0, 20.0, 40.0]}
    fig, alt = shown(pictures.errors_by_degree, seen, unseen)
    (ax,) = fig.axes
    assert line(ax, "seen, median").get_xydata().tolist() == [[1, 5], [2, 3], [3, 2]]
    assert line(ax, "held out, median").get_xydata().tolist() == [[1, 8], [2, 6], [3, 20]]
    assert line(ax, "seen, median").get_linestyle() == "--"
    (band,) = ax.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert {(1, 7.5), (1, 8.5), (2, 5), (2, 7), (3, 15), (3, 30)} <= corners
    assert band.get_label() == "its middle half" and len(ax.get_legend().get_texts()) == 3
    assert ax.get_yscale() == "log" and ax.get_xticks().tolist() == [1, 2, 3]
    np.testing.assert_allclose(ax.get_ylim(), (1.8, 33))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("degree", "rms error (g)")
    assert alt == (
        "Errors in 3 splits against the degree. Seen: the median falls from 5 to 2 g. Held out: "
        "the median is lowest at degree 2, 6 g, and 20 g at degree 3, where the middle half "
        "reaches from 15 to 30 g."
    )


def test_shrinkage(shown):
    c = torch.tensor([1e-3, 0.1, 10.0], dtype=torch.float64)
    kept = {0.1: c / (c + 0.1), 1.0: c / (c + 1)}
    fig, alt = shown(pictures.shrinkage, c, kept)
    (ax,) = fig.axes
    dots = [one for one in ax.lines if one.get_label() == "measured"]
    for lam, one in zip(kept, dots, strict=True):
        np.testing.assert_allclose(one.get_xdata(), c)
        np.testing.assert_allclose(one.get_ydata(), kept[lam])
        curve = line(ax, rf"$c/(c + \lambda)$, $\lambda$ = {lam:g}")
        places = curve.get_xdata()
        np.testing.assert_allclose(curve.get_ydata(), places / (places + lam))
        assert one.get_color() == curve.get_color() and one.get_linestyle() == "None"
    assert len({one.get_linestyle() for one in ax.lines}) == 3
    np.testing.assert_allclose(ax.get_xlim(), (5e-4, 20))
    assert ax.get_ylim() == (-0.04, 1.04) and ax.get_xscale() == "log"
    assert ax.get_xlabel() == "curvature $c$ of the direction" and ax.get_ylabel() == "share kept"
    assert len(ax.get_legend().get_texts()) == 4
    assert "at λ = 0.1 1 of 3 keep more than half, at λ = 1 1 of 3 keep more than half." in alt


def test_cross_validation(shown):
    lams = [0.01, 0.1, 1.0]
    folds = torch.tensor([[100.0, 50, 200], [200, 48, 240]], dtype=torch.float64)
    fig, alt = shown(pictures.cross_validation, lams, folds, [0.1, 0.1, 1.0])
    (ax,) = fig.axes
    mean, error = folds.mean(0), folds.std(0) / 2**0.5
    np.testing.assert_allclose(line(ax, "mean of the folds").get_ydata(), mean.sqrt())
    np.testing.assert_allclose(line(ax, "mean of the folds").get_xdata(), lams)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    for k, lam in enumerate(lams):
        heights = corners[np.isclose(corners[:, 0], lam), 1]
        np.testing.assert_allclose(heights.min(), (mean - error)[k].sqrt())
        np.testing.assert_allclose(heights.max(), (mean + error)[k].sqrt())
    star = line(ax, r"chosen, $\lambda$ = 0.1")
    np.testing.assert_allclose(star.get_xydata(), [[0.1, 7]])
    marks = [one for one in ax.lines if one.get_marker() == "|" and len(one.get_xdata())]
    assert [one.get_xdata()[0] for one in marks] == [0.1, 0.1, 1.0]
    heights = [one.get_ydata()[0] for one in marks]
    assert heights[0] < heights[1] and heights[0] == heights[2]
    low, high = (mean - error).sqrt().min().item(), (mean + error).sqrt().max().item()
    np.testing.assert_allclose(ax.get_ylim(), (low - 0.15 * (high - low), high))
    assert all(ax.get_ylim()[0] < height < low for height in heights)
    assert ax.get_xlim() == (0.01, 1) and ax.get_xscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"strength $\lambda$", "rms error (g)")
    assert len(ax.get_legend().get_texts()) == 4
    assert alt == (
        "The error of cross-validation falls from 12 g at λ = 0.01 to 7 g at 0.1 and rises to 15 g "
        "at 1. 3 other ways to make folds choose from 0.1 to 1."
    )


TWO = {1: [1.0, 2.0], 2: [1.0, 2.0]}
FOLDS = torch.ones(3, 2)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("curves", (X[:, 0], Y, [0], [1], GRID, BENT), ValueError, "x must have shape"),
        ("curves", (X, Y[:3], [0], [1], GRID, BENT), ValueError, "y must have shape"),
        ("curves", (X, Y, [[0]], [1], GRID, BENT), ValueError, "train must have shape"),
        ("curves", (X, Y, [0], [8], GRID, BENT), ValueError, "held must hold numbers of rows"),
        ("curves", (X, Y, [-1], [7], GRID, BENT), ValueError, "train must hold numbers of rows"),
        ("curves", (X, Y, [0], [1], GRID[:, 0], BENT), ValueError, "grid must have shape"),
        ("curves", (X, Y, [0], [1], GRID, [Y]), TypeError, "curves must be a dictionary"),
        ("curves", (X, Y, [0], [1], GRID, {"a": Y}), ValueError, r"curves\['a'\] must have shape"),
        ("curves", (X, Y, [0], [1], GRID, {}), ValueError, "entries of curves must be from 1 to 3"),
        ("errors_by_degree", ([1, 2], TWO), TypeError, "seen must be a dictionary"),
        ("errors_by_degree", (TWO, {1: [1.0]}), TypeError, "unseen must be a dictionary of two"),
        ("errors_by_degree", (TWO, {1: [1.0], 3: [1.0]}), ValueError, "the same degrees"),
        ("errors_by_degree", (TWO, {1: [1.0], 2: [0.0]}), ValueError, r"unseen\[2\] must be pos"),
        ("errors_by_degree", ({"a": [1], "b": [1]}, TWO), TypeError, "each key of seen"),
        ("shrinkage", ([0.0, 1.0], {0.1: [0, 1]}), ValueError, "curvatures must be positive"),
        ("shrinkage", ([0.5, 1.0], {}), TypeError, "kept must be a dictionary of 1 to 3"),
        ("shrinkage", ([0.5, 1.0], {-1: [0, 1]}), ValueError, "each key of kept"),
        ("shrinkage", ([0.5, 1.0], {1: [0.5]}), ValueError, r"kept\[1\] must have shape"),
        ("cross_validation", ([1, 0.1], FOLDS, [1]), ValueError, "in ascending order"),
        ("cross_validation", ([1], FOLDS[:, :1], [1]), ValueError, "lams must be two or more"),
        ("cross_validation", ([0, 1], FOLDS, [1]), ValueError, "lams must be positive"),
        ("cross_validation", ([0.1, 1], FOLDS[:, :1], [1]), ValueError, "folds must have shape"),
        ("cross_validation", ([0.1, 1], FOLDS[:1], [1]), ValueError, "two rows or more"),
        ("cross_validation", ([0.1, 1], -FOLDS, [1]), ValueError, "folds must be positive"),
        ("cross_validation", ([0.1, 1], FOLDS, [0]), ValueError, "choices must be positive"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
