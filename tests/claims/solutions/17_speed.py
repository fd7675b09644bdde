"""What the solutions of lesson 17 say, computed again in their own kernel."""

import torch

# %% exercise-1-answer
assert [round(t, 9) for t in (least_ms, formula_ms, calls_ms)] == [10, 20, 100]
in_prose(f"{numbers / 1e6:.0f} million {4 * numbers / 1e6:.0f} million {20} {40}")
in_prose(f"{1_000_000 / 100:,.0f}")
assert calls_ms / least_ms == 10  # ten times the least time

# %% exercise-2-answer
for n, d in ((5, 3), (40, 2)):
    X, y, w = torch.randn(n, d), torch.randn(n, 1), torch.randn(d, 1)
    singles = [x * (x @ w - t) for x, t in zip(X, y, strict=True)]
    expected = torch.stack([(g**2).sum() for g in singles]).mean()
    torch.testing.assert_close(mean_square_length(X, y, w), expected)

# %% exercise-3-answer
B, k = 10, 40
copies = sum(B * turn for turn in range(1, k + 1))
assert 0.9 < copies / (k**2 * B / 2) < 1.1

# %% exercise-4-answer
assert batch_size_for([1, 10], [2.9, 11.9], 0.5) == 2  # c = 1.9, p = 1
for share in (0.1, 0.4, 0.8):
    best = batch_size_for([1, 10], [3.001, 12.001], share)
    assert 2.001 / (2.001 + best) <= share
    assert best == 1 or 2.001 / (2.001 + best - 1) > share
