"""What lesson 14 says, computed again in its own kernel."""

import math
from itertools import pairwise

import torch


def near(value, wanted, tolerance):
    """Assert that two numbers or tensors agree to an absolute tolerance."""
    value, wanted = (torch.as_tensor(v, dtype=torch.float64) for v in (value, wanted))
    torch.testing.assert_close(value, wanted, rtol=0, atol=tolerance)


def updates_to_a_thousandth(q):
    """The price of the factor q, not rounded."""
    return math.log(1000) / math.log(1 / q)


def heavy_ball(lam, lr, beta, num_updates):
    """The part of the error along an eigenvector after 0, 1, ... updates, from 1 and at rest."""
    M = torch.tensor([[1 - lr * lam, -lr * beta], [lam, beta]], dtype=torch.float64)
    pair, parts = torch.tensor([1.0, 0.0], dtype=torch.float64), [1.0]
    for _ in range(num_updates):
        pair = M @ pair
        parts.append(pair[0].item())
    return torch.tensor(parts, dtype=torch.float64)


def hundred_runs(train, update, X, y, rates, start=None):
    """Ten seeds of ten runs on batches of 8: positions (updates + 1, 100, d, 1)."""
    seeds = [torch.Generator().manual_seed(seed) for seed in range(10)]
    batches = [torch.randint(88, (len(rates), 10, 8), generator=source) for source in seeds]
    start = torch.zeros(X.shape[1], 1, dtype=X.dtype) if start is None else start
    w = start.expand(100, X.shape[1], 1)
    return train(update, X, y, w, rates, torch.cat(batches, 1))


# %% data
near(curved.mean(0), [0, 0], 1e-9)
near(curved.square().mean(0), [1, 1], 1e-9)
rho = (curved[:, 0] @ curved[:, 1] / 88).item()
near([steep, flat], [1 + rho, 1 - rho], 1e-9)
assert 0.98 < rho < 0.99  # almost the same feature
near(2 / steep, 1, 0.01)  # the largest stable rate
assert 0.012 < 2 / steep * flat < 0.013  # little more than a hundredth of the error per update

# %% momentum
state, w = {}, torch.zeros(1)
for _ in range(200):
    w = momentum(w, torch.ones(1), state, lr=0.1)
near(state["velocity"], [10], 1e-4)  # g / (1 - beta) for beta 0.9
in_prose("0.9 10")
for seed in range(3):  # at beta 0 it is gradient descent
    g = torch.randn(3, generator=torch.Generator().manual_seed(seed))
    near(momentum(g, g, {"velocity": g}, 0.1, beta=0.0), sgd(g, g, {}, 0.1), 1e-7)
# The rate in the velocity, as in books: the same steps while the rate is constant.
book, ours, state, u = torch.ones(1), torch.ones(1), {}, 0.0
for k in range(20):
    g = torch.tensor([math.sin(k)])
    u = 0.9 * u - 0.3 * g
    book, ours = book + u, momentum(ours, g, state, 0.3)
near(book, ours, 1e-5)

# %% sizes
for lam in (steep, flat):
    assert (1 + 0.9 - 0.9 * lam) ** 2 < 4 * 0.9  # complex
    M = torch.tensor([[1 - 0.9 * lam, -0.81], [lam, 0.9]], dtype=torch.float64)
    near(torch.linalg.eigvals(M).abs(), [0.9**0.5] * 2, 1e-9)
    near(torch.linalg.det(M), 0.9, 1e-9)
    for z in torch.linalg.eigvals(M):
        assert abs(z**2 - (1 + 0.9 - 0.9 * lam) * z + 0.9) < 1e-9
in_prose(f"{0.9**0.5:.4f}")

# %% best-pair
near(kappa, steep / flat, 1e-9)
near((1 - root) ** 2, best_lr * flat, 1e-9)
near((1 + root) ** 2, best_lr * steep, 1e-9)
near(kappa**0.5, (1 + root) / (1 - root), 1e-9)


