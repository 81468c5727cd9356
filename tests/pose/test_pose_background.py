"""Laws of the background's straight edges, on painted pictures."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ergomesh.pose.background import (
    MAX_SIDE_PX,
    GreyPicture,
    background_lines,
    reduced,
    sample_rows,
)
from ergomesh.pose.segments import MAX_LINES, join_lines, lengths, merged

Array = NDArray[np.float64]

SIZE_PX = (1280, 720)
FINE = 3
"""Paintings are made this much larger and reduced, so that edges are soft."""
NOBODY = np.zeros((0, 4))
EDGES = np.array(
    [
        [200.0, 100.0, 240.0, 640.0],
        [420.0, 120.0, 900.0, 160.0],
        [1000.0, 90.0, 1010.0, 600.0],
        [300.0, 500.0, 800.0, 420.0],
        [700.0, 600.0, 1200.0, 690.0],
    ]
)
"""Where one side of each painted bar runs."""
BAR_PX = 22.0


@cache
def room(shift_px: tuple[float, float] = (0.0, 0.0)) -> GreyPicture:
    """Return a picture of bars on a wall with faint blotches."""
    width, height = SIZE_PX
    rng = np.random.default_rng(0)
    blotches = rng.uniform(120, 160, (9, 16)).astype(np.uint8)
    fine = (width * FINE, height * FINE)
    large = cv2.resize(blotches, fine, interpolation=cv2.INTER_CUBIC)
    for x1, y1, x2, y2 in EDGES:
        aside = BAR_PX * np.array((y1 - y2, x2 - x1)) / np.hypot(x2 - x1, y2 - y1)
        start, end = np.array((x1, y1)), np.array((x2, y2))
        corners = np.array((start, end, end + aside, start + aside)) + shift_px
        cv2.fillPoly(large, [np.round(corners * FINE).astype(np.int32)], 40)
    return np.asarray(cv2.resize(large, SIZE_PX, interpolation=cv2.INTER_AREA))


def with_person(picture: GreyPicture, place: float) -> tuple[GreyPicture, Array]:
    """Return a picture with a person made of straight edges, and their box."""
    left, top, right, bottom = place, 0.3, place + 0.1, 0.9
    corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom)))
    painted = picture.copy()
    pixels = np.round(corners * SIZE_PX).astype(np.int32)
    cv2.fillPoly(painted, [pixels], (250,))
    return painted, np.array([[left, top, right, bottom]])


def noisy(picture: GreyPicture, seed: int) -> GreyPicture:
    """Return a picture as a camera would take it."""
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def film(picture: Callable[[int], GreyPicture], count: int = 9) -> list[GreyPicture]:
    """Return small pictures of a clip."""
    frames = [noisy(picture(k), k) for k in range(count)]
    return [reduced(np.repeat(frame[..., None], 3, axis=2)) for frame in frames]


def still_lines() -> Array:
    """Return the edges of a still room without anybody."""
    return background_lines(film(lambda _: room()), [NOBODY] * 9, SIZE_PX)


def distance_px(lines: Array, edge: Array) -> Array:
    """Return (M,) how far segments' ends are from the line through an edge."""
    start, end = edge[:2], edge[2:]
    along = (end - start) / np.linalg.norm(end - start)
    ends = lines.reshape(-1, 2, 2) - start
    off = np.abs(ends[..., 0] * along[1] - ends[..., 1] * along[0])
    return np.asarray(off.max(-1))


def finds(lines: Array, edge: Array) -> bool:
    """Whether most of an edge is found within a pixel."""
    near = distance_px(lines, edge) < 1.0
    return bool(lengths(lines[near]).sum() > 0.8 * lengths(edge[None])[0])


def test_edges_are_found_to_a_fraction_of_a_pixel() -> None:
    """Every painted edge is found, in the coordinates of the full picture."""
    lines = still_lines()

    for edge in EDGES:
        nearest = lines[np.argmin(distance_px(lines, edge))]
        assert finds(lines, edge)
        assert distance_px(nearest[None], edge) < 0.5


