"""The functions that lesson 1 defines, and its figures, against torch, d2l and exact cases."""

import matplotlib.pyplot as plt
import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers import figures

lesson = definitions(
    ROOT / "notebooks" / "01_linear_model.ipynb",
    "typical_miss",
    "squared_loss",
    "best_squared_line",
    "best_absolute_line",
    "estimated_slopes",
    "with_ones",
    "exact_solution",
    "gradient",
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
    torch.testing.assert_close(lesson.squared_loss(y_hat, y), d2l.squared_loss(y_hat, y))
    mse = torch.nn.functional.mse_loss(y_hat, y).item()
    assert lesson.typical_miss(y_hat, y) == pytest.approx(mse**0.5)


@quick
@given(seed=seeds, n=st.integers(1, 30), d=st.integers(1, 5))
def test_gradient_is_autograds(seed, n, d):
    X, y, theta = problem(seed, n, d)
    D = lesson.with_ones(X)
    leaf = theta.clone().requires_grad_()
    lesson.squared_loss(D @ leaf, y).mean().backward()
    torch.testing.assert_close(lesson.gradient(D, y, theta), leaf.grad)


@quick
@given(seed=seeds, n=st.integers(12, 40), d=st.integers(1, 4))
def test_exact_solution_is_least_squares(seed, n, d):
    X, y, theta = problem(seed, n, d)
    D = lesson.with_ones(X)
    best = lesson.exact_solution(D, y)
    torch.testing.assert_close(best, torch.linalg.lstsq(D, y).solution)
    assert lesson.gradient(D, y, best).norm() < 1e-10
    least = lesson.squared_loss(D @ best, y).mean()
    assert lesson.squared_loss(D @ (best + 0.1 * theta), y).mean() > least


@quick
@given(seed=seeds, n=st.integers(2, 20))
def test_lines_are_the_best_of_their_loss(seed, n):
    X, y, theta = problem(seed, n, 1)
    x, y = X[:, 0], y[:, 0]
    for fit, power in ((lesson.best_squared_line, 2), (lesson.best_absolute_line, 1)):
        best = fit(x, y)
        least = (best[0] * x + best[1] - y).abs().pow(power).mean()
        for step in (1.0, 0.1, -0.1, -1.0):
            slope, base = best + step * theta[:, 0]
            assert (slope * x + base - y).abs().pow(power).mean() >= least - 1e-12


def test_absolute_line_meets_points_on_a_line_and_ignores_one_beside_it():
    x = torch.tensor([0.0, 1.0, 1.0, 2.0, 5.0])  # two points share their x
    y = 3 * x + 1
    y[3] = 1000.0
    torch.testing.assert_close(lesson.best_absolute_line(x, y), torch.tensor([3.0, 1.0]))


def test_estimated_slopes_are_centred_on_the_truth():
    torch.manual_seed(1)
    slopes = lesson.estimated_slopes(400, 100)
    assert slopes.shape == (400,)
    assert slopes.mean().item() == pytest.approx(140, abs=3)


# Its figures


def test_network_has_a_line_and_a_label_for_every_parameter():
    fig = figures.draw_network(("rooms", "area"), "price")
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert len(fig.axes[0].lines) == 3
    assert {"$w_1$", "$w_2$", "$b$", "rooms", "area", "price"} <= set(texts)
    plt.close(fig)


@pytest.mark.parametrize(
    ("inputs", "output", "error", "message"),
    [
        ((), "price", ValueError, "1 to 8 texts, got 0"),
        (["x"] * 9, "price", ValueError, "got 9"),
        ([1, 2], "price", TypeError, r"inputs\[0\] must be a text, got int"),
        (["x"], None, TypeError, "output must be a text, got NoneType"),
    ],
)
def test_network_refuses(inputs, output, error, message):
    with pytest.raises(error, match=message):
        figures.draw_network(inputs, output)


def test_neuron_names_its_parts():
    fig = figures.draw_neuron()
    texts = " ".join(text.get_text() for text in fig.axes[0].texts)
    for part in ("dendrites", "synapses", "cell body", "nucleus", "activation", "axon"):
        assert part in texts
    plt.close(fig)


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
