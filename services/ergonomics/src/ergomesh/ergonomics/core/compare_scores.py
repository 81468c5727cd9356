"""What is compared of the methods' final scores.

The likely value is that of the likely scores; the bounds are those of the lower and
the upper scores of every frame, all at once at their best, or at their worst.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.compare import (
    Assessed,
    Estimate,
    Quantity,
    estimate,
)
from ergomesh.ergonomics.core.result import SideResult
from ergomesh.ergonomics.core.tables import METHODS, Method, load_tables
from ergomesh.ergonomics.core.timeline import frame_edges_s, share, weighted_quantile

QUANTILES: Final = {"median": 0.5, "percentile_95": 0.95}
"""Of the score over time; they need the per-frame scores."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Lower and upper scores of one side, frame by frame."""

    low: FloatArray
    high: FloatArray
    """(T,) each."""
    weights_s: FloatArray
    """(T,) time of each frame with the person."""

    def quantile(self, probability: float) -> tuple[float, float] | None:
        """Return the bounds of a quantile over time."""
        low = weighted_quantile(self.low, self.weights_s, probability)
        high = weighted_quantile(self.high, self.weights_s, probability)
        return None if low is None or high is None else (low, high)

    def share_from(self, score: int) -> tuple[float, float]:
        """Return the bounds of the share of time with at least a score."""
        return (
            share(self.low >= score, self.weights_s),
            share(self.high >= score, self.weights_s),
        )


def score_quantities(each: Assessed) -> dict[Quantity, Estimate]:
    """Return every quantity of a result's final scores."""
    return {
        quantity: value
        for method in METHODS
        if method in each.result.methods
        for side in SIDES
        for quantity, value in _of_side(each, method, side)
    }


def _of_side(
    each: Assessed, method: Method, side: str
) -> Iterator[tuple[Quantity, Estimate]]:
    found: SideResult = getattr(each.result.methods[method], side)
    bounds = _bounds(each, f"{method}_{side}")
    for name, value in _levels(method, found, bounds):
        yield Quantity(method, side, "whole", name, "share"), value
    if bounds is not None:
        for name, value in _over_time(found, bounds):
            yield Quantity(method, side, "whole", name, "score"), value


def _bounds(each: Assessed, column: str) -> _Bounds | None:
    frames = each.frames
    if frames is None:
        return None
    low, high = (frames.columns[f"{column}_{end}"] for end in ("low", "high"))
    spans = np.diff(frame_edges_s(frames.time_s, each.result.clip.duration_s))
    return _Bounds(low, high, np.where(np.isfinite(low), spans, 0.0))


def _levels(
    method: Method, found: SideResult, bounds: _Bounds | None
) -> Iterator[tuple[str, Estimate]]:
    """Yield the share of the person's time at a level or above, per level."""
    shares = {level.level: level for level in found.level_shares}
    lowest, *levels = load_tables(method).levels
    below = shares[lowest.action].certain_share
    for level in levels:
        at_least = [s for action, s in shares.items() if action >= level.action]
        certain = sum(s.certain_share for s in at_least)
        low, high = (
            (certain, 1.0 - below) if bounds is None else bounds.share_from(level.first)
        )
        likely = sum(s.likely_share for s in at_least)
        below += shares[level.action].certain_share
        yield f"level_at_least_{level.action}", estimate(low, likely, high)


def _over_time(found: SideResult, bounds: _Bounds) -> Iterator[tuple[str, Estimate]]:
    for name, probability in QUANTILES.items():
        likely = getattr(found, f"likely_{name}")
        ends = bounds.quantile(probability)
        if likely is not None and ends is not None:
            yield name, estimate(ends[0], likely, ends[1])
