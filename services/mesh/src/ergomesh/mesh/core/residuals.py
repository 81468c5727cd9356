"""Residuals of landmarks against a placed body, and their derivatives.

Residuals are whitened: divided by their standard deviation. Both kinds are
functions of the sites, whose movement ``normal`` knows from the kinematic tree,
and of the shared unknowns.
"""

from typing import Final

from torch import Tensor

from ergomesh.mesh.core import shape
from ergomesh.mesh.core.body import BETAS, Placed, State
from ergomesh.mesh.core.camera import project, projection_jacobian
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.rotations import cross, small_matmul
from ergomesh.mesh.core.sites import HIP_SITES

BY_TURN: Final = slice(0, 3)
"""Columns of a row: derivative by a turn about the term's origin."""

BY_SLIDE: Final = slice(3, 6)
"""Columns of a row: derivative by a movement of the site."""

BY_TWIST: Final = slice(0, 6)
"""Columns of a row: turn and movement together, a twist."""

BY_SHARED: Final = slice(6, 6 + shape.SHARED)
"""Columns of a row: derivative by the shared unknowns, all ways together."""

RESIDUAL: Final = BY_SHARED.stop
"""Last column of a row: the residual itself."""

KNOWN: Final = slice(BY_SHARED.start, RESIDUAL + 1)
"""Columns of a row: shared unknowns and residual."""

_BY_BETAS: Final = slice(BY_SHARED.start, BY_SHARED.start + BETAS)


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


def pixel_rows(
    placed: Placed, state: State, evidence: Evidence, by_betas_m: Tensor, origin: Tensor
) -> Tensor:
    """Return (T, P, 2, 19): the 2D residuals and their derivatives.

    Args:
        placed: The body at the state.
        state: Where to linearise.
        evidence: The landmarks.
        by_betas_m: (T, P, 3, 10) of :func:`body.shape_jacobian`.
        origin: (T, 1, 3) that twists are about.
    """
    focal = shape.focal_px(evidence, state.shared)
    sd = evidence.points_sd_px[..., None]
    by_site = projection_jacobian(placed.sites_cam_m, focal) / sd[..., None]
    rows = _rows(by_site, placed.sites_cam_m - origin, by_betas_m)
    found = project(placed.sites_cam_m, focal, evidence.centre_px)
    rows[..., _BY_BETAS.start + shape.LOG_FOCAL] = (found - evidence.centre_px) / sd
    rows[..., RESIDUAL] = (found - evidence.points_px) / sd
    return rows


def world_rows(
    placed: Placed, state: State, evidence: Evidence, by_betas_m: Tensor, origin: Tensor
) -> Tensor:
    """Return (T, P, 3, 19): the 3D residuals and their derivatives.

    Sites count relative to the hips' middle, for their movement by the shape too.

    Args:
        placed: The body at the state.
        state: Where to linearise.
        evidence: The landmarks.
        by_betas_m: (T, P, 3, 10) of :func:`body.shape_jacobian`.
        origin: (T, 1, 3) that twists are about: the hips' middle.
    """
    whitened = evidence.rotmat_cam_crop.mT / evidence.world_sd_m[:, None]
    relative = by_betas_m - by_betas_m[:, HIP_SITES].mean(1, keepdim=True)
    rows = _rows(whitened[:, None], placed.sites_cam_m - origin, relative)
    scaled = state.shared[shape.LOG_SCALE].exp() * evidence.world_m
    rows[..., _BY_BETAS.start + shape.LOG_SCALE] = -scaled / evidence.world_sd_m
    rows[..., RESIDUAL] = world_residual(placed, state, evidence)
    return rows


def _rows(by_site: Tensor, levers_m: Tensor, by_betas_m: Tensor) -> Tensor:
    """Return (T, P, m, 19) rows with what comes through the sites filled in.

    Args:
        by_site: (T, P or 1, m, 3) derivative by the movement of the site.
        levers_m: (T, P, 3) from the origin to the sites.
        by_betas_m: (T, P, 3, 10) movement of the sites.
    """
    size = (*by_betas_m.shape[:2], by_site.shape[-2], RESIDUAL + 1)
    rows = by_site.new_zeros(size)
    rows[..., BY_SLIDE] = by_site
    rows[..., BY_TURN] = cross(levers_m[:, :, None], by_site)
    rows[..., _BY_BETAS] = small_matmul(by_site, by_betas_m)
    return rows