def test_only_edges_are_found() -> None:
    """All segments lie along a side of a bar; a wall's blotches are none."""
    lines = still_lines()
    long_sides = np.array([distance_px(lines, edge) for edge in EDGES])

    assert (long_sides.min(0) < BAR_PX + 2).all()
    assert len(lines) < 4 * len(EDGES)


def test_longest_come_first() -> None:
    """Segments are in the order of their lengths, and none is short."""
    length = lengths(still_lines())

    assert (np.diff(length) <= 0).all()
    assert length.min() > 0.03 * np.hypot(*SIZE_PX)


def people_film(
    place: Callable[[int], float],
) -> tuple[list[GreyPicture], list[Array]]:
    """Return a clip with a person, and their boxes."""
    seen = [with_person(room(), place(k)) for k in range(9)]
    return film(lambda k: seen[k][0]), [box for _, box in seen]


def test_walking_people_leave_no_edges() -> None:
    """A person who goes through the picture changes nothing of the room's edges."""
    pictures, boxes = people_film(lambda k: 0.1 + 0.08 * k)

    lines = background_lines(pictures, boxes, SIZE_PX)

    assert all(finds(lines, edge) for edge in EDGES)
    assert (np.array([distance_px(lines, e) for e in EDGES]).min(0) < BAR_PX + 2).all()


def test_standing_people_leave_no_edges() -> None:
    """Nor does one who never moves: what is behind them is not known."""
    pictures, boxes = people_film(lambda _: 0.62)

    lines = background_lines(pictures, boxes, SIZE_PX)

    within = (lines[:, [0, 2]] > 0.61 * 1280) & (lines[:, [0, 2]] < 0.73 * 1280)
    steep = np.abs(lines[:, 3] - lines[:, 1]) > np.abs(lines[:, 2] - lines[:, 0])
    assert not (within.all(-1) & steep).any()
    assert finds(lines, EDGES[0])


def test_a_moving_camera_has_no_edges() -> None:
    """Where the picture pans, there is no still background."""
    pictures = film(lambda k: room((12.0 * k - 48.0, 3.0 * k)))

    assert background_lines(pictures, [NOBODY] * 9, SIZE_PX).shape == (0, 4)


def test_a_hand_that_shakes_is_held_still() -> None:
    """Shifts by some pixels are taken out: edges are those of the middle picture."""
    shifts = np.random.default_rng(1).uniform(-5, 5, (9, 2))
    shifts[4] = 0

    lines = background_lines(
        film(lambda k: room((shifts[k, 0], shifts[k, 1]))), [NOBODY] * 9, SIZE_PX
    )

    assert all(finds(lines, edge) for edge in EDGES)


def test_dimming_light_is_no_movement() -> None:
    """A room that gets darker stands as still as before."""
    lines = background_lines(
        film(lambda k: (room() * (1 - 0.04 * k)).astype(np.uint8)),
        [NOBODY] * 9,
        SIZE_PX,
    )

    assert all(finds(lines, edge) for edge in EDGES)


def test_black_bars_are_not_edges() -> None:
    """Bars beside the picture, and its own border, are not of the room."""

    def barred(_: int) -> GreyPicture:
        picture = room().copy()
        picture[:, :150] = picture[:, -40:] = 0
        return picture

    lines = background_lines(film(barred), [NOBODY] * 9, SIZE_PX)

    upright = np.abs(lines[:, 2] - lines[:, 0]) < 2
    assert finds(lines, EDGES[2])
    for border in (150, 1240):
        assert not (upright & (np.abs(lines[:, 0] - border) < 8)).any()


def test_a_blank_wall_has_no_edges() -> None:
    """Nothing to see: no edges, and no fault."""
    blank = [np.full((540, 960), 128, dtype=np.uint8)] * 5

    assert len(background_lines(blank, [NOBODY] * 5, SIZE_PX)) == 0
    assert len(background_lines([], [], SIZE_PX)) == 0


def test_one_picture_is_enough() -> None:
    """A range with a single picture has the edges of that picture."""
    lines = background_lines(film(lambda _: room(), 1), [NOBODY], SIZE_PX)

    assert all(finds(lines, edge) for edge in EDGES)


