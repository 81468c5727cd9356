"""A worker as a real process: how it starts, answers, and ends on SIGTERM."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from ergomesh.contract.job import JobState
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.service import EXIT_SETUP, Alive, ping_subject
from runtime.harness import LONG_S, PATIENCE_S, accept, eventually, has_ended, status
from servers import HOST, NatsServer, Seaweed, free_ports

pytestmark = pytest.mark.servers

SERVICE = '''
"""A service that sleeps for its work."""
import asyncio, sys
from ergomesh.contract.events import JobAccepted, JobCompleted
from ergomesh.contract.job import StageName
from ergomesh.runtime.service import run_service
from ergomesh.runtime.settings import RuntimeSettings
from ergomesh.runtime.work import Outcome

class Sleeper:
    name = StageName.ERGONOMICS
    event = JobAccepted
    async def handle(self, event, work):
        for _ in range(int(sys.argv[1])):
            work.progress(0.5)
            await asyncio.sleep(0.02)
        end = JobCompleted(tenant=event.tenant, job=event.job, artifacts={})
        return Outcome(events=(end,))

run_service(StageName.ERGONOMICS, RuntimeSettings, lambda settings: Sleeper())
'''


@contextmanager
def process(
    folder: Path, variables: dict[str, str], *, steps: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """Run the service; end it if the test did not."""
    program = folder / "service.py"
    program.write_text(SERVICE)
    child = subprocess.Popen(
        [sys.executable, str(program), str(steps)],
        env={f"ERGOMESH_{name}": value for name, value in variables.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def servers_of(nats: NatsServer, seaweed: Seaweed) -> dict[str, str]:
    """Return the variables that name two servers."""
    return {
        "NATS_URL": nats.url,
        "S3_ENDPOINT": seaweed.endpoint,
        "S3_BUCKET": seaweed.bucket,
        "S3_ACCESS_KEY": seaweed.access_key,
        "S3_SECRET_KEY": seaweed.secret_key,
    }


async def alive(bus: Bus) -> Alive | None:
    """Ask the service whether it is there."""
    answer = await bus.ask(ping_subject("ergonomics"), b"", timeout_s=0.5)
    return None if answer is None else msgspec.json.decode(answer, type=Alive)


async def ended(child: "subprocess.Popen[str]") -> float:
    """Wait for the end of a process; return how long it took, seconds."""
    began_s = time.monotonic()
    await asyncio.to_thread(child.wait, LONG_S)
    return time.monotonic() - began_s


async def test_a_process_works_and_ends_on_sigterm(
    fresh_nats: NatsServer, seaweed: Seaweed, tmp_path: Path
) -> None:
    """It answers pings with its own pid, does a job, and exits 0 when told to."""
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await accept(bus)
    with process(tmp_path, servers_of(fresh_nats, seaweed)) as child:
        await eventually(lambda: has_ended(bus))
        found = await alive(bus)
        assert found is not None
        assert (found.service, found.pid) == ("ergonomics", child.pid)
        assert 10 < found.memory_mb < 1000
        child.send_signal(signal.SIGTERM)
        assert await ended(child) < 2.5
        assert child.returncode == 0
    assert (await status(bus)).state is JobState.COMPLETED
    await bus.close()


async def test_sigterm_hands_long_work_to_the_next_process(
    fresh_nats: NatsServer, seaweed: Seaweed, tmp_path: Path
) -> None:
    """Beyond its grace a process gives the job back; another one does it at once."""
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    variables = servers_of(fresh_nats, seaweed) | {"ACK_WAIT_S": "30", "GRACE_S": "0.1"}
    await accept(bus)
    with process(tmp_path, variables, steps=10_000) as first:
        await eventually(lambda: is_running(bus))
        first.send_signal(signal.SIGTERM)
        assert await ended(first) < 3.0
        assert first.returncode == 0
    with process(tmp_path, variables):
        await eventually(lambda: has_ended(bus))
    assert (await status(bus)).state is JobState.COMPLETED
    await bus.close()


async def is_running(bus: Bus) -> bool:
    """Tell whether the job was taken up."""
    return (await status(bus)).state is JobState.RUNNING


def test_wrong_settings_end_the_process(tmp_path: Path) -> None:
    """It exits 3 and names every wrong variable, without a traceback."""
    with process(tmp_path, {"SLOTS": "none", "LOG_LEVEL": "loud"}) as child:
        _, complaint = child.communicate(timeout=20)
    assert child.returncode == EXIT_SETUP == 3
    assert "ERGOMESH_SLOTS: " in complaint
    assert "ERGOMESH_LOG_LEVEL: " in complaint
    assert "Traceback" not in complaint


def test_a_missing_broker_ends_the_process(tmp_path: Path) -> None:
    """It exits 3 with one sentence that names the address and the variable."""
    url = f"nats://{HOST}:{free_ports(1)[0]}"
    with process(tmp_path, {"NATS_URL": url, "CONNECT_TIMEOUT_S": "0.3"}) as child:
        _, complaint = child.communicate(timeout=20)
    assert child.returncode == EXIT_SETUP
    assert url in complaint
    assert "ERGOMESH_NATS_URL" in complaint
    assert "Traceback" not in complaint


async def test_sigterm_ends_the_wait_for_a_broker(tmp_path: Path) -> None:
    """A process that still waits for its broker stops at once, without complaint."""
    knocked, over = asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocked.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, HOST, 0)
    url = f"nats://{HOST}:{server.sockets[0].getsockname()[1]}"
    with process(tmp_path, {"NATS_URL": url, "CONNECT_TIMEOUT_S": "60"}) as child:
        await asyncio.wait_for(knocked.wait(), 2 * PATIENCE_S)
        child.send_signal(signal.SIGTERM)
        assert await ended(child) < 2.0
        assert child.returncode == 0
    over.set()
    server.close()
