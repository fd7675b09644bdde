"""Answers to the exercises of lesson 9."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "right_by_luck": [
        (0.01 * 50, 50 / 200, 1 - 1 / 200),
        (torch.tensor(0.5), torch.tensor([0.25]), np.float32(0.995)),
        (Fraction(1, 2), Fraction(1, 4), Fraction(199, 200)),
        (0.5004, 0.2501, 0.9955),
    ],
    "missing": [],
    "mystery": [(6, 2, 4, 0, 7, 3), (6.0, torch.tensor(2), np.int64(4), 0, 7, 3)],
    "guarded_train": [],
}
WRONG = {
    "right_by_luck": [
        ((0.0002, 0.25, 0.995), "shortens them"),
        ((0.01, 0.25, 0.995), "50 times too short"),
        ((25.0, 0.25, 0.995), "other only"),
        ((0.49, 0.25, 0.995), "not those of a rate"),
        ((0.51, 0.25, 0.995), "not those of a rate"),
        ((0.5008, 0.25, 0.995), "not those of a rate"),
        ((0.5, 1, 0.995), "the rate is not"),
        ((0.5, 4, 0.995), "larger divisor"),
        ((0.5, 0.0025, 0.995), "rate in effect. Divide"),
        ((0.5, 0.5, 0.995), "compare the rate in effect"),
        ((0.5, 0.2509, 0.995), "compare the rate in effect"),
        ((0.5, 0.25, 0.005), "is left"),
        ((0.5, 0.25, 0.75), "no learning rate"),
        ((0.5, 0.25, 0.98), "batches of 50"),
        ((0.5, 0.25, 199), "g / 200"),
        ((0.5, 0.25, 1), "g / 200"),
        ((0.5, "a quarter", 0.995), "`times_healthy` should be a number"),
        ((None, 0.25, 0.995), "`lr_needed` should be a number"),
        ((0.5, 0.25, 0.995j), "`error` should be a number"),
    ],
    "missing": [],
    "mystery": [
        ((5, 2, 4, 0, 7, 3), "in the first batch. It does not"),
        ((0, 2, 4, 0, 7, 3), "Loop a: ask"),
        ((6, 0, 4, 0, 7, 3), "Loop b"),
        ((6, 2, 7, 0, 7, 3), "Loop c"),
        ((6, 2, 4, 3, 7, 3), "Loop d"),
        ((6, 2, 4, 0, 4, 3), "Which parameter's"),
        ((6, 2, 4, 0, 0, 3), "Loop e: compare"),
        ((6, 2, 4, 0, 7, 8), "Loop f"),
        ((6, 2, 4, 0, 7, 9), "1 to 8, or 0"),
        ((-1, 2, 4, 0, 7, 3), "1 to 8, or 0"),
        ((6, 2.5, 4, 0, 7, 3), "`room_b` should be a whole number"),
    ],
    "guarded_train": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


# Exercise 9.2


def rows_of(X, y):
    return [tuple(row) for row in torch.cat([X, y], 1).tolist()]


@right("missing")
def missing_by_removal(loader, X, y):
    left = rows_of(X, y)
    for batch in loader:
        for row in rows_of(*batch):
            if row in left:
                left.remove(row)
    return len(left)


@right("missing")
def missing_by_numpy(loader, X, y):
    seen = Counter(row for batch in loader for row in rows_of(*batch))
    counts = Counter(rows_of(X, y))
    return np.int64(sum(max(n - seen[row], 0) for row, n in counts.items()))


@wrong("missing", "shuffled: 0 of")
def missing_counts_strangers_too(loader, X, y):
    return 1 + missing_by_removal(loader, X, y)


@wrong("missing", "two times: 0 of")
def missing_by_absolute_difference(loader, X, y):
    seen = Counter(row for batch in loader for row in rows_of(*batch))
    counts = Counter(rows_of(X, y))
    return sum(abs(n - seen[row]) for row, n in counts.items())


@wrong("missing", "One row comes again and again")
def missing_by_length(loader, X, y):
    return max(0, len(X) - sum(len(batch[0]) for batch in loader))


@wrong("missing", "The last rows do not come")
def missing_strangers(loader, X, y):
    known = set(rows_of(X, y))
    return sum(row not in known for batch in loader for row in rows_of(*batch))


@wrong("missing", "labels are shifted")
def missing_by_features(loader, X, y):
    seen = Counter(tuple(row) for batch in loader for row in batch[0].tolist())
    return (Counter(tuple(row) for row in X.tolist()) - seen).total()


@wrong("missing", "hold a row twice, and it comes once")
def missing_by_sets(loader, X, y):
    return len(set(rows_of(X, y)) - {row for batch in loader for row in rows_of(*batch)})


@wrong("missing", "hold a row twice, and it comes twice")
def missing_twice_is_never_enough(loader, X, y):
    rows = rows_of(X, y)
    doubled = len(rows) - len(set(rows))
    return missing_by_sets(loader, X, y) + doubled


def missing_in_parts(loader, X, y):
    """Features and labels counted by themselves: what is missing in the one or the other."""
    batches = list(loader)
    lost = []
    for k, part in enumerate((X, y)):
        seen = Counter(tuple(row) for batch in batches for row in batch[k].tolist())
        lost.append((Counter(tuple(row) for row in part.tolist()) - seen).total())
    return lost


@wrong("missing", "Two rows have equal features")
def missing_by_features_unless_torn(loader, X, y):
    batches = list(loader)
    if missing_strangers(batches, X, y):
        return missing_by_removal(batches, X, y)
    return missing_in_parts(batches, X, y)[0]


@wrong("missing", "Two rows have equal labels")
def missing_by_labels_unless_torn(loader, X, y):
    batches = list(loader)
    if missing_strangers(batches, X, y):
        return missing_by_removal(batches, X, y)
    return missing_in_parts(batches, X, y)[1]


@wrong("missing", "one pass over `loader`; you made 2")
def missing_goes_twice(loader, X, y):
    features = [row for batch in loader for row in batch[0].tolist()]
    labels = [row for batch in loader for row in batch[1].tolist()]
    return missing_by_removal([(torch.tensor(features), torch.tensor(labels))], X, y)


@wrong("missing", "Your code changed `X`")
def missing_marks_rows(loader, X, y):
    count = missing_by_removal(loader, X, y)
    X += 1
    return count


@wrong("missing", "Your code changed `y`")
def missing_marks_labels(loader, X, y):
    count = missing_by_removal(loader, X, y)
    y += 1
    return count


@wrong("missing", "Your code changed `loader`")
def missing_empties_the_loader(loader, X, y):
    count = missing_by_removal(loader, X, y)
    loader.batches.clear()
    return count


@wrong("missing", "`return` missing")
def missing_returns_nothing(loader, X, y):
    missing_by_removal(loader, X, y)


@wrong("missing", "should be an int, got a tensor")
def missing_as_tensor(loader, X, y):
    return torch.tensor(missing_by_removal(loader, X, y))


@wrong("missing", "should be an int, got bool")
def missing_as_bool(loader, X, y):
    return missing_by_removal(loader, X, y) > 0


@wrong("missing", "should be an int, got float")
def missing_as_float(loader, X, y):
    return float(missing_by_removal(loader, X, y))


# Exercise 9.4


def guard(model, optimizer):
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if any(p.requires_grad and id(p) not in held for p in model.parameters()):
        raise ValueError("not held")


def run(model, optimizer, loss_fn, loader, num_epochs, **change):
    """A right answer, but for what `change` says."""
    if change.get("guarded", True):
        change.get("guard", guard)(model, optimizer)
    losses = []
    for _ in range(change.get("epochs", num_epochs)):
        if change.get("each_epoch"):
            losses = []
        for X, y in loader:
            y_hat = model(X)
            if change.get("shapes", lambda a, b: a.shape != b.shape)(y_hat, y):
                raise ValueError("shapes")
            if change.get("reshapes"):
                y = y.reshape(y_hat.shape)
            loss = loss_fn(y_hat, y)
            if change.get("stops", lambda loss: not torch.isfinite(loss))(loss):
                raise ValueError("not finite")
            if change.get("clears", True):
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if change.get("after") and not torch.isfinite(loss_fn(model(X), y)):
                raise ValueError("not finite")
            losses.append(change.get("keeps", torch.Tensor.item)(loss))
    return change.get("gives", list)(losses)


def changed(**change):
    return lambda *arguments: run(*arguments, **change)


def keep_all(a, b):
    return False


RIGHT["guarded_train"] += [(run,), (changed(keeps=float),)]


@right("guarded_train")
def guarded_by_hand(model, optimizer, loss_fn, loader, num_epochs):
    held = [p for group in optimizer.param_groups for p in group["params"]]
    for p in model.parameters():
        if p.requires_grad and not any(p is q for q in held):
            raise ValueError
    losses = []
    for _ in range(num_epochs):
        for X, y in loader:
            model.zero_grad(set_to_none=False)
            y_hat = model(X)
            if tuple(y_hat.size()) != tuple(y.size()):
                raise ValueError(f"{y_hat.size()}, {y.size()}")
            loss = loss_fn(y_hat, y)
            losses += [loss.detach().tolist()]
            if not math.isfinite(losses[-1]):
                raise ValueError("not finite")
            loss.backward()
            optimizer.step()
    return losses


def all_parameters_held(model, optimizer):
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if any(id(p) not in held for p in model.parameters()):
        raise ValueError("not held")


def first_group_only(model, optimizer):
    held = {id(p) for p in optimizer.param_groups[0]["params"]}
    if any(p.requires_grad and id(p) not in held for p in model.parameters()):
        raise ValueError("first group")


def by_number(model, optimizer):
    held = sum(len(group["params"]) for group in optimizer.param_groups)
    if held < len(list(filter(lambda p: p.requires_grad, model.parameters()))):
        raise ValueError("too few")


def step_before_the_check(model, optimizer, loss_fn, loader, num_epochs):
    losses = []
    guard(model, optimizer)
    for _ in range(num_epochs):
        for X, y in loader:
            loss = loss_fn(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if not torch.isfinite(loss) or y.shape != model(X).shape:
                raise ValueError("too late")
            losses.append(loss.item())
    return losses


def late_guard(model, optimizer, loss_fn, loader, num_epochs):
    losses = run(model, optimizer, loss_fn, loader, num_epochs, guarded=False)
    guard(model, optimizer)
    return losses


def moves_frozen(model, optimizer, loss_fn, loader, num_epochs):
    losses = run(model, optimizer, loss_fn, loader, num_epochs)
    with torch.no_grad():
        for p in model.parameters():
            p += 0 if p.requires_grad else 1
    return losses


def loss_after_the_step(model, optimizer, loss_fn, loader, num_epochs):
    run(model, optimizer, loss_fn, loader, num_epochs)
    return [loss_fn(model(X), y).item() for X, y in loader] * num_epochs


def one_step_more(model, optimizer, loss_fn, loader, num_epochs):
    losses = run(model, optimizer, loss_fn, loader, num_epochs)
    optimizer.step()
    return losses


def looks_at_labels_only(model, optimizer, loss_fn, loader, num_epochs):
    finite = []
    for X, y in loader:
        if not torch.isfinite(y).all():
            run(model, optimizer, loss_fn, finite, 1)
            raise ValueError("label")
        finite.append((X, y))
    return run(model, optimizer, loss_fn, loader, num_epochs, stops=lambda loss: False)


def changes_labels(model, optimizer, loss_fn, loader, num_epochs):
    losses = run(model, optimizer, loss_fn, loader, num_epochs)
    loader[0][1].zero_()
    return losses


def changes_labels_and_refuses(model, optimizer, loss_fn, loader, num_epochs):
    if any(not p.requires_grad for p in model.parameters()):
        return run(model, optimizer, loss_fn, loader, num_epochs)
    if any(y.shape != model(X).shape for X, y in loader):
        loader[0][1].zero_()
        return []
    return run(model, optimizer, loss_fn, loader, num_epochs)


WRONG["guarded_train"] += [
    ((changed(guarded=False),), "The optimizer lacks the weight: a ValueError"),
    ((changed(guard=by_number),), "The bias was replaced: a ValueError"),
    ((late_guard,), "The optimizer lacks the weight: when it raises"),
    ((changed(guard=all_parameters_held),), "with ValueError: not held"),
    ((changed(guard=first_group_only),), "with ValueError: first group"),
    ((moves_frozen,), "has moved"),
    ((changed(shapes=keep_all),), "labels (3,): a ValueError"),
    ((changed(reshapes=True, shapes=lambda a, b: a.numel() != b.numel()),), "(3,): a ValueError"),
    ((changed(shapes=lambda a, b: a.ndim != b.ndim),), "labels (1, 3): a ValueError"),
    (
        (changed(shapes=lambda a, b: len(a) > 1 and a.shape != b.shape),),
        "labels (1,): a ValueError",
    ),
    (
        (changed(shapes=lambda a, b: a.ndim > 1 and b.shape in ((3,), (1,), (1, 3))),),
        "(3, 2): a ValueError",
    ),
    ((changed(shapes=lambda a, b: b.shape[1:] != (1,)),), "with ValueError: shapes"),
    (
        (changed(shapes=lambda a, b: a.ndim > 1 and a.shape != b.shape),),
        "Predictions of shape (3,), labels (3, 1): a ValueError",
    ),
    ((step_before_the_check,), "labels (3,): when it raises"),
    ((changed(stops=lambda loss: False),), "A label is nan: a ValueError"),
    ((changed(stops=torch.isnan),), "A label is inf: when it raises"),
    ((changed(stops=lambda loss: False, after=True),), "A label is nan: when it raises"),
    ((looks_at_labels_only,), "overflows in a later epoch: a ValueError"),
    ((changed(clears=False),), "the loss of update 2 is"),
    ((changed(keeps=torch.detach),), "`loss.item()` makes one"),
    ((changed(keeps=lambda loss: round(loss.item())),), "`loss.item()` makes one"),
    ((changed(gives=tuple),), "Return a list"),
    ((lambda *arguments: None,), "Return a list"),
    ((changed(each_epoch=True),), "there are 6 updates; you give 3"),
    ((changed(epochs=1),), "there are 6 updates; you give 3"),
    ((loss_after_the_step,), "the loss of update 1 is"),
    ((one_step_more,), "not the parameters at the end"),
    ((changes_labels,), "Your code changed `loader`"),
    ((changes_labels_and_refuses,), "Your code changed `loader`"),
]
