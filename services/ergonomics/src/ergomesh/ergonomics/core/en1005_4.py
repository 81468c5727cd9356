"""EN 1005-4: working postures and movements, by how often they are taken.

EN 1005-4:2005+A1:2008 Safety of machinery, read through secondary sources only. Numbers
come from ``tables/en1005_4.json``, choices from
:mod:`~ergomesh.ergonomics.core.thresholds`. A movement counts in every zone that it
enters on its way out from the neutral one.
"""

from typing import Final, Literal

import msgspec
import numpy as np

from ergomesh.contract.arrays import Motion
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.en1005_4_items import EnItem, en_items
from ergomesh.ergonomics.core.en1005_4_tables import (
    EN_SEVERITY,
    EnRow,
    EnVerdict,
    en_tables,
)
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import entries
from ergomesh.ergonomics.core.holding_amounts import Amount
from ergomesh.ergonomics.core.holding_rates import Rate, rate_of
from ergomesh.ergonomics.core.holding_zones import Clock, ZoneTimes, holds, zone_times
from ergomesh.ergonomics.core.iso11226_tables import allowed_s
from ergomesh.ergonomics.core.thresholds import Thresholds

CHOICES: Final = (
    "static_s",
    "static_variation_deg",
    "static_bridge_s",
    "neutral_tolerance_deg",
    "awkward_arm_deg",
    "line_of_sight_deg",
    "end_of_range_share",
    "shared_end_point",
    "interval_probability",
)
"""The settings that EN 1005-4 uses."""

_HOLDING_LINES: Final = {
    "trunk": "trunk_inclination",
    "left_arm": "upper_arm_elevation",
    "right_arm": "upper_arm_elevation",
}
"""Part → its holding times in ISO 11226."""


class EnZone(msgspec.Struct, frozen=True, kw_only=True):
    """A zone of an item."""

    from_deg: float | None
    """Null is an open end."""
    to_deg: float | None
    confidence: str
    """How well the printed zone is known: ``high`` or ``medium``."""
    static: Amount
    """Time held in it."""
    moving: Amount
    """Time in it while not holding."""
    rate: Rate | None
    """How often it is entered; null for the neutral zone."""
    longest_hold_s: float
    static_verdict: EnVerdict | None
    """Null when it was not held."""
    condition_met: bool | None
    """Of a conditionally acceptable hold: support, or the holding time of ISO 11226.
    Not met, it is not acceptable. Null where there is no condition."""
    movement_verdict: EnVerdict | None
    """Null when it was not moved to."""
    movement_certain: bool
    """Whether the frequency's bounds give the same verdict."""
    verdict: EnVerdict | None
    """The worse of the two."""


