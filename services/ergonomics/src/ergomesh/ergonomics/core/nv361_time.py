"""Static or dynamic, how long and how often: the time of postures beyond borders.

Static is a posture held for longer than 4 s "with little variation" (the laboratory's
form; INSHT NTP 847 on ISO 11226): the angle stays within ``static_variation_deg`` over
the whole time. So a part that is held exactly at a border is static on both sides of
it, and one that swings beyond a border is dynamic however long it does.
"""

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.holding import span_edges_s
from ergomesh.ergonomics.core.holding_still import Windows
from ergomesh.ergonomics.core.timeline import run_ends


def still_frames(
    values: FloatArray, calm: BoolArray, windows: Windows
) -> tuple[BoolArray, BoolArray]:
    """Return (T,) the frames within a window of little change.

    Those within a window that is all observed, and those within any, what is not
    observed taken for unchanged.

    Args:
        values: (A, T) angles that must all stay; NaN where not observed.
        calm: (A, W) windows in which each varies little.
        windows: As long as a static posture, of the same frames.
    """
    together: BoolArray = np.all(calm, axis=0)
    unseen: BoolArray = np.any(np.isnan(values), axis=0)
    if unseen.any():
        seen = together & windows.without(unseen)
        surely, possibly = windows.covered(np.stack([seen, together]))
        return surely, possibly
    (held,) = windows.covered(together[None])
    return held, held


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
    frames = inside.shape[1] + 1
    padded = np.zeros((len(inside), frames), dtype=np.bool_)
    padded[:, 1:] = inside
    firsts, lasts = run_ends(padded.ravel())
    row, first, last = firsts // frames, firsts % frames - 1, lasts % frames - 1
    same = np.concatenate([[False], row[1:] == row[:-1]])
    before = np.where(same, np.concatenate([[-1], last[:-1]]), -1)
    return row, first, before
