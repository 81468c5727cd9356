"""Which way is up, from the body alone.

People keep trunk and shanks near the vertical when they stand, so the robust mean
of both, over the frames in which they are in line, points up. That is good to
5-14° (shared/reference/mesh.md §7); the camera is never assumed level, which
would be worse. Lines of the room do better and enter as a hint.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.mesh.core.body import Placed
from ergomesh.mesh.core.rotations import normalised
from ergomesh.mesh.core.settings import GravityHint, GravitySource

UPRIGHT_SD_RAD: Final = math.radians(15)
"""Bend between trunk and shanks at which a frame counts for e^-½."""

ENOUGH: Final = 0.05
"""Mean weight of the frames from which the body counts as upright."""

SD_DEG: Final[dict[GravitySource, float]] = {
    GravitySource.UPRIGHT_BODY: 8.0,
    GravitySource.BENT_BODY: 14.0,
    GravitySource.TRUNK: 14.0,
}
"""The hip-to-foot axis errs by 5-14° (mesh.md §7): the middle where the body is
upright, the upper end where it is not."""

_ROUNDS: Final = 20
_SOFT_RAD: Final = math.radians(2)
"""Deviations below it are averaged, larger ones vote like a median."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gravity:
    """The vertical in the camera frame."""

    up_cam: Tensor
    """(3,) unit vector."""
    sd_deg: float
    source: GravitySource


def gravity_from(
    placed: Placed, legs_seen: Tensor, hint: GravityHint | None
) -> Gravity:
    """Return the vertical, from the hint if there is one.

    Args:
        placed: The fitted body.
        legs_seen: (T,) whether knees and ankles were seen.
        hint: What the caller knows.
    """
    if hint is not None:
        up = normalised(placed.joints_cam_m.new_tensor(hint.up_cam))
        return Gravity(up_cam=up, sd_deg=hint.sd_deg, source=GravitySource.GIVEN)
    trunk = _direction(placed, ("pelvis",), ("neck",))
    shanks = _direction(placed, *(_pair(name) for name in ("ankle", "knee")))
    if not bool(legs_seen.any()):
        return _gravity(trunk, torch.ones_like(trunk[:, 0]), GravitySource.TRUNK)
    bend = torch.acos((trunk * shanks).sum(-1).clamp(-1, 1))
    weight = legs_seen * torch.exp(-0.5 * (bend / UPRIGHT_SD_RAD) ** 2)
    body = normalised(trunk + shanks)
    if float(weight.sum() / legs_seen.sum()) > ENOUGH:
        return _gravity(body, weight, GravitySource.UPRIGHT_BODY)
    return _gravity(body, legs_seen.to(body), GravitySource.BENT_BODY)


def _pair(name: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for side in SIDES)


def _direction(
    placed: Placed, lower: tuple[str, ...], upper: tuple[str, ...]
) -> Tensor:
    """Return (T, 3) unit vectors from the mean of some joints to that of others."""
    low = placed.joints_cam_m[:, [JOINT[name] for name in lower]].mean(1)
    high = placed.joints_cam_m[:, [JOINT[name] for name in upper]].mean(1)
    return normalised(high - low)


def _gravity(axes: Tensor, weight: Tensor, source: GravitySource) -> Gravity:
    return Gravity(
        up_cam=robust_direction(axes, weight), sd_deg=SD_DEG[source], source=source
    )


def robust_direction(axes: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted geometric median of unit vectors, on the sphere.

    Args:
        axes: (T, 3) unit vectors.
        weight: (T,) not all zero.
    """
    mean = normalised((weight[:, None] * axes).sum(0))
    for _ in range(_ROUNDS):
        away = torch.acos((axes @ mean).clamp(-1, 1))
        pull = weight / (away + _SOFT_RAD)
        mean = normalised((pull[:, None] * axes).sum(0))
    return mean
