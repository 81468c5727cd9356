"""Laws of the steps that make the free body, on made-up data."""

import gzip
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation  # type: ignore[import-untyped]  # no types

import body_phenotypes as phenotypes
import body_surface
import body_tpose
from body_basis import ShapeBasis, shape_basis
from body_file import content_sha256, npz_bytes, vertex_order
from body_regressor import joint_regressor, skin_following_joints
from body_skeleton import (
    BONE_OF_JOINT,
    GROUP_OF_BONELESS_JOINT,
    TIP_GROUP_OF,
    mirrored_joints,
)
from body_source import (
    DATA_ROOT,
    BaseMesh,
    SourceError,
    read_base_mesh,
    read_rig,
    read_target,
)
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS

FloatArray = NDArray[np.float64]
SEEDS = st.integers(0, 10_000)
MIRROR = np.array([-1.0, 1.0, 1.0])

RECORDED_FROM_ANNY = {
    "macrodetails/african-male-young": 0.14,
    "macrodetails/caucasian-male-old": 0.28 / 3,
    "macrodetails/universal-male-old-maxmuscle-minweight": 0.0672,
    "macrodetails/universal-female-old-maxmuscle-averageweight": 0.0192,
    "macrodetails/height/male-old-averagemuscle-minweight-minheight": 0.06048,
    "macrodetails/height/female-young-averagemuscle-minweight-maxheight": 0.02592,
    "macrodetails/proportions/male-old-maxmuscle-minweight-idealproportions": 0.00672,
    "macrodetails/universal-male-old-minmuscle-minweight": 0.0,
    "arms/measure-upperarm-length-decr": 0.25,
    "arms/measure-upperarm-length-incr": 0.0,
}
"""Coefficients of anny 0.6.2 (``phenotype_blendshape_weights``) for one person."""

OBJ = """
g body
v 1 2 3
v -1 2 3
v 0 1 0
v 0 5 0
f 1/1 2/2 3/3 4/4
g joint-x
f 1/1 3/1 4/1 3/1
"""


def files(**changed: bytes) -> dict[str, bytes]:
    """Return a small wheel's members by path."""
    rig = {"a": {"head": {"cube_name": "joint-x"}}, "b": {"head": {}}}
    weights = {"weights": {"a": [[0, 0.25], [2, 1.0]], "b": []}}
    members = {
        "3dobjs/base.obj": OBJ.encode(),
        "mesh_metadata/hm08.mirror": b"0 1 r\n1 0 l\n2 2 m\n3 3 m\n",
        "rigs/standard/rig.tiny.json": json.dumps(rig).encode(),
        "rigs/standard/weights.tiny.json": json.dumps(weights).encode(),
        "targets/up.target.gz": gzip.compress(b"0 0 10 0\n3 1 2 3\n"),
        "targets/none.target.gz": gzip.compress(b""),
    }
    return {f"{DATA_ROOT}/{path}": data for path, data in (members | changed).items()}


def test_the_base_mesh_is_read_in_metres() -> None:
    """Vertices are a tenth of the file's numbers; a group's centre is its mean."""
    mesh = read_base_mesh(files().__getitem__)

    assert np.allclose(mesh.points_m[0], [0.1, 0.2, 0.3])
    assert mesh.quads_of["body"].tolist() == [[0, 1, 2, 3]]
    centre = mesh.centre_weights("joint-x") @ mesh.points_m
    assert np.allclose(centre, mesh.points_m[[0, 2, 3]].mean(axis=0))


def test_a_broken_mirror_table_is_refused() -> None:
    """A mirror table whose pairs don't point at each other is no mirror."""
    broken = files(**{"mesh_metadata/hm08.mirror": b"0 1 r\n1 2 l\n2 2 m\n3 3 m\n"})

    with pytest.raises(SourceError, match="mirror table"):
        read_base_mesh(broken.__getitem__)


def test_a_rig_gives_heads_and_weights() -> None:
    """Only bones with a helper group have a head; weights come as pairs."""
    rig = read_rig(files().__getitem__, "tiny")

    assert rig.head_group_of == {"a": "joint-x"}
    assert [part.tolist() for part in rig.weights_of["a"]] == [[0, 2], [0.25, 1.0]]
    assert rig.weights_of["b"][0].size == 0


