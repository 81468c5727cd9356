"""Child processes: started in order, watched, started again, stopped, never left.

Every child leads a session of its own, so a Ctrl-C in the terminal reaches only the
command, which then stops its children in order. On Linux a child dies when the
command is killed (:mod:`ergomesh.local.guard`).
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Final

from ergomesh.local import guard
from ergomesh.local.errors import StackError
from ergomesh.local.tasks import all_or_first_error

TAIL_LINES: Final = 8
TAIL_BYTES: Final = 16_384
POLL_S: Final = 0.05

Probe = Callable[[], Awaitable[str | None]]
"""None when a process is healthy, else what is still missing, in words."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """How to run one process."""

    name: str
    """Unique in the stack; also names the log file."""
    command: tuple[str, ...]
    """Absolute path of the program, then its arguments."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to this process's environment."""
    cwd: Path | None = None
    """Working folder; the logs' folder if none is given."""
    grace_s: float = 5.0
    """Time between SIGTERM and SIGKILL."""


class Child:
    """One process of the stack, in one or more lives."""

    def __init__(self, spec: ProcessSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._born_s = 0.0

    @property
    def pid(self) -> int | None:
        """Process id, or None when it does not run."""
        return None if self._process is None else self._process.pid

    @property
    def age_s(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self._born_s

    def start(self) -> None:
        """Start; the output goes to the end of the log.

        Raises:
            StackError: When the system does not start processes.
        """
        self._born_s = time.monotonic()
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603  # our own command
                    guarded(self.spec.command),
                    env={**os.environ, **self.spec.env},
                    cwd=self.spec.cwd or self.log.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            msg = f"{self.spec.name} could not be started: {error.strerror}."
            raise StackError(msg) from error

    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return None if self._process is None else self._process.poll()

    async def ended(self) -> int:
        """Wait for the end; return the exit code."""
        while (code := self.exit_code()) is None:  # noqa: ASYNC110  # a process is no Event
            await asyncio.sleep(POLL_S)
        return code

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Ask it to stop."""
        if self._process is not None:
            self._process.terminate()  # does nothing once it has ended

    def kill(self) -> None:
        """End it, and whatever it started, now."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def tail(self) -> str:
        """Return the last lines of the log."""
        return tail(self.log)


def guarded(command: Sequence[str]) -> list[str]:
    """Return a command that ends when this process does (Linux only)."""
    if sys.platform != "linux":
        return list(command)
    interpreter = [sys.executable, "-I", "-S", guard.__file__]
    return [*interpreter, str(os.getpid()), *command]


def put_aside(log: Path) -> None:
    """Keep the log of the run before as ``<name>.log.1``."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, or an empty text."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def says(child: Child, what: str) -> str:
    """Return a sentence about a process, its log, and the log's last lines."""
    last = child.tail()
    ending = f", which ends with:\n{last}" if last else ", which is empty."
    return f"{child.spec.name} {what}; see {child.log}{ending}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """When a process that ended is started again."""

    limit: int = 5
    """Ends in a row after which the stack gives up."""
    first_wait_s: float = 1.0
    """Wait before the first new start; doubles each time."""
    stable_s: float = 60.0
    """A life this long makes earlier ends forgotten."""


class Supervisor:
    """Runs the processes of a stack, tier after tier."""

    def __init__(
        self,
        logs: Path,
        *,
        tell: Tell,
        on_change: Callable[[], None] = lambda: None,
        policy: RestartPolicy | None = None,
        hurry: asyncio.Event | None = None,
    ) -> None:
        self._logs = logs
        self._tell = tell
        self._on_change = on_change
        self._policy = policy or RestartPolicy()
        self._tiers: list[list[Child]] = []
        self._hurry = hurry or asyncio.Event()

    @property
    def children(self) -> list[Child]:
        """All processes, in their order of start."""
        return [child for tier in self._tiers for child in tier]

    @property
    def pids(self) -> dict[str, int]:
        """Process name → pid."""
        return {c.spec.name: c.pid for c in self.children if c.pid is not None}

    def launch(self, specs: Sequence[ProcessSpec]) -> list[Child]:
        """Start a tier of processes at once, without waiting."""
        tier: list[Child] = []
        self._tiers.append(tier)
        for spec in specs:
            child = Child(spec, self._logs / f"{spec.name}.log")
            put_aside(child.log)
            child.start()
            tier.append(child)
        return tier

    async def healthy(self, child: Child, probe: Probe, *, timeout_s: float) -> None:
        """Wait until a process answers its probe.

        Raises:
            StackError: When it, or one of an earlier tier, ends, or time is up.
        """
        deadline = time.monotonic() + timeout_s
        while (missing := await probe()) is not None:
            self._none_ended([*self._before(child), child])
            if time.monotonic() > deadline:
                what = f"is not ready after {timeout_s:.0f} s ({missing})"
                raise StackError(says(child, what))
            await asyncio.sleep(POLL_S)

    def _before(self, child: Child) -> list[Child]:
        """Return what a process relies on: all earlier tiers."""
        tiers = takewhile(lambda tier: child not in tier, self._tiers)
        return [each for tier in tiers for each in tier]

    @staticmethod
    def _none_ended(children: Sequence[Child]) -> None:
        for child in children:
            code = child.exit_code()
            if code is not None:
                what = f"{ending(code)} while the stack was starting"
                raise StackError(says(child, what))

    async def watch(self) -> None:
        """Start processes again that end, until cancelled.

        Raises:
            StackError: When one ends too often.
        """
        await all_or_first_error(self._keep(child) for child in self.children)

    async def _keep(self, child: Child) -> None:
        ends = 0
        while True:
            code = await child.ended()
            ends = 1 if child.age_s > self._policy.stable_s else ends + 1
            if ends > self._policy.limit:
                what = f"{ending(code)}, for the {ends}th time in a row"
                raise StackError(says(child, what))
            await self._again(child, code, ends)

    async def _again(self, child: Child, code: int, ends: int) -> None:
        wait_s = self._policy.first_wait_s * 2 ** (ends - 1)
        self._tell(
            f"{child.spec.name} {ending(code)}; it starts again in {wait_s:.0f} s "
            f"({ends} of {self._policy.limit}); see {child.log}"
        )
        await asyncio.sleep(wait_s)
        child.kill()  # what it may have left behind
        child.start()
        self._on_change()

    async def stop(self) -> None:
        """End every process, the last tier first; SIGTERM, grace, SIGKILL."""
        for tier in reversed(self._tiers):
            await asyncio.gather(*(self._end(child) for child in tier))
        self._tiers.clear()

    async def _end(self, child: Child) -> None:
        child.terminate()
        deadline = time.monotonic() + child.spec.grace_s
        while child.running and time.monotonic() < deadline:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), POLL_S)
                break
        child.kill()


def ending(code: int) -> str:
    """Return an exit code in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
