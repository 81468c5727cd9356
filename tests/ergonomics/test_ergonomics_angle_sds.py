"""How sure a joint angle is, against drawn poses and against what touches it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import TANGENTS, FloatArray, Motion
from ergomesh.contract.skeleton import BODY_JOINTS, SIDES, mirrored
from ergomesh.ergonomics.core.angle_sds import MAX_SD_DEG
from ergomesh.ergonomics.core.angles import Angles, body_angles, joint_angles
from ergomesh.ergonomics.core.body import body_of
from ergomesh.ergonomics.core.geometry import direction_tilt_deg
from ergomesh.ergonomics.core.propagate import Vectors, slopes
from ergomesh.ergonomics.core.sided import GROUPS
from ergomesh.mesh.core.posture import PosturePrior, prior_of
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from ergomesh.mesh.core.uncertainty import ROOT_SD_RAD
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    Pose,
    bent_elbow,
    changed,
    drawn_covariance,
    flexed_arm,
    mirror_motion,
    motion_of,
    packed,
    rotmat,
    rotvec_deg,
    turned,
    unsure,
    with_gap,
)

FOLDED = tuple(name for group in GROUPS if group.group.fold for name in group.names[:1])
"""Angles without a sign."""


def all_angles(motion: Motion) -> Angles:
    """Return the angles of a motion, however uncertain."""
    return joint_angles(motion, unusable_sd_deg=1e9, unobserved_share=1e9)


def turns_of(*names: str, axes: tuple[int, ...] = (0, 1, 2)) -> list[int]:
    """Return where the small rotations of some joints are in a covariance."""
    return [3 * BODY_JOINTS.index(name) + axis for name in names for axis in axes]


def only(rows: list[int], sd_rad: float) -> FloatArray:
    """Return the covariance of independent rotations, 0 but for some."""
    covariance = np.zeros((TANGENTS, TANGENTS))
    covariance[rows, rows] = sd_rad**2
    return covariance


def touched(found: Angles, least_deg: float = 0.02) -> set[str]:
    """Return the angles of the first frame that are not certain."""
    return {n for n in found.names if found.sd_of_deg(n)[0] > least_deg}


def test_certain_poses_give_certain_angles() -> None:
    """Without a covariance or spreads, and with ones of 0, every sd is 0."""
    exact = motion_of([bent_elbow(90), BUSY])
    for motion in (exact, unsure(exact, np.zeros((TANGENTS, TANGENTS)))):
        found = joint_angles(motion)
        assert (found.sd_deg[np.isfinite(found.sd_deg)] == 0).all()
        assert np.isfinite(found.sd_deg).sum() == np.isfinite(found.values_deg).sum()


def test_standard_deviations_are_those_of_drawn_poses() -> None:
    """The sd of every angle is that of angles of poses drawn from the covariance."""
    covariance = drawn_covariance(seed=3, sd_rad=0.01)
    motion = unsure(motion_of([BUSY]), covariance)
    found = all_angles(motion)
    drawn = _drawn(motion, covariance, 3000)
    for k, name in enumerate(found.names):
        spread = np.std(drawn.values_deg[:, k] - found.values_deg[0, k])
        assert found.sd_deg[0, k] == pytest.approx(spread, rel=0.06), name


def _drawn(motion: Motion, covariance: FloatArray, count: int) -> Angles:
    rng = np.random.default_rng(7)
    rotvecs = rng.multivariate_normal(np.zeros(TANGENTS), covariance, size=count)
    return body_angles(body_of(turned(motion, rotvecs)))


@pytest.mark.parametrize("bend", [0.0, 3.0, 9.0, 25.0])
def test_unsigned_angles_near_zero_are_off_by_their_sd(bend: float) -> None:
    """Drawn angles without a sign are off by their sd in the mean square."""
    covariance = drawn_covariance(seed=5, sd_rad=0.05)
    pose = bent_elbow(bend) | {
        "left_knee": (bend, 0, 0),
        "right_knee": (0.9 * bend, 0, 0),
        "pelvis": (bend, 0, 0),
    }
    pose |= {"left_shoulder": (0, 0, -90 + bend)}
    motion = unsure(motion_of([pose]), covariance)
    found, drawn = all_angles(motion), _drawn(motion, covariance, 1500)
    for name in FOLDED:
        off = drawn.value_deg(name) - found.value_deg(name)[0]
        size = np.sqrt(np.mean(off**2))
        assert found.sd_of_deg(name)[0] == pytest.approx(size, rel=0.2), name


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(1.1, 3))
def test_sds_scale_with_the_covariance(seed: int, factor: float) -> None:
    """Away from folds, poses k times as unsure give angles k times as unsure."""
    covariance = drawn_covariance(seed, 1e-3)
    one, more = (
        all_angles(unsure(motion_of([BUSY]), covariance * k**2)).sd_deg
        for k in (1.0, factor)
    )
    assert more == pytest.approx(factor * one, rel=1e-3)


def test_mirrored_motion_has_the_sds_of_the_other_side() -> None:
    """Mirroring pose and covariance exchanges the sides' sds."""
    motion = unsure(motion_of([BUSY]), drawn_covariance(seed=1, sd_rad=0.1))
    found, other = all_angles(motion), all_angles(mirror_motion(motion))
    for name in found.names:
        expected = found.sd_of_deg(name)
        assert other.sd_of_deg(mirrored(name)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("heading", [70.0, -160.0])
def test_heading_changes_no_sd(heading: float) -> None:
    """Turning body and covariance about the vertical leaves every sd."""
    covariance = drawn_covariance(seed=2, sd_rad=0.1)
    about = rotmat((0, heading, 0))
    turn = np.eye(TANGENTS)
    turn[:3, :3] = about
    pelvis = rotvec_deg(about @ rotmat(BUSY["pelvis"]))
    still = all_angles(unsure(motion_of([BUSY]), covariance))
    moved = motion_of([BUSY | {"pelvis": pelvis}])
    found = all_angles(unsure(moved, turn @ covariance @ turn.T))
    assert found.sd_deg == pytest.approx(still.sd_deg, rel=1e-3)


def test_the_vertical_only_touches_angles_against_it() -> None:
    """An unsure vertical makes angles against it as unsure, and no other."""
    level = turns_of("pelvis", axes=(0, 2))
    tilted = unsure(motion_of([BUSY]), only(level, np.radians(3.0)))
    stated = motion_of([BUSY], gravity_sd_deg=3.0)
    for motion in (tilted, stated):
        found = joint_angles(motion)
        assert touched(found) == {
            "trunk_inclination",
            "trunk_flexion",
            "trunk_side_bend",
            "head_inclination",
            *(f"{side}_upper_arm_elevation_gravity" for side in SIDES),
        }
        assert found.sd_of_deg("trunk_inclination")[0] == pytest.approx(3.0, rel=0.02)


def test_turning_about_the_vertical_touches_no_angle() -> None:
    """Not knowing where a body faces makes no angle unsure."""
    heading = only(turns_of("pelvis", axes=(1,)), 1.0)
    assert touched(joint_angles(unsure(motion_of([BUSY]), heading))) == set()


@pytest.mark.parametrize("joint", ["neck", "head"])
def test_head_is_as_unsure_as_neck_and_head(joint: str) -> None:
    """A neck or head unsure by 4° makes the head's angles so, and nothing else."""
    motion = unsure(motion_of([ARMS_DOWN]), only(turns_of(joint), np.radians(4.0)))
    found = joint_angles(motion)
    neck = {f"neck_{part}" for part in ("flexion", "side_bend", "twist")}
    assert touched(found) == {*neck, "head_inclination"}
    assert found.sd_of_deg("head_inclination")[0] == pytest.approx(4.0, rel=1e-3)


def test_twist_of_the_upper_arm_does_not_touch_the_elbow() -> None:
    """An upper arm unsure about its own axis leaves elbow and elevation certain."""
    about_bone = only(turns_of("left_shoulder", axes=(1,)), 0.5)
    found = joint_angles(unsure(motion_of([bent_elbow(90)]), about_bone))
    assert found.sd_of_deg("left_elbow_flexion")[0] == pytest.approx(0, abs=1e-3)
    assert found.sd_of_deg("left_upper_arm_elevation")[0] == pytest.approx(0, abs=0.1)
    assert "left_hand_side" in touched(found)


@pytest.mark.parametrize("joint", ["left_elbow", "left_wrist"])
def test_forearm_rotation_is_as_unsure_as_elbow_and_wrist(joint: str) -> None:
    """A forearm unsure about its own axis by 4° has a rotation unsure by 4°."""
    rows = turns_of(joint, axes=(0,))
    if joint == "left_elbow":
        rows = turns_of(joint)
    found = joint_angles(unsure(motion_of([bent_elbow(90)]), only(rows, np.radians(4))))
    assert found.sd_of_deg("left_forearm_rotation")[0] == pytest.approx(4.0, rel=1e-3)


def test_forearm_unsure_about_its_axis_leaves_the_elbow() -> None:
    """Not knowing a hand's rotation leaves elbow and upper arm certain."""
    hand = only(turns_of("left_wrist"), 0.4)
    found = joint_angles(unsure(motion_of([bent_elbow(70)]), hand))
    assert found.sd_of_deg("left_elbow_flexion")[0] == pytest.approx(0, abs=1e-3)
    assert np.isnan(found.sd_of_deg("left_wrist_flexion")[0])


def test_useless_angles_are_empty() -> None:
    """An angle with a larger sd than the limit is not observable."""
    motion = motion_of([bent_elbow(90)], pose_sd_rad=0.1)
    wide = all_angles(motion)
    limit = float(np.median(wide.sd_of_deg("left_wrist_flexion")))
    narrow = joint_angles(motion, unusable_sd_deg=limit * 0.99)
    assert np.isfinite(wide.value_deg("left_wrist_flexion")).all()
    assert np.isnan(narrow.value_deg("left_wrist_flexion")).all()


def _prior_covariance(motion: Motion) -> FloatArray:
    """Return what the mesh service's prior leaves open at the first frame."""
    like = torch.zeros((), dtype=torch.float64)
    rotvecs = torch.from_numpy(
        motion.poses[:1].reshape(1, -1, 3)[:, : len(BODY_JOINTS)]
    )
    rotmats = rotvec_to_rotmat(rotvecs)
    prior = PosturePrior.of(like)
    *_, by_own = prior.residuals(rotmats)
    to_parent = (
        rotmats[0, 1:] @ torch.linalg.inv(by_own[0]) @ torch.diag_embed(prior.sd)
    )
    blocks = to_parent @ to_parent.mT
    root = ROOT_SD_RAD**2 * torch.eye(3, dtype=torch.float64)
    covariance: FloatArray = torch.block_diag(root, *blocks).numpy()  # type: ignore[no-untyped-call]  # torch
    return covariance


def _drawn_poses(count: int) -> list[Pose]:
    """Draw postures from the prior, inside the limits."""
    rng = np.random.default_rng(0)
    poses = []
    for _ in range(count):
        pose: Pose = {}
        for name in BODY_JOINTS[1:]:
            prior = prior_of(name)
            drawn = rng.normal(prior.mean, 0.8 * np.array(prior.sd))
            x, y, z = np.degrees(np.clip(drawn, prior.low, prior.high))
            pose[name] = (float(x), float(y), float(z))
        poses.append(pose)
    return poses


def test_usual_sds_are_those_of_the_posture_prior() -> None:
    """Usual sds are what the mesh service's prior leaves open, where it is least."""
    motions = [motion_of([pose]) for pose in _drawn_poses(40)]
    left = [all_angles(unsure(m, _prior_covariance(m))) for m in motions]
    for group in GROUPS:
        for name, usual in zip(group.names, group.group.usual_sd_deg, strict=True):
            least = min(found.sd_of_deg(name)[0] for found in left)
            assert name.endswith("upper_arm_plane") or 0.75 < usual / least < 1.3, name


def test_what_only_the_prior_says_is_empty() -> None:
    """With nothing but the prior no angle is observed; a tenth of it shows all."""
    for pose in _drawn_poses(10):
        motion = motion_of([pose])
        prior = _prior_covariance(motion)
        guessed, seen = (joint_angles(unsure(motion, prior / k)) for k in (1, 400))
        known = {n for n in guessed.names if np.isfinite(guessed.value_deg(n)[0])}
        assert known == {f"{side}_upper_arm_plane" for side in SIDES}
        assert np.isfinite(seen.values_deg).mean() > 0.95


def test_sds_are_interpolated_between_knots() -> None:
    """Between two knots an sd goes straight from one to the other."""
    motion = motion_of([BUSY] * 5)
    ends = np.stack([drawn_covariance(4, 0.02), 4 * drawn_covariance(4, 0.02)])
    motion = changed(
        motion, covariance_frame=np.array([0, 4]), pose_covariance_rad2=packed(ends)
    )
    sds = all_angles(motion).sd_deg
    straight = np.linspace(sds[0], sds[4], 5)
    assert sds == pytest.approx(straight)
    assert (sds[4] > sds[0]).all()


def test_many_knots_are_as_each_by_itself() -> None:
    """Three hundred knots have the sds that each of them has alone."""
    poses = [flexed_arm(0.3 * k) for k in range(300)]
    covariance = drawn_covariance(6, 0.05)
    many = all_angles(unsure(motion_of(poses), covariance)).sd_deg
    for k in (0, 127, 128, 299):
        one = motion_of([poses[0], poses[k], poses[299]])
        alone = all_angles(unsure(one, covariance)).sd_deg[1]
        assert many[k] == pytest.approx(alone, rel=1e-6, nan_ok=True)


def test_gaps_are_empty_and_leave_the_rest() -> None:
    """A gap between knots has no sd, and the frames around it keep theirs."""
    motion = unsure(motion_of([BUSY] * 9), drawn_covariance(8, 0.05))
    holed = with_gap(motion, 3, 6)
    kept = np.array([0, 2, 6, 8])
    holed = changed(
        holed,
        covariance_frame=kept,
        pose_covariance_rad2=motion.pose_covariance_rad2[kept],
    )
    whole, found = all_angles(motion), all_angles(holed)
    assert np.isnan(found.sd_deg[3:6]).all()
    assert found.sd_deg[kept] == pytest.approx(whole.sd_deg[kept])


def test_a_singular_angle_has_an_sd_or_none() -> None:
    """Straight arms out to the side have finite sds, and no flexion."""
    found = all_angles(unsure(motion_of([{}]), drawn_covariance(9, 0.1)))
    finite = np.isfinite(found.values_deg)
    assert (np.isfinite(found.sd_deg) == finite).all()
    assert (found.sd_deg[finite] > 0).all()
    assert (found.sd_deg[finite] <= MAX_SD_DEG).all()
    assert np.isnan(found.value_deg("left_upper_arm_flexion")).all()


def test_arm_straight_to_the_side_has_no_flexion() -> None:
    """A direction without a sagittal part has a side bend but no flexion."""
    flexion, side = direction_tilt_deg(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    assert np.isnan(flexion[0])
    assert flexion[1] == 0
    assert side.tolist() == [-90, 0]


def test_slopes_ignore_the_turn_from_180_to_minus_180() -> None:
    """At the seam of a signed angle its slope is that of anywhere else."""

    def _heading_deg(vectors: Vectors) -> FloatArray:
        x, y, _ = vectors["tip"]
        heading: FloatArray = np.degrees(np.arctan2(y, x))
        return heading[None]

    around = np.radians([-180.0, -90.0, 0.0, 90.0, 180.0])
    tips = np.stack([np.cos(around), np.sin(around), np.zeros(5)])
    found = slopes(_heading_deg, {"tip": tips}, ("tip",))
    assert found.shape == (1, 1, 3, 5)
    sizes = np.linalg.norm(found[0, 0], axis=0)
    assert sizes == pytest.approx(np.full(5, np.degrees(1.0)), rel=1e-4)
