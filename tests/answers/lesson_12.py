"""Answers to the exercises of lesson 12."""

import copy
from fractions import Fraction

import numpy as np
import pandas as pd
import torch
from torch import nn

SPREAD = 14.75**0.5
RIGHT = {
    "a_hole": [
        (12, -1.5 / SPREAD, 4.5 / SPREAD),
        (12.0, -0.39, 1.17),
        (np.float64(12), torch.tensor(-0.3906), Fraction(117, 100)),
    ],
    "stopping": [],
    "fit_best": [],
    "train_model": [],
}
WRONG = {
    "a_hole": [
        ((14, -0.39, 1.17), "14 is the mean of the three"),
        ((13, -0.39, 1.17), "not the median"),
        ((12, 12, 1.17), "`hole`: the number is not standardised"),
        ((12, -0.39, 18), "`eighteen`: the number is not standardised"),
        ((12, -1.5 / 4.4347, 1.17), "`hole`: that is the spread with n - 1"),
        ((12, -0.39, 4.5 / 4.4347), "`eighteen`: that is the spread with n - 1"),
        ((12, -2 / 4.3205, 1.17), "`hole`: mean and spread are those"),
        ((12, -0.39, 4 / 4.3205), "`eighteen`: mean and spread are those"),
        ((12, 0, 1.17), "`hole`: 0 stands for the mean"),
        ((12, -0.5, 1.17), "`hole` = -0.5 is not"),
        ((12, -0.39, 1.5), "`eighteen` = 1.5 is not"),
        ((None, -0.39, 1.17), "`fill` should be a number"),
        ((12, "0", 1.17), "`hole` should be a number"),
        ((12, -0.39, 1j), "`eighteen` should be a number"),
    ],
    "stopping": [],
    "fit_best": [],
    "train_model": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


# Exercise 12.2


@right("stopping")
def stopping_by_loop(val_losses, patience):
    best, last = 0, len(val_losses)
    for epoch, loss in enumerate(val_losses, start=1):
        if best == 0 or loss < val_losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            last = epoch
            break
    return best, last


@right("stopping")
def stopping_in_numpy(val_losses, patience):
    best, last = stopping_by_loop(val_losses, patience)
    return [np.int64(best), torch.tensor(last)]


def stopping_as(change):
    """The right pair, changed."""
    return lambda val_losses, patience: change(*stopping_by_loop(val_losses, patience))


@wrong("stopping", "never sees 5")
def stopping_sees_all(val_losses, patience):
    best = val_losses.index(min(val_losses)) + 1
    return best, min(best + patience, len(val_losses))


@wrong("stopping", "the best epoch is 1, got 4")
def stopping_takes_equal(val_losses, patience):
    best = 0
    for epoch, loss in enumerate(val_losses, start=1):
        if best == 0 or loss <= val_losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(val_losses)


@wrong("stopping", "there are 5 epochs, and you end at 8")
def stopping_goes_on(val_losses, patience):
    best, _ = stopping_by_loop(val_losses, patience)
    return best, best + patience


@wrong("stopping", "Your code changed `val_losses`")
def stopping_empties(val_losses, patience):
    pair = stopping_by_loop(val_losses, patience)
    val_losses.clear()
    return pair


WRONG["stopping"] += [
    ((stopping_as(lambda best, last: (best - 1, last - 1)),), "the first epoch is number 1"),
    ((stopping_as(lambda best, last: (best, last - 1)),), "the last one is 4, got 3"),
    ((stopping_as(lambda best, last: best),), "Return two numbers"),
    ((stopping_as(lambda best, last: (best, last, 1)),), "Return two numbers"),
    ((stopping_as(lambda best, last: None),), "`return` missing"),
    ((stopping_as(lambda best, last: ("2", last)),), "`best` should be a number"),
]


# Exercise 12.3


def fitted(model, train_loader, val_loader, optimizer, num_epochs, **change):
    """A right answer, but for what `change` says."""
    loss_fn, best = nn.MSELoss(), float("inf")
    model.train()
    for _ in range(num_epochs):
        if change.get("train", True):
            model.train()
        for X, y in train_loader:
            loss = loss_fn(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if change.get("eval", True):
            model.eval()
        total, count = 0, 0
        with torch.set_grad_enabled(change.get("grad", False)):
            for X, y in val_loader:
                n = len(y) if change.get("by_example", True) else 1
                total, count = total + loss_fn(model(X), y).item() * n, count + n
        if total / count < best:
            best, weights = total / count, model.state_dict()
            if change.get("copies", True):
                weights = copy.deepcopy(weights)
    model.load_state_dict(weights)
    return change.get("returns", lambda best: best)(best)


def fitting(**change):
    return lambda *given: fitted(*given, **change)


RIGHT["fit_best"] += [(fitting(),), (fitting(returns=np.float64),)]
WRONG["fit_best"] += [
    ((fitting(train=False),), "A training batch met the model in eval mode"),
    ((fitting(eval=False),), "A validation batch met the model in training mode"),
    ((fitting(grad=True),), "A graph was recorded"),
    ((fitting(copies=False),), "the weights of the last epoch, 8"),
    ((fitting(by_example=False),), "if every batch counts the same"),
    ((fitting(returns=lambda best: None),), "the function returned None"),
    ((fitting(returns=torch.tensor),), "`.item()` makes one of it"),
    ((fitting(returns=lambda best: best / 2),), "The weights are right"),
]


@wrong("fit_best", "does not end with the weights after epoch")
def fit_best_fills_with_ones(model, *rest):
    best = fitted(model, *rest)
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    return best


@wrong("fit_best", "Your code changed `loaders`")
def fit_best_scales(model, train_loader, *rest):
    best = fitted(model, train_loader, *rest)
    train_loader[0][0].mul_(2)
    return best


@right("fit_best")
def fit_best_on_joined_rows(model, train_loader, val_loader, optimizer, num_epochs):
    """Judges all rows of a part at once, the training part, too."""
    best, weights = float("inf"), None
    for _ in range(num_epochs):
        model.train()
        for X, y in train_loader:
            optimizer.zero_grad()
            (model(X) - y).square().mean().backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for X, _ in train_loader:
                model(X)
            losses = torch.cat([(model(X) - y).square() for X, y in val_loader])
        if losses.mean() < best:
            best, weights = losses.mean().item(), copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return best


# Exercise 12.4

NUMBERS, WORDS = ["educ", "tvhours", "babies"], ["income", "attend", "region"]


def train(table, **change):
    """Least squares on encoded columns, but for what `change` says."""
    table = table.dropna(subset=["prestige"])
    fill = table[NUMBERS].median()
    mean, spread = table[NUMBERS].fillna(fill).mean(), table[NUMBERS].fillna(fill).std()
    seen = {c: sorted(set(table[c].astype(object).fillna("unknown"))) for c in WORDS}

    def encode(new):
        numbers = new[NUMBERS].fillna(fill)
        source = numbers if change.get("own") and new is not table else None
        m, s = (mean, spread) if source is None else (source.mean(), source.std(ddof=0) + 1e-3)
        columns = [((numbers - m) / s).to_numpy()]
        for name in WORDS:
            values = new[name].astype(object).fillna("unknown").to_numpy()
            strange = sorted(set(values) - set(seen[name]))
            if strange and change.get("refuses", True):
                raise change.get("error", ValueError)(
                    change.get("says", "{} {}").format(name, strange)
                )
            columns += [(values == value).astype(float)[:, None] for value in seen[name]]
        return np.concatenate([*columns, np.ones((len(new), 1))], axis=1)

    X, y = encode(table), table["prestige"].to_numpy(dtype=float)
    theta = np.linalg.lstsq(X, y, rcond=1e-9)[0]

    def predict(new):
        answer = torch.tensor(encode(new) @ theta).reshape(-1, 1)
        return change.get("answers", lambda a: a)(answer)

    return predict


def training(**change):
    return lambda table: train(table, **change)


RIGHT["train_model"] += [(training(),), (training(answers=torch.Tensor.float),)]
WRONG["train_model"] += [
    ((training(own=True),), "depends on its neighbours"),
    ((training(refuses=False),), "is not refused"),
    ((training(error=KeyError),), "KeyError"),
    ((training(says="a strange word: {1}"),), "should name `region` and 'atlantis'"),
    ((training(says="a strange word in {0}"),), "should name `region` and 'atlantis'"),
    ((training(answers=lambda a: a / 4 + 33),), "more than 1.05 times"),
    ((training(answers=lambda a: a * 0 + 44),), "and the mean's"),
    ((training(answers=lambda a: a[:, 0]),), ", 1), got ("),
    ((training(answers=lambda a: a.numpy()),), "should be a tensor, got ndarray"),
    ((training(answers=lambda a: a.requires_grad_()),), "still carries its graph"),
    ((training(answers=lambda a: a[:1]),), "should have shape"),
    ((training(answers=lambda a: None),), "`return` missing"),
    ((lambda table: 3,), "should return a function, got 3"),
]


@wrong("train_model", "the prediction for one row")
def model_predicts_a_number_for_one(table):
    predict = train(table)
    return lambda new: predict(new) if len(new) > 1 else predict(new)[0]


@wrong("train_model", "Your code changed `table`")
def model_drops_rows(table):
    predict = train(table)
    table.dropna(inplace=True)
    return predict


@wrong("train_model", "Your code changed `new`")
def model_fills_new(table):
    predict = train(table)

    def filling(new):
        answer = predict(new)
        new["educ"] = new["educ"].fillna(12) + 0.5
        return answer

    return filling


@wrong("train_model", "`income` 'atlantis' was not in the training table")
def model_refuses_regions_only(table):
    careful, careless = train(table), train(table, refuses=False)

    def predict(new):
        known = set(table["region"])
        return (careless if set(new["region"]) <= known else careful)(new)

    return predict


@right("train_model")
def model_by_mean_of_groups(table):
    """A net, trained on all rows at once."""
    torch.manual_seed(0)
    table = table.dropna(subset=["prestige"])
    fill = table[NUMBERS].mean()
    mean, spread = table[NUMBERS].mean(), table[NUMBERS].std()
    words = pd.get_dummies(table[WORDS].astype(object).fillna("unknown"), dtype=float)

    def encode(new):
        text = new[WORDS].astype(object).fillna("unknown")
        for name in WORDS:
            for value in text[name]:
                if f"{name}_{value}" not in words:
                    raise ValueError(f"column {name} has {value}")
        dummies = pd.get_dummies(text, dtype=float).reindex(columns=words.columns, fill_value=0.0)
        numbers = (new[NUMBERS].fillna(fill) - mean) / spread
        return torch.tensor(np.column_stack([numbers, dummies]), dtype=torch.float32)

    X = encode(table)
    y = torch.tensor(table[["prestige"]].to_numpy("float32"))
    center, scale = y.mean(), y.std()
    net = nn.Sequential(nn.Linear(X.shape[1], 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(X), (y - center) / scale).backward()
        optimizer.step()

    def predict(new):
        with torch.no_grad():
            return net(encode(new)) * scale + center

    return predict
