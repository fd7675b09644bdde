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
NAMES = (
    *(
        "title",
        "questions-back",
        "set-up",
        "loss",
        "first-loss",
        "loss-curve",
        "a-mistake",
        "shapes-differ",
    ),
    *("time-of-an-epoch", "epoch", "card", "next"),
)
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
            "# 3. Linear regression\n\nWe adjust `w`, and `$just$ <b>` is code.\n\n"
            "**Reading time** about 4 minutes."
        ),  # 0
        new_markdown_cell(  # 1
            "<details><summary>What is a loss?</summary>\n\nA number for how wrong.\n\n</details>"
        ),
        new_code_cell("import torch\n\nfigures.use_style()\ntorch.manual_seed(0)"),  # 2
        new_markdown_cell(  # 3
            "## Loss\n\nThe loss $a < b$ of $|w|$ is\n\n"
            "$$\n\\begin{aligned}\nl &= (y - \\hat{y})^2\n\\end{aligned}\n$$\n\nas ever.\n\n"
            "| symbol | shape<br>now |\n|---|---|\n| $w$ | $(d, 1)$ |\n\n"
            "> **Note.** See the [solutions](solutions/03_topic.ipynb) or\n"
            "> [PyTorch](https://pytorch.org/docs).\n\n"
            "![One white pixel, the smallest of pictures](pixel.png)"
        ),
        new_code_cell("print(f'{loss:.3f}')", outputs=[stream("0.123, below 1e-07\n")]),  # 4
        new_code_cell("figures.show(fig, alt=ALT)", outputs=[picture]),  # 5
        new_markdown_cell("### A mistake\n\nThis cell fails, because the shapes differ."),  # 6
        new_code_cell("X @ X", metadata={"tags": ["raises-exception"]}, outputs=[error()]),  # 7
        new_markdown_cell("The next cell takes its time, and each run takes another."),  # 8
        new_code_cell(  # 9
            "took()", metadata={"tags": ["nbval-ignore-output"]}, outputs=[stream("12.3 ms\n")]
        ),
        new_markdown_cell("## Card\n\nShort.\n\n## Exercises\n\nOne."),  # 10
        new_markdown_cell("Next: [lesson 4](04_next.ipynb)."),  # 11
    ]
    for name, cell in zip(NAMES, cells, strict=True):
        cell.id = name
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
    notebook.cells[0].id, notebook.cells[1].id = "title", "answer"
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
    """Register the mutation that lets cell 4 of the good lesson print another text."""

    def change(notebook):
        notebook.cells[4].outputs = [stream(text)]

    change.__name__ = name
    mutation(rule)(change)


def shows(rule, data, name):
    """Register the mutation that lets cell 4 of the good lesson show other data."""

    def change(notebook):
        notebook.cells[4].outputs = [new_output("display_data", data=data)]

    change.__name__ = name
    mutation(rule)(change)


# Run, and run in order


@mutation("counts run from 1 to n")
def unrun_cell(notebook):
    notebook.cells[4].execution_count = None


@mutation("counts run from 1 to n")
def unrun_cell_without_outputs(notebook):
    notebook.cells[2].execution_count = None


@mutation("counts run from 1 to n")
def run_out_of_order(notebook):
    notebook.cells[4].execution_count, notebook.cells[5].execution_count = 3, 2


@mutation("errors are on purpose")
def untagged_error(notebook):
    del notebook.cells[7].metadata["tags"]


@mutation("errors are on purpose")
def tag_without_error(notebook):
    notebook.cells[7].outputs = []


@mutation("nothing on stderr")
def warning(notebook):
    notebook.cells[4].outputs.append(stream("UserWarning: shapes\n", name="stderr"))


# Code

SEMICOLON = "no trailing semicolon"
writes(SEMICOLON, 4, ";", "semicolon")
writes(SEMICOLON, 4, ";  # quiet\n", "semicolon_before_comment")
writes("code cells are short", 4, "\na = 1" * 20, "21_lines")
writes("plain python", 4, "\n%matplotlib inline", "magic")
writes("no live output", 4, "\nclear_output()", "clear_output")
writes("no live output", 4, "\nhandle.update_display(1)", "update_display")
writes("no path manipulation", 4, "\nsys.path.insert(0, '..')", "sys_path")
writes("no nbval comments", 4, "\n# NBVAL_SKIP", "skip")
writes("no nbval comments", 4, "\n#NBVAL_IGNORE_OUTPUT", "ignore_output")
writes("no nbval comments", 4, "\n# PYTEST_VALIDATE_IGNORE_OUTPUT", "old_name")
writes("one set up cell", 4, "\nfigures.use_style()", "style_used_twice")


@mutation("one set up cell")
def no_style(notebook):
    notebook.cells[2].source = "import torch\n\ntorch.manual_seed(0)"


@mutation("one set up cell")
def no_seed(notebook):
    notebook.cells[2].source = "import torch\n\nfigures.use_style()"


# Tags and metadata


@mutation("only two tags")
def other_tag(notebook):
    notebook.cells[7].metadata.tags.append("hide-input")


