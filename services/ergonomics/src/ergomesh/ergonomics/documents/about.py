"""What a document's head says beside the measurement."""

from datetime import date
from typing import Final, Self

import msgspec

from ergomesh.contract.job import DocumentFacts
from ergomesh.contract.lines import MAX_LINE
from ergomesh.ergonomics.documents.names import breakable, shortened
from ergomesh.ergonomics.documents.words import Words


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Where, by whom, of what and when; empty is left out."""

    recording: str = ""
    """The user's name of the clip."""
    workplace: str = ""
    assessed_by: str = ""
    made_on: date | None = None
    """Day of the assessment: the document itself knows no clock."""

    @classmethod
    def of(
        cls, told: DocumentFacts, *, recording: str = "", made_on: date | None = None
    ) -> Self:
        """Take what a user told; blanks around it, or alone, say nothing."""
        return cls(
            recording=recording,
            workplace=(told.workplace or "").strip(),
            assessed_by=(told.assessed_by or "").strip(),
            made_on=made_on,
        )


NOTHING: Final = About()


def about_rows(about: About, words: Words) -> tuple[tuple[str, str], ...]:
    """Return names and values of what the head says, as far as it is known.

    What is as long as it may be, and of wide letters, loses its middle: page one has
    room for no more.
    """
    rows = (
        ("clip", breakable(about.recording)),
        ("workplace", breakable(shortened(about.workplace, MAX_LINE))),
        ("assessed_by", breakable(shortened(about.assessed_by, MAX_LINE))),
        ("date", words.calendar(about.made_on) if about.made_on else ""),
    )
    return tuple((words(f"about.{name}"), text) for name, text in rows if text)
