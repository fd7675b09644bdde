"""What lesson 3 says, computed again in its own kernel."""

from itertools import pairwise

import torch

from helpers import data


def near(value, wanted, tolerance):
    """Assert that two numbers or tensors agree to an absolute tolerance."""
    value, wanted = (torch.as_tensor(v, dtype=torch.float64) for v in (value, wanted))
    torch.testing.assert_close(value, wanted, rtol=0, atol=tolerance)


def excess(X, y, w, w_best):
    """The loss at w above its least value, from residuals."""
    return (((X @ w - y) ** 2).mean() - ((X @ w_best - y) ** 2).mean()).item() / 2


def correlation(X):
    """The correlation of two standardised features."""
    return (X[:, 0] @ X[:, 1] / len(X)).item()


def limit(X):
    """2 over the largest eigenvalue of X'X/n: the largest stable rate."""
    return 2 / torch.linalg.matrix_norm(X, 2).item() ** 2 * len(X)


def spread_squared(X):
    """The mean square of the first feature."""
    return (X[:, 0] ** 2).mean().item()


def arrival(run, w_best, share=1000):
    """The number of the first position whose error is at most 1/share of the first one's."""
    size = (run - w_best.T).norm(dim=1)
    return (size <= size[0] / share).nonzero()[0].item()


# %% slope-by-difference
near((f(3 + h) - f(3 - h)) / (2 * h), 6, 1e-6)
near((f(-1 + h) - f(-1 - h)) / (2 * h), -2, 1e-6)

# %% three-rates
assert list(tracks) == [0.1, 0.9, 1.05]
assert all(len(track) == 6 and track[0] == 3 for track in tracks.values())
near([track[1] for track in tracks.values()], [2.4, -2.4, -3.3], 1e-9)
for rate, track in tracks.items():
    factor = 1 - rate * 2
    near(track, [3 * factor**k for k in range(6)], 1e-9)
assert [round(1 - 2 * rate, 2) for rate in tracks] == [0.8, -0.8, -1.1]
for rate in tracks:
    in_prose(f"{1 - 2 * rate:.1f}")
    in_prose(f"{3 - rate * 6:.1f}")
# Down one side, across and down, across and up.
assert all(x > 0 for x in tracks[0.1]) and tracks[0.9][1] < 0 < tracks[0.9][2]
assert abs(tracks[0.9][5]) < 3 < abs(tracks[1.05][1]) < abs(tracks[1.05][5])

# %% record
assert z == 9 and z.requires_grad and not z.is_leaf
assert x.is_leaf and x == 3

# %% backward
assert x.grad == 6

# %% adds-up
assert x.grad == 12
in_prose(f"{x.grad.item():.0f}")

# %% ball-by-autograd
near(x.item(), tracks[0.1][5], 1e-5)
assert x.grad == 0 and x.is_leaf and x.requires_grad
leaf = torch.tensor(3.0, requires_grad=True)
try:
    leaf -= 1  # without no_grad torch refuses
    refused = False
except RuntimeError:
    refused = True
assert refused
in_prose(f"{x.item():.2f}")

# %% data
in_prose(f"{len(X)}")
assert X.shape == (88, 2) and y.shape == (88, 1)
near(X.mean(0), [0, 0], 1e-12)
near(X.std(0, correction=0), [1, 1], 1e-12)
near(y.mean(), 0, 1e-9)
assert data.house_prices().names[1:] == ("living area (square feet)", "bedrooms")
# With a bias, least squares would leave it at zero.
with_bias = torch.linalg.lstsq(torch.cat([X, torch.ones(88, 1)], 1), y).solution
near(with_bias[2], [0], 1e-9)

# %% loss-gradient
assert w.grad.shape == w.shape == (2, 1)
near(loss(X, y, w).item(), (y**2).mean() / 2, 1e-9)
for k in range(2):
    step = torch.zeros(2, 1, dtype=X.dtype)
    step[k] = 1e-4
    by_difference = (loss(X, y, step) - loss(X, y, -step)) / 2e-4
    near(w.grad[k], [by_difference.item()], 1e-5)

# %% gradient
torch.testing.assert_close(w.grad, gradient(X, y, w.detach()), rtol=1e-12, atol=0)
e_i = (X @ w.detach() - y) * X  # the example's part of the gradient, times n
torch.testing.assert_close(e_i.mean(0), w.grad[:, 0])

