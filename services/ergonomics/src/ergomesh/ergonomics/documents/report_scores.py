"""The pages of RULA and REBA."""

import msgspec

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import LevelShare, MethodResult
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Cell,
    Column,
    Section,
    Subtitle,
    Table,
    Text,
    beside,
)
from ergomesh.ergonomics.documents.charts_shares import part_bars, score_posts
from ergomesh.ergonomics.documents.charts_time import score_legend, score_timeline
from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.documents.report_parts import Matter, cells, peak_cell
from ergomesh.ergonomics.documents.words import Words


def score_section(method: Method, matter: Matter) -> Section:
    """Write the page of a method that scores."""
    words = matter.words
    found = matter.result.methods[method]
    return Section(
        title=words(f"{method}.title"),
        source=found.source,
        blocks=(
            Text(text=words(f"{method}.intro")),
            _figures(method, found, words),
            Subtitle(text=words("scores.levels_title")),
            _level_table(method, found, words),
            *_over_time(method, matter),
            Text(text=_note(matter), small=True),
        ),
    )


def _note(matter: Matter) -> str:
    probability = matter.result.provenance.thresholds.get("interval_probability")
    share = float(probability) if isinstance(probability, int | float) else None
    return matter.words("scores.note", probability=matter.words.percent(share))


def _over_time(method: Method, matter: Matter) -> tuple[Block, ...]:
    words, series = matter.words, matter.series
    scores = series.methods.get(method)
    if scores is None or not series.present.any():
        return ()
    posts = [score_posts(scores, side, series, words) for side in SIDES]
    lines = [score_timeline(scores, side, series, words) for side in SIDES]
    bars = [part_bars(scores, side, series, words) for side in SIDES]
    return (
        Subtitle(text=words("scores.posts_title")),
        beside(*posts),
        Subtitle(text=words("scores.timeline_title")),
        *(msgspec.structs.replace(line, x_ticks=()) for line in lines[:-1]),
        msgspec.structs.replace(lines[-1], legend=score_legend(words)),
        Subtitle(text=words("scores.parts_title")),
        beside(part_bars(scores, "", series, words), *bars),
    )


# ---- tables


def _figures(method: Method, found: MethodResult, words: Words) -> Table:
    """Return the key figures of both sides."""
    sides = [found.left, found.right]
    rows = {
        "median": [words.number(side.likely_median) for side in sides],
        "p95": [words.number(side.likely_percentile_95) for side in sides],
        "scored": [words.percent(side.scored_share) for side in sides],
        "certain": [words.percent(side.level_certain_share) for side in sides],
    }
    return Table(
        columns=(
            Column(title=words("scores.key"), width=1.5),
            *(Column(title=words(f"Side.{side}")) for side in SIDES),
        ),
        rows=(
            (
                Cell(text=words("scores.peak"), strong=True),
                *(
                    peak_cell(method, side.likely_peak, words, when=True)
                    for side in sides
                ),
            ),
            *(cells(words(f"scores.{name}"), *texts) for name, texts in rows.items()),
        ),
        small=True,
    )


def _level_table(method: Method, found: MethodResult, words: Words) -> Table:
    """Return how long each action level was likely, certain and possible."""
    heads = ("level", "score", "meaning", "likely", "bounds", "likely", "bounds")
    widths = (0.7, 0.6, 2.7, 0.8, 1.1, 0.8, 1.1)
    sides = ("", "", "", "left", "left", "right", "right")
    levels = zip(found.left.level_shares, found.right.level_shares, strict=True)
    return Table(
        columns=tuple(
            Column(
                title=words(f"scores.{head}_{side}" if side else f"scores.{head}"),
                width=width,
                align="right" if side else "left",
            )
            for head, width, side in zip(heads, widths, sides, strict=True)
        ),
        rows=tuple(_level_row(method, *pair, words) for pair in levels),
        small=True,
    )


def _level_row(
    method: Method, left: LevelShare, right: LevelShare, words: Words
) -> tuple[Cell, ...]:
    first, last = left.first_score, left.last_score
    span = str(first) if first == last else words("scores.span", first=first, last=last)
    return (
        Cell(text=str(left.level), paint=level_paint(left.level), strong=True),
        *cells(span, words(f"{method}.action.{left.level}")),
        *_level_cells(left, words),
        *_level_cells(right, words),
    )


def _level_cells(level: LevelShare, words: Words) -> tuple[Cell, ...]:
    return (
        Cell(text=words.percent(level.likely_share), strong=True),
        Cell(text=words.share_range(level.certain_share, level.possible_share)),
    )
