"""What is recognised in a fitted body, beside what is so in the exact motion (pure).

Both are asked the same questions by the same code, with nothing told about the work.
Who sits is known better than that: it is in the motion's script. An answer may stay
open; it is then neither right nor wrong.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.niosh import assess_niosh
from ergomesh.ergonomics.core.niosh_result import Lift, Spread
from ergomesh.ergonomics.core.owas_tables import PARTS
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS

TASK: Final = TaskFacts(lifts_per_min=1.0)
"""Nothing is told but a pace: clips of five seconds show none, and counted in them two
lifts would be twenty a minute. It lowers all limits alike."""

SITTING: Final = "sitting"
CATEGORY: Final = "category"
CODES: Final = tuple(part for part in PARTS if part != "load")
"""OWAS' digits that are recognised: back, arms, legs."""

MEASURES: Final[Mapping[str, str]] = {
    "H": "horizontal_cm",
    "V": "vertical_cm",
    "D": "distance_cm",
    "A": "asymmetry_deg",
}
"""NIOSH's letter → field of a lift's origin."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recognised:
    """What the assessment says of T frames."""

    present: BoolArray
    """(T,) whether there is a person."""
    answers: Mapping[str, FloatArray]
    """:data:`SITTING`, :data:`CODES` and :data:`CATEGORY` → (T,), NaN where open."""
    low: FloatArray
    """(T,) lower bound of the OWAS category."""
    high: FloatArray
    """(T,)."""
    lifts: tuple[Lift, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """One clip: what was found, and what is so."""

    motion: str
    """Name of the work motion."""
    seated: bool
    """Whether that work is done sitting."""
    kept_out: bool
    """Whether nothing was tuned on the clip."""
    found: Recognised
    exact: Recognised


@dataclass(frozen=True, slots=True)
class Tally:
    """Frames with a person and an exact answer, and how many were answered."""

    frames: int = 0
    settled: int = 0
    right: int = 0
    """Of the settled ones."""

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(
            self.frames + other.frames,
            self.settled + other.settled,
            self.right + other.right,
        )

    @property
    def settled_share(self) -> float:
        """Return the share of frames with an answer, NaN without frames."""
        return self.settled / self.frames if self.frames else math.nan

    @property
    def right_share(self) -> float:
        """Return the share of answers that are right, NaN where all is open."""
        return self.right / self.settled if self.settled else math.nan


@dataclass(frozen=True, slots=True)
class Matched:
    """The lifts of a clip, or of several."""

    pairs: tuple[tuple[Lift, Lift], ...] = ()
    """Found and exact, of the lifts that were found."""
    missed: tuple[Lift, ...] = ()
    """Exact ones."""
    extra: tuple[Lift, ...] = ()
    """Found ones."""

    def __add__(self, other: "Matched") -> "Matched":
        """Return both together."""
        return Matched(
            self.pairs + other.pairs,
            self.missed + other.missed,
            self.extra + other.extra,
        )

    @property
    def exact(self) -> int:
        """Return how many lifts there are."""
        return len(self.pairs) + len(self.missed)


@dataclass(frozen=True, slots=True)
class Range:
    """Median and range of some numbers; NaN without any."""

    count: int
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Range":
        """Take it of the finite ones."""
        finite = np.array([value for value in values if math.isfinite(value)])
        if not finite.size:
            return cls(0, math.nan, math.nan, math.nan)
        middle, low, high = np.median(finite), finite.min(), finite.max()
        return cls(len(finite), float(middle), float(low), float(high))


def recognised(motion: Motion) -> Recognised:
    """Ask the assessment what it recognises in a motion."""
    angles = joint_angles(motion)
    scores = score_motion(motion, angles, TASK)
    sits, owas = scores.common.stance.sits, scores.owas
    found = assess_niosh(motion, angles, scores.facts, DEFAULT_THRESHOLDS)
    codes = dict(zip(CODES, owas.codes.T, strict=True))
    return Recognised(
        present=scores.present,
        answers={
            SITTING: np.where(sits.known, sits.point, np.nan),
            **codes,
            CATEGORY: owas.value,
        },
        low=owas.low,
        high=owas.high,
        lifts=found.lifts,
    )


def seen_share(clips: Iterable[Beside]) -> float:
    """Return the share of frames in which a person was found."""
    frames = [clip.found.present for clip in clips]
    return float(np.mean(np.concatenate(frames))) if frames else math.nan


def sitting(clips: Iterable[Beside], *, seated: bool, exact: bool = False) -> Tally:
    """Count the answers to who sits, of seated or of other work.

    Args:
        clips: The clips.
        seated: Of which work.
        exact: Ask the exact motion: what the rules alone are worth.
    """
    return _sum(
        _tally(
            (clip.exact if exact else clip.found).answers[SITTING],
            np.full(len(clip.found.present), float(seated)),
            _present(clip),
        )
        for clip in clips
        if clip.seated == seated
    )


def answers(clips: Iterable[Beside], name: str) -> Tally:
    """Count the answers to a question of OWAS, a code or the category."""
    return _sum(
        _tally(clip.found.answers[name], clip.exact.answers[name], _present(clip))
        for clip in clips
    )


def bounds(clips: Iterable[Beside], widest: int) -> Tally:
    """Count the frames whose OWAS category has narrow bounds.

    Those whose bounds hold the exact category are the right ones.

    Args:
        clips: The clips.
        widest: How many categories lie within the bounds at most.
    """
    return _sum(_bounds(clip, widest) for clip in clips)


def _bounds(clip: Beside, widest: int) -> Tally:
    exact, found = clip.exact.answers[CATEGORY], clip.found
    asked = _present(clip) & np.isfinite(exact)
    narrow = asked & (found.high - found.low < widest)
    inside = narrow & (found.low <= exact) & (exact <= found.high)
    return Tally(int(asked.sum()), int(narrow.sum()), int(inside.sum()))


def _tally(found: FloatArray, exact: FloatArray, present: BoolArray) -> Tally:
    asked = present & np.isfinite(exact)
    settled = asked & np.isfinite(found)
    right = settled & (found == exact)
    return Tally(int(asked.sum()), int(settled.sum()), int(right.sum()))


def _present(clip: Beside) -> BoolArray:
    return np.asarray(clip.found.present & clip.exact.present)


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, start=Tally())


def matched(clip: Beside) -> Matched:
    """Pair the lifts of a clip that overlap in time, the longest overlap first.

    Each lift is in one pair at most: a lift that is found in two pieces is found once,
    and the other piece is one too many.
    """
    found, exact = clip.found.lifts, clip.exact.lifts
    overlaps = sorted(
        (-shared_s, k, j)
        for k, one in enumerate(found)
        for j, other in enumerate(exact)
        if (shared_s := _shared_s(one, other)) > 0
    )
    pairs: dict[int, int] = {}
    for _, k, j in overlaps:
        if k not in pairs and j not in pairs.values():
            pairs[k] = j
    return Matched(
        pairs=tuple((found[k], exact[j]) for k, j in sorted(pairs.items())),
        missed=tuple(e for j, e in enumerate(exact) if j not in pairs.values()),
        extra=tuple(f for k, f in enumerate(found) if k not in pairs),
    )


def _shared_s(one: Lift, other: Lift) -> float:
    return min(one.to_s, other.to_s) - max(one.from_s, other.from_s)


def lifts(clips: Iterable[Beside]) -> Matched:
    """Pair the lifts of every clip."""
    return sum((matched(clip) for clip in clips), start=Matched())


def extra_clips(clips: Iterable[Beside]) -> dict[str, int]:
    """Return motion → in how many clips lifts were found that are none."""
    counts: dict[str, int] = {}
    for clip in clips:
        if matched(clip).extra:
            counts[clip.motion] = counts.get(clip.motion, 0) + 1
    return counts


def by_motion(clips: Iterable[Beside]) -> dict[str, list[Beside]]:
    """Return motion → its clips, in the order of the first ones."""
    groups: dict[str, list[Beside]] = {}
    for clip in clips:
        groups.setdefault(clip.motion, []).append(clip)
    return groups


def errors(lifted: Matched, measure: str) -> Range:
    """Return found minus exact of a measure of :data:`MEASURES` at the origins."""

    def _at(lift: Lift) -> float:
        return _middle(getattr(lift.origin, MEASURES[measure]))

    return Range.of(_at(found) - _at(exact) for found, exact in lifted.pairs)


def limit_ratios(lifted: Matched) -> Range:
    """Return found over exact recommended weight limits."""
    return Range.of(
        _middle(found.limit_kg) / _middle(exact.limit_kg)
        for found, exact in _limited(lifted)
    )


def limits_held(lifted: Matched) -> float:
    """Return the share of the exact limits that lie within the found bounds."""
    inside = [
        _number(found.limit_kg, "low")
        <= _middle(exact.limit_kg)
        <= _number(found.limit_kg, "high")
        for found, exact in _limited(lifted)
    ]
    return float(np.mean(inside)) if inside else math.nan


def _limited(lifted: Matched) -> Sequence[tuple[Lift, Lift]]:
    """Return the pairs with both limits; an exact limit of nothing has no ratio."""
    return [
        pair
        for pair in lifted.pairs
        if all(math.isfinite(_middle(lift.limit_kg)) for lift in pair)
        and _middle(pair[1].limit_kg) > 0
    ]


def _middle(spread: Spread | None) -> float:
    return _number(spread, "median")


def _number(spread: Spread | None, name: Literal["low", "median", "high"]) -> float:
    value: float | None = None if spread is None else getattr(spread, name)
    return math.nan if value is None else value
