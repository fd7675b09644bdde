"""What nbval leaves out, in the same run of the notebooks: pictures, claims, numbers in prose.

The hooks work through notebooks/conftest.py: pytest loads a conftest only for what lies beside or
below it, so one in this folder would never see a notebook.
"""

import functools
import re
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from machinery import claims, needs, reading
from machinery.numbers import unfounded


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Let three items follow the cells of each notebook; skip all if it cannot run here."""
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed:
        collector.setup = with_a_second_try(collector.setup)
        collector.claims = claims.read_claims(claims.claims_file(collector.path))
        collector.outcomes = {}
        report.result += [
            EveryCellRan.from_parent(collector, name="every cell ran"),
            ClaimsAreWhole.from_parent(collector, name="claims are whole"),
            NumbersAreFounded.from_parent(collector, name="numbers in prose"),
        ]
        if reason := needs.missing(collector.path):
            for item in report.result:
                item.add_marker(pytest.mark.skip(reason=f"{collector.path.name}: {reason}"))
    return report


def with_a_second_try(setup):
    """The `setup` of a notebook, in which nbval starts a kernel, run again if the kernel died.

    The ports of a kernel are chosen before it takes them. About once in a thousand starts another
    program was quicker; then the kernel dies before its first word.
    """

    @functools.wraps(setup)
    def setup_again():
        try:
            setup()
        except RuntimeError:
            setup()

    return setup_again


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After a cell has run, count it and run its claims; after nbval has passed it, compare more.

    What nbval finds comes first, then pictures, then claims. The claims run in any case: the
    numbers that they state are needed when the notebook has ended.
    """
    if not isinstance(item, IPyNbCell):
        return (yield)
    failed = None
    try:
        result = yield
    finally:
        # nbval still runs the cells after a timeout, but expects them to fail: not to be counted.
        if item.test_outputs is not None and not item.parent.timed_out:
            item.parent.ran = getattr(item.parent, "ran", 0) + 1
            failed = run_claims(item)
    # A cell tagged nbval-ignore-output (check is off) says that its outputs differ on each run.
    if item.options["check"]:
        compare_pictures(item)
    if failed:
        raise NbCellError(item.cell_num, failed, item.cell.source)
    return result


def run_claims(item):
    """Run the claims about a cell; a message that names lesson, cell and claim if they fail."""
    notebook = item.parent
    for block in notebook.claims.blocks:
        if block.cell == item.cell.id:
            timeout = item.config.option.nbval_cell_timeout
            outcome = claims.run_block(notebook.kernel, notebook.claims, block, timeout)
            notebook.outcomes[block.cell] = outcome
            if outcome.error:
                claim = f"tests/claims/{notebook.claims.file.name}"
                return f"{notebook.path.name}, cell {block.cell!r}, {claim}: {outcome.error}"
    return None


def compare_pictures(item):
    """Fail a cell whose pictures are not those that the notebook holds."""
    # Few test modules meet a picture, and Matplotlib takes a moment to import.
    from machinery.pictures import compare

    def folder():  # called on a complaint only: most cells need no folder
        return picture_folder(item.config) / item.path.stem / item.name.replace(" ", "-").lower()

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


class NotebookItem(pytest.Item):
    """A test of a whole notebook, after its cells; it fails with a message and no traceback."""

    def repr_failure(self, excinfo):
        """The message alone: a traceback through this file helps no one."""
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class EveryCellRan(NotebookItem):
    """Fails unless as many cells ran to their end as the notebook has code cells on disk."""

    def runtest(self):
        ran = getattr(self.parent, "ran", 0)
        on_disk = len(reading.code_cells(reading.read(self.path)))
        if ran != on_disk:
            raise AssertionError(
                f"{self.path.name} has {on_disk} code cells on disk, but {ran} ran to their end. "
                "A cell that nbval skips, that takes too long or whose kernel dies does not count."
            )


class ClaimsAreWhole(NotebookItem):
    """Fails on a claims file that is missing, that names unknown cells or that asserts nothing."""

    def runtest(self):
        needed = re.match(r"\d\d_", self.path.name) and self.path.parent.name != "solutions"
        complaints = claims.faults(self.parent.claims, reading.read(self.path), needed)
        if complaints:
            raise AssertionError("\n".join(complaints))


class NumbersAreFounded(NotebookItem):
    """Fails on a number in the prose that neither stands beside it nor is stated by a claim."""

    def runtest(self):
        notebook = reading.read(self.path)
        if getattr(self.parent, "ran", 0) != len(reading.code_cells(notebook)):
            pytest.skip("some cells did not run, so their claims could state no numbers")
        complaints = unfounded(notebook, self.parent.outcomes)
        if complaints:
            raise AssertionError("\n".join([self.path.name, *complaints]))
