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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.body import Body, body_of, mirror_body
from ergomesh.ergonomics.core.geometry import (
    across,
    between_deg,
    constant,
    cross,
    direction_tilt_deg,
    dot,
    frame,
    matmul,
    seen_from,
    tilt_deg,
    transpose,
    unit,
)
from ergomesh.ergonomics.core.propagate import Vectors, propagate
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS

Parts = tuple[FloatArray, ...]


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


@dataclass(frozen=True, slots=True)
class _Group:
    """Angles that share their joints, so they are observed together."""

    names: tuple[str, ...]
    joints: tuple[str, ...]
    """Joints whose position, and its uncertainty, decides the angle."""
    measure: Callable[[Vectors, Vectors], Parts]
    """Current and rest vectors → one (...) array per name, degrees."""
    turned: str = ""
    """Part whose orientation decides it, too: ``head`` or one of a hand's."""
    rigid: tuple[str, ...] = ()
    """Joints that move with the turned part, and have no error of their own."""
    up: bool = False
    """Whether the vertical decides it."""


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
    columns = dict(_measured("", body, _CENTRAL))
    for side, seen in zip(SIDES, (body, mirror_body(body)), strict=True):
        columns |= _measured(f"{side}_", seen, _LEFT)
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
    prefix: str, body: Body, groups: tuple[_Group, ...]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return name → (values, standard deviations), each (T,)."""
    columns = {}
    for group in groups:
        values, sds = _measure_group(body, group)
        for name, value, sd in zip(group.names, values, sds, strict=True):
            columns[prefix + name] = value, sd
    return columns


def _measure_group(body: Body, group: _Group) -> tuple[FloatArray, FloatArray]:
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


# ---- frames of reference


def _middle(points: Vectors, name: str) -> FloatArray:
    left, right = (points[f"{side}_{name}"] for side in SIDES)
    middle: FloatArray = 0.5 * (left + right)
    return middle


def _trunk_axes(points: Vectors, line: str) -> FloatArray:
    """Return (3, 3, ...) with y along the trunk line and x along hips or shoulders."""
    left, right = (points[f"{side}_{line}"] for side in SIDES)
    return frame(_middle(points, "shoulder") - _middle(points, "hip"), left - right)


def _trunk(points: Vectors, rest: Vectors, line: str) -> FloatArray:
    """Return how far the trunk is turned from the rest pose, (3, 3, ...)."""
    axes = _trunk_axes(points, line)
    return matmul(axes, constant(transpose(_trunk_axes(rest, line)), axes[0]))


def _head(vectors: Vectors) -> FloatArray:
    """Return (3, 3, ...) world from head."""
    up, left = (_turned(vectors, vectors[name]) for name in ("head_up", "head_left"))
    return frame(up, left)


def _turned(vectors: Vectors, vector: FloatArray) -> FloatArray:
    """Turn a vector of the turned part by the small error of its orientation."""
    turn = vectors.get("turn")
    return vector if turn is None else vector + cross(turn, vector)


# ---- the angles, of the middle and of the left side


def _trunk_deg(points: Vectors, rest: Vectors) -> Parts:
    lower, upper = (_trunk(points, rest, line) for line in ("hip", "shoulder"))
    hips = points["left_hip"] - points["right_hip"]
    flexion, side = direction_tilt_deg(
        seen_from(frame(points["up"], hips), lower[:, 1])
    )
    _, _, twist = tilt_deg(matmul(transpose(lower), upper))
    return between_deg(points["up"], lower[:, 1]), flexion, side, twist


def _neck_deg(points: Vectors, rest: Vectors) -> Parts:
    trunk = _trunk(points, rest, "shoulder")
    return tilt_deg(matmul(transpose(trunk), _head(points)))


def _head_deg(points: Vectors, _rest: Vectors) -> Parts:
    head = _head(points)
    level = frame(points["up"], head[:, 0])
    flexion, _ = direction_tilt_deg(seen_from(level, head[:, 1]))
    return (flexion,)


def _upper_arm_deg(points: Vectors, rest: Vectors) -> Parts:
    arm = points["left_elbow"] - points["left_shoulder"]
    out, up, ahead = unit(seen_from(_trunk(points, rest, "shoulder"), arm))
    flexion, inward = direction_tilt_deg(np.stack([out, -up, ahead]))
    elevation = np.degrees(np.arctan2(np.hypot(out, ahead), -up))
    return elevation, flexion, -inward, np.degrees(np.arctan2(out, ahead))


def _upper_arm_gravity_deg(points: Vectors, _rest: Vectors) -> Parts:
    arm = points["left_elbow"] - points["left_shoulder"]
    return (between_deg(arm, -points["up"]),)


def _elbow_deg(points: Vectors, _rest: Vectors) -> Parts:
    return (_bend_deg(points, "left_shoulder", "left_elbow", "left_wrist"),)


def _knee_deg(points: Vectors, _rest: Vectors) -> Parts:
    return (_bend_deg(points, "left_hip", "left_knee", "left_ankle"),)


def _bend_deg(points: Vectors, a: str, b: str, c: str) -> FloatArray:
    """Return 180° minus the angle a-b-c: 0 for a straight joint."""
    return between_deg(points[b] - points[a], points[c] - points[b])


def _hip_deg(points: Vectors, rest: Vectors) -> Parts:
    thigh = points["left_knee"] - points["left_hip"]
    out, up, ahead = unit(seen_from(_trunk(points, rest, "hip"), thigh))
    flexion, _ = direction_tilt_deg(np.stack([out, -up, ahead]))
    return (flexion,)


def _hand_axes(points: Vectors) -> FloatArray:
    """Return (3, 3, ...): x to the thumb side, y to the knuckles, z dorsal."""
    index, pinky = points["left_index1"], points["left_pinky1"]
    knuckles = 0.5 * (index + pinky) - points["left_wrist"]
    return frame(_turned(points, knuckles), _turned(points, index - pinky))


def _forearm(points: Vectors) -> FloatArray:
    return unit(points["left_wrist"] - points["left_elbow"])


def _wrist_deg(points: Vectors, rest: Vectors) -> Parts:
    """Look at the forearm from the hand: it bends the other way."""
    axes, rest_axes = _hand_axes(points), _hand_axes(rest)
    rest_base = frame(_forearm(rest), rest_axes[:, 0])
    neutral = matmul(transpose(rest_base), rest_axes)
    base = matmul(axes, constant(transpose(neutral), axes[0]))
    return direction_tilt_deg(seen_from(base, _forearm(points)))


def _forearm_rotation_deg(points: Vectors, _rest: Vectors) -> Parts:
    forearm = _forearm(points)
    elbow = points["left_elbow"]
    thumb_up = unit(across(points["left_shoulder"] - elbow, forearm))
    radial = _turned(points, points["left_index1"] - points["left_pinky1"])
    turned = np.arctan2(dot(radial, cross(forearm, thumb_up)), dot(radial, thumb_up))
    return (np.degrees(turned),)


def _hand_deg(points: Vectors, rest: Vectors) -> Parts:
    trunk = _trunk(points, rest, "shoulder")
    origins = points["left_shoulder"], _middle(points, "shoulder")
    reaches = (unit(seen_from(trunk, points["left_wrist"] - o)) for o in origins)
    return tuple(-direction_tilt_deg(reach)[1] for reach in reaches)


_TRUNK_JOINTS: Final = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
_KNUCKLES: Final = ("left_index1", "left_pinky1")

_CENTRAL: Final = (
    _Group(
        ("trunk_inclination", "trunk_flexion", "trunk_side_bend", "trunk_twist"),
        _TRUNK_JOINTS,
        _trunk_deg,
        up=True,
    ),
    _Group(
        ("neck_flexion", "neck_side_bend", "neck_twist"),
        _TRUNK_JOINTS,
        _neck_deg,
        turned="head",
    ),
    _Group(("head_inclination",), (), _head_deg, up=True, turned="head"),
)

_LEFT: Final = (
    _Group(
        (
            "upper_arm_elevation",
            "upper_arm_flexion",
            "upper_arm_abduction",
            "upper_arm_plane",
        ),
        (*_TRUNK_JOINTS, "left_elbow"),
        _upper_arm_deg,
    ),
    _Group(
        ("upper_arm_elevation_gravity",),
        ("left_shoulder", "left_elbow"),
        _upper_arm_gravity_deg,
        up=True,
    ),
    _Group(
        ("elbow_flexion",), ("left_shoulder", "left_elbow", "left_wrist"), _elbow_deg
    ),
    _Group(
        ("wrist_flexion", "wrist_deviation"),
        (),
        _wrist_deg,
        turned="left_hand",
        rigid=("left_elbow", "left_wrist", *_KNUCKLES),
    ),
    _Group(
        ("forearm_rotation",),
        ("left_shoulder", "left_elbow", "left_wrist"),
        _forearm_rotation_deg,
        turned="left_forearm",
        rigid=_KNUCKLES,
    ),
    _Group(("hand_side", "hand_midline"), (*_TRUNK_JOINTS, "left_wrist"), _hand_deg),
    _Group(("hip_flexion",), (*_TRUNK_JOINTS, "left_knee"), _hip_deg),
    _Group(("knee_flexion",), ("left_hip", "left_knee", "left_ankle"), _knee_deg),
)

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
    *(name for group in _CENTRAL for name in group.names),
    *(f"{side}_{name}" for side in SIDES for name in _SIDE_ANGLES),
)
"""The public angles, in the order of ``angles.csv``."""

INTERNAL_ANGLES: Final = tuple(
    f"{side}_{name}"
    for side in SIDES
    for group in _LEFT
    for name in group.names
    if name not in _SIDE_ANGLES
)
"""Angles that only the scores use."""
