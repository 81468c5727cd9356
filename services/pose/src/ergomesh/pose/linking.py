"""From the tracks of all ranges to the persons of the clip (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.pose import colours
from ergomesh.pose.boxes import overlap
from ergomesh.pose.crowd import paired
from ergomesh.pose.range_view import RangeView

FIRM_S: Final = 0.5
"""Shorter stretches are misdetections …"""
FIRM_CHECKS: Final = 2
"""… and so are those with fewer detections …"""
STRETCH_S: Final = 1.0
"""… between gaps longer than this."""
SAME_BOX: Final = 0.3
"""Mean overlap of boxes on shared pictures from which two tracks are one person."""
DOUBLED_BOX: Final = 0.5
"""Least overlap of boxes in every picture in which one person was followed twice: two
people who pass each other overlap less, or not in all."""
MOMENT_S: Final = 0.15
"""Shorter than this two tracks only touch: the overlap of two ranges is enough."""
NEAR_S: Final = 3.0
"""Gap up to which place and clothes together tell whether somebody came back."""
NEAR_CLOTHES: Final = 0.3
"""Difference of colours up to which they may be the same person then …"""
FAR_CLOTHES: Final = 0.15
"""… and after a longer gap or way, when nobody else is dressed alike."""
_REACH: Final = 0.7
_REACH_PER_S: Final = 1.2
_FAST_PER_S: Final = 3.0
"""How far somebody may be from where they were left, in their own heights: at once,
with each second of the gap (2 m/s), and at most (5 m/s) if nobody is dressed alike."""
_GROWTH: Final = 1.8
"""Factor by which their height may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """Sights of one person, in the order of time."""

    part: tuple[int, ...]
    """Per sight, which range saw it …"""
    row: tuple[int, ...]
    """… in which of its rows."""
    time_s: FloatArray
    """(R,)."""
    box_px: FloatArray
    """(R, 4)."""
    checked: BoolArray
    """(R,) whether the detector found them there."""
    scanned: BoolArray
    """(R,) whether the whole picture was searched then."""
    colours: FloatArray | None
    """Clothes, if ever seen."""


def is_firm(each: Sights, clip_s: float) -> bool:
    """Whether somebody was seen long and surely enough at a stretch to be real.

    Args:
        each: The person.
        clip_s: Length of the clip; in a very short one less must do.
    """
    least_s = min(FIRM_S, clip_s / 2)
    least_checks = FIRM_CHECKS if clip_s >= 2 * FIRM_S else 1
    breaks = np.flatnonzero(np.diff(each.time_s) > STRETCH_S) + 1
    return any(
        len(time_s)
        and time_s[-1] - time_s[0] >= least_s
        and checked.sum() >= least_checks
        for time_s, checked in zip(
            np.split(each.time_s, breaks), np.split(each.checked, breaks), strict=True
        )
    )


def persons(parts: Sequence[RangeView]) -> list[Sights]:
    """Return everybody in a clip.

    Args:
        parts: All ranges, in their order.
    """
    return _reunited([_gathered(parts, chain) for chain in _chains(parts)])


def _chains(parts: Sequence[RangeView]) -> list[list[tuple[int, int]]]:
    """Return the tracks that are one because ranges overlap, as (range, track)."""
    chains: list[list[tuple[int, int]]] = []
    ending: dict[int, list[tuple[int, int]]] = {}
    for index, part in enumerate(parts):
        before = parts[index - 1] if index else None
        links = dict(_links(before, part)) if before else {}
        begun: dict[int, list[tuple[int, int]]] = {}
        for track in sorted(set(part.track.tolist())):
            chain = ending.get(links.get(track, -1))
            if chain is None:
                chain = []
                chains.append(chain)
            chain.append((index, track))
            begun[track] = chain
        ending = begun
    return chains


def _links(before: RangeView, after: RangeView) -> list[tuple[int, int]]:
    """Return pairs of a range's track and the earlier range's."""

    def cost(new: int, old: int) -> float | None:
        shared = _shared_overlap(before, old, after, new)
        return None if shared is None or shared < SAME_BOX else 1 - shared

    new = sorted(set(after.track.tolist()))
    old = sorted(set(before.track.tolist()))
    return list(paired(new, old, cost))


def _shared_overlap(
    before: RangeView, old: int, after: RangeView, new: int
) -> float | None:
    """Return the mean overlap of two tracks on the pictures that both ranges saw."""
    earlier = _boxes_by_frame(before, old)
    later = _boxes_by_frame(after, new)
    shared = sorted(earlier.keys() & later.keys())
    if not shared:
        return None
    return float(np.mean([overlap(earlier[f], later[f][None])[0] for f in shared]))


def _boxes_by_frame(part: RangeView, track: int) -> dict[int, FloatArray]:
    rows = np.flatnonzero(part.track == track)
    frames = part.frame[part.step[rows]].tolist()
    return dict(zip(frames, part.box_px[rows], strict=True))


