"""Lesson 8: the card's messages, its functions, the program of exercise 1, and its pictures."""

import re
import traceback
import warnings
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions, markdown_cells, read
from torch import nn

from helpers import data
from helpers.checks import lesson_08 as checks
from helpers.pictures import lesson_08 as pictures

LESSON = ROOT / "notebooks" / "08_loud_errors.ipynb"
SOLUTIONS = ROOT / "notebooks" / "solutions" / "08_loud_errors.ipynb"
lesson = definitions(LESSON, "predict", "look", "Plain", "Line", "train")
X, y = torch.randn(6, 2), torch.randn(6, 1)


def twice():
    loss = nn.MSELoss()(nn.Linear(2, 1)(X), y)
    loss.backward()
    loss.backward()


def out_of_date():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    loss = nn.MSELoss()(model(X), y)
    loss.backward(retain_graph=True)
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    loss.backward(retain_graph=True)


def asked():
    if X > 0:
        raise AssertionError("many numbers are neither true nor false")


def unprepared(value):
    """A class whose `__init__` forgets `super()`."""

    class Unprepared(nn.Module):
        def __init__(self):
            self.w = value

    return Unprepared()


# Part of a message, as the card or the later table quotes it -> programs that meet it. What the
# tables say holds for each release in which this passes.
MESSAGES = {
    "cannot be multiplied": [
        lambda: X @ torch.zeros(1, 2),
        lambda: nn.Linear(3, 1)(X),
        lambda: nn.Linear(1, 1)(X[:, 0]),
    ],
    "must match the size of tensor": [lambda: X - X.mean(dim=1), lambda: X * torch.ones(3)],
    "same number of dimensions": [
        lambda: torch.cat([X, torch.ones(2)]),
        lambda: torch.cat([X, torch.ones(6)], dim=1),
    ],
    "have the same dtype": [
        lambda: nn.Linear(2, 1)(X.double()),
        lambda: nn.Linear(2, 1)(X.long()),
        lambda: X.double() @ torch.zeros(2, 1),
    ],
    "floating point": [
        lambda: torch.tensor([1, 2]).mean(),
        lambda: torch.tensor([1, 2]).std(),
        lambda: torch.tensor([1, 2], requires_grad=True),
        lambda: nn.Parameter(torch.tensor([1, 2])),
    ],
    "could not determine the shape": [
        lambda: torch.tensor(pd.DataFrame({"lotsize": [1.0, 2.0]})[["lotsize"]]),
    ],
    "expected device": [
        lambda: nn.Linear(2, 1, device="meta")(X),
        lambda: nn.Linear(2, 1)(X.to("meta")),
        lambda: nn.MSELoss()(y, y.to("meta")),
    ],
    "leaf Variable": [
        lambda: nn.Linear(2, 1).bias.fill_(1.0),
        lambda: nn.Linear(2, 1).weight.__setitem__((0, 0), 1.0),
        lambda: torch.zeros(2, requires_grad=True).__iadd__(1.0),
    ],
    "backward through the graph a second time": [twice],
    "modified by an inplace operation": [out_of_date],
    "empty parameter list": [lambda: torch.optim.SGD(lesson.Plain(2).parameters(), lr=0.1)],
    "Boolean value of Tensor": [lambda: nn.MSELoss(nn.Linear(2, 1)(X), y), asked],
}
LATER = {
    "only for scalar outputs": [
        lambda: nn.Linear(2, 1)(X).backward(),
        lambda: nn.MSELoss(reduction="none")(nn.Linear(2, 1)(X), y).backward(),
    ],
    "does not require grad": [
        lambda: nn.MSELoss()(X @ torch.zeros(2, 1), y).backward(),
        lambda: nn.MSELoss()(nn.Linear(2, 1)(X), y).detach().backward(),
        lambda: torch.no_grad()(nn.MSELoss())(nn.Linear(2, 1)(X), y).backward(),
    ],
    "object is not iterable": [lambda: torch.optim.SGD(nn.Linear(2, 1).parameters, lr=0.1)],
    "argument: 'self'": [lambda: torch.optim.SGD(nn.Linear.parameters(), lr=0.1)],
    "before Module.__init__() call": [
        lambda: unprepared(nn.Parameter(torch.zeros(1))),
    ],
    "Can't call numpy() on Tensor": [
        lambda: nn.Linear(2, 1)(X).numpy(),
        lambda: nn.Linear(2, 1).weight.numpy(),
        lambda: plt.Figure().subplots().plot(X[:, 0], nn.Linear(2, 1)(X)[:, 0]),
    ],
    "device type tensor to numpy": [lambda: X.to("meta").numpy()],
    "in loading state_dict": [
        lambda: nn.Linear(2, 1).load_state_dict(nn.Linear(3, 1).state_dict()),
        lambda: nn.Linear(2, 1).load_state_dict(lesson.Line(2).state_dict()),
        lambda: nn.Sequential(nn.Linear(2, 1)).load_state_dict(nn.Linear(2, 1).state_dict()),
    ],
}


