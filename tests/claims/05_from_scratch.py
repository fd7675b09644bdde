"""What lesson 5, linear regression from scratch, must have computed, cell by cell."""

import inspect
import random
import warnings

import torch


def least_squares(X, y):
    """The parameters (d + 1, 1) with the smallest squared error on X (n, d), y (n, 1)."""
    X1 = torch.cat([X, torch.ones(len(X), 1)], 1).double()
    return torch.linalg.solve(X1.T @ X1, X1.T @ y.double())


def trained_from(w, b, features, labels, rate, num_epochs, batch_size=10):
    """Parameters (..., 3, 1) after SGD with the formula's gradient, without autograd.

    From w (..., 2, 1) and b (..., 1, 1) on features (..., n, 2) and labels (..., n, 1): data sets
    side by side are trained at once, each in the same order of its rows.
    """
    theta = torch.cat([w, b], -2)
    X1 = torch.cat([features, torch.ones_like(labels)], -1)
    for _ in range(num_epochs):
        for rows in torch.randperm(features.shape[-2]).split(batch_size):
            X, y = X1[..., rows, :], labels[..., rows, :]
            theta = theta - rate * X.mT @ (X @ theta - y) / len(rows)
    return theta


def made(seed):
    """The lesson's data made with another seed: 1000 examples, and 200 held out."""
    torch.manual_seed(seed)
    X = torch.randn(1200, 2)
    y = X @ torch.tensor([[2.0], [-3.4]]) + 4.2 + 0.01 * torch.randn(1200, 1)
    return X[:1000], y[:1000], X[1000:], y[1000:]


def half_mean_square(X, y, theta):
    """The mean half squared error of parameters (..., 3, 1), for each data set."""
    r = X @ theta[..., :2, :] + theta[..., 2:, :] - y
    return (r**2).mean((-2, -1)) / 2


# %% make-data
assert true_w.tolist() == torch.tensor([2, -3.4]).tolist()
assert true_b == 4.2
assert features.shape == (1000, 2) and labels.shape == (1000, 1)
assert held_features.shape == (200, 2) and held_labels.shape == (200, 1)
for X_part, y_part in ((features, labels), (held_features, held_labels)):
    noise = y_part[:, 0] - X_part @ true_w - true_b
    assert abs(noise.std() - 0.01) < 0.0015
    assert noise.mean().abs() < 0.002
# Held out means: no row of it is a row of the training part.
rows = {tuple(row) for row in features.tolist()}
assert not rows & {tuple(row) for row in held_features.tolist()}
in_prose(f"{len(held_features)}")

# %% scatter
for own, other in ((0, 1), (1, 0)):
    rest = labels[:, 0] - true_b - true_w[own] * features[:, own]
    torch.testing.assert_close(rest.std(), true_w[other].abs(), rtol=0.1, atol=0)
assert (features.std(0) - 1).abs().max() < 0.1
r = [torch.corrcoef(torch.stack([x, labels[:, 0]]))[0, 1].item() for x in features.T]
in_prose(f"{r[0]:.2f} {r[1]:.2f}")
in_prose(f"{true_w[1]:.1f}")

# %% data-iter
random.seed(0)
for batch_size_ in (1, 7, 10, 1000, 1200):
    drawn = list(data_iter(batch_size_, features, labels))
    assert sum(len(y_) for _, y_ in drawn) == 1000
    pairs = torch.cat([torch.cat([X_, y_], 1) for X_, y_ in drawn])
    whole = torch.cat([features, labels], 1)
    assert sorted(pairs.tolist()) == sorted(whole.tolist())
    assert batch_size_ == 1200 or pairs.tolist() != whole.tolist()
assert [len(y_) for X_, y_ in data_iter(300, features, labels)] == [300, 300, 300, 100]
assert {len(y_) for X_, y_ in data_iter(10, features, labels)} == {10}

# %% linreg-and-squared-loss
X_, w_, b_ = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]), torch.tensor([5.0])
assert linreg(X_, w_, b_).tolist() == [[16.0]]
assert squared_loss(torch.tensor([[16.0]]), torch.tensor([12.0])).tolist() == [[8.0]]