def slower(lr, beta):
    """The larger size of the eigenvalues of both directions."""
    both = [[[1 - lr * lam, -lr * beta], [lam, beta]] for lam in (flat, steep)]
    return torch.linalg.eigvals(torch.tensor(both, dtype=torch.float64)).abs().max().item()


grid = torch.linspace(0, 4 / steep, 401, dtype=torch.float64)[1:].tolist()
for beta in (0.0, 0.5, root**2, 0.9, 0.6, 0.8):  # none is better than the best pair
    assert min(slower(lr, beta) for lr in grid) > root - 1e-6
in_prose("0.00 0.50 0.73 0.90 0.9")
half = min(slower(lr, 0.5) for lr in [*grid, (1 + 0.5**0.5) ** 2 / steep, 1.5, 1.51, 1.52])
in_prose(f"{(kappa - 1) / (kappa + 1):.3f} {0.9**0.5:.3f} {root:.3f} {half:.3f}")
assert (1 - 0.9**0.5) ** 2 / flat < (1 + 0.9**0.5) ** 2 / steep  # level: both directions inside
assert (1 - 0.5**0.5) ** 2 / flat > (1 + 0.5**0.5) ** 2 / steep  # not at 0.5

# %% count
prices = [updates_to_a_thousandth(q) for q in ((kappa - 1) / (kappa + 1), root)]
counts = [arrival(excess(curved, y, run)) for run in (plain, heavy)]
assert counts == [546, 75] and math.ceil(prices[0]) == 546 and math.ceil(prices[1]) == 44
in_prose("546 44 75")
assert 7 < counts[0] / counts[1] < 7.5
# What the matrix says of both directions is what was run; late updates shrink by q (1 + 1/k).
e = w_start - torch.linalg.lstsq(curved, y).solution
directions = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64) / 2**0.5
for lam, direction in zip((steep, flat), directions, strict=True):
    parts = (heavy[:, :, 0] - heavy[0, :, 0]) @ direction + (e.T @ direction)
    wanted = (e.T @ direction) * heavy_ball(lam, best_lr, root**2, 700)
    torch.testing.assert_close(parts, wanted, rtol=0, atol=1e-6)
assert (
    best_lr > 2 / steep and 18 < (excess(curved, y, heavy) / excess(curved, y, heavy)[0]).max() < 24
)
flat_part = heavy_ball(flat, best_lr, root**2, 200)
ratio = (flat_part[101:200] / flat_part[100:199]).abs()
near(ratio / root, 1 + 1 / torch.arange(100, 199), 1e-3)

# %% paths
assert (1 - 0.9**0.5) ** 2 < 0.25 * flat < 0.25 * steep < (1 + 0.9**0.5) ** 2 / 4  # well inside
directions = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64) / 2**0.5
e = (runs["momentum"] - torch.linalg.lstsq(curved, y).solution)[:, :, 0] @ directions.T
assert (e[:-1, 0] * e[1:, 0] < 0).sum() > 10  # it swings across the valley
e_sgd = (runs["sgd"] - torch.linalg.lstsq(curved, y).solution)[:, :, 0] @ directions.T
assert e_sgd[2, 0].abs() < 1e-3 * e_sgd[0, 0].abs() and e_sgd[80, 1] / e_sgd[0, 1] > 0.5
assert (e[80, 1] / e[0, 1]).abs() < 0.1
for run in runs.values():
    assert len(run) == 81
    above = (curved @ (run[80] - torch.linalg.lstsq(curved, y).solution)).square().mean() / 2
    in_prose(f"{above:.3g}")
start = (curved @ (run[0] - torch.linalg.lstsq(curved, y).solution)).square().mean() / 2
in_prose(f"{start:.0f} 80")

