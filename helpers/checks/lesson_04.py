"""Checkers of lesson 4: minibatches."""

import math

import torch

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_tensor,
    expect_whole,
    unchanged,
)


@exercise("4.1", "A quarter of the spread costs sixteen times the examples.")
def quarter_spread(batch_size, floor_factor):
    """The batch whose spread is a quarter of that at 20, and what becomes of the noise floor."""
    batch_size = expect_number("batch_size", batch_size)
    floor_factor = expect_number("floor_factor", floor_factor)
    if close(batch_size, 80, rtol=1e-3):
        raise Mistake("At 80 the spread is 6: it falls with the root of the batch size.")
    if close(batch_size, 40, rtol=1e-3):
        raise Mistake("At 40 the spread is 8.49: it falls with the root of the batch size.")
    if not close(batch_size, 320, rtol=1e-3):
        spread = f"{12 * (20 / batch_size) ** 0.5:.3g}" if batch_size > 0 else "not defined"
        raise Mistake(f"At a batch size of {batch_size:g} the spread is {spread}, not 3.")
    if close(floor_factor, 1 / 4, rtol=1e-3):
        raise Mistake("The spread is a quarter; the floor of the loss goes with its square.")
    if close(floor_factor, 16, rtol=1e-3):
        raise Mistake("Less noise lowers the floor: the factor is below 1.")
    if not close(floor_factor, 1 / 16, rtol=1e-3):
        raise Mistake("batch_size is right. The floor is proportional to lr / B; lr is unchanged.")


# Factors by which a gradient is often wrong, from the batch size b and the number n of all rows.
FACTORS = (
    (lambda b, n: b, "take the mean over the batch, not the sum"),
    (lambda b, n: b / n, "divide by the length of the batch, not by the number of all examples"),
    (lambda b, n: -1, "the residual is prediction minus label, and its gradient is subtracted"),
    (lambda b, n: 2, "the half in the loss cancels the 2 of the square"),
)


@exercise("4.2", "Without replacement it is right on average, too, and never spreads more.")
def minibatch_gradient(estimate):
    """`estimate(X, y, w, batch_size)`: the mean gradient of different rows, drawn anew."""
    cases = []
    for n, d, b, draws in ((40, 2, 5, 800), (7, 1, 1, 500), (9, 3, 6, 600), (6, 2, 6, 5)):
        X, w = torch.randn(n, d, dtype=torch.float64) + 1, torch.randn(d, 1, dtype=torch.float64)
        # Far from the best w, so that the gradient stands out of its noise; and in order, so that
        # the first rows are special.
        y = X @ w - 10 + 5 * torch.randn(n, 1, dtype=torch.float64).sort(dim=0).values
        each = X * (X @ w - y)  # (n, d): the gradient of every single example
        found = []
        with unchanged(X=X, y=y, w=w):
            for _ in range(draws):
                g = expect_tensor("the gradient", estimate(X, y, w, b), (d, 1), graph=False)
                found.append(g[:, 0].double())
        found, full = torch.stack(found), each.mean(0)
        spread = (found - found.mean(0)).square().sum(1).mean().item()
        variance = (each - full).square().sum(1).mean().item()
        expected = variance / b * (n - b) / (n - 1)  # of a mean of b different rows
        error = 5 * (expected / draws) ** 0.5 + 1e-6 * full.norm().item()
        cases.append((n, b, full, found.mean(0), error, spread, variance, expected))
    for factor, sentence in FACTORS:
        if all(
            (mean - factor(b, n) * full).norm() <= abs(factor(b, n)) * error
            for n, b, full, mean, error, *_ in cases
        ):
            raise Mistake(f"Your gradients have another size or sign on average: {sentence}.")
    for n, b, full, mean, error, spread, variance, expected in cases:
        where = f"On {n} examples with batches of {b}"
        if b < n and spread < 1e-9 * variance:
            raise Mistake(f"{where} every call gives the same gradient: draw new rows each time.")
        if b == n and spread > 1e-9 * variance:
            raise Mistake(
                f"{where} the gradients differ: a batch of different rows holds them all."
            )
        if (mean - full).norm() > error:
            raise Mistake(
                f"{where} your gradients are not right on average: the mean of the first entry is "
                f"{mean[0]:.4g}, that of all rows {full[0]:.4g}."
            )
        if b < n and not 0.7 < spread / expected < 1.4:
            raise Mistake(
                f"{where} the mean squared distance from the full gradient is "
                f"{spread / expected:.2f} times that of {b} different rows."
            )
    # With X the identity, the gradient tells which rows were read.
    n, b, draws = 8, 3, 400
    X, y, w = torch.eye(n), -torch.ones(n, 1), torch.zeros(n, 1)
    together = _meetings(torch.stack([estimate(X, y, w, b)[:, 0] for _ in range(draws)]))
    expected = draws * b * (b - 1) / (n * (n - 1))
    for count in (together.min().item(), together.max().item()):
        if abs(count - expected) > 5.5 * expected**0.5:
            raise Mistake(
                f"On {n} examples with batches of {b} two of the rows come together in {count} of "
                f"{draws} batches; rows drawn at random would in about {expected:.0f}."
            )


