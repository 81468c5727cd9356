"""What several methods ask of a motion, worked out once."""

from dataclasses import dataclass
from typing import Self

from ergomesh.contract.arrays import Motion
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding_zones import Clock
from ergomesh.ergonomics.core.stance import Stance
from ergomesh.ergonomics.core.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Common:
    """The time of T frames, and how the body is borne in them."""

    clock: Clock
    stance: Stance

    @classmethod
    def of(
        cls, motion: Motion, angles: Angles, facts: Facts, thresholds: Thresholds
    ) -> Self:
        """Work it out.

        Args:
            motion: T frames; NaN in gaps.
            angles: Of the same frames.
            facts: Whether the user said that the worker sits, or does not.
            thresholds: The choices.
        """
        stance = Stance.of(motion, angles, facts, thresholds)
        return cls(Clock.of(motion, thresholds), stance)
