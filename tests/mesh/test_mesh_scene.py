"""Laws of scene.glb, read back by a slow reader of the specification."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import (  # type: ignore[import-untyped]  # no types
    Rotation,
)

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, PARENTS, SMPLX_JOINTS
from ergomesh.mesh.body_file import load_skin
from ergomesh.mesh.core.scene import quaternions, scene_glb
from ergomesh.mesh.core.skin import Skin, strongest_bones, vertex_normals
from mesh.mesh_gltf import Glb
from mesh.mesh_scenes import (
    Array,
    free_body_path,
    made_up_motion,
    repeated,
    skinned,
    with_gaps,
)

GAPS = (slice(0, 4), slice(20, 35), slice(55, None))
CLOSE_M = 1e-3
FOUR_BONES_M = 0.012
"""How far a vertex may be off without its fifth bone: where neck meets shoulders."""


@pytest.fixture(scope="module")
def skin() -> Skin:
    """The free body's surface."""
    return load_skin(free_body_path())


@pytest.fixture(scope="module")
def motion() -> Motion:
    """Four seconds of motion."""
    return made_up_motion()


@pytest.fixture(scope="module")
def glb(skin: Skin, motion: Motion) -> Glb:
    """The motion as a scene."""
    return scene_of(skin, motion)


@pytest.fixture(scope="module")
def gappy(skin: Skin, motion: Motion) -> Glb:
    """The motion with nobody seen at its start, in its middle and at its end."""
    return scene_of(skin, with_gaps(motion, *GAPS))


def scene_of(skin: Skin, motion: Motion) -> Glb:
    """Return a motion's scene, read back."""
    return Glb.of(scene_glb(skin, motion, generator="test 1"))


def places(glb: Glb, time_s: float) -> Array:
    """Return the (55, 3) joints at a time."""
    world = glb.world(time_s)
    return np.stack([world[name][:3, 3] for name in SMPLX_JOINTS])


@pytest.mark.parametrize("frame", [0, 17, 42, 59])
def test_the_body_is_where_skinning_puts_it(
    glb: Glb, skin: Skin, motion: Motion, frame: int
) -> None:
    """At a frame's time each vertex is where linear blend skinning has it."""
    vertices = glb.skinned(motion.time_s[frame])

    expected = skinned(skin, motion, frame, bones=4)
    off_m = np.linalg.norm(vertices - skinned(skin, motion, frame), axis=1)
    assert np.abs(vertices - expected).max() < CLOSE_M / 4
    assert off_m.max() < FOUR_BONES_M
    assert off_m.mean() < FOUR_BONES_M / 100


def test_any_pose_is_kept(skin: Skin, motion: Motion) -> None:
    """Joints of wild poses, past half a turn too, are the motion's own."""
    rng = np.random.default_rng(0)
    poses = np.zeros((len(motion.time_s), 55, 3))
    poses[:, : len(BODY_JOINTS)] = rng.normal(0, 2, (len(poses), len(BODY_JOINTS), 3))
    wild = replace(motion, poses=poses.reshape(len(poses), -1))
    glb = scene_of(skin, wild)

    for frame in (0, 30, 59):
        vertices = glb.skinned(wild.time_s[frame])
        assert np.abs(vertices - skinned(skin, wild, frame, bones=4)).max() < CLOSE_M


def test_joints_are_those_of_the_motion(glb: Glb, motion: Motion) -> None:
    """Nodes are named as SMPL-X's joints and stand where the motion has them."""
    for frame, time_s in enumerate(motion.time_s):
        expected = motion.joints_world_m[frame]
        assert np.abs(places(glb, time_s) - expected).max() < CLOSE_M / 2


def test_the_skeleton_is_smplx(glb: Glb) -> None:
    """The skin's joints are SMPL-X's 55 in their order, with its tree."""
    (skin,) = glb.document["skins"]
    nodes = glb.document["nodes"]

    assert [nodes[k]["name"] for k in skin["joints"]] == list(SMPLX_JOINTS)
    for joint, parent in enumerate(PARENTS):
        above = [k for k, node in enumerate(nodes) if joint in node.get("children", ())]
        assert above == [parent if parent >= 0 else glb.node("body")]


