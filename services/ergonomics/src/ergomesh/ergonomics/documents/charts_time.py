"""Charts over time: scores with their range, and zones."""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.series import COLUMNS, MethodScores, Series
from ergomesh.ergonomics.core.tables import Method, load_tables
from ergomesh.ergonomics.documents.blocks import (
    Band,
    Legend,
    Segment,
    Step,
    Strip,
    Strips,
    Tick,
    Timeline,
)
from ergomesh.ergonomics.documents.paint import (
    BLANK,
    HATCH,
    UNKNOWN,
    Paint,
    level_paint,
    level_tint,
)
from ergomesh.ergonomics.documents.report_series import ReportSeries, ZoneTrack
from ergomesh.ergonomics.documents.words import MINUTE_S, Words

WIDTH: Final = 340
"""Columns of a chart over time: 0.4 mm each on the page, the finest that prints."""
HEIGHT_MM: Final = 25.0

_TICK_STEPS_S: Final = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
_MAX_TICKS: Final = 10
_ROUNDING: Final = 1e-9
"""An edge that floating point leaves just before a column's is the column's."""
_TICK_ROOM_MM: Final = 2.4
"""Height of a figure on the axis."""


def in_columns(
    values: FloatArray, edges_s: FloatArray, columns: int, *, highest: bool
) -> FloatArray:
    """Return the highest, or lowest, value in each column of a chart.

    Args:
        values: (T,); NaN is no value.
        edges_s: (T + 1,) spans of the frames; the last is the clip's end.
        columns: Width of the chart.
        highest: Which one.

    Returns:
        (columns,); NaN where there is none.
    """
    at = np.floor(edges_s / edges_s[-1] * columns + _ROUNDING).astype(np.int64)
    first = np.minimum(at[:-1], columns - 1)
    last = np.maximum(np.minimum(at[1:] - 1, columns - 1), first)
    lengths = last - first + 1
    starts = np.cumsum(lengths) - lengths
    column = np.arange(lengths.sum()) - np.repeat(starts - first, lengths)
    found = np.full(columns, np.nan)
    pick = np.fmax if highest else np.fmin
    pick.at(found, column, np.repeat(values, lengths))
    return found


def steady(*rows: FloatArray) -> list[tuple[int, int]]:
    """Return (first, last) of the stretches in which no row changes.

    >>> steady(np.array([1.0, 1.0, np.nan, np.nan]))
    [(0, 1), (2, 3)]
    """
    stacked = np.stack(rows)
    before, after = stacked[:, :-1], stacked[:, 1:]
    same: BoolArray = (before == after) | (np.isnan(before) & np.isnan(after))
    cuts = np.flatnonzero(~same.all(axis=0)) + 1
    firsts = [0, *cuts.tolist()]
    lasts = [*(cuts - 1).tolist(), stacked.shape[1] - 1]
    return list(zip(firsts, lasts, strict=True))


def time_ticks(duration_s: float, words: Words) -> tuple[Tick, ...]:
    """Return round times, at most ten, from the beginning to the end."""
    step = next(
        (s for s in _TICK_STEPS_S if duration_s / s <= _MAX_TICKS), _TICK_STEPS_S[-1]
    )
    times = np.arange(0, duration_s + 1e-9, step)
    return tuple(
        Tick(at=float(t / duration_s), text=_tick_text(float(t), step, words))
        for t in times
    )


def _tick_text(time_s: float, step_s: float, words: Words) -> str:
    if step_s < 1:
        return f"{words.number(time_s, 1)} s"
    minutes, seconds = divmod(round(time_s), MINUTE_S)
    return f"{minutes}:{seconds:02d}"


# ---- scores


def score_timeline(
    found: MethodScores, side: str, series: ReportSeries, words: Words
) -> Timeline:
    """Draw one side's score: likely line, range, zones, and what is determined."""
    highest, method = found.highest(), found.method
    rows = _rows(found.sides[side], series.edges_s)
    levels, absent = found.levels(rows["value"]), np.isnan(rows["high"])
    return Timeline(
        title=words(f"Side.{side}"),
        height_mm=HEIGHT_MM,
        bands=tuple(
            Band(
                top=_y(level.last + 0.5, highest),
                bottom=_y(level.first - 0.5, highest),
                paint=level_tint(level.action),
                text=words(f"{method}.zone.{level.action}"),
            )
            for level in load_tables(method).levels
        ),
        steps=_steps(rows, highest),
        y_ticks=_score_ticks(method),
        x_ticks=time_ticks(series.duration_s, words),
        strip=_strip(np.where(absent, np.nan, levels.astype(np.float64))),
        strip_name=words("timeline.strip"),
    )


