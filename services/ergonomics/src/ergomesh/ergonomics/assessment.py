"""From a motion to everything that is written down (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings, StageName
from ergomesh.contract.people import People
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.csv_files import angles_csv, scores_csv
from ergomesh.ergonomics.core.methods import with_methods
from ergomesh.ergonomics.core.neutral import from_neutral
from ergomesh.ergonomics.core.result import Result, encode_result
from ergomesh.ergonomics.core.scores import Scores, score_motion
from ergomesh.ergonomics.core.summary import summarize
from ergomesh.ergonomics.core.told import told_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The scores, and the files that hold them."""

    angles: Angles
    scores: Scores
    result: Result
    files: Mapping[str, bytes]
    """Public file name → bytes."""


def assess(
    *,
    clip: ClipInfo,
    landmarks: Landmarks,
    motion: Motion,
    fit: FitReport,
    people: People | None,
    settings: JobSettings,
    version: str,
    timings_s: Mapping[str, float],
) -> Assessment:
    """Measure angles, score them, write it all down.

    Args:
        clip: Facts about the source.
        landmarks: What the body was fitted to.
        motion: The body.
        fit: How the fit went.
        people: Who is in the clip, if known.
        settings: What the user told about the work and the worker.
        version: Of ergomesh.
        timings_s: Stage → seconds of work so far.

    Raises:
        NoNeutralError: When nothing is seen while the worker stands neutrally.
    """
    angles = joint_angles(motion)
    if settings.worker.neutral_s is not None:
        angles = from_neutral(angles, motion.time_s, settings.worker.neutral_s)
    scores = score_motion(motion, angles, settings.task)
    result = summarize(
        clip,
        motion,
        angles,
        scores,
        fit=fit,
        ergomesh_version=version,
        landmark_model=landmarks.model,
        landmark_confidence=confidence(landmarks),
        timings_s=timings_s,
        people=people,
        pointed_at=settings.person is not None,
    )
    result = msgspec.structs.replace(
        result,
        costs_usd=costs_usd(fit),
        assumptions=(*result.assumptions, *told_facts(settings)),
    )
    result = with_methods(result, motion, angles, scores, settings.task)
    files = {
        "result.json": encode_result(result),
        "angles.csv": angles_csv(motion, angles),
        "scores.csv": scores_csv(motion, scores),
    }
    return Assessment(angles=angles, scores=scores, result=result, files=files)


def costs_usd(fit: FitReport) -> dict[str, float]:
    """Return what rented machines cost, by stage."""
    return {} if fit.cost_usd is None else {StageName.MESH: fit.cost_usd}


def confidence(landmarks: Landmarks) -> float | None:
    """Return the mean visibility of the landmarks where a person was, 0…1."""
    if not landmarks.detected.any():
        return None
    return float(np.nanmean(landmarks.visibility[landmarks.detected]))
