"""On the move: carrying, pushing a cart, climbing a ladder, sweeping."""

from typing import Final

from bench.workers.motions.gait import Gait, walk
from bench.workers.script import (
    STAND_M,
    Prop,
    Script,
    alike,
    both,
    foot,
    pair,
    standing,
)
from bench.workers.tracks import Key, Track, along, places, rounds, still, track

_CARRY: Final = walk(
    Gait(steps=6, step_m=0.56, step_s=0.6, start_s=0.5, from_m=-1.15, hips_ahead_m=0.02)
)
_STRIDE: Final = (0.5, 1.1, 1.7, 2.3, 2.9, 3.5, 4.1)

CARRY_WALK: Final = Script(
    name="carry_walk",
    duration_s=4.8,
    hips=_CARRY.hips,
    heading=track(*((t, (7.0 * (-1) ** k, 1, 0)) for k, t in enumerate(_STRIDE))),
    trunk=track(*((t, (-5, 0, -6.0 * (-1) ** k)) for k, t in enumerate(_STRIDE))),
    feet=_CARRY.feet,
    reach=both(places((0.0, "load", (0.2, -0.06, -0.1)))),
    hand=alike(still(22, -8, 0, 0, 0.45)),
    gaze=places((0.0, "hips", (0, 0.2, 3.0))),
    load=places((0.0, "hips", (0.0, 0.14, 0.35, 0.0))),
    props=(Prop(size_m=(0.38, 0.26, 0.3), rides="load", colour="crate"),),
    knees_out_deg=3.0,
)

_PUSH: Final = walk(
    Gait(
        steps=6,
        step_m=0.5,
        step_s=0.64,
        start_s=0.5,
        from_m=-1.3,
        hips_m=0.89,
        hips_ahead_m=0.06,
    )
)
_CART_AHEAD_M: Final = 0.95

PUSH_CART: Final = Script(
    name="push_cart",
    duration_s=5.2,
    hips=_PUSH.hips,
    heading=track(
        (0.4, (0, 6, 0)), (1.0, (0, 15, 0)), (4.0, (0, 13, 0)), (4.8, (0, 6, 0))
    ),
    trunk=track(
        (0.4, (6, 0, 0)), (1.0, (14, 0, 0)), (4.0, (12, 0, 0)), (4.8, (6, 0, 0))
    ),
    feet=_PUSH.feet,
    reach=both(places((0.0, "load", (0.22, 0.98, -0.5)))),
    hand=alike(still(35, 70, -18, 0, 0.75)),
    gaze=places((0.0, "hips", (0, 0.1, 3.0))),
    load=Track(
        tuple(Key(t, (0.0, 0.0, z + _CART_AHEAD_M, 0.0)) for t, z in _PUSH.ways)
    ),
    props=(
        Prop(
            size_m=(0.6, 0.05, 0.8), at_m=(0, 0.2, 0.05), rides="load", colour="steel"
        ),
        Prop(
            size_m=(0.03, 0.85, 0.03),
            at_m=(0.27, 0.6, -0.38),
            rides="load",
            colour="steel",
        ),
        Prop(
            size_m=(0.03, 0.85, 0.03),
            at_m=(-0.27, 0.6, -0.38),
            rides="load",
            colour="steel",
        ),
        Prop(
            size_m=(0.035, 0.57, 0.035),
            at_m=(0, 1.01, -0.4),
            turn_deg=(0, 0, 90),
            rides="load",
            shape="cylinder",
            colour="steel",
        ),
        Prop(
            size_m=(0.45, 0.35, 0.5), at_m=(0, 0.4, 0.1), rides="load", colour="carton"
        ),
        *(
            Prop(
                size_m=(0.14, 0.05, 0.14),
                at_m=(x, 0.08, z),
                turn_deg=(0, 0, 90),
                rides="load",
                shape="cylinder",
                colour="rubber",
            )
            for x in (0.24, -0.24)
            for z in (-0.28, 0.38)
        ),
    ),
    knees_out_deg=3.0,
)

_RUNG_M: Final = 0.27
_LADDER_Z: Final = 0.34
_LEAN: Final = 0.25
"""How far the ladder leans per metre of height."""


_HEEL_UP_DEG: Final = 12.0
"""On a rung stands the ball of the foot, the heel a little higher."""


def _rung(k: int, x: float, yaw: float) -> tuple[float, ...]:
    """Return a foot on a rung."""
    return (x, k * _RUNG_M, _LADDER_Z + _LEAN * k * _RUNG_M, yaw, _HEEL_UP_DEG)


def _rail(height: float) -> tuple[float, float, float]:
    """Return a left wrist at the ladder's rail."""
    return (0.24, height, _LADDER_Z + _LEAN * height - 0.07)


