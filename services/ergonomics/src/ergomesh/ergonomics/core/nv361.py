"""Czech government decree 361/2007: how long which of its postures was taken.

The angles are those that the decree's items share with ISO 11226: trunk and, by
default, head and upper arms against the vertical; a neck that is turned or bent
sideways against the shoulders; an upper arm that is drawn backward against the trunk.
Where the decree prints 0° or nothing, an upright body has the tolerance of
:class:`~ergomesh.ergonomics.core.thresholds.Thresholds`. An angle exactly on a border
belongs to the zone nearer to upright, as the table file has it.

A posture may put several parts of the body, and one part by several measures, into
items of the table at once; each counts. What the table does not list is reported as
not classified, what no camera tells as not assessed: neither is ever taken for fine.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, Motion
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import runs
from ergomesh.ergonomics.core.nv361_ground import Doubt, on_the_ground
from ergomesh.ergonomics.core.nv361_items import Found, item_rows, share, unlisted_rows
from ergomesh.ergonomics.core.nv361_measures import (
    READINGS,
    Readings,
    measures,
    read,
)
from ergomesh.ergonomics.core.nv361_result import Nv361Ground, Nv361Result, Span
from ergomesh.ergonomics.core.nv361_table import Nv361Table, nv361_table
from ergomesh.ergonomics.core.nv361_zones import (
    KINDS,
    Clip,
    Zone,
    borders_deg,
    clip_of,
    item_at,
    items_of,
    zones,
)
from ergomesh.ergonomics.core.thresholds import Thresholds

SHORT_S: Final = 120.0
"""Below this a frequency of 2/min rests on fewer than four movements."""

_SHORT: Final = {
    "en": "The worker is seen for {:.0f} s: below two minutes, one movement more or "
    "less can decide between fewer and more than two a minute.",
    "cs": "Pracovník je vidět {:.0f} s: pod dvě minuty může o frekvenci 2/min "
    "rozhodnout jediný pohyb.",
}
_GROUND: Final = "ground"
_CHOICES: Final = (
    "nv361_head_angle",
    "neutral_tolerance_deg",
    "awkward_arm_deg",
    "end_of_range_share",
    "static_s",
    "static_variation_deg",
    "static_bridge_s",
    "kneeling_knee_m",
    "kneeling_flexion_deg",
    "squatting_knee_deg",
    "squatting_hip_share",
    "lying_trunk_deg",
    "lying_hip_share",
    "interval_probability",
)


def assess_nv361(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds,
    *,
    told: Collection[str] = (),
    common: Common | None = None,
) -> Nv361Result:
    """Assess a clip by NV 361/2007.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        facts: What no video shows.
        thresholds: The choices.
        told: Names of the facts that the user told. A fact that nobody told is not
            assessed where an item asks for it.
        common: Of the same frames, where it is known already.
    """
    table = nv361_table()
    common = common or Common.of(motion, angles, facts, thresholds)
    clip = clip_of(common.clock, thresholds)
    sits = common.stance.sits.yes
    ground = on_the_ground(motion, angles, thresholds, seated=sits)
    found = tuple(_found(table, angles, ground, clip, facts))
    burdened = _burdened(found, clip)
    return Nv361Result(
        source=table.source,
        sha256=table.sha256,
        person_s=clip.person_s,
        items=tuple(item_rows(table, found, clip, facts, told)),
        unlisted=tuple(unlisted_rows(table, found, clip)),
        burdened=burdened,
        burdened_share=share(burdened, clip.person_s, clip.person_s),
        ground=_ground(ground, clip),
        choices={name: getattr(thresholds, name) for name in _CHOICES},
        **_warnings(clip),
    )


def _found(
    table: Nv361Table,
    angles: Angles,
    ground: dict[str, Doubt],
    clip: Clip,
    facts: Facts,
) -> Iterator[Found]:
    """Iterate over every way of being in every zone of every measure."""
    for measure in measures(clip.thresholds):
        readings = read(measure, angles)
        yield from _ways(
            table,
            measure.part,
            measure.name,
            zones(
                readings,
                borders_deg(table, measure.name),
                measure.begins_deg,
                clip.stillness.calm(readings.by_name),
                clip,
            ),
            facts,
        )
    readings, borders = _ground_readings(ground, clip), borders_deg(table, _GROUND)
    unchanged = clip.stillness.windows.ranges(readings.values) <= 0
    down = zones(readings, borders, 0.0, unchanged, clip)
    yield from _ways(table, "other", _GROUND, down, facts)


def _ways(
    table: Nv361Table, part: str, measure: str, found: Iterable[Zone], facts: Facts
) -> Iterator[Found]:
    items = items_of(table, measure, facts)
    for zone in found:
        for kind in KINDS:
            yield Found(part, measure, zone, kind, item_at(items, zone, kind))


def _ground_readings(ground: dict[str, Doubt], clip: Clip) -> Readings:
    """Return 1 where somebody lies, kneels or squats, else 0."""
    anything = reduce(or_, ground.values())
    unseen: BoolArray = np.any(anything.possible & ~anything.sure, axis=0)
    likely = anything.sure[0].copy()
    for run in runs(likely, clip.time_s, bridge_s=clip.thresholds.static_bridge_s):
        likely[run.rows] = True  # a moment's doubt does not end it
    values = np.where(unseen, np.nan, likely.astype(np.float64))
    return Readings(anything.sure.astype(np.float64), unseen, values[None])


def _burdened(found: tuple[Found, ...], clip: Clip) -> Span:
    """Return the time in any listed posture, each moment once."""
    frames = np.zeros((READINGS, len(clip.time_s)), dtype=np.bool_)
    unseen = np.zeros(len(clip.time_s), dtype=np.bool_)
    for one in found:
        if one.item is not None:
            frames |= one.zone.frames(one.kind)
            unseen |= one.zone.unseen
    sure = frames @ clip.seconds
    return clip.span(sure, sure, (frames | unseen) @ clip.seconds)


def _ground(ground: dict[str, Doubt], clip: Clip) -> Nv361Ground | None:
    """Return the seconds of each way of being down, held or not."""
    present = clip.seconds > 0
    if not any(
        (doubt.sure | ~doubt.possible)[:, present].any() for doubt in ground.values()
    ):
        return None
    spans = {
        kind: clip.span(
            doubt.sure @ clip.seconds,
            doubt.sure @ clip.seconds,
            doubt.possible @ clip.seconds,
        )
        for kind, doubt in ground.items()
    }
    return Nv361Ground(**spans)


def _warnings(clip: Clip) -> dict[str, tuple[str, ...]]:
    """Return what limits the whole assessment, in both languages."""
    if clip.person_s >= SHORT_S:
        return {}
    return {
        f"warnings_{language}": (text.format(clip.person_s),)
        for language, text in _SHORT.items()
    }
