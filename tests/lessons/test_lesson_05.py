"""Lesson 5: its functions against d2l, torch and properties, and what its pictures show."""

import random

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers.pictures import lesson_05 as pictures

lesson = definitions(
    ROOT / "notebooks" / "05_from_scratch.ipynb",
    "synthetic_data",
    "data_iter",
    "linreg",
    "squared_loss",
    "sgd",
    "start",
    "position",
    "loss_fn",
    "zero_grad",
    "step",
    "train_epoch",
)
lesson.train_epoch.__globals__["net"] = lesson.linreg  # as a cell of the lesson has it
quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**31)
sizes = st.integers(1, 40)


def problem(seed, n, d):
    """Random X (n, d), y (n, 1), w (d, 1) and b (1,) in float64."""
    torch.manual_seed(seed)
    return [torch.randn(*shape, dtype=torch.float64) for shape in ((n, d), (n, 1), (d, 1), (1,))]


# The lesson's functions


@quick
@given(n=st.integers(1, 300), batch_size=st.integers(1, 320), seed=seeds)
def test_data_iter_yields_every_index_exactly_once(n, batch_size, seed):
    random.seed(seed)
    features = torch.arange(2 * n).reshape(n, 2)
    batches = list(lesson.data_iter(batch_size, features, features[:, :1]))
    assert [len(X) for X, _ in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert 1 <= len(batches[-1][0]) <= batch_size
    X, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert torch.equal(X[:, :1], y)
    assert sorted(y.flatten().tolist()) == list(range(0, 2 * n, 2))


def test_data_iter_shuffles_anew():
    random.seed(0)
    numbers = torch.arange(100).reshape(100, 1)
    first, second = (
        torch.cat([X for X, _ in lesson.data_iter(10, numbers, numbers)]).flatten().tolist()
        for _ in range(2)
    )
    assert first != second
    assert first != sorted(first)


@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 6))
def test_model_and_loss_agree_with_d2l_and_torch(seed, n, d):
    X, y, w, b = problem(seed, n, d)
    y_hat = lesson.linreg(X, w, b)
    assert torch.equal(y_hat, d2l.linreg(X, w, b))
    torch.testing.assert_close(y_hat, torch.nn.functional.linear(X, w.T, b))
    for labels in (y, y.flatten()):
        losses = lesson.squared_loss(y_hat, labels)
        assert losses.shape == (n, 1)
        assert torch.equal(losses, d2l.squared_loss(y_hat, labels))
        mean = lesson.loss_fn(y_hat, labels)
        torch.testing.assert_close(2 * mean, torch.nn.functional.mse_loss(y_hat, y))


@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 6), lr=st.floats(1e-4, 1.0))
def test_both_steps_agree_with_d2l_and_torch(seed, n, d, lr):
    X, y, w, b = problem(seed, n, d)
    ends = {}
    for name in ("lecture", "today", "d2l", "torch"):
        params = [w.clone().requires_grad_(), b.clone().requires_grad_()]
        losses = lesson.squared_loss(lesson.linreg(X, *params), y)
        (losses.mean() if name in ("today", "torch") else losses.sum()).backward()
        if name == "lecture":
            lesson.sgd(params, lr, n)
            assert all(torch.count_nonzero(p.grad) == 0 and p.requires_grad for p in params)
        elif name == "today":
            lesson.step(params, lr)
            assert all(torch.count_nonzero(p.grad) > 0 and p.requires_grad for p in params)
            lesson.zero_grad(params)
            assert all(p.grad is None for p in params)
        elif name == "d2l":
            d2l.sgd(params, lr, n)
        else:
            torch.optim.SGD(params, lr=lr).step()
        ends[name] = torch.cat([p.detach().flatten() for p in params])
    assert torch.equal(ends["lecture"], ends["d2l"])
    torch.testing.assert_close(ends["lecture"], ends["torch"])
    torch.testing.assert_close(ends["today"], ends["torch"])


