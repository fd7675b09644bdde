"""The rules are tested: a notebook broken in one way makes exactly that rule complain."""

import copy
import json
import struct
import zlib
from base64 import b64encode

import nbformat
import pytest
from machinery import reading
from machinery.rules import RULES
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from run_notebook import METADATA

ALT = "Loss against the update: it falls from 9 to 0.1."
MUTATIONS = []


def png():
    """The smallest PNG: one white pixel."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def stream(text, name="stdout"):
    """A stream output."""
    return new_output("stream", name=name, text=text)


def error(message="shapes differ"):
    """An error output."""
    return new_output("error", ename="ValueError", evalue=message, traceback=[message])


def good_lesson():
    """A small lesson that keeps every rule; its cells are named by their index in comments."""
    picture = new_output(
        "display_data",
        data={"image/png": b64encode(png()).decode(), "text/plain": ALT},
        metadata={"image/png": {"width": 640, "height": 360, "alt": ALT}},
    )
    cells = [
        new_markdown_cell(
            "# 3. Linear regression\n\nWe adjust `w`, and `$just$ <b>` is code."
        ),  # 0
        new_code_cell("import torch\n\nfigures.use_style()\ntorch.manual_seed(0)"),  # 1
        new_markdown_cell(  # 2
            "## Loss\n\nThe loss $a < b$ of $|w|$ is\n\n"
            "$$\n\\begin{aligned}\nl &= (y - \\hat{y})^2\n\\end{aligned}\n$$\n\nas ever.\n\n"
            "| symbol | shape<br>now |\n|---|---|\n| $w$ | $(d, 1)$ |\n\n"
            "> **Note.** See the [solutions](solutions/03_topic.ipynb) or\n"
            "> [PyTorch](https://pytorch.org/docs).\n\n"
            "![One white pixel, the smallest of pictures](pixel.png)"
        ),
        new_code_cell("print(f'{loss:.3f}')", outputs=[stream("0.123, below 1e-07\n")]),  # 3
        new_code_cell("figures.show(fig, alt=ALT)", outputs=[picture]),  # 4
        new_markdown_cell("### A mistake\n\nThis cell fails, because the shapes differ."),  # 5
        new_code_cell("X @ X", metadata={"tags": ["raises-exception"]}, outputs=[error()]),  # 6
        new_markdown_cell("The next cell takes its time, and each run takes another."),  # 7
        new_code_cell(  # 8
            "took()", metadata={"tags": ["nbval-ignore-output"]}, outputs=[stream("12.3 ms\n")]
        ),
        new_markdown_cell("## Summary\n\nShort.\n\n## Exercises\n\nOne."),  # 9
        new_markdown_cell("Next: [lesson 4](04_next.ipynb)."),  # 10
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    return new_notebook(cells=cells, metadata=copy.deepcopy(METADATA))


def good_solutions():
    """Small solutions that keep every rule."""
    text = "# 3. Solutions: linear regression\n\nThe [lesson](../03_topic.ipynb) asks."
    notebook = new_notebook(
        cells=[new_markdown_cell(text), new_code_cell("print(1)", outputs=[stream("1\n")])],
        metadata=copy.deepcopy(METADATA),
    )
    notebook.cells[1].execution_count = 1
    return notebook


def complaining(path, notebook):
    """Write a notebook, read it as the tests do, and return its complaints by rule."""
    # Plain JSON: nbformat would mend on writing what a mutation has broken.
    path.write_text(json.dumps(notebook), encoding="utf-8")
    notebook = reading.read(path)
    found = {name: rule(path, notebook) for name, rule in RULES.items()}
    return {name: complaints for name, complaints in found.items() if complaints}


@pytest.fixture
def folder(tmp_path):
    """A folder notebooks/ with all that the good notebooks link to."""
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    (folder / "pixel.png").write_bytes(png())
    for name in ("03_topic.ipynb", "04_next.ipynb", "solutions/03_topic.ipynb"):
        (folder / name).touch()
    return folder


def mutation(rule):
    """Register a function that breaks the good lesson in one way, for one rule to notice."""

    def register(function):
        MUTATIONS.append(pytest.param(rule, function, id=f"{rule}: {function.__name__}"))
        return function

    return register


def writes(rule, cell, text, name):
    """Register the mutation that appends a text to one of the good lesson's cells."""

    def change(notebook):
        notebook.cells[cell].source += text

    change.__name__ = name
    mutation(rule)(change)


