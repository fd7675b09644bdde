"""What lesson 7, the same training twice, must have computed, cell by cell."""

import torch
from d2l import torch as d2l


def half_mean_square(X, y, position):
    """The mean half squared error at one position (w1, w2, b)."""
    r = X.double() @ position[:2].double() + position[2].double() - y[:, 0].double()
    return ((r**2).mean() / 2).item()


def by_formula(batches, factor, w_start):
    """(w1, w2, b) after updates by `factor` times the mean residual times the example."""
    w, b = w_start.double(), torch.zeros(1, dtype=torch.float64)
    for X, y in batches:
        r = X.double() @ w + b - y.double()
        w, b = w - factor * X.double().T @ r / len(X), b - factor * r.mean(0)
    return torch.cat([w.flatten(), b])


# %% same-numbers
assert true_w.tolist() == torch.tensor([2, -3.4]).tolist() and true_b == 4.2
assert features.shape == (1500, 2) and labels.shape == (1500, 1)
assert X.shape == (1000, 2) and torch.equal(X, features[:1000]) and torch.equal(y, labels[:1000])
noise = labels[:, 0] - features @ true_w - true_b
assert abs(noise.std() - 0.01) < 0.0015
assert w_start.shape == (2, 1) and w_start.abs().max() < 0.05
cited("0.03", "the learning rate of both programs in the lecture's notes")
cited("0.027", "the lecture's notes, first program, epoch 1, rounded")
cited("0.000103", "the lecture's notes, second program, epoch 1")

# %% draw-batches
drawn = draw_batches(X, y)
assert len(drawn) == 300
assert all(len(y_) == 10 for _, y_ in drawn)
for epoch in (drawn[:100], drawn[100:200], drawn[200:]):
    rows = torch.cat([torch.cat(pair, 1) for pair in epoch]).tolist()
    assert sorted(rows) == sorted(torch.cat([X, y], 1).tolist())
assert not torch.equal(drawn[0][0], drawn[100][0])

# %% program-one
some = draw_batches(X, y, 1)[:20]
torch.testing.assert_close(
    program_1(some, 0.03, w_start)[-1].double(), by_formula(some, 0.03, w_start), rtol=0, atol=1e-5
)

# %% program-two
some = draw_batches(X, y, 1)[:20]
torch.testing.assert_close(
    program_2(some, 0.03, w_start)[-1].double(), by_formula(some, 0.06, w_start), rtol=0, atol=1e-5
)

# %% mean-square
position = torch.tensor([[1.0, -1.0, 0.5]])
assert abs(mean_square(X, y, position).item() / 2 - half_mean_square(X, y, position[0])) < 1e-9

# %% both-prints
assert run_1.shape == (300, 3) and run_2.shape == (450, 3)
for epoch in (1, 2, 3):
    one, two = table["program 1 prints"][epoch - 1], table["program 2 prints"][epoch - 1]
    assert abs(one / half_mean_square(X, y, run_1[100 * epoch - 1]) - 1) < 1e-6
    assert abs(two / 2 / half_mean_square(features, labels, run_2[150 * epoch - 1]) - 1) < 1e-6
gap = table["program 1 prints"] / table["program 2 prints"]
assert 1.8 < 1 / gap[2] < 2.2
in_prose(f"{round(gap[0].item(), -2):.0f}")

# %% ten-seeds
assert len(prints) == 10
assert min(prints) < 0.027 < max(prints)
assert 0.027 - min(prints) < 0.1 * (max(prints) - min(prints))  # close to the lower end
assert 1.5 < max(prints) / min(prints) < 3
# Whatever the seed, the gap between the programs after an epoch is hundreds.
for seed in range(10):
    torch.manual_seed(100 + seed)
    other = d2l.synthetic_data(true_w, true_b, 1500)
    one = program_1(draw_batches(other[0][:1000], other[1][:1000], 1), 0.03, w_start)[-1]
    two = program_2(draw_batches(*other, 1), 0.03, w_start)[-1]
    ratio = half_mean_square(other[0][:1000], other[1][:1000], one) / (
        2 * half_mean_square(*other, two)
    )
    assert 150 < ratio < 1000

