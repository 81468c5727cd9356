"""Generate, fit, compare: laws of the whole fit on motions that are known."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    LANDMARK,
    SMPLX_JOINTS,
    mirrored,
)
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import (
    FitResult,
    FitSettings,
    GravityHint,
    GravitySource,
    NoPersonError,
)
from mesh.mesh_angles import angle_deg, fit_errors_deg, joints_cam_m, raw_errors_deg
from mesh.mesh_synthetic import (
    FOCAL_PX,
    PERFECT,
    Scene,
    make_scene,
    mirror_landmarks,
)

SETTINGS = FitSettings()
OF_THE_CLIP = {"size_px", "background_lines_px", "model", "lens_focal_px"}
PER_FRAME = [f.name for f in fields(Landmarks) if f.name not in OF_THE_CLIP]
MOVED = len(BODY_JOINTS)


@pytest.fixture(scope="module")
def result(scene: Scene) -> FitResult:
    """The fit of the shared scene."""
    return fit(scene.landmarks, scene.body, SETTINGS)


def chosen(landmarks: Landmarks, rows: slice | NDArray[np.int64]) -> Landmarks:
    """Return the landmarks of some frames, in the order given."""
    return replace(landmarks, **{n: getattr(landmarks, n)[rows] for n in PER_FRAME})


def without_person(landmarks: Landmarks, rows: slice) -> Landmarks:
    """Return landmarks with nobody found in some frames."""
    changed = {n: getattr(landmarks, n).copy() for n in PER_FRAME}
    changed["detected"][rows] = False
    for name in ("points_px", "points_world_m", "visibility", "depth_px"):
        changed[name][rows] = np.nan
    return replace(landmarks, **changed)


def finite_rows(motion: Motion) -> NDArray[Any]:
    """Return (T,) whether all per-frame arrays are finite; all agree on it."""
    arrays = (
        motion.poses,
        motion.trans,
        motion.joints_world_m,
        motion.joint_sd_m,
        motion.pose_sd_rad,
        motion.points_px,
    )
    masks = [np.isfinite(a.reshape(len(a), -1)).all(-1) for a in arrays]
    for mask in masks:
        assert (mask == masks[0]).all()
    return np.asarray(masks[0])


def shape_of(motion: Motion) -> NDArray[Any]:
    """Return (T, 55, 3) joints about their mean, in the camera frame."""
    joints = joints_cam_m(motion)
    return np.asarray(joints - joints.mean(1, keepdims=True))


def test_errors_are_small_and_beat_the_raw_landmarks(body: BodyModel) -> None:
    """Elbow, knee and trunk err by 7, 5 and 4° at most: half of what raw 3D does."""
    scenes = [make_scene(body, seed=seed, frames=60) for seed in range(4)]
    fits = [fit(scene.landmarks, body, SETTINGS).motion for scene in scenes]
    found = mean_errors(
        [fit_errors_deg(*pair) for pair in zip(fits, scenes, strict=True)]
    )
    raw = mean_errors([raw_errors_deg(scene) for scene in scenes])

    assert found["elbow"] < min(7, 0.6 * raw["elbow"])
    assert found["knee"] < min(5, 0.6 * raw["knee"])
    assert found["trunk"] < min(4, 0.6 * raw["trunk"])


def mean_errors(errors: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean error of each angle over clips."""
    return {k: float(np.mean([each[k] for each in errors])) for k in errors[0]}


def test_perfect_landmarks_give_the_motion_back(body: BodyModel) -> None:
    """Without noise and with the focal length known, angles come back within 1.5°."""
    scene = make_scene(body, seed=3, frames=30, detector=PERFECT)
    settings = FitSettings(
        focal_px=FOCAL_PX, step_scale=3, pixel_sd_m=0.002, world_sd_m=(0.02,) * 3
    )

    motion = fit(scene.landmarks, body, settings).motion

    assert max(fit_errors_deg(motion, scene).values()) < 1.5


