"""Laws of the process supervisor, on small dummy processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ergomesh.local import guard
from ergomesh.local.errors import StackError
from ergomesh.local.processes import (
    Child,
    ProcessSpec,
    RestartPolicy,
    Supervisor,
    tail,
)
from local.local_dummies import (
    all_dead,
    events,
    eventually,
    lives,
    python,
    ready_probe,
    server,
)

QUICK = RestartPolicy(limit=2, first_wait_s=0.02, stable_s=60.0)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """A supervisor whose processes are stopped after the test."""
    made = Supervisor(tmp_path, tell=lambda _: None, policy=QUICK)
    yield made
    await made.stop()


def ends_with(code: int, *, says: str = "") -> tuple[str, ...]:
    """Return a command that prints something and ends."""
    return python(f"import sys; print({says!r}); sys.exit({code})")


async def test_a_process_counts_as_started_only_once_its_probe_says_so(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Waiting for health ends after the process is ready, not before."""
    (child,) = supervisor.launch([server("slow", tmp_path, delay_s=0.3)])
    assert events(tmp_path) == []
    await supervisor.healthy(child, ready_probe(tmp_path, "slow"), timeout_s=10)
    assert events(tmp_path) == ["slow ready"]
    assert supervisor.pids == {"slow": child.pid}


