"""What the exercises' checkers have in common: one module a lesson holds the checkers themselves.

A checker is a function decorated with `exercise`. It takes the learner's answer, returns when the
answer is right, and raises `Mistake` with a sentence that names what is wrong. The decorator prints
exactly one verdict and never lets an exception out, so that the notebook goes on.
"""

import functools
import textwrap
import traceback
from pathlib import Path

import torch

HERE = Path(__file__).parent


class Mistake(Exception):
    """A wrong answer; the message tells the learner which mistake it is."""


def exercise(number, confirmation):
    """Make a checker of a function that raises `Mistake` on a wrong answer.

    Args:
        number: the exercise as the lesson counts it, for instance "3.1".
        confirmation: the sentence that a right answer is rewarded with: what it shows.

    Returns:
        A decorator. The checker it makes prints one verdict and returns None. An answer that is
        still `...`, or a function that still raises NotImplementedError, is told that it waits.
    """

    def decorate(check):
        @functools.wraps(check)
        def checker(*answers):
            if any(answer is ... for answer in answers):
                say(f"Exercise {number} waits for your answer.")
                return
            try:
                # What the learner's code does to the global generator must not leak out of here.
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(0)
                    check(*answers)
            except NotImplementedError:
                say(f"Exercise {number} waits for your answer.")
            except Mistake as mistake:
                say(f"Exercise {number}: not yet. {mistake}")
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                say(f"Exercise {number}: not yet. {describe(error)}")
            else:
                say(f"Exercise {number}: right. {confirmation}")

        return checker

    return decorate


def say(verdict):
    """Print a verdict in lines of at most 79 characters, so that no page cuts it."""
    print(textwrap.fill(verdict, width=79, break_long_words=False, break_on_hyphens=False))


def describe(error):
    """One line about an exception from the learner's code: its type, message and line.

    Args:
        error: the exception, as caught.

    Returns:
        A sentence with the deepest line of the traceback that is the learner's own.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if not Path(frame.filename).is_relative_to(HERE) and "site-packages" not in frame.filename
    ]
    message = " ".join(str(error).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if not own:
        return f"Your answer could not be used: {what}"
    line = f"line {own[-1].lineno}" + (f", `{own[-1].line}`" if own[-1].line else "")
    return f"Your code stopped at {line}, with {what}"


def expect_number(name, value):
    """Return the learner's `value` as a float.

    Raises:
        Mistake: it is not one finite number.
    """
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Mistake(f"`{name}` should be a number, got {type(value).__name__}.")
    if value != value or value in (float("inf"), float("-inf")):
        raise Mistake(f"`{name}` should be finite, got {value}.")
    return float(value)


def expect_tensor(name, value, shape):
    """Check that the learner's `value` is a finite tensor of the given shape.

    Raises:
        Mistake: it is None, another type, another shape, or holds NaN or infinity.
    """
    if value is None:
        raise Mistake(f"`{name}` is None: is a `return` missing?")
    if not isinstance(value, torch.Tensor):
        raise Mistake(f"`{name}` should be a tensor, got {type(value).__name__}.")
    if tuple(value.shape) != tuple(shape):
        raise Mistake(f"`{name}` should have shape {tuple(shape)}, got {tuple(value.shape)}.")
    if not torch.isfinite(value).all():
        raise Mistake(f"`{name}` holds NaN or infinity.")


def expect_pair(names, pair, d):
    """Return the learner's pair of a column (d, 1) and a bias (1,), given an axis if it has none.

    Raises:
        Mistake: it is None, not a pair, or one of the two is no such tensor.
    """
    if pair is None:
        raise Mistake("The function returned None: is a `return` missing?")
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Mistake(f"Return two tensors: {names[0]}, then {names[1]}.")
    column, bias = pair
    expect_tensor(names[0], column, (d, 1))
    if isinstance(bias, torch.Tensor) and bias.ndim == 0:
        bias = bias.reshape(1)
    expect_tensor(names[1], bias, (1,))
    return column, bias


def close(a, b, rtol=1e-4, atol=1e-6):
    """Whether two tensors or numbers agree far beyond any mistake and well within rounding."""
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=rtol, atol=atol))
