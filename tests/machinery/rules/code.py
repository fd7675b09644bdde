"""Rules about the code of the cells."""

import ast

from machinery.cells import is_solution, numbered, tags
from machinery.rules.registry import rule

MOST_LINES = 20


@rule
def no_trailing_semicolon(path, notebook):
    # nbval runs cells with store_history off, and then the semicolon hides nothing.
    complaints = []
    for place, cell in numbered(notebook, "code"):
        lines = [line.split("#")[0].rstrip() for line in cell.source.split("\n")]
        code = [line for line in lines if line]
        if code and code[-1].endswith(";"):
            complaints.append(f"{place}: ends in ';', which nbval fails; end in figures.show(...)")
    return complaints


@rule
def code_cells_are_short(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code"):
        lines = [line.strip() for line in cell.source.split("\n")]
        count = sum(1 for line in lines if line and not line.startswith("#"))
        if count > MOST_LINES:
            complaints.append(
                f"{place}: {count} lines of code, {MOST_LINES} at most (blank lines and comments "
                "not counted): split it, or move plotting to helpers/pictures"
            )
    return complaints


@rule
def no_live_output(path, notebook):
    return [
        f"{place}: {name} changes an output after the fact, which nbval fails"
        for place, cell in numbered(notebook, "code")
        for name in ("clear_output", "update_display")
        if name in cell.source
    ]


@rule
def no_path_manipulation(path, notebook):
    return [
        f"{place}: {name}: helpers are installed, import them"
        for place, cell in numbered(notebook, "code")
        for name in ("sys.path", "PYTHONPATH", "addsitedir")
        if name in cell.source
    ]


@rule
def one_set_up_cell(path, notebook):
    if is_solution(path):
        return []
    complaints = []
    for number, (place, cell) in enumerate(numbered(notebook, "code"), start=1):
        if number > 1 and "figures.use_style()" in cell.source:
            complaints.append(f"{place}: figures.use_style() belongs in the first code cell only")
        if number == 1:
            complaints += [
                f"{place}: the set-up cell does not call {call}"
                for call in ("figures.use_style()", "torch.manual_seed(")
                if call not in cell.source
            ]
    return complaints


@rule
def plain_python(path, notebook):
    complaints = []
    for place, cell in numbered(notebook, "code"):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            if "raises-exception" not in tags(cell):
                complaints.append(f"{place}: no plain Python ({error.msg}); a magic has no place")
    return complaints
