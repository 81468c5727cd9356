"""Held over a minute, or repeated over four times a minute, measured from the motion.

RULA adds 1 for a posture that is mainly static, held for longer than a minute, or
repeated more than four times a minute; REBA likewise, for one or more parts.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.holding import runs
from ergomesh.ergonomics.core.holding_rates import Rate, rate_of
from ergomesh.ergonomics.core.holding_still import still_frames
from ergomesh.ergonomics.core.holding_zones import Clock
from ergomesh.ergonomics.core.thresholds import Thresholds

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
    observed_s: float


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """How all parts move."""

    parts: tuple[PartRepetition, ...]

    def part(self, name: str) -> PartRepetition:
        """Return one part."""
        return next(part for part in self.parts if part.part == name)

    def of_arm(self, side: str) -> bool:
        """Return RULA's muscle use of an arm: any of its parts is static or repeats."""
        return self._any(f"{side}_{part}" for part in _SIDED)

    def of_middle(self) -> bool:
        """Return RULA's muscle use of neck and trunk."""
        return self._any(("trunk", "neck"))

    def of_side(self, side: str) -> bool:
        """Return REBA's activity of a side: any of its parts, or of the middle."""
        return self.of_arm(side) or self.of_middle()

    def _any(self, names: Iterable[str]) -> bool:
        return any(self.part(n).static or self.part(n).repeated for n in names)


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
        observed_s=seen_s,
    )


def _longest_hold_s(
    values: list[FloatArray], clock: Clock, thresholds: Thresholds
) -> float:
    """Return the longest time in which none of the observed angles varies."""
    still = np.all(
        [still_frames(value, clock.windows, thresholds) for value in values],
        axis=0,
    )
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
