"""From residuals at sites to Gauss-Newton blocks, through the kinematic tree.

A turn ``v`` of joint a in its own frame moves a site x of its subtree by
``ω × (x - p_a)`` with ``ω = R_a v``: a rigid twist (ω, p_a × ω). So a site's
information about rigid movement, 6x6, is first summed over subtrees and only then
seen through the joints' axes, as composite inertias are in robot dynamics
(Featherstone, "Rigid Body Dynamics Algorithms", 2008, §6.2). The Jacobian of
all residuals by all unknowns is never stored.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from ergomesh.contract.skeleton import JOINT
from ergomesh.mesh.core.body import MOVED, Placed, Rig
from ergomesh.mesh.core.residuals import Term, hip_middle, robust_weight
from ergomesh.mesh.core.rotations import skew
from ergomesh.mesh.core.sites import ROOT

UNKNOWNS = 3 * (MOVED + 1)
"""N: a turn of each moved joint, then the root's translation."""

_ROOT = JOINT[ROOT]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axes:
    """How unknowns move sites, seen from an origin."""

    twists: Tensor
    """(T, J + 1, 6, 3): angular and linear velocity at the origin by unknown."""
    levers_m: Tensor
    """(T, P, 3) from the origin to the sites."""

    @classmethod
    def about_root(cls, placed: Placed) -> Self:
        """Return the movement of sites in the camera frame."""
        origin = placed.joints_cam_m[:, _ROOT, None]
        turns = _turns(placed, origin)
        slide = torch.eye(6, 3).to(origin).flip(0).flip(1)
        slides = slide.expand(len(turns), 1, 6, 3)
        levers = placed.sites_cam_m - origin
        return cls(twists=torch.cat((turns, slides), 1), levers_m=levers)

    @classmethod
    def about_hips(cls, placed: Placed) -> Self:
        """Return the movement of sites relative to the hips' middle.

        The hips are rigid with the root: its translation moves nothing, and its
        turn goes about them.
        """
        origin = hip_middle(placed)[:, None]
        turns = _turns(placed, origin)
        turns[:, _ROOT, 3:] = 0
        slides = torch.zeros_like(turns[:, :1])
        levers = placed.sites_cam_m - origin
        return cls(twists=torch.cat((turns, slides), 1), levers_m=levers)


def _turns(placed: Placed, origin_m: Tensor) -> Tensor:
    """Return (T, J, 6, 3) twists of the joints about an origin (T, 1, 3)."""
    arms = skew(placed.joints_cam_m - origin_m)
    return torch.cat((placed.rotmats_cam, arms @ placed.rotmats_cam), -2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Gauss-Newton blocks of one term or of a sum of terms."""

    diagonal: Tensor
    """(T, N, N)."""
    border: Tensor
    """(T, N, G)."""
    gradient: Tensor
    """(T, N)."""
    corner: Tensor
    """(G, G)."""
    shared_gradient: Tensor
    """(G,)."""

    def __add__(self, other: Self) -> "Blocks":
        return Blocks(
            diagonal=self.diagonal + other.diagonal,
            border=self.border + other.border,
            gradient=self.gradient + other.gradient,
            corner=self.corner + other.corner,
            shared_gradient=self.shared_gradient + other.shared_gradient,
        )


def site_blocks(
    rig: Rig, axes: Axes, term: Term, weight: Tensor, robust_scale: float
) -> Blocks:
    """Return the blocks of a robust term by reweighted least squares.

    Args:
        rig: Which joints move which sites.
        axes: How the unknowns move the term's sites.
        term: The linearised residuals.
        weight: (T, P) confidence.
        robust_scale: Geman-McClure width.
    """
    root = (weight * robust_weight(term.residual, robust_scale)).sqrt()[..., None, None]
    by_site = term.by_site * root
    by_shared = term.by_shared * root
    known = torch.cat((by_shared, term.residual[..., None] * root), -1)
    arms = torch.linalg.cross(axes.levers_m[:, :, None].expand_as(by_site), by_site)
    by_twist = torch.cat((arms, by_site), -1)
    carried = by_twist.mT @ torch.cat((by_twist, known), -1)
    summed = _subtree_sums(rig, carried)
    seen = axes.twists.mT @ summed[..., 6:]
    flat = known.flatten(0, 2)
    square = flat.mT @ flat
    return Blocks(
        diagonal=_frame_blocks(rig, axes.twists, summed[..., :6]),
        border=seen[..., :-1].flatten(1, 2),
        gradient=seen[..., -1].flatten(1, 2),
        corner=square[:-1, :-1],
        shared_gradient=square[:-1, -1],
    )


def _subtree_sums(rig: Rig, of_sites: Tensor) -> Tensor:
    """Sum (T, P, a, b) over what each unknown moves: (T, J + 1, a, b)."""
    moves = torch.cat((rig.moves_site, torch.ones_like(rig.moves_site[:1])))
    return (moves @ of_sites.flatten(2)).unflatten(-1, of_sites.shape[2:])


def _frame_blocks(rig: Rig, twists: Tensor, inertia: Tensor) -> Tensor:
    """Return (T, N, N): block (a, b) sees the inertia of the deeper of the two."""
    deeper = (inertia @ twists).transpose(1, 2).flatten(2)
    outer = twists.transpose(1, 2).flatten(2)
    upper = (outer.mT @ deeper) * _upper(rig)
    return upper + upper.mT


def _upper(rig: Rig) -> Tensor:
    """Return (N, N): one where the row moves the column's joint, half if equal."""
    above = torch.nn.functional.pad(rig.moves_joint, (0, 1, 0, 1))
    above[-1] = 1
    above = above - 0.5 * torch.eye(MOVED + 1).to(above)
    return above.repeat_interleave(3, 0).repeat_interleave(3, 1)
