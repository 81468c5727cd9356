"""Work on long sequences in slabs of frames that fit the cache, on own threads.

Blocks of 69x69 doubles for a thousand frames are 38 MB: fresh pages for every
temporary cost more than the arithmetic. Slabs are independent, so on a CPU
threads share them; torch releases the interpreter lock inside its operations.

Torch's own threads are held back meanwhile: they would split operations of a few
microseconds and wait for each other, five times slower on a busy machine.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
    return slabs_of(slice(0, count), device)


def slabs_of(rows: slice, device: torch.device) -> list[slice]:
    """Return slices that cover some frames."""
    size = CPU_FRAMES if device.type == "cpu" else GPU_FRAMES
    stop = rows.stop
    return [slice(k, min(k + size, stop)) for k in range(rows.start, stop, size)]


def in_threads(work: Callable[[_I], _R], items: Sequence[_I], threads: int) -> list[_R]:
    """Return the results of independent work, in order.

    Args:
        work: What to do with an item.
        items: The items.
        threads: How many may work at once.
    """
    threads = min(len(items), threads)
    if threads <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(
        max_workers=threads, initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        return list(pool.map(work, items))


@contextmanager
def own_threads(device: str) -> Iterator[int]:
    """Hold torch's threads back, and say how many of our own may work.

    Args:
        device: Torch device; anything but a CPU needs one thread only.
    """
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield count if torch.device(device).type == "cpu" else 1
    finally:
        torch.set_num_threads(count)
