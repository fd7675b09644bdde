"""What the cells of lesson 1's solutions must have computed."""

# %% exercise-1-answer
in_prose(f"{bid_2:.3f} {abs(residual_2):.3f} {loss_2:.0f}")
in_prose(f"{0.001 * 9903:.3f} {0.1 * 2076:.1f} {10 * 3}")
assert residual_2 < 0

# %% exercise-3-answer
cited("20", "the bias of the lesson's rule in thousands of dollars")

# %% exercise-4-answer
assert (X.shape, y.shape) == ((526, 2), (526, 1))
in_prose(f"{len(X)}")
assert (X @ w - 1 - y[:, 0]).shape == (526, 526)
