"""Straight edges of the room behind the people: what tells the vertical later.

A few pictures of a range, spread over it, are aligned and their median taken with
people left out; the line segment detector (Grompone von Gioi et al., "LSD: a Line
Segment Detector", IPOL 2012) finds the edges of what stays. A camera that moves
has no one vertical in the picture, and gives no lines.
"""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.pose.segments import MAX_LINES, longest, merged

GreyPicture = NDArray[np.uint8]
"""(h, w) a picture's brightness, small."""

MAX_PICTURES: Final = 9
"""A median needs no more; at 960 px they take 5 MB."""
MAX_SIDE_PX: Final = 960
"""Edges are found at this size: finer detail is texture, and slower."""
MIN_LENGTH: Final = 0.03
"""Shortest useful edge as a share of the diagonal: half a pixel's error at its
ends turns it by 1.5°."""

BOX_MARGIN: Final = 0.1
"""Boxes are widened by this share of their size: hair, hands, tools, shadows."""
MOSTLY_HIDDEN: Final = 0.3
"""An edge with this share of its length behind people in all pictures is theirs."""

SHAKE: Final = 0.02
"""Movement that is still a standing camera, as a share of the diagonal: a hand
that shakes by 1.5°; it is taken out before the median."""
RESTING_PX: Final = 0.7
"""Movement that is left in."""
STEEP_SHARE: Final = 0.01
"""Share of the pixels that tell whether the camera rests: the steepest."""
STEEP_PX: Final = 6.0
"""Least change of brightness over a pixel that is not noise."""
_FEW_PIXELS: Final = 200
_CORNERS: Final = 300
_FEW_CORNERS: Final = 12
"""With fewer there is no telling whether the camera moves."""
_CONSENT: Final = 0.5
"""Share of the corners that must move as one."""

PIECE: Final = 0.012
"""Shortest piece that may become part of an edge, as a share of the diagonal."""
MAX_PIECES: Final = 600
"""The longest are looked at: leaves and gravel have thousands."""
SEAM_PX: Final = 4
"""An edge this near to the picture's border is the border, not the room."""
BLANK: Final = 24
"""Range of brightness up to which outer rows and columns are a black bar."""


def sample_rows(count: int) -> IntArray:
    """Return which of some frames to keep: at most nine, spread over them all."""
    wanted = np.linspace(0, count - 1, min(count, MAX_PICTURES))
    return np.unique(np.round(wanted).astype(np.int64))


def reduced(rgb: NDArray[np.uint8]) -> GreyPicture:
    """Return the brightness of a picture (H, W, 3), its longer side ≤ 960 px."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    scale = MAX_SIDE_PX / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


def background_lines(
    pictures: Sequence[GreyPicture],
    people: Sequence[FloatArray],
    size_px: tuple[int, int],
) -> FloatArray:
    """Return straight edges of the still background.

    Args:
        pictures: Of one range, in their order and of one size, from
            :func:`reduced`.
        people: Per picture, (P, 4) boxes round everybody in it: left, top, right,
            bottom as shares of the upright picture (``Sighting.box``).
        size_px: Width and height of the upright picture.

    Returns:
        (M, 4) ``x1 y1 x2 y2`` in the upright picture, the longest first, at most
        300; none for a moving camera.
    """
    if not pictures:
        return np.zeros((0, 4))
    seen = [_without(each, boxes) for each, boxes in zip(pictures, people, strict=True)]
    still = _aligned(pictures, seen)
    if still is None:
        return np.zeros((0, 4))
    picture, hidden = _median(*still)
    lines = merged(_pieces(picture), _diagonal(picture.shape))
    lines = lines[_share_inside(lines, hidden) < MOSTLY_HIDDEN]
    lines = lines[~_on_seam(lines, picture, people)]
    lines = longest(lines, MIN_LENGTH * _diagonal(picture.shape))[:MAX_LINES]
    height, width = picture.shape
    scale = np.array(size_px) / (width, height)
    return np.asarray((lines + 0.5) * np.tile(scale, 2))


def _diagonal(size: Sequence[int]) -> float:
    return float(np.linalg.norm(size))


def _without(picture: GreyPicture, boxes: FloatArray) -> BoolArray:
    """Return (h, w) whether a pixel is outside all boxes."""
    height, width = picture.shape
    outside = np.ones((height, width), dtype=np.bool_)
    across, along = _box_sides(boxes[:, 0::2]), _box_sides(boxes[:, 1::2])
    for x, y in zip(across, along, strict=True):
        outside[_span(y, height), _span(x, width)] = False
    return outside


def _span(sides: FloatArray, size: int) -> slice:
    first, last = np.clip(sides * size, 0, size)
    return slice(int(first), int(np.ceil(last)))


def _aligned(
    pictures: Sequence[GreyPicture], seen: Sequence[BoolArray]
) -> tuple[list[GreyPicture], list[BoolArray]] | None:
    """Return the pictures as the middle one's camera saw them.

    ``None`` when the camera moves, or when nothing shows whether it does.
    """
    middle = len(pictures) // 2
    start, outside = pictures[middle], seen[middle]
    slope, corners = _slope(start), None
    still, shown = [], []
    for picture, mask in zip(pictures, seen, strict=True):
        if picture is start or _rests(start, picture, slope * (outside & mask)):
            still.append(picture)
            shown.append(mask)
            continue
        corners = _corners(start, outside) if corners is None else corners
        move = _movement(start, picture, corners)
        if move is None:
            return None
        turned, turned_mask = _moved_back(picture, mask, move)
        still.append(turned)
        shown.append(turned_mask)
    return still, shown


def _slope(picture: GreyPicture) -> FloatArray:
    """Return (h, w) how much brightness changes over a pixel."""
    x = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
    y = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(x, y))


def _rests(start: GreyPicture, end: GreyPicture, slope: FloatArray) -> bool:
    """Whether the steepest edges stay where they are, by what changes at them.

    Args:
        start: A picture.
        end: Another.
        slope: (h, w) of the first, zero where people are.
    """
    steep = slope >= max(float(np.quantile(slope[::4, ::4], 1 - STEEP_SHARE)), STEEP_PX)
    if steep.sum() < _FEW_PIXELS:
        return False
    change = end[steep].astype(np.float64) - start[steep]
    moved_px = np.abs(change - np.median(change)) / slope[steep]
    return float(np.median(moved_px)) < RESTING_PX


def _corners(picture: GreyPicture, seen: BoolArray) -> NDArray[Any]:
    """Return (N, 1, 2) points of the background that can be followed."""
    found: NDArray[Any] | None = cv2.goodFeaturesToTrack(
        picture,
        _CORNERS,
        qualityLevel=0.01,
        minDistance=8,
        mask=seen.astype(np.uint8),
    )
    return np.zeros((0, 1, 2), dtype=np.float32) if found is None else found


def _movement(
    start: GreyPicture, end: GreyPicture, corners: NDArray[Any]
) -> FloatArray | None:
    """Return (2, 3) how the background moved, ``None`` if the camera did."""
    if len(corners) < _FEW_CORNERS:
        return None
    found, tracked, _ = cv2.calcOpticalFlowPyrLK(
        start, end, corners, np.empty_like(corners)
    )
    good = tracked[:, 0] > 0
    if good.sum() < _CONSENT * len(corners):
        return None
    fitted: Any = cv2.estimateAffinePartial2D(
        corners[good], found[good], ransacReprojThreshold=1.0
    )
    move, inliers = fitted  # typed by OpenCV as if it always found one
    if move is None or inliers.sum() < _CONSENT * len(corners):
        return None
    small = _shift_px(move, start.shape) < SHAKE * _diagonal(start.shape)
    return np.asarray(move) if small else None


def _shift_px(move: FloatArray, size: Sequence[int]) -> float:
    """Return how far a movement takes the picture's corners, at most."""
    height, width = size[:2]
    ends = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=float)
    moved = ends @ move[:, :2].T + move[:, 2]
    return float(np.linalg.norm(moved - ends, axis=-1).max())


