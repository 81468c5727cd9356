"""Standing work with the hands: overhead, at a bench, across a table, at a wall."""

from typing import Final

from bench.workers.script import (
    HANGING,
    STAND_M,
    Prop,
    Script,
    pair,
    standing,
)
from bench.workers.tracks import places, rounds, still, track

OVERHEAD_DRILLING: Final = Script(
    name="overhead_drilling",
    duration_s=5.4,
    hips=track(
        (0.3, (0, STAND_M, 0)), (1.4, (0, STAND_M, 0.03)), (4.6, (0, STAND_M, 0.0))
    ),
    heading=track(
        (0.3, (0, 1, 0)), (1.4, (4, -2, 0)), (3.8, (4, -3, 0)), (4.8, (0, 1, 0))
    ),
    trunk=track(
        (0.4, (2, 0, 0)), (1.5, (-9, 2, 2)), (3.8, (-10, 2, 2)), (4.9, (2, 0, 0))
    ),
    feet=standing(0.15, 12, stagger_m=0.14),
    reach=pair(
        places(
            (0.2, "chest", (0.1, -0.36, 0.26)),
            (1.5, "floor", (0.0, 1.6, 0.28)),
            (2.6, "floor", (0.0, 1.61, 0.28)),
            (3.8, "floor", (0.0, 1.63, 0.28)),
            (4.9, "chest", (0.1, -0.4, 0.22)),
        ),
        places(
            (0.2, "chest", (0.06, -0.34, 0.28)),
            (1.4, "floor", (-0.14, 1.66, 0.24)),
            (2.6, "floor", (-0.14, 1.68, 0.24)),
            (3.8, "floor", (-0.14, 1.7, 0.24)),
            (4.9, "chest", (0.08, -0.38, 0.26)),
        ),
    ),
    hand=pair(
        track(
            (0.3, (20, 20, 0, 0, 0.4)),
            (1.5, (35, 20, 0, 10, 0.6)),
            (4.9, (20, 20, 0, 0, 0.4)),
        ),
        track(
            (0.3, (20, 0, 0, -5, 0.8)),
            (1.4, (35, -10, 0, 10, 0.8)),
            (4.9, (20, 0, 0, -5, 0.8)),
        ),
    ),
    gaze=places(
        (0.1, "floor", (-0.1, 1.4, 1.0)),
        (1.0, "floor", (-0.1, 2.05, 0.45)),
        (3.9, "floor", (-0.1, 2.05, 0.45)),
        (4.9, "floor", (-0.1, 1.2, 0.8)),
    ),
    props=(
        Prop(
            size_m=(0.05, 0.05, 0.16),
            at_m=(-0.09, -0.02, 0.0),
            rides="right_wrist",
            colour="tool",
        ),
        Prop(
            size_m=(0.22, 0.07, 0.07),
            at_m=(-0.13, -0.02, 0.09),
            rides="right_wrist",
            colour="tool",
        ),
        Prop(
            size_m=(0.16, 0.012, 0.012),
            at_m=(-0.31, -0.02, 0.09),
            rides="right_wrist",
            colour="steel",
        ),
    ),
)

_BENCH: Final = (
    Prop(size_m=(1.5, 0.06, 0.62), at_m=(0, 0.93, 0.56), colour="wood"),
    Prop(size_m=(0.07, 0.9, 0.07), at_m=(0.68, 0.45, 0.8), colour="steel"),
    Prop(size_m=(0.07, 0.9, 0.07), at_m=(-0.68, 0.45, 0.8), colour="steel"),
    Prop(size_m=(0.07, 0.9, 0.07), at_m=(0.68, 0.45, 0.32), colour="steel"),
    Prop(size_m=(0.07, 0.9, 0.07), at_m=(-0.68, 0.45, 0.32), colour="steel"),
)

