"""The bar below the picture: scores, their timelines, the time and a legend (cv2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.look import (
    BLACK,
    LEGEND_HEIGHT,
    LEVEL_COLOURS,
    ROW_HEIGHT,
    UNSURE_SD_M,
    WHITE,
    Colour,
    Layout,
    Picture,
    layout_of,
    level_fill,
    level_ink,
    reading,
    sd_colour,
    timeline_picture,
)
from ergomesh.ergonomics.core.series import MethodScores
from ergomesh.ergonomics.pictures.planes import Planes, bar, paste, planes_of
from ergomesh.ergonomics.pictures.text import BOLD, base_line, text_width, write
from ergomesh.ergonomics.pictures.words import Words

INK: Final[Colour] = (225, 225, 225)
_LETTERS_PX: Final = 14
_TIME_PX: Final = 72
"""Room for the time at the left of the legend."""
_BETWEEN_PX: Final = 18
_MAX_LINES: Final = 3
_SD_STEPS: Final = 5
_NAME_PX: Final = 15
_FIGURE_PX: Final = 22
_GAP_PX: Final = 4


@dataclass(frozen=True, slots=True)
class Swatch:
    """A patch of colour in the legend, with a figure or without."""

    fill: Colour
    ink: Colour = BLACK
    text: str = ""

    @property
    def width(self) -> int:
        """Pixels that it needs."""
        return LEGEND_HEIGHT - 4


Item = tuple[str | Swatch, ...]
"""What belongs together in the legend."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one clip."""

    layout: Layout
    scores: tuple[MethodScores, ...]
    ground: Planes
    """What never changes."""
    duration_s: float

    def draw(self, planes: Planes, frame: int, time_s: float) -> None:
        """Draw the bar of one picture.

        Args:
            planes: The bar's own rows of the picture.
            frame: The nearest analysed frame, or -1.
            time_s: Of the picture.
        """
        paste(planes, self.ground, (0, 0))
        for row, found in enumerate(self.scores):
            text, level = reading(found, frame)
            size_px = self.layout.box_width, ROW_HEIGHT
            box = _score_box(found.method.upper(), text, level, size_px)
            paste(planes, box, (0, row * ROW_HEIGHT))
            left, top, width, height = self.layout.timeline_px(row)
            along = min(int(time_s / self.duration_s * width), width - 2)
            at = (left + along) & ~1
            for wide, colour in ((6, BLACK), (2, WHITE)):
                start = max(at - wide // 2 + 1, 0) & ~1
                bar(planes, (start, top, wide, height), colour)
        if self.layout.width >= _TIME_PX:
            paste(planes, _time(clock(time_s)), (0, self.layout.legend_top))


def bar_of(
    size_px: tuple[int, int],
    scores: Sequence[MethodScores],
    time_s: FloatArray,
    duration_s: float,
    words: Words,
) -> Bar:
    """Return the bar of a clip.

    Args:
        size_px: Width and height of the upright source picture.
        scores: The methods' scores of T frames.
        time_s: (T,) of them.
        duration_s: Of the clip.
        words: What the legend says.
    """
    items = legend(words)
    layout = fitted_layout(size_px, len(scores), items)
    picture = np.zeros((layout.bar_height, layout.width, 3), np.uint8)
    for row, found in enumerate(scores):
        left, top, width, height = layout.timeline_px(row)
        timeline = timeline_picture(found, time_s, duration_s, (width, height))
        room = picture[top : top + height, left : left + width]
        room[:] = timeline[:, : room.shape[1]]
    _draw_legend(picture[layout.legend_top :], items)
    return Bar(layout, tuple(scores), planes_of(picture), duration_s)


def fitted_layout(
    size_px: tuple[int, int], methods: int, items: Sequence[Item]
) -> Layout:
    """Return the layout with as many legend lines as its width needs, or the most."""
    for lines in range(1, _MAX_LINES + 1):
        layout = layout_of(*size_px, methods, lines)
        placed = list(_flowed(items, layout.width))
        if max((line for line, _, _ in placed), default=0) < lines:
            return layout
    return layout


def legend(words: Words) -> tuple[Item, ...]:
    """Return what the legend explains."""
    levels = (
        Swatch(level_fill(k), level_ink(k), str(k)) for k in range(len(LEVEL_COLOURS))
    )
    steps = np.linspace(0, UNSURE_SD_M, _SD_STEPS).tolist()
    joints = (Swatch(sd_colour(sd_m)) for sd_m in steps)
    return (
        (words.level, *levels),
        (f"{words.joint} 0", *joints, f"{UNSURE_SD_M * 100:.0f} cm"),
        (words.angle,),
        (words.faint,),
        (words.sides,),
    )


def clock(time_s: float) -> str:
    """Return a time for people.

    >>> clock(65.26)
    '1:05.2'
    """
    tenths = int(time_s * 10 + 1e-6)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _item_width(item: Item) -> int:
    """Return an item's width, its parts a swatch's quarter apart."""
    return sum(_part_width(part) + _GAP_PX for part in item) - _GAP_PX


def _part_width(part: str | Swatch) -> int:
    if isinstance(part, Swatch):
        return part.width
    return text_width(part, _LETTERS_PX)


def _flowed(items: Sequence[Item], width: int) -> Iterator[tuple[int, int, Item]]:
    """Yield line, left end and item; those too broad for a line are left out."""
    line, left = 0, _TIME_PX
    for item in items:
        needed = _item_width(item)
        if _GAP_PX + needed > width:
            continue
        if left + needed > width:
            line, left = line + 1, _GAP_PX
        yield line, left, item
        left += needed + _BETWEEN_PX


def _draw_legend(picture: Picture, items: Sequence[Item]) -> None:
    for line, left, item in _flowed(items, picture.shape[1]):
        top = line * LEGEND_HEIGHT
        room = picture[top : top + LEGEND_HEIGHT]
        if not len(room):
            return
        at = left
        for part in item:
            _draw_part(room, part, at)
            at += _part_width(part) + _GAP_PX


def _draw_part(room: Picture, part: str | Swatch, left: int) -> None:
    base = base_line(LEGEND_HEIGHT, _LETTERS_PX)
    if isinstance(part, str):
        write(room, part, (left, base), INK, _LETTERS_PX)
        return
    room[3:-3, left : left + part.width] = part.fill
    if part.text:
        inset = (part.width - text_width(part.text, _LETTERS_PX, BOLD)) // 2
        write(room, part.text, (left + inset, base), part.ink, _LETTERS_PX, BOLD)


@lru_cache(maxsize=64)
def _time(text: str) -> Planes:
    picture = np.full((LEGEND_HEIGHT, _TIME_PX - 2, 3), BLACK, np.uint8)
    base = base_line(LEGEND_HEIGHT, _LETTERS_PX + 1)
    write(picture, text, (6, base), WHITE, _LETTERS_PX + 1, BOLD)
    return planes_of(picture)


@lru_cache(maxsize=256)
def _score_box(title: str, text: str, level: int, size_px: tuple[int, int]) -> Planes:
    """Return a box with a name and a figure, shaded by level."""
    width, height = size_px
    box = np.full((height, width, 3), BLACK, np.uint8)
    box[2:-2, 2:-2] = level_fill(level)
    ink, pad = level_ink(level), width // 14
    figure_px = _fitting(text, _FIGURE_PX, width - 4)
    right = width - pad - text_width(text, figure_px, BOLD)
    if pad + text_width(title, _NAME_PX, BOLD) + _GAP_PX <= right:
        write(box, title, (pad, base_line(height, _NAME_PX)), ink, _NAME_PX, BOLD)
    else:
        right = (width - text_width(text, figure_px, BOLD)) // 2
    write(box, text, (right, base_line(height, figure_px)), ink, figure_px, BOLD)
    return planes_of(box)


def _fitting(text: str, size_px: int, width: int) -> int:
    """Return the size, at most the one asked for, at which a text fits."""
    needed = text_width(text, size_px, BOLD)
    return size_px if needed <= width else max(1, size_px * width // needed)
