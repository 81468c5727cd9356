"""Laws of how sure a fit is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    mirrored,
)
from ergomesh.mesh.core.body import (
    UNKNOWNS,
    BodyModel,
    Rig,
    State,
    forward_kinematics,
)
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.knots import lasting_weight
from ergomesh.mesh.core.normal import RIDGE
from ergomesh.mesh.core.posture import PosturePrior
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ergomesh.mesh.core.settings import FitSettings, GravityHint
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.sites import SITE, SITES
from ergomesh.mesh.core.uncertainty import ROOT_SD_RAD, Spread, spread_of
from mesh.mesh_angles import joints_cam_m
from mesh.mesh_synthetic import (
    PERFECT,
    Detector,
    Scene,
    make_scene,
    mirror_landmarks,
)
from mesh.mesh_twin import autograd_system, problem_near

SETTINGS = FitSettings()
PER_FRAME = (
    "frame",
    "time_s",
    "points_px",
    "depth_px",
    "points_world_m",
    "visibility",
    "presence",
    "detected",
)

MOVED = len(BODY_JOINTS)


@pytest.fixture(scope="module")
def solved(scene: Scene) -> tuple[Rig, Evidence, State]:
    """A state near the truth of the shared scene, and what shows it."""
    problem, state = problem_near(scene, 12, SETTINGS)
    return problem.rig, problem.evidence, state


def test_covariance_is_that_of_each_frame_by_itself(scene: Scene) -> None:
    """It is the dense inverse of a frame's own equations and the shared unknowns'."""
    honest = replace(
        SETTINGS,
        pixel_sd_factor=1.0,
        world_sd_factor=1.0,
        world_turn_sd_deg=1e-3,
    )
    problem, state = problem_near(scene, 2, honest)
    unlinked = replace(problem.evidence, linked=torch.zeros(1).double())
    spread = spread_of(problem.rig, unlinked, state, honest)

    lone = replace(
        problem,
        step_rate=0 * problem.step_rate,
        shared_precision=problem.shared_precision,
    )
    matrix, _ = autograd_system(lone, state)
    matrix = matrix + RIDGE * _own_diagonal(2, torch.ones(UNKNOWNS))
    matrix = matrix + ROOT_SD_RAD**-2 * _own_diagonal(2, _root_turn())
    matrix = _shared_once(matrix, 2)
    covariance = torch.linalg.inv(matrix)
    for k in range(2):
        rows = slice(k * UNKNOWNS + 3, (k + 1) * UNKNOWNS)
        found, expected = spread.turns_rad2[k], covariance[rows, rows]
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6)


def _root_turn() -> torch.Tensor:
    chosen = torch.zeros(UNKNOWNS)
    chosen[3:6] = 1
    return chosen


def _own_diagonal(frames: int, diagonal: torch.Tensor) -> torch.Tensor:
    """Return the diagonal of every frame, none of the shared unknowns."""
    every = torch.cat((diagonal.repeat(frames), torch.zeros(SHARED)))
    return torch.diag(every.double())


def _shared_once(matrix: torch.Tensor, frames: int) -> torch.Tensor:
    """Return equations whose frames tell together what one of them tells on average.

    Frames scaled by the root of their number leave their own part of the inverse
    to be scaled back, so the mean of their Schur complements is built directly.
    """
    size = frames * UNKNOWNS
    inside, border = matrix[:size, :size], matrix[:size, size:]
    schur = matrix[size:, size:] - border.mT @ torch.linalg.solve(inside, border)
    corner = schur / frames + border.mT @ torch.linalg.solve(inside, border)
    top = torch.cat((inside, border), 1)
    return torch.cat((top, torch.cat((border.mT, corner), 1)))


def test_drawn_poses_scatter_as_the_positions(scene: Scene) -> None:
    """Poses drawn from a motion's covariance put joints as far off as is stated."""
    hint = GravityHint(up_cam=(0, -1, -0.2), sd_deg=1e-6)
    settings = replace(SETTINGS, gravity=hint)
    motion = fit(scene.landmarks, scene.body, settings).motion
    draw = torch.Generator().manual_seed(1)
    for knot in (0, len(motion.covariance_frame) - 1):
        row = motion.covariance_frame[knot]
        covariance = unpacked(motion.pose_covariance_rad2[knot : knot + 1])[0]
        root = torch.linalg.cholesky(torch.from_numpy(covariance))
        drawn = torch.randn(600, len(root), generator=draw, dtype=torch.float64)
        small = rotvec_to_rotmat((0.01 * drawn @ root.mT).reshape(-1, MOVED, 3))
        pose = torch.from_numpy(motion.poses[row].reshape(-1, 3))
        poses = pose.repeat(len(small), 1, 1)
        turned = small @ rotvec_to_rotmat(pose[:MOVED])
        poses[:, :MOVED] = rotmat_to_rotvec(turned)
        betas, trans = map(torch.from_numpy, (motion.betas, motion.trans[row]))
        places = trans.repeat(len(small), 1)
        joints = forward_kinematics(scene.body, poses, betas, places)[:, :MOVED]
        centred = joints - joints.mean(1, keepdim=True)

        scatter = centred.std(0).square().mean(-1).sqrt() / 0.01

        stated = torch.from_numpy(motion.joint_sd_m[row, :MOVED])
        assert torch.allclose(stated, scatter, rtol=0.1)


