"""The first sheet: the clip, the scores, and how long each action level was held."""

from collections.abc import Iterator
from typing import Final

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import LevelShare, MethodResult, Result, SideResult
from ergomesh.ergonomics.core.tables import METHODS
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
    span,
)
from ergomesh.ergonomics.workbook.frames import Frames

_VALUE: Final = 3
"""Column of the facts about the clip."""
_WIDTHS: Final = (13.0, 10.0, 16.0, 13.0, 12.0, 13.0, 13.0, 13.0, 13.0, 13.0, 13.0)
_HEAD_PT: Final = 42.0
_PER_SIDE: Final = 4
"""Columns of a side among the action levels."""


def summary_sheet(result: Result, frames: Frames, words: Words) -> Sheet:
    """Return the sheet; times at a level are formulas over the scores."""
    rows = Rows()
    rows.title(words("title.summary"))
    rows.section(words("section.clip"))
    _clip(rows, result, frames, words)
    _warnings(rows, result, words)
    heads = [_scores(rows, result, words)]
    scales: list[Scale] = []
    for method in METHODS:
        found = result.methods.get(method)
        if found is not None:
            head, more = _levels(rows, method, found, frames, words)
            heads.append(head)
            scales += more
    rows.gap()
    rows.add(Cell(words("note.levels")))
    rows.add(Cell(words("note.left_right")))
    return Sheet(
        name=words("sheet.summary"),
        widths=_WIDTHS,
        rows=rows.done(),
        scales=tuple(scales),
        pages=Pages.ONE,
        heights=dict.fromkeys(heads, _HEAD_PT),
    )


def _clip(rows: Rows, result: Result, frames: Frames, words: Words) -> None:
    clip, quality = result.clip, result.quality
    lines = rows.next
    length, person = at(lines, _VALUE), at(lines + 2, _VALUE)
    share = frames.person_s / clip.duration_s if clip.duration_s else 0.0
    facts: tuple[tuple[str, str | float | Formula, Style], ...] = (
        ("duration_s", clip.duration_s, Style.TENTHS),
        ("analysed_frames", Formula("=COUNT(time_s)", len(frames.frame)), Style.WHOLE),
        (
            "person_s",
            Formula("=SUMIFS(span_s,person,1)", frames.person_s),
            Style.TENTHS,
        ),
        (
            "person_share",
            Formula(f"=IF({length}>0,{person}/{length},0)", share),
            Style.SHARE,
        ),
        (
            "gap_s",
            Formula("=SUMIFS(span_s,person,0)", frames.seconds(frames.person == 0)),
            Style.TENTHS,
        ),
        ("gravity_sd_deg", quality.gravity_sd_deg, Style.TENTHS),
        ("frame_rate_hz", clip.frame_rate_hz, Style.HUNDREDTHS),
        ("size_px", f"{clip.width_px} x {clip.height_px}", Style.TEXT),
        ("sha256", clip.sha256, Style.TEXT),
    )
    for name, value, style in facts:
        label = Cell(words(f"clip.{name}"))
        rows.add(label, Cell(None), Cell(None), Cell(value, style))


def _warnings(rows: Rows, result: Result, words: Words) -> None:
    if result.quality.warnings:
        rows.section(words("section.warnings"))
        for warning in result.quality.warnings:
            rows.add(Cell(words.sentence(warning)))


def _scores(rows: Rows, result: Result, words: Words) -> int:
    """Add a row per method and side; return the header's index."""
    rows.section(words("section.methods"))
    names = ("method", "side", "likely_median", "likely_95", "median_score")
    more = ("percentile_95", "peak", "peak_s", "scored_share", "certain_share")
    head = rows.head((words(f"head.{name}") for name in (*names, *more)), texts=2)
    for method in METHODS:
        found = result.methods.get(method)
        for side in SIDES if found is not None else ():
            rows.add(*_side(method, side, getattr(found, side), words))
    return head


