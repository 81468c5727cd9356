"""From residuals at sites to Gauss-Newton blocks, through the kinematic tree.

A turn ``v`` of joint a in its own frame moves a site x of its subtree by
``cross(ω, x - p_a)``, ``ω = R_a v``: a rigid twist (ω, cross(p_a, ω)). So a site's
information about rigid movement, 6x6, is first summed over subtrees and only then
seen through the joints' axes, as composite inertias are in robot dynamics
(Featherstone, "Rigid Body Dynamics Algorithms", 2008, §6.2). The Jacobian of
all residuals by all unknowns is never stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from ergomesh.contract.skeleton import JOINT
from ergomesh.mesh.core.blocks import Blocks, Room
from ergomesh.mesh.core.body import Placed, Rig
from ergomesh.mesh.core.residuals import Term, hip_middle, robust_weight
from ergomesh.mesh.core.rotations import cross, skew, small_matmul, split_last
from ergomesh.mesh.core.sites import ROOT

_ROOT = JOINT[ROOT]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axes:
    """How unknowns move sites, seen from an origin."""

    twists: Tensor
    """(T, 1 + J, 6, 3): angular and linear velocity at the origin by unknown."""
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
        return cls(twists=torch.cat((slides, turns), 1), levers_m=levers)

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
        return cls(twists=torch.cat((slides, turns), 1), levers_m=levers)


def _turns(placed: Placed, origin_m: Tensor) -> Tensor:
    """Return (T, J, 6, 3) twists of the joints about an origin (T, 1, 3)."""
    arms = skew(placed.joints_cam_m - origin_m)
    return torch.cat((placed.rotmats_cam, arms @ placed.rotmats_cam), -2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """A robust term, with how the unknowns move its sites."""

    axes: Axes
    term: Term
    weight: Tensor
    """(T, P) confidence."""


def site_blocks(
    rig: Rig, sightings: Sequence[Sighting], robust_scale: float, room: Room
) -> Blocks:
    """Return the blocks of robust terms by reweighted least squares.

    Args:
        rig: Which joints move which sites.
        sightings: The terms.
        robust_scale: Geman-McClure width.
        room: Where to put the blocks.
    """
    known = [_whitened(sighting, robust_scale) for sighting in sightings]
    carried = [
        _carried(rig, sighting.axes, *rows)
        for sighting, rows in zip(sightings, known, strict=True)
    ]
    twists = torch.cat([sighting.axes.twists for sighting in sightings], -2)
    inertia = torch.cat(
        [
            each[..., :6] @ sighting.axes.twists
            for sighting, each in zip(sightings, carried, strict=True)
        ],
        -2,
    )
    _frame_blocks(rig, twists, inertia, room.diagonal)
    seen = twists.mT @ torch.cat([each[..., 6:] for each in carried], -2)
    room.right.copy_(seen.flatten(1, 2))
    flat = torch.cat([rows.flatten(0, 2) for _, rows in known])
    return Blocks(diagonal=room.diagonal, right=room.right, corner=flat.mT @ flat)


def _whitened(sighting: Sighting, robust_scale: float) -> tuple[Tensor, Tensor]:
    """Return (T, P, m, 3) by sites and (T, P, m, G + 1) by shared and residual."""
    term = sighting.term
    weight = sighting.weight * robust_weight(term.residual, robust_scale)
    root = weight.sqrt()[..., None, None]
    known = torch.cat((term.by_shared, term.residual[..., None]), -1)
    return term.by_site * root, known * root


def _carried(rig: Rig, axes: Axes, by_site: Tensor, known: Tensor) -> Tensor:
    """Return (T, 1 + J, 6, 6 + G + 1): what each unknown moves, summed."""
    arms = cross(axes.levers_m[:, :, None], by_site)
    by_twist = torch.cat((arms, by_site), -1)
    carried = small_matmul(by_twist.mT, torch.cat((by_twist, known), -1))
    return split_last(rig.moves_site @ carried.flatten(2), *carried.shape[2:])


def _frame_blocks(rig: Rig, twists: Tensor, inertia: Tensor, out: Tensor) -> None:
    """Write (T, N, N): block (a, b) sees the inertia of b, which a moves.

    Args:
        rig: Which unknown moves which joint.
        twists: (T, 1 + J, 6 s, 3) of s terms.
        inertia: (T, 1 + J, 6 s, 3) inertia times twists.
        out: (T, N, N); upper triangles.
    """
    outer = twists.transpose(1, 2).flatten(2)
    torch.bmm(outer.mT, inertia.transpose(1, 2).flatten(2), out=out)
    above = torch.nn.functional.pad(rig.moves_joint, (1, 0))
    above[0, 0] = 1
    out.mul_(above.repeat_interleave(3, 0).repeat_interleave(3, 1))
