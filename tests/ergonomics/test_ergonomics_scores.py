"""Scores of whole motions: sides, gaps, support, columns and files."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, SIDES, mirrored
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, joint_angles
from ergomesh.ergonomics.core.csv_files import angles_csv, scores_csv
from ergomesh.ergonomics.core.iso11226 import assess_iso11226
from ergomesh.ergonomics.core.scores import CHUNK, Scores, score_motion
from ergomesh.ergonomics.core.support import FootLift, foot_lift, walking
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
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

FINALS = ("rula_left", "rula_right", "reba_left", "reba_right")
CHOICES = DEFAULT_THRESHOLDS
LIFTED: Pose = ARMS_DOWN | {"left_hip": (-60, 0, 0), "left_knee": (100, 0, 0)}


STEADY = {"static_or_repeated": False}
"""Told, so that a motion of a few frames leaves nothing open."""


def scored(motion: Motion, **told: object) -> Scores:
    """Score a motion."""
    return score_motion(motion, joint_angles(motion), TaskFacts(**told))  # type: ignore[arg-type]  # facts by name


def lift_of(motion: Motion) -> FootLift:
    """Return how far a foot is lifted."""
    return foot_lift(motion, walking(motion, CHOICES))


def columns(motion: Motion, **told: object) -> dict[str, FloatArray]:
    """Return the score columns of a motion."""
    return scored(motion, **told).columns()


def test_columns_are_those_of_the_public_file() -> None:
    """The columns have the design's names and order."""
    suffixes = ("", "_low", "_high", "_likely")
    finals = [f"{name}{suffix}" for name in FINALS for suffix in suffixes]
    arm = ["upper_arm", "lower_arm", "wrist"]
    middle = ["trunk", "neck", "legs"]
    reba = [*middle, *(f"{side}_{name}" for side in ("left", "right") for name in arm)]
    arm.append("wrist_twist")
    rula = [*middle, *(f"{side}_{name}" for side in ("left", "right") for name in arm)]
    owas = [f"owas{suffix}" for suffix in ("", "_low", "_high")]
    owas += [f"owas_{part}" for part in ("back", "arms", "legs")]
    parts = [*(f"reba_{n}" for n in reba), *(f"rula_{n}" for n in rula)]
    expected = [*finals, *owas, *parts]
    assert list(columns(motion_of([{}]))) == expected


def test_upright_worker_scores_low() -> None:
    """Standing upright with the elbows bent is REBA 1 and RULA 2."""
    found = columns(motion_of([bent_elbow(80)]))
    assert [found[name][0] for name in FINALS] == [2, 2, 1, 1]


def test_overhead_work_bent_and_twisted_scores_high() -> None:
    """A load held high by a bent and twisted worker asks for action now."""
    pose = flexed_arm(130) | {"pelvis": (65, 0, 0), "neck": (-40, 30, 0)}
    found = columns(motion_of([pose]), load_kg=15)
    assert found["rula_left"][0] == 7
    assert found["reba_left"][0] >= 8


def test_one_raised_arm_scores_on_its_side() -> None:
    """Only the raised arm's side gets its score."""
    found = columns(motion_of([flexed_arm(100, "right")]))
    assert found["reba_right_upper_arm"][0] == 4
    assert found["reba_left_upper_arm"][0] == 1
    assert found["reba_right"][0] > found["reba_left"][0]


rotvecs = st.tuples(*(st.floats(-50, 50) for _ in range(3)))


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.sampled_from(BODY_JOINTS), rotvecs, min_size=1))
def test_mirrored_worker_swaps_left_and_right(pose: Pose) -> None:
    """A mirrored motion swaps every left score and bound with the right one."""
    motion = motion_of([bent_elbow(70) | pose], joint_sd_m=0.01, pose_sd_rad=0.05)
    seen, other = columns(motion), columns(mirror_motion(motion))
    for name, column in seen.items():
        method, _, rest = name.partition("_")
        twin = f"{method}_{mirrored(rest + '_')[:-1]}".rstrip("_")
        assert np.array_equal(other[twin], column, equal_nan=True)


