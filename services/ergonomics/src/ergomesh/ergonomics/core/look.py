"""Sizes, shades and words of the overlay: everything but the drawing itself."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT, LIMB_LINKS, SIDES
from ergomesh.ergonomics.core.series import MethodScores, Series
from ergomesh.ergonomics.core.timeline import frame_edges_s
from ergomesh.ergonomics.core.track import timeline_columns, worse_side

Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red."""
Colour = tuple[int, int, int]
"""Blue, green, red."""

MAX_SIZE_PX: Final = (1280, 720)
"""Longer and shorter side that every overlay fits into, lying or standing."""
ROW_HEIGHT: Final = 32
"""Of a method's score and timeline."""
LEGEND_HEIGHT: Final = 22
BOX_WIDTH: Final = 136
GAP_PX: Final = 8

DRAWN_LINKS: Final = tuple(
    (JOINT[a], JOINT[b])
    for a, b in (
        *LIMB_LINKS,
        ("neck", "head"),
        *((f"{side}_wrist", f"{side}_middle1") for side in SIDES),
    )
)
"""Pairs of joint indices between which the skeleton is drawn."""
DRAWN_JOINTS: Final = tuple(sorted({joint for link in DRAWN_LINKS for joint in link}))

WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (0, 0, 0)
GREY: Final[Colour] = (140, 140, 140)

LEVEL_COLOURS: Final[tuple[Colour, ...]] = (
    (215, 235, 215),
    (130, 210, 140),
    (20, 140, 230),
    (20, 60, 200),
    (40, 0, 110),
)
"""By action level 0…4: darker is worse, so it reads without colour, too."""
_WHITE_INK_LEVEL: Final = 3
"""From this level on, the shade is dark and figures are white."""

_SURE: Final[Colour] = (120, 255, 255)
_UNSURE: Final[Colour] = (200, 60, 160)
UNSURE_SD_M: Final = 0.08
"""Standard deviation at which a joint has its least certain colour."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in the overlay; every number is even, as yuv420p wants."""

    width: int
    picture_height: int
    """The clip's picture is at the top and nothing of it is hidden by the bar."""
    methods: int
    """The bar is below it: a row for each method, …"""
    legend_lines: int
    """… then the legend."""
    box_width: int
    """Of a method's score, at the left of its row; the rest is its timeline."""
    scale: float
    """Overlay pixels per source pixel."""

    @property
    def legend_top(self) -> int:
        """First row of the legend within the bar."""
        return self.methods * ROW_HEIGHT

    @property
    def bar_height(self) -> int:
        """Height of the bar."""
        return self.legend_top + self.legend_lines * LEGEND_HEIGHT

    @property
    def height(self) -> int:
        """Height of the whole."""
        return self.picture_height + self.bar_height

    def timeline_px(self, method: int) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a timeline within the bar."""
        left = self.box_width + GAP_PX
        width = max(2, self.width - left - GAP_PX)
        return left, method * ROW_HEIGHT + 2, width, ROW_HEIGHT - 4


def layout_of(width: int, height: int, methods: int, legend_lines: int) -> Layout:
    """Fit an upright source picture, with the bar below, into :data:`MAX_SIZE_PX`.

    Args:
        width: Of the picture.
        height: Of the picture.
        methods: Rows of the bar.
        legend_lines: Lines of the legend.
    """
    bar = methods * ROW_HEIGHT + legend_lines * LEGEND_HEIGHT
    widest, highest = MAX_SIZE_PX if width >= height else MAX_SIZE_PX[::-1]
    scale = min(widest / width, (highest - bar) / height)
    even_width, even_height = (
        max(2, 2 * round(side * scale / 2)) for side in (width, height)
    )
    box = min(BOX_WIDTH, 2 * (even_width // 6))
    return Layout(even_width, even_height, methods, legend_lines, box, scale)


def level_fill(level: int) -> Colour:
    """Return the shade of an action level; grey for none (-1)."""
    return GREY if level < 0 else LEVEL_COLOURS[level]


def level_ink(level: int) -> Colour:
    """Return the colour that reads well on :func:`level_fill`."""
    return WHITE if level >= _WHITE_INK_LEVEL else BLACK


def sd_colour(sd_m: float) -> Colour:
    """Return a light colour for a certain joint, a dark one for an uncertain."""
    share = min(max(sd_m / UNSURE_SD_M, 0.0), 1.0) if np.isfinite(sd_m) else 1.0
    blue, green, red = (
        round(sure + share * (unsure - sure))
        for sure, unsure in zip(_SURE, _UNSURE, strict=True)
    )
    return blue, green, red


def reading(found: MethodScores, at: int) -> tuple[str, int]:
    """Return what a box says and its action level.

    The worse side's score; with a "+" where the other side's is not determinable.
    Where neither is, the range that both leave, without a level (-1): a bound is not
    a finding. A dash where there is no person.

    Args:
        found: Scores of T frames.
        at: Frame, or -1.
    """
    sides = list(found.sides.values())
    if at < 0 or np.isnan(sides[0].high[at]):
        return "-", -1
    known = [side.value[at] for side in sides if np.isfinite(side.value[at])]
    if not known:
        low, high = (max(bound) for bound in _bounds(sides, at))
        return f"{low:.0f}-{high:.0f}", -1
    level = int(found.levels(np.array([max(known)]))[0])
    return f"{max(known):.0f}{'+' * (len(known) < len(sides))}", level


def _bounds(sides: list[Series], at: int) -> tuple[list[float], list[float]]:
    """Return the sides' lower and upper bounds in a frame."""
    return [float(s.low[at]) for s in sides], [float(s.high[at]) for s in sides]


def timeline_picture(
    found: MethodScores,
    time_s: FloatArray,
    duration_s: float,
    size_px: tuple[int, int],
) -> Picture:
    """Return a method over the clip: a bar per column, higher and darker is worse.

    Where no side's score is determinable the column stays empty.

    Args:
        found: Scores of T frames.
        time_s: (T,) their times.
        duration_s: Of the clip.
        size_px: Width and height.
    """
    columns, rows = size_px
    edges_s = frame_edges_s(time_s, duration_s)
    score = timeline_columns(worse_side(found), edges_s, columns)
    levels = found.levels(np.where(score > 0, score, np.nan))
    heights = np.ceil(score / found.highest() * rows).astype(np.int64)
    filled = np.arange(rows)[:, None] >= rows - heights
    colours = np.array(LEVEL_COLOURS, np.uint8)[np.maximum(levels, 0)]
    return np.where(filled[..., None], colours, np.array(GREY, np.uint8))
