"""What a person wears, as a few numbers to know them again by (pure).

For the torso and for the thighs a histogram of hues, and of grey levels for what
has no hue. It tells a red jacket from a blue one, not two people in uniform.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import LANDMARK, SIDES
from ergomesh.pose.detection import Look

HUES: Final = 8
GREYS: Final = 4
_BINS: Final = HUES + GREYS
SIZE: Final = 2 * _BINS
"""Numbers of one person."""
_PARTS: Final = ("shoulder", "hip", "knee")
_UPPER: Final = 0.6
"""Share of the torso that counts, from above: tables hide the rest."""
_SAMPLES: Final = 10
"""Pixels along each direction of a body part."""
_INSET: Final = 0.15
"""Share of a body part left out at its edges."""
_PALE: Final = 0.08
_VIVID: Final = 0.25
"""Saturation times brightness: below the first a pixel is grey, above the second
coloured (our choice)."""
_LEAST_VISIBLE: Final = 0.5
_ALONG: Final = np.linspace(_INSET, 1 - _INSET, _SAMPLES)


def clothing(rgb: NDArray[np.uint8], look: Look) -> FloatArray | None:
    """Return (24,) the colours of a person, or None where the body isn't seen.

    Args:
        rgb: (H, W, 3) upright picture.
        look: The person in it.

    Returns:
        Of the upper torso, then of the thighs: NaN where those are hidden.
    """
    if not _seen(look, "shoulder"):
        return None
    shoulders, hips, knees = (_across(look, part) for part in _PARTS)
    torso = _between(shoulders, shoulders + _UPPER * (hips - shoulders))
    legs = all(_seen(look, part) for part in _PARTS[1:])
    return np.concatenate(
        [
            _histogram(_pixels(rgb, torso)),
            _histogram(_pixels(rgb, _between(hips, knees)))
            if legs
            else np.full(_BINS, np.nan),
        ]
    )


def difference(a: FloatArray, b: FloatArray) -> float:
    """Return how different two people's colours are, 0…1 (Hellinger, squared).

    The mean over the parts that are seen of both.
    """
    alike = np.sqrt(a * b).reshape(2, _BINS).sum(axis=1)
    return float(1 - alike[np.isfinite(alike)].mean())


def mixed(old: FloatArray, new: FloatArray, share: float) -> FloatArray:
    """Return colours with a share of the new; what only one has seen as it is."""
    both = (1 - share) * old + share * new
    return np.where(np.isnan(old), new, np.where(np.isnan(new), old, both))


def _seen(look: Look, part: str) -> bool:
    rows = [LANDMARK[f"{side}_{part}"] for side in SIDES]
    return bool(look.visibility[rows].min() >= _LEAST_VISIBLE)


def _across(look: Look, part: str) -> FloatArray:
    """Return (S, 2) points from the left to the right of a pair of joints."""
    left, right = (look.points_px[LANDMARK[f"{side}_{part}"]] for side in SIDES)
    return np.asarray(left + _ALONG[:, None] * (right - left))


def _between(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return (S·S, 2) points of the part between two rows of points."""
    grid = above + _ALONG[:, None, None] * (below - above)
    return np.asarray(grid.reshape(-1, 2))


def _pixels(rgb: NDArray[np.uint8], points_px: FloatArray) -> FloatArray:
    height, width = rgb.shape[:2]
    column, row = np.round(points_px).astype(np.int64).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return np.asarray(rgb[row[inside], column[inside]] / 255)


def _histogram(pixels: FloatArray) -> FloatArray:
    """Return (HUES + GREYS,) shares of (P, 3) pixels; each is split over two bins."""
    if not len(pixels):
        return np.full(_BINS, 1 / _BINS)
    value, spread = pixels.max(axis=1), np.ptp(pixels, axis=1)
    vivid = np.clip((spread - _PALE) / (_VIVID - _PALE), 0, 1)
    hues = _split(_hue(pixels) * HUES, vivid, HUES, wrap=True)
    greys = _split(value * (GREYS - 1), 1 - vivid, GREYS, wrap=False)
    return np.concatenate([hues, greys]) / len(pixels)


def _hue(pixels: FloatArray) -> FloatArray:
    """Return (P,) hues of (P, 3) pixels, 0…1 round the colour circle."""
    red, green, blue = pixels.T
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    return np.asarray(angle / (2 * np.pi) % 1.0)


def _split(
    place: FloatArray, weight: FloatArray, bins: int, *, wrap: bool
) -> FloatArray:
    """Return (bins,) the weights shared between the two bins about each place."""
    low = np.floor(place).astype(np.int64)
    part = place - low
    high = (low + 1) % bins if wrap else np.minimum(low + 1, bins - 1)
    counts = np.bincount(low % bins, weight * (1 - part), bins)
    return np.asarray(counts + np.bincount(high, weight * part, bins))
