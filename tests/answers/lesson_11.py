"""Answers to the exercises of lesson 11."""

from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "unseen_shares": [
        (0.2, 0.038384, 0.323232),
        (Fraction(1, 5), Fraction(19, 495), Fraction(32, 99)),
        (np.float64(0.2001), torch.tensor(0.03838), 0.3233),
    ],
    "scale_split": [],
    "unseen_error": [],
    "left_out_errors": [],
    "wages": [
        (0.532, 0.443, 16.7),
        (0.53204, 0.44310, 16.72),
        (np.float64(0.5315), torch.tensor(0.4436), 16.65),
    ],
}
both, one = 19 / 495, 32 / 99
WRONG = {
    "unseen_shares": [
        ((20, both, one), "not percent"),
        ((0.2, 100 * both, one), "not percent"),
        ((0.2, both, 100 * one), "not percent"),
        ((0.8, both, one), "in which it is seen"),
        ((0.25, both, one), "not 20 of the 80"),
        ((0.21, both, one), "`one_unseen` = 0.21: how many"),
        ((0.2003, both, one), "`one_unseen` = 0.2003: how many"),
        ((0.2, 0.04, one), "19 places are left for 99"),
        ((0.2, 0.038, one), "19 places are left, and 99 examples"),
        ((0.2, 4 / 99, one), "99 examples are left, and 19 places"),
        ((0.2, 0.2, one), "`both_unseen` = 0.2: one share"),
        ((0.2, 0.03845, one), "`both_unseen` = 0.03845: one share"),
        ((0.2, both, one / 2), "either of the two"),
        ((0.2, both, 0.32), "not independent"),
        ((0.2, both, 0.4 - both), "at least one of them"),
        ((0.2, both, 0.4), "`exactly_one_unseen` = 0.4: with"),
        ((0.2, both, 0.3238), "`exactly_one_unseen` = 0.3238: with"),
        (("a fifth", both, one), "`one_unseen` should be a number"),
        ((0.2, None, one), "`both_unseen` should be a number"),
        ((0.2, both, [one]), "`exactly_one_unseen` should be a number"),
    ],
    "scale_split": [],
    "unseen_error": [],
    "left_out_errors": [],
    "wages": [
        ((0.531, 0.443, 16.7), "in that mean"),
        ((3.697, 0.443, 16.7), "dollars"),
        ((0.231, 0.443, 16.7), "natural logarithm"),
        ((0.283, 0.443, 16.7), "`blind`: that is the mean square"),
        ((0.5, 0.443, 16.7), "`blind` = 0.5 is not"),
        ((0.5327, 0.443, 16.7), "`blind` = 0.5327 is not"),
        ((0.532, 0.439, 16.7), "that the model has seen"),
        ((0.532, 0.441, 16.7), "spread s of the residuals"),
        ((0.532, 0.4453, 16.7), "without a bias"),
        ((0.532, 0.196, 16.7), "`model_error`: that is the mean square"),
        ((0.532, 0.5, 16.7), "`model_error` = 0.5 is not"),
        ((0.532, 0.4438, 16.7), "`model_error` = 0.4438 is not"),
        ((0.532, 0.443, 0.167), "100 times"),
        ((0.532, 0.443, 20.1), "not with `model_error`"),
        ((0.532, 0.443, 30.6), "compares the squares"),
        ((0.532, 0.443, 83.3), "so much is left"),
        ((0.532, 0.443, -16.7), "SMALLER"),
        ((0.532, 0.443, 17.3), "`percent` = 17.3: by which share"),
        ((0.532, 0.443, 16.8), "`percent` = 16.8: by which share"),
        ((None, 0.443, 16.7), "`blind` should be a number"),
        ((0.532, "text", 16.7), "`model_error` should be a number"),
        ((0.532, 0.443, True), "`percent` should be a number"),
    ],
}


