"""The vertical and the focal length of a camera, with how sure they are.

Several rooms may fit the edges of a picture: a rack that leans, a ladder, a
picture that says little. So every plausible room is fitted, and each counts by its
evidence (Laplace's approximation). Edges of one object err together, and a
leaning family can be the larger one, so evidence counts by a power of itself
instead of an exponential: twice the edges make a room eight times as likely, not
certain. "The edges say nothing" is one of the possibilities; the covariance is of
all of them.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.mesh.core.lines import TINY, Edges, unit, vanishing_points
from ergomesh.mesh.core.rooms import (
    ASIDE,
    FOCAL,
    TURN,
    UP,
    Clues,
    Reading,
    Rooms,
    fitted,
    precision_of,
    read,
)

SATURATION: Final = 3.0
"""Evidence counts as this power of itself: see above."""
SAME_CLAIM: Final = 0.5
"""Rooms with this share of their edges in common are readings of one structure,
not two structures."""
RIVAL: Final = 1 / 3
"""… but for rooms that each have uprights of their own, at least this share of the
other's: one of the two families leans."""
ANY_DIRECTION: Final = 10.0
"""What it costs to make parallel edges out of nothing, in the units of evidence:
0.4° on the half sphere, ln 0.007⁻²."""
NEAR_SD: Final = 4.0
"""Verticals further than this from what else is known are not considered."""
LOG_FOCAL_STEPS: Final = (-0.3, -0.15, 0.0, 0.15, 0.3)
"""Focal lengths to start from, relative to the expected one; however well that is
known, edges are told apart best at the one that they themselves suggest."""
LOG_FOCAL_NEAR: Final = 0.6
"""Right angles that would need a focal length further off are not considered."""
SQUARE: Final = 0.2
"""Cosine up to which two directions may be at right angles, at the start."""
LEVEL: Final = 0.1
"""Sine up to which a family may be level, at the start."""
ANOTHER_RAD: Final = np.radians(4)
"""Level families nearer to an axis of the room are its own."""
STARTS: Final = 16
"""Rooms that are fitted."""
START_BLUR: Final = 3.0
REFINED: Final = (1.0,) * 4
"""Blur of the iterations that fit a room anew without directions aside."""
START_APART: Final = (np.radians(2), 0.1)
"""Turn, and log of focal length, by which starts must differ to end elsewhere."""
SAME: Final = (np.radians(0.3), 0.02)
"""As above, by which ends must differ to be two rooms."""
FLOOR_RAD: Final = np.radians(0.3)
"""What edges never tell better, per axis: the principal point is 0.5 % of the
picture's width off its middle, and lenses bend lines."""
LOG_FOCAL_FLOOR: Final = 0.015
"""As above, for the focal length."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """Vertical and focal length of a camera."""

    up_cam: FloatArray
    """(3,) unit vector."""
    turn_cov_rad2: FloatArray
    """(3, 3) covariance of the small turn that takes it to the true one, camera
    frame; none about the vertical itself."""
    focal_px: float
    log_focal_sd: float
    by_edges: bool
    """Whether edges decided it, not the clues alone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sightlines:
    """Straight edges of the still background, and where they meet."""

    edges: Edges
    points: FloatArray
    """(K, 3) of :func:`lines.vanishing_points`."""

    @classmethod
    def of(cls, lines_px: FloatArray, size_px: FloatArray | IntArray) -> Self:
        """Build from segments (M, 4) of a picture of some width and height (2,)."""
        edges = Edges.of(lines_px, size_px)
        return cls(edges=edges, points=vanishing_points(edges))


def view_from(sightlines: Sightlines, clues: Clues) -> View:
    """Return vertical and focal length from edges and whatever else is known.

    Args:
        sightlines: Of the still background.
        clues: What else is known.
    """
    edges, points = sightlines.edges, sightlines.points
    if not len(points):
        return _alone(clues)
    starts = _starts(points, clues, edges.unit_px)
    starts = _apart(_best_first(starts, _promise(edges, starts, clues)), *START_APART)
    rooms = fitted(edges, starts, clues)
    alone = np.full_like(rooms.azimuths, np.nan)
    plain = fitted(edges, rooms.with_aside(alone), clues, REFINED)
    rooms = Rooms.joined((rooms, plain))
    rooms = _best_first(rooms, _log_odds(edges, rooms, clues))
    return _mixed(edges, _apart(rooms, *SAME), clues)


def _alone(clues: Clues) -> View:
    """Return what is known without any edge."""
    across = np.eye(3) - np.outer(clues.up_cam, clues.up_cam)
    covariance = np.linalg.inv(clues.precision(clues.up_cam))
    return View(
        up_cam=clues.up_cam,
        turn_cov_rad2=across @ covariance[TURN, TURN] @ across,
        focal_px=clues.focal_px,
        log_focal_sd=clues.log_focal_sd,
        by_edges=False,
    )


