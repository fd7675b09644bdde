"""What a notebook needs of the machine; where that is missing, it is skipped with a plain word."""

import sys


def two_processes():
    """Why PyTorch cannot connect two processes on this machine; None if it can."""
    # Not above: each run of pytest, of one small notebook too, would wait for PyTorch.
    import torch.distributed as dist

    if not (dist.is_available() and dist.is_gloo_available()):
        return "this PyTorch comes without gloo, which connects processes"
    if sys.platform == "win32":
        return "on Windows torchrun may not start, since its store wants libuv"
    return None


NEEDS = {"18_many_workers.ipynb": two_processes}


def missing(path):
    """Why the notebook at `path` cannot run on this machine; None if it can."""
    lesson = path.parent.name != "solutions"
    return NEEDS[path.name]() if lesson and path.name in NEEDS else None
