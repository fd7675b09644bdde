"""The comparison of pictures is tested, alone and in a run of pytest over broken notebooks."""

import re
from base64 import b64decode, b64encode
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from machinery import reading
from machinery.pictures import LOOKS, compare, distance, pixels
from nbformat.v4 import new_code_cell, new_notebook, new_output

STYLE = reading.ROOT / "helpers" / "figures.mplstyle"
ALT = "Two curves that fall, and a scatter plot"


def output(draw, alt=ALT, size=(4.8, 2.4), **rc):
    """The output that figures.show gives for a figure with two axes that `draw` fills.

    helpers.figures itself is not used: it imports torch, which takes longer than these tests.
    """
    with plt.style.context(STYLE), plt.rc_context(rc):
        fig, axes = plt.subplots(1, 2, figsize=size)
        draw(*axes)
        width, height = (round(inches * fig.dpi) for inches in fig.get_size_inches())
        png = BytesIO()
        fig.savefig(png, format="png", dpi=2 * fig.dpi, metadata={"Software": None})
        plt.close(fig)
    return new_output(
        "display_data",
        data={"image/png": b64encode(png.getvalue()).decode(), "text/plain": alt},
        metadata={"image/png": {"width": width, "height": height, "alt": alt}},
    )


def curves(noise=0.0, higher=0.0, missing=False, panel=True, black=False):
    """A drawing of two curves and a scatter plot, whole or broken.

    Args:
        noise: relative change of all data, as another processor makes it.
        higher: how far the second curve is moved, as a part of the height of the axes.
        missing: leave the second curve out.
        panel: whether the right panel shows what it should.
        black: draw the second curve in black.
    """

    def draw(left, right):
        random = np.random.default_rng(0)
        t = np.linspace(0, 1, 200)
        points = random.standard_normal((2, 500))
        off = 1 + noise * random.standard_normal(200)
        left.plot(t, off * 4 * np.exp(-3 * t), label="lr = 0.03", linewidth=1)
        if not missing:
            colour = "black" if black else None
            y = off * (3 * np.exp(-2 * t) + 1) + 5 * higher
            left.plot(t, y, label="lr = 0.01", linewidth=1, color=colour)
        left.set(xlabel="update", ylabel="loss $l(w, b)$", ylim=(0, 5), title="Loss an update")
        left.legend(loc="lower left")
        right.scatter(points[0] * (1 if panel else -1), points.sum(axis=0), s=4)
        right.set(xlabel="$x_1$", ylabel="$y$", xlim=(-4, 4), ylim=(-5, 5))

    return draw


@cache
def picture(**change):
    """The output of `curves(**change)`, drawn once: drawing is what takes the time here."""
    return output(curves(**change))


@pytest.fixture(scope="module")
def good():
    return picture()


def no_folder():
    """The folder of a comparison that has nothing to write."""
    pytest.fail("a folder is made before there is a complaint")


@pytest.mark.parametrize(
    "rc",
    [
        {"text.hinting": "no_hinting"},
        {"text.hinting": "force_autohint"},
        {"text.antialiased": False},
    ],
    ids=str,
)
def test_other_letters_pass(good, rc):
    other = output(curves(), **rc)
    assert other.data["image/png"] != good.data["image/png"]
    assert compare([good], [other], no_folder) == []


def test_other_last_bits_pass(good):
    assert compare([good], [picture(noise=1e-6)], no_folder) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"higher": 0.03}, "left|centre"),
        ({"higher": -0.03}, "left|centre"),
        ({"missing": True}, "left|centre"),
        ({"panel": False}, "right|centre"),
    ],
    ids=str,
)
def test_changed_picture_fails(good, change, place, tmp_path):
    broken = picture(**change)
    (complaint,) = compare([good], [broken], lambda: tmp_path)
    assert complaint.startswith("picture 1 of 1: it differs most at the ")
    assert re.search(rf"(top|middle|bottom) ({place}): by \d+\.\d, where \d+\.\d is", complaint)
    for name in ("committed", "new", "difference"):
        written = tmp_path / f"picture-1-{name}.png"
        assert str(written) in complaint
        assert written.read_bytes().startswith(b"\x89PNG")


