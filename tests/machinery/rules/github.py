"""Rules about what GitHub shows as Jupyter does."""

import re

from machinery.cells import FORMULA, numbered, prose_cells, without_code
from machinery.rules.registry import rule

MOST_COLUMNS = 8


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
