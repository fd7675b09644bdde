"""Answers to the exercises of lesson 13."""

import dataclasses
import sys
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "three_paths": [
        (14, 28, 48, 96),
        (14.0, np.float64(28), torch.tensor(48.0), Fraction(96)),
    ],
    "divide": [],
    "walk": [],
    "order": [],
    "dual": [],
}
WRONG = {
    "three_paths": [
        ((8, 28, 48, 96), "s leads to t as well"),
        ((6, 28, 48, 96), "s is a factor of L itself"),
        ((13, 28, 48, 96), "`slope_s` is not 13"),
        ((14, 14, 48, 96), "the local slope of s = ab in b comes on top"),
        ((14, 42, 48, 96), "in b is the other factor, a"),
        ((14, 16, 48, 96), "the path from s through t is missing"),
        ((14, 12, 48, 96), "the path from s straight to L is missing"),
        ((14, 28, 42, 84), "the path from a straight to t is missing"),
        ((14, 28, 6, 12), "the paths from a through s are missing"),
        ((14, 28, 30, 60), "through s and then t is missing"),
        ((14, 28, 24, 48), "there are three"),
        ((14, 28, 34, 68), "in a is the other factor, b"),
        ((14, 28, 48, 48), "the second walk adds"),
        ((14, 28, 48, 144), "`a_grad_after_two` is not 144"),
        ((14, 28, "48", 96), "`slope_a` should be a number"),
    ],
    "divide": [],
    "walk": [],
    "order": [],
    "dual": [],
}


class Value:
    """The class of the lesson."""

    def __init__(self, data, *parents):
        self.data = torch.as_tensor(data)
        self.parents = parents
        self.grad = 0.0
        self.depth = 1 + max((p.depth for p, _ in parents), default=0)


def graph(end):
    """The function of the lesson."""
    found, waiting = {end}, [end]
    while waiting:
        new = {parent for parent, _ in waiting.pop().parents} - found
        found |= new
        waiting += new
    return sorted(found, key=lambda value: value.depth)


def right(name, *more):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f, *more)) or f


def wrong(name, fragment, *more):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f, *more), fragment)) or f


# Exercise 13.2


def quotient(part_a=lambda a, b, g: g / b, part_b=lambda a, b, g: -g * a / b**2, data=None):
    """A division with one of its parts turned to a mistake."""

    def divide(a, b):
        x, z = a.data, b.data
        result = x / z if data is None else data(x, z)
        return Value(result, (a, lambda g: part_a(x, z, g)), (b, lambda g: part_b(x, z, g)))

    return divide


RIGHT["divide"] += [(quotient(), Value)]


@right("divide", Value)
def divide_through_the_result(a, b):
    result = Value(a.data / b.data)
    result.parents = ((a, lambda g: g / b.data), (b, lambda g: -g * result.data / b.data))
    return result


@right("divide", Value)
def divide_by_reciprocal(a, b):
    one_over = Value(1 / b.data, (b, lambda g: -g / b.data**2))
    ways = (a, lambda g: g * one_over.data), (one_over, lambda g: g * a.data)
    return Value(a.data * one_over.data, *ways)


@right("divide", Value)
def divide_that_sums_itself(a, b):
    return Value(
        a.data / b.data,
        (b, lambda g: (-g * a.data / b.data**2).sum_to_size(b.data.shape)),
        (a, lambda g: (g / b.data).sum_to_size(a.data.shape)),
    )


