"""The stack on one machine: broker, object store, five services."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ergomesh.local import health, plan
from ergomesh.local.broker import Pings, connect
from ergomesh.local.datadir import DataDir
from ergomesh.local.errors import StackError
from ergomesh.local.files import PRIVATE, write_atomically
from ergomesh.local.lock import HeldError, exclusive
from ergomesh.local.plan import GATEWAY, StackPlan
from ergomesh.local.ports import HOST, StackPorts, choose_ports, is_free
from ergomesh.local.processes import Child, Probe, Supervisor, Tell
from ergomesh.local.programs import find_program
from ergomesh.local.record import (
    Owner,
    StackRecord,
    read_record,
    remove_record,
    write_record,
)
from ergomesh.local.tasks import all_or_first_error
from ergomesh.runtime.s3 import S3Store

SERVER_START_S: Final = 30.0
"""nats-server takes 0.03 s, SeaweedFS 1 s."""
SERVICE_START_S: Final = 120.0
"""A first import of torch from a slow disk takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What a user may choose."""

    data: DataDir
    models_dir: Path
    http_port: int | None = None
    pose_workers: int = 1
    owner: Owner = "up"


class StackBusyError(StackError):
    """Another stack runs on the data folder."""


class Stack:
    """A stack that is starting, running or stopping."""

    def __init__(
        self,
        options: StackOptions,
        setup: StackPlan,
        *,
        tell: Tell,
        hurry: asyncio.Event | None = None,
    ) -> None:
        self._options = options
        self._tell = tell
        self._connections = AsyncExitStack()
        self._pings: Pings | None = None
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.plan = setup
        self.processes = Supervisor(
            setup.data.logs, tell=tell, on_change=self.write_record, hurry=hurry
        )

    @property
    def url(self) -> str:
        """Address of the gateway."""
        return self.plan.url

    def store(self) -> S3Store:
        """Return a client of the object store."""
        return plan.open_store(self.plan.s3_endpoint, self.plan.keys)

    async def start_broker(self) -> None:
        """Start nats-server and wait for it."""
        write_atomically(
            self.plan.nats_config, plan.nats_config(self.plan).encode(), mode=PRIVATE
        )
        (child,) = self.processes.launch([plan.nats_spec(self.plan)])
        url = f"http://{HOST}:{self.plan.ports.nats_monitor}/healthz"
        await self._wait(child, health.http_probe(url), SERVER_START_S)
        self._pings = await self._connections.enter_async_context(
            connect(self.plan.nats_url)
        )

    async def start_store(self) -> None:
        """Start SeaweedFS and wait until it keeps what it is given."""
        # It would otherwise take the ports of its last run from there.
        (self.plan.data.store / "mini.options").unlink(missing_ok=True)
        config = plan.s3_config(self.plan.keys).encode()
        write_atomically(self.plan.s3_config, config, mode=PRIVATE)
        (child,) = self.processes.launch([plan.store_spec(self.plan)])
        await self._wait(child, health.store_probe(self.store()), SERVER_START_S)

    async def start_services(self) -> None:
        """Start all services at once and wait for each."""
        children = self.launch_services()
        waits = (self.wait_for_service(child) for child in children)
        await all_or_first_error(waits)

    def launch_services(self) -> list[Child]:
        """Start all services without waiting."""
        return self.processes.launch(plan.service_specs(self.plan, os.environ))

    async def wait_for_service(self, child: Child) -> None:
        """Wait until a service answers.

        Raises:
            StackError: When it ends, or stays silent.
        """
        await self._wait(child, self._service_probe(child), SERVICE_START_S)

    def _service_probe(self, child: Child) -> Probe:
        service = dict(plan.workers(self.plan))[child.spec.name]
        if service == GATEWAY:
            return health.http_probe(f"{self.url}/readyz")
        if self._pings is None:
            msg = "The broker must run before the services."
            raise StackError(msg)
        return health.worker_probe(self._pings, service, child)

    async def _wait(self, child: Child, probe: Probe, timeout_s: float) -> None:
        await self.processes.healthy(child, probe, timeout_s=timeout_s)

    def write_record(self) -> None:
        """Tell other commands what runs."""
        record = StackRecord(
            url=self.url,
            owner=self._options.owner,
            pid=os.getpid(),
            started_at=self._started_at,
            version=version("ergomesh-local"),
            models_dir=str(self.plan.models_dir),
            ports=self.plan.ports,
            processes=self.processes.pids,
        )
        write_record(self.plan.data, record)

    async def start(self) -> None:
        """Start everything, in order.

        Raises:
            StackError: When a part does not come up.
        """
        await self.start_broker()
        await self.start_store()
        self._tell("starting the services")
        await self.start_services()
        self.write_record()

    async def watch(self) -> None:
        """Keep the processes running until cancelled.

        Raises:
            StackError: When one ends too often.
        """
        await self.processes.watch()

    async def stop(self) -> None:
        """Stop everything; services first, then the store, then the broker."""
        remove_record(self.plan.data)
        await self._connections.aclose()
        await self.processes.stop()
        _remove_sockets(self.plan.ports)


@asynccontextmanager
async def prepared(
    options: StackOptions, tell: Tell, *, hurry: asyncio.Event | None = None
) -> AsyncIterator[Stack]:
    """Hold the data folder, with a stack that is about to start; stop it at the end.

    Args:
        options: The user's choices.
        tell: Takes lines for the user.
        hurry: Set it to have the stack stopped without grace.

    Raises:
        StackError: When another stack runs on the folder, or a program is missing.
        UsageFault: When the folder or the HTTP port cannot be used.
    """
    options.data.prepare()
    with _locked(options.data):
        _sweep(options.data)
        stack = Stack(options, make_plan(options), tell=tell, hurry=hurry)
        try:
            yield stack
        finally:
            await stack.stop()


def _sweep(data: DataDir) -> None:
    """Remove what a crash left over; nobody uses it, as we have the lock."""
    remove_record(data)
    ports = data.last_ports()
    if ports is not None and all(map(is_free, ports.all())):
        _remove_sockets(ports)


def _remove_sockets(ports: StackPorts) -> None:
    for path in plan.store_sockets(ports):
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def _locked(data: DataDir) -> Iterator[None]:
    try:
        with exclusive(data.lock):
            yield
    except HeldError as error:
        record = read_record(data)
        who = "" if record is None else f" (pid {record.pid}, {record.url})"
        msg = (
            f"Another stack already runs on {data.root}{who}: use that one, stop it "
            "with `ergomesh down`, or choose another folder with --data-dir."
        )
        raise StackBusyError(msg) from error


def make_plan(options: StackOptions) -> StackPlan:
    """Choose ports and keys, and find the programs."""
    data = options.data
    ports = choose_ports(http_port=options.http_port, last=data.last_ports())
    data.keep_ports(ports)
    return StackPlan(
        data=data,
        ports=ports,
        keys=data.load_keys(),
        models_dir=options.models_dir.absolute(),
        pose_workers=options.pose_workers,
        nats_server=find_program("nats-server"),
        weed=find_program("weed"),
    )
