"""A figure with skin, face, hair and clothes: colours and thickness by place."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from bench.workers.figure import BodyData, Figure
from bench.workers.look import STRIPE, VEST, Colour, Look, linear
from bench.workers.rotations import axes
from bench.workers.surface import (
    BONES_OF_VERTEX,
    Surface,
    cylinder,
    dome,
    joined,
    vertex_normals,
)
from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS

_TOP_OF_SHOE_M: Final = -1.15
_WAIST_M: Final = -0.27
_COLLAR_M: Final = 0.185
_SHORT_SLEEVE_M: Final = 0.36
_LONG_SLEEVE_M: Final = 0.665
"""Borders of clothes on the mean body in T-pose: heights, and x along the arms."""

_SHIRT_LOOSE_M: Final = 0.010
_VEST_LOOSE_M: Final = 0.014
_TROUSERS_LOOSE_M: Final = 0.012
_SHOE_THICK_M: Final = 0.010
_HAIR_THICK_M: Final = 0.016
_GLOVE_THICK_M: Final = 0.003

_CLOTH_FOLDS: Final = 0.30
_HAIR_FOLDS: Final = 0.35
"""How far folds turn the normals."""

_FOLD_WAVES: Final = 24
_FOLD_LENGTH_M: Final = (0.03, 0.12)

_IRIS_M: Final = 0.0062
_PUPIL_M: Final = 0.003
_BROW_M: Final = 0.004
"""Radius of iris and pupil; half width of a brow."""

_BROWS: Final = (range(5), range(5, 10))
_LIPS: Final = tuple(range(31, 43))
"""Places in SMPL-X's static face landmarks: brows, outer edge of the lips."""

_FACE_M: Final = 0.06
"""The face is ahead of this."""

_SIDELESS: Final = {
    joint: joint.removeprefix(f"{SIDES[0]}_").removeprefix(f"{SIDES[1]}_")
    for joint in SMPLX_JOINTS
}

_FINGERS: Final = tuple(
    f"{finger}{k}"
    for finger in ("index", "middle", "ring", "pinky", "thumb")
    for k in (1, 2, 3)
)

_LIMB_THICK_M: Final = {
    "spine1": 0.28,
    "spine2": 0.27,
    "spine3": 0.28,
    "neck": 0.3,
    "head": 0.12,
    "knee": 0.15,
    "ankle": 0.11,
    "foot": 0.09,
    "shoulder": 0.14,
    "elbow": 0.09,
    "wrist": 0.07,
    "middle1": 0.06,
}
"""Thickness of what leads to a joint, for the shadow."""


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """Where on the mean body each vertex is."""

    at_m: FloatArray
    """(V, 3) mean body, T-pose."""
    joint: IntArray
    """(V,) joint with the greatest skin weight."""

    def on(self, *names: str) -> BoolArray:
        """Return which vertices belong to some joints, on either side."""
        found = [JOINT[joint] for joint in SMPLX_JOINTS if _SIDELESS[joint] in names]
        on: BoolArray = np.isin(self.joint, found)
        return on


@dataclass(slots=True, eq=False)
class _Paint:
    """Colours, folds and thickness being filled in, later strokes over earlier."""

    colours: FloatArray
    folds: FloatArray
    thick_m: FloatArray

    @classmethod
    def on(cls, count: int) -> Self:
        """Return paint for a number of vertices."""
        return cls(np.zeros((count, 3)), np.zeros(count), np.zeros(count))

    def stroke(
        self, where: BoolArray, colour: Colour, thick_m: float = 0.0, folds: float = 0.0
    ) -> None:
        """Paint some vertices."""
        self.colours[where] = linear(colour)
        self.folds[where] = folds
        self.thick_m[where] = thick_m


def dressed(body: BodyData, figure: Figure, look: Look, seed: int) -> Surface:
    """Return a figure with skin, face and clothes, on the 55 joints' bones."""
    paint = _Paint.on(len(body.template_m))
    region = _Region(body.template_m, body.weights.argmax(axis=1))
    paint.stroke(np.ones(len(region.joint), dtype=bool), look.skin)
    _paint_clothes(paint, region, look)
    _paint_head(paint, body, region, look)
    normals = vertex_normals(figure.skin_m, body.faces)
    bones, weights = _strongest(body.weights)
    person = Surface(
        points_m=figure.skin_m + paint.thick_m[:, None] * normals,
        normals=normals + paint.folds[:, None] * _folds(figure.skin_m, seed),
        colours=paint.colours,
        patterns=np.zeros(len(normals), dtype=np.int64),
        bones=bones,
        weights=weights,
        faces=body.faces,
    )
    worn = [_toe_cap(figure, side, look) for side in SIDES]
    if look.helmet is not None:
        worn.append(_helmet(figure, look.helmet))
    return joined((person, *worn))


