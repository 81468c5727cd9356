"""Writing files so that nobody ever reads half of one."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ergomesh.local.errors import UsageFault

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


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write files into the folder of ``--out``, which is made if it is not there.

    Raises:
        UsageFault: When the folder takes no files.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, body in files.items():
            write_atomically(out / name, body)
    except OSError as error:
        msg = f"--out: the folder {out} takes no files ({error.strerror})."
        raise UsageFault(msg) from error


@contextmanager
def no_empty_folders(folders: Iterable[Path]) -> Iterator[None]:
    """Remove at the end what is new of some folders and their parents, and empty."""
    absent = {
        path
        for folder in folders
        for path in (folder, *folder.parents)
        if _is_absent(path)
    }
    try:
        yield
    finally:
        for path in sorted(absent, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):
                path.rmdir()


def _is_absent(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:  # whatever is there, it is not ours
        return False
