"""Joint angles over time, each with its standard deviation.

Conventions. All angles are
in degrees. *Up* is against gravity. Left and right are the worker's own, and the
right side is the left side of the mirrored body.

The **trunk line** runs from the middle of the hips to the middle of the
shoulders. It and the head are measured against their direction in the upright
rest pose of the body model, so upright is 0 without a chosen offset. Trunk and
neck are split as the ISB does (flexion - side bend - twist, Wu et al. 2002,
2005), with the signs that the ergonomic methods use:

====================  =======================================================
trunk_inclination     trunk line against up, in any direction, 0…180
trunk_flexion         the same in the body's sagittal plane, the vertical
                      plane square to the hip line; + forward, - backward
trunk_side_bend       trunk line out of that plane; + to the right
trunk_twist           hip line → shoulder line about the trunk line; + left
neck_flexion          head against trunk line; + forward (chin to chest)
neck_side_bend        + to the right
neck_twist            against the shoulder line; + left
head_inclination      head against up in its own sagittal plane; + looks down
upper_arm_elevation   shoulder → elbow against the trunk line pointing down,
                      0…180
upper_arm_flexion     the same in the trunk's sagittal plane; + forward;
                      undefined, and empty, for an arm straight out to the side
upper_arm_abduction   out of that plane, ±90; + away from the body
elbow_flexion         0 straight
wrist_flexion         hand against forearm, from the rest pose; + to the palm
wrist_deviation       + radial (to the thumb), - ulnar
hip_flexion           thigh against the trunk line; 0 straight, + knee forward
knee_flexion          0 straight
====================  =======================================================

RULA and REBA take the upper arm **against the trunk**, as most implementations
do; the three angles of the upper arm above are those. ISO 11226 and EN 1005-4
take it against the vertical: that is ``upper_arm_elevation_gravity``. It and the
other angles of :data:`INTERNAL_ANGLES` serve the scores and are not in
``angles.csv``:

============================  ==============================================
upper_arm_elevation_gravity   shoulder → elbow against down, 0…180
upper_arm_plane               direction of the raised arm about the trunk
                              line: 0 forward, 90 out, ±180 back, -90 across
forearm_rotation              0 thumb towards the shoulder (handshake),
                              + pronation; undefined for a straight elbow
hand_side                     shoulder → wrist out of the sagittal plane; +
                              away from the body
hand_midline                  middle of the shoulders → wrist likewise; - on
                              the other side
============================  ==============================================

An angle is NaN in a gap, where a joint it uses is not observed, and where its
standard deviation is so large that it says nothing (``unusable_sd_deg``).

Standard deviations come from those of the joints' positions, of the vertical, and,
for head and hands, of the rotations that carry them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.body import Body, body_of, mirror_body
from ergomesh.ergonomics.core.measures import CENTRAL_GROUPS, LEFT_GROUPS, Group
from ergomesh.ergonomics.core.propagate import propagate
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS

_SIDE_ANGLES: Final = (
    "upper_arm_elevation",
    "upper_arm_flexion",
    "upper_arm_abduction",
    "elbow_flexion",
    "wrist_flexion",
    "wrist_deviation",
    "hip_flexion",
    "knee_flexion",
)

ANGLE_NAMES: Final = (
    *(name for group in CENTRAL_GROUPS for name in group.names),
    *(f"{side}_{name}" for side in SIDES for name in _SIDE_ANGLES),
)
"""The public angles, in the order of ``angles.csv``."""

INTERNAL_ANGLES: Final = tuple(
    f"{side}_{name}"
    for side in SIDES
    for group in LEFT_GROUPS
    for name in group.names
    if name not in _SIDE_ANGLES
)
"""Angles that only the scores use."""


@dataclass(frozen=True, slots=True)
class Angles:
    """Joint angles of T frames."""

    names: tuple[str, ...]
    """:data:`ANGLE_NAMES`, then :data:`INTERNAL_ANGLES`."""
    values_deg: FloatArray
    """(T, A); NaN where not observable."""
    sd_deg: FloatArray
    """(T, A) standard deviations; NaN where the value is."""

    def value_deg(self, name: str) -> FloatArray:
        """Return one angle, (T,)."""
        return self.values_deg[:, self.names.index(name)]

    def sd_of_deg(self, name: str) -> FloatArray:
        """Return the standard deviation of one angle, (T,)."""
        return self.sd_deg[:, self.names.index(name)]


def joint_angles(
    motion: Motion,
    *,
    unusable_sd_deg: float = DEFAULT_THRESHOLDS.unusable_sd_deg,
) -> Angles:
    """Measure every angle of the module's tables over a motion.

    Args:
        motion: T frames; NaN in gaps.
        unusable_sd_deg: An angle less certain than this is not observable.
    """
    return body_angles(body_of(motion), unusable_sd_deg=unusable_sd_deg)


def body_angles(body: Body, *, unusable_sd_deg: float) -> Angles:
    """Measure every angle of a body, as :func:`joint_angles`."""
    columns = dict(_measured("", body, CENTRAL_GROUPS))
    for side, seen in zip(SIDES, (body, mirror_body(body)), strict=True):
        columns |= _measured(f"{side}_", seen, LEFT_GROUPS)
    names = (*ANGLE_NAMES, *INTERNAL_ANGLES)
    values, sds = (np.stack([columns[n][k] for n in names], axis=1) for k in (0, 1))
    certain = (sds <= unusable_sd_deg) | _any_sd(names)
    usable = np.isfinite(values) & np.isfinite(sds) & certain
    return Angles(
        names, np.where(usable, values, np.nan), np.where(usable, sds, np.nan)
    )


def _any_sd(names: tuple[str, ...]) -> BoolArray:
    """Say which angles stay however uncertain: a hanging arm has no direction."""
    return np.array([name.endswith("upper_arm_plane") for name in names])


def _measured(
    prefix: str, body: Body, groups: tuple[Group, ...]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return name → (values, standard deviations), each (T,)."""
    columns = {}
    for group in groups:
        values, sds = _measure_group(body, group)
        for name, value, sd in zip(group.names, values, sds, strict=True):
            columns[prefix + name] = value, sd
    return columns


def _measure_group(body: Body, group: Group) -> tuple[FloatArray, FloatArray]:
    needed = (*group.joints, *group.rigid)
    frames = body.head_up.shape[1]
    vectors = {name: body.points[name] for name in needed}
    sds = {name: body.point_sd[name] for name in group.joints}
    observed = [body.observed[name] for name in needed]
    if group.up:
        vectors["up"] = np.tile([[0.0], [1.0], [0.0]], frames)
        sds["up"] = np.full(frames, body.gravity_sd_rad)
    if group.turned:
        vectors["turn"] = np.zeros((3, frames))
        sds["turn"] = body.turn_sd_rad[group.turned]
    if group.turned == "head":
        vectors |= {"head_up": body.head_up, "head_left": body.head_left}
        observed.append(body.observed["head"])
    values, deviations = propagate(
        lambda moved: np.stack(
            np.broadcast_arrays(*group.measure(moved, body.rest)), axis=0
        ),
        vectors,
        sds,
    )
    return np.where(_all(observed), values, np.nan), deviations


def _all(masks: list[BoolArray]) -> BoolArray:
    every: BoolArray = np.all(masks, axis=0)
    return every
