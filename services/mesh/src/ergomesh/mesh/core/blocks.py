"""Gauss-Newton equations as blocks: what they hold, and where they are kept."""

from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor

from ergomesh.mesh.core.body import UNKNOWNS
from ergomesh.mesh.core.shape import SHARED

LONG: Final = 256
"""Frames from which a second thread gains more than it costs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Frames, bordered by the shared unknowns and, last, by the residual."""

    diagonal: Tensor
    """(T, N, N); only the upper triangles count."""
    right: Tensor
    """(T, N, G + 1): the border and, last, the gradient."""
    corner: Tensor
    """(G + 1, G + 1): the shared block and, last, the shared gradient."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Room:
    """Memory for the frames' blocks, used again and again, and who works in it.

    Fresh pages for 46 kB a frame in every iteration would cost more time than
    the arithmetic.
    """

    diagonal: Tensor
    """(T, N, N)."""
    right: Tensor
    """(T, N, G + 1)."""
    threads: int = 1
    """Threads that may share the work."""

    @classmethod
    def of(cls, count: int, like: Tensor, threads: int = 1) -> Self:
        """Return room for some frames."""
        return cls(
            diagonal=like.new_empty(count, UNKNOWNS, UNKNOWNS),
            right=like.new_empty(count, UNKNOWNS, SHARED + 1),
            threads=threads,
        )

    def rows(self, rows: slice) -> Self:
        """Return the room of some frames."""
        return type(self)(
            diagonal=self.diagonal[rows],
            right=self.right[rows],
            threads=self.threads,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workspace:
    """All memory of a solver run."""

    equations: Room
    """For the equations of a chunk."""
    elimination: Room
    """For the inverted pivots and the solution."""

    @classmethod
    def of(cls, count: int, like: Tensor, threads: int = 1) -> Self:
        """Return a workspace for some frames; short clips stay on one thread."""
        threads = threads if count >= LONG else 1
        equations, elimination = (Room.of(count, like, threads) for _ in range(2))
        return cls(equations=equations, elimination=elimination)

    @property
    def threads(self) -> int:
        """Threads that may share the work."""
        return self.equations.threads

    def first(self, count: int) -> Self:
        """Return the part of the workspace that some frames need."""
        rows = slice(0, count)
        return type(self)(
            equations=self.equations.rows(rows),
            elimination=self.elimination.rows(rows),
        )


def summed(parts: list[Tensor]) -> Tensor:
    """Return the sum of tensors of one shape."""
    return torch.stack(parts).sum(0)
