"""The door to FFmpeg: upright pictures of one range of a clip.

A range is decoded where the clip lies, by seeking; over HTTP only its own bytes
are fetched. A picture that comes out damaged is never handed on: it is an
error, because nobody downstream could tell it from a real one.

Errors::

    FrameError(RuntimeError)
    ├── FrameDecodeError          the clip's data are damaged; trying again won't help
    └── SourceUnreachableError    the file or server doesn't answer; it may later
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import PurePath
from typing import Final
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.pose.sampling import frame_at

_CONTAINERS: Final = {"format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg"}
"""What ingest lets in; a playlist could make FFmpeg open other files."""
_LOCAL_OPTIONS: Final = _CONTAINERS | {"protocol_whitelist": "file"}
_HTTP_OPTIONS: Final = _CONTAINERS | {
    "protocol_whitelist": "http,https,tcp,tls,crypto",
    "reconnect": "1",
    "reconnect_on_network_error": "1",
    "reconnect_on_http_error": "429,5xx",
    "reconnect_delay_max": "2",
}
"""A short hiccup is bridged here; longer ones by the message's redelivery."""
_SEEK_LEADS_S: Final = (0.0, 2.0, 10.0)
"""How far before the first wanted picture to start decoding, until it comes
out: a picture after an open keyframe may need an earlier one, and some
containers seek badly."""
_UNTIMED: Final = frozenset({"avi", "mpeg"})
"""Containers that leave out times. FFmpeg works them out as it goes along, and
otherwise after a seek: there, decoding begins at the start."""
_HALF_TURN_DEG: Final = 180
_TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    _HALF_TURN_DEG: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Clockwise turn → OpenCV's, four times as fast as a copy of ``np.rot90``."""
_UNREACHABLE: Final = (
    OSError,
    av.error.HTTPError,
    av.error.HTTPClientError,
    av.error.ExitError,
)

# PyAV's default, said again: FFmpeg's log goes nowhere. Handled in Python it
# can deadlock decoder threads; left to FFmpeg it goes to stderr.
av.logging.set_level(None)


class FrameError(RuntimeError):
    """Base of what decoding may raise."""


class FrameDecodeError(FrameError):
    """The data of the clip are damaged."""


class SourceUnreachableError(FrameError):
    """The file or server doesn't answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture, as a viewer sees it."""

    index: int
    """Which source frame it is."""
    time_s: float
    """Time from the clip's first picture."""
    rgb: NDArray[np.uint8]
    """(H, W, 3), upright, square pixels, C-contiguous."""


def decode_range(
    source: str,
    clip: ClipInfo,
    range_: TimeRange,
    wanted: Sequence[int] | NDArray[np.int64],
    *,
    timeout_s: float = 30.0,
) -> Iterator[Frame]:
    """Decode the wanted pictures of a range, in their order.

    Args:
        source: A local path, or an ``http``/``https`` URL.
        clip: Facts about it, from ingest.
        range_: The range; pictures from ``warmup_start_s`` to ``end_s``.
        wanted: Ascending indices of source frames within the range.
        timeout_s: How long the source may stay silent, at opening and at each
            read.

    Yields:
        The wanted frames; one picture at a time is held.

    Raises:
        FrameDecodeError: When a wanted picture can't be had from the data.
        SourceUnreachableError: When the source doesn't answer.
        ValueError: When ``wanted`` isn't ascending or leaves the range.
    """
    indices = [int(index) for index in wanted]
    _check_wanted(indices, clip, range_)
    return _decode(source, clip, indices, timeout_s) if indices else iter(())


def _check_wanted(indices: list[int], clip: ClipInfo, range_: TimeRange) -> None:
    """Check what was asked for; the caller's fault."""
    ascending = all(a < b for a, b in pairwise(indices))
    known = not indices or (indices[0] >= 0 and indices[-1] < len(clip.frame_times_s))
    if not (ascending and known):
        msg = "wanted frames must be ascending indices of the clip's frames"
        raise ValueError(msg)
    times_s = [clip.frame_times_s[index] for index in (*indices[:1], *indices[-1:])]
    if any(not range_.warmup_start_s <= t <= range_.end_s for t in times_s):
        msg = f"wanted frames at {times_s} s are not all in range {range_.index}"
        raise ValueError(msg)


