"""Laws of the stack with its real servers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ergomesh.local import plan
from ergomesh.local.datadir import DataDir
from ergomesh.local.doctor import check_broker
from ergomesh.local.health import store_ok
from ergomesh.local.record import running_stack
from ergomesh.local.stack import Stack, StackBusyError, StackOptions, prepared
from local.conftest import Cli
from local.local_dummies import all_dead, eventually

pytestmark = pytest.mark.servers


async def start_servers(stack: Stack) -> list[int]:
    """Start broker and store; return their pids."""
    await stack.start_broker()
    await stack.start_store()
    stack.write_record()
    return list(stack.processes.pids.values())


async def test_a_restart_finds_its_data_and_keeps_its_addresses(
    tmp_path: Path,
) -> None:
    """State lies in one folder; odd letters in its name do no harm."""
    data = DataDir(tmp_path / "dáta, with [odd] name")
    options = StackOptions(data=data, models_dir=tmp_path)
    async with prepared(options, print) as stack:
        pids = await start_servers(stack)
        ports = stack.plan.ports
        await stack.store().put("kept", b"body", media_type="text/plain")
        assert (await check_broker(stack.plan.nats_url)).ok
        assert await store_ok(stack.store()) is None
        record = running_stack(data)
        assert record is not None
        assert record.url == stack.url
        assert set(record.processes) == {plan.NATS, plan.STORE}
        with pytest.raises(StackBusyError, match="ergomesh down"):
            async with prepared(options, print):
                pass
        for secret in (data.keys, stack.plan.s3_config):
            assert secret.stat().st_mode & 0o077 == 0
    assert all_dead(pids)
    assert not any(path.exists() for path in plan.store_sockets(ports))
    assert running_stack(data) is None
    left_by_a_crash = plan.store_sockets(ports)[0]
    left_by_a_crash.touch()
    async with prepared(options, print) as stack:
        assert not left_by_a_crash.exists()
        pids = await start_servers(stack)
        assert stack.plan.ports == ports
        assert await stack.store().read("kept") == b"body"
    assert all_dead(pids)


def processes_with(word: str) -> list[int]:
    """Return the processes whose environment or command line holds a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if word.encode() in text and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("nats", signal.SIGINT),
        ("seaweedfs", signal.SIGTERM),
        ("seaweedfs", signal.SIGKILL),
        ("ingest", signal.SIGINT),
        ("ingest", signal.SIGKILL),
    ],
)
def test_a_start_that_is_interrupted_leaves_nothing_running(
    tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    """Whatever has been started by then is stopped, even after a SIGKILL."""
    data = tmp_path / "data"
    models = tmp_path / "models-of-this-very-test"
    models.mkdir()
    command = subprocess.Popen(
        [sys.executable, "-m", "ergomesh.local", "up", "--data-dir", str(data),
         "--models-dir", str(models)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert command.stderr is not None
    with command.stderr:
        assert eventually((data / "logs" / f"{moment}.log").exists, 60)
        time.sleep(0.05)
        command.send_signal(number)
        said = command.stderr.read()
        code = command.wait(30)
    assert code == (-number if number is signal.SIGKILL else 0)
    assert b"Traceback" not in said
    assert eventually(lambda: processes_with(str(tmp_path)) == [])
    ports = DataDir(data).last_ports()
    assert ports is not None
    for path in plan.store_sockets(ports):
        assert number is signal.SIGKILL or not path.exists()
        path.unlink(missing_ok=True)


WORKERS = ("ingest", "pose-1", "pose-2", "mesh", "ergonomics", "gateway")


@pytest.mark.slow
def test_up_tells_its_address_serves_and_goes_down(cli: Cli, tmp_path: Path) -> None:
    """The whole stack with two pose workers: status, doctor, down, exit 0."""
    data = tmp_path / "data"
    up = subprocess.Popen(
        [sys.executable, "-m", "ergomesh.local", "up", "--pose-workers", "2",
         "--data-dir", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert up.stdout is not None
    try:
        with up.stdout:
            first = up.stdout.readline().decode()
            record = running_stack(DataDir(data))
            assert record is not None
            assert first == f"ergomesh is up: {record.url}\n"
            code, out, _ = cli("status")
            assert code == 0
            assert record.url in out
            rows = [line.split() for line in out.splitlines()]
            answers = {row[0]: row[2] for row in rows if row and row[0] in WORKERS}
            assert answers == dict.fromkeys(WORKERS, "yes")
            code, _, err = cli("up")
            assert code == 3
            assert "Another stack already runs" in err
            code, _, err = cli("down")
            assert code == 0, err
            assert up.wait(30) == 0
    finally:
        if up.poll() is None:
            up.terminate()
            up.wait(30)
    assert all_dead(list(record.processes.values()))
    assert cli("status")[0] == 1
