"""Reading the clip for the overlay (imports av, with :mod:`overlay`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av
import cv2
from av.container import InputContainer
from av.video.frame import VideoFrame

TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Clockwise turn in degrees → what cv2 calls it."""

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
    return av.open(
        str(source),
        options={"protocol_whitelist": _PROTOCOLS.get(scheme, "file")},
        metadata_errors="replace",
        timeout=SILENCE_S,
    )


def decoded(reader: InputContainer) -> Iterator[VideoFrame]:
    """Decode the pictures of a clip, passing over damaged data.

    Whether a damaged picture matters was decided in pose; the overlay shows what
    there is.
    """
    video = reader.streams.video[0]
    video.thread_type = "AUTO"
    for packet in reader.demux(video):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def shown(source: str | Path) -> str:
    """Return a source for messages, without a presigned address's secrets."""
    return str(source).split("?", maxsplit=1)[0]
