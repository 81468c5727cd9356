"""Whether the weight is on one leg, from the height of the feet."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.thresholds import Thresholds

SPEED_WINDOW_S: Final = 1.0
"""Time over which the pelvis's speed is taken: about one step."""


@dataclass(frozen=True, slots=True)
class FootLift:
    """How far the left ankle is above the right one."""

    height_m: FloatArray
    """(T,); 0 while walking, NaN where an ankle is not observed."""
    sd_m: FloatArray
    """(T,)."""


def foot_lift(motion: Motion, thresholds: Thresholds) -> FootLift:
    """Measure how far one foot is lifted.

    The standard deviation is that of both ankles, and of the vertical, which tilts
    the line between them. In a walk lifted feet are steps, and do not count.

    Args:
        motion: T frames.
        thresholds: For what is a walk.
    """
    ankles = [JOINT[f"{side}_ankle"] for side in SIDES]
    left, right = np.moveaxis(motion.joints_world_m[:, ankles], 1, 0)
    apart = np.hypot(*(left - right)[:, [0, 2]].T)
    tilt = apart * np.radians(motion.gravity_sd_deg)
    sd = np.sqrt(np.sum(motion.joint_sd_m[:, ankles] ** 2, axis=1) + tilt**2)
    steps = walking(motion, thresholds)
    height = np.where(steps, 0.0, (left - right)[:, 1])
    seen = motion.joint_observed[:, ankles].all(axis=1) & np.isfinite(sd)
    return FootLift(
        np.where(seen, height, np.nan), np.where(seen & ~steps, sd, seen * 0.0)
    )


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
