"""What all tests share: how many processes they take, and examples that stay the same."""

from hypothesis import settings
from machinery.workers import pytest_xdist_auto_num_workers

__all__ = ["pytest_xdist_auto_num_workers"]

# The examples follow from the code alone, so a run that was green stays green; a slow or busy
# machine is no fault.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
