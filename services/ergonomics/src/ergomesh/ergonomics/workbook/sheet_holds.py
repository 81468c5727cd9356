"""Postures held for long: one row per hold, the longest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.ergonomics.core.compare_angles import part_of
from ergomesh.ergonomics.core.holding import Run, runs
from ergomesh.ergonomics.core.result import Result
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
)
from ergomesh.ergonomics.workbook.classes import AngleClass, classes_of, is_neutral
from ergomesh.ergonomics.workbook.frames import Frames
from ergomesh.ergonomics.workbook.words import sided, spoken

_START, _END, _DURATION, _MEAN = range(5, 9)
_WIDTHS: Final = (13.0, 8.0, 23.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0)
_HEAD_PT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Hold:
    """A posture held for long."""

    of: AngleClass
    run: Run
    mean_deg: float
    """Over its observed frames."""

    @property
    def from_s(self) -> float:
        """Return when it begins, within the clip: a frame's span may begin before."""
        return max(self.run.from_s, 0.0)

    @property
    def duration_s(self) -> float:
        """Return how long it lasts within the clip."""
        return self.run.to_s - self.from_s


def holds_of(
    result: Result, frames: Frames, thresholds: Thresholds
) -> tuple[Hold, ...]:
    """Return every hold that is longer than "static", the longest first."""
    found = _holds(result, frames, thresholds)
    return tuple(sorted(found, key=lambda h: (-h.duration_s, h.from_s)))


def _holds(result: Result, frames: Frames, thresholds: Thresholds) -> Iterator[Hold]:
    for summary in result.angles:
        values = frames.angles_deg[summary.name]
        for each in classes_of(summary, frames):
            if is_neutral(summary.name, each.zone):
                continue
            bridge_s = thresholds.static_bridge_s
            for run in runs(each.inside, frames.time_s, bridge_s=bridge_s):
                if run.duration_s > thresholds.static_s:
                    yield Hold(each, run, float(np.nanmean(values[run.rows])))


def holds_sheet(
    result: Result, frames: Frames, thresholds: Thresholds, words: Words
) -> Sheet:
    """Return the sheet; durations and mean angles are formulas."""
    rows = Rows()
    seconds = words.number(thresholds.static_s)
    rows.title(words("title.holds", seconds=seconds))
    bridge = words.number(thresholds.static_bridge_s, 1)
    rows.add(Cell(words("note.holds", bridge=bridge)))
    names = ("part", "side", "angle", "from_deg", "to_deg", "start_s", "end_s")
    more = ("duration_s", "mean_deg")
    head = rows.head((words(f"head.{name}") for name in (*names, *more)), texts=3)
    holds = holds_of(result, frames, thresholds)
    for hold in holds:
        rows.add(*_cells(hold, rows.next, words))
    if not holds:
        rows.add(Cell(words("note.no_holds")))
    where = (head + 1, max(rows.next - 1, head + 1))
    return Sheet(
        name=words("sheet.holds"),
        widths=_WIDTHS,
        rows=rows.done(),
        frozen=(head + 1, 3),
        filtered=(head, where[1], len(_WIDTHS) - 1),
        scales=(
            Scale(colour=Colour.LARGEST, rows=where, columns=(_DURATION, _DURATION)),
        ),
        heights={head: _HEAD_PT},
    )


def _cells(hold: Hold, row: int, words: Words) -> tuple[Cell, ...]:
    name, run = hold.of.angle, hold.run
    side, plain = sided(name)
    start, end = at(row, _START), at(row, _END)
    mean = f'=AVERAGEIFS({name}_deg,time_s,">="&{start},time_s,"<"&{end})'
    return (
        Cell(words(f"part.{part_of(plain)}")),
        Cell(words(f"side.{side}") if side else None),
        Cell(spoken(words, "angle", plain)),
        number(hold.of.zone.from_deg, Style.WHOLE),
        number(hold.of.zone.to_deg, Style.WHOLE),
        Cell(hold.from_s, Style.TENTHS),
        Cell(run.to_s, Style.TENTHS),
        Cell(Formula(f"={end}-{start}", hold.duration_s), Style.TENTHS),
        Cell(Formula(mean, hold.mean_deg), Style.TENTHS),
    )
