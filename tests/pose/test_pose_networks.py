"""Laws of reading the networks' raw output."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from ergomesh.contract.job import Preset
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS
from ergomesh.pose.averaging import averaged, same_sides
from ergomesh.pose.boxes import overlap
from ergomesh.pose.decoding import INPUT_PX, RawLook, decoded
from ergomesh.pose.detection import Look
from ergomesh.pose.gaze import Picture, gazing
from ergomesh.pose.heatmap import refined
from ergomesh.pose.presets import PLANS
from ergomesh.pose.region import Region
from ergomesh.pose.ssd import persons
from pose.pose_play import Play, done, look_at

ANCHORS = 2254
WINDOW = Region(x_px=500, y_px=300, side_px=224)
SEEDS = st.integers(0, 2**32 - 1)


def raw_person(row: int) -> np.ndarray:
    """Return detector output with one person at an anchor: hips there, rim above."""
    boxes = np.zeros((ANCHORS, 12), dtype=np.float32)
    boxes[row, 2:4] = 30
    boxes[row, 6:8] = 0, -60
    return boxes


@pytest.mark.parametrize(
    ("row", "x", "y"),
    [
        (0, 4, 4),
        (1, 4, 4),
        (2, 12, 4),
        (56, 4, 12),
        (1568, 8, 8),
        (1960, 16, 16),
        (2253, 208, 208),
    ],
)
def test_anchors_lie_where_the_detector_put_them(row: int, x: int, y: int) -> None:
    """A detection without offset is at its anchor's cell, in MediaPipe's order."""
    scores = np.full(ANCHORS, -9.0)
    scores[row] = 9.0

    (found,) = persons(raw_person(row), scores, WINDOW, least=0.5)

    np.testing.assert_allclose(found.region.center_px, [388 + x, 188 + y], atol=1e-4)
    assert found.region.side_px == pytest.approx(2 * 1.25 * 60)
    assert found.region.roll_rad == pytest.approx(0)


def test_anchors_of_one_face_are_one_person() -> None:
    """Neighbouring anchors that agree are merged, weighted by how sure they are."""
    boxes = raw_person(1000)
    boxes[1002], boxes[1002, 0], boxes[1002, 4] = boxes[1000], -8, -8
    boxes[1002, 6] = -8
    scores = np.full(ANCHORS, -9.0)
    scores[[1000, 1002]] = 2.0

    found = persons(boxes, scores, WINDOW, least=0.5)

    assert len(found) == 1
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-2)))


def test_nobody_is_nobody() -> None:
    """Without a sure anchor nobody is found."""
    assert persons(raw_person(5), np.full(ANCHORS, -1.0), WINDOW, least=0.5) == []


def refined_slowly(point: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The calculator's loops, one landmark at a time."""
    height, width = heat.shape
    column, row = int(point[0] * width), int(point[1] * height)
    if not (0 <= column < width and 0 <= row < height):
        return point
    total, across, down, warmest = 0.0, 0.0, 0.0, 0.0
    for r in range(max(0, row - 3), min(height, row + 4)):
        for c in range(max(0, column - 3), min(width, column + 4)):
            warm = 1 / (1 + np.exp(-heat[r, c]))
            total, warmest = total + warm, max(warmest, warm)
            across, down = across + c * warm, down + r * warm
    if warmest < 0.5:
        return point
    return np.array([across / width / total, down / height / total])


