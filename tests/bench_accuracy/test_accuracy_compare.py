import math
from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy import compare
from bench.accuracy.judge import landmarks_at
from bench.accuracy.measured import Measured, measure, measure_exact
from bench_accuracy.accuracy_scenes import beside, tilted
from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, Angles
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    bent_elbow,
    motion_of,
    without,
)

TASK = TaskFacts()
POSES = [BUSY, ARMS_DOWN, bent_elbow(80.0), bent_elbow(60.0), BUSY, ARMS_DOWN]
EXACT = measure_exact(motion_of(POSES), TASK)


def with_angle(measured: Measured, name: str, values: float) -> Measured:
    """Return a measurement with one angle changed by so many degrees."""
    angles = measured.angles
    column = angles.names.index(name)
    changed = angles.values_deg.copy()
    changed[:, column] += values
    return replace(measured, angles=Angles(angles.names, changed, angles.sd_deg))


def test_the_truth_is_exact() -> None:
    """Compared with itself, nothing errs, everything agrees."""
    same = [beside(EXACT, EXACT)]

    for stat in compare.angle_stats(same).values():
        assert (stat.rmse_deg, stat.bias_deg, stat.share) == (0, 0, 1)
    assert compare.median_rmse_deg(same) == 0
    assert compare.gravity_errors_deg(same) == [pytest.approx(0, abs=1e-6)]
    assert compare.focal_errors(same) == [0]
    assert compare.jitter(same).error == 0
    for method in ("rula", "reba"):
        assert compare.frame_agreement(same, method) == 1
        assert compare.scored_share(same, method) == 1
        assert compare.frame_kappa(same, method) == 1


def test_sides_are_judged_together() -> None:
    """An error of 6° on one side of two is 3° of bias and 6/√2 of RMSE."""
    found = with_angle(EXACT, "left_knee_flexion", 6.0)
    stats = compare.angle_stats([beside(found, EXACT)])

    assert stats["knee_flexion"].bias_deg == pytest.approx(3.0)
    assert stats["knee_flexion"].rmse_deg == pytest.approx(6.0 / math.sqrt(2))
    assert stats["elbow_flexion"].rmse_deg == 0
    assert set(stats) == set(compare.PUBLIC_ANGLES)


def test_every_public_angle_is_in_exactly_one_row() -> None:
    """The rows take in all 24 columns of angles.csv."""
    names = [compare.without_side(name) for name in ANGLE_NAMES]
    assert [names.count(row) for row in compare.PUBLIC_ANGLES].count(len(SIDES)) == 8
    assert sum(names.count(row) for row in compare.PUBLIC_ANGLES) == len(ANGLE_NAMES)


def test_the_median_is_over_clips_and_angles() -> None:
    """One clip wholly off by a degree and two exact ones have the median 0."""
    off = EXACT
    for name in ANGLE_NAMES:
        off = with_angle(off, name, 1.0)
    one, exact = beside(off, EXACT), beside(EXACT, EXACT)

    assert compare.median_rmse_deg([one, exact, exact]) == 0
    assert compare.median_rmse_deg([one, one, exact]) == pytest.approx(1.0)


def test_same_frames_leaves_out_what_either_lacks() -> None:
    """Where one of two systems has no value, the other's is not judged."""
    gap = EXACT.angles.values_deg.copy()
    gap[:2] = np.nan
    holed = replace(EXACT, angles=Angles(EXACT.angles.names, gap, EXACT.angles.sd_deg))
    off = with_angle(EXACT, "head_inclination", 4.0)

    ours, raw = compare.on_same_frames([beside(holed, EXACT)], [beside(off, EXACT)])

    for side in (ours, raw):
        share = compare.angle_stats(side)["head_inclination"].share
        assert share == pytest.approx(4 / 6)
    assert compare.angle_stats(raw)["head_inclination"].rmse_deg == pytest.approx(4.0)


@pytest.mark.parametrize("pitch_deg", [7.0, 25.0])
def test_a_wrong_vertical_is_measured(pitch_deg: float) -> None:
    """The error of the vertical is the camera's pitch that was missed."""
    truth = tilted(motion_of(POSES), pitch_deg)
    level = measure_exact(motion_of(POSES), TASK)

    errors = compare.gravity_errors_deg([beside(level, measure_exact(truth, TASK))])

    assert errors == [pytest.approx(pitch_deg)]


