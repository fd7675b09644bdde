"""What lesson 18 says about sharing a batch, computed again in its own kernel."""

import ast
import contextlib

import psutil
import torch
from torch.utils.data import DistributedSampler


def near(value, wanted, tolerance):
    """Assert that numbers agree to `tolerance`, relative to the larger one or to 1."""
    value, wanted = (torch.as_tensor(v, dtype=torch.float64) for v in (value, wanted))
    torch.testing.assert_close(value, wanted, rtol=tolerance, atol=tolerance)


def examples(seed, n):
    """Other examples than the lesson's, made in the same way."""
    source = torch.Generator().manual_seed(seed)
    x1, x2, noise = torch.randn(3, n, 1, generator=source, dtype=torch.float64)
    return torch.cat([x1, x2], 1), 74 * x1 + 13 * x2 + 62 * noise


def gradients_of(X, y, w):
    """The gradient of each example, (n, d), by autograd."""
    rows = []
    for x, label in zip(X, y, strict=True):
        leaf = w.clone().requires_grad_()
        ((x[None] @ leaf - label) ** 2 / 2).sum().backward()
        rows.append(leaf.grad[:, 0])
    return torch.stack(rows)


# %% pencil
near(gradients.mean(), 6, 1e-12)
parts = gradients.split([3, 1])
plain = sum(part.mean() for part in parts) / 2
weighted = sum(len(part) * part.mean() for part in parts) / 4
near([plain, weighted], [8, 6], 1e-12)
near([part.mean() for part in gradients.split([2, 2])], [3, 9], 1e-12)
# The lonely example counts for half, each of the others for a sixth.
leaf = gradients.clone().requires_grad_()
(sum(part.mean() for part in leaf.split([3, 1])) / 2).backward()
near(leaf.grad, [1 / 6, 1 / 6, 1 / 6, 1 / 2], 1e-6)
assert weighted == gradients.mean()
in_prose(f"{gradients[3].item():.0f}")

# %% examples
in_prose(f"{len(X)}")
assert X.shape == (6400, 2) and y.shape == (6400, 1)
residuals = y - X @ torch.tensor([[74.0], [13.0]]).to(X)
assert 60 < residuals.std() < 64
in_prose("62")

# %% gradient
torch.testing.assert_close(gradients_of(X[:20], y[:20], w_start), each[:20])
torch.testing.assert_close(each.mean(0), gradient(X, y, w_start)[:, 0])
first, second = each[0:16:2], each[1:16:2]
halfway = (first.mean(0) + second.mean(0)) / 2
torch.testing.assert_close(halfway, each[:16].mean(0))
in_prose("16")
for place in (first.mean(0), second.mean(0), halfway):
    in_prose(" ".join(f"{abs(value):.0f}" for value in place.tolist()))
# The formula, for any model, any loss that is a mean over examples, and any parts.
for seed in range(10):
    source = torch.Generator().manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    data = torch.randn(12, 4, generator=source, dtype=torch.float64)
    counts = [5, 1, 4, 2]

    def slopes(rows, net=net):
        loss = torch.nn.functional.huber_loss(net(rows[:, :3]), rows[:, 3:])
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))])

    shared = sum(len(rows) / 12 * slopes(rows) for rows in data.split(counts))
    torch.testing.assert_close(shared, slopes(data))

# %% slices-agree
assert len(alone) == 101 and len(batches) == 100 and all(len(batch) == 64 for batch in batches)
in_prose(f"{len(batches)}")
w = w_start.clone().requires_grad_()
optimizer = torch.optim.SGD([w], lr=0.1)
for batch, position in zip(batches, alone[1:], strict=True):
    optimizer.zero_grad()
    (((X[batch] @ w - y[batch]) ** 2).mean() / 2).backward()
    optimizer.step()
    torch.testing.assert_close(w.detach()[:, 0], position, rtol=1e-11, atol=1e-11)
for num_workers in (2, 4, 64):
    shared = sgd(X, y, w_start, 0.1, batches, num_workers)
    torch.testing.assert_close(shared, alone, rtol=1e-12, atol=1e-12)
# With uneven parts the plain mean is another training.
uneven = sgd(X, y, w_start, 0.1, batches, 3)
assert (uneven - alone).abs().max() > 0.1

