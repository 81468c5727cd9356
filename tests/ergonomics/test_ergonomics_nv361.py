"""One clip by decree 361/2007: every border from both sides, doubt, and the unseen."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import SIDES, mirrored
from ergomesh.ergonomics.core.nv361_result import Nv361Result, Span
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergonomics.ergonomics_nv361 import (
    RATE_HZ,
    assessed,
    cycles,
    held,
    item,
    likely_s,
    listed,
    of_angles,
    unlisted,
)
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    Pose,
    bent_elbow,
    changed,
    flexed_arm,
    mirror_motion,
    motion_of,
    with_gap,
    without,
)

STATIC = [
    ("trunk_flexion", 40.0, None),
    ("trunk_flexion", 40.1, "trunk trunk_flexion_40_static"),
    ("trunk_flexion", 60.0, "trunk trunk_flexion_40_static"),
    ("trunk_flexion", 60.1, "trunk trunk_flexion_60_static"),
    ("trunk_flexion", -5.0, None),
    ("trunk_flexion", -5.1, "trunk trunk_backward_unsupported_static"),
    ("trunk_twist", 10.0, None),
    ("trunk_twist", -10.1, "trunk trunk_asymmetry_10_static"),
    ("trunk_side_bend", 20.0, "trunk trunk_asymmetry_10_static"),
    ("trunk_side_bend", -20.1, "trunk trunk_asymmetry_20_static"),
    ("head_inclination", 25.0, None),
    ("head_inclination", 25.1, "head_neck head_flexion_25_static"),
    ("head_inclination", 60.0, "head_neck head_flexion_25_static"),
    ("head_inclination", -5.0, None),
    ("head_inclination", -5.1, "head_neck head_backward_static"),
    ("neck_twist", 15.1, "head_neck head_asymmetry_15_static"),
    ("neck_side_bend", -15.1, "head_neck head_asymmetry_15_static"),
    ("left_upper_arm_elevation_gravity", 40.0, None),
    ("left_upper_arm_elevation_gravity", 40.1, "left_arm arm_elevation_40_static"),
    ("right_upper_arm_elevation_gravity", 60.0, "right_arm arm_elevation_40_static"),
    ("left_upper_arm_elevation_gravity", 60.1, "left_arm arm_elevation_60_static"),
    ("right_upper_arm_elevation", 10.0, None),
    ("right_upper_arm_elevation", 10.1, "right_arm arm_awkward_static"),
    ("left_elbow_flexion", 135.0, None),
    ("left_elbow_flexion", 135.1, "left_arm arm_end_static"),
    ("left_knee_flexion", 121.5, None),
    ("left_knee_flexion", 121.6, "leg knee_extreme_static"),
]


@pytest.mark.parametrize(("name", "angle_deg", "expected"), STATIC)
def test_static_postures_from_both_sides(
    name: str, angle_deg: float, expected: str | None
) -> None:
    """An angle held on a border is in the zone nearer to upright, beyond it not."""
    result = assessed(of_angles(**{name: held(angle_deg)}))
    assert listed(result) == ({} if expected is None else {expected: 10.0})


DYNAMIC = [
    ("trunk_flexion", 70.0, "trunk trunk_flexion_60"),
    ("trunk_side_bend", 25.0, "trunk trunk_asymmetry_20"),
    ("left_upper_arm_elevation", 20.0, "left_arm arm_backward"),
    ("right_elbow_flexion", 140.0, "right_arm arm_end"),
    ("right_knee_flexion", 130.0, "leg leg_end"),
]


@pytest.mark.parametrize(("name", "angle_deg", "expected"), DYNAMIC)
@pytest.mark.parametrize(("per_min", "freq"), [(1, "rare"), (2, "often")])
def test_two_movements_a_minute_from_both_sides(
    name: str, angle_deg: float, expected: str, per_min: int, freq: str
) -> None:
    """Short postures are of one item below two movements a minute, else of another."""
    angle = cycles(angle_deg, minutes=3, per_min=per_min)
    result = assessed(of_angles(**{name: angle}))
    assert listed(result) == {f"{expected}_{freq}": pytest.approx(6.0 * per_min)}
    part, key = expected.split()
    found = item(result, f"{key}_{freq}", part)
    assert found.per_min is not None
    assert found.per_min.likely == pytest.approx(per_min)


NOT_LISTED = [
    ("trunk_flexion", 50.0, 1, "trunk trunk_flexion 40 D lt2"),
    ("trunk_flexion", 50.0, 3, "trunk trunk_flexion 40 D ge2"),
    ("trunk_flexion", -20.0, 3, "trunk trunk_backward 0 D ge2"),
    ("left_upper_arm_elevation_gravity", 70.0, 1, "left_arm arm_elevation 60 D lt2"),
    ("left_upper_arm_elevation_gravity", 50.0, 1, "left_arm arm_elevation 40 D lt2"),
    ("neck_twist", 30.0, 1, "head_neck head_asymmetry 15 D lt2"),
    ("neck_twist", 12.0, 3, "head_neck head_asymmetry 0 D ge2"),
    ("head_inclination", 50.0, 1, "head_neck head_flexion 40 D lt2"),
    ("head_inclination", -30.0, 1, "head_neck head_backward 15 D lt2"),
]


@pytest.mark.parametrize(("name", "angle_deg", "per_min", "expected"), NOT_LISTED)
def test_what_the_table_lacks_is_not_classified(
    name: str, angle_deg: float, per_min: int, expected: str
) -> None:
    """A combination that the table lacks is reported with its time, never dropped."""
    angle = cycles(angle_deg, minutes=3, per_min=per_min)
    result = assessed(of_angles(**{name: angle}))
    assert listed(result) == {}
    assert unlisted(result) == {expected: pytest.approx(6.0 * per_min)}


SUPPORTED = [
    ("trunk_flexion", 50.0, "trunk_supported", {}),
    ("trunk_flexion", 70.0, "trunk_supported", {"trunk trunk_flexion_60_static"}),
    (
        "trunk_flexion",
        -20.0,
        "trunk_supported",
        {"trunk trunk_backward_supported_static"},
    ),
    (
        "head_inclination",
        30.0,
        "trunk_supported",
        {"head_neck head_flexion_25_supported_static"},
    ),
    ("head_inclination", 50.0, "trunk_supported", {}),
    ("head_inclination", -20.0, "head_supported", {}),
    ("left_upper_arm_elevation_gravity", 50.0, "arms_supported", {}),
    (
        "left_upper_arm_elevation_gravity",
        70.0,
        "arms_supported",
        {"left_arm arm_elevation_60_static"},
    ),
]


@pytest.mark.parametrize(("name", "angle_deg", "fact", "expected"), SUPPORTED)
def test_support_changes_the_item_or_leaves_none(
    name: str, angle_deg: float, fact: str, expected: set[str]
) -> None:
    """A supported posture is of the item that says so, else it is not classified."""
    result = assessed(of_angles(**{name: held(angle_deg)}), **{fact: True})
    assert set(listed(result)) == set(expected)
    assert bool(unlisted(result)) == (not expected)


def test_step_two_is_for_long_use() -> None:
    """Told long use, rare deep bending is unacceptable; it is conditional otherwise."""
    clip = of_angles(trunk_flexion=cycles(70.0, minutes=3, per_min=1))
    for told, cls in (({}, "PP"), ({"long_use": True}, "N")):
        result = assessed(clip, **told)
        raised = {i.key for i in result.items if i.cls != i.printed_cls}
        expected = {i.key for i in nv361_table().items if i.step2} if told else set()
        assert raised == expected
        assert item(result, "trunk_flexion_60_rare").cls == cls


def test_a_hold_about_a_border_is_static_on_both_sides() -> None:
    """A trunk held at 60° that sways by 2° is static, shared between two items."""
    result = assessed(of_angles(trunk_flexion=np.where(np.arange(100) % 2, 61.0, 59.0)))
    assert listed(result) == {
        "trunk trunk_flexion_40_static": 5.0,
        "trunk trunk_flexion_60_static": 5.0,
    }


def test_what_no_camera_tells_is_not_assessed() -> None:
    """Items without a measure have no time, and say in both languages why."""
    result = assessed(motion_of([ARMS_DOWN] * 50))
    blind = [row for row in result.items if row.status == "not_assessed"]
    assert {row.key for row in blind} == {
        i.key for i in nv361_table().items if i.measure == "none"
    }
    for row in blind:
        assert (row.seconds, row.share, row.longest_hold_s) == (None, None, None)
        assert len(row.unseen) == len(row.unseen_en) == len(row.unseen_cs) > 0


def test_a_raised_shoulder_is_told_or_not_assessed() -> None:
    """A raised shoulder that nobody told is not assessed; told, it lasts the clip."""
    motion = motion_of([ARMS_DOWN] * 100, rate_hz=RATE_HZ)
    for told, unseen, seconds in (
        ({}, {"arm_rotation", "shoulder_raised"}, 0.0),
        ({"shoulder_raised": False}, {"arm_rotation"}, 0.0),
        ({"shoulder_raised": True}, {"arm_rotation"}, 10.0),
    ):
        result = assessed(motion, **told)
        for side in SIDES:
            row = item(result, "arm_awkward_static", f"{side}_arm")
            assert set(row.unseen) == unseen
            assert row.status == "partly_assessed"
            assert likely_s(result, row.key, row.part) == pytest.approx(seconds)


# ---- doubt


def spans(result: Nv361Result) -> list[Span]:
    """Return every span of seconds and of shares."""
    rows = [row for row in result.items if row.seconds is not None]
    found = [span for row in rows for span in (row.seconds, row.share)]
    found += [span for row in result.unlisted for span in (row.seconds, row.share)]
    return [*(span for span in found if span), result.burdened, result.burdened_share]


poses = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["pelvis", "spine2", "neck", "left_shoulder", "right_hip", "left_knee"]
        ),
        st.tuples(*(st.floats(-90, 90) for _ in range(3))),
        max_size=3,
    ),
    min_size=1,
    max_size=6,
)


def of_poses(some: list[Pose], **kwargs: Any) -> Motion:
    """Return a motion that stays in each pose for 3 s, in the first for 6 s."""
    rows = [some[0], *some]
    frames = [bent_elbow(70) | pose for pose in rows for _ in range(6)]
    return motion_of(frames, rate_hz=2.0, **kwargs)


@settings(deadline=None, max_examples=12)
@given(poses, st.sampled_from([0.0, 0.02, 0.15]))
def test_bounds_hold_what_is_likely_and_no_more_than_the_time(
    some: list[Pose], sd_rad: float
) -> None:
    """Every span is in order, within the person's time; exact angles leave no doubt."""
    result = assessed(of_poses(some, pose_sd_rad=sd_rad))
    for span in spans(result):
        assert 0 <= span.low <= span.likely <= span.high <= result.person_s + 1e-9
        assert sd_rad or span.low == span.high


