"""Lying, kneeling and squatting, from the geometry of the body.

A knee on the floor is about as low as the lower ankle, and bent; who squats has both
knees bent far and the hips below a chair's height; who lies has the trunk level and
the hips as low as the ankles. The limits are named in
:class:`~ergomesh.ergonomics.core.thresholds.Thresholds`. Heights come with the
standard deviations of the joints' positions about the body's centre, as OWAS's legs do,
and with the vertical's over the distance.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.nv361_measures import varied
from ergomesh.ergonomics.core.support import UNKNOWN_M
from ergomesh.ergonomics.core.thresholds import Thresholds

KINDS: Final = ("kneeling", "squatting", "lying")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Yes or no in K readings of T frames, or open where something is not observed."""

    sure: BoolArray
    """(K, T) yes whatever is not observed."""
    possible: BoolArray
    """(K, T) not ruled out."""

    @classmethod
    def of(cls, holds: BoolArray, known: BoolArray) -> Self:
        """Return whether a comparison holds, open where it is not known."""
        return cls(holds & known, holds | ~known)

    def __and__(self, other: "Doubt") -> "Doubt":
        return Doubt(self.sure & other.sure, self.possible & other.possible)

    def __or__(self, other: "Doubt") -> "Doubt":
        return Doubt(self.sure | other.sure, self.possible | other.possible)


def on_the_ground(
    motion: Motion, angles: Angles, thresholds: Thresholds, *, seated: BoolArray
) -> dict[str, Doubt]:
    """Return kneeling, squatting and lying.

    Args:
        motion: T frames.
        angles: Of the same frames.
        thresholds: The choices.
        seated: (T,) Who sits, told or seen, does nothing of it.
    """
    seen = _quantities(motion, angles)
    readings = varied(seen)
    leg_m = _leg_length_m(motion)

    def _below(name: str, limit: float) -> Doubt:
        return Doubt.of(readings[name] < limit, np.isfinite(readings[name]))

    def _above(name: str, limit: float) -> Doubt:
        return Doubt.of(readings[name] > limit, np.isfinite(readings[name]))

    left, right = (
        _below(f"{side}_knee_m", thresholds.kneeling_knee_m)
        & _above(f"{side}_knee_flexion", thresholds.kneeling_flexion_deg)
        for side in SIDES
    )
    bent_left, bent_right = (
        _above(f"{side}_knee_flexion", thresholds.squatting_knee_deg) for side in SIDES
    )
    low = _below("hips_m", thresholds.squatting_hip_share * leg_m)
    level = _above("trunk_inclination", thresholds.lying_trunk_deg)
    found = {
        "kneeling": left | right,
        "squatting": bent_left & bent_right & low,
        "lying": level & _below("hips_m", thresholds.lying_hip_share * leg_m),
    }
    return {
        kind: Doubt(doubt.sure & ~seated, doubt.possible & ~seated)
        for kind, doubt in found.items()
    }


def _quantities(
    motion: Motion, angles: Angles
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return name → value and standard deviation (T,) of all that decides."""
    names = (*(f"{side}_knee_flexion" for side in SIDES), "trunk_inclination")
    known = {name: (angles.value_deg(name), angles.sd_of_deg(name)) for name in names}
    return known | _heights_m(motion)


def _leg_length_m(motion: Motion) -> float:
    """Return how long thigh and shank are together, the median over time."""
    hip, knee, ankle = (
        motion.joints_world_m[:, [JOINT[f"{side}_{name}"] for side in SIDES]]
        for name in ("hip", "knee", "ankle")
    )
    lengths = np.linalg.norm(hip - knee, axis=-1) + np.linalg.norm(
        knee - ankle, axis=-1
    )
    known = lengths[np.isfinite(lengths)]
    return float(np.median(known)) if known.size else 0.0


def _heights_m(motion: Motion) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return knees and hips above the lower ankle; NaN where not observed."""
    ankles = np.stack([motion.joints_world_m[:, JOINT[f"{s}_ankle"]] for s in SIDES])
    lower = np.argmin(ankles[..., 1], axis=0)
    floor = np.take_along_axis(ankles, lower[None, :, None], axis=0)[0]
    hips = tuple(f"{side}_hip" for side in SIDES)
    wanted = {f"{side}_knee_m": (f"{side}_knee",) for side in SIDES} | {"hips_m": hips}
    return {name: _height(motion, joints, floor) for name, joints in wanted.items()}


def _height(
    motion: Motion, joints: tuple[str, ...], floor_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how high the middle of some joints is above a point, and how surely.

    Args:
        motion: T frames.
        joints: Their names.
        floor_m: (T, 3) the lower ankle.
    """
    rows = [JOINT[name] for name in joints]
    ankles = [JOINT[f"{side}_ankle"] for side in SIDES]
    up = motion.joints_world_m[:, rows].mean(axis=1) - floor_m
    tilt_m = np.radians(motion.gravity_sd_deg) * np.hypot(up[:, 0], up[:, 2])
    sds = (motion.joint_sd_m[:, some].max(axis=1) for some in (rows, ankles))
    sd = np.sqrt(sum((each**2 for each in sds), start=tilt_m**2))
    seen = motion.joint_observed[:, rows + ankles].all(axis=1) & (sd <= UNKNOWN_M)
    return np.where(seen, up[:, 1], np.nan), np.where(seen, sd, np.nan)
