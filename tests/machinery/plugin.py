"""What nbval leaves out, in the same run of the notebooks: pictures, and that every cell ran.

The hooks work through notebooks/conftest.py: pytest loads a conftest only for what lies beside or
below it, so one in this folder would never see a notebook.
"""

import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from machinery import reading


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Let a last item follow the cells of each notebook."""
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed:
        report.result.append(EveryCellRan.from_parent(collector, name="every cell ran"))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After a cell has run, count it; after nbval has passed it, compare its pictures."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    try:
        result = yield
    finally:
        # nbval still runs the cells after a timeout, but expects them to fail: not to be counted.
        if item.test_outputs is not None and not item.parent.timed_out:
            item.parent.ran = getattr(item.parent, "ran", 0) + 1
    # A cell tagged nbval-ignore-output (check is off) says that its outputs differ on each run.
    if item.options["check"]:
        compare_pictures(item)
    return result


def compare_pictures(item):
    """Fail a cell whose pictures are not those that the notebook holds."""
    # Few test modules meet a picture, and Matplotlib takes a moment to import.
    from machinery.pictures import compare

    folder = picture_folder(item.config) / item.path.stem / item.name.replace(" ", "-").lower()
    complaints = compare(item.cell.outputs, item.test_outputs, folder)
    if complaints:
        # nbval prints its own exception readably, with the source of the cell.
        raise NbCellError(
            item.cell_num, "Cell pictures differ", item.cell.source, "\n".join(complaints)
        )


def picture_folder(config):
    """Where pictures that differ are kept to be looked at: in pytest's cache, if it has one."""
    if hasattr(config, "cache"):
        return config.cache.mkdir("pictures")
    return Path(tempfile.mkdtemp(prefix="pictures-"))


class EveryCellRan(pytest.Item):
    """Fails unless as many cells ran to their end as the notebook has code cells on disk."""

    def runtest(self):
        ran = getattr(self.parent, "ran", 0)
        on_disk = len(reading.code_cells(reading.read(self.path)))
        if ran != on_disk:
            raise AssertionError(
                f"{self.path.name} has {on_disk} code cells on disk, but {ran} ran to their end. "
                "A cell that nbval skips, that takes too long or whose kernel dies does not count."
            )

    def repr_failure(self, excinfo):
        """The message alone: a traceback through this file helps no one."""
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"