# %% adam
w, state = torch.zeros(1, dtype=torch.float64), {}
for k in range(1, 6):  # equal gradients: the means are too small by the factors of the text
    w = adam(w, torch.full((1,), 7.0, dtype=torch.float64), state, 0.5)
    near(state["mean"], [(1 - 0.9**k) * 7], 1e-9)
    near(state["square"], [(1 - 0.999**k) * 49], 1e-9)
    near(w, [-0.5 * k], 1e-6)
shrunk = adamw(torch.ones(1), torch.zeros(1), {}, 0.5)
near(shrunk, [1 - 0.5 * 0.01], 1e-6)

# %% first-steps
near(steps["sgd"], [0.002, 5000], 1e-9)
near(steps["momentum"], [0.002, 5000], 1e-9)
for name, length in (("adagrad", 1), ("adam", 1), ("rmsprop", 10)):
    near(steps[name], [length, length], 0.001)
without = 0.1 / 0.001**0.5
in_prose(f"{without:.1f}")
in_prose("0.1 0.001 10")
for update in (adagrad, rmsprop, adam):  # scale invariant, along any gradients
    ends = []
    for scale in (1.0, 1000.0):
        source, w, state = torch.Generator().manual_seed(1), torch.zeros(3, 1), {}
        for _ in range(30):
            w = update(w, scale * torch.randn(3, 1, generator=source), state, 0.1)
        ends.append(w)
    near(ends[0], ends[1], 1e-4)
largest = torch.linalg.lstsq(curved, y).solution.abs().max()
assert 90 < largest < 93  # a weight of 90, in updates of 0.001
in_prose(f"90 {90 / 0.001:,.0f}")
run = train(adam, curved, y, w_start, [0.001] * 1000)
assert 0.9 < run[-1].abs().max() < 1.1

# %% library
assert len(library) == 6
for update, optimizer in library.items():
    w = w_start.clone()
    by_library = run_library(w, optimizer(w))
    by_hand = train(update, curved, y, w_start, [0.1] * 400)
    torch.testing.assert_close(by_library, by_hand, rtol=1e-8, atol=1e-8)
    assert by_library.shape == (401, 2, 1) and (by_library[1] != w_start).all()
assert torch.optim.AdamW([w]).defaults["weight_decay"] == 0.01
assert torch.optim.RMSprop([w]).defaults["alpha"] == 0.99

# %% cases
for X in cases.values():
    near(X.mean(0), torch.zeros(X.shape[1]), 1e-9)
near(cases["units"] * torch.tensor([1000.0, 100.0, 1.0]), centred, 1e-9)
in_prose("0.9")
window = {}  # is there a rate at which beta 0.9 holds both ends of the case?
for case, X in cases.items():
    values = torch.linalg.eigvalsh(X.T @ X / 88)
    window[case] = (values[-1] / values[0]).item() < ((1 + 0.9**0.5) / (1 - 0.9**0.5)) ** 2
assert all(window.values())
in_prose(f"{updates_to_a_thousandth(0.9**0.5):.0f}")

# %% grid
counts = {case: dict(zip(names, row, strict=True)) for case, row in zip(cases, rows, strict=True)}
for case, X in cases.items():
    values = torch.linalg.eigvalsh(X.T @ X / 88)
    q = ((values[-1] - values[0]) / (values[-1] + values[0])).item()
    near(counts[case]["sgd, predicted"], updates_to_a_thousandth(q), 1e-6)
    for name in ("momentum", "adam"):  # about 131 in each case
        assert 0.85 < counts[case][name] / updates_to_a_thousandth(0.9**0.5) < 1.1
