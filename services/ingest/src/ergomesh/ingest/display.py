"""From pictures as they are stored to pictures as a viewer sees them."""

import math
import struct
from fractions import Fraction
from typing import Final

_MATRIX: Final = struct.Struct("=9i")
"""FFmpeg's AV_FRAME_DATA_DISPLAYMATRIX: a b u, c d v, x y w in native order."""


def rotation_from_matrix(display_matrix: bytes) -> int:
    """Return the clockwise turn that makes a stored picture upright, degrees.

    The matrix maps a stored (x, y) to a shown (a x + c y, b x + d y), y down
    (ISO/IEC 14496-12 §8.3.2). The turn is read off the picture's own downward
    axis (c, d), so a mirrored clip still comes out with the head up; FFmpeg's
    av_display_rotation_get reads (a, b) and would put it on its head. A tilt
    goes to the nearest quarter.

    Args:
        display_matrix: The nine numbers as FFmpeg hands them out.

    Returns:
        0, 90, 180 or 270.
    """
    c, d = _MATRIX.unpack(display_matrix)[3:5]
    return round(math.degrees(math.atan2(-c, d)) / 90) * 90 % 360


def upright_size_px(
    width_px: int, height_px: int, sample_aspect: Fraction | None, rotation_deg: int
) -> tuple[int, int]:
    """Return width and height of the upright picture with square pixels.

    Args:
        width_px: Stored width.
        height_px: Stored height.
        sample_aspect: Width over height of a stored pixel, if the file tells.
        rotation_deg: Clockwise turn, a multiple of 90.
    """
    if sample_aspect:
        width_px = round(width_px * sample_aspect)
    upright = rotation_deg % 180 == 0
    return (width_px, height_px) if upright else (height_px, width_px)
