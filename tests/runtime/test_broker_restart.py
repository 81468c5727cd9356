"""A real nats-server goes away and comes back: nothing is lost."""

import asyncio
import time

import pytest

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import JobAccepted
from ergomesh.contract.job import JobState
from ergomesh.runtime.bus import UNLIMITED, ConsumerSpec
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import SetupError, Transient
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.work import Outcome, Work
from runtime.harness import (
    ACCEPTED,
    LONG_S,
    PATIENCE_S,
    TENANT,
    Calls,
    accept,
    eventually,
    finished,
    has_ended,
    status,
    stored,
    working,
)
from servers import HOST, NatsServer, free_ports

pytestmark = pytest.mark.servers
CONSUMER = ConsumerSpec("ergonomics", ACCEPTED, LONG_S, UNLIMITED)


async def connect(server: NatsServer) -> JetStreamBus:
    """Return a connection; the test closes it."""
    bus = await JetStreamBus.connect(server.url, name="test")
    bus._js._timeout = 0.5  # a request in flight at a restart waits so long
    return bus


async def restart(server: NatsServer, away_s: float = 0.0) -> None:
    """Kill the server as a power cut does, and start it again."""
    server.kill()
    await asyncio.sleep(away_s)
    await asyncio.to_thread(server.restart)


async def test_a_worker_survives_a_restart_in_the_middle(
    fresh_nats: NatsServer,
) -> None:
    """The broker dies during the work: every job ends once, and work goes on."""
    bus = await connect(fresh_nats)
    calls = Calls()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        calls.calls.append(event.job)
        if len(calls.calls) == 1:
            await restart(fresh_nats)
        return finished(event)

    for name in ("job-1", "job-2"):
        await accept(bus, name)
    async with working(script, bus, ack_wait_s=1.0):
        await eventually(lambda: has_ended_quietly(bus, "job-1"))
        await eventually(lambda: has_ended_quietly(bus, "job-2"))
        await accept(bus, "job-3")
        await eventually(lambda: has_ended(bus, "job-3"))
    subjects = [e.subject() for e in await stored(bus)]
    assert len(subjects) == len(set(subjects)) == 12
    for name in ("job-1", "job-2", "job-3"):
        assert (await status(bus, name)).state is JobState.COMPLETED
    await bus.close()


async def has_ended_quietly(bus: JetStreamBus, job: str) -> bool:
    """Tell whether a job has ended; while the broker is away it has not."""
    try:
        return await has_ended(bus, job)
    except Transient:
        return False


async def test_an_idle_worker_does_not_hoard_after_an_outage(
    fresh_nats: NatsServer,
) -> None:
    """Pulls of the outage do not add up: a worker gets one message, others the rest."""
    idle = await connect(fresh_nats)
    subscription = await idle.subscribe(CONSUMER)
    fresh_nats.kill()
    await eventually(lambda: not idle.connected)
    for _ in range(8):
        assert await subscription.fetch(0.05) is None
    await asyncio.to_thread(fresh_nats.start)
    other = await connect(fresh_nats)
    for k in range(3):
        await accept(other, f"job-{k}")
    await eventually(lambda: idle.connected)
    await asyncio.sleep(0.1)
    theirs = await other.subscribe(CONSUMER)
    got = [await theirs.fetch(1.0), await theirs.fetch(1.0), await theirs.fetch(1.0)]
    assert None not in got
    await idle.close()
    await other.close()


async def test_a_publication_survives_a_restart(fresh_nats: NatsServer) -> None:
    """A confirmed event and its id are there after a power cut."""
    bus = await connect(fresh_nats)
    event = await accept(bus)
    await restart(fresh_nats)
    await eventually(lambda: bus.connected)
    assert await bus.last(event.subject()) is not None
    assert not await Jobs(bus, now_rfc3339).publish(event)
    assert (await status(bus)).state is JobState.ACCEPTED
    await bus.close()


