"""Writing files so that nobody ever reads half of one."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ergomesh.local.errors import LocalCode, UsageFault

PRIVATE: Final = 0o600
"""Only the owner reads and writes."""
OUT: Final = "--out"
"""The option that says where files go."""


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
        raise _unwritable(OUT, out, error.errno or 0) from error


def check_folder(option: str, folder: Path | None) -> None:
    """See that a folder is there or can be made, without making it.

    Args:
        option: Whose value it is.
        folder: ``None`` was not given.

    Raises:
        UsageFault: When it cannot.
    """
    if folder is None:
        return
    try:
        base = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise _unwritable(option, folder, error.errno or 0) from error
    if not base.is_dir():
        raise _unwritable(option, folder, errno.ENOTDIR)
    if base != folder and not os.access(base, os.W_OK | os.X_OK):
        raise _unwritable(option, folder, errno.EACCES)


def _unwritable(option: str, folder: Path, number: int) -> UsageFault:
    msg = f"{option}: the folder {folder} takes no files ({os.strerror(number)})."
    return UsageFault(msg, code=LocalCode.OUTPUT_UNWRITABLE)


def check_file(path: Path) -> None:
    """See that a file can be read, without opening it: it may be a pipe.

    Raises:
        UsageFault: When it cannot.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise unreadable(path, error.errno or 0) from error
    if stat.S_ISDIR(mode):
        raise unreadable(path, errno.EISDIR)
    if not os.access(path, os.R_OK):
        raise unreadable(path, errno.EACCES)


def unreadable(path: Path, number: int, *, option: str | None = None) -> UsageFault:
    """Return what to say of a file that cannot be read.

    Args:
        path: The file.
        number: The system's ``errno``.
        option: Whose value it is.
    """
    where = f"{option}: " if option else ""
    msg = f"{where}{path} cannot be read: {os.strerror(number)}."
    return UsageFault(msg, code=LocalCode.FILE_UNREADABLE)


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
