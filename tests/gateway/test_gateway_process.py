"""The gateway as a process, as an operator starts and stops it."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from ergomesh.contract.events import JobAccepted, JobCompleted, subject_of
from ergomesh.contract.job import JobStatus, StageName
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.events_api import job_events
from ergomesh.gateway.server import new_job_id, open_listener
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import SetupError, Transient
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.service import Alive, ping_subject
from ergomesh.runtime.testing import MemoryStore
from servers import NatsServer, Seaweed, free_ports

NOBODY = "http://127.0.0.1:1"
START_S = 30.0
"""Patience with a machine that is busy; a start takes 1 s."""
STOP_S = 5.0
IDLE_LIMIT_MB = 110.0


async def started(**variables: str) -> asyncio.subprocess.Process:
    """Start the gateway with ``ERGOMESH_*`` variables of the test's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ERGOMESH_")}
    ours = {f"ERGOMESH_{name.upper()}": text for name, text in variables.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ergomesh.gateway",
        env={**kept, **ours},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Return the exit code and what was said."""
    try:
        _, said = await asyncio.wait_for(process.communicate(), START_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode()


@dataclass
class Running:
    """A gateway process that listens."""

    process: asyncio.subprocess.Process
    url: str

    async def stop(self) -> tuple[int, str]:
        """End it as an operator does; return exit code and last words."""
        self.process.send_signal(signal.SIGTERM)
        return await ended(self.process)


@asynccontextmanager
async def running(**variables: str) -> AsyncIterator[Running]:
    """Run the gateway on a free port until the block ends."""
    process = await started(http_port="0", **variables)
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stderr.readline(), START_S)
        told = json.loads(line)
        assert told["event"] == "listening", line
        yield Running(process, told["url"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def store_variables(seaweed: Seaweed) -> dict[str, str]:
    """Return the settings that name a store."""
    return {
        "s3_endpoint": seaweed.endpoint,
        "s3_bucket": seaweed.bucket,
        "s3_access_key": seaweed.access_key,
        "s3_secret_key": seaweed.secret_key,
    }


async def test_no_broker_is_one_sentence() -> None:
    """Without a broker the process says so in one line and exits 3."""
    (port,) = free_ports(1)
    url = f"nats://127.0.0.1:{port}"

    process = await started(nats_url=url, connect_timeout_s="0.1")

    code, said = await ended(process)
    assert code == 3
    assert len(said.splitlines()) == 1
    assert url in said


async def test_wrong_settings_are_all_named() -> None:
    """Wrong variables are named, all at once, and the exit code is 3."""
    process = await started(http_port="many", tenant="a.b", max_upload_bytes="0")

    code, said = await ended(process)
    assert code == 3
    for name in ("HTTP_PORT", "TENANT", "MAX_UPLOAD_BYTES"):
        assert f"ERGOMESH_{name}: " in said


async def test_stop_while_waiting_for_the_broker() -> None:
    """Who stops a gateway that still waits does not wait for it."""
    called = asyncio.Event()

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    silent = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    process = await started(nats_url=f"nats://127.0.0.1:{port}", connect_timeout_s="60")
    await asyncio.wait_for(called.wait(), START_S)
    start_s = time.monotonic()

    process.send_signal(signal.SIGINT)

    code, said = await ended(process)
    silent.close()
    assert code == 0
    # A warning that the broker hangs up may be on its way; a traceback may not.
    assert "Traceback" not in said
    assert time.monotonic() - start_s < STOP_S


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_answers_are_not_held_back(host: str) -> None:
    """Connections send at once (TCP_NODELAY): else each answer waits 40 ms."""
    delays: list[int] = []

    def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        delays.append(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = open_listener(host, 0)
    async with await asyncio.start_server(note, sock=listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        await reader.read()
        writer.close()

    assert delays == [1]


def test_address_that_cannot_be_had_is_one_sentence() -> None:
    """An address of another machine is refused with the variable to set."""
    with pytest.raises(SetupError, match="ERGOMESH_HTTP_HOST"):
        open_listener("192.0.2.1", 0)  # RFC 5737: documentation, nobody's own


@pytest.mark.servers
async def test_taken_port_is_one_sentence(nats_url: str) -> None:
    """A port in use is said in one line that names the variable; exit 3."""
    async with running(nats_url=nats_url, s3_endpoint=NOBODY) as first:
        port = first.url.rsplit(":", 1)[-1]
        process = await started(nats_url=nats_url, s3_endpoint=NOBODY, http_port=port)
        code, said = await ended(process)

    assert code == 3
    assert len(said.splitlines()) == 1
    assert "ERGOMESH_HTTP_PORT" in said


@pytest.mark.servers
async def test_store_down_is_tolerated_at_start(nats_url: str) -> None:
    """Without a store the gateway lives, is not ready, and refuses jobs."""
    async with (
        running(nats_url=nats_url, s3_endpoint=NOBODY) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as http,
    ):
        alive = await http.get("/healthz")
        ready = await http.get("/readyz")
        refused = await http.post("/v1/jobs", json={})

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["code"]) == (503, "store_unreachable")
    assert (refused.status_code, refused.json()["code"]) == (503, "store_unreachable")


@pytest.mark.servers
async def test_sigterm_ends_streams_and_exits_zero(nats_url: str) -> None:
    """SIGTERM ends open event streams at once; the process exits 0."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    jobs = Jobs(bus, now_rfc3339)
    status = _status(new_job_id())
    await jobs.create(status)
    async with (
        running(nats_url=nats_url, s3_endpoint=NOBODY) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as http,
        http.stream("GET", f"/v1/jobs/{status.job}/events") as answer,
    ):
        lines = answer.aiter_lines()
        await anext(lines)
        start_s = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        rest = [line async for line in lines]
        code, said = await ended(gateway.process)
        took_s = time.monotonic() - start_s

    await bus.close()
    assert code == 0
    assert "Traceback" not in said
    assert any("awaiting_upload" in line for line in rest)
    assert took_s < STOP_S


def _status(job: str) -> JobStatus:
    raw = {
        "tenant": "local",
        "job": job,
        "state": "awaiting_upload",
        "source_name": "clip",
        "settings": {},
        "created_at": now_rfc3339(),
    }
    return msgspec.convert(raw, JobStatus)


@pytest.mark.servers
async def test_clip_goes_all_the_way(
    nats_url: str, seaweed: Seaweed, s3_store: S3Store
) -> None:
    """Announce, PUT past the gateway, start, watch, fetch: on the real servers."""
    tenant = new_job_id()
    clip = os.urandom(300_000)
    bus = await JetStreamBus.connect(nats_url, name="test")
    async with (
        running(
            nats_url=nats_url, tenant=tenant, **store_variables(seaweed)
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30.0) as http,
    ):
        pong = await bus.ask(ping_subject("gateway"), b"", timeout_s=2.0)
        assert (await http.get("/readyz")).status_code == 200
        created = (
            await http.post("/v1/jobs", json={"source_name": "zvedání.mp4"})
        ).json()
        job, start = created["job"], created["links"]["start"]
        early = await http.post(start)
        put = await http.put(created["upload"]["url"], content=clip)
        late = await http.post(start)
        body = await bus.last(
            subject_of(JobAccepted).replace("*", tenant, 1).replace("*", job, 1)
        )
        async with http.stream("GET", created["links"]["events"]) as answer:
            states = _states(answer)
            first = await anext(states)
            await _work(bus, s3_store, tenant, job, clip)
            *_, last = [state async for state in states]
        ended_view = (await http.get(created["links"]["self"])).json()
        link = ended_view["links"]["artifacts"]["copy.bin"]
        whole = await http.get(link)
        part = await http.get(link, headers={"range": "bytes=-1000"})
        cancelled = await http.delete(created["links"]["self"])
        code, said = await gateway.stop()
    await bus.close()

    assert msgspec.json.decode(pong or b"", type=Alive).service == "gateway"
    assert early.json()["code"] == "source_missing"
    assert (put.status_code, late.status_code) == (200, 202)
    assert late.json()["source_name"] == "zvedání.mp4"
    assert body is not None
    assert job.encode() in body
    assert (first, last) == ("accepted", "completed")
    assert (200, clip) == (whole.status_code, whole.content)
    assert (206, clip[-1000:]) == (part.status_code, part.content)
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "job_ended")
    assert code == 0
    assert "Traceback" not in said