# %% downhill
g = gradient(X, y, w_start)[:, 0]
near(gradient(X, y, w_best), torch.zeros(2, 1), 1e-9)
across = torch.stack([-g[1], g[0]]) / g.norm()
assert excess(X, y, 1e-4 * g.reshape(2, 1), w_start) > 0 > excess(X, y, -1e-4 * g[:, None], w_start)
assert abs(excess(X, y, 1e-3 * across[:, None], w_start)) < 1e-4  # along the contour
way = (w_best - w_start)[:, 0]
angle = torch.rad2deg(torch.acos(-g @ way / g.norm() / way.norm())).item()
in_prose(f"{angle:.0f}")
# A small step changes the loss by about gradient' step: most along the gradient, and against it.
turn = torch.linspace(0, 6.28, 201).to(X)
steps = 1e-4 * torch.stack([turn.cos(), turn.sin()], 1)
changes = torch.tensor([excess(X, y, step[:, None], w_start) for step in steps], dtype=X.dtype)
torch.testing.assert_close(changes, steps @ g, rtol=0, atol=1e-7)
cosine = torch.nn.functional.cosine_similarity
assert (
    cosine(steps[changes.argmax()], g, dim=0)
    > 0.99
    > -0.99
    > cosine(steps[changes.argmin()], g, dim=0)
)
# On an axis of the ellipses downhill points to the lowest point.
for axis in torch.linalg.eigh(X.T @ X).eigenvectors.T:
    at = gradient(X, y, w_best + 5 * axis[:, None])[:, 0]
    near((at @ axis / at.norm()).abs(), 1, 1e-9)

# %% first-path
assert len(track) == 101
near(track[1], -0.1 * gradient(X, y, w_start)[:, 0], 1e-9)
heights = [loss(X, y, p.reshape(2, 1)).item() for p in track]
assert all(b < a for a, b in pairwise(heights))
for number in (heights[0], heights[-1], loss(X, y, w_best).item()):
    in_prose(f"{number:.0f}")
in_prose(f"{len(track) - 1}")
in_prose(f"{(2 * heights[0]) ** 0.5:.1f} to {(2 * heights[-1]) ** 0.5:.1f}")
# Two speeds: after 20 updates the part across the valley is gone, of that along it a third is left.
across, along = (((track - w_best.T) @ v)[[0, 20]] for v in torch.tensor([[1.0, 1], [1, -1]]).to(X))
assert (across[1] / across[0]).abs() < 0.04 and (along[1] / along[0]).abs() > 0.3

# %% h-times-e
torch.testing.assert_close(H @ e, gradient(X, y, w_start))
anywhere = torch.tensor([[31.0], [-17.0]]).to(X)
torch.testing.assert_close(H @ (anywhere - w_best), gradient(X, y, anywhere))
torch.testing.assert_close(X.T @ y / len(X), H @ w_best)
after = descend(X, y, anywhere, 0.3, 1)[1][:, None]
torch.testing.assert_close(after - w_best, (torch.eye(2).to(X) - 0.3 * H) @ (anywhere - w_best))

# %% diagonals
rho = correlation(X)
near(H, [[1, rho], [rho, 1]], 1e-9)
near(H @ diagonals, [[1 + rho, 1 - rho], [1 + rho, rho - 1]], 1e-9)
assert rho > 0
in_prose(f"{rho:.3f}")

# %% eigen-axes
rho = correlation(X)
steep_part = (e[0] + e[1]).abs().item() / 2**0.5
flat_part = (e[0] - e[1]).abs().item() / 2**0.5
near(steep_part**2 + flat_part**2, (e**2).sum(), 1e-9)
in_prose(f"{steep_part:.0f} {flat_part:.0f} {1 + rho:.3f} {1 - rho:.3f}")
# The start has a part along both, which is why every fate shows.
assert min(steep_part, flat_part) > 10

# %% bound
rho = correlation(X)
near(eigenvalues, [1 - rho, 1 + rho], 1e-9)
near(bound, 2 / (1 + rho), 1e-9)
near(best_lr, 1, 1e-9)
worst = [
    (1 - lr * eigenvalues).abs().max().item() for lr in (best_lr - 0.01, best_lr, best_lr + 0.01)
]
assert worst[1] < min(worst[0], worst[2])

# %% five-runs
shares = [rate / bound for rate in rates.values()]
near([shares[k] for k in (0, 1, 3, 4)], [0.01, 0.4, 0.99, 1.01], 1e-12)
assert rates["best"] == best_lr and all(len(run) == 1201 for run in runs.values())

