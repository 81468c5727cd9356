"""Held over a minute, or repeated over four times a minute, measured from the motion.

RULA adds 1 for a posture that is mainly static, held for longer than a minute, or
repeated more than four times a minute; REBA likewise, for one or more parts. Legs
count where they bear the body on bent knees: who sits rests them, straight legs that
stand are no strain that is held, and a walk is no repetition (REBA says so).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.activity import Activity
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.holding import runs
from ergomesh.ergonomics.core.holding_rates import Rate, rate_of
from ergomesh.ergonomics.core.holding_zones import Clock
from ergomesh.ergonomics.core.thresholds import Thresholds

_THROUGH: Final = 0.9
"""Share of the person's time from which a hold lasts throughout: the still windows end
a little before the clip does."""

_KNEES: Final = tuple(f"{side}_knee_flexion" for side in SIDES)
_SURELY: Final = "_bearing"
_PERHAPS: Final = "_perhaps_bearing"
"""Of a knee's angle where it bears the body, bent; where sitting is open, perhaps."""
_MIDDLE: Final = ("trunk", "neck", *(f"{side}_leg" for side in SIDES))
_SIDED: Final = {
    "upper_arm": ("upper_arm_elevation",),
    "lower_arm": ("elbow_flexion",),
    "wrist": ("wrist_flexion",),
}
PART_ANGLES: Final[Mapping[str, tuple[str, ...]]] = {
    "trunk": ("trunk_flexion", "trunk_twist", "trunk_side_bend"),
    "neck": ("neck_flexion", "neck_twist", "neck_side_bend"),
    **{f"{side}_leg": (knee,) for side, knee in zip(SIDES, _KNEES, strict=True)},
    **{
        f"{side}_{part}": tuple(f"{side}_{name}" for name in names)
        for part, names in _SIDED.items()
        for side in SIDES
    },
}
"""Part → the angles of which one must repeat, or all be held."""


class PartRepetition(msgspec.Struct, frozen=True, kw_only=True):
    """How one part moves."""

    part: str
    longest_hold_s: float
    """With little variation; 0 when it was never held."""
    static: bool
    """Held over a minute; of legs, if they bear the body."""
    static_certain: bool
    """Whether that is sure: of legs, that nobody sits."""
    rate: Rate
    """Movements there and back."""
    repeated: bool
    """Over four times a minute; a clip must show two movements."""
    repeated_certain: bool
    """Whether the frequency's bounds agree."""
    held_through: bool
    """Held for as long as it is seen: how much longer, the clip does not show."""
    observed_s: float

    @property
    def activity(self) -> Activity:
        """Whether it is static or repeats, and whether the clip can tell."""
        likely = self.static or self.repeated
        surely = self.static_certain or (self.repeated and self.repeated_certain)
        perhaps = likely or not self.repeated_certain or self.held_through
        return Activity(low=surely, likely=likely, high=perhaps)


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """How all parts move."""

    parts: tuple[PartRepetition, ...]

    def part(self, name: str) -> PartRepetition:
        """Return one part."""
        return next(part for part in self.parts if part.part == name)

    def arm(self, side: str) -> Activity:
        """Return RULA's muscle use of an arm: any of its parts is static or repeats."""
        names = (f"{side}_{part}" for part in _SIDED)
        return Activity.any_of(self.part(name).activity for name in names)

    def middle(self) -> Activity:
        """Return RULA's muscle use of neck, trunk and legs."""
        return Activity.any_of(self.part(name).activity for name in _MIDDLE)

    def of_arm(self, side: str) -> bool:
        """Return whether an arm is likely active."""
        return self.arm(side).likely

    def of_middle(self) -> bool:
        """Return whether trunk, neck or legs are likely active."""
        return self.middle().likely


@dataclass(frozen=True, slots=True)
class _Moving:
    """Angles by which parts move, name → (T,) each."""

    seen_deg: Mapping[str, FloatArray]
    counted_deg: Mapping[str, FloatArray]
    """In which movements are counted."""
    still: Mapping[str, BoolArray]
    """Where they are held with little variation."""
    clock: Clock


