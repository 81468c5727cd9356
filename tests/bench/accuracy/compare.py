"""Found against exact, clip by clip and pooled (pure)."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.accuracy import metrics
from bench.accuracy.measured import Measured
from bench.accuracy.metrics import AngleStat
from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, Angles
from ergomesh.ergonomics.core.tables import Method


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What one system said of one clip, beside the truth."""

    clip: str
    motion: str
    """Name of the work motion."""
    view: str
    """Kind of camera: front, side and so on."""
    split: str
    """``tuning``, or what of it was kept out of tuning."""
    found: Measured
    exact: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """Median sizes of accelerations of joints, root-centred, m/s²."""

    size: float
    """Of the found accelerations, true movement included."""
    error: float
    """Of found minus exact."""
    exact: float
    """Of the exact accelerations."""


def without_side(name: str) -> str:
    """Return an angle's name without its side: both sides are judged together.

    >>> without_side("left_knee_flexion")
    'knee_flexion'
    """
    for side in SIDES:
        name = name.removeprefix(f"{side}_")
    return name


_NO_LEVELS: Final = np.empty(0, dtype=np.int64)

PUBLIC_ANGLES: Final = tuple(dict.fromkeys(without_side(name) for name in ANGLE_NAMES))
"""Angles of ``angles.csv``, sides together."""


def angle_stats(comparisons: Sequence[Comparison]) -> dict[str, AngleStat]:
    """Return angle → errors, all frames of all clips and both sides pooled."""
    return {name: _pooled(comparisons, name) for name in PUBLIC_ANGLES}


def _pooled(comparisons: Sequence[Comparison], name: str) -> AngleStat:
    columns = [full for full in ANGLE_NAMES if without_side(full) == name]
    pairs = [(c, column) for c in comparisons for column in columns]

    def gathered(pick: Callable[[Comparison, str], FloatArray]) -> FloatArray:
        return np.concatenate([pick(c, column) for c, column in pairs] or [np.empty(0)])

    return metrics.angle_stat(
        gathered(lambda c, column: c.found.angles.value_deg(column)),
        gathered(lambda c, column: c.exact.angles.value_deg(column)),
        gathered(lambda c, column: c.found.angles.sd_of_deg(column)),
    )


def median_rmse_deg(comparisons: Sequence[Comparison]) -> float:
    """Return the median over clips and public angles of the RMSE over a clip's frames.

    Sides are pooled before, so each clip has 16 figures.
    """
    return metrics.median(
        [
            stat.rmse_deg
            for comparison in comparisons
            for stat in angle_stats([comparison]).values()
        ]
    )


def on_same_frames(
    ours: Sequence[Comparison], others: Sequence[Comparison]
) -> tuple[list[Comparison], list[Comparison]]:
    """Return both, each angle only where both have a value."""
    pairs = list(zip(ours, others, strict=True))
    known = [metrics.both_known(*(_values(c) for c in pair)) for pair in pairs]
    return (
        [_only(a, where) for (a, _), where in zip(pairs, known, strict=True)],
        [_only(b, where) for (_, b), where in zip(pairs, known, strict=True)],
    )


def _values(comparison: Comparison) -> FloatArray:
    return comparison.found.angles.values_deg


def _only(comparison: Comparison, where: BoolArray) -> Comparison:
    angles = comparison.found.angles
    kept = Angles(
        angles.names,
        np.where(where, angles.values_deg, np.nan),
        np.where(where, angles.sd_deg, np.nan),
    )
    return replace(comparison, found=replace(comparison.found, angles=kept))


def guessed_where_known(
    variants: Sequence[Comparison], base: Sequence[Comparison]
) -> list[Comparison]:
    """Return variants with their best guesses of just the angles that the base has.

    A fit without a prior finds fewer angles observable; judged on those alone it would
    look better than it is.

    Args:
        variants: One per clip.
        base: Of the same clips.
    """
    return [
        replace(one, found=_guessed_at(one.found, _values(other)))
        for one, other in zip(variants, base, strict=True)
    ]


