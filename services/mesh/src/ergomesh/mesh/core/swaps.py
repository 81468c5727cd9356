"""Bursts in which the detector exchanged left and right of the whole body.

A silhouette seen from the front is also one seen from behind, with the sides
exchanged and the depths mirrored; MediaPipe flips between the two readings for
some frames (shared/reference/mesh.md §3.3). Nobody turns about within a frame, so
the readings are chosen together: the path of two states, as detected and
exchanged, over which landmarks move least (Viterbi, 1967).
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, SIDES, mirrored
from ergomesh.mesh.core.observability import detected_frames

EXCHANGED_COST: Final = 0.02
"""Of each exchanged frame, in body sizes of landmark movement: the detector is
mostly right, and in a side view, where both readings look alike, it is believed."""

FAR: Final = 1.0
"""Movement in body sizes beyond which more does not count: a lost landmark."""

_OTHER: Final = [LANDMARK[mirrored(name)] for name in LANDMARKS]
_PAIRED: Final = [LANDMARK[n] for n in LANDMARKS if n.startswith(SIDES)]


def with_sides_in_order(landmarks: Landmarks, max_gap_s: float) -> Landmarks:
    """Return landmarks with exchanged frames put right, depths mirrored there.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps nothing says how the person turned.
    """
    swapped = exchanged_frames(landmarks, max_gap_s)
    if not swapped.any():
        return landmarks

    def put_right(values: FloatArray) -> FloatArray:
        mask = swapped.reshape(-1, *[1] * (values.ndim - 1))
        return np.where(mask, values[:, _OTHER], values)

    world = put_right(landmarks.points_world_m)
    world[swapped, :, 2] *= -1
    return replace(
        landmarks,
        points_px=put_right(landmarks.points_px),
        points_world_m=world,
        visibility=put_right(landmarks.visibility),
        presence=put_right(landmarks.presence),
        depth_px=put_right(landmarks.depth_px),
    )


def exchanged_frames(landmarks: Landmarks, max_gap_s: float) -> BoolArray:
    """Return (T,) whether left and right are exchanged.

    Args:
        landmarks: Of all frames.
        max_gap_s: Over longer gaps each reading is as likely as the other.
    """
    frames = np.flatnonzero(detected_frames(landmarks))
    result = np.zeros(len(landmarks.time_s), dtype=np.bool_)
    if len(frames) > 1:
        keep, switch = _movement(landmarks.points_px[frames])
        linked = np.diff(landmarks.time_s[frames]) <= max_gap_s
        result[frames] = _path(keep * linked, switch * linked)
    return result


def _movement(points_px: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (T - 1,) mean movement, in body sizes, if readings stay or change."""
    known = np.asarray(np.isfinite(points_px).all(-1))
    holed = np.where(known[..., None], points_px, np.nan)
    paired, other = holed[:, _PAIRED], holed[:, [_OTHER[k] for k in _PAIRED]]
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
    bias = np.array((0.0, EXCHANGED_COST))
    cost = bias
    come_from = np.zeros((len(keep) + 1, 2), dtype=np.int64)
    for k in range(len(keep)):
        readings = np.array([[keep[k], switch[k]], [switch[k], keep[k]]])
        step = cost[:, None] + readings
        come_from[k + 1] = step.argmin(0)
        cost = step.min(0) + bias
    states = np.zeros(len(keep) + 1, dtype=np.int64)
    states[-1] = cost.argmin()
    for k in range(len(keep), 0, -1):
        states[k - 1] = come_from[k, states[k]]
    return np.asarray(states == 1)