# %% one-epoch
for n, lr in ((1000, 0.03), (1500, 0.06)):
    pairs = list(zip(features[:n].split(10), labels[:n].split(10), strict=True))
    last = by_formula(pairs, lr, w_start)
    assert abs(errors(n, lr)[-1] / 2 / half_mean_square(features[:n], labels[:n], last) - 1) < 0.01
assert torch.equal(features[:1000], features[:1500][:1000])

# %% differences-table
times = table["times"]
assert abs(times["printed without the half"] - 2) < 1e-4
assert 250 < 1 / times["gradient without the half"] < 350
in_prose(f"{1 / times['1500 examples']:.0f}")
assert times.drop("all: program 2").idxmin() == "gradient without the half"
product = 2 * times["gradient without the half"] * times["1500 examples"]
assert product < times["all: program 2"] / 5  # the factors do not multiply
assert 1000 % 10 == 1500 % 10 == 0  # full batches: the divisor changes nothing
in_prose(f"{1 - 0.03:.2f} {1 - 0.06:.2f} {0.97**100:.3f} {0.94**100:.4f}")
in_prose(f"{round((0.97**100 / 0.94**100) ** 2, -1):.0f}")
in_prose(f"{1000 // 10} {1500 // 10 - 1000 // 10} {1500 - 1000}")  # updates, and more of them
assert (features.std(0) - 1).abs().max() < 0.05
assert abs(torch.corrcoef(features.T)[0, 1]) < 0.06

# %% two-rates
slow, fast = curves["with the half"], curves["without the half"]
assert slow[99] > 200 * fast[99]
assert abs(fast[149] / 0.01**2 - 1) < 0.1  # nothing left to gain
X1 = torch.cat([features, torch.ones(1500, 1)], 1).double()
least = torch.linalg.lstsq(X1, labels.double()).solution
floor = ((X1 @ least - labels) ** 2).mean().item()
assert floor <= fast.min().item() < 1.1 * floor and abs(floor / 0.01**2 - 1) < 0.1
in_prose(f"{slow[99]:.2g} {slow[149]:.2g} {fast[99]:.2g} {fast[149]:.2g} {0.01**2:.2g}")
in_prose("150")

# %% record-batches
assert len(batches[torch.float32]) == 300
assert batches[torch.float64][7][0].dtype == torch.float64
assert batches[torch.float32][7][0].dtype == torch.float32
assert torch.equal(batches[torch.float64][7][0].float(), batches[torch.float32][7][0])
for t in batches:
    assert first[t].dtype == t and first[t].shape == (300, 3)
    end = by_formula(batches[t], 0.03, w_start)
    torch.testing.assert_close(first[t][-1].double(), end, rtol=0, atol=1e-5)

# %% equal-updates
assert bounds == {torch.float32: 2e-6, torch.float64: 1e-12}
# The comparison notices each part when it is wrong.
assert max(equal_updates(0.031, []).values()) == 0
assert max(equal_updates(0.031 / 2, ["model", "loss", "optimizer"]).values()) == 0
# The step of float32 at the bias, the largest parameter, and the bounds in such steps.
above = (torch.tensor(4.2).nextafter(torch.tensor(9.0)) - torch.tensor(4.2)).item()
in_prose(f"{above:.1e} {first[torch.float32][-1, 2]:.1f}")
assert first[torch.float32].abs().max() < 8 and first[torch.float32].abs().argmax() % 3 == 2
assert 4 <= 2e-6 / above < 9
assert 1000 < 1e-12 / (8 * torch.finfo(torch.float64).eps / 2) < 2000
assert abs(bounds[torch.float32] / bounds[torch.float64] / 2e6 - 1) < 1e-9
in_prose(f"{bounds[torch.float32]:.0e} {bounds[torch.float64]:.0e}")

# %% ledger
assert list(exchanges) == ["model", "loss, rate 0.03", "loss, rate 0.03 / 2", "optimizer"]
for name, counts in exchanges.items():
    assert set(counts.values()) == {0 if name == "loss, rate 0.03" else 300}
parts = ["model", "loss", "optimizer"]
library_run = train(batches[torch.float64], 0.015, w_start.double(), parts)
again = train(batches[torch.float64], 0.03, w_start.double(), [])
assert (library_run - again).abs().max() < 1e-12
in_prose("300 0.03")

