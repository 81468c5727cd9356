"""Putting a body into SMPL-X's T-pose (pure).

MakeHuman's rest pose has the arms 45° down and the elbows bent. Here every body is
brought into the same pose by rotating its bones: arms level and straight to the sides,
palms down, fingers flat, legs straight. The directions are the same for all bodies, so
shapes differ in size and form only, never in pose.

Axes: x to the body's left, y up, z forward. Lengths in metres.
"""

from typing import Final

import numpy as np

from body_skeleton import FINGERS, TIP_GROUP_OF
from body_source import FloatArray
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS

LEFTWARD: Final[dict[str, float]] = dict(zip(SIDES, (1.0, -1.0), strict=True))
"""Sign of x on each side."""

LEG_SPREAD_DEG: Final = 3.0
"""Angle of each leg to the vertical: ankles a little wider apart than the hips, so
that the thighs of a heavy body stay apart."""

_DOWN: Final = np.array([0.0, -1.0, 0.0])


def t_pose_rotations(joints_m: FloatArray, tips_m: FloatArray) -> FloatArray:
    """Return the (S, 55, 3, 3) world rotation of each bone from rest to T-pose.

    Args:
        joints_m: (S, 55, 3) joints in MakeHuman's rest pose.
        tips_m: (S, 14, 3) finger and toe tips, ordered as ``TIP_GROUP_OF``.
    """
    tip_of = dict(zip(TIP_GROUP_OF, np.moveaxis(tips_m, 1, 0), strict=True))
    points_of = dict(zip(SMPLX_JOINTS, np.moveaxis(joints_m, 1, 0), strict=True))
    rotation_of: dict[str, FloatArray] = {}
    for side in SIDES:
        rotation_of |= _arm_rotations(points_of, side)
        rotation_of |= _leg_rotations(points_of, side)
    rotations = np.broadcast_to(np.eye(3), (*joints_m.shape, 3)).copy()
    for joint, name in enumerate(SMPLX_JOINTS):
        if name in rotation_of:
            rotations[:, joint] = rotation_of[name]
        elif name.rstrip("123") in tip_of:
            rotations[:, joint] = rotations[:, PARENTS[joint]]
            if name.rstrip("123").split("_")[1] in FINGERS[1:]:
                bone = _finger_bone(points_of, tip_of, name)
                rotations[:, joint] = _flattened(rotations[:, joint], bone)
    return rotations


def posed_joints(joints_m: FloatArray, rotations: FloatArray) -> FloatArray:
    """Return (S, 55, 3) joints after rotating each bone about its own joint.

    Args:
        joints_m: (S, 55, 3) joints at rest.
        rotations: (S, 55, 3, 3) world rotation of each bone.
    """
    posed = joints_m.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            bone = joints_m[:, joint] - joints_m[:, parent]
            posed[:, joint] = posed[:, parent] + _turn(rotations[:, parent], bone)
    return posed


def posed_vertices(
    vertices_m: FloatArray,
    joints_m: FloatArray,
    rotations: FloatArray,
    weights: FloatArray,
) -> FloatArray:
    """Return (S, V, 3) vertices by linear blend skinning.

    Args:
        vertices_m: (S, V, 3) vertices at rest.
        joints_m: (S, 55, 3) joints at rest.
        rotations: (S, 55, 3, 3) world rotation of each bone.
        weights: (V, 55) skin weights.
    """
    shifts = posed_joints(joints_m, rotations) - _turn(rotations, joints_m)
    transforms = np.concatenate([rotations, shifts[..., None]], axis=-1)
    blended = np.einsum("vj,sjab->svab", weights, transforms, optimize=True)
    posed: FloatArray = _turn(blended[..., :3], vertices_m) + blended[..., 3]
    return posed


