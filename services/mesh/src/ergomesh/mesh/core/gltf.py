"""The part of glTF 2.0 that a skinned, animated body needs, and its binary file.

Names and numbers are those of the Khronos specification, "glTF 2.0", 2021 (ISO/IEC
12113:2022): the section is given with each number.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"glTF"
VERSION: Final = 2
_JSON_CHUNK: Final = b"JSON"
_BINARY_CHUNK: Final = b"BIN\x00"
_ALIGNMENT: Final = 4
"""Chunks and arrays start at multiples of this (§3.6.2.4, §4.4.2)."""

VERTEX_DATA: Final = 34962
"""ARRAY_BUFFER (§5.11.5)."""
TRIANGLE_DATA: Final = 34963
"""ELEMENT_ARRAY_BUFFER (§5.11.5)."""

_COMPONENTS: Final = {"i2": 5122, "u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
"""Component type by numpy type (§3.6.2.2)."""
_KINDS: Final = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
"""Accessor type by the shape of an element (§3.6.2.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Numbers that go into the binary chunk."""

    values: NDArray[Any]
    """(N, …) elements of one of the kinds above; matrices column by column."""
    target: int | None = None
    """What the graphics card uses it for; None for skins and animations."""
    normalized: bool = False
    """Whether integers stand for -1…1 or 0…1 (§3.6.2.2)."""
    bounded: bool = False
    """Whether least and greatest values are stated (§3.6.2.5)."""


class Part(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """Base of all parts of the document: absent where it is the default."""


class Asset(Part, frozen=True, kw_only=True):
    """Where the file comes from."""

    version: str
    generator: str
    extras: dict[str, Any] = {}


class Perspective(Part, frozen=True, kw_only=True):
    """A camera's lens; no far plane."""

    yfov: float
    """Vertical field of view, radians."""
    aspect_ratio: float
    znear: float


class Camera(Part, frozen=True, kw_only=True):
    """A camera; it looks along its -z, with y up."""

    type: str
    perspective: Perspective


class Node(Part, frozen=True, kw_only=True):
    """A place in the scene, below its parent."""

    name: str
    translation: tuple[float, ...] = ()
    rotation: tuple[float, ...] = ()
    """Quaternion x, y, z, w."""
    matrix: tuple[float, ...] = ()
    """Instead of translation and rotation: 16 values, column by column."""
    children: tuple[int, ...] = ()
    mesh: int | None = None
    skin: int | None = None
    camera: int | None = None


class Primitive(Part, frozen=True, kw_only=True):
    """Triangles with their vertices' attributes, as accessors."""

    attributes: dict[str, int]
    indices: int
    material: int


class Mesh(Part, frozen=True, kw_only=True):
    """A surface."""

    primitives: tuple[Primitive, ...]


class Metal(Part, frozen=True, kw_only=True):
    """How a surface looks: metallic-roughness model (§3.9.2)."""

    base_color_factor: tuple[float, float, float, float]
    metallic_factor: float
    roughness_factor: float


class Material(Part, frozen=True, kw_only=True):
    """A surface's look; single-sided."""

    name: str
    pbr_metallic_roughness: Metal


class SkinOf(Part, frozen=True, kw_only=True):
    """Which nodes carry a mesh."""

    joints: tuple[int, ...]
    inverse_bind_matrices: int


class Target(Part, frozen=True, kw_only=True):
    """What an animation moves."""

    node: int
    path: str
    """``translation``, ``rotation`` or ``scale``."""


class Channel(Part, frozen=True, kw_only=True):
    """A sampler that moves a target."""

    sampler: int
    target: Target


class Sampler(Part, frozen=True, kw_only=True):
    """Key times and values."""

    input: int
    output: int
    interpolation: str = "LINEAR"
    """``LINEAR`` (shortest way for rotations) or ``STEP``."""


class Animation(Part, frozen=True, kw_only=True):
    """Channels that play together."""

    name: str
    channels: tuple[Channel, ...]
    samplers: tuple[Sampler, ...]


class Scene(Part, frozen=True, kw_only=True):
    """What is shown."""

    nodes: tuple[int, ...]


class Accessor(Part, frozen=True, kw_only=True):
    """How an array is to be read."""

    buffer_view: int
    component_type: int
    count: int
    type: str
    normalized: bool = False
    min: tuple[float, ...] = ()
    max: tuple[float, ...] = ()


class BufferView(Part, frozen=True, kw_only=True):
    """Where an array's bytes lie."""

    buffer: int
    byte_offset: int
    byte_length: int
    target: int | None = None


class Buffer(Part, frozen=True, kw_only=True):
    """The binary chunk."""

    byte_length: int


class Document(Part, frozen=True, kw_only=True):
    """The whole file but its numbers, which :func:`glb_bytes` adds."""

    asset: Asset
    scene: int
    scenes: tuple[Scene, ...]
    nodes: tuple[Node, ...]
    cameras: tuple[Camera, ...] = ()
    meshes: tuple[Mesh, ...] = ()
    materials: tuple[Material, ...] = ()
    skins: tuple[SkinOf, ...] = ()
    animations: tuple[Animation, ...] = ()
    accessors: tuple[Accessor, ...] = ()
    buffer_views: tuple[BufferView, ...] = ()
    buffers: tuple[Buffer, ...] = ()


def glb_bytes(document: Document, arrays: Sequence[Array]) -> bytes:
    """Return a binary glTF file; the same input gives the same bytes.

    Args:
        document: Refers to arrays by their number as accessors.
        arrays: Every array once.
    """
    blobs = [_padded(_little(array).tobytes(), b"\0") for array in arrays]
    offsets = np.cumsum([0, *(len(blob) for blob in blobs)]).tolist()
    whole = msgspec.structs.replace(
        document,
        accessors=tuple(_accessor(k, array) for k, array in enumerate(arrays)),
        buffer_views=tuple(map(_view, arrays, offsets)),
        buffers=(Buffer(byte_length=offsets[-1]),),
    )
    chunks = (
        (_JSON_CHUNK, _padded(msgspec.json.encode(whole), b" ")),
        (_BINARY_CHUNK, b"".join(blobs)),
    )
    body = b"".join(_framed(chunks))
    head = struct.pack("<4sII", MAGIC, VERSION, struct.calcsize("<4sII") + len(body))
    return head + body


def _framed(chunks: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    """Yield each chunk's length, type and bytes (§4.4.3)."""
    for kind, content in chunks:
        yield struct.pack("<I4s", len(content), kind)
        yield content


def _little(array: Array) -> NDArray[Any]:
    return array.values.astype(array.values.dtype.newbyteorder("<"), copy=False)


def _padded(raw: bytes, fill: bytes) -> bytes:
    return raw + fill * (-len(raw) % _ALIGNMENT)


def _view(array: Array, offset: int) -> BufferView:
    return BufferView(
        buffer=0,
        byte_offset=offset,
        byte_length=array.values.nbytes,
        target=array.target,
    )


def _accessor(number: int, array: Array) -> Accessor:
    values = array.values
    return Accessor(
        buffer_view=number,
        component_type=_COMPONENTS[values.dtype.str[1:]],
        count=len(values),
        type=_KINDS[values.shape[1:]],
        normalized=array.normalized,
        min=_values(values.min(axis=0)) if array.bounded else (),
        max=_values(values.max(axis=0)) if array.bounded else (),
    )


def _values(element: NDArray[Any]) -> tuple[float, ...]:
    return tuple(np.atleast_1d(element).tolist())