def _meetings(moved):
    """In how many rows of `moved` (m, n) two columns are both not zero, for each pair of them."""
    drawn = (moved != 0).double()
    i, j = torch.triu_indices(moved.shape[1], moved.shape[1], 1)
    return (drawn.T @ drawn)[i, j].long()


@exercise("4.3", "New rows for every update, and the mean over the batch.")
def train(train):
    """`train(X, y, lr, batch_size, num_updates)`: SGD from zero on random minibatches."""

    def run(n, b, lr, num_updates):
        # With X the identity, weight i moves when row i is drawn: the weights tell what was done.
        X, y = torch.eye(n, dtype=torch.float64), torch.ones(n, 1, dtype=torch.float64)
        with unchanged(X=X, y=y):
            w = train(X, y, lr, b, num_updates)
        return expect_tensor("train(...)", w, (n, 1), graph=False)[:, 0].double()

    cases = ((12, 3, 0.1), (8, 1, 0.2), (5, 5, 0.05), (30, 7, 0.1))
    if any(run(*case, 0).any() for case in cases):
        raise Mistake("After no update the weights should still be zero.")
    firsts = [run(*case, 1) for case in cases]
    steps = [first.sum().item() for first in firsts]  # lr, whichever rows were drawn
    for factor, sentence in FACTORS:
        wanted = [lr * factor(b, n) for n, b, lr in cases]
        if all(map(close, steps, wanted)):
            raise Mistake(f"The first step has another size or sign: {sentence}.")
    for (n, b, lr), first, step in zip(cases, firsts, steps, strict=True):
        where = f"With {n} examples, batches of {b} and rate {lr}"
        if not close(step, lr):
            raise Mistake(
                f"{where} one update moves the weights by {step:.3g} in all; {lr:.3g} is right."
            )
        if (first != 0).sum() > b:
            raise Mistake(f"{where} one update reads more than {b} rows.")
        many = 30 * n // b
        moved = (run(n, b, lr, many) != 0).sum().item()
        if b < n and moved <= b:
            raise Mistake(
                f"{where}, {many} updates read {moved} rows only: draw new ones for each."
            )
        if moved < n:
            raise Mistake(f"{where}, {many} updates read {moved} rows of {n}: give each a chance.")
        moves = torch.stack([run(n, b, lr, 1) for _ in range(250)])
        share = moves.mean(0) * n / lr
        if (share - 1).abs().max() > 5 * (n / (250 * b)) ** 0.5:
            raise Mistake(f"{where} the rows are not drawn with the same chance.")
        # Of different rows two come together a little more often than with replacement.
        expected = 250 * b * (b - 1) / (n * (n - 1))
        most = _meetings(moves).max().item()
        if most > expected + 6 * expected**0.5:
            raise Mistake(
                f"{where} two of the rows come together in {most} of 250 batches; rows drawn at "
                f"random would in about {expected:.0f}."
            )
        wanted = 1 - (1 - lr / n) ** 40  # the mean of the weights, for independent draws
        mean = torch.stack([run(n, b, lr, 40) for _ in range(12)]).mean().item()
        if not close(mean, wanted, rtol=0.15):
            raise Mistake(
                f"{where} the weights are {mean:.3g} on average after 40 updates; {wanted:.3g} is "
                "right."
            )


def unseen_data():
    """The data of exercise 4.4: X (5000, 3), y (5000, 1), in float64."""
    generator = torch.Generator().manual_seed(44)
    kind = {"generator": generator, "dtype": torch.float64}
    X = torch.randn(5000, 3, **kind)
    X[:, 1] = 0.6 * X[:, 0] + 0.8 * X[:, 1]
    noise = torch.randn(5000, 1, **kind)
    return X, X @ torch.tensor([[3.0], [-2.0], [1.0]], dtype=X.dtype) + 2 * noise


