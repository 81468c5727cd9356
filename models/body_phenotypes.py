"""Bodies of working adults: which ones, and how they follow from targets (pure).

MakeHuman describes a body by phenotypes between 0 and 1. Each macro target belongs to
one level of some phenotypes (for instance ``female``, ``young``, ``maxweight``) and
counts with the product of their weights; local targets add to that. The rules are
those of anny 0.6.2 (``anny/models/phenotype.py``: ``make_phenotype_anchors``,
``phenotype_blendshape_weights``), restricted to adults and equal ancestry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ANCHORS_OF: Final[dict[str, dict[str, float]]] = {
    "gender": {"male": 0.0, "female": 1.0},
    "age": {"young": 2 / 3, "old": 1.0},
    "muscle": {"minmuscle": 0.0, "averagemuscle": 0.5, "maxmuscle": 1.0},
    "weight": {"minweight": 0.0, "averageweight": 0.5, "maxweight": 1.0},
    "height": {"minheight": 0.0, "maxheight": 1.0},
    "proportions": {"idealproportions": 0.0, "uncommonproportions": 1.0},
}
"""Phenotype to its levels and where they lie; ``young`` is 25 years, ``old`` 90."""

ANCESTRIES: Final = ("african", "asian", "caucasian")
"""Mixed in equal parts: it is no business of an ergonomic assessment."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a parameter varies over people: a clipped normal distribution."""

    mean: float
    """Centre."""
    sd: float
    """Standard deviation before clipping."""
    reach: float
    """Values stay within ``mean ± reach``."""


PHENOTYPE_SPREADS: Final[dict[str, Spread]] = {
    "gender": Spread(0.5, 0.30, 0.50),
    "age": Spread(0.76, 0.06, 0.09),  # 25 to 60 years
    "muscle": Spread(0.5, 0.14, 0.40),
    "weight": Spread(0.5, 0.17, 0.45),
    # At 0.37 the average man is 1.77 m, the average woman 1.63 m, their mean 1.70 m.
    "height": Spread(0.37, 0.020, 0.05),
    "proportions": Spread(0.5, 0.17, 0.45),
}
"""Spread of each phenotype over working adults."""

LOCAL_SPREADS: Final[dict[str, Spread]] = {
    "arms/measure-upperarm-length": Spread(0.0, 0.17, 0.5),
    "arms/measure-lowerarm-length": Spread(0.0, 0.16, 0.5),
    "legs/measure-upperleg-height": Spread(0.0, 0.17, 0.5),
    "legs/measure-lowerleg-height": Spread(0.0, 0.20, 0.5),
    "torso/measure-napetowaist-dist": Spread(0.0, 0.25, 0.6),
    "torso/measure-shoulder-dist": Spread(0.0, 0.35, 0.9),
    "hip/hip-scale-horiz": Spread(0.0, 0.20, 0.6),
    "neck/measure-neck-height": Spread(0.0, 0.30, 0.8),
}
"""Spread of proportions: each changes its segment by 3 to 4 % of its length per
standard deviation (shoulders and neck 5 to 8 %), beyond what stature explains."""

SIZE_SPREAD: Final = Spread(1.0, 0.03, 0.08)
"""Spread of overall size, a similarity scale. The ``height`` phenotype alone would put
42 % of a change in stature into the thighs, where real people have a quarter."""

PARAMETERS: Final = (*PHENOTYPE_SPREADS, *LOCAL_SPREADS)
"""Columns of a design, beside the size."""


@dataclass(frozen=True, slots=True)
class Design:
    """A set of people."""

    values: FloatArray
    """(S, P) value of each of :data:`PARAMETERS`."""
    size: FloatArray
    """(S,) similarity scale."""

    def part(self, people: slice) -> "Design":
        """Return some of the people."""
        return Design(self.values[people], self.size[people])


def average_design() -> Design:
    """Return one person at the centre of every spread."""
    spreads = [*PHENOTYPE_SPREADS.values(), *LOCAL_SPREADS.values()]
    values = np.array([[spread.mean for spread in spreads]])
    return Design(values, np.array([SIZE_SPREAD.mean]))


def sample_design(seed: int, pairs: int) -> Design:
    """Return ``2 * pairs`` people in antithetic pairs around the average adult.

    Args:
        seed: of the random generator; the same seed gives the same people.
        pairs: number of pairs; the two of a pair lie opposite each other, so the
            mean of the design is exactly the centre of the spreads.
    """
    spreads = [*PHENOTYPE_SPREADS.values(), *LOCAL_SPREADS.values(), SIZE_SPREAD]
    mean, sd, reach = (
        np.array([getattr(spread, part) for spread in spreads])
        for part in ("mean", "sd", "reach")
    )
    offsets = np.random.default_rng(seed).normal(size=(pairs, len(spreads))) * sd
    offsets = np.clip(offsets, -reach, reach)
    columns = mean + np.concatenate([offsets, -offsets])
    return Design(values=columns[:, :-1], size=columns[:, -1])


def macro_targets() -> dict[str, tuple[str, ...]]:
    """Return macro target names with the levels whose weights they multiply."""
    genders, ages, muscles, weights, heights, proportions = (
        tuple(levels) for levels in ANCHORS_OF.values()
    )
    targets: dict[str, tuple[str, ...]] = {
        f"macrodetails/{ancestry}-{gender}-{age}": (gender, age)
        for ancestry, gender, age in product(ANCESTRIES, genders, ages)
    }
    builds = list(product(genders, ages, muscles, weights))
    for build in builds:
        targets["macrodetails/universal-" + "-".join(build)] = build
    for folder, levels in (("height", heights), ("proportions", proportions)):
        for build, level in product(builds, levels):
            name = "-".join((*build, level))
            targets[f"macrodetails/{folder}/{name}"] = (*build, level)
    return targets


def target_names() -> tuple[str, ...]:
    """Return every target that :func:`coefficients` has a column for."""
    local = (f"{name}-{way}" for name in LOCAL_SPREADS for way in ("incr", "decr"))
    return (*macro_targets(), *local)


def coefficients(values: FloatArray) -> FloatArray:
    """Return (S, T) target coefficients of people.

    Args:
        values: (S, P) parameters, columns as :data:`PARAMETERS`.
    """
    people = dict(zip(PARAMETERS, values.T, strict=True))
    weight_of = _level_weights(people)
    columns = []
    for name, levels in macro_targets().items():
        share = np.prod([weight_of[level] for level in levels], axis=0)
        is_ancestry = name.startswith(tuple(f"macrodetails/{a}" for a in ANCESTRIES))
        columns.append(share / len(ANCESTRIES) if is_ancestry else share)
    for name in LOCAL_SPREADS:
        columns += [np.maximum(people[name], 0.0), np.maximum(-people[name], 0.0)]
    return np.stack(columns, axis=-1)


def _level_weights(people: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the (S,) interpolation weight of each level of each phenotype."""
    weights: dict[str, FloatArray] = {}
    for phenotype, anchors in ANCHORS_OF.items():
        positions = list(anchors.values())
        for level, hat in zip(anchors, np.eye(len(positions)), strict=True):
            weights[level] = np.interp(people[phenotype], positions, hat)
    return weights
