"""Bursts in which the detector exchanged left and right.

A silhouette seen from the front is also one seen from behind, with the sides
exchanged and the depths mirrored; MediaPipe flips between the two readings for
some frames (shared/reference/mesh.md §3.3). It also takes one leg or one arm for
the other where they cross. Nobody turns about within a frame, so the readings are
chosen together: the path of states over which landmarks move least. In each state
the trunk and each pair of limbs are as detected or exchanged. All are chosen at once:
one after the other, spread arms taken for each other would pass for a body that
turned about.
"""

from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, SIDES, mirrored
from ergomesh.mesh.core.observability import detected_frames
from ergomesh.mesh.core.paths import cheapest_path

EXCHANGED_COST: Final = 0.02
"""Of each exchanged frame, in body sizes of landmark movement: the detector is
mostly right, and in a side view, where both readings look alike, it is believed. A
pair of limbs that is not read as the trunk costs its share of this."""

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

_LIMBS: Final = sorted(row for pair in LIMB_PAIRS for row in pair)
PARTS: Final = ([row for row in _PAIRED if row not in _LIMBS], *LIMB_PAIRS)
"""What is read apart: trunk with head, then the pairs of limbs."""

_SHARES: Final = np.array([len(rows) / len(_PAIRED) for rows in PARTS])
_STATES: Final = np.array(list(product((False, True), repeat=len(PARTS))))
"""(S, P) which parts are exchanged."""


def with_sides_in_order(landmarks: Landmarks, max_gap_s: float) -> Landmarks:
    """Return landmarks with exchanged frames put right.

    Where the trunk was exchanged the detector took back for front, and depths are
    mirrored too.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps nothing says how the person turned.
    """
    swapped = exchanged_parts(landmarks, max_gap_s)
    landmarks = _depths_mirrored(landmarks, swapped[0])
    for frames, rows in zip(swapped, PARTS, strict=True):
        landmarks = _put_right(landmarks, frames, rows)
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


def exchanged_parts(landmarks: Landmarks, max_gap_s: float) -> BoolArray:
    """Return (P, T) whether left and right of each of the parts are exchanged.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps each reading is as likely as the other.
    """
    frames = np.flatnonzero(detected_frames(landmarks))
    result = np.zeros((len(PARTS), len(landmarks.time_s)), dtype=np.bool_)
    if len(frames) > 1:
        points_px = landmarks.points_px[frames]
        moved = np.array([_movement(points_px, rows) for rows in PARTS])
        linked = np.diff(landmarks.time_s[frames]) <= max_gap_s
        result[:, frames] = _path(_SHARES[:, None, None] * moved * linked).T
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


def _path(moved: FloatArray) -> BoolArray:
    """Return (T, P) the cheapest sequence of readings, true where exchanged.

    Args:
        moved: (P, 2, T - 1) movement if readings stay or change.
    """
    stay, change = np.moveaxis(moved, (1, 2), (0, 1))[..., None, None, :]
    step = np.where(_STATES[:, None] != _STATES, change, stay).sum(-1)
    apart = (_STATES[:, :1] != _STATES) @ _SHARES
    own = EXCHANGED_COST * (_STATES[:, 0] + apart)
    every = np.broadcast_to(own, (len(step) + 1, len(own)))
    return np.asarray(_STATES[cheapest_path(every, step)])
