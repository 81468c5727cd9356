"""Laws of the parts: rotations, limbs, tracks, surfaces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.workers.cameras import look_at
from bench.workers.limbs import EASY, EASY_END, Limb, reach, within_reach
from bench.workers.rotations import about, apply, axes, inverse, rotvec, turn, unit
from bench.workers.surface import Surface, box, cylinder, dome
from bench.workers.tracks import Key, Track, along, places, retimed, rounds, track
from bench.workers.window import Window, projection

TIMES = np.linspace(-1, 7, 400)
ARM = Limb(
    upper_m=np.array([0.26, 0.01, 0.0]),
    lower_m=np.array([0.23, 0.0, 0.02]),
    hinge=np.array([0.0, -1.0, 0.0]),
)

seeds = st.integers(0, 2**31)


def random_track(seed: int) -> Track:
    """Return a track of seven random keys."""
    draw = np.random.default_rng(seed)
    times = np.cumsum(draw.uniform(0.1, 1.5, 7))
    values = draw.uniform(-1, 1, (7, 2))
    return track(*((t, tuple(v)) for t, v in zip(times, values, strict=True)))


@given(seeds)
def test_rotvec_undoes_about(seed: int) -> None:
    """The rotation vector of a turn about an axis is the axis times the angle."""
    draw = np.random.default_rng(seed)
    axis = unit(draw.standard_normal(3))
    angle = draw.uniform(-3.1, 3.1, 5)
    np.testing.assert_allclose(
        rotvec(about(axis, angle)), angle[:, None] * axis, atol=1e-7
    )


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_turns_about_coordinate_axes_are_turns_about_unit_vectors(name: str) -> None:
    """A turn about a coordinate axis by degrees is one about its unit vector."""
    angle = np.linspace(-200, 200, 9)
    axis = np.eye(3)["xyz".index(name)]
    np.testing.assert_allclose(
        turn(name, angle), about(axis, np.radians(angle)), atol=1e-12
    )


@given(seeds)
def test_reach_puts_the_end_on_the_target_and_the_hinge_on_the_pole(seed: int) -> None:
    """A limb's end meets its target, and its hinge lies on the pole's side."""
    draw = np.random.default_rng(seed)
    way = unit(draw.standard_normal((4, 3)))
    target = way * draw.uniform(0.2, 0.97, (4, 1)) * ARM.length_m
    pole = unit(draw.standard_normal((4, 3)))
    solved = reach(ARM, target, pole)
    hinge = apply(solved.upper, ARM.upper_m)
    end = hinge + apply(solved.upper @ solved.bend, ARM.lower_m)
    np.testing.assert_allclose(end, target, atol=1e-9)
    side = pole - np.sum(pole * way, axis=1, keepdims=True) * way
    assert (np.sum(hinge * side, axis=1) > -1e-3).all()
    np.testing.assert_allclose(solved.short_m, 0, atol=1e-12)


@given(st.floats(0.01, 3.0))
def test_easing_a_reach_only_shortens_it_and_never_reorders(ratio: float) -> None:
    """An eased reach is the asked one up to a share, never longer, and monotone."""
    target = np.array([[ratio, 0, 0], [1.01 * ratio, 0, 0]])
    eased = within_reach(target, 1.0)[:, 0]
    assert eased[0] <= eased[1] + 1e-12
    assert eased[1] <= EASY_END + 1e-12
    assert eased[0] <= ratio
    if ratio < EASY:
        assert eased[0] == pytest.approx(ratio)


@given(seeds)
def test_track_weights_are_a_partition_of_one(seed: int) -> None:
    """The keys' weights are not negative and add up to one at every time."""
    weights = random_track(seed).weights(TIMES)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)


@given(seeds)
def test_tracks_never_overshoot_and_start_and_end_on_their_keys(seed: int) -> None:
    """A track stays within its keys' values, and rests on the first and last."""
    path = random_track(seed)
    values = np.array([key.value for key in path.keys])
    sampled = path.sampled(TIMES)
    assert (sampled <= values.max(axis=0) + 1e-12).all()
    assert (sampled >= values.min(axis=0) - 1e-12).all()
    far = path.sampled(np.array([-9.0, 99.0]))
    np.testing.assert_allclose(far, values[[0, -1]], atol=1e-12)


