"""Checks of arguments: each returns what a picture needs, or names the argument that is wrong.

A check raises TypeError for a value of the wrong kind and ValueError for one of the right kind
that cannot be used. Its message names the argument, what was expected and what came. Whatever
holds numbers comes back as a float64 tensor of its own, detached from any graph; a tensor, a numpy
array, a table's column and nested lists are equally welcome. Complex and boolean values are
refused: Matplotlib would drop the imaginary part, and a truth is no measurement.
"""

import math
import numbers
import operator
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def require_figure(fig):
    """Return `fig`; raise unless it is a Matplotlib figure with at least one axes."""
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be a Matplotlib figure, got {_kind(fig)}")
    if not fig.axes:
        raise ValueError("fig has no axes: draw something before it is shown")
    return fig


def require_axes(ax, name="ax"):
    """Return `ax`; raise TypeError unless it is one Matplotlib axes."""
    if not isinstance(ax, Axes):
        raise TypeError(f"{name} must be a Matplotlib axes, got {_kind(ax)}")
    return ax


def require_text(name, value):
    """Return `value`; raise unless it is a string that shows something."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {_kind(value)}")
    if not value.strip():
        raise ValueError(f"{name} must be a text that says something, got {value!r}")
    return value


def require_texts(name, values, count=None):
    """Return `values` as a list of texts; raise unless it is one, of `count` texts if given."""
    if isinstance(values, str) or not isinstance(values, (list, tuple)):
        raise TypeError(f"{name} must be a list or tuple of texts, got {_kind(values)}")
    if count is not None and len(values) != count:
        raise ValueError(f"{name} must hold {count} texts, got {len(values)}")
    return [require_text(f"{name}[{k}]", value) for k, value in enumerate(values)]


def require_mapping(name, value, low=1, high=None):
    """Return `value` as a dict; raise unless it maps `low` to `high` texts to something."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dictionary with texts as keys, got {_kind(value)}")
    for key in value:
        require_text(f"each key of {name}", key)
    _require_range(f"the number of entries of {name}", len(value), low, high)
    return dict(value)


def require_flag(name, value):
    """Return `value`; raise TypeError unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {_kind(value)}")
    return value


def require_number(name, value, low=None, high=None, above=None):
    """Return `value` as a float; raise unless it is one finite real number.

    Args:
        name: the argument's name, for the message.
        value: a number, or a tensor or array that holds exactly one.
        low, high: the ends of what is allowed, both included; None for no end.
        above: what the number must be greater than; None for nothing.
    """
    if isinstance(value, (torch.Tensor, np.ndarray)):
        array = _float64(name, value, "one number")
        if array.numel() != 1:
            raise ValueError(f"{name} must be one number, got shape {tuple(array.shape)}")
        value = array.item()
    elif isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a real number, got {_kind(value)}")
    try:
        value = float(value)
    except OverflowError:  # an integer or a fraction beyond the largest float
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    if above is not None and not value > above:
        raise ValueError(f"{name} must be greater than {above}, got {value}")
    _require_range(name, value, low, high)
    return value


def require_count(name, value, low=1, high=None):
    """Return `value` as an int; raise unless it is a whole number from `low` to `high`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole:
        raise TypeError(f"{name} must be a whole number, got {_kind(value)}")
    _require_range(name, value, low, high)
    return operator.index(value)


def require_span(name, pair):
    """Return `pair` as two floats; raise unless it is (low, high), finite, with low < high."""
    ends = _float64(name, pair, "a pair (low, high)")
    if ends.ndim == 0:
        raise TypeError(f"{name} must be a pair (low, high), got {_kind(pair)}")
    if ends.shape != (2,):
        raise ValueError(f"{name} must be a pair (low, high), got shape {tuple(ends.shape)}")
    low, high = ends.tolist()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name} must be finite, got ({low}, {high})")
    if not low < high:
        raise ValueError(f"{name} must be a pair (low, high) with low < high, got ({low}, {high})")
    return low, high


def require_array(name, values, shape):
    """Return `values` as a float64 tensor; raise unless it is finite, not empty and of the shape.

    Args:
        name: the argument's name, for the message.
        values: a tensor, an array or nested lists of real numbers.
        shape: a tuple with a size or a letter for each dimension; a letter admits any size.
    """
    wanted = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
    array = _float64(name, values, f"numbers of shape {wanted}")
    fits = array.ndim == len(shape) and all(
        isinstance(size, str) or size == here for size, here in zip(shape, array.shape, strict=True)
    )
    if not fits or array.numel() == 0:
        raise ValueError(f"{name} must have shape {wanted}, got {tuple(array.shape)}")
    if not torch.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return array