def test_covariances_are_positive(result: Motion) -> None:
    """Every covariance is a covariance, and its knots have a body."""
    covariance = unpacked(result.pose_covariance_rad2)

    assert np.linalg.eigvalsh(covariance).min() > 0
    assert np.isfinite(result.poses[result.covariance_frame]).all()


def test_spreads_are_those_of_the_covariance(result: Motion) -> None:
    """At the knots the stated spreads of rotations are the covariance's."""
    variance = np.diagonal(unpacked(result.pose_covariance_rad2), axis1=1, axis2=2)

    own = np.sqrt(variance.reshape(-1, MOVED, 3).mean(-1))

    assert np.allclose(result.pose_sd_rad[result.covariance_frame, :MOVED], own)


def unpacked(packed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (K, 66, 66) of lower triangles."""
    size = 3 * MOVED
    full = np.zeros((len(packed), size, size))
    full[:, *np.tril_indices(size)] = packed
    lower = np.tril(full, -1)
    return full + lower.transpose(0, 2, 1)


def test_knots_are_close_and_hold_both_ends(body: BodyModel) -> None:
    """Of a long clip knots are at most 0.4 s apart, of a short one all frames."""
    scene = make_scene(body, frames=90)
    holes = scene.landmarks.detected.copy()
    holes[[30, 31, 32]] = False
    holes[50:70] = False
    landmarks = replace(scene.landmarks, detected=holes)
    motion = fit(landmarks, body, replace(SETTINGS, max_iterations=1)).motion
    knots = motion.covariance_frame.tolist()

    assert {0, 29, 30, 31, 32, 33, 49, 70, 89} <= set(knots)
    assert knots == sorted(set(knots))
    assert len(knots) < 30
    stretches = [k for k in knots if k < 50], [k for k in knots if k >= 70]
    for stretch in stretches:
        assert np.diff(motion.time_s[stretch]).max() <= 0.4 + 1e-9
    few = fit(make_scene(body, frames=9).landmarks, body, SETTINGS).motion
    assert few.covariance_frame.tolist() == list(range(9))


def test_noise_makes_less_sure(solved: tuple[Rig, Evidence, State]) -> None:
    """Landmarks said to be noisier widen every covariance, in every direction."""
    rig, evidence, state = solved
    noisy = replace(SETTINGS, pixel_sd_factor=3 * SETTINGS.pixel_sd_factor)
    deep = replace(SETTINGS, world_sd_factor=4.0)
    turned = replace(SETTINGS, world_turn_sd_deg=60.0)
    sure = spread_of(rig, evidence, state, SETTINGS)

    for settings in (noisy, deep, turned):
        unsure = spread_of(rig, evidence, state, settings)
        assert _widened(sure, unsure)
        assert (unsure.joints_m > sure.joints_m).all()


def _widened(sure: Spread, unsure: Spread) -> bool:
    """Say whether no direction got surer, but for 2 % by way of the shared unknowns."""
    root = torch.linalg.cholesky(sure.turns_rad2)
    half = torch.linalg.solve_triangular(root, unsure.turns_rad2, upper=False)
    ratio = torch.linalg.solve_triangular(root, half.mT, upper=False)
    return bool(torch.linalg.eigvalsh(ratio).min() > 0.98)


@pytest.mark.parametrize("landmark", ["left_wrist", "right_knee", "nose"])
def test_hiding_a_landmark_makes_less_sure(
    solved: tuple[Rig, Evidence, State], landmark: str
) -> None:
    """A landmark that is never seen leaves no direction surer, and some less sure."""
    rig, evidence, state = solved
    column = SITE[landmark]
    weight, world = evidence.points_weight.clone(), evidence.world_weight.clone()
    weight[:, column] = world[:, column] = 0
    hidden = replace(evidence, points_weight=weight, world_weight=world)
    sure, unsure = (spread_of(rig, e, state, SETTINGS) for e in (evidence, hidden))

    assert _widened(sure, unsure)
    assert (unsure.joints_m > 1.02 * sure.joints_m).any()


def test_a_hidden_hand_is_as_the_prior_leaves_it(
    solved: tuple[Rig, Evidence, State],
) -> None:
    """A wrist whose hand is never seen turns as the prior says, however long."""
    rig, evidence, state = solved
    fingers = [SITE[f"left_{name}"] for name in ("index", "pinky", "thumb")]
    weight, world = evidence.points_weight.clone(), evidence.world_weight.clone()
    weight[:, fingers] = world[:, fingers] = 0
    hidden = replace(evidence, points_weight=weight, world_weight=world)
    spread = spread_of(rig, hidden, state, SETTINGS)

    prior = PosturePrior.of(state.root_cam_m)
    wrist = BODY_JOINTS.index("left_wrist")
    *_, jac = prior.residuals(state.rotmats)
    _, beyond, _ = prior.residuals(state.rotmats)
    free = (beyond[:, wrist - 1] == 0).all(-1)
    inside = torch.linalg.inv(jac[:, wrist - 1]) * prior.sd[wrist - 1]
    own = slice(3 * wrist, 3 * wrist + 3)
    found = spread.turns_rad2[free][:, own, own]
    assert free.any()
    assert torch.allclose(found, (inside @ inside.mT)[free], rtol=0.02, atol=1e-4)


def test_more_frames_and_landmarks_never_say_less(scene: Scene) -> None:
    """What lasts at a knot grows with every frame and every landmark that is seen."""
    problem, _ = problem_near(scene, 30, SETTINGS)
    rng = np.random.default_rng(0)
    weight = torch.from_numpy(rng.random((30, len(SITES))))
    knots, slip = torch.tensor([3, 15, 29]), torch.full((len(SITES),), 20.0)

    def lasting(weight: torch.Tensor) -> torch.Tensor:
        return lasting_weight(weight, problem.evidence, knots, slip.double(), 0.5)

    fewer = weight.clone()
    fewer[::3] = 0
    fewer[:, 4] *= 0.5
    whole = lasting(weight)
    assert (lasting(fewer) <= whole).all()
    assert (whole > weight[knots] - 1e-9).all()
    only = torch.zeros_like(weight)
    only[12] = 1.0
    assert lasting(only)[1, 0] == pytest.approx(1 / (1 + (20 * 3 / 15) ** 2), rel=1e-6)
    assert (lasting(only)[[0, 2]] < 1e-9).all()


def test_frame_rate_changes_no_spread(body: BodyModel) -> None:
    """Twice the frames of the same motion leave the spreads within 10 %."""
    many = make_scene(body, frames=60, rate_hz=30, detector=PERFECT).landmarks
    rows = np.arange(0, 60, 2)
    few = replace(many, **{n: getattr(many, n)[rows] for n in PER_FRAME})
    half, full = (fit(each, body, SETTINGS).motion for each in (few, many))

    ratio = full.pose_sd_rad[::2, :MOVED] / half.pose_sd_rad[:, :MOVED]

    assert np.abs(ratio - 1).max() < 0.1


def test_vertical_is_part_of_the_root(scene: Scene) -> None:
    """An unsure vertical adds its variance to the root's level axes, and no other."""
    sure, unsure = (
        fit(
            scene.landmarks,
            scene.body,
            replace(SETTINGS, gravity=GravityHint(up_cam=(0, -1, -0.2), sd_deg=sd)),
        ).motion
        for sd in (1e-6, 6.0)
    )
    added = unpacked(unsure.pose_covariance_rad2 - sure.pose_covariance_rad2)

    expected = np.zeros_like(added)
    expected[:, [0, 2], [0, 2]] = np.radians(6.0) ** 2
    assert np.allclose(added, expected, atol=1e-9)


def test_mirrored_landmarks_have_the_mirrored_covariance(
    scene: Scene, result: Motion
) -> None:
    """A mirror exchanges the sides of the covariance and turns y and z around."""
    found = fit(mirror_landmarks(scene.landmarks), scene.body, SETTINGS).motion
    blocks = unpacked(result.pose_covariance_rad2).reshape(-1, MOVED, 3, MOVED, 3)
    swap = [BODY_JOINTS.index(mirrored(name)) for name in BODY_JOINTS]
    signs = np.array((1, -1, -1))
    expected = blocks[:, swap][:, :, :, swap] * signs[:, None, None] * signs

    seen = unpacked(found.pose_covariance_rad2).reshape(blocks.shape)

    assert np.allclose(seen[:, 1:, :, 1:], expected[:, 1:, :, 1:], atol=2e-3)


@pytest.fixture(scope="module")
def result(scene: Scene) -> Motion:
    """The fitted motion of the shared scene."""
    return fit(scene.landmarks, scene.body, SETTINGS).motion


def test_stated_spreads_are_of_the_size_of_the_errors(body: BodyModel) -> None:
    """Over several motions, errors are between 0.4 and 1.3 stated deviations."""
    ratios = []
    for seed in range(3):
        scene = make_scene(body, seed=seed, frames=40, detector=Detector())
        motion = fit(scene.landmarks, body, SETTINGS).motion
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
