"""Whether the weight is on one leg, from the height of the feet."""

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.bands import normal_cdf
from ergomesh.ergonomics.core.thresholds import Thresholds

SPEED_WINDOW_S = 1.0
"""Time over which the pelvis's speed is taken: about one step."""


def one_leg_probability(motion: Motion, thresholds: Thresholds) -> FloatArray:
    """Return how probable it is that one foot is lifted, 0 while walking.

    The ankles' heights differ by more than ``foot_lifted_m``, with normal errors of
    both ankles and of the vertical, which tilts the line between them.

    Returns:
        (T,); NaN where an ankle is not observed.
    """
    ankles = [JOINT[f"{side}_ankle"] for side in SIDES]
    between = np.subtract(*np.moveaxis(motion.joints_world_m[:, ankles], 1, 0))
    apart = np.hypot(between[:, 0], between[:, 2])
    tilt = apart * np.radians(motion.gravity_sd_deg)
    sd = np.sqrt(np.sum(motion.joint_sd_m[:, ankles] ** 2, axis=1) + tilt**2)
    lifted = _beyond(between[:, 1], sd, thresholds.foot_lifted_m)
    seen = motion.joint_observed[:, ankles].all(axis=1)
    still = np.where(walking(motion, thresholds), 0.0, lifted)
    return np.where(seen, still, np.nan)


def walking(motion: Motion, thresholds: Thresholds) -> BoolArray:
    """Return (T,) whether the pelvis travels at a walk over a second around."""
    pelvis = motion.joints_world_m[:, JOINT["pelvis"]][:, [0, 2]]
    half = SPEED_WINDOW_S / 2
    first = np.searchsorted(motion.time_s, motion.time_s - half)
    last = np.searchsorted(motion.time_s, motion.time_s + half, side="right") - 1
    way = np.linalg.norm(pelvis[last] - pelvis[first], axis=1)
    duration = np.maximum(motion.time_s[last] - motion.time_s[first], half)
    fast: BoolArray = np.nan_to_num(way / duration) > 9
    return fast


def _beyond(height: FloatArray, sd: FloatArray, limit: float) -> FloatArray:
    """Return P(|height| > limit)."""
    certain = (np.abs(height) > limit).astype(np.float64)
    scale = np.where(sd > 0, sd, 1.0)
    inside = normal_cdf((limit - height) / scale) - normal_cdf(
        (-limit - height) / scale
    )
    return np.where(sd > 0, 1.0 - inside, certain)
