"""What the checkers have in common is tested: the guard around an answer, what is asked of it."""

import contextlib
import functools
import importlib
import inspect
import io
import itertools
import json
import linecache
import os
import random
import re
import sys
import threading
import time
import types
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_int,
    expect_number,
    expect_pair,
    expect_tensor,
    expect_whole,
    guard,
    listed,
    say,
    take,
    unchanged,
)

# A checker that calls its answer and accepts all that it returns but 13. It stands where checkers
# stand, because none of its lines is the learner's.
SOURCE = """
@exercise("10.2", "It holds.")
def call(f):
    'A checker.'
    if f() == 13:
        raise Mistake("It is 13.")
"""
SPACE = {"exercise": exercise, "Mistake": Mistake}
exec(compile(SOURCE, Path(guard.__file__).with_name("lesson_99.py"), "exec"), SPACE)
call = SPACE["call"]


def printed(checker, *answers, **named):
    """What a checker prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert checker(*answers, **named) is None
    return out.getvalue()


def raises(error):
    """A function that raises `error`."""

    def answer():
        raise error

    return answer


RIGHT = "Exercise 10.2: right. It holds.\n"
WAITS = "Exercise 10.2 waits for your answer.\n"


# ---- The verdict ----


def test_verdicts():
    assert printed(call, lambda: 12) == RIGHT
    assert printed(call, lambda: 13) == "Exercise 10.2: not yet. It is 13.\n"
    assert printed(call, ...) == WAITS
    assert call.__name__ == "call"
    assert call.__doc__.startswith("A checker")


def test_say_wraps_at_79_characters_and_is_bounded(capsys):
    say("word " * 16 + "one " + "x" * 90 + " end")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["word " * 15 + "word", "one", "x" * 90, "end"]
    say("well-known " * 200)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 79
    assert all(not line.endswith("well-") for line in lines)
    text = " ".join(lines)
    assert 990 <= len(text) <= 1000
    assert text.endswith("...")


def test_bounded():
    assert guard.bounded("a" * 10, 10) == "a" * 10
    assert guard.bounded("a" * 11, 10) == "a" * 7 + "..."
    assert guard.bounded("\ud800", 10) == "?"


@pytest.mark.parametrize(
    ("answers", "named"),
    [((), {}), ((1, 2, 3), {}), ((1,), {"third": 2}), ((1, 2), {"first": 1})],
)
def test_wrong_arguments_get_a_clear_line(answers, named):
    @exercise("10.2", "It holds.")
    def two(first, second):
        raise AssertionError("never called")

    assert printed(two, *answers, **named) == (
        "Exercise 10.2: not yet. The checker takes these, in this order: first, second\n"
    )


def test_arguments_by_name_are_taken_in_the_order_of_the_checker():
    @exercise("10.2", "It holds.")
    def two(first, second):
        if (first, second) != (1, 2):
            raise Mistake(f"{first}, {second}")

    assert printed(two, second=2, first=1) == RIGHT
    assert printed(two, 1, second=...) == WAITS
    assert printed(two, ..., 2) == WAITS


# ---- The stub ----


def plain_stub(X, y):
    raise NotImplementedError


def documented_stub():
    """What is wanted."""
    raise NotImplementedError


def called_stub():
    raise NotImplementedError()


def stub_with_a_text():
    """What is wanted."""
    raise NotImplementedError("still to be written")


class StubOfANet(nn.Module):
    """One method is there, the other one is asked for."""

    def __init__(self):
        super().__init__()

    def forward(self, X):
        raise NotImplementedError


class FinishedNet(nn.Linear):
    """Nothing in it is a stub."""

    size = 3

    def forward(self, X):
        return X


def other_error():
    raise NotADirectoryError


def returned():
    return NotImplementedError


def after_a_line():
    size = 3
    raise NotImplementedError(size)


def under_a_condition(x=3):
    if x > 2:
        raise NotImplementedError


def of_another_name():
    raise NotImplementedError from ValueError


def nothing():
    pass


@pytest.mark.parametrize(
    "answer", [..., plain_stub, documented_stub, called_stub, stub_with_a_text, StubOfANet]
)
def test_stub_is_known_by_its_form(answer):
    assert guard.is_stub(answer) is True
    assert printed(call, answer) == WAITS


@pytest.mark.parametrize(
    "answer",
    [
        None,
        NotImplementedError,
        NotImplemented,
        FinishedNet,
        other_error,
        returned,
        after_a_line,
        under_a_condition,
        of_another_name,
        nothing,
        len,
        torch.zeros(2),
        functools.partial(plain_stub, 1),
    ],
)
def test_finished_code_is_no_stub(answer):
    assert guard.is_stub(answer) is False


def test_not_implemented_error_in_finished_code_is_named_with_its_line():
    def answer():
        size = 3
        return nn.Module()(torch.zeros(size))

    text = " ".join(printed(call, answer).split())
    assert text.startswith("Exercise 10.2: not yet. Your code stopped at line ")
    assert "`return nn.Module()(torch.zeros(size))`, with NotImplementedError: Module [" in text


# ---- What comes out of an answer ----


def test_none_in_a_calculation_is_told_its_usual_causes():
    def steps_without_backward():
        w = torch.zeros(2, requires_grad=True)
        return w - 0.1 * w.grad

    def adds_a_text():
        return 1 + "1"

    question = "Something is None there: a `.grad` before `backward()`, a missing `return`?"
    assert " ".join(printed(call, steps_without_backward).split()).endswith(f". {question}")
    assert question not in " ".join(printed(call, adds_a_text).split())


def test_line_of_the_learner_is_named():
    def answer():
        return [][3]

    line = inspect.getsourcelines(answer)[1] + 1
    text = " ".join(printed(call, answer).split())
    assert text == (
        f"Exercise 10.2: not yet. Your code stopped at line {line}, `return [][3]`, "
        "with IndexError: list index out of range"
    )


def test_line_is_never_one_of_the_library():
    def in_the_standard_library():
        return json.loads("{")

    def in_torch():
        return nn.Linear(2, 1)(torch.zeros(3))

    def in_helpers():
        return expect_whole("x", "no number")

    def in_generated_code():
        return eval("1 / 0")

    def deepest():
        return in_the_standard_library()

    for answer, line in (
        (in_the_standard_library, "`return json.loads("),
        (deepest, "`return json.loads("),
        (in_torch, "`return nn.Linear(2, 1)(torch.zeros(3))`"),
        (in_generated_code, "`return eval("),
    ):
        assert line in " ".join(printed(call, answer).split())
    with pytest.raises(Mistake) as caught:
        in_helpers()
    assert guard.own_line(caught.value).endswith('`return expect_whole("x", "no number")`')


def test_an_instruction_without_a_line_is_no_place(monkeypatch):
    """Python gives such ones None for a line; an answer may be stopped in one."""
    own = compile("def answer(): pass", "/tmp/ipykernel_12/345.py", "exec")
    frame = types.SimpleNamespace(f_code=own)
    monkeypatch.setattr(guard.traceback, "walk_tb", lambda _: [(frame, 3), (frame, None)])
    assert guard.own_line(ValueError()) == "line 3"


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("/tmp/ipykernel_12/345.py", True),
        ("<ipython-input-1-abc>", True),
        ("<stdin>", True),
        ("<string>", False),
        ("<frozen runpy>", False),
        ("/usr/lib/python3/dist-packages/torch/nn.py", False),
        ("/home/me/site-packages/torch/nn.py", False),
    ],
)
def test_code_of_cells_is_the_learners(name, own):
    code = "\n\ndef answer():\n    return [3" + ", 3" * 40 + "][77]\n"
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    space = {}
    exec(compile(code, name, "exec"), space)
    try:
        text = " ".join(printed(call, space["answer"]).split())
    finally:
        del linecache.cache[name]
    line = ("return [3" + ", 3" * 40)[:97] + "..."
    place = f"Your code stopped at line 4, `{line}`, with"
    assert text == (
        f"Exercise 10.2: not yet. {place if own else 'Your answer could not be used:'} "
        "IndexError: list index out of range"
    )


def test_line_without_text_has_its_number():
    space = {}
    exec(compile("def answer():\n    return 1 / 0", "/tmp/nowhere/9.py", "exec"), space)
    assert printed(call, space["answer"]).startswith(
        "Exercise 10.2: not yet. Your code stopped at line 2, with ZeroDivisionError:"
    )


def test_answer_that_is_no_code_has_no_line():
    text = " ".join(printed(call, "text").split())
    assert text == (
        "Exercise 10.2: not yet. Your answer could not be used: TypeError: "
        "'str' object is not callable"
    )


class Hostile(Exception):
    def __str__(self):
        raise SystemExit(2)

    __repr__ = __str__


class Endless(Exception):
    def __str__(self):
        while True:
            pass


class Interrupting(Exception):
    def __str__(self):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (Hostile(), "with Hostile: its message cannot be printed"),
        (ValueError(), "with ValueError"),
        (ValueError("two\nlines"), "with ValueError: two lines"),
        (ValueError("m" * 10**6), "with ValueError: " + "m" * 297 + "..."),
        (SystemExit(3), "with SystemExit: 3"),
        (GeneratorExit(), "with GeneratorExit"),
        (RecursionError("deep"), "with RecursionError: deep"),
    ],
)
def test_every_exception_becomes_one_bounded_line(error, end):
    text = " ".join(printed(call, raises(error)).split())
    assert text.startswith("Exercise 10.2: not yet. Your code stopped at line ")
    assert text.endswith(f", `raise error`, {end}")


def test_message_of_a_mistake_is_bounded():
    @exercise("10.2", "It holds.")
    def check(value):
        raise Mistake(f"Got {value}.")

    assert len(printed(check, "v" * 10**6)) < 1020
    assert printed(check, Hostile()).startswith("Exercise 10.2: not yet. Your ")


def test_own_interrupt_of_the_learner_gets_through():
    before = state()
    for error in (KeyboardInterrupt(), Interrupting()):
        with pytest.raises(KeyboardInterrupt):
            call(raises(error))
        assert same_state(before, state())


# ---- Known state, restored ----


def state():
    """All that an answer can change, in a form that `==` compares."""
    return {
        "dtype": torch.get_default_dtype(),
        "device": guard.default_device(),
        "grad": torch.is_grad_enabled(),
        "anomaly": torch.is_anomaly_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "threads": torch.get_num_threads(),
        "torch": torch.get_rng_state().tolist(),
        "random": random.getstate(),
        "numpy": str(np.random.get_state(legacy=False)["state"]["key"].tolist()),
        "torch prints": repr(torch.tensor([1 / 3, 1e9])),
        "numpy prints": repr(np.array([1 / 3])),
        "numpy errors": np.geterr(),
        "recursion": sys.getrecursionlimit(),
        "folder": os.getcwd(),
        "stdout": sys.stdout,
        "stderr": sys.stderr,
        "filters": list(warnings.filters),
        "showwarning": warnings.showwarning,
    }


def same_state(before, after):
    """Whether two states agree; says where they do not."""
    changed = [key for key in before if before[key] != after[key]]
    return not changed or pytest.fail(f"changed: {changed}")


CHANGES = {
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "grad": lambda: torch.set_grad_enabled(False),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() % 2 + 1),
    "torch": lambda: torch.rand(3),
    "random": random.random,
    "numpy": lambda: np.random.rand(3),
    "torch prints": lambda: torch.set_printoptions(precision=1, sci_mode=True),
    "numpy prints": lambda: np.set_printoptions(precision=1),
    "numpy errors": lambda: np.seterr(all="raise"),
    "recursion": lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 50),
    "folder": lambda: os.chdir(os.sep),
    "stdout": lambda: setattr(sys, "stdout", io.StringIO()),
    "stderr": lambda: setattr(sys, "stderr", io.StringIO()),
    "filters": lambda: warnings.simplefilter("error"),
    "showwarning": lambda: setattr(warnings, "showwarning", print),
}


@pytest.mark.parametrize("end", ["returns", "raises"])
@pytest.mark.parametrize("key", CHANGES)
def test_change_of_state_does_not_leave_the_checker(key, end):
    before, inside = state(), []

    def answer():
        CHANGES[key]()
        inside.append({} if key == "device" else state())
        if key == "device":
            inside[0][key] = guard.default_device()
        if end == "raises":
            raise SystemExit

    printed(call, answer)
    assert inside[0][key] != before[key]
    assert same_state(before, state())


@pytest.fixture
def restored():
    """A test that changes the state of the process itself; put back afterwards."""
    with guard.known_state():
        torch.set_num_threads(torch.get_num_threads())
        yield


def test_check_runs_in_a_known_state(restored):
    seen = []

    def answer():
        seen.append(
            (
                torch.get_default_dtype(),
                guard.default_device().type,
                torch.is_grad_enabled(),
                torch.is_inference_mode_enabled(),
                torch.rand(2).tolist(),
                random.random(),
                np.random.rand(),
            )
        )
        warnings.warn("not shown", stacklevel=1)

    def hostile():
        for key in ("dtype", "device", "grad", "torch", "random", "numpy", "filters"):
            CHANGES[key]()
        before = torch.get_default_dtype(), torch.is_grad_enabled(), guard.default_device()
        text = printed(call, answer)
        with torch.inference_mode():
            text += printed(call, answer)
        assert before == (torch.float64, False, torch.device("meta"))
        assert before == (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            guard.default_device(),
        )
        return text

    assert printed(call, answer) == RIGHT
    assert hostile() == 2 * RIGHT
    assert seen[0][:4] == (torch.float32, "cpu", True, False)
    generator = torch.Generator().manual_seed(0)
    assert (
        seen[0][4] == torch.rand(2, generator=generator, dtype=torch.float32, device="cpu").tolist()
    )
    assert seen[0][5] == random.Random(0).random()
    assert seen[0][6] == np.random.RandomState(0).rand()
    assert seen[0] == seen[1] == seen[2]


def test_default_device_is_left_alone_where_it_is_the_cpu(monkeypatch):
    calls = []
    monkeypatch.setattr(torch, "set_default_device", calls.append)
    assert printed(call, lambda: 1) == RIGHT
    assert calls == []


# ---- What an answer prints ----


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("one", "Your code printed:\none\n"),
        ("one\ntwo\n", "Your code printed:\none\ntwo\n"),
        ("1\n2\n3\n4\n5\n", "Your code printed:\n1\n2\n3\n4\n5\n"),
        ("1\n2\n3\n4\n5\n6", "Your code printed:\n1\n2\n3\n4\n5\n... and 1 more line\n"),
        ("1\n" * 7, "Your code printed:\n" + "1\n" * 5 + "... and 2 more lines\n"),
        ("y" * 79, "Your code printed:\n" + "y" * 79 + "\n"),
        ("y" * 80, "Your code printed:\n" + "y" * 76 + "...\n"),
        ("\ud800", "Your code printed:\n?\n"),
    ],
)
def test_beginning_of_what_is_printed_follows_the_verdict(text, shown):
    assert printed(call, lambda: print(text, end="")) == RIGHT + shown
    assert printed(call, lambda: print(text, end="", file=sys.stderr)) == RIGHT + shown
    assert printed(call, lambda: print(text, end="") or 13).endswith("It is 13.\n" + shown)


def test_prints_of_any_number_and_size_are_bounded():
    def many():
        for k in range(1500):
            print("line", k)

    assert printed(call, many).splitlines()[1:] == [
        "Your code printed:",
        *(f"line {k}" for k in range(5)),
        "... and 1495 more lines",
    ]
    large = guard.Printed()
    assert large.write("z" * 9_999) == 9_999
    for _ in range(3):
        assert large.write("z" * 10**6 + "\n") == 10**6 + 1
    assert len(large.kept) == 10_000
    assert large.breaks == 3
    assert large.write("") == 0


# ---- Answers without end ----


@pytest.fixture
def short(monkeypatch):
    """A limit of 0.2 seconds, repeated after 0.05."""
    monkeypatch.setattr(guard, "LIMIT", 0.2)
    monkeypatch.setattr(guard, "AGAIN", 0.05)


def for_ever():
    while True:
        pass


def swallow_for_ever():
    while True:
        try:
            sum(range(50))
        except:  # noqa: E722
            continue


def never_says():
    raise Endless


@pytest.mark.parametrize("answer", [for_ever, swallow_for_ever, never_says])
def test_answer_without_end_is_stopped(short, answer):
    before, begin = state(), time.monotonic()
    text = " ".join(printed(call, answer).split())
    assert 0.2 <= time.monotonic() - begin < 5
    assert re.fullmatch(
        r"Exercise 10\.2: not yet\. Your code was stopped at line \d+, `.+`, after 0\.2 seconds\. "
        r"Does a loop in it never end\?",
        text,
    )
    assert same_state(before, state())


def test_answer_that_swallows_the_stop_and_goes_on_is_told(short):
    def answer():
        with contextlib.suppress(BaseException):
            for_ever()

    text = " ".join(printed(call, answer).split())
    assert text == (
        "Exercise 10.2: not yet. Your code was stopped after 0.2 seconds. "
        "Does a loop in it never end?"
    )


def test_limit_is_some_seconds_and_a_stop_is_repeated():
    assert 5 <= guard.LIMIT <= 20
    assert 0.2 <= guard.AGAIN <= 1
    assert not issubclass(guard.TookTooLong, Exception)


def test_import_is_never_stopped_and_its_time_does_not_count(short, tmp_path, monkeypatch):
    """A module that was stopped half way would stay broken for the session."""
    source = (
        "import time\nbegin = time.monotonic()\nwhile time.monotonic() < begin + 1:\n    pass\n"
    )
    (tmp_path / "slow_to_import.py").write_text(source + "finished = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def imports():
        return importlib.import_module("slow_to_import").finished

    def imports_and_goes_on():
        imports()
        for_ever()

    assert printed(call, imports) == "Exercise 10.2: right. It holds.\n"
    monkeypatch.delitem(sys.modules, "slow_to_import")
    assert "stopped at line" in printed(call, imports_and_goes_on)
    assert sys.modules["slow_to_import"].finished


def test_stop_never_arrives_after_the_check(monkeypatch):
    """Limits about as long as the run itself, so that the stop comes at any moment of its end."""
    monkeypatch.setattr(guard, "AGAIN", 0.0001)
    outcomes = set()
    for k in range(300):
        try:
            outcomes.add(guard.in_time(lambda: sum(range(2000)), (k % 30) * 1e-5))
        except guard.TookTooLong:
            outcomes.add("stopped")
        sum(range(1000))
    assert outcomes == {sum(range(2000)), "stopped"}
    time.sleep(0.01)


def test_watching_thread_leaves_with_the_check():
    threads = threading.active_count()
    assert guard.in_time(lambda: "result", 60) == "result"
    with pytest.raises(ZeroDivisionError):
        guard.in_time(lambda: 1 / 0, 60)
    time.sleep(0.05)
    assert threading.active_count() == threads


def test_watching_thread_does_not_hold_up_the_end_of_python():
    daemons = []

    def answer():
        daemons.extend(t.daemon for t in threading.enumerate() if t.name.endswith("(watch)"))

    printed(call, answer)
    assert daemons == [True]


# ---- Numbers ----


@pytest.mark.parametrize(
    "value",
    [
        *(3, 3.0, Fraction(3), np.float32(3), np.int64(3), np.float64(3)),
        *(torch.tensor(3), torch.tensor([[3.0]]), torch.tensor([3.0], requires_grad=True)),
    ],
)
def test_expect_number_accepts(value):
    number = expect_number("answer", value)
    assert (number, type(number)) == (3.0, float)


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        (None, "`answer` should be a number, got NoneType."),
        ("3", "`answer` should be a number, got str."),
        (True, "got bool"),
        (np.True_, "got bool"),
        (3 + 0j, "got complex"),
        (torch.tensor(True), "got bool"),
        (torch.tensor(3 + 0j), "got complex"),
        (torch.zeros(2, 3), "should be a number, got a tensor (2, 3)."),
        (torch.zeros(0), "got a tensor (0,)."),
        (float("inf"), "`answer` should be finite, got inf."),
        (-np.inf, "should be finite, got -inf."),
        (torch.tensor(float("nan")), "should be finite, got nan."),
        (10**400, "should be finite, got inf."),
    ],
)
def test_expect_number_refuses(value, fragment):
    with pytest.raises(Mistake, match=re.escape(fragment)):
        expect_number("answer", value)
    with pytest.raises(Mistake):
        expect_whole("answer", value)


def test_tensor_is_refused_where_a_float_is_asked():
    for expect in (expect_number, expect_whole):
        assert expect("answer", 3.0, tensor=False) == 3
        with pytest.raises(Mistake, match=r"should be a number, got a tensor: `\.item\(\)`"):
            expect("answer", torch.tensor(3.0), tensor=False)


def test_expect_whole():
    for value in (320.00000000000006, 320, np.int32(320), torch.tensor(320)):
        whole = expect_whole("answer", value)
        assert (whole, type(whole)) == (320, int)
    assert expect_whole("answer", 2 * 10**9 + 1) == 2 * 10**9 + 1
    assert expect_whole("answer", 10**12 + 0.01) == 10**12
    assert expect_whole("answer", -1e-10) == 0
    for value in (319.5, 0.01, 1 + 1e-8, -1e-8, 1e-8):
        with pytest.raises(Mistake, match=f"`answer` should be a whole number, got {value:g}"):
            expect_whole("answer", value)


def test_expect_int():
    for value in (3, np.int64(3)):
        answer = expect_int("row", value)
        assert (answer, type(answer)) == (3, int)
    for value, kind in ((3.0, "float"), (True, "bool"), ("3", "str"), (None, "NoneType")):
        with pytest.raises(Mistake, match=f"`row` should be an int, got {kind}"):
            expect_int("row", value)
    with pytest.raises(Mistake, match=r"`row` should be an int, got a tensor: `\.item\(\)`"):
        expect_int("row", torch.tensor(3))


# ---- Tensors ----


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_expect_tensor_accepts(dtype):
    value = torch.ones(3, 1, dtype=dtype)
    assert expect_tensor("answer", value, [3, 1]) is value
    assert expect_tensor("answer", value, (3, 1), dtype=dtype, graph=False) is value
    value.requires_grad_()
    assert expect_tensor("answer", value, (3, 1)) is value
    assert expect_tensor("answer", value, (3, 1), graph=True) is value


def test_expect_tensor_accepts_other_kinds_where_they_are_asked():
    assert expect_tensor("answer", torch.tensor([2]), (1,), torch.int64) == 2
    assert expect_tensor("answer", torch.tensor([True]), (1,), torch.bool)


@pytest.mark.parametrize(
    ("value", "wanted", "sentence"),
    [
        (None, {}, "`answer` is None: is a `return` missing?"),
        (3.0, {}, "`answer` should be a tensor, got float."),
        (torch.zeros(3), {}, "`answer` should have shape (3, 1), got (3,)."),
        (torch.zeros(1, 3, 1), {}, "`answer` should have shape (3, 1), got (1, 3, 1)."),
        (torch.full((3, 1), torch.nan), {}, "`answer` holds NaN or infinity."),
        (torch.tensor([[1], [2], [torch.inf]]), {}, "`answer` holds NaN or infinity."),
        (torch.ones(3, 1) + 0j, {}, "should hold real floating numbers, got torch.complex64."),
        (torch.ones(3, 1).bool(), {}, "should hold real floating numbers, got torch.bool."),
        (torch.ones(3, 1).int(), {}, "should hold real floating numbers, got torch.int32."),
        (
            torch.ones(3, 1),
            {"dtype": torch.float64},
            "`answer` should hold torch.float64, got torch.float32.",
        ),
        (
            torch.ones(3, 1),
            {"graph": True},
            "No gradient flows through `answer`: it has left the graph.",
        ),
        (
            torch.ones(3, 1, requires_grad=True),
            {"graph": False},
            "`answer` still carries its graph: `.detach()` gives the values alone.",
        ),
    ],
)
def test_expect_tensor_refuses(value, wanted, sentence):
    with pytest.raises(Mistake) as caught:
        expect_tensor("answer", value, (3, 1), **wanted)
    assert str(caught.value).endswith(sentence)


def test_expect_pair():
    w, b = torch.zeros(2, 1), torch.zeros(1)
    for pair in ((w, b), [w, b]):
        found = expect_pair(("w", "b"), pair, 2, dtype=torch.float32, graph=False)
        assert found[0] is w
        assert found[1] is b


@pytest.mark.parametrize(
    ("pair", "wanted", "sentence"),
    [
        (None, {}, "The function returned None: is a `return` missing?"),
        (torch.zeros(2, 1), {}, "Return two tensors: w, then b."),
        ((torch.zeros(2, 1),), {}, "Return two tensors: w, then b."),
        ((torch.zeros(2), torch.zeros(1)), {}, "`w` should have shape (2, 1), got (2,)."),
        ((torch.zeros(2, 1), torch.zeros(())), {}, "`b` should have shape (1,), got ()."),
        ((torch.zeros(2, 1), torch.zeros(1, 1)), {}, "`b` should have shape (1,), got (1, 1)."),
        (
            (torch.zeros(2, 1), torch.zeros(1).double()),
            {"dtype": torch.float32},
            "`b` should hold torch.float32, got torch.float64.",
        ),
        (
            (torch.zeros(2, 1).double(), torch.zeros(1)),
            {"dtype": torch.float32},
            "`w` should hold torch.float32, got torch.float64.",
        ),
        (
            (torch.zeros(2, 1), torch.zeros(1, requires_grad=True)),
            {"graph": True},
            "No gradient flows through `w`: it has left the graph.",
        ),
        (
            (torch.zeros(2, 1, requires_grad=True), torch.zeros(1)),
            {"graph": True},
            "No gradient flows through `b`: it has left the graph.",
        ),
    ],
)
def test_expect_pair_refuses(pair, wanted, sentence):
    with pytest.raises(Mistake) as caught:
        expect_pair(("w", "b"), pair, 2, **wanted)
    assert str(caught.value) == sentence


# ---- Agreement ----


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (torch.ones(2), torch.ones(2) + 1e-7),
        (torch.ones(2), torch.ones(2).double() * (1 + 9e-5)),
        (torch.ones(2, requires_grad=True), [1, 1]),
        (3, 3.0),
        (np.float64(3), torch.tensor(3.0)),
        (np.int64(3), 3.0),
        (0.0, 9e-7),
        (torch.tensor([2, 3]), torch.tensor([2, 3], dtype=torch.int32)),
        (torch.tensor([True]), [True]),
        (1j, torch.tensor(1j)),
        (torch.zeros(0, 2), torch.zeros(0, 2)),
    ],
)
def test_close(a, b):
    assert close(a, b) is True
    assert close(b, a) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (torch.ones(2), torch.ones(2, 1)),
        (torch.ones(1), 1.0),
        (torch.ones(2), torch.ones(2) + 2e-4),
        (0.0, 2e-6),
        (torch.ones(2), torch.ones(2, dtype=torch.int64)),
        (torch.tensor(3), 3),
        (torch.ones(2), torch.ones(2).bool()),
        (torch.ones(2), torch.ones(2) + 0j),
        (1 + 0j, 1),
        (1j, 2j),
        (1j, 1e-9),
        (True, 1),
        (torch.inf, torch.inf),
        (torch.nan, torch.nan),
        (torch.inf, 1.0),
        (1.0, torch.inf),
    ],
)
def test_not_close(a, b):
    assert close(a, b) is False


def test_close_has_tolerances():
    assert close(1.0, 1.04, rtol=0.05)
    assert not close(1.0, 1.04, rtol=0.03)
    assert close(0.0, 0.04, atol=0.05)
    assert close(1 + 1e-12, 1, rtol=1e-11, atol=0)
    assert not close(1 + 1e-12, 1, rtol=1e-13, atol=0)


def test_listed():
    assert listed(torch.tensor([[1.23456], [-2.0]], requires_grad=True)) == "[1.235, -2]"
    assert listed(torch.arange(4.0)) == "[0, 1, 2, 3]"
    assert listed(torch.arange(5.0)) == "[0, 1, 2, 3, ...]"
    assert listed(torch.arange(3.0), most=2) == "[0, 1, ...]"


# ---- Items and inputs ----


def test_take():
    assert take(iter("abc"), 3) == ["a", "b", "c"]
    assert take(range(2), 3) == [0, 1]
    endless = itertools.count()
    with pytest.raises(Mistake, match=r"A loop over the batches gives more than 4 items: does"):
        take(endless, 4, "the batches")
    assert next(endless) == 5
    with pytest.raises(Mistake, match=r"No loop over the result is possible: it is int\."):
        take(3, 4)


def inputs():
    """Arguments of each kind that `unchanged` compares."""
    X = torch.tensor([[1.0, torch.nan], [3.0, 4.0]])
    w = torch.zeros(2, 1, requires_grad=True)
    return {"X": X, "batches": [(X.clone(), X.clone())], "state": {"w": w}, "n": 2, "ids": [1]}


def test_unchanged_lets_an_answer_read():
    given = inputs()
    with unchanged(**given):
        (given["X"] @ given["state"]["w"]).sum().backward()
    assert list(given) == ["X", "batches", "state", "n", "ids"]
    with pytest.raises(ZeroDivisionError), unchanged(**given):
        given["X"] += 1
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("X", lambda g: g["X"].mul_(2)),
        ("X", lambda g: g["X"][1].add_(1e-6)),
        ("X", lambda g: g["X"].nan_to_num_()),
        ("X", lambda g: g["X"].fill_(torch.nan)),
        ("X", lambda g: g["X"].requires_grad_()),
        ("X", lambda g: g["X"].unsqueeze_(0)),
        ("X", lambda g: setattr(g["X"], "data", g["X"].double())),
        ("batches", lambda g: g["batches"][0][1].zero_()),
        ("batches", lambda g: g["batches"].pop()),
        ("batches", lambda g: g["batches"].append(1)),
        ("batches", lambda g: g["batches"].__setitem__(0, 3)),
        ("ids", lambda g: g["ids"].__setitem__(0, [1])),
        ("batches", lambda g: g["batches"].__setitem__(0, (torch.zeros(2, 2), 3.0))),
        ("state", lambda g: g["state"]["w"].requires_grad_(False)),
        ("state", lambda g: g["state"].clear()),
        ("state", lambda g: g["state"].update(v=g["state"].pop("w"))),
        ("ids", lambda g: g["ids"].__setitem__(0, 2)),
        ("ids", lambda g: g["ids"].__setitem__(0, True)),
    ],
)
def test_change_of_an_argument_is_named(name, change):
    given = inputs()
    with pytest.raises(Mistake) as caught, unchanged(**given):
        change(given)
    sentence = f"Your code changed `{name}`: what it is given must stay as it is."
    assert str(caught.value) == sentence
