"""The motion as a glTF scene: a skinned body that any viewer can play (numpy).

World frame of the motion: y up, metres; the clock is the clip's.

- **Shape**: the mesh is the fitted shape in T-pose. SMPL-X's pose-dependent corrective
  shapes are left out, as glTF skinning has none.
- **Skin**: the four strongest bones of a vertex, as viewers read one set of four.
  In the free body the others have 3.4 % of a vertex at most.
- **Rotations** are 16-bit: 0.004° a joint, and half the size of floats.
- **Gaps**: where the person was not seen nothing may be shown, least of all a slide
  from here to there. The body keeps its pose and is scaled to nothing, by steps. The
  alternative, ``KHR_node_visibility`` moved by ``KHR_animation_pointer``, is not read
  by three.js 0.187.
- **The clip's camera** is in the scene, so a viewer can look through it.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, PARENTS, SMPLX_JOINTS
from ergomesh.mesh.core import gltf
from ergomesh.mesh.core.gltf import Array
from ergomesh.mesh.core.skin import Skin, strongest_bones, vertex_normals

BODY: Final = len(SMPLX_JOINTS)
"""Node above all joints; nodes 0 … 54 are the joints."""
SURFACE: Final = BODY + 1
"""Node of the mesh. A skinned mesh stands where its joints are, not where its own
node is, so the node is a root (§3.7.3.3)."""
CAMERA: Final = BODY + 2

ROOT: Final = SMPLX_JOINTS[0]

ANIMATION: Final = "motion"

LEFT_OUT: Final = (
    "pose-dependent corrective shapes (glTF skinning has none); bones of a vertex "
    "beyond its four strongest"
)
HIDDEN_BY: Final = (
    "In hidden_s (from, to) the person was not seen: node 'body' has scale 0 there."
)

_GREY: Final = (0.55, 0.57, 0.6, 1.0)
_ROUGHNESS: Final = 0.9
_NEAR_M: Final = 0.05
_CAMERA_AXES: Final = np.diag([1.0, -1.0, -1.0])
"""Ours has y down and z forward, glTF's y up and z back (§3.10.2)."""
_UNIT: Final = np.iinfo(np.int16).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Played:
    """A motion without its gaps: what is shown, and when nothing is."""

    time_s: FloatArray
    """(T,)."""
    turns: FloatArray
    """(T, 22, 4) quaternions x, y, z, w; neighbours less than half a turn apart.
    Gaps hold what was before them, or else what comes first."""
    root_m: FloatArray
    """(T, 3) pelvis joint; gaps as above."""
    is_seen: BoolArray
    """(T,)."""

    def changes(self) -> IntArray:
        """Return (K,) frames in which the body appears or disappears, and the first."""
        return np.flatnonzero(np.diff(self.is_seen, prepend=~self.is_seen[:1]))

    def hidden_s(self) -> list[tuple[float, float]]:
        """Return from when to when the body is hidden."""
        starts = self.changes()
        ends = self.time_s[[*starts[1:], -1]]
        return [
            (float(self.time_s[start]), float(end))
            for start, end in zip(starts, ends, strict=True)
            if not self.is_seen[start]
        ]


def scene_glb(skin: Skin, motion: Motion, *, generator: str) -> bytes:
    """Return ``scene.glb``.

    Args:
        skin: The body that was fitted.
        motion: NaN where the person was not seen.
        generator: What made it, with its version.
    """
    rest_m = skin.rest_joints_m(motion.betas)
    played = played_motion(motion, rest_m[JOINT[ROOT]])
    attributes = _attributes(skin, motion.betas)
    others = _triangles(skin), _bind(rest_m), _tracks(played), _fades(played)
    arrays = reduce(or_, others, attributes)
    number = {name: k for k, name in enumerate(arrays)}
    document = gltf.Document(
        asset=gltf.Asset(
            version="2.0", generator=generator, extras=_extras(motion, played)
        ),
        scene=0,
        scenes=(gltf.Scene(nodes=(BODY, SURFACE, CAMERA)),),
        nodes=(*_joints(rest_m, played), *_other_nodes(motion)),
        cameras=(_camera(motion.intrinsics),),
        meshes=(_mesh({name: number[name] for name in attributes}, number),),
        materials=(_matte(),),
        skins=(
            gltf.SkinOf(
                joints=tuple(range(BODY)), inverse_bind_matrices=number["bind"]
            ),
        ),
        animations=(_animation(number),),
    )
    return gltf.glb_bytes(document, tuple(arrays.values()))