def test_gaps_are_empty() -> None:
    """Frames without a person have no score and no bound; others are unchanged."""
    motion = motion_of(
        [bent_elbow(10.0 * k) for k in range(1, 10)], joint_sd_m=0.01, pose_sd_rad=0.04
    )
    whole, holed = columns(motion), columns(with_gap(motion, 3, 6))
    for name, column in holed.items():
        assert np.isnan(column[3:6]).all()
        for part in (slice(3), slice(6, None)):
            assert np.array_equal(column[part], whole[name][part], equal_nan=True)


def test_no_person_and_no_frames_are_scored_as_nothing() -> None:
    """A motion without a person has empty columns; one without frames none."""
    nobody = columns(with_gap(motion_of([{}, {}]), 0, 2))
    assert all(np.isnan(column).all() for column in nobody.values())
    assert all(len(column) == 0 for column in columns(motion_of([])).values())


def test_pieces_do_not_show() -> None:
    """A clip longer than a chunk scores each frame as it would alone."""
    poses: list[Pose] = [bent_elbow(70), flexed_arm(50), {"pelvis": (40, 20, 0)}]
    motion = motion_of(poses, joint_sd_m=0.01, pose_sd_rad=0.04)
    alone = columns(motion, **STEADY)
    count = CHUNK // 3 + 5
    rows = np.tile(np.arange(3), count)
    long = changed(
        motion,
        **{
            name: getattr(motion, name)[rows]
            for name in (
                "poses",
                "trans",
                "frame",
                "joints_world_m",
                "joint_sd_m",
                "joint_observed",
                "pose_sd_rad",
                "points_px",
            )
        },
        time_s=np.arange(3 * count) / 10,
    )
    for name, column in columns(long, **STEADY).items():
        assert np.array_equal(column, np.tile(alone[name], count), equal_nan=True)


def test_hidden_legs_leave_a_range() -> None:
    """Without the legs REBA is a range that holds the score with them."""
    motion = motion_of([bent_elbow(80)])
    whole = columns(motion)
    legs = (
        f"{side}_{name}" for side in ("left", "right") for name in ("knee", "ankle")
    )
    hidden = columns(without(motion, *legs))
    assert np.isnan(hidden["reba_legs"]).all()
    assert np.isnan(hidden["reba_left"]).all()
    assert hidden["reba_left_low"][0] == whole["reba_left"][0]
    assert hidden["reba_left_high"][0] > whole["reba_left"][0]


def test_seated_worker_needs_no_legs() -> None:
    """Told to sit, a worker with hidden legs has a certain score."""
    legs = (
        f"{side}_{name}" for side in ("left", "right") for name in ("knee", "ankle")
    )
    found = columns(without(motion_of([bent_elbow(80)]), *legs), seated=True, **STEADY)
    assert found["reba_left"][0] == found["reba_left_high"][0] == 1


def test_lifted_foot_is_one_leg() -> None:
    """A clearly lifted foot puts the weight on one leg; either foot will do."""
    motion = motion_of([ARMS_DOWN, LIFTED])
    for seen in (motion, mirror_motion(motion)):
        assert columns(seen)["rula_legs"].tolist() == [1, 2]
    lift = lift_of(motion)
    assert lift.height_m[0] == pytest.approx(0)
    assert lift.height_m[1] > 0.25


