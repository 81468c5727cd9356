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
from functools import cache, reduce
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.holding_measures import backward, end_of_range
from ergomesh.ergonomics.core.thresholds import Thresholds

READINGS: Final = 11
"""An odd number. Of 11 the lowest and the highest error are the 5th and the 95th
percentile: 1.69 standard deviations, where the normal distribution has 1.64."""

_SEED: Final = 361
_BACKWARD: Final = "_upper_arm_backward"
"""How far an upper arm points behind the trunk, by side."""
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
    """Names; the largest counts. ``…_upper_arm_backward`` is as in ISO 11226."""
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
    names: tuple[str, ...] = ()
    """Of the A angles."""

    @property
    def by_name(self) -> dict[str, FloatArray]:
        """Return the angles by their names."""
        return dict(zip(self.names, self.values, strict=True))


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
    for side in SIDES:
        part, raised = f"{side}_arm", (f"{side}_upper_arm_elevation_gravity",)
        yield Measure("arm_elevation", part, raised, "forward", upright)
        behind, elbow = (f"{side}{_BACKWARD}",), (f"{side}_elbow_flexion",)
        begins = thresholds.awkward_arm_deg
        yield Measure("arm_backward", part, behind, "forward", begins)
        end = _end_deg("elbow_flexion", thresholds)
        yield Measure("elbow_extreme", part, elbow, "forward", end)
    knees = tuple(f"{side}_knee_flexion" for side in SIDES)
    end = _end_deg("knee_flexion", thresholds)
    yield Measure("knee_extreme", "leg", knees, "forward", end)


def _end_deg(joint: str, thresholds: Thresholds) -> float:
    """Return from where on a joint is bent to the extreme."""
    (end,) = end_of_range(joint, thresholds.end_of_range_share)
    return end


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
    values, sds = zip(*(_angle(angles, name) for name in measure.angles), strict=True)
    found = (
        _sizes(value, sd, name, measure.way)
        for value, sd, name in zip(values, sds, measure.angles, strict=True)
    )
    every = np.stack(values)
    unseen: BoolArray = np.any(~np.isfinite(every), axis=0)
    return Readings(reduce(np.maximum, found), unseen, every, measure.angles)


def _angle(angles: Angles, name: str) -> tuple[FloatArray, FloatArray]:
    """Return an angle and its standard deviation, (T,) each."""
    if name.endswith(_BACKWARD):
        side = name.removesuffix(_BACKWARD)
        found = backward(angles, side, np.ones(len(angles.values_deg), dtype=np.bool_))
        return found.value_deg, found.sd_deg
    return angles.value_deg(name), angles.sd_of_deg(name)


def _sizes(value: FloatArray, sd: FloatArray, name: str, way: Way) -> FloatArray:
    """Return (K, T) how far an angle is beyond upright; -inf where not observed.

    An error makes both sides of an unsigned angle larger, or both smaller: so the
    mirrored worker is read alike, and the doubt is not less than it is.
    """
    sizes = sd * errors(name)[:, None]
    match way:
        case "forward":
            sizes += value
        case "backward":
            sizes -= value
        case "any":
            sizes += np.abs(value)
            np.abs(sizes, out=sizes)
    sizes[:, ~np.isfinite(value)] = -np.inf
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
