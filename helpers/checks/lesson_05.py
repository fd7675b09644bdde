"""Checkers of lesson 5: linear regression from scratch."""

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_pair, expect_tensor


@exercise("5.1", "16 batches an epoch, the last one short; so the divisor in sgd matters.")
def count_updates(num_updates, last_batch):
    """Updates in three epochs over 1000 examples with batches of 64, and the size of the last."""
    num_updates = expect_number("num_updates", num_updates)
    last_batch = expect_number("last_batch", last_batch)
    if num_updates == 45:
        raise Mistake("45 leaves out the short batch: 1000 / 64 is rounded up, not down.")
    if num_updates in (15, 16):
        raise Mistake(f"{num_updates:.0f} is one epoch; there are three.")
    if num_updates != int(num_updates):
        raise Mistake("A number of updates is whole: the short last batch is an update, too.")
    if num_updates != 48:
        raise Mistake("Count the batches of one epoch, the short one too, then the epochs.")
    if last_batch == 64:
        raise Mistake("64 does not divide 1000, so the last batch cannot be full.")
    if last_batch != 40:
        raise Mistake("The last batch holds what 15 full batches of 64 leave over.")


@exercise("5.2", "The penalty pulls w to zero, and leaves b alone.")
def ridge_gradient(gradient):
    """`gradient(X, y, w, b, lam)`: of mean half squared loss + lam/2 |w|^2, for w and for b."""
    for n, d in ((7, 2), (4, 3)):
        X, y = torch.randn(n, d), torch.randn(n, 1)
        w, b, lam = torch.randn(d, 1), torch.randn(1), 0.7
        answer = gradient(X.clone(), y.clone(), w.clone(), b.clone(), lam)
        grad_w, grad_b = expect_pair(("the gradient for w", "the gradient for b"), answer, d)
        r = X @ w + b - y
        data_w, data_b = X.T @ r / n, r.mean(0)
        if close(grad_w, data_w * n + lam * w) or close(grad_b, data_b * n):
            raise Mistake("The data part is a mean: divide the sum by the number of examples.")
        if close(grad_w, -(data_w + lam * w)) or close(grad_b, -data_b):
            raise Mistake("The sign is turned round: the residual is prediction minus label.")
        if close(grad_w, data_w):
            raise Mistake("The penalty is missing from the gradient for w.")
        if close(grad_w, data_w + 2 * lam * w):
            raise Mistake(
                "The half in the penalty cancels the 2 of the square: lam * w, not twice."
            )
        if close(grad_w, 2 * data_w + lam * w) or close(grad_b, 2 * data_b):
            raise Mistake("The half in the loss cancels the 2 of the square: no factor 2 remains.")
        if close(grad_b, data_b + lam * b):
            raise Mistake("The penalty holds w only; the bias is not penalised.")
        if not close(grad_w, data_w + lam * w):
            raise Mistake("The gradient for w differs from the one that autograd finds.")
        if not close(grad_b, data_b):
            raise Mistake("The gradient for b differs from the one that autograd finds.")


