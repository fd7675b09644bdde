"""Checkers of lesson 0: before you start. A wrong answer is told which piece to read again."""

import math

import numpy as np
import pandas as pd
import torch

from helpers.checks import Mistake, close, exercise, expect_number

ROWS = 'Read "Rows and columns" again.'
TURNED = 'Read "Transposing" again.'
PAIRS = 'Read "Broadcasting" again.'
DTYPE = 'Read "Shape and dtype" again.'
VIEWS = 'Read "Views and copies" again.'
TABLES = 'Read "From numpy and pandas" again.'
SLOPE = 'Read "Slope" again.'
GRADIENT = 'Read "Gradient" again.'
CHAIN = 'Read "Chain rule" again.'
PRODUCT = 'Read "Matrix product" again.'
SPREAD = 'Read "Mean and spread" again.'
BELL = 'Read "The bell" again.'
EIGEN = 'Read "Eigenvectors" again.'


def _shape(name, value):
    """The learner's shape as a tuple of whole numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise Mistake(f"`{name}`: a shape is a tuple. One with a single axis has a comma: `(5,)`.")
    if not isinstance(value, (tuple, list)):
        raise Mistake(f"`{name}` should be a shape such as `(2, 3)`, got {type(value).__name__}.")
    for size in value:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise Mistake(f"`{name}` should hold whole numbers, got {type(size).__name__}.")
    return tuple(int(size) for size in value)


@exercise("0.1", "Shapes will not surprise you. One exercise is left of this self-test, 0.2.")
def five_shapes(one_column, sliced_column, means, difference, turned):
    """The shapes of a[:, 1], a[:, 1:2], a.mean(dim=0), a[:, 1:2] - y and batch.mT."""
    one_column = _shape("one_column", one_column)
    sliced_column = _shape("sliced_column", sliced_column)
    means, difference = _shape("means", means), _shape("difference", difference)
    turned = _shape("turned", turned)
    if one_column != (4,):
        raise Mistake(f"`a[:, 1]`: what does a single number do to its axis? {ROWS}")
    if sliced_column != (4, 1):
        raise Mistake(f"`a[:, 1:2]`: a slice keeps its axis, here with one column. {ROWS}")
    if means == (4,):
        raise Mistake(f"`dim=0` runs down the rows: one mean for each column is left. {ROWS}")
    if means != (3,):
        raise Mistake(f"`a.mean(dim=0)`: the axis that `dim` names disappears. {ROWS}")
    if difference in ((4,), (4, 1)):
        raise Mistake(f"A column minus a flat tensor makes all pairs. {PAIRS}")
    if difference != (4, 4):
        raise Mistake(f"`a[:, 1:2] - y`: line both shapes up from the right. {PAIRS}")
    if turned == (3, 4, 8):
        raise Mistake(f"`.mT` leaves the axis of the stack where it is. {TURNED}")
    if turned != (8, 3, 4):
        raise Mistake(f"`batch.mT`: each of the eight matrices is transposed. {TURNED}")


def _table(n, dtype):
    """A DataFrame of n rows with four columns of numbers of one dtype and one of texts."""
    values = np.random.default_rng(n).integers(1, 99, (n, 4))
    table = pd.DataFrame(values.astype(dtype), columns=["area", "rooms", "price", "year"])
    table["street"] = [f"street {k}" for k in range(n)]
    return table


@exercise("0.2", "If 0.1 is right as well, skip the first half, or read 'Views and copies' alone.")
def read_table(load):
    """`load(table, features, label)`: X (n, d) and y (n, 1), float32, with memory of their own."""
    cases = (
        (6, np.float64, ["rooms", "year", "area"]),
        (4, np.int64, ["area"]),
        (5, np.float32, ["area"]),
        (1, np.float32, ["area", "rooms"]),
    )
    for n, dtype, features in cases:
        table = _table(n, dtype)
        before, names = table.copy(deep=True), list(features)
        right = [before[columns].to_numpy() for columns in (features, ["price"])]
        answer = load(table, names, "price")
        if not table.equals(before) or list(table.columns) != list(before.columns):
            raise Mistake("Your code changed the table: what it is given must stay as it is.")
        if names != features:
            raise Mistake("Your code changed the list `features`.")
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise Mistake("Return a pair of two tensors, X and then y.")
        wanted = (("X", (n, len(features))), ("y", (n, 1)))
        for (name, shape), value, numbers in zip(wanted, answer, right, strict=True):
            if not isinstance(value, torch.Tensor):
                raise Mistake(f"`{name}` should be a tensor, got {type(value).__name__}. {TABLES}")
            if tuple(value.shape) == (n,):
                raise Mistake(f"`{name}` has shape ({n},): it has lost an axis. {ROWS} {TABLES}")
            if tuple(value.shape) != shape:
                raise Mistake(f"`{name}` should have shape {shape}, got {tuple(value.shape)}.")
            if value.dtype != torch.float32:
                raise Mistake(f"`{name}` should hold float32, got {value.dtype}. {DTYPE}")
            if not close(value, torch.tensor(numbers, dtype=torch.float32)):
                raise Mistake(f"`{name}` has the shape and the dtype, but holds other numbers.")
        for name, value in zip("Xy", answer, strict=True):
            with torch.no_grad():
                value.add_(1)
            if not table.equals(before):
                raise Mistake(f"Adding 1 to `{name}` in place changed the table. {VIEWS} {TABLES}")


@exercise("0.3", "Slope, gradient and chain rule are there for lessons 2 and 3.")
def slopes(slope, slope_1, slope_2):
    """The slope of (2 x - 1)**2 at 2; the gradient of w1**2 + 2 w2**2 at (3, -1)."""
    slope = expect_number("slope", slope)
    slope_1, slope_2 = expect_number("slope_1", slope_1), expect_number("slope_2", slope_2)
    if close(slope, 9):
        raise Mistake(f"9 is the value of the function at 2, not its slope. {SLOPE} {CHAIN}")
    if close(slope, 6):
        raise Mistake(f"6 lacks the slope of the inner function, 2x - 1. {CHAIN}")
    if not close(slope, 12):
        raise Mistake(f"`slope` is not {slope:g}: outer slope times inner slope. {CHAIN}")
    if close(slope_1, -4) and close(slope_2, 6):
        raise Mistake(f"The two are exchanged: the slope along w1 comes first. {GRADIENT}")
    if close(slope_1, 9) and close(slope_2, 2):
        raise Mistake(f"Those are the two squares, not their slopes. {SLOPE}")
    if not close(slope_1, 6):
        raise Mistake(f"`slope_1` is not {slope_1:g}: hold w2 fixed, let w1 move. {GRADIENT}")
    if close(slope_2, 4):
        raise Mistake(f"`slope_2`: at w2 = -1 a step to the right leads downhill. {SLOPE}")
    if not close(slope_2, -4):
        raise Mistake(f"`slope_2` is not {slope_2:g}: hold w1 fixed, let w2 move. {GRADIENT}")


@exercise("0.4", "You can read the spreads of lessons 2 and 4 and the noise of lesson 5.")
def spreads(spread_n, spread_less_one, share, spread_of_mean):
    """Both spreads of 1, 5, 9; the normal share within two spreads; the spread of a mean of 9."""
    with_n, less_one = (
        expect_number("spread_n", spread_n),
        expect_number("spread_less_one", spread_less_one),
    )
    share = expect_number("share", share)
    of_mean = expect_number("spread_of_mean", spread_of_mean)
    right = math.sqrt(32 / 3)
    if close(with_n, right**2, rtol=0.005) and close(less_one, 16, rtol=0.005):
        raise Mistake(f"Those are the two variances. The spread is the root. {SPREAD}")
    if close(with_n, 4, rtol=0.005) and close(less_one, right, rtol=0.005):
        raise Mistake(f"The two are exchanged: dividing by less gives more. {SPREAD}")
    if not close(with_n, right, rtol=0.005):
        raise Mistake(f"`spread_n` is not {with_n:g}: root of the mean square deviation. {SPREAD}")
    if not close(less_one, 4, rtol=0.005):
        raise Mistake(f"`spread_less_one` is not {less_one:g}: divide by 2, not by 3. {SPREAD}")
    if 60 <= share <= 100:
        raise Mistake(f"A share is a number from 0 to 1: 100 percent are 1, not {share:g}.")
    if close(share, 0.68, rtol=0.02):
        raise Mistake(f"That is the share within one spread: 180 is two below 300. {BELL}")
    if not 0.945 <= share <= 0.96:
        raise Mistake(f"`share` is not {share:g}: how many spreads of 60 is 420 away? {BELL}")
    if close(of_mean, 60 / 9, rtol=0.005):
        raise Mistake(f"The variance is divided by 9; the spread is its root. {BELL}")
    if close(of_mean, 60, rtol=0.005):
        raise Mistake(f"A mean of nine scatters less than one of them does. {BELL}")
    if not close(of_mean, 20, rtol=0.005):
        raise Mistake(f"`spread_of_mean` is not {of_mean:g}: 60 over the root of 9. {BELL}")


@exercise("0.5", "If all five are right, little here is new to you: go to lesson 1.")
def matrices(product, factor_1, factor_2):
    """X @ w of two small matrices; the eigenvalues of [[3, 2], [2, 3]] on (1, 1) and (1, -1)."""
    if isinstance(product, torch.Tensor):
        product = product.tolist()
    if isinstance(product, np.ndarray):
        product = product.tolist()
    if not isinstance(product, (list, tuple)):
        raise Mistake(f"`product` should be a list of numbers, got {type(product).__name__}.")
    if product and all(isinstance(row, (list, tuple)) and len(row) == 1 for row in product):
        product = [row[0] for row in product]  # written as a column
    if any(isinstance(entry, (list, tuple)) for entry in product):
        raise Mistake(f"Each row of X meets the column w in ONE sum of products. {PRODUCT}")
    if len(product) != 3:
        raise Mistake(f"(3, 2) @ (2, 1) has three rows, yours has {len(product)}. {PRODUCT}")
    product = [expect_number(f"product[{k}]", entry) for k, entry in enumerate(product)]
    factor_1 = expect_number("factor_1", factor_1)
    factor_2 = expect_number("factor_2", factor_2)
    for k, (entry, right) in enumerate(zip(product, (2, 19, 20), strict=True)):
        if not close(entry, right):
            raise Mistake(f"`product[{k}]` is not {entry:g}: row {k} of X times w. {PRODUCT}")
    if close(factor_1, 1) and close(factor_2, 5):
        raise Mistake(f"The two are exchanged: multiply H by (1, 1) first. {EIGEN}")
    if not close(factor_1, 5):
        raise Mistake(f"`factor_1` is not {factor_1:g}: what does H make of (1, 1)? {EIGEN}")
    if not close(factor_2, 1):
        raise Mistake(f"`factor_2` is not {factor_2:g}: what does H make of (1, -1)? {EIGEN}")
