"""What the runtime suites share: a scripted stage, workers, and eyes on the bus."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from ergomesh.contract.envelope import decode_event
from ergomesh.contract.events import (
    VERSION,
    ErgonomicsCompleted,
    Event,
    JobAccepted,
    JobCompleted,
    TerminalEvent,
)
from ergomesh.contract.job import JobSettings, JobState, JobStatus, StageName
from ergomesh.runtime.bus import Bus, ConsumerSpec
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.store import ObjectStore
from ergomesh.runtime.testing import MemoryStore
from ergomesh.runtime.work import Outcome, Work
from ergomesh.runtime.worker import Worker, WorkerOptions

T = TypeVar("T")
Script = Callable[[JobAccepted, Work], Awaitable[Outcome]]

TENANT = "acme"
ACCEPTED = f"{VERSION}.evt.*.*.job.accepted"
PATIENCE_S = 8.0
"""After this a test says that something never happened."""
LONG_S = 5.0
"""An ack wait that no test reaches."""
SHORT_S = 0.2
"""An ack wait that a test sits out."""

_readers = count()


@dataclass
class Broker:
    """A broker in memory or a real one, and connections to it."""

    connect: Callable[[], Awaitable[Bus]]
    """Make one more connection; the fixture closes it."""


@dataclass(frozen=True)
class ScriptedStage:
    """A stage that does what the test says."""

    script: Script
    name: StageName = StageName.ERGONOMICS
    event: type[JobAccepted] = JobAccepted

    async def handle(self, event: JobAccepted, work: Work) -> Outcome:
        """Follow the script."""
        return await self.script(event, work)


def finished(event: Event, *, ends: bool = True) -> Outcome:
    """Return the outcome of a stage that is done, and the job with it."""
    to = {"tenant": event.tenant, "job": event.job}
    done: list[Event] = [ErgonomicsCompleted(artifacts={}, **to)]
    if ends:
        done.append(JobCompleted(artifacts={}, **to))
    return Outcome(events=tuple(done))


@dataclass
class Calls:
    """A script that counts its calls and then finishes or raises."""

    raises: list[Exception] = field(default_factory=list)
    """Errors of the first calls, in their order."""
    seconds: float = 0.0
    """How long a call takes."""
    ends: bool = True
    """Whether the job is done with it."""
    calls: list[str] = field(default_factory=list)
    """The jobs of the calls."""
    times_s: list[float] = field(default_factory=list)
    """When the calls began."""

    async def __call__(self, event: JobAccepted, work: Work) -> Outcome:
        """Count, and finish or raise."""
        self.calls.append(event.job)
        self.times_s.append(time.monotonic())
        if len(self.calls) <= len(self.raises):
            raise self.raises[len(self.calls) - 1]
        await asyncio.sleep(self.seconds)
        return finished(event, ends=self.ends)


def options(**changes: Any) -> WorkerOptions:
    """Return options under which nothing happens by waiting, unless changed."""
    patient = {"ack_wait_s": LONG_S, "backoff_s": 0.05, "grace_s": LONG_S}
    return WorkerOptions(**{**patient, **changes})


@dataclass
class Running:
    """A worker at work."""

    task: "asyncio.Task[None]"
    stop: asyncio.Event

    async def end(self) -> float:
        """Stop it; return how long that took, seconds."""
        began_s = time.monotonic()
        self.stop.set()
        await asyncio.wait_for(asyncio.shield(self.task), PATIENCE_S)
        return time.monotonic() - began_s


def start(
    script: Script, bus: Bus, *, store: ObjectStore | None = None, **changes: Any
) -> Running:
    """Start a worker; the caller ends it."""
    stop = asyncio.Event()
    worker = Worker(
        ScriptedStage(script),
        bus=bus,
        store=store or MemoryStore(),
        jobs=Jobs(bus, now_rfc3339),
        options=options(**changes),
    )
    return Running(asyncio.create_task(worker.run(stop)), stop)


@asynccontextmanager
async def working(
    script: Script, bus: Bus, *, store: ObjectStore | None = None, **changes: Any
) -> AsyncIterator[Running]:
    """Run a worker for the length of a block."""
    running = start(script, bus, store=store, **changes)
    try:
        yield running
    finally:
        await running.end()


async def accept(bus: Bus, job: str = "job-1") -> JobAccepted:
    """Record a job and publish that it waits."""
    jobs = Jobs(bus, now_rfc3339)
    settings = JobSettings()
    await jobs.create(
        JobStatus(
            tenant=TENANT,
            job=job,
            state=JobState.ACCEPTED,
            source_name="clip.mp4",
            settings=settings,
            created_at=now_rfc3339(),
        )
    )
    event = JobAccepted(
        tenant=TENANT, job=job, source_key=f"src/{job}", settings=settings
    )
    await jobs.publish(event)
    return event


async def status(bus: Bus, job: str = "job-1") -> JobStatus:
    """Return where a job stands."""
    found = await Jobs(bus, now_rfc3339).get(TENANT, job)
    assert found is not None
    return found


async def stored_bodies(bus: Bus) -> list[bytes]:
    """Return the bytes of every stored event, by a consumer of its own.

    It reads up to a mark of its own, so it has not to wait for nothing more to come.
    """
    name = f"reader-{next(_readers)}"
    mark = f"{VERSION}.evt.{TENANT}.{name}.job.read"
    await bus.publish(mark, b"", dedup_id=name)
    reader = ConsumerSpec(name, f"{VERSION}.evt.>", LONG_S, 1, 1000)
    subscription = await bus.subscribe(reader)
    bodies = []
    while (delivery := await subscription.fetch(PATIENCE_S)) is not None:
        if delivery.subject == mark:
            break
        if not delivery.subject.endswith(".read"):
            bodies.append(delivery.body)
    await subscription.close()
    return bodies


async def stored(bus: Bus) -> list[Event]:
    """Return every stored event."""
    return [decode_event(body) for body in await stored_bodies(bus)]


async def ends(bus: Bus) -> list[TerminalEvent]:
    """Return every stored end of a job."""
    return [e for e in await stored(bus) if isinstance(e, TerminalEvent)]


async def eventually(check: Callable[[], Any], what: str = "it") -> None:
    """Wait until a check holds; it may be a coroutine function.

    Raises:
        AssertionError: When it never does.
    """
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        found = check()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await asyncio.sleep(0.01)
    msg = f"{what} never happened"
    raise AssertionError(msg)


async def has_ended(bus: Bus, job: str = "job-1") -> bool:
    """Tell whether a job's status is a terminal one."""
    found = await status(bus, job)
    return found.state in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
