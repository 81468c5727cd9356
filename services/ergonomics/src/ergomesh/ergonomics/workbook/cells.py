"""What a sheet holds, as plain values: cells, blocks of numbers, coloured ranges.

Nothing here knows the file format; ``xlsx`` writes it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ergomesh.contract.arrays import FloatArray


class Style(StrEnum):
    """How a cell looks; units stand in the headers."""

    TITLE = "title"
    SECTION = "section"
    HEAD = "head"
    HEAD_NUMBER = "head_number"
    """Above numbers: at the right, as they are."""
    TEXT = "text"
    LONG = "long"
    """Text that wraps."""
    LABEL = "label"
    """A whole number that names a row."""
    CHOICE = "choice"
    """A text, or a number of any kind, at the left."""
    WHOLE = "whole"
    TENTHS = "tenths"
    HUNDREDTHS = "hundredths"
    THOUSANDTHS = "thousandths"
    SHARE = "share"
    INPUT = "input"
    """To be filled in by the user."""
    TOTAL_TENTHS = "total_tenths"
    TOTAL_SHARE = "total_share"
    TOTAL_TEXT = "total_text"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, with what it comes to for programs that do not calculate."""

    text: str
    """``=SUM(A1:A3)``."""
    value: float | str
    """A number, or an empty text where something is not filled in yet."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell."""

    content: str | float | Formula | None
    """``None`` is an empty cell."""
    style: Style = Style.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a block of numbers."""

    name: str
    """Of the range, in formulas: ``trunk_flexion_deg``."""
    values: FloatArray
    """(T,); NaN is an empty cell."""
    style: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Numbers below a header row."""

    first_row: int
    """Zero-based."""
    columns: tuple[Column, ...]

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values)


class Colour(StrEnum):
    """How numbers colour their cells; each scale reads in greyscale, too."""

    SHARE = "share"
    """0 white, 1 dark."""
    ANGLE = "angle"
    """0 white, ±90° dark."""
    LARGEST = "largest"
    """0 white, the largest dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A coloured range; rows and columns zero-based, both ends in."""

    colour: Colour
    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range in which numbers within bounds get a shade."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    first: float
    last: float
    level: int
    """Action level whose shade it gets."""


class Pages(StrEnum):
    """How a sheet goes on paper."""

    ONE = "one"
    """All of it on one page."""
    WIDTH = "width"
    """One page wide."""
    TILES = "tiles"
    """At a readable size, frozen columns again on each page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet."""

    name: str
    widths: tuple[float, ...]
    """Of the columns, in characters."""
    rows: tuple[tuple[Cell, ...], ...]
    frozen: tuple[int, int] = (0, 0)
    """So many rows and columns stay in sight and are repeated on each page."""
    filtered: tuple[int, int, int] | None = None
    """Header row, last row and last column of a list to filter."""
    scales: tuple[Scale, ...] = ()
    bands: tuple[Band, ...] = ()
    block: Block | None = None
    pages: Pages = Pages.WIDTH
    heights: Mapping[int, float] = field(default_factory=dict)
    """Row → height in points, where it is not the usual one."""


class Rows:
    """Rows of a sheet, as they are put below each other."""

    def __init__(self) -> None:
        self._rows: list[tuple[Cell, ...]] = []

    @property
    def next(self) -> int:
        """Zero-based index of the next row."""
        return len(self._rows)

    def add(self, *cells: Cell) -> int:
        """Add a row; return its index."""
        self._rows.append(cells)
        return self.next - 1

    def gap(self) -> None:
        """Add an empty row."""
        self.add()

    def title(self, text: str) -> None:
        """Add a title and an empty row."""
        self.add(Cell(text, Style.TITLE))
        self.gap()

    def section(self, text: str) -> None:
        """Add an empty row, unless below a title, and a heading."""
        if self._rows and self._rows[-1]:
            self.gap()
        self.add(Cell(text, Style.SECTION))

    def head(
        self, names: Iterable[str], *, texts: int, also: Collection[int] = ()
    ) -> int:
        """Add a header row; return its index.

        Args:
            names: Of the columns.
            texts: So many columns, from the left, hold texts; the others numbers,
            also: except for these.
        """
        return self.add(
            *(
                Cell(name, Style.HEAD if k < texts or k in also else Style.HEAD_NUMBER)
                for k, name in enumerate(names)
            )
        )

    def done(self) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows."""
        return tuple(self._rows)


def number(value: float | None, style: Style) -> Cell:
    """Return a cell with a number; empty for ``None`` and NaN."""
    known = value is not None and np.isfinite(value)
    return Cell(value if known else None, style)


def column_letter(index: int) -> str:
    """Return the letters of a zero-based column.

    >>> column_letter(0), column_letter(26)
    ('A', 'AA')
    """
    head, tail = divmod(index, 26)
    return (column_letter(head - 1) if head else "") + chr(ord("A") + tail)


def at(row: int, column: int) -> str:
    """Return the address of a cell, both zero-based.

    >>> at(4, 2)
    'C5'
    """
    return f"{column_letter(column)}{row + 1}"


def span(rows: tuple[int, int], column: int) -> str:
    """Return the address of a piece of a column, both ends in.

    >>> span((4, 9), 2)
    'C5:C10'
    """
    return f"{at(rows[0], column)}:{at(rows[1], column)}"
