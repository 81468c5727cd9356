"""Small questions about a posture, each with the probability of its answers.

OWAS's table does not rise with its codes: a bent back can be worse than a twisted one.
So bounds on codes give no bounds on the category. What is known is held question by
question ("is the back bent?"), and what is not observed is left open until the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.ergonomics.core.bands import Steps
from ergomesh.ergonomics.core.shares import ShareArray, certain

SURE: Final = 0.95
"""An observed answer this probable settles a question whatever the unobserved is."""


@dataclass(frozen=True, slots=True)
class Atom:
    """The answer to one question over T frames."""

    point: IntArray
    """(T,) at the point estimate: 0, 1, …; of no meaning where unknown."""
    pmf: ShareArray
    """(N, T) probability of each answer, likewise."""
    known: BoolArray
    """(T,) whether it was observed."""

    @classmethod
    def of_value(cls, steps: Steps, value: FloatArray, sd: FloatArray) -> Self:
        """Answer by a measured value; NaN is unknown.

        Args:
            steps: From answer 0 to the last one, in any order.
            value: (T,).
            sd: (T,).
        """
        known = np.isfinite(value) & np.isfinite(sd)
        value, sd = (np.where(known, v, 0.0) for v in (value, sd))
        point, pmf = steps.score(value), steps.by_score(value, sd)
        exact = sd == 0
        if exact.any():
            pmf = np.where(exact, certain(point, 0, steps.highest), pmf)
        return cls(point, pmf, known)

    def rows(self, frames: IntArray) -> Self:
        """Return the answer in some frames."""
        return type(self)(self.point[frames], self.pmf[:, frames], self.known[frames])

    @classmethod
    def exactly(cls, answer: BoolArray) -> Self:
        """Answer yes or no for certain."""
        point = answer.astype(np.int64)
        return cls(point, certain(point, 0, 1), np.ones(len(point), dtype=np.bool_))

    @classmethod
    def nothing(cls, frames: int) -> Self:
        """Return a question with one answer only."""
        point = np.zeros(frames, dtype=np.int64)
        return cls(point, certain(point, 0, 0), np.ones(frames, dtype=np.bool_))

    @classmethod
    def any_of(cls, parts: Sequence[Self]) -> Self:
        """Return yes where one of independent yes/no questions has a yes."""
        return reduce(cls._or, parts)

    @classmethod
    def all_of(cls, parts: Sequence[Self]) -> Self:
        """Return yes where all of independent yes/no questions have a yes."""
        return cls.any_of([part.negated() for part in parts]).negated()

    def negated(self) -> Self:
        """Return the opposite of a yes/no answer."""
        return type(self)(1 - self.point, self.pmf[::-1], self.known)

    @property
    def yes(self) -> BoolArray:
        """Return (T,) where it is known to be so."""
        yes: BoolArray = self.known & (self.point == 1)
        return yes

    def left_open(self, frames: BoolArray) -> Self:
        """Return the answer without that of some frames (T,)."""
        return type(self)(self.point, self.pmf, self.known & ~frames)

    def where_sure(self, probability: float) -> Self:
        """Return the answer where it is at least this probable, else leave it open.

        It is the answer at the point estimate that must be: where errors are large, an
        answer can be the most probable one against the point.
        """
        mine = np.take_along_axis(self.pmf, self.point[None], axis=0)[0]
        sure: BoolArray = mine >= probability
        return type(self)(self.point, self.pmf, self.known & sure)

    def ruled_out(self, frames: BoolArray) -> Self:
        """Return the answer with a certain no in some frames (T,)."""
        return type(self)(
            np.where(frames, 0, self.point),
            np.where(frames, np.eye(len(self.pmf), 1, dtype=np.float32), self.pmf),
            self.known | frames,
        )

    def _or(self, other: Self) -> Self:
        yes = [np.where(a.known, a.pmf[1], np.float32(0)) for a in (self, other)]
        point = [np.where(a.known, a.point, 0) for a in (self, other)]
        either = 1.0 - (1.0 - yes[0]) * (1.0 - yes[1])
        settled = np.maximum(*yes) >= SURE
        return type(self)(
            np.maximum(*point),
            np.stack([1.0 - either, either]),
            (self.known & other.known) | settled,
        )
