"""A room fitted to straight edges: its turn against the camera, the focal length.

Model: an edge is upright, or runs along one of two horizontal directions at right
angles (Coughlan and Yuille, "Manhattan World", ICCV 1999), or along one of two more
that are level but turned any way, such as those of a table (Schindler and Dellaert,
"Atlanta World", CVPR 2004), or is clutter of any direction. Which edge is what, and
how many of each, comes out of the fit (expectation maximisation), beside the room's
turn, the focal length and the ways of the others. All rooms are fitted at once, each
from its own start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.mesh.core.lines import TINY, Edges, sine_to, towards, unit

TEMPER: Final = 0.7
"""What an edge counts beside the others of its object, which err as it does."""
BLUR: Final = (4.0, 3.0, 2.0, 1.5, *[1.0] * 8)
"""Factor on the edges' standard deviations, iteration by iteration."""
PSEUDO: Final = np.array((4.0, 2.0, 2.0, 2.0, 1.0, 1.0))
"""Edges taken for granted: clutter, along each axis of the room, and aside."""
AZIMUTH_SD_RAD: Final = np.radians(26)
"""Of a direction that is only known to within a right angle: 90° / √12."""
UP: Final = 1
"""Which axis of a room is the vertical."""

ASIDE: Final = 2
"""Horizontal directions at no right angle to the room."""
UNKNOWNS: Final = 4 + ASIDE
"""Of a room: its turn in the camera's frame, the log of the focal length, and the
azimuths of the directions aside."""
TURN: Final = slice(0, 3)
FOCAL: Final = 3
AZIMUTHS: Final = slice(4, UNKNOWNS)

