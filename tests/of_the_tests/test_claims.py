"""Claims and numbers in prose are tested: each fault turns the run red and says where."""

import random

import nbformat
import pytest
import torch
from machinery import claims
from machinery.claims import Block, Claims, Outcome
from machinery.numbers import numbers, numbers_in_code, numbers_in_prose, unfounded
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def printed(source, text, name, **metadata):
    """A code cell that prints a text, with its output."""
    output = new_output("stream", name="stdout", text=text + "\n")
    return new_code_cell(source, outputs=[output], id=name, metadata=metadata)


def text(source, name):
    """A Markdown cell."""
    return new_markdown_cell(source, id=name)


def picture(alt, name):
    """A code cell that shows a picture with an alternative text."""
    data = {"image/png": "aaaa", "text/plain": alt}
    about = {"image/png": {"width": 300, "height": 200, "alt": alt}}
    return new_code_cell(
        "draw()", id=name, outputs=[new_output("display_data", data, metadata=about)]
    )


def counted(*cells):
    """A notebook of cells that ran in order."""
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    return new_notebook(cells=list(cells))


# A whole run: a good lesson, one with a fault in every claim, and one without claims.

SET_UP = """
import random

import torch

random.seed(3)
torch.manual_seed(3)
order = torch.Generator().manual_seed(3)
loader = torch.utils.data.DataLoader(torch.arange(9), shuffle=True, generator=order)
w = torch.ones(2)
rows = [[1, 2], [3, 4]]
far = torch.nn.Linear(2, 1, device="meta")
"""
DRAW = 'print(f"{random.random():.4f} {torch.rand(1).item():.4f}", next(iter(loader)).item())'


def draws():
    """What the cell `DRAW` prints after `SET_UP`, computed here."""
    names = {}
    state = random.getstate()
    with torch.random.fork_rng(devices=[]):
        exec(SET_UP, names)
        shown = f"{random.random():.4f} {torch.rand(1).item():.4f}"
        drawn = next(iter(names["loader"])).item()
    random.setstate(state)
    return f"{shown} {drawn}"


GOOD = '''
"""What the good lesson claims."""

import math


def is_close(a, b):
    assert math.isclose(a, b)


# %% set-up
torch.manual_seed(99)
random.seed(99)
list(loader)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
w = torch.zeros(5)
rows = None
is_close(w.sum().item(), 0)

# %% draw
assert w.dtype == torch.float32 and torch.is_grad_enabled() and len(w) == 2
assert "is_close" in globals() and "math" in globals()

# %% train
assert lr == 0.03
in_prose(f"{loss * 2:.2f}")
cited("1990", "the year of the sales, in the data set's description")
'''

BROKEN = '''
"""Each block has one fault."""

# %% set-up
w += 1
assert w.sum() == 4

# %% draw
rows[0].append(9)
assert len(rows) == 2

# %% train
assert max(loss, lr) < lr, "the loss is not below the rate"

# %% no-value
assert loss + 1 < lr

# %% raises
{}["missing"]
assert loss

# %% gone
assert loss

# %% empty
loss

# %% twice
assert loss

# %% twice
assert True
'''


@pytest.fixture(scope="module")
def run(run_pytest, tmp_path_factory):
    """Run pytest once over three small lessons."""
    root = tmp_path_factory.mktemp("project")
    (root / "notebooks").mkdir()
    (root / "tests" / "claims").mkdir(parents=True)
    set_up = new_code_cell(SET_UP.strip(), id="set-up")
    draw = printed(DRAW, draws(), "draw")
    prose = "## Training\n\nAt the rate 0.03 twice the loss is 0.50, in 1990 and ever since."
    train = printed('lr = 0.03\nloss = 0.25\nprint("loss", loss)', "loss 0.25", "train")
    # The constant changed, the notebook run again and committed.
    changed = printed('lr = 0.05\nloss = 0.26\nprint("loss", loss)', "loss 0.26", "train")
    good = counted(text("# 3.", "title"), set_up, draw, text(prose, "training"), train)
    cells = [new_code_cell("1", id=name) for name in ("no-value", "raises", "empty", "twice")]
    for cell in cells:
        cell.outputs = [new_output("execute_result", {"text/plain": "1"}, execution_count=1)]
    broken = counted(*[c.copy() for c in (set_up, draw, train)], *cells)
    lessons = {
        "03_good": (good, GOOD),
        "04_broken": (broken, BROKEN),
        "05_without": (counted(new_code_cell("w = 1", id="set-up")), None),
        "06_rerun": (counted(set_up.copy(), text(prose, "training"), draw.copy(), changed), GOOD),
    }
    for name, (notebook, source) in lessons.items():
        nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
        if source:
            (root / "tests" / "claims" / f"{name}.py").write_text(source.strip(), encoding="utf-8")
    return run_pytest(root / "notebooks")


