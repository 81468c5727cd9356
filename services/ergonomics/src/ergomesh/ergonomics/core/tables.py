"""The printed tables of RULA and REBA, from package data, as frozen values.

``tables/<method>.json`` hold the lookup tables, bands and adjustments with their
source; no number of theirs is repeated in code. The wording of force and load is
data too: :func:`_clauses` reads "2-10 kg static or repeated".

::

    PartScoreError(ValueError)    a part score outside its range
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from ergomesh.contract.arrays import IntArray


class PartScoreError(ValueError):
    """A part score that the method's tables do not have."""


Method = Literal["rula", "reba"]
METHODS: Final[tuple[Method, ...]] = ("rula", "reba")


class Band(msgspec.Struct, frozen=True):
    """Angles from ``lo`` to ``hi`` degrees get ``score``; ``None`` is open."""

    lo: float | None
    hi: float | None
    score: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """How one body part is scored."""

    bands: tuple[Band, ...] = ()
    """Signed bands: positive is flexion."""
    bands_abs: tuple[Band, ...] = ()
    """Bands of the unsigned angle."""
    adjust: Mapping[str, int] = {}
    """What is added, by the reason's name."""
    min: int = 1
    max: int


class Level(msgspec.Struct, frozen=True):
    """Scores ``first``…``last`` ask for an action."""

    first: int
    last: int
    action: int
    risk: str = ""
    """The method's own word, where it has one."""


@dataclass(frozen=True, slots=True)
class ForceClause:
    """Masses from ``lo_kg`` to ``hi_kg`` (both in) with a pattern get ``score``."""

    lo_kg: float
    hi_kg: float
    pattern: str
    """As printed, "static or repeated"; empty: any."""
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """One method's tables; arrays are read-only and zero-based: score - 1."""

    method: Method
    source: str
    sha256: str
    """Digest of the file."""
    items: Mapping[str, Item]
    table_a: IntArray
    table_b: IntArray
    table_c: IntArray
    levels: tuple[Level, ...]
    force: tuple[ForceClause, ...]
    raw: Mapping[str, Any]
    """The other entries of the file, as they are printed."""

    def level_of(self) -> IntArray:
        """Return (S + 1,) the action level of each final score; index 0 unused."""
        last = max(level.last for level in self.levels)
        lookup = np.zeros(last + 1, dtype=np.int64)
        for level in self.levels:
            lookup[level.first : level.last + 1] = level.action
        return lookup


def cell(table: IntArray, *scores: ArrayLike) -> IntArray:
    """Return the table's entries at part scores, which broadcast.

    Args:
        table: Zero-based: index = score - 1.
        scores: One per axis, from 1.

    Raises:
        PartScoreError: When a part score is outside its range.
    """
    index = np.broadcast_arrays(*(np.asarray(score) - 1 for score in scores))
    for k, (along, size) in enumerate(zip(index, table.shape, strict=True)):
        if along.size and not (along.min() >= 0 and along.max() < size):
            msg = f"Part score {k + 1} of the table must be 1…{size}."
            raise PartScoreError(msg)
    entries: IntArray = table[tuple(index)]
    return entries


@cache
def load_tables(method: Method) -> Tables:
    """Return the tables of a method, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    return parse_tables(method, (folder / f"{method}.json").read_bytes())


def parse_tables(method: Method, raw: bytes) -> Tables:
    """Decode a table file.

    Raises:
        msgspec.ValidationError: When an item does not have the file's form.
    """
    data = msgspec.json.decode(raw)
    table_a, table_b, table_c = (_frozen(data[f"table_{t}"]) for t in "abc")
    return Tables(
        method=method,
        source=data["source"],
        sha256=hashlib.sha256(raw).hexdigest(),
        items=MappingProxyType(
            {
                name: msgspec.convert(entry, Item)
                for name, entry in data.items()
                if isinstance(entry, dict) and {"bands", "bands_abs"} & entry.keys()
            }
        ),
        table_a=table_a,
        table_b=table_b,
        table_c=table_c,
        levels=_levels(data),
        force=_clauses(data),
        raw=MappingProxyType(data),
    )


def _frozen(nested: object) -> IntArray:
    table = np.asarray(nested, dtype=np.int64)
    table.setflags(write=False)
    return table


def _levels(data: Mapping[str, Any]) -> tuple[Level, ...]:
    """Read ``levels`` (REBA) or ``action_levels`` (RULA)."""
    if "levels" in data:
        rows = [(row["score"], row["action"], row["risk"]) for row in data["levels"]]
    else:
        rows = [(row["grand"], row["level"], "") for row in data["action_levels"]]
    return tuple(Level(first, last, a, risk) for (first, last), a, risk in rows)


_MASS: Final = re.compile(
    r"(?:(?P<under><|lt_)|(?P<over>>|gt_))?"
    r"(?P<a>\d+)(?:(?:-|_to_)(?P<b>\d+))?\s?kg\s*(?P<pattern>[a-z ]*)"
)
"""One mass as printed: "<2 kg intermittent", "5_to_10kg", "gt_10kg"."""


def _clauses(data: Mapping[str, Any]) -> tuple[ForceClause, ...]:
    """Read RULA's ``force`` sentences or REBA's ``load`` keys."""
    if "load" in data:
        sentences = list(data["load"].items())
    else:
        sentences = [(row["when"], row["score"]) for row in data["force"]]
    return tuple(
        _clause(match, score)
        for sentence, score in sentences
        for match in _MASS.finditer(sentence)
    )


def _clause(match: re.Match[str], score: int) -> ForceClause:
    """Turn "<2" into everything just below 2, ">10" into just above 10."""
    first = float(match["a"])
    lo, hi = first, float(match["b"] or first)
    if match["under"]:
        lo, hi = 0.0, float(np.nextafter(first, 0))
    elif match["over"]:
        lo, hi = float(np.nextafter(first, np.inf)), float("inf")
    pattern = match["pattern"].split(" or no ")[0].strip()
    return ForceClause(lo, hi, pattern, score)
