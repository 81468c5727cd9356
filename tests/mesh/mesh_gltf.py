"""A slow reader of skinned, animated glTF: one time, one vertex after the other.

Written from the specification (glTF 2.0, 2021), not from our writer.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import (  # type: ignore[import-untyped]  # no types
    Rotation,
    Slerp,
)

Array = NDArray[np.float64]

COMPONENTS: dict[int, np.dtype[Any]] = {
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class Glb:
    """A binary glTF file, unpacked."""

    document: dict[str, Any]
    binary: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Glb":
        """Unpack a file."""
        magic, version, length = struct.unpack_from("<4sII", raw)
        assert (magic, version, length) == (b"glTF", 2, len(raw))
        size, kind = struct.unpack_from("<I4s", raw, 12)
        assert (kind, size % 4) == (b"JSON", 0)
        more, other = struct.unpack_from("<I4s", raw, 20 + size)
        assert (other, 28 + size + more) == (b"BIN\0", len(raw))
        document = json.loads(raw[20 : 20 + size])
        return cls(document=document, binary=raw[28 + size :])

    def raw_array(self, number: int) -> NDArray[Any]:
        """Return an accessor's elements as they are stored."""
        accessor = self.document["accessors"][number]
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind: np.dtype[Any] = COMPONENTS[accessor["componentType"]]
        width = WIDTHS[accessor["type"]]
        offset = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        flat: NDArray[Any] = np.frombuffer(
            self.binary, kind, count=accessor["count"] * width, offset=offset
        )
        return flat.reshape(-1, width)

    def array(self, number: int) -> Array:
        """Return an accessor's elements as the numbers that they mean."""
        values = self.raw_array(number)
        meant = values.astype(np.float64)
        if self.document["accessors"][number].get("normalized", False):
            meant = np.maximum(meant / np.iinfo(values.dtype).max, -1)
        return meant

    def node(self, name: str) -> int:
        """Return the number of a node."""
        names = [node["name"] for node in self.document["nodes"]]
        assert names.count(name) == 1
        return names.index(name)

    @property
    def attributes(self) -> dict[str, Array]:
        """Return the only mesh's attributes."""
        (mesh,) = self.document["meshes"]
        (primitive,) = mesh["primitives"]
        return {name: self.array(k) for name, k in primitive["attributes"].items()}

    def tracks(self, node: str, path: str) -> list[tuple[Array, Array, str]]:
        """Return times, values and interpolation of what moves a node."""
        (animation,) = self.document["animations"]
        found = []
        for channel in animation["channels"]:
            if channel["target"] == {"node": self.node(node), "path": path}:
                sampler = animation["samplers"][channel["sampler"]]
                times, values = (
                    self.array(sampler["input"])[:, 0],
                    self.array(sampler["output"]),
                )
                found.append((times, values, sampler.get("interpolation", "LINEAR")))
        return found

    def value(self, node: str, path: str, time_s: float) -> Array | None:
        """Return a node's animated value at a time, or its own."""
        for times, values, interpolation in self.tracks(node, path):
            return sample(times, values, interpolation, path, time_s)
        own = self.document["nodes"][self.node(node)].get(path)
        return None if own is None else np.array(own)

    def local(self, node: str, time_s: float) -> Array:
        """Return the (4, 4) matrix of a node below its parent, at a time."""
        own = self.document["nodes"][self.node(node)]
        if "matrix" in own:
            return np.array(own["matrix"]).reshape(4, 4).T
        matrix = np.eye(4)
        turn = self.value(node, "rotation", time_s)
        if turn is not None:
            matrix[:3, :3] = Rotation.from_quat(turn).as_matrix()
        scale = self.value(node, "scale", time_s)
        if scale is not None:
            matrix[:3, :3] *= scale
        shift = self.value(node, "translation", time_s)
        if shift is not None:
            matrix[:3, 3] = shift
        return matrix

    def world(self, time_s: float) -> dict[str, Array]:
        """Return every node's (4, 4) matrix in the scene, at a time."""
        nodes = self.document["nodes"]
        found: dict[str, Array] = {}

        def walk(number: int, above: Array) -> None:
            name = nodes[number]["name"]
            found[name] = above @ self.local(name, time_s)
            for child in nodes[number].get("children", ()):
                walk(child, found[name])

        for root in self.document["scenes"][self.document["scene"]]["nodes"]:
            walk(root, np.eye(4))
        return found

    def skinned(self, time_s: float) -> Array:
        """Return the (V, 3) vertices at a time, as the specification skins them."""
        (skin,) = self.document["skins"]
        bind = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4)
        names = [self.document["nodes"][k]["name"] for k in skin["joints"]]
        world = self.world(time_s)
        moves = np.stack([world[n] @ b.T for n, b in zip(names, bind, strict=True)])
        parts = self.attributes
        chosen = moves[parts["JOINTS_0"].astype(int)]
        matrices = (parts["WEIGHTS_0"][..., None, None] * chosen).sum(axis=1)
        points = np.pad(parts["POSITION"], ((0, 0), (0, 1)), constant_values=1)
        return np.asarray((matrices @ points[..., None])[:, :3, 0])


def sample(
    times: Array, values: Array, interpolation: str, path: str, time_s: float
) -> Array:
    """Return an animation's value at a time (appendix C of the specification)."""
    if time_s <= times[0] or len(times) == 1:
        return np.asarray(values[0])
    if time_s >= times[-1]:
        return np.asarray(values[-1])
    if interpolation == "STEP":
        return np.asarray(values[np.searchsorted(times, time_s, side="right") - 1])
    if path == "rotation":
        return np.asarray(Slerp(times, Rotation.from_quat(values))(time_s).as_quat())
    return np.stack([np.interp(time_s, times, column) for column in values.T])
