"""Who of the people in a clip is the worker (pure)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.job import PersonAt
from ergomesh.contract.people import People, Person, Sighting
from ergomesh.pose.linking import Sights, is_firm
from ergomesh.pose.range_view import RangeView

ASIDE: Final = 0.5
"""Weight that a person at the edge of the picture loses (our choice)."""
POINTED_S: Final = 0.5
"""How far in time from the user's point a person may have been seen …"""
POINTED_AT: Final = 0.05
"""… and how far outside their box the point may lie, as a share of the diagonal."""


class NobodyThereError(ValueError):
    """Nobody is where the user pointed; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The worker, and everybody."""

    worker: Sights | None
    people: People


def chosen(
    people: Sequence[Sights],
    parts: Sequence[RangeView],
    size_px: tuple[int, int],
    at: PersonAt | None,
) -> Chosen:
    """Choose the worker: who is seen longest, largest and most central.

    Args:
        people: Everybody, from :func:`ergomesh.pose.linking.persons`.
        parts: The ranges, in their order.
        size_px: Width and height of the upright picture.
        at: Where the user pointed, if they did.

    Raises:
        NobodyThereError: When nobody is where the user pointed.
    """
    looks = max(sum(int((p.scanned & p.kept).sum()) for p in parts), 1)
    clip_s = max(part.time_s[-1] for part in parts if len(part.time_s))
    firm = [is_firm(each, clip_s) for each in people]
    real = [each for each, kept in zip(people, firm, strict=True) if kept]
    passing = [each for each, kept in zip(people, firm, strict=True) if not kept]
    ranked = sorted(real, key=lambda each: -_weight(each, looks, size_px))
    if at is not None:
        worker = _pointed_at(ranked, at, size_px)
        ranked = [worker, *(each for each in ranked if each is not worker)]
    told = tuple(
        _person(k + 1, each, parts, looks, size_px) for k, each in enumerate(ranked)
    )
    return Chosen(
        worker=ranked[0] if ranked else None,
        people=People(
            chosen_by=_reason(told, at),
            persons=told,
            passing=(
                *(_sightings(each, parts, size_px) for each in passing),
                *_strangers(parts, size_px),
            ),
        ),
    )


def _weight(each: Sights, looks: int, size_px: tuple[int, int]) -> float:
    """Return duration x size x nearness to the middle of the picture."""
    size = np.array(size_px)
    middles = (each.box_px[:, :2] + each.box_px[:, 2:]) / 2
    off = np.linalg.norm(middles - size / 2, axis=1) / (np.linalg.norm(size) / 2)
    central = 1 - ASIDE * min(float(np.median(off)), 1.0)
    return _seen_share(each, looks) * _height_share(each, size_px) * central


def _seen_share(each: Sights, looks: int) -> float:
    return float(each.scanned.sum()) / looks


def _height_share(each: Sights, size_px: tuple[int, int]) -> float:
    heights = each.box_px[:, 3] - each.box_px[:, 1]
    return float(np.median(heights)) / size_px[1]


def _pointed_at(
    people: Sequence[Sights], at: PersonAt, size_px: tuple[int, int]
) -> Sights:
    """Return who is at a point, the nearest if boxes overlap there."""
    point_px = np.array([at.x, at.y]) * size_px
    near = [(_miss(each, point_px, at.time_s), k) for k, each in enumerate(people)]
    limit = POINTED_AT * math.hypot(*size_px)
    hits = [(*miss, k) for miss, k in near if miss is not None and miss[0] <= limit]
    if hits:
        return people[min(hits)[-1]]
    raise NobodyThereError(_nobody_there(people, at, size_px))


def _miss(
    each: Sights, point_px: FloatArray, time_s: float
) -> tuple[float, float] | None:
    """Return how far a point is from a person's box, and from its middle."""
    nearest = int(np.argmin(np.abs(each.time_s - time_s)))
    if abs(each.time_s[nearest] - time_s) > POINTED_S:
        return None
    box = each.box_px[nearest]
    outside = np.maximum(np.maximum(box[:2] - point_px, point_px - box[2:]), 0)
    middle = (box[:2] + box[2:]) / 2
    return float(np.linalg.norm(outside)), float(np.linalg.norm(point_px - middle))