# %% programs-agree
for t in batches:
    assert (program_2(batches[t], 0.015, w_start.to(t)) - first[t]).abs().max() < bounds[t]
cited("0.027", "the lecture's notes, first program, epoch 1, rounded")
cited("0.0001", "the lecture's notes, second program, epoch 1, rounded")
alone = errors(1000, 0.03)[-1] / errors(1000, 0.06)[-1]  # the gradient's half by itself
in_prose(f"{round(alone.item(), -2):.0f}")
assert errors(1500, 0.06)[-1] < 0.5 * errors(1000, 0.06)[-1] and 1500 // 10 - 1000 // 10 == 50

# %% gradients-table
assert [round(c) for c in table["factor c"]] == [1, 10, 2, 20]
assert abs(table["factor c"] - [1, 10, 2, 20]).max() < 1e-4
assert (table["step of b"] - table["step of b"].iloc[0]).abs().max() < 1e-6
in_prose("10 20")

for decay, clip, kind in ((0.1, None, "SGD"), (0, 1.0, "SGD"), (0, None, "Adam")):
    # Twice the loss at half the rate: not the same steps with decay, clipping or Adam.
    ends = []
    for c in (1, 2):
        w = w_start.double().requires_grad_()
        optimizer = getattr(torch.optim, kind)([w], lr=0.03 / c, weight_decay=decay)
        for X_, y_ in batches[torch.float64][:50]:
            optimizer.zero_grad()
            (c * d2l.squared_loss(X_ @ w, y_).mean()).backward()
            if clip:
                torch.nn.utils.clip_grad_norm_([w], clip)
            optimizer.step()
        ends.append(w.detach())
    assert (ends[0] - ends[1]).norm() > 0.01
ends = []
for c in (1, 2):  # Adam hardly notices c at all
    w = w_start.double().requires_grad_()
    optimizer = torch.optim.Adam([w], lr=0.03)
    for X_, y_ in batches[torch.float64][:50]:
        optimizer.zero_grad()
        (c * d2l.squared_loss(X_ @ w, y_).mean()).backward()
        optimizer.step()
    ends.append(w.detach())
assert (ends[0] - ends[1]).norm() < 1e-6
# And not only for the first step: at these rates all four make all 300 updates of program 1.
for loss_fn, rate in zip(loss_fns.values(), table["learning rate"], strict=True):
    w = w_start.double().requires_grad_()
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for X_, y_ in batches[torch.float64]:
        gradients_ = torch.autograd.grad(loss_fn(d2l.linreg(X_, w, b), y_), [w, b])
        with torch.no_grad():
            w -= rate * gradients_[0]
            b -= rate * gradients_[1]
    end = torch.cat([w.detach().flatten(), b.detach()])
    assert (end - first[torch.float64][-1]).abs().max() < 1e-6

# %% weights-table
weight = table["mean: weight of one"]
assert round(weight[2] / weight[0], 6) == 7
assert abs(table["sum / 700: length of the step"][2] * 7 - 1) < 1e-9
in_prose(f"{table['examples'].sum()}")

# %% slip-table
assert slip == {"torch.float32": 300, "torch.float64": 0}
run = train(batches[torch.float64], 0.015 * (1 + 1e-7), w_start.double(), ["loss"])
assert 1e-7 < (run - first[torch.float64]).abs().max() < 2e-7
in_prose(f"{2e-7:.0e}")

# %% full-rate
hand = first[torch.float32]
distance = (full - hand).norm(dim=1)
in_prose(f"{distance.max():.1f}")
assert 15 < distance.argmax() < 28
ends = [half_mean_square(X, y, run[-1]) for run in (hand, full)]
assert abs(ends[1] / ends[0] - 1) < 0.02
assert distance.min() > 100 * 2e-6
step = (full[0] - torch.cat([w_start[:, 0], torch.zeros(1)])).norm()
half_step = (hand[0] - torch.cat([w_start[:, 0], torch.zeros(1)])).norm()
assert abs(step / half_step - 2) < 1e-4
in_prose(f"{ends[0]:.2g} {ends[1]:.2g} {distance.min():.1g} {2e-6:.0e}")
in_prose(f"{distance.argmax().item() // 10 * 10 + 10}")
