"""The whole real pipeline on the clips: the one-machine stack, over HTTP.

The stack's store stays between runs, and its results lie under the digests of their
inputs and code: what did not change is not computed again.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bench.accuracy.clip_files import ClipFiles
from bench.accuracy.landmarks import MODELS
from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.fit import FitReport, decode_fit
from ergomesh.contract.job import JobState, JobStatus, Preset
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, joint_angles
from flow.flow_stack import RunningStack, running_stack

JOB_S: Final = 900.0
"""How long a clip may take, on a machine that others use as well."""

ROUNDING_DEG: Final = 0.006
"""``angles.csv`` has two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysed:
    """What the pipeline returned for one clip."""

    clip: ClipFiles
    landmarks: Landmarks
    motion: Motion
    fit: FitReport


@contextmanager
def pipeline(data_dir: Path) -> Iterator[RunningStack]:
    """Run the stack until the block is left."""
    with running_stack(data_dir, models_dir=MODELS) as stack:
        yield stack


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip that the pipeline refused."""

    clip: ClipFiles
    why: str


def analysed_clip(
    stack: RunningStack, clip: ClipFiles, preset: Preset
) -> Analysed | Failed:
    """Send a clip through the pipeline and fetch what it made.

    Raises:
        RuntimeError: When ``angles.csv`` is not of the motion.
    """
    told = {
        name: value
        for name, value in msgspec.to_builtins(clip.task).items()
        if value is not None
    }
    answer = stack.submit(clip.video, preset=str(preset), overlay="false", **told)
    answer.raise_for_status()
    status = stack.wait(answer.json()["job"], timeout_s=JOB_S)
    if status.state is not JobState.COMPLETED:
        return Failed(clip, status.failure.message if status.failure else status.state)
    return _fetched(stack, clip, status)


def _fetched(stack: RunningStack, clip: ClipFiles, status: JobStatus) -> Analysed:
    files = {
        name: stack.artifact(status.job, name)
        for name in ("landmarks.npz", "motion.npz", "fit.json", "angles.csv")
    }
    motion = Motion.from_npz(files["motion.npz"])
    _check_angles(clip, motion, files["angles.csv"])
    return Analysed(
        clip=clip,
        landmarks=Landmarks.from_npz(files["landmarks.npz"]),
        motion=motion,
        fit=decode_fit(files["fit.json"]),
    )


def _check_angles(clip: ClipFiles, motion: Motion, csv: bytes) -> None:
    """See that the published angles are those that are judged."""
    published = read_angles(csv)
    angles = joint_angles(motion)
    judged = np.stack([angles.value_deg(name) for name in ANGLE_NAMES], axis=1)
    if not np.allclose(published, judged, rtol=0, atol=ROUNDING_DEG, equal_nan=True):
        msg = f"angles.csv of {clip.name} is not of its motion.npz"
        raise RuntimeError(msg)


def read_angles(csv: bytes) -> FloatArray:
    """Return the angles of ``angles.csv``, (T, A); an empty cell is NaN."""
    table = np.genfromtxt(io.BytesIO(csv), delimiter=",", names=True, ndmin=1)
    return np.stack([table[f"{name}_deg"] for name in ANGLE_NAMES], axis=1)
