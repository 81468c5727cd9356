"""Writing files so that nobody ever reads half of one."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""Only the owner reads and writes."""


def write_atomically(path: Path, body: bytes, *, mode: int = 0o644) -> None:
    """Replace a file in one step.

    Args:
        path: The file; its folder exists.
        body: The whole content.
        mode: Permission bits, in force before the content is there.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(body)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
