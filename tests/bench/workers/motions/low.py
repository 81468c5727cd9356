"""Low work: kneeling, squatting, sitting, shovelling."""

from typing import Final

from bench.workers.script import Prop, Script, foot, pair
from bench.workers.tracks import along, places, rounds, still, track

KNEELING_WORK: Final = Script(
    name="kneeling_work",
    duration_s=5.4,
    hips=track(
        (0.4, (0, 0.447, -0.02)),
        (1.5, (0, 0.452, 0.05)),
        (2.6, (0, 0.45, 0.0)),
        (3.7, (0, 0.452, 0.06)),
        (4.8, (0, 0.449, 0.0)),
    ),
    heading=track(
        (0.4, (-4, 10, 0)),
        (1.5, (-2, 20, 0)),
        (2.6, (-6, 13, 0)),
        (3.7, (2, 20, 0)),
        (4.8, (-4, 10, 0)),
    ),
    trunk=track(
        (0.4, (42, 0, 0)),
        (1.5, (52, 0, 4)),
        (2.6, (47, 2, -8)),
        (3.7, (52, -2, 10)),
        (4.8, (42, 0, 0)),
    ),
    feet=pair(
        foot((0.0, (0.25, 0.0, 0.43, 16, 0))),
        foot((0.0, (-0.12, 0.0, -0.42, -4, 74))),
    ),
    reach=pair(
        places(
            (0.4, "floor", (0.06, 0.35, 0.49)),
            (1.5, "floor", (0.02, 0.25, 0.57)),
            (2.6, "floor", (0.06, 0.29, 0.51)),
            (3.7, "floor", (0.12, 0.25, 0.59)),
            (4.8, "floor", (0.06, 0.35, 0.49)),
        ),
        places(
            (0.4, "floor", (-0.14, 0.35, 0.37)),
            (1.0, "floor", (-0.1, 0.35, 0.43)),
            (1.5, "floor", (-0.06, 0.24, 0.55)),
            (2.1, "floor", (-0.14, 0.37, 0.43)),
            (2.6, "floor", (-0.16, 0.26, 0.47)),
            (3.2, "floor", (-0.1, 0.37, 0.45)),
            (3.7, "floor", (-0.02, 0.24, 0.59)),
            (4.8, "floor", (-0.14, 0.35, 0.37)),
        ),
    ),
    hand=pair(still(20, 60, -15, 0, 0.25), still(25, 20, 0, -5, 0.85)),
    gaze=places(
        (0.4, "floor", (0, 0.05, 0.7)),
        (1.5, "floor", (0, 0.05, 0.75)),
        (2.6, "floor", (-0.15, 0.05, 0.65)),
        (3.7, "floor", (0.15, 0.05, 0.75)),
    ),
    props=(
        Prop(size_m=(0.5, 0.06, 0.4), at_m=(0.0, 0.03, 0.8), colour="plate"),
        Prop(
            size_m=(0.03, 0.22, 0.03),
            at_m=(-0.1, -0.02, 0.02),
            turn_deg=(0, 90, 0),
            rides="right_wrist",
            shape="cylinder",
            colour="wood",
        ),
        Prop(
            size_m=(0.05, 0.05, 0.1),
            at_m=(-0.1, -0.02, 0.13),
            turn_deg=(90, 0, 0),
            rides="right_wrist",
            colour="steel",
        ),
    ),
    knees_out_deg=4.0,
    sway=0.6,
)

