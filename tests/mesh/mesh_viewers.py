"""The programs that scene.glb is shown to: Khronos' validator, three.js in Chromium.

They come from npm, at the versions and checksums of ``tests/mesh_scene/``, and from
the system (``make setup``). What is missing fails a test with what to do.
"""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[1] / "mesh_scene"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INSTALL_S = 120
RUN_S = 90


def validator_report(path: Path) -> dict[str, Any]:
    """Return what the Khronos validator says of a file."""
    return _run([_found("node"), "validate.mjs", str(path)])


def seen_in_three(
    path: Path,
    *,
    times_s: list[float],
    vertices: list[int],
    pictures: bool = False,
) -> dict[str, Any]:
    """Return what three.js makes of a scene at some times, through its own camera."""
    questions = {
        "times_s": times_s,
        "vertex_numbers": vertices,
        "from": None,
        "ground": False,
        "pictures": pictures,
    }
    command = [_found("node"), "view.mjs", _found(*BROWSERS), str(path)]
    return _run(command, json.dumps(questions))


def _found(*names: str) -> str:
    """Return the first program that is installed."""
    for name in names:
        if path := shutil.which(name):
            return path
    return pytest.fail(
        f"{names[0]} is not installed: run `make setup`, or install Debian's package "
        f"{names[0]}."
    )


def _run(command: list[str], text: str = "") -> dict[str, Any]:
    _install()
    run = subprocess.run(
        command,
        cwd=TOOLS,
        input=text,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


@cache
def _install() -> None:
    """Bring the packages of the lock file, unless they are there."""
    lock, done = TOOLS / "package-lock.json", TOOLS / "node_modules/.package-lock.json"
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [_found("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(
        command,
        cwd=TOOLS,
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    if run.returncode:
        pytest.fail(f"npm could not install {lock}: {run.stderr}")
