"""Laws of vertical and focal length from straight edges, on made-up rooms."""

import numpy as np
import pytest
import torch

from ergomesh.mesh.core.lines import Edges, sine_to, towards, vanishing_points
from ergomesh.mesh.core.rooms import (
    ASIDE,
    TEMPER,
    UNKNOWNS,
    Rooms,
    _derivative,
    read,
    turns,
)
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from mesh.mesh_rooms import (
    FOCAL_PX,
    RICH,
    SIZE_PX,
    USUAL_PX,
    Array,
    Furniture,
    camera_axes,
    clues_of,
    off_deg,
    room_lines,
    sd_deg,
    seen,
    stooped,
)

VIEWS = [(0.0, 0.0, 30.0), (15.0, 3.0, 10.0), (30.0, -6.0, 45.0), (-8.0, 90.0, 70.0)]
"""Tilt, roll, azimuth of the room, degrees."""
UPRIGHTS = Furniture(upright=14, level=0, clutter=20)
NOTHING_STRAIGHT = Furniture(upright=0, level=0, clutter=60)


def some_rooms(seed: int, count: int = 5) -> Rooms:
    """Return rooms turned any way, of any focal length."""
    rng = np.random.default_rng(seed)
    return Rooms(
        rotmats=turns(rng.normal(size=(count, 3))),
        log_focal=rng.uniform(-0.2, 0.6, count),
        azimuths=rng.uniform(-np.pi, np.pi, (count, ASIDE)),
        shares=rng.dirichlet(np.ones(4 + ASIDE), count),
    )


@pytest.mark.parametrize("view", VIEWS)
def test_vertical_and_focal_length_are_found(view: tuple[float, float, float]) -> None:
    """In a furnished room the vertical is within 0.4°, the focal length 3 %."""
    axes = camera_axes(*view)
    body = stooped(axes[1])

    found = seen(room_lines(axes), clues_of(body))

    assert off_deg(found, axes[1]) < 0.4
    assert found.focal_px == pytest.approx(FOCAL_PX, rel=0.03)
    assert found.by_edges
    assert sd_deg(found) < 3
    assert found.log_focal_sd < 0.1


def test_stated_deviations_cover_the_errors() -> None:
    """Of 20 rooms with few or many edges, 68 % are within the stated ellipse."""
    inside = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        axes = camera_axes(*rng.uniform((-5, -8, 0), (30, 8, 90)))
        furniture = Furniture(
            upright=int(rng.integers(0, 12)),
            level=int(rng.integers(0, 20)),
            clutter=int(rng.integers(0, 30)),
        )
        found = seen(
            room_lines(axes, furniture, seed=seed), clues_of(stooped(axes[1], seed))
        )
        off = np.cross(found.up_cam, axes[1])
        inside.append(off @ np.linalg.pinv(found.turn_cov_rad2) @ off < 2.28)

    assert np.mean(inside) > 0.68


def test_a_rolled_picture_rolls_the_vertical() -> None:
    """Turning a square picture by 30° about its middle turns the answer alike."""
    size = np.array((1000, 1000))
    axes = camera_axes(12.0, 2.0, 25.0)
    lines = room_lines(axes) - np.tile(SIZE_PX / 2, 2)
    body = stooped(axes[1])
    turn = turns(np.radians(np.array([[0.0, 0.0, 30.0]])))[0]
    turned = (lines.reshape(-1, 2) @ turn[:2, :2].T).reshape(-1, 4)

    straight = seen(lines + 500, clues_of(body), size)
    rolled = seen(turned + 500, clues_of(turn @ body), size)

    assert np.allclose(rolled.up_cam, turn @ straight.up_cam, atol=1e-4)
    assert rolled.focal_px == pytest.approx(straight.focal_px, rel=1e-3)


def test_a_mirrored_picture_mirrors_the_vertical() -> None:
    """Exchanging left and right in the picture does so in the answer."""
    axes = camera_axes(12.0, 5.0, 25.0)
    lines, body = room_lines(axes), stooped(axes[1])
    flip = np.array((-1.0, 1.0, 1.0))

    straight = seen(lines, clues_of(body))
    mirrored = seen(
        lines * (-1, 1, -1, 1) + (SIZE_PX[0], 0, SIZE_PX[0], 0), clues_of(body * flip)
    )

    assert np.allclose(mirrored.up_cam, straight.up_cam * flip, atol=1e-4)


def test_neither_order_nor_ends_nor_pixels_matter() -> None:
    """Shuffled edges, exchanged ends and a picture twice as large change nothing."""
    axes = camera_axes(12.0, 5.0, 25.0)
    lines, clues = room_lines(axes), clues_of(stooped(axes[1]))
    order = np.random.default_rng(0).permutation(len(lines))
    doubled = clues_of(clues.up_cam, focal_px=2 * USUAL_PX)

    first = seen(lines, clues)

    other = seen(lines[order][:, [2, 3, 0, 1]], clues)
    large = seen(2 * lines, doubled, 2 * SIZE_PX)
    assert np.allclose(first.up_cam, other.up_cam, atol=1e-5)
    assert np.allclose(first.up_cam, large.up_cam, atol=1e-9)
    assert large.focal_px == pytest.approx(2 * first.focal_px)


