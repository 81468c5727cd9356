"""The cost of a state and its Gauss-Newton equations.

Steps between frames are compared as ``log(R_{k+1} R_kᵀ)``. With both rotations
turned in their own frames its derivative is ``J_l⁻¹ R_{k+1} (v_{k+1} - v_k)``;
``J_l⁻¹`` is the identity up to θ²/12, and dropping that from the Hessian (never
from the gradient) makes the coupling of frames diagonal, as ``blocktri`` wants.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocks import Blocks, Room, summed
from ergomesh.mesh.core.body import TURNS, UNKNOWNS, Rig, State, place, shape_jacobian
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.inertia import Axes, Sighting, site_blocks
from ergomesh.mesh.core.posture import LIMIT_SD_RAD, PosturePrior, step_variance
from ergomesh.mesh.core.residuals import (
    RESIDUAL,
    pixel_rows,
    robust_cost,
    world_rows,
)
from ergomesh.mesh.core.rotations import rotmat_to_rotvec
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED, shared_precision
from ergomesh.mesh.core.slabs import in_threads, slabs

RIDGE: Final = 1e-4
"""Precision added to every unknown, so that a frame nothing speaks about still
has a solution: a standard deviation of 100 rad or 100 m."""


_POSED: Final = slice(TURNS.start + 3, TURNS.stop)
"""Unknowns that the posture prior speaks about: all turns but the root's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Everything that stays while a state is sought."""

    rig: Rig
    evidence: Evidence
    posture: PosturePrior
    step_precision: Tensor
    """(T - 1, N) of the changes between frames."""
    shared_precision: Tensor
    """(G,)."""
    robust_scale: float
    """Geman-McClure width, in standard deviations."""

    @classmethod
    def of(
        cls, rig: Rig, evidence: Evidence, settings: FitSettings, robust_scale: float
    ) -> "Problem":
        """Return the problem that settings pose at one robust width."""
        variance = step_variance(evidence.points_px) * settings.step_scale**2
        rate = evidence.linked / evidence.step_s
        return cls(
            rig=rig,
            evidence=evidence,
            posture=PosturePrior.of(evidence.points_px),
            step_precision=rate[:, None] / variance,
            shared_precision=shared_precision(evidence, settings),
            robust_scale=robust_scale,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Normal:
    """Gauss-Newton equations: block-tridiagonal frames, bordered by the shared."""

    cost: float
    """Half the sum of squares, in standard deviations, of the state."""
    blocks: Blocks
    """All terms, but what ``own`` adds."""
    own: Tensor
    """(T, N) added to the diagonal of the frames' blocks: steps and ridge."""
    coupling: Tensor
    """(T - 1, N) between frames, see ``blocktri``."""


def linearise(problem: Problem, state: State, room: Room | None = None) -> Normal:
    """Return the cost of a state and the Gauss-Newton equations there.

    Args:
        problem: What is minimised.
        state: Where.
        room: Memory to use; what it held is lost.
    """
    if room is None:
        room = Room.of(len(state.rotmats), state.rotmats)
    parts = in_threads(
        lambda rows: _slab(problem, state.rows(rows), rows, room.rows(rows)),
        slabs(len(state.rotmats), state.rotmats.device),
        room.threads,
    )
    corner = summed([corner for corner, _ in parts])
    shared_pull = problem.shared_precision * state.shared
    corner.diagonal()[:SHARED].add_(problem.shared_precision)
    corner[:SHARED, SHARED].add_(shared_pull)
    change, precision = steps(state), problem.step_precision
    pull = precision * change
    room.right[1:, :, SHARED].add_(pull)
    room.right[:-1, :, SHARED].sub_(pull)
    own = torch.full_like(room.right[..., 0], RIDGE)
    own[1:].add_(precision)
    own[:-1].add_(precision)
    quadratic = ((pull * change).sum(), (shared_pull * state.shared).sum())
    costs = torch.stack([*(cost for _, cost in parts), *quadratic])
    return Normal(
        cost=0.5 * float(costs.sum()),
        blocks=Blocks(diagonal=room.diagonal, right=room.right, corner=corner),
        own=own,
        coupling=precision,
    )


def steps(state: State) -> Tensor:
    """Return (T - 1, N): how frames differ, as the unknowns are counted."""
    turned = state.rotmats[:-1].mT @ state.rotmats[1:]
    moved = state.root_cam_m[1:] - state.root_cam_m[:-1]
    return torch.cat((moved, rotmat_to_rotvec(turned).flatten(1)), -1)


def _slab(
    problem: Problem, state: State, rows: slice, room: Room
) -> tuple[Tensor, Tensor]:
    """Write the blocks of some frames; return the corner, and () twice the cost."""
    rig, evidence = problem.rig, problem.evidence.rows(rows)
    placed = place(rig, state)
    by_betas_m = shape_jacobian(rig, placed)
    root, hips = Axes.about_root(placed), Axes.about_hips(placed)
    sightings = [
        Sighting(
            axes=root,
            rows=pixel_rows(placed, state, evidence, by_betas_m, root.origin_m),
            weight=evidence.points_weight,
        ),
        Sighting(
            axes=hips,
            rows=world_rows(placed, state, evidence, by_betas_m, hips.origin_m),
            weight=evidence.world_weight,
        ),
    ]
    blocks = site_blocks(rig, sightings, problem.robust_scale, room)
    cost = _add_posture(problem.posture, state, blocks)
    for sighting in sightings:
        robust = robust_cost(sighting.rows[..., RESIDUAL], problem.robust_scale)
        cost = cost + (sighting.weight * robust).sum()
    return blocks.corner, cost


def _add_posture(prior: PosturePrior, state: State, blocks: Blocks) -> Tensor:
    """Add prior and limits to the joints' turns; return () their sum of squares."""
    unusual, beyond, jac = prior.residuals(state.rotmats)
    precision = prior.sd**-2 + (beyond != 0) * LIMIT_SD_RAD**-2
    pull = unusual / prior.sd + beyond / LIMIT_SD_RAD
    gradient = (jac.mT @ pull[..., None])[..., 0]
    blocks.right[:, _POSED, SHARED].add_(gradient.flatten(1))
    hessian = jac.mT @ (precision[..., None] * jac)
    grid = blocks.diagonal.view(-1, UNKNOWNS // 3, 3, UNKNOWNS // 3, 3)
    own = grid.diagonal(dim1=1, dim2=3)[..., -hessian.shape[1] :]
    own.add_(hessian.permute(0, 2, 3, 1))
    return (unusual**2 + beyond**2).sum()
