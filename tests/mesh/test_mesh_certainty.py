"""Laws of what is observed, and of how sure a fit is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    LANDMARK,
    SMPLX_JOINTS,
    mirrored,
)
from ergomesh.mesh.core.blocks import Room
from ergomesh.mesh.core.body import UNKNOWNS, BodyModel, place
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.normal import linearise
from ergomesh.mesh.core.observability import (
    kept_frames,
    observed_joints,
    seen_landmarks,
)
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.uncertainty import spread_of
from mesh.mesh_angles import joints_cam_m
from mesh.mesh_synthetic import Detector, Scene, make_scene
from mesh.mesh_twin import dense_system, problem_near

MOVED = len(BODY_JOINTS)


def test_spreads_are_those_of_the_dense_inverse(scene: Scene) -> None:
    """Rotation spreads are roots of the dense covariance's diagonal."""
    problem, state = problem_near(scene, 5, FitSettings())
    normal = linearise(problem, state)
    placed = place(problem.rig, state)

    spread = spread_of(
        normal, placed, problem.rig.moves_joint, Room.of(5, state.rotmats)
    )

    matrix, _ = dense_system(normal, 0.0)
    variance = torch.linalg.inv(matrix).diagonal()[: 5 * UNKNOWNS]
    own = variance.reshape(5, 1 + MOVED, 3)[:, 1:].mean(-1)
    assert torch.allclose(spread.turns_rad, own.sqrt(), rtol=1e-6)


def test_position_spreads_are_those_of_sampled_bodies(scene: Scene) -> None:
    """Joints of bodies drawn from the covariance scatter as the spreads say."""
    problem, state = problem_near(scene, 2, FitSettings())
    normal = linearise(problem, state)
    placed = place(problem.rig, state)
    spread = spread_of(
        normal, placed, problem.rig.moves_joint, Room.of(2, state.rotmats)
    )
    matrix, _ = dense_system(normal, 0.0)
    root = torch.linalg.cholesky(torch.linalg.inv(matrix))[: 2 * UNKNOWNS]
    draw = torch.Generator().manual_seed(0)
    joints = []
    for _ in range(400):
        step = root @ torch.randn(root.shape[1], generator=draw, dtype=torch.float64)
        moved = state.moved(0.01 * step.reshape(2, -1), torch.zeros(12).double())
        found = place(problem.rig, moved).joints_cam_m
        joints.append(found - found.mean(1, keepdim=True))

    scatter = torch.stack(joints).std(0).square().mean(-1).sqrt() / 0.01

    assert torch.allclose(spread.joints_m, scatter, rtol=0.15)


def test_noise_makes_less_sure(body: BodyModel) -> None:
    """Landmarks said to be twice as noisy make every joint less sure."""
    scene = make_scene(body, frames=20)
    noisy = FitSettings(pixel_sd_m=0.02, world_sd_m=(0.16, 0.16, 0.4))

    sure, unsure = (
        fit(scene.landmarks, body, s).motion for s in (FitSettings(), noisy)
    )

    assert (unsure.joint_sd_m > sure.joint_sd_m).all()
    assert (unsure.pose_sd_rad[:, :MOVED] > sure.pose_sd_rad[:, :MOVED]).all()


def test_inflation_multiplies_the_spreads(scene: Scene) -> None:
    """The inflation is a plain factor on what the normal equations say."""
    one, three = (
        fit(scene.landmarks, scene.body, FitSettings(sd_inflation=k)).motion
        for k in (1.0, 3.0)
    )

    assert np.allclose(3 * one.joint_sd_m, three.joint_sd_m)
    assert np.allclose(3 * one.pose_sd_rad[:, :MOVED], three.pose_sd_rad[:, :MOVED])


def test_stated_spreads_are_of_the_size_of_the_errors(body: BodyModel) -> None:
    """Over several motions, errors are between 0.4 and 1.3 stated deviations."""
    ratios = []
    for seed in range(3):
        scene = make_scene(body, seed=seed, frames=40, detector=Detector())
        motion = fit(scene.landmarks, body, FitSettings()).motion
        found, true = (
            points - points.mean(1, keepdims=True)
            for points in (
                joints_cam_m(motion)[:, :MOVED],
                scene.placed.joints_cam_m.numpy(),
            )
        )
        error = np.square(found - true).mean(-1)
        ratios.append(np.mean(error / motion.joint_sd_m[:, :MOVED] ** 2))

    assert 0.4 < np.sqrt(np.mean(ratios)) < 1.3


def test_observed_joints_mirror(scene: Scene) -> None:
    """Exchanging the sides of the landmarks exchanges those of the joints."""
    rng = np.random.default_rng(0)
    seen = rng.random((200, len(LANDMARK))) < 0.7
    swap_seen = seen[:, [LANDMARK[mirrored(name)] for name in LANDMARK]]
    swap = [JOINT[mirrored(name)] for name in SMPLX_JOINTS]

    assert (observed_joints(swap_seen) == observed_joints(seen)[:, swap]).all()


def test_nothing_seen_is_nothing_observed() -> None:
    """Without landmarks no joint is observed; with all, all that landmarks show."""
    nothing = observed_joints(np.zeros((1, 33), dtype=np.bool_))
    everything = observed_joints(np.ones((1, 33), dtype=np.bool_))

    assert not nothing.any()
    assert everything[0, :MOVED].all()
    assert not everything[0, JOINT["jaw"]]


@pytest.mark.parametrize(
    ("landmark", "lost"),
    [
        ("left_knee", {"left_knee"}),
        ("right_hip", {"right_hip", "pelvis", "spine1", "spine2", "spine3"}),
        ("left_index", {"left_index1"}),
        ("nose", set()),
    ],
)
def test_a_lost_landmark_loses_its_joints(landmark: str, lost: set[str]) -> None:
    """Hiding one landmark unpins exactly the joints that need it."""
    seen = np.ones((1, 33), dtype=np.bool_)
    all_seen = observed_joints(seen)
    seen[0, LANDMARK[landmark]] = False

    changed = all_seen[0] & ~observed_joints(seen)[0]

    assert {SMPLX_JOINTS[k] for k in changed.nonzero()[0]} == lost


def test_seen_needs_picture_visibility_and_person(scene: Scene) -> None:
    """Points outside the picture, hidden, missing or of nobody are not seen."""
    landmarks = scene.landmarks
    points, visibility = landmarks.points_px.copy(), landmarks.visibility.copy()
    detected = landmarks.detected.copy()
    points[0, :, 0] = -1
    visibility[1] = 0.49
    points[2] = np.nan
    detected[3] = False
    visibility[4] = np.nan
    changed = replace(
        landmarks, points_px=points, visibility=visibility, detected=detected
    )

    seen = seen_landmarks(changed, 0.5)

    assert not seen[:5].any()
    assert seen[5:, LANDMARK["nose"]].all()


def test_gaps_count_from_person_to_person() -> None:
    """A gap is kept when the frames around it are at most the limit apart."""
    time_s = np.arange(10) / 10
    detected = np.ones(10, dtype=np.bool_)
    detected[[0, 3, 4, 9]] = False

    assert kept_frames(detected, time_s, 0.31).tolist() == [False] + 8 * [True] + [
        False
    ]
    assert kept_frames(detected, time_s, 0.29)[[3, 4]].tolist() == [False, False]
    assert not kept_frames(np.zeros(10, dtype=np.bool_), time_s, 0.5).any()
