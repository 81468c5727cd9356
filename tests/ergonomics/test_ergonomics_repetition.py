"""Static over a minute and repeated over four times a minute, from the motion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.repetition import (
    PART_ANGLES,
    Repetition,
    measured_repetition,
    repetitions,
)
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    Pose,
    changed,
    mirror_motion,
    motion_of,
)


def measured(seconds: float, **values_deg: float | FloatArray) -> Repetition:
    """Return the repetition of a still worker with some angles replaced, at 10 Hz."""
    motion = motion_of([ARMS_DOWN] * round(10 * seconds))
    angles = joint_angles(motion)
    values = angles.values_deg.copy()
    for name, value in values_deg.items():
        values[:, angles.names.index(name)] = value
    sds = np.where(np.isfinite(values), 0.0, np.nan)
    angles = Angles(angles.names, values, sds)
    return repetition_of(motion, angles)


def repetition_of(
    motion: Motion, angles: Angles, *, seated: bool | None = None
) -> Repetition:
    """Return the repetition of a motion."""
    facts, _ = resolve_facts(TaskFacts(seated=seated))
    common = Common.of(motion, angles, facts, DEFAULT_THRESHOLDS)
    return measured_repetition(angles, common, DEFAULT_THRESHOLDS)


def swings(seconds: float, count: int, size_deg: float) -> FloatArray:
    """Return an angle that goes there and back so many times, at 10 Hz."""
    phase = (np.arange(round(10 * seconds)) + 0.5) / round(10 * seconds) * count
    swing: FloatArray = size_deg / 2 * (1 - np.cos(2 * np.pi * phase))
    return swing


@pytest.mark.parametrize(("count", "repeated"), [(4, False), (5, True)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_over_four_times_a_minute_repeats(
    count: int, side: str, *, repeated: bool
) -> None:
    """Four movements in a minute are not repeated, five are, on their side only."""
    found = measured(60, **{f"{side}_elbow_flexion": swings(60, count, 40.0)})
    other = "right" if side == "left" else "left"

    assert found.part(f"{side}_lower_arm").rate.count == count
    assert found.part(f"{side}_lower_arm").repeated == repeated
    assert found.of_arm(side) == repeated
    assert not found.of_arm(other)
    assert not found.of_middle()


@pytest.mark.parametrize(("seconds", "static"), [(60, False), (60.2, True)])
def test_over_a_minute_is_static(seconds: float, *, static: bool) -> None:
    """A posture of exactly a minute is not static, a longer one is."""
    found = measured(seconds)

    assert found.part("trunk").longest_hold_s == pytest.approx(seconds)
    assert found.part("trunk").static == static


def test_a_part_is_held_only_when_all_its_angles_are() -> None:
    """A trunk that twists is not held, even if it does not bend."""
    found = measured(70, trunk_twist=swings(70, 3, 40.0))

    assert not found.part("trunk").static
    assert found.part("neck").static
    assert found.of_middle()


def test_one_movement_is_no_repetition() -> None:
    """A movement seen once is not repeated, however short the clip."""
    found = measured(6, trunk_flexion=swings(6, 1, 60.0)).part("trunk")

    assert found.rate.per_min > 4
    assert not found.repeated
    assert not found.repeated_certain


@given(st.integers(0, 12), st.floats(16, 90), st.floats(0, 6), st.integers(0, 9))
def test_sway_does_not_count(
    count: int, size_deg: float, sway_deg: float, seed: int
) -> None:
    """Noise below the amplitude neither adds nor hides movements."""
    sway = np.random.default_rng(seed).uniform(-sway_deg, sway_deg, 600)
    sway *= min(1.0, (size_deg - 15.5) / 4 / max(sway_deg, 1e-9))

    assert repetitions(swings(60, count, size_deg) + sway, 15.0) == count


@given(st.lists(st.floats(-90, 90), max_size=40))
def test_there_and_back_is_as_often_mirrored_or_reversed(values: list[float]) -> None:
    """Movements count the same for the opposite angle."""
    value = np.array(values)

    assert repetitions(value, 15.0) == repetitions(-value, 15.0)


def test_what_is_hidden_neither_repeats_nor_is_held() -> None:
    """A part that is never observed has no time, and is certain of nothing."""
    found = measured(70, left_elbow_flexion=np.nan).part("left_lower_arm")

    flags = [found.static, found.repeated, found.repeated_certain]
    assert not any(flags)
    assert found.observed_s == 0


def test_mirror_image_swaps_the_sides() -> None:
    """What repeats on the left repeats on the mirrored worker's right."""
    poses = [ARMS_DOWN | {"left_elbow": (0, -v, 0)} for v in swings(20, 6, 60.0)]
    motion = motion_of(poses)
    mirrored = mirror_motion(motion)
    here, there = (repetition_of(m, joint_angles(m)) for m in (motion, mirrored))

    assert here.of_arm("left")
    assert not here.of_arm("right")
    for part in PART_ANGLES:
        other = part.replace("left", "*").replace("right", "left").replace("*", "right")
        assert here.part(part).repeated == there.part(other).repeated


