"""What lesson 0, before you start, must have computed, cell by cell."""

import math
import warnings

import numpy as np
import torch
from scipy import stats

# %% shape-dtype
assert a.shape == (2, 3) and a.dtype == torch.get_default_dtype() == torch.float32
assert torch.tensor(1.0).shape == () and torch.tensor([1.0, 2.0, 3.0]).shape == (3,)
assert torch.stack([a] * 8).shape == (8, 2, 3)
assert np.array([1.0]).dtype == np.float64
for dtype, digits in ((np.float32, 7), (np.float64, 16)):
    assert digits - 1 < -math.log10(np.finfo(dtype).eps) <= digits

# %% whole-numbers
assert counts.tolist() == [2, 4] and counts.dtype == torch.int64
assert (counts / 2).dtype == counts.float().dtype == torch.float32
assert counts.double().dtype == torch.float64
try:
    counts.mean()
except RuntimeError:
    no_mean_of_whole_numbers = True
assert no_mean_of_whole_numbers
assert torch.zeros(2, 3).shape == torch.ones(2, 3).shape == (2, 3)

# %% rows-columns
assert torch.arange(1.0, 7.0).tolist() == [1, 2, 3, 4, 5, 6]
assert a[0].shape == (3,) and a[:, 1].shape == (2,) and a[:, 1:2].shape == (2, 1)

# %% along
assert a.mean(dim=0).shape == (3,) and a.mean(dim=1).shape == (2,) and a.sum().shape == ()
assert type(a.sum().item()) is float
try:
    a.item()
except RuntimeError:
    refused = True
assert refused

