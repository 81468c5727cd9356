"""What is known of a whole-number score: a point value and a distribution.

Where something is not observed, nothing is known of its probability, so every
belief is held twice: in the most favourable reading of the unknown and in the
least favourable. Where everything is observed the two are equal. All tables of
the methods rise with their part scores, so the bounds carry through them.

Beside them goes the *likely* value: that of the fitted body as it stands, observed or
not. It is no score where the unobserved would change it, but the best single guess, and
says where to look first.

Parts are combined as independent.

Frames are the last axis, so that they lie together in memory: there are thousands of
them, and only a few scores. What is the same in both readings, or in all frames, is
held once, with an axis of length 1.
"""

from dataclasses import dataclass
from typing import Final, Self, TypeVar

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.activity import Activity
from ergomesh.ergonomics.core.bands import Steps
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.shares import (
    ShareArray,
    certain,
    count_below,
    over_entries,
    up_to,
)

Point = IntArray
"""(3, T): the score at the point estimate, in the favourable and the unfavourable
reading, and the likely one."""


_LIKELY: Final = 2
"""Which point is the likely one."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A score over T frames."""

    point: Point
    """(3, T)."""
    pmf: ShareArray
    """(2, K, T) probability of ``first``, ``first + 1``, …, in the favourable and the
    unfavourable reading; (1, K, T) where those are equal, (…, K, 1) if all frames are.
    """
    first: int = 0

    @property
    def score(self) -> FloatArray:
        """Return (T,) the score, NaN where the unobserved would change it."""
        low, high, _ = self.point
        settled: FloatArray = np.where(low == high, low, np.nan).astype(np.float64)
        return settled

    @property
    def likely(self) -> FloatArray:
        """Return (T,) the score of the fitted body, observed or not."""
        likely: FloatArray = self.point[_LIKELY].astype(np.float64)
        return likely

    @classmethod
    def of_value(
        cls,
        steps: Steps,
        value: FloatArray,
        sd: FloatArray,
        guess: FloatArray | None = None,
    ) -> Self:
        """Score an angle (or a length); where it is NaN, the step may be any.

        Args:
            steps: Its bands.
            value: (T,).
            sd: (T,).
            guess: (T,) of the fitted body, whether observed or not; where it is NaN,
                too, the likely step is the most favourable.
        """
        known = np.isfinite(value)
        best, worst = steps.lowest, steps.highest
        if known.all():
            point = np.broadcast_to(steps.score(value), (3, len(value)))
            ends, unsure = point[:1], sd != 0
        else:
            value, sd = (np.where(known, v, 0.0) for v in (value, sd))
            likely = best if guess is None else _likely(steps, guess)
            score = steps.score(value)
            point = np.stack([np.where(known, score, k) for k in (best, worst, likely)])
            ends, unsure = point[:_LIKELY], known & (sd != 0)
        if not unsure.any() and not known.any():
            ends = np.array([[best], [worst]])
            return cls(point, certain(ends, best, worst), best)
        spread = steps.by_score(value, sd)
        if not unsure.all():
            spread = np.where(unsure, spread, certain(ends, best, worst))
        return cls(point, spread.reshape(-1, *spread.shape[-2:]), best)

    @classmethod
    def exactly(cls, score: int, frames: int) -> Self:
        """Return a score that is certain in all frames."""
        return cls(np.full((3, frames), score), np.ones((1, 1, 1), np.float32), score)

    @classmethod
    def of_answer(cls, answer: Atom) -> Self:
        """Return whether a question's answer is yes; unknown, it may be either.

        Likely it is not where it is unknown.
        """
        known, yes = answer.known, answer.point == 1
        point = np.stack([known & yes, ~known | yes, known & yes]).astype(np.int64)
        if known.all():
            return cls(point, answer.pmf[None])
        ends = np.eye(2, dtype=np.float32)[..., None]
        return cls(point, np.where(known, answer.pmf, ends))

    @classmethod
    def doubtful(cls, activity: Activity, frames: int) -> Self:
        """Return a 0/1 belief that is the same in all frames, and may be in doubt.

        The point is the likely answer; the bounds hold what is possible.
        """
        ends = sorted({activity.low, activity.high})
        pmf = np.array([[1 - end, end] for end in ends], np.float32)[..., None]
        return cls(np.full((3, frames), int(activity.likely)), pmf)

    def assuming(self, score: int, frames: BoolArray) -> Self:
        """Take a score for the unobserved in some frames; the bounds stay wide.

        Args:
            score: Point value to assume.
            frames: (T,) where to assume it.
        """
        open_frames = frames & (self.point[0] != self.point[1])
        return type(self)(
            np.where(open_frames, score, self.point), self.pmf, self.first
        )

    def where(self, chosen: Self, other: Self) -> Self:
        """Return ``chosen`` where this 0/1 belief holds, else ``other``.

        Where this is not observed, each reading takes the better, or the worse.
        """
        a, b = _same_range(chosen, other)
        low, high, _ = self.point
        yes = self.pmf[:, 1:]
        point = np.where(self.point == 1, a.point, b.point)
        mixed = yes * a.pmf + (1 - yes) * b.pmf
        seen = low == high
        if seen.all():
            return type(self)(point, mixed, a.first)
        ends = np.concatenate([_extremes(a.point, b.point), point[_LIKELY:]])
        return type(self)(
            np.where(seen, point, ends),
            np.where(seen, mixed, _extreme_pmfs(a.pmf, b.pmf)),
            a.first,
        )

    def times(self, factor: int) -> Self:
        """Return a 0/1 belief that counts ``factor`` (≥ 0) instead of 1."""
        if factor == 1:
            return self
        readings, _, frames = self.pmf.shape
        pmf = np.zeros((readings, factor + 1, frames), np.float32)
        pmf[:, 0] += self.pmf[:, 0]
        pmf[:, factor] += self.pmf[:, 1]
        return type(self)(self.point * factor, pmf)

    def plus(self, other: Self) -> Self:
        """Add two independent scores."""
        width, more = self.pmf.shape[1], other.pmf.shape[1]
        readings, _, frames = np.broadcast(self.pmf[:, :1], other.pmf[:, :1]).shape
        pmf = np.empty((readings, width + more - 1, frames), np.float32)
        np.multiply(self.pmf, other.pmf[:, :1], out=pmf[:, :width])
        pmf[:, width:] = 0
        for k in range(1, more):
            pmf[:, k : k + width] += self.pmf * other.pmf[:, k, None]
        return type(self)(self.point + other.point, pmf, self.first + other.first)

    def shifted(self, by: int) -> Self:
        """Add a number that is the same in all frames."""
        return type(self)(self.point + by, self.pmf, self.first + by)

    @property
    def last(self) -> int:
        """Return the highest score that the distribution covers."""
        return self.first + int(self.pmf.shape[1]) - 1

    def clipped(self, low: int, high: int) -> Self:
        """Limit to ``low``…``high``; the distribution covers no more than that."""
        if low <= self.first and self.last <= high:
            return self
        lowest, highest = (min(max(k, low), high) for k in (self.first, self.last))
        point = np.minimum(np.maximum(self.point, low), high)
        return type(self)(point, self._over(lowest, highest), lowest)

    def padded(self, low: int, high: int) -> Self:
        """Let the distribution cover more scores."""
        if (low, high) == (self.first, self.last):
            return self
        return type(self)(self.point, self._over(low, high), low)

    def _over(self, lowest: int, highest: int) -> ShareArray:
        """Return the distribution over other scores; what is beyond is at their end."""
        readings, width, frames = self.pmf.shape
        pmf = np.zeros((readings, highest - lowest + 1, frames), np.float32)
        for k in range(width):
            pmf[:, min(max(self.first + k, lowest), highest) - lowest] += self.pmf[:, k]
        return pmf

    def either(self, other: Self) -> Self:
        """Return 1 where this or the other 0/1 belief holds."""
        return self.plus(other).clipped(0, 1)

    def larger(self, other: Self) -> Self:
        """Return the larger of two independent scores."""
        a, b = _same_range(self, other)
        cumulated = up_to(a.pmf) * up_to(b.pmf)
        pmf = np.diff(cumulated, axis=1, prepend=0.0)
        return type(self)(np.maximum(a.point, b.point), pmf, a.first)

    def beside(self, other: Self) -> Self:
        """Put the frames of another belief behind those of this one."""
        a, b = _same_range(self, other)
        point = np.concatenate([a.point, b.point], axis=1)
        if a.pmf is b.pmf and a.pmf.shape[-1] == 1:
            return type(self)(point, a.pmf, a.first)
        readings = max(len(a.pmf), len(b.pmf))
        pmfs = [
            np.broadcast_to(x.pmf, (readings, x.pmf.shape[1], x.point.shape[1]))
            for x in (a, b)
        ]
        return type(self)(point, np.concatenate(pmfs, axis=-1), a.first)

    def twice(self) -> Self:
        """Return the same for two blocks of the same frames, as for both arms."""
        return self.beside(self)

    def quantiles(self, probability: float) -> tuple[IntArray, IntArray]:
        """Return (T,) bounds that hold the central ``probability`` and the point.

        The lower bound is the favourable reading's, the upper the unfavourable's.
        """
        tail = (1.0 - probability) / 2
        low = count_below(self.pmf[0], tail) + self.first
        high = count_below(self.pmf[-1], 1.0 - tail) + self.first
        return np.minimum(low, self.point[0]), np.maximum(high, self.point[1])


