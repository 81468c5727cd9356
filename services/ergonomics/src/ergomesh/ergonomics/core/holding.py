"""How long postures are held, and how often they are taken.

A frame stands for the time nearer to it than to its neighbours. The first and the
last frame reach as far outwards as inwards, so nothing beyond the clip is added.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.timeline import bridged_runs

MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of frames in which a posture is held."""

    first: int
    """Its first frame."""
    last: int
    """Its last frame, within the run."""
    from_s: float
    to_s: float

    @property
    def duration_s(self) -> float:
        """Return how long it lasts."""
        return self.to_s - self.from_s

    @property
    def rows(self) -> slice:
        """Return its frames."""
        return slice(self.first, self.last + 1)


def span_edges_s(time_s: FloatArray) -> FloatArray:
    """Return (T + 1,) when each frame's span begins and the last one's ends.

    Args:
        time_s: (T,) ascending. A lone frame stands for no time.
    """
    between = 0.5 * (time_s[1:] + time_s[:-1])
    if not between.size:
        return np.repeat(time_s, 2)
    ends = 2 * time_s[[0, -1]] - between[[0, -1]]
    return np.concatenate([ends[:1], between, ends[1:]])


def frame_seconds(time_s: FloatArray) -> FloatArray:
    """Return (T,) for how much time each frame stands, seconds."""
    return np.diff(span_edges_s(time_s))


def runs(inside: BoolArray, time_s: FloatArray, *, bridge_s: float) -> tuple[Run, ...]:
    """Return the stretches in which a posture is held, in the order of time.

    Args:
        inside: (T,) whether a frame shows the posture.
        time_s: (T,) ascending.
        bridge_s: Breaks up to this long do not end a run.
    """
    if not inside.any():
        return ()
    edges = span_edges_s(time_s)
    pairs = bridged_runs(inside, edges, bridge_s=bridge_s, min_s=0.0)
    return tuple(
        Run(first, last, float(edges[first]), float(edges[last + 1]))
        for first, last in pairs
    )


def static_frames(
    inside: BoolArray, time_s: FloatArray, *, static_s: float, bridge_s: float
) -> BoolArray:
    """Return (T,) the frames inside runs that last longer than ``static_s``.

    A bridged frame belongs to the run, but is not inside the posture: it is false.

    Args:
        inside: (T,) whether a frame shows the posture.
        time_s: (T,) ascending.
        static_s: A run must be longer than this.
        bridge_s: As in :func:`runs`.
    """
    held = np.zeros(len(inside), dtype=np.bool_)
    for run in runs(inside, time_s, bridge_s=bridge_s):
        held[run.rows] = run.duration_s > static_s
    return held & inside


def entries(
    inside: BoolArray,
    time_s: FloatArray,
    *,
    bridge_s: float,
    observed: BoolArray | None = None,
) -> int:
    """Return how often a posture is taken from outside it.

    A posture that is there at the beginning, or when it comes into view, was not
    seen being taken and does not count.

    Args:
        inside: (T,) whether a frame shows the posture.
        time_s: (T,) ascending.
        bridge_s: As in :func:`runs`.
        observed: (T,) whether a frame tells; all do by default.
    """
    seen = np.ones(len(inside), dtype=np.bool_) if observed is None else observed
    edges = span_edges_s(time_s)
    found = bridged_runs(inside, edges, bridge_s=bridge_s, min_s=0.0)
    return sum(first > 0 and bool(seen[first - 1]) for first, _ in found)


def per_minute(
    inside: BoolArray,
    time_s: FloatArray,
    *,
    bridge_s: float,
    observed: BoolArray | None = None,
) -> float:
    """Return how often a posture is taken per minute of observed time.

    Args:
        inside: As :func:`entries`.
        time_s: As :func:`entries`.
        bridge_s: As :func:`entries`.
        observed: As :func:`entries`.
    """
    spans = frame_seconds(time_s)
    seen_s = float(spans.sum() if observed is None else spans[observed].sum())
    count = entries(inside, time_s, bridge_s=bridge_s, observed=observed)
    return count * MINUTE_S / seen_s if seen_s > 0 else 0.0
