"""A play instead of a clip: people whose places are known, and eyes that see them.

The eyes answer as the networks do, from what is true of the moment: the detector
finds people who are neither too large nor too small for its window, the landmark
network shows whoever is nearest to the middle of its region.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, SIDES
from ergomesh.pose.detection import Found, Look
from ergomesh.pose.frames import Frame
from ergomesh.pose.gaze import Picture
from ergomesh.pose.lookout import Lookout, Watch
from ergomesh.pose.presets import PosePlan
from ergomesh.pose.region import MARGIN, Region

T = TypeVar("T")

SIZE_PX = (640, 360)
PLAN = PosePlan(15.0, "full", ("full",), mirrored=False)
RED, GREEN, BLUE = (200, 40, 40), (40, 180, 60), (40, 60, 200)

Place = Callable[[float], tuple[float, float] | None]
"""Time → middle of the hips, or None while the person is away."""


@dataclass(frozen=True)
class Player:
    """Somebody in the play."""

    place: Place
    height_px: float = 120.0
    wears: tuple[int, int, int] = RED
    real: bool = True
    """Whether the landmark network takes them for a person, too."""


def standing(x_px: float, y_px: float = 180.0) -> Place:
    """Return a place that stays."""
    return lambda _: (x_px, y_px)


def walking(x_px: float, speed_px_s: float, y_px: float = 180.0) -> Place:
    """Return a place that moves to the right."""
    return lambda time_s: (x_px + speed_px_s * time_s, y_px)


def body_px(x_px: float, y_px: float, height_px: float) -> FloatArray:
    """Return (L, 2) the landmarks of an upright person."""
    up = {"shoulder": 0.3, "hip": 0.0, "knee": -0.25, "ankle": -0.45, "elbow": 0.15}
    points = np.empty((len(LANDMARKS), 2))
    for name, row in LANDMARK.items():
        part = name.split("_", 1)[-1]
        rise = up.get(part, 0.02 if "wrist" in part else 0.45)
        rise = -0.47 if part in {"heel", "foot_index"} else rise
        side = 0.12 if name.startswith(SIDES[0]) else -0.12
        lean = 0.3 * side if rise == 0.45 else side  # the face is narrow
        points[row] = x_px + lean * height_px, y_px - rise * height_px
    return points


def look_at(x_px: float, y_px: float, height_px: float, *, score: float = 0.99) -> Look:
    """Return what the landmark network makes of an upright person."""
    count = len(LANDMARKS)
    return Look(
        score=score,
        next_region=window(x_px, y_px, height_px),
        points_px=body_px(x_px, y_px, height_px),
        depth_px=np.zeros(count),
        points_world_m=np.zeros((count, 3)),
        visibility=np.ones(count),
        presence=np.ones(count),
    )


def window(x_px: float, y_px: float, height_px: float) -> Region:
    """Return where an upright person is looked at."""
    return Region(x_px=x_px, y_px=y_px, side_px=1.1 * MARGIN * height_px)


@dataclass
class Play:
    """What happens, and eyes that see it."""

    players: Sequence[Player]
    blind: Callable[[float], bool] = lambda _time_s: False
    """When the detector finds nobody."""
    looked: int = 0
    searched: int = 0
    _times_s: list[float] = field(default_factory=list)

    def frame(self, index: int, time_s: float) -> Frame:
        """Return a picture: the clothes of everybody, and its number in a corner."""
        rgb = np.full((SIZE_PX[1], SIZE_PX[0], 3), 128, dtype=np.uint8)
        for player, (x_px, y_px) in self._present(time_s):
            half = 0.14 * player.height_px
            top, bottom = y_px - 0.32 * player.height_px, y_px + 0.27 * player.height_px
            rows = slice(max(round(top), 0), max(round(bottom), 0))
            columns = slice(max(round(x_px - half), 0), max(round(x_px + half), 0))
            rgb[rows, columns] = player.wears
        self._times_s.append(time_s)
        rgb[0, 0] = (*divmod(len(self._times_s) - 1, 256), 0)
        return Frame(index=index, time_s=time_s, rgb=rgb)

    def finding(self, rgb: Picture, where: Region) -> "Future[list[Found]]":
        """Answer as the detector."""
        self.searched += 1
        time_s = self._time(rgb)
        found = [
            Found(score=0.9, region=window(*place, player.height_px))
            for player, place in self._present(time_s)
            if 0.3 * where.side_px <= player.height_px <= 1.1 * where.side_px
            and max(abs(place[0] - where.x_px), abs(place[1] - where.y_px))
            < where.side_px / 2
        ]
        return done([] if self.blind(time_s) else found)

    def looking(
        self, rgb: Picture, region: Region, model: str, *, mirrored: bool = False
    ) -> "Future[Look]":
        """Answer as the landmark network."""
        self.looked += 1
        near = [
            (np.hypot(x - region.x_px, y - region.y_px), (x, y), player)
            for player, (x, y) in self._present(self._time(rgb))
            if player.real
        ]
        best = min(near, key=lambda each: each[0], default=None)
        if best is None or best[0] > region.side_px / 4:
            return done(look_at(region.x_px, region.y_px, region.side_px, score=0.1))
        return done(look_at(*best[1], best[2].height_px))

    def _time(self, rgb: Picture) -> float:
        high, low, _ = rgb[0, 0].tolist()
        return self._times_s[256 * int(high) + int(low)]

    def _present(self, time_s: float) -> list[tuple[Player, tuple[float, float]]]:
        """Return who is there, the farthest (smallest) first."""
        places = [(player, player.place(time_s)) for player in self.players]
        there = [(player, place) for player, place in places if place is not None]
        return sorted(there, key=lambda each: each[0].height_px)


def done(value: T) -> "Future[T]":
    """Return a future that is over."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def watched(play: Play, times_s: Sequence[float], watch: Watch) -> Lookout:
    """Return a lookout that has seen a play."""
    lookout = Lookout(play, PLAN, SIZE_PX, watch)
    for index, time_s in enumerate(times_s):
        lookout.look(play.frame(index, time_s))
    return lookout
