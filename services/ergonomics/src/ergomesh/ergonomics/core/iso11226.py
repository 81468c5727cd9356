"""ISO 11226: static working postures and how long they may be held.

ISO 11226:2000 with Cor 1:2006; Delleman NJ, Dul J (2007) International standards on
working postures and movements ISO 11226 and EN 1005-4. Ergonomics 50(11):1809-1819.
Numbers come from ``tables/iso11226.json``, choices from
:mod:`~ergomesh.ergonomics.core.thresholds`. A posture is static when it is held for
more than 4 s with little variation (INSHT NTP 847); what moves is not judged.
"""

from typing import Final, Literal

import msgspec
import numpy as np

from ergomesh.contract.arrays import Motion
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import Run
from ergomesh.ergonomics.core.holding_amounts import Amount
from ergomesh.ergonomics.core.holding_zones import (
    ZoneTimes,
    holds,
    is_cut,
    reach_sds,
    zone_of,
    zone_times,
)
from ergomesh.ergonomics.core.iso11226_items import Item, items
from ergomesh.ergonomics.core.iso11226_tables import (
    SEVERITY,
    Verdict,
    allowed_s,
    iso_tables,
)
from ergomesh.ergonomics.core.thresholds import Thresholds

CHOICES: Final = (
    "static_s",
    "static_variation_deg",
    "static_bridge_s",
    "neutral_tolerance_deg",
    "asymmetry_deg",
    "awkward_arm_deg",
    "end_of_range_share",
    "owas_knee_bent_deg",
    "kneeling_knee_m",
    "kneeling_flexion_deg",
    "seated_off_feet_m",
    "seated_thigh_deg",
    "seated_hips_below_knees_m",
    "seated_held_thigh_deg",
    "seated_held_s",
    "shared_end_point",
    "interval_probability",
)
"""The settings that ISO 11226 uses."""

NOT_MEASURED: Final = (
    "trunk_sitting_convex_lumbar",
    "upper_arm_extreme_external_rotation",
    "extreme_ankle",
)
"""Rows of the standard that the body model cannot tell."""

MOST_HOLDS: Final = 10
"""At most so many holds are listed for an item."""


class IsoHold(msgspec.Struct, frozen=True, kw_only=True):
    """A posture outside the acceptable zone that was held."""

    from_s: float
    to_s: float
    duration_s: float
    cut: bool
    """The hold reaches the end of what is seen: it may have lasted longer."""
    angle_deg: float
    """Median over the hold."""
    low_deg: float
    high_deg: float
    allowed_s: float | None
    """Longest acceptable holding time of the median angle; null where none is."""
    allowed_low_s: float | None
    """The shortest that the angle's uncertainty leaves."""
    allowed_high_s: float | None
    verdict: Verdict
    """``holding_time``: within its time, which the real work must not exceed."""
    certain: bool
    """Whether the angle's bounds ask for the same verdict."""


class IsoZone(msgspec.Struct, frozen=True, kw_only=True):
    """A zone of an item."""

    from_deg: float | None
    """Null is an open end."""
    to_deg: float | None
    printed: Verdict
    """The verdict without support."""
    verdict: Verdict
    """With the supports that are there."""
    support: str
    """Which support makes it acceptable; empty if none does."""
    confidence: str
    """How well the printed zone is known: ``high`` or ``medium``."""
    static: Amount
    """Time held in it."""


class IsoItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is judged."""

    name: str
    part: str
    side: Literal["left", "right", ""]
    applies_s: float
    """Time with a person whom it concerns; the other times are parts of it."""
    static_s: float
    moving_s: float
    """Not judged by this standard."""
    unobserved_s: float
    """Never counted as fine."""
    static_share: float
    """Of the person's time, as the next two."""
    moving_share: float
    unobserved_share: float
    certain_share: float
    """Share of the observed time in which the zone is certain."""
    zones: tuple[IsoZone, ...]
    holds: tuple[IsoHold, ...]
    """Outside the acceptable zone, the longest first."""
    longest_hold_s: float
    """Of those; 0 without."""
    verdict: Verdict | None
    """The worst of the holds; null when nothing was held in view."""
    verdict_certain: bool
    """No other verdict is possible at the angles' bounds, and nothing was hidden."""


class Iso11226Result(msgspec.Struct, frozen=True, kw_only=True):
    """ISO 11226 over a clip."""

    source: str
    sha256: str
    """Digest of the table file."""
    person_s: float
    items: tuple[IsoItem, ...]
    verdict: Verdict | None
    """The worst of all items."""
    raised_shoulder: Verdict
    """Told, not measured: held, a raised shoulder is not recommended."""
    not_measured: tuple[str, ...]
    """Rows of the standard that were not judged."""
    choices: dict[str, str | float | int]
    """The settings used, by name."""