WRONG["divide"] += [
    ((quotient(part_a=lambda a, b, g: g * b), Value), "is 1 / b, not b"),
    ((quotient(part_a=lambda a, b, g: g), Value), "the part of a is g alone"),
    ((quotient(part_a=lambda a, b, g: 1 / b), Value), "multiplied into the part of a"),
    (
        (quotient(lambda a, b, g: -g * a / b**2, lambda a, b, g: g / b), Value),
        "are they exchanged",
    ),
    ((quotient(part_a=lambda a, b, g: 2 * g / b), Value), "the slope in a is ["),
    ((quotient(part_b=lambda a, b, g: g * a / b**2), Value), "the wrong sign"),
    ((quotient(part_b=lambda a, b, g: -g * a / b), Value), "the lower b is squared"),
    ((quotient(part_b=lambda a, b, g: -g / b**2), Value), "the factor a is missing"),
    ((quotient(part_b=lambda a, b, g: -a / b**2), Value), "multiplied into the part of b"),
    ((quotient(part_b=lambda a, b, g: g / b), Value), "The part of b is that of a"),
    ((quotient(part_b=lambda a, b, g: -g * a / b**3), Value), "the slope in b is ["),
    ((quotient(data=lambda a, b: a * b), Value), "your data are"),
    ((quotient(data=lambda a, b: (a / b).float()), Value), "should hold torch.float64"),
    ((quotient(data=lambda a, b: (a / b).sum()), Value), "should have shape"),
    ((quotient(), "Value"), "the class `Value` of the lesson"),
    ((lambda a, b: Value(a.data / b.data, (a, lambda g: g / b.data)), Value), "back to b"),
    ((lambda a, b: Value(a.data / b.data), Value), "No way leads back to a"),
    ((lambda a, b: a.data / b.data, Value), "should be a Value, got Tensor"),
    ((lambda a, b: None, Value), "`return` missing"),
    (
        (quotient(part_b=lambda a, b, g: torch.ones(7, 7)), Value),
        "A way back returns the shape (7, 7) for a parent of shape",
    ),
    (
        (quotient(part_b=lambda a, b, g: (-g * a / b**2).mean()), Value),
        "the slope in b is [",
    ),
]


@wrong("divide", "changed `b.data`", Value)
def divide_in_place(a, b):
    b.data.reciprocal_()
    return Value(a.data * b.data, (a, lambda g: g * b.data), (b, lambda g: -g * a.data))


@wrong("divide", "changed `.grad` or `.parents`", Value)
def divide_that_fills_grad(a, b):
    a.grad = 1 / b.data
    return quotient()(a, b)


@wrong("divide", "a / a is 1 for every a", Value)
def divide_unless_equal(a, b):
    return a if a is b else quotient()(a, b)


# Exercise 13.3


@right("walk")
def walk_by_depth(end):
    slopes = {end: 1.0}
    for value in reversed(graph(end)):
        g = slopes.pop(value)
        if not value.parents:
            value.grad += g
        for parent, back in value.parents:
            slopes[parent] = slopes.get(parent, 0.0) + back(g)


@right("walk")
def walk_by_counting(end):
    users, waiting, seen = {}, [end], {end}
    while waiting:
        for parent, _ in waiting.pop().parents:
            users[parent] = users.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    slopes, ready = {end: torch.tensor(1.0)}, [end]
    while ready:
        value = ready.pop()
        g = slopes[value]
        for parent, back in value.parents:
            slopes[parent] = slopes.get(parent, 0.0) + back(g)
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)
        if len(value.parents) == 0:
            value.grad = value.grad + g


@right("walk")
def walk_that_clears_up(end):
    values = graph(end)
    end.grad = end.grad + 1.0
    for value in reversed(values):
        for parent, back in value.parents:
            parent.grad = parent.grad + back(value.grad)
    for value in values:
        if value.parents:
            value.grad = 0.0


@wrong("walk", "Both mistakes are still there")
def walk_of_the_exercise(end):
    end.grad = torch.tensor(1.0)
    waiting = [end]
    while waiting:
        value = waiting.pop(0)
        for parent, back in value.parents:
            if parent not in waiting:
                waiting.append(parent)
            parent.grad = parent.grad + back(value.grad)


@wrong("walk", "hands on before everything that it gets has arrived")
def walk_in_the_order_found(end):
    for value in graph(end):
        if value.parents:
            value.grad = 0.0
    end.grad = end.grad + 1.0
    waiting = [end]
    while waiting:
        value = waiting.pop(0)
        for parent, back in value.parents:
            if parent not in waiting:
                waiting.append(parent)
            parent.grad = parent.grad + back(value.grad)


