"""Scores over time: a value with its bounds for each side, and the part scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps
from ergomesh.ergonomics.core.belief import Belief
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.tables import Method, load_tables


@dataclass(frozen=True, slots=True)
class Posture:
    """What is scored: frames with a person, none of them in a gap."""

    angles: Angles
    foot_lift: FootLift
    """Of the same frames."""
    sitting: Atom | None = None
    """Whether the worker sits, of the same frames, if it was asked."""
    _scored: dict[tuple[str, Steps, float], Belief] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was scored already: the methods ask for the same."""

    def angle(self, name: str, steps: Steps, sign: float = 1.0) -> Belief:
        """Score one angle, or its opposite, by steps; each only once."""
        asked = (name, steps, sign)
        if asked not in self._scored:
            guess = self.angles.guess_of_deg(name)
            self._scored[asked] = Belief.of_value(
                steps,
                sign * self.angles.value_deg(name),
                self.angles.sd_of_deg(name),
                None if guess is None else sign * guess,
            )
        return self._scored[asked]

    def lifted(self, steps: Steps) -> Belief:
        """Score how far a foot is lifted."""
        lift = self.foot_lift
        return Belief.of_value(steps, lift.height_m, lift.sd_m)


@dataclass(frozen=True, slots=True)
class Series:
    """A score over T frames; NaN in gaps."""

    value: FloatArray
    """(T,) at the point estimate; NaN where the unobserved would change it."""
    low: FloatArray
    """(T,) lower bound: uncertain angles, and the unobserved at its best."""
    high: FloatArray
    """(T,) upper bound: uncertain angles, and the unobserved at its worst."""
    likely: FloatArray
    """(T,) of the fitted body, observed or not; no score where ``value`` is NaN, but
    the best single guess, and what to look at first."""


COLUMNS: Final = tuple(field.name for field in fields(Series))
"""What is known of a score over time, in the order of :class:`Series`."""


@dataclass(frozen=True, slots=True)
class MethodScores:
    """One method over T frames."""

    method: Method
    sides: Mapping[str, Series]
    """Final scores of the left and the right side."""
    parts: Mapping[str, FloatArray]
    """Column name (``reba_left_wrist``) → (T,), NaN where not determinable."""

    def levels(self, score: FloatArray) -> IntArray:
        """Return the action level of scores, -1 for NaN."""
        lookup = load_tables(self.method).level_of()
        known = np.isfinite(score)
        return np.where(known, lookup[np.where(known, score, 1).astype(np.int64)], -1)

    def highest(self) -> int:
        """Return the method's highest possible score."""
        return max(level.last for level in load_tables(self.method).levels)


def method_scores(
    method: Method,
    finals: Mapping[str, Belief],
    parts: Mapping[str, Belief],
    probability: float,
) -> MethodScores:
    """Reduce beliefs to columns.

    Args:
        method: Prefix of the column names.
        finals: Side → final score.
        parts: Part name (``left_wrist``) → part score.
        probability: Share of the distribution between the bounds.
    """
    return MethodScores(
        method,
        {side: _series(final, probability) for side, final in finals.items()},
        {f"{method}_{name}": part.score for name, part in parts.items()},
    )


def _series(final: Belief, probability: float) -> Series:
    low, high = final.quantiles(probability)
    bounds = (low.astype(np.float64), high.astype(np.float64))
    return Series(final.score, *bounds, final.likely)


def joined(pieces: Iterable[MethodScores]) -> MethodScores:
    """Put consecutive pieces of a clip together."""
    first, *rest = pieces
    every = [first, *rest]
    return MethodScores(
        first.method,
        {
            side: Series(
                *(
                    np.concatenate([getattr(p.sides[side], name) for p in every])
                    for name in COLUMNS
                )
            )
            for side in first.sides
        },
        {name: np.concatenate([p.parts[name] for p in every]) for name in first.parts},
    )


def spread(scores: MethodScores, present: BoolArray) -> MethodScores:
    """Put scores of the frames with a person back among all frames.

    Args:
        scores: N frames.
        present: (T,) with N true entries.
    """

    def _among_all(column: FloatArray) -> FloatArray:
        every = np.full(len(present), np.nan)
        every[present] = column
        return every

    return MethodScores(
        scores.method,
        {
            side: Series(*(_among_all(getattr(s, name)) for name in COLUMNS))
            for side, s in scores.sides.items()
        },
        {name: _among_all(column) for name, column in scores.parts.items()},
    )
