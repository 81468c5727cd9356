"""What a document's head says beside the measurement."""

from datetime import date
from math import ceil
from typing import Final, Self

import msgspec

from ergomesh.contract.job import DocumentFacts
from ergomesh.contract.lines import MAX_LINE
from ergomesh.ergonomics.documents.names import breakable, shortened, width_of
from ergomesh.ergonomics.documents.words import Words

_LINE: Final = 110
"""Letters of a line over the page's whole width."""
_SHORT: Final = 20
"""Letters of what is short, with the gap beside it; as wide as the template's."""


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
    """Return names and values of what the head says, as far as it is known."""
    rows = {name: breakable(text) for name, text in _texts(about).items()}
    if about.made_on:
        rows["date"] = words.calendar(about.made_on)
    return tuple((words(f"about.{name}"), text) for name, text in rows.items())


def _texts(about: About) -> dict[str, str]:
    """Return the texts of the head; the longest of wide letters lose their middle."""
    texts = {
        "clip": about.recording,
        "workplace": shortened(about.workplace, MAX_LINE),
        "assessed_by": shortened(about.assessed_by, MAX_LINE),
    }
    return {name: text for name, text in texts.items() if text}


def head_lines(about: About) -> int:
    """Return about how many lines the longest text of the head takes."""
    widths = [width_of(text) for text in _texts(about).values()]
    long = [width for width in widths if width > _SHORT]
    if not long:
        return 1
    short = len(widths) - len(long) + (about.made_on is not None)
    room = (_LINE - _SHORT * short) / len(long)
    return ceil(max(long) / room)
