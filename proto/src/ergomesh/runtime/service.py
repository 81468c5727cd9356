"""Wiring of a worker process: settings, logs, broker, store, signals."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec

from ergomesh.contract.events import VERSION, Event
from ergomesh.contract.job import StageName
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import SetupError, Transient
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.logs import configure_logs
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.settings import RuntimeSettings
from ergomesh.runtime.work import Stage
from ergomesh.runtime.worker import Worker, WorkerOptions

CANCEL_PATIENCE_S: Final = 0.2
"""How long a cancelled task gets before it is cancelled again."""
EXIT_SETUP: Final = 3
"""Exit code of a process that could not start."""

S = TypeVar("S", bound=RuntimeSettings)
E = TypeVar("E", bound=Event)
T = TypeVar("T")


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's answer to a ping."""

    service: str
    pid: int
    memory_mb: float
    """Resident memory."""


def ping_subject(service: str) -> str:
    """Return the subject on which a service's workers answer."""
    return f"{VERSION}.ping.{service}"


def run_service(
    name: StageName, settings_type: type[S], make_stage: Callable[[S], Stage[E]]
) -> None:
    """Run one worker process until SIGTERM or Ctrl-C; exit 3 if it cannot start."""
    try:
        settings = settings_type.load()
        configure_logs(
            level=settings.log_level, fmt=settings.log_format, service=str(name)
        )
        asyncio.run(_run(name, settings, make_stage(settings)))
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_SETUP)


async def _run(name: StageName, settings: RuntimeSettings, stage: Stage[E]) -> None:
    stop = stop_on_signals()
    store = open_store(settings)
    connecting = JetStreamBus.connect(
        settings.nats_url, name=str(name), timeout_s=settings.connect_timeout_s
    )
    bus = await unless_stopped(stop, connecting)
    if bus is None:
        return
    try:
        await bus.answer(ping_subject(str(name)), lambda: alive(str(name)))
        worker = Worker(
            stage,
            bus=bus,
            store=store,
            jobs=Jobs(bus, now_rfc3339),
            options=worker_options(settings),
        )
        await worker.run(stop)
    finally:
        await bus.close()
        store.close()


def open_store(settings: RuntimeSettings) -> S3Store:
    """Return the store that the settings name; no round trip yet."""
    return S3Store(
        endpoint=settings.s3_endpoint,
        bucket=settings.s3_bucket,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
    )


async def wait_for_store(store: S3Store, timeout_s: float) -> None:
    """Make the bucket, waiting for the store to come up.

    Raises:
        SetupError: When it does not answer in time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        try:
            await store.ensure_bucket()
        except Transient as error:
            if loop.time() > deadline:
                raise SetupError(error.message) from error
            await asyncio.sleep(0.2)
        else:
            return


def worker_options(settings: RuntimeSettings) -> WorkerOptions:
    """Return the worker's share of the settings."""
    return WorkerOptions(
        ack_wait_s=settings.ack_wait_s,
        max_deliver=settings.max_deliver,
        backoff_s=settings.backoff_s,
        slots=settings.slots,
        grace_s=settings.grace_s,
    )


async def unless_stopped(
    stop: asyncio.Event, doing: Coroutine[Any, Any, T]
) -> T | None:
    """Return the result, or None if ``stop`` is set before it is there."""
    task, stopped = asyncio.create_task(doing), asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        stopped.cancel()
        return await task
    # Once may not do: on Python 3.11 a cancel that meets a result is swallowed.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_PATIENCE_S)
    with suppress(asyncio.CancelledError):
        await task
    return None


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no loop signal handlers
            loop.add_signal_handler(number, stop.set)
    return stop


def alive(service: str) -> bytes:
    """Return the answer to a ping."""
    answer = Alive(service=service, pid=os.getpid(), memory_mb=_memory_mb())
    return msgspec.json.encode(answer)


def _memory_mb() -> float:
    """Return this process's resident memory; 0 where /proc is missing."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # procfs
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
