"""A gateway over the fakes, in process, with a client before it."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from ergomesh.contract.envelope import decode_event
from ergomesh.contract.events import Event
from ergomesh.contract.job import JobStatus
from ergomesh.contract.keys import ObjectRef
from ergomesh.gateway.app import create_app
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.server import open_listener, serve_http, url_of
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore

NOW = "2025-06-01T12:00:00.000Z"
MAX_UPLOAD_BYTES = 100_000


@dataclass(frozen=True)
class Rig:
    """A gateway, what stands behind it, and a client before it."""

    bus: MemoryBus
    store: MemoryStore
    jobs: Jobs
    gateway: Gateway
    http: httpx.AsyncClient

    def events(self, pattern: str = "*") -> list[Event]:
        """Return the published events whose subject matches."""
        return [decode_event(body) for _, body in self.bus.events(pattern)]

    async def announce(self, **body: object) -> str:
        """Announce a job; return its id."""
        answer = await self.http.post("/v1/jobs", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["job"])

    async def upload(self, clip: bytes = b"clip", /, **options: str) -> str:
        """Send a clip through the gateway; return the job's id."""
        answer = await self.send(clip, **options)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job"])

    async def send(self, clip: bytes, /, **options: str) -> httpx.Response:
        """Send a clip as the body of a request."""
        return await self.http.post(
            "/v1/jobs",
            params=options,
            content=clip,
            headers={"content-type": "video/mp4"},
        )

    async def status(self, job: str) -> JobStatus:
        """Return a job's status from the bucket."""
        found = await self.jobs.get("local", job)
        assert found is not None
        return found

    async def attach(self, job: str, name: str, body: bytes) -> ObjectRef:
        """Give a job a file, as a stage does."""
        ref = await self.store.put(
            f"art/{job}/{name}", body, media_type="application/x-test"
        )
        await self.jobs.change(
            "local",
            job,
            lambda status: msgspec.structs.replace(
                status, artifacts={**status.artifacts, name: ref}
            ),
        )
        return ref


def make_gateway(bus: MemoryBus, store: MemoryStore) -> Gateway:
    """Return a gateway over fakes; its ids count up."""
    numbers = itertools.count(1)
    return Gateway(
        bus=bus,
        store=store,
        jobs=Jobs(bus, lambda: NOW),
        clock=lambda: NOW,
        new_id=lambda: f"job-{next(numbers):04d}",
        max_upload_bytes=MAX_UPLOAD_BYTES,
        keep_alive_s=0.05,
    )


@asynccontextmanager
async def open_rig() -> AsyncIterator[Rig]:
    """Return a rig of its own; for properties, which need one per example."""
    bus, store = MemoryBus(), MemoryStore()
    gateway = make_gateway(bus, store)
    app: Any = create_app(gateway)  # httpx types ASGI by its own words
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway"
    ) as http:
        yield Rig(bus, store, gateway.jobs, gateway, http)


@asynccontextmanager
async def open_live_rig() -> AsyncIterator[Rig]:
    """Return a rig behind a real HTTP server on a free port of this machine."""
    bus, store = MemoryBus(), MemoryStore()
    gateway = make_gateway(bus, store)
    stop = asyncio.Event()
    with open_listener("127.0.0.1", 0) as listener:
        url = url_of(listener)
        serving = asyncio.create_task(serve_http(gateway, listener, stop, grace_s=1.0))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=10.0) as http:
                yield Rig(bus, store, gateway.jobs, gateway, http)
        finally:
            stop.set()
            await serving
