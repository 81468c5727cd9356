"""What a stage gets in hand while it works on one message."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, ParamSpec, Protocol, TypeVar

import msgspec

from ergomesh.contract.events import Event, Progress
from ergomesh.contract.job import StageName
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.errors import Abandoned, Cancelled, RuntimeFault
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.store import ObjectStore

TICK_INTERVAL_S: Final = 0.1
"""Progress is sent at most this often."""

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stage made of a message."""

    events: tuple[Event, ...] = ()
    """Published in this order once everything is stored."""
    artifacts: dict[str, ObjectRef] = field(default_factory=dict)
    """Public file name → object, for the job's status."""
    completes: bool = True
    """Whether the stage is done (a single time range of pose is not)."""


class Work:
    """One message in work: store, progress, and a way to be stopped."""

    def __init__(
        self,
        *,
        event: Event,
        stage: StageName,
        bus: Bus,
        store: ObjectStore,
        jobs: Jobs,
    ) -> None:
        self.event = event
        self.stage = stage
        self.bus = bus
        self.store = store
        self.jobs = jobs
        self._loop = asyncio.get_running_loop()
        self._stop: RuntimeFault | None = None
        self._lock = threading.Lock()
        self._last_tick_s = float("-inf")
        self._ticks: set[asyncio.Task[None]] = set()

    def stop(self, reason: RuntimeFault) -> None:
        """Make the work end with ``reason`` at its next progress call."""
        self._stop = reason

    def cancel(self) -> None:
        """Stop because the user withdrew the job."""
        self.stop(Cancelled(self.event.job))

    def abandon(self) -> None:
        """Stop because this process shuts down."""
        self.stop(Abandoned(self.event.job))

    def check(self) -> None:
        """Raise if the work was cancelled or abandoned."""
        if self._stop is not None:
            raise self._stop

    def progress(
        self, fraction: float, message: str = "", *, part: int = 0, parts: int = 1
    ) -> None:
        """Report progress from any thread, and learn of a stop.

        Raises:
            Cancelled: When the user withdrew the job.
            Abandoned: When the process shuts down.
        """
        self.check()
        if not self._due(final=fraction >= 1.0):
            return
        tick = Progress(
            tenant=self.event.tenant,
            job=self.event.job,
            stage=self.stage,
            fraction=fraction,
            part=part,
            parts=parts,
            message=message,
        )
        self._loop.call_soon_threadsafe(self._send, tick)

    def _due(self, *, final: bool) -> bool:
        with self._lock:
            now = time.monotonic()
            if not final and now - self._last_tick_s < TICK_INTERVAL_S:
                return False
            self._last_tick_s = now
            return True

    def _send(self, tick: Progress) -> None:
        body = msgspec.json.encode(tick)
        task = self._loop.create_task(self.bus.tick(tick.subject(), body))
        self._ticks.add(task)
        task.add_done_callback(self._ticks.discard)

    async def in_thread(
        self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run blocking work off the event loop."""
        self.check()
        return await asyncio.to_thread(function, *args, **kwargs)


class Stage(Protocol, Generic[E]):
    """A service: what it listens to and what it does."""

    @property
    def name(self) -> StageName:
        """Who speaks."""

    @property
    def event(self) -> type[E] | tuple[type[E], ...]:
        """The event that starts it, or each of several that do."""

    async def handle(self, event: E, work: Work) -> Outcome:
        """Fetch, compute, store; say what to publish.

        Raises:
            Unusable: The input's fault.
            Transient: Something is out of reach.
        """