def test_uncertain_feet_are_an_uncertain_lift() -> None:
    """Hips and the vertical make a lift uncertain; an unseen foot one unknown."""
    motion = motion_of([{"left_hip": (0, 0, 30), "right_hip": (0, 0, -30)}])
    names = ("left_hip", "right_hip", "left_ankle", "right_ankle")
    points = {name: motion.joints_world_m[0, JOINT[name]] for name in names}
    levers = [
        np.delete(points[f"{side}_ankle"] - points[f"{side}_hip"], 1) for side in SIDES
    ]
    hips = motion.pose_sd_rad.copy()
    hips[:, [JOINT[name] for name in names[:2]]] = 0.02
    sd = lift_of(changed(motion, pose_sd_rad=hips)).sd_m
    assert sd == pytest.approx(0.02 * np.linalg.norm(levers))
    apart = np.linalg.norm(points["left_ankle"] - points["right_ankle"])
    tilted = lift_of(changed(motion, gravity_sd_deg=5.0)).sd_m
    assert tilted == pytest.approx(apart * np.radians(5.0))
    assert np.isnan(lift_of(without(motion, "left_ankle")).height_m).all()
    boundless = changed(motion, pose_sd_rad=motion.pose_sd_rad + np.inf)
    assert np.isnan(lift_of(boundless).height_m).all()


def test_boundless_uncertainty_is_not_observed() -> None:
    """A fit that knows nothing of its joints has no angles and open scores."""
    motion = motion_of([bent_elbow(80)])
    boundless = changed(motion, pose_sd_rad=motion.pose_sd_rad + np.inf)
    found = joint_angles(boundless)
    named = {name for name in found.names if np.isfinite(found.value_deg(name)).any()}
    assert named == {f"{side}_upper_arm_plane" for side in SIDES}
    assert np.isnan(columns(boundless)["reba_left"]).all()


def test_steps_of_a_walk_are_on_both_legs() -> None:
    """While the pelvis travels at a walk a lifted foot does not count."""
    motion = motion_of([LIFTED] * 21, joint_sd_m=0.01, pose_sd_rad=0.04)
    for speed, expected in ((0.0, 2), (0.3, 2), (1.2, 1)):
        way = np.zeros((21, 1, 3))
        way[:, 0, 2] = speed * motion.time_s
        moved = changed(motion, joints_world_m=motion.joints_world_m + way)
        assert (walking(moved, DEFAULT_THRESHOLDS) == (expected == 1)).all()
        assert (columns(moved)["rula_legs"] == expected).all()


def rows_of(raw: bytes) -> list[dict[str, str]]:
    """Read a CSV as anybody would."""
    return list(csv.DictReader(io.StringIO(raw.decode())))


def test_angle_file_round_trips() -> None:
    """Every angle reads back to two decimals, in the design's columns."""
    motion = motion_of(
        [flexed_arm(33.333), bent_elbow(90)], joint_sd_m=0.01, pose_sd_rad=0.04
    )
    angles = joint_angles(motion)
    raw = angles_csv(motion, angles)
    rows = rows_of(raw)
    header = [f"{name}{end}" for name in ANGLE_NAMES for end in ("_deg", "_sd_deg")]
    assert list(rows[0]) == ["frame", "time_s", *header]
    for t, row in enumerate(rows):
        for name in ANGLE_NAMES:
            value = angles.value_deg(name)[t]
            assert float(row[f"{name}_deg"] or "nan") == pytest.approx(
                value, abs=0.0051, nan_ok=True
            )


def test_files_have_a_row_per_frame_and_empty_cells() -> None:
    """A gap has its rows, with nothing in them but frame and time."""
    poses = [bent_elbow(80)] * 5
    motion = with_gap(motion_of(poses, rate_hz=7.0), 2, 4)
    angles = joint_angles(motion)
    for raw in (angles_csv(motion, angles), scores_csv(motion, scored(motion))):
        rows = rows_of(raw)
        assert [int(row["frame"]) for row in rows] == list(range(5))
        assert [row["time_s"] for row in rows][:2] == ["0.000", "0.143"]
        for t, row in enumerate(rows):
            filled = [value for value in list(row.values())[2:] if value]
            assert bool(filled) == (t not in {2, 3})


