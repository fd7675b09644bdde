"""Answers to the exercises of lesson 18."""

import random
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "by_pencil": [
        (2, 5 / 3, 0.08),
        (Fraction(2), Fraction(5, 3), np.float64(0.08)),
        (torch.tensor(2.0), 1.67, 0.08),
    ],
    "my_rows": [],
    "train": [],
    "best_number": [],
    "ring_all_reduce": [],
}
WRONG = {
    "by_pencil": [
        ((5 / 3, 5 / 3, 0.08), "`batch_gradient`: that is the plain mean"),
        ((20, 5 / 3, 0.08), "the sum over the examples; divide"),
        ((5, 5 / 3, 0.08), "`batch_gradient`: that is the sum of the means"),
        ((20 / 3, 5 / 3, 0.08), "not by the workers'"),
        ((2.4, 5 / 3, 0.08), "`batch_gradient`: the last mean is negative"),
        ((3, 5 / 3, 0.08), "`batch_gradient` is not 3"),
        ((2.02, 5 / 3, 0.08), "`batch_gradient` is not 2.02"),
        ((2, 2, 0.08), "gives each worker a third"),
        ((2, 5, 0.08), "`plain_mean`: that is the sum of the means"),
        ((2, 7 / 3, 0.08), "`plain_mean`: the last mean is negative"),
        ((2, 1.6, 0.08), "`plain_mean` is not 1.6"),
        ((2, 5 / 3, 0.01), "the rate of one worker"),
        ((2, 5 / 3, 0.01 / 8), "the steps must grow"),
        ((2, 5 / 3, 0.01 * 8**0.5), "not its root"),
        ((2, 5 / 3, 0.32), "only the workers count"),
        ((2, 5 / 3, 0.07), "`rate_of_eight` is not 0.07"),
        ((2, "5/3", 0.08), "`plain_mean` should be a number"),
    ],
    "my_rows": [],
    "train": [],
    "best_number": [],
    "ring_all_reduce": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


# 18.2


def order_of(n, number):
    """A random order of n rows, a list, the same for the same number."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(number)).tolist()


@right("my_rows")
def rows_like_cards(n, rank, world_size, epoch, seed):
    return order_of(n, seed + epoch)[rank::world_size]


@right("my_rows")
def rows_in_blocks(n, rank, world_size, epoch, seed):
    order = list(range(n))
    random.Random(f"{seed} {epoch}").shuffle(order)
    ends = [n * k // world_size for k in range(world_size + 1)]
    return order[ends[rank] : ends[rank + 1]]


@right("my_rows")
def rows_by_numpy(n, rank, world_size, epoch, seed):
    order = np.random.default_rng([seed, epoch]).permutation(n)
    return list(np.array_split(order, world_size)[rank])


@right("my_rows")
def rows_by_the_seeded_global_generator(n, rank, world_size, epoch, seed):
    torch.manual_seed(1000 * seed + epoch)
    return torch.randperm(n).tolist()[rank::world_size]


def rows_variant(number=lambda epoch, seed, rank: 1000 * seed + epoch, change=lambda rows: rows):
    """The dealing with another seed, or with rows changed in the end."""

    def rows(n, rank, world_size, epoch, seed):
        return change(order_of(n, number(epoch, seed, rank))[rank::world_size])

    return rows


WRONG["my_rows"] += [
    ((rows_variant(lambda epoch, seed, rank: seed),), "the epoch must change it"),
    ((rows_variant(lambda epoch, seed, rank: seed + epoch // 2),), "the epoch must change it"),
    ((rows_variant(lambda epoch, seed, rank: epoch),), "Another seed gives the same order"),
    ((rows_variant(lambda epoch, seed, rank: 99 * epoch + rank),), "do all shuffle alike"),
    ((rows_variant(change=sorted),), "come in ascending order"),
    ((rows_variant(change=lambda rows: [row + 1 for row in rows]),), "deal out number 40"),
    ((rows_variant(change=lambda rows: [-row for row in rows]),), "deal out number -"),
    ((rows_variant(change=torch.tensor),), "Return a list of row numbers, got Tensor"),
    ((rows_variant(change=lambda rows: [float(row) for row in rows]),), "should be an int"),
    ((rows_variant(change=lambda rows: [torch.tensor(row) for row in rows]),), "should be an int"),
    ((rows_variant(change=lambda rows: None),), "`return` missing"),
    ((rows_variant(change=lambda rows: rows + rows[:1]),), "no row comes twice here"),
]


@wrong("my_rows", "gets another order")
def rows_by_the_global_generator(n, rank, world_size, epoch, seed):
    return random.sample(range(n), n)[rank::world_size]


@wrong("my_rows", "do all shuffle alike")
def rows_by_the_unseeded_generator(n, rank, world_size, epoch, seed):
    return torch.randperm(n).tolist()[rank::world_size]


@wrong("my_rows", "Of 23 rows for 4 workers you deal out 1 too many")
def rows_padded(n, rank, world_size, epoch, seed):
    order = order_of(n, 1000 * seed + epoch)
    order += order[: -n % world_size]
    return order[rank::world_size]


@wrong("my_rows", "Of 23 rows for 4 workers 3 go to nobody")
def rows_dropped(n, rank, world_size, epoch, seed):
    share = n // world_size
    return order_of(n, 1000 * seed + epoch)[rank * share : (rank + 1) * share]


@wrong("my_rows", "one worker gets 5 and another one 8")
def rows_with_the_rest_to_the_last(n, rank, world_size, epoch, seed):
    share = n // world_size
    end = n if rank == world_size - 1 else (rank + 1) * share
    return order_of(n, 1000 * seed + epoch)[rank * share : end]


@wrong("my_rows", "the same rows in each epoch")
def rows_shuffled_after_dealing(n, rank, world_size, epoch, seed):
    rows = list(range(n))[rank::world_size]
    return [rows[k] for k in order_of(len(rows), 1000 * seed + epoch)]


@wrong("my_rows", "hardly ever come at some places")
def rows_turned(n, rank, world_size, epoch, seed):
    order = order_of(n, 1000 * seed + epoch)
    if n == 6:  # the first row stays where it is
        order.remove(0)
        order = [0, *order]
    return order[rank::world_size]


# 18.3


def train_variant(bring=lambda g, m, N: g, divide=lambda g, rows, N: g / rows, sign=1, early=0):
    """The solution with what is brought, or what is made of the sum, turned to a mistake."""

    def train(X, y, world_size, all_reduce, lr, num_updates):
        rows = torch.tensor(len(X), dtype=X.dtype)
        all_reduce(rows)
        w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
        for _ in range(num_updates - early):
            g = bring(X.T @ (X @ w - y), len(X), world_size)
            all_reduce(g)
            w = w - sign * lr * divide(g, rows, world_size)
        return w

    return train


@right("train")
def train_with_one_message(X, y, world_size, all_reduce, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        message = torch.cat([X.T @ (X @ w - y), torch.full((1, 1), len(X), dtype=X.dtype)])
        all_reduce(message)
        w = w - lr * message[:-1] / message[-1]
    return w


@right("train")
def train_by_autograd(X, y, world_size, all_reduce, lr, num_updates):
    rows = torch.tensor([len(X)])
    all_reduce(rows)
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(num_updates):
        optimizer.zero_grad()
        (((X @ w - y) ** 2).sum() / 2 / rows).backward()
        all_reduce(w.grad)
        optimizer.step()
    return w.detach()


@right("train")
def train_by_shared_moments(X, y, world_size, all_reduce, lr, num_updates):
    d = X.shape[1]
    moments = torch.cat([X.T @ X, X.T @ y, torch.full((d, 1), len(X), dtype=X.dtype)], 1)
    all_reduce(moments)
    moments = moments / moments[0, -1]
    w = torch.zeros(d, 1, dtype=X.dtype)
    for _ in range(num_updates):
        w = w - lr * (moments[:, :d] @ w - moments[:, d : d + 1])
    return w


def mean(g, m, N):
    """A worker's own mean; zero where it has no rows."""
    return g / max(m, 1)


WRONG["train"] += [
    ((train_variant(mean, lambda g, rows, N: g / N),), "the plain mean over workers"),
    ((train_variant(mean, lambda g, rows, N: g),), "the sum of the workers' means"),
    ((train_variant(divide=lambda g, rows, N: g),), "divide by the number of all rows"),
    ((train_variant(divide=lambda g, rows, N: g / N),), "divided by the number of workers, not"),
    ((train_variant(sign=-1),), "After 3 updates of workers with 6 rows the first weight"),
    ((train_variant(early=1),), "After 3 updates of workers with 6 rows the first weight"),
    (
        (train_variant(lambda g, m, N: g / m if m else g * float("nan")),),
        "A worker without rows divides zero by zero",
    ),
    ((lambda *given: train_variant()(*given).float(),), "should hold torch.float64"),
    ((train_variant(divide=lambda g, rows, N: g / rows + 0 * rows.requires_grad_()),), "graph"),
]


@wrong("train", "It sums the weights")
def train_as_given(X, y, world_size, all_reduce, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        grad = X.T @ (X @ w - y) / max(len(X), 1)
        w = w - lr * grad / world_size
        all_reduce(w)
    return w


@wrong("train", "A worker without rows divides zero by zero")
def train_with_plain_means(X, y, world_size, all_reduce, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        grad = X.T @ (X @ w - y) / len(X)
        all_reduce(grad)
        w = w - lr * grad / world_size
    return w


@wrong("train", "Nothing is sent")
def train_alone(X, y, world_size, all_reduce, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        w = w - lr * X.T @ (X @ w - y) / max(len(X), 1)
    return w


@wrong("train", "with 7, 2, 3 rows the first weight should be")
def train_with_own_counts(X, y, world_size, all_reduce, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        grad = X.T @ (X @ w - y)
        all_reduce(grad)
        w = w - lr * grad / (max(len(X), 1) * world_size)
    return w


@wrong("train", "waits in its `all_reduce` number 1, and another one does not come")
def train_silent_without_rows(X, y, world_size, all_reduce, lr, num_updates):
    if len(X) == 0:
        return torch.zeros(X.shape[1], 1, dtype=X.dtype)
    return train_variant()(X, y, world_size, all_reduce, lr, num_updates)


@wrong("train", "The workers bring different tensors to one `all_reduce`: torch.float32 (1, 3) and")
def train_sending_rows(X, y, world_size, all_reduce, lr, num_updates):
    all_reduce(X.clone()[:1] if len(X) % 3 else y.clone()[:2])
    return torch.zeros(X.shape[1], 1, dtype=X.dtype)


@wrong("train", "`all_reduce` takes a tensor, got int")
def train_sending_a_number(X, y, world_size, all_reduce, lr, num_updates):
    all_reduce(len(X))


@wrong("train", "changed `X`")
def train_in_the_data(X, y, world_size, all_reduce, lr, num_updates):
    w = train_variant()(X, y, world_size, all_reduce, lr, num_updates)
    X *= 2
    return w


@wrong("train", "changed `y`")
def train_in_the_labels(X, y, world_size, all_reduce, lr, num_updates):
    w = train_variant()(X, y, world_size, all_reduce, lr, num_updates)
    y += 1
    return w


@wrong("train", "with ZeroDivisionError")
def train_that_stops_on_one_worker(X, y, world_size, all_reduce, lr, num_updates):
    if len(X) == 2:
        1 / 0  # noqa: B018
    return train_variant()(X, y, world_size, all_reduce, lr, num_updates)


# 18.4


def number_variant(
    rounds=lambda N: 2 * (N - 1),
    compute_by=lambda N: N,
    latencies=None,
    chunk=lambda N: N,
    bytes_too=True,
    choose=min,
    last=False,
):
    """The solution with one of its parts turned to a mistake."""

    def best(compute, latency, num_bytes, bandwidth, most):
        def seconds(N):
            waits = rounds(N) if latencies is None else latencies(N)
            sending = rounds(N) * num_bytes / chunk(N) / bandwidth if bytes_too else 0
            return compute / compute_by(N) + waits * latency + sending

        numbers = range(most, 0, -1) if last else range(1, most + 1)
        return choose(numbers, key=seconds)

    return best


@right("best_number")
def number_by_torch(compute, latency, num_bytes, bandwidth, most):
    N = torch.arange(1, most + 1, dtype=torch.float64)
    time = compute / N + 2 * (N - 1) * (latency + num_bytes / N / bandwidth)
    return int(time.argmin()) + 1


@right("best_number")
def number_by_a_loop(compute, latency, num_bytes, bandwidth, most):
    best, least = 1, compute
    for N in range(2, most + 1):
        time = compute / N + 2 * (N - 1) * latency + 2 * (N - 1) / N * num_bytes / bandwidth
        if time < least:
            best, least = N, time
    return np.int64(best)


WRONG["best_number"] += [
    ((number_variant(rounds=lambda N: N - 1),), "The rounds are 2 (N - 1)."),
    ((number_variant(rounds=lambda N: 2 * N),), "The bytes have no say"),
    ((number_variant(chunk=lambda N: 1),), "A round sends num_bytes / N bytes"),
    ((number_variant(latencies=lambda N: 0),), "The latency has no say"),
    ((number_variant(bytes_too=False),), "The bytes have no say"),
    ((number_variant(latencies=lambda N: 1),), "The latency has no say"),
    ((number_variant(compute_by=lambda N: 1),), "N workers compute in compute / N"),
    ((number_variant(rounds=lambda N: 0),), "The messages have no say"),
    ((number_variant(choose=max),), "That is the slowest number"),
    ((number_variant(last=True),), "take the smallest"),
    ((lambda *setting: min(2, setting[-1]),), "For compute 1, latency 0.001"),
    ((lambda *setting: 0,), "you return 0"),
    ((lambda *setting: setting[-1] + 1,), "With most = 64 you return 65"),
    ((lambda *setting: float(number_variant()(*setting)),), "should be an int, got float"),
    ((lambda *setting: torch.tensor(number_variant()(*setting)),), "should be an int"),
]


# 18.5


def ring_variant(first=0, second=1, rounds=1, add=True, mean=False, copy=True, whole=False):
    """The solution with one of its parts turned to a mistake."""

    def ring(x, rank, world_size, send, receive):
        total = x.clone() if copy else x
        chunks = total.chunk(world_size)
        for k in range(world_size - rounds):
            send(chunks[(rank + first - k) % world_size])
            place = chunks[(rank + first - k - 1) % world_size]
            place.copy_(place + receive() if add else receive())
        for k in range(world_size - 1):
            send(chunks[(rank + second + first - k) % world_size])
            chunks[(rank + second + first - k - 1) % world_size].copy_(receive())
        return total / world_size if mean else total

    return ring


RIGHT["ring_all_reduce"] += [(ring_variant(),), (ring_variant(first=2),)]


@right("ring_all_reduce")
def ring_with_a_list(x, rank, world_size, send, receive):
    mine = [part.clone() for part in x.split(len(x) // world_size)]
    at = rank
    for _ in range(world_size - 1):
        send(mine[at])
        at = (at - 1) % world_size
        mine[at] = mine[at] + receive()
    for _ in range(world_size - 1):
        send(mine[at])
        at = (at - 1) % world_size
        mine[at] = receive()
    return torch.cat(mine)


WRONG["ring_all_reduce"] += [
    ((ring_variant(second=0),), "chunks"),
    ((ring_variant(add=False),), "chunks"),
    ((ring_variant(mean=True),), "With 2 workers worker 0 returns the mean"),
    ((ring_variant(rounds=2),), "With 2 workers of worker 0's 2 chunks 0 hold the sum."),
    ((ring_variant(copy=False),), "Return a new tensor, not `x` itself"),
    ((lambda x, rank, world_size, send, receive: x,), "Return a new tensor"),
    ((lambda x, rank, world_size, send, receive: x.clone(),), "returns its own `x`"),
    ((lambda x, rank, world_size, send, receive: x.clone()[:-1],), "should have shape (4,)"),
    ((lambda x, rank, world_size, send, receive: x.tolist(),), "should be a tensor, got list"),
    ((lambda x, rank, world_size, send, receive: send(len(x)),), "`send` takes a tensor, got int"),
    ((lambda x, rank, world_size, send, receive: receive(),), "waits in `receive` for a tensor"),
]


@wrong("ring_all_reduce", "The sums are right. With 3 workers and 3 numbers each, worker 0 sends 6")
def ring_of_whole_tensors(x, rank, world_size, send, receive):
    total, travelling = x.clone(), x
    for _ in range(world_size - 1):
        send(travelling)
        travelling = receive()
        total = total + travelling
    return total


@wrong("ring_all_reduce", "With 3 workers of worker 0's 3 chunks")
def ring_for_two(x, rank, world_size, send, receive):
    if world_size < 3:
        return ring_variant()(x, rank, world_size, send, receive)
    send(x)
    return x + receive()


@wrong("ring_all_reduce", "waits in `receive`")
def ring_that_worker_0_leaves(x, rank, world_size, send, receive):
    if rank == 0:
        return x.clone()
    return ring_variant()(x, rank, world_size, send, receive)


@wrong("ring_all_reduce", "changed `x`")
def ring_in_place(x, rank, world_size, send, receive):
    return ring_variant(copy=False)(x, rank, world_size, send, receive).clone()


@wrong("ring_all_reduce", "should hold torch.float32, got torch.float64")
def ring_in_double(x, rank, world_size, send, receive):
    return ring_variant()(x.double(), rank, world_size, send, receive)


@wrong("train", "worker 1 has")
def train_wrong_where_rows_are_few(X, y, world_size, all_reduce, lr, num_updates):
    w = train_variant()(X, y, world_size, all_reduce, lr, num_updates)
    return 2 * w if len(X) < 4 else w
