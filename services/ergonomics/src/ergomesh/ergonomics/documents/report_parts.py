"""What several sections of the report share."""

from dataclasses import dataclass, field
from functools import cached_property

from ergomesh.ergonomics.core.result import Peak, Result, SideResult
from ergomesh.ergonomics.core.tables import METHODS, Method, load_tables
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.blocks import Cell
from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.documents.pictures import MomentPicture, moment_files
from ergomesh.ergonomics.documents.report_others import OtherMethods
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.words import NO_VALUE, Words


@dataclass(frozen=True, kw_only=True)
class Matter:
    """Everything the sections are written from."""

    result: Result
    series: ReportSeries
    others: OtherMethods = field(default_factory=OtherMethods)
    pictures: tuple[MomentPicture, ...] = ()
    about: About
    words: Words

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Return the pictures' files, by name."""
        return moment_files(self.pictures)

    @property
    def scored(self) -> tuple[tuple[Method, str, SideResult], ...]:
        """Return method, side and result of everything with a score."""
        return tuple(
            (method, side, getattr(self.result.methods[method], side))
            for method in METHODS
            if method in self.result.methods
            for side in ("left", "right")
        )


def level_of(method: Method, score: int) -> int:
    """Return the action level of a final score."""
    return int(load_tables(method).level_of()[score])


def highest_of(method: Method) -> int:
    """Return a method's highest final score."""
    return max(level.last for level in load_tables(method).levels)


def soon_share(side: SideResult, from_level: int) -> float:
    """Return the share of time likely at an action level or above."""
    return sum(s.likely_share for s in side.level_shares if s.level >= from_level)


def score_text(score: int, low: int, high: int, words: Words) -> str:
    """Write a score with its range, the range left out where there is none."""
    if low == high == score:
        return str(score)
    return words("summary.worst", score=score, low=low, high=high)


def peak_cell(
    method: Method, peak: Peak | None, words: Words, *, when: bool = False
) -> Cell:
    """Return a field with the highest score and, if asked, when; shaded by level."""
    if peak is None:
        return Cell(text=words("summary.nothing"))
    text = score_text(peak.score, peak.low, peak.high, words)
    low, high = (level_of(method, score) for score in (peak.low, peak.high))
    where = words(
        "summary.worst_at" if when else "summary.worst_level",
        level=score_text(peak.level, low, high, words),
        time=words.clock(peak.time_s),
    )
    sure = low == high
    return Cell(
        text=f"{text} · {where}",
        paint=level_paint(peak.level),
        strong=sure,
        sure=sure,
    )


def cells(*texts: str) -> tuple[Cell, ...]:
    """Return plain fields."""
    return tuple(Cell(text=text or NO_VALUE) for text in texts)
