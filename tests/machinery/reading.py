"""Where the notebooks are, and how tests read them and take functions out of them."""

import ast
from pathlib import Path
from types import SimpleNamespace

import nbformat

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("[0-9][0-9]_*.ipynb"))
NOTEBOOKS = LESSONS + SOLUTIONS


def read(path):
    """The notebook at `path` as an nbformat node.

    `nbformat.read` would mend duplicate cell ids on the way; tests want the file as it is.
    """
    return nbformat.v4.reads(Path(path).read_text(encoding="utf-8"))


def code_cells(notebook):
    """The code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown_cells(notebook):
    """The Markdown cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def parsed(source):
    """The syntax tree of a cell's code; an empty one for a cell that shows a syntax error."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse("")


def definitions(path, *names):
    """Take functions and classes out of a notebook, without running the rest of it.

    Args:
        path: the notebook.
        names: top-level functions or classes of its code cells. When a notebook defines a name
            more than once, the FIRST definition counts: a lesson shows the right one first, and
            the mistakes that it makes on purpose later.

    Returns:
        A namespace with the named objects. They see each other and everything that the notebook
        imports at top level; a function that calls another one of the notebook needs that one named
        as well.

    Raises:
        LookupError: the notebook does not define one of the names; the message tells which.
    """
    imports = []
    found = {}
    for cell in code_cells(read(path)):
        for node in parsed(cell.source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.setdefault(node.name, node)
    missing = [name for name in names if name not in found]
    if missing:
        raise LookupError(
            f"{Path(path).name} does not define {', '.join(missing)} at the top level of a cell; "
            f"it defines: {', '.join(found) or 'nothing'}"
        )
    module = ast.Module(body=imports + [found[name] for name in names], type_ignores=[])
    namespace = {"__name__": Path(path).stem}
    exec(compile(module, str(path), "exec"), namespace)
    return SimpleNamespace(**{name: namespace[name] for name in names})
