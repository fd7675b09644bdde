"""The house data are the published ones, each column what its name says."""

import pytest
import torch

from helpers import data

# Smallest, mean and largest value of each column, as the data set's own description gives them.
PUBLISHED = {
    "lot size (square feet)": (1000.0, 9019.864, 92681.0),
    "living area (square feet)": (1171.0, 2013.693, 3880.0),
    "bedrooms": (2.0, 3.568, 7.0),
    "price (thousands of dollars)": (111.0, 293.546, 725.0),
}


def test_each_column_is_what_its_name_says():
    houses = data.house_prices()
    assert [*houses.names, houses.y_name] == list(PUBLISHED)
    columns = torch.cat([houses.X, houses.y], 1).T
    for column, (low, mean, high) in zip(columns, PUBLISHED.values(), strict=True):
        assert (column.min().item(), column.max().item()) == (low, high)
        assert column.mean().item() == pytest.approx(mean, abs=5e-4)


def test_rows_belong_together():
    """The first house, and the one with the giant lot: features and price of one sale each."""
    X, y, *_ = data.house_prices()
    assert [*X[0].tolist(), y[0].item()] == [6126, 2438, 4, 300]
    assert [*X[76].tolist(), y[76].item()] == [92681, 1696, 4, 318]


def test_shapes_and_types():
    X, y, names, _ = data.house_prices()
    assert (X.shape, y.shape) == ((88, 3), (88, 1))
    assert X.dtype == y.dtype == torch.float64
    assert isinstance(names, tuple)


def test_each_call_gives_data_of_its_own():
    X, y, *_ = data.house_prices()
    X.zero_()
    y.zero_()
    assert data.house_prices().X.min() > 0
    assert data.house_prices().y.min() > 0
