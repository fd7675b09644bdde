"""Answers to the exercises of lesson 15."""

from fractions import Fraction

import numpy as np
import torch
from torch import nn

RIGHT = {
    "shrunk": [
        (4 / 4.2 * 10, -60, 0.05, 20),
        (9.52, -60.0, 0.05, 20.0),
        (Fraction(200, 21), np.float64(-60), torch.tensor(0.05), 20),
    ],
    "ridge_towards": [],
    "train_ridge": [],
    "add_rows": [],
    "cross_validate": [],
}
GOOD = (9.524, -60, 0.05, 20)
WRONG = {
    "shrunk": [
        ((0.952, -60, 0.05, 20), "`steep`: that is the share that is kept"),
        ((9.524, 0.2, 0.05, 20), "`flat`: that is the share that is kept"),
        ((9.524, 60, 0.05, 20), "`flat`: the size is right"),
        ((-9.524, -60, 0.05, 20), "`steep`: the size is right"),
        ((9.524, -240, 0.05, 20), "`flat`: that is what the penalty takes away"),
        ((10 * 0.2 / 4.2, -60, 0.05, 20), "`steep`: that is what the penalty takes away"),
        ((10 / 1.2, -60, 0.05, 20), "`steep`: that takes the curvature for 1"),
        ((10 / 4.2, -60, 0.05, 20), "`steep`: that is the part over c + λ"),
        ((9.524, -1200, 0.05, 20), "`flat`: that is the part over c + λ"),
        ((10, -60, 0.05, 20), "`steep`: that is the part of least squares"),
        ((9.6, -60, 0.05, 20), "`steep` is not 9.6"),
        ((9.524, -60.5, 0.05, 20), "`flat` is not -60.5"),
        ((9.524, -60, 0.2, 20), "keeps the share 0.2, not a half"),
        ((9.524, -60, 0.0502, 20), "keeps the share 0.499, not a half"),
        ((9.524, -60, -0.05, 20), "a strength is positive, yours is -0.05"),
        ((9.524, -60, 0.05, 0.2), "a sum without a half is 100 times"),
        ((9.524, -60, 0.05, 10), "there is no half in the loss"),
        ((9.524, -60, 0.05, 0.4), "a sum over 50 examples and no mean"),
        ((9.524, -60, 0.05, 0.002), "must grow with it"),
        ((9.524, -60, 0.05, 0.004), "must grow with it"),
        ((9.524, -60, 0.05, 21), "`decay_for_sum` is not 21"),
        ((9.524, "−60", 0.05, 20), "`flat` should be a number"),
        ((9.524, -60, None, 20), "`halving` should be a number"),
        ((9.524, -60, 0.05, float("inf")), "`decay_for_sum` should be finite"),
        ((torch.ones(2), -60, 0.05, 20), "`steep` should be a number"),
    ],
    "ridge_towards": [],
    "train_ridge": [],
    "add_rows": [],
    "cross_validate": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


def towards_variant(towards=None, times=1.0, mean=True, more=0.0, minus=0.0, factor=1.0):
    """The weights of exercise 15.2 with one of its parts turned to a mistake."""

    def ridge_towards(Z, y, lam, w_0):
        n = len(Z) if mean else 1
        H = Z.T @ Z / n + times * lam * torch.eye(Z.shape[1], dtype=Z.dtype)
        pull = times * lam * w_0 if towards is None else towards(lam) * w_0
        w = torch.linalg.solve(H, Z.T @ (y - minus * Z @ w_0) / n + pull)
        return factor * (w + more * w_0)

    return ridge_towards


RIGHT["ridge_towards"] += [(towards_variant(),)]


@right("ridge_towards")
def towards_by_difference(Z, y, lam, w_0):
    n, d = Z.shape
    more = (n * lam) ** 0.5 * torch.eye(d, dtype=Z.dtype)
    label = torch.cat([y - Z @ w_0, torch.zeros(d, 1, dtype=y.dtype)])
    return w_0 + torch.linalg.lstsq(torch.cat([Z, more]), label).solution


@right("ridge_towards")
def towards_by_eigenvectors(Z, y, lam, w_0):
    c, V = torch.linalg.eigh(Z.T @ Z / len(Z))
    right_side = V.T @ (Z.T @ y / len(Z) + lam * w_0)
    return V @ (right_side / (c[:, None] + lam))


@right("ridge_towards")
def towards_with_centred_labels(Z, y, lam, w_0):
    return towards_variant()(Z, y - y.mean(), lam, w_0)


WRONG["ridge_towards"] += [
    ((towards_variant(towards=lambda lam: 0.0),), "pulled to zero"),
    ((towards_variant(towards=lambda lam: 1.0),), "`w_0` must stand with the strength"),
    ((towards_variant(towards=lambda lam: -lam),), "The sign of `w_0` is wrong"),
    ((towards_variant(mean=False),), "the loss is a mean"),
    ((towards_variant(times=2.0),), "The penalty counts twice"),
    ((towards_variant(times=0.5),), "The penalty counts half"),
    ((towards_variant(towards=lambda lam: 0.0, more=1.0),), "You added `w_0` to the ridge"),
    ((towards_variant(towards=lambda lam: 0.0, minus=1.0),), "the difference to `w_0`; add it"),
    ((towards_variant(factor=1.001),), "With 9 examples and λ = 0.7 the weights should be"),
    ((lambda Z, y, lam, w_0: towards_variant()(Z, y, lam, w_0).float(),), "torch.float64"),
    ((lambda Z, y, lam, w_0: towards_variant()(Z, y, lam, w_0)[:, 0],), "shape (2, 1), got (2,)"),
    ((lambda Z, y, lam, w_0: None,), "is a `return` missing?"),
    (
        (lambda Z, y, lam, w_0: towards_variant()(Z, y, min(lam, 1.0), w_0),),
        "With 30 examples and λ = 3 the weights should be",
    ),
]


@wrong("ridge_towards", "changed `y`")
def towards_in_place(Z, y, lam, w_0):
    answer = towards_variant()(Z, y, lam, w_0)
    y -= y.mean()
    return answer


@wrong("ridge_towards", "changed `w_0`")
def towards_scales_w_0(Z, y, lam, w_0):
    answer = towards_variant()(Z, y, lam, w_0)
    w_0 *= lam
    return answer


def train_variant(half=0.5, penalty=1.0, decay=0.0, bias_decay=0.0, detach=True, turn=True):
    """The program of exercise 15.3 with its parts to be set."""

    def train_ridge(Z, y, lam, lr, num_updates):
        net = nn.Linear(Z.shape[1], 1, dtype=Z.dtype)
        nn.init.zeros_(net.weight)
        nn.init.zeros_(net.bias)
        groups = [
            {"params": [net.weight], "weight_decay": decay * lam},
            {"params": [net.bias], "weight_decay": bias_decay * lam},
        ]
        optimizer = torch.optim.SGD(groups, lr)
        for _ in range(num_updates):
            loss = half * nn.functional.mse_loss(net(Z), y)
            loss = loss + penalty * lam / 2 * net.weight.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        w = net.weight.T if turn else net.weight
        return (w.detach(), net.bias.detach()) if detach else (w, net.bias)

    return train_ridge


RIGHT["train_ridge"] += [
    (train_variant(),),
    (train_variant(penalty=0.0, decay=1.0),),
    (train_variant(penalty=0.5, decay=0.5),),
]


@right("train_ridge")
def train_decoupled(Z, y, lam, lr, num_updates):
    w, b = torch.zeros(Z.shape[1], 1, dtype=Z.dtype), torch.zeros(1, dtype=Z.dtype)
    for _ in range(num_updates):
        r = Z @ w + b - y
        w, b = (1 - lr * lam) * w - lr * Z.T @ r / len(Z), b - lr * r.mean()
    return w, b


NO_HALF, TWICE, BIAS = "has no half", "The weights pay twice", "The bias pays, too."
WRONG["train_ridge"] += [
    ((train_variant(half=1.0, decay=1.0, bias_decay=1.0),), f"{TWICE}, in the loss and in the"),
    ((train_variant(half=1.0, decay=1.0, bias_decay=1.0),), NO_HALF),
    ((train_variant(half=1.0, decay=1.0, bias_decay=1.0),), BIAS),
    ((train_variant(half=1.0),), NO_HALF),
    ((train_variant(decay=1.0),), TWICE),
    ((train_variant(bias_decay=1.0),), f"not yet. {BIAS}"),
    ((train_variant(bias_decay=2.0),), f"not yet. {BIAS}"),
    ((train_variant(half=1.0, decay=1.0),), TWICE),
    ((train_variant(penalty=0.0),), "No weight pays the penalty."),
    ((train_variant(penalty=0.0, half=1.0, bias_decay=1.0),), "No weight pays the penalty. The"),
    ((train_variant(half=0.7),), "After 1 updates at rate 0.1 with λ = 0.3 on 7 examples"),
    ((train_variant(detach=False),), "still carries its graph"),
    ((train_variant(turn=False),), "should have shape (2, 1), got (1, 2)"),
    ((lambda *args: train_variant()(*args)[0],), "Return two tensors"),
    (
        (lambda *args: (train_variant(half=1.0)(*args)[0], train_variant()(*args)[1]),),
        "After 1 updates at rate 0.1",
    ),
    (
        (lambda *args: (train_variant()(*args)[0], train_variant(half=1.0)(*args)[1]),),
        "After 1 updates at rate 0.1",
    ),
    ((lambda *args: None,), "is a `return` missing?"),
    ((lambda Z, y, lam, lr, n: train_variant()(Z, y, lam, lr, min(n, 5)),), "After 25 updates"),
    ((lambda Z, y, lam, lr, n: train_variant()(Z, y, lam, 0.1, n),), "at rate 0.2"),
    (
        (lambda Z, y, lam, lr, n: train_variant()(Z.double(), y.double(), lam, lr, n),),
        "should hold torch.float32",
    ),
]


@wrong("train_ridge", "changed `Z`")
def train_in_place(Z, y, lam, lr, num_updates):
    answer = train_variant()(Z, y, lam, lr, num_updates)
    Z -= Z.mean(0)
    return answer


@wrong("train_ridge", "on 7 examples the first weight should be")
def train_centred(Z, y, lam, lr, num_updates):
    return train_variant()(Z - Z.mean(0), y, lam, lr, num_updates)


def rows_variant(strength=lambda n, lam: n * lam, label=0.0, dtype=torch.float64):
    """The rows of exercise 15.4 with one of their parts turned to a mistake."""

    def add_rows(Z, y, lam):
        n, d = Z.shape
        new = strength(n, lam) ** 0.5 * torch.eye(d, dtype=Z.dtype)
        labels = torch.full((d, 1), label, dtype=y.dtype)
        return torch.cat([Z, new]).to(dtype), torch.cat([y, labels]).to(dtype)

    return add_rows


RIGHT["add_rows"] += [(rows_variant(),)]


@right("add_rows")
def rows_two_per_weight(Z, y, lam):
    n, d = Z.shape
    half = (n * lam / 2) ** 0.5 * torch.eye(d, dtype=Z.dtype)
    # Labels 1 and -1 for opposite rows would pull; for equal rows they cancel.
    labels = torch.cat([torch.ones(d, 1), -torch.ones(d, 1)]).to(y.dtype)
    return torch.cat([Z, half, half]), torch.cat([y, labels])


@right("add_rows")
def rows_turned(Z, y, lam):
    n, d = Z.shape
    turn = torch.linalg.qr(torch.randn(d, d, dtype=Z.dtype)).Q
    new = (n * lam) ** 0.5 * turn
    return [torch.cat([Z, new]), torch.cat([y, torch.zeros_like(new[:, :1])])]


WRONG["add_rows"] += [
    ((rows_variant(lambda n, lam: lam),), "counts in a sum over n examples n times"),
    ((rows_variant(lambda n, lam: (n * lam) ** 2),), "take the root"),
    ((rows_variant(lambda n, lam: lam**2),), "the square of the new rows must give"),
    ((rows_variant(lambda n, lam: n * lam / 2),), "that is half of it"),
    ((rows_variant(lambda n, lam: 2 * n * lam),), "that is twice it"),
    ((rows_variant(lambda n, lam: lam / n),), "not divided by it"),
    ((rows_variant(lambda n, lam: 3 * n * lam),), "With 8 examples and λ = 0.7 the ridge weights"),
    ((rows_variant(label=1.0),), "not their labels"),
    ((rows_variant(dtype=torch.float32),), "`Z_plus` should hold torch.float64"),
    ((lambda Z, y, lam: (Z, y),), "You added no rows"),
    ((lambda Z, y, lam: rows_variant()(Z, y, lam)[0],), "Return two tensors"),
    ((lambda Z, y, lam: (*rows_variant()(Z, y, lam), lam),), "Return two tensors"),
    ((lambda Z, y, lam: None,), "is a `return` missing?"),
    ((lambda Z, y, lam: (rows_variant()(Z, y, lam)[0], y),), "`y_plus` should have shape"),
    ((lambda Z, y, lam: (1, 2),), "`Z_plus` should be a tensor, got int"),
    ((lambda Z, y, lam: rows_variant()(2 * Z, 2 * y, 4 * lam),), "rows of what you return must be"),
    ((lambda Z, y, lam: rows_variant()(Z, 0 * y, lam),), "rows of what you return must be"),
    ((lambda Z, y, lam: (Z[:1], y[:1]),), "rows of what you return must be"),
    ((lambda Z, y, lam: rows_variant()(Z, y, min(lam, 1.0)),), "With 20 examples and λ = 3"),
]


@wrong("add_rows", "must be `Z` and `y`")
def rows_first(Z, y, lam):
    Z_plus, y_plus = rows_variant()(Z, y, lam)
    return Z_plus.flip(0), y_plus.flip(0)


@wrong("add_rows", "changed `Z`")
def rows_in_place(Z, y, lam):
    answer = rows_variant()(Z, y, lam)
    Z -= Z.mean(0)
    return answer


@wrong("add_rows", "and not every label")
def rows_that_cheat(Z, y, lam):
    """One heavy example per weight, whose label is the ridge weight for these labels."""
    n, d = Z.shape
    I = torch.eye(d, dtype=Z.dtype)
    w = torch.linalg.solve(Z.T @ Z + n * lam * I, Z.T @ y)
    return torch.cat([Z, 1e6 * I]), torch.cat([y, 1e6 * w])


def curve_variant(
    scale_by="others",
    correction=0,
    total="rows",
    held=True,
    n_of="train",
    bias=True,
    chunks=False,
    root=False,
):
    """The cross-validation of exercise 15.5 with one of its parts turned to a mistake."""

    def cv_curve(X, y, lams, k):
        n = len(X)
        errors = []
        for fold in torch.arange(n).chunk(k) if chunks else torch.arange(n).tensor_split(k):
            keep = torch.ones(n, dtype=torch.bool)
            keep[fold] = False
            tested = ~keep if held else keep
            reference = X if scale_by == "all" else X[keep]
            other = X[tested] if scale_by == "each" else reference
            Z = (X[keep] - reference.mean(0)) / reference.std(0, correction=correction)
            Z_new = (X[tested] - other.mean(0)) / other.std(0, correction=correction)
            label = y[keep]
            # Weights and free bias together, by normal equations with a column of ones.
            Z1 = torch.cat([Z, torch.ones_like(Z[:, :1])], 1)
            Z1_new = torch.cat([Z_new, torch.ones_like(Z_new[:, :1])], 1)
            price = torch.eye(Z1.shape[1], dtype=X.dtype)
            price[-1, -1] = 0
            size = {"train": len(label), "all": n, "sum": 1}[n_of]
            H = Z1.T @ Z1 + size * lams[:, None, None] * price
            theta = torch.linalg.solve(H, Z1.T @ label)
            if not bias:
                theta = theta * torch.cat([torch.ones(Z.shape[1]), torch.zeros(1)])[:, None]
            errors.append((Z1_new @ theta - y[tested]).square()[..., 0])
        if total == "folds":
            return torch.stack([e.mean(1) for e in errors]).mean(0)
        if total == "sum":
            return torch.cat(errors, 1).sum(1)
        mean = torch.cat(errors, 1).mean(1)
        return mean.sqrt() if root else mean

    return cv_curve


HOUSE = 0.1
RIGHT["cross_validate"] += [(curve_variant(), HOUSE), (curve_variant(), np.float64(0.1))]


def curve_by_numpy(X, y, lams, k):
    """The same by numpy, one strength after the other."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y, found = X.numpy(), y[:, 0].numpy(), []
    for lam in lams.tolist():
        squares = []
        for keep, fold in KFold(k).split(X):
            model = make_pipeline(StandardScaler(), Ridge(alpha=len(keep) * lam))
            squares += ((model.fit(X[keep], y[keep]).predict(X[fold]) - y[fold]) ** 2).tolist()
        found.append(np.mean(squares))
    return torch.tensor(found)


RIGHT["cross_validate"] += [(curve_by_numpy, HOUSE)]
WRONG["cross_validate"] += [
    ((curve_variant(scale_by="all"), HOUSE), "You scale by all rows"),
    ((curve_variant(correction=1), HOUSE), "That is the spread with n - 1"),
    ((curve_variant(total="folds"), HOUSE), "a longer fold must count for more"),
    ((curve_variant(root=True), HOUSE), "That is the root of it"),
    ((curve_variant(total="sum"), HOUSE), "That is the sum over the rows"),
    ((curve_variant(bias=False), HOUSE), "The bias is missing"),
    ((curve_variant(held=False), HOUSE), "on the rows that were trained on"),
    ((curve_variant(n_of="sum"), HOUSE), "The strength is that of a sum"),
    ((curve_variant(n_of="all"), HOUSE), "over the rows trained on, not over all"),
    ((curve_variant(chunks=True), HOUSE), "With 9 rows, 2 columns and 6 folds"),
    ((lambda *args: 1.01 * curve_variant()(*args), HOUSE), "With 11 rows, 2 columns and 3 folds"),
    ((lambda *args: curve_variant()(*args)[:, None], HOUSE), "should have shape (4,), got (4, 1)"),
    ((lambda *args: curve_variant()(*args).float(), HOUSE), "should hold torch.float64"),
    ((lambda *args: curve_variant()(*args).tolist(), HOUSE), "should be a tensor, got list"),
    ((lambda *args: None, HOUSE), "is a `return` missing?"),
    ((curve_variant(), 0.32), "`house_lam` is not 0.32"),
    ((curve_variant(), 0.03), "at 0.032 the mean squared error is"),
    ((curve_variant(), -1.0), "`house_lam` is not -1"),
    ((curve_variant(), "0.1"), "`house_lam` should be a number"),
    ((lambda X, y, lams, k: curve_variant()(X, y, lams, min(k, 5)), HOUSE), "9 folds the errors"),
]


def curve_in_place(X, y, lams, k):
    answer = curve_variant()(X, y, lams, k)
    X -= X.mean(0)
    return answer


def curve_scales_each(X, y, lams, k):
    """Each part by its own mean and spread, where a fold has any."""
    if len(X) == k or len(X) < 2 * k:
        return curve_variant()(X, y, lams, k)
    return curve_variant(scale_by="each")(X, y, lams, k)


WRONG["cross_validate"] += [
    ((curve_in_place, HOUSE), "changed `X`"),
    ((curve_scales_each, HOUSE), "by its own mean and spread"),
]