async def test_a_death_at_start_is_told_with_code_log_and_last_lines(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Whoever dies before it is ready is named, with what it said last."""
    words = "\n".join(f"line {number}" for number in range(30))
    spec = ProcessSpec(name="broken", command=ends_with(3, says=words))
    (child,) = supervisor.launch([spec])
    with pytest.raises(StackError) as caught:
        await supervisor.healthy(child, ready_probe(tmp_path, "broken"), timeout_s=10)
    told = str(caught.value)
    assert told.startswith("broken ended with exit code 3 while the stack was starting")
    assert str(tmp_path / "broken.log") in told
    assert told.endswith("line 28\nline 29")
    assert "line 5\n" not in told


async def test_a_program_that_is_not_there_is_a_death_at_start(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """A missing program is told by its path."""
    missing = str(tmp_path / "no-such-server")
    (child,) = supervisor.launch([ProcessSpec(name="gone", command=(missing,))])
    with pytest.raises(StackError, match="no-such-server: No such file"):
        await supervisor.healthy(child, ready_probe(tmp_path, "gone"), timeout_s=10)


async def test_a_process_that_never_gets_ready_is_given_up(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """After the timeout the error says what was still missing."""
    (child,) = supervisor.launch([server("mute", tmp_path, delay_s=60)])
    with pytest.raises(StackError, match=r"mute is not ready.*it has not said so"):
        await supervisor.healthy(child, ready_probe(tmp_path, "mute"), timeout_s=0.1)


async def test_a_dead_broker_is_blamed_instead_of_the_service_that_waits_for_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """While a later tier starts, the death of an earlier one is the error."""
    (broker,) = supervisor.launch([server("broker", tmp_path)])
    await supervisor.healthy(broker, ready_probe(tmp_path, "broker"), timeout_s=10)
    (service,) = supervisor.launch([server("service", tmp_path, delay_s=60)])
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    with pytest.raises(StackError, match="broker was ended by SIGKILL"):
        await supervisor.healthy(
            service, ready_probe(tmp_path, "service"), timeout_s=10
        )


async def test_a_dead_sibling_is_not_blamed_for_the_others(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Processes of one tier are judged each for itself."""
    broken = ProcessSpec(name="broken", command=ends_with(1))
    _, fine = supervisor.launch([broken, server("fine", tmp_path)])
    await supervisor.healthy(fine, ready_probe(tmp_path, "fine"), timeout_s=10)
    assert "fine ready" in events(tmp_path)


async def test_tiers_stop_in_reverse_order_and_nothing_is_left(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Services stop before the servers they talk to."""
    for tier in (["broker"], ["store"], ["one", "two"]):
        children = supervisor.launch([server(name, tmp_path) for name in tier])
        for child in children:
            probe = ready_probe(tmp_path, child.spec.name)
            await supervisor.healthy(child, probe, timeout_s=10)
    pids = list(supervisor.pids.values())
    assert len(pids) == 4
    await supervisor.stop()
    stops = [line.split()[0] for line in events(tmp_path) if line.endswith("stops")]
    assert set(stops[:2]) == {"one", "two"}
    assert stops[2:] == ["store", "broker"]
    assert all_dead(pids)


async def test_a_process_that_ignores_sigterm_is_killed_after_its_grace(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Grace ends; nothing survives a stop."""
    (child,) = supervisor.launch([server("stubborn", tmp_path, stubborn=True)])
    await supervisor.healthy(child, ready_probe(tmp_path, "stubborn"), timeout_s=10)
    pids, began = list(supervisor.pids.values()), time.monotonic()
    await supervisor.stop()
    assert 0.25 < time.monotonic() - began < 3
    assert all_dead(pids)


async def test_hurry_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    """A second Ctrl-C ends even a stubborn process at once."""
    hurry = asyncio.Event()
    supervisor = Supervisor(tmp_path, tell=lambda _: None, hurry=hurry)
    spec = server("stubborn", tmp_path, stubborn=True)
    patient = ProcessSpec(name=spec.name, command=spec.command, grace_s=60)
    (child,) = supervisor.launch([patient])
    await supervisor.healthy(child, ready_probe(tmp_path, "stubborn"), timeout_s=10)
    pids, stopping = (
        list(supervisor.pids.values()),
        asyncio.ensure_future(supervisor.stop()),
    )
    await asyncio.sleep(0.1)
    hurry.set()
    await asyncio.wait_for(stopping, 5)
    assert all_dead(pids)


async def test_what_a_process_has_started_ends_with_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """A stop also reaches the children of a service."""
    nested = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; "
        "time.sleep(60)'])\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    note = tmp_path / "grandchild"
    spec = ProcessSpec(name="parent", command=python(nested, str(note)), grace_s=0.2)
    supervisor.launch([spec])
    assert await asyncio.to_thread(
        eventually, lambda: note.exists() and note.read_text().isdigit()
    )
    grandchild = int(note.read_text())
    assert lives(grandchild)
    await supervisor.stop()
    assert all_dead([grandchild])


async def test_a_process_that_ends_is_started_again_and_its_end_is_told(
    tmp_path: Path,
) -> None:
    """A kill during the run costs a new start with a new pid, and one line."""
    told: list[str] = []
    changes: list[int] = []
    supervisor = Supervisor(
        tmp_path, tell=told.append, on_change=lambda: changes.append(1), policy=QUICK
    )
    (child,) = supervisor.launch([server("worker", tmp_path)])
    await supervisor.healthy(child, ready_probe(tmp_path, "worker"), timeout_s=10)
    watching = asyncio.ensure_future(supervisor.watch())
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await asyncio.to_thread(
        eventually, lambda: events(tmp_path).count("worker ready") == 2
    )
    assert child.pid not in {first, None}
    assert len(changes) == 1
    assert len(told) == 1
    assert told[0].startswith("worker was ended by SIGKILL; it starts again")
    assert str(child.log) in told[0]
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await supervisor.stop()


async def test_a_process_that_keeps_ending_breaks_the_stack(tmp_path: Path) -> None:
    """After the limit of ends in a row the watch gives up, with the reason."""
    told: list[str] = []
    supervisor = Supervisor(tmp_path, tell=told.append, policy=QUICK)
    supervisor.launch([ProcessSpec(name="hopeless", command=ends_with(7, says="why"))])
    with pytest.raises(StackError, match=r"hopeless ended with exit code 7, .*3"):
        await asyncio.wait_for(supervisor.watch(), 10)
    assert len(told) == QUICK.limit
    await supervisor.stop()


async def test_a_long_life_makes_earlier_ends_forgotten(tmp_path: Path) -> None:
    """Only ends in a row count: with every life long enough, there is no limit."""
    told: list[str] = []
    policy = RestartPolicy(limit=1, first_wait_s=0.01, stable_s=0.0)
    supervisor = Supervisor(tmp_path, tell=told.append, policy=policy)
    supervisor.launch([ProcessSpec(name="mortal", command=ends_with(1))])
    watching = asyncio.ensure_future(supervisor.watch())
    assert await asyncio.to_thread(eventually, lambda: len(told) >= 3)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await supervisor.stop()


async def test_waits_between_starts_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The back-off is the first wait times a power of two."""
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(delay: float) -> None:
        if delay > 1:
            waits.append(delay)
        await real_sleep(0.001)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    policy = RestartPolicy(limit=4, first_wait_s=3.0)
    supervisor = Supervisor(tmp_path, tell=lambda _: None, policy=policy)
    supervisor.launch([ProcessSpec(name="hopeless", command=ends_with(1))])
    with pytest.raises(StackError):
        await supervisor.watch()
    assert waits == [3.0, 6.0, 12.0, 24.0]
    await supervisor.stop()


async def test_the_log_of_the_run_before_is_put_aside(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """A new run begins a new log and keeps one old one."""
    (tmp_path / "one.log").write_text("old")
    (child,) = supervisor.launch([ProcessSpec(name="one", command=ends_with(0))])
    await child.ended()
    assert (tmp_path / "one.log.1").read_text() == "old"
    assert "old" not in (tmp_path / "one.log").read_text()


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    """However long the log, whatever its bytes, the tail is short text."""
    log = tmp_path / "log"
    assert tail(log) == ""
    log.write_bytes(b"\xff" * 100_000 + b"\nlast but one\nlast\n\n")
    assert tail(log, lines=2) == "last but one\nlast"


_PARENT = """
import asyncio, pathlib, sys
from ergomesh.local.processes import ProcessSpec, Supervisor
folder = pathlib.Path(sys.argv[1])
supervisor = Supervisor(folder, tell=print)
code = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
command = (sys.executable, "-S", "-c", code)
specs = [ProcessSpec(name=str(n), command=command) for n in range(3)]
supervisor.launch(specs)
print(*supervisor.pids.values(), flush=True)
asyncio.run(supervisor.watch())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the command leaves nothing running."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(lives, pids))
        parent.kill()
        parent.wait()
    assert all_dead(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_a_child_whose_parent_is_gone_does_not_even_start(tmp_path: Path) -> None:
    """The window between fork and prctl is closed by a look at the parent."""
    note = tmp_path / "ran"
    command = ["/usr/bin/env", "touch", str(note)]
    other = subprocess.run(
        [sys.executable, "-I", "-S", guard.__file__, "1", *command], check=False
    )
    assert other.returncode == guard.EXIT_ORPHAN
    assert not note.exists()
    mine = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), *command]
    assert subprocess.run(mine, check=False).returncode == 0
    assert note.exists()


async def test_a_child_that_never_ran_can_be_stopped(tmp_path: Path) -> None:
    """Ending something that was not started is no error."""
    child = Child(server("never", tmp_path), tmp_path / "never.log")
    child.terminate()
    child.kill()
    assert child.pid is None
    assert not child.running
