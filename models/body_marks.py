"""Where the special points of SMPL-X are on the base mesh (pure).

SMPL-X users address some surface points by vertex number: nose, eyes, ears, finger and
toe tips, heels (``smplx/vertex_ids.py`` of smplx 0.1.28), and 68 face landmarks by
triangle. The points are found here on the left and the midline of a body in T-pose,
and taken over to the right by the mirror table.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from body_skeleton import FINGERS, TIP_GROUP_OF
from body_source import FloatArray, IntArray
from ergomesh.contract.skeleton import JOINT, SIDES

SMPLX_VERTEX_OF: Final[dict[str, int]] = {
    "nose": 9120,
    "left_eye": 9448,
    "right_eye": 9929,
    "left_ear": 6,
    "right_ear": 616,
    "left_thumb": 5361,
    "left_index": 4933,
    "left_middle": 5058,
    "left_ring": 5169,
    "left_pinky": 5286,
    "right_thumb": 8079,
    "right_index": 7669,
    "right_middle": 7794,
    "right_ring": 7905,
    "right_pinky": 8022,
    "left_big_toe": 5770,
    "left_small_toe": 5780,
    "left_heel": 8846,
    "right_big_toe": 8463,
    "right_small_toe": 8474,
    "right_heel": 8635,
}
"""Number of each special vertex in SMPL-X (``vertex_ids["smplx"]``)."""

_LEFT_TRAGUS: Final = 12131
"""Base-mesh vertex in front of the left ear canal, where pose datasets mark the ear."""

_LEFT_FACE: Final[dict[str, tuple[int, ...]]] = {
    "brow": (7001, 6980, 6981, 7031, 7023),  # inner to outer
    "nostril": (7077, 7121),  # inner to outer
    "eye": (6886, 11483, 6784, 6808, 6825, 11480),  # inner corner, over the top, round
    "lip_top": (7219, 7207),  # beside the middle, then towards the corner
    "mouth_corner": (7183,),
    "lip_bottom": (7166, 7238),  # beside the corner, then towards the middle
    "inner_lip": (7251, 7226, 7237),  # corner, top, bottom
}
_MIDLINE_FACE: Final[dict[str, tuple[int, ...]]] = {
    "nose_bridge": (132, 131, 201, 5054),  # root to tip
    "nose_base": (343,),
    "lip": (466, 474, 493, 492),  # top edge, inner top, inner bottom, bottom edge
}

_CHIN: Final = 5171
"""Base-mesh vertex at the front of the chin, on the midline."""

_MOSTLY: Final = 0.5
"""A vertex belongs to the joint that has more than half of its skin weight."""

_EAR_MARGIN_M: Final = 0.01
"""The face begins this far in front of the ear canal; behind is the ear."""

CONTOUR_POINTS: Final = 8
"""Points of the jaw's outline on each side of the chin."""

_HEEL_HEIGHT: Final = 0.5
"""The heel is the rearmost point of this lower part of the ankle's height."""

_TOE_REACH_M: Final = 0.015
"""A toe's tip lies within this distance of the helper inside it."""

_TOE_WIDTH_COST: Final = 2.0
"""A toe's tip is straight ahead of that helper: a step aside costs twice as much as a
step forward gains, or the next, longer toe would be taken."""


@dataclass(frozen=True, slots=True)
class TPose:
    """A body in T-pose with the base mesh's vertex numbers."""

    points_m: FloatArray
    """(N, 3)."""
    tips_m: FloatArray
    """(14, 3) finger and toe tips, ordered as ``TIP_GROUP_OF``."""
    weights: FloatArray
    """(N, 55) skin weights; zero for helper geometry."""
    mirror: IntArray
    """(N,) twin of each vertex."""