def test_good_lesson_passes_and_its_generators_are_put_back(run):
    assert run.items("FAILED", "03_good") == [], run.text
    names = ["Cell 0", "Cell 1", "Cell 2", "every cell ran", "claims are whole", "numbers in prose"]
    assert run.items("PASSED", "03_good") == names, run.text


def test_each_broken_claim_fails(run):
    failed = ["Cell 0", "Cell 1", "Cell 2", "Cell 3", "Cell 4", "claims are whole"]
    assert run.items("FAILED", "04_broken") == failed, run.text


@pytest.mark.parametrize(
    "message",
    [
        "04_broken.ipynb, cell 'set-up', tests/claims/04_broken.py: the claim changed w, which",
        "04_broken.ipynb, cell 'draw', tests/claims/04_broken.py: the claim changed rows, which",
        "cell 'train', tests/claims/04_broken.py: AssertionError: the loss is not below the rate",
        "assert (0.25 + 1) < 0.03\nline 15: assert loss + 1 < lr",
        "cell 'raises', tests/claims/04_broken.py: KeyError: 'missing'\nline 18: {}[\"missing\"]",
        "a block for 'gone', but no code cell has that name",
        "the block for 'empty' asserts nothing",
        "a second block for 'twice': make it one",
        "the block for 'twice' asserts nothing",
    ],
)
def test_a_broken_claim_says_where_and_what(run, message):
    assert message in run.text, run.text


def test_lesson_without_claims_fails(run):
    assert run.items("FAILED", "05_without") == ["claims are whole"], run.text
    assert "tests/claims/05_without.py is missing or holds no block" in run.text


def test_changed_constant_that_was_run_again_fails(run):
    failed = ["Cell 2", "numbers in prose"]
    assert run.items("FAILED", "06_rerun") == failed, run.text
    assert "assert 0.05 == 0.03\nline " in run.text
    assert "cell 'training': the number 0.03 stands in no code" in run.text
    assert "cell 'training': the number 0.50 stands in no code" in run.text


# Reading claims


def test_blocks_are_read_with_their_lines(tmp_path):
    file = tmp_path / "03_topic.py"
    file.write_text('"""Doc."""\nimport math\n\n# %% one\nassert a\n\n# %% two\nassert b\n')
    read = claims.read_claims(file)
    assert read.head == '"""Doc."""\nimport math\n'
    assert read.blocks == [Block("one", 5, "assert a\n"), Block("two", 8, "assert b\n")]


def test_a_missing_file_has_no_blocks(tmp_path):
    assert claims.read_claims(tmp_path / "03_topic.py").blocks == []


def test_claims_stand_beside_the_notebooks(tmp_path):
    lesson = tmp_path / "notebooks" / "03_topic.ipynb"
    solutions = tmp_path / "notebooks" / "solutions" / "03_topic.ipynb"
    assert claims.claims_file(lesson) == tmp_path / "tests" / "claims" / "03_topic.py"
    folder = tmp_path / "tests" / "claims" / "solutions"
    assert claims.claims_file(solutions) == folder / "03_topic.py"


@pytest.mark.parametrize(
    ("source", "asserting"),
    [
        ("assert a < b", True),
        ("torch.testing.assert_close(a, b)", True),
        ("in_prose(f'{a:.2f}')", True),
        ("cited('1990', 'a date')", True),
        ("for x in a:\n    holds(x)", True),
        ("a = 1", False),
        ("assert True", False),
        ("assert 3 < 4, 'of course'", False),
        ("print(a)", False),
        ("other(a)", False),
    ],
)
def test_what_asserts(source, asserting):
    head = "def holds(x):\n    assert x\n\ndef other(x):\n    return x\n"
    found = Claims(claims.KERNEL_HALF, head, [Block("one", 1, source)])
    notebook = counted(new_code_cell("1", id="one"))
    assert (claims.faults(found, notebook, needed=True) == []) == asserting


def test_claims_that_are_no_python_are_named():
    found = Claims(claims.KERNEL_HALF, "", [Block("one", 1, "assert (")])
    (complaint,) = claims.faults(found, counted(new_code_cell("1", id="one")), needed=True)
    assert "the block for 'one' is no Python" in complaint
    (complaint,) = claims.faults(Claims(claims.KERNEL_HALF, "(", []), counted(), needed=False)
    assert "the head is no Python" in complaint


