"""A notebook whose needs the machine does not meet is skipped with a plain word; others run."""

import nbformat
import pytest
from machinery import needs
from machinery.reading import NOTEBOOKS, ROOT

LESSON = ROOT / "notebooks" / "18_many_workers.ipynb"


def small_notebook(path):
    """Write a notebook with one cell that fails."""
    cell = nbformat.v4.new_code_cell("raise SystemError('it ran')", id="fails")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def test_a_notebook_that_cannot_run_is_skipped_as_a_whole(run_pytest, tmp_path):
    folder = tmp_path / "notebooks"
    (folder / "deep").mkdir(parents=True)
    for name in ("needy", "plain"):
        small_notebook(folder / "deep" / f"{name}.ipynb")
    (folder / "deep" / "conftest.py").write_text(
        "from machinery import needs\n"
        "needs.NEEDS['needy.ipynb'] = lambda: 'this machine has no wings'\n"
    )
    run = run_pytest(folder)
    assert "needy.ipynb: this machine has no wings" in run.text
    assert not run.items("FAILED", "needy") and not run.items("PASSED", "needy")
    assert run.items("FAILED", "plain")


@pytest.mark.parametrize(
    ("platform", "available", "gloo", "word"),
    [
        ("linux", True, True, None),
        ("darwin", True, True, None),
        ("win32", True, True, "on Windows torchrun may not start"),
        ("linux", True, False, "without gloo"),
        ("linux", False, True, "without gloo"),
    ],
)
def test_two_processes_need_gloo_and_torchrun(monkeypatch, platform, available, gloo, word):
    monkeypatch.setattr(needs.sys, "platform", platform)
    monkeypatch.setattr(needs.dist, "is_available", lambda: available)
    monkeypatch.setattr(needs.dist, "is_gloo_available", lambda: gloo)
    reason = needs.missing(LESSON)
    assert reason is None if word is None else word in reason
    assert needs.missing(LESSON.parent / "solutions" / LESSON.name) is None
    assert needs.missing(LESSON.parent / "03_gradient_descent.ipynb") is None


def test_each_notebook_with_a_need_exists():
    assert set(needs.NEEDS) <= {path.name for path in NOTEBOOKS}
