"""The angles beside the body, with leaders to their joints (cv2)."""

from collections.abc import Sequence
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
_WIDEST: Final = "−180° ±60"  # noqa: RUF001  # the minus sign
_SIZE_SHARE: Final = 1 / 38
"""Size of type as a share of the picture's shorter side, within …"""
_SIZES_PX: Final = (12, 24)
_LEAST_PX: Final = 10
"""Smallest type that still reads, where there is little room."""
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
    letters: int
    """Size of its type."""
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
        letters = self._letters(both, size_px)
        if not letters or not np.isfinite(edges_px).all():
            return []
        first, second = (self._broad(column, letters) for column in both)
        low, high = edges_px + np.array([-_AWAY, _AWAY]) * letters
        ends = (
            int(np.clip(low, first, size_px[0] - second)) & ~1,
            int(np.clip(high, first, size_px[0] - second)) & ~1,
        )
        columns = zip(both, ends, (False, True), strict=True)
        return [
            Placed(text, JOINT[label.joint], at_px, letters, is_right)
            for column, end, is_right in columns
            for label, top in _tops(column, points_px, size_px[1], letters)
            if self._is_shown(label, frame, points_px, size_px)
            for text in (self._text(label, frame),)
            for left in (end if is_right else end - plate_size(text, letters)[0],)
            for at_px in ((left, top),)
        ]

    def _is_shown(
        self, label: Label, frame: int, points_px: FloatArray, size_px: tuple[int, int]
    ) -> bool:
        """Return whether an angle is known and its joint is seen in the picture."""
        x, y = points_px[JOINT[label.joint]].tolist()
        is_inside = 0 <= x < size_px[0] and 0 <= y < size_px[1]
        return is_inside and is_shown(label, self.angles, self.motion, frame)

    def _letters(
        self, both: tuple[tuple[Label, ...], ...], size_px: tuple[int, int]
    ) -> int:
        """Return the size of type at which both columns fit; 0 if none does."""
        width, height = size_px
        usual = int(np.clip(round(min(size_px) * _SIZE_SHARE), *_SIZES_PX))
        for letters in range(usual, _LEAST_PX - 1, -1):
            broad = sum(self._broad(column, letters) for column in both)
            tall = max(len(column) for column in both) * _step(letters)
            if broad <= width and tall <= height:
                return letters
        return 0

    def _broad(self, column: tuple[Label, ...], letters: int) -> int:
        """Return the width that the widest figures in a column would need."""
        texts = (f"{self._name(label)} {_WIDEST}" for label in column)
        return max(plate_size(text, letters)[0] for text in texts)

    def _text(self, label: Label, frame: int) -> str:
        return f"{self._name(label)} {figure(label, self.angles, frame)}"

    def _name(self, label: Label) -> str:
        word: str = getattr(self.words, label.word)
        if not label.side:
            return word
        sides = dict(zip(SIDES, (self.words.left, self.words.right), strict=True))
        return f"{sides[label.side]} {word}"


def _step(letters: int) -> int:
    """Return the distance of two labels' tops in a column, even."""
    return plate_size("0", letters)[1] + _APART_PX


def _tops(
    column: tuple[Label, ...], points_px: FloatArray, height: int, letters: int
) -> list[tuple[Label, int]]:
    """Return where each label of a column begins, even."""
    step = _step(letters)
    wanted = points_px[[JOINT[label.joint] for label in column], 1] - step / 2
    tops = stacked(wanted, step, 0, height - step)
    return [
        (label, int(top) & ~1) for label, top in zip(column, tops.tolist(), strict=True)
    ]


def draw_labels(
    planes: Planes, labels: Sequence[Placed], points_px: FloatArray
) -> None:
    """Draw labels into a picture: first all leaders, then the plates.

    Args:
        planes: The picture.
        labels: Placed in it.
        points_px: (55, 2) joints in it.
    """
    for placed in labels:
        wide, tall = plate_size(placed.text, placed.letters)
        left, top = placed.at_px
        end = np.array([left if placed.is_right else left + wide, top + tall / 2])
        ends = fixed_point(end), fixed_point(points_px[placed.joint])
        line(planes, *ends, GROUND, 3)
        line(planes, *ends, LEADER, 1)
        dot(planes, ends[1], LEADER, 2)
    for placed in labels:
        paste(planes, _patch(placed.text, placed.letters), placed.at_px)


@lru_cache(maxsize=4096)
def _patch(text: str, letters: int) -> Planes:
    return planes_of(plate(text, letters, WHITE, GROUND))
