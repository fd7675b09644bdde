"""Lesson 3: the functions that it defines, by property and against torch, and its pictures."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_03 as pictures

PATH = ROOT / "notebooks" / "03_gradient_descent.ipynb"
lesson = definitions(PATH, "f", "roll", "loss", "gradient", "descend")
few = settings(max_examples=50, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(4, 30), st.integers(1, 4))


def problem(seed=0, n=9, d=2):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]


@few
@given(st.floats(-5, 5), st.floats(0.01, 1.2), st.integers(0, 8))
def test_the_ball_is_multiplied_by_one_factor(x, lr, num_updates):
    track = lesson.roll(x, lr, num_updates)
    assert len(track) == num_updates + 1
    wanted = [x * (1 - 2 * lr) ** k for k in range(num_updates + 1)]
    np.testing.assert_allclose(track, wanted, rtol=1e-6, atol=1e-12)


@few
@given(problems)
def test_gradient_is_autograds(sizes):
    X, y, w = problem(*sizes)
    (autograd,) = torch.autograd.grad(lesson.loss(X, y, w.requires_grad_()), w)
    torch.testing.assert_close(lesson.gradient(X, y, w), autograd, rtol=1e-10, atol=1e-12)


@few
@given(problems)
def test_bound_divides_convergence_from_divergence(sizes):
    X, y, _ = problem(*sizes)
    values, vectors = torch.linalg.eigh(X.T @ X / len(X))
    best = torch.linalg.lstsq(X, y).solution
    start = best + vectors[:, -1:]  # an error of 1 along the largest eigenvalue
    for share in (0.5, 0.9, 1.1):
        end = lesson.descend(X, y, start, share * 2 / values[-1], 5)[-1]
        along = vectors[:, -1] @ (end - best[:, 0])
        expected = torch.tensor((1 - 2 * share) ** 5, dtype=torch.float64)
        torch.testing.assert_close(along, expected, rtol=1e-6, atol=1e-9)


@few
@given(problems, st.integers(0, 20))
def test_descend_is_torch_optim(sizes, num_updates):
    X, y, w = problem(*sizes)
    lr = (1 / torch.linalg.eigvalsh(X.T @ X / len(X))[-1]).item()
    ours = lesson.descend(X, y, w, lr, num_updates)
    assert ours.shape == (num_updates + 1, X.shape[1])
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([theirs], lr=lr)
    for _ in range(num_updates):
        optimizer.zero_grad()
        lesson.loss(X, y, theirs).backward()
        optimizer.step()
    torch.testing.assert_close(ours[-1], theirs[:, 0].detach())


# Pictures


def bowl():
    """X (88, 2) with columns of mean square 1 and correlation 0.5, y (88, 1), the lowest point."""
    X = problem(n=88)[0]
    X = X @ torch.linalg.inv(torch.linalg.cholesky(X.T @ X / 88)).T
    X = X @ torch.linalg.cholesky(torch.tensor([[1, 0.5], [0.5, 1]], dtype=X.dtype)).T
    best = torch.tensor([[3.0], [-1.0]], dtype=X.dtype)
    return X, X @ best, best


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def dots(ax):
    """The lines of the axes that are drawn with a dot at each update."""
    return [one for one in ax.lines if one.get_marker() == "."]


def test_balls(shown):
    tracks = {0.1: [3.0, 2.4, 1.92], 1.05: [3.0, -3.3, 3.63]}
    fig, alt = shown(pictures.balls, tracks)
    assert [ax.get_title() for ax in fig.axes] == ["rate 0.1", "rate 1.05"]
    assert fig.axes[0].get_xlabel() == "$x$" and fig.axes[0].get_ylabel() == "$x^2$"
    for ax, track in zip(fig.axes, tracks.values(), strict=True):
        ground, way = ax.lines
        np.testing.assert_allclose(ground.get_ydata(), ground.get_xdata() ** 2)
        np.testing.assert_allclose(way.get_xdata(), track)
        np.testing.assert_allclose(way.get_ydata(), np.square(track))
        assert [text.get_text() for text in ax.texts] == ["0", "1", "2"]
        assert way.get_marker() == "o" and way.get_linestyle() == "--"
        assert np.allclose(ax.get_xlim(), (-1.15 * 3.63, 1.15 * 3.63))
    assert len({fig.axes[k].lines[1].get_color() for k in (0, 1)}) == 2
    assert "At rate 0.1 the ball is at 3.00, 2.40, 1.92." in alt and "1.05" in alt


def test_downhill(shown):
    X, y, best = bowl()
    start = torch.zeros(2, 1, dtype=X.dtype)
    fig, alt = shown(pictures.downhill, X, y, start, best)
    (ax,) = fig.axes
    assert ax.get_aspect() == 1
    assert line(ax, "start").get_xydata().tolist() == [[0, 0]]
    assert line(ax, "least squares").get_xydata().tolist() == [[3, -1]]
    contour = torch.tensor(line(ax, "contour of the start").get_xydata())
    heights = ((X @ contour.T - y) ** 2).mean(0) / 2
    torch.testing.assert_close(heights, ((y**2).mean() / 2).expand_as(heights))
    gradient = X.T @ (-y) / 88
    ends = {text.get_text(): torch.tensor(text.get_position()) for text in ax.texts}
    assert set(ends) == {"uphill", "downhill"}
    cosine = torch.nn.functional.cosine_similarity
    for name, sign in (("uphill", 1), ("downhill", -1)):
        assert cosine(ends[name], sign * gradient[:, 0], dim=0) > 1 - 1e-9
    miss = math.degrees(math.acos(cosine(ends["downhill"], best[:, 0], dim=0)))
    assert f"by {miss:.0f} degrees" in alt
    assert len(ax.get_legend().get_texts()) == 3
    left, right = ax.get_xlim()
    low, high = ax.get_ylim()
    assert math.isclose(right - left, high - low)
    with pytest.raises(ValueError, match="w_start must not be the lowest point"):
        pictures.downhill(X, y, best, best)


def test_path_and_loss(shown):
    X, y, best = bowl()
    y = y + 1  # so that the least loss is not zero
    best = torch.linalg.lstsq(X, y).solution
    track = lesson.descend(X, y, torch.zeros(2, 1, dtype=X.dtype), 0.3, 30)
    fig, alt = shown(pictures.path_and_loss, X, y, best, track)
    left, right = fig.axes
    np.testing.assert_allclose(line(left, "one dot per update").get_xydata(), track)
    np.testing.assert_allclose(line(left, "least squares").get_xydata(), best.T)
    assert left.get_aspect() == 1
    losses = [lesson.loss(X, y, w[:, None]).item() for w in track]
    np.testing.assert_allclose(line(right, "gradient descent").get_ydata(), losses)
    least = lesson.loss(X, y, best).item()
    np.testing.assert_allclose(line(right, "least squares").get_ydata(), [least, least])
    assert np.allclose(right.get_ylim(), (0, 1.05 * max(losses)))
    assert (right.get_xlabel(), right.get_ylabel()) == ("update", "loss")
    assert "path of 30 updates" in alt and f"from {losses[0]:.0f} to {losses[-1]:.0f}" in alt
    assert f"least squares has {least:.0f}." in alt
    assert left.get_legend() and right.get_legend()


def test_eigen_axes(shown):
    X, y, best = bowl()
    fig, alt = shown(pictures.eigen_axes, X, y, torch.zeros(2, 1, dtype=X.dtype), best)
    (ax,) = fig.axes
    assert ax.get_aspect() == 1
    for label, direction in (
        ("steep, $\\lambda$ = 1.500", [1, 1]),
        ("flat, $\\lambda$ = 0.500", [1, -1]),
    ):
        axis = line(ax, label)
        ends = axis.get_xydata()
        along = ends[1] - ends[0]
        assert abs(abs(along @ direction) / np.linalg.norm(along) - 2**0.5) < 1e-9
        np.testing.assert_allclose(ends.mean(0), [3, -1], atol=1e-9)
    assert line(ax, r"steep, $\lambda$ = 1.500").get_linestyle() == "-"
    # Two arrows from the lowest point, one after the other, and one straight to the start.
    arrows = [(text.xy, text.get_position()) for text in ax.texts if text.arrow_patch]
    corner = arrows[0][0]
    np.testing.assert_allclose(corner, (2, -2), atol=1e-9)
    np.testing.assert_allclose(
        [arrows[0][1], arrows[1][1], arrows[2][1]], [(3, -1), corner, (3, -1)]
    )
    np.testing.assert_allclose([arrows[1][0], arrows[2][0]], np.zeros((2, 2)), atol=1e-9)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["$e$"]
    assert "a part 1 long on the short axis, with eigenvalue 1.500" in alt
    assert "and one 3 long on the long axis, with eigenvalue 0.500" in alt
    assert len(ax.get_legend().get_texts()) == 3


def test_five_fates(shown):
    X, y, best = bowl()
    start = torch.zeros(2, 1, dtype=X.dtype)
    runs = {name: lesson.descend(X, y, start, lr, 40) for name, lr in (("a", 1.0), ("b", 0.02))}
    fig, alt = shown(pictures.five_fates, X, y, best, runs, num_dots=5, num_losses=30)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "", ""]
    for k, run in enumerate(runs.values()):
        above, below = fig.axes[k], fig.axes[2 + k]
        (path,) = dots(above)
        np.testing.assert_allclose(path.get_xydata(), run[:6])
        assert above.get_aspect() == 1 and below.get_yscale() == "log"
        excess = np.array([lesson.loss(X, y, w[:, None]).item() for w in run[:31]])
        drawn = below.lines[0].get_ydata()
        np.testing.assert_allclose(drawn[excess > 1e-3], excess[excess > 1e-3])
        assert np.isnan(drawn[excess <= 1e-3]).all()
        assert below.get_xlim() == (0, 30) and below.get_xlabel() == "update"
        assert path.get_color() == below.lines[0].get_color() == f"C{k}"
        np.testing.assert_allclose(above.lines[-1].get_xydata(), [[3, -1]])
        assert (excess <= 1e-3).any() == (k == 0)
        if k == 0:
            assert f"a: below 0.001 at update {int((excess > 1e-3).sum())}" in alt
        else:
            assert f"b: {excess[-1]:.3g} at update 30." in alt
    assert fig.axes[0].get_ylabel() == "$w_2$" and not fig.axes[1].get_ylabel()
    assert fig.axes[2].get_ylabel() == "loss above the least"
    assert fig.get_suptitle() == "above: the first 5 updates; below: 30 updates, cut at 0.001"
    assert fig.axes[2].get_yticks().tolist() == [1e-3, 0.1, 10, 1e3, 1e5]
    assert fig.axes[2].get_ylim()[0] == 1e-3
    assert "2 runs from one start: the path of 5 updates" in alt
    assert f"{lesson.loss(X, y, start).item():.0f} at the start" in alt


def test_rate_sweep(shown):
    rates = [0.01, 0.1, 1.0, 10.0]
    losses = {"raw": [50, 20, math.inf, math.nan], "even": [40, 30, 20, 10]}
    fig, alt = shown(pictures.rate_sweep, rates, losses)
    (ax,) = fig.axes
    np.testing.assert_allclose(line(ax, "raw").get_ydata(), [50, 20, 800, 800])
    np.testing.assert_allclose(line(ax, "even").get_xydata().T, [rates, losses["even"]])
    assert [one.get_linestyle() for one in ax.lines] == ["-", "--"]
    assert ax.get_xscale() == "log" and ax.get_yscale() == "linear"
    assert ax.get_xlim() == (0.01, 10) and ax.get_ylim() == (0, 80)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "loss")
    assert ax.get_title() == "what lies above 80 is cut off" and ax.get_legend()
    assert "raw: lowest at rate 0.1, with loss 20, and higher than at the left end from 1 on" in alt
    assert alt.endswith("even: lowest at rate 10, with loss 10.")
    _, alt = shown(pictures.rate_sweep, [0.0112, 1.04, 1.41], {"two": [3, 2, 9], "one": [3, 2, 1]})
    assert "two: lowest at rate 1, with loss 2, and higher than at the left end from 1.4 on" in alt
    assert alt.endswith("one: lowest at rate 1.4, with loss 1.")


X, Y, BEST = bowl()
ZERO = torch.zeros(2, 1)
WAY = torch.zeros(4, 2)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("balls", ([3.0],), TypeError, "tracks must be a dictionary, got list"),
        ("balls", ({0.1: [3, 2]},), ValueError, "2 to 4 learning rates, got 1"),
        ("balls", ({key: [3, 2] for key in range(1, 6)},), ValueError, "got 5"),
        ("balls", ({0.1: [3, 2], -1: [3, 2]},), ValueError, "each key of tracks"),
        ("balls", ({0.1: [3, 2], 1: [3]},), ValueError, r"tracks\[1\] must hold 2 to 9"),
        ("balls", ({0.1: [3, 2], 1: [3] * 10},), ValueError, "positions, got 10"),
        ("balls", ({0.1: [3, 2], 1: [3, math.nan]},), ValueError, r"tracks\[1\] must be finite"),
        ("downhill", (X[:, :1], Y, ZERO, BEST), ValueError, "X must have shape"),
        ("downhill", (X, Y, WAY, BEST), ValueError, "w_start must have shape"),
        ("downhill", (X, Y, ZERO, WAY), ValueError, "w_best must have shape"),
        ("path_and_loss", (X, Y[:3], BEST, WAY), ValueError, "y must have shape"),
        ("path_and_loss", (X, Y, BEST, torch.zeros(4, 3)), ValueError, "track must have shape"),
        ("eigen_axes", (X, Y, "start", BEST), TypeError, "w_start must be"),
        ("five_fates", (X, Y, BEST, [WAY]), TypeError, "runs must be a dictionary"),
        ("five_fates", (X, Y, BEST, {"a": WAY}), ValueError, "runs must be from 2 to 5"),
        ("five_fates", (X, Y, BEST, {"a": WAY, "b": WAY[:, :1]}), ValueError, r"runs\['b'\]"),
        ("five_fates", (X, Y, BEST, {"a": WAY, "b": WAY}, 0), ValueError, "num_dots"),
        ("five_fates", (X, Y, BEST, {"a": WAY, "b": WAY}, 3, 1.5), TypeError, "num_losses"),
        ("rate_sweep", ([1, 0.1], {"a": [1, 1]}), ValueError, "in ascending order"),
        ("rate_sweep", ([1], {"a": [1]}), ValueError, "two or more"),
        ("rate_sweep", ([0, 1], {"a": [1, 1]}), ValueError, "rates must be positive"),
        ("rate_sweep", ([0.1, 1], {}), ValueError, "losses must be"),
        ("rate_sweep", ([0.1, 1], {"a": [1, 2, 3]}), ValueError, r"losses\['a'\] must have shape"),
        ("rate_sweep", ([0.1, 1], {"a": [1, -2]}), ValueError, r"losses\['a'\] must be positive"),
        ("rate_sweep", ([0.1, 1], {"a": "text"}), TypeError, r"losses\['a'\] must be"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
