"""How each angle follows from named vectors: the geometry of the angles' table.

Everything here is of the middle of the body or of its left side; the right side is
the left of the mirrored body. See :mod:`~ergomesh.ergonomics.core.angles` for what
the angles mean.
"""

from collections.abc import Callable, Mapping
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
Rest = Mapping[str, FloatArray]
Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Group:
    """Angles that share their joints, so they are observed together."""

    names: tuple[str, ...]
    joints: tuple[str, ...]
    """Joints whose position decides the angles."""
    usual_sd_deg: tuple[float, ...]
    """How uncertain each angle is before anything is seen of it, as a standard
    deviation. An angle that is hardly more certain was not observed. These are what
    the posture prior of the mesh service leaves open, in the postures where it leaves
    the least: a test compares them."""
    measure: Callable[[Vectors, Rest], Parts]
    """Current and rest vectors → one (...) array per name, degrees."""
    fold: Callable[[Vectors, Rest], Pair] | None = None
    """Where the first angle has no sign: the two directions that it lies between."""
    head: bool = False
    """Whether the head's axes decide it, too."""


# ---- frames of reference


def _middle(points: Vectors, name: str) -> FloatArray:
    left, right = (points[f"{side}_{name}"] for side in SIDES)
    middle: FloatArray = 0.5 * (left + right)
    return middle


def _trunk_axes(points: Vectors, line: str) -> FloatArray:
    """Return (3, 3, ...) with y along the trunk line and x along hips or shoulders."""
    left, right = (points[f"{side}_{line}"] for side in SIDES)
    return frame(_middle(points, "shoulder") - _middle(points, "hip"), left - right)


def _trunk(points: Vectors, rest: Rest, line: str) -> FloatArray:
    """Return how far the trunk is turned from the rest pose, (3, 3, ...)."""
    axes = _trunk_axes(points, line)
    return matmul(axes, constant(transpose(_trunk_axes(rest, line)), axes[0]))


def _head(vectors: Vectors) -> FloatArray:
    """Return (3, 3, ...) world from head."""
    return frame(vectors["head_up"], vectors["head_left"])


def _up(like: FloatArray) -> FloatArray:
    """Return (3, ...) up, for vectors of that shape: the world's y axis."""
    return constant(np.array([0.0, 1.0, 0.0]), like)


# ---- the angles, of the middle and of the left side


def _trunk_deg(points: Vectors, rest: Rest) -> Parts:
    lower, upper = (_trunk(points, rest, line) for line in ("hip", "shoulder"))
    hips = points["left_hip"] - points["right_hip"]
    level = frame(np.broadcast_to(_up(hips), hips.shape), hips)
    flexion, side = direction_tilt_deg(seen_from(level, lower[:, 1]))
    _, _, twist = tilt_deg(matmul(transpose(lower), upper))
    return between_deg(_up(hips), lower[:, 1]), flexion, side, twist


def _trunk_pair(points: Vectors, rest: Rest) -> Pair:
    line = _trunk(points, rest, "hip")[:, 1]
    return np.broadcast_to(_up(line), line.shape), line


def _neck_deg(points: Vectors, rest: Rest) -> Parts:
    trunk = _trunk(points, rest, "shoulder")
    return tilt_deg(matmul(transpose(trunk), _head(points)))


def _head_deg(points: Vectors, _rest: Rest) -> Parts:
    head = _head(points)
    level = frame(np.broadcast_to(_up(head[:, 0]), head[:, 0].shape), head[:, 0])
    flexion, _ = direction_tilt_deg(seen_from(level, head[:, 1]))
    return (flexion,)


def _upper_arm_deg(points: Vectors, rest: Rest) -> Parts:
    down, arm = _upper_arm_pair(points, rest)
    trunk = _trunk(points, rest, "shoulder")
    out, up, ahead = unit(seen_from(trunk, arm))
    flexion, inward = direction_tilt_deg(np.stack([out, -up, ahead]))
    plane = np.degrees(np.arctan2(out, ahead))
    return between_deg(down, arm), flexion, -inward, plane


def _upper_arm_pair(points: Vectors, rest: Rest) -> Pair:
    arm = points["left_elbow"] - points["left_shoulder"]
    return -_trunk(points, rest, "shoulder")[:, 1], arm


def _hanging_pair(points: Vectors, _rest: Rest) -> Pair:
    arm = points["left_elbow"] - points["left_shoulder"]
    return np.broadcast_to(-_up(arm), arm.shape), arm


