"""Zones over time of the methods that sort postures instead of scoring them.

What a strip shows is worked out again from the angles, as the methods themselves do
it: their results only hold sums.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.en1005_4 import En1005Result, EnItemResult
from ergomesh.ergonomics.core.en1005_4_items import en_items
from ergomesh.ergonomics.core.en1005_4_tables import EN_SEVERITY
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding_zones import Clock, Zoning, zone_times
from ergomesh.ergonomics.core.iso11226_items import items as iso_items
from ergomesh.ergonomics.core.iso11226_tables import SEVERITY
from ergomesh.ergonomics.core.nv361_measures import Measure, Readings, measures, read
from ergomesh.ergonomics.core.nv361_table import Listed, nv361_table
from ergomesh.ergonomics.core.nv361_zones import (
    KINDS,
    Clip,
    borders_deg,
    clip_of,
    item_at,
    items_of,
    zones,
)
from ergomesh.ergonomics.core.owas import OwasSeries
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.documents.paint import NOT_JUDGED
from ergomesh.ergonomics.documents.report_others import VERDICT_LEVELS
from ergomesh.ergonomics.documents.report_series import ZoneTrack

UNKNOWN: Final = -1
"""Zone of a frame in which nothing is determinable."""

ISO_SHOWN: Final = (
    "trunk_inclination",
    "head_inclination",
    "neck_flexion",
    *(f"{side}_upper_arm_elevation" for side in SIDES),
)
"""What is drawn of ISO 11226: the angles that it divides by degrees."""
EN_SHOWN: Final = (
    "trunk_forward",
    "line_of_sight",
    *(f"{side}_upper_arm_elevation" for side in SIDES),
)
"""What is drawn of EN 1005-4, likewise."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """The zones that a method sorts postures into, and their shades."""

    method: str
    levels: Mapping[str, int]
    """By zone, in the order of their ranks."""

    def rank(self, zone: str) -> int:
        """Return a zone's index."""
        return list(self.levels).index(zone)

    def track(self, part: str, ranks: IntArray) -> ZoneTrack:
        """Return a part's zones over time."""
        names, levels = tuple(self.levels), tuple(self.levels.values())
        return ZoneTrack(
            method=self.method, part=part, zone=ranks, names=names, levels=levels
        )


_OWAS: Final = _Scale("owas", {f"category_{k}": k for k in (1, 2, 3, 4)})
_ISO: Final = _Scale(
    "iso11226", {"moving": NOT_JUDGED} | {v: VERDICT_LEVELS[v] for v in SEVERITY}
)
_EN: Final = _Scale("en1005_4", {v: VERDICT_LEVELS[v] for v in EN_SEVERITY})
_NV: Final = _Scale("nv361", {"unlisted": NOT_JUDGED, "pp": 2, "n": 4})
_Sorted = tuple[str, Zoning, Sequence[int]]
"""A part, how its angle is sorted into zones, and their ranks in a method's scale."""


def owas_tracks(series: OwasSeries) -> tuple[ZoneTrack, ...]:
    """Return OWAS's category over time: determined, lowest and highest possible."""
    rows = {"owas": series.value, "owas_low": series.low, "owas_high": series.high}
    return tuple(_OWAS.track(name, _index(column)) for name, column in rows.items())


def _index(category: FloatArray) -> IntArray:
    """Return (T,) zero-based zones of categories, unknown where NaN."""
    return np.nan_to_num(category - 1, nan=UNKNOWN).astype(np.int64)


def iso_tracks(
    angles: Angles,
    facts: Facts,
    common: Common,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return ISO 11226's verdict on what is held, over time."""
    items: list[_Sorted] = [
        (item.name, item.zoning(facts), [1 + rank for rank in item.severity(facts)])
        for item in iso_items(angles, common, thresholds)
        if item.name in ISO_SHOWN
    ]
    moving = _ISO.rank("moving")
    return _tracks(_ISO, items, common.clock, thresholds, moving=moving)


def en_tracks(
    angles: Angles,
    result: En1005Result,
    common: Common,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return over time the verdict that EN 1005-4 gives each zone in this clip."""
    judged = {item.name: item for item in result.items}
    items: list[_Sorted] = [
        (item.name, item.zoning, _en_ranks(judged[item.name]))
        for item in en_items(angles, common.clock.present, thresholds)
        if item.name in EN_SHOWN
    ]
    return _tracks(_EN, items, common.clock, thresholds)


def _en_ranks(judged: EnItemResult) -> list[int]:
    """Return the rank of each zone's verdict, unknown where there is none."""
    verdicts = [zone.verdict for zone in judged.zones]
    return [_EN.rank(verdict) if verdict else UNKNOWN for verdict in verdicts]


def _tracks(
    scale: _Scale,
    items: Sequence[_Sorted],
    clock: Clock,
    thresholds: Thresholds,
    moving: int | None = None,
) -> tuple[ZoneTrack, ...]:
    """Return angles' zones over time, unknown where an angle is not observed.

    Args:
        scale: The method's.
        items: What is drawn.
        clock: Of the clip.
        thresholds: The choices.
        moving: Rank of what is not held, where only postures held are judged.
    """
    found = []
    every = zone_times([zoning for _, zoning, _ in items], clock, thresholds)
    for (part, _, ranks), times in zip(items, every, strict=True):
        zone: IntArray = np.array(ranks)[times.zone]
        if moving is not None:
            zone = np.where(times.still, zone, moving)
        found.append(scale.track(part, np.where(times.seen, zone, UNKNOWN)))
    return tuple(found)


def nv361_tracks(
    angles: Angles,
    facts: Facts,
    common: Common,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return for each part of the body the worst class of NV 361/2007 over time."""
    clip = clip_of(common.clock, thresholds)
    worst: dict[str, IntArray] = {}
    for measure in measures(thresholds):
        zone = worst.setdefault(measure.part, np.zeros(len(clip.time_s), np.int64))
        unseen = np.zeros(len(zone), dtype=np.bool_)
        for rank, frames, hidden in _classes(measure, angles, facts, clip):
            zone[frames] = np.maximum(zone[frames], rank)
            unseen |= hidden
        zone[unseen & (zone == 0)] = UNKNOWN
    return tuple(_NV.track(f"nv_{part}", zone) for part, zone in worst.items())


def _classes(
    measure: Measure, angles: Angles, facts: Facts, clip: Clip
) -> Iterator[tuple[int, BoolArray, BoolArray]]:
    """Yield the rank of a class, the frames in it, and those that might be."""
    table = nv361_table()
    every = read(measure, angles)
    measured = Readings(every.sizes[:1], every.unseen, every.values)
    items = items_of(table, measure.name, facts)
    for zone in zones(
        measured,
        borders_deg(table, measure.name),
        measure.begins_deg,
        clip.stillness.calm(every.by_name),
        clip,
    ):
        for kind in KINDS:
            item = item_at(items, zone, kind)
            rank = _rank(item, facts) if item else 0
            yield rank, zone.frames(kind)[0], zone.unseen


def _rank(item: Listed, facts: Facts) -> int:
    """Return the rank of an item's class, after the decree's step 2."""
    sharper = item.step2 and facts.long_use
    return _NV.rank("n" if sharper else item.cls.lower())