def test_held_values_stand_still() -> None:
    """Where a track says that a value is held, it does not change."""
    path = track((0.0, (1.0, 0.0)), (2.0, (1.0, 5.0)), (3.0, (2.0, 5.0)))
    held = path.held(TIMES, slice(0, 1))
    assert held[(TIMES > 0) & (TIMES < 1.6)].all()
    assert not held[(TIMES > 2.1) & (TIMES < 2.9)].any()
    assert np.ptp(path.sampled(TIMES)[held & (TIMES < 2), 0]) < 1e-12


def test_a_slower_tempo_comes_to_the_same_values_later() -> None:
    """A long hold is reached at its time multiplied by the tempo."""
    path = track((1.0, (0.0,)), (2.0, (3.0,)), (4.0, (3.0,)))
    late = retimed(path, 1.5)
    assert late.sampled(np.array([4.5]))[0, 0] == pytest.approx(3.0)
    assert late.sampled(np.array([2.9]))[0, 0] < 2.99


def test_points_along_two_tracks_are_on_the_line_between_them_at_all_times() -> None:
    """A share of the way between two tracks of the same times holds between keys."""
    first = rounds((0, 1, 2), (0.0, 1.0, 2.0), (3.0, 1.0, 0.0))
    second = rounds((0, 1, 2), (1.0, 1.0, 1.0), (-3.0, 5.0, 2.0))
    between = 0.7 * first.sampled(TIMES) + 0.3 * second.sampled(TIMES)
    np.testing.assert_allclose(along(first, second, 0.3).sampled(TIMES), between)


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (Key(1.0, (0.0,)), Key(0.5, (1.0,))),
        (Key(0.0, (0.0,)), Key(0.0, (1.0,))),
        (Key(0.0, (0.0,)), Key(1.0, (1.0, 2.0))),
    ],
)
def test_keys_out_of_order_or_shape_are_refused(keys: tuple[Key, ...]) -> None:
    """A track without keys, with times that do not grow or uneven values is refused."""
    with pytest.raises(ValueError, match="keys"):
        Track(keys)


def test_a_key_keeps_its_frame() -> None:
    """Places remember what carries them."""
    assert places((0.0, "load", (1.0, 2.0, 3.0))).keys[0].frame == "load"


@pytest.mark.parametrize(
    "solid",
    [
        box((0.2, 0.4, 0.6), np.ones(3)),
        cylinder((0.3, 1.0, 0.2), np.ones(3)),
        dome((0.3, 0.1, 0.2), np.ones(3)),
    ],
)
def test_solids_show_their_outside(solid: Surface) -> None:
    """Faces run counter-clockwise seen from where their normals point."""
    a, b, c = (solid.points_m[solid.faces[:, k]] for k in range(3))
    normal = solid.normals[solid.faces].sum(axis=1)
    assert (np.sum(np.cross(b - a, c - a) * normal, axis=1) >= 0).all()


@given(seeds)
def test_the_renderers_projection_is_the_cameras(seed: int) -> None:
    """Clip space of a window and the pinhole formula name the same pixel."""
    draw = np.random.default_rng(seed)
    eye = np.array([0.3, 1.5, 4.0])
    camera = look_at(eye, draw.uniform(-0.5, 0.5, 3), 2.0, 800.0, (1280, 720))
    window = Window((100, 60), (500, 400))
    points = draw.uniform(-0.5, 0.5, (6, 3))
    cam = points @ camera.rotmat.T + camera.trans_m
    clip = np.concatenate([cam, np.ones((6, 1))], axis=1) @ projection(camera, window).T
    ndc = clip[:, :2] / clip[:, 3:]
    pixel = 0.5 * (ndc * [1, -1] + 1) * window.size_px + window.left_top_px
    np.testing.assert_allclose(pixel, camera.project(points), atol=1e-9)


def test_axes_keep_the_first_and_lean_to_the_second() -> None:
    """Axes are a rotation, x along the first vector, y on the second's side."""
    first, second = np.array([0.0, 2.0, 0.0]), np.array([1.0, 5.0, 1.0])
    frame = axes(first, second)
    np.testing.assert_allclose(frame @ inverse(frame), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(frame[:, 0], [0, 1, 0], atol=1e-12)
    assert frame[:, 1] @ second > 0
    assert np.linalg.det(frame) == pytest.approx(1.0)
