"""What is measured for the postures of NV 361/2007, with what doubt leaves open.

The error of an angle from one camera is mostly the same from frame to frame: depth
that is misjudged stays misjudged. So an angle's standard deviation is taken as one
unknown error for the whole clip, and a clip is read in :data:`READINGS` ways, in each
with another error of every angle: a Latin hypercube (McKay, Beckman and Conover 1979,
Technometrics 21:239-245) whose first reading has none and whose others come in
opposite pairs. Errors that change from frame to frame would leave less doubt.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.thresholds import Thresholds

READINGS: Final = 21
"""An odd number; 21 put the 5th and 95th percentile on the second and last but one."""

_SEED: Final = 361
_SIDED: Final = tuple(f"{side}_" for side in SIDES)
Way = Literal["forward", "backward", "any"]
"""Which values count: above a border, below its negative, or beyond it either way."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What puts a part of the body into a posture."""

    name: str
    """As in the table of names."""
    part: str
    angles: tuple[str, ...]
    """Names; the largest counts."""
    way: Way
    begins_deg: float
    """What stands for 0°, where the decree prints it or nothing."""


@dataclass(frozen=True, slots=True)
class Readings:
    """A measure over T frames, in K readings of what is uncertain."""

    sizes: FloatArray
    """(K, T) degrees beyond upright; -inf where nothing is known."""
    unseen: BoolArray
    """(T,) whether what is not observed could put the part into a posture."""
    values: FloatArray
    """(A, T) the angles themselves, which must stay for a static posture."""


def measures(thresholds: Thresholds) -> Iterator[Measure]:
    """Iterate over everything that angles tell."""
    upright = thresholds.neutral_tolerance_deg
    yield Measure("trunk_flexion", "trunk", ("trunk_flexion",), "forward", upright)
    yield Measure("trunk_backward", "trunk", ("trunk_flexion",), "backward", upright)
    askew = ("trunk_side_bend", "trunk_twist")
    yield Measure("trunk_asymmetry", "trunk", askew, "any", upright)
    head = (thresholds.nv361_head_angle,)
    yield Measure("head_flexion", "head_neck", head, "forward", upright)
    yield Measure("head_backward", "head_neck", head, "backward", upright)
    askew = ("neck_side_bend", "neck_twist")
    yield Measure("head_asymmetry", "head_neck", askew, "any", upright)
    behind = thresholds.awkward_arm_deg
    for side in SIDES:
        raised, flexed = (
            (f"{side}_upper_arm_{name}",) for name in ("elevation_gravity", "flexion")
        )
        part = f"{side}_arm"
        yield Measure("arm_elevation", part, raised, "forward", upright)
        yield Measure("arm_backward", part, flexed, "backward", behind)
    knees = tuple(f"{side}_knee_flexion" for side in SIDES)
    extreme = thresholds.nv361_knee_extreme_deg
    yield Measure("knee_extreme", "leg", knees, "forward", extreme)


@cache
def errors(name: str) -> FloatArray:
    """Return (K,) the error of a quantity in each reading, in standard deviations.

    Every quantity has the same K errors in its own order, which its name decides.
    Left and right have the same: they are seen by the same camera.
    """
    if name.startswith(_SIDED):
        return errors(name.partition("_")[2])
    half = READINGS // 2
    levels = [NormalDist().inv_cdf((half + k + 1.5) / READINGS) for k in range(half)]
    random = np.random.default_rng([_SEED, *name.encode()])
    some = random.permutation(levels) * random.choice([-1.0, 1.0], half)
    found: FloatArray = np.concatenate([[0.0], some, -some])
    found.setflags(write=False)
    return found


def read(measure: Measure, angles: Angles) -> Readings:
    """Read a measure in every way.

    Args:
        measure: What to measure.
        angles: T frames.
    """
    values = np.stack([angles.value_deg(name) for name in measure.angles])
    found = [
        _sizes(angles.value_deg(name), angles.sd_of_deg(name), name, measure.way)
        for name in measure.angles
    ]
    known = np.isfinite(values)
    sizes = np.where(known[:, None], np.stack(found), -np.inf).max(axis=0)
    unseen: BoolArray = np.any(~known, axis=0)
    return Readings(sizes, unseen, values)


def _sizes(value: FloatArray, sd: FloatArray, name: str, way: Way) -> FloatArray:
    """Return (K, T) how far an angle is beyond upright.

    An error makes both sides of an unsigned angle larger, or both smaller: so the
    mirrored worker is read alike, and the doubt is not less than it is.
    """
    error = sd * errors(name)[:, None]
    match way:
        case "forward":
            return value + error
        case "backward":
            return -value + error
        case "any":
            sizes: FloatArray = np.abs(np.abs(value) + error)
            return sizes


def varied(
    values: Mapping[str, tuple[FloatArray, FloatArray]],
) -> dict[str, FloatArray]:
    """Return name → (K, T) quantities in each reading.

    Args:
        values: Name → value and standard deviation, each (T,); NaN stays.
    """
    return {
        name: value + sd * errors(name)[:, None] for name, (value, sd) in values.items()
    }
