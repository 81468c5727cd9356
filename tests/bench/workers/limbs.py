"""Two bones and a hinge: arms and legs from where their ends are (analytic)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.rotations import about, across, axes, inverse, unit
from ergomesh.contract.arrays import FloatArray

STRETCH: Final = 0.9994
"""A limb is never straighter than this share of its length."""

EASY: Final = 0.93
EASY_END: Final = 0.99
"""An arm's reach is eased from one share of its length on, and ends at the other."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limb:
    """A limb at rest."""

    upper_m: FloatArray
    """(3,) from the root joint to the hinge."""
    lower_m: FloatArray
    """(3,) from the hinge to the end."""
    hinge: FloatArray
    """(3,) axis of flexion, unit."""

    @property
    def length_m(self) -> float:
        """Greatest distance of the end from the root joint."""
        return float(np.linalg.norm(self.upper_m) + np.linalg.norm(self.lower_m))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """A limb in place."""

    upper: FloatArray
    """(T, 3, 3) world from the upper bone's joint."""
    bend: FloatArray
    """(T, 3, 3) upper from lower bone: a turn about the hinge."""
    short_m: FloatArray
    """(T,) how much the target was too far."""


def reach(limb: Limb, target_m: FloatArray, pole: FloatArray) -> Solved:
    """Bend and turn a limb so that its end meets a target.

    Args:
        limb: The limb.
        target_m: (T, 3) from the root joint to the target, world.
        pole: (T, 3) the side that the hinge points to, world; its part across the
            way to the target counts.
    """
    distance = np.linalg.norm(target_m, axis=-1)
    near = np.minimum(distance, STRETCH * limb.length_m)
    bend = about(limb.hinge, _flexion_rad(limb, near))
    end = limb.upper_m + bend @ limb.lower_m
    along = unit(target_m)
    flexion_axis = np.cross(across(pole, along), along)
    there = axes(along, flexion_axis)
    here = axes(end, np.broadcast_to(limb.hinge, end.shape))
    return Solved(upper=there @ inverse(here), bend=bend, short_m=distance - near)


def within_reach(target_m: FloatArray, length_m: float) -> FloatArray:
    """Return targets (T, 3) drawn in softly where a limb would have to be straight.

    Nobody locks an elbow; and a limb that runs into its end stops with a jerk.
    """
    ratio = np.linalg.norm(target_m, axis=-1, keepdims=True) / length_m
    room = EASY_END - EASY
    eased = EASY + room * np.tanh((ratio - EASY) / room)
    drawn: FloatArray = target_m * np.where(ratio > EASY, eased / ratio, 1.0)
    return drawn


def _flexion_rad(limb: Limb, distance_m: FloatArray) -> FloatArray:
    """Return the hinge's angle that puts the end at a distance.

    The distance squared is a constant plus ``2 upper . R(angle) lower``, which is
    ``along + a cos + b sin`` of the angle.
    """
    upper, lower, hinge = limb.upper_m, limb.lower_m, limb.hinge
    along = (upper @ hinge) * (lower @ hinge)
    a = upper @ lower - along
    b = upper @ np.cross(hinge, lower)
    wanted = 0.5 * (distance_m**2 - upper @ upper - lower @ lower) - along
    angle: FloatArray = np.arctan2(b, a) + np.arccos(
        np.clip(wanted / np.hypot(a, b), -1.0, 1.0)
    )
    return angle
