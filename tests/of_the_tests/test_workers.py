"""The number of processes follows from cores, memory and files."""

import pytest
from machinery.workers import (
    number_of_workers,
    pytest_xdist_auto_num_workers,
    share_the_cores,
)

GB = 2**30


@pytest.mark.parametrize(
    "cores, memory, files, wanted",
    [
        (2, 16 * GB, None, 2),  # cores decide
        (16, 64 * GB, None, 8),  # never more than eight
        (16, 5 * GB - 1, None, 4),  # memory decides
        (16, 0.2 * GB, None, 1),  # at least one
        (16, 64 * GB, 1, 1),  # one notebook needs one process
        (16, 64 * GB, 3, 3),
        (2, 64 * GB, 3, 2),
    ],
)
def test_number(cores, memory, files, wanted):
    assert number_of_workers(cores, memory, files) == wanted


def test_named_files_are_counted(pytestconfig, monkeypatch):
    """A file is one file with any number of its tests; a folder is no file."""
    here = str(pytestconfig.rootpath / "tests" / "of_the_tests" / "test_workers.py")
    asked = []
    monkeypatch.setattr(
        "machinery.workers.number_of_workers", lambda **limits: asked.append(limits["files"]) or 1
    )
    for args in ([here, f"{here}::test_number"], [here, "tests"]):
        monkeypatch.setattr(pytestconfig, "args", args)
        pytest_xdist_auto_num_workers(pytestconfig)
    assert asked == [1, None]


@pytest.mark.parametrize("cores, number, threads", [(2, 2, "1"), (16, 8, "2"), (4, 3, "1")])
def test_each_process_gets_its_part_of_the_cores(cores, number, threads):
    environment = {}
    share_the_cores(environment, cores, number)
    assert environment == {"OMP_NUM_THREADS": threads}
    share_the_cores(environment, 64, 2)
    assert environment == {"OMP_NUM_THREADS": threads}  # chosen before: it stays


@pytest.mark.parametrize("number, processes, threads", [(1, 0, None), (2, 2, "1")])
def test_one_process_is_pytest_itself_and_has_all_cores(
    pytestconfig, monkeypatch, number, processes, threads
):
    monkeypatch.setattr("machinery.workers.number_of_workers", lambda **limits: number)
    monkeypatch.setattr("machinery.workers.psutil.cpu_count", lambda: 2)
    monkeypatch.setattr("machinery.workers.os.environ", environment := {})
    assert pytest_xdist_auto_num_workers(pytestconfig) == processes
    assert environment.get("OMP_NUM_THREADS") == threads
