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

eigenvalues = torch.linalg.eigvalsh(X_new.T @ X_new / len(y))
start, grid = torch.linalg.lstsq(X_new, y).solution, torch.arange(1, 176) / 100
kept = []
for rate in grid.tolist():
    end = (
        start
        - torch.linalg.matrix_power(
            torch.eye(2, dtype=X_new.dtype) - rate * X_new.T @ X_new / len(y), 10
        )
        @ start
    )
    kept.append((loss(end) - least).item() < 0.01)
good = grid[torch.tensor(kept)]
assert len(good) == round(100 * (good[-1] - good[0]).item()) + 1  # without a gap
in_prose(f"{good[0]:.2f} {good[-1]:.2f} {2 / eigenvalues[-1]:.2f}")

# %% exercise-5-answer
assert 0.25 <= find_lr(X_new, y) * torch.linalg.matrix_norm(X_new, 2) ** 2 / 88 / 2 <= 0.51