SQUATTING_WORK: Final = Script(
    name="squatting_work",
    duration_s=5.4,
    hips=track(
        (0.5, (0, 0.36, -0.16)),
        (2.0, (0, 0.37, -0.14)),
        (3.5, (0.02, 0.36, -0.15)),
        (5.0, (0, 0.37, -0.15)),
    ),
    heading=track(
        (0.5, (0, 2, 0)), (2.0, (-4, 6, 0)), (3.5, (5, 4, 0)), (5.0, (0, 2, 0))
    ),
    trunk=track(
        (0.5, (44, 0, 0)), (2.0, (50, 2, -6)), (3.5, (48, -2, 8)), (5.0, (44, 0, 0))
    ),
    feet=pair(
        foot((0.0, (0.2, 0.0, 0.14, 18, 18))),
        foot((0.0, (-0.2, 0.0, 0.1, -18, 26))),
    ),
    reach=pair(
        places(
            (0.5, "floor", (0.13, 0.46, 0.5)),
            (1.6, "floor", (0.12, 0.42, 0.52)),
            (2.6, "floor", (0.16, 0.48, 0.5)),
            (3.6, "floor", (0.2, 0.42, 0.5)),
            (5.0, "floor", (0.13, 0.46, 0.5)),
        ),
        places(
            (0.5, "floor", (-0.13, 0.44, 0.48)),
            (1.2, "floor", (-0.18, 0.5, 0.48)),
            (1.9, "floor", (-0.08, 0.42, 0.5)),
            (2.6, "floor", (-0.17, 0.5, 0.48)),
            (3.3, "floor", (-0.06, 0.42, 0.52)),
            (4.0, "floor", (-0.16, 0.5, 0.48)),
            (5.0, "floor", (-0.13, 0.44, 0.48)),
        ),
    ),
    hand=pair(still(15, 40, 0, 0, 0.6), still(18, 30, 0, 0, 0.75)),
    gaze=places(
        (0.5, "floor", (0, 0.4, 0.66)),
        (2.0, "floor", (-0.05, 0.38, 0.66)),
        (3.5, "floor", (0.08, 0.4, 0.66)),
    ),
    props=(
        Prop(
            size_m=(0.12, 1.4, 0.12),
            at_m=(0, 0.42, 0.66),
            turn_deg=(0, 0, 90),
            shape="cylinder",
            colour="pipe",
        ),
        Prop(size_m=(0.2, 0.2, 0.2), at_m=(0, 0.42, 0.66), colour="tool"),
        Prop(size_m=(0.08, 0.36, 0.3), at_m=(0.66, 0.18, 0.66), colour="steel"),
        Prop(size_m=(0.08, 0.36, 0.3), at_m=(-0.66, 0.18, 0.66), colour="steel"),
    ),
    knees_out_deg=16.0,
    sway=0.7,
)

SEATED_PICKING: Final = Script(
    name="seated_picking",
    duration_s=5.6,
    hips=track((0.0, (0, 0.57, -0.1)), (5.0, (0, 0.57, -0.1))),
    heading=track(
        (0.4, (0, -6, 0)),
        (1.4, (-6, 0, 0)),
        (2.6, (0, -4, 0)),
        (3.8, (7, 0, 0)),
        (5.0, (0, -6, 0)),
    ),
    trunk=track(
        (0.4, (10, 0, 0)),
        (1.4, (20, 4, -14)),
        (2.6, (12, 0, 0)),
        (3.8, (20, -4, 16)),
        (5.0, (10, 0, 0)),
    ),
    feet=pair(
        foot((0.0, (0.15, 0.0, 0.5, 8, 0))),
        foot((0.0, (-0.15, 0.0, 0.44, -8, 0))),
    ),
    reach=pair(
        places(
            (0.4, "floor", (0.14, 0.86, 0.3)),
            (2.6, "floor", (0.12, 0.88, 0.32)),
            (3.7, "floor", (0.42, 0.9, 0.42)),
            (4.1, "floor", (0.42, 0.9, 0.42)),
            (5.0, "floor", (0.12, 0.88, 0.32)),
        ),
        places(
            (0.4, "floor", (-0.14, 0.86, 0.3)),
            (1.3, "floor", (-0.42, 0.9, 0.42)),
            (1.7, "floor", (-0.42, 0.9, 0.42)),
            (2.6, "floor", (-0.1, 0.9, 0.34)),
            (3.6, "floor", (-0.14, 0.87, 0.32)),
            (5.0, "floor", (-0.1, 0.88, 0.32)),
        ),
    ),
    hand=pair(
        track(
            (0.4, (22, 50, 0, 0, 0.4)),
            (3.6, (25, 60, 10, 0, 0.2)),
            (4.2, (25, 60, 10, 0, 0.6)),
        ),
        track(
            (0.6, (22, 50, 0, 0, 0.3)),
            (1.3, (25, 60, 10, 0, 0.2)),
            (1.8, (25, 60, 10, 0, 0.6)),
            (3.6, (22, 50, 0, 0, 0.4)),
        ),
    ),
    gaze=places(
        (0.3, "floor", (0, 0.8, 0.5)),
        (1.1, "floor", (-0.46, 0.85, 0.6)),
        (1.8, "floor", (-0.4, 0.85, 0.6)),
        (2.5, "floor", (0, 0.8, 0.5)),
        (3.4, "floor", (0.46, 0.85, 0.6)),
        (4.1, "floor", (0.4, 0.85, 0.6)),
        (4.9, "floor", (0, 0.8, 0.5)),
    ),
    props=(
        Prop(size_m=(1.4, 0.05, 0.6), at_m=(0, 0.755, 0.56), colour="wood"),
        Prop(size_m=(0.06, 0.73, 0.06), at_m=(0.64, 0.365, 0.8), colour="steel"),
        Prop(size_m=(0.06, 0.73, 0.06), at_m=(-0.64, 0.365, 0.8), colour="steel"),
        Prop(size_m=(0.26, 0.14, 0.2), at_m=(0.46, 0.85, 0.58), colour="crate"),
        Prop(size_m=(0.26, 0.14, 0.2), at_m=(-0.46, 0.85, 0.58), colour="carton"),
        Prop(size_m=(0.3, 0.05, 0.22), at_m=(0, 0.8, 0.52), colour="tool"),
        Prop(size_m=(0.44, 0.05, 0.42), at_m=(0, 0.44, -0.1), colour="fabric"),
        Prop(
            size_m=(0.06, 0.42, 0.06),
            at_m=(0, 0.21, -0.1),
            shape="cylinder",
            colour="steel",
        ),
        Prop(
            size_m=(0.5, 0.04, 0.5),
            at_m=(0, 0.03, -0.1),
            shape="cylinder",
            colour="rubber",
        ),
    ),
    knees_out_deg=4.0,
    sway=0.5,
)

