"""Laws of the vertical and the lens: body, room and what the user knows."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.job import JobSettings, ViewFacts
from ergomesh.contract.skeleton import JOINT
from ergomesh.mesh.core.body import Rig, place
from ergomesh.mesh.core.camera import Lens, world_axes
from ergomesh.mesh.core.choices import settings_for
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.gravity import (
    Gravity,
    expected_lens,
    gravity_from,
    lens_from,
    measured_gravity,
    plumb_line,
    robust_direction,
    up_of,
)
from ergomesh.mesh.core.horizon import Sightlines
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from ergomesh.mesh.core.settings import (
    FitSettings,
    FocalSource,
    GravityHint,
    GravitySource,
)
from mesh.mesh_angles import angle_deg
from mesh.mesh_rooms import SIZE_PX, Array, Furniture, camera_axes, room_lines
from mesh.mesh_synthetic import FOCAL_PX, Scene

TILT_DEG = math.degrees(0.3)
"""Of the synthetic scenes' camera."""
BLANK = np.zeros((0, 4))
USUAL = Lens(1108.5, 0.1, FocalSource.BODY)
KNOWN = Lens(FOCAL_PX, 0.02, FocalSource.GIVEN)
UNTOLD = ViewFacts()


def vector(*values: float) -> Tensor:
    """Return a double vector."""
    return torch.tensor(values, dtype=torch.float64)


def furnished(seed: int = 0) -> Array:
    """Return the edges of a room around the synthetic scenes."""
    axes = camera_axes(TILT_DEG, 0.0, 35.0)
    return room_lines(axes, Furniture(), seed=seed, focal_px=FOCAL_PX)


def vertical(
    scene: Scene,
    lines_px: Array = BLANK,
    facts: ViewFacts = UNTOLD,
    lens: Lens = USUAL,
) -> Gravity:
    """Return the vertical of a scene, its true body standing for the fitted one."""
    legs = torch.ones(len(scene.placed.joints_cam_m), dtype=torch.bool)
    room = Sightlines.of(lines_px, SIZE_PX)
    return gravity_from(scene.placed, legs, room, facts, lens)


def off_deg(gravity: Gravity, scene: Scene) -> float:
    """Return the angle between a vertical and the true one."""
    return float(angle_deg(gravity.up_cam.numpy(), scene.up_cam))


def tilt_of(gravity: Gravity) -> float:
    """Return how far the camera looks down, degrees."""
    return math.degrees(-math.asin(gravity.up_cam[2]))


def test_median_direction_withstands_outliers() -> None:
    """A third of the axes pointing elsewhere moves the vertical by 2° at most."""
    axes = vector(0, -1, 0).repeat(30, 1)
    axes[:10] = vector(1, 0, 0)

    found = robust_direction(axes, torch.ones(30).double())

    assert angle_deg(found.numpy(), np.array((0, -1.0, 0))) < 2


def test_crouching_bodies_say_less_about_the_vertical(scene: Scene) -> None:
    """A body that never stands in line is a less certain plumb line, and says so."""
    rotmats = scene.state.rotmats.clone()
    bend = rotvec_to_rotmat(vector(1.4, 0, 0))
    rotmats[:, JOINT["left_knee"]] = rotmats[:, JOINT["right_knee"]] = bend
    placed = place(
        Rig.of(scene.body, scene.state.root_cam_m),
        replace(scene.state, rotmats=rotmats),
    )
    legs = torch.ones(len(rotmats), dtype=torch.bool)

    standing = plumb_line(scene.placed, legs)
    bent = plumb_line(placed, legs)
    legless = plumb_line(placed, ~legs)

    assert standing.source is GravitySource.UPRIGHT_BODY
    assert bent.source is GravitySource.BENT_BODY
    assert legless.source is GravitySource.TRUNK
    assert standing.sd_deg < min(bent.sd_deg, legless.sd_deg)


