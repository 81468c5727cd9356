import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.ingest.display import rotation_from_matrix, upright_size_px

TURNS = st.sampled_from([0, 90, 180, 270])


def matrix_bytes(turn_deg: float, *, mirrored: bool = False) -> bytes:
    """Build FFmpeg's nine numbers for a clockwise turn, after a mirror."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    across, down = np.array([cos, sin]), np.array([-sin, cos])
    rows = [-across if mirrored else across, down, np.zeros(2)]
    values = [v for row in rows for v in (*(round(x * 65536) for x in row), 0)]
    return struct.pack("=9i", *values[:-1], 1 << 30)


@given(turn_deg=TURNS, tilt_deg=st.floats(-40, 40), mirrored=st.booleans())
def test_the_turn_is_read_to_the_nearest_quarter(
    turn_deg: int, tilt_deg: float, *, mirrored: bool
) -> None:
    """A tilted or mirrored matrix gives the quarter turn that it is nearest to."""
    raw = matrix_bytes(turn_deg + tilt_deg, mirrored=mirrored)
    assert rotation_from_matrix(raw) == turn_deg


@given(st.integers(1, 5000), st.integers(1, 5000), TURNS)
def test_a_turn_of_a_quarter_swaps_width_and_height(
    width_px: int, height_px: int, turn_deg: int
) -> None:
    """Width and height swap with each quarter turn and are else untouched."""
    size = (width_px, height_px)
    shown = upright_size_px(*size, None, turn_deg)
    assert shown == (size if turn_deg in {0, 180} else size[::-1])


@pytest.mark.parametrize(
    ("turn_deg", "expected"), [(0, (1920, 1080)), (90, (1080, 1920))]
)
def test_oblong_pixels_become_square(turn_deg: int, expected: tuple[int, int]) -> None:
    """Camcorder pictures of 1440 x 1080 are shown 1920 wide, then turned."""
    assert upright_size_px(1440, 1080, Fraction(4, 3), turn_deg) == expected
