"""Zones over time of the methods that sort postures instead of scoring them.

What a strip shows is worked out again from the angles, as the methods themselves do
it: their results only hold sums.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.en1005_4 import En1005Result, EnItemResult
from ergomesh.ergonomics.core.en1005_4_items import en_items
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding_zones import Clock, ZoneTimes, zone_times
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
from ergomesh.ergonomics.core.stance import Stance
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.documents.paint import NOT_JUDGED
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

_ISO_ZONES: Final = ("moving", *SEVERITY)
_ISO_LEVELS: Final = (NOT_JUDGED, 1, 2, 4)
_EN_ZONES: Final = ("acceptable", "conditionally_acceptable", "not_acceptable")
_EN_LEVELS: Final = (1, 2, 4)
_NV_ZONES: Final = ("unlisted", "pp", "n")
_NV_LEVELS: Final = (NOT_JUDGED, 2, 4)
_CATEGORIES: Final = (1, 2, 3, 4)


def owas_tracks(series: OwasSeries) -> tuple[ZoneTrack, ...]:
    """Return OWAS's category over time: determined, lowest and highest possible."""
    rows = {"owas": series.value, "owas_low": series.low, "owas_high": series.high}
    return tuple(
        ZoneTrack(
            method="owas",
            part=name,
            zone=_index(column),
            names=tuple(f"category_{k}" for k in _CATEGORIES),
            levels=_CATEGORIES,
        )
        for name, column in rows.items()
    )


def _index(category: FloatArray) -> IntArray:
    """Return (T,) zero-based zones of categories, unknown where NaN."""
    return np.nan_to_num(category - 1, nan=UNKNOWN).astype(np.int64)


def iso_tracks(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return ISO 11226's verdict on what is held, over time."""
    stance = Stance.of(motion, angles, facts, thresholds)
    items = iso_items(motion, angles, stance, thresholds)
    shown = [item for item in items if item.name in ISO_SHOWN]
    ranks = [np.array(item.severity(facts)) for item in shown]
    clock = Clock.of(motion, thresholds)
    every = zone_times([item.zoning(facts) for item in shown], clock, thresholds)
    return tuple(
        ZoneTrack(
            method="iso11226",
            part=item.name,
            zone=_seen(times, np.where(times.still, 1 + rank[times.zone], 0)),
            names=_ISO_ZONES,
            levels=_ISO_LEVELS,
        )
        for item, times, rank in zip(shown, every, ranks, strict=True)
    )


def en_tracks(
    motion: Motion,
    angles: Angles,
    result: En1005Result,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return over time the verdict that EN 1005-4 gives each zone in this clip."""
    clock = Clock.of(motion, thresholds)
    items = en_items(angles, clock.present, thresholds)
    shown = [item for item in items if item.name in EN_SHOWN]
    judged = {item.name: item for item in result.items}
    ranks = [_en_ranks(judged[item.name]) for item in shown]
    every = zone_times([item.zoning for item in shown], clock, thresholds)
    return tuple(
        ZoneTrack(
            method="en1005_4",
            part=item.name,
            zone=_seen(times, rank[times.zone]),
            names=_EN_ZONES,
            levels=_EN_LEVELS,
        )
        for item, times, rank in zip(shown, every, ranks, strict=True)
    )


def _en_ranks(judged: EnItemResult) -> IntArray:
    """Return the rank of each zone's verdict, unknown where there is none."""
    verdicts = [zone.verdict for zone in judged.zones]
    return np.array([_EN_ZONES.index(v) if v else UNKNOWN for v in verdicts])


def _seen(times: ZoneTimes, rank: IntArray) -> IntArray:
    """Return (T,) ranks, unknown where the angle is not observed."""
    return np.where(times.seen, rank, UNKNOWN)


def nv361_tracks(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> tuple[ZoneTrack, ...]:
    """Return for each part of the body the worst class of NV 361/2007 over time."""
    clip = clip_of(motion.time_s, person_present(motion), thresholds)
    worst: dict[str, IntArray] = {}
    for measure in measures(thresholds):
        zone = worst.setdefault(measure.part, np.zeros(len(motion.time_s), np.int64))
        unseen = np.zeros(len(zone), dtype=np.bool_)
        for rank, frames, hidden in _classes(measure, angles, facts, clip):
            zone[frames] = np.maximum(zone[frames], rank)
            unseen |= hidden
        zone[unseen & (zone == 0)] = UNKNOWN
    return tuple(
        ZoneTrack(
            method="nv361",
            part=f"nv_{part}",
            zone=zone,
            names=_NV_ZONES,
            levels=_NV_LEVELS,
        )
        for part, zone in worst.items()
    )


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
        clip.thresholds.static_variation_deg,
        clip,
    ):
        for kind in KINDS:
            item = item_at(items, zone, kind)
            rank = _rank(item, facts) if item else 0
            yield rank, zone.frames(kind)[0], zone.unseen


def _rank(item: Listed, facts: Facts) -> int:
    """Return the rank of an item's class, after the decree's step 2."""
    sharper = item.step2 and facts.long_use
    return _NV_ZONES.index("n" if sharper else item.cls.lower())
