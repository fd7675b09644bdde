"""Lesson 11's functions and pictures."""

import pytest
import torch
from machinery import reading

from helpers.pictures import lesson_11 as pictures

lesson = reading.definitions(
    reading.ROOT / "notebooks" / "11_unseen_houses.ipynb", "standard_error", "rms_error"
)


def test_standard_error_of_a_mean():
    y = torch.tensor([[1.0], [2.0], [6.0]], dtype=torch.float64)
    ones = torch.ones_like(y)
    error = lesson.standard_error(ones, y, ones[:1])
    assert error.item() == pytest.approx((7 * (1 + 1 / 3)) ** 0.5)


def test_pictures_refuse_by_name():
    with pytest.raises((TypeError, ValueError), match="unseen"):
        pictures.split_errors({"a": torch.ones(3)}, torch.ones(3))
    with pytest.raises((TypeError, ValueError), match="promised"):
        pictures.coverage({"a": torch.ones(20)}, {"a": torch.ones(20) > 0}, 2)
