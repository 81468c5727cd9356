"""The page of ISO 11226."""

from ergomesh.ergonomics.core.iso11226 import Iso11226Result, IsoHold, IsoItem
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
from ergomesh.ergonomics.documents.paint import HATCH, UNUSED, level_paint
from ergomesh.ergonomics.documents.report_others import (
    VERDICT_LEVELS,
    item_name,
    item_sure,
    kept,
    method_strips,
    segment,
    verdict_cell,
    verdict_legend,
)
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import NO_VALUE, Words
from ergomesh.ergonomics.documents.zone_tracks import ISO_SHOWN

_VERDICTS = ("acceptable", "holding_time", "not_recommended")


def iso_section(found: Iso11226Result, matter: Matter) -> Section:
    """Write the page of ISO 11226."""
    words = matter.words
    return Section(
        title=words("iso11226.title"),
        source=found.source,
        blocks=(
            Text(text=words("iso11226.intro")),
            _bars(found, words),
            *method_strips("iso11226", matter.series, words),
            Subtitle(text=words("iso11226.items")),
            _table(found, words),
            Text(text=_note(found, words), small=True),
        ),
    )


def _note(found: Iso11226Result, words: Words) -> str:
    names = ", ".join(item_name(name, words).lower() for name in found.not_measured)
    return words("iso11226.note", names=names)


def _bars(found: Iso11226Result, words: Words) -> Bars:
    shown = (item for item in found.items if item.name in ISO_SHOWN)
    return Bars(
        title=words("iso11226.bars"),
        bars=tuple(
            Bar(
                label=item_name(item.name, words),
                segments=_segments(item, words),
                notes=(words.percent(item.certain_share),),
            )
            for item in shown
        ),
        notes=(words("others.certain"),),
        legend=(
            *verdict_legend(_VERDICTS, words),
            Legend(paint=UNUSED, text=words("zone.moving")),
            Legend(paint=HATCH, text=words("timeline.undetermined")),
        ),
    )


def _segments(item: IsoItem, words: Words) -> tuple[Segment, ...]:
    held = (
        segment(
            sum(z.static.share for z in item.zones if z.verdict == verdict),
            level_paint(VERDICT_LEVELS[verdict]),
            words,
        )
        for verdict in _VERDICTS
    )
    return kept(
        (
            *held,
            segment(item.moving_share, UNUSED, words),
            segment(item.unobserved_share, HATCH, words),
        )
    )


def _table(found: Iso11226Result, words: Words) -> Table:
    heads = ("item", "verdict", "hold", "angle", "allowed", "unseen", "certain")
    widths = (2.5, 1.8, 0.9, 1.3, 1.0, 0.9, 0.7)
    return Table(
        columns=tuple(
            Column(
                title=words(f"iso11226.{head}"),
                width=width,
                align="left" if head in {"item", "verdict"} else "right",
            )
            for head, width in zip(heads, widths, strict=True)
        ),
        rows=tuple(_row(item, words) for item in found.items if item.applies_s > 0),
        small=True,
    )


def _row(item: IsoItem, words: Words) -> tuple[Cell, ...]:
    hold = item.holds[0] if item.holds else None
    return (
        Cell(text=item_name(item.name, words)),
        verdict_cell(item.verdict, words, sure=item_sure(item)),
        *_hold_cells(hold, words),
        Cell(text=words.percent(item.unobserved_share)),
        Cell(text=words("yes" if item.verdict_certain else "no")),
    )


def _hold_cells(hold: IsoHold | None, words: Words) -> tuple[Cell, ...]:
    """Return the longest hold outside the acceptable zone, its angle, its limit."""
    if hold is None:
        return (Cell(text=NO_VALUE),) * 3
    low, middle, high = (
        words.number(v) for v in (hold.low_deg, hold.angle_deg, hold.high_deg)
    )
    return (
        Cell(text=("≥" if hold.cut else "") + words.seconds(hold.duration_s)),
        Cell(text=words("others.angle", angle=middle, bounds=words.between(low, high))),
        Cell(
            text=words("iso11226.never")
            if hold.allowed_s is None
            else words.seconds(hold.allowed_s)
        ),
    )