async def _states(answer: httpx.Response) -> AsyncIterator[str]:
    prefix = "data: "
    async for line in answer.aiter_lines():
        if line.startswith(prefix):
            yield json.loads(line.removeprefix(prefix))["state"]


async def _work(
    bus: JetStreamBus, store: S3Store, tenant: str, job: str, clip: bytes
) -> None:
    """Do what the stages do: take up, store, end."""
    jobs = Jobs(bus, now_rfc3339)
    await jobs.start_stage(tenant, job, StageName.INGEST)
    ref = await store.put(
        f"art/{tenant}/copy.bin", clip, media_type="application/octet-stream"
    )
    end = JobCompleted(tenant=tenant, job=job, artifacts={"copy.bin": ref})
    await jobs.conclude(end)


@pytest.mark.servers
async def test_body_upload_on_the_real_servers(
    nats_url: str, seaweed: Seaweed, s3_store: S3Store
) -> None:
    """A clip through the gateway lies in the store; an idle gateway is small."""
    clip = os.urandom(3_000_000)
    bus = await JetStreamBus.connect(nats_url, name="test")
    async with (
        running(
            nats_url=nats_url, tenant=new_job_id(), **store_variables(seaweed)
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30.0) as http,
    ):
        await http.get("/readyz")
        idle_mb = _resident_mb(gateway.process.pid)
        answer = await http.post(
            "/v1/jobs", content=clip, headers={"content-type": "video/mp4"}
        )
        view = answer.json()
        stored = await s3_store.read(f"src/{view['tenant']}/{view['job']}/source")
    await bus.close()

    assert (answer.status_code, view["state"]) == (202, "accepted")
    assert clip == stored
    assert idle_mb < IDLE_LIMIT_MB


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _peak_mb(pid: int) -> float:
    """Return the highest resident memory of a process so far (proc_pid_status(5))."""
    told = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in told.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1e3


