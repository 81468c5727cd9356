"""Laws of joining detections and ranges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.assembly import assemble, coverage, to_landmarks
from ergomesh.pose.detection import Detection
from ergomesh.pose.stage import require_person
from ergomesh.runtime.errors import Unusable

COUNT = len(LANDMARKS)


def detection(seed: int) -> Detection:
    """Return a detection that no other seed gives."""
    rng = np.random.default_rng(seed)
    return Detection(
        points_norm=rng.random((COUNT, 3)),
        points_world_m=rng.random((COUNT, 3)),
        visibility=rng.random(COUNT),
        presence=rng.random(COUNT),
    )


def landmarks(found: list[bool], *, first: int = 0) -> Landmarks:
    """Return landmarks of consecutive frames, present where ``found``."""
    frames = list(range(first, first + len(found)))
    seen = [detection(i) if f else None for i, f in zip(frames, found, strict=True)]
    return to_landmarks(
        frames=frames,
        times_s=[i / 15 for i in frames],
        image=seen,
        world=seen,
        size_px=(640, 360),
        model="full",
    )


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.data())
def test_ranges_join_to_the_whole(found: list[bool], data: st.DataObject) -> None:
    """However a clip is cut, joining its ranges gives the landmarks of the whole."""
    cut = data.draw(st.integers(0, len(found)))
    parts = [landmarks(found[:cut]), landmarks(found[cut:], first=cut)]

    joined, whole = assemble(parts), landmarks(found)

    assert joined.model == whole.model
    np.testing.assert_array_equal(joined.frame, whole.frame)
    np.testing.assert_array_equal(joined.points_px, whole.points_px)
    np.testing.assert_array_equal(joined.points_world_m, whole.points_world_m)
    np.testing.assert_array_equal(joined.detected, whole.detected)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_frame_without_a_person_is_empty(found: list[bool]) -> None:
    """Values are NaN exactly where nobody was detected: nothing is invented."""
    result = landmarks(found)

    for values in (result.points_px, result.points_world_m, result.visibility):
        empty = np.isnan(values).reshape(len(found), -1)
        np.testing.assert_array_equal(empty.all(axis=1), ~result.detected)
        np.testing.assert_array_equal(empty.any(axis=1), ~result.detected)


def test_points_are_in_pixels_of_the_upright_picture() -> None:
    """A normalised point times width and height is the point in pixels."""
    seen = detection(3)
    result = landmarks([False] * 3 + [True])

    np.testing.assert_allclose(
        result.points_px[3], seen.points_norm[:, :2] * [640, 360]
    )
    np.testing.assert_allclose(result.depth_px[3], seen.points_norm[:, 2] * 640)


def test_one_model_without_a_person_means_no_person() -> None:
    """With two models, a frame counts only if both found the person."""
    both = to_landmarks(
        frames=[0, 1],
        times_s=[0.0, 0.1],
        image=[detection(0), detection(1)],
        world=[detection(2), None],
        size_px=(640, 360),
        model="heavy+full",
    )

    assert both.detected.tolist() == [True, False]


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
