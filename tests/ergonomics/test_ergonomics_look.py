"""What the overlay shows: track, timeline, boxes, shades and layout (pure)."""

import numpy as np
import pytest

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.ergonomics.core.look import (
    GREY,
    LEVEL_COLOURS,
    MAX_SIZE_PX,
    layout_of,
    reading,
    sd_colour,
    timeline_picture,
)
from ergomesh.ergonomics.core.track import (
    MAX_GAP_S,
    index_near,
    timeline_columns,
    track_at,
    worse_side,
)
from ergonomics.ergonomics_postures import (
    arm_raise,
    bent_elbow,
    flexed_arm,
    motion_of,
    scores_of,
    with_gap,
    without,
)


def shown_px(motion: Motion, times_s: FloatArray) -> FloatArray:
    """Return the joints at picture times."""
    return track_at(motion, times_s).blend(motion.points_px, slice(None))


def test_joints_move_straight_between_analysed_frames() -> None:
    """Between two analysed frames joints are interpolated in time."""
    motion = arm_raise([0.0, 0.2, 0.4], (640, 480))
    found = shown_px(motion, np.array([0.0, 0.05, 0.3, 0.4]))
    a, b, c = motion.points_px
    assert found[0] == pytest.approx(a)
    assert found[1] == pytest.approx(0.75 * a + 0.25 * b)
    assert found[2] == pytest.approx((b + c) / 2)
    assert found[3] == pytest.approx(c)


def test_the_video_shows_no_more_than_the_files() -> None:
    """Frames without a person stay empty, however short the gap, and so do ends."""
    motion = arm_raise([0.1 * k for k in range(30)], (640, 480))
    times = np.arange(30) / 10
    for first, last in ((10, 11), (10, 13), (10, 20), (0, 3), (27, 30)):
        gapped = with_gap(motion, first, last)
        empty = np.isnan(shown_px(gapped, times)).all(axis=(1, 2))
        assert np.flatnonzero(empty).tolist() == list(range(first, last))
        assert (track_at(gapped, times).nearest[first:last] == -1).all()
    ends = shown_px(motion, np.array([2.9 + 0.04, 2.9 + 0.07]))
    assert np.isfinite(ends[0]).all()
    assert np.isnan(ends[1]).all()


def test_nothing_is_drawn_between_distant_frames() -> None:
    """A clip that pauses longer than half a second has no body in the pause."""
    motion = arm_raise([0.0, 0.1, 0.2, 0.2 + 2 * MAX_GAP_S], (640, 480))
    found = shown_px(motion, np.array([0.15, 0.2 + MAX_GAP_S]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_track_of_nobody_is_empty() -> None:
    """Without a person there is nothing to draw."""
    nobody = with_gap(arm_raise([0.0, 0.1], (64, 48)), 0, 2)
    times = np.array([0.0, 0.05])
    assert np.isnan(shown_px(nobody, times)).all()
    assert track_at(nobody, times).nearest.tolist() == [-1, -1]


def test_timeline_keeps_every_peak() -> None:
    """Each column shows the highest score within it, however many frames it has."""
    score = np.ones(1000)
    score[337] = 9
    found = timeline_columns(score, np.linspace(0, 10, 1001), 50)
    assert found.shape == (50,)
    assert np.flatnonzero(found == 9).tolist() == [337 * 50 // 1000]
    few = timeline_columns(np.array([2.0, np.nan, 4.0]), np.array([0, 1, 2, 4.0]), 8)
    assert few.tolist() == [2, 2, 0, 0, 4, 4, 4, 4]


def test_nearest_index() -> None:
    """The nearest time wins, the ends hold."""
    times = np.array([0.0, 1.0, 3.0])
    asked = [-5.0, 0.4, 0.6, 1.9, 2.1, 9.0]
    assert [index_near(times, t) for t in asked] == [0, 0, 1, 1, 2, 2]


def test_levels_read_without_colour() -> None:
    """Each worse level is clearly darker, so the shades read in grey."""
    weights = np.array([0.114, 0.587, 0.299])
    grey = [float(np.dot(weights, colour)) for colour in LEVEL_COLOURS]
    assert (np.diff(grey) < -20).all()


def test_uncertain_joints_are_darker() -> None:
    """A joint's colour darkens with its standard deviation, unknown the darkest."""
    grey = [sum(sd_colour(sd)) for sd in (0.0, 0.02, 0.05, 0.3, float("nan"))]
    assert grey == sorted(grey, reverse=True)
    assert grey[-1] == grey[-2]


def test_box_says_score_range_or_nothing() -> None:
    """A box shows the worse score, what is left open, and a dash without a person."""
    motion = motion_of([bent_elbow(80), flexed_arm(100), bent_elbow(80)])
    motion = with_gap(motion, 2, 3)
    reba = scores_of(motion).methods["reba"]
    worse = max(side.value[1] for side in reba.sides.values())
    assert reading(reba, 0) == ("1", 0)
    assert reading(reba, 1) == (f"{worse:.0f}", 1)
    assert reading(reba, 2) == ("-", -1)
    assert reading(reba, -1) == ("-", -1)
    no_arm = scores_of(without(motion, "right_elbow")).methods["reba"]
    assert reading(no_arm, 1) == (f"{worse:.0f}+", 1)
    legs = (
        f"{side}_{name}" for side in ("left", "right") for name in ("knee", "ankle")
    )
    hidden = scores_of(without(motion, *legs)).methods["reba"]
    text, level = reading(hidden, 0)
    low, high = map(int, text.split("-"))
    assert low == 1 < high
    assert level == -1


def test_timeline_draws_what_is_known() -> None:
    """A column is as high and dark as its score, and empty where there is none."""
    motion = motion_of([bent_elbow(80), flexed_arm(120), bent_elbow(80), {}])
    motion = with_gap(motion, 2, 3)
    found = scores_of(motion).methods["reba"]
    # Half a step later, each frame stands for just one column.
    picture = timeline_picture(found, motion.time_s + 0.05, 0.4 - 1e-9, (4, 30))
    worse = worse_side(found)
    filled = (picture != GREY).any(axis=-1).sum(axis=0)
    expected = np.ceil(np.nan_to_num(worse) / found.highest() * 30)
    assert filled.tolist() == expected.tolist()
    assert filled[2] == 0
    for column, level in enumerate(found.levels(worse)):
        if level >= 0:
            assert picture[-1, column].tolist() == list(LEVEL_COLOURS[level])


@pytest.mark.parametrize(
    "size", [(1920, 1080), (1080, 1920), (75, 51), (4000, 30), (31, 4000), (720, 720)]
)
def test_layouts_are_even_and_fit(size: tuple[int, int]) -> None:
    """Any picture size gives an even layout within 720p, timeline inside."""
    layout = layout_of(*size, methods=2, legend_lines=3)
    numbers = layout.width, layout.picture_height, layout.bar_height, layout.box_width
    assert all(number % 2 == 0 for number in numbers)
    assert max(layout.width, layout.height) <= MAX_SIZE_PX[0]
    assert min(layout.width, layout.height) <= MAX_SIZE_PX[1]
    for method in range(2):
        left, top, width, height = layout.timeline_px(method)
        assert 0 <= top < top + height <= layout.legend_top
        assert width >= 2
        assert left + width <= max(layout.width, left + 2)
