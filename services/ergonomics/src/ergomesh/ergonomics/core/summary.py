"""From scores over time to ``result.json``: one call, :func:`summarize`."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.fit import FitReport
from ergomesh.contract.people import People
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, Angles
from ergomesh.ergonomics.core.quality import assess_quality, fit_warnings
from ergomesh.ergonomics.core.result import (
    AngleSummary,
    ClipFacts,
    Episode,
    LevelShare,
    MethodResult,
    Moment,
    Peak,
    Provenance,
    Result,
    ScoreShare,
    SideResult,
    TableSource,
)
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.seen_people import people_facts, people_warnings
from ergomesh.ergonomics.core.series import MethodScores, Series
from ergomesh.ergonomics.core.tables import METHODS, Method, load_tables
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.core.timeline import (
    bridged_runs,
    distinct_peaks,
    frame_edges_s,
    share,
    weighted_quantile,
)
from ergomesh.ergonomics.core.zones import zones_of

SURER: Final = 1e-3
"""Weight of the doubt in the order of moments: it only decides between equals."""
LEAST_SEEN: Final = 0.25
"""Share of part scores below which a moment shows hardly anything of the worker."""
UNSEEN: Final = 1e4
"""Such moments come after all others."""
LEVEL_WEIGHT: Final = 100.0
"""An action level outweighs any sum of final scores (7 + 15 at most)."""


def summarize(
    clip: ClipInfo,
    motion: Motion,
    angles: Angles,
    scores: Scores,
    *,
    fit: FitReport | None = None,
    ergomesh_version: str,
    landmark_model: str,
    landmark_confidence: float | None = None,
    timings_s: Mapping[str, float] | None = None,
    people: People | None = None,
    pointed_at: bool = False,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Result:
    """Summarize an assessment.

    Args:
        clip: The source.
        motion: T ≥ 1 analysed frames.
        angles: Of the same frames.
        scores: Of the same frames.
        fit: How the body fit went, if known.
        ergomesh_version: Of the program.
        landmark_model: Name of the landmark model.
        landmark_confidence: Mean visibility of the landmarks, 0…1, if known.
        timings_s: Stage → seconds of work.
        people: Who is in the clip, if known.
        pointed_at: Whether the user pointed at the worker.
        thresholds: The choices the scores were made with.
    """
    edges = frame_edges_s(motion.time_s, clip.duration_s)
    return Result(
        clip=_clip_facts(clip, motion),
        quality=assess_quality(
            motion,
            angles,
            scores,
            edges,
            landmark_confidence=landmark_confidence,
            thresholds=thresholds,
            more_warnings=(
                *(people_warnings(people, asked=pointed_at) if people else ()),
                *fit_warnings(fit),
            ),
        ),
        people=people_facts(people) if people else None,
        fit=fit,
        methods=_methods(motion, scores, np.diff(edges)),
        worst_moments=_worst(motion, scores, thresholds),
        best_moment=_best(motion, scores),
        episodes=_episodes(scores, edges, thresholds),
        angles=_angles(angles, np.where(scores.present, np.diff(edges), 0.0)),
        assumptions=scores.assumptions,
        provenance=Provenance(
            ergomesh_version=ergomesh_version,
            landmark_model=landmark_model,
            body_model=motion.body_model,
            thresholds=thresholds.to_dict(),
            tables={method: _table_source(method) for method in METHODS},
        ),
        timings_s=dict(timings_s or {}),
    )


def _clip_facts(clip: ClipInfo, motion: Motion) -> ClipFacts:
    return ClipFacts(
        sha256=clip.sha256,
        size=clip.size,
        container=clip.container,
        codec=clip.codec,
        width_px=clip.width_px,
        height_px=clip.height_px,
        duration_s=clip.duration_s,
        frame_rate_hz=clip.frame_rate_hz,
        variable_frame_rate=clip.variable_frame_rate,
        frames=len(clip.frame_times_s),
        analysed_frames=len(motion.time_s),
    )


def _table_source(method: Method) -> TableSource:
    tables = load_tables(method)
    return TableSource(source=tables.source, sha256=tables.sha256)


# ---- per method and side


def _methods(
    motion: Motion, scores: Scores, spans: FloatArray
) -> dict[str, MethodResult]:
    person = np.where(scores.present, spans, 0.0)
    return {
        method: MethodResult(
            source=load_tables(method).source,
            **{
                side: _side(motion, found, series, person)
                for side, series in found.sides.items()
            },
        )
        for method, found in scores.methods.items()
    }


def _side(
    motion: Motion, found: MethodScores, series: Series, person_s: FloatArray
) -> SideResult:
    known = np.isfinite(series.value)
    certain = found.levels(series.low) == found.levels(series.high)
    return SideResult(
        scored_share=share(known, person_s),
        level_certain_share=share(certain, person_s),
        median=weighted_quantile(series.value, person_s, 0.5),
        percentile_95=weighted_quantile(series.value, person_s, 0.95),
        likely_median=weighted_quantile(series.likely, person_s, 0.5),
        likely_percentile_95=weighted_quantile(series.likely, person_s, 0.95),
        likely_peak=_peak(motion, found, series, series.likely),
        peak=_peak(motion, found, series, series.value),
        score_shares=_score_shares(series, person_s),
        level_shares=_level_shares(found, series, person_s),
    )


def _peak(
    motion: Motion, found: MethodScores, series: Series, score: FloatArray
) -> Peak | None:
    """Return the highest of some scores (T,), ``None`` without any.

    Of several equal ones, the surest.
    """
    if not np.isfinite(score).any():
        return None
    highest = np.flatnonzero(score == np.nanmax(score))
    doubt = series.high[highest] - series.low[highest]
    at = int(highest[np.lexsort((doubt, -series.low[highest]))[0]])
    return Peak(
        score=int(score[at]),
        low=int(series.low[at]),
        high=int(series.high[at]),
        level=int(found.levels(score)[at]),
        time_s=float(motion.time_s[at]),
        frame=int(motion.frame[at]),
    )


def _score_shares(series: Series, person_s: FloatArray) -> tuple[ScoreShare, ...]:
    known_s = np.where(np.isfinite(series.value), person_s, 0.0)
    return tuple(
        ScoreShare(
            score=int(score),
            share=share(series.value == score, known_s),
            seconds=float(known_s[series.value == score].sum()),
        )
        for score in np.unique(series.value[np.isfinite(series.value)])
    )


def _level_shares(
    found: MethodScores, series: Series, person_s: FloatArray
) -> tuple[LevelShare, ...]:
    levels, low, high, likely = (
        found.levels(getattr(series, name))
        for name in ("value", "low", "high", "likely")
    )
    known_s = np.where(np.isfinite(series.value), person_s, 0.0)
    return tuple(
        LevelShare(
            level=level.action,
            first_score=level.first,
            last_score=level.last,
            risk=level.risk,
            share=share(levels == level.action, known_s),
            seconds=float(known_s[levels == level.action].sum()),
            certain_share=share(
                (low == level.action) & (high == level.action), person_s
            ),
            possible_share=share(
                (low <= level.action) & (level.action <= high), person_s
            ),
            likely_share=share(likely == level.action, person_s),
        )
        for level in load_tables(found.method).levels
    )


# ---- moments and episodes


def _urgency(scores: Scores, column: str = "likely") -> FloatArray:
    """Return (T,) the higher the worse: action level first, then the scores.

    NaN where nothing is known.

    Args:
        scores: Of T frames.
        column: Of :class:`Series`.
    """
    level, total = np.zeros((2, len(scores.present)))
    for found in scores.methods.values():
        sides = np.stack([getattr(side, column) for side in found.sides.values()])
        worst = np.max(np.where(np.isfinite(sides), sides, 0), axis=0)
        total += worst
        level = np.maximum(level, found.levels(np.where(worst > 0, worst, np.nan)))
    return np.where(total > 0, LEVEL_WEIGHT * level + total, np.nan)


def _worst(
    motion: Motion, scores: Scores, thresholds: Thresholds
) -> tuple[Moment, ...]:
    """Return the worst moment, and others as far as they ask for action soon.

    Of moments that are as bad, the surer; where hardly anything of the worker is seen,
    a moment shows nothing: it is taken only where there is no other.
    """
    urgency = _urgency(scores) - SURER * _doubt(scores)
    urgency = np.where(_seen_share(scores) < LEAST_SEEN, urgency - UNSEEN, urgency)
    frames = distinct_peaks(
        urgency,
        motion.time_s,
        count=thresholds.moment_count,
        apart_s=thresholds.moment_distance_s,
    )
    soon = LEVEL_WEIGHT * thresholds.episode_action_level
    return tuple(
        _moment(motion, scores, frame)
        for rank, frame in enumerate(frames)
        if rank == 0 or urgency[frame] >= soon
    )


def _doubt(scores: Scores) -> FloatArray:
    """Return (T,) how far apart the bounds of all scores are, NaN in gaps."""
    every = (side for m in scores.methods.values() for side in m.sides.values())
    doubt: FloatArray = np.sum([side.high - side.low for side in every], axis=0)
    return doubt


def _seen_share(scores: Scores) -> FloatArray:
    """Return (T,) the share of all part scores that are determinable."""
    parts = [c for found in scores.methods.values() for c in found.parts.values()]
    seen: FloatArray = np.isfinite(parts).mean(axis=0)
    return seen


def _best(motion: Motion, scores: Scores) -> Moment | None:
    """Return the least urgent frame of those where every score is determinable."""
    every = [s.value for found in scores.methods.values() for s in found.sides.values()]
    complete = np.isfinite(every).all(axis=0)
    if not complete.any():
        return None
    rank = np.where(complete, _urgency(scores, "value"), np.inf)
    return _moment(motion, scores, int(np.argmin(rank)))


def _moment(motion: Motion, scores: Scores, at: int) -> Moment:
    series = {
        f"{method}_{side}": found
        for method, scored in scores.methods.items()
        for side, found in scored.sides.items()
    }
    parts = {
        name: column[at]
        for found in scores.methods.values()
        for name, column in found.parts.items()
    }
    return Moment(
        time_s=float(motion.time_s[at]),
        frame=int(motion.frame[at]),
        scores=_whole({name: found.value[at] for name, found in series.items()}),
        low=_whole({name: found.low[at] for name, found in series.items()}),
        high=_whole({name: found.high[at] for name, found in series.items()}),
        likely=_whole({name: found.likely[at] for name, found in series.items()}),
        parts=_whole(parts),
    )


def _whole(scores: Mapping[str, float]) -> dict[str, int]:
    return {name: int(score) for name, score in scores.items() if np.isfinite(score)}


def _episodes(
    scores: Scores, edges_s: FloatArray, thresholds: Thresholds
) -> tuple[Episode, ...]:
    episodes = [
        _episode(found, side, edges_s, (first, last), thresholds.episode_action_level)
        for found in scores.methods.values()
        for side, series in found.sides.items()
        for first, last in bridged_runs(
            found.levels(series.likely) >= thresholds.episode_action_level,
            edges_s,
            bridge_s=thresholds.episode_bridge_s,
            min_s=thresholds.episode_min_s,
        )
    ]
    return tuple(sorted(episodes, key=lambda e: (e.from_s, e.what)))


def _episode(
    found: MethodScores,
    side: str,
    edges_s: FloatArray,
    span: tuple[int, int],
    least: int,
) -> Episode:
    """Return a stretch.

    Args:
        found: Of the method.
        side: Of the body.
        edges_s: (T + 1,) when frames begin, and the last one ends.
        span: Its first and its last frame.
        least: Action level at and above which it is one.
    """
    first, last = span
    within, low = (
        getattr(found.sides[side], name)[first : last + 1] for name in ("likely", "low")
    )
    peak = np.nanmax(within)
    return Episode(
        what=f"{found.method}_{side}",
        from_s=float(edges_s[first]),
        to_s=float(edges_s[last + 1]),
        peak=int(peak),
        level=int(found.levels(np.array([peak]))[0]),
        certain=bool((found.levels(low) >= least).all()),
    )


# ---- angles


def _angles(angles: Angles, person_s: FloatArray) -> tuple[AngleSummary, ...]:
    return tuple(_angle(angles, name, person_s) for name in ANGLE_NAMES)


def _angle(angles: Angles, name: str, person_s: FloatArray) -> AngleSummary:
    value = angles.value_deg(name)
    low, median, high = (weighted_quantile(value, person_s, p) for p in (0.0, 0.5, 1.0))
    return AngleSummary(
        name=name,
        min_deg=low,
        median_deg=median,
        max_deg=high,
        median_sd_deg=weighted_quantile(angles.sd_of_deg(name), person_s, 0.5),
        observed_share=share(np.isfinite(value), person_s),
        zones=zones_of(name, value, person_s),
    )
