"""What tests of pictures share: a picture is looked at before it becomes pixels."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from helpers import figures


@pytest.fixture
def shown(monkeypatch):
    """A function that calls a picture's function and returns the figure and the text it shows.

    `fig, alt = shown(pictures.name, data)` works where `pictures.name` ends in one call of
    `figures.show`; what that would refuse, it refuses here, too.
    """
    backend = matplotlib.get_backend()
    plt.switch_backend("agg")
    taken = []

    def take(fig, alt):
        figures.require_figure(fig)
        figures.require_text("alt", alt)
        fig.canvas.draw()  # ticks and layout are fixed only now
        taken.append((fig, alt))

    monkeypatch.setattr(figures, "show", take)

    def call(function, *args, **kwargs):
        taken.clear()
        assert function(*args, **kwargs) is None
        (picture,) = taken
        return picture

    with plt.style.context(figures.STYLE):
        yield call
    plt.close("all")
    plt.switch_backend(backend)