# %% lecture-training
assert (batch_size, lr, num_epochs) == (10, 0.03, 3)
assert net is linreg and loss is squared_loss
assert w.shape == (2, 1) and b.shape == (1,)
assert (w.detach()[:, 0] - true_w).abs().max() < 0.001
assert (b.detach() - true_b).abs() < 0.001
floor = 0.01**2 / 2
assert abs(train_l / floor - 1) < 0.15
in_prose(f"{floor:.5f} {len(features)}")

# %% noise-of-these
# A little below: the noise of these labels is a little smaller, and no model gets by much under it.
noise = labels[:, 0] - features @ true_w - true_b
assert 0.85 < (noise**2).mean() / 0.01**2 < 0.95
assert abs(train_l / ((noise**2).mean() / 2) - 1) < 0.05
torch.testing.assert_close(loss(perfect, labels).mean(), (noise**2).mean() / 2)

# %% start-and-position
first, second = start(seed=3), start(seed=3)
assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
assert first[0].shape == (2, 1) and first[0].abs().max() < 0.05 and first[1].tolist() == [0.0]
assert not torch.equal(first[0], start(seed=4)[0])
start(seed=3)
order = next(data_iter(10, features, labels))[0]
start(seed=3)
assert torch.equal(order, next(data_iter(10, features, labels))[0])
assert position(*first).shape == (3,) and not position(*first).requires_grad

