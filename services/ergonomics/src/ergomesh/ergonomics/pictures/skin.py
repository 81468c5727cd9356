"""The body's surface from our own ``scene.glb``, posed by a motion (numpy).

Only what the mesh service writes is read: one skinned mesh, its arrays one after the
other in the binary chunk. Names and numbers are those of the Khronos specification,
"glTF 2.0", 2021 (ISO/IEC 12113:2022).

::

    SceneError(UndecodableError)    the bytes are no scene of ours
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import Motion
from ergomesh.contract.errors import MALFORMED, UndecodableError
from ergomesh.contract.skeleton import JOINT, SIDES, SMPLX_JOINTS
from ergomesh.ergonomics.core.body import CHUNK, world_rotmats

Floats = NDArray[np.float32]
"""Single precision: a picture shows a millimetre at most."""
Indices = NDArray[np.int32]

BONES_PER_VERTEX: Final = 4
"""As in the file: glTF's one set of four (§3.7.3.3)."""

CELL_M: Final = 0.022
"""Side of the cells whose vertices become one for the video: a finger's thickness,
so that arms and hands keep their outline (our choice, by eye at 720p)."""

_FACE: Final = ("jaw", *(f"{side}_eye" for side in SIDES))
FOLLOWS: Final = np.array(
    [JOINT["head"] if name in _FACE else JOINT[name] for name in SMPLX_JOINTS]
)
"""(55,) the joint that a joint moves with in our motions: the face with the head."""

_HEAD: Final = struct.Struct("<4sII")
_CHUNK: Final = struct.Struct("<I4s")
_COMPONENTS: Final = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
"""Numpy type by component type (§3.6.2.2)."""
_KINDS: Final[dict[str, tuple[int, ...]]] = {
    "SCALAR": (),
    "VEC3": (3,),
    "VEC4": (4,),
    "MAT4": (4, 4),
}
"""Shape of an element by accessor type (§3.6.2.2)."""


class SceneError(UndecodableError):
    """The bytes are no ``scene.glb`` of ours; the message says what is wrong."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of the parts of the document that are read."""


class _Node(_Part, frozen=True, kw_only=True):
    name: str = ""


class _Primitive(_Part, frozen=True, kw_only=True):
    attributes: dict[str, int]
    indices: int


class _Mesh(_Part, frozen=True, kw_only=True):
    primitives: tuple[_Primitive, ...]


class _Skin(_Part, frozen=True, kw_only=True):
    joints: tuple[int, ...]
    inverse_bind_matrices: int


class _Accessor(_Part, frozen=True, kw_only=True):
    buffer_view: int
    component_type: int
    count: int
    type: str


class _View(_Part, frozen=True, kw_only=True):
    byte_offset: int
    byte_length: int


class _Document(_Part, frozen=True, kw_only=True):
    nodes: tuple[_Node, ...]
    meshes: tuple[_Mesh, ...]
    skins: tuple[_Skin, ...]
    accessors: tuple[_Accessor, ...]
    buffer_views: tuple[_View, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """A body at rest, of V vertices and F triangles."""

    vertices_m: Floats
    """(V, 3) T-pose."""
    normals: Floats
    """(V, 3) unit, outwards."""
    bones: Indices
    """(V, 4) joints that carry a vertex, the strongest first."""
    shares: Floats
    """(V, 4) how much each does; rows of sum 1."""
    triangles: Indices
    """(F, 3) vertices, counter-clockwise seen from outside."""
    rest_joints_m: Floats
    """(55, 3)."""


def surface_of(scene: bytes) -> Surface:
    """Read the body of a ``scene.glb``.

    Raises:
        SceneError: When the bytes are not what the mesh service writes.
    """
    try:
        document, binary = _chunks(scene)
        return _surface(document, binary)
    except (struct.error, ValueError, LookupError, *MALFORMED) as error:
        msg = f"scene.glb is no scene of ours: {error}"
        raise SceneError(msg) from error


def _chunks(scene: bytes) -> tuple[_Document, bytes]:
    """Return the document and the binary chunk (§4.4)."""
    magic, version, length = _HEAD.unpack_from(scene)
    if (magic, version, length) != (b"glTF", 2, len(scene)):
        msg = "its first bytes are not those of a whole glTF 2.0 file"
        raise ValueError(msg)
    size, _ = _CHUNK.unpack_from(scene, _HEAD.size)
    start = _HEAD.size + _CHUNK.size
    document = msgspec.json.decode(scene[start : start + size], type=_Document)
    return document, scene[start + size + _CHUNK.size :]


def _surface(document: _Document, binary: bytes) -> Surface:
    (primitive,), (skin,) = document.meshes[0].primitives, document.skins
    names = tuple(document.nodes[joint].name for joint in skin.joints)
    if names != SMPLX_JOINTS:
        msg = "its joints are not those of SMPL-X in their order"
        raise ValueError(msg)

    def _of(name: str) -> NDArray[Any]:
        return _array(document, binary, primitive.attributes[name])

    bind = _array(document, binary, skin.inverse_bind_matrices)
    triangles = _array(document, binary, primitive.indices).reshape(-1, 3)
    vertices_m = _of("POSITION").astype(np.float32)
    if triangles.max(initial=0) >= len(vertices_m):
        msg = "a triangle has a corner that is no vertex"
        raise ValueError(msg)
    bones, shares = _strongest(_dense(_of("JOINTS_0"), _of("WEIGHTS_0")))
    return Surface(
        vertices_m=vertices_m,
        normals=_of("NORMAL").astype(np.float32),
        bones=bones,
        shares=shares,
        triangles=triangles.astype(np.int32),
        rest_joints_m=-bind[:, 3, :3].astype(np.float32),  # column by column
    )


def _array(document: _Document, binary: bytes, number: int) -> NDArray[Any]:
    """Return an accessor's elements (§3.6.2)."""
    accessor = document.accessors[number]
    view = document.buffer_views[accessor.buffer_view]
    raw = binary[view.byte_offset : view.byte_offset + view.byte_length]
    values = np.frombuffer(raw, _COMPONENTS[accessor.component_type])
    return values.reshape(accessor.count, *_KINDS[accessor.type])


def _dense(bones: NDArray[Any], shares: NDArray[Any]) -> Floats:
    """Return (V, 55) shares of all bones, rows of sum 1, from those of four."""
    weights = np.zeros((len(bones), len(SMPLX_JOINTS)), np.float32)
    rows = np.arange(len(bones))[:, None]
    whole = shares.sum(axis=1, keepdims=True, dtype=np.float32)
    np.add.at(weights, (rows, bones), shares / whole)
    return weights


def _strongest(weights: Floats) -> tuple[Indices, Floats]:
    """Return the strongest bones of (V, 55) weights, and their shares (V, 4 each)."""
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :BONES_PER_VERTEX]
    shares = np.take_along_axis(weights, bones, axis=1)
    return bones.astype(np.int32), shares / shares.sum(axis=1, keepdims=True)


