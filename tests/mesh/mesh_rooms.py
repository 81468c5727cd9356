"""Made-up rooms: straight edges before a known camera, and what is known of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ergomesh.mesh.core.gravity import up_of
from ergomesh.mesh.core.horizon import Sightlines, View, view_from
from ergomesh.mesh.core.rooms import Clues

Array = NDArray[np.float64]

SIZE_PX = np.array((1280, 720))
FOCAL_PX = 1000.0
USUAL_PX = 1108.5
"""Of 60° along the longer side."""


@dataclass(frozen=True, kw_only=True)
class Furniture:
    """How many edges of each kind."""

    upright: int = 14
    level: int = 24
    """Along two directions at right angles."""
    clutter: int = 25
    leaning: int = 0
    lean_deg: float = 12.0


RICH = Furniture()


def camera_axes(tilt_deg: float, roll_deg: float, azimuth_deg: float) -> Array:
    """Return (3, 3) rows: a horizontal, the vertical, the other horizontal."""
    up = up_of(tilt_deg, roll_deg)
    side = np.cross(up, (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    ahead = np.cross(side, up)
    turn = np.radians(azimuth_deg)
    across = np.cos(turn) * side + np.sin(turn) * ahead
    return np.stack((across, up, np.cross(across, up)))


def room_lines(
    axes: Array,
    furniture: Furniture = RICH,
    *,
    seed: int = 0,
    focal_px: float = FOCAL_PX,
    noise_px: float = 0.4,
) -> Array:
    """Return (M, 4) the edges of a room in the picture, at least 40 px long."""
    rng = np.random.default_rng(seed)
    lean = np.radians(furniture.lean_deg)
    leaning = np.cos(lean) * axes[1] + np.sin(lean) * axes[0]
    ways = [axes[1]] * furniture.upright
    ways += [axes[2 * (k % 2)] for k in range(furniture.level)]
    ways += [leaning] * furniture.leaning
    ways += list(rng.normal(size=(furniture.clutter, 3)))
    lines = [_edge(way, rng, focal_px) for way in ways]
    return np.array(lines).reshape(-1, 4) + rng.normal(0, noise_px, (len(lines), 4))


def _edge(way: Array, rng: np.random.Generator, focal_px: float) -> Array:
    """Return the picture (4,) of an edge before the camera along a direction."""
    way = way / np.linalg.norm(way)
    while True:
        depth = rng.uniform(3, 8)
        where_px = rng.uniform(-0.45, 0.45, 2) * SIZE_PX
        middle = np.append(where_px / focal_px, 1.0) * depth
        ends = middle + np.outer((-0.5, 0.5), way * rng.uniform(0.4, 2.0))
        ends_px = ends[:, :2] / ends[:, 2:] * focal_px + SIZE_PX / 2
        if (ends[:, 2] > 1).all() and np.linalg.norm(np.diff(ends_px, axis=0)) > 40:
            return np.asarray(ends_px.ravel())


def clues_of(
    up_cam: Array,
    sd_deg: float = 8.0,
    focal_px: float = USUAL_PX,
    log_focal_sd: float = 0.2,
) -> Clues:
    """Return what a body says that stands along a direction."""
    up = up_cam / np.linalg.norm(up_cam)
    return Clues(
        rows=np.linalg.svd(up[None])[2][1:],
        values=np.zeros(2),
        sds=np.full(2, np.radians(sd_deg)),
        up_cam=up,
        focal_px=focal_px,
        log_focal_sd=log_focal_sd,
    )


def stooped(up_cam: Array, seed: int = 0, sd_deg: float = 8.0) -> Array:
    """Return a direction about as far from the vertical as a body's."""
    off = np.random.default_rng(seed).normal(0, np.radians(sd_deg), 3)
    up = up_cam + np.cross(off, up_cam)
    return np.asarray(up / np.linalg.norm(up))


def seen(lines_px: Array, clues: Clues, size_px: Array = SIZE_PX) -> View:
    """Return what the edges of a picture say."""
    return view_from(Sightlines.of(lines_px, size_px), clues)


def off_deg(view: View, up_cam: Array) -> float:
    """Return the angle between a found and the true vertical."""
    sine = np.linalg.norm(np.cross(view.up_cam, up_cam))
    return float(np.degrees(np.arctan2(sine, view.up_cam @ up_cam)))


def sd_deg(view: View) -> float:
    """Return the stated deviation of a vertical, per axis."""
    return float(np.degrees(np.sqrt(np.trace(view.turn_cov_rad2) / 2)))
