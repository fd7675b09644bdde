"""Checkers of lesson 5: linear regression from scratch."""

import itertools

import torch

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_pair,
    listed,
    unchanged,
)


@exercise("5.1", "Divided by 64, the 52 examples left over weigh as much as any, in a short step.")
def count_updates(num_updates, share):
    """Updates in 4 epochs over 500 examples, batch 64; the last step's share with 64 as divisor."""
    num_updates = expect_number("num_updates", num_updates)
    share = expect_number("share", share)
    if num_updates == 28:
        raise Mistake("28 leaves out the short batches: 500 / 64 is rounded up, not down.")
    if num_updates in (7, 8):
        raise Mistake(f"{num_updates:.0f} updates make one epoch; there are four.")
    if num_updates != int(num_updates):
        raise Mistake("A number of updates is whole: the short last batch is an update, too.")
    if num_updates != 32:
        raise Mistake(
            f"`num_updates` is not {num_updates:.0f}: count the batches of one epoch, the short "
            "one too, then the epochs."
        )
    if abs(share - 64 / 52) < 0.001:
        raise Mistake("That is the share upside down: dividing by 64 makes the step shorter.")
    if share == 52:
        raise Mistake("52 is the length of the last batch; wanted is a share of a step.")
    if not abs(share - 52 / 64) < 0.001:
        raise Mistake(
            f"`share` is not {share:.4g}: how many examples has the last batch, and by what does "
            "`sgd` divide their sum?"
        )


@exercise("5.2", "The penalty pulls w to zero, and leaves b alone.")
def ridge_gradient(gradient):
    """`gradient(X, y, w, b, lam)`: of mean half squared loss + lam/2 |w|^2, for w and for b."""
    for n, d, lam in ((7, 2, 0.7), (4, 3, 2.5), (1, 1, 0.3), (3, 5, 0.0)):
        X, y = torch.randn(n, d), torch.randn(n, 1)
        w, b = torch.randn(d, 1), torch.randn(1)
        with unchanged(X=X, y=y, w=w, b=b):
            answer = gradient(X, y, w, b, lam)
        names = ("the gradient for w", "the gradient for b")
        grad_w, grad_b = expect_pair(names, answer, d)
        r = X @ w + b - y
        data_w, data_b = X.T @ r / n, r.mean(0)
        wanted_w = data_w + lam * w
        right_w, right_b = close(grad_w, wanted_w), close(grad_b, data_b)
        if right_w and right_b:
            continue
        names_w = {
            "The data part of the gradient for w is a mean: divide the sum by n.": n * data_w
            + lam * w,
            "The sign is turned round: the residual is prediction minus label.": -wanted_w,
            "The sign of the data part is turned round: the residual is prediction minus label.": (
                lam * w - data_w
            ),
            "The penalty is missing from the gradient for w.": data_w,
            "The half in the penalty cancels the 2 of the square: lam * w, not twice.": data_w
            + 2 * lam * w,
            "The half in the penalty cancels the 2 of the square: lam * w, not lam / 2 * w.": (
                data_w + lam / 2 * w
            ),
            "The penalty is not divided by n: only the data part is a mean.": data_w + lam / n * w,
            "The penalty is lam/2 times the norm's square; its gradient is lam * w, no norm.": (
                data_w + lam * w / w.norm()
            ),
            "The gradient of the penalty points along w; lam times the norm is one number.": (
                data_w + lam * w.norm()
            ),
            "The half in the loss cancels the 2 of the square: no factor 2 in the data part.": (
                2 * data_w + lam * w
            ),
            "b is forgotten in the residual of the gradient for w.": X.T @ (r - b) / n + lam * w,
        }
        names_b = {
            "The gradient for b is a mean: divide the sum by n.": n * data_b,
            "The sign of the gradient for b is turned round.": -data_b,
            "The penalty holds w only; the bias is not penalised.": data_b + lam * b,
            "The half in the loss cancels the 2 of the square, for b, too.": 2 * data_b,
            "b is forgotten in the residual of the gradient for b.": data_b - b,
        }
        # A name is given only where no other mistake, and not the right answer, looks the same.
        for part, right, found, wanted, names in (
            ("w", right_w, grad_w, wanted_w, names_w),
            ("b", right_b, grad_b, data_b, names_b),
        ):
            if right:
                continue
            fitting = [name for name, value in names.items() if close(found, value)]
            if len(fitting) == 1:
                raise Mistake(fitting[0])
            raise Mistake(
                f"The gradient for {part} should be {listed(wanted)} on one of the checker's "
                f"examples (n = {n}, lam = {lam}), got {listed(found)}."
            )


