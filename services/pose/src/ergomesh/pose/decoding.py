"""From the landmark network's raw output to landmarks in the picture (pure).

The network looks at 256x256 pixels and returns 39 landmarks: the 33 of MediaPipe,
and six of its own, of which two say where the person is. What the numbers mean is
told by MediaPipe: ``pose_landmarks_detector_graph.cc``,
``tensors_to_landmarks_calculator.cc``, ``landmark_projection_calculator.cc``,
``world_landmark_projection_calculator.cc``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS
from ergomesh.contract.skeleton import mirrored as mirrored_name
from ergomesh.pose.detection import Look
from ergomesh.pose.heatmap import refined
from ergomesh.pose.region import Region

INPUT_PX: Final = 256
"""Side of the network's input."""
_ALL: Final = len(LANDMARKS) + 6
_HIPS, _RIM = len(LANDMARKS), len(LANDMARKS) + 1
"""Rows of the middle of the hips and of a point on the circle about the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLook:
    """The network's output for one crop."""

    landmarks: FloatArray
    """(39, 5) x, y, z in pixels of the crop; logits of visibility and presence."""
    score: float
    """How sure that a person is in the crop, 0…1."""
    heat: FloatArray
    """(64, 64, 39) logits."""
    world_m: FloatArray
    """(39, 3)."""


def decoded(raw: RawLook, region: Region, *, mirrored: bool = False) -> Look:
    """Return the landmarks in the picture.

    Args:
        raw: What the network made of the crop.
        region: Where the crop was cut out.
        mirrored: Whether it was flipped left to right; the result is not.
    """
    values = raw.landmarks.astype(np.float64).reshape(_ALL, 5)
    shares = refined(values[:, :2] / INPUT_PX, raw.heat)
    world_m = raw.world_m.astype(np.float64).reshape(_ALL, 3)
    chances = 1 / (1 + np.exp(-values[:, 3:]))
    if mirrored:
        shares = np.column_stack([1 - shares[:, 0], shares[:, 1]])
        world_m = world_m * (-1, 1, 1)
    points_px = region.to_picture(shares)
    world_m[:, :2] = world_m[:, :2] @ region.turned().T
    own = _OWN_MIRRORED if mirrored else _OWN
    return Look(
        score=raw.score,
        next_region=Region.about(points_px[_HIPS], points_px[_RIM]),
        points_px=points_px[own],
        depth_px=values[own, 2] / INPUT_PX * region.side_px,
        points_world_m=world_m[own],
        visibility=chances[own, 0],
        presence=chances[own, 1],
    )


_OWN: Final = np.arange(len(LANDMARKS))
_OWN_MIRRORED: Final = np.array([LANDMARK[mirrored_name(name)] for name in LANDMARKS])
