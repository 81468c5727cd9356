"""How far a clip has come (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from ergomesh.contract.events import Progress
from ergomesh.contract.job import (
    WORK_STAGES,
    JobState,
    JobStatus,
    StageState,
    StageStatus,
)

UPLOAD: Final = "upload"
STEPS: Final = (UPLOAD, *map(str, WORK_STAGES))
"""What a clip goes through, in order."""


class StepState(Enum):
    """Where one step stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    TAKEN_OVER = "taken over"
    """Done by the job that this one scores again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one clip."""

    state: StepState = StepState.WAITING
    parts: tuple[float, ...] = (0.0,)
    """Fraction done of each part, 0…1; never falls."""
    seconds: float | None = None
    """Time of the work, once known."""

    @property
    def fraction(self) -> float:
        """Share of the whole step done, 0…1."""
        ended = self.state in {StepState.DONE, StepState.TAKEN_OVER}
        return 1.0 if ended else sum(self.parts) / len(self.parts)


@dataclass(frozen=True, slots=True)
class ClipProgress:
    """All steps of one clip."""

    name: str
    steps: Mapping[str, Step] = field(
        default_factory=lambda: {step: Step() for step in STEPS}
    )

    def at(self, step: str, value: Step) -> "ClipProgress":
        """Return the progress with one step replaced."""
        return replace(self, steps={**self.steps, step: value})


def uploading(progress: ClipProgress, sent: int, total: int) -> ClipProgress:
    """Return the progress after some bytes of the upload."""
    fraction = sent / total if total else 1.0
    return progress.at(UPLOAD, Step(StepState.RUNNING, (fraction,)))


def ticked(progress: ClipProgress, tick: Progress) -> ClipProgress:
    """Return the progress after a tick of a running stage."""
    step = progress.steps.get(str(tick.stage))
    if step is None or step.state not in {StepState.WAITING, StepState.RUNNING}:
        return progress
    parts = _parts(step.parts, tick)
    return progress.at(
        str(tick.stage), replace(step, state=StepState.RUNNING, parts=parts)
    )


def _parts(before: tuple[float, ...], tick: Progress) -> tuple[float, ...]:
    count = max(tick.parts, 1)
    parts = [*before, *[0.0] * count][:count]
    if 0 <= tick.part < count:
        parts[tick.part] = max(parts[tick.part], min(tick.fraction, 1.0))
    return tuple(parts)


def with_status(progress: ClipProgress, status: JobStatus) -> ClipProgress:
    """Return the progress after a status of the job."""
    steps = dict(progress.steps)
    again = status.rescore_of is not None
    taken = STEPS[:-1] if again else ()
    steps |= {name: Step(StepState.TAKEN_OVER) for name in taken}
    if not again:
        steps[UPLOAD] = replace(steps[UPLOAD], state=StepState.DONE)
    for name, stage in status.stages.items():
        if name in steps and name not in taken:
            steps[name] = _step(steps[name], stage)
    failed = status.failure.stage if status.failure is not None else None
    if status.state is JobState.FAILED and failed in steps:
        steps[str(failed)] = replace(steps[str(failed)], state=StepState.FAILED)
    return replace(progress, steps=steps)


def _step(step: Step, stage: StageStatus) -> Step:
    if stage.state is StageState.COMPLETED:
        return replace(step, state=StepState.DONE, seconds=stage.seconds)
    if stage.state is StageState.STARTED and step.state is StepState.WAITING:
        return replace(step, state=StepState.RUNNING)
    return step
