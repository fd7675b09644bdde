"""What the solutions of lesson 12 must have computed."""

import numpy as np

# %% exercise-1-answer
squares = (np.array([10, 12, 12, 20]) - 13.5) ** 2
assert sorted(squares) == [2.25, 2.25, 12.25, 42.25]
in_prose(f"{filled.mean():.1f} {squares.mean():.2f} {filled.std(ddof=0):.2f} 12.25 2.25 42.25")
in_prose(f"{hole:.2f} {eighteen:.2f} {fill:.0f} {filled.sum():.0f}")
in_prose("18 10 20")

# %% exercise-4-answer
in_prose("200 0.3")
