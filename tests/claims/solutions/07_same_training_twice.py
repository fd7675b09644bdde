"""What the solutions of lesson 7 must have computed."""

# %% exercise-1-answer
in_prose(f"{print_factor}")
assert abs(rate * print_factor - 0.03) < 1e-12