def test_without_edges_the_body_stands() -> None:
    """No edge leaves the body's axis and deviation, and the usual focal length."""
    clues = clues_of(camera_axes(20.0, -4.0, 0.0)[1])

    found = seen(np.zeros((0, 4)), clues)

    assert np.array_equal(found.up_cam, clues.up_cam)
    assert sd_deg(found) == pytest.approx(8)
    assert (found.focal_px, found.log_focal_sd) == (USUAL_PX, 0.2)
    assert not found.by_edges


LONE = [100.0, 200.0, 130.0, 600.0]
DEGENERATE: dict[str, Array] = {
    "one edge": np.array([LONE]),
    "a point": np.array([[5.0, 5.0, 5.0, 5.0]] * 9),
    "not a number": np.full((7, 4), np.nan),
    "one edge many times": np.array([LONE] * 50),
    "all on one line": np.array([[k, 300.0, k + 90, 300.0] for k in range(20)]),
    "through the middle": np.array(
        [[640 - 99 * np.cos(a), 360 - 99 * np.sin(a), 640.0, 360.0] for a in range(9)]
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("what", DEGENERATE)
def test_degenerate_edges_leave_the_body_alone(what: str) -> None:
    """Edges from which nothing follows move neither vertical nor focal length."""
    clues = clues_of(camera_axes(20.0, -4.0, 0.0)[1])

    found = seen(DEGENERATE[what], clues)

    assert np.allclose(found.up_cam, clues.up_cam, atol=1e-9)
    assert sd_deg(found) > 5
    assert np.isfinite(found.turn_cov_rad2).all()


@pytest.mark.parametrize("clutter", [0, 6, 30])
def test_parallel_horizontals_do_not_pull_the_vertical(clutter: int) -> None:
    """Shelf boards of one direction, however many, say too little to be used."""
    axes = camera_axes(10.0, 5.0, 20.0)
    furniture = Furniture(upright=0, level=60, clutter=clutter)
    boards = np.arange(60 + clutter) >= 60
    boards[:60:2] = True
    for seed in range(4):
        clues = clues_of(stooped(axes[1], seed))

        found = seen(room_lines(axes, furniture, seed=seed)[boards], clues)

        assert np.array_equal(found.up_cam, clues.up_cam)
        assert not found.by_edges


def test_tiles_alone_show_the_vertical() -> None:
    """Two horizontal directions at right angles are enough."""
    axes = camera_axes(25.0, 5.0, 30.0)
    tiles = Furniture(upright=0, level=40, clutter=10)

    found = seen(room_lines(axes, tiles), clues_of(stooped(axes[1])))

    assert off_deg(found, axes[1]) < 0.5


def test_scribbles_change_nothing() -> None:
    """Edges of any direction leave the body's axis, no surer than it was."""
    for seed in range(5):
        axes = camera_axes(20.0, -4.0, 0.0)
        clues = clues_of(stooped(axes[1], seed))

        found = seen(room_lines(axes, NOTHING_STRAIGHT, seed=seed), clues)

        assert np.array_equal(found.up_cam, clues.up_cam)
        assert sd_deg(found) > 7.5


def test_a_few_leaning_things_do_not_fool() -> None:
    """Six bars that lean by 12° leave a room's vertical where it is."""
    axes = camera_axes(15.0, 0.0, 30.0)
    furniture = Furniture(leaning=6)

    found = seen(room_lines(axes, furniture), clues_of(stooped(axes[1])))

    assert off_deg(found, axes[1]) < 0.5


def test_as_many_leaning_as_upright_edges_leave_doubt() -> None:
    """Where half the bars lean, the stated deviation says so."""
    axes = camera_axes(15.0, 0.0, 30.0)
    split = Furniture(upright=10, leaning=10, level=0, clutter=0)
    clear = Furniture(upright=20, level=0, clutter=0)
    between = axes[1] + np.tan(np.radians(6)) * axes[0]
    clues = clues_of(between, log_focal_sd=0.02, focal_px=FOCAL_PX)

    doubtful, sure = (seen(room_lines(axes, each), clues) for each in (split, clear))

    assert sd_deg(doubtful) > 4
    assert sd_deg(sure) < 3


def test_the_longest_family_is_not_upright_for_its_length() -> None:
    """A hundred horizontals beside eight uprights are not taken for the vertical."""
    axes = camera_axes(15.0, 0.0, 30.0)
    furniture = Furniture(upright=8, level=200, clutter=0)

    found = seen(room_lines(axes, furniture), clues_of(stooped(axes[1])))

    assert off_deg(found, axes[1]) < 0.3


def test_level_cameras_have_their_vertical_at_infinity() -> None:
    """Edges exactly parallel in the picture show a vertical in its plane."""
    x = np.linspace(100, 1180, 15)
    lines = np.stack((x, 0 * x + 100, x, 0 * x + 600), axis=-1)

    found = seen(lines, clues_of(np.array((0.1, -1.0, -0.1))))

    assert off_deg(found, np.array((0.0, -1.0, 0.0))) < 0.2


def test_looking_down_the_vertical_is_in_the_picture() -> None:
    """From the ceiling, uprights meet below the camera: at its very foot."""
    axes = camera_axes(80.0, 10.0, 30.0)

    found = seen(room_lines(axes), clues_of(stooped(axes[1])))

    assert off_deg(found, axes[1]) < 0.5


def test_uprights_alone_need_the_focal_length() -> None:
    """Of a tilted camera, uprights tell the tilt only as well as the focal length."""
    axes = camera_axes(25.0, 0.0, 0.0)
    lines = room_lines(axes, UPRIGHTS)
    body = stooped(axes[1])

    unknown = seen(lines, clues_of(body))
    known = seen(lines, clues_of(body, focal_px=FOCAL_PX, log_focal_sd=0.01))

    assert off_deg(known, axes[1]) < 0.5
    assert sd_deg(known) < 0.7 * sd_deg(unknown)


def test_surer_bodies_are_moved_less() -> None:
    """A family of edges far from what is known for sure is not the vertical."""
    axes = camera_axes(15.0, 0.0, 30.0)
    told = stooped(axes[1], seed=3)
    apart = np.degrees(np.arccos(told @ axes[1]))
    assert apart > 6

    found = seen(room_lines(axes), clues_of(told, sd_deg=1.0))

    assert np.array_equal(found.up_cam, told)
    assert not found.by_edges


def test_the_same_edges_give_the_same_answer() -> None:
    """There is no chance in it."""
    axes = camera_axes(15.0, 3.0, 30.0)
    one, other = (seen(room_lines(axes), clues_of(axes[1])) for _ in range(2))

    assert np.array_equal(one.up_cam, other.up_cam)
    assert np.array_equal(one.turn_cov_rad2, other.turn_cov_rad2)


def test_edges_point_to_their_vanishing_point() -> None:
    """Without noise, the edges along a direction make no angle with it."""
    axes = camera_axes(15.0, 3.0, 30.0)
    edges = Edges.of(room_lines(axes, UPRIGHTS, noise_px=0.0)[:14], SIZE_PX)

    focal = np.array([FOCAL_PX / edges.unit_px])
    sine, cosine = sine_to(edges, towards(edges, axes[1:2], focal))

    assert np.allclose(sine, 0, atol=1e-9)
    assert np.allclose(np.abs(cosine), 1)


def test_families_are_found_without_the_focal_length() -> None:
    """The strongest vanishing points are those of the room's three directions."""
    axes = camera_axes(20.0, 3.0, 30.0)
    edges = Edges.of(room_lines(axes, RICH), SIZE_PX)

    points = vanishing_points(edges)[:3]

    true = axes * (FOCAL_PX, FOCAL_PX, edges.unit_px)
    true /= np.linalg.norm(true, axis=-1, keepdims=True)
    assert (np.abs(true @ points.T).max(axis=1) > np.cos(np.radians(1))).all()


def test_the_derivative_is_that_of_the_angles() -> None:
    """Rooms moved a little change their edges' sines as the derivative says."""
    edges = Edges.of(room_lines(camera_axes(20.0, 3.0, 30.0)), SIZE_PX)
    rooms = some_rooms(0)
    jac = _derivative(edges, rooms)

    for k, step in enumerate(1e-6 * np.eye(UNKNOWNS)):
        ahead = read(edges, rooms.moved(np.tile(step, (len(rooms), 1)))).sine
        back = read(edges, rooms.moved(np.tile(-step, (len(rooms), 1)))).sine
        slope = (ahead - back) / 2e-6
        assert np.allclose(slope, jac[..., k], rtol=1e-4, atol=1e-4)


def test_evidence_is_that_of_a_slow_twin() -> None:
    """The mixture's log-likelihood, edge by edge and axis by axis."""
    edges = Edges.of(room_lines(camera_axes(20.0, 3.0, 30.0))[::4], SIZE_PX)
    rooms = some_rooms(1, count=2)

    found = read(edges, rooms)

    for room in range(2):
        total = 0.0
        for k in range(len(edges)):
            mixed = rooms.shares[room, 0]
            for axis in range(3 + ASIDE):
                sd, sine = edges.sd_rad[k], found.sine[room, axis, k]
                density = np.exp(-0.5 * (sine / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
                mixed += rooms.shares[room, 1 + axis] * density * np.pi
            total += TEMPER * edges.weight[k] * np.log(mixed)
        assert found.evidence[room] == pytest.approx(total)


def test_turns_are_the_solvers_rotations() -> None:
    """Rotations in numpy are those in torch, none at all included."""
    rotvec = np.random.default_rng(0).normal(size=(20, 3))
    rotvec[0] = 0

    expected = rotvec_to_rotmat(torch.from_numpy(rotvec)).numpy()

    assert np.allclose(turns(rotvec), expected)
