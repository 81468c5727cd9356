"""What was measured, as tensors: pixels, world points, weights and times."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARK
from ergomesh.mesh.core.camera import Lens, view_rotmats
from ergomesh.mesh.core.rotations import TINY, identity
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.sites import HIP_SITES, SITES

MIN_STEP_S: Final = 1e-3
"""Frames count as at least this far apart, whatever their times say."""

MAX_SPEED_M_S: Final = 8.0
"""Sideways speed that no worker reaches: a sprint."""

MAX_LOG_DEPTH_STEP: Final = 0.5
"""Change of distance between frames, relative, that no worker makes."""

_ROWS: Final = [LANDMARK[site.landmark] for site in SITES]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """The landmarks of the frames to fit; missing values are zero, weight zero."""

    points_px: Tensor
    """(T, P, 2)."""
    points_weight: Tensor
    """(T, P) 0…1."""
    points_sd_px: Tensor
    """(T, P)."""
    world_m: Tensor
    """(T, P, 3) hip-centred, crop frame."""
    world_weight: Tensor
    """(T, P) 0…1."""
    world_sd_m: Tensor
    """(3,) in the crop frame."""
    rotmat_cam_crop: Tensor
    """(T, 3, 3)."""
    step_s: Tensor
    """(T - 1,) time between frames."""
    linked: Tensor
    """(T - 1,) one where two frames are close enough in time to be coupled."""
    centre_px: Tensor
    """(2,) principal point: the middle of the picture."""
    focal_px: Tensor
    """() focal length that the shared unknown multiplies."""
    log_focal_sd: float
    """How far it may be off, relative."""

    @property
    def stretch(self) -> Tensor:
        """(T,) number of the stretch of linked frames that a frame is in."""
        return torch.nn.functional.pad((self.linked <= 0).cumsum(0), (1, 0))

    def aimed(self, focal_px: Tensor) -> Self:
        """Return the evidence with crops seen through a focal length ()."""
        hips = self.points_px[:, HIP_SITES].mean(1)
        seen = (self.points_weight[:, HIP_SITES] > 0).all(-1)
        centre = torch.where(seen[:, None], hips, self._middle_px())
        rays = view_rotmats(centre, focal_px, self.centre_px)
        return replace(self, rotmat_cam_crop=rays)

    def through(self, lens: Lens) -> Self:
        """Return the evidence as seen through a lens; crops are to be aimed anew."""
        focal = self.focal_px.new_tensor(lens.focal_px)
        return replace(self, focal_px=focal, log_focal_sd=lens.log_focal_sd)

    def with_noise(self, points_sd_px: Tensor) -> Self:
        """Return the evidence with 2D noise (T, P)."""
        return replace(self, points_sd_px=points_sd_px)

    def without_jumps(self, root_cam_m: Tensor) -> Self:
        """Return the evidence with frames uncoupled that nobody can link.

        A detector that loses one person and finds another jumps across the
        picture; smoothing over that would bend both motions.

        Args:
            root_cam_m: (T, 3) first guess of the root.
        """
        change = root_cam_m[1:] - root_cam_m[:-1]
        speed = change[:, :2].norm(dim=-1) / self.step_s
        depth = root_cam_m[:, 2].clamp_min(TINY)
        ratio = (depth[1:] / depth[:-1]).log().abs()
        same = (speed < MAX_SPEED_M_S) & (ratio < MAX_LOG_DEPTH_STEP)
        return replace(self, linked=self.linked * same)

    def rows(self, rows: slice | Tensor) -> Self:
        """Return the landmarks of some frames, without the times between them."""
        return replace(
            self,
            points_px=self.points_px[rows],
            points_weight=self.points_weight[rows],
            points_sd_px=self.points_sd_px[rows],
            world_m=self.world_m[rows],
            world_weight=self.world_weight[rows],
            rotmat_cam_crop=self.rotmat_cam_crop[rows],
            step_s=self.step_s[:0],
            linked=self.linked[:0],
        )

    def _middle_px(self) -> Tensor:
        """Return (T, 2) the weighted middle of the landmarks."""
        weight = self.points_weight[..., None]
        total = weight.sum(1)
        middle = (weight * self.points_px).sum(1) / total.clamp_min(1e-9)
        return torch.where(total > 0, middle, self.centre_px)


def gather(
    landmarks: Landmarks,
    kept: BoolArray,
    detected: BoolArray,
    settings: FitSettings,
    lens: Lens,
) -> Evidence:
    """Return the evidence of the kept frames.

    Args:
        landmarks: Of all frames.
        kept: (T,) frames to fit.
        detected: (T,) frames with a person.
        settings: Noise levels and limits.
        lens: What is known of the focal length.
    """
    like = torch.zeros((), dtype=torch.float64, device=settings.device)
    points = _holed(landmarks.points_px[kept])
    world = _holed(landmarks.points_world_m[kept])
    confidence = _confidence(landmarks)[kept] * detected[kept, None]
    floor = settings.world_visibility_floor * detected[kept, None]
    size = landmarks.size_px.astype(np.float64)
    in_picture = _finite(points) & _inside(points, size)
    step = np.maximum(np.diff(landmarks.time_s[kept]), MIN_STEP_S)

    def tensor(array: FloatArray) -> Tensor:
        return torch.from_numpy(np.nan_to_num(array)).to(like)

    count = int(kept.sum())
    return Evidence(
        points_px=tensor(points[:, _ROWS]),
        points_weight=tensor((confidence**2 * in_picture)[:, _ROWS]),
        points_sd_px=like.new_ones(count, len(SITES)),
        world_m=tensor(_centred(world[:, _ROWS])),
        world_weight=tensor(
            (np.maximum(confidence, floor) ** 2 * _finite(world))[:, _ROWS]
        ),
        world_sd_m=like.new_tensor(settings.world_sd_m),
        rotmat_cam_crop=identity(3, like).expand(count, 3, 3),
        step_s=tensor(step),
        linked=tensor((step <= settings.max_gap_s).astype(np.float64)),
        centre_px=tensor(size / 2),
        focal_px=like.new_tensor(lens.focal_px),
        log_focal_sd=lens.log_focal_sd,
    )


def _finite(points: FloatArray) -> BoolArray:
    return np.asarray(np.isfinite(points).all(-1))


def _holed(points: FloatArray) -> FloatArray:
    """Return points that are wholly NaN where a coordinate is not a number."""
    return np.where(_finite(points)[..., None], points, np.nan)


def _inside(points: FloatArray, size: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore"):
        return np.asarray(((points >= 0) & (points <= size)).all(-1))


def _confidence(landmarks: Landmarks) -> FloatArray:
    """Return (T, L) visibility in 0…1, zero where it is missing."""
    return np.clip(np.nan_to_num(landmarks.visibility), 0.0, 1.0)


def _centred(world_m: FloatArray) -> FloatArray:
    """Return (T, P, 3) world points relative to the middle of the hips.

    MediaPipe's own origin is used where a hip is missing; it is within 2 mm.
    """
    middle = world_m[:, HIP_SITES].mean(1, keepdims=True)
    return np.asarray(world_m - np.nan_to_num(middle))
