"""Keys in time, and the smooth way between them.

Between two keys a value runs straight; the whole is then smoothed by a bump of short
support. So the motion has four continuous derivatives and never overshoots, a value
that two keys hold stays exactly where it is between them (a planted foot does not
slide), and a lone key is passed by near, as people do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray

Frame = Literal["floor", "hips", "chest", "shoulder", "load"]
"""What carries a key's place. ``floor``: the world. ``hips``: the pelvis, heading only.
``chest``: the own shoulder, with the chest. ``shoulder``: the
own shoulder, heading of the pelvis only. ``load``: the thing in the hands, heading
only. Except on the floor, x counts outwards for a hand."""

_LEAST_WEIGHT: Final = 1e-12
"""Less is rounding."""

_RAMP_START: Final = 0.5 - 35 / 32 * (1 / 2 - 1 / 4 + 1 / 10 - 1 / 56)
"""Makes the smooth ramp begin at 0."""

SMOOTH_S: Final = 0.6
"""Support of the bump: about the time of a reach."""

STEP_SMOOTH_S: Final = 0.24
"""Support for feet, whose swing takes 0.4 s."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value at a time."""

    time_s: float
    value: tuple[float, ...]
    frame: Frame = "floor"


@dataclass(frozen=True, slots=True)
class Track:
    """Keys in the order of their times."""

    keys: tuple[Key, ...]
    smooth_s: float = SMOOTH_S

    def __post_init__(self) -> None:
        """Check the order.

        Raises:
            ValueError: When a time does not grow, or a value has another length.
        """
        times = [key.time_s for key in self.keys]
        if not times or sorted(set(times)) != times:
            msg = f"keys must have growing times, not {times}"
            raise ValueError(msg)
        if len({len(key.value) for key in self.keys}) != 1:
            msg = "the keys of a track must have values of one length"
            raise ValueError(msg)

    def weights(self, times_s: FloatArray) -> FloatArray:
        """Return (T, K) how much each key counts at each time; rows add up to 1.

        A key's weight is a hat over its neighbours, smoothed: a sum of ramps.
        """
        knots = np.array([key.time_s for key in self.keys])
        ramps = _smooth_ramp(times_s[:, None] - knots, 0.5 * self.smooth_s)
        rises = -np.diff(ramps, axis=1) / np.diff(knots)
        passed = np.pad(rises, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
        weights: FloatArray = -np.diff(passed, axis=1)
        return np.where(weights > _LEAST_WEIGHT, weights, 0.0)

    def sampled(self, times_s: FloatArray) -> FloatArray:
        """Return (T, N) the values."""
        values = np.array([key.value for key in self.keys])
        sampled: FloatArray = self.weights(times_s) @ values
        return sampled

    def held(self, times_s: FloatArray, parts: slice) -> BoolArray:
        """Return (T,) when some of the values stand still by construction."""
        values = np.array([key.value[parts] for key in self.keys])
        counts = self.weights(times_s) > 0
        low = np.where(counts[..., None], values, np.inf).min(axis=1)
        high = np.where(counts[..., None], values, -np.inf).max(axis=1)
        held: BoolArray = (low == high).all(axis=1)
        return held


def _smooth_ramp(times_s: FloatArray, half_s: float) -> FloatArray:
    """Return a ramp max(t, 0) smoothed by the bump ``35/32 (1 - u²)³``.

    It is the bump's second integral, a polynomial between -half and half.
    """
    u = np.clip(times_s / half_s, -1.0, 1.0)
    v = u * u
    even = v / 2 - v**2 / 4 + v**3 / 10 - v**4 / 56
    inside = 35 / 32 * even + u / 2 + _RAMP_START
    return half_s * (inside + np.maximum(times_s / half_s - 1.0, 0.0))


def track(*keys: tuple[float, tuple[float, ...]], smooth_s: float = SMOOTH_S) -> Track:
    """Return a track of plain values."""
    return Track(tuple(Key(time, value) for time, value in keys), smooth_s)


def places(*keys: tuple[float, Frame, tuple[float, ...]]) -> Track:
    """Return a track of places, each carried by its frame."""
    return Track(tuple(Key(time, value, frame) for time, frame, value in keys))


def still(*value: float) -> Track:
    """Return a track that never changes."""
    return track((0.0, value))


def retimed(path: Track, tempo: float) -> Track:
    """Return the track with every time multiplied; the smoothing keeps its time."""
    keys = tuple(Key(k.time_s * tempo, k.value, k.frame) for k in path.keys)
    return Track(keys, path.smooth_s)


def rounds(times_s: Sequence[float], *values: tuple[float, ...]) -> Track:
    """Return a track that runs through some values again and again."""
    return Track(tuple(Key(t, values[k % len(values)]) for k, t in enumerate(times_s)))


def along(starts: Track, ends: Track, share: float) -> Track:
    """Return the places at a share of the way between two tracks of the same times."""
    return Track(
        tuple(
            Key(
                a.time_s,
                tuple(np.array(a.value) * (1 - share) + np.array(b.value) * share),
            )
            for a, b in zip(starts.keys, ends.keys, strict=True)
        )
    )