LADDER_STEP: Final = Script(
    name="ladder_step",
    duration_s=5.6,
    hips=track(
        (0.4, (0, STAND_M, 0.0)),
        (1.4, (0.03, STAND_M, 0.08)),
        (2.6, (-0.02, STAND_M + 0.28, 0.12)),
        (3.2, (0.02, STAND_M + 0.3, 0.14)),
        (4.4, (0.0, STAND_M + 2 * _RUNG_M, 0.2)),
    ),
    heading=track(
        (0.4, (0, 4, 0)), (1.6, (0, 12, 2)), (2.6, (0, 8, -2)), (4.4, (0, 4, 0))
    ),
    trunk=track(
        (0.4, (2, 0, 0)), (1.6, (12, 0, 0)), (3.0, (10, 0, 0)), (4.4, (2, 0, 0))
    ),
    feet=pair(
        foot(
            (1.5, (0.1, 0, 0.13, 4, 0)),
            (1.9, (0.1, 0, 0.13, 4, 30)),
            (2.4, (0.1, 2 * _RUNG_M + 0.05, 0.3, 4, 10)),
            (2.75, (0.1, 2 * _RUNG_M + 0.06, 0.46, 4, 14)),
            (3.0, _rung(2, 0.1, 4)),
        ),
        foot(
            (0.4, (-0.1, 0, 0.13, -4, 0)),
            (0.6, (-0.1, 0.02, 0.13, -4, 20)),
            (0.95, (-0.1, _RUNG_M + 0.06, 0.2, -4, 14)),
            (1.2, (-0.1, _RUNG_M + 0.05, 0.4, -4, 14)),
            (1.4, _rung(1, -0.1, -4)),
            (3.3, _rung(1, -0.1, -4)),
            (3.5, (-0.1, _RUNG_M + 0.04, 0.36, -4, 20)),
            (3.9, (-0.1, 2 * _RUNG_M + 0.06, 0.38, -4, 14)),
            (4.15, (-0.1, 2 * _RUNG_M + 0.04, 0.47, -4, 14)),
            (4.35, _rung(2, -0.1, -4)),
        ),
    ),
    reach=pair(
        places(
            (0.2, "chest", (0.1, -0.42, 0.2)),
            (0.8, "floor", _rail(1.3)),
            (2.7, "floor", _rail(1.3)),
            (3.3, "floor", _rail(1.7)),
        ),
        places(
            (0.0, "chest", (0.1, -0.42, 0.2)),
            (0.6, "floor", (-_rail(1.2)[0], *_rail(1.2)[1:])),
            (1.7, "floor", (-_rail(1.2)[0], *_rail(1.2)[1:])),
            (2.2, "floor", (-_rail(1.55)[0], *_rail(1.55)[1:])),
            (3.8, "floor", (-_rail(1.55)[0], *_rail(1.55)[1:])),
            (4.5, "floor", (-_rail(1.8)[0], *_rail(1.8)[1:])),
        ),
    ),
    hand=alike(track((0.3, (20, 20, 0, 0, 0.3)), (0.9, (30, 15, -5, 0, 0.7)))),
    gaze=places(
        (0.0, "floor", (0, 0.8, 0.6)),
        (2.0, "floor", (0, 1.4, 0.7)),
        (4.0, "floor", (0, 2.2, 0.9)),
    ),
    props=(
        *(
            Prop(
                size_m=(0.48, 0.03, 0.06),
                at_m=(0, k * _RUNG_M - 0.015, _LADDER_Z + _LEAN * k * _RUNG_M),
                colour="aluminium",
            )
            for k in range(1, 9)
        ),
        *(
            Prop(
                size_m=(0.03, 2.7, 0.09),
                at_m=(x, 1.3, _LADDER_Z + _LEAN * 1.3),
                turn_deg=(0, 14, 0),
                colour="aluminium",
            )
            for x in (0.26, -0.26)
        ),
    ),
)

_SWEEPS: Final = (0.1, 1.0, 1.9, 2.8, 3.7, 4.6, 5.5)
_TOP: Final = rounds(_SWEEPS, (0.06, 1.06, 0.36), (0.12, 1.06, 0.38))
_BRISTLES: Final = rounds(_SWEEPS, (-0.62, 0.02, 0.8), (0.4, 0.02, 1.05))

SWEEPING: Final = Script(
    name="sweeping",
    duration_s=5.4,
    hips=rounds(_SWEEPS, (-0.04, 0.9, 0.0), (0.03, 0.89, 0.03)),
    heading=rounds(_SWEEPS, (-16, 10, 0), (12, 10, 0)),
    trunk=rounds(_SWEEPS, (26, 3, -12), (26, -1, 18)),
    feet=standing(0.15, 12, stagger_m=0.3),
    reach=pair(_TOP, along(_TOP, _BRISTLES, 0.24)),
    by_palm=True,
    hand=pair(still(40, 50, 0, 0, 0.85), still(15, 0, 0, 0, 0.85)),
    gaze=_BRISTLES,
    props=(
        Prop(
            size_m=(0.028, 1.4, 0.028),
            at_m=(0, -0.58, 0),
            rides="hands",
            shape="cylinder",
            colour="wood",
        ),
        Prop(
            size_m=(0.36, 0.1, 0.07),
            at_m=(0, -1.27, 0),
            rides="hands",
            colour="bristle",
        ),
    ),
)

MOVING: Final = (CARRY_WALK, PUSH_CART, LADDER_STEP, SWEEPING)
