"""The runtime suites run on fakes and on real servers with the same assertions."""

from collections.abc import AsyncIterator, Iterator

import nats
import pytest
import structlog

from ergomesh.runtime import worker
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from runtime.harness import Broker
from servers import NatsServer, nats_server


@pytest.fixture(autouse=True)
def _quick_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an idle worker stop at once; one test measures the real thing."""
    monkeypatch.setattr(worker, "FETCH_S", 0.05)


@pytest.fixture(autouse=True, scope="package")
def _plain_logs() -> Iterator[None]:
    """Write plain lines: coloured tracebacks take a second each."""
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="package")
def wiped_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A nats-server for the tests of this folder, each of which starts with none."""
    with nats_server(tmp_path_factory.mktemp("wiped-nats")) as server:
        yield server


async def wipe(server: NatsServer) -> None:
    """Remove all that earlier tests stored."""
    client = await nats.connect(server.url)
    streams = client.jetstream()
    for found in await streams.streams_info():
        await streams.delete_stream(str(found.config.name))
    await client.close()


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.servers)])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    """An empty broker: in memory, and a real nats-server."""
    if request.param == "memory":
        memory = MemoryBus()

        async def same() -> Bus:
            return memory

        yield Broker(same)
        return
    server: NatsServer = request.getfixturevalue("wiped_nats")
    await wipe(server)
    opened: list[JetStreamBus] = []

    async def connect() -> Bus:
        opened.append(await JetStreamBus.connect(server.url, name="test"))
        return opened[-1]

    yield Broker(connect)
    for bus in opened:
        await bus.close()


@pytest.fixture
async def bus(broker: Broker) -> Bus:
    """A connection to the empty broker."""
    return await broker.connect()


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest) -> MemoryStore | S3Store:
    """A store in memory, and the shared SeaweedFS; use keys of your own."""
    if request.param == "memory":
        return MemoryStore()
    found: S3Store = request.getfixturevalue("s3_store")
    return found
