"""What checkers ask of an answer: numbers, tensors, pairs, bounded many items, untouched inputs."""

import contextlib
import itertools
import math
import numbers

import numpy as np
import torch

from helpers.checks.guard import Mistake


def expect_number(name, value, tensor=True):
    """Return the learner's `value` as a float.

    Args:
        name: what the text calls it.
        value: an int, a float, a number of numpy, a Fraction.
        tensor: whether a tensor with one element is a number, too.

    Raises:
        Mistake: it is not one finite real number.
    """
    if isinstance(value, torch.Tensor):
        if not tensor:
            raise Mistake(f"`{name}` should be a number, got a tensor: `.item()` makes one of it.")
        if value.numel() != 1:
            raise Mistake(f"`{name}` should be a number, got a tensor {tuple(value.shape)}.")
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Mistake(f"`{name}` should be a number, got {type(value).__name__}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Mistake(f"`{name}` should be finite, got {number}.")
    return number


def expect_whole(name, value, tensor=True):
    """Return the learner's `value`, a whole number up to rounding errors, as an int.

    Raises:
        Mistake: it is no number, or none that is whole.
    """
    number = expect_number(name, value, tensor)
    if abs(number - round(number)) > 1e-9 * max(1, abs(number)):
        raise Mistake(f"`{name}` should be a whole number, got {number:g}.")
    return round(number)


def expect_int(name, value):
    """Return the learner's `value` as an int, where the text asks for one: 3.0 is none.

    Raises:
        Mistake: it is no int (of Python or numpy).
    """
    if isinstance(value, torch.Tensor):
        raise Mistake(f"`{name}` should be an int, got a tensor: `.item()` makes a number of it.")
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise Mistake(f"`{name}` should be an int, got {type(value).__name__}.")
    return int(value)


def expect_tensor(name, value, shape, dtype=None, graph=None):
    """Check that the learner's `value` is a finite tensor of the given shape, and return it.

    Args:
        name: what the text calls it.
        value: the learner's value.
        shape: the shape wanted, exactly.
        dtype: the dtype wanted; None takes every real floating one.
        graph: whether gradients must flow through it (True), or must not (False).

    Raises:
        Mistake: it is None, another type, another shape or dtype, or holds NaN or infinity.
    """
    if value is None:
        raise Mistake(f"`{name}` is None: is a `return` missing?")
    if not isinstance(value, torch.Tensor):
        raise Mistake(f"`{name}` should be a tensor, got {type(value).__name__}.")
    if tuple(value.shape) != tuple(shape):
        raise Mistake(f"`{name}` should have shape {tuple(shape)}, got {tuple(value.shape)}.")
    if not (value.is_floating_point() if dtype is None else value.dtype == dtype):
        wanted = "real floating numbers" if dtype is None else dtype
        raise Mistake(f"`{name}` should hold {wanted}, got {value.dtype}.")
    if not torch.isfinite(value).all():
        raise Mistake(f"`{name}` holds NaN or infinity.")
    if graph is True and not value.requires_grad:
        raise Mistake(f"No gradient flows through `{name}`: it has left the graph.")
    if graph is False and value.requires_grad:
        raise Mistake(f"`{name}` still carries its graph: `.detach()` gives the values alone.")
    return value


def expect_pair(names, pair, d, dtype=None, graph=None):
    """Return the learner's pair of a column (d, 1) and a bias (1,); the rest as `expect_tensor`.

    Raises:
        Mistake: it is None, not a pair, or one of the two is no such tensor.
    """
    if pair is None:
        raise Mistake("The function returned None: is a `return` missing?")
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Mistake(f"Return two tensors: {names[0]}, then {names[1]}.")
    column = expect_tensor(names[0], pair[0], (d, 1), dtype, graph)
    return column, expect_tensor(names[1], pair[1], (1,), dtype, graph)


def close(a, b, rtol=1e-4, atol=1e-6):
    """Whether two tensors or numbers agree far beyond any mistake and well within rounding.

    Shapes must be equal, and kinds: complex, bool, integer, floating (among which are whole numbers
    that are in no tensor). NaN and infinity are close to nothing.
    """
    a, b = as_tensor(a), as_tensor(b)
    if kind(a) != kind(b) or a.shape != b.shape:
        return False
    wide = torch.complex128 if a.is_complex() else torch.float64
    a, b = a.detach().to(wide), b.detach().to(wide)
    finite = torch.isfinite(a).all() and torch.isfinite(b).all()
    return bool(finite) and torch.allclose(a, b, rtol=rtol, atol=atol)


def as_tensor(value):
    """A tensor as it is; other numbers in double precision, whole ones as floating ones."""
    if isinstance(value, torch.Tensor):
        return value
    value = torch.as_tensor(np.asarray(value))
    return value.double() if kind(value) == "integer" else value


def kind(values):
    """The kind of number that a tensor holds, in one word."""
    if values.is_complex():
        return "complex"
    if values.dtype == torch.bool:
        return "bool"
    return "floating" if values.is_floating_point() else "integer"


def listed(values, most=4):
    """The first `most` entries of a tensor to four digits, in brackets, for a message."""
    entries = [f"{value:.4g}" for value in values.detach().flatten().tolist()]
    return "[" + ", ".join(entries[:most] + ["..."] * (len(entries) > most)) + "]"


def take(items, most, name="the result"):
    """Return a list of what a loop over `items` gives; for what may have no end.

    Raises:
        Mistake: no loop over it is possible, or there are more than `most`.
    """
    try:
        items = iter(items)
    except TypeError:
        raise Mistake(f"No loop over {name} is possible: it is {type(items).__name__}.") from None
    taken = list(itertools.islice(items, most + 1))
    if len(taken) > most:
        raise Mistake(f"A loop over {name} gives more than {most} items: does it end?")
    return taken


@contextlib.contextmanager
def unchanged(**given):
    """A block that must leave tensors as they are: `with unchanged(X=X, y=y): answer = f(X, y)`.

    Args:
        given: the arguments by the names that the text gives them; tensors, lists and dicts of
            them, or values that `==` compares.

    Raises:
        Mistake: values, shape, dtype or requires_grad of one are no longer what they were.
    """
    before = {name: snapshot(value) for name, value in given.items()}
    yield
    for name, value in given.items():
        if not same(before[name], snapshot(value)):
            raise Mistake(f"Your code changed `{name}`: what it is given must stay as it is.")


def snapshot(value):
    """A copy with which `same` compares: of a tensor its values (detached) and what it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone(), value.requires_grad
    if isinstance(value, dict):
        value = list(value.items())
    return [snapshot(v) for v in value] if isinstance(value, (list, tuple)) else value


def same(a, b):
    """Whether two snapshots agree in everything; NaN agrees with NaN."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        alike = (a.shape, a.dtype) == (b.shape, b.dtype)
        return alike and bool(((a == b) | (a.isnan() & b.isnan())).all())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b
