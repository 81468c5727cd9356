"""A user withdraws a job, or it ends in another way, while somebody works on it."""

import asyncio
import time

from ergomesh.contract.events import (
    JobAccepted,
    JobCancelled,
    JobCompleted,
    StageStarted,
)
from ergomesh.contract.job import JobState
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.work import Outcome, Work
from runtime.harness import (
    TENANT,
    Broker,
    Calls,
    accept,
    eventually,
    finished,
    has_ended,
    status,
    stored,
    working,
)
from runtime.watched import WatchedBus


async def cancel(bus: Bus, job: str = "job-1", tenant: str = TENANT) -> None:
    """Withdraw a job as the gateway does."""
    await Jobs(bus, now_rfc3339).conclude(JobCancelled(tenant=tenant, job=job))


def step(work: Work, seen: list[str], job: str) -> None:
    """Work in small steps until the work is stopped or three seconds are over."""
    end_s = time.monotonic() + 3.0
    while time.monotonic() < end_s:
        seen.append(job)
        work.progress(0.5)
        time.sleep(0.01)


async def test_a_cancelled_job_stops_its_work(broker: Broker) -> None:
    """The work ends at its next progress call; it is acked, and nothing follows."""
    here, there = await broker.connect(), await broker.connect()
    watched = WatchedBus(here)
    seen: list[str] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(step, work, seen, event.job)
        return finished(event)

    await accept(there)
    async with working(script, watched):
        await eventually(lambda: seen)
        began_s = time.monotonic()
        await cancel(there)
        await eventually(lambda: watched.verbs("ack"))
        assert time.monotonic() - began_s < 1.5
    assert watched.verbs("ack", "nak", "term") == [("ack", "job.accepted")]
    assert [type(e) for e in await stored(there)] == [
        JobAccepted,
        StageStarted,
        JobCancelled,
    ]
    assert (await status(there)).state is JobState.CANCELLED


async def test_cancelling_one_job_leaves_the_others(bus: Bus) -> None:
    """A cancellation stops the job it names, not its neighbour in another slot."""
    seen: list[str] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        if event.job == "job-1":
            await work.in_thread(step, work, seen, event.job)
        await eventually(lambda: has_ended(bus, "job-1"))
        work.progress(0.9)
        seen.append(event.job)
        return finished(event)

    await accept(bus, "job-1")
    await accept(bus, "job-2")
    async with working(script, bus, slots=2):
        await eventually(lambda: "job-1" in seen)
        await cancel(bus, "job-2", tenant="somebody-else")
        await cancel(bus, "job-1")
        await eventually(lambda: has_ended(bus, "job-2"))
    assert (await status(bus, "job-1")).state is JobState.CANCELLED
    assert (await status(bus, "job-2")).state is JobState.COMPLETED


async def test_garbage_does_not_deafen_the_worker(bus: Bus) -> None:
    """After a cancellation that cannot be read the next one still works."""
    seen: list[str] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(step, work, seen, event.job)
        return finished(event)

    await accept(bus)
    async with working(script, bus):
        await eventually(lambda: seen)
        at = JobCancelled(tenant=TENANT, job="job-1").subject()
        await bus.publish(at, b'{"x":' * 10_000, dedup_id="garbage")
        await bus.tick(at, b"garbage")
        await Jobs(bus, now_rfc3339).publish(JobCancelled(tenant=TENANT, job="job-1"))
        count = len(seen)
        await asyncio.sleep(0.2)
        assert len(seen) < count + 10


async def test_a_job_that_has_ended_is_not_worked(bus: Bus) -> None:
    """The message of a cancelled job is acknowledged, and nothing else happens."""
    watched = WatchedBus(bus)
    calls = Calls()
    await accept(bus)
    await cancel(bus)
    async with working(calls, watched):
        await eventually(lambda: watched.verbs("ack"))
    assert calls.calls == []
    assert watched.verbs("ack", "nak", "term", "publish", "update") == [
        ("ack", "job.accepted")
    ]


async def test_an_end_that_came_first_stands(bus: Bus) -> None:
    """Work that ends after its job was cancelled does not complete it."""
    go = asyncio.Event()
    calls = Calls()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        calls.calls.append(event.job)
        await go.wait()
        return finished(event)

    watched = WatchedBus(bus)
    await accept(bus)
    async with working(script, watched):
        await eventually(lambda: calls.calls)
        await cancel(bus)
        go.set()
        await eventually(lambda: watched.verbs("ack"))
    ends = [e for e in await stored(bus) if isinstance(e, JobCancelled | JobCompleted)]
    assert [type(end) for end in ends] == [JobCancelled]
    assert (await status(bus)).state is JobState.CANCELLED


async def test_an_unknown_job_is_worked_all_the_same(bus: Bus) -> None:
    """A message whose status was lost is worked: the stream can be replayed."""
    calls = Calls()
    watched = WatchedBus(bus)
    event = await accept(bus, "job-known")
    del event
    lost = JobAccepted(
        tenant=TENANT,
        job="job-lost",
        source_key="src/x",
        settings=(await status(bus, "job-known")).settings,
    )
    await Jobs(bus, now_rfc3339).publish(lost)
    async with working(calls, watched):
        await eventually(lambda: len(watched.verbs("ack")) == 2)
    assert calls.calls == ["job-known", "job-lost"]
    assert await Jobs(bus, now_rfc3339).get(TENANT, "job-lost") is None


async def test_a_cancel_whose_status_was_lost_is_recorded(broker: Broker) -> None:
    """If who cancelled dies before writing the status, the worker writes it."""
    here, there = await broker.connect(), await broker.connect()
    seen: list[str] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(step, work, seen, event.job)
        return finished(event)

    await accept(there)
    async with working(script, here):
        await eventually(lambda: seen)
        await Jobs(there, now_rfc3339).publish(JobCancelled(tenant=TENANT, job="job-1"))
        deadline_s = time.monotonic() + 5.0
        while time.monotonic() < deadline_s:
            found = await Jobs(there, now_rfc3339).get(TENANT, "job-1")
            if found is not None and found.state is JobState.CANCELLED:
                return
            await asyncio.sleep(0.02)
    raise AssertionError(found)
