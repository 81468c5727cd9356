"""Where a head can be between, before and after the times it was seen (numpy).

A cover is the box about all places that the head can have. Between two sightings that
is the straight way, and as far off it as a push of :data:`PUSH_M_S2` takes a head; a
way too fast to be sure of is covered whole. Beyond the ends a head may stay or go on.
Who is lost in one place and who turns up near it soon after may be one: the way between
the two is covered as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray

HOLD_S: Final = 0.6
"""How long a head stays covered after it was last and before it was first seen: longer
than the time between two looks of pose, 0.4 s."""
BRIDGE_S: Final = 2.0
"""Over how long an absence a head is taken to have moved straight."""
PUSH_M_S2: Final = 10.0
"""How hard a head is pushed off the straight way at most: it falls as hard."""
FAST_M_S: Final = 4.0
"""Speed of a head, a run, from which one of its two places may be wrong: in a
somersault the landmarks take the feet for the head."""
SPREAD_M: Final = 0.45
"""How much farther than the head a cover reaches at most: a bow, a squat or a step to
the side within half a second (our choice)."""
_SURE_S: Final = 0.5
"""Longest time over which a fast way is covered whole."""
_PACE_S: Final = 0.3
"""Time over which the pace at the ends is measured."""
_TURNED_UP_S: Final = 1.0
"""How long after somebody was lost another may be them: pose itself joins the rest."""
_ASTRAY_M: Final = 1.0
"""How far, beside what they ran, who was lost may turn up: a turn of the body."""
_RESIZED: Final = 2.0
"""Factor by which their size may differ then."""


@dataclass(frozen=True, slots=True)
class Knots:
    """A head at the K times it was seen, ascending."""

    time_s: FloatArray
    """(K,)."""
    boxes_px: FloatArray
    """(K, 4) left, top, right, bottom in the upright picture, about all of it."""
    corner_px: FloatArray
    """(K,) radius of the boxes' corners; half of a round head."""
    metre_px: FloatArray
    """(K,) what a metre at the head measures in the picture."""

    @property
    def middles_px(self) -> FloatArray:
        """(K, 2)."""
        return (self.boxes_px[:, :2] + self.boxes_px[:, 2:]) / 2

    def only(self, rows: BoolArray | IntArray | slice | list[int]) -> "Knots":
        """Return some of them."""
        return Knots(
            self.time_s[rows],
            self.boxes_px[rows],
            self.corner_px[rows],
            self.metre_px[rows],
        )


def stacked(heads: Sequence[Knots]) -> Knots:
    """Return the knots of one head or more, one after the other."""
    return Knots(
        np.concatenate([head.time_s for head in heads]),
        np.concatenate([head.boxes_px for head in heads]),
        np.concatenate([head.corner_px for head in heads]),
        np.concatenate([head.metre_px for head in heads]),
    )


@dataclass(frozen=True, slots=True)
class Covers:
    """What to cover in F pictures."""

    first: IntArray
    """(F + 1,) row of the first box of each picture; the last is R."""
    boxes_px: FloatArray
    """(R, 5) left, top, right, bottom in the upright picture, radius of the corners."""

    def at(self, picture: int) -> FloatArray:
        """Return (N, 5) the boxes of a picture."""
        return self.boxes_px[self.first[picture] : self.first[picture + 1]]


def covers_of(times_s: FloatArray, heads: Sequence[Knots]) -> Covers:
    """Return what to cover in every picture.

    Args:
        times_s: (F,) of the pictures, ascending.
        heads: Everybody's.
    """
    heads = [head for head in heads if len(head.time_s)]
    pairs = bridges(heads)
    holds_s = np.full((len(heads), 2), HOLD_S)
    for lost, found in pairs:  # who turned up need not be held any longer
        gap_s = heads[found].time_s[0] - heads[lost].time_s[-1]
        holds_s[[lost, found], [1, 0]] = np.minimum(gap_s, HOLD_S)
    parts = [
        *map(partial(_held, times_s), heads, holds_s),
        *(_bridged(times_s, heads[lost], heads[found]) for lost, found in pairs),
    ]
    pictures = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in parts)])
    boxes = np.concatenate([np.zeros((0, 5)), *(part[1] for part in parts)])
    order = np.argsort(pictures, kind="stable")
    first = np.searchsorted(pictures[order], np.arange(len(times_s) + 1))
    return Covers(first, boxes[order])


# ---- one head