def score_legend(words: Words) -> tuple[Legend, ...]:
    """Explain the timelines of scores, once per page."""
    return (
        Legend(paint=Paint("#17384d"), text=words("timeline.likely")),
        Legend(paint=Paint("#b4bcc2"), text=words("timeline.range")),
        Legend(paint=HATCH, text=words("timeline.undetermined")),
        Legend(paint=BLANK, text=words("timeline.nobody")),
    )


def _y(score: float, highest: int) -> float:
    """Return how far down a score is: each has the same height."""
    return (highest + 0.5 - score) / highest


def _score_ticks(method: Method) -> tuple[Tick, ...]:
    """Mark where each level begins, and the end, where there is room for figures."""
    levels = load_tables(method).levels
    highest = levels[-1].last
    kept: list[int] = []
    for score in (highest, *(level.first for level in reversed(levels))):
        if not kept or (kept[-1] - score) * HEIGHT_MM / highest >= _TICK_ROOM_MM:
            kept.append(score)
    return tuple(Tick(at=_y(float(s), highest), text=str(s)) for s in kept)


def _rows(series: Series, edges_s: FloatArray) -> dict[str, FloatArray]:
    return {
        name: in_columns(getattr(series, name), edges_s, WIDTH, highest=name != "low")
        for name in COLUMNS
    }


def _steps(rows: dict[str, FloatArray], highest: int) -> tuple[Step, ...]:
    drawn = [rows[name] for name in ("low", "high", "likely")]
    return tuple(_step(rows, *span, highest) for span in steady(*drawn))


def _step(rows: dict[str, FloatArray], first: int, last: int, highest: int) -> Step:
    start, end = first / WIDTH, (last + 1) / WIDTH
    if np.isnan(rows["high"][first]):
        return Step(start=start, end=end)
    return Step(
        start=start,
        end=end,
        top=_y(float(rows["high"][first]) + 0.5, highest),
        bottom=_y(float(rows["low"][first]) - 0.5, highest),
        likely=_y(float(rows["likely"][first]), highest),
    )


def _strip(levels: FloatArray) -> tuple[Segment, ...]:
    """Return the shades of columns: a level, -1 not determinable, NaN nobody."""
    return tuple(
        Segment(share=(last + 1 - first) / WIDTH, paint=_strip_paint(levels[first]))
        for first, last in steady(levels)
    )


def _strip_paint(level: float) -> Paint:
    return BLANK if np.isnan(level) else level_paint(int(level))


# ---- zones


def zone_strips(
    tracks: tuple[ZoneTrack, ...], series: ReportSeries, title: str, words: Words
) -> Strips:
    """Draw the zones of several body parts below each other."""
    return Strips(
        title=title,
        strips=tuple(
            Strip(
                label=words(f"part.{track.part}"),
                segments=_zone_segments(track, series),
            )
            for track in tracks
        ),
        x_ticks=time_ticks(series.duration_s, words),
        legend=_zone_legend(tracks, words),
    )


def _zone_segments(track: ZoneTrack, series: ReportSeries) -> tuple[Segment, ...]:
    shade = _shades(track, series.present)
    return _strip(in_columns(shade, series.edges_s, WIDTH, highest=True))


def _shades(track: ZoneTrack, present: BoolArray) -> FloatArray:
    """Return (T,) the shade's level, -1 where undeterminable, NaN without a person."""
    levels: IntArray = np.array([*track.levels, UNKNOWN])
    return np.where(present, levels[track.zone].astype(np.float64), np.nan)


def _zone_legend(tracks: tuple[ZoneTrack, ...], words: Words) -> tuple[Legend, ...]:
    pairs = {
        (level, name)
        for track in tracks
        for level, name in zip(track.levels, track.names, strict=True)
    }
    return (
        *(
            Legend(paint=level_paint(level), text=words(f"zone.{name}"))
            for level, name in sorted(pairs)
        ),
        Legend(paint=HATCH, text=words("timeline.undetermined")),
        Legend(paint=BLANK, text=words("timeline.nobody")),
    )
