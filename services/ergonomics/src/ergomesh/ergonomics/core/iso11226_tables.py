"""The zones and holding times of ISO 11226, from package data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray

Verdict = Literal["acceptable", "holding_time", "not_recommended"]

_WORDS: Final[Mapping[str, Verdict]] = {
    "A": "acceptable",
    "HT": "holding_time",
    "NR": "not_recommended",
}

SEVERITY: Final[Mapping[Verdict, int]] = {
    "acceptable": 0,
    "holding_time": 1,
    "not_recommended": 2,
}
"""How the verdicts are ordered."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One zone as printed; ``None`` is an open end."""

    lo: float | None
    hi: float | None
    verdict: Literal["A", "HT", "NR"]
    confidence: str = ""
    with_full_support: str | None = None
    with_full_head_support: str | None = None
    with_full_trunk_support: str | None = None
    trunk_reclined_with_full_support: str | None = None

    def support(self) -> str:
        """Return which support makes it acceptable; empty if none does."""
        return next(
            (
                name
                for name in self.__struct_fields__
                if "support" in name and getattr(self, name) is not None
            ),
            "",
        )

    def printed(self) -> Verdict:
        """Return the verdict without support."""
        return _WORDS[self.verdict]


class HoldingLine(msgspec.Struct, frozen=True, kw_only=True):
    """Longest acceptable holding time, linear between two points."""

    start: tuple[float, float] = msgspec.field(name="from")
    """Degrees, minutes."""
    end: tuple[float, float] = msgspec.field(name="to")

    def minutes(self, angle_deg: FloatArray) -> FloatArray:
        """Return the minutes of angles (N,); beyond the ends those of the ends."""
        degrees, minutes = zip(self.start, self.end, strict=True)
        return np.interp(angle_deg, degrees, minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoTables:
    """What ``tables/iso11226.json`` holds."""

    source: str
    sha256: str
    """Digest of the file."""
    rows: Mapping[str, tuple[Row, ...]]
    """Segment → its zones, ascending."""
    lines: Mapping[str, HoldingLine]
    """Segment → its holding times."""


@cache
def iso_tables() -> IsoTables:
    """Return the tables, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    return parse_iso((folder / "iso11226.json").read_bytes())


def parse_iso(raw: bytes) -> IsoTables:
    """Decode the table file.

    Raises:
        msgspec.ValidationError: When it does not have the file's form.
    """
    data: dict[str, Any] = msgspec.json.decode(raw)
    knee = data["lower_limb"]["sitting_knee_angle"]
    zoned = {k: v for k, v in data.items() if isinstance(v, list) and "lo" in v[0]}
    return IsoTables(
        source=data["source"],
        sha256=hashlib.sha256(raw).hexdigest(),
        rows=msgspec.convert(
            zoned | {"sitting_knee_angle": knee}, dict[str, tuple[Row, ...]]
        ),
        lines=msgspec.convert(data["maht_minutes"], dict[str, HoldingLine]),
    )


def allowed_s(segment: str, angle_deg: float) -> float:
    """Return the longest acceptable holding time of an angle, seconds.

    Args:
        segment: ``trunk_inclination``, ``head_inclination``, ``upper_arm_elevation``.
        angle_deg: Where the time is limited; beyond that, as at the end.
    """
    minutes = iso_tables().lines[segment].minutes(np.array([angle_deg]))
    return 60.0 * float(minutes[0])
