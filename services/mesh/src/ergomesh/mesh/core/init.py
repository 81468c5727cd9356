"""Where the solver starts: analytic inverse kinematics from the 3D landmarks.

Bone directions come from MediaPipe's world landmarks turned into the camera
frame, one joint after the other from the root out; bone lengths are the model's.
The root's position then follows from the 2D landmarks by linear least squares.
Starting here instead of at rest halves the iterations and avoids most depth
flips (shared/reference/mesh.md §2.3).
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, PARENTS, SIDES
from ergomesh.mesh.core.body import MOVED, Rig, State, place
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.rotations import (
    cross,
    frame_from,
    identity,
    normalised,
    rotmat_between,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
    swing_twist,
)
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.sites import HIP_SITES, SITE

FACING: Final = (1.0, -1.0, -1.0)
"""Diagonal of the rotation of a body upright and facing the camera."""

BENT: Final = 0.35
"""Sine of the flexion from which a limb's bend shows its twist: 20°."""

FOLDED: Final = 0.5
"""Cosine of the flexion from which a limb is bent the way it bends, whatever its twist
seems to be: 60°, further than depths are misread. A squatter's thighs point up and out,
so far from rest that the smallest turn there has the hinge on the wrong side."""

MAX_PRONATION_RAD: Final = 1.5
"""Forearm twist taken from the hand at most; beyond, the hand is misread."""

NEAREST_M: Final = 0.5
"""Least distance of a person from the camera."""

_TRUNK_CHAIN: Final = ("spine1", "spine2", "spine3")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Points:
    """The same points at rest and as seen."""

    rest_m: Tensor
    """(P, 3) rest frame."""
    seen_m: Tensor
    """(T, P, 3) camera axes."""

    def middle(self, *names: str) -> tuple[Tensor, Tensor]:
        """Return the mean of landmarks, at rest and as seen."""
        rows = [SITE[name] for name in names]
        return self.rest_m[rows].mean(0), self.seen_m[:, rows].mean(1)

    def between(self, start: str, end: str) -> tuple[Tensor, Tensor]:
        """Return the way from one landmark to another, at rest and as seen."""
        a, b = SITE[start], SITE[end]
        return self.rest_m[b] - self.rest_m[a], self.seen_m[:, b] - self.seen_m[:, a]


def start_state(rig: Rig, evidence: Evidence) -> State:
    """Return the first guess of every frame."""
    like = evidence.points_px
    count = len(like)
    still = State(
        rotmats=identity(3, like).expand(count, MOVED, 3, 3),
        root_cam_m=like.new_zeros(count, 3),
        shared=like.new_zeros(SHARED),
    )
    rest = place(rig, still).sites_cam_m[0]
    points = _Points(rest_m=rest, seen_m=_filled(evidence, rest))
    posed = State(
        rotmats=_local(_turned(points)),
        root_cam_m=still.root_cam_m,
        shared=still.shared,
    )
    around = place(rig, posed).sites_cam_m
    root = root_from_pixels(around, evidence)
    return State(rotmats=posed.rotmats, root_cam_m=root, shared=still.shared)


def _filled(evidence: Evidence, rest_m: Tensor) -> Tensor:
    """Return (T, P, 3) world landmarks in camera axes without holes.

    A missing point is taken from the nearest frame that has it; a point that no
    frame has is where a body at rest, facing the camera, would have it.
    """
    known = evidence.world_weight > 0
    nearest = _nearest(known)
    columns = torch.arange(known.shape[1], device=known.device)
    seen = evidence.world_m @ evidence.rotmat_cam_crop.mT
    facing = (rest_m - rest_m[list(HIP_SITES)].mean(0)) * rest_m.new_tensor(FACING)
    return torch.where(known.any(0)[:, None], seen[nearest, columns], facing)


def _nearest(known: Tensor) -> Tensor:
    """Return (T, P) the row nearest to each row where the column is true."""
    count = len(known)
    rows = torch.arange(count, device=known.device)[:, None].expand_as(known)
    before = torch.where(known, rows, -count).cummax(0).values
    after = torch.where(known, rows, 2 * count).flip(0).cummin(0).values.flip(0)
    return torch.where(rows - before <= after - rows, before, after).clamp(0, count - 1)


def _turned(points: _Points) -> dict[str, Tensor]:
    """Return (T, 3, 3) camera from joint, by joint name."""
    turned = _trunk(points)
    for side in SIDES:
        turned |= _arm(points, side, turned["spine3"])
        turned |= _leg(points, side, turned["pelvis"])
    return turned


def _local(turned: dict[str, Tensor]) -> Tensor:
    """Return (T, J, 3, 3) parent from joint."""
    local = [turned[BODY_JOINTS[0]]]
    for joint in BODY_JOINTS[1:]:
        parent = BODY_JOINTS[PARENTS[JOINT[joint]]]
        local.append(turned[parent].mT @ turned[joint])
    return torch.stack(local, 1)


def _aligned(
    primary: tuple[Tensor, Tensor], secondary: tuple[Tensor, Tensor]
) -> Tensor:
    """Return (T, 3, 3) that take two rest directions to the seen ones.

    Where the two directions are parallel there is no frame: the identity.
    """
    turned = (
        frame_from(primary[1], secondary[1]) @ frame_from(primary[0], secondary[0]).mT
    )
    proper = (torch.linalg.det(turned) - 1).abs() < 1e-6  # noqa: PLR2004  # rounding
    return torch.where(proper[:, None, None], turned, identity(3, turned))


