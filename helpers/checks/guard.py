"""One guarded way to run an answer: in a known state, in bounded time, with one verdict."""

import contextlib
import ctypes
import dis
import functools
import inspect
import io
import linecache
import os
import queue
import random
import sys
import sysconfig
import textwrap
import threading
import time
import traceback
import types
import warnings
from pathlib import Path

import numpy as np
import torch

LIMIT = 10.0  # seconds that an answer may take
GLANCE = 0.25  # seconds between two looks at whether the answer is importing a module
AGAIN = 0.5  # seconds until a stop is repeated that a bare `except:` has swallowed
SHOWN = 5  # lines of what an answer prints that follow the verdict
WIDTH = 79  # characters of a line
KEPT = 10_000  # characters of what an answer prints
LONGEST = 1000  # characters of a verdict
STUB = {"RESUME", "CACHE", "NOP", "PUSH_NULL", "LOAD_GLOBAL", "LOAD_CONST", "PRECALL", "CALL"}
FOREIGN = [Path(sysconfig.get_path(key)) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
FOREIGN.append(Path(__file__).parent.parent)  # our own helpers are not the learner's code either


class Mistake(Exception):
    """A wrong answer; the message tells the learner which mistake it is."""


class TookTooLong(BaseException):
    """Raised inside an answer whose time is over; `except Exception` does not catch it."""


def exercise(number, confirmation):
    """Make a checker of a function that raises `Mistake` on a wrong answer.

    Args:
        number: the exercise as the lesson counts it, for instance "3.1".
        confirmation: the sentence that a right answer is rewarded with: what it shows.

    Returns:
        A decorator. The checker it makes prints one verdict, then the first lines of what the
        answer printed, and returns None. Only the learner's own interrupt leaves it.
    """

    def decorate(check):
        signature = inspect.signature(check)

        @functools.wraps(check)
        def checker(*answers, **named):
            try:
                answers = signature.bind(*answers, **named).args
            except TypeError:
                wanted = ", ".join(signature.parameters)
                say(f"Exercise {number}: not yet. The checker takes these, in this order: {wanted}")
                return
            if any(is_stub(answer) for answer in answers):
                say(f"Exercise {number} waits for your answer.")
                return
            with known_state() as printed:
                complaint = judge(check, answers)
            if complaint is None:
                say(f"Exercise {number}: right. {confirmation}")
            else:
                say(f"Exercise {number}: not yet. {complaint}")
            printed.show()

        return checker

    return decorate


def is_stub(answer):
    """Whether an answer is as the lesson gives it: `...`, or `raise NotImplementedError` alone.

    A finished function in which torch or a typo raises that error is none. A class is a stub when
    one of its own methods is.
    """
    if isinstance(answer, type):
        return any(is_stub(f) for f in vars(answer).values() if isinstance(f, types.FunctionType))
    if not isinstance(answer, types.FunctionType):
        return answer is ...
    steps = [step.opname for step in dis.get_instructions(answer)]
    only_raises = steps[-1] == "RAISE_VARARGS" and set(steps[:-1]) <= STUB
    return only_raises and answer.__code__.co_names == ("NotImplementedError",)


def judge(check, answers):
    """None when `check` accepts the answers, else a sentence that says what is wrong."""

    def complaint():
        try:
            check(*answers)
        except Mistake as mistake:
            return str(mistake)
        except (KeyboardInterrupt, TookTooLong):
            raise
        except BaseException as error:
            return describe(error)

    try:
        return in_time(complaint, LIMIT)
    except TookTooLong as error:
        place = own_line(error)
        at = f" at {place}," if place else ""
        return f"Your code was stopped{at} after {LIMIT:g} seconds. Does a loop in it never end?"


def in_time(run, seconds):
    """Return `run()`, or raise `TookTooLong` in it when the seconds are over, on any system.

    A second thread plants the exception in this one; a single call of C code that does not
    return, such as `time.sleep`, is stopped only after it. An import is never stopped, and its
    time does not count: torch imports a good part of itself when the first optimizer is made,
    and a module that was stopped half way would stay broken for the whole session.
    """
    identifier = threading.get_ident()
    thread = ctypes.c_ulong(identifier)
    plant = ctypes.pythonapi.PyThreadState_SetAsyncExc
    stop, sent, left = queue.SimpleQueue(), [], []

    def watch():
        wait = seconds
        while True:
            glance = min(wait, GLANCE)
            try:
                stop.get(timeout=glance)
                break
            except queue.Empty:
                if is_importing(identifier):
                    continue
                wait -= glance
                if wait <= 0:
                    sent.append(True)
                    plant(thread, ctypes.py_object(TookTooLong))
                    wait = AGAIN / len(sent)  # ever sooner, to meet a moment outside its `try`
        left.append(True)

    try:
        threading.Thread(target=watch, daemon=True).start()
        result = run()
    finally:
        # The exception may still arrive here, but never after this loop: first the watching
        # thread has left, then what it may have planted last is taken away.
        while True:
            try:
                stop.put(None)
                while not left:
                    time.sleep(0.0001)
                plant(thread, None)
                break
            except TookTooLong:
                pass
    if sent:  # the answer swallowed it
        raise TookTooLong
    return result


def print_options():
    """The options with which torch prints tensors, as a dict that may be changed."""
    return vars(torch._tensor_str.PRINT_OPTS)


def default_device():
    """The device of new tensors; torch 2.6 cannot say it once a default was set back."""
    return torch.empty(0).device


def use_device(device):
    """Make it the default one, if it is not: setting it, even to the CPU, slows torch down."""
    if default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)


