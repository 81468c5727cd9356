"""What the angles need of a motion: joints by name, the head's axes, the rest pose.

Two facts are recovered from :class:`~ergomesh.contract.arrays.Motion` itself:

- The head's orientation is the product of the rotations from pelvis to head. In
  the rest pose of SMPL-X the head is upright and looks straight ahead.
- The rest pose's joints. A joint's offset from its parent, turned back by the
  parent's rotation, is the same in every frame: it is the bone of the rest pose.
  Angles against this upright posture need no neutral offset of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    PARENTS,
    SIDES,
    SMPLX_JOINTS,
)
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

HEAD_AXES: Final = ("head_up", "head_left")
"""Names of the vectors that turn with the head."""

CHUNK: Final = 1024
"""Frames handled at once, so that the work stays in the processor's cache."""

REST_FRAMES: Final = 15
"""Frames from which the rest pose is recovered; their median resists rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Joints in the world frame by name, components first."""

    points: Mapping[str, FloatArray]
    """Joint name → (3, T) metres."""
    observed: Mapping[str, BoolArray]
    """Joint name (and ``head``) → (T,)."""
    rest: Mapping[str, FloatArray]
    """Joint name → (3,) metres from the pelvis, rest pose."""
    head_up: FloatArray
    """(3, T) the head's y axis."""
    head_left: FloatArray
    """(3, T) the head's x axis, towards the worker's left."""

    def vectors(self, rows: slice | IntArray) -> dict[str, FloatArray]:
        """Return joints and axes of the head in some frames, name → (3, ...)."""
        axes = dict(zip(HEAD_AXES, (self.head_up, self.head_left), strict=True))
        return {name: v[:, rows] for name, v in {**self.points, **axes}.items()}


def body_of(motion: Motion) -> Body:
    """Return the joints, head axes and rest pose of a motion."""
    up, left = _head_axes(motion.poses)
    return Body(
        points={name: motion.joints_world_m[:, JOINT[name]].T for name in USED_JOINTS},
        observed={
            name: motion.joint_observed[:, JOINT[name]]
            for name in (*USED_JOINTS, "head")
        },
        rest=_rest_joints(motion),
        head_up=up,
        head_left=left,
    )


def person_present(motion: Motion) -> BoolArray:
    """Return (T,) whether a frame holds a body, and not a gap."""
    present: BoolArray = np.isfinite(motion.joints_world_m[:, JOINT["pelvis"], 0])
    return present


def chain(name: str) -> list[int]:
    """Return the joint indices from the pelvis to a joint."""
    found = [JOINT[name]]
    while (parent := PARENTS[found[0]]) >= 0:
        found.insert(0, parent)
    return found


def world_rotmats(
    poses: FloatArray, joints: Iterable[int] = range(len(BODY_JOINTS))
) -> dict[int, FloatArray]:
    """Return joint → (3, 3, T) world from joint.

    Args:
        poses: (T, 165) axis-angle.
        joints: Parents before their children.
    """
    wanted = list(joints)
    rotvec = poses.reshape(len(poses), len(SMPLX_JOINTS), 3)[:, wanted].transpose()
    local = rotmat_of_rotvec(np.ascontiguousarray(rotvec))
    world: dict[int, FloatArray] = {}
    for k, joint in enumerate(wanted):
        parent, turned = PARENTS[joint], local[:, :, k]
        world[joint] = turned if parent < 0 else matmul(world[parent], turned)
    return world


def _head_axes(poses: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (3, T) each: the head's y and x axes in the world."""
    up, left = np.empty((2, 3, len(poses)))
    for start in range(0, len(poses), CHUNK):
        some = slice(start, start + CHUNK)
        head = world_rotmats(poses[some], chain("head"))[JOINT["head"]]
        up[:, some], left[:, some] = head[:, 1], head[:, 0]
    return up, left


def _rest_joints(motion: Motion) -> dict[str, FloatArray]:
    """Return each joint from the pelvis: its bones, each turned back to rest."""
    frames = _sample_frames(motion)
    if not len(frames):
        return {name: np.full(3, np.nan) for name in USED_JOINTS}
    joints, turned = motion.joints_world_m[frames], world_rotmats(motion.poses[frames])

    def _bone(parent: int, child: int) -> FloatArray:
        bone = (joints[:, child] - joints[:, parent]).T
        middle: FloatArray = np.median(seen_from(turned[parent], bone), axis=-1)
        return middle

    return {
        name: np.sum([_bone(*pair) for pair in pairwise(chain(name))], axis=0)
        for name in USED_JOINTS
    }


def _sample_frames(motion: Motion) -> IntArray:
    finite = np.isfinite(motion.poses).all(axis=1)
    frames = np.flatnonzero(finite & person_present(motion))
    picks = np.linspace(0, len(frames) - 1, min(len(frames), REST_FRAMES))
    return frames[picks.astype(np.int64)]