def _starts(points: FloatArray, clues: Clues, unit_px: float) -> Rooms:
    """Return all rooms that the vanishing points suggest."""
    expected = clues.focal_px / unit_px
    focals = expected * np.exp(LOG_FOCAL_STEPS)
    one, other = points[np.array(np.triu_indices(len(points), 1))]
    square = _square_focals(one, other)
    near = np.abs(np.log(square / expected)) < LOG_FOCAL_NEAR
    parts = [_rooms_of_pairs(one[near], other[near], square[near])]
    for focal in focals:
        parts.append(_rooms_of_pairs(one, other, np.full(len(one), focal)))
        parts.append(_rooms_of_singles(points, np.full(len(points), focal)))
    rooms = Rooms.joined(parts).facing(clues.up_cam)
    misses = clues.misses(rooms.up_cam) - clues.misses(clues.up_cam)
    return _with_others(rooms.take((misses**2).sum(-1) < NEAR_SD**2), points)


def _square_focals(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return (P,) focal lengths that put pairs of points at right angles.

    Zero where there is none: such points, or one of them, lie at infinity.
    """
    across = -(one[:, :2] * other[:, :2]).sum(-1)
    depth = one[:, 2] * other[:, 2]
    squared = across / np.where(np.abs(depth) < TINY, np.inf, depth)
    return np.asarray(np.sqrt(np.maximum(squared, TINY)))


def _directions(points: FloatArray, focal: FloatArray) -> FloatArray:
    """Return (P, 3) unit vectors to vanishing points in the camera frame."""
    ahead = focal[:, None] * points[:, 2:]
    return unit(np.concatenate((points[:, :2], ahead), axis=-1))


def _rooms_of_pairs(one: FloatArray, other: FloatArray, focal: FloatArray) -> Rooms:
    """Return rooms that have two vanishing points for axes, in all three ways."""
    first, second = _directions(one, focal), _directions(other, focal)
    square = np.abs((first * second).sum(-1)) < SQUARE
    first, second, focal = first[square], second[square], focal[square]
    third = unit(np.cross(first, second))
    ways = ((first, second), (second, first), (third, first))
    return Rooms.joined([Rooms.of(up, across, focal) for up, across in ways])


def _rooms_of_singles(points: FloatArray, focal: FloatArray) -> Rooms:
    """Return rooms of which only the vertical shows."""
    up = _directions(points, focal)
    least = np.eye(3)[np.argmin(np.abs(up), axis=-1)]
    return Rooms.of(up, np.cross(up, least), focal)


def _with_others(rooms: Rooms, points: FloatArray) -> Rooms:
    """Return rooms with the strongest other level families as directions aside."""
    azimuths = np.full_like(rooms.azimuths, np.nan)
    for k, focal in enumerate(np.exp(rooms.log_focal)):
        ways = _directions(points, np.full(len(points), focal)) @ rooms.rotmats[k]
        angle = np.arctan2(ways[:, 2], ways[:, 0])
        other = np.abs(np.sin(2 * angle)) > np.sin(2 * ANOTHER_RAD)
        found = angle[other & (np.abs(ways[:, UP]) < LEVEL)][:ASIDE]
        azimuths[k, : len(found)] = found
    return rooms.with_aside(azimuths)


def _best_first(rooms: Rooms, promise: FloatArray) -> Rooms:
    """Return rooms in the order of their promise (H,)."""
    return rooms.take(np.argsort(-promise, kind="stable"))


def _promise(edges: Edges, rooms: Rooms, clues: Clues) -> FloatArray:
    """Return (H,) how well rooms fit before they are fitted."""
    evidence = read(edges, rooms, START_BLUR).evidence
    return np.asarray(evidence - _unlikeliness(rooms, clues, edges.unit_px))


def _unlikeliness(rooms: Rooms, clues: Clues, unit_px: float) -> FloatArray:
    """Return (H,) minus the log of the clues' density, over that at its best."""
    misses, least = clues.misses(rooms.up_cam), clues.misses(clues.up_cam)
    focal = rooms.log_focal - np.log(clues.focal_px / unit_px)
    squares = (misses**2).sum(-1) - (least**2).sum() + (focal / clues.log_focal_sd) ** 2
    return np.asarray(squares / 2)


def _apart(rooms: Rooms, turn_rad: float, log_focal: float) -> Rooms:
    """Return the first rooms of a list that differ, by any axis or focal length."""
    kept: list[int] = []
    for k in range(len(rooms)):
        turn = np.einsum("hji,jk->hik", rooms.rotmats[kept], rooms.rotmats[k])
        alike = _alike(turn, turn_rad)
        alike &= np.abs(rooms.log_focal[kept] - rooms.log_focal[k]) < log_focal
        if not alike.any():
            kept.append(k)
        if len(kept) == STARTS:
            break
    return rooms.take(np.array(kept, dtype=np.int64))


def _alike(turn: FloatArray, within_rad: float) -> BoolArray:
    """Return (H,) whether turns are small, but for right angles about the vertical."""
    upright = turn[:, UP, UP] > np.cos(within_rad)
    across = np.abs(turn[:, 0, [0, 2]]).max(-1)
    return np.asarray(upright & (across > np.cos(within_rad)))


def _mixed(edges: Edges, rooms: Rooms, clues: Clues) -> View:
    """Return the likeliest possibility, as sure as all of them together allow."""
    shares = _shares(edges, rooms, clues)
    best = int(np.argmax(shares))
    covariances = _covariances(edges, rooms, clues)
    ups = np.vstack((clues.up_cam, rooms.up_cam))
    expected = np.log(clues.focal_px / edges.unit_px)
    focals = np.append(expected, rooms.log_focal)
    across = np.eye(3) - np.outer(ups[best], ups[best])
    apart = np.stack([_turn_between(ups[best], up) for up in ups])
    spread = covariances[:, TURN, TURN] + apart[:, :, None] * apart[:, None]
    focal_spread = covariances[:, FOCAL, FOCAL] + (focals - focals[best]) ** 2
    return View(
        up_cam=ups[best],
        turn_cov_rad2=across @ np.tensordot(shares, spread, 1) @ across,
        focal_px=float(np.exp(focals[best]) * edges.unit_px),
        log_focal_sd=float(np.sqrt(shares @ focal_spread)),
        by_edges=best > 0,
    )


def _shares(edges: Edges, rooms: Rooms, clues: Clues) -> FloatArray:
    """Return (1 + H,) probabilities: of the clues alone, and of the rooms."""
    log = np.append(0.0, _log_odds(edges, rooms, clues))
    shares = np.exp(log - log.max())
    return np.asarray(shares / shares.sum())


def _log_odds(edges: Edges, rooms: Rooms, clues: Clues) -> FloatArray:
    """Return (H,) how much more likely rooms are than the clues alone."""
    reading = read(edges, rooms)
    before = np.linalg.slogdet(clues.precision(clues.up_cam))[1]
    after = np.linalg.slogdet(precision_of(edges, rooms, clues))[1]
    evidence = _for_the_vertical(reading) + 0.5 * (before - after)
    alike = _alike_claims(edges, reading)
    total = np.logaddexp.reduce(np.where(alike, evidence, -np.inf), axis=-1)
    total = np.maximum(total, 0)
    counts = evidence - total + SATURATION * np.log1p(total / SATURATION)
    return np.asarray(counts - _unlikeliness(rooms, clues, edges.unit_px))


def _for_the_vertical(reading: Reading) -> FloatArray:
    """Return (H,) the evidence less what says nothing of the vertical.

    Parallel edges of whatever direction are no surprise; that they are level is
    one only together with others.
    """
    level = np.delete(reading.alone, UP, axis=-1).max(-1, initial=0)
    free = np.maximum(level - ANY_DIRECTION, 0)
    return np.asarray(reading.evidence - free)


def _alike_claims(edges: Edges, reading: Reading) -> BoolArray:
    """Return (H, H) whether rooms are readings of one structure.

    They are if they are seen by the same edges, unless each has its own uprights.
    """
    belongs = edges.weight * reading.belongs
    uprights = belongs[:, UP].sum(-1)
    smaller = np.minimum.outer(uprights, uprights)
    larger = np.maximum.outer(uprights, uprights)
    rivals = (_in_common(belongs[:, UP]) < SAME_CLAIM) & (smaller > RIVAL * larger)
    return np.asarray((_in_common(belongs.sum(1)) >= SAME_CLAIM) & ~rivals)


def _in_common(claims: FloatArray) -> FloatArray:
    """Return (H, H) the share of the smaller of two claims (H, M) that both make."""
    shared = np.minimum(claims[:, None], claims).sum(-1)
    whole = np.diagonal(shared)
    smaller = np.minimum(whole[:, None], whole)
    return np.asarray(np.where(smaller > 0, shared, 1) / np.maximum(smaller, TINY))


def _covariances(edges: Edges, rooms: Rooms, clues: Clues) -> FloatArray:
    """Return (1 + H, N, N), the edges' with what they never tell better."""
    alone = np.linalg.inv(clues.precision(clues.up_cam))
    found = np.linalg.inv(precision_of(edges, rooms, clues))
    floor = np.zeros_like(alone)
    floor[TURN, TURN] = FLOOR_RAD**2 * np.eye(3)
    floor[FOCAL, FOCAL] = LOG_FOCAL_FLOOR**2
    return np.concatenate((alone[None], found + floor))


def _turn_between(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return (3,) the smallest turn that takes one unit vector to another."""
    axis = np.cross(one, other)
    sine = float(np.linalg.norm(axis))
    return np.asarray(axis / max(sine, TINY) * np.arctan2(sine, one @ other))
