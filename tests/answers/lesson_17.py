"""Answers to the exercises of lesson 17."""

import math
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "three_times": [
        (10, 20, 100),
        (10.0, np.float64(20.005), Fraction(100)),
        (torch.tensor(9.999), 19.99, 100.05),
    ],
    "mean_square_length": [],
    "predict": [],
    "batch_size_for": [],
}
WRONG = {
    "three_times": [
        ((5, 20, 100), "`least_ms`: that is the time of the arithmetic"),
        ((20, 20, 100), "`least_ms`: that reads `X` twice"),
        ((15, 20, 100), "`least_ms`: memory and arithmetic can work at the same time"),
        ((2.5, 20, 100), "`least_ms`: that has one byte"),
        ((0.01, 20, 100), "`least_ms`: the digits are right"),
        ((10_000, 20, 100), "`least_ms`: the digits are right"),
        ((11, 20, 100), "`least_ms` is not 11: count bytes"),
        ((10, 10, 100), "`formula_ms`: that is the time of reading `X` once"),
        ((10, 40, 100), "`formula_ms`: that takes 8 bytes"),
        ((10, 25, 100), "`formula_ms`: memory and arithmetic"),
        ((10, 5, 100), "`formula_ms`: that is the time of the arithmetic"),
        ((10, 0.02, 100), "`formula_ms`: the digits are right"),
        ((10, 20.1, 100), "`formula_ms` is not 20.1"),
        ((10, 20, 20), "`calls_ms`: that is one call for each batch"),
        ((10, 20, 0.01), "`calls_ms`: that is the price of one batch"),
        ((10, 20, 10_000), "`calls_ms`: that is five calls for each row"),
        ((10, 20, 0.1), "`calls_ms`: the digits are right"),
        ((10, 20, 99), "`calls_ms` is not 99"),
        ((10, 20, None), "`calls_ms` should be a number"),
    ],
    "mean_square_length": [],
    "predict": [],
    "batch_size_for": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("mean_square_length")
def length_by_all_gradients(X, y, w):
    return (X * (X @ w - y)).square().sum(1).mean()


@right("mean_square_length")
def length_by_einsum(X, y, w):
    r = X @ w - y
    return torch.einsum("nd,nd,n,n->", X, X, r[:, 0], r[:, 0]) / len(X)


@right("mean_square_length")
def length_by_norms(X, y, w):
    return (torch.linalg.vector_norm(X, dim=1) * (X @ w - y).flatten()).pow(2).mean()


def length_of(finish):
    """An answer that makes its number from the squared lengths (n,) and X."""
    return lambda X, y, w: finish((X * (X @ w - y)).square().sum(1), X)


WRONG["mean_square_length"] += [
    ((length_of(lambda squares, X: squares.sum()),), "That is the sum over the examples"),
    ((length_of(lambda squares, X: squares.sqrt().mean()),), "That is the mean length"),
    ((length_of(lambda squares, X: 4 * squares.mean()),), "four times too much"),
    ((length_of(lambda squares, X: squares.mean() / X.shape[1]),), "over the weights, too"),
    ((length_of(lambda squares, X: squares.mean() + 1),), "On 1 examples with 2 features"),
    ((length_of(lambda squares, X: squares.max()),), "On 7 examples with 3 features"),
    ((length_of(lambda squares, X: squares),), "should have shape (), got (1,)"),
    ((length_of(lambda squares, X: squares.mean().item()),), "should be a tensor"),
    ((length_of(lambda squares, X: squares.mean().double()),), "should hold torch.float32"),
]


@wrong("mean_square_length", "calls of torch, 40 at most")
def length_by_loop(X, y, w):
    total = 0
    for x_i, y_i in zip(X, y, strict=True):
        g_i = x_i * (x_i @ w - y_i)
        total += (g_i**2).sum()
    return total / len(X)


@wrong("mean_square_length", "makes 41 calls of torch, 40 at most")
def length_with_one_call_too_many(X, y, w):
    squares = (X * (X @ w - y)).square().sum(1)
    for _ in range(35):
        squares = squares + 0
    return squares.mean()


@wrong("mean_square_length", "`tolist` takes numbers out of torch")
def length_by_lists(X, y, w):
    total = 0.0
    residuals = (X @ w - y)[:, 0].tolist()
    for x, r in zip(X.tolist(), residuals, strict=True):
        total += sum(v * v for v in x) * r * r
    return torch.tensor(total / len(X), dtype=X.dtype)


@wrong("mean_square_length", "takes numbers out of torch")
def length_by_numpy(X, y, w):
    x, r = np.asarray(X), np.asarray(X @ w - y)
    return torch.tensor(((x * r) ** 2).sum(1).mean(), dtype=X.dtype)


@wrong("mean_square_length", "`item` takes numbers out of torch")
def length_by_item(X, y, w):
    return torch.tensor(length_by_norms(X, y, w).item(), dtype=X.dtype)


@wrong("mean_square_length", "a tensor on the way holds 360000 numbers, 2400 at most")
def length_by_all_pairs(X, y, w):
    r = X @ w - y
    return ((X @ X.T).diagonal() * r[:, 0].square()).mean()


@wrong("mean_square_length", "still carries its graph")
def length_with_graph(X, y, w):
    return length_by_norms(X, y, w.clone().requires_grad_())


@wrong("mean_square_length", "changed `X`")
def length_in_place(X, y, w):
    answer = length_by_norms(X, y, w)
    X *= X
    return answer


@right("predict")
def predict_into_place(model, X, batch_size):
    result = torch.zeros(len(X), 1, dtype=X.dtype)
    with torch.no_grad():
        for start in range(0, len(X), batch_size):
            result[start : start + batch_size] = model(X[start : start + batch_size])
    return result


@right("predict")
def predict_and_detach(model, X, batch_size):
    return torch.vstack([model(part).detach().clone() for part in X.split(batch_size)])


@right("predict")
@torch.inference_mode()
def predict_by_loader(model, X, batch_size):
    rows = torch.arange(len(X)).split(batch_size)
    return torch.cat([model(X[part[0] : part[-1] + 1]) for part in rows])


@right("predict")
def predict_by_row_numbers(model, X, batch_size):
    with torch.no_grad():
        return torch.cat([model(X[rows]) for rows in torch.arange(len(X)).split(batch_size)])


@right("predict")
def predict_by_data_loader(model, X, batch_size):
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X), batch_size)
    with torch.no_grad():
        return torch.cat([model(X_batch) for (X_batch,) in batches])


