"""What the solutions of lesson 10 must have computed."""

from helpers import data

# %% exercise-1-answer
in_prose(f"{2000 * 0.0929:.0f} {weight_factor:.2f} {bound_factor:.0f}")
in_prose(f"{2000:,}")

# %% exercise-5-answer
in_prose(f"{len(firms)}")
assert abs(np.exp(elasticity * np.log(1.1)) - (1 + ten_percent / 100)) < 1e-12

# %% exercise-4-answer
in_prose(f"{len(data.house_prices().X)}")
