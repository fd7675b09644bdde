"""Answers to the exercises of lesson 11."""

import torch


def scaled(X_train, X_test):
    mean, spread = X_train.mean(0), X_train.std(0, correction=0)
    same = X_train.amax(0) == X_train.amin(0)
    mean, spread = torch.where(same, X_train[0], mean), torch.where(same, 1.0, spread)
    return (X_train - mean) / spread, (X_test - mean) / spread


def own(X_train, X_test):
    return scaled(X_train, X_test)[0], X_test - X_test.mean(0)


def error_of(rows_of_fit):
    def unseen_error(X, y, train, test):
        rows = rows_of_fit(train, test)
        a, b = X[rows] - X[rows].mean(0), y[rows] - y[rows].mean()
        keep = ((a * b).sum(0) / (a.norm(dim=0) * b.norm())).abs() > 0.2
        X1 = torch.cat([X[:, keep], torch.ones_like(y)], 1)
        theta = torch.linalg.pinv(X1[rows]) @ y[rows]
        return (X1[test] @ theta - y[test]).square().mean().sqrt()

    return unseen_error


def left_out(X1, y):
    H = X1 @ torch.linalg.pinv(X1)
    return (y - H @ y) / (1 - H.diag()[:, None])


RIGHT = {
    "unseen_shares": [(0.2, 0.038384), (1 / 5, 19 / 495)],
    "scale_split": [(scaled,)],
    "unseen_error": [(error_of(lambda train, test: train),)],
    "left_out_errors": [(left_out,)],
}
WRONG = {
    "unseen_shares": [
        ((0.8, 0.0384), "in the test part"),
        ((0.2, 0.04), "19 places"),
        ((0.2, 0.2), "share of the pairs"),
    ],
    "scale_split": [
        ((lambda a, b: None,), "two tensors"),
        ((own,), "The test part"),
        ((lambda a, b: (a, b),), "The training part"),
    ],
    "unseen_error": [
        ((error_of(lambda train, test: torch.cat([train, test]).sort()[0]),), "seen the test rows"),
        ((lambda X, y, train, test: 1.0,), "instead of"),
        ((lambda X, y, train, test: None,), "should be a number"),
    ],
    "left_out_errors": [
        ((lambda X1, y: -left_out(X1, y),), "sign"),
        ((lambda X1, y: y - X1 @ torch.linalg.pinv(X1) @ y,), "the first error"),
        ((lambda X1, y: left_out(X1, y)[:, 0],), "should have shape"),
    ],
}
