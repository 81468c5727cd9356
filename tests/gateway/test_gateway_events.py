import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import JobCancelled, JobCompleted, Progress
from ergomesh.contract.job import StageName
from ergomesh.gateway.events_api import (
    KEEP_ALIVE,
    QUEUE_LENGTH,
    job_events,
    seen_revision,
)
from ergomesh.runtime.bus import Entry
from ergomesh.runtime.errors import Transient
from gateway.gateway_rig import Rig

PATIENCE_S = 5.0


@dataclass(frozen=True)
class Heard:
    """One server-sent event as a browser sees it."""

    event: str
    data: dict[str, Any]
    id: str


async def heard(lines: AsyncIterator[str]) -> AsyncIterator[Heard]:
    """Parse an event stream as the WHATWG standard says; comments fall away."""
    fields: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            data = json.loads(fields["data"])
            yield Heard(fields["event"], data, fields.get("id", ""))
            fields = {}


@asynccontextmanager
async def watching(
    rig: Rig, job: str, **headers: str
) -> AsyncIterator[AsyncIterator[Heard]]:
    """Open a job's event stream."""
    path = f"/v1/jobs/{job}/events"
    async with rig.http.stream("GET", path, headers=headers) as answer:
        assert "text/event-stream" in answer.headers["content-type"]
        assert answer.status_code == 200
        yield heard(answer.aiter_lines())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


def watchers(rig: Rig) -> int:
    """Return how many watches and listeners the broker holds."""
    bucket = rig.bus._buckets["jobs"]
    return len(bucket._watchers) + len(rig.bus._listeners)


async def complete(rig: Rig, job: str) -> None:
    """Let a job end well."""
    await rig.jobs.conclude(JobCompleted(tenant="local", job=job, artifacts={}))


async def test_stream_tells_every_change_and_ends(live: Rig) -> None:
    """Statuses come in the order of their revisions, the last one is the end."""
    job = await live.upload()
    async with watching(live, job) as events:
        first = await anext(events)
        await live.jobs.start_stage("local", job, StageName.INGEST)
        second = await anext(events)
        await complete(live, job)
        rest = [event async for event in events]

    told = [first, second, *rest]
    assert {"status"} == {event.event for event in told}
    assert [e.data["state"] for e in told] == ["accepted", "running", "completed"]
    assert [e.id for e in told] == sorted((e.id for e in told), key=int)
    view = (await live.http.get(f"/v1/jobs/{job}")).json()
    assert view == rest[-1].data


async def test_stream_of_an_ended_job_is_its_end(live: Rig) -> None:
    """Who comes late hears the end at once, even if it knows the revision."""
    job = await live.upload()
    await live.http.delete(f"/v1/jobs/{job}")

    async with watching(live, job) as events:
        (end,) = [event async for event in events]
    async with watching(live, job, **{"last-event-id": end.id}) as events:
        (again,) = [event async for event in events]

    assert end.data["state"] == "cancelled"
    assert end == again


async def test_known_statuses_are_skipped(live: Rig) -> None:
    """Last-Event-ID continues where the client stopped."""
    job = await live.upload()
    async with watching(live, job) as events:
        first = await anext(events)
    await live.jobs.start_stage("local", job, StageName.INGEST)
    async with watching(live, job, **{"last-event-id": first.id}) as events:
        second = await anext(events)
    async with watching(live, job, **{"last-event-id": second.id}) as events:
        await complete(live, job)
        (third,) = [event async for event in events]

    assert [second.data["state"], third.data["state"]] == ["running", "completed"]


async def test_progress_is_told_between_statuses(live: Rig) -> None:
    """Ticks of this job come as they are, those of other jobs do not."""
    job, other = await live.upload(), await live.upload()
    ticks = [
        Progress(tenant="local", job=each, stage=StageName.POSE, fraction=fraction)
        for each, fraction in ((other, 0.1), (job, 0.2), (job, 0.3))
    ]
    async with watching(live, job) as events:
        await anext(events)
        for tick in ticks:
            await live.bus.tick(tick.subject(), json.dumps(_plain(tick)).encode())
        first, second = await anext(events), await anext(events)
        await complete(live, job)
        rest = [event async for event in events]

    assert [
        (event.event, event.data["fraction"], event.id) for event in (first, second)
    ] == [("progress", 0.2, ""), ("progress", 0.3, "")]
    assert [event.event for event in rest] == ["status"]


def _plain(tick: Progress) -> dict[str, object]:
    return {name: getattr(tick, name) for name in tick.__struct_fields__}


async def test_strange_tick_is_passed_over(live: Rig) -> None:
    """What somebody else sends as progress does not break the stream."""
    job = await live.upload()
    async with watching(live, job) as events:
        await anext(events)
        for body in (b"no JSON", b"{}", b"\xff"):
            await live.bus.tick(f"ergomesh.v1.progress.local.{job}.pose", body)
        await complete(live, job)
        rest = [event async for event in events]

    assert [event.data["state"] for event in rest] == ["completed"]


