"""Arms: the wrists are where the script says; elbow, collar and fingers follow."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.workers.figure import Figure
from bench.workers.limbs import Limb, reach, within_reach
from bench.workers.rotations import across, apply, inverse, turn, unit
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES

OUT: Final = dict(zip(SIDES, (1.0, -1.0), strict=True))
"""Sign of x on the way outwards."""

COLLAR_RISE_DEG: Final = 24.0
"""How much the collar rises under an arm straight up; it starts at 40° of elevation
(a third of the arm's rise comes from the shoulder girdle, Inman 1944)."""

COLLAR_AHEAD_DEG: Final = 28.0
"""How much the collar follows an arm stretched forward."""

ELBOW_TWIST: Final = 0.6
"""Share of the forearm's turn that the elbow joint shows; the wrist shows the rest."""

FINGER_CURL_DEG: Final = (68.0, 80.0, 45.0)
"""Flexion of a closed finger's three joints."""

THUMB_CURL_DEG: Final = (24.0, 28.0, 30.0)

_PALM_SHARE: Final = 0.85
_PALM_DEPTH_M: Final = 0.03
"""A rod runs this far below the palm, at this share of the way to the knuckles."""

_PALM_ROUNDS: Final = 4
"""Each brings the palm ten times nearer to its place."""

_UP: Final = np.array([0.0, 1.0, 0.0])
_LEFT: Final = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class ReachIn:
    """What an arm is asked to do, in the world."""

    figure: Figure
    chest: FloatArray
    """(T, 3, 3) world from chest."""
    collar_m: FloatArray
    """(T, 3) the collar joint."""
    shoulder_m: FloatArray
    """(T, 3) the shoulder joint with the collar at rest."""
    target_m: FloatArray
    """(T, 3) place of the wrist."""
    hand: FloatArray
    """(T, 5), as :attr:`bench.workers.script.Script.hand`."""
    by_palm: bool
    """Whether the palm, not the wrist, is what the target is for."""


def palm_m(side: str, figure: Figure) -> FloatArray:
    """Return (3,) from the wrist to where the palm holds a rod, at rest."""
    knuckle = figure.bone_m(f"{side}_middle1")
    return _PALM_SHARE * knuckle - _PALM_DEPTH_M * _UP


def reach_with(side: str, asked: ReachIn) -> tuple[dict[str, FloatArray], FloatArray]:
    """Bend an arm so that the wrist or palm is where it should be.

    Returns:
        Joint name → (T, 3, 3) parent from joint, and (T,) by how much the wrist
        missed its place, metres.
    """
    if not asked.by_palm:
        bent = _bent(side, asked)
        return bent.locals_, bent.short_m
    palm, wrist = palm_m(side, asked.figure), asked.target_m
    for _ in range(_PALM_ROUNDS):
        bent = _bent(side, replace(asked, target_m=wrist))
        wrist = asked.target_m - apply(bent.hand, palm)
    return bent.locals_, bent.short_m


@dataclass(frozen=True, slots=True, eq=False)
class _Bent:
    locals_: dict[str, FloatArray]
    hand: FloatArray
    """(T, 3, 3) world from hand."""
    short_m: FloatArray


def _bent(side: str, asked: ReachIn) -> _Bent:
    figure, out = asked.figure, OUT[side]
    limb = Limb(
        upper_m=figure.bone_m(f"{side}_elbow"),
        lower_m=figure.bone_m(f"{side}_wrist"),
        hinge=-out * _UP,
    )
    collar = _collar(limb, out, asked)
    girdle = asked.chest @ collar
    shoulder = asked.collar_m + apply(girdle, figure.bone_m(f"{side}_shoulder"))
    wanted = asked.target_m - shoulder
    way = within_reach(wanted, limb.length_m)
    solved = reach(limb, way, _pole(unit(way), asked.chest, out, asked.hand[:, 0]))
    _, pronation, flexion, deviation, _ = asked.hand.T
    swing = turn("z", -out * flexion) @ turn("y", -out * deviation)
    elbow = solved.bend @ turn("x", ELBOW_TWIST * pronation)
    wrist = turn("x", (1 - ELBOW_TWIST) * pronation) @ swing
    locals_ = {
        f"{side}_collar": collar,
        f"{side}_shoulder": inverse(girdle) @ solved.upper,
        f"{side}_elbow": elbow,
        f"{side}_wrist": wrist,
    }
    missed = np.linalg.norm(wanted - way, axis=1)
    return _Bent(locals_, solved.upper @ elbow @ wrist, missed)


def _collar(limb: Limb, out: float, asked: ReachIn) -> FloatArray:
    """Return (T, 3, 3) how the collar follows the arm."""
    way = apply(inverse(asked.chest), asked.target_m - asked.shoulder_m)
    x, y, z = unit(way).T
    elevation = np.degrees(np.arctan2(np.hypot(x, z), -y))
    stretch = np.linalg.norm(way, axis=1) / limb.length_m
    rise = COLLAR_RISE_DEG * _smooth_step((elevation - 40.0) / 120.0)
    ahead = COLLAR_AHEAD_DEG * np.maximum(z, 0.0) ** 2 * np.tanh(stretch) ** 3
    return turn("z", out * rise) @ turn("y", -out * ahead)


def _pole(
    along: FloatArray, chest: FloatArray, out: float, out_deg: FloatArray
) -> FloatArray:
    """Return (T, 3) where the elbow points.

    Behind a hanging arm, below an arm held forward, before an arm held up; from
    there it is swung outwards.
    """
    hinge = unit(across(apply(chest, _LEFT), along))
    back = np.cross(hinge, along)
    aside = out * hinge
    swing = np.radians(out_deg)[:, None]
    pole: FloatArray = np.cos(swing) * back + np.sin(swing) * aside
    return pole


def curl_fingers(side: str, closed: FloatArray) -> dict[str, FloatArray]:
    """Return joint name → (T, 3, 3) of the fingers of a hand closed 0…1 (T,)."""
    out = OUT[side]
    fingers = {
        f"{side}_{finger}{k}": turn("z", -out * bend * closed)
        for finger in ("index", "middle", "ring", "pinky")
        for k, bend in enumerate(FINGER_CURL_DEG, start=1)
    }
    thumb = {
        f"{side}_thumb{k}": turn("y", out * bend * closed)
        for k, bend in enumerate(THUMB_CURL_DEG, start=1)
    }
    return fingers | thumb


def _smooth_step(u: FloatArray) -> FloatArray:
    """Return 0 below 0, 1 above 1 and a cubic between."""
    v = np.clip(u, 0.0, 1.0)
    step: FloatArray = v * v * (3 - 2 * v)
    return step
