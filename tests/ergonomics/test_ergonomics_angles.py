"""Joint angles on constructed postures, mirrored bodies and noisy joints."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import BODY_JOINTS, SIDES, mirrored
from ergomesh.ergonomics.core.angles import (
    ANGLE_NAMES,
    INTERNAL_ANGLES,
    joint_angles,
)
from ergomesh.ergonomics.core.body import body_of
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    Pose,
    bent_elbow,
    changed,
    flexed_arm,
    mirror_motion,
    motion_of,
    rotmat,
    rotvec_deg,
    with_gap,
    without,
)

EXACT = 1e-6


def angles_of(pose: Pose, **sds: float) -> dict[str, float]:
    """Return every angle of one pose."""
    found = joint_angles(motion_of([pose], **sds))
    return dict(zip(found.names, found.values_deg[0], strict=True))


def assert_angles(pose: Pose, **expected: float) -> None:
    """Check some angles to 1e-6°."""
    found = angles_of(pose)
    got = {name: found[name] for name in expected}
    assert got == pytest.approx(expected, abs=EXACT)


def both(**angles: float) -> dict[str, float]:
    """Name angles of both sides."""
    return {f"{side}_{name}": v for side in SIDES for name, v in angles.items()}


CENTRAL_ZERO = dict.fromkeys(ANGLE_NAMES[:8], 0.0)


def test_names_are_those_of_the_public_files() -> None:
    """The public angles are the design's, in its order."""
    middle = (
        "trunk_inclination trunk_flexion trunk_side_bend trunk_twist neck_flexion "
        "neck_side_bend neck_twist head_inclination"
    )
    sided = (
        "upper_arm_elevation upper_arm_flexion upper_arm_abduction elbow_flexion "
        "wrist_flexion wrist_deviation hip_flexion knee_flexion"
    )
    sides = [f"{side}_{name}" for side in SIDES for name in sided.split()]
    assert [*ANGLE_NAMES] == [*middle.split(), *sides]


def test_standing_upright_is_all_zero() -> None:
    """Every angle of a body that stands with hanging arms is 0."""
    assert_angles(ARMS_DOWN, **CENTRAL_ZERO)
    assert_angles(
        ARMS_DOWN,
        **both(
            upper_arm_elevation=0,
            upper_arm_flexion=0,
            upper_arm_abduction=0,
            upper_arm_elevation_gravity=0,
            elbow_flexion=0,
            wrist_flexion=0,
            wrist_deviation=0,
            hip_flexion=0,
            knee_flexion=0,
        ),
    )


def test_t_pose_arms_are_out_to_the_side() -> None:
    """Arms straight out are raised and abducted by 90° and have no flexion."""
    assert_angles(
        {},
        **both(
            upper_arm_elevation=90,
            upper_arm_abduction=90,
            upper_arm_plane=90,
            hand_side=90,
        ),
    )
    found = angles_of({}, joint_sd_m=0.01, pose_sd_rad=0.04)
    assert all(np.isnan(found[f"{side}_upper_arm_flexion"]) for side in SIDES)


@pytest.mark.parametrize("bend", [30.0, 90.0, 140.0])
def test_bent_elbows(bend: float) -> None:
    """A bent elbow has its angle and leaves the upper arm hanging."""
    assert_angles(bent_elbow(bend), **both(elbow_flexion=bend, upper_arm_elevation=0))


def test_handshake_is_the_middle_of_rotation() -> None:
    """With the elbow at 90° and the thumb up the forearm is not rotated."""
    assert_angles(bent_elbow(90), **both(forearm_rotation=0))


@pytest.mark.parametrize("turn", [-70.0, 50.0])
def test_forearm_rotation_follows_the_hand(turn: float) -> None:
    """Turning the left hand about its forearm, palm down, is pronation."""
    pose = bent_elbow(90) | {"left_wrist": (turn, 0, 0)}
    assert_angles(pose, left_forearm_rotation=turn, left_wrist_flexion=0)


@pytest.mark.parametrize("raise_deg", [10.0, 60.0, 135.0])
@pytest.mark.parametrize("side", SIDES)
def test_arm_raised_forward(side: str, raise_deg: float) -> None:
    """An arm raised straight forward has elevation and flexion alike."""
    assert_angles(
        flexed_arm(raise_deg, side),
        **{
            f"{side}_upper_arm_elevation": raise_deg,
            f"{side}_upper_arm_flexion": raise_deg,
            f"{side}_upper_arm_abduction": 0,
            f"{side}_upper_arm_plane": 0,
            f"{mirrored(side + '_')}upper_arm_elevation": 0,
        },
    )


def test_arm_behind_the_body() -> None:
    """An arm 30° behind has negative flexion and points backward."""
    found = angles_of(flexed_arm(-30))
    assert found["left_upper_arm_flexion"] == pytest.approx(-30, abs=EXACT)
    assert found["left_upper_arm_elevation"] == pytest.approx(30, abs=EXACT)
    assert abs(found["left_upper_arm_plane"]) == pytest.approx(180, abs=EXACT)


def test_arm_abducted() -> None:
    """An arm 40° out to the side is abducted by 40°, on either side."""
    pose: Pose = {"left_shoulder": (0, 0, -50), "right_shoulder": (0, 0, 50)}
    assert_angles(
        pose,
        **both(upper_arm_abduction=40, upper_arm_elevation=40, upper_arm_flexion=0),
    )


@pytest.mark.parametrize("bend", [-15.0, 45.0, 80.0, 110.0])
def test_trunk_bent_from_the_hips(bend: float) -> None:
    """A trunk bent from the hips has the angle, sign and all; the neck none."""
    legs: Pose = {"left_hip": (-bend, 0, 0), "right_hip": (-bend, 0, 0)}
    assert_angles(
        ARMS_DOWN | legs | {"pelvis": (bend, 0, 0)},
        trunk_flexion=bend,
        trunk_inclination=abs(bend),
        trunk_side_bend=0,
        trunk_twist=0,
        neck_flexion=0,
        head_inclination=bend,
        left_hip_flexion=bend,
        right_hip_flexion=bend,
        left_upper_arm_elevation=0,
        left_upper_arm_elevation_gravity=abs(bend),
    )


@pytest.mark.parametrize("bend", [-25.0, 20.0])
def test_trunk_side_bend_is_positive_to_the_right(bend: float) -> None:
    """Leaning to the worker's right is positive side bend, not flexion."""
    assert_angles(
        ARMS_DOWN | {"pelvis": (0, 0, bend)},
        trunk_side_bend=bend,
        trunk_inclination=abs(bend),
        trunk_flexion=0,
    )


def test_angles_do_not_depend_on_heading() -> None:
    """Turning the whole body about the vertical changes no angle."""
    still = angles_of(BUSY)
    for heading in (70.0, 170.0):
        turned = rotvec_deg(rotmat((0, heading, 0)) @ rotmat(BUSY["pelvis"]))
        found = angles_of(BUSY | {"pelvis": turned})
        assert found == pytest.approx(still, abs=EXACT, nan_ok=True)


@pytest.mark.parametrize("twist", [-35.0, 25.0])
def test_trunk_twist_is_positive_to_the_left(twist: float) -> None:
    """Shoulders turned to the left against the hips are positive twist."""
    # About the trunk line itself, which leans in the rest pose of the test body.
    rest = motion_of([{}]).joints_world_m[0]
    names = {name: rest[j] for j, name in enumerate(motion_of([{}]).joint_names)}
    line = (names["left_shoulder"] + names["right_shoulder"]) / 2 - (
        names["left_hip"] + names["right_hip"]
    ) / 2
    x, y, z = twist * line / np.linalg.norm(line)
    found = angles_of({"spine1": (x, y, z)})
    assert found["trunk_twist"] == pytest.approx(twist, abs=0.2)
    assert found["trunk_flexion"] == pytest.approx(0, abs=1.5)


