"""Functions that lesson 10 defines: properties, and agreement with torch and with refits."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

from helpers import data

lesson = definitions(
    ROOT / "notebooks" / "10_house_prices.ipynb",
    "bound_and_condition",
    "standardise",
    "train_by_hand",
    "train_by_library",
    "draw_batches",
    "to_raw_units",
    "standard_errors",
    "forecast",
    "t_quantile",
    "descend",
    "scale",
)
quick = settings(max_examples=50, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def problem(seed, n=15, d=3):
    """Features (n, d) of uneven scales, a design with ones (n, d + 1), and labels (n, 1)."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n, d, generator=generator, dtype=torch.float64) + 1
    X = X * torch.logspace(0, 2, d, dtype=X.dtype)
    y = X.sum(1, keepdim=True) + torch.randn(n, 1, generator=generator, dtype=X.dtype)
    return X, torch.cat([X, torch.ones(n, 1, dtype=X.dtype)], 1), y


@quick
@given(seeds)
def test_bound_separates_convergence_from_divergence(seed):
    X, _, y = problem(seed)
    D = torch.cat([lesson.standardise(X)[0], torch.ones(len(X), 1, dtype=X.dtype)], 1)
    bound, condition = lesson.bound_and_condition(D)
    best = torch.linalg.lstsq(D, y).solution
    assert condition >= 1
    for factor, shrinks in ((0.9, True), (1.1, False)):
        theta = torch.randn(4, 1, generator=torch.Generator().manual_seed(seed)).double()
        start = (theta - best).norm()
        for _ in range(300):
            theta = theta - factor * bound * D.T @ (D @ theta - y) / len(D)
        assert ((theta - best).norm() < start) == shrinks


@quick
@given(seeds)
def test_standardised_columns_have_mean_0_and_spread_1(seed):
    X, _, _ = problem(seed)
    Z, mean, std = lesson.standardise(X)
    torch.testing.assert_close(Z.mean(0), torch.zeros(3, dtype=X.dtype), atol=1e-12, rtol=0)
    torch.testing.assert_close(Z.square().mean(0), torch.ones(3, dtype=X.dtype))
    torch.testing.assert_close(Z * std + mean, X)
    torch.testing.assert_close(lesson.scale(X, X), Z)


@quick
@given(seeds)
def test_scale_does_not_look_at_what_it_scales(seed):
    X, _, _ = problem(seed)
    train, test = X[:10], X[10:]
    changed = torch.cat([test[:1] * 100, test[1:]])
    torch.testing.assert_close(lesson.scale(test, train)[1:], lesson.scale(changed, train)[1:])


@quick
@given(seeds)
def test_raw_units_predict_the_same(seed):
    X, D, _ = problem(seed)
    Z, mean, std = lesson.standardise(X)
    theta = torch.randn(4, generator=torch.Generator().manual_seed(seed), dtype=X.dtype)
    raw = lesson.to_raw_units(theta, mean, std)
    torch.testing.assert_close(D @ raw, Z @ theta[:3] + theta[3], rtol=1e-9, atol=1e-9)
    rows = torch.stack([theta, 2 * theta])
    torch.testing.assert_close(lesson.to_raw_units(rows, mean, std)[0], raw)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch_size", [1, 4, 7, 15])
@pytest.mark.parametrize("seed", range(3))
def test_both_trainings_are_the_same_for_uneven_batches_too(dtype, batch_size, seed):
    X, _, y = problem(seed)
    Z = lesson.standardise(X)[0].to(dtype)
    batches = lesson.draw_batches(len(Z), batch_size, 4, seed)
    traces = [
        train(Z, y.to(dtype) / 100, batches, lambda k: 0.1 / (1 + k / 5))
        for train in (lesson.train_by_hand, lesson.train_by_library)
    ]
    assert traces[0].shape == (len(batches), 4)
    torch.testing.assert_close(*traces, rtol=1e-4 if dtype is torch.float32 else 1e-10, atol=1e-5)


def test_decay_gets_closer_to_least_squares_than_a_constant_rate():
    for seed in range(5):
        X, _, y = problem(seed, n=40)
        Z = lesson.standardise(X)[0]
        best = torch.linalg.lstsq(torch.cat([Z, torch.ones(40, 1, dtype=Z.dtype)], 1), y).solution
        batches = lesson.draw_batches(40, 10, 150, seed)
        constant = lesson.train_by_hand(Z, y, batches, lambda k: 0.3)[-1]
        decayed = lesson.train_by_hand(Z, y, batches, lambda k: 0.3 / (1 + k / 16))[-1]
        assert (decayed - best[:, 0]).norm() < (constant - best[:, 0]).norm() / 3


