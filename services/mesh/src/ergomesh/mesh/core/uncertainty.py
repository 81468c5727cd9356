"""How sure the fit is: the posterior covariance from the normal equations.

The inverse of the bordered system has, on the diagonal of frame k,
``(H⁻¹)_kk + Y_k S⁻¹ Y_kᵀ`` with ``Y = H⁻¹ B`` and S the Schur complement: what the
frame itself leaves open, and what the shared unknowns do.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ergomesh.mesh.core.body import MOVED, Placed
from ergomesh.mesh.core.normal import Normal
from ergomesh.mesh.core.rotations import skew
from ergomesh.mesh.core.solver import eliminate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """Formal standard deviations per axis, before inflation."""

    turns_rad: Tensor
    """(T, J) of the joints' rotations."""
    joints_m: Tensor
    """(T, J) of the joints' positions about the body's centre."""


def spread_of(normal: Normal, placed: Placed, moves_joint: Tensor) -> Spread:
    """Return the spread of a solution.

    Joint positions are relative to the mean of the joints: the distance from a
    single camera is far less certain, and no angle depends on it.

    Args:
        normal: The equations at the solution.
        placed: The body there.
        moves_joint: (J, J) of :class:`body.Rig`.
    """
    covariance = frame_covariance(normal)
    own = covariance.diagonal(dim1=1, dim2=2).clamp_min(0)
    turns = own.unflatten(-1, (MOVED + 1, 3)).mean(-1).sqrt()[:, :MOVED]
    jac = _centred_jacobian(placed, moves_joint)
    variance = ((jac @ covariance) * jac).sum(-1).unflatten(-1, (MOVED, 3))
    return Spread(turns_rad=turns, joints_m=variance.mean(-1).clamp_min(0).sqrt())


def frame_covariance(normal: Normal) -> Tensor:
    """Return (T, N, N) covariance of each frame's unknowns."""
    parts = eliminate(normal, damping=0.0)
    if parts is None:
        # Rounding alone can do this; a trace of damping is then no loss.
        parts = eliminate(normal, damping=1e-6)
    if parts is None:
        return torch.full_like(normal.blocks.diagonal, torch.inf)
    through = parts.through[..., :-1]
    shared = torch.linalg.pinv(parts.schur, hermitian=True)
    return parts.frames.inverse_blocks() + through @ shared @ through.mT


def _centred_jacobian(placed: Placed, moves_joint: Tensor) -> Tensor:
    """Return (T, 3 J, N): movement of the joints about their mean."""
    joints = placed.joints_cam_m
    arms = skew(joints[:, :, None] - joints[:, None])
    by_turn = -(arms @ placed.rotmats_cam[:, None])
    by_turn = by_turn * moves_joint.mT[:, :, None, None]
    by_turn = by_turn - by_turn.mean(1, keepdim=True)
    flat = by_turn.transpose(2, 3).flatten(3).flatten(1, 2)
    return torch.nn.functional.pad(flat, (0, 3))


