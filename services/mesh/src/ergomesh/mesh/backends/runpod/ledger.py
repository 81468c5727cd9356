"""What was sent to RunPod, and for whom: one record for each piece of work.

A record lies in the KV bucket ``mesh_dispatch`` under tenant and digest of the work,
and every change is compare-and-set, so many dispatchers share one remote job::

    (none) ──▶ INTENT ──▶ SENT ──▶ (the remote job has failed) ──▶ INTENT …
                 │  ▲                └──▶ OVER, after too many attempts
                 ▼  │
               UNSENT            OVER also when the last job that waits is cancelled

**What can be paid twice.** The intent is written before ``/run``, RunPod's id after
it. A dispatcher that dies in between leaves an intent without an id: the next one
waits :data:`INTENT_S`, looks whether an outcome has come to the intent's folder, and
then sends again. Equally when RunPod took a job and its answer was lost. Both jobs
write to the same folder, and a worker that finds an outcome there returns at once:
it costs twice only if the two run at the same time.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from ergomesh.contract.errors import MALFORMED, FailureCode
from ergomesh.runtime.bus import Bus, KeyValue
from ergomesh.runtime.errors import Transient

BUCKET: Final = "mesh_dispatch"
INTENT_S: Final = 60.0
"""Age at which an intent without an id counts as its dispatcher's death; longer than
all tries of one ``/run`` take."""


class Stand(StrEnum):
    """Where a piece of work stands with RunPod."""

    INTENT = "intent"
    """Somebody is about to send it."""
    SENT = "sent"
    """RunPod has it under an id."""
    UNSENT = "unsent"
    """RunPod certainly did not take it: anyone may send it at once."""
    OVER = "over"
    """Given up, or withdrawn by all."""


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work at RunPod."""

    stand: Stand
    number: int
    """Which attempt, from 1."""
    folder: str
    """Where this attempt's files go."""
    since_s: float
    """When it came to stand so, seconds since 1970."""
    jobs: tuple[str, ...]
    """Our jobs that wait for it."""
    remote_job: str | None = None
    """RunPod's id of it, once sent."""
    failures: tuple[str, ...] = ()
    """How earlier attempts ended: one sentence each."""
    executed_s: float = 0.0
    """GPU time of earlier attempts."""


def begun(job: str, *, folder: str, now_s: float) -> Dispatch:
    """Return the first intent."""
    return Dispatch(
        stand=Stand.INTENT, number=1, folder=folder, since_s=now_s, jobs=(job,)
    )


def intended_again(dispatch: Dispatch, job: str, *, now_s: float) -> Dispatch:
    """Return the intent of whoever takes an unanswered one over; same folder."""
    return msgspec.structs.replace(
        joined(dispatch, job), stand=Stand.INTENT, since_s=now_s
    )


def unsent(dispatch: Dispatch, *, now_s: float) -> Dispatch:
    """Return the record of work that RunPod refused."""
    return msgspec.structs.replace(dispatch, stand=Stand.UNSENT, since_s=now_s)


def sent(dispatch: Dispatch, remote_job: str, *, now_s: float) -> Dispatch:
    """Return the record of work that RunPod took."""
    return msgspec.structs.replace(
        dispatch, stand=Stand.SENT, remote_job=remote_job, since_s=now_s
    )


def joined(dispatch: Dispatch, job: str) -> Dispatch:
    """Return the record with one more job that waits."""
    if job in dispatch.jobs:
        return dispatch
    return msgspec.structs.replace(dispatch, jobs=(*dispatch.jobs, job))


def left(dispatch: Dispatch, job: str, *, now_s: float) -> Dispatch:
    """Return the record without a job; over if nobody waits any more."""
    jobs = tuple(other for other in dispatch.jobs if other != job)
    rest = msgspec.structs.replace(dispatch, jobs=jobs)
    if jobs:
        return rest
    return msgspec.structs.replace(rest, stand=Stand.OVER, since_s=now_s)


def failed(
    dispatch: Dispatch,
    reason: str,
    *,
    executed_s: float,
    attempts: int,
    folder: str,
    now_s: float,
) -> Dispatch:
    """Return the record after an attempt failed: the next intent, or the end."""
    last = dispatch.number >= attempts
    return msgspec.structs.replace(
        dispatch,
        stand=Stand.OVER if last else Stand.INTENT,
        number=dispatch.number if last else dispatch.number + 1,
        folder=folder,
        since_s=now_s,
        remote_job=None,
        failures=(*dispatch.failures, reason),
        executed_s=dispatch.executed_s + executed_s,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A record as it was read, to compare against."""

    dispatch: Dispatch
    revision: int


class Ledger:
    """The record of one piece of work."""

    def __init__(self, bucket: KeyValue, key: str) -> None:
        self._bucket = bucket
        self._key = key

    @classmethod
    async def open(cls, bus: Bus, key: str) -> "Ledger":
        """Return the record under a key, there or not."""
        return cls(await bus.bucket(BUCKET), key)

    async def read(self) -> Held | None:
        """Return the record as it stands.

        Raises:
            Transient: When the broker is away, or this version cannot read it.
        """
        entry = await self._bucket.get(self._key)
        if entry is None:
            return None
        try:
            dispatch = msgspec.json.decode(entry.value, type=Dispatch)
        except MALFORMED as error:
            msg = "A record of RunPod jobs cannot be read by this version."
            raise Transient(FailureCode.INTERNAL, msg) from error
        return Held(dispatch, entry.revision)

    async def write(self, held: Held | None, dispatch: Dispatch) -> Held:
        """Replace what was read.

        Raises:
            Conflict: When somebody wrote in between.
        """
        body = msgspec.json.encode(dispatch)
        if held is None:
            return Held(dispatch, await self._bucket.create(self._key, body))
        if held.dispatch == dispatch:
            return held
        return Held(dispatch, await self._bucket.update(self._key, body, held.revision))
