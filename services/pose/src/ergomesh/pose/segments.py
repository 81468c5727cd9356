"""Straight edges as segments: joined where they are one, and over ranges (pure)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray

MAX_LINES: Final = 300
"""The longest are kept."""
SAME_LINE_PX: Final = 1.5
"""Pieces this near to a common line are one edge."""
SAME_TURN_RAD: Final = np.radians(1.5)
"""… if their directions differ by no more …"""
GAP: Final = 0.03
"""… and the gap between them is no longer, as a share of the diagonal."""

SAME_PLACE: Final = 0.003
"""Edges of two ranges this near, as a share of the diagonal, are one."""
STANDING: Final = 0.25
"""Share of a range's edges that another range finds again if the camera stood."""
DRIFT: Final = 0.03
"""How far a camera held by hand may drift, as a share of the diagonal: 2°."""
_TELLING: Final = 10
"""Edges from which a range can be compared with another."""
_COMPARED: Final = 120
"""The longest, which tell a drift."""


def lengths(lines: FloatArray) -> FloatArray:
    """Return (M,) lengths of segments (M, 4)."""
    return np.asarray(np.hypot(*(lines[:, 2:] - lines[:, :2]).T))


def longest(lines: FloatArray, shortest_px: float) -> FloatArray:
    """Return the segments of some length, the longest first.

    Args:
        lines: (M, 4).
        shortest_px: Shorter ones are left out.
    """
    length = lengths(lines)
    order = np.argsort(-length, kind="stable")
    return lines[order[length[order] >= shortest_px]]


def merged(lines: FloatArray, diagonal_px: float) -> FloatArray:
    """Join pieces of one edge, and drop its doubles, the longest pieces first.

    Args:
        lines: (M, 4), the longest first.
        diagonal_px: Of the picture.
    """
    left, whole = lines, []
    while len(left):
        line, left = _grown(left[0], left[1:], GAP * diagonal_px)
        whole.append(line)
    return np.array(whole).reshape(-1, 4)


def _grown(
    line: FloatArray, others: FloatArray, gap_px: float
) -> tuple[FloatArray, FloatArray]:
    """Return a line with all that continues it (4,), and the others left."""
    while (same := _continues(line, others, gap_px)).any():
        line = _joined(np.vstack((line, others[same])))
        others = others[~same]
    return line, others


def _continues(line: FloatArray, others: FloatArray, gap_px: float) -> BoolArray:
    """Return (M,) which segments are pieces of the edge that a line is on."""
    start, end = line[:2], line[2:]
    length = max(float(np.hypot(*(end - start))), 1e-9)
    along = (end - start) / length
    ends = others.reshape(-1, 2, 2) - start
    across = np.abs(ends @ np.array((-along[1], along[0]))).max(-1)
    place = np.sort(ends @ along, axis=-1)
    gap = np.maximum(place[:, 0] - length, -place[:, 1])
    step = others[:, 2:] - others[:, :2]
    turn = np.abs(step @ along) / np.maximum(np.hypot(*step.T), 1e-9)
    near = (across < SAME_LINE_PX) & (gap < gap_px)
    return np.asarray(near & (turn > np.cos(SAME_TURN_RAD)))


def _joined(pieces: FloatArray) -> FloatArray:
    """Return (4,) the line through pieces, each counted by its length."""
    weight = np.repeat(lengths(pieces), 2)
    ends = pieces.reshape(-1, 2)
    middle = np.average(ends, axis=0, weights=weight)
    spread = (ends - middle).T @ ((ends - middle) * weight[:, None])
    along = np.linalg.eigh(spread)[1][:, -1]
    place = (ends - middle) @ along
    return np.concatenate((middle + place.min() * along, middle + place.max() * along))


def join_lines(parts: Sequence[FloatArray], size_px: tuple[int, int]) -> FloatArray:
    """Join the edges of a clip's ranges, each edge once.

    A camera held by hand may have drifted a little; what all ranges show is moved
    to where the range with the most edges shows it.

    Args:
        parts: (M, 4) of each range.
        size_px: Width and height of the upright picture.

    Returns:
        (M, 4), the longest first, at most 300; none when the camera stood
        elsewhere in another range, for then there is no one vertical.
    """
    diagonal_px = float(np.linalg.norm(size_px))
    near_px = SAME_PLACE * diagonal_px
    most = max(parts, key=len, default=np.zeros((0, 4)))
    every = most
    for part in (part for part in parts if part is not most):
        moved = part - np.tile(_drift(most, part, diagonal_px), 2)
        if len(part) >= _TELLING and _elsewhere(most, moved, near_px):
            return np.zeros((0, 4))
        every = np.concatenate((every, moved))
    return _distinct(longest(every, 0.0), near_px)[:MAX_LINES]


def _drift(one: FloatArray, other: FloatArray, diagonal_px: float) -> FloatArray:
    """Return (2,) how far most edges moved from one range to another."""
    one, other = one[:_COMPARED], other[:_COMPARED]
    step = _middles(other) - _middles(one)[:, None]
    turn = np.sin(_turns(other) - _turns(one)[:, None])
    alike = np.abs(turn) < SAME_TURN_RAD
    alike &= np.linalg.norm(step, axis=-1) < DRIFT * diagonal_px
    steps = step[alike]
    if len(steps) < _TELLING:
        return np.zeros(2)
    apart = np.linalg.norm(steps - steps[:, None], axis=-1)
    votes = apart < SAME_PLACE * diagonal_px
    return np.asarray(steps[votes[np.argmax(votes.sum(-1))]].mean(0))


def _middles(lines: FloatArray) -> FloatArray:
    return np.asarray((lines[:, :2] + lines[:, 2:]) / 2)


def _turns(lines: FloatArray) -> FloatArray:
    return np.arctan2(lines[:, 3] - lines[:, 1], lines[:, 2] - lines[:, 0])


def _elsewhere(one: FloatArray, other: FloatArray, near_px: float) -> bool:
    """Whether hardly any edge of one range is found in another."""
    few, many = sorted((one, other), key=len)
    again = [bool(_near(line, many, near_px).any()) for line in few]
    return float(np.mean(again)) < STANDING


def _distinct(lines: FloatArray, near_px: float) -> FloatArray:
    """Return the segments that are no pieces of earlier ones."""
    kept = lines[:0]
    for line in lines:
        if not _near(line, kept, near_px).any():
            kept = np.vstack((kept, line))
    return kept


def _near(line: FloatArray, others: FloatArray, near_px: float) -> BoolArray:
    """Return (M,) whether a line's both ends lie on segments, near them."""
    along = others[:, 2:] - others[:, :2]
    length = np.maximum(np.hypot(*along.T), 1e-9)
    unit = along / length[:, None]
    step = line.reshape(2, 1, 2) - others[:, :2]
    across = np.abs(step[..., 0] * unit[:, 1] - step[..., 1] * unit[:, 0])
    place = (step * unit).sum(-1)
    beyond = np.maximum(place - length, -place)
    return np.asarray(((across < near_px) & (beyond < 0.2 * length)).all(0))
