"""Kneeling, squatting and lying from the geometry of the body."""

import pytest

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.nv361_result import Span
from ergonomics.ergonomics_nv361 import RATE_HZ, assessed, item, likely_s
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    Pose,
    mirror_motion,
    motion_of,
    without,
)

KNEELING: Pose = ARMS_DOWN | {"left_knee": (90, 0, 0), "right_knee": (90, 0, 0)}
SQUATTING: Pose = ARMS_DOWN | {
    f"{side}_{joint}": angle
    for side in SIDES
    for joint, angle in (("hip", (-120, 0, 0)), ("knee", (130, 0, 0)))
}
LYING: Pose = ARMS_DOWN | {"pelvis": (-90, 0, 0)}
STOOPING: Pose = ARMS_DOWN | {
    "pelvis": (85, 0, 0),
    "left_hip": (-85, 0, 0),
    "right_hip": (-85, 0, 0),
}
ON_A_CHAIR: Pose = ARMS_DOWN | {
    f"{side}_{joint}": angle
    for side in SIDES
    for joint, angle in (("hip", (-90, 0, 0)), ("knee", (90, 0, 0)))
}


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        (KNEELING, {"kneeling"}),
        (
            ARMS_DOWN
            | {
                "right_knee": (90, 0, 0),
                "left_hip": (-90, 0, 0),
                "left_knee": (90, 0, 0),
            },
            {"kneeling"},
        ),
        (SQUATTING, {"squatting"}),
        (LYING, {"lying"}),
        (STOOPING, set()),
        (ON_A_CHAIR, set()),
        (ARMS_DOWN, set()),
        (ARMS_DOWN | {"left_knee": (100, 0, 0)}, set()),
    ],
    ids=[
        "kneeling",
        "one knee",
        "squatting",
        "lying",
        "stooping",
        "chair",
        "standing",
        "one leg",
    ],
)
def test_the_ground_is_recognised(pose: Pose, expected: set[str]) -> None:
    """Kneeling, squatting and lying are told from standing, stooping and sitting."""
    motion = motion_of([pose] * 60, rate_hz=RATE_HZ)
    for seen in (motion, mirror_motion(motion)):
        result = assessed(seen)
        assert result.ground is not None
        found = {
            kind
            for kind in ("kneeling", "squatting", "lying")
            if getattr(result.ground, kind).likely > 0
        }
        assert found == expected
        seconds = likely_s(result, "ground_static")
        assert seconds == pytest.approx(6.0 if expected else 0.0)


def test_the_ground_is_uncertain_with_the_knees() -> None:
    """A knee's height in doubt makes kneeling possible, and none of it certain."""
    almost = ARMS_DOWN | {"left_knee": (62, 0, 0), "right_knee": (62, 0, 0)}
    motion = motion_of([almost] * 60, rate_hz=RATE_HZ, joint_sd_m=0.1)
    row = item(assessed(motion), "ground_static")
    assert row.seconds is not None
    assert row.seconds.low == 0
    assert row.seconds.high == pytest.approx(6.0)


def test_a_seated_worker_is_not_on_the_ground() -> None:
    """Told to sit, a worker neither kneels nor squats, even with hidden legs."""
    motion = motion_of([SQUATTING] * 60, rate_hz=RATE_HZ)
    for seen in (motion, without(motion, "left_ankle", "right_ankle")):
        row = item(assessed(seen, seated=True), "ground_static")
        assert row.seconds == Span(low=0.0, likely=0.0, high=0.0)


def test_hidden_legs_leave_the_ground_open() -> None:
    """Without the legs nothing is said of kneeling."""
    hidden = (f"{side}_{name}" for side in SIDES for name in ("knee", "ankle", "hip"))
    result = assessed(without(motion_of([KNEELING] * 60), *hidden))
    assert result.ground is None
    assert item(result, "ground_static").status == "not_assessed"