@quick
@given(st.integers(1, 30), st.integers(1, 12), st.integers(1, 4), seeds)
def test_each_epoch_holds_every_row_once(n, batch_size, num_epochs, seed):
    batches = lesson.draw_batches(n, batch_size, num_epochs, seed)
    per_epoch = -(-n // batch_size)
    assert len(batches) == num_epochs * per_epoch
    for start in range(0, len(batches), per_epoch):
        epoch = batches[start : start + per_epoch]
        assert sorted(row for rows in epoch for row in rows) == list(range(n))
        assert all(len(rows) == batch_size for rows in epoch[:-1])
    assert batches == lesson.draw_batches(n, batch_size, num_epochs, seed)


@quick
@given(seeds)
def test_forecast_agrees_with_the_textbook_formula(seed):
    _, D, y = problem(seed)
    y_hat, error, leverage = lesson.forecast(D[:12], y[:12], D[12:])
    theta = torch.linalg.lstsq(D[:12], y[:12]).solution
    torch.testing.assert_close(y_hat, (D[12:] @ theta)[:, 0])
    inverse = torch.linalg.inv(D[:12].T @ D[:12])
    torch.testing.assert_close(
        leverage, (D[12:] @ inverse @ D[12:].T).diagonal(), rtol=1e-6, atol=0
    )
    s2 = (D[:12] @ theta - y[:12]).square().sum() / 8
    torch.testing.assert_close(error, (s2 * (1 + leverage)).sqrt())
    torch.testing.assert_close(
        lesson.standard_errors(D[:12], y[:12], theta[:, 0]),
        (s2 * inverse.diagonal()).sqrt(),
        rtol=1e-6,
        atol=0,
    )


def test_forecast_of_many_splits_is_one_by_one():
    _, D, y = problem(0)
    rows = torch.stack(
        [torch.randperm(15, generator=torch.Generator().manual_seed(k)) for k in range(4)]
    )
    train, test = rows[:, :10], rows[:, 10:]
    together = lesson.forecast(D[train], y[train], D[test])
    for k in range(4):
        alone = lesson.forecast(D[train[k]], y[train[k]], D[test[k]])
        for many, one in zip(together, alone, strict=True):
            torch.testing.assert_close(many[k], one)


@quick
@given(st.floats(0.5, 0.99))
def test_t_quantile_in_closed_form_for_two_degrees_of_freedom(q):
    a = 2 * q - 1
    assert lesson.t_quantile(q, 2) == pytest.approx(a * math.sqrt(2 / (1 - a * a)), abs=2e-3)


def test_t_quantile_approaches_the_normal_one():
    normal = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(0.95)).item()
    assert lesson.t_quantile(0.95, 100_000) == pytest.approx(normal, abs=1e-3)
    assert lesson.t_quantile(0.95, 62) > lesson.t_quantile(0.95, 84) > normal


def test_interval_covers_what_it_promises_on_normal_noise():
    generator = torch.Generator().manual_seed(0)
    D = torch.randn(4000, 20, 3, generator=generator, dtype=torch.float64)
    y = D.sum(-1, keepdim=True) + torch.randn(4000, 20, 1, generator=generator, dtype=D.dtype)
    y_hat, error, _ = lesson.forecast(D[:, :15], y[:, :15], D[:, 15:])
    inside = (y_hat - y[:, 15:, 0]).abs() <= lesson.t_quantile(0.95, 15 - 3) * error
    assert inside.double().mean().item() == pytest.approx(0.9, abs=0.01)


def test_descent_ends_at_least_squares():
    X, _, y = problem(1)
    Z = lesson.standardise(X)[0]
    D = torch.cat([Z, torch.ones(15, 1, dtype=Z.dtype)], 1)
    ending = lesson.descend(Z[None], y[None], Z[None], num_updates=2000)
    torch.testing.assert_close(ending[0], lesson.forecast(D, y, D)[0])


def test_a_unit_of_area_changes_what_exercise_1_says():
    houses = data.house_prices()
    ones = torch.ones(88, 1, dtype=houses.X.dtype)
    fits = []
    for unit in (1.0, 0.0929):
        X = houses.X * torch.tensor([unit, unit, 1.0], dtype=ones.dtype)
        D = torch.cat([X, ones], 1)
        weight = torch.linalg.lstsq(D, houses.y).solution[1, 0]
        fits.append((weight.item(), lesson.bound_and_condition(D)[0].item()))
    assert fits[1][0] / fits[0][0] == pytest.approx(1 / 0.0929, rel=1e-3)
    assert fits[1][1] / fits[0][1] == pytest.approx(1 / 0.0929**2, rel=1e-3)
