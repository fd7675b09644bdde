"""Checkers of lesson 13: autograd, by hand."""

import torch

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    listed,
    unchanged,
)

MOST_READS = 200_000


@exercise("13.1", "Each path counts once, and each walk counts again.")
def three_paths(slope_s, slope_b, slope_a, a_grad_after_two):
    """The slopes of L = ts, with t = s + a and s = ab at a = 2, b = 3; `.grad` after two walks."""
    given = {"slope_s": slope_s, "slope_b": slope_b, "slope_a": slope_a}
    given["a_grad_after_two"] = a_grad_after_two
    wanted = {"slope_s": 14, "slope_b": 28, "slope_a": 48, "a_grad_after_two": 96}
    mistakes = {
        ("slope_s", 8): "that is the path from s straight to L; s leads to t as well.",
        ("slope_s", 6): "that is the path through t; s is a factor of L itself, too.",
        ("slope_b", 14): "that is the slope in s; the local slope of s = ab in b comes on top.",
        ("slope_b", 42): "the local slope of s = ab in b is the other factor, a.",
        ("slope_b", 16): "the path from s through t is missing.",
        ("slope_b", 12): "the path from s straight to L is missing.",
        ("slope_a", 42): "the path from a straight to t is missing.",
        ("slope_a", 6): "the paths from a through s are missing.",
        ("slope_a", 30): "the path from a through s and then t is missing.",
        ("slope_a", 24): "that is the path from a through s straight to L; there are three.",
        ("slope_a", 34): "the local slope of s = ab in a is the other factor, b.",
        ("a_grad_after_two", 48): "nobody has cleared it, and the second walk adds.",
    }
    numbers = {name: expect_number(name, value) for name, value in given.items()}
    for name, number in numbers.items():
        for (about, value), sentence in mistakes.items():
            if name == about and close(number, value):
                raise Mistake(f"`{name}`: {sentence}")
        if not close(number, wanted[name]):
            raise Mistake(f"`{name}` is not {number:g}: go back from L, one step after the other.")


class Node:
    """A value of the checkers: as the lesson's, and it counts how often a way back is taken."""

    taken = 0

    def __init__(self, data, *parents):
        self.data = torch.as_tensor(data)
        self.parents = parents
        self.grad = 0.0
        self.depth = 1 + max((parent.depth for parent, _ in parents), default=0)

    def __add__(self, other):
        return Node(self.data + other.data, (self, times(1.0)), (other, times(1.0)))

    def __sub__(self, other):
        return Node(self.data - other.data, (self, times(1.0)), (other, times(-1.0)))

    def __mul__(self, other):
        return Node(self.data * other.data, (self, times(other.data)), (other, times(self.data)))


def times(slope):
    """The way back with a local slope, counted."""

    def back(g):
        Node.taken += 1
        return g * slope

    return back


def upwards(end):
    """All values that lead to `end`, each after its parents; for any graph, and any depth."""
    done, result, stack = set(), [], [end]
    while stack:
        missing = [parent for parent, _ in stack[-1].parents if id(parent) not in done]
        if missing:
            stack += missing
            continue
        value = stack.pop()
        if id(value) not in done:
            done.add(id(value))
            result.append(value)
    return result


def slopes_of(end, g):
    """id of a value -> what arrives there, when `g` arrives at `end`; broadcasting undone."""
    slopes = {id(end): g}
    for value in reversed(upwards(end)):
        for parent, back in value.parents:
            part = torch.as_tensor(back(slopes[id(value)]))
            try:
                if part.shape != parent.data.shape:
                    part = part.expand_as(value.data).sum_to_size(parent.data.shape)
            except RuntimeError:
                raise Mistake(
                    f"A way back returns the shape {tuple(part.shape)} for a parent of shape "
                    f"{tuple(parent.data.shape)}: it should have the shape of the result, or that."
                ) from None
            slopes[id(parent)] = slopes.get(id(parent), 0.0) + part
    return slopes


