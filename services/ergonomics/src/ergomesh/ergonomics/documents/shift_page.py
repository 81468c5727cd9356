"""``shift.pdf``: operations, minutes and categories of a shift, to hand over."""

from importlib.metadata import version
from typing import Final

import msgspec

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.about import NOTHING, About, about_rows
from ergomesh.ergonomics.documents.blocks import Document, Section, Subtitle
from ergomesh.ergonomics.documents.names import breakable, shortened
from ergomesh.ergonomics.documents.report_shift import shift_blocks
from ergomesh.ergonomics.documents.sign_off import sign_off
from ergomesh.ergonomics.documents.words import Words, words_of

_DATA: Final = "data.json"
_DIGEST: Final = 12
"""Characters of a digest that tell it from others, as in the report's footer."""
_DISTRIBUTION: Final = "ergomesh-ergonomics"


def shift_pdf(
    result: ShiftResult,
    language: Language = Language.ENGLISH,
    about: About = NOTHING,
) -> bytes:
    """Return ``shift.pdf``, A4; the same input and program give the same bytes.

    Args:
        result: What an assessment of a shift says.
        language: Of every text.
        about: What the head says beside the assessment.
    """
    page = shift_document(result, words_of(language), version(_DISTRIBUTION), about)
    return typesetter.pdf("report", {_DATA: msgspec.json.encode(page)})


def shift_document(
    result: ShiftResult, words: Words, program: str, about: About = NOTHING
) -> Document:
    """Return the page as blocks; a result does not say which program summed it up."""
    work = ", ".join(operation.name for operation in result.operations)
    signed = (Subtitle(text=words("sign.title")), sign_off(words, about.assessed_by))
    return Document(
        language=str(words.language),
        title=words("shift.title"),
        subtitle=breakable(work),
        meta=about_rows(about, words),
        running=shortened(work),
        footer=words("shift.footer", version=program, sha=result.sha256[:_DIGEST]),
        page=words("page"),
        sections=(
            Section(
                title="",
                source=words.sentence(result.source),
                blocks=(*shift_blocks(result, words), *signed),
            ),
        ),
    )
