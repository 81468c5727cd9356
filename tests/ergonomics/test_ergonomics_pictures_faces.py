"""Covering the faces of everybody in the pictures."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT
from ergomesh.ergonomics.pictures.faces import cover_faces
from ergomesh.ergonomics.pictures.heads import BRIDGE_S, HOLD_S, heads_at
from ergomesh.ergonomics.pictures.planes import empty_canvas
from ergonomics.ergonomics_postures import (
    with_gap,
)
from ergonomics.ergonomics_scenes import (
    landmarks_of,
    people_of,
    person_of,
    seen_motion,
)

SIZE = 640, 480


def test_the_workers_head_is_covered_in_every_picture() -> None:
    """Landmarks and body cover the head joint and the ears, gaps for a while."""
    motion = seen_motion(30)
    landmarks = landmarks_of(motion, SIZE)
    times = np.arange(0, 3, 0.02)[: 145 + 0]
    (head,) = heads_at(times, SIZE, None, landmarks, motion)
    at_head = motion.points_px[0, JOINT["head"]]
    assert (head.boxes_px[:, :2] < at_head).all()
    assert (head.boxes_px[:, 2:] > at_head).all()


def covers(box: FloatArray, head: tuple[float, float, float, float]) -> bool:
    """Return whether a cover in shares of the picture holds a head."""
    return bool((box[:2] <= head[:2]).all() and (box[2:] >= head[2:]).all())


def test_a_bystander_is_covered_between_and_beyond_sightings() -> None:
    """Whoever walks on at the same pace stays covered, for a while beyond the ends."""
    motion = with_gap(seen_motion(), 0, 5)

    def _head(time_s: float) -> tuple[float, float, float, float]:
        left = 0.3 + 0.2 * (time_s - 1.0)
        return left, 0.1, left + 0.1, 0.2

    people = people_of(
        person_of(1, [0.0], [_head(0.0)]),
        person_of(2, [1.0, 1.4], [_head(1.0), _head(1.4)]),
    )
    times = np.linspace(1.0 - 0.99 * HOLD_S, 1.4 + 0.99 * HOLD_S, 41)
    heads = heads_at(times, SIZE, people, landmarks_of(motion, SIZE), motion)
    for time_s, box in zip(times, heads[1].boxes_px / np.tile(SIZE, 2), strict=True):
        assert covers(box, _head(time_s))
        assert box[2] - box[0] < 0.4
    gone = np.array([1.0 - 1.1 * HOLD_S, 1.4 + 1.1 * HOLD_S])
    late = heads_at(gone, SIZE, people, landmarks_of(motion, SIZE), motion)
    assert np.isnan(late[1].boxes_px).all()


@pytest.mark.parametrize("push_m_s2", [-4.0, 4.0])
def test_a_bystander_who_starts_or_stops_stays_covered(push_m_s2: float) -> None:
    """Between sightings the cover has room for a brisk change of pace."""
    motion = with_gap(seen_motion(), 0, 5)
    metre = 0.1 / 0.22  # of the picture's width, where a head is a tenth of it

    def _head(time_s: float) -> tuple[float, float, float, float]:
        left = 0.4 + metre * push_m_s2 / 2 * time_s**2
        return left, 0.4, left + 0.1, 0.4 + 0.1 * SIZE[0] / SIZE[1]

    known = [0.0, 0.4]
    people = people_of(person_of(1, known, [_head(time_s) for time_s in known]))
    times = np.linspace(0, 0.4, 21)
    (head,) = heads_at(times, SIZE, people, landmarks_of(motion, SIZE), motion)
    for time_s, box in zip(times, head.boxes_px / np.tile(SIZE, 2), strict=True):
        assert covers(box, _head(time_s))


def test_nothing_is_covered_across_a_long_absence() -> None:
    """Who was away for longer than the bridge is covered at both ends only."""
    motion = with_gap(seen_motion(), 0, 5)
    box, gap = (0.1, 0.1, 0.2, 0.2), BRIDGE_S + 1
    people = people_of(person_of(1, [0.0, gap], [box, box]))
    times = np.array([0.0, HOLD_S / 2, gap / 2, gap])
    (head,) = heads_at(times, SIZE, people, landmarks_of(motion, SIZE), motion)
    assert np.isfinite(head.boxes_px[:, 0]).tolist() == [True, True, False, True]


def test_who_passes_briefly_is_covered_too() -> None:
    """A face that was seen too briefly to be told as a person's is covered."""
    motion = with_gap(seen_motion(), 0, 5)
    passer = person_of(9, [0.0], [(0.7, 0.1, 0.8, 0.2)]).sightings
    worker = person_of(1, [0.0], [(0.1, 0.1, 0.2, 0.2)])
    for told in (people_of(worker), people_of()):
        people = msgspec.structs.replace(told, passing=(passer,))
        heads = heads_at(
            np.array([0.0]), SIZE, people, landmarks_of(motion, SIZE), motion
        )
        assert covers(heads[-1].boxes_px[0] / np.tile(SIZE, 2), (0.7, 0.1, 0.8, 0.2))


def test_where_no_head_was_found_the_top_of_the_box_is_covered() -> None:
    """A sighting without a head hides the upper fifth of the person."""
    motion = with_gap(seen_motion(), 0, 5)
    person = person_of(1, [0.0], [None], box=(0.4, 0.2, 0.6, 0.7))
    (head,) = heads_at(
        np.array([0.0]), SIZE, people_of(person), landmarks_of(motion, SIZE), motion
    )
    box = head.boxes_px[0] / np.tile(SIZE, 2)
    assert covers(box, (0.4, 0.2, 0.6, 0.3))
    assert box[3] < 0.35


def noise_canvas(seed: int) -> NDArray[np.uint8]:
    """Return a canvas of noise."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = np.random.default_rng(seed).integers(16, 235, canvas.i420.shape)
    return canvas.i420


@pytest.mark.parametrize(
    "box", [(50, 40, 110, 120), (-30, -20, 40, 50), (150, 100, 260, 220)]
)
def test_a_covered_face_is_smooth_and_the_rest_untouched(
    box: tuple[float, float, float, float],
) -> None:
    """Inside the ellipse neighbours hardly differ; outside the box nothing changes."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = noise_canvas(1)
    before = canvas.planes[0].astype(int)
    cover_faces(canvas.planes, [np.array(box, dtype=np.float64)])
    after = canvas.planes[0].astype(int)
    y, x = np.mgrid[:160, :200]
    outside = (x < box[0] - 1) | (x > box[2]) | (y < box[1] - 1) | (y > box[3])
    assert (after == before)[outside].all()
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    reach = np.array([box[2] - box[0], box[3] - box[1]]) / 2 - 3
    inside = ((np.stack([x, y], -1) - middle) / reach) ** 2
    steps = np.abs(np.diff(after, axis=1))[(inside.sum(-1) < 1)[:, 1:]]
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
        cover_faces(canvas.planes, [np.array([0.0, 0, 80, 80])])
        results.append(canvas.planes[0][20:60, 20:60].astype(int))
    assert np.abs(results[0] - results[1]).max() <= 8


def test_no_face_is_no_change() -> None:
    """Where there is no head, and where it is outside, the picture stays."""
    canvas = empty_canvas(200, 160)
    canvas.i420[:] = noise_canvas(2)
    before = canvas.i420.copy()
    boxes = [np.full(4, np.nan), np.array([300.0, 10, 340, 50])]
    cover_faces(canvas.planes, boxes)
    assert (canvas.i420 == before).all()
