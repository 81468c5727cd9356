"""Which pictures of a clip are analysed. Pure arithmetic on times.

The choice is made once for the whole clip, so it does not depend on how the
clip is cut into ranges.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.contract.clip import TimeRange

NATIVE_RATE_SLACK: Final = 0.05
"""A clip up to this share faster than asked is analysed whole (our choice):
30.3 Hz against 30 Hz would otherwise lose a picture every three seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeFrames:
    """The analysed frames of one range, as indices of source frames."""

    warm_up: IntArray
    """(W,) ascending; for the tracker to settle, not kept."""
    kept: IntArray
    """(K,) ascending; over all ranges each analysed frame is kept once."""


def analysed_frames(
    frame_times_s: Sequence[float] | FloatArray, rate_hz: float | None
) -> IntArray:
    """Pick the frames nearest to a regular grid, each at most once.

    The grid starts at the first frame, which is therefore always in. Where
    the clip is slower than the grid (or pauses), every frame is taken.

    Args:
        frame_times_s: (N,) ascending times of the source frames, the first 0.
        rate_hz: How many frames a second to pick; None takes all.

    Returns:
        (M,) ascending indices of source frames, M ≥ 1.

    Raises:
        ValueError: When there are no frames or the rate isn't positive.
    """
    times_s = np.asarray(frame_times_s, dtype=np.float64)
    if times_s.size == 0 or (rate_hz is not None and not rate_hz > 0):
        msg = f"can't pick from {times_s.size} frames at {rate_hz} Hz"
        raise ValueError(msg)
    span_s = float(times_s[-1] - times_s[0])
    native = times_s.size - 1
    if rate_hz is None or native <= span_s * rate_hz * (1 + NATIVE_RATE_SLACK):
        return np.arange(times_s.size)
    steps = round(span_s * rate_hz)
    grid_s = times_s[0] + np.arange(steps + 1) / rate_hz
    return np.unique(_nearest(times_s, grid_s))


def in_range(
    analysed: IntArray,
    frame_times_s: Sequence[float] | FloatArray,
    time_range: TimeRange,
    *,
    is_last: bool,
) -> RangeFrames:
    """Split off what one range has to do.

    Args:
        analysed: (M,) ascending indices from :func:`analysed_frames`.
        frame_times_s: (N,) times of the source frames.
        time_range: Keeps ``start_s ≤ t < end_s``, warms up from
            ``warmup_start_s``.
        is_last: Whether it is the clip's last range, which keeps its end too.
    """
    at_s = np.asarray(frame_times_s, dtype=np.float64)[analysed]
    begun = at_s >= time_range.start_s
    warming = (at_s >= time_range.warmup_start_s) & ~begun
    return RangeFrames(
        warm_up=analysed[warming],
        kept=analysed[begun & (is_last | (at_s < time_range.end_s))],
    )


def frame_at(frame_times_s: Sequence[float], time_s: float) -> int | None:
    """Find the frame that is shown at a time.

    Args:
        frame_times_s: Ascending times of the source frames, at least two.
        time_s: A decoded picture's time from the first picture.

    Returns:
        The index of the nearest frame, if it is nearer than half the interval
        to its nearest neighbour; None for a picture that isn't in the list.
    """
    after = min(bisect_left(frame_times_s, time_s), len(frame_times_s) - 1)
    before = max(after - 1, 0)
    nearest = min(before, after, key=lambda k: abs(frame_times_s[k] - time_s))
    gap_s = abs(frame_times_s[nearest] - time_s)
    return nearest if gap_s < _nearest_gap_s(frame_times_s, nearest) / 2 else None


def _nearest_gap_s(frame_times_s: Sequence[float], index: int) -> float:
    """Return the time from a frame to its nearest neighbour."""
    around = frame_times_s[max(index - 1, 0) : index + 2]
    return min(b - a for a, b in pairwise(around))


def _nearest(times_s: FloatArray, grid_s: FloatArray) -> IntArray:
    """Return for each grid point the index of the nearest time, earlier on a tie."""
    right = np.clip(np.searchsorted(times_s, grid_s), 1, times_s.size - 1)
    earlier = grid_s - times_s[right - 1] <= times_s[right] - grid_s
    return (right - earlier).astype(np.int64)
