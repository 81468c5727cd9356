"""Laws of watching people, played before the lookout."""

import numpy as np
import pytest

from ergomesh.contract.arrays import FloatArray
from ergomesh.pose.lookout import ASKED, USUAL, Lookout, Watch
from pose.pose_play import (
    BLUE,
    GREEN,
    RED,
    Play,
    Player,
    body_px,
    standing,
    walking,
    watched,
)

TIMES_S = [k / 15 for k in range(60)]
ASIDE_PX = 6


def centers(lookout: Lookout, track: int) -> dict[int, FloatArray]:
    """Return step → the middle of somebody's box."""
    return {
        s.step: s.seen.look.next_region.center_px
        for s in lookout.sights
        if s.track == track
    }


def who(lookout: Lookout, play: Play, track: int) -> list[int]:
    """Return for each sight of a track which player it shows."""
    shown = []
    for step, center in centers(lookout, track).items():
        places = [player.place(TIMES_S[step]) for player in play.players]
        away = [np.inf if p is None else np.hypot(*(center - p)) for p in places]
        if max(away) > ASIDE_PX:  # else it's both
            shown.append(int(np.argmin(away)))
    return shown


def test_one_person_is_one_track_in_every_picture() -> None:
    """A person who walks through the picture is followed without a gap."""
    play = Play([Player(walking(50, 120))])

    lookout = watched(play, TIMES_S, USUAL)

    assert len(lookout.tracks) == 1
    assert [s.step for s in lookout.sights] == list(range(len(TIMES_S)))
    assert all(s.seen.full for s in lookout.sights)
    assert sum(s.seen.checked for s in lookout.sights) >= 5


@pytest.mark.parametrize("other", [GREEN, BLUE])
@pytest.mark.parametrize("heights", [(120, 120), (120, 100), (110, 150)])
def test_people_who_pass_each_other_keep_their_tracks(
    other: tuple[int, int, int], heights: tuple[int, int]
) -> None:
    """After two people passed, each track shows whom it showed before."""
    play = Play(
        [
            Player(walking(200, 60), heights[0], RED),
            Player(walking(420, -60), heights[1], other),
        ]
    )

    lookout = watched(play, TIMES_S, USUAL)

    for track in lookout.tracks:
        assert len(set(who(lookout, play, track.number))) == 1
    assert len(lookout.tracks) == 2
    assert all(len(centers(lookout, t.number)) > 40 for t in lookout.tracks)


def test_a_bystander_does_not_take_over_somebody_hidden() -> None:
    """While the worker is hidden nobody else's landmarks are theirs."""

    def hidden_between(time_s: float) -> tuple[float, float] | None:
        return None if 1.5 < time_s < 2.5 else (300.0, 180.0)

    play = Play([Player(hidden_between), Player(walking(100, 100), wears=GREEN)])

    lookout = watched(play, TIMES_S, USUAL)

    for track in lookout.tracks:
        assert len(set(who(lookout, play, track.number))) == 1


def test_somebody_who_comes_back_soon_is_known_again() -> None:
    """A person hidden for a second, at the same place, keeps their track."""

    def away(time_s: float) -> tuple[float, float] | None:
        return None if 1.5 < time_s < 2.4 else (300.0, 180.0)

    lookout = watched(Play([Player(away)]), TIMES_S, USUAL)

    assert len(lookout.tracks) == 1
    seen = {s.step for s in lookout.sights}
    assert seen == {k for k, t in enumerate(TIMES_S) if away(t) is not None}


def test_what_only_the_detector_takes_for_a_person_is_nobody() -> None:
    """A shape without a body in it never becomes a track."""
    play = Play([Player(standing(300), real=False)])

    assert not watched(play, TIMES_S, USUAL).sights


def test_somebody_bent_is_followed_though_the_detector_fails() -> None:
    """Landmarks are enough to follow, where the detector misses the face."""
    play = Play([Player(walking(200, 30))], blind=lambda time_s: time_s > 1)

    lookout = watched(play, TIMES_S, USUAL)

    assert [s.step for s in lookout.sights] == list(range(len(TIMES_S)))


def test_a_small_person_alone_is_found() -> None:
    """A person of an eighth of the picture's height is found when alone."""
    lookout = watched(Play([Player(walking(400, 20, 250), 46)]), TIMES_S, USUAL)

    assert len(lookout.tracks) == 1
    assert len({s.step for s in lookout.sights}) == len(TIMES_S)


@pytest.mark.parametrize("watch", [USUAL, ASKED])
def test_small_people_are_followed_only_when_asked_for(watch: Watch) -> None:
    """Beside somebody three times as tall a person is noticed, not followed."""
    play = Play([Player(standing(300), 300), Player(walking(500, 5, 200), 120)])

    lookout = watched(play, TIMES_S, watch)

    by_height = sorted(lookout.tracks, key=lambda t: t.height_px)
    small = [s for s in lookout.sights if s.track == by_height[0].number]
    assert small
    assert all(s.seen.full == (watch is ASKED) for s in small)


def test_looking_is_in_proportion_to_the_pictures() -> None:
    """One person costs one look a picture, and few more."""
    play = Play([Player(walking(50, 100))])
    watched(play, TIMES_S, USUAL)

    assert len(TIMES_S) <= play.looked <= 1.1 * len(TIMES_S) + 3


def test_bodies_are_as_the_play_says() -> None:
    """The play's own people are upright and as tall as told."""
    body = body_px(100, 100, 90)

    assert np.ptp(body[:, 1]) == pytest.approx(0.92 * 90)