async def test_without_a_broker_every_call_is_transient(
    fresh_nats: NatsServer,
) -> None:
    """Publishing, reading and asking during an outage raise broker_unreachable."""
    bus = await connect(fresh_nats)
    bucket = await bus.bucket("jobs")
    revision = await bucket.create("acme.job-1", b"one")
    bus._js._timeout = 0.1
    fresh_nats.kill()
    await eventually(lambda: not bus.connected)
    for call in (
        bus.publish("ergomesh.v1.evt.a.b.job.accepted", b"", dedup_id="1"),
        bus.last("ergomesh.v1.evt.a.b.job.accepted"),
        bus.bucket("parts"),
        bucket.get("acme.job-1"),
        bucket.create("acme.job-2", b""),
        bucket.update("acme.job-1", b"two", revision),
        bucket.keys(),
    ):
        with pytest.raises(Transient) as caught:
            await call
        assert caught.value.code is FailureCode.BROKER_UNREACHABLE
        assert caught.value.message.endswith(".")
    await bus.tick("ergomesh.v1.progress.a.b.pose", b"nobody hears it")
    await bus.close()


async def test_a_late_broker_is_waited_for(fresh_nats: NatsServer) -> None:
    """A process that starts before the broker connects once it is up."""
    fresh_nats.kill()
    opening = asyncio.create_task(connect(fresh_nats))
    await asyncio.sleep(0.3)
    assert not opening.done()
    await asyncio.to_thread(fresh_nats.start)
    bus = await asyncio.wait_for(opening, PATIENCE_S)
    assert bus.connected
    await bus.close()


async def test_no_broker_is_a_setup_error() -> None:
    """If nobody listens, the message names the address and the setting."""
    url = f"nats://{HOST}:{free_ports(1)[0]}"
    began_s = time.monotonic()
    with pytest.raises(SetupError, match=rf"{url}.*ERGOMESH_NATS_URL"):
        await JetStreamBus.connect(url, name="test", timeout_s=0.3)
    assert time.monotonic() - began_s < 3.0


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", None])
async def test_a_stranger_on_the_port_is_a_setup_error(says: bytes | None) -> None:
    """If something else listens there, silent or not, the start fails in time."""
    held: list[asyncio.StreamWriter] = []

    async def stranger(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        if says is not None:
            writer.write(says)
            await writer.drain()
            writer.close()

    server = await asyncio.start_server(stranger, HOST, 0)
    url = f"nats://{HOST}:{server.sockets[0].getsockname()[1]}"
    began_s = time.monotonic()
    with pytest.raises(SetupError, match=url):
        await JetStreamBus.connect(url, name="test", timeout_s=0.2)
    assert time.monotonic() - began_s < 5.0
    for writer in held:
        writer.close()
    server.close()


async def test_a_broker_without_jetstream_is_a_setup_error(
    fresh_nats: NatsServer,
) -> None:
    """A nats-server that stores nothing is named as the fault."""
    fresh_nats.stop()
    config = fresh_nats.config
    config.write_text(
        "\n".join(
            line
            for line in config.read_text().splitlines()
            if not line.startswith("jetstream")
        )
    )
    fresh_nats.start(health="/healthz")
    with pytest.raises(SetupError, match="JetStream"):
        await JetStreamBus.connect(fresh_nats.url, name="test", timeout_s=1.0)


async def test_two_processes_may_make_the_stream_at_once(
    fresh_nats: NatsServer,
) -> None:
    """Services that all start first agree on one stream, one bucket, one consumer."""
    buses = await asyncio.gather(*(connect(fresh_nats) for _ in range(4)))
    await asyncio.gather(*(bus.bucket("jobs") for bus in buses))
    calls = Calls()
    async with (
        working(calls, buses[0]),
        working(calls, buses[1]),
        working(calls, buses[2]),
    ):
        await accept(buses[3])
        await eventually(lambda: has_ended(buses[3]))
    assert calls.calls == ["job-1"]
    assert (await status(buses[3])).tenant == TENANT
    for bus in buses:
        await bus.close()
