"""Whether a part is held over a minute or repeats: likely, and at either bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Activity:
    """A yes or no that a short or half-hidden clip may leave open."""

    low: bool
    """Whether it is so for certain."""
    likely: bool
    """Whether it is so as far as the clip shows."""
    high: bool
    """Whether it may be so."""

    @classmethod
    def certain(cls, answer: bool) -> Self:  # noqa: FBT001  # the value itself
        """Return a yes or no without doubt."""
        return cls(answer, answer, answer)

    @classmethod
    def any_of(cls, parts: Iterable[Self]) -> Self:
        """Return whether it is so of any part."""
        every = list(parts)
        return cls(
            any(part.low for part in every),
            any(part.likely for part in every),
            any(part.high for part in every),
        )

    @override
    def __str__(self) -> str:
        """Return it in words: yes, or perhaps no."""
        word = "yes" if self.likely else "no"
        return word if self.low == self.high else f"perhaps {word}"