# Numbers


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from 0.30 to 12", {"0.30", "12"}),
        ("1,000 and 10_000 and $10{,}000$ and $2\\,500$", {"1000", "10000", "2500"}),
        ("1e-06, 2.5e+3", {"1e6", "2.5e3"}),
        ("$10^{-6}$, $2 \\cdot 10^{-7}$, 3 × 10^5", {"1e6", "2e7", "3e5"}),
        ("x1, w_12, float64, v1.25", set()),
        ("-3.4 and −2.5 and 1/58", {"3.4", "2.5", "1", "58"}),
        ("It is 42.", {"42"}),
    ],
)
def test_numbers_are_brought_to_one_form(source, found):
    assert numbers(source) == found


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("`lr = 0.05` and 0.03", {"0.03"}),
        ("```\n0.05\n```\n\n0.03", {"0.03"}),
        ("## Section 17\n\n12. item\n\nSee [lesson 44](44.ipynb), 7 and 70.", {"70"}),
        ("lessons 11, 12 and 13, Exercise 10.2: 0.5 of 3", {"0.5"}),
        ("as in lesson 15, 1500 examples", {"1500"}),
        ("$\\mathcal{N}(0, 0.01^2)$", {"0.01"}),
        ("<details><summary>What are 88 houses?</summary>", {"88"}),
        ("**Reading time** about 35 minutes, 88 more words", set()),
    ],
)
def test_numbers_in_prose(markdown, found):
    assert numbers_in_prose(markdown) == found


def test_numbers_in_code_are_those_it_is_written_with():
    source = 'x = f(0.03, 1_500)  # not 0.07\nprint("0.08", f"{x * 0.09:.12f}")\ny = 10**-6'
    assert numbers_in_code(source) == {"0.03", "1500", "1e6"}
    assert numbers_in_code("this is no Python 12") == set()


def lesson():
    """A lesson whose numbers are founded: in code, in an output, by claims; and those claims."""
    table = new_output("execute_result", {"text/plain": "x", "text/html": "<td>0.75</td>"})
    notebook = counted(
        text("# 3. Topic\n\nIt ends at 0.75, with 64 examples.", "title"),
        text("## One\n\nThe rate 0.03 gives 0.75, a third of it 0.25.", "one"),
        new_code_cell("lr = 0.03", outputs=[table], id="rate"),
        picture("A curve that falls to 0.11.", "curve"),
        text("## Two\n\nThere are 64 examples.\n\n## Card\n\n- rate 0.03, share 0.25", "two"),
        text("## Exercises\n\nWhat gives 0.11?", "exercises"),
        text("## Going deeper\n\nOnly 81 here.", "deeper"),
        new_code_cell("n = 81", id="more"),
    )
    # The code of section Two stands in a cell of its own before the card.
    split = text("## Card\n\n- rate 0.03, share 0.25", "card")
    notebook.cells[4:5] = [text("## Two\n\nThere are 64 examples.", "two"), new_code_cell("n = 64")]
    notebook.cells.insert(6, split)
    outcomes = {
        "rate": Outcome(None, ["0.25"], []),
        "curve": Outcome(None, ["falls to 0.11"], []),
    }
    return notebook, outcomes


def cell(notebook, name):
    """The cell of a notebook with that name."""
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


def test_founded_numbers_pass():
    assert unfounded(*lesson()) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("one", "0.75", "0.76", "cell 'one': the number 0.76 stands in no code and no output"),
        ("one", "0.25", "0.24", "cell 'one': the number 0.24"),
        ("one", "0.25", "0.24", "the claim for cell 'rate' states 0.25, but the prose"),
        ("one", "0.03", "0.030", "cell 'one': the number 0.030"),
        ("two", "64", "81", "of the section 'Two'"),
        ("deeper", "81", "0.25", "of the section 'Going deeper'"),
        (
            "card",
            "0.25",
            "0.26",
            "cell 'card': the number 0.26 stands in no code and no output of the lesson",
        ),
        ("exercises", "0.11", "0.12", "cell 'exercises': the number 0.12"),
        ("title", "64", "65", "cell 'title': the number 65"),
    ],
)
def test_a_changed_number_is_noticed(name, old, new, complaint):
    notebook, outcomes = lesson()
    cell(notebook, name).source = cell(notebook, name).source.replace(old, new)
    if (name, new) == ("one", "0.24"):
        cell(notebook, "card").source = "## Card"
    assert complaint in "\n".join(unfounded(notebook, outcomes))


def test_a_changed_alternative_text_is_noticed():
    notebook, outcomes = lesson()
    cell(notebook, "curve").outputs[0].metadata["image/png"]["alt"] = "It falls to 0.17."
    cell(notebook, "exercises").source = "## Exercises"
    complaints = "\n".join(unfounded(notebook, outcomes))
    assert "cell 'curve', alternative text: the number 0.17" in complaints
    assert "the claim for cell 'curve' states 0.11" in complaints


def test_an_output_that_is_not_compared_founds_nothing():
    notebook, outcomes = lesson()
    cell(notebook, "rate").metadata = {"tags": ["nbval-ignore-output"]}
    assert "cell 'one': the number 0.75" in "\n".join(unfounded(notebook, outcomes))


def test_a_removed_claim_is_noticed():
    notebook, outcomes = lesson()
    del outcomes["rate"]
    assert "cell 'one': the number 0.25" in "\n".join(unfounded(notebook, outcomes))
