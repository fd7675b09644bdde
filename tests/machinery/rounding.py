"""The half of `tests/rounding.py` that runs inside a lesson's kernel: torch's last bits differ.

IPython runs this file when the kernel starts. From then on each result of a function that adds up
many numbers is multiplied, entry by entry, by 1, or by one of its two neighbours, at random.
"""

import os

import torch
from torch.overrides import TorchFunctionMode

# What another processor or number of threads adds up in another order.
SUMS = {"matmul", "mm", "mv", "dot", "linear", "sum", "mean", "std", "var", "norm"}


class OtherLastBits(TorchFunctionMode):
    """While it is entered, sums and products of tensors end in other last bits."""

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "").strip("_")
        if name not in SUMS or not isinstance(result, torch.Tensor) or result.is_meta:
            return result
        # A sum of whole numbers has no rounding error on any machine.
        if not result.is_floating_point() or bool((result == result.round()).all()):
            return result
        bits = torch.randint(-1, 2, result.shape, generator=self.generator)
        return result * (1 + torch.finfo(result.dtype).eps * bits).to(result.dtype)


if "ROUNDING_SEED" in os.environ:
    OtherLastBits(int(os.environ["ROUNDING_SEED"])).__enter__()
