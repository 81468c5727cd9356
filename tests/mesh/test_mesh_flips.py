"""Laws of putting mirrored depths right."""

from dataclasses import replace

import numpy as np
import pytest

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.skeleton import LANDMARK
from ergomesh.mesh.core.flips import with_depths_in_order
from ergomesh.mesh.core.paths import cheapest_path
from mesh.mesh_synthetic import PERFECT, Scene, make_scene

MAX_GAP_S = 0.5


def mirrored(landmarks: Landmarks, joints: list[str], rows: slice) -> Landmarks:
    """Return landmarks with what hangs on the first joint mirrored about it."""
    world = landmarks.points_world_m.copy()
    pivot = world[rows, LANDMARK[joints[0]], 2].copy()
    for name in joints[1:]:
        world[rows, LANDMARK[name], 2] = 2 * pivot - world[rows, LANDMARK[name], 2]
    return replace(landmarks, points_world_m=world)


@pytest.fixture(scope="module")
def clean(scene: Scene) -> Landmarks:
    """Landmarks of a person without detector noise."""
    return make_scene(scene.body, seed=3, detector=PERFECT).landmarks


ARM = ["shoulder", "elbow", "wrist", "pinky", "index", "thumb"]
LEG = ["hip", "knee", "ankle", "heel", "foot_index"]


def reaching(landmarks: Landmarks, names: list[str]) -> Landmarks:
    """Return a person who stands still as in the frame where a limb is deepest."""
    start, bend, end = (LANDMARK[name] for name in names[:3])
    depth = landmarks.points_world_m[..., 2]
    upper, lower = depth[:, bend] - depth[:, start], depth[:, end] - depth[:, bend]
    frame = int(np.argmax(np.minimum(np.abs(upper), np.abs(lower))))
    still = np.repeat(landmarks.points_world_m[frame][None], len(depth), axis=0)
    return replace(landmarks, points_world_m=still)


@pytest.mark.parametrize("limb", [ARM, LEG])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("rows", [slice(20, 27), slice(0, 3), slice(59, 60)])
def test_a_burst_of_mirrored_depths_is_undone(
    clean: Landmarks, limb: list[str], side: str, rows: slice
) -> None:
    """Depths mirrored for some frames come out as if they had not been."""
    names = [f"{side}_{name}" for name in limb]
    still = reaching(clean, names)
    burst = mirrored(still, names, rows)

    found = with_depths_in_order(burst, MAX_GAP_S).points_world_m

    assert not np.allclose(burst.points_world_m, found, equal_nan=True)
    assert np.allclose(found, still.points_world_m, equal_nan=True)


def test_only_depths_change(clean: Landmarks) -> None:
    """Positions in the picture and across the view stay as they were."""
    burst = mirrored(clean, [f"left_{name}" for name in ARM], slice(20, 27))

    found = with_depths_in_order(burst, MAX_GAP_S)

    assert np.array_equal(found.points_px, burst.points_px, equal_nan=True)
    assert np.array_equal(
        found.points_world_m[..., :2], burst.points_world_m[..., :2], equal_nan=True
    )


def test_true_depths_stay(clean: Landmarks) -> None:
    """Landmarks without a mirrored limb keep their depths."""
    assert with_depths_in_order(clean, MAX_GAP_S) is clean


def test_single_and_empty_clips_stay(clean: Landmarks) -> None:
    """Where there is nothing to compare with, nothing is changed."""
    nobody = replace(clean, detected=np.zeros(len(clean.time_s), dtype=bool))
    one = replace(nobody, detected=np.arange(len(clean.time_s)) == 5)

    assert with_depths_in_order(nobody, MAX_GAP_S) is nobody
    assert with_depths_in_order(one, MAX_GAP_S) is one


@pytest.mark.parametrize("seed", range(5))
def test_the_path_is_the_cheapest_of_all(seed: int) -> None:
    """No other sequence of states costs less than the one found."""
    rng = np.random.default_rng(seed)
    own, step = rng.random((5, 3)), rng.random((4, 3, 3))

    def cost(path: tuple[int, ...]) -> float:
        own_cost = sum(own[t, s] for t, s in enumerate(path))
        return float(own_cost + sum(step[t, path[t], path[t + 1]] for t in range(4)))

    every = [tuple(int(s) for s in path) for path in np.ndindex(3, 3, 3, 3, 3)]
    assert cost(tuple(cheapest_path(own, step).tolist())) == pytest.approx(
        min(cost(path) for path in every)
    )
