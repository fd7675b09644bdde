"""Answers to the exercises of lesson 0."""

from fractions import Fraction

import numpy as np
import torch

SHAPES = ((4,), (4, 1), (3,), (4, 4), (8, 3, 4))
SPREADS = (3.266, 4, 0.95, 20)
MATRICES = ([2, 19, 20], 5, 1)


def but(answers, place, value):
    """The answers with one of them replaced."""
    return (*answers[:place], value, *answers[place + 1 :])


RIGHT = {
    "five_shapes": [
        SHAPES,
        tuple(map(list, SHAPES)),
        tuple(map(torch.Size, SHAPES)),
        tuple(np.zeros(shape).shape for shape in SHAPES),
        but(SHAPES, 1, (np.int64(4), np.int64(1))),
    ],
    "read_table": [],
    "slopes": [
        (12, 6, -4),
        (12.0001, 6.0, -4.0),
        (Fraction(12), np.float32(6), torch.tensor([-4.0])),
    ],
    "spreads": [
        SPREADS,
        (3.27, 4.01, 0.954, 20.0),
        (3.25, 3.99, 0.945, 20.05),
        but(SPREADS, 2, 0.96),
        (Fraction(3266, 1000), np.float64(4), torch.tensor(0.95), 20),
    ],
    "matrices": [
        MATRICES,
        ([[2], [19], [20]], 5.0, 1.0),
        ((2, 19.0, np.float64(20)), Fraction(5), np.int64(1)),
        (torch.tensor([[2.0], [19.0], [20.0]]), torch.tensor(5.0), torch.tensor([1.0])),
        (torch.tensor([2, 19, 20]), 5, 1),
        (np.array([[2], [19], [20]]), 5, 1),
    ],
}
WRONG = {
    "five_shapes": [
        (but(SHAPES, 0, 4), "has a comma"),
        (but(SHAPES, 0, "(4,)"), "should be a shape such as `(2, 3)`, got str"),
        (but(SHAPES, 0, True), "should be a shape such as `(2, 3)`, got bool"),
        (but(SHAPES, 4, (8, 3, 4.0)), "`turned` should hold whole numbers, got float"),
        (but(SHAPES, 4, (8, 3, True)), "`turned` should hold whole numbers, got bool"),
        (but(SHAPES, 0, (4, 1)), "what does a single number do to its axis"),
        (but(SHAPES, 0, (3,)), 'its axis? Read "Rows and columns" again'),
        (but(SHAPES, 1, (4,)), "a slice keeps its axis"),
        (but(SHAPES, 1, (4, 2)), "a slice keeps its axis"),
        (but(SHAPES, 2, (4,)), "runs down the rows"),
        (but(SHAPES, 2, (1, 3)), "that `dim` names disappears"),
        (but(SHAPES, 3, (4, 1)), "A column minus a flat tensor makes all pairs"),
        (but(SHAPES, 3, (4,)), 'makes all pairs. Read "Broadcasting" again'),
        (but(SHAPES, 3, (4, 3)), "line both shapes up from the right"),
        (but(SHAPES, 4, (3, 4, 8)), "leaves the axis of the stack where it is"),
        (but(SHAPES, 4, (8, 4, 3)), "each of the eight matrices is transposed"),
    ],
    "read_table": [],
    "slopes": [
        ((9, 6, -4), "9 is the value of the function"),
        ((6, 6, -4), "lacks the slope of the inner function"),
        ((11, 6, -4), "`slope` is not 11: outer slope times inner slope"),
        ((-12, 6, -4), "`slope` is not -12"),
        ((12, -4, 6), "The two are exchanged"),
        ((12, 9, 2), "the two squares, not their slopes"),
        ((12, 7, -4), "`slope_1` is not 7: hold w2 fixed"),
        ((12, -4, -4), "`slope_1` is not -4"),
        ((12, 5, 6), "`slope_1` is not 5"),
        ((12, 9, -4), "`slope_1` is not 9"),
        ((12, 6, 6), "`slope_2` is not 6"),
        ((12, 6, 2), "`slope_2` is not 2"),
        ((12, 6, 4), "leads downhill"),
        ((12, 6, -2), "`slope_2` is not -2: hold w1 fixed"),
        (("12", 6, -4), "should be a number"),
    ],
    "spreads": [
        ((32 / 3, 16, 0.95, 20), "the two variances"),
        ((4, 3.266, 0.95, 20), "The two are exchanged"),
        ((32 / 3, 4, 0.95, 20), "`spread_n` is not 10.6667"),
        ((10.75, 16, 0.95, 20), "`spread_n` is not 10.75"),
        ((32 / 3, 16.12, 0.95, 20), "`spread_n` is not 10.6667"),
        ((4, 4, 0.95, 20), "`spread_n` is not 4"),
        ((4.03, 3.266, 0.95, 20), "`spread_n` is not 4.03"),
        ((4, 3.29, 0.95, 20), "`spread_n` is not 4"),
        (but(SPREADS, 1, 16), "`spread_less_one` is not 16"),
        (but(SPREADS, 1, 3.266), "`spread_less_one` is not 3.266"),
        (but(SPREADS, 0, 2.67), "`spread_n` is not 2.67"),
        (but(SPREADS, 0, 3.3), "`spread_n` is not 3.3"),
        (but(SPREADS, 1, 3.9), "`spread_less_one` is not 3.9: divide by 2"),
        (but(SPREADS, 2, 95), "A share is a number from 0 to 1"),
        (but(SPREADS, 2, 60), "A share is a number from 0 to 1"),
        (but(SPREADS, 2, 100), "A share is a number from 0 to 1"),
        (but(SPREADS, 2, 101), "`share` is not 101"),
        (but(SPREADS, 2, 0.7), "`share` is not 0.7"),
        (but(SPREADS, 2, 0.68), "the share within one spread"),
        (but(SPREADS, 2, 2 / 3), "the share within one spread"),
        (but(SPREADS, 2, 0.99), "`share` is not 0.99: how many spreads"),
        (but(SPREADS, 2, 0.94), "`share` is not 0.94"),
        (but(SPREADS, 2, 0.965), "`share` is not 0.965"),
        (but(SPREADS, 2, 300), "`share` is not 300"),
        (but(SPREADS, 3, 6.67), "the spread is its root"),
        (but(SPREADS, 3, 60), "scatters less than one of them"),
        (but(SPREADS, 3, 60.4), "`spread_of_mean` is not 60.4"),
        (but(SPREADS, 3, 6.71), "`spread_of_mean` is not 6.71"),
        (but(SPREADS, 3, 180), "`spread_of_mean` is not 180: 60 over the root of 9"),
        (but(SPREADS, 3, 20.2), "`spread_of_mean` is not 20.2"),
        (but(SPREADS, 3, None), "should be a number"),
    ],
    "matrices": [
        (but(MATRICES, 0, 41), "should be a list of numbers, got int"),
        (but(MATRICES, 0, [[2, 0], [4, 15], [0, 20]]), "in ONE sum of products"),
        (but(MATRICES, 0, [2, 19]), "(3, 2) @ (2, 1) has three rows, yours has 2"),
        (but(MATRICES, 0, []), "yours has 0"),
        (but(MATRICES, 0, torch.tensor(41.0)), "should be a list of numbers, got float"),
        (but(MATRICES, 0, [2, 19, 21]), "`product[2]` is not 21: row 2 of X times w"),
        (but(MATRICES, 0, [5, 19, 20]), "`product[0]` is not 5"),
        (but(MATRICES, 0, [2, "19", 20]), "`product[1]` should be a number"),
        (([2, 19, 20], 1, 5), "The two are exchanged"),
        (([2, 19, 20], 1, 1), "`factor_1` is not 1"),
        (([2, 19, 20], 5, 5), "`factor_2` is not 5"),
        (([2, 19, 20], 10, 1), "`factor_1` is not 10: what does H make of (1, 1)?"),
        (([2, 19, 20], 5, -1), "`factor_2` is not -1: what does H make of (1, -1)?"),
    ],
}