def final_excess(lr, batch_size, num_updates, num_runs=10):
    """The excess loss of SGD on the unseen data after its last update, as a share of the least.

    The mean of several runs, which are made side by side: in batches of one there are many updates.
    """
    X, y = unseen_data()
    best = torch.linalg.lstsq(X, y).solution
    shape = (num_updates, batch_size)
    seeds = [torch.Generator().manual_seed(seed) for seed in range(num_runs)]
    draws = [torch.randint(len(X), shape, generator=generator) for generator in seeds]
    w = torch.zeros(num_runs, 3, 1, dtype=X.dtype)
    for rows in torch.stack(draws, 1):  # (num_runs, batch_size)
        X_batch = X[rows]
        w = w - lr * X_batch.mT @ (X_batch @ w - y[rows]) / batch_size
    least = ((X @ best - y) ** 2).mean()
    return (((X @ w - y) ** 2).mean() / least - 1).item()


@exercise("4.4", "Rate, batch and number of updates fit together, and 2000 reads were enough.")
def tune(new_lr, new_batch_size, new_num_updates):
    """A constant rate, a batch size and a number of updates that reach 2 percent in 2000 reads."""
    lr = expect_number("new_lr", new_lr)
    b = expect_whole("new_batch_size", new_batch_size)
    num_updates = expect_whole("new_num_updates", new_num_updates)
    if b < 1 or num_updates < 1:
        raise Mistake(f"Batch size and updates are at least 1, yours are {b} and {num_updates}.")
    if lr <= 0:
        raise Mistake(f"A learning rate is positive, yours is {lr:g}.")
    if b * num_updates > 2000:
        raise Mistake(f"{num_updates} batches of {b} read {b * num_updates} examples, over 2000.")
    mean = final_excess(lr, b, num_updates)
    if not mean < 0.02:
        raise Mistake(
            f"At the end the loss is {100 * mean:.3g} percent above the least, on "
            f"average over ten runs."
        )


@exercise("4.5", "The batch grows as the gradient fades: near the goal no small batch is trusted.")
def trusted_batch_size(size):
    """`size(X, y, w, share)`: the least B with spread / sqrt(B) <= share * length of gradient."""
    cases = []
    for n, d, offset, share in (
        (50, 2, 5.0, 0.1),
        (7, 1, 1.0, 0.5),
        (30, 3, 0.3, 0.2),
        (9, 2, 50.0, 3),
    ):
        X, w = torch.randn(n, d, dtype=torch.float64), torch.randn(d, 1, dtype=torch.float64)
        y = X @ (w + offset) + torch.randn(n, 1, dtype=torch.float64)
        with unchanged(X=X, y=y, w=w):
            value = expect_int("the batch size", size(X, y, w, share))
        each = X * (X @ w - y)
        full = each.mean(0)
        spread = (each - full).square().sum(1).mean().sqrt().item()
        cases.append((n, share, spread, full.norm().item(), value))
    if all(
        value == wanted_size(spread, length, share) for _, share, spread, length, value in cases
    ):
        return
    for shift, sentence in (
        (lambda s, g, h, n: s / (h * g), "The spread falls with the root of B: square the ratio."),
        (
            lambda s, g, h, n: (s / (h * g)) ** 2 * n / (n - 1),
            "That is the spread with n - 1; the text asks for the one with n.",
        ),
        (lambda s, g, h, n: (s / g) ** 2, "`share` has no say in your answer."),
        (lambda s, g, h, n: min(n, (s / (h * g)) ** 2), "The answer may be larger than n."),
    ):
        if all(value == max(1, math.ceil(shift(s, g, h, n))) for n, h, s, g, value in cases):
            raise Mistake(sentence)
    for n, share, spread, length, value in cases:
        wanted = wanted_size(spread, length, share)
        if value != wanted:
            raise Mistake(
                f"On {n} examples the spread of one gradient is {spread:.4g} and the "
                f"full gradient is {length:.4g} long. For a share of {share} the size "
                f"should be {wanted}, yours is {value}."
            )


def wanted_size(spread, length, share):
    """The least whole number B from 1 on with spread / sqrt(B) <= share * length."""
    return max(1, math.ceil((spread / (share * length)) ** 2))
