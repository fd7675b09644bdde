"""Everything that notebooks, helpers and tests import is brought by requirements.txt."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions

import pytest
from machinery import reading

FILES = [
    *reading.NOTEBOOKS,
    *sorted((reading.ROOT / "helpers").rglob("*.py")),
    *sorted((reading.ROOT / "tests").rglob("*.py")),
]
# `helpers` is brought by the line `-e .`, and pytest finds the modules of the tests by itself.
OWN = {"helpers"} | {path.stem for path in (reading.ROOT / "tests").rglob("*.py")}
OWN |= {path.name for path in (reading.ROOT / "tests").iterdir() if path.is_dir()}

# What a script that is run by hand asks for itself, in its docstring.
BY_HAND = {"tests/browser.py": {"playwright"}}


def normal(name):
    """A distribution's name in the form in which two spellings of it are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required():
    """The distributions that requirements.txt names, in normal form."""
    lines = (reading.ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    names = [re.match(r"[A-Za-z0-9][\w.-]*", line.strip()) for line in lines]
    return {normal(name[0]) for name in names if name}


distributions = cache(packages_distributions)


def imports(path):
    """The top-level names of the modules that a Python file or a notebook imports, anywhere."""
    if path.suffix == ".ipynb":
        cells = reading.code_cells(reading.read(path))
        trees = [reading.parsed(cell.source) for cell in cells]
    else:
        trees = [ast.parse(path.read_text(encoding="utf-8"))]
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.split(".")[0])
    return found


def unlisted(path, listed):
    """Complaints about the imports of a file that no requirement brings.

    Args:
        path: a Python file or a notebook.
        listed: the distributions that are required, in normal form.

    Returns:
        A list of sentences, each with the file, the import and the line to add.
    """
    complaints = []
    for name in sorted(imports(path) - set(sys.stdlib_module_names) - OWN):
        # One import name may come from several distributions; any of them will do.
        sources = sorted({normal(source) for source in distributions().get(name, [name])})
        if not listed.intersection(sources):
            complaints.append(
                f"{path.name} imports {name}: add the line {sources[0]!r} to requirements.txt"
            )
    return complaints


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(reading.ROOT).as_posix())
def test_imports_are_required(path):
    by_hand = BY_HAND.get(path.relative_to(reading.ROOT).as_posix(), set())
    assert unlisted(path, required() | by_hand) == []


def test_unlisted_import_is_noticed(tmp_path):
    file = tmp_path / "lesson.py"
    file.write_text("import json\n\ndef f():\n    import yaml.nodes\n    from helpers import a\n")
    assert unlisted(file, required()) == [
        "lesson.py imports yaml: add the line 'pyyaml' to requirements.txt"
    ]
    assert unlisted(file, required() | {"pyyaml"}) == []


def test_unlisted_import_in_a_notebook_is_noticed(tmp_path):
    from nbformat.v4 import new_code_cell, new_notebook, writes

    file = tmp_path / "lesson.ipynb"
    cells = [new_code_cell("import torch\nimport not_there")]
    file.write_text(writes(new_notebook(cells=cells)), encoding="utf-8")
    assert unlisted(file, {"torch"}) == [
        "lesson.ipynb imports not_there: add the line 'not-there' to requirements.txt"
    ]


def test_requirements_are_read():
    assert {"torch", "d2l", "numpy", "pytest-xdist", "nbval"} <= required()
