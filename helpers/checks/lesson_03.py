"""Checkers of lesson 3: gradient descent."""

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor


@exercise("3.1", "Past 1/λ the error jumps across; past 2/λ it grows.")
def three_updates(error_at_1_5, error_at_3):
    """The error 1 along an eigenvector after three updates, at lr 1.5/λ and at lr 3/λ."""
    errors = {
        "1.5": (expect_number("error_at_1_5", error_at_1_5), 1 - 1.5),
        "3": (expect_number("error_at_3", error_at_3), 1 - 3.0),
    }
    for multiple, (error, factor) in errors.items():
        at = f"At {multiple}/λ"
        if close(error, abs(factor) ** 3):
            raise Mistake(f"{at} the size is right, but three changes of sign leave a minus.")
        if close(error, factor):
            raise Mistake(f"{at} that is one update; the factor acts three times.")
        if close(error, 3 * factor):
            raise Mistake(f"{at} the factors multiply: raise it to the third power, not times 3.")
        if close(error, factor**2):
            raise Mistake(f"{at} that is two updates; there are three.")
        if close(error, (1 - factor) ** 3):
            raise Mistake(f"{at} an update multiplies the error by 1 - lr λ, not by lr λ.")
        if not close(error, factor**3):
            raise Mistake(f"{at} each update multiplies the error by 1 - lr λ: put in lr.")


@exercise("3.2", "The data alone tell which rate diverges, before any run.")
def largest_stable_lr(bound):
    """`bound(features)`: 2 over the largest eigenvalue of X'X/n, X with a column of ones."""
    for n, d, scale, shift in ((12, 2, 1.0, 1.0), (9, 3, 3.0, 0.0), (20, 1, 0.2, 2.0)):
        features = scale * torch.randn(n, d) + shift
        ones = torch.ones(n, 1)
        X = torch.cat([features, ones], dim=1)
        values = torch.linalg.eigvalsh(X.T @ X / n)
        without = torch.linalg.eigvalsh(features.T @ features / n)
        value = expect_number("largest_stable_lr(features)", bound(features.clone()))
        if close(value, 2 / values[-1]):
            continue
        if close(value, 2 / without[-1], rtol=1e-3):
            raise Mistake("The model has a bias: append the column of ones first.")
        if close(value, 1 / values[-1], rtol=1e-3):
            raise Mistake("At 1/λ the error along that eigenvector is 0; the bound is at 2/λ.")
        if close(value, 2 / (n * values[-1]), rtol=1e-3):
            raise Mistake("The loss is a mean: divide X'X by the number of examples.")
        if close(value, 2 / values[0], rtol=1e-3):
            raise Mistake("The largest eigenvalue limits the rate, not the smallest.")
        if close(value, 2 / values[-1].sqrt(), rtol=1e-3):
            raise Mistake("Eigenvalues of X'X are the squares of the singular values of X.")
        if close(value, 2 / (n * values[-1]).sqrt(), rtol=1e-3):
            raise Mistake("Eigenvalues of X'X are the squares of the singular values of X.")
        if close(value, values[-1] / 2, rtol=1e-3) or close(value, values[-1], rtol=1e-3):
            raise Mistake("A larger eigenvalue must make the bound smaller: it is 2/λ.")
        raise Mistake("Not 2 over the largest eigenvalue of X'X/n, X with its ones.")


@exercise("3.3", "A quarter of the spread costs sixteen times the examples.")
def quarter_spread(batch_size, floor_factor):
    """The batch whose spread is a quarter of that at 20, and what becomes of the noise floor."""
    batch_size = expect_number("batch_size", batch_size)
    floor_factor = expect_number("floor_factor", floor_factor)
    if batch_size == 80:
        raise Mistake("Four times the batch halves the spread: it falls with the root of b.")
    if batch_size == 40:
        raise Mistake("Twice the batch divides the spread by the root of 2 only.")
    if batch_size < 20:
        raise Mistake("A smaller batch has a larger spread: it must grow.")
    if batch_size != 320:
        raise Mistake("The spread is proportional to 1/sqrt(b): solve 12 sqrt(20) = 3 sqrt(b).")
    if close(floor_factor, 1 / 4):
        raise Mistake("The loss is quadratic in the error: the floor goes with 1/b, not 1/sqrt(b).")
    if close(floor_factor, 1):
        raise Mistake("The floor stays only if the learning rate grows with the batch.")
    if floor_factor > 1:
        raise Mistake("Less noise cannot raise the floor: it is multiplied by less than 1.")
    if not close(floor_factor, 1 / 16):
        raise Mistake("The floor is proportional to lr / b, and lr is unchanged.")