def require_points(name, points, columns):
    """Return `points` as a float64 tensor (m, columns); raise unless it is one, and finite."""
    return require_array(name, points, ("m", columns))


def require_point(name, point, count):
    """Return `point` as a float64 tensor (count,); raise unless it holds so many finite numbers.

    A row or a column, (1, count) or (count, 1), is as good.
    """
    array = _float64(name, point, f"{count} numbers")
    if array.numel() != count:
        raise ValueError(f"{name} must hold {count} numbers, got shape {tuple(array.shape)}")
    return require_array(name, array.reshape(count), (count,))


def require_curve(name, values, length=None, positive=False):
    """Return `values` as a float64 tensor (m,); raise unless it is one, and finite.

    Args:
        name: the argument's name, for the message.
        values: one number for each place on the horizontal axis.
        length: how many there must be; None for any number from one on.
        positive: refuse zeros and negative numbers, which a logarithmic axis leaves out.
    """
    values = require_array(name, values, ("m" if length is None else length,))
    if positive and not (values > 0).all():
        low = values.min().item()
        raise ValueError(f"{name} must be positive for a logarithmic axis, got {low:g}")
    return values


def require_data(X, y, names=("X", "y"), features=None):
    """Return X (n, d) and y (n, 1) in float64; raise unless they are data that belong together.

    Args:
        X: features, a floating-point tensor (n, d).
        y: labels, a floating-point tensor (n, 1).
        names: the two arguments' names, for the message.
        features: the d that is needed; None for any.
    """
    shapes = (("n", "d" if features is None else features), ("n", 1))
    found = []
    for name, value, shape in zip(names, (X, y), shapes, strict=True):
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{name} must be a tensor, got {_kind(value)}")
        if not value.dtype.is_floating_point:
            raise TypeError(f"{name} must be a floating-point tensor, got {value.dtype}")
        found.append(require_array(name, value, shape))
    if len(found[0]) != len(found[1]):
        (first, second), n = names, len(found[0])
        shape = tuple(found[1].shape)
        raise ValueError(f"{second} must have shape ({n}, 1) like {first}, got {shape}")
    return tuple(found)


def _kind(value):
    """What a value is, in a word for a message."""
    return type(value).__name__


def _require_range(name, value, low, high):
    """Raise ValueError unless low <= value <= high, where None is no end."""
    if (low is not None and value < low) or (high is not None and value > high):
        expected = f"at least {low}" if high is None else f"at most {high}"
        if low is not None and high is not None:
            expected = f"from {low} to {high}"
        raise ValueError(f"{name} must be {expected}, got {value}")


def _float64(name, values, expected):
    """Return real numbers as a new float64 tensor on the CPU; raise TypeError for anything else."""
    if isinstance(values, torch.Tensor):
        dtype = values.dtype
        if dtype.is_complex or dtype == torch.bool:
            raise TypeError(f"{name} must be {expected}, real, got a tensor of {dtype}")
        if values.layout is not torch.strided or values.is_meta or values.is_quantized:
            raise TypeError(f"{name} must be {expected}, got a tensor that holds no plain numbers")
        return values.detach().to("cpu", torch.float64, copy=True)
    try:
        array = np.asarray(_plain(values))
    except Exception as error:  # whatever a foreign type does when it is asked for its numbers
        raise TypeError(f"{name} must be {expected}, got {_kind(values)}: {error}") from error
    kind = array.dtype.kind
    if kind not in "iuf":  # whole numbers, with a sign or without, and floating-point numbers
        what = _kind(values) if kind == "O" else f"{_kind(values)} of {array.dtype}"
        raise TypeError(f"{name} must be {expected}, real, got {what}")
    return torch.from_numpy(array.astype(np.float64))


def _plain(values):
    """Nested lists with the tensors in them as plain numbers; anything else as it is."""
    if isinstance(values, torch.Tensor):
        return values.detach().tolist()
    return [_plain(value) for value in values] if isinstance(values, (list, tuple)) else values
