"""A stage that two events start: one consumer, one worker, on either broker."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from ergomesh.contract.events import (
    ErgonomicsRequested,
    Fitted,
    JobAccepted,
    MeshCompleted,
    subject_of,
)
from ergomesh.contract.job import JobSettings, JobState, JobStatus, StageName
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus, ConsumerSpec
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryStore
from ergomesh.runtime.work import Outcome, Work
from ergomesh.runtime.worker import Worker
from runtime.harness import (
    LONG_S,
    TENANT,
    eventually,
    finished,
    has_ended,
    options,
    status,
)

REF = ObjectRef(key="art/x", sha256="0" * 64, size=3, media_type="text/csv")
BOTH = (MeshCompleted, ErgonomicsRequested)


@dataclass
class TwoEventStage:
    """A stage that finishes whatever it is given."""

    name: StageName = StageName.ERGONOMICS
    event: tuple[type[Fitted], ...] = BOTH
    got: list[type[Fitted]] = field(default_factory=list)

    async def handle(self, event: Fitted, work: Work) -> Outcome:
        """Remember the kind of event, and finish."""
        del work
        self.got.append(type(event))
        return finished(event)


async def publish(bus: Bus, kind: type[Fitted], job: str) -> None:
    """Record a job, and publish an event of it."""
    jobs = Jobs(bus, now_rfc3339)
    await jobs.create(
        JobStatus(
            tenant=TENANT,
            job=job,
            state=JobState.RUNNING,
            source_name="clip.mp4",
            settings=JobSettings(),
            created_at=now_rfc3339(),
        )
    )
    refs = ("source", "clip", "landmarks", "people", "motion", "scene", "report")
    every = dict.fromkeys(refs, REF)
    await jobs.publish(kind(tenant=TENANT, job=job, settings=JobSettings(), **every))


async def test_either_event_starts_the_stage(bus: Bus) -> None:
    """Both events are handled by one worker, each once, and each job ends."""
    stage, stop = TwoEventStage(), asyncio.Event()
    for number, kind in enumerate(BOTH):
        await publish(bus, kind, f"job-{number}")
    await Jobs(bus, now_rfc3339).publish(
        JobAccepted(
            tenant=TENANT, job="job-9", source_key="src/x", settings=JobSettings()
        )
    )
    worker = Worker(
        stage,
        bus=bus,
        store=MemoryStore(),
        jobs=Jobs(bus, now_rfc3339),
        options=options(),
    )
    running = asyncio.create_task(worker.run(stop))
    for number in range(len(BOTH)):
        await eventually(partial(has_ended, bus, f"job-{number}"))
    stop.set()
    await running
    assert sorted(stage.got, key=BOTH.index) == list(BOTH)
    for number in range(len(BOTH)):
        assert (await status(bus, f"job-{number}")).state is JobState.COMPLETED


async def test_a_consumer_of_one_event_learns_the_second(bus: Bus) -> None:
    """A service that is updated joins its old consumer with one more filter."""
    mesh, requested = (subject_of(kind) for kind in BOTH)
    old = await bus.subscribe(ConsumerSpec("ergonomics", mesh, LONG_S, -1))
    await old.close()
    new = await bus.subscribe(
        ConsumerSpec("ergonomics", mesh, LONG_S, -1, also=(requested,))
    )
    await publish(bus, ErgonomicsRequested, "job-1")
    delivery = await new.fetch(LONG_S)
    assert delivery is not None
    assert delivery.subject == requested.replace("*.*", f"{TENANT}.job-1")
    await delivery.ack()
    await new.close()
