"""What a document says of its day, and where people sign it."""

from datetime import date
from io import BytesIO
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from ergomesh.contract.job import (
    DocumentFacts,
    JobSettings,
    JobState,
    JobStatus,
    Language,
)
from ergomesh.contract.lines import MAX_LINE
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.report import report_pdf
from ergomesh.ergonomics.documents.shift_page import shift_pdf
from ergomesh.ergonomics.documents.words import words_of
from ergomesh.ergonomics.making import OVERLAY_NAME
from ergomesh.ergonomics.papers import CHARTS_NAME, REPORT_NAME, WORKBOOK_NAME
from ergomesh.ergonomics.stage import about_job, said_in
from ergonomics.ergonomics_folders import assessment_of
from ergonomics.ergonomics_reports import (
    mixed_motion,
    page_texts,
    report_of,
    shift_of,
)

LANGUAGES = list(Language)
DAY = date(2026, 5, 3)
SAID = {Language.ENGLISH: "3 May 2026", Language.CZECH: "3. května 2026"}
SIGNED = ("assessed", "checked", "name", "place", "signature")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_day_is_in_the_head(language: Language) -> None:
    """Report and shift say the day they are told, and no day that nobody told."""
    result, series = report_of(mixed_motion(6))
    shift, about = shift_of("Stacking", "Walking"), About(made_on=DAY)
    said = f"{words_of(language)('about.date')} {SAID[language]}"
    for pdf in (
        report_pdf(result, series, (), language, about),
        shift_pdf(shift, language, about),
    ):
        assert said in first_page(pdf)
    for pdf in (report_pdf(result, series, (), language), shift_pdf(shift, language)):
        assert words_of(language)("about.date") not in first_page(pdf)


def first_page(pdf: bytes) -> str:
    """Return what page one says, every space a plain one."""
    return page_texts(pdf)[0].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_end_with_lines_to_sign_on(language: Language) -> None:
    """The last page has a name, place, date and signature for each who answers."""
    words = words_of(language)
    for pdf in (
        report_pdf(*report_of(mixed_motion(6)), (), language),
        shift_pdf(shift_of("Stacking"), language),
    ):
        end = page_texts(pdf)[-1].rpartition(words("sign.title"))[2]
        for key in SIGNED:
            assert words(f"sign.{key}") in end
        assert end.count(words("sign.signature")) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["W" * MAX_LINE, "žluť " * 24, "装配検査" * 30])
def test_long_names_have_room(language: Language, text: str) -> None:
    """However long place and people are, all stays on its page and the day is whole."""
    about = About(recording="x y " * 60, workplace=text, assessed_by=text, made_on=DAY)
    made = report_pdf(*report_of(mixed_motion()), (), language, about)
    assert words_of(language)("rula.title") in page_texts(made)[1][:200]
    text = PdfReader(BytesIO(made)).pages[0].extract_text()
    lines = text.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert {words_of(language)("about.date"), SAID[language]} <= set(lines)
    assert len(page_texts(shift_pdf(shift_of("Stacking"), language, about))) == 2


def test_a_known_assessor_need_not_be_written_in() -> None:
    """The name that the report is told stands on the assessor's line."""
    made = report_pdf(*report_of(mixed_motion(6)), about=About(assessed_by="J. Doe"))
    first, *_, last = page_texts(made)
    assert "J. Doe" in first
    assert "Assessed by J. Doe" in last


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_keeps_its_page(language: Language) -> None:
    """However the head is filled, page two begins with the first method."""
    about = About(recording="x y " * 60, made_on=DAY)
    made = report_pdf(*report_of(mixed_motion()), (), language, about)
    assert words_of(language)("rula.title") in page_texts(made)[1][:200]


def test_a_shift_names_the_decree_in_its_language() -> None:
    """The Czech page of a shift has no English source."""
    first = page_texts(shift_pdf(shift_of("Stacking"), Language.CZECH))[0]
    assert "Nařízení vlády" in first
    assert "Narizeni" not in first


OTHER = (
    {"made_on": date(2026, 5, 4)},
    {"workplace": "Hall 3"},
    {"assessed_by": "J. Nový"},
)


@pytest.mark.parametrize("other", OTHER, ids=lambda other: next(iter(other)))
def test_only_the_report_depends_on_day_place_and_people(
    other: dict[str, Any],
) -> None:
    """Jobs that differ in nothing else share every file but the report."""
    one = About(recording="a.mp4", made_on=DAY, workplace="Hall 2")
    two = msgspec.structs.replace(one, **other)
    for name in (WORKBOOK_NAME, CHARTS_NAME, OVERLAY_NAME):
        assert said_in(name, one) == said_in(name, two)
    assert said_in(REPORT_NAME, one) != said_in(REPORT_NAME, two)


def test_the_head_says_what_the_job_was_told() -> None:
    """The order's day in UTC, the clip's name, place and people without blanks."""
    told = DocumentFacts(workplace=" Hall 2 ", assessed_by=" ")
    job = JobStatus(
        tenant="local",
        job="j",
        state=JobState.RUNNING,
        source_name="a.mp4",
        settings=JobSettings(),
        created_at="2026-05-03T23:59:59.000Z",
    )
    said = About(recording="a.mp4", made_on=DAY, workplace="Hall 2")
    assert about_job(job, told) == said
    assert about_job(None, told) == About(workplace="Hall 2")


def test_no_result_holds_what_only_documents_say() -> None:
    """Scores and their files are the same bytes, whoever assesses and wherever."""
    told = DocumentFacts(workplace="Hall 2", assessed_by="J. Doe")
    plain, said = (
        assessment_of(mixed_motion(6), JobSettings(document=document)).files
        for document in (DocumentFacts(), told)
    )
    assert plain == said
