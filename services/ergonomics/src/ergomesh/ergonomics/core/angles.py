"""Joint angles over time, each with its standard deviation.

Conventions. All angles are
in degrees. *Up* is against gravity. Left and right are the worker's own, and the
right side is the left side of the mirrored body.

The **trunk line** runs from the middle of the hips to the middle of the
shoulders. It and the head are measured against their direction in the upright
rest pose of the body model, so upright is 0 without a chosen offset. Trunk and
neck are split as the ISB does (flexion - side bend - twist, Wu et al. 2002,
2005), with the signs that the ergonomic methods use:

====================  =======================================================
trunk_inclination     trunk line against up, in any direction, 0…180
trunk_flexion         the same in the body's sagittal plane, the vertical
                      plane square to the hip line; + forward, - backward
trunk_side_bend       trunk line out of that plane; + to the right
trunk_twist           hip line → shoulder line about the trunk line; + left
neck_flexion          head against trunk line; + forward (chin to chest)
neck_side_bend        + to the right
neck_twist            against the shoulder line; + left
head_inclination      head against up in its own sagittal plane; + looks down
upper_arm_elevation   shoulder → elbow against the trunk line pointing down,
                      0…180
upper_arm_flexion     the same in the trunk's sagittal plane; + forward;
                      undefined, and empty, for an arm straight out to the side
upper_arm_abduction   out of that plane, ±90; + away from the body
elbow_flexion         0 straight
wrist_flexion         hand against forearm, from the rest pose; + to the palm
wrist_deviation       + radial (to the thumb), - ulnar
hip_flexion           thigh against the trunk line; 0 straight, + knee forward
knee_flexion          0 straight
====================  =======================================================

RULA and REBA take the upper arm **against the trunk**, as most implementations
do; the three angles of the upper arm above are those. ISO 11226 and EN 1005-4
take it against the vertical: that is ``upper_arm_elevation_gravity``. It and the
other angles of :data:`INTERNAL_ANGLES` serve the scores and are not in
``angles.csv``:

============================  ==============================================
upper_arm_elevation_gravity   shoulder → elbow against down, 0…180
upper_arm_plane               direction of the raised arm about the trunk
                              line: 0 forward, 90 out, ±180 back, -90 across
forearm_rotation              0 thumb towards the shoulder (handshake),
                              + pronation; undefined for a straight elbow
hand_side                     shoulder → wrist out of the sagittal plane; +
                              away from the body
hand_midline                  middle of the shoulders → wrist likewise; - on
                              the other side
============================  ==============================================

An angle is NaN in a gap, where a joint it uses is not observed, and where its
standard deviation is so large that it says nothing: above ``unusable_sd_deg``, or
hardly below what the posture prior alone would leave (``unobserved_share`` of
:attr:`~ergomesh.ergonomics.core.measures.Group.usual_sd_deg`). So a wrist that is only
guessed is empty, however steady the guess.

Standard deviations are those of the pose's covariance, seen through the angle's
derivatives (``propagate``, ``tangents``): worked out at the motion's knots and
interpolated between. The vertical's uncertainty is in the root's rotation. An
unsigned angle near 0° or 180° has that of :func:`propagate.folded_sd`; no angle has
more than one of which nothing is known (:data:`MAX_SD_DEG`).
"""

from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angle_sds import angle_sds_deg
from ergomesh.ergonomics.core.body import CHUNK, Body, body_of
from ergomesh.ergonomics.core.measures import CENTRAL_GROUPS, LEFT_GROUPS
from ergomesh.ergonomics.core.sided import GROUPS
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS

_SIDE_ANGLES: Final = (
    "upper_arm_elevation",
    "upper_arm_flexion",
    "upper_arm_abduction",
    "elbow_flexion",
    "wrist_flexion",
    "wrist_deviation",
    "hip_flexion",
    "knee_flexion",
)

ANGLE_NAMES: Final = (
    *(name for group in CENTRAL_GROUPS for name in group.names),
    *(f"{side}_{name}" for side in SIDES for name in _SIDE_ANGLES),
)
"""The public angles, in the order of ``angles.csv``."""

INTERNAL_ANGLES: Final = tuple(
    f"{side}_{name}"
    for side in SIDES
    for group in LEFT_GROUPS
    for name in group.names
    if name not in _SIDE_ANGLES
)
"""Angles that only the scores use."""