def coarser(surface: Surface, cell_m: float = CELL_M) -> Surface:
    """Join the vertices of each cell of a grid that move with the same bone.

    Rossignac and Borrel, 1993, with the strongest bone as a fourth coordinate: an arm
    never grows together with the trunk beside it.

    Args:
        surface: The body.
        cell_m: Side of a cell.
    """
    cells = np.floor(surface.vertices_m / cell_m).astype(np.int64)
    bone = FOLLOWS[surface.bones[:, 0]]
    keys = np.column_stack([cells, bone])
    _, of, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    of = of.ravel()

    def _mean(values: Floats) -> Floats:
        sums = np.zeros((len(count), values.shape[1]), np.float32)
        np.add.at(sums, of, values)
        return np.asarray(sums / count[:, None], np.float32)

    corners = of[surface.triangles]
    has_area = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
    triangles = _once(corners[has_area]).astype(np.int32)
    vertices_m = _mean(surface.vertices_m)
    bones, shares = _strongest(_mean(_dense(surface.bones, surface.shares)))
    return Surface(
        vertices_m=vertices_m,
        normals=_normals(vertices_m, triangles),
        bones=bones,
        shares=shares,
        triangles=triangles,
        rest_joints_m=surface.rest_joints_m,
    )


def _once(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each triangle once, whichever corner it begins with."""
    first = corners.argmin(axis=1)
    turned = np.take_along_axis(
        corners, (first[:, None] + np.arange(corners.shape[1])) % 3, axis=1
    )
    return np.unique(turned, axis=0)


def _normals(vertices_m: Floats, triangles: Indices) -> Floats:
    """Return (V, 3) unit normals, each triangle counting by its area."""
    a, b, c = np.moveaxis(vertices_m[triangles], 1, 0)
    normals = np.zeros_like(vertices_m)
    np.add.at(normals, triangles, np.cross(b - a, c - a)[:, None])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = normals / np.maximum(length, np.finfo(np.float32).tiny)
    return np.asarray(unit, np.float32)


def bone_moves(surface: Surface, motion: Motion) -> Floats:
    """Return (T, 55, 3, 4) what takes the body at rest to the world, bone by bone.

    NaN in gaps.

    Args:
        surface: The body.
        motion: T frames of that body.
    """
    moves = np.empty((len(motion.poses), len(SMPLX_JOINTS), 3, 4), np.float32)
    for start in range(0, len(moves), CHUNK):
        some = slice(start, start + CHUNK)
        turned = world_rotmats(motion.poses[some], range(len(SMPLX_JOINTS)))
        for joint, rotmat in turned.items():
            moves[some, joint, :, :3] = np.moveaxis(rotmat, -1, 0)
    shift: Floats = np.einsum("tjik,jk->tji", moves[..., :3], surface.rest_joints_m)
    moves[..., 3] = motion.joints_world_m - shift
    return moves


def posed(surface: Surface, moves: Floats) -> tuple[Floats, Floats]:
    """Return vertices and normals (V, 3 each) of one frame: linear blend skinning.

    Bone by bone and not as one product of matrices: that one's threads would wait for
    the cores which decoding and encoding keep busy.

    Args:
        surface: The body.
        moves: (55, 3, 4) of its bones; what they lead to is what is returned.
    """
    flat = moves.reshape(len(moves), -1)
    blended = np.zeros((len(surface.vertices_m), flat.shape[1]), np.float32)
    for bone, share in zip(surface.bones.T, surface.shares.T, strict=True):
        blended += flat[bone] * share[:, None]
    moved = blended.reshape(-1, 3, 4)
    turns = moved[..., :3]
    vertices: Floats = np.einsum("vij,vj->vi", turns, surface.vertices_m)
    normals: Floats = np.einsum("vij,vj->vi", turns, surface.normals)
    return vertices + moved[..., 3], normals


def shares_of(surface: Surface, values: Floats) -> Floats:
    """Return (V,) what each vertex has of its bones' values (55,)."""
    return np.asarray((values[surface.bones] * surface.shares).sum(axis=1))