def test_the_start_is_as_good_at_the_edge_as_in_the_middle(body: BodyModel) -> None:
    """Without a single step, a person 19° off the axis starts as near to the truth."""
    offs = []
    for aside_m in (-0.1, 1.2):
        scene = make_scene(body, seed=1, frames=20, detector=PERFECT, aside_m=aside_m)
        settings = FitSettings(focal_px=FOCAL_PX, max_iterations=0)
        motion = fit(scene.landmarks, body, settings).motion
        truth = scene.placed.joints_cam_m.numpy()
        found = joints_cam_m(motion)[:, :MOVED]
        off = (found - found.mean(1, keepdims=True)) - (
            truth - truth.mean(1, keepdims=True)
        )
        offs.append(float(np.linalg.norm(off, axis=-1).mean()))

    assert offs[1] < 1.3 * offs[0]


def test_joints_land_on_their_pixels(scene: Scene, result: FitResult) -> None:
    """The fitted joints project within 1 % of the picture of the true ones."""
    cam = scene.placed.joints_cam_m.numpy()
    true_px = scene.landmarks.size_px / 2 + FOCAL_PX * cam[..., :2] / cam[..., 2:]

    off = np.linalg.norm(result.motion.points_px[:, :MOVED] - true_px, axis=-1)

    assert np.median(off) < 0.01 * scene.landmarks.size_px.max()
    assert result.report.residual_px_median < 5


def test_points_are_the_projected_joints(result: FitResult) -> None:
    """Pixels are the world joints through the motion's own camera."""
    cam = joints_cam_m(result.motion) @ result.motion.intrinsics.T

    assert np.allclose(cam[..., :2] / cam[..., 2:], result.motion.points_px)


def test_report_tells_how_it_went(scene: Scene, result: FitResult) -> None:
    """The report says converged, with falling costs and plausible numbers."""
    report = result.report

    assert report.converged
    assert report.iterations == sum(stage.solves for stage in report.stages)
    assert list(report.costs) == sorted(report.costs, reverse=True)
    assert report.frames_fitted == len(scene.landmarks.time_s)
    assert report.frames_bridged == report.frames_empty == 0
    assert abs(report.focal_px / FOCAL_PX - 1) < 0.15
    assert 0.2 < report.bones_m["left_elbow"] < 0.35
    assert report.gravity_source is GravitySource.UPRIGHT_BODY


def test_vertical_comes_from_the_body(scene: Scene, result: FitResult) -> None:
    """The camera's tilt of 17° is found from the body within its stated spread."""
    up = result.motion.rotmat_cam_world[:, 1]

    assert angle_deg(up, scene.up_cam) < result.motion.gravity_sd_deg
    assert angle_deg(np.array((0, -1.0, 0)), scene.up_cam) > 15


def test_known_vertical_is_used(scene: Scene) -> None:
    """A given vertical is the world's, exactly, with the given spread."""
    hint = GravityHint(up_cam=(0.1, -2.0, -0.4), sd_deg=0.5)

    result = fit(scene.landmarks, scene.body, replace(SETTINGS, gravity=hint))

    up = result.motion.rotmat_cam_world[:, 1]
    assert np.allclose(up, np.array(hint.up_cam) / np.linalg.norm(hint.up_cam))
    assert result.motion.gravity_sd_deg == pytest.approx(0.5)
    assert result.report.gravity_source is GravitySource.GIVEN


def test_known_focal_length_is_kept(scene: Scene) -> None:
    """A given focal length is used as it is."""
    result = fit(scene.landmarks, scene.body, replace(SETTINGS, focal_px=900.0))

    assert result.report.focal_px == pytest.approx(900.0, rel=1e-4)
    assert result.motion.intrinsics[0, 0] == pytest.approx(900.0, rel=1e-4)


def test_world_stands_on_the_floor(result: FitResult) -> None:
    """The first pelvis is above the origin, and feet are near height zero."""
    joints = result.motion.joints_world_m
    feet = joints[:, [JOINT["left_foot"], JOINT["right_foot"]], 1]

    assert np.allclose(joints[0, JOINT["pelvis"], [0, 2]], 0, atol=1e-9)
    assert -0.2 < feet.min() < 0.3
    assert joints[:, JOINT["pelvis"], 1].min() > 0.4


def test_mirrored_landmarks_give_the_mirrored_motion(
    scene: Scene, result: FitResult
) -> None:
    """What a mirror shows is fitted by the mirrored motion."""
    swap = [JOINT[mirrored(name)] for name in SMPLX_JOINTS]

    seen = fit(mirror_landmarks(scene.landmarks), scene.body, SETTINGS).motion

    expected = shape_of(result.motion)[:, swap] * (-1, 1, 1)
    assert np.allclose(shape_of(seen), expected, atol=1e-4)
    flipped = result.motion.poses.reshape(-1, 55, 3)[:, swap] * (1, -1, -1)
    assert np.allclose(seen.poses.reshape(-1, 55, 3)[:, 1:], flipped[:, 1:], atol=1e-3)
    assert (seen.joint_observed == result.motion.joint_observed[:, swap]).all()