@settings(deadline=None, max_examples=12)
@given(poses)
def test_mirrored_worker_swaps_the_arms(some: list[Pose]) -> None:
    """A mirrored motion swaps the rows of the arms and changes nothing else."""
    motion = of_poses(some, pose_sd_rad=0.06)
    seen, other = assessed(motion), assessed(mirror_motion(motion))
    twins = {(row.part, row.key): row for row in other.items}
    for row in seen.items:
        twin = twins[mirrored(row.part), row.key]
        assert twin.status == row.status
        if row.seconds is not None and twin.seconds is not None:
            for name in ("low", "likely", "high"):
                assert getattr(twin.seconds, name) == pytest.approx(
                    getattr(row.seconds, name), abs=1e-6
                )


@settings(deadline=None, max_examples=12)
@given(poses, st.sets(st.sampled_from(["left_knee", "right_elbow", "head"])))
def test_hidden_joints_widen_the_bounds(some: list[Pose], hidden: set[str]) -> None:
    """With joints hidden for a while, every item's bounds hold those with them."""
    motion = of_poses(some)
    whole = assessed(motion)
    part = without(motion, *hidden)
    seen = motion.joint_observed.copy()
    seen[5:] = part.joint_observed[5:]
    found = assessed(changed(motion, joint_observed=seen))
    for row, other in zip(whole.items, found.items, strict=True):
        if row.seconds is None or other.seconds is None:
            continue
        assert other.seconds.low <= row.seconds.low + 1e-9
        assert row.seconds.high <= other.seconds.high + 1e-9


