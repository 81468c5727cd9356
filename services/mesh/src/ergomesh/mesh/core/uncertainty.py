"""How sure the fit is: the posterior covariance from the normal equations.

The inverse of the bordered system has, on the diagonal of frame k,
``(H⁻¹)_kk + Y_k S⁻¹ Y_kᵀ`` with ``Y = H⁻¹ B`` and S the Schur complement: what the
frame itself leaves open, and what the shared unknowns do.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocks import Room
from ergomesh.mesh.core.body import MOVED, TURNS, UNKNOWNS, Placed
from ergomesh.mesh.core.normal import Normal
from ergomesh.mesh.core.rotations import skew, small_matmul, split_last
from ergomesh.mesh.core.slabs import in_threads, slabs
from ergomesh.mesh.core.solver import Eliminated, eliminate

TRACE_DAMPING: Final = 1e-6
"""Relative damping that no standard deviation shows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """Formal standard deviations per axis, before inflation."""

    turns_rad: Tensor
    """(T, J) of the joints' rotations."""
    joints_m: Tensor
    """(T, J) of the joints' positions about the body's centre."""


def spread_of(
    normal: Normal, placed: Placed, moves_joint: Tensor, room: Room
) -> Spread:
    """Return the spread of a solution.

    Joint positions are relative to the mean of the joints: the distance from a
    single camera is far less certain, and no angle depends on it.

    Args:
        normal: The equations at the solution.
        placed: The body there.
        moves_joint: (1 + J, J) of :class:`body.Rig`.
        room: Memory to use; what it held is lost.
    """
    parts = _parts(normal, room)
    if parts is None:
        unknown = torch.full_like(placed.joints_cam_m[..., 0], torch.inf)
        return Spread(turns_rad=unknown, joints_m=unknown)
    within, shared = parts.frames.inverse_blocks(), _inverse(parts.schur)

    def slab(rows: slice) -> tuple[Tensor, Tensor]:
        through = parts.through[rows, :, :-1]
        covariance = within[rows].baddbmm_(through @ shared, through.mT)
        jac = _centred_jacobian(placed.rows(rows), moves_joint)
        own = covariance.diagonal(dim1=1, dim2=2)[:, TURNS]
        return own, ((jac @ covariance) * jac).sum(-1)

    pieces = in_threads(slab, slabs(len(within), within.device), room.threads)
    turns, places = (torch.cat(column) for column in zip(*pieces, strict=True))
    return Spread(turns_rad=_per_axis(turns), joints_m=_per_axis(places))


def _per_axis(variance: Tensor) -> Tensor:
    """Return (T, J) standard deviations of (T, 3 J) variances."""
    return split_last(variance, MOVED, 3).mean(-1).clamp_min(0).sqrt()


def _parts(normal: Normal, room: Room) -> Eliminated | None:
    """Eliminate without damping, or, should rounding forbid it, with a trace."""
    return eliminate(normal, 0.0, room) or eliminate(normal, TRACE_DAMPING, room)


def _inverse(schur: Tensor) -> Tensor:
    inverse: Tensor = torch.linalg.pinv(schur, hermitian=True)
    return inverse


def _centred_jacobian(placed: Placed, moves_joint: Tensor) -> Tensor:
    """Return (T, 3 J, N): movement of the joints about their mean."""
    joints, count = placed.joints_cam_m, len(placed.joints_cam_m)
    arms = skew(joints[:, None] - joints[:, :, None])
    by_turn = small_matmul(arms, placed.rotmats_cam[:, None])
    by_turn.mul_(moves_joint[1:].mT[:, :, None, None])
    by_turn.sub_(by_turn.mean(1, keepdim=True))
    jac = joints.new_zeros(count, 3 * MOVED, UNKNOWNS)
    flat = by_turn.transpose(2, 3).reshape(count, 3 * MOVED, -1)
    jac[..., TURNS] = flat
    return jac
