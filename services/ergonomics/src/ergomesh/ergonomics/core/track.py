"""What the overlay shows at each picture of the clip, from the analysed frames."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray, Motion
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.series import MethodScores

MAX_GAP_S: Final = 0.5
"""Longest time between two analysed frames over which joints are drawn."""


@dataclass(frozen=True, slots=True)
class Track:
    """The skeleton at F picture times."""

    points_px: FloatArray
    """(F, 55, 2) in the upright source picture; NaN where there is none."""
    nearest: IntArray
    """(F,) index of the nearest analysed frame with a person; -1: none near."""


def track_at(motion: Motion, times_s: FloatArray) -> Track:
    """Interpolate the joints linearly between analysed frames.

    Nothing is drawn across an analysed frame without a person, across more than
    :data:`MAX_GAP_S`, or further than half a step from a frame with one: what the
    files leave empty the video does not show either.

    Args:
        motion: T analysed frames.
        times_s: (F,) picture times, ascending.
    """
    frames = np.flatnonzero(person_present(motion))
    if not len(frames):
        shape = len(times_s), *motion.points_px.shape[1:]
        return Track(np.full(shape, np.nan), np.full(len(times_s), -1))
    known_s = motion.time_s[frames]
    after = np.minimum(np.searchsorted(known_s, times_s), len(frames) - 1)
    before = np.maximum(after - (known_s[after] > times_s), 0)
    step = known_s[after] - known_s[before]
    weight = np.clip((times_s - known_s[before]) / np.where(step > 0, step, 1), 0, 1)
    nearest = np.where(weight < 0.5, before, after)  # noqa: PLR2004  # half way
    joined = (frames[after] - frames[before] == 1) & (step <= MAX_GAP_S)
    weight = np.where(joined, weight, nearest == after)[:, None, None]
    points = motion.points_px[frames]
    blend = (1 - weight) * points[before] + weight * points[after]
    away_s = np.abs(known_s[nearest] - times_s)
    near = joined | (away_s <= _half_step_s(motion.time_s))
    return Track(
        np.where(near[:, None, None], blend, np.nan),
        np.where(near, frames[nearest], -1),
    )


def _half_step_s(times_s: FloatArray) -> float:
    """Return half the usual time between analysed frames, with room for rounding."""
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return min(0.5 * step_s + 1e-3, MAX_GAP_S)


def worse_side(scores: MethodScores) -> FloatArray:
    """Return (T,) the larger of the sides' scores that are determinable, or NaN."""
    worse: FloatArray = np.fmax(*(side.value for side in scores.sides.values()))
    return worse


def timeline_columns(
    score: FloatArray, edges_s: FloatArray, columns: int
) -> FloatArray:
    """Return the highest score within each of the timeline's columns.

    Args:
        score: (T,) ≥ 1 or NaN.
        edges_s: (T + 1,) spans of the frames; the last is the clip's end.
        columns: Width of the timeline.

    Returns:
        (columns,); 0 where there is no score.
    """
    at = np.floor(edges_s / edges_s[-1] * columns).astype(np.int64)
    first = np.minimum(at[:-1], columns - 1)
    last = np.maximum(np.minimum(at[1:] - 1, columns - 1), first)
    lengths = last - first + 1
    starts = np.cumsum(lengths) - lengths
    column = np.arange(lengths.sum()) - np.repeat(starts - first, lengths)
    heights = np.zeros(columns)
    np.maximum.at(heights, column, np.repeat(np.nan_to_num(score), lengths))
    return heights


def index_near(times_s: FloatArray, time_s: float) -> int:
    """Return the index of the time nearest to one, of an ascending array."""
    after = min(int(np.searchsorted(times_s, time_s)), len(times_s) - 1)
    before = max(after - 1, 0)
    earlier = time_s - times_s[before] < times_s[after] - time_s
    return before if earlier else after
