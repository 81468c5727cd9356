"""The body alone on a plain ground: floor grid, vertical and trunk line (cv2)."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.look import Colour, Picture
from ergomesh.ergonomics.pictures.shade import Camera, shaded
from ergomesh.ergonomics.pictures.skin import Floats, Surface

PAPER: Final[Colour] = (250, 248, 246)
_GRID: Final[Colour] = (205, 202, 200)
_PLUMB: Final[Colour] = (90, 90, 90)
_TRUNK: Final[Colour] = (20, 110, 235)
_BODY: Final = (196, 186, 176)
"""Blue, green, red of the fully lit body."""

GRID_M: Final = 0.5
"""Side of a square of the floor."""
_REACH: Final = 4
"""Squares from the body to the grid's edge."""
_PLUMB_M: Final = 0.12
"""How far the vertical reaches above the body."""
_FINER: Final = 2
"""Drawn so many times larger, then reduced: smooth edges."""
_DASH_M: Final = 0.06
_AWAY_M: Final = 5.0
"""Distance of the camera that sees the side."""
_LENS_PX: Final = 1000.0
"""Any focal length: the picture is scaled to the body."""
_SIDEWAYS_M: Final = 0.05
"""Hips and shoulders together at least so far apart for a side to be known."""
_MARGIN: Final = 0.12
"""Room about the body as a share of its own size, each side."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A body in one posture."""

    surface: Surface
    moves: Floats
    """(55, 3, 4) of its bones, to the world."""
    known: Floats
    """(55,) 0…1: what is not seen is faint."""
    joints_m: FloatArray
    """(55, 3) world."""
    has_trunk: bool
    """Whether the trunk's angle is known."""
    vertices_m: FloatArray
    """(V, 3) world."""

    def middle_m(self, name: str) -> FloatArray:
        """Return (3,) the middle between both sides' joints of a name."""
        both = self.joints_m[[JOINT[f"{side}_{name}"] for side in SIDES]]
        return np.asarray(both.mean(axis=0))


def framed(camera: Camera, points_m: FloatArray, size_px: tuple[int, int]) -> Camera:
    """Return the camera scaled and shifted so that points fill a picture.

    Args:
        camera: Sees them.
        points_m: (N, 3) world.
        size_px: Width and height of the picture.
    """
    seen = camera.points_px(points_m)
    low, high = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    extent = np.maximum((high - low) * (1 + 2 * _MARGIN), 1.0)
    scale = float((np.array(size_px) / extent).min())
    shift = np.array(size_px) / 2 - scale * (low + high) / 2
    return camera.scaled(scale, (float(shift[0]), float(shift[1])))


def side_camera(figure: Figure, clip: Camera) -> Camera:
    """Return a level camera at the worker's right; forward is right in its picture.

    Args:
        figure: The worker.
        clip: The clip's camera; it decides where the worker's sides are one above
            the other, as in lying on a side.
    """
    left = np.zeros(3)
    for name in ("hip", "shoulder"):
        a, b = (figure.joints_m[JOINT[f"{side}_{name}"]] for side in SIDES)
        left += a - b
    left[1] = 0
    if np.linalg.norm(left) < _SIDEWAYS_M:
        left = clip.rotmat_cam_world[0] * [1, 0, 1]
    left /= np.linalg.norm(left)
    down = np.array([0.0, -1.0, 0.0])
    rotmat = np.stack([np.cross(down, left), down, left])
    centre = figure.joints_m[JOINT["pelvis"]]
    lens = np.diag([_LENS_PX, _LENS_PX, 1.0])
    return Camera(rotmat, np.array([0, 0, _AWAY_M]) - rotmat @ centre, lens)


def body_picture(figure: Figure, camera: Camera, size_px: tuple[int, int]) -> Picture:
    """Draw the body on its floor.

    Args:
        figure: The body.
        camera: Of a picture of that size.
        size_px: Width and height.
    """
    large = size_px[0] * _FINER, size_px[1] * _FINER
    fine = camera.scaled(_FINER)
    picture = np.full((large[1], large[0], 3), PAPER, np.uint8)
    floor_m = float(figure.vertices_m[:, 1].min())
    hips = figure.middle_m("hip")
    for start, end in _grid_lines(hips, floor_m):
        _draw(picture, fine, start, end, _GRID, 1)
    _draw_body(picture, figure, fine)
    for start, end in _plumb_line(figure, hips, floor_m):
        _draw(picture, fine, start, end, _PLUMB, 1)
    if figure.has_trunk:
        for colour, width in ((PAPER, 5), (_TRUNK, 2)):  # reads in grey, too
            _draw(picture, fine, hips, figure.middle_m("shoulder"), colour, width)
    return np.asarray(
        cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA), np.uint8
    )


def _grid_lines(
    hips_m: FloatArray, floor_m: float
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the ends of the lines of a floor about the body, square by square."""
    x0, z0 = (round(float(hips_m[k]) / GRID_M) for k in (0, 2))
    lines, squares = range(-_REACH, _REACH + 1), range(-_REACH, _REACH)
    for a, b in itertools.product(lines, squares):
        for start, end in (((a, b), (a, b + 1)), ((b, a), (b + 1, a))):
            yield (
                np.array([(x0 + start[0]) * GRID_M, floor_m, (z0 + start[1]) * GRID_M]),
                np.array([(x0 + end[0]) * GRID_M, floor_m, (z0 + end[1]) * GRID_M]),
            )


def _plumb_line(
    figure: Figure, hips_m: FloatArray, floor_m: float
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the dashes of the vertical through the middle of the hips."""
    top_m = float(figure.vertices_m[:, 1].max()) + _PLUMB_M
    for low in np.arange(floor_m, top_m, 2 * _DASH_M):
        start, end = hips_m.copy(), hips_m.copy()
        start[1], end[1] = low, min(low + _DASH_M, top_m)
        yield start, end


def _draw(
    picture: Picture,
    camera: Camera,
    start_m: FloatArray,
    end_m: FloatArray,
    colour: Colour,
    width: int,
) -> None:
    """Draw a line of the world; one that comes from behind the camera is left out."""
    ends = camera.points_px(np.stack([start_m, end_m]))
    if np.isfinite(ends).all() and np.abs(ends).max() < 1 << 14:
        a, b = np.rint(ends * 8).astype(int).tolist()
        cv2.line(picture, a, b, colour, width * _FINER, cv2.LINE_AA, 3)


def _draw_body(picture: Picture, figure: Figure, camera: Camera) -> None:
    height, width, _ = picture.shape
    found = shaded(
        figure.surface,
        camera.moves(figure.moves),
        figure.known,
        camera.intrinsics,
        (width, height),
    )
    if found is None:
        return
    tall, wide = found.cover.shape
    part = picture[found.top : found.top + tall, found.left : found.left + wide]
    cover = found.cover[..., None]
    body = found.light[..., None] * np.array(_BODY, np.float32)
    part[:] = np.rint(part * (1 - cover) + body * cover).astype(np.uint8)
