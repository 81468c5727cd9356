"""Laws of the free body on disk."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import smplx
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import KDTree  # type: ignore[import-untyped]  # ships no types
from smplx.vertex_ids import vertex_ids

from body_marks import SMPLX_VERTEX_OF
from ergomesh.contract.skeleton import (
    JOINT,
    PARENTS,
    SIDES,
    SMPLX_JOINTS,
    mirrored,
)

Arrays = dict[str, NDArray[Any]]
FloatArray = NDArray[np.float64]
MIRROR = np.array([-1.0, 1.0, 1.0])
OUTWARD = dict(zip(SIDES, (1.0, -1.0), strict=True))


def random_betas(count: int, seed: int = 0) -> FloatArray:
    """Return (count, 10) betas as people have them, within ±2.5."""
    return np.random.default_rng(seed).normal(size=(count, 10)).clip(-2.5, 2.5)


def shaped(body: Arrays, betas: FloatArray) -> FloatArray:
    """Return (S, V, 3) vertices in T-pose."""
    directions = body["shapedirs"][..., : betas.shape[-1]].astype(np.float64)
    moves = np.tensordot(betas, directions, axes=(1, 2))
    return np.asarray(body["v_template"] + moves)


def regressed(body: Arrays, vertices_m: FloatArray) -> FloatArray:
    """Return (S, 55, 3) joints of vertices."""
    return np.asarray(body["J_regressor"].astype(np.float64) @ vertices_m)


def mirror_twins(body: Arrays) -> NDArray[np.int64]:
    """Return (V,) twin of each vertex, told apart by the template and 10 shapes."""
    shapes = np.concatenate([body["v_template"][None], shaped(body, np.eye(10))])
    features = np.moveaxis(shapes, 0, 1)
    distance, twins = KDTree(features.reshape(len(features), -1)).query(
        (features * MIRROR).reshape(len(features), -1)
    )
    assert distance.max() < 2e-4
    return np.asarray(twins)


def rodrigues(vector: FloatArray) -> FloatArray:
    """Return the rotation of an axis-angle vector, by the textbook."""
    angle = np.linalg.norm(vector)
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(
        np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    )


def slowly_posed(
    body: Arrays, betas: FloatArray, pose: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return vertices and joints of a pose, joint by joint: the slow twin of smplx."""
    (rest,) = shaped(body, betas[None])
    (joints,) = regressed(body, rest[None])
    world = np.zeros((55, 4, 4))
    for joint, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3] = rodrigues(pose[joint])
        local[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        world[joint] = local if parent < 0 else world[parent] @ local
    moved = np.zeros_like(rest)
    for joint in range(55):
        from_joint = (rest - joints[joint]) @ world[joint, :3, :3].T
        moved += body["weights"][:, [joint]] * (from_joint + world[joint, :3, 3])
    return moved, world[:, :3, 3]


def test_the_file_has_what_smplx_has(body: Arrays) -> None:
    """Every array of an SMPL-X file is there in its shape, and nothing is an object."""
    count = len(body["v_template"])
    shapes = {
        "v_template": (count, 3),
        "shapedirs": (count, 3, 20),
        "posedirs": (count, 3, 486),
        "J_regressor": (55, count),
        "weights": (count, 55),
        "kintree_table": (2, 55),
        "hands_componentsl": (45, 45),
        "hands_componentsr": (45, 45),
        "hands_meanl": (45,),
        "hands_meanr": (45,),
        "lmk_faces_idx": (51,),
        "lmk_bary_coords": (51, 3),
        "dynamic_lmk_faces_idx": (79, 17),
        "dynamic_lmk_bary_coords": (79, 17, 3),
        "joints_template": (55, 3),
        "joints_shapedirs": (55, 3, 10),
    }

    assert {key: body[key].shape for key in shapes} == shapes
    assert count >= 10_475
    assert body["kintree_table"][0, 1:].tolist() == list(PARENTS[1:])
    assert body["joint_names"].tolist() == list(SMPLX_JOINTS)
    assert not body["posedirs"].any()
    assert str(body["licence"]) == "CC0-1.0"
    assert "MakeHuman" in str(body["source"])


def test_every_vertex_is_skin(body: Arrays) -> None:
    """Triangles use every vertex, so no helper point is among them; none is empty."""
    triangles = body["f"]
    corners = body["v_template"][triangles].astype(np.float64)
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )

    assert np.array_equal(np.unique(triangles), np.arange(len(body["v_template"])))
    assert areas.min() > 0


def test_the_surface_is_closed_and_faces_outwards(body: Arrays) -> None:
    """Each edge has one triangle on each side, and the volume is a person's."""
    triangles = body["f"]
    edges = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    a, b, c = np.moveaxis(body["v_template"][triangles].astype(np.float64), 1, 0)
    volume_m3 = np.sum(np.cross(a, b) * c) / 6

    forth, back = ({tuple(e) for e in way.tolist()} for way in (edges, edges[:, ::-1]))
    assert len(forth) == len(edges)
    assert forth == back
    assert 0.05 < volume_m3 < 0.1


def test_the_mean_body_is_an_average_adult(body: Arrays) -> None:
    """It is 1.70 m tall, within a centimetre, and betas of ±2.5 stay adults."""
    statures_m = np.ptp(shaped(body, random_betas(100))[..., 1], axis=1)

    assert np.ptp(body["v_template"][:, 1]) == pytest.approx(1.70, abs=0.01)
    assert 1.40 < statures_m.min() < statures_m.max() < 2.05


@pytest.mark.parametrize("side", SIDES)
def test_arms_are_level_and_legs_straight(body: Arrays, side: str) -> None:
    """In every shape the arm is a level line to its side, and the leg is straight."""
    joints = regressed(body, shaped(body, random_betas(20)))
    arm, leg = (
        np.diff(joints[:, [JOINT[f"{side}_{name}"] for name in names]], axis=1)
        for names in (
            ("shoulder", "elbow", "wrist", "middle1"),
            ("hip", "knee", "ankle"),
        )
    )

    assert np.all(arm[..., 0] * OUTWARD[side] > 0.05)
    assert np.abs(arm[..., 1:]).max() < 5e-4
    bend = (
        np.cross(leg[:, 0], leg[:, 1])
        / np.prod(np.linalg.norm(leg, axis=-1), 1)[:, None]
    )
    assert np.degrees(np.abs(bend).max()) < 0.2
    assert np.all(leg[..., 1] < -0.3)


@pytest.mark.parametrize("side", SIDES)
def test_palms_are_down_and_hands_flat(body: Arrays, side: str) -> None:
    """The thumb side is in front, the palm's knuckles and the fingers are level."""
    joints = body["joints_template"]
    index, pinky = (joints[JOINT[f"{side}_{name}1"]] for name in ("index", "pinky"))
    fingers = [
        joints[[JOINT[f"{side}_{finger}{k}"] for k in (1, 2, 3)]]
        for finger in ("index", "middle", "ring", "pinky")
    ]

    assert index[2] - pinky[2] > 0.04
    assert abs(index[1] - pinky[1]) < 1e-4
    assert max(np.ptp(finger[:, 1]) for finger in fingers) < 1e-4


def test_the_body_faces_forward(body: Arrays) -> None:
    """Nose and toes point to +z, the left side is +x, the head is up."""
    joints, vertices = body["joints_template"], body["v_template"]
    nose = vertices[SMPLX_VERTEX_OF["nose"]]

    assert nose[2] > joints[JOINT["head"], 2] + 0.08
    assert abs(nose[0]) < 1e-5
    assert joints[JOINT["left_shoulder"], 0] > 0.1
    assert joints[JOINT["head"], 1] > joints[JOINT["pelvis"], 1] + 0.5
    for side in SIDES:
        foot = joints[JOINT[f"{side}_foot"]] - joints[JOINT[f"{side}_ankle"]]
        assert foot[2] > 0.1
        assert abs(foot[0]) < 0.2 * foot[2]


