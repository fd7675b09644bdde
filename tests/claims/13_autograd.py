"""What lesson 13, autograd by hand, says, computed again in its own kernel."""

import warnings

import torch
from torch.utils.flop_counter import FlopCounterMode

from helpers import data


def near(value, wanted, tolerance=1e-9):
    """Assert that two numbers or tensors agree to an absolute tolerance."""
    value, wanted = (torch.as_tensor(v, dtype=torch.float64) for v in (value, wanted))
    torch.testing.assert_close(value, wanted, rtol=0, atol=tolerance)


def refused(f, *words):
    """Whether a call raises a RuntimeError that has all the words in it."""
    try:
        f()
    except RuntimeError as error:
        return all(word in str(error) for word in words)
    return False


# %% set-up
z = torch.tensor(3.0, requires_grad=True)  # lesson 3's question back
for _ in range(2):
    (z**2).backward()
assert z.grad == 12
in_prose(f"{z.grad:.0f}")
assert torch.get_default_dtype() == torch.float64

# %% forward
assert (p, y_hat, r, loss) == (300, 320, 20, 400)
assert loss == (w * x + b - y) ** 2
in_prose(f"{w:.0f} {b:.0f} {y:.0f}")

# %% walk
near([d_b, d_w], [2 * r, 2 * r * x])
in_prose(f"{d_b:.0f} {d_w:.0f}")
small = 1e-4  # if r grows a little, each of the two factors adds r times that
near(((r + small) * r - r * r) / small, r, 1e-6)
near(((r + small) ** 2 - r**2) / small, 2 * r, 1e-3)

# %% by-difference
near((r_up**2 - r_down**2) / (2 * h), d_w, 1e-6)
b_up, b_down = w * x + b + h - y, w * x + b - h - y
near((b_up**2 - b_down**2) / (2 * h), d_b, 1e-6)

# %% value
one = Value(2.5)
assert one.parents == () and one.depth == 1 and one.grad == 0 and one.data == 2.5
assert Value(one.data, (one, lambda g: g)).depth == 2

# %% mul
a, c = Value(3.0), Value(-2.0)
for result, data_, slopes in (
    (add(a, c), 1, (1, 1)),
    (sub(a, c), 5, (1, -1)),
    (mul(a, c), -6, (-2, 3)),
):
    assert result.data == data_ and [parent for parent, _ in result.parents] == [a, c]
    near([back(10.0) for _, back in result.parents], [10 * slope for slope in slopes])

# %% house-values
assert loss.data == 400 and [parent for parent, _ in loss.parents] == [r, r]
near([back(1.0) for _, back in loss.parents], [20, 20])
in_prose(" ".join(f"{v.data:.0f}" for v in (w, b, y, r, loss)))
in_prose(f"{w.data * x.data:.0f} {w.data * x.data + b.data:.0f} {2 * r.data * w.data:.0f}")

# %% hand-on-run
near([w.grad, b.grad, x.grad, y.grad, r.grad], [80, 40, 40 * 150, -40, 40])
found = {loss}
for _ in range(9):
    found |= {parent for value in found for parent, _ in value.parents}
assert len(found) == 8
w_, x_, b_, y_ = (Value(value.data) for value in (w, x, b, y))
r_ = w_ * x_ + b_ - y_
visits = hand_on(r_ * r_, 1.0)
assert visits == 15
in_prose(f"{visits} {b.grad:.0f} {w.grad:.0f}")

# %% matmul
A, B = Value(torch.randn(4, 3)), Value(torch.randn(3, 2))
G_ = torch.randn(4, 2)
(_, to_A), (_, to_B) = matmul(A, B).parents
A_, B_ = A.data.clone().requires_grad_(), B.data.clone().requires_grad_()
wanted = torch.autograd.grad(A_ @ B_, (A_, B_), G_)
torch.testing.assert_close((to_A(G_), to_B(G_)), wanted)
i, j = 2, 1  # the entry ij is the sum over k of g_ik b_jk
near(to_A(G_)[i, j], sum(G_[i, k] * B.data[j, k] for k in range(2)))