def test_pictures_are_reduced_and_never_enlarged() -> None:
    """The longer side has at most 960 px, whichever it is."""
    for height, width in ((720, 1280), (1920, 1080), (300, 200)):
        small = reduced(np.zeros((height, width, 3), dtype=np.uint8))

        assert max(small.shape) == min(MAX_SIDE_PX, max(height, width))
        assert small.shape[1] / small.shape[0] == pytest.approx(
            width / height, rel=0.01
        )


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 600])
def test_sampled_pictures_are_spread_over_the_range(count: int) -> None:
    """At most nine, each once, the first and the last among them."""
    rows = sample_rows(count)

    assert len(rows) == min(count, 9)
    assert (np.diff(rows) > 0).all()
    assert set(rows[[0, -1]] if count else ()) == ({0, count - 1} if count else set())


def test_pieces_of_one_edge_are_joined() -> None:
    """A line that is broken twice, and found twice, is one line."""
    whole = np.array([100.0, 100.0, 700.0, 160.0])
    share = np.array([[0.0, 0.4], [0.42, 0.7], [0.71, 1.0], [0.1, 0.3]])
    pieces = np.array(
        [np.concatenate([whole[:2] + s * (whole[2:] - whole[:2]) for s in each])
         for each in share]
    )  # fmt: skip
    other = np.array([[100.0, 130.0, 700.0, 190.0]])

    lines = merged(np.vstack((other, pieces)), diagonal_px=1468.0)

    assert len(lines) == 2
    for found in np.vstack((whole, other)):
        ends = np.minimum(abs(lines - found), abs(lines[:, [2, 3, 0, 1]] - found))
        assert ends.max(-1).min() < 1e-6


def fan(seed: int, count: int = 20) -> Array:
    """Return segments of any direction."""
    ends = np.random.default_rng(seed).uniform((0, 0), SIZE_PX, (count, 2, 2))
    return ends.reshape(-1, 4)


def test_edges_seen_in_several_ranges_count_once() -> None:
    """The same room in three ranges, each a little off, is one room."""
    lines = fan(0)
    rng = np.random.default_rng(1)
    parts = [lines + rng.normal(0, 0.5, lines.shape) for _ in range(3)]

    joined = join_lines([*parts, np.zeros((0, 4))], SIZE_PX)

    assert len(joined) == len(lines)


def test_a_camera_that_drifts_keeps_its_edges() -> None:
    """Ranges a degree apart are put one on the other, on the one that shows most."""
    lines = fan(0)

    joined = join_lines([lines[:15] + 20, lines, lines[3:] - 15], SIZE_PX)

    assert len(joined) == len(lines)
    assert np.abs(joined - lines[np.argsort(-lengths(lines))]).max() < 1


def test_many_ranges_keep_all_their_edges() -> None:
    """Thirty ranges of one room show all its edges, not the longest thirty times."""
    lines = fan(0, count=60)

    joined = join_lines([lines] * 30, SIZE_PX)

    assert len(joined) == len(join_lines([lines], SIZE_PX)) > 40


def test_a_camera_put_elsewhere_has_no_edges() -> None:
    """Ranges that show different rooms have no one vertical."""
    assert len(join_lines([fan(0), fan(1)], SIZE_PX)) == 0


def test_few_edges_do_not_tell_that_the_camera_moved() -> None:
    """A range in which little is seen adds what it sees."""
    joined = join_lines([fan(0), fan(1)[:3]], SIZE_PX)

    assert len(joined) == 23


def test_joined_edges_are_few_and_the_longest() -> None:
    """However many there are, the longest three hundred stay, in order."""
    lines = fan(0, count=500)

    joined = join_lines([lines], SIZE_PX)

    assert len(joined) == MAX_LINES
    assert (np.diff(lengths(joined)) <= 0).all()
    assert lengths(joined)[0] == lengths(lines).max()


def test_no_ranges_have_no_edges() -> None:
    """Nothing joined is nothing."""
    assert join_lines([], SIZE_PX).shape == (0, 4)
