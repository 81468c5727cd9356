"""Lifts found in a motion, and what the NIOSH equation says of them."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import Coupling, TaskFacts
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.lifts import find_moves, smoothed
from ergomesh.ergonomics.core.niosh import assess_niosh
from ergomesh.ergonomics.core.niosh_result import (
    NOTE_SENTENCES,
    Lift,
    NioshNote,
    NioshResult,
    Spread,
)
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    changed,
    mirror_motion,
    motion_of,
    with_gap,
    without,
)

RATE_HZ = 20.0
WIDENED = DEFAULT_THRESHOLDS.lift_sd_factor
NO_ANGLES = Angles((), np.zeros((0, 0)), np.zeros((0, 0)))
Place = tuple[float, float, float]
"""Hands' midpoint: height above the floor, ahead, to the left; metres."""


def carried(
    *places: Place, rest_s: float = 1.0, way_s: float = 1.0, apart_m: float = 0.4
) -> Motion:
    """Return hands that rest at places and move between them in straight lines."""
    rest, way = (round(s * RATE_HZ) for s in (rest_s, way_s))
    steps = [np.tile(places[0], (rest, 1))]
    for here, there in pairwise(places):
        share = np.linspace(0, 1, way)[:, None]
        steps += [np.array(here) * (1 - share) + np.array(there) * share]
        steps += [np.tile(there, (rest, 1))]
    return hands_at(np.concatenate(steps), apart_m)


def hands_at(path: FloatArray, apart_m: float | FloatArray = 0.4) -> Motion:
    """Return a standing body whose hands are where they are told to be.

    Args:
        path: (T, 3) places.
        apart_m: Distance of the hands, or (T,) of them.
    """
    motion = motion_of([ARMS_DOWN], rate_hz=RATE_HZ)
    joints = np.repeat(motion.joints_world_m, len(path), axis=0)
    ankles = joints[:, [JOINT[f"{side}_ankle"] for side in SIDES]].mean(axis=1)
    middle = path[:, [2, 0, 1]] + ankles * [1, 0, 1]
    for sign, side in zip((1, -1), SIDES, strict=True):
        out = np.multiply.outer(np.broadcast_to(apart_m, len(path)), [sign / 2, 0, 0])
        for name in ("wrist", "middle1"):
            joints[:, JOINT[f"{side}_{name}"]] = middle + out
    still = motion_of([ARMS_DOWN] * len(path), rate_hz=RATE_HZ)
    return changed(still, joints_world_m=joints)


def niosh(
    motion: Motion, thresholds: Thresholds = DEFAULT_THRESHOLDS, **told: Any
) -> NioshResult:
    """Judge a motion by what was told."""
    facts, _ = resolve_facts(TaskFacts(**told))
    return assess_niosh(motion, NO_ANGLES, facts, thresholds)


def only(result: NioshResult) -> Lift:
    """Return the one lift."""
    (lift,) = result.lifts
    return lift


def medians(lift: Lift, end: str = "origin") -> list[float]:
    """Return H, V, D and A of an end."""
    found = getattr(lift, end)
    names = ("horizontal_cm", "vertical_cm", "distance_cm", "asymmetry_deg")
    return [getattr(found, name).median for name in names]


def turned(motion: Motion, degrees: float) -> Motion:
    """Return the motion seen by a world turned about the vertical."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotmat = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return changed(motion, joints_world_m=motion.joints_world_m @ rotmat.T)


def sure(motion: Motion, sd_m: float, *names: str) -> Motion:
    """Return the motion with other standard deviations of some joints."""
    sds = motion.joint_sd_m.copy()
    sds[:, [JOINT[name] for name in names]] = sd_m
    return changed(motion, joint_sd_m=sds)


HANDS = tuple(f"{side}_wrist" for side in SIDES)
FEET = tuple(f"{side}_ankle" for side in SIDES)
FLOOR_TO_BENCH = ((0.3, 0.4, 0.0), (1.0, 0.5, 0.0))


def test_a_lift_is_measured_where_it_begins_and_ends() -> None:
    """H, V, D and A of both ends are those of the hands' places."""
    lift = only(niosh(carried((0.3, 0.4, 0.0), (1.0, 0.3, 0.3))))
    assert medians(lift) == pytest.approx([40, 30, 70, 0], abs=0.01)
    there = [100 * np.hypot(0.3, 0.3), 100, 70, 45]
    assert medians(lift, "destination") == pytest.approx(there, abs=0.01)
    assert 0.8 <= lift.from_s <= 1.2
    assert 1.8 <= lift.to_s <= 2.2
    assert lift.up


