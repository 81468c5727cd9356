"""The page of EN 1005-4."""

from typing import Final

from ergomesh.ergonomics.core.en1005_4 import (
    En1005Result,
    EnItemResult,
    EnShare,
    EnZone,
)
from ergomesh.ergonomics.core.en1005_4_tables import EN_SEVERITY
from ergomesh.ergonomics.documents.blocks import Bars, Cell, Legend, Section
from ergomesh.ergonomics.documents.paint import HATCH
from ergomesh.ergonomics.documents.report_judged import (
    Shares,
    judged_cells,
    judged_section,
    judged_table,
    share_bars,
)
from ergomesh.ergonomics.documents.report_others import (
    degrees_range,
    span_text,
    verdict_legend,
)
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

_METHOD: Final = "en1005_4"
_VERDICTS: Final = tuple(EN_SEVERITY)
_WIDTHS: Final = {
    "item": 2.4,
    "verdict": 1.9,
    "zone": 0.9,
    "held": 0.9,
    "moved": 0.9,
    "rate": 1.5,
    "unseen": 0.9,
}


def en_section(found: En1005Result, matter: Matter) -> Section:
    """Write the page of EN 1005-4."""
    words = matter.words
    judged = (_row(item, words) for item in found.items)
    table = judged_table(_METHOD, _WIDTHS, judged, words)
    return judged_section(_METHOD, found.source, _bars(found, words), table, matter)


def _bars(found: En1005Result, words: Words) -> Bars:
    legend = (
        *verdict_legend(_VERDICTS, words),
        Legend(paint=HATCH, text=words("timeline.undetermined")),
    )
    whole_s = found.person_s or 1.0
    rows = (_shares(part, whole_s, words) for part in found.parts)
    return share_bars(words("en1005_4.bars"), legend, rows, words)


def _shares(part: EnShare, whole_s: float, words: Words) -> Shares:
    judged_s = (getattr(part, f"{verdict}_s") for verdict in _VERDICTS)
    shares = [seconds / whole_s for seconds in (*judged_s, part.not_observed_s)]
    return words(f"en_part.{part.part}"), shares, ()


def _row(item: EnItemResult, words: Words) -> tuple[Cell, ...]:
    zone = worst_zone(item)
    return (
        *judged_cells(item, words),
        *(_zone_cells(zone, words) if zone else (Cell(text=NO_VALUE),) * 4),
        Cell(text=words.percent(item.unobserved_share)),
    )


def worst_zone(item: EnItemResult) -> EnZone | None:
    """Return the zone that decides an item; of equals, the one with more time."""
    judged = [zone for zone in item.zones if zone.verdict is not None]
    return max(judged, key=_badness, default=None)


def _badness(zone: EnZone) -> tuple[int, float]:
    rank = EN_SEVERITY[zone.verdict] if zone.verdict else -1
    return rank, zone.static.seconds + zone.moving.seconds


def _zone_cells(zone: EnZone, words: Words) -> tuple[Cell, ...]:
    rate = zone.rate
    often = (
        span_text(rate.per_min, rate.low_per_min, rate.high_per_min, words, 1)
        if rate
        else NO_VALUE
    )
    return (
        Cell(text=degrees_range(zone.from_deg, zone.to_deg, words)),
        Cell(text=words.seconds(zone.static.seconds)),
        Cell(text=words.seconds(zone.moving.seconds)),
        Cell(text=often),
    )