def test_the_pelvis_stays_put(body: Arrays) -> None:
    """Every shape has its pelvis where SMPL-X has it about: 0.35 m below the origin."""
    pelvis = regressed(body, shaped(body, random_betas(50)))[:, JOINT["pelvis"]]

    assert np.abs(pelvis - [0.0, -0.35, 0.0]).max() < 3e-4


def test_left_and_right_are_mirror_images(body: Arrays) -> None:
    """Mirroring any shape gives the same shape, with twins in each other's place."""
    twins = mirror_twins(body)
    vertices = shaped(body, random_betas(20))
    joint_twins = [JOINT[mirrored(name)] for name in SMPLX_JOINTS]

    assert np.array_equal(twins[twins], np.arange(len(twins)))
    assert np.abs(vertices[:, twins] * MIRROR - vertices).max() < 2e-4
    weights = body["weights"]
    assert np.abs(weights[twins][:, joint_twins] - weights).max() < 1e-6
    regressor = body["J_regressor"]
    assert np.abs(regressor[joint_twins][:, twins] - regressor).max() < 2e-4
    joints = regressed(body, vertices)
    assert np.abs(joints[:, joint_twins] * MIRROR - joints).max() < 2e-4


def test_special_vertices_have_twins(body: Arrays) -> None:
    """Each special vertex on the left is the mirror image of the one on the right."""
    place = {name: body["v_template"][v] for name, v in SMPLX_VERTEX_OF.items()}

    for name, point in place.items():
        assert np.abs(place[mirrored(name)] * MIRROR - point).max() < 1e-5


def test_special_vertices_are_smplx_own(body: Arrays) -> None:
    """Our numbers are those of the smplx package, name by name."""
    sides = {"left": ("l", "L"), "right": ("r", "R")}
    theirs = {}
    for name in SMPLX_VERTEX_OF:
        side, _, part = name.partition("_")
        small, large = sides.get(side, ("", ""))
        camel = part.replace("_", " ").title().replace(" ", "")
        known = vertex_ids["smplx"]
        theirs[name] = next(
            known[key] for key in (small + part, large + camel, name) if key in known
        )

    assert theirs == SMPLX_VERTEX_OF
    assert len(theirs) == len(vertex_ids["smplx"])


@pytest.mark.parametrize("side", SIDES)
def test_special_vertices_are_where_they_should_be(body: Arrays, side: str) -> None:
    """Tips lie beyond their last joint, heels behind the ankle, eyes in front."""
    joints, vertices = body["joints_template"], body["v_template"]
    j = {name.removeprefix(f"{side}_"): joints[k] for name, k in JOINT.items()}
    v = {
        name.removeprefix(f"{side}_"): vertices[k]
        for name, k in SMPLX_VERTEX_OF.items()
    }
    floor = vertices[:, 1].min()

    for finger in ("thumb", "index", "middle", "ring", "pinky"):
        last = j[f"{finger}3"] - j[f"{finger}2"]
        tip = v[finger] - j[f"{finger}3"]
        assert 0.01 < np.linalg.norm(tip) < 0.045
        assert tip @ last > 0.9 * np.linalg.norm(tip) * np.linalg.norm(last)
    for toe in ("big_toe", "small_toe"):
        assert v[toe][2] > j["foot"][2] + 0.02
        assert v[toe][1] < floor + 0.03
    assert abs(v["big_toe"][0]) < abs(v["small_toe"][0]) - 0.04
    assert v["big_toe"][2] == pytest.approx(vertices[:, 2].max(), abs=0.05)
    assert v["heel"][2] < j["ankle"][2] - 0.03
    assert v["heel"][1] < floor + 0.06
    assert np.linalg.norm(v["eye"] - j["eye"]) < 0.02
    assert v["eye"][2] > j["eye"][2] + 0.008
    assert 0.06 < v["ear"][0] * OUTWARD[side] < 0.09
    assert abs(v["ear"][2] - j["head"][2]) < 0.03
    assert abs(v["ear"][1] - v["nose"][1]) < 0.04


