"""All methods over a motion, and their columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.facts import (
    MIDDLE,
    Assumption,
    Facts,
    resolve_facts,
    with_measured,
    with_seat,
)
from ergomesh.ergonomics.core.owas import OwasSeries, owas_series
from ergomesh.ergonomics.core.reba import score_reba
from ergomesh.ergonomics.core.repetition import measured_repetition
from ergomesh.ergonomics.core.rula import score_rula
from ergomesh.ergonomics.core.series import MethodScores, Posture, joined, spread
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.tables import METHODS, Method
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.core.timeline import share

CHUNK: Final = 2304
"""Frames scored at once, so that the distributions stay in the cache."""

_SCORERS: Final[
    Mapping[Method, Callable[[Posture, Facts, Thresholds], MethodScores]]
] = {"rula": score_rula, "reba": score_reba}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of every method over T frames."""

    methods: Mapping[Method, MethodScores]
    owas: OwasSeries
    facts: Facts
    """What was not measured, and what of it the motion shows."""
    assumptions: tuple[Assumption, ...]
    """Every input that was not measured."""
    present: BoolArray
    """(T,) whether a frame holds a person."""
    common: Common
    """What the other methods ask, too."""

    def columns(self) -> dict[str, FloatArray]:
        """Return the columns of ``scores.csv`` in their order, each (T,)."""
        finals = {
            f"{method}_{side}{suffix}": column
            for method, scores in self.methods.items()
            for side, series in scores.sides.items()
            for suffix, column in (
                ("", series.value),
                ("_low", series.low),
                ("_high", series.high),
                ("_likely", series.likely),
            )
        }
        parts = {
            name: column
            for method in reversed(METHODS)
            for name, column in self.methods[method].parts.items()
        }
        return finals | self.owas.columns() | parts


def score_motion(
    motion: Motion,
    angles: Angles,
    task: TaskFacts,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Scores:
    """Score a motion by RULA, REBA and OWAS.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        task: What the user told about the work.
        thresholds: The choices.
    """
    facts, assumptions = resolve_facts(task)
    common = Common.of(motion, angles, facts, thresholds)
    shown = measured_repetition(angles, common, thresholds)
    measured = {side: shown.arm(side) for side in SIDES} | {MIDDLE: shown.middle()}
    facts, assumptions = with_measured(facts, assumptions, measured)
    present, stance = common.clock.present, common.stance
    assumptions = with_seat(facts, assumptions, **_seat_shares(common))
    posture = Posture(angles, stance.foot_lift, stance.sits)
    scored = _scored(posture, np.flatnonzero(present), facts, thresholds)
    return Scores(
        methods={method: spread(found, present) for method, found in scored.items()},
        owas=owas_series(motion, angles, facts, thresholds, stance=stance),
        facts=facts,
        assumptions=assumptions,
        present=present,
        common=common,
    )


def _seat_shares(common: Common) -> dict[str, float]:
    """Return in which shares of the time the worker is seen to sit, or perhaps does."""
    sits, person_s = common.stance.sits, common.clock.person_s
    if not person_s.any():
        return {"seen_share": 0.0, "open_share": 1.0}
    return {
        "seen_share": share(sits.yes, person_s),
        "open_share": share(~sits.known, person_s),
    }


def _scored(
    posture: Posture, frames: IntArray, facts: Facts, thresholds: Thresholds
) -> dict[Method, MethodScores]:
    """Score the given frames by both methods, a chunk at a time."""
    pieces = []
    for start in range(0, len(frames), CHUNK) or (0,):
        some = _picked(posture, frames[start : start + CHUNK])
        pieces.append(
            {method: _SCORERS[method](some, facts, thresholds) for method in METHODS}
        )
    return {method: joined(piece[method] for piece in pieces) for method in METHODS}


def _picked(posture: Posture, frames: IntArray) -> Posture:
    angles, lift = posture.angles, posture.foot_lift
    sits = posture.sitting
    return Posture(
        angles.rows(frames),
        FootLift(lift.height_m[frames], lift.sd_m[frames]),
        None if sits is None else sits.rows(frames),
    )
