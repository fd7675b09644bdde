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
    unchanged,
)
from helpers.checks.guard import TookTooLong, in_time

PATIENCE = 3.0  # seconds that the workers of one case may take


class Stuck(Mistake):
    """A worker waits for what does not come; mostly the consequence of another one's mistake."""


class Team:
    """Threads that play the workers, and what they can say to each other.

    Nobody waits for ever: when no worker that still runs can go on, all are told so.
    """

    def __init__(self, world_size):
        self.world_size = world_size
        self.changed = threading.Condition()
        self.ended = 0  # workers that have ended
        self.meeting = {}  # rank -> the tensor that it has brought to this all_reduce
        self.meetings = 0  # all_reduces that are over
        self.inbox = {rank: [] for rank in range(world_size)}
        self.listening = set()  # ranks that wait for a tensor
        self.sent = dict.fromkeys(range(world_size), 0)  # rank -> how many numbers it has sent

    def run(self, work):
        """What `work(rank)` returns for each rank, all running at once; an error in one is raised.

        Raises:
            Stuck: the workers wait for each other.
        """
        results, errors = {}, []

        def play(rank):
            try:
                results[rank] = in_time(lambda: work(rank), PATIENCE)
            except BaseException as error:
                errors.append(error)
            with self.changed:
                self.ended += 1
                self.changed.notify_all()

        ranks = range(self.world_size)
        threads = [threading.Thread(target=play, args=(rank,), daemon=True) for rank in ranks]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.05)
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Stuck))
        return [results[rank] for rank in ranks]

    def wait(self, ready, complaint):
        """Wait, with the lock held, until `ready()`; raise `Stuck` if that cannot come."""
        try:
            while not ready():
                deaf = [rank for rank in self.listening if not self.inbox[rank]]
                if len(deaf) + len(self.meeting) + self.ended == self.world_size:
                    raise Stuck(complaint)
                self.changed.wait(0.1)
        except TookTooLong:
            raise Stuck(complaint) from None

    def all_reduce(self, rank, t):
        """Put the sum over all workers into each one's `t`."""
        if not isinstance(t, torch.Tensor):
            raise Mistake(f"`all_reduce` takes a tensor, got {type(t).__name__}.")
        with self.changed:
            number = self.meetings
            self.meeting[rank] = t.detach()
            try:
                if len(self.meeting) == self.world_size:
                    self.add_up()
                self.wait(
                    lambda: self.meetings > number,
                    f"Worker {rank} of {self.world_size} waits in its `all_reduce` number "
                    f"{number + 1}, and another one does not come: all must call it equally often.",
                )
            finally:
                if self.meetings == number:
                    self.meeting.pop(rank)

    def add_up(self):
        """End a meeting: all have brought a tensor."""
        brought = [self.meeting[rank] for rank in range(self.world_size)]
        kinds = sorted({f"{t.dtype} {tuple(t.shape)}" for t in brought})
        if len(kinds) > 1:
            raise Mistake(
                "The workers bring different tensors to one `all_reduce`: " + " and ".join(kinds)
            )
        total = torch.stack(brought).sum(0)
        for t in brought:
            t.copy_(total)
        self.meeting.clear()
        self.meetings += 1
        self.changed.notify_all()

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
                    lambda: self.inbox[rank],
                    f"Worker {rank} of {self.world_size} waits in `receive` for a tensor that its "
                    "neighbour does not send.",
                )
            finally:
                self.listening.discard(rank)
            return self.inbox[rank].pop(0)


PENCIL = (
    ("batch_gradient", 2.0),
    ("plain_mean", 5 / 3),
    ("rate_of_eight", 0.08),
)


@exercise("18.1", "Counts weight the means; rates grow with the workers, while they are small.")
def by_pencil(batch_gradient, plain_mean, rate_of_eight):
    """Parts of 5, 3, 2 with means 2, 4, -1: the batch, the plain mean; 0.01 for eight workers."""
    values = (batch_gradient, plain_mean, rate_of_eight)
    found = [expect_number(name, value) for (name, _), value in zip(PENCIL, values, strict=True)]
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
        parts.append([expect_int("an entry of the list", row) for row in rows])
    return parts


