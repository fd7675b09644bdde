"""Lesson 0: its pictures, its checkers' advice, and whether its two tables are true everywhere."""

import inspect
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from machinery.cells import headings
from machinery.reading import LESSONS, ROOT, definitions, markdown_cells, read
from matplotlib.patches import ArrowStyle

from helpers import figures
from helpers.checks import lesson_00 as checks
from helpers.pictures import lesson_00 as pictures

LESSON = ROOT / "notebooks" / "00_before_you_start.ipynb"
lesson = definitions(LESSON, "f", "g", "inner", "outer")
TEXTS = {path.name: "\n".join(cell.source for cell in read(path).cells) for path in LESSONS}
PROSE = {
    path.name: "\n".join(cell.source for cell in markdown_cells(read(path))) for path in LESSONS
}


# The tables of symbols and terms


def rows(title):
    """The rows of the table in a section of the lesson, each a list of its cells."""
    section = PROSE[LESSON.name].split(f"\n## {title}\n")
    text = section[1] if len(section) > 1 else PROSE[LESSON.name].split(f"## {title}\n")[1]
    lines = [line for line in text.split("\n## ")[0].split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def lessons_of(cell):
    """The names of the lessons that a cell of a table links to; this one's where it says here."""
    return [LESSON.name] if cell == "here" else re.findall(r"\((\d\d_\w+\.ipynb)\)", cell)


def words(text):
    """The words of a text in small letters, without endings that a sentence may change."""
    return [re.sub(r"(ing|s|d|e)$", "", word) for word in re.findall(r"[a-z]+", text.lower())]


def identifiers(code):
    """The names in a piece of code."""
    return re.findall(r"[A-Za-z_]\w*", code)


def test_every_term_occurs_in_its_lesson():
    found = rows("Glossary")
    assert len(found) > 60
    for term, _, where in found:
        assert re.fullmatch(r"\*\*[\w -]+\*\*", term)
        for name in lessons_of(where):
            text = PROSE[name].split("\n## Glossary")[0] if name == LESSON.name else PROSE[name]
            missing = set(words(term)) - set(words(text))
            assert not missing, f"{name} does not speak of {term}: {missing}"


def test_terms_are_in_order_and_unique_and_have_a_lesson():
    terms = [term.strip("*").lower() for term, _, _ in rows("Glossary")]
    assert terms == sorted(set(terms))
    for row in rows("Glossary") + rows("Notation"):
        assert all(row[k] for k in (0, -1, -3 if len(row) == 5 else -2)), row
        assert lessons_of(row[-1]) or re.fullmatch(r"lesson \d+", row[-1]), row


def test_every_bold_term_of_this_lesson_is_in_the_glossary():
    text = PROSE[LESSON.name].split("## Card")[0]
    bold = {term.lower() for term in re.findall(r"\*\*([a-z ]+)\*\*", text)}
    known = {term.strip("*").lower() for term, _, _ in rows("Glossary")}
    assert bold - known == {"derivative"}  # which stands in the line of slope


def test_every_symbol_is_written_so_in_its_lesson():
    found = rows("Notation")
    assert len(found) > 35
    for symbol, code, _, _, where in found:
        for name in lessons_of(where):
            for piece in re.findall(r"`([^`]+)`", code)[:1]:
                missing = set(identifiers(piece)) - set(identifiers(TEXTS[name]))
                assert not missing, f"{name} does not write {piece} for {symbol}: {missing}"


def test_every_name_in_code_is_used_somewhere():
    everywhere = set()
    for name, text in TEXTS.items():
        everywhere |= set(identifiers(text)) if name != LESSON.name else set()
    for symbol, code, *_ in rows("Notation"):
        for piece in re.findall(r"`([^`]+)`", code):
            assert set(identifiers(piece)) <= everywhere, (symbol, piece)


def test_notation_and_glossary_name_no_symbol_twice():
    symbols = [symbol for cell, *_ in rows("Notation") for symbol in cell.split(", ")]
    assert len(symbols) == len(set(symbols))


# Pieces


def pieces():
    """The code of each piece, by its heading; under None that before the first."""
    found, title = {}, None
    for cell in read(LESSON).cells:
        if cell.cell_type == "code":
            found.setdefault(title, []).append(cell.source)
            continue
        if "## Exercises" in cell.source:
            return found
        for line in re.findall(r"^### (.*)$", cell.source, re.M):
            title = line


@pytest.mark.parametrize("title", [title for title in pieces() if title])
def test_a_piece_runs_on_its_own_after_the_first_cell(title, monkeypatch):
    """A checker sends to one piece, so it must not need a name of another one."""
    found = pieces()
    assert len(found[None]) == 1 and len(found) == 14
    monkeypatch.setattr(figures, "use_style", lambda: None)
    monkeypatch.setattr(figures, "show", lambda fig, alt: plt.close(fig))
    names = {}
    with torch.random.fork_rng():
        for source in found[None] + found[title]:
            exec(source, names)


# Exercises


def test_checkers_send_to_headings_that_exist():
    titles = [title for _, _, title in headings(read(LESSON))]
    advice = [text for name, text in vars(checks).items() if name.isupper()]
    assert len(advice) == 13
    for text in advice:
        assert re.fullmatch(r'Read "(.*)" again\.', text)[1] in titles, text


def test_first_half_and_second_half_have_a_self_test_each():
    titles = [title for _, _, title in headings(read(LESSON))]
    numbers = [title[:12] for title in titles if title.startswith("Exercise 0.")]
    assert numbers == [f"Exercise 0.{k}" for k in range(1, 6)]
    first, second = (titles.index(f"{n} self-test: {what}") for n, what in SELF_TESTS)
    assert titles.index("Exercises") < first < second


SELF_TESTS = (("First", "tensors"), ("Second", "mathematics"))


def test_functions_of_the_lesson():
    x = torch.tensor(2.0, requires_grad=True)
    lesson.outer(lesson.inner(x)).backward()
    assert lesson.f(x) == 4
    assert x.grad == 42
    w = torch.tensor([2.0, 1.0], requires_grad=True)
    lesson.g(w[0], w[1]).backward()
    assert w.grad.tolist() == [4, 6]


# Pictures


def texts(ax):
    """The texts on the axes, by their places rounded to tenths."""
    return {tuple(round(v, 1) for v in t.get_position()): t.get_text() for t in ax.texts}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


Y_HAT, Y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 4.5])


