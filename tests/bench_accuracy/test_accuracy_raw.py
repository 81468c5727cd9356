from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy.measured import measure_exact
from bench.accuracy.raw import measure_raw
from bench_accuracy.accuracy_scenes import perfect_landmarks, rest_m, tilted
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import ANGLE_NAMES
from ergonomics.ergonomics_postures import ARMS_DOWN, BUSY, bent_elbow, motion_of

POSES = [
    BUSY,
    ARMS_DOWN | {"pelvis": (70.0, 0.0, 0.0)},
    bent_elbow(95.0) | {"neck": (25.0, 10.0, 5.0)},
    BUSY | {"pelvis": (5.0, -60.0, 0.0)},
]
TASK = TaskFacts()
STILL = np.zeros(len(POSES), dtype=np.bool_)


def test_exact_landmarks_before_a_level_camera_give_the_exact_angles() -> None:
    """Raw landmarks that lie on the joints lose nothing by being raw."""
    truth = motion_of(POSES)
    exact = measure_exact(truth, TASK)

    found = measure_raw(perfect_landmarks(POSES, truth), rest_m(), TASK, walking=STILL)

    for name in ANGLE_NAMES:
        np.testing.assert_allclose(
            found.angles.value_deg(name), exact.angles.value_deg(name), atol=1e-5
        )
    np.testing.assert_allclose(found.joints_m, exact.joints_m, atol=1e-9)
    for method, levels in exact.levels.items():
        np.testing.assert_array_equal(found.levels[method], levels)


def test_a_tilted_camera_tilts_what_is_measured_against_gravity() -> None:
    """Without the vertical, a trunk leans by the camera's pitch; with it, not."""
    poses = [ARMS_DOWN]
    truth = tilted(motion_of(poses), 20.0)
    landmarks = perfect_landmarks(poses, truth)
    up = truth.rotmat_cam_world[:, 1]
    still = np.zeros(1, dtype=np.bool_)

    level = measure_raw(landmarks, rest_m(), TASK, walking=still)
    given = measure_raw(landmarks, rest_m(), TASK, walking=still, up_cam=up)

    assert level.angles.value_deg("trunk_inclination") == pytest.approx(20.0)
    assert given.angles.value_deg("trunk_inclination") == pytest.approx(0.0, abs=1e-5)
    assert level.angles.value_deg("left_hip_flexion") == pytest.approx(
        given.angles.value_deg("left_hip_flexion")
    )


def test_only_a_level_camera_is_a_statement_about_the_vertical() -> None:
    """A vertical that was given is not judged as if it had been found."""
    truth = motion_of(POSES)
    landmarks = perfect_landmarks(POSES, truth)
    level = measure_raw(landmarks, rest_m(), TASK, walking=STILL)
    given = measure_raw(
        landmarks, rest_m(), TASK, walking=STILL, up_cam=np.array([0.0, -1.0, 0.0])
    )

    assert level.up_cam is not None
    assert given.up_cam is None


def test_a_frame_without_a_person_has_no_value() -> None:
    """Where nothing was detected there is no angle, no level and no joint."""
    truth = motion_of(POSES)
    landmarks = perfect_landmarks(POSES, truth)
    points = landmarks.points_world_m.copy()
    points[1] = np.nan
    seen = np.array([True, False, True, True])
    found = measure_raw(
        replace(landmarks, points_world_m=points, detected=seen),
        rest_m(),
        TASK,
        walking=STILL,
    )

    assert np.isnan(found.angles.values_deg[1]).all()
    assert np.isnan(found.joints_m[1]).all()
    for levels in found.levels.values():
        assert (levels[:, 1] == -1).all()
        assert (levels[:, 0] >= 0).all()


def test_a_step_is_not_standing_on_one_leg() -> None:
    """A lifted foot counts in the legs' score, unless the frame is of a walk."""
    poses = [ARMS_DOWN | {"left_hip": (-60.0, 0.0, 0.0), "left_knee": (60.0, 0.0, 0.0)}]
    truth = motion_of(poses)
    landmarks = perfect_landmarks(poses, truth)
    standing, walking = (
        measure_raw(landmarks, rest_m(), TASK, walking=np.array([walks]))
        for walks in (False, True)
    )

    assert (standing.levels["rula"] >= walking.levels["rula"]).all()
    assert (standing.levels["reba"] > walking.levels["reba"]).any()
