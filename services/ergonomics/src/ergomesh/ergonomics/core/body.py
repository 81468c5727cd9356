"""What the angles need of a motion: joints by name, the head's axes, the rest pose.

Two facts are recovered from :class:`~ergomesh.contract.arrays.Motion` itself:

- The head's orientation is the product of the rotations from pelvis to head. In
  the rest pose of SMPL-X the head is upright and looks straight ahead.
- The rest pose's joints. A joint's offset from its parent, turned back by the
  parent's rotation, is the same in every frame: it is the bone of the rest pose.
  Angles against this upright posture need no neutral offset of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS, mirrored
from ergomesh.ergonomics.core.geometry import matmul, rotmat_of_rotvec, seen_from

SIDE_JOINTS: Final = (
    "hip",
    "shoulder",
    "elbow",
    "wrist",
    "index1",
    "pinky1",
    "knee",
    "ankle",
)
"""The joints of each side that the angles use."""

USED_JOINTS: Final = tuple(f"{side}_{name}" for side in SIDES for name in SIDE_JOINTS)

REST_FRAMES: Final = 15
"""Frames from which the rest pose is recovered; their median resists rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Joints in the world frame by name, components first."""

    points: Mapping[str, FloatArray]
    """Joint name → (3, T) metres."""
    point_sd: Mapping[str, FloatArray]
    """Joint name → (T,) metres per axis."""
    observed: Mapping[str, BoolArray]
    """Joint name (and ``head``) → (T,)."""
    rest: Mapping[str, FloatArray]
    """Joint name → (3,) metres from the pelvis, rest pose."""
    head_up: FloatArray
    """(3, T) the head's y axis."""
    head_left: FloatArray
    """(3, T) the head's x axis, towards the worker's left."""
    turn_sd_rad: Mapping[str, FloatArray]
    """Part (``head``, ``left_hand``, ``left_forearm``) → (T,) standard deviation of
    its orientation per axis, against the part it is measured with."""
    gravity_sd_rad: float


def body_of(motion: Motion) -> Body:
    """Return the joints, head axes and rest pose of a motion.

    A part's orientation carries the uncertainty of the rotations between it and the
    part it is measured against: the head that of neck and head, a hand against its
    forearm that of the wrist, and about the upper arm that of elbow and wrist.
    Knuckles have none of their own: they move with the wrist.
    """
    head = _global_rotmat(motion.poses, "head")
    position_sd = _known(motion.joint_sd_m)
    return Body(
        points={name: motion.joints_world_m[:, JOINT[name]].T for name in USED_JOINTS},
        point_sd={name: position_sd[:, JOINT[name]] for name in USED_JOINTS},
        observed={
            name: motion.joint_observed[:, JOINT[name]]
            for name in (*USED_JOINTS, "head")
        },
        rest=_rest_joints(motion),
        head_up=head[:, 1],
        head_left=head[:, 0],
        turn_sd_rad=_turn_sds(_known(motion.pose_sd_rad)),
        gravity_sd_rad=float(np.radians(motion.gravity_sd_deg)),
    )


def mirror_body(body: Body) -> Body:
    """Return the body as seen in a mirror: its left side is the other's right."""
    flip = np.array([[-1.0], [1.0], [1.0]])
    return Body(
        points={mirrored(name): flip * point for name, point in body.points.items()},
        point_sd={mirrored(name): sd for name, sd in body.point_sd.items()},
        observed={mirrored(name): seen for name, seen in body.observed.items()},
        rest={mirrored(name): flip[:, 0] * point for name, point in body.rest.items()},
        head_up=flip * body.head_up,
        head_left=-flip * body.head_left,
        turn_sd_rad={mirrored(name): sd for name, sd in body.turn_sd_rad.items()},
        gravity_sd_rad=body.gravity_sd_rad,
    )


def person_present(motion: Motion) -> BoolArray:
    """Return (T,) whether a frame holds a body, and not a gap."""
    present: BoolArray = np.isfinite(motion.joints_world_m[:, JOINT["pelvis"], 0])
    return present


def _known(sds: FloatArray) -> FloatArray:
    """Return NaN for a boundless standard deviation: nothing is known."""
    return np.where(np.isfinite(sds), sds, np.nan)


def _turn_sds(pose_sd_rad: FloatArray) -> dict[str, FloatArray]:
    joints: dict[str, tuple[str, ...]] = {"head": ("neck", "head")}
    for side in SIDES:
        joints[f"{side}_hand"] = (f"{side}_wrist",)
        joints[f"{side}_forearm"] = (f"{side}_elbow", f"{side}_wrist")
    return {
        part: np.sqrt(np.sum(pose_sd_rad[:, [JOINT[n] for n in names]] ** 2, axis=1))
        for part, names in joints.items()
    }


def _global_rotmat(poses: FloatArray, name: str) -> FloatArray:
    """Return (3, 3, T) world from joint, by multiplying from the pelvis down."""
    rotvec = poses.reshape(len(poses), len(SMPLX_JOINTS), 3).transpose(1, 2, 0)
    *ancestors, last = _chain(name)
    rotmat = rotmat_of_rotvec(rotvec[last])
    for joint in reversed(ancestors):
        rotmat = matmul(rotmat_of_rotvec(rotvec[joint]), rotmat)
    return rotmat


def _chain(name: str) -> list[int]:
    """Return the joint indices from the pelvis to ``name``."""
    chain = [JOINT[name]]
    while (parent := PARENTS[chain[0]]) >= 0:
        chain.insert(0, parent)
    return chain


def _rest_joints(motion: Motion) -> dict[str, FloatArray]:
    frames = _sample_frames(motion)
    if not len(frames):
        return {name: np.full(3, np.nan) for name in USED_JOINTS}
    poses, joints = motion.poses[frames], motion.joints_world_m[frames]
    return {name: _rest_joint(name, poses, joints) for name in USED_JOINTS}


def _sample_frames(motion: Motion) -> IntArray:
    finite = np.isfinite(motion.poses).all(axis=1)
    frames = np.flatnonzero(finite & person_present(motion))
    picks = np.linspace(0, len(frames) - 1, min(len(frames), REST_FRAMES))
    return frames[picks.astype(np.int64)]


def _rest_joint(name: str, poses: FloatArray, joints: FloatArray) -> FloatArray:
    """Add up the bones from the pelvis to a joint, each turned back to rest."""
    chain = _chain(name)
    rest = np.zeros(3)
    for parent, child in pairwise(chain):
        rotmat = _global_rotmat(poses, SMPLX_JOINTS[parent])
        bone = (joints[:, child] - joints[:, parent]).T
        rest = rest + np.median(seen_from(rotmat, bone), axis=-1)
    return rest