def prints(rule, text, name):
    """Register the mutation that lets cell 3 of the good lesson print another text."""

    def change(notebook):
        notebook.cells[3].outputs = [stream(text)]

    change.__name__ = name
    mutation(rule)(change)


def shows(rule, data, name):
    """Register the mutation that lets cell 3 of the good lesson show other data."""

    def change(notebook):
        notebook.cells[3].outputs = [new_output("display_data", data=data)]

    change.__name__ = name
    mutation(rule)(change)


# Run, and run in order


@mutation("counts run from 1 to n")
def unrun_cell(notebook):
    notebook.cells[3].execution_count = None


@mutation("counts run from 1 to n")
def unrun_cell_without_outputs(notebook):
    notebook.cells[1].execution_count = None


@mutation("counts run from 1 to n")
def run_out_of_order(notebook):
    notebook.cells[3].execution_count, notebook.cells[4].execution_count = 3, 2


@mutation("errors are on purpose")
def untagged_error(notebook):
    del notebook.cells[6].metadata["tags"]


@mutation("errors are on purpose")
def tag_without_error(notebook):
    notebook.cells[6].outputs = []


@mutation("nothing on stderr")
def warning(notebook):
    notebook.cells[3].outputs.append(stream("UserWarning: shapes\n", name="stderr"))


# Code

SEMICOLON = "no trailing semicolon"
writes(SEMICOLON, 3, ";", "semicolon")
writes(SEMICOLON, 3, ";  # quiet\n", "semicolon_before_comment")
writes("code cells are short", 3, "\na = 1" * 20, "21_lines")
writes("no live output", 3, "\nclear_output()", "clear_output")
writes("no live output", 3, "\nhandle.update_display(1)", "update_display")
writes("no path manipulation", 3, "\nsys.path.insert(0, '..')", "sys_path")
writes("no nbval comments", 3, "\n# NBVAL_SKIP", "skip")
writes("no nbval comments", 3, "\n#NBVAL_IGNORE_OUTPUT", "ignore_output")
writes("no nbval comments", 3, "\n# PYTEST_VALIDATE_IGNORE_OUTPUT", "old_name")
writes("one set up cell", 3, "\nfigures.use_style()", "style_used_twice")


@mutation("one set up cell")
def no_style(notebook):
    notebook.cells[1].source = "import torch\n\ntorch.manual_seed(0)"


@mutation("one set up cell")
def no_seed(notebook):
    notebook.cells[1].source = "import torch\n\nfigures.use_style()"


# Tags and metadata


@mutation("only two tags")
def other_tag(notebook):
    notebook.cells[6].metadata.tags.append("hide-input")


@mutation("only two tags")
def nbval_skip_tag(notebook):
    notebook.cells[6].metadata.tags.append("nbval-skip")


@mutation("only two tags")
def tagged_text(notebook):
    notebook.cells[5].metadata = {"tags": ["raises-exception"]}


@mutation("tags have a reason")
def tag_without_prose(notebook):
    between = new_code_cell("pass", execution_count=5, id="between")
    after = new_code_cell("pass", execution_count=7, id="after")
    notebook.cells[8].execution_count = 6
    notebook.cells[8:9] = [between, notebook.cells[8], after]


@mutation("metadata is clean")
def other_kernel(notebook):
    notebook.metadata.kernelspec.display_name = "my environment"


@mutation("metadata is clean")
def python_version(notebook):
    notebook.metadata.language_info.version = "3.11.2"


@mutation("metadata is clean")
def widget_state(notebook):
    notebook.metadata.widgets = {}


@mutation("metadata is clean")
def collapsed_cell(notebook):
    notebook.cells[3].metadata = {"collapsed": True}


@mutation("metadata is clean")
def picture_background(notebook):
    notebook.cells[4].outputs[0].metadata["image/png"]["background"] = "light"


@mutation("metadata is clean")
def output_metadata(notebook):
    notebook.cells[4].outputs[0].metadata["isolated"] = True


FORMAT = "valid notebook format"


@mutation(FORMAT)
def repeated_id(notebook):
    notebook.cells[4].id = notebook.cells[3].id


@mutation(FORMAT)
def unknown_key(notebook):
    notebook.cells[3].colour = "red"


@mutation("file is small")
def large(notebook):
    notebook.cells[3].source += "\n#" + "x" * 500_000


# Outputs