def played_motion(motion: Motion, rest_root_m: FloatArray) -> Played:
    """Return what is to be shown of a motion.

    Args:
        motion: NaN where the person was not seen.
        rest_root_m: (3,) pelvis joint of the shape at rest.
    """
    poses = motion.poses.reshape(len(motion.poses), -1, 3)[:, : len(BODY_JOINTS)]
    values = np.concatenate([poses.reshape(len(poses), -1), motion.trans], axis=1)
    is_seen = np.isfinite(values).all(axis=1)
    # Zeros stay only where nobody is ever seen: the body at rest, and hidden.
    values = np.where(is_seen[:, None], values, 0.0)[_held(is_seen)]
    rotvecs = values[:, : -motion.trans.shape[1]].reshape(poses.shape)
    return Played(
        time_s=motion.time_s,
        turns=_without_flips(quaternions(rotvecs)),
        root_m=rest_root_m + values[:, -motion.trans.shape[1] :],
        is_seen=is_seen,
    )


def _held(is_seen: BoolArray) -> IntArray:
    """Return (T,) the last seen frame up to each frame, or else the first one."""
    frames = np.arange(len(is_seen))
    first = int(np.argmax(is_seen))
    return np.asarray(np.maximum.accumulate(np.where(is_seen, frames, first)))


def quaternions(rotvecs: FloatArray) -> FloatArray:
    """Return (…, 4) unit quaternions x, y, z, w of rotation vectors (…, 3)."""
    half = 0.5 * np.linalg.norm(rotvecs, axis=-1, keepdims=True)
    # numpy's sinc(x) is sin(pi x) / (pi x), and 1 at zero.
    return np.concatenate(
        [0.5 * np.sinc(half / np.pi) * rotvecs, np.cos(half)], axis=-1
    )


def _without_flips(turns: FloatArray) -> FloatArray:
    """Return quaternions (T, …, 4) with signs by which neighbours are near."""
    agree = (turns[1:] * turns[:-1]).sum(axis=-1, keepdims=True) >= 0
    signs = np.cumprod(np.where(agree, 1.0, -1.0), axis=0)
    return np.concatenate([turns[:1], turns[1:] * signs])


def _attributes(skin: Skin, betas: FloatArray) -> dict[str, Array]:
    """Return what each vertex has, by the names of §3.7.2.1."""
    vertices_m = skin.vertices_m(betas)
    bones, shares = strongest_bones(skin.weights)
    normals = vertex_normals(vertices_m, skin.triangles)
    return {
        "POSITION": Array(_floats(vertices_m), gltf.VERTEX_DATA, bounded=True),
        "NORMAL": Array(_floats(normals), gltf.VERTEX_DATA),
        "JOINTS_0": Array(bones, gltf.VERTEX_DATA),
        "WEIGHTS_0": Array(shares, gltf.VERTEX_DATA, normalized=True),
    }


def _triangles(skin: Skin) -> dict[str, Array]:
    """Return the triangles' corners, in the smallest numbers that hold them."""
    is_small = len(skin.template_m) <= np.iinfo(np.uint16).max
    corners = skin.triangles.ravel().astype(np.uint16 if is_small else np.uint32)
    return {"triangles": Array(corners, gltf.TRIANGLE_DATA)}


def _bind(rest_m: FloatArray) -> dict[str, Array]:
    """Return what takes the mesh at rest to each joint's frame: a shift."""
    matrices = np.tile(np.eye(4), (len(rest_m), 1, 1))
    matrices[:, 3, :3] = -rest_m  # column by column: the shift is the last row
    return {"bind": Array(_floats(matrices))}


def _tracks(played: Played) -> dict[str, Array]:
    """Return key times, the root's places and each joint's turns."""
    steps = np.rint(played.turns * _UNIT).astype(np.int16)
    turns = {
        name: Array(np.ascontiguousarray(steps[:, JOINT[name]]), normalized=True)
        for name in BODY_JOINTS
    }
    return {
        "time": Array(_floats(played.time_s), bounded=True),
        "place": Array(_floats(played.root_m)),
        **turns,
    }


