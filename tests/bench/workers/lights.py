"""What shines, and where its shadow falls."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from bench.workers.rotations import turn, unit
from ergomesh.contract.arrays import FloatArray

_SHADOW_REACH_M: Final = 4.5
"""Half the side of the square that the light's map covers."""

_FLOOR_M: Final = 0.003
"""A shadow lies this much over the floor."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lights:
    """Two lights and the sky; colours are linear."""

    UNIFORMS: ClassVar = (
        "sun",
        "fill",
        "sun_colour",
        "fill_colour",
        "sky_colour",
        "ground_colour",
    )
    """The fields that the shaders read by name."""

    sun: FloatArray
    """(3,) unit, towards the light that throws shadows."""
    fill: FloatArray
    """(3,) unit, towards the other."""
    sun_colour: FloatArray
    fill_colour: FloatArray
    sky_colour: FloatArray
    ground_colour: FloatArray
    grid_m: float
    """Size of the floor's tiles."""

    @property
    def darkness(self) -> float:
        """Share of the picture's value that a floor in shadow lacks (gamma 2.2)."""
        shade = self.sky_colour + self.fill_colour * max(self.fill[1], 0.0)
        lit = shade + self.sun_colour * self.sun[1]
        return float(1.0 - (shade.mean() / lit.mean()) ** (1 / 2.2))


def draw_lights(seed: int) -> Lights:
    """Return lights drawn by a seed: a lamp above, a window or lamp aside."""
    draw = np.random.default_rng((seed, 21))
    sun = turn("y", draw.uniform(0, 360)) @ np.array([draw.uniform(0.2, 0.7), 1.0, 0.0])
    fill = turn("y", draw.uniform(0, 360)) @ np.array([1.0, draw.uniform(0.2, 0.6), 0])
    warm = 1 + draw.uniform(-0.06, 0.06) * np.array([1.0, 0.0, -1.0])
    bright = draw.uniform(0.85, 1.1)
    return Lights(
        sun=unit(sun),
        fill=unit(fill),
        sun_colour=bright * draw.uniform(0.4, 0.65) * warm,
        fill_colour=bright * draw.uniform(0.15, 0.3) * (2 - warm),
        sky_colour=np.full(3, bright * 0.46),
        ground_colour=np.full(3, bright * 0.24),
        grid_m=float(draw.uniform(0.3, 0.6)),
    )


def light_matrix(sun: FloatArray) -> FloatArray:
    """Return (4, 4) the light's map from the world: a square about the origin."""
    right = unit(np.cross(np.array([0.0, 0.0, 1.0]), sun))
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(sun, right), -sun]) / _SHADOW_REACH_M
    return matrix


def flat_shadow(sun: FloatArray) -> FloatArray:
    """Return (4, 4) that throws points along the light on the floor."""
    matrix = np.eye(4)
    matrix[:3, 1] = -sun / sun[1]
    matrix[1, 1], matrix[1, 3] = 0.0, _FLOOR_M
    return matrix
