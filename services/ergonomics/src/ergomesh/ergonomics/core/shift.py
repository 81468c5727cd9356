"""NV 361/2007 over a shift: from the clips of its operations to the category of work.

Minutes per shift are the sum over operations of the share of time in a posture times
the operation's minutes (the laboratory's form). What was not seen in one operation
may have lasted all of it: it widens the bounds. What the operations do not cover of
the shift counts as time in no listed posture.

Step 2: a posture that is N "if the machine or task lasts longer than half the shift"
is so where an operation with it does, or where the clip's facts say so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from ergomesh.ergonomics.core.nv361_result import Nv361Item, Nv361Result, Span, Status
from ergomesh.ergonomics.core.nv361_table import Limits, Load, Verdict, nv361_table
from ergomesh.ergonomics.core.shift_limits import (
    Category,
    ShiftLimits,
    half_up,
    mean_min,
    shift_limits,
)
from ergomesh.ergonomics.core.shift_result import (
    Minutes,
    ShiftOperation,
    ShiftPosture,
    ShiftResult,
    ShiftUnlisted,
)
from ergomesh.ergonomics.core.shift_words import warnings_of

_Key = tuple[str, Load, str]
"""Part, load and name of a posture that is not listed."""

_MINUTE_S: Final = 60.0
_WORST_FIRST: Final[tuple[Status, ...]] = (
    "not_assessed",
    "partly_assessed",
    "assessed",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """A part of the shift, and the clips that show it."""

    name: str
    minutes: float
    """Of a shift."""
    clips: tuple[Nv361Result, ...]
    """Of worker A, and of worker B if there are two."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An item in the clip of one operation and worker."""

    item: Nv361Item
    minutes: float
    long_use: bool


def assess_shift(operations: Sequence[Operation], shift_min: int) -> ShiftResult:
    """Assess a shift.

    Args:
        operations: One or more, all with the same number of workers.
        shift_min: Length of the shift.

    Raises:
        ShiftLengthError: When the decree has no limits for such a shift.
    """
    table, limits = nv361_table(), shift_limits(shift_min)
    workers = len(operations[0].clips)
    half = limits.half_shift
    postures = tuple(
        _posture(seen, limits, table.limits) for seen in _items(operations, half)
    )
    together = _together(operations, workers)
    categories = [p for p in postures if p.category is not None]
    result = ShiftResult(
        source=table.source,
        sha256=table.sha256,
        workers=workers,
        operations=tuple(
            ShiftOperation(name=o.name, minutes=o.minutes, long_use=o.minutes > half)
            for o in operations
        ),
        covered_min=sum(o.minutes for o in operations),
        limits=limits,
        postures=postures,
        unlisted=tuple(_unlisted(operations, workers)),
        together=together,
        together_exceeded=together.likely > half,
        category=_worst([p.category for p in categories]),
        category_low=_worst([p.category_low for p in categories]),
        category_high=_worst([p.category_high for p in categories]),
    )
    warned = warnings_of(result, table)
    return msgspec.structs.replace(
        warned,
        warnings_en=(*_of_clips(operations, "en"), *warned.warnings_en),
        warnings_cs=(*_of_clips(operations, "cs"), *warned.warnings_cs),
    )


def _of_clips(operations: Sequence[Operation], language: str) -> Iterator[str]:
    """Iterate over what limits the clips, each once."""
    said = (
        f"{operation.name}: {warning}"
        for operation in operations
        for clip in operation.clips
        for warning in getattr(clip, f"warnings_{language}")
    )
    return iter(dict.fromkeys(said))


def _items(
    operations: Sequence[Operation], half: float
) -> Iterator[tuple[tuple[_Seen, ...], ...]]:
    """Iterate over the items: worker by worker, operation by operation."""
    for row in range(len(operations[0].clips[0].items)):
        yield tuple(
            tuple(
                _Seen(o.clips[worker].items[row], o.minutes, o.minutes > half)
                for o in operations
            )
            for worker in range(len(operations[0].clips))
        )


def _posture(
    seen: tuple[tuple[_Seen, ...], ...], limits: ShiftLimits, printed: Limits
) -> ShiftPosture:
    """Sum up one item, worker by worker."""
    every = [one for worker in seen for one in worker]
    item = every[0].item
    cls: Verdict = "N" if any(map(_unacceptable, every)) else "PP"
    workers = tuple(_worker_min(worker) for worker in seen)
    minutes = _mean(workers)
    low, likely, high = _categories(minutes, cls, limits)
    longest = _longest_s(every)
    return ShiftPosture(
        key=item.key,
        part=item.part,
        cls=cls,
        printed_cls=item.printed_cls,
        load=item.load,
        name_en=item.name_en,
        name_cs=item.name_cs,
        status=min((s.item.status for s in every), key=_WORST_FIRST.index),
        workers=workers,
        minutes=minutes,
        category=likely,
        category_low=low,
        category_high=high,
        limit_min=limits.second(cls),
        exceeded=minutes is not None and minutes.likely > limits.second(cls),
        longest_hold_s=longest,
        hold=None if cls == "N" else _hold(longest, printed),
    )


