"""Pytest loads this with the notebooks: it adds tests/notebook_checks.py to what nbval checks."""

from notebook_checks import pytest_make_collect_report, pytest_runtest_call

__all__ = ["pytest_make_collect_report", "pytest_runtest_call"]
