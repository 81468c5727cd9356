"""Where the angles' labels stand: two columns beside the body (numpy).

A column keeps its side of the body until the worker clearly turns, and its order until
an arm is clearly raised; a label that is not shown keeps its place. So labels glide.
Within a column labels are as near to their joints' heights as they can be without
overlapping: the closest such places in the sense of least squares (isotonic
regression, Ayer et al. 1955).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.track import Track

SMOOTH_S: Final = 1.0
"""Over how long the body's outline is averaged for the columns."""
STEADY_S: Final = 0.3
"""Over how long turns and raised arms are averaged."""
_TURNED: Final = 0.08
"""Distance of the shoulders in the picture, as a share of the body's height, from
which a column changes its side, and of elbow and shoulder, from which two labels
change places: a person in profile, or a level arm, does not make them flip."""


@dataclass(frozen=True, slots=True)
class Label:
    """An angle that is written at a joint."""

    angle: str
    """Name in :class:`Angles`."""
    word: str
    """Name in :class:`~ergomesh.ergonomics.pictures.words.Words`."""
    joint: str
    """Where its leader ends."""
    side: str = ""
    """The worker's own, or none."""


def _side_labels(side: str) -> dict[str, Label]:
    words = (
        ("upper_arm", "upper_arm_elevation", "shoulder"),
        *((name, f"{name}_flexion", name) for name in ("elbow", "knee")),
    )
    return {
        word: Label(f"{side}_{angle}", word, f"{side}_{joint}", side)
        for word, angle, joint in words
    }


_TRUNK: Final = Label("trunk_flexion", "trunk", "spine2")
_NECK: Final = Label("neck_flexion", "neck", "neck")


def _column(side: str, *, is_first: bool, is_raised: bool) -> tuple[Label, ...]:
    """Return a column's labels from top to bottom, as their joints usually are."""
    own = _side_labels(side)
    arm, elbow, knee = own["upper_arm"], own["elbow"], own["knee"]
    if is_first:
        return (elbow, _NECK, arm, knee) if is_raised else (_NECK, arm, elbow, knee)
    return (elbow, arm, _TRUNK, knee) if is_raised else (arm, elbow, _TRUNK, knee)


COLUMNS: Final = {
    (side, is_first, is_raised): _column(side, is_first=is_first, is_raised=is_raised)
    for side in SIDES
    for is_first in (True, False)
    for is_raised in (True, False)
}
"""Side, whether it is at the picture's left, whether that elbow is above its
shoulder → the labels of a column."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns at F pictures."""

    edges_px: FloatArray
    """(F, 2) left and right edge of the body and where it will soon be or just was,
    smoothed; NaN where there is none."""
    left_first: BoolArray
    """(F,) whether the worker's left side is at the picture's left."""
    raised: Mapping[str, BoolArray]
    """Side → (F,) whether the elbow is above the shoulder."""

    def at(self, picture: int) -> tuple[tuple[Label, ...], tuple[Label, ...]]:
        """Return the left and the right column of a picture."""
        first, second = SIDES if self.left_first[picture] else SIDES[::-1]
        return (
            COLUMNS[first, True, bool(self.raised[first][picture])],
            COLUMNS[second, False, bool(self.raised[second][picture])],
        )


def columns_at(motion: Motion, track: Track) -> Columns:
    """Return the columns at every picture.

    Args:
        motion: T analysed frames.
        track: Of F pictures.
    """
    known = person_present(motion)
    edges = np.full((len(known), 2), np.nan)
    is_so = np.zeros((len(known), 1 + len(SIDES)), dtype=np.bool_)
    if known.any():
        points, time_s = motion.points_px[known], motion.time_s[known]
        height = float(np.median(np.ptp(points[..., 1], axis=1)))
        across = points[..., 0]
        reach = np.stack([-across.min(axis=1), across.max(axis=1)], axis=1)
        widest = _largest(reach, time_s, SMOOTH_S)
        edges[known] = _smoothed(widest, time_s, SMOOTH_S) * [-1, 1]
        is_so[known] = _held(_smoothed(_apart(points), time_s, STEADY_S) / height)
    left_first, *raised = is_so[track.nearest].T
    return Columns(
        track.blend(edges, slice(None)),
        left_first,
        dict(zip(SIDES, raised, strict=True)),
    )


