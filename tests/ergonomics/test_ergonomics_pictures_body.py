"""The body in pictures: read from the scene, posed, coarser, shaded, framed."""

import numpy as np
import pytest

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES, SMPLX_JOINTS
from ergomesh.ergonomics.pictures.body import camera_of
from ergomesh.ergonomics.pictures.figure import Figure, framed, side_camera
from ergomesh.ergonomics.pictures.shade import Camera, Shaded, known_bones, shaded
from ergomesh.ergonomics.pictures.skin import (
    SceneError,
    Surface,
    bone_moves,
    coarser,
    posed,
    surface_of,
)
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    bent_elbow,
    mirror_motion,
    motion_of,
    rotmat,
    with_gap,
)
from ergonomics.ergonomics_scenes import CORNERS, box_scene, rest_joints_m

SIZE = 640, 480


def shaded_of(motion: Motion, camera: Camera | None = None) -> Shaded:
    """Draw the boxes of a motion's first frame."""
    surface = surface_of(box_scene())
    camera = camera or camera_of(motion)
    moves = camera.moves(bone_moves(surface, motion))[0]
    known = known_bones(motion.joint_observed[0], 0.4)
    found = shaded(surface, moves, known, camera.intrinsics, SIZE)
    assert found is not None
    return found


def figure_of(motion: Motion) -> Figure:
    """Return the boxes in a motion's first frame."""
    surface = surface_of(box_scene())
    moves = bone_moves(surface, motion)[0]
    return Figure(
        surface=surface,
        moves=moves,
        known=known_bones(motion.joint_observed[0], 0.4),
        joints_m=motion.joints_world_m[0],
        has_trunk=True,
        vertices_m=posed(surface, moves)[0].astype(np.float64),
    )


def test_a_scene_is_read_as_it_was_written() -> None:
    """Vertices, bones, shares, triangles and rest joints come back."""
    surface = surface_of(box_scene(0.03))
    joints = rest_joints_m()
    assert surface.rest_joints_m == pytest.approx(joints, abs=1e-6)
    boxes = surface.vertices_m.reshape(-1, 8, 3)
    assert boxes == pytest.approx(joints[:, None] + 0.03 * CORNERS, abs=1e-6)
    assert surface.bones[:, 0].tolist() == np.repeat(np.arange(55), 8).tolist()
    assert surface.shares[:, 0] == pytest.approx(1)
    assert surface.triangles.shape == (55 * 12, 3)


def test_every_bone_moves_its_box_as_joint_by_joint() -> None:
    """Skinning agrees with turning each box about its joint, the schoolbook way."""
    motion = motion_of([BUSY])
    surface = surface_of(box_scene())
    vertices, normals = posed(surface, bone_moves(surface, motion)[0])
    rotvec = np.degrees(motion.poses[0].reshape(-1, 3))
    turned: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    for joint, parent in enumerate(PARENTS):
        own = rotmat(rotvec[joint].tolist())
        turned.append(own if parent < 0 else turned[parent] @ own)
        box = motion.joints_world_m[0, joint] + 0.05 * CORNERS @ turned[joint].T
        rows = slice(8 * joint, 8 * joint + 8)
        assert vertices[rows] == pytest.approx(box, abs=1e-5)
        assert normals[rows] == pytest.approx(
            CORNERS @ turned[joint].T / np.sqrt(3), abs=1e-5
        )


def test_gaps_have_no_body() -> None:
    """Where nobody was seen the bones' moves are NaN."""
    motion = with_gap(motion_of([ARMS_DOWN] * 3), 1, 2)
    moves = bone_moves(surface_of(box_scene()), motion)
    assert np.isfinite(moves).all(axis=(1, 2, 3)).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"not a scene",
        box_scene()[:200],
        box_scene() + b"more",
        box_scene(names=SMPLX_JOINTS[::-1]),
        box_scene().replace(b'"POSITION"', b'"NOWHERES"'),
        box_scene().replace(b'"componentType": 5126', b'"componentType": 9999'),
    ],
)
def test_what_is_no_scene_of_ours_is_told(damaged: bytes) -> None:
    """Damage, other skeletons and missing arrays give one plain error."""
    with pytest.raises(SceneError, match="no scene of ours"):
        surface_of(damaged)


def test_a_coarser_body_keeps_its_place() -> None:
    """Every old vertex has a new one of its own bone within a cell's diagonal."""
    surface = surface_of(box_scene())
    few = coarser(surface, 0.06)
    assert len(few.vertices_m) < len(surface.vertices_m)
    for vertex, bone in zip(surface.vertices_m, surface.bones[:, 0], strict=True):
        own = few.vertices_m[few.bones[:, 0] == bone]
        assert np.linalg.norm(own - vertex, axis=1).min() < 0.06 * np.sqrt(3)
    assert few.shares.sum(axis=1) == pytest.approx(1)


def test_a_coarser_body_with_small_cells_is_the_same() -> None:
    """Cells that hold one vertex each change neither vertices nor triangles."""
    surface = surface_of(box_scene(0.2))
    same = coarser(surface, 1e-3)
    assert len(same.vertices_m) == len(surface.vertices_m)
    assert len(same.triangles) == len(surface.triangles)


def _corner_sets(surface: Surface) -> set[tuple[int, ...]]:
    return {tuple(sorted(corners)) for corners in surface.triangles.tolist()}


def test_triangles_that_fall_together_are_kept_once() -> None:
    """No triangle of the coarser body has two equal corners or a double."""
    few = coarser(surface_of(box_scene()), 0.09)
    assert len(_corner_sets(few)) <= len(few.triangles)
    assert all(len(set(corners)) == 3 for corners in few.triangles.tolist())
    assert len(np.unique(few.triangles, axis=0)) == len(few.triangles)


