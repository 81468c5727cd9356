"""``report.pdf`` and its charts: two pure calls, bytes in memory.

::

    result, series, pictures ──sections──▶ Document (blocks) ──typesetter──▶ bytes
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.about import NOTHING, About, about_rows
from ergomesh.ergonomics.documents.blocks import Document, Section
from ergomesh.ergonomics.documents.names import shortened
from ergomesh.ergonomics.documents.pictures import MomentPicture
from ergomesh.ergonomics.documents.report_body import body_section
from ergomesh.ergonomics.documents.report_en import en_section
from ergomesh.ergonomics.documents.report_iso import iso_section
from ergomesh.ergonomics.documents.report_moments import moments_section
from ergomesh.ergonomics.documents.report_niosh import niosh_section
from ergomesh.ergonomics.documents.report_nv361 import nv361_section
from ergomesh.ergonomics.documents.report_others import OtherMethods
from ergomesh.ergonomics.documents.report_owas import owas_section
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.report_record import (
    choices_section,
    quality_section,
    record_section,
    signed_section,
    sources_section,
)
from ergomesh.ergonomics.documents.report_scores import score_section
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.report_shift import shift_section
from ergomesh.ergonomics.documents.report_summary import summary_section
from ergomesh.ergonomics.documents.words import Words, words_of

_DATA: Final = "data.json"


def report_pdf(
    result: Result,
    series: ReportSeries,
    moments: Sequence[MomentPicture] = (),
    language: Language = Language.ENGLISH,
    about: About = NOTHING,
    shift: ShiftResult | None = None,
) -> bytes:
    """Return ``report.pdf``; the same input gives the same bytes.

    Args:
        result: What an assessment says.
        series: Its scores over time.
        moments: Pictures of the result's worst moments, by their frames; a moment
            without stays without.
        language: Of every text.
        about: What the head says beside the measurement.
        shift: Assessment of the shift that the clip is part of, if there is one.

    Raises:
        NoPictureError: When a moment's picture is none.
    """
    matter = Matter(
        result=result,
        series=series,
        others=OtherMethods.of(result, shift),
        pictures=tuple(moments),
        about=about,
        words=words_of(language),
    )
    data = msgspec.json.encode(document(matter))
    return typesetter.pdf("report", {_DATA: data, **matter.files})


def document(matter: Matter) -> Document:
    """Return the whole report as blocks."""
    words, about = matter.words, matter.about
    recording = about.recording or words("about.unnamed")
    return Document(
        language=str(words.language),
        title=words("title.report"),
        subtitle=words("title.subtitle"),
        meta=about_rows(about, words),
        running=shortened(recording),
        footer=_footer(matter, words),
        page=words("page"),
        sections=sections(matter),
    )


def sections(matter: Matter) -> tuple[Section, ...]:
    """Return the chapters in their order."""
    methods = dict.fromkeys(method for method, _, _ in matter.scored)
    return (
        summary_section(matter),
        *(score_section(method, matter) for method in methods),
        *(section for _, section in other_sections(matter)),
        body_section(matter),
        moments_section(matter),
        quality_section(matter),
        record_section(matter),
        choices_section(matter),
        sources_section(matter),
        signed_section(matter),
    )


def other_sections(matter: Matter) -> Iterator[tuple[str, Section]]:
    """Yield the chapters beside RULA and REBA with their methods' names."""
    others = matter.others
    if others.owas is not None:
        yield "owas", owas_section(others.owas, matter)
    if others.iso11226 is not None:
        yield "iso11226", iso_section(others.iso11226, matter)
    if others.en1005_4 is not None:
        yield "en1005_4", en_section(others.en1005_4, matter)
    if others.nv361 is not None:
        yield "nv361", nv361_section(others.nv361, matter)
    if others.shift is not None:
        yield "shift", shift_section(others.shift, matter.words)
    if others.niosh is not None:
        yield "niosh", niosh_section(others.niosh, matter)


def _footer(matter: Matter, words: Words) -> str:
    made = matter.result.provenance
    return words(
        "title.footer",
        version=made.ergomesh_version,
        sha=matter.result.clip.sha256[:12],
    )
