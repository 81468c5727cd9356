"""The body, its parts shaded by the load of their part scores."""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.core.timeline import weighted_quantile
from ergomesh.ergonomics.documents.blocks import BodyMap, BodyPart
from ergomesh.ergonomics.documents.charts_shares import part_highest
from ergomesh.ergonomics.documents.paint import HATCH, share_paint
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.words import Words

PARTS: Final = (
    *("neck", "trunk", "legs"),
    *(
        f"{side}_{part}"
        for side in SIDES
        for part in ("upper_arm", "lower_arm", "wrist")
    ),
)
"""The parts that are drawn: those that RULA and REBA both score."""


def part_loads(series: ReportSeries, part: str) -> FloatArray:
    """Return (T,) how loaded a part is: 0 the lowest score, 1 the highest.

    The part score of the method with more scores for the part, on its own scale: a
    lower arm of REBA, 1 or 2, would be either free of load or as loaded as can be.
    NaN where it is not determinable.
    """
    if not series.methods:
        return np.full(len(series.time_s), np.nan)
    finest = max(series.methods.values(), key=lambda m: _highest(m.method, part))
    highest = _highest(finest.method, part)
    return (finest.parts[f"{finest.method}_{part}"] - 1) / (highest - 1)


def mean_load(series: ReportSeries, part: str) -> float | None:
    """Return a part's mean load over the time in which it is determinable."""
    loads, weights = part_loads(series, part), series.person_s
    known_s = np.where(np.isfinite(loads), weights, 0.0)
    total = float(known_s.sum())
    return float(np.nansum(loads * known_s)) / total if total > 0 else None


def body_map(series: ReportSeries, words: Words) -> BodyMap:
    """Shade every part by its mean load."""
    return BodyMap(
        title="",
        parts={part: _part(series, part, words) for part in PARTS},
    )


def _part(series: ReportSeries, part: str, words: Words) -> BodyPart:
    mean = mean_load(series, part)
    name = words(f"part.{part.removeprefix('left_').removeprefix('right_')}")
    if mean is None:
        return BodyPart(paint=HATCH, label=name, value=words("body.unseen"))
    high = weighted_quantile(part_loads(series, part), series.person_s, 0.95)
    return BodyPart(
        paint=share_paint(mean),
        label=name,
        value=words("body.load", mean=words.percent(mean), high=words.percent(high)),
    )


def _highest(method: Method, part: str) -> int:
    bare = part.removeprefix("left_").removeprefix("right_")
    return part_highest(method, bare)
