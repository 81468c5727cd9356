"""Laws of joining ranges and choosing the worker."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.errors import FailureCode, UndecodableError
from ergomesh.contract.job import PersonAt
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.analysis import lens_focal_px
from ergomesh.pose.assembly import Assembled, assemble, coverage
from ergomesh.pose.choice import NobodyThereError
from ergomesh.pose.lookout import USUAL, Watch
from ergomesh.pose.notes import noted
from ergomesh.pose.range_view import RangeView
from ergomesh.pose.search import SCAN_S
from ergomesh.pose.stage import require_person
from ergomesh.runtime.errors import Unusable
from pose.pose_play import (
    BLUE,
    GREEN,
    SIZE_PX,
    Play,
    Player,
    standing,
    walking,
    watched,
)

RATE_HZ = 10.0
COUNT = 70
OVERLAP = 10
TIMES_S = [k / RATE_HZ for k in range(COUNT)]
WALK = walking(120, 50)


def away_between(start_s: float, end_s: float, x_px: float) -> Player:
    """Return somebody who stands, but is away for a while."""
    stand = standing(x_px)
    return Player(lambda t: None if start_s <= t < end_s else stand(t), wears=GREEN)


def views(play: Play, cuts: Sequence[int], watch: Watch = USUAL) -> list[RangeView]:
    """Return what workers saw who each looked at one range, with a warm-up."""
    bounds = [0, *cuts, COUNT]
    return [
        view(play, max(first - OVERLAP, 0), first, last, watch)
        for first, last in pairwise(bounds)
    ]


def view(play: Play, warm: int, first: int, last: int, watch: Watch) -> RangeView:
    """Return what was seen from frame ``first`` to ``last``."""
    frame = np.arange(warm, last)
    lookout = watched(play, TIMES_S[warm:last], watch)
    return noted(
        lookout.sights,
        lookout.tracks,
        lookout.glimpses,
        frame=frame,
        time_s=np.array(TIMES_S)[frame],
        kept=frame >= first,
        scanned=np.array(lookout.scanned),
        background_lines_px=np.zeros((0, 4)),
    )


def joined(parts: Sequence[RangeView], at: PersonAt | None = None) -> Assembled:
    """Return the clip."""
    return assemble(
        parts, size_px=SIZE_PX, model="m", at=at, background_lines_px=np.zeros((0, 4))
    )


def worker_x(landmarks: Landmarks) -> FloatArray:
    """Return (T,) where the worker is."""
    box = landmarks.points_px[..., 0]
    return np.asarray(box.min(axis=1) + box.max(axis=1)) / 2


PLAYS = {
    "alone": [Player(WALK)],
    "passed": [Player(WALK), Player(walking(500, -60), 100, GREEN)],
    "left and back": [Player(WALK), away_between(2.5, 3.5, 420)],
    "nobody": [],
}


@pytest.mark.parametrize("players", PLAYS.values(), ids=PLAYS)
@settings(max_examples=4, deadline=None)
@given(cuts=st.sets(st.integers(15, COUNT - 15), max_size=3))
def test_ranges_join_to_the_whole(players: list[Player], cuts: set[int]) -> None:
    """However a clip is cut, the worker's landmarks are those of the whole.

    Where somebody passes at the cut, it may take one more search, 0.4 s, to find them.
    """
    apart = [c for c in sorted(cuts) if all(abs(c - o) > 12 for o in cuts - {c})]

    whole = joined(views(Play(players), [])).landmarks
    parts = joined(views(Play(players), apart)).landmarks

    np.testing.assert_array_equal(parts.frame, whole.frame)
    both = parts.detected & whole.detected
    assert (parts.detected ^ whole.detected).sum() <= SCAN_S * RATE_HZ
    np.testing.assert_allclose(parts.points_px[both], whole.points_px[both])


@pytest.mark.parametrize("cuts", [[], [30]])
def test_a_frame_without_the_worker_is_empty(cuts: list[int]) -> None:
    """Values are NaN exactly where the worker isn't seen: nothing is invented."""
    players = [away_between(2.0, 3.5, 300), Player(standing(90), 80)]

    result = joined(views(Play(players), cuts)).landmarks

    for values in (result.points_px, result.points_world_m, result.visibility):
        empty = np.isnan(values).reshape(COUNT, -1)
        np.testing.assert_array_equal(empty.all(axis=1), ~result.detected)
        np.testing.assert_array_equal(empty.any(axis=1), ~result.detected)
    assert 0 < (~result.detected).sum() < 25
    np.testing.assert_allclose(worker_x(result)[result.detected], 300)


