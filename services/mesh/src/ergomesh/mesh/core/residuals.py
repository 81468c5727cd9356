"""Residuals of landmarks against a placed body, and their derivatives.

Residuals are whitened: divided by their standard deviation. Both kinds are
functions of the sites, whose movement ``normal`` knows from the kinematic tree,
and of the shared unknowns.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ergomesh.mesh.core import shape
from ergomesh.mesh.core.body import BETAS, Placed, State
from ergomesh.mesh.core.camera import project, projection_jacobian
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.rotations import small_matmul
from ergomesh.mesh.core.sites import HIP_SITES


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Term:
    """Residuals of one kind, linear around a state; m values per site."""

    residual: Tensor
    """(T, P, m)."""
    by_site: Tensor
    """(T, P, m, 3) derivative by the movement of the site."""
    by_shared: Tensor
    """(T, P, m, G) derivative by the shared unknowns, all ways together."""


def hip_middle(placed: Placed) -> Tensor:
    """Return (T, 3) the middle of the hip sites, camera frame."""
    return placed.sites_cam_m[:, HIP_SITES].mean(1)


def robust_cost(residual: Tensor, scale: float) -> Tensor:
    """Return (T, P) Geman-McClure costs ``c² s / (c² + s)``, s the squared norm.

    Args:
        residual: (T, P, m).
        scale: The width c, in standard deviations.
    """
    squared = residual.square().sum(-1)
    return scale**2 * squared / (scale**2 + squared)


def robust_weight(residual: Tensor, scale: float) -> Tensor:
    """Return (T, P) derivative of :func:`robust_cost` by s: the IRLS weight."""
    squared = residual.square().sum(-1)
    return (scale**2 / (scale**2 + squared)) ** 2


def pixel_residual(placed: Placed, state: State, evidence: Evidence) -> Tensor:
    """Return (T, P, 2): projected sites minus landmarks."""
    focal = shape.focal_px(evidence, state.shared)
    found = project(placed.sites_cam_m, focal, evidence.centre_px)
    return (found - evidence.points_px) / evidence.points_sd_px[..., None]


def world_residual(placed: Placed, state: State, evidence: Evidence) -> Tensor:
    """Return (T, P, 3): hip-centred sites minus world landmarks, crop frame."""
    offset = placed.sites_cam_m - hip_middle(placed)[:, None]
    in_crop = offset @ evidence.rotmat_cam_crop
    scale = state.shared[shape.LOG_SCALE].exp()
    return (in_crop - scale * evidence.world_m) / evidence.world_sd_m


def _by_shared(by_site: Tensor, by_betas_m: Tensor) -> Tensor:
    through_sites = small_matmul(by_site, by_betas_m)
    empty = through_sites.new_zeros(*through_sites.shape[:-1], shape.SHARED - BETAS)
    return torch.cat((through_sites, empty), -1)


def pixel_term(
    placed: Placed, state: State, evidence: Evidence, by_betas_m: Tensor
) -> Term:
    """Return the linearised 2D term.

    Args:
        placed: The body at the state.
        state: Where to linearise.
        evidence: The landmarks.
        by_betas_m: (T, P, 3, 10) of :func:`body.shape_jacobian`.
    """
    focal = shape.focal_px(evidence, state.shared)
    sd = evidence.points_sd_px[..., None]
    by_site = projection_jacobian(placed.sites_cam_m, focal) / sd[..., None]
    by_shared = _by_shared(by_site, by_betas_m)
    found = project(placed.sites_cam_m, focal, evidence.centre_px)
    by_shared[..., shape.LOG_FOCAL] = (found - evidence.centre_px) / sd
    return Term(
        residual=(found - evidence.points_px) / sd,
        by_site=by_site,
        by_shared=by_shared,
    )


def world_term(
    placed: Placed, state: State, evidence: Evidence, by_betas_m: Tensor
) -> Term:
    """Return the linearised 3D term; its sites move relative to the hips' middle.

    Args:
        placed: The body at the state.
        state: Where to linearise.
        evidence: The landmarks.
        by_betas_m: (T, P, 3, 10) of :func:`body.shape_jacobian`.
    """
    whitened = evidence.rotmat_cam_crop.mT / evidence.world_sd_m[:, None]
    by_site = whitened[:, None].expand(-1, by_betas_m.shape[1], -1, -1)
    relative = by_betas_m - by_betas_m[:, HIP_SITES].mean(1, keepdim=True)
    by_shared = _by_shared(by_site, relative)
    scale = state.shared[shape.LOG_SCALE].exp()
    by_shared[..., shape.LOG_SCALE] = -scale * evidence.world_m / evidence.world_sd_m
    return Term(
        residual=world_residual(placed, state, evidence),
        by_site=by_site,
        by_shared=by_shared,
    )