@mutation("only two tags")
def nbval_skip_tag(notebook):
    notebook.cells[7].metadata.tags.append("nbval-skip")


@mutation("only two tags")
def tagged_text(notebook):
    notebook.cells[6].metadata = {"tags": ["raises-exception"]}


@mutation("tags are explained")
def tag_without_prose(notebook):
    between = new_code_cell("pass", execution_count=5, id="between")
    after = new_code_cell("pass", execution_count=7, id="after")
    notebook.cells[9].execution_count = 6
    notebook.cells[9:10] = [between, notebook.cells[9], after]


@mutation("tags are explained")
def prose_that_names_no_failure(notebook):
    notebook.cells[6].source = "### A product\n\nNow multiply."
    notebook.cells[8].source = "Every run takes its time."


@mutation("tags are explained")
def prose_that_names_no_difference(notebook):
    notebook.cells[8].source = "The next cell fails to matter."


@mutation("few outputs are ignored")
def three_ignored_cells(notebook):
    for cell in notebook.cells[4], notebook.cells[5]:
        cell.metadata = {"tags": ["nbval-ignore-output"]}
    notebook.cells[3].source += "\n\nEach run takes another time."


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
    notebook.cells[4].metadata = {"collapsed": True}


@mutation("metadata is clean")
def picture_background(notebook):
    notebook.cells[5].outputs[0].metadata["image/png"]["background"] = "light"


@mutation("metadata is clean")
def output_metadata(notebook):
    notebook.cells[5].outputs[0].metadata["isolated"] = True


FORMAT = "valid notebook format"


@mutation(FORMAT)
def repeated_id(notebook):
    notebook.cells[5].id = notebook.cells[4].id


@mutation(FORMAT)
def unknown_key(notebook):
    notebook.cells[4].colour = "red"


@mutation("file is small")
def large(notebook):
    notebook.cells[4].outputs = [stream("loss\n" * 100_000)]


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
    notebook.cells[3].source += "\n\n![A pixel that blinks, the smallest film](https://a.org/a.gif)"


@mutation("no attachments")
def attachment(notebook):
    notebook.cells[3].attachments = {"a.png": {"image/png": "aaaa"}}


ALTERNATIVE = "pictures have alternative texts"


@mutation(ALTERNATIVE)
def no_alternative_text(notebook):
    del notebook.cells[5].outputs[0].metadata["image/png"]["alt"]


@mutation(ALTERNATIVE)
def thin_alternative_text(notebook):
    notebook.cells[5].outputs[0].metadata["image/png"]["alt"] = "A plot."


writes(ALTERNATIVE, 3, "\n\n![](pixel.png)", "markdown_picture_without_text")

MACHINE = "outputs name no machine"
prints("outputs are narrow", "a" * 81, "81_characters")
prints(MACHINE, "saved to /home/me/data.csv", "home")
prints(MACHINE, "saved to /tmp/data.csv", "temporary_folder")
prints(MACHINE, r"saved to C:\data.csv", "windows_path")
prints(MACHINE, "lib/site-packages/torch", "site_packages")
prints(MACHINE, "<function f at 0x7f3a2c1d>", "address")


@mutation(MACHINE)
def path_in_traceback(notebook):
    notebook.cells[7].outputs[0].traceback.append("File /usr/lib/python3/random.py:1")


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


writes(HEADINGS, 6, "\n\n# Another title", "second_title")
writes(HEADINGS, 10, "\n\n#### Deep", "level_skipped")


PARTS = "lesson has its parts"


@mutation(PARTS)
def no_card(notebook):
    notebook.cells[10].source = "## Exercises\n\nOne."


@mutation(PARTS)
def no_exercises(notebook):
    notebook.cells[10].source = "## Card\n\nShort."


@mutation(PARTS)
def exercises_before_the_card(notebook):
    notebook.cells[10].source = "## Exercises\n\nOne.\n\n## Card\n\nShort."


@mutation(PARTS)
def no_questions_back(notebook):
    notebook.cells[1].id = "details"


NAMING = "cells have names"


@mutation(NAMING)
def numbered_cell(notebook):
    notebook.cells[5].id = "cell-5"


@mutation(NAMING)
def name_given_by_an_editor(notebook):
    notebook.cells[5].id = "fa12bc90"


@mutation(NAMING)
def name_in_capitals(notebook):
    notebook.cells[5].id = "Loss_curve"


MEASURES = "measures are kept"
writes(MEASURES, 4, "\n" + "assert a\n" * 6, "six_assertions")
writes(MEASURES, 4, "\na = '" + "x" * 80 + "'", "wide_code")
writes(MEASURES, 6, "\n\n" + "**Predict:** what? " * 7, "seven_predictions")


