"""Walking: feet that step in turn, and a pelvis that goes with them."""

from dataclasses import dataclass
from typing import Final

from bench.workers.script import BALL_AHEAD_M, STAND_M, Sides, foot, pair
from bench.workers.tracks import Track, track
from ergomesh.contract.skeleton import SIDES

Keys = list[tuple[float, tuple[float, ...]]]

_LIFT_M: Final = 0.075
"""Height of the ball of the swinging foot."""

_SHIFT_M: Final = 0.025
"""The pelvis moves this far over the standing foot."""

_OUT: Final = dict(zip(SIDES, (1.0, -1.0), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Some steps straight ahead, from standing to standing."""

    feet: Sides
    hips: Track
    ways: tuple[tuple[float, float], ...]
    """(time, z) of the pelvis, for what is carried or pushed along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """How to walk."""

    steps: int
    step_m: float
    step_s: float
    start_s: float
    from_m: float
    """z of the pelvis at the start."""
    stance_m: float = 0.09
    hips_m: float = STAND_M - 0.035
    """Greatest height of the pelvis."""
    hips_ahead_m: float = 0.0
    """The pelvis is this far before the middle of the feet on the way: leaning."""


def walk(gait: Gait) -> Walk:
    """Return the steps: the first and the last are half as long."""
    keys = {side: _stand(side, gait) for side in SIDES}
    at = dict.fromkeys(SIDES, gait.from_m)
    ways = [(gait.start_s, gait.from_m)]
    hips: Keys = [(gait.start_s, (0.0, gait.hips_m, gait.from_m))]
    for step in range(gait.steps):
        side = SIDES[(step + 1) % 2]
        whole = 0 < step < gait.steps - 1
        start = gait.start_s + step * gait.step_s
        aim = max(at.values()) + gait.step_m * (1.0 if whole else 0.5)
        if step == gait.steps - 1:
            aim = max(at.values())
        keys[side] += _swing(side, gait, start, at[side], aim)
        at[side] = aim
        middle = sum(at.values()) / len(at)
        lean = gait.hips_ahead_m if step < gait.steps - 1 else 0.0
        ways.append((start + gait.step_s, middle))
        place = (-_OUT[side] * _SHIFT_M, gait.hips_m, middle + lean)
        hips.append((start + gait.step_s, place))
    hips[-1] = (hips[-1][0] + 0.2, (0.0, *hips[-1][1][1:]))
    feet = pair(*(foot(*keys[side]) for side in SIDES))
    return Walk(feet=feet, hips=track(*hips), ways=tuple(ways))


def _stand(side: str, gait: Gait) -> Keys:
    return [(0.0, _planted(side, gait, gait.from_m))]


def _planted(side: str, gait: Gait, z: float) -> tuple[float, ...]:
    out = _OUT[side]
    return (out * gait.stance_m, 0.0, z + BALL_AHEAD_M, 7.0 * out, 0.0)


def _swing(side: str, gait: Gait, start: float, z0: float, z1: float) -> Keys:
    """Return the keys of one step: heel off, over, heel down, flat."""
    long = (z1 - z0) / (2 * gait.step_m)
    x, _, _, yaw, _ = _planted(side, gait, z0)
    from_z, to_z = z0 + BALL_AHEAD_M, z1 + BALL_AHEAD_M
    off, over = start + 0.1 * gait.step_s, start + 0.5 * gait.step_s
    strike, flat = start + 0.85 * gait.step_s, start + 1.0 * gait.step_s
    return [
        (start - 0.3 * gait.step_s, (x, 0.0, from_z, yaw, 0.0)),
        (off, (x, 0.0, from_z, yaw, 34.0 * long)),
        (over, (x, _LIFT_M, 0.45 * from_z + 0.55 * to_z, yaw, 24.0 * long)),
        (strike, (x, 0.058 * long + 0.005, to_z - 0.02, yaw, -15.0 * long)),
        (flat, (x, 0.0, to_z, yaw, 0.0)),
    ]
