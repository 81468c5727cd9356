"""Drawing straight into yuv420p: what the encoder takes needs no conversion."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.look import Colour, Picture

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Brightness (H, W), blueness and redness (H/2, W/2 each)."""

HALVED: Final = (0, 1, 1)
"""How often each plane of yuv420p is halved."""
_SUBPIXEL_BITS: Final = 3
"""Drawing coordinates carry eighths of a pixel, so that slow motion is smooth."""
_FARTHEST_PX: Final = (-4_000, 8_000)
"""What is farther outside is drawn as if it were here: cv2 counts in 16 bits."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """One picture as the encoder wants it."""

    i420: Plane
    """(3/2 H, W): the planes one after the other."""
    planes: Planes
    """Views: brightness (H, W), blueness and redness (H/2, W/2)."""


def empty_canvas(width: int, height: int) -> Canvas:
    """Return an undrawn picture with even sides."""
    i420 = np.empty((height * 3 // 2, width), np.uint8)
    return Canvas(i420, planes_in(i420))


def planes_in(i420: Plane) -> Planes:
    """Return views of the three planes of a contiguous yuv420p picture."""
    rows, width = i420.shape
    height = rows * 2 // 3
    luma, blue, red = np.split(
        i420.reshape(-1), [height * width, rows * width * 5 // 6]
    )
    half = height // 2, width // 2
    return luma.reshape(height, width), blue.reshape(half), red.reshape(half)


def planes_of(picture: Picture) -> Planes:
    """Convert a blue-green-red picture with even sides."""
    i420 = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    return planes_in(np.asarray(i420, np.uint8))


def picture_of(planes: Planes) -> Picture:
    """Return the planes as a blue-green-red picture."""
    i420 = np.concatenate([plane.reshape(-1) for plane in planes])
    width = planes[0].shape[1]
    picture = cv2.cvtColor(i420.reshape(-1, width), cv2.COLOR_YUV2BGR_I420)
    return np.asarray(picture, np.uint8)


@lru_cache(maxsize=256)
def yuv(colour: Colour) -> tuple[int, int, int]:
    """Return brightness, blueness and redness of a colour."""
    luma, blue, red = planes_of(np.full((2, 2, 3), colour, np.uint8))
    return int(luma[0, 0]), int(blue[0, 0]), int(red[0, 0])


def rows(planes: Planes, first: int, last: int) -> Planes:
    """Return views of some rows of the picture, from even to even."""
    luma, blue, red = planes
    half = slice(first // 2, last // 2)
    return luma[first:last], blue[half], red[half]


def paste(planes: Planes, patch: Planes, at_px: tuple[int, int]) -> None:
    """Put a patch on, its left upper corner at an even place; it must fit in."""
    for target, source, half in zip(planes, patch, HALVED, strict=True):
        left, top = at_px[0] >> half, at_px[1] >> half
        height, width = source.shape
        target[top : top + height, left : left + width] = source


def fixed_point(point_px: FloatArray) -> tuple[int, int]:
    """Return drawing coordinates of a point (2,)."""
    x, y = np.clip(point_px, *_FARTHEST_PX) * (1 << _SUBPIXEL_BITS)
    return round(float(x)), round(float(y))


def line(
    planes: Planes, a: tuple[int, int], b: tuple[int, int], colour: Colour, width: int
) -> None:
    """Draw between fixed points into each plane.

    One more fraction bit halves the coordinates.
    """
    for plane, value, half in zip(planes, yuv(colour), HALVED, strict=True):
        thick = max(1, width >> half)
        cv2.line(plane, a, b, value, thick, cv2.LINE_AA, _SUBPIXEL_BITS + half)


def dot(planes: Planes, at: tuple[int, int], colour: Colour, radius: int) -> None:
    """Draw a disc about a fixed point."""
    size = radius << _SUBPIXEL_BITS
    for plane, value, half in zip(planes, yuv(colour), HALVED, strict=True):
        shift = _SUBPIXEL_BITS + half
        cv2.circle(plane, at, size, value, cv2.FILLED, cv2.LINE_AA, shift)


def bar(planes: Planes, box: tuple[int, int, int, int], colour: Colour) -> None:
    """Fill left, top, width, height, all even."""
    left, top, width, height = box
    for plane, value, half in zip(planes, yuv(colour), HALVED, strict=True):
        across = slice(left >> half, (left + width) >> half)
        plane[top >> half : (top + height) >> half, across] = value


def blend(
    planes: Planes,
    at_px: tuple[int, int],
    luma: NDArray[np.float32],
    cover: NDArray[np.float32],
    tint: tuple[int, int],
) -> None:
    """Blend a layer of half the resolution in, cut where it leaves the picture.

    Args:
        planes: The picture.
        at_px: Left and top of the layer in it, even.
        luma: (h, w) 0…255 brightness times cover, of the layer.
        cover: (h, w) 0…1.
        tint: Its blueness and redness.
    """
    left, top = at_px[0] >> 1, at_px[1] >> 1
    height, width = luma.shape
    for plane, value in zip(planes[1:], tint, strict=True):
        part = plane[top : top + height, left : left + width]
        change = cover * (value - part.astype(np.float32))
        part += np.rint(change).astype(np.int8).view(np.uint8)
    doubled = 2 * width, 2 * height
    light = cv2.resize(luma, doubled, interpolation=cv2.INTER_LINEAR)
    rest = cv2.resize(1 - cover, doubled, interpolation=cv2.INTER_LINEAR)
    part = planes[0][2 * top : 2 * (top + height), 2 * left : 2 * (left + width)]
    part[:] = np.rint(part * rest + light).astype(np.uint8)
