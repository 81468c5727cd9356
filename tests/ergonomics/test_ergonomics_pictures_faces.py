"""Covering the faces of everybody in the pictures."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.people import People
from ergomesh.contract.skeleton import JOINT, LANDMARK
from ergomesh.ergonomics.pictures.covers import (
    BRIDGE_S,
    FAST_M_S,
    HOLD_S,
    PUSH_M_S2,
    Covers,
)
from ergomesh.ergonomics.pictures.faces import cover_faces
from ergomesh.ergonomics.pictures.heads import HEAD_M, heads_at
from ergomesh.ergonomics.pictures.planes import empty_canvas
from ergonomics.ergonomics_postures import with_gap
from ergonomics.ergonomics_scenes import (
    landmarks_of,
    people_of,
    person_of,
    seen_motion,
)

SIZE = 640, 480
HALF = 0.05
"""Half a head, as a share of the picture's width."""
METRE = 2 * HALF / HEAD_M
"""A metre at such a head, likewise."""
Four = tuple[float, float, float, float]


def head(x: float, y: float, half: float = HALF) -> Four:
    """Return a round head's box in shares of the picture; y, too, is over its width."""
    tall = SIZE[0] / SIZE[1]
    return x - half, tall * (y - half), x + half, tall * (y + half)


def covers(times_s: FloatArray, people: People) -> Covers:
    """Return the covers of a clip in which the worker was never found."""
    motion = with_gap(seen_motion(), 0, 5)
    return heads_at(times_s, SIZE, people, landmarks_of(motion, SIZE), motion)


def covered(boxes: FloatArray, place: Four) -> bool:
    """Return whether all of a round head is in one cover with round corners."""
    low, high = np.array(place).reshape(2, 2) * SIZE
    angle = np.linspace(0, 2 * np.pi, 60)
    rim = (low + high) / 2 + (high - low) / 2 * np.stack(
        [np.cos(angle), np.sin(angle)], 1
    )
    return any(_inside(box, rim).all() for box in boxes)


def _inside(box: FloatArray, points: FloatArray) -> NDArray[np.bool_]:
    corner = max(min(box[4], *(box[2:4] - box[:2]) / 2), 0)
    core = np.clip(points, box[:2] + corner, box[2:4] - corner)
    near: NDArray[np.bool_] = np.linalg.norm(points - core, axis=1) <= corner + 1e-6
    return near


def widest(boxes: FloatArray) -> float:
    """Return the longest side of some covers, in heads."""
    return float((boxes[:, 2:4] - boxes[:, :2]).max() / (2 * HALF * SIZE[0]))


def test_the_workers_head_is_covered_in_every_picture() -> None:
    """Landmarks and body cover the head joint and the ears, gaps for a while."""
    motion = seen_motion(30)
    landmarks = landmarks_of(motion, SIZE)
    times = np.arange(0, 2.9, 0.02)
    at_head = motion.points_px[0, JOINT["head"]]
    ears = landmarks.points_px[0, [LANDMARK["left_ear"], LANDMARK["right_ear"]]]
    found = heads_at(times, SIZE, None, landmarks, motion)
    for k in range(len(times)):
        assert any(
            _inside(box, np.vstack([at_head, ears])).all() for box in found.at(k)
        )


def test_the_fitted_head_is_covered_where_landmarks_are_astray() -> None:
    """What the landmarks take for the head and what the body does are both covered."""
    motion = seen_motion(10)
    astray = landmarks_of(motion, SIZE)
    astray.points_px[:, :, 0] += 120
    found = heads_at(motion.time_s, SIZE, None, astray, motion).at(4)
    at_head = motion.points_px[4, JOINT["head"]]
    for point in (at_head, at_head + np.array([120, 0])):
        assert any(_inside(box, point[None]).all() for box in found)


def test_who_was_found_in_the_workers_place_is_covered_beside_them() -> None:
    """A sighting told as the worker's, but away from their landmarks, hides a face."""
    motion = seen_motion(10)
    landmarks = landmarks_of(motion, SIZE)
    away = head(0.85, 0.6)
    worker = person_of(1, motion.time_s.tolist(), [away] * 10)
    found = heads_at(motion.time_s, SIZE, people_of(worker), landmarks, motion)
    at_head = motion.points_px[:, JOINT["head"]]
    for k in range(10):
        assert covered(found.at(k), away)
        assert any(_inside(box, at_head[k][None]).all() for box in found.at(k))


def test_the_less_a_face_shows_the_wider_it_is_covered() -> None:
    """Landmarks that the network doubts cover twice as much as those it is sure of."""
    motion = with_gap(seen_motion(), 0, 5)
    doubted = landmarks_of(seen_motion(), SIZE)
    every = np.ones_like(doubted.visibility)
    sure = replace(doubted, visibility=every, presence=every)
    wide, narrow = (
        heads_at(motion.time_s, SIZE, None, each, motion).at(2)
        for each in (doubted, sure)
    )
    assert widest(wide) == pytest.approx(2 * widest(narrow))


