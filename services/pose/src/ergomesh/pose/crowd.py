"""Who is who in a picture, given who was there before (pure)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeVar

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.pose.boxes import overlap
from ergomesh.pose.track import (
    OTHER_CLOTHES,
    SAME,
    Seen,
    Track,
    apart,
    begun,
    expected,
    followed,
    surprise,
    unlike,
)

A = TypeVar("A")
B = TypeVar("B")

MEMORY_S: Final = 2.0
"""How long a lost person is waited for; later it takes the whole clip to tell."""
CLEARLY: Final = 0.15
"""How much better another's clothes must fit before a track changes over."""
_REACH: Final = 0.3
"""How far from where they were expected a lost person may turn up …"""
_REACH_PER_S: Final = 0.8
"""… and how much farther with each second: 2 m/s."""
_GROWTH: Final = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Everybody known, and those of them seen in the last picture."""

    tracks: tuple[Track, ...] = ()
    seen: frozenset[int] = frozenset()
    """Numbers of the tracks that were seen in it."""
    found: frozenset[int] = frozenset()
    """Numbers of those that were lost, or on somebody else, before it."""

    def present(self) -> list[Track]:
        """Return the tracks that were seen in the last picture."""
        return [track for track in self.tracks if track.number in self.seen]


def settled(
    crowd: Crowd, own: Mapping[int, Seen], strangers: Sequence[Seen], time_s: float
) -> Crowd:
    """Give everybody in a picture to a track.

    Args:
        crowd: From the picture before.
        own: Whom the followed tracks show now, by their numbers.
        strangers: Who else was found.
        time_s: Time of the picture.
    """
    by_number = {track.number: track for track in crowd.tracks}
    told, free = _told_apart(by_number, dict(own), list(strangers), time_s)
    lost = [
        t for t in crowd.tracks if t.number not in told and time_s - t.seen_s < MEMORY_S
    ]
    cost = _again(time_s)
    for track, seen in list(paired(lost, free, cost)):
        told[track.number] = seen
        free = [each for each in free if each is not seen]
    known = [
        followed(t, told[t.number], time_s) if t.number in told else t
        for t in crowd.tracks
    ]
    first = max(by_number, default=-1) + 1
    new = [begun(first + k, seen, time_s) for k, seen in enumerate(free)]
    return Crowd(
        tracks=(*known, *new),
        seen=frozenset(told) | {t.number for t in new},
        found=frozenset(n for n in told if told[n] is not own.get(n)),
    )


def _told_apart(
    tracks: Mapping[int, Track],
    own: dict[int, Seen],
    strangers: list[Seen],
    time_s: float,
) -> tuple[dict[int, Seen], list[Seen]]:
    """Undo what goes wrong when people pass each other."""
    for a, b in combinations(sorted(own), 2):
        if a in own and b in own and apart(own[a].look, own[b].look) < SAME:
            del own[max((a, b), key=lambda n: _misfit(tracks[n], own[n], time_s))]
    for number in sorted(own):
        track, now = tracks[number], own[number]
        near = [s for s in strangers if _within_reach(track, s, time_s)]
        best = min(near, key=lambda s: unlike(track, s), default=None)
        if best is not None and unlike(track, now) - unlike(track, best) > CLEARLY:
            own[number] = best
            strangers = [*(s for s in strangers if s is not best), now]
    return own, strangers


def _misfit(track: Track, seen: Seen, time_s: float) -> float:
    return surprise(track, seen.look, time_s) + unlike(track, seen)


def _within_reach(track: Track, seen: Seen, time_s: float) -> bool:
    growth = seen.look.next_region.side_px / track.region.side_px
    reach = _REACH + _REACH_PER_S * (time_s - track.seen_s)
    return 1 / _GROWTH < growth < _GROWTH and surprise(track, seen.look, time_s) < reach


def _again(time_s: float) -> Callable[[Track, Seen], float | None]:
    def cost(track: Track, seen: Seen) -> float | None:
        far = not _within_reach(track, seen, time_s)
        if far or unlike(track, seen) > OTHER_CLOTHES:
            return None
        return _misfit(track, seen, time_s)

    return cost


def paired(
    ones: Sequence[A], others: Sequence[B], cost: Callable[[A, B], float | None]
) -> Iterator[tuple[A, B]]:
    """Pair two groups, the best pair first, each member at most once.

    Args:
        ones: One group.
        others: The other.
        cost: Of a pair; None where it can't be.
    """
    costs = [
        (value, i, j)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
        if (value := cost(one, other)) is not None
    ]
    left, right = set(range(len(ones))), set(range(len(others)))
    for _, i, j in sorted(costs):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            yield ones[i], others[j]


def crossing(tracks: Sequence[Track], time_s: float) -> set[int]:
    """Return the numbers of those who are in each other's way: hard to tell apart.

    Args:
        tracks: Everybody known.
        time_s: Time of the picture; who was lost lately may be hidden by another.
    """
    tracks = [track for track in tracks if time_s - track.seen_s < MEMORY_S]
    boxes = np.array([_box(track, time_s) for track in tracks]).reshape(-1, 4)
    return {
        track.number
        for k, track in enumerate(tracks)
        if (overlap(boxes[k], np.delete(boxes, k, axis=0)) > _TOUCH).any()
    }


_TOUCH: Final = 0.05


def _box(track: Track, time_s: float) -> FloatArray:
    step = expected(track, time_s).center_px - track.region.center_px
    return track.seen.look.box_px + np.tile(step, 2)
