"""What page one says of the methods beside RULA and REBA: a row each."""

from collections.abc import Iterator

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.en1005_4 import En1005Result, EnItemResult
from ergomesh.ergonomics.core.iso11226 import Iso11226Result, IsoItem
from ergomesh.ergonomics.core.niosh_result import NioshResult
from ergomesh.ergonomics.core.nv361_result import Nv361Item, Nv361Result, Span
from ergomesh.ergonomics.core.owas import OwasResult
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.documents.blocks import Cell, Column, Table
from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.documents.report_niosh import (
    LEVELS,
    bound_paint,
    index_paint,
    spread_text,
)
from ergomesh.ergonomics.documents.report_nv361 import class_paint
from ergomesh.ergonomics.documents.report_others import (
    VERDICT_LEVELS,
    OtherMethods,
    share_text,
    verdict_cell,
    verdict_sure,
)
from ergomesh.ergonomics.documents.report_shift import (
    CATEGORY_LEVELS,
    category_text,
)
from ergomesh.ergonomics.documents.words import Words

Row = tuple[Cell, ...]


def summary_table(rows: tuple[Row, ...], words: Words) -> Table:
    """Return page one's table: a method, the whole body, both sides, what it means."""
    return Table(
        columns=(
            Column(title=words("summary.method"), width=0.9),
            Column(title=words("summary.body"), width=1.2),
            Column(title=words("summary.left"), width=1.75),
            Column(title=words("summary.right"), width=1.75),
            Column(title=words("summary.meaning"), width=2.2),
        ),
        rows=rows,
        small=True,
    )


def other_rows(others: OtherMethods, words: Words) -> Iterator[Row]:
    """Yield a row per method that was used."""
    if others.owas is not None:
        yield _owas(others.owas, words)
    if others.iso11226 is not None:
        yield _verdicts("iso11226", others.iso11226, words)
    if others.en1005_4 is not None:
        yield _verdicts("en1005_4", others.en1005_4, words)
    if others.nv361 is not None:
        yield _nv361(others.nv361, words)
    if others.shift is not None:
        yield _shift(others.shift, words)
    if others.niosh is not None:
        yield _niosh(others.niosh, words)


def _row(method: str, *cells: Cell, words: Words) -> Row:
    return (Cell(text=words(f"{method}.short"), strong=True), *cells)


def _owas(found: OwasResult, words: Words) -> Row:
    held = [entry for entry in found.categories if entry.time.seconds > 0]
    if not held:
        nothing = Cell(text=words("summary.nothing"), span=3)
        return _row("owas", nothing, Cell(text=words("owas.open")), words=words)
    worst = held[-1]
    worse = [entry for entry in found.categories if entry.category > worst.category]
    sure = worst.time.low_share > 0 and not any(e.time.high_share for e in worse)
    text = words(
        "owas.worst",
        category=worst.category,
        share=words.percent(worst.time.share),
    )
    if not sure:
        highest = max(e.category for e in found.categories if e.time.high_share > 0)
        bounds = words.share_range(worst.time.low_share, worst.time.high_share)
        text = words("owas.worst_range", text=text, bounds=bounds, highest=highest)
    return _row(
        "owas",
        Cell(
            text=text,
            paint=level_paint(worst.category),
            strong=sure,
            sure=sure,
            span=3,
        ),
        Cell(text=words(f"owas.action.{worst.category}")),
        words=words,
    )


def _verdicts(method: str, found: Iso11226Result | En1005Result, words: Words) -> Row:
    by_side: list[list[IsoItem | EnItemResult]] = [
        [item for item in found.items if item.side == side] for side in ("", *SIDES)
    ]
    meaning = words(f"{method}.means.{found.verdict or 'none'}")
    return _row(
        method,
        *(_worst_verdict(items, words) for items in by_side),
        Cell(text=meaning),
        words=words,
    )


def _worst_verdict(items: list[IsoItem | EnItemResult], words: Words) -> Cell:
    verdicts = [item.verdict for item in items if item.verdict is not None]
    worst = max(verdicts, key=VERDICT_LEVELS.__getitem__, default=None)
    return verdict_cell(worst, words, sure=verdict_sure(items, worst))


def _nv361(found: Nv361Result, words: Words) -> Row:
    sides = {"left_arm": 1, "right_arm": 2}
    places: list[list[Nv361Item]] = [[], [], []]
    for item in found.items:
        if item.seconds is not None:
            places[sides.get(item.part, 0)].append(item)
    return _row(
        "nv361",
        *(_classes(items, words) for items in places),
        Cell(
            text=words("nv361.means", share=words.percent(found.burdened_share.likely))
        ),
        words=words,
    )


def _classes(items: list[Nv361Item], words: Words) -> Cell:
    """Return the worst class that occurred among items."""
    for cls in ("N", "PP"):
        shares = [i.share for i in items if i.share and i.cls == cls]
        worst = max(shares, key=lambda share: share.likely, default=None)
        if worst is not None and worst.likely > 0:
            return _class(cls, worst, items, words)
    return Cell(text=words("nv361.nothing" if items else "verdict.none"))


def _class(cls: str, share: Span, items: list[Nv361Item], words: Words) -> Cell:
    """Return a class with its share; sure where it occurred and no worse one may."""
    worse = (i.share.high for i in items if i.share and i.cls == "N" != cls)
    sure = share.low > 0 and not any(worse)
    return Cell(
        text=words("nv361.worst", cls=cls, share=share_text(share, words)),
        paint=class_paint(cls),
        strong=sure,
        sure=sure,
    )


def _shift(found: ShiftResult, words: Words) -> Row:
    text = words(
        "shift.worst",
        category=category_text(
            found.category, found.category_low, found.category_high, words
        ),
    )
    sure = found.category_low == found.category_high
    paint = level_paint(CATEGORY_LEVELS[found.category]) if found.category else None
    return _row(
        "shift",
        Cell(text=text, paint=paint, strong=sure, sure=sure, span=3),
        Cell(text=words(f"shift.means.{found.category or 0}")),
        words=words,
    )


def _niosh(found: NioshResult, words: Words) -> Row:
    index = found.lifting_index
    if index is None:
        text = words("niosh.no_index", count=len(found.lifts))
        return _row(
            "niosh",
            Cell(text=text, span=3),
            Cell(text=words("niosh.no_level")),
            words=words,
        )
    text = words("niosh.worst", index=spread_text(index, words, 2))
    sure = bound_paint(index.low) == bound_paint(index.high)
    paint = level_paint(LEVELS[found.level]) if found.level is not None else None
    return _row(
        "niosh",
        Cell(
            text=text,
            paint=paint or index_paint(index),
            strong=sure,
            sure=sure,
            span=3,
        ),
        Cell(text=words(f"niosh.level.{found.level or 0}")),
        words=words,
    )