_SCOOPS: Final = (0.2, 1.0, 1.8, 2.8, 3.6, 4.4, 5.4)
_HANDLE: Final = rounds(
    _SCOOPS, (-0.2, 0.72, 0.34), (-0.16, 0.82, 0.32), (-0.02, 0.98, 0.3)
)
_BLADE: Final = rounds(_SCOOPS, (0.1, 0.12, 1.25), (0.15, 0.45, 1.2), (1.1, 0.75, 0.42))

SHOVELLING: Final = Script(
    name="shovelling",
    duration_s=5.4,
    hips=rounds(_SCOOPS, (0, 0.77, -0.06), (0, 0.83, -0.04), (0.02, 0.89, 0.0)),
    heading=rounds(_SCOOPS, (-6, 34, 0), (2, 24, 0), (24, 8, 0)),
    trunk=rounds(_SCOOPS, (42, 4, -4), (32, 2, 2), (14, 0, 24)),
    feet=pair(
        foot((0.0, (0.17, 0.0, 0.31, 14, 0))),
        foot((0.0, (-0.17, 0.0, -0.05, -14, 16))),
    ),
    reach=pair(along(_HANDLE, _BLADE, 0.32), _HANDLE),
    by_palm=True,
    hand=pair(still(12, -10, 0, 0, 0.9), still(35, 50, 0, 0, 0.9)),
    gaze=rounds(_SCOOPS, (0.2, 0.0, 1.1), (0.2, 0.3, 1.1), (1.2, 0.6, 0.9)),
    props=(
        Prop(
            size_m=(0.03, 1.15, 0.03),
            at_m=(0, 0.18, 0),
            rides="hands",
            shape="cylinder",
            colour="wood",
        ),
        Prop(
            size_m=(0.24, 0.3, 0.02),
            at_m=(0, 0.86, 0),
            rides="hands",
            colour="steel",
        ),
        Prop(size_m=(0.9, 0.16, 0.7), at_m=(0.1, 0.08, 1.3), colour="gravel"),
    ),
)

LOW: Final = (KNEELING_WORK, SQUATTING_WORK, SEATED_PICKING, SHOVELLING)
