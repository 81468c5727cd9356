"""Time in a clip: how long a frame counts, quantiles over time, runs of frames."""

import math

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray


def frame_edges_s(time_s: FloatArray, duration_s: float) -> FloatArray:
    """Return when each frame's span begins and the last one's ends.

    A frame stands for the time nearer to it than to its neighbours; the first
    span begins at 0 and the last ends with the clip. So irregular frame times
    weigh as they should, and the spans add up to the clip.

    Args:
        time_s: (T,) ascending, T ≥ 1.
        duration_s: Of the clip; not before the last frame.

    Returns:
        (T + 1,).
    """
    between = 0.5 * (time_s[1:] + time_s[:-1])
    end = max(duration_s, float(time_s[-1]))
    return np.concatenate([[0.0], between, [end]])


def quantile(values: FloatArray, probability: float) -> float:
    """Return the smallest value that a share of them does not exceed.

    Args:
        values: (N,), N ≥ 1.
        probability: 0…1.
    """
    return float(np.sort(values)[rank_of(probability, len(values))])


def rank_of(probability: float, count: int) -> int:
    """Return which of some ascending values is the quantile of a probability."""
    return max(math.ceil(probability * count - 1e-9) - 1, 0)


def weighted_quantile(
    values: FloatArray, weights: FloatArray, probability: float
) -> float | None:
    """Return the smallest value that a share of the time does not exceed.

    Args:
        values: (T,); NaN is left out.
        weights: (T,) seconds.
        probability: 0…1.

    Returns:
        ``None`` when no value counts.
    """
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return None
    order = np.argsort(values[known])
    cumulated = np.cumsum(weights[known][order])
    reached = cumulated >= probability * cumulated[-1] * (1 - 1e-12)
    return float(values[known][order][np.argmax(reached)])


def share(mask: BoolArray, weights: FloatArray) -> float:
    """Return the share of the weights where a mask holds; 0 of nothing is 0."""
    total = float(weights.sum())
    return float(weights[mask].sum()) / total if total > 0 else 0.0


def runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Return (first, last) of each unbroken run of true entries.

    >>> runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    firsts, lasts = run_ends(mask)
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def run_ends(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the first and the last entries of each unbroken run."""
    padded = np.zeros(len(mask) + 2, dtype=np.bool_)
    padded[1:-1] = mask
    turns = np.flatnonzero(padded[1:] != padded[:-1])
    return turns[::2], turns[1::2] - 1


def bridged_runs(
    mask: BoolArray, edges_s: FloatArray, *, bridge_s: float, min_s: float
) -> list[tuple[int, int]]:
    """Return runs that last, after joining those with short breaks between.

    Args:
        mask: (T,).
        edges_s: (T + 1,) from :func:`frame_edges_s`.
        bridge_s: Longest break that does not end a run.
        min_s: Shortest run that is kept.
    """
    firsts, lasts = run_ends(mask)
    if not firsts.size:
        return []
    apart = edges_s[firsts[1:]] - edges_s[lasts[:-1] + 1] > bridge_s
    firsts = firsts[np.append(True, apart)]
    lasts = lasts[np.append(apart, True)]
    kept = edges_s[lasts + 1] - edges_s[firsts] >= min_s
    return list(zip(firsts[kept].tolist(), lasts[kept].tolist(), strict=True))


def distinct_peaks(
    rank: FloatArray, time_s: FloatArray, *, count: int, apart_s: float
) -> list[int]:
    """Return the highest-ranking frames that keep a distance, best first.

    Args:
        rank: (T,); NaN never counts.
        time_s: (T,).
        count: At most so many.
        apart_s: Least distance between any two.
    """
    left = np.where(np.isfinite(rank), rank, -np.inf)
    picked: list[int] = []
    while len(picked) < count and left.size and np.isfinite(left.max()):
        best = int(np.argmax(left))
        picked.append(best)
        left = np.where(np.abs(time_s - time_s[best]) < apart_s, -np.inf, left)
    return picked
