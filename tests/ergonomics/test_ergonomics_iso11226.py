"""ISO 11226: zones, holding times, holds, and what is not observed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.holding_still import Stillness, Windows
from ergomesh.ergonomics.core.holding_zones import zone_of
from ergomesh.ergonomics.core.iso11226 import (
    Iso11226Result,
    IsoItem,
    assess_iso11226,
)
from ergomesh.ergonomics.core.iso11226_tables import allowed_s, iso_tables
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    Pose,
    flexed_arm,
    mirror_motion,
    motion_of,
    with_gap,
    without,
)

DIGEST = "c6e4453f3dd9b64f3a309d193c73e9ef053d8ee622c742742073d6a2b08317ba"
SEATED: Pose = ARMS_DOWN | {f"{s}_hip": (-90, 0, 0) for s in ("left", "right")}
SEATED |= {f"{s}_knee": (95, 0, 0) for s in ("left", "right")}

ZONES = [
    ("trunk_inclination", "trunk_flexion", -5.0, "acceptable"),
    ("trunk_inclination", "trunk_flexion", -5.1, "not_recommended"),
    ("trunk_inclination", "trunk_flexion", 20.0, "acceptable"),
    ("trunk_inclination", "trunk_flexion", 20.1, "holding_time"),
    ("trunk_inclination", "trunk_flexion", 60.0, "holding_time"),
    ("trunk_inclination", "trunk_flexion", 60.1, "not_recommended"),
    ("head_inclination", "head_inclination", -5.1, "not_recommended"),
    ("head_inclination", "head_inclination", 25.0, "acceptable"),
    ("head_inclination", "head_inclination", 25.1, "holding_time"),
    ("head_inclination", "head_inclination", 85.0, "holding_time"),
    ("head_inclination", "head_inclination", 85.1, "not_recommended"),
    ("neck_flexion", "neck_flexion", 25.0, "acceptable"),
    ("neck_flexion", "neck_flexion", 25.1, "not_recommended"),
    ("neck_flexion", "neck_flexion", -5.1, "not_recommended"),
    ("trunk_twist", "trunk_twist", 10.0, "acceptable"),
    ("trunk_twist", "trunk_twist", -10.1, "not_recommended"),
    ("neck_side_bend", "neck_side_bend", 10.1, "not_recommended"),
]
ARM_ZONES = [
    ("upper_arm_elevation", "upper_arm_elevation_gravity", 20.0, "acceptable"),
    ("upper_arm_elevation", "upper_arm_elevation_gravity", 20.1, "holding_time"),
    ("upper_arm_elevation", "upper_arm_elevation_gravity", 60.0, "holding_time"),
    ("upper_arm_elevation", "upper_arm_elevation_gravity", 60.1, "not_recommended"),
    ("upper_arm_across", "upper_arm_abduction", -10.1, "not_recommended"),
    ("elbow_flexion_extreme", "elbow_flexion", 135.1, "not_recommended"),
    ("elbow_flexion_extreme", "elbow_flexion", 135.0, "acceptable"),
    ("wrist_flexion_extreme", "wrist_flexion", -63.1, "not_recommended"),
    ("wrist_flexion_extreme", "wrist_flexion", 72.0, "acceptable"),
    ("wrist_deviation_extreme", "wrist_deviation", 18.1, "not_recommended"),
    ("standing_knee_flexed", "knee_flexion", 30.0, "acceptable"),
    ("standing_knee_flexed", "knee_flexion", 30.1, "not_recommended"),
]


def standing(seconds: float, **values_deg: float | FloatArray) -> tuple[Motion, Angles]:
    """Return a motion at 10 Hz that stands still, with some angles replaced."""
    motion = motion_of([ARMS_DOWN] * round(10 * seconds))
    return motion, replaced(joint_angles(motion), **values_deg)


def replaced(angles: Angles, **values_deg: float | FloatArray) -> Angles:
    """Return angles with some values replaced."""
    values = angles.values_deg.copy()
    for name, value in values_deg.items():
        values[:, angles.names.index(name)] = value
    return Angles(angles.names, values, np.where(np.isfinite(values), 0.0, np.nan))


def with_sd(angles: Angles, sd_deg: float) -> Angles:
    """Return equally uncertain angles."""
    known = np.isfinite(angles.values_deg)
    return Angles(angles.names, angles.values_deg, np.where(known, sd_deg, np.nan))


def judged(motion: Motion, angles: Angles, **task: object) -> Iso11226Result:
    """Return the result with some facts told."""
    facts, _ = resolve_facts(TaskFacts(**task))  # type: ignore[arg-type]
    return assess_iso11226(motion, angles, facts, DEFAULT_THRESHOLDS)


def item(result: Iso11226Result, name: str) -> IsoItem:
    """Return an item by name."""
    return next(found for found in result.items if found.name == name)


# ---- tables


def test_the_tables_are_frozen() -> None:
    """The file is the specification's, and its zones meet without gaps."""
    tables = iso_tables()

    assert tables.sha256 == DIGEST
    for rows in tables.rows.values():
        assert rows[-1].hi is None
        assert [row.hi for row in rows[:-1]] == [row.lo for row in rows[1:]]


