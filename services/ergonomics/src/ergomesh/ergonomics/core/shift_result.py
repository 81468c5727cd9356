"""What an assessment of a shift by NV 361/2007 says."""

from typing import Literal

import msgspec

from ergomesh.ergonomics.core.nv361_result import Status
from ergomesh.ergonomics.core.shift_limits import Category, ShiftLimits


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """Whole minutes of a shift, with what doubt leaves open."""

    low: int
    likely: int
    high: int


class ShiftPosture(msgspec.Struct, frozen=True, kw_only=True):
    """One posture of the decree's table over a shift."""

    key: str
    part: str
    cls: Literal["N", "PP"]
    """After step 2."""
    printed_cls: Literal["N", "PP"]
    load: Literal["S", "D"]
    name_en: str
    name_cs: str
    status: Status
    """The least assessed of all clips."""
    workers: tuple[Minutes | None, ...]
    """Worker A, then worker B; null: not assessed."""
    minutes: Minutes | None
    """Mean of the workers, rounded half up; null: not assessed."""
    category: Category | None
    """By the likely minutes."""
    category_low: Category | None
    category_high: Category | None
    limit_min: int
    """No more is allowed."""
    exceeded: bool
    """Whether the likely minutes are above the limit."""
    longest_hold_s: float | None
    """Of static postures."""
    hold: Literal["within", "depends", "too_long"] | None
    """Of conditionally acceptable static postures: whether the longest hold is below
    the shortest that is allowed at any angle, between, or above the longest."""


class ShiftUnlisted(msgspec.Struct, frozen=True, kw_only=True):
    """A posture that the table does not list: not classified."""

    part: str
    name_en: str
    name_cs: str
    load: Literal["S", "D"]
    minutes: Minutes


class ShiftOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the shift."""

    name: str
    minutes: float
    """Of a shift."""
    long_use: bool
    """Whether it lasts longer than half the shift: step 2."""


class ShiftResult(msgspec.Struct, frozen=True, kw_only=True):
    """One job over a shift by NV 361/2007."""

    source: str
    sha256: str
    """Digest of the table file."""
    workers: int
    operations: tuple[ShiftOperation, ...]
    covered_min: float
    """Minutes of the shift that the operations cover."""
    limits: ShiftLimits
    postures: tuple[ShiftPosture, ...]
    """Every item of the table, in its order; arm by arm."""
    unlisted: tuple[ShiftUnlisted, ...]
    together: Minutes
    """In any listed posture, each moment once."""
    together_exceeded: bool
    """Whether that is more than half the shift."""
    category: Category | None
    """Of the job: the worst posture's; null when nothing was assessed."""
    category_low: Category | None
    category_high: Category | None
    doubts_en: tuple[str, ...] = ()
    """A sentence for each posture whose minutes lie, by their bounds, on both sides of
    a limit."""
    doubts_cs: tuple[str, ...] = ()
    warnings_en: tuple[str, ...] = ()
    """Everything else that limits the assessment, one plain sentence each."""
    warnings_cs: tuple[str, ...] = ()
