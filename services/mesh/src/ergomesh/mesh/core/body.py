"""The body: rest shape, kinematic tree, and where its joints and sites are."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, PARENTS
from ergomesh.mesh.core.rotations import rotvec_to_rotmat, small_matmul, split_last
from ergomesh.mesh.core.sites import RISE, SITES, SPECIAL_VERTICES

MOVED: Final = len(BODY_JOINTS)
"""J: the joints that a fit moves; the others stay at rest."""

UNKNOWNS: Final = 3 * (1 + MOVED)
"""N: unknowns of a frame, the root's translation and a turn of each joint."""

SLIDE: Final = slice(0, 3)
"""Unknowns of the root's translation."""

TURNS: Final = slice(3, UNKNOWNS)
"""Unknowns of the joints' turns."""

BETAS: Final = 10
"""Shape components used."""

_VERTEX_ROW: Final = {name: i for i, name in enumerate(SPECIAL_VERTICES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyModel:
    """Joints and special vertices of an SMPL-X body, linear in its shape."""

    joints_m: Tensor
    """(55, 3) rest joints of the mean shape."""
    joint_dirs_m: Tensor
    """(55, 3, 10) their change by one unit of each shape component."""
    vertices_m: Tensor
    """(9, 3) rest positions, order of :data:`SPECIAL_VERTICES`."""
    vertex_dirs_m: Tensor
    """(9, 3, 10)."""
    stature_m: Tensor
    """() height of the mean shape at rest, barefoot."""
    stature_dirs_m: Tensor
    """(10,) its change by one unit of each shape component."""
    gender: str
    """``neutral``, ``male`` or ``female``."""
    name: str
    """File name and the first 12 digits of its SHA-256."""

    def rest_joints_m(self, betas: Tensor) -> Tensor:
        """Return the (55, 3) rest joints of a shape (10,)."""
        return self.joints_m + self.joint_dirs_m @ betas

    def of_stature(self, stature_m: float) -> "Standing":
        """Return the bodies of one barefoot stature: what the fit may still choose.

        The likeliest shape of that stature becomes the mean, and the shape
        components lose the direction that changes it.
        """
        along = self.stature_dirs_m / self.stature_dirs_m.norm()
        still = torch.eye(BETAS).to(along) - torch.outer(along, along)
        mean = (
            (stature_m - self.stature_m)
            * self.stature_dirs_m
            / (self.stature_dirs_m @ self.stature_dirs_m)
        )
        body = replace(
            self,
            joints_m=self.joints_m + self.joint_dirs_m @ mean,
            joint_dirs_m=self.joint_dirs_m @ still,
            vertices_m=self.vertices_m + self.vertex_dirs_m @ mean,
            vertex_dirs_m=self.vertex_dirs_m @ still,
            stature_m=self.stature_m + self.stature_dirs_m @ mean,
            stature_dirs_m=self.stature_dirs_m @ still,
        )
        return Standing(body=body, mean=mean, still=still)

    def to(self, device: str) -> Self:
        """Return the body on a device."""
        return replace(
            self,
            joints_m=self.joints_m.to(device),
            joint_dirs_m=self.joint_dirs_m.to(device),
            vertices_m=self.vertices_m.to(device),
            vertex_dirs_m=self.vertex_dirs_m.to(device),
            stature_m=self.stature_m.to(device),
            stature_dirs_m=self.stature_dirs_m.to(device),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Bodies of one stature, and what their shapes are in the model's own terms."""

    body: BodyModel
    mean: Tensor
    """(10,) shape components of its mean shape."""
    still: Tensor
    """(10, 10) takes its shape components to the model's."""

    def betas_of(self, betas: FloatArray) -> FloatArray:
        """Return (10,) the model's own shape components."""
        mean, still = self.mean.cpu().numpy(), self.still.cpu().numpy()
        return np.asarray(mean + still @ betas)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rig:
    """The moved joints and the sites of a body, as the solver needs them."""

    bone_m: Tensor
    """(J, 3) from parent to joint at rest; zero for the root."""
    bone_dirs_m: Tensor
    """(J, 3, 10)."""
    site_m: Tensor
    """(P, 3) from host joint to site at rest."""
    site_dirs_m: Tensor
    """(P, 3, 10)."""
    host: Tensor
    """(P,) joint that moves the site."""
    moves_joint: Tensor
    """(1 + J, J) one where the row's unknown moves what hangs on the joint. The
    first row is the root's translation, then come the joints' turns."""
    moves_site: Tensor
    """(1 + J, P) one where the row's unknown moves the site."""
    spread: Tensor
    """(P,) relative standard deviation of the landmark."""

    @classmethod
    def of(cls, body: BodyModel, like: Tensor) -> Self:
        """Build from a body, with the device and type of a tensor."""
        joints, dirs = body.joints_m.to(like), body.joint_dirs_m.to(like)
        parent = [max(p, 0) for p in PARENTS[:MOVED]]
        host = [JOINT[site.host] for site in SITES]
        anchor, anchor_dirs = _anchors(body, like)
        moves = _ancestry(like)
        return cls(
            bone_m=joints[:MOVED] - joints[parent],
            bone_dirs_m=dirs[:MOVED] - dirs[parent],
            site_m=anchor + _offsets(anchor) - joints[host],
            site_dirs_m=anchor_dirs - dirs[host],
            host=torch.tensor(host, device=like.device),
            moves_joint=moves,
            moves_site=moves[:, host],
            spread=like.new_tensor([site.spread for site in SITES]),
        )


def _anchors(body: BodyModel, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the sites start: (P, 3) and (P, 3, 10)."""
    points = torch.cat((body.vertices_m, body.joints_m)).to(like)
    dirs = torch.cat((body.vertex_dirs_m, body.joint_dirs_m)).to(like)
    rows = [
        _VERTEX_ROW[s.anchor]
        if s.anchor in _VERTEX_ROW
        else len(_VERTEX_ROW) + JOINT[s.anchor]
        for s in SITES
    ]
    return points[rows], dirs[rows]


def _offsets(anchor_m: Tensor) -> Tensor:
    """Return (P, 3) from the anchors (P, 3) to the sites."""
    offset = anchor_m.new_tensor([site.offset_m for site in SITES])
    for row, site in enumerate(SITES):
        if site.aside_m is not None:
            x = anchor_m[row, 0]
            out = site.aside_m - x.abs()
            offset[row] += torch.stack((x.sign() * out, RISE * out, 0 * out))
    return offset


def _ancestry(like: Tensor) -> Tensor:
    moves = like.new_zeros(1 + MOVED, MOVED)
    moves[0] = 1
    for joint in range(MOVED):
        ancestor = joint
        while ancestor >= 0:
            moves[1 + ancestor, joint] = 1
            ancestor = PARENTS[ancestor]
    return moves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """The unknowns: a pose per frame, and what the sequence shares."""

    rotmats: Tensor
    """(T, J, 3, 3) parent from joint; the root's is camera from root."""
    root_cam_m: Tensor
    """(T, 3) pelvis joint, camera frame."""
    shared: Tensor
    """(G,) shape, log focal length and log landmark scale: see ``shape``."""

    @property
    def betas(self) -> Tensor:
        """(10,) shape components."""
        return self.shared[:BETAS]

    def rows(self, rows: slice | Tensor) -> Self:
        """Return the state of some frames."""
        return replace(
            self, rotmats=self.rotmats[rows], root_cam_m=self.root_cam_m[rows]
        )

    def moved(self, frames: Tensor, shared: Tensor) -> Self:
        """Return the state after a step.

        Args:
            frames: (T, N) the root's translation in metres, then a rotation
                vector in its own frame for each joint.
            shared: (G,).
        """
        turn = rotvec_to_rotmat(split_last(frames[:, TURNS], MOVED, 3))
        return replace(
            self,
            rotmats=self.rotmats @ turn,
            root_cam_m=self.root_cam_m + frames[:, SLIDE],
            shared=self.shared + shared,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A body placed in the camera frame."""

    rotmats_cam: Tensor
    """(T, J, 3, 3) camera from joint."""
    joints_cam_m: Tensor
    """(T, J, 3)."""
    sites_cam_m: Tensor
    """(T, P, 3)."""

    def rows(self, rows: slice) -> Self:
        """Return the body of some frames."""
        return replace(
            self,
            rotmats_cam=self.rotmats_cam[rows],
            joints_cam_m=self.joints_cam_m[rows],
            sites_cam_m=self.sites_cam_m[rows],
        )


def chain(
    rotmats: Tensor, bones_m: Tensor, root_m: Tensor, parents: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Walk a kinematic tree from the root out.

    Args:
        rotmats: (T, K, 3, 3) parent from joint.
        bones_m: (K, 3) from parent to joint at rest.
        root_m: (T, 3) position of the root.
        parents: K indices, parents before children; the root's is not read.

    Returns:
        (T, K, 3, 3) outer frame from joint, and (T, K, 3) positions.
    """
    turned, placed = [rotmats[:, 0]], [root_m]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        placed.append(placed[parent] + turned[parent] @ bones_m[joint])
        turned.append(turned[parent] @ rotmats[:, joint])
    return torch.stack(turned, 1), torch.stack(placed, 1)


def place(rig: Rig, state: State) -> Placed:
    """Return where the joints and sites of a state are."""
    bones = rig.bone_m + rig.bone_dirs_m @ state.betas
    rotmats, joints = chain(
        state.rotmats, bones, state.root_cam_m, tuple(PARENTS[:MOVED])
    )
    local = rig.site_m + rig.site_dirs_m @ state.betas
    sites = joints[:, rig.host] + (rotmats[:, rig.host] @ local[..., None])[..., 0]
    return Placed(rotmats_cam=rotmats, joints_cam_m=joints, sites_cam_m=sites)


def shape_jacobian(rig: Rig, placed: Placed) -> Tensor:
    """Return (T, P, 3, 10): how sites move with the shape, the root held still."""
    parents = [max(p, 0) for p in PARENTS[:MOVED]]
    grown = small_matmul(placed.rotmats_cam[:, parents], rig.bone_dirs_m)
    summed = split_last(rig.moves_site[1:].mT @ grown.flatten(2), 3, BETAS)
    own = small_matmul(placed.rotmats_cam[:, rig.host], rig.site_dirs_m)
    return summed + own


def forward_kinematics(
    body: BodyModel, poses_rotvec: Tensor, betas: Tensor, trans_m: Tensor
) -> Tensor:
    """Return all joints as the ``smplx`` package does.

    Args:
        body: The body.
        poses_rotvec: (T, 55, 3) axis-angle, radians.
        betas: (10,).
        trans_m: (T, 3); the pelvis is at its rest position plus this.

    Returns:
        (T, 55, 3) metres, in the frame of the root's rotation.
    """
    rest = body.rest_joints_m(betas)
    parents = [max(p, 0) for p in PARENTS]
    bones = rest - rest[parents]
    rotmats = rotvec_to_rotmat(poses_rotvec)
    return chain(rotmats, bones, rest[0] + trans_m, PARENTS)[1]