def test_a_target_moves_what_it_names() -> None:
    """Displacements are in metres, zero elsewhere; an empty target moves nothing."""
    read = files().__getitem__

    moved = read_target(read, "up", 4)

    assert np.allclose(
        moved, np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0], [0.1, 0.2, 0.3]])
    )
    assert not read_target(read, "none", 4).any()
    with pytest.raises(SourceError, match="vertex 3 of 2"):
        read_target(read, "up", 2)


def test_every_joint_has_one_source() -> None:
    """Each of the 55 joints is a bone or a helper group, and no bone serves twice."""
    assert set(BONE_OF_JOINT) | set(GROUP_OF_BONELESS_JOINT) == set(SMPLX_JOINTS)
    assert not set(BONE_OF_JOINT) & set(GROUP_OF_BONELESS_JOINT)
    assert len(set(BONE_OF_JOINT.values())) == len(BONE_OF_JOINT) == 52


def test_mirroring_joints_twice_does_nothing() -> None:
    """The joint twins are an involution that keeps the tree."""
    twins = mirrored_joints()

    assert np.array_equal(twins[twins], np.arange(55))
    assert all(PARENTS[twins[j]] == twins[p] for j, p in enumerate(PARENTS) if p >= 0)


@given(seed=SEEDS)
def test_target_coefficients_are_shares(seed: int) -> None:
    """Ancestry, build, height and proportion targets each share out exactly 1."""
    design = phenotypes.sample_design(seed, 3)
    names = np.array(phenotypes.target_names())

    shares = phenotypes.coefficients(design.values)

    assert shares.shape == (6, len(names))
    assert shares.min() >= 0
    folders = ("macrodetails/height/", "macrodetails/proportions/")
    rest = [
        n for n in names if n.startswith("macrodetails/") and not n.startswith(folders)
    ]
    universal = [n for n in rest if "universal" in n]
    for group in (
        universal,
        [n for n in rest if n not in universal],
        *([n for n in names if n.startswith(folder)] for folder in folders),
    ):
        assert np.allclose(shares[:, np.isin(names, group)].sum(axis=1), 1.0)


def test_coefficients_are_annys() -> None:
    """For a made-up person the coefficients are those recorded from anny 0.6.2."""
    person = dict.fromkeys(phenotypes.PARAMETERS, 0.0) | {
        "gender": 0.3,
        "age": 0.8,
        "muscle": 0.7,
        "weight": 0.2,
        "height": 0.4,
        "proportions": 0.9,
        "arms/measure-upperarm-length": -0.25,
    }
    recorded = RECORDED_FROM_ANNY
    (shares,) = phenotypes.coefficients(np.array([list(person.values())]))
    ours = dict(zip(phenotypes.target_names(), shares, strict=True))

    assert {name: pytest.approx(ours[name]) for name in recorded} == recorded


def test_a_design_is_its_seed() -> None:
    """The same seed gives the same people, another seed others; the mean is central."""
    one, same, other = (phenotypes.sample_design(seed, 4) for seed in (1, 1, 2))

    assert np.array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)
    centre = phenotypes.average_design()
    assert np.allclose(one.values.mean(axis=0), centre.values)
    assert np.allclose(one.size.mean(), centre.size)


