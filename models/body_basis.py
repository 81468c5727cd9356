"""Principal components of a set of bodies (pure)."""

from dataclasses import dataclass

import numpy as np

from body_source import FloatArray
from ergomesh.contract.skeleton import JOINT


@dataclass(frozen=True, slots=True)
class ShapeBasis:
    """A linear model of bodies: mean plus ``betas`` times directions.

    ``P`` points are vertices or joints; a beta of 1 is one standard deviation.
    """

    mean_vertices_m: FloatArray
    """(V, 3)."""
    vertex_directions_m: FloatArray
    """(V, 3, B)."""
    mean_joints_m: FloatArray
    """(55, 3)."""
    joint_directions_m: FloatArray
    """(55, 3, B), the joints of the very bodies that the vertices come from."""


def shape_basis(
    vertices_m: FloatArray,
    joints_m: FloatArray,
    *,
    vertex_areas: FloatArray,
    components: int,
) -> ShapeBasis:
    """Return the basis of S bodies in the same pose.

    The variance that is kept is the mean squared displacement of the surface, by
    area, plus that of the joints: what a picture shows and what a fit needs.

    Args:
        vertices_m: (S, V, 3).
        joints_m: (S, 55, 3).
        vertex_areas: (V,) area of each vertex, in any unit.
        components: B.
    """
    mean_vertices, mean_joints = vertices_m.mean(axis=0), joints_m.mean(axis=0)
    surface, skeleton = vertices_m - mean_vertices, joints_m - mean_joints
    share = vertex_areas / vertex_areas.sum()
    gram = _gram(surface, share) + _gram(skeleton, np.full(len(JOINT), 1 / len(JOINT)))
    _, vectors = np.linalg.eigh(gram)
    mixing = vectors[:, ::-1][:, :components] / np.sqrt(len(vertices_m) - 1)
    directions = np.einsum("svc,sb->vcb", surface, mixing, optimize=True)
    signs = _signs(directions, mean_vertices - mean_joints[JOINT["pelvis"]])
    return ShapeBasis(
        mean_vertices_m=mean_vertices,
        vertex_directions_m=directions * signs,
        mean_joints_m=mean_joints,
        joint_directions_m=np.einsum("sjc,sb->jcb", skeleton, mixing) * signs,
    )


def _gram(points_m: FloatArray, share: FloatArray) -> FloatArray:
    """Return (S, S) products of bodies, points weighted by their share."""
    rows = (points_m * np.sqrt(share)[:, None]).reshape(len(points_m), -1)
    return rows @ rows.T


def _signs(directions: FloatArray, from_pelvis_m: FloatArray) -> FloatArray:
    """Return (B,) signs that make each component's greatest stretch positive.

    Stretch is a change in height away from the pelvis: the same left and right, so
    the sign doesn't hang on a rounding error.
    """
    stretch = directions[:, 1, :] * np.sign(from_pelvis_m[:, 1, None])
    greatest = np.argmax(np.abs(stretch), axis=0)
    signs: FloatArray = np.sign(np.take_along_axis(stretch, greatest[None], axis=0)[0])
    return signs