# What an answer, or a cell before it, can change: how to read it, how to set it.
STATE = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (default_device, use_device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_rng_state, torch.set_rng_state),
    (random.getstate, random.setstate),
    (np.random.get_state, np.random.set_state),
    (lambda: dict(print_options()), lambda options: print_options().update(options)),
    (np.get_printoptions, lambda options: np.set_printoptions(**options)),
    (np.geterr, lambda options: np.seterr(**options)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (os.getcwd, os.chdir),
)


def is_importing(identifier):
    """Whether a thread is in the middle of an `import` that began after `in_time` did."""
    frame = sys._current_frames().get(identifier)
    while frame is not None and frame.f_code is not in_time.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def known_state():
    """Run a block in float32 on the CPU with gradients and fixed seeds; then put all back.

    Gives:
        What the block prints, a `Printed`. Warnings in the block are not shown.
    """
    before = [get() for get, _ in STATE]
    printed = Printed()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(),
            torch.inference_mode(False),
        ):
            warnings.simplefilter("ignore")
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
            use_device(torch.device("cpu"))
            torch.default_generator.manual_seed(0)
            random.seed(0)
            np.random.seed(0)
            yield printed
    finally:
        for (_, put), value in zip(STATE, before, strict=True):
            put(value)


class Printed(io.TextIOBase):
    """What an answer prints: the beginning is kept, the lines are counted."""

    def __init__(self):
        self.kept, self.breaks, self.last = "", 0, ""

    def write(self, text):
        self.kept += text[: KEPT - len(self.kept)]
        self.breaks += text.count("\n")
        self.last = text[-1:] or self.last
        return len(text)

    def show(self):
        """Print the first lines, each cut to the width, and how many more there were."""
        lines = self.kept.splitlines()[:SHOWN]
        if lines:
            print("Your code printed:")
        for line in lines:
            print(bounded(line, WIDTH))
        more = self.breaks + (self.last not in ("", "\n")) - len(lines)
        if more > 0:
            print(f"... and {more} more {'line' if more == 1 else 'lines'}")


def bounded(text, most):
    """The text, cut to `most` characters, without halves of characters that nothing can print."""
    text = text if len(text) <= most else text[: most - 3] + "..."
    return text.encode("utf-8", "replace").decode()


def say(verdict):
    """Print a verdict in lines of at most `WIDTH` characters, so that no page cuts it."""
    verdict = bounded(verdict, LONGEST)
    print(textwrap.fill(verdict, width=WIDTH, break_long_words=False, break_on_hyphens=False))


def own_line(error):
    """The deepest line of the learner's own code in an error's traceback, or ""."""
    place = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        inner = name.startswith("<") and not name.startswith(("<ipython-input", "<stdin"))
        packaged = {"site-packages", "dist-packages"} & set(Path(name).parts)
        if inner or packaged or any(Path(name).is_relative_to(path) for path in FOREIGN):
            continue
        if number is None:
            continue  # some instructions belong to no line, and an answer may be stopped in one
        line = bounded(linecache.getline(name, number).strip(), 100)
        place = f"line {number}" + (f", `{line}`" if line else "")
    return place


def describe(error):
    """One line about an exception in the learner's code: its line, type and message, bounded."""
    try:
        message = " ".join(bounded(str(error), 300).split())
    except (KeyboardInterrupt, TookTooLong):
        raise
    except BaseException:
        message = "its message cannot be printed"
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if isinstance(error, TypeError) and "NoneType" in message:
        # The message names a type only; what is None here is most often one of these two.
        what += ". Something is None there: a `.grad` before `backward()`, a missing `return`?"
    place = own_line(error)
    if not place:
        return f"Your answer could not be used: {what}"
    return f"Your code stopped at {place}, with {what}"