PARTS_OF_A = (
    (lambda a, b, g: g * b, "The local slope of a / b in a is 1 / b, not b."),
    (lambda a, b, g: g, "The local slope of a / b in a is 1 / b: the part of a is g alone."),
    (
        lambda a, b, g: (1 / b).expand_as(g),
        "What arrives, g, is not multiplied into the part of a.",
    ),
    (lambda a, b, g: -g * a / b**2, "The part of a is that of b: are they exchanged?"),
)
PARTS_OF_B = (
    (
        lambda a, b, g: g * a / b**2,
        "The part of b has the wrong sign: a larger b, a smaller a / b.",
    ),
    (lambda a, b, g: -g * a / b, "In the part of b, the lower b is squared."),
    (lambda a, b, g: -g / b**2, "In the part of b, the factor a is missing."),
    (lambda a, b, g: -a / b**2, "What arrives, g, is not multiplied into the part of b."),
    (lambda a, b, g: g / b, "The part of b is that of a."),
)


@exercise("13.2", "A new operation is its result and one way back per parent.")
def divide(divide, Value):
    """`divide(a, b)`: a Value that holds a / b, with the ways back to a and b."""
    if not isinstance(Value, type):
        raise Mistake("The second argument is the class `Value` of the lesson.")
    shapes = (((), ()), ((4, 3), (4, 3)), ((4, 3), (3,)), ((4, 1), (1, 3)), ((1,), (5, 2)))
    cases = []
    for number, (shape_a, shape_b) in enumerate(shapes):
        dtype = torch.float32 if number == 1 else torch.float64
        a = torch.randn(shape_a, dtype=dtype) + 0.3
        b = (torch.rand(shape_b, dtype=dtype) + 0.5) * torch.randn(shape_b, dtype=dtype).sign()
        left, right = Value(a.clone()), Value(b.clone())
        before = [(value.grad, value.parents) for value in (left, right)]
        with unchanged(**{"a.data": left.data, "b.data": right.data}):
            found = divide(left, right)
            if found is None:
                raise Mistake("`divide(a, b)` is None: is a `return` missing?")
            if not isinstance(found, Value):
                raise Mistake(f"`divide(a, b)` should be a Value, got {type(found).__name__}.")
            expect_tensor("divide(a, b).data", found.data, (a / b).shape, dtype, graph=False)
            if not close(found.data, a / b):
                raise Mistake(
                    f"a = {listed(a)} and b = {listed(b)} of shapes {shape_a} and {shape_b} give "
                    f"{listed(a / b)}; your data are {listed(found.data)}."
                )
            g = torch.randn((a / b).shape, dtype=dtype)
            slopes = slopes_of(found, g.clone())
        if [(value.grad, value.parents) for value in (left, right)] != before:
            raise Mistake("Your code changed `.grad` or `.parents` of a or b.")
        cases.append((a, b, g, slopes.get(id(left)), slopes.get(id(right))))
    for name, k, mistakes, right_part in (
        ("a", 3, PARTS_OF_A, lambda a, b, g: g / b),
        ("b", 4, PARTS_OF_B, lambda a, b, g: -g * a / b**2),
    ):
        if any(case[k] is None for case in cases):
            raise Mistake(f"No way leads back to {name}: is it among the parents?")

        def fits(part, k=k):
            return all(
                close(case[k], part(*case[:3]).sum_to_size(case[k - 3].shape)) for case in cases
            )

        if fits(right_part):
            continue
        for part, sentence in mistakes:
            if fits(part):
                raise Mistake(sentence)
        for case in cases:
            wanted = right_part(*case[:3]).sum_to_size(case[k - 3].shape)
            if not close(case[k], wanted):
                raise Mistake(
                    f"For a = {listed(case[0])}, b = {listed(case[1])} and g = {listed(case[2])} "
                    f"the slope in {name} is {listed(wanted)}; yours is {listed(case[k])}."
                )
    # One value in both places, where the two parts meet.
    same = Value(torch.tensor([2.0, -3.0]))
    part = slopes_of(divide(same, same), torch.ones(2)).get(id(same))
    if not close(part, torch.zeros(2)):
        raise Mistake(f"a / a is 1 for every a, so its slope is 0; yours is {listed(part)}.")