def _held(
    times_s: FloatArray, head: Knots, holds_s: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return (N,) pictures and (N, 5) covers, (2,) holds at both ends included."""
    ends_s = head.time_s[[0, -1]] + [-holds_s[0], holds_s[1]]
    pictures = np.arange(*np.searchsorted(times_s, ends_s))
    boxes = _boxes_at(times_s[pictures], head)
    there = np.isfinite(boxes[:, 0])
    return pictures[there], boxes[there]


def _bridged(
    times_s: FloatArray, lost: Knots, found: Knots
) -> tuple[IntArray, FloatArray]:
    """Return (N,) pictures and (N, 5) covers between two heads."""
    bridge = stacked([lost.only(slice(-1, None)), found.only(slice(1))])
    pictures = np.arange(
        np.searchsorted(times_s, bridge.time_s[0]),
        np.searchsorted(times_s, bridge.time_s[1], side="right"),
    )
    return pictures, _boxes_at(times_s[pictures], bridge)


def _boxes_at(times_s: FloatArray, head: Knots) -> FloatArray:
    """Return (F, 5) covers of a head, NaN where it was long away."""
    known_s, last = head.time_s, len(head.time_s) - 1
    after = np.clip(np.searchsorted(known_s, times_s), 0, last)
    before = np.maximum(after - (known_s[after] > times_s), 0)
    step_s = known_s[after] - known_s[before]
    weight = np.clip(
        (times_s - known_s[before]) / np.where(step_s > 0, step_s, 1), 0, 1
    )
    nearest = np.where(weight < 1 / 2, before, after)
    on_s = times_s - known_s[nearest]
    between = (step_s <= BRIDGE_S) & (times_s >= known_s[0]) & (times_s <= known_s[-1])
    wide = _spanning(head)
    blend = wide[before] + weight[:, None] * (wide[after] - wide[before])
    boxes = np.where(between[:, None], blend, _going_on(head, wide, nearest, on_s))
    push_s2 = np.where(between, step_s**2 * weight * (1 - weight), on_s**2)
    off_m = np.minimum(PUSH_M_S2 / 2 * push_s2, SPREAD_M)
    off_px = off_m * np.maximum(head.metre_px[before], head.metre_px[after])
    boxes += off_px[:, None] * [-1, -1, 1, 1]
    corner_px = np.minimum(head.corner_px[before], head.corner_px[after]) + off_px
    boxes[~between & (np.abs(on_s) > HOLD_S)] = np.nan
    return np.column_stack([boxes, corner_px])


def _spanning(head: Knots) -> FloatArray:
    """Return (K, 4) the boxes, each about its neighbours' where the way is too fast."""
    wide, steps_s = head.boxes_px.copy(), np.diff(head.time_s)
    way_px = np.linalg.norm(np.diff(head.middles_px, axis=0), axis=1)
    metre_px = np.maximum(head.metre_px[:-1], head.metre_px[1:])
    fast = (way_px > FAST_M_S * steps_s * metre_px) & (steps_s <= _SURE_S)
    row = np.flatnonzero(fast)
    for here, there in ((row, row + 1), (row + 1, row)):
        wide[here] = hull(wide[here], head.boxes_px[there])
    return wide


def _going_on(
    head: Knots, wide: FloatArray, at: IntArray, on_s: FloatArray
) -> FloatArray:
    """Return (F, 4) boxes about where a head was and where its pace takes it.

    Args:
        head: K knots.
        wide: (K, 4) their boxes, widened.
        at: (F,) which knot is the nearest.
        on_s: (F,) time since then; where negative, it is still to come there.
    """
    pace_px_s = np.where((on_s > 0)[:, None], _pace(head)[at], _pace(head, -1)[at])
    way = np.tile(pace_px_s * on_s[:, None], 2)
    return hull(wide[at], wide[at] + way)


def _pace(head: Knots, sign: int = 1) -> FloatArray:
    """Return (K, 2) pixels per second at which a head came to its places.

    Args:
        head: K knots.
        sign: -1 for the pace at which it left them.
    """
    times_s, middles = sign * head.time_s[::sign], head.middles_px[::sign]
    here = np.arange(len(times_s))
    before = np.minimum(np.searchsorted(times_s, times_s - _PACE_S), here - 1)
    before = np.maximum(before, 0)
    took_s = times_s - times_s[before]
    near = (took_s > 0) & (took_s <= BRIDGE_S)
    way = np.where(near[:, None], middles - middles[before], 0)
    pace = sign * way / np.where(near, took_s, 1)[:, None]
    speed_m_s = np.linalg.norm(pace, axis=1) / head.metre_px[::sign]
    limited: FloatArray = pace * (FAST_M_S / np.maximum(speed_m_s, FAST_M_S))[:, None]
    return limited[::sign]


def hull(some: FloatArray, others: FloatArray) -> FloatArray:
    """Return (…, 4) the boxes about two; NaN is none."""
    low = np.fmin(some[..., :2], others[..., :2])
    return np.concatenate([low, np.fmax(some[..., 2:], others[..., 2:])], axis=-1)


# ---- two heads that may be one


def bridges(heads: Sequence[Knots]) -> list[tuple[int, int]]:
    """Return who was lost and who turned up near and soon after, in pairs.

    Each of them is paired with the nearest that it may be.

    Args:
        heads: N, each with a knot at least.
    """
    if not heads:
        return []
    lost, found = (stacked([head.only([row]) for head in heads]) for row in (-1, 0))
    ways_px = _ways(lost, found)
    reachable = np.isfinite(ways_px)
    rows = np.arange(len(heads))
    pairs = {
        *((int(i), int(ways_px[i].argmin())) for i in rows[reachable.any(axis=1)]),
        *((int(ways_px[:, j].argmin()), int(j)) for j in rows[reachable.any(axis=0)]),
    }
    return sorted(pairs)


def _ways(lost: Knots, found: Knots) -> FloatArray:
    """Return (N, N) pixels from who was lost to who turned up, infinite if not one."""
    gap_s = found.time_s - lost.time_s[:, None]
    ways_px = np.linalg.norm(found.middles_px - lost.middles_px[:, None], axis=-1)
    sizes = found.metre_px, lost.metre_px[:, None]
    metre_px = np.maximum(*sizes)
    possible = (
        (gap_s > 0)
        & (gap_s <= _TURNED_UP_S)
        & (metre_px < _RESIZED * np.minimum(*sizes))
        & (ways_px <= (FAST_M_S * gap_s + _ASTRAY_M) * metre_px)
    )
    return np.where(possible, ways_px, np.inf)
