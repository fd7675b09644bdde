"""The learner's copy of the lessons: made, completed, never overwritten, renewed on request."""

import errno
import json
import os
import re
import shutil
import stat

import pytest
from machinery import reading

from helpers import workbook


def lesson(*sources):
    """A small notebook with outputs, as the text of its file."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{k}",
            "metadata": {"tags": ["raises-exception"]},
            "execution_count": k + 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["shown\n"]}],
            "source": [source],
        }
        for k, source in enumerate(sources)
    ]
    cells.insert(0, {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# ×"]})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A small collection; the working folder is another one."""
    notebooks = tmp_path / "my lessons" / "notebooks"
    for name in ("01_a.ipynb", "02_b.ipynb", "solutions/01_a.ipynb"):
        (notebooks / name).parent.mkdir(parents=True, exist_ok=True)
        (notebooks / name).write_text(lesson(f"print({name!r})"), encoding="utf-8")
    (notebooks / "picture.png").write_bytes(b"\x89PNG")
    (notebooks / "conftest.py").write_text("")
    (notebooks / "ruff.toml").write_text("")
    (notebooks / ".ipynb_checkpoints").mkdir()
    (notebooks / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb").write_text(lesson())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workbook, "ROOT", notebooks.parent)
    return notebooks.parent


@pytest.fixture
def started(monkeypatch):
    """The options with which JupyterLab would have been started, one list a start."""
    starts = []
    monkeypatch.setattr(workbook, "start_jupyterlab", starts.append)
    return starts


def refusal(capsys, *argv):
    """What the command says on the error stream when it ends with an error."""
    with pytest.raises(SystemExit) as ended:
        workbook.main(argv)
    assert ended.value.code == 2
    return capsys.readouterr().err


def files(root):
    """The content of each file of a workbook, by its name."""
    folder = root / "workbook"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_fresh(root):
    (said,) = workbook.complete(root)
    names = ["01_a.ipynb", "02_b.ipynb", "picture.png", "solutions/01_a.ipynb"]
    assert said == f"New in {root / 'workbook'}: {', '.join(names)}"
    assert sorted(files(root)) == sorted([*names, workbook.RECORD])
    assert (root / "workbook" / "picture.png").read_bytes() == b"\x89PNG"
    for name in ("01_a.ipynb", "solutions/01_a.ipynb"):
        notebook = reading.read(root / "workbook" / name)
        original = reading.read(root / "notebooks" / name)
        assert [cell.source for cell in notebook.cells] == [cell.source for cell in original.cells]
        assert notebook.cells[1].id == "cell-0"
        assert notebook.cells[1].metadata.tags == ["raises-exception"]
        assert notebook.cells[1].outputs == []
        assert notebook.cells[1].execution_count is None
        assert "outputs" not in notebook.cells[0]


def test_again(root):
    workbook.complete(root)
    before = files(root)
    assert workbook.complete(root) == []
    assert files(root) == before


def test_a_complete_workbook_is_not_written_to(root, monkeypatch):
    workbook.complete(root)
    monkeypatch.setattr(workbook, "put", lambda data, path: pytest.fail(f"wrote {path}"))
    assert workbook.complete(root) == []


def test_after_an_edit(root):
    workbook.complete(root)
    mine = root / "workbook" / "01_a.ipynb"
    mine.write_text("my work, no longer a notebook")
    assert workbook.complete(root) == []
    assert mine.read_text() == "my work, no longer a notebook"


def test_after_a_lesson_changed(root):
    workbook.complete(root)
    before = files(root)
    (root / "notebooks" / "01_a.ipynb").write_text(lesson("print('new')"))
    (root / "notebooks" / "solutions" / "01_a.ipynb").write_text(lesson("print('new')"))
    for _ in range(2):
        first, second = workbook.complete(root)
        assert first.startswith("01_a.ipynb has changed since you got your copy. ")
        assert first.endswith("--renew 01_a")
        assert second.endswith("--renew solutions/01_a")
        assert files(root) == before


def test_new_outputs_are_no_change(root):
    workbook.complete(root)
    path = root / "notebooks" / "01_a.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("shown", "other"), encoding="utf-8")
    assert workbook.complete(root) == []


def test_a_copy_that_is_already_the_new_lesson_is_no_change(root):
    workbook.complete(root)
    for folder in ("notebooks", "workbook"):
        (root / folder / "01_a.ipynb").write_text(lesson("print('new')"))
    mine = root / "workbook" / "01_a.ipynb"
    mine.write_bytes(workbook.content(mine))
    assert workbook.complete(root) == []


def test_after_lessons_were_added_and_copies_deleted(root):
    workbook.complete(root)
    (root / "notebooks" / "03_c.ipynb").write_text(lesson("3"))
    (root / "workbook" / "02_b.ipynb").unlink()
    (said,) = workbook.complete(root)
    assert said == f"New in {root / 'workbook'}: 02_b.ipynb, 03_c.ipynb"


def test_after_a_lesson_was_removed(root):
    workbook.complete(root)
    (root / "notebooks" / "02_b.ipynb").unlink()
    (said,) = workbook.complete(root)
    assert said.startswith("02_b.ipynb is no longer among the lessons")
    assert (root / "workbook" / "02_b.ipynb").exists()
    assert workbook.complete(root) == []


@pytest.mark.parametrize("name", ["01_a", "01_a.ipynb", "workbook/01_a.ipynb", r".\01_a.ipynb"])
def test_renew(root, name):
    workbook.complete(root)
    mine = root / "workbook" / "01_a.ipynb"
    mine.write_text("my work")
    (root / "notebooks" / "01_a.ipynb").write_text(lesson("print('new')"))
    (said,) = workbook.complete(root, [name])
    assert said == "Renewed 01_a.ipynb; your old file is 01_a.kept-1.ipynb, beside it."
    assert mine.with_name("01_a.kept-1.ipynb").read_text() == "my work"
    assert reading.read(mine).cells[1].source == "print('new')"
    assert workbook.complete(root) == []


def test_renew_twice_keeps_both(root):
    workbook.complete(root)
    mine = root / "workbook" / "solutions" / "01_a.ipynb"
    for k in (1, 2):
        mine.write_text(f"work {k}")
        workbook.complete(root, ["solutions/01_a", "solutions/01_a.ipynb"])
    kept = [mine.with_name(f"01_a.kept-{k}.ipynb").read_text() for k in (1, 2)]
    assert kept == ["work 1", "work 2"]
    assert workbook.complete(root, ["solutions/01_a"]) == []  # nothing to renew, nothing to keep
    assert not mine.with_name("01_a.kept-3.ipynb").exists()


@pytest.mark.parametrize("broken", [None, "{", "[]", '{"01_a.ipynb": 3, "02_b.ipynb": 3}'])
def test_a_lost_record_loses_nothing(root, broken):
    workbook.complete(root)
    mine = root / "workbook" / "01_a.ipynb"
    mine.write_text("my work")
    record = root / "workbook" / workbook.RECORD
    record.unlink() if broken is None else record.write_text(broken)
    (said,) = workbook.complete(root)
    assert said.startswith("01_a.ipynb ")
    assert said.endswith("--renew 01_a")
    assert mine.read_text() == "my work"
    assert json.loads(record.read_text()).keys() >= {"02_b.ipynb", "solutions/01_a.ipynb"}


def test_a_copy_that_breaks_off_is_no_copy(root, monkeypatch):
    def full(path, target):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(workbook.Path, "replace", full)
        with pytest.raises(OSError):
            workbook.complete(root)
    assert not (root / "workbook" / "01_a.ipynb").exists()
    (said,) = workbook.complete(root)
    assert "01_a.ipynb" in said


@pytest.mark.parametrize("user, root_options", [(0, ["--allow-root"]), (1000, [])])
def test_opens_jupyterlab(root, started, monkeypatch, capsys, user, root_options):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    workbook.main(["--no-browser", "--port", "8899"])
    ((folder, url, *options),) = started
    assert folder == f"--ServerApp.root_dir={root}"
    assert url == "--LabApp.default_url=/lab/tree/workbook"
    assert options == [*root_options, "--no-browser", "--port", "8899"]
    assert "New in" in capsys.readouterr().out


def test_opens_jupyterlab_where_there_are_no_user_ids(root, started, monkeypatch):
    monkeypatch.delattr(os, "geteuid", raising=False)  # Windows
    workbook.main([])
    assert len(started) == 1
    assert "--allow-root" not in started[0]


def test_copies_only(root, started, capsys):
    workbook.main(["--copy-only"])
    workbook.main(["--copy-only"])
    assert started == []
    assert capsys.readouterr().out.endswith("Your workbook is complete.\n")


def test_bad_arguments(root, started, capsys):
    assert "--renew: there is no lesson '9_z'; there are 01_a.ipynb, " in refusal(
        capsys, "--renew", "9_z"
    )
    assert "--renew: there is no lesson ''" in refusal(capsys, "--renew=")
    assert "--renew: expected one argument" in refusal(capsys, "--renew")
    assert "--copy-only opens no JupyterLab, so --port 1 has no use" in refusal(
        capsys, "--copy-only", "--port", "1"
    )
    assert started == []
    assert not (root / "workbook").exists()


def test_a_lesson_that_is_no_notebook(root, started, capsys):
    for text in ("<<<<<<< HEAD", "[]", "{}"):
        (root / "notebooks" / "02_b.ipynb").write_text(text)
        message = refusal(capsys)
        assert f"{root / 'notebooks' / '02_b.ipynb'} is no notebook that can be read" in message


def test_no_lessons(tmp_path, started, monkeypatch, capsys):
    monkeypatch.setattr(workbook, "ROOT", tmp_path)
    assert f"there are no lessons in {tmp_path / 'notebooks'}" in refusal(capsys)


def test_workbook_is_a_file(root, started, capsys):
    (root / "workbook").write_text("")
    message = refusal(capsys)
    assert f"the workbook {root / 'workbook'} cannot be made or completed: " in message
    assert "It must be a folder that you may write to" in message
    assert started == []


def test_read_only_checkout(root, started, capsys, monkeypatch):
    def refuse(path, *args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(workbook.Path, "mkdir", refuse)  # root writes into read-only folders, too
    message = refusal(capsys)
    assert f"Read-only file system: {root / 'workbook'}" in message
    assert "clone it into a folder of your own" in message
    assert started == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for this user"
)
def test_folder_without_write_permission(root, started, capsys):
    root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert f"Permission denied: {root / 'workbook'}" in refusal(capsys)
    finally:
        root.chmod(stat.S_IRWXU)


def test_the_links_of_the_lessons_work_in_the_copy(tmp_path):
    """Every relative link of a lesson leads to a file from the copy, too."""
    for name in ("notebooks", "README.md"):
        source = reading.ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    workbook.complete(tmp_path)
    for original in reading.NOTEBOOKS:
        path = tmp_path / "workbook" / original.relative_to(reading.ROOT / "notebooks")
        for cell in reading.markdown_cells(reading.read(path)):
            for target in re.findall(r"\]\(([^)#:\s]+)\)", cell.source):
                if (original.parent / target).exists():  # that it does is a test elsewhere
                    assert (path.parent / target).exists(), f"{original.name}: {target}"
