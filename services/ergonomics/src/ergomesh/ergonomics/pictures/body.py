"""The shaded body over the video's pictures (cv2)."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ergomesh.contract.arrays import Motion
from ergomesh.ergonomics.core.track import Track
from ergomesh.ergonomics.pictures.planes import Planes, blend
from ergomesh.ergonomics.pictures.shade import Camera, known_bones, shaded
from ergomesh.ergonomics.pictures.skin import (
    Floats,
    Surface,
    bone_moves,
    coarser,
    surface_of,
)

OPACITY: Final = 0.62
"""Of the body where it is seen: shape reads, and so does the worker below it."""
FAINT: Final = 0.4
"""What of it is left where a part is not seen."""
TINT: Final = (141, 118)
"""Blueness and redness: a cool grey, that no skin or cloth has."""
_SOFT_PX: Final = (2, 2)
"""Pixels of the layer over which its edge is spread."""
_WHITE: Final = 235.0
"""Brightness of white in video range (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class MovingBody:
    """A body in the clip's camera."""

    surface: Surface
    moves_cam: Floats
    """(T, 55, 3, 4)."""
    motion: Motion
    track: Track

    def draw(self, planes: Planes, picture: int, scale: float) -> None:
        """Draw the body of one picture, at half its resolution.

        Args:
            planes: The picture.
            picture: Its number.
            scale: Pixels per source pixel.
        """
        near = self.track.nearest[picture]
        if near < 0:
            return
        moves = self.track.blend(self.moves_cam, np.array([picture]))[0]
        half = camera_of(self.motion).scaled(scale / 2)
        rows, columns = planes[1].shape
        known = known_bones(self.motion.joint_observed[near], FAINT)
        found = shaded(self.surface, moves, known, half.intrinsics, (columns, rows))
        if found is not None:
            cover = found.cover * np.float32(OPACITY)
            light = found.light * cover * np.float32(_WHITE)
            at_px = 2 * found.left, 2 * found.top
            blend(planes, at_px, _softer(light), _softer(cover), TINT)


def _softer(layer: Floats) -> Floats:
    """Return a layer whose edges do not show its coarse pixels."""
    return np.asarray(cv2.blur(layer, _SOFT_PX), np.float32)


def moving_body(scene: bytes, motion: Motion, track: Track) -> MovingBody:
    """Return the body of a clip, coarse enough for video.

    Args:
        scene: ``scene.glb``.
        motion: Of the same fit.
        track: Of the clip's pictures.

    Raises:
        SceneError: When the scene is none of ours.
    """
    surface = coarser(surface_of(scene))
    moves = camera_of(motion).moves(bone_moves(surface, motion))
    return MovingBody(surface, moves, motion, track)


def camera_of(motion: Motion) -> Camera:
    """Return the clip's camera, pixels of the upright source picture."""
    return Camera(motion.rotmat_cam_world, motion.trans_cam_world_m, motion.intrinsics)
