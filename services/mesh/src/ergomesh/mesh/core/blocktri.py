r"""Symmetric block-tridiagonal systems whose couplings are diagonal.

.. math::
    H = \begin{pmatrix} D_0 & -C_0 \\ -C_0 & D_1 & -C_1 \\ & \ddots \end{pmatrix},
    \qquad C_k = \mathrm{diag}(c_k)

A chain of frames tied by smoothness has this form (see ``normal``). Eliminating
frame k leaves ``S_{k+1} = D_{k+1} - C_k S_k⁻¹ C_k``, and the diagonal coupling
makes that an elementwise product. The chain is eliminated from both ends towards
the middle, each half on its own thread: small dense factorisations, not Python,
take the time.
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
    """(T, n, n) inverses of the pivots ``S_k``."""
    coupling: Tensor
    """(T - 1, n) the ``c_k``."""
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
        solution = torch.empty_like(right) if out is None else out
        solution.copy_(right)
        length, middle = len(right), len(right) // 2
        rows, inverse = solution.unbind(), self.inverse.unbind()
        links = self.coupling[..., None].unbind()

        def carry(half: _Half, k: int) -> None:
            coming = inverse[k] @ rows[k]
            rows[half.inner(k)].addcmul_(links[half.link(k)], coming)

        def inwards(half: _Half) -> None:
            for k in half.frames[:-1]:
                carry(half, k)

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                come = rows[k].addcmul(links[half.link(k)], rows[half.inner(k)])
                torch.mm(inverse[k], come, out=rows[k])

        _run(length, inwards, self.threads)
        for half in _halves(length):
            for k in half.frames[-1:]:
                carry(half, k)
        rows[middle].copy_(inverse[middle] @ rows[middle])
        _run(length, outwards, self.threads)
        return solution

    def inverse_blocks(self) -> Tensor:
        """Return (T, n, n): the diagonal blocks of the inverse of H.

        Takahashi's recursion, from the middle outwards:
        ``Σ_k = S_k⁻¹ + S_k⁻¹ C Σ_inner C S_k⁻¹``.
        """
        blocks = self.inverse.clone()
        rows, inverse = blocks.unbind(), self.inverse.unbind()
        links = self.coupling[..., None].unbind()

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                c, own = links[half.link(k)], inverse[k]
                inner = c * rows[half.inner(k)] * c.mT
                rows[k].addmm_(own @ inner, own)

        _run(len(blocks), outwards, self.threads)
        return blocks


def factor(
    diagonal: Tensor,
    extra: Tensor,
    coupling: Tensor,
    *,
    out: Tensor | None = None,
    threads: int = 1,
) -> Factor:
    """Eliminate a block-tridiagonal system.

    Args:
        diagonal: (T, n, n) blocks; only the upper triangles are read.
        extra: (T, n) added to the diagonals of the blocks: ``D_k`` is the sum.
        coupling: (T - 1, n), the negative diagonals of the blocks between frames.
        out: Where to put the inverted pivots, same shape as ``diagonal``.
        threads: Threads that may share the work.
    """
    pivots = torch.empty_like(diagonal) if out is None else out
    pivots.copy_(diagonal)
    pivots.diagonal(dim1=1, dim2=2).add_(extra)
    length, middle = len(diagonal), len(diagonal) // 2
    inverse, links = pivots.unbind(), coupling[..., None].unbind()
    infos: list[Tensor] = []

    def subtract(k: int, other: int, link: int) -> None:
        c = links[link]
        inverse[k].addcmul_(c * inverse[other], c.mT, value=-1)

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
    positive = not bool(torch.stack(infos).any())
    return Factor(inverse=pivots, coupling=coupling, threads=threads, positive=positive)
