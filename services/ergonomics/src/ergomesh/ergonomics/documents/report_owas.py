"""The page of OWAS."""

from typing import Final

from ergomesh.ergonomics.core.owas import OwasCategory, OwasPart, OwasResult
from ergomesh.ergonomics.documents.blocks import (
    Bar,
    Bars,
    Block,
    Cell,
    Column,
    Section,
    Segment,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.paint import HATCH, level_paint, share_paint
from ergomesh.ergonomics.documents.report_others import kept, method_strips
from ergomesh.ergonomics.documents.report_parts import Matter, cells
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

POSTURES: Final = 10
"""So many postures are listed, the longest."""


def owas_section(found: OwasResult, matter: Matter) -> Section:
    """Write the page of OWAS."""
    words = matter.words
    return Section(
        title=words("owas.title"),
        source=found.source,
        blocks=(
            Text(text=words("owas.intro")),
            _categories(found, words),
            *method_strips("owas", matter.series, words),
            Subtitle(text=words("owas.parts")),
            _parts(found, words),
            Subtitle(text=words("owas.postures")),
            _postures(found, words),
            *_disputed(found, words),
            Text(text=words("owas.note"), small=True),
        ),
    )


def _categories(found: OwasResult, words: Words) -> Table:
    heads = ("category", "meaning", "share", "bounds", "seconds")
    widths = (0.7, 3.0, 0.8, 1.3, 1.0)
    return Table(
        columns=tuple(
            Column(
                title=words(f"owas.{head}"),
                width=width,
                align="left" if head in {"category", "meaning"} else "right",
            )
            for head, width in zip(heads, widths, strict=True)
        ),
        rows=(
            *(_category(entry, words) for entry in found.categories),
            cells(
                NO_VALUE,
                words("owas.open"),
                words.percent(1 - found.scored_share),
                NO_VALUE,
                words.seconds((1 - found.scored_share) * found.person_s),
            ),
        ),
    )


def _category(entry: OwasCategory, words: Words) -> tuple[Cell, ...]:
    time = entry.time
    return (
        Cell(text=str(entry.category), paint=level_paint(entry.category), strong=True),
        Cell(text=words(f"owas.action.{entry.category}")),
        Cell(text=words.percent(time.share), strong=True),
        Cell(text=words.share_range(time.low_share, time.high_share)),
        Cell(text=words.seconds(time.seconds)),
    )


def _parts(found: OwasResult, words: Words) -> Bars:
    return Bars(
        title="",
        bars=tuple(
            Bar(
                label=words(f"owas.part.{part.name}"),
                segments=_codes(part),
                notes=(_longest(part, words),),
            )
            for part in found.parts
        ),
        notes=(words("owas.longest"),),
    )


def _codes(part: OwasPart) -> tuple[Segment, ...]:
    last = max(len(part.codes) - 1, 1)
    known = (
        Segment(
            share=code.share,
            paint=share_paint((code.code - 1) / last),
            text=str(code.code),
        )
        for code in part.codes
    )
    return kept((*known, Segment(share=part.unobserved_share, paint=HATCH)))


def _longest(part: OwasPart, words: Words) -> str:
    code = max(part.codes, key=lambda code: code.share)
    if code.share == 0:
        return words("body.unseen")
    return words(
        "owas.coded", code=code.code, words=words(f"owas.{part.name}.{code.code}")
    )


def _postures(found: OwasResult, words: Words) -> Block:
    if not found.postures:
        return Text(text=words("owas.no_postures"))
    heads = ("code", "posture", "category", "share", "seconds")
    widths = (0.6, 4.2, 0.8, 0.7, 0.9)
    return Table(
        columns=tuple(
            Column(
                title=words(f"owas.{head}"),
                width=width,
                align="right" if head in {"share", "seconds"} else "left",
            )
            for head, width in zip(heads, widths, strict=True)
        ),
        rows=tuple(
            (
                Cell(text=posture.code, strong=True),
                Cell(text=posture_words(posture.code, words)),
                Cell(
                    text=str(posture.category),
                    paint=level_paint(posture.category),
                    strong=True,
                ),
                Cell(text=words.percent(posture.share)),
                Cell(text=words.seconds(posture.seconds)),
            )
            for posture in found.postures[:POSTURES]
        ),
        small=True,
    )


def posture_words(code: str, words: Words) -> str:
    """Return what the digits of a posture stand for."""
    names = ("back", "arms", "legs", "load")
    return ", ".join(
        words(f"owas.{name}.{digit}") for name, digit in zip(names, code, strict=True)
    )


def _disputed(found: OwasResult, words: Words) -> tuple[Block, ...]:
    """Tell of disputed cells that decided something in this clip."""
    used = [cell for cell in found.disputed if cell.seconds > 0]
    return tuple(
        Text(
            text=words(
                "owas.disputed",
                code=cell.code,
                used=cell.used,
                alternative=cell.alternative,
                seconds=words.seconds(cell.seconds),
            ),
            small=True,
        )
        for cell in used
    )
