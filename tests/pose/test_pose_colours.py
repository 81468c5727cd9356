"""Laws of knowing people by their clothes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import LANDMARK
from ergomesh.pose.colours import SIZE, clothing, difference, mixed
from ergomesh.pose.detection import Look
from ergomesh.pose.track import OTHER_CLOTHES
from pose.pose_play import BLUE, GREEN, RED, Play, Player, look_at, standing

LOOK = look_at(300, 180, 150)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


def worn(colour: tuple[int, int, int]) -> FloatArray:
    """Return the clothes of somebody all in one colour."""
    rgb = Play([Player(standing(300), 150, colour)]).frame(0, 0.0).rgb
    found = clothing(rgb, LOOK)
    assert found is not None
    return found


@given(COLOURS)
def test_clothes_are_shares_and_like_themselves(colour: tuple[int, int, int]) -> None:
    """Whatever the colour, shares add up to one and differ from themselves by none."""
    clothes = worn(colour)

    assert clothes.shape == (SIZE,)
    assert clothes.sum() == pytest.approx(2)
    assert (clothes >= 0).all()
    assert difference(clothes, clothes) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b"), [(RED, GREEN), (GREEN, BLUE), (BLUE, RED), (RED, (20, 20, 20))]
)
def test_other_colours_are_other_clothes(
    a: tuple[int, int, int], b: tuple[int, int, int]
) -> None:
    """Different colours are told apart."""
    assert difference(worn(a), worn(b)) > OTHER_CLOTHES


@given(COLOURS, st.floats(0.8, 1.2))
def test_a_little_more_light_changes_little(
    colour: tuple[int, int, int], light: float
) -> None:
    """A fifth more or less light doesn't make other clothes of them."""
    brighter = tuple(min(255, round(light * value)) for value in colour)

    assert difference(worn(colour), worn(brighter)) < OTHER_CLOTHES  # type: ignore[arg-type]  # three values


def hiding(part: str) -> Look:
    """Return the body with one joint hidden."""
    visibility = LOOK.visibility.copy()
    visibility[LANDMARK[part]] = 0.2
    return replace(LOOK, visibility=visibility)


def test_a_body_that_is_not_seen_has_no_colours() -> None:
    """Where a shoulder is hidden nothing is said of the clothes."""
    rgb = np.zeros((360, 640, 3), dtype=np.uint8)

    assert clothing(rgb, hiding("left_shoulder")) is None


@pytest.mark.parametrize("part", ["left_hip", "right_knee"])
def test_hidden_legs_leave_the_torso_to_compare(part: str) -> None:
    """Behind a table people are known by their torsos, and mixing forgets nothing."""
    play = Play([Player(standing(300), 150, RED)])
    half = clothing(play.frame(0, 0.0).rgb, hiding(part))

    assert half is not None
    assert difference(half, worn(RED)) < 0.1
    assert difference(half, worn(GREEN)) > OTHER_CLOTHES
    for one, other in ((half, worn(RED)), (worn(RED), half)):
        assert np.isfinite(mixed(one, other, 0.5)).all()


def test_a_body_outside_the_picture_has_no_colour_of_its_own() -> None:
    """Beyond the edge every colour is as likely as any other."""
    clothes = clothing(np.zeros((60, 60, 3), dtype=np.uint8), LOOK)

    assert clothes is not None
    assert np.ptp(clothes) == pytest.approx(0)
