"""What the pages of the methods that sort postures share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.en1005_4 import (
    En1005Result,
    EnItemResult,
    EnZone,
)
from ergomesh.ergonomics.core.iso11226 import Iso11226Result, IsoItem
from ergomesh.ergonomics.core.niosh_result import NioshResult
from ergomesh.ergonomics.core.nv361_result import Nv361Result, Span
from ergomesh.ergonomics.core.owas import OwasResult
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.documents.blocks import Block, Cell, Legend, Segment, Strips
from ergomesh.ergonomics.documents.charts_shares import SEEN
from ergomesh.ergonomics.documents.charts_time import zone_strips
from ergomesh.ergonomics.documents.paint import Paint, level_paint
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

VERDICT_LEVELS: Final = {
    "acceptable": 1,
    "holding_time": 2,
    "conditionally_acceptable": 2,
    "not_recommended": 4,
    "not_acceptable": 4,
}
"""Shade of a verdict of ISO 11226 and EN 1005-4."""
_WORST: Final = max(VERDICT_LEVELS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMethods:
    """Results beside RULA and REBA; a method that was not used has no page."""

    owas: OwasResult | None = None
    iso11226: Iso11226Result | None = None
    en1005_4: En1005Result | None = None
    nv361: Nv361Result | None = None
    niosh: NioshResult | None = None
    shift: ShiftResult | None = None

    @classmethod
    def of(cls, result: Result, shift: ShiftResult | None) -> Self:
        """Take what an assessment holds, and a shift's if there is one."""
        return cls(
            owas=result.owas,
            iso11226=result.iso11226,
            en1005_4=result.en1005_4,
            nv361=result.nv361,
            niosh=result.niosh,
            shift=shift,
        )

    @property
    def used(self) -> tuple[str, ...]:
        """Return the names of the methods that were used."""
        names = ("owas", "iso11226", "en1005_4", "nv361", "niosh")
        return tuple(name for name in names if getattr(self, name) is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the publications of the methods that were used."""
        used = (self.owas, self.iso11226, self.en1005_4, self.nv361, self.niosh)
        return tuple(result.source for result in used if result is not None)


def verdict_cell(verdict: str | None, words: Words, *, sure: bool) -> Cell:
    """Return a field with a verdict, shaded; an unsure one says that it is likely."""
    if verdict is None:
        return Cell(text=words("verdict.none"))
    said = words(f"verdict.{verdict}")
    return Cell(
        text=words("verdict.sure" if sure else "verdict.likely", verdict=said),
        paint=level_paint(VERDICT_LEVELS[verdict]),
        strong=sure,
        sure=sure,
    )


def verdict_sure(items: Iterable[IsoItem | EnItemResult], verdict: str | None) -> bool:
    """Tell whether items' worst verdict is certain.

    The worst there is needs one item that surely has it; a better one needs that no
    item can have a worse.
    """
    if verdict is not None and VERDICT_LEVELS[verdict] == _WORST:
        return any(i.verdict == verdict and item_sure(i) for i in items)
    return all(item_sure(item) for item in items)


def item_sure(item: IsoItem | EnItemResult) -> bool:
    """Tell whether an item's verdict is certain."""
    if isinstance(item, IsoItem):
        return item.verdict_certain
    if item.verdict == "not_acceptable":
        return any(_surely(zone) for zone in item.zones if zone.verdict == item.verdict)
    settled = all(zone.movement_certain for zone in item.zones)
    return settled and item.certain_share >= 1 and item.unobserved_share == 0


def _surely(zone: EnZone) -> bool:
    """Tell whether a zone surely has its verdict by a hold or by a movement."""
    held = zone.static_verdict == zone.verdict and zone.static.low_s > 0
    moved = zone.movement_verdict == zone.verdict and zone.movement_certain
    return held or (moved and zone.moving.low_s > 0)


def item_name(name: str, words: Words) -> str:
    """Return the name of what a standard judges, with its side."""
    side, _, bare = name.partition("_")
    if side not in SIDES:
        return words.known(f"item.{name}", name)
    return words(
        "angle.sided",
        angle=words.known(f"item.{bare}", bare),
        side=words(f"side.{side}"),
    )


def degrees_range(first_deg: float | None, last_deg: float | None, words: Words) -> str:
    """Write a range of angles; open ends as below or above."""
    first, last = words.degrees(first_deg), words.degrees(last_deg)
    if first_deg is None and last_deg is None:
        return NO_VALUE
    if first_deg is None:
        return f"<{last}"
    if last_deg is None:
        return f">{first}"
    return words("others.from_to", first=first.removesuffix("°"), last=last)


def span_text(
    likely: float, low: float, high: float, words: Words, decimals: int = 0
) -> str:
    """Write a number with its bounds; without, where they say the same."""
    middle, first, last = (words.number(v, decimals) for v in (likely, low, high))
    return (
        middle
        if first == middle == last
        else f"{middle} ({words.between(first, last)})"
    )


def share_text(share: Span, words: Words) -> str:
    """Write a share with its bounds; without, where they say the same."""
    said = words.percent(share.likely)
    bounds = words.share_range(share.low, share.high)
    return said if said == bounds else words("others.share", share=said, bounds=bounds)


def segment(share: float, paint: Paint, words: Words) -> Segment:
    """Return a part of a bar with its share on it."""
    return Segment(share=share, paint=paint, text=words.percent(share))


def kept(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return the parts of a bar that are wide enough to be drawn."""
    return tuple(part for part in segments if part.share > SEEN)


def verdict_legend(verdicts: tuple[str, ...], words: Words) -> tuple[Legend, ...]:
    """Explain the shades of verdicts."""
    return tuple(
        Legend(paint=level_paint(VERDICT_LEVELS[v]), text=words(f"verdict.{v}"))
        for v in verdicts
    )


def method_strips(method: str, series: ReportSeries, words: Words) -> tuple[Block, ...]:
    """Return a method's zones over time, if they were worked out."""
    tracks = tuple(track for track in series.zones if track.method == method)
    if not tracks or not series.present.any():
        return ()
    strips: Strips = zone_strips(tracks, series, words("scores.timeline_title"), words)
    return (strips,)
