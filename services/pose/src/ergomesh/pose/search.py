"""When which part of the picture is searched for people (pure)."""

from typing import Final

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
COARSE: Final = 2
"""Coarse windows searched at one time: through the picture in 0.4 … 0.8 s."""
FINE: Final = 2
"""Fine windows searched at one time: with a coarse one they cost half of what
following one person does."""
EAGER_FINE: Final = 8
"""Fine windows searched at one time when nobody is there, at the start, or while
somebody is missed."""


class Search:
    """The windows of one range, picture by picture."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._started_s: float | None = None
        self._last_s = 0.0
        self._coarse_from = 0
        self._fine_from = 0

    def due(self, time_s: float, tallest_px: float, *, missed: bool) -> list[Region]:
        """Return the windows to search in the next picture.

        Args:
            time_s: Its time.
            tallest_px: Height of the tallest person there; 0 for nobody.
            missed: Whether somebody was lost who should be there.
        """
        coarse = windows.coarse(*self._size_px)
        if self._started_s is None:
            self._started_s = self._last_s = time_s
            return list(coarse)
        starting = time_s - self._started_s < STARTING_S
        wait_s = EAGER_S if missed else START_S if starting else SCAN_S
        if time_s - self._last_s < wait_s:
            return []
        self._last_s = time_s
        eager = missed or starting or not tallest_px
        return [
            *self._coarse(coarse, len(coarse) if eager else COARSE),
            *self._fine(tallest_px, EAGER_FINE if eager else FINE),
        ]

    def _coarse(self, every: tuple[Region, ...], count: int) -> list[Region]:
        chosen = windows.in_turn(every, self._coarse_from, count)
        self._coarse_from += len(chosen)
        return chosen

    def _fine(self, tallest_px: float, count: int) -> list[Region]:
        every = windows.fine(*self._size_px, tallest_px)
        chosen = windows.in_turn(every, self._fine_from, count)
        self._fine_from += len(chosen)
        return chosen
