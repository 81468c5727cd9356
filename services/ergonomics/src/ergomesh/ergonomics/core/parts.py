"""Scores of body parts that RULA and REBA find alike, from the angles."""

import numpy as np

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps, beyond, outside, steps_of, under
from ergomesh.ergonomics.core.belief import Belief
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.tables import Band, Item
from ergomesh.ergonomics.core.thresholds import Thresholds


def angle_belief(angles: Angles, name: str, steps: Steps, sign: float = 1.0) -> Belief:
    """Score one angle, or its opposite, by steps."""
    guess = angles.guess_of_deg(name)
    return Belief.of_value(
        steps,
        sign * angles.value_deg(name),
        angles.sd_of_deg(name),
        None if guess is None else sign * guess,
    )


def upper_arm_band(
    angles: Angles, side: str, item: Item, thresholds: Thresholds
) -> Belief:
    """Score how far the arm is raised against the trunk.

    By elevation, with the bands of extension where the arm points backward; or by
    flexion alone (see :class:`~.thresholds.Thresholds`).
    """
    steps = steps_of(item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg)
    if thresholds.upper_arm_band_angle == "flexion":
        return angle_belief(angles, f"{side}_upper_arm_flexion", steps)
    behind = angle_belief(
        angles,
        f"{side}_upper_arm_plane",
        outside(thresholds.upper_arm_behind_deg, thresholds),
    )
    name = f"{side}_upper_arm_elevation"
    return behind.where(
        angle_belief(angles, name, steps, -1.0), angle_belief(angles, name, steps)
    )


def abducted(angles: Angles, side: str, thresholds: Thresholds) -> Belief:
    """Return whether the upper arm is away from the body's side."""
    return angle_belief(
        angles,
        f"{side}_upper_arm_abduction",
        beyond(thresholds.abducted_deg, thresholds),
    )


def elbow_band(angles: Angles, side: str, item: Item, thresholds: Thresholds) -> Belief:
    """Score the bend of the elbow."""
    steps = steps_of(item, thresholds, neutral_deg=0.0)
    return angle_belief(angles, f"{side}_elbow_flexion", steps)


def hand_off_side(angles: Angles, side: str, thresholds: Thresholds) -> Belief:
    """Return whether the hand works across the midline or out to the side."""
    crossing = angle_belief(
        angles,
        f"{side}_hand_midline",
        under(-thresholds.across_midline_deg, thresholds),
    )
    out = angle_belief(
        angles, f"{side}_hand_side", beyond(thresholds.out_to_side_deg, thresholds)
    )
    return crossing.either(out)


def wrist_band(angles: Angles, side: str, item: Item, thresholds: Thresholds) -> Belief:
    """Score the wrist's flexion or extension."""
    steps = steps_of(
        item, thresholds, neutral_deg=thresholds.wrist_neutral_tolerance_deg
    )
    return angle_belief(angles, f"{side}_wrist_flexion", steps)


def wrist_deviated(angles: Angles, side: str, thresholds: Thresholds) -> Belief:
    """Return whether the wrist is bent to the thumb's or the little finger's side."""
    return angle_belief(
        angles,
        f"{side}_wrist_deviation",
        outside(thresholds.wrist_deviated_deg, thresholds),
    )


def forearm_rotated(angles: Angles, side: str, thresholds: Thresholds) -> Belief:
    """Return whether the forearm is near the end of pronation or supination.

    The rotation is undefined for a straight elbow. Where the hand is seen but its
    rotation is not, mid-range is assumed (and listed), and the bounds stay wide.
    """
    rotated = angle_belief(
        angles,
        f"{side}_forearm_rotation",
        outside(thresholds.forearm_rotated_deg, thresholds),
    )
    hand_seen = np.isfinite(angles.value_deg(f"{side}_wrist_flexion"))
    return rotated.assuming(0, hand_seen)


def neck_band(angles: Angles, item: Item, thresholds: Thresholds) -> Belief:
    """Score the neck's flexion or extension."""
    steps = steps_of(item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg)
    return angle_belief(angles, "neck_flexion", steps)


def neck_asymmetry(angles: Angles, thresholds: Thresholds) -> tuple[Belief, Belief]:
    """Return whether the neck is twisted, and whether it is side-bent."""
    return _asymmetry(
        angles,
        "neck",
        (thresholds.neck_twisted_deg, thresholds.neck_side_bent_deg),
        thresholds,
    )


def trunk_band(
    angles: Angles, item: Item, thresholds: Thresholds, extra: tuple[Band, ...] = ()
) -> Belief:
    """Score the trunk's flexion or extension.

    Args:
        angles: T frames.
        item: Printed bands.
        thresholds: The choices.
        extra: Bands that the method does not print.
    """
    steps = steps_of(
        item, thresholds, neutral_deg=thresholds.neutral_tolerance_deg, extra=extra
    )
    return angle_belief(angles, "trunk_flexion", steps)


def trunk_asymmetry(angles: Angles, thresholds: Thresholds) -> tuple[Belief, Belief]:
    """Return whether the trunk is twisted, and whether it is side-bent."""
    return _asymmetry(
        angles,
        "trunk",
        (thresholds.trunk_twisted_deg, thresholds.trunk_side_bent_deg),
        thresholds,
    )


def one_leg(lift: FootLift, thresholds: Thresholds) -> Belief:
    """Return whether a foot is lifted so far that the weight is on the other."""
    steps = outside(thresholds.foot_lifted_m, thresholds)
    return Belief.of_value(steps, lift.height_m, lift.sd_m)


def _asymmetry(
    angles: Angles,
    part: str,
    limits_deg: tuple[float, float],
    thresholds: Thresholds,
) -> tuple[Belief, Belief]:
    twist, side = (
        angle_belief(angles, f"{part}_{name}", outside(limit, thresholds))
        for name, limit in zip(("twist", "side_bend"), limits_deg, strict=True)
    )
    return twist, side


def larger_of_sides(angles: Angles, name: str, steps: Steps) -> Belief:
    """Score an angle on both sides and keep the larger score."""
    left, right = (angle_belief(angles, f"{side}_{name}", steps) for side in SIDES)
    return left.larger(right)