def the_house():
    """One house of the lesson: its loss, and the leaves by name."""
    w, x, b, y = (Node(number) for number in (150.0, 2.0, 20.0, 300.0))
    r = w * x + b - y
    return [r * r], {"w": w, "b": b, "y": y}


def house_twice():
    """The same, walked twice."""
    ends, leaves = the_house()
    return ends * 2, leaves


def early_factor():
    """L = st with t = s + a and s = ab: s is found before t has handed on."""
    a, b = Node(2.0), Node(3.0)
    s = a * b
    return [s * (s + a)], {"a": a, "b": b}


def two_losses():
    """Two losses with a common part, one after the other."""
    a, b = Node(1.5), Node(-0.5)
    s = a * a - b
    return [s * b, s + a], {"a": a, "b": b}


def doublings():
    """Twelve doublings: 4096 paths over 24 arrows."""
    one = Node(1.0)
    a = one
    for _ in range(12):
        a = a + a
    return [a], {"one": one}


def lonely():
    """A leaf that is its own end."""
    a = Node(7.0)
    return [a], {"a": a}


GRAPHS = {
    "the house of the lesson": the_house,
    "the house, walked twice": house_twice,
    "s = ab and the end s(s + a)": early_factor,
    "two ends that share s = aa - b": two_losses,
    "twelve doublings": doublings,
    "an end that is a leaf itself": lonely,
}


def with_dictionary(end, paths=True, walks=True):
    """The right walk; or one in which of several paths, or walks, only the last one counts."""
    slopes = {end: 1.0}
    for value in reversed(upwards(end)):
        g = slopes.pop(value)
        if not value.parents:
            value.grad = (value.grad if walks else 0.0) + g
        for parent, back in value.parents:
            slopes[parent] = (slopes.get(parent, 0.0) if paths else 0.0) + back(g)


def in_place(end, found=False, keep=False):
    """A walk that adds in `.grad` of every value, as the one of the exercise does.

    Args:
        end: where it begins.
        found: take the values as they are found, without a topological order.
        keep: inner values keep their slopes for the next walk.
    """
    values = upwards(end)[::-1]
    for value in values:
        if value.parents and not keep:
            value.grad = 0.0
    end.grad = (0.0 if end.parents else end.grad) + 1.0
    waiting = [end] if found else values
    while waiting:
        value = waiting.pop(0)
        for parent, back in value.parents:
            if parent not in waiting:
                waiting.append(parent)
            parent.grad = parent.grad + back(value.grad)


WALK_MISTAKES = (
    (
        lambda end: in_place(end, found=True, keep=True),
        "Both mistakes are still there: a value hands on before everything has arrived, and inner "
        "values keep their slopes for the next walk.",
    ),
    (
        lambda end: in_place(end, found=True),
        "A value hands on before everything that it gets has arrived.",
    ),
    (
        lambda end: in_place(end, keep=True),
        "The order is right. But inner values still hold the slopes of the walk before.",
    ),
    (
        lambda end: with_dictionary(end, paths=False),
        "Of several paths to a value only the last one counts: add them.",
    ),
    (
        lambda end: with_dictionary(end, walks=False),
        "The second walk replaces the first: `.grad` of a leaf adds.",
    ),
)


def grads_after(walk, make):
    """The slopes in the leaves after a walk from each end of a graph; and the graph's values."""
    ends, leaves = make()
    for end in ends:
        walk(end)
    return [leaf.grad for leaf in leaves.values()], [leaves, ends]