def quoted(heading):
    """The messages in the first column of the table below such a heading."""
    (text,) = [cell.source for cell in markdown_cells(read(LESSON)) if heading in cell.source]
    lines = [line for line in text.split("\n") if line.startswith("|")][2:]
    return [span for line in lines for span in re.findall(r"`([^`]+)`", line.split("|")[1])]


def test_the_tables_quote_messages_that_are_met():
    assert [f for f in quoted("## Card") if f != "the same device"] == list(MESSAGES)
    by_some = "Found dtype Double but expected Float"  # looked at by the lesson's claims
    assert quoted("### More messages") == [*LATER, by_some]


def test_the_lesson_meets_the_messages_of_its_card_and_no_others():
    met = "\n".join(
        output.evalue
        for cell in read(LESSON).cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    )
    assert [fragment for fragment in [*MESSAGES, *LATER] if fragment in met] == list(MESSAGES)


@pytest.mark.parametrize("fragment", [*MESSAGES, *LATER])
def test_message_holds_in_this_release(fragment):
    for program in {**MESSAGES, **LATER}[fragment]:
        with pytest.raises(Exception, match=re.escape(fragment)) as caught:
            program()
        kinds = (RuntimeError, TypeError, ValueError, AttributeError)
        assert isinstance(caught.value, kinds)


def test_cures_of_the_messages_that_come_later():
    y_hat = nn.Linear(2, 1)(X)
    assert y_hat.detach().numpy().shape == y_hat.detach().cpu().numpy().shape == (6, 1)
    y_hat.mean().backward()


def test_message_of_a_graphics_card_is_the_one_that_torch_itself_expects():
    """It needs a card to be met; torch's own tests, which come with it, wait for these words."""
    own = Path(torch.__file__).parent / "testing" / "_internal" / "common_methods_invocations.py"
    words = "Expected all tensors to be on the same device"
    assert f"error_regex='{words}'" in own.read_text(encoding="utf-8")
    texts = [cell.source for cell in markdown_cells(read(LESSON))]
    assert any(f"`{words}`" in text for text in texts)
    if torch.cuda.is_available():
        with pytest.raises(RuntimeError, match=words):
            nn.Linear(2, 1, device="cuda")(X)


def test_a_lost_record_is_met_with_a_hidden_layer_only():
    for layers, fails in (([nn.Linear(2, 1)], False), ([nn.Linear(2, 3), nn.Linear(3, 1)], True)):
        model = nn.Sequential(*layers)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        loss = nn.MSELoss()(model(X), y)
        loss.backward(retain_graph=True)
        optimizer.step()
        if fails:
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward(retain_graph=True)
        else:
            loss.backward(retain_graph=True)


def test_outside_a_notebook_each_line_is_headed_by_its_file_and_number():
    program = "def predict(X, w):\n    return X @ w\n\n\npredict(X, X)\n"
    with pytest.raises(RuntimeError) as caught:
        exec(compile(program, "program.py", "exec"), {"X": X})
    text = "".join(traceback.format_exception(caught.value))
    assert "-->" not in text
    found = re.findall(r'File "program.py", line (\d)', text)
    assert found == ["5", "2"]


