"""Angles counted from a person's own neutral posture.

ISO 11226 and EN 1005-4 measure against a neutral reference posture. Without one,
upright is that of the body model's rest pose; where the user says when the worker
stands neutrally, the medians of that time are zero.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.angles import Angles

ZEROED: Final = (
    "trunk_flexion",
    "trunk_side_bend",
    "trunk_twist",
    "neck_flexion",
    "neck_side_bend",
    "neck_twist",
    "head_inclination",
)
"""Angles of trunk and head that count from the neutral posture."""


class NoNeutralError(Exception):
    """Trunk or head were not observed while the worker stood neutrally."""


def from_neutral(
    angles: Angles, time_s: FloatArray, span_s: tuple[float, float]
) -> Angles:
    """Return angles of trunk and head counted from a neutral posture.

    The trunk's inclination in any direction is put together again from its
    parts: ``cos(inclination) = cos(flexion) cos(side bend)``.

    Args:
        angles: Of T frames.
        time_s: (T,).
        span_s: When the worker stands neutrally: from, to.

    Raises:
        NoNeutralError: When one of the angles is observed in no frame of it.
    """
    start_s, end_s = span_s
    neutral: BoolArray = (time_s >= start_s) & (time_s <= end_s)
    zero = np.zeros(len(angles.names))
    for name in ZEROED:
        known = angles.value_deg(name)[neutral]
        known = known[np.isfinite(known)]
        if not known.size:
            msg = (
                f"The {name.split('_')[0]} is not observed between {start_s:g} s and "
                f"{end_s:g} s, so no neutral posture can be taken from there; choose "
                "a time in which the worker is seen."
            )
            raise NoNeutralError(msg)
        zero[angles.names.index(name)] = np.median(known)
    values = _counted(angles.names, angles.values_deg - zero)
    guess = angles.guess_deg
    return replace(
        angles,
        values_deg=values,
        sd_deg=np.where(np.isfinite(values), angles.sd_deg, np.nan),
        guess_deg=None if guess is None else _counted(angles.names, guess - zero),
    )


def _counted(names: tuple[str, ...], values_deg: FloatArray) -> FloatArray:
    """Return angles (T, A) with the trunk's inclination as its parts have it."""
    flexion, side = (
        np.radians(values_deg[:, names.index(f"trunk_{name}")])
        for name in ("flexion", "side_bend")
    )
    cosine = np.clip(np.cos(flexion) * np.cos(side), -1.0, 1.0)
    row = names.index("trunk_inclination")
    known = np.isfinite(values_deg[:, row])
    values = values_deg.copy()
    values[:, row] = np.where(known, np.degrees(np.arccos(cosine)), np.nan)
    return values