SETTLING: Final = 10
"""Steps in which clues of different opinion agree."""
_LONGEST_STEP: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clues:
    """What is known of camera and vertical beside the edges.

    Each row says ``rows · up = values ± sds``; all are of the camera frame.
    """

    rows: FloatArray
    """(K, 3)."""
    values: FloatArray
    """(K,)."""
    sds: FloatArray
    """(K,)."""
    up_cam: FloatArray
    """(3,) the vertical by these clues alone, a unit vector."""
    focal_px: float
    """Expected focal length."""
    log_focal_sd: float
    """How far it may be off, relative."""

    def misses(self, up_cam: FloatArray) -> FloatArray:
        """Return (..., K) how far verticals (..., 3) are off, in deviations."""
        return np.asarray((up_cam @ self.rows.T - self.values) / self.sds)

    def by_turn(self, up_cam: FloatArray) -> FloatArray:
        """Return (..., K, 3): derivative of the misses by a turn of the vertical."""
        turned = np.cross(up_cam[..., None, :], self.rows)
        return np.asarray(turned / self.sds[:, None])

    def precision(self, up_cam: FloatArray) -> FloatArray:
        """Return (..., N, N) of the unknowns of rooms with some verticals (..., 3)."""
        by_turn = self.by_turn(up_cam)
        about = up_cam[..., :, None] * up_cam[..., None, :]
        total = np.zeros((*up_cam.shape[:-1], UNKNOWNS, UNKNOWNS))
        total[..., TURN, TURN] = np.swapaxes(by_turn, -1, -2) @ by_turn
        total[..., TURN, TURN] += about / AZIMUTH_SD_RAD**2
        total[..., FOCAL, FOCAL] = 1 / self.log_focal_sd**2
        total[..., AZIMUTHS, AZIMUTHS] = np.eye(ASIDE) / AZIMUTH_SD_RAD**2
        return total

    def settled(self) -> Self:
        """Return the clues with the vertical where they agree best (Gauss-Newton)."""
        up_cam = self.up_cam
        for _ in range(SETTLING):
            gradient = self.misses(up_cam) @ self.by_turn(up_cam)
            step = -np.linalg.solve(self.precision(up_cam)[TURN, TURN], gradient)
            up_cam = turns(np.asarray(step[None]))[0] @ up_cam
        return replace(self, up_cam=up_cam)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rooms:
    """H rooms that may be the one in the picture."""

    rotmats: FloatArray
    """(H, 3, 3) camera from room; the room's y is up."""
    log_focal: FloatArray
    """(H,) of the focal length in the edges' unit."""
    azimuths: FloatArray
    """(H, 2) angles in the horizontal plane from x to z, of the directions aside."""
    shares: FloatArray
    """(H, 6) of the edges: clutter, along each axis, and aside; none is for good."""

    def __len__(self) -> int:
        return len(self.log_focal)

    @classmethod
    def of(cls, up_cam: FloatArray, across: FloatArray, focal: FloatArray) -> Self:
        """Build from verticals, directions across (H, 3), and focal lengths (H,)."""
        across = unit(across - (across * up_cam).sum(-1, keepdims=True) * up_cam)
        axes = (across, up_cam, np.cross(across, up_cam))
        alone = np.where(np.arange(len(PSEUDO)) < len(PSEUDO) - ASIDE, PSEUDO, 0)
        return cls(
            rotmats=np.stack(axes, axis=-1),
            log_focal=np.log(focal),
            azimuths=np.zeros((len(focal), ASIDE)),
            shares=np.tile(alone / alone.sum(), (len(focal), 1)),
        )

    def with_aside(self, azimuths: FloatArray) -> Self:
        """Return the rooms with directions aside, those that are numbers (H, 2)."""
        known = np.isfinite(azimuths)
        counts = np.tile(PSEUDO, (len(self), 1))
        counts[:, -ASIDE:] *= known
        return replace(
            self,
            azimuths=np.where(known, azimuths, 0.0),
            shares=counts / counts.sum(-1, keepdims=True),
        )

    @property
    def up_cam(self) -> FloatArray:
        """(H, 3) verticals."""
        return self.rotmats[:, :, UP]

    @property
    def directions(self) -> FloatArray:
        """(H, 5, 3) the room's axes and the directions aside, in the camera frame."""
        axes = np.swapaxes(self.rotmats, 1, 2)
        return np.concatenate((axes, self._aside(self.azimuths)), axis=1)

    @property
    def beside(self) -> FloatArray:
        """(H, 2, 3) where the directions aside go as their azimuths grow."""
        return self._aside(self.azimuths + np.pi / 2)

    def _aside(self, azimuths: FloatArray) -> FloatArray:
        x, _, z = np.moveaxis(self.rotmats[:, None], -1, 0)
        angle = azimuths[..., None]
        return np.asarray(np.cos(angle) * x + np.sin(angle) * z)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all rooms of some collections."""
        return cls(
            rotmats=np.concatenate([part.rotmats for part in parts]),
            log_focal=np.concatenate([part.log_focal for part in parts]),
            azimuths=np.concatenate([part.azimuths for part in parts]),
            shares=np.concatenate([part.shares for part in parts]),
        )

    def facing(self, up_cam: FloatArray) -> Self:
        """Return the rooms with their verticals in the half space of one (3,)."""
        down = self.up_cam @ up_cam < 0
        over = np.where(down[:, None], (-1.0, -1.0, 1.0), 1.0)
        return replace(self, rotmats=self.rotmats * over[:, None])

    def take(self, rows: IntArray | BoolArray) -> Self:
        """Return some of the rooms."""
        return replace(
            self,
            rotmats=self.rotmats[rows],
            log_focal=self.log_focal[rows],
            azimuths=self.azimuths[rows],
            shares=self.shares[rows],
        )

    def moved(self, step: FloatArray) -> Self:
        """Return the rooms after steps (H, N) of their unknowns."""
        return replace(
            self,
            rotmats=turns(step[:, TURN]) @ self.rotmats,
            log_focal=self.log_focal + step[:, FOCAL],
            azimuths=self.azimuths + step[:, AZIMUTHS],
        )


def turns(rotvec: FloatArray) -> FloatArray:
    """Return (H, 3, 3) rotation matrices of axis-angle vectors (Rodrigues)."""
    angle = np.linalg.norm(rotvec, axis=-1)[:, None, None]
    x, y, z = np.moveaxis(rotvec, -1, 0)
    zero = np.zeros_like(x)
    skew = np.stack((zero, -z, y, z, zero, -x, -y, x, zero), -1).reshape(-1, 3, 3)
    first = np.sinc(angle / np.pi)
    second = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.asarray(np.eye(3) + first * skew + second * skew @ skew)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """How edges look in some rooms."""

    sine: FloatArray
    """(H, 5, M) of the angles to the vanishing points of the directions."""
    belongs: FloatArray
    """(H, 5, M) probability that an edge is along a direction."""
    evidence: FloatArray
    """(H,) log-likelihood over that of clutter alone."""
    alone: FloatArray
    """(H, 5) the part of it that each direction alone would have."""
    support: FloatArray
    """(H, 5) edges along each direction, tempered."""


def read(edges: Edges, rooms: Rooms, blur: float = 1.0) -> Reading:
    """Return how edges look in rooms.

    Args:
        edges: M of them.
        rooms: H of them.
        blur: Factor on the edges' standard deviations.
    """
    focal = np.exp(rooms.log_focal)[:, None]
    sine, _ = sine_to(edges, towards(edges, rooms.directions, focal))
    sd = blur * edges.sd_rad
    # Over the density of clutter, which is even over half a turn.
    density = np.sqrt(np.pi / 2) / sd * np.exp(-0.5 * (sine / sd) ** 2)
    along = rooms.shares[:, 1:, None] * density
    total = rooms.shares[:, 0, None] + along.sum(1)
    others = 1 - rooms.shares[:, 1:, None]
    belongs = along / total[:, None]
    weight = TEMPER * edges.weight
    return Reading(
        sine=sine,
        belongs=belongs,
        evidence=np.log(total) @ weight,
        alone=np.log(others + along) @ weight,
        support=belongs @ weight,
    )


def fitted(
    edges: Edges, rooms: Rooms, clues: Clues, blurs: Sequence[float] = BLUR
) -> Rooms:
    """Return the rooms that fit edges and clues best, each from its start.

    Args:
        edges: Of the background.
        rooms: The starts.
        clues: What else is known.
        blurs: Factor on the edges' standard deviations, iteration by iteration.
    """
    for blur in blurs:
        reading = read(edges, rooms, blur)
        precision, gradient = _equations(edges, rooms, clues, reading, blur)
        step = -np.linalg.solve(precision, gradient[..., None])[..., 0]
        size = np.linalg.norm(step, axis=-1, keepdims=True)
        step *= np.minimum(1, _LONGEST_STEP / np.maximum(size, _LONGEST_STEP / 2))
        rooms = replace(rooms, shares=_shares(edges, rooms, reading))
        rooms = rooms.moved(np.asarray(step))
    return rooms


def _shares(edges: Edges, rooms: Rooms, reading: Reading) -> FloatArray:
    along = reading.support / TEMPER
    clutter = edges.weight.sum() - along.sum(-1, keepdims=True)
    counts = np.concatenate((clutter, along), axis=-1) + PSEUDO
    counts *= rooms.shares > 0
    return np.asarray(counts / counts.sum(-1, keepdims=True))


def precision_of(edges: Edges, rooms: Rooms, clues: Clues) -> FloatArray:
    """Return (H, N, N) how firmly edges and clues hold the rooms."""
    reading = read(edges, rooms)
    return _equations(edges, rooms, clues, reading, 1.0)[0]


def _equations(
    edges: Edges, rooms: Rooms, clues: Clues, reading: Reading, blur: float
) -> tuple[FloatArray, FloatArray]:
    """Return (H, N, N) and (H, N): the normal equations of a step."""
    rows = _derivative(edges, rooms)
    trust = TEMPER * reading.belongs * edges.weight / (blur * edges.sd_rad) ** 2
    weighted = rows * trust[..., None]
    precision = np.einsum("haic,haid->hcd", weighted, rows, optimize=True)
    gradient = np.einsum("haic,hai->hc", weighted, reading.sine, optimize=True)
    up = rooms.up_cam
    by_turn, misses = clues.by_turn(up), clues.misses(up)
    gradient[:, TURN] += (misses[:, None] @ by_turn)[:, 0]
    expected = np.log(clues.focal_px / edges.unit_px)
    gradient[:, FOCAL] += (rooms.log_focal - expected) / clues.log_focal_sd**2
    return precision + clues.precision(up), gradient


def _derivative(edges: Edges, rooms: Rooms) -> FloatArray:
    """Return (H, 5, M, N): of the sines, by the rooms' unknowns."""
    focal = np.exp(rooms.log_focal)[:, None]
    ways = rooms.directions
    by_way = _by_way(edges, towards(edges, ways, focal), focal[..., None])
    x, y, z = by_way
    way_x, way_y, way_z = np.moveaxis(ways[..., None], -2, 0)
    jac = np.zeros((*x.shape, UNKNOWNS))
    jac[..., TURN] = np.stack(
        (way_y * z - way_z * y, way_z * x - way_x * z, way_x * y - way_y * x), axis=-1
    )
    jac[..., FOCAL] = x * way_x + y * way_y
    for k in range(-ASIDE, 0):
        beside = rooms.beside[:, k].T[..., None]
        jac[:, k, :, k] = (by_way[:, :, k] * beside).sum(0)
    return jac


def _by_way(edges: Edges, reach: FloatArray, focal: FloatArray) -> FloatArray:
    """Return (3, H, 5, M): of the sines, by the directions' coordinates."""
    cosine = sine_to(edges, reach)[1]
    x, y = np.moveaxis(reach, -1, 0)
    scale = cosine / np.maximum(x**2 + y**2, TINY)
    x, y = -y * scale, x * scale
    turned = x * edges.middle[:, 0] + y * edges.middle[:, 1]
    return np.stack((focal * x, focal * y, -turned))
