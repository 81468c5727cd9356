"""The cost of a state and its Gauss-Newton equations.

Steps between frames are compared as ``log(R_{k+1} R_kᵀ)``. With both rotations
turned in their own frames its derivative is ``J_l⁻¹ R_{k+1} (v_{k+1} - v_k)``;
``J_l⁻¹`` is the identity up to θ²/12, and dropping that from the Hessian (never
from the gradient) makes the coupling of frames diagonal, as ``blocktri`` wants.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ergomesh.mesh.core.body import MOVED, Placed, Rig, State, place, shape_jacobian
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.inertia import UNKNOWNS, Axes, Blocks, site_blocks
from ergomesh.mesh.core.posture import LIMIT_SD_RAD, PosturePrior, step_variance
from ergomesh.mesh.core.residuals import (
    pixel_residual,
    pixel_term,
    robust_cost,
    world_residual,
    world_term,
)
from ergomesh.mesh.core.rotations import rotmat_to_rotvec
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import shared_precision

RIDGE = 1e-4
"""Precision added to every unknown, so that a frame nothing speaks about still
has a solution: a standard deviation of 100 rad or 100 m."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Normal:
    """Gauss-Newton equations: block-tridiagonal frames, bordered by the shared."""

    cost: float
    """Of the state they were made at."""
    blocks: Blocks
    """Sums over all terms."""
    coupling: Tensor
    """(T - 1, N) between frames, see ``blocktri``."""


def problem_of(
    rig: Rig, evidence: Evidence, settings: FitSettings, robust_scale: float
) -> Problem:
    """Return the problem that settings pose at one robust width."""
    variance = step_variance(evidence.points_px) * settings.step_scale**2
    rate = evidence.linked / evidence.step_s
    return Problem(
        rig=rig,
        evidence=evidence,
        posture=PosturePrior.of(evidence.points_px),
        step_precision=rate[:, None] / variance,
        shared_precision=shared_precision(evidence, settings),
        robust_scale=robust_scale,
    )


def steps(state: State) -> Tensor:
    """Return (T - 1, N): how frames differ, turns in the joint's own frame."""
    turned = state.rotmats[:-1].mT @ state.rotmats[1:]
    moved = state.root_cam_m[1:] - state.root_cam_m[:-1]
    return torch.cat((rotmat_to_rotvec(turned).flatten(1), moved), -1)


def cost_of(problem: Problem, state: State) -> float:
    """Return half the sum of squared residuals, in standard deviations."""
    placed = place(problem.rig, state)
    evidence, scale = problem.evidence, problem.robust_scale
    pixel = robust_cost(pixel_residual(placed, state, evidence), scale)
    world = robust_cost(world_residual(placed, state, evidence), scale)
    unusual, beyond, _ = problem.posture.residuals(state.rotmats)
    parts = (
        evidence.points_weight * pixel,
        evidence.world_weight * world,
        unusual**2,
        beyond**2,
        problem.step_precision * steps(state) ** 2,
        problem.shared_precision * state.shared**2,
    )
    return 0.5 * float(torch.stack([part.sum() for part in parts]).sum())


def linearise(problem: Problem, state: State) -> Normal:
    """Return the Gauss-Newton equations at a state."""
    blocks = _landmark_blocks(problem, state, place(problem.rig, state))
    _add_posture(problem, state, blocks)
    _add_steps(problem, state, blocks)
    blocks.diagonal.diagonal(dim1=1, dim2=2).add_(RIDGE)
    blocks.corner.diagonal().add_(problem.shared_precision)
    blocks.shared_gradient.add_(problem.shared_precision * state.shared)
    return Normal(
        cost=cost_of(problem, state),
        blocks=blocks,
        coupling=problem.step_precision,
    )


def _landmark_blocks(problem: Problem, state: State, placed: Placed) -> Blocks:
    evidence, rig = problem.evidence, problem.rig
    by_betas_m = shape_jacobian(rig, placed)
    pixel = pixel_term(placed, state, evidence, by_betas_m)
    world = world_term(placed, state, evidence, by_betas_m)
    scale = problem.robust_scale
    return site_blocks(
        rig, Axes.about_root(placed), pixel, evidence.points_weight, scale
    ) + site_blocks(rig, Axes.about_hips(placed), world, evidence.world_weight, scale)


def _add_posture(problem: Problem, state: State, blocks: Blocks) -> None:
    """Add prior and limits to the turns of all joints but the root."""
    prior = problem.posture
    unusual, beyond, jac = prior.residuals(state.rotmats)
    precision = prior.sd**-2 + (beyond != 0) * LIMIT_SD_RAD**-2
    pull = unusual / prior.sd + beyond / LIMIT_SD_RAD
    gradient = (jac.mT @ pull[..., None])[..., 0]
    blocks.gradient[:, 3 : 3 * MOVED].add_(gradient.flatten(1))
    hessian = jac.mT @ (precision[..., None] * jac)
    grid = blocks.diagonal.view(-1, MOVED + 1, 3, MOVED + 1, 3)
    own = grid.diagonal(dim1=1, dim2=3)[..., 1:MOVED]
    own.add_(hessian.permute(0, 2, 3, 1))


def _add_steps(problem: Problem, state: State, blocks: Blocks) -> None:
    """Add the temporal term: a weight on both frames of each step."""
    precision = problem.step_precision
    pull = precision * steps(state)
    blocks.gradient[1:].add_(pull)
    blocks.gradient[:-1].sub_(pull)
    own = blocks.diagonal.diagonal(dim1=1, dim2=2)
    own[1:].add_(precision)
    own[:-1].add_(precision)


__all__ = [
    "RIDGE",
    "UNKNOWNS",
    "Normal",
    "Problem",
    "cost_of",
    "linearise",
    "problem_of",
    "steps",
]
