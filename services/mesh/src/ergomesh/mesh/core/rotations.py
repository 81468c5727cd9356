"""Batched rotations: SO(3) exponential, logarithm, Jacobians, swing and twist.

Every function takes ``(..., 3)`` or ``(..., 3, 3)`` tensors. Singular points are
guarded inside ``where``, so values and gradients stay finite at zero angle.
Formulas: Solà, Deray, Atchuthan, "A micro Lie theory for state estimation in
robotics", arXiv 1812.01537, appendix B.
"""

import numpy as np
import torch
from torch import Tensor

SMALL_ANGLE_SQUARED = 1e-4
"""Below it (0.01 rad) Taylor series replace the quotients, to float64 precision."""

NEAR_HALF_TURN = -0.5
"""Trace below which a rotation is within about 40° of a half turn."""

TINY = 1e-12
"""Smallest length a vector is divided by, metres or one."""


def cross(a: Tensor, b: Tensor) -> Tensor:
    """Return the cross product of (..., 3) vectors, broadcast."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    product: Tensor = torch.linalg.cross(a.expand(shape), b.expand(shape), dim=-1)
    return product


def split_last(tensor: Tensor, *sizes: int) -> Tensor:
    """Return a tensor whose last dimension is split into some sizes."""
    return tensor.reshape(*tensor.shape[:-1], *sizes)


def small_matmul(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """Return ``a @ b`` for two or three columns of ``a``, four times faster.

    Batched matrix products pay per matrix; here whole batches are multiplied,
    one column at a time.

    Args:
        a: (..., i, k).
        b: (..., k, j).
        out: Where to put the product, (..., i, j).
    """
    product = torch.mul(a[..., :1], b[..., :1, :], out=out)
    for k in range(1, a.shape[-1]):
        product.addcmul_(a[..., k : k + 1], b[..., k : k + 1, :])
    return product


def identity(size: int, like: Tensor) -> Tensor:
    """Return the identity matrix with the device and type of a tensor."""
    return torch.eye(size, dtype=like.dtype, device=like.device)


def skew(vector: Tensor) -> Tensor:
    """Return the matrices of the cross product.

    Args:
        vector: (..., 3).

    Returns:
        (..., 3, 3) with ``skew(a) @ b = cross(a, b)``.
    """
    x, y, z = vector.unbind(-1)
    o = torch.zeros_like(x)
    return split_last(torch.stack((o, -z, y, z, o, -x, -y, x, o), -1), 3, 3)


def _split(rotvec: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return whether the angle is small, its square, and an angle safe to divide by."""
    squared = (rotvec * rotvec).sum(-1)
    small = squared < SMALL_ANGLE_SQUARED
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    return small, squared, angle


