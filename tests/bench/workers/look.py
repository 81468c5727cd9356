"""What a worker wears, and the colours of things: tables, and a draw from them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray

Colour = tuple[int, int, int]

PAINTS: Final[dict[str, Colour]] = {
    "wood": (168, 128, 84),
    "crate": (58, 98, 150),
    "carton": (184, 146, 98),
    "shelf": (120, 126, 132),
    "steel": (96, 102, 110),
    "aluminium": (182, 186, 190),
    "pallet": (150, 118, 80),
    "rubber": (40, 40, 42),
    "bristle": (150, 60, 40),
    "tool": (190, 150, 30),
    "plaster": (205, 200, 188),
    "paint": (230, 232, 235),
    "plate": (120, 122, 126),
    "pipe": (140, 144, 150),
    "fabric": (50, 54, 66),
    "gravel": (124, 112, 98),
}
"""Colours of props, sRGB."""

SKINS: Final[tuple[Colour, ...]] = (
    (236, 196, 172),
    (222, 172, 142),
    (196, 142, 108),
    (150, 102, 72),
    (104, 70, 50),
)
HAIRS: Final[tuple[Colour, ...]] = (
    (34, 26, 22),
    (70, 46, 30),
    (120, 84, 50),
    (140, 134, 128),
)
SHIRTS: Final[tuple[Colour, ...]] = (
    (50, 72, 120),
    (140, 40, 44),
    (196, 196, 190),
    (70, 96, 70),
    (222, 122, 30),
    (84, 88, 96),
)
TROUSERS: Final[tuple[Colour, ...]] = (
    (38, 44, 66),
    (70, 68, 62),
    (104, 92, 70),
    (30, 32, 36),
    (86, 100, 120),
)
SHOES: Final[tuple[Colour, ...]] = ((34, 30, 28), (96, 66, 40), (60, 62, 66))
GLOVES: Final[tuple[Colour, ...]] = ((210, 190, 60), (60, 62, 66), (170, 60, 40))
HELMETS: Final[tuple[Colour, ...]] = ((230, 190, 30), (232, 232, 228), (40, 90, 170))
VEST: Final[Colour] = (206, 226, 60)
STRIPE: Final[Colour] = (214, 214, 208)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a worker wears."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    gloves: Colour | None
    helmet: Colour | None
    long_sleeves: bool
    vest: bool


def draw_look(seed: int) -> Look:
    """Return clothes drawn by a seed."""
    draw = np.random.default_rng((seed, 11))

    def one(of: tuple[Colour, ...]) -> Colour:
        return of[int(draw.integers(len(of)))]

    return Look(
        skin=one(SKINS),
        hair=one(HAIRS),
        shirt=one(SHIRTS),
        trousers=one(TROUSERS),
        shoes=one(SHOES),
        gloves=one(GLOVES) if draw.random() < 0.3 else None,
        helmet=one(HELMETS) if draw.random() < 0.35 else None,
        long_sleeves=bool(draw.random() < 0.5),
        vest=bool(draw.random() < 0.3),
    )


def linear(colour: Colour) -> FloatArray:
    """Return (3,) linear light of an sRGB colour (gamma 2.2)."""
    light: FloatArray = (np.array(colour) / 255.0) ** 2.2
    return light
