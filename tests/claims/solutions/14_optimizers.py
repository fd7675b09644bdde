"""What the solutions of lesson 14 say, computed again in their own kernel."""

import torch

# %% exercise-1-answer
assert round(plain) == 8635 and round(heavy) == 173 and round(adam_updates) == 70_000
assert abs(plain / 2500 - 3.454) < 0.001 and abs(heavy / 50 - 3.454) < 0.001
in_prose("3.45 2499 2501 49 51")
assert 49.9 < plain / heavy < 50.1  # fifty times less

# %% exercise-2-answer
w, state = torch.zeros(2, 1, dtype=torch.float64), {}
other = w.clone()
optimizer = torch.optim.Adam([other], lr=0.1, amsgrad=True)
for k in range(50):
    g = torch.randn(2, 1, dtype=torch.float64) * (5 if k < 10 else 0.1)
    w = amsgrad(w, g, state, 0.1)
    other.grad = g.clone()
    optimizer.step()
    torch.testing.assert_close(w, other)

# The corrected divisor falls at most from the first correction's thousandth to 1.
most = (1 / (1 - 0.999)) ** 0.5
in_prose(f"{most**2:.0f} {most:.0f}")

# %% amsgrad-stays
assert adam >= 2 and ams == 0
in_prose("1500 8000")

# %% exercise-3-answer
# The wrong program's mean of squares, where every square is 1.
divisors, sizes, square = [], [], 0
for k in (1, 2, 3):
    divisors.append(1 - 0.999**k)
    square = (0.999 * square + 0.001) / divisors[-1]
    sizes.append(square)
assert abs(sizes[0] - 1) < 1e-9  # the first update is right
in_prose(" ".join(f"{divisor:.3f}" for divisor in divisors[1:]))
in_prose(f"{round(sizes[1], -2):.0f} {round(sizes[2], -4):,.0f}")

# %% look
assert kappa > 10_000
in_prose(f"{y_new.std().item():.0f}")
in_prose(f"{round(y_new.std().item()) / 0.1:.0f}")
spreads = X_new.std(0)
assert 270 < spreads.max() / spreads.min() < 300
assert values[0] * 2 / values[-1] < 1e-4  # at the bound, the share of the flattest error per update

# %% exercise-5-answer
assert len(new_rates) == 300 and new_rates[0] == 3
