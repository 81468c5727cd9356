"""The page of ISO 11226."""

from typing import Final

from ergomesh.ergonomics.core.iso11226 import Iso11226Result, IsoHold, IsoItem
from ergomesh.ergonomics.core.iso11226_tables import SEVERITY
from ergomesh.ergonomics.documents.blocks import Bars, Cell, Legend, Section
from ergomesh.ergonomics.documents.paint import HATCH, UNUSED
from ergomesh.ergonomics.documents.report_judged import (
    Shares,
    judged_cells,
    judged_section,
    judged_table,
    share_bars,
)
from ergomesh.ergonomics.documents.report_others import item_name, verdict_legend
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import NO_VALUE, Words
from ergomesh.ergonomics.documents.zone_tracks import ISO_SHOWN

_METHOD: Final = "iso11226"
_VERDICTS: Final = tuple(SEVERITY)
_WIDTHS: Final = {
    "item": 2.5,
    "verdict": 1.8,
    "hold": 0.9,
    "angle": 1.3,
    "allowed": 1.0,
    "unseen": 0.9,
    "certain": 0.7,
}


def iso_section(found: Iso11226Result, matter: Matter) -> Section:
    """Write the page of ISO 11226."""
    words = matter.words
    judged = (_row(item, words) for item in found.items if item.applies_s > 0)
    table = judged_table(_METHOD, _WIDTHS, judged, words)
    names = ", ".join(item_name(name, words).lower() for name in found.not_measured)
    bars = _bars(found, words)
    return judged_section(_METHOD, found.source, bars, table, matter, names=names)


def _bars(found: Iso11226Result, words: Words) -> Bars:
    legend = (
        *verdict_legend(_VERDICTS, words),
        Legend(paint=UNUSED, text=words("zone.moving")),
        Legend(paint=HATCH, text=words("timeline.undetermined")),
    )
    rows = (_shares(item, words) for item in found.items if item.name in ISO_SHOWN)
    certain = (words("others.certain"),)
    return share_bars(words("iso11226.bars"), legend, rows, words, certain)


def _shares(item: IsoItem, words: Words) -> Shares:
    held = (
        sum(zone.static.share for zone in item.zones if zone.verdict == verdict)
        for verdict in _VERDICTS
    )
    shares = (*held, item.moving_share, item.unobserved_share)
    return item_name(item.name, words), shares, (words.percent(item.certain_share),)


def _row(item: IsoItem, words: Words) -> tuple[Cell, ...]:
    return (
        *judged_cells(item, words),
        *_hold_cells(item.holds[0] if item.holds else None, words),
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
