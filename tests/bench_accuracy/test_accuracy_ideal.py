from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy import ablations
from bench.accuracy.ablations import Inputs, Variant, refitted
from bench.accuracy.ideal import crop_rotmats, sites_cam_m, with_true_2d, with_true_3d
from bench.accuracy.measured import measure_exact
from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import JOINT, LANDMARK, SIDES
from ergomesh.mesh.core import fit as fit_module
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.sites import HIP_SITES, SITES
from mesh.mesh_synthetic import make_scene, synthetic_body

NEAR_THE_JOINT = [f"{s}_{name}" for s in SIDES for name in ("elbow", "knee", "ankle")]
"""Landmarks whose place on the body is a joint, or nearly."""


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> BodyModel:
    """The made-up body."""
    return synthetic_body(tmp_path_factory.mktemp("body"))


@pytest.fixture(scope="module")
def given(body: BodyModel) -> Inputs:
    """Noisy landmarks of a short clip, and a motion that is taken for the truth."""
    scene = make_scene(body, seed=3, frames=20, aside_m=0.8)
    truth = fit(scene.landmarks, body, FitSettings()).motion
    return Inputs(
        landmarks=scene.landmarks,
        video=scene.landmarks,
        truth=truth,
        body=body,
        settings=FitSettings(),
    )


def test_sites_are_rigid_with_the_true_joints(given: Inputs) -> None:
    """A site keeps its distance from its host joint, and lies within a hand of it."""
    sites = sites_cam_m(given.truth, given.body)
    joints = given.truth.joints_world_m @ given.truth.rotmat_cam_world.T
    joints = joints + given.truth.trans_cam_world_m

    for row, site in enumerate(SITES):
        apart = np.linalg.norm(sites[:, row] - joints[:, JOINT[site.host]], axis=-1)
        assert np.ptp(apart) < 1e-6, site.landmark
        assert apart.max() < 0.25


def test_true_2d_is_where_the_true_joints_are_seen(given: Inputs) -> None:
    """Landmarks of joints are seen within centimetres of the true joints."""
    ideal = with_true_2d(given.landmarks, given.truth, given.body)
    seen = [LANDMARK[name] for name in NEAR_THE_JOINT]
    truth = given.truth.points_px[:, [JOINT[name] for name in NEAR_THE_JOINT]]
    metre_px = given.truth.intrinsics[0, 0] / given.truth.trans_cam_world_m[2]

    off, noisy_off = (
        np.linalg.norm(marks.points_px[:, seen] - truth, axis=-1) / metre_px
        for marks in (ideal, given.landmarks)
    )

    assert off.max() < 0.05
    assert noisy_off.max() > 0.05
    assert (ideal.visibility == 1).all()


def test_true_3d_keeps_true_distances(given: Inputs) -> None:
    """World landmarks lie as far from one another as the true sites do."""
    ideal = with_true_3d(given.landmarks, given.truth, given.body)
    sites = sites_cam_m(given.truth, given.body)
    world = ideal.points_world_m[:, [LANDMARK[site.landmark] for site in SITES]]

    for k in range(len(SITES)):
        found, true = (
            np.linalg.norm(points - points[:, [k]], axis=-1)
            for points in (world, sites)
        )
        np.testing.assert_allclose(found, true, atol=1e-9)
    hips = world[:, HIP_SITES].mean(axis=1)
    np.testing.assert_allclose(hips, 0, atol=1e-9)


def test_true_3d_is_seen_along_the_ray_to_the_hips(given: Inputs) -> None:
    """The crop's camera looks at the hips; turned back, all is in place."""
    sites = sites_cam_m(given.truth, given.body)
    hips = sites[:, HIP_SITES].mean(axis=1)
    hips_px = (hips / hips[:, 2:]) @ given.truth.intrinsics.T
    rays = crop_rotmats(hips_px[:, :2], given.truth)
    ideal = with_true_3d(given.landmarks, given.truth, given.body)
    world = ideal.points_world_m[:, [LANDMARK[site.landmark] for site in SITES]]

    length = np.linalg.norm(hips, axis=-1, keepdims=True)
    np.testing.assert_allclose(rays[:, :, 2], hips / length, atol=1e-9)
    back = np.einsum("tij,tpj->tpi", rays, world) + hips[:, None]
    np.testing.assert_allclose(back, sites, atol=1e-9)


def knee_error_deg(motion: Motion, truth: Motion) -> float:
    """Return the RMSE of both knees."""
    found, exact = (
        measure_exact(one, TaskFacts()).angles.value_deg("left_knee_flexion")
        for one in (motion, truth)
    )
    return float(np.sqrt(np.nanmean((found - exact) ** 2)))


def named(name: str) -> Variant:
    """Return the variant of a name."""
    return next(v for v in ablations.EVERY if v.name == name)


def test_nothing_is_left_to_err_with_everything_true(given: Inputs) -> None:
    """A fit of perfect landmarks finds the true knees better than one of noisy ones."""
    perfect = refitted(given, named("2D, 3D, vertical and focal length"))
    without = refitted(given, named("2D"))

    assert knee_error_deg(perfect, given.truth) < 2.0
    assert knee_error_deg(without, given.truth) > knee_error_deg(perfect, given.truth)


@pytest.mark.parametrize(
    "variant",
    [v for v in ablations.LEFT_OUT if "nothing" not in v.name],
    ids=lambda v: v.name,
)
def test_leaving_something_out_changes_what_the_fit_gets(
    given: Inputs, variant: Variant
) -> None:
    """Every variant edits its inputs or puts a stand-in in place."""
    lines = np.zeros((1, 4))
    video = replace(given.video, model="video")
    full = replace(
        given,
        video=video,
        landmarks=replace(
            given.landmarks,
            background_lines_px=lines,
            visibility=0.5 * given.landmarks.visibility,
        ),
    )
    changed = variant.edit(full)

    assert variant.patches or (
        changed.settings != full.settings or changed.landmarks is not full.landmarks
    )


def test_a_stand_in_is_gone_after_the_block() -> None:
    """What stands in for a function of the fit stands only while it is used."""
    usual = vars(fit_module)["with_sides_in_order"]
    with named("search for exchanged sides").in_place():
        assert vars(fit_module)["with_sides_in_order"] is not usual
    assert vars(fit_module)["with_sides_in_order"] is usual


def test_undoing_the_ray_undoes_what_the_fit_does(given: Inputs) -> None:
    """Landmarks turned back have the same distances and another direction."""
    changed = named("turn by the viewing ray").edit(given).landmarks
    before, after = given.landmarks.points_world_m, changed.points_world_m

    np.testing.assert_allclose(
        np.linalg.norm(after, axis=-1), np.linalg.norm(before, axis=-1), atol=1e-9
    )
    assert np.nanmax(np.abs(after - before)) > 0.01