# The lesson's functions


def test_predict():
    w, b = torch.randn(2, 1), torch.randn(1)
    torch.testing.assert_close(lesson.predict(X, w, b), nn.functional.linear(X, w.T, b))


@given(
    shape=st.lists(st.integers(0, 3), max_size=3).map(tuple),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.int64]),
    device=st.sampled_from(["cpu", "meta"]),
)
def test_look(shape, dtype, device):
    t = torch.zeros(shape, dtype=dtype, device=device)
    if t.is_floating_point():
        t.requires_grad_()
    table = lesson.look(one=t, two=t * 1)
    assert isinstance(table, pd.DataFrame) and table.index.tolist() == ["one", "two"]
    grad = dtype.is_floating_point
    assert table.loc["one"].tolist() == [shape, str(dtype), device, grad, True]
    assert table.loc["two", "is_leaf"] == (not grad)


def test_line_learns_and_plain_has_nothing_to_learn():
    assert list(lesson.Plain(3).parameters()) == []
    model = lesson.Line(2)
    assert [name for name, _ in model.named_parameters()] == ["w", "b"]
    nn.MSELoss()(model(X), y).backward()
    torch.testing.assert_close(model.w.grad, -2 * X.T @ y / len(y))
    torch.testing.assert_close(model.b.grad, -2 * y.mean(0))
    assert torch.equal(model(X), lesson.Plain(2)(X))


@given(seed=st.integers(0, 2**20), lr=st.floats(0.01, 0.3), num_updates=st.integers(1, 9))
def test_train_descends(seed, lr, num_updates):
    torch.manual_seed(seed)
    inputs, labels = torch.randn(7, 1), torch.randn(7, 1)
    torch.manual_seed(seed)
    model, losses = lesson.train(inputs, labels, nn.MSELoss(), lr, num_updates)
    torch.manual_seed(seed)
    twin = nn.Linear(1, 1)
    for loss in losses:
        r = (twin(inputs) - labels).detach()
        assert loss == pytest.approx((r**2).mean().item(), rel=1e-4, abs=1e-6)
        with torch.no_grad():
            twin.weight -= lr * 2 * (r * inputs).mean()
            twin.bias -= lr * 2 * r.mean()
    assert len(losses) == num_updates
    torch.testing.assert_close(model(inputs), twin(inputs), rtol=1e-4, atol=1e-4)


# Exercise 8.1


def test_the_program_of_exercise_1_stops_where_the_checker_says():
    (text,) = [cell.source for cell in markdown_cells(read(LESSON)) if cell.id == "exercise-1"]
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert [int(k) for k in re.findall(r"# line (\d)$", program, re.MULTILINE)] == list(
        range(1, 10)
    )
    cures = {5: ("parameters,", "parameters(),"), 3: ("(3, 1)", "(2, 1)"), 4: ("Loss ", "Loss() ")}
    found = []
    for mended, (old, new) in cures.items():
        try:
            exec(compile(program, "program", "exec"), {"torch": torch, "nn": nn})
        except (RuntimeError, TypeError) as error:
            found += [error.__traceback__.tb_next.tb_lineno, mended]
        lines = program.split("\n")
        assert old in lines[mended - 1]
        lines[mended - 1] = lines[mended - 1].replace(old, new)
        program = "\n".join(lines)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(program, "program", "exec"), {"torch": torch, "nn": nn})
    assert found == [5, 5, 6, 3, 7, 4]
    checks.three_stops.__wrapped__(*found)


