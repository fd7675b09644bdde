"""Rules about outputs: what every reader can see, and what is the same on every machine."""

import re

from machinery.cells import alternative_texts, numbered, output_text, outputs, tags, without_code
from machinery.rules.registry import rule

MEDIA = ("text/plain", "text/html", "image/png")
WIDEST_OUTPUT = 80
SHORTEST_ALT = 20
MOST_DIGITS = 6
MOST_TENSOR_DECIMALS = 4


@rule
def only_png_and_text(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        data = output.get("data", {})
        complaints += [
            f"{place}: {kind}; GitHub shows only text and PNG reliably"
            for kind in data
            if kind not in MEDIA
        ]
        html = data.get("text/html", "")
        active = re.findall(r"<(script|svg|img|iframe|video|audio|canvas)\b", html, re.IGNORECASE)
        complaints += [f"{place}: <{name}> in HTML output; show a PNG or text" for name in active]
    for place, cell in numbered(notebook, "markdown"):
        complaints += [
            f"{place}: picture {target}; only PNG pictures"
            for target in re.findall(r"!\[.*?\]\(([^)\s]+)", without_code(cell.source))
            if not target.lower().endswith(".png")
        ]
    return complaints


@rule
def no_attachments(path, notebook):
    return [
        f"{place}: an attachment; draw the picture in a cell or link to a file"
        for place, cell in numbered(notebook, "markdown")
        if "attachments" in cell
    ]


@rule
def pictures_have_alternative_texts(path, notebook):
    return [
        f"{place}: alternative text {alt!r}; say in {SHORTEST_ALT} characters or more what the "
        "picture shows, with figures.show(fig, alt=...) or in the brackets of ![...](...)"
        for place, alt in alternative_texts(notebook)
        if len((alt or "").strip()) < SHORTEST_ALT
    ]


@rule
def outputs_are_narrow(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        # A picture is shown instead of its text; a library's error message cannot be shortened.
        if output.output_type == "error" or "image/png" in output.get("data", {}):
            continue
        widest = max((len(line) for line in output_text(output).split("\n")), default=0)
        if widest > WIDEST_OUTPUT:
            complaints.append(
                f"{place}: a line of {widest} characters, {WIDEST_OUTPUT} at most: break it"
            )
    return complaints


@rule
def outputs_name_no_machine(path, notebook):
    pattern = re.compile(
        r"/(?:home|root|tmp|usr|opt|var|mnt|Users)/|\b[A-Za-z]:\\|site-packages|ipykernel_\d+"
        r"|\b0x[0-9a-fA-F]{6,}"
    )
    complaints = []
    for place, _, output in outputs(notebook):
        text = "\n".join([output_text(output), *output.get("traceback", [])])
        text += output.get("data", {}).get("text/html", "")
        complaints += [
            f"{place}: {found!r} is a path or an address of one machine or run"
            for found in sorted(set(pattern.findall(text)))
        ]
    return complaints


@rule
def outputs_tell_no_time(path, notebook):
    pattern = re.compile(
        r"\b\d+(?:\.\d+)? ?(?:ns|[uµμ]s|ms)\b|\b\d+(?:\.\d+)? (?:s|sec|secs|seconds?)\b"
        r"|\b\d{1,2}:\d{2}:\d{2}\b"
    )
    return [
        f"{place}: {found!r} is a time; tag the cell nbval-ignore-output, assert a wide ratio"
        for place, cell, output in outputs(notebook)
        if "nbval-ignore-output" not in tags(cell)
        for found in pattern.findall(output_text(output))
    ]


@rule
def outputs_hold_no_set(path, notebook):
    # A line that is braces without a colon: a dictionary has colons and keeps its order.
    pattern = re.compile(r"^(?:\{[^{}:]+\}|(?:frozen)?set\(.*\))$", re.MULTILINE)
    return [
        f"{place}: {found!r} is a set, whose order is not fixed; print sorted(...)"
        for place, _, output in outputs(notebook)
        for found in pattern.findall(output_text(output))
    ]


@rule
def numbers_are_rounded(path, notebook):
    complaints = []
    for place, _, output in outputs(notebook):
        text = output_text(output)
        for number in re.findall(r"\d*\.\d+", text):
            digits = number.replace(".", "").lstrip("0")
            if len(digits) > MOST_DIGITS:
                complaints.append(
                    f"{place}: {number} has {len(digits)} significant digits, {MOST_DIGITS} is "
                    "the limit: the last ones differ on another processor, print three or four"
                )
        for array in re.findall(r"\b(?:tensor|array)\(.*?\)", text, re.DOTALL):
            long = re.findall(rf"\d*\.\d{{{MOST_TENSOR_DECIMALS + 1},}}", array)
            if long:
                complaints.append(
                    f"{place}: a tensor in full precision ({long[0]}), {MOST_TENSOR_DECIMALS} "
                    "decimals at most: round it"
                )
    return complaints


@rule
def no_rounding_errors_shown(path, notebook):
    # A bound is the author's number and stays; a bare 1.19e-07 is what is left of rounding.
    bound = re.compile(r"(?:<=?|≤|\b(?:below|under|within|than|tolerance|bound|eps)\b)[ =:]*$")
    complaints = []
    for place, _, output in outputs(notebook):
        numbers = []
        for line in output_text(output).split("\n"):
            for match in re.finditer(r"\d+(?:\.\d*)?e-(\d+)", line):
                before = line[: match.start()].lower()
                if int(match[1]) >= 7 and not bound.search(before):
                    numbers.append(match[0])
        complaints += [
            f"{place}: {number} is rounding error, different everywhere; print that it is below "
            "a bound"
            for number in numbers
        ]
    return complaints
