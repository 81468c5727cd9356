"""What charts need beside the result: scores and zones over time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.series import MethodScores
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.core.timeline import frame_edges_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTrack:
    """In which zone of a method a body part is, over T frames."""

    method: str
    """``owas``, ``iso11226``, …: on whose page it is drawn."""
    part: str
    """Key of its name among the words, ``part.<part>``."""
    zone: IntArray
    """(T,) index into ``names``; -1 where nothing is determinable."""
    names: tuple[str, ...]
    """Keys of the zones' names, ``zone.<name>``."""
    levels: tuple[int, ...]
    """Shade of each zone, as an action level 0…4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSeries:
    """A clip of T analysed frames, as the charts see it."""

    time_s: FloatArray
    """(T,) ascending."""
    duration_s: float
    present: BoolArray
    """(T,) whether a frame holds a person."""
    methods: Mapping[Method, MethodScores]
    """Any of RULA and REBA."""
    zones: tuple[ZoneTrack, ...] = ()
    """Of the methods without a score of their own."""

    @property
    def edges_s(self) -> FloatArray:
        """Return (T + 1,) when each frame's span begins and the last one's ends."""
        return frame_edges_s(self.time_s, self.duration_s)

    @property
    def person_s(self) -> FloatArray:
        """Return (T,) the time with a person that each frame stands for."""
        return np.where(self.present, np.diff(self.edges_s), 0.0)


def report_series(
    clip: ClipInfo, motion: Motion, scores: Scores, zones: tuple[ZoneTrack, ...] = ()
) -> ReportSeries:
    """Return the series of a scored motion."""
    return ReportSeries(
        time_s=motion.time_s,
        duration_s=clip.duration_s,
        present=scores.present,
        methods=scores.methods,
        zones=zones,
    )
