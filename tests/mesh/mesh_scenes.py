"""Motions of the free body, and how it looks in them by plain skinning."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import (  # type: ignore[import-untyped]  # no types
    Rotation,
)

from ergomesh.contract.arrays import PACKED_COVARIANCE, Motion
from ergomesh.contract.skeleton import BODY_JOINTS, PARENTS, SMPLX_JOINTS
from ergomesh.mesh.body_file import load_body
from ergomesh.mesh.core.body import forward_kinematics
from ergomesh.mesh.core.skin import Skin

Array = NDArray[np.float64]

FREE_BODY = Path(__file__).parents[2] / "models/body/ergomesh_free_body.npz"
PER_FRAME = (
    "poses",
    "trans",
    "joints_world_m",
    "joint_sd_m",
    "joint_observed",
    "pose_sd_rad",
    "points_px",
)


def free_body_path() -> Path:
    """Return the free body's file; fail with what to do if it isn't there."""
    if not FREE_BODY.is_file():
        pytest.fail(f"{FREE_BODY} is missing: run `make setup` first.")
    return FREE_BODY


def waves(rng: np.random.Generator, time_s: Array, shape: tuple[int, ...]) -> Array:
    """Return (T, *shape) smooth values of about unit size."""
    hertz, phase = rng.uniform(0.1, 0.6, shape), rng.uniform(0, 2 * np.pi, shape)
    angle = 2 * np.pi * hertz * time_s.reshape(-1, *[1] * len(shape)) + phase
    return np.asarray(np.sin(angle))


def made_up_motion(frames: int = 60, rate_hz: float = 15.0) -> Motion:
    """Return a body that turns and waves before a camera that looks down on it."""
    rng, time_s = np.random.default_rng(3), np.arange(frames) / rate_hz
    poses = np.zeros((frames, len(SMPLX_JOINTS), 3))
    poses[:, : len(BODY_JOINTS)] = 0.5 * waves(rng, time_s, (len(BODY_JOINTS), 3))
    poses[:, 0, 1] += 4 * time_s
    poses[:, 0] = Rotation.from_rotvec(poses[:, 0]).as_rotvec()  # half a turn at most
    trans = np.array([0, 1, 0]) + 0.8 * waves(rng, time_s, (3,))
    betas = rng.normal(0, 1, 10)
    body = load_body(free_body_path())
    given = (torch.from_numpy(values) for values in (poses, betas, trans))
    joints = forward_kinematics(body, *given).numpy()
    tilt = Rotation.from_euler("xyz", (170, 10, 5), degrees=True).as_matrix()
    shift, centre = np.array([0.2, 1.1, 5.0]), np.array([640.0, 360.0])
    intrinsics = np.array([[1100, 0, centre[0]], [0, 1100, centre[1]], [0, 0, 1.0]])
    camera = (joints @ tilt.T + shift) @ intrinsics.T
    return Motion(
        poses=poses.reshape(frames, -1),
        betas=betas,
        trans=trans,
        gender=body.gender,
        mocap_frame_rate=rate_hz,
        frame=np.arange(frames),
        time_s=time_s,
        joints_world_m=joints,
        joint_names=SMPLX_JOINTS,
        rotmat_cam_world=tilt,
        trans_cam_world_m=shift,
        intrinsics=intrinsics,
        joint_sd_m=np.full(joints.shape[:2], 0.02),
        joint_observed=np.ones(joints.shape[:2], dtype=np.bool_),
        pose_sd_rad=np.full(joints.shape[:2], 0.1),
        covariance_frame=np.zeros(0, dtype=np.int64),
        pose_covariance_rad2=np.zeros((0, PACKED_COVARIANCE)),
        gravity_sd_deg=5.0,
        points_px=camera[..., :2] / camera[..., 2:],
        body_model=body.name,
    )


def with_gaps(motion: Motion, *gaps: slice) -> Motion:
    """Return the motion with nobody seen in some frames."""
    floats = [name for name in PER_FRAME if name != "joint_observed"]
    changed = {name: getattr(motion, name).copy() for name in floats}
    for values in changed.values():
        for gap in gaps:
            values[gap] = np.nan
    return replace(motion, **changed)


def repeated(motion: Motion, frames: int, rate_hz: float = 30.0) -> Motion:
    """Return the motion over and over, at another rate."""
    rows = np.arange(frames) % len(motion.time_s)
    return replace(
        motion,
        frame=np.arange(frames),
        time_s=np.arange(frames) / rate_hz,
        **{name: getattr(motion, name)[rows] for name in PER_FRAME},
    )


def strongest(weights: Array, count: int) -> Array:
    """Return the weights with only the greatest of each row, of equals the first."""
    kept = np.zeros_like(weights)
    for row, all_of_it in zip(kept, weights, strict=True):
        bones = sorted(range(len(row)), key=lambda k: -all_of_it[k])[:count]
        row[bones] = all_of_it[bones] / all_of_it[bones].sum()
    return kept


def skinned(skin: Skin, motion: Motion, frame: int, bones: int = 55) -> Array:
    """Return (V, 3) vertices by linear blend skinning, joint by joint."""
    rest, joints = skin.vertices_m(motion.betas), skin.rest_joints_m(motion.betas)
    turns = Rotation.from_rotvec(motion.poses[frame].reshape(-1, 3)).as_matrix()
    weights = strongest(skin.weights, bones)
    turned: list[Array] = []
    placed: list[Array] = []
    vertices = np.zeros_like(rest)
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            placed.append(joints[joint] + motion.trans[frame])
            turned.append(turns[joint])
        else:
            bone = joints[joint] - joints[parent]
            placed.append(placed[parent] + turned[parent] @ bone)
            turned.append(turned[parent] @ turns[joint])
        moved = (rest - joints[joint]) @ turned[joint].T + placed[joint]
        vertices += weights[:, [joint]] * moved
    return vertices
