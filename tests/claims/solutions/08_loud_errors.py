"""What the solutions of lesson 8, loud errors, must have computed."""

import torch

# %% as-table
n_, d_ = torch.zeros(24).reshape(-1, 12).shape
assert n_ == 2
in_prose(f"{n_ * d_} {d_}")
assert torch.zeros(1, 5).reshape(-1, 1).shape == (5, 1)

# %% exercise-3-answer
assert sorted(name for name, _ in Zero(3).named_parameters()) == ["b", "w"]
