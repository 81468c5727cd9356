"""The one folder that holds a stack's state, and its secrets."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ergomesh.local.errors import LocalCode, UsageFault
from ergomesh.local.files import PRIVATE, write_atomically
from ergomesh.local.ports import StackPorts

VARIABLE: Final = "ERGOMESH_DATA_DIR"
DEFAULT: Final = Path("~/.local/share/ergomesh")

T = TypeVar("T")


class StoreKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials of this stack's object store."""

    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class DataDir:
    """Where everything lies."""

    root: Path

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.root / "logs"

    @property
    def nats(self) -> Path:
        """The broker's stream, and its configuration."""
        return self.root / "nats"

    @property
    def store(self) -> Path:
        """Objects."""
        return self.root / "store"

    @property
    def lock(self) -> Path:
        """Held by the one process that runs the stack."""
        return self.root / "lock"

    @property
    def users(self) -> Path:
        """Held, shared, by every command that uses the stack."""
        return self.root / "users.lock"

    @property
    def record(self) -> Path:
        """``stack.json``: URL, ports and pids of the running stack."""
        return self.root / "stack.json"

    @property
    def keys(self) -> Path:
        """Credentials, readable by the owner alone."""
        return self.root / "keys.json"

    @property
    def ports(self) -> Path:
        """Ports of the last run."""
        return self.root / "ports.json"

    def prepare(self) -> None:
        """Make the folders, private to the owner.

        Raises:
            UsageFault: When that is not possible.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.logs, self.nats, self.store):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            msg = (
                f"The data folder {self.root} cannot be used ({error.strerror}): "
                "choose another with --data-dir."
            )
            raise UsageFault(msg, code=LocalCode.OUTPUT_UNWRITABLE) from error

    def load_keys(self) -> StoreKeys:
        """Return the store's credentials, made at first use."""
        keys = _read(self.keys, StoreKeys)
        if keys is None:
            keys = StoreKeys(
                access_key=secrets.token_hex(10), secret_key=secrets.token_hex(24)
            )
            write_atomically(self.keys, msgspec.json.encode(keys), mode=PRIVATE)
        return keys

    def last_ports(self) -> StackPorts | None:
        """Return the ports of the last run, if any are known."""
        return _read(self.ports, StackPorts)

    def keep_ports(self, ports: StackPorts) -> None:
        """Remember the ports for the next run."""
        write_atomically(self.ports, msgspec.json.encode(ports))


def default_data_dir() -> Path:
    """Return ``$ERGOMESH_DATA_DIR``, or the folder under the user's home."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else DEFAULT.expanduser()


def _read(path: Path, kind: type[T]) -> T | None:
    """Return a file's content, or None when it is missing or of another shape."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
