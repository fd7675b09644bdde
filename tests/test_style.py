"""Ruff over the whole repository, notebooks included: rules and formatting."""

import subprocess
import sys

import pytest
from machinery import reading


@pytest.mark.parametrize("command", [["check"], ["format", "--check", "--diff"]], ids=" ".join)
def test_ruff(command):
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."],
        cwd=reading.ROOT,
        capture_output=True,
        encoding="utf-8",  # ruff writes UTF-8, also where the system reads something else
    )
    if result.returncode:
        pytest.fail(f"ruff {' '.join(command)}\n{result.stdout}{result.stderr}", pytrace=False)
