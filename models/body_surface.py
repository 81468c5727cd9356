"""The skin of the base mesh as triangles, without helper geometry (pure)."""

from typing import Final

import numpy as np

from body_source import BaseMesh, FloatArray, IntArray

SKIN_GROUPS: Final = ("body", "helper-l-eye", "helper-r-eye")
"""Groups that make the surface: the body and both eyeballs."""

_SMOOTHED: Final = (*range(1778, 1794), *range(8450, 8466))
"""Nipples, taken off as anny's own default topology does (full_model.py,
``get_edited_mesh_faces``): this body is a mannequin at work."""


def skin_triangles(mesh: BaseMesh) -> IntArray:
    """Return (F, 3) triangles over the base mesh's vertices, outside in front."""
    quads = np.concatenate([mesh.quads_of[group] for group in SKIN_GROUPS])
    smoothed = np.isin(quads, _SMOOTHED).any(axis=1)
    caps = [_cap(loop) for loop in _loops(quads[smoothed])]
    quads = np.concatenate([quads[~smoothed], *caps])
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_areas(vertices_m: FloatArray, triangles: IntArray) -> FloatArray:
    """Return (V,) surface in m² that belongs to each vertex.

    Args:
        vertices_m: (V, 3).
        triangles: (F, 3).
    """
    a, b, c = (vertices_m[triangles[:, corner]] for corner in range(3))
    thirds = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6.0
    areas = np.zeros(len(vertices_m))
    np.add.at(areas, triangles, thirds[:, None])
    return areas


def _loops(quads: IntArray) -> list[IntArray]:
    """Return the outlines of patches of faces, in the faces' own direction."""
    edges = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)]).tolist()
    inner = {(b, a) for a, b in edges}
    following = dict(edge for edge in edges if tuple(edge) not in inner)
    loops = []
    while following:
        vertex = min(following)
        loop = []
        while vertex in following:
            loop.append(vertex)
            vertex = following.pop(vertex)
        loops.append(np.array(loop))
    return loops


def _cap(loop: IntArray) -> IntArray:
    """Return quads that close an outline of even length with strips across it."""
    forth, back = loop[: len(loop) // 2], loop[len(loop) // 2 :][::-1]
    return np.stack([forth[:-1], forth[1:], back[1:], back[:-1]], axis=1)