def test_the_programs_of_exercise_3_are_broken_in_the_ways_that_the_solution_names():
    (text,) = [cell.source for cell in markdown_cells(read(LESSON)) if cell.id == "exercise-3"]
    names = {"torch": torch, "nn": nn}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], names)
    with pytest.raises(RuntimeError, match="have the same dtype"):
        names["loss_of"](nn.Linear(2, 1), X.double().numpy(), y[:, 0].long().numpy())
    with pytest.raises(TypeError, match="not iterable"):
        names["train_all"](nn.Linear(2, 1), X, y, 0.1, 3)
    with pytest.raises(AttributeError):
        list(names["Zero"](2).parameters())
    words = "cannot assign parameters before Module.__init__() call"
    with pytest.raises(AttributeError, match=re.escape(words)):  # the parameters mended first
        unprepared(nn.Parameter(torch.zeros(2, 1)))
    (answer,) = [c.source for c in markdown_cells(read(SOLUTIONS)) if c.id == "exercise-3-class"]
    assert f"`{words}`" in answer


# Pictures

HOUSES = data.house_prices()
LOTS, PRICES = HOUSES.X[:, :1], HOUSES.y


def test_inner_sizes(shown):
    fig, alt = shown(pictures.inner_sizes, torch.ones(4, 2), torch.ones(1, 3), torch.ones(2, 3))
    assert fig.get_size_inches().tolist() == [7.4, 2.9]
    titles = ["(4, 2) @ (1, 3): refused", "(4, 2) @ (2, 3): possible"]
    for ax, title, rows, sign in zip(
        fig.axes, titles, (1, 2), ("columns 2 ≠ rows 1", "columns 2 = rows 2"), strict=True
    ):
        assert ax.get_title() == title
        assert not ax.axison and ax.get_aspect() == 1
        assert [text.get_text() for text in ax.texts] == [
            "X (4, 2)",
            f"w ({rows}, 3)",
            "@",
            sign,
        ]
        corners = [tuple(round(c, 6) for c in square.get_xy()) for square in ax.patches]
        left = {(0.5 * j, -1 + 0.5 * i) for i in range(4) for j in range(2)}
        right = {(2.4 + 0.5 * j, -0.25 * rows + 0.5 * i) for i in range(rows) for j in range(3)}
        assert set(corners) == {tuple(round(c, 6) for c in corner) for corner in left | right}
        assert len(corners) == 8 + 3 * rows
        assert {square.get_width() for square in ax.patches} == {0.5}
        assert {square.get_height() for square in ax.patches} == {0.5}
        first, last = ax.patches[0].get_facecolor(), ax.patches[-1].get_facecolor()
        assert first != last and ax.patches[7].get_facecolor() == first
        assert ax.patches[8].get_facecolor() == last
        assert ax.get_xlim() == (-0.9, pytest.approx(4.8)) and ax.get_ylim() == (-1.9, 2.1)
        places = [text.get_position() for text in ax.texts]
        assert places[0] == (0.5, -1.5) and places[1] == pytest.approx((3.15, -0.25 * rows - 0.5))
        assert places[2] == (1.7, 0) and places[3] == (1.7, 1.35)
    assert alt.endswith(
        "(4, 2) @ (1, 3) is refused, since 2 ≠ 1; (4, 2) @ (2, 3) is possible, since 2 = 2."
    )


def test_old_record(shown):
    kept, true = [9.0, 9.0, 9.0, 9.0], [9.0, 4.0, 5.0, 12.0]
    fig, alt = shown(pictures.old_record, kept, true)
    (ax,) = fig.axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [kept, true]
    for line in ax.lines:
        assert list(line.get_xdata()) == [0, 1, 2, 3] and line.get_marker() == "."
    assert [line.get_linestyle() for line in ax.lines] == ["--", "-"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "loss in the loop",
        "loss of the model",
    ]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("updates made", "mean squared error")
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 12
    assert fig.get_size_inches().tolist() == [6.4, 3.2]
    assert alt == (
        "Two losses over 3 updates. The one in the loop stays at 9. The model's own falls to 4 "
        "after 1 updates and then rises to 12."
    )


def test_losses_in_a_picture_s_text_have_two_digits():
    for number, text in (
        (49027.0, "49000"),
        (121276.0, "120000"),
        (2635.0, "2600"),
        (9.0, "9"),
        (1.2e6, "1200000"),
    ):
        assert pictures.two_digits(torch.tensor(number)) == text