MEDIA = "only png and text"
shows(MEDIA, {"image/svg+xml": "<svg></svg>", "text/plain": "a"}, "svg")
shows(MEDIA, {"image/gif": "R0lGODlh", "text/plain": "a"}, "gif")
shows(MEDIA, {"application/javascript": "a", "text/plain": "a"}, "javascript")
shows(MEDIA, {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a"}, "widget")
shows(MEDIA, {"text/html": "<script>a</script>", "text/plain": "a"}, "html_with_script")
shows(MEDIA, {"text/html": "<img src='a'>", "text/plain": "a"}, "html_with_picture")


@mutation(MEDIA)
def gif_in_text(notebook):
    notebook.cells[2].source += "\n\n![A pixel that blinks, the smallest film](https://a.org/a.gif)"


@mutation("no attachments")
def attachment(notebook):
    notebook.cells[2].attachments = {"a.png": {"image/png": "aaaa"}}


ALTERNATIVE = "pictures have alternative texts"


@mutation(ALTERNATIVE)
def no_alternative_text(notebook):
    del notebook.cells[4].outputs[0].metadata["image/png"]["alt"]


@mutation(ALTERNATIVE)
def thin_alternative_text(notebook):
    notebook.cells[4].outputs[0].metadata["image/png"]["alt"] = "A plot."


writes(ALTERNATIVE, 2, "\n\n![](pixel.png)", "markdown_picture_without_text")

MACHINE = "outputs name no machine"
prints("outputs are narrow", "a" * 81, "81_characters")
prints(MACHINE, "saved to /home/me/data.csv", "home")
prints(MACHINE, "saved to /tmp/data.csv", "temporary_folder")
prints(MACHINE, r"saved to C:\data.csv", "windows_path")
prints(MACHINE, "lib/site-packages/torch", "site_packages")
prints(MACHINE, "<function f at 0x7f3a2c1d>", "address")


@mutation(MACHINE)
def path_in_traceback(notebook):
    notebook.cells[6].outputs[0].traceback.append("File /usr/lib/python3/random.py:1")


TIME = "outputs tell no time"
prints(TIME, "one epoch: 12.3 ms", "milliseconds")
prints(TIME, "one epoch: 3 s", "seconds")
prints(TIME, "at 12:31:59", "clock")
shows("outputs hold no set", {"text/plain": "{'b', 'a'}"}, "set")
shows("outputs hold no set", {"text/plain": "set()"}, "empty_set")
NUMBERS = "numbers are rounded"
prints(NUMBERS, "loss 0.12345678", "eight_digits")
prints(NUMBERS, "loss 4523.1234", "digits_before_the_point")
shows(NUMBERS, {"text/plain": "tensor([[1.2, 0.12345]])"}, "precise_tensor")
REST = "no rounding errors shown"
prints(REST, "difference 1.19e-07", "rounding_error")
prints(REST, "below 1e-06: 2e-16", "rounding_error_after_a_bound")

# Text

HEADINGS = "headings step by step"


@mutation("title first")
def number_of_another_lesson(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("# 3.", "# 4.")


@mutation("title first")
def code_first(notebook):
    # The title stays the first heading, so that the rule for headings has nothing to say.
    text = notebook.cells.pop(0)
    notebook.cells.insert(1, text)


writes(HEADINGS, 5, "\n\n# Another title", "second_title")
writes(HEADINGS, 9, "\n\n#### Deep", "level_skipped")


@mutation("summary and exercises")
def no_summary(notebook):
    notebook.cells[9].source = "## Exercises\n\nOne."


@mutation("summary and exercises")
def no_exercises(notebook):
    notebook.cells[9].source = "## Summary\n\nShort."


WORDS = "no patronising words"
writes(WORDS, 5, " Simply.", "simply")
writes(WORDS, 5, " It is obviously so.", "obviously")
writes(WORDS, 5, " It is just so.", "just")


@mutation(WORDS)
def just_in_alternative_text(notebook):
    notebook.cells[4].outputs[0].metadata["image/png"]["alt"] += " Just so."


# Links

EXIST = "relative links exist"
writes(EXIST, 5, " [gone](09_gone.ipynb)", "dead_link")
writes(EXIST, 5, " [outside](../../..)", "outside_the_repository")
writes("links are https", 5, " [old](http://example.org)", "http_link")
writes("links are https", 5, " See http://example.org today.", "http_in_text")
writes("no links to headings", 5, " [above](#Loss)", "link_to_heading")


@mutation("lesson and solutions are linked")
def no_link_to_solutions(notebook):
    source = notebook.cells[2].source
    notebook.cells[2].source = source.replace("(solutions/03_topic.ipynb)", "(04_next.ipynb)")


@mutation("ends with the next lesson")
def no_link_to_next_lesson(notebook):
    notebook.cells[10].source = "The end."


@mutation("ends with the next lesson")
def ends_with_code(notebook):
    notebook.cells.append(new_code_cell("print(1)", execution_count=6, id="end"))


# GitHub's do and do not

DOLLARS = "formulas in dollars"
writes(DOLLARS, 5, r" \(a\)", "round_brackets")
writes(DOLLARS, 5, "\n\n\\[ a \\]", "square_brackets")
writes(DOLLARS, 5, "\n\n```math\na\n```", "math_block")
writes(DOLLARS, 5, "\n\n\\begin{aligned}\na\n\\end{aligned}", "bare_aligned")
writes(DOLLARS, 5, "\n\n$$\n\\begin{align}\na\n\\end{align}\n$$", "align")
COMMANDS = "no formula commands"
writes(COMMANDS, 5, r" $\newcommand{\a}{b}$", "newcommand")
writes(COMMANDS, 5, r" $a \tag{1}$", "tag")
writes(COMMANDS, 5, r" $\eqref{a}$", "eqref")
ALONE = "display formulas stand alone"
writes(ALONE, 5, " Here $$a = b$$ too.", "formula_in_a_line")
writes(ALONE, 5, "\n$$\na\n$$", "no_blank_line_before")
writes(ALONE, 5, "\n\n$$\na\n$$\nAfter.", "no_blank_line_after")
writes(ALONE, 5, "\n\n$$\na\n\nb\n$$", "blank_line_inside")
writes(ALONE, 5, "\n\n$$\na", "not_closed")
BARS = "no bar in table formulas"
writes(BARS, 5, "\n\n| a | b |\n|---|---|\n| $|w|$ | c |", "bar")
writes(BARS, 5, "\n\n| a | b |\n|---|---|\n| $\\|w\\|$ | c |", "escaped_bar")
writes("tables are narrow", 5, "\n\n" + "| a " * 9 + "|\n" + "|---" * 9 + "|", "nine_columns")
writes("no coloured boxes", 5, "\n\n> [!NOTE]\n> a", "note")
writes("no footnotes", 5, " So it is.[^1]", "footnote")
HTML = "no html"
writes(HTML, 5, "\n\n<details>\n\na\n\n</details>", "details")
writes(HTML, 5, ' <span style="color: red">a</span>', "style")
writes(HTML, 5, " <img src='pixel.png'>", "picture")
writes(HTML, 5, " <!-- to do -->", "comment")


def test_good_lesson_keeps_every_rule(folder):
    assert complaining(folder / "03_topic.ipynb", good_lesson()) == {}


def test_last_lesson_needs_no_next_one(folder):
    (folder / "04_next.ipynb").unlink()
    notebook = good_lesson()
    notebook.cells.pop()
    assert complaining(folder / "03_topic.ipynb", notebook) == {}


def test_good_solutions_keep_every_rule(folder):
    assert complaining(folder / "solutions" / "03_topic.ipynb", good_solutions()) == {}


def test_solutions_must_link_back(folder):
    notebook = good_solutions()
    notebook.cells[0].source = "# 3. Solutions"
    found = complaining(folder / "solutions" / "03_topic.ipynb", notebook)
    assert set(found) == {"lesson and solutions are linked"}


@pytest.mark.parametrize(("rule", "change"), MUTATIONS)
def test_broken_lesson_makes_exactly_one_rule_complain(rule, change, folder):
    notebook = good_lesson()
    change(notebook)
    found = complaining(folder / "03_topic.ipynb", notebook)
    assert set(found) == {rule}, found


def test_every_rule_has_a_mutation():
    assert set(RULES) == {mutation.values[0] for mutation in MUTATIONS}


@pytest.mark.parametrize(
    "text",
    [
        "below 1e-07",
        "max |a - b| < 1e-9",
        "tensor([[ 2.0000, -3.4000]])",
        "{'a': 1}",
        "learning rate 1e-06",
        "true w: 2.000, found: 1.998",
        "88 houses of the 1990s",
    ],
)
def test_rounded_outputs_are_welcome(text, folder):
    notebook = good_lesson()
    notebook.cells[3].outputs = [stream(text)]
    assert complaining(folder / "03_topic.ipynb", notebook) == {}


def test_duplicate_ids_are_not_mended_on_reading(folder):
    """The rule for ids looks at the file; this holds `reading.read` to the same."""
    notebook = good_lesson()
    notebook.cells[4].id = notebook.cells[3].id
    path = folder / "03_topic.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert isinstance(reading.read(path), nbformat.NotebookNode)
    assert reading.read(path).cells[4].id == "cell-3"
