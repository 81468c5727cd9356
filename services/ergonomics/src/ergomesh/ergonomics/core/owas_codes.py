"""From the answers of :mod:`~ergomesh.ergonomics.core.owas_atoms` to OWAS categories.

Where a question is open, a part has a set of possible codes. The category then lies
between the mildest and the strictest cell of the sets: an interval, not a guess.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.shares import ShareArray, count_below, over_entries

Known = tuple[bool, ...]
"""Which questions of a part are answered."""

CATEGORIES: Final = 4
_SIZES: Final = (4, 3, 7)
"""How many codes back, arms and legs have."""


@dataclass(frozen=True, slots=True)
class Part:
    """A digit of the posture's code, by the questions that decide it."""

    name: str
    """Name of the code."""
    atoms: tuple[Atom, ...]
    """Of the same T frames."""

    def known_bits(self) -> IntArray:
        """Return (T,) which questions are answered, as a number."""
        bits = [a.known.astype(np.int64) << k for k, a in enumerate(self.atoms)]
        known: IntArray = np.sum(bits, axis=0)
        return known


@dataclass(frozen=True, slots=True)
class Categories:
    """Categories of N frames, by the two readings of what is open."""

    point: IntArray
    """(2, N) mildest and strictest at the point estimate."""
    pmf: ShareArray
    """(2, 4, N); (1, 4, N) where both are the same."""
    codes: FloatArray
    """(N, parts) the code where only one is possible, else NaN."""

    def quantiles(self, probability: float) -> tuple[IntArray, IntArray]:
        """Return (N,) bounds that hold the central ``probability`` and the point."""
        tail = (1.0 - probability) / 2
        low = 1 + count_below(self.pmf[0], tail)
        high = 1 + count_below(self.pmf[-1], 1.0 - tail)
        return np.minimum(low, self.point[0]), np.maximum(high, self.point[1])


def back_code(bent: int, asymmetric: int) -> int:
    """Return 1 straight, 2 bent, 3 twisted or side-bent, 4 both."""
    return 1 + bent + 2 * asymmetric


def arms_code(left: int, right: int) -> int:
    """Return 1 plus the number of raised arms."""
    return 1 + left + right


def legs_code(sits: int, walks: int, kneels: int, *stands: int) -> int:
    """Return the code of the legs.

    Args:
        sits: Whether the worker sits.
        walks: Whether the pelvis travels at a walk.
        kneels: Whether a knee is on the floor.
        stands: Whether the left and the right knee are bent, and which foot is
            lifted: 0 right, 1 none, 2 left. With a lifted foot the other leg counts.
    """
    if sits or walks or kneels:
        return 1 if sits else 7 if walks else 6
    left, right, lift = stands
    if lift == 1:
        return (2, 5, 4)[left + right]
    bears = left if lift == 0 else right
    return 5 if bears else 3


_RULES: Final[dict[str, tuple[Callable[..., int], tuple[int, ...]]]] = {
    "back": (back_code, (2, 2)),
    "arms": (arms_code, (2, 2)),
    "legs": (legs_code, (2, 2, 2, 2, 2, 3)),
}


@cache
def code_sets(part: str, known: Known) -> tuple[tuple[frozenset[int], ...], IntArray]:
    """Return the possible sets of codes, given which questions are answered.

    Args:
        part: ``back``, ``arms`` or ``legs``.
        known: Per question.

    Returns:
        The S different sets, and which of them each combination of the known answers
        leaves: one axis per known question.
    """
    rule, sizes = _RULES[part]
    reached: dict[tuple[int, ...], set[int]] = {}
    for answers in product(*map(range, sizes)):
        told = tuple(a for a, k in zip(answers, known, strict=True) if k)
        reached.setdefault(told, set()).add(rule(*answers))
    cells = [frozenset(codes) for codes in reached.values()]
    sets = tuple(dict.fromkeys(cells))
    index = np.array([sets.index(codes) for codes in cells])
    asked = [size for size, k in zip(sizes, known, strict=True) if k]
    return sets, index.reshape(asked or [1])


class Reading(NamedTuple):
    """What is known of a part in N frames where the same is observed."""

    sets: tuple[frozenset[int], ...]
    """S sets of codes."""
    at: IntArray
    """(N,) which one at the point estimate."""
    shares: ShareArray
    """(S, N)."""

    @property
    def codes(self) -> FloatArray:
        """Return (N,) the code where the set has only one, else NaN."""
        single = [next(iter(s)) if len(s) == 1 else np.nan for s in self.sets]
        found: FloatArray = np.array(single)[self.at]
        return found


def part_reading(part: Part, rows: IntArray) -> Reading:
    """Return what is known of a part in frames where the same is observed.

    Args:
        part: Of all frames.
        rows: (N,) frames.
    """
    known = tuple(bool(atom.known[rows[0]]) for atom in part.atoms)
    sets, index = code_sets(part.name, known)
    told = [atom for atom, k in zip(part.atoms, known, strict=True) if k]
    told = told or [Atom.nothing(len(part.atoms[0].point))]
    at = tuple(atom.point[rows] for atom in told)
    shares = [atom.pmf[:, rows] for atom in told]
    return Reading(sets, index[at], over_entries(index, len(sets), shares))


def categories_of(
    table: IntArray, parts: tuple[Part, ...], rows: IntArray
) -> Categories:
    """Return the categories of frames where the same is observed.

    Args:
        table: One axis per part, zero-based.
        parts: Back, arms and legs.
        rows: (N,) frames.
    """
    readings = [part_reading(part, rows) for part in parts]
    shares = [reading.shares for reading in readings]
    ends = _extremes(tuple(table.ravel().tolist()), tuple(r.sets for r in readings))
    at = tuple(reading.at for reading in readings)
    every = ends[:1] if np.array_equal(ends[0], ends[1]) else ends
    return Categories(
        np.stack([end[at] for end in ends]),
        np.stack([over_entries(end - 1, CATEGORIES, shares) for end in every]),
        np.stack([reading.codes for reading in readings], axis=1),
    )


@lru_cache(maxsize=1024)
def _extremes(
    cells: tuple[int, ...], sets: tuple[tuple[frozenset[int], ...], ...]
) -> tuple[IntArray, IntArray]:
    """Return what :func:`_extreme` does of a table, worked out once; do not change it.

    Args:
        cells: Of the table, the last axis fastest.
        sets: Of each part.
    """
    table = np.array(cells).reshape(_SIZES)
    return _extreme(table, sets, np.min), _extreme(table, sets, np.max)


def _extreme(
    table: IntArray,
    sets: Sequence[Sequence[frozenset[int]]],
    pick: Callable[..., IntArray],
) -> IntArray:
    """Return the mildest or the strictest category that sets of codes leave.

    Args:
        table: One axis per part.
        sets: The S sets of each part.
        pick: ``np.min`` or ``np.max``.

    Returns:
        One axis of S entries per part.
    """
    for axis, choices in enumerate(sets):
        within = (table.take([code - 1 for code in codes], axis) for codes in choices)
        table = np.stack([pick(some, axis=axis) for some in within], axis=axis)
    return table