def test_face_landmarks_mirror_and_order(body: Arrays) -> None:
    """The 51 face points are symmetric, iBUG's right comes first, chin to brow."""
    corners = body["v_template"][body["f"][body["lmk_faces_idx"]]]
    points = np.einsum("nkc,nk->nc", corners, body["lmk_bary_coords"])
    brows, bridge, nostrils = points[:10], points[10:14], points[14:19]
    eyes, lips = points[19:31], points[31:43]

    assert np.allclose(brows[::-1] * MIRROR, brows, atol=1e-5)
    assert np.allclose(nostrils[::-1] * MIRROR, nostrils, atol=1e-5)
    assert np.allclose(lips[6::-1] * MIRROR, lips[:7], atol=1e-5)
    assert np.allclose(eyes[6:][[3, 2, 1, 0, 5, 4]] * MIRROR, eyes[:6], atol=1e-5)
    assert np.all(np.diff(brows[:, 0]) > 0)
    assert np.all(np.diff(bridge[:, 1]) < 0)
    assert brows[:, 1].min() > eyes[:, 1].max() > nostrils[:, 1].max()
    assert nostrils[:, 1].min() > lips[:, 1].max()


def test_the_jaw_contour_runs_from_ear_to_ear(body: Arrays) -> None:
    """The 17 contour points run from the right over the chin to the left, symmetric."""
    corners = body["v_template"][body["f"][body["dynamic_lmk_faces_idx"][0]]]
    points = np.einsum("nkc,nk->nc", corners, body["dynamic_lmk_bary_coords"][0])

    assert np.allclose(points[::-1] * MIRROR, points, atol=1e-5)
    assert np.argmin(points[:, 1]) == 8
    assert np.all(np.diff(points[8:, 1]) > 0)
    assert points[16, 0] > 0.05


def test_skin_weights_are_shares(body: Arrays) -> None:
    """Each vertex has at most 8 bones, no negative weight, and weights of sum 1."""
    weights = body["weights"]

    assert weights.min() >= 0
    assert np.count_nonzero(weights, axis=1).max() <= 8
    assert np.abs(weights.sum(axis=1, dtype=np.float64) - 1).max() < 1e-6


def test_four_bones_carry_nearly_all_of_a_vertex(body: Arrays) -> None:
    """Viewers read four bones of a vertex; the others have 3.4 % of it at most."""
    strongest = np.sort(body["weights"], axis=1)[:, -4:]

    assert strongest.sum(axis=1, dtype=np.float64).min() > 0.966


def test_skin_follows_the_bone_it_covers(body: Arrays) -> None:
    """A vertex's main bone starts near it: no weight is left on a far bone."""
    main = np.argmax(body["weights"], axis=1)
    distance_m = np.linalg.norm(
        body["v_template"] - body["joints_template"][main], axis=1
    )
    moved = set(main.tolist())

    assert distance_m.max() < 0.46
    assert {SMPLX_JOINTS[k] for k in set(range(55)) - moved} == {"jaw"}


def test_the_regressor_is_sparse_shares(body: Arrays) -> None:
    """Each joint is a mean of a few dozen vertices at most, with positive weights."""
    regressor = body["J_regressor"]

    assert regressor.min() >= 0
    assert np.abs(regressor.sum(axis=1, dtype=np.float64) - 1).max() < 1e-6
    assert np.count_nonzero(regressor, axis=1).min() >= 3
    assert np.count_nonzero(regressor, axis=1).max() <= 40


