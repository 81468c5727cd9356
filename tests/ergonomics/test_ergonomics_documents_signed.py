"""What a document says of its day, and where people sign it."""

from datetime import date

import pytest

from ergomesh.contract.job import JobSettings, JobState, JobStatus, Language
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.report import report_pdf
from ergomesh.ergonomics.documents.shift_page import shift_pdf
from ergomesh.ergonomics.documents.words import words_of
from ergomesh.ergonomics.papers import REPORT_NAME, WORKBOOK_NAME
from ergomesh.ergonomics.stage import Known
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


def test_only_the_report_depends_on_the_day() -> None:
    """Jobs of two days share every file that does not print the day."""
    one, two = (
        Known.of(
            JobStatus(
                tenant="local",
                job="j",
                state=JobState.RUNNING,
                source_name="a.mp4",
                settings=JobSettings(),
                created_at=f"2026-05-0{day}T23:59:59.000Z",
            )
        )
        for day in (3, 4)
    )
    assert one.made_on == DAY
    assert one.of_file(WORKBOOK_NAME) == two.of_file(WORKBOOK_NAME)
    assert one.of_file(REPORT_NAME) != two.of_file(REPORT_NAME)
    assert Known.of(None).made_on is None
