"""What the solutions of lesson 4 say, computed again in their own kernel."""

# %% exercise-1-answer
assert batch_size == 320 and floor_factor == 1 / 16
in_prose(f"{(12 / 3) ** 2:.0f} {batch_size:.0f}")

# %% exercise-2-answer
X, y = torch.randn(8, 1).double(), torch.randn(8, 1).double()
w = torch.zeros(1, 1).double()
each = X * -y
for B in (1, 3, 8):
    found = torch.stack([minibatch_gradient(X, y, w, B) for _ in range(4000)])
    wanted = each.var(correction=0) / B * (8 - B) / 7
    assert abs((found - each.mean()).square().mean() - wanted) < 0.12 * wanted + 1e-12

# %% new-data
assert lam.min() > 0.3 and rate_over_batch * lam.sum() / 2 < 0.0101
cited("2000", "the exercise sets this limit")
cited("40", "the solution chooses this batch size")
assert round(2000 / 40) == 50 and (1 - rate_over_batch * 40 * lam[0]) ** 50 < 0.01
in_prose(f"{2000 / 40:.0f} {rate_over_batch * 40:.2f}")
assert rate_over_batch * 40 < 0.3 * 2 / lam[-1]

# Other batches, on all 2000 reads and at a rate in proportion: down to one they work.
for size in (1, 10, 20, 40):
    assert check.final_excess(rate_over_batch * size, size, 2000 // size) < 0.019
in_prose("80 and 200")
# From 80 on they do not, and from 200 on the rate is beyond the bound.
for size in (80, 100, 125, 200, 250):
    assert check.final_excess(rate_over_batch * size, size, 2000 // size) > 0.021
assert rate_over_batch * 200 > 2 / lam[-1] > rate_over_batch * 125

# %% exercise-4-answer
assert new_batch_size * new_num_updates == 2000
assert abs(new_lr - 0.01 * 2 * 40 / lam.sum().item()) < 1e-9