def test_turns_go_the_short_way(glb: Glb, motion: Motion) -> None:
    """Between two frames no joint turns further than from one to the other."""
    for name in BODY_JOINTS:
        ((times, turns, _),) = glb.tracks(name, "rotation")
        poses = motion.poses.reshape(len(times), -1, 3)[:, JOINT[name]]
        assert np.allclose(times, motion.time_s)
        assert np.abs(np.linalg.norm(turns, axis=1) - 1).max() < 1e-4
        assert ((turns[1:] * turns[:-1]).sum(axis=1) >= 0).all()
        off = Rotation.from_rotvec(poses).inv() * Rotation.from_quat(turns)
        assert np.degrees(off.magnitude()).max() < 0.01


@settings(deadline=None)
@given(st.lists(st.floats(-7, 7), min_size=3, max_size=3))
def test_quaternions_are_the_rotations(rotvec: list[float]) -> None:
    """A quaternion is that of its rotation vector, at and near zero too."""
    for scale in (1, 1e-3, 1e-9, 0):
        vector = scale * np.array(rotvec)
        (turn,) = quaternions(vector[None])
        expected = Rotation.from_rotvec(vector).as_quat()
        assert min(np.abs(turn - expected).max(), np.abs(turn + expected).max()) < 1e-12


@pytest.mark.parametrize("frame", [0, 3, 4, 19, 20, 34, 35, 54, 55, 59])
def test_the_body_is_hidden_in_gaps(gappy: Glb, motion: Motion, frame: int) -> None:
    """It has its size where it was seen, and none from a gap's start to its end."""
    is_gap = any(frame in range(60)[gap] for gap in GAPS)
    key_s = float(np.float32(motion.time_s[frame]))  # as the file has it

    for time_s in (key_s, key_s + 1 / 30):
        size = np.ptp(gappy.skinned(time_s), axis=0).max()
        assert size == 0 if is_gap else size > 0.5


def test_nothing_slides_into_a_gap(gappy: Glb, motion: Motion) -> None:
    """From the last seen frame to the gap the body stands still; then it is gone."""
    last, first_hidden = motion.time_s[19], motion.time_s[20]
    end = places(gappy, last)

    for share in (0.3, 0.6, 0.99):
        now = places(gappy, last + share * (first_hidden - last))
        assert np.abs(now - end).max() < 1e-6
    back = motion.joints_world_m[35]
    assert np.abs(places(gappy, motion.time_s[35] + 1e-6) - back).max() < CLOSE_M


def test_gaps_are_told(gappy: Glb, glb: Glb, motion: Motion) -> None:
    """The file says from when to when the body is hidden, and how."""
    extras, times = gappy.document["asset"]["extras"], motion.time_s

    assert extras["hidden_s"] == [
        [times[0], times[4]],
        [times[20], times[35]],
        [times[55], times[59]],
    ]
    assert (extras["frames"], extras["frames_hidden"]) == (60, 24)
    assert glb.document["asset"]["extras"]["hidden_s"] == []
    assert glb.tracks("body", "scale") == []


def test_every_number_is_one(gappy: Glb) -> None:
    """No NaN of a gap reaches the file."""
    for number in range(len(gappy.document["accessors"])):
        assert np.isfinite(gappy.array(number)).all()
    assert b"NaN" not in gappy.binary


def test_nobody_seen_is_nobody_shown(skin: Skin, motion: Motion) -> None:
    """A motion of gaps alone makes a scene in which there is never a body."""
    glb = scene_of(skin, with_gaps(motion, slice(None)))

    for time_s in (0.0, motion.time_s[30], motion.time_s[-1]):
        assert np.ptp(glb.skinned(time_s)) == 0


def test_a_single_frame_is_a_scene(skin: Skin, motion: Motion) -> None:
    """One analysed frame makes a still scene with the body in that frame's pose."""
    one = repeated(motion, 1)

    vertices = scene_of(skin, one).skinned(0.0)

    assert np.abs(vertices - skinned(skin, one, 0, bones=4)).max() < CLOSE_M


def test_still_viewers_show_the_first_pose(gappy: Glb, motion: Motion) -> None:
    """Without its animation the scene shows the first frame with the person."""
    first = Glb({**gappy.document, "animations": [{"channels": []}]}, gappy.binary)

    assert np.abs(places(first, 0.0) - motion.joints_world_m[4]).max() < CLOSE_M


def test_the_camera_is_the_clips(glb: Glb, motion: Motion) -> None:
    """Through the scene's camera each joint is at its place in the picture."""
    (camera,) = glb.document["cameras"]
    lens = camera["perspective"]
    to_camera = np.linalg.inv(glb.local("camera", 0.0))
    points = np.pad(motion.joints_world_m[7], ((0, 0), (0, 1)), constant_values=1)
    x, y, z, _ = to_camera @ points.T
    half_height = np.tan(lens["yfov"] / 2)
    width, height = 2 * motion.intrinsics[:2, 2]

    seen = np.stack(
        [
            width / 2 * (1 + x / -z / (half_height * lens["aspectRatio"])),
            height / 2 * (1 - y / -z / half_height),
        ],
        axis=-1,
    )

    assert np.abs(seen - motion.points_px[7]).max() < 1e-6


