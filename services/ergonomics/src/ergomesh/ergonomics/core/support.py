"""Whether the weight is on one leg, from the height of the feet."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.tangents import interpolated, tangents_of
from ergomesh.ergonomics.core.thresholds import Thresholds

UNKNOWN_M: Final = 0.3
"""Standard deviation from which nothing is known of a lift: the way a foot goes up
two stairs. No source."""

SPEED_WINDOW_S: Final = 1.0
"""Time over which the pelvis's speed is taken: about one step."""


_ANKLES: Final = tuple(f"{side}_ankle" for side in SIDES)


@dataclass(frozen=True, slots=True)
class FootLift:
    """How far the left ankle is above the right one."""

    height_m: FloatArray
    """(T,); 0 while walking, NaN where an ankle is not observed."""
    sd_m: FloatArray
    """(T,)."""


def foot_lift(motion: Motion, walks: BoolArray) -> FootLift:
    """Measure how far one foot is lifted.

    The standard deviation is that of the pose's covariance, the vertical's included.
    In a walk lifted feet are steps, and do not count.

    Args:
        motion: T frames.
        walks: (T,) of :func:`walking`.
    """
    joints = [JOINT[name] for name in _ANKLES]
    left, right = np.moveaxis(motion.joints_world_m[:, joints], 1, 0)
    sd = _lift_sd_m(motion)
    height = np.where(walks, 0.0, (left - right)[:, 1])
    seen = motion.joint_observed[:, joints].all(axis=1) & (sd <= UNKNOWN_M)
    return FootLift(
        np.where(seen, height, np.nan), np.where(seen & ~walks, sd, seen * 0.0)
    )


def _lift_sd_m(motion: Motion) -> FloatArray:
    """Return (T,) the standard deviation of the difference in height."""
    upwards = np.array([0.0, 1.0, 0.0])
    slope = np.stack([upwards, -upwards])[None, ..., None]
    knots = []
    for knot in tangents_of(motion, _ANKLES):
        points = motion.joints_world_m[knot.rows].T
        vectors = {name: points[:, JOINT[name]] for name in _ANKLES}
        pulled = knot.pulled_back(slope, _ANKLES, vectors)
        knots.append((knot.rows, knot.spreads(pulled)))
    sd: FloatArray = interpolated(knots, len(motion.time_s), 1)[0]
    return sd


def walking(motion: Motion, thresholds: Thresholds) -> BoolArray:
    """Return (T,) whether the pelvis travels at a walk over a second around."""
    pelvis = motion.joints_world_m[:, JOINT["pelvis"]][:, [0, 2]]
    half = SPEED_WINDOW_S / 2
    first = np.searchsorted(motion.time_s, motion.time_s - half)
    last = np.searchsorted(motion.time_s, motion.time_s + half, side="right") - 1
    way = np.linalg.norm(pelvis[last] - pelvis[first], axis=1)
    duration = np.maximum(motion.time_s[last] - motion.time_s[first], half)
    fast: BoolArray = np.nan_to_num(way / duration) > thresholds.walking_m_s
    return fast