@pytest.mark.parametrize(
    ("segment", "degrees", "minutes"),
    [
        ("trunk_inclination", 20, 4),
        ("trunk_inclination", 30, 3.25),
        ("trunk_inclination", 40, 2.5),
        ("trunk_inclination", 60, 1),
        ("head_inclination", 25, 8),
        ("head_inclination", 55, 4.5),
        ("head_inclination", 85, 1),
        ("upper_arm_elevation", 20, 3),
        ("upper_arm_elevation", 40, 2),
        ("upper_arm_elevation", 60, 1),
    ],
)
def test_holding_times(segment: str, degrees: float, minutes: float) -> None:
    """The ends of each line, and the specification's points on it."""
    assert allowed_s(segment, degrees) == pytest.approx(60 * minutes)


@given(st.floats(0, 120), st.floats(0, 30))
def test_more_inclination_is_held_for_less(degrees: float, more: float) -> None:
    """The holding time never rises with the angle."""
    for segment in iso_tables().lines:
        assert allowed_s(segment, degrees + more) <= allowed_s(segment, degrees)


# ---- zones


@pytest.mark.parametrize(("name", "angle", "value_deg", "verdict"), ZONES)
def test_zones(name: str, angle: str, value_deg: float, verdict: str) -> None:
    """Each limit is met from both sides; on it the milder zone counts."""
    result = judged(*standing(10, **{angle: value_deg}))

    assert item(result, name).verdict == verdict


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("name", "angle", "value_deg", "verdict"), ARM_ZONES)
def test_zones_of_sides(
    side: str, name: str, angle: str, value_deg: float, verdict: str
) -> None:
    """So is each limit of arms and legs, on its own side only."""
    result = judged(*standing(10, **{f"{side}_{angle}": value_deg}))
    other = "right" if side == "left" else "left"

    assert item(result, f"{side}_{name}").verdict == verdict
    assert item(result, f"{other}_{name}").verdict == "acceptable"


@pytest.mark.parametrize(
    ("angle", "value_deg", "name", "support"),
    [
        ("trunk_flexion", -20.0, "trunk_inclination", "trunk_supported"),
        ("trunk_flexion", 40.0, "trunk_inclination", "trunk_supported"),
        ("head_inclination", 50.0, "head_inclination", "trunk_supported"),
        ("head_inclination", -20.0, "head_inclination", "head_supported"),
        (
            "left_upper_arm_elevation_gravity",
            40.0,
            "left_upper_arm_elevation",
            "arms_supported",
        ),
    ],
)
def test_the_right_support_makes_it_acceptable(
    angle: str, value_deg: float, name: str, support: str
) -> None:
    """Full support of the part that the table names, and of no other."""
    motion, angles = standing(10, **{angle: value_deg})
    every = {"trunk_supported", "head_supported", "arms_supported"}
    others: dict[str, object] = dict.fromkeys(every - {support}, True)

    assert item(judged(motion, angles, **{support: True}), name).verdict == "acceptable"
    assert item(judged(motion, angles, **others), name).verdict != "acceptable"


