"""The helpers: what figures and data give, and how they refuse what they cannot use."""

from base64 import b64decode
from io import BytesIO

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from d2l import torch as d2l
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.backend_bases import FigureCanvasBase
from PIL import Image

from helpers import data, figures

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


@pytest.mark.parametrize(
    ("alt", "error", "message"),
    [
        (None, TypeError, "alt must be a text, got NoneType"),
        ("", ValueError, "alt must be a text that says something"),
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


def test_d2l_plot_works_and_gives_png_at_twice_the_resolution(shell):
    d2l.set_figsize((3, 2))
    assert tuple(plt.rcParams["figure.figsize"]) == (3, 2)
    d2l.plot([0, 1, 2], [[0, 1, 4]], "x", "f(x)", legend=["square"], figsize=(4, 3))
    formatters = shell.display_formatter.formatters
    assert plt.gcf().__class__ not in formatters["image/svg+xml"]
    image = Image.open(BytesIO(png_of(formatters["image/png"](plt.gcf()))))
    assert image.width > 1.5 * 4 * plt.gcf().dpi


def png_of(result):
    """The PNG of a formatter, which gives it with or without metadata, encoded or not."""
    png = result[0] if isinstance(result, tuple) else result
    return png if isinstance(png, bytes) else b64decode(png)


def test_d2l_plot_works_without_a_notebook():
    d2l.set_figsize()
    d2l.plot([0, 1, 2], [[0, 1, 4]])
    assert isinstance(plt.gcf().canvas, FigureCanvasBase)


def test_scatter_features_draws_a_panel_a_feature():
    fig = figures.scatter_features(X, y, ["size", "age"], "price")
    assert [ax.get_xlabel() for ax in fig.axes] == ["size", "age"]
    assert fig.axes[0].get_ylabel() == "price"
    points = fig.axes[1].collections[0].get_offsets()
    assert torch.allclose(torch.tensor(points.data), torch.cat([X[:, 1:], y], 1).double())


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([[1.0]], y, TypeError, "X must be a tensor, got list"),
        (X, None, TypeError, "y must be a tensor, got NoneType"),
        (X[:, 0], y, ValueError, r"X must have shape \(n, d\), got \(30,\)"),
        (X, y[:, 0], ValueError, r"y must have shape \(n, 1\), got \(30,\)"),
        (X, y[:-1], ValueError, r"y must have shape \(30, 1\) like X, got \(29, 1\)"),
        (X[:0], y[:0], ValueError, r"X must have shape \(n, d\), got \(0, 2\)"),
        (X / 0, y, ValueError, "X must be finite"),
        (torch.ones(30, 5), y, ValueError, "1 to 4 features and a name each, got 5"),
    ],
)
def test_scatter_features_refuses(X, y, error, message):
    with pytest.raises(error, match=message):
        figures.scatter_features(X, y)


def test_scatter_features_refuses_too_few_names():
    with pytest.raises(ValueError, match="a name each, got 2 and 1"):
        figures.scatter_features(X, y, ["size"])


def test_loss_contours_are_lines_of_equal_loss():
    _, ax = plt.subplots()
    figures.loss_contours(ax, X, y, 4.0, (0, 4), (-6, -1))
    contours = ax.collections[0]
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for w in path.vertices[::20]:
            loss = ((X @ torch.tensor(w).float() + 4.0 - y[:, 0]) ** 2).mean() / 2
            assert abs(loss / level - 1) < 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": torch.ones(30, 3)}, "X must have 2 features to be drawn over a plane, got 3"),
        ({"w1": (1, 0)}, r"w1 must be a pair \(low, high\) with low < high"),
        ({"w2": (1,)}, r"w2 must be a pair"),
        ({"y": y[:5]}, r"y must have shape \(30, 1\)"),
    ],
)
def test_loss_contours_refuse(change, message):
    _, ax = plt.subplots()
    arguments = {"X": X, "y": y, "b": 4.2, "w1": (0, 4), "w2": (-6, -1), **change}
    with pytest.raises(ValueError, match=message):
        figures.loss_contours(ax, **arguments)


def test_path_and_mark_draw_the_points():
    _, ax = plt.subplots()
    figures.path(ax, X, label="way")
    figures.mark(ax, X[3], "end")
    assert torch.allclose(torch.tensor(ax.lines[0].get_xydata()), X.double())
    assert torch.allclose(torch.tensor(ax.lines[1].get_xydata()), X[3:4].double())
    assert [line.get_label() for line in ax.lines] == ["way", "end"]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (torch.ones(4, 3), r"points must have shape \(m, 2\), got \(4, 3\)"),
        (torch.ones(0, 2), r"points must have shape \(m, 2\), got \(0, 2\)"),
        (torch.ones(4, 2) / 0, "points must be finite"),
    ],
)
def test_path_refuses(points, message):
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=message):
        figures.path(ax, points)


def test_house_prices_are_the_published_data():
    """n and ranges as the data set's own description gives them."""
    houses = data.house_prices()
    assert houses.X.shape == (88, 3)
    assert houses.y.shape == (88, 1)
    assert houses.X.dtype == houses.y.dtype == torch.float64
    assert len(houses.names) == 3
    assert "thousands of dollars" in houses.y_name
    assert torch.isfinite(houses.X).all()
    assert (houses.X.min(0).values > 0).all()
    assert houses.X[:, 2].tolist() == houses.X[:, 2].round().tolist()
