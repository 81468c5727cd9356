"""The page of a standard that judges items: bars, strips and a table of verdicts."""

from collections.abc import Iterable, Mapping, Sequence

from ergomesh.ergonomics.core.en1005_4 import EnItemResult
from ergomesh.ergonomics.core.iso11226 import IsoItem
from ergomesh.ergonomics.documents.blocks import (
    Bar,
    Bars,
    Cell,
    Column,
    Legend,
    Section,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.report_others import (
    item_name,
    item_sure,
    kept,
    method_strips,
    segment,
    verdict_cell,
)
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.words import Words

Shares = tuple[str, Sequence[float], tuple[str, ...]]
"""Name of a bar, the shares of its parts, and its notes."""


def judged_section(
    method: str, source: str, bars: Bars, table: Table, matter: Matter, **noted: str
) -> Section:
    """Write the page of a standard.

    Args:
        method: Its key among the words.
        source: Its publication.
        bars: How long which verdict held.
        table: The verdicts.
        matter: Of the report.
        noted: Values of the note below the table.
    """
    words = matter.words
    return Section(
        title=words(f"{method}.title"),
        source=source,
        blocks=(
            Text(text=words(f"{method}.intro")),
            bars,
            *method_strips(method, matter.series, words),
            Subtitle(text=words(f"{method}.items")),
            table,
            Text(text=words(f"{method}.note", **noted), small=True),
        ),
    )


def share_bars(
    title: str,
    legend: tuple[Legend, ...],
    rows: Iterable[Shares],
    words: Words,
    notes: tuple[str, ...] = (),
) -> Bars:
    """Draw shares of time, each in the shade that the legend has in its place."""
    return Bars(
        title=title,
        bars=tuple(
            Bar(
                label=label,
                segments=kept(
                    tuple(
                        segment(share, entry.paint, words)
                        for share, entry in zip(shares, legend, strict=True)
                    )
                ),
                notes=told,
            )
            for label, shares, told in rows
        ),
        notes=notes,
        legend=legend,
    )


def judged_table(
    method: str,
    widths: Mapping[str, float],
    rows: Iterable[tuple[Cell, ...]],
    words: Words,
) -> Table:
    """Return a table whose first two columns are an item and its verdict.

    Args:
        method: Key of the standard among the words.
        widths: Of the columns, by the keys of their heads.
        rows: Of the table.
        words: Of the language.
    """
    return Table(
        columns=tuple(
            Column(
                title=words(f"{method}.{head}"),
                width=width,
                align="left" if head in {"item", "verdict"} else "right",
            )
            for head, width in widths.items()
        ),
        rows=tuple(rows),
        small=True,
    )


def judged_cells(item: IsoItem | EnItemResult, words: Words) -> tuple[Cell, Cell]:
    """Return the fields that say what was judged, and how."""
    return (
        Cell(text=item_name(item.name, words)),
        verdict_cell(item.verdict, words, sure=item_sure(item)),
    )