def _fades(played: Played) -> dict[str, Array]:
    """Return when the body is hidden; nothing if it never is."""
    if played.is_seen.all():
        return {}
    frames = played.changes()
    scale = np.repeat(played.is_seen[frames, None], 3, axis=1)
    return {
        "fade_time": Array(_floats(played.time_s[frames]), bounded=True),
        "fade": Array(_floats(scale)),
    }


def _animation(number: dict[str, int]) -> gltf.Animation:
    """Return the animation of the arrays that are there, by their numbers."""
    moves = [("time", "place", JOINT[ROOT], "translation")]
    moves += [("time", name, JOINT[name], "rotation") for name in BODY_JOINTS]
    if "fade" in number:
        moves.append(("fade_time", "fade", BODY, "scale"))
    return gltf.Animation(
        name=ANIMATION,
        channels=tuple(
            gltf.Channel(sampler=k, target=gltf.Target(node=node, path=path))
            for k, (_, _, node, path) in enumerate(moves)
        ),
        samplers=tuple(
            gltf.Sampler(
                input=number[time],
                output=number[values],
                interpolation="STEP" if path == "scale" else "LINEAR",
            )
            for time, values, _, path in moves
        ),
    )


def _joints(rest_m: FloatArray, played: Played) -> tuple[gltf.Node, ...]:
    """Return the skeleton, posed as in the first seen frame for still viewers."""
    turned = dict(zip(BODY_JOINTS, played.turns[0], strict=True))
    bones_m = rest_m - rest_m[np.maximum(PARENTS, 0)]
    bones_m[JOINT[ROOT]] = played.root_m[0]
    return tuple(
        gltf.Node(
            name=name,
            translation=_values(bones_m[joint]),
            rotation=_values(turned[name]) if name in turned else (),
            children=tuple(k for k, parent in enumerate(PARENTS) if parent == joint),
        )
        for name, joint in JOINT.items()
    )


def _other_nodes(motion: Motion) -> tuple[gltf.Node, ...]:
    """Return the nodes :data:`BODY`, :data:`SURFACE` and :data:`CAMERA`."""
    to_world = motion.rotmat_cam_world.T
    matrix = np.eye(4)
    matrix[:3, :3] = to_world @ _CAMERA_AXES
    matrix[:3, 3] = -to_world @ motion.trans_cam_world_m
    return (
        gltf.Node(name="body", children=(JOINT[ROOT],)),
        gltf.Node(name="surface", mesh=0, skin=0),
        gltf.Node(name="camera", camera=0, matrix=_values(matrix.T)),
    )


def _camera(intrinsics: FloatArray) -> gltf.Camera:
    """Return the clip's camera; its principal point is the picture's centre."""
    (focal_x, _, centre_x), (_, focal_y, centre_y), _ = intrinsics.tolist()
    return gltf.Camera(
        type="perspective",
        perspective=gltf.Perspective(
            yfov=2 * float(np.arctan2(centre_y, focal_y)),
            aspect_ratio=(centre_x / focal_x) / (centre_y / focal_y),
            znear=_NEAR_M,
        ),
    )


def _mesh(attributes: dict[str, int], number: dict[str, int]) -> gltf.Mesh:
    surface = gltf.Primitive(
        attributes=attributes, indices=number["triangles"], material=0
    )
    return gltf.Mesh(primitives=(surface,))


def _matte() -> gltf.Material:
    return gltf.Material(
        name="matte",
        pbr_metallic_roughness=gltf.Metal(
            base_color_factor=_GREY, metallic_factor=0.0, roughness_factor=_ROUGHNESS
        ),
    )


def _extras(motion: Motion, played: Played) -> dict[str, Any]:
    """Return what a reader of the file must know of where it comes from."""
    return {
        "body_model": motion.body_model,
        "gender": motion.gender,
        "gravity_sd_deg": motion.gravity_sd_deg,
        "frames": len(played.is_seen),
        "frames_hidden": int((~played.is_seen).sum()),
        "hidden_s": played.hidden_s(),
        "hidden_by": HIDDEN_BY,
        "left_out": LEFT_OUT,
    }


def _floats(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def _values(values: FloatArray) -> tuple[float, ...]:
    return tuple(values.ravel().tolist())
