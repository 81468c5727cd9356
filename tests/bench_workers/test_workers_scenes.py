"""Laws of the scenes: split, cameras, truth, looks, and what is rendered again."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.workers import make_clips
from bench.workers.cameras import (
    DISTANCE_M,
    HEIGHT_M,
    HELD_OUT_KINDS,
    KINDS,
    LONG_VIEW_DEG,
    PITCH_DEG,
    ROLL_DEG,
)
from bench.workers.dress import dressed, shade_of
from bench.workers.figure import BodyData, figure_of, read_body
from bench.workers.lights import draw_lights, flat_shadow
from bench.workers.look import SKINS, draw_look, linear
from bench.workers.motions.all import MOTIONS
from bench.workers.occluder import MOST_HIDDEN, Block, hidden_share, occluder_for
from bench.workers.rotations import turn
from bench.workers.scenes import (
    HELD_OUT_MOTIONS,
    MOTION_NAMES,
    SCENES,
    VIEWS,
    Scene,
    Split,
)
from bench.workers.staging import body_bones, stage
from bench.workers.truth import truth_of
from bench.workers.window import corners_of, windows_of
from bench_workers.conftest import Plays
from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import JOINT, PARENTS

every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.name)
some_scenes = pytest.mark.parametrize("scene", SCENES[::9], ids=lambda s: s.name)


def test_the_scenes_are_enough_and_their_names_differ() -> None:
    """There are 48 to 64 scenes, each with a name of its own."""
    assert 48 <= len(SCENES) <= 64
    assert len({scene.name for scene in SCENES}) == len(SCENES)


def test_every_motion_is_seen_from_four_kinds_of_camera() -> None:
    """Each of at least twelve motions has four scenes, each from another kind."""
    assert set(MOTION_NAMES) == set(MOTIONS)
    assert len(MOTION_NAMES) >= 12
    for motion in MOTION_NAMES:
        kinds = {scene.camera for scene in SCENES if scene.motion == motion}
        assert len(kinds) == VIEWS == 4
    assert len(Counter(scene.camera for scene in SCENES)) == len(KINDS) >= 6


def test_nothing_held_out_is_among_what_one_may_tune_on() -> None:
    """A third of motions and of kinds is held out, and tuning scenes have neither."""
    assert len(HELD_OUT_MOTIONS) == round(len(MOTION_NAMES) / 3)
    assert len(HELD_OUT_KINDS) == round(len(KINDS) / 3)
    parts = Counter(scene.split for scene in SCENES)
    assert parts[Split.TUNING] >= 24
    assert parts[Split.HELD_OUT] >= 16
    for scene in SCENES:
        unseen = scene.motion in HELD_OUT_MOTIONS, scene.camera in HELD_OUT_KINDS
        assert scene.held_out == any(unseen)
        assert (scene.split is Split.HELD_OUT) == unseen[0]


def test_difficulties_have_their_shares() -> None:
    """A quarter each is bare or has an occluder; a fifth has a bystander."""
    for share, of in ((0.25, "bare"), (0.25, "occluder"), (0.2, "bystander")):
        found = np.mean([getattr(scene, of) for scene in SCENES])
        assert found == pytest.approx(share, abs=0.05)
    assert any(scene.portrait for scene in SCENES)


@every_scene
def test_the_camera_sees_the_person_all_the_time(played: Plays, scene: Scene) -> None:
    """All joints are before the camera and in the picture, and not tiny."""
    performance, camera = played(scene)
    joints = performance.joints_m
    assert camera.depth_m(joints).min() > 1.0
    pixels = camera.project(joints)
    assert ((pixels > 0) & (pixels < camera.size_px)).all()
    assert np.ptp(pixels[..., 1], axis=1).max() > 150


@every_scene
def test_cameras_keep_their_promises(played: Plays, scene: Scene) -> None:
    """Kind, height, pitch, roll, angle of view and clip length are in range."""
    performance, camera = played(scene)
    np.testing.assert_allclose(camera.rotmat @ camera.rotmat.T, np.eye(3), atol=1e-12)
    assert camera.eye_m[1] <= HEIGHT_M[1]
    assert camera.eye_m[1] >= HEIGHT_M[0] - 1e-9
    ahead, right = camera.rotmat[2], camera.rotmat[0]
    pitch = np.degrees(np.arcsin(-ahead[1]))
    assert -12 < pitch < PITCH_DEG[1] + 1e-6
    assert abs(np.degrees(np.arcsin(right[1]))) < ROLL_DEG + 1e-6
    view = 2 * np.degrees(np.arctan(max(camera.size_px) / 2 / camera.intrinsics[0, 0]))
    assert LONG_VIEW_DEG[0] <= view <= LONG_VIEW_DEG[1]
    assert (camera.size_px[0] < camera.size_px[1]) == scene.portrait
    middle = performance.joints_m[:, JOINT["pelvis"]].mean(axis=0)
    way = (turn("y", -KINDS[scene.camera]) @ (camera.eye_m - middle)) * [1, 0, 1]
    assert np.linalg.norm(way) < DISTANCE_M[1] + 1.0
    assert abs(np.degrees(np.arctan2(way[0], way[2]))) < 25
    assert 4.0 <= performance.times_s[-1] <= 6.0


@pytest.mark.parametrize(
    "scene", [s for s in SCENES if s.occluder], ids=lambda s: s.name
)
def test_occluders_hide_some_of_the_body_and_never_most(
    played: Plays, scene: Scene
) -> None:
    """A box hides a joint at some time, and never more than a third of them."""
    performance, camera = played(scene)
    block = occluder_for(performance, camera, scene.seed)
    share = hidden_share(block, performance, camera)
    assert 0 < share.max() <= MOST_HIDDEN
    assert block.size_m[1] > 0.2


def test_a_block_hides_what_is_behind_it_only() -> None:
    """A point is hidden when a walk from the eye to it comes through the box."""
    block = Block(
        size_m=np.array([0.5, 1.0, 0.4]),
        place_m=np.array([0.2, 0.0, 1.5]),
        rotmat=turn("y", 30.0),
    )
    eye = np.array([0.0, 1.4, 3.0])
    points = np.random.default_rng(0).uniform([-1, 0, -1], [1, 2, 2.8], (400, 3))
    steps = np.linspace(0, 1, 3000)[:, None, None]
    walk = (eye + steps * (points - eye) - block.place_m) @ block.rotmat
    inside = (np.abs(walk - [0, 0.5, 0]) < 0.5 * block.size_m).all(axis=-1)
    hidden = block.hides(eye, points)
    assert (hidden == inside.any(axis=0)).mean() > 0.99
    assert 0.02 < hidden.mean() < 0.9


@some_scenes
def test_the_truth_repeats_through_its_file_and_its_own_camera(
    played: Plays, scene: Scene
) -> None:
    """Read again, the truth is the same, and its camera projects its joints."""
    truth = truth_of(*played(scene), "body")
    again = Motion.from_npz(truth.to_npz())
    np.testing.assert_array_equal(again.poses, truth.poses)
    cam = truth.joints_world_m @ truth.rotmat_cam_world.T + truth.trans_cam_world_m
    seen = cam @ truth.intrinsics.T
    np.testing.assert_allclose(seen[..., :2] / seen[..., 2:], truth.points_px)
    pelvis = truth.joints_world_m[0, JOINT["pelvis"]]
    np.testing.assert_allclose(pelvis[[0, 2]], 0, atol=1e-12)
    assert 0.3 < pelvis[1] < 1.1
    assert truth.joint_observed.all()


@some_scenes
def test_the_truths_poses_rebuild_its_joints(
    body: BodyData, played: Plays, scene: Scene
) -> None:
    """Rotation vectors, betas and translation alone give the joints (a slow twin)."""
    truth = truth_of(*played(scene), "body")
    rest = figure_of(body, truth.betas).joints_m
    frame = len(truth.frame) // 2
    vectors = truth.poses[frame].reshape(-1, 3)
    rotmats, places = list[np.ndarray](), list[np.ndarray]()
    for joint, parent in enumerate(PARENTS):
        angle = np.linalg.norm(vectors[joint])
        x, y, z = vectors[joint] / max(angle, 1e-12)
        skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        own = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
        if parent < 0:
            rotmats.append(own)
            places.append(rest[0] + truth.trans[frame])
            continue
        rotmats.append(rotmats[parent] @ own)
        bone = rest[joint] - rest[parent]
        places.append(places[parent] + rotmats[parent] @ bone)
    np.testing.assert_allclose(np.array(places), truth.joints_world_m[frame], atol=1e-8)


@some_scenes
def test_windows_hold_all_that_moves(
    body: BodyData, played: Plays, scene: Scene
) -> None:
    """Every vertex of a dressed person and of the shadow falls into the window."""
    performance, camera = played(scene)
    surface = dressed(body, performance.figure, draw_look(scene.look), scene.look)
    bones = body_bones(performance)[::40]
    sun = draw_lights(scene.seed).sun
    windows = windows_of(camera, sun, [corners_of(surface)], [bones])
    flat = flat_shadow(sun)
    for window, matrices in zip(windows, bones, strict=True):
        own = np.einsum("vk,vkij->vij", surface.weights, matrices[surface.bones])
        skin = np.einsum("vij,vj->vi", own[:, :3, :3], surface.points_m)
        skin += own[:, :3, 3]
        thrown = skin @ flat[:3, :3].T + flat[:3, 3]
        pixels = camera.project(np.concatenate([skin, thrown]))
        pixels = np.clip(pixels, 0, camera.size_px) - window.left_top_px
        assert pixels.min() >= -1
        assert (pixels <= np.array(window.size_px) + 1).all()


@pytest.mark.parametrize("seed", range(6))
def test_people_are_dressed_from_head_to_toe(body: BodyData, seed: int) -> None:
    """Trousers and shoes hide the legs' skin, and the face shows it."""
    figure = figure_of(body, np.zeros(10))
    look = draw_look(seed)
    surface = dressed(body, figure, look, seed)
    np.testing.assert_allclose(surface.weights.sum(axis=1), 1)
    assert ((surface.colours >= 0) & (surface.colours <= 1)).all()
    skin = (surface.colours == linear(look.skin)).all(axis=1)[: len(body.template_m)]
    at = body.template_m
    assert not skin[at[:, 1] < -0.3].any()
    face = (at[:, 2] > 0.11) & (np.abs(at[:, 1] - 0.3) < 0.06)
    assert 0.3 < skin[face].mean() < 1
    assert look.skin in SKINS
    assert len(shade_of(figure).faces) < 0.1 * len(surface.faces)


