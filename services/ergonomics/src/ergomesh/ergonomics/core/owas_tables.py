"""OWAS's printed table, from package data, as frozen values."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.ergonomics.core.tables import cell

Cell = tuple[int, int, int, int]
"""Codes of back, arms, legs and load."""

PARTS: Final = ("back", "arms", "legs", "load")
"""The digits of a posture's code, in their order."""


class DisputedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of which copies of the table differ."""

    cell: Cell
    ours: int
    """What most programs have."""
    alternative: int
    alternative_in: tuple[str, ...]
    """The programs that have the other one."""

    def reading(self, disputed: Literal["most_programs", "milder", "stricter"]) -> int:
        """Return the category by the setting ``owas_disputed_cells``."""
        if disputed == "most_programs":
            return self.ours
        pick = min if disputed == "milder" else max
        return pick(self.ours, self.alternative)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwasTables:
    """What ``tables/owas.json`` holds."""

    source: str
    sha256: str
    """Digest of the file."""
    category: IntArray
    """(4, 3, 7, 3) back, arms, legs, load; zero-based: code - 1."""
    words: Mapping[str, tuple[str, ...]]
    """Part → the meaning of its codes 1, 2, …"""
    disputed: tuple[DisputedCell, ...]
    load_edges_kg: FloatArray
    """(2,) loads up to the first get code 1, up to the second 2."""

    def settled(
        self, disputed: Literal["most_programs", "milder", "stricter"]
    ) -> IntArray:
        """Return the table with the disputed cells as the setting has them."""
        category = self.category.copy()
        for entry in self.disputed:
            at = tuple(code - 1 for code in entry.cell)
            category[at] = entry.reading(disputed)
        return category

    def load_code(self, load_kg: float) -> int:
        """Return the code of a load, 1…3."""
        return 1 + int(np.searchsorted(self.load_edges_kg, load_kg, side="left"))


@cache
def owas_tables() -> OwasTables:
    """Return the table, read once per process."""
    folder = resources.files("ergomesh.ergonomics") / "tables"
    return parse_owas((folder / "owas.json").read_bytes())


def parse_owas(raw: bytes) -> OwasTables:
    """Decode the table file.

    Raises:
        msgspec.ValidationError: When it does not have the file's form.
    """
    data: dict[str, Any] = msgspec.json.decode(raw)
    category = np.asarray(data["action_category"], dtype=np.int64)
    category.setflags(write=False)
    words = {part: tuple(data["codes"][part]) for part in PARTS}
    return OwasTables(
        source=data["source"],
        sha256=hashlib.sha256(raw).hexdigest(),
        category=category,
        words=words,
        disputed=msgspec.convert(data["disputed_cells"], tuple[DisputedCell, ...]),
        load_edges_kg=np.array([_last_number(word) for word in words["load"][:-1]]),
    )


def _last_number(word: str) -> float:
    """Read the upper end of a range of loads: ">10 to 20 kg" ends at 20."""
    return float(re.findall(r"\d+", word)[-1])


def owas_category(
    back: ArrayLike, arms: ArrayLike, legs: ArrayLike, load: ArrayLike
) -> IntArray:
    """Look codes up in the table; arrays broadcast.

    Args:
        back: 1…4.
        arms: 1…3.
        legs: 1…7.
        load: 1…3.

    Raises:
        PartScoreError: When a code is outside its range.
    """
    return cell(owas_tables().category, back, arms, legs, load)