@exercise("13.3", "One sum lives for a walk, the other one in the leaves.")
def walk(walk):
    """`walk(end)`: adds the slopes of `end` to `.grad` of its leaves, each way back taken once."""
    right, yours = {}, {}
    complaints = []
    for name, make in GRAPHS.items():
        right[name], _ = grads_after(with_dictionary, make)
        Node.taken = 0
        grads, (leaves, ends) = grads_after(walk, make)
        taken = Node.taken
        yours[name] = [
            expect_number(f"{leaf}.grad", grad) for leaf, grad in zip(leaves, grads, strict=True)
        ]
        fresh_ends, _ = make()
        arrows = 0
        for end, fresh in zip(ends, fresh_ends, strict=True):
            values, as_made = upwards(end), upwards(fresh)
            arrows += sum(len(value.parents) for value in as_made)
            if [v.data for v in values] != [v.data for v in as_made]:
                raise Mistake(f"In {name} your walk changed data or parents of the graph.")
            if any(v.parents and not close(v.grad, 0.0) for v in values):
                complaints.append(
                    "Inner values still hold a slope in `.grad`: only leaves keep it."
                )
        if taken != arrows:
            complaints.append(
                f"In {name}, {arrows} ways back are to be taken, once each; yours took {taken}."
            )
    if all(close(yours[name], right[name]) for name in GRAPHS):
        if complaints:
            raise Mistake(complaints[0])
        return
    for mistaken, sentence in WALK_MISTAKES:
        simulated = {
            name: [float(g) for g in grads_after(mistaken, make)[0]]
            for name, make in GRAPHS.items()
        }
        if all(close(yours[name], simulated[name]) for name in GRAPHS):
            raise Mistake(sentence)
    for name in GRAPHS:
        if not close(yours[name], right[name]):
            wanted = torch.as_tensor([float(g) for g in right[name]])
            raise Mistake(
                f"For {name} the leaves should hold {listed(wanted)}; yours hold "
                f"{listed(torch.as_tensor(yours[name]))}."
            )


class Bare:
    """A value without a depth; it refuses to be asked for its parents without end."""

    reads = 0

    def __init__(self, *parents):
        self.data = torch.tensor(1.0)
        self.grad = 0.0
        self.given = tuple((parent, times(1.0)) for parent in parents)

    @property
    def parents(self):
        Bare.reads += 1
        if Bare.reads > MOST_READS:
            raise Mistake(
                f"`parents` was asked for more than {MOST_READS:,} times: is every path walked, or "
                "the whole graph once per value?"
            )
        return self.given


def bare_graphs():
    """Pairs of a graph in words and its end."""
    one, two, three = Bare(), Bare(), Bare()
    s = Bare(one, two)
    t = Bare(s, one)
    yield "one value alone", Bare()
    yield "a sum of two leaves", Bare(one, three)
    yield "a value used twice by one result", Bare(s, s)
    yield "s = ab, t = s + a and the end ts", Bare(t, s)
    yield "s = ab, t = s + a and the end st", Bare(s, t)
    chain = doubled = Bare()
    for _ in range(60):
        doubled = Bare(doubled, doubled)
    yield "60 doublings", doubled
    for _ in range(5000):
        chain = Bare(chain)
    yield "a chain of 5000", chain
    values = [Bare(), Bare(), Bare()]
    for k in range(200):
        values.append(Bare(values[(7 * k) % len(values)], values[-1 - k % 3]))
    yield "a random graph", values[-1]


@exercise(
    "13.4",
    "Parents first: any such order will do, and a stack of your own is as deep as it must be.",
)
def order(order):
    """`order(end)`: a list of all values that lead to `end`, each once, after its parents."""
    for name, end in bare_graphs():
        Bare.reads = 0
        found = order(end)
        Bare.reads = 0
        if found is None:
            raise Mistake("`order(end)` is None: is a `return` missing?")
        if not isinstance(found, list):
            raise Mistake(f"`order(end)` should be a list, got {type(found).__name__}.")
        wanted = {id(value) for value in upwards(end)}
        if any(id(value) not in wanted for value in found):
            raise Mistake(f"In {name}: the list holds something that does not lead to the end.")
        missing = len(wanted) - len({id(value) for value in found})
        if missing:
            raise Mistake(f"In {name}: {missing} of {len(wanted)} values are missing.")
        if len(found) > len(wanted):
            raise Mistake(f"In {name}: {len(found)} entries for {len(wanted)} values; each once.")
        if not parents_first(found):
            if parents_first(found[::-1]):
                raise Mistake(f"In {name}: the order is turned round, parents come first.")
            raise Mistake(f"In {name}: a value stands before one of its parents.")


def parents_first(values):
    """Whether each value stands after its parents."""
    place = {id(value): k for k, value in enumerate(values)}
    return all(place[id(p)] < place[id(v)] for v in values for p, _ in v.given)


