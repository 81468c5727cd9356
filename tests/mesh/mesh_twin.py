"""The slow twin of the normal equations: all residuals in one vector, autograd."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ergomesh.mesh.core.body import UNKNOWNS, Rig, State, place
from ergomesh.mesh.core.fit import _evidence
from ergomesh.mesh.core.normal import Normal, Problem
from ergomesh.mesh.core.residuals import (
    pixel_residual,
    robust_weight,
    world_residual,
)
from ergomesh.mesh.core.rotations import rotmat_to_rotvec
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.stages import aimed
from mesh.mesh_synthetic import Scene


def problem_near(
    scene: Scene, frames: int, settings: FitSettings, robust_scale: float = 3.0
) -> tuple[Problem, State]:
    """Return the problem of a scene's first frames and a state near its truth."""
    landmarks = scene.landmarks
    kept = np.zeros(len(landmarks.time_s), dtype=np.bool_)
    kept[:frames] = True
    evidence = _evidence(landmarks, kept, landmarks.detected, settings)
    rig = Rig.of(scene.body, evidence.points_px)
    draw = torch.Generator().manual_seed(0)
    turn = 0.1 * torch.randn(frames, UNKNOWNS, generator=draw, dtype=torch.float64)
    shared = 0.1 * torch.randn(SHARED, generator=draw, dtype=torch.float64)
    state = replace(
        scene.state,
        rotmats=scene.state.rotmats[:frames],
        root_cam_m=scene.state.root_cam_m[:frames],
    ).moved(turn, shared)
    evidence = aimed(evidence.aimed(evidence.focal_px), state, rig, settings)
    return Problem.of(rig, evidence, settings, robust_scale), state


def residual_vector(problem: Problem, state: State, weights_of: State) -> Tensor:
    """Return all whitened residuals, robust weights as at another state."""
    parts = [_seen(problem, state, weights_of)]
    unusual, beyond, _ = problem.posture.residuals(state.rotmats)
    parts += [unusual.flatten(), beyond.flatten()]
    left = state.rotmats[1:] @ state.rotmats[:-1].mT
    moved = state.root_cam_m[1:] - state.root_cam_m[:-1]
    change = torch.cat((moved, rotmat_to_rotvec(left).flatten(1)), -1)
    parts.append((problem.step_precision.sqrt() * change).flatten())
    parts.append(problem.shared_precision.sqrt() * state.shared)
    return torch.cat(parts)


def _seen(problem: Problem, state: State, weights_of: State) -> Tensor:
    evidence, rig = problem.evidence, problem.rig
    found, fixed = place(rig, state), place(rig, weights_of)
    terms = (
        (pixel_residual, evidence.points_weight),
        (world_residual, evidence.world_weight),
    )
    rows = []
    for residual, weight in terms:
        robust = robust_weight(
            residual(fixed, weights_of, evidence), problem.robust_scale
        )
        root = (weight * robust).sqrt()
        rows.append((root[..., None] * residual(found, state, evidence)).flatten())
    return torch.cat(rows)


def autograd_system(problem: Problem, state: State) -> tuple[Tensor, Tensor]:
    """Return JᵀJ and Jᵀr over frames and shared unknowns, by autograd."""
    count = len(state.rotmats)

    def vector(step: Tensor) -> Tensor:
        frames = step[: count * UNKNOWNS].reshape(count, UNKNOWNS)
        moved = state.moved(frames, step[count * UNKNOWNS :])
        return residual_vector(problem, moved, state)

    start = torch.zeros(count * UNKNOWNS + SHARED, dtype=torch.float64)
    jac: Tensor = torch.autograd.functional.jacobian(vector, start)  # type: ignore[no-untyped-call]  # torch
    return jac.mT @ jac, jac.mT @ vector(start)


def block_diagonal(blocks: Tensor) -> Tensor:
    """Return the (T n, T n) matrix with blocks (T, n, n) on its diagonal."""
    matrix: Tensor = torch.block_diag(*blocks)  # type: ignore[no-untyped-call]  # torch
    return matrix


def dense_system(normal: Normal, ridge: float) -> tuple[Tensor, Tensor]:
    """Return the dense matrix and gradient of block equations, less the ridge."""
    blocks = normal.blocks
    upper = blocks.diagonal.triu()
    full = upper + upper.mT - torch.diag_embed(upper.diagonal(dim1=1, dim2=2))
    matrix = block_diagonal(full + torch.diag_embed(normal.own - ridge))
    for k, c in enumerate(normal.coupling):
        here = torch.arange(k * UNKNOWNS, (k + 1) * UNKNOWNS)
        matrix[here, here + UNKNOWNS] -= c
        matrix[here + UNKNOWNS, here] -= c
    border = blocks.right[..., :SHARED].flatten(0, 1)
    corner = blocks.corner[:SHARED, :SHARED]
    matrix = torch.cat(
        (torch.cat((matrix, border), 1), torch.cat((border.mT, corner), 1))
    )
    gradient = torch.cat(
        (blocks.right[..., SHARED].flatten(), blocks.corner[:SHARED, SHARED])
    )
    return matrix, gradient
