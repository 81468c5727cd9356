"""Charts of shares of time: action levels, scores, part scores, zones."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import MethodResult, SideResult
from ergomesh.ergonomics.core.series import MethodScores, Series
from ergomesh.ergonomics.core.tables import Method, load_tables
from ergomesh.ergonomics.core.timeline import share, weighted_quantile
from ergomesh.ergonomics.documents.blocks import Bar, Bars, Legend, Post, Posts, Segment
from ergomesh.ergonomics.documents.paint import (
    HATCH,
    level_paint,
    share_paint,
)
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.words import Words

SEEN: Final = 0.0005
"""Smallest share that is drawn: a tenth of a millimetre."""


def level_bars(
    methods: Mapping[str, MethodResult], words: Words, *, title: str
) -> Bars:
    """Draw how long each side asked for which action, a bar per method and side."""
    return Bars(
        title=title,
        bars=tuple(
            Bar(
                label=words(
                    "method_side", method=method.upper(), side=words(f"side.{side}")
                ),
                segments=level_segments(getattr(found, side), words),
                notes=(words.percent(getattr(found, side).level_certain_share),),
            )
            for method, found in methods.items()
            for side in SIDES
        ),
        notes=(words("bars.certain"),),
        legend=level_legend(methods, words),
    )


def level_segments(side: SideResult, words: Words) -> tuple[Segment, ...]:
    """Return a side's action levels by likely share."""
    return tuple(
        Segment(
            share=level.likely_share,
            paint=level_paint(level.level),
            text=words.percent(level.likely_share),
        )
        for level in side.level_shares
        if level.likely_share > SEEN
    )


def level_legend(
    methods: Mapping[str, MethodResult], words: Words
) -> tuple[Legend, ...]:
    """Explain the shades of the action levels that the methods have."""
    levels = {
        level.level for found in methods.values() for level in found.left.level_shares
    }
    return tuple(
        Legend(paint=level_paint(level), text=words(f"level.{level}"))
        for level in sorted(levels)
    )


# ---- scores


def score_posts(
    found: MethodScores, side: str, series: ReportSeries, words: Words
) -> Posts:
    """Draw how long each score was likely: solid where it was determined."""
    person_s = series.person_s
    tallest = max(
        max(_shares(each, score, person_s)) + min(_shares(each, score, person_s))
        for each in found.sides.values()
        for score in range(1, found.highest() + 1)
    )
    levels = found.levels(np.arange(1.0, found.highest() + 1))
    return Posts(
        title=words(f"Side.{side}"),
        posts=tuple(
            _post(
                _shares(found.sides[side], score, person_s),
                tallest or 1.0,
                score,
                int(levels[score - 1]),
                words,
            )
            for score in range(1, found.highest() + 1)
        ),
        axis="",
    )


def _shares(series: Series, score: int, person_s: FloatArray) -> tuple[float, float]:
    """Return the share of time with a likely score, determined and not."""
    likely = series.likely == score
    sure = np.isfinite(series.value)
    return share(likely & sure, person_s), share(likely & ~sure, person_s)


def _post(
    shares: tuple[float, float], tallest: float, score: int, level: int, words: Words
) -> Post:
    whole = sum(shares)
    return Post(
        label=str(score),
        sure=shares[0] / tallest,
        likely=shares[1] / tallest,
        paint=level_paint(level),
        text=words.percent(whole) if whole > SEEN else "",
    )


# ---- parts


def part_highest(method: Method, part: str) -> int:
    """Return the highest score of a body part, from the method's table.

    Args:
        method: Whose.
        part: Without its side: ``upper_arm``.
    """
    tables = load_tables(method)
    if part in tables.items:
        return tables.items[part].max
    entry = tables.raw[part]
    return int(entry.get("max", max(v for v in entry.values() if isinstance(v, int))))


def part_names(found: MethodScores) -> Iterable[tuple[str, str, str]]:
    """Yield column, part without side, and side ("" for the middle) of every part."""
    for column in found.parts:
        name = column.removeprefix(f"{found.method}_")
        side = next((s for s in SIDES if name.startswith(f"{s}_")), "")
        yield column, name.removeprefix(f"{side}_"), side


def part_bars(
    found: MethodScores, side: str, series: ReportSeries, words: Words
) -> Bars:
    """Draw how long each part had which score; ``side`` "" is the middle."""
    return Bars(
        title=words(f"Side.{side or 'middle'}"),
        bars=tuple(
            _part_bar(found, column, part, series, words)
            for column, part, its_side in part_names(found)
            if its_side == side
        ),
        notes=(words("bars.typical"), words("bars.highest")),
    )


def _part_bar(
    found: MethodScores, column: str, part: str, series: ReportSeries, words: Words
) -> Bar:
    scores, person_s = found.parts[column], series.person_s
    highest = part_highest(found.method, part)
    median, top = (weighted_quantile(scores, person_s, p) for p in (0.5, 1.0))
    return Bar(
        label=words(f"part.{part}"),
        segments=_part_segments(scores, person_s, highest),
        notes=(
            words.number(median),
            words("of", value=words.number(top), highest=highest),
        ),
    )


def _part_segments(
    scores: FloatArray, person_s: FloatArray, highest: int
) -> tuple[Segment, ...]:
    known = [
        Segment(
            share=held,
            paint=share_paint((score - 1) / (highest - 1)),
            text=str(score),
        )
        for score in range(1, highest + 1)
        if (held := share(scores == score, person_s)) > SEEN
    ]
    unknown = share(np.isnan(scores), person_s)
    rest = [Segment(share=unknown, paint=HATCH)] if unknown > SEEN else []
    return (*known, *rest)