def test_the_worker_is_seen_longest_largest_and_most_central() -> None:
    """Each of the three decides when the others are equal."""
    middle, tall = standing(320), 120.0
    brief = Player(lambda t: (320, 180) if t < 3 else None, wears=GREEN)
    pairs = [
        (Player(standing(200), tall), Player(standing(440), 90, GREEN)),
        (Player(standing(200), tall), brief),
        (Player(middle, tall), Player(standing(560), tall, GREEN)),
    ]
    for worker, other in pairs:
        for players in ([worker, other], [other, worker]):
            found = joined(views(Play(players), [35]))
            place = worker.place(0)
            assert place is not None
            np.testing.assert_allclose(
                worker_x(found.landmarks)[found.landmarks.detected], place[0]
            )
            assert [p.number for p in found.people.persons] == [1, 2]
            assert "one other person" in found.people.chosen_by


def test_the_user_may_point_at_somebody_else() -> None:
    """Whoever is at the point at that time is the worker, before and after it too."""
    players = [Player(standing(300), 150), Player(WALK, 120, BLUE)]
    x_px, y_px = WALK(6.0) or (0, 0)
    at = PersonAt(x=x_px / SIZE_PX[0], y=y_px / SIZE_PX[1], time_s=6.0)

    found = joined(views(Play(players), [25, 50]), at)

    seen = found.landmarks.detected
    truth = [WALK(t)[0] for t in TIMES_S]  # type: ignore[index]  # never away
    assert seen.mean() > 0.8
    np.testing.assert_allclose(worker_x(found.landmarks)[seen], np.array(truth)[seen])
    assert "as asked" in found.people.chosen_by


@pytest.mark.parametrize(
    ("x", "time_s", "hint"), [(0.99, 1.0, "people are at 0.47"), (0.5, 99.0, "nobody")]
)
def test_pointing_at_nobody_says_what_to_do(x: float, time_s: float, hint: str) -> None:
    """Where nobody is, the message is one sentence that says who is where."""
    parts = views(Play([Player(standing(300))]), [])

    with pytest.raises(NobodyThereError, match=hint) as caught:
        joined(parts, PersonAt(x=x, y=0.5, time_s=time_s))
    assert "\n" not in str(caught.value)


def test_a_glimpse_is_nobody() -> None:
    """Who is never seen for half a second at a stretch is not told of, nor chosen.

    But their faces are to be covered, so their sightings are there.
    """
    glimpse = Player(lambda t: (300, 180) if t % 2.5 < 0.35 else None, 200)

    found = joined(views(Play([glimpse]), []))

    assert not found.people.persons
    assert not found.landmarks.detected.any()
    assert any(found.people.passing)


def test_people_are_told_in_shares_of_the_picture() -> None:
    """Boxes hold the person and the head lies in the box's upper part."""
    found = joined(views(Play([Player(standing(320, 180), 120)]), [35]))

    (person,) = found.people.persons
    assert person.seen_share == pytest.approx(1)
    assert person.height_share == pytest.approx(0.92 * 120 / 360, rel=0.01)
    assert person.from_s == 0
    assert person.to_s == pytest.approx(TIMES_S[-1])
    times = [sighting.time_s for sighting in person.sightings]
    assert max(np.diff(times)) <= 0.5
    for sighting in person.sightings:
        left, top, right, bottom = sighting.box
        assert left < 0.5 < right
        assert top < 0.5 < bottom
        assert sighting.head is not None
        assert sighting.head[3] < 0.5


def test_every_sight_is_told() -> None:
    """A head is told of at each analysed frame: it may bow between any two."""
    found = joined(views(Play([Player(WALK)]), [35]))

    (person,) = found.people.persons
    times = [sighting.time_s for sighting in person.sightings]
    assert times == found.landmarks.time_s[found.landmarks.detected].tolist()


def test_a_head_at_the_border_is_told_whole() -> None:
    """What of a head is outside the picture counts for where its middle is."""
    found = joined(views(Play([Player(standing(2), 200)]), []))

    (person,) = found.people.persons
    for sighting in person.sightings:
        assert sighting.head is not None
        left, _, right, _ = sighting.head
        assert left < 0 < right
        assert min(sighting.box) >= 0


