"""Legs: the feet are where the script says, the rest follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.figure import Figure
from bench.workers.limbs import Limb, reach
from bench.workers.rotations import apply, inverse, turn
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES

STRAIGHT: Final = 0.995
"""Legs are kept this share of their length or shorter, by lowering the pelvis."""

_SOFTNESS_M: Final = 0.004
"""Over this length the lower of two limits takes over."""

_OUT: Final = dict(zip(SIDES, (1.0, -1.0), strict=True))
_TOES_LIFT_M: Final = 0.03
"""Over this height of the ball the toes stop to be pressed to the floor."""

_AHEAD: Final = np.array([0.0, 0.0, 1.0])
_KNEE_HINGE: Final = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegsIn:
    """What the legs are asked to do."""

    figure: Figure
    pelvis: FloatArray
    """(T, 3, 3) world from pelvis."""
    feet: Mapping[str, FloatArray]
    """Side → (T, 5), as :attr:`bench.workers.script.Script.feet`."""
    knees_out_deg: float


def _foot_rotmat(foot: FloatArray) -> FloatArray:
    """Return (T, 3, 3) world from foot."""
    return turn("y", foot[:, 3]) @ turn("x", foot[:, 4])


def ankle_m(side: str, legs: LegsIn) -> FloatArray:
    """Return (T, 3) where a foot's script puts its ankle."""
    figure, foot = legs.figure, legs.feet[side]
    ball = figure.scale * foot[:, :3]
    ball[:, 1] += figure.above_floor_m(f"{side}_foot")
    to_ankle = -figure.bone_m(f"{side}_foot")
    ankle: FloatArray = ball + apply(_foot_rotmat(foot), to_ankle)
    return ankle


def limb_of(side: str, figure: Figure) -> Limb:
    """Return the leg at rest."""
    return Limb(
        upper_m=figure.bone_m(f"{side}_knee"),
        lower_m=figure.bone_m(f"{side}_ankle"),
        hinge=_KNEE_HINGE,
    )


def hips_that_reach_m(legs: LegsIn, hips_m: FloatArray) -> FloatArray:
    """Return the pelvis (T, 3), lowered to where both legs reach their feet."""
    heights = [hips_m[:, 1]]
    for side in SIDES:
        to_hip = apply(legs.pelvis, legs.figure.bone_m(f"{side}_hip"))
        ankle = ankle_m(side, legs)
        level = hips_m[:, [0, 2]] + to_hip[:, [0, 2]] - ankle[:, [0, 2]]
        length = STRAIGHT * limb_of(side, legs.figure).length_m
        rise = np.sqrt(np.maximum(length**2 - np.sum(level**2, axis=1), 0.0))
        heights.append(ankle[:, 1] + rise - to_hip[:, 1])
    lowest = -_SOFTNESS_M * np.logaddexp.reduce(
        -np.array(heights) / _SOFTNESS_M, axis=0
    )
    return np.stack([hips_m[:, 0], lowest, hips_m[:, 2]], axis=1)


def step_with(
    side: str, legs: LegsIn, root_m: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Bend a leg so that the foot stands as scripted.

    Args:
        side: Of :data:`ergomesh.contract.skeleton.SIDES`.
        legs: What is asked.
        root_m: (T, 3) the pelvis joint.

    Returns:
        Joint name → (T, 3, 3) parent from joint, and (T,) by how much the ankle
        missed its place, metres.
    """
    foot, pelvis = legs.feet[side], legs.pelvis
    hip = root_m + apply(pelvis, legs.figure.bone_m(f"{side}_hip"))
    pole = apply(turn("y", foot[:, 3] + _OUT[side] * legs.knees_out_deg), _AHEAD)
    solved = reach(limb_of(side, legs.figure), ankle_m(side, legs) - hip, pole)
    shank = solved.upper @ solved.bend
    pressed = 1.0 / (1.0 + (np.maximum(foot[:, 1], 0.0) / _TOES_LIFT_M) ** 4)
    return {
        f"{side}_hip": inverse(pelvis) @ solved.upper,
        f"{side}_knee": solved.bend,
        f"{side}_ankle": inverse(shank) @ _foot_rotmat(foot),
        f"{side}_foot": turn("x", -np.maximum(foot[:, 4], 0.0) * pressed),
    }, solved.short_m
