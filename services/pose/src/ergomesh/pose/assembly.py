"""From detections to landmarks, and from ranges to the whole clip (pure)."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.detection import Detection

MIN_COVERAGE: Final = 0.1
"""Share of analysed frames that must show the person (issue 2)."""

_WHOLE_CLIP: Final = frozenset({"size_px", "model"})


def to_landmarks(
    *,
    frames: Sequence[int],
    times_s: Sequence[float],
    image: Sequence[Detection | None],
    world: Sequence[Detection | None],
    size_px: tuple[int, int],
    model: str,
) -> Landmarks:
    """Gather detections into arrays; a frame without a person is NaN.

    Args:
        frames: Index of each analysed source frame.
        times_s: Time of each.
        image: What the image model saw in each.
        world: What the world model saw in each.
        size_px: Width and height of the upright picture.
        model: Name for the provenance.
    """
    pairs = [
        (i, w) if i is not None and w is not None else None
        for i, w in zip(image, world, strict=True)
    ]
    width, height = size_px
    points_norm = _stack([p and p[0].points_norm for p in pairs], 3)
    return Landmarks(
        frame=np.asarray(frames, dtype=np.int64),
        time_s=np.asarray(times_s, dtype=np.float64),
        points_px=points_norm[..., :2] * np.array([width, height], dtype=np.float64),
        depth_px=points_norm[..., 2] * width,
        points_world_m=_stack([p and p[1].points_world_m for p in pairs], 3),
        visibility=_stack([p and p[0].visibility[:, None] for p in pairs], 1)[..., 0],
        presence=_stack([p and p[0].presence[:, None] for p in pairs], 1)[..., 0],
        detected=np.asarray([p is not None for p in pairs], dtype=np.bool_),
        size_px=np.asarray(size_px, dtype=np.int64),
        background_lines_px=np.zeros((0, 4)),
        model=model,
    )


def _stack(rows: Sequence[FloatArray | None], width: int) -> FloatArray:
    empty = np.full((len(LANDMARKS), width), np.nan)
    filled = [empty if row is None else row for row in rows]
    return np.asarray(filled, dtype=np.float64).reshape(-1, len(LANDMARKS), width)


def assemble(parts: Sequence[Landmarks]) -> Landmarks:
    """Join the ranges of a clip, in their order, into one.

    Args:
        parts: At least one; no frame is in two of them.
    """
    first = parts[0]
    values: dict[str, Any] = {
        f.name: getattr(first, f.name)
        if f.name in _WHOLE_CLIP
        else np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(Landmarks)
    }
    return Landmarks(**values)


def coverage(landmarks: Landmarks) -> float:
    """Return the share of analysed frames with a person, 0…1."""
    return float(np.mean(landmarks.detected)) if len(landmarks.detected) else 0.0
