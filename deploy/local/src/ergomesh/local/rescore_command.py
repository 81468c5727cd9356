"""``ergomesh rescore``: a finished job's motion again, with other task facts."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from ergomesh.contract.job import Faces, JobSettings, JobStatus, Language
from ergomesh.local import commands
from ergomesh.local.analyze import JOB, Rescoring, rescore_job
from ergomesh.local.client import Gateway
from ergomesh.local.errors import UsageFault
from ergomesh.local.options import choice, words
from ergomesh.local.orders import ClipOrder, shown
from ergomesh.local.session import at_url, on_this_machine
from ergomesh.local.stack import StackOptions
from ergomesh.local.views import progress_view

HELP: Final = """\
Score a finished job again with other task facts.

Starts at the body in motion, so it takes seconds: neither the clip nor the body is
looked at again. The old result stays; the new one is a job of its own. The facts are
those of the task file alone, or without one those told before. A fact that the body
was fitted with (height_m, the camera) must stay.

\b
Examples:
  ergomesh rescore results/lift --task heavy.toml
  ergomesh rescore results/lift --task heavy.toml --out heavy
  ergomesh rescore results/lift --task task.toml --out cs --language cs --overlay
  ergomesh rescore JOB --task task.toml --out again --url http://server:8080

Without --out the new results go beside the old ones, into a folder that is not there
yet: results/lift-rescored, then results/lift-rescored-2, and so on.

JOB is a job's id; a folder that "ergomesh analyze" wrote knows it (job.json). The job
must be known where this runs: same --data-dir, or same --url.

Exit codes: 0 done, 1 it failed (why is on stderr), 2 wrong option, 3 the stack did not
start or is out of reach.
"""

TargetArgument = Annotated[
    str, typer.Argument(metavar="FOLDER_OR_JOB", help="Result folder, or a job's id.")
]
TaskOption = Annotated[
    Path | None,
    typer.Option(
        "--task",
        exists=True,
        dir_okay=False,
        readable=True,
        metavar="TASK.TOML",
        show_default="as before",
        help="The facts; docs/task-facts.md and `ergomesh analyze --help` list them.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        file_okay=False,
        metavar="DIR",
        show_default="a new folder beside the old: lift-rescored",
        help="Folder of the new results.",
    ),
]
OverlayOption = Annotated[
    bool,
    typer.Option(
        "--overlay/--no-overlay", help="Draw on the clip again, which takes longest."
    ),
]
LanguageOption = Annotated[
    Language | None,
    typer.Option(
        parser=choice(Language, "language"),
        metavar=words(Language),
        show_default="as before",
        help="Of report.pdf and workbook.xlsx.",
    ),
]
FacesOption = Annotated[
    Faces | None,
    typer.Option(
        parser=choice(Faces, "way to show faces"),
        metavar=words(Faces),
        show_default="as before",
        help="What overlay.mp4 and report.pdf show of faces.",
    ),
]


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
        raise UsageFault(msg) from error


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


def body_of(
    settings: JobSettings, *, language: Language | None, faces: Faces | None
) -> bytes:
    """Return what the gateway wants to know, as JSON."""
    told = {
        "task": settings.task,
        "worker": settings.worker,
        "view": settings.view,
        "overlay": settings.overlay,
        "language": language,
        "faces": faces,
    }
    return msgspec.json.encode(_kept(msgspec.to_builtins(told)))


def _kept(told: dict[str, object]) -> dict[str, object]:
    """Return what was told: a part without a fact leaves all as it was."""
    kept = {}
    for name, value in told.items():
        facts = isinstance(value, dict) and any(v is not None for v in value.values())
        if facts or not (value is None or isinstance(value, dict)):
            kept[name] = value
    return kept


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
        UsageFault: When the output folder cannot be made.
        StackError: When the own stack does not start.
        GatewayError: When the gateway at ``url`` is out of reach.
    """
    commands.check_output(out)
    order = ClipOrder(Path(out.name), out, shown(out.name))

    async def work(gateway: Gateway) -> int:
        with progress_view(screen.err) as view:
            outcome = await rescore_job(gateway, order, asked, view)
        commands.print_outcome(outcome, screen)
        return commands.exit_code([outcome])

    if url is not None:
        return await at_url(url, work)
    return await on_this_machine(options, work, tell=screen.tell, hurry=hurry)
