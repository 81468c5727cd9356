r"""How sure the fit is: the covariance of its small rotations, and joints' spreads.

The inverse of the solver's own equations would be too sure: they take the errors of
landmarks as new in every frame, while a detector errs the same way for as long as a
posture lasts, which is longer than the smoothing reaches. Errors that last are not
averaged away. What they do to a frame is what they do to that frame fitted by
itself, so the covariance at a knot k is

.. math::
    \Sigma_k = D_k^{-1} + Y_k S^{-1} Y_k^T, \qquad Y_k = D_k^{-1} B_k,

with D the frame's own block: its landmarks with their *real* errors
(:attr:`FitSettings.pixel_sd_factor` and those after it) and the posture prior, but no
term between frames; B its border and S the Schur complement of the shared unknowns,
averaged over the knots for the same reason. Where nothing is seen, Σ is what the prior
leaves open, and no smoothing makes it look known. Across short holes landmarks last,
and grow stale (``knots``).
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.mesh.core.body import (
    MOVED,
    TURNS,
    UNKNOWNS,
    Placed,
    Rig,
    State,
    place,
)
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.knots import knot_rows, lasting_weight
from ergomesh.mesh.core.normal import Problem, linearise
from ergomesh.mesh.core.posture import PosturePrior
from ergomesh.mesh.core.residuals import (
    pixel_residual,
    robust_weight,
    world_residual,
)
from ergomesh.mesh.core.rotations import identity, skew, small_matmul, split_last
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED, shared_precision
from ergomesh.mesh.core.slabs import slabs

ROOT_SD_RAD: Final = 1.8
"""Spread per axis of a body that may face anywhere: that of an angle of which
nothing is known, 104°."""

_NO_ROBUSTNESS: Final = 1e9
"""Robust width at which every landmark counts in full: weights hold it already."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """How far the truth may be from a solution, at its knots."""

    rows: IntArray
    """(K,) ascending rows of the fitted frames."""
    turns_rad2: Tensor
    """(K, 3 J, 3 J) covariance of turns in the joints' own frames."""
    joints_m: Tensor
    """(K, J) standard deviation per axis of joints about the body's centre."""

    def at_frames(self, values: Tensor, count: int) -> FloatArray:
        """Return values of the knots (K, ...) interpolated to all fitted frames."""
        flat = values.flatten(1).cpu().numpy()
        frames = np.arange(count)
        columns = [np.interp(frames, self.rows, column) for column in flat.T]
        return np.stack(columns, 1).reshape(count, *values.shape[1:])


def spread_of(
    rig: Rig, evidence: Evidence, state: State, settings: FitSettings
) -> Spread:
    """Return the spread of a solution.

    Joint positions are relative to the mean of the joints: the distance from a
    single camera is far less certain, and no angle depends on it.

    Args:
        rig: The body.
        evidence: What the solution was fitted to.
        state: The solution.
        settings: Of the fit, for the noise.
    """
    rows = knot_rows(evidence)
    knots = torch.from_numpy(rows).to(state.root_cam_m.device)
    problem = _problem_at(knots, rig, evidence, state, settings)
    here = state.rows(knots)
    own = shared_precision(problem.evidence, settings)
    turn = math.radians(settings.world_turn_sd_deg)
    covariance = _covariance(problem, here, own, turn)
    places = [
        _places(place(rig, here.rows(some)), rig.moves_joint, covariance[some])
        for some in slabs(len(knots), knots.device)
    ]
    return Spread(
        rows=rows,
        turns_rad2=covariance[:, TURNS, TURNS],
        joints_m=torch.cat(places),
    )


def per_axis(variance: Tensor) -> Tensor:
    """Return (..., J) standard deviations of (..., 3 J) variances."""
    return split_last(variance, MOVED, 3).mean(-1).clamp_min(0).sqrt()


def _problem_at(
    knots: Tensor, rig: Rig, evidence: Evidence, state: State, settings: FitSettings
) -> Problem:
    """Return the equations of the knots, each frame by itself, at real noise."""
    factor = settings.pixel_sd_factor
    world_sd_m = settings.world_sd_factor * evidence.world_sd_m
    pixels, world = _information(rig, evidence, state, settings.robust_scales[-1])
    slip_px = settings.drift_m_s / (factor * settings.pixel_sd_m * rig.spread)
    slip_world = (settings.drift_m_s / world_sd_m.min()).expand_as(rig.spread)

    def lasting(weight: Tensor, slip: Tensor) -> Tensor:
        return lasting_weight(weight, evidence, knots, slip, settings.max_gap_s)

    at_knots = replace(
        evidence.rows(knots),
        points_weight=lasting(pixels, slip_px),
        points_sd_px=factor * evidence.points_sd_px[knots],
        world_weight=lasting(world, slip_world),
        world_sd_m=world_sd_m,
    )
    return Problem(
        rig=rig,
        evidence=at_knots,
        posture=PosturePrior.of(state.root_cam_m),
        step_rate=state.root_cam_m.new_zeros(len(knots) - 1),
        step_unit=state.root_cam_m.new_ones(UNKNOWNS),
        shared_precision=state.shared.new_zeros(SHARED),
        robust_scale=_NO_ROBUSTNESS,
    )


