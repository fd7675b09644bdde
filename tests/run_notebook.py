"""Run notebooks from a fresh kernel and save them: `python tests/run_notebook.py NOTEBOOK ...`

What it saves is what a reader should get: the outputs, the counts 1..n, and no metadata that
differs from one machine or moment to the next. If one of its pictures is in the README (with the
same alternative text), the README's file is renewed, too.
"""

import re
import sys
from base64 import b64decode
from pathlib import Path

import nbformat
from nbclient import NotebookClient

README = Path(__file__).resolve().parent.parent / "README.md"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def clean(notebook):
    """Drop, in place, what an editor or a kernel adds to a notebook and no reader needs."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                # A frame outside the notebook names a path of the machine that ran it.
                output.traceback = [
                    frame for frame in output.traceback if "File " not in frame.split("\n")[0]
                ]


def renew_readme_picture(notebook):
    """Write each picture of the README that the notebook has drawn: the one with the same text."""
    shown = dict(re.findall(r"!\[(.*?)\]\((.*?)\)", README.read_text(encoding="utf-8")))
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt in shown:
                (README.parent / shown[alt]).write_bytes(b64decode(output.data["image/png"]))


def run(path):
    """Execute the notebook at `path` in its own folder and write it back, cleaned."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    clean(notebook)
    nbformat.write(notebook, path)
    renew_readme_picture(notebook)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        run(Path(name))
        print("ran", name)
