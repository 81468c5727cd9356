"""Waiting for one remote job: questions with growing pauses, and a look at the store.

No webhook is needed, so none can be lost, come twice, or lie: RunPod tries one three
times at most, and whatever it says has to be confirmed by ``/status`` anyway. A
question a second costs nothing (RunPod allows 2000 in ten seconds).

RunPod's word ends the waiting; the outcome in the store is the result. So an outcome
that lies there while RunPod says nothing, or still says "in progress" (a late progress
message may overwrite a result), is taken after :data:`SETTLE_S`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import structlog

from ergomesh.mesh.backends.runpod.client import RunPodClient, RunPodFault, Unreachable
from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.mesh.backends.runpod.wire import JobStatus, State
from ergomesh.runtime.store import ObjectStore
from ergomesh.runtime.work import Work

HEED_S: Final = 0.1
"""How soon a wait notices that the work was cancelled or abandoned."""
SETTLE_S: Final = 10.0
"""Time between the last file and RunPod's word; 2 ms when all is well."""
WAITING: Final = "waiting for a rented GPU"
RUNNING: Final = "on a rented GPU"

Clock = Callable[[], float]
T = TypeVar("T")

log = structlog.get_logger(__name__)


class QueuedTooLongError(RunPodFault):
    """RunPod has had no worker for the job, and there is another way."""


async def heeding(work: Work, doing: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, unless the work is stopped first.

    Only for waits and questions: the coroutine is cut off where it stands.

    Raises:
        Cancelled: When the user withdrew the job.
        Abandoned: When this process shuts down.
    """
    task = asyncio.create_task(doing)
    try:
        while not task.done():
            work.check()
            await asyncio.wait([task], timeout=HEED_S)
        return task.result()
    finally:
        # Once may not do: on Python 3.11 a cancel that meets a result is swallowed.
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=HEED_S)


class Poll:
    """The wait for one remote job."""

    def __init__(
        self,
        remote_job: str,
        *,
        client: RunPodClient,
        store: ObjectStore,
        outcome_key: str,
        work: Work,
        options: RunPodOptions,
        sent_s: float,
        clock: Clock,
    ) -> None:
        self._remote_job = remote_job
        self._client = client
        self._store = store
        self._outcome_key = outcome_key
        self._work = work
        self._options = options
        self._sent_s = sent_s
        self._clock = clock
        self._heard_s = clock()
        self._alarm_s = options.queue_alarm_s
        self._there_since_s: float | None = None
        self._last = JobStatus(status=State.IN_QUEUE)
        self._asked_to_wait_s = 0.0
        self._silent = False

    async def until_ended(self) -> JobStatus | None:
        """Return the last status; None if RunPod no longer knows the job.

        Raises:
            Unreachable: When RunPod is away for too long.
            Refused: When it does not let us ask.
            QueuedTooLongError: When no worker takes it, and there is another way.
        """
        pause_s = self._options.poll_s
        while True:
            before = self._last
            status = await self._asked()
            if status is None or status.has_ended or await self._outcome_is_late():
                return status
            self._work.progress(status.share or 0.0, _message(status))
            if status.waits:
                await self._mind_the_queue()
            if (status.status, status.share) != (before.status, before.share):
                pause_s = self._options.poll_s
            await asyncio.sleep(max(pause_s, self._asked_to_wait_s))
            pause_s = min(2 * pause_s, self._options.poll_max_s)

    async def _asked(self) -> JobStatus | None:
        """Return the status, or the last known one while RunPod is silent."""
        try:
            status = await self._client.status(self._remote_job)
        except Unreachable as fault:
            if self._clock() - self._heard_s > self._options.patience_s:
                raise
            log.info("no answer from RunPod", error=str(fault))
            self._silent = True
            self._asked_to_wait_s = min(fault.wait_s or 0.0, self._options.patience_s)
            return self._last
        self._heard_s, self._asked_to_wait_s = self._clock(), 0.0
        self._silent = False
        if status is not None:
            self._last = status
        return status

    async def _outcome_is_late(self) -> bool:
        """Tell whether the outcome has lain there for longer than it should."""
        if self._last.waits and not self._silent:
            return False
        if await self._store.size(self._outcome_key) is None:
            return False
        if self._there_since_s is None:
            self._there_since_s = self._clock()
        return self._clock() - self._there_since_s > SETTLE_S

    async def _mind_the_queue(self) -> None:
        waited_s = self._clock() - self._sent_s
        options = self._options
        if options.fallback_to_local and waited_s > options.queue_limit_s:
            msg = f"RunPod had no worker for {waited_s:.0f} s."
            raise QueuedTooLongError(msg)
        if waited_s > self._alarm_s:
            self._alarm_s = 2 * waited_s
            log.warning(
                "a job waits in RunPod's queue",
                remote_job=self._remote_job,
                waited_s=round(waited_s),
                workers=await self._workers(),
            )

    async def _workers(self) -> dict[str, int] | None:
        try:
            return (await self._client.health()).workers
        except RunPodFault:
            return None


def _message(status: JobStatus) -> str:
    return WAITING if status.waits else RUNNING