@exercise("5.3", "Shapes that fit, a mean, and gradients cleared: three silent bugs less.")
def train_step(step):
    """`step(X, y, w, b, lr)`: one update of the leaves w and b in place, for any batch length."""
    for m, d, lr, flat in (
        (10, 2, 0.1, False),
        (4, 2, 0.1, False),
        (10, 2, 0.1, True),
        (1, 3, 0.05, True),
        (25, 1, 0.2, False),
    ):
        w, b = torch.randn(d, 1).requires_grad_(), torch.randn(1).requires_grad_()
        before = torch.zeros(d, 1)  # the gradient of the call before
        for _ in range(2):
            X, y = torch.randn(m, d), torch.randn(m, 1)
            labels = y.flatten() if flat else y
            start_w, start_b = w.detach().clone(), b.detach().clone()
            try:
                with unchanged(X=X, y=labels):
                    answer = step(X, labels, w, b, lr)
            except TypeError as error:
                if w.grad is None and "NoneType" in str(error):
                    raise Mistake("`w.grad` is None: was `backward()` called?") from error
                raise
            if answer is not None:
                raise Mistake("Nothing is to be returned: change `w` and `b` in place.")
            _look_at_leaves({"w": (w, (d, 1)), "b": (b, (1,))})
            _look_at_step(X, y, w, b, start_w, start_b, lr, flat, before)
            before = X.T @ (X @ start_w + start_b - y) / m


def _look_at_leaves(leaves):
    """Raise `Mistake` unless the parameters, by name with their shape, are what they were."""
    for name, (param, shape) in leaves.items():
        if tuple(param.shape) != shape:
            raise Mistake(f"`{name}` had shape {shape}, now {tuple(param.shape)}.")
        if not torch.isfinite(param).all():
            raise Mistake(f"`{name}` holds NaN or infinity after the update.")
        if not param.requires_grad:
            raise Mistake(f"After the step `{name}` must still ask for a gradient.")


def _look_at_step(X, y, w, b, start_w, start_b, lr, flat, before):
    """Raise `Mistake` unless w and b have made the one right step from their starts."""
    m = len(y)
    r = X @ start_w + start_b - y
    mean_w, mean_b = X.T @ r / m, r.mean(0)
    moved_w, moved_b = w.detach() - start_w, b.detach() - start_b
    if close(moved_w, -lr * mean_w) and close(moved_b, -lr * mean_b):
        return
    if close(moved_w, 0 * mean_w) and close(moved_b, 0 * mean_b):
        raise Mistake(
            "w and b did not move. Is a step taken, in place (`-=`), before the gradients are "
            "cleared?"
        )
    if close(moved_w, -lr * mean_w):
        raise Mistake("w is right, but b is not where one step leads.")
    pairs = X @ start_w + start_b - y.flatten()
    broadcast = X.T @ pairs.sum(1, keepdim=True)
    if m > 1 and flat and any(close(moved_w, -lr * broadcast / k) for k in (m, m * m)):
        raise Mistake(
            "Labels of shape (m,) are broadcast: every prediction met every label. Give "
            "prediction and label one shape."
        )
    factors = {
        "The step goes uphill: subtract the gradient.": -1.0,
        "The step grows with the batch: divide the sum by its length.": m,
        "The step is twice too long: the loss has a half in it.": 2.0,
        "Divided twice by the batch: a mean is divided already.": 1 / m,
        "Right for 10 examples, wrong for another number: divide by the length of y.": m / 10,
    }
    wanted = {text: -lr * factor * mean_w for text, factor in factors.items()}
    wanted["The gradients of the call before are not cleared."] = -lr * (before + mean_w)
    fitting = [text for text, move in wanted.items() if close(moved_w, move)]
    if len(fitting) == 1:
        raise Mistake(fitting[0])
    raise Mistake(
        f"On {m} examples, y of shape {(m,) if flat else (m, 1)}, w should move by "
        f"{listed(-lr * mean_w)}, but it moved by {listed(moved_w)}."
    )