def relaxed_skeleton(seed: int) -> tuple[FloatArray, FloatArray]:
    """Return joints and tips of a symmetric body with hanging arms, made up."""
    rng = np.random.default_rng(seed)
    bones = {
        "pelvis": (0, 0, 0),
        **dict.fromkeys(("spine1", "spine2", "spine3", "neck", "head"), (0, 0.1, 0)),
        "collar": (0.05, 0.05, 0),
        "shoulder": (0.1, 0.02, 0),
        "elbow": (0.18, -0.2, 0.0),
        "wrist": (0.12, -0.12, 0.15),
        "hip": (0.1, -0.05, 0),
        "knee": (0.05, -0.4, 0.03),
        "ankle": (0.05, -0.4, -0.03),
        "foot": (0.0, -0.08, 0.12),
        **dict.fromkeys(("eye", "jaw"), (0.0, 0.03, 0.1)),
    }
    spread = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03}
    for finger, side_m in ({"thumb": 0.05} | spread).items():
        across = np.array([0.5, -0.2, 0.8]) * side_m
        bones[f"{finger}1"] = tuple(np.array([0.05, -0.06, 0.07]) + across)
        bones |= {f"{finger}{k}": (0.02, -0.03, 0.01) for k in (2, 3)}
    joints = np.zeros((55, 3))
    for joint, name in enumerate(SMPLX_JOINTS):
        if name.startswith("right_"):
            continue
        bone = np.array(bones[name.removeprefix("left_")])
        jitter = rng.normal(scale=0.005, size=3) * (PARENTS[joint] >= 0)
        jitter *= [name.startswith("left_"), 1, 1]
        parent = joints[PARENTS[joint]] if PARENTS[joint] >= 0 else 0
        joints[joint] = parent + bone + jitter
    twins = mirrored_joints()
    is_right = twins < np.arange(55)
    joints[is_right] = joints[twins[is_right]] * MIRROR
    tips = [
        joints[JOINT[name + "3"]]
        + [0.02 * body_tpose.LEFTWARD[name.split("_")[0]], -0.02, 0.0]
        if name + "3" in JOINT
        else joints[JOINT[name.split("_")[0] + "_foot"]] + [0, 0, 0.08]
        for name in TIP_GROUP_OF
    ]
    return joints[None], np.array(tips)[None]