def test_the_body_is_where_the_camera_sees_it() -> None:
    """Each joint's box covers its pixel, and nothing lies outside the projection."""
    motion = motion_of([bent_elbow(60)])
    found = shaded_of(motion)
    pixels = camera_of(motion).points_px(motion.joints_world_m[0])
    for x, y in pixels:
        assert found.cover[round(y) - found.top, round(x) - found.left] > 0
    rows, columns = np.nonzero(found.cover)
    corners, _ = posed(
        surface := surface_of(box_scene()), bone_moves(surface, motion)[0]
    )
    seen = camera_of(motion).points_px(corners.astype(np.float64))
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert columns.min() + found.left == pytest.approx(low[0], abs=1.5)
    assert columns.max() + found.left == pytest.approx(high[0], abs=1.5)
    assert rows.min() + found.top == pytest.approx(low[1], abs=1.5)
    assert rows.max() + found.top == pytest.approx(high[1], abs=1.5)


def test_what_is_not_seen_is_faint() -> None:
    """Of a body whose left arm is not observed, the arm covers less than the rest."""
    motion = motion_of([{}])
    hidden = [f"left_{name}" for name in ("shoulder", "elbow", "wrist")]
    motion.joint_observed[:, [JOINT[name] for name in hidden]] = False
    found = shaded_of(motion)
    pixels = camera_of(motion).points_px(motion.joints_world_m[0])

    def _cover(name: str) -> float:
        x, y = pixels[JOINT[name]]
        return float(found.cover[round(y) - found.top, round(x) - found.left])

    for name in ("elbow", "wrist", "middle3"):
        assert _cover(f"left_{name}") == pytest.approx(0.4, abs=0.01)
        assert _cover(f"right_{name}") == pytest.approx(1, abs=0.01)


def test_the_mirrored_body_is_the_mirrored_picture() -> None:
    """A mirrored worker before a symmetric camera covers the mirrored pixels."""
    motion = motion_of([bent_elbow(30) | {"left_shoulder": (0, 0, -20)}])
    camera = Camera(
        np.diag([1.0, -1.0, -1.0]),
        np.array([0.0, 1.0, 4.0]),
        np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]),
    )
    one, other = (
        np.zeros(SIZE[::-1], dtype=np.bool_),
        np.zeros(SIZE[::-1], dtype=np.bool_),
    )
    for canvas, each in ((one, motion), (other, mirror_motion(motion))):
        found = shaded_of(each, camera)
        height, width = found.cover.shape
        part = canvas[found.top : found.top + height, found.left : found.left + width]
        part[:] = found.cover > 0
    assert (one != other[:, ::-1]).mean() < 2e-3
    assert one.sum() > 3000


def test_a_body_outside_or_behind_is_not_drawn() -> None:
    """Beside the picture, or behind the camera, there is nothing to draw."""
    surface = surface_of(box_scene())
    motion = motion_of([ARMS_DOWN])
    known = known_bones(motion.joint_observed[0], 0.4)
    for shift in ((50.0, 0, 0), (0, 0, -10.0)):
        camera = Camera(
            motion.rotmat_cam_world,
            motion.trans_cam_world_m + shift,
            motion.intrinsics,
        )
        moves = camera.moves(bone_moves(surface, motion))[0]
        assert shaded(surface, moves, known, motion.intrinsics, SIZE) is None


@pytest.mark.parametrize("turn_deg", [0, 60, 180, 250])
def test_the_side_camera_sees_the_worker_walk_to_the_right(turn_deg: float) -> None:
    """Whichever way the worker faces, forward is right, up is up, left is away."""
    figure = figure_of(motion_of([{"pelvis": (0, turn_deg, 0)}]))
    camera = side_camera(figure, camera_of(motion_of([ARMS_DOWN])))
    seen = camera.points_cam_m(figure.joints_m)
    feet = [JOINT[f"{side}_foot"] for side in SIDES]
    ankles = [JOINT[f"{side}_ankle"] for side in SIDES]
    assert (seen[feet, 0] > seen[ankles, 0]).all()
    assert seen[JOINT["head"], 1] < seen[JOINT["pelvis"], 1]
    assert seen[JOINT["left_hip"], 2] > seen[JOINT["right_hip"], 2]
    assert (seen[:, 2] > 1).all()
    assert np.linalg.det(camera.rotmat_cam_world) == pytest.approx(1)


def test_a_worker_on_the_side_still_has_a_side_view() -> None:
    """Where the sides are one above the other the clip's camera decides."""
    clip = camera_of(motion_of([ARMS_DOWN]))
    figure = figure_of(motion_of([{"pelvis": (0, 0, 90)}]))
    camera = side_camera(figure, clip)
    assert np.linalg.det(camera.rotmat_cam_world) == pytest.approx(1)
    assert np.isfinite(camera.points_px(figure.joints_m)).all()


@pytest.mark.parametrize("size", [(480, 640), (640, 100), (50, 700)])
def test_a_framed_body_fills_the_panel(size: tuple[int, int]) -> None:
    """All points are inside with room about them, and one side is well used."""
    figure = figure_of(motion_of([BUSY]))
    camera = framed(camera_of(motion_of([BUSY])), figure.vertices_m, size)
    seen = camera.points_px(figure.vertices_m)
    assert (seen >= 0).all()
    assert (seen <= size).all()
    assert (np.ptp(seen, axis=0) / size).max() > 0.75
