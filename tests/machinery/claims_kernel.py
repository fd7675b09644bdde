"""The half of the claims that runs inside a lesson's kernel; `machinery.claims` sends it there.

`run` executes one block of claims on a copy of the lesson's names. Whatever the block does, the
lesson goes on as it was: its generators are put back, and a value that the block changed in place
is a fault of the block.
"""

import ast
import base64
import contextlib
import hashlib
import json
import linecache
import pickle
import random
import sys
import traceback
import types

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Sampler

DEEPEST = 6  # how far a value is followed into lists, dictionaries and loaders
LONGEST = 3000  # characters of a message


def run(names, file, head, block, line):
    """Execute the head and one block of a claims file.

    Args:
        names: the lesson's names, a dictionary; it is copied.
        file: the path of the claims file, for tracebacks.
        head: the source that stands before the first block.
        block: the source of the block.
        line: the line of `file` in which the block begins, from 1.

    Returns:
        base64 of JSON: `error` (a message or None), `stated` (the texts given to `in_prose`) and
        `cited` (the numbers given to `cited`).
    """
    stated, cited_numbers = [], []

    def in_prose(text):
        if not isinstance(text, str) or not any(map(str.isdigit, text)):
            raise TypeError(f"in_prose takes a text with a number, formatted, got {text!r}")
        stated.append(text)

    def cited(number, source):
        if not isinstance(number, str) or not any(map(str.isdigit, number)):
            raise TypeError(f"cited takes the number as a text, got {number!r}")
        if not isinstance(source, str) or len(source.split()) < 2:
            raise TypeError(f"cited takes the source in words, got {source!r}")
        cited_numbers.append(number)

    def execute(explain):
        own = {**names, "in_prose": in_prose, "cited": cited}
        exec(compiled(head, file, 1, explain), own)
        exec(compiled(block, file, line, explain), own)

    before = {name: fingerprint(value) for name, value in names.items() if kept(name, value)}
    with as_it_was(names):
        error = failure(execute, file, explain=False)
    if error and error.startswith("AssertionError"):
        # Once more, with the values written into the message, as pytest does for its own tests.
        with as_it_was(names):
            error = failure(execute, file, explain=True) or error
    changed = sorted(name for name, mark in before.items() if fingerprint(names[name]) != mark)
    if changed and not error:
        error = f"the claim changed {', '.join(changed)}, which belongs to the lesson: copy first"
    result = {"error": error and error[:LONGEST], "stated": stated, "cited": cited_numbers}
    return base64.b64encode(json.dumps(result).encode()).decode()


def compiled(source, file, line, explain):
    """The code of a part of a claims file; its lines keep the numbers that they have there."""
    text = "\n" * (line - 1) + source
    tree = ast.parse(text, file)
    if explain:
        from _pytest.assertion.rewrite import rewrite_asserts

        rewrite_asserts(tree, text.encode())
    return compile(tree, file, "exec")


def failure(execute, file, explain):
    """Run `execute(explain)`; a message with the claim and its line if it raises, else None."""
    try:
        execute(explain)
    except BaseException as error:
        # A claim that leaves the interpreter fails like any other.
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        number = frames[-1].lineno if frames else getattr(error, "lineno", None)
        claim = linecache.getline(file, number).strip() if number else ""
        message = str(error).strip()
        return f"{type(error).__name__}: {message}\nline {number}: {claim}"
    return None


@contextlib.contextmanager
def as_it_was(names):
    """Put back every generator that a block may draw from, the default dtype and the grad mode."""
    generators = [g for g in found(list(names.values())) if isinstance(g, torch.Generator)]
    states = [(g, g.get_state()) for g in generators]
    numpy_generators = [v for v in names.values() if isinstance(v, np.random.Generator)]
    numpy_states = [(g.bit_generator, g.bit_generator.state) for g in numpy_generators]
    own_random = [(v, v.getstate()) for v in names.values() if isinstance(v, random.Random)]
    standard, global_numpy = random.getstate(), np.random.get_state()
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        random.setstate(standard)
        np.random.set_state(global_numpy)
        for generator, state in states:
            generator.set_state(state)
        for bits, state in numpy_states:
            bits.state = state
        for generator, state in own_random:
            generator.setstate(state)


def kept(name, value):
    """Whether a name of the kernel is the lesson's and its value one that could change."""
    code = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    return not name.startswith("_") and name not in ("In", "Out") and not isinstance(value, code)


def found(values, depth=0):
    """All values reached through containers and loaders, the containers included."""
    for value in values:
        yield value
        if depth == DEEPEST:
            continue
        if isinstance(value, dict):
            yield from found(value.values(), depth + 1)
        elif isinstance(value, (list, tuple)):
            yield from found(value, depth + 1)
        elif isinstance(value, (DataLoader, Sampler, BatchSampler)):
            yield from found(vars(value).values(), depth + 1)


def fingerprint(value, depth=0):
    """A short text that is another one after `value` was changed in place."""
    if depth > DEEPEST or isinstance(value, torch.Generator):
        return ""  # generators are put back
    if isinstance(value, torch.Tensor):
        held = None  # `meta` holds no numbers
        if not value.is_meta:
            # The memory itself: pickle would copy it first, and lesson 17 has 64 million bytes.
            memory = np.ascontiguousarray(value.detach().cpu().numpy())
            held = hashlib.sha1(memory).hexdigest()
        parts = [value.shape, value.dtype, value.requires_grad, held]
        return digest([*parts, None if value.grad is None else fingerprint(value.grad)])
    if isinstance(value, torch.nn.Module):
        parameters = {name: fingerprint(p) for name, p in value.named_parameters()}
        return digest([parameters, {n: fingerprint(b) for n, b in value.named_buffers()}])
    if isinstance(value, torch.optim.Optimizer):
        return fingerprint(value.state_dict(), depth + 1)
    if isinstance(value, dict):
        return digest({repr(key): fingerprint(v, depth + 1) for key, v in value.items()})
    if isinstance(value, (list, tuple)):
        return digest([fingerprint(v, depth + 1) for v in value])
    pandas = sys.modules.get("pandas")  # not imported here: a lesson without it need not wait
    if pandas and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return digest([*map(list, value.axes), value.to_numpy(dtype=object).tolist()])
    if isinstance(
        value, (np.ndarray, np.generic, int, float, complex, str, bytes, set, type(None))
    ):
        return digest(value)
    return ""  # others may keep caches, and would seem changed when they were only looked at


def digest(value):
    """A hash of what pickle makes of a value; of its identity where pickle refuses."""
    try:
        return hashlib.sha1(pickle.dumps(value)).hexdigest()
    except Exception:
        return f"{type(value).__name__} at {id(value)}"