def test_a_body_on_all_fours_is_no_plumb_line(scene: Scene) -> None:
    """A trunk in line with level shanks is not taken for standing: the hips are bent.

    With usual cameras beside it, the vertical then stays within its own doubt.
    """
    turns = {"pelvis": 1.4, "hip": -1.4, "knee": 1.4}
    rotmats = scene.state.rotmats.clone()
    root = JOINT["pelvis"]
    lying = rotvec_to_rotmat(vector(turns["pelvis"], 0, 0))
    rotmats[:, root] = rotmats[:, root] @ lying
    for name in ("hip", "knee"):
        bend = rotvec_to_rotmat(vector(turns[name], 0, 0))
        for side in ("left", "right"):
            rotmats[:, JOINT[f"{side}_{name}"]] = bend
    state = replace(scene.state, rotmats=rotmats)
    placed = place(Rig.of(scene.body, scene.state.root_cam_m), state)
    legs = torch.ones(len(rotmats), dtype=torch.bool)

    found = vertical(replace(scene, placed=placed))

    assert plumb_line(placed, legs).source is GravitySource.BENT_BODY
    assert off_deg(found, scene) < 2 * found.sd_deg


@pytest.mark.parametrize("turn_deg", [0, 37, 90, 180])
def test_vertical_turns_with_the_camera(scene: Scene, turn_deg: float) -> None:
    """Rolling the camera by any angle rolls the vertical by the same."""
    roll = rotvec_to_rotmat(vector(0, 0, math.radians(turn_deg)))
    joints = scene.placed.joints_cam_m @ roll.mT
    rolled = replace(scene, placed=replace(scene.placed, joints_cam_m=joints))

    found = vertical(rolled).up_cam

    assert torch.allclose(found, roll @ vertical(scene).up_cam)


def test_without_lines_the_body_is_the_plumb_line(scene: Scene) -> None:
    """No edge and no fact: the body's axis exactly, with its own deviation."""
    legs = torch.ones(len(scene.placed.joints_cam_m), dtype=torch.bool)
    plumb = plumb_line(scene.placed, legs)

    found = vertical(scene)

    assert torch.equal(found.up_cam, plumb.up_cam)
    assert found.sd_deg == pytest.approx(plumb.sd_deg)
    assert found.source is plumb.source


def test_a_room_corrects_the_body(scene: Scene) -> None:
    """Edges put the vertical within half a degree, where the body errs by more."""
    found = vertical(scene, furnished())

    assert off_deg(vertical(scene), scene) > 1
    assert off_deg(found, scene) < 0.5
    assert found.source is GravitySource.ROOM_LINES
    assert found.sd_deg < 2


def test_angles_of_the_camera_mean_what_they_say() -> None:
    """Tilt looks down on the floor; roll turns the camera clockwise."""
    assert np.allclose(up_of(0, 0), (0, -1, 0))
    assert np.allclose(up_of(90, 0), (0, 0, -1))
    assert np.allclose(up_of(0, 90), (-1, 0, 0))
    # Clockwise as seen from behind: the picture's content turns the other way.
    assert up_of(0, 10)[0] < 0


def test_told_tilt_and_roll_are_used_as_they_are(scene: Scene) -> None:
    """Both angles of the camera leave nothing to the body."""
    found = vertical(scene, facts=ViewFacts(tilt_deg=25.0, roll_deg=-8.0))

    assert np.allclose(found.up_cam.numpy(), up_of(25.0, -8.0))
    assert found.source is GravitySource.GIVEN
    assert found.sd_deg == pytest.approx(1.5)


@pytest.mark.parametrize("tilt_deg", [-10.0, 10.0, 30.0])
def test_a_told_tilt_leaves_the_roll_to_the_body(scene: Scene, tilt_deg: float) -> None:
    """One angle alone is met within its deviation, and the other hardly moves."""
    body = vertical(scene).up_cam

    found = vertical(scene, facts=ViewFacts(tilt_deg=tilt_deg))

    roll, before = (math.atan2(-up[0], -up[1]) for up in (found.up_cam, body))
    assert tilt_of(found) == pytest.approx(tilt_deg, abs=1)
    assert roll == pytest.approx(before, abs=0.02)
    assert found.source is GravitySource.GIVEN
    assert found.sd_deg < 6