def test_provenance_is_in_the_file(glb: Glb, motion: Motion) -> None:
    """The file names its maker, its body, and what is left out of it."""
    asset = glb.document["asset"]

    assert (asset["version"], asset["generator"]) == ("2.0", "test 1")
    assert asset["extras"]["body_model"] == motion.body_model
    assert asset["extras"]["gravity_sd_deg"] == motion.gravity_sd_deg
    assert "corrective shapes" in asset["extras"]["left_out"]


def test_the_mesh_is_the_fitted_shape(glb: Glb, skin: Skin, motion: Motion) -> None:
    """Mesh and normals are those of the fitted betas, bounds included."""
    attributes, accessors = glb.attributes, glb.document["accessors"]
    vertices = skin.template_m + skin.dirs_m @ motion.betas
    (primitive,) = glb.document["meshes"][0]["primitives"]
    bounds = accessors[primitive["attributes"]["POSITION"]]

    assert np.abs(attributes["POSITION"] - vertices).max() < 1e-6
    assert bounds["min"] == attributes["POSITION"].min(axis=0).tolist()
    assert bounds["max"] == attributes["POSITION"].max(axis=0).tolist()
    corners = glb.array(primitive["indices"])[:, 0].reshape(-1, 3)
    assert np.array_equal(corners, skin.triangles)
    assert "doubleSided" not in glb.document["materials"][0]


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_bones_are_the_strongest_four(seed: int, used: int) -> None:
    """Shares sum to exactly one, greatest first, and unused places are joint 0."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((20, 55))
    for row in weights:
        row[rng.choice(55, used, replace=False)] = rng.dirichlet(np.ones(used))

    bones, shares = strongest_bones(weights)

    assert (shares.sum(axis=1, dtype=np.int64) == 65535).all()
    assert (np.diff(shares.astype(np.int64), axis=1) <= 1).all()
    assert (bones[shares == 0] == 0).all()
    for row, bone, share in zip(weights, bones, shares, strict=True):
        kept = np.sort(row)[::-1][:4]
        assert np.allclose(share / 65535, kept / kept.sum(), atol=3e-5)
        assert np.allclose(row[bone[share > 0]], kept[: (share > 0).sum()])


def test_normals_point_outwards(skin: Skin, motion: Motion) -> None:
    """Normals have length one; a body swollen along them has more volume."""
    vertices = skin.vertices_m(motion.betas)
    normals = vertex_normals(vertices, skin.triangles)

    def volume(points: Array) -> float:
        a, b, c = np.moveaxis(points[skin.triangles], 1, 0)
        return float((np.cross(a, b) * c).sum() / 6)

    assert np.abs(np.linalg.norm(normals, axis=1) - 1).max() < 1e-9
    area = np.linalg.norm(np.diff(vertices[skin.triangles], axis=1)[:, 0], axis=1)
    assert area.min() > 0
    assert volume(vertices + 1e-3 * normals) - volume(vertices) > 1e-3


def test_a_flat_square_has_one_normal() -> None:
    """Normals of a flat square are its plane's; a point of no triangle has up."""
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 0, -1], [0, 0, -1], [5.0, 5.0, 5.0]])[
        :, [0, 2, 1]
    ]
    triangles = np.array([[0, 1, 2], [0, 2, 3]])

    normals = vertex_normals(square, triangles)

    assert np.allclose(normals[:4], [0, 0, -1])
    assert normals[4].tolist() == [0, 1, 0]


def test_the_same_motion_gives_the_same_bytes(skin: Skin, motion: Motion) -> None:
    """Nothing of clock or machine is in the file."""
    once, twice = (scene_glb(skin, motion, generator="test") for _ in range(2))

    assert once == twice


def test_long_clips_are_small_and_quick(skin: Skin, motion: Motion) -> None:
    """Ten minutes at 30 Hz are far below 40 MB; 900 frames take far below 1 s."""
    long = repeated(motion, 18_000)
    start = time.perf_counter()
    scene_glb(skin, repeated(motion, 900), generator="test")
    seconds = time.perf_counter() - start

    assert len(scene_glb(skin, long, generator="test")) < 6_000_000
    assert seconds < 1.0