@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 6), lr=st.floats(1e-4, 0.1))
def test_an_epoch_is_torchs(seed, n, d, lr):
    X, y, w, b = problem(seed, n, d)
    batches = list(zip(X.split(7), y.split(7), strict=True))
    ours, theirs = ([p.clone().requires_grad_() for p in (w, b)] for _ in range(2))
    path, losses = lesson.train_epoch(*ours, batches, lesson.loss_fn, lr)
    optimizer = torch.optim.SGD(theirs, lr=lr)
    for k, (X_batch, y_batch) in enumerate(batches):
        loss = ((X_batch @ theirs[0] + theirs[1] - y_batch) ** 2).mean() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert losses[k] == pytest.approx(loss.item())
        now = torch.cat([p.detach().flatten() for p in theirs])
        torch.testing.assert_close(path[k], now)
    assert len(path) == len(losses) == len(batches)
    torch.testing.assert_close(path[-1], lesson.position(*ours))


@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 6))
def test_synthetic_data_is_d2ls(seed, n, d):
    w = torch.arange(1.0, d + 1)
    torch.manual_seed(seed)
    X, y = lesson.synthetic_data(w, 4.2, n)
    torch.manual_seed(seed)
    X_d2l, y_d2l = d2l.synthetic_data(w, 4.2, n)
    assert torch.equal(X, X_d2l)
    assert torch.equal(y, y_d2l)
    assert y.shape == (n, 1)
    assert (y[:, 0] - X @ w - 4.2).abs().max() < 0.1


# The pictures


def run(updates=40):
    """Data (50, 2), (50, 1), positions of a descent, its losses, and least squares (3, 1)."""
    torch.manual_seed(0)
    X = torch.randn(50, 2)
    y = X @ torch.tensor([[2.0], [-3.4]]) + 4.2 + 0.01 * torch.randn(50, 1)
    X1 = torch.cat([X, torch.ones(50, 1)], 1)
    best = torch.linalg.lstsq(X1, y).solution
    positions, losses = [torch.zeros(3)], []
    for _ in range(updates):
        r = X1 @ positions[-1] - y[:, 0]
        losses.append((r**2).mean().item() / 2)
        positions.append(positions[-1] - 0.1 * X1.T @ r / 50)
    return X, y, positions, losses, best


def test_labels_against_features(shown):
    X, y, *_ = run()
    fig, alt = shown(pictures.labels_against_features, X, y)
    left, right = fig.axes
    for j, ax in enumerate((left, right)):
        points = torch.tensor(ax.collections[0].get_offsets().data)
        torch.testing.assert_close(points, torch.stack([X[:, j], y[:, 0]], 1).double())
        assert ax.get_xlabel() == f"$x_{j + 1}$"
        assert len(ax.xaxis.get_gridlines()) > 0 and ax.xaxis.get_gridlines()[0].get_visible()
    assert left.get_ylabel() == "y"
    assert left.get_ylim() == right.get_ylim()
    r = [torch.corrcoef(torch.stack([x, y[:, 0]]))[0, 1].item() for x in X.T]
    assert r[0] > 0 > r[1]
    assert alt == (
        f"50 labels y: against x1 a cloud that rises (correlation {r[0]:.2f}), "
        f"against x2 a cloud that falls (correlation {r[1]:.2f})."
    )


