"""Static or dynamic, how long and how often: the time of postures beyond borders.

Static is a posture held for longer than 4 s "with little variation" (the laboratory's
form; INSHT NTP 847 on ISO 11226): the angle stays within ``static_variation_deg`` over
the whole time. So a part that is held exactly at a border is static on both sides of
it, and one that swings beyond a border is dynamic however long it does.
"""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.holding import span_edges_s

Windows = tuple[IntArray, IntArray]
"""First and last frames of stretches."""

TOLERANCE_S: Final = 1e-9
"""Times are sums of frames: exactly 4 s must not become longer by rounding."""


def still_frames(
    values: FloatArray, windows: Windows, *, variation: float
) -> tuple[BoolArray, BoolArray]:
    """Return (T,) the frames within a window of little change.

    Those within a window that is all observed, and those within any, what is not
    observed taken for unchanged.

    Args:
        values: (A, T) angles that must all stay; NaN where not observed.
        windows: As long as a static posture, of the same frames.
        variation: Largest difference within it, in the unit of the values.
    """
    first, last = windows
    if not first.size:
        none = np.zeros(values.shape[1], dtype=np.bool_)
        return none, none
    calm = (_ranges(values, first, last) <= variation).all(axis=0)
    possibly = _covered(first[calm], last[calm], values.shape[1])
    unseen = np.isnan(values).any(axis=0)
    if not unseen.any():
        return possibly, possibly
    before = np.concatenate([[0], np.cumsum(unseen)])
    calm &= before[last + 1] == before[first]
    return _covered(first[calm], last[calm], values.shape[1]), possibly


def _covered(first: IntArray, last: IntArray, frames: int) -> BoolArray:
    """Return (T,) the frames within any of some windows."""
    change = np.bincount(first, minlength=frames + 1)
    change -= np.bincount(last + 1, minlength=frames + 1)
    covered: BoolArray = np.cumsum(change[:-1]) > 0
    return covered


def windows_of(time_s: FloatArray, static_s: float) -> Windows:
    """Return first and last frame of the shortest windows longer than a time.

    From each frame on, and up to each frame at which none of those ends: a frame in
    any longer window is in one of these.

    Args:
        time_s: (T,) ascending.
        static_s: Windows are longer.
    """
    edges_s = span_edges_s(time_s)
    if not len(time_s):
        return time_s.astype(np.int64), time_s.astype(np.int64)
    length_s = static_s + TOLERANCE_S
    last = np.searchsorted(edges_s, edges_s[:-1] + length_s, side="right") - 1
    last = last[last < len(edges_s) - 1]
    free = np.ones(len(edges_s) - 1, dtype=np.bool_)
    free[last] = False
    others = np.flatnonzero(free)
    before = np.searchsorted(edges_s, edges_s[others + 1] - length_s, side="left") - 1
    reached = before >= 0
    firsts = np.concatenate([np.arange(len(last)), before[reached]])
    return firsts, np.concatenate([last, others[reached]])


def _ranges(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Return (A, W) largest minus smallest value of each window, ends included.

    NaN is left out; where there is nothing else, the range is that of nothing: -inf.
    """
    unseen = np.isnan(values)
    top = np.where(unseen, -np.inf, values)
    bottom = np.where(unseen, np.inf, values)
    return _over(np.maximum, top, first, last) - _over(np.minimum, bottom, first, last)


def _over(
    pick: np.ufunc, values: FloatArray, first: IntArray, last: IntArray
) -> FloatArray:
    """Return (A, W) the extreme of each window, from windows of 1, 2, 4, … frames."""
    level = np.int64(np.log2(last - first + 1))
    found = np.empty((len(values), len(first)))
    doubled, shortest = values, int(level.min())
    for k in range(int(level.max()) + 1):
        if k:
            half = 1 << (k - 1)
            doubled = pick(doubled[:, :-half], doubled[:, half:])
        if k >= shortest:
            mine = np.flatnonzero(level == k)
            ends = last[mine] - (1 << k) + 1
            found[:, mine] = pick(doubled[:, first[mine]], doubled[:, ends])
    return found


def times_taken(
    inside: BoolArray,
    time_s: FloatArray,
    *,
    still: BoolArray,
    observed: BoolArray,
    bridge_s: float,
) -> IntArray:
    """Return (K,) how often a posture is taken from outside it.

    A posture that is there at the beginning, or when it comes into view, was not seen
    being taken (as in :func:`~ergomesh.ergonomics.core.holding.entries`). Nor was one
    at whose border a part is held still: that is no movement.

    Args:
        inside: (K, T) whether a frame shows the posture, in K readings.
        time_s: (T,) ascending.
        still: (T,) frames of little change.
        observed: (T,) whether a frame tells.
        bridge_s: Breaks up to this long are no movement.
    """
    counts = np.zeros(len(inside), dtype=np.int64)
    row, first, before = _runs(inside)
    if not row.size:
        return counts
    edges = span_edges_s(time_s)
    away_s = np.where(before < 0, np.inf, edges[first] - edges[before + 1])
    moves = np.concatenate([[0], np.cumsum(~still)])
    seen_before = np.concatenate([[False], observed[:-1]])
    taken = seen_before[first] & (moves[first + 1] > moves[before + 1])
    np.add.at(counts, row[taken & (away_s > bridge_s)], 1)
    return counts


def _runs(inside: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return each unbroken run's reading, first frame and last frame of the one before.

    A reading's first run has none before it: -1.
    """
    if not inside.any():
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    ends = np.zeros((len(inside), 1), dtype=np.int8)
    change = np.diff(inside.astype(np.int8), axis=1, prepend=ends, append=ends)
    row, first = np.nonzero(change == 1)
    last = np.nonzero(change == -1)[1] - 1
    same = np.concatenate([[False], row[1:] == row[:-1]])
    before = np.where(same, np.concatenate([[-1], last[:-1]]), -1)
    return row, first, before
