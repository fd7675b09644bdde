"""The exercises: every checker meets its stub, its solution, other right answers and wrong ones."""

import contextlib
import importlib
import inspect
import io
import os
import pickle
import random
import re
import sys
import warnings

import numpy as np
import pytest
import torch
from machinery.reading import LESSONS, SOLUTIONS, code_cells, read

from helpers.checks import guard

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


def verdict(checker, *answers, **named):
    """What the checker prints, its lines joined; one verdict and no more, and no state changed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        before = state()
        assert checker(*answers, **named) is None
        assert state() == before
    assert not err.getvalue()
    text = " ".join(out.getvalue().split())
    assert text.count("Exercise ") == 1, text
    return text


def state():
    """What an answer can change, in a form that `==` compares."""
    values = [get() for get, _ in guard.STATE]
    # A tensor's pickle names its storage, another one each time.
    values = pickle.dumps(
        [v.numpy().tobytes() if isinstance(v, torch.Tensor) else v for v in values]
    )
    return values, warnings.filters[:], sys.stdout, sys.stderr


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


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__


def meddles(*args):
    """Changes all that it can reach, and leaves Python."""
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_printoptions(precision=1)
    np.set_printoptions(precision=1)
    torch.rand(1), random.random(), np.random.rand()
    torch.set_num_threads(1)
    warnings.simplefilter("error")
    os.chdir(os.sep)
    sys.stdout = sys.stderr = None
    raise SystemExit


def chatters(*args):
    for k in range(1500):
        print("line", k)


NONSENSE = {
    "None": None,
    "text": "text",
    "empty list": [],
    "NaN": float("nan"),
    "infinity": float("inf"),
    "complex number": 1j,
    "True": True,
    "class": dict,
    "empty tensor": torch.zeros(0),
    "object": object(),
    "function without arguments": lambda: None,
    "function returning None": lambda *args: None,
    "function returning text": lambda *args: "text",
    "function returning NaN": lambda *args: torch.full((2, 3, 4), float("nan")),
    "function dividing by zero": raises(ZeroDivisionError("division by zero")),
    "function leaving Python": raises(SystemExit(3)),
    "function raising what cannot be printed": raises(Unprintable()),
    "function not implemented deep inside": lambda *args: torch.nn.Module()(*args),
    "function returning itself": lambda *args: chatters,
    "function returning a complex tensor": lambda *args: torch.ones(2, 1) + 1j,
    "function returning a bool": lambda *args: True,
    "function returning integers": lambda *args: torch.ones(3, 1, dtype=torch.int64),
    "function that prints": chatters,
    "function that changes state": meddles,
}


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_nonsense_is_refused_without_an_exception(number, name):
    f = checkers(number)[name]
    for what, answer in NONSENSE.items():
        line = verdict(f, *[answer] * len(inspect.signature(f).parameters))
        assert re.match(r"Exercise \d+\.\d+: not yet\. ", line), f"{what}: {line}"
        assert len(line) < 1100, what


def stub(X, y):
    raise NotImplementedError


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_stub_function_waits(number, name):
    f = checkers(number)[name]
    line = verdict(f, *[stub] * len(inspect.signature(f).parameters))
    assert "waits for your answer" in line


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_wrong_number_of_answers_gets_a_clear_line(number, name):
    f = checkers(number)[name]
    wanted = ", ".join(inspect.signature(f).parameters)
    for answers, named in (((), {}), ([1] * 9, {}), ((), {"nonsense": 1})):
        assert verdict(f, *answers, **named).endswith(f"these, in this order: {wanted}")


@pytest.mark.parametrize(("number", "name"), EXERCISES)
def test_right_answer_is_right_in_any_notebook(number, name):
    """Whatever an earlier cell has switched: the dtype, the gradients, the device, warnings."""
    with guard.known_state(), warnings.catch_warnings():
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
        torch.rand(3)
        warnings.simplefilter("error")
        line = verdict(checkers(number)[name], *ANSWERS[number].RIGHT[name][0])
    assert re.match(r"Exercise \d+\.\d+: right\. \S", line), line
