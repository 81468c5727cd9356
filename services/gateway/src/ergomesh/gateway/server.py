"""Wiring of the gateway process: settings, broker, store, HTTP, signals."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Final

import structlog
import uvicorn
from typing_extensions import override

from ergomesh.gateway.app import create_app
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.ids import ENTROPY_BYTES, job_id
from ergomesh.gateway.protocol import ProblemProtocol
from ergomesh.gateway.settings import GatewaySettings
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import SetupError
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.logs import configure_logs
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.service import (
    EXIT_SETUP,
    alive,
    open_store,
    ping_subject,
    stop_on_signals,
    unless_stopped,
    wait_for_store,
)
from ergomesh.runtime.store import ObjectStore

NAME: Final = "gateway"
STORE_WAIT_S: Final = 30.0
"""How often a store that stays away is mentioned in the log."""

log = structlog.get_logger(__name__)


def main() -> None:
    """Run the gateway until SIGTERM or Ctrl-C; exit 3 if it cannot start."""
    try:
        settings = GatewaySettings.load()
        configure_logs(level=settings.log_level, fmt=settings.log_format, service=NAME)
        asyncio.run(run(settings))
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_SETUP)


async def run(settings: GatewaySettings) -> None:
    """Serve with the real broker and store.

    Raises:
        SetupError: When the broker does not answer or the port is taken.
    """
    stop = stop_on_signals()
    connecting = JetStreamBus.connect(
        settings.nats_url, name=NAME, timeout_s=settings.connect_timeout_s
    )
    bus = await unless_stopped(stop, connecting)
    if bus is None:
        return
    store = open_store(settings)
    preparing = asyncio.create_task(prepare_store(store))
    try:
        with open_listener(settings.http_host, settings.http_port) as listener:
            await bus.answer(ping_subject(NAME), lambda: alive(NAME))
            gateway = gateway_of(settings, bus, store)
            await serve_http(gateway, listener, stop, grace_s=settings.grace_s)
    finally:
        preparing.cancel()
        await bus.close()
        store.close()


def gateway_of(settings: GatewaySettings, bus: Bus, store: ObjectStore) -> Gateway:
    """Return what the handlers may reach."""
    return Gateway(
        bus=bus,
        store=store,
        jobs=Jobs(bus, now_rfc3339),
        clock=now_rfc3339,
        new_id=new_job_id,
        tenant=settings.tenant,
        max_upload_bytes=settings.max_upload_bytes,
        upload_expires_s=settings.upload_expires_s,
    )


def new_job_id() -> str:
    """Return an id made of the present time and chance."""
    return job_id(time.time_ns() // 1_000_000, os.urandom(ENTROPY_BYTES))


async def prepare_store(store: S3Store) -> None:
    """Make the bucket, however long the store takes to come up."""
    while True:
        try:
            await wait_for_store(store, STORE_WAIT_S)
        except SetupError as error:
            log.warning("no store yet", error=str(error))
        else:
            return


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        SetupError: When the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, unlike socket.create_server does: asyncio sets
    # TCP_NODELAY only then, and without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        msg = (
            f"Cannot listen on {host} port {port} ({error.strerror or error}): stop "
            "the program that does, or set ERGOMESH_HTTP_PORT or ERGOMESH_HTTP_HOST."
        )
        raise SetupError(msg) from error
    return listener


async def serve_http(
    gateway: Gateway, listener: socket.socket, stop: asyncio.Event, *, grace_s: float
) -> None:
    """Answer requests until ``stop`` is set, then finish what runs.

    Args:
        gateway: The broker, the store, and the rules.
        listener: An open, listening socket.
        stop: Set to end; event streams end at once, uploads get the grace.
        grace_s: How long running requests may go on, seconds.
    """
    config = uvicorn.Config(
        create_app(gateway),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http=ProblemProtocol,
        ws="none",
        timeout_graceful_shutdown=max(1, round(grace_s)),
    )
    server = Server(config)
    stopper = asyncio.create_task(_stop_when(stop, gateway, server))
    try:
        await server.serve(sockets=[listener])
    finally:
        stopper.cancel()


async def _stop_when(
    stop: asyncio.Event, gateway: Gateway, server: uvicorn.Server
) -> None:
    await stop.wait()
    gateway.stopping.set()
    server.should_exit = True


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers and log lines."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: uvicorn ends by raising them again."""
        yield

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        for listener in sockets or []:
            log.info("listening", url=url_of(listener))


def url_of(listener: socket.socket) -> str:
    """Return the address of a listening socket as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