def _combine(rotvec: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return ``I + first K + second K²`` with K the cross product of the vector."""
    squared = (rotvec * rotvec).sum(-1)
    square = rotvec[..., :, None] * rotvec[..., None, :] * second[..., None, None]
    turned = square + skew(rotvec * first[..., None])
    return turned + (1 - second * squared)[..., None, None] * identity(3, rotvec)


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
    first = torch.where(small, 0.5 - s / 24 + s * s / 720, (1 - angle.cos()) / angle**2)
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

    Of Shepperd's four equivalent formulas the one that divides by the real part
    is used, and near a half turn the one with the largest divisor.

    Args:
        rotmat: (..., 3, 3).

    Returns:
        (..., 4) as (w, x, y, z).
    """
    xx, xy, xz, yx, yy, yz, zx, zy, zz = rotmat.flatten(-2).unbind(-1)
    trace = xx + yy + zz
    quat = torch.stack((1 + trace, zy - yz, xz - zx, yx - xy), -1)
    near_half_turn = trace < NEAR_HALF_TURN
    if bool(near_half_turn.any()):
        turned = _quat_near_half_turn(rotmat)
        quat = torch.where(near_half_turn[..., None], turned, quat)
    quat = quat / quat.norm(dim=-1, keepdim=True)
    return torch.where(quat[..., :1] < 0, -quat, quat)


def _quat_near_half_turn(rotmat: Tensor) -> Tensor:
    """Return quaternions of any length by the formula with the largest divisor."""
    xx, xy, xz, yx, yy, yz, zx, zy, zz = rotmat.flatten(-2).unbind(-1)
    candidates = torch.stack(
        (
            torch.stack((zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx), -1),
            torch.stack((xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy), -1),
            torch.stack((yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz), -1),
        ),
        -2,
    )
    best = candidates[..., 1:].diagonal(dim1=-2, dim2=-1).argmax(-1)
    index = best[..., None, None].expand(*best.shape, 1, 4)
    return candidates.gather(-2, index).squeeze(-2)


def quat_to_rotmat(quat: Tensor) -> Tensor:
    """Return the rotations of quaternions of any length but zero.

    Args:
        quat: (..., 4) as (w, x, y, z).

    Returns:
        (..., 3, 3).
    """
    w, x, y, z = normalised(quat).unbind(-1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def rotmat_to_rotvec(rotmat: Tensor) -> Tensor:
    """Return the rotation vectors of rotation matrices (logarithm), angle in 0…π.

    Args:
        rotmat: (..., 3, 3).

    Returns:
        (..., 3) radians.
    """
    quat = rotmat_to_quat(rotmat)
    return _quat_to_rotvec(quat[..., :1], quat[..., 1:])


def _quat_to_rotvec(w: Tensor, v: Tensor) -> Tensor:
    """Return (..., 3) from the real part (..., 1), not negative, and the rest."""
    squared = (v * v).sum(-1, keepdim=True)
    small = squared < SMALL_ANGLE_SQUARED
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    # asin(s)/s = 1 + s²/6 + 3s⁴/40 + … with s the sine of half the angle.
    series = 2 * (1 + squared / 6 + 3 * squared**2 / 40 + 5 * squared**3 / 112)
    return v * torch.where(small, series, 2 * torch.atan2(sine, w) / sine)


def normalised(vector: Tensor) -> Tensor:
    """Return vectors of length one; a zero vector stays zero.

    Args:
        vector: (..., 3).
    """
    length: Tensor = vector.norm(dim=-1, keepdim=True)
    return vector / length.clamp_min(TINY)


def rotmat_between(start: Tensor, end: Tensor) -> Tensor:
    """Return the smallest rotations that take one direction to another.

    Args:
        start: (..., 3) any length.
        end: (..., 3) any length.

    Returns:
        (..., 3, 3); for opposite directions a half turn about some normal.
    """
    shape = np.broadcast_shapes(start.shape, end.shape)
    a, b = normalised(start).expand(shape), normalised(end).expand(shape)
    axis = cross(a, b)
    sine, cosine = axis.norm(dim=-1, keepdim=True), (a * b).sum(-1, keepdim=True)
    least = torch.nn.functional.one_hot(a.abs().argmin(-1), 3).to(a.dtype)
    spare = normalised(cross(a, least))
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
    third = normalised(cross(first, secondary))
    return torch.stack((first, cross(third, first), third), -1)


def swing_twist_coords(rotmat: Tensor, axis: Tensor) -> Tensor:
    """Return the (..., 3) coordinates of :func:`swing_twist`, radians.

    Args:
        rotmat: (..., 3, 3).
        axis: (..., 3) unit bone axes.
    """
    quat = rotmat_to_quat(rotmat)
    w, v = quat[..., :1], quat[..., 1:]
    along = (v * axis).sum(-1, keepdim=True)
    length = (w * w + along * along).clamp_min(TINY).sqrt()
    swing_v = (w * (v - along * axis) - along * cross(v, axis)) / length
    return _quat_to_rotvec(length, swing_v) + 2 * torch.atan2(along, w) * axis


def swing_twist(rotmat: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    """Return swing-twist coordinates and their Jacobian.

    The rotation is ``swing @ twist``: a twist by τ about the bone axis, then a
    swing about an axis normal to it. The coordinates ``swing rotvec + τ axis``
    have no 2π wrap inside anatomical ranges and separate flexion from twist.

    With the quaternion (w, v), ``p = v·axis`` and ``n² = w² + p²`` the twist is
    ``2 atan2(p, w)`` and the swing ``(n, (w (v - p axis) - p cross(v, axis)) / n)``.
    With ``g = dτ/dω`` of a left perturbation, ``swing' ≈ exp(ω - τ' swing·axis)
    swing``, hence ``ds = J_l⁻¹(s)(I - (swing·axis) gᵀ) ω``.

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
    across = cross(v, axis)
    squared = (w * w + along * along).clamp_min(TINY)
    length = squared.sqrt()
    swing_v = (w * (v - along * axis) - along * across) / length
    swing = _quat_to_rotvec(length, swing_v)
    sine_squared = (swing_v * swing_v).sum(-1, keepdim=True)
    swung = (1 - 2 * sine_squared) * axis + 2 * length * cross(swing_v, axis)
    grad = (w * (w * axis + across) + along * v) / squared
    inverse = left_jacobian_inverse(swing)
    spare = axis - (inverse @ swung[..., None])[..., 0]
    by_left = inverse + spare[..., :, None] * grad[..., None, :]
    return swing + 2 * torch.atan2(along, w) * axis, by_left @ rotmat
