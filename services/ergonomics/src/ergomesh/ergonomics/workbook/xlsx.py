"""Sheets as bytes of an ``.xlsx`` file: the only door to XlsxWriter.

The same sheets give the same bytes: no clock, no locale, no random id.
"""

import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TextIO, cast

from typing_extensions import override
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.workbook.cells import (
    Block,
    Cell,
    Colour,
    Column,
    Formula,
    Pages,
    Sheet,
    Style,
    at,
    column_letter,
)

WRITTEN_AT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Stands where the format wants a time: the file says nothing of when it was made."""
A4: Final = 9
"""Excel's number of the paper size."""
TILE_PERCENT: Final = 75
"""Size on paper of a sheet that is wider than a page: 7.5 point figures."""
MARGINS_IN: Final = {"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7}

_FONT: Final = {"font_name": "Calibri", "font_size": 10, "valign": "vcenter"}
_TOTAL: Final = {"bold": True, "top": 1}
_HEAD: Final = {"bold": True, "text_wrap": True, "bg_color": "#E7E6E6", "bottom": 1}
_LOOKS: Final[Mapping[Style, dict[str, Any]]] = {
    Style.TITLE: {"bold": True, "font_size": 16},
    Style.SECTION: {"bold": True, "font_size": 12},
    Style.HEAD: dict(_HEAD),
    Style.HEAD_NUMBER: _HEAD | {"align": "right"},
    Style.TEXT: {},
    Style.LONG: {"text_wrap": True},
    Style.CHOICE: {"align": "left"},
    Style.LABEL: {"num_format": "0", "align": "left"},
    Style.INPUT: {"num_format": "0.0", "bg_color": "#FFF8C5", "border": 1},
    Style.WHOLE: {"num_format": "0"},
    Style.TENTHS: {"num_format": "0.0"},
    Style.HUNDREDTHS: {"num_format": "0.00"},
    Style.THOUSANDTHS: {"num_format": "0.000"},
    Style.SHARE: {"num_format": "0.0%"},
    Style.TOTAL_TENTHS: _TOTAL | {"num_format": "0.0"},
    Style.TOTAL_SHARE: _TOTAL | {"num_format": "0.0%"},
    Style.TOTAL_TEXT: dict(_TOTAL),
}

_LOW: Final = {"min_type": "num", "min_value": 0, "min_color": "#FFFFFF"}
_SCALES: Final[Mapping[Colour, dict[str, Any]]] = {
    Colour.SHARE: {
        "type": "2_color_scale",
        "max_type": "num",
        "max_value": 1,
        "max_color": "#E08214",
    }
    | _LOW,
    Colour.LARGEST: {"type": "2_color_scale", "max_color": "#E08214"} | _LOW,
    Colour.ANGLE: {
        "type": "3_color_scale",
        "min_type": "num",
        "min_value": -90,
        "min_color": "#5E3C99",
        "mid_type": "num",
        "mid_value": 0,
        "mid_color": "#FFFFFF",
        "max_type": "num",
        "max_value": 90,
        "max_color": "#E08214",
    },
}


class _Worksheet(Worksheet):
    """A sheet whose block of numbers is written as text, a row at a time.

    XlsxWriter keeps an object for each cell: 7 µs a cell, 3 s for a clip of five
    minutes. Written as text it is 0.7 µs.
    """

    def put_block(self, block: Block, formats: Mapping[Style, Format]) -> None:
        """Remember a block; it comes after all other rows."""
        self._block = block
        self._block_formats = formats
        last_row = block.first_row + block.height - 1
        self._check_dimensions(block.first_row, 0)
        self._check_dimensions(max(last_row, block.first_row), len(block.columns) - 1)

    @override
    def _write_rows(self) -> None:
        super()._write_rows()
        block: Block | None = getattr(self, "_block", None)
        if block is not None:
            stream = cast("TextIO", self.fh)
            stream.write("".join(_block_rows(block, self._block_formats)))


def _block_rows(block: Block, formats: Mapping[Style, Format]) -> Iterator[str]:
    """Yield the rows of a block as SpreadsheetML."""
    first = block.first_row + 1
    columns = [
        _column_cells(column, column_letter(k), first, formats[column.style])
        for k, column in enumerate(block.columns)
    ]
    for number, cells in enumerate(zip(*columns, strict=True), first):
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _column_cells(
    column: Column, letter: str, first: int, look: Format
) -> Iterator[str]:
    """Yield a column's cells from top to bottom; empty text for an empty cell."""
    style = int(look._get_xf_index())  # type: ignore[no-untyped-call]  # noqa: SLF001
    for row, value in enumerate(column.values.tolist(), first):
        yield (
            f'<c r="{letter}{row}" s="{style}"><v>{value:.16g}</v></c>'
            if value == value  # noqa: PLR0124  # NaN is not itself
            else ""
        )


def to_xlsx(sheets: Sequence[Sheet], *, title: str, footer: str) -> bytes:
    """Return a workbook.

    Args:
        sheets: In their order.
        title: Of the document.
        footer: At the left of each printed page.
    """
    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": title, "created": WRITTEN_AT})
    formats = {look: book.add_format(_FONT | facts) for look, facts in _LOOKS.items()}
    for sheet in sheets:
        _write_sheet(book, sheet, formats, footer)
    book.close()
    return target.getvalue()


def _write_sheet(
    book: Workbook, sheet: Sheet, formats: Mapping[Style, Format], footer: str
) -> None:
    paper = cast("_Worksheet", book.add_worksheet(sheet.name, _Worksheet))
    for column, width in enumerate(sheet.widths):
        paper.set_column(column, column, width, formats[Style.TEXT])
    for row, height in sheet.heights.items():
        paper.set_row(row, height)
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            _write_cell(paper, row, column, cell, formats)
    if sheet.block is not None:
        paper.put_block(sheet.block, formats)
        _name_columns(book, sheet.name, sheet.block)
    _colour(book, paper, sheet)
    _set_up_page(paper, sheet, footer)


def _write_cell(
    paper: Worksheet, row: int, column: int, cell: Cell, formats: Mapping[Style, Format]
) -> None:
    look, content = formats[cell.style], cell.content
    if content is None:
        paper.write_blank(row, column, None, look)
    elif isinstance(content, Formula):
        paper.write_formula(row, column, content.text, look, content.value)
    elif isinstance(content, str):
        paper.write_string(row, column, content, look)
    else:
        paper.write_number(row, column, content, look)


def _name_columns(book: Workbook, sheet: str, block: Block) -> None:
    """Name each column's range, so that formulas read like sentences."""
    last = block.first_row + block.height
    for k, column in enumerate(block.columns):
        if column.name:
            letter = column_letter(k)
            rows = f"${letter}${block.first_row + 1}:${letter}${last}"
            book.define_name(column.name, f"='{sheet}'!{rows}")


def _colour(book: Workbook, paper: Worksheet, sheet: Sheet) -> None:
    for scale in sheet.scales:
        where = (scale.rows[0], scale.columns[0], scale.rows[1], scale.columns[1])
        paper.conditional_format(*where, dict(_SCALES[scale.colour]))
    for band in sheet.bands:
        where = (band.rows[0], band.columns[0], band.rows[1], band.columns[1])
        paint = level_paint(band.level)
        look = book.add_format({"bg_color": paint.fill, "font_color": paint.ink})
        # An empty cell would count as 0.
        test = f"=AND(ISNUMBER({at(where[0], where[1])}),"
        test += f"{at(where[0], where[1])}>={band.first:g},"
        test += f"{at(where[0], where[1])}<={band.last:g})"
        rule = {"type": "formula", "criteria": test, "format": look}
        paper.conditional_format(*where, rule)


def _set_up_page(paper: Worksheet, sheet: Sheet, footer: str) -> None:
    """A4, one page wide, headers on each page, page numbers."""
    paper.set_paper(A4)
    paper.set_landscape()
    paper.set_margins(**MARGINS_IN)
    if sheet.pages is Pages.TILES:
        paper.set_print_scale(TILE_PERCENT)
    else:
        paper.fit_to_pages(1, int(sheet.pages is Pages.ONE))
    paper.hide_gridlines(2)
    paper.set_footer(f"&L&8{footer.replace('&', '&&')}&C&8&A&R&8&P / &N")
    rows, columns = sheet.frozen
    if rows or columns:
        paper.freeze_panes(rows, columns)
    if rows:
        paper.repeat_rows(0, rows - 1)
    if columns and sheet.pages is Pages.TILES:
        paper.repeat_columns(0, columns - 1)
    if sheet.filtered is not None:
        head, last, column = sheet.filtered
        paper.autofilter(head, 0, max(last, head), column)
