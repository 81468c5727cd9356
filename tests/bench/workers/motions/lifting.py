"""Lifting: with a bent back, with bent knees, to a shelf, with a twist."""

from typing import Final

from bench.workers.script import (
    BALL_AHEAD_M,
    HANGING,
    STAND_M,
    Prop,
    Script,
    Sides,
    alike,
    both,
    foot,
    pair,
    standing,
)
from bench.workers.tracks import Track, places, track

_HALF_M: Final = 0.2
"""Half the width of the crates."""

_CRATE: Final = Prop(size_m=(0.4, 0.28, 0.3), rides="load", colour="crate")
_CARTON: Final = Prop(size_m=(0.36, 0.22, 0.26), rides="load", colour="carton")
_CARRIED: Final = (0.0, 0.1, 0.34, 0.0)
"""A crate held before the belly, in the frame ``hips``."""

_LOW_GRIP: Final = (_HALF_M + 0.02, 0.12, -0.04)
_HIGH_GRIP: Final = (_HALF_M + 0.01, -0.02, -0.13)
"""Wrists at the crate's sides, fingers down and fingers ahead, frame ``load``."""

_LIFT_HANDS: Final = track(
    (0.6, (20, 25, 5, 0, 0.25)),
    (1.8, (20, 5, 5, 0, 0.35)),
    (2.5, (20, 5, 5, 0, 0.45)),
    (3.6, (22, 0, 0, 0, 0.45)),
)

_LIFT_REACH: Final = places(
    (0.0, "shoulder", HANGING),
    (1.2, "shoulder", HANGING),
    (2.0, "load", _LOW_GRIP),
    (2.6, "load", _LOW_GRIP),
    (3.6, "load", _HIGH_GRIP),
)

_BETWEEN_KNEES: Final = places(
    (0.3, "shoulder", HANGING),
    (0.9, "shoulder", (0.0, -0.42, 0.22)),
    (1.3, "shoulder", (-0.04, -0.4, 0.27)),
    (2.0, "load", _LOW_GRIP),
    (2.6, "load", _LOW_GRIP),
    (3.6, "load", _HIGH_GRIP),
)

_LIFT_LOAD: Final = places(
    (0.0, "floor", (0.0, 0.14, 0.46, 0.0)),
    (2.3, "floor", (0.0, 0.14, 0.46, 0.0)),
    (3.1, "hips", (0.0, -0.08, 0.37, 0.0)),
    (3.9, "hips", _CARRIED),
)

_LIFT_GAZE: Final = places(
    (0.2, "hips", (0.0, 0.5, 3.0)),
    (0.9, "load", (0.0, 0.0, 0.0)),
    (2.6, "load", (0.0, 0.0, 0.0)),
    (3.6, "hips", (0.0, 0.3, 2.0)),
)


def _lift(
    name: str, hips: Track, heading: Track, trunk: Track, feet: Sides, reach: Track
) -> Script:
    """Return a lift of a crate from the floor before the feet."""
    return Script(
        name=name,
        duration_s=5.0,
        hips=hips,
        heading=heading,
        trunk=trunk,
        feet=feet,
        reach=both(reach),
        hand=alike(_LIFT_HANDS),
        gaze=_LIFT_GAZE,
        load=_LIFT_LOAD,
        props=(_CRATE,),
        knees_out_deg=14.0,
    )


def _rising_heels(out_m: float, rise_deg: float) -> Sides:
    """Return two planted feet whose heels rise in the squat."""
    left, right = (
        (x, 0.0, BALL_AHEAD_M + ahead, yaw)
        for x, ahead, yaw in ((out_m, 0.02, 18.0), (-out_m, -0.02, -18.0))
    )
    rises = ((0.8, 0.0), (1.8, rise_deg), (2.4, rise_deg), (3.4, 0.0))
    return pair(
        *(foot(*((t, (*place, deg)) for t, deg in rises)) for place in (left, right))
    )


STOOP_LIFT: Final = _lift(
    "stoop_lift",
    track(
        (0.5, (0, STAND_M, 0)),
        (1.8, (0, 0.80, -0.19)),
        (2.4, (0, 0.80, -0.19)),
        (3.7, (0, STAND_M, -0.03)),
    ),
    track((0.5, (0, 2, 0)), (1.8, (0, 63, 0)), (2.4, (0, 63, 0)), (3.7, (0, 0, 0))),
    track((0.5, (0, 0, 0)), (1.8, (48, 0, 0)), (2.4, (48, 0, 0)), (3.7, (-4, 0, 0))),
    feet=standing(0.13, toes_out_deg=14, stagger_m=0.04),
    reach=_LIFT_REACH,
)

SQUAT_LIFT: Final = _lift(
    "squat_lift",
    track(
        (0.5, (0, STAND_M, 0)),
        (1.8, (0, 0.45, -0.17)),
        (2.4, (0, 0.45, -0.17)),
        (3.7, (0, STAND_M, -0.03)),
    ),
    track((0.5, (0, 2, 0)), (1.8, (0, 26, 0)), (2.4, (0, 26, 0)), (3.7, (0, 0, 0))),
    track((0.5, (0, 0, 0)), (1.8, (28, 0, 0)), (2.4, (28, 0, 0)), (3.7, (-4, 0, 0))),
    feet=_rising_heels(0.21, 14.0),
    reach=_BETWEEN_KNEES,
)

