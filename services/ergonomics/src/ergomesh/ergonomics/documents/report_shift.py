"""The page of a shift by NV 361/2007: operations, minutes, categories of work."""

from typing import Final

from ergomesh.ergonomics.core.shift_result import (
    Minutes,
    ShiftPosture,
    ShiftResult,
    ShiftUnlisted,
)
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Group,
    KeyNumber,
    KeyNumbers,
    Section,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.names import breakable
from ergomesh.ergonomics.documents.paint import HATCH, level_paint
from ergomesh.ergonomics.documents.report_nv361 import by_part, class_paint, short_name
from ergomesh.ergonomics.documents.report_others import span_text
from ergomesh.ergonomics.documents.words import NO_VALUE, TO, Words

CATEGORY_LEVELS = {1: 1, 2: 2, 3: 4}
"""Shade of a category of work."""
MOST_DOUBTS: Final = 5
"""More are not spelled out, for the table has their bounds: as in the terminal."""
_WORST: Final = max(CATEGORY_LEVELS)


def shift_section(found: ShiftResult, words: Words) -> Section:
    """Write the page of a shift."""
    return Section(
        title=words("shift.title"),
        source=words.sentence(found.source),
        blocks=shift_blocks(found, words),
    )


def shift_blocks(found: ShiftResult, words: Words) -> tuple[Block, ...]:
    """Write a shift, its category first."""
    warnings = (*_doubts(found, words), *_warnings(found, words))
    return (
        _key_numbers(found, words),
        Subtitle(text=words("shift.operations")),
        _operations(found, words),
        Subtitle(text=words("shift.postures")),
        _postures(found, words),
        *_partly_note(found, words),
        *_unlisted(found, words),
        *((Bullets(items=warnings),) if warnings else ()),
        Text(text=words("shift.note"), small=True),
    )


def _doubts(found: ShiftResult, words: Words) -> tuple[str, ...]:
    """Return a sentence for each posture in doubt, or one for many."""
    doubts = words.pick(found.doubts_en, found.doubts_cs)
    if len(doubts) <= MOST_DOUBTS:
        return doubts
    return (words("shift.doubts", count=len(doubts)),)


def _warnings(found: ShiftResult, words: Words) -> tuple[str, ...]:
    return words.pick(found.warnings_en, found.warnings_cs)


def _partly_note(found: ShiftResult, words: Words) -> tuple[Block, ...]:
    """Explain the star once, if any posture has one."""
    if not any(map(_partly, found.postures)):
        return ()
    return (Text(text=words("shift.partly_note"), small=True),)


def _partly(posture: ShiftPosture) -> bool:
    """Whether a posture has minutes that are not of all of it, or not of every clip."""
    return posture.minutes is not None and posture.status != "assessed"


def _unlisted(found: ShiftResult, words: Words) -> tuple[Block, ...]:
    """List what occurred and is in no category, for the table does not know it."""
    rows = [row for row in found.unlisted if row.minutes.likely > 0]
    if not rows:
        return ()
    return (
        Subtitle(text=words("nv361.unlisted")),
        Table(
            columns=(
                Column(title=words("nv361.posture"), width=4.6),
                Column(title=words("nv361.load"), width=0.5),
                Column(title=words("shift.minutes_head"), width=1.4, align="right"),
            ),
            rows=tuple(
                (
                    Cell(text=_unlisted_name(row, words)),
                    Cell(text=row.load),
                    Cell(text=_minutes(row.minutes, words)),
                )
                for row in rows
            ),
            small=True,
        ),
    )


def _unlisted_name(row: ShiftUnlisted, words: Words) -> str:
    name = words.unbroken(short_name(row, words))
    return f"{words(f'part.nv_{row.part}')}: {name}"


def category_text(
    category: int | None, low: int | None, high: int | None, words: Words
) -> str:
    """Write a category of work, with the ones that doubt leaves possible."""
    if category is None:
        return words("nv361.status.not_assessed")
    if low == high or low is None or high is None:
        return str(category)
    return f"{category} ({low}{TO}{high})"