def test_training(shown):
    X, y, positions, losses, best = run()
    fig, alt = shown(pictures.training, X, y, positions, losses, best)
    left, right = fig.axes
    assert (left.get_title(), right.get_title()) == ("the two weights", "the loss")
    way, goal = left.lines
    torch.testing.assert_close(
        torch.tensor(way.get_xydata()), torch.stack(positions)[:, :2].double()
    )
    torch.testing.assert_close(torch.tensor(goal.get_xydata()[0]), best[:2, 0].double())
    assert [t.get_text() for t in left.get_legend().get_texts()] == [
        "one dot per update",
        "least squares",
    ]
    assert left.get_aspect() == 1
    assert (left.get_xlabel(), left.get_ylabel()) == ("$w_1$", "$w_2$")
    # The start and the goal both stand inside, with two units of room.
    assert left.get_xlim()[0] <= -2 + 1e-6 and left.get_xlim()[1] >= 3.99
    assert left.get_ylim()[0] <= -5.39 and left.get_ylim()[1] >= 2 - 1e-6
    curve, floor = right.lines
    assert curve.get_xdata().tolist() == list(range(1, 41))
    torch.testing.assert_close(torch.tensor(curve.get_ydata()), torch.tensor(losses).double())
    r = X @ best[:2] + best[2] - y
    assert floor.get_linestyle() == "--"
    floor = floor.get_ydata()[0]
    assert floor == pytest.approx((r**2).mean().item() / 2, rel=1e-3)
    assert (right.get_xscale(), right.get_yscale()) == ("linear", "log")
    assert (right.get_xlabel(), right.get_ylabel()) == ("update", "mean half squared loss")
    assert [t.get_text() for t in right.get_legend().get_texts()] == [
        "each minibatch",
        "least squares, all examples",
    ]
    last = losses[-4:]
    assert "in 40 updates from (0.0, 0.0) to least squares at (2.0, -3.4)" in alt
    assert f"falls from {losses[0]:.1f} to between {min(last):.1g} and {max(last):.1g}" in alt
    assert f"in the last 4 updates; the loss of least squares is {floor:.2g}." in alt


def test_training_of_a_few_updates(shown):
    X, y, positions, losses, best = run(updates=3)
    _, alt = shown(pictures.training, X, y, positions, losses, best)
    assert "in the last 1 updates" in alt


def test_two_distances(shown):
    *_, positions, _, best = run(updates=140)
    unchanged = [p + 0.01 * k / 140 for k, p in enumerate(positions)]
    truth = torch.tensor([2, -3.4, 4.2])
    fig, alt = shown(pictures.two_distances, positions, unchanged, best, truth, 30)
    (ax,) = fig.axes
    to_best, to_truth, kept, data, change = ax.lines
    path, other = (torch.stack(p).double() for p in (positions, unchanged))
    wanted = (path - best.double().T).norm(dim=1), (path - truth.double()).norm(dim=1)
    jumping = (other - best.double().T).norm(dim=1)
    data_error = (best.double()[:, 0] - truth.double()).norm().item()
    for line, distances in zip((to_best, to_truth), wanted, strict=True):
        assert line.get_xdata().tolist() == list(range(141))
        torch.testing.assert_close(torch.tensor(line.get_ydata()), distances)
    assert list(kept.get_xdata()) == list(range(30, 141))
    torch.testing.assert_close(torch.tensor(kept.get_ydata()), jumping[30:])
    assert kept.get_linewidth() < 1 and kept.get_zorder() < to_best.get_zorder()
    assert data.get_ydata()[0] == pytest.approx(data_error)
    assert change.get_xdata()[0] == 30
    styles = [line.get_linestyle() for line in (to_best, to_truth, kept, data)]
    assert styles == ["-", "--", "-.", ":"]
    assert len({line.get_color() for line in (to_best, to_truth, kept, data)}) == 4
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "to least squares",
        "to the truth",
        "to least squares, rate unchanged",
        "least squares to the truth",
    ]
    assert [t.get_text() for t in ax.texts] == ["smaller learning rate →"]
    assert ax.texts[0].xy[0] == 30
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "distance of (w1, w2, b)")
    first, second = wanted
    assert f"fall together from {first[0]:.2g}; after 30 updates" in alt
    assert f"least squares is {first[30]:.2g}, the one to the truth {second[30]:.2g}." in alt
    ends = [values[-100:].mean().item() for values in (first, jumping, second)]
    assert f"in the mean of the last 100 updates to {ends[0]:.1g}; with" in alt
    assert f"jumps around {ends[1]:.1g}. The second settles at {ends[2]:.1g}, near" in alt
    assert f"dotted line at {data_error:.2g}" in alt


def test_two_distances_of_the_shortest_run(shown):
    *_, positions, _, best = run(updates=100)
    _, alt = shown(pictures.two_distances, positions, positions, best, [2, -3.4, 4.2], 1)
    assert "after 1 updates" in alt


