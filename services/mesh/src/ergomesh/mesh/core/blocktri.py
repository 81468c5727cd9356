r"""Symmetric block-tridiagonal systems whose couplings are diagonal.

.. math::
    H = \begin{pmatrix} D_0 & -C_0 \\ -C_0 & D_1 & -C_1 \\ & \ddots \end{pmatrix},
    \qquad C_k = \mathrm{diag}(c_k)

A chain of frames tied by smoothness has this form (see ``normal``). Eliminating
frame k leaves ``S_{k+1} = D_{k+1} - C_k S_k⁻¹ C_k``, and the diagonal coupling
makes that an elementwise product. The chain is eliminated from both ends towards
the middle, each half on its own thread: the small dense factorisations, not
Python, take the time, and torch releases the interpreter lock for them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

SHORT = 32
"""Chains below this length are not worth a second thread."""


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


def _run(length: int, work: Callable[[_Half], None]) -> None:
    """Do the work for both halves; they touch disjoint memory."""
    halves = _halves(length)
    if length < SHORT:
        for half in halves:
            work(half)
        return
    with ThreadPoolExecutor(max_workers=len(halves)) as pool:
        list(pool.map(work, halves))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factor:
    """An eliminated system; made by :func:`factor`."""

    inverse: Tensor
    """(T, n, n) inverses of the pivots ``S_k``."""
    coupling: Tensor
    """(T - 1, n) the ``c_k``."""
    positive: bool
    """Whether the system is positive definite; if not, nothing here is valid."""

    def solve(self, right: Tensor) -> Tensor:
        """Return the solutions x of ``H x = right``.

        Args:
            right: (T, n, r).
        """
        length, middle = len(right), len(right) // 2
        solution = right.clone()

        def inwards(half: _Half) -> None:
            for k in half.frames:
                if half.inner(k) != middle:
                    self._carry(half, k, solution)

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                come = self.coupling[half.link(k), :, None] * solution[half.inner(k)]
                solution[k] = self.inverse[k] @ (solution[k] + come)

        _run(length, inwards)
        for half in _halves(length):
            for k in half.frames[-1:]:
                self._carry(half, k, solution)
        solution[middle] = self.inverse[middle] @ solution[middle]
        _run(length, outwards)
        return solution

    def _carry(self, half: _Half, k: int, right: Tensor) -> None:
        """Eliminate frame k from the right side of its inner neighbour."""
        coupling = self.coupling[half.link(k), :, None]
        right[half.inner(k)].addcmul_(coupling, self.inverse[k] @ right[k])

    def inverse_blocks(self) -> Tensor:
        """Return (T, n, n): the diagonal blocks of the inverse of H.

        Takahashi's recursion, from the middle outwards:
        ``Σ_k = S_k⁻¹ + S_k⁻¹ C Σ_inner C S_k⁻¹``.
        """
        blocks = self.inverse.clone()

        def outwards(half: _Half) -> None:
            for k in reversed(half.frames):
                c = self.coupling[half.link(k)]
                inner = c[:, None] * c * blocks[half.inner(k)]
                own = self.inverse[k]
                blocks[k].addmm_(own @ inner, own)

        _run(len(blocks), outwards)
        return blocks


def factor(diagonal: Tensor, coupling: Tensor) -> Factor:
    """Eliminate a block-tridiagonal system.

    Args:
        diagonal: (T, n, n) symmetric blocks ``D_k``.
        coupling: (T - 1, n), the negative diagonals of the blocks between frames.
    """
    length, middle = len(diagonal), len(diagonal) // 2
    pivots, inverse = diagonal.clone(), torch.empty_like(diagonal)
    failed = torch.zeros(length, dtype=torch.int32, device=diagonal.device)

    def invert(k: int) -> None:
        lower, failed[k] = torch.linalg.cholesky_ex(pivots[k])
        inverse[k] = torch.cholesky_inverse(lower)

    def eliminate(half: _Half, k: int) -> None:
        c = coupling[half.link(k)]
        pivots[half.inner(k)].addcmul_(c[:, None] * c, inverse[k], value=-1)

    def inwards(half: _Half) -> None:
        for k in half.frames:
            invert(k)
            if half.inner(k) != middle:
                eliminate(half, k)

    _run(length, inwards)
    for half in _halves(length):
        for k in half.frames[-1:]:
            eliminate(half, k)
    invert(middle)
    positive = not bool(failed.any())
    return Factor(inverse=inverse, coupling=coupling, positive=positive)
