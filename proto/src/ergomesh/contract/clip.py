"""What ingest learned about a clip (``clip.json``)."""

from typing import Annotated

import msgspec

from ergomesh.contract.errors import MALFORMED, UndecodableError
from ergomesh.contract.keys import Sha256


class TimeRange(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the clip that one pose worker analyses.

    The worker decodes ``warmup_start_s ≤ t < end_s`` and keeps
    ``start_s ≤ t < end_s``: the overlap lets its tracker settle.
    """

    index: Annotated[int, msgspec.Meta(ge=0)]
    start_s: float
    end_s: float
    warmup_start_s: float


class ClipInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the source clip.

    Times count from the first picture. Width and height are as a viewer sees
    them, after the rotation stored in the file.
    """

    sha256: Sha256
    """Digest of the source bytes."""
    size: int
    """Length of the source, bytes."""
    container: str
    codec: str
    pixel_format: str
    width_px: int
    height_px: int
    rotation_deg: int
    """Clockwise turn (0, 90, 180, 270) that makes a decoded picture upright."""
    duration_s: float
    """Last frame's time plus one frame interval."""
    frame_rate_hz: float
    """Mean rate: frames over duration."""
    variable_frame_rate: bool
    first_pts_s: float
    """Presentation time of the first picture in the container's own clock."""
    focal_length_35mm: float | None = None
    """The lens's focal length as the recorder wrote it, in millimetres of a 35 mm
    camera; most write none."""
    frame_times_s: list[float]
    """Time of each picture, ascending, the first is 0."""
    ranges: list[TimeRange]
    """At least one; together they cover the clip without gap or double."""


def encode_clip(clip: ClipInfo) -> bytes:
    """Encode as ``clip.json``."""
    return msgspec.json.encode(clip)


def decode_clip(raw: bytes) -> ClipInfo:
    """Decode ``clip.json``.

    Raises:
        UndecodableError: When the bytes are not of the contract.
    """
    try:
        return msgspec.json.decode(raw, type=ClipInfo)
    except MALFORMED as error:
        msg = f"clip.json does not follow the contract: {error}"
        raise UndecodableError(msg) from error
