"""Numbers in prose: each is found in the code or the outputs beside it, or stated by a claim.

A number counts as it is written, so 0.30 is not 0.3; only the grouping of digits (1,000 and 1_000)
and the form of a power of ten (1e-06 and 10^{-6}) are brought to one form. Signs do not count.
Whole numbers below ten are too common to be found this way and are left to the claims.
"""

import ast
import html
import re
from typing import NamedTuple

from machinery.cells import alternative_texts_of, tags, without_code
from machinery.reading import parsed

# Sections about the lesson as a whole may quote all of it.
WHOLE_LESSON = ("", "Card", "Exercises")

NUMBER = re.compile(
    r"(?<![\w.])(?P<mantissa>\d+(?:\.\d+)?)\s*(?:\\cdot|\\times|×|·)\s*10\^\{?[-−]?(?P<by>\d+)\}?"
    r"|(?<![\w.])10\^\{?[-−]?(?P<power>\d+)\}?"
    r"|(?<![\w.])(?P<plain>\d+(?:\.\d+)?)(?:e[-+−]?(?P<e>\d+))?"
)
# Names of lessons, exercises and the like are no results.
NAMES = re.compile(
    r"\b(?:[Ll]esson|[Ee]xercise|[Rr]oom)\s+\d+(?:\.\d+)?"
    r"|\b(?:[Ll]essons|[Ee]xercises|[Rr]ooms)\s+\d+(?:\.\d+)?"
    r"(?:(?:,|,? and| to| or)\s+\d\d?(?:\.\d)?\b)*"
)


class Section(NamedTuple):
    """A stretch of a notebook that begins with a heading of level two."""

    title: str
    texts: list[tuple[str, str]]  # pairs of a place in words and its prose
    cells: list  # the code cells


def sections(notebook):
    """The sections of a notebook; the first one, without a title, is what precedes them."""
    found = [Section("", [], [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1].cells.append(cell)
            found[-1].texts.extend(
                (f"cell {cell.id!r}, alternative text", alt) for alt in alternative_texts_of(cell)
            )
        elif cell.cell_type == "markdown":
            # A heading may stand anywhere in a cell.
            before, *parts = re.split(r"^## (.*)$", cell.source, flags=re.MULTILINE)
            found[-1].texts.append((f"cell {cell.id!r}", before))
            for title, text in zip(parts[::2], parts[1::2], strict=True):
                found.append(Section(title.strip(), [(f"cell {cell.id!r}", text)], []))
    return found


def numbers(text):
    """The numbers of a text, each in one form, as a set; whole numbers below ten included."""
    text = re.sub(r"(?<=\d)(?:\{,\}|\\,|,|_)(?=\d{3}(?!\d))", "", text)
    found = set()
    for match in NUMBER.finditer(text):
        if match["mantissa"]:
            found.add(f"{match['mantissa']}e{int(match['by'])}")
        elif match["power"]:
            found.add(f"1e{int(match['power'])}")
        else:
            found.add(match["plain"] + (f"e{int(match['e'])}" if match["e"] else ""))
    return found


def numbers_in_prose(markdown):
    """The numbers of a Markdown text that have to be found: not those in code, names, headings."""
    text = without_code(markdown)
    text = re.sub(r"\[\d+\. ", "[", text)  # a lesson's number in a link to it
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^>]*>", " ", text)
    text = re.sub(r"^#+ .*$|^\s*\d+\. ", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*Reading time\*\*.*", "", text)  # a rule of its own counts the words
    text = NAMES.sub(" ", text)
    return {number for number in numbers(text) if not re.fullmatch(r"\d", number)}


def numbers_in_code(source):
    """The numbers that Python code is written with; those in comments and texts do not count."""
    source = re.sub(r"\b10 ?\*\* ?-?(\d+)", r"1e\1", source)
    found = set()
    nodes = [parsed(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            found |= numbers(ast.get_source_segment(source, node) or "")
        elif not isinstance(node, ast.JoinedStr):  # a text, whatever is computed inside it
            nodes.extend(ast.iter_child_nodes(node))
    return found


def numbers_in_outputs(cell):
    """The numbers that a code cell shows, pictures and what differs on every run left out."""
    if "nbval-ignore-output" in tags(cell):
        return set()
    found = set()
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            continue
        markup = re.sub(
            r"<style.*?</style>|<[^>]*>", " ", data.get("text/html", ""), flags=re.DOTALL
        )
        shown = [output.get("text", ""), data.get("text/plain", ""), output.get("evalue", "")]
        found |= numbers(" ".join([*shown, html.unescape(markup)]))
    return found


def unfounded(notebook, outcomes):
    """The numbers in the prose of a notebook that nothing computes, and statements out of date.

    Args:
        notebook: the notebook as committed.
        outcomes: name of a code cell -> the `Outcome` of its claims.

    Returns:
        A list of complaints, empty when every number is founded.
    """
    parts = sections(notebook)
    complaints = []
    founded = [set() for _ in parts]
    stated = [{} for _ in parts]  # number -> the cell whose claim states it
    for part, mine, claimed in zip(parts, founded, stated, strict=True):
        for cell in part.cells:
            mine |= numbers_in_code(cell.source) | numbers_in_outputs(cell)
            outcome = outcomes.get(cell.id)
            for text in [*outcome.stated, *outcome.cited] if outcome else ():
                claimed |= dict.fromkeys(numbers(text), cell.id)
        mine |= set(claimed)
    everywhere = set().union(*founded)
    in_whole = set()
    for part, mine in zip(parts, founded, strict=True):
        whole = part.title in WHOLE_LESSON
        where = "the lesson" if whole else f"the section {part.title!r}"
        for place, text in part.texts:
            here = numbers_in_prose(text)
            in_whole |= here if whole else set()
            complaints += [
                f"{place}: the number {number} stands in no code and no output of {where}, and no "
                "claim there states it with in_prose or cited"
                for number in sorted(here - (everywhere if whole else mine))
            ]
    for part, claimed in zip(parts, stated, strict=True):
        here = set().union(*(numbers(without_code(text)) for _, text in part.texts)) | in_whole
        complaints += [
            f"the claim for cell {cell!r} states {number}, but the prose of the section "
            f"{part.title!r} does not hold it"
            for number, cell in sorted(claimed.items())
            if number not in here
        ]
    return complaints
