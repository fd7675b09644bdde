"""What the cells of lesson 2's solutions must have computed."""

import torch

from helpers import data

# %% exercise-1-answer
in_prose(f"{w_lot:.0f} {error_lot:.0f}")
in_prose(f"{w_lot / error_lot:.1f}")

# %% exercise-3-answer
houses = data.house_prices()
X = houses.X / torch.tensor([1000, 1000, 1])
X1 = with_ones(X)
r = X1 @ (torch.linalg.pinv(X1) @ houses.y) - houses.y
too_small = ((r**2).sum() / (len(X) - 4) / (X1.T @ X1).diag()).sqrt()
in_prose(f"{too_small[-1]:.1f} {standard_errors(X, houses.y)[-1]:.0f}")

# %% births-read
in_prose(f"{10 * abs(w_cigs):.1f} {p_value:.2f}")
assert round(abs(w_cigs) / error_cigs) == round(abs(w_cigs) / robust_cigs) == 5
