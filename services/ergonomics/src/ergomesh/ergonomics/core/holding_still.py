"""When a posture is held with little variation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.holding import span_edges_s
from ergomesh.ergonomics.core.thresholds import Thresholds

ROUNDING_S: Final = 1e-6
"""A stretch longer by no more than this is not longer."""


@dataclass(frozen=True)
class Windows:
    """The shortest stretches of frames that are longer than a time."""

    last: IntArray
    """(W,) their last frames, ascending; they begin at the frames 0…W - 1."""
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
        return cls(last[last < len(time_s)], edges)

    @property
    def count(self) -> int:
        """Return W."""
        return len(self.last)

    def still(
        self, values_deg: FloatArray, *, variation_deg: float, bridge_s: float
    ) -> BoolArray:
        """Return (A, T) the frames within windows of little variation.

        An angle that is not observed for up to ``bridge_s`` does not end a stretch,
        but is itself not still.

        Args:
            values_deg: (A, T) angles, each on its own; NaN where not observed.
            variation_deg: Largest range of the angle in a window.
            bridge_s: Longest break in what is seen.
        """
        known = np.isfinite(values_deg)
        if not (known.any() and self.count):
            return np.zeros(values_deg.shape, dtype=np.bool_)
        largest = self._over(np.maximum, np.where(known, values_deg, -np.inf))
        smallest = self._over(np.minimum, np.where(known, values_deg, np.inf))
        calm = (largest - smallest <= variation_deg) & known[:, : self.count]
        for row in np.flatnonzero(~known.all(axis=1)):
            calm[row] &= self._unbroken(known[row], bridge_s)
        return self._covered(calm) & known

    def _covered(self, chosen: BoolArray) -> BoolArray:
        """Return (A, T) the frames within any of the chosen windows (A, W)."""
        so_far = np.zeros((len(chosen), self.count + 1), dtype=np.int32)
        np.cumsum(chosen, axis=1, out=so_far[:, 1:])
        begun, over = self._begun_and_over
        covered: BoolArray = so_far[:, begun] > so_far[:, over]
        return covered

    @cached_property
    def _begun_and_over(self) -> tuple[IntArray, IntArray]:
        """Return (T,) how many windows begin up to a frame, and end before it."""
        frames = np.arange(len(self.edges_s) - 1)
        return np.minimum(frames + 1, self.count), np.searchsorted(self.last, frames)

    def _unbroken(self, known: BoolArray, bridge_s: float) -> BoolArray:
        """Return (W,) whether no break in a window is too long."""
        edges, turns = self.edges_s, np.flatnonzero(known[1:] != known[:-1]) + 1
        ends = np.concatenate([[0], turns, [len(known)]])
        long = (edges[ends[1:]] - edges[ends[:-1]] > bridge_s) & ~known[ends[:-1]]
        broken = np.repeat(long, np.diff(ends))
        so_far = np.concatenate([[0], np.cumsum(broken)])
        unbroken: BoolArray = so_far[self.last + 1] == so_far[: self.count]
        return unbroken

    def _over(self, pick: np.ufunc, values: FloatArray) -> FloatArray:
        """Return (A, W) the extreme of each window.

        From windows of 1, 2, 4, … frames: two of them cover any stretch.
        """
        found = np.empty((len(values), self.count))
        doubled, done = values, 1
        for size, here in self._by_size:
            while done < size:
                doubled = pick(doubled[:, :-done], doubled[:, done:])
                done *= 2
            tail = self.last[here] + 1 - size
            found[:, here] = pick(doubled[:, here], doubled[:, tail])
        return found

    @cached_property
    def _by_size(self) -> list[tuple[int, slice | IntArray]]:
        """Return the powers of two that fit into windows, and the windows of each."""
        sizes = 2 ** np.floor(np.log2(self.last - np.arange(self.count) + 1))
        found = [
            (int(size), np.flatnonzero(sizes == size)) for size in np.unique(sizes)
        ]
        if len(found) == 1:
            return [(found[0][0], slice(0, self.count))]
        return list(found)


def windows_of(time_s: FloatArray, thresholds: Thresholds) -> Windows:
    """Return the windows of a static posture."""
    return Windows.of(time_s, thresholds.static_s)


def still_frames(
    values_deg: FloatArray, windows: Windows, thresholds: Thresholds
) -> BoolArray:
    """Return (A, T) the frames of angles that are held with little variation.

    Those of any stretch longer than ``static_s`` in which the angle's range is at most
    ``static_variation_deg``.

    Args:
        values_deg: (A, T) NaN where not observed.
        windows: Of the same frames.
        thresholds: The choices.
    """
    return windows.still(
        values_deg,
        variation_deg=thresholds.static_variation_deg,
        bridge_s=thresholds.static_bridge_s,
    )
