"""What a user asks for, and where a job stands."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from ergomesh.contract.errors import MALFORMED, ContractError, FailureCode
from ergomesh.contract.keys import Name, ObjectRef
from ergomesh.contract.lines import Line
from ergomesh.contract.mistakes import find_mistakes, sentence


class StageName(StrEnum):
    """The parts of a subject that say who speaks."""

    JOB = "job"
    INGEST = "ingest"
    POSE = "pose"
    MESH = "mesh"
    ERGONOMICS = "ergonomics"


WORK_STAGES: Final = (
    StageName.INGEST,
    StageName.POSE,
    StageName.MESH,
    StageName.ERGONOMICS,
)
"""The stages a clip goes through, in their order."""


class StageState(StrEnum):
    """What happened, as the last token of a subject."""

    ACCEPTED = "accepted"
    REQUESTED = "requested"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Preset(StrEnum):
    """How much time a clip may take."""

    FAST = "fast"
    """Lite model at 10 Hz."""
    BALANCED = "balanced"
    """Full model at 15 Hz."""
    BEST = "best"
    """Heavy model at up to 30 Hz."""


class Coupling(StrEnum):
    """Quality of the grip on a load (REBA)."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNACCEPTABLE = "unacceptable"


class LoadPattern(StrEnum):
    """How a force acts over time (RULA, REBA)."""

    INTERMITTENT = "intermittent"
    STATIC_OR_REPEATED = "static_or_repeated"
    SHOCK = "shock"


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no video shows. ``None`` means "not told": assumed, and said so."""

    load_kg: Annotated[float, msgspec.Meta(ge=0, le=500)] | None = None
    """Mass handled, kg."""
    load_pattern: LoadPattern | None = None
    """How the force acts."""
    coupling: Coupling | None = None
    """Grip on the load."""
    arms_supported: bool | None = None
    """Whether the arms rest on something."""
    seated: bool | None = None
    """Whether the work is done sitting."""
    trunk_supported: bool | None = None
    """Whether the whole trunk leans on something (ISO 11226, EN 1005-4, NV 361)."""
    head_supported: bool | None = None
    """Whether the whole head leans on something, likewise."""
    shoulder_raised: bool | None = None
    """Whether the shoulders are held up (RULA, REBA)."""
    gravity_assisted: bool | None = None
    """Whether gravity helps the posture of the upper arm (REBA)."""
    static_or_repeated: bool | None = None
    """Whether postures are held over a minute, or repeated over four times a minute
    (RULA, REBA); left out, the motion shows it."""
    rapid_or_unstable: bool | None = None
    """Rapid large changes of posture, or an unstable base (REBA)."""
    long_use: bool | None = None
    """Whether one person does this for more than half a shift (EN 1005-4's note on
    machines used for long, step 2 of NV 361/2007)."""
    lifts_per_min: Annotated[float, msgspec.Meta(ge=0, le=60)] | None = None
    """How often a load is lifted (NIOSH)."""
    lifting_h: Annotated[float, msgspec.Meta(ge=0.1, le=8)] | None = None
    """For how many hours of the shift, rests included (NIOSH)."""
    control_at_destination: bool | None = None
    """Whether the load is placed with care, so that its end counts too (NIOSH)."""


class Language(StrEnum):
    """Of the documents."""

    ENGLISH = "en"
    CZECH = "cs"


class Faces(StrEnum):
    """What overlay and report show of faces."""

    BLURRED = "blurred"
    SHOWN = "shown"


class PersonAt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point on the worker, for clips that show several people."""

    x: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Share of the upright picture's width, from the left."""
    y: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """Share of its height, from the top."""
    time_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """When, from the first picture."""


class ViewFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the camera. ``None`` is found from the clip."""

    field_of_view_deg: Annotated[float, msgspec.Meta(ge=10, le=150)] | None = None
    """Angle of view along the picture's longer side."""
    tilt_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    """How far the camera looks down; up is negative."""
    roll_deg: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    """How far the camera is turned clockwise about its line of sight."""


