"""Lying, kneeling and squatting, from the geometry of the body.

A knee on the floor is about as low as the lower ankle, and bent; who squats has both
knees bent far and the hips below a chair's height; who lies has the trunk level and
the hips as low as the ankles. The limits are named in
:class:`~ergomesh.ergonomics.core.thresholds.Thresholds`. Heights come with the
standard deviation of the pose's covariance, the vertical's included.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.nv361_measures import varied
from ergomesh.ergonomics.core.support import UNKNOWN_M
from ergomesh.ergonomics.core.tangents import Tangents, interpolated, tangents_of
from ergomesh.ergonomics.core.thresholds import Thresholds

_JOINTS: Final = tuple(
    f"{side}_{n}" for n in ("knee", "ankle", "hip") for side in SIDES
)
_HEIGHTS: Final = ("left_knee_m", "right_knee_m", "hips_m")
_UP: Final = np.array([0.0, 1.0, 0.0])

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
    motion: Motion, angles: Angles, thresholds: Thresholds, *, seated: bool
) -> dict[str, Doubt]:
    """Return kneeling, squatting and lying.

    Args:
        motion: T frames.
        angles: Of the same frames.
        thresholds: The choices.
        seated: A worker who was told to sit does nothing of it.
    """
    seen = _quantities(motion, angles)
    readings = varied(seen)
    if seated:
        none = np.zeros_like(readings["hips_m"], dtype=np.bool_)
        return dict.fromkeys(KINDS, Doubt(none, none))
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
    return {
        "kneeling": left | right,
        "squatting": bent_left & bent_right & low,
        "lying": level & _below("hips_m", thresholds.lying_hip_share * leg_m),
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
    slopes = _slopes(motion)
    points = motion.joints_world_m[:, [JOINT[name] for name in _JOINTS], 1].T
    heights = np.einsum("avt,vt->at", slopes, points)
    knots = [
        (knot.rows, knot.spreads(_pulled(knot, motion, slopes[..., knot.rows])))
        for knot in tangents_of(motion)
    ]
    sds = interpolated(knots, len(motion.time_s), len(_HEIGHTS))
    observed = motion.joint_observed[:, [JOINT[name] for name in _JOINTS]].T
    ankles = observed[2:4].all(axis=0)
    seen = np.stack(
        [observed[0] & ankles, observed[1] & ankles, observed[2:].all(axis=0)]
    )
    seen &= sds <= UNKNOWN_M
    return {
        name: (
            np.where(seen[k], heights[k], np.nan),
            np.where(seen[k], sds[k], np.nan),
        )
        for k, name in enumerate(_HEIGHTS)
    }


def _slopes(motion: Motion) -> FloatArray:
    """Return (A, V, T) how the heights follow from those of :data:`_JOINTS`."""
    left, right = (
        motion.joints_world_m[:, JOINT[f"{side}_ankle"], 1] for side in SIDES
    )
    lower = np.stack([left <= right, ~(left <= right)]).astype(np.float64)
    slopes = np.zeros((len(_HEIGHTS), len(_JOINTS), len(left)))
    slopes[:, 2:4] = -lower
    slopes[[0, 1], [0, 1]] = 1.0
    slopes[2, 4:] = 0.5
    return slopes


def _pulled(knot: Tangents, motion: Motion, slopes: FloatArray) -> FloatArray:
    points = motion.joints_world_m[knot.rows].T
    vectors = {name: points[:, JOINT[name]] for name in _JOINTS}
    return knot.pulled_back(slopes[:, :, None] * _UP[:, None], _JOINTS, vectors)