async def test_silence_is_filled_with_comments(live: Rig) -> None:
    """A stream without news sends a comment now and then, and only that."""
    job = await live.upload()
    path = f"/v1/jobs/{job}/events"
    async with live.http.stream("GET", path) as answer:
        lines = answer.aiter_lines()
        while await anext(lines) != ": keep-alive":
            pass
        more = [await anext(lines) for _ in range(4)]

    assert {"", ": keep-alive"} == set(more)


async def test_end_is_told_though_the_watch_is_dead(
    live: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that its broker forgot is made good by looking, after a silence."""
    job = await live.upload()
    bucket = await live.bus.bucket("jobs")

    @asynccontextmanager
    async def dead(_: str) -> AsyncIterator[AsyncIterator[Entry]]:
        yield _never()

    monkeypatch.setattr(bucket, "watch", dead)
    async with watching(live, job) as events:
        first = await anext(events)
        await complete(live, job)
        (end,) = [event async for event in events]

    assert [first.data["state"], end.data["state"]] == ["accepted", "completed"]


async def _never() -> AsyncIterator[Entry]:
    await asyncio.Event().wait()
    yield Entry("", b"", 0)


async def test_disconnect_ends_the_watch(live: Rig) -> None:
    """A client that goes away leaves nothing behind on the broker."""
    job = await live.upload()
    async with watching(live, job) as events:
        await anext(events)
        assert watchers(live) == 2

    await until(lambda: watchers(live) == 0)


async def test_end_ends_the_watch(live: Rig) -> None:
    """A stream that ended leaves nothing behind on the broker."""
    job = await live.upload()
    await complete(live, job)
    async with watching(live, job) as events:
        assert len([event async for event in events]) == 1

    await until(lambda: watchers(live) == 0)


async def test_shutdown_ends_the_stream(live: Rig) -> None:
    """A gateway that stops lets its watchers go, without inventing an end."""
    job = await live.upload()
    async with watching(live, job) as events:
        await anext(events)
        live.gateway.stopping.set()
        rest = [event async for event in events]

    assert rest == []
    await until(lambda: watchers(live) == 0)


async def test_broker_fault_ends_the_stream(
    live: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that cannot be had closes the stream; the browser asks again."""
    job = await live.upload()

    def refuse(_: str) -> object:
        raise Transient(FailureCode.BROKER_UNREACHABLE, "Away.")

    monkeypatch.setattr(live.bus, "listen", refuse)
    async with watching(live, job) as events:
        assert [event async for event in events] == []


async def test_slow_client_misses_ticks_but_no_status(rig: Rig) -> None:
    """A client that does not read loses progress, never a change or the end."""
    job = await rig.upload()
    frames = job_events(rig.gateway, job, -1)
    told = [await anext(frames)]
    for number in range(3 * QUEUE_LENGTH):
        tick = Progress(
            tenant="local", job=job, stage=StageName.POSE, fraction=number / 1000
        )
        await rig.bus.tick(tick.subject(), json.dumps(_plain(tick)).encode())
        await asyncio.sleep(0)
    await rig.jobs.start_stage("local", job, StageName.INGEST)
    while told[-1] != KEEP_ALIVE:
        told.append(await anext(frames))
    await rig.jobs.conclude(JobCancelled(tenant="local", job=job))
    told += [frame async for frame in frames]

    ticks = [frame for frame in told if b"event: progress" in frame]
    statuses = [json.loads(f.split(b"data: ")[1]) for f in told if b"status" in f]
    states = [status["state"] for status in statuses if "state" in status]
    assert QUEUE_LENGTH / 2 < len(ticks) <= QUEUE_LENGTH + 1
    assert states == ["accepted", "running", "cancelled"]


async def test_deleted_status_ends_the_stream(live: Rig) -> None:
    """A job that its bucket forgets has no more news."""
    job = await live.upload()
    key = f"local.{job}"
    async with watching(live, job) as events:
        await anext(events)
        (_, queue), *_ = live.bus._buckets["jobs"]._watchers
        queue.put_nowait(Entry(key, b"", 99))
        assert [event async for event in events] == []


@given(st.integers(0, 10**15))
def test_revision_survives_its_header(revision: int) -> None:
    """What was sent as an id is understood when it comes back."""
    assert revision == seen_revision(str(revision)) == seen_revision(f" {revision} ")


@pytest.mark.parametrize("header", [None, "", "abc", "-1", "1.5", "١٢"])
def test_strange_revision_skips_nothing(header: str | None) -> None:
    """An id that is none of ours means: tell everything."""
    assert seen_revision(header) == -1


async def test_many_watchers_hear_the_same(live: Rig) -> None:
    """Each of many clients gets the whole story."""
    job = await live.upload()

    async def story() -> list[str]:
        async with watching(live, job) as events:
            return [str(event.data["state"]) async for event in events]

    stories = [asyncio.create_task(story()) for _ in range(20)]
    await until(lambda: watchers(live) == 40)
    await complete(live, job)

    assert await asyncio.gather(*stories) == [["accepted", "completed"]] * 20
