"""The rules for notebooks that a machine can check, one small function each.

A rule takes the path of a notebook and the notebook as read by `reading.read`, and returns a list
of complaints, empty when the rule holds. `RULES` maps the name of each rule to its function.
"""

import json
import re

from nbformat.validator import iter_validate
from run_notebook import METADATA

from machinery.reading import code_cells, markdown_cells

MOST_BYTES = 500_000
MOST_LINES = 20
MOST_COLUMNS = 8
WIDEST_OUTPUT = 80
SHORTEST_ALT = 20
MOST_DIGITS = 6
MOST_TENSOR_DECIMALS = 4
TAGS = ("raises-exception", "nbval-ignore-output")
WORDS = ("simply", "obviously", "just")
MEDIA = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png")

RULES = {}


def rule(function):
    """Register a function as a rule, under its name in plain words."""
    RULES[function.__name__.replace("_", " ")] = function
    return function


# How rules read a notebook


def numbered(notebook, cell_type):
    """Pairs of a cell's place in words and the cell, for all cells of one type."""
    return [
        (f"cell {number} ({cell_type})", cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == cell_type
    ]


def outputs(notebook):
    """Triples of a place in words, the cell and the output, for all outputs."""
    return [
        (f"{place}, output {number}", cell, output)
        for place, cell in numbered(notebook, "code")
        for number, output in enumerate(cell.outputs, start=1)
    ]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def output_text(output):
    """What an output shows as text: of a stream, a value, a picture's description or an error."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return output.data.get("text/plain", "")


def without_code(source):
    """Markdown with code blocks and code spans blanked; the lines stay where they are."""
    lines, fence = [], None
    for line in source.split("\n"):
        opening = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            lines.append("")
            if line.strip().startswith(fence):
                fence = None
        elif opening:
            lines.append("")
            fence = opening[1]
        else:
            lines.append(re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "` `", line))
    return "\n".join(lines)


FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\$])\$(?!\$)[^$]+?(?<!\\)\$", re.DOTALL)


def prose(source):
    """Markdown with code and formulas blanked."""
    return FORMULA.sub(" ", without_code(source))


def prose_cells(notebook):
    """Pairs of a place in words and the Markdown of a cell without code and formulas."""
    return [(place, prose(cell.source)) for place, cell in numbered(notebook, "markdown")]


def links(source):
    """The targets of all links and images of a Markdown text, outside code."""
    return re.findall(r"\]\(\s*<?([^)\s>]+)[^)]*\)", without_code(source))


def alternative_texts_of(cell):
    """The alternative texts of the pictures that a code cell shows; "" where there is none."""
    return [
        output.metadata.get("image/png", {}).get("alt") or ""
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def alternative_texts(notebook):
    """Pairs of a place in words and the alternative text, for all pictures; "" if there is none."""
    found = []
    for place, cell in numbered(notebook, "code"):
        found += [(place, alt) for alt in alternative_texts_of(cell)]
    for place, cell in numbered(notebook, "markdown"):
        found += [(place, alt) for alt in re.findall(r"!\[(.*?)\]\(", without_code(cell.source))]
    return found


def headings(notebook):
    """Triples of a place in words, the level and the text, for all headings."""
    return [
        (place, len(marks), text.strip())
        for place, cell in numbered(notebook, "markdown")
        for marks, text in re.findall(r"^(#{1,6}) (.*)$", without_code(cell.source), re.MULTILINE)
    ]


def is_solution(path):
    """Whether a notebook holds solutions; if not, it is a lesson."""
    return path.parent.name == "solutions"


# Run, and run in order


@rule
def counts_run_from_1_to_n(path, notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    wrong = [
        f"{place} has {count} instead of {expected}"
        for expected, (count, (place, _)) in enumerate(
            zip(counts, numbered(notebook, "code"), strict=True), start=1
        )
        if count != expected
    ]
    if wrong:
        return [
            f"{len(wrong)} execution counts are not 1, 2, 3, ...; the first: {wrong[0]}. Run the "
            "notebook from a fresh kernel, top to bottom, and save that"
        ]
    return []


@rule
def errors_are_on_purpose(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code"):
        fails = any(output.output_type == "error" for output in cell.outputs)
        if fails and "raises-exception" not in tags(cell):
            complaints.append(f"{place}: an error; mend it, or tag the cell raises-exception")
        ran = cell.execution_count is not None
        if ran and not fails and "raises-exception" in tags(cell):
            complaints.append(f"{place}: tagged raises-exception, but no error: drop the tag")
    return complaints


@rule
def nothing_on_stderr(path, notebook):
    return [
        f"{place}: a warning or other text on stderr; remove its cause"
        for place, _, output in outputs(notebook)
        if output.output_type == "stream" and output.name == "stderr"
    ]


# Code


@rule
def no_trailing_semicolon(path, notebook):
    # nbval runs cells with store_history off, and then the semicolon hides nothing.
    complaints = []
    for place, cell in numbered(notebook, "code"):
        lines = [line.split("#")[0].rstrip() for line in cell.source.split("\n")]
        code = [line for line in lines if line]
        if code and code[-1].endswith(";"):
            complaints.append(f"{place}: ends in ';', which nbval fails; end in figures.show(...)")
    return complaints


@rule
def code_cells_are_short(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code"):
        lines = [line.strip() for line in cell.source.split("\n")]
        count = sum(1 for line in lines if line and not line.startswith("#"))
        if count > MOST_LINES:
            complaints.append(
                f"{place}: {count} lines of code, {MOST_LINES} at most (blank lines and comments "
                "not counted): split it, or move plotting to helpers.figures"
            )
    return complaints


@rule
def no_live_output(path, notebook):
    return [
        f"{place}: {name} changes an output after the fact, which nbval fails"
        for place, cell in numbered(notebook, "code")
        for name in ("clear_output", "update_display")
        if name in cell.source
    ]


@rule
def no_path_manipulation(path, notebook):
    return [
        f"{place}: {name}: helpers are installed, import them"
        for place, cell in numbered(notebook, "code")
        for name in ("sys.path", "PYTHONPATH", "addsitedir")
        if name in cell.source
    ]


@rule
def one_set_up_cell(path, notebook):
    if is_solution(path):
        return []
    complaints = []
    for number, (place, cell) in enumerate(numbered(notebook, "code"), start=1):
        if number > 1 and "figures.use_style()" in cell.source:
            complaints.append(f"{place}: figures.use_style() belongs in the first code cell only")
        if number == 1:
            complaints += [
                f"{place}: the set-up cell does not call {call}"
                for call in ("figures.use_style()", "torch.manual_seed(")
                if call not in cell.source
            ]
    return complaints


# Tags and metadata


@rule
def only_two_tags(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code") + numbered(notebook, "markdown"):
        allowed = TAGS if cell.cell_type == "code" else ()
        complaints += [
            f"{place}: tag {tag!r}; only {' and '.join(TAGS)} are welcome, on code cells"
            for tag in tags(cell)
            if tag not in allowed
        ]
    return complaints


@rule
def tags_have_a_reason(path, notebook):
    complaints = []
    cells = notebook.cells
    for index, cell in enumerate(cells):
        beside = cells[max(index - 1, 0) : index] + cells[index + 1 : index + 2]
        tagged = cell.cell_type == "code" and tags(cell)
        if tagged and not any(other.cell_type == "markdown" for other in beside):
            complaints.append(
                f"cell {index + 1}: tagged {', '.join(tags(cell))}, but no Markdown cell "
                "before or after it gives the reason"
            )
    return complaints


@rule
def no_nbval_comments(path, notebook):
    return [
        f"{place}: the comment {marker!r} steers nbval; use a tag, which the other rules see"
        for place, cell in numbered(notebook, "code")
        for marker in re.findall(r"#\s*((?:NBVAL|PYTEST_VALIDATE)_\w+)", cell.source)
    ]


@rule
def metadata_is_clean(path, notebook):
    complaints = []
    advice = "run tests/run_notebook.py, which cleans it"
    if notebook.metadata != METADATA:
        complaints.append(f"notebook metadata {dict(notebook.metadata)}: {advice}")
    for number, cell in enumerate(notebook.cells, start=1):
        others = sorted(set(cell.metadata) - {"tags"})
        if others:
            complaints.append(f"cell {number}: metadata {', '.join(others)}: {advice}")
    for place, _, output in outputs(notebook):
        about = dict(output.get("metadata", {}))
        others = set(about.pop("image/png", {})) - {"width", "height", "alt"}
        if others or about:
            names = ", ".join(sorted({*others, *about}))
            complaints.append(f"{place}: metadata {names}; only a picture's width, height and alt")
    return complaints


@rule
def valid_notebook_format(path, notebook):
    # The file itself: reading it into a node has already joined and renamed things.
    raw = json.loads(path.read_text(encoding="utf-8"))
    complaints = [f"not a valid notebook: {error.message[:200]}" for error in iter_validate(raw)]
    ids = [cell.get("id") for cell in raw["cells"]]
    complaints += [
        f"cell {number}: its id {name!r} is missing or used before; give it a new one"
        for number, name in enumerate(ids, start=1)
        if name is None or name in ids[: number - 1]
    ]
    return complaints


@rule
def file_is_small(path, notebook):
    size = path.stat().st_size
    if size >= MOST_BYTES:
        return [f"the file has {size // 1000} kB, {MOST_BYTES // 1000} kB is the limit"]
    return []


# Outputs


@rule
def only_png_and_text(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        data = output.get("data", {})
        complaints += [
            f"{place}: {kind}; GitHub shows only text and PNG reliably"
            for kind in data
            if kind not in MEDIA
        ]
        html = data.get("text/html", "")
        active = re.findall(r"<(script|svg|img|iframe|video|audio|canvas)\b", html, re.IGNORECASE)
        complaints += [f"{place}: <{name}> in HTML output; show a PNG or text" for name in active]
    for place, cell in numbered(notebook, "markdown"):
        complaints += [
            f"{place}: picture {target}; only PNG pictures"
            for target in re.findall(r"!\[.*?\]\(([^)\s]+)", without_code(cell.source))
            if not target.lower().endswith(".png")
        ]
    return complaints


@rule
def no_attachments(path, notebook):
    return [
        f"{place}: an attachment; draw the picture in a cell or link to a file"
        for place, cell in numbered(notebook, "markdown")
        if "attachments" in cell
    ]


@rule
def pictures_have_alternative_texts(path, notebook):
    return [
        f"{place}: alternative text {alt!r}; say in {SHORTEST_ALT} characters or more what the "
        "picture shows, with figures.show(fig, alt=...) or in the brackets of ![...](...)"
        for place, alt in alternative_texts(notebook)
        if len((alt or "").strip()) < SHORTEST_ALT
    ]


@rule
def outputs_are_narrow(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        # A picture is shown instead of its text; a library's error message cannot be shortened.
        if output.output_type == "error" or "image/png" in output.get("data", {}):
            continue
        widest = max((len(line) for line in output_text(output).split("\n")), default=0)
        if widest > WIDEST_OUTPUT:
            complaints.append(
                f"{place}: a line of {widest} characters, {WIDEST_OUTPUT} at most: break it"
            )
    return complaints


@rule
def outputs_name_no_machine(path, notebook):
    pattern = re.compile(
        r"/(?:home|root|tmp|usr|opt|var|mnt|Users)/|\b[A-Za-z]:\\|site-packages|ipykernel_\d+"
        r"|\b0x[0-9a-fA-F]{6,}"
    )
    complaints = []
    for place, _, output in outputs(notebook):
        text = "\n".join([output_text(output), *output.get("traceback", [])])
        text += output.get("data", {}).get("text/html", "")
        complaints += [
            f"{place}: {found!r} is a path or an address of one machine or run"
            for found in sorted(set(pattern.findall(text)))
        ]
    return complaints


@rule
def outputs_tell_no_time(path, notebook):
    pattern = re.compile(
        r"\b\d+(?:\.\d+)? ?(?:ns|[uµμ]s|ms)\b|\b\d+(?:\.\d+)? (?:s|sec|secs|seconds?)\b"
        r"|\b\d{1,2}:\d{2}:\d{2}\b"
    )
    return [
        f"{place}: {found!r} is a time; tag the cell nbval-ignore-output, assert a wide ratio"
        for place, cell, output in outputs(notebook)
        if "nbval-ignore-output" not in tags(cell)
        for found in pattern.findall(output_text(output))
    ]


@rule
def outputs_hold_no_set(path, notebook):
    # A line that is braces without a colon: a dictionary has colons and keeps its order.
    pattern = re.compile(r"^(?:\{[^{}:]+\}|(?:frozen)?set\(.*\))$", re.MULTILINE)
    return [
        f"{place}: {found!r} is a set, whose order is not fixed; print sorted(...)"
        for place, _, output in outputs(notebook)
        for found in pattern.findall(output_text(output))
    ]


@rule
def numbers_are_rounded(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        text = output_text(output)
        for number in re.findall(r"\d*\.\d+", text):
            digits = number.replace(".", "").lstrip("0")
            if len(digits) > MOST_DIGITS:
                complaints.append(
                    f"{place}: {number} has {len(digits)} significant digits, {MOST_DIGITS} is "
                    "the limit: the last ones differ on another processor, print three or four"
                )
        for array in re.findall(r"\b(?:tensor|array)\(.*?\)", text, re.DOTALL):
            long = re.findall(rf"\d*\.\d{{{MOST_TENSOR_DECIMALS + 1},}}", array)
            if long:
                complaints.append(
                    f"{place}: a tensor in full precision ({long[0]}), {MOST_TENSOR_DECIMALS} "
                    "decimals at most: round it"
                )
    return complaints


@rule
def no_rounding_errors_shown(path, notebook):
    # A bound is the author's number and stays; a bare 1.19e-07 is what is left of rounding.
    bound = re.compile(r"(?:<=?|≤|\b(?:below|under|within|than|tolerance|bound|eps)\b)[ =:]*$")
    complaints = []
    for place, _, output in outputs(notebook):
        numbers = []
        for line in output_text(output).split("\n"):
            for match in re.finditer(r"\d+(?:\.\d*)?e-(\d+)", line):
                before = line[: match.start()].lower()
                if int(match[1]) >= 7 and not bound.search(before):
                    numbers.append(match[0])
        complaints += [
            f"{place}: {number} is rounding error, different everywhere; print that it is below "
            "a bound"
            for number in numbers
        ]
    return complaints


# Text


@rule
def title_first(path, notebook):
    start = f"# {int(path.name[:2])}. "
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith(start):
        return [f"cell 1: must be Markdown that starts with {start!r} and the title"]
    return []


@rule
def headings_step_by_step(path, notebook):
    complaints = []
    found = headings(notebook)
    complaints += [
        f"{place}: a second '# ' heading, {text!r}; sections start with '## '"
        for place, level, text in found[1:]
        if level == 1
    ]
    before = 1
    for place, level, text in found:
        if level > before + 1:
            complaints.append(
                f"{place}: heading {text!r} of level {level} after one of level {before}: "
                "no level is skipped"
            )
        before = level
    return complaints


@rule
def summary_and_exercises(path, notebook):
    if is_solution(path):
        return []
    present = {text for _, level, text in headings(notebook) if level == 2}
    return [
        f"the lesson has no section '## {name}'"
        for name in ("Summary", "Exercises")
        if name not in present
    ]


@rule
def no_patronising_words(path, notebook):
    pattern = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
    texts = prose_cells(notebook) + alternative_texts(notebook)
    return [
        f"{place}: the word {word!r}: never {', '.join(WORDS)}"
        for place, text in texts
        for word in pattern.findall(text or "")
    ]


# Links


@rule
def relative_links_exist(path, notebook):
    # What lies outside the repository exists on this machine only.
    folders = [folder for folder in path.resolve().parents if folder.name == "notebooks"]
    repository = folders[-1].parent if folders else path.resolve().parent
    complaints = []
    for place, cell in numbered(notebook, "markdown"):
        for target in links(cell.source):
            if re.match(r"[a-z][a-z0-9+.-]*:|#", target):
                continue
            file = (path.parent / target.split("#")[0]).resolve()
            if not file.exists() or not file.is_relative_to(repository):
                complaints.append(
                    f"{place}: the link {target!r} leads to no file of the repository"
                )
    return complaints


@rule
def links_are_https(path, notebook):
    return [
        f"{place}: {found!r}: https only"
        for place, text in prose_cells(notebook)
        for found in re.findall(r"\bhttp://[^\s)>]*", text)
    ]


@rule
def no_links_to_headings(path, notebook):
    return [
        f"{place}: the link {target!r} to a heading does not work on GitHub; name the section"
        for place, cell in numbered(notebook, "markdown")
        for target in links(cell.source)
        if target.startswith("#")
    ]


@rule
def lesson_and_solutions_are_linked(path, notebook):
    expected = f"../{path.name}" if is_solution(path) else f"solutions/{path.name}"
    targets = [target for cell in markdown_cells(notebook) for target in links(cell.source)]
    if expected not in targets:
        return [f"no link to {expected}"]
    return []


@rule
def ends_with_the_next_lesson(path, notebook):
    following = [
        other.name
        for other in sorted(path.parent.glob("[0-9][0-9]_*.ipynb"))
        if other.name[:2] > path.name[:2]
    ]
    if is_solution(path) or not following:
        return []
    last = notebook.cells[-1]
    if last.cell_type != "markdown" or following[0] not in links(last.source):
        return [f"the last cell does not link to the next lesson, {following[0]}"]
    return []


# GitHub's do and do not


@rule
def formulas_in_dollars(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "markdown"):
        text = without_code(cell.source)
        complaints += [
            f"{place}: {found!r}: write formulas between $...$ or $$...$$"
            for found in re.findall(r"\\[(\[)\]]", FORMULA.sub(" ", text))
        ]
        if re.search(r"^\s*```+\s*math\b", cell.source, re.MULTILINE):
            complaints.append(f"{place}: a ```math block; use $$...$$")
        complaints += [
            f"{place}: \\begin{{{name}}} outside $$...$$"
            for name in re.findall(r"\\begin\{(\w+\*?)\}", FORMULA.sub(" ", text))
        ]
        complaints += [
            f"{place}: the environment {name}; use \\begin{{aligned}} between $$"
            for formula in FORMULA.findall(text)
            for name in re.findall(r"\\begin\{((?:align|gather|equation|eqnarray)\*?)\}", formula)
        ]
    return complaints


@rule
def no_formula_commands(path, notebook):
    return [
        f"{place}: {found}, which GitHub does not know"
        for place, cell in numbered(notebook, "markdown")
        for found in re.findall(
            r"\\(?:newcommand|renewcommand|def|tag|eqref|label|ref)\b", without_code(cell.source)
        )
    ]


@rule
def display_formulas_stand_alone(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "markdown"):
        lines = [line.strip() for line in without_code(cell.source).split("\n")]
        inside = False
        for number, line in enumerate(lines):
            opens, closes = line.startswith("$$"), line.endswith("$$")
            before = lines[number - 1] if number else ""
            after = lines[number + 1] if number + 1 < len(lines) else ""
            marks = line.count("$$")
            problem = None
            if marks > 2 or (marks == 2 and not (opens and closes)):
                problem = "text beside it in its line"
            elif marks == 1 and not (closes if inside else opens):
                problem = "text before it in its line" if not inside else "text after it"
            elif inside and not line:
                problem = "a blank line inside"
            elif not inside and marks and before:
                problem = "no blank line before it"
            elif marks == (1 if inside else 2) and after:
                problem = "no blank line after it"
            if problem:
                complaints.append(
                    f"{place}, line {number + 1}: a $$ formula with {problem}; it stands on its "
                    "own, blank lines around it and none inside"
                )
            if marks == 1:
                inside = not inside
        if inside:
            complaints.append(f"{place}: a $$ formula that is not closed")
    return complaints


def table_rows(text):
    """The lines of a Markdown text that are rows of a table."""
    return [line.strip() for line in text.split("\n") if line.lstrip().startswith("|")]


@rule
def no_bar_in_table_formulas(path, notebook):
    return [
        f"{place}: the bar in {formula} breaks its table; use \\lVert, \\lvert or \\mid"
        for place, cell in numbered(notebook, "markdown")
        for row in table_rows(without_code(cell.source))
        for formula in FORMULA.findall(row)
        if "|" in formula
    ]


@rule
def tables_are_narrow(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "markdown"):
        for row in table_rows(without_code(cell.source)):
            columns = row.strip("|").count("|") + 1
            if re.fullmatch(r"[|:\- ]+", row) and columns > MOST_COLUMNS:
                complaints.append(
                    f"{place}: a table of {columns} columns, {MOST_COLUMNS} at most: split it"
                )
    return complaints


@rule
def no_coloured_boxes(path, notebook):
    return [
        f"{place}: {found}: write '> **Note.** ...'"
        for place, text in prose_cells(notebook)
        for found in re.findall(r"^\s*> ?(\[!\w+\])", text, re.MULTILINE)
    ]


@rule
def no_footnotes(path, notebook):
    return [
        f"{place}: the footnote {found}: say it in the text"
        for place, text in prose_cells(notebook)
        for found in re.findall(r"\[\^[^\]\s]+\]", text)
    ]


@rule
def no_html(path, notebook):
    # <br> is the one way to break a line in a table cell; every other tag has a Markdown form.
    complaints = []
    for place, text in prose_cells(notebook):
        found = re.findall(r"</?([A-Za-z][\w-]*)(?:\s[^<>]*)?/?>|(<!--)", text)
        complaints += [
            f"{place}: HTML <{name}>; write Markdown (solutions go in their own notebook)"
            for name in (tag.lower() or "!-- comment --" for tag, _ in found)
            if name != "br"
        ]
    return complaints
