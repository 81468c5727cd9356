"""The part of the picture in which something moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from bench.workers.cameras import Camera
from bench.workers.lights import flat_shadow
from bench.workers.surface import Surface
from ergomesh.contract.arrays import FloatArray, IntArray

_NEAR_M, _FAR_M = 0.1, 40.0

_MARGIN_PX: Final = 12
"""Room for the shadow's soft edge."""

_EVEN: Final = 2


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the picture."""

    left_top_px: tuple[int, int]
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Boxes about the vertices that each bone moves most."""

    points_m: FloatArray
    """(N, 3) at rest."""
    bones: IntArray
    """(N,)."""


def corners_of(surface: Surface) -> Corners:
    """Return the corners of the boxes about each bone's vertices."""
    strongest = surface.bones[:, 0]
    found = np.unique(strongest)
    boxes = [
        list(product(*zip(own.min(axis=0), own.max(axis=0), strict=True)))
        for own in (surface.points_m[strongest == bone] for bone in found)
    ]
    return Corners(np.array(boxes).reshape(-1, 3), np.repeat(found, 8))


def windows_of(
    camera: Camera,
    sun: FloatArray,
    corners: Sequence[Corners],
    bones: Sequence[FloatArray],
) -> list[Window]:
    """Return for each frame a window about the actors and their shadows.

    Args:
        camera: Who looks.
        sun: (3,) towards the light that throws shadows.
        corners: Of each actor.
        bones: (T, B, 4, 4) of each actor.

    Returns:
        Windows of one size, inside the picture.
    """
    points = np.concatenate(
        [_moved(c, matrices) for c, matrices in zip(corners, bones, strict=True)],
        axis=1,
    )
    flat = flat_shadow(sun)
    thrown = points @ flat[:3, :3].T + flat[:3, 3]
    pixels = camera.project(np.concatenate([points, thrown], axis=1))
    size = np.array(camera.size_px)
    low = np.clip(pixels.min(axis=1) - _MARGIN_PX, 0, size)
    high = np.clip(pixels.max(axis=1) + _MARGIN_PX, 0, size)
    wanted = np.ceil((high - low).max(axis=0)).astype(int)
    extent = np.minimum(wanted + wanted % _EVEN, size)
    starts = np.clip(low.astype(int), 0, size - extent)
    width, height = extent.tolist()
    return [Window((x, y), (width, height)) for x, y in starts.tolist()]


def _moved(corners: Corners, bones: FloatArray) -> FloatArray:
    """Return (T, N, 3) the corners in the world."""
    matrices = bones[:, corners.bones]
    turned = matrices[..., :3, :3] @ corners.points_m[..., None]
    moved: FloatArray = turned[..., 0] + matrices[..., :3, 3]
    return moved


def projection(camera: Camera, window: Window | None = None) -> FloatArray:
    """Return (4, 4) clip space from a camera that looks along +z with y down.

    Args:
        camera: The camera.
        window: The part of its picture that is drawn; all of it without.
    """
    shown = Window((0, 0), camera.size_px) if window is None else window
    (x, y), (width, height) = shown.left_top_px, shown.size_px
    k = camera.intrinsics
    depth = _FAR_M - _NEAR_M
    return np.array(
        [
            [2 * k[0, 0] / width, 0, 2 * (k[0, 2] - x) / width - 1, 0],
            [0, -2 * k[1, 1] / height, 1 - 2 * (k[1, 2] - y) / height, 0],
            [0, 0, (_FAR_M + _NEAR_M) / depth, -2 * _FAR_M * _NEAR_M / depth],
            [0, 0, 1, 0],
        ]
    )
