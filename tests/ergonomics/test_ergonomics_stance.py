"""Who sits: chairs, squats, kneeling, legs out of sight, and what is in doubt."""

import numpy as np
import pytest

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.stance import sitting
from ergomesh.ergonomics.core.support import walking
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    Pose,
    changed,
    mirror_motion,
    motion_of,
    without,
)


def legs(hip_deg: float, knee_deg: float) -> Pose:
    """Return a worker with an upright trunk, legs bent at hips and knees."""
    return ARMS_DOWN | {
        f"{side}_{joint}": (turn, 0, 0)
        for side in SIDES
        for joint, turn in (("hip", -hip_deg), ("knee", knee_deg))
    }


CHAIR = legs(90, 90)
TUCKED = legs(80, 125)
"""On a chair, the feet far under it: who stood so would not fall."""
SQUAT = legs(125, 140)


def seat_of(motion: Motion) -> Atom:
    """Return whether the worker sits."""
    walks = walking(motion, DEFAULT_THRESHOLDS)
    return sitting(motion, DEFAULT_THRESHOLDS, walks)


def held(pose: Pose, seconds: float, *, joint_sd_m: float = 0.01) -> Motion:
    """Return a posture that is held, at 10 Hz."""
    return motion_of([pose] * round(10 * seconds), joint_sd_m=joint_sd_m)


@pytest.mark.parametrize(
    ("pose", "seconds", "sits"),
    [
        (CHAIR, 1.0, True),
        (TUCKED, 5.2, True),
        (SQUAT, 9.0, False),
        (legs(25, 50), 9.0, False),
        (legs(-70, 20), 9.0, False),
        (ARMS_DOWN, 9.0, False),
    ],
    ids=["chair", "tucked", "squat", "bent", "backwards", "standing"],
)
def test_a_chair_is_told_from_a_squat(
    pose: Pose, seconds: float, *, sits: bool
) -> None:
    """Raised thighs sit off balance or held for long, but never below the knees."""
    motion = held(pose, seconds)
    for seen in (motion, mirror_motion(motion)):
        found = seat_of(seen)
        assert found.known.all()
        assert (found.point == sits).all()


def test_a_chair_must_be_held_unless_it_is_cut() -> None:
    """Between two stands 4.9 s are no chair; at the clip's end they may last longer."""
    poses = [ARMS_DOWN] * 20 + [TUCKED] * 49
    cut = seat_of(motion_of(poses, joint_sd_m=0.01))
    assert cut.known[:20].all()
    assert not cut.known[20:].any()
    passed = seat_of(motion_of([*poses, *[ARMS_DOWN] * 20], joint_sd_m=0.01))
    assert passed.known.all()
    assert not passed.point.any()


def test_a_moment_out_of_sight_does_not_end_sitting() -> None:
    """Who is hidden for less than a second sat there before and after."""
    motion = held(TUCKED, 8.0)
    seen = np.ones(80, dtype=bool)
    seen[35:42] = False
    observed = motion.joint_observed & seen[:, None]
    found = seat_of(changed(motion, joint_observed=observed))
    assert (found.known == seen).all()
    assert (found.point[seen] == 1).all()


@pytest.mark.parametrize("side", SIDES)
def test_one_standing_leg_in_sight_is_enough(side: str) -> None:
    """Where one leg is seen to stand nobody sits; where one is raised it stays open."""
    names = [f"{side}_{name}" for name in ("knee", "ankle")]
    standing = seat_of(without(held(ARMS_DOWN, 6.0), *names))
    assert standing.known.all()
    assert not standing.point.any()
    assert not seat_of(without(held(CHAIR, 6.0), *names)).known.any()


def test_what_is_in_doubt_stays_open() -> None:
    """A chair that could as well be a squat is neither, however large the errors."""
    for seconds in (1.0, 6.0):
        for sd_m in (0.15, 0.2, 0.25, 0.3, 0.4, 1.0):
            assert not seat_of(held(CHAIR, seconds, joint_sd_m=sd_m)).known.any()


def test_a_low_knee_alone_tells_nothing() -> None:
    """Thighs as on a chair, but knees by the floor: sitting on the heels, or not."""
    heels = held(legs(95, 170), 6.0)
    assert not seat_of(heels).known.any()
