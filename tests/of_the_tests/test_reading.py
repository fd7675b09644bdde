"""Taking functions out of notebooks is tested: `reading.definitions`."""

import pytest
from machinery import reading
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "03_topic.ipynb"
    cells = [
        new_markdown_cell("# 3. Topic"),
        new_code_cell("import math\nraise SystemExit"),
        new_code_cell("this is no Python"),
        new_code_cell("def half(x):\n    return x / 2"),
        new_code_cell("def circle(r):\n    return math.pi * half(2 * r) ** 2"),
        new_code_cell("def half(x):\n    return x * 2  # a mistake on show"),
    ]
    path.write_text(writes(new_notebook(cells=cells)), encoding="utf-8")
    return path


def test_first_definition_counts_and_nothing_else_runs(notebook):
    code = reading.definitions(notebook, "half", "circle")
    assert code.half(3) == 1.5
    assert round(code.circle(1), 2) == 3.14


def test_missing_definition_is_named(notebook):
    message = r"03_topic\.ipynb does not define third .* it defines: half, circle"
    with pytest.raises(LookupError, match=message):
        reading.definitions(notebook, "half", "third")
