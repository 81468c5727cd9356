"""From the person detector's raw output to persons (pure).

The network is a single-shot detector on 224x224 pixels: for each of 2254 anchors
a score, a box about the face, and four points. What the numbers mean is told by
MediaPipe: ``mediapipe/tasks/cc/vision/pose_detector/pose_detector_graph.cc``.
"""

from functools import cache
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.pose.boxes import overlap
from ergomesh.pose.detection import Found
from ergomesh.pose.region import Region

INPUT_PX: Final = 224
"""Side of the network's input."""
_GRIDS: Final = ((8, 2), (16, 2), (32, 6))
"""Pixels between anchors, and anchors at each place: five layers of two, of which
the last three share their places."""
_SCORE_LIMIT: Final = 100.0
_SAME_FACE: Final = 0.3
"""Overlap from which two boxes are one face
(``pose_detector_graph_options.proto``, ``min_suppression_threshold``)."""
_BOX: Final = slice(0, 4)
_POINTS: Final = slice(4, 12)


@cache
def _anchors() -> FloatArray:
    """Return (2254, 2), the place of each anchor as a share of the input."""
    places: list[FloatArray] = []
    for stride, count in _GRIDS:
        cells = INPUT_PX // stride
        at = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(at, at)
        places.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), count, axis=0))
    return np.concatenate(places)


def persons(
    raw_boxes: FloatArray, raw_scores: FloatArray, window: Region, *, least: float
) -> list[Found]:
    """Return who is in a window, the surest first.

    Args:
        raw_boxes: (2254, 12) the network's first output.
        raw_scores: (2254,) its second, before the sigmoid.
        window: What the network looked at.
        least: Score below which an anchor doesn't count, 0…1.
    """
    logits = np.clip(raw_scores.astype(np.float64), -_SCORE_LIMIT, _SCORE_LIMIT)
    scores = 1 / (1 + np.exp(-logits))
    sure = scores >= least
    values = raw_boxes[sure].astype(np.float64) / INPUT_PX
    anchors = _anchors()[sure]
    points = values[:, _POINTS].reshape(-1, 4, 2) + anchors[:, None]
    middle, half = values[:, :2] + anchors, values[:, 2:4] / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    return [
        _found(score, marks, window)
        for score, marks in _merged(scores[sure], boxes, points)
    ]


def _found(score: float, marks: FloatArray, window: Region) -> Found:
    hips, rim = window.to_picture(marks[:2])
    return Found(score=score, region=Region.about(hips, rim))


def _merged(
    scores: FloatArray, boxes: FloatArray, points: FloatArray
) -> list[tuple[float, FloatArray]]:
    """Merge the anchors of a face, each weighted by its score."""
    merged: list[tuple[float, FloatArray]] = []
    left = np.argsort(-scores, kind="stable")
    while left.size:
        same = overlap(boxes[left[0]], boxes[left]) > _SAME_FACE
        same[0] = True  # a box without area overlaps nothing, not even itself
        group, weight = left[same], scores[left[same]] / scores[left[same]].sum()
        merged.append(
            (
                float(scores[left[0]]),
                np.einsum("n,nij->ij", weight, points[group]),
            )
        )
        left = left[~same]
    return merged