class WorkerFacts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is known of the worker."""

    height_m: Annotated[float, msgspec.Meta(ge=1.0, le=2.3)] | None = None
    """Body height in shoes."""
    neutral_start_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """From here on the worker stands in their own neutral posture …"""
    neutral_end_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """… until here: angles of trunk and head count from it."""

    def __post_init__(self) -> None:
        """Check that the neutral posture has a beginning and, later, an end.

        Raises:
            ValueError: Otherwise; msgspec names the field.
        """
        start_s, end_s = self.neutral_start_s, self.neutral_end_s
        if (start_s is None) != (end_s is None):
            msg = "neutral_start_s and neutral_end_s need each other"
            raise ValueError(msg)
        if start_s is not None and end_s is not None and not start_s < end_s:
            msg = "neutral_end_s must be after neutral_start_s"
            raise ValueError(msg)

    @property
    def neutral_s(self) -> tuple[float, float] | None:
        """From and to of the neutral posture, if it was told."""
        if self.neutral_start_s is None or self.neutral_end_s is None:
            return None
        return self.neutral_start_s, self.neutral_end_s


class DocumentFacts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What documents say of where and by whom. No score depends on it."""

    workplace: Line | None = None
    """Where the work is done; an empty text says nothing."""
    assessed_by: Line | None = None
    """Who answers for the assessment, likewise."""


class JobSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Everything a user may choose."""

    preset: Preset = Preset.BALANCED
    """Speed against accuracy."""
    task: TaskFacts = TaskFacts()
    """Facts about the work."""
    person: PersonAt | None = None
    """Who is the worker; ``None`` chooses the one longest, largest and most central."""
    view: ViewFacts = ViewFacts()
    """Facts about the camera."""
    worker: WorkerFacts = WorkerFacts()
    """Facts about the worker."""
    overlay: bool = True
    """Whether to render ``overlay.mp4``."""
    language: Language = Language.ENGLISH
    """Of ``report.pdf`` and ``workbook.xlsx``."""
    faces: Faces = Faces.BLURRED
    """What the pictures of people show of their faces."""
    document: DocumentFacts = DocumentFacts()
    """What ``report.pdf`` says of where and by whom."""


class JobManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a job in the store, written before anything else happens."""

    tenant: Name
    job: Name
    settings: JobSettings
    source_name: str
    """The user's own file name, for display only."""
    source_key: str
    """Where the clip lies or will lie."""
    created_at: str
    """RFC 3339, UTC."""
    rescore_of: Name | None = None
    """The job whose motion this one scores again."""


class JobState(StrEnum):
    """Where a job stands as a whole."""

    AWAITING_UPLOAD = "awaiting_upload"
    ACCEPTED = "accepted"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL_STATES: Final = frozenset(
    {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
)


class StageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where one stage of a job stands."""

    state: StageState
    started_at: str | None = None
    """RFC 3339, UTC."""
    seconds: float | None = None
    """Wall time of the work, once completed."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job ended without a result."""

    code: FailureCode
    message: str
    """One plain sentence that says what to do."""
    stage: StageName


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The live state of a job, in the KV bucket ``jobs``."""

    tenant: Name
    job: Name
    state: JobState
    source_name: str
    settings: JobSettings
    created_at: str
    """RFC 3339, UTC."""
    stages: dict[str, StageStatus] = {}
    """Stage name → status, as far as the job has come."""
    artifacts: dict[str, ObjectRef] = {}
    """Public file name → object, as they come to exist."""
    failure: Failure | None = None
    rescore_of: Name | None = None
    """The job whose motion this one scores again."""


def parse_settings(raw: bytes) -> JobSettings:
    """Decode settings that a user wrote.

    Raises:
        ContractError: With one sentence for each mistake; it names the field.
    """
    try:
        value = msgspec.json.decode(raw)
        mistakes = find_mistakes(value, JobSettings)
        if mistakes:
            raise ContractError(" ".join(map(sentence, mistakes)))
        return msgspec.convert(value, JobSettings)
    except MALFORMED as error:
        msg = f"The settings are not valid: {error}."
        raise ContractError(msg) from error