def test_files_are_plain() -> None:
    """Files end lines with LF only and hold no NaN and no minus zero."""
    motion = without(motion_of([ARMS_DOWN, {"pelvis": (0, 0, 20)}]), "left_elbow")
    for raw in (
        angles_csv(motion, joint_angles(motion)),
        scores_csv(motion, scored(motion)),
    ):
        text = raw.decode("ascii")
        assert text.endswith("\n")
        assert not {"\r", "n", "-0.00"} & set(text.partition("\n")[2])
        assert "-0.00," not in text
        assert "nan" not in text.partition("\n")[2]
        assert len({line.count(",") for line in text.splitlines()}) == 1


def test_score_file_has_whole_numbers() -> None:
    """Scores are written as whole numbers."""
    motion = motion_of([flexed_arm(100)])
    found = scored(motion)
    row = rows_of(scores_csv(motion, found))[0]
    for name, column in found.columns().items():
        assert row[name] == f"{column[0]:.0f}"


def test_what_a_clip_cannot_tell_is_within_the_bounds() -> None:
    """A few frames show no repetition: the bounds hold both, the score is likely."""
    motion = motion_of([bent_elbow(80)] * 3)
    open_, no, yes = (
        columns(motion, static_or_repeated=told) for told in (None, False, True)
    )
    for name in FINALS:
        assert (open_[f"{name}_low"] <= no[name]).all()
        assert (open_[f"{name}_high"] >= yes[name]).all()
        assert np.array_equal(open_[name], no[name])


def test_hiding_a_hand_that_repeats_lowers_no_bound() -> None:
    """A wrist that repeats and is hidden may still repeat: the upper bound stays."""
    bent: Pose = bent_elbow(80) | {"left_wrist": (0, 0, 30)}
    motion = motion_of([bent_elbow(80), bent] * 30, rate_hz=4.0)
    seen, dim = columns(motion), columns(without(motion, "left_wrist"))
    assert (dim["reba_left_high"] >= seen["reba_left"]).all()
    assert (dim["rula_left_high"] >= seen["rula_left"]).all()


SEAT: Pose = bent_elbow(80) | {
    f"{side}_{joint}": (sign * 90, 0, 0)
    for side in SIDES
    for joint, sign in (("hip", -1), ("knee", 1))
}


def test_who_sits_gets_no_knee_points_told_or_not() -> None:
    """A body that could not stand so is scored as a seated one."""
    motion = motion_of([SEAT], joint_sd_m=0.001, pose_sd_rad=0.001)
    told = columns(motion, seated=True, **STEADY)
    found = columns(motion, **STEADY)
    standing = columns(motion, seated=False, **STEADY)
    assert found["reba_legs"][0] == told["reba_legs"][0] == 1
    assert standing["reba_legs"][0] > 1


@pytest.mark.parametrize(
    ("pose", "told", "speed_m_s", "sits"),
    [
        (SEAT, {}, 0.0, True),
        (SEAT, {}, 1.2, True),
        (ARMS_DOWN, {}, 1.2, False),
        (SEAT, {"seated": False}, 0.0, False),
        (ARMS_DOWN, {"seated": True}, 1.2, True),
    ],
)
def test_all_methods_agree_on_who_sits(
    pose: Pose,
    told: dict[str, bool],
    speed_m_s: float,
    sits: bool,  # noqa: FBT001  # a parameter of the cases
) -> None:
    """Who is told to sit does, else who is seen to, on the move or not: for all."""
    motion = motion_of([pose] * 21, joint_sd_m=0.001, pose_sd_rad=0.001)
    way = speed_m_s * motion.time_s[:, None, None] * [0.0, 0.0, 1.0]
    motion = changed(motion, joints_world_m=motion.joints_world_m + way)
    scores = scored(motion, **told, **STEADY)
    found, angles = scores.columns(), joint_angles(motion)
    iso = assess_iso11226(motion, angles, scores.facts, CHOICES)
    knee = next(item for item in iso.items if item.name == "left_sitting_knee")
    assert (scores.common.stance.sits.yes == sits).all()
    assert ((found["reba_legs"] == 1).all()) or not sits
    assert ((found["owas_legs"] == 1) == sits).all()
    assert (knee.applies_s > 0) == sits
