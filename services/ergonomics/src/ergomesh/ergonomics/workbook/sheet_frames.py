"""The two sheets with a row per analysed frame: angles, and scores."""

from collections.abc import Iterable
from typing import Final

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.tables import load_tables
from ergomesh.ergonomics.documents.words import Words
from ergomesh.ergonomics.workbook.cells import (
    Band,
    Block,
    Cell,
    Colour,
    Column,
    Pages,
    Rows,
    Scale,
    Sheet,
    Style,
)
from ergomesh.ergonomics.workbook.frames import Frames
from ergomesh.ergonomics.workbook.words import score_title, spoken

HEAD_ROW: Final = 2
FIRST_ROW: Final = HEAD_ROW + 1
HEAD_PT: Final = 54.0
"""Height of the header row: four lines."""
_NUMBER_WIDTH: Final = 12.0


def angles_sheet(frames: Frames, words: Words) -> Sheet:
    """Return the sheet of angles; its ranges have names (``trunk_flexion_deg``)."""
    told = [
        _angle(f"{name}_deg", frames.angles_deg[name]) for name in frames.angles_deg
    ]
    doubt = [_angle(f"{name}_sd_deg", frames.sds_deg[name]) for name in frames.sds_deg]
    titles = [
        words(f"head.{head}", angle=spoken(words, "angle", name))
        for head, names in (
            ("degrees", frames.angles_deg),
            ("sd_degrees", frames.sds_deg),
        )
        for name in names
    ]
    time = _time(frames, words)
    rows = (FIRST_ROW, HEAD_ROW + len(frames.frame))
    first = len(time)
    angles = (first, first + len(told) - 1)
    sds = (angles[1] + 1, angles[1] + len(doubt))
    return _sheet(
        "angles",
        [*time, *zip(titles, (*told, *doubt), strict=True)],
        words,
        scales=(
            Scale(colour=Colour.ANGLE, rows=rows, columns=angles),
            Scale(colour=Colour.LARGEST, rows=rows, columns=sds),
        ),
    )


def scores_sheet(frames: Frames, words: Words) -> Sheet:
    """Return the sheet of scores, shaded by action level."""
    columns = [
        (
            score_title(words, name),
            Column(name=name, values=values, style=Style.WHOLE),
        )
        for name, values in frames.scores.items()
    ]
    # Their ranges have names on the sheet of angles.
    time = [(title, _unnamed(column)) for title, column in _time(frames, words)]
    return _sheet(
        "scores",
        [*time, *columns],
        words,
        bands=tuple(_bands(frames, len(time))),
    )


def _time(frames: Frames, words: Words) -> list[tuple[str, Column]]:
    """Return the columns that every per-frame sheet begins with."""
    facts = (
        ("frame", frames.frame, Style.WHOLE),
        ("time_s", frames.time_s, Style.THOUSANDTHS),
        ("span_s", frames.span_s, Style.THOUSANDTHS),
        ("person", frames.person, Style.WHOLE),
    )
    return [
        (
            words(f"head.{name}"),
            Column(name=name, values=values, style=style),
        )
        for name, values, style in facts
    ]


def _unnamed(column: Column) -> Column:
    return Column(name="", values=column.values, style=column.style)


def _angle(name: str, values_deg: FloatArray) -> Column:
    return Column(name=name, values=values_deg, style=Style.TENTHS)


def _bands(frames: Frames, first: int) -> Iterable[Band]:
    """Yield the shades of final scores, one per column and action level."""
    for column, name in enumerate(frames.scores, first):
        method = frames.method_of.get(name)
        for level in load_tables(method).levels if method else ():
            yield Band(
                rows=(FIRST_ROW, HEAD_ROW + len(frames.frame)),
                columns=(column, column),
                first=level.first,
                last=level.last,
                level=level.action,
            )


def _sheet(
    key: str,
    columns: list[tuple[str, Column]],
    words: Words,
    *,
    scales: tuple[Scale, ...] = (),
    bands: tuple[Band, ...] = (),
) -> Sheet:
    rows = Rows()
    rows.add(Cell(words(f"title.{key}"), Style.TITLE))
    rows.add(Cell(words("note.empty")))
    head = rows.head((title for title, _ in columns), texts=0)
    block = Block(first_row=FIRST_ROW, columns=tuple(column for _, column in columns))
    return Sheet(
        name=words(f"sheet.{key}"),
        widths=(_NUMBER_WIDTH,) * len(columns),
        rows=rows.done(),
        frozen=(FIRST_ROW, 2),
        filtered=(head, head + block.height, len(columns) - 1),
        scales=scales,
        bands=bands,
        pages=Pages.TILES,
        block=block,
        heights={HEAD_ROW: HEAD_PT},
    )
