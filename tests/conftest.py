"""Servers shared by all tests; each test keeps to names of its own."""

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import servers
from ergomesh.runtime.s3 import S3Store
from servers import NatsServer, Seaweed


def pytest_configure() -> None:
    """Let SIGTERM tear the fixtures down, so that no server is left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A nats-server for the whole run; do not stop it."""
    with servers.nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def nats_url(nats: NatsServer) -> str:
    """Address of the shared nats-server."""
    return nats.url


@pytest.fixture
def fresh_nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of the test's own, empty, to stop and start at will."""
    with servers.nats_server(tmp_path / "nats") as server:
        yield server


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A SeaweedFS for the whole run; do not stop it."""
    with servers.seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_store(seaweed: Seaweed) -> Iterator[S3Store]:
    """The shared SeaweedFS' bucket; keep to keys of your own."""
    store = S3Store(
        endpoint=seaweed.endpoint,
        bucket=seaweed.bucket,
        access_key=seaweed.access_key,
        secret_key=seaweed.secret_key,
    )
    # In a thread: a loop of our own must not touch the test's loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, store.ensure_bucket()).result()
    yield store
    store.close()
