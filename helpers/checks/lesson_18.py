"""Checkers of lesson 18: many workers."""

import threading

import torch

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_tensor,
    take,
    unchanged,
)
from helpers.checks.guard import in_time

PATIENCE = 3.0  # seconds that the workers of one case may take


class Team:
    """Threads that play the workers, and what they can say to each other.

    Nobody waits for ever: when no worker that still runs can go on, all are told so.
    """

    def __init__(self, world_size):
        self.world_size = world_size
        self.changed = threading.Condition()
        self.left = 0  # workers that have ended
        self.meeting = {}  # rank -> the tensor that it has brought to this all_reduce
        self.meetings = 0  # all_reduces that are over
        self.inbox = {rank: [] for rank in range(world_size)}
        self.listening = set()  # ranks that wait for a tensor
        self.sent = dict.fromkeys(range(world_size), 0)  # rank -> numbers sent

    def run(self, work):
        """What `work(rank)` returns for each rank, all running at once; the first error is raised.

        Raises:
            Mistake: the workers wait for each other.
        """
        results, errors = {}, []

        def play(rank):
            try:
                results[rank] = in_time(lambda: work(rank), PATIENCE)
            except BaseException as error:
                errors.append(error)
            with self.changed:
                self.left += 1
                self.changed.notify_all()

        threads = [threading.Thread(target=play, args=(k,), daemon=True) for k in range(self.world_size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.05)
        if errors:
            # A worker that waits in vain is the consequence of another one's error.
            raise min(errors, key=lambda error: isinstance(error, Stuck))
        return [results[rank] for rank in range(self.world_size)]

    def stuck(self):
        """Whether every worker that still runs waits for another one in vain."""
        waiting = [rank for rank in self.listening if not self.inbox[rank]]
        return len(waiting) + len(self.meeting) + self.left == self.world_size

    def wait(self, rank, ready, what):
        """Wait, with the lock held, until `ready()`; raise `Stuck` if that cannot come."""
        while not ready():
            if self.stuck():
                self.changed.notify_all()
                raise Stuck(f"Worker {rank} of {self.world_size} waits {what}.")
            self.changed.wait(0.1)

    def all_reduce(self, rank, t):
        """Put the sum over all workers into each one's `t`."""
        if not isinstance(t, torch.Tensor):
            raise Mistake(f"`all_reduce` takes a tensor, got {type(t).__name__}.")
        with self.changed:
            number = self.meetings
            self.meeting[rank] = t
            if len(self.meeting) == self.world_size:
                brought = [self.meeting[k].detach() for k in range(self.world_size)]
                shapes = sorted({(tuple(b.shape), str(b.dtype)) for b in brought})
                if len(shapes) > 1:
                    raise Mistake(
                        "The workers bring different tensors to one `all_reduce`: "
                        + " and ".join(f"{dtype} {shape}" for shape, dtype in shapes)
                        + "."
                    )
                total = torch.stack(brought).sum(0)
                for one in brought:
                    one.copy_(total)
                self.meeting.clear()
                self.meetings += 1
                self.changed.notify_all()
            else:
                self.wait(
                    rank,
                    lambda: self.meetings > number,
                    f"in its `all_reduce` number {number + 1}, and another worker does not come: "
                    "all must call it equally often",
                )

    def send(self, rank, t):
        """Hand a copy of `t` to the right neighbour."""
        if not isinstance(t, torch.Tensor):
            raise Mistake(f"`send` takes a tensor, got {type(t).__name__}.")
        with self.changed:
            self.sent[rank] += t.numel()
            self.inbox[(rank + 1) % self.world_size].append(t.detach().clone())
            self.changed.notify_all()

    def receive(self, rank):
        """The next tensor from the left neighbour."""
        with self.changed:
            self.listening.add(rank)
            try:
                self.wait(
                    rank,
                    lambda: self.inbox[rank],
                    "in `receive` for a tensor that its neighbour does not send",
                )
            finally:
                self.listening.discard(rank)
            return self.inbox[rank].pop(0)


class Stuck(Mistake):
    """A worker waits for what cannot come."""


PENCIL = (
    ("batch_gradient", 2.0),
    ("plain_mean", 5 / 3),
    ("rate_of_eight", 0.08),
)


@exercise("18.1", "Counts weight the means; rates grow with the workers, while they are small.")
def by_pencil(batch_gradient, plain_mean, rate_of_eight):
    """Parts of 5, 3, 2 with means 2, 4, -1: the batch, the plain mean; 0.01 for eight workers."""
    values = (batch_gradient, plain_mean, rate_of_eight)
    found = [
        expect_number(name, value) for (name, _), value in zip(PENCIL, values, strict=True)
    ]
    mistakes = (
        (0, 5 / 3, "that is the plain mean of the three: the parts have 5, 3 and 2 examples."),
        (0, 20.0, "that is the sum over the examples; divide it by their number."),
        (0, 5.0, "that is the sum of the means; weight each by its share of the examples."),
        (0, 20 / 3, "the sum over the examples is divided by their number, not by the workers'."),
        (0, 2.4, "the last mean is negative."),
        (1, 2.0, "that is the gradient of the batch; the plain mean gives each worker a third."),
        (1, 5.0, "that is the sum of the means; divide it by the number of workers."),
        (1, 7 / 3, "the last mean is negative."),
        (2, 0.01, "that is the rate of one worker; the batch is eight times as large."),
        (2, 0.01 / 8, "more workers make fewer updates, so the steps must grow."),
        (2, 0.01 * 8**0.5, "linear scaling multiplies by the number of workers, not its root."),
        (2, 0.32, "that is the rate times the batch of one worker; only the workers count."),
    )
    for k, value, sentence in mistakes:
        if close(found[k], value, rtol=2e-3):
            raise Mistake(f"`{PENCIL[k][0]}`: {sentence}")
    for (name, wanted), value in zip(PENCIL, found, strict=True):
        if not close(value, wanted, rtol=5e-3):
            raise Mistake(f"`{name}` is not {value:g}.")


def dealt(my_rows, n, world_size, epoch, seed):
    """The rows of each worker, asked as from processes whose global generators differ."""
    parts = []
    for rank in range(world_size):
        torch.manual_seed(1000 + 17 * rank + epoch)
        rows = my_rows(n, rank, world_size, epoch, seed)
        if rows is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(rows, list):
            raise Mistake(f"Return a list of row numbers, got {type(rows).__name__}.")
        rows = take(rows, n + world_size, "the list")
        parts.append([expect_int("an entry of the list", row) for row in rows])
    return parts


@exercise("18.2", "Every example once in an epoch, with one seed for all workers.")
def my_rows(my_rows):
    """`my_rows(n, rank, world_size, epoch, seed)`: a random dealing without padding."""
    for n, world_size in ((40, 2), (23, 4), (9, 9), (3, 5), (31, 1), (60, 7)):
        case = f"Of {n} rows for {world_size} workers"
        parts = dealt(my_rows, n, world_size, 0, 3)
        if parts != dealt(my_rows, n, world_size, 0, 3):
            raise Mistake("Asked again for the same epoch and seed, a worker gets another order.")
        everything = sorted(row for part in parts for row in part)
        if everything and not 0 <= everything[0] <= everything[-1] < n:
            raise Mistake(f"{case} you deal out number {everything[0 if everything[0] < 0 else -1]}.")
        sizes = sorted(map(len, parts))
        missing, twice = sorted(set(range(n)) - set(everything)), len(everything) - len(set(everything))
        if missing and twice and len(everything) == n:
            raise Mistake(
                f"{case} some go to two workers and others to nobody: do all workers shuffle alike?"
            )
        if twice:
            raise Mistake(f"{case} you deal out {twice} twice: nothing is padded here.")
        if missing:
            raise Mistake(f"{case} {len(missing)} go to nobody, such as row {missing[0]}.")
        if sizes[-1] - sizes[0] > 1:
            raise Mistake(f"{case} one worker gets {sizes[0]} and another one {sizes[-1]}.")
    orders = [dealt(my_rows, 40, 2, epoch, seed) for epoch, seed in ((0, 0), (1, 0), (2, 0))]
    if orders[0] == orders[1] or orders[1] == orders[2]:
        raise Mistake("Two epochs in a row have the same order: the epoch must change it.")
    if orders[0] == dealt(my_rows, 40, 2, 0, 11):
        raise Mistake("Another seed gives the same order.")
    first = [set(parts[0]) for parts in orders]
    if first[0] == first[1] == first[2]:
        raise Mistake("A worker has the same rows in each epoch, only in another order.")
    if any(part == sorted(part) for part in orders[0]):
        raise Mistake("The rows of a worker come in ascending order: shuffle before dealing out.")
    counts = torch.zeros(6, 6)
    for epoch in range(200):
        for place, row in enumerate(dealt(my_rows, 6, 1, epoch, 5)[0]):
            counts[place, row] += 1
    if not (counts > 8).all():
        raise Mistake("Over 200 epochs some rows hardly ever come at some places: shuffle all rows.")


def descent(X, y, lr, num_updates):
    """Gradient descent from zero on the mean half squared error."""
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        w = w - lr * X.T @ (X @ w - y) / len(X)
    return w


def shared_descent(parts, lr, num_updates, divide, empty=0.0):
    """Descent on parts [(X, y), ...] that sums `divide(gradient sum, count)` over the workers."""
    X = parts[0][0]
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    for _ in range(num_updates):
        steps = [divide(X.T @ (X @ w - y), len(X)) for X, y in parts]
        w = w - lr * sum(steps)
    return w


@exercise("18.3", "Sums and counts travel; what every worker computes from them is the same.")
def train(train):
    """`train(X, y, world_size, all_reduce, lr, num_updates)`: descent over all workers' rows."""
    cases = []
    for number, (counts, d, lr, num_updates) in enumerate(
        (((6,), 2, 0.1, 3), ((4, 4), 2, 0.1, 5), ((7, 2, 3), 3, 0.1, 4), ((5, 0), 1, 0.2, 3),
         ((3, 1), 2, 0.1, 0))
    ):  # fmt: skip
        dtype = torch.float32 if number == 2 else torch.float64
        parts = [(torch.randn(m, d, dtype=dtype), torch.randn(m, 1, dtype=dtype) + 1) for m in counts]
        team = Team(len(counts))

        def work(rank, parts=parts, team=team, lr=lr, num_updates=num_updates):
            X, y = parts[rank]
            return train(
                X, y, team.world_size, lambda t: team.all_reduce(rank, t), lr, num_updates
            )

        given = [tensor for part in parts for tensor in part]
        with unchanged(X=given[::2], y=given[1::2]):
            weights = team.run(work)
        for rank, w in enumerate(weights):
            if isinstance(w, torch.Tensor) and w.isnan().any() and counts[rank] == 0:
                raise Mistake("A worker without rows returns NaN: it divides by its count, zero.")
            if isinstance(w, torch.Tensor) and w.isnan().any() and 0 in counts:
                raise Mistake("One worker has no rows, and its NaN reaches the others.")
            expect_tensor("train(...)", w, (d, 1), dtype, graph=False)
        cases.append((counts, parts, lr, num_updates, weights, team))
    mistakes = (
        (lambda N: lambda g, m: g / max(m, 1) / N,
         "The plain mean over workers: those with few rows count too much. Weight by the rows."),
        (lambda N: lambda g, m: g / max(m, 1),
         "The steps are those of the sum of the workers' means, not of a mean."),
        (lambda N: lambda g, m: g,
         "The steps are those of the sum over all rows: divide by the number of rows of all."),
        (lambda N: lambda g, m: g / N,
         "The sum over all rows is divided by the number of workers, not by that of the rows."),
    )  # fmt: skip
    for counts, parts, lr, num_updates, weights, team in cases:
        wanted = descent(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)), lr, num_updates)
        if all(close(w, wanted) for w in weights):
            continue
        for rank, w in enumerate(weights):
            if not close(w, weights[0]):
                if team.meetings == 0:
                    raise Mistake("Nothing is sent: each worker trains on its own rows alone.")
                raise Mistake(f"Worker {rank} returns other weights than worker 0.")
        for make, sentence in mistakes:
            if close(weights[0], shared_descent(parts, lr, num_updates, make(len(counts)))):
                raise Mistake(sentence)
        raise Mistake(
            f"After {num_updates} updates of workers with {', '.join(map(str, counts))} rows the "
            f"first weight should be {wanted[0].item():.4g}; yours is {weights[0][0].item():.4g}."
        )