def test_last_state(shown):
    fig, alt = shown(pictures.last_state, LOTS, PRICES, 0.016, -0.4)
    (ax,) = fig.axes
    dots, *lines = ax.lines
    assert dots.get_marker() == "." and dots.get_linestyle() == "None"
    assert dots.get_xdata().tolist() == LOTS[:, 0].tolist()
    assert dots.get_ydata().tolist() == PRICES[:, 0].tolist()
    end = 1.05 * LOTS.max().item()
    best = torch.linalg.lstsq(torch.cat([LOTS, torch.ones_like(LOTS)], 1), PRICES).solution[:, 0]
    mean = PRICES.mean().item()
    wanted = [(0.016, -0.4), (0.0, mean), tuple(best.tolist())]
    names = ["the trained model", "blind bid", "least squares"]
    for line, (slope, start), name in zip(lines, wanted, names, strict=True):
        assert line.get_xdata().tolist() == pytest.approx([0, end])
        assert line.get_ydata().tolist() == pytest.approx([start, start + slope * end])
        assert line.get_label() == name
        error = (LOTS * slope + start - PRICES).square().mean().sqrt()
        assert (
            f"{name.capitalize()}: from {round(start)} at the left end to "
            f"{round(start + slope * end)} at the right, root mean squared error {error:.0f}."
        ) in alt
    assert len({line.get_color() for line in lines}) == 3
    assert [line.get_linestyle() for line in lines] == ["-", "--", ":"]
    assert {line.get_marker() for line in lines} == {"None"}
    assert fig.get_size_inches().tolist() == [6.4, 3.6]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert ax.get_xlim() == (0, pytest.approx(end)) and ax.get_ylim()[0] == 0
    assert ax.get_xlabel() == "lot size (square feet)"
    assert ax.get_ylabel() == "price (thousands of dollars)"
    assert alt.startswith("Prices of 88 houses against lot size, and three lines. ")
    assert matplotlib.colors.to_rgb(dots.get_color()) == (0.6, 0.6, 0.6)


ONES = torch.ones


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        ("inner_sizes", ("X", ONES(1, 2), ONES(2, 1)), TypeError, "X must be"),
        (
            "inner_sizes",
            (ONES(4), ONES(1, 2), ONES(2, 1)),
            ValueError,
            r"X must have shape \(n, d\)",
        ),
        (
            "inner_sizes",
            (ONES(4, 2), ONES(2), ONES(2, 1)),
            ValueError,
            r"wrong must have shape \(k, m\)",
        ),
        (
            "inner_sizes",
            (ONES(4, 2), ONES(1, 2), ONES(2)),
            ValueError,
            r"right must have shape \(d, m\)",
        ),
        (
            "inner_sizes",
            (ONES(4, 2), ONES(2, 1), ONES(2, 1)),
            ValueError,
            "wrong must not have 2 rows",
        ),
        (
            "inner_sizes",
            (ONES(4, 2), ONES(1, 2), ONES(3, 1)),
            ValueError,
            "right must have 2 rows, as many as X has columns, got 3",
        ),
        ("old_record", ([1.0], [1.0, 2.0]), ValueError, "of_the_model must have shape"),
        ("old_record", ("text", [1.0]), TypeError, "in_the_loop"),
        ("old_record", ([1.0, float("nan")], [1.0, 2.0]), ValueError, "in_the_loop must be finite"),
        ("last_state", (HOUSES.X, PRICES, 0.1, 0.0), ValueError, "X must have shape"),
        ("last_state", (LOTS, PRICES[:5], 0.1, 0.0), ValueError, "y must have shape"),
        ("last_state", (LOTS, PRICES, float("nan"), 0.0), ValueError, "weight must be finite"),
        ("last_state", (LOTS, PRICES, 0.1, "low"), TypeError, "bias must be a real number"),
    ],
)
def test_pictures_refuse(shown, function, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, function), *arguments)
