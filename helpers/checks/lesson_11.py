"""Checkers of lesson 11: unseen houses."""

import math

import torch
from torch.overrides import TorchFunctionMode

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor, unchanged


@exercise("11.1", "What is unseen is chance, and two examples share it: they are not independent.")
def unseen_shares(one_unseen, both_unseen, exactly_one_unseen):
    """20 of 100 are unseen; of two given ones both, and exactly one of them."""
    one = expect_number("one_unseen", one_unseen)
    both = expect_number("both_unseen", both_unseen)
    exactly_one = expect_number("exactly_one_unseen", exactly_one_unseen)

    def is_about(value, wanted):
        return close(value, wanted, rtol=1e-3, atol=0)

    if is_about(one, 20) or is_about(both, 380 / 99) or is_about(exactly_one, 3200 / 99):
        raise Mistake("Give shares between 0 and 1, not percent.")
    if is_about(one, 0.8):
        raise Mistake("`one_unseen`: that is the share of the splits in which it is seen.")
    if is_about(one, 0.25):
        raise Mistake("`one_unseen`: 20 of all 100 are unseen, not 20 of the 80.")
    if not is_about(one, 0.2):
        raise Mistake(f"`one_unseen` = {one:g}: how many of the 100 are in the test part?")
    if is_about(both, 0.04):
        raise Mistake("`both_unseen`: once the first is unseen, 19 places are left for 99.")
    if is_about(both, 20 * 19 / 100**2):
        raise Mistake("`both_unseen`: 19 places are left, and 99 examples for them.")
    if is_about(both, 20 / 99 * 0.2):
        raise Mistake("`both_unseen`: 99 examples are left, and 19 places for them.")
    if not is_about(both, 20 * 19 / (100 * 99)):
        raise Mistake(f"`both_unseen` = {both:g}: one share times the other's, given the first.")
    if is_about(exactly_one, 20 * 80 / (100 * 99)):
        raise Mistake("`exactly_one_unseen`: either of the two may be the unseen one.")
    if is_about(exactly_one, 0.32):
        raise Mistake("`exactly_one_unseen`: the two are not independent, 99 are left.")
    if is_about(exactly_one, 0.4 - both):
        raise Mistake("`exactly_one_unseen`: that is the share with at least one of them unseen.")
    if not is_about(exactly_one, 2 * 20 * 80 / (100 * 99)):
        raise Mistake(
            f"`exactly_one_unseen` = {exactly_one:g}: with `both_unseen` and the share of the "
            "splits with neither unseen it should add up to 1."
        )


def _scaler(reference, correction=0):
    """Mean and spread of each column; those of a constant column are its value and 1."""
    same = (reference == reference[:1]).all(0)
    mean = torch.where(same, reference[0], reference.mean(0))
    return mean, torch.where(same, 1.0, reference.std(0, correction=correction))


@exercise("11.2", "What is trained has not seen the test part, and no column becomes NaN.")
def scale_split(scale):
    """`scale(X_train, X_test)`: both standardised by the training part; constant columns live."""
    for n, m, constant in ((13, 5, None), (12, 4, 0.1), (9, 1, 0.7), (20, 3, -2.5), (1, 2, 7.0)):
        X_train = 5 + 2 * torch.randn(n, 4, dtype=torch.float64)
        X_test = 9 + 4 * torch.randn(m, 4, dtype=torch.float64)
        X_train[:, 3], X_test[:, 3] = 1e-9 * X_train[:, 3], 1e-9 * X_test[:, 3]
        if constant is not None:
            X_train[:, 1] = constant
        with unchanged(X_train=X_train, X_test=X_test):
            answer = scale(X_train, X_test)
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two tensors: the training part, then the test part.")
        alive = (X_train != X_train[:1]).any(0)
        names, parts = ("training", "test"), (X_train, X_test)
        for name, Z, X in zip(names, answer, parts, strict=True):
            fits = isinstance(Z, torch.Tensor) and Z.shape == X.shape
            if fits and not torch.isfinite(Z[:, ~alive]).all():
                raise Mistake(
                    f"The {name} part, {n} row(s) to train on: a column whose training values are "
                    "all equal holds NaN or infinity."
                )
            expect_tensor(f"the {name} part", Z, X.shape, torch.float64)

        def matches(k, scaler, columns=..., parts=parts, answer=answer):
            mean, spread = scaler
            right = (parts[k] - mean) / spread
            return close(answer[k][:, columns], right[:, columns], rtol=1e-6, atol=1e-9)

        own = _scaler(X_train)
        if matches(0, own) and matches(1, own):
            continue
        every, test = _scaler(torch.cat(parts)), _scaler(X_test)
        if alive.any() and matches(0, every, alive) and matches(1, every, alive):
            raise Mistake("Mean and spread have seen the test part: compute them from `X_train`.")
        if m > 1 and alive.any() and matches(0, own, alive) and matches(1, test, alive):
            raise Mistake("The test part is scaled by its own mean and spread.")
        if alive.any() and matches(0, _scaler(X_train, correction=1), alive):
            raise Mistake("That is the spread with n - 1: `correction=0` divides by n.")
        for name, Z, X in zip(names, answer, parts, strict=True):
            right = (X - own[0]) / own[1]
            off = ((Z - right).abs() > 1e-9 + 1e-6 * right.abs()).any(0)
            if off.any():
                j = int(off.int().argmax())
                equal = "" if alive[j] else ", whose training values are all equal,"
                raise Mistake(
                    f"With {n} row(s) to train on and {m} to test, column {j}{equal} of the {name} "
                    f"part begins with {Z[0, j]:.6g} instead of {right[0, j]:.6g}."
                )


