"""Zones of an angle: which one, how certainly, and how long it is held there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.holding import Run, frame_seconds, runs
from ergomesh.ergonomics.core.holding_amounts import Amount, amounts
from ergomesh.ergonomics.core.holding_still import Stillness
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import bridged_runs

UNSEEN: Final = np.int8(-1)
"""Zone of a frame whose angle is not observed."""

ZoneArray = NDArray[np.int8]
"""Indices of zones: there are few, and many frames."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of T frames."""

    time_s: FloatArray
    """(T,) ascending."""
    present: BoolArray
    """(T,) frames with a person."""
    person_s: FloatArray
    """(T,) seconds per frame, 0 in gaps."""
    stillness: Stillness
    """Of the same frames."""

    @classmethod
    def of(cls, motion: Motion, thresholds: Thresholds) -> Self:
        """Take the time of a motion."""
        present = person_present(motion)
        spans = np.where(present, frame_seconds(motion.time_s), 0.0)
        stillness = Stillness.of(motion.time_s, thresholds)
        return cls(motion.time_s, present, spans, stillness)


@dataclass(frozen=True, slots=True)
class Measured:
    """An angle of T frames, by which a part is judged."""

    name: str
    """Of the angle, where it applies: the same for the same values only."""
    value_deg: FloatArray
    """(T,) NaN where not observed."""
    sd_deg: FloatArray
    """(T,)."""
    applies: BoolArray
    """(T,) frames with a person whom it concerns."""


@dataclass(frozen=True)
class ZoneTimes:
    """In which zone an angle is, over T frames."""

    measured: Measured
    zone: ZoneArray
    """(T,) index, :data:`UNSEEN` where not observed or not concerned."""
    lowest: ZoneArray
    """(T,) zone of the angle's lower bound."""
    highest: ZoneArray
    """(T,) zone of its upper bound."""
    still: BoolArray
    """(T,) whether it is held, with little variation."""
    held: tuple[Run, ...]
    """Its stretches, over short breaks."""
    clock: Clock
    """Of the same frames."""

    @cached_property
    def seen(self) -> BoolArray:
        """Return (T,) the frames in which it is observed."""
        seen: BoolArray = self.zone != UNSEEN
        return seen

    @cached_property
    def certain(self) -> BoolArray:
        """Return (T,) the frames whose zone is certain."""
        certain: BoolArray = self.seen & (self.lowest == self.highest)
        return certain

    def seconds(self, frames: BoolArray) -> float:
        """Return the time of some frames (T,)."""
        return float(frames @ self.clock.person_s)

    def amounts(self, zones: int, frames: BoolArray) -> list[Amount]:
        """Return the time in each of some zones within some frames (T,)."""
        every = np.arange(zones, dtype=np.int8)[:, None]
        here = frames & (self.zone == every)
        possible = (self.lowest <= every) & (every <= self.highest)
        possible &= frames & self.seen
        return amounts(here, here & self.certain, possible, self.clock.person_s)

    def bounds_deg(self, rows: slice, z: float) -> tuple[float, float, float]:
        """Return the median angle of a run with its bounds, degrees.

        Args:
            rows: Frames, at least one of them observed.
            z: How many standard deviations the bounds are off.
        """
        middle = float(np.nanmedian(self.measured.value_deg[rows]))
        sd = float(np.nanmedian(self.measured.sd_deg[rows]))
        return middle - z * sd, middle, middle + z * sd


@dataclass(frozen=True, slots=True)
class Zoning:
    """An angle, and the zones it is sorted into."""

    measured: Measured
    edges_deg: Sequence[float]
    """Ascending, one fewer than zones."""
    severity: Sequence[int]
    """How bad each zone is; decides whose a shared end point is."""


def zone_times(
    sorted_by: Sequence[Zoning], clock: Clock, thresholds: Thresholds
) -> list[ZoneTimes]:
    """Sort angles into zones.

    Args:
        sorted_by: The angles of T frames, and their zones.
        clock: Of the same frames.
        thresholds: The choices.
    """
    values = {
        m.name: np.where(m.applies, m.value_deg, np.nan)
        for m in (zoning.measured for zoning in sorted_by)
    }
    held = dict(zip(values, clock.stillness.held(values), strict=True))
    names = [zoning.measured.name for zoning in sorted_by]
    return [
        _zone_times(zoning, values[name], held[name], clock, thresholds)
        for zoning, name in zip(sorted_by, names, strict=True)
    ]


def _zone_times(
    zoning: Zoning,
    value_deg: FloatArray,
    still: BoolArray,
    clock: Clock,
    thresholds: Thresholds,
) -> ZoneTimes:
    seen = np.isfinite(value_deg)
    reach = reach_sds(thresholds) * np.where(seen, zoning.measured.sd_deg, 0.0)
    bounds = np.stack([value_deg, value_deg - reach, value_deg + reach])
    lower = thresholds.shared_end_point == "lower"
    zones = zone_of(bounds, zoning.edges_deg, zoning.severity, prefer_lower=lower)
    zone, lowest, highest = np.where(seen, zones, UNSEEN)
    return ZoneTimes(
        zoning.measured,
        zone,
        np.minimum(zone, lowest),
        np.maximum(zone, highest),
        still,
        runs(still, clock.time_s, bridge_s=thresholds.static_bridge_s),
        clock,
    )


def reach_sds(thresholds: Thresholds) -> float:
    """Return how many standard deviations an angle's bounds are off."""
    return NormalDist().inv_cdf((1.0 + thresholds.interval_probability) / 2)


def zone_of(
    value: FloatArray,
    edges: Sequence[float],
    severity: Sequence[int],
    *,
    prefer_lower: bool,
) -> ZoneArray:
    """Return the index of each value's zone.

    Args:
        value: Degrees; NaN gets the first zone.
        edges: Ascending, degrees.
        severity: Of each zone. A value on an edge is in the less severe of the two.
        prefer_lower: Or in the more severe one, if false.
    """
    zone = np.zeros(value.shape, dtype=np.int8)
    for edge, (inner, outer) in zip(edges, pairwise(severity), strict=True):
        joins = outer < inner if prefer_lower else outer > inner
        zone += value >= edge if joins else value > edge
    return zone


def holds(times: ZoneTimes, inside: BoolArray, thresholds: Thresholds) -> list[Run]:
    """Return the holds of a posture: still, and longer than ``static_s``.

    Within a still stretch, leaving the posture for less than that does not end a hold;
    a movement does.

    Args:
        times: T frames.
        inside: (T,) frames in the posture.
        thresholds: The choices.
    """
    edges, found = times.clock.stillness.windows.edges_s, []
    for stretch in times.held:
        some, spans = inside[stretch.rows], edges[stretch.first : stretch.last + 2]
        for first, last in bridged_runs(
            some, spans, bridge_s=thresholds.static_s, min_s=0.0
        ):
            span = float(spans[first]), float(spans[last + 1])
            run = Run(stretch.first + first, stretch.first + last, *span)
            if run.duration_s > thresholds.static_s:
                found.append(run)
    return found


def is_cut(times: ZoneTimes, run: Run) -> bool:
    """Return whether a run reaches the end of what is seen, and may last longer."""
    before, after = run.first - 1, run.last + 1
    if before < 0 or after >= len(times.zone):
        return True
    return not (times.seen[before] and times.seen[after])
