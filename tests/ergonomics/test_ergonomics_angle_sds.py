"""How sure a joint angle is, against drawn joints and against what touches it."""

from dataclasses import replace

import numpy as np
import pytest

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import body_angles, joint_angles
from ergomesh.ergonomics.core.body import Body, body_of, mirror_body
from ergomesh.ergonomics.core.geometry import direction_tilt_deg
from ergomesh.ergonomics.core.propagate import Vectors, propagate
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    bent_elbow,
    changed,
    mirror_motion,
    motion_of,
)


def test_useless_angles_are_empty() -> None:
    """An angle with a larger sd than the limit is not observable."""
    motion = motion_of([bent_elbow(90)], joint_sd_m=0.02, pose_sd_rad=0.2)
    wide = joint_angles(motion, unusable_sd_deg=1e9)
    limit = float(np.median(wide.sd_of_deg("left_wrist_flexion")))
    narrow = joint_angles(motion, unusable_sd_deg=limit * 0.99)
    assert np.isfinite(wide.value_deg("left_wrist_flexion")).all()
    assert np.isnan(narrow.value_deg("left_wrist_flexion")).all()


def test_certain_joints_give_certain_angles() -> None:
    """Without noise every standard deviation is 0."""
    found = joint_angles(motion_of([bent_elbow(90)]))
    assert (found.sd_deg[np.isfinite(found.sd_deg)] == 0).all()


def _noisy(body: Body, motion: Motion, count: int) -> Body:
    """Draw joints, head and vertical as the standard deviations say."""
    rng = np.random.default_rng(7)

    def _turn(sd_rad: float, *, axes: tuple[float, ...]) -> FloatArray:
        drawn: FloatArray = rng.normal(0, sd_rad, (3, count))
        return np.array(axes)[:, None] * drawn

    def _turned(turn: FloatArray, vector: FloatArray) -> FloatArray:
        moved: FloatArray = vector + np.cross(turn, vector, axis=0)
        return moved

    tilt = _turn(body.gravity_sd_rad, axes=(1, 0, 1))
    sds = {part: float(sd[0]) for part, sd in body.turn_sd_rad.items()}
    head = _turn(sds["head"], axes=(1, 1, 1))
    points = {}
    for name, point in body.points.items():
        noise = rng.normal(0, body.point_sd[name][0], (3, count))
        points[name] = point + noise
    for side in SIDES:
        hand = _turn(sds[f"{side}_hand"], axes=(1, 1, 1))
        wrist = f"{side}_wrist"
        for knuckle in (f"{side}_index1", f"{side}_pinky1"):
            rigid = body.points[knuckle] - body.points[wrist]
            points[knuckle] = points[wrist] + _turned(hand, rigid)
    points = {name: _turned(tilt, point) for name, point in points.items()}
    return replace(
        body,
        points=points,
        point_sd={name: np.zeros(count) for name in points},
        observed={name: np.ones(count, bool) for name in body.observed},
        head_up=_turned(tilt, _turned(head, body.head_up)),
        head_left=_turned(tilt, _turned(head, body.head_left)),
        turn_sd_rad={part: np.zeros(count) for part in sds},
        gravity_sd_rad=0.0,
    )


def test_standard_deviations_against_a_monte_carlo_twin() -> None:
    """The propagated sd of every angle is that of angles of drawn joints."""
    motion = motion_of([BUSY], joint_sd_m=0.002, pose_sd_rad=0.01, gravity_sd_deg=0.4)
    # A forearm's rotation is drawn with the hand's: let the elbow's own be exact.
    sds = motion.pose_sd_rad.copy()
    sds[:, [JOINT[f"{side}_elbow"] for side in SIDES]] = 0.0
    motion = changed(motion, pose_sd_rad=sds)
    # A hand's angles are those of the wrist's rotation, whose joints are exact.
    rigid = changed(motion, joint_sd_m=np.zeros_like(motion.joint_sd_m))
    for seen, wrists in ((motion, False), (rigid, True)):
        found = joint_angles(seen)
        drawn = body_angles(_noisy(body_of(seen), seen, 20_000), unusable_sd_deg=1e9)
        for k, name in enumerate(found.names):
            if ("_wrist_" in name) == wrists:
                spread = np.std(drawn.values_deg[:, k] - found.values_deg[0, k])
                assert found.sd_deg[0, k] == pytest.approx(spread, rel=0.04), name


