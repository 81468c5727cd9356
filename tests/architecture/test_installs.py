"""Each distribution installs alone in an empty environment, and imports.

Slow, and needs a package index: it installs the real requirements of every service
from the index that pip is set up with, one fresh environment after the other.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import importlib, json, pkgutil, sys
from importlib.metadata import distributions
package = importlib.import_module("ergomesh." + sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(package.__name__ + "." + name)
print(json.dumps({
    "installed": sorted(d.metadata["Name"].lower() for d in distributions()),
    "imported": sorted({name.split(".")[0] for name in sys.modules}),
    "portions": sorted(m.name for m in pkgutil.iter_modules(
        importlib.import_module("ergomesh").__path__)),
}))
"""


@dataclass(frozen=True)
class Case:
    """A service, its entry modules, and the heavy libraries that are its own."""

    service: str
    modules: tuple[str, ...]
    own: frozenset[str] = frozenset()


HEAVY = frozenset({"torch", "mediapipe", "ai-edge-litert", "av", "litestar"})
"""Distributions that only some services may bring."""
CASES = [
    Case("ingest", ("settings", "stage"), frozenset({"av"})),
    Case("ergonomics", ("settings", "stage"), frozenset({"av"})),
    Case("gateway", ("settings", "app"), frozenset({"litestar"})),
    Case("pose", ("settings", "stage"), frozenset({"av", "ai-edge-litert"})),
    Case("mesh", ("settings", "stage"), frozenset({"torch"})),
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone after the test: pytest would keep gigabytes."""
    yield tmp_path / "environment"
    shutil.rmtree(tmp_path / "environment", ignore_errors=True)


def _run(*command: str | Path) -> str:
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def _install(folder: Path, *what: str) -> Path:
    """Make an empty environment and install into it; return its Python."""
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    options = ("--quiet", "--no-compile", "--constraint", "constraints.txt")
    _pip(python, "install", *options, *what)
    return python


def _pip(python: Path, *arguments: str) -> None:
    """Let our own pip work on another environment: making one with pip takes long."""
    _run(sys.executable, "-m", "pip", "--python", python, *arguments)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES, ids=[case.service for case in CASES])
def test_a_service_installs_alone(
    case: Case, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """``pip install ./proto ./services/x`` is enough and brings no foreign engine."""
    began_s = time.monotonic()
    python = _install(folder, "./proto", f"./services/{case.service}")
    record_property("install_s", round(time.monotonic() - began_s, 1))
    found = json.loads(_run(python, "-I", "-c", CHECK, case.service, *case.modules))
    assert HEAVY & set(found["installed"]) == case.own
    assert not (HEAVY - case.own) & set(found["imported"])
    assert found["portions"] == sorted(["contract", "runtime", case.service])
    _pip(python, "check")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_contract_alone_is_light(folder: Path) -> None:
    """``pip install ./proto`` imports the contract without broker or store."""
    python = _install(folder, "./proto")
    found = json.loads(
        _run(python, "-I", "-c", CHECK, "contract", "events", "envelope", "arrays")
    )
    assert not HEAVY & set(found["installed"])
    assert not {"nats", "boto3", "pydantic", "structlog"} & set(found["imported"])