def test_differences(shown):
    y_hat, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.5], [2.0], [3.0]])
    fig, alt = shown(pictures.differences, y_hat - y, y_hat - y.flatten())
    left, right = fig.axes
    assert (left.get_title(), right.get_title()) == ("y of shape (3, 1)", "y of shape (3,)")
    for ax, values in ((left, (y_hat - y).abs()), (right, (y_hat - y.flatten()).abs())):
        torch.testing.assert_close(torch.tensor(ax.images[0].get_array().data), values.double())
        texts = {t.get_position(): t.get_text() for t in ax.texts}
        n, m = values.shape
        assert texts == {(j, i): f"{values[i, j]:.1f}" for i in range(n) for j in range(m)}
        assert list(ax.get_xticks()) == list(ax.get_yticks()) == []
        assert ax.images[0].get_clim() == right.images[0].get_clim()
    centres = [tuple(patch.get_center()) for patch in right.patches]
    torch.testing.assert_close(
        torch.tensor(centres), torch.arange(3.0)[:, None].expand(3, 2).double()
    )
    assert not any(patch.get_fill() for patch in right.patches)
    assert alt == (
        "Left: 3 absolute differences in one column, at most 1.0. Right: a 3 by 3 matrix of "
        "differences up to 2.5; on the diagonal, which is marked, at most 1.0."
    )


X, Y, POSITIONS, LOSSES, BEST = run(updates=5)
TRUTH = [2, -3.4, 4.2]
PATH = torch.stack(POSITIONS)
LONG = torch.stack(run(updates=105)[2])  # (106, 3)
ZERO = torch.cat([LONG[:-1], BEST.T])  # ends at least squares itself
BAD = [
    (pictures.labels_against_features, (X.numpy(), Y), TypeError, "X must be a tensor"),
    (pictures.labels_against_features, (X, Y[:, 0]), ValueError, "y must have shape"),
    (pictures.labels_against_features, (0 * X, Y), ValueError, "X must vary"),
    (pictures.labels_against_features, (X, 0 * Y), ValueError, "y must vary"),
    (pictures.training, (X[:, :1], Y, PATH, LOSSES, BEST), ValueError, "X must have shape"),
    (pictures.training, (X, Y[:3], PATH, LOSSES, BEST), ValueError, "y must have shape"),
    (pictures.training, (X, Y, PATH[:, :2], LOSSES, BEST), ValueError, "positions must have"),
    (pictures.training, (X, Y, PATH[1:], LOSSES, BEST), ValueError, "6 rows for 5 batch_losses"),
    (pictures.training, (X, Y, PATH, [0.0] * 5, BEST), ValueError, "batch_losses must be positive"),
    (pictures.training, (X, Y, PATH, LOSSES, BEST[:, 0]), ValueError, "best must have shape"),
    (pictures.two_distances, ("text", LONG, BEST, TRUTH, 3), TypeError, "positions must be"),
    (pictures.two_distances, (LONG, LONG[1:], BEST, TRUTH, 3), ValueError, "unchanged must have"),
    (pictures.two_distances, (LONG, LONG, BEST.T, TRUTH, 3), ValueError, "best must have shape"),
    (pictures.two_distances, (LONG, LONG, BEST, TRUTH[:2], 3), ValueError, "truth must have"),
    (pictures.two_distances, (LONG, LONG, BEST, TRUTH, 7), ValueError, "rate_changed_at must be"),
    (pictures.two_distances, (LONG, LONG, BEST, TRUTH, 2.5), TypeError, "rate_changed_at must be"),
    (pictures.two_distances, (LONG, LONG, BEST, BEST[:, 0], 3), ValueError, "a distance is zero"),
    (pictures.two_distances, (LONG, ZERO, BEST, TRUTH, 3), ValueError, "a distance is zero"),
    (pictures.differences, (Y[:3, 0], Y[:3]), ValueError, "column must have shape"),
    (pictures.differences, (Y[:3], Y[:3]), ValueError, r"matrix must have shape \(3, 3\)"),
]


@pytest.mark.parametrize(("picture", "arguments", "error", "message"), BAD)
def test_bad_input_is_refused_by_name(shown, picture, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(picture, *arguments)