def test_limit_is_the_product_of_the_multipliers() -> None:
    """The limit that is reported can be worked out by hand from what is printed."""
    result = niosh(carried(*FLOOR_TO_BENCH), load_kg=12.0)
    lift = only(result)
    product = 23 * np.prod(list(lift.origin.multipliers.values()))
    assert lift.limit_kg is not None
    assert lift.limit_kg.median == pytest.approx(product)
    assert lift.lifting_index is not None
    assert lift.lifting_index.median == pytest.approx(12 / product)


@settings(deadline=None, max_examples=20)
@given(
    st.floats(0.1, 0.6), st.floats(0.2, 0.5), st.floats(0.3, 0.8), st.floats(-0.4, 0.4)
)
def test_mirror_image_has_the_same_limits(
    low: float, ahead: float, way: float, left: float
) -> None:
    """Left and right are alike."""
    motion = sure(
        carried((low, ahead, left), (low + way, ahead, -left)), 0.03, *HANDS, *FEET
    )
    one, other = (niosh(each) for each in (motion, mirror_motion(motion)))
    assert medians(only(one)) == pytest.approx(medians(only(other)))
    assert one.limit_kg is not None
    assert other.limit_kg is not None
    assert one.limit_kg.median == pytest.approx(other.limit_kg.median)


@settings(deadline=None, max_examples=10)
@given(st.floats(-180, 180))
def test_where_the_worker_faces_does_not_matter(degrees: float) -> None:
    """Turned about the vertical, a lift is the same lift."""
    motion = carried((0.3, 0.4, 0.1), (1.0, 0.5, -0.1))
    found = medians(only(niosh(turned(motion, degrees))))
    assert found == pytest.approx(medians(only(niosh(motion))), abs=1e-6)


def test_standing_higher_lifts_nothing() -> None:
    """A slope of the world, or a step, raises hands and feet alike."""
    motion = carried((0.8, 0.4, 0.0), (0.8, 0.4, 0.0))
    climb = np.linspace(0, 2, len(motion.time_s))[:, None, None] * [0, 1, 0]
    assert not niosh(
        changed(motion, joints_world_m=motion.joints_world_m + climb)
    ).lifts
    lift = carried(*FLOOR_TO_BENCH)
    risen = changed(lift, joints_world_m=lift.joints_world_m + np.array([0, 3, 0]))
    assert medians(only(niosh(risen))) == pytest.approx(medians(only(niosh(lift))))


@pytest.mark.parametrize(("way_m", "lifts"), [(0.24, 0), (0.26, 1)])
def test_a_short_way_is_no_lift(way_m: float, lifts: int) -> None:
    """A way up below the threshold is no lift, just above it is one."""
    motion = carried((0.5, 0.4, 0.0), (0.5 + way_m, 0.4, 0.0))
    assert len(niosh(motion).lifts) == lifts


@pytest.mark.parametrize(("apart_m", "lifts"), [(0.79, 1), (0.81, 0)])
def test_hands_far_apart_carry_nothing(apart_m: float, lifts: int) -> None:
    """Hands farther apart than the threshold do not lift together."""
    assert len(niosh(carried(*FLOOR_TO_BENCH, apart_m=apart_m)).lifts) == lifts


@pytest.mark.parametrize(("change_m", "lifts"), [(0.29, 1), (0.31, 0)])
def test_a_load_keeps_the_distance_of_the_hands(change_m: float, lifts: int) -> None:
    """Hands that spread on their way up carry nothing."""
    motion = carried(*FLOOR_TO_BENCH)
    height = motion.joints_world_m[:, JOINT["left_wrist"], 1]
    share = (height - height.min()) / np.ptp(height)
    path = np.stack([height, np.full_like(height, 0.4), 0 * height], axis=1)
    found = niosh(hands_at(path, 0.3 + change_m * share))
    assert len(found.lifts) == lifts


def test_one_hand_alone_lifts_nothing() -> None:
    """The method asks for both hands: one that rises alone is no lift."""
    motion = carried(*FLOOR_TO_BENCH)
    joints = motion.joints_world_m.copy()
    for name in ("left_wrist", "left_middle1"):
        joints[:, JOINT[name]] = joints[0, JOINT[name]]
    assert not niosh(changed(motion, joints_world_m=joints)).lifts


@pytest.mark.parametrize(("rest_s", "lifts"), [(0.2, 1), (1.0, 2)])
def test_a_rest_ends_a_lift(rest_s: float, lifts: int) -> None:
    """A long rest on the way up divides it, a short one does not."""
    motion = carried(
        (0.2, 0.4, 0), (0.7, 0.4, 0), (1.2, 0.4, 0), rest_s=rest_s, way_s=0.6
    )
    assert len(niosh(motion).lifts) == lifts


