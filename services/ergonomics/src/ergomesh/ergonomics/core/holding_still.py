"""When a posture is held with little variation."""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.holding import span_edges_s
from ergomesh.ergonomics.core.timeline import runs

ROUNDING_S: Final = 1e-6
"""A stretch longer by no more than this is not longer."""


def still_frames(
    values_deg: FloatArray,
    time_s: FloatArray,
    *,
    held_s: float,
    variation_deg: float,
    bridge_s: float,
) -> BoolArray:
    """Return (T,) the frames that belong to a time of little variation.

    Those of any stretch longer than ``held_s`` in which the angle's range is at most
    ``variation_deg``. An angle that is not observed for up to ``bridge_s`` does not end
    the stretch, but is itself not still.

    Args:
        values_deg: (T,) an angle; NaN where not observed.
        time_s: (T,) ascending.
        held_s: Shorter is not held.
        variation_deg: Largest range.
        bridge_s: Longest break in what is seen.
    """
    edges = span_edges_s(time_s)
    last = np.searchsorted(edges, edges[:-1] + held_s + ROUNDING_S, side="right") - 1
    seen = _seen_on(values_deg, edges, bridge_s, last)
    starts = np.flatnonzero(seen & (last < len(time_s)))
    if not starts.size:
        return np.zeros(len(time_s), dtype=np.bool_)
    ends = last[starts]
    spread = _extreme(values_deg, starts, ends) + _extreme(-values_deg, starts, ends)
    calm = spread <= variation_deg
    change = np.zeros(len(time_s) + 1, dtype=np.int64)
    np.add.at(change, starts[calm], 1)
    np.add.at(change, ends[calm] + 1, -1)
    still: BoolArray = (np.cumsum(change[:-1]) > 0) & np.isfinite(values_deg)
    return still


def _seen_on(
    values_deg: FloatArray, edges: FloatArray, bridge_s: float, last: IntArray
) -> BoolArray:
    """Return (T,) whether no break from here to the last frame is too long."""
    broken = np.zeros(len(values_deg), dtype=np.int64)
    for a, b in runs(~np.isfinite(values_deg)):
        broken[a : b + 1] = edges[b + 1] - edges[a] > bridge_s
    so_far = np.concatenate([[0], np.cumsum(broken)])
    here = np.arange(len(broken))
    ends = np.minimum(last, len(broken) - 1)
    seen: BoolArray = so_far[ends + 1] == so_far[here]
    return seen & np.isfinite(values_deg)


def _extreme(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Return the largest of ``values[first : last + 1]`` each, NaN left out.

    By maxima over powers of two: two of them cover any stretch.
    """
    level = np.floor(np.log2(last - first + 1)).astype(np.int64)
    found = np.empty(len(first))
    longest = np.where(np.isfinite(values), values, -np.inf)
    for k in range(int(level.max()) + 1):
        if k:
            half = 2 ** (k - 1)
            longest = np.maximum(longest[:-half], longest[half:])
        here = level == k
        a, b = first[here], last[here] + 1 - 2**k
        found[here] = np.maximum(longest[a], longest[b])
    return found
