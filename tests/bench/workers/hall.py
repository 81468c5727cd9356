"""The workshop: floor, walls and what stands at them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.look import linear
from bench.workers.rotations import turn
from bench.workers.surface import Surface, box, cylinder
from ergomesh.contract.arrays import FloatArray

_ROOM_M: Final = (4.2, 5.4)
"""Range of a wall's distance from the middle."""

_HEIGHT_M: Final = 3.4
_FLOOR_M: Final = 16.0
_SLOT_M: Final = 1.7
"""A thing at the wall takes this width."""

_WALLS: Final = ((196, 194, 186), (176, 186, 190), (206, 196, 176), (160, 164, 166))
_FLOORS: Final = ((150, 150, 146), (126, 130, 134), (166, 156, 140))
_FRAMES: Final = ((90, 94, 100), (60, 80, 110), (120, 90, 60))
_FLOOR_PATTERNS: Final = ("tiles", "tiles", "planks")
_WALL_PATTERNS: Final = ("plain", "plain", "bricks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Surfaces that stand still."""

    walls: tuple[Surface, ...]
    furniture: tuple[Surface, ...]


def hall_for(eye_m: FloatArray, *, bare: bool, seed: int) -> Hall:
    """Return a workshop about the origin.

    Args:
        eye_m: (3,) the camera: no wall stands between it and the middle.
        bare: Whether straight edges are few.
        seed: Of everything else.
    """
    draw = np.random.default_rng((seed, 41))
    heading = draw.uniform(-25, 25)
    floor = _floor(draw, bare=bare).moved(turn("y", heading), np.zeros(3))
    colour = linear(_WALLS[int(draw.integers(len(_WALLS)))])
    pattern = "specks" if bare else _WALL_PATTERNS[int(draw.integers(3))]
    walls, furniture = [floor], list[Surface]()
    for quarter in range(4):
        away = draw.uniform(*_ROOM_M)
        rotmat = turn("y", heading + 90.0 * quarter)
        if eye_m @ rotmat[:, 2] > away - 0.2:
            continue
        place = away * rotmat[:, 2]
        plate = box((2 * _ROOM_M[1], _HEIGHT_M, 0.1), colour, pattern)
        up = np.array([0.0, 0.5 * _HEIGHT_M, 0.05])
        walls.append(plate.moved(np.eye(3), up).moved(rotmat, place))
        furnished = _drums(draw) if bare else _furniture(draw)
        furniture += [part.moved(rotmat, place) for part in furnished]
    return Hall(walls=tuple(walls), furniture=tuple(furniture))


def _floor(draw: np.random.Generator, *, bare: bool) -> Surface:
    colour = linear(_FLOORS[int(draw.integers(len(_FLOORS)))])
    pattern = "specks" if bare else _FLOOR_PATTERNS[int(draw.integers(3))]
    plate = box((_FLOOR_M, 0.1, _FLOOR_M), colour, pattern)
    return plate.moved(np.eye(3), np.array([0.0, -0.05, 0.0]))


def _furniture(draw: np.random.Generator) -> list[Surface]:
    """Return what stands at a wall whose face is z = 0, the room at -z."""
    frame = linear(_FRAMES[int(draw.integers(len(_FRAMES)))])
    parts = [
        _at(box((2 * _ROOM_M[1], 0.12, 0.03), frame), (0.0, 0.06, -0.015)),
    ]
    for slot in np.arange(-2, 3) * _SLOT_M:
        x = slot + draw.uniform(-0.25, 0.25)
        kind = _KINDS[int(draw.integers(len(_KINDS)))]
        parts += [_at(part, (x, 0.0, 0.0)) for part in kind(draw, frame)]
    return parts


def _at(part: Surface, place_m: tuple[float, float, float]) -> Surface:
    return part.moved(np.eye(3), np.array(place_m))


def _opening(
    width: float, low: float, high: float, frame: FloatArray, inside: FloatArray
) -> list[Surface]:
    """Return a leaf or pane with its frame."""
    middle, tall = 0.5 * (low + high), high - low
    bars = [
        _at(box((0.08, tall + 0.16, 0.06), frame), (sign * 0.5 * width, middle, -0.03))
        for sign in (-1, 1)
    ]
    rails = [_at(box((width, 0.08, 0.06), frame), (0.0, high + 0.04, -0.03))]
    if low > 0:
        rails.append(_at(box((width, 0.08, 0.06), frame), (0.0, low - 0.04, -0.03)))
    pane = _at(box((width, tall, 0.02), inside), (0.0, middle, -0.01))
    return [pane, *bars, *rails]


def _door(draw: np.random.Generator, frame: FloatArray) -> list[Surface]:
    leaf = linear((120, 80, 50)) * draw.uniform(0.8, 1.5)
    handle = _at(box((0.12, 0.03, 0.06), linear((60, 60, 60))), (0.35, 1.02, -0.04))
    return [*_opening(0.95, 0.0, 2.05, frame, leaf), handle]


def _window(draw: np.random.Generator, frame: FloatArray) -> list[Surface]:
    pane = linear((170, 200, 225)) * draw.uniform(0.9, 1.25)
    cross = [
        _at(box((0.05, 1.2, 0.05), frame), (0.0, 1.7, -0.03)),
        _at(box((1.3, 0.05, 0.05), frame), (0.0, 1.7, -0.03)),
    ]
    return [*_opening(1.3, 1.1, 2.3, frame, pane), *cross]


def _rack(draw: np.random.Generator, frame: FloatArray) -> list[Surface]:
    posts = [
        _at(box((0.05, 2.0, 0.05), frame), (x, 1.0, z))
        for x in (-0.6, 0.6)
        for z in (-0.08, -0.45)
    ]
    boards = [
        _at(box((1.25, 0.04, 0.45), frame), (0.0, y, -0.27))
        for y in (0.15, 0.7, 1.25, 1.8)
    ]
    boxes = []
    for y in (0.17, 0.72, 1.27):
        for x in (-0.35, 0.0, 0.35):
            size = draw.uniform([0.18, 0.15, 0.25], [0.3, 0.38, 0.36])
            colour = linear((190, 160, 120)) * draw.uniform(0.3, 1.1, 3)
            boxes.append(_at(box(size, colour), (x, y + 0.5 * size[1], -0.27)))
    return [*posts, *boards, *boxes]


def _pillar(draw: np.random.Generator, _frame: FloatArray) -> list[Surface]:
    colour = linear((150, 150, 148)) * draw.uniform(0.7, 1.1)
    return [_at(box((0.35, _HEIGHT_M, 0.35), colour), (0.0, 0.5 * _HEIGHT_M, -0.17))]


def _cabinet(draw: np.random.Generator, frame: FloatArray) -> list[Surface]:
    colour = linear((90, 110, 130)) * draw.uniform(0.6, 1.6)
    body = _at(box((1.0, 1.9, 0.45), colour), (0.0, 0.95, -0.23))
    gap = _at(box((0.02, 1.8, 0.01), frame * 0.3), (0.0, 0.95, -0.46))
    return [body, gap]


def _board(draw: np.random.Generator, frame: FloatArray) -> list[Surface]:
    colour = linear((210, 210, 205)) * draw.uniform(0.7, 1.1)
    return _opening(1.1, 1.15, 1.95, frame, colour)


_KINDS: Final = (_door, _window, _rack, _pillar, _cabinet, _board, _window)


def _drums(draw: np.random.Generator) -> list[Surface]:
    """Return a few round things that a bare hall has at a wall."""
    parts = []
    for _ in range(int(draw.integers(1, 3))):
        size = draw.uniform([0.45, 0.5, 0.45], [0.7, 0.8, 0.7])
        size[2] = size[0]
        colour = linear((70, 100, 120)) * draw.uniform(0.4, 1.6, 3)
        place = (draw.uniform(-2.5, 2.5), 0.5 * size[1], -0.6)
        parts.append(_at(cylinder(size, colour, "specks"), place))
    return parts
