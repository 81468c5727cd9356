"""Which way is up, and what lens it was: body, room and user taken together.

People keep trunk and shanks near the vertical when they stand, so the robust mean
of both, over the frames in which they are in line, points up. That is good to
5-14° (shared/reference/mesh.md §7). Straight edges of the room do ten times better
where there are some (``horizon``); the body says which of them can be upright, and
stands in where there are none. What the user knows of the camera counts as told.
The camera is never assumed level, which would be worse. Only of a body that never
stands in line, which says little, is it taken into account how people usually hold
cameras, as loosely as they do.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.job import ViewFacts
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.mesh.core.body import Placed
from ergomesh.mesh.core.camera import STEEP, Lens, focal_from_view, world_axes
from ergomesh.mesh.core.horizon import Sightlines, view_from
from ergomesh.mesh.core.lines import unit
from ergomesh.mesh.core.rooms import Clues
from ergomesh.mesh.core.rotations import normalised
from ergomesh.mesh.core.settings import (
    FitSettings,
    FocalSource,
    GravityHint,
    GravitySource,
)

UPRIGHT_SD_RAD: Final = math.radians(15)
"""Bend of hips or knees at which a frame counts for e^-½. Both must be straight: on all
fours the trunk is in line with the shanks, and level."""

ENOUGH: Final = 0.05
"""Mean weight of the frames from which the body counts as upright."""

SD_DEG: Final[dict[GravitySource, float]] = {
    GravitySource.UPRIGHT_BODY: 8.0,
    GravitySource.BENT_BODY: 30.0,
    GravitySource.TRUNK: 25.0,
}
"""The hip-to-foot axis errs by 5-14° (mesh.md §7) where the body is upright. A kneeling
or squatting one has its trunk anywhere within 60° of the vertical, and its shanks
anywhere within 90°: half of either, as a uniform distribution's deviation; a trunk
alone is half as free."""

START_DOUBT: Final = 1.5
"""How much less sure the body's axis is before the fit than after it."""

USUAL_TILT_DEG: Final = 10.0
"""How far cameras look down, where no upright body shows it; our choice …"""
USUAL_TILT_SD_DEG: Final = 20.0
"""… from level tripods to cameras under a ceiling."""
USUAL_ROLL_SD_DEG: Final = 8.0
"""How far they are turned about their axis: pictures are filmed upright, or turned
upright by their own metadata; our choice."""

TOLD_SD_DEG: Final = 1.5
"""Of a tilt or roll that the user knows: a phone's level, read by eye."""
TOLD_LOG_FOCAL_SD: Final = 0.02
"""Of a field of view that the user knows: data sheets round it."""
USUAL_LOG_FOCAL_SD: Final = 0.2
"""Of a camera of which nothing is known: fields of view of 50-80°."""
WRITTEN_LOG_FOCAL_SD: Final = 0.1
"""Of a lens that the recorder wrote down: stabilising a video crops some 10 %."""
EXACT_LOG_FOCAL_SD: Final = 1e-5
"""Of a focal length in pixels: a calibration's."""