def measured_repetition(
    angles: Angles, common: Common, thresholds: Thresholds
) -> Repetition:
    """Measure for each part whether it is held or repeats.

    Args:
        angles: T frames; NaN in gaps.
        common: Of the same frames.
        thresholds: The choices.
    """
    moving = _moving(angles, common, thresholds)
    return Repetition(
        parts=tuple(
            _part(part, names, moving, thresholds)
            for part, names in PART_ANGLES.items()
        )
    )


def _moving(angles: Angles, common: Common, thresholds: Thresholds) -> _Moving:
    clock, sits = common.clock, common.stance.sits
    seen = {name: angles.value_deg(name) for n in PART_ANGLES.values() for name in n}
    bears = {_SURELY: ~common.stance.walks & sits.known & ~sits.yes}
    bears[_PERHAPS] = ~common.stance.walks & ~sits.yes
    held = {name: value for name, value in seen.items() if name not in _KNEES}
    moved = {}
    for knee in _KNEES:
        moved[knee] = np.where(bears[_PERHAPS], seen[knee], np.nan)
        for how, frames in bears.items():
            bent = frames & (seen[knee] > thresholds.active_knee_deg)
            held[knee + how] = np.where(bent, seen[knee], np.nan)
    still = dict(zip(held, clock.stillness.held(held), strict=True))
    return _Moving(seen, seen | moved, still, clock)


def _part(
    part: str, names: tuple[str, ...], moving: _Moving, thresholds: Thresholds
) -> PartRepetition:
    clock = moving.clock
    longest_s = _longest_hold_s(names, _PERHAPS, moving, thresholds)
    surely_s = _longest_hold_s(names, _SURELY, moving, thresholds)
    counts = [
        repetitions(moving.counted_deg[name], thresholds.repetition_deg)
        for name in names
    ]
    count = max(counts)
    most = names[counts.index(count)]
    seen_s = _known_s(moving.counted_deg[most], clock)
    # Legs that walk or rest all the while were seen, and do not repeat.
    seen_s = seen_s or _known_s(moving.seen_deg[most], clock)
    rate = rate_of(count, seen_s, thresholds.interval_probability)
    limit = thresholds.repeated_over_per_min
    repeated = count > 1 and rate.per_min > limit
    bounds = rate.low_per_min > limit, rate.high_per_min > limit
    return PartRepetition(
        part=part,
        longest_hold_s=longest_s,
        static=longest_s > thresholds.held_over_s,
        static_certain=surely_s > thresholds.held_over_s,
        rate=rate,
        repeated=repeated,
        repeated_certain=seen_s > 0 and bounds == (repeated, repeated),
        held_through=longest_s > _THROUGH * float(clock.person_s.sum()),
        observed_s=seen_s,
    )


def _known_s(value: FloatArray, clock: Clock) -> float:
    return float(clock.person_s[np.isfinite(value)].sum())


def _longest_hold_s(
    names: tuple[str, ...], how: str, moving: _Moving, thresholds: Thresholds
) -> float:
    """Return the longest time in which all of a part's angles are held."""
    rows = [moving.still[name + how if name in _KNEES else name] for name in names]
    together, time_s = np.logical_and.reduce(rows), moving.clock.time_s
    found = runs(together, time_s, bridge_s=thresholds.static_bridge_s)
    return max((run.duration_s for run in found), default=0.0)


def repetitions(value_deg: FloatArray, amplitude_deg: float) -> int:
    """Return how often an angle goes over an amplitude there and back.

    Two turns, each after at least the amplitude, are one repetition.

    Args:
        value_deg: (T,); NaN is left out.
        amplitude_deg: Less is sway.
    """
    turns = _turns(value_deg[np.isfinite(value_deg)])
    low = high = turns[0] if turns.size else 0.0
    moves, rising = 0, 0
    for value in turns.tolist():
        low, high = min(low, value), max(high, value)
        if rising <= 0 and value - low >= amplitude_deg:
            moves, rising, high = moves + 1, 1, value
            low = value
        elif rising >= 0 and high - value >= amplitude_deg:
            moves, rising, low = moves + 1, -1, value
            high = value
    return moves // 2


def _turns(value: FloatArray) -> FloatArray:
    """Return the first value, the local extremes and the last value."""
    steps = np.diff(value)
    moving = np.flatnonzero(steps)
    signs = np.sign(steps[moving])
    inner = value[moving[1:][signs[1:] != signs[:-1]]]
    return np.concatenate([value[:1], inner, value[-1:]])
