"""How the body is borne: walking, sitting, kneeling, and on which foot.

Every method that asks takes the same answer. Who sits is told, or recognised from the
body's geometry. Who travels at a walk does not sit, but for those whose thighs are
raised all the while: they ride, or only seem to travel, for want of depth.

Standard deviations are those of the joints' positions about the body's centre; the
vertical's adds to them over the distance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES, mirrored
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps, beyond, under
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.geometry import between_deg, cross, dot, unit
from ergomesh.ergonomics.core.holding import runs, static_frames
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.support import FootLift, foot_lift, walking
from ergomesh.ergonomics.core.thresholds import Thresholds

THIGH_M: Final = 0.4
SHANK_M: Final = 0.4
TRUNK_M: Final = 0.6
"""Usual distances over which the vertical's uncertainty moves one joint against
another; rounded from Winter (2009), fig. 4.1, for 1.7 m."""

STANDING_UP_S: Final = 1.0
"""Nobody stands up and sits down again within this time. No source."""

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
            sits = sitting(motion, thresholds, walks)
        kneels = kneeling(motion, angles, thresholds)
        return cls(walks, sits, kneels, foot_lift(motion, walks))


def of_angle(angles: Angles, name: str, steps: Steps) -> Atom:
    """Answer by one angle."""
    return Atom.of_value(steps, angles.value_deg(name), angles.sd_of_deg(name))


def sitting(motion: Motion, thresholds: Thresholds, walks: BoolArray) -> Atom:
    """Return whether the worker sits.

    Raised thighs need a seat where the centre of mass is well behind the feet, for who
    has none falls backwards, or where they stay raised for longer than anybody squats
    halfway. Hips below the knees are a squat, and knees on the floor kneel: they show
    no seat. One leg that is seen to stand is enough to tell that nobody sits. What is
    not almost certain stays open, for sitting takes points away.
    """
    legs = [_leg(motion, side) for side in SIDES]
    thighs = Atom.all_of([leg.thigh_on_a_chair(thresholds) for leg in legs])
    knees_up = Atom.all_of([leg.knee_up(thresholds) for leg in legs])
    chair = Atom.all_of([thighs, knees_up])
    held = _held(chair.yes, motion.time_s, thresholds)
    raised = [leg.raised(thresholds.seated_thigh_deg, thresholds) for leg in legs]
    high = [leg.hip_up(thresholds) for leg in legs]
    leans = Atom.all_of([*raised, *high, knees_up, _off_feet(motion, thresholds)])
    sits = Atom.any_of([Atom.all_of([chair, Atom.exactly(held)]), leans])
    probable = thresholds.interval_probability
    sure = sits.where_sure(probable).ruled_out(walks & ~thighs.yes)
    perhaps = ~chair.known | (chair.pmf[1] > 1 - probable)
    kept = _perhaps_held(perhaps, motion.time_s, thresholds)
    # A foot that is not where it seems makes a knee low: that alone tells nothing.
    return sure.left_open((kept & ~sure.yes) | (thighs.yes & ~knees_up.yes))


def _held(chair: BoolArray, time_s: FloatArray, thresholds: Thresholds) -> BoolArray:
    """Return (T,) the frames on a chair that last too long to be anything else."""
    return static_frames(
        chair, time_s, static_s=thresholds.seated_held_s, bridge_s=STANDING_UP_S
    )


def _perhaps_held(
    chair: BoolArray, time_s: FloatArray, thresholds: Thresholds
) -> BoolArray:
    """Return (T,) the frames perhaps on a chair for long, or for who knows how long.

    A hold that the clip begins or ends in may last longer than it is seen.
    """
    kept = np.zeros_like(chair)
    for run in runs(chair, time_s, bridge_s=STANDING_UP_S):
        cut = run.first == 0 or run.last == len(chair) - 1
        kept[run.rows] = cut or run.duration_s > thresholds.seated_held_s
    return kept & chair


@dataclass(frozen=True, slots=True)
class _Leg:
    """One leg over T frames."""

    thigh_deg: FloatArray
    """(T,) from hanging, ±180; - backwards."""
    thigh_sd_m: FloatArray
    """(T,) of the distance between hip and knee; NaN where not observed."""
    over_knee_m: FloatArray
    """(T,) the hip's height over the knee."""
    knee_m: FloatArray
    """(T,) the knee's height over the lower of the ankles that are observed."""
    shank_sd_m: FloatArray
    """(T,) as of the thigh."""

    def thigh_on_a_chair(self, thresholds: Thresholds) -> Atom:
        """Return whether the thigh is like that of somebody who sits."""
        raised = self.raised(thresholds.seated_held_thigh_deg, thresholds)
        return Atom.all_of([raised, self.hip_up(thresholds)])

    def raised(self, limit_deg: float, thresholds: Thresholds) -> Atom:
        """Return whether the thigh is this far from hanging."""
        sd_deg = np.degrees(self.thigh_sd_m / THIGH_M)
        return Atom.of_value(beyond(limit_deg, thresholds), self.thigh_deg, sd_deg)

    def hip_up(self, thresholds: Thresholds) -> Atom:
        """Return whether the hip is as high as the knee, as on a chair."""
        limit = beyond(-thresholds.seated_hips_below_knees_m, thresholds)
        return Atom.of_value(limit, self.over_knee_m, self.thigh_sd_m)

    def knee_up(self, thresholds: Thresholds) -> Atom:
        """Return whether the knee is off the floor."""
        limit = beyond(thresholds.kneeling_knee_m, thresholds)
        return Atom.of_value(limit, self.knee_m, self.shank_sd_m)