def assess_iso11226(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds,
    *,
    common: Common | None = None,
) -> Iso11226Result:
    """Judge the static postures of a motion.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        facts: Sitting and supports.
        thresholds: The choices.
        common: Of the same frames, where it is known already.
    """
    common = common or Common.of(motion, angles, facts, thresholds)
    clock = common.clock
    every = items(angles, common, thresholds)
    sorted_by = [item.zoning(facts) for item in every]
    judged = tuple(
        _judged(item, times, facts, thresholds)
        for item, times in zip(
            every, zone_times(sorted_by, clock, thresholds), strict=True
        )
    )
    tables, settings = iso_tables(), thresholds.to_dict()
    return Iso11226Result(
        source=tables.source,
        sha256=tables.sha256,
        person_s=float(clock.person_s.sum()),
        items=judged,
        verdict=worst([item.verdict for item in judged]),
        raised_shoulder="not_recommended" if facts.shoulder_raised else "acceptable",
        not_measured=NOT_MEASURED,
        choices={name: settings[name] for name in CHOICES},
    )


def worst(verdicts: list[Verdict | None]) -> Verdict | None:
    """Return the most severe verdict there is."""
    given = [verdict for verdict in verdicts if verdict is not None]
    return max(given, key=SEVERITY.__getitem__, default=None)


def _judged(
    item: Item,
    times: ZoneTimes,
    facts: Facts,
    thresholds: Thresholds,
) -> IsoItem:
    severity = item.severity(facts)
    off = times.still & (np.asarray(severity)[times.zone] > 0)
    found = [
        _hold(item, times, run, facts, thresholds)
        for run in holds(times, off, thresholds)
    ]
    found.sort(key=lambda hold: -hold.duration_s)
    whole = float(times.clock.person_s.sum()) or 1.0
    static_s = times.seconds(times.still)
    moving_s = times.seconds(times.seen & ~times.still)
    unseen_s = times.seconds(item.measured.applies & ~times.seen)
    verdicts: list[Verdict | None] = [hold.verdict for hold in found]
    return IsoItem(
        name=item.name,
        part=item.part,
        side=_side(item.part),
        applies_s=times.seconds(item.measured.applies),
        static_s=static_s,
        moving_s=moving_s,
        unobserved_s=unseen_s,
        static_share=static_s / whole,
        moving_share=moving_s / whole,
        unobserved_share=unseen_s / whole,
        certain_share=times.seconds(times.certain) / ((static_s + moving_s) or 1.0),
        zones=_zones(item, times, facts),
        holds=tuple(found[:MOST_HOLDS]),
        longest_hold_s=found[0].duration_s if found else 0.0,
        verdict=worst(verdicts) or ("acceptable" if static_s > 0 else None),
        verdict_certain=unseen_s == 0 and _all_certain(times, severity, found),
    )


def _side(part: str) -> Literal["left", "right", ""]:
    if part.startswith("left"):
        return "left"
    return "right" if part.startswith("right") else ""


def _all_certain(times: ZoneTimes, severity: list[int], found: list[IsoHold]) -> bool:
    """Return whether no hold could be judged otherwise, nor a fine one be off."""
    rank = np.asarray(severity)
    fine = times.still & (rank[times.zone] == 0)
    doubtful = (rank[times.lowest] > 0) | (rank[times.highest] > 0)
    return all(hold.certain for hold in found) and not (fine & doubtful).any()


def _zones(item: Item, times: ZoneTimes, facts: Facts) -> tuple[IsoZone, ...]:
    ends = (None, *item.edges_deg, None)
    static = times.amounts(len(item.rows), times.still)
    return tuple(
        IsoZone(
            from_deg=ends[zone],
            to_deg=ends[zone + 1],
            printed=row.printed(),
            verdict=item.verdict(zone, facts),
            support=row.support(),
            confidence=row.confidence,
            static=static[zone],
        )
        for zone, row in enumerate(item.rows)
    )


def _hold(
    item: Item, times: ZoneTimes, run: Run, facts: Facts, thresholds: Thresholds
) -> IsoHold:
    """Judge a hold by its median angle, and by that angle's bounds."""
    bounds = times.bounds_deg(run.rows, reach_sds(thresholds))
    judged = [
        hold_verdict(item, angle, run.duration_s, facts, thresholds) for angle in bounds
    ]
    low, (verdict, longest), high = judged
    times_s = [found for _, found in (low, high) if found is not None]
    return IsoHold(
        from_s=run.from_s,
        to_s=run.to_s,
        duration_s=run.duration_s,
        cut=is_cut(times, run),
        angle_deg=bounds[1],
        low_deg=bounds[0],
        high_deg=bounds[2],
        allowed_s=longest,
        allowed_low_s=min(times_s, default=None),
        allowed_high_s=max(times_s, default=None),
        verdict=verdict,
        certain=low[0] == verdict == high[0],
    )


def hold_verdict(
    item: Item,
    angle_deg: float,
    duration_s: float,
    facts: Facts,
    thresholds: Thresholds,
) -> tuple[Verdict, float | None]:
    """Return the verdict on a hold, and how long it may last, seconds.

    Args:
        item: What is held.
        angle_deg: At which angle.
        duration_s: For how long.
        facts: Supports.
        thresholds: The choices.
    """
    zone = zone_of(
        np.array([angle_deg]),
        item.edges_deg,
        item.severity(facts),
        prefer_lower=thresholds.shared_end_point == "lower",
    )
    verdict = item.verdict(int(zone[0]), facts)
    if verdict != "holding_time":
        return verdict, None
    longest = allowed_s(item.segment, angle_deg)
    return ("not_recommended" if duration_s > longest else verdict), longest
