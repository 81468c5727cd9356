"""Reading the clip for the pictures (imports av, with :mod:`overlay`)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from ergomesh.contract.clip import ClipInfo
from ergomesh.ergonomics.core.look import Picture

TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Clockwise turn in degrees → what cv2 calls it."""

_ROUNDING_S: Final = 1e-3
"""Containers round times to their own clock, to milliseconds at worst."""

_DECODE_ON_S: Final = 2.0
"""Up to so far ahead decoding on is cheaper than seeking back to a whole picture."""

SILENCE_S: Final = 30.0
"""How long the source may stay silent, at opening and at each read."""

_PROTOCOLS: Final = {
    "http": "http,https,tcp,tls,crypto",
    "https": "http,https,tcp,tls,crypto",
}
"""What a source's address may lead to; anything else is a local file."""


def opened(source: str | Path) -> InputContainer:
    """Open a clip by path or http(s) address.

    As in pose: a title in Latin-1 is no reason to fail, a silent server is.

    Raises:
        av.FFmpegError, OSError: When it cannot be read.
    """
    scheme = urlsplit(str(source)).scheme if isinstance(source, str) else ""
    reader = av.open(
        str(source),
        options={"protocol_whitelist": _PROTOCOLS.get(scheme, "file")},
        metadata_errors="replace",
        timeout=SILENCE_S,
    )
    for video in reader.streams.video:
        video.thread_type = "AUTO"
    return reader


def decoded(reader: InputContainer) -> Iterator[VideoFrame]:
    """Decode the pictures of a clip, passing over damaged data.

    Whether a damaged picture matters was decided in pose; the overlay shows what
    there is.
    """
    video = reader.streams.video[0]
    for packet in reader.demux(video):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def pictures_at(
    reader: InputContainer, clip: ClipInfo, times_s: Sequence[float]
) -> list[Picture | None]:
    """Return the upright pictures at some times, blue, green, red, in their own size.

    ``None`` where the clip cannot be read any more.

    Args:
        reader: Of the clip.
        clip: Facts about it.
        times_s: From the first picture, in any order.
    """
    found: dict[float, Picture | None] = {}
    frames, position_s = decoded(reader), -np.inf
    for time_s in sorted(set(times_s)):
        wanted_s = clip.first_pts_s + time_s - _ROUNDING_S
        if not 0 <= wanted_s - position_s <= _DECODE_ON_S:
            reader.seek(max(0, int(wanted_s * av.time_base)))
            frames = decoded(reader)
        frame = _first_from(frames, wanted_s)
        position_s = -np.inf if frame is None else frame.time
        found[time_s] = None if frame is None else _upright(frame, clip.rotation_deg)
    return [found[time_s] for time_s in times_s]


def _first_from(frames: Iterator[VideoFrame], wanted_s: float) -> VideoFrame | None:
    """Return the first picture not before a time of the container's clock."""
    timed = (frame for frame in frames if frame.pts is not None)
    return next((frame for frame in timed if frame.time >= wanted_s), None)


def _upright(frame: VideoFrame, rotation_deg: int) -> Picture:
    picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turn = TURNS.get(rotation_deg)
    return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)


def shown(source: str | Path) -> str:
    """Return a source for messages, without a presigned address's secrets."""
    return str(source).split("?", maxsplit=1)[0]
