"""Laws of finding the lost again, so that their faces are covered."""

from collections.abc import Sequence

import numpy as np
import pytest

from ergomesh.pose.chase import CHASE_S, Chase, Glimpse
from ergomesh.pose.detection import Look
from ergomesh.pose.search import scene
from ergomesh.pose.track import Seen, Track, begun, head_box
from pose.pose_play import PLAN, SIZE_PX, Place, Play, Player, look_at, walking

STEP_S = 0.1
HEIGHT_PX = 120.0


def lost_at(x_px: float, y_px: float = 180.0) -> Track:
    """Return somebody who was seen at a place last, at 0 s."""
    return begun(7, Seen(look=look_at(x_px, y_px, HEIGHT_PX), full=True), 0.0)


def chased(
    play: Play, lost: Sequence[Track], steps: int, seen: tuple[Look, ...] = ()
) -> list[Glimpse]:
    """Return the glimpses of somebody lost in a play's later pictures."""
    chase = Chase(play, PLAN.scout, SIZE_PX)
    for step in range(1, steps + 1):
        frame = play.frame(step, STEP_S * step)
        chase.look(frame, scene(frame.rgb, []), step, lost, seen)
    return chase.glimpses


@pytest.mark.parametrize(
    "place", [walking(200, 0), walking(200, 400), walking(200, -300)]
)
def test_who_was_lost_is_glimpsed_wherever_they_go(place: Place) -> None:
    """In every picture whoever leaps away is found where they are, head and all."""
    glimpses = chased(Play([Player(place, HEIGHT_PX)]), [lost_at(200)], 8)

    assert [glimpse.step for glimpse in glimpses if glimpse.step <= 5] == [
        1,
        2,
        3,
        4,
        5,
    ]
    for glimpse in glimpses:
        where = place(STEP_S * glimpse.step)
        assert where is not None
        np.testing.assert_allclose(glimpse.look.next_region.center_px, where)
        box = head_box(glimpse.look)
        assert (box[:2] < glimpse.look.points_px[0]).all()
        assert (box[2:] > glimpse.look.points_px[0]).all()


def test_who_is_seen_is_not_glimpsed() -> None:
    """Somebody known who stands where another was lost is not taken for them."""
    play = Play([Player(walking(210, 0), HEIGHT_PX)])
    assert not chased(play, [lost_at(200)], 3, (look_at(210, 180, HEIGHT_PX),))


def test_nobody_of_another_size_is_glimpsed() -> None:
    """A child, or a picture on the wall, is not who was lost."""
    assert not chased(Play([Player(walking(200, 0), HEIGHT_PX / 2)]), [lost_at(200)], 3)


def test_who_left_the_picture_or_is_long_gone_is_not_looked_for() -> None:
    """Nothing is searched outside, or when nobody was found for a while."""
    gone = Play(
        [Player(lambda time_s: (200, 180) if time_s > CHASE_S + 0.05 else None)]
    )
    assert not chased(gone, [lost_at(200)], 20)
    outside = Play([Player(walking(5, 0), HEIGHT_PX)])
    assert not chased(outside, [lost_at(-5)], 3)
    assert not outside.looked


@pytest.mark.parametrize("speed_px_s", [0, 20])
def test_a_stranger_too_small_to_be_the_worker_is_glimpsed(speed_px_s: float) -> None:
    """Beside a worker as tall as the picture, whoever is small is found and kept."""
    worker, small = look_at(500, 180, 330), walking(150, speed_px_s)
    play = Play([Player(small, 90.0)])

    glimpses = chased(play, [], 12, (worker,))

    assert [glimpse.step for glimpse in glimpses] == list(range(1, 13))
    assert {glimpse.track for glimpse in glimpses} == {-1}


def test_a_still_picture_is_searched_for_strangers_once() -> None:
    """Where nothing changes nobody comes."""
    play = Play([])
    chased(play, [], 5, (look_at(500, 180, 330),))
    once = play.searched
    chased(play, [], 30, (look_at(500, 180, 330),))
    assert play.searched == 2 * once > 0