def _moved_back(
    picture: GreyPicture, seen: BoolArray, move: FloatArray
) -> tuple[GreyPicture, BoolArray]:
    size = picture.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(picture, move, size, flags=flags)
    mask = cv2.warpAffine(255 * seen.astype(np.uint8), move, size, flags=flags)
    return np.asarray(turned, dtype=np.uint8), np.asarray(mask == np.uint8(255))


def _median(
    pictures: Sequence[GreyPicture], seen: Sequence[BoolArray]
) -> tuple[GreyPicture, BoolArray]:
    """Return the median of what is seen, and where nothing ever is."""
    visible = np.stack(seen, axis=-1)
    count = visible.sum(-1)
    never = count == 0
    visible[never] = True
    values = np.where(visible, np.stack(pictures, axis=-1), np.uint8(255))
    values.sort(axis=-1)
    rank = (np.where(never, len(pictures), count) - 1) // 2
    picture = np.take_along_axis(values, rank[..., None], -1)[..., 0]
    return np.ascontiguousarray(picture), never


def _pieces(picture: GreyPicture) -> FloatArray:
    """Return (M, 4) segments as detected, pixel centres at whole numbers."""
    found: NDArray[Any] | None = cv2.createLineSegmentDetector().detect(picture)[0]
    if found is None:
        return np.zeros((0, 4))
    lines = np.asarray(found, dtype=np.float64).reshape(-1, 4)
    return longest(lines, PIECE * _diagonal(picture.shape))[:MAX_PIECES]


def _share_inside(lines: FloatArray, region: BoolArray) -> FloatArray:
    """Return (M,) the share of each segment inside a region of the picture."""
    steps = np.linspace(0, 1, 21)[:, None]
    points = lines[:, None, :2] + steps * (lines[:, None, 2:] - lines[:, None, :2])
    column, row = np.moveaxis(np.round(points).astype(np.int64), -1, 0)
    height, width = region.shape
    inside = region[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside.mean(-1))


def _on_seam(
    lines: FloatArray, picture: GreyPicture, people: Sequence[FloatArray]
) -> BoolArray:
    """Return (M,) which segments are not of the room.

    They run along the picture's border, its black bars, or a box round a person,
    inside which the median is of fewer pictures.
    """
    ends = lines.reshape(-1, 2, 2)
    found = np.zeros(len(lines), dtype=np.bool_)
    for axis, size in enumerate(picture.shape[::-1]):
        filled = np.flatnonzero(np.ptp(picture, axis=axis) > BLANK)
        sides = [_box_sides(boxes[:, axis::2]).ravel() * size for boxes in people]
        for place in np.concatenate((filled[:1], filled[-1:], *sides)):
            found |= (np.abs(ends[..., axis] - place) < SEAM_PX).all(-1)
    return found


def _box_sides(sides: FloatArray) -> FloatArray:
    """Return (P, 2) the low and high sides (P, 2) of boxes, widened."""
    margin = BOX_MARGIN * (sides[:, 1:] - sides[:, :1])
    return np.asarray(sides + margin * (-1, 1))
