"""What pytest has of a notebook once our hook has seen it; no kernel is started."""

import nbformat
import pytest
from machinery import needs, plugin
from nbval.plugin import IPyNbFile


def notebook(path):
    """Write a notebook of two cells; the path."""
    cells = [nbformat.v4.new_code_cell("1"), nbformat.v4.new_code_cell("2")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def collected(request, path):
    """A notebook's collector and its items, after our hook."""
    collector = IPyNbFile.from_parent(request.session, path=path)
    report = pytest.CollectReport(collector.nodeid, "passed", None, list(collector.collect()))
    hook = plugin.pytest_make_collect_report(collector)
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)
    return collector, end.value.value.result


def test_a_notebook_that_cannot_run_is_skipped_as_a_whole(request, monkeypatch, tmp_path):
    monkeypatch.setitem(needs.NEEDS, "needy.ipynb", lambda: "this machine has no wings")
    _, items = collected(request, notebook(tmp_path / "needy.ipynb"))
    marks = [item.get_closest_marker("skip") for item in items]
    assert len(marks) == 5  # two cells, and the items that follow them
    assert {mark.kwargs["reason"] for mark in marks} == {"needy.ipynb: this machine has no wings"}
    _, items = collected(request, notebook(tmp_path / "plain.ipynb"))
    assert len(items) == 5
    assert not any(item.get_closest_marker("skip") for item in items)


@pytest.mark.parametrize("deaths", [0, 1, 2])
def test_a_kernel_that_dies_at_its_start_is_started_once_more(
    request, monkeypatch, tmp_path, deaths
):
    starts = []

    def setup(self):
        starts.append(self)
        if len(starts) <= deaths:
            raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(IPyNbFile, "setup", setup)
    collector, _ = collected(request, notebook(tmp_path / "plain.ipynb"))
    if deaths == 2:
        with pytest.raises(RuntimeError, match="Kernel died"):
            collector.setup()
    else:
        collector.setup()
    assert len(starts) == min(2, deaths + 1)