# %% transpose
assert a.T.shape == (3, 2) and batch.shape == (8, 2, 3)
assert batch.mT.shape == (8, 3, 2) and batch.numpy().T.shape == (3, 2, 8)
always = torch.is_warn_always_enabled()
torch.set_warn_always(True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    complained = batch.T.shape == (3, 2, 8)
    assert torch.ones(3).T.shape == (3,)
torch.set_warn_always(always)
assert complained and ".T" in str(caught[0].message)

# %% view
assert a[0, 0] == 100 and row.data_ptr() == a.data_ptr()
for view in (a[:, 1:2], a[:1], a.T, a.reshape(3, 2), a.flatten()):
    assert view.untyped_storage().data_ptr() == a.untyped_storage().data_ptr()
# reshape gives a view only where it can
assert a.T.reshape(6).untyped_storage().data_ptr() != a.untyped_storage().data_ptr()

# %% clone
assert a[0, 0] == 100 and copy[0] == 1

# %% in-place
assert b.tolist() == [5, 5]
other = b.clone()
same = other
other += 5
assert same is other and same.tolist() == [10, 10]
other = other + 5
assert same is not other and same.tolist() == [10, 10]

# %% detach
assert w.tolist() == [9, 2] and w.requires_grad and not numbers.requires_grad
assert numbers.data_ptr() == w.data_ptr() != w.detach().clone().data_ptr()

# %% centre
torch.testing.assert_close((c - c.mean(dim=0)).mean(dim=0), torch.zeros(2))

# %% pairs
assert (y_hat - y).shape == (3, 3)
torch.testing.assert_close((y_hat - y).diagonal(), (y_hat - y.reshape(-1, 1))[:, 0])

# %% from-numpy
assert shared[0] == 8 and copied[0] == 0.5
assert shared.double() is shared and shared.float().data_ptr() != shared.data_ptr()
try:
    torch.from_numpy(array, dtype=torch.float32)
except TypeError:
    takes_no_dtype = True
assert takes_no_dtype
assert shared.dtype == copied.dtype == torch.float64
try:
    shared.reshape(1, 2) @ torch.ones(2, 1)
except RuntimeError:
    mixed_fails = True
assert mixed_fails

# %% from-pandas
assert X.shape == (2, 1) and X.dtype == torch.float32
assert torch.tensor(sales["area"].to_numpy()).shape == (2,)
assert X.numpy().__array_interface__["data"][0] == X.data_ptr()
assert pd.DataFrame(X).shape == (2, 1)
recorded = torch.ones(2, requires_grad=True)
try:
    recorded.numpy()
except RuntimeError:
    refuses = True
assert refuses and recorded.detach().numpy().tolist() == [1, 1]

# %% slope-table
assert all(abs(rise / run - 2) < 1.001 * run for run, rise, _ in rows)
# The rules, by steps to both sides, at some places.
rules = (
    (lambda x: 7.0, lambda x: 0),
    (lambda x: x, lambda x: 1),
    (f, lambda x: 2 * x),
    (lambda x: 5 * f(x), lambda x: 5 * 2 * x),
    (lambda x: f(x) + 3 * x, lambda x: 2 * x + 3),
)
for function, slope_of in rules:
    for place in (-2.0, 0.0, 1.5):
        measured = (function(place + 1e-3) - function(place - 1e-3)) / 2e-3
        assert abs(measured - slope_of(place)) < 1e-6

# %% gradient
in_prose(f"{2 * 2} {3 * 2 * 1}")
assert abs(slope_1 - 4) < 1e-6 and abs(slope_2 - 6) < 1e-6
# Stepping to both sides comes closer than one side alone.
x = torch.tensor(2.0, dtype=torch.float64)
both = ((x + h) ** 3 - (x - h) ** 3) / (2 * h) - 12
alone = ((x + h) ** 3 - x**3) / h - 12
assert abs(both) < abs(alone) / 100
# The gradient is the steepest of all directions.
turn = torch.linspace(0, 2 * math.pi, 3601, dtype=torch.float64)
heights = g(2 + 1e-4 * turn.cos(), 1 + 1e-4 * turn.sin())
assert abs(turn[heights.argmax()] - math.atan2(slope_2, slope_1)) < 0.01

# %% chain
assert inner(2) == 7
in_prose(f"{2 * inner(2)} {2 * inner(2) * 3}")
assert abs(by_difference - 42) < 1e-6

# %% product
assert (X @ w).tolist() == [[12], [34], [56]]
in_prose(f"{1 * 10 + 2 * 1}")
assert (X * w.T).shape == (3, 2)

# %% variance
assert values.mean() == 6 and squares.sum() / 5 == 8 and squares.sum() / 4 == 10
# On average n - 1 is right and n too small, whatever the seed.
for seed in range(10):
    generator = torch.Generator().manual_seed(seed)
    samples = torch.randn(100_000, 5, dtype=torch.float64, generator=generator)
    assert abs(samples.var(dim=1).mean() - 1) < 0.02
    assert abs(samples.var(dim=1, correction=0).mean() - 0.8) < 0.02
# Their own mean is closer in squared distance than any other number, here the mean of all.
own = (samples - samples.mean(dim=1, keepdim=True)).square().sum(dim=1)
assert (own <= samples.square().sum(dim=1)).all()

# %% spreads
in_prose(f"{8**0.5:.2f} {10**0.5:.2f}")
found = {name: round(float(value), 2) for name, value in spreads.items()}
assert found == {"torch": 3.16, "torch, correction=0": 2.83, "numpy": 2.83, "pandas": 3.16}

# %% draws
assert abs(stats.norm.cdf(1) - stats.norm.cdf(-1) - 2 / 3) < 0.02  # two thirds
in_prose(f"{100 * (stats.norm.cdf(2) - stats.norm.cdf(-2)):.0f}")
for seed in range(10):
    generator = torch.Generator().manual_seed(seed)
    off = torch.randn(100_000, generator=generator).abs()
    for k in (1, 2):
        expected = stats.norm.cdf(k) - stats.norm.cdf(-k)
        assert abs((off < k).double().mean() - expected) < 0.006
# A fresh run, with the seed of the first cell, draws the same again; rand lies between 0 and 1.
torch.manual_seed(0)
again = torch.randn(10)
torch.manual_seed(0)
assert torch.equal(again, torch.randn(10))
even = torch.rand(100_000)
assert even.min() >= 0 and even.max() < 1 and abs(even.double().std() - 12**-0.5) < 0.01

# %% means
assert abs(means.std() / 6 - 1) < 0.1
in_prose(f"{100**0.5:.0f}")
for seed in range(10):
    generator = torch.Generator().manual_seed(seed)
    again = 300 + 60 * torch.randn(1000, 100, generator=generator)
    assert abs(again.mean(dim=1).std() / 6 - 1) < 0.1
    # The sum of 100 has 100 times the variance of one, their mean a hundredth of it.
    assert abs(again.sum(dim=1).var() / (100 * 60**2) - 1) < 0.2
    assert abs(again.mean(dim=1).var() / (60**2 / 100) - 1) < 0.2

# %% arrows
assert (H @ arrows).T.tolist() == [[2, 1], [3, 3], [1, -1]]
turned = math.degrees(math.atan2(1, 2))
in_prose(f"{turned:.0f}")

# %% eigenvalues
torch.testing.assert_close(torch.linalg.eigvalsh(H), torch.tensor([1.0, 3.0]))
reversing = torch.tensor([[1.0, 2.0], [2.0, 1.0]])  # a negative eigenvalue reverses (1, -1)
assert (reversing @ torch.tensor([1.0, -1.0])).tolist() == [-1, 1]

# %% exercise-4-answer
in_prose(f"{300 - 2 * 60} {300 + 2 * 60}")
