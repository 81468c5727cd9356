"""Levenberg-Marquardt over the whole sequence: monotone, and never raises.

Each step solves the damped equations::

    ( H   B ) ( δ )     ( g )
    ( Bᵀ  C ) ( s ) = - ( h )

with H block-tridiagonal over frames and a border of shared unknowns, by the Schur
complement ``S = C - Bᵀ H⁻¹ B``: ``s = -S⁻¹(h - Bᵀ H⁻¹ g)``, ``δ = -H⁻¹(g + B s)``.
H is eliminated chunk by chunk (``chunks``), S is the sum of what the chunks leave.
A step is kept only if the cost falls (Marquardt 1963; damping scaled by the
diagonal).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocks import Room, Workspace, summed
from ergomesh.mesh.core.blocktri import Factor, factor
from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.chunks import Chunk
from ergomesh.mesh.core.normal import Normal, Problem, cost_of, linearise
from ergomesh.mesh.core.progress import Watch, part_of, unwatched
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

EXPECTED_SOLVES: Final = 3
"""Linear solves of a usual stage, by which its progress is told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eliminated:
    """Equations with the frames eliminated."""

    frames: Factor
    """Block-tridiagonal part."""
    through: Tensor
    """(T, N, G + 1): ``H⁻¹ [B, g]``."""
    corner: Tensor
    """(G + 1, G + 1): ``S`` and, last, the gradient that is left."""


def eliminate(normal: Normal, damping: float, room: Room) -> Eliminated | None:
    """Eliminate the frames; ``None`` when the damped system is not positive.

    Args:
        normal: The equations.
        damping: Multiplies the diagonals by one plus this.
        room: Memory to use; what it held is lost.
    """
    blocks = normal.blocks
    diagonal = blocks.diagonal.diagonal(dim1=1, dim2=2)
    frames = factor(
        blocks.diagonal,
        normal.own + damping * (normal.own + diagonal),
        normal.rate,
        normal.unit,
        out=room.diagonal,
        threads=room.threads,
    )
    if not frames.positive:
        return None
    through = frames.solve(blocks.right, out=room.right)
    counted = (part[normal.inner].flatten(0, 1) for part in (blocks.right, through))
    right, solved = counted
    corner = blocks.corner - right.mT @ solved
    shared = corner.diagonal()[:SHARED]
    shared.add_(damping * blocks.corner.diagonal()[:SHARED])
    return Eliminated(frames=frames, through=through, corner=corner)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """Where a stage stands."""

    state: State
    damping: float
    costs: tuple[float, ...]
    normal: Normal | None = None
    """Equations of the state, if they are still at hand."""
    solves: int = 0
    ended: bool = False
    """Whether more steps are of no use."""
    converged: bool = False
    """Whether that is because the cost is as low as it goes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """What stays while a stage runs."""

    problem: Problem
    chunks: Sequence[Chunk]
    space: Workspace
    tolerance: float


def minimise(
    problem: Problem,
    start: State,
    space: Workspace,
    *,
    max_iterations: int,
    tolerance: float,
    chunks: Sequence[Chunk] = (),
    watch: Watch = unwatched,
) -> tuple[State, StageTrace]:
    """Return the best state found from a start, and how it went.

    Args:
        problem: What to minimise.
        start: Where from.
        space: Memory to use, enough for the longest chunk.
        max_iterations: Linear solves at most.
        tolerance: Relative decrease of the cost at which to stop.
        chunks: Of the frames; none for all at once.
        watch: Told of the progress.
    """
    task = _Task(
        problem=problem,
        chunks=chunks or (Chunk.whole(problem.count),),
        space=space,
        tolerance=tolerance,
    )
    cost = cost_of(problem, start, space.threads)
    search = _Search(state=start, damping=FIRST_DAMPING, costs=(cost,))
    while search.solves < max_iterations and not search.ended:
        done, after = (_told(search.solves + k) for k in (0, 1))
        search = _advance(task, search, part_of(watch, done, after))
    watch(1.0)
    trace = StageTrace(
        robust_scale=problem.robust_scale,
        costs=search.costs,
        solves=search.solves,
        converged=search.converged,
    )
    return search.state, trace


def _told(solves: int) -> float:
    """Return the share done after some solves of a number not yet known."""
    return solves / (solves + EXPECTED_SOLVES)


def _advance(task: _Task, search: _Search, watch: Watch) -> _Search:
    """Try one step: keep it if the cost falls, else damp more."""
    step, normal = _step(task, search, watch)
    search = replace(search, solves=search.solves + 1, normal=normal)
    before = search.costs[-1]
    state = search.state if step is None else search.state.moved(*step)
    cost = before
    if step is not None:
        cost = cost_of(task.problem, state, task.space.threads)
    if not cost < before:
        return _tightened(search, solvable=step is not None)
    converged = to_come((*search.costs, cost)) <= task.tolerance * before
    return replace(
        search,
        state=state,
        normal=None,
        damping=max(search.damping * EASE, LEAST_DAMPING),
        costs=(*search.costs, cost),
        ended=converged,
        converged=converged,
    )


def _tightened(search: _Search, *, solvable: bool) -> _Search:
    """Return the search with more damping; at its end where that is useless.

    A cost that no step however small lowers is as low as it goes; equations that no
    damping makes solvable, or a cost that is no number, are a failure.
    """
    damping = search.damping * TIGHTEN
    ended = damping > MOST_DAMPING
    converged = ended and solvable and math.isfinite(search.costs[-1])
    return replace(search, damping=damping, ended=ended, converged=converged)


def to_come(costs: Sequence[float]) -> float:
    """Return how much further a cost will fall, judged by how it fell before.

    Near a solution the decreases of Gauss-Newton steps form a geometric series. No
    more than the last decrease is expected to come, and after a single one just that.

    Args:
        costs: At least two, falling.
    """
    *_, first, second, third = (costs[0], *costs)
    before, last = first - second, second - third
    return last / max(before / last - 1, 1.0)


def _step(
    task: _Task, search: _Search, watch: Watch
) -> tuple[tuple[Tensor, Tensor] | None, Normal | None]:
    """Return the damped step (T, N) and (G,), or ``None`` when there is none.

    Also return the equations, if there is only one chunk to remember them of.
    """
    alone = len(task.chunks) == 1
    corners, throughs = [], []
    normal = search.normal
    for k, chunk in enumerate(task.chunks):
        space = task.space.first(chunk.frames)
        if normal is None or not alone:
            normal = linearise(task.problem, search.state, space.equations, chunk)
        parts = eliminate(normal, search.damping, space.elimination)
        if parts is None:
            return None, normal if alone else None
        corners.append(parts.corner)
        through = parts.through[normal.inner]
        throughs.append(through if alone else through.clone())
        watch((k + 1) / len(task.chunks))
    return step_from(summed(corners), throughs), normal if alone else None


def step_from(
    corner: Tensor, throughs: Sequence[Tensor]
) -> tuple[Tensor, Tensor] | None:
    """Return the step (T, N) and (G,), or ``None`` when there is none.

    Args:
        corner: (G + 1, G + 1) of :class:`Eliminated`, summed over chunks.
        throughs: (t, N, G + 1) of the chunks' own frames.
    """
    lower, failed = torch.linalg.cholesky_ex(corner[:SHARED, :SHARED])
    if bool(failed):
        return None
    shared = -torch.cholesky_solve(corner[:SHARED, SHARED:], lower)
    by_column = -torch.nn.functional.pad(shared, (0, 0, 0, 1), value=1)
    frames = torch.cat([through @ by_column for through in throughs])
    return frames[..., 0], shared[:, 0]
