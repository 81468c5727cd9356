"""What can go wrong on one machine; each kind has its exit code.

::

    LocalError
    ├── UsageFault       2   an option or a folder cannot be used
    ├── StackError       3   the stack did not start, or broke down
    │   ├── HeldError            somebody else holds a lock (lock.py)
    │   └── StackBusyError       another stack runs on the folder (stack.py)
    ├── GatewayError     3   the gateway cannot be reached, or talks nonsense
    ├── ClipFailed       1   one clip ended without a result
    └── Interrupted    128+n a signal ended the command
"""

import signal
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from ergomesh.contract.errors import FailureCode

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_STACK: Final = 3
EXIT_BUG: Final = 70
"""A fault of ours (``EX_SOFTWARE`` of sysexits.h)."""
_SIGNAL_BASE: Final = 128
"""Shells report a death by signal n as 128 + n."""


class LocalCode(StrEnum):
    """What went wrong on this side of the gateway; stable, as ``FailureCode`` is."""

    FILE_UNREADABLE = "file_unreadable"
    """A clip, a result or a task file cannot be read, or changed during the upload."""
    OUTPUT_UNWRITABLE = "output_unwritable"
    """A folder takes no files."""
    DOWNLOAD_DAMAGED = "download_damaged"
    """An artifact arrived with another digest."""
    CANCELLED = "cancelled"
    """Somebody withdrew the job."""


class LocalError(Exception):
    """Base of everything that this package may raise."""

    exit_code: int = EXIT_FAILED


class UsageFault(LocalError):
    """What was asked for cannot be done as it stands.

    Args:
        sentences: One for each mistake.
        code: What kind of mistake they are.
        of: Faults whose mistakes are told along, each once.

    Attributes:
        lines: A plain sentence for each mistake, each with its stable code.
    """

    exit_code = EXIT_USAGE

    def __init__(
        self,
        *sentences: str,
        code: str = FailureCode.INVALID_SETTINGS,
        of: Iterable["UsageFault"] = (),
    ) -> None:
        own = (f"{sentence} [{code}]" for sentence in sentences)
        others = (line for fault in of for line in fault.lines)
        self.lines: tuple[str, ...] = tuple(dict.fromkeys((*own, *others)))
        super().__init__("\n".join(self.lines))


class StackError(LocalError):
    """The servers and services on this machine do not run."""

    exit_code = EXIT_STACK


class GatewayError(LocalError):
    """The gateway does not answer, or not as it should."""

    exit_code = EXIT_STACK


class ClipFailed(LocalError):
    """One clip ended without a result.

    Attributes:
        code: Stable code (``FailureCode`` or a problem code of the gateway).
        message: One plain sentence.
    """

    exit_code = EXIT_FAILED

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message


class Interrupted(LocalError):
    """The user, or the system, asked the command to stop."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}")
        self.number = number
        self.exit_code = _SIGNAL_BASE + number
