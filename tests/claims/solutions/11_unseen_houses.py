"""What the solutions of lesson 11 must have computed."""

import math

from helpers import data

# %% exercise-1-answer
in_prose(f"{both_unseen:.2f} {2 * 0.2 * 0.8:.2f}")
in_prose("99 76 22 88")
assert abs(both_unseen + exactly_one_unseen + 80 / 100 * 79 / 99 - 1) < 1e-12

# %% exercise-2-answer
twelve = torch.full((12, 1), 0.1, dtype=torch.float64)
assert twelve.mean() != 0.1 or sum([0.1] * 12) / 12 != 0.1
in_prose("0.1")

# %% noise-leak
in_prose("200 40")
assert np.mean(honest) > 1.1 and np.mean(leaked) < 0.95
assert sum(a > b for a, b in zip(honest, leaked, strict=True)) > 80

# %% exercise-4-answer
X1, y = torch.randn(9, 3).double(), torch.randn(9, 1).double()
H = X1 @ torch.linalg.pinv(X1)
torch.testing.assert_close(H @ H, H)
torch.testing.assert_close(H.T, H)
torch.testing.assert_close(H.square().sum(1), H.diag())  # both kinds of leverage are one

# %% exercise-5-answer
in_prose(f"{percent:.1f} {model_error:.3f} {math.exp(model_error):.2f} {len(table)}")
X1 = torch.cat([X, ones], 1)
seen = (y - X1 @ torch.linalg.lstsq(X1, y).solution).square().mean().sqrt().item()
in_prose(f"{seen:.3f}")
houses = data.house_prices()
log_X = torch.cat([houses.X[:, :2].log(), houses.X[:, 2:], torch.ones_like(houses.y)], 1)
log_y = houses.y.log()
left = [left_out_errors(A, log_y).square().mean().sqrt() for A in (log_X[:, 3:], log_X)]
in_prose(f"{100 * (1 - left[1] / left[0]):.0f} 66")
