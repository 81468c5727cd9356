"""Working postures by NV 361/2007, in the order of the laboratory's form.

The form asks for minutes per shift, which no clip shows: they follow, by formula,
from the minutes of this operation that the user types into one cell.
"""

from collections.abc import Iterator
from typing import Final

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.nv361_result import (
    Nv361Item,
    Nv361Result,
    Nv361Unlisted,
    Span,
)
from ergomesh.ergonomics.documents.words import Words
from ergomesh.ergonomics.workbook.cells import (
    Cell,
    Colour,
    Formula,
    Pages,
    Rows,
    Scale,
    Sheet,
    Style,
    at,
    number,
)

PARTS: Final = ("trunk", "head_neck", "right_arm", "left_arm", "leg", "other")
"""Order of the form: trup, hlava a krk, PHK, LHK, DK, ostatní."""

_HEAD: Final = (
    *("posture", "load", "minutes_a", "minutes_b", "minutes_mean", "class"),
    *("share", "at_least", "at_most", "seconds", "longest_s", "per_min", "told"),
)
_NAME, _LOAD, _A, _B, _MEAN, _CLASS, _SHARE, _LEAST, _MOST = range(9)
_WIDTHS: Final = (
    58.0,
    9.0,
    11.0,
    11.0,
    11.0,
    10.0,
    9.0,
    9.0,
    9.0,
    10.0,
    10.0,
    9.0,
    48.0,
)
_HEAD_PT: Final = 54.0
_LINE_PT: Final = 13.5
"""Height of a line of 10 points."""
_FILLED: Final = 1.1
"""Characters in a line per character of width: texts are narrower than figures."""
_INPUT_ROW: Final = 2
_INPUT: Final = f"$C${_INPUT_ROW + 1}"
"""Where the user types the minutes of this operation."""


def nv361_sheet(found: Nv361Result, words: Words) -> Sheet:
    """Return the sheet."""
    rows = Rows()
    rows.title(words("title.nv361"))
    label = Cell(words("nv361.minutes"), Style.SECTION)
    rows.add(label, Cell(None), Cell(None, Style.INPUT))
    rows.add(Cell(words("nv361.note")))
    head = rows.head(
        (words(f"nv361.{name}") for name in _HEAD),
        texts=2,
        also=(_CLASS, len(_HEAD) - 1),
    )
    first = rows.next
    for part in PARTS:
        _part(rows, part, found, words)
    _burdened(rows, found, words)
    last = rows.next - 1
    _unlisted(rows, found, words)
    _warnings(rows, found, words)
    return Sheet(
        name=words("sheet.nv361"),
        widths=_WIDTHS,
        rows=rows.done(),
        frozen=(head + 1, 1),
        pages=Pages.WIDTH,
        scales=(
            Scale(colour=Colour.SHARE, rows=(first, last), columns=(_SHARE, _MOST)),
        ),
        heights={head: _HEAD_PT} | _heights(rows.done()),
    )


def _heights(rows: tuple[tuple[Cell, ...], ...]) -> dict[int, float]:
    """Return the height of each row whose first or last text takes several lines."""
    lines = {
        row: max(
            1 + int(len(cell.content) / (_FILLED * _WIDTHS[column]))
            for column, cell in enumerate(cells)
            if isinstance(cell.content, str) and cell.style is Style.LONG
        )
        for row, cells in enumerate(rows)
        if any(cell.style is Style.LONG for cell in cells)
    }
    return {row: _LINE_PT * count for row, count in lines.items() if count > 1}


def _part(rows: Rows, part: str, found: Nv361Result, words: Words) -> None:
    rows.add(Cell(words(f"nv361_part.{part}"), Style.SECTION))
    for item in found.items:
        if item.part == part:
            rows.add(*_item(item, rows.next, words))


def _item(item: Nv361Item, row: int, words: Words) -> Iterator[Cell]:
    czech = words.language is Language.CZECH
    yield Cell(item.name_cs if czech else item.name_en, Style.LONG)
    yield Cell(item.load)
    yield from _minutes(row, item.share)
    yield Cell(item.cls)
    yield from _share(item.share)
    yield number(item.seconds.likely if item.seconds else None, Style.TENTHS)
    yield number(item.longest_hold_s, Style.TENTHS)
    yield number(item.per_min.likely if item.per_min else None, Style.TENTHS)
    unseen = "; ".join(item.unseen_cs if czech else item.unseen_en)
    said = words(f"nv361_status.{item.status}")
    yield Cell(f"{said}: {unseen}" if unseen else said, Style.LONG)


def _minutes(row: int, share: Span | None) -> Iterator[Cell]:
    """Yield minutes A, minutes B, mean; nothing until a number is typed in."""
    text = f'=IF(ISNUMBER({_INPUT}),{at(row, _SHARE)}*{_INPUT},"")'
    yield Cell(None) if share is None else Cell(Formula(text, ""), Style.TENTHS)
    yield Cell(None, Style.INPUT)
    both = f"{at(row, _A)}:{at(row, _B)}"
    # The form rounds half up, as ROUND does for times.
    mean = f'=IF(COUNT({both})>0,ROUND(AVERAGE({both}),0),"")'
    yield Cell(Formula(mean, ""), Style.WHOLE)


def _share(share: Span | None) -> Iterator[Cell]:
    for name in ("likely", "low", "high"):
        yield number(getattr(share, name) if share else None, Style.SHARE)


def _burdened(rows: Rows, found: Nv361Result, words: Words) -> None:
    """Add PP and N together, each moment once."""
    row = rows.next
    rows.add(
        Cell(words("nv361.burdened"), Style.TOTAL_TEXT),
        Cell(None, Style.TOTAL_TEXT),
        *_minutes(row, found.burdened_share),
        Cell("N + PP", Style.TOTAL_TEXT),
        *_share(found.burdened_share),
        number(found.burdened.likely, Style.TOTAL_TENTHS),
    )


def _unlisted(rows: Rows, found: Nv361Result, words: Words) -> None:
    if found.unlisted:
        rows.section(words("nv361.unlisted"))
        for each in found.unlisted:
            rows.add(*_not_classified(each, rows.next, words))


def _not_classified(each: Nv361Unlisted, row: int, words: Words) -> Iterator[Cell]:
    czech = words.language is Language.CZECH
    yield Cell(each.name_cs if czech else each.name_en, Style.LONG)
    yield Cell(each.load)
    yield from _minutes(row, each.share)
    yield Cell("?")
    yield from _share(each.share)
    yield number(each.seconds.likely, Style.TENTHS)


def _warnings(rows: Rows, found: Nv361Result, words: Words) -> None:
    czech = words.language is Language.CZECH
    warnings = found.warnings_cs if czech else found.warnings_en
    if warnings:
        rows.section(words("section.warnings"))
        for warning in warnings:
            rows.add(Cell(warning))
