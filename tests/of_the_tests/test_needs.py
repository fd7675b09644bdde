"""A need that the machine does not meet is told in a plain word; others are none."""

import pytest
import torch.distributed as dist
from machinery import needs
from machinery.reading import NOTEBOOKS, ROOT

LESSON = ROOT / "notebooks" / "18_many_workers.ipynb"


@pytest.mark.parametrize(
    ("platform", "available", "gloo", "word"),
    [
        ("linux", True, True, None),
        ("darwin", True, True, None),
        ("win32", True, True, "on Windows torchrun may not start"),
        ("linux", True, False, "without gloo"),
        ("linux", False, True, "without gloo"),
    ],
)
def test_two_processes_need_gloo_and_torchrun(monkeypatch, platform, available, gloo, word):
    monkeypatch.setattr(needs.sys, "platform", platform)
    monkeypatch.setattr(dist, "is_available", lambda: available)
    monkeypatch.setattr(dist, "is_gloo_available", lambda: gloo)
    reason = needs.missing(LESSON)
    assert reason is None if word is None else word in reason
    assert needs.missing(LESSON.parent / "solutions" / LESSON.name) is None
    assert needs.missing(LESSON.parent / "03_gradient_descent.ipynb") is None


def test_each_notebook_with_a_need_exists():
    assert set(needs.NEEDS) <= {path.name for path in NOTEBOOKS}