def _side(method: str, side: str, found: SideResult, words: Words) -> Iterator[Cell]:
    yield Cell(method.upper())
    yield Cell(words(f"side.{side}"))
    yield number(found.likely_median, Style.TENTHS)
    yield number(found.likely_percentile_95, Style.TENTHS)
    yield number(found.median, Style.TENTHS)
    yield number(found.percentile_95, Style.TENTHS)
    peak = found.likely_peak
    if peak is None:
        yield Cell(None)
        yield Cell(None)
    else:
        highest = Formula(f"=MAX({method}_{side}_likely)", float(peak.score))
        yield Cell(highest, Style.WHOLE)
        yield Cell(peak.time_s, Style.TENTHS)
    yield Cell(found.scored_share, Style.SHARE)
    yield Cell(found.level_certain_share, Style.SHARE)


def _levels(
    rows: Rows, method: str, found: MethodResult, frames: Frames, words: Words
) -> tuple[int, list[Scale]]:
    """Add a row per action level, and totals; return header and coloured ranges."""
    rows.section(words("section.levels", method=method.upper()))
    columns = ("side_seconds", "side_share", "side_certain", "side_possible")
    head = rows.head(
        (
            *(words(f"head.{name}") for name in ("level", "scores", "risk")),
            *(
                words(f"head.{name}", side=words(f"side.{side}"))
                for side in SIDES
                for name in columns
            ),
        ),
        texts=3,
    )
    levels = found.left.level_shares
    where = (rows.next, rows.next + len(levels) - 1)
    for k, level in enumerate(levels):
        scores = words("word.range", first=level.first_score, last=level.last_score)
        risk = words.known(f"risk.{level.risk.replace(' ', '_')}", level.risk)
        rows.add(
            Cell(level.level, Style.LABEL),
            Cell(str(level.first_score) if _single(level) else scores),
            Cell(risk),
            *(
                cell
                for s, side in enumerate(SIDES)
                for cell in _level(
                    f"{method}_{side}",
                    getattr(found, side).level_shares[k],
                    (rows.next, 3 + _PER_SIDE * s),
                    where[1] + 1,
                    frames,
                )
            ),
        )
    _level_totals(rows, where, found, frames, method, words)
    shares = [3 + _PER_SIDE * s + k for s in range(len(SIDES)) for k in (1, 2, 3)]
    return head, [
        Scale(colour=Colour.SHARE, rows=where, columns=(c, c)) for c in shares
    ]


def _single(level: LevelShare) -> bool:
    return level.first_score == level.last_score


def _likely_s(name: str, level: LevelShare, frames: Frames) -> float:
    scores = frames.scores[f"{name}_likely"]
    return frames.seconds((scores >= level.first_score) & (scores <= level.last_score))


def _level(
    name: str, level: LevelShare, cell: tuple[int, int], total: int, frames: Frames
) -> tuple[Cell, ...]:
    """Return the cells of a side: seconds, share, certain and possible share."""
    time_s = _likely_s(name, level, frames)
    whole_s = frames.person_s
    scores = f"{name}_likely"
    asked = (
        f'=SUMIFS(span_s,{scores},">={level.first_score}",'
        f'{scores},"<={level.last_score}")'
    )
    row, column = cell
    whole = at(total, column)
    share = Formula(
        f"=IF({whole}>0,{at(row, column)}/{whole},0)",
        time_s / whole_s if whole_s else 0.0,
    )
    return (
        Cell(Formula(asked, time_s), Style.TENTHS),
        Cell(share, Style.SHARE),
        Cell(level.certain_share, Style.SHARE),
        Cell(level.possible_share, Style.SHARE),
    )


def _level_totals(
    rows: Rows,
    where: tuple[int, int],
    found: MethodResult,
    frames: Frames,
    method: str,
    words: Words,
) -> None:
    cells = [Cell(words("word.sum"), Style.TOTAL_TEXT)]
    cells += [Cell(None, Style.TOTAL_TEXT)] * 2
    for s, side in enumerate(SIDES):
        column = 3 + _PER_SIDE * s
        levels = getattr(found, side).level_shares
        total_s = sum(_likely_s(f"{method}_{side}", each, frames) for each in levels)
        share = 1.0 if total_s else 0.0
        cells += [
            Cell(Formula(f"=SUM({span(where, column)})", total_s), Style.TOTAL_TENTHS),
            Cell(Formula(f"=SUM({span(where, column + 1)})", share), Style.TOTAL_SHARE),
            *[Cell(None, Style.TOTAL_TEXT)] * 2,
        ]
    rows.add(*cells)
