"""Cameras: where they stand, how they look, and what they make of a point."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.rotations import apply, axes, turn
from ergomesh.contract.arrays import FloatArray

KINDS: Final[dict[str, float]] = {
    "front": 0.0,
    "front_left": 45.0,
    "front_right": -45.0,
    "side_left": 90.0,
    "side_right": -90.0,
    "rear": 180.0,
    "rear_left": 135.0,
    "rear_right": -135.0,
}
"""Kind of view → bearing of the camera from the worker, degrees to its left."""

HELD_OUT_KINDS: Final = frozenset({"front_right", "side_left", "rear"})
"""Kinds that nothing may be tuned on."""

BEARING_DEG: Final = 12.0
"""A camera stands up to this far off its kind's bearing."""

HEIGHT_M: Final = (1.0, 2.5)
ROLL_DEG: Final = 3.0
LONG_VIEW_DEG: Final = (50.0, 80.0)
"""Angle of view along the picture's longer side: phones to webcams."""
DISTANCE_M: Final = (2.5, 6.0)
PITCH_DEG: Final = (0.0, 30.0)

LONG_PX, SHORT_PX = 1280, 720

FILL: Final = 0.8
"""What is to be seen fills at most this share of the picture's width or height."""

FILL_LEAST: Final = 0.85
"""A draw takes between this share of it and all of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Camera:
    """A pinhole camera: ``x_cam = rotmat @ x_world + trans_m``; no distortion."""

    rotmat: FloatArray
    """(3, 3) camera (x right, y down, z forward) from world."""
    trans_m: FloatArray
    """(3,)."""
    intrinsics: FloatArray
    """(3, 3) pixels; a picture's left upper corner is (0, 0)."""
    size_px: tuple[int, int]
    """Width and height."""

    @property
    def eye_m(self) -> FloatArray:
        """(3,) where it stands."""
        eye: FloatArray = -self.rotmat.T @ self.trans_m
        return eye

    @property
    def view(self) -> FloatArray:
        """(4, 4) camera from world."""
        view = np.eye(4)
        view[:3, :3], view[:3, 3] = self.rotmat, self.trans_m
        return view

    def project(self, points_m: FloatArray) -> FloatArray:
        """Return (..., 2) the pixels of world points (..., 3)."""
        seen = apply(self.intrinsics @ self.rotmat, points_m)
        seen = seen + self.intrinsics @ self.trans_m
        pixels: FloatArray = seen[..., :2] / seen[..., 2:]
        return pixels

    def depth_m(self, points_m: FloatArray) -> FloatArray:
        """Return (...) how far before the camera world points (..., 3) are."""
        depth: FloatArray = points_m @ self.rotmat[2] + self.trans_m[2]
        return depth


def look_at(
    eye_m: FloatArray,
    target_m: FloatArray,
    roll_deg: float,
    focal_px: float,
    size_px: tuple[int, int],
) -> Camera:
    """Return a camera that looks at a point."""
    ahead = target_m - eye_m
    frame = axes(ahead, np.array([0.0, -1.0, 0.0]))  # x ahead, y down, z left
    forward, down = frame[:, 0], frame[:, 1]
    level = np.stack([np.cross(down, forward), down, forward])
    rotmat = turn("z", roll_deg) @ level
    width, height = size_px
    intrinsics = np.array(
        [[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1.0]]
    )
    return Camera(
        rotmat=rotmat, trans_m=-rotmat @ eye_m, intrinsics=intrinsics, size_px=size_px
    )


def camera_for(
    kind: str, subject_m: FloatArray, *, portrait: bool, seed: int
) -> Camera:
    """Return a camera of a kind that has all of a motion in its picture.

    Args:
        kind: Of :data:`KINDS`.
        subject_m: (N, 3) points that must be seen.
        portrait: Whether the picture stands upright.
        seed: Of bearing, height, roll, angle of view and distance.
    """
    draw = np.random.default_rng((seed, 77))
    bearing = KINDS[kind] + draw.uniform(-BEARING_DEG, BEARING_DEG)
    height = draw.uniform(*HEIGHT_M)
    roll = draw.uniform(-ROLL_DEG, ROLL_DEG)
    view = np.radians(draw.uniform(*LONG_VIEW_DEG))
    focal = 0.5 * LONG_PX / np.tan(0.5 * view)
    size = (SHORT_PX, LONG_PX) if portrait else (LONG_PX, SHORT_PX)
    fill = FILL * draw.uniform(FILL_LEAST, 1.0)
    middle = 0.5 * (subject_m.min(axis=0) + subject_m.max(axis=0))
    way = turn("y", bearing) @ np.array([0.0, 0.0, 1.0])
    for distance in np.arange(*DISTANCE_M, 0.05):
        eye = middle + distance * way
        eye[1] = min(height, middle[1] + distance * np.tan(np.radians(PITCH_DEG[1])))
        camera = look_at(eye, middle, roll, focal, size)
        if _fills(camera, subject_m) <= fill:
            break
    return camera


def _fills(camera: Camera, points_m: FloatArray) -> float:
    """Return how far towards its edges the points reach: 1 is at an edge."""
    if camera.depth_m(points_m).min() <= 0:
        return np.inf
    half = 0.5 * np.array(camera.size_px)
    return float(np.abs(camera.project(points_m) / half - 1).max())