# %% factors-table
rho = correlation(X)
for row in rows:
    near(row[1::2], row[2::2], 1e-9)  # predicted and measured
    near(row[1::2], [1 - row[0] * (1 + rho), 1 - row[0] * (1 - rho)], 1e-9)
# It jumps where a factor is negative: at three of the five, in the steep direction only.
assert [row[1] < 0 for row in rows] == [False, False, True, True, True]
assert all(row[3] > 0 for row in rows)
near([rows[3][1], rows[4][1]], [-0.98, -1.02], 1e-9)  # two percent
near([rows[2][1], rows[2][3]], [-rho, rho], 1e-9)
in_prose(f"{rho:.3f}")

# %% five-fates
above = {name: [excess(X, y, p[:, None], w_best) for p in run] for name, run in runs.items()}
in_prose(f"{above['best'][0]:.0f} {above['0.01 × bound'][100]:.0f} 12 100")
in_prose(f"{above['0.99 × bound'][100]:.3g} {above['1.01 × bound'][100]:.2g}")
for name in ("0.4 × bound", "best"):
    run = above[name]
    in_prose(f"{next(k for k, value in enumerate(run) if value < 1e-3)}")
in_prose("0.001")
beyond = above["1.01 × bound"]  # the first update lowers the loss, each later one raises it
assert beyond[1] < beyond[0] and all(b > a for a, b in pairwise(beyond[1:]))
assert above["1.01 × bound"][1200] > above["1.01 × bound"][100] > above["1.01 × bound"][0]

# %% price
for name, q, at_most, counted in rows:
    assert counted == arrival(runs[name], w_best)
    assert counted <= at_most < 1.1 * counted + 2  # a limit, and close to what is counted
    near(q, (1 - rates[name] * eigenvalues).abs().max(), 1e-12)
    size = (runs[name] - w_best.T).norm(dim=1)
    powers = q ** torch.arange(21, dtype=size.dtype)
    assert (size[:21] <= size[0] * powers * (1 + 1e-9)).all()  # q to the k at most
for seed in range(10):  # H is symmetric for any features: bound and limit hold
    source = torch.Generator().manual_seed(seed)
    Z, v = (torch.randn(30, k, generator=source, dtype=X.dtype) for k in (4, 1))
    goal = torch.linalg.lstsq(Z, v).solution
    for share in (0.3, 0.8, 0.99):
        rate = share * limit(Z)
        values = torch.linalg.eigvalsh(Z.T @ Z / 30)
        size = (descend(Z, v, 0 * goal, rate, 50) - goal.T).norm(dim=1)
        powers = (1 - rate * values).abs().max() ** torch.arange(51)
        assert (size <= size[0] * powers * (1 + 1e-9)).all()
counts = {row[0]: row[3] for row in rows}
assert 80 < counts["0.01 × bound"] / counts["best"] < 120
assert counts["0.99 × bound"] > 10 * counts["0.4 × bound"] > 10 * counts["best"]

# %% try-look
start_loss, least = loss(X, y, w_start).item(), loss(X, y, w_best).item()
in_prose(f"{start_loss:.0f} {least:.0f}")
falls = [value < start_loss for value in losses]
assert falls == [rate < bound for rate in tries] == [False, True, True, True, True, True]
assert losses[0] > 100 * start_loss and losses[-1] - least > 0.5 * (start_loss - least)


def rule_of_thumb(X, y, rate):
    """Halve the rate until the loss falls, then halve once more."""
    while not loss_after(X, y, w_start, rate) < loss(X, y, w_start):
        rate = rate / 2
    return rate / 2


# On a fine grid of first tries, in both units, what falls first lies between half the bound and it.
for features in (X, centred):
    wall = limit(features)
    ends = [rule_of_thumb(features, y, 8 * wall * 2 ** (k / 40)) / wall for k in range(40)]
    assert 0.5 <= 2 * min(ends) < 0.52 and 0.98 < 2 * max(ends) < 1.02

# %% divide
assert X_raw is centred
near(X_raw / X_raw.std(0, correction=0), X, 1e-12)  # the scale is the only change
spread = X_raw[:, 0].std(correction=0)
in_prose(f"{spread:.0f}")
in_prose(f"{round(spread.item() ** 2, -4):,.0f}")
near(lr, 1e-6, 1e-12)
assert loss_after(X_raw, y, w_start, 1.0, 1) > loss(X_raw, y, w_start)  # grows at once
assert not loss_after(X_raw, y, w_start, 1.0, 30) < float("inf")
assert limit(X_raw) <= 2 / spread**2 < 6.1e-6 < 1e-5
in_prose(f"{2 / spread**2:.7f}")
both = X_raw.T @ X_raw / 88
assert torch.linalg.eigvalsh(both)[-1] >= both.diag().max()  # no weight steeper than the steepest

