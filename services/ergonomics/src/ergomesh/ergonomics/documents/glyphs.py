"""Characters that the typesetter's faces lack: their outlines, or a mark instead.

A user's text may be in any script. OpenCV has a face within it that knows Chinese,
Japanese and Korean, so nothing of the machine is needed; its letters are drawn large
and traced. What it lacks, too, is marked with its code, so that two names that differ
look different.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

SIZE_PX: Final = 256
"""Of a letter to be traced: a pixel is then a hundredth of a millimetre in print."""
ABOVE_PX: Final = 260
BELOW_PX: Final = 60
"""Room above and below the base line; no letter of the face is higher or lower."""
_SCALE: Final = 0.92
"""Size against that of the text around: such scripts have large letters; our choice."""
_COARSE_PX: Final = 0.6
"""How far an outline may leave the traced one: not visible in print."""
_INK: Final = 127
"""Grey from which a pixel is ink."""
_UNKNOWN: Final = "?"
"""What the face draws for a letter that it lacks."""

Grey = NDArray[np.uint8]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a character is set; lengths in the size of the text around it."""

    path: str = ""
    """Outline in SVG's words; empty is a frame with the code."""
    box: tuple[int, int] = (0, 0)
    """Width and height that the outline is in."""
    height: float = 0.0
    depth: float = 0.0
    """Part of the height that is below the base line."""
    code: str
    """The character's number, hexadecimal, at least four digits."""


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """``letters.json``: what a template draws itself."""

    pattern: str
    """Regular expression of the characters."""
    shapes: dict[str, Shape]


def letters(characters: Iterable[str]) -> Letters:
    """Return how characters are set that the typesetter's faces lack."""
    known = sorted(characters)
    pattern = "".join(f"\\x{{{ord(character):x}}}" for character in known)
    return Letters(
        pattern=f"[{pattern}]" if known else "",
        shapes={character: shape(character) for character in known},
    )


@lru_cache(maxsize=4096)
def shape(character: str) -> Shape:
    """Return the outline of a character, or only its code."""
    code = f"{ord(character):04X}"
    if unicodedata.category(character).startswith("C"):
        return Shape(code=code)
    drawn, width_px = _drawn(character)
    lacks = character != _UNKNOWN and np.array_equal(drawn, _drawn(_UNKNOWN)[0])
    if lacks or not (drawn.any() or character.isspace()):
        return Shape(code=code)
    height_px = ABOVE_PX + BELOW_PX
    return Shape(
        path=_outline(drawn),
        box=(width_px, height_px),
        height=_SCALE * height_px / SIZE_PX,
        depth=_SCALE * BELOW_PX / SIZE_PX,
        code=code,
    )


@lru_cache(maxsize=1)
def _face() -> cv2.FontFace:
    return cv2.FontFace("uni")


def _drawn(character: str) -> tuple[Grey, int]:
    """Return (H, W) a letter from its left end, and its width in pixels."""
    canvas = np.zeros((ABOVE_PX + BELOW_PX, 5 * SIZE_PX, 3), np.uint8)
    start = 2 * SIZE_PX
    pen, _ = cv2.putText(
        canvas, character, (start, ABOVE_PX), (255, 255, 255), _face(), SIZE_PX
    )
    grey: Grey = canvas[..., 0]
    inked = np.flatnonzero(grey.any(axis=0)).tolist()
    ends = (start, int(pen[0]), *inked[:1], *inked[-1:])
    return grey[:, min(ends) : max(ends) + 1], max(ends) + 1 - min(ends)


def _outline(drawn: Grey) -> str:
    """Trace a letter; what lies within an odd number of lines is ink."""
    ink = (drawn > _INK).astype(np.uint8)
    rings, _ = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    smooth = (cv2.approxPolyDP(ring, _COARSE_PX, closed=True) for ring in rings)
    return "".join(_ring(points[:, 0].tolist()) for points in smooth if len(points) > 1)


def _ring(points: list[list[int]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points) + "Z"