def _guessed_at(found: Measured, known: FloatArray) -> Measured:
    values = np.where(np.isfinite(known), found.guessed_deg, np.nan)
    angles = found.angles
    return replace(found, angles=Angles(angles.names, values, angles.sd_deg))


def gravity_errors_deg(comparisons: Iterable[Comparison]) -> list[float]:
    """Return per clip the angle between the found vertical and the exact one."""
    return [
        metrics.between_deg(c.found.up_cam, c.exact.up_cam)
        for c in comparisons
        if c.found.up_cam is not None and c.exact.up_cam is not None
    ]


def focal_errors(comparisons: Iterable[Comparison]) -> list[float]:
    """Return per clip the relative error of the focal length, with its sign."""
    return [
        c.found.focal_px / c.exact.focal_px - 1
        for c in comparisons
        if c.found.focal_px is not None and c.exact.focal_px is not None
    ]


def jitter(comparisons: Sequence[Comparison]) -> Jitter:
    """Return the median accelerations over joints, frames and clips."""
    found, exact = (
        np.concatenate([_acceleration(m) for m in measured] or [np.empty((0, 3))])
        for measured in (
            [c.found for c in comparisons],
            [c.exact for c in comparisons],
        )
    )
    known = np.isfinite(found).all(-1) & np.isfinite(exact).all(-1)
    if not known.any():
        return Jitter(size=math.nan, error=math.nan, exact=math.nan)
    sizes = [metrics.lengths(a[known]) for a in (found, found - exact, exact)]
    size, error, true = (float(np.median(s)) for s in sizes)
    return Jitter(size=size, error=error, exact=true)


def _acceleration(measured: Measured) -> FloatArray:
    return metrics.acceleration_m_s2(measured.joints_m, measured.time_s).reshape(-1, 3)


def frame_kappa(comparisons: Sequence[Comparison], method: Method) -> float:
    """Return the quadratic kappa of action levels, every frame and side a pair."""
    return metrics.quadratic_kappa(*_pairs(comparisons, method, _levels))


def guessed_kappa(comparisons: Sequence[Comparison], method: Method) -> float:
    """Return the kappa with the unobserved at its best guess, so that all is scored."""
    return metrics.quadratic_kappa(*_pairs(comparisons, method, _guessed))


def frame_agreement(comparisons: Sequence[Comparison], method: Method) -> float:
    """Return the share of frames and sides with the exact action level."""
    return metrics.agreement(*_pairs(comparisons, method, _levels))


def scored_share(comparisons: Sequence[Comparison], method: Method) -> float:
    """Return the share of frames and sides whose action level was determinable."""
    found, exact = _pairs(comparisons, method, _levels)
    return float(np.mean(found[exact >= 0] >= 0)) if (exact >= 0).any() else math.nan


def _levels(measured: Measured, method: Method) -> IntArray:
    return measured.levels[method]


def _guessed(measured: Measured, method: Method) -> IntArray:
    return measured.guessed[method]


def _pairs(
    comparisons: Sequence[Comparison],
    method: Method,
    said: Callable[[Measured, Method], IntArray],
) -> tuple[IntArray, IntArray]:
    """Return what was said and what is exact, sides and frames in a row."""
    found = [said(c.found, method).ravel() for c in comparisons]
    exact = [_levels(c.exact, method).ravel() for c in comparisons]
    return (
        np.concatenate([_NO_LEVELS, *found]),
        np.concatenate([_NO_LEVELS, *exact]),
    )


def peak_kappa(comparisons: Sequence[Comparison], method: Method) -> float:
    """Return the quadratic kappa of each clip's highest best guess, per side."""
    found = [_highest(_guessed(c.found, method)) for c in comparisons]
    exact = [_highest(_levels(c.exact, method)) for c in comparisons]
    return metrics.quadratic_kappa(np.ravel(found), np.ravel(exact))


def _highest(levels: IntArray) -> list[int]:
    return [metrics.highest(side) for side in levels]


def grouped(
    comparisons: Iterable[Comparison], key: Callable[[Comparison], str]
) -> dict[str, list[Comparison]]:
    """Return key → comparisons, keys in the order of their first."""
    groups: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(key(comparison), []).append(comparison)
    return groups