def update_time(N, compute, latency, num_bytes, bandwidth):
    """Seconds of an update of N workers with a ring."""
    return compute / N + 2 * (N - 1) * (latency + num_bytes / N / bandwidth)


NUMBER_MISTAKES = (
    (lambda N, c, l, b, w: c / N + (N - 1) * (l + b / N / w), "a ring has 2 (N - 1) rounds."),
    (lambda N, c, l, b, w: c / N + 2 * (N - 1) * (l + b / w), "a round sends num_bytes / N bytes."),
    (lambda N, c, l, b, w: c / N + 2 * (N - 1) * b / N / w, "the latency of the rounds is left out."),
    (lambda N, c, l, b, w: c / N + 2 * (N - 1) * l, "the time to send the bytes is left out."),
    (lambda N, c, l, b, w: c / N + 2 * l + 2 * (N - 1) * b / N / w, "each round has its latency."),
    (lambda N, c, l, b, w: c / N + 2 * N * (l + b / N / w), "a ring has 2 (N - 1) rounds, not 2 N."),
    (lambda N, c, l, b, w: c + 2 * (N - 1) * (l + b / N / w), "N workers compute in compute / N."),
    (lambda N, c, l, b, w: c / N, "the messages cost time, too."),
    (lambda N, c, l, b, w: -update_time(N, c, l, b, w), "that is the slowest number, not the fastest."),
)  # fmt: skip


