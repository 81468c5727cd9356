"""Where the heads of everybody are in every picture (numpy).

The worker's come from landmarks and body of the analysed frames, everybody's from the
sightings of ``people.json``, a few in a second. Between two of them the cover moves
straight and grows by what a head can be off that; before the first and after the last
it moves on for :data:`HOLD_S`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Landmarks, Motion
from ergomesh.contract.people import People, Sighting
from ergomesh.contract.skeleton import JOINT, LANDMARK

HOLD_S: Final = 0.6
"""How long a head stays covered after it was last and before it was first seen: longer
than the time between two looks of pose, 0.4 s."""
BRIDGE_S: Final = 2.0
"""Over how long an absence a head is taken to have moved straight."""
UNKNOWN_HEAD: Final = 1 / 5
"""Share of a person's box, from the top, that is covered where no head was found. A
head is an eighth of a standing and a sixth of a sitting body's height (Drillis and
Contini, 1966), and hair and a nod want room."""
REACH: Final = 1.15
"""How much larger than the face's landmarks suggest the cover is."""
_FACE: Final = slice(0, LANDMARK["left_shoulder"])
_LEAST_SHARE: Final = 0.11
"""Half a head over the length from nose to the middle of the hips, 0.9 m at most: as
10 cm over it; landmarks of a face from the side lie close together."""
_PUSH_M_S2: Final = 4.0
"""How hard a head is pushed off the straight line between two sightings at most: a
brisk start or stop (our choice; walking stays below 2)."""
_BOX_M: Final = 0.27
"""Height of the box about a head: 22 cm (Drillis and Contini, 1966) and some room."""
_SKULL_M: Final = 0.12
"""Reach of a head about its joint, which is between the ears: half its height."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Heads:
    """One person's head in F pictures."""

    boxes_px: FloatArray
    """(F, 4) left, top, right, bottom in the upright picture; NaN where it is not."""


def heads_at(
    times_s: FloatArray,
    size_px: tuple[int, int],
    people: People | None,
    landmarks: Landmarks,
    motion: Motion,
) -> tuple[Heads, ...]:
    """Return the heads to cover in every picture.

    Args:
        times_s: (F,) of the pictures, ascending.
        size_px: Width and height of the upright picture.
        people: Everybody, if known.
        landmarks: Of the worker.
        motion: Of the worker.
    """
    faces = _between(times_s, landmarks.time_s, _faces(landmarks), landmarks.detected)
    skulls = _between(times_s, motion.time_s, *_skulls(motion))
    boxes = np.hstack(
        [np.fmin(faces, skulls)[:, :2], np.fmax(faces, skulls)[:, 2:]],
    )
    worker, *others = _tracks(people) or ((),)
    sighted = _sighted(times_s, size_px, worker)
    boxes = np.where(np.isfinite(boxes), boxes, sighted)
    rest = (_sighted(times_s, size_px, sightings) for sightings in others)
    return tuple(map(Heads, (boxes, *rest)))


def _tracks(people: People | None) -> tuple[tuple[Sighting, ...], ...]:
    """Return when who was seen, the worker first, those seen briefly last."""
    if people is None:
        return ()
    told = tuple(person.sightings for person in people.persons)
    return (*(told or ((),)), *people.passing)


def _faces(landmarks: Landmarks) -> FloatArray:
    """Return (T, 4) boxes about the worker's head."""
    face = landmarks.points_px[:, _FACE]
    low, high = face.min(axis=1), face.max(axis=1)
    hips = [LANDMARK["left_hip"], LANDMARK["right_hip"]]
    trunk = face[:, 0] - landmarks.points_px[:, hips].mean(axis=1)
    least = _LEAST_SHARE * np.linalg.norm(trunk, axis=1)
    reach = REACH * np.maximum((high - low).max(axis=1), least)[:, None]
    return np.hstack([(low + high) / 2 - reach, (low + high) / 2 + reach])