def test_the_regressor_finds_the_joints(body: Arrays) -> None:
    """On 200 random shapes every joint lies within 2 mm of the source skeleton's."""
    betas = random_betas(200)
    truth = body["joints_template"] + np.tensordot(
        betas, body["joints_shapedirs"].astype(np.float64), axes=(1, 2)
    )

    errors_m = np.linalg.norm(regressed(body, shaped(body, betas)) - truth, axis=-1)

    assert errors_m.max() < 2e-3


def test_betas_differ_in_effect(body: Arrays) -> None:
    """Shape components are sorted by size, none is empty, expressions are."""
    moves = np.sqrt(np.mean(np.square(body["shapedirs"]), axis=(0, 1)))

    assert moves[:10].min() > 5e-4
    assert moves[0] > 2 * moves[1] > 2 * moves[9]
    assert not moves[10:].any()


@pytest.fixture(scope="module")
def oracle(body_path: Path, tmp_path_factory: pytest.TempPathFactory) -> smplx.SMPLX:
    """The body in the smplx package, as anyone would load SMPL-X."""
    folder = tmp_path_factory.mktemp("oracle")
    (folder / "smplx").mkdir()
    shutil.copy(body_path, folder / "smplx" / "SMPLX_NEUTRAL.npz")
    return smplx.create(
        folder, model_type="smplx", ext="npz", use_pca=False, use_face_contour=True
    )


def run_oracle(
    oracle: smplx.SMPLX, betas: FloatArray, pose: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return vertices and joints of one pose from the smplx package."""
    flat = torch.tensor(pose, dtype=torch.float32)[None]
    hand = JOINT["left_index1"], JOINT["right_index1"]
    with torch.no_grad():
        output = oracle(
            betas=torch.tensor(betas[None], dtype=torch.float32),
            global_orient=flat[:, 0],
            body_pose=flat[:, 1 : JOINT["jaw"]].flatten(1),
            jaw_pose=flat[:, JOINT["jaw"]],
            leye_pose=flat[:, JOINT["left_eye"]],
            reye_pose=flat[:, JOINT["right_eye"]],
            left_hand_pose=flat[:, hand[0] : hand[1]].flatten(1),
            right_hand_pose=flat[:, hand[1] :].flatten(1),
        )
    return output.vertices[0].numpy(), output.joints[0].numpy()


@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000))
def test_smplx_agrees_in_t_pose(oracle: smplx.SMPLX, body: Arrays, seed: int) -> None:
    """Smplx takes the file, and its joints are ``J_regressor`` · vertices."""
    (betas,) = random_betas(1, seed)
    (vertices,) = shaped(body, betas[None])

    their_vertices, their_joints = run_oracle(oracle, betas, np.zeros((55, 3)))

    assert np.abs(their_vertices - vertices).max() < 1e-5
    (joints,) = regressed(body, vertices[None])
    assert np.abs(their_joints[:55] - joints).max() < 1e-5


def test_smplx_agrees_in_any_pose(oracle: smplx.SMPLX, body: Arrays) -> None:
    """Posed by the smplx package, vertices and joints are those of a slow twin."""
    rng = np.random.default_rng(1)
    for betas in random_betas(3):
        pose = rng.normal(scale=0.5, size=(55, 3))

        their_vertices, their_joints = run_oracle(oracle, betas, pose)

        vertices, joints = slowly_posed(body, betas, pose)
        assert np.abs(their_vertices - vertices).max() < 1e-4
        assert np.abs(their_joints[:55] - joints).max() < 1e-4


def test_smplx_picks_our_special_vertices(oracle: smplx.SMPLX, body: Arrays) -> None:
    """The 21 extra joints of the smplx package are our special vertices."""
    _, joints = run_oracle(oracle, np.zeros(10), np.zeros((55, 3)))

    ours = body["v_template"][list(SMPLX_VERTEX_OF.values())]
    theirs = joints[55 : 55 + len(ours)]
    assert KDTree(ours).query(theirs)[0].max() < 1e-6
    assert KDTree(theirs).query(ours)[0].max() < 1e-6
