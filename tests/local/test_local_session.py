"""Laws of whose stack a command uses, with a gateway that only says it is ready."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergomesh.local import lock, plan, processes, session
from ergomesh.local.client import Gateway
from ergomesh.local.datadir import DataDir
from ergomesh.local.errors import StackError
from ergomesh.local.lock import exclusive, is_held
from ergomesh.local.processes import ProcessSpec, RestartPolicy
from ergomesh.local.record import running_stack
from ergomesh.local.session import on_this_machine
from ergomesh.local.stack import Stack, StackBusyError, StackOptions
from local.local_dummies import all_dead, eventually, python

_READY = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackOptions:
    """Options of a stack that has a gateway and nothing else."""

    async def nothing(_: Stack) -> None:
        return None

    def gateway_only(setup: plan.StackPlan, _: object) -> list[ProcessSpec]:
        command = python(_READY, str(setup.ports.http))
        return [ProcessSpec(name=plan.GATEWAY, command=command, grace_s=1.0)]

    monkeypatch.setattr(Stack, "start_broker", nothing)
    monkeypatch.setattr(Stack, "start_store", nothing)
    monkeypatch.setattr(plan, "service_specs", gateway_only)
    monkeypatch.setattr(session, "POLL_S", 0.02)
    monkeypatch.setattr(lock, "PATIENCE_S", 0.05)
    data = DataDir(tmp_path / "data")
    return StackOptions(data=data, models_dir=tmp_path, owner="analyze")


def pid_of(options: StackOptions) -> int:
    """Return the pid of the gateway that runs."""
    record = running_stack(options.data)
    assert record is not None
    return record.processes[plan.GATEWAY]


def never(line: str) -> None:
    """Take a line, and do nothing with it."""


Work = Callable[[Gateway], Awaitable[int]]


def start(options: StackOptions, work: Work) -> "asyncio.Task[int]":
    """Start some work on this machine."""
    return asyncio.create_task(on_this_machine(options, work, tell=never))


async def until_running(options: StackOptions) -> None:
    """Wait until a stack runs."""
    await asyncio.to_thread(eventually, lambda: running_stack(options.data) is not None)


async def test_a_stack_of_one_s_own_lives_as_long_as_the_work(
    options: StackOptions,
) -> None:
    """It is there during the work, recorded and locked; and gone afterwards."""
    pids: list[int] = []

    async def work(gateway: Gateway) -> int:
        await gateway.check()
        assert is_held(options.data.lock)
        pids.append(pid_of(options))
        return 7

    assert await start(options, work) == 7
    assert all_dead(pids)
    assert running_stack(options.data) is None
    assert not is_held(options.data.lock)
    assert not options.data.record.exists()


async def test_a_second_command_joins_and_the_first_waits_for_it(
    options: StackOptions,
) -> None:
    """Nobody's stack is pulled away from under them."""
    begun, finish = asyncio.Event(), asyncio.Event()
    pids: set[int] = set()

    async def short(_: Gateway) -> int:
        pids.add(pid_of(options))
        await begun.wait()
        return 1

    async def long(_: Gateway) -> int:
        pids.add(pid_of(options))
        begun.set()
        await finish.wait()
        return 2

    first = start(options, short)
    await until_running(options)
    second = start(options, long)
    await begun.wait()
    await asyncio.sleep(0.3)
    assert not first.done()
    assert len(pids) == 1
    finish.set()
    assert (await first, await second) == (1, 2)
    assert all_dead(list(pids))


async def test_two_that_start_together_share_one_stack_or_take_turns(
    options: StackOptions,
) -> None:
    """However they race, both get their work done and nothing is left."""
    pids: set[int] = set()

    async def work(gateway: Gateway) -> int:
        pids.add(pid_of(options))
        await gateway.check()
        await asyncio.sleep(0.05)
        return 1

    done = await asyncio.gather(*(start(options, work) for _ in range(3)))
    assert done == [1, 1, 1]
    assert all_dead(list(pids))
    assert not is_held(options.data.lock)


async def test_cancelling_in_the_middle_leaves_nothing(options: StackOptions) -> None:
    """Whether during the start or during the work, the processes end."""
    for moment_s in (0.0, 0.05, 0.3):
        forever = start(options, lambda _: asyncio.sleep(60, 1))
        await asyncio.sleep(moment_s)
        pids = (
            list(record.processes.values())
            if (record := running_stack(options.data))
            else []
        )
        forever.cancel()
        with pytest.raises(asyncio.CancelledError):
            await forever
        assert all_dead(pids)
        assert not is_held(options.data.lock)


async def test_a_stack_that_breaks_down_ends_the_work(
    options: StackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says which process, not that some request failed."""
    policy = RestartPolicy(limit=0)
    monkeypatch.setattr(processes, "RestartPolicy", lambda: policy)

    async def work(_: Gateway) -> int:
        os.kill(pid_of(options), signal.SIGKILL)
        await asyncio.sleep(60)
        return 1

    with pytest.raises(StackError, match="gateway was ended by SIGKILL"):
        await start(options, work)
    assert not is_held(options.data.lock)


async def test_a_service_that_does_not_start_is_told_and_nothing_is_left(
    options: StackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the log and what stands at its end."""
    broken = ProcessSpec(
        name=plan.GATEWAY, command=python("import sys; sys.exit('no port for me')")
    )
    monkeypatch.setattr(plan, "service_specs", lambda *_: [broken])
    with pytest.raises(StackError) as caught:
        await start(options, lambda _: asyncio.sleep(0, 1))
    assert "gateway ended with exit code 1" in str(caught.value)
    assert str(caught.value).endswith("no port for me")
    assert not is_held(options.data.lock)


async def test_a_folder_that_stays_busy_is_an_error(
    options: StackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who holds the folder without a stack is not waited for in vain."""
    monkeypatch.setattr(session, "SERVICE_START_S", 0.1)
    options.data.prepare()
    told: list[str] = []
    with exclusive(options.data.lock), pytest.raises(StackBusyError) as caught:
        await on_this_machine(options, lambda _: asyncio.sleep(0, 1), tell=told.append)
    assert str(options.data.root) in str(caught.value)
