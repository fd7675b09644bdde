"""How the machinery reads a notebook: its cells, outputs, prose, links, pictures, headings."""

import re


def numbered(notebook, cell_type):
    """Pairs of a cell's place in words and the cell, for all cells of one type."""
    return [
        (f"cell {number} ({cell_type})", cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == cell_type
    ]


def outputs(notebook):
    """Triples of a place in words, the cell and the output, for all outputs."""
    return [
        (f"{place}, output {number}", cell, output)
        for place, cell in numbered(notebook, "code")
        for number, output in enumerate(cell.outputs, start=1)
    ]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def output_text(output):
    """What an output shows as text: of a stream, a value, a picture's description or an error."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return output.data.get("text/plain", "")


def without_code(source):
    """Markdown with code blocks and code spans blanked; the lines stay where they are."""
    lines, fence = [], None
    for line in source.split("\n"):
        opening = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            lines.append("")
            if line.strip().startswith(fence):
                fence = None
        elif opening:
            lines.append("")
            fence = opening[1]
        else:
            lines.append(re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "` `", line))
    return "\n".join(lines)


FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\$])\$(?!\$)[^$]+?(?<!\\)\$", re.DOTALL)


def prose(source):
    """Markdown with code and formulas blanked."""
    return FORMULA.sub(" ", without_code(source))


def prose_cells(notebook):
    """Pairs of a place in words and the Markdown of a cell without code and formulas."""
    return [(place, prose(cell.source)) for place, cell in numbered(notebook, "markdown")]


def links(source):
    """The targets of all links and images of a Markdown text, outside code."""
    return re.findall(r"\]\(\s*<?([^)\s>]+)[^)]*\)", without_code(source))


def alternative_texts_of(cell):
    """The alternative texts of the pictures that a code cell shows; "" where there is none."""
    return [
        output.metadata.get("image/png", {}).get("alt") or ""
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def alternative_texts(notebook):
    """Pairs of a place in words and the alternative text, for all pictures; "" if there is none."""
    found = []
    for place, cell in numbered(notebook, "code"):
        found += [(place, alt) for alt in alternative_texts_of(cell)]
    for place, cell in numbered(notebook, "markdown"):
        found += [(place, alt) for alt in re.findall(r"!\[(.*?)\]\(", without_code(cell.source))]
    return found


def headings(notebook):
    """Triples of a place in words, the level and the text, for all headings."""
    return [
        (place, len(marks), text.strip())
        for place, cell in numbered(notebook, "markdown")
        for marks, text in re.findall(r"^(#{1,6}) (.*)$", without_code(cell.source), re.MULTILINE)
    ]


def is_solution(path):
    """Whether a notebook holds solutions; if not, it is a lesson."""
    return path.parent.name == "solutions"