# %% mean
((_, back),) = mean(Value(torch.randn(5, 2))).parents
torch.testing.assert_close(back(torch.tensor(3.0)), torch.full((5, 2), 0.3))

# %% data
assert X.shape == (88, 2) and y.shape == (88, 1) and X.dtype == torch.float64
near(X.mean(0), [0, 0])
near(X.std(0, correction=0), [1, 1])
assert data.house_prices().names[1:] == ("living area (square feet)", "bedrooms")
in_prose(f"{len(X)}")

# %% shapes
assert w.grad.shape == (2, 1) and b.grad.shape == (88, 1)
assert (b.data - 0.1 * b.grad).shape == (88, 1)  # 88 biases after an update
residuals = X @ w.data + b.data - y
near(w.grad, 2 * X.T @ residuals / 88, 1e-9)
in_prose(f"{len(b.grad)}")

# %% unbroadcast
for shape, full in (
    ((1,), (88, 1)),
    ((), (4, 2)),
    ((3, 1), (3, 5)),
    ((2,), (4, 2)),
    ((4, 2), (4, 2)),
):
    g = torch.randn(full)
    torch.testing.assert_close(unbroadcast(g, shape), g.sum_to_size(shape))

# %% bias-slope
torch.testing.assert_close(X @ w.data + b.data - y, -y)
near(unbroadcast(b.grad, (1,)), -2 * y.mean().reshape(1), 1e-9)

# %% doubling-picture
ends = four + four
assert [ends.data, four.data, two.data, one.data] == [8, 4, 2, 1]
paths = hand_on(Value(0.0, (ends, lambda g: g)), 0.0)
assert paths == 16  # 1 + 15: this one, the end, 2, 4 and 8

# %% doubling
visits, paths, chain = 1, 1, a
while chain.parents:
    paths *= len(chain.parents)
    visits += paths
    chain = chain.parents[0][0]
assert chain is one and a.depth == 17
in_prose(f"{visits:,} {paths:,} {a.depth}")
assert visits == 2**17 - 1

# %% graph
values = graph(a)
assert len(values) == 17 and values[0] is one and values[-1] is a
long = one
for _ in range(20_000):  # far deeper than Python lets a function call itself
    long = Value(1.0, (long, lambda g: g))
assert len(graph(long)) == 20_001
w_, x_, b_, y_ = (Value(float(k)) for k in (150, 2, 20, 300))
r_ = w_ * x_ + b_ - y_
ordered = graph(r_ * r_)
for value in ordered:
    assert all(ordered.index(parent) < ordered.index(value) for parent, _ in value.parents)

# %% backward
w_, x_, b_, y_ = (Value(float(k)) for k in (150, 2, 20, 300))
r_ = w_ * x_ + b_ - y_
square = r_ * r_
backward(square)
near([w_.grad, b_.grad], [80, 40])
backward(square)  # a second walk adds, in the leaves and nowhere else
near([w_.grad, b_.grad, r_.grad], [160, 80, 0])
first, second = Value(2.0), Value(-1.0)
backward(first * first)
backward(first * second)
near(first.grad, 4 - 1)  # the slope of a sum of losses
t = torch.tensor(3.0, requires_grad=True)
inner = t * t
(inner * inner).backward()
assert t.is_leaf and not inner.is_leaf
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch warns who looks there
    assert inner.grad is None and t.grad == 108
assert len(graph(a)) == 17
before = one.grad
backward(a)
near(one.grad - before, 2**16)
one.grad = before

# %% same-slopes
torch.testing.assert_close(torch.stack([v.grad for v in ours]), theirs.grad, rtol=1e-10, atol=1e-10)
assert theirs.grad.abs().min() > 1e-3  # none of them is trivial
for k in range(3):  # and the differences agree
    step = torch.zeros(3)
    step[k] = 1e-5
    up, down = expression(*(theirs.detach() + step)), expression(*(theirs.detach() - step))
    torch.testing.assert_close((up - down) / 2e-5, theirs.grad[k], rtol=1e-5, atol=1e-7)