@exercise("18.2", "Every example once in an epoch, with one seed for all workers.")
def my_rows(my_rows):
    """`my_rows(n, rank, world_size, epoch, seed)`: a random dealing without padding."""
    for n, world_size in ((40, 2), (23, 4), (9, 9), (3, 5), (31, 1), (60, 7)):
        case = f"Of {n} rows for {world_size} workers"
        parts = dealt(my_rows, n, world_size, 0, 3)
        rows = [row for part in parts for row in part]
        strange = [row for row in rows if not 0 <= row < n]
        if strange:
            raise Mistake(f"{case} you deal out number {strange[0]}.")
        if parts != dealt(my_rows, n, world_size, 0, 3):
            raise Mistake("Asked again for the same epoch and seed, a worker gets another order.")
        missing, twice = set(range(n)) - set(rows), len(rows) - len(set(rows))
        if missing and twice:
            raise Mistake(
                f"{case} some go to two workers and others to nobody: do all shuffle alike?"
            )
        if twice:
            raise Mistake(f"{case} you deal out {twice} too many: no row comes twice here.")
        if missing:
            raise Mistake(f"{case} {len(missing)} go to nobody, such as row {min(missing)}.")
        sizes = sorted(map(len, parts))
        if sizes[-1] - sizes[0] > 1:
            raise Mistake(f"{case} one worker gets {sizes[0]} and another one {sizes[-1]}.")
    epochs = [dealt(my_rows, 40, 2, epoch, 0) for epoch in range(3)]
    if any(part == sorted(part) for part in epochs[0]):
        raise Mistake("The rows of a worker come in ascending order: shuffle before dealing out.")
    if epochs[0] == epochs[1] or epochs[1] == epochs[2]:
        raise Mistake("Two epochs have the same order: the epoch must change it.")
    if epochs[0] == dealt(my_rows, 40, 2, 0, 11):
        raise Mistake("Another seed gives the same order.")
    if all(set(parts[0]) == set(epochs[0][0]) for parts in epochs):
        raise Mistake("A worker has the same rows in each epoch, only in another order.")
    counts = torch.zeros(6, 6)
    for epoch in range(120):
        for place, row in enumerate(dealt(my_rows, 6, 1, epoch, 5)[0]):
            counts[place, row] += 1
    if not (counts > 3).all():
        raise Mistake("In 120 epochs some rows hardly ever come at some places: shuffle them all.")


def descent(parts, lr, num_updates, divide, keep=None):
    """Descent from zero on parts [(X, y), ...] by the sum of `divide(gradient sum, count)`.

    `keep` multiplies the weights in each update; None for 1.
    """
    w = torch.zeros(parts[0][0].shape[1], 1, dtype=parts[0][0].dtype)
    for _ in range(num_updates):
        step = sum(divide(X.T @ (X @ w - y), len(X)) for X, y in parts)
        w = (1 if keep is None else keep) * w - lr * step
    return w


def right_descent(parts, lr, num_updates):
    """What one process finds from all rows."""
    count = sum(len(X) for X, _ in parts)
    return descent(parts, lr, num_updates, lambda g, m: g / count)


# How many workers -> how each one's sum of gradients enters, and what the old weights are taken by.
TRAIN_MISTAKES = (
    (
        lambda N: (lambda g, m: g / m / N, N),
        "It sums the weights, and with them those from before: sum the gradients instead.",
    ),
    (
        lambda N: (lambda g, m: g / m / N, 1),
        "That is the plain mean over workers: who has few rows counts too much. Weight by rows.",
    ),
    (lambda N: (lambda g, m: g / m, 1), "It steps along the sum of the workers' means."),
    (
        lambda N: (lambda g, m: g, 1),
        "It steps along the sum over all rows: divide by the number of all rows.",
    ),
    (
        lambda N: (lambda g, m: g / N, 1),
        "The sum over all rows is divided by the number of workers, not by that of all rows.",
    ),
)


