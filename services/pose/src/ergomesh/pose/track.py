"""One person, followed from picture to picture (pure).

Distances between people are in shares of their window, which is about 1.4 times
as large as they are tall: 0.1 is a quarter of a metre.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import LANDMARK, SIDES
from ergomesh.pose import colours
from ergomesh.pose.detection import Look
from ergomesh.pose.region import Region

PRESENT: Final = 0.5
"""Score from which a look shows a person: MediaPipe's own default."""
SAME: Final = 0.08
"""Two looks with torsos nearer than this show one person: 20 cm."""
NEAR: Final = 0.12
"""A detection with hips nearer than this to a look's is of that person."""
SIMILAR: Final = 1.6
"""… if their windows differ by no more than this factor."""
JUMP: Final = 0.2
"""How far hips may be from where they were expected, and still be theirs: half a
metre within a fifteenth of a second is 7 m/s."""
GROWTH: Final = 1.5
"""Factor by which a window may change between two pictures."""
OTHER_CLOTHES: Final = 0.35
"""Difference of colours from which two sights are of two people (our choice; the
same person's differ by 0.05…0.2 on the clips at hand)."""
_STEADY: Final = 0.5
"""Share of the last step in the velocity; the rest is from before."""
_LOOK_AHEAD_S: Final = 0.3
"""How long a lost person is expected to go on as before."""
_FADE: Final = 0.2
"""Share of the last picture in the colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A person in one picture."""

    look: Look
    full: bool = False
    """Whether by all models of the preset; else a first glance."""
    colours: FloatArray | None = None
    """Clothes, where they were looked at and to be seen."""
    checked: bool = False
    """Whether the detector found them here, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A person as far as known."""

    number: int
    seen_s: float
    """When last seen."""
    seen: Seen
    """How last seen."""
    speed_px_s: FloatArray
    """(2,) of the hips."""
    checks: int
    """How often the detector found them."""
    checked_s: float
    """When it last did."""
    colours: FloatArray | None
    """Clothes, over all pictures."""

    @property
    def region(self) -> Region:
        """Where they were going to be."""
        return self.seen.look.next_region

    @property
    def height_px(self) -> float:
        """How tall they last were in the picture."""
        _, top, _, bottom = self.seen.look.box_px.tolist()
        return float(bottom - top)


def begun(number: int, seen: Seen, time_s: float) -> Track:
    """Return the track of somebody new."""
    return Track(
        number=number,
        seen_s=time_s,
        seen=seen,
        speed_px_s=np.zeros(2),
        checks=1,
        checked_s=time_s,
        colours=seen.colours,
    )


def followed(track: Track, seen: Seen, time_s: float) -> Track:
    """Return a track with one more picture."""
    step = seen.look.next_region.center_px - track.region.center_px
    speed = step / max(time_s - track.seen_s, 1e-3)
    lost = time_s - track.seen_s > _LOOK_AHEAD_S
    return replace(
        track,
        seen_s=time_s,
        seen=seen,
        speed_px_s=np.zeros(2)
        if lost
        else _STEADY * speed + (1 - _STEADY) * track.speed_px_s,
        checks=track.checks + seen.checked,
        checked_s=time_s if seen.checked else track.checked_s,
        colours=_mixed(track.colours, seen.colours),
    )


def _mixed(old: FloatArray | None, new: FloatArray | None) -> FloatArray | None:
    """Return the colours over all pictures; another's, who stands before, not."""
    if old is None or new is None:
        return new if old is None else old
    if colours.difference(old, new) > OTHER_CLOTHES:
        return old
    return colours.mixed(old, new, _FADE)


def expected(track: Track, time_s: float) -> Region:
    """Return where a person is, if they go on as before."""
    ahead_s = min(time_s - track.seen_s, _LOOK_AHEAD_S)
    return track.region.moved(track.speed_px_s * ahead_s)


def surprise(track: Track, look: Look, time_s: float) -> float:
    """Return how far a look is from where the person was expected."""
    place = expected(track, time_s)
    return distance(place, look.next_region)


def continues(track: Track, look: Look, time_s: float) -> bool:
    """Whether a look shows the person that was followed so far."""
    growth = look.next_region.side_px / track.region.side_px
    return (
        look.score >= PRESENT
        and 1 / GROWTH < growth < GROWTH
        and min(surprise(track, look, time_s), distance(track.region, look.next_region))
        < JUMP
    )


def inside(look: Look, size_px: tuple[int, int]) -> float:
    """Return the share of a person's box that is inside the picture."""
    box = look.box_px
    low, high = np.maximum(box[:2], 0), np.minimum(box[2:], size_px)
    area = np.prod(np.maximum(box[2:] - box[:2], 1.0))
    return float(np.prod(np.maximum(high - low, 0)) / area)


def apart(a: Look, b: Look) -> float:
    """Return the distance of two people's torsos."""
    steps = np.stack(_torso(a)) - np.stack(_torso(b))
    size = math.sqrt(a.next_region.side_px * b.next_region.side_px)
    return float(np.linalg.norm(steps, axis=1).mean() / size)


def alike(a: Region, b: Region) -> bool:
    """Whether two detections, or a detection and a look, are of one person."""
    return distance(a, b) < NEAR and 1 / SIMILAR < a.side_px / b.side_px < SIMILAR


def unlike(track: Track, seen: Seen) -> float:
    """Return how different someone is dressed, 0…1; 0 where it isn't known."""
    if track.colours is None or seen.colours is None:
        return 0.0
    return colours.difference(track.colours, seen.colours)


def head_box(look: Look) -> FloatArray:
    """Return (4,) a box about the head, from its landmarks.

    They lie on the face; hair and the back of the head are as far again. The less
    the face shows, the wider: up to twice.
    """
    face = look.points_px[_FACE]
    middle = (face.min(axis=0) + face.max(axis=0)) / 2
    reach = max(float(np.ptp(face, axis=0).max()), _HEAD * look.next_region.side_px)
    shown = np.minimum(look.visibility[_FACE], look.presence[_FACE]).mean()
    reach *= 2 - float(np.clip(shown, 0, 1))
    return np.concatenate([middle - reach, middle + reach])


_FACE: Final = slice(0, LANDMARK["left_shoulder"])
_HEAD: Final = 0.05
"""Half a head's height over the side of the window: 12 cm in 2.4 m."""


def distance(a: Region, b: Region) -> float:
    """Return the distance of two people's hips."""
    size = math.sqrt(a.side_px * b.side_px)
    return math.hypot(a.x_px - b.x_px, a.y_px - b.y_px) / size


def _torso(look: Look) -> list[FloatArray]:
    """Return the middles of the shoulders and of the hips."""
    return [
        np.mean([look.points_px[LANDMARK[f"{side}_{part}"]] for side in SIDES], axis=0)
        for part in ("shoulder", "hip")
    ]
