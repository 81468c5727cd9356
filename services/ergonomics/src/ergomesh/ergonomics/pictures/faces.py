"""Making faces unrecognisable in a picture (cv2)."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.look import Picture
from ergomesh.ergonomics.pictures.planes import HALVED, Plane, Planes

BLOCKS: Final = 5
"""A head is reduced to so many blocks across before it is drawn smoothly: faces are
recognised from about 8 to 16 cycles (Costen, Parker and Craw, 1996), 5 blocks are
2.5."""
_GREYS: Final = 8
"""Their brightness is rounded to this, so that no sharpening brings a face back."""


def cover_faces(planes: Planes, boxes_px: Iterable[FloatArray]) -> None:
    """Blur boxes with round corners in place.

    Args:
        planes: The picture.
        boxes_px: (5,) left, top, right, bottom, radius of the corners, each.
    """
    for box in boxes_px:
        for plane, half in zip(planes, HALVED, strict=True):
            _cover(plane, box / (1 << half))


def cover_faces_of(picture: Picture, boxes_px: Iterable[FloatArray]) -> None:
    """Blur boxes of a blue-green-red picture in place; boxes as above."""
    for box in boxes_px:
        _cover(picture, box)


def _cover(plane: Plane | Picture, box: FloatArray) -> None:
    height, width = plane.shape[:2]
    left, top = np.floor(np.maximum(box[:2], 0)).astype(int).tolist()
    right, bottom = np.ceil(np.minimum(box[2:4], (width, height))).astype(int).tolist()
    if left >= right or top >= bottom:
        return
    part = plane[top:bottom, left:right]
    size = right - left, bottom - top
    blocks = min(BLOCKS, size[0]), min(BLOCKS, size[1])
    few = cv2.resize(part, blocks, interpolation=cv2.INTER_AREA)
    few = few // _GREYS * _GREYS + _GREYS // 2
    smooth = cv2.resize(few, size, interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(smooth, _inside(box, (left, top), size), part)


def _inside(box: FloatArray, origin: tuple[int, int], size: tuple[int, int]) -> Plane:
    """Return (h, w) which pixels lie in a box with round corners: 1, else 0."""
    middle, reach = (box[:2] + box[2:4]) / 2, (box[2:4] - box[:2]) / 2
    corner = max(min(*reach, box[4]), 1.0)
    x, y = (  # of the pixels' middles, beyond the straight part of the border
        np.maximum(np.abs(first + np.arange(count) + 0.5 - centre) + corner - end, 0)
        for first, count, centre, end in zip(origin, size, middle, reach, strict=True)
    )
    inside: Plane = ((y * y)[:, None] + x * x <= corner * corner).view(np.uint8)
    return inside