def test_looks_and_lights_repeat_with_their_seed() -> None:
    """The same seed dresses and lights alike; seeds differ."""
    assert draw_look(5) == draw_look(5)
    assert len({draw_look(seed) for seed in range(20)}) > 15
    np.testing.assert_array_equal(draw_lights(1).sun, draw_lights(1).sun)


@pytest.mark.parametrize(
    "scene",
    [
        next(s for s in SCENES if s.occluder),
        next(s for s in SCENES if s.bystander),
        next(s for s in SCENES if s.motion == "wall_painting"),
    ],
    ids=lambda s: s.name,
)
def test_stages_are_set_alike_twice(body: BodyData, scene: Scene) -> None:
    """A scene's surfaces and bones repeat exactly, with bones for each actor."""
    first, again = (stage(scene, body) for _ in range(2))
    assert len(first.bones) == len(first.stage.actors) == len(first.stage.shades)
    for one, other in zip(first.bones, again.bones, strict=True):
        assert len(one) == len(first.performance.times_s)
        np.testing.assert_array_equal(one, other)
    ones, others = first.stage, again.stage
    for surface, twin in zip(
        (*ones.walls, *ones.furniture, *ones.things),
        (*others.walls, *others.furniture, *others.things),
        strict=True,
    ):
        np.testing.assert_array_equal(surface.points_m, twin.points_m)


def test_a_clip_is_made_again_when_its_scene_changes(tmp_path: Path) -> None:
    """A note with the scene's digest spares a clip; another digest does not."""
    scene, other = SCENES[0], replace(SCENES[0], seed=SCENES[0].seed + 1)
    digest = make_clips.digest_of(scene)
    assert digest == make_clips.digest_of(scene)
    assert digest != make_clips.digest_of(other)
    assert not make_clips.is_made(scene, tmp_path)
    (tmp_path / f"{scene.name}.json").write_text(f'{{"digest": "{digest}"}}')
    assert make_clips.is_made(scene, tmp_path)
    assert not make_clips.is_made(other, tmp_path)


def test_an_unknown_name_and_a_missing_body_are_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that no scene has ends with a sentence; so does a body never built."""
    assert make_clips.main(["--only", "nobody", "--out", str(tmp_path)]) == 2
    assert "nobody" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="make setup"):
        read_body(tmp_path)


def test_the_list_says_every_scene_and_its_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``--list`` names each scene with what it may serve for."""
    assert make_clips.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SCENES)
    assert {line.split()[1] for line in lines} == set(Split)
