"""HTTP byte ranges (RFC 9110 §14): which part of a file was asked for."""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII | re.IGNORECASE)
_MAX_DIGITS: Final = 18
"""Longer numbers lie beyond every file; int() would take its time with them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``first`` to ``last`` inclusive."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1


class UnsatisfiableError(ValueError):
    """The range holds no byte of the file."""


def parse_range(header: str, size: int) -> Span | None:
    """Return the part of a file of ``size`` bytes that a header asks for.

    None: answer with the whole file. That is what RFC 9110 §14.2 allows for a
    header that is malformed, in another unit, or asks for several ranges.

    Raises:
        UnsatisfiableError: When the range starts beyond the end, or is empty.
    """
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = (_number(text) for text in found.groups())
    if first is None:
        return _suffix(last or 0, size)
    if last is not None and last < first:
        return None
    if first >= size:
        msg = f"byte {first}"
        raise UnsatisfiableError(msg)
    return Span(first, size - 1 if last is None else min(last, size - 1))


def _number(text: str) -> int | None:
    return int(text.lstrip("0")[: _MAX_DIGITS + 1] or "0") if text else None


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        msg = f"the last {length} bytes"
        raise UnsatisfiableError(msg)
    return Span(max(0, size - length), size - 1)


def matches_etag(header: str, etag: str) -> bool:
    """Tell whether an ``If-None-Match`` list names this entity tag."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags
