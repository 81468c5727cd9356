"""Lifts in a motion: both hands, in a carrying relation, on their way up.

The hands carry when their middle knuckles are near each other, about level, and known
well enough. Their height counts from the lower foot, so that a slope in the world, a
step or a jump lifts nothing. A lift is an unbroken way up of at least ``lift_min_m``
between two rests (or turns) in sight, during which the hands keep their distance. The
same downwards is lowering, or reaching down with empty hands: no picture tells.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.holding import span_edges_s
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import bridged_runs, runs

SMOOTH_S: Final = 0.3
"""Time over which heights are averaged before speeds are taken. No source: a third of
a quick lift."""

LEVEL_DIGITS: Final = 4
"""Decimals of a metre to which heights are the same: the end nearest to the way up."""

KNUCKLES: Final = [JOINT[f"{side}_middle1"] for side in SIDES]
WRISTS: Final = [JOINT[f"{side}_wrist"] for side in SIDES]
ANKLES: Final = [JOINT[f"{side}_ankle"] for side in SIDES]


@dataclass(frozen=True, slots=True)
class Move:
    """Both hands on their way up or down."""

    first: int
    """Row of the motion at the origin."""
    last: int
    """Row at the destination."""
    up: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """What the hands do in a clip."""

    found: tuple[Move, ...]
    """In the order of time."""
    told: BoolArray
    """(T,) whether a frame tells where the hands are."""


@dataclass(frozen=True, slots=True)
class _Hands:
    """Both hands over T frames."""

    height_m: FloatArray
    """(T,) of their midpoint above the lower ankle, smoothed; NaN: not told."""
    speed_m_s: FloatArray
    """(T,) upwards."""
    apart_m: FloatArray
    """(T,)."""
    carrying: BoolArray
    """(T,)."""


def find_moves(motion: Motion, thresholds: Thresholds) -> Moves:
    """Find every way up or down of hands that could carry something.

    Args:
        motion: T frames; NaN in gaps.
        thresholds: What counts as a lift.
    """
    told = hands_told(motion, thresholds)
    if np.count_nonzero(told) <= 1:
        return Moves((), told)
    hands = _hands(motion, told, thresholds)
    found = [
        move
        for up in (True, False)
        for move in _moves(hands, motion.time_s, thresholds, up=up)
    ]
    return Moves(tuple(sorted(found, key=lambda move: move.first)), told)


def hands_told(motion: Motion, thresholds: Thresholds) -> BoolArray:
    """Return (T,) whether a frame tells where both hands are.

    A hand behind the load is not seen, yet its arm may say where it is: one of the
    hands must be observed, and both be certain enough.
    """
    sure = (motion.joint_sd_m[:, WRISTS] <= thresholds.lift_sd_m).all(axis=1)
    seen = motion.joint_observed[:, WRISTS].any(axis=1)
    told: BoolArray = sure & seen & person_present(motion)
    return told


def _hands(motion: Motion, told: BoolArray, thresholds: Thresholds) -> _Hands:
    left, right = np.moveaxis(motion.joints_world_m[:, KNUCKLES], 1, 0)
    feet = motion.joints_world_m[:, ANKLES, 1].min(axis=1)
    middle = np.where(told, 0.5 * (left + right)[:, 1] - feet, np.nan)
    height = smoothed(middle, motion.time_s, SMOOTH_S)
    apart = np.linalg.norm(left - right, axis=1)
    uneven = np.abs(left[:, 1] - right[:, 1])
    carrying = (
        told
        & (apart <= thresholds.lift_hands_apart_m)
        & (uneven <= thresholds.lift_hands_uneven_m)
    )
    return _Hands(height, np.gradient(height, motion.time_s), apart, carrying)


def smoothed(values: FloatArray, time_s: FloatArray, window_s: float) -> FloatArray:
    """Return the mean of what is known within half a window on either side.

    Args:
        values: (T,); NaN stays NaN.
        time_s: (T,) ascending.
        window_s: Width.
    """
    known = np.isfinite(values)
    first = np.searchsorted(time_s, time_s - window_s / 2 - 1e-9)
    last = np.searchsorted(time_s, time_s + window_s / 2 + 1e-9)
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(each)])
        for each in (np.where(known, values, 0.0), known)
    )
    count = counts[last] - counts[first]
    mean = (sums[last] - sums[first]) / np.maximum(count, 1)
    return np.where(known, mean, np.nan)


def _moves(
    hands: _Hands, time_s: FloatArray, thresholds: Thresholds, *, up: bool
) -> list[Move]:
    """Return the ways in one direction."""
    edges = span_edges_s(time_s)
    sign = 1 if up else -1
    speed = sign * hands.speed_m_s
    going = hands.carrying & (speed > thresholds.lift_still_m_s)
    resting = np.zeros_like(going)
    still = np.abs(speed) <= thresholds.lift_still_m_s
    for a, b in bridged_runs(still, edges, bridge_s=0.0, min_s=thresholds.lift_rest_s):
        resting[a : b + 1] = True
    onwards = hands.carrying & (speed >= -thresholds.lift_still_m_s) & ~resting
    ways = _ways(onwards, going)
    ways = ways[_in_sight(hands, ways)]
    spans = _spans(time_s, ways)
    far = _reach_m(hands, spans) >= thresholds.lift_min_m - 10.0**-LEVEL_DIGITS
    found = (
        _ends(hands, *way, *span, up=up)
        for way, span in zip(ways[far].tolist(), spans[far].tolist(), strict=True)
    )
    return [move for move in found if _is_lift(hands, move, thresholds)]


def _ways(onwards: BoolArray, going: BoolArray) -> IntArray:
    """Return (N, 2) the first and the last frame going, in each run onwards."""
    stretches = np.array(runs(onwards), dtype=np.int64).reshape(-1, 2)
    rows = np.flatnonzero(going)
    first = np.searchsorted(rows, stretches[:, 0])
    last = np.searchsorted(rows, stretches[:, 1], side="right") - 1
    some = first <= last
    return np.stack([rows[first[some]], rows[last[some]]], axis=1)


def _in_sight(hands: _Hands, ways: IntArray) -> BoolArray:
    """Tell whether ways begin and end in sight, not at a gap or the clip's ends."""
    known = np.concatenate([[False], np.isfinite(hands.height_m), [False]])
    seen: BoolArray = known[ways[:, 0]] & known[ways[:, 1] + 2]
    return seen


