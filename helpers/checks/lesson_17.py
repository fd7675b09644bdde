"""Checkers of lesson 17: speed. None looks at the clock: they count what is called and written."""

import math

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_tensor,
    unchanged,
)

# name -> the milliseconds wanted, and those that a known mistake gives
THREE_TIMES = {
    "least_ms": (
        10.0,
        {
            5.0: "that is the time of the arithmetic; memory takes longer.",
            20.0: "that reads `X` twice, or takes 8 bytes for each number; `float32` has 4.",
            15.0: "memory and arithmetic can work at the same time: the longer one counts.",
            2.5: "that has one byte for each number; `float32` has 4.",
        },
    ),
    "formula_ms": (
        20.0,
        {
            10.0: "that is the time of reading `X` once.",
            40.0: "that takes 8 bytes for each number; `float32` has 4.",
            25.0: "memory and arithmetic can work at the same time: the longer one counts.",
            5.0: "that is the time of the arithmetic; memory takes longer.",
        },
    ),
    "calls_ms": (
        100.0,
        {
            20.0: "that is one call for each batch; there are five.",
            0.01: "that is the price of one batch; how many batches are there?",
            10_000.0: "that is five calls for each row; there are five for each batch.",
        },
    ),
}


@exercise("17.1", "Bytes, operations and calls are counted on paper; only prices are measured.")
def three_times(least_ms, formula_ms, calls_ms):
    """The least time, that of two readings and that of the calls, in milliseconds."""
    given = {"least_ms": least_ms, "formula_ms": formula_ms, "calls_ms": calls_ms}
    given = {name: expect_number(name, value) for name, value in given.items()}
    for name, value in given.items():
        wanted, mistakes = THREE_TIMES[name]
        if close(value, wanted, rtol=1e-3):
            continue
        for mistaken, sentence in mistakes.items():
            if close(value, mistaken, rtol=1e-3):
                raise Mistake(f"`{name}`: {sentence}")
        if close(value, wanted / 1e3, 1e-3) or close(value, wanted * 1e3, 1e-3):
            raise Mistake(f"`{name}`: the digits are right, the unit is not: give milliseconds.")
        raise Mistake(
            f"`{name}` is not {value:g}: count bytes, operations and calls, and divide by what "
            "the machine does in a second."
        )


class Work(TorchDispatchMode):
    """Counts torch's operations in a block and the numbers that they write; views write none.

    Attributes:
        calls: the number of operations.
        largest: the largest number of numbers that one of them writes.
        in_lines: the numbers written in tensors that are one line, as predictions are. Row
            numbers do not count.
    """

    def __init__(self):
        super().__init__()
        self.calls, self.largest, self.in_lines = 0, 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func.namespace != "aten":
            return result
        self.calls += 1
        for part in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(part, torch.Tensor) and not self.is_view(func):
                self.largest = max(self.largest, part.numel())
                if part.is_floating_point() and part.numel() == max(part.shape, default=1):
                    self.in_lines += part.numel()
        return result

    @staticmethod
    def is_view(func):
        """Whether the results share memory that the operation has not written."""
        shared = any(value.alias_info is not None for value in func._schema.returns)
        return shared and not func._schema.is_mutable


class Leaves(TorchFunctionMode):
    """Notes by which method numbers leave torch in a block, for a list or for numpy."""

    def __init__(self, allowed=()):
        super().__init__()
        self.ways = {"tolist", "numpy", "__array__", "item"} - set(allowed)
        self.by = None

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in self.ways:
            self.by = name
        return func(*args, **(kwargs or {}))

    def refuse(self):
        """Raise a `Mistake` if numbers have left torch in the block."""
        if self.by:
            raise Mistake(f"`{self.by}` takes numbers out of torch: stay in it.")


def square_lengths(X, y, w):
    """The squared lengths (n,) of the examples' gradients."""
    return (X * (X @ w - y)).square().sum(1)


def problem(n, d, dtype=torch.float64):
    """Random X (n, d), y (n, 1), w (d, 1)."""
    return [torch.randn(shape, dtype=dtype) for shape in ((n, d), (n, 1), (d, 1))]


LENGTH_MISTAKES = (
    (lambda squares, X: squares.sum(), "That is the sum over the examples: take the mean."),
    (lambda squares, X: squares.sqrt().mean(), "That is the mean length; its square is wanted."),
    (lambda squares, X: squares.mean() * 4, "That is four times too much: the loss has a half."),
    (lambda squares, X: squares.mean() / X.shape[1], "That is a mean over the weights, too."),
)


