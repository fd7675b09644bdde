"""Rules about the form of a lesson: names of cells, its parts, its measures, its tables."""

import re
import statistics

from machinery.cells import headings, numbered, prose_cells, tags
from machinery.reading import code_cells, markdown_cells
from machinery.rules.registry import rule

PARTS = ("Card", "Exercises")
LAST_PART = "Going deeper"
WORDS_A_MINUTE = 30
# At most, for the part before the exercises; the words without the questions back and the card.
MEASURES = {
    "words of prose": 1500,
    "code cells": 30,
    "lines of code": 150,
    "median lines of a code cell": 6,
    "lines of nine code cells of ten": 10,
    "columns of code": 79,
    "assertions": 5,
    "pictures": 8,
    "predictions": 6,
}
MOST_IGNORED = 2
REASONS = {
    "raises-exception": r"fail|error|refus|rais|object|stop|wrong|mistake|complain|exception|crash",
    "nbval-ignore-output": r"\btime|second|machine|differ|each run|every run|measur",
}


def before_exercises(notebook):
    """The cells of a lesson before its exercises."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and re.search(r"^## Exercises", cell.source, re.MULTILINE):
            return notebook.cells[:index]
    return notebook.cells


def word_count(text):
    """How many words of prose a Markdown text has, formulas and code left out."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", text, flags=re.DOTALL)
    return len(re.findall(r"[A-Za-z][A-Za-z'-]+", text))


def words(notebook):
    """How many words of prose a lesson has before its exercises, all told."""
    texts = [cell.source for cell in before_exercises(notebook) if cell.cell_type == "markdown"]
    return sum(map(word_count, texts))


def measures(notebook):
    """The measures of a lesson before its exercises, under the names of `MEASURES`."""
    cells = before_exercises(notebook)
    code = [cell.source.split("\n") for cell in cells if cell.cell_type == "code"]
    lines = [[line.strip() for line in source if line.strip()] for source in code]
    lengths = sorted(map(len, lines)) or [0]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    aside = [cell.source for cell in cells if cell.id == "questions-back"]
    card = [text.split("## Card")[1].split("\n## ")[0] for text in texts if "## Card" in text]
    shown = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    return {
        "words of prose": words(notebook) - sum(map(word_count, [*aside, *card])),
        "code cells": len(code),
        "lines of code": sum(lengths),
        "median lines of a code cell": statistics.median(lengths),
        "lines of nine code cells of ten": lengths[int(0.9 * (len(lengths) - 1))],
        "columns of code": max((len(line) for source in code for line in source), default=0),
        "assertions": sum(bool(re.match(r"assert|.*assert_close", t)) for s in lines for t in s),
        "pictures": sum("image/png" in output.get("data", {}) for output in shown),
        "predictions": sum(len(re.findall(r"\*\*Predict", text)) for text in texts),
    }


@rule
def cells_have_names(path, notebook):
    given_by_editors = r"cell-?\d+|[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?"
    return [
        f"cell {number}: its name {cell.id!r} does not say what it is for; write two or three "
        "words in lower case, joined by '-'"
        for number, cell in enumerate(notebook.cells, start=1)
        if re.fullmatch(given_by_editors, cell.id)
        or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell.id)
    ]


@rule
def lesson_has_its_parts(path, notebook):
    if path.parent.name == "solutions":
        return []
    titles = [text for _, level, text in headings(notebook) if level == 2]
    complaints = [f"the lesson has no section '## {name}'" for name in PARTS if name not in titles]
    last = [name for name in titles if name in (*PARTS, LAST_PART)]
    if not complaints and last != [*PARTS, LAST_PART][: len(last)]:
        complaints.append(f"the last sections are {last}; wanted: Card, Exercises, Going deeper")
    if not any(cell.id == "questions-back" for cell in notebook.cells[:3]):
        complaints.append("no cell 'questions-back' near the top: two or three questions back")
    return complaints


@rule
def measures_are_kept(path, notebook):
    if path.parent.name == "solutions":
        return []
    return [
        f"{name}: {found:g}, at most {MEASURES[name]}"
        for name, found in measures(notebook).items()
        if found > MEASURES[name]
    ]


@rule
def reading_time_is_honest(path, notebook):
    if path.parent.name == "solutions":
        return []
    text = "\n".join(cell.source for cell in markdown_cells(notebook))
    stated = re.search(r"\*\*Reading time\*\* about (\d+) minutes", text)
    minutes = words(notebook) / WORDS_A_MINUTE
    if stated and abs(int(stated[1]) - minutes) <= 4:
        return []
    return [
        f"say '**Reading time** about N minutes' with N near {minutes:.0f}, which is "
        f"{words(notebook)} words divided by {WORDS_A_MINUTE}"
    ]


@rule
def tables_are_dataframes(path, notebook):
    # A width in a format, as in f"{x:8.3f}", is a column padded by hand.
    padded = re.compile(r"\{[^{}\[\]\n]*:[<>^]?\d+[^{}\n]*\}|\bend=\"|\.[lr]just\(")
    return [
        f"{place}: {found!r} pads a table by hand; show a DataFrame"
        for place, cell in numbered(notebook, "code")
        for found in padded.findall(cell.source)
    ]


@rule
def few_outputs_are_ignored(path, notebook):
    ignored = [cell.id for cell in code_cells(notebook) if "nbval-ignore-output" in tags(cell)]
    if len(ignored) > MOST_IGNORED:
        return [f"{len(ignored)} cells tagged nbval-ignore-output, {MOST_IGNORED} at most"]
    return []


@rule
def tags_are_explained(path, notebook):
    complaints = []
    cells = notebook.cells
    for index, cell in enumerate(cells):
        beside = [*cells[max(index - 1, 0) : index], *cells[index + 1 : index + 2]]
        text = " ".join(other.source for other in beside if other.cell_type == "markdown")
        complaints += [
            f"cell {cell.id!r}: tagged {tag}, but the text beside it does not say "
            + ("what fails" if tag == "raises-exception" else "what differs from run to run")
            for tag in tags(cell)
            if cell.cell_type == "code"
            and tag in REASONS
            and not re.search(REASONS[tag], text, re.IGNORECASE)
        ]
    return complaints


@rule
def details_hold_short_text(path, notebook):
    complaints = []
    for cell in markdown_cells(notebook):
        for inside in re.findall(r"<details>(.*?)</details>", cell.source, re.DOTALL):
            if "```" in inside:
                complaints.append(f"cell {cell.id!r}: code in <details>; some viewers show it open")
            if word_count(inside) > 80:
                complaints.append(f"cell {cell.id!r}: more than 80 words in <details>")
    return complaints


@rule
def no_html_but_details(path, notebook):
    # <br> is the one way to break a line in a table cell; every other tag has a Markdown form.
    complaints = []
    for place, text in prose_cells(notebook):
        found = re.findall(r"</?([A-Za-z][\w-]*)(?:\s[^<>]*)?/?>|(<!--)", text)
        complaints += [
            f"{place}: HTML <{name}>; write Markdown"
            for name in (tag.lower() or "!-- comment --" for tag, _ in found)
            if name not in ("br", "details", "summary")
        ]
    return complaints
