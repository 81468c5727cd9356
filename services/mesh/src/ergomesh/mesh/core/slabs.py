"""Work on long sequences in slabs of frames that fit the cache.

Blocks of 69x69 doubles for a thousand frames are 38 MB: fresh pages for every
temporary cost more than the arithmetic. Slabs are independent, so on a CPU
threads share them; torch releases the interpreter lock inside its operations.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import torch

CPU_FRAMES: Final = 64
"""Frames of a slab on a CPU: 2.4 MB of blocks."""

GPU_FRAMES: Final = 4096
"""Frames of a slab elsewhere, where launches cost and pages do not."""

_I = TypeVar("_I")
_R = TypeVar("_R")


def slabs(count: int, device: torch.device) -> list[slice]:
    """Return slices that cover a number of frames."""
    size = CPU_FRAMES if device.type == "cpu" else GPU_FRAMES
    return [slice(k, min(k + size, count)) for k in range(0, count, size)]


def in_threads(work: Callable[[_I], _R], items: Iterable[_I]) -> list[_R]:
    """Return the results of independent work, in order."""
    items = list(items)
    threads = min(len(items), torch.get_num_threads())
    if threads <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(work, items))