def test_ways_down_count_only_when_told_so() -> None:
    """Lowering is counted only by choice, for nobody sees whether hands are empty."""
    motion = carried((0.3, 0.4, 0), (1.0, 0.4, 0), (0.3, 0.4, 0), (1.0, 0.4, 0))
    up = niosh(motion)
    both = niosh(
        motion, msgspec.structs.replace(DEFAULT_THRESHOLDS, lift_direction="both")
    )
    assert [lift.up for lift in up.lifts] == [True, True]
    assert [lift.up for lift in both.lifts] == [True, False, True]
    assert (up.lowered, both.lowered) == (1, 0)
    assert NioshNote.LOWERING_NOT_COUNTED in up.notes
    assert NioshNote.LOWERING_NOT_COUNTED not in both.notes
    down = both.lifts[1]
    assert medians(down) == pytest.approx([40, 100, 70, 0], abs=0.01)


def test_destination_counts_where_the_load_is_placed_with_care() -> None:
    """With control, the stricter end decides; without, the origin does."""
    motion = carried((0.7, 0.3, 0.0), (1.5, 0.55, 0.0))
    free, careful = (
        only(niosh(motion, control_at_destination=told)) for told in (False, True)
    )
    assert (free.decides, careful.decides) == ("origin", "destination")
    assert free.limit_kg == free.origin.limit_kg
    assert careful.limit_kg == careful.destination.limit_kg
    easy = carried((0.1, 0.6, 0.0), (0.75, 0.3, 0.0))
    assert only(niosh(easy, control_at_destination=True)).decides == "origin"


def test_without_a_load_there_is_a_limit_only() -> None:
    """Nobody told the load: limits, no index, and a note that says so."""
    result = niosh(carried(*FLOOR_TO_BENCH))
    assert result.limit_kg is not None
    assert only(result).limit_kg is not None
    assert result.lifting_index is None
    assert only(result).lifting_index is None
    assert (result.load_kg, result.level, result.level_text) == (None, None, "")
    assert NioshNote.LOAD_NOT_TOLD in result.notes


def test_pace_is_counted_unless_told() -> None:
    """In a long clip lifts per minute of observed time, unless the user says."""
    motion = carried(*FLOOR_TO_BENCH, rest_s=31.0)
    counted = niosh(motion)
    assert counted.frequency_counted
    assert counted.lifts_per_min == pytest.approx(60 / counted.observed_s)
    assert {NioshNote.FREQUENCY_COUNTED, NioshNote.SHORT_CLIP} <= {*counted.notes}
    told = niosh(motion, lifts_per_min=2.0)
    assert (told.lifts_per_min, told.frequency_counted) == (2.0, False)
    assert not {NioshNote.FREQUENCY_COUNTED, NioshNote.SHORT_CLIP} & {*told.notes}


def test_pace_of_a_clip_cut_around_its_lifts() -> None:
    """In a short clip the pace is that between lifts, and one or two tell none."""
    stations: list[Place] = [(0.3, 0.4, 0), (1.0, 0.4, 0)] * 3
    counted = niosh(carried(*stations))
    assert counted.lifts_per_min == pytest.approx(60 / 4, rel=0.03)
    two = niosh(carried(*stations[:4]))
    assert (len(two.lifts), two.lifts_per_min) == (2, None)
    one = niosh(carried(*FLOOR_TO_BENCH))
    assert one.lifts_per_min is None
    assert NioshNote.PACE_NOT_KNOWN in one.notes
    assert NioshNote.FREQUENCY_COUNTED not in one.notes
    assert one.limit_kg == niosh(carried(*FLOOR_TO_BENCH), lifts_per_min=0.2).limit_kg


def test_equal_lifts_have_the_index_of_one() -> None:
    """At a told pace, three equal lifts have the index that each has."""
    stations: list[Place] = [(0.3, 0.4, 0), (1.0, 0.4, 0)] * 3
    result = niosh(carried(*stations), load_kg=10, lifts_per_min=3.0, lifting_h=1.0)
    one = result.lifts[0].lifting_index
    assert one is not None
    assert len(result.lifts) == 3
    assert result.lifting_index is not None
    assert result.lifting_index.median == pytest.approx(one.median)