@exercise("5.3", "One learning rate now serves every batch, the short one included.")
def train_step(step):
    """`step(X, y, w, b, lr)`: one update of the leaves w and b in place, for any batch length."""
    lr = 0.1
    for m in (10, 4):
        X, y = torch.randn(m, 2), torch.randn(m, 1)
        start_w, start_b = torch.randn(2, 1), torch.randn(1)
        w, b = start_w.clone().requires_grad_(), start_b.clone().requires_grad_()
        r = X @ start_w + start_b - y
        mean_w = X.T @ r / m
        step(X, y, w, b, lr)
        moved = w.detach() - start_w
        if close(moved, torch.zeros(2, 1)):
            raise Mistake("w did not move: change it in place (`-=`), not under a new name.")
        if not (torch.isfinite(w).all() and torch.isfinite(b).all()):
            raise Mistake("The update made NaN or infinity.")
        if close(moved, lr * mean_w):
            raise Mistake("The step goes uphill: subtract the gradient.")
        if close(moved, -lr * mean_w * m):
            raise Mistake("The step grows with the batch: divide the sum by its length.")
        if close(moved, -2 * lr * mean_w):
            raise Mistake("The step is twice too long: the loss has a half in it.")
        if close(moved, -lr * mean_w / m):
            raise Mistake("Divided twice by the batch: a mean is divided already.")
        if not close(moved, -lr * mean_w):
            if m == 4:
                raise Mistake("Right for 10 examples, wrong for 4: divide by the length of y.")
            raise Mistake("w is not where one step of gradient descent leads.")
        if not close(b.detach() - start_b, -lr * r.mean(0)):
            raise Mistake("w is right, but b is not where one step leads.")
        if not (w.requires_grad and b.requires_grad):
            raise Mistake("After the step w and b must still ask for a gradient.")
        for name, param in (("w", w), ("b", b)):
            if param.grad is not None and param.grad.abs().max() > 0:
                raise Mistake(f"The gradient of {name} is not cleared: the next will add to it.")


@exercise("5.4", "One permutation for both tensors keeps every label with its example.")
def shuffled_batches(batches):
    """`batches(batch_size, X, y)`: an iterator over minibatches, each example once, shuffled."""
    n, batch_size = 23, 5
    X = torch.arange(2.0 * n).reshape(n, 2)
    y = X[:, :1] * 10
    orders = []
    for _ in range(2):
        answer = batches(batch_size, X.clone(), y.clone())
        if answer is None:
            raise Mistake("The function gave None: `yield` each batch, or return a list of them.")
        pairs = list(answer)
        if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise Mistake("Each batch is a pair: X, then y.")
        sizes = [len(X_batch) for X_batch, _ in pairs]
        if sum(sizes) == n - n % batch_size:
            raise Mistake("The last, smaller batch is missing: its examples are never seen.")
        for X_batch, y_batch in pairs:
            expect_tensor("X of a batch", X_batch, (len(X_batch), 2))
            expect_tensor("y of a batch", y_batch, (len(X_batch), 1))
            if not close(y_batch, X_batch[:, :1] * 10):
                raise Mistake("Labels and examples are shuffled apart: use one order for both.")
        order = torch.cat([X_batch[:, 0] for X_batch, _ in pairs]) / 2
        if order.sort().values.tolist() != list(range(n)):
            raise Mistake("Not every example comes exactly once in an epoch.")
        if max(sizes) > batch_size or len(sizes) != -(-n // batch_size):
            raise Mistake(f"The batches have sizes {sizes}; only the last may be smaller than 5.")
        orders.append(order.tolist())
    if orders[0] == sorted(orders[0]):
        raise Mistake("The examples come in their own order: shuffle them.")
    if orders[0] == orders[1]:
        raise Mistake("Both epochs have the same order: draw a new permutation in each.")


@exercise("5.5", "A loss stuck at half the variance of y is the mark of labels of shape (n,).")
def broadcast_floor(floor):
    """`floor(y)`: the least value of the broadcast loss, half the population variance of y."""
    for y in (torch.tensor([[0.0], [2.0], [7.0], [3.0]]), 3 * torch.randn(6, 1) + 5):
        value = expect_number("floor(y)", floor(y.clone()))
        half = y.var(correction=0).item() / 2
        if close(value, 0):
            raise Mistake("The broadcast loss cannot reach 0: one prediction meets all labels.")
        if close(value, 2 * half):
            raise Mistake("That is the variance; the loss has a half in it.")
        if close(value, y.var().item() / 2) or close(value, y.var().item()):
            raise Mistake("The loss is a mean over n labels, so divide by n, not by n - 1.")
        if close(value, y.std().item()) or close(value, y.std(correction=0).item()):
            raise Mistake("That is the standard deviation; the loss is made of squares.")
        if not close(value, half):
            raise Mistake("Put one constant for every prediction: which is best, and what is left?")
