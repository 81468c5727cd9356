"""Classes of an angle: which frames are in one, and how a formula asks for them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.result import AngleSummary, AngleZone
from ergomesh.ergonomics.core.tables import load_tables
from ergomesh.ergonomics.core.zones import SOURCES
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
    """Whether a method gives a class its lowest score."""
    source = SOURCES[name]
    item = load_tables(source.method).items[source.item]
    middle = _middle(zone)
    signed = [b.score for b in item.bands if _holds(b.lo, b.hi, middle)]
    either = [b.score for b in item.bands_abs if _holds(b.lo, b.hi, abs(middle))]
    return min(signed + either) == item.min


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


def _middle(zone: AngleZone) -> float:
    """Return an angle well inside a class."""
    low, high = zone.from_deg, zone.to_deg
    if low is None:
        return (high or 0.0) - 1.0
    return low + 1.0 if high is None else (low + high) / 2


def _holds(lo: float | None, hi: float | None, value: float) -> bool:
    return (lo is None or lo <= value) and (hi is None or value <= hi)
