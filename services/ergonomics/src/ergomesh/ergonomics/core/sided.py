"""The groups of angles on a body: of its middle, of its left and of its right side.

The right side is the left of the mirrored body: joints of the other side, x negated.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES, mirrored
from ergomesh.ergonomics.core.body import HEAD_AXES
from ergomesh.ergonomics.core.measures import CENTRAL_GROUPS, LEFT_GROUPS, Group
from ergomesh.ergonomics.core.propagate import Opening, Vectors, opening, slopes

_FLIP: Final = np.array([-1.0, 1.0, 1.0])
_RIGHT: Final = SIDES[1]


@dataclass(frozen=True, slots=True)
class Slopes:
    """How the A angles of a group change with the V vectors that decide them."""

    by_vector: FloatArray
    """(A, V, 3, T) degrees per unit; of an angle that folds, in its plane."""
    opened: Opening | None
    """Of the first angle, if it folds."""


@dataclass(frozen=True, slots=True)
class SidedGroup:
    """A group of angles on one side of the body, or in its middle."""

    group: Group
    side: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the full names of the angles."""
        prefix = f"{self.side}_" if self.side else ""
        return tuple(prefix + name for name in self.group.names)

    @property
    def vectors(self) -> tuple[str, ...]:
        """Return the V joints, and axes of the head, that decide the angles."""
        axes = HEAD_AXES if self.group.head else ()
        return tuple(self._own(name) for name in (*self.group.joints, *axes))

    @property
    def needed(self) -> tuple[str, ...]:
        """Return what must be observed."""
        joints = (self._own(name) for name in self.group.joints)
        return (*joints, *(("head",) if self.group.head else ()))

    def measure(self, vectors: Vectors, rest: Vectors) -> FloatArray:
        """Return the angles, degrees.

        Args:
            vectors: Joints and axes of the head by name, (3, T).
            rest: Joints in the rest pose, (3,).

        Returns:
            (A, T).
        """
        return self._angles(self._seen(vectors), self._at_rest(rest))

    def slopes(self, vectors: Vectors, rest: Vectors) -> Slopes:
        """Return the derivatives by the vectors, all as in :meth:`measure`."""
        vectors, rest = self._seen(vectors), self._at_rest(rest)
        flip = _FLIP if self.side == _RIGHT else np.ones(3)
        names, fold = tuple(vectors), self.group.fold
        if fold is None:
            found = slopes(lambda v: self._angles(v, rest), vectors, names)
            return Slopes(found * flip[:, None], None)
        opened = opening(lambda v: fold(v, rest), vectors, names)
        found = opened.inside[None]
        if len(self.names) > 1:
            others = slopes(lambda v: self._angles(v, rest)[1:], vectors, names)
            found = np.concatenate([found, others])
        tilt, first = flip[:, None] * opened.tilt, flip[:, None] * opened.first
        return Slopes(found * flip[:, None], replace(opened, tilt=tilt, first=first))

    def _angles(self, vectors: Vectors, rest: Vectors) -> FloatArray:
        return np.stack(np.broadcast_arrays(*self.group.measure(vectors, rest)))

    def _seen(self, vectors: Vectors) -> dict[str, FloatArray]:
        """Return what decides the angles, as if it were of the left side."""
        if self.side != _RIGHT:
            return {name: vectors[name] for name in self.vectors}
        return {mirrored(n): _FLIP[:, None] * vectors[n] for n in self.vectors}

    def _at_rest(self, rest: Vectors) -> Vectors:
        if self.side != _RIGHT:
            return rest
        return {mirrored(name): _FLIP * point for name, point in rest.items()}

    def _own(self, name: str) -> str:
        """Return the body's name for what a group calls left."""
        return mirrored(name) if self.side == _RIGHT else name


GROUPS: Final = (
    *(SidedGroup(group) for group in CENTRAL_GROUPS),
    *(SidedGroup(group, side) for side in SIDES for group in LEFT_GROUPS),
)
"""All groups."""
