"""Which frames are fitted, and which joints a frame's landmarks pin."""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Landmarks
from ergomesh.contract.skeleton import JOINT, LANDMARK, SIDES, SMPLX_JOINTS

_TRUNK_PAIRS: Final = ("hip", "shoulder")
_HEAD: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")

_SIDE_PINS: Final[dict[str, str]] = {
    "hip": "hip",
    "knee": "knee",
    "ankle": "ankle",
    "foot": "foot_index",
    "collar": "shoulder",
    "shoulder": "shoulder",
    "elbow": "elbow",
    "wrist": "wrist",
    "index1": "index",
    "pinky1": "pinky",
    "thumb2": "thumb",
    "eye": "eye",
}
"""Joint of a side → the landmark of the same side that shows it."""

_TRUNK_PINS: Final[dict[str, tuple[str, ...]]] = {
    "pelvis": ("hip",),
    "spine1": _TRUNK_PAIRS,
    "spine2": _TRUNK_PAIRS,
    "spine3": _TRUNK_PAIRS,
    "neck": ("shoulder",),
}
"""Joint of the trunk → the landmark pairs it needs, both sides of each."""


def detected_frames(landmarks: Landmarks) -> BoolArray:
    """Return (T,) whether a frame has a person with at least one point."""
    finite = np.isfinite(landmarks.points_px).all(-1).any(-1)
    return landmarks.detected & finite


def kept_frames(detected: BoolArray, time_s: FloatArray, max_gap_s: float) -> BoolArray:
    """Return (T,) frames to fit: those with a person, and short gaps between them.

    Args:
        detected: (T,).
        time_s: (T,) rising.
        max_gap_s: Longest time from the last frame with a person to the next.
    """
    index = np.arange(len(detected))
    before = np.maximum.accumulate(np.where(detected, index, -1))
    after = np.minimum.accumulate(np.where(detected, index, len(index))[::-1])[::-1]
    inside = (before >= 0) & (after < len(index))
    last = len(index) - 1
    gap_s = time_s[after.clip(0, last)] - time_s[before.clip(0, last)]
    kept: BoolArray = inside & (gap_s <= max_gap_s)
    return kept


def seen_landmarks(landmarks: Landmarks, visible_from: float) -> BoolArray:
    """Return (T, L): detected, finite, inside the picture and visible enough."""
    points = landmarks.points_px
    with np.errstate(invalid="ignore"):
        inside = ((points >= 0) & (points <= landmarks.size_px)).all(-1)
        visible = landmarks.visibility >= visible_from
    return inside & visible & detected_frames(landmarks)[:, None]


def observed_joints(seen: BoolArray) -> BoolArray:
    """Return (T, 55): whether landmarks of the frame pin the joint.

    Joints that no landmark shows (jaw, most of the fingers) are never observed.

    Args:
        seen: (T, L) of :func:`seen_landmarks`.
    """
    observed = np.zeros((len(seen), len(SMPLX_JOINTS)), dtype=np.bool_)
    for side in SIDES:
        for joint, landmark in _SIDE_PINS.items():
            source = seen[:, LANDMARK[f"{side}_{landmark}"]]
            observed[:, JOINT[f"{side}_{joint}"]] = source
    for joint, pairs in _TRUNK_PINS.items():
        needed = [LANDMARK[f"{side}_{pair}"] for pair in pairs for side in SIDES]
        observed[:, JOINT[joint]] = seen[:, needed].all(-1)
    # Two points of the head fix its bearing well enough.
    observed[:, JOINT["head"]] = seen[:, [LANDMARK[n] for n in _HEAD]].sum(-1) > 1
    return observed
