"""Compare the pictures that are stored in a notebook with the ones drawn now.

The same drawing is never quite the same file elsewhere: another processor changes last bits, and
another Matplotlib or FreeType changes the letters, whose sizes push the axes by a few pixels. So
two looks are taken at each picture, and each forgives what it must:

- at the *colours*, closely. Letters, ticks and frames are black or grey, the data is coloured, so
  without its grey part a picture keeps its curves and loses the letters that differ;
- at the *whole*, letters and black lines included, from further away.

In both looks a pixel is right when its value occurs, or lies between values that occur, within
`reach` pixels in the other picture; so a small shift costs nothing. What is left is measured, as
Matplotlib does in its own tests, by the root mean square, but tile by tile: one thin line that
moved is nothing in the whole picture and much in its tile. The worst tile counts.
"""

from base64 import b64decode
from io import BytesIO
from typing import NamedTuple

import numpy as np
from matplotlib.image import imread
from matplotlib.testing.compare import calculate_rms, save_diff_image


class Look(NamedTuple):
    """One way to look at two pictures. Lengths are in pixels of the shrunk picture."""

    name: str
    colours_only: bool
    shrink: int  # this many stored pixels a side become one
    reach: int
    tile: int
    tolerance: float  # root mean square of a tile, on the scale 0..255


# Each tolerance lies between what the same picture reaches when letters or last bits differ and
# what a changed picture reaches; test_tolerances_have_room measures both, with a quarter to spare
# below and half above.
#
# Not seen: a thin dotted black line moved, another title of the same length, the grid gone; the
# tests of the pictures' functions look at these.
# Not forgiven: what another Matplotlib decides anew, such as the place of a legend without `loc`
# or the ticks and the limits of a log axis.
LOOKS = (
    Look("colours", colours_only=True, shrink=1, reach=6, tile=32, tolerance=6.0),
    Look("whole", colours_only=False, shrink=8, reach=1, tile=8, tolerance=17.0),
)


class Picture(NamedTuple):
    """One picture output of a cell."""

    png: bytes
    width: int  # on the page, in pixels; None when the output does not say
    height: int
    alt: str


def pictures(outputs):
    """The PNG pictures among the outputs of one cell, in order."""
    found = []
    for output in outputs:
        data = output.get("data", {})
        if "image/png" in data:
            about = output.get("metadata", {}).get("image/png", {})
            found.append(
                Picture(
                    b64decode(data["image/png"]),
                    about.get("width"),
                    about.get("height"),
                    about.get("alt"),
                )
            )
    return found


def compare(committed, drawn, folder):
    """Compare the pictures of one cell.

    Args:
        committed: the outputs of the cell as the notebook holds them.
        drawn: the outputs of the same cell, run now.
        folder: a function that returns a pathlib.Path; the two pictures and their difference are
            written there, for each picture that differs. Where all agree it is never called.

    Returns:
        A list of complaints, one a picture at most; empty when all pictures agree.
    """
    committed, drawn = pictures(committed), pictures(drawn)
    if len(committed) != len(drawn):
        return [f"the notebook holds {len(committed)} pictures, the cell draws {len(drawn)} now"]
    complaints = []
    for number, (old, new) in enumerate(zip(committed, drawn, strict=True), start=1):
        complaint = difference(old, new)
        if complaint:
            where = write(old, new, folder, number)
            complaints.append(f"picture {number} of {len(drawn)}: {complaint}\n{where}")
    return complaints


def difference(old, new):
    """How two pictures differ, in words; None when they are the same within the tolerance."""
    if old == new:
        return None
    if old.alt != new.alt:
        return f"its alternative text is {old.alt!r} in the notebook and {new.alt!r} now"
    if (old.width, old.height) != (new.width, new.height):
        return (
            f"it is {old.width} x {old.height} on the page in the notebook "
            f"and {new.width} x {new.height} now"
        )
    a, b = pixels(old.png), pixels(new.png)
    if a.shape != b.shape:
        return f"it has {size(a)} pixels in the notebook and {size(b)} now"
    for look in LOOKS:
        worst, place = distance(a, b, look)
        if worst > look.tolerance:
            return (
                f"it differs most at the {place}: by {worst:.1f}, where {look.tolerance} is "
                f"tolerated (look {look.name!r}, root mean square of a tile, 0 to 255)"
            )
    return None