def _information(
    rig: Rig, evidence: Evidence, state: State, width: float
) -> tuple[Tensor, Tensor]:
    """Return (T, P) each: how much landmarks say in 2D and in 3D, outliers little."""
    parts = []
    for rows in slabs(len(state.root_cam_m), state.root_cam_m.device):
        here, seen = state.rows(rows), evidence.rows(rows)
        placed = place(rig, here)
        pixels = robust_weight(pixel_residual(placed, here, seen), width)
        world = robust_weight(world_residual(placed, here, seen), width)
        parts.append((seen.points_weight * pixels, seen.world_weight * world))
    points, space = (torch.cat(part) for part in zip(*parts, strict=True))
    return points, space


def _covariance(
    problem: Problem, state: State, shared_own: Tensor, turn_sd_rad: float
) -> Tensor:
    """Return (K, N, N): frame by frame, the shared unknowns' part included.

    Args:
        problem: Of the knots.
        state: The solution there.
        shared_own: (G,) prior precisions of the shared unknowns, over all knots.
        turn_sd_rad: By how much the 3D landmarks may be turned as a whole.
    """
    count = len(state.root_cam_m)
    within = state.root_cam_m.new_empty(count, UNKNOWNS, UNKNOWNS)
    through = state.root_cam_m.new_empty(count, UNKNOWNS, SHARED)
    left = torch.diag(shared_own)
    for rows in slabs(count, state.root_cam_m.device):
        known = _known(problem, state, rows, turn_sd_rad)
        within[rows] = torch.cholesky_inverse(torch.linalg.cholesky(known.frames))
        through[rows] = within[rows] @ known.border
        left += known.corner - (known.border.mT @ through[rows]).sum(0)
    shared = count * torch.cholesky_inverse(torch.linalg.cholesky(left))
    for rows in slabs(count, state.root_cam_m.device):
        within[rows].baddbmm_(through[rows] @ shared, through[rows].mT)
    return within


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """What k frames, each by itself, know of themselves and the shared unknowns."""

    frames: Tensor
    """(k, N, N)."""
    border: Tensor
    """(k, N, G)."""
    corner: Tensor
    """(G, G) of all together."""


def _known(problem: Problem, state: State, rows: slice, turn_sd_rad: float) -> _Known:
    """Return what some knots know.

    Turning all 3D landmarks is, to them, turning the root the other way. That they
    may be turned takes away what they say of it on their own.
    """
    evidence = problem.evidence.rows(rows)
    blind = replace(evidence, world_weight=torch.zeros_like(evidence.world_weight))
    whole, flat = (
        _equations(replace(problem, evidence=seen), state.rows(rows))
        for seen in (evidence, blind)
    )
    turn = TURNS.start + torch.arange(3, device=whole.frames.device)
    by_turn = (whole.frames - flat.frames)[:, turn]
    by_shared = (whole.border - flat.border)[:, turn]
    own = by_turn[:, :, turn] + identity(3, by_turn) * turn_sd_rad**-2
    taken = torch.linalg.solve(own, torch.cat((by_turn, by_shared), 2))
    by_frames, by_corner = taken.split((UNKNOWNS, SHARED), 2)
    frames = whole.frames - by_turn.mT @ by_frames
    frames[:, turn, turn] += ROOT_SD_RAD**-2
    return _Known(
        frames=frames,
        border=whole.border - by_turn.mT @ by_corner,
        corner=whole.corner - (by_shared.mT @ by_corner).sum(0),
    )


def _equations(problem: Problem, state: State) -> _Known:
    """Return the equations of frames that are not tied to each other."""
    unlinked = problem.step_rate[: len(state.root_cam_m) - 1]
    normal = linearise(replace(problem, step_rate=unlinked), state)
    upper = normal.blocks.diagonal.triu()
    frames = upper + upper.mT - torch.diag_embed(upper.diagonal(dim1=1, dim2=2))
    frames.diagonal(dim1=1, dim2=2).add_(normal.own)
    blocks = normal.blocks
    return _Known(
        frames=frames,
        border=blocks.right[..., :SHARED],
        corner=blocks.corner[:SHARED, :SHARED],
    )


def _places(placed: Placed, moves_joint: Tensor, covariance: Tensor) -> Tensor:
    """Return (K, J) standard deviations of the joints' positions."""
    jac = _centred_jacobian(placed, moves_joint)
    return per_axis(((jac @ covariance) * jac).sum(-1))


def _centred_jacobian(placed: Placed, moves_joint: Tensor) -> Tensor:
    """Return (K, 3 J, N): movement of the joints about their mean."""
    joints, count = placed.joints_cam_m, len(placed.joints_cam_m)
    arms = skew(joints[:, None] - joints[:, :, None])
    by_turn = small_matmul(arms, placed.rotmats_cam[:, None])
    by_turn.mul_(moves_joint[1:].mT[:, :, None, None])
    by_turn.sub_(by_turn.mean(1, keepdim=True))
    jac = joints.new_zeros(count, 3 * MOVED, UNKNOWNS)
    flat = by_turn.transpose(2, 3).reshape(count, 3 * MOVED, -1)
    jac[..., TURNS] = flat
    return jac
