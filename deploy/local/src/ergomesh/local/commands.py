"""The commands behind the options: what each does, and what it prints."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ergomesh.contract.job import WORK_STAGES, JobSettings, PersonAt
from ergomesh.local import plan
from ergomesh.local.analyze import Outcome, analyze_clips
from ergomesh.local.broker import connect
from ergomesh.local.client import Gateway
from ergomesh.local.datadir import DataDir
from ergomesh.local.doctor import Examination, examine
from ergomesh.local.errors import StackError
from ergomesh.local.findings import all_well, findings_table, verdict
from ergomesh.local.lock import is_held
from ergomesh.local.orders import ClipOrder, plan_orders, shown
from ergomesh.local.record import StackRecord, running_stack
from ergomesh.local.report import outcome_report
from ergomesh.local.session import at_url, on_this_machine
from ergomesh.local.stack import StackOptions, prepared
from ergomesh.local.views import progress_view

DOWN_S: Final = 60.0
"""Longer than the stack may take to stop."""
POLL_S: Final = 0.1


class Screen:
    """Results on stdout; progress, notes and errors on stderr."""

    def __init__(self, out: Console, err: Console) -> None:
        self.out = out
        self.err = err

    def show(self, parts: Iterable[Text | Table]) -> None:
        """Print a result, from top to bottom."""
        for part in parts:
            self.out.print(part, soft_wrap=isinstance(part, Text))

    def tell(self, line: str) -> None:
        """Print a note."""
        self.err.print(line, soft_wrap=True)

    def fail(self, line: str) -> None:
        """Print an error."""
        self.err.print(line, soft_wrap=True, style="red")


# ---- up, down, status


async def up(options: StackOptions, screen: Screen, hurry: asyncio.Event) -> None:
    """Run a stack until cancelled.

    Raises:
        StackError: When it does not start, or breaks down.
    """
    began = time.monotonic()
    ran = False
    screen.tell(f"starting; data in {options.data.root}")
    try:
        async with prepared(options, screen.tell, hurry=hurry) as stack:
            await stack.start()
            ran = True
            screen.tell(f"ready after {time.monotonic() - began:.1f} s")
            said = welcome(stack.url, stack.plan.nats_url, invocation(sys.argv[0]))
            screen.out.print(said, soft_wrap=True)
            try:
                await stack.watch()
            finally:
                screen.tell("stopping")
    finally:
        if ran:
            screen.tell("nothing runs any more")


def invocation(program: str) -> str:
    """Return how the command was called, to be typed again.

    Args:
        program: ``sys.argv[0]``.
    """
    if Path(program).name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m ergomesh.local"
    found = shutil.which(Path(program).name)
    on_path = found is not None and Path(found) == Path(program)
    return shlex.quote(Path(program).name if on_path else program)


def welcome(url: str, nats_url: str, program: str) -> str:
    """Return what a user can do now.

    Args:
        url: Of the gateway.
        nats_url: Of the broker.
        program: How to call this command.
    """
    return f"""\
ergomesh is up: {url}

  events          {nats_url}
  in a browser    documentation at {url}/docs
  on this machine {program} analyze clip.mp4 --out results --url {url}
  over HTTP       curl -X POST -T clip.mp4 -H 'Content-Type: application/octet-stream' \
'{url}/v1/jobs?name=clip.mp4&preset=fast'
                  curl -N {url}/v1/jobs/JOB/events
                  curl -O {url}/v1/jobs/JOB/artifacts/result.json

