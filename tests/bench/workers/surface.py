"""Painted triangles that move with bones: what the renderer draws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from bench.workers.rotations import turn
from ergomesh.contract.arrays import FloatArray, IntArray

BONES_OF_VERTEX: Final = 4
"""Bones that move a vertex."""

PATTERNS: Final = ("plain", "tiles", "bricks", "planks", "specks")
"""How a still surface varies its colour; the shader knows them by their place here."""

Lengths = Sequence[float] | FloatArray
"""Along x, y and z, metres."""

_SEGMENTS: Final = 24
"""Sides of a cylinder."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Triangles with a colour per vertex."""

    points_m: FloatArray
    """(V, 3) at rest, in the frame of their bones."""
    normals: FloatArray
    """(V, 3)."""
    colours: FloatArray
    """(V, 3) linear red, green, blue in 0…1."""
    patterns: IntArray
    """(V,) index in :data:`PATTERNS`."""
    bones: IntArray
    """(V, 4)."""
    weights: FloatArray
    """(V, 4), adding up to 1."""
    faces: IntArray
    """(F, 3)."""

    def on_bone(self, bone: int) -> Self:
        """Return the surface, all of it carried by another bone."""
        return replace(self, bones=np.full_like(self.bones, bone))

    def moved(self, rotmat: FloatArray, place_m: FloatArray) -> Self:
        """Return the surface turned and moved."""
        return replace(
            self,
            points_m=self.points_m @ rotmat.T + place_m,
            normals=self.normals @ rotmat.T,
        )

    def packed(self) -> NDArray[np.float32]:
        """Return (V, 18) what the shader reads of each vertex."""
        columns = (
            self.points_m,
            self.normals,
            self.colours,
            self.patterns[:, None],
            self.bones,
            self.weights,
        )
        return np.concatenate(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """What is to be drawn."""

    walls: Sequence[Surface]
    """Still, never before an actor, and without shadow."""
    furniture: Sequence[Surface]
    """Still, never before an actor."""
    things: Sequence[Surface]
    """Still; may hide an actor."""
    actors: Sequence[Surface]
    """On bones."""
    shades: Sequence[Surface]
    """What throws the actors' shadows on the floor: simpler, on the same bones."""


def joined(surfaces: Sequence[Surface]) -> Surface:
    """Return several surfaces as one."""
    starts = np.cumsum([0, *(len(s.points_m) for s in surfaces)])[:-1]
    return Surface(
        points_m=np.concatenate([s.points_m for s in surfaces]),
        normals=np.concatenate([s.normals for s in surfaces]),
        colours=np.concatenate([s.colours for s in surfaces]),
        patterns=np.concatenate([s.patterns for s in surfaces]),
        bones=np.concatenate([s.bones for s in surfaces]),
        weights=np.concatenate([s.weights for s in surfaces]),
        faces=np.concatenate(
            [s.faces + start for s, start in zip(surfaces, starts, strict=True)]
        ),
    )


def rigid(
    points_m: FloatArray,
    normals: FloatArray,
    faces: IntArray,
    colour: FloatArray,
    pattern: str = "plain",
) -> Surface:
    """Return a surface of one colour on bone 0."""
    count = len(points_m)
    weights = np.zeros((count, BONES_OF_VERTEX))
    weights[:, 0] = 1.0
    return Surface(
        points_m=points_m,
        normals=normals,
        colours=np.tile(colour, (count, 1)),
        patterns=np.full(count, PATTERNS.index(pattern)),
        bones=np.zeros((count, BONES_OF_VERTEX), dtype=np.int64),
        weights=weights,
        faces=_outward(points_m, normals, faces),
    )


def _outward(points_m: FloatArray, normals: FloatArray, faces: IntArray) -> IntArray:
    """Return faces that run round their outside counter-clockwise."""
    a, b, c = (points_m[faces[:, k]] for k in range(3))
    wanted = normals[faces].sum(axis=1)
    wrong = np.sum(np.cross(b - a, c - a) * wanted, axis=1) < 0
    return np.where(wrong[:, None], faces[:, ::-1], faces)


def box(size_m: Lengths, colour: FloatArray, pattern: str = "plain") -> Surface:
    """Return a box about the origin, whole lengths along x, y and z."""
    points, normals = list[FloatArray](), list[FloatArray]()
    faces = list[tuple[int, int, int]]()
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    for axis in range(3):
        for sign in (-1.0, 1.0):
            corners = np.insert(square * [1, sign], axis, sign, axis=1)
            start = 4 * len(points)
            points.append(corners * 0.5 * np.asarray(size_m))
            normals.append(np.tile(sign * np.eye(3)[axis], (4, 1)))
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return rigid(
        np.concatenate(points),
        np.concatenate(normals),
        np.array(faces, dtype=np.int64),
        colour,
        pattern,
    )


def cylinder(size_m: Lengths, colour: FloatArray, pattern: str = "plain") -> Surface:
    """Return a cylinder along y about the origin; its section may be an ellipse."""
    angle = np.linspace(0, 2 * np.pi, _SEGMENTS, endpoint=False)
    ring = np.stack([np.cos(angle), np.zeros(_SEGMENTS), np.sin(angle)], axis=1)
    up = np.array([0.0, 1.0, 0.0])
    rings = np.concatenate([ring - up, ring + up])
    caps = np.concatenate([rings, [-up, up]])
    points = np.concatenate([rings, caps]) * 0.5 * np.asarray(size_m)
    flat = np.repeat([-up, up], _SEGMENTS, axis=0)
    normals = np.concatenate([np.tile(ring, (2, 1)), flat, [-up, up]])
    return rigid(points, normals, _cylinder_faces(), colour, pattern)


def _cylinder_faces() -> IntArray:
    n = _SEGMENTS
    here, then = np.arange(n), (np.arange(n) + 1) % n
    side = [
        np.stack([here, then, then + n], axis=1),
        np.stack([here, then + n, here + n], axis=1),
    ]
    ends = [
        np.stack(
            [here + (2 + k) * n, then + (2 + k) * n, np.full(n, 4 * n + k)], axis=1
        )
        for k in range(2)
    ]
    faces: IntArray = np.concatenate(side + ends)
    return faces


def dome(size_m: Lengths, colour: FloatArray, rings: int = 8) -> Surface:
    """Return half an ellipsoid over the plane y = 0, whole lengths."""
    angle = np.linspace(0, 2 * np.pi, _SEGMENTS, endpoint=False)
    height = np.linspace(0, 0.5 * np.pi, rings)
    level, round_ = np.meshgrid(height, angle, indexing="ij")
    normals = np.stack(
        [np.cos(level) * np.cos(round_), np.sin(level), np.cos(level) * np.sin(round_)],
        axis=-1,
    ).reshape(-1, 3)
    size = np.asarray(size_m) * [0.5, 1.0, 0.5]
    k, j = np.meshgrid(np.arange(rings - 1), np.arange(_SEGMENTS), indexing="ij")
    a, b = k * _SEGMENTS + j, k * _SEGMENTS + (j + 1) % _SEGMENTS
    c, d = a + _SEGMENTS, b + _SEGMENTS
    faces = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]
    )
    return rigid(normals * size, normals / size * size.max(), faces, colour)


def turned(turn_deg: Sequence[float]) -> FloatArray:
    """Return the rotation of angles about y, then x, then z."""
    about_y, about_x, about_z = turn_deg
    return turn("y", about_y) @ turn("x", about_x) @ turn("z", about_z)


def vertex_normals(points_m: FloatArray, faces: IntArray) -> FloatArray:
    """Return (V, 3) normals as means of the faces around, weighted by area."""
    a, b, c = (points_m[faces[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(points_m)
    for k in range(3):
        np.add.at(normals, faces[:, k], face)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    directed: FloatArray = normals / np.where(length > 0, length, 1.0)
    return directed