@exercise("3.4", "Right on average; its spread follows the batch size.")
def minibatch_gradient(estimate):
    """`estimate(X, y, w, batch_size)`: unbiased, with the spread of a mean of batch_size draws."""
    n, d, b, draws = 40, 2, 5, 1500
    X, w = torch.randn(n, d) + 1, torch.randn(d, 1)
    # Far from the best w, so that the gradient stands out of its noise; and in order, so that
    # the first rows are special.
    y = X @ w - 10 + 5 * torch.randn(n, 1).sort(dim=0).values
    each = X * (X @ w - y)  # (n, d): the gradient of every single example
    full = each.mean(0)
    variance = (each - full).square().sum(1).mean().item()
    found = []
    for _ in range(draws):
        g = estimate(X.clone(), y.clone(), w.clone(), b)
        expect_tensor("the gradient", g, (d, 1))
        found.append(g.detach().reshape(d))
    found = torch.stack(found).to(full.dtype)
    mean = found.mean(0)
    spread = (found - mean).square().sum(1).mean().item()
    error = (2 * variance / b / draws) ** 0.5 * 4  # far beyond chance for a right answer

    def near(target, scale=1.0):
        return (mean - target).norm().item() < scale * error

    if spread < 1e-9 * variance:
        if near(full):
            raise Mistake("That is the full gradient, every time: draw batch_size rows only.")
        raise Mistake("Every call gives the same: draw new rows each time.")
    if not near(full):
        if near(b * full, b):
            raise Mistake("The estimate grows with the batch: take the mean, not the sum.")
        if near(full * b / n):
            raise Mistake("Divide by the length of the batch, not by the number of all examples.")
        if near(-full):
            raise Mistake("The sign is turned round: the residual is prediction minus label.")
        if near(2 * full, 2):
            raise Mistake("The half in the loss cancels the 2 of the square: no factor 2 remains.")
        raise Mistake("On average it is not the full gradient: is every row drawn as often?")
    if spread > 2 * variance / b:
        raise Mistake("Right on average, but too widely spread: use batch_size rows, not fewer.")
    if spread < variance / b / 2:
        raise Mistake("Right on average, but too little spread: use batch_size rows, not more.")


@exercise("3.5", "Both ends shrink alike; their ratio decides the pace.")
def best_constant_lr(best):
    """`best(eigenvalues)`: the rate 2/(min + max), and the factor (max - min)/(max + min)."""
    for values in (torch.tensor([0.5, 3.0, 1.3]), torch.rand(4) + 0.1, torch.tensor([2.0, 2.0])):
        low, high = values.min().item(), values.max().item()
        answer = best(values.clone())
        if answer is None:
            raise Mistake("The function returned None: is a `return` missing?")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return two numbers: the learning rate, then the factor.")
        lr = expect_number("the learning rate", answer[0])
        factor = expect_number("the factor", answer[1])
        if low != high:
            if close(lr, 2 / high):
                raise Mistake("2/λmax is the bound: there the error along λmax does not shrink.")
            if close(lr, 1 / high):
                raise Mistake("1/λmax is safe, but slow along λmin: a larger rate is better.")
            if close(lr, 1 / low):
                raise Mistake("1/λmin suits λmin alone; along λmax the error may grow.")
            if close(lr, (1 / low + 1 / high) / 2) or close(lr, 1 / (low * high) ** 0.5):
                raise Mistake(
                    "That is a mean of 1/λmin and 1/λmax; make the two ends shrink alike."
                )
            if close(lr, 2 / (values[0] + values[-1])):
                raise Mistake("The eigenvalues come in any order: look for the ends.")
            if close(lr, 1 / values.mean()):
                raise Mistake("Only the two ends count, not the mean of all eigenvalues.")
        if not close(lr, 2 / (low + high)):
            raise Mistake("At the best rate 1 - lr λmin and lr λmax - 1 are equal: solve for lr.")
        if low != high and close(factor, -(high - low) / (high + low)):
            raise Mistake("The factor is a size, the largest of |1 - lr λ|: not negative.")
        if not close(factor, (high - low) / (high + low)):
            raise Mistake("The rate is right; the factor is |1 - lr λ| at either end.")
