"""Levenberg-Marquardt over the whole sequence: monotone, and never raises.

Each step solves the damped equations::

    ( H   B ) ( δ )     ( g )
    ( Bᵀ  C ) ( γ ) = - ( h )

with H block-tridiagonal over frames and a border of shared unknowns, by the Schur
complement ``S = C - Bᵀ H⁻¹ B``: ``γ = -S⁻¹(h - Bᵀ H⁻¹ g)``, ``δ = -H⁻¹(g + B γ)``.
A step is kept only if the cost falls (Marquardt 1963; damping scaled by the
diagonal).
"""

from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocktri import Factor, factor
from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.normal import Normal, Problem, cost_of, linearise
from ergomesh.mesh.core.settings import FitSettings, StageTrace

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


def eliminate(normal: Normal, damping: float) -> Eliminated | None:
    """Eliminate the frames; ``None`` when the damped system is not positive.

    Args:
        normal: The equations.
        damping: Multiplies the diagonals by one plus this.
    """
    blocks = normal.blocks
    diagonal, corner = blocks.diagonal.clone(), blocks.corner.clone()
    diagonal.diagonal(dim1=1, dim2=2).mul_(1 + damping)
    corner.diagonal().mul_(1 + damping)
    frames = factor(diagonal, normal.coupling)
    if not frames.positive:
        return None
    through = frames.solve(torch.cat((blocks.border, blocks.gradient[..., None]), -1))
    lifted = torch.einsum("tng,tnh->gh", blocks.border, through)
    return Eliminated(
        frames=frames,
        through=through,
        schur=corner - lifted[:, :-1],
        schur_gradient=blocks.shared_gradient - lifted[:, -1],
    )


def step_from(normal: Normal, damping: float) -> tuple[Tensor, Tensor] | None:
    """Return the damped step (T, N) and (G,), or ``None`` when there is none."""
    parts = eliminate(normal, damping)
    if parts is None:
        return None
    lower, failed = torch.linalg.cholesky_ex(parts.schur)
    if bool(failed):
        return None
    right = -parts.schur_gradient[:, None]
    shared = torch.cholesky_solve(right, lower)[:, 0]
    frames = -(parts.through[..., -1] + parts.through[..., :-1] @ shared)
    return frames, shared


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """Where a stage stands."""

    state: State
    normal: Normal
    damping: float
    costs: tuple[float, ...]
    solves: int = 0
    converged: bool = False


def minimise(
    problem: Problem, start: State, settings: FitSettings
) -> tuple[State, StageTrace]:
    """Return the best state found from a start, and how it went.

    Args:
        problem: What to minimise.
        start: Where from.
        settings: ``max_iterations`` and ``tolerance``.
    """
    normal = linearise(problem, start)
    search = _Search(
        state=start, normal=normal, damping=FIRST_DAMPING, costs=(normal.cost,)
    )
    while search.solves < settings.max_iterations and not search.converged:
        search = _advance(problem, search, settings.tolerance)
    trace = StageTrace(
        robust_scale=problem.robust_scale,
        costs=search.costs,
        solves=search.solves,
        converged=search.converged,
    )
    return search.state, trace


def _advance(problem: Problem, search: _Search, tolerance: float) -> _Search:
    """Try one step: keep it if the cost falls, else damp more."""
    search = replace(search, solves=search.solves + 1)
    step = step_from(search.normal, search.damping)
    trial = None if step is None else search.state.moved(*step)
    cost = float("inf") if trial is None else cost_of(problem, trial)
    if trial is None or not cost < search.normal.cost:
        damping = search.damping * TIGHTEN
        return replace(search, damping=damping, converged=damping > MOST_DAMPING)
    fell = search.normal.cost - cost
    return replace(
        search,
        state=trial,
        normal=linearise(problem, trial),
        damping=max(search.damping * EASE, LEAST_DAMPING),
        costs=(*search.costs, cost),
        converged=fell <= tolerance * search.normal.cost,
    )
