"""``stack.json``: what runs on a data folder, for other commands to find.

The file says what was started; only the lock says whether it still runs. A file
without the lock is left over from a crash, and counts for nothing.
"""

from typing import Literal

import msgspec

from ergomesh.local.datadir import DataDir
from ergomesh.local.files import write_atomically
from ergomesh.local.lock import is_held
from ergomesh.local.ports import StackPorts

Owner = Literal["up", "analyze", "doctor"]


class StackRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A running stack."""

    url: str
    """Of the gateway."""
    owner: Owner
    """Command that runs it; the stack of ``analyze`` ends with its clips."""
    pid: int
    """Of that command."""
    started_at: str
    """RFC 3339, UTC."""
    version: str
    models_dir: str
    ports: StackPorts
    processes: dict[str, int]
    """Process name → pid."""

    def pids(self, service: str) -> frozenset[int]:
        """Return the processes of a service: ``pose``, or ``pose-1``, ``pose-2``."""
        found = (
            pid
            for name, pid in self.processes.items()
            if name == service or name.startswith(f"{service}-")
        )
        return frozenset(found)


def write_record(data: DataDir, record: StackRecord) -> None:
    """Write ``stack.json`` in one step."""
    body = msgspec.json.format(msgspec.json.encode(record), indent=2)
    write_atomically(data.record, body, mode=0o600)


def remove_record(data: DataDir) -> None:
    """Remove ``stack.json``."""
    data.record.unlink(missing_ok=True)


def read_record(data: DataDir) -> StackRecord | None:
    """Return what the file says, whether or not it is still true."""
    try:
        return msgspec.json.decode(data.record.read_bytes(), type=StackRecord)
    except (OSError, msgspec.MsgspecError):
        return None


def running_stack(data: DataDir) -> StackRecord | None:
    """Return the stack that runs on a data folder, or None."""
    record = read_record(data)
    return record if record is not None and is_held(data.lock) else None
