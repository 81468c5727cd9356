"""The skeleton over a picture (cv2)."""

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.look import (
    BLACK,
    DRAWN_JOINTS,
    DRAWN_LINKS,
    WHITE,
    sd_colour,
)
from ergomesh.ergonomics.pictures.planes import Planes, dot, fixed_point, line


def draw_skeleton(
    planes: Planes, points_px: FloatArray, observed: BoolArray, sd_m: FloatArray
) -> None:
    """Draw the observed joints and what joins them.

    Args:
        planes: The picture.
        points_px: (55, 2) joints in it; NaN for none.
        observed: (55,) which of them are seen.
        sd_m: (55,) how uncertain they are.
    """
    places = {
        joint: fixed_point(points_px[joint])
        for joint in DRAWN_JOINTS
        if observed[joint] and np.isfinite(points_px[joint]).all()
    }
    thick = max(2, len(planes[0]) // 250)
    whole = [(a, b) for a, b in DRAWN_LINKS if a in places and b in places]
    for colour, width in ((BLACK, thick + 2), (WHITE, thick)):
        for a, b in whole:
            line(planes, places[a], places[b], colour, width)
    for joint, place in places.items():
        dot(planes, place, BLACK, 2 * thick + 1)
        dot(planes, place, sd_colour(float(sd_m[joint])), 2 * thick - 1)
