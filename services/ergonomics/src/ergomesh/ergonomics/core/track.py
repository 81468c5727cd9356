"""What the overlay shows at each picture of the clip, from the analysed frames."""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.series import MethodScores

MAX_GAP_S: Final = 0.5
"""Longest time between two analysed frames over which joints are drawn."""
_HALF_WAY: Final = 0.5

Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Track:
    """The body at F picture times: which analysed frames it lies between."""

    before: IntArray
    """(F,) analysed frame with a person at or before the picture; -1: none near."""
    after: IntArray
    """(F,) the next one; the same where the picture shows one frame only."""
    weight: FloatArray
    """(F,) of ``after``, 0…1; the rest is that of ``before``."""
    nearest: IntArray
    """(F,) the nearer of the two; -1: none near."""

    def blend(self, values: NDArray[Real], pictures: slice | IntArray) -> NDArray[Real]:
        """Return (N, …) values of analysed frames (T, …) at N pictures, NaN for none.

        Args:
            values: (T, …) whatever may be interpolated linearly.
            pictures: N of the F pictures.
        """
        before, after = self.before[pictures], self.after[pictures]
        weight = self.weight[pictures].astype(values.dtype)
        weight = weight.reshape(-1, *[1] * (values.ndim - 1))
        found: NDArray[Real] = (1 - weight) * values[before] + weight * values[after]
        found[before < 0] = np.nan
        return found


def track_at(motion: Motion, times_s: FloatArray) -> Track:
    """Find the analysed frames about each picture.

    Nothing is drawn across an analysed frame without a person, across more than
    :data:`MAX_GAP_S`, or further than half a step from a frame with one: what the
    files leave empty the video does not show either.

    Args:
        motion: T analysed frames.
        times_s: (F,) picture times, ascending.
    """
    frames = np.flatnonzero(person_present(motion))
    if not len(frames):
        none = np.full(len(times_s), -1)
        return Track(none, none, np.zeros(len(times_s)), none)
    known_s = motion.time_s[frames]
    after = np.minimum(np.searchsorted(known_s, times_s), len(frames) - 1)
    before = np.maximum(after - (known_s[after] > times_s), 0)
    step = known_s[after] - known_s[before]
    weight = np.clip((times_s - known_s[before]) / np.where(step > 0, step, 1), 0, 1)
    nearest = np.where(weight < _HALF_WAY, before, after)
    joined = (frames[after] - frames[before] == 1) & (step <= MAX_GAP_S)
    near = np.abs(known_s[nearest] - times_s) <= _half_step_s(motion.time_s)
    return Track(
        _frames_or_none(frames, np.where(joined, before, nearest), joined | near),
        _frames_or_none(frames, np.where(joined, after, nearest), joined | near),
        np.where(joined, weight, 0.0),
        _frames_or_none(frames, nearest, joined | near),
    )


def _frames_or_none(frames: IntArray, at: IntArray, is_near: BoolArray) -> IntArray:
    return np.where(is_near, frames[at], -1)


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
