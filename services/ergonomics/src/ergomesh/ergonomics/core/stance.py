"""How the body is borne: walking, sitting, kneeling, and on which foot.

Every method that asks takes the same answer. Who sits is told, or recognised from the
body's geometry; who travels at a walk does not sit.

Standard deviations are those of the joints' positions about the body's centre; the
vertical's adds to them over the distance.
"""

from collections.abc import Mapping
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
    names = ("hip", "shoulder", "knee", "ankle")
    joints = {name: _sides(motion, name) for name in names}
    behind = Atom.of_value(
        beyond(thresholds.seated_off_feet_m, thresholds),
        _behind_feet_m(joints),
        _seen_sd_m(motion, names, height_m=0.6),
    )
    thighs = Atom.of_value(
        beyond(thresholds.seated_thigh_deg, thresholds),
        _thighs_deg(joints),
        np.degrees(_seen_sd_m(motion, ("hip", "knee"), height_m=0.4) / 0.4),
    )
    return Atom.all_of([behind, thighs])


def kneeling(motion: Motion, angles: Angles, thresholds: Thresholds) -> Atom:
    """Return whether a bent knee is on the floor."""
    knees, ankles = (_sides(motion, name)[:, 1] for name in ("knee", "ankle"))
    floor = ankles.min(axis=0)
    sd = _seen_sd_m(motion, ("knee", "ankle"), height_m=0.4)
    low = under(thresholds.kneeling_knee_m, thresholds)
    flexed = beyond(thresholds.kneeling_flexion_deg, thresholds)
    return Atom.any_of(
        [
            Atom.all_of(
                [
                    Atom.of_value(low, knee - floor, sd),
                    of_angle(angles, f"{side}_knee_flexion", flexed),
                ]
            )
            for side, knee in zip(SIDES, knees, strict=True)
        ]
    )


def _points(motion: Motion, name: str) -> FloatArray:
    """Return (3, T) a joint, metres; its components together in memory."""
    return np.ascontiguousarray(motion.joints_world_m[:, JOINT[name]].T)


def _sides(motion: Motion, name: str) -> FloatArray:
    """Return (2, 3, T) a joint of both sides."""
    return np.stack([_points(motion, f"{side}_{name}") for side in SIDES])


def _behind_feet_m(joints: Mapping[str, FloatArray]) -> FloatArray:
    """Return (T,) how far the centre of mass is behind the rearmost ankle.

    Args:
        joints: Name without the side → (2, 3, T).
    """
    middle = {name: sides.mean(axis=0) for name, sides in joints.items()}
    mass, place = HEAD_ARMS_TRUNK
    centre = mass * _between(middle["hip"], middle["shoulder"], place)
    for first, last, share, at in LEG_MASSES:
        centre += 2 * share * _between(middle[first], middle[last], at)
    left, right = joints["hip"]
    up = np.zeros_like(left)
    up[1] = 1.0
    ahead = unit(cross(left - right, up))
    behind: FloatArray = np.min(
        [dot(a - centre, ahead) for a in joints["ankle"]], axis=0
    )
    return behind


def _between(start: FloatArray, end: FloatArray, at: float) -> FloatArray:
    return (1 - at) * start + at * end


def _thighs_deg(joints: Mapping[str, FloatArray]) -> FloatArray:
    """Return (T,) how far the thighs are from hanging, the mean of both, 0…180.

    Args:
        joints: As :func:`_behind_feet_m`.
    """
    thighs: FloatArray = joints["knee"].mean(axis=0) - joints["hip"].mean(axis=0)
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