def _nobody_there(
    people: Sequence[Sights], at: PersonAt, size_px: tuple[int, int]
) -> str:
    there = [
        each.box_px[int(np.argmin(np.abs(each.time_s - at.time_s)))]
        for each in people
        if np.abs(each.time_s - at.time_s).min() <= POINTED_S
    ]
    places = [(box[:2] + box[2:]) / 2 / size_px for box in there]
    seen = " and ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    hint = f"people are at {seen} then" if seen else "nobody was found at that time"
    return (
        f"Nobody is at {at.x:.2f},{at.y:.2f} of the picture at {at.time_s:.1f} s "
        f"({hint}): point at the middle of the worker's body at a time when it is "
        "in full view."
    )


def _reason(people: Sequence[Person], at: PersonAt | None) -> str:
    others = len(people) - 1
    if not people:
        return "Nobody was found."
    ignored = {0: "nobody else was seen", 1: "one other person was left out"}.get(
        others, f"{others} other people were left out"
    )
    if at is not None:
        return (
            f"The person at {at.x:.2f},{at.y:.2f} of the picture at {at.time_s:.1f} s, "
            f"as asked; {ignored}."
        )
    if not others:
        return "The only person seen."
    return f"Seen longest, largest and most central; {ignored}."


def _person(
    number: int,
    each: Sights,
    parts: Sequence[RangeView],
    looks: int,
    size_px: tuple[int, int],
) -> Person:
    return Person(
        number=number,
        from_s=float(each.time_s[0]),
        to_s=float(each.time_s[-1]),
        seen_share=_seen_share(each, looks),
        height_share=_height_share(each, size_px),
        sightings=_sightings(each, parts, size_px),
    )


def _sightings(
    each: Sights, parts: Sequence[RangeView], size_px: tuple[int, int]
) -> tuple[Sighting, ...]:
    """Return all of a person's sights: a cover must follow a leap or a crouch.

    Where they were lost in between or after, whoever was found in their place.
    """
    told = [
        _sighting(time_s, parts[part].box_px[row], parts[part].head_px[row], size_px)
        for time_s, part, row in zip(
            each.time_s.tolist(), each.part, each.row, strict=True
        )
    ]
    tracks = {
        (part, int(parts[part].track[row]))
        for part, row in zip(each.part, each.row, strict=True)
    }
    for part, track in sorted(tracks):
        told += _glimpsed(parts[part], track, size_px)
    return tuple(sorted(told, key=lambda sighting: sighting.time_s))


def _strangers(
    parts: Sequence[RangeView], size_px: tuple[int, int]
) -> Iterator[tuple[Sighting, ...]]:
    """Yield the sights of those who were only ever glimpsed."""
    for part in parts:
        for track in np.unique(part.glimpse_track[part.glimpse_track < 0]).tolist():
            if told := tuple(_glimpsed(part, track, size_px)):
                yield told


def _glimpsed(
    part: RangeView, track: int, size_px: tuple[int, int]
) -> Iterator[Sighting]:
    """Yield who was found where somebody of a range was lost, or a stranger."""
    ours = (part.glimpse_track == track) & part.kept[part.glimpse_step]
    for row in np.flatnonzero(ours).tolist():
        yield _sighting(
            float(part.time_s[part.glimpse_step[row]]),
            part.glimpse_box_px[row],
            part.glimpse_head_px[row],
            size_px,
        )


def _sighting(
    time_s: float, box_px: FloatArray, head_px: FloatArray, size_px: tuple[int, int]
) -> Sighting:
    size = np.tile(np.array(size_px, dtype=np.float64), 2)
    return Sighting(
        time_s=time_s,
        box=_four(np.clip(box_px / size, 0, 1)),
        head=_four(head_px / size),
    )


def _four(values: FloatArray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(v, 4) for v in values.tolist())
    return left, top, right, bottom
