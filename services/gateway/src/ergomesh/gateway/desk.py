"""What the gateway does with jobs; HTTP comes in :mod:`ergomesh.gateway.jobs_api`.

The order of writes makes every break harmless: the manifest lies in the store
before anybody can see the job, and the event that starts the work comes last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import structlog

from ergomesh.contract.events import JobAccepted, JobCancelled
from ergomesh.contract.job import (
    TERMINAL_STATES,
    JobManifest,
    JobSettings,
    JobState,
    JobStatus,
)
from ergomesh.contract.keys import Name, manifest_key, source_key
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.problems import Code, ProblemError
from ergomesh.gateway.views import UploadOptions, display_name
from ergomesh.runtime.jobs import BUCKET
from ergomesh.runtime.store import ObjectStore

log = structlog.get_logger(__name__)

_ENDS = {
    JobState.COMPLETED: "was completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "was cancelled",
}


async def find(gateway: Gateway, job: str) -> JobStatus:
    """Return where a job stands.

    Raises:
        ProblemError: ``job_not_found``.
    """
    status = await gateway.jobs.get(gateway.tenant, job) if _is_name(job) else None
    if status is None:
        msg = "There is no job with this id; it may have been deleted by age."
        raise ProblemError(Code.JOB_NOT_FOUND, msg)
    return status


def _is_name(text: str) -> bool:
    """Tell whether a text may be part of a subject: no wildcards, no dots."""
    try:
        msgspec.convert(text, Name)
    except msgspec.ValidationError:
        return False
    return True


async def newest(gateway: Gateway, limit: int) -> list[JobStatus]:
    """Return the newest jobs first; ids sort as times do."""
    bucket = await gateway.bus.bucket(BUCKET)
    prefix = f"{gateway.tenant}."
    keys = [key for key in await bucket.keys() if key.startswith(prefix)]
    ids = sorted((key.removeprefix(prefix) for key in keys), reverse=True)
    found = await asyncio.gather(
        *(gateway.jobs.get(gateway.tenant, job) for job in ids[:limit])
    )
    return [status for status in found if status is not None]


async def announce(
    gateway: Gateway, job: str, *, source_name: str, settings: JobSettings
) -> JobStatus:
    """Record a job that awaits its clip: first in the store, then in the bucket."""
    manifest = JobManifest(
        tenant=gateway.tenant,
        job=job,
        settings=settings,
        source_name=display_name(source_name),
        source_key=source_key(gateway.tenant, job),
        created_at=gateway.clock(),
    )
    await gateway.store.put(
        manifest_key(gateway.tenant, job),
        msgspec.json.encode(manifest),
        media_type="application/json",
    )
    status = status_of(manifest)
    await gateway.jobs.create(status)
    log.info("created", job=job)
    return status


def status_of(manifest: JobManifest) -> JobStatus:
    """Return the first status of a job."""
    return JobStatus(
        tenant=manifest.tenant,
        job=manifest.job,
        state=JobState.AWAITING_UPLOAD,
        source_name=manifest.source_name,
        settings=manifest.settings,
        created_at=manifest.created_at,
    )


async def receive(
    gateway: Gateway,
    chunks: AsyncIterator[bytes],
    *,
    options: Callable[[], UploadOptions],
    media_type: str,
) -> JobStatus:
    """Take a clip in and start its job.

    The clip goes to the store before the job exists, so an upload that breaks or
    is too large leaves no job behind. An empty file is a job like any other: ingest
    refuses it, so that every bad clip ends in the same way.

    Args:
        gateway: The broker, the store, the rules.
        chunks: The file's bytes.
        options: Asked once all bytes are in: a form may tell them last.
        media_type: What the client says the file is; nobody relies on it.

    Raises:
        ProblemError: What ``chunks`` and ``options`` raise.
        Unusable: ``file_too_large``.
    """
    job = gateway.new_id()
    key = source_key(gateway.tenant, job)
    await gateway.store.put_stream(
        key,
        chunks,
        media_type=media_type,
        max_bytes=gateway.max_upload_bytes,
    )
    try:
        chosen = options()
    except ProblemError:
        await gateway.store.delete(key)
        raise
    status = await announce(
        gateway,
        job,
        source_name=chosen.source_name or "",
        settings=chosen.settings,
    )
    return await start(gateway, status)


async def start(gateway: Gateway, status: JobStatus) -> JobStatus:
    """Start the work on an uploaded clip; starting twice starts once.

    Raises:
        ProblemError: ``source_missing``, ``file_too_large`` or ``job_ended``.
    """
    if status.state is JobState.CANCELLED:
        raise job_ended(status)
    if status.state is not JobState.AWAITING_UPLOAD:
        return status
    key = source_key(status.tenant, status.job)
    await _check_source(gateway.store, key, gateway.max_upload_bytes)
    accepted = JobAccepted(
        tenant=status.tenant, job=status.job, source_key=key, settings=status.settings
    )
    await gateway.jobs.publish(accepted)
    after = await gateway.jobs.change(status.tenant, status.job, _accept)
    log.info("accepted", job=status.job)
    return after or status


def _accept(status: JobStatus) -> JobStatus:
    """Return the status after the start; a worker may have been faster."""
    if status.state is not JobState.AWAITING_UPLOAD:
        return status
    return msgspec.structs.replace(status, state=JobState.ACCEPTED)


async def _check_source(store: ObjectStore, key: str, max_bytes: int) -> None:
    size = await store.size(key)
    if size is None:
        msg = "The clip has not been uploaded yet; PUT it to the upload URL first."
        raise ProblemError(Code.SOURCE_MISSING, msg)
    if size > max_bytes:
        raise too_large(max_bytes)


def too_large(max_bytes: int) -> ProblemError:
    """Return the answer to a clip that exceeds the limit."""
    msg = (
        f"The file is larger than the limit of {max_bytes / 1e6:.0f} MB; cut it or "
        "compress it first."
    )
    return ProblemError(Code.FILE_TOO_LARGE, msg)


async def cancel(gateway: Gateway, job: str) -> JobStatus:
    """End a job that runs or waits; cancelling twice is fine.

    Raises:
        ProblemError: ``job_not_found``, or ``job_ended`` when it ended otherwise.
    """
    status = await find(gateway, job)
    if status.state not in TERMINAL_STATES:
        await gateway.jobs.conclude(JobCancelled(tenant=gateway.tenant, job=job))
        status = await find(gateway, job)
        log.info("cancelled", job=job, state=str(status.state))
    if status.state is not JobState.CANCELLED:
        raise job_ended(status)
    return status


def job_ended(status: JobStatus) -> ProblemError:
    """Return the answer to a request that comes too late."""
    why = f": {status.failure.message}" if status.failure else "."
    return ProblemError(Code.JOB_ENDED, f"The job {_ENDS[status.state]}{why}")
