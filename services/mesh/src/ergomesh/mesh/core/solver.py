"""Levenberg-Marquardt over the whole sequence: monotone, and never raises.

Each step solves the damped equations::

    ( H   B ) ( δ )     ( g )
    ( Bᵀ  C ) ( s ) = - ( h )

with H block-tridiagonal over frames and a border of shared unknowns, by the Schur
complement ``S = C - Bᵀ H⁻¹ B``: ``s = -S⁻¹(h - Bᵀ H⁻¹ g)``, ``δ = -H⁻¹(g + B s)``.
A step is kept only if the cost falls (Marquardt 1963; damping scaled by the
diagonal).
"""

from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocks import Room, Workspace
from ergomesh.mesh.core.blocktri import Factor, factor
from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.normal import Normal, Problem, linearise
from ergomesh.mesh.core.settings import StageTrace
from ergomesh.mesh.core.shape import SHARED

FIRST_DAMPING: Final = 1e-3
"""Relative damping of the first step."""
LEAST_DAMPING: Final = 1e-7
EASE: Final = 0.2
"""Factor on the damping after a kept step."""
TIGHTEN: Final = 8.0
"""Factor on the damping after a rejected step."""
MOST_DAMPING: Final = 1e8
"""Where no step however small helps, and the stage ends."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eliminated:
    """The equations with the frames eliminated."""

    frames: Factor
    """Block-tridiagonal part."""
    through: Tensor
    """(T, N, G + 1): ``H⁻¹ [B, g]``."""
    schur: Tensor
    """(G, G)."""
    schur_gradient: Tensor
    """(G,)."""


def eliminate(normal: Normal, damping: float, room: Room) -> Eliminated | None:
    """Eliminate the frames; ``None`` when the damped system is not positive.

    Args:
        normal: The equations.
        damping: Multiplies the diagonals by one plus this.
        room: Memory to use; what it held is lost.
    """
    blocks = normal.blocks
    diagonal = blocks.diagonal.diagonal(dim1=1, dim2=2)
    extra = normal.own + damping * (normal.own + diagonal)
    frames = factor(
        blocks.diagonal,
        extra,
        normal.coupling,
        out=room.diagonal,
        threads=room.threads,
    )
    if not frames.positive:
        return None
    through = frames.solve(blocks.right, out=room.right)
    lifted = blocks.right.flatten(0, 1).mT @ through.flatten(0, 1)
    reduced = blocks.corner - lifted
    schur = reduced[:SHARED, :SHARED]
    schur.diagonal().add_(damping * blocks.corner.diagonal()[:SHARED])
    return Eliminated(
        frames=frames,
        through=through,
        schur=schur,
        schur_gradient=reduced[:SHARED, SHARED],
    )


def step_from(
    normal: Normal, damping: float, room: Room
) -> tuple[Tensor, Tensor] | None:
    """Return the damped step (T, N) and (G,), or ``None`` when there is none."""
    parts = eliminate(normal, damping, room)
    if parts is None:
        return None
    lower, failed = torch.linalg.cholesky_ex(parts.schur)
    if bool(failed):
        return None
    right = -parts.schur_gradient[:, None]
    shared = torch.cholesky_solve(right, lower)
    frames = -(parts.through @ torch.nn.functional.pad(shared, (0, 0, 0, 1), value=1))
    return frames[..., 0], shared[:, 0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """Where a stage stands."""

    state: State
    normal: Normal
    spare: Room
    """Where the next equations may go."""
    damping: float
    costs: tuple[float, ...]
    solves: int = 0
    converged: bool = False


def minimise(
    problem: Problem,
    start: State,
    space: Workspace,
    *,
    max_iterations: int,
    tolerance: float,
) -> tuple[State, Normal, StageTrace]:
    """Return the best state found from a start, its equations, and how it went.

    Args:
        problem: What to minimise.
        start: Where from.
        space: Memory to use; the equations returned stay in it.
        max_iterations: Linear solves at most.
        tolerance: Relative decrease of the cost at which to stop.
    """
    first, second = space.rooms
    normal = linearise(problem, start, first)
    search = _Search(
        state=start,
        normal=normal,
        spare=second,
        damping=FIRST_DAMPING,
        costs=(normal.cost,),
    )
    while search.solves < max_iterations and not search.converged:
        search = _advance(problem, search, tolerance, space.elimination)
    trace = StageTrace(
        robust_scale=problem.robust_scale,
        costs=search.costs,
        solves=search.solves,
        converged=search.converged,
    )
    return search.state, search.normal, trace


def _advance(
    problem: Problem, search: _Search, tolerance: float, room: Room
) -> _Search:
    """Try one step: keep it if the cost falls, else damp more."""
    search = replace(search, solves=search.solves + 1)
    before = search.normal.cost
    step = step_from(search.normal, search.damping, room)
    state = search.state if step is None else search.state.moved(*step)
    # Most steps are kept, so the equations are made with the cost.
    normal = search.normal
    if step is not None:
        normal = linearise(problem, state, search.spare)
    if not normal.cost < before:
        damping = search.damping * TIGHTEN
        return replace(search, damping=damping, converged=damping > MOST_DAMPING)
    left = search.normal.blocks
    return replace(
        search,
        state=state,
        normal=normal,
        spare=replace(search.spare, diagonal=left.diagonal, right=left.right),
        damping=max(search.damping * EASE, LEAST_DAMPING),
        costs=(*search.costs, normal.cost),
        converged=before - normal.cost <= tolerance * before,
    )
