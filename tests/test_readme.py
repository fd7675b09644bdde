"""The README: its commands, its picture, its lesson table and its lecture map are true."""

import re

import pytest
from machinery.cells import headings
from machinery.pictures import pictures
from machinery.reading import LESSONS, ROOT, code_cells, read

README = (ROOT / "README.md").read_text(encoding="utf-8")
SLIDES = [f"L{k}" for k in range(1, 9)] + [f"O{k}" for k in range(1, 5)] + ["P1", "P2"]


def rows(heading):
    """The rows of the table below a heading of the README, each a list of its cells."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def blocks(language):
    """The lines of all code blocks of one language."""
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in found for line in block.splitlines()]


def spans():
    """The code spans of the README."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.M | re.S))


def on_windows(command):
    """The form that a command of Linux and macOS has in the Command Prompt."""
    return command.replace("python3", "python").replace(".venv/bin/", ".venv\\Scripts\\")


def test_two_commands_and_the_same_for_windows():
    lesson, tests = blocks("sh")
    assert lesson.endswith("/python -m helpers.workbook")
    assert tests.endswith("/pytest")
    assert blocks("bat") == [on_windows(lesson), on_windows(tests)]


def test_later_commands_stand_in_both_forms():
    found = rows("Start")
    assert len(found) > 2
    for _, command, windows in found:
        assert on_windows(command) == windows


def test_the_workbook_and_the_lessons_that_are_renewed_exist():
    """The module that the command runs is there, and the lesson that it renews is one."""
    assert (ROOT / "helpers" / "workbook.py").exists()
    stems = [path.stem for path in LESSONS]
    renewed = re.findall(r"--renew (\w+)", README)
    assert renewed
    assert set(renewed) <= set(stems)


def test_files_and_links_exist():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    named = re.findall(r"(?<![\w/])(?:notebooks|tests|helpers)/[\w./]*", " ".join(spans()))
    for target in targets + [name for name in named if "NN" not in name]:
        assert (ROOT / target).exists(), target


def test_picture_is_one_of_a_lesson():
    """The picture's file holds, to the byte, the picture of a lesson with the same description.

    Other images, such as a badge from elsewhere, are no pictures of ours.
    """
    images = re.findall(r"!\[(.*?)\]\((.*?)\)", README)
    ((alt, target),) = [image for image in images if image[1].startswith("notebooks/")]
    in_lessons = [
        picture.png
        for path in LESSONS
        for cell in code_cells(read(path))
        for picture in pictures(cell.outputs)
        if picture.alt == alt
    ]
    assert in_lessons == [(ROOT / target).read_bytes()]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_table(path):
    """A row a lesson, with its title, its link and the reading time that it states itself."""
    (row,) = [row for row in rows("Lessons") if f"(notebooks/{path.name})" in row[1]]
    notebook = read(path)
    title = notebook.cells[0].source.split("\n")[0].removeprefix("# ")
    minutes = re.search(r"\*\*Reading time\*\* about (\d+) minutes", notebook.cells[0].source)[1]
    name = re.match(r"\[(.*)\]\(", row[1])[1]
    assert f"{row[0]}. {name}" == title
    assert row[3] == minutes
    assert len(row[2]) > 10


def test_lesson_table_has_no_other_rows():
    assert len(rows("Lessons")) == len(LESSONS)


def test_lecture_map_names_every_slide_and_a_heading_that_exists():
    found = rows("Lecture map")
    assert [row[0] for row in found] == SLIDES
    for slide, _, lesson, heading in found:
        (target,) = re.findall(r"\((notebooks/.*?)\)", lesson)
        assert heading in [text for _, _, text in headings(read(ROOT / target))], slide
