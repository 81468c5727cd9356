"""``ergomesh rescore``: a finished job's motion again, with other task facts."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from ergomesh.contract.job import JobSettings, JobStatus, ViewFacts
from ergomesh.contract.keys import Name
from ergomesh.contract.mistakes import Mistake
from ergomesh.local import commands
from ergomesh.local.analyze import JOB, Outcome, Rescoring, rescore_job
from ergomesh.local.asked import settings_asked
from ergomesh.local.at_once import all_of
from ergomesh.local.client import Gateway
from ergomesh.local.errors import ClipFailed, LocalCode, UsageFault
from ergomesh.local.files import OUT, check_folder
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
from ergomesh.local.task_file import told as sentences
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
yet: results/lift-rescored, then results/lift-rescored-2, and so on. The old folder
itself is refused.

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

FITTED: Final[Mapping[str, tuple[str, ...]]] = {
    "worker": ("height_m",),
    "view": ViewFacts.__struct_fields__,
}
"""Part of the settings → its facts that the body was fitted with, which must stay."""
NO_JOB: Final = "job_not_found"
"""The gateway's code for a job that nobody knows."""


@dataclass(frozen=True, slots=True)
class OldJob:
    """The job that is to be scored again."""

    job: str
    settings: JobSettings | None = None
    """What it was done with; ``None`` when only its id was told."""


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
    old, settings = all_of(lambda: job_of(target), lambda: settings_asked(task, told))
    if task is not None and old.settings is not None:
        check_fitted(task, old.settings, settings)
    return Rescoring(old.job, body_of(settings, told))


def job_of(target: str) -> OldJob:
    """Return the job that a result folder, or an id, stands for.

    Raises:
        UsageFault: When the folder does not say, or there is none and what was typed
            cannot be an id.
    """
    folder = Path(target)
    if not _is_folder(folder):
        return OldJob(_id_of(target))
    try:
        raw = (folder / JOB).read_bytes()
        status = msgspec.json.decode(raw, type=JobStatus)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{shown(target)} has no readable {JOB}: give the job's id instead."
        raise UsageFault(msg, code=LocalCode.FILE_UNREADABLE) from error
    return OldJob(status.job, status.settings)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # too long, or out of reach
        return False


def _id_of(target: str) -> str:
    """Return an id as it was typed; a path, or a name with a dot, is none."""
    try:
        return msgspec.convert(target, Name)
    except msgspec.ValidationError as error:
        msg = (
            f"There is no folder {shown(target)}: give one that `ergomesh analyze` "
            "wrote, or a job's id."
        )
        raise UsageFault(msg, code=LocalCode.FILE_UNREADABLE) from error


def check_fitted(task: Path, old: JobSettings, asked: JobSettings) -> None:
    """See that facts of the fit stay as they were, as the gateway wants it.

    Args:
        task: The file that they are told in; no option tells them.
        old: What the body was fitted with.
        asked: What is told now; what is not told stays.

    Raises:
        UsageFault: With a sentence for each that would change.
    """
    mistakes = [
        Mistake(name, f"{_before(before)}; analyse the clip again to change it")
        for part, names in FITTED.items()
        for name in names
        for before in [getattr(getattr(old, part), name)]
        if getattr(getattr(asked, part), name) not in {None, before}
    ]
    if mistakes:
        raise UsageFault(*sentences(mistakes, where=str(task)))


def _before(value: float | None) -> str:
    """Return how a fact went into the fit."""
    if value is None:
        return "was left to the fit, which scoring again does not repeat"
    return f"went into the fit as {value:g}"


def check_out(target: str, out: Path) -> None:
    """See that new results can be written, and not over those they are made from.

    Raises:
        UsageFault: When they cannot.
    """
    check_folder(OUT, out)
    old = Path(target)
    if _is_folder(old) and _is_folder(out) and old.samefile(out):
        msg = (
            f"{OUT}: {shown(str(out))} is the very folder that is scored again, and "
            "would lose its results; name another, or leave the option out for "
            f"{shown(str(folder_of(target)))}."
        )
        raise UsageFault(msg)


def folder_of(target: str) -> Path:
    """Return a folder for new results beside the old; nothing lies there yet.

    Args:
        target: Result folder, or a job's id: then it is a folder of the place where
            the command runs.
    """
    folder = Path(target)
    named = folder if folder.name not in {"", ".."} else folder.resolve()
    base = named if _is_folder(folder) else Path(f"job-{target}")
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


def spoken(outcome: Outcome, target: str) -> Outcome:
    """Return how it ended, in view of what was typed: a folder may have been meant."""
    error = outcome.error
    if not isinstance(error, ClipFailed) or error.code != NO_JOB:
        return outcome
    if _is_folder(Path(target)):
        return outcome
    msg = (
        f"There is no folder {shown(target)}, and no job with this id where this "
        "runs; it may have been deleted by age."
    )
    return replace(outcome, error=ClipFailed(NO_JOB, msg))


async def rescore(
    target: str,
    asked: Rescoring,
    out: Path,
    *,
    url: str | None,
    options: StackOptions,
    screen: commands.Screen,
    hurry: asyncio.Event,
) -> int:
    """Score a job again; return the exit code.

    Args:
        target: Result folder, or a job's id, as typed.
        asked: Which job that is, and what it is to be scored with.
        out: Folder of the new results.
        url: Of a gateway, if not that of this machine.
        options: Of the own stack.
        screen: Where to print.
        hurry: Set when the user does not want to wait.

    Raises:
        StackError: When the own stack does not start.
        GatewayError: When the gateway at ``url`` is out of reach.
    """
    order = ClipOrder(Path(out.name), out, shown(out.name))

    async def work(gateway: Gateway) -> int:
        with progress_view(screen.err) as view:
            outcome = await rescore_job(gateway, order, asked, view)
        outcome = spoken(outcome, target)
        commands.print_outcome(outcome, screen)
        return commands.exit_code([outcome])

    if url is not None:
        return await at_url(url, work)
    return await on_this_machine(options, work, tell=screen.tell, hurry=hurry)