def test_jitter_does_not_see_the_camera_or_the_root() -> None:
    """A joint's acceleration about the hips is the same from wherever it is seen."""
    swing = [
        ARMS_DOWN | {"left_elbow": (0, -20 * math.sin(k / 2), 0)} for k in range(9)
    ]
    truth = motion_of(swing)
    moved = replace(
        truth, joints_world_m=truth.joints_world_m + np.array([3.0, 0, 1.0])
    )
    at = [
        beside(measure_exact(m, TASK), measure_exact(m, TASK)) for m in (truth, moved)
    ]

    first, second = (compare.jitter([one]) for one in at)

    assert first.size == pytest.approx(second.size, abs=1e-9)


def test_noise_is_jitter() -> None:
    """Noise that doubles doubles the error of the acceleration."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, EXACT.joints_m.shape)
    errors = [
        compare.jitter(
            [beside(replace(EXACT, joints_m=EXACT.joints_m + k * noise), EXACT)]
        ).error
        for k in (1, 2)
    ]

    assert errors[1] == pytest.approx(2 * errors[0])


def test_the_highest_level_of_a_clip_counts_per_side() -> None:
    """Peaks that agree have kappa 1 even where frames do not."""
    levels = {name: level.copy() for name, level in EXACT.levels.items()}
    for name, level in levels.items():
        lowest = EXACT.levels[name].argmin(axis=1)
        level[[0, 1], lowest] = EXACT.levels[name].max(axis=1)
    found = replace(EXACT, levels=levels, guessed=levels)
    other = measure_exact(motion_of([ARMS_DOWN] * 6), TASK)
    clips = [beside(found, EXACT), beside(other, other, name="calm")]

    assert compare.peak_kappa(clips, "reba") == 1
    assert compare.frame_kappa(clips, "reba") < 1


def test_best_guesses_score_what_was_not_observed() -> None:
    """A hand that was not seen leaves levels open; its best guess closes them."""
    truth = motion_of(POSES)
    hidden = without(truth, "left_wrist", "right_wrist", "left_elbow", "right_elbow")

    found = measure(hidden, TASK)

    assert (found.levels["rula"] == -1).any()
    for method, levels in EXACT.levels.items():
        np.testing.assert_array_equal(found.guessed[method], levels)
    assert compare.scored_share([beside(found, EXACT)], "rula") < 1
    assert compare.guessed_kappa([beside(found, EXACT)], "rula") == 1


def test_a_variant_is_judged_on_the_angles_of_the_base() -> None:
    """What a variant dares not say counts where the base has a value, only there."""
    truth = motion_of(POSES)
    shy = measure(without(truth, "left_knee", "right_knee"), TASK)
    base = measure(without(truth, "left_elbow"), TASK)

    (judged,) = compare.guessed_where_known([beside(shy, EXACT)], [beside(base, EXACT)])
    stats = compare.angle_stats([judged])

    assert stats["knee_flexion"].share == 1
    assert stats["knee_flexion"].rmse_deg == pytest.approx(0, abs=1e-9)
    assert stats["elbow_flexion"].share == 0.5


def test_landmarks_of_some_frames_are_those_rows() -> None:
    """Picking frames keeps what is of the whole clip and the frames' own rows."""
    count, sides = 5, np.array((640, 480))
    rows = np.arange(count, dtype=np.float64)
    whole = Landmarks(
        frame=np.arange(count),
        time_s=rows,
        points_px=np.zeros((count, 33, 2)) + rows[:, None, None],
        depth_px=np.zeros((count, 33)),
        points_world_m=np.zeros((count, 33, 3)),
        visibility=np.ones((count, 33)),
        presence=np.ones((count, 33)),
        detected=np.ones(count, dtype=np.bool_),
        size_px=sides,
        background_lines_px=np.zeros((0, 4)),
        model="test",
        lens_focal_px=700.0,
    )

    some = landmarks_at(whole, np.array([1, 3]))

    assert some.time_s.tolist() == [1.0, 3.0]
    assert some.points_px[:, 0, 0].tolist() == [1.0, 3.0]
    assert (some.size_px.tolist(), some.lens_focal_px) == (sides.tolist(), 700.0)