def _key_numbers(found: ShiftResult, words: Words) -> KeyNumbers:
    limits = found.limits
    category = category_text(
        found.category, found.category_low, found.category_high, words
    )
    together = _minutes(found.together, words)
    values = {
        "category": category,
        "length": words("shift.minutes", value=limits.shift_min),
        "together": words("shift.minutes", value=together),
        "limits": words("shift.both", n=limits.n_second, pp=limits.pp_second),
    }
    return KeyNumbers(
        items=tuple(
            KeyNumber(
                value=value,
                label=words(
                    f"shift.numbers_{name}",
                    half=words.given_number(limits.half_shift),
                    coefficient=words.given_number(limits.coefficient),
                ),
            )
            for name, value in values.items()
        )
    )


def _operations(found: ShiftResult, words: Words) -> Table:
    rows = [
        (
            Cell(text=breakable(operation.name)),
            Cell(text=words.given_number(operation.minutes)),
            Cell(text=words("yes" if operation.long_use else "no")),
        )
        for operation in found.operations
    ]
    covered = (
        Cell(text=words("shift.covered"), strong=True),
        Cell(text=words.given_number(found.covered_min), strong=True),
        Cell(text=""),
    )
    return Table(
        columns=(
            Column(title=words("shift.operation"), width=4.0),
            Column(title=words("shift.min_per_shift"), align="right"),
            Column(title=words("shift.long_use"), width=1.6, align="right"),
        ),
        rows=(*rows, covered),
    )


def _postures(found: ShiftResult, words: Words) -> Table:
    workers = tuple("AB"[: found.workers]) if found.workers > 1 else ()
    heads = [("nv361.posture", 4.6), ("nv361.type", 0.6), ("nv361.load", 0.5)]
    numbers = [("shift.minutes_head", 1.4), ("shift.limit", 0.7)]
    return Table(
        columns=(
            *(Column(title=words(key), width=width) for key, width in heads),
            *(
                Column(title=words("shift.worker", name=name), width=1.3, align="right")
                for name in workers
            ),
            *(
                Column(title=words(key), width=width, align="right")
                for key, width in numbers
            ),
            Column(title=words("shift.category"), width=1.1),
        ),
        groups=tuple(
            Group(
                title=words(f"part.nv_{part}"),
                rows=tuple(_posture(each, len(workers), words) for each in group),
            )
            for part, group in by_part(found.postures)
        ),
        small=True,
    )


def _posture(posture: ShiftPosture, workers: int, words: Words) -> tuple[Cell, ...]:
    occurred = posture.minutes is not None and posture.minutes.likely > 0
    shares = posture.workers[:workers]
    return (
        Cell(text=_name(posture, words), strong=occurred),
        Cell(text=posture.cls, paint=class_paint(posture.cls) if occurred else None),
        Cell(text=posture.load),
        *(Cell(text=_minutes(minutes, words)) for minutes in shares),
        Cell(text=_minutes(posture.minutes, words), strong=occurred),
        Cell(text=str(posture.limit_min)),
        _category_cell(posture, words),
    )


def _name(posture: ShiftPosture, words: Words) -> str:
    name = words.unbroken(short_name(posture, words))
    return words("nv361.partly", name=name) if _partly(posture) else name


def _category_cell(posture: ShiftPosture, words: Words) -> Cell:
    if posture.category is None:
        return Cell(text=NO_VALUE, paint=HATCH)
    text = category_text(
        posture.category, posture.category_low, posture.category_high, words
    )
    shade, sure = level_paint(CATEGORY_LEVELS[posture.category]), _sure(posture)
    return Cell(text=text, paint=shade, strong=sure, sure=sure)


def _sure(posture: ShiftPosture) -> bool:
    """Whether no other category is possible.

    What was not assessed only adds minutes, but an unseen worker may lower the mean.
    """
    if posture.category_low == _WORST:
        return None not in posture.workers
    return posture.category_low == posture.category_high and not _partly(posture)


def _minutes(minutes: Minutes | None, words: Words) -> str:
    if minutes is None:
        return NO_VALUE
    return span_text(minutes.likely, minutes.low, minutes.high, words)
