"""Figures: what each part puts on the axes, and how it refuses what it cannot draw."""

import subprocess
import sys
from base64 import b64decode
from io import BytesIO

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.colors import same_color
from matplotlib.text import Annotation
from PIL import Image

from helpers import figures

X = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
y = (X @ torch.tensor([2.0, -3.4]) + 4.2).reshape(-1, 1)


@pytest.fixture(autouse=True)
def _no_display():
    """Draw off screen in the project's style, and leave no figure and no setting behind."""
    backend = matplotlib.get_backend()
    plt.switch_backend("agg")
    with plt.style.context(figures.STYLE):
        yield
    plt.close("all")
    plt.switch_backend(backend)


@pytest.fixture
def fig():
    fig, ax = plt.subplots()
    ax.plot([0, 1], [1, 0])
    return fig


@pytest.fixture
def shell():
    """An IPython shell in this process, as a kernel has one."""
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()
    shell.restore_sys_module_state()


def shown(fig, alt):
    """The one output that `figures.show` gives."""
    with capture_output() as captured:
        figures.show(fig, alt)
    (output,) = captured.outputs
    return output


def test_show_gives_png_at_twice_the_resolution_with_its_text(shell, fig):
    output = shown(fig, "A line that falls from 1 to 0.")
    assert output.data["text/plain"] == "A line that falls from 1 to 0."
    assert output.metadata["image/png"] == {
        "width": 640,
        "height": 360,
        "alt": "A line that falls from 1 to 0.",
    }
    png = output.data["image/png"]
    image = Image.open(BytesIO(png if isinstance(png, bytes) else b64decode(png)))
    assert image.format == "PNG"
    assert image.size == (1280, 720)


def test_show_closes_the_figure(shell, fig):
    shown(fig, "A line that falls from 1 to 0.")
    assert not plt.fignum_exists(fig.number)


def test_same_picture_gives_the_same_file(shell):
    files = []
    for _ in range(2):
        fig, ax = plt.subplots()
        ax.plot([0, 1], [1, 0])
        files.append(shown(fig, "A line that falls from 1 to 0.").data["image/png"])
    assert files[0] == files[1]


def test_letters_and_lines_are_sharp(shell, fig):
    """The figure is drawn at twice the resolution, and not blown up."""
    fig.axes[0].set_title("letters")
    png = shown(fig, "A line that falls from 1 to 0.").data["image/png"]
    image = Image.open(BytesIO(png if isinstance(png, bytes) else b64decode(png)))
    pixels = np.asarray(image.convert("L"))
    assert not np.array_equal(pixels[::2], pixels[1::2])
    assert image.mode == "P"  # a palette: a third of the size
    assert len(image.getcolors()) > 20


@pytest.mark.parametrize(
    ("alt", "error", "message"),
    [
        (None, TypeError, "alt must be a text, got NoneType"),
        ("  \n", ValueError, "alt must be a text that says something"),
    ],
)
def test_show_refuses_a_missing_text(fig, alt, error, message):
    with pytest.raises(error, match=message):
        figures.show(fig, alt)
    assert plt.fignum_exists(fig.number)


def test_show_refuses_what_is_no_figure(fig):
    with pytest.raises(TypeError, match="fig must be a Matplotlib figure, got Axes"):
        figures.show(fig.axes[0], "A line that falls.")
    with pytest.raises(ValueError, match="fig has no axes"):
        figures.show(plt.figure(), "Nothing to be seen.")


def test_style_is_applied_and_colours_are_the_palette():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figures.use_style()
        assert plt.rcParams["figure.constrained_layout.use"]
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"
        assert len(plt.rcParams["axes.prop_cycle"]) == len(figures.DASHES)


