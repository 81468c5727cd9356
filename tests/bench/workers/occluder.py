"""A box between camera and worker that hides some of the body, never most of it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.workers.cameras import Camera
from bench.workers.look import PAINTS, linear
from bench.workers.perform import Performance
from bench.workers.rotations import turn
from bench.workers.surface import Surface, box
from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT

MOST_HIDDEN: Final = 1 / 3
"""In no frame are more of the body's joints behind the box."""

_SHRINK: Final = 0.93
"""A box that hides too much is made lower by this factor, again and again."""

_DEEP_M: Final = 0.4
_WIDE_M: Final = (0.3, 0.55)
_HIDES_TO: Final = (0.5, 0.85)
"""The box hides what is below this share of the pelvis' least height."""

_NEAREST_M: Final = 1.0
"""From the worker's middle, on the way to the camera, if there is room."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """A box on the floor."""

    size_m: FloatArray
    """(3,) whole lengths."""
    place_m: FloatArray
    """(3,) its middle on the floor."""
    rotmat: FloatArray
    """(3, 3) world from box."""

    def hides(self, eye_m: FloatArray, points_m: FloatArray) -> BoolArray:
        """Return (...) whether the box is on the way from an eye to points (..., 3)."""
        middle = self.place_m + np.array([0.0, 0.5 * self.size_m[1], 0.0])
        start = (eye_m - middle) @ self.rotmat
        way = (points_m - eye_m) @ self.rotmat
        way = np.where(np.abs(way) > np.finfo(float).tiny, way, np.finfo(float).tiny)
        entries = np.sort(
            (np.array([-0.5, 0.5])[:, None] * self.size_m - start) / way[..., None, :],
            axis=-2,
        )
        first, last = entries[..., 0, :].max(axis=-1), entries[..., 1, :].min(axis=-1)
        hidden: BoolArray = (first < last) & (last > 0) & (first < 1)
        return hidden


def occluder_for(performed: Performance, camera: Camera, seed: int) -> Block:
    """Return a box that hides part of the legs, or what is as low.

    Args:
        performed: The body in motion.
        camera: Who looks.
        seed: Of its size and place.
    """
    draw = np.random.default_rng((seed, 51))
    hips = performed.joints_m[:, JOINT["pelvis"]]
    middle = hips.mean(axis=0)
    way = (camera.eye_m - middle) * [1.0, 0.0, 1.0]
    distance = float(np.linalg.norm(way))
    way /= distance
    off = min(max(_NEAREST_M, 0.3 * distance), 0.6 * distance)
    hidden = draw.uniform(*_HIDES_TO) * hips[:, 1].min()
    high = hidden + (camera.eye_m[1] - hidden) * off / distance
    aside = np.cross([0.0, 1.0, 0.0], way) * draw.uniform(-0.35, 0.35)
    block = Block(
        size_m=np.array([draw.uniform(*_WIDE_M), high, _DEEP_M]),
        place_m=middle * [1.0, 0.0, 1.0] + off * way + aside,
        rotmat=turn("y", draw.uniform(0, 90)),
    )
    while hidden_share(block, performed, camera).max() > MOST_HIDDEN:
        lower = block.size_m * [1.0, _SHRINK, 1.0]
        block = replace(block, size_m=lower)
    return block


def hidden_share(block: Block, performed: Performance, camera: Camera) -> FloatArray:
    """Return (T,) the share of the body's joints that a box hides."""
    joints = performed.joints_m[:, : len(BODY_JOINTS)]
    share: FloatArray = block.hides(camera.eye_m, joints).mean(axis=1)
    return share


def painted(block: Block, seed: int) -> Surface:
    """Return the box in some colour."""
    names = sorted(PAINTS)
    colour = linear(PAINTS[names[seed % len(names)]])
    solid = box(block.size_m, colour).moved(
        np.eye(3), np.array([0.0, 0.5 * block.size_m[1], 0.0])
    )
    return solid.moved(block.rotmat, block.place_m)