places = st.floats(0.3, 0.7)


@given(
    ends=st.tuples(places, places, places, places),
    gap_s=st.floats(0.05, 0.6),
    share=st.floats(0, 1),
    push=st.floats(0, 1),
    angle=st.floats(0, 2 * np.pi),
)
def test_between_two_sightings_no_place_is_left_open(
    ends: Four, gap_s: float, share: float, push: float, angle: float
) -> None:
    """The cover holds a head on the straight way, and wherever a push takes it off."""
    start, end = np.array(ends[:2]), np.array(ends[2:])
    boxes = [head(*start), head(*end)]
    found = covers(
        np.array([share * gap_s]), people_of(person_of(1, [0.0, gap_s], boxes))
    )
    off_m = push * PUSH_M_S2 / 2 * gap_s**2 * share * (1 - share)
    off = METRE * off_m * np.array([np.cos(angle), np.sin(angle)])
    assert covered(found.at(0), head(*(start + share * (end - start) + off)))


@given(
    side=st.floats(0.02, 0.1), corner=st.sampled_from([(0, 1), (0, 3), (2, 1), (2, 3)])
)
def test_no_cover_is_smaller_than_the_head(
    side: float, corner: tuple[int, int]
) -> None:
    """Not even a corner of the box about a head sticks out, however small it is."""
    box = head(0.5, 0.4, side)
    found = covers(np.array([0.0]), people_of(person_of(1, [0.0], [box])))
    at = np.array([[box[corner[0]] * SIZE[0], box[corner[1]] * SIZE[1]]])
    assert _inside(found.at(0)[0], at).all()


def test_a_head_that_looks_small_for_a_moment_is_covered_as_before() -> None:
    """A bow to the camera draws the landmarks together; the head stays as large."""
    times = np.arange(10) / 10
    boxes = [head(0.5, 0.4, HALF / 3 if k in {4, 5} else HALF) for k in range(10)]
    found = covers(times, people_of(person_of(1, times.tolist(), boxes)))
    assert all(covered(found.at(k), head(0.5, 0.4)) for k in range(10))


def test_a_way_too_fast_to_be_sure_of_is_covered_whole() -> None:
    """Where a head seems to fly, it may be at either end all the time, and before."""
    way = 0.1 * 1.5 * FAST_M_S * METRE
    known = [0.0, 0.1, 0.2, 0.3]
    boxes = [head(x, 0.4) for x in (0.2, 0.2, 0.2 + way, 0.2 + way)]
    found = covers(np.linspace(0.1, 0.2, 5), people_of(person_of(1, known, boxes)))
    for k in range(5):
        assert covered(found.at(k), boxes[0])
        assert covered(found.at(k), boxes[-1])


def test_a_bystander_is_covered_beyond_sightings() -> None:
    """Whoever stops, or walks on at the same pace, stays covered for a while."""

    def at(time_s: float) -> Four:
        return head(0.4 + 0.6 * (time_s - 1.0), 0.3)

    person = person_of(2, [1.0, 1.4], [at(1.0), at(1.4)])
    times = np.linspace(1.0 - 0.99 * HOLD_S, 1.4 + 0.99 * HOLD_S, 41)
    found = covers(times, people_of(person))
    for k, time_s in enumerate(times):
        assert covered(found.at(k), at(time_s))
        assert covered(found.at(k), at(np.clip(time_s, 1.0, 1.4)))
        assert widest(found.at(k)) < 9
    gone = covers(np.array([1.0 - 1.1 * HOLD_S, 1.4 + 1.1 * HOLD_S]), people_of(person))
    assert not len(gone.boxes_px)


def test_nothing_is_covered_across_a_long_absence() -> None:
    """Who was away for longer than the bridge is covered at both ends only."""
    box, gap_s = head(0.2, 0.2), BRIDGE_S + 1
    times = np.array([0.0, HOLD_S / 2, gap_s / 2, gap_s])
    found = covers(times, people_of(person_of(1, [0.0, gap_s], [box, box])))
    assert np.diff(found.first).tolist() == [1, 1, 0, 1]


def test_the_way_from_who_was_lost_to_who_turns_up_is_covered() -> None:
    """Two that may be one are covered in between; where others go on, they are too."""
    lost = person_of(1, [0.0, 0.1], [head(0.2, 0.1), head(0.2, 0.1)])
    found = person_of(2, [0.9, 1.0], [head(0.8, 0.5), head(0.8, 0.5)])
    other = person_of(3, [0.0, 1.0], [head(0.9, 0.1), head(0.9, 0.1)])
    boxes = covers(np.array([0.5]), people_of(lost, found, other)).at(0)
    assert covered(boxes, head(0.5, 0.3))
    assert covered(boxes, head(0.9, 0.1))


