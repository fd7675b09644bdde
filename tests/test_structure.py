"""Every rule of `rules` holds in every notebook, and the notebooks form a whole."""

import re
from collections import Counter
from functools import cache

import pytest
from machinery import reading
from machinery.rules import RULES


def name(path):
    """The path of a notebook below notebooks/, for the names of tests."""
    return path.relative_to(reading.ROOT / "notebooks").as_posix()


# Rules only look, so they can share one reading of each file.
read = cache(reading.read)


@pytest.mark.parametrize("path", reading.NOTEBOOKS, ids=name)
def test_rules_hold(path):
    """All rules in one test: for each of them one more would take longer than the rules do."""
    broken = []
    for rule, complaints_of in RULES.items():
        complaints = complaints_of(path, read(path))
        if complaints:
            broken += [f"{name(path)}: {rule}", *complaints]
    if broken:
        pytest.fail("\n".join(broken), pytrace=False)


def test_every_lesson_has_its_solutions():
    assert [path.name for path in reading.LESSONS] == [path.name for path in reading.SOLUTIONS]


@pytest.mark.parametrize("path", reading.LESSONS, ids=name)
def test_exercises_have_the_same_names_in_lesson_and_solutions(path):
    solutions = path.parent / "solutions" / path.name
    names, answers = (
        [cell.id for cell in read(p).cells if cell.id.startswith("exercise-")]
        for p in (path, solutions)
    )
    # The solutions may say more in between; what the lesson asks stands there under its name.
    assert names, f"{path.name} has no cell whose name starts with 'exercise-'"
    assert [found for found in answers if found in names] == names


@pytest.mark.parametrize("path", reading.NOTEBOOKS, ids=name)
def test_links_with_a_lessons_title_have_the_one_that_it_bears(path):
    for cell in reading.markdown_cells(read(path)):
        for title, target in re.findall(r"\[(\d+\. [^\]]+)\]\(([^)]+\.ipynb)\)", cell.source):
            first = read(path.parent / target).cells[0].source
            assert first.startswith(f"# {title}\n"), f"{cell.id}: {title!r} is not how it is called"


def test_lesson_numbers_are_unique():
    numbers = Counter(path.name[:2] for path in reading.LESSONS)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_every_notebook_is_numbered():
    folder = reading.ROOT / "notebooks"
    found = {
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.as_posix()
    }
    # A notebook with another name would escape the rules above.
    assert sorted(found - set(reading.NOTEBOOKS)) == []
