"""How far a result can be trusted, and sentences that say so."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, Motion
from ergomesh.contract.fit import FitReport
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.result import Quality
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import runs, share

HALF: Final = 0.5
"""Of the time."""

MAX_JUMPS: Final = 4
"""So many jumps of the tracked person are named."""

_BODY_PARTS: Final = {
    "trunk": ("trunk_flexion",),
    "head": ("neck_flexion",),
    "left arm": ("left_elbow_flexion",),
    "right arm": ("right_elbow_flexion",),
    "left hand": ("left_wrist_flexion",),
    "right hand": ("right_wrist_flexion",),
    "legs": ("left_knee_flexion", "right_knee_flexion"),
}
"""What a warning names → angles, one of which must be observed."""


def assess_quality(
    motion: Motion,
    angles: Angles,
    scores: Scores,
    edges_s: FloatArray,
    *,
    landmark_confidence: float | None,
    thresholds: Thresholds,
    more_warnings: Sequence[str] = (),
) -> Quality:
    """Measure coverage and gaps, and collect the warnings.

    Args:
        motion: T frames.
        angles: Of the same frames.
        scores: Of the same frames.
        edges_s: (T + 1,) spans of the frames.
        landmark_confidence: Mean visibility 0…1, if known.
        thresholds: When to warn.
        more_warnings: Found elsewhere; they come first.
    """
    spans = np.diff(edges_s)
    gaps = [edges_s[b + 1] - edges_s[a] for a, b in runs(np.invert(scores.present))]
    warnings = (
        *more_warnings,
        *_coverage_warning(float(scores.present.mean()), thresholds),
        *_jump_warning(motion, scores, thresholds),
        *_score_warnings(scores, spans, thresholds),
        *_gravity_warning(motion.gravity_sd_deg, thresholds),
        *_part_warnings(angles, scores, spans, thresholds),
        *_sitting_warning(angles, scores, spans, thresholds),
    )
    return Quality(
        coverage=float(scores.present.mean()),
        person_s=float(spans[scores.present].sum()),
        gap_s=float(spans[~scores.present].sum()),
        longest_gap_s=float(max(gaps, default=0.0)),
        landmark_confidence=landmark_confidence,
        gravity_sd_deg=motion.gravity_sd_deg,
        warnings=warnings,
    )


def fit_warnings(fit: FitReport | None) -> Iterator[str]:
    """Warn of a body fit that did not end by itself."""
    if fit is not None and not fit.converged:
        yield (
            "The body fit had not settled when it was ended: angles may be off by "
            "more than their standard deviations say."
        )


def _coverage_warning(coverage: float, thresholds: Thresholds) -> Iterator[str]:
    if coverage == 0:
        yield "The person was found in none of the analysed frames."
    elif coverage < thresholds.low_coverage:
        yield (
            f"The person was found in only {_percent(coverage)} of the analysed "
            "frames; the result says nothing about the rest."
        )


def _jump_warning(
    motion: Motion, scores: Scores, thresholds: Thresholds
) -> Iterator[str]:
    frames = np.flatnonzero(scores.present)
    moved_m = np.linalg.norm(np.diff(motion.trans[frames], axis=0), axis=-1)
    took_s = np.diff(motion.time_s[frames])
    at_s = motion.time_s[frames[1:]][moved_m > thresholds.jump_m_s * took_s]
    if len(at_s):
        when = ", ".join(f"{time_s:.1f} s" for time_s in at_s[:MAX_JUMPS])
        more = " and later" if len(at_s) > MAX_JUMPS else ""
        yield (
            f"The tracked person jumps at {when}{more}, perhaps to somebody else: some "
            "scores may be of another person; cut the clip or film one worker alone."
        )


def _score_warnings(
    scores: Scores, spans: FloatArray, thresholds: Thresholds
) -> Iterator[str]:
    person_s = np.where(scores.present, spans, 0.0)
    sides = [
        (f"{method.upper()} {side}", found, series)
        for method, found in scores.methods.items()
        for side, series in found.sides.items()
    ]
    if not scores.present.any():
        return
    certain = [
        share(found.levels(series.low) == found.levels(series.high), person_s)
        for _, found, series in sides
    ]
    if min(certain) < thresholds.low_certain:
        yield _certain_warning(min(certain), max(certain))
    for name, _, series in sides:
        scored = share(np.isfinite(series.value), person_s)
        if scored < thresholds.low_scored:
            yield _scored_warning(name, scored)


def _certain_warning(low: float, high: float) -> str:
    if high == 0:
        return "The action level is never certain: read the intervals, not the scores."
    ends = dict.fromkeys((_percent(low), _percent(high)))
    return (
        f"The action level is certain in only {' to '.join(ends)} of the person's "
        "time: read the intervals, not the scores."
    )


def _scored_warning(name: str, scored: float) -> str:
    if scored == 0:
        return f"{name} could never be determined: all that is said of it is likely."
    return (
        f"{name} could be determined in only {_percent(scored)} of the person's time; "
        "the median and percentile of determined scores are of that part, all that is "
        "called likely is of the whole time."
    )


def _percent(share_of: float) -> str:
    """Write a share in whole percents; little is not nothing."""
    whole = f"{share_of:.0%}"
    return "<1%" if share_of > 0 and whole == "0%" else whole


def _gravity_warning(sd_deg: float, thresholds: Thresholds) -> Iterator[str]:
    if sd_deg > thresholds.gravity_sd_warn_deg:
        yield (
            f"The vertical is only known to ±{sd_deg:.0f}°, and so are the angles of "
            "trunk and head against it; film with a level camera or with straight "
            "edges in view."
        )


def _part_warnings(
    angles: Angles, scores: Scores, spans: FloatArray, thresholds: Thresholds
) -> Iterator[str]:
    if not scores.present.any():
        return
    for part, names in _BODY_PARTS.items():
        values = np.stack([angles.value_deg(name) for name in names])
        seen: BoolArray = np.any(np.isfinite(values), axis=0)
        observed = share(seen[scores.present], spans[scores.present])
        if observed < thresholds.low_observed:
            verb = "were" if part == "legs" else "was"
            yield _part_warning(f"The {part} {verb}", observed)


def _part_warning(beginning: str, observed: float) -> str:
    if observed == 0:
        return f"{beginning} never observed: the scores that depend on it are ranges."
    return (
        f"{beginning} observed in only {_percent(observed)} of the person's time; "
        "elsewhere the scores that depend on it are ranges."
    )


def _sitting_warning(
    angles: Angles, scores: Scores, spans: FloatArray, thresholds: Thresholds
) -> Iterator[str]:
    joints = [f"{side}_{name}_flexion" for side in SIDES for name in ("hip", "knee")]
    bent = np.stack([angles.value_deg(name) for name in joints])
    seen: BoolArray = np.all(np.isfinite(bent), axis=0)
    folded: BoolArray = np.all(bent > thresholds.sitting_deg, axis=0)
    sits = scores.common.stance.sits
    recognised = share(sits.yes, spans)
    likely = share(folded[seen], spans[seen])
    if max(likely, recognised) > HALF and not scores.facts.seated_told:
        yield (
            "The worker seems to sit, which one camera seldom settles: where it is "
            "open, the scores that depend on it are ranges; set the fact 'seated'."
        )
