"""The range of an angle that a method scores lowest, and the borders beyond it.

Read from the printed bands (``tables/*.json``): RULA's and REBA's *exactly 0°* is no
range, so the trunk's lowest range is that of the next score, -20…20°.
"""

from functools import cache
from itertools import pairwise

from ergomesh.ergonomics.core.tables import Band, load_tables
from ergomesh.ergonomics.core.zones import SOURCES, borders_deg


@cache
def neutral_zone_deg(name: str) -> tuple[float, float]:
    """Return (from, to) of the ranges with the lowest score; they are neighbours.

    Args:
        name: Of an angle that has borders, one of ``zones.SOURCES``.
    """
    borders = borders_deg(name)
    zones = list(pairwise(borders))
    scores = [_score(name, (low + high) / 2) for low, high in zones]
    lowest = [z for z, score in zip(zones, scores, strict=True) if score == min(scores)]
    return lowest[0][0], lowest[-1][1]


def outer_borders_deg(name: str) -> tuple[float, ...]:
    """Return the borders beyond the neutral range, ascending."""
    low, high = neutral_zone_deg(name)
    return tuple(b for b in borders_deg(name) if b < low or b > high)


def _score(name: str, angle_deg: float) -> int:
    """Return the lowest score that the bands give an angle."""
    source = SOURCES[name]
    item = load_tables(source.method).items[source.item]
    found = [b.score for b in item.bands if _holds(b, angle_deg)]
    found += [b.score for b in item.bands_abs if _holds(b, abs(angle_deg))]
    return min(found)


def _holds(band: Band, angle_deg: float) -> bool:
    above = band.lo is None or band.lo <= angle_deg
    return above and (band.hi is None or angle_deg <= band.hi)