def _correlations(X, y):
    """The correlation of each column of X (n, d) with y (n, 1)."""
    a, b = X - X.mean(0), y - y.mean()
    return (a * b).sum(0) / (a.norm(dim=0) * b.norm())


def _unseen_error(X, y, test, choose, fit, absolute=True, bias=True):
    """The rms error on the test rows, columns chosen by some rows and fitted to some."""
    found = _correlations(X[choose], y[choose])
    keep = (found.abs() if absolute else found) > 0.2
    X1 = X[:, keep]
    if bias:
        X1 = torch.cat([X1, torch.ones(len(X), 1, dtype=X.dtype)], 1)
    theta = torch.linalg.pinv(X1[fit]) @ y[fit]
    return (X1[test] @ theta - y[test]).square().mean().sqrt().item()


def _table(n, d, k, needed):
    """Features, labels, k training rows and the others, drawn until they fit what is needed.

    No correlation, of the training rows or of all, is so near 0.2 that rounding could decide.
    """
    while True:
        X = 4 + torch.randn(n, d, dtype=torch.float64)
        y = 9 + torch.randn(n, 1, dtype=torch.float64)
        train, test = torch.randperm(n).split([k, n - k])
        seen, every = _correlations(X[train], y[train]), _correlations(X, y)
        clear = min((c.abs() - 0.2).abs().min() for c in (seen, every)) > 0.005
        if clear and needed(seen, every):
            return X, y, train, test


@exercise("11.3", "Choosing columns is training, too: the test part has no say in it.")
def unseen_error(error):
    """`error(X, y, train, test)`: the rms error on the test rows, a float."""

    def leaks(seen, every):
        return ((seen.abs() > 0.2) != (every.abs() > 0.2)).any() and (seen < -0.2).any()

    def keeps_none(seen, every):
        return (seen.abs() < 0.2).all()

    cases = ((20, 6, 14, leaks), (16, 5, 12, leaks), (30, 1, 20, keeps_none), (13, 3, 12, leaks))
    for n, d, k, needed in cases:
        X, y, train, test = _table(n, d, k, needed)
        with unchanged(X=X, y=y, train=train, test=test):
            answer = error(X, y, train, test)
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        answer = expect_number("the error", answer, tensor=False)
        right = _unseen_error(X, y, test, train, train)
        if close(answer, right, rtol=1e-6, atol=0):
            continue
        every = torch.arange(n)
        mistakes = {
            "The columns are still chosen with the test rows.": (every, train),
            "The columns are chosen by the training rows, but the fit has seen the test rows.": (
                train,
                every,
            ),
            "The columns are chosen and the fit is made with the test rows.": (every, every),
        }
        for sentence, rows in mistakes.items():
            if close(answer, _unseen_error(X, y, test, *rows), rtol=1e-6, atol=0):
                raise Mistake(sentence)
        if close(answer, right**2, rtol=1e-6, atol=0):
            raise Mistake("That is the mean square: the root is missing.")
        if close(
            answer, _unseen_error(X, y, test, train, train, absolute=False), rtol=1e-6, atol=0
        ):
            raise Mistake("A correlation of -0.5 is a strong one: compare its absolute value.")
        kept = int((_correlations(X[train], y[train]).abs() > 0.2).sum())
        no_bias = _unseen_error(X, y, test, train, train, bias=False)
        if kept and close(answer, no_bias, rtol=1e-6, atol=0):
            raise Mistake("The fit has no bias: add a column of ones.")
        raise Mistake(
            f"With {n} examples, {k} of them to train on, and {kept} of {d} columns to keep, the "
            f"error is {answer:.6g} instead of {right:.6g}."
        )


SOLVERS = {
    *("cholesky", "cholesky_ex", "cholesky_inverse", "cholesky_solve", "eig", "eigh", "geqrf"),
    *("inv", "inv_ex", "inverse", "ldl_factor", "lstsq", "lu", "lu_factor", "lu_factor_ex"),
    *("lu_solve", "matrix_power", "pinv", "pinverse", "qr", "solve", "solve_ex"),
    *("solve_triangular", "svd", "tensorinv", "tensorsolve", "triangular_solve"),
}
MOST_SOLVED = 3


