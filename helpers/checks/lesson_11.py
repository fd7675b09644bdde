"""Checkers of lesson 11: unseen houses."""

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor, unchanged


@exercise("11.1", "One split hides each example with the share of the test part.")
def unseen_shares(one_unseen, both_unseen):
    """20 of 100 are unseen; two given ones both with 20/100 times 19/99."""
    one = expect_number("one_unseen", one_unseen)
    both = expect_number("both_unseen", both_unseen)
    if not close(one, 0.2, rtol=1e-3, atol=0):
        raise Mistake(f"`one_unseen` = {one:g}: how many of the 100 are in the test part?")
    if close(both, 0.04, rtol=1e-3, atol=0):
        raise Mistake("`both_unseen`: once the first is unseen, 19 places are left for 99.")
    if not close(both, 20 * 19 / (100 * 99), rtol=1e-3, atol=0):
        raise Mistake(f"`both_unseen` = {both:g}: a share of the pairs among 100 is wanted.")


@exercise("11.2", "What is trained has not seen the test part, and no column becomes NaN.")
def scale_split(scale):
    """`scale(X_train, X_test)`: both standardised by the training part; constant columns live."""
    for n, m, constant in ((12, 5, None), (6, 1, 0.1), (20, 3, 3.0)):
        X_train = 5 + 2 * torch.randn(n, 3, dtype=torch.float64)
        X_test = 9 + 4 * torch.randn(m, 3, dtype=torch.float64)
        if constant is not None:
            X_train[:, 1] = constant
        with unchanged(X_train=X_train, X_test=X_test):
            answer = scale(X_train, X_test)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two tensors: the training part, then the test part.")
        expect_tensor("the training part", answer[0], (n, 3), torch.float64)
        expect_tensor("the test part", answer[1], (m, 3), torch.float64)
        mean, spread = X_train.mean(0), X_train.std(0, correction=0)
        if constant is not None:
            mean[1], spread[1] = constant, 1
        parts = zip(("training", "test"), answer, (X_train, X_test), strict=True)
        for name, Z, X in parts:
            right = (X - mean) / spread
            if not close(Z, right, rtol=1e-6, atol=1e-9):
                column = int((Z - right).abs().amax(0).argmax())
                raise Mistake(
                    f"The {name} part, {n} rows to train on: column {column} begins with "
                    f"{Z[0, column].item():.6g} instead of {right[0, column].item():.6g}."
                )


def _unseen_error(X, y, train, test):
    """The rms error on the test rows, nothing computed from them."""
    centered, label = X[train] - X[train].mean(0), y[train] - y[train].mean()
    scales = centered.norm(dim=0) * label.norm()
    keep = ((centered * label).sum(0) / scales).abs() > 0.2
    X1 = torch.cat([X[:, keep], torch.ones(len(X), 1, dtype=X.dtype)], 1)
    theta = torch.linalg.lstsq(X1[train], y[train]).solution
    return (X1[test] @ theta - y[test]).square().mean().sqrt().item()


@exercise("11.3", "Choosing columns is training, too: the test part has no say in it.")
def unseen_error(error):
    """`error(X, y, train, test)`: the rms error on the test rows, a float."""
    for n, d, k in ((20, 12, 14), (16, 6, 12), (30, 1, 20), (24, 15, 18)):
        X = torch.randn(n, d, dtype=torch.float64)
        y = 3 + torch.randn(n, 1, dtype=torch.float64)
        order = torch.randperm(n)
        train, test = order[:k], order[k:]
        with unchanged(X=X, y=y, train=train, test=test):
            answer = expect_number("the error", error(X, y, train, test))
        right = _unseen_error(X, y, train, test)
        everything = torch.arange(n)
        if close(answer, right, rtol=1e-6, atol=0):
            continue
        if close(answer, _unseen_error(X, y, everything, test), rtol=1e-6, atol=0):
            raise Mistake("The fit has seen the test rows.")
        raise Mistake(
            f"With {n} examples and {d} features the error is {answer:.6g} instead of {right:.6g}."
        )


@exercise("11.4", "One fit, all the left-out errors.")
def left_out_errors(errors):
    """`errors(X1, y)`: label minus the prediction of the other rows, (n, 1)."""
    for n, p in ((9, 3), (12, 2), (3, 1)):
        X1 = torch.cat([2 * torch.randn(n, p - 1), torch.ones(n, 1)], 1).double()
        if p > 1:
            X1[0, 0] = 12  # one row of high leverage
        y = torch.randn(n, 1).double() + X1[:, :1]
        truth = torch.empty_like(y)
        for i in range(n):
            others = torch.arange(n) != i
            truth[i] = y[i] - X1[i] @ torch.linalg.lstsq(X1[others], y[others]).solution
        with unchanged(X1=X1, y=y):
            answer = errors(X1, y)
        expect_tensor("the errors", answer, (n, 1), torch.float64)
        if close(answer, -truth):
            raise Mistake("The sign is turned round: an error is label minus prediction here.")
        if not close(answer, truth):
            raise Mistake(
                f"With {n} rows and {p} columns the first error is {answer[0].item():.6g} "
                f"instead of {truth[0].item():.6g}, as a refit without that row gives."
            )