@wrong("walk", "still hold the slopes of the walk before")
def walk_that_keeps(end):
    end.grad = (0.0 if end.parents else end.grad) + 1.0
    for value in reversed(graph(end)):
        for parent, back in value.parents:
            parent.grad = parent.grad + back(value.grad)


def walk_variant(paths=True, walks=True, start=1.0, leave=False, change=False):
    """The right walk with one of its parts turned to a mistake."""

    def walk(end):
        slopes = {end: start}
        for value in reversed(graph(end)):
            g = slopes.pop(value)
            if not value.parents:
                value.grad = value.grad + g if walks else g
            elif leave:
                value.grad = g
            for parent, back in value.parents:
                slopes[parent] = (slopes.get(parent, 0.0) if paths else 0.0) + back(g)
            if change:
                value.parents = ()

    return walk


WRONG["walk"] += [
    ((walk_variant(paths=False),), "only the last one counts: add them"),
    ((walk_variant(walks=False),), "The second walk replaces the first"),
    (
        (walk_variant(start=2.0),),
        "For the house of the lesson the leaves should hold [80, 40, -40]",
    ),
    ((walk_variant(leave=True),), "only leaves keep it"),
    ((walk_variant(change=True),), "changed data or parents of the graph"),
    ((lambda end: None,), "yours hold [0, 0, 0]"),
    ((lambda end: [1 for _ in end],), "not iterable"),
]


def walk_paths(value, g):
    """Hand g on along every path."""
    if not value.parents:
        value.grad = value.grad + g
    for parent, back in value.parents:
        walk_paths(parent, back(g))


WRONG["walk"] += [
    ((lambda end: walk_paths(end, 1.0),), "8 ways back are to be taken, once each; yours took 14")
]


@wrong("walk", "`w.grad` should be a number, got list")
def walk_with_lists(end):
    walk_by_depth(end)
    for value in graph(end):
        if not value.parents:
            value.grad = [value.grad]


# Exercise 13.4


@right("order")
def order_by_stack(end):
    done, result, stack = set(), [], [(end, False)]
    while stack:
        value, ready = stack.pop()
        if ready:
            result.append(value)
        elif value not in done:
            done.add(value)
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return result


@right("order")
def order_by_counting(end):
    """From the end back: a value is ready when all that use it are listed; then turned round."""
    users, seen, waiting = {}, {end}, [end]
    while waiting:
        for parent, _ in waiting.pop().parents:
            users[parent] = users.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    ready, result = [end], []
    while ready:
        value = ready.pop()
        result.append(value)
        for parent, _ in value.parents:
            users[parent] -= 1
            if not users[parent]:
                ready.append(parent)
    return result[::-1]


@right("order")
def order_with_more_recursion(end):
    sys.setrecursionlimit(20_000)
    return recursive(end)


@wrong("order", "RecursionError")
def recursive(end):
    result, seen = [], set()

    def visit(value):
        if value in seen:
            return
        seen.add(value)
        for parent, _ in value.parents:
            visit(parent)
        result.append(value)

    visit(end)
    return result


@wrong("order", "a value stands before one of its parents")
def order_as_found(end):
    found, k = [end], 0
    while k < len(found):
        found += [parent for parent in dict(found[k].parents) if parent not in found]
        k += 1
    return found[::-1]


@wrong("order", "is every path walked")
def order_of_every_path(end):
    result = []

    def visit(value):
        for parent, _ in value.parents:
            visit(parent)
        if value not in result:
            result.append(value)

    visit(end)
    return result


WRONG["order"] += [
    ((lambda end: order_by_stack(end)[::-1],), "the order is turned round"),
    ((lambda end: order_by_stack(end)[:-1],), "In one value alone: 1 of 1 values are missing"),
    ((lambda end: [*order_by_stack(end), 7],), "does not lead to the end"),
    ((lambda end: tuple(order_by_stack(end)),), "should be a list, got tuple"),
    ((lambda end: None,), "`return` missing"),
    ((lambda end: sorted(order_by_stack(end), key=lambda v: v.depth),), "no attribute 'depth'"),
    ((lambda end: order_by_stack(end) * 2,), "2 entries for 1 values"),
    ((lambda end: order_by_stack(end) + [end] * len(end.parents),), "5 entries for 3 values; each"),
]


