"""What ISO 11226 and EN 1005-4 measure, from the angles."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.holding_zones import Measured

USUAL_RANGE_DEG: Final[Mapping[str, tuple[float, float]]] = {
    "elbow_flexion": (-np.inf, 150.0),
    "forearm_rotation": (-80.0, 80.0),
    "wrist_flexion": (-70.0, 80.0),
    "wrist_deviation": (-30.0, 20.0),
    "knee_flexion": (-np.inf, 135.0),
}
"""Joint → usual ends of its range, one-sided where straight is no end: American
Academy of Orthopaedic Surgeons (1965), Joint motion: method of measuring and
recording."""


def plain(angles: Angles, name: str, present: BoolArray) -> Measured:
    """Return an angle as it is measured."""
    return Measured(name, angles.value_deg(name), angles.sd_of_deg(name), present)


def backward(angles: Angles, side: str, present: BoolArray) -> Measured:
    """Return how far an upper arm points backward of the trunk's frontal plane.

    The angle out of that plane has no singular direction, unlike flexion for an arm
    out to the side. It errs by no more than the arm's direction does.
    """
    elevation = angles.value_deg(f"{side}_upper_arm_elevation")
    plane = angles.value_deg(f"{side}_upper_arm_plane")
    ahead = np.sin(np.radians(elevation)) * np.cos(np.radians(plane))
    value: FloatArray = -np.degrees(np.arcsin(np.clip(ahead, -1.0, 1.0)))
    sd = angles.sd_of_deg(f"{side}_upper_arm_elevation")
    return Measured(f"{side}_upper_arm_backward", value, sd, present)


def across(angles: Angles, side: str, present: BoolArray) -> Measured:
    """Return how far an upper arm points across the body."""
    abduction = angles.value_deg(f"{side}_upper_arm_abduction")
    sd = angles.sd_of_deg(f"{side}_upper_arm_abduction")
    return Measured(f"{side}_upper_arm_across", -abduction, sd, present)


def end_of_range(joint: str, share: float) -> tuple[float, ...]:
    """Return the edges, degrees, beyond which a joint is near the end of its range."""
    low, high = USUAL_RANGE_DEG[joint]
    return tuple(share * end for end in (low, high) if np.isfinite(end))
