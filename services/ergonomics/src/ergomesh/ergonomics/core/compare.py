"""Before and after: what differs between two results, and how surely.

Every quantity is an :class:`Estimate`: the likely value within bounds that doubt about
the angles leaves open. The bounds of a change are those of its ends, taken at their
worst (interval arithmetic), so a change is only called certain when the two ranges do
not overlap. Two results of the *same motion* (scored again with other facts) share
every error of the angles, so they are compared reading by reading. What the bounds do
**not** hold: that the worker might have moved otherwise on another day. That needs more
clips, not a better reading of one.

::

    CompareError(ValueError)    two results that cannot be compared; one sentence
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import msgspec

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.result import DIGITS, Result

COMPARISON_VERSION: Final = "1"
"""Version of the form of ``comparison.json``."""

ROUNDED: Final = 5 * 10.0**-DIGITS
"""A change below this may come from the rounding of shares, of which up to five (a
method's action levels) are added up; scores change by whole points."""

Unit = Literal["score", "share", "index"]


class CompareError(ValueError):
    """Two results that cannot be compared."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity, with what doubt leaves open."""

    low: float
    value: float
    """The likely one; within the bounds."""
    high: float


class Verdict(StrEnum):
    """Whether something changed."""

    LOWER = "lower"
    """Certainly lower afterwards: less load."""
    HIGHER = "higher"
    """Certainly higher afterwards: more load."""
    OPEN = "no_certain_difference"
    """The ranges overlap."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity before and after. Of all of them, lower is better."""

    method: str
    """``rula``, ``nv361``, …; the method whose borders count, for an angle."""
    side: str
    """``left``, ``right`` or ``middle``."""
    part: str
    """Body part; ``whole`` for a method's final score."""
    measure: str
    """``level_at_least_3``, ``median``, ``trunk_flexion_beyond_60``, …"""
    unit: Unit
    """A share is of the person's time for scores, of observed time for angles."""
    before: Estimate
    after: Estimate
    change: Estimate
    """After less before."""
    verdict: Verdict


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """An input that differs."""

    name: str
    before: str
    after: str


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two results."""

    label: str
    clip_sha256: str
    duration_s: float
    person_s: float
    ergomesh_version: str
    frames_read: bool
    """Whether ``scores.csv`` and ``angles.csv`` were there: without them, medians of
    scores and times beyond an angle are not compared."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of ``comparison.json``."""

    schema_version: str = COMPARISON_VERSION
    before: Compared
    after: Compared
    differences: tuple[Difference, ...]
    facts: tuple[Changed, ...]
    """Facts about the work that differ: part of what is compared."""
    choices: tuple[Changed, ...]
    """Choices of the scores that differ: a change may come from them alone."""
    same_motion: bool = False
    """Whether both rest on the same angles: changes are then taken at the lower, the
    likely and the upper reading of every frame, and come from the facts alone."""
    warnings_en: tuple[str, ...] = ()
    """What beside the work differs (models, the person), one plain sentence each."""
    warnings_cs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The per-frame files of a result; NaN is not observable."""

    time_s: FloatArray
    """(T,)."""
    columns: Mapping[str, FloatArray]
    """Columns of ``scores.csv`` and ``angles.csv``, each (T,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A result as it was read."""

    label: str
    result: Result
    frames: Frames | None
    """``None`` without both per-frame files."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is compared, apart from its value."""

    method: str
    side: str
    part: str
    measure: str
    unit: Unit


def difference(
    what: Quantity, before: Estimate, after: Estimate, *, same_motion: bool = False
) -> Difference:
    """Subtract, and say whether the change is certain.

    Args:
        what: Of what.
        before: First.
        after: Last.
        same_motion: Whether both have the same errors of the angles.
    """
    change = (_paired if same_motion else _apart)(before, after)
    return Difference(
        method=what.method,
        side=what.side,
        part=what.part,
        measure=what.measure,
        unit=what.unit,
        before=before,
        after=after,
        change=change,
        verdict=(_paired_verdict if same_motion else verdict_of)(change),
    )


def _apart(before: Estimate, after: Estimate) -> Estimate:
    """Return the change when each end may be anywhere within its bounds."""
    return Estimate(
        low=after.low - before.high,
        value=after.value - before.value,
        high=after.high - before.low,
    )


def _paired(before: Estimate, after: Estimate) -> Estimate:
    """Return the change at the same reading of the angles, between its extremes."""
    likely = after.value - before.value
    every = (after.low - before.low, likely, after.high - before.high)
    low, value, high = (
        0.0 if abs(change) < ROUNDED else change
        for change in (min(every), likely, max(every))
    )
    return Estimate(low=low, value=value, high=high)


def _paired_verdict(change: Estimate) -> Verdict:
    """Return what a change of the same motion says: no reading goes the other way."""
    if change.value > 0 and change.low >= 0:
        return Verdict.HIGHER
    return Verdict.LOWER if change.value < 0 and change.high <= 0 else Verdict.OPEN


def verdict_of(change: Estimate) -> Verdict:
    """Return what a change says; ranges that only touch overlap."""
    if change.low > 0:
        return Verdict.HIGHER
    return Verdict.LOWER if change.high < 0 else Verdict.OPEN


def estimate(low: float, value: float, high: float) -> Estimate:
    """Return an estimate whose value is brought within its bounds."""
    return Estimate(low=low, value=min(max(value, low), high), high=high)


def encode_comparison(comparison: Comparison) -> bytes:
    """Encode as ``comparison.json``, indented for people."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2) + b"\n"