async def _generated(
    megabytes: int, *, head: bytes, tail: bytes
) -> AsyncIterator[bytes]:
    yield head
    block = os.urandom(1_000_000)
    for _ in range(megabytes):
        yield block
    yield tail


FORM_HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
)


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.parametrize(
    ("media_type", "head", "tail"),
    [
        ("video/mp4", b"", b""),
        ("multipart/form-data; boundary=b", FORM_HEAD, b"\r\n--b--\r\n"),
    ],
    ids=["body", "form"],
)
async def test_large_upload_stays_out_of_memory(
    nats_url: str, seaweed: Seaweed, media_type: str, head: bytes, tail: bytes
) -> None:
    """150 MB through the gateway raise its peak memory by a tenth of that at most."""
    tenant = new_job_id()
    async with (
        running(
            nats_url=nats_url, tenant=tenant, **store_variables(seaweed)
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60.0) as http,
    ):
        small = await http.post(
            "/v1/jobs", content=b"warm", headers={"content-type": "video/mp4"}
        )
        before_mb = _peak_mb(gateway.process.pid)
        large = await http.post(
            "/v1/jobs",
            content=_generated(150, head=head, tail=tail),
            headers={"content-type": media_type},
        )
        after_mb = _peak_mb(gateway.process.pid)

    assert (small.status_code, large.status_code) == (202, 202)
    assert after_mb - before_mb < 15.0


@pytest.mark.servers
@pytest.mark.slow
async def test_stream_outlives_its_broker(fresh_nats: NatsServer) -> None:
    """An open stream tells the end of a job though the broker was killed between."""
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    jobs = Jobs(bus, now_rfc3339)
    gateway = Gateway(
        bus=bus,
        store=MemoryStore(),
        jobs=jobs,
        clock=now_rfc3339,
        new_id=new_job_id,
        keep_alive_s=1.0,
    )
    status = _status(new_job_id())
    await jobs.create(status)
    frames = job_events(gateway, status.job, -1)
    first = await anext(frames)
    await asyncio.to_thread(fresh_nats.restart)
    end = JobCompleted(tenant="local", job=status.job, artifacts={})
    await _conclude(jobs, end)

    async with asyncio.timeout(30.0):
        rest = [frame async for frame in frames]

    await bus.close()
    assert b"awaiting_upload" in first
    assert b'"state":"completed"' in rest[-1]


async def _conclude(jobs: Jobs, end: JobCompleted) -> None:
    """Try until the connection is back."""
    for _ in range(100):
        try:
            await jobs.conclude(end)
        except Transient:
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail("the broker did not come back")
