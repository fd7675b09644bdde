"""Rules about the text: its build, its words and its links."""

import re

from machinery.cells import alternative_texts, headings, is_solution, links, numbered, prose_cells
from machinery.reading import markdown_cells
from machinery.rules.registry import rule

WORDS = ("simply", "obviously", "just")


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
def no_patronising_words(path, notebook):
    pattern = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
    texts = prose_cells(notebook) + alternative_texts(notebook)
    return [
        f"{place}: the word {word!r}: never {', '.join(WORDS)}"
        for place, text in texts
        for word in pattern.findall(text or "")
    ]


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
