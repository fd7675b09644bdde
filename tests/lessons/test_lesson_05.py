"""The functions that lesson 5 defines, against d2l, torch and central differences."""

import random

import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

lesson = definitions(
    ROOT / "notebooks" / "05_from_scratch.ipynb",
    "synthetic_data",
    "data_iter",
    "linreg",
    "squared_loss",
    "sgd",
    "gradient_by_formula",
    "gradient_by_differences",
)
quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**31)
sizes = st.integers(1, 40)


def problem(seed, n, d):
    """Random X (n, d), y (n, 1), w (d, 1) and b (1,) in float64."""
    torch.manual_seed(seed)
    return [torch.randn(*shape, dtype=torch.float64) for shape in ((n, d), (n, 1), (d, 1), (1,))]


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
def test_gradients_agree(seed, n, d):
    X, y, w, b = problem(seed, n, d)
    by_formula = lesson.gradient_by_formula(X, y, w, b)

    def loss_of(w, b):
        return lesson.squared_loss(lesson.linreg(X, w, b), y).mean()

    by_differences = (
        lesson.gradient_by_differences(lambda w: loss_of(w, b), w),
        lesson.gradient_by_differences(lambda b: loss_of(w, b), b),
    )
    leaves = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    by_autograd = torch.autograd.grad(loss_of(*leaves), leaves)
    for formula, autograd, differences in zip(by_formula, by_autograd, by_differences, strict=True):
        torch.testing.assert_close(formula, autograd, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(formula, differences, rtol=1e-6, atol=1e-6)


@quick
@given(seed=seeds)
def test_central_differences_of_a_function_that_is_not_quadratic(seed):
    torch.manual_seed(seed)
    theta = torch.randn(6, dtype=torch.float64)
    gradient = lesson.gradient_by_differences(lambda t: t.sin().sum(), theta)
    torch.testing.assert_close(gradient, theta.cos(), rtol=1e-6, atol=1e-7)


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
    torch.testing.assert_close(2 * losses.mean(), torch.nn.functional.mse_loss(y_hat, y))


@quick
@given(seed=seeds, n=sizes, d=st.integers(1, 6), lr=st.floats(1e-4, 1.0))
def test_sgd_agrees_with_d2l_and_torch(seed, n, d, lr):
    X, y, w, b = problem(seed, n, d)
    ends = []
    for step in ("lesson", "d2l", "torch"):
        params = [w.clone().requires_grad_(), b.clone().requires_grad_()]
        lesson.squared_loss(lesson.linreg(X, *params), y).sum().backward()
        if step == "lesson":
            lesson.sgd(params, lr, n)
            assert all(torch.count_nonzero(p.grad) == 0 and p.requires_grad for p in params)
        elif step == "d2l":
            d2l.sgd(params, lr, n)
        else:
            torch.optim.SGD(params, lr=lr / n).step()
        ends.append(torch.cat([p.detach().flatten() for p in params]))
    assert torch.equal(ends[0], ends[1])
    torch.testing.assert_close(ends[0], ends[2])


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
