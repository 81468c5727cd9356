"""Decode in one thread while another looks at the frames."""

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

_END: Final = object()


@contextmanager
def prefetched(source: Iterator[T], *, depth: int) -> Generator[Iterator[T]]:
    """Run an iterator in a thread of its own, ``depth`` items ahead.

    An error of the source is raised at the item where it happened. Leaving the
    block stops the thread.
    """
    items: queue.Queue[object] = queue.Queue(maxsize=depth)
    left = threading.Event()
    thread = threading.Thread(
        target=_pump, args=(source, items, left), name="prefetch", daemon=True
    )
    thread.start()
    try:
        yield _drain(items)
    finally:
        left.set()
        _empty(items)
        thread.join()


def _pump(
    source: Iterator[T], items: "queue.Queue[object]", left: threading.Event
) -> None:
    last: object = _END
    try:
        for item in source:
            if not _offer(items, item, left):
                return
    except Exception as error:  # noqa: BLE001  # handed over, raised by the reader
        last = error
    _offer(items, last, left)


def _offer(items: "queue.Queue[object]", item: object, left: threading.Event) -> bool:
    while not left.is_set():
        try:
            items.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _drain(items: "queue.Queue[object]") -> Iterator[T]:
    while True:
        item = items.get()
        if item is _END:
            return
        if isinstance(item, Exception):
            raise item
        yield item  # type: ignore[misc]  # the queue carries T, _END or an error


def _empty(items: "queue.Queue[object]") -> None:
    while True:
        try:
            items.get_nowait()
        except queue.Empty:
            return
