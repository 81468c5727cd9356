"""How far found angles, scores, verticals and motions are from the exact ones (pure).

A value that either side does not have is NaN: it enters no error, but the share of
frames with a value is reported beside every error. Angles are circular: an error is
the shorter way round.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray

WITHIN_68: Final = 0.994458
"""Half-width, in standard deviations, of the interval that holds 68 % of a normal
distribution."""

WITHIN_95: Final = 1.959964
"""The same for 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleStat:
    """Errors of one angle over frames. NaN where there is nothing to judge."""

    frames: int
    """Frames in which the exact angle is defined."""
    share: float
    """Share of these in which it was found, 0…1."""
    rmse_deg: float
    bias_deg: float
    """Mean of found minus exact."""
    p95_deg: float
    """95th percentile of the size of the error."""
    inside_68: float
    """Share of the found values whose 68 % interval holds the exact one."""
    inside_95: float
    """The same for 95 %."""

    @property
    def noise_deg(self) -> float:
        """Return the standard deviation of the error: what is left without bias."""
        return math.sqrt(max(self.rmse_deg**2 - self.bias_deg**2, 0.0))


def error_deg(found_deg: FloatArray, exact_deg: FloatArray) -> FloatArray:
    """Return found minus exact the shorter way round, within ±180."""
    difference = found_deg - exact_deg
    error: FloatArray = difference - 360.0 * np.round(difference / 360.0)
    return error


def angle_stat(
    found_deg: FloatArray, exact_deg: FloatArray, sd_deg: FloatArray | None = None
) -> AngleStat:
    """Judge one angle.

    Args:
        found_deg: (N,) NaN where it was not observable.
        exact_deg: (N,) NaN where it is not defined.
        sd_deg: (N,) stated standard deviations; without them there are no intervals.
    """
    defined = np.isfinite(exact_deg)
    error = error_deg(found_deg, exact_deg)
    known = np.isfinite(error)
    frames = int(defined.sum())
    size = np.abs(error[known])
    if not size.size:
        share = 0.0 if frames else math.nan
        return AngleStat(frames=frames, share=share, **_NOTHING)
    sd = None if sd_deg is None else sd_deg[known]
    return AngleStat(
        frames=frames,
        share=float(known.sum() / frames),
        rmse_deg=float(np.sqrt(np.mean(size**2))),
        bias_deg=float(np.mean(error[known])),
        p95_deg=float(np.percentile(size, 95)),
        inside_68=covered(size, sd, WITHIN_68),
        inside_95=covered(size, sd, WITHIN_95),
    )


_NOTHING: Final = dict.fromkeys(
    ("rmse_deg", "bias_deg", "p95_deg", "inside_68", "inside_95"), math.nan
)


def covered(size: FloatArray, sd: FloatArray | None, width: float) -> float:
    """Return the share of errors within ``width`` standard deviations.

    Args:
        size: (N,) sizes of errors, N ≥ 1.
        sd: (N,) stated standard deviations, or None.
        width: Half-width of the interval.
    """
    return math.nan if sd is None else float(np.mean(size <= width * sd))


def median(values: Sequence[float]) -> float:
    """Return the median of the finite values, NaN where there is none."""
    finite = [value for value in values if math.isfinite(value)]
    return float(np.median(finite)) if finite else math.nan


def quadratic_kappa(a: ArrayLike, b: ArrayLike) -> float:
    """Return Cohen's kappa with quadratic weights.

    Cohen J (1968) Psychological Bulletin 70(4):213-220. NaN where there are no pairs,
    or where both always say the same one level: then chance agrees as well.

    Args:
        a: (N,) whole levels ≥ 0, -1 where unknown.
        b: (N,) likewise; pairs with an unknown are left out.
    """
    first, second = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    known = (first >= 0) & (second >= 0)
    if not known.any():
        return math.nan
    step = np.arange(max(first.max(), second.max()) + 1)
    table = np.zeros((len(step), len(step)))
    np.add.at(table, (first[known], second[known]), 1.0)
    observed = table / table.sum()
    chance = np.outer(observed.sum(1), observed.sum(0))
    weight = (step[:, None] - step[None, :]) ** 2
    expected = float((weight * chance).sum())
    return 1 - float((weight * observed).sum()) / expected if expected else math.nan


def agreement(a: ArrayLike, b: ArrayLike) -> float:
    """Return the share of known pairs that are equal, NaN where there are none."""
    first, second = np.asarray(a), np.asarray(b)
    known = (first >= 0) & (second >= 0)
    return float(np.mean(first[known] == second[known])) if known.any() else math.nan


def between_deg(a: ArrayLike, b: ArrayLike) -> float:
    """Return the angle between two directions (3,), 0…180."""
    u, v = (np.asarray(x, dtype=np.float64) for x in (a, b))
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v)), u @ v)))


def acceleration_m_s2(points_m: FloatArray, time_s: FloatArray) -> FloatArray:
    """Return (T - 2, K, 3) accelerations of (T, K, 3) points at uneven times (T,)."""
    step = np.diff(time_s)[:, None, None]
    speed = np.diff(points_m, axis=0) / step
    acceleration: FloatArray = 2 * np.diff(speed, axis=0) / (step[1:] + step[:-1])
    return acceleration


def lengths(vectors: FloatArray) -> FloatArray:
    """Return the lengths of (..., 3) vectors."""
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def both_known(a: FloatArray, b: FloatArray) -> BoolArray:
    """Return where both have a value."""
    return np.asarray(np.isfinite(a) & np.isfinite(b))


def highest(levels: IntArray) -> int:
    """Return the highest of some levels, -1 where none is known."""
    return int(levels.max(initial=-1))