BENCH_ASSEMBLY: Final = Script(
    name="bench_assembly",
    duration_s=5.6,
    hips=track(
        (0.5, (0, STAND_M, 0.02)),
        (2.0, (-0.02, STAND_M, 0.03)),
        (4.5, (0.01, STAND_M, 0.02)),
    ),
    heading=track(
        (0.4, (0, 3, 0)), (1.2, (-10, 5, 0)), (2.2, (0, 5, 0)), (5.0, (2, 4, 0))
    ),
    trunk=track(
        (0.4, (14, 0, 0)), (1.2, (18, 2, -10)), (2.2, (16, 0, 0)), (5.0, (17, 0, 0))
    ),
    feet=standing(0.14, 10, stagger_m=0.05),
    reach=pair(
        places(
            (0.0, "floor", (0.12, 1.06, 0.36)),
            (1.2, "floor", (0.12, 1.06, 0.38)),
            (2.2, "floor", (0.1, 1.1, 0.36)),
            (2.8, "floor", (0.12, 1.09, 0.35)),
            (3.4, "floor", (0.09, 1.11, 0.37)),
            (4.0, "floor", (0.12, 1.09, 0.36)),
            (4.6, "floor", (0.1, 1.11, 0.36)),
            (5.2, "floor", (0.14, 1.06, 0.38)),
        ),
        places(
            (0.0, "floor", (-0.14, 1.06, 0.36)),
            (0.4, "floor", (-0.16, 1.08, 0.36)),
            (1.1, "floor", (-0.46, 1.04, 0.46)),
            (1.4, "floor", (-0.46, 1.04, 0.46)),
            (2.2, "floor", (-0.1, 1.12, 0.35)),
            (2.7, "floor", (-0.08, 1.14, 0.36)),
            (3.2, "floor", (-0.11, 1.1, 0.34)),
            (3.7, "floor", (-0.08, 1.14, 0.36)),
            (4.2, "floor", (-0.11, 1.1, 0.34)),
            (4.7, "floor", (-0.08, 1.13, 0.36)),
            (5.3, "floor", (-0.15, 1.07, 0.38)),
        ),
    ),
    hand=pair(
        track(
            (0.5, (25, 40, 10, 0, 0.5)),
            (2.2, (25, 15, 10, 5, 0.6)),
            (4.8, (25, 20, 10, 0, 0.6)),
        ),
        track(
            (0.5, (25, 45, 10, 0, 0.4)),
            (1.2, (30, 65, 0, 0, 0.2)),
            (2.2, (30, 35, 15, 0, 0.6)),
            (2.8, (30, 60, 5, 0, 0.6)),
            (3.4, (30, 30, 15, 0, 0.6)),
            (4.0, (30, 60, 5, 0, 0.6)),
            (4.6, (30, 30, 15, 0, 0.6)),
        ),
    ),
    gaze=places(
        (0.2, "floor", (0, 1.0, 0.5)),
        (0.9, "floor", (-0.46, 1.0, 0.56)),
        (1.5, "floor", (-0.4, 1.0, 0.56)),
        (2.2, "floor", (0, 1.1, 0.48)),
    ),
    props=(
        *_BENCH,
        Prop(size_m=(0.12, 0.08, 0.1), at_m=(0.0, 1.0, 0.47), colour="tool"),
        Prop(size_m=(0.2, 0.1, 0.16), at_m=(-0.52, 1.01, 0.62), colour="carton"),
        Prop(size_m=(0.2, 0.1, 0.16), at_m=(0.5, 1.01, 0.66), colour="crate"),
    ),
)

