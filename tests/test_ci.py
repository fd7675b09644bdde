"""`.ci/run` runs the README's test command in a clone of what is committed, and ends as it ends."""

import os
import shutil
import subprocess
import sys

import pytest
from machinery.reading import ROOT

# On Windows `bash` may be another program than git's, and the command runs in the Command Prompt.
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("bash"), reason="needs a POSIX system with bash"
)


def program(path, *lines):
    """Write a small program that first notes its own call in the file $LOG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", 'echo "${0##*/} $*" >>"$LOG"', *lines, ""]))
    path.chmod(0o755)


@pytest.fixture
def ci(tmp_path):
    """A function that runs `.ci/run` in a small repository whose tools only note their calls.

    It takes the test's exit status and the README's text, and returns the finished process, the
    calls, and what is left in the folder for temporary files. Every path has a space.
    """
    repository, tools, temporary = (tmp_path / f"a {name}" for name in ("clone", "bin", "tmp"))
    log = tmp_path / "log"

    def git(*arguments):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=repository, check=True)

    def run(status, readme=None):
        shutil.copytree(ROOT / ".ci", repository / ".ci")
        temporary.mkdir()
        text = readme or (ROOT / "README.md").read_text(encoding="utf-8")
        (repository / "README.md").write_text(text, encoding="utf-8")
        program(tools / "python3")
        program(repository / ".venv" / "bin" / "pip")
        program(repository / ".venv" / "bin" / "pytest", f"ls; exit {status}")
        git("init", "--quiet")
        git("add", "--force", ".")
        git("commit", "--quiet", "--message", "all")
        (repository / "not-committed").write_text("")
        paths = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(temporary)}
        process = subprocess.run(
            ["bash", str(repository / ".ci" / "run")],
            cwd=tmp_path,
            env=os.environ | paths | {"LOG": str(log)},
            capture_output=True,
            encoding="utf-8",
        )
        calls = log.read_text().splitlines() if log.exists() else []
        return process, calls, list(temporary.iterdir())

    run.tools = tools
    return run


@pytest.mark.parametrize("status", [0, 1, 5])
def test_runs_the_command_and_ends_as_it_ends(ci, status):
    process, calls, left = ci(status)
    assert process.returncode == status
    assert calls == ["python3 -m venv .venv", "pip install -r requirements.txt", "pytest "]
    assert "README.md" in process.stdout
    assert "not-committed" not in process.stdout
    assert left == []


@pytest.mark.parametrize("status", [0, 1])
def test_a_folder_that_cannot_be_removed_changes_no_status(ci, status):
    program(ci.tools / "rm", "exit 7")
    process, _, left = ci(status)
    assert process.returncode == status
    assert "is left behind" in process.stderr
    assert len(left) == 1


@pytest.mark.parametrize("count", [0, 2])
def test_a_readme_without_the_one_command(ci, count):
    process, calls, _ = ci(0, readme="# A title\n" + "python3 -m venv .venv && pytest\n" * count)
    assert process.returncode == 1
    assert "README.md must hold one line 'python3 -m venv ... pytest'" in process.stderr
    assert calls == []


def test_lowest_releases():
    """A constraint for each lower bound of requirements.txt; no extra, which pip refuses there."""
    printed = subprocess.run(
        ["bash", str(ROOT / ".ci" / "lowest")], capture_output=True, encoding="utf-8", check=True
    ).stdout.splitlines()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    bounds = [line.split("<")[0].rstrip(",") for line in lines if ">=" in line and line[0] != "#"]
    assert printed == [bound.replace(">=", "==") for bound in bounds]
    assert "torch==2.6" in printed
    assert not any("[" in line for line in printed)


def test_the_workflow_takes_the_script():
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "run: .ci/run\n" in workflow
    assert ".ci/lowest |" in workflow
    assert "pip install" not in workflow
