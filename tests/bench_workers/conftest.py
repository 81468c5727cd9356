"""The free body and the benchmark's performances, made once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from bench.workers.cameras import Camera
from bench.workers.figure import BodyData, figure_of, read_body
from bench.workers.motions.all import MOTIONS
from bench.workers.perform import Performance, perform
from bench.workers.scenes import RATE_HZ, Scene
from bench.workers.staging import play

MODELS: Final = Path(__file__).parents[2] / "models"

Plays = Callable[[Scene], tuple[Performance, Camera]]
Performs = Callable[[str, float], Performance]


@pytest.fixture(scope="session")
def body() -> BodyData:
    """The free body."""
    return read_body(MODELS)


@pytest.fixture(scope="session")
def performed(body: BodyData) -> Performs:
    """A motion by a body of some size (first beta)."""

    @cache
    def made(motion: str, size: float) -> Performance:
        betas = np.zeros(10)
        betas[0] = size
        script, figure = MOTIONS[motion], figure_of(body, betas)
        return perform(script, figure, rate_hz=RATE_HZ, seed=3)

    return made


@pytest.fixture(scope="session")
def played(body: BodyData) -> Plays:
    """A scene's performance and camera."""

    @cache
    def made(scene: Scene) -> tuple[Performance, Camera]:
        _, performance, camera = play(scene, body)
        return performance, camera

    return made