def distance(a, b, look):
    """The worst tile of two pictures of one size.

    Args:
        a, b: the pictures as arrays (height, width, 3) of values 0..255.
        look: how to look at them.

    Returns:
        The root mean square of the worst tile, and a phrase that says where that tile is.
    """
    a, b = prepare(a, look), prepare(b, look)
    # A line that only one of the two has must be found whichever that one is, so both directions.
    pairs = [(a, nearest(a, b, look.reach)), (b, nearest(b, a, look.reach))]
    height, width = a.shape[:2]
    step = look.tile // 2  # tiles overlap, so that no change hides by lying across a border
    worst, place = 0.0, "top left"
    for top in range(0, max(height - step, 1), step):
        for left in range(0, max(width - step, 1), step):
            tile = np.s_[top : top + look.tile, left : left + look.tile]
            rms = max(calculate_rms(picture[tile], other[tile]) for picture, other in pairs)
            if rms > worst:
                worst, place = rms, spot((left + step) / width, (top + step) / height)
    return worst, place


def prepare(picture, look):
    """Shrink a picture, and take its grey part away if only colours count."""
    height, width = (side - side % look.shrink for side in picture.shape[:2])
    blocks = picture[:height, :width].reshape(
        height // look.shrink, look.shrink, width // look.shrink, look.shrink, 3
    )
    small = blocks.mean(axis=(1, 3))
    if look.colours_only:
        small = small - small.min(axis=2, keepdims=True)
    return small


def nearest(a, b, reach):
    """For each pixel of `a`, the closest value to it that `b` spans within `reach` pixels."""
    lowest, highest = b, b
    for axis in (0, 1):  # the extremes of a square are the extremes of its rows' extremes
        lowest = spread(lowest, reach, axis, np.minimum)
        highest = spread(highest, reach, axis, np.maximum)
    return np.clip(a, lowest, highest)


def spread(picture, reach, axis, extreme):
    """The extreme (np.minimum or np.maximum) over `reach` pixels both ways along one axis."""
    width = [(0, 0)] * 3
    width[axis] = (reach, reach)
    padded = np.moveaxis(np.pad(picture, width, mode="edge"), axis, 0)
    length = picture.shape[axis]
    result = padded[:length]
    for shift in range(1, 2 * reach + 1):
        result = extreme(result, padded[shift : shift + length])
    return np.moveaxis(result, 0, axis)


def spot(x, y):
    """A place in a picture in words; x to the right and y down, both from 0 to 1."""
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else "middle"
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else "centre"
    return f"{row} {column}"


def pixels(png):
    """The pixels of a PNG as an array (height, width, 3) of floats 0..255, on white."""
    values = 255 * imread(BytesIO(png), format="png").astype(np.float32)
    if values.ndim == 2:
        values = np.stack([values] * 3, axis=2)
    if values.shape[2] == 4:
        opacity = values[:, :, 3:] / 255
        values = opacity * values[:, :, :3] + (1 - opacity) * 255
    return values


def size(picture):
    """Width times height of an array of pixels, in words."""
    return f"{picture.shape[1]} x {picture.shape[0]}"


def write(old, new, folder, number):
    """Write two pictures and, if they have one size, their difference; say in words where."""
    names = ("committed", "new", "difference")
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        paths = {name: place / f"picture-{number}-{name}.png" for name in names}
        paths["committed"].write_bytes(old.png)
        paths["new"].write_bytes(new.png)
        if pixels(old.png).shape == pixels(new.png).shape:
            # Matplotlib takes these paths as strings only.
            save_diff_image(*(str(path) for path in paths.values()))
        else:
            del paths["difference"]
    except OSError as error:  # a read-only checkout: what differs is worth saying all the same
        return f"  The two pictures cannot be kept to be looked at: {error}"
    return "\n".join(f"  {name + ':':<12}{path}" for name, path in paths.items())