def test_mirrored_body_is_the_body_of_the_mirrored_motion() -> None:
    """Mirroring before or after naming the joints is the same, head and all."""
    motion = motion_of([BUSY], joint_sd_m=0.01, pose_sd_rad=0.03)
    before = body_angles(body_of(mirror_motion(motion)), unusable_sd_deg=90)
    after = body_angles(mirror_body(body_of(motion)), unusable_sd_deg=90)
    assert after.values_deg == pytest.approx(before.values_deg, abs=1e-9)
    assert after.sd_deg == pytest.approx(before.sd_deg, rel=1e-3)


@pytest.mark.parametrize("joint", ["neck", "head"])
def test_head_is_as_unsure_as_neck_and_head(joint: str) -> None:
    """An unsure neck makes the head's angles unsure, as an unsure head does."""
    motion = motion_of([ARMS_DOWN])
    sds = motion.pose_sd_rad.copy()
    sds[:, JOINT[joint]] = np.radians(4.0)
    found = joint_angles(changed(motion, pose_sd_rad=sds))
    touched = {n for n in found.names if found.sd_of_deg(n)[0] > 0}
    assert {"neck_flexion", "neck_twist", "head_inclination"} <= touched
    assert found.sd_of_deg("head_inclination")[0] == pytest.approx(4.0, rel=1e-3)


@pytest.mark.parametrize("joint", ["left_elbow", "left_wrist"])
def test_forearm_rotation_is_as_unsure_as_elbow_and_wrist(joint: str) -> None:
    """An unsure rotation of elbow or wrist makes the forearm's rotation unsure."""
    motion = motion_of([bent_elbow(90)])
    sds = motion.pose_sd_rad.copy()
    sds[:, JOINT[joint]] = np.radians(4.0)
    found = joint_angles(changed(motion, pose_sd_rad=sds))
    assert found.sd_of_deg("left_forearm_rotation")[0] == pytest.approx(4.0, rel=1e-3)
    bent = found.sd_of_deg("left_wrist_flexion")[0]
    assert bent == pytest.approx(4.0 if joint == "left_wrist" else 0.0, rel=1e-3)


def test_arm_straight_to_the_side_has_no_flexion() -> None:
    """A direction without a sagittal part has a side bend but no flexion."""
    flexion, side = direction_tilt_deg(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    assert np.isnan(flexion[0])
    assert flexion[1] == 0
    assert side.tolist() == [-90, 0]


def test_standard_deviations_ignore_the_turn_from_180_to_minus_180() -> None:
    """At the seam of a signed angle the sd is that of anywhere else."""

    def _heading_deg(vectors: Vectors) -> FloatArray:
        x, y, _ = vectors["tip"]
        heading: FloatArray = np.degrees(np.arctan2(y, x))
        return heading[None]

    around = np.radians([-180.0, -90.0, 0.0, 90.0, 180.0])
    tips = np.stack([np.cos(around), np.sin(around), np.zeros(5)])
    _, sds = propagate(_heading_deg, {"tip": tips}, {"tip": np.full(5, 0.1)})
    assert sds[0] == pytest.approx(np.full(5, np.degrees(0.1)), rel=1e-4)


def test_gravity_only_touches_angles_against_the_vertical() -> None:
    """An uncertain vertical makes trunk, head and gravity angles uncertain only."""
    found = joint_angles(motion_of([BUSY], gravity_sd_deg=3.0))
    touched = {n for n in found.names if found.sd_of_deg(n)[0] > 1e-6}
    assert touched == {
        "trunk_inclination",
        "trunk_flexion",
        "trunk_side_bend",
        "head_inclination",
        *(f"{side}_upper_arm_elevation_gravity" for side in SIDES),
    }