@pytest.mark.parametrize("turn", [-50.0, 30.0])
def test_head_turned(turn: float) -> None:
    """A head turned to the left has positive twist and nothing else."""
    assert_angles(
        ARMS_DOWN | {"neck": (0, turn / 2, 0), "head": (0, turn / 2, 0)},
        neck_twist=turn,
        neck_flexion=0,
        neck_side_bend=0,
        head_inclination=0,
    )


@pytest.mark.parametrize("nod", [-20.0, 35.0])
def test_head_nods(nod: float) -> None:
    """Chin to chest is positive neck flexion and head inclination."""
    assert_angles(
        ARMS_DOWN | {"head": (nod, 0, 0)}, neck_flexion=nod, head_inclination=nod
    )


def test_head_bent_to_the_right() -> None:
    """An ear to the right shoulder is positive side bend."""
    assert_angles(ARMS_DOWN | {"head": (0, 0, 15)}, neck_side_bend=15, neck_flexion=0)


def test_level_head_over_a_bent_trunk_is_extension() -> None:
    """Looking ahead while bent forward extends the neck by as much."""
    assert_angles(
        ARMS_DOWN | {"pelvis": (40, 0, 0), "head": (-40, 0, 0)},
        neck_flexion=-40,
        head_inclination=0,
    )


@pytest.mark.parametrize("bend", [45.0, 90.0, 120.0])
def test_knees(bend: float) -> None:
    """A bent knee has its angle."""
    assert_angles({"left_knee": (bend, 0, 0)}, left_knee_flexion=bend)
    assert_angles({"right_knee": (bend, 0, 0)}, right_knee_flexion=bend)


def test_sitting() -> None:
    """Thighs level on an upright trunk are 90° of hip flexion."""
    pose: Pose = {f"{side}_hip": (-90, 0, 0) for side in SIDES}
    assert_angles(pose, **both(hip_flexion=90))


@pytest.mark.parametrize("side", SIDES)
def test_wrist_flexion_and_deviation(side: str) -> None:
    """A hand bent to the palm is flexion, to the thumb radial deviation."""
    # In the T pose palms face down and thumbs forward.
    sign = 1 if side == "left" else -1
    palm: Pose = {f"{side}_wrist": (0, 0, -40 * sign)}
    thumb: Pose = {f"{side}_wrist": (0, -15 * sign, 0)}
    wrist = f"{side}_wrist"
    assert_angles(palm, **{f"{wrist}_flexion": 40, f"{wrist}_deviation": 0})
    assert_angles(thumb, **{f"{wrist}_flexion": 0, f"{wrist}_deviation": 15})


def test_hand_across_the_midline_is_negative() -> None:
    """A hand on the other side of the body has a negative midline angle."""
    found = angles_of(ARMS_DOWN | {"left_shoulder": (0, -130, 0)})
    assert found["left_hand_midline"] < 0 < found["right_hand_midline"]


rotvecs = st.tuples(*(st.floats(-60, 60) for _ in range(3)))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(BODY_JOINTS), rotvecs, min_size=1))
def test_mirrored_body_swaps_sides(pose: Pose) -> None:
    """A mirrored body swaps left and right and turns side bend and twist around."""
    motion = motion_of([ARMS_DOWN | pose], joint_sd_m=0.01, pose_sd_rad=0.05)
    seen, other = joint_angles(motion), joint_angles(mirror_motion(motion))
    for name in seen.names:
        odd = mirrored(name) == name and name.endswith(("side_bend", "twist"))
        expected = seen.value_deg(name) * (-1 if odd else 1)
        found = other.value_deg(mirrored(name))
        assert _same_angle(found, expected)
        sd = seen.sd_of_deg(name)
        twin = other.sd_of_deg(mirrored(name))
        assert np.allclose(twin, sd, rtol=1e-3, atol=1e-4, equal_nan=True)


