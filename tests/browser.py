"""The learner's way in, in a real browser: `python tests/browser.py [--lesson NN_topic]`

In a fresh clone of what is committed, the last part of the README's first command makes a workbook
and starts JupyterLab. A headless Chromium opens a lesson there, runs all its cells, looks for
errors that the lesson does not intend, writes the solution's answer into an exercise's cell, runs
it and reads the checker's verdict from the page. `--install` runs the whole first command instead,
in an environment of the clone's own.

Run by hand: it takes a minute or two and needs a browser and a driver, which the usual tests do
not: `.venv/bin/pip install playwright`, and Chromium or Chrome from the system.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from machinery.reading import ROOT, code_cells, read

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge"]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "workbook"


def free_port():
    """A port of this machine that nothing listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def first_command(install):
    """The README's first command, or its last part, run by the Python that runs this."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^```sh\n(.*helpers\.workbook)$", readme, re.MULTILINE)[1]
    if install:
        return command
    return command.split(" && ")[-1].replace(".venv/bin/python", f'"{sys.executable}"')


def start(clone, port, install):
    """Start JupyterLab in `clone` by the README's command; return its process when it answers."""
    options = f" --no-browser --port {port} --IdentityProvider.token={TOKEN}"
    options += " --expose-app-in-browser"  # as window.jupyterapp, for CELLS and SELECT
    process = subprocess.Popen(
        first_command(install) + options,
        shell=True,
        cwd=clone,
        # Not the user's own settings and open tabs, which JupyterLab would restore and change.
        # The kernels take the clone's `helpers`, too, and not those that are installed.
        env=os.environ
        | {"JUPYTER_CONFIG_DIR": str(clone.with_name("settings")), "PYTHONPATH": str(clone)},
        start_new_session=os.name == "posix",
        stdout=subprocess.DEVNULL,  # a pipe to us would stay open as long as the server lives
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + (1800 if install else 120)
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the command ended with status {process.returncode}")
        try:
            with urlopen(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", timeout=5):
                return process
        except OSError:
            time.sleep(0.5)
    stop(process)
    sys.exit("JupyterLab did not answer")


def stop(process):
    """End a started JupyterLab, and what the shell between started."""
    if os.name == "posix":
        os.killpg(process.pid, 15)
    else:
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True)
    process.wait(30)


# JupyterLab draws only the cells in view; its own document model knows all of them.
CELLS = """() => {
  const content = window.jupyterapp.shell.currentWidget?.content;
  return (content?.widgets ?? []).map(({model}) => {
    const cell = model.sharedModel.toJSON();
    return {id: model.sharedModel.getId(), type: cell.cell_type, tags: cell.metadata.tags ?? [],
            count: cell.execution_count ?? null, state: model.executionState ?? "",
            errors: (cell.outputs ?? []).filter(o => o.output_type == "error").map(o => o.ename)};
  });
}"""
READY = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.content?.widgets?.length > 1
    && panel.sessionContext?.session?.kernel?.status == "idle";
}"""
SELECT = """(id) => {
  const content = window.jupyterapp.shell.currentWidget.content;
  const index = content.widgets.findIndex(w => w.model.sharedModel.getId() == id);
  content.activeCellIndex = index;
  return content.scrollToItem(index);
}"""


def run_all(page, seconds):
    """Run all cells by JupyterLab's menu; return them when the last has an execution count."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        code = [cell for cell in page.evaluate(CELLS) if cell["type"] == "code"]
        stopped = [cell for cell in code if unintended(cell)]
        if stopped or (code and all(cell["count"] for cell in code)):
            return code
        time.sleep(0.5)
    sys.exit(f"Run All did not end in {seconds} s")


def unintended(cell):
    """The errors of a cell whose tags do not say that it shows one."""
    return [] if "raises-exception" in cell["tags"] else cell["errors"]


def answer(page, cell_id, source):
    """Replace the source of a cell by keyboard, run it, and return the text that the page shows."""
    page.evaluate(SELECT, cell_id)
    cell = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    editor = cell.locator(".cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)
    before = next(c["count"] for c in page.evaluate(CELLS) if c["id"] == cell_id)
    editor.press("ControlOrMeta+Enter")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if next(c["count"] for c in page.evaluate(CELLS) if c["id"] == cell_id) not in (
            before,
            None,
        ):
            return cell.locator(".jp-OutputArea").inner_text()
        time.sleep(0.2)
    sys.exit(f"cell {cell_id!r} did not end")


def visit(page, address, lesson, exercise):
    """Open a lesson, run it, answer one exercise; return the sentences that say what was seen."""
    page.set_default_timeout(60_000)
    page.goto(f"{address}/?token={TOKEN}")
    page.get_by_role("listitem", name=re.compile(rf"{lesson}\.ipynb")).first.dblclick()
    page.wait_for_function(READY, timeout=120_000)
    fresh = [cell for cell in page.evaluate(CELLS) if cell["type"] == "code"]
    assert fresh and not any(cell["count"] for cell in fresh), "the workbook holds counts"
    code = run_all(page, seconds=600)
    failed = {cell["id"]: unintended(cell) for cell in code if unintended(cell)}
    if failed:
        sys.exit(f"{lesson}: errors that no tag intends: {failed}")
    shown = sum(bool(cell["errors"]) for cell in code)
    solution = read(ROOT / "notebooks" / "solutions" / f"{lesson}.ipynb")
    cell_id = f"exercise-{exercise}-answer"
    (source,) = [cell.source for cell in code_cells(solution) if cell.id == cell_id]
    verdict = " ".join(answer(page, cell_id, source).split())
    if ": right." not in verdict:
        sys.exit(f"{cell_id} with the solution's answer: {verdict!r}")
    return [
        f"{lesson}: {len(code)} code cells ran, {shown} of them with the error that they show",
        f"{cell_id}: {verdict}",
    ]


def main():
    """Find a browser, clone, start, visit, and put everything away again."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--lesson", default="06_concise", metavar="NN_topic")
    parser.add_argument("--exercise", default="1", metavar="K")
    parser.add_argument("--install", action="store_true", help="run the whole first command")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="save the last page seen")
    arguments = parser.parse_args()
    # Ended from outside, this still ends the server that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("not run: there is no playwright: .venv/bin/pip install playwright")
    if browser_path is None:
        sys.exit(f"not run: there is no browser: none of {', '.join(BROWSERS)} is found")
    with tempfile.TemporaryDirectory(prefix="browser ", ignore_cleanup_errors=True) as folder:
        clone, port = Path(folder, "clone"), free_port()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        process = start(clone, port, arguments.install)
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=browser_path, args=QUIET)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                try:
                    said = visit(
                        page, f"http://127.0.0.1:{port}", arguments.lesson, arguments.exercise
                    )
                finally:
                    if arguments.picture:
                        page.screenshot(path=arguments.picture)
                    browser.close()
        finally:
            stop(process)
    print("\n".join(said))


if __name__ == "__main__":
    main()