# %% write
text = (folder / "train.py").read_text()
names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
assert {"DistributedDataParallel", "DistributedSampler", "gc"} <= names
assert text.index("sampler.set_epoch(epoch)") < text.index("loss.backward()")
assert text.rstrip().endswith("dist.destroy_process_group()")
assert "batch_size=32" in text
cited("32", "the program's batch size, in its text")
task = torch.load(folder / "task.pt")
torch.testing.assert_close(task[:3], (X, y, w_start), rtol=0, atol=0)

# %% run
assert run.returncode == 0, run.stderr.decode()
# Nobody is left behind: no child of this kernel, and no process that runs in the folder.
children = psutil.Process().children(recursive=True)
assert not [one for one in children if "train.py" in " ".join(one.cmdline())]
left = []
for one in psutil.process_iter(["pid", "cmdline"]):
    if "train.py" in (one.info["cmdline"] or []):
        with contextlib.suppress(psutil.Error):  # it has ended, or belongs to somebody else
            left += [one.pid] if one.cwd() == str(folder.resolve()) else []
assert left == []

# %% by-hand-agrees
assert len(results) == 2
for run_by_hand in by_hand_runs:
    torch.testing.assert_close(run_by_hand, alone, rtol=1e-12, atol=1e-12)
in_prose(f"{len(alone) - 1}")

# %% deal
for epoch in range(3):
    parts = deal(n, epoch)
    assert [len(part) for part in parts] == [3200, 3200]
    assert sorted(parts[0] + parts[1]) == list(range(n))
source = torch.Generator().manual_seed(0 + 2)  # how the sampler uses its seed and the epoch
assert deal(n, 2)[1] == torch.randperm(n, generator=source).tolist()[1::2]

# %% ddp-agrees
assert all(len(one) == 201 for one in ddp_runs)
in_prose(f"{len(one_process) - 1}")
for one in ddp_runs:
    torch.testing.assert_close(one, one_process, rtol=1e-12, atol=1e-12)
# All are at the weights that rank 0 drew, and rank 1 had drawn others.
starts = []
for rank in range(2):
    torch.manual_seed(rank)
    starts.append(torch.nn.Linear(2, 1, bias=False).double().weight[0].detach())
torch.testing.assert_close(ddp_runs[1][0], starts[0])
assert (starts[1] - starts[0]).abs().max() > 0.1
# A batch holds each example once, and an epoch each example once.
assert ddp_batches.shape == (200, 64)
for epoch in range(2):
    assert ddp_batches[100 * epoch : 100 * epoch + 100].flatten().sort().values.tolist() == [
        *range(n)
    ]
# What stands in one update of the program is a batch of both workers' parts.
assert ddp_batches[103].tolist() == deal(n, 1)[0][96:128] + deal(n, 1)[1][96:128]
in_prose(f"{len(ddp_batches[0])}")

# %% padding
assert deal(7, shuffle=False) == [[0, 2, 4, 6], [1, 3, 5, 0]]
dropped = deal(7, shuffle=False, drop_last=True)
assert sorted(dropped[0] + dropped[1]) == [0, 1, 2, 3, 4, 5]
# Sums and counts are exact for any parts.
sums = [(each[part].sum(0), len(each[part])) for part in (slice(0, 7), slice(7, 9), slice(9, 9))]
exact = sum(s for s, _ in sums) / sum(count for _, count in sums)
torch.testing.assert_close(exact, each[:9].mean(0))

# %% set-epoch
orders = [deal(n, epoch=epoch)[0] for epoch in (0, 0, 1)]
assert orders[0] == orders[1] != orders[2]
plain = DistributedSampler(range(n), 2, 0)
assert list(plain) == list(plain) == orders[0]

# %% seen
for seed in range(10):  # a half of the half is left out, whatever the seeds
    seen = {*deal(n, seed=seed)[0], *deal(n, seed=seed + 1)[1]}
    assert abs(len(seen) / n - 0.75) < 0.02
assert len({*deal(n, seed=3)[0], *deal(n, seed=3)[1]}) == n

