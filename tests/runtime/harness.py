"""What the runtime suites share: a watched bus, a scripted stage, workers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
from ergomesh.runtime.bus import Bus, ConsumerSpec, Delivery, Entry, Message
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.store import ObjectStore
from ergomesh.runtime.testing import MemoryStore
from ergomesh.runtime.work import Outcome, Work
from ergomesh.runtime.worker import Worker, WorkerOptions

T = TypeVar("T")
Script = Callable[[JobAccepted, Work], Awaitable[Outcome]]

TENANT = "acme"
EVERYTHING = f"{VERSION}.evt.>"
ACCEPTED = f"{VERSION}.evt.*.*.job.accepted"
PATIENCE_S = 8.0
"""After this a test says that something never happened."""
LONG_S = 5.0
"""An ack wait that no test reaches."""
SHORT_S = 0.3
"""An ack wait that a test sits out."""

_readers = count()


@dataclass
class Broker:
    """A broker in memory or a real one, and connections to it."""

    connect: Callable[[], Awaitable[Bus]]
    """Make one more connection; the fixture closes it."""


class WatchedBus:
    """A bus that writes down what was done with it, and fails when told to."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.diary: list[tuple[str, str]] = []
        """What succeeded: verb and last part of the subject or key."""
        self._faults: list[tuple[str, str, Exception]] = []

    def fail_once(self, verb: str, on: str, error: Exception) -> None:
        """Make the next such call fail before it reaches the broker."""
        self._faults.append((verb, on, error))

    def verbs(self, *wanted: str) -> list[tuple[str, str]]:
        """Return the diary's entries of some verbs."""
        return [entry for entry in self.diary if entry[0] in wanted]

    async def do(self, verb: str, on: str, call: Awaitable[T]) -> T:
        """Do a call, or fail in its place, and write it down."""
        on = ".".join(on.split(".")[-2:])
        for fault in self._faults:
            if fault[:2] == (verb, on):
                self._faults.remove(fault)
                asyncio.ensure_future(call).cancel()
                raise fault[2]
        result = await call
        self.diary.append((verb, on))
        return result

    async def publish(self, subject: str, body: bytes, *, dedup_id: str) -> bool:
        call = self._bus.publish(subject, body, dedup_id=dedup_id)
        return await self.do("publish", subject, call)

    async def last(self, subject: str) -> bytes | None:
        return await self._bus.last(subject)

    async def tick(self, subject: str, body: bytes) -> None:
        await self.do("tick", subject, self._bus.tick(subject, body))

    async def subscribe(self, spec: ConsumerSpec) -> "WatchedSubscription":
        return WatchedSubscription(self, await self._bus.subscribe(spec))

    def listen(
        self, subject: str
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        return self._bus.listen(subject)

    async def answer(self, subject: str, reply: Callable[[], bytes]) -> None:
        await self._bus.answer(subject, reply)

    async def ask(self, subject: str, body: bytes, *, timeout_s: float) -> bytes | None:
        return await self._bus.ask(subject, body, timeout_s=timeout_s)

    async def bucket(self, name: str) -> "WatchedBucket":
        return WatchedBucket(self, await self._bus.bucket(name))

    async def close(self) -> None:
        await self._bus.close()


class WatchedSubscription:
    """A subscription whose deliveries are watched."""

    def __init__(self, bus: WatchedBus, subscription: Any) -> None:
        self._bus = bus
        self._subscription = subscription

    async def fetch(self, timeout_s: float) -> Delivery | None:
        delivery = await self._subscription.fetch(timeout_s)
        return None if delivery is None else WatchedDelivery(self._bus, delivery)

    async def close(self) -> None:
        await self._subscription.close()


class WatchedDelivery:
    """A delivery whose verdict is watched."""

    def __init__(self, bus: WatchedBus, delivery: Delivery) -> None:
        self._bus = bus
        self._delivery = delivery

    @property
    def subject(self) -> str:
        return self._delivery.subject

    @property
    def body(self) -> bytes:
        return self._delivery.body

    @property
    def attempt(self) -> int:
        return self._delivery.attempt

    async def ack(self) -> None:
        await self._bus.do("ack", self.subject, self._delivery.ack())

    async def nak(self, delay_s: float) -> None:
        await self._bus.do("nak", self.subject, self._delivery.nak(delay_s))

    async def in_progress(self) -> None:
        await self._bus.do("beat", self.subject, self._delivery.in_progress())

    async def term(self, reason: str) -> None:
        await self._bus.do("term", self.subject, self._delivery.term(reason))


class WatchedBucket:
    """A bucket whose writes are watched."""

    def __init__(self, bus: WatchedBus, bucket: Any) -> None:
        self._bus = bus
        self._bucket = bucket

    async def get(self, key: str) -> Entry | None:
        found: Entry | None = await self._bucket.get(key)
        return found

    async def create(self, key: str, value: bytes) -> int:
        return await self._bus.do("create", key, self._bucket.create(key, value))

    async def update(self, key: str, value: bytes, revision: int) -> int:
        call = self._bucket.update(key, value, revision)
        return await self._bus.do("update", key, call)

    async def keys(self) -> list[str]:
        found: list[str] = await self._bucket.keys()
        return found

    def watch(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        watching: AbstractAsyncContextManager[AsyncIterator[Entry]]
        watching = self._bucket.watch(key)
        return watching


@dataclass(frozen=True)
class ScriptedStage:
    """A stage that does what the test says."""

    script: Script
    name: StageName = StageName.ERGONOMICS
    event: type[JobAccepted] = JobAccepted

    async def handle(self, event: JobAccepted, work: Work) -> Outcome:
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
    calls: list[str] = field(default_factory=list)
    """The jobs of the calls."""
    times_s: list[float] = field(default_factory=list)
    """When the calls began."""

    async def __call__(self, event: JobAccepted, work: Work) -> Outcome:
        self.calls.append(event.job)
        self.times_s.append(time.monotonic())
        if len(self.calls) <= len(self.raises):
            raise self.raises[len(self.calls) - 1]
        await asyncio.sleep(self.seconds)
        return finished(event)


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


async def stored_bodies(bus: Bus, subject: str = EVERYTHING) -> list[bytes]:
    """Return the bytes of every stored event, by a consumer of its own."""
    reader = ConsumerSpec(f"reader-{next(_readers)}", subject, LONG_S, 1, 1000)
    subscription = await bus.subscribe(reader)
    bodies = []
    while (delivery := await subscription.fetch(0.1)) is not None:
        bodies.append(delivery.body)
    await subscription.close()
    return bodies


async def stored(bus: Bus, subject: str = EVERYTHING) -> list[Event]:
    """Return every stored event."""
    return [decode_event(body) for body in await stored_bodies(bus, subject)]


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