def _decode(
    source: str, clip: ClipInfo, indices: list[int], timeout_s: float
) -> Iterator[Frame]:
    """Decode from the nearest start that brings out the first wanted picture."""
    for lead_s in _SEEK_LEADS_S:
        with _opened(source, timeout_s) as (container, stream):
            _seek(container, stream, clip, indices[0], lead_s)
            shown = _shown(container, stream, clip)
            head = next((item for item in shown if item[0] >= indices[0]), None)
            if head is not None and head[0] == indices[0]:
                yield from _pick(chain((head,), shown), indices, source, clip)
                return
    raise _missing(indices[0], source, clip)


@contextmanager
def _opened(
    source: str, timeout_s: float
) -> Iterator[tuple[InputContainer, av.VideoStream]]:
    """Open a source and pick the stream that ingest picked."""
    is_url = _is_url(source)
    try:
        with av.open(
            source if is_url else f"file:{source}",
            options=_HTTP_OPTIONS if is_url else _LOCAL_OPTIONS,
            metadata_errors="replace",
            timeout=timeout_s,
        ) as container:
            stream = container.streams.best("video")
            if not isinstance(stream, av.VideoStream):
                msg = f"{_name(source)} has no pictures"
                raise FrameDecodeError(msg)
            stream.thread_type = "AUTO"
            yield container, stream
    except av.FFmpegError as error:
        raise _translated(error, source) from error


def _translated(error: av.FFmpegError, source: str) -> FrameError:
    """Tell a source that doesn't answer from data that are damaged."""
    # A server that hangs up without a word is an end of file to FFmpeg.
    if isinstance(error, _UNREACHABLE) or (
        isinstance(error, EOFError) and _is_url(source)
    ):
        late = isinstance(error, av.error.ExitError)
        reason = "no answer in time" if late else error.strerror
        return SourceUnreachableError(f"{_name(source)} can't be read: {reason}")
    return FrameDecodeError(f"{_name(source)} can't be decoded: {error.strerror}")


def _seek(
    container: InputContainer,
    stream: av.VideoStream,
    clip: ClipInfo,
    index: int,
    lead_s: float,
) -> None:
    """Go to the keyframe at or before ``lead_s`` before a picture."""
    if container.format.name in _UNTIMED or not stream.time_base:
        return
    time_s = clip.first_pts_s + clip.frame_times_s[index] - lead_s
    # Where seeking fails (a server without ranges), decoding begins at the start.
    with suppress(av.FFmpegError):
        container.seek(round(time_s / stream.time_base), stream=stream)


def _shown(
    container: InputContainer, stream: av.VideoStream, clip: ClipInfo
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Decode the pictures that ingest listed, with their indices, undamaged."""
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # The hole shows when a wanted index is passed over.
        for frame in frames:
            if frame.pts is None or frame.time_base is None or frame.is_corrupt:
                continue
            time_s = float(frame.pts * frame.time_base) - clip.first_pts_s
            index = frame_at(clip.frame_times_s, time_s)
            if index is not None:
                yield index, frame


def _pick(
    shown: Iterator[tuple[int, av.VideoFrame]],
    indices: list[int],
    source: str,
    clip: ClipInfo,
) -> Iterator[Frame]:
    """Convert the wanted pictures, and only those."""
    due = deque(indices)
    for index, frame in shown:
        if index > due[0]:
            break
        if index == due[0]:
            yield Frame(
                index=due.popleft(),
                time_s=clip.frame_times_s[index],
                rgb=_upright_rgb(frame, clip),
            )
        if not due:
            return
    raise _missing(due[0], source, clip)


def _upright_rgb(frame: av.VideoFrame, clip: ClipInfo) -> NDArray[np.uint8]:
    """Convert a decoded picture to what a viewer sees.

    One scaler pass takes care of colour, square pixels, and of clips that
    change their picture size on the way.
    """
    upright = clip.rotation_deg % _HALF_TURN_DEG == 0
    size = (clip.width_px, clip.height_px)
    stored = size if upright else size[::-1]
    rgb = frame.to_ndarray(format="rgb24", width=stored[0], height=stored[1])
    turn = _TURNS.get(clip.rotation_deg)
    turned = rgb if turn is None else cv2.rotate(rgb, turn)
    return np.ascontiguousarray(turned, dtype=np.uint8)


def _missing(index: int, source: str, clip: ClipInfo) -> FrameDecodeError:
    """Make the error of a picture that doesn't come out."""
    return FrameDecodeError(
        f"picture {index} at {clip.frame_times_s[index]:.2f} s of {_name(source)} "
        "is damaged; export the clip again"
    )


def _name(source: str) -> str:
    """Name a source without its folder or the signature in its URL."""
    return PurePath(urlsplit(source).path).name or "the source"


def _is_url(source: str) -> bool:
    """Whether a source is to be fetched."""
    return source.startswith(("http://", "https://"))