_ROUNDS: Final = 20
_SOFT_RAD: Final = math.radians(2)
"""Deviations below it are averaged, larger ones vote like a median."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gravity:
    """The vertical in the camera frame."""

    up_cam: Tensor
    """(3,) unit vector."""
    turn_cov_rad2: Tensor
    """(3, 3) covariance of the small turn that takes the found world to the true
    one, ``true = exp(w) found``, in the axes of :func:`camera.world_axes`: about x
    and z only, row and column y are zero."""
    source: GravitySource

    @property
    def sd_deg(self) -> float:
        """Standard deviation per horizontal axis, their root mean square."""
        return math.degrees(math.sqrt(float(self.turn_cov_rad2.trace()) / 2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plumb:
    """What the body alone says of the vertical."""

    up_cam: Tensor
    """(3,) unit vector."""
    sd_deg: float
    """Standard deviation, per axis."""
    source: GravitySource


def expected_lens(
    size_px: Tensor, settings: FitSettings, written_px: float = 0.0
) -> Lens:
    """Return what is known of the focal length before anything is looked at.

    Args:
        size_px: (2,) width and height of the upright picture.
        settings: What the caller knows.
        written_px: What the clip's metadata say, 0 for nothing.
    """
    told = settings.view.field_of_view_deg
    if settings.focal_px is not None:
        return Lens(settings.focal_px, EXACT_LOG_FOCAL_SD, FocalSource.GIVEN)
    if told is not None:
        focal = focal_from_view(size_px, told)
        return Lens(focal, TOLD_LOG_FOCAL_SD, FocalSource.GIVEN)
    if written_px > 0:
        return Lens(written_px, WRITTEN_LOG_FOCAL_SD, FocalSource.METADATA)
    focal = focal_from_view(size_px, settings.field_of_view_deg)
    return Lens(focal, settings.log_focal_sd, FocalSource.BODY)


def lens_from(
    start: Placed, legs_seen: Tensor, room: Sightlines, facts: ViewFacts, lens: Lens
) -> Lens:
    """Return the focal length that the room shows, or else the expected one.

    Args:
        start: The body before the fit: roughly upright will do.
        legs_seen: (T,) whether knees and ankles were seen.
        room: Straight edges of the background.
        facts: What the user knows.
        lens: What is expected.
    """
    if lens.source is FocalSource.GIVEN:
        return lens
    plumb = plumb_line(start, legs_seen)
    doubted = replace(plumb, sd_deg=START_DOUBT * plumb.sd_deg)
    view = view_from(room, _clues(doubted, facts, solved_lens(lens, lens.focal_px)))
    if not view.by_edges or view.log_focal_sd > USUAL_LOG_FOCAL_SD:
        return lens
    return Lens(view.focal_px, view.log_focal_sd, FocalSource.ROOM_LINES)


def solved_lens(lens: Lens, focal_px: float) -> Lens:
    """Return a lens with the focal length of a fit, as sure as it really is.

    The solver is kept nearer to a usual camera than cameras are; that the body's
    proportions move it there tells nothing new.

    Args:
        lens: What was known before the fit.
        focal_px: What the fit made of it.
    """
    guessed = lens.source is FocalSource.BODY
    sd = USUAL_LOG_FOCAL_SD if guessed else lens.log_focal_sd
    return replace(lens, focal_px=focal_px, log_focal_sd=sd)


def gravity_from(
    placed: Placed, legs_seen: Tensor, room: Sightlines, facts: ViewFacts, lens: Lens
) -> Gravity:
    """Return the vertical, from all there is.

    Args:
        placed: The fitted body.
        legs_seen: (T,) whether knees and ankles were seen.
        room: Straight edges of the background.
        facts: What the user knows.
        lens: The focal length of the fit.
    """
    plumb = plumb_line(placed, legs_seen)
    view = view_from(room, _clues(plumb, facts, lens))
    source = GravitySource.ROOM_LINES if view.by_edges else plumb.source
    if not view.by_edges and facts.tilt_deg is not None:
        source = GravitySource.GIVEN
    return _gravity(view.up_cam, view.turn_cov_rad2, source, placed.joints_cam_m)


def measured_gravity(hint: GravityHint, like: Tensor) -> Gravity:
    """Return a vertical that was measured.

    Args:
        hint: The measurement.
        like: Whose device and type to use.
    """
    covariance = math.radians(hint.sd_deg) ** 2 * np.eye(3)
    up_cam = unit(np.array(hint.up_cam))
    return _gravity(up_cam, covariance, GravitySource.GIVEN, like)


def _gravity(
    up_cam: FloatArray, turn_cov_rad2: FloatArray, source: GravitySource, like: Tensor
) -> Gravity:
    """Return the vertical from numbers of the camera frame."""
    up = torch.from_numpy(up_cam).to(like)
    flat = torch.diag(like.new_tensor((1.0, 0.0, 1.0))) @ world_axes(up)
    turn = flat @ torch.from_numpy(turn_cov_rad2).to(like) @ flat.mT
    return Gravity(up_cam=up, turn_cov_rad2=turn, source=source)


def up_of(tilt_deg: float, roll_deg: float) -> FloatArray:
    """Return (3,) the vertical of a camera that looks down and is turned clockwise."""
    tilt, roll = math.radians(tilt_deg), math.radians(roll_deg)
    level = math.cos(tilt)
    return np.array((-math.sin(roll) * level, -math.cos(roll) * level, -math.sin(tilt)))


def _clues(plumb: Plumb, facts: ViewFacts, lens: Lens) -> Clues:
    """Return body and facts in the form by which edges are judged.

    A camera of which both are told needs no body.
    """
    axis = plumb.up_cam.cpu().numpy().astype(np.float64)
    sd_rad, told, start = math.radians(plumb.sd_deg), _told(facts), axis
    if plumb.source is not GravitySource.UPRIGHT_BODY:
        # An axis says not which end is up, and a bent body's may point anywhere.
        told, start = np.vstack((told, _usual(facts))), _held(facts)
    if facts.tilt_deg is not None and facts.roll_deg is not None:
        axis = start = up_of(facts.tilt_deg, facts.roll_deg)
        sd_rad, told = math.radians(TOLD_SD_DEG), told[:0]
    clues = Clues(
        rows=np.vstack((np.linalg.svd(axis[None])[2][1:], told[:, :3])),
        values=np.append(np.zeros(2), told[:, 3]),
        sds=np.append(np.full(2, sd_rad), told[:, 4]),
        up_cam=start,
        focal_px=lens.focal_px,
        log_focal_sd=lens.log_focal_sd,
    )
    return clues.settled() if len(told) else clues


def _held(facts: ViewFacts) -> FloatArray:
    """Return (3,) the vertical of a camera held as told, or as usual."""
    tilt_deg = USUAL_TILT_DEG if facts.tilt_deg is None else facts.tilt_deg
    return up_of(tilt_deg, facts.roll_deg or 0.0)


def _told(facts: ViewFacts) -> FloatArray:
    """Return (K, 5) rows, value and deviation of :class:`rooms.Clues`, as told."""
    told = []
    if facts.tilt_deg is not None:
        told.append(_tilted(facts.tilt_deg, TOLD_SD_DEG))
    if facts.roll_deg is not None:
        told.append(_rolled(facts.roll_deg, TOLD_SD_DEG))
    return np.reshape(told, (-1, 5))


def _usual(facts: ViewFacts) -> FloatArray:
    """Return (K, 5) as :func:`_told`: how cameras are held of which it was not told."""
    usual = []
    if facts.tilt_deg is None:
        usual.append(_tilted(USUAL_TILT_DEG, USUAL_TILT_SD_DEG))
    if facts.roll_deg is None:
        usual.append(_rolled(0.0, USUAL_ROLL_SD_DEG))
    return np.reshape(usual, (-1, 5))


def _tilted(tilt_deg: float, sd_deg: float) -> tuple[float, ...]:
    _, level, height = up_of(tilt_deg, 0.0)
    return 0.0, 0.0, 1.0, height, math.radians(sd_deg) * max(-level, STEEP)


def _rolled(roll_deg: float, sd_deg: float) -> tuple[float, ...]:
    x, y, _ = up_of(0.0, roll_deg)
    return -y, x, 0.0, 0.0, math.radians(sd_deg)


def plumb_line(placed: Placed, legs_seen: Tensor) -> Plumb:
    """Return what the body says of the vertical.

    Args:
        placed: A body.
        legs_seen: (T,) whether knees and ankles were seen.
    """
    trunk = _direction(placed, ("pelvis",), ("neck",))
    if not bool(legs_seen.any()):
        return _plumb(trunk, torch.ones_like(trunk[:, 0]), GravitySource.TRUNK)
    thighs, shanks = (
        _direction(placed, _pair(lower), _pair(upper))
        for lower, upper in (("knee", "hip"), ("ankle", "knee"))
    )
    bend = _between(trunk, thighs).maximum(_between(thighs, shanks))
    weight = legs_seen * torch.exp(-0.5 * (bend / UPRIGHT_SD_RAD) ** 2)
    body = normalised(trunk + shanks)
    if float(weight.sum() / legs_seen.sum()) > ENOUGH:
        return _plumb(body, weight, GravitySource.UPRIGHT_BODY)
    return _plumb(body, legs_seen.to(body), GravitySource.BENT_BODY)


def _between(one: Tensor, other: Tensor) -> Tensor:
    """Return (T,) the angles between unit vectors (T, 3)."""
    return torch.acos((one * other).sum(-1).clamp(-1, 1))


def _pair(name: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for side in SIDES)


def _direction(
    placed: Placed, lower: tuple[str, ...], upper: tuple[str, ...]
) -> Tensor:
    """Return (T, 3) unit vectors from the mean of some joints to that of others."""
    low = placed.joints_cam_m[:, [JOINT[name] for name in lower]].mean(1)
    high = placed.joints_cam_m[:, [JOINT[name] for name in upper]].mean(1)
    return normalised(high - low)


def _plumb(axes: Tensor, weight: Tensor, source: GravitySource) -> Plumb:
    return Plumb(
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
