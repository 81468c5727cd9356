"""Laws of the rotations."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ergomesh.mesh.core.rotations import (
    frame_from,
    left_jacobian,
    left_jacobian_inverse,
    normalised,
    rotmat_between,
    rotmat_to_quat,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
    skew,
    small_matmul,
    swing_twist,
)

ANGLES = (0.0, 1e-9, 1e-7, 1e-4, 0.00999, 0.01001, 0.5, 2.0, 3.0, math.pi - 1e-7)


def axes(count: int = 20) -> Tensor:
    """Return (count, 3) unit vectors, the coordinate axes among them."""
    draw = torch.randn(count, 3, generator=torch.Generator().manual_seed(0))
    draw = torch.cat((torch.eye(3), -torch.eye(3), draw)).double()
    return normalised(draw)


def test_exponential_is_the_matrix_exponential() -> None:
    """A rotation matrix is the matrix exponential of its cross product matrix."""
    for angle in (*ANGLES, math.pi, 5.0):
        rotvec = angle * axes()

        assert torch.allclose(
            rotvec_to_rotmat(rotvec), torch.linalg.matrix_exp(skew(rotvec)), atol=1e-13
        )


@pytest.mark.parametrize("angle", ANGLES)
def test_logarithm_undoes_exponential(angle: float) -> None:
    """Below half a turn the logarithm gives the rotation vector back."""
    rotvec = angle * axes()

    back = rotmat_to_rotvec(rotvec_to_rotmat(rotvec))

    assert torch.allclose(back, rotvec, atol=1e-9 if angle > 3.1 else 1e-12)


def test_half_turns_come_back_up_to_their_sign() -> None:
    """At exactly half a turn the logarithm is a vector of the same rotation."""
    rotmat = rotvec_to_rotmat(math.pi * axes())

    again = rotvec_to_rotmat(rotmat_to_rotvec(rotmat))

    assert torch.allclose(again, rotmat, atol=1e-12)


def test_quaternions_are_unit_and_never_negative() -> None:
    """Quaternions have length one and a real part that is not negative."""
    for angle in (*ANGLES, math.pi, 4.0):
        quat = rotmat_to_quat(rotvec_to_rotmat(angle * axes()))

        assert torch.allclose(quat.norm(dim=-1), torch.ones(26).double())
        assert (quat[:, 0] >= 0).all()


@pytest.mark.parametrize("angle", [*ANGLES, 4.0, 6.0])
def test_left_jacobian_is_the_derivative_of_the_exponential(angle: float) -> None:
    """``exp(v + dv) exp(v)⁻¹`` turns by the left Jacobian times ``dv``."""
    rotvec, step = angle * axes(), 1e-6 * axes().flip(0)

    turned = rotvec_to_rotmat(rotvec + step) @ rotvec_to_rotmat(rotvec - step).mT
    expected = (left_jacobian(rotvec) @ step[..., None])[..., 0]

    assert torch.allclose(rotmat_to_rotvec(turned) / 2, expected, atol=1e-11)


@pytest.mark.parametrize("angle", [*ANGLES, math.pi, 6.0])
def test_left_jacobian_inverse_is_its_inverse(angle: float) -> None:
    """The left Jacobian times its inverse is the identity, also at half a turn."""
    rotvec = angle * axes()

    product = left_jacobian(rotvec) @ left_jacobian_inverse(rotvec)

    assert torch.allclose(product, torch.eye(3).double().expand_as(product), atol=1e-10)


def test_gradients_are_finite_at_rest() -> None:
    """Exponential and logarithm have finite gradients at no rotation at all."""
    rotvec = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)

    rotmat_to_rotvec(rotvec_to_rotmat(rotvec)).sum().backward()  # type: ignore[no-untyped-call]  # torch

    assert rotvec.grad is not None
    assert torch.allclose(rotvec.grad, torch.ones(2, 3).double())


@given(seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_smallest_rotation_between_directions(seed: int) -> None:
    """The rotation takes one direction to the other about their common normal."""
    generator = torch.Generator().manual_seed(seed)
    start, end = torch.randn(2, 3, generator=generator, dtype=torch.float64)

    rotmat = rotmat_between(start, end)

    assert torch.allclose(rotmat @ (start / start.norm()), end / end.norm())
    assert abs(float(rotmat_to_rotvec(rotmat) @ start)) < 1e-9 * float(start.norm())


def test_opposite_directions_have_a_rotation_between_them() -> None:
    """Opposite directions are joined by a half turn, equal ones by none."""
    half_turns = rotmat_between(axes(), -axes())

    assert torch.allclose((half_turns @ axes()[..., None])[..., 0], -axes(), atol=1e-9)
    assert torch.allclose(
        rotmat_between(axes(), axes()), torch.eye(3).double(), atol=1e-9
    )


def test_frames_are_right_handed() -> None:
    """A frame is a rotation whose first axis is the primary direction."""
    frames = frame_from(2 * axes(), axes().roll(1, 0) + 0.1)

    assert torch.allclose(torch.linalg.det(frames), torch.ones(26).double())
    assert torch.allclose(frames[..., 0], axes())


def bones() -> Tensor:
    """Return the axes that joints twist about."""
    return torch.eye(3, dtype=torch.float64)[torch.arange(26) % 3]


def test_swing_and_twist_make_up_the_rotation() -> None:
    """The swing, normal to the bone, after the twist about it is the rotation."""
    for angle in (0.0, 1e-8, 0.3, 1.5, 2.9):
        rotmat = rotvec_to_rotmat(angle * axes())

        coords, _ = swing_twist(rotmat, bones())
        twist = (coords * bones()).sum(-1, keepdim=True) * bones()
        again = rotvec_to_rotmat(coords - twist) @ rotvec_to_rotmat(twist)

        assert torch.allclose(again, rotmat, atol=1e-10)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 0.3, 1.5, 2.5])
def test_swing_twist_jacobian_is_the_derivative(angle: float) -> None:
    """The Jacobian of swing and twist agrees with central differences."""
    rotmat, step = rotvec_to_rotmat(angle * axes()), 1e-6
    _, jac = swing_twist(rotmat, bones())

    for axis, unit in enumerate(torch.eye(3).double()):
        ahead, _ = swing_twist(rotmat @ rotvec_to_rotmat(step * unit), bones())
        back, _ = swing_twist(rotmat @ rotvec_to_rotmat(-step * unit), bones())

        assert torch.allclose((ahead - back) / (2 * step), jac[..., axis], atol=1e-7)


def test_small_products_are_matrix_products() -> None:
    """The fast product of narrow matrices is the matrix product."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(4, 5, 6, 3, generator=generator)
    b = torch.randn(5, 3, 7, generator=generator)

    assert torch.allclose(small_matmul(a, b), a @ b, atol=1e-6)