Ctrl-C stops it."""


def down(data: DataDir, screen: Screen) -> None:
    """Stop the stack of ``ergomesh up``.

    Raises:
        StackError: When it does not stop, or is not one of ``up``.
    """
    record = running_stack(data)
    if record is None:
        screen.tell(f"nothing runs on {data.root}")
        return
    if record.owner != "up":
        msg = (
            f"The stack on {data.root} belongs to `ergomesh {record.owner}` "
            f"(pid {record.pid}) and ends with it."
        )
        raise StackError(msg)
    os.kill(record.pid, signal.SIGTERM)  # it holds the lock: the pid is its own
    deadline = time.monotonic() + DOWN_S
    while is_held(data.lock):
        if time.monotonic() > deadline:
            msg = f"The stack (pid {record.pid}) does not stop; see {data.logs}"
            raise StackError(msg)
        time.sleep(POLL_S)
    screen.tell(f"stopped the stack at {record.url}")


async def status(data: DataDir, screen: Screen) -> bool:
    """Print what runs; return whether a stack does."""
    record = running_stack(data)
    if record is None:
        what = "a stack is starting" if is_held(data.lock) else "nothing runs"
        screen.tell(f"{what} on {data.root}")
        return False
    memory = await _memory_mb(record)
    screen.out.print(
        f"{record.url}  (ergomesh {record.owner}, pid {record.pid}, "
        f"since {record.started_at})",
        soft_wrap=True,
    )
    screen.out.print(f"events  {plan.nats_url(record.ports)}", soft_wrap=True)
    screen.out.print(f"documentation  {record.url}/docs", soft_wrap=True)
    screen.out.print(status_table(record, memory))
    return True


async def _memory_mb(record: StackRecord) -> dict[int, float]:
    """Return the resident memory of each worker that answers."""
    found: dict[int, float] = {}
    with suppress(OSError):
        async with connect(plan.nats_url(record.ports)) as pings:
            for service in (*WORK_STAGES, plan.GATEWAY):
                answers = await pings.answers(service, pids=record.pids(service))
                found |= {pid: answer.memory_mb for pid, answer in answers.items()}
    return found


def status_table(record: StackRecord, memory_mb: Mapping[int, float]) -> Table:
    """Return a row for each process."""
    servers = {plan.NATS, plan.STORE}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("process")
    table.add_column("pid", justify="right")
    table.add_column("answers")
    table.add_column("memory", justify="right")
    for name, pid in record.processes.items():
        size = memory_mb.get(pid)
        answers = "" if name in servers else "no" if size is None else "yes"
        table.add_row(name, str(pid), answers, "" if size is None else f"{size:.0f} MB")
    return table


# ---- analyze


async def analyze(
    clips: Sequence[Path],
    out: Path,
    settings: JobSettings,
    *,
    url: str | None,
    options: StackOptions,
    screen: Screen,
    hurry: asyncio.Event,
) -> int:
    """Analyse clips; return the exit code.

    Raises:
        StackError: When the own stack does not start.
        GatewayError: When the gateway at ``url`` is out of reach.
    """
    orders = plan_orders(clips, out)
    _tell_renamed(orders, screen)

    async def work(gateway: Gateway) -> int:
        with progress_view(screen.err) as view:
            outcomes = await analyze_clips(gateway, orders, query_of(settings), view)
        for outcome in outcomes:
            print_outcome(outcome, screen)
        return exit_code(outcomes)

    if url is not None:
        return await at_url(url, work)
    return await on_this_machine(options, work, tell=screen.tell, hurry=hurry)


def _tell_renamed(orders: Sequence[ClipOrder], screen: Screen) -> None:
    for order in orders:
        if order.renamed:
            folder = shown(str(order.folder))
            screen.tell(f"{order.label}: the name is taken; results go to {folder}")


def query_of(settings: JobSettings) -> dict[str, str]:
    """Return settings as query parameters; what was not told is left out."""
    flat: dict[str, object] = {}
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, msgspec.Struct):
            prefix = f"{name}_" if isinstance(value, PersonAt) else ""
            flat |= {prefix + k: v for k, v in msgspec.structs.asdict(value).items()}
        else:
            flat[name] = value
    return {name: _text(value) for name, value in flat.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def print_outcome(outcome: Outcome, screen: Screen) -> None:
    """Print how a clip ended."""
    if outcome.error is None:
        screen.show(outcome_report(outcome))
    else:
        screen.fail(f"{outcome.order.label}: {outcome.error}")


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 0, or the gravest of what went wrong."""
    return max((o.error.exit_code for o in outcomes if o.error is not None), default=0)


# ---- doctor


async def doctor(asked: Examination, screen: Screen, hurry: asyncio.Event) -> bool:
    """Check everything; print a table; return whether all is well."""
    findings = await examine(asked, screen.tell, hurry=hurry)
    screen.out.print(findings_table(findings))
    screen.out.print(verdict(findings), soft_wrap=True)
    return all_well(findings)