@pytest.mark.parametrize("roll_deg", [-10.0, 0.0, 10.0])
def test_a_told_roll_leaves_the_tilt_to_the_body(scene: Scene, roll_deg: float) -> None:
    """The other angle alone is met likewise; the tilt is still the body's."""
    body = vertical(scene)

    found = vertical(scene, facts=ViewFacts(roll_deg=roll_deg))

    roll = math.degrees(math.atan2(-found.up_cam[0], -found.up_cam[1]))
    assert roll == pytest.approx(roll_deg, abs=1)
    assert tilt_of(found) == pytest.approx(tilt_of(body), abs=1)
    assert found.source is body.source


@pytest.mark.parametrize("tilt_deg", [-90.0, 90.0])
def test_a_camera_told_to_look_straight_down_has_a_vertical(
    scene: Scene, tilt_deg: float
) -> None:
    """At the pole, where a tilt has no derivative, everything stays finite."""
    for facts in (
        ViewFacts(tilt_deg=tilt_deg),
        ViewFacts(tilt_deg=tilt_deg, roll_deg=20.0),
    ):
        found = vertical(scene, furnished(), facts)

        assert found.up_cam.isfinite().all()
        assert float(found.up_cam.norm()) == pytest.approx(1)
        assert found.turn_cov_rad2.isfinite().all()


def test_edges_refine_a_told_tilt(scene: Scene) -> None:
    """A tilt told 1° wrong is put right by the room, and surer than told."""
    facts = ViewFacts(tilt_deg=TILT_DEG + 1, roll_deg=0.0)

    found = vertical(scene, furnished(), facts, KNOWN)

    assert off_deg(found, scene) < 0.5
    assert found.sd_deg < 1.5


def test_the_covariance_is_about_the_worlds_horizontal_axes(scene: Scene) -> None:
    """It has nothing about y, and is that of the vertical in the world's axes."""
    gravity = vertical(scene, facts=ViewFacts(tilt_deg=TILT_DEG))
    covariance = gravity.turn_cov_rad2

    assert torch.allclose(covariance[1], vector(0, 0, 0))
    assert torch.allclose(covariance[:, 1], vector(0, 0, 0))
    assert torch.allclose(covariance, covariance.mT)
    # A turn about the world's x, which is level, is what the told tilt knows.
    about_x, about_z = covariance[0, 0].sqrt(), covariance[2, 2].sqrt()
    assert math.degrees(about_x) == pytest.approx(1.5, abs=0.1)
    assert math.degrees(about_z) == pytest.approx(8, abs=0.5)
    side = world_axes(gravity.up_cam)[0]
    assert abs(float(side[1])) < 0.1


def test_a_measured_vertical_is_the_worlds() -> None:
    """A calibration's vertical is kept, of any length, and so is its deviation."""
    hint = GravityHint(up_cam=(0.1, -2.0, -0.4), sd_deg=0.5)

    found = measured_gravity(hint, vector(0.0))

    assert np.allclose(
        found.up_cam, np.array(hint.up_cam) / np.linalg.norm(hint.up_cam)
    )
    assert found.sd_deg == pytest.approx(0.5)


def test_what_is_told_of_the_lens_comes_first() -> None:
    """A focal length beats a field of view, and that a usual camera's."""
    told = ViewFacts(field_of_view_deg=90.0)
    size = vector(1280, 720)

    exact = expected_lens(size, FitSettings(focal_px=800.0, view=told))
    wide = expected_lens(size, FitSettings(view=told))
    usual = expected_lens(size, FitSettings())

    assert exact.focal_px == 800
    assert wide.focal_px == pytest.approx(640)
    assert usual.focal_px == pytest.approx(1108.5, abs=0.1)
    assert exact.log_focal_sd < wide.log_focal_sd < usual.log_focal_sd
    assert [each.source for each in (exact, wide, usual)] == [
        FocalSource.GIVEN,
        FocalSource.GIVEN,
        FocalSource.BODY,
    ]


@pytest.mark.parametrize("told", [USUAL, KNOWN])
def test_the_room_shows_the_lens_unless_it_is_told(scene: Scene, told: Lens) -> None:
    """Right angles give the focal length within 3 %; a told one is kept."""
    legs = torch.ones(len(scene.placed.joints_cam_m), dtype=torch.bool)
    room = Sightlines.of(furnished(), SIZE_PX)

    found = lens_from(scene.placed, legs, room, UNTOLD, told)

    assert found.focal_px == pytest.approx(FOCAL_PX, rel=0.03)
    assert found.log_focal_sd < 0.1
    assert (found == told) == (told is KNOWN)