@exercise("18.4", "Beyond some number the messages eat what the computing gains.")
def best_number(best):
    """`best(compute, latency, num_bytes, bandwidth, most)`: the fastest number, the least of equals."""
    cases = []
    for compute, latency, num_bytes, bandwidth, most in (
        (1.0, 1e-3, 4e6, 1e9, 64),
        (1e-5, 2e-4, 12, 1e9, 16),
        (0.2, 1e-5, 4e8, 1e9, 100),
        (0.5, 2e-3, 1e5, 1e7, 40),
        (3.0, 1e-6, 4e3, 1e10, 32),
        (0.05, 1e-4, 1e7, 1e10, 64),
        (0.7, 4e-3, 8e6, 1e8, 50),
        (2.0, 1.0, 0, 1e9, 9),
        (1.0, 0.25, 0, 1e9, 12),
        (1.0, 0.0, 0.5, 1.0, 7),
        (4.0, 1e-2, 1e6, 1e9, 1),
    ):
        setting = (compute, latency, num_bytes, bandwidth)
        answer = best(*setting, most)
        answer = expect_int("best_number(...)", answer)
        if not 1 <= answer <= most:
            raise Mistake(f"With most = {most} you return {answer}.")
        cases.append((setting, most, answer))

    def fastest(time, setting, most):
        return min(range(1, most + 1), key=lambda N: (round(time(N, *setting), 12), N))

    if all(answer == fastest(update_time, setting, most) for setting, most, answer in cases):
        return
    for mistaken, sentence in NUMBER_MISTAKES:
        if all(answer == fastest(mistaken, setting, most) for setting, most, answer in cases):
            raise Mistake(f"All your numbers fit one slip: {sentence}")
    for (compute, latency, num_bytes, bandwidth), most, answer in cases:
        setting = (compute, latency, num_bytes, bandwidth)
        wanted = fastest(update_time, setting, most)
        if answer != wanted:
            mine, other = (update_time(N, *setting) for N in (answer, wanted))
            equal = close(mine, other, 1e-9, 0)
            raise Mistake(
                f"For compute {compute:g}, latency {latency:g}, {num_bytes:g} bytes, bandwidth "
                f"{bandwidth:g} and most {most} an update of {answer} takes {mine:.4g} s"
                + (f", but so does one of {wanted}: take the smallest." if equal else
                   f", one of {wanted} takes {other:.4g} s.")
            )  # fmt: skip


