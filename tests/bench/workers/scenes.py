"""The scenes of the benchmark, and which of them nothing may be tuned on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from bench.workers.cameras import HELD_OUT_KINDS, KINDS

RATE_HZ: Final = 30

MOTION_NAMES: Final = (
    "stoop_lift",
    "squat_lift",
    "shelf_lift",
    "twisting_lift",
    "carry_walk",
    "push_cart",
    "ladder_step",
    "sweeping",
    "overhead_drilling",
    "bench_assembly",
    "reaching_across",
    "wall_painting",
    "kneeling_work",
    "squatting_work",
    "seated_picking",
    "shovelling",
)

HELD_OUT_MOTIONS: Final = frozenset(
    {
        "twisting_lift",
        "ladder_step",
        "sweeping",
        "reaching_across",
        "kneeling_work",
    }
)
"""A third of the motions: one or two of each family."""

VIEWS: Final = 4
"""Scenes of each motion."""


class Split(StrEnum):
    """What a scene may serve for."""

    TUNING = "tuning"
    """Neither motion nor kind of camera is held out: constants may be fitted."""
    HELD_OUT_CAMERA = "held_out_camera"
    """A known motion from a kind of camera that nothing was tuned on."""
    HELD_OUT = "held_out"
    """A motion that nothing was tuned on, from any camera: what is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One clip."""

    name: str
    motion: str
    camera: str
    """Kind of camera, of :data:`bench.workers.cameras.KINDS`."""
    portrait: bool
    betas: tuple[float, ...]
    look: int
    """Seed of clothes."""
    seed: int
    """Of everything else that varies."""
    bare: bool
    """Whether the hall has few straight edges."""
    occluder: bool
    """Whether a box hides part of the body."""
    bystander: bool
    """Whether somebody else is in the background."""

    @property
    def split(self) -> Split:
        """What it may serve for."""
        if self.motion in HELD_OUT_MOTIONS:
            return Split.HELD_OUT
        if self.camera in HELD_OUT_KINDS:
            return Split.HELD_OUT_CAMERA
        return Split.TUNING

    @property
    def held_out(self) -> bool:
        """Whether nothing may be tuned on it."""
        return self.split is not Split.TUNING


_STEP: Final = 3
"""Views of a motion go round the worker in steps of this many kinds."""


def _scene(row: int, view: int) -> Scene:
    index = VIEWS * row + view
    kinds = tuple(KINDS)
    camera = kinds[(row + _STEP * view) % len(kinds)]
    draw = np.random.default_rng((index, 2024))
    betas = np.clip(draw.standard_normal(10), -2, 2)
    return Scene(
        name=f"{MOTION_NAMES[row]}_{camera}",
        motion=MOTION_NAMES[row],
        camera=camera,
        portrait=index % 5 == 3,
        betas=tuple(np.round(betas, 3).tolist()),
        look=index,
        seed=1000 + index,
        bare=(row + view) % 4 == 1,
        occluder=(row + view) % 4 == 3,
        bystander=index % 5 == 2,
    )


SCENES: Final = tuple(
    _scene(row, view) for row in range(len(MOTION_NAMES)) for view in range(VIEWS)
)
