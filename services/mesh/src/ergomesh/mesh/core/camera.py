"""The pinhole camera, its rays, and the way between camera and world."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ergomesh.mesh.core.rotations import cross, normalised, rotmat_between
from ergomesh.mesh.core.settings import FocalSource

NEAR_M = 0.1
"""Points nearer than this are projected as if they were there: finite always."""

STEEP = 0.1
"""Sine of the angle to the vertical below which a view counts as straight down."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What is known of a camera's focal length."""

    focal_px: float
    log_focal_sd: float
    """Its relative standard deviation."""
    source: FocalSource


def focal_from_view(size_px: Tensor, field_of_view_deg: float) -> float:
    """Return the focal length of a camera, pixels.

    Args:
        size_px: (2,) width and height.
        field_of_view_deg: Angle of view along the longer side.
    """
    half = math.radians(field_of_view_deg) / 2
    return float(size_px.max()) / 2 / math.tan(half)


def project(points_cam_m: Tensor, focal_px: Tensor, centre_px: Tensor) -> Tensor:
    """Return (..., 2) pixels of (..., 3) points in the camera frame."""
    depth = points_cam_m[..., 2:].clamp_min(NEAR_M)
    return centre_px + focal_px * points_cam_m[..., :2] / depth


def projection_jacobian(points_cam_m: Tensor, focal_px: Tensor) -> Tensor:
    """Return (..., 2, 3): pixels per metre at points (..., 3)."""
    depth = points_cam_m[..., 2:].clamp_min(NEAR_M)
    across = torch.eye(2, 3, dtype=depth.dtype, device=depth.device)
    along = torch.zeros_like(points_cam_m)
    along[..., 2] = 1
    slope = points_cam_m[..., :2] / depth
    inner = across - slope[..., :, None] * along[..., None, :]
    return focal_px * inner / depth[..., None]


def view_rotmats(points_px: Tensor, focal_px: Tensor, centre_px: Tensor) -> Tensor:
    """Return (..., 3, 3) camera from crop: the axis turned to a pixel's ray.

    MediaPipe's world landmarks are in the view direction of its crop, so a person
    off the optical axis is seen turned (shared/reference/mesh.md §3.2).

    Args:
        points_px: (..., 2).
        focal_px: () focal length.
        centre_px: (2,) principal point.
    """
    slope = (points_px - centre_px) / focal_px
    ray = torch.cat((slope, torch.ones_like(slope[..., :1])), -1)
    axis = ray.new_tensor((0.0, 0.0, 1.0))
    return rotmat_between(axis.expand_as(ray), ray)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorldFrame:
    """Where the world is, seen from the camera."""

    rotmat_world_cam: Tensor
    """(3, 3)."""
    trans_world_cam_m: Tensor
    """(3,) with ``x_world = rotmat x_cam + trans``."""

    def from_cam(self, points_cam_m: Tensor) -> Tensor:
        """Return (..., 3) points in the world frame."""
        return points_cam_m @ self.rotmat_world_cam.mT + self.trans_world_cam_m


def world_axes(up_cam: Tensor) -> Tensor:
    """Return (3, 3) world from camera: y up, z towards the camera, x to its right.

    For a camera that looks straight up or down, z points to the picture's foot.

    Args:
        up_cam: (3,) upwards in the camera frame, any length.
    """
    y = normalised(up_cam)
    back = y.new_tensor((0.0, 0.0, -1.0))
    foot = y.new_tensor((0.0, 1.0, 0.0))
    z = back - (back @ y) * y
    z = torch.where(z.norm() > STEEP, z, foot - (foot @ y) * y)
    z = normalised(z)
    return torch.stack((cross(y, z), y, z))
