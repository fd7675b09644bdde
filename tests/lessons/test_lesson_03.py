"""Lesson 3: the functions that it defines, by property and against torch."""

import pytest
import torch
from answers import lesson_03 as answers
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import LESSONS, ROOT, definitions

from helpers import figures
from helpers.checks import lesson_03 as checks

PATH = ROOT / "notebooks" / "03_gradient_descent.ipynb"
assert PATH in LESSONS
lesson = definitions(
    PATH,
    "loss",
    "gradient",
    "gradient_by_differences",
    "descend",
    "measured_factor",
    "draw_batches",
    "sgd",
    "descend_with_library",
)
FLOAT = torch.float64
few = settings(max_examples=50, deadline=None)
problems = st.tuples(st.integers(0, 10_000), st.integers(4, 30), st.integers(1, 4))


def problem(seed, n, d):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=FLOAT) for shape in shapes]


@few
@given(problems)
def test_three_gradients_agree(sizes):
    X, y, w = problem(*sizes)
    formula = lesson.gradient(X, y, w)
    differences = lesson.gradient_by_differences(lambda w: lesson.loss(X, y, w), w)
    (autograd,) = torch.autograd.grad(lesson.loss(X, y, w.requires_grad_()), w)
    torch.testing.assert_close(autograd, formula, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(differences, formula, rtol=1e-6, atol=1e-8)


@few
@given(problems)
def test_gradient_of_a_stack_is_that_of_each_batch(sizes):
    X, y, w = problem(*sizes)
    X2, y2, _ = problem(sizes[0] + 1, *sizes[1:])
    stacked = lesson.gradient(torch.stack([X, X2]), torch.stack([y, y2]), w)
    torch.testing.assert_close(stacked[0], lesson.gradient(X, y, w))
    torch.testing.assert_close(stacked[1], lesson.gradient(X2, y2, w))


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
        expected = torch.tensor((1 - 2 * share) ** 5, dtype=FLOAT)
        torch.testing.assert_close(along, expected, rtol=1e-6, atol=1e-9)


@few
@given(problems)
def test_sgd_on_all_rows_is_gradient_descent_and_the_librarys(sizes):
    X, y, w = problem(*sizes)
    lr = (1 / torch.linalg.eigvalsh(X.T @ X / len(X))[-1]).item()
    rows = torch.arange(len(X)).expand(20, -1)
    full = lesson.descend(X, y, w, lr, 20)
    assert full.shape == (21, X.shape[1])
    torch.testing.assert_close(lesson.sgd(X, y, w, [lr] * 20, rows), full)
    torch.testing.assert_close(lesson.descend_with_library(X, y, w, lr, rows), full)


@few
@given(problems, st.integers(1, 7))
def test_sgd_by_hand_is_torch_optim(sizes, batch_size):
    X, y, w = problem(*sizes)
    batches = lesson.draw_batches(len(X), (30, batch_size), seed=sizes[0])
    ours = lesson.sgd(X, y, w, [0.01] * 30, batches)
    theirs = lesson.descend_with_library(X, y, w, 0.01, batches)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


@few
@given(problems)
def test_runs_side_by_side_are_the_runs_one_by_one(sizes):
    X, y, w = problem(*sizes)
    batches = lesson.draw_batches(len(X), (10, 3, 2), seed=sizes[0])
    together = lesson.sgd(X, y, w.expand(3, *w.shape), [0.01] * 10, batches)
    for k in range(3):
        alone = lesson.sgd(X, y, w, [0.01] * 10, batches[:, k])
        torch.testing.assert_close(together[:, k], alone)


@few
@given(st.integers(1, 50), st.integers(1, 20), st.integers(0, 1000))
def test_batches_are_rows_and_come_again(num_examples, batch_size, seed):
    state = torch.random.get_rng_state()
    batches = lesson.draw_batches(num_examples, (4, batch_size), seed)
    assert batches.shape == (4, batch_size)
    assert batches.min() >= 0 and batches.max() < num_examples
    assert torch.equal(batches, lesson.draw_batches(num_examples, (4, batch_size), seed))
    assert torch.equal(torch.random.get_rng_state(), state)


@few
@given(st.floats(0.1, 1.05))
def test_measured_factor_of_a_geometric_sequence(factor):
    distance = 100 * factor ** torch.arange(1500, dtype=FLOAT)
    assert abs(lesson.measured_factor(distance) - factor) < 1e-9


def test_sgd_wants_a_rate_for_every_batch():
    X, y, w = problem(0, 5, 2)
    with pytest.raises(ValueError, match="longer"):
        lesson.sgd(X, y, w, [0.1], lesson.draw_batches(5, (2, 3), seed=0))


def panels(**changed):
    """Call path_panels with good arguments, but for the changed ones."""
    X, y, _ = problem(0, 9, 2)
    way = torch.zeros(4, 3)
    good = {
        "X": X,
        "y": y,
        "best": torch.zeros(3),
        "paths": {"a": way, "b": way + 1},
        "w1": (-1, 1),
        "w2": (-1, 1),
    }
    return figures.path_panels(**good | changed)


def test_path_panels_draws_a_panel_a_way_and_its_curve_below():
    assert len(panels().axes) == 2
    curves = {"a": torch.ones(4), "b": torch.ones(4)}
    fig = panels(curves=curves, curve_name="loss")
    assert len(fig.axes) == 4
    assert [ax.get_title() for ax in fig.axes[:2]] == ["a", "b"]
    assert fig.axes[2].get_ylabel() == "loss"
    figures.plt.close("all")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"paths": {"a": torch.zeros(4, 3)}}, "2 to 5 ways, got 1"),
        ({"curves": {"a": torch.ones(4)}}, "titles of paths"),
        ({"best": torch.zeros(2)}, r"best must have shape \(m, 3\)"),
        ({"paths": {"a": torch.zeros(4, 2), "b": torch.zeros(4, 2)}}, "a must have shape"),
        ({"w1": (1, -1)}, "low < high"),
    ],
)
def test_path_panels_refuses(changed, message):
    with pytest.raises(ValueError, match=message):
        panels(**changed)
    figures.plt.close("all")


@pytest.fixture
def double_by_default():
    """The lesson computes in float64, so that its checkers meet answers in that, too."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", answers.RIGHT)
def test_checkers_judge_alike_in_the_lessons_float64(name, double_by_default, capsys):
    checker = getattr(checks, name)
    for answer in answers.RIGHT[name]:
        checker(*answer)
        assert ": right. " in capsys.readouterr().out
    for answer, fragment in answers.WRONG[name]:
        checker(*answer)
        assert fragment in " ".join(capsys.readouterr().out.split())
