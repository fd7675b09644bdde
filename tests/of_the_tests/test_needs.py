"""A notebook whose needs the machine does not meet is skipped with a plain word; others run."""

import nbformat
import pytest
import torch.distributed as dist
from machinery import needs, plugin
from machinery.reading import NOTEBOOKS, ROOT
from nbval.plugin import IPyNbFile

LESSON = ROOT / "notebooks" / "18_many_workers.ipynb"


def collected(request, path):
    """The items that pytest has of a notebook once our hook has seen them."""
    collector = IPyNbFile.from_parent(request.session, path=path)
    report = pytest.CollectReport(collector.nodeid, "passed", None, list(collector.collect()))
    hook = plugin.pytest_make_collect_report(collector)
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)
    return end.value.value.result


def test_a_notebook_that_cannot_run_is_skipped_as_a_whole(request, monkeypatch, tmp_path):
    cells = [nbformat.v4.new_code_cell("1"), nbformat.v4.new_code_cell("2")]
    for name in ("needy", "plain"):
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    monkeypatch.setitem(needs.NEEDS, "needy.ipynb", lambda: "this machine has no wings")
    marks = [
        item.get_closest_marker("skip") for item in collected(request, tmp_path / "needy.ipynb")
    ]
    assert len(marks) == 5  # two cells, and the items that follow them
    assert {mark.kwargs["reason"] for mark in marks} == {"needy.ipynb: this machine has no wings"}
    plain = collected(request, tmp_path / "plain.ipynb")
    assert len(plain) == 5
    assert not any(item.get_closest_marker("skip") for item in plain)


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
    monkeypatch.setattr(dist, "is_available", lambda: available)
    monkeypatch.setattr(dist, "is_gloo_available", lambda: gloo)
    reason = needs.missing(LESSON)
    assert reason is None if word is None else word in reason
    assert needs.missing(LESSON.parent / "solutions" / LESSON.name) is None
    assert needs.missing(LESSON.parent / "03_gradient_descent.ipynb") is None


def test_each_notebook_with_a_need_exists():
    assert set(needs.NEEDS) <= {path.name for path in NOTEBOOKS}