def _leg(motion: Motion, side: str) -> _Leg:
    hip, knee, ankle = (
        _points(motion, f"{side}_{n}") for n in ("hip", "knee", "ankle")
    )
    far = mirrored(f"{side}_ankle")
    other, seen = _points(motion, far), motion.joint_observed[:, JOINT[far]]
    ahead = _ahead(*_sides(motion, "hip"))
    down = np.zeros_like(hip)
    down[1] = -1.0
    return _Leg(
        thigh_deg=np.copysign(between_deg(down, knee - hip), dot(knee - hip, ahead)),
        thigh_sd_m=_seen_sd_m(motion, ("hip", "knee"), height_m=THIGH_M, sides=(side,)),
        over_knee_m=hip[1] - knee[1],
        knee_m=knee[1] - np.where(seen, np.minimum(ankle[1], other[1]), ankle[1]),
        shank_sd_m=_seen_sd_m(
            motion, ("knee", "ankle"), height_m=SHANK_M, sides=(side,)
        ),
    )


def _off_feet(motion: Motion, thresholds: Thresholds) -> Atom:
    """Return whether the centre of mass is so far behind the feet that a body falls."""
    names = ("hip", "shoulder", "knee", "ankle")
    joints = {name: _sides(motion, name) for name in names}
    limit = beyond(thresholds.seated_off_feet_m, thresholds)
    sd = _seen_sd_m(motion, names, height_m=TRUNK_M)
    return Atom.of_value(limit, _behind_feet_m(joints), sd)


def kneeling(motion: Motion, angles: Angles, thresholds: Thresholds) -> Atom:
    """Return whether a bent knee is on the floor."""
    knees, ankles = (_sides(motion, name)[:, 1] for name in ("knee", "ankle"))
    floor = ankles.min(axis=0)
    sd = _seen_sd_m(motion, ("knee", "ankle"), height_m=SHANK_M)
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
    ahead = _ahead(*joints["hip"])
    behind: FloatArray = np.min(
        [dot(a - centre, ahead) for a in joints["ankle"]], axis=0
    )
    return behind


def _ahead(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return (3, T) the level direction that hips (3, T) face."""
    up = np.zeros_like(left)
    up[1] = 1.0
    return unit(cross(left - right, up))


def _between(start: FloatArray, end: FloatArray, at: float) -> FloatArray:
    return (1 - at) * start + at * end


def _seen_sd_m(
    motion: Motion,
    names: tuple[str, ...],
    *,
    height_m: float,
    sides: tuple[str, ...] = SIDES,
) -> FloatArray:
    """Return (T,) the standard deviation of a distance between joints.

    NaN where one of them is not observed.

    Args:
        motion: T frames.
        names: Of the joints, without their side.
        height_m: Over which the vertical's uncertainty moves one against the other.
        sides: Of the joints.
    """
    joints = [JOINT[f"{side}_{name}"] for side in sides for name in names]
    variance = 2.0 * np.mean(np.square(motion.joint_sd_m[:, joints]), axis=1)
    tilt = height_m * np.radians(motion.gravity_sd_deg)
    seen = motion.joint_observed[:, joints].all(axis=1)
    return np.where(seen, np.sqrt(variance + tilt**2), np.nan)