# %% spread
one = (each - each.mean(0)).square().sum(1).mean().sqrt().item()
for num_workers in (1, 4, 16):
    for seed in range(10):
        torch.manual_seed(seed)
        drawn = torch.randint(n, (2000, 10 * num_workers))
        same = torch.randint(n, (2000, 10)).repeat(1, num_workers)
        assert abs(spread(drawn) / (one / (10 * num_workers) ** 0.5) - 1) < 0.12
        assert abs(spread(same) / (one / 10**0.5) - 1) < 0.12
in_prose("16")
# A generator with the same seed draws the same examples, which is what `repeat` stands for.
twins = [torch.randint(n, (5, 10), generator=torch.Generator().manual_seed(7)) for _ in range(2)]
assert twins[0].tolist() == twins[1].tolist()

# %% epochs
assert [len(torch.randperm(n).split(10 * N)) for N in (1, 16)] == [640, 40]
in_prose("640 40 16 10")
in_prose(f"{bound / 0.02:.0f} {same_rate[4]:.2f} {same_rate[0]:.4f}")
in_prose(f"{same_rate[0]:.2g} {same_rate[-1]:.2g} {scaled[-1]:.3g} {max(scaled[:6]):.2g}")
for seed in range(10):  # on other examples and orders
    Z, v = examples(seed, n)
    best = torch.linalg.lstsq(Z, v).solution
    height = ((Z @ best - v) ** 2).mean()
    torch.manual_seed(seed)
    ends = {}
    for N, lr in ((1, 0.02), (16, 0.02), (16, 0.32), (32, 0.64), (128, 2.56)):
        end = sgd(Z, v, w_start, lr, torch.randperm(n).split(10 * N))[-1:].T
        ends[N, lr] = (((Z @ end - v) ** 2).mean() / height - 1).item()
    assert ends[16, 0.02] > 10 * ends[1, 0.02]
    assert max(ends[16, 0.32], ends[32, 0.64]) < 0.03 < 0.1 < ends[16, 0.02]
    assert ends[128, 2.56] > 10
    assert 90 < 2 / torch.linalg.eigvalsh(Z.T @ Z / n)[-1] / 0.02 < 105

# %% times-table
assert table.shape == (3, 5) and (table > 0).all().all()
alone_time, talk = table["alone"], table["all_reduce"]
# Which of the works gain is a matter of the machine; the linear model never does.
assert table["shared"].iloc[0] > table["alone"].iloc[0]
assert (talk / alone_time).iloc[0] > 3 * (talk / alone_time).iloc[2]
assert alone_time.iloc[2] > alone_time.iloc[1]
# The message is the same for both sizes of the batch.
assert 1 / 20 < talk.iloc[2] / talk.iloc[1] < 20
numbers = [torch.nn.Linear(1000, 1), torch.nn.Sequential(torch.nn.Linear(1000, 1000))]
count = [sum(p.numel() for p in net.parameters()) for net in numbers]
assert 1000 <= count[0] <= 1001 and 1e6 <= count[1] < 1.01e6
in_prose("1000")

# %% speedups
C, A = 10.0, 1.0
speedups = [C / (C / N + A) for N in (2, 8, 64, 10**6)]
in_prose(f"{speedups[1]:.1f} 10")
assert max(speedups) < C / A and speedups[-1] > 0.999 * C / A
for ratio in (0.1, 1.0, 1.99):  # below 2 two workers are slower than one
    assert 1 / (1 / 2 + 1 / ratio) < 1
assert 1 / (1 / 2 + 1 / 2.01) > 1
for N in range(2, 100):
    assert 2 * (N - 1) / N < 2
for ratio in (100, 10, 1):
    in_prose(f"{1 / (1 / 64 + 1 / ratio):.3g}")

# %% exercise-1-answer
cited("0.01", "the exercise sets this rate")
cited("32", "the exercise sets this batch size")

# %% accumulate
torch.testing.assert_close(w.detach()[:, 0], alone[-1], rtol=1e-12, atol=1e-12)
assert all(len(batch.split(16)) == 4 for batch in batches)
in_prose("64")
# With batch norm the parts do not give the gradient of the batch.
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1)).double()
slopes = []
for rows in (slice(0, 8), slice(0, 4), slice(4, 8)):
    loss = ((net(X[rows]) - y[rows]) ** 2).mean() / 2
    slopes.append(torch.autograd.grad(loss, net[1].weight)[0])
assert ((slopes[1] + slopes[2]) / 2 - slopes[0]).abs().max() > 1