@exercise("5.4", "A loss stuck at half the variance of y is the mark of labels of shape (n,).")
def broadcast_floor(floor):
    """`floor(y)`: the least value of the broadcast loss, half the population variance of y."""
    for y in (
        torch.tensor([[0.0], [2.0], [7.0], [3.0]]),
        3 * torch.randn(6, 1) + 5,
        torch.randn(25, 1) - 2,
        torch.tensor([[4.0]]),
    ):
        with unchanged(y=y):
            value = expect_number("floor(y)", floor(y))
        half = y.var(correction=0).item() / 2
        if close(value, half):
            continue
        if len(y) == 1:
            raise Mistake(f"For a single label the floor is 0, got {value:.4g}.")
        if close(value, 0):
            raise Mistake("The broadcast loss cannot reach 0: one prediction meets all labels.")
        if close(value, 2 * half):
            raise Mistake("That is the variance; the loss has a half in it.")
        if close(value, y.var().item() / 2) or close(value, y.var().item()):
            raise Mistake("The loss is a mean over n labels, so divide by n, not by n - 1.")
        if close(value, y.std().item()) or close(value, y.std(correction=0).item()):
            raise Mistake("That is the standard deviation; the loss is made of squares.")
        raise Mistake(
            f"For the labels {listed(y)} the floor is {half:.4g}, got {value:.4g}. Put one "
            "constant for every prediction: which is best, and what is left?"
        )


@exercise("5.5", "That is the lesson's whole program, and it works on data it was not made for.")
def fit(program):
    """`program(X, y, batch_size, lr, num_epochs)`: w (d, 1) and b (1,), trained from zero."""
    _full_batches(program)
    _short_batches(program)
    _fresh_orders(program)
    # Data that nobody has seen: features of unequal spread, and a bias far from zero.
    X = torch.randn(200, 3) * torch.tensor([1.0, 0.5, 2.0])
    y = X @ torch.tensor([[1.5], [-2.0], [0.5]]) - 7 + 0.01 * torch.randn(200, 1)
    found = _fitted(program, X, y, 16, 0.1, 20)
    X1 = torch.cat([X, torch.ones(200, 1)], 1)
    best = torch.linalg.lstsq(X1, y).solution.flatten()
    if not (found - best).abs().max() < 0.02:
        raise Mistake(
            f"On 200 new examples (w, b) should come near {listed(best)}, got {listed(found)}."
        )


def _full_batches(program):
    """Raise `Mistake` unless epochs of one batch, where nothing is random, end where they must."""
    for n, d, lr, num_epochs, batch_size in (
        (6, 2, 0.1, 3, 6),
        (5, 3, 0.05, 2, 8),
        (1, 1, 0.2, 4, 1),
    ):
        X, y = torch.randn(n, d), torch.randn(n, 1)
        whole = list(range(n))
        found = _fitted(program, X, y, batch_size, lr, num_epochs)
        wanted = _descend(X, y, [whole] * num_epochs, lr)
        if close(found, wanted):
            continue
        short = f"With {n} examples and batch_size = {batch_size} the only batch is short"
        moved_not = (
            "The parameters have not moved from zero."
            if batch_size <= n
            else f"{short}, and the parameters have not moved: it must not be left out."
        )
        others = {
            moved_not: torch.zeros(d + 1),
            f"{short}: divide by the length that it has, not by batch_size.": _descend(
                X, y, [whole] * num_epochs, lr, divisor=batch_size
            ),
            "Only one epoch was trained.": _descend(X, y, [whole], lr),
            "The step is twice too long: the loss has a half in it.": _descend(
                X, y, [whole] * num_epochs, 2 * lr
            ),
            "The step grows with the batch: follow the gradient of the mean.": _descend(
                X, y, [whole] * num_epochs, n * lr
            ),
            "The step goes uphill: subtract the gradient.": _descend(
                X, y, [whole] * num_epochs, -lr
            ),
            "The gradients are not cleared: each step repeats the earlier ones.": _descend(
                X, y, [whole] * num_epochs, lr, cleared=False
            ),
            "The bias has stayed at zero.": _descend(X, y, [whole] * num_epochs, lr, bias=False),
        }
        fitting = [text for text, other in others.items() if close(found, other)]
        if len(fitting) == 1:
            raise Mistake(fitting[0])
        raise Mistake(
            f"With all {n} examples in one batch (batch_size = {batch_size}), lr = {lr} and "
            f"{num_epochs} epochs, (w, b) should be {listed(wanted)}, got {listed(found)}."
        )