def test_index_and_limit_are_two_sides_of_one() -> None:
    """The load that weighs the composite limit has the index 1: level 0, just so."""
    motion = carried((0.3, 0.4, 0), (1.0, 0.4, 0), (0.5, 0.5, 0), (1.1, 0.4, 0))
    limit = niosh(motion, lifts_per_min=1.0).limit_kg
    assert limit is not None
    assert limit.median is not None
    for share, level in ((0.999, 0), (1.001, 1), (2.999, 1), (3.001, 2)):
        found = niosh(motion, lifts_per_min=1.0, load_kg=share * limit.median)
        assert found.lifting_index is not None
        assert found.lifting_index.median == pytest.approx(share)
        assert found.level == level
        assert found.level_certain


def test_beyond_the_limits_is_no_number() -> None:
    """Where nothing may be lifted the limit is 0 and the index null: the top level."""
    result = niosh(carried((0.3, 0.7, 0), (1.0, 0.7, 0)), load_kg=1.0)
    assert result.limit_kg == Spread(low=0.0, median=0.0, high=0.0)
    assert result.lifting_index == Spread(low=None, median=None, high=None)
    assert result.level == 2


@pytest.mark.parametrize("joints", [HANDS, FEET])
def test_uncertain_points_widen_the_bounds(joints: tuple[str, ...]) -> None:
    """A known body has one number; the less certain, the wider the bounds around it."""
    motion = carried((0.5, 0.45, 0.1), (1.0, 0.45, 0.1))
    widths = []
    for sd_m in (0.0, 0.01, 0.03):
        result = niosh(sure(motion, sd_m, *joints), load_kg=10.0)
        for spread in (result.limit_kg, result.lifting_index):
            assert spread is not None
            assert spread.low is not None
            assert spread.median is not None
            assert spread.high is not None
            assert spread.low <= spread.median <= spread.high
        assert result.limit_kg is not None
        assert result.limit_kg.high is not None
        assert result.limit_kg.low is not None
        widths.append(result.limit_kg.high - result.limit_kg.low)
        assert (NioshNote.HANDS_ARE_ESTIMATED in result.notes) == (sd_m > 0)
    assert widths[0] == 0
    assert widths[0] < widths[1] < widths[2]


def test_bounds_of_the_height_are_those_of_its_errors() -> None:
    """V is a difference of heights: 90 % lie within 1.645 of its widened deviation."""
    motion = sure(sure(carried(*FLOOR_TO_BENCH), 0.03, *HANDS), 0.04, *FEET)
    spread = only(niosh(motion)).origin.vertical_cm
    assert spread is not None
    assert spread.high is not None
    assert spread.low is not None
    assert (spread.high - spread.low) / 2 == pytest.approx(WIDENED * 1.645 * 5, rel=0.1)


def test_heading_errs_with_the_pose() -> None:
    """Straight ahead is as uncertain as the turns that it hangs on."""
    motion = carried((0.5, 0.45, 0.2), (1.0, 0.45, 0.2))
    unsure = changed(motion, pose_sd_rad=np.full_like(motion.pose_sd_rad, 0.04))
    spread = only(niosh(unsure)).origin.asymmetry_deg
    assert spread is not None
    assert spread.high is not None
    assert spread.low is not None
    sd_deg = np.degrees(0.04 * np.sqrt(1 + 6 / 4))
    assert (spread.high - spread.low) / 2 == pytest.approx(
        WIDENED * 1.645 * sd_deg, rel=0.1
    )


def test_the_pelvis_can_be_straight_ahead() -> None:
    """By choice, or where no foot is seen, the pelvis says what is straight ahead."""
    motion = carried(*FLOOR_TO_BENCH)
    joints = motion.joints_world_m.copy()
    joints[:, JOINT["left_hip"], 2] += 0.12 * np.tan(np.radians(30))
    twisted = changed(motion, joints_world_m=joints)
    by_pelvis = msgspec.structs.replace(DEFAULT_THRESHOLDS, niosh_sagittal="pelvis")
    feet = without(twisted, "left_foot")
    assert medians(only(niosh(twisted)))[3] == pytest.approx(0, abs=0.01)
    assert medians(only(niosh(twisted, by_pelvis)))[3] == pytest.approx(30, abs=0.01)
    assert medians(only(niosh(feet)))[3] == pytest.approx(30, abs=0.01)


def test_unseen_feet_leave_the_limit_open() -> None:
    """Where feet are too uncertain there is a lift, but no limit and no index."""
    result = niosh(sure(carried(*FLOOR_TO_BENCH), 0.2, *FEET), load_kg=10.0)
    lift = only(result)
    assert lift.origin.horizontal_cm is None
    assert lift.origin.multipliers == {}
    assert (lift.limit_kg, lift.lifting_index) == (None, None)
    assert (result.limit_kg, result.lifting_index, result.level) == (None, None, None)
    assert NioshNote.ENDS_NOT_OBSERVED in result.notes