# Exercise 13.5


def dual_variant(
    add=lambda a, s, b, t: s + t,
    sub=lambda a, s, b, t: s - t,
    mul=lambda a, s, b, t: s * b + a * t,
    product=lambda a, b: a * b,
    in_place=False,
):
    """A class Dual with one of its rules turned to a mistake."""

    class Dual:
        def __init__(self, data, slope):
            self.data, self.slope = data, slope

        def made(self, other, data, rule):
            slope = rule(self.data, self.slope, other.data, other.slope)
            if in_place:
                self.data, self.slope = data, slope
                return self
            return Dual(data, slope)

        def __add__(self, other):
            return self.made(other, self.data + other.data, add)

        def __sub__(self, other):
            return self.made(other, self.data - other.data, sub)

        def __mul__(self, other):
            return self.made(other, product(self.data, other.data), mul)

    return Dual


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Another right one, which cannot change its operands."""

    data: float
    slope: float

    def __add__(self, other):
        return Frozen(self.data + other.data, self.slope + other.slope)

    def __sub__(self, other):
        return self + Frozen(-1, 0) * other

    def __mul__(self, other):
        return Frozen(self.data * other.data, other.data * self.slope + other.slope * self.data)


RIGHT["dual"] += [(dual_variant(),), (Frozen,)]


class Turned:
    """The two attributes exchanged."""

    def __init__(self, data, slope):
        self.data, self.slope = slope, data


class Silent(Frozen):
    """A sum that returns nothing."""

    def __add__(self, other):
        pass


class Plain(Frozen):
    """A sum that is no Dual."""

    def __add__(self, other):
        return self.data + other.data


class Nameless:
    """Without the attributes that the text names."""

    def __init__(self, data, slope):
        self.value = data


class Forgetful(dual_variant()):
    """A product that forgets the slope when both factors have one and the first is a product."""

    def __mul__(self, other):
        result = super().__mul__(other)
        return type(self)(result.data, 0.0 if self is other else result.slope)

    def __add__(self, other):
        return type(self)(self.data + other.data, self.slope + other.slope)

    def __sub__(self, other):
        return type(self)(self.data - other.data, self.slope - other.slope)


WRONG["dual"] += [
    ((dual_variant(mul=lambda a, s, b, t: s * t),), "not the product of the slopes"),
    ((dual_variant(mul=lambda a, s, b, t: s * b),), "the path through the second is missing"),
    ((dual_variant(mul=lambda a, s, b, t: a * t),), "the path through the first is missing"),
    ((dual_variant(mul=lambda a, s, b, t: a * s + b * t),), "meets the OTHER factor"),
    ((dual_variant(mul=lambda a, s, b, t: s * b - a * t),), "both paths are added"),
    ((dual_variant(mul=lambda a, s, b, t: s + t),), "not that of a sum"),
    ((dual_variant(mul=lambda a, s, b, t: 2 * s * b),), ") * Dual("),
    ((dual_variant(sub=lambda a, s, b, t: s + t),), "the second slope has the sign -"),
    ((dual_variant(sub=lambda a, s, b, t: t - s),), "of a difference has the wrong sign"),
    ((dual_variant(sub=lambda a, s, b, t: s),), ") - Dual("),
    ((dual_variant(add=lambda a, s, b, t: s * t),), ") + Dual("),
    ((dual_variant(product=lambda a, b: a + b),), "your data are"),
    ((dual_variant(in_place=True),), "`+` changes its operands"),
    ((Turned,), "the data 3 and the slope 5"),
    ((Silent,), "`return` missing"),
    ((Plain,), "should be a Dual, got float"),
    ((Nameless,), "no attribute 'data'"),
    ((Forgetful,), "at 1.3, -0.7 is"),
    ((dual_variant()(1.0, 2.0),), "`Dual` should be a class"),
]
