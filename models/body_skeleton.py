"""SMPL-X's 55 joints in terms of MakeHuman's ``game_engine`` rig (pure).

52 joints are bones of the rig, one to one; its 53rd bone, ``Root``, moves nothing. The
jaw and the eyes have no bone there: their places are helper groups of the base mesh.
"""

from typing import Final

import numpy as np

from body_source import BaseMesh, FloatArray, IntArray, Rig
from ergomesh.contract.skeleton import JOINT, SIDES, SMPLX_JOINTS, mirrored

FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
"""Fingers in MakeHuman's numbering: the thumb is finger 1."""

_BONE_OF_MIDLINE_JOINT: Final = {
    "pelvis": "pelvis",
    "spine1": "spine_01",
    "spine2": "spine_02",
    "spine3": "spine_03",
    "neck": "neck_01",
    "head": "head",
}

_BONE_OF_SIDED_JOINT: Final = {
    "hip": "thigh",
    "knee": "calf",
    "ankle": "foot",
    "foot": "ball",
    "collar": "clavicle",
    "shoulder": "upperarm",
    "elbow": "lowerarm",
    "wrist": "hand",
} | {f"{finger}{k}": f"{finger}_{k:02d}" for finger in FINGERS for k in (1, 2, 3)}

BONE_OF_JOINT: Final[dict[str, str]] = _BONE_OF_MIDLINE_JOINT | {
    f"{side}_{joint}": f"{bone}_{side[0]}"
    for side in SIDES
    for joint, bone in _BONE_OF_SIDED_JOINT.items()
}
"""SMPL-X joint to ``game_engine`` bone; the joint is the bone's head."""

GROUP_OF_BONELESS_JOINT: Final[dict[str, str]] = {
    "jaw": "joint-mouth",
    "left_eye": "joint-l-eye",
    "right_eye": "joint-r-eye",
}
"""Joints without a bone to the helper group at their place. ``joint-mouth`` is the head
of the jaw bone in MakeHuman's default rig."""

EYE_GROUP_OF: Final[dict[str, str]] = {
    f"{side}_eye": f"helper-{side[0]}-eye" for side in SIDES
}
"""Eye joint to its eyeball."""

TIP_GROUP_OF: Final[dict[str, str]] = (
    {
        f"{side}_{finger}": f"joint-{side[0]}-finger-{number}-4"
        for side in SIDES
        for number, finger in enumerate(FINGERS, start=1)
    }
    | {f"{side}_big_toe": f"joint-{side[0]}-toe-1-3" for side in SIDES}
    | {f"{side}_small_toe": f"joint-{side[0]}-toe-5-4" for side in SIDES}
)
"""Finger or toe to the helper group inside its tip."""


def joint_weights(mesh: BaseMesh, rig: Rig) -> FloatArray:
    """Return (55, N) weights that give the joints from the base mesh's vertices."""
    group_of = GROUP_OF_BONELESS_JOINT | {
        joint: rig.head_group_of[bone] for joint, bone in BONE_OF_JOINT.items()
    }
    return np.stack([mesh.centre_weights(group_of[joint]) for joint in SMPLX_JOINTS])


def tip_weights(mesh: BaseMesh) -> FloatArray:
    """Return (14, N) weights that give the finger and toe tips, as TIP_GROUP_OF."""
    return np.stack([mesh.centre_weights(group) for group in TIP_GROUP_OF.values()])


def skin_weights(mesh: BaseMesh, rig: Rig) -> FloatArray:
    """Return (N, 55) skin weights, each row's sum 1, the same left and right.

    An eyeball moves with its eye joint, and nothing moves with the jaw: the pose of
    the face is not estimated.
    """
    weights = np.zeros((len(mesh.points_m), len(SMPLX_JOINTS)))
    for joint, bone in BONE_OF_JOINT.items():
        vertices, values = rig.weights_of[bone]
        weights[vertices, JOINT[joint]] = values
    for joint, group in EYE_GROUP_OF.items():
        vertices = np.unique(mesh.quads_of[group])
        weights[vertices] = 0.0
        weights[vertices, JOINT[joint]] = 1.0
    weights += weights[mesh.mirror][:, mirrored_joints()]
    normalised: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def mirrored_joints() -> IntArray:
    """Return (55,) index of each joint's twin on the other side."""
    return np.array([JOINT[mirrored(name)] for name in SMPLX_JOINTS])
