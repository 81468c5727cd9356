"""The body as an SMPL-X model file: arrays and bytes (pure).

Keys and shapes are those that smplx 0.1.28 reads (``body_models.SMPLX``): 10 shape
components at 0:10 and 10 expression components at 10:20 (all zero here, the face is
not estimated), 486 pose correctives (zero: plain skinning), hand components that are
the 45 hand angles themselves, so the hands' mean is the flat hand of the template.

Two keys are not SMPL-X's: ``joints_template`` (55, 3) and ``joints_shapedirs``
(55, 3, 10) hold the joints of the source skeleton, which ``J_regressor`` reproduces.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from body_basis import ShapeBasis
from body_source import FloatArray, IntArray
from ergomesh.contract.skeleton import PARENTS, SMPLX_JOINTS
from plain_zip import deflated_zip

SHAPE_COMPONENTS: Final = 10
"""Betas; what smplx takes from a file with fewer than 400 directions."""

_EXPRESSION_COMPONENTS: Final = 10
_POSE_CORRECTIVES: Final = 9 * (len(SMPLX_JOINTS) - 1)
_HAND_ANGLES: Final = 45
_CONTOUR_VIEWS: Final = 79
_ROOT_PARENT: Final = 2**32 - 1
"""SMPL-X files have the root's parent as an unsigned -1."""

POINT_STEP_M: Final = 1e-6
"""Template points are rounded to this step."""
DIRECTION_STEP_M: Final = 1e-5
"""Shape directions are rounded to this step: 25 µm at a beta of 2.5. Rounding keeps
the file the same where another machine's linear algebra differs in the last bit."""
WEIGHT_STEP: Final = 1e-5
"""Regressor weights are rounded to this step."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Surface:
    """What the surface is made of, beside its shape."""

    triangles: IntArray
    """(F, 3)."""
    weights: FloatArray
    """(V, 55) skin weights."""
    regressor: FloatArray
    """(55, V)."""
    face_landmarks: IntArray
    """(51,) vertices."""
    jaw_contour: IntArray
    """(17,) vertices."""


def vertex_order(vertex_count: int, places: Mapping[int, int]) -> IntArray:
    """Return (V,) an order of vertices that puts some at given places.

    The others keep their order.

    Args:
        vertex_count: V.
        places: place in the order to vertex.
    """
    order = np.full(vertex_count, -1)
    order[list(places)] = list(places.values())
    others = np.setdiff1d(np.arange(vertex_count), list(places.values()))
    order[order < 0] = others
    return order


def smplx_arrays(basis: ShapeBasis, surface: Surface) -> Arrays:
    """Return every array of an SMPL-X model file but its texts."""
    shape_directions = _rounded(basis.vertex_directions_m, DIRECTION_STEP_M)
    shape = shape_directions.shape[:2]
    expressions = np.zeros((*shape, _EXPRESSION_COMPONENTS))
    faces, corners = _vertices_on_faces(surface.triangles, surface.face_landmarks)
    rim, rim_corners = _vertices_on_faces(surface.triangles, surface.jaw_contour)
    floats = {
        "v_template": _rounded(basis.mean_vertices_m, POINT_STEP_M),
        "shapedirs": np.concatenate([shape_directions, expressions], axis=-1),
        "posedirs": np.zeros((*shape, _POSE_CORRECTIVES), dtype=np.float32),
        "J_regressor": _rounded_rows(surface.regressor),
        "weights": surface.weights,
        "hands_componentsl": np.eye(_HAND_ANGLES),
        "hands_componentsr": np.eye(_HAND_ANGLES),
        "hands_meanl": np.zeros(_HAND_ANGLES),
        "hands_meanr": np.zeros(_HAND_ANGLES),
        "lmk_bary_coords": corners,
        "dynamic_lmk_bary_coords": np.tile(rim_corners, (_CONTOUR_VIEWS, 1, 1)),
        "joints_template": _rounded(basis.mean_joints_m, POINT_STEP_M),
        "joints_shapedirs": _rounded(basis.joint_directions_m, DIRECTION_STEP_M),
    }
    parents = np.array([_ROOT_PARENT, *PARENTS[1:]])
    integers = {
        "f": surface.triangles,
        "kintree_table": np.stack([parents, np.arange(len(PARENTS))]),
        "lmk_faces_idx": faces,
        "dynamic_lmk_faces_idx": np.tile(rim, (_CONTOUR_VIEWS, 1)),
    }
    return (
        {key: array.astype(np.float32, copy=False) for key, array in floats.items()}
        | {key: array.astype(np.int64) for key, array in integers.items()}
        | {"joint_names": np.array(SMPLX_JOINTS)}
    )


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a compressed npz without pickle, clock or system traces."""
    members = {}
    for name in sorted(arrays):
        member = io.BytesIO()
        array = np.asarray(arrays[name], order="C")
        np.lib.format.write_array(member, array, allow_pickle=False)
        members[f"{name}.npy"] = member.getvalue()
    return deflated_zip(members)


def content_sha256(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of names, types, shapes and values, without the container."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _rounded(values: FloatArray, step: float) -> FloatArray:
    """Return values rounded to a step; never a negative zero."""
    return np.rint(values / step) * step + 0.0


def _rounded_rows(weights: FloatArray) -> FloatArray:
    """Return weights rounded so that each row still sums to 1.

    The greatest weight of a row takes up what rounding leaves.
    """
    steps = np.rint(weights / WEIGHT_STEP)
    rows = np.arange(len(weights))
    steps[rows, np.argmax(weights, axis=1)] += 1.0 / WEIGHT_STEP - steps.sum(axis=1)
    return steps * WEIGHT_STEP


def _vertices_on_faces(
    triangles: IntArray, vertices: IntArray
) -> tuple[IntArray, FloatArray]:
    """Return a triangle of each vertex, and (n, 3) weights of its corners."""
    faces = np.array([np.argmax((triangles == v).any(axis=1)) for v in vertices])
    return faces, (triangles[faces] == vertices[:, None]).astype(np.float64)
