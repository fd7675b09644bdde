"""Lesson 13: its autograd on random expressions against torch and differences, and its pictures."""

import ast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, code_cells, definitions, read

from helpers.pictures import lesson_13 as pictures

PATH = ROOT / "notebooks" / "13_autograd.ipynb"
ENGINE = ("Value", "add", "sub", "mul", "matmul", "mean", "unbroadcast", "graph", "backward")
OTHERS = ("hand_on", "expression", "mean_square", "train", "train_torch")
lesson = definitions(PATH, *ENGINE, *OTHERS)
Value = lesson.Value
Value.__add__, Value.__sub__, Value.__mul__ = lesson.add, lesson.sub, lesson.mul
Value.__matmul__, Value.mean = lesson.matmul, lesson.mean
few = settings(max_examples=60, deadline=None)

# Shapes that all broadcast to (3, 3), and steps that take two of the values made so far.
SHAPES = st.lists(
    st.sampled_from([(), (1,), (3,), (3, 1), (1, 3), (3, 3), (1, 1)]), min_size=1, max_size=4
)
NUMBERS = st.lists(st.just(()), min_size=1, max_size=4)
STEPS = st.lists(
    st.tuples(st.sampled_from("+-*@m"), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=9,
)
SEEDS = st.integers(0, 10_000)


@pytest.fixture(autouse=True, scope="module")
def double_precision():
    """float64 everywhere, as in the lesson."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def leaves(seed, shapes):
    """Random tensors of the shapes, between -1 and 1."""
    source = torch.Generator().manual_seed(seed)
    return [2 * torch.rand(shape, generator=source) - 1 for shape in shapes]


def fits(a, b):
    """Whether two shapes have a matrix product."""
    return len(a) == len(b) == 2 and a[1] == b[0]


def run(values, shape_of, steps):
    """Carry out the steps on values or on tensors; the mean of the last result."""
    values = list(values)
    for sign, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        if sign == "m":
            values.append(a.mean())
        elif sign == "@" and fits(shape_of(a), shape_of(b)):
            values.append(a @ b)
        else:
            values.append(a + b if sign == "+" else a - b if sign == "-" else a * b)
    return values[-1].mean()


def both(data, steps):
    """The same steps by the lesson and by torch, walked back: pairs of a value and a tensor."""
    ours = [Value(tensor) for tensor in data]
    theirs = [tensor.clone().requires_grad_() for tensor in data]
    result = run(ours, lambda value: value.data.shape, steps)
    wanted = run(theirs, lambda tensor: tensor.shape, steps)
    torch.testing.assert_close(result.data, wanted.detach())
    lesson.backward(result)
    wanted.backward()
    return list(zip(ours, theirs, strict=True)), result


def slope(tensor):
    """The slope that torch has found, zero where no path leads."""
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


@few
@given(SEEDS, SHAPES, STEPS)
def test_slopes_are_torchs_on_random_expressions(seed, shapes, steps):
    for value, tensor in both(leaves(seed, shapes), steps)[0]:
        if tensor.grad is not None:
            assert value.grad.shape == tensor.shape
        grad = torch.as_tensor(value.grad).expand(tensor.shape)
        torch.testing.assert_close(grad, slope(tensor), rtol=1e-9, atol=1e-9)


@few
@given(SEEDS, SHAPES, STEPS)
def test_slopes_are_central_differences(seed, shapes, steps):
    data = leaves(seed, shapes)

    def height(k, place, step):
        moved = [tensor.clone() for tensor in data]
        moved[k].reshape(-1)[place] += step
        return run(map(Value, moved), lambda value: value.data.shape, steps).data.item()

    for k, (value, tensor) in enumerate(both(data, steps)[0]):
        grad = torch.as_tensor(value.grad).expand(tensor.shape).reshape(-1)
        place = seed % len(grad)
        by_difference = (height(k, place, 1e-5) - height(k, place, -1e-5)) / 2e-5
        scale = 1 + max(abs(height(k, place, move)) for move in (0.1, -0.1))
        assert abs(by_difference - grad[place].item()) < 1e-4 * (scale + grad.abs().max())


@few
@given(SEEDS, NUMBERS, STEPS)
def test_the_plain_walk_agrees_on_numbers(seed, shapes, steps):
    data = leaves(seed, shapes)
    pairs, result = both(data, steps)
    found = [float(value.grad) for value, _ in pairs]
    for value in lesson.graph(result):
        value.grad = 0.0
    visits = lesson.hand_on(result, torch.tensor(1.0))
    np.testing.assert_allclose([float(v.grad) for v, _ in pairs], found, rtol=1e-9, atol=1e-9)
    assert visits >= len(lesson.graph(result))


@few
@given(SEEDS, SHAPES, STEPS)
def test_the_graph_has_each_value_once_after_its_parents(seed, shapes, steps):
    ours = [Value(tensor) for tensor in leaves(seed, shapes)]
    result = run(ours, lambda value: value.data.shape, steps)
    values = lesson.graph(result)
    place = {value: k for k, value in enumerate(values)}
    assert len(place) == len(values) and values[-1] is result
    assert all(place[parent] < place[value] for value in values for parent, _ in value.parents)
    reached = {result}
    for value in reversed(values):
        reached |= {parent for parent, _ in value.parents}
    assert reached == set(values)


@few
@given(SEEDS, SHAPES, STEPS, st.integers(1, 3))
def test_walks_add_in_leaves_and_nowhere_else(seed, shapes, steps, walks):
    pairs, result = both(leaves(seed, shapes), steps)
    for _ in range(walks):
        lesson.backward(result)
    for value, tensor in pairs:
        grad = torch.as_tensor(value.grad).expand(tensor.shape)
        torch.testing.assert_close(grad, (1 + walks) * slope(tensor), rtol=1e-9, atol=1e-9)
    for value in lesson.graph(result):
        assert not value.parents or value.grad == 0.0


@few
@given(
    SEEDS, st.sampled_from([((1,), (5, 1)), ((), (2, 3)), ((4, 1), (4, 3)), ((2, 1, 3), (2, 4, 3))])
)
def test_unbroadcast_is_sum_to_size(seed, shapes):
    shape, full = shapes
    (g,) = leaves(seed, [full])
    torch.testing.assert_close(lesson.unbroadcast(g, shape), g.sum_to_size(shape))
    torch.testing.assert_close(lesson.unbroadcast(g, full), g)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, 12), st.floats(0.001, 0.3))
def test_training_is_torchs_at_every_update(seed, n, num_updates, lr):
    X, y = leaves(seed, [(n, 2), (n, 1)])
    ours = lesson.train(X, y, lr, num_updates)
    assert ours.shape == (num_updates, 3)
    torch.testing.assert_close(ours, lesson.train_torch(X, y, lr, num_updates))


@pytest.mark.parametrize("slip", ["no sum", "no zero_grad", "one path", "no sign"])
def test_the_comparison_sees_slips(slip, monkeypatch):
    X, y = leaves(0, [(9, 2), (9, 1)])
    train = lesson.train.__globals__
    if slip == "no sum":
        monkeypatch.setitem(train, "unbroadcast", lambda g, shape: g)
    if slip == "no zero_grad":
        source = next(c.source for c in code_cells(read(PATH)) if "def train(" in c.source)
        own = dict(train)
        exec(source.replace("w.grad, b.grad = 0.0, 0.0", "pass"), own)
        monkeypatch.setattr(lesson, "train", own["train"])
    if slip == "one path":
        ways = lambda a, b: Value(a.data * b.data, (a, lambda g: g * b.data))  # noqa: E731
        monkeypatch.setattr(Value, "__mul__", ways)
    if slip == "no sign":
        monkeypatch.setattr(Value, "__sub__", lambda a, b: a + Value(-b.data) * Value(b.data))
    try:
        ours = lesson.train(X, y, 0.1, 5)
        same = torch.allclose(ours, lesson.train_torch(X, y, 0.1, 5))
    except RuntimeError:  # the shapes no longer fit
        same = False
    assert not same


def test_the_engine_has_some_fifty_lines():
    """The classes and functions, and the two lines that give `Value` its signs."""
    source = [cell.source for cell in code_cells(read(PATH))]
    nodes = [node for text in source for node in ast.parse(text).body]
    found = {}
    for node in nodes:
        name = getattr(node, "name", None) or ast.unparse(node).split(".")[0]
        found.setdefault(name, []).append(node.end_lineno - node.lineno + 1)
    lines = sum(found[name][0] for name in ENGINE)
    signs = [n for n in nodes if isinstance(n, ast.Assign) and "Value.__" in ast.unparse(n)]
    assert len(signs) == 2
    assert 42 <= lines + len(signs) <= 58


# Pictures


def house():
    """The house of the lesson: the loss, and its values by name."""
    w, x, b, y = (Value(number) for number in (150.0, 2.0, 20.0, 300.0))
    r = w * x + b - y
    return r * r, {"w": w, "x": x, "b": b, "y": y, "r": r}


def test_graph(shown):
    loss, names = house()
    fig, alt = shown(pictures.graph, loss, **names)
    (ax,) = fig.axes
    texts = {text.get_text(): text for text in ax.texts}
    boxes = {"w = 150", "x = 2", "b = 20", "y = 300", "r = 20", "300", "320", "400"}
    assert boxes <= set(texts)
    slopes = [t.get_text() for t in ax.texts if t.get_color() == "C1"]
    assert sorted(slopes) == sorted(["80", "6000", "40", "40", "40", "-40", "40", "1"])
    local = [t.get_text() for t in ax.texts if t.get_color() == "C0"]
    assert sorted(local) == sorted(["2", "150", "1", "1", "1", "-1", "20", "20"])
    for parent, result in (("w = 150", "300"), ("b = 20", "320"), ("r = 20", "400")):
        assert texts[parent].get_position()[0] == texts[result].get_position()[0] - 1
    for box, number in (("w = 150", "80"), ("x = 2", "6000"), ("y = 300", "-40"), ("400", "1")):
        x, y = texts[box].get_position()
        below = [t for t in ax.texts if t.get_color() == "C1" and t.get_position()[0] == x]
        assert number in [t.get_text() for t in below if 0 < y - t.get_position()[1] < 0.5]
    arrows = [t for t in ax.texts if getattr(t, "arrow_patch", None)]
    assert len(arrows) == 8
    assert len({t.get_position() for t in ax.texts if t not in arrows}) == 24
    assert "box: value" in ax.get_title()
    assert "A graph of 8 values" in alt and "w 150, x 2" in alt
    assert "w 80" in alt and "x 6000" in alt and "y -40" in alt and "b 40" in alt
    assert not any(value.grad for value in names.values())  # it only looks


def test_graph_of_one_value_and_of_doublings(shown):
    fig, alt = shown(pictures.graph, Value(3.0))
    assert [t.get_text() for t in fig.axes[0].texts] == ["3", "1"] and "of 1 values" in alt
    one = Value(1.0)
    two = one + one
    fig, alt = shown(pictures.graph, two + two, one=one)
    assert "one 4" in alt
    middles = [t.get_position() for t in fig.axes[0].texts if t.get_color() == "C0"]
    assert len(middles) == len(set(middles)) == 4  # two arrows lie apart


def test_two_trainings(shown):
    ours = torch.stack([torch.linspace(0, end, 9) for end in (2.0, -3.0, 5.0)], 1)
    fig, alt = shown(pictures.two_trainings, ours, ours + 1e-9)
    (ax,) = fig.axes
    lines = ax.lines[::2]
    dots = ax.lines[1::2]
    for k in range(3):
        np.testing.assert_allclose(lines[k].get_xydata(), np.c_[range(1, 10), ours[:, k]])
        np.testing.assert_allclose(dots[k].get_xydata()[:, 0], [1, 5, 9])
        np.testing.assert_allclose(dots[k].get_ydata(), ours[::4, k], atol=1e-8)
        assert dots[k].get_marker() == "o" and dots[k].get_linestyle() == "None"
        assert lines[k].get_color() == dots[k].get_color() == f"C{k}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "parameter (thousands of dollars)")
    assert "over 9 updates, from near zero to 2.0, -3.0, 5.0" in alt and "lie on the lines" in alt
    _, alt = shown(pictures.two_trainings, ours, ours + 0.25)
    assert "leave the lines by up to 0.25" in alt


TWO = Value(2.0)


@pytest.mark.parametrize(
    ("name", "arguments", "named", "error", "message"),
    [
        ("graph", (3.0,), {}, TypeError, "end must be a value with data and parents, got float"),
        ("graph", (Value(torch.zeros(2)),), {}, ValueError, "data must be one number"),
        ("graph", (TWO,), {"w": Value(1.0)}, ValueError, "w must be a value of the graph"),
        ("graph", (Value(float("nan")),), {}, ValueError, "data must be finite"),
        ("two_trainings", (torch.zeros(4, 2), torch.zeros(4, 3)), {}, ValueError, "ours must have"),
        ("two_trainings", (torch.zeros(4, 3), torch.zeros(5, 3)), {}, ValueError, "theirs must"),
        ("two_trainings", ("text", torch.zeros(5, 3)), {}, TypeError, "ours must be"),
    ],
)
def test_pictures_refuse(shown, name, arguments, named, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments, **named)


def test_a_graph_of_many_values_is_refused(shown):
    value = Value(1.0)
    for _ in range(12):
        value = value + value
    with pytest.raises(ValueError, match="at most 12 values"):
        shown(pictures.graph, value)
