"""Pytest loads this with the notebooks: it adds tests/machinery/plugin.py to what nbval checks."""

from machinery.plugin import pytest_make_collect_report, pytest_runtest_call

__all__ = ["pytest_make_collect_report", "pytest_runtest_call"]
