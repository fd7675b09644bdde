"""What lesson 17 says, computed again in its own kernel. Times are compared as wide ratios.

The blocks are few: around each of them the machinery looks at every number of the large tensors.
"""

from timeit import repeat

import torch


def clock(work, *given):
    """The least time of ten calls, in seconds."""
    return min(repeat(lambda: work(*given), number=1, repeat=10))


# %% floors
assert X.shape == (400_000, 20) and y.shape == (400_000, 1) and w.shape == (20, 1)
assert X.dtype == y.dtype == w.dtype == torch.float64
in_prose(f"{X.nbytes / 1e6:.0f} million")
taken = []
assert seconds(taken.append, 1) > 0 and len(taken) == 8
assert torch.get_num_threads() == 1
operations = 500 * 500 * (500 + 500)
assert operations == 2 * 500**3
assert 40 < operations / (3 * square.nbytes) < 43  # more than 40 per byte
in_prose("40")
# Of each number of X: 4 operations, 8 bytes, so half an operation per byte.
assert 4 * X.numel() / X.nbytes == 0.5
# Memory is the longer one on nearly every processor; here with room for a disturbed clock.
assert memory_time > arithmetic_time / 2
assert 1e8 < bandwidth < 1e12 and 1e8 < arithmetic < 1e13

# %% race
assert by_numbers([[1.0, 2.0]], [1.0], [1.0, 1.0]) == [2.0, 4.0]
few = X[:50]
by_tensor = clock(lambda: [few[i, j].item() for i in range(50) for j in range(20)])
rows_ = few.tolist()
by_list = clock(lambda: [rows_[i][j] for i in range(50) for j in range(20)])
assert by_tensor > 2 * by_list  # to ask a tensor for single numbers is slower
formula = few_X.T @ (few_X @ w - few_y) / 2000
assert len(found) == 4 + (c_gradient is not None)
for gradient in found:
    torch.testing.assert_close(gradient, formula, rtol=1e-9, atol=1e-12)
assert each["Python"] > 10 * each["formula"]
assert each[1] > each["Python"]
# The promise of the title: more than a hundredfold.
fastest = min(each.values())
assert max(each.values()) > 100 * fastest
# Batches of some thousand rows: no slower than the formula, with room for disturbance.
assert min(each[1000], each[10_000]) < 1.5 * each["formula"]
assert each.get("one pass", 0) < 3 * each["formula"]
# No way is faster than the limits, apart from what a cache or a disturbed clock does.
assert 4 * fastest > max(memory_time, arithmetic_time) / n

# %% reading-order
for size in (1, 4, 50):
    with Calls() as counted:
        in_batches(few_X[:100], few_y[:100], w, size)
    # Five for each batch, six once, among them the two slices that this call itself takes.
    assert counted.count == 5 * (100 // size) + 6
assert calls.count == 5 + 6
assert 0.4 < whole / m * equal_size / each[1] < 5  # the rule says 2; clocks may be disturbed
assert 100 * each[100] < 10 * each[1]
assert 20 < equal_size < 20_000
assert 3 < each[1] / each[10] < 30  # on the left the time falls like 1/B
in_prose("12")
order_ = [row for k in range(0, 12, 4) for row in [*range(k, k + 4)] * 2]
apart = [len(order_) - 1 - order_[::-1].index(row) - order_.index(row) for row in range(12)]
assert max(apart) == 4

# %% row-loader-time
assert len(batches) == 100 and batches[0][0].shape == (100, 20) and batches[0][1].shape == (100, 1)
assert sorted(order) == list(range(10_000)) != order
by_hand = list(load(train_set, order[:250], 100))
assert [len(labels) for _, labels in by_hand] == [100, 100, 50]
with Calls() as fetch:
    examples = [train_set[i] for i in order[:100]]
with Calls() as stack:
    stacked = [torch.stack(column) for column in zip(*examples, strict=True)]
torch.testing.assert_close(stacked, batches[0])
assert stack.count == 2
in_prose(f"{fetch.count}")
with Calls() as counted:
    next(iter(row_loader))
assert counted.count < 20  # instead of some two hundred
torch.testing.assert_close(list(row_loader), batches)
fetched = [train_set[i] for i in order]
torch.testing.assert_close(list(DataLoader(fetched, 100)), batches)
assert fetching > rest
assert fetching + rest > 2 * at_once

# %% epoch-parts
in_prose(f"{len(batches)} 100,000")
w_hand, b_hand = epoch_by_hand(batches, 0.1)
assert w_hand.abs().min() > 0.1  # they have moved
trained = epoch_by_library(batches, 0.1)
torch.testing.assert_close(trained, (w_hand, b_hand), rtol=1e-9, atol=1e-12)
assert data is batches and library > 2 * by_hand
assert added[1] > 10 * added[0]
total, with_formula = fetching + rest + library, fetching + rest + by_hand
assert library / by_hand > total / with_formula > 1  # the part gains more than the whole
s, k = 0.2, 1000
faster = 1 / (1 - s + s / k)
in_prose(f"{s} {k} {faster:.2f}")
assert round(0.8 + 0.2 / 1000, 6) == round(1 / faster, 6)

# %% exercise-1-answer
cited("40", "a machine that the exercise invents")
cited("50", "a number of features that the exercise sets")
cited("1,000,000", "a number of rows that the exercise sets")

# %% brackets
assert each["formula"] * n > 100 * gram
for scale in (0.1, 3.0):
    u = scale * w - 1
    torch.testing.assert_close(H @ u - v, X.T @ (X @ u - y) / n, rtol=1e-9, atol=1e-12)
assert H.shape == (d, d)
condition = torch.linalg.cond(few_X) ** 2 / torch.linalg.cond(few_X.T @ few_X)
assert abs(condition - 1) < 1e-6  # the square of the condition number
in_prose(f"{len(few_X)} {few_X.shape[1]}")
part, column = X[:100_000], y[:100_000]
assert clock(lambda: 2 * lr * part.T @ column) > 1.2 * clock(lambda: 2 * lr * (part.T @ column))
assert 2 * few_X.float().nbytes == few_X.nbytes
