"""Rules about how a notebook was run, and what else its file holds."""

import json
import re

from nbformat.validator import iter_validate
from run_notebook import METADATA

from machinery.cells import numbered, outputs, tags
from machinery.reading import code_cells
from machinery.rules.registry import rule

TAGS = ("raises-exception", "nbval-ignore-output")
MOST_BYTES = 500_000


@rule
def counts_run_from_1_to_n(path, notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    wrong = [
        f"{place} has {count} instead of {expected}"
        for expected, (count, (place, _)) in enumerate(
            zip(counts, numbered(notebook, "code"), strict=True), start=1
        )
        if count != expected
    ]
    if wrong:
        return [
            f"{len(wrong)} execution counts are not 1, 2, 3, ...; the first: {wrong[0]}. Run the "
            "notebook from a fresh kernel, top to bottom, and save that"
        ]
    return []


@rule
def errors_are_on_purpose(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code"):
        fails = any(output.output_type == "error" for output in cell.outputs)
        if fails and "raises-exception" not in tags(cell):
            complaints.append(f"{place}: an error; mend it, or tag the cell raises-exception")
        ran = cell.execution_count is not None
        if ran and not fails and "raises-exception" in tags(cell):
            complaints.append(f"{place}: tagged raises-exception, but no error: drop the tag")
    return complaints


@rule
def nothing_on_stderr(path, notebook):
    return [
        f"{place}: a warning or other text on stderr; remove its cause"
        for place, _, output in outputs(notebook)
        if output.output_type == "stream" and output.name == "stderr"
    ]


@rule
def only_two_tags(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code") + numbered(notebook, "markdown"):
        allowed = TAGS if cell.cell_type == "code" else ()
        complaints += [
            f"{place}: tag {tag!r}; only {' and '.join(TAGS)} are welcome, on code cells"
            for tag in tags(cell)
            if tag not in allowed
        ]
    return complaints


@rule
def no_nbval_comments(path, notebook):
    return [
        f"{place}: the comment {marker!r} steers nbval; use a tag, which the other rules see"
        for place, cell in numbered(notebook, "code")
        for marker in re.findall(r"#\s*((?:NBVAL|PYTEST_VALIDATE)_\w+)", cell.source)
    ]


@rule
def metadata_is_clean(path, notebook):
    complaints = []
    advice = "run tests/run_notebook.py, which cleans it"
    if notebook.metadata != METADATA:
        complaints.append(f"notebook metadata {dict(notebook.metadata)}: {advice}")
    for number, cell in enumerate(notebook.cells, start=1):
        others = sorted(set(cell.metadata) - {"tags"})
        if others:
            complaints.append(f"cell {number}: metadata {', '.join(others)}: {advice}")
    for place, _, output in outputs(notebook):
        about = dict(output.get("metadata", {}))
        others = set(about.pop("image/png", {})) - {"width", "height", "alt"}
        if others or about:
            names = ", ".join(sorted({*others, *about}))
            complaints.append(f"{place}: metadata {names}; only a picture's width, height and alt")
    return complaints


@rule
def valid_notebook_format(path, notebook):
    # The file itself: reading it into a node has already joined and renamed things.
    raw = json.loads(path.read_text(encoding="utf-8"))
    complaints = [f"not a valid notebook: {error.message[:200]}" for error in iter_validate(raw)]
    ids = [cell.get("id") for cell in raw["cells"]]
    complaints += [
        f"cell {number}: its id {name!r} is missing or used before; give it a new one"
        for number, name in enumerate(ids, start=1)
        if name is None or name in ids[: number - 1]
    ]
    return complaints


@rule
def file_is_small(path, notebook):
    size = path.stat().st_size
    if size >= MOST_BYTES:
        return [f"the file has {size // 1000} kB, {MOST_BYTES // 1000} kB is the limit"]
    return []