class Solved(TorchFunctionMode):
    """Counts the matrices that torch inverts, factors or solves with, in a `with` block.

    A stack of n matrices counts as n. `left` tells whether the block went over to numpy, where
    nothing is counted.
    """

    def __init__(self):
        super().__init__()
        self.count, self.left = 0, False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "").removeprefix("linalg_")
        if name in ("numpy", "__array__"):
            self.left = True
        if name in SOLVERS:
            given = [*args, *kwargs.values()]
            # All take the matrix first, but this one: the right-hand side, then the factor.
            matrix = given[1] if name == "cholesky_solve" else given[0]
            self.count += math.prod(matrix.shape[:-2])
        return function(*args, **kwargs)


@exercise("11.4", "One fit, all the left-out errors.")
def left_out_errors(errors):
    """`errors(X1, y)`: the prediction of the other rows minus the label, (n, 1), from one fit.

    A refit is seen by the matrices that torch is asked to solve with. One written without any of
    its solvers, such as a descent for each row, is not seen.
    """
    for n, p in ((9, 3), (12, 2), (5, 1), (30, 4)):
        X1 = torch.cat([2 * torch.randn(n, p - 1), torch.ones(n, 1)], 1).double()
        if p > 1:
            X1[0, 0] = 12  # one row of high leverage
        y = torch.randn(n, 1).double() + 3 * X1[:, :1]
        truth = torch.empty_like(y)
        for i in range(n):
            others = torch.arange(n) != i
            truth[i] = X1[i] @ torch.linalg.pinv(X1[others]) @ y[others] - y[i]
        with unchanged(X1=X1, y=y), Solved() as solved:
            answer = errors(X1, y)
        expect_tensor("the errors", answer, (n, 1), torch.float64)
        h = (X1 * torch.linalg.pinv(X1).T).sum(1, keepdim=True)
        r = (1 - h) * truth
        if not close(answer, truth):
            mistakes = {
                "The sign is turned round: an error is prediction minus label.": -truth,
                "Those are the residuals of the fit that has seen all rows.": r,
                "A left-out error is LARGER than the residual: divide by 1 - h.": r * (1 - h),
                "No root: the residual is divided by 1 - h itself.": r / (1 - h).sqrt(),
                "The residual is divided by 1 - h, not by 1 + h.": r / (1 + h),
                "Each row has an h of its own; that is their mean.": r / (1 - h.mean()),
            }
            for sentence, wrong in mistakes.items():
                if close(answer, wrong):
                    raise Mistake(sentence)
            raise Mistake(
                f"With {n} rows and {p} columns the first error is {answer[0].item():.6g} "
                f"instead of {truth[0].item():.6g}, as a fit without that row gives."
            )
        if solved.left:
            raise Mistake("Right numbers, but in numpy no fit can be counted: stay in torch.")
        if solved.count > MOST_SOLVED:
            raise Mistake(
                f"Right numbers, but for {n} rows torch had to solve with {solved.count} matrices: "
                "one fit to all rows is enough."
            )


@exercise("11.5", "A model is worth what it is better by than a blind bid, for those not seen.")
def wages(blind, model_error, percent):
    """The rms of left-out errors in log(wage): blind, of the model, and how much smaller."""
    blind = expect_number("blind", blind)
    model = expect_number("model_error", model_error)
    percent = expect_number("percent", percent)

    def is_about(value, wanted):
        return close(value, wanted, rtol=0, atol=0.0006)

    if not is_about(blind, 0.5320):
        if is_about(blind, 0.5310):
            raise Mistake("`blind`: each worker's own wage is in that mean; leave it out.")
        if is_about(blind, 3.6966):
            raise Mistake("`blind`: those are dollars; take the logarithm of the wage.")
        if is_about(blind, 0.2311):
            raise Mistake("`blind`: the natural logarithm is asked for, not that to base ten.")
        if is_about(blind, 0.5320**2):
            raise Mistake("`blind`: that is the mean square: the root is missing.")
        raise Mistake(f"`blind` = {blind:g} is not the rms of the left-out errors of the mean.")
    if not is_about(model, 0.4431):
        if is_about(model, 0.4392):
            raise Mistake("`model_error`: those are errors for workers that the model has seen.")
        if is_about(model, 0.4409):
            raise Mistake("`model_error`: that is the spread s of the residuals.")
        if is_about(model, 0.4453):
            raise Mistake("`model_error`: that is a model without a bias; add a column of ones.")
        if is_about(model, 0.4431**2):
            raise Mistake("`model_error`: that is the mean square: the root is missing.")
        raise Mistake(f"`model_error` = {model:g} is not the rms of the model's left-out errors.")

    def is_near(value):
        return close(percent, value, rtol=0, atol=0.06)

    if not is_near(16.7):
        if close(percent, 0.167, rtol=0, atol=0.001):
            raise Mistake("`percent`: give 100 times that share.")
        if is_near(20.1):
            raise Mistake("`percent`: compared with `blind`, not with `model_error`.")
        if is_near(30.6):
            raise Mistake("`percent`: that compares the squares; compare the errors.")
        if is_near(83.3):
            raise Mistake("`percent`: so much is left. By how much is it smaller?")
        if is_near(-16.7):
            raise Mistake("`percent`: how much SMALLER the error is, a positive number.")
        raise Mistake(f"`percent` = {percent:g}: by which share of `blind` is the other smaller?")