def right(name):
    """Note the decorated function as a right answer to the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Note the decorated function as a wrong answer, whose verdict holds `fragment`."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


# 11.2


@right("scale_split")
def scaled_by_extremes(X_train, X_test):
    mean, spread = X_train.mean(0), X_train.std(0, correction=0)
    same = X_train.amax(0) == X_train.amin(0)
    mean, spread = torch.where(same, X_train[0], mean), torch.where(same, 1.0, spread)
    return [(X_train - mean) / spread, (X_test - mean) / spread]


@right("scale_split")
def scaled_column_by_column(X_train, X_test):
    Z_train, Z_test = torch.empty_like(X_train), torch.empty_like(X_test)
    for j in range(X_train.shape[1]):
        values = X_train[:, j]
        if (values == values[0]).all():
            center, unit = values[0], 1.0
        else:
            center = values.sum() / len(values)
            unit = ((values - center) ** 2).mean() ** 0.5
        Z_train[:, j], Z_test[:, j] = (values - center) / unit, (X_test[:, j] - center) / unit
    return Z_train, Z_test


@right("scale_split")
def scaled_by_numpy(X_train, X_test):
    A = X_train.numpy()
    same = np.ptp(A, axis=0) == 0
    mean, spread = np.where(same, A[0], A.mean(0)), np.where(same, 1, A.std(0))
    return torch.tensor((A - mean) / spread), torch.tensor((X_test.numpy() - mean) / spread)


def scaled_variant(reference=None, own=False, correction=0, constant=True, eps=0.0):
    """The two parts scaled, with one choice of the function turned to a mistake."""

    def by(X, source):
        mean, spread = source.mean(0), source.std(0, correction=correction)
        same = source.amax(0) == source.amin(0)
        if constant:
            mean, spread = torch.where(same, source[0], mean), torch.where(same, 1.0, spread)
        return (X - mean) / (spread + eps)

    def scale(X_train, X_test):
        source = torch.cat([X_train, X_test]) if reference == "all" else X_train
        return by(X_train, source), by(X_test, X_test if own else source)

    return scale


def scaled_then_zero(X_train, X_test):
    return [Z.nan_to_num(0, 0, 0) for Z in scaled_variant(constant=False)(X_train, X_test)]


def scaled_by_computed_spread(X_train, X_test):
    mean = X_train.mean(0)
    spread = ((X_train - mean) ** 2).mean(0).sqrt()
    spread = torch.where(spread == 0, 1.0, spread)
    return (X_train - mean) / spread, (X_test - mean) / spread


def scaled_constant_raw(X_train, X_test):
    same = X_train.amax(0) == X_train.amin(0)
    pair = zip(scaled_by_extremes(X_train, X_test), (X_train, X_test), strict=True)
    return [torch.where(same, X, Z) for Z, X in pair]


def scaled_in_place(X_train, X_test):
    X_train -= X_train.mean(0)
    return scaled_by_extremes(X_train, X_test)


WRONG["scale_split"] += [
    ((scaled_variant(reference="all"),), "have seen the test part"),
    ((scaled_variant(own=True),), "its own mean and spread"),
    ((scaled_variant(correction=1),), "`correction=0` divides by n"),
    ((scaled_variant(constant=False),), "all equal holds NaN or infinity"),
    ((scaled_variant(eps=1e-8),), "column 3 of the training part begins with"),
    ((scaled_variant(constant=False, eps=1e-8),), "column 3 of the training part begins with"),
    ((scaled_then_zero,), "column 1, whose training values are all equal, of the test part"),
    ((scaled_by_computed_spread,), "column 1, whose training values are all equal, of the"),
    ((scaled_constant_raw,), "column 1, whose training values are all equal, of the training"),
    ((scaled_in_place,), "Your code changed `X_train`"),
    ((lambda a, b: scaled_by_extremes(a, b.mul_(2)),), "Your code changed `X_test`"),
    ((lambda a, b: (a, b),), "column 0 of the training part begins with"),
    ((lambda a, b: (scaled_by_extremes(a, b)[0], b),), "column 0 of the test part begins with"),
    (
        (lambda a, b: scaled_by_extremes(a, b)[::-1],),
        "`the training part` should have shape (13, 4)",
    ),
    ((lambda a, b: scaled_by_extremes(a, b)[0],), "two tensors"),
    ((lambda a, b: scaled_by_extremes(a, b)[:1],), "two tensors"),
    ((lambda a, b: None,), "is a `return` missing"),
    ((lambda a, b: (scaled_by_extremes(a, b)[0], None),), "`the test part` is None"),
    ((lambda a, b: [Z.float() for Z in scaled_by_extremes(a, b)],), "torch.float64"),
    ((lambda a, b: [Z[:, :2] for Z in scaled_by_extremes(a, b)],), "(13, 4), got (13, 2)"),
]


# 11.3


def error_variant(choose="train", fit="train", absolute=True, bias=True, root=True, flat=False):
    """The whole function, with one of its parts turned to a mistake."""

    def unseen_error(X, y, train, test):
        rows = {"train": train, "all": torch.cat([train, test]).sort()[0], "test": test}
        a, b = X[rows[choose]] - X[rows[choose]].mean(0), y[rows[choose]] - y[rows[choose]].mean()
        found = (a * b).sum(0) / (a.norm(dim=0) * b.norm())
        keep = (found.abs() if absolute else found) > 0.2
        X1 = torch.cat([X[:, keep], torch.ones_like(y)], 1) if bias else X[:, keep]
        theta = torch.linalg.pinv(X1[rows[fit]]) @ y[rows[fit]]
        mean_square = (X1[test] @ theta - y[test]).square().mean()
        error = mean_square.sqrt() if root else mean_square
        return error if flat else error.item()

    return unseen_error


@right("unseen_error")
def error_by_numpy(X, y, train, test):
    X, y, train, test = (values.numpy() for values in (X, y, train, test))
    found = [abs(np.corrcoef(X[train, j], y[train, 0])[0, 1]) for j in range(X.shape[1])]
    keep = [j for j, r in enumerate(found) if r > 0.2]
    mean = y[train].mean()
    if not keep:
        return np.sqrt(((y[test] - mean) ** 2).mean())
    center, spread = X[train][:, keep].mean(0), X[train][:, keep].std(0)
    Z = (X[:, keep] - center) / spread
    w = np.linalg.lstsq(Z[train], y[train] - mean, rcond=None)[0]
    return float(np.sqrt(((y[test] - mean - Z[test] @ w) ** 2).mean()))


def error_of_every_column(X, y, train, test):
    X1 = torch.cat([X, torch.ones_like(y)], 1)
    theta = torch.linalg.pinv(X1[train]) @ y[train]
    return (X1[test] @ theta - y[test]).square().mean().sqrt().item()


def error_of_some(X, y, train, test):
    found = torch.corrcoef(torch.cat([X[train], y[train]], 1).T)[-1, :-1].abs()
    if not (found > 0.2).any():
        return y[test].square().mean().sqrt().item()  # predicts zero, not the mean
    return error_variant()(X, y, train, test)


RIGHT["unseen_error"].append((error_variant(),))
WRONG["unseen_error"] += [
    ((error_variant(choose="all"),), "still chosen with the test rows"),
    ((error_variant(fit="all"),), "but the fit has seen the test rows"),
    ((error_variant(choose="all", fit="all"),), "and the fit is made with the test rows"),
    ((error_variant(root=False),), "the root is missing"),
    ((error_variant(absolute=False),), "compare its absolute value"),
    ((error_variant(bias=False),), "no bias"),
    ((error_variant(flat=True),), "got a tensor: `.item()`"),
    ((error_of_every_column,), "of 6 columns to keep, the error is"),
    ((error_of_some,), "20 of them to train on, and 0 of 1 columns to keep"),
    ((lambda X, y, train, test: error_variant()(X, y, train, test) + 1e-4,), "the error is"),
    ((lambda X, y, train, test: error_variant()(X.mul_(2), y, train, test),), "changed `X`"),
    ((lambda X, y, train, test: error_variant()(X, y.add_(1), train, test),), "changed `y`"),
    ((lambda X, y, train, test: None,), "is a `return` missing"),
    ((lambda X, y, train, test: "text",), "should be a number"),
]


def error_sorting_rows(X, y, train, test):
    train[:] = train.sort()[0]
    return error_variant()(X, y, train, test)


def error_turning_rows(X, y, train, test):
    test += 1
    return 1.0


WRONG["unseen_error"] += [
    ((error_sorting_rows,), "Your code changed `train`"),
    ((error_turning_rows,), "Your code changed `test`"),
]


# 11.4


@right("left_out_errors")
def left_out_by_hat_matrix(X1, y):
    H = X1 @ torch.linalg.pinv(X1)
    return (H @ y - y) / (1 - H.diag()[:, None])


@right("left_out_errors")
def left_out_by_qr(X1, y):
    Q, _ = torch.linalg.qr(X1)
    return (Q @ (Q.T @ y) - y) / (1 - Q.square().sum(1, keepdim=True))


@right("left_out_errors")
def left_out_row_by_row(X1, y):
    r = X1 @ torch.linalg.lstsq(X1, y).solution - y
    inverse = torch.linalg.inv(X1.T @ X1)
    return torch.stack([r_i / (1 - x @ inverse @ x) for x, r_i in zip(X1, r, strict=True)])


@right("left_out_errors")
def left_out_by_cholesky(X1, y):
    L = torch.linalg.cholesky(X1.T @ X1)
    M = torch.cholesky_solve(X1.T, L)
    return (X1 @ (M @ y) - y) / (1 - (X1 * M.T).sum(1, keepdim=True))


@right("left_out_errors")
def left_out_by_keywords(X1, y):
    M = torch.linalg.solve(A=X1.T @ X1, B=X1.T)
    return (X1 @ M @ y - y) / (1 - torch.einsum("ij,ji->i", X1, M)[:, None])


def refits(solve):
    """A fit for each row that is left out, by `solve(A, b)`."""

    def errors(X1, y):
        found = torch.empty_like(y)
        for i in range(len(y)):
            others = torch.arange(len(y)) != i
            found[i] = X1[i] @ solve(X1[others], y[others]) - y[i]
        return found

    return errors


def refits_in_one_call(X1, y):
    n = len(y)
    others = torch.stack([torch.arange(n)[torch.arange(n) != i] for i in range(n)])
    theta = torch.linalg.lstsq(X1[others], y[others]).solution
    return (X1[:, None] @ theta)[:, 0] - y


def refits_of_inverses(X1, y):
    n, A, b = len(y), X1.T @ X1, X1.T @ y
    stack = torch.stack([A - x.outer(x) for x in X1])
    right_sides = torch.stack([b - x[:, None] * y_i for x, y_i in zip(X1, y, strict=True)])
    theta = torch.cholesky_solve(right_sides, torch.linalg.cholesky(stack))
    return (X1.reshape(n, 1, -1) @ theta)[:, 0] - y


def four_inverses(X1, y):
    for _ in range(3):
        torch.linalg.inv(X1.T @ X1)
    return left_out_by_hat_matrix(X1, y)


def in_numpy(X1, y):
    A, b = X1.numpy(), y.numpy()
    H = A @ np.linalg.pinv(A)
    return torch.tensor((H @ b - b) / (1 - np.diag(H)[:, None]))


def in_asarray(X1, y):
    A = np.asarray(X1)
    H = torch.tensor(A @ np.linalg.pinv(A))
    return (H @ y - y) / (1 - H.diag()[:, None])


def from_residuals(change):
    """`change(r, h)` in the place of r / (1 - h)."""

    def errors(X1, y):
        H = X1 @ torch.linalg.pinv(X1)
        return change(H @ y - y, H.diag()[:, None])

    return errors


RIGHT["left_out_errors"].append((from_residuals(lambda r, h: r + r * h / (1 - h)),))
WRONG["left_out_errors"] += [
    (
        (refits(lambda A, b: torch.linalg.lstsq(A, b).solution),),
        "for 9 rows torch had to solve with 9",
    ),
    ((refits(lambda A, b: torch.linalg.pinv(A) @ b),), "one fit to all rows is enough"),
    ((refits(lambda A, b: A.pinverse() @ b),), "one fit to all rows is enough"),
    ((refits(lambda A, b: (A.T @ A).inverse() @ A.T @ b),), "one fit to all rows is enough"),
    ((refits(lambda A, b: torch.linalg.solve(A.T @ A, A.T @ b)),), "one fit to all rows is enough"),
    ((refits_in_one_call,), "solve with 9 matrices"),
    ((refits_of_inverses,), "solve with 18 matrices"),
    ((four_inverses,), "solve with 4 matrices"),
    ((in_numpy,), "stay in torch"),
    ((in_asarray,), "stay in torch"),
    ((from_residuals(lambda r, h: -r / (1 - h)),), "The sign"),
    ((from_residuals(lambda r, h: r),), "that has seen all rows"),
    ((from_residuals(lambda r, h: r * (1 - h)),), "LARGER"),
    ((from_residuals(lambda r, h: r / (1 - h).sqrt()),), "No root"),
    ((from_residuals(lambda r, h: r / (1 + h)),), "not by 1 + h"),
    ((from_residuals(lambda r, h: r / (1 - h.mean())),), "that is their mean"),
    ((from_residuals(lambda r, h: r / (1 - h**2)),), "With 9 rows and 3 columns the first error"),
    ((from_residuals(lambda r, h: (r / (1 - h))[:, 0]),), "(9, 1), got (9,)"),
    ((from_residuals(lambda r, h: (r / (1 - h)).float()),), "torch.float64"),
    ((from_residuals(lambda r, h: None),), "is a `return` missing"),
    ((lambda X1, y: left_out_by_qr(X1.mul_(2), y),), "Your code changed `X1`"),
    ((lambda X1, y: left_out_by_qr(X1, y.add_(1)),), "Your code changed `y`"),
]