def _unacceptable(seen: _Seen) -> bool:
    share = seen.item.share
    taken = share is not None and share.high > 0
    return seen.item.cls == "N" or (seen.item.step2 and seen.long_use and taken)


def _worker_min(seen: Sequence[_Seen]) -> Minutes | None:
    """Return a worker's minutes; what one clip does not tell may be all or nothing."""
    told = [(s.item.share, s.minutes) for s in seen]
    if all(share is None for share, _ in told):
        return None
    unknown = sum(minutes for share, minutes in told if share is None)
    known = _weighted([(s, minutes) for s, minutes in told if s is not None])
    return _whole(Span(low=known.low, likely=known.likely, high=known.high + unknown))


def _weighted(shares: Sequence[tuple[Span, float]]) -> Span:
    """Return the sum of shares times minutes."""
    low, likely, high = (
        sum(getattr(share, name) * minutes for share, minutes in shares)
        for name in ("low", "likely", "high")
    )
    return Span(low=low, likely=likely, high=high)


def _whole(span: Span) -> Minutes:
    return Minutes(
        low=half_up(span.low), likely=half_up(span.likely), high=half_up(span.high)
    )


def _mean(workers: Sequence[Minutes | None]) -> Minutes | None:
    """Return the mean of the workers of whom something is known."""
    known = [worker for worker in workers if worker is not None]
    if not known:
        return None
    low, likely, high = (
        mean_min([getattr(worker, name) for worker in known])
        for name in ("low", "likely", "high")
    )
    return Minutes(low=low, likely=likely, high=high)


def _categories(
    minutes: Minutes | None, cls: Verdict, limits: ShiftLimits
) -> tuple[Category, Category, Category] | tuple[None, None, None]:
    if minutes is None:
        return None, None, None
    return (
        limits.category(cls, minutes.low),
        limits.category(cls, minutes.likely),
        limits.category(cls, minutes.high),
    )


def _longest_s(seen: Sequence[_Seen]) -> float | None:
    holds = (s.item.longest_hold_s for s in seen)
    return max((hold for hold in holds if hold is not None), default=None)


def _hold(
    longest_s: float | None, printed: Limits
) -> Literal["within", "depends", "too_long"] | None:
    """Judge a hold; the decree allows 1 to 8 min by an angle's curve not published."""
    if longest_s is None:
        return None
    shortest, longest = printed.hold_min
    if longest_s <= shortest * _MINUTE_S:
        return "within"
    return "depends" if longest_s <= longest * _MINUTE_S else "too_long"


def _together(operations: Sequence[Operation], workers: int) -> Minutes:
    """Return the minutes in any listed posture, the mean of the workers."""
    every = [
        _whole(_weighted([(o.clips[k].burdened_share, o.minutes) for o in operations]))
        for k in range(workers)
    ]
    mean = _mean(every)
    return mean or Minutes(low=0, likely=0, high=0)


def _unlisted(operations: Sequence[Operation], workers: int) -> Iterator[ShiftUnlisted]:
    """Iterate over what is not classified, in the order in which it was found."""
    found: dict[_Key, list[list[tuple[Span, float]]]] = {}
    names: dict[_Key, str] = {}
    for operation in operations:
        for k, clip in enumerate(operation.clips):
            for row in clip.unlisted:
                key = row.part, row.load, row.name_en
                shares = found.setdefault(key, [[] for _ in range(workers)])
                shares[k].append((row.share, operation.minutes))
                names[key] = row.name_cs
    for key, shares in found.items():
        yield _unlisted_row(key, names, shares)


def _unlisted_row(
    key: _Key,
    names: Mapping[_Key, str],
    shares: Sequence[Sequence[tuple[Span, float]]],
) -> ShiftUnlisted:
    part, load, name_en = key
    minutes = _mean([_whole(_weighted(worker)) for worker in shares])
    return ShiftUnlisted(
        part=part,
        name_en=name_en,
        name_cs=names[key],
        load=load,
        minutes=minutes or Minutes(low=0, likely=0, high=0),
    )


def _worst(categories: Sequence[Category | None]) -> Category | None:
    known = [category for category in categories if category is not None]
    return max(known, default=None)