# %% sum-and-mean
sums = [row[1] for row in rows]
means = [row[2] for row in rows]
assert [row[0] for row in rows] == [10, 100, 1000]
for m_, sum_, mean_ in rows:
    w_, b_ = start(seed=1)
    r_ = linreg(features[:m_], w_, b_) - labels[:m_]
    torch.testing.assert_close(sum_, r_.sum().item(), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(mean_, r_.mean().item(), rtol=1e-3, atol=1e-3)
for k in (0, 1):
    assert 7 < sums[k + 1] / sums[k] < 13  # about tenfold
assert max(map(abs, means)) < 1.5 * min(map(abs, means))  # the scale stays

# %% backward-twice
torch.testing.assert_close(b.grad.item(), 2 * rows[-1][1], rtol=1e-4, atol=0)

# %% step-without-no-grad
# What the step would do if it were allowed: a recorded step makes no leaf, and fills no .grad.
w_ = torch.ones(2, 1, requires_grad=True)
stepped = w_ - 0.1 * torch.ones(2, 1)
assert w_.is_leaf and not stepped.is_leaf
(features @ stepped).sum().backward()
assert w_.grad is not None
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch warns that this .grad is not filled
    assert stepped.grad is None

# %% step-inside-no-grad
assert w.requires_grad and w.is_leaf and not new_w.requires_grad
with torch.no_grad():
    assert not linreg(features, w, b).requires_grad
assert linreg(features, w, b).requires_grad

# %% step-and-zero-grad
assert list(inspect.signature(step).parameters) == ["params", "lr"]
p = torch.tensor([1.0, 2.0], requires_grad=True)
(p**2).sum().backward()
step([p], 0.25)
assert p.tolist() == [0.5, 1.0] and p.requires_grad
zero_grad([p])
assert p.grad is None
try:
    sgd([p], 0.25, 1)  # the lecture's form, before any backward()
except (TypeError, AttributeError):
    failed = True
assert failed
try:
    p.grad.zero_()
except AttributeError:
    failed_too = True
assert failed_too
q = torch.ones(2, requires_grad=True)
torch.optim.SGD([q], lr=0.1).zero_grad()
assert q.grad is None  # as the library's does
(q**2).sum().backward()
torch.optim.SGD([q], lr=0.1).zero_grad()
assert q.grad is None

# %% train-epoch
assert list(inspect.signature(train_epoch).parameters) == ["w", "b", "batches", "loss_fn", "lr"]

# %% lecture-recorded
assert len(by_lecture) == 301

# %% today-recorded
assert len(by_today) == 301 and len(batch_losses) == 300
# The same at every update, far below any mistake; what differs is rounding.
difference = (torch.stack(by_today) - torch.stack(by_lecture)).abs().max()
assert difference < 2e-6
in_prose(f"{len(batch_losses)}")
assert (position(w, b) - torch.tensor([2, -3.4, 4.2])).abs().max() < 0.003
torch.testing.assert_close(by_today[-1], position(w, b))

# %% same-training
assert not torch.equal(by_today[0], by_today[1])
# A step that were off by a thousandth would be noticed.
moved = by_today[1] - by_today[0]
assert (1e-3 * moved).abs().max() > 1e-5

# %% epoch-losses
(_, train_1, held_1), (_, train_2, held_2), (_, train_3, held_3) = epoch_losses
assert train_1 > 100 * train_2 > 200 * train_3
for train_k, held_k in ((train_1, held_1), (train_2, held_2), (train_3, held_3)):
    assert 0.7 < held_k / train_k < 1.4
in_prose(f"{100 * (held_3 / train_3 - 1):.0f} percent")
X_, y_, X_held, y_held = map(torch.stack, zip(*map(made, range(10)), strict=True))
end = trained_from(torch.zeros(10, 2, 1), torch.zeros(10, 1, 1), X_, y_, 0.03, 3)
ends = half_mean_square(X_held, y_held, end) / half_mean_square(X_, y_, end)
assert ends.min() < 0.95 and ends.max() > 1.05  # a little below or above, as the seed has it
assert (ends - 1).abs().max() < 0.4
assert abs((2 / 200) ** 0.5 - 0.1) < 1e-9  # the relative spread of a mean of 200 squares
in_prose("1000 and 200" if (len(features), len(held_features)) == (1000, 200) else "0 and 0")

# %% least-squares
torch.testing.assert_close(theta_best, least_squares(features, labels), rtol=1e-6, atol=1e-8)
assert best_loss <= train_loss < 1.05 * best_loss
assert X1.shape == (1000, 3)

# %% training-picture
best_ = theta_best.flatten()
path_ = torch.stack(by_today).double()
lengths = (path_[1:] - path_[:-1]).norm(dim=1)
assert lengths[:50].mean() > 10 * lengths[100:150].mean() > 100 * lengths[-50:].mean()
last = torch.tensor(batch_losses[-30:])
assert last.max() > 2 * last.min()  # it jumps
in_prose(f"{path_[0, 0].abs():.1f} {best_[0]:.1f} {best_[1]:.1f}")
in_prose(f"{batch_losses[0]:.1f} {last.min():.1g} {last.max():.1g} {len(last)} {best_loss:.2g}")
in_prose(f"{0.01 * (3 / 1000) ** 0.5:.5f}")
in_prose("1000 and 0.01")

# %% smaller-rate
assert lr == 0.03 and set(paths) == {0.03, 0.003}
assert all(len(path) == 1301 for path in paths.values())
for path in paths.values():
    torch.testing.assert_close(torch.stack(path[:301]), torch.stack(by_today))

# %% distances
truth_ = torch.tensor([2, -3.4, 4.2], dtype=torch.float64)
best_ = theta_best.flatten()
kept, slowed = ((torch.stack(paths[r]).double() - best_).norm(dim=1) for r in (0.03, 0.003))
data_error = (best_ - truth_).norm().item()
assert kept[300] > data_error > 3 * slowed[-100:].mean()
assert kept[-100:].max() > 3 * kept[-100:].min()  # it jumps around least squares
assert 4 * slowed[-100:].mean() < kept[-100:].mean() < 0.75 * kept[300]
for k in (0, 100):  # each hundred divides by about twenty, and would have done so once more
    assert 18 < kept[k] / kept[k + 100] < 22
in_prose(f"{kept[200]:.3f} {kept[200] / 20:.4f} {kept[300]:.4f} {kept[-100:].mean():.4f}")
assert slowed[-100:].mean() < 0.0001
in_prose(f"{0.0001:.4f} {data_error:.5f}")
assert 0.5 < data_error / (0.01 * (3 / 1000) ** 0.5) < 2
# Ten seeds: at 300 updates most is way not yet gone, whatever the noise; then 0.03 keeps jumping
# and 0.003 does not.
X_, y_, _, _ = map(torch.stack, zip(*map(made, range(10)), strict=True))
X_, y_ = X_.double(), y_.double()
goal = torch.stack([least_squares(*pair) for pair in zip(X_, y_, strict=True)])
exact = X_ @ goal[:, :2] + goal[:, 2:]  # labels without noise, the same goal
zero = torch.zeros(10, 3, 1, dtype=X_.dtype).split([2, 1], dim=1)
ends = []
for labels_ in (exact, y_):
    torch.manual_seed(0)
    ends.append(trained_from(*zero, X_, labels_, 0.03, 3))
for rate_ in (0.03, 0.003):
    ends.append(trained_from(*ends[1].split([2, 1], dim=1), X_, y_, rate_, 10))
means = [(end - goal).norm(dim=1).mean().item() for end in ends]
assert means[0] > 0.6 * means[1] > 1.2 * 0.6 * means[2] > 3 * 0.6 * means[3]
assert 0.0003 < means[2] < 0.0006 and means[3] < 0.00015

# %% distances-picture
first, second = (torch.stack(paths[r]).double() for r in (0.003, 0.03))
best_ = theta_best.flatten()
to_best, jumping = (first - best_).norm(dim=1), (second - best_).norm(dim=1)
to_truth = (first - truth).norm(dim=1)
in_prose(f"{to_best[0]:.2g} {len(by_today) - 1} {100} {to_best[300]:.2g} {to_truth[300]:.2g}")
in_prose(f"{to_best[-100:].mean():.1g} {jumping[-100:].mean():.1g} {to_truth[-100:].mean():.1g}")
data_error = (best_ - truth).norm()
in_prose(f"{data_error:.2g}")
assert abs(to_truth[-100:].mean() / data_error - 1) < 0.25  # it settles near the dotted line
torch.testing.assert_close(to_best[:201], to_truth[:201], rtol=0.05, atol=0)

# %% differences
matrix = (perfect[:5] - flat[:5]).abs()
assert matrix.shape == (5, 5) and matrix.diagonal().max() < 0.05
assert (perfect[:5] - labels[:5]).abs().max() < 0.05
in_prose(f"{matrix.max():.1f} {matrix.diagonal().max():.1f}")

# %% perfect-charged
assert abs(charged / labels.var(correction=0).item() - 1) < 1e-3
# The start's loss is another number: nobody should read a law into the two.
start_loss = (labels**2).mean() / 2
assert abs(start_loss / charged - 1) > 0.1

# %% train-on-flat-labels
half = labels.var(correction=0).item() / 2
assert abs(loss.item() / half - 1) < 0.04
assert loss.item() > half
in_prose(f"{flat.mean():.2f} {half:.2f} {loss:.2f}")
in_prose(" ".join(f"{weight / 10:.2g}" for weight in true_w))
# The mean label has the least loss over all pairs; following the features costs the rest.
y_hat_ = net(features, w, b)
cost_ = ((y_hat_ - flat.mean()) ** 2).mean() / 2
torch.testing.assert_close(loss, half + cost_, rtol=1e-3, atol=0)
weights, biases = torch.zeros(10, 2, 1), torch.zeros(10, 1, 1)
torch.manual_seed(0)
for _ in range(5):  # trained longer and in ten other orders: the same
    orders_ = torch.stack([torch.randperm(1000) for _ in range(10)])
    for batch in orders_.split(10, dim=1):  # (10, 10): a batch of each run
        X_, y_ = features[batch], labels[batch]
        r_ = X_ @ weights + biases - y_.mean(1, keepdim=True)
        weights, biases = weights - lr * X_.mT @ r_ / 10, biases - lr * r_.mean(1, keepdim=True)
more = ((features @ weights + biases - flat) ** 2).mean((1, 2)) / 2
assert (more / half - 1).abs().max() < 0.06
torch.testing.assert_close(weights.mean(0)[:, 0], true_w / 10, rtol=0.25, atol=0)
assert (w.detach()[:, 0] - true_w / 10).abs().max() < 0.15
assert all((b_ - flat.mean()).abs() < 0.4 for b_ in [*biases.flatten(), b.detach()])

# %% exercise-1-answer
cited("500", "given in the exercise's own text")

# %% equal-start
in_prose(f"{len(features)}")
assert torch.equal(hidden[:, 0], hidden[:, 1]) or (hidden[:, 0] - hidden[:, 1]).abs().max() < 1e-5
assert (hidden[:, 0] - 0.1).abs().min() > 0.1  # they moved
torch.manual_seed(0)
for far in (0.0, 10.0):  # and in the linear model every start leads to least squares
    end = trained_from(torch.full((2, 1), far), torch.zeros(1, 1), features, labels, 0.03, 3)
    assert (end - theta_best).norm() < 0.005
