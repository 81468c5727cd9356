"""Laws of the camera, the world, the vertical and the start."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ergomesh.contract.skeleton import JOINT
from ergomesh.mesh.core.body import BodyModel, Rig, place
from ergomesh.mesh.core.camera import (
    focal_from_view,
    project,
    projection_jacobian,
    view_rotmats,
    world_axes,
)
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.fit import _evidence
from ergomesh.mesh.core.init import _limb, start_state
from ergomesh.mesh.core.rotations import (
    normalised,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
)
from ergomesh.mesh.core.settings import FitSettings
from mesh.mesh_angles import errors_deg
from mesh.mesh_synthetic import PERFECT, Scene, make_scene

CENTRE = torch.tensor((640.0, 360.0), dtype=torch.float64)
FOCAL = torch.tensor(1000.0, dtype=torch.float64)


def vector(*values: float) -> Tensor:
    """Return a double vector."""
    return torch.tensor(values, dtype=torch.float64)


def evidence_of(scene: Scene, settings: FitSettings) -> Evidence:
    """Return the evidence of all frames, crops aimed."""
    seen = scene.landmarks.detected
    evidence = _evidence(scene.landmarks, seen, seen, settings)
    return evidence.aimed(evidence.focal_px)


def test_field_of_view_and_focal_length_agree() -> None:
    """The longer side's edge is seen at half the angle of view, lying or standing."""
    for size in ((1280, 720), (720, 1280)):
        focal = focal_from_view(torch.tensor(size), 60.0)

        assert math.degrees(math.atan(640 / focal)) == pytest.approx(30)


def test_projection_jacobian_is_the_derivative() -> None:
    """Pixels move with points as central differences say."""
    points = torch.randn(20, 3, dtype=torch.float64) + vector(0, 0, 5)
    jac = projection_jacobian(points, FOCAL)

    for axis, unit in enumerate(torch.eye(3).double()):
        ahead = project(points + 1e-6 * unit, FOCAL, CENTRE)
        back = project(points - 1e-6 * unit, FOCAL, CENTRE)
        assert torch.allclose(
            (ahead - back) / 2e-6, jac[..., axis], rtol=1e-5, atol=1e-3
        )


def test_points_behind_the_camera_stay_finite() -> None:
    """Projection and its derivative are finite for any point."""
    points = torch.stack((vector(0, 0, 0), vector(1, 1, -3), vector(0, 0, 1e-12)))

    assert project(points, FOCAL, CENTRE).isfinite().all()
    assert projection_jacobian(points, FOCAL).isfinite().all()


def test_view_rotation_takes_the_axis_to_the_ray() -> None:
    """A crop's axis is the ray of its middle; at the principal point nothing turns."""
    rotmat = view_rotmats(torch.stack((CENTRE, CENTRE + 300)), FOCAL, CENTRE)

    assert torch.allclose(rotmat[0], torch.eye(3).double())
    ray = vector(0.3, 0.3, 1)
    assert torch.allclose(rotmat[1] @ vector(0, 0, 1), ray / ray.norm())


@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1))
@settings(max_examples=50, deadline=None)
def test_world_axes_are_a_rotation_with_y_up(up: tuple[float, float, float]) -> None:
    """For any vertical the world is right-handed with y along it."""
    rotmat = world_axes(vector(*up))

    assert torch.allclose(rotmat @ rotmat.mT, torch.eye(3).double(), atol=1e-12)
    assert float(torch.linalg.det(rotmat)) == pytest.approx(1)
    assert torch.allclose(rotmat[1], vector(*up) / vector(*up).norm())


def test_a_level_camera_looks_along_minus_z() -> None:
    """For a level camera x stays right and z points back to the camera."""
    rotmat = world_axes(vector(0, -1, 0))

    assert torch.allclose(rotmat, torch.diag(vector(1, -1, -1)))


@pytest.mark.parametrize("up", [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (0.0, 0.04, -1.0)])
def test_a_camera_straight_up_or_down_has_a_world(
    up: tuple[float, float, float],
) -> None:
    """Looking along the vertical, x is still right in the picture."""
    rotmat = world_axes(vector(*up))

    assert float(torch.linalg.det(rotmat)) == pytest.approx(1)
    assert abs(float(rotmat[0, 0])) > 0.9


def test_start_is_near_for_perfect_landmarks(body: BodyModel) -> None:
    """From landmarks without noise, inverse kinematics alone is within 10°."""
    scene = make_scene(body, seed=1, frames=40, detector=PERFECT)
    evidence = evidence_of(scene, FitSettings(focal_px=1150.0))
    rig = Rig.of(body, evidence.points_px)

    state = start_state(rig, evidence)

    joints = place(rig, state).joints_cam_m.numpy()
    assert max(errors_deg(joints, JOINT, scene).values()) < 10
    off = (state.root_cam_m - scene.state.root_cam_m).norm(dim=-1)
    assert off.max() < 0.6


def test_a_folded_limb_bends_its_own_way_wherever_it_points() -> None:
    """Bent by over 60°, a knee starts with just that flexion, however a thigh lies."""
    draw = torch.Generator().manual_seed(3)
    thigh, other = torch.randn(2, 500, 3, generator=draw, dtype=torch.float64)
    across = normalised(torch.linalg.cross(thigh, other))
    bend = math.radians(61) + 1.4 * torch.rand(500, generator=draw, dtype=torch.float64)
    shank = (rotvec_to_rotmat(bend[:, None] * across) @ thigh[..., None])[..., 0]
    down, back, still = vector(0, -1, 0), vector(0, 0, -1), torch.eye(3).double()

    high, low = _limb((down, thigh), (down, shank), still.expand(500, 3, 3), back)

    flexion = rotmat_to_rotvec(high.mT @ low)
    assert torch.allclose(flexion, bend[:, None] * vector(1, 0, 0), atol=1e-6)


def test_start_has_proper_rotations_for_any_landmarks(scene: Scene) -> None:
    """Coinciding, absent or absurd landmarks still start from rotations."""
    world = scene.landmarks.points_world_m
    rng = np.random.default_rng(0)
    for points in (
        np.zeros_like(world),
        np.full_like(world, np.nan),
        rng.normal(size=world.shape),
        np.round(world, 1),
    ):
        landmarks = replace(scene.landmarks, points_world_m=points)
        evidence = evidence_of(replace(scene, landmarks=landmarks), FitSettings())

        state = start_state(Rig.of(scene.body, evidence.points_px), evidence)

        eye = torch.eye(3).double().expand_as(state.rotmats)
        assert torch.allclose(state.rotmats @ state.rotmats.mT, eye, atol=1e-9)
        assert torch.allclose(
            torch.linalg.det(state.rotmats), torch.ones(1).double(), atol=1e-9
        )
        assert (state.root_cam_m[:, 2] > 0).all()