def bent_knees(flexion_deg: float) -> Pose:
    """Return a worker who stands on knees bent so far, hips over the feet."""
    return ARMS_DOWN | {
        f"{side}_{joint}": (turn * flexion_deg, 0, 0)
        for side in ("left", "right")
        for joint, turn in (("hip", -0.5), ("knee", 1.0), ("ankle", -0.5))
    }


@pytest.mark.parametrize(("flexion_deg", "held"), [(25, False), (40, True)])
def test_legs_are_held_on_bent_knees(flexion_deg: float, *, held: bool) -> None:
    """Legs bent for over a minute are held; straight legs that stand are not."""
    motion = motion_of([bent_knees(flexion_deg)] * 620)
    moving_trunk = joint_angles(motion)
    for part in ("trunk_flexion", "neck_flexion"):
        column = moving_trunk.names.index(part)
        moving_trunk.values_deg[:, column] = swings(62, 2, 40.0)
    found = repetition_of(motion, moving_trunk)
    assert found.part("left_leg").static == found.part("right_leg").static == held
    assert found.of_middle() == held
    assert not repetition_of(motion, moving_trunk, seated=True).of_middle()


@pytest.mark.parametrize(("speed_m_s", "repeated"), [(0.0, True), (1.2, False)])
def test_a_walk_is_no_repetition_of_the_legs(
    speed_m_s: float, *, repeated: bool
) -> None:
    """Knees that bend again and again repeat, unless they walk."""
    motion = motion_of([ARMS_DOWN] * 600)
    way = speed_m_s * motion.time_s[:, None, None] * [0.0, 0.0, 1.0]
    motion = changed(motion, joints_world_m=motion.joints_world_m + way)
    angles = joint_angles(motion)
    angles.values_deg[:, angles.names.index("left_knee_flexion")] = swings(60, 30, 50.0)
    assert repetition_of(motion, angles).part("left_leg").repeated == repeated
    assert repetition_of(motion, angles).of_middle() == repeated


def test_legs_that_may_rest_on_a_seat_leave_it_open() -> None:
    """Where it is open whether the worker sits, bent legs are perhaps held."""
    chair: Pose = ARMS_DOWN | {
        f"{side}_{joint}": (turn, 0, 0)
        for side in ("left", "right")
        for joint, turn in (("hip", -90), ("knee", 90))
    }
    motion = motion_of([chair] * 620, joint_sd_m=0.15)
    angles = joint_angles(motion_of([chair] * 620))
    active = repetition_of(motion, angles).part("left_leg").activity
    assert (active.low, active.likely, active.high) == (False, True, True)
    told = repetition_of(motion, angles, seated=True).part("left_leg").activity
    assert (told.low, told.likely, told.high) == (False, False, False)


def test_legs_of_a_walk_or_a_seat_are_sure_not_to_repeat() -> None:
    """Who walks or sits all the while has seen legs that do not repeat."""
    motion = motion_of([ARMS_DOWN] * 1200)
    angles = joint_angles(motion)
    angles.values_deg[:, angles.names.index("left_knee_flexion")] = swings(120, 60, 50)
    way = 1.2 * motion.time_s[:, None, None] * [0.0, 0.0, 1.0]
    walk = changed(motion, joints_world_m=motion.joints_world_m + way)
    for found in (
        repetition_of(walk, angles),
        repetition_of(motion, angles, seated=True),
    ):
        leg = found.part("left_leg").activity
        assert (leg.low, leg.likely, leg.high) == (False, False, False)
