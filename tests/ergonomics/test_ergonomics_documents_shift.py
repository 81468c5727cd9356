"""What the page of a shift says of doubt, of what is not assessed, and of itself."""

from importlib.metadata import version
from typing import Literal

import msgspec
import pytest

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.shift_result import Minutes, ShiftPosture, ShiftResult
from ergomesh.ergonomics.documents.blocks import Bullets, Cell, Table
from ergomesh.ergonomics.documents.paint import HATCH
from ergomesh.ergonomics.documents.report_shift import MOST_DOUBTS, shift_blocks
from ergomesh.ergonomics.documents.shift_page import shift_pdf
from ergomesh.ergonomics.documents.words import Words, words_of
from ergonomics.ergonomics_reports import page_texts, shift_of

LANGUAGES = list(Language)
Category = Literal[1, 2, 3]
SOME = Minutes(low=0, likely=5, high=90)


def with_first(**changes: object) -> ShiftResult:
    """Return a shift whose first posture alone is as told."""
    found = shift_of("Stacking")
    sure = {"minutes": SOME, "workers": (SOME,), "status": "assessed"}
    limits = {"category": 1, "category_low": 1, "category_high": 1}
    told = {**sure, **limits, **changes}
    first = msgspec.structs.replace(found.postures[0], **told)
    return msgspec.structs.replace(found, postures=(first,))


def first_row(found: ShiftResult, language: Language) -> tuple[Cell, ...]:
    """Return the cells of the first posture."""
    tables = [
        b for b in shift_blocks(found, words_of(language)) if isinstance(b, Table)
    ]
    (table,) = (table for table in tables if table.groups)
    return table.groups[0].rows[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["assessed", "partly_assessed", "not_assessed"])
def test_what_is_not_assessed_in_full_has_a_star(
    language: Language, status: str
) -> None:
    """A posture has a star, and the page its footnote, just when a part is missing."""
    found, words = with_first(status=status), words_of(language)
    starred = status != "assessed"
    assert first_row(found, language)[0].text.endswith("*") == starred
    note = words("shift.partly_note")
    texts = [getattr(block, "text", "") for block in shift_blocks(found, words)]
    assert (note in texts) == starred


def test_what_has_no_minutes_has_no_star() -> None:
    """A posture that nobody saw is hatched, which says it already."""
    nothing = dict.fromkeys(("minutes", "category", "category_low", "category_high"))
    found = with_first(status="not_assessed", workers=(None,), **nothing)
    name, *_, category = first_row(found, Language.ENGLISH)
    assert not name.text.endswith("*")
    assert category.paint == HATCH


@pytest.mark.parametrize("status", ["assessed", "partly_assessed"])
@pytest.mark.parametrize(
    ("low", "high"), [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]
)
def test_only_a_certain_category_fills_its_field(
    status: str, low: Category, high: Category
) -> None:
    """A field is full when bounds agree and nothing unseen can make it worse."""
    found = with_first(
        status=status, category=low, category_low=low, category_high=high
    )
    cell = first_row(found, Language.ENGLISH)[-1]
    assert cell.sure == cell.strong
    assert cell.sure == (low == high and (status == "assessed" or low == 3))


def test_the_worst_category_is_in_doubt_where_a_worker_is_unseen() -> None:
    """The mean of two may be below the one that was seen."""
    worst = {"category": 3, "category_low": 3, "category_high": 3}
    found = with_first(status="not_assessed", workers=(SOME, None), **worst)
    assert not first_row(found, Language.ENGLISH)[-1].sure


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("many", [0, MOST_DOUBTS, MOST_DOUBTS + 1])
def test_every_warning_of_the_terminal_is_on_paper(
    language: Language, many: int
) -> None:
    """Doubts are spelled out, or counted where they are many; no warning is lost."""
    doubts = tuple(f"Doubt {k}." for k in range(many))
    told = {f"doubts_{each}": doubts for each in LANGUAGES}
    found, words = msgspec.structs.replace(shift_of("a"), **told), words_of(language)
    (said,) = (b.items for b in shift_blocks(found, words) if isinstance(b, Bullets))
    warned = words.pick(found.warnings_en, found.warnings_cs)
    assert warned
    counted = (words("shift.doubts", count=many),)
    assert said == ((doubts if many <= MOST_DOUBTS else counted) + warned)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_names_the_program(language: Language) -> None:
    """Each foot says the version that summed the shift up."""
    program = f"ergomesh {version('ergomesh-ergonomics')}"
    assert all(
        program in page for page in page_texts(shift_pdf(shift_of("a"), language))
    )


def test_names_differ_however_short() -> None:
    """Shortened, no two postures of a part and load are called the same."""
    found = shift_of("Stacking")
    for language in LANGUAGES:
        words = words_of(language)
        tables = [b for b in shift_blocks(found, words) if isinstance(b, Table)]
        for group in (group for table in tables for group in table.groups):
            names = [(row[0].text, row[2].text) for row in group.rows]
            assert len(set(names)) == len(names) == len(_of(found, group.title, words))


def _of(found: ShiftResult, title: str, words: Words) -> list[ShiftPosture]:
    return [p for p in found.postures if words(f"part.nv_{p.part}") == title]
