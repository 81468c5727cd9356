"""When a posture is held with little variation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    first: IntArray
    """(W,) ascending."""
    last: IntArray
    """(W,) their last frames, ascending."""
    edges_s: FloatArray
    """(T + 1,) when frames begin, and the last one ends."""

    @classmethod
    def of(cls, time_s: FloatArray, held_s: float) -> Self:
        """Find them.

        From each frame on, and up to each frame at which none of those ends: a frame
        in any longer window is in one of these.

        Args:
            time_s: (T,) ascending.
            held_s: Windows are longer.
        """
        edges, frames = span_edges_s(time_s), np.arange(len(time_s))
        length_s = held_s + ROUNDING_S
        last = np.searchsorted(edges, edges[:-1] + length_s, side="right") - 1
        last = last[last < len(frames)]
        ending = np.zeros(len(frames), dtype=np.bool_)
        ending[last] = True
        others = np.flatnonzero(~ending)
        before = np.searchsorted(edges, edges[others + 1] - length_s) - 1
        others, before = others[before >= 0], before[before >= 0]
        firsts = np.concatenate([frames[: len(last)], before])
        lasts = np.concatenate([last, others])
        order = np.lexsort((firsts, lasts)) if others.size else slice(None)
        return cls(firsts[order], lasts[order], edges)

    def held(
        self, values: FloatArray, calm: BoolArray, *, bridge_s: float
    ) -> BoolArray:
        """Return (A, T) the frames within calm windows.

        An angle that is not observed for up to ``bridge_s`` does not end a stretch,
        but is itself not held.

        Args:
            values: (A, T) angles, each on its own; NaN where not observed.
            calm: (A, W) windows in which they vary little.
            bridge_s: Longest break in what is seen.
        """
        known = np.isfinite(values)
        calm = calm & known[:, self.first]
        for row in np.flatnonzero(~known.all(axis=1)):
            calm[row] &= self._unbroken(known[row], bridge_s)
        return self.covered(calm) & known

    def covered(self, chosen: BoolArray) -> BoolArray:
        """Return (A, T) the frames within any of the chosen windows (A, W)."""
        so_far = np.zeros((len(chosen), len(self.first) + 1), dtype=np.int32)
        np.cumsum(chosen, axis=1, out=so_far[:, 1:])
        begun, over = self._begun_and_over
        covered: BoolArray = so_far[:, begun] > so_far[:, over]
        return covered

    @cached_property
    def _begun_and_over(self) -> tuple[IntArray, IntArray]:
        """Return (T,) how many windows begin up to a frame, and end before it."""
        frames = np.arange(len(self.edges_s) - 1)
        begun = np.searchsorted(self.first, frames, side="right")
        return begun, np.searchsorted(self.last, frames)

    def _unbroken(self, known: BoolArray, bridge_s: float) -> BoolArray:
        """Return (W,) whether no break in a window is too long."""
        edges, turns = self.edges_s, np.flatnonzero(known[1:] != known[:-1]) + 1
        ends = np.concatenate([[0], turns, [len(known)]])
        long = (edges[ends[1:]] - edges[ends[:-1]] > bridge_s) & ~known[ends[:-1]]
        return self.without(np.repeat(long, np.diff(ends)))

    def without(self, frames: BoolArray) -> BoolArray:
        """Return (W,) whether none of some frames (T,) is in a window."""
        so_far = np.concatenate([[0], np.cumsum(frames)])
        free: BoolArray = so_far[self.last + 1] == so_far[self.first]
        return free

    def ranges(self, values: FloatArray) -> FloatArray:
        """Return (A, W) largest minus smallest value of each window, ends included.

        NaN is left out; where there is nothing else, the range is that of nothing:
        -inf.

        Args:
            values: (A, T), NaN where not observed.
        """
        unseen = np.isnan(values)
        top, bottom = (np.where(unseen, none, values) for none in (-np.inf, np.inf))
        return self._over(np.maximum, top) - self._over(np.minimum, bottom)

    def _over(self, pick: np.ufunc, values: FloatArray) -> FloatArray:
        """Return (A, W) the extreme of each window.

        From windows of 1, 2, 4, … frames: two of them cover any stretch.
        """
        found = np.empty((len(values), len(self.first)))
        doubled, done = values, 1
        for size, which in self._by_size:
            while done < size:
                doubled = pick(doubled[:, :-done], doubled[:, done:])
                done *= 2
            start, tail = self.first[which], self.last[which] + 1 - size
            found[:, which] = pick(doubled[:, start], doubled[:, tail])
        return found

    @cached_property
    def _by_size(self) -> list[tuple[int, slice | IntArray]]:
        """Return the powers of two that fit into windows, and the windows of each."""
        sizes = 2 ** np.floor(np.log2(self.last - self.first + 1)).astype(np.int64)
        every = np.unique(sizes).tolist()
        if len(every) == 1:
            return [(every[0], slice(None))]
        return [(size, np.flatnonzero(sizes == size)) for size in every]


@dataclass(frozen=True, slots=True)
class Stillness:
    """Where angles of a clip are held; each is looked at once, by its name.

    Those of any stretch longer than ``static_s`` in which the angle's range is at most
    ``static_variation_deg``. All methods ask after the same angles.
    """

    windows: Windows
    """As long as a static posture."""
    variation_deg: float
    bridge_s: float
    _calm: dict[str, BoolArray] = field(default_factory=dict, init=False, repr=False)
    _held: dict[str, BoolArray] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, time_s: FloatArray, thresholds: Thresholds) -> Self:
        """Look at stretches of (T,) ascending times."""
        return cls(
            Windows.of(time_s, thresholds.static_s),
            thresholds.static_variation_deg,
            thresholds.static_bridge_s,
        )

    def calm(self, values_deg: Mapping[str, FloatArray]) -> BoolArray:
        """Return (A, W) the windows in which angles vary little.

        Args:
            values_deg: Name → (T,), NaN where not observed; always the same ones.
        """
        new = {n: v for n, v in values_deg.items() if n not in self._calm}
        if new:
            ranges = self.windows.ranges(np.stack(list(new.values())))
            self._calm.update(zip(new, ranges <= self.variation_deg, strict=True))
        return np.stack([self._calm[name] for name in values_deg])

    def held(self, values_deg: Mapping[str, FloatArray]) -> list[BoolArray]:
        """Return for each angle (T,) the frames in which it is held.

        Args:
            values_deg: As :meth:`calm`.
        """
        new = {n: v for n, v in values_deg.items() if n not in self._held}
        if new:
            every = np.stack(list(new.values()))
            held = self.windows.held(every, self.calm(new), bridge_s=self.bridge_s)
            self._held.update(zip(new, held, strict=True))
        return [self._held[name] for name in values_deg]
