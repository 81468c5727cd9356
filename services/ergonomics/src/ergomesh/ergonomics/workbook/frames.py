"""The per-frame numbers of a workbook, rounded as they are written.

Every formula counts these numbers, and every value shown beside a formula is counted
here in the same way, so that both agree to the last digit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, Angles
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.core.timeline import frame_edges_s

READINGS: Final = ("low", "high", "likely")
"""Endings of the columns beside a final score."""

ANGLE_DECIMALS: Final = 3
"""Of angles: ten times what ``angles.csv`` writes, so that classes come out alike."""
SPAN_DECIMALS: Final = 6
"""Of seconds."""
SCORE_DECIMALS: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """T analysed frames; NaN is not observable."""

    frame: FloatArray
    """(T,) number of the source frame."""
    time_s: FloatArray
    """(T,)."""
    span_s: FloatArray
    """(T,) the time that a frame stands for."""
    person: FloatArray
    """(T,) 1 with the person, 0 without."""
    angles_deg: Mapping[str, FloatArray]
    """Name of the angle → (T,)."""
    sds_deg: Mapping[str, FloatArray]
    """Name of the angle → (T,)."""
    scores: Mapping[str, FloatArray]
    """Column of ``scores.csv`` → (T,)."""
    method_of: Mapping[str, Method]
    """Which of them are final scores (their bounds, too), and by what method."""

    def seconds(self, mask: BoolArray) -> float:
        """Return how long a mask (T,) holds."""
        return float(self.span_s[mask].sum())

    @property
    def person_s(self) -> float:
        """Time with the person."""
        return self.seconds(self.person > 0)


def frames_of(
    motion: Motion, angles: Angles, scores: Scores, duration_s: float
) -> Frames:
    """Collect the numbers.

    Args:
        motion: T ≥ 1 frames.
        angles: Of the same frames.
        scores: Of the same frames.
        duration_s: Of the clip.
    """
    return Frames(
        frame=motion.frame.astype(np.float64),
        time_s=_round(motion.time_s, SPAN_DECIMALS),
        span_s=_round(np.diff(frame_edges_s(motion.time_s, duration_s)), SPAN_DECIMALS),
        person=scores.present.astype(np.float64),
        angles_deg={
            n: _round(angles.value_deg(n), ANGLE_DECIMALS) for n in ANGLE_NAMES
        },
        sds_deg={n: _round(angles.sd_of_deg(n), ANGLE_DECIMALS) for n in ANGLE_NAMES},
        scores={
            name: _round(column, SCORE_DECIMALS)
            for name, column in scores.columns().items()
        },
        method_of=dict(_finals(scores)),
    )


def _finals(scores: Scores) -> Iterator[tuple[str, Method]]:
    """Yield the columns of final scores with their methods."""
    columns = scores.columns()
    for method, found in scores.methods.items():
        for side in found.sides:
            for column in (f"{method}_{side}", *_readings(f"{method}_{side}")):
                if column in columns:
                    yield column, method


def _readings(final: str) -> Iterator[str]:
    return (f"{final}_{reading}" for reading in READINGS)


def _round(values: FloatArray, decimals: int) -> FloatArray:
    """Round; adding 0 turns -0 into 0."""
    rounded: FloatArray = np.round(values, decimals) + 0.0
    return rounded
