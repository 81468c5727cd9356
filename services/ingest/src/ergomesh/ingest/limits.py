"""How big a clip may be, checked as early as each number is known."""

from dataclasses import dataclass
from typing import Final

from ergomesh.contract.errors import FailureCode
from ergomesh.ingest.failures import clip_error

_MB: Final = 1e6
_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator accepts."""

    max_bytes: int = 2 * 1024**3
    """Length of the file: 2 GiB."""
    max_pixels: int = 4096 * 2304
    """Width times height of a picture: a little over 4K in 16:9."""
    max_duration_s: float = 20 * _MINUTE_S
    """Time from the first picture to the last."""


def check_size(size: int, limits: Limits) -> None:
    """Check the length of a file, bytes.

    Raises:
        ClipError: ``EMPTY_FILE`` or ``TOO_LARGE``.
    """
    if size == 0:
        raise clip_error(FailureCode.EMPTY_FILE)
    if size > limits.max_bytes:
        raise clip_error(
            FailureCode.TOO_LARGE, actual=size / _MB, limit=limits.max_bytes / _MB
        )


def check_pixels(width_px: int, height_px: int, limits: Limits) -> None:
    """Check the size of a picture.

    Raises:
        ClipError: ``TOO_MANY_PIXELS``.
    """
    pixels = width_px * height_px
    if pixels > limits.max_pixels:
        raise clip_error(
            FailureCode.TOO_MANY_PIXELS,
            actual=pixels / _MB,
            limit=limits.max_pixels / _MB,
        )


def check_duration(duration_s: float, limits: Limits) -> None:
    """Check a duration, as declared or as counted so far.

    Raises:
        ClipError: ``TOO_LONG``.
    """
    if duration_s > limits.max_duration_s:
        raise clip_error(FailureCode.TOO_LONG, limit=limits.max_duration_s / _MINUTE_S)
