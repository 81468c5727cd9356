"""Every chart of the report as a picture of its own, for other documents."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from ergomesh.contract.job import Language
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.blocks import Bars, Chart, Strips
from ergomesh.ergonomics.documents.body_map import body_map
from ergomesh.ergonomics.documents.charts_shares import (
    level_bars,
    part_bars,
    score_posts,
)
from ergomesh.ergonomics.documents.charts_time import score_legend, score_timeline
from ergomesh.ergonomics.documents.report import other_sections
from ergomesh.ergonomics.documents.report_others import OtherMethods
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.words import Words, words_of

Form = Literal["svg", "png"]
FORMS: Final[tuple[Form, ...]] = ("svg", "png")


class _Plots(msgspec.Struct, frozen=True):
    language: str
    charts: list[Chart]


def charts(
    result: Result,
    series: ReportSeries,
    language: Language = Language.ENGLISH,
    forms: Sequence[Form] = FORMS,
) -> dict[str, bytes]:
    """Return every chart by its file name, ``timeline_rula_left.svg``.

    Args:
        result: What an assessment says.
        series: Its scores over time.
        language: Of the words in the charts.
        forms: Kinds of file.
    """
    named = dict(named_charts(result, series, words_of(language)))
    if not named:
        return {}
    data = msgspec.json.encode(_Plots(str(language), list(named.values())))
    return {
        f"{name}.{form}": page
        for form in forms
        for name, page in zip(
            named, typesetter.pages("plots", {"data.json": data}, form), strict=True
        )
    }


def named_charts(
    result: Result, series: ReportSeries, words: Words
) -> Iterator[tuple[str, Chart]]:
    """Yield every chart with its name."""
    if not series.present.any():
        return
    yield (
        "levels",
        level_bars(result.methods, words, title=words("scores.levels_title")),
    )
    yield "body_map", body_map(series, words)
    yield from _other_charts(result, series, words)
    for method, found in series.methods.items():
        for side in SIDES:
            title = words(
                "method_side", method=method.upper(), side=words(f"side.{side}")
            )
            line = score_timeline(found, side, series, words)
            posts = score_posts(found, side, series, words)
            legend = score_legend(words)
            replace = msgspec.structs.replace
            yield f"timeline_{method}_{side}", replace(line, title=title, legend=legend)
            yield f"scores_{method}_{side}", replace(posts, title=title)
            bars = part_bars(found, side, series, words)
            yield f"parts_{method}_{side}", replace(bars, title=title)
        yield f"parts_{method}_middle", part_bars(found, "", series, words)


def _other_charts(
    result: Result, series: ReportSeries, words: Words
) -> Iterator[tuple[str, Chart]]:
    """Yield what the chapters of the other methods draw, ``shares_owas``."""
    others = OtherMethods.of(result, None)
    matter = Matter(
        result=result, series=series, others=others, about=About(), words=words
    )
    for method, section in other_sections(matter):
        for block in section.blocks:
            if isinstance(block, Bars | Strips):
                kind = "shares" if isinstance(block, Bars) else "timeline"
                title = ": ".join(filter(None, (words(f"{method}.short"), block.title)))
                yield f"{kind}_{method}", msgspec.structs.replace(block, title=title)
