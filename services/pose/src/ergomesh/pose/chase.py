"""Find those who were lost again, so that their faces can be covered.

Somebody in a somersault, or bent into a machine, is lost: what follows people must not
take another for them. A cover has no such doubt. Whoever the detector finds about the
place hides a face there; it finds people whichever way round they are. What is found
here tells nothing about who is who, and no landmarks are measured from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.pose.detection import Look
from ergomesh.pose.frames import Frame
from ergomesh.pose.gaze import Eyes, all_found, among, glanced
from ergomesh.pose.region import Region
from ergomesh.pose.track import SIMILAR, Track

CHASE_S: Final = 1.0
"""How long somebody is looked for after they were last seen or glimpsed."""
WINDOWS: Final = (1.0, 1.4)
"""Sides of the windows to search, over that of their own: a folded body is small in
the larger one, and a leaping one leaves the smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """Somebody who was lost, in one picture."""

    track: int
    """Who was lost; whoever this is was found in their place."""
    step: int
    """Which of the pictures."""
    look: Look


@dataclass(frozen=True, slots=True)
class _Place:
    region: Region
    time_s: float


class Chase:
    """The lost of one range, picture by picture."""

    def __init__(self, eyes: Eyes, model: str, size_px: tuple[int, int]) -> None:
        self._eyes = eyes
        self._model = model
        self._size_px = size_px
        self._places: dict[int, _Place] = {}
        self.glimpses: list[Glimpse] = []

    def look(
        self, frame: Frame, step: int, lost: Sequence[Track], seen: Sequence[Look]
    ) -> None:
        """Take in the next picture.

        Args:
            frame: The picture.
            step: Which it is.
            lost: Who is known and not seen in it.
            seen: Everybody who is.
        """
        self._places = {track.number: self._place(track) for track in lost}
        latest = sorted(self._places.items(), key=lambda each: -each[1].time_s)
        for number, place in latest:
            if not self._is_near(place, frame.time_s):
                continue
            look = self._found(frame, place.region, seen)
            if look is not None:
                self._places[number] = _Place(look.next_region, frame.time_s)
                self.glimpses.append(Glimpse(track=number, step=step, look=look))
                seen = [*seen, look]

    def _place(self, track: Track) -> _Place:
        """Return where somebody was seen or glimpsed last."""
        return self._places.get(track.number, _Place(track.region, track.seen_s))

    def _is_near(self, place: _Place, time_s: float) -> bool:
        """Whether somebody was here lately, and did not go out of the picture."""
        here = place.region.center_px
        inside = bool((here == np.clip(here, 0, self._size_px)).all())
        return inside and time_s - place.time_s <= CHASE_S

    def _found(self, frame: Frame, place: Region, known: Sequence[Look]) -> Look | None:
        """Return who is about a place, but those known."""
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