@mutation(MEASURES)
def long_cells(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source += "\na = 1" * 7


@mutation(MEASURES)
def many_cells(notebook):
    for k in range(26):
        cell = new_code_cell("a = 1", id=f"more-{k}", execution_count=6 + k)
        notebook.cells.insert(10 + k, cell)


@mutation(MEASURES)
def nine_pictures(notebook):
    notebook.cells[5].outputs *= 9


@mutation(MEASURES)
def many_words(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("about 4", "about 52")
    notebook.cells[6].source += "\n\n" + "word " * 1500


TIME_TO_READ = "reading time is honest"


@mutation(TIME_TO_READ)
def no_reading_time(notebook):
    notebook.cells[0].source = "# 3. Linear regression"


@mutation(TIME_TO_READ)
def too_short_a_time(notebook):
    notebook.cells[6].source += "\n\n" + "word " * 300


TABLES = "tables are dataframes"
writes(TABLES, 4, '\nprint(f"{loss:>9.3f}")', "padded_number")
writes(TABLES, 4, '\nprint(f"{name:16}")', "padded_name")
writes(TABLES, 4, '\nprint(loss, end="")', "no_line_end")
writes(TABLES, 4, "\nprint(name.ljust(9))", "ljust")

DETAILS = "details hold short text"
writes(DETAILS, 1, "\n\n<details>\n\n```\na\n```\n\n</details>", "code_in_details")


@mutation(DETAILS)
def long_details(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("about 4", "about 6")
    notebook.cells[1].source = "<details>\n\n" + "word " * 90 + "\n\n</details>"


WORDS = "no patronising words"
writes(WORDS, 6, " Simply.", "simply")
writes(WORDS, 6, " It is obviously so.", "obviously")
writes(WORDS, 6, " It is just so.", "just")


@mutation(WORDS)
def just_in_alternative_text(notebook):
    notebook.cells[5].outputs[0].metadata["image/png"]["alt"] += " Just so."


# Links

EXIST = "relative links exist"
writes(EXIST, 6, " [gone](09_gone.ipynb)", "dead_link")
writes(EXIST, 6, " [outside](../../..)", "outside_the_repository")
writes("links are https", 6, " [old](http://example.org)", "http_link")
writes("links are https", 6, " See http://example.org today.", "http_in_text")
writes("no links to headings", 6, " [above](#Loss)", "link_to_heading")


@mutation("lesson and solutions are linked")
def no_link_to_solutions(notebook):
    source = notebook.cells[3].source
    notebook.cells[3].source = source.replace("(solutions/03_topic.ipynb)", "(04_next.ipynb)")


@mutation("ends with the next lesson")
def no_link_to_next_lesson(notebook):
    notebook.cells[11].source = "The end."


@mutation("ends with the next lesson")
def ends_with_code(notebook):
    notebook.cells.append(new_code_cell("print(1)", execution_count=6, id="end"))


# GitHub's do and do not

DOLLARS = "formulas in dollars"
writes(DOLLARS, 6, r" \(a\)", "round_brackets")
writes(DOLLARS, 6, "\n\n\\[ a \\]", "square_brackets")
writes(DOLLARS, 6, "\n\n```math\na\n```", "math_block")
writes(DOLLARS, 6, "\n\n\\begin{aligned}\na\n\\end{aligned}", "bare_aligned")
writes(DOLLARS, 6, "\n\n$$\n\\begin{align}\na\n\\end{align}\n$$", "align")
COMMANDS = "no formula commands"
writes(COMMANDS, 6, r" $\newcommand{\a}{b}$", "newcommand")
writes(COMMANDS, 6, r" $a \tag{1}$", "tag")
writes(COMMANDS, 6, r" $\eqref{a}$", "eqref")
ALONE = "display formulas stand alone"
writes(ALONE, 6, " Here $$a = b$$ too.", "formula_in_a_line")
writes(ALONE, 6, "\n$$\na\n$$", "no_blank_line_before")
writes(ALONE, 6, "\n\n$$\na\n$$\nAfter.", "no_blank_line_after")
writes(ALONE, 6, "\n\n$$\na\n\nb\n$$", "blank_line_inside")
writes(ALONE, 6, "\n\n$$\na", "not_closed")
BARS = "no bar in table formulas"
writes(BARS, 6, "\n\n| a | b |\n|---|---|\n| $|w|$ | c |", "bar")
writes(BARS, 6, "\n\n| a | b |\n|---|---|\n| $\\|w\\|$ | c |", "escaped_bar")
writes("tables are narrow", 6, "\n\n" + "| a " * 9 + "|\n" + "|---" * 9 + "|", "nine_columns")
writes("no coloured boxes", 6, "\n\n> [!NOTE]\n> a", "note")
writes("no footnotes", 6, " So it is.[^1]", "footnote")
HTML = "no html but details"
writes(HTML, 6, "\n\n<table>\n\na\n\n</table>", "table")
writes(HTML, 6, ' <span style="color: red">a</span>', "style")
writes(HTML, 6, " <img src='pixel.png'>", "picture")
writes(HTML, 6, " <!-- to do -->", "comment")


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
    notebook.cells[4].outputs = [stream(text)]
    assert complaining(folder / "03_topic.ipynb", notebook) == {}


def test_duplicate_ids_are_not_mended_on_reading(folder):
    """The rule for ids looks at the file; this holds `reading.read` to the same."""
    notebook = good_lesson()
    notebook.cells[5].id = notebook.cells[4].id
    path = folder / "03_topic.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert isinstance(reading.read(path), nbformat.NotebookNode)
    assert reading.read(path).cells[5].id == "first-loss"
