"""Who works on a message, how often, and how many at once."""

import asyncio
import time
from functools import partial

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import JobAccepted, JobCompleted, JobFailed
from ergomesh.contract.job import JobState
from ergomesh.runtime.bus import Bus, ConsumerSpec
from ergomesh.runtime.errors import Transient
from ergomesh.runtime.work import Outcome, Work
from runtime.harness import (
    ACCEPTED,
    LONG_S,
    SHORT_S,
    Broker,
    Calls,
    accept,
    ends,
    eventually,
    finished,
    has_ended,
    status,
    stored,
    working,
)
from runtime.watched import WatchedBus

CONSUMER = "ergonomics"


async def test_long_work_is_not_given_to_another_worker(broker: Broker) -> None:
    """Blocking work of three ack waits is done once, though a second worker is idle."""
    here, there = await broker.connect(), await broker.connect()
    wait_s = 1.5 * SHORT_S
    calls = Calls()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        calls.calls.append(event.job)
        await work.in_thread(time.sleep, 3 * wait_s)
        return finished(event)

    await accept(here)
    async with (
        working(script, here, ack_wait_s=wait_s),
        working(script, there, ack_wait_s=wait_s),
    ):
        await eventually(lambda: has_ended(here))
    assert calls.calls == ["job-1"]


async def test_the_heartbeat_ends_with_the_work(bus: Bus) -> None:
    """After a message is settled nobody reports progress on it."""
    watched = WatchedBus(bus)
    await accept(bus)
    async with working(Calls(seconds=SHORT_S), watched, ack_wait_s=SHORT_S):
        await eventually(lambda: watched.verbs("ack"))
        beats = len(watched.verbs("beat"))
        await asyncio.sleep(SHORT_S)
    assert beats >= 1
    assert len(watched.verbs("beat")) == beats


async def test_a_crashed_workers_message_goes_to_another(broker: Broker) -> None:
    """What a worker held when it died another one does after the ack wait."""
    here, there = await broker.connect(), await broker.connect()
    await accept(here)
    dead = await here.subscribe(ConsumerSpec(CONSUMER, ACCEPTED, SHORT_S, -1))
    assert await dead.fetch(LONG_S) is not None
    began_s = time.monotonic()
    calls = Calls()
    async with working(calls, there, ack_wait_s=SHORT_S):
        await eventually(lambda: has_ended(there))
    assert calls.times_s[0] - began_s > 0.8 * SHORT_S
    assert (await status(there)).state is JobState.COMPLETED


async def test_a_message_that_kills_its_workers_ends_as_failed(broker: Broker) -> None:
    """When every allowed delivery ended in silence, the job fails, unworked."""
    here, there = await broker.connect(), await broker.connect()
    await accept(here)
    dead = await here.subscribe(ConsumerSpec(CONSUMER, ACCEPTED, 0.1, -1))
    for _ in range(2):
        assert await dead.fetch(LONG_S) is not None
    await dead.close()
    calls = Calls()
    async with working(calls, there, ack_wait_s=0.1, max_deliver=2):
        await eventually(lambda: has_ended(there))
    assert calls.calls == []
    (end,) = await ends(there)
    assert isinstance(end, JobFailed)
    assert end.failure.code is FailureCode.INTERNAL


async def test_repeated_work_publishes_once(bus: Bus) -> None:
    """Work that is done again because its ack was lost leaves no second event."""
    watched = WatchedBus(bus)
    away = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
    watched.fail("ack", "job.accepted", away)
    calls = Calls(ends=False)
    await accept(bus)
    async with working(calls, watched, ack_wait_s=SHORT_S):
        await eventually(lambda: watched.verbs("ack"))
    assert calls.calls == ["job-1", "job-1"]
    subjects = [e.subject() for e in await stored(bus)]
    assert len(subjects) == len(set(subjects)) == 3


async def test_two_workers_on_one_message_publish_once(broker: Broker) -> None:
    """A worker whose heartbeats are lost and its successor leave one set of events."""
    here, there = await broker.connect(), await broker.connect()
    silent = WatchedBus(here)
    away = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
    silent.fail("beat", "job.accepted", away, times=99)
    first, second = Calls(seconds=3 * SHORT_S), Calls(seconds=2 * SHORT_S)
    await accept(here)
    async with working(first, silent, ack_wait_s=SHORT_S):
        await eventually(lambda: first.calls)
        async with working(second, there, ack_wait_s=SHORT_S):
            await eventually(lambda: second.calls)
            await eventually(lambda: silent.verbs("ack"))
    assert (first.calls, second.calls) == (["job-1"], ["job-1"])
    subjects = [e.subject() for e in await stored(there)]
    assert len(subjects) == len(set(subjects)) == 4
    assert len(await ends(there)) == 1


async def test_two_workers_share_the_messages(broker: Broker) -> None:
    """Each message is worked once, and both workers work."""
    here, there = await broker.connect(), await broker.connect()
    names = [f"job-{k}" for k in range(6)]
    for name in names:
        await accept(here, name)
    ours, theirs = Calls(seconds=0.05), Calls(seconds=0.05)
    async with working(ours, here), working(theirs, there):
        for name in names:
            await eventually(partial(has_ended, here, name))
    assert sorted(ours.calls + theirs.calls) == names
    assert ours.calls
    assert theirs.calls


async def test_slots_work_side_by_side(bus: Bus) -> None:
    """With two slots two messages are in work at once, a third one waits."""
    open_jobs: set[str] = set()
    most: list[int] = []
    meet = asyncio.Event()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        open_jobs.add(event.job)
        most.append(len(open_jobs))
        if len(open_jobs) == 2:
            meet.set()
        try:
            await asyncio.wait_for(meet.wait(), LONG_S)
            await asyncio.sleep(0.05)
        finally:
            open_jobs.discard(event.job)
        return finished(event)

    for k in range(4):
        await accept(bus, f"job-{k}")
    async with working(script, bus, slots=2):
        for k in range(4):
            await eventually(partial(has_ended, bus, f"job-{k}"))
    assert max(most) == 2


async def test_one_slot_works_one_by_one(bus: Bus) -> None:
    """With one slot no two messages overlap."""
    open_jobs: list[str] = []
    most: list[int] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        open_jobs.append(event.job)
        most.append(len(open_jobs))
        await asyncio.sleep(0.05)
        open_jobs.remove(event.job)
        return finished(event)

    for k in range(3):
        await accept(bus, f"job-{k}")
    async with working(script, bus):
        for k in range(3):
            await eventually(partial(has_ended, bus, f"job-{k}"))
    assert max(most) == 1


async def test_a_failing_message_does_not_hold_up_the_next(bus: Bus) -> None:
    """While one message waits out its back-off, others are worked."""
    done: list[str] = []

    async def script(event: JobAccepted, work: Work) -> Outcome:
        done.append(event.job)
        if event.job == "job-bad":
            msg = "again and again"
            raise RuntimeError(msg)
        return finished(event)

    await accept(bus, "job-bad")
    await accept(bus, "job-good")
    async with working(script, bus, backoff_s=LONG_S):
        await eventually(lambda: has_ended(bus, "job-good"))
    assert done == ["job-bad", "job-good"]
    assert [type(end) for end in await ends(bus)] == [JobCompleted]