units, correlated, even = counts["units"], counts["correlation"], counts["standardised"]
# SGD: fewer updates than predicted, except where the grid misses the best rate.
X = cases["standardised"]
low, *_, high = torch.linalg.eigvalsh(X.T @ X / 88).tolist()
exact = train(sgd, X, y, torch.zeros(3, 1, dtype=y.dtype), [2 / (low + high)] * 50)
assert arrival(excess(X, y, exact)) < even["sgd"] and even["sgd"] > even["sgd, predicted"]
in_prose(f"{even['sgd']} {even['sgd, predicted']:.1f}")
assert units["sgd"] < units["sgd, predicted"] and correlated["sgd"] < correlated["sgd, predicted"]
assert units["adagrad"] == 21 and units["sgd"] > 20 * units["adagrad"]
assert 0.9 < correlated["adagrad"] / correlated["sgd"] < 1.2
assert 8 < even["adam"] / even["sgd"] < 10  # about a tenth
# Turned axes: SGD and momentum turn along, Adagrad does not.
turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
X = cases["units"]
for update, turns in ((sgd, True), (momentum, True), (adagrad, False), (adam, False)):
    start = torch.zeros(3, 1, dtype=torch.float64)
    straight = train(update, X, y, start, [0.005] * 50)
    turned = train(update, X @ turn, y, start, [0.005] * 50)
    assert torch.allclose(turn @ turned, straight, rtol=1e-6, atol=1e-6) == turns
first = gradient(curved, y, w_start).abs()  # in the correlated valley: about the same size
assert 0.9 < first[0] / first[1] < 1.1
values = torch.linalg.eigvalsh(centred.T @ centred / 88)
near(values[-1] / values[0] / 1e8, 2, 0.05)
near(2 / values[-1] * 1e8, 2, 0.05)
in_prose("2e8")

# %% raw
goal = torch.linalg.lstsq(centred, y).solution[2].item()
in_prose(f"{goal:.2f}")
assert abs(run[-1, 2].item() / goal - 1) < 0.02
slow = train(sgd, centred, y, 0 * centred[:1].T, [1e-8] * 1000)[-1, 2].item()
assert round(100_000 * slow, -1) == 20  # twenty cents
assert rows[0][2] == 14  # SGD, standardised
near(run[-1, 2].item(), goal, 0.02 * goal)
for lr in (0.1, 10.0):  # no luck in the rate
    other = train(adam, centred, y, 0 * centred[:1].T, [lr] * 1000)[-1, 2].item()
    near(other, goal, 0.02 * goal)

# %% floors
in_prose("0.9")
floors = []
for update, lr in ((sgd, 0.1), (sgd, 0.01), (momentum, 0.01)):  # ten seeds of ten runs each
    run = excess(Z, y, hundred_runs(train, update, Z, y, [lr] * 800))[-400:]
    floors.append(run.reshape(400, 10, 10).mean((0, 2)))
high, low, heavy = floors
assert (heavy / high > 0.75).all() and (heavy / high < 1.05).all() and (heavy > 5 * low).all()
late = ten_runs(adam, [2.0] * 800)[-400:]
assert late.min() > 0.005  # Adam has a floor, too

# %% schedules
assert [schedules["step"](k) for k in (79, 80, 160)] == [1, 0.5, 0.25]
near(schedules["exponential"](1), 0.99, 1e-12)
near([schedules["cosine"](k) for k in (0, 200, 400)], [1, 0.5, 0], 1e-12)
near([schedules["warm-up"](k) for k in (0, 19, 39, 300)], [1 / 40, 0.5, 1, 1], 1e-12)

# %% schedulers
w = w_start.clone()
for name, scheduler in library.items():
    optimizer = torch.optim.SGD([w], lr=0.1)
    steps = scheduler(optimizer)
    for k in range(400):
        near(optimizer.param_groups[0]["lr"], 0.1 * schedules[name](k), 1e-12)
        optimizer.step()
        steps.step()

# %% seeds
late = {name: curve[-50:].mean().item() for name, curve in curves.items()}
for name in late:
    in_prose(f"{late[name]:.2g}")
in_prose("50")
assert max(late[name] for name in ("step", "exponential", "cosine")) < 0.1 * late["constant"]
assert 0.01 < late["constant"] < 0.1  # some percent
ends = {}
for name, factor in schedules.items():  # ten seeds of ten runs each
    run = hundred_runs(train, sgd, Z, y, [0.1 * factor(k) for k in range(400)])
    ends[name] = excess(Z, y, run)[-50:].reshape(50, 10, 10).mean((0, 2))
