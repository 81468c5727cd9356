"""Bands of an angle as steps: which score, and with which probability."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.ergonomics.core.shares import ShareArray
from ergomesh.ergonomics.core.tables import Band, Item
from ergomesh.ergonomics.core.thresholds import Thresholds

_ERF: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
"""Abramowitz & Stegun (1964), 7.1.26; error below 1.5e-7."""
_ERF_P: Final = 0.3275911
_FAR: Final = 9.0
"""Standard deviations beyond which nothing is left."""
_TINY: Final = 1e-300
"""Stands for a standard deviation of 0: a finite number of them is beyond any."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Scores between ascending edges; equal to themselves only."""

    edges: FloatArray
    """(E,) in the unit of what is scored: degrees, for a foot metres."""
    scores: IntArray
    """(E + 1,) below the first edge, between the edges, above the last."""
    prefer_lower: bool = True
    """Whether a value exactly on an edge gets the lower score that meets there."""

    @cached_property
    def lowest(self) -> int:
        """Return the lowest score."""
        return int(self.scores.min())

    @cached_property
    def highest(self) -> int:
        """Return the highest score."""
        return int(self.scores.max())

    def score(self, value: FloatArray) -> IntArray:
        """Return the score of each value, none of which may be NaN."""
        edges, ladder = self._ladder
        place = np.zeros(value.shape, dtype=np.int8)
        for edge in edges:
            place += value >= edge
            place += value > edge
        scores: IntArray = ladder[place]
        return scores

    @cached_property
    def _ladder(self) -> tuple[FloatArray, IntArray]:
        """Return the different edges, and the scores below, on, between and above."""
        edges = np.unique(self.edges)
        first = np.searchsorted(self.edges, edges, side="left")
        last = np.searchsorted(self.edges, edges, side="right")
        meeting = self.scores[[first, (first + last) // 2, last]]
        ladder = np.empty(2 * len(edges) + 1, dtype=np.int64)
        ladder[0::2] = self.scores[[0, *last]]
        ladder[1::2] = (np.min if self.prefer_lower else np.max)(meeting, axis=0)
        return edges, ladder

    def probabilities(self, value: FloatArray, sd: FloatArray) -> ShareArray:
        """Return (E + 1, T) how probable each step is, for normal errors.

        A standard deviation of 0 puts everything on one side of an edge, and
        half on either side for a value exactly on it.

        Args:
            value: (T,).
            sd: (T,).
        """
        z = self.edges[:, None] - value
        z /= np.fmax(sd, _TINY)
        np.minimum(np.maximum(z, -_FAR, out=z), _FAR, out=z)
        below = normal_cdf(z.astype(np.float32))
        shares = np.empty((len(self.edges) + 1, len(value)), np.float32)
        shares[:-1], shares[-1] = below, 1.0
        shares[1:] -= below
        return shares

    def by_score(self, value: FloatArray, sd: FloatArray) -> ShareArray:
        """Return (K, T) how probable each score from the lowest to the highest is.

        Args:
            value: As :meth:`probabilities`.
            sd: As :meth:`probabilities`.
        """
        shares = np.zeros((self.highest - self.lowest + 1, len(value)), np.float32)
        for score, share in zip(
            self.scores, self.probabilities(value, sd), strict=True
        ):
            shares[score - self.lowest] += share
        return shares


def normal_cdf(z: ShareArray) -> ShareArray:
    """Return the standard normal distribution function, to 1e-7."""
    x = np.abs(z)
    x *= math.sqrt(0.5)
    t = _ERF_P * x
    t += 1.0
    np.reciprocal(t, out=t)
    *others, last = _ERF
    tail = last * t
    for coefficient in reversed(others):
        tail += coefficient
        tail *= t
    np.multiply(x, -x, out=x)
    tail *= np.exp(x, out=x)
    tail *= 0.5
    cdf: ShareArray = np.where(z < 0, tail, 1.0 - tail)
    return cdf


def steps_of(
    item: Item,
    thresholds: Thresholds,
    *,
    neutral_deg: float,
    extra: tuple[Band, ...] = (),
) -> Steps:
    """Turn printed bands into steps.

    Args:
        item: The body part, from the table file.
        thresholds: For the end points.
        neutral_deg: Half-width given to "exactly 0", and how far beyond 0 an
            extension begins.
        extra: Bands that the method leaves open.
    """
    bands = [*item.bands, *_both_signs(item.bands_abs), *extra]
    upright = any(band.lo == band.hi == 0 for band in bands)
    widened = [_widened(band, neutral_deg, upright=upright) for band in bands]
    widened.sort(key=lambda band: (_lo(band), _hi(band)))
    return _steps(
        [_lo(band) for band in widened[1:]],
        [band.score for band in widened],
        thresholds,
    )


def beyond(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 above a limit, else 0."""
    return _steps([limit], [0, 1], thresholds)


def under(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 below a limit, else 0."""
    return _steps([limit], [1, 0], thresholds)


def outside(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 beyond a limit to either side, else 0."""
    return _steps([-limit, limit], [1, 0, 1], thresholds)


def _steps(
    edges: Sequence[float], scores: Sequence[int], thresholds: Thresholds
) -> Steps:
    lower = thresholds.shared_end_point == "lower"
    return _the_same(tuple(edges), tuple(scores), prefer_lower=lower)


@lru_cache(maxsize=256)
def _the_same(
    edges: tuple[float, ...], scores: tuple[int, ...], *, prefer_lower: bool
) -> Steps:
    """Return one object for the same bands, so that what they tell is worked out once.

    Its arrays are read-only.
    """
    steps = Steps(
        np.array(edges, dtype=np.float64),
        np.array(scores, dtype=np.int64),
        prefer_lower,
    )
    steps.edges.setflags(write=False)
    steps.scores.setflags(write=False)
    return steps


def _both_signs(bands: tuple[Band, ...]) -> list[Band]:
    """Mirror bands of an unsigned angle; the one around 0 becomes one band."""
    innermost = min(bands, key=_hi, default=None)
    signed: list[Band] = []
    for band in bands:
        mirror = Band(None if band.hi is None else -band.hi, -_lo(band), band.score)
        if band is innermost:
            signed.append(Band(mirror.lo, band.hi, band.score))
        else:
            signed += [mirror, band]
    return signed


def _widened(band: Band, neutral_deg: float, *, upright: bool) -> Band:
    """Give "exactly 0" a width (``upright``), or let extension begin beyond it."""
    if band.lo == band.hi == 0:
        return Band(-neutral_deg, neutral_deg, band.score)
    first = neutral_deg if upright else -neutral_deg
    return Band(
        first if band.lo == 0 else band.lo,
        -neutral_deg if band.hi == 0 else band.hi,
        band.score,
    )


def _lo(band: Band) -> float:
    return -np.inf if band.lo is None else band.lo


def _hi(band: Band) -> float:
    return np.inf if band.hi is None else band.hi
