"""The revised NIOSH lifting equation as printed, from package data.

``tables/niosh.json`` holds the constants of both unit systems as the formulas they
are printed in ("25/H; H<25->1; H>63->0"), the table of the frequency multiplier and
that of the coupling. No number of theirs is repeated in code: :func:`_numbers` reads
them from the formulas. The two systems are not exact conversions of each other.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray

_HORIZONTAL: Final = r"(?P<near>N)/H; H<(?P<from_>N)->1; H>(?P<most>N)->0"
_VERTICAL: Final = r"1-(?P<slope>N)\|V-(?P<ideal>N)\|; V>(?P<most>N)->0"
_DISTANCE: Final = r"(?P<base>N)\+(?P<gain>N)/D; D<(?P<from_>N)->1; D>(?P<most>N)->0"
_ASYMMETRY: Final = r"1-(?P<slope>N)A; A>(?P<most>N)->0"
_NUMBER: Final = r"\\d+(?:\\.\\d+)?"
_HOURS: Final = re.compile(r"<=(\d+)h V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The numbers of one unit system: centimetres and kilograms, or inches and lb."""

    load: float
    """LC: the heaviest load under ideal conditions."""
    horizontal_near: float
    """Hands nearer than this count as this near; it is the numerator, too."""
    horizontal_most: float
    """Beyond it nothing may be lifted."""
    vertical_ideal: float
    """Height of the hands that costs nothing; it divides the frequency table, too."""
    vertical_slope: float
    vertical_most: float
    distance_base: float
    distance_gain: float
    distance_near: float
    """Shorter ways cost nothing."""
    distance_most: float
    asymmetry_slope: float
    """Per degree."""
    asymmetry_most_deg: float


@dataclass(frozen=True, slots=True)
class IndexLevel:
    """Lifting indices above ``above`` (and up to the next level) mean ``text``."""

    above: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NioshTables:
    """The equation's tables; arrays are read-only."""

    source: str
    sha256: str
    """Digest of the file."""
    metric: Constants
    us: Constants
    per_min: FloatArray
    """(R,) lifts per minute of the rows, ascending."""
    hours: tuple[int, ...]
    """Longest duration of each kind, hours, ascending."""
    frequency: FloatArray
    """(R, durations, 2) multipliers; last axis: hands below the ideal, or not."""
    coupling: Mapping[str, FloatArray]
    """Grip → (2,) multipliers, likewise."""
    levels: tuple[IndexLevel, ...]
    """Meanings of the lifting index, ascending."""

    def level_of(self, lifting_index: float) -> int:
        """Return the number of the meaning of a lifting index, from 0."""
        return sum(lifting_index > level.above for level in self.levels) - 1


@cache
def niosh_tables() -> NioshTables:
    """Return the tables, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    return parse_niosh_tables((folder / "niosh.json").read_bytes())


def parse_niosh_tables(raw: bytes) -> NioshTables:
    """Decode the table file.

    Raises:
        ValueError: When a formula is not of the printed form.
    """
    data: dict[str, Any] = msgspec.json.decode(raw)
    rows = np.array(data["fm"], dtype=np.float64)
    hours = [int(text) for text in _HOURS.findall(data["key_order"]["fm"])]
    durations = tuple(hours[::2])
    return NioshTables(
        source=data["source"],
        sha256=hashlib.sha256(raw).hexdigest(),
        metric=_constants(data["metric"], "LC_kg"),
        us=_constants(data["us"], "LC_lb"),
        per_min=_frozen(rows[:, 0]),
        hours=durations,
        frequency=_frozen(rows[:, 1:].reshape(len(rows), len(durations), 2)),
        coupling=MappingProxyType(
            {grip: _frozen(np.array(pair)) for grip, pair in data["cm"].items()}
        ),
        levels=_levels(data["li_levels"]),
    )


def _constants(printed: Mapping[str, Any], load: str) -> Constants:
    horizontal = _numbers(_HORIZONTAL, printed["HM"])
    vertical = _numbers(_VERTICAL, printed["VM"])
    distance = _numbers(_DISTANCE, printed["DM"])
    asymmetry = _numbers(_ASYMMETRY, printed["AM"])
    return Constants(
        load=float(printed[load]),
        horizontal_near=horizontal["near"],
        horizontal_most=horizontal["most"],
        vertical_ideal=vertical["ideal"],
        vertical_slope=vertical["slope"],
        vertical_most=vertical["most"],
        distance_base=distance["base"],
        distance_gain=distance["gain"],
        distance_near=distance["from_"],
        distance_most=distance["most"],
        asymmetry_slope=asymmetry["slope"],
        asymmetry_most_deg=asymmetry["most"],
    )


def _numbers(form: str, printed: str) -> dict[str, float]:
    """Return the numbers of a printed formula by name; N in ``form`` is a number.

    Raises:
        ValueError: When the formula has another form.
    """
    match = re.fullmatch(re.sub(r"N(?=\))", _NUMBER, form), printed)
    if match is None:
        msg = f"The formula {printed!r} is not of the form {form!r}."
        raise ValueError(msg)
    return {name: float(text) for name, text in match.groupdict().items()}


def _levels(rows: list[dict[str, Any]]) -> tuple[IndexLevel, ...]:
    """Read the meanings: the first one has an upper end only."""
    return tuple(IndexLevel(row.get("gt", -np.inf), row["text"]) for row in rows)


def _frozen(array: FloatArray) -> FloatArray:
    fixed = np.ascontiguousarray(array, dtype=np.float64)
    fixed.setflags(write=False)
    return fixed