def special_vertices(body: TPose) -> dict[str, int]:
    """Return the base-mesh vertex of each name in :data:`SMPLX_VERTEX_OF`."""
    forward = body.points_m[:, 2]
    midline = body.mirror == np.arange(len(body.mirror))
    is_skin = body.weights.any(axis=1)
    left = {
        "eye": _furthest(forward, _moved_by(body, "left_eye")),
        "ear": _LEFT_TRAGUS,
        "heel": _furthest(-forward, _heel_region(body)),
    }
    tip_of = dict(zip(TIP_GROUP_OF, body.tips_m, strict=True))
    for finger in FINGERS:
        region = _moved_by(body, f"left_{finger}3")
        axis = tip_of[f"left_{finger}"] - body.points_m[region].mean(axis=0)
        left[finger] = _furthest(body.points_m @ axis, region)
    for toe in ("big_toe", "small_toe"):
        tip = tip_of[f"left_{toe}"]
        region = np.linalg.norm(body.points_m - tip, axis=1) < _TOE_REACH_M
        aside = np.abs(body.points_m[:, 0] - tip[0])
        left[toe] = _furthest(forward - _TOE_WIDTH_COST * aside, region & is_skin)
    found = {"nose": _furthest(forward, midline & _moved_by(body, "head"))}
    for name, vertex in left.items():
        twins = (vertex, int(body.mirror[vertex]))
        found |= {f"{side}_{name}": v for side, v in zip(SIDES, twins, strict=True)}
    return found


def face_landmarks(mirror: IntArray) -> IntArray:
    """Return (51,) base-mesh vertices of SMPL-X's static face landmarks.

    Their order is that of the 68 iBUG points (Sagonas et al. 2016, 300 Faces
    In-The-Wild) from the brows on: the right side first.

    Args:
        mirror: (N,) twin of each vertex.
    """
    left, middle = _LEFT_FACE, _MIDLINE_FACE
    right = {part: mirror[list(points)].tolist() for part, points in left.items()}
    top, inner_top, inner_bottom, bottom = middle["lip"]
    eye_from_inner = left["eye"]
    eye_from_outer = [right["eye"][k] for k in (3, 2, 1, 0, 5, 4)]
    return np.array(
        [
            *right["brow"][::-1],
            *left["brow"],
            *middle["nose_bridge"],
            *right["nostril"][::-1],
            *middle["nose_base"],
            *left["nostril"],
            *eye_from_outer,
            *eye_from_inner,
            *right["mouth_corner"],
            *right["lip_top"][::-1],
            top,
            *left["lip_top"],
            *left["mouth_corner"],
            *left["lip_bottom"],
            bottom,
            *right["lip_bottom"][::-1],
            *right["inner_lip"][:2],
            inner_top,
            *left["inner_lip"][:2][::-1],
            left["inner_lip"][2],
            inner_bottom,
            right["inner_lip"][2],
        ]
    )


def jaw_contour(body: TPose) -> IntArray:
    """Return (17,) vertices along the jaw from the right ear over the chin to the left.

    They are the widest points of the face at even heights between chin and ear; in
    SMPL-X they slide with the view, here they stay.
    """
    x, y, z = body.points_m.T
    ear, chin = body.points_m[_LEFT_TRAGUS], body.points_m[_CHIN]
    face = _moved_by(body, "head") & (z > ear[2] + _EAR_MARGIN_M)
    step = (ear[1] - chin[1]) / CONTOUR_POINTS
    left = [
        _furthest(x, face & (np.abs(y - chin[1] - k * step) < 0.5 * step))
        for k in range(1, CONTOUR_POINTS + 1)
    ]
    return np.array([*body.mirror[left[::-1]], _CHIN, *left])


def _heel_region(body: TPose) -> NDArray[np.bool_]:
    """Return which vertices are low on the left hind foot."""
    foot = _moved_by(body, "left_ankle")
    height = body.points_m[:, 1]
    floor, ankle = height[foot].min(), height[foot].max()
    region: NDArray[np.bool_] = height < floor + _HEEL_HEIGHT * (ankle - floor)
    return foot & region


def _moved_by(body: TPose, joint: str) -> NDArray[np.bool_]:
    """Return which vertices move mostly with a joint."""
    return body.weights[:, JOINT[joint]] > _MOSTLY


def _furthest(along: FloatArray, among: NDArray[np.bool_]) -> int:
    """Return the vertex with the greatest value among some."""
    return int(np.argmax(np.where(among, along, -np.inf)))
