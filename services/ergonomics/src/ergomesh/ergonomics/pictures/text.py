"""Text as patches (OpenCV 5's own typeface, which has Czech letters and °, ±)."""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from ergomesh.ergonomics.core.look import Colour, Picture

REGULAR: Final = 450
BOLD: Final = 650
"""Weights of the typeface, 100…1000."""
ASCENT: Final = 0.72
"""Height of its capitals as a share of the size."""
_PLATE: Final = 1.4
"""Height of a plate over the size of its text."""


@lru_cache(maxsize=1)
def _typeface() -> cv2.FontFace:
    return cv2.FontFace("sans")


@lru_cache(maxsize=2048)
def text_width(text: str, size_px: int, weight: int = REGULAR) -> int:
    """Return how wide a text is, pixels."""
    _, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), _typeface(), size_px, weight)
    return int(width)


def write(
    picture: Picture,
    text: str,
    at_px: tuple[int, int],
    ink: Colour,
    size_px: int,
    weight: int = REGULAR,
) -> None:
    """Write into a picture.

    Args:
        picture: Changed.
        text: One line.
        at_px: Left end of the base line.
        ink: Colour.
        size_px: Height from ascender to descender.
        weight: Of the typeface.
    """
    cv2.putText(picture, text, at_px, ink, _typeface(), size_px, weight)


def plate_size(text: str, size_px: int) -> tuple[int, int]:
    """Return width and height, even, of a plate just large enough for a text."""
    width = text_width(text, size_px) + 2 * (size_px // 3)
    height = round(size_px * _PLATE)
    return width + width % 2, height + height % 2


def plate(text: str, size_px: int, ink: Colour, ground: Colour) -> Picture:
    """Return a text on a plate of :func:`plate_size`."""
    width, height = plate_size(text, size_px)
    picture = np.full((height, width, 3), ground, np.uint8)
    at_px = size_px // 3, base_line(height, size_px)
    write(picture, text, at_px, ink, size_px)
    return picture


def base_line(height: int, size_px: int) -> int:
    """Return the base line on which capitals are in the middle of a height."""
    return round((height + ASCENT * size_px) / 2)