def _gathered(parts: Sequence[RangeView], chain: Sequence[tuple[int, int]]) -> Sights:
    """Return the kept sights of a chain of tracks."""
    found = [
        (index, row)
        for index, track in chain
        for row in np.flatnonzero(parts[index].track == track).tolist()
        if parts[index].kept[parts[index].step[row]]
    ]
    clothes = [parts[index].colours[track] for index, track in chain]
    worn = [each for each in clothes if not np.isnan(each).all()]
    steps = [(parts[index], parts[index].step[row], row) for index, row in found]
    return Sights(
        part=tuple(index for index, _ in found),
        row=tuple(row for _, row in found),
        time_s=np.array([part.time_s[step] for part, step, _ in steps]),
        box_px=np.array([part.box_px[row] for part, _, row in steps]).reshape(-1, 4),
        checked=np.array([part.checked[row] for part, _, row in steps], dtype=bool),
        scanned=np.array([part.scanned[step] for part, step, _ in steps], dtype=bool),
        colours=_mean(worn),
    )


def _reunited(people: list[Sights]) -> list[Sights]:
    """Join stretches in which somebody was lost and came back, the best pair first."""
    people = [each for each in people if len(each.time_s)]
    while True:
        costs = [
            (cost, i, j)
            for i, first in enumerate(people)
            for j, then in enumerate(people)
            if i != j and (cost := _return_cost(first, then, people)) is not None
        ]
        if not costs:
            return people
        _, i, j = min(costs)
        joined = _joined(people[i], people[j])
        people = [p for k, p in enumerate(people) if k not in {i, j}] + [joined]


def _return_cost(first: Sights, then: Sights, people: Sequence[Sights]) -> float | None:
    """Return how unlikely two stretches are one person, None where they are not."""
    gap_s = float(then.time_s[0] - first.time_s[-1])
    clothes = _unlike(first, then)
    if clothes is None:
        return None
    if gap_s <= 0:
        same = clothes < NEAR_CLOTHES and _is_doubled(first, then)
        return clothes if same else None
    if gap_s > NEAR_S:
        known = clothes < FAR_CLOTHES and not _confused(first, then, people)
        return 1 + clothes if known else None
    moved = _displacement(first, then)
    near = moved - _REACH_PER_S * gap_s
    if near < _REACH and clothes < NEAR_CLOTHES:
        return clothes + 0.1 * max(near, 0.0)
    fast = moved - _FAST_PER_S * gap_s < _REACH and clothes < FAR_CLOTHES
    return 1 + clothes if fast and not _confused(first, then, people) else None


def _is_doubled(first: Sights, then: Sights) -> bool:
    """Whether one person was followed twice for a moment, as when nearly lost."""
    shared_s, a, b = np.intersect1d(first.time_s, then.time_s, return_indices=True)
    step_s = max(_step_s(first), _step_s(then))
    if not shared_s.size or shared_s.size * step_s > STRETCH_S:
        return False
    boxes = zip(first.box_px[a], then.box_px[b], strict=True)
    overlaps = [overlap(one, other[None])[0] for one, other in boxes]
    least = SAME_BOX if shared_s.size * step_s < MOMENT_S else DOUBLED_BOX
    return bool(min(overlaps) >= least)


def _step_s(each: Sights) -> float:
    """Return the usual time between two sights."""
    return float(np.median(np.diff(each.time_s))) if len(each.time_s) > 1 else 0.0


def _confused(first: Sights, then: Sights, people: Sequence[Sights]) -> bool:
    """Whether anybody else is dressed like somebody who was lost."""
    others = [
        _unlike(first, each)
        for each in people
        if each is not first and each is not then
    ]
    return any(other is not None and other < NEAR_CLOTHES for other in others)


def _unlike(a: Sights, b: Sights) -> float | None:
    if a.colours is None or b.colours is None:
        return None
    return colours.difference(a.colours, b.colours)


def _mean(worn: Sequence[FloatArray]) -> FloatArray | None:
    """Return the mean of some clothes, None of none."""
    mean: FloatArray | None = None
    for count, each in enumerate(worn):
        mean = each if mean is None else colours.mixed(mean, each, 1 / (count + 1))
    return mean


def _displacement(first: Sights, then: Sights) -> float:
    """Return how far somebody moved over a gap, in heights; infinite if resized."""
    before = first.box_px[first.time_s >= first.time_s[-1] - STRETCH_S]
    after = then.box_px[then.time_s <= then.time_s[0] + STRETCH_S]
    heights = [float(np.median(b[:, 3] - b[:, 1])) for b in (before, after)]
    if max(heights) > _GROWTH * min(heights):
        return math.inf
    left, found = before[-1], after[0]
    middles = (left[:2] + left[2:]) / 2, (found[:2] + found[2:]) / 2
    return float(math.dist(*middles) / max(heights))


def _joined(first: Sights, then: Sights) -> Sights:
    """Return two stretches as one; what both saw is as the longer saw it."""
    first, then = sorted((first, then), key=lambda each: -len(each.time_s))
    worn = [each.colours for each in (first, then) if each.colours is not None]
    every = Sights(
        part=first.part + then.part,
        row=first.row + then.row,
        time_s=np.concatenate([first.time_s, then.time_s]),
        box_px=np.concatenate([first.box_px, then.box_px]),
        checked=np.concatenate([first.checked, then.checked]),
        scanned=np.concatenate([first.scanned, then.scanned]),
        colours=_mean(worn),
    )
    _, once = np.unique(every.time_s, return_index=True)
    return _picked(every, once)


def _picked(each: Sights, rows: IntArray) -> Sights:
    """Return some sights."""
    return replace(
        each,
        part=tuple(each.part[row] for row in rows.tolist()),
        row=tuple(each.row[row] for row in rows.tolist()),
        time_s=each.time_s[rows],
        box_px=each.box_px[rows],
        checked=each.checked[rows],
        scanned=each.scanned[rows],
    )
