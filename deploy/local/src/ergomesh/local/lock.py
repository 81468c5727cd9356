"""Locks between processes: the system drops them when their holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ergomesh.local.errors import StackError

PATIENCE_S: Final = 0.5
"""A question such as :func:`is_held` may hold a lock for a moment."""


class HeldError(StackError):
    """Somebody else holds the lock."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock alone.

    Raises:
        HeldError: When somebody else holds it.
    """
    with _open(path) as descriptor:
        if not _acquire(descriptor, fcntl.LOCK_EX, PATIENCE_S):
            msg = f"Another process holds {path}."
            raise HeldError(msg)
        yield


@contextmanager
def shared(path: Path) -> Iterator[bool]:
    """Hold a lock together with others; yields False when it is held alone."""
    with _open(path) as descriptor:
        yield _acquire(descriptor, fcntl.LOCK_SH, PATIENCE_S)


def is_held(path: Path) -> bool:
    """Whether a running process holds the lock, alone or with others."""
    if not path.exists():
        return False
    with _open(path) as descriptor:
        return not _acquire(descriptor, fcntl.LOCK_EX, 0.0)


@contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # releases the lock


def _acquire(descriptor: int, kind: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True