def test_a_part_that_is_never_seen_is_not_assessed() -> None:
    """Without the arms their items say so, and the other arm's have their time."""
    motion = without(motion_of([flexed_arm(70)] * 100, rate_hz=RATE_HZ), "right_elbow")
    result = assessed(motion)
    row = item(result, "arm_elevation_60_static", "right_arm")
    assert (row.status, row.seconds, row.unseen) == (
        "not_assessed",
        None,
        ("not_observed",),
    )
    assert likely_s(result, "arm_elevation_60_static", "left_arm") == pytest.approx(10)


def test_a_share_is_of_what_was_seen() -> None:
    """The likely share is of the time seen; its bounds of all the person's time."""
    angle = held(70.0)
    angle[40:] = np.nan
    found = item(assessed(of_angles(trunk_flexion=angle)), "trunk_flexion_60_static")
    assert found.observed_share == pytest.approx(0.4)
    assert found.share == Span(low=0.0, likely=0.0, high=1.0)
    angle[:41] = 70.0
    seen = item(assessed(of_angles(trunk_flexion=angle)), "trunk_flexion_60_static")
    assert seen.share is not None
    assert (seen.share.low, seen.share.likely) == pytest.approx((0.41, 1.0))


def test_gaps_are_no_time() -> None:
    """Frames without a person are in no span, and end a hold."""
    motion = motion_of([flexed_arm(70)] * 200, rate_hz=RATE_HZ)
    result = assessed(with_gap(motion, 50, 150))
    assert result.person_s == pytest.approx(10.0)
    row = item(result, "arm_elevation_60_static", "left_arm")
    assert row.seconds is not None
    assert row.seconds.low == row.seconds.high == pytest.approx(10.0)
    assert row.longest_hold_s == pytest.approx(5.0)


