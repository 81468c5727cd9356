"""Digests of model files, computed once per version of a file."""

import hashlib
from functools import cache
from pathlib import Path


def file_digest(path: Path) -> str:
    """Return the sha256 of a file; a replaced file is read again."""
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns)


@cache
def _digest(path: Path, size: int, modified_ns: int) -> str:
    del size, modified_ns  # only part of the cache's key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
