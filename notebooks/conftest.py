"""Pytest loads this with the notebooks: our checks join those of nbval."""

from machinery.plugin import pytest_make_collect_report, pytest_runtest_call
from machinery.workers import pytest_xdist_auto_num_workers

__all__ = [
    "pytest_make_collect_report",
    "pytest_runtest_call",
    "pytest_xdist_auto_num_workers",
]
