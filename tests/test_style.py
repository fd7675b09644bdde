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
        text=True,
    )
    if result.returncode:
        pytest.fail(f"ruff {' '.join(command)}\n{result.stdout}{result.stderr}", pytrace=False)
