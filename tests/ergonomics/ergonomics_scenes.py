"""Small scenes for the pictures: a body of boxes, people, landmarks."""

import json
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.people import People, Person, Sighting
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, PARENTS, SMPLX_JOINTS
from ergonomics.ergonomics_postures import ARMS_DOWN, changed, motion_of, rest_offsets_m

COMPONENTS = {"|u1": 5121, "<u2": 5123, "<u4": 5125, "<f4": 5126}
KINDS = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}

CORNERS = np.array(
    [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32
)
FACES = np.array(
    [
        *((0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5)),
        *((0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6)),
        *((0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)),
    ]
)
"""A box's triangles, counter-clockwise seen from outside."""


def rest_joints_m() -> FloatArray:
    """Return (55, 3) joints at rest of the plain skeleton."""
    offsets = rest_offsets_m()
    points = np.zeros_like(offsets)
    for joint, parent in enumerate(PARENTS):
        points[joint] = (points[parent] if parent >= 0 else 0) + offsets[joint]
    return points


def box_scene(half_m: float = 0.05, names: Sequence[str] = SMPLX_JOINTS) -> bytes:
    """Return a scene whose body is a box about every joint, each moved by its own."""
    joints, count = rest_joints_m().astype("<f4"), len(SMPLX_JOINTS)
    bones = np.zeros((8 * count, 4), np.uint8)
    bones[:, 0] = np.repeat(np.arange(count), 8)
    shares = np.zeros((8 * count, 4), "<u2")
    shares[:, 0] = 65535
    bind = np.tile(np.eye(4, dtype="<f4"), (count, 1, 1))
    bind[:, 3, :3] = -joints
    faces = FACES[None] + 8 * np.arange(count)[:, None, None]
    arrays = [
        (joints[:, None] + half_m * CORNERS).reshape(-1, 3).astype("<f4"),
        np.tile(CORNERS / np.sqrt(3), (count, 1)).astype("<f4"),
        bones,
        shares,
        faces.reshape(-1).astype("<u2"),
        bind,
    ]
    return glb(arrays, names)


def glb(arrays: Sequence[NDArray[np.generic]], names: Sequence[str]) -> bytes:
    """Return a file as the mesh service writes it."""
    blobs = [a.tobytes() + b"\0" * (-a.nbytes % 4) for a in arrays]
    starts = np.cumsum([0, *map(len, blobs)]).tolist()
    document = {
        "asset": {"version": "2.0"},
        "nodes": [{"name": name} for name in names],
        "meshes": [{"primitives": [{"attributes": ATTRIBUTES, "indices": 4}]}],
        "skins": [{"joints": list(range(len(names))), "inverseBindMatrices": 5}],
        "accessors": [
            {
                "bufferView": k,
                "componentType": COMPONENTS[array.dtype.str],
                "count": len(array),
                "type": KINDS[array.shape[1:]],
            }
            for k, array in enumerate(arrays)
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": array.nbytes}
            for start, array in zip(starts, arrays, strict=False)
        ],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(blobs)
    body = struct.pack("<I4s", len(text), b"JSON") + text
    body += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


ATTRIBUTES = {"POSITION": 0, "NORMAL": 1, "JOINTS_0": 2, "WEIGHTS_0": 3}


def landmarks_of(motion: Motion, size_px: tuple[int, int]) -> Landmarks:
    """Return landmarks with a face about the head joint of a motion."""
    count, known = len(motion.time_s), np.isfinite(motion.points_px[:, 0, 0])
    points = np.full((count, len(LANDMARKS), 2), np.nan)
    head = motion.points_px[:, SMPLX_JOINTS.index("head")]
    points[:] = head[:, None]
    for side, sign in (("left", 1), ("right", -1)):
        points[:, LANDMARK[f"{side}_ear"], 0] += 0.02 * sign * size_px[1]
    flat = np.zeros((count, len(LANDMARKS)))
    return Landmarks(
        frame=motion.frame,
        time_s=motion.time_s,
        points_px=points,
        depth_px=flat,
        points_world_m=np.zeros((count, len(LANDMARKS), 3)),
        visibility=flat,
        presence=flat,
        detected=known,
        size_px=np.array(size_px),
        background_lines_px=np.zeros((0, 4)),
        model="plain",
    )


def person_of(
    number: int,
    times_s: Sequence[float],
    heads: Sequence[tuple[float, float, float, float] | None],
    box: tuple[float, float, float, float] = (0.4, 0.2, 0.6, 0.9),
) -> Person:
    """Return a person with a box and these heads."""
    return Person(
        number=number,
        from_s=times_s[0],
        to_s=times_s[-1],
        seen_share=1.0,
        height_share=0.5,
        sightings=tuple(
            Sighting(time_s=time_s, box=box, head=head)
            for time_s, head in zip(times_s, heads, strict=True)
        ),
    )


def people_of(*persons: Person) -> People:
    """Return everybody."""
    return People(chosen_by="The only person seen.", persons=persons)


def seen_motion(count: int = 5) -> Motion:
    """Return a worker whose joints in the picture are where the camera sees them."""
    motion = motion_of([ARMS_DOWN] * count)
    seen = motion.joints_world_m @ motion.rotmat_cam_world.T + motion.trans_cam_world_m
    pixels = seen @ motion.intrinsics.T
    return changed(motion, points_px=pixels[..., :2] / pixels[..., 2:])
