"""Shades of documents: those of the overlay, for paper.

Darker is worse, so a page reads without colour; what has no value is hatched.
"""

from typing import Final

import msgspec
import numpy as np

from ergomesh.ergonomics.core.look import LEVEL_COLOURS, WHITE, Colour, level_ink


class Paint(msgspec.Struct, frozen=True):
    """A filling and the ink that reads on it."""

    fill: str
    """``#rrggbb``, or ``hatch``."""
    ink: str = "#000000"


HATCH: Final = Paint("hatch")
"""Where nothing is determinable."""
BLANK: Final = Paint("#ffffff")
POSSIBLE: Final = Paint("#c9d1d6")
"""What may be beside what is likely."""
UNUSED: Final = Paint("#e3e7ea")
"""What a method does not judge, or has no value to shade by."""
UNKNOWN: Final = -1
"""Level of what is not determinable."""
NOT_JUDGED: Final = -2
"""Level of what a method does not judge."""

_TINT: Final = 0.72
"""How far a band behind a curve is mixed with white: our choice."""
_WORST: Final = len(LEVEL_COLOURS) - 1
_ROUNDING: Final = 1e-9


def level_paint(level: int) -> Paint:
    """Return the shade of a level 0…4, :data:`UNKNOWN` or :data:`NOT_JUDGED`."""
    if level < 0:
        return HATCH if level == UNKNOWN else UNUSED
    return Paint(_hex(LEVEL_COLOURS[level]), _hex(level_ink(level)))


def level_tint(level: int) -> Paint:
    """Return the light shade of an action level, for behind a curve."""
    mixed = (1 - _TINT) * np.array(LEVEL_COLOURS[level]) + _TINT * np.array(WHITE)
    return Paint(_hex((int(mixed[0]), int(mixed[1]), int(mixed[2]))))


def share_paint(share: float) -> Paint:
    """Return the shade of a load between none (0) and the method's highest (1).

    Fifths, as the legend of the body map has them: 0-20 %, 20-40 %, …
    """
    return level_paint(min(int(share * len(LEVEL_COLOURS) + _ROUNDING), _WORST))


def _hex(colour: Colour) -> str:
    blue, green, red = colour
    return f"#{red:02x}{green:02x}{blue:02x}"
