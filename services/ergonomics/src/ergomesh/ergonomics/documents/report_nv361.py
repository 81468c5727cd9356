"""The pages of NV 361/2007: one clip, and a shift of several."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, TypeVar

from ergomesh.ergonomics.core.nv361_result import (
    Nv361Item,
    Nv361Result,
    Nv361Unlisted,
    Span,
)
from ergomesh.ergonomics.documents.blocks import (
    Bar,
    Bars,
    Block,
    Bullets,
    Cell,
    Column,
    Group,
    Legend,
    Section,
    Segment,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.charts_shares import SEEN
from ergomesh.ergonomics.documents.paint import (
    BLANK,
    HATCH,
    POSSIBLE,
    Paint,
    level_paint,
)
from ergomesh.ergonomics.documents.report_others import (
    degrees_range,
    kept,
    method_strips,
    share_text,
    span_text,
)
from ergomesh.ergonomics.documents.report_parts import Matter, cells
from ergomesh.ergonomics.documents.words import NO_VALUE, Words


class _OfPart(Protocol):
    """What belongs to a part of the body."""

    @property
    def part(self) -> str:
        """Return its name."""


P = TypeVar("P", bound=_OfPart)

CLASS_LEVELS: Final = {"N": 4, "PP": 2}
"""Shade of a class: unacceptable, conditionally acceptable."""


def nv361_section(found: Nv361Result, matter: Matter) -> Section:
    """Write the pages of one clip."""
    words = matter.words
    warnings = words.pick(found.warnings_en, found.warnings_cs)
    return Section(
        title=words("nv361.title"),
        source=words.sentence(found.source),
        blocks=(
            Text(text=words("nv361.intro")),
            _bars(found, words),
            *method_strips("nv361", matter.series, words),
            *((Bullets(items=warnings),) if warnings else ()),
            Subtitle(text=words("nv361.items")),
            _table(found.items, words),
            *_partly(found.items, words),
            *_unlisted(found.unlisted, words),
            Text(text=words("nv361.note"), small=True),
        ),
    )


# ---- distribution


def _bars(found: Nv361Result, words: Words) -> Bars:
    """Draw every posture that occurred, or may have, and all of them together."""
    seen = [item for item in found.items if item.share and item.share.high > SEEN]
    rows = [
        _bar(_bar_label(item, words), item.share, class_paint(item.cls), words)
        for item in seen
        if item.share and item.share.likely > SEEN
    ]
    every = _bar(words("nv361.together"), found.burdened_share, level_paint(3), words)
    return Bars(
        title=words("nv361.bars"),
        bars=(*rows, every),
        notes=(words("nv361.share"),),
        legend=(
            Legend(paint=class_paint("N"), text=words("nv361.class.N")),
            Legend(paint=class_paint("PP"), text=words("nv361.class.PP")),
            Legend(paint=POSSIBLE, text=words("nv361.possible")),
        ),
    )


def _bar_label(item: Nv361Item, words: Words) -> str:
    return words(
        "nv361.bar",
        part=words(f"part.nv_{item.part}"),
        angle=words.unbroken(short_name(item, words)),
    )


class _Named(Protocol):
    """A posture of the decree, in a clip or over a shift."""

    @property
    def name_en(self) -> str: ...

    @property
    def name_cs(self) -> str: ...


def short_name(item: _Named, words: Words) -> str:
    """Return an item's name with its frequency, in which many differ, in short."""
    name = words.pick(item.name_en, item.name_cs)
    for rate in ("often", "rare"):
        name = name.replace(
            words(f"nv361.rates.{rate}_long"), words(f"nv361.rates.{rate}")
        )
    return name


def _bar(label: str, share: Span, paint: Paint, words: Words) -> Bar:
    """Return a bar of what is likely, then what is possible, then the rest."""
    return Bar(
        label=label,
        segments=kept(
            (
                Segment(share=share.likely, paint=paint),
                Segment(share=share.high - share.likely, paint=POSSIBLE),
                Segment(share=1 - share.high, paint=BLANK),
            )
        ),
        notes=(share_text(share, words),),
    )


