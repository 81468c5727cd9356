"""Watch the pictures of a range in their order, and keep note of everybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.job import PersonAt
from ergomesh.pose.chase import Chase, Glimpse
from ergomesh.pose.colours import clothing
from ergomesh.pose.crowd import MEMORY_S, Crowd, crossing, settled
from ergomesh.pose.detection import Found, Look
from ergomesh.pose.frames import Frame
from ergomesh.pose.gaze import Eyes, all_found, among, gazing, glanced
from ergomesh.pose.notes import Sight
from ergomesh.pose.presets import PosePlan
from ergomesh.pose.region import Region
from ergomesh.pose.search import SCAN_S, Scene, Search, scene
from ergomesh.pose.track import (
    OTHER_CLOTHES,
    SAME,
    Seen,
    Track,
    alike,
    apart,
    continues,
    expected,
    inside,
    unlike,
)

CHECK_S: Final = 1.0
"""Time after which somebody followed is searched for, if not found by chance."""
DOUBT_S: Final = 0.13
"""Time between searches about somebody who is new, or passes another."""
BRIEF_S: Final = 0.25
"""Loss after which the same place is enough to be the same person."""
HOLD_S: Final = 1.0
"""How long a lost person is looked for where they were going."""
FIRM: Final = 2
"""Detections that make somebody certain."""
UNCHECKED_S: Final = 1.5
"""How long a look with a middling score is believed without the detector …"""
SURE: Final = 0.8
"""… and the score from which it is believed longer: a bent person's is near 1,
where the detector wants to see the face."""
INSIDE: Final = 0.4
"""Share of a person's box that must be in the picture (our choice)."""
TALL: Final = 1.4
"""Side of a person's window over their height."""
OWN_WINDOW: Final = 1.4
"""Side of the window to search for one person, over that of their own: twice as
large as they are tall, where the detector is best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is followed in every picture; the others only when searched."""

    most: int
    """How many people at most, the largest."""
    area_share: float
    """Share of the largest one's area that they must have."""


USUAL: Final = Watch(most=3, area_share=0.25)
ASKED: Final = Watch(most=6, area_share=0.0)
"""When the user pointed at somebody, who may be small."""


def watch_for(at: PersonAt | None) -> Watch:
    """Return whom to follow, when the user pointed at somebody or not."""
    return USUAL if at is None else ASKED