def _same_angle(a: FloatArray, b: FloatArray) -> bool:
    apart = np.abs((a - b + 180) % 360 - 180)
    return bool(np.all((apart < EXACT) | (np.isnan(a) & np.isnan(b))))


def test_unobserved_joints_empty_what_needs_them() -> None:
    """An angle is NaN exactly where a joint it uses is not observed."""
    motion = motion_of([bent_elbow(90)])
    lost = {
        "left_knee": {"left_hip_flexion", "left_knee_flexion"},
        "head": {"neck_flexion", "neck_side_bend", "neck_twist", "head_inclination"},
        "right_index1": {
            "right_wrist_flexion",
            "right_wrist_deviation",
            "right_forearm_rotation",
        },
        "jaw": set(),
    }
    for joint, expected in lost.items():
        found = joint_angles(without(motion, joint))
        empty = {n for n in found.names if np.isnan(found.value_deg(n)).all()}
        assert empty == expected
        assert np.isnan(found.sd_deg).sum() == len(expected)


def test_hidden_hips_leave_the_head_and_the_elbows() -> None:
    """A worker behind a desk keeps the angles that need no hips."""
    hidden = ("left_hip", "right_hip", "left_knee", "right_knee")
    found = joint_angles(without(motion_of([bent_elbow(90)]), *hidden))
    known = {n for n in ANGLE_NAMES if np.isfinite(found.value_deg(n)).all()}
    sided = ("elbow_flexion", "wrist_flexion", "wrist_deviation")
    sided_names = {f"{side}_{name}" for side in SIDES for name in sided}
    assert known == {"head_inclination"} | sided_names


def test_gaps_are_empty_and_change_nothing_else() -> None:
    """Frames in a gap are NaN; the others are as without the gap."""
    motion = motion_of(
        [bent_elbow(10.0 * k) for k in range(1, 10)], joint_sd_m=0.01, pose_sd_rad=0.04
    )
    whole, holed = joint_angles(motion), joint_angles(with_gap(motion, 3, 6))
    assert np.isnan(holed.values_deg[3:6]).all()
    keep = [0, 1, 2, 6, 7, 8]
    same = np.isclose(holed.values_deg, whole.values_deg, atol=1e-9, equal_nan=True)
    assert same[keep].all()


def test_no_frames_and_no_person_give_no_angles() -> None:
    """A motion without frames, or without a person, has only NaN."""
    assert joint_angles(motion_of([])).values_deg.shape[0] == 0
    empty = joint_angles(with_gap(motion_of([{}, {}]), 0, 2))
    assert np.isnan(empty.values_deg).all()


def test_rest_pose_is_found_from_any_frames() -> None:
    """Upright is taken from the body itself, whatever it does in the clip."""
    poses: list[Pose] = [BUSY, ARMS_DOWN, {"pelvis": (0, 170, 0)}, flexed_arm(80)]
    rest = motion_of([{}]).joints_world_m[0] - [0, 1, 0]
    body = body_of(motion_of(poses))
    names = motion_of([{}]).joint_names
    for name, point in body.rest.items():
        assert point == pytest.approx(rest[names.index(name)], abs=1e-12)


def test_internal_angles_do_not_leak_into_the_public_ones() -> None:
    """The two lists share no name and cover what is measured."""
    found = joint_angles(motion_of([{}]))
    assert found.names == (*ANGLE_NAMES, *INTERNAL_ANGLES)
    assert len(set(found.names)) == len(found.names)
    assert found.values_deg.shape == (1, len(found.names))


def test_motion_is_not_changed() -> None:
    """Measuring leaves the motion's arrays as they were."""
    motion = motion_of([BUSY], joint_sd_m=0.01, pose_sd_rad=0.04)
    before = changed(motion, joints_world_m=motion.joints_world_m.copy())
    joint_angles(motion)
    assert np.array_equal(motion.joints_world_m, before.joints_world_m)
