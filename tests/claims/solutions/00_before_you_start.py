"""What the solutions of lesson 0 must have computed, cell by cell."""

import numpy as np
import torch
from scipy import stats

# %% exercise-1-answer
a, y, batch = torch.zeros(4, 3), torch.zeros(4), torch.zeros(8, 4, 3)
assert (a[:, 1].shape, a[:, 1:2].shape) == (one_column, sliced_column)
assert (a.mean(dim=0).shape, (a[:, 1:2] - y).shape) == (means, difference)
assert batch.mT.shape == turned

# %% exercise-2-answer
column = np.ones(3, dtype=np.float32)
assert torch.from_numpy(column).float().data_ptr() == torch.from_numpy(column).data_ptr()

# %% exercise-3-answer
x = torch.tensor(2.0, requires_grad=True)
w = torch.tensor([3.0, -1.0], requires_grad=True)
((2 * x - 1) ** 2).backward()
(w[0] ** 2 + 2 * w[1] ** 2).backward()
assert x.grad == slope and w.grad.tolist() == [slope_1, slope_2]
in_prose(f"{slope}")

# %% exercise-4-answer
squares = (values - values.mean()) ** 2
assert squares.tolist() == [16, 0, 16]
in_prose(f"{squares[0]:.0f} {squares.sum():.0f} {spread_n:.2f}")
assert abs(spread_less_one - 4) < 1e-6 and abs(spread_n - (squares.sum() / 3) ** 0.5) < 1e-6
in_prose(f"{300 - 2 * 60} 300 {300 + 2 * 60}")
in_prose(f"{100 * (stats.norm.cdf(420, 300, 60) - stats.norm.cdf(180, 300, 60)):.0f}")
in_prose(f"{spread_of_mean:.0f}")

# %% exercise-5-answer
X, w = torch.tensor([[1, 0], [2, 3], [0, 4]]), torch.tensor([[2], [5]])
assert (X @ w)[:, 0].tolist() == product
H = torch.tensor([[3, 2], [2, 3]])
assert (H @ torch.tensor([[1, 1], [1, -1]])).T.tolist() == [[factor_1] * 2, [factor_2, -factor_2]]
