"""Bursts in which the detector exchanged left and right.

A silhouette seen from the front is also one seen from behind, with the sides
exchanged and the depths mirrored; MediaPipe flips between the two readings for
some frames (shared/reference/mesh.md §3.3). It also takes one leg or one arm for
the other where they cross. Nobody turns about within a frame, so the readings are
chosen together: the path of two states, as detected and exchanged, over which
landmarks move least. First for the whole body, then for each pair of limbs.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, SIDES, mirrored
from ergomesh.mesh.core.observability import detected_frames
from ergomesh.mesh.core.paths import cheapest_path

EXCHANGED_COST: Final = 0.02
"""Of each exchanged frame, in body sizes of landmark movement: the detector is
mostly right, and in a side view, where both readings look alike, it is believed."""

FAR: Final = 1.0
"""Movement in body sizes beyond which more does not count: a lost landmark."""

_OTHER: Final = [LANDMARK[mirrored(name)] for name in LANDMARKS]
_PAIRED: Final = [LANDMARK[n] for n in LANDMARKS if n.startswith(SIDES)]


def _both(*names: str) -> list[int]:
    return [LANDMARK[f"{side}_{name}"] for side in SIDES for name in names]


LIMB_PAIRS: Final[tuple[list[int], ...]] = (
    _both("elbow", "wrist", "pinky", "index", "thumb"),
    _both("knee", "ankle", "heel", "foot_index"),
)
"""Landmarks that change hands together."""


def with_sides_in_order(landmarks: Landmarks, max_gap_s: float) -> Landmarks:
    """Return landmarks with exchanged frames put right, depths mirrored there.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps nothing says how the person turned.
    """
    swapped = exchanged_frames(landmarks, max_gap_s)
    landmarks = _depths_mirrored(_put_right(landmarks, swapped, _PAIRED), swapped)
    for pair in LIMB_PAIRS:
        swapped = exchanged_frames(landmarks, max_gap_s, pair)
        landmarks = _put_right(landmarks, swapped, pair)
    return landmarks


def _depths_mirrored(landmarks: Landmarks, frames: BoolArray) -> Landmarks:
    world = landmarks.points_world_m * np.where(frames[:, None, None], (1, 1, -1), 1)
    return replace(landmarks, points_world_m=world) if frames.any() else landmarks


def _put_right(landmarks: Landmarks, swapped: BoolArray, rows: list[int]) -> Landmarks:
    """Return a copy with some landmarks exchanged in some frames."""
    if not swapped.any():
        return landmarks
    frames, columns = np.flatnonzero(swapped)[:, None], np.array(rows)
    others = np.array([_OTHER[k] for k in rows])
    names = ("points_px", "points_world_m", "visibility", "presence", "depth_px")
    changed = {name: getattr(landmarks, name).copy() for name in names}
    for values in changed.values():
        values[frames, columns] = values[frames, others]
    return replace(landmarks, **changed)


def exchanged_frames(
    landmarks: Landmarks, max_gap_s: float, rows: list[int] = _PAIRED
) -> BoolArray:
    """Return (T,) whether left and right are exchanged.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps each reading is as likely as the other.
        rows: Landmarks of both sides that are exchanged together.
    """
    frames = np.flatnonzero(detected_frames(landmarks))
    result = np.zeros(len(landmarks.time_s), dtype=np.bool_)
    if len(frames) > 1:
        keep, switch = _movement(landmarks.points_px[frames], rows)
        linked = np.diff(landmarks.time_s[frames]) <= max_gap_s
        result[frames] = _path(keep * linked, switch * linked)
    return result


def _movement(points_px: FloatArray, rows: list[int]) -> tuple[FloatArray, FloatArray]:
    """Return (T - 1,) mean movement, in body sizes, if readings stay or change."""
    known = np.asarray(np.isfinite(points_px).all(-1))
    holed = np.where(known[..., None], points_px, np.nan)
    paired, other = holed[:, rows], holed[:, [_OTHER[k] for k in rows]]
    spread = holed - _mean(holed, 1)[:, None]
    size = np.sqrt(_mean(np.square(spread).sum(-1), 1)).clip(1.0)

    def mean_step(after: FloatArray) -> FloatArray:
        step = np.linalg.norm(after[1:] - paired[:-1], axis=-1) / size[1:, None]
        return _mean(np.minimum(step, FAR), 1)

    return mean_step(paired), mean_step(other)


def _mean(values: FloatArray, axis: int) -> FloatArray:
    """Return the mean of what is known along an axis, zero where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis)
    return np.asarray(total / known.sum(axis).clip(1))


def _path(keep: FloatArray, switch: FloatArray) -> BoolArray:
    """Return (T,) the cheapest sequence of readings, true where exchanged."""
    own = np.broadcast_to((0.0, EXCHANGED_COST), (len(keep) + 1, 2))
    stay_or_change = np.array([[keep, switch], [switch, keep]])
    return np.asarray(cheapest_path(own, stay_or_change.transpose(2, 0, 1)) == 1)
