"""Working ahead in a thread: decoding, drawing and encoding at the same time.

FFmpeg, OpenCV and numpy let go of the interpreter, so threads are enough.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DEPTH: Final = 6
"""Pictures that wait at most: more would only take memory."""
_LOOK_S: Final = 0.1
"""How soon a full queue notices that nobody wants more."""


class _End:
    """What comes after the last item."""


class _Maker(Generic[T]):
    """Items on their way from the thread that makes them to the one that takes."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self._made: queue.Queue[T | _End] = queue.Queue(DEPTH)
        self.unwanted = threading.Event()

    def make(self) -> None:
        """Make all items, until they are unwanted."""
        try:
            for item in self._items:
                self._put(item)
                if self.unwanted.is_set():
                    return
        finally:
            self._put(_End())

    def taken(self, making: Future[None]) -> Iterator[T]:
        """Yield the items, and raise what their making raised."""
        while not isinstance(item := self._made.get(), _End):
            yield item
        making.result()

    def _put(self, item: T | _End) -> None:
        while not self.unwanted.is_set():
            try:
                self._made.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return


@contextmanager
def ahead(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """Yield an iterator over items that are made in a thread of their own.

    What their making raises is raised where they are taken. On leaving, the thread
    has ended, whether all were taken or not.
    """
    maker = _Maker(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as threads:
        making = threads.submit(maker.make)
        try:
            yield maker.taken(making)
        finally:
            maker.unwanted.set()
