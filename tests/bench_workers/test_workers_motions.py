"""Laws of every motion: rigid bones, planted feet, limits, smoothness, room."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from bench.workers.figure import BodyData, Figure, figure_of
from bench.workers.motions.all import MOTIONS
from bench.workers.motions.bystanders import BYSTANDERS
from bench.workers.perform import Performance, perform
from bench.workers.rotations import apply, inverse, rotvec
from bench.workers.staging import body_bones
from bench.workers.sway import Sway
from bench.workers.tracks import retimed
from bench_workers.conftest import Performs
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES
from ergomesh.mesh.core.body import chain

SIZES = (-1.8, 1.8)
every_motion = pytest.mark.parametrize("motion", list(MOTIONS))

LIMITS_DEG = {
    "knee": (-5.0, 150.0),
    "elbow": (0.0, 150.0),
    "hip": (-30.0, 135.0),
    "ankle": (-35.0, 60.0),
    "toes": (-75.0, 10.0),
}
"""Greatest ranges of motion (Greene, Heckman, "The Clinical Measurement of Joint
Motion", AAOS 1994), hips, ankles and toes by 15° more: a squat bends them by weight."""

TRUNK_LIMITS_DEG = np.array([[-25.0, 70.0], [-35.0, 35.0], [-50.0, 50.0]])
"""Flexion, side bend, twist of all three spine joints together."""


def reaches_m(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return (8, T, 3) points between two joints' ways (T, 3)."""
    share = np.linspace(0, 1, 8)[:, None, None]
    between: FloatArray = a + share * (b - a)
    return between


def distance_m(points: FloatArray, a: FloatArray, b: FloatArray) -> float:
    """Return how near points (N, T, 3) come to a bone (T, 3) to (T, 3)."""
    way = b - a
    along = np.sum((points - a) * way, -1) / np.sum(way**2, -1)
    foot = a + np.clip(along, 0, 1)[..., None] * way
    return float(np.linalg.norm(points - foot, axis=-1).min())


def at(performance: Performance, joint: str) -> FloatArray:
    """Return (T, 3) a joint's way."""
    way: FloatArray = performance.joints_m[:, JOINT[joint]]
    return way


def flexion_deg(performance: Performance, joint: str, axis: str) -> FloatArray:
    """Return (T,) how far the bone along an axis is turned about x in its parent."""
    x, y, z = performance.local[:, JOINT[joint], :, "xyz".index(axis)].T
    assert (np.hypot(y, z) > 0.1).all(), x
    angle: FloatArray = np.degrees(
        np.arctan2(z, y) if axis == "y" else np.arctan2(-y, z)
    )
    return angle


def turn_deg(performance: Performance, joint: str) -> FloatArray:
    """Return (T, 3) a joint's rotation vector, degrees."""
    return np.degrees(rotvec(performance.local[:, JOINT[joint]]))


@every_motion
@pytest.mark.parametrize("size", SIZES)
def test_bones_keep_their_length(performed: Performs, motion: str, size: float) -> None:
    """A joint is as far from its parent as at rest, in every frame."""
    performance = performed(motion, size)
    joints, rest = performance.joints_m, performance.figure.joints_m
    for joint, parent in enumerate(PARENTS[1:], start=1):
        now = np.linalg.norm(joints[:, joint] - joints[:, parent], axis=1)
        np.testing.assert_allclose(
            now, np.linalg.norm(rest[joint] - rest[parent]), atol=1e-9
        )


@every_motion
def test_the_tree_is_walked_as_the_product_walks_it(
    performed: Performs, motion: str
) -> None:
    """The joints are where the product's kinematics puts them (a twin)."""
    performance = performed(motion, 0.0)
    rest = performance.figure.joints_m
    bones = rest - rest[[max(p, 0) for p in PARENTS]]
    _, places = chain(
        torch.from_numpy(performance.local),
        torch.from_numpy(bones),
        torch.from_numpy(at(performance, "pelvis")),
        PARENTS,
    )
    np.testing.assert_allclose(performance.joints_m, places.numpy(), atol=1e-9)


@every_motion
@pytest.mark.parametrize("size", SIZES)
def test_planted_feet_do_not_slide(
    performed: Performs, motion: str, size: float
) -> None:
    """The ball of a foot does not move while the script has it stand there."""
    performance = performed(motion, size)
    tempo = Sway.of(3, 1.0).tempo
    for side in SIDES:
        path = retimed(MOTIONS[motion].feet[side], tempo)
        held = path.held(performance.times_s, slice(0, 3))
        assert held.mean() > 0.2
        ball = at(performance, f"{side}_foot")
        step = np.linalg.norm(np.diff(ball, axis=0), axis=1)
        assert step[held[1:] & held[:-1]].max() < 2e-4
        scripted = performance.figure.scale * path.sampled(performance.times_s)
        apart = (ball - scripted[:, :3])[held]
        np.testing.assert_allclose(apart[:, [0, 2]], 0, atol=1e-6)
        assert np.ptp(apart[:, 1]) < 1e-6


def skin_m(body: BodyData, performance: Performance, frame: int) -> FloatArray:
    """Return (V, 3) the bare skin in one frame."""
    bones = body_bones(performance)[frame]
    moved = np.tensordot(body.weights, bones, axes=1)
    at_rest = performance.figure.skin_m
    skin: FloatArray = apply(moved[:, :3, :3], at_rest) + moved[:, :3, 3]
    return skin


@every_motion
def test_nobody_sinks_into_the_floor_or_floats(
    body: BodyData, performed: Performs, motion: str
) -> None:
    """The lowest skin is over the floor; it is a shoe's sole high while both stand."""
    performance = performed(motion, 0.0)
    lowest = [
        skin_m(body, performance, frame)[:, 1].min()
        for frame in range(0, len(performance.times_s), 45)
    ]
    assert min(lowest) > -0.002
    assert lowest[0] < 0.02


@every_motion
@pytest.mark.parametrize("size", SIZES)
def test_joints_stay_within_human_limits(
    performed: Performs, motion: str, size: float
) -> None:
    """Hinges, hips and feet bend as far as people's do, and knees never backwards."""
    performance = performed(motion, size)
    for side in SIDES:
        upper = performance.world[:, JOINT[f"{side}_elbow"]]
        arm = inverse(upper) @ performance.world[:, JOINT[f"{side}_shoulder"]]
        elbow = np.degrees(np.arccos(np.clip(arm[:, 0, 0], -1, 1)))
        angles = {
            "knee": flexion_deg(performance, f"{side}_knee", "y"),
            "elbow": elbow,
            "hip": -flexion_deg(performance, f"{side}_hip", "y"),
            "ankle": flexion_deg(performance, f"{side}_ankle", "z"),
            "toes": flexion_deg(performance, f"{side}_foot", "z"),
        }
        for name, (low, high) in LIMITS_DEG.items():
            assert angles[name].min() > low, (side, name, angles[name].min())
            assert angles[name].max() < high, (side, name, angles[name].max())


@every_motion
def test_the_trunk_bends_as_people_do(performed: Performs, motion: str) -> None:
    """Flexion, side bend and twist of the spine are in range and shared by it."""
    performance = performed(motion, 0.0)
    spine = np.stack(
        [turn_deg(performance, name) for name in ("spine1", "spine2", "spine3")]
    )
    whole = spine.sum(axis=0)[:, [0, 2, 1]]
    assert (whole.min(axis=0) > TRUNK_LIMITS_DEG[:, 0]).all(), whole.min(axis=0)
    assert (whole.max(axis=0) < TRUNK_LIMITS_DEG[:, 1]).all(), whole.max(axis=0)
    assert (np.abs(spine[..., 0]).max(axis=(0, 1)) < 30).all()


@every_motion
@pytest.mark.parametrize("size", SIZES)
def test_arms_do_not_pass_through_trunk_or_thighs(
    performed: Performs, motion: str, size: float
) -> None:
    """Elbows, forearms and hands keep clear of the trunk's and the thighs' bones."""
    performance = performed(motion, size)
    for side in SIDES:
        elbow, wrist, knuckle = (
            at(performance, f"{side}_{name}") for name in ("elbow", "wrist", "middle1")
        )
        arm = np.concatenate([reaches_m(elbow, wrist), reaches_m(wrist, knuckle)])
        for low, high in pairwise(("pelvis", "spine2", "neck")):
            assert distance_m(arm, at(performance, low), at(performance, high)) > 0.16
        for other in SIDES:
            thigh = (at(performance, f"{other}_{end}") for end in ("hip", "knee"))
            assert distance_m(arm, *thigh) > 0.08


@every_motion
@pytest.mark.parametrize("size", SIZES)
def test_hands_and_feet_are_where_the_script_puts_them(
    performed: Performs, motion: str, size: float
) -> None:
    """Feet meet their places exactly; hands miss theirs by less than a hand."""
    short = performed(motion, size).short_m
    assert short[:, :2].max() < 1e-6
    assert short[:, 2:].max() < 0.1


@every_motion
def test_motions_are_smooth(performed: Performs, motion: str) -> None:
    """Velocity is continuous: its steps shrink with the frames' distance."""
    figure, script = performed(motion, 0.0).figure, MOTIONS[motion]
    jumps = []
    for rate in (60.0, 240.0):
        fine = perform(script, figure, rate_hz=rate, seed=3).joints_m
        jumps.append(np.linalg.norm(np.diff(fine, n=2, axis=0), axis=2).max() * rate)
    assert jumps[1] < 0.45 * jumps[0]


@every_motion
def test_people_move_at_human_speed(performed: Performs, motion: str) -> None:
    """Nothing is faster than a walking foot, or jerks."""
    joints = performed(motion, 0.0).joints_m
    speed = 30 * np.linalg.norm(np.diff(joints, axis=0), axis=2)
    bend = 900 * np.linalg.norm(np.diff(joints, n=2, axis=0), axis=2)
    assert speed.max() < 3.5
    assert bend.max() < 60.0
    assert speed.max() > 0.1


@every_motion
def test_the_head_follows_the_gaze(performed: Performs, motion: str) -> None:
    """The face is turned to what the script looks at, within what eyes add."""
    performance = performed(motion, 0.0)
    ahead = performance.world[:, JOINT["head"], :, 2]
    assert (ahead @ [0.0, 0.0, 1.0] > -0.2).all()
    assert np.ptp(np.degrees(np.arcsin(np.clip(ahead[:, 1], -1, 1)))) > 1.0


@every_motion
def test_the_same_seed_gives_the_same_motion(performed: Performs, motion: str) -> None:
    """A performance repeats exactly, and another seed's differs but is alike."""
    first = performed(motion, 0.0)
    figure, script = first.figure, MOTIONS[motion]
    again = perform(script, figure, rate_hz=30, seed=3)
    np.testing.assert_array_equal(first.joints_m, again.joints_m)
    other = perform(script, figure, rate_hz=30, seed=4)
    count = min(len(first.times_s), len(other.times_s))
    apart = np.abs(first.joints_m[:count] - other.joints_m[:count])
    assert 1e-3 < apart.max() < 1.2


def test_a_taller_body_does_the_same_at_its_own_scale(body: BodyData) -> None:
    """A body scaled as a whole moves through scaled places, but for the sway."""
    figure = figure_of(body, np.zeros(10))
    big = Figure(
        betas=figure.betas,
        skin_m=1.2 * figure.skin_m,
        joints_m=1.2 * figure.joints_m,
        scale=1.2 * figure.scale,
        sole_m=1.2 * figure.sole_m,
    )
    script = MOTIONS["stoop_lift"]
    small, tall = (perform(script, f, rate_hz=30, seed=0) for f in (figure, big))
    np.testing.assert_allclose(tall.joints_m, 1.2 * small.joints_m, atol=0.03)


@pytest.mark.parametrize("script", BYSTANDERS, ids=lambda s: s.name)
def test_bystanders_outlast_every_clip(body: BodyData, script: object) -> None:
    """Whoever is in the background is there until the clip ends."""
    assert script in BYSTANDERS
    longest = max(s.duration_s for s in MOTIONS.values())
    shortest = min(s.duration_s for s in BYSTANDERS)
    assert 0.94 * shortest > 1.06 * longest
