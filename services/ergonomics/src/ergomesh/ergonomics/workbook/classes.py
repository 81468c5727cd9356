"""Classes of an angle: which frames are in one, and how a formula asks for them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.neutral_zone import neutral_zone_deg
from ergomesh.ergonomics.core.result import AngleSummary, AngleZone
from ergomesh.ergonomics.workbook.frames import Frames

_UNSIGNED: Final = ("_elevation", "_inclination")
"""Angles from 0° on: a class below has no meaning."""


@dataclass(frozen=True, slots=True)
class AngleClass:
    """A class of an angle, with the frames in it."""

    angle: str
    """Public name."""
    zone: AngleZone
    inside: BoolArray
    """(T,)."""

    @property
    def bounds(self) -> tuple[tuple[str, float], ...]:
        """Comparison and border at each end that is not open.

        A border belongs to the class nearer to zero, as in ``core.zones``.
        """
        low, high = self.zone.from_deg, self.zone.to_deg
        found = []
        if low is not None:
            found.append((">=" if low < 0 else ">", low))
        if high is not None:
            found.append(("<" if high < 0 else "<=", high))
        return tuple(found)


def classes_of(summary: AngleSummary, frames: Frames) -> tuple[AngleClass, ...]:
    """Return the classes of an angle, from the lowest.

    Args:
        summary: With the zones of the method that has them.
        frames: T frames.
    """
    values = frames.angles_deg[summary.name]
    return tuple(
        AngleClass(summary.name, zone, _inside(zone, values))
        for zone in summary.zones
        if not _impossible(summary.name, zone)
    )


def is_neutral(name: str, zone: AngleZone) -> bool:
    """Whether a class lies within the range that its method scores lowest."""
    low, high = neutral_zone_deg(name)
    below = zone.from_deg is None or zone.from_deg < low
    return not below and zone.to_deg is not None and zone.to_deg <= high


def _inside(zone: AngleZone, values_deg: FloatArray) -> BoolArray:
    low, high = zone.from_deg, zone.to_deg
    inside = np.isfinite(values_deg)
    if low is not None:
        inside &= values_deg >= low if low < 0 else values_deg > low
    if high is not None:
        inside &= values_deg < high if high < 0 else values_deg <= high
    return inside


def _impossible(name: str, zone: AngleZone) -> bool:
    return name.endswith(_UNSIGNED) and zone.to_deg is not None and zone.to_deg <= 0
