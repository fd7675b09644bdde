"""What the solutions of lesson 3 say, computed again in their own kernel."""

# %% exercise-1-answer
assert error_at_1_5 == -0.125 and error_at_3 == -8
in_prose(f"{1 - 1.5:.1f} {error_at_1_5:.3f}")

# %% ones-matter
assert ratio < 1.02  # at mean 10; at mean 0 the bound without ones is far too large
assert 2 / (around_zero**2).mean() > 90 * largest_stable_lr(around_zero)
assert round(around_zero.std(correction=0).item(), 1) == 0.1

# %% exercise-4-answer
assert updates_at_0_05 == 110 and 0 < loss(w) - least < 0.01
assert torch.equal((X_new * X_new).mean(0).round(decimals=9), torch.ones(2).double())

# %% exercise-5-answer
assert 0.25 <= find_lr(X_new, y) * torch.linalg.matrix_norm(X_new, 2) ** 2 / 88 / 2 <= 0.51
