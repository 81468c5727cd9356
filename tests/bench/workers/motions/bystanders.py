"""People in the background: one stands, one walks by."""

from typing import Final

from bench.workers.motions.gait import Gait, walk
from bench.workers.script import (
    HANGING,
    RELAXED,
    STAND_M,
    Script,
    alike,
    both,
    pair,
    standing,
)
from bench.workers.tracks import places, track

STANDING_BY: Final = Script(
    name="standing_by",
    duration_s=6.6,
    hips=track(
        (0.5, (0.03, STAND_M, 0)), (2.5, (-0.03, 0.91, 0)), (5.0, (0.02, STAND_M, 0))
    ),
    heading=track((0.5, (5, 0, 1)), (2.5, (-6, 0, -2)), (5.0, (4, 0, 1))),
    trunk=track((0.5, (0, 0, 4)), (3.0, (2, 1, -8))),
    feet=standing(0.14, 14, stagger_m=0.08),
    reach=both(places((0.0, "shoulder", HANGING))),
    hand=alike(RELAXED),
    gaze=places((0.0, "hips", (0.4, 0.5, 2.0)), (3.0, "hips", (-0.6, 0.4, 2.0))),
)

_WALK: Final = walk(Gait(steps=9, step_m=0.6, step_s=0.58, start_s=0.3, from_m=-2.2))
_SWINGS: Final = tuple(0.6 + 0.58 * k for k in range(10))
_FORE, _BACK = (0.08, -0.46, 0.16), (0.1, -0.46, -0.1)

PASSING_BY: Final = Script(
    name="passing_by",
    duration_s=6.6,
    hips=_WALK.hips,
    heading=track(*((t, (7.0 * (-1) ** k, 2, 0)) for k, t in enumerate(_SWINGS))),
    trunk=track(*((t, (1, 0, -10.0 * (-1) ** k)) for k, t in enumerate(_SWINGS))),
    feet=_WALK.feet,
    reach=pair(
        places(
            *((t, "shoulder", (_FORE, _BACK)[k % 2]) for k, t in enumerate(_SWINGS))
        ),
        places(
            *((t, "shoulder", (_BACK, _FORE)[k % 2]) for k, t in enumerate(_SWINGS))
        ),
    ),
    hand=alike(RELAXED),
    gaze=places((0.0, "hips", (0.0, 0.4, 3.0))),
    knees_out_deg=3.0,
)

BYSTANDERS: Final = (STANDING_BY, PASSING_BY)