def test_unseen_hands_lift_nothing() -> None:
    """Hands that are not observed, or too uncertain, tell of no lift."""
    motion = carried(*FLOOR_TO_BENCH)
    for hidden in (without(motion, *HANDS), sure(motion, 0.2, *HANDS)):
        result = niosh(hidden)
        assert not result.lifts
        assert result.observed_share == 0
        assert NioshNote.HANDS_NOT_OBSERVED in result.notes
    one = niosh(without(motion, HANDS[0]))
    assert len(one.lifts) == 1


def test_nothing_is_lifted_in_a_gap() -> None:
    """What is lifted in a gap is not seen, and a gap is no observed time."""
    motion = carried(*FLOOR_TO_BENCH)
    result = niosh(with_gap(motion, 20, 44))
    assert not result.lifts
    assert result.observed_s == pytest.approx(niosh(motion).observed_s - 24 / RATE_HZ)


@pytest.mark.parametrize("cut", [slice(30, None), slice(None, 30)])
def test_a_cut_lift_is_none(cut: slice) -> None:
    """Of a lift that begins before the clip, or goes on after it, no end is known."""
    path = carried(*FLOOR_TO_BENCH).joints_world_m[:, JOINT["left_wrist"]]
    places = np.stack([path[:, 1], np.full(len(path), 0.4), np.zeros(len(path))], 1)
    assert len(niosh(hands_at(places)).lifts) == 1
    assert not niosh(hands_at(places[cut])).lifts


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_hardly_any_frame_is_no_lift(frames: int) -> None:
    """Without a motion there is nothing to judge, and no error."""
    result = niosh(hands_at(np.full((frames, 3), 0.5)) if frames else motion_of([]))
    assert not result.lifts
    assert result.limit_kg is None
    assert NioshNote.NO_LIFTS in result.notes


def test_worse_grip_or_longer_work_lowers_the_limit() -> None:
    """Facts of the user go into the limit: grip, hours, pace."""
    motion = carried(*FLOOR_TO_BENCH)

    def limit(**told: Any) -> float:
        found = niosh(motion, **({"lifts_per_min": 1.0} | told)).limit_kg
        assert found is not None
        assert found.median is not None
        return found.median

    assert limit(coupling=Coupling.GOOD) > limit(coupling=Coupling.POOR)
    assert limit(coupling=Coupling.POOR) == limit(coupling=Coupling.UNACCEPTABLE)
    assert limit(lifting_h=1.0) > limit(lifting_h=8.0)
    assert limit(lifts_per_min=1.0) > limit(lifts_per_min=6.0)


def test_result_is_json_and_back() -> None:
    """The result survives its way through JSON, infinite numbers and all."""
    result = niosh(carried((0.3, 0.7, 0), (1.0, 0.7, 0)), load_kg=1.0)
    again = msgspec.json.decode(msgspec.json.encode(result), type=NioshResult)
    assert again == result


def test_every_note_has_a_sentence_in_both_languages() -> None:
    """No note is without words, and no sentence without a full stop."""
    assert set(NOTE_SENTENCES) == set(NioshNote)
    for sentences in NOTE_SENTENCES.values():
        assert all(sentence.endswith(".") for sentence in sentences)


def test_smoothing_is_the_plain_mean_nearby() -> None:
    """The running mean is that of a slow, obvious loop; what is unknown stays so."""
    rng = np.random.default_rng(1)
    time_s = np.sort(rng.uniform(0, 3, 60))
    values = np.where(rng.uniform(size=60) < 0.2, np.nan, rng.normal(size=60))
    slow = [
        np.nan
        if np.isnan(values[k])
        else np.nanmean(values[np.abs(time_s - time_s[k]) <= 0.15])
        for k in range(60)
    ]
    np.testing.assert_allclose(smoothed(values, time_s, 0.3), slow)


def test_real_angles_change_nothing() -> None:
    """The lengths come from the joints; the angles are not asked."""
    motion = carried(*FLOOR_TO_BENCH)
    facts = replace(resolve_facts(TaskFacts())[0], load_kg=5.0)
    with_angles = assess_niosh(motion, joint_angles(motion), facts, DEFAULT_THRESHOLDS)
    assert with_angles == assess_niosh(motion, NO_ANGLES, facts, DEFAULT_THRESHOLDS)


def test_moves_are_in_the_order_of_time() -> None:
    """Ways up and down take turns as they were made."""
    motion = carried((0.3, 0.4, 0), (1.0, 0.4, 0), (0.3, 0.4, 0))
    up, down = find_moves(motion, DEFAULT_THRESHOLDS).found
    assert (up.up, down.up) == (True, False)
    assert up.last <= down.first