def test_difference_is_told_where_no_folder_can_be_made(good, tmp_path):
    """As in a read-only checkout, or with a cache that cannot be written."""
    (tmp_path / "file").touch()
    broken = picture(missing=True)
    (complaint,) = compare([good], [broken], lambda: tmp_path / "file" / "pictures")
    assert complaint.startswith("picture 1 of 1: it differs most at the ")
    assert "\n  The two pictures cannot be kept to be looked at: " in complaint


SAME = [
    {"noise": 1e-6},
    {"noise": 1e-4},
    {"text.hinting": "no_hinting"},
    {"text.hinting": "force_autohint"},
    {"text.antialiased": False},
]
CHANGED = [{"higher": 0.03}, {"higher": -0.03}, {"missing": True}, {"panel": False}]
CHANGED += [{"black": True, "higher": 0.05}, {"black": True, "missing": True}]


@pytest.mark.parametrize("change", SAME + CHANGED, ids=str)
def test_tolerances_have_room(good, change):
    """What must pass stays below 0.8 of each tolerance; what must not exceeds one by 1.5."""
    rc = {key: value for key, value in change.items() if "." in key}
    drawn = {key: value for key, value in change.items() if "." not in key}
    before = picture(black=True) if change.get("black") else good
    after = output(curves(), **rc) if rc else picture(**drawn)
    a, b = (pixels(b64decode(one.data["image/png"])) for one in (before, after))
    room = max(distance(a, b, look)[0] / look.tolerance for look in LOOKS)
    assert room < 0.8 if change in SAME else room > 1.5


def test_added_curve_fails(good, tmp_path):
    assert compare([picture(missing=True)], [good], lambda: tmp_path)


def test_black_curve_is_seen_too(tmp_path):
    pair = [[picture(black=True, higher=higher)] for higher in (0, 0.05)]
    (complaint,) = compare(*pair, lambda: tmp_path)
    assert "it differs most at the " in complaint


def test_emptied_picture_fails(good, tmp_path):
    (complaint,) = compare([output(lambda left, right: None)], [good], lambda: tmp_path)
    assert "it differs most" in complaint


def test_swapped_pictures_fail(good, tmp_path):
    other = picture(panel=False)
    complaints = compare([good, other], [other, good], lambda: tmp_path)
    assert [text[:15] for text in complaints] == ["picture 1 of 2:", "picture 2 of 2:"]


def test_missing_and_added_pictures_fail(good, tmp_path):
    held = "the notebook holds {} pictures, the cell draws {} now"
    assert compare([good], [], lambda: tmp_path) == [held.format(1, 0)]
    assert compare([good], [good, good], lambda: tmp_path) == [held.format(1, 2)]


def test_other_size_fails(good, tmp_path):
    (complaint,) = compare([output(curves(), size=(4, 2.4))], [good], lambda: tmp_path)
    assert "it is 400 x 240 on the page in the notebook and 480 x 240 now" in complaint
    assert not (tmp_path / "picture-1-difference.png").exists()


def test_other_number_of_pixels_fails(good, tmp_path):
    small = output(curves(), size=(4, 2.4))
    small.metadata = good.metadata
    (complaint,) = compare([small], [good], lambda: tmp_path)
    assert "it has 800 x 480 pixels in the notebook and 960 x 480 now" in complaint


def test_other_alternative_text_fails(good, tmp_path):
    (complaint,) = compare([output(curves(), alt="Another")], [good], lambda: tmp_path)
    assert f"its alternative text is 'Another' in the notebook and {ALT!r} now" in complaint


def test_text_outputs_are_no_pictures(good, tmp_path):
    text = new_output("stream", name="stdout", text="1\n")
    assert compare([text, good], [good], lambda: tmp_path) == []