def shade_of(figure: Figure) -> Surface:
    """Return what throws the figure's shadow: a rod for each bone, and a head."""
    rods = []
    for joint, parent in enumerate(PARENTS):
        thick = _LIMB_THICK_M.get(_SIDELESS[SMPLX_JOINTS[joint]])
        if thick is None:
            continue
        ends = figure.joints_m[[parent, joint]]
        way = ends[1] - ends[0]
        y_first = axes(way, np.array([0.3, 0.1, 1.0]))[:, [1, 0, 2]] * [1, 1, -1]
        size = (thick, float(np.linalg.norm(way)) + 0.6 * thick, 0.7 * thick)
        rod = cylinder(size, np.zeros(3)).moved(y_first, ends.mean(axis=0))
        rods.append(rod.on_bone(parent))
    head = cylinder((0.17, 0.26, 0.2), np.zeros(3))
    place = figure.joints_m[JOINT["head"]] + [0.0, 0.06, 0.0]
    return joined((*rods, head.moved(np.eye(3), place).on_bone(JOINT["head"])))


def _strongest(weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the four strongest bones of each vertex and their shares."""
    order = np.argsort(-weights, axis=1)[:, :BONES_OF_VERTEX]
    strong = np.take_along_axis(weights, order, axis=1)
    return order.astype(np.int64), strong / strong.sum(axis=1, keepdims=True)


def _folds(at_m: FloatArray, seed: int) -> FloatArray:
    """Return (V, 3) a smooth random field of length about 1."""
    draw = np.random.default_rng((seed, 31))
    ways = draw.standard_normal((_FOLD_WAVES, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    length = draw.uniform(*_FOLD_LENGTH_M, (_FOLD_WAVES, 1))
    phase = at_m @ (2 * np.pi * ways / length).T + draw.uniform(0, 6.3, _FOLD_WAVES)
    field: FloatArray = np.sin(phase) @ ways / np.sqrt(_FOLD_WAVES / 6)
    return field


def _paint_clothes(paint: _Paint, region: _Region, look: Look) -> None:
    x, y, _ = region.at_m.T
    aside = np.abs(x)
    legs = region.on("hip", "knee", "ankle", "foot", "pelvis", "spine1", "spine2")
    trunk = region.on(
        "pelvis", "spine1", "spine2", "spine3", "collar", "shoulder", "elbow", "wrist"
    )
    sleeve = _LONG_SLEEVE_M if look.long_sleeves else _SHORT_SLEEVE_M
    shirt = (trunk & (y > _WAIST_M) & (aside < sleeve)) | region.on("neck")
    shirt &= y < _COLLAR_M + 0.03 * (aside > 0.07)
    paint.stroke(legs & (y <= _WAIST_M), look.trousers, _TROUSERS_LOOSE_M, _CLOTH_FOLDS)
    paint.stroke(shirt, look.shirt, _SHIRT_LOOSE_M, _CLOTH_FOLDS)
    if look.vest:
        vest = shirt & (aside < 0.165)
        stripe = vest & ((np.abs(y + 0.12) < 0.025) | (np.abs(aside - 0.1) < 0.02))
        paint.stroke(vest, VEST, _VEST_LOOSE_M, _CLOTH_FOLDS)
        paint.stroke(stripe, STRIPE, _VEST_LOOSE_M, _CLOTH_FOLDS)
    belt = legs & (np.abs(y - _WAIST_M) < 0.018)
    paint.stroke(belt, (40, 34, 30), _TROUSERS_LOOSE_M)
    shoes = region.on("ankle", "foot") & (y < _TOP_OF_SHOE_M)
    paint.stroke(shoes, look.shoes, _SHOE_THICK_M)
    if look.gloves is not None:
        paint.stroke(
            region.on("wrist", *_FINGERS), look.gloves, _GLOVE_THICK_M, _CLOTH_FOLDS
        )


def _paint_head(paint: _Paint, body: BodyData, region: _Region, look: Look) -> None:
    at = region.at_m
    marks = at[body.face_marks]
    head = region.on("head", "jaw", "neck")
    hair = head & _hair(at)
    thick = _HAIR_THICK_M if look.helmet is None else 0.3 * _HAIR_THICK_M
    paint.stroke(hair, look.hair, thick, _HAIR_FOLDS)
    front = head & (at[:, 2] > _FACE_M)
    for brow in _BROWS:
        near = _distance_to_line(at, marks[list(brow)]) < _BROW_M
        paint.stroke(front & near, look.hair, 0.001)
    lips = front & _inside(at[:, :2], marks[list(_LIPS), :2])
    red, green, blue = look.skin
    paint.stroke(lips, (int(0.78 * red), int(0.5 * green), int(0.5 * blue)))
    for side in SIDES:
        _paint_eye(paint, region, side)


def _paint_eye(paint: _Paint, region: _Region, side: str) -> None:
    ball = region.joint == JOINT[f"{side}_eye"]
    at = region.at_m
    middle = 0.5 * (at[ball].min(axis=0) + at[ball].max(axis=0))
    off = np.hypot(at[:, 0] - middle[0], at[:, 1] - middle[1])
    front = ball & (at[:, 2] > middle[2])
    paint.stroke(ball, (236, 234, 230))
    paint.stroke(front & (off < _IRIS_M), (74, 52, 36))
    paint.stroke(front & (off < _PUPIL_M), (12, 10, 10))


def _hair(at: FloatArray) -> BoolArray:
    """Return which places of a head bear hair: behind a line from brow to nape."""
    x, y, z = at.T
    crown = y > 0.385 - 0.1 * (z - 0.09)
    back = (z < 0.045) & (y > 0.30) | (z < 0.0) & (y > 0.225)
    ear = (np.abs(x) > 0.073) & (z > -0.02) & (y < 0.36)
    hair: BoolArray = (crown | back) & ~ear
    return hair


def _distance_to_line(at: FloatArray, line: FloatArray) -> FloatArray:
    """Return (V,) the distance to a line through points (N, 3)."""
    starts, ways = line[:-1], np.diff(line, axis=0)
    from_start = at[:, None] - starts
    along = np.clip(np.sum(from_start * ways, -1) / np.sum(ways**2, -1), 0, 1)
    off = np.linalg.norm(from_start - along[..., None] * ways, axis=-1)
    nearest: FloatArray = off.min(axis=1)
    return nearest


def _inside(at: FloatArray, polygon: FloatArray) -> BoolArray:
    """Return which points (V, 2) are in a polygon (N, 2), by crossing edges."""
    inside = np.zeros(len(at), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        spans = (y0 > at[:, 1]) != (y1 > at[:, 1])
        cut = x0 + (at[:, 1] - y0) * (x1 - x0) / (y1 - y0 if y1 != y0 else 1.0)
        inside ^= spans & (at[:, 0] < cut)
    return inside


def _helmet(figure: Figure, colour: Colour) -> Surface:
    """Return a hard hat on the head's bone."""
    top = figure.skin_m[:, 1] > figure.joints_m[JOINT["head"], 1] + 0.085
    head = figure.skin_m[top]
    middle = 0.5 * (head.min(axis=0) + head.max(axis=0))
    width, height, length = np.ptp(head, axis=0) + np.array([0.05, 0.03, 0.05])
    place = np.array([middle[0], head[:, 1].min() + 0.008, middle[2]])
    shell = dome((width, height, length), linear(colour)).moved(np.eye(3), place)
    ahead = place + np.array([0.0, 0.0, 0.02])
    brim = dome((width + 0.01, 0.02, length + 0.05), linear(colour))
    return joined((shell, brim.moved(np.eye(3), ahead))).on_bone(JOINT["head"])


def _toe_cap(figure: Figure, side: str, look: Look) -> Surface:
    """Return the front of a shoe, which hides the toes, on the toes' bone."""
    ball = figure.joints_m[JOINT[f"{side}_foot"]]
    size = figure.scale * np.array([0.115, 0.085, 0.235])
    cap = dome(size.tolist(), linear(look.shoes))
    place = np.array([ball[0], figure.sole_m, ball[2] + 0.005])
    return cap.moved(np.eye(3), place).on_bone(JOINT[f"{side}_foot"])
