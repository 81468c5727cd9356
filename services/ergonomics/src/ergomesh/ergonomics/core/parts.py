"""Scores of body parts that RULA and REBA find alike, from the angles.

Those of the arms are of both arms, one after the other, as
:meth:`~ergomesh.ergonomics.core.series.Posture.arms` has them.
"""

import numpy as np

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.bands import Steps, beyond, outside, steps_of, under
from ergomesh.ergonomics.core.belief import Belief
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.series import Posture
from ergomesh.ergonomics.core.tables import Band, Item
from ergomesh.ergonomics.core.thresholds import Thresholds


def upper_arm_band(posture: Posture, item: Item, thresholds: Thresholds) -> Belief:
    """Score how far the arm is raised against the trunk.

    By elevation, with the bands of extension where the arm points backward; or by
    flexion alone (see :class:`~.thresholds.Thresholds`).
    """
    steps = steps_of(item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg)
    if thresholds.upper_arm_band_angle == "flexion":
        return posture.arms("upper_arm_flexion", steps)
    behind = posture.arms(
        "upper_arm_plane", outside(thresholds.upper_arm_behind_deg, thresholds)
    )
    name = "upper_arm_elevation"
    return behind.where(posture.arms(name, steps, -1.0), posture.arms(name, steps))


def abducted(posture: Posture, thresholds: Thresholds) -> Belief:
    """Return whether the upper arm is away from the body's side."""
    steps = beyond(thresholds.abducted_deg, thresholds)
    return posture.arms("upper_arm_abduction", steps)


def elbow_band(posture: Posture, item: Item, thresholds: Thresholds) -> Belief:
    """Score the bend of the elbow."""
    steps = steps_of(item, thresholds, neutral_deg=0.0)
    return posture.arms("elbow_flexion", steps)


def hand_off_side(posture: Posture, thresholds: Thresholds) -> Belief:
    """Return whether the hand works across the midline or out to the side."""
    crossing = posture.arms(
        "hand_midline", under(-thresholds.across_midline_deg, thresholds)
    )
    out = posture.arms("hand_side", beyond(thresholds.out_to_side_deg, thresholds))
    return crossing.either(out)


def wrist_band(posture: Posture, item: Item, thresholds: Thresholds) -> Belief:
    """Score the wrist's flexion or extension."""
    steps = steps_of(
        item, thresholds, neutral_deg=thresholds.wrist_neutral_tolerance_deg
    )
    return posture.arms("wrist_flexion", steps)


def wrist_deviated(posture: Posture, thresholds: Thresholds) -> Belief:
    """Return whether the wrist is bent to the thumb's or the little finger's side."""
    steps = outside(thresholds.wrist_deviated_deg, thresholds)
    return posture.arms("wrist_deviation", steps)


def forearm_rotated(posture: Posture, thresholds: Thresholds) -> Belief:
    """Return whether the forearm is near the end of pronation or supination.

    The rotation is undefined for a straight elbow. Where the hand is seen but its
    rotation is not, mid-range is assumed (and listed), and the bounds stay wide.
    """
    steps = outside(thresholds.forearm_rotated_deg, thresholds)
    hand_seen = np.isfinite(posture.arms_deg("wrist_flexion"))
    return posture.arms("forearm_rotation", steps).assuming(0, hand_seen)


def neck_band(posture: Posture, item: Item, thresholds: Thresholds) -> Belief:
    """Score the neck's flexion or extension."""
    steps = steps_of(item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg)
    return posture.angle("neck_flexion", steps)


def neck_asymmetry(posture: Posture, thresholds: Thresholds) -> tuple[Belief, Belief]:
    """Return whether the neck is twisted, and whether it is side-bent."""
    return _asymmetry(
        posture,
        "neck",
        (thresholds.neck_twisted_deg, thresholds.neck_side_bent_deg),
        thresholds,
    )


def trunk_band(
    posture: Posture, item: Item, thresholds: Thresholds, extra: tuple[Band, ...] = ()
) -> Belief:
    """Score the trunk's flexion or extension.

    Args:
        posture: T frames.
        item: Printed bands.
        thresholds: The choices.
        extra: Bands that the method does not print.
    """
    steps = steps_of(
        item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg, extra=extra
    )
    return posture.angle("trunk_flexion", steps)


def trunk_asymmetry(posture: Posture, thresholds: Thresholds) -> tuple[Belief, Belief]:
    """Return whether the trunk is twisted, and whether it is side-bent."""
    return _asymmetry(
        posture,
        "trunk",
        (thresholds.trunk_twisted_deg, thresholds.trunk_side_bent_deg),
        thresholds,
    )


def one_leg(posture: Posture, thresholds: Thresholds) -> Belief:
    """Return whether a foot is lifted so far that the weight is on the other."""
    steps = outside(thresholds.foot_lifted_m, thresholds)
    return posture.lifted(steps)


def unless_sitting(
    posture: Posture, facts: Facts, standing: Belief, seated: int
) -> Belief:
    """Return the score of standing legs, but of seated ones where the worker sits.

    Args:
        posture: T frames.
        facts: Whether it was told; then the motion is not asked.
        standing: Score of the legs if the worker stands.
        seated: Score of the legs if not.
    """
    if facts.seated_told or posture.sitting is None:
        return standing
    sits = Belief.of_answer(posture.sitting)
    return sits.where(Belief.exactly(seated, len(standing.likely)), standing)


def _asymmetry(
    posture: Posture,
    part: str,
    limits_deg: tuple[float, float],
    thresholds: Thresholds,
) -> tuple[Belief, Belief]:
    twist, side = (
        posture.angle(f"{part}_{name}", outside(limit, thresholds))
        for name, limit in zip(("twist", "side_bend"), limits_deg, strict=True)
    )
    return twist, side


def larger_of_sides(posture: Posture, name: str, steps: Steps) -> Belief:
    """Score an angle on both sides and keep the larger score."""
    left, right = (posture.angle(f"{side}_{name}", steps) for side in SIDES)
    return left.larger(right)