@given(SEEDS, st.floats(-4, 4))
def test_refinement_equals_its_slow_twin(seed: int, warmth: float) -> None:
    """Sharpening all landmarks at once gives what one loop after another gives."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1, (39, 2)) * 1.4 - 0.2
    points = np.where(
        points < 0, points - 0.1, points
    )  # the slow twin's int() rounds up
    heat = rng.normal(warmth - 2, 1, (16, 16, 39))

    fast = refined(points, heat)

    slow = [refined_slowly(p, heat[:, :, k]) for k, p in enumerate(points)]
    np.testing.assert_allclose(fast, slow, atol=1e-9)


def raw_look(seed: int) -> RawLook:
    """Return some output of the landmark network."""
    rng = np.random.default_rng(seed)
    landmarks = rng.uniform(0, INPUT_PX, (39, 5))
    landmarks[:, 3:] = rng.normal(size=(39, 2))
    return RawLook(
        landmarks=landmarks,
        score=0.9,
        heat=np.full((64, 64, 39), -9.0),
        world_m=rng.normal(size=(39, 3)),
    )


def mirrored_raw(raw: RawLook) -> RawLook:
    """Return what the network says of the mirrored crop, if it is right."""
    other = [LANDMARK[_other(name)] for name in LANDMARKS] + list(range(33, 39))
    landmarks = raw.landmarks[other].copy()
    landmarks[:, 0] = INPUT_PX - landmarks[:, 0]
    return RawLook(
        landmarks=landmarks,
        score=raw.score,
        heat=raw.heat,
        world_m=raw.world_m[other] * (-1, 1, 1),
    )


def _other(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    return "_".join(swap.get(word, word) for word in name.split("_"))


@given(SEEDS, st.floats(-3, 3))
def test_a_mirrored_look_is_turned_back(seed: int, roll_rad: float) -> None:
    """What is seen in the mirror is, turned back, what is seen directly."""
    region = Region(x_px=300, y_px=200, side_px=400, roll_rad=roll_rad)
    raw = raw_look(seed)

    direct = decoded(raw, region)
    back = decoded(mirrored_raw(raw), region, mirrored=True)

    for name in ("points_px", "points_world_m", "depth_px", "visibility", "presence"):
        np.testing.assert_allclose(
            getattr(back, name), getattr(direct, name), atol=1e-9, err_msg=name
        )
    np.testing.assert_allclose(
        back.next_region.center_px, direct.next_region.center_px, atol=1e-9
    )


@given(SEEDS, st.floats(-3, 3))
def test_a_turned_window_turns_the_body_with_it(seed: int, roll_rad: float) -> None:
    """In picture and in space landmarks turn by the window's roll, depth stays."""
    raw = raw_look(seed)
    upright = decoded(raw, Region(x_px=0, y_px=0, side_px=100))
    turned = decoded(raw, Region(x_px=0, y_px=0, side_px=100, roll_rad=roll_rad))
    cos, sin = np.cos(roll_rad), np.sin(roll_rad)
    turn = np.array([[cos, sin], [-sin, cos]])

    np.testing.assert_allclose(turned.points_px, upright.points_px @ turn, atol=1e-9)
    np.testing.assert_allclose(
        turned.points_world_m[:, :2], upright.points_world_m[:, :2] @ turn, atol=1e-9
    )
    np.testing.assert_allclose(
        turned.points_world_m[:, 2], upright.points_world_m[:, 2], atol=1e-9
    )


def swapped(look: Look) -> Look:
    """Return a look that takes left for right."""
    other = [LANDMARK[_other(name)] for name in LANDMARKS]
    return Look(
        score=look.score,
        next_region=look.next_region,
        points_px=look.points_px[other],
        depth_px=look.depth_px[other],
        points_world_m=look.points_world_m[other],
        visibility=look.visibility[other],
        presence=look.presence[other],
    )


def test_looks_that_swap_sides_are_left_out() -> None:
    """A look that takes left for right doesn't halve the body's width."""
    look = look_at(100, 100, 80)
    other = swapped(look)

    assert not same_sides(look, other)
    np.testing.assert_array_equal(
        averaged([look, other], [look, other]).points_px, look.points_px
    )


def test_looks_that_agree_are_averaged() -> None:
    """The mean of two looks lies half way between them."""
    a, b = look_at(100, 100, 80), look_at(104, 98, 80)

    mean = averaged([a, b], [b])

    np.testing.assert_allclose(mean.points_px, (a.points_px + b.points_px) / 2)
    assert mean.next_region == a.next_region


@given(SEEDS)
def test_overlap_is_a_share(seed: int) -> None:
    """A box overlaps itself wholly, others from 0 to 1, and both ways alike."""
    corners = np.sort(np.random.default_rng(seed).uniform(0, 9, (5, 2, 2)), axis=1)
    boxes = corners.reshape(5, 4)

    table = np.array([overlap(box, boxes) for box in boxes])

    np.testing.assert_allclose(np.diag(table), 1)
    np.testing.assert_allclose(table, table.T)
    assert ((table >= 0) & (table <= 1 + 1e-12)).all()


@pytest.mark.parametrize("preset", Preset)
def test_each_model_looks_as_often_as_its_preset_says(preset: Preset) -> None:
    """Every model looks once, and in ``best`` once more at the mirrored crop.

    The picture's landmarks are the mean of the image model's looks, those in space
    of all the looks of the world models.
    """
    plan, asked = PLANS[preset], list[tuple[str, bool]]()
    plain = look_at(100, 100, 80)

    class Recorder(Play):
        @override
        def looking(
            self, rgb: Picture, region: Region, model: str, *, mirrored: bool = False
        ) -> Future[Look]:
            off_m = 0.01 * len(asked)
            asked.append((model, mirrored))
            world = plain.points_world_m + off_m
            return done(replace(plain, points_world_m=world))

    black = np.zeros((8, 8, 3), dtype=np.uint8)
    look = gazing(Recorder(()), plan, black, WINDOW)()

    ways = (False, True) if preset is Preset.BEST else (False,)
    assert sorted(asked) == sorted((m, way) for m in plan.models for way in ways)
    counted = [k for k, (m, _) in enumerate(asked) if m in plan.world_models]
    mean_m = plain.points_world_m + 0.01 * np.mean(counted)
    np.testing.assert_allclose(look.points_world_m, mean_m)
