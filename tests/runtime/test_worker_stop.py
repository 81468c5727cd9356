"""How a worker stops: at once, after its work, or handing it back."""

import asyncio
import threading
import time

import pytest

from ergomesh.contract.events import JobAccepted
from ergomesh.contract.job import JobState
from ergomesh.runtime import worker
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.work import Outcome, Work
from runtime.harness import (
    LONG_S,
    PATIENCE_S,
    SHORT_S,
    Broker,
    Calls,
    accept,
    eventually,
    finished,
    has_ended,
    start,
    status,
    working,
)
from runtime.watched import WatchedBus

FETCH_S = worker.FETCH_S
"""As in production; the other tests shorten it."""


async def test_an_idle_worker_stops_quickly(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without work a stop takes no longer than one pull."""
    monkeypatch.setattr(worker, "FETCH_S", FETCH_S)
    running = start(Calls(), bus)
    await asyncio.sleep(0.1)
    assert await running.end() < FETCH_S + 0.5


async def test_running_work_is_finished_within_the_grace(bus: Bus) -> None:
    """A stop lets the present message end as if nothing had happened."""
    watched = WatchedBus(bus)
    calls = Calls(seconds=0.25)
    await accept(bus)
    running = start(calls, watched)
    await eventually(lambda: calls.calls)
    took_s = await running.end()
    assert 0.1 < took_s < LONG_S
    assert watched.verbs("ack", "nak", "term") == [("ack", "job.accepted")]
    assert (await status(bus)).state is JobState.COMPLETED


async def test_a_stopping_worker_takes_nothing_new(bus: Bus) -> None:
    """After a stop the next message is left to another worker."""
    calls = Calls(seconds=0.15)
    await accept(bus, "job-1")
    await accept(bus, "job-2")
    running = start(calls, bus)
    await eventually(lambda: calls.calls)
    await running.end()
    assert calls.calls == ["job-1"]
    later = Calls()
    async with working(later, bus):
        await eventually(lambda: has_ended(bus, "job-2"))
    assert later.calls == ["job-2"]


def polite(event: JobAccepted, work: Work, seen: list[float]) -> None:
    """Work longer than any test waits, reporting progress."""
    end_s = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < end_s:
        seen.append(time.monotonic())
        work.progress(0.5)
        time.sleep(0.01)


async def test_work_beyond_the_grace_is_handed_back_at_once(broker: Broker) -> None:
    """Another worker gets the message long before the ack wait is over."""
    here, there = await broker.connect(), await broker.connect()
    watched = WatchedBus(here)
    seen: list[float] = []

    async def endless(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(polite, event, work, seen)
        return finished(event)

    await accept(there)
    running = start(endless, watched, grace_s=0.1)
    await eventually(lambda: seen)
    took_s = await running.end()
    if here is not there:
        await here.close()  # as a process does right after its worker
    assert 0.1 <= took_s < 2.0
    assert watched.verbs("ack", "nak", "term") == [("nak", "job.accepted")]
    calls = Calls()
    began_s = time.monotonic()
    async with working(calls, there):
        await eventually(lambda: has_ended(there))
        assert calls.times_s[0] - began_s < LONG_S / 2
    assert (await status(there)).state is JobState.COMPLETED


async def test_handed_back_work_is_never_lost(broker: Broker) -> None:
    """Even at its last delivery a handed back message brings its job to an end."""
    here, there = await broker.connect(), await broker.connect()
    seen: list[float] = []

    async def endless(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(polite, event, work, seen)
        return finished(event)

    await accept(there)
    running = start(endless, here, grace_s=0.0, max_deliver=1)
    await eventually(lambda: seen)
    await running.end()
    async with working(Calls(), there, max_deliver=1):
        await eventually(lambda: has_ended(there))


async def test_work_that_never_asks_is_left_behind(broker: Broker) -> None:
    """A thread that does not look up cannot keep the process; others take over."""
    here, there = await broker.connect(), await broker.connect()
    release = threading.Event()
    begun = threading.Event()

    def deaf() -> None:
        begun.set()
        release.wait(LONG_S)

    async def script(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(deaf)
        return finished(event)

    await accept(there)
    running = start(script, here, grace_s=0.1, ack_wait_s=SHORT_S)
    await eventually(begun.is_set)
    took_s = await running.end()
    assert took_s < 0.1 + SHORT_S + 1.0
    calls = Calls()
    async with working(calls, there, ack_wait_s=SHORT_S):
        await eventually(lambda: has_ended(there))
    release.set()
    assert len(calls.calls) == 1


async def test_all_slots_stop(bus: Bus) -> None:
    """With several slots each one ends, busy or idle."""
    calls = Calls(seconds=0.2)
    await accept(bus)
    running = start(calls, bus, slots=3)
    await eventually(lambda: calls.calls)
    await running.end()
    assert running.task.done()
    assert await has_ended(bus)


async def test_a_worker_that_cannot_go_on_says_so(bus: Bus) -> None:
    """An error of the loop itself ends the worker with that error."""
    watched = WatchedBus(bus)
    watched.fail("subscribe", "job.accepted", OSError("no consumer"))
    running = start(Calls(), watched)
    with pytest.raises(OSError, match="no consumer"):
        await asyncio.wait_for(running.task, LONG_S)
