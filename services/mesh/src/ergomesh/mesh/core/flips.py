"""Limbs whose depth the detector mirrored for some frames.

A bone that points towards the camera looks like one that points away: its
picture gives the size of its depth, and the detector guesses the sign. Both
segments of a limb are read together, as detected or mirrored in depth: the path
of four readings over which they jump least, that asks least of the detector and
bends no knee forwards (Viterbi; shared/reference/mesh.md §2.1). Only what is faster
than a limb counts as a jump: swinging through the picture's plane is no flip.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARK, SIDES
from ergomesh.mesh.core.observability import detected_frames
from ergomesh.mesh.core.paths import cheapest_path

MIRRORED_COST: Final = 0.03
"""Of each mirrored segment and frame, times the share of its length that is
depth. A jump costs what its chord on the unit sphere is too long by, so a burst is
undone when it is shorter than some thirty frames."""

LIMB_SPEED_RAD_S: Final = 5.0
"""Faster than limbs turn at work; a walking shank reaches 6 rad/s for an instant
(Winter, "Biomechanics and Motor Control of Human Movement", 2009)."""

FORWARD_KNEE_COST: Final = 0.3
"""Of each frame, times the sine by which a knee bends forwards too far."""

FORWARD_KNEE_FREE: Final = 0.6
"""Sine up to which a forward bend may come from a thigh turned about its axis: the
line of the hips stands for the knee's."""

READINGS: Final = ((1, 1), (-1, 1), (1, -1), (-1, -1))
"""Signs of the depths of the upper and the lower segment."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """Landmarks of one kind of limb, without their side."""

    joints: tuple[str, str, str]
    """Where it starts, bends and ends."""
    carried: Names
    """What moves and is mirrored with its lower segment."""
    bends_back: bool
    """Whether it is a leg."""


LIMBS: Final = (
    Limb(
        joints=("shoulder", "elbow", "wrist"),
        carried=("pinky", "index", "thumb"),
        bends_back=False,
    ),
    Limb(
        joints=("hip", "knee", "ankle"),
        carried=("heel", "foot_index"),
        bends_back=True,
    ),
)


def with_depths_in_order(landmarks: Landmarks, max_gap_s: float) -> Landmarks:
    """Return landmarks with the depths of mirrored segments put right.

    Args:
        landmarks: Of all frames, sides in order.
        max_gap_s: Over longer gaps nothing says how a limb turned.
    """
    frames = np.flatnonzero(detected_frames(landmarks))
    if len(frames) < 2:  # noqa: PLR2004  # one frame has nothing to compare with
        return landmarks
    world = landmarks.points_world_m[frames]
    world = np.where(np.isfinite(world).all(-1, keepdims=True), world, np.nan)
    step_s = np.diff(landmarks.time_s[frames])
    free = np.where(step_s <= max_gap_s, LIMB_SPEED_RAD_S * step_s, np.inf)
    limbs = [(limb, side) for limb in LIMBS for side in SIDES]
    costs = [_costs(world, limb, side, free) for limb, side in limbs]
    own, step = (np.stack(part) for part in zip(*costs, strict=True))
    signs = np.array(READINGS)[cheapest_path(own, step)]
    if (signs == 1).all():
        return landmarks
    changed = landmarks.points_world_m.copy()
    changed[frames] = _mirrored(world, limbs, signs)
    return replace(landmarks, points_world_m=changed)


def _segments(world_m: FloatArray, limb: Limb, side: str) -> FloatArray:
    """Return (2, T, 3) directions of the upper and lower segment, zero if missing."""
    start, bend, end = (LANDMARK[f"{side}_{name}"] for name in limb.joints)
    ways = np.stack(
        (
            world_m[:, bend] - world_m[:, start],
            world_m[:, end] - world_m[:, bend],
        )
    )
    length = np.linalg.norm(ways, axis=-1, keepdims=True)
    return np.asarray(np.nan_to_num(ways / np.maximum(length, 1e-6)))


def _costs(
    world_m: FloatArray, limb: Limb, side: str, free: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return (T, 4) costs of the readings and (T - 1, 4, 4) of their changes.

    Args:
        world_m: (T, L, 3).
        limb: Which kind of limb.
        side: Whose.
        free: (T - 1,) longest chord between two frames that is no jump.
    """
    seen = _segments(world_m, limb, side)
    signs = np.array(READINGS, dtype=np.float64).T[:, None, :, None]
    read = np.repeat(seen[:, :, None], len(READINGS), axis=2)
    read[..., 2:] *= signs
    own = MIRRORED_COST * (np.abs(read[..., 2]) * (signs[..., 0] < 0)).sum(0)
    if limb.bends_back:
        own = own + FORWARD_KNEE_COST * _forward_bend(world_m, read)
    chords = read[:, 1:, None] - read[:, :-1, :, None]
    jumps = np.linalg.norm(chords, axis=-1) - free[:, None, None]
    return own, np.maximum(jumps, 0.0).sum(0)


def _forward_bend(world_m: FloatArray, read: FloatArray) -> FloatArray:
    """Return (T, S) sine by which the lower segments bend forwards too far.

    Args:
        world_m: (T, L, 3).
        read: (2, T, S, 3) directions of thigh and shank.
    """
    left, right = (LANDMARK[f"{side}_hip"] for side in SIDES)
    across = np.nan_to_num(world_m[:, left] - world_m[:, right])
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    hinge = (np.cross(read[0], read[1]) * across[:, None]).sum(-1)
    return np.asarray(np.maximum(-hinge - FORWARD_KNEE_FREE, 0.0))


def _mirrored(
    world_m: FloatArray, limbs: list[tuple[Limb, str]], signs: FloatArray
) -> FloatArray:
    """Return (T, L, 3) with the depths of segments times their signs (K, T, 2)."""
    result = world_m.copy()
    for (limb, side), by in zip(limbs, signs, strict=True):
        start, bend, end = (LANDMARK[f"{side}_{name}"] for name in limb.joints)
        depth = world_m[..., 2]
        moved_bend = depth[:, start] + by[:, 0] * (depth[:, bend] - depth[:, start])
        moved_end = moved_bend + by[:, 1] * (depth[:, end] - depth[:, bend])
        result[:, bend, 2], result[:, end, 2] = moved_bend, moved_end
        for name in limb.carried:
            row = LANDMARK[f"{side}_{name}"]
            result[:, row, 2] = moved_end + by[:, 1] * (depth[:, row] - depth[:, end])
    return result