def right(f):
    """Add the decorated function to the right answers for `read_table`."""
    RIGHT["read_table"].append((f,))
    return f


def wrong(fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG["read_table"].append(((f,), fragment)) or f


@right
def by_tensor(table, features, label):
    X = torch.tensor(table[features].to_numpy(), dtype=torch.float32)
    return X, torch.tensor(table[[label]].to_numpy(), dtype=torch.float32)


@right
def by_lists(table, features, label):
    X = torch.tensor([table[name].tolist() for name in features]).T.float()
    return [X, torch.tensor(table[label].tolist()).float().reshape(-1, 1)]


@right
def by_one_table(table, features, label):
    both = torch.tensor(table[[*features, label]].to_numpy(dtype="float32"))
    return both[:, :-1], both[:, -1:]


@right
def by_copies(table, features, label):
    X = torch.from_numpy(table[features].to_numpy(copy=True)).float()
    return X, torch.from_numpy(table[label].to_numpy(copy=True)).float().unsqueeze(1)


@wrong("`X` should hold float32, got torch.float64")
def as_it_stands(table, features, label):
    X = torch.from_numpy(table[features].to_numpy())
    return X, torch.from_numpy(table[[label]].to_numpy())


@wrong("`X` should hold float32, got torch.int64")
def whole_numbers(table, features, label):
    X = torch.tensor(table[features].to_numpy())
    X = X.float() if X.dtype == torch.float64 else X
    return X, torch.tensor(table[[label]].to_numpy(), dtype=torch.float32)


@wrong("`y` has shape (6,): it has lost an axis")
def flat_labels(table, features, label):
    X, y = by_tensor(table, features, label)
    return X, y.flatten()


@wrong("`X` should have shape (6, 3), got (3, 6)")
def transposed(table, features, label):
    X, y = by_tensor(table, features, label)
    return X.T, y


@wrong("`y` should have shape (6, 1), got (1, 6)")
def lying_labels(table, features, label):
    X, y = by_tensor(table, features, label)
    return X, y.T


@wrong("`X` has the shape and the dtype, but holds other numbers")
def exchanged_columns(table, features, label):
    return by_tensor(table, features[::-1], label)


@wrong("`y` has the shape and the dtype, but holds other numbers")
def another_label(table, features, label):
    return by_tensor(table, features, label)[0], by_tensor(table, features, "rooms")[1]


@wrong("Adding 1 to `y` in place changed the table")
def shares_memory(table, features, label):
    X, _ = by_tensor(table, features, label)
    column = table[label].to_numpy().view()
    column.flags.writeable = True
    return X, torch.from_numpy(column).float().reshape(-1, 1)


@wrong("changed the table")
def drops_the_label(table, features, label):
    answer = by_tensor(table, features, label)
    table.drop(columns=[label], inplace=True)
    return answer


@wrong("changed the table")
def writes_into_the_table(table, features, label):
    table[label] = table[label] + 1
    return by_tensor(table, features, label)


@wrong("changed the list `features`")
def appends_a_name(table, features, label):
    answer = by_tensor(table, features, label)
    features.append(label)
    return answer


@wrong("Return a pair of two tensors, X and then y")
def a_dictionary(table, features, label):
    return dict(zip("Xy", by_tensor(table, features, label), strict=True))


@wrong("Return a pair of two tensors, X and then y")
def three_tensors(table, features, label):
    X, y = by_tensor(table, features, label)
    return X, y, y


@wrong("Adding 1 to `X` in place changed the table")
def shares_a_feature(table, features, label):
    X, y = by_tensor(table, features, label)
    if len(features) == 1:
        column = table[features[0]].to_numpy().view()
        column.flags.writeable = True
        X = torch.from_numpy(column).float().reshape(-1, 1)
    return X, y


@wrong("Return a pair of two tensors, X and then y")
def one_tensor(table, features, label):
    return by_tensor(table, [*features, label], label)[0]


@wrong("`y` should be a tensor, got Series")
def a_column(table, features, label):
    return by_tensor(table, features, label)[0], table[label]