def _spans(time_s: FloatArray, ways: IntArray) -> IntArray:
    """Return (N, 2) from which frame on, and before which one, ends are looked for."""
    before = np.searchsorted(time_s, time_s[ways[:, 0]] - SMOOTH_S)
    after = np.searchsorted(time_s, time_s[ways[:, 1]] + SMOOTH_S, side="right")
    return np.stack([before, after], axis=1)


def _reach_m(hands: _Hands, spans: IntArray) -> FloatArray:
    """Return (N,) the most that the height of carrying hands differs in each span.

    No way between :func:`_ends` is longer: short ones need not be looked at.
    """
    if not spans.size:
        return np.zeros(0)
    most, least = (
        pick.reduceat(
            np.append(np.where(hands.carrying, hands.height_m, nothing), nothing),
            spans.ravel(),
        )[::2]
        for pick, nothing in ((np.maximum, -np.inf), (np.minimum, np.inf))
    )
    reach: FloatArray = most - least
    return reach


def _ends(
    hands: _Hands, first: int, last: int, before: int, after: int, *, up: bool
) -> Move:
    """Reach out to the rests (or turns) at both ends, which the smoothing blurs."""
    level = np.round(hands.height_m[before:after], LEVEL_DIGITS)
    carrying = hands.carrying[before:after]
    height = level if up else -level
    low, high = np.where(carrying, height, np.inf), np.where(carrying, height, -np.inf)
    origin = first - int(np.argmin(low[: first + 1 - before][::-1]))
    destination = last + int(np.argmax(high[last - before :]))
    return Move(origin, destination, up)


def _is_lift(hands: _Hands, move: Move, thresholds: Thresholds) -> bool:
    way = abs(hands.height_m[move.last] - hands.height_m[move.first])
    apart = hands.apart_m[move.first : move.last + 1]
    changed = np.fmax.reduce(apart) - np.fmin.reduce(apart)
    long = way >= thresholds.lift_min_m
    return bool(long and changed <= thresholds.lift_grip_change_m)
