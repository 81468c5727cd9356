"""The last sheet: what was assumed, what was chosen, and what made the result."""

from typing import Final

from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.documents.words import Words
from ergomesh.ergonomics.workbook.cells import Cell, Rows, Sheet, Style

_WIDTHS: Final = (34.0, 26.0, 14.0, 74.0)
_LINE_CHARACTERS: Final = 80
"""Of the widest column, as Calibri sets them."""
_LINE_PT: Final = 13.5


def basis_sheet(result: Result, words: Words) -> Sheet:
    """Return the sheet."""
    rows = Rows()
    rows.title(words("title.basis"))
    heights = _assumptions(rows, result, words)
    _thresholds(rows, result, words)
    _tables(rows, result, words)
    _versions(rows, result, words)
    _timings(rows, result, words)
    return Sheet(
        name=words("sheet.basis"), widths=_WIDTHS, rows=rows.done(), heights=heights
    )


def _assumptions(rows: Rows, result: Result, words: Words) -> dict[int, float]:
    rows.section(words("section.assumptions"))
    rows.head(
        (words(f"head.{n}") for n in ("input", "value", "origin", "meaning")), texts=4
    )
    heights = {}
    for each in result.assumptions:
        said = words.sentence(each.sentence)
        row = rows.add(
            Cell(words.known(f"fact.{each.name}", each.name), Style.LONG),
            Cell(words.value(each.value), Style.LONG),
            Cell(words(f"origin.{each.origin}"), Style.LONG),
            Cell(said, Style.LONG),
        )
        heights[row] = height_pt(said)
    return heights


def height_pt(text: str) -> float:
    """Return how high a row is that shows a text in the widest column."""
    return _LINE_PT * (1 + len(text) // _LINE_CHARACTERS)


def _thresholds(rows: Rows, result: Result, words: Words) -> None:
    rows.section(words("section.thresholds"))
    rows.head((words(f"head.{name}") for name in ("choice", "value")), texts=2)
    for name, value in result.provenance.thresholds.items():
        rows.add(Cell(name), Cell(value, Style.CHOICE))


def _tables(rows: Rows, result: Result, words: Words) -> None:
    rows.section(words("section.tables"))
    rows.head((words(f"head.{n}") for n in ("method", "digest")), texts=2)
    for method, table in result.provenance.tables.items():
        rows.add(Cell(method.upper()), Cell(table.sha256))
        rows.add(Cell(None), Cell(table.source))


def _versions(rows: Rows, result: Result, words: Words) -> None:
    made = result.provenance
    rows.section(words("section.versions"))
    for name, value in (
        ("ergomesh", made.ergomesh_version),
        ("landmark_model", made.landmark_model),
        ("body_model", made.body_model),
        ("schema", result.schema_version),
    ):
        rows.add(Cell(words(f"version.{name}")), Cell(value))


def _timings(rows: Rows, result: Result, words: Words) -> None:
    if not result.timings_s:
        return
    rows.section(words("section.timings"))
    rows.head((words(f"head.{name}") for name in ("stage", "time_s")), texts=1)
    for stage, seconds in result.timings_s.items():
        rows.add(Cell(stage), Cell(seconds, Style.TENTHS))
