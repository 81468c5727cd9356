"""Laws of smoothing a solved motion."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.fit import _evidence
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.smoothing import smoothed
from mesh.mesh_synthetic import Scene

SD_S = FitSettings().smooth_sd_s
AXIS = torch.tensor((0.6, 0.0, 0.8), dtype=torch.float64)


@pytest.fixture(scope="module")
def evidence(scene: Scene) -> Evidence:
    """Landmarks, of which only the times are asked."""
    seen = scene.landmarks.detected
    return _evidence(scene.landmarks, seen, seen, FitSettings())


def seen_at(evidence: Evidence, time_s: Tensor) -> Evidence:
    """Return evidence of frames at some times, all linked."""
    steps = time_s.diff()
    points = evidence.points_px[:1].expand(len(time_s), -1, -1)
    return replace(
        evidence, points_px=points, step_s=steps, linked=torch.ones_like(steps)
    )


def turned(angle_rad: Tensor) -> State:
    """Return a motion with every joint turned by an angle, moved by it in metres."""
    rotvec = angle_rad[:, None, None] * AXIS
    return State(
        rotmats=rotvec_to_rotmat(rotvec.expand(-1, 22, 3)),
        root_cam_m=angle_rad[:, None] * AXIS,
        shared=torch.zeros(SHARED, dtype=torch.float64),
    )


def angles_rad(state: State) -> Tensor:
    """Return (T,) how far the first joint is turned about the axis."""
    return rotmat_to_rotvec(state.rotmats[:, 0]) @ AXIS


def uneven_s(count: int) -> Tensor:
    """Return times that are 20 to 80 ms apart."""
    steps = np.random.default_rng(0).uniform(0.02, 0.08, count)
    return torch.from_numpy(np.cumsum(steps))


def test_nothing_to_smooth_stays(evidence: Evidence) -> None:
    """No width, or a single frame, leaves the motion as it is."""
    state = turned(torch.linspace(0, 1, 20, dtype=torch.float64))
    times = seen_at(evidence, uneven_s(20))

    assert smoothed(state, times, 0.0) is state
    one = state.rows(slice(0, 1))
    assert smoothed(one, seen_at(evidence, uneven_s(1)), SD_S) is one


def test_steady_turns_and_their_ends_stay(evidence: Evidence) -> None:
    """At uneven times too, what turns and moves at a steady pace is kept to its ends.

    Turns go beyond half a turn, where a quaternion changes its sign.
    """
    time_s = uneven_s(60)
    state = turned(0.3 + 1.4 * time_s)

    found = smoothed(state, seen_at(evidence, time_s), SD_S)

    assert torch.allclose(found.rotmats, state.rotmats, atol=2e-3)
    assert torch.allclose(found.root_cam_m, state.root_cam_m, atol=1e-4)


@pytest.mark.parametrize(("rate_hz", "kept"), [(1.0, 0.91), (1.5, 0.69)])
def test_movement_keeps_as_much_as_is_stated(
    evidence: Evidence, rate_hz: float, kept: float
) -> None:
    """A swing keeps the share of its size that the setting's description states."""
    time_s = torch.arange(120, dtype=torch.float64) / 30
    swing = 0.5 * torch.sin(2 * torch.pi * rate_hz * time_s)

    found = smoothed(turned(swing), seen_at(evidence, time_s), SD_S)

    inner = slice(30, 90)
    share = angles_rad(found)[inner].norm() / swing[inner].norm()
    assert float(share) == pytest.approx(kept, abs=0.03)


def test_trembling_goes(evidence: Evidence) -> None:
    """Noise that is new in every frame loses most of its size, and of its jerks."""
    time_s = torch.arange(200, dtype=torch.float64) / 30
    noise = 0.05 * torch.randn(200, generator=torch.Generator().manual_seed(0))

    found = angles_rad(
        smoothed(turned(noise.double()), seen_at(evidence, time_s), SD_S)
    )

    assert found.std() < 0.5 * noise.std()
    assert found.diff(n=2).std() < 0.05 * noise.diff(n=2).std()


def test_stretches_do_not_mix(evidence: Evidence) -> None:
    """Frames that are not linked, as across a gap, are smoothed apart."""
    time_s = torch.arange(40, dtype=torch.float64) / 30
    state = turned(torch.where(time_s < time_s[20], 0.1, 1.2))
    times = seen_at(evidence, time_s)
    cut = times.linked.clone()
    cut[19] = 0

    found = smoothed(state, replace(times, linked=cut), SD_S)
    mixed = smoothed(state, times, SD_S)

    assert torch.allclose(found.rotmats, state.rotmats, atol=1e-6)
    assert not torch.allclose(mixed.rotmats, state.rotmats, atol=1e-2)


def test_backwards_is_backwards(evidence: Evidence) -> None:
    """Smoothing knows no direction of time, and gives rotations."""
    time_s = uneven_s(50)
    angle = torch.sin(5 * time_s) + 0.1 * torch.cos(40 * time_s)
    back_s = time_s[-1] - time_s.flip(0)

    there = smoothed(turned(angle), seen_at(evidence, time_s), SD_S)
    back = smoothed(turned(angle.flip(0)), seen_at(evidence, back_s), SD_S)

    assert torch.allclose(back.rotmats.flip(0), there.rotmats, atol=1e-9)
    eye = torch.eye(3, dtype=torch.float64)
    assert torch.allclose(there.rotmats @ there.rotmats.mT, eye, atol=1e-9)
