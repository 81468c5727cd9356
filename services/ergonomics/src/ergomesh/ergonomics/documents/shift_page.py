"""``shift.pdf``: operations, minutes and categories of a shift, to hand over."""

from typing import Final

import msgspec

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.blocks import Document, Section
from ergomesh.ergonomics.documents.names import breakable, shortened
from ergomesh.ergonomics.documents.report_shift import shift_blocks
from ergomesh.ergonomics.documents.words import Words, words_of

_DATA: Final = "data.json"
_DIGEST: Final = 12
"""Characters of a digest that tell it from others, as in the report's footer."""


def shift_pdf(result: ShiftResult, language: Language = Language.ENGLISH) -> bytes:
    """Return ``shift.pdf``, A4; the same shift gives the same bytes."""
    data = msgspec.json.encode(shift_document(result, words_of(language)))
    return typesetter.pdf("report", {_DATA: data})


def shift_document(result: ShiftResult, words: Words) -> Document:
    """Return the page as blocks."""
    work = ", ".join(operation.name for operation in result.operations)
    return Document(
        language=str(words.language),
        title=words("shift.title"),
        subtitle=breakable(work),
        meta=(),
        running=shortened(work),
        footer=words("shift.footer", sha=result.sha256[:_DIGEST]),
        page=words("page"),
        sections=(
            Section(title="", source=result.source, blocks=shift_blocks(result, words)),
        ),
    )