def _skulls(motion: Motion) -> tuple[FloatArray, BoolArray]:
    """Return (T, 4) boxes about the fitted head, and (T,) where there are any."""
    joint = JOINT["head"]
    away_m = motion.joints_world_m[:, joint] @ motion.rotmat_cam_world[2]
    depth_m = away_m + motion.trans_cam_world_m[2]
    known = depth_m > _SKULL_M
    reach = motion.intrinsics[0, 0] * _SKULL_M / np.where(known, depth_m, 1)
    middle = motion.points_px[:, joint]
    return np.hstack([middle - reach[:, None], middle + reach[:, None]]), known


def _sighted(
    times_s: FloatArray, size_px: tuple[int, int], sightings: Sequence[Sighting]
) -> FloatArray:
    """Return (F, 4) boxes about a sighted person's head."""
    known_s = np.array([sighting.time_s for sighting in sightings])
    if not len(known_s):
        return np.full((len(times_s), 4), np.nan)
    size = np.tile(np.array(size_px, np.float64), 2)
    boxes = np.array([_head(sighting) for sighting in sightings]) * size
    room = (REACH - 1) / 2 * (boxes[:, 2:] - boxes[:, :2])
    boxes += np.hstack([-room, room])
    return _between(times_s, known_s, boxes, np.ones(len(known_s), dtype=np.bool_))


def _head(sighting: Sighting) -> Box:
    if sighting.head is not None:
        return sighting.head
    left, top, right, bottom = sighting.box
    return left, top, right, top + UNKNOWN_HEAD * (bottom - top)


def _between(
    times_s: FloatArray, known_s: FloatArray, boxes: FloatArray, seen: BoolArray
) -> FloatArray:
    """Return (F, 4) boxes at all times from those at some.

    Args:
        times_s: (F,) ascending.
        known_s: (K,) ascending.
        boxes: (K, 4).
        seen: (K,) which of them count.
    """
    known_s, boxes = known_s[seen], boxes[seen]
    if not len(known_s):
        return np.full((len(times_s), 4), np.nan)
    after = np.clip(np.searchsorted(known_s, times_s), 0, len(known_s) - 1)
    before = np.maximum(after - (known_s[after] > times_s), 0)
    step = known_s[after] - known_s[before]
    weight = np.clip((times_s - known_s[before]) / np.where(step > 0, step, 1), 0, 1)
    blend = boxes[before] + weight[:, None] * (boxes[after] - boxes[before])
    nearest = np.where(weight < 1 / 2, before, after)
    on_s = times_s - known_s[nearest]
    way = _speed(known_s, boxes, nearest, on_s) * on_s[:, None]
    within = (step <= BRIDGE_S) & (times_s >= known_s[0]) & (times_s <= known_s[-1])
    off_m = _PUSH_M_S2 / 2 * np.where(within, step**2 * weight * (1 - weight), on_s**2)
    found = np.where(within[:, None], blend, boxes[nearest] + np.tile(way, 2))
    grown_px = np.minimum(off_m / _BOX_M, 1) * (found[:, 3] - found[:, 1])
    found += grown_px[:, None] * [-1, -1, 1, 1]
    found[~within & (np.abs(on_s) > HOLD_S)] = np.nan
    return found


def _speed(
    known_s: FloatArray, boxes: FloatArray, at: IntArray, on_s: FloatArray
) -> FloatArray:
    """Return (F, 2) how fast a head leaves, or came to, the places where it was seen.

    Args:
        known_s: (K,) when it was seen.
        boxes: (K, 4) where.
        at: (F,) which of them.
        on_s: (F,) time since then; where negative, it is still to come there.
    """
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    step = np.diff(known_s)
    is_near = (step > 0) & (step <= BRIDGE_S)
    speeds = np.where(
        is_near[:, None],
        np.diff(middles, axis=0) / np.where(is_near, step, 1)[:, None],
        0,
    )
    still = np.zeros((1, 2))
    from_before, to_next = np.vstack([still, speeds]), np.vstack([speeds, still])
    return np.where((on_s > 0)[:, None], from_before[at], to_next[at])
