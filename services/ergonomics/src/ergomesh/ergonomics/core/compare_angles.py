"""What is compared of body parts: how far, and how long, joints were bent.

An angle's doubt does not average out over time (a body that is fitted too bent is too
bent throughout), so each bound takes every frame off by the same number of standard
deviations: the one that holds ``interval_probability`` of the angle.
"""

from collections.abc import Iterator
from statistics import NormalDist
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
from ergomesh.ergonomics.core.neutral_zone import neutral_zone_deg, outer_borders_deg
from ergomesh.ergonomics.core.result import AngleSummary
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergomesh.ergonomics.core.timeline import frame_edges_s, share
from ergomesh.ergonomics.core.zones import SOURCES

SDS: Final = NormalDist().inv_cdf((1.0 + DEFAULT_THRESHOLDS.interval_probability) / 2)
"""So many standard deviations on each side hold the probability."""

_TWO_WORDS: Final = "upper_arm"


def angle_quantities(each: Assessed) -> dict[Quantity, Estimate]:
    """Return the quantities of every angle that a method has borders for."""
    return {
        quantity: value
        for summary in each.result.angles
        if summary.name in SOURCES
        for quantity, value in _of_angle(each, summary)
    }


def _of_angle(
    each: Assessed, summary: AngleSummary
) -> Iterator[tuple[Quantity, Estimate]]:
    side, plain = side_of(summary.name)
    method = SOURCES[summary.name].method
    for measure, value in _shares(each, summary.name):
        name = f"{plain}_{measure}"
        yield Quantity(method, side, part_of(plain), name, "share"), value


def side_of(name: str) -> tuple[str, str]:
    """Split the side off an angle's name; ``middle`` for the trunk and the neck."""
    for side in SIDES:
        if name.startswith(f"{side}_"):
            return side, name.removeprefix(f"{side}_")
    return "middle", name


def part_of(plain: str) -> str:
    """Return the body part of an angle without its side.

    >>> part_of("upper_arm_flexion"), part_of("trunk_side_bend")
    ('upper_arm', 'trunk')
    """
    return _TWO_WORDS if plain.startswith(_TWO_WORDS) else plain.partition("_")[0]


def _shares(each: Assessed, name: str) -> Iterator[tuple[str, Estimate]]:
    """Yield the shares of observed time outside neutral, and beyond each border."""
    frames = each.frames
    if frames is None:
        return
    value, sd = frames.columns[f"{name}_deg"], frames.columns[f"{name}_sd_deg"]
    spans = np.diff(frame_edges_s(frames.time_s, each.result.clip.duration_s))
    weights = np.where(np.isfinite(value), spans, 0.0)
    if not weights.any():
        return
    low, high = neutral_zone_deg(name)
    yield "outside_neutral", _outside(value, SDS * sd, weights, low, high)
    for border in outer_borders_deg(name):
        ends = (-np.inf, border) if border > high else (border, np.inf)
        yield f"beyond_{border:g}", _outside(value, SDS * sd, weights, *ends)


def _outside(
    value: FloatArray, doubt: FloatArray, weights: FloatArray, low: float, high: float
) -> Estimate:
    """Return the share of time in which an angle is outside a range."""
    surely = (value - doubt > high) | (value + doubt < low)
    likely = (value > high) | (value < low)
    maybe = (value + doubt > high) | (value - doubt < low)
    return estimate(*(share(mask, weights) for mask in (surely, likely, maybe)))