def _short_batches(program):
    """Raise `Mistake` unless an epoch of a full and a short batch ends where some order leads."""
    lr = 0.1
    for n, batch_size in ((4, 3), (5, 4)):
        lasts = set()  # which examples were the last ones
        X, y = torch.randn(n, 2), torch.randn(n, 1)
        splits = [[[i for i in range(n) if i != last], [last]] for last in range(n)]
        wanted = [_descend(X, y, batches, lr) for batches in splits]
        short = [_descend(X, y, batches, lr, divisor=batch_size) for batches in splits]
        dropped = [_descend(X, y, batches[:1], lr) for batches in splits]
        for _ in range(12):
            found = _fitted(program, X, y, batch_size, lr, 1)
            reached = [k for k, end in enumerate(wanted) if close(found, end)]
            if not reached and any(close(found, end) for end in short):
                raise Mistake("Divide by the length of the batch that is there, not batch_size.")
            if not reached and any(close(found, end) for end in dropped):
                raise Mistake("The last, smaller batch is missing: its examples are never seen.")
            if not reached:
                raise Mistake(
                    f"With {n} examples in batches of {batch_size} no order of the examples leads "
                    f"to {listed(found)}: does each come once, with its own label?"
                )
            lasts.update(reached)
        if len(lasts) == 1:
            raise Mistake("The examples always come in one order: shuffle them in every epoch.")


def _fresh_orders(program):
    """Raise `Mistake` unless a second epoch can have another order than the first."""
    X, y = torch.randn(2, 1), torch.randn(2, 1)
    orders = [[[0], [1]], [[1], [0]]]
    ends = {
        (i, j): _descend(X, y, orders[i] + orders[j], 0.3)
        for i, j in itertools.product((0, 1), (0, 1))
    }
    seen = set()
    for _ in range(16):
        found = _fitted(program, X, y, 1, 0.3, 2)
        seen.update(pair for pair, end in ends.items() if close(found, end))
    if all(i == j for i, j in seen):
        raise Mistake("Every epoch has the same order: draw a new one in each.")


def _fitted(program, X, y, batch_size, lr, num_epochs):
    """What the learner's program returns, looked at and joined to (w, b), shape (d + 1,)."""
    with unchanged(X=X, y=y):
        answer = program(X, y, batch_size, lr, num_epochs)
    w, b = expect_pair(("w", "b"), answer, X.shape[1], graph=False)
    return torch.cat([w.flatten(), b])


def _descend(X, y, batches, lr, divisor=None, cleared=True, bias=True):
    """Where updates from zero lead, (d + 1,): one on each list of rows.

    Args:
        X, y: the data, (n, d) and (n, 1).
        batches: lists of row numbers.
        lr: the learning rate.
        divisor: what a sum of gradients is divided by; the batch's length if left out.
        cleared: whether each update forgets the gradient of the one before.
        bias: whether the bias is trained.
    """
    X1 = torch.cat([X, torch.ones(len(X), 1) if bias else torch.zeros(len(X), 1)], 1).double()
    theta = torch.zeros(X1.shape[1], 1, dtype=torch.float64)
    gradient = torch.zeros_like(theta)
    for rows in batches:
        r = X1[rows] @ theta - y[rows]
        new = X1[rows].T @ r / (divisor or len(rows))
        gradient = new if cleared else gradient + new
        theta = theta - lr * gradient
    return theta.flatten().float()
