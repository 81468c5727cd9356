"""Where the hands hold a load at both ends of a lift, and how sure that is.

H is the way along the floor from the ankles' midpoint to the hands' (middle
knuckles), V the hands' height above the floor under the lower foot, D the change of
V, A the angle between straight ahead and the direction of the hands (Applications
Manual, NIOSH 94-110, sections on terminology).

The error of each is that of the points it is made of: of the hands' midpoint and the
ankles', each axis as uncertain as the motion says, both hands erring alike; and of
straight ahead. All lifts of a clip err by the same seeded draws, as the errors of one
camera go together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.geometry import EPSILON
from ergomesh.ergonomics.core.lifts import ANKLES, KNUCKLES, WRISTS, Move
from ergomesh.ergonomics.core.niosh_equation import Hold
from ergomesh.ergonomics.core.thresholds import Thresholds

DRAWS: Final = 512
"""Pairs of opposite errors; the share between two bounds is then right within 2 %."""
SEED: Final = 94_110
"""Of the draws: the manual's number."""
CM: Final = 100.0

_ENDS: Final = 2
_ERRORS: Final = 7
"""Numbers that err at an end: hands and ankles, three axes each, and the heading."""
_FEET: Final = [JOINT[f"{side}_foot"] for side in SIDES]
_HIPS: Final = [JOINT[f"{side}_hip"] for side in SIDES]
_LEGS: Final = [JOINT[f"{s}_{j}"] for s in SIDES for j in ("hip", "knee", "ankle")]


@dataclass(frozen=True, slots=True)
class Ends:
    """L lifts at both ends, as measured and with errors."""

    hold: Hold
    """(L, 2, 1 + 2N), centimetres: the first is as measured, the others err."""
    told: BoolArray
    """(L, 2) whether hands and feet are certain enough."""


def ends_of(motion: Motion, moves: Sequence[Move], thresholds: Thresholds) -> Ends:
    """Measure lifts at their origins and destinations.

    Args:
        motion: T frames.
        moves: L lifts.
        thresholds: For straight ahead, the floor, and what is too uncertain.
    """
    rows = np.array([(move.first, move.last) for move in moves], dtype=np.int64)
    rows = rows.reshape(-1, _ENDS)
    errors = thresholds.lift_sd_factor * _errors()
    hands = _points(motion, KNUCKLES, WRISTS, rows, errors[..., 0:3])
    ankles = _points(motion, ANKLES, ANKLES, rows, errors[..., 3:6])
    heading, heading_sd = _heading(motion, rows, thresholds)
    ahead = heading[..., None] + heading_sd[..., None] * errors[None, ..., 6]
    floor = _drop(motion, rows)[..., None] + thresholds.niosh_ankle_height_m
    out = hands - ankles
    vertical = out[..., 1] + floor
    way = np.abs(vertical[:, 1:] - vertical[:, :1])
    reach = np.hypot(out[..., 0], out[..., 2])
    side = np.arctan2(out[..., 0], out[..., 2]) - ahead
    asymmetry = np.abs(np.degrees(np.arctan2(np.sin(side), np.cos(side))))
    return Ends(
        Hold(
            horizontal=CM * reach,
            vertical=CM * vertical,
            distance=CM * np.broadcast_to(way, vertical.shape),
            asymmetry_deg=np.where(reach > EPSILON, asymmetry, 0.0),
        ),
        _told(motion, rows, thresholds),
    )


@cache
def _errors() -> FloatArray:
    """Return (2, 1 + 2N, 7) standard normal errors; the first are zero."""
    drawn = np.random.default_rng(SEED).standard_normal((_ENDS, DRAWS, _ERRORS))
    every = np.concatenate([np.zeros((_ENDS, 1, _ERRORS)), drawn, -drawn], axis=1)
    every.setflags(write=False)
    return every


def _points(
    motion: Motion,
    joints: list[int],
    sure: list[int],
    rows: IntArray,
    errors: FloatArray,
) -> FloatArray:
    """Return (L, 2, 1 + 2N, 3) the midpoint of two joints, with errors, metres."""
    middle = motion.joints_world_m[rows][:, :, joints].mean(axis=2)
    sd = motion.joint_sd_m[rows][:, :, sure].mean(axis=2)
    points: FloatArray = middle[:, :, None] + sd[..., None, None] * errors[None]
    return points


def _drop(motion: Motion, rows: IntArray) -> FloatArray:
    """Return (L, 2) how far the lower ankle is below the ankles' midpoint, metres."""
    heights = motion.joints_world_m[rows][:, :, ANKLES, 1]
    drop: FloatArray = heights.mean(axis=2) - heights.min(axis=2)
    return drop


def _heading(
    motion: Motion, rows: IntArray, thresholds: Thresholds
) -> tuple[FloatArray, FloatArray]:
    """Return (L, 2) each: straight ahead and its standard deviation, radians.

    Counted about the vertical from the world's z axis towards x. The feet turn with
    the pelvis and their legs, whose rotations err as if independent.
    """
    joints = motion.joints_world_m[rows]
    toes = (joints[:, :, _FEET] - joints[:, :, ANKLES])[..., [0, 2]]
    length = np.linalg.norm(toes, axis=-1, keepdims=True)
    feet = (toes / np.maximum(length, EPSILON)).sum(axis=2)
    hips = (joints[:, :, _HIPS[0]] - joints[:, :, _HIPS[1]])[..., [0, 2]]
    seen = np.asarray(motion.joint_observed[rows][:, :, _FEET].all(axis=2))
    pointing = np.asarray(np.linalg.norm(feet, axis=-1) > EPSILON)
    use = seen & pointing & (thresholds.niosh_sagittal == "feet")
    ahead = np.where(use[..., None], feet, hips[..., ::-1] * [-1, 1])
    variance = motion.pose_sd_rad[rows] ** 2
    pelvis = variance[:, :, JOINT["pelvis"]]
    legs = variance[:, :, _LEGS].sum(axis=2) / len(SIDES) ** 2
    sd = np.sqrt(pelvis + np.where(use, legs, 0.0))
    return np.arctan2(ahead[..., 0], ahead[..., 1]), sd


def _told(motion: Motion, rows: IntArray, thresholds: Thresholds) -> BoolArray:
    sd = motion.joint_sd_m[rows][:, :, [*WRISTS, *ANKLES]]
    return np.asarray((sd <= thresholds.lift_sd_m).all(axis=2))
