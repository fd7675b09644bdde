"""Claims of the solutions of lesson 6."""

# %% exercise-1-answer
assert check.NOISE == 0.3 and check.RATE == 0.08 and check.BATCH_SIZE == 20
in_prose(f"{final_loss:.2g}")
assert lr_of_mean == 0.04 and lr_of_sum == 0.002

# %% exercise-5-answer
in_prose(f"{check.MOST}")
# "About 6 percent off": an update on MSELoss multiplies what is left by 1 - 2 lr.
assert round(100 * 2 * 0.03) == 6
updates = 300 // 10
in_prose(f"{updates}")
assert (1 - 2 * 0.03) ** (10 * updates) < 1e-6
