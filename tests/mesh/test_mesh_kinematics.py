"""Laws of the body: kinematics and sites."""

import pytest
import torch

from ergomesh.contract.skeleton import JOINT, PARENTS, SMPLX_JOINTS, mirrored
from ergomesh.mesh.core.body import (
    MOVED,
    BodyModel,
    Rig,
    forward_kinematics,
    place,
    shape_jacobian,
)
from ergomesh.mesh.core.posture import PRIORS, PosturePrior, prior_of
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ergomesh.mesh.core.sites import SITE, SITES
from mesh.mesh_synthetic import Scene


def poses(count: int, seed: int = 0) -> torch.Tensor:
    """Return (count, 55, 3) random axis-angle poses."""
    draw = torch.Generator().manual_seed(seed)
    return 0.6 * torch.randn(count, 55, 3, generator=draw, dtype=torch.float64)


def test_kinematics_are_a_walk_down_the_tree(body: BodyModel) -> None:
    """Each joint is its parent's place plus the bone turned by all above it."""
    angles, betas = poses(1)[0], torch.linspace(-1, 1, 10, dtype=torch.float64)
    rest = body.rest_joints_m(betas)
    turned, placed = [], []
    for joint, parent in enumerate(PARENTS):
        own = torch.linalg.matrix_exp(
            torch.linalg.cross(torch.eye(3).double(), angles[joint].expand(3, 3)).mT
        )
        if parent < 0:
            turned.append(own.mT)
            placed.append(rest[0])
        else:
            placed.append(
                placed[parent] + turned[parent] @ (rest[joint] - rest[parent])
            )
            turned.append(turned[parent] @ own.mT)

    found = forward_kinematics(
        body, angles[None], betas, torch.zeros(1, 3, dtype=torch.float64)
    )

    assert torch.allclose(rotvec_to_rotmat(angles[0]), turned[0])
    assert torch.allclose(found[0], torch.stack(placed))


def test_placed_joints_agree_with_the_kinematics(scene: Scene) -> None:
    """The solver's moved joints are those of the full tree with hands at rest."""
    state = scene.state
    rotvecs = torch.zeros(len(state.rotmats), 55, 3, dtype=torch.float64)
    rotvecs[:, :MOVED] = rotmat_to_rotvec(state.rotmats)
    shift = state.root_cam_m - scene.body.rest_joints_m(state.betas)[0]

    joints = forward_kinematics(scene.body, rotvecs, state.betas, shift)

    assert torch.allclose(joints[:, :MOVED], scene.placed.joints_cam_m)


def test_knuckles_are_rigid_with_the_wrist(scene: Scene) -> None:
    """The index finger's site keeps its place beside its joint while fingers rest."""
    state = scene.state
    rotvecs = torch.zeros(len(state.rotmats), 55, 3, dtype=torch.float64)
    rotvecs[:, :MOVED] = rotmat_to_rotvec(state.rotmats)
    shift = state.root_cam_m - scene.body.rest_joints_m(state.betas)[0]

    joints = forward_kinematics(scene.body, rotvecs, state.betas, shift)

    beside = scene.placed.sites_cam_m[:, SITE["left_index"]]
    beside = beside - joints[:, JOINT["left_index1"]]
    in_hand = beside[:, None] @ scene.placed.rotmats_cam[:, JOINT["left_wrist"]]
    offset = torch.tensor(SITES[SITE["left_index"]].offset_m, dtype=torch.float64)
    assert torch.allclose(in_hand[:, 0], offset.expand(len(in_hand), 3))


def test_shape_jacobian_is_the_derivative(scene: Scene) -> None:
    """Sites move with the shape as central differences say."""
    rig, step = Rig.of(scene.body, scene.state.root_cam_m), 1e-5
    jac = shape_jacobian(rig, scene.placed)

    for k in range(10):
        change = torch.zeros(12, dtype=torch.float64)
        change[k] = step
        nothing = torch.zeros(len(scene.state.rotmats), 69, dtype=torch.float64)
        ahead = place(rig, scene.state.moved(nothing, change)).sites_cam_m
        back = place(rig, scene.state.moved(nothing, -change)).sites_cam_m
        assert torch.allclose((ahead - back) / (2 * step), jac[..., k], atol=1e-8)


def test_sites_are_symmetric(body: BodyModel) -> None:
    """Each site's mirror image is the site of the other side."""
    rig = Rig.of(body, body.joints_m)
    rest = body.joints_m[rig.host] + rig.site_m
    swap = [SITE[mirrored(site.landmark)] for site in SITES]

    flip = torch.tensor((-1.0, 1.0, 1.0), dtype=torch.float64)
    assert torch.allclose(rest[swap] * flip, rest)


def test_hip_sites_are_as_far_apart_as_mediapipes(body: BodyModel) -> None:
    """Wherever a model has its hip joints, the hip sites are 20 cm apart."""
    rig = Rig.of(body, body.joints_m)
    rest = body.joints_m[rig.host] + rig.site_m

    apart = rest[SITE["left_hip"]] - rest[SITE["right_hip"]]

    assert torch.allclose(apart, torch.tensor((0.20, 0.0, 0.0), dtype=torch.float64))
    above = rest[SITE["left_hip"], 1] - body.joints_m[JOINT["left_hip"], 1]
    assert 0.005 < float(above) < 0.025


def test_every_unknown_moves_what_hangs_on_it(body: BodyModel) -> None:
    """The slide moves all; a joint moves itself and exactly what is below it."""
    rig = Rig.of(body, body.joints_m)

    assert rig.moves_joint[0].all()
    assert rig.moves_site[0].all()
    for joint in range(MOVED):
        below = {joint}
        for other in range(MOVED):
            if PARENTS[other] in below:
                below.add(other)
        row = rig.moves_joint[1 + joint]
        assert set(row.nonzero()[:, 0].tolist()) == below


def test_priors_mirror_and_hold_their_mean() -> None:
    """Left and right priors mirror each other, and means lie inside the limits."""
    for joint in SMPLX_JOINTS[1:MOVED]:
        prior, other = prior_of(joint), prior_of(mirrored(joint))
        assert other.mirrored() == prior or mirrored(joint) == joint
        for low, mean, high in zip(prior.low, prior.mean, prior.high, strict=True):
            assert low < mean < high
    assert set(PRIORS) <= set(SMPLX_JOINTS[:MOVED])


def test_limits_only_speak_beyond_themselves() -> None:
    """A pose at the mean breaks no limit; one past a limit breaks exactly that."""
    prior = PosturePrior.of(torch.zeros((), dtype=torch.float64))
    rotmats = torch.eye(3).double().repeat(1, MOVED, 1, 1)
    knee = JOINT["left_knee"]
    rotmats[:, knee] = rotvec_to_rotmat(torch.tensor((3.0, 0, 0), dtype=torch.float64))

    _, beyond, _ = prior.residuals(rotmats)

    broken = beyond[0].nonzero().tolist()
    assert broken == [[knee - 1, 0]]
    assert float(beyond[0, knee - 1, 0]) == pytest.approx((3.0 - 2.7) / 0.05)
