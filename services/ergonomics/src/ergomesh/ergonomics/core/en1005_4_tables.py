"""The zones of EN 1005-4, from package data, and what they say of a posture."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec

EnVerdict = Literal["acceptable", "conditionally_acceptable", "not_acceptable"]

_WORDS: Final[Mapping[str, EnVerdict]] = {
    "A": "acceptable",
    "CA": "conditionally_acceptable",
    "NA": "not_acceptable",
}

EN_SEVERITY: Final[Mapping[EnVerdict, int]] = {
    word: rank for rank, word in enumerate(_WORDS.values())
}
"""How the verdicts are ordered."""

_TIGHTER: Final = re.compile(r"high: NA if >=(\d+)/min")
"""The note of a zone whose frequent movements have a second limit."""


class EnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One zone as printed; ``None`` is an open end."""

    lo: float | None = None
    hi: float | None = None
    static: Literal["A", "CA", "NA"]
    low: Literal["A", "CA", "NA"]
    high: Literal["A", "CA", "NA"]
    confidence: str
    note: str = ""

    def held(self) -> EnVerdict:
        """Return the printed verdict on holding it."""
        return _WORDS[self.static]

    def moved(
        self, per_min: float, limit_per_min: float, *, long_use: bool
    ) -> EnVerdict:
        """Return the verdict on moving there.

        Args:
            per_min: How often.
            limit_per_min: From which frequency the column "high" counts.
            long_use: One person does it for long: then what is conditionally
                acceptable at a low frequency no longer is (the table's footnote 2).
        """
        if per_min < limit_per_min:
            rare = _WORDS[self.low]
            off = long_use and rare == "conditionally_acceptable"
            return "not_acceptable" if off else rare
        tighter = _TIGHTER.search(self.note)
        if tighter and per_min >= float(tighter[1]):
            return "not_acceptable"
        return _WORDS[self.high]

    def severity(self) -> int:
        """Return how bad the zone is at worst."""
        words = (self.static, self.low, self.high)
        return sum(EN_SEVERITY[_WORDS[word]] for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnTables:
    """What ``tables/en1005_4.json`` holds."""

    source: str
    sha256: str
    """Digest of the file."""
    limit_per_min: float
    """From which frequency movements are frequent."""
    rows: Mapping[str, tuple[EnRow, ...]]
    """Segment → its zones as printed."""

    def ascending(self, segment: str) -> tuple[EnRow, ...]:
        """Return a segment's zones by their lower ends."""
        return tuple(
            sorted(
                self.rows[segment],
                key=lambda row: -float("inf") if row.lo is None else row.lo,
            )
        )


@cache
def en_tables() -> EnTables:
    """Return the tables, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    return parse_en((folder / "en1005_4.json").read_bytes())


def parse_en(raw: bytes) -> EnTables:
    """Decode the table file.

    Raises:
        msgspec.ValidationError: When it does not have the file's form.
    """
    data: dict[str, Any] = msgspec.json.decode(raw)
    zoned = {
        name: rows
        for name, rows in data.items()
        if isinstance(rows, list) and "static" in rows[0]
    }
    return EnTables(
        source=data["source"],
        sha256=hashlib.sha256(raw).hexdigest(),
        limit_per_min=data["frequency_threshold_per_min"],
        rows=msgspec.convert(zoned, dict[str, tuple[EnRow, ...]]),
    )