def test_reversed_time_gives_the_reversed_motion(
    scene: Scene, result: FitResult
) -> None:
    """Played backwards, the clip is fitted by the motion played backwards."""
    backwards = chosen(scene.landmarks, slice(None, None, -1))
    backwards = replace(backwards, time_s=scene.landmarks.time_s)

    seen = fit(backwards, scene.body, SETTINGS).motion

    assert np.allclose(shape_of(seen)[::-1], shape_of(result.motion), atol=1e-4)


def test_a_still_person_is_fitted_still(body: BodyModel) -> None:
    """Repeating one frame gives one pose, throughout."""
    scene = make_scene(body, seed=5, frames=1)
    still = chosen(scene.landmarks, np.zeros(12, dtype=int))
    still = replace(still, time_s=np.arange(12) / 15)

    motion = fit(still, body, SETTINGS).motion

    assert np.allclose(motion.poses, motion.poses[:1], atol=1e-3)
    assert np.allclose(motion.trans, motion.trans[:1], atol=1e-3)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_short_clips_are_fitted(body: BodyModel, frames: int) -> None:
    """One, two or five frames are fitted like any clip, if less surely."""
    scene = make_scene(body, seed=2, frames=frames)

    result = fit(scene.landmarks, body, SETTINGS)

    assert finite_rows(result.motion).all()
    assert result.report.residual_px_median < 6
    assert fit_errors_deg(result.motion, scene)["trunk"] < 12


def test_uneven_times_are_fitted_as_well(body: BodyModel) -> None:
    """Frames at irregular times cost less than 2° of knee and elbow."""
    scene = make_scene(body, seed=4, frames=80)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(80, 50, replace=False))

    even = fit_errors_deg(fit(scene.landmarks, body, SETTINGS).motion, scene)
    uneven = fit(chosen(scene.landmarks, rows), body, SETTINGS).motion

    part = replace(
        scene,
        placed=replace(scene.placed, joints_cam_m=scene.placed.joints_cam_m[rows]),
    )
    found = fit_errors_deg(uneven, part)
    assert found["knee"] < even["knee"] + 2
    assert found["elbow"] < even["elbow"] + 2


def test_short_gaps_are_bridged_and_long_ones_left_empty(scene: Scene) -> None:
    """Half a second without a person is interpolated, unobserved; longer is NaN."""
    landmarks = without_person(scene.landmarks, slice(10, 16))
    landmarks = without_person(landmarks, slice(30, 40))

    result = fit(landmarks, scene.body, SETTINGS)

    expected = np.ones(60, dtype=bool)
    expected[30:40] = False
    assert (finite_rows(result.motion) == expected).all()
    assert not result.motion.joint_observed[10:16].any()
    assert not result.motion.joint_observed[30:40].any()
    assert result.report.frames_bridged == 6
    assert result.report.frames_empty == 10
    pelvis = joints_cam_m(result.motion)[:, JOINT["pelvis"]]
    inside = pelvis[10:16]
    ends = np.stack((pelvis[9], pelvis[16]))
    assert (inside >= ends.min(0) - 0.02).all()
    assert (inside <= ends.max(0) + 0.02).all()


def test_bridged_frames_are_less_sure(scene: Scene, result: FitResult) -> None:
    """In a bridged gap all standard deviations are larger than with landmarks."""
    motion = fit(
        without_person(scene.landmarks, slice(20, 25)), scene.body, SETTINGS
    ).motion

    moved = slice(0, MOVED)
    assert (motion.pose_sd_rad[22, moved] > result.motion.pose_sd_rad[22, moved]).all()
    assert (motion.joint_sd_m[22] > result.motion.joint_sd_m[22]).all()


def test_frames_before_and_after_the_person_are_empty(scene: Scene) -> None:
    """Nothing is invented before the person enters or after they leave."""
    landmarks = without_person(scene.landmarks, slice(0, 3))
    landmarks = without_person(landmarks, slice(58, 60))

    motion = fit(landmarks, scene.body, SETTINGS).motion

    assert (finite_rows(motion) == np.isin(np.arange(60), range(3, 58))).all()
    assert np.allclose(motion.joints_world_m[3, JOINT["pelvis"], [0, 2]], 0, atol=1e-9)


def test_one_person_frame_among_many_empty_ones(scene: Scene) -> None:
    """A single frame with a person is fitted, the others stay empty."""
    landmarks = without_person(scene.landmarks, slice(0, 20))
    landmarks = without_person(landmarks, slice(21, 60))

    motion = fit(landmarks, scene.body, SETTINGS).motion

    assert (finite_rows(motion) == (np.arange(60) == 20)).all()


def test_nobody_at_all_is_told(scene: Scene) -> None:
    """Without a person in any frame there is an error in a sentence."""
    with pytest.raises(NoPersonError, match=r"No frame has a person.*\.$"):
        fit(without_person(scene.landmarks, slice(None)), scene.body, SETTINGS)


def test_missing_landmarks_leave_no_holes(scene: Scene) -> None:
    """Points that are NaN here and there, or always, leave the motion finite."""
    rng = np.random.default_rng(0)
    points, world = (
        scene.landmarks.points_px.copy(),
        scene.landmarks.points_world_m.copy(),
    )
    points[rng.random(points.shape[:2]) < 0.2] = np.nan
    world[rng.random(world.shape[:2]) < 0.2] = np.nan
    points[:, LANDMARK["left_heel"]] = np.nan
    world[:, LANDMARK["left_wrist"]] = np.nan
    landmarks = replace(scene.landmarks, points_px=points, points_world_m=world)

    motion = fit(landmarks, scene.body, SETTINGS).motion

    assert finite_rows(motion).all()
    assert fit_errors_deg(motion, scene)["knee"] < 8


RANDOM = np.random.default_rng(0)


def holes(share: float, *size: int) -> NDArray[Any]:
    """Return factors of which a share is NaN and the others one."""
    return np.where(RANDOM.random((12, 33, 1)) < share, np.nan, np.ones(size))


ABSURD: dict[str, dict[str, Any]] = {
    "hidden": {"visibility": np.zeros((12, 33))},
    "visibility unknown": {"visibility": np.full((12, 33), np.nan)},
    "nose and one hip seen": {
        "visibility": np.isin(np.arange(33), (0, 23)) * np.ones((12, 1)),
        "points_world_m": np.full((12, 33, 3), np.nan),
    },
    "all in one point": {
        "points_px": np.full((12, 33, 2), 300.0),
        "points_world_m": np.zeros((12, 33, 3)),
    },
    "all in one point, at the corner": {
        "points_px": np.zeros((12, 33, 2)),
        "points_world_m": np.zeros((12, 33, 3)),
    },
    "no 3D": {"points_world_m": np.full((12, 33, 3), np.nan)},
    "infinite 3D": {"points_world_m": np.full((12, 33, 3), np.inf)},
    "huge 3D": {"points_world_m": 1e9 * RANDOM.normal(size=(12, 33, 3))},
    "tiny 3D": {"points_world_m": 1e-9 * RANDOM.normal(size=(12, 33, 3))},
    "noise": {
        "points_px": RANDOM.uniform(0, 700, (12, 33, 2)),
        "points_world_m": RANDOM.normal(size=(12, 33, 3)),
    },
    "far outside": {"points_px": np.full((12, 33, 2), 1e9)},
    "no time": {"time_s": np.zeros(12)},
    "a nanosecond apart": {"time_s": 1e-9 * np.arange(12)},
    "once a second": {"time_s": np.arange(12.0)},
    "once a year": {"time_s": 3e7 * np.arange(12)},
    "in fits and starts": {"time_s": np.cumsum(RANDOM.exponential(0.2, 12) ** 3)},
}
"""Landmarks instead of those of a scene of twelve frames."""

WORN: dict[str, dict[str, Any]] = {
    "holes": {"points_px": holes(0.8, 2), "points_world_m": holes(0.8, 3)},
    "one landmark in all": {"points_px": holes(0.97, 2), "points_world_m": np.nan},
    "half outside the picture": {"points_px": np.array((1.0, 2.0))},
    "one frame of twelve huge": {
        "points_px": np.where(np.arange(12) == 5, 1e4, 1.0)[:, None, None],
        "points_world_m": np.where(np.arange(12) == 5, 1e4, 1.0)[:, None, None],
    },
}
"""Factors on the landmarks of a scene of twelve frames."""