def test_scribbles_leave_the_lens(scene: Scene) -> None:
    """Edges without right angles say nothing of the focal length."""
    legs = torch.ones(len(scene.placed.joints_cam_m), dtype=torch.bool)
    scribbles = Furniture(upright=0, level=0, clutter=50)
    lines = room_lines(camera_axes(10, 0, 0), scribbles)

    found = lens_from(scene.placed, legs, Sightlines.of(lines, SIZE_PX), UNTOLD, USUAL)

    assert found == USUAL


def test_a_users_choices_reach_the_fit() -> None:
    """The job's facts about the camera are the fit's, and the device is told."""
    view = ViewFacts(field_of_view_deg=70.0, tilt_deg=12.0)

    settings = settings_for(JobSettings(view=view), device="cpu")

    assert settings.view == view
    assert settings_for(JobSettings()) == FitSettings()


def in_a_room(landmarks: Landmarks) -> Landmarks:
    """Return landmarks with a furnished room behind the person."""
    return replace(landmarks, background_lines_px=furnished())


def root_covariance(motion: Motion) -> Array:
    """Return (3, 3) of the first knot's root."""
    packed = motion.pose_covariance_rad2[0]
    rows, columns = np.tril_indices(3)
    block = np.zeros((3, 3))
    block[rows, columns] = packed[: len(rows)]
    return block + np.tril(block, -1).T


def test_a_fit_in_a_room_has_its_vertical_and_lens(scene: Scene) -> None:
    """Background edges in the landmarks put camera and world right."""
    result = fit(in_a_room(scene.landmarks), scene.body, FitSettings())

    up = result.motion.rotmat_cam_world[:, 1]
    assert angle_deg(up, scene.up_cam) < 0.5
    assert result.motion.gravity_sd_deg < 2
    assert result.motion.intrinsics[0, 0] == pytest.approx(FOCAL_PX, rel=0.03)
    assert result.report.gravity_source is GravitySource.ROOM_LINES
    assert result.report.focal_source is FocalSource.ROOM_LINES


def test_a_told_field_of_view_is_kept_by_the_fit(scene: Scene) -> None:
    """The solver moves the focal length by 2 % at most from what was told."""
    view = ViewFacts(field_of_view_deg=75.0)
    expected = expected_lens(vector(*SIZE_PX), FitSettings(view=view)).focal_px

    result = fit(scene.landmarks, scene.body, FitSettings(view=view))

    assert result.report.focal_px == pytest.approx(expected, rel=0.02)
    assert result.report.focal_source is FocalSource.GIVEN


def test_the_bodys_turns_are_as_unsure_as_the_vertical(scene: Scene) -> None:
    """The root's covariance grows by the vertical's, about x and z alone."""
    x, y, z = scene.up_cam
    few = replace(scene.landmarks, background_lines_px=BLANK)
    sure, unsure = (
        fit(
            few,
            scene.body,
            FitSettings(gravity=GravityHint(up_cam=(x, y, z), sd_deg=sd_deg)),
        ).motion
        for sd_deg in (0.1, 6.0)
    )

    grown = root_covariance(unsure) - root_covariance(sure)

    assert np.allclose(grown, np.diag([1, 0, 1]) * math.radians(6) ** 2, rtol=1e-2)


def test_what_the_recorder_wrote_is_expected_unless_it_is_told() -> None:
    """The lens of the metadata beats the usual one, and gives way to the user's."""
    size = vector(*SIZE_PX)
    written = expected_lens(size, FitSettings(), 900.0)
    told = expected_lens(size, FitSettings(focal_px=800.0), 900.0)

    assert written.focal_px == 900.0
    assert written.source is FocalSource.METADATA
    assert told.focal_px == 800.0


def test_the_recorders_lens_reaches_the_fit(scene: Scene) -> None:
    """Without lines a fit keeps near the focal length that the landmarks carry."""
    landmarks = replace(scene.landmarks, lens_focal_px=1.3 * FOCAL_PX)

    report = fit(landmarks, scene.body, FitSettings()).report

    assert report.focal_source is FocalSource.METADATA
    assert report.focal_px == pytest.approx(1.3 * FOCAL_PX, rel=0.12)
