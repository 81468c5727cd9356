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

from ergomesh.contract.skeleton import JOINT, PARENTS
from ergomesh.mesh.core.blocks import Blocks, Room
from ergomesh.mesh.core.body import MOVED, Placed, Rig
from ergomesh.mesh.core.residuals import (
    BY_TWIST,
    KNOWN,
    RESIDUAL,
    hip_middle,
    robust_weight,
)
from ergomesh.mesh.core.rotations import identity, skew, small_matmul
from ergomesh.mesh.core.sites import ROOT

_ROOT = JOINT[ROOT]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axes:
    """How unknowns move sites, seen from an origin."""

    origin_m: Tensor
    """(T, 1, 3) camera frame."""
    twists: Tensor
    """(T, 1 + J, 6, 3): angular and linear velocity at the origin by unknown."""

    @classmethod
    def about_root(cls, placed: Placed) -> Self:
        """Return the movement of sites in the camera frame."""
        origin = placed.joints_cam_m[:, _ROOT, None]
        twists = _twists(placed, origin)
        twists[:, 0, 3:] = identity(3, origin)
        return cls(origin_m=origin, twists=twists)

    @classmethod
    def about_hips(cls, placed: Placed) -> Self:
        """Return the movement of sites relative to the hips' middle.

        The hips are rigid with the root: its translation moves nothing, and its
        turn goes about them.
        """
        origin = hip_middle(placed)[:, None]
        twists = _twists(placed, origin)
        twists[:, 1 + _ROOT, 3:] = 0
        return cls(origin_m=origin, twists=twists)


def _twists(placed: Placed, origin_m: Tensor) -> Tensor:
    """Return (T, 1 + J, 6, 3) twists of the joints' turns, the slide left zero."""
    turns = placed.rotmats_cam
    twists = turns.new_zeros(len(turns), 1 + turns.shape[1], 6, 3)
    twists[:, 1:, :3] = turns
    twists[:, 1:, 3:] = skew(placed.joints_cam_m - origin_m) @ turns
    return twists


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """A robust term, with how the unknowns move its sites."""

    axes: Axes
    rows: Tensor
    """(T, P, m, 19), columns as ``residuals`` says."""
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
    whitened = [_whitened(sighting, robust_scale) for sighting in sightings]
    carried = _carried(rig, whitened)
    twists = torch.stack([sighting.axes.twists for sighting in sightings], 2)
    inertia = (carried[..., BY_TWIST] @ twists).flatten(2, 3)
    twists = twists.flatten(2, 3)
    _frame_blocks(rig, twists, inertia, room.diagonal)
    right = twists.mT @ carried[..., KNOWN].flatten(2, 3)
    room.right.copy_(right.flatten(1, 2))
    flat = torch.cat([rows[..., KNOWN].flatten(0, 2) for rows in whitened])
    return Blocks(diagonal=room.diagonal, right=room.right, corner=flat.mT @ flat)


def _whitened(sighting: Sighting, robust_scale: float) -> Tensor:
    """Return the rows times the root of their confidence and robust weight."""
    robust = robust_weight(sighting.rows[..., RESIDUAL], robust_scale)
    return sighting.rows * (sighting.weight * robust).sqrt()[..., None, None]


def _carried(rig: Rig, whitened: Sequence[Tensor]) -> Tensor:
    """Return (T, 1 + J, s, 6, 19): rows by twist times rows, of what unknowns move.

    Args:
        rig: Which joint moves which sites.
        whitened: s terms' rows.
    """
    count, sites = whitened[0].shape[:2]
    size = (len(whitened), BY_TWIST.stop, RESIDUAL + 1)
    squares = whitened[0].new_empty(count, sites, *size)
    for k, rows in enumerate(whitened):
        small_matmul(rows[..., BY_TWIST].mT, rows, out=squares[:, :, k])
    carried = squares.new_zeros(count, 1 + MOVED, *size)
    carried.index_add_(1, rig.host + 1, squares)
    slide, *joints = carried.unbind(1)
    for joint in reversed(range(1, MOVED)):
        joints[PARENTS[joint]].add_(joints[joint])
    slide.copy_(joints[_ROOT])
    return carried


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