@exercise("18.5", "However many workers: each sends less than twice its own numbers.")
def ring_all_reduce(ring):
    """`ring(x, rank, world_size, send, receive)`: the sum over all workers, in a ring of threads."""
    for world_size, chunk, dtype in (
        (1, 4, torch.float64),
        (2, 3, torch.float64),
        (3, 1, torch.float32),
        (4, 5, torch.float64),
        (5, 2, torch.float64),
    ):
        m = world_size * chunk
        x = [torch.randn(m, dtype=dtype) for _ in range(world_size)]
        team = Team(world_size)

        def work(rank, team=team, x=x):
            return ring(
                x[rank],
                rank,
                team.world_size,
                lambda t: team.send(rank, t),
                lambda: team.receive(rank),
            )

        with unchanged(x=x):
            results = team.run(work)
        total, case = torch.stack(x).sum(0), f"With {world_size} workers"
        for rank, result in enumerate(results):
            expect_tensor("ring_all_reduce(...)", result, (m,), dtype, graph=False)
            if result.data_ptr() == x[rank].data_ptr():
                raise Mistake("Return a new tensor: with one worker, too, `x` itself is no copy.")
            if close(result, total):
                continue
            if world_size > 1 and close(result, x[rank]):
                raise Mistake(f"{case} worker {rank} returns its own `x`.")
            if close(result, total / world_size):
                raise Mistake(f"{case} worker {rank} returns the mean; `all_reduce` is a sum.")
            right = [
                k for k in range(world_size)
                if close(result[k * chunk : (k + 1) * chunk], total[k * chunk : (k + 1) * chunk])
            ]  # fmt: skip
            raise Mistake(
                f"{case} of worker {rank}'s {world_size} chunks {len(right)} hold the sum"
                + (f": number {', '.join(map(str, right))}." if right else ".")
            )
        most = 2 * (world_size - 1) * chunk
        for rank, sent in team.sent.items():
            if sent > most:
                raise Mistake(
                    f"The sums are right. {case} and {m} numbers each, worker {rank} sends {sent} "
                    f"numbers; {most} are enough."
                )