class Lookout:
    """The people of one range, picture by picture."""

    def __init__(
        self, eyes: Eyes, plan: PosePlan, size_px: tuple[int, int], watch: Watch
    ) -> None:
        self._eyes = eyes
        self._plan = plan
        self._size_px = size_px
        self._watch = watch
        self._crowd = Crowd()
        self._tried_s: dict[int, float] = {}
        self._turn: int | None = None
        self._search = Search(size_px)
        self._apart: dict[int, int] = {}
        """Last picture in which somebody was clear of everybody else."""
        self._chase = Chase(eyes, plan.scout, size_px)
        self.scanned: list[bool] = []
        self.sights: list[Sight] = []

    @property
    def tracks(self) -> Sequence[Track]:
        """Everybody seen so far."""
        return self._crowd.tracks

    @property
    def glimpses(self) -> Sequence[Glimpse]:
        """Those whom nobody follows, where they were found all the same."""
        return self._chase.glimpses

    def look(self, frame: Frame) -> None:
        """Take in the next picture."""
        turn = int(frame.time_s // SCAN_S)
        scan = turn != self._turn
        watched = self._watched(frame.time_s)
        gazes = {
            track.number: gazing(
                self._eyes, self._plan, frame.rgb, self._aim(track, frame.time_s)
            )
            for track in watched
        }
        now = scene(frame.rgb, [t.seen.look.box_px for t in self._crowd.present()])
        where = self._where(watched, now, frame.time_s)
        findings = [self._eyes.finding(frame.rgb, window) for window in where]
        own = self._own(
            {number: gaze() for number, gaze in gazes.items()}, frame, scan=scan
        )
        found = all_found(findings)
        lost = [track for track in watched if track.number not in own]
        found += self._searched(lost, frame)
        if self._turn is None:
            tallest = max((each.region.side_px for each in found), default=0.0) / TALL
            smaller = self._search.smaller(tallest, now)
            found += all_found([self._eyes.finding(frame.rgb, w) for w in smaller])
        self._settle(own, found, frame)
        step, crowd = len(self.scanned), self._crowd
        certain = [track for track in crowd.tracks if track.checks >= FIRM]
        lost = [track for track in certain if track.number not in crowd.seen]
        self._chase.look(frame, now, step, lost, [t.seen.look for t in crowd.present()])
        self._turn = turn
        self.scanned.append(scan)

    def _watched(self, time_s: float) -> list[Track]:
        """Return whom to follow."""
        near = [t for t in self._crowd.tracks if time_s - t.seen_s < HOLD_S]
        near.sort(key=lambda track: -track.height_px)
        tallest = max((t.height_px for t in near), default=0.0)
        least = tallest * self._watch.area_share**0.5
        return [t for t in near if t.height_px >= least][: self._watch.most]

    def _aim(self, track: Track, time_s: float) -> Region:
        return (
            track.region
            if track.number in self._crowd.seen
            else expected(track, time_s)
        )

    def _where(
        self, watched: Sequence[Track], now: Scene, time_s: float
    ) -> list[Region]:
        """Return the windows to search in a picture."""
        if self._turn is None:
            return self._search.first(time_s, now)
        tallest = max((track.height_px for track in watched), default=0.0)
        missed = any(self._is_missed(track) for track in watched)
        due = self._search.due(time_s, tallest, now, missed=missed)
        return due + self._doubtful(watched, time_s)

    def _is_missed(self, track: Track) -> bool:
        """Whether somebody certain was lost, and not because they went out."""
        here = np.clip(track.region.center_px, 0, self._size_px)
        return (
            track.number not in self._crowd.seen
            and track.checks >= FIRM
            and bool((here == track.region.center_px).all())
        )

    def _doubtful(self, watched: Sequence[Track], time_s: float) -> list[Region]:
        """Return windows about those who must be searched for."""
        passing = crossing(self._crowd.tracks, time_s)
        followed = {track.number for track in watched}
        due = []
        for track in self._crowd.tracks:
            unsure = track.number in passing or track.checks < FIRM
            usual_s = CHECK_S if track.number in followed else SCAN_S
            last_s = max(self._tried_s.get(track.number, 0.0), track.checked_s)
            wait_s = DOUBT_S if unsure and track.number in self._crowd.seen else usual_s
            if time_s - track.seen_s < MEMORY_S and time_s - last_s >= wait_s:
                due.append(track)
                self._tried_s[track.number] = time_s
        return [_own_window(track, time_s) for track in due]

    def _own(
        self, looks: dict[int, Look], frame: Frame, *, scan: bool
    ) -> dict[int, Seen]:
        """Return the followed people's looks, as far as they show them."""
        tracks = {track.number: track for track in self._crowd.tracks}
        own: dict[int, Seen] = {}
        for number, look in looks.items():
            track, back = tracks[number], number not in self._crowd.seen
            colours = clothing(frame.rgb, look) if scan or back else None
            seen = Seen(look=look, full=True, colours=colours)
            believed = (
                continues(track, look, frame.time_s)
                and inside(look, self._size_px) >= INSIDE
                and not _stale(track, look, frame.time_s)
            )
            brief = frame.time_s - track.seen_s < BRIEF_S
            if believed and (brief or _returned(track, seen)):
                own[number] = seen
        return own

    def _searched(self, lost: Sequence[Track], frame: Frame) -> list[Found]:
        """Search where somebody was lost just now."""
        where = [_own_window(track, frame.time_s) for track in lost]
        return all_found([self._eyes.finding(frame.rgb, window) for window in where])

    def _settle(self, own: dict[int, Seen], found: list[Found], frame: Frame) -> None:
        """Tell who is who, and take note."""
        strangers = self._met(own, found, frame)
        if strangers:
            own = {n: _dressed(seen, frame) for n, seen in own.items()}
        self._crowd = settled(self._crowd, own, strangers, frame.time_s)
        self._sharpen(frame)
        step = len(self.scanned)
        self._forget(self._crowd.found)
        passing = crossing(self._crowd.tracks, frame.time_s)
        self._apart |= dict.fromkeys(self._crowd.seen - passing, step)
        self.sights += [
            Sight(track=t.number, step=step, seen=t.seen) for t in self._crowd.present()
        ]

    def _met(
        self, own: dict[int, Seen], found: list[Found], frame: Frame
    ) -> list[Seen]:
        """Return whom the detector found beside the followed; mark those it found."""
        strangers: list[Seen] = []
        for each in found:
            hit = {n for n, s in own.items() if alike(each.region, s.look.next_region)}
            own |= {n: replace(own[n], checked=True) for n in hit}
            if hit:
                continue
            known = [s.look for s in (*own.values(), *strangers)]
            look = glanced(self._eyes, self._plan.scout, frame.rgb, each, known)
            if look is None:
                continue
            seen = Seen(look=look, colours=clothing(frame.rgb, look), checked=True)
            of = {n: s for n, s in own.items() if among(look, [s.look])}
            for number, mine in of.items():
                # Where somebody was lost, the detector knows better.
                sure = number in self._crowd.seen or apart(look, mine.look) < SAME
                own[number] = replace(mine, checked=True) if sure else seen
            if not among(look, known):
                strangers.append(seen)
        return strangers

    def _forget(self, found: Collection[int]) -> None:
        """Drop what was taken for somebody since another got in their way."""
        self.sights = [
            sight
            for sight in self.sights
            if sight.track not in found
            or sight.step <= self._apart.get(sight.track, -1)
        ]

    def _sharpen(self, frame: Frame) -> None:
        """Look properly at the followed who were only glanced at."""
        watched = {track.number for track in self._watched(frame.time_s)}
        gazes = {
            t.number: gazing(self._eyes, self._plan, frame.rgb, t.region)
            for t in self._crowd.present()
            if t.number in watched and not t.seen.full
        }
        looks = {number: gaze() for number, gaze in gazes.items()}
        self._crowd = replace(
            self._crowd,
            tracks=tuple(
                _sharper(t, looks[t.number], frame.time_s) if t.number in looks else t
                for t in self._crowd.tracks
            ),
        )


def _sharper(track: Track, look: Look, time_s: float) -> Track:
    if not continues(track, look, time_s):
        return track
    return replace(track, seen=replace(track.seen, look=look, full=True))


def _dressed(seen: Seen, frame: Frame) -> Seen:
    """Return somebody with their colours."""
    if seen.colours is not None:
        return seen
    return replace(seen, colours=clothing(frame.rgb, seen.look))


def _returned(track: Track, seen: Seen) -> bool:
    """Whether a look where somebody was lost shows them, and not what was there."""
    known = seen.colours is not None and track.colours is not None
    return known and seen.look.score >= SURE and unlike(track, seen) < OTHER_CLOTHES


def _stale(track: Track, look: Look, time_s: float) -> bool:
    """Whether a look is of something that the detector doesn't take for a person."""
    return look.score < SURE and time_s - track.checked_s > UNCHECKED_S


def _own_window(track: Track, time_s: float) -> Region:
    place = expected(track, time_s)
    return replace(place, side_px=OWN_WINDOW * place.side_px, roll_rad=0.0)