@exercise("18.3", "Sums and counts travel; what every worker computes from them is the same.")
def train(train):
    """`train(X, y, world_size, all_reduce, lr, num_updates)`: descent over all workers' rows."""
    cases = []
    for counts, d, num_updates, dtype in (
        ((6,), 2, 3, torch.float64),
        ((4, 4), 2, 5, torch.float64),
        ((7, 2, 3), 3, 4, torch.float32),
        ((3, 1), 2, 0, torch.float64),
        ((5, 0), 1, 3, torch.float64),
        ((0, 2, 0, 4), 2, 2, torch.float64),
    ):
        lr, team = 0.05 + 0.05 * torch.rand(()).item(), Team(len(counts))
        parts = [(torch.randn(m, d, dtype=dtype), torch.randn(m, 1, dtype=dtype)) for m in counts]

        def work(rank, parts=parts, team=team, lr=lr, num_updates=num_updates):
            own = parts[rank]
            return train(*own, team.world_size, lambda t: team.all_reduce(rank, t), lr, num_updates)

        with unchanged(X=[X for X, _ in parts], y=[y for _, y in parts]):
            weights = team.run(work)
        for w in weights:
            if 0 in counts and isinstance(w, torch.Tensor) and w.isnan().any():
                raise Mistake("A worker without rows divides zero by zero, and NaN reaches all.")
            expect_tensor("train(...)", w, (d, 1), dtype, graph=False)
        cases.append((counts, parts, lr, num_updates, weights, team.meetings))
    if all(close(w, right_descent(*case)) for _, *case, ws, _ in cases for w in ws):
        return
    if sum(meetings for *_, meetings in cases) == 0:
        raise Mistake("Nothing is sent: each worker trains on its own rows alone.")
    for make, sentence in TRAIN_MISTAKES:
        # Only an answer that fits wherever all have rows shows how it was made.
        fits = [
            close(weights[0], descent(*case, *make(len(counts))))
            for counts, *case, weights, _ in cases
            if 0 not in counts
        ]
        if all(fits):
            raise Mistake(sentence)
    for counts, *case, weights, _ in cases:
        wanted, rows = right_descent(*case), ", ".join(map(str, counts))
        for rank, w in enumerate(weights):
            if not close(w, wanted):
                raise Mistake(
                    f"After {case[2]} updates of workers with {rows} rows the first weight should "
                    f"be {wanted[0].item():.4g}; worker {rank} has {w[0].item():.4g}."
                )


def update_time(N, compute, latency, num_bytes, bandwidth):
    """Seconds of an update of N workers with a ring."""
    return compute / N + 2 * (N - 1) * (latency + num_bytes / N / bandwidth)


# Formulas of one slip each, in the same arguments as `update_time`. With 2 N rounds the bytes drop
# out, and so does a latency that comes once.
NUMBER_MISTAKES = (
    (lambda N, c, l, s, b: c / N + (N - 1) * (l + s / N / b), "The rounds are 2 (N - 1)."),
    (lambda N, c, l, s, b: c / N + 2 * (N - 1) * (l + s / b), "A round sends num_bytes / N bytes."),
    (
        lambda N, c, l, s, b: c / N + 2 * (N - 1) * s / N / b,
        "The latency has no say in your numbers: it comes in each round.",
    ),
    (
        lambda N, c, l, s, b: c / N + 2 * (N - 1) * l,
        "The bytes have no say in your numbers: a part is sent in each of 2 (N - 1) rounds.",
    ),
    (lambda N, c, l, s, b: c + 2 * (N - 1) * (l + s / N / b), "N workers compute in compute / N."),
    (lambda N, c, l, s, b: c / N, "The messages have no say in your numbers, and they cost time."),
    (lambda *setting: -update_time(*setting), "That is the slowest number, not the fastest."),
)


@exercise("18.4", "Beyond some number the messages eat what the computing gains.")
def best_number(best):
    """`best(compute, latency, num_bytes, bandwidth, most)`: the fastest number, least of equals."""
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
        (1.0, 0.0, 0.5, 1.0, 2),
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
            raise Mistake(sentence)
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
    """`ring(x, rank, world_size, send, receive)`: the sum over all, in a ring of threads."""
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
                raise Mistake("Return a new tensor, not `x` itself, with one worker, too.")
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
