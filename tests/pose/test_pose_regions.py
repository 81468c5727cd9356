"""Laws of windows on the picture."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.pose import windows
from ergomesh.pose.crop import Beyond, cut
from ergomesh.pose.region import MARGIN, Region

SIZES = st.sampled_from(
    [(1920, 1080), (1080, 1920), (640, 480), (720, 720), (3000, 500)]
)
REGIONS = st.builds(
    Region,
    x_px=st.floats(-100, 2000),
    y_px=st.floats(-100, 2000),
    side_px=st.floats(10, 3000),
    roll_rad=st.floats(-math.pi, math.pi),
)


@given(st.floats(0, 500), st.floats(0, 500), st.floats(5, 300), st.floats(-3, 3))
def test_a_person_stands_upright_in_their_window(
    x_px: float, y_px: float, tall_px: float, lean_rad: float
) -> None:
    """However somebody leans, in their window the head is above the hips' middle."""
    hips = np.array([x_px, y_px])
    head = hips + tall_px * np.array([math.sin(lean_rad), -math.cos(lean_rad)])
    region = Region.about(hips, head)

    shown = region.to_picture(np.array([[0.5, 0.5], [0.5, 0.5 - 0.5 / MARGIN]]))

    np.testing.assert_allclose(shown, [hips, head], atol=1e-6)


@given(REGIONS, st.integers(1, 300))
def test_the_crop_is_cut_where_points_are_mapped(region: Region, size: int) -> None:
    """A pixel of the crop and its share of the window are one place of the picture."""
    pixel = np.array([0.3, 0.8]) * size

    by_crop = region.affine(size) @ [*pixel, 1.0]

    np.testing.assert_allclose(by_crop, region.to_picture(pixel / size), atol=1e-6)


def test_a_window_of_the_whole_is_the_picture() -> None:
    """A square picture cut whole at its own size comes out unchanged."""
    rgb = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)

    assert (cut(rgb, Region.whole(40, 40), 40, Beyond.EDGE) == rgb).all()


@given(SIZES, st.sampled_from(windows.SHARES), st.data())
def test_nobody_falls_between_windows(
    size_px: tuple[int, int], share: float, data: st.DataObject
) -> None:
    """Whoever takes a fifth of a square is wholly in one of its size."""
    width, height = size_px
    side = share * min(size_px)
    body = side / 5
    x = data.draw(st.floats(body / 2, width - body / 2))
    y = data.draw(st.floats(body / 2, height - body / 2))
    squares = [
        w
        for w in (*windows.coarse(width, height), *windows.fine(width, height))
        if w.side_px == side
    ]
    if not squares:  # a square picture is its own only square
        squares = [Region.whole(width, height)]

    assert any(
        abs(x - w.x_px) <= (w.side_px - body) / 2 + 1e-6
        and abs(y - w.y_px) <= (w.side_px - body) / 2 + 1e-6
        for w in squares
    )


def test_small_windows_are_spared_beside_somebody_tall() -> None:
    """The taller the tallest, the fewer windows are searched for small people."""
    counts = [len(windows.fine(1920, 1080, tall)) for tall in (0, 200, 500, 800)]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] == counts[1] > counts[2] > counts[3] == 0


@given(SIZES, st.floats(0.01, 1))
def test_whoever_is_half_as_tall_is_still_looked_for(
    size_px: tuple[int, int], share: float
) -> None:
    """Some window shows a person of half the tallest's height at a third or more."""
    tallest = share * min(size_px)
    small = max(tallest / 2, min(windows.SHARES) * min(size_px) / 3)
    searched = [*windows.coarse(*size_px), *windows.fine(*size_px, tallest)]

    assert min(w.side_px for w in searched) <= 3 * small + 1e-6