REACHING_ACROSS: Final = Script(
    name="reaching_across",
    duration_s=5.2,
    hips=track(
        (0.4, (0, STAND_M, 0)),
        (1.5, (0.02, 0.9, 0.04)),
        (2.2, (0.02, 0.9, 0.04)),
        (3.2, (-0.02, STAND_M, 0)),
        (4.2, (-0.03, STAND_M, 0)),
    ),
    heading=track(
        (0.4, (0, 2, 0)),
        (1.5, (14, 20, 0)),
        (2.2, (14, 20, 0)),
        (3.3, (-4, 4, 0)),
        (4.3, (-10, 6, 0)),
    ),
    trunk=track(
        (0.4, (4, 0, 0)),
        (1.5, (26, -4, 20)),
        (2.2, (26, -4, 20)),
        (3.3, (8, 0, -4)),
        (4.3, (10, 2, -12)),
    ),
    feet=standing(0.15, 10, stagger_m=-0.06),
    reach=pair(
        places(
            (0.4, "floor", (0.24, 1.0, 0.3)),
            (1.5, "floor", (0.3, 1.0, 0.36)),
            (4.5, "floor", (0.24, 1.0, 0.32)),
        ),
        places(
            (0.3, "floor", (-0.22, 1.02, 0.3)),
            (1.0, "floor", (0.1, 1.12, 0.5)),
            (1.6, "floor", (0.34, 1.05, 0.66)),
            (2.1, "floor", (0.34, 1.05, 0.66)),
            (3.0, "floor", (-0.1, 1.16, 0.46)),
            (4.0, "floor", (-0.5, 1.05, 0.36)),
            (4.6, "floor", (-0.5, 1.05, 0.36)),
        ),
    ),
    hand=pair(
        still(28, 75, -35, 0, 0.1),
        track(
            (0.4, (25, 55, 0, 0, 0.3)),
            (1.5, (25, 60, 0, 0, 0.2)),
            (2.2, (25, 60, 5, 0, 0.6)),
            (4.2, (25, 60, 0, 0, 0.6)),
            (4.7, (25, 60, 0, 0, 0.2)),
        ),
    ),
    gaze=places(
        (0.2, "floor", (0.3, 1.0, 0.8)),
        (2.2, "floor", (0.4, 1.0, 0.8)),
        (3.2, "floor", (-0.4, 1.0, 0.5)),
    ),
    props=(
        *_BENCH,
        Prop(size_m=(0.1, 0.12, 0.1), at_m=(0.42, 1.02, 0.76), colour="tool"),
        Prop(size_m=(0.24, 0.1, 0.2), at_m=(-0.56, 1.01, 0.5), colour="crate"),
    ),
)

_ROLLS: Final = (0.2, 1.2, 2.2, 3.2, 4.2, 5.2)

WALL_PAINTING: Final = Script(
    name="wall_painting",
    duration_s=5.4,
    hips=rounds(_ROLLS, (0, STAND_M, 0.04), (0, 0.84, -0.03)),
    heading=rounds(_ROLLS, (6, 0, 0), (-4, 12, 0)),
    trunk=rounds(_ROLLS, (-6, -4, 8), (14, 2, -4)),
    feet=standing(0.15, 10, stagger_m=0.2),
    reach=pair(
        places(
            (0.0, "shoulder", HANGING),
            (2.5, "shoulder", (0.14, -0.44, 0.14)),
            (5.0, "shoulder", HANGING),
        ),
        rounds(_ROLLS, (-0.2, 1.76, 0.34), (-0.16, 0.92, 0.42)),
    ),
    hand=pair(
        still(22, 25, 5, 0, 0.3),
        rounds(_ROLLS, (30, 70, -15, 0, 0.85), (25, 75, -5, 0, 0.85)),
    ),
    gaze=rounds(_ROLLS, (-0.2, 1.95, 0.7), (-0.2, 1.05, 0.7)),
    props=(
        Prop(
            size_m=(2.4, 2.3, 0.08), at_m=(0, 1.15, 0.74), colour="plaster", wall=True
        ),
        Prop(
            size_m=(0.22, 0.03, 0.03),
            at_m=(-0.14, -0.02, 0.0),
            rides="right_wrist",
            colour="tool",
        ),
        Prop(
            size_m=(0.06, 0.22, 0.06),
            at_m=(-0.27, -0.02, 0.0),
            turn_deg=(0, 90, 0),
            rides="right_wrist",
            shape="cylinder",
            colour="paint",
        ),
    ),
)

STANDING: Final = (OVERHEAD_DRILLING, BENCH_ASSEMBLY, REACHING_ACROSS, WALL_PAINTING)
