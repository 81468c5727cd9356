"""Clips assessed by decree 361/2007, and how tests look at them."""

from typing import Any

import numpy as np

from ergomesh.contract.arrays import PACKED_COVARIANCE, FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.nv361 import assess_nv361
from ergomesh.ergonomics.core.nv361_result import Nv361Item, Nv361Result
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import ARMS_DOWN, changed, motion_of, posture_of

RATE_HZ = 10.0
STILL = (
    *("poses", "trans", "joints_world_m", "points_px"),
    *("joint_sd_m", "joint_observed", "pose_sd_rad"),
)
Clip = Motion | tuple[Motion, Angles]
"""A motion, with its own angles or with others."""


def assessed(clip: Clip, /, **told: Any) -> Nv361Result:
    """Assess a clip with some facts told."""
    facts, _ = resolve_facts(TaskFacts(**told))
    motion, angles = (clip, joint_angles(clip)) if isinstance(clip, Motion) else clip
    return assess_nv361(motion, angles, facts, DEFAULT_THRESHOLDS, told=tuple(told))


def standing(frames: int) -> Motion:
    """Return a worker who stands still, with a covariance at one frame only."""
    one = motion_of([ARMS_DOWN])
    still = {name: getattr(one, name).repeat(frames, axis=0) for name in STILL}
    time = {"frame": np.arange(frames), "time_s": np.arange(frames) / RATE_HZ}
    knot = {
        "covariance_frame": np.zeros(1, dtype=np.int64),
        "pose_covariance_rad2": np.zeros((1, PACKED_COVARIANCE)),
    }
    return changed(one, **still, **time, **knot)


def of_angles(sd_deg: float = 0.0, /, **values: FloatArray) -> Clip:
    """Return a standing worker with some angles replaced, over time.

    Raised upper arms point backward.
    """
    behind = {f"{side}_upper_arm_plane": np.array([180.0]) for side in SIDES}
    angles = posture_of(**behind, **values).angles
    sds = np.where(np.isfinite(angles.values_deg), sd_deg, np.nan)
    return standing(len(sds)), Angles(angles.names, angles.values_deg, sds)


def item(result: Nv361Result, key: str, part: str | None = None) -> Nv361Item:
    """Return one row."""
    (found,) = (i for i in result.items if i.key == key and part in {None, i.part})
    return found


def likely_s(result: Nv361Result, key: str, part: str | None = None) -> float:
    """Return the likely seconds of an item."""
    seconds = item(result, key, part).seconds
    assert seconds is not None
    return seconds.likely


def listed(result: Nv361Result) -> dict[str, float]:
    """Return the items that occurred, with their likely seconds."""
    return {
        f"{row.part} {row.key}": round(row.seconds.likely, 6)
        for row in result.items
        if row.seconds is not None and row.seconds.likely > 0
    }


def unlisted(result: Nv361Result) -> dict[str, float]:
    """Return what is not classified, likewise."""
    return {
        f"{row.part} {row.measure} {row.from_deg:g} {row.load} {row.freq}": round(
            row.seconds.likely, 6
        )
        for row in result.unlisted
        if row.seconds.likely > 0
    }


def held(value: float, frames: int = 100) -> FloatArray:
    """Return an angle that stays."""
    return np.full(frames, value)


def cycles(value: float, *, minutes: int, per_min: int, for_s: float = 2.0) -> Any:
    """Return an angle that is taken for a time so often a minute, else 0."""
    time_s = np.arange(int(minutes * 60 * RATE_HZ)) / RATE_HZ
    period = 60.0 / per_min
    return np.where((time_s % period >= 1) & (time_s % period < 1 + for_s), value, 0.0)
