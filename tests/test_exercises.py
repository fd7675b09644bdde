"""The exercises: every checker meets its stub, its solution, other right answers and wrong ones."""

import contextlib
import importlib
import inspect
import io
import re

import pytest
import torch
from machinery.reading import LESSONS, SOLUTIONS, code_cells, read

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor

NUMBERS = [path.name[:2] for path in LESSONS]
CHECKS = {number: importlib.import_module(f"helpers.checks.lesson_{number}") for number in NUMBERS}
ANSWERS = {number: importlib.import_module(f"answers.lesson_{number}") for number in NUMBERS}


def checkers(number):
    """The checkers of a lesson, by name: the functions that its module decorates."""
    module = CHECKS[number]
    return {
        name: f
        for name, f in vars(module).items()
        if inspect.isfunction(f) and f.__module__ == module.__name__ and hasattr(f, "__wrapped__")
    }


def verdict(checker, *answers):
    """What the checker prints, its lines joined; there must be one verdict and no more."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert checker(*answers) is None
    assert not err.getvalue()
    text = " ".join(out.getvalue().split())
    assert text.count("Exercise ") == 1, text
    return text


EXERCISES = [(number, name) for number in NUMBERS for name in checkers(number)]
RIGHT = [
    pytest.param(number, name, answers, id=f"{number}-{name}-{k}")
    for number, name in EXERCISES
    for k, answers in enumerate(ANSWERS[number].RIGHT.get(name, []))
]
WRONG = [
    pytest.param(number, name, answers, fragment, id=f"{number}-{name}-{k}")
    for number, name in EXERCISES
    for k, (answers, fragment) in enumerate(ANSWERS[number].WRONG.get(name, []))
]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_lesson_has_three_to_five_exercises_in_order(number):
    names = checkers(number)
    assert 3 <= len(names) <= 5
    waiting = [verdict(f, *[...] * len(inspect.signature(f).parameters)) for f in names.values()]
    assert waiting == [
        f"Exercise {int(number)}.{k + 1} waits for your answer." for k in range(len(names))
    ]


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_enough_answers_are_tried(number, name):
    wrong = ANSWERS[number].WRONG[name]
    assert len(ANSWERS[number].RIGHT[name]) >= 1
    assert len(wrong) >= 3
    assert len({fragment for _, fragment in wrong}) >= 3


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_notebook_calls_every_checker_once_and_shows_its_verdict(path):
    """Stubs wait and solutions are right; nbval sees to it that these outputs are the real ones."""
    verdict_of = "right. " if path in SOLUTIONS else "waits for your answer."
    shown = {}
    for cell in code_cells(read(path)):
        for name in re.findall(r"^check\.(\w+)\(", cell.source, re.MULTILINE):
            assert name not in shown, f"{path.name} calls check.{name} twice"
            shown[name] = " ".join(cell.outputs[0].text.split())
    names = checkers(path.name[:2])
    assert list(shown) == list(names)
    for k, text in enumerate(shown.values()):
        assert text.startswith(f"Exercise {int(path.name[:2])}.{k + 1}"), text
        assert verdict_of in text


@pytest.mark.parametrize(("number", "name", "answers"), RIGHT)
def test_another_right_answer_passes(number, name, answers):
    line = verdict(checkers(number)[name], *answers)
    assert re.match(r"Exercise \d+\.\d+: right\. \S", line), line


@pytest.mark.parametrize(("number", "name", "answers", "fragment"), WRONG)
def test_wrong_answer_is_told_its_mistake(number, name, answers, fragment):
    line = verdict(checkers(number)[name], *answers)
    assert re.match(r"Exercise \d+\.\d+: not yet\. ", line), line
    assert fragment in line


def raises(error):
    """A function that raises `error`, whatever it is given."""

    def answer(*args):
        raise error

    return answer


NONSENSE = {
    "None": None,
    "text": "text",
    "empty list": [],
    "NaN": float("nan"),
    "empty tensor": torch.zeros(0),
    "object": object(),
    "function without arguments": lambda: None,
    "function returning None": lambda *args: None,
    "function returning text": lambda *args: "text",
    "function returning NaN": lambda *args: torch.full((2, 3, 4), float("nan")),
    "function dividing by zero": raises(ZeroDivisionError("division by zero")),
    "function leaving Python": raises(SystemExit(3)),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_nonsense_is_refused_without_an_exception(number, name, answer):
    f = checkers(number)[name]
    state = torch.random.get_rng_state()
    line = verdict(f, *[answer] * len(inspect.signature(f).parameters))
    assert re.match(r"Exercise \d+\.\d+: not yet\. ", line), line
    assert torch.equal(torch.random.get_rng_state(), state)


def stub(X, y):
    raise NotImplementedError


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_stub_function_waits(number, name):
    f = checkers(number)[name]
    line = verdict(f, *[stub] * len(inspect.signature(f).parameters))
    assert "waits for your answer" in line


def test_learners_line_is_named():
    @exercise("0.1", "Good.")
    def check(f):
        f()

    def answer():
        return [][3]

    line = verdict(check, answer)
    assert "`return [][3]`" in line
    assert "IndexError: list index out of range" in line
    number = inspect.getsourcelines(answer)[1] + 1
    assert f"line {number}," in line


def test_keyboard_interrupt_is_not_swallowed():
    @exercise("0.1", "Good.")
    def check(f):
        f()

    with pytest.raises(KeyboardInterrupt):
        check(raises(KeyboardInterrupt()))


@pytest.mark.parametrize(
    ("value", "fragment"),
    [(None, "NoneType"), ("3", "str"), (True, "bool"), (float("inf"), "finite")],
)
def test_expect_number_refuses(value, fragment):
    with pytest.raises(Mistake, match=fragment):
        expect_number("answer", value)


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        (None, "`return` missing"),
        (3.0, "should be a tensor, got float"),
        (torch.zeros(3), r"shape \(3, 1\), got \(3,\)"),
        (torch.full((3, 1), float("nan")), "NaN"),
    ],
)
def test_expect_tensor_refuses(value, fragment):
    with pytest.raises(Mistake, match=fragment):
        expect_tensor("answer", value, (3, 1))


def test_close_compares_shapes_too():
    assert close(torch.ones(2), torch.ones(2) + 1e-7)
    assert not close(torch.ones(2), torch.ones(2, 1))
    assert not close(torch.ones(2), torch.ones(2) + 1e-3)
