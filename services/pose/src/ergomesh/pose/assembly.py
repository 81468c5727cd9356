"""From the ranges to the worker's landmarks over the whole clip (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.job import PersonAt
from ergomesh.contract.people import People
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.choice import chosen
from ergomesh.pose.linking import Sights, persons
from ergomesh.pose.range_view import RangeView

MIN_COVERAGE: Final = 0.1
"""Share of analysed frames that must show the person (issue 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What pose knows of a clip."""

    landmarks: Landmarks
    people: People


def assemble(
    parts: Sequence[RangeView],
    *,
    size_px: tuple[int, int],
    model: str,
    at: PersonAt | None,
    background_lines_px: FloatArray,
    lens_focal_px: float = 0.0,
) -> Assembled:
    """Join the ranges of a clip, choose the worker, and return their landmarks.

    Args:
        parts: All ranges, in their order; no frame is kept by two of them.
        size_px: Width and height of the upright picture.
        model: Name for the provenance.
        at: Where the user pointed at the worker, if they did.
        background_lines_px: (M, 4) of the whole clip.
        lens_focal_px: Of the lens by the clip's metadata, 0 without.

    Raises:
        NobodyThereError: When nobody is where the user pointed.
    """
    choice = chosen(persons(parts), parts, size_px, at)
    landmarks = _landmarks(parts, choice.worker, size_px, model, background_lines_px)
    landmarks = replace(landmarks, lens_focal_px=lens_focal_px)
    return Assembled(landmarks=landmarks, people=choice.people)


def _landmarks(
    parts: Sequence[RangeView],
    worker: Sights | None,
    size_px: tuple[int, int],
    model: str,
    background_lines_px: FloatArray,
) -> Landmarks:
    looks = [_looks(part, index, worker) for index, part in enumerate(parts)]
    detected = np.concatenate([rows >= 0 for rows in looks])

    def over_clip(name: str, *shape: int) -> FloatArray:
        """Return an array of the worker over all frames; not seen is NaN."""
        empty = np.full((len(detected), len(LANDMARKS), *shape), np.nan)
        stored = [
            getattr(p, name)[r[r >= 0]] for p, r in zip(parts, looks, strict=True)
        ]
        empty[detected] = np.concatenate(stored)
        return empty

    return Landmarks(
        frame=np.concatenate([part.frame[part.kept] for part in parts]),
        time_s=np.concatenate([part.time_s[part.kept] for part in parts]),
        points_px=over_clip("points_px", 2),
        depth_px=over_clip("depth_px"),
        points_world_m=over_clip("points_world_m", 3),
        visibility=over_clip("visibility"),
        presence=over_clip("presence"),
        detected=detected,
        size_px=np.asarray(size_px, dtype=np.int64),
        background_lines_px=background_lines_px,
        model=model,
    )


def _looks(
    part: RangeView, index: int, worker: Sights | None
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each kept picture of a range the worker's look, or -1."""
    looks = np.full(len(part.frame), -1, dtype=np.int64)
    for where, row in zip(worker.part, worker.row, strict=True) if worker else ():
        if where == index:
            looks[part.step[row]] = part.look[row]
    return looks[part.kept]


def coverage(landmarks: Landmarks) -> float:
    """Return the share of analysed frames with a person, 0…1."""
    return float(np.mean(landmarks.detected)) if len(landmarks.detected) else 0.0
