"""What is said about a clip at the end (pure: results in, renderables out)."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from ergomesh.local.analyze import JOB, Outcome
from ergomesh.local.orders import ClipOrder, shown
from ergomesh.local.summary import LevelShare, Moment, SideResult, Summary

LEVEL_STYLES: Final = ("green", "green", "yellow", "dark_orange", "red")
"""By action level, 0…4."""
NONE: Final = "-"
ASSUMED: Final = "assumed"
LEVELS: Final = "likely share of time at level"
OPTION_OF: Final[Mapping[str, str]] = {"person": "--person X,Y@T of analyze"}
"""Setting that a warning may name → the option that sets it."""


def outcome_report(outcome: Outcome) -> list[Text | Table]:
    """Return everything worth saying about a finished clip, from top to bottom."""
    summary = outcome.summary
    if summary is None:
        return []
    tables = (_moments(summary), _levels(summary))
    return [
        _heading(outcome.order, summary),
        *(table for table in tables if table.row_count),
        _legend(),
        *_notes(summary),
        *_files(outcome),
        Text(""),
    ]


def clock(time_s: float) -> str:
    """Return a time in the clip, such as ``1:02.5``."""
    minutes, tenths = divmod(round(time_s * 10), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.0f} %"


def _heading(order: ClipOrder, summary: Summary) -> Text:
    clip, coverage = summary.clip, summary.quality.coverage
    facts = (
        f"  {clock(clip.duration_s)} long, {clip.analysed_frames} frames analysed, "
        f"person in {percent(coverage)} of them"
    )
    return Text.assemble((order.label, "bold"), facts)


def _sides(summary: Summary) -> dict[str, SideResult]:
    """Return what there is by method and side (``rula_left``), in the file's order."""
    return {
        f"{method}_{side}": result
        for method, found in summary.methods.items()
        for side, result in found.sides()
    }


def _spoken(score: str) -> str:
    method, _, side = score.partition("_")
    return f"{method.upper()} {side}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _moments(summary: Summary) -> Table:
    columns = list(_sides(summary))
    table = _table("moment", "time", *map(_spoken, columns))
    named = [("worst", moment) for moment in summary.worst_moments]
    if summary.best_moment is not None:
        named.append(("best", summary.best_moment))
    for name, moment in named:
        scores = (_score(moment, column) for column in columns)
        table.add_row(name, clock(moment.time_s), *scores)
    return table


def _score(moment: Moment, column: str) -> str:
    """Return ``7``, or ``7 (4-7)`` in doubt, or ``(3-7)`` when only that is known."""
    score = moment.scores.get(column)
    low, high = moment.low.get(column), moment.high.get(column)
    known = [] if score is None else [str(score)]
    if low is not None and high is not None and not low == score == high:
        known.append(f"({low}-{high})")
    return " ".join(known) or NONE


def _levels(summary: Summary) -> Table:
    sides = _sides(summary)
    levels = sorted({s.level for r in sides.values() for s in r.level_shares})
    table = _table(LEVELS, *map(str, levels), "certain", "95th score", "scored")
    for column, level in zip(table.columns[1:], levels, strict=False):
        column.style = _style(level)
    for name, result in sides.items():
        shares = {share.level: share for share in result.level_shares}
        cells = [_share(shares.get(level)) for level in levels]
        table.add_row(_spoken(name), *cells, *_facts(result))
    return table


def _facts(side: SideResult) -> tuple[str, str, str]:
    """Return the cells after the levels: certain, 95th score, scored."""
    certain, high = side.level_certain_share, side.likely_percentile_95
    return (
        NONE if certain is None else percent(certain),
        NONE if high is None else f"{high:g}",
        percent(side.scored_share),
    )


def _legend() -> Text:
    return Text(
        "  In brackets the lowest and highest score that doubt leaves open. A share is "
        "the per cent of the person's time that is likely at the level, as in the "
        "report; below it the per cent that is certainly and possibly there. Certain: "
        "share of the person's time in which the action level is certain. 95th score: "
        "95th percentile of the likely score over time. Scored: share of the person's "
        "time with a score.",
        style="dim",
    )


def _style(level: int) -> str:
    return LEVEL_STYLES[min(max(level, 0), len(LEVEL_STYLES) - 1)]


def _share(share: LevelShare | None) -> str:
    """Return the likely share, and below it what doubt leaves open."""
    if share is None:
        return NONE
    least, most = (100 * s for s in (share.certain_share, share.possible_share))
    return f"{percent(share.likely_share)}\n({least:.0f}-{most:.0f})"


def _notes(summary: Summary) -> Iterator[Text]:
    for warning in summary.quality.warnings:
        yield Text(f"  warning: {_with_options(warning)}", style="yellow")
    for origin in dict.fromkeys(a.origin for a in summary.assumptions):
        facts = ", ".join(
            f"{a.name} {a.value}" for a in summary.assumptions if a.origin == origin
        )
        yield Text(f"  {origin}: {facts}", style="dim" if origin != ASSUMED else "")


def _with_options(warning: str) -> str:
    """Return a warning that names options where the file names settings."""
    for setting, option in OPTION_OF.items():
        warning = warning.replace(f"(setting '{setting}')", f"({option})")
    return warning


def _files(outcome: Outcome) -> Iterator[Text]:
    folder = shown(str(outcome.order.folder))
    files = ", ".join(sorted((*outcome.files, JOB)))
    yield Text(f"  files in {folder}: {files}")
    if outcome.older:
        names = ", ".join(map(shown, outcome.older))
        yield Text(f"  older files are still there: {names}", style="yellow")
