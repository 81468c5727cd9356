"""Rotations of many frames: matrices (..., 3, 3), vectors (..., 3), angles in degrees.

Written in NumPy on its own, so that the truth of the benchmark does not hang on the
code that the benchmark measures.
"""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray

_TURNS: Final = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}
"""Axis → the two axes that a positive turn takes one into the other."""

_STRAIGHT: Final = 1e-8
"""Radians under which a rotation vector is its sine's."""


def turn(axis: str, angle_deg: FloatArray | float) -> FloatArray:
    """Return the rotation about a coordinate axis.

    Args:
        axis: ``x``, ``y`` or ``z``.
        angle_deg: (...) degrees, right-handed.

    Returns:
        (..., 3, 3).
    """
    angle = np.radians(np.asarray(angle_deg, dtype=np.float64))
    i, j = _TURNS[axis]
    rotmat = np.zeros((*angle.shape, 3, 3))
    rotmat[..., range(3), range(3)] = 1.0
    rotmat[..., i, i] = rotmat[..., j, j] = np.cos(angle)
    rotmat[..., j, i] = np.sin(angle)
    rotmat[..., i, j] = -np.sin(angle)
    return rotmat


def apply(rotmat: FloatArray, vector: FloatArray) -> FloatArray:
    """Return the turned vectors (..., 3); the leading axes broadcast."""
    turned: FloatArray = (rotmat @ vector[..., None])[..., 0]
    return turned


def inverse(rotmat: FloatArray) -> FloatArray:
    """Return the inverse rotations (..., 3, 3)."""
    return np.swapaxes(rotmat, -1, -2)


def unit(vector: FloatArray) -> FloatArray:
    """Return the directions (..., 3) of vectors that are not zero."""
    direction: FloatArray = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    return direction


def across(vector: FloatArray, axis: FloatArray) -> FloatArray:
    """Return the part of (..., 3) vectors at right angles to unit axes (..., 3)."""
    along = np.sum(vector * axis, axis=-1, keepdims=True)
    part: FloatArray = vector - along * axis
    return part


def axes(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return frames with x along ``first`` and y as near to ``second`` as can be.

    Returns:
        (..., 3, 3), the axes as columns.
    """
    x = unit(first)
    y = unit(across(second, x))
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def about(axis: FloatArray, angle_rad: FloatArray) -> FloatArray:
    """Return the rotation about one unit axis (3,) by angles (...)."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, cosine = np.sin(angle_rad), np.cos(angle_rad)
    rotmat: FloatArray = (
        np.eye(3)
        + sine[..., None, None] * skew
        + (1 - cosine)[..., None, None] * (skew @ skew)
    )
    return rotmat


def rotvec(rotmat: FloatArray) -> FloatArray:
    """Return axis times angle in radians, (..., 3), of rotations under 180°."""
    axis = np.stack(
        [rotmat[..., j, i] - rotmat[..., i, j] for i, j in _TURNS.values()], axis=-1
    )
    sine = 0.5 * np.linalg.norm(axis, axis=-1)
    cosine = 0.5 * (np.trace(rotmat, axis1=-2, axis2=-1) - 1)
    angle = np.arctan2(sine, cosine)
    small = sine < _STRAIGHT
    scale = np.where(small, 1.0, angle / np.where(small, 1.0, sine))
    vector: FloatArray = 0.5 * axis * scale[..., None]
    return vector
