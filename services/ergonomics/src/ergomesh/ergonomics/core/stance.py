"""How the body is borne: walking, sitting, kneeling, and on which foot.

Every method that asks takes the same answer. Who sits is told, or recognised from the
body's geometry; who travels at a walk does not sit.

Standard deviations are those of the joints' positions about the body's centre; the
vertical's adds to them over the distance.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps, beyond, under
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.geometry import between_deg, cross, dot, unit
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.support import FootLift, foot_lift, walking
from ergomesh.ergonomics.core.thresholds import Thresholds

HEAD_ARMS_TRUNK: Final = (0.678, 0.626)
"""Share of the body's mass, and where its centre lies from the hips to the shoulders:
Winter (2009), Biomechanics and Motor Control of Human Movement, 4th ed., table 4.1."""

LEG_MASSES: Final = (
    ("hip", "knee", 0.100, 0.433),
    ("knee", "ankle", 0.0465, 0.433),
    ("ankle", "ankle", 0.0145, 0.0),
)
"""Of each leg: from, to, share of the mass, place of its centre; likewise."""


@dataclass(frozen=True, slots=True)
class Stance:
    """How the body is borne over T frames."""

    walks: BoolArray
    """(T,) whether the pelvis travels at a walk."""
    sits: Atom
    kneels: Atom
    foot_lift: FootLift

    @classmethod
    def of(
        cls, motion: Motion, angles: Angles, facts: Facts, thresholds: Thresholds
    ) -> Self:
        """Recognise it.

        Args:
            motion: T frames; NaN in gaps.
            angles: Of the same frames.
            facts: Whether the user said that the worker sits, or does not.
            thresholds: The choices.
        """
        walks = walking(motion, thresholds)
        if facts.seated_told or facts.seated:
            sits = Atom.exactly(np.full(len(walks), facts.seated))
        else:
            sits = sitting(motion, thresholds).ruled_out(walks)
        kneels = kneeling(motion, angles, thresholds)
        return cls(walks, sits, kneels, foot_lift(motion, walks))


def of_angle(angles: Angles, name: str, steps: Steps) -> Atom:
    """Answer by one angle."""
    return Atom.of_value(steps, angles.value_deg(name), angles.sd_of_deg(name))


def sitting(motion: Motion, thresholds: Thresholds) -> Atom:
    """Return whether the worker sits.

    A body whose centre of mass is well behind its feet, with the thighs far from
    upright, would fall: it has a seat. A squat keeps the centre over the feet.
    """
    behind = Atom.of_value(
        beyond(thresholds.seated_off_feet_m, thresholds),
        _behind_feet_m(motion),
        _seen_sd_m(motion, ("hip", "shoulder", "knee", "ankle"), height_m=0.6),
    )
    thighs = Atom.of_value(
        beyond(thresholds.seated_thigh_deg, thresholds),
        _thighs_deg(motion),
        np.degrees(_seen_sd_m(motion, ("hip", "knee"), height_m=0.4) / 0.4),
    )
    return Atom.all_of([behind, thighs])


def kneeling(motion: Motion, angles: Angles, thresholds: Thresholds) -> Atom:
    """Return whether a bent knee is on the floor."""
    ankles = [_points(motion, f"{side}_ankle")[1] for side in SIDES]
    floor = np.minimum(*ankles)
    sd = _seen_sd_m(motion, ("knee", "ankle"), height_m=0.4)
    low = under(thresholds.kneeling_knee_m, thresholds)
    flexed = beyond(thresholds.kneeling_flexion_deg, thresholds)
    return Atom.any_of(
        [
            Atom.all_of(
                [
                    Atom.of_value(low, _points(motion, f"{side}_knee")[1] - floor, sd),
                    of_angle(angles, f"{side}_knee_flexion", flexed),
                ]
            )
            for side in SIDES
        ]
    )


def _points(motion: Motion, name: str) -> FloatArray:
    """Return (3, T) a joint, metres."""
    return motion.joints_world_m[:, JOINT[name]].T


def _middle(motion: Motion, name: str) -> FloatArray:
    left, right = (_points(motion, f"{side}_{name}") for side in SIDES)
    middle: FloatArray = 0.5 * (left + right)
    return middle


def _behind_feet_m(motion: Motion) -> FloatArray:
    """Return (T,) how far the centre of mass is behind the rearmost ankle."""
    hips, shoulders = _middle(motion, "hip"), _middle(motion, "shoulder")
    mass, place = HEAD_ARMS_TRUNK
    centre = mass * (hips + place * (shoulders - hips))
    for first, last, share, at in LEG_MASSES:
        start = _middle(motion, first)
        centre = centre + 2 * share * (start + at * (_middle(motion, last) - start))
    left = _points(motion, "left_hip") - _points(motion, "right_hip")
    up = np.zeros_like(left)
    up[1] = 1.0
    ahead = unit(cross(left, up))
    ankles = (_points(motion, f"{side}_ankle") for side in SIDES)
    behind: FloatArray = np.min([dot(a - centre, ahead) for a in ankles], axis=0)
    return behind


def _thighs_deg(motion: Motion) -> FloatArray:
    """Return (T,) how far the thighs are from hanging, the mean of both, 0…180."""
    thighs = _middle(motion, "knee") - _middle(motion, "hip")
    down = np.zeros_like(thighs)
    down[1] = -1.0
    return between_deg(down, thighs)


def _seen_sd_m(
    motion: Motion, names: tuple[str, ...], *, height_m: float
) -> FloatArray:
    """Return (T,) the standard deviation of a distance between joints of both sides.

    NaN where one of them is not observed.

    Args:
        motion: T frames.
        names: Of the joints, without their side.
        height_m: Over which the vertical's uncertainty moves one against the other.
    """
    joints = [JOINT[f"{side}_{name}"] for side in SIDES for name in names]
    variance = 2.0 * np.mean(np.square(motion.joint_sd_m[:, joints]), axis=1)
    tilt = height_m * np.radians(motion.gravity_sd_deg)
    seen = motion.joint_observed[:, joints].all(axis=1)
    return np.where(seen, np.sqrt(variance + tilt**2), np.nan)
