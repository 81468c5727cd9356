"""The body's surface: its shape, and which bones carry it (numpy)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray, IntArray

BETAS: Final = 10
"""Shape components used; as in ``core.body``, which would bring torch."""

BONES_PER_VERTEX: Final = 4
"""What every glTF viewer reads: one set of four (glTF 2.0, §3.7.3.3; three.js reads
no second set)."""

_UP: Final = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skin:
    """Surface, skeleton and skin weights of an SMPL-X body, linear in its shape."""

    template_m: FloatArray
    """(V, 3) the mean shape in T-pose."""
    dirs_m: FloatArray
    """(V, 3, 10) its change by one unit of each shape component."""
    joints_m: FloatArray
    """(55, 3) rest joints of the mean shape."""
    joint_dirs_m: FloatArray
    """(55, 3, 10)."""
    triangles: IntArray
    """(F, 3) vertices, counter-clockwise seen from outside."""
    weights: FloatArray
    """(V, 55) share of each joint in a vertex; rows of sum 1."""
    name: str
    """File name and the first 12 digits of its SHA-256."""

    def is_of(self, body_model: str) -> bool:
        """Return whether a motion's ``body_model`` has this body's digest.

        The file's name may differ between machines.
        """
        return body_model.rpartition(":")[2] == self.name.rpartition(":")[2]

    def vertices_m(self, betas: FloatArray) -> FloatArray:
        """Return (V, 3) vertices in T-pose of a shape (10,)."""
        return np.asarray(self.template_m + self.dirs_m @ betas)

    def rest_joints_m(self, betas: FloatArray) -> FloatArray:
        """Return the (55, 3) rest joints of a shape (10,)."""
        return np.asarray(self.joints_m + self.joint_dirs_m @ betas)


def vertex_normals(vertices_m: FloatArray, triangles: IntArray) -> FloatArray:
    """Return (V, 3) unit normals, each triangle counting by its area.

    A vertex of no triangle, or of one without area, is never lit; its normal is up.

    Args:
        vertices_m: (V, 3).
        triangles: (F, 3).
    """
    a, b, c = np.moveaxis(vertices_m[triangles], 1, 0)
    normals = np.zeros_like(vertices_m)
    np.add.at(normals, triangles, np.cross(b - a, c - a)[:, None])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0, normals / np.where(length > 0, length, 1), _UP)


def strongest_bones(
    weights: FloatArray,
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return the four strongest bones of each vertex, strongest first.

    Of equally strong ones the first in the joints' order.

    Args:
        weights: (V, J) shares, rows of sum 1.

    Returns:
        (V, 4) joints, and (V, 4) their shares in 65535ths, rows of exactly that
        sum. Where there are fewer bones, joint and share are zero.
    """
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :BONES_PER_VERTEX]
    shares = np.take_along_axis(weights, bones, axis=1)
    shares = shares / shares.sum(axis=1, keepdims=True)
    whole = np.iinfo(np.uint16).max
    steps = np.rint(shares * whole).astype(np.int64)
    steps[:, 0] += whole - steps.sum(axis=1)
    return np.where(steps > 0, bones, 0).astype(np.uint8), steps.astype(np.uint16)
