"""Bands of an angle as steps: which score, and with which probability."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.ergonomics.core.tables import Band, Item
from ergomesh.ergonomics.core.thresholds import Thresholds

_ERF: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
"""Abramowitz & Stegun (1964), 7.1.26; error below 1.5e-7."""
_ERF_P: Final = 0.3275911
_FAR: Final = 9.0
"""Standard deviations beyond which nothing is left."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Scores between ascending edges."""

    edges: FloatArray
    """(E,) in the unit of what is scored: degrees, for a foot metres."""
    scores: IntArray
    """(E + 1,) below the first edge, between the edges, above the last."""
    prefer_lower: bool = True
    """Whether a value exactly on an edge gets the lower score that meets there."""

    def score(self, value: FloatArray) -> IntArray:
        """Return the score of each value, none of which may be NaN."""
        first = np.searchsorted(self.edges, value, side="left")
        last = np.searchsorted(self.edges, value, side="right")
        meeting = np.stack([self.scores[k] for k in (first, (first + last) // 2, last)])
        best = meeting.min(axis=0) if self.prefer_lower else meeting.max(axis=0)
        result: IntArray = best
        return result

    def probabilities(self, value: FloatArray, sd: FloatArray) -> FloatArray:
        """Return (..., E + 1) how probable each step is, for normal errors.

        A standard deviation of 0 puts everything on one side of an edge, and
        half on either side for a value exactly on it.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            z = (self.edges - value[..., None]) / sd[..., None]
        # 0/0: certain and exactly on an edge. Half each; Belief knows better.
        below = normal_cdf(np.clip(np.nan_to_num(z), -_FAR, _FAR))
        ends = np.zeros_like(below[..., :1])
        cumulated = np.concatenate([ends, below, ends + 1], axis=-1)
        return np.diff(cumulated, axis=-1)


def normal_cdf(z: FloatArray) -> FloatArray:
    """Return the standard normal distribution function, to 1e-7."""
    x = np.abs(z) / np.sqrt(2.0)
    t = 1.0 / (1.0 + _ERF_P * x)
    poly = np.zeros_like(t)
    for coefficient in reversed(_ERF):
        poly = (poly + coefficient) * t
    tail = 0.5 * poly * np.exp(-x * x)
    cdf: FloatArray = np.where(z < 0, tail, 1.0 - tail)
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
    return Steps(
        np.array([_lo(band) for band in widened[1:]], dtype=np.float64),
        np.array([band.score for band in widened], dtype=np.int64),
        thresholds.shared_end_point == "lower",
    )


def beyond(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 above a limit, else 0."""
    return Steps(
        np.array([limit]), np.array([0, 1]), thresholds.shared_end_point == "lower"
    )


def under(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 below a limit, else 0."""
    return Steps(
        np.array([limit]), np.array([1, 0]), thresholds.shared_end_point == "lower"
    )


def outside(limit: float, thresholds: Thresholds) -> Steps:
    """Return steps that are 1 beyond a limit to either side, else 0."""
    return Steps(
        np.array([-limit, limit]),
        np.array([1, 0, 1]),
        thresholds.shared_end_point == "lower",
    )


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
