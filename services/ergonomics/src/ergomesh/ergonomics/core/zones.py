"""How long a joint angle was in which zone; zone borders are the tables' own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import AngleZone
from ergomesh.ergonomics.core.tables import Method, load_tables
from ergomesh.ergonomics.core.timeline import share


@dataclass(frozen=True, slots=True)
class _Source:
    """Whose bands divide an angle."""

    method: Method
    item: str


_CENTRAL: Final = {
    "trunk_flexion": _Source("reba", "trunk"),
    "neck_flexion": _Source("rula", "neck"),
}
_SIDED: Final = {
    "upper_arm_elevation": _Source("rula", "upper_arm"),
    "upper_arm_flexion": _Source("rula", "upper_arm"),
    "elbow_flexion": _Source("rula", "lower_arm"),
    "wrist_flexion": _Source("rula", "wrist"),
}

SOURCES: Final[Mapping[str, _Source]] = _CENTRAL | {
    f"{side}_{name}": source for side in SIDES for name, source in _SIDED.items()
}
"""Angle → whose bands; other angles have no bands in any method we compute."""


def borders_deg(name: str) -> tuple[float, ...]:
    """Return the zone borders of an angle, ascending; none for an angle without."""
    source = SOURCES.get(name)
    if source is None:
        return ()
    item = load_tables(source.method).items[source.item]
    signed = {edge for band in item.bands for edge in (band.lo, band.hi)}
    unsigned = {edge for band in item.bands_abs for edge in (band.lo, band.hi)}
    mirrored = {-edge for edge in unsigned if edge is not None}
    return tuple(sorted({e for e in signed | unsigned | mirrored if e is not None}))


def zones_of(
    name: str, values_deg: FloatArray, weights_s: FloatArray
) -> tuple[AngleZone, ...]:
    """Return the share of observed time in each zone of an angle.

    An angle on a border belongs to the zone nearer to zero, as a shared end point
    gets the lower score.

    Args:
        name: Public name of the angle.
        values_deg: (T,); NaN where not observed.
        weights_s: (T,) time of each frame.
    """
    borders = borders_deg(name)
    if not borders:
        return ()
    known_s = np.where(np.isfinite(values_deg), weights_s, 0.0)
    zone = _zone(values_deg, np.asarray(borders))
    edges = (None, *borders, None)
    return tuple(
        AngleZone(
            from_deg=edges[k], to_deg=edges[k + 1], share=share(zone == k, known_s)
        )
        for k in range(len(edges) - 1)
    )


def _zone(values_deg: FloatArray, borders: FloatArray) -> FloatArray:
    above = np.searchsorted(borders, values_deg, side="left")
    below = np.searchsorted(borders, values_deg, side="right")
    found: FloatArray = np.where(values_deg < 0, below, above).astype(np.float64)
    return found