for name in ("step", "exponential", "cosine"):
    assert (ends[name] < ends["constant"] / 3).all()
near(ends["warm-up"] / ends["constant"], torch.ones(10), 0.02)

# %% jitter
run = train(rmsprop, Z, y, w_starts, [1.0] * 3000)
near((run[-1] - best).abs(), torch.full((3, 10), 0.5), 5e-4)
near((run[-2] - best), -(run[-1] - best), 1e-3)  # from one side to the other
g = [gradient(Z, y, w).abs() for w in run[-3:]]
near(g[0] / g[1], torch.ones(3, 10), 2e-3)  # the same size at every update
w = best + 100 * torch.randn(3, 200, dtype=torch.float64)
near((train(rmsprop, Z, y, w, [1.0] * 3000)[-1] - best).abs(), torch.full((3, 200), 0.5), 5e-3)
assert (train(rmsprop, Z, y, w_starts, falling)[-1] - best).abs().max() < 1e-4
assert (train(sgd, Z, y, w_starts, [1.0] * 200)[-1] - best).abs().max() < 1e-9  # comes to rest
in_prose(f"{(run[-1] - best).abs().mean():.1f}")

# %% exercise-1-answer
cited("2500", "the exercise sets this condition number")
cited("70", "the exercise sets this weight")
cited("16 300", "exercise 14.5 sets the batch size and the number of updates")
cited("0.001", "Adam's default rate, in torch")

# %% nesterov-forms
torch.testing.assert_close(torch.stack(ahead), by_torch, rtol=1e-9, atol=1e-9)
assert not torch.allclose(w, by_torch[-1], rtol=1e-3)  # the weights of the book are elsewhere

# %% adagrad-falls
seeds = [torch.Generator().manual_seed(seed) for seed in range(10)]
rows = torch.cat([torch.randint(88, (800, 10, 8), generator=source) for source in seeds], 1)
state, w, rates = {}, best.expand(100, 3, 1), []
for k in range(1, 801):
    w = adagrad(w, gradient(Z[rows[k - 1]], y[rows[k - 1]], w), state, lr=1.0)
    if k in (50, 200, 800):
        rates.append((1 / state["sum"].sqrt()).reshape(10, -1).mean(1))
for before, after in pairwise(rates):
    assert (after / before > 0.4).all() and (after / before < 0.6).all()

# %% adam-unstable
in_prose("0.999 1.9")
in_prose(f"{100 * (0.999**-0.5 - 1):.2f} {2 * 1.9 / 0.1:.0f}")
assert there == gone + 10 == 10  # the cosine: all arrive, none leaves
in_prose(f"{len(falling)}")
run = excess(X, y, train(adam, X, y, w, [10.0] * 8000))[-1000:] / excess(X, y, w[None])
assert ((run > 1e-6).any(0) & (run < 1e-6).any(0)).all()  # at times away, at times there
for lam, lr, grows in ((2.0, 37.9 / 2, False), (2.0, 38.1 / 2, True), (0.3, 126.0, False)):
    # Adam's mean is a tenth of a velocity, so its rate is a tenth, too.
    M = torch.tensor([[1 - 0.1 * lr * lam, -0.1 * lr * 0.9], [lam, 0.9]], dtype=torch.float64)
    assert (torch.linalg.eigvals(M).abs().max() > 1 + 1e-9) == grows

# %% warm-up-for
highest = []
for name in ("constant", "warm-up"):
    rates = [2.0 * schedules[name](k) for k in range(100)]
    run = excess(Z, y, hundred_runs(train, adam, Z, y, rates, best))
    highest.append(run.max(0).values.reshape(10, 10).mean(1))
assert (highest[0] > 1.05 * highest[1]).all() and highest[0].mean() > 1.4 * highest[1].mean()