def _apart(points: FloatArray) -> FloatArray:
    """Return (T, 3) what is negative for left at the left, and for raised arms."""
    shoulders, elbows = (
        points[:, [JOINT[f"{side}_{name}"] for side in SIDES]]
        for name in ("shoulder", "elbow")
    )
    turn = shoulders[:, :1, 0] - shoulders[:, 1:, 0]
    return np.hstack([turn, elbows[..., 1] - shoulders[..., 1]])


def _window(time_s: FloatArray, over_s: float) -> tuple[IntArray, IntArray]:
    """Return the first frame within half of a time of each, and that after the last."""
    first = np.searchsorted(time_s, time_s - over_s / 2)
    return first, np.searchsorted(time_s, time_s + over_s / 2, side="right")


def _largest(values: FloatArray, time_s: FloatArray, over_s: float) -> FloatArray:
    """Return the largest of (T, N) values within half of a time."""
    spans = np.stack(_window(time_s, over_s), axis=1).reshape(-1)
    padded = np.vstack([values, values[-1:]])  # the last span may end after the last
    return np.asarray(np.maximum.reduceat(padded, spans, axis=0)[::2])


def _smoothed(values: FloatArray, time_s: FloatArray, over_s: float) -> FloatArray:
    """Return the means of (T, N) values within half of a time."""
    sums = np.cumsum(np.vstack([np.zeros(values.shape[1]), values]), axis=0)
    first, last = _window(time_s, over_s)
    means: FloatArray = (sums[last] - sums[first]) / (last - first)[:, None]
    return means


def _held(apart: FloatArray) -> BoolArray:
    """Return (T, N) whether values are negative; where in doubt, what was before."""
    frames = np.where(np.abs(apart) > _TURNED, np.arange(len(apart))[:, None], 0)
    since = np.maximum.accumulate(frames, axis=0)
    return np.take_along_axis(apart, since, axis=0) < 0


def stacked(wanted: FloatArray, step: float, top: float, bottom: float) -> FloatArray:
    """Return the heights nearest to the wanted ones, ``step`` apart, in their order.

    Args:
        wanted: (N,) tops.
        step: From one top to the next at least.
        top: Of the first at least.
        bottom: Of the last at most; not above ``top + (N - 1) step``.
    """
    along = np.arange(len(wanted)) * step
    level = _rising(wanted - along)
    last = max(top, bottom - float(along[-1])) if len(wanted) else top
    placed: FloatArray = np.clip(level, top, last) + along
    return placed


def _rising(values: FloatArray) -> FloatArray:
    """Return the nearest values that never fall: pool what does to its mean."""
    pools: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            above, more = pools.pop()
            mean = (mean * count + above * more) / (count + more)
            count += more
        pools.append((mean, count))
    return np.array([mean for mean, count in pools for _ in range(count)])


def is_shown(label: Label, angles: Angles, motion: Motion, frame: int) -> bool:
    """Return whether an angle is known in a frame and its joint is seen there."""
    known = np.isfinite(angles.value_deg(label.angle)[frame])
    return bool(known and motion.joint_observed[frame, JOINT[label.joint]])


def figure(label: Label, angles: Angles, frame: int) -> str:
    """Return what is written of an angle: whole degrees and standard deviation."""
    value = round(float(angles.value_deg(label.angle)[frame]))
    sd = round(float(angles.sd_of_deg(label.angle)[frame]))
    return f"{value}° ±{sd}".replace("-", "−")  # noqa: RUF001  # the minus sign
