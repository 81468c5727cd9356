"""The body's surface as a shaded picture (OpenCV 5's rasteriser)."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.skeleton import JOINT, SIDES, SMPLX_JOINTS
from ergomesh.ergonomics.pictures.skin import Floats, Surface, posed, shares_of

AMBIENT: Final = 0.42
"""Brightness of what no light reaches; the rest comes from above the camera."""
LIGHT_CAM: Final = (-0.35, -0.65, -0.67)
"""Direction to the light, camera axes: from above, a little from the left."""

_NEAR_M: Final = 0.05
_FAR_M: Final = 1e3
_RIGHT_ANGLE: Final = np.pi / 2
_UPRIGHT: Final = np.eye(4, dtype=np.float32)[:3]
_MARGIN_PX: Final = 2


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole."""

    rotmat_cam_world: FloatArray
    """(3, 3)."""
    trans_cam_world_m: FloatArray
    """(3,)."""
    intrinsics: FloatArray
    """(3, 3) pixels."""

    def scaled(self, scale: float, shift_px: tuple[float, float] = (0, 0)) -> "Camera":
        """Return the camera of the picture scaled, then shifted.

        Args:
            scale: New pixels per pixel.
            shift_px: New place of the old origin.
        """
        change = np.array([[scale, 0, shift_px[0]], [0, scale, shift_px[1]], [0, 0, 1]])
        return Camera(
            self.rotmat_cam_world, self.trans_cam_world_m, change @ self.intrinsics
        )

    def points_cam_m(self, points_world_m: FloatArray) -> FloatArray:
        """Return points (…, 3) in camera axes."""
        turned: FloatArray = points_world_m @ self.rotmat_cam_world.T
        return turned + self.trans_cam_world_m

    def points_px(self, points_world_m: FloatArray) -> FloatArray:
        """Return the pixels (…, 2) of points (…, 3); NaN behind the camera."""
        homogeneous = self.points_cam_m(points_world_m) @ self.intrinsics.T
        depth = homogeneous[..., 2:]
        depth = np.where(depth > _NEAR_M, depth, np.nan)
        return np.asarray(homogeneous[..., :2] / depth)

    def moves(self, moves: Floats) -> Floats:
        """Return bones' moves (…, 3, 4) to camera axes instead of the world's."""
        turned = self.rotmat_cam_world.astype(np.float32) @ moves
        turned[..., 3] += self.trans_cam_world_m.astype(np.float32)
        return turned


@dataclass(frozen=True, slots=True)
class Shaded:
    """A body in a part of the picture."""

    left: int
    top: int
    light: NDArray[np.float32]
    """(h, w) 0…1 brightness where the body is."""
    cover: NDArray[np.float32]
    """(h, w) 0 where the body is not, else how much is known of it there, up to 1."""


def shaded(
    surface: Surface,
    moves_cam: Floats,
    known: Floats,
    intrinsics: FloatArray,
    size_px: tuple[int, int],
) -> Shaded | None:
    """Draw a body; ``None`` where nothing of it is in the picture.

    Args:
        surface: The body.
        moves_cam: (55, 3, 4) of its bones, to camera axes.
        known: (55,) 0…1, what :attr:`Shaded.cover` says of each bone.
        intrinsics: (3, 3) of the picture.
        size_px: Its width and height.
    """
    vertices, normals = posed(surface, moves_cam)
    depth = vertices[:, 2]
    if not (depth > _NEAR_M).all():
        return None
    pixels = _pixels(vertices, intrinsics)
    box = _box(pixels, size_px)
    if box is None:
        return None
    left, top, width, height = box
    # What this camera sees at a right angle is the box, and nothing but the box.
    half = np.array([width, height], np.float32) / 2
    seen = np.empty_like(vertices)
    seen[:, :2] = (pixels - (left, top) - half) * (depth / half[1])[:, None]
    seen[:, 1:] = -np.column_stack([seen[:, 1], depth])
    colours = _colours(normals, shares_of(surface, known))
    return Shaded(left, top, *_rasterised(seen, surface, colours, (width, height)))


def _pixels(points_cam: Floats, intrinsics: FloatArray) -> Floats:
    homogeneous = points_cam @ intrinsics.T.astype(np.float32)
    return homogeneous[:, :2] / homogeneous[:, 2:]


def _box(pixels: Floats, size_px: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return left, top, width and height of what is in the picture."""
    first = np.maximum(np.floor(pixels.min(axis=0)) - _MARGIN_PX, 0).astype(int)
    last = np.minimum(np.ceil(pixels.max(axis=0)) + _MARGIN_PX, size_px).astype(int)
    if not (first < last).all():
        return None
    (left, top), (width, height) = first.tolist(), (last - first).tolist()
    return left, top, width, height


def _colours(normals: Floats, cover: Floats) -> Floats:
    """Return (V, 3): brightness x cover, cover, and 1 for the place."""
    towards = np.array(LIGHT_CAM, np.float32) / np.float32(np.linalg.norm(LIGHT_CAM))
    light = AMBIENT + (1 - AMBIENT) * np.maximum(normals @ towards, 0)
    return np.column_stack([np.minimum(light, 1), cover, np.ones_like(cover)])


def _rasterised(
    seen: Floats, surface: Surface, colours: Floats, size_px: tuple[int, int]
) -> tuple[Floats, Floats]:
    width, height = size_px
    picture = np.zeros((height, width, 3), np.float32)
    depth = np.full((height, width), _FAR_M, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    cv2.triangleRasterize(
        np.ascontiguousarray(seen, np.float32),
        surface.triangles,
        np.ascontiguousarray(colours, np.float32),
        picture,
        depth,
        _UPRIGHT,
        _RIGHT_ANGLE,
        _NEAR_M,
        _FAR_M,
        settings,
    )
    return picture[..., 0], picture[..., 1]


def known_bones(observed: BoolArray, faint: float) -> Floats:
    """Return (55,) 1 for bones whose joints are observed, else ``faint``.

    Hands and face move with wrists and head, so they count as those.

    Args:
        observed: (55,) of the joints.
        faint: Of what is not observed, 0…1.
    """
    return np.where(observed[_STANDS_FOR], 1, faint).astype(np.float32)


def _stands_for(name: str) -> int:
    """Return the joint whose evidence counts for a bone."""
    if name in {"jaw", *(f"{side}_eye" for side in SIDES)}:
        return JOINT["head"]
    if name[-1].isdigit() and not name.startswith("spine"):
        return JOINT[f"{name.partition('_')[0]}_wrist"]
    return JOINT[name]


_STANDS_FOR: Final = np.array([_stands_for(name) for name in SMPLX_JOINTS])