class EnItemResult(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is judged."""

    name: str
    part: str
    side: Literal["left", "right", ""]
    observed_s: float
    unobserved_s: float
    """Never counted as fine."""
    unobserved_share: float
    """Of the person's time."""
    certain_share: float
    """Share of the observed time in which the zone is certain."""
    zones: tuple[EnZone, ...]
    verdict: EnVerdict | None
    """The worst of the zones; null when nothing was observed."""


class EnShare(msgspec.Struct, frozen=True, kw_only=True):
    """How long an item of a part had a verdict as its worst."""

    part: str
    acceptable_s: float
    conditionally_acceptable_s: float
    not_acceptable_s: float
    not_observed_s: float
    """Something was not observed, and what was is not already not acceptable."""


class En1005Result(msgspec.Struct, frozen=True, kw_only=True):
    """EN 1005-4 over a clip."""

    source: str
    sha256: str
    """Digest of the table file."""
    person_s: float
    long_use: bool
    """Told or assumed: one person does this for more than half a shift."""
    items: tuple[EnItemResult, ...]
    parts: tuple[EnShare, ...]
    """Trunk, neck and each side's arm and leg."""
    verdict: EnVerdict | None
    """The worst of all items."""
    choices: dict[str, str | float | int]
    """The settings used, by name."""


def assess_en1005_4(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds,
    *,
    common: Common | None = None,
) -> En1005Result:
    """Judge the postures and movements of a motion.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        facts: Supports, and whether one person does this for long.
        thresholds: The choices.
        common: Of the same frames, where it is known already.
    """
    clock = common.clock if common else Clock.of(motion, thresholds)
    items = en_items(angles, clock.present, thresholds)
    every = zone_times([item.zoning for item in items], clock, thresholds)
    judged = [
        (item, times, _judged(item, times, facts, thresholds))
        for item, times in zip(items, every, strict=True)
    ]
    tables, settings = en_tables(), thresholds.to_dict()
    return En1005Result(
        source=tables.source,
        sha256=tables.sha256,
        person_s=float(clock.person_s.sum()),
        long_use=facts.long_use,
        items=tuple(result for _, _, result in judged),
        parts=_parts(judged, clock),
        verdict=_worst([result.verdict for _, _, result in judged]),
        choices={name: settings[name] for name in CHOICES},
    )


def _worst(verdicts: list[EnVerdict | None]) -> EnVerdict | None:
    given = [verdict for verdict in verdicts if verdict is not None]
    return max(given, key=EN_SEVERITY.__getitem__, default=None)


def _judged(
    item: EnItem, times: ZoneTimes, facts: Facts, thresholds: Thresholds
) -> EnItemResult:
    count = len(item.rows)
    static, moving = (
        times.amounts(count, frames) for frames in (times.still, ~times.still)
    )
    zones = tuple(
        _zone(item, zone, times, (static[zone], moving[zone]), facts, thresholds)
        for zone in range(count)
    )
    whole = times.seconds(item.measured.applies)
    seen_s = times.seconds(times.seen)
    unseen_s = times.seconds(item.measured.applies & ~times.seen)
    first = item.part.split("_", maxsplit=1)[0]
    return EnItemResult(
        name=item.name,
        part=item.part,
        side="left" if first == "left" else "right" if first == "right" else "",
        observed_s=seen_s,
        unobserved_s=unseen_s,
        unobserved_share=unseen_s / (whole or 1.0),
        certain_share=times.seconds(times.certain) / (seen_s or 1.0),
        zones=zones,
        verdict=_worst([zone.verdict for zone in zones]),
    )


def _zone(
    item: EnItem,
    zone: int,
    times: ZoneTimes,
    spent: tuple[Amount, Amount],
    facts: Facts,
    thresholds: Thresholds,
) -> EnZone:
    row, ends = item.rows[zone], (None, *item.edges_deg, None)
    static, moving = spent
    longest_s, in_time = _held(item, zone, times, thresholds)
    held = row.held() if static.seconds > 0 else None
    met = None
    if held == "conditionally_acceptable":
        met = item.held_well(zone, facts, in_time=in_time)
    rate = None
    if zone != item.neutral:
        rate = _rate(item, zone, times, thresholds)
    moved = movement_verdicts(row, rate, facts) if moving.seconds > 0 else []
    settled: EnVerdict | None = held if met is not False else "not_acceptable"
    return EnZone(
        from_deg=ends[zone],
        to_deg=ends[zone + 1],
        confidence=row.confidence,
        static=static,
        moving=moving,
        rate=rate,
        longest_hold_s=longest_s,
        static_verdict=held,
        condition_met=met,
        movement_verdict=moved[0] if moved else None,
        movement_certain=len(set(moved)) <= 1,
        verdict=_worst([settled, *moved[:1]]),
    )


def movement_verdicts(row: EnRow, rate: Rate | None, facts: Facts) -> list[EnVerdict]:
    """Return the verdict at a frequency, and at its bounds.

    Args:
        row: The zone.
        rate: How often it is entered; ``None`` for the neutral zone.
        facts: Whether one person does this for long.
    """
    every = (rate.per_min, rate.low_per_min, rate.high_per_min) if rate else (0.0,)
    limit = en_tables().limit_per_min
    return [row.moved(often, limit, long_use=facts.long_use) for often in every]


def _held(
    item: EnItem, zone: int, times: ZoneTimes, thresholds: Thresholds
) -> tuple[float, bool]:
    """Return the longest hold in a zone, seconds, and whether all are in their time."""
    found = holds(times, times.still & (times.zone == zone), thresholds)
    longest_s = max((run.duration_s for run in found), default=0.0)
    line = _HOLDING_LINES.get(item.part)
    if line is None:
        return longest_s, True
    in_time = all(
        run.duration_s <= allowed_s(line, times.bounds_deg(run.rows, 0.0)[1])
        for run in found
    )
    return longest_s, in_time


def _rate(item: EnItem, zone: int, times: ZoneTimes, thresholds: Thresholds) -> Rate:
    """Return how often a zone, or one beyond it, is entered from nearer to neutral."""
    outward = zone > item.neutral
    inside = times.zone >= zone if outward else times.zone <= zone
    count = entries(
        inside & times.seen,
        times.clock.time_s,
        bridge_s=thresholds.static_bridge_s,
        observed=times.seen,
    )
    seen_s = times.seconds(times.seen)
    return rate_of(count, seen_s, thresholds.interval_probability)


def _parts(
    judged: list[tuple[EnItem, ZoneTimes, EnItemResult]],
    clock: Clock,
) -> tuple[EnShare, ...]:
    """Return how long each part had which worst verdict."""
    names = dict.fromkeys(item.part for item, _, _ in judged)
    return tuple(
        _part(name, [j[1:] for j in judged if j[0].part == name], clock)
        for name in names
    )


def _part(
    name: str,
    judged: list[tuple[ZoneTimes, EnItemResult]],
    clock: Clock,
) -> EnShare:
    here, person_s = clock.present, clock.person_s
    worst = np.zeros(len(here), dtype=np.int8)
    seen = np.ones(len(here), dtype=np.bool_)
    for times, result in judged:
        moved = [_rank(zone.movement_verdict) for zone in result.zones]
        held = [_held_rank(zone) for zone in result.zones]
        # The last zone, and so the last rank, is that of UNSEEN.
        ranks = np.array([[*moved, 0], [*held, 0]], dtype=np.int8)
        at = ranks[times.still.view(np.int8), times.zone]
        worst = np.maximum(worst, at)
        seen &= times.seen
    bad = here & (worst == EN_SEVERITY["not_acceptable"])
    known = here & seen & ~bad
    conditional = worst == EN_SEVERITY["conditionally_acceptable"]
    return EnShare(
        part=name,
        acceptable_s=float(person_s[known & ~conditional].sum()),
        conditionally_acceptable_s=float(person_s[known & conditional].sum()),
        not_acceptable_s=float(person_s[bad].sum()),
        not_observed_s=float(person_s[here & ~seen & ~bad].sum()),
    )


def _held_rank(zone: EnZone) -> int:
    return _rank(
        "not_acceptable" if zone.condition_met is False else zone.static_verdict
    )


def _rank(verdict: EnVerdict | None) -> int:
    return EN_SEVERITY[verdict] if verdict else 0
