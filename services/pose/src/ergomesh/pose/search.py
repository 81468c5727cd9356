"""When which part of the picture is searched for people (pure).

A window that shows the same picture as when it was searched last gives the same
answer: it is left out, but while somebody is missed. What the people known in it do is
no change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.pose import windows
from ergomesh.pose.region import Region

SCAN_S: Final = 0.4
"""Time between searches."""
EAGER_S: Final = 0.13
"""Time between searches while somebody is missed …"""
START_S: Final = 0.2
"""… and at the start, while anybody may have been overlooked …"""
STARTING_S: Final = 1.0
"""… which is so long: the warm-up of a range."""
AT_ONCE: Final = 6
"""Windows searched at one time: a round through the eighteen of a wide picture takes
1.3 s, and costs a sixth of what following one person does."""
EAGER: Final = 11
"""Windows searched at one time when nobody is there, at the start, or while somebody
is missed."""
THUMB_PX: Final = 160
"""Longer side of the picture in which changes are looked for."""
CHANGED: Final = 12
"""Levels of brightness by which a pixel must change: above a codec's noise."""
CHANGED_SHARE: Final = 0.01
"""Share of a window's pixels that must change: a person who is as small as can be
found takes 4 % of it."""
_MARGIN: Final = 0.15
"""Share of their size by which people's boxes are widened: their shadows."""

Thumb = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture at one time, small."""

    thumb: Thumb
    """(h, w) brightness."""
    open: BoolArray
    """(h, w) where none of the known people are."""
    step: int
    """Pixels of the picture for one of the thumb."""


def scene(rgb: NDArray[np.uint8], boxes_px: Sequence[FloatArray]) -> Scene:
    """Return a picture for :class:`Search`.

    Args:
        rgb: (H, W, 3) upright picture.
        boxes_px: (4,) of each person known in it.
    """
    step = max(1, max(rgb.shape[:2]) // THUMB_PX)
    thumb = rgb[::step, ::step, 1].astype(np.int16)
    is_open = np.ones(thumb.shape, dtype=np.bool_)
    for box in boxes_px:
        margin = _MARGIN * (box[2:] - box[:2])
        left, top = np.maximum((box[:2] - margin) // step, 0).astype(int)
        right, bottom = np.maximum((box[2:] + margin) // step + 1, 0).astype(int)
        is_open[top:bottom, left:right] = False
    return Scene(thumb=thumb, open=is_open, step=step)


def differs(window: Region, before: Scene, now: Scene) -> bool:
    """Whether a window shows something else than before, people known aside."""
    reach = window.side_px / 2
    rows, columns = (
        slice(
            max(0, int((middle - reach) // now.step)),
            max(0, int((middle + reach) // now.step)),
        )
        for middle in (window.y_px, window.x_px)
    )
    moved = np.abs(now.thumb[rows, columns] - before.thumb[rows, columns]) > CHANGED
    both = before.open[rows, columns] & now.open[rows, columns]
    return bool((moved & both).mean() > CHANGED_SHARE)


class Search:
    """The windows of one range, picture by picture."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._started_s: float | None = None
        self._last_s = 0.0
        self._searched: dict[Region, Scene] = {}
        self._turn_of: dict[Region, int] = {}

    def first(self, time_s: float, now: Scene) -> list[Region]:
        """Return the windows to search in the first picture."""
        self._started_s = self._last_s = time_s
        return self._noted(windows.coarse(*self._size_px), now)

    def smaller(self, tallest_px: float, now: Scene) -> list[Region]:
        """Return all windows for people smaller than somebody (0: anybody)."""
        return self._noted(windows.fine(*self._size_px, tallest_px), now)

    def due(
        self, time_s: float, tallest_px: float, now: Scene, *, missed: bool
    ) -> list[Region]:
        """Return the windows to search in a later picture.

        Args:
            time_s: Its time.
            tallest_px: Height of the tallest person there; 0 for nobody.
            now: The picture.
            missed: Whether somebody was lost who should be there.
        """
        starting = time_s - (self._started_s or 0.0) < STARTING_S
        wait_s = EAGER_S if missed else START_S if starting else SCAN_S
        if time_s - self._last_s < wait_s:
            return []
        self._last_s = time_s
        eager = missed or starting or not tallest_px
        every = [
            *windows.coarse(*self._size_px),
            *windows.fine(*self._size_px, tallest_px),
        ]
        longest_ago = sorted(every, key=lambda each: self._turn_of.get(each, -1))
        # Whoever was lost may be where known people hid the change.
        changed = (e for e in longest_ago if missed or self._has_changed(e, now))
        return self._noted(list(islice(changed, EAGER if eager else AT_ONCE)), now)

    def _has_changed(self, window: Region, now: Scene) -> bool:
        before = self._searched.get(window)
        return before is None or differs(window, before, now)

    def _noted(self, chosen: Sequence[Region], now: Scene) -> list[Region]:
        turn = max(self._turn_of.values(), default=-1) + 1
        self._searched |= dict.fromkeys(chosen, now)
        self._turn_of |= dict.fromkeys(chosen, turn)
        return list(chosen)
