"""How each angle follows from named vectors: the geometry of the angles' table.

Everything here is of the middle of the body or of its left side; the right side is
the left of the mirrored body. See :mod:`~ergomesh.ergonomics.core.angles` for what
the angles mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES
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
from ergomesh.ergonomics.core.propagate import Vectors

Parts = tuple[FloatArray, ...]


@dataclass(frozen=True, slots=True)
class Group:
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

CENTRAL_GROUPS: Final = (
    Group(
        ("trunk_inclination", "trunk_flexion", "trunk_side_bend", "trunk_twist"),
        _TRUNK_JOINTS,
        _trunk_deg,
        up=True,
    ),
    Group(
        ("neck_flexion", "neck_side_bend", "neck_twist"),
        _TRUNK_JOINTS,
        _neck_deg,
        turned="head",
    ),
    Group(("head_inclination",), (), _head_deg, up=True, turned="head"),
)

LEFT_GROUPS: Final = (
    Group(
        (
            "upper_arm_elevation",
            "upper_arm_flexion",
            "upper_arm_abduction",
            "upper_arm_plane",
        ),
        (*_TRUNK_JOINTS, "left_elbow"),
        _upper_arm_deg,
    ),
    Group(
        ("upper_arm_elevation_gravity",),
        ("left_shoulder", "left_elbow"),
        _upper_arm_gravity_deg,
        up=True,
    ),
    Group(
        ("elbow_flexion",), ("left_shoulder", "left_elbow", "left_wrist"), _elbow_deg
    ),
    Group(
        ("wrist_flexion", "wrist_deviation"),
        (),
        _wrist_deg,
        turned="left_hand",
        rigid=("left_elbow", "left_wrist", *_KNUCKLES),
    ),
    Group(
        ("forearm_rotation",),
        ("left_shoulder", "left_elbow", "left_wrist"),
        _forearm_rotation_deg,
        turned="left_forearm",
        rigid=_KNUCKLES,
    ),
    Group(("hand_side", "hand_midline"), (*_TRUNK_JOINTS, "left_wrist"), _hand_deg),
    Group(("hip_flexion",), (*_TRUNK_JOINTS, "left_knee"), _hip_deg),
    Group(("knee_flexion",), ("left_hip", "left_knee", "left_ankle"), _knee_deg),
)