def test_upper_arms_are_judged_against_gravity() -> None:
    """An arm hanging from a bent trunk is not raised."""
    hanging = ARMS_DOWN | {"pelvis": (50.0, 0.0, 0.0)}
    motion = motion_of([hanging | {"left_shoulder": (0, 0, -90)}] * 60)
    bent = item(judged(motion, joint_angles(motion)), "left_upper_arm_elevation")
    straight = motion_of([flexed_arm(50)] * 60)
    raised = item(judged(straight, joint_angles(straight)), "left_upper_arm_elevation")

    assert bent.holds[0].angle_deg == pytest.approx(50, abs=2)
    assert raised.holds[0].angle_deg == pytest.approx(50, abs=2)


@pytest.mark.parametrize(
    ("flexion_deg", "verdict"),
    [(91, "not_recommended"), (89, "acceptable"), (44, "not_recommended")],
)
def test_the_knee_of_a_seated_worker(flexion_deg: float, verdict: str) -> None:
    """A knee between 90° and 135° is fine when sitting, and only then judged so."""
    motion = motion_of([SEATED] * 60)
    angles = replaced(joint_angles(motion), left_knee_flexion=flexion_deg)

    for result in (judged(motion, angles), judged(motion, angles, seated=True)):
        assert item(result, "left_sitting_knee").verdict == verdict
        assert item(result, "left_standing_knee_flexed").applies_s == 0


# ---- static


@pytest.mark.parametrize(("frames", "still"), [(40, 0), (41, 41)])
def test_static_is_longer_than_four_seconds(frames: int, still: int) -> None:
    """A posture held for 4.0 s between two movements is not static, 4.1 s are."""
    value = np.concatenate([[0.0, 30.0], np.full(frames, 60.0), [90.0, 120.0]])
    windows = Windows.of(np.arange(len(value)) / 10, 4.0)
    calm = windows.ranges(value[None]) <= 10.0
    (found,) = windows.held(value[None], calm, bridge_s=0.3)

    assert found.sum() == still


@given(st.lists(st.floats(0, 30) | st.just(np.nan), min_size=1, max_size=80))
def test_still_frames_are_those_of_calm_windows(values: list[float]) -> None:
    """Looking at every window of frames one by one finds the same."""
    value, time_s = np.array(values), np.arange(len(values)) / 8
    slow = np.zeros(len(value), dtype=bool)
    for first in range(len(value)):
        last = first + 8  # nine frames of 1/8 s are longer than a second
        window = value[first : last + 1]
        if last < len(value) and np.isfinite(window).all() and np.ptp(window) <= 12:
            slow[first : last + 1] = True
    windows = Windows.of(time_s, 1.0)
    calm = windows.ranges(value[None]) <= 12.0
    (found,) = windows.held(value[None], calm, bridge_s=0.0)

    assert found.tolist() == slow.tolist()


@given(st.lists(st.floats(0, 30) | st.just(np.nan), min_size=1, max_size=60))
def test_what_was_asked_before_is_told_again(values: list[float]) -> None:
    """An angle is held in the same frames, asked alone, with others, or again."""
    first, time_s = np.array(values), np.arange(len(values)) / 4
    every = {"first": first, "second": first[::-1], "third": np.zeros_like(first)}
    together = Stillness.of(time_s, DEFAULT_THRESHOLDS)
    expected = {
        n: Stillness.of(time_s, DEFAULT_THRESHOLDS).held({n: v})[0]
        for n, v in every.items()
    }
    for names in (["second"], ["third", "first"], list(every)):
        asked = {name: every[name] for name in names}
        for name, held in zip(names, together.held(asked), strict=True):
            assert held.tolist() == expected[name].tolist()


def test_movement_is_not_judged() -> None:
    """A trunk that keeps moving has no verdict, however deep it bends."""
    swing = 45 + 40 * np.sin(np.arange(200) / 5)
    found = item(judged(*standing(20, trunk_flexion=swing)), "trunk_inclination")

    assert found.verdict is None
    assert found.moving_share == pytest.approx(1)
    assert not found.holds


def test_a_hold_exceeds_its_time() -> None:
    """62 s at 60° are over the minute that is allowed, 58 s are within."""
    long, short = (
        item(judged(*standing(s, trunk_flexion=60.0)), "trunk_inclination")
        for s in (62, 58)
    )

    assert long.verdict == "not_recommended"
    assert short.verdict == "holding_time"
    assert long.holds[0].allowed_s == pytest.approx(60)
    assert long.longest_hold_s == pytest.approx(62)
    assert long.holds[0].cut


