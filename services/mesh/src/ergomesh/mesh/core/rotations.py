"""Batched rotations: SO(3) exponential, logarithm, Jacobians, swing and twist.

Every function takes ``(..., 3)`` or ``(..., 3, 3)`` tensors. Singular points are
guarded inside ``where``, so values and gradients stay finite at zero angle.
Formulas: Solà, Deray, Atchuthan, "A micro Lie theory for state estimation in
robotics", arXiv 1812.01537, appendix B.
"""

import torch
from torch import Tensor

SMALL_ANGLE_SQUARED = 1e-4
"""Below it (0.01 rad) Taylor series replace the quotients, to float64 precision."""

TINY = 1e-12
"""Smallest length a vector is divided by, metres or one."""


def skew(vector: Tensor) -> Tensor:
    """Return the matrices of the cross product.

    Args:
        vector: (..., 3).

    Returns:
        (..., 3, 3) with ``skew(a) @ b = a × b``.
    """
    x, y, z = vector.unbind(-1)
    o = torch.zeros_like(x)
    return torch.stack((o, -z, y, z, o, -x, -y, x, o), -1).unflatten(-1, (3, 3))


def _split(rotvec: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return whether the angle is small, its square, and an angle safe to divide by."""
    squared = (rotvec * rotvec).sum(-1)
    small = squared < SMALL_ANGLE_SQUARED
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    return small, squared, angle


def _combine(rotvec: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return ``I + first K + second K²`` with K the cross product of the vector."""
    k = skew(rotvec)
    eye = torch.eye(3, dtype=rotvec.dtype, device=rotvec.device)
    return eye + first[..., None, None] * k + second[..., None, None] * (k @ k)


def rotvec_to_rotmat(rotvec: Tensor) -> Tensor:
    """Return the rotation matrices of rotation vectors (exponential map).

    Args:
        rotvec: (..., 3) radians, any length.

    Returns:
        (..., 3, 3).
    """
    small, s, angle = _split(rotvec)
    first = torch.where(small, 1 - s / 6 + s * s / 120, angle.sin() / angle)
    second = torch.where(
        small, 0.5 - s / 24 + s * s / 720, (1 - angle.cos()) / angle**2
    )
    return _combine(rotvec, first, second)


def left_jacobian(rotvec: Tensor) -> Tensor:
    """Return J with ``exp(v + dv) ≈ exp(J dv) exp(v)``.

    Args:
        rotvec: (..., 3) radians.

    Returns:
        (..., 3, 3).
    """
    small, s, angle = _split(rotvec)
    first = torch.where(
        small, 0.5 - s / 24 + s * s / 720, (1 - angle.cos()) / angle**2
    )
    second = torch.where(
        small, 1 / 6 - s / 120 + s * s / 5040, (angle - angle.sin()) / angle**3
    )
    return _combine(rotvec, first, second)


def left_jacobian_inverse(rotvec: Tensor) -> Tensor:
    """Return the inverse of :func:`left_jacobian`; finite up to 2π, also at π.

    Args:
        rotvec: (..., 3) radians, shorter than 2π.

    Returns:
        (..., 3, 3).
    """
    small, s, angle = _split(rotvec)
    half = angle / 2
    second = torch.where(
        small,
        1 / 12 + s / 720 + s * s / 30240,
        (1 - half * half.cos() / half.sin()) / angle**2,
    )
    return _combine(rotvec, torch.full_like(s, -0.5), second)


def rotmat_to_quat(rotmat: Tensor) -> Tensor:
    """Return unit quaternions, real part first and never negative.

    Of Shepperd's four equivalent formulas each matrix takes the one with the
    largest divisor, so half turns lose no precision.

    Args:
        rotmat: (..., 3, 3).

    Returns:
        (..., 4) as (w, x, y, z).
    """
    rows = rotmat.flatten(-2).unbind(-1)
    xx, xy, xz, yx, yy, yz, zx, zy, zz = rows
    candidates = torch.stack(
        (
            torch.stack((1 + xx + yy + zz, zy - yz, xz - zx, yx - xy), -1),
            torch.stack((zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx), -1),
            torch.stack((xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy), -1),
            torch.stack((yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz), -1),
        ),
        -2,
    )
    best = candidates.diagonal(dim1=-2, dim2=-1).argmax(-1)
    index = best[..., None, None].expand(*best.shape, 1, 4)
    quat = candidates.gather(-2, index).squeeze(-2)
    quat = quat / quat.norm(dim=-1, keepdim=True)
    return torch.where(quat[..., :1] < 0, -quat, quat)


def rotmat_to_rotvec(rotmat: Tensor) -> Tensor:
    """Return the rotation vectors of rotation matrices (logarithm), angle in 0…π.

    Args:
        rotmat: (..., 3, 3).

    Returns:
        (..., 3) radians.
    """
    quat = rotmat_to_quat(rotmat)
    w, v = quat[..., :1], quat[..., 1:]
    squared = (v * v).sum(-1, keepdim=True)
    small = squared < SMALL_ANGLE_SQUARED
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    # asin(s)/s = 1 + s²/6 + 3s⁴/40 with s the sine of half the angle.
    series = 2 * (1 + squared / 6 + 3 * squared**2 / 40 + 5 * squared**3 / 112)
    return v * torch.where(small, series, 2 * torch.atan2(sine, w) / sine)


def normalised(vector: Tensor) -> Tensor:
    """Return vectors of length one; a zero vector stays zero.

    Args:
        vector: (..., 3).
    """
    return vector / vector.norm(dim=-1, keepdim=True).clamp_min(TINY)


def rotmat_between(start: Tensor, end: Tensor) -> Tensor:
    """Return the smallest rotations that take one direction to another.

    Args:
        start: (..., 3) any length.
        end: (..., 3) any length.

    Returns:
        (..., 3, 3); for opposite directions a half turn about some normal.
    """
    a, b = torch.broadcast_tensors(normalised(start), normalised(end))
    axis = torch.linalg.cross(a, b, dim=-1)
    sine, cosine = axis.norm(dim=-1, keepdim=True), (a * b).sum(-1, keepdim=True)
    least = torch.nn.functional.one_hot(a.abs().argmin(-1), 3).to(a.dtype)
    spare = normalised(torch.linalg.cross(a, least, dim=-1))
    unit = torch.where(sine > TINY, axis / sine.clamp_min(TINY), spare)
    return rotvec_to_rotmat(unit * torch.atan2(sine, cosine))


def frame_from(primary: Tensor, secondary: Tensor) -> Tensor:
    """Return right-handed frames from two directions.

    Args:
        primary: (..., 3) the first axis.
        secondary: (..., 3) lies in the plane of the first and second axis.

    Returns:
        (..., 3, 3) with the axes as columns.
    """
    first = normalised(primary)
    third = normalised(torch.linalg.cross(first, secondary, dim=-1))
    return torch.stack((first, torch.linalg.cross(third, first, dim=-1), third), -1)


def swing_twist(rotmat: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    """Return swing-twist coordinates and their Jacobian.

    The rotation is ``swing @ twist``: a twist by τ about the bone axis, then a
    swing about an axis normal to it. The coordinates ``swing rotvec + τ axis``
    have no 2π wrap inside anatomical ranges and separate flexion from twist.

    With ``g = dτ/dω`` of a left perturbation, ``swing' ≈ exp(ω − τ' swing·axis)
    swing``, hence ``ds = J_l⁻¹(s)(I − (swing·axis) gᵀ) ω``.

    Args:
        rotmat: (..., 3, 3).
        axis: (..., 3) unit bone axes.

    Returns:
        (..., 3) radians, and (..., 3, 3) their derivative by ``v`` in
        ``rotmat exp(v)``.
    """
    quat = rotmat_to_quat(rotmat)
    w, v = quat[..., :1], quat[..., 1:]
    along = (v * axis).sum(-1, keepdim=True)
    squared = (w * w + along * along).clamp_min(TINY)
    twist = 2 * torch.atan2(along, w) * axis
    swing = rotmat @ rotvec_to_rotmat(-twist)
    swing_vec = rotmat_to_rotvec(swing)
    grad = (w * (w * axis + torch.linalg.cross(v, axis, dim=-1)) + along * v) / squared
    swung = (swing @ axis[..., None]) * grad[..., None, :]
    eye = torch.eye(3, dtype=rotmat.dtype, device=rotmat.device)
    by_left = left_jacobian_inverse(swing_vec) @ (eye - swung)
    by_left = by_left + axis[..., None] * grad[..., None, :]
    return swing_vec + twist, by_left @ rotmat