def test_nobody_is_nothing() -> None:
    """A clip without a person has no time and no shares."""
    for frames in (0, 3):
        motion = motion_of([ARMS_DOWN] * frames)
        result = assessed(with_gap(motion, 0, frames))
        assert result.person_s == 0
        assert listed(result) == unlisted(result) == {}


def test_uncertain_angles_straddle_a_border() -> None:
    """At a border any of the time may lie beyond; certainty is near none there."""
    for angle_deg, low, high, certain in ((60.0, 0, 10, 0), (75.0, 10, 10, 1)):
        result = assessed(of_angles(5.0, trunk_flexion=held(angle_deg)))
        row = item(result, "trunk_flexion_60_static")
        assert row.seconds is not None
        found = (row.seconds.low, row.seconds.high, row.certain_share)
        assert found == pytest.approx((low, high, certain))


def test_each_moment_is_burdened_once() -> None:
    """Trunk and arm at once count once together, one after the other twice."""
    first, second = held(0.0), held(0.0)
    first[:50], second[50:] = 70.0, 70.0
    name = "left_upper_arm_elevation_gravity"
    both = assessed(of_angles(**{"trunk_flexion": held(70.0), name: held(70.0)}))
    apart = assessed(of_angles(**{"trunk_flexion": first, name: second}))
    assert both.burdened.likely == pytest.approx(10.0)
    assert apart.burdened.likely == pytest.approx(10.0)


def test_a_short_clip_is_warned_of() -> None:
    """Below two minutes the frequency is doubtful; from two minutes on it is not."""
    for frames, warned in ((119, True), (120, False)):
        result = assessed(motion_of([ARMS_DOWN] * frames, rate_hz=1.0))
        assert bool(result.warnings_en) == bool(result.warnings_cs) == warned
