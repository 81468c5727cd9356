"""``ergomesh rescore``: a finished job's motion again, with other task facts."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from ergomesh.contract.job import JobSettings, JobStatus
from ergomesh.local import commands
from ergomesh.local.analyze import JOB, Rescoring, rescore_job
from ergomesh.local.asked import settings_asked
from ergomesh.local.at_once import all_of
from ergomesh.local.client import Gateway
from ergomesh.local.errors import LocalCode, UsageFault
from ergomesh.local.options import (
    assessed_by_option,
    faces_option,
    language_option,
    out_option,
    task_option,
    workplace_option,
)
from ergomesh.local.orders import ClipOrder, shown
from ergomesh.local.session import at_url, on_this_machine
from ergomesh.local.stack import StackOptions
from ergomesh.local.task_file import PART_OF, PARTS
from ergomesh.local.views import progress_view

HELP: Final = """\
Score a finished job again with other task facts.

Starts at the body in motion, so it takes seconds: neither the clip nor the body is
looked at again. The old result stays; the new one is a job of its own. The facts are
those of the task file alone, or without one those told before. A fact that the body
was fitted with (height_m, the camera) must stay. What report.pdf says of where and by
whom stays until it is told anew; --workplace "" leaves it out.

\b
Examples:
  ergomesh rescore results/lift --task heavy.toml
  ergomesh rescore results/lift --task heavy.toml --out heavy
  ergomesh rescore results/lift --task task.toml --out cs --language cs --overlay
  ergomesh rescore results/lift --assessed-by "Jana Novotná"
  ergomesh rescore JOB --task task.toml --out again --url http://server:8080

Without --out the new results go beside the old ones, into a folder that is not there
yet: results/lift-rescored, then results/lift-rescored-2, and so on.

JOB is a job's id; a folder that "ergomesh analyze" wrote knows it (job.json). The job
must be known where this runs: same --data-dir, or same --url.

Exit codes: 0 done, 1 it failed (why is on stderr), 2 something is wrong with the
options, the task file or a folder (every mistake is on stderr), 3 the stack did not
start or is out of reach, 130 stopped with Ctrl-C.
"""

TargetArgument = Annotated[
    str, typer.Argument(metavar="FOLDER_OR_JOB", help="Result folder, or a job's id.")
]
TaskOption = Annotated[
    Path | None,
    task_option(
        "The facts; docs/task-facts.md and `ergomesh analyze --help` list them.",
        unset="as before",
    ),
]
OutOption = Annotated[
    Path | None,
    out_option(
        "Folder of the new results.", unset="a new folder beside the old: lift-rescored"
    ),
]
OverlayOption = Annotated[
    bool,
    typer.Option(
        "--overlay/--no-overlay", help="Draw on the clip again, which takes longest."
    ),
]
LanguageOption = Annotated[
    str | None, language_option("report.pdf and workbook.xlsx", unset="as before")
]
FacesOption = Annotated[str | None, faces_option(unset="as before")]
WorkplaceOption = Annotated[str | None, workplace_option(unset="as before")]
AssessedByOption = Annotated[str | None, assessed_by_option(unset="as before")]


def rescoring(
    target: str, task: Path | None, told: Mapping[str, str | bool | None]
) -> Rescoring:
    """Return which job is to be scored again, and with what.

    Args:
        target: Result folder, or a job's id.
        task: The task file, if any.
        told: The other options, as typed; ``None`` stays as before.

    Raises:
        UsageFault: With every mistake.
    """
    job, settings = all_of(lambda: job_of(target), lambda: settings_asked(task, told))
    return Rescoring(job, body_of(settings, told))


def job_of(target: str) -> str:
    """Return the job that a result folder, or an id, stands for.

    Raises:
        UsageFault: When the folder does not say.
    """
    folder = Path(target)
    if not folder.is_dir():
        return target
    try:
        raw = (folder / JOB).read_bytes()
        return msgspec.json.decode(raw, type=JobStatus).job
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{folder} has no readable {JOB}: give the job's id instead."
        raise UsageFault(msg, code=LocalCode.FILE_UNREADABLE) from error


def folder_of(target: str) -> Path:
    """Return a folder for new results beside the old; nothing lies there yet.

    Args:
        target: Result folder, or a job's id: then it is a folder of the place where
            the command runs.
    """
    folder = Path(target)
    named = folder if folder.name not in {"", ".."} else folder.resolve()
    base = named if folder.is_dir() else Path(f"job-{target}")
    paths = (base.with_name(f"{base.name}-rescored{more}") for more in _numbers())
    return next(path for path in paths if not os.path.lexists(path))


def _numbers() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in count(2))


def body_of(settings: JobSettings, told: Mapping[str, object]) -> bytes:
    """Return what the gateway wants to know, as JSON.

    Args:
        settings: What is asked for.
        told: The options; what is ``None`` there, or a part without a fact, stays as
            it was.
    """
    every = msgspec.to_builtins(settings)
    facts = {name: every[name] for name in PARTS}
    kept = {name: part for name, part in facts.items() if _tells(part)}
    options = {
        name: every[name]
        for name, value in told.items()
        if value is not None and name not in PART_OF
    }
    return msgspec.json.encode({**kept, **options})


def _tells(part: Mapping[str, object]) -> bool:
    return any(value is not None for value in part.values())


async def rescore(
    asked: Rescoring,
    out: Path,
    *,
    url: str | None,
    options: StackOptions,
    screen: commands.Screen,
    hurry: asyncio.Event,
) -> int:
    """Score a job again; return the exit code.

    Raises:
        StackError: When the own stack does not start.
        GatewayError: When the gateway at ``url`` is out of reach.
    """
    order = ClipOrder(Path(out.name), out, shown(out.name))

    async def work(gateway: Gateway) -> int:
        with progress_view(screen.err) as view:
            outcome = await rescore_job(gateway, order, asked, view)
        commands.print_outcome(outcome, screen)
        return commands.exit_code([outcome])

    if url is not None:
        return await at_url(url, work)
    return await on_this_machine(options, work, tell=screen.tell, hurry=hurry)
