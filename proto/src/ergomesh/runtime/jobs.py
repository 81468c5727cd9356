"""Where jobs stand: statuses in the KV bucket, ends in the event stream.

The stream decides how a job ended, the bucket follows: all terminal events of a
job share one dedup id, and whoever meets an end that is already there records
that one instead of its own.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ergomesh.contract.envelope import decode_event, encode_event
from ergomesh.contract.errors import MALFORMED, FailureCode, UndecodableError
from ergomesh.contract.events import (
    Event,
    JobCancelled,
    JobCompleted,
    JobFailed,
    TerminalEvent,
    subject,
)
from ergomesh.contract.job import (
    TERMINAL_STATES,
    JobState,
    JobStatus,
    StageName,
    StageState,
    StageStatus,
)
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus, Entry
from ergomesh.runtime.errors import Conflict, Transient

BUCKET: Final = "jobs"
UNREADABLE: Final = (
    "The record of the job cannot be read by this version; run the same version of "
    "every service."
)

Clock = Callable[[], str]
Change = Callable[[JobStatus], JobStatus]


class Jobs:
    """Reads and moves job statuses, and publishes events."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def publish(self, event: Event) -> bool:
        """Publish an event; return False when the broker already had it."""
        body = encode_event(event, time=self._clock())
        return await self._bus.publish(event.subject(), body, dedup_id=event.dedup_id())

    async def create(self, status: JobStatus) -> None:
        """Record a new job.

        Raises:
            Conflict: When the job exists.
        """
        bucket = await self._bus.bucket(BUCKET)
        key = status_key(status.tenant, status.job)
        await bucket.create(key, msgspec.json.encode(status))

    async def get(self, tenant: str, job: str) -> JobStatus | None:
        """Return where a job stands, or None if nobody knows it."""
        entry = await self._entry(tenant, job)
        return None if entry is None else decode_status(entry.value)

    async def _entry(self, tenant: str, job: str) -> Entry | None:
        bucket = await self._bus.bucket(BUCKET)
        return await bucket.get(status_key(tenant, job))

    async def change(self, tenant: str, job: str, change: Change) -> JobStatus | None:
        """Apply a pure change by compare-and-set; return the new status.

        A job that has ended stays as it ended. None: nobody knows the job.
        """
        bucket = await self._bus.bucket(BUCKET)
        while (entry := await self._entry(tenant, job)) is not None:
            status = decode_status(entry.value)
            after = status if status.state in TERMINAL_STATES else change(status)
            if after == status:
                return status
            try:
                await bucket.update(
                    entry.key, msgspec.json.encode(after), entry.revision
                )
            except Conflict:
                continue
            return after
        return None

    async def start_stage(self, tenant: str, job: str, stage: StageName) -> None:
        """Record that a worker took up a stage."""
        at = self._clock()
        await self.change(tenant, job, lambda status: stage_started(status, stage, at))

    async def complete_stage(
        self,
        tenant: str,
        job: str,
        stage: StageName,
        *,
        seconds: float,
        artifacts: Mapping[str, ObjectRef],
    ) -> None:
        """Record that a stage is done and what it made."""
        await self.change(
            tenant,
            job,
            lambda status: stage_completed(
                status, stage, seconds=seconds, artifacts=artifacts
            ),
        )

    async def conclude(self, event: TerminalEvent) -> TerminalEvent:
        """End a job once; return the end that stands, ours or an earlier one."""
        standing = await self.ending(event.tenant, event.job)
        if standing is None and not await self.publish(event):
            standing = await self.ending(event.tenant, event.job)
        end = standing or event
        await self.change(end.tenant, end.job, lambda status: ended(status, end))
        return end

    async def ending(self, tenant: str, job: str) -> TerminalEvent | None:
        """Return the end that the stream holds, if any."""
        for state in (StageState.COMPLETED, StageState.FAILED, StageState.CANCELLED):
            at = subject(StageName.JOB, state, tenant=tenant, job=job)
            body = await self._bus.last(at)
            if body is not None:
                return decode_end(body)
        return None


def status_key(tenant: str, job: str) -> str:
    """Return the bucket key of a job."""
    return f"{tenant}.{job}"


def decode_status(raw: bytes) -> JobStatus:
    """Decode a status that :class:`Jobs` wrote.

    Raises:
        Transient: When this version cannot read it; a newer worker may.
    """
    try:
        return msgspec.json.decode(raw, type=JobStatus)
    except MALFORMED as error:
        raise Transient(FailureCode.INTERNAL, UNREADABLE) from error


def decode_end(raw: bytes) -> TerminalEvent:
    """Decode a terminal event of the stream.

    Raises:
        Transient: When this version cannot read it; a newer worker may.
    """
    try:
        event = decode_event(raw)
    except UndecodableError as error:
        raise Transient(FailureCode.INTERNAL, UNREADABLE) from error
    if not isinstance(event, TerminalEvent):
        raise Transient(FailureCode.INTERNAL, UNREADABLE)
    return event


def stage_started(status: JobStatus, stage: StageName, at: str) -> JobStatus:
    """Return the status after a worker took up a stage; the first start counts."""
    if stage in status.stages:
        return status
    started = StageStatus(state=StageState.STARTED, started_at=at)
    return msgspec.structs.replace(
        status, state=JobState.RUNNING, stages={**status.stages, stage: started}
    )


def stage_completed(
    status: JobStatus,
    stage: StageName,
    *,
    seconds: float,
    artifacts: Mapping[str, ObjectRef],
) -> JobStatus:
    """Return the status after a stage was completed; the first end counts."""
    before = status.stages.get(stage)
    if before is not None and before.state is StageState.COMPLETED:
        return status
    done = StageStatus(
        state=StageState.COMPLETED,
        started_at=None if before is None else before.started_at,
        seconds=seconds,
    )
    return msgspec.structs.replace(
        status,
        state=JobState.RUNNING,
        stages={**status.stages, stage: done},
        artifacts={**status.artifacts, **artifacts},
    )


def ended(status: JobStatus, event: TerminalEvent) -> JobStatus:
    """Return the status after the job's end."""
    match event:
        case JobCompleted():
            return msgspec.structs.replace(
                status,
                state=JobState.COMPLETED,
                artifacts={**status.artifacts, **event.artifacts},
            )
        case JobFailed():
            return msgspec.structs.replace(
                status, state=JobState.FAILED, failure=event.failure
            )
        case JobCancelled():
            return msgspec.structs.replace(status, state=JobState.CANCELLED)
        case _:
            msg = f"unknown end {type(event).__name__}"
            raise AssertionError(msg)
