"""The learner's own copy of the lessons: `python -m helpers.workbook [--renew NAME] [--copy-only]`

It makes `workbook/` beside `notebooks/`, with every lesson and its solutions, outputs removed, and
opens JupyterLab on it. A copy is never overwritten: what you write stays. Lessons that are new are
added, and lessons that changed since you got your copy are named; `--renew NAME` then takes the
new one and keeps your old file beside it. Every other option goes on to JupyterLab.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What each lesson was when it was copied: `{"01_topic.ipynb": hash, ...}`. If the file is lost,
# nothing else is; only who changed a copy that differs from its lesson is then not known.
RECORD = ".copied.json"


def content(path):
    """The bytes of a file as they are copied: a notebook without outputs and counts."""
    if path.suffix != ".ipynb":
        return path.read_bytes()
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"execution_count": None, "outputs": []}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook that can be read: {error!r}") from error
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def read_record(folder):
    """The record of a workbook; an empty one where there is none that can be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def lesson_files(root):
    """What a workbook holds: `{"solutions/01_topic.ipynb": path}` for each file in `notebooks/`."""
    folder = root / "notebooks"
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        name.as_posix(): folder / name
        for name in names
        # neither the tests' and ruff's files nor what editors and Python leave behind
        if name.suffix not in (".py", ".toml")
        and not any(part.startswith((".", "__")) for part in name.parts)
    }


def put(data, path):
    """Write a whole file or none: a copy that broke off half-way would never be mended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def keep(path):
    """Give a file a name that is free, `01_topic.kept-1.ipynb`, and return the new path."""
    number = 1
    while (kept := path.with_name(f"{path.stem}.kept-{number}{path.suffix}")).exists():
        number += 1
    return path.rename(kept)


def complete(root, renew=()):
    """Copy what a workbook does not hold yet, renew what is asked for, and say what changed.

    Args:
        root: the folder with `notebooks/`; `workbook/` lies beside it.
        renew: names of lessons to take anew, each with or without folder `workbook/` and `.ipynb`.

    Returns:
        A list of sentences for the learner.

    Raises:
        ValueError: `renew` names no lesson, or a lesson is no notebook.
        OSError: the workbook cannot be written.
    """
    folder, files = root / "workbook", lesson_files(root)
    if not files:
        raise ValueError(f"there are no lessons in {root / 'notebooks'}")
    renewed = {lesson_name(given, files) for given in renew}
    before = read_record(folder)
    record = dict(before)
    added, said = [], []
    for name, path in files.items():
        copy, data = folder / name, content(path)
        now = hashlib.sha256(data).hexdigest()
        how = f"To take the new one and keep yours beside it: --renew {name.removesuffix('.ipynb')}"
        if not copy.exists():
            put(data, copy)
            added.append(name)
            record[name] = now
        elif copy.read_bytes() == data:
            record[name] = now
        elif name in renewed:
            said.append(f"Renewed {name}; your old file is {keep(copy).name}, beside it.")
            put(data, copy)
            record[name] = now
        elif name not in record:
            said.append(f"{name} differs from the lesson; by whom is not known. {how}")
        elif record[name] != now:
            said.append(f"{name} has changed since you got your copy. {how}")
    for name in sorted(record.keys() - files.keys()):
        said.append(f"{name} is no longer among the lessons; your copy, if there is one, stays.")
        del record[name]
    if record != before:
        put(json.dumps(record, indent=1).encode(), folder / RECORD)
    return [f"New in {folder}: {', '.join(added)}"] * bool(added) + said


def lesson_name(given, files):
    """The file that a learner means by `05_topic`, `05_topic.ipynb`, `workbook/05_topic.ipynb`."""
    name = given.replace("\\", "/").removeprefix("./").removeprefix("workbook/")
    for known in (name, f"{name}.ipynb"):
        if known in files:
            return known
    raise ValueError(f"--renew: there is no lesson {given!r}; there are {', '.join(files)}")


def start_jupyterlab(options):
    """Run JupyterLab in this process, until the learner ends it."""
    from jupyterlab.labapp import main as jupyterlab

    jupyterlab(options)


def main(argv=None):
    """The command; see the head of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.workbook",
        description=__doc__.partition("\n\n")[2],
        epilog="JupyterLab's own options: jupyter lab --help",
        allow_abbrev=False,  # a shortened option may be JupyterLab's
    )
    parser.add_argument("--renew", metavar="NAME", action="append", default=[], help="take it anew")
    parser.add_argument("--copy-only", action="store_true", help="do not open JupyterLab")
    arguments, options = parser.parse_known_args(argv)
    if arguments.copy_only and options:
        parser.error(f"--copy-only opens no JupyterLab, so {' '.join(options)} has no use")
    try:
        print("\n".join(complete(ROOT, arguments.renew)) or "Your workbook is complete.")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(
            f"the workbook {ROOT / 'workbook'} cannot be made or completed: {error.strerror}: "
            f"{error.filename}. It must be a folder that you may write to: if the collection is "
            "not yours, clone it into a folder of your own."
        )
    if not arguments.copy_only:
        # The collection's folder is the root, so that a lesson's links out of the workbook open.
        ours = [f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/workbook"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            ours.append("--allow-root")  # in a container; JupyterLab refuses otherwise
        start_jupyterlab(ours + options)


if __name__ == "__main__":
    sys.exit(main())
