"""How many processes share the tests: as many as the machine has cores, memory and files for."""

import os
from pathlib import Path

import psutil

MOST = 8
# A worker that runs a notebook has torch in its own process and once more in the kernel.
MEMORY_OF_A_WORKER = 2**30


def pytest_xdist_auto_num_workers(config):
    """The answer to `--numprocesses auto`, which pyproject.toml asks for."""
    named = {Path(config.invocation_params.dir, arg.split("::")[0]) for arg in config.args}
    cores = psutil.cpu_count() or 1
    number = number_of_workers(
        cores=cores,
        memory=psutil.virtual_memory().available,
        files=None if any(path.is_dir() for path in named) else len(named),
    )
    if number == 1:
        return 0  # pytest itself: a single process beside it would only start later
    share_the_cores(os.environ, cores, number)
    return number


def share_the_cores(environment, cores, number):
    """Let torch in each of `number` processes, and in their kernels, use its part of the cores.

    Torch takes a thread for each core. Threads of several processes that have to share the cores
    wait for each other, and they wait by computing: on two cores the whole run took half as much
    processor time again, on a busy machine some cells ten times as long. A number that the user
    has chosen stays.
    """
    environment.setdefault("OMP_NUM_THREADS", str(max(1, cores // number)))


def number_of_workers(cores, memory, files=None):
    """The number of processes for `cores`, `memory` free bytes, `files` (None: a whole folder)."""
    limits = [MOST, cores, memory // MEMORY_OF_A_WORKER]
    if files is not None:
        limits.append(files)  # --dist loadfile: a file's tests stay in one process
    return max(1, min(limits))