def class_paint(cls: str) -> Paint:
    """Return the shade of N or PP."""
    return level_paint(CLASS_LEVELS[cls])


# ---- tables


def _table(items: tuple[Nv361Item, ...], words: Words) -> Table:
    heads = ("posture", "type", "load", "seconds", "share", "rate", "hold")
    widths = (5.0, 0.6, 0.5, 1.7, 0.8, 1.6, 0.9)
    return Table(
        columns=tuple(
            Column(
                title=words(f"nv361.{head}"),
                width=width,
                align="right" if head in heads[3:] else "left",
            )
            for head, width in zip(heads, widths, strict=True)
        ),
        groups=tuple(
            Group(
                title=words(f"part.nv_{part}"),
                rows=tuple(_row(item, words) for item in group),
            )
            for part, group in by_part(items)
        ),
        small=True,
    )


def by_part(items: Sequence[P]) -> Iterator[tuple[str, list[P]]]:
    """Yield the items of each part of the body together, in their order."""
    for part in dict.fromkeys(item.part for item in items):
        yield part, [item for item in items if item.part == part]


def _row(item: Nv361Item, words: Words) -> tuple[Cell, ...]:
    occurred = item.seconds is not None and item.seconds.likely > 0
    name = words.unbroken(short_name(item, words))
    if item.status == "partly_assessed":
        name = words("nv361.partly", name=name)
    return (
        Cell(text=name, strong=occurred),
        Cell(
            text=item.cls,
            paint=class_paint(item.cls) if occurred else None,
            strong=occurred,
        ),
        Cell(text=item.load),
        *_numbers(item, words),
    )


def _partly(items: tuple[Nv361Item, ...], words: Words) -> tuple[Block, ...]:
    """Say once what of the items marked with a star was not assessed."""
    unseen = dict.fromkeys(
        what
        for item in items
        if item.status == "partly_assessed"
        for what in words.pick(item.unseen_en, item.unseen_cs)
    )
    if not unseen:
        return ()
    text = words("nv361.partly_note", unseen="; ".join(unseen))
    return (Text(text=text, small=True),)


def _numbers(item: Nv361Item, words: Words) -> tuple[Cell, ...]:
    if item.seconds is None or item.share is None:
        return (Cell(text=words("nv361.status.not_assessed"), paint=HATCH, span=4),)
    rate, hold = item.per_min, item.longest_hold_s
    return (
        Cell(text=_span(item.seconds, words, 1)),
        Cell(text=words.percent(item.share.likely)),
        Cell(text=_span(rate, words, 1) if rate else NO_VALUE),
        Cell(text=NO_VALUE if hold is None else words.seconds(hold)),
    )


def _span(span: Span, words: Words, decimals: int) -> str:
    return span_text(span.likely, span.low, span.high, words, decimals)


def _unlisted(unlisted: tuple[Nv361Unlisted, ...], words: Words) -> tuple[Block, ...]:
    """Return what occurred and the decree does not list: never called fine."""
    if not unlisted:
        return ()
    heads = ("part", "posture", "zone", "load", "seconds", "share")
    widths = (1.4, 4.4, 1.1, 0.5, 1.7, 0.8)
    return (
        Subtitle(text=words("nv361.unlisted")),
        Table(
            columns=tuple(
                Column(
                    title=words(f"nv361.{head}"),
                    width=width,
                    align="right" if head in heads[4:] else "left",
                )
                for head, width in zip(heads, widths, strict=True)
            ),
            rows=tuple(
                cells(
                    words(f"part.nv_{entry.part}"),
                    words.unbroken(short_name(entry, words)),
                    degrees_range(entry.from_deg, entry.to_deg, words),
                    entry.load,
                    _span(entry.seconds, words, 1),
                    words.percent(entry.share.likely),
                )
                for entry in unlisted
            ),
            small=True,
        ),
    )
