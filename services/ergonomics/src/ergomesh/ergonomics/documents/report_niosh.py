"""The page of the revised NIOSH lifting equation."""

import math
from typing import Final

from ergomesh.ergonomics.core.niosh_result import (
    NOTE_SENTENCES,
    Lift,
    LiftEnd,
    NioshNote,
    NioshResult,
    Spread,
)
from ergomesh.ergonomics.core.niosh_tables import niosh_tables
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    KeyNumber,
    KeyNumbers,
    Lead,
    Section,
    Segment,
    Strip,
    Strips,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.charts_time import time_ticks
from ergomesh.ergonomics.documents.paint import BLANK, UNUSED, Paint, level_paint
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import NO_VALUE, TO, Words

LEVELS: Final = {0: 1, 1: 2, 2: 4}
"""Shade of a level of the lifting index: goal, raised, high."""
LIFTS: Final = 30
"""So many lifts are listed; all are in ``result.json``."""


def niosh_section(found: NioshResult, matter: Matter) -> Section:
    """Write the page of NIOSH."""
    words = matter.words
    notes = tuple(_note(note, words) for note in found.notes)
    return Section(
        title=words("niosh.title"),
        source=found.source,
        blocks=(
            Text(text=words("niosh.intro")),
            *_key_numbers(found, words),
            _given(found, words),
            *_timeline(found, matter),
            *_lifts(found, words),
            *((Bullets(items=notes),) if notes else ()),
        ),
    )


def _note(note: NioshNote, words: Words) -> str:
    return words.pick(*NOTE_SENTENCES[note])


def spread_text(spread: Spread | None, words: Words, decimals: int = 1) -> str:
    """Write a number with its bounds; beyond every limit is ∞."""
    if spread is None:
        return NO_VALUE
    middle, low, high = (
        "∞" if v is None else words.number(v, decimals)
        for v in (spread.median, spread.low, spread.high)
    )
    return middle if low == middle == high else f"{middle} ({words.between(low, high)})"


def _key_numbers(found: NioshResult, words: Words) -> tuple[Block, ...]:
    if not found.lifts:
        seen = words.percent(found.observed_share)
        return (Lead(sentences=(words("niosh.none", observed=seen),)),)
    values = {
        "index": spread_text(found.lifting_index, words, 2),
        "limit": words("niosh.kg", value=spread_text(found.limit_kg, words)),
        "lifts": str(len(found.lifts)),
        "observed": words.percent(found.observed_share),
    }
    tiles = tuple(
        KeyNumber(value=value, label=words(f"niosh.numbers_{name}"))
        for name, value in values.items()
    )
    return (KeyNumbers(items=tiles),)


def _given(found: NioshResult, words: Words) -> Facts:
    load = (
        words("niosh.kg", value=words.given_number(found.load_kg))
        if found.load_kg is not None
        else words("niosh.not_told")
    )
    rate = words.number(found.lifts_per_min, 2)
    counted = words("niosh.counted", rate=rate) if found.frequency_counted else rate
    rows = {
        "load": load,
        "coupling": words.value(found.coupling),
        "rate": counted,
        "hours": words.given_number(found.lifting_h),
        "control": words("yes" if found.control_at_destination else "no"),
        "meaning": words("niosh.no_level")
        if found.level is None
        else words(f"niosh.level.{found.level}"),
    }
    return Facts(
        rows=tuple((words(f"niosh.{name}"), text) for name, text in rows.items())
    )


# ---- lifts


def index_paint(index: Spread | None) -> Paint:
    """Return the shade of a lifting index."""
    if index is None:
        return UNUSED
    return bound_paint(index.median)


def bound_paint(index: float | None) -> Paint:
    """Return the shade of a number of the lifting index; ``None`` is no limit."""
    number = math.inf if index is None else index
    return level_paint(LEVELS[niosh_tables().level_of(number)])


def _timeline(found: NioshResult, matter: Matter) -> tuple[Block, ...]:
    """Draw when something was lifted, shaded by the lifting index."""
    duration_s, words = matter.series.duration_s, matter.words
    if not found.lifts or duration_s <= 0:
        return ()
    segments: list[Segment] = []
    at_s = 0.0
    for lift in found.lifts:
        start_s = max(lift.from_s, at_s)
        segments += (
            Segment(share=(start_s - at_s) / duration_s, paint=BLANK),
            Segment(
                share=max(lift.to_s - start_s, 0.0) / duration_s,
                paint=index_paint(lift.lifting_index),
            ),
        )
        at_s = max(lift.to_s, at_s)
    segments.append(Segment(share=max(1 - at_s / duration_s, 0.0), paint=BLANK))
    strip = Strip(label=words("niosh.lifts"), segments=tuple(segments))
    ticks = time_ticks(duration_s, words)
    return (
        Strips(title=words("scores.timeline_title"), strips=(strip,), x_ticks=ticks),
    )


def _lifts(found: NioshResult, words: Words) -> tuple[Block, ...]:
    if not found.lifts:
        return ()
    heads = ("rank", "time", "end", "h", "v", "d", "a", "rwl", "li")
    widths = (0.5, 1.2, 0.9, 1.3, 1.4, 1.3, 1.2, 1.5, 1.5)
    more = len(found.lifts) - LIFTS
    note = (Text(text=words("niosh.more", count=more), small=True),)
    return (
        Subtitle(text=words("niosh.table")),
        Table(
            columns=tuple(
                Column(
                    title=words(f"niosh.{head}"),
                    width=width,
                    align="left" if head in heads[:3] else "right",
                )
                for head, width in zip(heads, widths, strict=True)
            ),
            rows=tuple(
                _row(rank, lift, words)
                for rank, lift in enumerate(found.lifts[:LIFTS], 1)
            ),
            small=True,
        ),
        *(note if more > 0 else ()),
        Text(text=words("niosh.note"), small=True),
    )


def _row(rank: int, lift: Lift, words: Words) -> tuple[Cell, ...]:
    end: LiftEnd = lift.origin if lift.decides == "origin" else lift.destination
    index = lift.lifting_index
    return (
        Cell(text=str(rank)),
        Cell(text=f"{words.clock(lift.from_s)}{TO}{words.clock(lift.to_s)}"),
        Cell(text=words(f"niosh.{lift.decides}")),
        Cell(text=spread_text(end.horizontal_cm, words, 0)),
        Cell(text=spread_text(end.vertical_cm, words, 0)),
        Cell(text=spread_text(end.distance_cm, words, 0)),
        Cell(text=spread_text(end.asymmetry_deg, words, 0)),
        Cell(text=spread_text(lift.limit_kg, words)),
        Cell(
            text=spread_text(index, words, 2),
            paint=index_paint(index) if index else None,
            strong=True,
        ),
    )