def _arm_rotations(
    points_of: dict[str, FloatArray], side: str
) -> dict[str, FloatArray]:
    """Return the rotations of upper arm, forearm and hand.

    The elbow's hinge becomes vertical, so that bending it brings the forearm forward;
    the turn that lays the palm flat is shared between forearm and wrist.
    """
    shoulder, elbow, wrist, index, middle, pinky = (
        points_of[f"{side}_{name}"]
        for name in ("shoulder", "elbow", "wrist", "index1", "middle1", "pinky1")
    )
    outward = np.array([LEFTWARD[side], 0.0, 0.0])
    hinge = np.cross(elbow - shoulder, wrist - elbow)
    hinge_after = LEFTWARD[side] * _DOWN
    upper_arm = _frame_rotation(elbow - shoulder, hinge, outward, hinge_after)
    forearm = _frame_rotation(wrist - elbow, hinge, outward, hinge_after)
    palm_normal = np.cross(middle - wrist, index - pinky)
    hand = _frame_rotation(middle - wrist, palm_normal, outward, hinge_after)
    aligned_hand = _aligning(_turn(forearm, middle - wrist), outward) @ forearm
    half_roll = _half_turn_about(outward, hand @ np.swapaxes(aligned_hand, -1, -2))
    return {
        f"{side}_shoulder": upper_arm,
        f"{side}_elbow": half_roll @ forearm,
        f"{side}_wrist": hand,
    }


def _leg_rotations(
    points_of: dict[str, FloatArray], side: str
) -> dict[str, FloatArray]:
    """Return the rotations of thigh and shank; the foot stays flat as it was."""
    hip, knee, ankle = (points_of[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
    spread = np.radians(LEG_SPREAD_DEG)
    downward = np.array([LEFTWARD[side] * np.sin(spread), -np.cos(spread), 0.0])
    return {
        f"{side}_hip": _aligning(knee - hip, downward),
        f"{side}_knee": _aligning(ankle - knee, downward),
    }


def _finger_bone(
    points_of: dict[str, FloatArray], tip_of: dict[str, FloatArray], name: str
) -> FloatArray:
    """Return (S, 3) the vector from a finger joint to the next one or the tip."""
    finger, number = name[:-1], int(name[-1])
    following = f"{finger}{number + 1}"
    end = points_of[following] if following in JOINT else tip_of[finger]
    return end - points_of[name]


def _flattened(rotations: FloatArray, bone: FloatArray) -> FloatArray:
    """Return the rotations with the bone made level by the least turn."""
    now = _turn(rotations, bone)
    return _aligning(now, now * np.array([1.0, 0.0, 1.0])) @ rotations


def _turn(rotations: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return rotated vectors; leading dimensions broadcast."""
    turned: FloatArray = np.einsum("...ab,...b->...a", rotations, vectors)
    return turned


def _unit(vectors: FloatArray) -> FloatArray:
    """Return vectors of length 1."""
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _frame(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return (..., 3, 3) right-handed frames: first axis, second as near as can be."""
    x = _unit(first)
    z = _unit(np.cross(x, second))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _frame_rotation(
    first: FloatArray, second: FloatArray, first_to: FloatArray, second_to: FloatArray
) -> FloatArray:
    """Return rotations taking ``first`` to ``first_to``, ``second`` near its goal."""
    return _frame(first_to, second_to) @ np.swapaxes(_frame(first, second), -1, -2)


def _aligning(vectors: FloatArray, goal: FloatArray) -> FloatArray:
    """Return the least rotations that take vectors to a goal direction.

    Rodrigues' formula with sine and cosine from the cross and dot product; the
    vectors are never opposite to the goal here.
    """
    start, end = np.broadcast_arrays(_unit(vectors), _unit(goal))
    axis = np.cross(start, end)
    cosine = np.sum(start * end, axis=-1)[..., None, None]
    skew = np.cross(np.eye(3), axis[..., None, :])
    rotations: FloatArray = np.eye(3) + skew + skew @ skew / (1.0 + cosine)
    return rotations


def _half_turn_about(axis: FloatArray, rotations: FloatArray) -> FloatArray:
    """Return rotations about a unit axis by half the angle of the given ones."""
    skew = np.cross(np.eye(3), axis)
    sine = -0.5 * np.einsum("ab,...ba->...", skew, rotations)
    cosine = 0.5 * (np.trace(rotations, axis1=-2, axis2=-1) - 1.0)
    half = 0.5 * np.arctan2(sine, cosine)[..., None, None]
    half_turn: FloatArray = (
        np.eye(3) + np.sin(half) * skew + (1.0 - np.cos(half)) * skew @ skew
    )
    return half_turn
