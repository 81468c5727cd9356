"""Find whom nobody follows, so that their faces can be covered.

Somebody in a somersault, or bent into a machine, is lost: what follows people must not
take another for them. A cover has no such doubt. Whoever the detector finds about the
place hides a face there; it finds people whichever way round they are. And people who
are too small beside the worker to be them have faces, too. What is found here tells
nothing about who is who, and no landmarks are measured from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.pose import windows
from ergomesh.pose.detection import Look
from ergomesh.pose.frames import Frame
from ergomesh.pose.gaze import Eyes, all_found, among, glanced
from ergomesh.pose.region import Region
from ergomesh.pose.search import SCAN_S, Scene, differs
from ergomesh.pose.track import SIMILAR, Track

CHASE_S: Final = 1.0
"""How long somebody is looked for after they were last seen or glimpsed."""
SURE: Final = 0.8
"""Score from which a look at where a stranger was is believed."""
AT_ONCE: Final = 2
"""Windows searched for strangers every 0.4 s: a round of eighteen takes 4 s. Where all
of the picture moves this costs as much as following one person ten times a second with
the quickest model; where it is still, nothing."""
WINDOWS: Final = (1.0, 1.4)
"""Sides of the windows to search, over that of their own: a folded body is small in
the larger one, and a leaping one leaves the smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """Somebody whom nobody follows, in one picture."""

    track: int
    """Who was lost; whoever this is was found in their place. Below 0: a stranger."""
    step: int
    """Which of the pictures."""
    look: Look


@dataclass(frozen=True, slots=True)
class _Place:
    region: Region
    time_s: float


class Chase:
    """The lost and the strangers of one range, picture by picture."""

    def __init__(self, eyes: Eyes, model: str, size_px: tuple[int, int]) -> None:
        self._eyes = eyes
        self._model = model
        self._size_px = size_px
        self._places: dict[int, _Place] = {}
        self._next = -1
        self._searched: dict[Region, Scene] = {}
        self._searched_s = -math.inf
        self.glimpses: list[Glimpse] = []

    def look(
        self,
        frame: Frame,
        now: Scene,
        step: int,
        lost: Sequence[Track],
        seen: Sequence[Look],
    ) -> None:
        """Take in the next picture.

        Args:
            frame: The picture.
            now: The same, small.
            step: Which it is.
            lost: Who is known and not seen in it.
            seen: Everybody who is.
        """
        strangers = {n: place for n, place in self._places.items() if n < 0}
        self._places = strangers | {track.number: self._place(track) for track in lost}
        known = list(seen)
        latest = sorted(self._places.items(), key=lambda each: -each[1].time_s)
        for number, place in latest:
            if not self._is_near(place, frame.time_s):
                continue
            look = self._found(frame, place.region, known, stays=number < 0)
            if look is not None:
                known.append(self._noted(number, step, frame, look))
        for look in self._strangers(frame, now, known):
            self._noted(self._next, step, frame, look)
            self._next -= 1

    def _noted(self, number: int, step: int, frame: Frame, look: Look) -> Look:
        self._places[number] = _Place(look.next_region, frame.time_s)
        self.glimpses.append(Glimpse(track=number, step=step, look=look))
        return look

    def _place(self, track: Track) -> _Place:
        """Return where somebody was seen or glimpsed last."""
        return self._places.get(track.number, _Place(track.region, track.seen_s))

    def _is_near(self, place: _Place, time_s: float) -> bool:
        """Whether somebody was here lately, and did not go out of the picture."""
        here = place.region.center_px
        inside = bool((here == np.clip(here, 0, self._size_px)).all())
        return inside and time_s - place.time_s <= CHASE_S

    def _strangers(self, frame: Frame, now: Scene, known: Sequence[Look]) -> list[Look]:
        """Return who is found, and not known, where the worker is not searched for."""
        heights = [float(np.ptp(look.box_px[1::2])) for look in known]
        due = self._due(frame.time_s, now, max(heights, default=0.0))
        found = all_found([self._eyes.finding(frame.rgb, window) for window in due])
        met: list[Look] = []
        for each in found:
            everybody = [*known, *met]
            look = glanced(self._eyes, self._model, frame.rgb, each, everybody)
            if look is not None and not among(look, everybody):
                met.append(look)
        return met

    def _due(self, time_s: float, now: Scene, tallest_px: float) -> list[Region]:
        """Return the windows to search for strangers, in turns; at first all.

        A window that shows the same as when it was searched gives the same answer.
        """
        if time_s - self._searched_s < SCAN_S:
            return []
        self._searched_s = time_s
        every = windows.finer(*self._size_px, tallest_px)
        new = [each for each in every if each not in self._searched]
        changed = [
            window
            for window, before in self._searched.items()
            if window in every and differs(window, before, now)
        ]
        due = new if len(new) == len(every) else (new + changed)[:AT_ONCE]
        for window in due:  # the last searched is last
            self._searched.pop(window, None)
            self._searched[window] = now
        return due

    def _found(
        self, frame: Frame, place: Region, known: Sequence[Look], *, stays: bool
    ) -> Look | None:
        """Return who is about a place, but those known.

        Args:
            frame: The picture.
            place: Where they were.
            known: Who it is not.
            stays: Whether a look at the very place comes first: quicker, but a leap
                would mislead it.
        """
        if stays:
            again = self._eyes.looking(frame.rgb, place, self._model).result()
            if again.score >= SURE and _fits(again, place) and not among(again, known):
                return again
        findings = [
            self._eyes.finding(
                frame.rgb, replace(place, side_px=share * place.side_px, roll_rad=0.0)
            )
            for share in WINDOWS
        ]
        for each in all_found(findings):
            look = glanced(self._eyes, self._model, frame.rgb, each, known)
            if look is not None and not among(look, known) and _fits(look, place):
                return look
        return None


def _fits(look: Look, place: Region) -> bool:
    return 1 / SIMILAR < look.next_region.side_px / place.side_px < SIMILAR
