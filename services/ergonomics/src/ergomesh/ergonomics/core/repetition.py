"""Held over a minute, or repeated over four times a minute, measured from the motion.

RULA adds 1 for a posture that is mainly static, held for longer than a minute, or
repeated more than four times a minute; REBA likewise, for one or more parts.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.activity import Activity
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.holding import runs
from ergomesh.ergonomics.core.holding_rates import Rate, rate_of
from ergomesh.ergonomics.core.holding_still import still_frames
from ergomesh.ergonomics.core.holding_zones import Clock
from ergomesh.ergonomics.core.thresholds import Thresholds

_THROUGH: Final = 0.9
"""Share of the person's time from which a hold lasts throughout: the still windows end
a little before the clip does."""

_SIDED: Final = {
    "upper_arm": ("upper_arm_elevation",),
    "lower_arm": ("elbow_flexion",),
    "wrist": ("wrist_flexion",),
}
PART_ANGLES: Final[Mapping[str, tuple[str, ...]]] = {
    "trunk": ("trunk_flexion", "trunk_twist", "trunk_side_bend"),
    "neck": ("neck_flexion", "neck_twist", "neck_side_bend"),
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
    """Held over a minute."""
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
        certain = self.static or self.repeated_certain
        return Activity(
            low=likely and certain,
            likely=likely,
            high=likely or not certain or self.held_through,
        )


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
        """Return RULA's muscle use of neck and trunk."""
        return Activity.any_of(self.part(n).activity for n in ("trunk", "neck"))

    def of_arm(self, side: str) -> bool:
        """Return whether an arm is likely active."""
        return self.arm(side).likely

    def of_middle(self) -> bool:
        """Return whether trunk or neck are likely active."""
        return self.middle().likely


def measured_repetition(
    motion: Motion, angles: Angles, thresholds: Thresholds
) -> Repetition:
    """Measure for each part whether it is held or repeats.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        thresholds: The choices.
    """
    clock = Clock.of(motion, thresholds)
    return Repetition(
        parts=tuple(
            _part(part, names, angles, clock, thresholds)
            for part, names in PART_ANGLES.items()
        )
    )


def _part(
    part: str,
    names: tuple[str, ...],
    angles: Angles,
    clock: Clock,
    thresholds: Thresholds,
) -> PartRepetition:
    values = [angles.value_deg(name) for name in names]
    longest_s = _longest_hold_s(values, clock, thresholds)
    counts = [repetitions(value, thresholds.repetition_deg) for value in values]
    count = max(counts)
    most = values[counts.index(count)]
    seen_s = float(clock.person_s[np.isfinite(most)].sum())
    rate = rate_of(count, seen_s, thresholds.interval_probability)
    limit = thresholds.repeated_over_per_min
    repeated = count > 1 and rate.per_min > limit
    bounds = rate.low_per_min > limit, rate.high_per_min > limit
    return PartRepetition(
        part=part,
        longest_hold_s=longest_s,
        static=longest_s > thresholds.held_over_s,
        rate=rate,
        repeated=repeated,
        repeated_certain=seen_s > 0 and bounds == (repeated, repeated),
        held_through=longest_s > _THROUGH * float(clock.person_s.sum()),
        observed_s=seen_s,
    )


def _longest_hold_s(
    values: list[FloatArray], clock: Clock, thresholds: Thresholds
) -> float:
    """Return the longest time in which none of the observed angles varies."""
    still = np.all(still_frames(np.stack(values), clock.windows, thresholds), axis=0)
    found = runs(still, clock.time_s, bridge_s=thresholds.static_bridge_s)
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