_SHELF_LOAD: Final = places(
    (0.0, "floor", (0.0, 0.91, 0.5, 0.0)),
    (1.2, "floor", (0.0, 0.91, 0.5, 0.0)),
    (2.1, "floor", (0.0, 1.2, 0.36, 0.0)),
    (3.0, "floor", (0.0, 1.51, 0.42, 0.0)),
    (3.7, "floor", (0.0, 1.51, 0.52, 0.0)),
    (5.0, "floor", (0.0, 1.51, 0.52, 0.0)),
)

SHELF_LIFT: Final = Script(
    name="shelf_lift",
    duration_s=5.2,
    hips=track(
        (0.3, (0, STAND_M, -0.02)),
        (1.0, (0, 0.9, -0.04)),
        (2.2, (0, STAND_M, 0.0)),
        (3.6, (0, STAND_M, 0.07)),
        (4.8, (0, STAND_M, 0.0)),
    ),
    heading=track((0.3, (0, 4, 0)), (1.0, (0, 12, 0)), (2.2, (0, 0, 0))),
    trunk=track(
        (0.2, (4, 0, 0)), (1.0, (14, 0, 0)), (2.2, (0, 0, 0)), (3.6, (-8, 0, 0))
    ),
    feet=standing(0.14, 12, stagger_m=0.16),
    reach=both(
        places(
            (0.2, "chest", (0.1, -0.45, 0.14)),
            (0.9, "load", (0.19, -0.02, -0.13)),
            (2.0, "load", (0.19, -0.02, -0.13)),
            (3.0, "load", (0.19, -0.07, -0.1)),
        )
    ),
    hand=alike(
        track(
            (0.4, (20, 20, 0, 0, 0.25)),
            (1.0, (25, 5, 0, 0, 0.4)),
            (4.2, (25, 0, 0, 0, 0.35)),
        )
    ),
    gaze=places((0.0, "load", (0, 0, 0))),
    load=_SHELF_LOAD,
    props=(
        _CARTON,
        Prop(size_m=(1.0, 0.04, 0.4), at_m=(0, 0.78, 0.58), colour="shelf"),
        Prop(size_m=(1.0, 0.04, 0.4), at_m=(0, 1.38, 0.62), colour="shelf", wall=True),
        Prop(size_m=(1.0, 0.04, 0.4), at_m=(0, 0.12, 0.58), colour="shelf"),
        Prop(
            size_m=(0.04, 1.9, 0.04), at_m=(0.5, 0.95, 0.78), colour="steel", wall=True
        ),
        Prop(
            size_m=(0.04, 1.9, 0.04), at_m=(-0.5, 0.95, 0.78), colour="steel", wall=True
        ),
    ),
)

_TWIST_LOAD: Final = places(
    (0.0, "floor", (-0.52, 0.56, 0.22, -60)),
    (1.75, "floor", (-0.52, 0.56, 0.22, -60)),
    (2.6, "floor", (-0.05, 0.95, 0.42, 0)),
    (3.4, "floor", (0.52, 0.9, 0.24, 60)),
    (5.0, "floor", (0.52, 0.9, 0.24, 60)),
)

TWISTING_LIFT: Final = Script(
    name="twisting_lift",
    duration_s=5.2,
    hips=track(
        (0.3, (0, STAND_M, 0)),
        (1.4, (-0.06, 0.78, -0.06)),
        (1.8, (-0.06, 0.78, -0.06)),
        (2.6, (0, STAND_M, 0)),
        (3.5, (0.05, 0.9, 0)),
        (4.6, (0, STAND_M, 0)),
    ),
    heading=track(
        (0.3, (0, 2, 0)),
        (1.4, (-28, 24, 2)),
        (1.8, (-28, 24, 2)),
        (2.6, (0, 4, 0)),
        (3.5, (26, 6, 0)),
        (4.6, (4, 2, 0)),
    ),
    trunk=track(
        (0.3, (0, 0, 0)),
        (1.4, (30, 6, -28)),
        (1.8, (30, 6, -28)),
        (2.6, (4, 0, 0)),
        (3.5, (12, -3, 30)),
        (4.6, (0, 0, 4)),
    ),
    feet=standing(0.19, 16),
    reach=both(
        places(
            (0.8, "shoulder", HANGING),
            (1.5, "load", (0.2, 0.04, -0.1)),
            (2.0, "load", (0.2, 0.04, -0.1)),
            (2.6, "load", (0.2, -0.02, -0.13)),
            (3.6, "load", (0.2, -0.02, -0.13)),
            (4.6, "chest", (0.12, -0.44, 0.14)),
        )
    ),
    hand=alike(track((0.4, (20, 20, 5, 0, 0.25)), (1.3, (24, 5, 0, 0, 0.4)))),
    gaze=places(
        (0.0, "load", (0, 0, 0)), (3.8, "load", (0, 0, 0)), (4.8, "hips", (0, 0.4, 2))
    ),
    load=_TWIST_LOAD,
    props=(
        _CARTON,
        Prop(size_m=(0.5, 0.44, 0.6), at_m=(-0.62, 0.22, 0.28), colour="pallet"),
        Prop(size_m=(0.5, 0.04, 0.6), at_m=(0.66, 0.76, 0.3), colour="wood"),
        Prop(size_m=(0.06, 0.74, 0.06), at_m=(0.86, 0.37, 0.1), colour="steel"),
        Prop(size_m=(0.06, 0.74, 0.06), at_m=(0.86, 0.37, 0.5), colour="steel"),
    ),
)

LIFTING: Final = (STOOP_LIFT, SQUAT_LIFT, SHELF_LIFT, TWISTING_LIFT)