@settings(max_examples=25)
@given(seed=SEEDS)
def test_the_t_pose_is_reached(seed: int) -> None:
    """From a relaxed stance arms come level, palms down, legs straight; bones keep."""
    joints, tips = relaxed_skeleton(seed)

    rotations = body_tpose.t_pose_rotations(joints, tips)
    posed = body_tpose.posed_joints(joints, rotations)

    assert np.allclose(rotations @ np.swapaxes(rotations, -1, -2), np.eye(3))
    assert np.allclose(np.linalg.det(rotations), 1.0)
    point = dict(zip(SMPLX_JOINTS, posed[0], strict=True))
    for side in SIDES:
        arm = [point[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist", "middle1")]
        for start, end in pairwise(arm):
            level = (end - start) / np.linalg.norm(end - start)
            assert np.allclose(level, [body_tpose.LEFTWARD[side], 0, 0])
        across = point[f"{side}_index1"] - point[f"{side}_pinky1"]
        assert abs(across[1]) < 1e-12
        assert across[2] > 0
        thigh = point[f"{side}_knee"] - point[f"{side}_hip"]
        shank = point[f"{side}_ankle"] - point[f"{side}_knee"]
        assert np.allclose(np.cross(thigh, shank), 0)
    lengths = [
        np.linalg.norm(p[0, 1:] - p[0, list(PARENTS[1:])], axis=-1)
        for p in (joints, posed)
    ]
    assert np.allclose(*lengths)


def twist_deg(rotation: FloatArray, axis: FloatArray) -> float:
    """Return the part of a rotation's angle that is about an axis."""
    x, y, z, w = Rotation.from_matrix(rotation).as_quat()
    return float(np.degrees(2 * np.arctan2(np.dot([x, y, z], axis), w)))


@settings(max_examples=25)
@given(seed=SEEDS)
def test_forearm_and_wrist_share_the_turn_of_the_palm(seed: int) -> None:
    """Laying the palm flat turns the forearm as much as the wrist."""
    joints, tips = relaxed_skeleton(seed)

    (rotations,) = body_tpose.t_pose_rotations(joints, tips)

    for side in SIDES:
        arm = [JOINT[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
        outward = np.array([body_tpose.LEFTWARD[side], 0, 0])
        forearm, wrist = (
            twist_deg(rotations[far] @ rotations[near].T, outward)
            for near, far in pairwise(arm)
        )
        assert forearm == pytest.approx(wrist, abs=3)


@settings(max_examples=25)
@given(seed=SEEDS)
def test_the_t_pose_of_a_mirror_image_is_the_mirror_image(seed: int) -> None:
    """Mirroring before posing or after is the same."""
    joints, tips = relaxed_skeleton(seed)
    twins = mirrored_joints()
    posed = body_tpose.posed_joints(joints, body_tpose.t_pose_rotations(joints, tips))

    assert np.allclose(posed[:, twins] * MIRROR, posed)


def test_a_body_in_t_pose_stays() -> None:
    """A body that is in T-pose already keeps its limbs where they are."""
    joints, tips = relaxed_skeleton(0)
    rotations = body_tpose.t_pose_rotations(joints, tips)
    posed = body_tpose.posed_joints(joints, rotations)
    fingers = [
        JOINT.get(name + "3", JOINT[name.split("_")[0] + "_foot"])
        for name in TIP_GROUP_OF
    ]
    turned = np.einsum(
        "sjab,sjb->sja", rotations[:, fingers], tips - joints[:, fingers]
    )
    moved_tips = posed[:, fingers] + turned
    # A straight arm has no hinge: bend the elbow by a hair.
    posed_again = posed.copy()
    for side in SIDES:
        posed_again[:, JOINT[f"{side}_elbow"], 2] -= 1e-6

    again = body_tpose.t_pose_rotations(posed_again, moved_tips)

    assert np.abs(again - np.eye(3)).max() < 1e-4


def test_skinning_with_one_bone_is_rigid() -> None:
    """A vertex with one bone keeps its distance to that bone's joint."""
    joints, tips = relaxed_skeleton(3)
    rotations = body_tpose.t_pose_rotations(joints, tips)
    vertices = joints + np.array([0.01, 0.02, -0.03])

    moved = body_tpose.posed_vertices(vertices, joints, rotations, np.eye(55))

    after = moved - body_tpose.posed_joints(joints, rotations)
    assert np.allclose(
        np.linalg.norm(after, axis=-1), np.linalg.norm(vertices - joints, axis=-1)
    )


def made_up_basis(seed: int, count: int = 300) -> tuple[ShapeBasis, NDArray[np.int64]]:
    """Return a symmetric basis of a ball of vertices around 55 joints, and twins."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(count, 3, 4)) * 0.1
    vertices = np.concatenate([half, half * MIRROR[:, None]])
    twins = np.roll(np.arange(2 * count), count)
    shares = rng.dirichlet(np.full(count * 2, 0.05), size=55)
    joint_twins = mirrored_joints()
    shares = 0.5 * (shares + shares[joint_twins][:, twins])
    joints = np.einsum("jv,vcb->jcb", shares, vertices)
    basis = ShapeBasis(
        vertices[..., 0], 0.1 * vertices[..., 1:], joints[..., 0], 0.1 * joints[..., 1:]
    )
    return basis, twins


def regressed_errors_m(basis: ShapeBasis, regressor: FloatArray) -> FloatArray:
    """Return how far the regressed mean joints and directions are off."""
    mean = regressor @ basis.mean_vertices_m - basis.mean_joints_m
    moves = np.einsum("jv,vcb->jcb", regressor, basis.vertex_directions_m)
    errors = np.concatenate([mean[..., None], moves - basis.joint_directions_m], -1)
    return np.asarray(np.abs(errors))


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_a_joint_that_is_a_mean_of_vertices_is_found(seed: int) -> None:
    """Where a non-negative regressor exists, one is found, symmetric and of sum 1."""
    basis, twins = made_up_basis(seed)

    regressor = joint_regressor(basis, twins)

    assert regressor.min() >= 0
    assert np.allclose(regressor.sum(axis=1), 1)
    assert np.array_equal(regressor[mirrored_joints()][:, twins], regressor)
    assert regressed_errors_m(basis, regressor).max() < 1e-6


def test_skin_follows_joints_that_no_regressor_reaches() -> None:
    """Joints that move against the skin are met by moving the skin, and little."""
    basis, twins = made_up_basis(7)
    moves = basis.joint_directions_m.copy()
    moves[:, 1, 0] += 0.004
    astray = ShapeBasis(
        basis.mean_vertices_m, basis.vertex_directions_m, basis.mean_joints_m, moves
    )
    astray_regressor = joint_regressor(basis, twins)
    assert regressed_errors_m(astray, astray_regressor).max() > 0.003

    followed = skin_following_joints(astray, astray_regressor)

    assert regressed_errors_m(followed, astray_regressor).max() < 1e-9
    step = np.abs(followed.vertex_directions_m - basis.vertex_directions_m)
    assert 0.003 < step.max() < 0.02


def test_the_basis_is_the_principal_components() -> None:
    """A basis gives back the bodies it came from, with betas of deviation 1."""
    rng = np.random.default_rng(2)
    scales = np.array([0.03, 0.01, 0.005])
    betas = np.linalg.qr(rng.normal(size=(40, 4)) - 0)[0]
    betas = betas - betas.mean(axis=0)
    moves = rng.normal(size=(20 + 55, 3, 3)) * scales
    points = rng.normal(size=(75, 3)) + np.tensordot(betas[:, :3], moves, axes=(1, 2))
    areas = rng.uniform(0.5, 2, size=20)

    basis = shape_basis(
        points[:, :20], points[:, 20:], vertex_areas=areas, components=3
    )

    directions = np.concatenate([basis.vertex_directions_m, basis.joint_directions_m])
    flat = directions.reshape(-1, 3)
    offsets = (points - points.mean(axis=0)).reshape(40, -1)
    found = np.linalg.lstsq(flat, offsets.T, rcond=None)[0]
    assert np.allclose(flat @ found, offsets.T, atol=1e-9)
    assert np.allclose(found @ found.T / 39, np.eye(3), atol=1e-6)


@given(count=st.integers(1, 40), data=st.data())
def test_an_order_puts_some_in_their_places(count: int, data: st.DataObject) -> None:
    """Wanted vertices are at their places, and every vertex is there once."""
    numbers = st.lists(st.integers(0, count - 1), unique=True)
    places, vertices = data.draw(numbers), data.draw(numbers)
    wanted = dict(zip(places, vertices, strict=False))

    order = vertex_order(count, wanted)

    assert sorted(order) == list(range(count))
    assert {place: int(order[place]) for place in wanted} == wanted


def cube_with_a_nipple() -> BaseMesh:
    """Return a cube whose top is a ring around vertices that are taken off."""
    corners = np.array(
        [[x, y, z] for y in (0, 1) for x, z in ((0, 0), (1, 0), (1, 1), (0, 1))]
    )
    taken = sorted(body_surface._SMOOTHED)[:4]
    points = np.zeros((taken[-1] + 9, 3))
    points[:8] = corners
    points[taken] = corners[4:] * [0.5, 1.5, 0.5] + [0.25, 0, 0.25]
    sides = [[a, 4 + a, 4 + (a + 1) % 4, (a + 1) % 4] for a in range(4)]
    ring = [[4 + a, taken[a], taken[(a + 1) % 4], 4 + (a + 1) % 4] for a in range(4)]
    eye = np.zeros((0, 4), dtype=np.int64)
    quads = np.array([[0, 1, 2, 3], *sides, *ring, taken[::-1]])
    groups = {"body": quads, "helper-l-eye": eye, "helper-r-eye": eye}
    return BaseMesh(points, groups, np.arange(len(points)))


def test_what_is_taken_off_is_closed_again() -> None:
    """Taking vertices off leaves a closed surface of the same orientation."""
    mesh = cube_with_a_nipple()

    triangles = body_surface.skin_triangles(mesh)

    assert not np.isin(triangles, body_surface._SMOOTHED).any()
    edges = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]).tolist()
    assert {(a, b) for a, b in edges} == {(b, a) for a, b in edges}
    a, b, c = np.moveaxis(mesh.points_m[triangles], 1, 0)
    assert abs(np.sum(np.cross(a, b) * c) / 6) == pytest.approx(1.0)
    assert body_surface.vertex_areas(mesh.points_m, triangles).sum() == pytest.approx(6)


def test_the_digest_knows_every_bit_and_no_container() -> None:
    """Content digests differ with any value, type or shape, not with the packing."""
    arrays = {"a": np.arange(6.0), "b": np.array("text")}
    variants = [
        arrays,
        {**arrays, "a": np.nextafter(arrays["a"], 1)},
        {**arrays, "a": arrays["a"].astype(np.float32)},
        {**arrays, "a": arrays["a"].reshape(2, 3)},
        {"c": arrays["a"], "b": arrays["b"]},
    ]

    assert len({content_sha256(variant) for variant in variants}) == len(variants)
    reordered = dict(reversed(arrays.items()))
    assert content_sha256(reordered) == content_sha256(arrays)
    assert npz_bytes(reordered) == npz_bytes(arrays)