def _elbow_pair(points: Vectors, _rest: Rest) -> Pair:
    return _bones(points, "left_shoulder", "left_elbow", "left_wrist")


def _knee_pair(points: Vectors, _rest: Rest) -> Pair:
    return _bones(points, "left_hip", "left_knee", "left_ankle")


def _bones(points: Vectors, a: str, b: str, c: str) -> Pair:
    """Return two bones, in line where the joint between them is straight."""
    return points[b] - points[a], points[c] - points[b]


def _between(pair: Callable[[Vectors, Rest], Pair]) -> Callable[[Vectors, Rest], Parts]:
    """Return the measure of a group that is one angle between two directions."""
    return lambda points, rest: (between_deg(*pair(points, rest)),)


def _hip_deg(points: Vectors, rest: Rest) -> Parts:
    thigh = points["left_knee"] - points["left_hip"]
    out, up, ahead = unit(seen_from(_trunk(points, rest, "hip"), thigh))
    flexion, _ = direction_tilt_deg(np.stack([out, -up, ahead]))
    return (flexion,)


def _hand_axes(points: Vectors) -> FloatArray:
    """Return (3, 3, ...): x to the thumb side, y to the knuckles, z dorsal."""
    index, pinky = points["left_index1"], points["left_pinky1"]
    knuckles = 0.5 * (index + pinky) - points["left_wrist"]
    return frame(knuckles, index - pinky)


def _forearm(points: Vectors) -> FloatArray:
    return unit(points["left_wrist"] - points["left_elbow"])


def _wrist_deg(points: Vectors, rest: Rest) -> Parts:
    """Look at the forearm from the hand: it bends the other way."""
    axes, rest_axes = _hand_axes(points), _hand_axes(rest)
    rest_base = frame(_forearm(rest), rest_axes[:, 0])
    neutral = matmul(transpose(rest_base), rest_axes)
    base = matmul(axes, constant(transpose(neutral), axes[0]))
    return direction_tilt_deg(seen_from(base, _forearm(points)))


def _forearm_rotation_deg(points: Vectors, _rest: Rest) -> Parts:
    forearm = _forearm(points)
    elbow = points["left_elbow"]
    thumb_up = unit(across(points["left_shoulder"] - elbow, forearm))
    radial = points["left_index1"] - points["left_pinky1"]
    turned = np.arctan2(dot(radial, cross(forearm, thumb_up)), dot(radial, thumb_up))
    return (np.degrees(turned),)


def _hand_deg(points: Vectors, rest: Rest) -> Parts:
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
        (104.0, 104.0, 104.0, 15.0),
        _trunk_deg,
        _trunk_pair,
    ),
    Group(
        ("neck_flexion", "neck_side_bend", "neck_twist"),
        _TRUNK_JOINTS,
        (28.0, 18.0, 24.0),
        _neck_deg,
        head=True,
    ),
    Group(("head_inclination",), (), (104.0,), _head_deg, head=True),
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
        (24.0, 24.0, 40.0, 104.0),
        _upper_arm_deg,
        _upper_arm_pair,
    ),
    Group(
        ("upper_arm_elevation_gravity",),
        ("left_shoulder", "left_elbow"),
        (104.0,),
        _between(_hanging_pair),
        _hanging_pair,
    ),
    Group(
        ("elbow_flexion",),
        ("left_shoulder", "left_elbow", "left_wrist"),
        (31.0,),
        _between(_elbow_pair),
        _elbow_pair,
    ),
    Group(
        ("wrist_flexion", "wrist_deviation"),
        ("left_elbow", "left_wrist", *_KNUCKLES),
        (20.0, 14.0),
        _wrist_deg,
    ),
    Group(
        ("forearm_rotation",),
        ("left_shoulder", "left_elbow", "left_wrist", *_KNUCKLES),
        (31.0,),
        _forearm_rotation_deg,
    ),
    Group(
        ("hand_side", "hand_midline"),
        (*_TRUNK_JOINTS, "left_wrist"),
        (40.0, 30.0),
        _hand_deg,
    ),
    Group(("hip_flexion",), (*_TRUNK_JOINTS, "left_knee"), (43.0,), _hip_deg),
    Group(
        ("knee_flexion",),
        ("left_hip", "left_knee", "left_ankle"),
        (37.0,),
        _between(_knee_pair),
        _knee_pair,
    ),
)