# %% second-sum
torch.testing.assert_close(torch.stack([v.grad for v in ours]), 2 * theirs.grad)
assert all(v.parents == () for v in ours)

# %% same-training
assert ours.shape == theirs.shape == (40, 3)
torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-9)
in_prose(f"{len(ours)}")
ones = torch.ones(88, 1)
best = torch.linalg.lstsq(torch.cat([X, ones], 1), y).solution[:, 0]
near(ours[-1], best, 1.5)  # and it goes where it should
in_prose(" ".join(f"{end:.1f}" for end in theirs[-1].tolist()))
for seed in range(10):  # for other data, too
    source = torch.Generator().manual_seed(seed)
    X_, y_ = (torch.randn(20, k, generator=source) for k in (2, 1))
    torch.testing.assert_close(train(X_, y_, 0.1, 30), train_torch(X_, y_, 0.1, 30))

# %% recorded-updates
assert w.grad == 0 and b.grad == 0 and w.parents
counts, losses = [], []
w_, b_ = Value(torch.zeros(2, 1)), Value(torch.zeros(1))
start = w_
for _ in range(6):
    value = mean_square(Value(X), Value(y), w_, b_)
    counts.append(len(graph(value)))
    losses.append(value.data.item())
    backward(value)
    w_, b_ = w_ - Value(0.1 * w_.grad), b_ - Value(0.1 * b_.grad)
assert counts == [9 + 4 * k for k in range(6)]
assert losses[1] < losses[0]
near(losses[2:], [losses[1]] * 4)
assert start.grad.abs().min() > 0  # the slopes went to the first w

# %% second-walk
assert refused(loss.backward, "through the graph a second time", "saved tensors")
again = torch.tensor(3.0, requires_grad=True)
kept = again**2
kept.backward(retain_graph=True)
kept.backward()
assert again.grad == 12
ours_ = Value(3.0)
square = ours_ * ours_
backward(square), backward(square)
assert ours_.grad == 12

# %% times
for needed, most in ((False, 5), (True, 12)):  # wide: a loaded machine, or one that rounds slowly
    assert 0.2 < ratios[needed] < most
for needed, products in ((False, 1), (True, 2)):  # counted: multiplications, not time
    names_ = torch.randn(30, 40, requires_grad=needed), torch.randn(40, 20, requires_grad=True)
    with FlopCounterMode(display=False) as forward_:
        product = names_[0] @ names_[1]
    with FlopCounterMode(display=False) as back_:
        product.backward(torch.randn(30, 20))
    assert back_.get_total_flops() == products * forward_.get_total_flops() > 0
# Differences: two losses per parameter.
evaluations = 0
theta = torch.randn(3)
for k in range(len(theta)):
    for sign in (1, -1):
        moved = theta.clone()
        moved[k] += sign * 1e-5
        mean_square(X, y, moved[:2, None], moved[2:])
        evaluations += 1
assert evaluations == 6

# %% many-biases
assert b.data.shape == (88, 1)
assert loss.data < 5e-4 and least > 3800
in_prose(f"{least:.0f}")
near(X @ w.data + b.data, y, 0.1)  # each price by heart

# %% second-walk-sum
assert a.grad == 4
summed = torch.tensor(3.0, requires_grad=True)
(summed + summed).backward()
assert summed.grad == 2

# %% changed
assert a.grad == 100
in_prose(f"{a.grad:.0f}")
leaf, other = torch.tensor(2.0, requires_grad=True), torch.tensor(5.0, requires_grad=True)
wrong = leaf * other
with torch.no_grad():
    other += 95
assert refused(wrong.backward, "modified by an inplace operation")

# %% exercise-4-answer
cited("5000", "the exercise sets the length of the chain")
cited("60", "the exercise sets the number of doublings")

# %% torch-graph
names_, node_ = [], (r * r).grad_fn
assert node is None and w.is_leaf
while node_ is not None:
    names_.append(node_.name())
    node_ = node_.next_functions[0][0] if node_.next_functions else None
for name, wanted in zip(names_, ("Mul", "Sub", "Add", "Mul", "AccumulateGrad"), strict=True):
    assert wanted in name
