"""Landmarks without error: what a perfect detector would have seen (pure).

They lie on the sites of the fit's own table, so that a fit of them errs by what the
fit does and not by what a landmark means.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.skeleton import LANDMARK, SMPLX_JOINTS
from ergomesh.mesh.core.body import BETAS, MOVED, BodyModel, Rig, State, place
from ergomesh.mesh.core.camera import view_rotmats
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.sites import HIP_SITES, SITES

_ROWS = [LANDMARK[site.landmark] for site in SITES]


def sites_cam_m(truth: Motion, body: BodyModel) -> FloatArray:
    """Return (T, P, 3) where the sites of the true body are, camera frame."""
    placed = place(Rig.of(body, torch.zeros(1, dtype=torch.float64)), _state(truth))
    return np.asarray(placed.sites_cam_m.numpy())


def _state(truth: Motion) -> State:
    rotvec = torch.from_numpy(truth.poses).reshape(-1, len(SMPLX_JOINTS), 3)
    rotmats = rotvec_to_rotmat(rotvec[:, :MOVED]).clone()
    rotmats[:, 0] = torch.from_numpy(truth.rotmat_cam_world) @ rotmats[:, 0]
    shared = torch.zeros(SHARED, dtype=torch.float64)
    shared[:BETAS] = torch.from_numpy(truth.betas)
    pelvis = truth.joints_world_m[:, 0] @ truth.rotmat_cam_world.T
    root = torch.from_numpy(pelvis + truth.trans_cam_world_m)
    return State(rotmats=rotmats, root_cam_m=root, shared=shared)


def with_true_2d(landmarks: Landmarks, truth: Motion, body: BodyModel) -> Landmarks:
    """Return landmarks that are exact, and seen, in the picture."""
    pixels = _projected(sites_cam_m(truth, body), truth.intrinsics)
    shown = landmarks.points_px.copy()
    shown[:, _ROWS] = pixels
    return replace(_all_seen(landmarks), points_px=shown)


def with_true_3d(landmarks: Landmarks, truth: Motion, body: BodyModel) -> Landmarks:
    """Return landmarks that are exact in space, as the crop's view direction has it."""
    points = sites_cam_m(truth, body)
    hips = points[:, HIP_SITES].mean(1, keepdims=True)
    rays = crop_rotmats(_projected(hips, truth.intrinsics)[:, 0], truth)
    world = landmarks.points_world_m.copy()
    world[:, _ROWS] = (points - hips) @ rays
    return replace(landmarks, points_world_m=world, detected=_everywhere(landmarks))


def crop_rotmats(hips_px: FloatArray, truth: Motion) -> FloatArray:
    """Return (T, 3, 3) camera from the view direction of a crop on the hips."""
    focal, centre = truth.intrinsics[0, 0], truth.intrinsics[:2, 2]
    tensors: tuple[Tensor, ...] = (
        torch.from_numpy(hips_px),
        torch.tensor(focal, dtype=torch.float64),
        torch.from_numpy(np.ascontiguousarray(centre)),
    )
    return np.asarray(view_rotmats(*tensors).numpy())


def _projected(points_cam_m: FloatArray, intrinsics: FloatArray) -> FloatArray:
    slopes = points_cam_m / points_cam_m[..., 2:]
    return np.asarray((slopes @ intrinsics.T)[..., :2])


def _all_seen(landmarks: Landmarks) -> Landmarks:
    return replace(
        landmarks,
        visibility=np.ones_like(landmarks.visibility),
        presence=np.ones_like(landmarks.presence),
        detected=_everywhere(landmarks),
    )


def _everywhere(landmarks: Landmarks) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(len(landmarks.time_s), dtype=np.bool_)