@pytest.mark.parametrize("after_s", [0.2, 1.5])
def test_who_was_lost_is_held_until_somebody_turns_up(after_s: float) -> None:
    """The hold is over when its head may have been found, else it lasts."""
    lost = person_of(1, [0.0], [head(0.3, 0.3)])
    known = [after_s, after_s + 0.5]
    found = person_of(2, known, [head(0.6, 0.3), head(0.6, 0.3)])
    boxes = covers(np.array([0.9 * HOLD_S]), people_of(lost, found)).at(0)
    assert covered(boxes, head(0.3, 0.3)) == (after_s > HOLD_S)


def test_who_passes_briefly_is_covered_too() -> None:
    """A face that was seen too briefly to be told as a person's is covered."""
    passer = person_of(9, [0.0], [head(0.75, 0.1)]).sightings
    worker = person_of(1, [0.0], [head(0.2, 0.1)])
    for told in (people_of(worker), people_of()):
        people = msgspec.structs.replace(told, passing=(passer,))
        assert covered(covers(np.array([0.0]), people).at(0), head(0.75, 0.1))


def test_where_no_head_was_found_the_whole_person_is_covered() -> None:
    """Which end of a person is up is not known without a head."""
    person = person_of(1, [0.0], [None], box=(0.4, 0.2, 0.6, 0.7))
    (box,) = covers(np.array([0.0]), people_of(person)).at(0)
    np.testing.assert_allclose(
        box[:4], np.array([0.4, 0.2, 0.6, 0.7]) * np.tile(SIZE, 2)
    )
    assert box[4] == 0


def test_a_moment_is_covered_as_in_the_clip() -> None:
    """The covers of one picture are those that the whole clip has there."""
    known = [0.0, 0.3, 0.6]
    person = person_of(1, known, [head(x, 0.3) for x in (0.3, 0.5, 0.4)])
    times = np.linspace(-0.3, 0.9, 25)
    found = covers(times, people_of(person))
    for k, time_s in enumerate(times):
        alone = covers(np.array([time_s]), people_of(person))
        np.testing.assert_allclose(alone.at(0), found.at(k))


def noise_canvas(seed: int) -> NDArray[np.uint8]:
    """Return a canvas of noise."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = np.random.default_rng(seed).integers(16, 235, canvas.i420.shape)
    return canvas.i420


@pytest.mark.parametrize(
    "box", [(50, 40, 110, 120), (-30, -20, 40, 50), (150, 100, 260, 220)]
)
@pytest.mark.parametrize("corner", [0, 12, 100])
def test_a_covered_face_is_smooth_and_the_rest_untouched(
    box: Four, corner: float
) -> None:
    """Within the round corners neighbours hardly differ; outside nothing changes."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = noise_canvas(1)
    before = canvas.planes[0].astype(int)
    cover_faces(canvas.planes, [np.array([*box, corner], dtype=np.float64)])
    after = canvas.planes[0].astype(int)
    y, x = np.mgrid[:160, :200] + 0.5
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    covered_px, near_px = (
        _inside(np.array([*np.array(box) + rim, corner + rim[2]]), pixels)
        for rim in (np.array([2.0, 2, -2, -2]), np.array([-1.0, -1, 1, 1]))
    )
    assert (after == before)[~near_px.reshape(x.shape)].all()
    steps = np.abs(np.diff(after, axis=1))[covered_px.reshape(x.shape)[:, 1:]]
    assert steps.max() < 12


def test_a_face_cannot_be_told_from_its_mirror_image() -> None:
    """Two pictures that agree in a few blocks agree in all that is left of a face."""
    rng = np.random.default_rng(3)
    fine = rng.normal(0, 20, (16, 16)).clip(-40, 40)
    fine -= fine.mean()
    results = []
    for sign in (1, -1):
        canvas = empty_canvas(200, 160)
        canvas.i420[:] = 128
        blocks = np.tile(fine * sign, (5, 5))
        canvas.planes[0][:80, :80] = 128 + np.rint(blocks).astype(int)
        cover_faces(canvas.planes, [np.array([0.0, 0, 80, 80, 40])])
        results.append(canvas.planes[0][20:60, 20:60].astype(int))
    assert np.abs(results[0] - results[1]).max() <= 8


def test_no_face_is_no_change() -> None:
    """Where there is no head, and where it is outside, the picture stays."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = noise_canvas(2)
    before = canvas.i420.copy()
    boxes = [np.array([300.0, 10, 340, 50, 20])]
    cover_faces(canvas.planes, boxes)
    assert (canvas.i420 == before).all()
