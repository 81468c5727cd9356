"""What the services tell each other: one frozen type per event.

Events carry keys, never bytes. The subject of an event says who spoke and what
happened: ``ergomesh.v1.evt.<tenant>.<job>.<stage>.<state>``.
"""

from typing import ClassVar, Final

import msgspec
from typing_extensions import override

from ergomesh.contract.job import (
    Failure,
    JobSettings,
    StageName,
    StageState,
)
from ergomesh.contract.keys import Name, ObjectRef

VERSION: Final = "ergomesh.v1"
"""Prefix of every subject and event type; a breaking change makes a v2."""

_TOKENS: Final = ("tenant", "job", "stage", "state")
"""What follows the prefix of an event's subject."""

ANY: Final = "*"
"""NATS wildcard for one token."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events."""

    STAGE: ClassVar[StageName]
    STATE: ClassVar[StageState]

    tenant: Name
    job: Name

    def where(self) -> tuple[StageName, StageState]:
        """Return the stage that speaks and what happened to it."""
        return self.STAGE, self.STATE

    def subject(self) -> str:
        """Return the NATS subject this event is published on."""
        stage, state = self.where()
        return subject(stage, state, tenant=self.tenant, job=self.job)

    def type_name(self) -> str:
        """Return the CloudEvents type."""
        stage, state = self.where()
        return type_name(stage, state)

    def dedup_id(self) -> str:
        """Return the Nats-Msg-Id: publishing twice stores once."""
        stage, state = self.where()
        return f"{self.tenant}.{self.job}.{stage}.{state}"


class TerminalEvent(Event, frozen=True, kw_only=True):
    """An end of a job. All ends share one id, so a job ends once."""

    @override
    def dedup_id(self) -> str:
        """Return the id shared by completed, failed and cancelled."""
        return f"{self.tenant}.{self.job}.job.end"


class JobAccepted(Event, frozen=True, kw_only=True):
    """A clip is in the store and waits for its analysis."""

    STAGE = StageName.JOB
    STATE = StageState.ACCEPTED

    source_key: str
    """Key of the uploaded clip."""
    settings: JobSettings


class IngestCompleted(Event, frozen=True, kw_only=True):
    """The clip was checked and cut into time ranges."""

    STAGE = StageName.INGEST
    STATE = StageState.COMPLETED

    source: ObjectRef
    clip: ObjectRef
    """``clip.json``."""
    settings: JobSettings
    range_count: int
    """How many ``pose.requested`` events go with it."""


class PoseRequested(Event, frozen=True, kw_only=True):
    """One time range waits for a pose worker."""

    STAGE = StageName.POSE
    STATE = StageState.REQUESTED

    source: ObjectRef
    clip: ObjectRef
    settings: JobSettings
    range_index: int
    """Which of the clip's ranges."""

    @override
    def dedup_id(self) -> str:
        """Return the id of this range's request."""
        return f"{Event.dedup_id(self)}.{self.range_index}"


class PoseCompleted(Event, frozen=True, kw_only=True):
    """The landmarks of the whole clip are there."""

    STAGE = StageName.POSE
    STATE = StageState.COMPLETED

    source: ObjectRef
    clip: ObjectRef
    landmarks: ObjectRef
    """``landmarks.npz``."""
    people: ObjectRef
    """``people.json``."""
    settings: JobSettings


class Fitted(Event, frozen=True, kw_only=True):
    """Base of what starts an assessment: a body in motion, and what it rests on."""

    source: ObjectRef
    clip: ObjectRef
    landmarks: ObjectRef
    people: ObjectRef
    motion: ObjectRef
    """``motion.npz``."""
    scene: ObjectRef
    """``scene.glb``."""
    report: ObjectRef
    """``fit.json``."""
    settings: JobSettings


class MeshCompleted(Fitted, frozen=True, kw_only=True):
    """The body in motion is there."""

    STAGE = StageName.MESH
    STATE = StageState.COMPLETED


class ErgonomicsRequested(Fitted, frozen=True, kw_only=True):
    """The motion of a finished job waits to be scored again, with other facts."""

    STAGE = StageName.ERGONOMICS
    STATE = StageState.REQUESTED


class ErgonomicsCompleted(Event, frozen=True, kw_only=True):
    """Angles and scores are there; pictures may still be in the making."""

    STAGE = StageName.ERGONOMICS
    STATE = StageState.COMPLETED

    artifacts: dict[str, ObjectRef]
    """Public file name → object."""


class StageStarted(Event, frozen=True, kw_only=True):
    """A worker took up a stage of a job."""

    stage: StageName

    @override
    def where(self) -> tuple[StageName, StageState]:
        """Return the stage that started."""
        return self.stage, StageState.STARTED


class JobCompleted(TerminalEvent, frozen=True, kw_only=True):
    """Everything the user asked for is in the store."""

    STAGE = StageName.JOB
    STATE = StageState.COMPLETED

    artifacts: dict[str, ObjectRef]
    """Public file name → object."""


class JobFailed(TerminalEvent, frozen=True, kw_only=True):
    """The job ended without a result."""

    STAGE = StageName.JOB
    STATE = StageState.FAILED

    failure: Failure


class JobCancelled(TerminalEvent, frozen=True, kw_only=True):
    """The user withdrew the job."""

    STAGE = StageName.JOB
    STATE = StageState.CANCELLED


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A tick of a running stage: live only, never stored."""

    tenant: Name
    job: Name
    stage: StageName
    fraction: float
    """Share of the part done, 0…1."""
    part: int = 0
    """Which part of the stage (a time range in pose)."""
    parts: int = 1
    """How many parts the stage has."""
    message: str = ""

    def subject(self) -> str:
        """Return the core NATS subject of this tick."""
        return f"{VERSION}.progress.{self.tenant}.{self.job}.{self.stage}"


EVENTS: Final[tuple[type[Event], ...]] = (
    JobAccepted,
    IngestCompleted,
    PoseRequested,
    PoseCompleted,
    MeshCompleted,
    ErgonomicsRequested,
    ErgonomicsCompleted,
    JobCompleted,
    JobFailed,
    JobCancelled,
)
"""Every event with a fixed stage and state; beside them :class:`StageStarted`."""


def subject(
    stage: StageName | str,
    state: StageState | str,
    *,
    tenant: str = ANY,
    job: str = ANY,
) -> str:
    """Return a subject, or a filter when tenant or job is left open."""
    return f"{VERSION}.evt.{tenant}.{job}.{stage}.{state}"


def owner_of(subject_text: str) -> tuple[str, str] | None:
    """Return tenant and job of an event's subject, or None if it is none of ours."""
    parts = subject_text.removeprefix(f"{VERSION}.evt.").split(".")
    known = subject_text.startswith(f"{VERSION}.evt.") and len(parts) == len(_TOKENS)
    return (parts[0], parts[1]) if known and all(parts) else None


def subject_of(event: type[Event]) -> str:
    """Return the filter that selects one type of event."""
    return subject(event.STAGE, event.STATE)


def progress_filter(*, tenant: str = ANY, job: str = ANY) -> str:
    """Return the filter of progress ticks."""
    return f"{VERSION}.progress.{tenant}.{job}.>"


def type_name(stage: StageName, state: StageState) -> str:
    """Return the CloudEvents type of a stage and state."""
    return f"{VERSION}.{stage}.{state}"


TYPES: Final[dict[str, type[Event]]] = {
    type_name(event.STAGE, event.STATE): event for event in EVENTS
} | {
    type_name(stage, StageState.STARTED): StageStarted
    for stage in StageName
    if stage is not StageName.JOB
}
"""CloudEvents type → our type."""