PRODUCTS = (
    (lambda a, s, b, t: s * t, "The slope of a product is not the product of the slopes."),
    (lambda a, s, b, t: s * b, "In the slope of a product the path through the second is missing."),
    (lambda a, s, b, t: a * t, "In the slope of a product the path through the first is missing."),
    (lambda a, s, b, t: a * s + b * t, "In a product each slope meets the OTHER factor."),
    (lambda a, s, b, t: s * b - a * t, "In a product both paths are added."),
    (lambda a, s, b, t: s + t, "The slope of a product is not that of a sum."),
)
OPERATIONS = {
    "+": (lambda a, b: a + b, lambda a, s, b, t: s + t, ()),
    "-": (
        lambda a, b: a - b,
        lambda a, s, b, t: s - t,
        (
            (lambda a, s, b, t: s + t, "In a difference the second slope has the sign -."),
            (lambda a, s, b, t: t - s, "The slope of a difference has the wrong sign."),
        ),
    ),
    "*": (lambda a, b: a * b, lambda a, s, b, t: s * b + a * t, PRODUCTS),
}


@exercise("13.5", "Slopes can ride along: one run per parameter, and no memory.")
def dual(Dual):
    """`Dual(data, slope)` with +, - and *: forward mode."""
    if not isinstance(Dual, type):
        raise Mistake(f"`Dual` should be a class, got {type(Dual).__name__}.")

    def parts(name, value):
        if value is None:
            raise Mistake(f"{name} is None: is a `return` missing?")
        if not isinstance(value, Dual):
            raise Mistake(f"{name} should be a Dual, got {type(value).__name__}.")
        return [expect_number(f"{part} of {name}", getattr(value, part)) for part in FIELDS]

    if not close(parts("Dual(3, 5)", Dual(3, 5)), [3.0, 5.0]):
        raise Mistake("Dual(3, 5) should have the data 3 and the slope 5.")
    numbers = [torch.randn(4, dtype=torch.float64).tolist() for _ in range(5)]
    numbers += [[2.0, 1, 3, 0], [0.0, 1.0, 5.0, 1.0]]
    for sign, (f, slope, mistakes) in OPERATIONS.items():
        results = []
        for a, s, b, t in numbers:
            left, right = Dual(a, s), Dual(b, t)
            data, ours = parts(f"Dual {sign} Dual", f(left, right))
            if parts("a", left) != [a, s] or parts("b", right) != [b, t]:
                raise Mistake(f"`{sign}` changes its operands: make a new Dual.")
            if not close(data, f(a, b)):
                raise Mistake(f"{a:.4g} {sign} {b:.4g} is {f(a, b):.4g}; your data are {data:.4g}.")
            results.append(ours)
        if close(results, [slope(*four) for four in numbers]):
            continue
        for mistake, sentence in mistakes:
            if close(results, [mistake(*four) for four in numbers]):
                raise Mistake(sentence)
        for (a, s, b, t), ours in zip(numbers, results, strict=True):
            if not close(ours, slope(a, s, b, t)):
                raise Mistake(
                    f"Dual({a:.4g}, {s:.4g}) {sign} Dual({b:.4g}, {t:.4g}) should have the slope "
                    f"{slope(a, s, b, t):.4g}; yours is {ours:.4g}."
                )
    a, b = torch.tensor([1.3, -0.7], dtype=torch.float64, requires_grad=True)
    whole = compound(a, b)
    wanted = torch.autograd.grad(whole, (a, b))
    for k, (da, db) in enumerate(((1.0, 0.0), (0.0, 1.0))):
        data, slope = parts("a result", compound(Dual(a.item(), da), Dual(b.item(), db)))
        if not (close(data, whole) and close(slope, wanted[k])):
            raise Mistake(
                f"(ab - a)(ab - a)b at 1.3, -0.7 is {whole.item():.4g} with the slope "
                f"{wanted[k].item():.4g}; yours is {data:.4g} with {slope:.4g}."
            )


FIELDS = ("data", "slope")


def compound(a, b):
    """A function in which values are used again."""
    d = a * b - a
    return d * d * b
