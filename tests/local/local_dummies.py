"""Small processes that stand for servers, and questions about processes."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ergomesh.local.processes import Probe, ProcessSpec

PATIENCE_S = 10.0

_SERVER = """
import os, pathlib, signal, sys, time
folder, name, delay, stubborn = sys.argv[1:]
def note(what):
    with open(os.path.join(folder, "events"), "a") as file:
        file.write(f"{name} {what}\\n")
def stop(*_):
    if stubborn != "stubborn":
        note("stops")
        sys.exit(0)
signal.signal(signal.SIGTERM, stop)
time.sleep(float(delay))
note("ready")
while True:
    time.sleep(0.02)
"""


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return a command that runs some code in a bare Python."""
    return (sys.executable, "-I", "-S", "-c", code, *arguments)


def server(
    name: str, folder: Path, *, delay_s: float = 0.0, stubborn: bool = False
) -> ProcessSpec:
    """Return a process that notes its readiness and its end in ``folder/events``."""
    kind = "stubborn" if stubborn else "polite"
    return ProcessSpec(
        name=name,
        command=python(_SERVER, str(folder), name, str(delay_s), kind),
        grace_s=0.3 if stubborn else 5.0,
    )


def events(folder: Path) -> list[str]:
    """Return what the servers have noted."""
    path = folder / "events"
    return path.read_text().splitlines() if path.exists() else []


def ready_probe(folder: Path, name: str) -> Probe:
    """Return a probe of a server."""

    async def probe() -> str | None:
        return None if f"{name} ready" in events(folder) else "it has not said so"

    return probe


def lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def all_dead(pids: list[int]) -> bool:
    """Whether none of some processes runs, now or within a short patience."""
    return eventually(lambda: not any(map(lives, pids)))


def eventually(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