# A whole run of pytest, with the project's conftest and options, over small notebooks. Their cells
# show stored pictures instead of drawing them, so that they need not import Matplotlib.

SHOW = """
from base64 import b64decode
from IPython.display import display

def show(png):
    data = {"image/png": b64decode(png), "text/plain": "A line"}
    about = {"width": 300, "height": 200, "alt": "A line"}
    display(data, metadata={"image/png": about}, raw=True)
"""


def shown(*pngs):
    """The outputs that the cell `showing(*pngs)` has."""
    return [
        new_output(
            "display_data",
            data={"image/png": png, "text/plain": "A line"},
            metadata={"image/png": {"width": 300, "height": 200, "alt": "A line"}},
        )
        for png in pngs
    ]


def showing(*pngs):
    """A code cell that shows pictures, with the outputs that belong to it."""
    return new_code_cell("\n".join(f"show({png!r})" for png in pngs), outputs=shown(*pngs))


def printing(text):
    """A code cell that prints a text, with the output that belongs to it."""
    output = new_output("stream", name="stdout", text=text + "\n")
    return new_code_cell(f"print({text!r})", outputs=[output])


def notebooks():
    """Two small notebooks by name: one with broken cells among intact ones, one that stops."""
    one, two, empty = (
        output(draw, size=(3, 2)).data["image/png"]
        for draw in (curves(), curves(panel=False), lambda left, right: None)
    )
    swapped, emptied, removed = showing(one, two), showing(one, two), showing(one, two)
    swapped.outputs.reverse()
    emptied.outputs = shown(one, empty)
    removed.outputs.pop()
    text = printing("loss 0.5")
    text.outputs[0].text = "loss 0.4\n"
    unrun = showing(one)
    unrun.outputs = []
    skipped = new_code_cell("# NBVAL_SKIP")
    endless = new_code_cell("while True:\n    pass")
    intact = [new_code_cell(SHOW.strip()), showing(one, two), printing("loss 0.5")]
    found = {
        "broken": new_notebook(cells=[*intact, swapped, emptied, removed, text, unrun]),
        "stopped": new_notebook(cells=[skipped, printing("loss 0.5"), endless, printing("done")]),
    }
    for notebook in found.values():
        for count, cell in enumerate(notebook.cells, start=1):
            cell.execution_count = count
    unrun.execution_count = None
    return found


@pytest.fixture(scope="module")
def run(run_pytest, tmp_path_factory):
    """Run pytest once over the small notebooks."""
    folder = tmp_path_factory.mktemp("run")
    for name, notebook in notebooks().items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return run_pytest(folder, cell_timeout=4)


def test_intact_cells_pass(run):
    passed = ["Cell 0", "Cell 1", "Cell 2", "every cell ran"]
    assert run.items("PASSED", "broken")[:4] == passed, run.text  # then the items about prose


def test_each_broken_cell_fails(run):
    # Cell 7 is the unrun one: nbval passes it whatever it shows, its picture gives it away.
    failed = ["Cell 3", "Cell 4", "Cell 5", "Cell 6", "Cell 7"]
    assert run.items("FAILED", "broken") == failed, run.text
    # Cell 5 lacks a picture with its text: there nbval itself is the first to notice.
    assert run.text.count("Cell pictures differ") == 3, run.text
    assert "picture 1 of 2: it differs most at the " in run.text
    assert "picture 2 of 2: it differs most at the " in run.text
    assert "the notebook holds 0 pictures, the cell draws 1 now" in run.text


def test_differing_pictures_are_kept(run):
    path = re.search(r"committed: +(.*broken.cell-3.picture-1-committed\.png)", run.text)[1]
    assert Path(path).exists()


def test_cells_that_do_not_run_are_counted(run):
    assert run.items("FAILED", "stopped") == ["Cell 2", "every cell ran"], run.text
    # The first cell is skipped, the third does not end, and the fourth comes after it.
    assert "stopped.ipynb has 4 code cells on disk, but 1 ran to their end." in run.text, run.text
