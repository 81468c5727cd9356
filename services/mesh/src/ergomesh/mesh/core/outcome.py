"""From a solved state to the motion of the contract: world, floor, all joints."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import (
    BoolArray,
    FloatArray,
    Landmarks,
    Motion,
)
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS
from ergomesh.mesh.core import shape
from ergomesh.mesh.core.body import (
    MOVED,
    BodyModel,
    Placed,
    State,
    forward_kinematics,
)
from ergomesh.mesh.core.camera import Lens, WorldFrame, project, world_axes
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.gravity import Gravity
from ergomesh.mesh.core.rotations import rotmat_to_rotvec
from ergomesh.mesh.core.sites import ROOT, SITE
from ergomesh.mesh.core.slabs import slabs
from ergomesh.mesh.core.uncertainty import Spread, per_axis

FLOOR_QUANTILE: Final = 0.05
"""The floor is this low among the heights of heels and toes: some frames err."""

REST_SD_RAD: Final = 0.5
"""Stated spread of joints held at rest, such as a finger's: about 30°."""

_FEET: Final = [SITE[f"{side}_{p}"] for side in SIDES for p in ("heel", "foot_index")]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """Everything a fit found, over the kept frames."""

    state: State
    placed: Placed
    evidence: Evidence
    lens: Lens
    gravity: Gravity
    spread: Spread


def world_frame(placed: Placed, gravity: Gravity) -> WorldFrame:
    """Return the world: y up, origin on the floor under the first pelvis."""
    rotmat = world_axes(gravity.up_cam)
    feet_m = placed.sites_cam_m[:, _FEET] @ rotmat.mT
    start_m = rotmat @ placed.joints_cam_m[0, JOINT[ROOT]]
    floor_m = torch.quantile(feet_m[..., 1].flatten(), FLOOR_QUANTILE)
    origin_m = torch.stack((start_m[0], floor_m, start_m[2]))
    return WorldFrame(rotmat_world_cam=rotmat, trans_world_cam_m=-origin_m)


def motion_of(
    solution: Solution,
    body: BodyModel,
    landmarks: Landmarks,
    *,
    kept: BoolArray,
    observed: BoolArray,
) -> Motion:
    """Return the motion over all frames, NaN in the gaps.

    Args:
        solution: Over the kept frames.
        body: The body that was fitted, on the solution's device.
        landmarks: Of all frames.
        kept: (T,) frames of the solution.
        observed: (T, 55) of :func:`observability.observed_joints`.
    """
    state, evidence, count = solution.state, solution.evidence, int(kept.sum())
    world = world_frame(solution.placed, solution.gravity)
    poses = _poses(state, world)
    rest_root = body.rest_joints_m(state.betas)[0]
    trans = world.from_cam(state.root_cam_m) - rest_root
    joints = forward_kinematics(body, poses, state.betas, trans)
    focal = shape.focal_px(evidence, state.shared)
    rotmat_cam_world = world.rotmat_world_cam.mT
    trans_cam_world = -rotmat_cam_world @ world.trans_world_cam_m
    in_camera = joints @ world.rotmat_world_cam + trans_cam_world
    pixels = project(in_camera, focal, evidence.centre_px)
    spread = solution.spread
    packed, turns = _pose_covariance(solution, world)

    def frames(values: Tensor) -> FloatArray:
        return _spread_out(_array(values), kept)

    return Motion(
        poses=frames(poses.flatten(1)),
        betas=_array(state.betas),
        trans=frames(trans),
        gender=body.gender,
        mocap_frame_rate=mean_rate_hz(landmarks.time_s),
        frame=landmarks.frame,
        time_s=landmarks.time_s,
        joints_world_m=frames(joints),
        joint_names=SMPLX_JOINTS,
        rotmat_cam_world=_array(rotmat_cam_world),
        trans_cam_world_m=_array(trans_cam_world),
        intrinsics=_intrinsics(float(focal), _array(evidence.centre_px)),
        joint_sd_m=_spread_out(
            _carried(spread.at_frames(spread.joints_m, count)), kept
        ),
        joint_observed=observed,
        pose_sd_rad=_spread_out(_with_rest(spread.at_frames(turns, count)), kept),
        covariance_frame=np.flatnonzero(kept)[spread.rows],
        pose_covariance_rad2=packed,
        gravity_sd_deg=solution.gravity.sd_deg,
        points_px=frames(pixels),
        body_model=body.name,
    )


