"""Event streams on a real broker: however they end, nothing is left to complain."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from ergomesh.contract.events import JobCompleted
from ergomesh.contract.job import JobStatus
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.server import new_job_id, open_listener, serve_http, url_of
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import Transient
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import BUCKET, Jobs
from ergomesh.runtime.testing import MemoryStore

PATIENCE_S = 10.0
STREAMS = 5
"""Streams per test: a race need not show at the first."""

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Live:
    """A gateway on a real broker, and a client before it."""

    jobs: Jobs
    gateway: Gateway
    http: httpx.AsyncClient

    async def announce(self) -> str:
        """Make a job that awaits its clip; return its id."""
        raw = {
            "tenant": "local",
            "job": new_job_id(),
            "state": "awaiting_upload",
            "source_name": "clip",
            "settings": {},
            "created_at": now_rfc3339(),
        }
        status = msgspec.convert(raw, JobStatus)
        await self.jobs.create(status)
        return status.job

    async def complete(self, job: str) -> None:
        """Let a job end well."""
        await self.jobs.conclude(JobCompleted(tenant="local", job=job, artifacts={}))

    @asynccontextmanager
    async def watching(self, job: str) -> AsyncIterator[AsyncIterator[str]]:
        """Open a job's event stream; its first line is read."""
        async with self.http.stream("GET", f"/v1/jobs/{job}/events") as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            yield lines


@asynccontextmanager
async def serving(nats_url: str) -> AsyncIterator[Live]:
    """Serve a gateway in this process until the block ends."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    gateway = Gateway(
        bus=bus,
        store=MemoryStore(),
        jobs=Jobs(bus, now_rfc3339),
        clock=now_rfc3339,
        new_id=new_job_id,
    )
    stop = asyncio.Event()
    with open_listener("127.0.0.1", 0) as listener:
        url = url_of(listener)
        task = asyncio.create_task(serve_http(gateway, listener, stop, grace_s=1.0))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as http:
                yield Live(gateway.jobs, gateway, http)
        finally:
            stop.set()
            await task
            await bus.close()


async def forwarding_ended() -> None:
    """Wait until no task of an event stream is left."""
    async with asyncio.timeout(PATIENCE_S):
        while left := [task for task in asyncio.all_tasks() if _is_of_stream(task)]:
            await asyncio.wait(left)


def _is_of_stream(task: asyncio.Task[object]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and code.co_filename.endswith("events_api.py")


@pytest.mark.parametrize("way", ["late", "end", "disconnect", "shutdown"])
async def test_stream_leaves_no_complaint(
    nats_url: str, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """However a stream ends, no task, no lost exception and no warning is left."""
    with capture_logs() as ours, caplog.at_level(logging.WARNING):
        async with serving(nats_url) as live:
            for _ in range(STREAMS):
                job = await live.announce()
                if way == "late":
                    await live.complete(job)
                async with live.watching(job) as lines:
                    if way == "end":
                        await live.complete(job)
                    if way == "shutdown":
                        live.gateway.stopping.set()
                    if way != "disconnect":
                        assert [line async for line in lines]
                await forwarding_ended()
                live.gateway.stopping.clear()
            gc.collect()  # asyncio tells of a lost exception when its task dies

    assert [record.getMessage() for record in caplog.records] == []
    assert [told for told in ours if told["log_level"] != "info"] == []


async def test_stopped_watch_has_no_more_entries(nats_url: str) -> None:
    """A watch ends with its block; what it was asked for later is nothing."""
    async with serving(nats_url) as live:
        job = await live.announce()
        bucket = await live.gateway.bus.bucket(BUCKET)
        async with bucket.watch(f"local.{job}") as entries:
            first = await anext(entries)
        async with asyncio.timeout(PATIENCE_S):
            rest = [entry async for entry in entries]

    assert job.encode() in first.value
    assert rest == []


async def test_watch_without_a_broker_is_transient(nats_url: str) -> None:
    """A watch that a closed connection cannot give is a fault of the runtime."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    bucket = await bus.bucket(BUCKET)
    await bus.close()

    with pytest.raises(Transient, match="watch"):
        async with bucket.watch("local.nobody"):
            pytest.fail("there is nothing to watch")


async def test_watch_outlived_by_nobody_ends_quietly(nats_url: str) -> None:
    """A watch whose connection closed within its block leaves without a fault."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    bucket = await bus.bucket(BUCKET)

    async with bucket.watch("local.nobody"):
        await bus.close()

    with pytest.raises(Transient):
        await bucket.keys()