def test_a_rest_ends_a_hold() -> None:
    """Two holds with a movement between them are two; the longer comes first."""
    value = np.concatenate([np.full(60, 50.0), np.full(20, 0.0), np.full(90, 50.0)])
    found = item(judged(*standing(17, trunk_flexion=value)), "trunk_inclination")

    assert [h.duration_s for h in found.holds] == pytest.approx([9, 6])
    assert found.static_share == pytest.approx(15 / 17)


# ---- uncertainty, gaps, sides


def test_an_uncertain_angle_widens_the_times() -> None:
    """Near a limit the time in a zone has bounds around it, and is not certain."""
    motion, angles = standing(10, trunk_flexion=19.0)
    sure = item(judged(motion, angles), "trunk_inclination")
    vague = item(judged(motion, with_sd(angles, 3.0)), "trunk_inclination")

    assert sure.verdict_certain
    assert not vague.verdict_certain
    assert vague.certain_share == 0
    assert vague.zones[2].static.low_s == vague.zones[2].static.seconds == 0
    assert vague.zones[2].static.high_s == pytest.approx(10)


def test_what_is_not_observed_is_its_own_share() -> None:
    """A hidden arm is neither held, nor moving, nor fine."""
    motion = without(motion_of([flexed_arm(30)] * 60), "left_elbow")
    result = judged(motion, joint_angles(motion))
    hidden = item(result, "left_upper_arm_elevation")

    assert hidden.verdict is None
    assert not hidden.verdict_certain
    assert hidden.unobserved_share == pytest.approx(1)
    assert all(zone.static.high_s == 0 for zone in hidden.zones)


def test_hidden_legs_are_not_taken_to_stand() -> None:
    """When sitting cannot be told, no rule of the knees is taken as met."""
    motion = without(motion_of([ARMS_DOWN] * 60), "left_ankle", "right_ankle")
    result = judged(motion, joint_angles(motion))

    assert item(result, "left_standing_knee_flexed").unobserved_share == 1
    assert item(result, "left_sitting_knee").unobserved_share == 1


def test_times_add_up() -> None:
    """Static, moving and not observed make the time that an item concerns."""
    motion = with_gap(motion_of([BUSY] * 50 + [SEATED] * 50 + [ARMS_DOWN] * 20), 30, 40)
    result = judged(motion, joint_angles(motion))

    assert result.person_s == pytest.approx(11)
    for found in result.items:
        parts = found.static_s + found.moving_s + found.unobserved_s
        assert parts == pytest.approx(found.applies_s)
        held = sum(zone.static.seconds for zone in found.zones)
        assert held == pytest.approx(found.static_s)


def test_mirror_image_swaps_the_sides() -> None:
    """The mirrored worker's left arm is judged as the worker's right."""
    motion = motion_of([BUSY] * 60)
    here = judged(motion, joint_angles(motion))
    mirrored = mirror_motion(motion)
    there = judged(mirrored, joint_angles(mirrored))
    for found in here.items:
        swapped = (
            found.name.replace("left", "right")
            if found.side == "left"
            else found.name.replace("right", "left")
        )
        assert item(there, swapped).verdict == found.verdict
        assert item(there, swapped).longest_hold_s == pytest.approx(
            found.longest_hold_s
        )


@given(st.floats(-30, 90), st.booleans())
def test_a_shared_end_point_is_in_the_preferred_zone(
    value_deg: float,
    lower: bool,  # noqa: FBT001
) -> None:
    """Off the edges the preference changes nothing; on them it picks the milder."""
    edges, severity = (0.0, 20.0, 60.0), (2, 0, 1, 2)
    (zone,) = zone_of(np.array([value_deg]), edges, severity, prefer_lower=lower)
    meeting = {
        k
        for k, (a, b) in enumerate(
            zip((-np.inf, *edges), (*edges, np.inf), strict=True)
        )
        if a <= value_deg <= b
    }
    pick = min if lower else max

    assert severity[zone] == pick(severity[k] for k in meeting)


def test_told_and_untold_rows_are_listed() -> None:
    """A raised shoulder is told; rows that cannot be measured are named."""
    motion, angles = standing(5)
    result = judged(motion, angles, shoulder_raised=True)

    assert result.raised_shoulder == "not_recommended"
    assert "extreme_ankle" in result.not_measured
    assert result.choices["static_s"] == 4
