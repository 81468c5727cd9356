"""What somebody (the truth, ergomesh, raw landmarks) says of a clip, in one form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles, body_angles, joint_angles
from ergomesh.ergonomics.core.body import body_of
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.core.series import MethodScores
from ergomesh.ergonomics.core.tables import Method

CENTRES: Final = tuple(
    f"{side}_{name}"
    for side in SIDES
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
"""Joints that are landmarks too: jitter is judged on these."""

HIPS: Final = [CENTRES.index(f"{side}_hip") for side in SIDES]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Angles, action levels, joints and camera of T frames."""

    frame: IntArray
    """(T,) index of the source frame."""
    time_s: FloatArray
    """(T,)."""
    angles: Angles
    guessed_deg: FloatArray
    """(T, A) the best guess of every angle, observed or not."""
    levels: Mapping[Method, IntArray]
    """(2, T) action levels of the left and right side, -1 where unknown."""
    guessed: Mapping[Method, IntArray]
    """The same of the likely scores: a level for each frame with a body, as raw
    landmarks give one."""
    joints_m: FloatArray
    """(T, 12, 3) of :data:`CENTRES` from the middle of the hips, camera frame."""
    up_cam: FloatArray | None
    """(3,) against gravity in the camera frame, if anything was said of it."""
    focal_px: float | None
    """Focal length, if anything was said of it."""


def measure(motion: Motion, task: TaskFacts) -> Measured:
    """Take everything that is compared from a fitted motion.

    Args:
        motion: As ergomesh found it.
        task: Facts about the work; the same for all who are compared.
    """
    angles = joint_angles(motion)
    sure = certain(motion)
    guesses = body_angles(body_of(sure))
    return _measured(
        motion,
        angles,
        guesses,
        levels=_levels(motion, angles, task),
        guessed=_levels(motion, angles, task, "likely"),
    )


def measure_exact(motion: Motion, task: TaskFacts) -> Measured:
    """Take everything that is compared from the true motion, which has no doubt."""
    angles = body_angles(body_of(motion))
    levels = _levels(motion, angles, task)
    return _measured(motion, angles, angles, levels=levels, guessed=levels)


def certain(motion: Motion) -> Motion:
    """Return a motion as if everything had been observed, and without error."""
    return replace(
        motion,
        joint_observed=np.ones_like(motion.joint_observed),
        joint_sd_m=np.zeros_like(motion.joint_sd_m),
        gravity_sd_deg=0.0,
    )


def _measured(
    motion: Motion,
    angles: Angles,
    guesses: Angles,
    *,
    levels: Mapping[Method, IntArray],
    guessed: Mapping[Method, IntArray],
) -> Measured:
    return Measured(
        frame=motion.frame,
        time_s=motion.time_s,
        angles=angles,
        guessed_deg=guesses.values_deg,
        levels=levels,
        guessed=guessed,
        joints_m=centred(_joints_cam_m(motion)),
        up_cam=motion.rotmat_cam_world[:, 1],
        focal_px=float(motion.intrinsics[0, 0]),
    )


def _levels(
    motion: Motion, angles: Angles, task: TaskFacts, column: str = "value"
) -> dict[Method, IntArray]:
    scores = score_motion(motion, angles, task)
    return {name: levels_of(of, column) for name, of in scores.methods.items()}


def levels_of(scores: MethodScores, column: str = "value") -> IntArray:
    """Return the action levels of both sides, (2, T), -1 where not determinable.

    Args:
        scores: Of a method.
        column: Of the series: the score itself, or the likely one.
    """
    return np.stack(
        [scores.levels(getattr(scores.sides[side], column)) for side in SIDES]
    )


def centred(joints_m: FloatArray) -> FloatArray:
    """Return (T, 12, 3) joints from the middle of the hips."""
    return np.asarray(joints_m - joints_m[:, HIPS].mean(axis=1, keepdims=True))


def _joints_cam_m(motion: Motion) -> FloatArray:
    rows = [JOINT[name] for name in CENTRES]
    turned = motion.joints_world_m[:, rows] @ motion.rotmat_cam_world.T
    return np.asarray(turned + motion.trans_cam_world_m)


def rows_of(frames: IntArray, wanted: IntArray) -> IntArray:
    """Return where each wanted frame is among ascending frames.

    Raises:
        LookupError: When one is missing.
    """
    rows = np.searchsorted(frames, wanted)
    found = frames[np.minimum(rows, len(frames) - 1)] == wanted
    if not found.all():
        msg = f"the truth has no frame {int(wanted[~found][0])}"
        raise LookupError(msg)
    return rows.astype(np.int64)


def known_frames(measured: Measured) -> BoolArray:
    """Return (T,) whether there is a body at all."""
    return np.asarray(np.isfinite(measured.joints_m).all(axis=(1, 2)))
