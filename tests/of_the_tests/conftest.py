"""What the tests of the tests share: a whole run of pytest over small notebooks."""

import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest
from machinery import reading


class Run(NamedTuple):
    """What a run of pytest printed."""

    text: str

    def items(self, outcome, name):
        """The items of one notebook that had an outcome (FAILED, PASSED, ...), in order."""
        pattern = rf"^{outcome} \S*{name}\.ipynb::(.+?)(?: - .*)?$"
        return re.findall(pattern, self.text, re.MULTILINE)


@pytest.fixture(scope="session")
def run_pytest():
    """A function that runs pytest, with the project's hooks and options, over a folder.

    Its second argument is the time that a cell may take, in seconds.
    """

    def run(folder, cell_timeout=60):
        shutil.copy(reading.ROOT / "notebooks" / "conftest.py", folder)
        command = [sys.executable, "-m", "pytest", str(folder), f"--rootdir={folder}", "-rA"]
        command += [f"--config-file={reading.ROOT / 'pyproject.toml'}", "--color=no"]
        # One process and no hypothesis: starting takes longer than these cells.
        command += [
            "--numprocesses=0",
            "-p",
            "no:hypothesispytest",
            f"--nbval-cell-timeout={cell_timeout}",
        ]
        command += ["-o", f"cache_dir={folder / 'cache'}"]
        # On a CI server pytest repeats whole messages in its summary; here each is to stand once.
        environment = {k: v for k, v in os.environ.items() if k not in ("CI", "BUILD_NUMBER")}
        # Without a terminal's width pytest cuts the names of items.
        environment |= {"COLUMNS": "400", "PYTHONUTF8": "1"}
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=folder, env=environment
        )
        return Run(result.stdout + result.stderr)

    return run
