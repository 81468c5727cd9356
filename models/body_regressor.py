"""Joints from vertices: a sparse, non-negative regressor (pure).

Each joint is a weighted mean of vertices near it, as right as can be for the mean body
and every shape component. That is a non-negative least-squares problem per joint
(Lawson & Hanson 1974, Solving Least Squares Problems, ch. 23), whose solutions are
sparse by themselves: no more vertices than equations.

It can't be wholly right. MakeHuman's joints are centres of helper cubes, which move
against the skin around them: from man to woman the neck by a centimetre, with stature
the knee. No mean of skin vertices follows that. So the skin is made to follow the
joints: the smallest smooth field is added to the shape directions that brings the
regressed joints where the skeleton has them. Smallest in the sense of a Gaussian
kernel ``K`` over the surface: with regressor ``W`` and missing displacement ``r``,

    field = K Wᵀ (W K Wᵀ)⁻¹ r    (kriging; Rasmussen & Williams 2006, eq. 2.23)
"""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.optimize import nnls  # type: ignore[import-untyped]  # ships no types

from body_basis import ShapeBasis
from body_skeleton import mirrored_joints
from body_source import FloatArray, IntArray

CANDIDATES: Final = 800
"""Vertices nearest to a joint among which its own are chosen."""

SMOOTHNESS_M: Final = 0.05
"""Standard deviation of the kernel: the field changes over a hand's breadth."""

_SUM_WEIGHT: Final = 10.0
"""Metres of error that one unit of wrong row sum counts as."""


def joint_regressor(basis: ShapeBasis, mirror: IntArray) -> FloatArray:
    """Return the (55, V) regressor, rows of sum 1, the same left and right.

    Args:
        basis: shape model with vertices and true joints.
        mirror: (V,) twin of each vertex.
    """
    rows = np.stack([_row(basis, joint) for joint in range(len(basis.mean_joints_m))])
    twins = mirrored_joints()
    is_right = twins < np.arange(len(twins))
    rows[is_right] = rows[twins[is_right]][:, mirror]
    is_middle = twins == np.arange(len(twins))
    rows[is_middle] = 0.5 * (rows[is_middle] + rows[is_middle][:, mirror])
    return rows


def skin_following_joints(basis: ShapeBasis, regressor: FloatArray) -> ShapeBasis:
    """Return the basis with its skin moved so that the regressor is exact.

    Args:
        basis: shape model with vertices and true joints.
        regressor: (55, V).
    """
    skin, joints = _points(basis)
    missing = joints - np.einsum("jv,vcb->jcb", regressor, skin)
    used = np.flatnonzero(regressor.any(axis=0))
    reach = np.linalg.norm(skin[:, None, :, 0] - skin[used, :, 0], axis=-1)
    spread = np.exp(-0.5 * (reach / SMOOTHNESS_M) ** 2) @ regressor[:, used].T
    shares = np.linalg.solve(regressor @ spread, missing.reshape(len(joints), -1))
    moved = skin + (spread @ shares).reshape(skin.shape)
    return replace(
        basis, mean_vertices_m=moved[..., 0], vertex_directions_m=moved[..., 1:]
    )


def _points(basis: ShapeBasis) -> tuple[FloatArray, FloatArray]:
    """Return (V, 3, 1 + B) vertices and (55, 3, 1 + B) joints: mean, directions."""
    means = basis.mean_vertices_m[..., None], basis.mean_joints_m[..., None]
    return (
        np.concatenate([means[0], basis.vertex_directions_m], axis=-1),
        np.concatenate([means[1], basis.joint_directions_m], axis=-1),
    )


def _row(basis: ShapeBasis, joint: int) -> FloatArray:
    """Return the (V,) weights of one joint."""
    skin, joints = _points(basis)
    distance_m = np.linalg.norm(skin[..., 0] - joints[joint, :, 0], axis=-1)
    near = np.argsort(distance_m, kind="stable")[:CANDIDATES]
    errors_m = (skin[near] - joints[joint]).reshape(len(near), -1).T
    equations = np.concatenate([errors_m, np.full((1, len(near)), _SUM_WEIGHT)])
    goal = np.zeros(len(equations))
    goal[-1] = _SUM_WEIGHT
    weights, _ = nnls(equations, goal)
    row = np.zeros(len(skin))
    row[near] = weights / weights.sum()
    return row
