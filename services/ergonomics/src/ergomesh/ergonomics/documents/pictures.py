"""Pictures as files that the typesetter reads.

The typesetter takes text files only, so a picture travels within an SVG.

::

    NoPictureError(ValueError)    what was given as a picture is none
"""

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.ergonomics.documents.blocks import Picture

Image = bytes | NDArray[np.uint8]
"""An encoded picture (PNG or JPEG), or (H, W, 3) red, green, blue."""

_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_HEAD: Final = b"\xff\xd8"
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of segments that hold a JPEG's size (ITU T.81, table B.1)."""
_QUICK: Final = 1
"""zlib's fastest level: a report has at most twenty pictures."""


class NoPictureError(ValueError):
    """Bytes or an array that are no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentPicture:
    """What a moment of the clip looks like."""

    frame: int
    """Index of the source frame, as in the result's moments."""
    clip: Image | None = None
    """The clip's picture with the skeleton drawn in."""
    body: Image | None = None
    """The 3D body in the same posture."""


def moment_files(pictures: Sequence[MomentPicture]) -> dict[str, bytes]:
    """Return the files of all moments, ``clip-<frame>.svg`` and ``body-<frame>.svg``.

    Raises:
        NoPictureError: When one is no picture.
    """
    return {
        f"{kind}-{picture.frame}.svg": picture_file(image)
        for picture in pictures
        for kind, image in (("clip", picture.clip), ("body", picture.body))
        if image is not None
    }


def placed(
    files: Mapping[str, bytes], stem: str, caption: str, height_mm: float
) -> Picture:
    """Return the block of a picture, or of its empty place."""
    name = f"{stem}.svg"
    file = name if name in files else None
    return Picture(file=file, caption=caption, height_mm=height_mm)


def picture_file(image: Image) -> bytes:
    """Return an SVG that holds a picture.

    Raises:
        NoPictureError: When it is none.
    """
    raw = image if isinstance(image, bytes) else png_of(image)
    kind, width, height = _form(raw)
    data = base64.b64encode(raw).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" '
        f'href="data:image/{kind};base64,{data}"/></svg>'
    ).encode("ascii")


def png_of(rgb: NDArray[np.uint8]) -> bytes:
    """Encode (H, W, 3) as PNG.

    Raises:
        NoPictureError: When the array has another shape.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3:  # noqa: PLR2004  # three colours
        msg = f"A picture must be (H, W, 3), not {rgb.shape}."
        raise NoPictureError(msg)
    height, width, _ = rgb.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = rgb.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(rows.tobytes(), _QUICK)
    return _PNG_HEAD + b"".join(
        (_chunk(b"IHDR", head), _chunk(b"IDAT", packed), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    checked = kind + body
    return (
        struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
    )


def _form(raw: bytes) -> tuple[str, int, int]:
    """Return the kind, width and height of an encoded picture."""
    try:
        if raw.startswith(_PNG_HEAD):
            width, height = struct.unpack_from(">II", raw, len(_PNG_HEAD) + 8)
            return "png", width, height
        if raw.startswith(_JPEG_HEAD):
            width, height = _jpeg_size(raw)
            return "jpeg", width, height
    except struct.error as error:
        msg = "A picture of a moment is cut short."
        raise NoPictureError(msg) from error
    msg = "A picture of a moment is neither PNG nor JPEG."
    raise NoPictureError(msg)


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    """Walk a JPEG's segments to the one that tells its size."""
    at = len(_JPEG_HEAD)
    while True:
        _, marker, length = struct.unpack_from(">BBH", raw, at)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", raw, at + 5)
            return width, height
        at += 2 + length
