"""Straight edges as witnesses of directions: residuals, and vanishing points.

Parallel edges of the room meet in the picture in a vanishing point, the image of
their common direction; that point may lie at infinity, so points and directions
are kept as homogeneous vectors. What is measured of an edge is its angle in the
picture against the line from its middle to the point.

Families of parallel edges are found without knowing the focal length, by putting
all pairs among the longest edges to the vote of all of them (exhaustive, so there
is no chance in it), one family after the other.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray

END_SD: Final = 5e-4
"""Error of an edge's ends across it, as a share of the diagonal: half a pixel of
the 960 at which edges are found."""

WORLD_SD_RAD: Final = np.radians(0.4)
"""How far real edges and lenses are from straight, parallel and plumb: walls are
built to about 0.3° (EN 13670 allows h/300), lenses bend as much at the border."""

FULL_LENGTH: Final = 0.1
"""Edges from this share of the diagonal count fully, shorter ones by length."""

MAX_FAMILIES: Final = 8
LEAST_VOTES: Final = 2.0
"""Full edges that make a family."""

_SECTORS: Final = 6
_PER_SECTOR: Final = 12
"""Edges of each sixth of directions that make pairs: the longest."""
_WIDE: Final = 1.5
"""Width of a vote in standard deviations."""
_POLISH: Final = 4
TINY: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Straight edges about the principal point, in units of half the diagonal."""

    middle: FloatArray
    """(M, 2)."""
    along: FloatArray
    """(M, 2) unit vectors."""
    sd_rad: FloatArray
    """(M,) of the direction in the picture."""
    weight: FloatArray
    """(M,) 0…1, what an edge's vote counts."""
    unit_px: float
    """Half the diagonal."""

    @classmethod
    def of(cls, lines_px: FloatArray, size_px: FloatArray | IntArray) -> Self:
        """Build from segments (M, 4); those without length or number are left out.

        Args:
            lines_px: ``x1 y1 x2 y2`` in the upright picture.
            size_px: (2,) width and height.
        """
        unit = float(np.hypot(*size_px)) / 2
        ends = (lines_px.reshape(-1, 2, 2) - np.asarray(size_px) / 2) / unit
        step = ends[:, 1] - ends[:, 0]
        length = np.hypot(*step.T)
        good = np.isfinite(length) & (length > 2 * END_SD)
        length, step, ends = length[good], step[good], ends[good]
        ends_sd = np.sqrt(2) * 2 * END_SD / np.maximum(length, TINY)
        return cls(
            middle=ends.mean(1),
            along=step / length[:, None],
            sd_rad=np.hypot(WORLD_SD_RAD, ends_sd),
            weight=np.minimum(length / (2 * FULL_LENGTH), 1.0),
            unit_px=unit,
        )

    def __len__(self) -> int:
        return len(self.weight)


def unit(vectors: FloatArray) -> FloatArray:
    """Return (..., n) vectors of length one; of none where there is none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, TINY))


def towards(edges: Edges, directions: FloatArray, focal: FloatArray) -> FloatArray:
    """Return (..., M, 2): from the edges' middles to vanishing points, any length.

    Args:
        edges: M of them.
        directions: (..., 3) in the camera frame.
        focal: (...) focal length in the edges' unit.
    """
    point = focal[..., None] * directions[..., :2]
    return np.asarray(
        point[..., None, :] - edges.middle * directions[..., None, 2:],
    )


def sine_to(edges: Edges, reach: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (..., M) sine and cosine of the edges' angles to (..., M, 2) vectors."""
    x, y = np.moveaxis(reach, -1, 0)
    length = np.maximum(np.hypot(x, y), TINY)
    sine = (edges.along[:, 0] * y - edges.along[:, 1] * x) / length
    cosine = (edges.along[:, 0] * x + edges.along[:, 1] * y) / length
    return sine, cosine


def vanishing_points(edges: Edges) -> FloatArray:
    """Return (K, 3) vanishing points of families of edges, the strongest first.

    They are directions for a focal length of one unit, unit vectors of either sign.
    """
    points = _crossings(edges)
    if not len(points):
        return points
    votes = _votes(edges, points)
    left, found = edges.weight.copy(), []
    for _ in range(MAX_FAMILIES):
        total = votes @ left
        best = int(np.argmax(total))
        if total[best] < LEAST_VOTES:
            break
        point = _polished(edges, points[best], left)
        found.append(point)
        left = left * (1 - _votes(edges, point[None])[0])
    return np.array(found).reshape(-1, 3)


def _votes(edges: Edges, points: FloatArray) -> FloatArray:
    """Return (P, M) in 0…1: which edges point to which points."""
    reach = towards(edges, points, np.ones(len(points)))
    sine, _ = sine_to(edges, reach)
    return np.asarray(np.exp(-0.5 * (sine / (_WIDE * edges.sd_rad)) ** 2))


def _crossings(edges: Edges) -> FloatArray:
    """Return (P, 3) where the longest edges' lines meet, pair by pair."""
    chosen = np.flatnonzero(_leading(edges))
    lines = _lines(edges)[chosen]
    one, other = np.triu_indices(len(chosen), 1)
    points = np.cross(lines[one], lines[other])
    length = np.linalg.norm(points, axis=-1)
    return np.asarray(points[length > TINY] / length[length > TINY, None])


def _leading(edges: Edges) -> BoolArray:
    """Return (M,) whether an edge is among the surest of its sector."""
    turn = np.arctan2(edges.along[:, 1], edges.along[:, 0]) % np.pi
    sector = np.floor(turn / np.pi * _SECTORS).astype(np.int64) % _SECTORS
    leading = np.zeros(len(edges), dtype=np.bool_)
    for k in range(_SECTORS):
        members = np.flatnonzero(sector == k)
        order = np.argsort(edges.sd_rad[members], kind="stable")
        leading[members[order[:_PER_SECTOR]]] = True
    return leading


def _lines(edges: Edges) -> FloatArray:
    """Return (M, 3) homogeneous lines, of unit normal."""
    x, y = edges.along.T
    offset = edges.middle[:, 0] * y - edges.middle[:, 1] * x
    return np.stack((-y, x, offset), axis=-1)


def _polished(edges: Edges, point: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the point that its own voters meet in best (3,)."""
    lines = _lines(edges)
    for _ in range(_POLISH):
        reach = towards(edges, point[None], np.ones(1))[0]
        sd = edges.sd_rad * np.hypot(*reach.T)
        trust = weight * _votes(edges, point[None])[0] / np.maximum(sd, TINY) ** 2
        scatter = (lines * trust[:, None]).T @ lines
        point = np.linalg.eigh(scatter)[1][:, 0]
    return np.asarray(point)