# %% raw-run
raw_excess = loss(X_raw, y, w_raw) / loss(X_raw, y, raw_best) - 1
assert 0 < raw_excess < 0.04  # by the loss it has nearly arrived
for w in (w_raw, raw_best):
    in_prose(f"{(2 * loss(X_raw, y, w).item()) ** 0.5:.1f}")
bedroom, best_bedroom = w_raw[1].item(), raw_best[1].item()
assert bedroom < 0.001 * best_bedroom
in_prose(f"{1000 * best_bedroom:,.0f}")
assert round(1000 * bedroom) == 8
values, vectors = torch.linalg.eigh(X_raw.T @ X_raw / 88)
assert vectors[1, 0].abs() > 0.999  # the flat direction is that of the bedrooms

# %% raw-price
near(2 / raw_values[1], limit(X_raw), 1e-12)
assert raw_values[1] > spread_squared(X_raw) > 1e5 * raw_values[0]
for name, values in (("raw units", raw_values), ("standardised", eigenvalues)):
    rate = (2 / (values[0] + values[1])).item()  # the best constant rate
    size = (1 - rate * values).abs().max().item()
    number = log(1000) / log(1 / size)
    assert rows[name] == [f"{(values[1] / values[0]).item():.3g}", f"{number:.3g}"]
assert 2e6 < float(rows["raw units"][1]) < 2.5e6  # two million
in_prose(f"{ceil(log(1000) / log(1 / correlation(X)))}")

# %% rate-sweep
start = loss(X, y, w_start)
for sweep, wall in ((raw_losses, limit(X_raw)), (losses, limit(X))):
    # Beyond the wall the loss is above where it began; the wall stands at the bound.
    rising = [rate for rate, value in zip(grid, sweep, strict=True) if not value < start]
    assert 0.95 < min(rising) / wall < 1.15
    lowest = min(range(len(grid)), key=sweep.__getitem__)
    in_prose(f"{grid[lowest]:.2g} {sweep[lowest]:.0f} {min(rising):.2g}")

# %% exercise-1-answer
cited("1.5", "the exercise sets this rate")

# %% exercise-4-answer
cited("0.05", "the exercise sets this rate")
near(X_new.mean(0), [0, 0], 1e-12)
near(X_new.std(0, correction=0), [1, 1], 1e-12)
new_best = torch.linalg.lstsq(X_new, y).solution
final = [excess(X_new, y, p[:, None], new_best) for p in descend(X_new, y, w_start, 0.05, 150)]
assert sum(value >= 0.01 for value in final) == 110
for rate, good in ((0.3, False), (0.5, True), (1.0, True), (1.3, True), (1.5, False)):
    end = descend(X_new, y, w_start, rate, 10)[-1:].T
    assert (excess(X_new, y, end, new_best) < 0.01) == good

# %% condition-numbers
for values in (eigenvalues, raw_values):
    kappa = (values[1] / values[0]).item()
    best = (kappa - 1) / (kappa + 1)
    near(best, (1 - 2 / values.sum() * values).abs().max(), 1e-9)
    assert kappa < 10 or abs(log(1000) / log(1 / best) / kappa - 3.45) < 0.01
in_prose("3.5")
assert round(log(1000) / 2, 1) == 3.5
for rho in (0.5, -0.5):
    values = torch.linalg.eigvalsh(torch.tensor([[1, rho], [rho, 1]]))
    near(values, [1 - abs(rho), 1 + abs(rho)], 1e-6)
near(torch.linalg.cond(torch.tensor([[1, 0.999], [0.999, 1]], dtype=torch.float64)), 1999, 1e-6)

# %% newton
torch.testing.assert_close(w_newton, w_best)
far = torch.tensor([[1e4], [-3e3]]).to(X)  # from any start
torch.testing.assert_close(far - torch.linalg.solve(H, gradient(X, y, far)), w_best)
for k in range(10):  # the error is at most the gradient over the smallest eigenvalue
    at = w_best + torch.randn(2, 1, generator=torch.Generator().manual_seed(k)).to(X)
    assert gradient(X, y, at).norm() / eigenvalues[0] >= (1 - 1e-9) * (at - w_best).norm()
