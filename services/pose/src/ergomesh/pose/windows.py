"""Which parts of a picture the person detector searches (pure).

It sees 224x224 pixels, and finds people who take a third of its window or more
(measured on real pictures: at a quarter it finds half of them). So the picture is
searched whole and in squares.
"""

import math
from functools import cache
from itertools import pairwise
from typing import Final

from ergomesh.pose.region import Region

SHARES: Final = (1.0, 1 / 2, 1 / 3)
"""Sides of the squares over the picture's shorter side: the last find people of a
ninth of its height."""
_STEP: Final = 0.8
"""Squares overlap by a fifth: a person who is half as tall as they are is that wide."""
_WORTH: Final = 1.5
"""Squares with this many times the tallest known person's height find people half as
tall, a quarter of the area: smaller ones can't be the worker."""


@cache
def coarse(width_px: int, height_px: int) -> tuple[Region, ...]:
    """Return the windows for most people: the whole picture, and its squares."""
    whole = Region.whole(width_px, height_px)
    squares = _squares(width_px, height_px, SHARES[0])
    return (whole, *squares) if len(squares) > 1 else (whole,)


def fine(width_px: int, height_px: int, tallest_px: float = 0.0) -> list[Region]:
    """Return the windows for small people who may yet be the worker.

    Args:
        width_px: Of the picture.
        height_px: Of the picture.
        tallest_px: Height of the tallest person known at this time; 0 for none.
    """
    short = min(width_px, height_px)
    return [
        square
        for larger, share in pairwise(SHARES)
        if larger * short > _WORTH * tallest_px
        for square in _squares(width_px, height_px, share)
    ]


def finer(width_px: int, height_px: int, tallest_px: float) -> list[Region]:
    """Return the windows for people who are too small to be the worker.

    Args:
        width_px: Of the picture.
        height_px: Of the picture.
        tallest_px: Height of the tallest person known at this time; 0 for none.
    """
    worth = set(fine(width_px, height_px, tallest_px))
    return [each for each in fine(width_px, height_px) if each not in worth]


@cache
def _squares(width_px: int, height_px: int, share: float) -> list[Region]:
    side = share * min(width_px, height_px)
    return [
        Region(x_px=x, y_px=y, side_px=side)
        for y in _middles(height_px, side)
        for x in _middles(width_px, side)
    ]


def _middles(length: float, side: float) -> list[float]:
    """Return where windows lie along one edge of the picture."""
    steps = max(0, math.ceil((length - side) / (_STEP * side) - 1e-9))
    if steps == 0:
        return [length / 2]
    return [side / 2 + k * (length - side) / steps for k in range(steps + 1)]
