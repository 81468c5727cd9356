"""One look out of several at the same person: two models, a mirrored crop (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.contract.skeleton import LANDMARK, SIDES
from ergomesh.pose.detection import Look

_LIMBS: Final = (
    ("shoulder", "elbow", "wrist"),
    ("hip", "knee", "ankle"),
)


def averaged(image: Sequence[Look], world: Sequence[Look]) -> Look:
    """Return the mean of several looks.

    A look that takes the person's left for the right is left out: the mean of the
    two would be a body without width.

    Args:
        image: For the landmarks in the picture; the first is the measure.
        world: For the landmarks in space.
    """
    first = image[0]
    if len(image) == len(world) == 1 and world[0] is first:
        return first
    flat = [look for look in image if same_sides(first, look)]
    deep = [look for look in world if same_sides(first, look)] or [world[0]]
    return replace(
        first,
        points_px=_mean([look.points_px for look in flat]),
        depth_px=_mean([look.depth_px for look in flat]),
        visibility=_mean([look.visibility for look in flat]),
        presence=_mean([look.presence for look in flat]),
        points_world_m=_mean([look.points_world_m for look in deep]),
    )


def same_sides(a: Look, b: Look) -> bool:
    """Whether two looks at one person agree which limb is left and which is right."""
    for limb in _LIMBS:
        left, right = (_rows(side, limb) for side in SIDES)
        kept = _apart(a, left, b, left) + _apart(a, right, b, right)
        if kept > _apart(a, left, b, right) + _apart(a, right, b, left):
            return False
    return True


def _rows(side: str, limb: Sequence[str]) -> IntArray:
    return np.array([LANDMARK[f"{side}_{part}"] for part in limb])


def _apart(a: Look, rows_a: IntArray, b: Look, rows_b: IntArray) -> float:
    steps = a.points_px[rows_a] - b.points_px[rows_b]
    return float(np.linalg.norm(steps, axis=1).sum())


def _mean(values: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.mean(values, axis=0))
