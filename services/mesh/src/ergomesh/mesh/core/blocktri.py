r"""Symmetric block-tridiagonal systems whose couplings are diagonal and alike.

.. math::
    H = \begin{pmatrix} D_0 & -C_0 \\ -C_0 & D_1 & -C_1 \\ & \ddots \end{pmatrix},
    \qquad C_k = r_k \, \mathrm{diag}(u)^{-2}

A chain of frames tied by smoothness has this form (see ``normal``). Counted in
their units u the unknowns are coupled by the number r_k alone, and eliminating
frame k leaves ``S_{k+1} = D_{k+1} - r_k² S_k⁻¹``. The chain is eliminated from both
ends towards the middle, each half on its own thread. Per frame there are few
operations on purpose: threads share the interpreter between them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ergomesh.mesh.core.slabs import in_threads


@dataclass(frozen=True, slots=True)
class _Half:
    """Frames of one half, from the outer end inwards."""

    frames: range

    def inner(self, frame: int) -> int:
        """Return the next frame towards the middle."""
        return frame + self.frames.step

    def link(self, frame: int) -> int:
        """Return the index of the coupling between a frame and its inner one."""
        return min(frame, self.inner(frame))


def _halves(length: int) -> tuple[_Half, _Half]:
    middle = length // 2
    return _Half(range(middle)), _Half(range(length - 1, middle, -1))


def _run(length: int, work: Callable[[_Half], None], threads: int) -> None:
    """Do the work for both halves; they touch disjoint memory."""
    in_threads(work, _halves(length), threads)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factor:
    """An eliminated system; made by :func:`factor`."""

    inverse: Tensor
    """(T, n, n) inverses of the pivots ``S_k``, unknowns in their units."""
    rate: tuple[float, ...]
    """T - 1 couplings ``r_k``."""
    unit: Tensor
    """(n,) the u."""
    threads: int
    """Threads that may share the work."""
    positive: bool
    """Whether the system is positive definite; if not, nothing here is valid."""

    def solve(self, right: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the solutions x of ``H x = right``.

        Args:
            right: (T, n, r).
            out: Where to put the solution, same shape.
        """
        unit = self.unit[:, None]
        solution = torch.mul(right, unit, out=out)
        length, middle = len(right), len(right) // 2
        rows, inverse, rate = solution.unbind(), self.inverse.unbind(), self.rate
        alone = list(rows)
        """Solutions as if there were no inner frames."""

        def carry(half: _Half, k: int) -> None:
            alone[k] = inverse[k] @ rows[k]
            rows[half.inner(k)].add_(alone[k], alpha=rate[half.link(k)])

        def inwards(half: _Half) -> None:
            for k in half.frames[:-1]:
                carry(half, k)

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                inner, r = rows[half.inner(k)], rate[half.link(k)]
                torch.addmm(alone[k], inverse[k], inner, alpha=r, out=rows[k])

        _run(length, inwards, self.threads)
        for half in _halves(length):
            for k in half.frames[-1:]:
                carry(half, k)
        rows[middle].copy_(inverse[middle] @ rows[middle])
        _run(length, outwards, self.threads)
        return solution.mul_(unit)

    def inverse_blocks(self) -> Tensor:
        """Return (T, n, n): the diagonal blocks of the inverse of H.

        Takahashi's recursion, from the middle outwards:
        ``Σ_k = S_k⁻¹ + r² S_k⁻¹ Σ_inner S_k⁻¹``.
        """
        blocks = self.inverse.clone()
        rows, inverse, rate = blocks.unbind(), self.inverse.unbind(), self.rate

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                carried = inverse[k] @ rows[half.inner(k)]
                rows[k].addmm_(carried, inverse[k], alpha=rate[half.link(k)] ** 2)

        _run(len(blocks), outwards, self.threads)
        return blocks.mul_(_square(self.unit))


def _square(unit: Tensor) -> Tensor:
    """Return (n, n) products of units."""
    return unit[:, None] * unit


def factor(
    diagonal: Tensor,
    extra: Tensor,
    rate: Tensor,
    unit: Tensor,
    *,
    out: Tensor | None = None,
    threads: int = 1,
) -> Factor:
    """Eliminate a block-tridiagonal system.

    Args:
        diagonal: (T, n, n) blocks; only the upper triangles are read.
        extra: (T, n) added to the diagonals of the blocks: ``D_k`` is the sum.
        rate: (T - 1,) couplings of neighbours.
        unit: (n,) the unit in which each unknown is coupled by the rate: the
            block between frames k and k + 1 is ``-rate[k] / unit²``.
        out: Where to put the inverted pivots, same shape as ``diagonal``.
        threads: Threads that may share the work.
    """
    pivots = torch.mul(diagonal, _square(unit), out=out)
    pivots.diagonal(dim1=1, dim2=2).add_(extra * unit**2)
    length, middle = len(diagonal), len(diagonal) // 2
    inverse, rates = pivots.unbind(), tuple(rate.tolist())
    infos: list[Tensor] = []

    def subtract(k: int, other: int, link: int) -> None:
        inverse[k].sub_(inverse[other], alpha=rates[link] ** 2)

    def invert(k: int) -> None:
        upper, info = torch.linalg.cholesky_ex(inverse[k], upper=True)
        torch.cholesky_inverse(upper, upper=True, out=inverse[k])
        infos.append(info)

    def inwards(half: _Half) -> None:
        for k in half.frames:
            if k != half.frames[0]:
                outer = k - half.frames.step
                subtract(k, outer, half.link(outer))
            invert(k)

    _run(length, inwards, threads)
    for half in _halves(length):
        for k in half.frames[-1:]:
            subtract(middle, k, half.link(k))
    invert(middle)
    return Factor(
        inverse=pivots,
        rate=rates,
        unit=unit,
        threads=threads,
        positive=not bool(torch.stack(infos).any()),
    )
