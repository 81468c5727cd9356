"""Server-sent events: a job's statuses and progress until its end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import structlog
from litestar import Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream
from litestar.response.sse import ServerSentEventMessage

from ergomesh.contract.events import Progress, progress_filter
from ergomesh.contract.job import TERMINAL_STATES, JobStatus
from ergomesh.gateway import desk
from ergomesh.gateway.context import FromGateway, Gateway
from ergomesh.gateway.problems import Code, documented
from ergomesh.gateway.views import view_of
from ergomesh.runtime.bus import Entry, Message
from ergomesh.runtime.errors import Transient
from ergomesh.runtime.jobs import BUCKET, decode_status, status_key

QUEUE_LENGTH: Final = 256
"""News a slow client may lag behind; progress beyond it is dropped."""
KEEP_ALIVE: Final = b": keep-alive\r\n\r\n"
NO_REVISION: Final = -1

log = structlog.get_logger(__name__)

News = asyncio.Queue[Entry | Message | None]
"""Statuses and ticks as they come; None is the end."""


def status_frame(status: JobStatus, revision: int) -> bytes:
    """Return a status as a server-sent event."""
    return _frame("status", msgspec.json.encode(view_of(status)), revision)


def progress_frame(tick: Progress) -> bytes:
    """Return a tick as a server-sent event."""
    return _frame("progress", msgspec.json.encode(tick))


def _frame(event: str, data: bytes, revision: int | None = None) -> bytes:
    return ServerSentEventMessage(event=event, data=data.decode(), id=revision).encode()


def seen_revision(header: str | None) -> int:
    """Return the revision in a ``Last-Event-ID``; -1 for none of ours."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() else NO_REVISION


@dataclass(slots=True)
class Watcher:
    """What one client has been told about one job."""

    seen: int
    ended: bool = False

    def told(self, entry: Entry) -> bytes:
        """Return the frame for a status, empty if the client knows it."""
        status = decode_status(entry.value)
        self.ended = status.state in TERMINAL_STATES
        if entry.revision <= self.seen and not self.ended:
            return b""
        self.seen = entry.revision
        return status_frame(status, entry.revision)


async def job_events(gateway: Gateway, job: str, seen: int) -> AsyncIterator[bytes]:
    """Iterate over the frames of a job's event stream.

    Args:
        gateway: The broker and the rules.
        job: A job that exists.
        seen: Revision the client has already; only an end is told again.
    """
    watcher, news = Watcher(seen), News(QUEUE_LENGTH)
    # Its own task: Litestar cancels this generator when the client goes away, and
    # would cancel the unsubscribing as well.
    pump = asyncio.create_task(_pump(gateway, job, news))
    pump.add_done_callback(_report)
    try:
        while not watcher.ended:
            item = await _next(gateway, job, news)
            if item is None:
                return
            if frame := _frame_of(item, watcher):
                yield frame
    finally:
        pump.cancel()


async def _next(
    gateway: Gateway, job: str, news: News
) -> Entry | Message | bytes | None:
    """Return the next item; after a silence look the status up and keep alive."""
    try:
        return await asyncio.wait_for(news.get(), gateway.keep_alive_s)
    except TimeoutError:
        await _look_up(gateway, job, news)
        return KEEP_ALIVE


async def _look_up(gateway: Gateway, job: str, news: News) -> None:
    """Read the status itself: a watch may have died with its broker."""
    with suppress(Transient, asyncio.QueueFull):
        bucket = await gateway.bus.bucket(BUCKET)
        entry = await bucket.get(status_key(gateway.tenant, job))
        if entry is not None:
            news.put_nowait(entry)


def _frame_of(item: Entry | Message | bytes, watcher: Watcher) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, Entry):
        return watcher.told(item)
    try:
        return progress_frame(msgspec.json.decode(item.body, type=Progress))
    except msgspec.MsgspecError:  # live messages are not ours alone to send
        return b""


async def _pump(gateway: Gateway, job: str, news: News) -> None:
    """Put a job's news into the queue until cancelled or shut down."""
    try:
        await _forward(gateway, job, news)
    finally:
        _end(news)


def _report(pump: asyncio.Task[None]) -> None:
    if not pump.cancelled() and (fault := pump.exception()):
        log.warning("event stream broke", error=str(fault))


async def _forward(gateway: Gateway, job: str, news: News) -> None:
    bucket = await gateway.bus.bucket(BUCKET)
    ticks_of = progress_filter(tenant=gateway.tenant, job=job)
    async with (
        gateway.bus.listen(ticks_of) as ticks,
        bucket.watch(status_key(gateway.tenant, job)) as entries,
    ):
        await _first_end(
            _put_statuses(entries, news),
            _put_ticks(ticks, news),
            _until(gateway.stopping),
        )


async def _first_end(*works: Coroutine[None, None, None]) -> None:
    """Run until one of the works ends, then end the others; raise its fault."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        # They must be gone before what they read from is closed.
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _put_statuses(entries: AsyncIterator[Entry], news: News) -> None:
    async for entry in entries:
        if not entry.value:  # the key was deleted or has expired
            return
        await news.put(entry)


async def _put_ticks(ticks: AsyncIterator[Message], news: News) -> None:
    async for tick in ticks:
        with suppress(asyncio.QueueFull):
            news.put_nowait(tick)


async def _until(event: asyncio.Event) -> None:
    await event.wait()


def _end(news: News) -> None:
    """Tell the reader that nothing more comes, if need be by dropping news."""
    if news.full():
        news.get_nowait()
    news.put_nowait(None)


@get(
    "/{job_id:str}/events",
    operation_id="watchJob",
    summary="Watch a job until its end",
    description="Server-sent events. `status`: the job as `getJob` returns it, at "
    "each change; the id is its revision. `progress`: a tick of a running stage. A "
    "`Last-Event-ID` skips what is known; the last status is always told. The "
    "stream closes after it: close your EventSource then, or it asks again.",
    media_type="text/event-stream",
    responses={
        200: ResponseSpec(
            str,
            generate_examples=False,
            description="The events.",
            media_type="text/event-stream",
        ),
        **documented(Code.JOB_NOT_FOUND, Code.BROKER_UNREACHABLE),
    },
)
async def watch_job(
    gateway: FromGateway,
    job_id: FromPath[str],
    last_event_id: Annotated[
        str | None,
        HeaderParameter(name="Last-Event-ID", description="The last id you have."),
    ] = None,
) -> Stream:
    """Stream a job's events."""
    await desk.find(gateway, job_id)
    return Stream(
        job_events(gateway, job_id, seen_revision(last_event_id)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


EVENTS: Final = Router("/v1/jobs", route_handlers=[watch_job], tags=["jobs"])
"""The routes of this module."""