def _trunk(points: _Points) -> dict[str, Tensor]:
    hips = points.middle("left_hip", "right_hip")
    shoulders = points.middle("left_shoulder", "right_shoulder")
    ears = points.middle("left_ear", "right_ear")
    nose = points.middle("nose")
    up = (shoulders[0] - hips[0], shoulders[1] - hips[1])
    ahead = (nose[0] - ears[0], nose[1] - ears[1])
    pelvis = _aligned(up, points.between("right_hip", "left_hip"))
    thorax = _aligned(up, points.between("right_shoulder", "left_shoulder"))
    head = _aligned(points.between("right_ear", "left_ear"), ahead)
    turned = {"pelvis": pelvis, "head": head, "neck": _part(thorax, head, 0.5)}
    for k, joint in enumerate(_TRUNK_CHAIN, start=1):
        turned[joint] = _part(pelvis, thorax, k / len(_TRUNK_CHAIN))
    return turned


def _part(start: Tensor, end: Tensor, part: float) -> Tensor:
    """Return rotations a part of the way from one to another."""
    return start @ rotvec_to_rotmat(part * rotmat_to_rotvec(start.mT @ end))


def _limb(
    upper: tuple[Tensor, Tensor],
    lower: tuple[Tensor, Tensor],
    parent: Tensor,
    bends_to: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return camera from the upper and the lower segment of a limb.

    A bent limb shows the twist of its upper segment by the plane of the bend; a
    straight one, or one bent against its hinge, takes the smallest turn.

    Args:
        upper: Direction of the upper segment, at rest and as seen.
        lower: Direction of the lower segment, at rest and as seen.
        parent: (T, 3, 3) camera from the parent.
        bends_to: (3,) where flexion moves the lower segment at rest.
    """
    swung = rotmat_between((parent @ upper[0]), upper[1]) @ parent
    hinge_rest = cross(upper[0], bends_to)
    plain = swung @ normalised(hinge_rest)
    shown = cross(normalised(upper[1]), normalised(lower[1]))
    sine = shown.norm(dim=-1, keepdim=True)
    cosine = (normalised(upper[1]) * normalised(lower[1])).sum(-1, keepdim=True)
    forwards = (shown * plain).sum(-1, keepdim=True) > -BENT * sine
    usable = (sine > BENT) & (forwards | (cosine < FOLDED))
    hinge = torch.where(usable, shown, plain)
    high = _aligned(upper, (hinge_rest, hinge))
    low = rotmat_between(high @ lower[0], lower[1]) @ high
    return high, low


def _arm(points: _Points, side: str, thorax: Tensor) -> dict[str, Tensor]:
    ahead = points.rest_m.new_tensor((0.0, 0.0, 1.0))
    upper, lower = _limb(
        points.between(f"{side}_shoulder", f"{side}_elbow"),
        points.between(f"{side}_elbow", f"{side}_wrist"),
        thorax,
        ahead,
    )
    knuckles = points.middle(f"{side}_index", f"{side}_pinky")
    wrist = points.middle(f"{side}_wrist")
    along = (knuckles[0] - wrist[0], knuckles[1] - wrist[1])
    hand = _aligned(along, points.between(f"{side}_pinky", f"{side}_index"))
    bone = points.rest_m.new_tensor((1.0, 0.0, 0.0))
    coords, _ = swing_twist(lower.mT @ hand, bone)
    twist = coords * bone
    lower = lower @ rotvec_to_rotmat(twist.clamp(-MAX_PRONATION_RAD, MAX_PRONATION_RAD))
    return {
        f"{side}_collar": thorax,
        f"{side}_shoulder": upper,
        f"{side}_elbow": lower,
        f"{side}_wrist": hand,
    }


def _leg(points: _Points, side: str, pelvis: Tensor) -> dict[str, Tensor]:
    back = points.rest_m.new_tensor((0.0, 0.0, -1.0))
    upper, lower = _limb(
        points.between(f"{side}_hip", f"{side}_knee"),
        points.between(f"{side}_knee", f"{side}_ankle"),
        pelvis,
        back,
    )
    sole = points.between(f"{side}_heel", f"{side}_foot_index")
    foot = rotmat_between(lower @ sole[0], sole[1]) @ lower
    return {
        f"{side}_hip": upper,
        f"{side}_knee": lower,
        f"{side}_ankle": foot,
        f"{side}_foot": foot,
    }


def root_from_pixels(sites_m: Tensor, evidence: Evidence) -> Tensor:
    """Return (T, 3) root positions that put sites onto their pixels.

    ``f (x + t_x) = (u - c)(z + t_z)`` is linear in t: two rows per landmark.

    Args:
        sites_m: (T, P, 3) sites in camera axes, the root at the origin.
        evidence: The landmarks.
    """
    slope = (evidence.points_px - evidence.centre_px) / evidence.focal_px
    eye = identity(2, slope).expand(*slope.shape[:2], 2, 2)
    rows = torch.cat((eye, -slope[..., None]), -1)
    right = slope * sites_m[..., 2:] - sites_m[..., :2]
    weight = evidence.points_weight[..., None, None]
    left = (rows.mT @ (weight * rows)).sum(1)
    known = (rows.mT @ (weight * right[..., None])).sum(1)
    ridge = 1e-9 * identity(3, left)
    root = torch.linalg.solve(left + ridge, known)[..., 0]
    enough = (evidence.points_weight > 0).sum(-1) > 1
    return _plausible(root, enough)


def _plausible(root_m: Tensor, enough: Tensor) -> Tensor:
    """Replace roots behind or at the camera by those of the nearest good frame."""
    good = enough & root_m.isfinite().all(-1) & (root_m[:, 2] > NEAREST_M)
    if not bool(good.any()):
        default = root_m.new_tensor((0.0, 0.0, 3.0))
        return default.expand_as(root_m).clone()
    return root_m[_nearest(good[:, None])[:, 0]]