def test_all_pairs(shown):
    fig, alt = shown(pictures.all_pairs, Y_HAT, Y)
    (ax,) = fig.axes
    found = texts(ax)
    for i in range(3):
        assert found[-0.8, i + 0.5] == f"{Y_HAT[i, 0]:g}"
        assert found[i + 0.5, -0.8] == f"{Y[i]:g}"
        for j in range(3):
            assert found[j + 0.5, i + 0.5] == f"{Y_HAT[i, 0] - Y[j]:g}"
    assert "-" in found.values() and "y, shape (3,)" in found.values()
    assert {"y_hat\nshape (3, 1)", "the difference\nshape (3, 3)"} <= set(found.values())
    cells = {p.get_xy(): p.get_facecolor() for p in ax.patches}
    assert len(cells) == 15 and all(p.get_width() == p.get_height() == 1 for p in ax.patches)
    diagonal = {cells[k, k] for k in range(3)}
    given = {cells[-1.3, k] for k in range(3)} | {cells[k, -1.3] for k in range(3)}
    others = {cells[i, j] for i in range(3) for j in range(3) if i != j}
    assert len(diagonal) == len(given) == len(others) == len(diagonal | given | others) - 2
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # rows downwards, as in a matrix
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < -1.3 and right > 3 and bottom > 3 and top < -1.3
    assert not ax.axison
    assert "3 labels, and between them a grid of 3 by 3 differences, up to 3.5 in size" in alt
    assert alt.endswith("coloured: 0, 0, -1.5.")


