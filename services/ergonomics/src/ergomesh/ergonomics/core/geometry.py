"""Vectors and rotations with the components on the first axis.

A vector has shape ``(3, ...)`` and a rotation matrix ``(3, 3, ...)``: each
component is one contiguous block, which makes NumPy several times faster than
with components last. Lengths below :data:`EPSILON` have no direction: NaN.
"""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray

EPSILON: Final = 1e-9
"""Length in metres (or sine) under which a direction is undefined."""


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the dot product, shape ``(...)``."""
    product: FloatArray = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross product, shape ``(3, ...)``."""
    return np.stack(
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    )


def norm(a: FloatArray) -> FloatArray:
    """Return the length, shape ``(...)``."""
    length: FloatArray = np.sqrt(dot(a, a))
    return length


def unit(a: FloatArray) -> FloatArray:
    """Return the direction, NaN where the length is below :data:`EPSILON`."""
    length = norm(a)
    direction: FloatArray = a / np.where(length > EPSILON, length, np.nan)
    return direction


def across(a: FloatArray, axis: FloatArray) -> FloatArray:
    """Return the part of ``a`` at right angles to the unit vector ``axis``."""
    part: FloatArray = a - dot(a, axis) * axis
    return part


def frame(up: FloatArray, left: FloatArray) -> FloatArray:
    """Return the rotation whose columns are left (x), up (y) and forward (z).

    Args:
        up: (3, ...) direction of y, kept as it is.
        left: (3, ...) direction of x, made square to ``up``.

    Returns:
        (3, 3, ...) world from body. NaN where the two are parallel.
    """
    y = unit(up)
    x = unit(across(left, y))
    return np.stack([x, y, cross(x, y)], axis=1)


def matmul(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the product of two rotations ``(3, 3, ...)``."""
    product: FloatArray = (
        a[:, 0, None] * b[None, 0]
        + a[:, 1, None] * b[None, 1]
        + a[:, 2, None] * b[None, 2]
    )
    return product


def transpose(a: FloatArray) -> FloatArray:
    """Return the inverse of a rotation ``(3, 3, ...)``."""
    return np.swapaxes(a, 0, 1)


def seen_from(rotmat: FloatArray, vector: FloatArray) -> FloatArray:
    """Return world coordinates ``vector`` in the axes of ``rotmat``."""
    seen: FloatArray = (
        rotmat[0] * vector[0] + rotmat[1] * vector[1] + rotmat[2] * vector[2]
    )
    return seen


def constant(array: FloatArray, like: FloatArray) -> FloatArray:
    """Append axes of length 1 to a constant so that it meets ``like`` (3, ...)."""
    return array.reshape(array.shape + (1,) * (like.ndim - 1))


def rotmat_of_rotvec(rotvec: FloatArray) -> FloatArray:
    """Return the rotation of an axis-angle vector (Rodrigues), exact near zero.

    Args:
        rotvec: (3, ...) radians.

    Returns:
        (3, 3, ...).
    """
    angle = norm(rotvec)
    a = np.sinc(angle / np.pi)
    b = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    x, y, z = rotvec
    zero = np.zeros_like(x)
    skew = np.stack(
        [
            np.stack([zero, -z, y]),
            np.stack([z, zero, -x]),
            np.stack([-y, x, zero]),
        ]
    )
    identity = np.eye(3).reshape(3, 3, *(1,) * angle.ndim)
    rotmat: FloatArray = identity + a * skew + b * matmul(skew, skew)
    return rotmat


def tilt_deg(rotmat: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split a rotation into flexion, side bend and twist, in degrees.

    Cardan sequence of the ISB, flexion - lateral bend - axial rotation (Wu et
    al. 2002, J Biomech 35:543-548; Wu et al. 2005, J Biomech 38:981-992), in
    axes x left, y up, z forward: ``R = Rx(flexion) Rz(side) Ry(twist)``.

    Args:
        rotmat: (3, 3, ...) of the segment in the axes of its reference.

    Returns:
        Flexion (positive forward, ±180), side bend (positive to the right, ±90)
        and twist (positive to the left, ±180), each ``(...)``.
    """
    up = rotmat[:, 1]
    flexion, side = direction_tilt_deg(up)
    twist: FloatArray = np.degrees(np.arctan2(rotmat[0, 2], rotmat[0, 0]))
    return flexion, side, twist


def direction_tilt_deg(up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return flexion and side bend of an axis, as :func:`tilt_deg`.

    Args:
        up: (3, ...) components left, up, forward of a unit vector. Pointing
            straight to the side it has no flexion: NaN.
    """
    sagittal = np.hypot(up[1], up[2])
    flexion = np.degrees(np.arctan2(up[2], up[1]))
    side: FloatArray = np.degrees(np.arctan2(-up[0], sagittal))
    return np.where(sagittal > EPSILON, flexion, np.nan), side


def between_deg(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the angle between two directions, 0…180, exact at both ends."""
    u, v = unit(a), unit(b)
    angle: FloatArray = np.degrees(np.arctan2(norm(cross(u, v)), dot(u, v)))
    return angle