@pytest.mark.parametrize("frames", [1, 2, 12])
@pytest.mark.parametrize("what", [*ABSURD, *WORN])
def test_absurd_landmarks_are_fitted_without_holes(
    body: BodyModel, what: str, frames: int
) -> None:
    """Whatever a detector says of a person: finite motion, costs that only fall."""
    landmarks = make_scene(body, seed=0, frames=12).landmarks
    worn = {n: getattr(landmarks, n) * f for n, f in WORN.get(what, {}).items()}
    landmarks = replace(landmarks, **ABSURD.get(what, {}), **worn)

    result = fit(chosen(landmarks, slice(0, frames)), body, SETTINGS)

    detected = np.isfinite(landmarks.points_px[:frames]).all(-1).any(-1)
    assert (finite_rows(result.motion) | ~detected).all()
    assert np.isfinite(result.motion.betas).all()
    assert np.isfinite(result.report.focal_px)
    for stage in result.report.stages:
        assert np.isfinite(stage.costs).all()
        assert (np.diff(stage.costs) < 0).all()


def test_single_infinite_points_do_no_harm(scene: Scene, result: FitResult) -> None:
    """An infinite coordinate counts as a missing landmark."""
    points, world = (
        scene.landmarks.points_px.copy(),
        scene.landmarks.points_world_m.copy(),
    )
    points[::3, LANDMARK["left_elbow"], 0] = np.inf
    world[::4, LANDMARK["left_hip"], 2] = -np.inf
    landmarks = replace(scene.landmarks, points_px=points, points_world_m=world)

    motion = fit(landmarks, scene.body, SETTINGS).motion

    assert np.abs(shape_of(motion) - shape_of(result.motion)).mean() < 0.02


def test_legs_out_of_the_picture_are_not_observed(
    scene: Scene, result: FitResult
) -> None:
    """Legs that the detector does not see are finite, unobserved and unsure."""
    legs = [
        LANDMARK[f"{side}_{name}"]
        for side in ("left", "right")
        for name in ("knee", "ankle", "heel", "foot_index")
    ]
    visibility = scene.landmarks.visibility.copy()
    visibility[:, legs] = 0.02
    landmarks = replace(scene.landmarks, visibility=visibility)

    found = fit(landmarks, scene.body, SETTINGS)

    motion = found.motion
    knees = [JOINT["left_knee"], JOINT["right_ankle"], JOINT["left_foot"]]
    assert finite_rows(motion).all()
    assert not motion.joint_observed[:, knees].any()
    assert motion.joint_observed[:, JOINT["left_elbow"]].mean() > 0.9
    assert (
        motion.joint_sd_m[:, knees].mean()
        > 2 * result.motion.joint_sd_m[:, knees].mean()
    )
    assert found.report.gravity_source is GravitySource.TRUNK
    assert fit_errors_deg(motion, scene)["elbow"] < 8


def test_stopping_early_is_reported(scene: Scene) -> None:
    """With too few iterations the report says not converged; nothing is NaN."""
    result = fit(scene.landmarks, scene.body, replace(SETTINGS, max_iterations=1))

    assert not result.report.converged
    assert finite_rows(result.motion).all()


def test_a_jump_to_another_person_is_not_smoothed(body: BodyModel) -> None:
    """Frames across a jump that nobody can make do not pull on each other."""
    scene = make_scene(body, seed=2, frames=20)
    points = scene.landmarks.points_px.copy()
    points[10:, :, 0] += 350
    there = replace(
        scene.landmarks,
        points_px=points,
        size_px=np.array((2400, 720)),
    )
    apart = replace(there, time_s=there.time_s + 100 * (np.arange(20) >= 10))

    together, alone = (fit(each, body, SETTINGS).motion for each in (there, apart))

    assert np.allclose(together.points_px, alone.points_px, atol=0.05)


def test_the_same_input_gives_the_same_output(scene: Scene, result: FitResult) -> None:
    """There is no hidden state and no chance in a fit."""
    again = fit(scene.landmarks, scene.body, SETTINGS)

    assert np.array_equal(again.motion.poses, result.motion.poses)
    assert again.report == result.report
