"""Scores over time: a value with its bounds for each side, and the part scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.skeleton import SIDES
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
    _scored: dict[tuple[tuple[str, ...], Steps, float], Belief] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was scored already: the methods ask for the same."""

    @property
    def frames(self) -> int:
        """Return T."""
        return len(self.foot_lift.height_m)

    def angle(self, name: str, steps: Steps, sign: float = 1.0) -> Belief:
        """Score one angle, or its opposite, by steps, (T,); each only once."""
        return self._once((name,), steps, sign)

    def arms(self, name: str, steps: Steps, sign: float = 1.0) -> Belief:
        """Score an angle of both arms, (2T,): the left arm's frames, then the right's.

        As one block, for half the time.
        """
        return self._once(_both(name), steps, sign)

    def arms_deg(self, name: str) -> FloatArray:
        """Return an angle of both arms, (2T,), as :meth:`arms`."""
        return _end_to_end([self.angles.value_deg(one) for one in _both(name)])

    def _once(self, names: tuple[str, ...], steps: Steps, sign: float) -> Belief:
        asked = (names, steps, sign)
        if asked not in self._scored:
            self._scored[asked] = self._belief(names, steps, sign)
        return self._scored[asked]

    def _belief(self, names: tuple[str, ...], steps: Steps, sign: float) -> Belief:
        values, sds = (
            _end_to_end([of(name) for name in names])
            for of in (self.angles.value_deg, self.angles.sd_of_deg)
        )
        guesses = [self.angles.guess_of_deg(name) for name in names]
        known = [guess for guess in guesses if guess is not None]
        guess = sign * _end_to_end(known) if known else None
        return Belief.of_value(steps, sign * values, sds, guess)

    def lifted(self, steps: Steps) -> Belief:
        """Score how far a foot is lifted."""
        lift = self.foot_lift
        return Belief.of_value(steps, lift.height_m, lift.sd_m)


def _both(name: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for side in SIDES)


def _end_to_end(columns: list[FloatArray]) -> FloatArray:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


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
    final: Belief,
    middle: Mapping[str, Belief],
    arm: Mapping[str, Belief],
    probability: float,
) -> MethodScores:
    """Reduce beliefs to columns.

    Args:
        method: Prefix of the column names.
        final: (2T,) final score, the left side's frames, then the right's.
        middle: Part name (``trunk``) → part score, (T,).
        arm: Part name (``wrist``) → part score, (2T,).
        probability: Share of the distribution between the bounds.
    """
    low, high = final.quantiles(probability)
    every = np.stack([final.score, low, high, final.likely])
    sides = dict(zip(SIDES, np.split(every, len(SIDES), axis=1), strict=True))
    parts = {name: part.score for name, part in middle.items()}
    columns = {name: np.split(part.score, len(SIDES)) for name, part in arm.items()}
    for k, side in enumerate(SIDES):
        parts |= {f"{side}_{name}": both[k] for name, both in columns.items()}
    return MethodScores(
        method,
        {side: Series(*rows) for side, rows in sides.items()},
        {f"{method}_{name}": column for name, column in parts.items()},
    )


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
