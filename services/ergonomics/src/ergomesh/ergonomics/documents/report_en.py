"""The page of EN 1005-4."""

from ergomesh.ergonomics.core.en1005_4 import (
    En1005Result,
    EnItemResult,
    EnShare,
    EnZone,
)
from ergomesh.ergonomics.core.en1005_4_tables import EN_SEVERITY
from ergomesh.ergonomics.documents.blocks import (
    Bar,
    Bars,
    Cell,
    Column,
    Legend,
    Section,
    Segment,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.paint import HATCH, level_paint
from ergomesh.ergonomics.documents.report_others import (
    VERDICT_LEVELS,
    degrees_range,
    item_name,
    item_sure,
    kept,
    method_strips,
    segment,
    span_text,
    verdict_cell,
    verdict_legend,
)
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

_VERDICTS = ("acceptable", "conditionally_acceptable", "not_acceptable")


def en_section(found: En1005Result, matter: Matter) -> Section:
    """Write the page of EN 1005-4."""
    words = matter.words
    return Section(
        title=words("en1005_4.title"),
        source=found.source,
        blocks=(
            Text(text=words("en1005_4.intro")),
            _bars(found, words),
            *method_strips("en1005_4", matter.series, words),
            Subtitle(text=words("en1005_4.items")),
            _table(found, words),
            Text(text=words("en1005_4.note"), small=True),
        ),
    )


def _bars(found: En1005Result, words: Words) -> Bars:
    whole_s = found.person_s or 1.0
    return Bars(
        title=words("en1005_4.bars"),
        bars=tuple(
            Bar(
                label=words(f"en_part.{part.part}"),
                segments=_segments(part, whole_s, words),
            )
            for part in found.parts
        ),
        legend=(
            *verdict_legend(_VERDICTS, words),
            Legend(paint=HATCH, text=words("timeline.undetermined")),
        ),
    )


def _segments(part: EnShare, whole_s: float, words: Words) -> tuple[Segment, ...]:
    judged = (
        segment(
            getattr(part, f"{verdict}_s") / whole_s,
            level_paint(VERDICT_LEVELS[verdict]),
            words,
        )
        for verdict in _VERDICTS
    )
    return kept((*judged, segment(part.not_observed_s / whole_s, HATCH, words)))


def _table(found: En1005Result, words: Words) -> Table:
    heads = ("item", "verdict", "zone", "held", "moved", "rate", "unseen")
    widths = (2.4, 1.9, 0.9, 0.9, 0.9, 1.5, 0.9)
    return Table(
        columns=tuple(
            Column(
                title=words(f"en1005_4.{head}"),
                width=width,
                align="left" if head in {"item", "verdict"} else "right",
            )
            for head, width in zip(heads, widths, strict=True)
        ),
        rows=tuple(_row(item, words) for item in found.items),
        small=True,
    )


def _row(item: EnItemResult, words: Words) -> tuple[Cell, ...]:
    zone = worst_zone(item)
    return (
        Cell(text=item_name(item.name, words)),
        verdict_cell(item.verdict, words, sure=item_sure(item)),
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