def test_who_was_lost_is_told_where_they_were_glimpsed() -> None:
    """Glimpses are sightings of whoever was lost, in order; no landmarks come of it."""
    (part,) = views(Play(PLAYS["left and back"]), [])
    track = part.track[part.box_px[:, 0] > 350][0]
    box = np.array([[400.0, 100, 440, 260]])
    glimpsed = replace(
        part,
        glimpse_track=np.array([track]),
        glimpse_step=np.array([28]),
        glimpse_box_px=box,
        glimpse_head_px=box / 2,
    )

    before, after = joined([part]), joined([glimpsed])

    told = [
        set(a.sightings) - set(b.sightings)
        for a, b in zip(after.people.persons, before.people.persons, strict=True)
    ]
    (news,) = [sighting for new in told for sighting in new]
    assert news.time_s == part.time_s[28]
    assert news.head == pytest.approx((box / 2 / np.tile(SIZE_PX, 2))[0], abs=1e-4)
    for person in after.people.persons:
        times = [sighting.time_s for sighting in person.sightings]
        assert times == sorted(times)
    np.testing.assert_array_equal(after.landmarks.points_px, before.landmarks.points_px)


def test_a_stranger_is_told_as_passing() -> None:
    """Who was only ever glimpsed is nobody's, but their face is to be covered."""
    (part,) = views(Play([Player(WALK)]), [])
    box = np.array([[400.0, 100, 440, 260]])
    glimpsed = replace(
        part,
        glimpse_track=np.array([-1]),
        glimpse_step=np.array([3]),
        glimpse_box_px=box,
        glimpse_head_px=box,
    )

    people = joined([glimpsed]).people

    assert len(people.persons) == 1
    ((sighting,),) = people.passing
    assert sighting.time_s == part.time_s[3]


def test_a_range_survives_its_file() -> None:
    """What is read from a range's file is what was written."""
    (part,) = views(Play(PLAYS["passed"]), [])

    back = RangeView.from_npz(part.to_npz())

    for name in ("track", "box_px", "points_px", "colours", "kept", "look"):
        np.testing.assert_array_equal(getattr(back, name), getattr(part, name))
    with pytest.raises(UndecodableError):
        RangeView.from_npz(part.to_npz()[:100])


def landmarks(found: list[bool]) -> Landmarks:
    """Return landmarks of consecutive frames, present where ``found``."""
    count, rows = len(LANDMARKS), len(found)
    some = np.where(found, 1.0, np.nan)
    return Landmarks(
        frame=np.arange(rows),
        time_s=np.arange(rows) / 15,
        points_px=np.broadcast_to(some[:, None, None], (rows, count, 2)),
        depth_px=np.broadcast_to(some[:, None], (rows, count)),
        points_world_m=np.broadcast_to(some[:, None, None], (rows, count, 3)),
        visibility=np.broadcast_to(some[:, None], (rows, count)),
        presence=np.broadcast_to(some[:, None], (rows, count)),
        detected=np.array(found),
        size_px=np.array(SIZE_PX),
        background_lines_px=np.zeros((0, 4)),
        model="full",
    )


@pytest.mark.parametrize(
    ("present", "total", "code"),
    [
        (0, 50, FailureCode.NO_PERSON),
        (4, 50, FailureCode.PERSON_TOO_RARE),
        (5, 50, None),
        (50, 50, None),
    ],
)
def test_a_tenth_of_the_frames_must_show_the_person(
    present: int, total: int, code: FailureCode | None
) -> None:
    """Below a tenth a clip is refused with its code, from a tenth on it is not."""
    clip = landmarks([i < present for i in range(total)])
    assert coverage(clip) == pytest.approx(present / total)

    if code is None:
        require_person(clip)
        return
    with pytest.raises(Unusable) as caught:
        require_person(clip)
    assert caught.value.code is code
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("size_px", [(3840, 2160), (2160, 3840)])
def test_lenses_of_a_35_mm_camera_compare_diagonals(size_px: tuple[int, int]) -> None:
    """A 43.27 mm lens is as long as the picture's diagonal, however it is held."""
    found = lens_focal_px(math.hypot(36, 24), size_px)

    assert found == pytest.approx(math.hypot(*size_px))
    assert lens_focal_px(None, size_px) == 0