@exercise("17.2", "A few calls serve all examples: the loop is gone.")
def mean_square_length(function):
    """`function(X, y, w)`: the mean of r² |x|², in at most 40 calls, all in torch."""
    cases = []
    for n, d in ((1, 2), (7, 3), (60, 2), (9, 1)):
        X, y, w = problem(n, d, torch.float32 if n == 7 else torch.float64)
        with unchanged(X=X, y=y, w=w):
            answer = function(X, y, w)
        expect_tensor("mean_square_length(X, y, w)", answer, (), X.dtype, graph=False)
        cases.append((X, square_lengths(X, y, w), answer))
    right = all(close(answer, squares.mean()) for X, squares, answer in cases)
    for mistaken, sentence in () if right else LENGTH_MISTAKES:
        if all(close(answer, mistaken(squares, X)) for X, squares, answer in cases):
            raise Mistake(sentence)
    for X, squares, answer in cases:
        if not close(answer, squares.mean()):
            raise Mistake(
                f"On {len(X)} examples with {X.shape[1]} features the answer should be "
                f"{squares.mean().item():.5g}, yours is {answer.item():.5g}."
            )
    many = problem(600, 4)
    with Leaves() as leaves, Work() as work:
        function(*many)
    leaves.refuse()
    if work.calls > 40:
        raise Mistake(f"On 600 examples it makes {work.calls} calls of torch, 40 at most.")
    if work.largest > 600 * 4:
        raise Mistake(
            f"On 600 examples with 4 features a tensor on the way holds {work.largest} numbers, "
            f"{600 * 4} at most."
        )


class Watched(torch.nn.Module):
    """A linear model that notes how many rows it was given each time."""

    def __init__(self, d, dtype):
        super().__init__()
        self.linear = torch.nn.Linear(d, 1, dtype=dtype)
        self.rows = []

    def forward(self, X):
        self.rows.append(len(X))
        return self.linear(X)


@exercise("17.3", "Each prediction is copied once or twice, however many batches there are.")
def predict(function):
    """`function(model, X, batch_size)`: model(X) in batches, no graph, few copies."""
    sizes = ((12, 4), (10, 3), (1, 5), (5, 1), (400, 10))
    for number, (n, batch_size) in enumerate(sizes):
        dtype = torch.float32 if number == 1 else torch.float64
        model, X = Watched(3, dtype), torch.randn(n, 3, dtype=dtype)
        wanted = model.linear(X).detach()
        kept = unchanged(X=X, parameters=list(model.parameters()))
        # A `DataLoader` takes a seed by `item`.
        with kept, Leaves(allowed=["item"]) as leaves, Work() as work:
            answer = function(model, X, batch_size)
        case = f"With {n} rows in batches of {batch_size}"
        expect_tensor("predict(...)", answer, (n, 1), dtype, graph=False)
        if max(model.rows, default=0) > batch_size:
            raise Mistake(f"{case} the model was given {max(model.rows)} rows at once.")
        if not close(answer, wanted):
            raise Mistake(f"{case} the predictions are not those of the model, in their order.")
        if sum(model.rows) != n:
            raise Mistake(f"{case} {sum(model.rows)} rows went through the model.")
        leaves.refuse()
    # The model writes each once, a result prepared with zeros once more, and two copies are free.
    if work.in_lines > 4 * n:
        raise Mistake(
            f"{case} torch writes {work.in_lines} numbers: each prediction is copied more than "
            "twice. What does `cat` copy in each turn of the loop?"
        )


def smallest_size(c, p, share, over=lambda c, p, s: c * (1 - s) / (s * p)):
    """The smallest whole number from `over` on, at least 1."""
    return max(1, math.ceil(over(c, p, share)))


SIZE_MISTAKES = (
    (lambda c, p, s: c / (s * p), "That is where c is the share of p B alone, not of c + p B."),
    (lambda c, p, s: c * s / ((1 - s) * p), "There p B, not c, has this share of the time."),
    (lambda c, p, s: c / p, "That is c / p, where both parts are equal, whatever the share."),
)


@exercise("17.4", "A regression on a few times tells which batch is worth its call.")
def batch_size_for(function):
    """`function(sizes, times, share)`: the least B with c <= share (c + p B), an int."""
    cases = []
    for sizes, c, p, share in (
        ([1, 1000], 8e-6, 4e-8, 0.3),
        ([10_000, 1, 100, 10], 2.2e-5, 3e-8, 0.05),
        ([3, 5, 4], 0.7, 0.4, 0.5),
        ([64, 32], 1e-3, 2e-3, 0.9),
        ([500, 20, 7], 5e-3, 9e-6, 0.017),
    ):
        times = [c + p * size for size in sizes]
        with unchanged(sizes=sizes, times=times):
            answer = expect_int("batch_size_for(...)", function(sizes, times, share))
        cases.append((c, p, share, answer))
    if all(answer == smallest_size(*prices) for *prices, answer in cases):
        return
    for over, sentence in SIZE_MISTAKES:
        if all(answer == smallest_size(*prices, over) for *prices, answer in cases):
            raise Mistake(sentence)
    for c, p, share, answer in cases:
        wanted = smallest_size(c, p, share)
        if answer != wanted:
            raise Mistake(
                f"With c = {c:g} s, p = {p:g} s and the share {share:g} the batch size should be "
                f"{wanted}, yours is {answer}."
            )
