"""Time in each zone of a measure, told apart as the decree does.

The borders of the items that share a measure divide it into zones. In each zone time
is static or dynamic, and dynamic time is rare (fewer than two movements a minute) or
often. Each of these is an item of the table, or it is not listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import MINUTE_S, runs
from ergomesh.ergonomics.core.holding_still import Stillness
from ergomesh.ergonomics.core.holding_zones import Clock
from ergomesh.ergonomics.core.nv361_measures import Readings
from ergomesh.ergonomics.core.nv361_result import Span
from ergomesh.ergonomics.core.nv361_table import (
    OFTEN_PER_MIN,
    Frequency,
    Listed,
    Load,
    Nv361Table,
)
from ergomesh.ergonomics.core.nv361_time import still_frames, times_taken
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import quantile


@dataclass(frozen=True)
class Clip:
    """What all measures of a clip share."""

    time_s: FloatArray
    """(T,)."""
    seconds: FloatArray
    """(T,) how long a frame with the person lasts; 0 without."""
    stillness: Stillness
    """Of the same frames."""
    thresholds: Thresholds

    @cached_property
    def person_s(self) -> float:
        """Return the time with the person."""
        return float(self.seconds.sum())

    def span(self, low: FloatArray, likely: FloatArray, high: FloatArray) -> Span:
        """Return the bounds of (K,) readings, and the one without errors: the first."""
        tail = (1 - self.thresholds.interval_probability) / 2
        middle = float(likely[0])
        return Span(
            low=min(quantile(low, tail), middle),
            likely=middle,
            high=max(quantile(high, 1 - tail), middle),
        )


def clip_of(clock: Clock, thresholds: Thresholds) -> Clip:
    """Return a clip; frames without a person stand for no time."""
    return Clip(clock.time_s, clock.person_s, clock.stillness, thresholds)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of being in a zone."""

    load: Load
    freq: Frequency | None = None


KINDS = (Kind("S"), Kind("D", "lt2"), Kind("D", "ge2"))


@dataclass(frozen=True)
class Zone:
    """A range of a measure, and the time of K readings in it; each summed up once."""

    from_deg: float
    to_deg: float
    inside: BoolArray
    """(K, T)."""
    held: BoolArray
    """(T,) frames of static postures."""
    possibly_held: BoolArray
    """(T,) not ruled out by what is not observed."""
    unseen: BoolArray
    """(T,) whether what is not observed could be in the zone."""
    taken: FloatArray
    """(K,) movements."""
    gaps: int
    """Stretches that are not observed."""
    clip: Clip

    # Each returns (3, K): least, most likely and most.

    def static_s(self) -> FloatArray:
        """Return the seconds held."""
        sure = self._sum(self.inside & self.held)
        most = self._sum((self.inside | self.unseen) & self.possibly_held)
        return np.stack([sure, sure, most])

    def dynamic_s(self, freq: Frequency) -> FloatArray:
        """Return the seconds not held, if the frequency is this one."""
        least, sure = self._moving_s
        most = np.minimum(sure + self._unseen_s, self.clip.person_s)
        often = self.per_min >= OFTEN_PER_MIN
        mine = often if freq == "ge2" else ~often
        always, ever = mine.all(axis=0), mine.any(axis=0)
        return np.stack([least * always, sure * mine[1], most * ever])

    @cached_property
    def per_min(self) -> FloatArray:
        """Return the movements per minute.

        The least takes what is not observed for none, the most for one per stretch.
        """
        person, unseen = self.clip.person_s, self._unseen_s
        counts = np.stack([self.taken, self.taken, self.taken + self.gaps])
        spans = np.array([[person], [person - unseen], [person]])
        known = np.where(spans > 0, spans, np.inf)
        rates: FloatArray = counts * MINUTE_S / known
        rates[2] = np.maximum(rates[2], rates[1])
        return rates

    def seconds(self, kind: Kind) -> FloatArray:
        """Return the seconds in one way of being in the zone."""
        return self.static_s() if kind.freq is None else self.dynamic_s(kind.freq)

    def frames(self, kind: Kind) -> BoolArray:
        """Return (K, T) where it is so, as far as observed."""
        if kind.freq is None:
            return self.inside & self.held
        often = self.per_min[1] >= OFTEN_PER_MIN
        mine = often if kind.freq == "ge2" else ~often
        moving: BoolArray = self.inside & ~self.held & mine[:, None]
        return moving

    @cached_property
    def observed_share(self) -> float:
        """Return the share of the person's time in which the zone is told."""
        person = self.clip.person_s
        return 1 - self._unseen_s / person if person > 0 else 0.0

    @cached_property
    def certain_share(self) -> float:
        """Return the share of the person's time that is surely in, or surely out."""
        tail = (1 - self.clip.thresholds.interval_probability) / 2
        chance = self.inside.mean(axis=0)
        sure = ((chance <= tail) | (chance >= 1 - tail)) & ~self.unseen
        person = self.clip.person_s
        return float(self._sum(sure) / person) if person > 0 else 0.0

    def longest_hold_s(self) -> float:
        """Return the longest hold of the likeliest reading."""
        found = runs(
            self.inside[0] & self.held,
            self.clip.time_s,
            bridge_s=self.clip.thresholds.static_bridge_s,
        )
        return max((run.duration_s for run in found), default=0.0)

    @cached_property
    def _unseen_s(self) -> float:
        return float(self._sum(self.unseen))

    @cached_property
    def _moving_s(self) -> tuple[FloatArray, FloatArray]:
        """Return (K,) the seconds surely not held, and those not held."""
        least = self._sum(self.inside & ~self.possibly_held)
        return least, self._sum(self.inside & ~self.held)

    def _sum(self, frames: BoolArray) -> FloatArray:
        if not frames.any():
            return np.zeros(frames.shape[:-1])
        found: FloatArray = frames @ self.clip.seconds
        return found


