"""Where the heads of everybody were seen (numpy).

The worker's come from landmarks and body of the analysed frames, everybody's from the
sightings of ``people.json``. What lies between is :mod:`.covers`'.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.people import People, Sighting
from ergomesh.contract.skeleton import JOINT, LANDMARK
from ergomesh.ergonomics.pictures.covers import Covers, Knots, covers_of, stacked

REACH: Final = 2**0.5
"""How much larger than a head's box its cover is: so the circle about it holds the
box, hair and a turn of the head included."""
HEAD_M: Final = 0.24
"""Side of the box about a head: 22 cm (Drillis and Contini, 1966) and hair."""
BODY_M: Final = 1.75
"""What the longer side of a standing person's box measures."""
_FACE: Final = slice(0, LANDMARK["left_shoulder"])
_LEAST_SHARE: Final = 0.13
"""Half a head over the length from nose to the middle of the hips, 0.9 m at most;
landmarks of a face from the side lie close together."""
_STEADY: Final = 9
"""Knots over whose sizes the median is taken: no head is smaller than its own before
and after, however it turns or bows to the camera."""


def heads_at(
    times_s: FloatArray,
    size_px: tuple[int, int],
    people: People | None,
    landmarks: Landmarks,
    motion: Motion,
) -> Covers:
    """Return the heads to cover in every picture.

    Args:
        times_s: (F,) of the pictures, ascending.
        size_px: Width and height of the upright picture.
        people: Everybody, if known.
        landmarks: Of the worker.
        motion: Of the worker.
    """
    worker, *others = _tracks(people) or ((),)
    faces, sighted = _faces(landmarks), _sighted(worker, size_px)
    glanced, elsewhere = _apart(sighted, faces)
    heads = [
        _merged(faces, glanced),
        elsewhere,
        _skulls(motion),
        *(_sighted(sightings, size_px) for sightings in others),
    ]
    return covers_of(times_s, heads)


def _tracks(people: People | None) -> tuple[tuple[Sighting, ...], ...]:
    """Return when who was seen, the worker first, those seen briefly last."""
    if people is None:
        return ()
    told = tuple(person.sightings for person in people.persons)
    return (*(told or ((),)), *people.passing)


def _apart(sighted: Knots, faces: Knots) -> tuple[Knots, Knots]:
    """Return sightings without landmarks, and those that are not where these are.

    The latter are somebody else's head, who was found in the worker's place.
    """
    seen_s, faces_s = sighted.time_s.round(3), faces.time_s.round(3)
    both = np.isin(seen_s, faces_s)
    doubled = sighted.only(both)
    face = faces.boxes_px[np.searchsorted(faces_s, seen_s[both])]
    off_px = np.abs(_middles(doubled.boxes_px) - _middles(face)).max(axis=1)
    side_px = (face[:, 2:] - face[:, :2]).max(axis=1)
    return sighted.only(~both), doubled.only(off_px > side_px / 2)


def _middles(boxes_px: FloatArray) -> FloatArray:
    middles: FloatArray = (boxes_px[:, :2] + boxes_px[:, 2:]) / 2
    return middles


def _merged(some: Knots, others: Knots) -> Knots:
    both = stacked([some, others])
    return both.only(np.argsort(both.time_s, kind="stable"))


def _faces(landmarks: Landmarks) -> Knots:
    """Return the worker's head by the landmarks; the less it shows, the larger."""
    seen = landmarks.detected
    points = landmarks.points_px[seen]
    face = points[:, _FACE]
    low, high = face.min(axis=1), face.max(axis=1)
    hips = [LANDMARK["left_hip"], LANDMARK["right_hip"]]
    trunk_px = np.linalg.norm(face[:, 0] - points[:, hips].mean(axis=1), axis=1)
    reach_px = np.maximum((high - low).max(axis=1), _LEAST_SHARE * trunk_px)
    shown = np.minimum(landmarks.visibility, landmarks.presence)[seen, _FACE]
    doubt = 2 - np.clip(shown.mean(axis=1), 0, 1)
    return _round(landmarks.time_s[seen], (low + high) / 2, reach_px, doubt)


def _skulls(motion: Motion) -> Knots:
    """Return the fitted head: about its joint, which is between the ears."""
    joint = JOINT["head"]
    away_m = motion.joints_world_m[:, joint] @ motion.rotmat_cam_world[2]
    depth_m = away_m + motion.trans_cam_world_m[2]
    known = depth_m > HEAD_M / 2
    reach_px = motion.intrinsics[0, 0] * HEAD_M / 2 / depth_m[known]
    middles_px = motion.points_px[known, joint]
    return _round(motion.time_s[known], middles_px, reach_px, np.ones(len(reach_px)))


def _sighted(sightings: Sequence[Sighting], size_px: tuple[int, int]) -> Knots:
    """Return a sighted person's head; where none was found, the whole person."""
    times_s = np.array([sighting.time_s for sighting in sightings], np.float64)
    size = np.tile(np.array(size_px, np.float64), 2)
    boxes = np.array([s.head or s.box for s in sightings]).reshape(-1, 4) * size
    is_head = np.array([s.head is not None for s in sightings], np.bool_)
    side_px = np.maximum(1.0, (boxes[:, 2:] - boxes[:, :2]).max(axis=1))
    heads = _round(
        times_s, (boxes[:, :2] + boxes[:, 2:]) / 2, side_px / 2, np.ones(len(times_s))
    )
    return Knots(
        times_s,
        np.where(is_head[:, None], heads.boxes_px, boxes),
        np.where(is_head, heads.corner_px, 0.0),
        np.where(is_head, heads.metre_px, side_px / BODY_M),
    )


def _round(
    times_s: FloatArray, middles_px: FloatArray, reach_px: FloatArray, doubt: FloatArray
) -> Knots:
    """Return round heads.

    Args:
        times_s: (K,).
        middles_px: (K, 2).
        reach_px: (K,) half of them.
        doubt: (K,) factor on their covers.
    """
    steady_px = np.maximum(reach_px, _usual(reach_px))
    wide = (REACH * doubt * steady_px)[:, None]
    return Knots(
        times_s,
        np.hstack([middles_px - wide, middles_px + wide]),
        wide[:, 0],
        2 * steady_px / HEAD_M,
    )


def _usual(sizes: FloatArray) -> FloatArray:
    """Return (K,) the median of each size and its neighbours'."""
    if not len(sizes):
        return sizes
    padded = np.pad(sizes, _STEADY // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _STEADY)
    usual: FloatArray = np.median(windows, axis=-1)
    return usual
