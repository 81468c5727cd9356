"""The version of a service's code, as it goes into the keys of its results."""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

CONTRACT: Final = "ergomesh.contract"


@cache
def code_version(package: str) -> str:
    """Return a digest of a package's own sources and of the contract's.

    Two processes with the same sources make the same keys; any change of code
    makes new ones, so a result can never come from other code than it says.

    Args:
        package: Import name, such as ``ergomesh.pose``.
    """
    sha = hashlib.sha256()
    for name in (CONTRACT, package):
        _update(sha, files(name), name)
    return sha.hexdigest()[:16]


def _update(sha: "hashlib._Hash", folder: Traversable, path: str) -> None:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir() and entry.name != "__pycache__":
            _update(sha, entry, f"{path}/{entry.name}")
        elif entry.is_file() and entry.name.endswith((".py", ".json", ".toml")):
            sha.update(f"{path}/{entry.name}\0".encode())
            sha.update(entry.read_bytes())
