"""Pictures that tell which one they are and which way is up.

Each carries its number as a bar code across its middle, and a red mark in its
upper left corner.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""

CODE_BITS: Final = 12
"""Bits of the bar code: numbers up to 4095."""


def draw(number: int, size: tuple[int, int]) -> Picture:
    """Draw picture ``number``, upright, of ``size`` = (width, height) pixels."""
    width, height = size
    shade = (_ramp(width, height) + np.uint8(5 * number % 256)) // 2 + 32
    picture = np.repeat(shade[..., None], 3, axis=2)
    picture[: height // 4, : width // 4] = (255, 0, 0)
    for bit in range(CODE_BITS):
        left, right = bit * width // CODE_BITS, (bit + 1) * width // CODE_BITS
        lit = number >> bit & 1
        picture[height // 2 - 8 : height // 2 + 8, left:right] = 255 * lit
    return picture


@cache
def _ramp(width: int, height: int) -> NDArray[np.uint8]:
    """Return a slope of grey values that wraps around."""
    row, column = np.mgrid[0:height, 0:width]
    ramp: NDArray[np.uint8] = ((2 * row + 3 * column) % 256).astype(np.uint8)
    return ramp


def read_number(picture: Picture) -> int:
    """Read the bar code of an upright picture."""
    height, width = picture.shape[:2]
    band = picture[height // 2 - 4 : height // 2 + 4]
    centres = [(2 * bit + 1) * width // (2 * CODE_BITS) for bit in range(CODE_BITS)]
    lit = [band[:, c - 2 : c + 3].mean() > 128 for c in centres]
    return sum(1 << bit for bit, on in enumerate(lit) if on)


def is_upright(picture: Picture) -> bool:
    """Whether the red mark is in the upper left corner."""
    height, width = picture.shape[:2]
    corner = picture[: height // 4, : width // 4].reshape(-1, 3)
    red, green, blue = np.median(corner, axis=0)
    return bool(red > 180 and green < 80 and blue < 80)