def _poses(state: State, world: WorldFrame) -> Tensor:
    """Return (T, 55, 3) axis-angle, root in the world, unmoved joints at rest."""
    rotmats = state.rotmats.clone()
    rotmats[:, 0] = world.rotmat_world_cam @ rotmats[:, 0]
    moved = rotmat_to_rotvec(rotmats)
    return torch.nn.functional.pad(moved, (0, 0, 0, len(SMPLX_JOINTS) - MOVED))


def _pose_covariance(
    solution: Solution, world: WorldFrame
) -> tuple[FloatArray, Tensor]:
    """Return the covariance of turns in the parents' frames, and their spreads.

    The root's is in the world's frame, and includes the vertical's own uncertainty.

    Returns:
        (K, 2211) lower triangles, row by row, and (K, J) per axis.
    """
    spread, gravity = solution.spread, solution.gravity
    device = solution.state.rotmats.device
    packed, turns = [], []
    for some in slabs(len(spread.rows), device):
        knots = torch.from_numpy(spread.rows[some]).to(device)
        rotmats = solution.state.rotmats[knots]
        rotmats[:, 0] = world.rotmat_world_cam @ rotmats[:, 0]
        covariance = _turned(rotmats, spread.turns_rad2[some])
        covariance[:, :3, :3] += gravity.turn_cov_rad2.to(covariance)
        packed.append(_packed(covariance))
        turns.append(per_axis(covariance.diagonal(dim1=1, dim2=2)))
    return np.concatenate(packed), torch.cat(turns)


def _turned(rotmats: Tensor, covariance: Tensor) -> Tensor:
    """Return a covariance (K, 3 J, 3 J) with each joint's axes turned (K, J, 3, 3)."""
    for _ in ("rows", "columns"):
        by_joint = covariance.reshape(-1, MOVED, 3, 3 * MOVED)
        covariance = (rotmats @ by_joint).flatten(1, 2).mT
    return covariance


def _packed(covariance: Tensor) -> FloatArray:
    """Return (K, 2211): the lower triangles, row by row."""
    rows, columns = np.tril_indices(covariance.shape[-1])
    return _array(covariance[:, rows, columns])


def _with_rest(turns_rad: FloatArray) -> FloatArray:
    """Return (T, 55) of (T, J): unmoved joints have a stated spread."""
    rest = len(SMPLX_JOINTS) - MOVED
    return np.pad(turns_rad, ((0, 0), (0, rest)), constant_values=REST_SD_RAD)


def _carried(places_m: FloatArray) -> FloatArray:
    """Return (T, 55) of (T, J): an unmoved joint stands as firmly as its carrier."""
    return places_m[:, [_carrier(joint) for joint in range(len(SMPLX_JOINTS))]]


def _carrier(joint: int) -> int:
    while joint >= MOVED:
        joint = PARENTS[joint]
    return joint


def _array(values: Tensor) -> FloatArray:
    return values.detach().cpu().numpy().astype(np.float64)


def _spread_out(values: FloatArray, kept: BoolArray) -> FloatArray:
    full = np.full((len(kept), *values.shape[1:]), np.nan)
    full[kept] = values
    return full


def _intrinsics(focal_px: float, centre_px: FloatArray) -> FloatArray:
    x, y = centre_px
    return np.array([[focal_px, 0.0, x], [0.0, focal_px, y], [0.0, 0.0, 1.0]])


def mean_rate_hz(time_s: FloatArray) -> float:
    """Return the mean frame rate; 0 where one frame or no time leaves none."""
    span = float(time_s[-1] - time_s[0])
    return (len(time_s) - 1) / span if span > 0 else 0.0
