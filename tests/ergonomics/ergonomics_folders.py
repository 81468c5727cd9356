"""The files of a result, made from a motion as the service makes them."""

from collections.abc import Sequence

import msgspec
import numpy as np

from ergomesh.contract.arrays import Motion
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings, TaskFacts
from ergomesh.ergonomics.assessment import Assessment, assess
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.csv_files import angles_csv, scores_csv
from ergomesh.ergonomics.core.en1005_4 import assess_en1005_4
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.iso11226 import assess_iso11226
from ergomesh.ergonomics.core.niosh import assess_niosh
from ergomesh.ergonomics.core.nv361 import assess_nv361
from ergomesh.ergonomics.core.owas import assess_owas
from ergomesh.ergonomics.core.result import Result, encode_result
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.core.summary import summarize
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import (
    BUSY,
    Pose,
    clip_of,
    drawn_covariance,
    flexed_arm,
    motion_of,
    unsure,
)
from ergonomics.ergonomics_scenes import landmarks_of

FIT = FitReport(
    converged=True,
    iterations=7,
    residual_px_median=1.0,
    focal_px=1000.0,
    gravity_source="assumed",
    gravity_sd_deg=5.0,
    frames_fitted=20,
    frames_bridged=0,
    frames_empty=0,
    backend="made up",
)


def result_of(
    motion: Motion, task: TaskFacts | None = None, *, angles: Angles | None = None
) -> Result:
    """Assess a motion by every method; with other angles than its own, if asked to."""
    angles = joint_angles(motion) if angles is None else angles
    facts, _ = resolve_facts(task or TaskFacts())
    found = summarize(
        clip_of(motion),
        motion,
        angles,
        score_motion(motion, angles, task or TaskFacts()),
        ergomesh_version="1.2.3",
        landmark_model="landmarks of a test",
        timings_s={"pose": 1.5},
    )
    asked = (motion, angles, facts, DEFAULT_THRESHOLDS)
    return msgspec.structs.replace(
        found,
        owas=assess_owas(*asked),
        iso11226=assess_iso11226(*asked),
        en1005_4=assess_en1005_4(*asked),
        nv361=assess_nv361(*asked),
        niosh=assess_niosh(*asked),
    )


def assessment_of(
    motion: Motion,
    settings: JobSettings | None = None,
    *,
    size_px: tuple[int, int] = (640, 480),
) -> Assessment:
    """Assess a motion as the service does, in a picture of a size."""
    return assess(
        clip=clip_of(motion, width_px=size_px[0], height_px=size_px[1]),
        landmarks=landmarks_of(motion, size_px),
        motion=motion,
        fit=FIT,
        people=None,
        settings=settings or JobSettings(),
        version="1.2.3",
        timings_s={},
    )


def files_of(motion: Motion, task: TaskFacts | None = None) -> dict[str, bytes]:
    """Return the files of a motion's result, by name."""
    angles = joint_angles(motion)
    scores = score_motion(motion, angles, task or TaskFacts())
    return {
        "result.json": encode_result(result_of(motion, task)),
        "scores.csv": scores_csv(motion, scores),
        "angles.csv": angles_csv(motion, angles),
    }


def drawn_motion(seed: int, *, frames: int = 12, sd_rad: float = 0.1) -> Motion:
    """Draw a work of bends, twists and raised arms, of which little is certain."""
    rng = np.random.default_rng(seed)
    motion = motion_of([_drawn_pose(rng) for _ in range(frames)])
    return unsure(motion, drawn_covariance(seed, sd_rad)) if sd_rad else motion


def _drawn_pose(rng: np.random.Generator) -> Pose:
    bend, twist = rng.uniform(-10, 60), rng.uniform(-30, 30)
    left, right = rng.uniform(0, 110, 2)
    return {
        **flexed_arm(left),
        "right_shoulder": flexed_arm(right, "right")["right_shoulder"],
        "spine2": (bend, twist, 0.0),
        "left_elbow": (0, -rng.uniform(0, 110), 0),
        "right_elbow": (0, rng.uniform(0, 110), 0),
        "left_wrist": (5, 5, -rng.uniform(-30, 30)),
        "right_wrist": (5, 5, rng.uniform(-30, 30)),
        "left_knee": BUSY["left_knee"] if rng.random() < 0.5 else (0, 0, 0),
    }


def raised(flexions_deg: Sequence[float]) -> Motion:
    """Return a certain motion with the left arm raised so far, frame by frame."""
    return motion_of([flexed_arm(flexion) for flexion in flexions_deg])
