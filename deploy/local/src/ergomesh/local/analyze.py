"""Clips in, folders of results out, through any gateway."""

import asyncio
import os
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import JobState, JobStatus
from ergomesh.contract.keys import ObjectRef
from ergomesh.local.client import Gateway
from ergomesh.local.errors import ClipFailed, LocalCode, LocalError
from ergomesh.local.files import no_empty_folders
from ergomesh.local.orders import ClipOrder
from ergomesh.local.progress import ClipProgress, ticked, uploading, with_status
from ergomesh.local.summary import Summary, read_summary
from ergomesh.local.tasks import cancelled

IN_FLIGHT: Final = 8
"""Clips on their way at once; the stages work on fewer, the rest would only wait."""
RESULT: Final = "result.json"
JOB: Final = "job.json"
"""The job's status as it ended: whose result lies here, for another score."""


class View(Protocol):
    """Whoever shows how the clips come along."""

    def show(self, order: ClipOrder, progress: ClipProgress) -> None:
        """Take note of a clip's progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one clip ended: with a summary, or with an error."""

    order: ClipOrder
    summary: Summary | None = None
    files: tuple[str, ...] = ()
    """Names written to the folder."""
    older: tuple[str, ...] = ()
    """Names that lay in the folder before and are not of this result."""
    error: LocalError | None = None


@dataclass(frozen=True, slots=True)
class Rescoring:
    """What a job is to be scored with."""

    job: str
    body: bytes
    """JSON, as the gateway takes it."""


async def analyze_clips(
    gateway: Gateway,
    orders: Sequence[ClipOrder],
    settings: Mapping[str, str],
    view: View,
) -> list[Outcome]:
    """Analyse clips side by side; one that fails does not stop the others.

    Cancelling this cancels the jobs.

    Args:
        gateway: Where to.
        orders: The clips.
        settings: Of all of them, as the gateway's query parameters.
        view: Shows the progress.
    """
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def work(order: ClipOrder) -> Outcome:
        async with slots:
            return await _Run(gateway, order, view).outcome(settings)

    with no_empty_folders(order.folder for order in orders):
        tasks = [asyncio.create_task(work(order)) for order in orders]
        try:
            # Not gather: it would pass a cancel on, and ours below would then be a
            # second one that interrupts the jobs' own cancelling.
            await asyncio.wait(tasks)
            return [task.result() for task in tasks]
        finally:
            await cancelled(*tasks)


async def rescore_job(
    gateway: Gateway, order: ClipOrder, asked: Rescoring, view: View
) -> Outcome:
    """Score a job's motion again; errors become part of the outcome.

    Args:
        gateway: Where the job ran.
        order: Where the results go; there is no clip to send.
        asked: Which job, and with what facts.
        view: Shows the progress.
    """
    with no_empty_folders([order.folder]):
        return await _Run(gateway, order, view).ended_by(
            gateway.rescore(asked.job, asked.body)
        )


class _Run:
    """One clip on its way."""

    def __init__(self, gateway: Gateway, order: ClipOrder, view: View) -> None:
        self._gateway = gateway
        self._order = order
        self._view = view
        self._progress = ClipProgress(order.label)

    async def outcome(self, settings: Mapping[str, str]) -> Outcome:
        """Do it all; errors become part of the outcome."""
        return await self.ended_by(self._upload(settings))

    async def ended_by(self, starting: Coroutine[Any, Any, JobStatus]) -> Outcome:
        """Follow a job from its start; errors become part of the outcome."""
        try:
            started = await starting
            ended = await self._until_ended(started)
            return await self._collect(ended)
        except LocalError as error:
            return Outcome(order=self._order, error=error)

    def _show(self, progress: ClipProgress) -> None:
        self._progress = progress
        self._view.show(self._order, progress)

    async def _upload(self, settings: Mapping[str, str]) -> JobStatus:
        clip = self._order.clip
        try:
            total = clip.stat().st_size
        except OSError as error:
            raise _unreadable(clip, error) from error
        self._show(uploading(self._progress, 0, total))
        return await self._gateway.submit(
            clip,
            settings,
            size=total,
            on_sent=lambda sent: self._show(uploading(self._progress, sent, total)),
        )

    async def _until_ended(self, last: JobStatus) -> JobStatus:
        try:
            async with aclosing(self._gateway.follow(last.job)) as updates:
                async for update in updates:
                    if not isinstance(update, JobStatus):
                        self._show(ticked(self._progress, update))
                        continue
                    self._show(with_status(self._progress, update))
                    last = update
        except asyncio.CancelledError:
            await self._gateway.cancel(last.job)
            raise
        return _completed(last)

    async def _collect(self, status: JobStatus) -> Outcome:
        folder = self._order.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            before = {entry.name for entry in folder.iterdir()}
            for name, ref in status.artifacts.items():
                await self._save(status.job, name, ref)
            (folder / JOB).write_bytes(msgspec.json.encode(status))
            summary = read_summary((folder / RESULT).read_bytes())
        except OSError as error:
            msg = f"{folder} cannot be written: {error.strerror}."
            raise ClipFailed(LocalCode.OUTPUT_UNWRITABLE, msg) from error
        return Outcome(
            order=self._order,
            summary=summary,
            files=tuple(status.artifacts),
            older=tuple(sorted(before - status.artifacts.keys() - {JOB})),
        )

    async def _save(self, job: str, name: str, ref: ObjectRef) -> None:
        if name != Path(name).name or name.startswith("."):
            msg = f"The gateway offers a file with the unusable name {name!r}."
            raise ClipFailed(FailureCode.INTERNAL, msg)
        part = self._order.folder / f".{name}.part"
        try:
            await self._gateway.download(job, name, ref, part)
            part.replace(self._order.folder / name)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()


def _completed(status: JobStatus) -> JobStatus:
    """Return a status whose job has a result.

    Raises:
        ClipFailed: When it has none.
    """
    if status.failure is not None:
        raise ClipFailed(status.failure.code, status.failure.message)
    if status.state is not JobState.COMPLETED:
        msg = "The job was cancelled before it was done."
        raise ClipFailed(LocalCode.CANCELLED, msg)
    if RESULT not in status.artifacts:
        msg = f"The job ended without {RESULT}; the services' logs say why."
        raise ClipFailed(FailureCode.INTERNAL, msg)
    return status


def _unreadable(clip: Path, error: OSError) -> ClipFailed:
    why = error.strerror or os.strerror(error.errno or 0)
    return ClipFailed(LocalCode.FILE_UNREADABLE, f"{clip} cannot be read: {why}.")
