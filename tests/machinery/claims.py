"""Claims: what each cell of a lesson must have computed, checked in the lesson's own kernel.

`tests/claims/NN_topic.py` belongs to `notebooks/NN_topic.ipynb`, and `tests/claims/solutions/`
holds those of the solutions. Such a file has a head (imports and functions that all blocks share)
and blocks, each headed by the name of a code cell:

    # %% rates-table
    assert table["measured"].max() < 1
    in_prose(f"{table['measured'].max():.3f}")

While pytest runs the notebook, a block runs right after its cell, in the same kernel. Besides the
lesson's names it sees two functions:

- `in_prose(text)` states a number as the prose of the cell's section writes it, formatted from
  what the kernel computed; `machinery.numbers` holds it against the prose.
- `cited(number, source)` does the same for a number that is no result: a date, an equation or
  section number of a source, a number that the lecture's notes print.
"""

import ast
import base64
import json
import re
from pathlib import Path
from queue import Empty
from typing import NamedTuple

from machinery.reading import code_cells

KERNEL_HALF = Path(__file__).with_name("claims_kernel.py")


class Block(NamedTuple):
    """The claims about one cell."""

    cell: str  # the cell's name
    line: int  # the line of the file in which the block's source begins, from 1
    source: str


class Claims(NamedTuple):
    """A claims file, read."""

    file: Path
    head: str
    blocks: list[Block]


class Outcome(NamedTuple):
    """What came of one block: a message if it failed, and the numbers that it stated."""

    error: str | None
    stated: list[str]
    cited: list[str]


def claims_file(path):
    """Where the claims of the notebook at `path` stand, whether or not the file exists."""
    solutions = path.parent.name == "solutions"
    root = path.parents[2] if solutions else path.parents[1]
    folder = root / "tests" / "claims"
    return (folder / "solutions" if solutions else folder) / f"{path.stem}.py"


def read_claims(file):
    """The claims of a file; none if there is no such file."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line.startswith("# %%")]
    blocks = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        name = lines[start].removeprefix("# %%").strip()
        blocks.append(Block(name, start + 2, "\n".join(lines[start + 1 : end])))
    head = "\n".join(lines[: starts[0]] if starts else lines)
    return Claims(file, head, blocks)


def faults(claims, notebook, needed):
    """What is wrong with a claims file before anything has run.

    Args:
        claims: the file, read.
        notebook: the notebook that it belongs to.
        needed: whether there must be claims at all.

    Returns:
        A list of complaints, empty when there are none.
    """
    name = f"tests/claims/{claims.file.name}"
    if needed and not claims.blocks:
        return [f"{name} is missing or holds no block: what must each cell have computed?"]
    try:
        asserting = asserting_functions(claims.head)
    except SyntaxError as error:
        return [f"{name}: the head is no Python: {error}"]
    cells = [cell.id for cell in code_cells(notebook)]
    complaints = []
    seen = set()
    for block in claims.blocks:
        if block.cell not in cells:
            complaints.append(f"{name}: a block for {block.cell!r}, but no code cell has that name")
        if block.cell in seen:
            complaints.append(f"{name}: a second block for {block.cell!r}: make it one")
        seen.add(block.cell)
        try:
            if not asserts(ast.parse(block.source), asserting):
                complaints.append(f"{name}: the block for {block.cell!r} asserts nothing")
        except SyntaxError as error:
            complaints.append(f"{name}: the block for {block.cell!r} is no Python: {error}")
    return complaints


def asserting_functions(head):
    """The names of the head's functions that assert something themselves."""
    functions = [n for n in ast.parse(head).body if isinstance(n, ast.FunctionDef)]
    return {f.name for f in functions if asserts(f, set())}


def asserts(tree, functions):
    """Whether Python code holds a check of a value: an assertion, or a call that makes one.

    Args:
        tree: the code, parsed.
        functions: names of functions that assert.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            # `assert True` checks nothing: an assertion must name something.
            if any(isinstance(part, ast.Name) for part in ast.walk(node.test)):
                return True
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if re.match(r"assert_|in_prose$|cited$", name) or name in functions:
                return True
    return False


def run_block(kernel, claims, block, timeout):
    """Run a block in a kernel.

    Args:
        kernel: nbval's `RunningKernel`, idle.
        claims: the file that the block belongs to.
        block: the block.
        timeout: seconds that the block may take.

    Returns:
        An `Outcome`.
    """
    arguments = (str(claims.file), claims.head, block.source, block.line)
    expression = (
        f"__import__('runpy').run_path({str(KERNEL_HALF)!r}, run_name='claims_kernel')"
        f"['run'](get_ipython().user_ns, *{arguments!r})"
    )
    # A silent request with an expression leaves no trace: no history, no output, no name.
    message = kernel.kc.execute(
        "", silent=True, store_history=False, user_expressions={"outcome": expression}
    )
    try:
        while True:
            reply = kernel.get_message("shell", timeout=timeout)
            if reply["parent_header"].get("msg_id") == message:
                break
        kernel.await_idle(message, timeout)
    except Empty:
        kernel.interrupt()
        return Outcome(f"no answer within {timeout:g} seconds", [], [])
    answer = reply["content"].get("user_expressions", {}).get("outcome", {})
    if answer.get("status") != "ok":
        return Outcome(f"the claims could not run: {answer.get('evalue', answer)}", [], [])
    encoded = ast.literal_eval(answer["data"]["text/plain"])
    return Outcome(**json.loads(base64.b64decode(encoded)))
