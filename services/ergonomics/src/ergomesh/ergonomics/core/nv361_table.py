"""The postures of NV 361/2007 and its limits, from package data, as frozen values.

``tables/nv361_2007.json`` holds the items of decree 361/2007 (annex 5, part C, as an
authorised laboratory's form has them), the limits of a shift and the coefficients of
other shift lengths; ``tables/nv361_names.json`` names them in Czech and English and
says what of each a camera can tell. No number of theirs is repeated in code.
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

from ergomesh.contract.skeleton import SIDES

Verdict = Literal["N", "PP"]
"""Unacceptable (nepřijatelná), or conditionally acceptable (podmíněně přijatelná)."""
Load = Literal["S", "D"]
"""Static (statická) or dynamic (dynamická)."""
Frequency = Literal["lt2", "ge2"]
"""Fewer than two movements a minute, or two and more."""

ARM: Final = "arm_each_side"
"""The table's part that is judged on either side."""
OFTEN_PER_MIN: Final = 2.0
"""The frequency that ``lt2`` and ``ge2`` are named by."""
UNMEASURED: Final = "none"
"""The measure of items that a camera cannot tell."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The same in both languages."""

    cs: str
    en: str


class Part(Words, frozen=True, kw_only=True):
    """A part of the body."""

    form: str
    """Its name in the laboratory's file."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A fact on which an item depends."""

    fact: str
    value: bool


class _Printed(msgspec.Struct, frozen=True, kw_only=True):
    """An item as the table has it."""

    part: str
    cls: Verdict
    load: Load
    what: str
    angle_lo: float | None = None
    angle_hi: float | None = None
    freq: Frequency | None = None
    step2: str = ""


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    """The same item's names."""

    key: str
    measure: str
    cs: str
    en: str
    cs_read_in_form: bool
    needs: Need | None = None
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item: a posture that the decree lists."""

    key: str
    part: str
    """As the table has it: ``arm_each_side`` stands for two parts."""
    cls: Verdict
    load: Load
    freq: Frequency | None
    from_deg: float
    """More than so much, away from upright: 0 also where nothing is printed."""
    to_deg: float
    """Up to so much; infinite where nothing is printed."""
    step2: bool
    """Whether it becomes N where the task lasts longer than half the shift."""
    measure: str
    needs: Need | None
    unseen: tuple[str, ...]
    """What of it a camera cannot tell: keys of :attr:`Nv361Table.unseen`."""
    words: Words

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts of the body that it is judged on."""
        if self.part != ARM:
            return (self.part,)
        return tuple(f"{side}_arm" for side in SIDES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Minutes of a shift of 480 min."""

    first: Mapping[Verdict, int]
    """Up to here category 1."""
    second: Mapping[Verdict, int]
    """Up to here category 2; beyond it 3."""
    hold_min: tuple[float, float]
    """How long one hold of a PP posture may last, from … to, by its angle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nv361Table:
    """Everything of the decree that is data."""

    source: str
    sha256: str
    """Digest of the table file."""
    names_sha256: str
    """Digest of the file of names."""
    static_s: float
    items: tuple[Listed, ...]
    limits: Limits
    coefficients: tuple[tuple[int, int | None, int], ...]
    """Shift length from, to (both in; ``None`` is open), coefficient in thousandths."""
    parts: Mapping[str, Part]
    loads: Mapping[str, Words]
    frequencies: Mapping[str, Words]
    measures: Mapping[str, Words]
    unseen: Mapping[str, Words]


@cache
def nv361_table() -> Nv361Table:
    """Return the decree's data, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    names = ("nv361_2007.json", "nv361_names.json")
    table, words = ((folder / name).read_bytes() for name in names)
    return parse_nv361(table, words)


def parse_nv361(table: bytes, names: bytes) -> Nv361Table:
    """Decode the two files.

    Raises:
        msgspec.ValidationError: When an entry does not have the file's form.
    """
    data, named = msgspec.json.decode(table), msgspec.json.decode(names)
    items = msgspec.convert(data["items"], list[_Printed])
    entries = msgspec.convert(named["items"], list[_Named])

    def _words(name: str, form: type[Any] = Words) -> Mapping[str, Any]:
        return MappingProxyType(msgspec.convert(named[name], dict[str, form]))  # type: ignore[valid-type]  # a struct's own type

    return Nv361Table(
        source=data["source"],
        sha256=hashlib.sha256(table).hexdigest(),
        names_sha256=hashlib.sha256(names).hexdigest(),
        static_s=float(data["static_min_duration_s"]),
        items=tuple(_listed(i, e) for i, e in zip(items, entries, strict=True)),
        limits=_limits(data),
        coefficients=tuple(
            (first, last, round(1000 * value))
            for first, last, value in data["shift_coefficients"]
        ),
        parts=_words("parts", Part),
        loads=_words("loads"),
        frequencies=_words("frequencies"),
        measures=_words("measures"),
        unseen=_words("unseen"),
    )


def _listed(item: _Printed, entry: _Named) -> Listed:
    """Join an item with its names; angles become sizes away from upright."""
    ends = [item.angle_lo, item.angle_hi]
    if item.angle_hi is not None and item.angle_hi <= 0:  # backward: signs turn
        ends = [-item.angle_hi, None if item.angle_lo is None else -item.angle_lo]
    return Listed(
        key=entry.key,
        part=item.part,
        cls=item.cls,
        load=item.load,
        freq=item.freq,
        from_deg=ends[0] or 0.0,
        to_deg=float("inf") if ends[1] is None else ends[1],
        step2=bool(item.step2),
        measure=entry.measure,
        needs=entry.needs,
        unseen=entry.unseen,
        words=Words(cs=entry.cs, en=entry.en),
    )


def _limits(data: Mapping[str, Any]) -> Limits:
    """Read the limits; category 1 is printed as "<=100"."""
    shift, first = data["limits_480_min_shift"], data["categories"]["1"]
    low, high = shift["PP_single_hold_min"]
    return Limits(
        first={cls: _number(first[cls]) for cls in ("N", "PP")},
        second={
            "N": int(shift["N_each_total_min"]),
            "PP": int(shift["PP_each_total_min"]),
        },
        hold_min=(float(low), float(high)),
    )


def _number(text: str) -> int:
    (found,) = re.findall(r"\d+", text)
    return int(found)
