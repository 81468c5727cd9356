"""Time per angle class and body part, as formulas over the per-frame sheet."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ergomesh.ergonomics.core.compare_angles import part_of
from ergomesh.ergonomics.core.holding import Run, runs
from ergomesh.ergonomics.core.result import AngleSummary, Result
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.documents.words import Words
from ergomesh.ergonomics.workbook.cells import (
    Cell,
    Colour,
    Formula,
    Rows,
    Scale,
    Sheet,
    Style,
    at,
    number,
    span,
)
from ergomesh.ergonomics.workbook.classes import AngleClass, classes_of
from ergomesh.ergonomics.workbook.frames import Frames
from ergomesh.ergonomics.workbook.words import sided, spoken

_FROM, _TO, _SECONDS, _SHARE = range(3, 7)
"""Columns that formulas name."""
_WIDTHS: Final = (13.0, 8.0, 23.0, 10.0, 10.0, 11.0, 12.0, 12.0, 12.0, 14.0)
_HEAD_PT: Final = 54.0


def classes_sheet(
    result: Result, frames: Frames, thresholds: Thresholds, words: Words
) -> Sheet:
    """Return the sheet; its seconds and shares are formulas."""
    rows = Rows()
    rows.title(words("title.classes"))
    rows.add(Cell(words("note.classes")))
    rows.add(Cell(words("note.left_right")))
    head = _head(rows, thresholds, words)
    scales = [
        _angle(rows, summary, frames, thresholds, words)
        for summary in result.angles
        if summary.zones
    ]
    overview = _overview(rows, result, frames, words)
    return Sheet(
        name=words("sheet.classes"),
        widths=_WIDTHS,
        rows=rows.done(),
        frozen=(head + 1, 3),
        scales=tuple(scales),
        heights={head: _HEAD_PT, overview: _HEAD_PT},
    )


def _head(rows: Rows, thresholds: Thresholds, words: Words) -> int:
    seconds = words.number(thresholds.static_s)
    names = ("part", "side", "angle", "from_deg", "to_deg", "seconds")
    more = ("share_observed", "longest_s", "holds", "held_s")
    return rows.head(
        (words(f"head.{n}", seconds=seconds) for n in (*names, *more)), texts=3
    )


def _angle(
    rows: Rows,
    summary: AngleSummary,
    frames: Frames,
    thresholds: Thresholds,
    words: Words,
) -> Scale:
    """Add the classes of an angle and their total; return the coloured range."""
    classes = classes_of(summary, frames)
    seconds = [frames.seconds(each.inside) for each in classes]
    first, total = rows.next, rows.next + len(classes)
    for each, time_s in zip(classes, seconds, strict=True):
        held = runs(each.inside, frames.time_s, bridge_s=thresholds.static_bridge_s)
        rows.add(
            *_names(summary.name, words),
            number(each.zone.from_deg, Style.WHOLE),
            number(each.zone.to_deg, Style.WHOLE),
            Cell(Formula(seconds_in(each, rows.next), time_s), Style.TENTHS),
            _share_of(rows.next, total, time_s, sum(seconds)),
            *_held(held, thresholds.static_s),
        )
    _total(rows, (first, total - 1), sum(seconds), frames, words)
    return Scale(colour=Colour.SHARE, rows=(first, total - 1), columns=(_SHARE, _SHARE))


def _names(name: str, words: Words) -> tuple[Cell, Cell, Cell]:
    side, plain = sided(name)
    return (
        Cell(words(f"part.{part_of(plain)}")),
        Cell(words(f"side.{side}") if side else None),
        Cell(spoken(words, "angle", plain)),
    )


def seconds_in(each: AngleClass, row: int) -> str:
    """Return the formula of a class's seconds; its borders stand in the row."""
    columns = {each.zone.from_deg: _FROM, each.zone.to_deg: _TO}
    asked = "".join(
        f',{each.angle}_deg,"{comparison}"&{at(row, columns[border])}'
        for comparison, border in each.bounds
    )
    return f"=SUMIFS(span_s{asked})"


def _share_of(row: int, total: int, time_s: float, total_s: float) -> Cell:
    whole = at(total, _SECONDS)
    text = f"=IF({whole}>0,{at(row, _SECONDS)}/{whole},0)"
    return Cell(Formula(text, time_s / total_s if total_s else 0.0), Style.SHARE)


def _held(held: Sequence[Run], static_s: float) -> tuple[Cell, ...]:
    """Return longest hold, number of long ones, and their time."""
    lasting_s = [run.duration_s for run in held]
    static = [s for s in lasting_s if s > static_s]
    return (
        Cell(max(lasting_s, default=0.0), Style.TENTHS),
        Cell(len(static), Style.WHOLE),
        Cell(sum(static), Style.TENTHS),
    )


def _total(
    rows: Rows, of: tuple[int, int], total_s: float, frames: Frames, words: Words
) -> None:
    share = total_s / frames.person_s if frames.person_s else 0.0
    person = "SUMIFS(span_s,person,1)"
    rows.add(
        *(Cell(None, Style.TOTAL_TEXT) for _ in range(2)),
        Cell(words("word.total"), Style.TOTAL_TEXT),
        *(Cell(None, Style.TOTAL_TEXT) for _ in range(2)),
        Cell(Formula(f"=SUM({span(of, _SECONDS)})", total_s), Style.TOTAL_TENTHS),
        Cell(
            Formula(
                f"=IF({person}>0,{at(rows.next, _SECONDS)}/{person},0)",
                share,
            ),
            Style.TOTAL_SHARE,
        ),
        *(Cell(None, Style.TOTAL_TEXT) for _ in range(3)),
    )
    rows.gap()


def _overview(rows: Rows, result: Result, frames: Frames, words: Words) -> int:
    """Add a row per angle; return the header's index."""
    rows.section(words("section.overview"))
    rows.add(Cell(words("note.overview")))
    names = ("part", "side", "angle", "min_deg", "median_deg", "max_deg", "sd_deg")
    head = rows.head(
        (words(f"head.{name}") for name in (*names, "observed_share")), texts=3
    )
    for summary in result.angles:
        values = frames.angles_deg[summary.name]
        known = values[np.isfinite(values)]
        column = f"{summary.name}_deg"
        rows.add(
            *_names(summary.name, words),
            _extreme(f"=MIN({column})", known.min() if known.size else None),
            number(summary.median_deg, Style.TENTHS),
            _extreme(f"=MAX({column})", known.max() if known.size else None),
            number(summary.median_sd_deg, Style.TENTHS),
            Cell(summary.observed_share, Style.SHARE),
        )
    return head


def _extreme(text: str, value: float | None) -> Cell:
    """Return a formula; nothing where nothing was observed, as it would say 0."""
    if value is None:
        return Cell(None)
    return Cell(Formula(text, float(value)), Style.TENTHS)