def test_d2l_is_not_imported_but_draws_once_the_style_is_used():
    """In a Python of its own: here another test may have imported d2l, or mended it."""
    program = """
import sys
import matplotlib
matplotlib.use("agg")
from helpers import figures
figures.use_style()
print([name for name in sys.modules if "d2l" in name])
from d2l import torch as d2l
try:
    d2l.set_figsize()
except AttributeError:
    pass  # IPython has lost the function that d2l calls; the lowest release that we allow has it
figures.use_style()
d2l.set_figsize((3, 2))
d2l.plot([0, 1, 2], [[0, 1, 4]], "x", "f(x)", legend=["square"], figsize=(4, 3))
print(d2l.plt.rcParams["figure.figsize"], len(d2l.plt.gca().lines))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["[]", "[4.0, 3.0] 1"]


def close(values, wanted, **tolerance):
    """Whether numbers from an axes are those wanted."""
    wanted = torch.as_tensor(wanted, dtype=torch.float64)
    values = torch.as_tensor(values, dtype=torch.float64)
    return values.shape == wanted.shape and torch.allclose(values, wanted, **tolerance)


def test_scatter_features_draws_a_panel_a_feature():
    fig = figures.scatter_features(X, y, ["size", "age"], "price")
    assert [ax.get_xlabel() for ax in fig.axes] == ["size", "age"]
    assert [ax.get_ylabel() for ax in fig.axes] == ["price", ""]
    for j, ax in enumerate(fig.axes):
        (points,) = ax.collections
        assert close(points.get_offsets().data, torch.cat([X[:, j : j + 1], y], 1))
        assert points.get_sizes().tolist() == [6]
        assert points.get_alpha() == 0.6
        assert points.get_linewidths().tolist() == [0]
    assert fig.axes[0].get_ylim() == fig.axes[1].get_ylim()
    assert tuple(fig.get_size_inches()) == (7.8, 3.4)


def test_scatter_features_names_what_has_no_name():
    fig = figures.scatter_features(torch.ones(30, 4), y)
    assert [ax.get_xlabel() for ax in fig.axes] == ["$x_1$", "$x_2$", "$x_3$", "$x_4$"]
    assert fig.axes[0].get_ylabel() == "y"


def contour_arguments(**changed):
    return {"X": X, "y": y, "b": 4.0, "w1": (0, 4), "w2": (-6, -1), **changed}


def loss_at(w, b):
    """The loss of the weights w and the bias b on X and y."""
    y_hat = X.double() @ torch.as_tensor(w, dtype=torch.float64) + b
    return ((y_hat - y[:, 0]) ** 2).mean().item() / 2


@pytest.mark.parametrize("values", [False, True])
def test_loss_contours_are_lines_of_equal_loss(values):
    _, ax = plt.subplots()
    levels = figures.loss_contours(ax, **contour_arguments(levels=6, values=values))
    (contours,) = ax.collections
    assert list(contours.levels) == levels
    for level, line in zip(levels, contours.get_paths(), strict=True):
        assert len(line.vertices) > 20
        for w in line.vertices[::20]:
            assert loss_at(w, 4.0) == pytest.approx(level, rel=0.05)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$w_1$", "$w_2$")
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 4), (-6, -1))
    assert ax.get_aspect() == "auto"
    assert same_color(contours.get_edgecolor()[0], "0.6")
    assert set(contours.get_linewidths()) == {0.9}


def test_loss_contours_reach_from_the_bottom_to_below_the_top():
    _, ax = plt.subplots()
    levels = torch.tensor(figures.loss_contours(ax, **contour_arguments()))
    plane = [loss_at([w1, w2], 4.0) for w1 in (0.0, 4.0) for w2 in (-6.0, -1.0)]
    best = torch.linalg.lstsq(X, y - 4.0).solution[:, 0].tolist()
    low, high = loss_at(best, 4.0), max(plane)
    steps = levels[1:] / levels[:-1]
    assert len(levels) == 7
    assert close(steps, steps[:1].expand(6), rtol=1e-5)
    assert levels[0].item() == pytest.approx(low + (high - low) / 300, rel=1e-2)
    assert (levels[-1] * steps[0]).item() == pytest.approx(high, rel=1e-5)
    assert len(figures.loss_contours(ax, **contour_arguments(levels=2))) == 1


def test_loss_contours_carry_their_values():
    _, ax = plt.subplots()
    levels = figures.loss_contours(ax, **contour_arguments(values=True, equal=True))
    texts = [text.get_text() for text in ax.texts]
    assert texts
    assert {float(text) for text in texts} <= set(levels)
    assert all(float(f"{level:.2g}") == level for level in levels)
    assert {text.get_fontsize() for text in ax.texts} == {8}
    assert ax.get_aspect() == 1
    _, plain = plt.subplots()
    figures.loss_contours(plain, **contour_arguments())
    assert not plain.texts


def test_path_and_mark_draw_the_points():
    _, ax = plt.subplots()
    figures.path(ax, X, label="way")
    figures.mark(ax, X[3], "end")
    way, end = ax.lines
    assert close(way.get_xydata(), X)
    assert close(end.get_xydata(), X[3:4])
    assert [line.get_label() for line in ax.lines] == ["way", "end"]
    assert (way.get_marker(), way.get_linewidth(), way.get_markersize()) == (".", 1, 4)
    assert (end.get_marker(), end.get_linestyle(), end.get_markersize()) == ("*", "None", 11)
    assert end.get_zorder() > way.get_zorder()
    assert same_color(end.get_color(), "black")


def test_path_takes_properties_of_a_line():
    _, ax = plt.subplots()
    figures.path(ax, X, linewidth=3, marker="o", color="C3")
    figures.mark(ax, (1, 2), "start", "s")
    way, start = ax.lines
    assert (way.get_linewidth(), way.get_marker(), way.get_color()) == (3, "o", "C3")
    assert way.get_label().startswith("_")  # no entry in the legend
    assert start.get_marker() == "s"


def test_loss_curves_differ_by_dash_and_colour():
    _, ax = plt.subplots()
    curves = {f"run {k}": torch.logspace(1, -3 - k, 30) for k in range(7)}
    figures.loss_curves(ax, curves, "epoch", "loss (dollars)", start=2, step=0.5, loc="lower left")
    for line, (title, values) in zip(ax.lines, curves.items(), strict=True):
        assert line.get_label() == title
        assert close(line.get_xdata(), 2 + 0.5 * torch.arange(30))
        assert close(line.get_ydata(), values)
        assert line.get_marker() == ""
    dashes = [str(line._unscaled_dash_pattern) for line in ax.lines]
    assert len(set(dashes)) == len({line.get_color() for line in ax.lines}) == 7
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (dollars)")
    assert ax.get_yscale() == "log"
    assert ax.get_xlim() == pytest.approx((2 - 0.03 * 14.5, 16.5 + 0.03 * 14.5))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(curves)
    assert ax.get_legend()._loc_real == 3  # Matplotlib's number for "lower left"


def test_loss_curves_of_few_numbers_have_dots():
    _, ax = plt.subplots()
    figures.loss_curves(ax, {"long": [8.0] * 21, "short": [2.0] * 20, "one": [4.0]})
    assert [line.get_marker() for line in ax.lines] == ["", ".", "."]
    assert [line.get_xdata()[0] for line in ax.lines] == [0, 0, 0]
    assert ax.get_xlim() == pytest.approx((-0.6, 20.6))
    assert ax.get_ylim() == pytest.approx((2 / 4**0.05, 8 * 4**0.05))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "loss")
    assert ax.get_legend()._loc_real == 1  # "upper right"


def test_a_single_curve_needs_no_legend():
    _, ax = plt.subplots()
    figures.loss_curves(ax, {"loss": [3.0]}, start=1)
    assert ax.get_legend() is None
    assert ax.get_xlim() == pytest.approx((0.97, 2.03))
    assert ax.get_ylim() == pytest.approx((3 / 2**0.05, 3 * 2**0.05))


def test_epochs_are_whole():
    _, ax = plt.subplots()
    figures.loss_curves(ax, {"loss": [3.0, 2.0, 1.0]}, start=1)
    assert all(tick == int(tick) for tick in ax.get_xticks())
    figures.loss_curves(ax, {"loss": [3.0] * 101})
    assert 4 <= len(ax.get_xticks()) <= 8
    _, ax = plt.subplots()
    figures.loss_curves(ax, {"loss": [3.0, 2.0, 1.0]}, step=0.1)
    assert any(tick != int(tick) for tick in ax.get_xticks())


@pytest.mark.parametrize(
    ("limits", "ticks"),
    [
        ((0.02, 30), ["10^{1}", "10^{0}", "10^{-1}"]),
        ((0.5, 20), ["10^{1}", "10^{0}"]),
        ((1e-9, 3e6), ["10^{6}", "10^{2}", "10^{-2}", "10^{-6}"]),
        ((0.3, 4), ["0.5", "1", "2"]),
        ((1.5, 8), ["2", "5"]),
        ((2e-6, 8e-6), [r"2\times10^{-6}", r"5\times10^{-6}"]),
        ((4e5, 3e6), [r"5\times10^{5}", r"1\times10^{6}", r"2\times10^{6}"]),
        ((5e-5, 3e-4), [r"5\times10^{-5}", r"1\times10^{-4}", "0.0002"]),
        ((2.5e4, 2e5), ["50000", r"1\times10^{5}", r"2\times10^{5}"]),
        ((0.0401, 0.0419), ["0.0405", "0.041", "0.0415"]),
        ((2.1, 4.9), ["3", "4"]),
        ((20.5, 27.5), ["22", "24", "26"]),
        ((20.5, 25.5), ["22", "24"]),
        ((30.5, 32.5), ["31", "32"]),
        ((1234500, 1236700), [r"1.235\times10^{6}", r"1.236\times10^{6}"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("axis", ["x", "y"])
def test_log_ticks_are_the_same_everywhere(axis, limits, ticks):
    fig, ax = plt.subplots()
    ax.set(**{f"{axis}scale": "log", f"{axis}lim": limits})
    figures.log_ticks(ax, axis)
    fig.canvas.draw()
    line = {"x": ax.xaxis, "y": ax.yaxis}[axis]
    texts = [text.get_text() for text in line.get_ticklabels()]
    assert texts == [rf"$\mathdefault{{{tick}}}$" for tick in ticks]
    values = [tick.replace(r"\times10^{", "e").replace("10^{", "1e").rstrip("}") for tick in ticks]
    assert close(line.get_ticklocs(), [float(value) for value in values])
    assert len(line.get_ticklocs(minor=True)) == 0
    assert line.get_view_interval().tolist() == list(limits)


@pytest.mark.parametrize(
    ("at", "alignment", "offset"),
    [(1.0, ("right", "top"), -3), (0.51, ("right", "top"), -3), (0.5, ("left", "bottom"), 3)],
)
def test_reference_line_is_dashed_and_carries_its_name(at, alignment, offset):
    _, (left, right) = plt.subplots(1, 2)
    right.set_yscale("log")
    figures.reference_line(left, 0.3, "noise", at=at)
    figures.reference_line(right, -5, "epoch", "x", at)
    for ax, text, line, ends in (
        (left, "noise", [(0, 0.3), (1, 0.3)], ("y", at, 0.3)),
        (right, "epoch", [(-5, 0), (-5, 1)], ("x", -5, at)),
    ):
        assert close(ax.lines[0].get_xydata(), line)
        assert ax.lines[0].get_linestyle() == "--"
        assert ax.lines[0].get_linewidth() == 1
        assert ax.lines[0].get_zorder() == 1
        (name,) = ax.texts
        assert name.get_text() == text
        assert name.xy == ends[1:]
        across = ax.get_yaxis_transform() if ends[0] == "y" else ax.get_xaxis_transform()
        assert name.xycoords == across
        assert name.anncoords == "offset points"
        assert name.get_fontsize() == 9
        assert same_color(name.get_color(), "0.25")
    assert (left.texts[0].get_ha(), left.texts[0].get_va()) == (alignment[0], "bottom")
    assert (right.texts[0].get_ha(), right.texts[0].get_va()) == ("right", alignment[1])
    assert left.texts[0].xyann == (offset, 2)
    assert right.texts[0].xyann == (-2, offset)
    assert [ax.texts[0].get_rotation() for ax in (left, right)] == [0, 90]


def test_note_points_from_its_text_to_the_point():
    fig, ax = plt.subplots()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    figures.note(ax, "the start", (1, 2), torch.tensor([6.0, 7.0]))
    (text,) = ax.texts
    assert isinstance(text, Annotation)
    assert text.get_text() == "the start"
    assert (text.xy, text.xyann) == ((1, 2), (6, 7))
    assert (text.get_ha(), text.get_va(), text.get_fontsize()) == ("center", "center", 9)
    assert text.arrow_patch.get_linewidth() == 0.8
    assert type(text.arrow_patch.get_arrowstyle()).__name__ == "CurveB"  # the tip is at the point
    assert same_color(text.get_bbox_patch().get_facecolor(), "white")
    fig.canvas.draw()
    assert text.get_window_extent().width > 0


NAN, INF = float("nan"), float("inf")
COMPLEX = X.to(torch.complex64)
# Each row: a function, good arguments after `ax`, and what to change in them, with the refusal.
GOOD = {
    "scatter_features": {"X": X, "y": y, "names": ["a", "b"], "y_name": "c"},
    "loss_contours": contour_arguments(),
    "path": {"points": X, "label": "way"},
    "mark": {"point": (1, 2), "label": "end", "marker": "o"},
    "loss_curves": {"curves": {"a": [1.0, 2.0]}},
    "log_ticks": {"axis": "y"},
    "reference_line": {"value": 1, "label": "floor"},
    "note": {"text": "here", "point": (0, 0), "place": (1, 1)},
}
PAIR = "must be a pair (low, high)"
TEXT = "must be a text, got"
BAD = [
    ("scatter_features", {"X": X[:, 0]}, ValueError, "X must have shape (n, d), got (30,)"),
    ("scatter_features", {"X": COMPLEX}, TypeError, "X must be a floating-point tensor, got"),
    (
        "scatter_features",
        {"X": torch.ones(30, 5)},
        ValueError,
        "X must have 1 to 4 features, got 5",
    ),
    ("scatter_features", {"names": ["a"]}, ValueError, "names must hold 2 texts, got 1"),
    ("scatter_features", {"names": "ab"}, TypeError, "names must be a list or tuple of texts"),
    ("scatter_features", {"names": [1, 2]}, TypeError, "names[0] must be a text, got int"),
    ("scatter_features", {"y_name": None}, TypeError, f"y_name {TEXT} NoneType"),
    (
        "loss_contours",
        {"X": torch.ones(30, 3)},
        ValueError,
        "X must have shape (n, 2), got (30, 3)",
    ),
    ("loss_contours", {"X": X.int()}, TypeError, "X must be a floating-point tensor, got"),
    ("loss_contours", {"y": y[:5]}, ValueError, "y must have shape (30, 1) like X, got (5, 1)"),
    ("loss_contours", {"b": None}, TypeError, "b must be a real number, got NoneType"),
    ("loss_contours", {"b": INF}, ValueError, "b must be finite, got inf"),
    ("loss_contours", {"w1": 3}, TypeError, f"w1 {PAIR}, got int"),
    ("loss_contours", {"w1": (1, 0)}, ValueError, f"w1 {PAIR} with low < high, got (1.0, 0.0)"),
    ("loss_contours", {"w2": (1,)}, ValueError, f"w2 {PAIR}, got shape (1,)"),
    ("loss_contours", {"w2": (0, INF)}, ValueError, "w2 must be finite, got (0.0, inf)"),
    ("loss_contours", {"levels": 1}, ValueError, "levels must be from 2 to 50, got 1"),
    ("loss_contours", {"levels": 51}, ValueError, "levels must be from 2 to 50, got 51"),
    ("loss_contours", {"levels": 3.0}, TypeError, "levels must be a whole number, got float"),
    ("loss_contours", {"levels": True}, TypeError, "levels must be a whole number, got bool"),
    ("loss_contours", {"values": "yes"}, TypeError, "values must be True or False, got str"),
    ("loss_contours", {"equal": 1}, TypeError, "equal must be True or False, got int"),
    ("loss_contours", {"X": 0 * X}, ValueError, "the loss of X, y and b must differ, and stay"),
    ("loss_contours", {"X": X.double() * 1e200}, ValueError, "the loss of X, y and b must differ"),
    ("path", {"points": torch.ones(4, 3)}, ValueError, "points must have shape (m, 2), got (4, 3)"),
    ("path", {"points": {}}, TypeError, "points must be numbers of shape (m, 2), real, got dict"),
    ("path", {"points": COMPLEX}, TypeError, "points must be numbers of shape (m, 2), real, got"),
    ("path", {"points": X / 0}, ValueError, "points must be finite"),
    ("path", {"label": 3}, TypeError, f"label {TEXT} int"),
    ("path", {"colour": "red"}, ValueError, "style must be properties of a line, got {"),
    ("path", {"linewidth": "broad"}, ValueError, "style must be properties of a line, got {"),
    ("mark", {"point": 3}, ValueError, "point must hold 2 numbers, got shape ()"),
    ("mark", {"point": (1, NAN)}, ValueError, "point must be finite"),
    ("mark", {"label": None}, TypeError, f"label {TEXT} NoneType"),
    ("mark", {"marker": "star"}, ValueError, "marker must be one of Matplotlib's markers, got 'st"),
    ("mark", {"marker": 3}, TypeError, f"marker {TEXT} int"),
    ("loss_curves", {"curves": None}, TypeError, "curves must be a dictionary with texts as keys"),
    ("loss_curves", {"curves": {}}, ValueError, "entries of curves must be from 1 to 7, got 0"),
    ("loss_curves", {"curves": {str(k): [1.0] for k in range(8)}}, ValueError, "to 7, got 8"),
    ("loss_curves", {"curves": {"a": [1, NAN]}}, ValueError, "curves['a'] must be finite"),
    ("loss_curves", {"curves": {"a": [1, 0]}}, ValueError, "curves['a'] must be positive"),
    ("loss_curves", {"curves": {"a": 3}}, ValueError, "curves['a'] must have shape (m,), got ()"),
    ("loss_curves", {"x_name": 3}, TypeError, f"x_name {TEXT} int"),
    ("loss_curves", {"y_name": None}, TypeError, f"y_name {TEXT} NoneType"),
    ("loss_curves", {"start": NAN}, ValueError, "start must be finite, got nan"),
    ("loss_curves", {"step": 0}, ValueError, "step must be greater than 0, got 0.0"),
    (
        "loss_curves",
        {"loc": "best"},
        ValueError,
        "loc must be one of upper left, upper right, lower",
    ),
    ("loss_curves", {"loc": 3}, TypeError, f"loc {TEXT} int"),
    ("log_ticks", {}, ValueError, "ax must have a logarithmic y axis, got a linear one"),
    ("log_ticks", {"axis": "z"}, ValueError, "axis must be 'x' or 'y', got 'z'"),
    ("log_ticks", {"axis": None}, TypeError, f"axis {TEXT} NoneType"),
    ("reference_line", {"value": None}, TypeError, "value must be a real number, got NoneType"),
    ("reference_line", {"value": NAN}, ValueError, "value must be finite, got nan"),
    ("reference_line", {"label": ""}, ValueError, "label must be a text that says something"),
    ("reference_line", {"axis": "z"}, ValueError, "axis must be 'x' or 'y', got 'z'"),
    ("reference_line", {"at": 1.1}, ValueError, "at must be from 0 to 1, got 1.1"),
    ("reference_line", {"at": -0.1}, ValueError, "at must be from 0 to 1, got -0.1"),
    ("note", {"text": None}, TypeError, f"text {TEXT} NoneType"),
    ("note", {"point": (1,)}, ValueError, "point must hold 2 numbers, got shape (1,)"),
    ("note", {"place": "top"}, TypeError, "place must be 2 numbers, real, got str"),
]
BAD += [
    (name, {"ax": ax}, TypeError, f"ax must be a Matplotlib axes, got {type(ax).__name__}")
    for name in GOOD
    for ax in (None, [1])
    if name != "scatter_features"
]


@pytest.mark.parametrize(
    ("name", "change", "error", "message"), BAD, ids=[f"{row[0]}-{row[3]}" for row in BAD]
)
def test_bad_input_is_refused_by_name(name, change, error, message):
    arguments = GOOD[name] | change
    fig, ax = plt.subplots()
    if name != "scatter_features":
        arguments.setdefault("ax", ax)
    with pytest.raises(error) as caught:
        getattr(figures, name)(**arguments)
    assert type(caught.value) is error
    assert f" {message}" in f" {caught.value}"  # from the first letter of the name
    # Nothing half-drawn is left behind.
    assert not (ax.lines or ax.collections or ax.texts)
    assert plt.get_fignums() == [fig.number]


@pytest.mark.parametrize(("axis", "value"), [("x", 0), ("y", -1)])
def test_reference_line_refuses_what_a_log_axis_lacks(axis, value):
    _, ax = plt.subplots()
    ax.set(**{f"{axis}scale": "log"})
    with pytest.raises(ValueError, match="value must be positive on a logarithmic axis, got"):
        figures.reference_line(ax, value, "floor", axis)
