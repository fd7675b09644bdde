"""Lesson 7: both programs are one for any data, start, order and batch size; slips are seen."""

import pytest
import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery import reading
from torch import nn

(LESSON,) = [path for path in reading.LESSONS if path.name.startswith("07_")]
NAMES = ("program_1", "program_2", "load_array", "first_epoch", "one_epoch", "mean_square")


def lesson(**setting):
    """The lesson's functions, with the settings that they read from the notebook's top level."""
    functions = reading.definitions(LESSON, *NAMES)
    functions.program_1.__globals__.update(setting)
    return functions


def data_set(seed, n, dtype):
    torch.manual_seed(seed)
    X, y = d2l.synthetic_data(torch.tensor([2, -3.4]), 4.2, n)
    return X.to(dtype), y.to(dtype)


def recorded(functions, n, batch_size, num_epochs):
    loader = functions.load_array((torch.arange(n),), batch_size)
    return [[rows for (rows,) in loader] for _ in range(num_epochs)]


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    batch_size=st.integers(1, 12),
    batches=st.integers(1, 6),
    num_epochs=st.integers(1, 3),
    lr=st.floats(0.001, 0.1),
    precision=st.sampled_from([(torch.float32, 2e-6), (torch.float64, 1e-12)]),
)
def test_program_2_at_half_the_rate_is_program_1(
    seed, batch_size, batches, num_epochs, lr, precision
):
    dtype, bound = precision
    functions = lesson(batch_size=batch_size, num_epochs=num_epochs)
    X, y = data_set(seed, batch_size * batches, dtype)
    order = recorded(functions, len(X), batch_size, num_epochs)
    by_hand = functions.program_1(X, y, order, lr, seed)
    by_library = functions.program_2(X, y, lr / 2, seed)
    assert by_hand.shape == by_library.shape == (batches * num_epochs, 3)
    assert by_hand.dtype == by_library.dtype == dtype
    assert (by_hand - by_library).abs().max() < bound


@pytest.mark.parametrize("slip", ["full lr", "other start", "other order", "short batch"])
def test_the_comparison_sees_slips(slip):
    functions = lesson(batch_size=10, num_epochs=1)
    X, y = data_set(0, 44 if slip == "short batch" else 40, torch.float64)
    order = recorded(functions, len(X), 10, 1)
    if slip == "other order":
        order[0][1], order[0][2] = order[0][2], order[0][1]
    by_hand = functions.program_1(X, y, order, 0.03, seed=1 if slip == "other start" else 0)
    by_library = functions.program_2(X, y, 0.03 if slip == "full lr" else 0.015, seed=0)
    apart = (by_hand - by_library).abs().amax(dim=1) > 1e-6
    first = {"full lr": 0, "other start": 0, "other order": 1, "short batch": 4}[slip]
    assert apart.tolist() == [k >= first for k in range(len(apart))]


def test_load_array_repeats_itself_and_shuffles_each_epoch_anew():
    functions = lesson()
    first, second = (recorded(functions, 50, 7, 2) for _ in range(2))
    for epoch, again in zip(first, second, strict=True):
        assert [len(rows) for rows in epoch] == [7] * 7 + [1]
        assert torch.cat(epoch).sort().values.equal(torch.arange(50))
        assert torch.cat(epoch).equal(torch.cat(again))
    assert not torch.cat(first[0]).equal(torch.cat(first[1]))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**20), gradient=st.sampled_from([0.5, 1.0]))
def test_first_epoch_is_what_autograd_does(seed, gradient):
    functions = lesson(batch_size=8, lr=0.03)
    X, y = data_set(seed, 44, torch.float64)
    for divisor in ("batch_size", "len(y)"):
        printed, positions = functions.first_epoch(X, y, 0.5, gradient, 40 + 4, divisor)
        w = torch.zeros(2, 1, dtype=X.dtype, requires_grad=True)
        b = torch.zeros(1, dtype=X.dtype, requires_grad=True)
        for rows in torch.arange(44).split(8):
            (gradient * (d2l.linreg(X[rows], w, b) - y[rows]) ** 2).sum().backward()
            d2l.sgd([w, b], 0.03, 8 if divisor == "batch_size" else len(rows))
        expected = torch.cat([w.flatten(), b]).detach()
        torch.testing.assert_close(positions[-1], expected, rtol=1e-12, atol=1e-12)
        loss = d2l.squared_loss(d2l.linreg(X, w, b), y).mean().item()
        assert printed == pytest.approx(loss, rel=1e-10)


def test_mean_square_is_mse_loss():
    X, y = data_set(3, 30, torch.float32)
    functions = lesson(features=X, labels=y)
    positions = torch.randn(4, 3)
    for position, value in zip(positions, functions.mean_square(positions, 20), strict=True):
        y_hat = d2l.linreg(X[:20], position[:2].reshape(2, 1), position[2])
        assert value.item() == pytest.approx(nn.MSELoss()(y_hat, y[:20]).item(), rel=1e-5)


@settings(max_examples=10, deadline=None)
@given(b=st.integers(1, 20), batches=st.integers(1, 4), short=st.integers(0, 19))
def test_sum_and_mean_agree_until_a_short_batch(b, batches, short):
    short = short % b
    X, y = data_set(b, b * batches + short, torch.float32)
    functions = lesson(features=X, labels=y)
    mean = functions.one_epoch(nn.MSELoss(), 0.01, b)
    total = functions.one_epoch(nn.MSELoss(reduction="sum"), 0.01 / b, b)
    torch.testing.assert_close(mean[:batches], total[:batches], rtol=1e-5, atol=2e-6)
    if short:
        assert (mean[-1] - total[-1]).abs().max() > 1e-5