def items_of(table: Nv361Table, measure: str, facts: Facts) -> tuple[Listed, ...]:
    """Return the items of a measure that apply."""
    return tuple(
        item for item in table.items if item.measure == measure and applies(item, facts)
    )


def applies(item: Listed, facts: Facts) -> bool:
    """Return whether the facts on which an item depends are as it wants them."""
    return item.needs is None or getattr(facts, item.needs.fact) is item.needs.value


def borders_deg(table: Nv361Table, measure: str) -> tuple[float, ...]:
    """Return the ascending borders of a measure's zones; the last may be infinite."""
    items = [item for item in table.items if item.measure == measure]
    edges = {edge for item in items for edge in (item.from_deg, item.to_deg)}
    return tuple(sorted(edges | {np.inf}))


def item_at(items: tuple[Listed, ...], zone: Zone, kind: Kind) -> Listed | None:
    """Return the item for one way of being in a zone, if the table has one."""
    for item in items:
        within = item.from_deg <= zone.from_deg and zone.to_deg <= item.to_deg
        if within and item.load == kind.load and item.freq in {None, kind.freq}:
            return item
    return None


def zones(
    readings: Readings,
    borders: tuple[float, ...],
    begins_deg: float,
    calm: BoolArray,
    clip: Clip,
) -> Iterator[Zone]:
    """Divide a measure.

    Args:
        readings: Of the measure.
        borders: Ascending, in degrees.
        begins_deg: What a border of 0 stands for.
        calm: (A, W) windows of the clip's in which each value varies little.
        clip: The clip.
    """
    values, time_s = readings.values, clip.time_s
    present = clip.seconds > 0
    unseen = readings.unseen & present
    held, possibly = still_frames(values, calm, clip.stillness.windows)
    for lower, upper in pairwise(borders):
        first = max(lower, begins_deg)
        beyond = readings.sizes > first
        taken = times_taken(
            beyond,
            time_s,
            still=held,
            observed=present & ~unseen,
            bridge_s=clip.thresholds.static_bridge_s,
        )
        hidden = unseen & ~(readings.sizes > upper).any(axis=0)
        yield Zone(
            lower,
            upper,
            (beyond & (readings.sizes <= upper)) & present,
            held,
            held | possibly,
            hidden,
            taken.astype(np.float64),
            len(runs(hidden, time_s, bridge_s=0.0)),
            clip,
        )
