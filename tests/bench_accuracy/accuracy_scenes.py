"""Made-up truths and landmarks for testing the accuracy benchmark."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.accuracy.compare import Comparison
from bench.accuracy.measured import Measured
from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.skeleton import JOINT, LANDMARK, LANDMARKS, SIDES
from ergonomics.ergonomics_postures import Pose, joints_of, motion_of, rotmat

FACE_M = {
    "nose": (0.0, 0.03, 0.12),
    "left_eye": (0.03, 0.06, 0.09),
    "right_eye": (-0.03, 0.06, 0.09),
    "left_ear": (0.08, 0.04, 0.0),
    "right_ear": (-0.08, 0.04, 0.0),
}
"""From the head joint, in the head's axes."""

_KNUCKLES = {"index": "index1", "pinky": "pinky1"}
_SAME = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")

JOINT_OF = {
    f"{side}_{name}": f"{side}_{_KNUCKLES.get(name, name)}"
    for side in SIDES
    for name in (*_SAME, *_KNUCKLES)
}
"""Landmark → the joint that it shows exactly."""


def points_of(pose: Pose) -> dict[str, FloatArray]:
    """Return where a perfect detector would see each landmark, world frame."""
    joints = joints_of(pose)
    head = np.eye(3)
    for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head"):
        head = head @ rotmat(pose.get(name, (0.0, 0.0, 0.0)))
    face = {n: joints[JOINT["head"]] + head @ at for n, at in FACE_M.items()}
    return face | {name: joints[JOINT[joint]] for name, joint in JOINT_OF.items()}


def rest_m() -> dict[str, FloatArray]:
    """Return the landmarks of the rest pose."""
    return points_of({})


def perfect_landmarks(poses: Sequence[Pose], motion: Motion) -> Landmarks:
    """Return exact world landmarks in the motion's camera."""
    points = np.zeros((len(poses), len(LANDMARKS), 3))
    for row, pose in zip(points, poses, strict=True):
        seen = points_of(pose)
        middle = np.mean([seen[f"{side}_hip"] for side in SIDES], axis=0)
        for name, point in seen.items():
            row[LANDMARK[name]] = motion.rotmat_cam_world @ (point - middle)
    count = len(poses)
    return Landmarks(
        frame=motion.frame,
        time_s=motion.time_s,
        points_px=np.zeros((count, len(LANDMARKS), 2)),
        depth_px=np.zeros((count, len(LANDMARKS))),
        points_world_m=points,
        visibility=np.ones((count, len(LANDMARKS))),
        presence=np.ones((count, len(LANDMARKS))),
        detected=np.ones(count, dtype=np.bool_),
        size_px=np.array([640, 480]),
        background_lines_px=np.zeros((0, 4)),
        model="exact",
    )


def tilted(motion: Motion, pitch_deg: float) -> Motion:
    """Return the motion seen by a camera that looks down."""
    level = motion_of([{}]).rotmat_cam_world
    return replace(motion, rotmat_cam_world=rotmat((pitch_deg, 0.0, 0.0)) @ level)


def beside(found: Measured, exact: Measured, *, name: str = "clip") -> Comparison:
    """Return a comparison of a clip nobody rendered."""
    return Comparison(
        clip=name, motion="any", view="front", split="tuning", found=found, exact=exact
    )