_B = TypeVar("_B", bound=Belief)


def look_up(table: IntArray, parts: tuple[Belief, ...]) -> Belief:
    """Return the belief about a table's cell.

    Args:
        table: One axis per part, indexed by score - 1.
        parts: Beliefs with scores within 1…n, n the length of their axis.
    """
    within = [
        part.clipped(1, size) for part, size in zip(parts, table.shape, strict=True)
    ]
    reached = table[tuple(slice(part.first - 1, part.last) for part in within)]
    place = np.zeros_like(within[0].point)
    for part, size in zip(within, reached.shape, strict=True):
        place *= size
        place += part.point - part.first
    first = int(reached.min())
    entries = int(reached.max()) - first + 1
    pmf = over_entries(reached - first, entries, [part.pmf for part in within])
    return Belief(reached.ravel()[place], pmf, first)


def _same_range(a: _B, b: _B) -> tuple[_B, _B]:
    """Pad two beliefs to the same scores."""
    low, high = min(a.first, b.first), max(a.last, b.last)
    return a.padded(low, high), b.padded(low, high)


def _extremes(a: Point, b: Point) -> Point:
    """Return the lower of the favourable, the higher of the unfavourable."""
    return np.stack([np.minimum(a[0], b[0]), np.maximum(a[1], b[1])])


def _extreme_pmfs(a: ShareArray, b: ShareArray) -> ShareArray:
    """Return distributions that lie below, and above, two others."""
    so_far_a, so_far_b = up_to(a), up_to(b)
    favourable = np.maximum(so_far_a[0], so_far_b[0])
    unfavourable = np.minimum(so_far_a[-1], so_far_b[-1])
    cumulated = np.stack([favourable, unfavourable])
    return np.diff(cumulated, axis=1, prepend=0.0)


def _likely(steps: Steps, guess: FloatArray) -> IntArray:
    """Return (T,) scores of guesses, the most favourable where there is none."""
    known = np.isfinite(guess)
    scores = steps.score(np.where(known, guess, 0.0))
    return np.where(known, scores, steps.lowest)
