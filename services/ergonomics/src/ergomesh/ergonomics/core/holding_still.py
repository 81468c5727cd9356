"""When a posture is held with little variation."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.holding import span_edges_s
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import runs

ROUNDING_S: Final = 1e-6
"""A stretch longer by no more than this is not longer."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The shortest stretches of frames that are longer than a time."""

    first: IntArray
    """(W,) ascending, each frame from which there is one."""
    last: IntArray
    """(W,) their last frames."""
    level: IntArray
    """(W,) the powers of two that fit into their number of frames."""
    edges_s: FloatArray
    """(T + 1,) when frames begin, and the last one ends."""

    @classmethod
    def of(cls, time_s: FloatArray, held_s: float) -> Self:
        """Find them.

        Args:
            time_s: (T,) ascending.
            held_s: Windows are longer.
        """
        edges = span_edges_s(time_s)
        ends = edges[:-1] + held_s + ROUNDING_S
        last = np.searchsorted(edges, ends, side="right") - 1
        last = last[last < len(time_s)]
        first = np.arange(len(last))
        level = np.floor(np.log2(last - first + 1)).astype(np.int64)
        return cls(first, last, level, edges)

    def still(
        self, values_deg: FloatArray, *, variation_deg: float, bridge_s: float
    ) -> BoolArray:
        """Return (T,) the frames within windows of little variation.

        An angle that is not observed for up to ``bridge_s`` does not end a stretch,
        but is itself not still.

        Args:
            values_deg: (T,) an angle; NaN where not observed.
            variation_deg: Largest range of the angle in a window.
            bridge_s: Longest break in what is seen.
        """
        known = np.isfinite(values_deg)
        if not (known.any() and self.first.size):
            return np.zeros(len(values_deg), dtype=np.bool_)
        spread = self._largest(values_deg, known) + self._largest(-values_deg, known)
        calm = (spread <= variation_deg) & known[self.first]
        if not known.all():
            calm &= self._unbroken(known, bridge_s)
        # A window begins at each frame up to the last one from which one fits.
        change = np.zeros(len(values_deg) + 1, dtype=np.int64)
        change[: len(calm)] = calm
        change -= np.bincount(self.last[calm] + 1, minlength=len(change))
        still: BoolArray = (np.cumsum(change[:-1]) > 0) & known
        return still

    def _unbroken(self, known: BoolArray, bridge_s: float) -> BoolArray:
        """Return (W,) whether no break in a window is too long."""
        broken = np.zeros(len(known) + 1, dtype=np.int64)
        for a, b in runs(~known):
            broken[a + 1 : b + 2] = self.edges_s[b + 1] - self.edges_s[a] > bridge_s
        so_far = np.cumsum(broken)
        unbroken: BoolArray = so_far[self.last + 1] == so_far[: len(self.first)]
        return unbroken

    def _largest(self, values: FloatArray, known: BoolArray) -> FloatArray:
        """Return (W,) the largest value in each window, NaN left out.

        By maxima over powers of two: two of them cover any stretch.
        """
        found = np.empty(len(self.first))
        longest = np.where(known, values, -np.inf)
        lowest, highest = int(self.level.min()), int(self.level.max())
        for k in range(highest + 1):
            if k:
                half = 2 ** (k - 1)
                longest = np.maximum(longest[:-half], longest[half:])
            if k >= lowest:
                here = np.flatnonzero(self.level == k)
                tail = longest[self.last[here] + 1 - 2**k]
                found[here] = np.maximum(longest[here], tail)
        return found


def windows_of(time_s: FloatArray, thresholds: Thresholds) -> Windows:
    """Return the windows of a static posture."""
    return Windows.of(time_s, thresholds.static_s)


def still_frames(
    values_deg: FloatArray, windows: Windows, thresholds: Thresholds
) -> BoolArray:
    """Return (T,) the frames of an angle that is held with little variation.

    Those of any stretch longer than ``static_s`` in which the angle's range is at most
    ``static_variation_deg``.

    Args:
        values_deg: (T,) NaN where not observed.
        windows: Of the same frames.
        thresholds: The choices.
    """
    return windows.still(
        values_deg,
        variation_deg=thresholds.static_variation_deg,
        bridge_s=thresholds.static_bridge_s,
    )
