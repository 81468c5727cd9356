"""The angles beside the body, with leaders to their joints (cv2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.look import WHITE, Colour
from ergomesh.ergonomics.pictures.places import (
    Label,
    figure,
    is_shown,
    stacked,
)
from ergomesh.ergonomics.pictures.planes import (
    Planes,
    dot,
    fixed_point,
    line,
    paste,
    planes_of,
)
from ergomesh.ergonomics.pictures.text import plate, plate_size
from ergomesh.ergonomics.pictures.words import Words

GROUND: Final[Colour] = (38, 32, 28)
"""Of the plates: dark, so that white figures read on any picture."""
LEADER: Final[Colour] = (90, 210, 255)
"""Not the skeleton's white, so that no leader is taken for a limb."""
_WIDEST: Final = "−180° ±180"  # noqa: RUF001  # the minus sign
_SIZE_SHARE: Final = 1 / 38
"""Height of the letters as a share of the picture's, within …"""
_SIZES_PX: Final = (12, 24)
_AWAY: Final = 1.5
"""Distance of a column from the body, in heights of the letters."""
_APART_PX: Final = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """A label in a picture."""

    text: str
    joint: int
    """Where its leader ends."""
    at_px: tuple[int, int]
    """Left and top of its plate, even."""
    is_right: bool
    """Whether it stands at the right of the body."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What may be written in the pictures of one motion."""

    motion: Motion
    angles: Angles
    words: Words

    def placed(
        self,
        frame: int,
        points_px: FloatArray,
        edges_px: FloatArray,
        size_px: tuple[int, int],
        both: tuple[tuple[Label, ...], tuple[Label, ...]],
    ) -> list[Placed]:
        """Return the labels of a picture; none where they do not fit.

        Args:
            frame: Analysed frame whose angles are written.
            points_px: (55, 2) joints in the picture.
            edges_px: (2,) left and right edge of the body in it.
            size_px: Width and height of the picture, even.
            both: Left and right column, from top to bottom.
        """
        width, height = size_px
        letters = letters_px(height)
        broad = [self._broad(column, letters) for column in both]
        if not np.isfinite(edges_px).all() or sum(broad) > width:
            return []
        low, high = edges_px + np.array([-_AWAY, _AWAY]) * letters
        ends = (
            int(np.clip(low, broad[0], width - broad[1])) & ~1,
            int(np.clip(high, broad[0], width - broad[1])) & ~1,
        )
        return [
            placed
            for column, end, is_right in zip(both, ends, (False, True), strict=True)
            for placed in self._column(
                column, frame, points_px, height, end, is_right=is_right
            )
        ]

    def _column(
        self,
        column: tuple[Label, ...],
        frame: int,
        points_px: FloatArray,
        height: int,
        end: int,
        *,
        is_right: bool,
    ) -> Iterator[Placed]:
        """Yield the labels of a column whose inner ends are at ``end``."""
        letters = letters_px(height)
        step = plate_size("0", letters)[1] + _APART_PX
        if step * len(column) > height:
            return
        wanted = points_px[[JOINT[label.joint] for label in column], 1] - step / 2
        tops = stacked(wanted, step, 0, height - step)
        for label, top in zip(column, tops.tolist(), strict=True):
            if is_shown(label, self.angles, self.motion, frame):
                text = f"{self._name(label)} {figure(label, self.angles, frame)}"
                left = end if is_right else end - plate_size(text, letters)[0]
                at_px = left, int(top) & ~1
                yield Placed(text, JOINT[label.joint], at_px, is_right)

    def _broad(self, column: tuple[Label, ...], letters: int) -> int:
        """Return the width that the widest figures in a column would need."""
        texts = (f"{self._name(label)} {_WIDEST}" for label in column)
        return max(plate_size(text, letters)[0] for text in texts)

    def _name(self, label: Label) -> str:
        word: str = getattr(self.words, label.word)
        if not label.side:
            return word
        sides = dict(zip(SIDES, (self.words.left, self.words.right), strict=True))
        return f"{sides[label.side]} {word}"


def letters_px(height: int) -> int:
    """Return the labels' size of type in a picture of a height."""
    return int(np.clip(round(height * _SIZE_SHARE), *_SIZES_PX))


def draw_labels(
    planes: Planes, labels: Sequence[Placed], points_px: FloatArray
) -> None:
    """Draw labels into a picture: first all leaders, then the plates.

    Args:
        planes: The picture.
        labels: Placed in it.
        points_px: (55, 2) joints in it.
    """
    letters = letters_px(len(planes[0]))
    for placed in labels:
        wide, tall = plate_size(placed.text, letters)
        left, top = placed.at_px
        end = np.array([left if placed.is_right else left + wide, top + tall / 2])
        ends = fixed_point(end), fixed_point(points_px[placed.joint])
        line(planes, *ends, GROUND, 3)
        line(planes, *ends, LEADER, 1)
        dot(planes, ends[1], LEADER, 2)
    for placed in labels:
        paste(planes, _patch(placed.text, letters), placed.at_px)


@lru_cache(maxsize=4096)
def _patch(text: str, letters: int) -> Planes:
    return planes_of(plate(text, letters, WHITE, GROUND))