def test_rise_over_run(shown):
    fig, alt = shown(pictures.rise_over_run, lesson.f, x=2.0, run=0.5, slope=4.0)
    (ax,) = fig.axes
    curve, touching, step, triangle = ax.lines
    x = torch.tensor(curve.get_xdata())
    assert len(x) == 201 and ax.get_xlim() == (x[0], x[-1]) == (1.2, 2.8)
    np.testing.assert_allclose(curve.get_ydata(), x**2)
    np.testing.assert_allclose(touching.get_xydata(), torch.stack([x, 4 + 4 * (x - 2)], 1))
    assert step.get_xydata().tolist() == [[2, 4], [2.5, 6.25]]
    assert triangle.get_xydata().tolist() == [[2, 4], [2.5, 4], [2.5, 6.25]]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--", "-", ":"]
    assert legend(ax) == ["the function", "touching line, slope 4", "step, slope 4.5"]
    notes = {text.get_text(): text.xy for text in ax.texts}
    assert notes == {"run 0.5": (2.25, 4), "rise 2.25": (2.5, 5.125)}
    low, high = ax.get_ylim()
    assert low < 0 and high == pytest.approx(2.8**2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$", "$f(x)$")
    assert "from 2 to the right: a run of 0.5, a rise of 2.25, so the slope of the step is" in alt
    assert "is 4.5. The dashed line touches the curve at 2 and has the slope 4." in alt


def test_uphill(shown):
    fig, alt = shown(pictures.uphill, lesson.g, point=(2, 1), gradient=(4, 6))
    (ax,) = fig.axes
    many, one = ax.collections
    assert one.levels.tolist() == [7] and 7 in many.levels.tolist()
    shares = (torch.tensor(many.levels) / (4 * 3.6**2)).tolist()  # g is from 0 to 4 * 3.6**2
    assert shares == pytest.approx([0.02, 0.08, 7 / (4 * 3.6**2), 0.4, 0.65])
    path = one.get_paths()[0].vertices
    np.testing.assert_allclose(lesson.g(*path.T), 7, atol=0.02)
    ends = {}
    for text in ax.texts:
        if text.get_text() in ("uphill", "downhill"):
            assert list(text.xy) == [2, 1]
            ends[text.get_text()] = torch.tensor(text.get_position()) - torch.tensor([2.0, 1.0])
    direction = torch.tensor([4.0, 6.0]) / math.sqrt(52)
    np.testing.assert_allclose(ends["uphill"], 1.2 * direction, rtol=1e-6)
    np.testing.assert_allclose(ends["downhill"], -1.2 * direction, rtol=1e-6)
    arrows = [text.arrow_patch for text in ax.texts if text.get_text() in ends]
    assert all(isinstance(patch.get_arrowstyle(), ArrowStyle.CurveA) for patch in arrows)
    assert ax.get_xlim() == ax.get_ylim() == (-3.6, 3.6) and ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$w_1$", "$w_2$")
    assert ax.get_title() == "arrows show directions, not lengths"
    assert ax.lines[0].get_xydata().tolist() == [[2, 1]]
    values = [t.get_text() for t in many.labelTexts]
    assert "7" not in values or len(values) >= 3
    assert "At the point (2, 1), where the height is 7" in alt and "the gradient (4, 6)" in alt


def test_uphill_near_the_origin_has_room(shown):
    fig, _ = shown(pictures.uphill, lesson.g, point=(0.1, -0.2), gradient=(0.2, -1.2))
    assert fig.axes[0].get_xlim() == (-1.8, 1.8)


def test_bell(shown):
    torch.manual_seed(1)
    draws = 10 + 2 * torch.randn(5000)
    fig, alt = shown(pictures.bell, draws, mean=10, spread=2)
    (ax,) = fig.axes
    heights = torch.tensor([bar.get_height() for bar in ax.patches])
    edges = [bar.get_x() for bar in ax.patches]
    assert len(heights) == 40 and edges[0] == pytest.approx(2) and edges[20] == pytest.approx(10)
    counts = torch.histc(draws.double(), 40, 2, 18)
    np.testing.assert_allclose(heights, counts / 5000 / 0.4, rtol=1e-5, atol=1e-3)
    curve = ax.lines[0]
    x = torch.tensor(curve.get_xdata())
    density = torch.distributions.Normal(10.0, 2.0).log_prob(x).exp()
    np.testing.assert_allclose(curve.get_ydata(), density, rtol=1e-6)
    upright = [line.get_xdata()[0] for line in ax.lines[1:]]
    assert upright == [8, 10, 12]
    assert [text.get_text() for text in ax.texts] == ["mean - spread", "mean", "mean + spread"]
    assert ax.get_xlim() == (2, 18) and ax.get_ylim() == (0, pytest.approx(1.2 * 0.1994711))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("value", "share per unit")
    assert sorted(legend(ax)) == ["draws", "normal distribution"]
    share = ((draws - 10).abs() < 2).double().mean()
    assert "5,000 draws" in alt and "at the mean 10" in alt and "spread of 2 to each" in alt
    assert f"{share:.0%} of the draws" in alt


H = torch.tensor([[2.0, 1.0], [1.0, 2.0]])


def test_stretching(shown):
    fig, alt = shown(pictures.stretching, H, other=(1, 0))
    titles = ("before: a circle", "after: multiplied by H")
    matrices = (torch.eye(2).double(), H.double())
    for ax, matrix, title in zip(fig.axes, matrices, titles, strict=True):
        assert ax.get_title() == title
        assert ax.get_aspect() == 1
        outline = torch.tensor(ax.lines[0].get_xydata().tolist(), dtype=torch.float64)
        back = outline @ torch.linalg.inv(matrix).T
        torch.testing.assert_close(back.norm(dim=1), torch.ones(361, dtype=torch.float64))
        assert back[90, 1] > 0.99 and back[180, 0] < -0.99
        directions = ((1, 1), (1, -1))
        for line, direction, factor in zip(ax.lines[1:3], directions, (3, 1), strict=True):
            begin, end = torch.tensor(line.get_xydata().tolist(), dtype=torch.float64)
            torch.testing.assert_close(begin, -end)
            length = factor if title.startswith("after") else 1
            assert end.norm().item() == pytest.approx(length)
            across = end[0] * direction[1] - end[1] * direction[0]
            assert abs(across) < 1e-9
        (arrow,) = ax.texts
        tip = matrix @ torch.tensor([1.0, 0.0], dtype=torch.float64)
        assert list(arrow.xy) == tip.tolist() and arrow.get_position() == (0, 0)
        reach = ax.get_xlim()[1]
        assert ax.get_xlim() == ax.get_ylim() == (-reach, reach) and 3.1 < reach < 4
    assert [line.get_linestyle() for line in fig.axes[0].lines[1:3]] == ["-", "--"]
    assert legend(fig.axes[0]) == [
        "only stretched, by 3",
        "only stretched, by 1",
        "turned, by 27 degrees",
    ]
    assert "stretched by 3, one by 1" in alt and "turned by 27 degrees" in alt


def test_stretching_measures_the_small_angle(shown):
    """Across the cut of the angles at 180 degrees, too, and for an arrow that is moved far."""
    _, alt = shown(pictures.stretching, H, other=(-2, 0.1))
    moved = H @ torch.tensor([-2, 0.1])
    cosine = torch.nn.functional.cosine_similarity(moved, torch.tensor([-2, 0.1]), dim=0)
    assert f"turned by {math.degrees(math.acos(cosine)):.0f} degrees" in alt


def test_small_spreads_and_small_turns_are_drawn(shown):
    _, alt = shown(pictures.bell, torch.linspace(0, 0.2, 200), mean=0.1, spread=0.05)
    assert "one spread of 0.05" in alt
    _, alt = shown(pictures.stretching, H, other=(1, 0.9))
    assert "turned by 2 degrees" in alt


def nothing(*places):
    """A function that is level everywhere."""
    return 0 * places[0]


GOOD = {
    "all_pairs": (Y_HAT, Y),
    "rise_over_run": (lesson.f, 1.0, 1.0, 2.0),
    "uphill": (lesson.g, (2.0, 1.0), (4.0, 6.0)),
    "bell": (torch.arange(200.0), 100.0, 30.0),
    "stretching": (H, (1.0, 0.0)),
}


@pytest.mark.parametrize("function", GOOD)
def test_pictures_take_what_is_good(shown, function):
    shown(getattr(pictures, function), *GOOD[function])


@pytest.mark.parametrize(
    ("function", "place", "value", "error"),
    [
        ("all_pairs", 0, Y_HAT[:, 0], ValueError),
        ("all_pairs", 0, "text", TypeError),
        ("all_pairs", 0, torch.zeros(7, 1), ValueError),
        ("all_pairs", 1, Y[:2], ValueError),
        ("all_pairs", 1, Y.reshape(3, 1), ValueError),
        ("rise_over_run", 0, 3.0, TypeError),
        ("rise_over_run", 0, lambda x: x * float("nan"), ValueError),
        ("rise_over_run", 1, None, TypeError),
        ("rise_over_run", 2, 0, ValueError),
        ("rise_over_run", 2, -1.0, ValueError),
        ("rise_over_run", 3, float("nan"), ValueError),
        ("uphill", 0, 3.0, TypeError),
        ("uphill", 1, (1.0, 2.0, 3.0), ValueError),
        ("uphill", 1, (0.0, 0.0), ValueError),
        ("uphill", 2, (0.0, 0.0), ValueError),
        ("uphill", 2, "up", TypeError),
        ("bell", 0, torch.zeros(200, 2), ValueError),
        ("bell", 0, torch.zeros(99), ValueError),
        ("bell", 1, 1j, TypeError),
        ("bell", 2, 0.0, ValueError),
        ("stretching", 0, torch.eye(3), ValueError),
        ("stretching", 0, torch.tensor([[2.0, 1.0], [0.0, 2.0]]), ValueError),
        ("stretching", 0, torch.eye(2), ValueError),
        ("stretching", 0, torch.tensor([[1.0, 2.0], [2.0, 1.0]]), ValueError),
        ("stretching", 0, torch.tensor([[1.0, 1.0], [1.0, 1.0]]), ValueError),
        ("stretching", 1, (1.0, 1.0), ValueError),
        ("stretching", 1, (-1.0, 1.0), ValueError),
        ("stretching", 1, None, TypeError),
    ],
)
def test_pictures_refuse(shown, function, place, value, error):
    function = getattr(pictures, function)
    arguments = list(GOOD[function.__name__])
    arguments[place] = value
    name = list(inspect.signature(function).parameters)[place]
    with pytest.raises(error, match=name):
        shown(function, *arguments)


def test_a_level_function_has_no_way_uphill(shown):
    with pytest.raises(ValueError, match="point must lie between"):
        shown(pictures.uphill, nothing, (2.0, 1.0), (4.0, 6.0))