_NAMES: Final = (*ANGLE_NAMES, *INTERNAL_ANGLES)
_FOUND: Final = [name for group in GROUPS for name in group.names]
_ORDER: Final = [_FOUND.index(name) for name in _NAMES]
"""Where each angle is among those of the groups."""

_USUAL_SDS_DEG: Final = np.array(
    [sd for group in GROUPS for sd in group.group.usual_sd_deg]
)[_ORDER]

_ANY_SD: Final = np.array([name.endswith("upper_arm_plane") for name in _NAMES])
"""Angles that stay however uncertain: a hanging arm has no direction."""


@dataclass(frozen=True, slots=True)
class Angles:
    """Joint angles of T frames; each angle's lie together in memory, as made here."""

    names: tuple[str, ...]
    """:data:`ANGLE_NAMES`, then :data:`INTERNAL_ANGLES`."""
    values_deg: FloatArray
    """(T, A); NaN where not observable."""
    sd_deg: FloatArray
    """(T, A) standard deviations; NaN where the value is."""
    guess_deg: FloatArray | None = None
    """(T, A) the fitted body's angles, observed or not; for likely scores only."""

    def rows(self, frames: IntArray | BoolArray) -> "Angles":
        """Return the angles of some frames."""
        guess = None if self.guess_deg is None else _rows(self.guess_deg, frames)
        values, sds = (_rows(v, frames) for v in (self.values_deg, self.sd_deg))
        return Angles(self.names, values, sds, guess)

    def guess_of_deg(self, name: str) -> FloatArray | None:
        """Return (T,) one angle of the fitted body, observed or not, if kept."""
        if self.guess_deg is None:
            return None
        return self.guess_deg[:, self.names.index(name)]

    def value_deg(self, name: str) -> FloatArray:
        """Return one angle, (T,)."""
        return self.values_deg[:, self.names.index(name)]

    def sd_of_deg(self, name: str) -> FloatArray:
        """Return the standard deviation of one angle, (T,)."""
        return self.sd_deg[:, self.names.index(name)]


def _rows(columns: FloatArray, frames: IntArray | BoolArray) -> FloatArray:
    """Return some rows, a column together in memory."""
    return columns.T[:, frames].T


def joint_angles(
    motion: Motion,
    *,
    unusable_sd_deg: float = DEFAULT_THRESHOLDS.unusable_sd_deg,
    unobserved_share: float = DEFAULT_THRESHOLDS.unobserved_share,
) -> Angles:
    """Measure every angle of the module's tables over a motion.

    Args:
        motion: T frames; NaN in gaps.
        unusable_sd_deg: An angle less certain than this is not observable.
        unobserved_share: Nor is one that is less certain than this share of how
            uncertain it is before anything is seen.
    """
    body = body_of(motion)
    found = _measured_deg(body)
    sds = angle_sds_deg(motion, body)[_ORDER].T
    limits = np.minimum(unusable_sd_deg, unobserved_share * _USUAL_SDS_DEG)
    usable = np.isfinite(found) & _observed(body)
    usable &= sds <= np.where(_ANY_SD, np.inf, limits)
    return Angles(
        _NAMES,
        np.asfortranarray(np.where(usable, found, np.nan)),
        np.asfortranarray(np.where(usable, sds, np.nan)),
        found,
    )


def body_angles(body: Body) -> Angles:
    """Measure every angle of a body that is known exactly."""
    values = np.where(_observed(body), _measured_deg(body), np.nan)
    return Angles(_NAMES, values, np.where(np.isfinite(values), 0.0, np.nan))


def _measured_deg(body: Body) -> FloatArray:
    """Return (T, A) every angle, observed or not."""
    frames = body.head_up.shape[1]
    values = np.empty((len(_NAMES), frames)).T
    for start in range(0, frames, CHUNK):
        some = slice(start, start + CHUNK)
        vectors = body.vectors(some)
        found = [group.measure(vectors, body.rest) for group in GROUPS]
        values[some] = np.concatenate(found)[_ORDER].T
    return values


def _observed(body: Body) -> BoolArray:
    """Return (T, A) whether every joint that an angle uses is observed."""
    by_group = (
        [np.all([body.observed[name] for name in group.needed], axis=0)]
        * len(group.names)
        for group in GROUPS
    )
    return np.stack(list(chain.from_iterable(by_group)))[_ORDER].T