@wrong("predict", "`numpy` takes numbers out of torch")
def predict_by_growing_in_numpy(model, X, batch_size):
    result = np.empty((0, 1), dtype=X.numpy().dtype)
    with torch.no_grad():
        for part in X.split(batch_size):
            result = np.concatenate([result, model(part).numpy()])
    return torch.from_numpy(result)


@wrong("predict", "each prediction is copied more than twice")
def predict_by_growing_rows(model, X, batch_size):
    result = torch.empty(1, 0, dtype=X.dtype)
    with torch.no_grad():
        for part in X.split(batch_size):
            result = torch.cat([result, model(part).T], dim=1)
    return result.T


@wrong("predict", "each prediction is copied more than twice")
def predict_by_growing(model, X, batch_size):
    result = torch.empty(0, 1, dtype=X.dtype)
    with torch.no_grad():
        for part in X.split(batch_size):
            result = torch.cat([result, model(part)])
    return result


@wrong("predict", "torch writes")
def predict_with_many_copies(model, X, batch_size):
    result = predict_into_place(model, X, batch_size)
    for _ in range(3):
        result = result.clone()
    return result


@wrong("predict", "still carries its graph")
def predict_with_graph(model, X, batch_size):
    return torch.cat([model(part) for part in X.split(batch_size)])


@wrong("predict", "the model was given 12 rows at once")
def predict_at_once(model, X, batch_size):
    return model(X).detach()


@wrong("predict", "should have shape (10, 1), got (9, 1)")
def predict_whole_batches(model, X, batch_size):
    size = min(batch_size, len(X))
    with torch.no_grad():
        return torch.cat([model(X[k * size : k * size + size]) for k in range(len(X) // size)])


@wrong("predict", "are not those of the model, in their order")
def predict_backwards(model, X, batch_size):
    with torch.no_grad():
        return torch.cat([model(part) for part in reversed(X.split(batch_size))])


@wrong("predict", "24 rows went through the model")
def predict_twice(model, X, batch_size):
    predict_into_place(model, X, batch_size)
    return predict_into_place(model, X, batch_size)


@wrong("predict", "should hold torch.float32")
def predict_in_double(model, X, batch_size):
    return predict_into_place(model, X, batch_size).double()


@wrong("predict", "changed `X`")
def predict_and_scale(model, X, batch_size):
    result = predict_into_place(model, X, batch_size)
    X *= 2
    return result


@wrong("predict", "changed `parameters`")
def predict_and_freeze(model, X, batch_size):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return predict_into_place(model, X, batch_size)


def prices(sizes, times):
    """c and p from the smallest and the largest size."""
    (low, t), *_, (high, u) = sorted(zip(sizes, times, strict=True))
    p = (u - t) / (high - low)
    return t - p * low, p


def size_by(formula, whole=math.ceil, least=1):
    """An answer that takes its size from c, p and the share."""
    return lambda sizes, times, share: max(least, whole(formula(*prices(sizes, times), share)))


def over(c, p, s):
    """The size, not yet whole, at which c is the share s."""
    return c * (1 - s) / (s * p)


RIGHT["batch_size_for"] += [
    (size_by(over),),
    (size_by(over, whole=lambda size: np.int64(math.ceil(size))),),
]


@right("batch_size_for")
def size_by_search(sizes, times, share):
    p, c = np.polyfit(sizes, times, 1)
    size = 1
    while c > share * (c + p * size):
        size += 1
    return size


WRONG["batch_size_for"] += [
    ((size_by(lambda c, p, s: c / (s * p)),), "the share of p B alone"),
    ((size_by(lambda c, p, s: c * s / ((1 - s) * p)),), "There p B, not c"),
    ((size_by(lambda c, p, s: c / p),), "where both parts are equal"),
    ((size_by(over, whole=math.floor),), "With c = 8e-06 s, p = 4e-08 s and the share 0.3"),
    ((size_by(over, least=2),), "the share 0.9 the batch size should be 1, yours is 2"),
    ((size_by(over, whole=lambda size: float(math.ceil(size))),), "should be an int, got float"),
    ((lambda sizes, times, share: 100,), "yours is 100"),
    ((lambda sizes, times, share: None,), "should be an int, got NoneType"),
]


@wrong("batch_size_for", "With c = 2.2e-05 s")
def size_from_the_given_order(sizes, times, share):
    p = (times[-1] - times[0]) / abs(sizes[-1] - sizes[0])
    return max(1, math.ceil(over(times[0] - p * sizes[0], p, share)))


@wrong("batch_size_for", "changed `sizes`")
def size_after_sorting(sizes, times, share):
    answer = size_by(over)(sizes, times, share)
    sizes.sort()
    return answer


@wrong("batch_size_for", "changed `times`")
def size_after_scaling(sizes, times, share):
    answer = size_by(over)(sizes, times, share)
    times[:] = [1e6 * t for t in times]
    return answer
